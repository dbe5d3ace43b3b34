"""What `amace bench` measures: each part returns its figures, both sides in one run on one machine."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from hal.host.link import PahoLink
from tools import fetch, mpy
from tools.bench import machine
from tools.bench.broker import broker
from tools.bench.figures import Figure
from tools.places import ROOT, cache

Part = Callable[[Path | None], Sequence[Figure]]
"""Takes the folder of peers, None when there is none."""

_PEERS_MPY = (
    ("micropyGPS", "micropyGPS/micropyGPS.py"),
    ("cbor2", "micropython-lib/python-ecosys/cbor2/cbor2"),
)
_DEMO = ROOT / "simulator" / "scenarios" / "demo.toml"
_LOW_KB, _HIGH_KB = 32, 160
_TIMES = 200


def nmea(peers: Path | None) -> list[Figure]:
    """Sentences a second and heap bytes a sentence on the 32-bit machine."""
    arguments = [str(mpy.compiled()), *([str(peers)] if peers else [])]
    measured = machine.run(fetch.micropython(32), "nmea.py", arguments)
    found: list[Figure] = []
    for mix, title in (("all", "23 sentences a fix"), ("pair", "RMC and GGA only")):
        rows = cast(Mapping[str, Mapping[str, float]], measured[mix])
        names = {"ours": "ours", "split and float": "split_float", "micropyGPS": "micropyGPS"}
        speeds = {name: _value(rows, key, "sentences_s") for name, key in names.items()}
        heaps = {name: _value(rows, key, "heap_b") for name, key in names.items()}
        goal = 40.0 if mix == "all" else None
        found.append(Figure("nmea", title, "sentences/s", speeds, more=True, anchor="micropyGPS", goal=goal))
        found.append(Figure("nmea", f"{title}, heap", "B/sentence", heaps))
    return found


def _value(rows: Mapping[str, Mapping[str, float]], name: str, column: str) -> float | None:
    return rows[name][column] if name in rows else None


def report(peers: Path | None) -> list[Figure]:
    """One location report: payload, time and heap on the 32-bit machine."""
    arguments = [str(mpy.compiled()), *([str(peers)] if peers else [])]
    rows = cast(Mapping[str, Mapping[str, float]], machine.run(fetch.micropython(32), "report.py", arguments))
    names = ("ours", "OwnTracks JSON", "cbor2, integer map")
    found: list[Figure] = []
    for what, column, unit, goal in (
        ("payload", "bytes", "B", None),
        ("time", "ns", "ns", 4.0),
        ("heap", "heap_b", "B", None),
    ):
        values = {name: _value(rows, name, column) for name in names}
        found.append(Figure("report", what, unit, values, anchor="cbor2, integer map", goal=goal))
    return found


def seal(peers: Path | None) -> list[Figure]:
    """Sealing one message on the 32-bit machine, and the key agreement before it."""
    measured = machine.run(fetch.micropython(32), "seal.py", [str(mpy.compiled())])
    bodies = cast(Mapping[str, Mapping[str, float]], measured["bodies"])
    found = [
        Figure("seal", what, unit, {name: row[column] for name, row in bodies.items()})
        for what, column, unit in (("bytes added", "added", "B"), ("time", "us", "µs"), ("heap", "heap_b", "B"))
    ]
    each: dict[str, float | None] = {name: row["us"] / row["bytes"] for name, row in bodies.items()}
    found.append(Figure("seal", "time for each byte", "µs/B", each))
    once: dict[str, float | None] = {"X25519, both halves": cast(Mapping[str, float], measured["agreement"])["us"]}
    return [*found, Figure("seal", "key agreement", "µs", once)]


def publish(peers: Path | None) -> list[Figure]:
    """QoS 1 publish to acknowledgement against a real broker on this machine."""
    with broker() as port:
        tree = str(mpy.compiled())
        arguments = [tree, str(fetch.umqtt()), str(port)]
        rows = cast(Mapping[str, Mapping[str, float]], machine.run(fetch.micropython(32), "publish.py", arguments))
        device = {name: _value(rows, name, "median_us") for name in ("ours", "umqtt.simple", "bare socket")}
        host: dict[str, float | None] = {"ours": _our_paho(port), "paho-mqtt": _paho(port)}
    return [
        Figure("publish", "32-bit machine, median", "µs", device, anchor="umqtt.simple"),
        Figure("publish", "CPython, median", "µs", host, anchor="paho-mqtt"),
    ]


def _paho(port: int) -> float:
    """paho as its documentation shows it: a loop thread and wait_for_publish."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bench-paho")
    client.connect("127.0.0.1", port)
    client.loop_start()
    until = time.monotonic() + 10
    while not client.is_connected() and time.monotonic() < until:
        time.sleep(0.01)
    taken = [_timed(lambda: client.publish("b/x", bytes(40), qos=1).wait_for_publish(10)) for _ in range(_TIMES)]
    client.disconnect()
    client.loop_stop()
    return median(taken)


class _Options:
    client_id = b"bench-ours"
    clean = True
    keepalive_s = 60
    will_topic = b""
    will = b""
    inbox = b"in/+"


class _Message:
    topic = b"b/x"
    buf = bytearray(40)
    n = 40
    qos = 1
    retain = False
    id = 1


def _our_paho(port: int) -> float:
    link = PahoLink(f"mqtt://127.0.0.1:{port}")
    sent: list[int] = []
    link.on_sent = sent.append
    link.open(_Options())
    until = time.monotonic() + 10
    while link.state != 2 and time.monotonic() < until:
        link.poll(0)

    def once() -> None:
        link.send(_Message())
        while not sent:
            link.poll(0)
        sent.clear()

    taken = [_timed(once) for _ in range(_TIMES)]
    link.close(True)
    return median(taken)


def _timed(action: Callable[[], object]) -> float:
    """Microseconds one call takes."""
    start = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - start) / 1000


def heap(peers: Path | None) -> list[Figure]:
    """The smallest heap in which the whole demo runs, against the smallest in which a usual stack only loads."""
    vm = fetch.micropython(32)
    fits = machine.smallest(_demo_fits, _LOW_KB, _HIGH_KB)
    stack = None
    if peers:
        arguments = [str(_compiled_peers(peers))]
        stack = machine.smallest(lambda kb: machine.starts(vm, "stack.py", arguments, kb), _LOW_KB // 4, _HIGH_KB)
    share = sum(
        cast(float, machine.run(vm, "share.py", [str(mpy.compiled(joined=joined)), what])["bytes"])
        for joined, what in ((True, "code"), (False, "objects"))
    )
    ports: dict[str, float | None] = {"step ports' share of it": share / 1024}
    values: dict[str, float | None] = {"ours, whole demo": fits, "umqtt + micropyGPS + cbor2, idle": stack}
    return [Figure("heap", "smallest, from .mpy, 32-bit", "KB", values), Figure("heap", "of that", "KB", ports)]


def crypto(peers: Path | None) -> list[Figure]:
    """Signatures, shared secrets and sealing on the 32-bit machine; the peers are part of the bench."""
    machine_says = machine.run(fetch.micropython(32), "crypto.py", [str(mpy.compiled())])
    rows = cast(Mapping[str, Mapping[str, float]], machine_says)
    names = {"ed25519": "Ed25519 verify, 192 B", "p256": "P-256 verify", "sign": "Ed25519 sign", "x25519": "X25519"}
    found: list[Figure] = []
    for name, title in names.items():
        row = rows[name]
        values: dict[str, float | None] = {"ours": row["us"] / 1000}
        if name == "ed25519":
            values["RFC 8032 as printed"] = rows["rfc8032"]["us"] / 1000
        goal = 3.0 if name == "ed25519" else None
        found.append(Figure("crypto", title, "ms", values, anchor="RFC 8032 as printed", goal=goal))
        title = f"{title}, longest of {row['slices']:.0f} slices"
        found.append(Figure("crypto", title, "ms", {"ours": row["longest_us"] / 1000}))
    seal = rows["seal"]
    found.append(Figure("crypto", "AES-256-CCM, seal 64 B", "ms", {"ours": seal["us"] / 1000}))
    found.append(Figure("crypto", "its growth over 200 seals", "B", {"ours": seal["grown_b"]}))
    return found


def _demo_fits(kb: int) -> bool:
    command = [sys.executable, "-m", "tools", "sim", str(_DEMO), "--runtime", "mp32", "--heap", f"{kb}k"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


def _compiled_peers(peers: Path) -> Path:
    """The peers' modules as bytecode, in the cache."""
    target = cache() / "bench-peers"
    sources = [(name, peers / place) for name, place in _PEERS_MPY]
    for name, source in [*sources, ("umqtt", fetch.umqtt() / "umqtt")]:
        files = sorted(source.rglob("*.py")) if source.is_dir() else [source]
        for file in files:
            inner = Path(name) / file.relative_to(source) if source.is_dir() else Path(f"{name}.py")
            mpy.compile_file(file, file.name, (target / inner).with_suffix(".mpy"))
    return target


PARTS: dict[str, Part] = {
    "nmea": nmea,
    "report": report,
    "seal": seal,
    "publish": publish,
    "heap": heap,
    "crypto": crypto,
}
