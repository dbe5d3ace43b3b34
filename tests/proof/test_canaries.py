"""Canaries in every sensor and secret, and the detector that looks for them: each way of writing a value is planted once, and found."""

import base64
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.privacy import purposes as p
from simulator import remote
from simulator.device import Exchange, InProcess, Step
from simulator.proof import canaries
from simulator.proof.consent import Onlooker
from simulator.proof.detector import Detector
from simulator.proof.life import Combo, Event, combos, make

LAT, LON = -48_881_137, -123_406_219
SECRET = b"canary-iccid-000777"
OWN = [one for one in combos() if p.GRANTABLE >> one.purpose & 1 and one.recipient == p.OWNER]


def track() -> list[tuple[int, int]]:
    """A ride of ten fixes."""
    return [(LAT + 41 * k + k * k, LON - 67 * k - 3 * k * k) for k in range(10)]


def detector() -> Detector:
    made = Detector()
    made.add("iccid", SECRET)
    for lat, lon in track():
        made.place(lat, lon)
    return made


def deltas(form: Callable[[int], bytes]) -> bytes:
    fixes = track()
    return b"".join(form(b[0] - a[0]) for a, b in pairwise(fixes))


def zigzag(n: int) -> bytes:
    n = n << 1 if n >= 0 else -n * 2 - 1
    found = b""
    while n > 127:
        found += bytes((n & 127 | 128,))
        n >>= 7
    return found + bytes((n,))


PLANTED = {
    "raw": SECRET,
    "reversed": SECRET[::-1],
    "hex": SECRET.hex().encode(),
    "capital hex": SECRET.hex().upper().encode(),
    "base64": base64.b64encode(SECRET),
    "base64, second phase": base64.b64encode(b"a" + SECRET),
    "base64, third phase": base64.b64encode(b"ab" + SECRET),
    "zlib": zlib.compress(b"some text, " + SECRET),
    "deflate": zlib.compress(b"some text, " + SECRET)[2:-4],
    "hex of base64": base64.b64encode(SECRET).hex().encode(),
    "CBOR text": cbor2.dumps({7: SECRET.decode()}),
    "little endian": struct.pack("<i", LAT),
    "big endian": struct.pack(">i", LON),
    "tagged": struct.pack("<I", (LAT << 1 | 1) & 0xFFFFFFFF),
    "CBOR number": cbor2.dumps(LAT),
    "microdegrees": str(-LAT).encode(),
    "degrees": b"48.881137",
    "short degrees": b"-48.8811",
    "NMEA": b"4852.868",
    "hex of microdegrees": str(-LON).encode().hex().encode(),
    "deltas, bytes": deltas(lambda n: struct.pack("b", n)),
    "deltas, 16 bits": deltas(lambda n: struct.pack(">h", n)),
    "deltas, little endian": deltas(lambda n: struct.pack("<h", n)),
    "deltas, varint": deltas(zigzag),
    "deltas, CBOR": deltas(cbor2.dumps),
    "compressed deltas": zlib.compress(deltas(zigzag)),
}


@pytest.mark.parametrize("form", PLANTED)
def test_a_value_is_found_in_every_form(form: str) -> None:
    """A search that cannot find proves nothing."""
    for before, after in ((b"", b""), (b"\xa3\x01", b"\x00\x07\x18"), (b"d/0011/x|", b"|end")):
        if form.startswith("deltas, varint") and before.startswith(b"\xa3"):
            before = b"\x01"  # an open varint before it would swallow the first difference
        assert detector().search(before + PLANTED[form] + after), (form, before)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_chance_is_no_canary(data: bytes) -> None:
    """A detector that cries at noise is switched off."""
    assert detector().search(data) == set()


@given(st.integers(0, 1 << 20), st.sampled_from(OWN))
@settings(max_examples=40)
def test_no_life_shows_a_canary(seed: int, combo: Combo) -> None:
    """Grants, withdrawals, the button, expiry, restarts, garbage, lost packets, time jumps: whatever comes in whatever order."""
    watched = canaries.watch(make(seed, combo))
    assert watched.hit is None, f"{combo}, seed {seed}: {watched.hit}"
    assert watched.searched > 200


@pytest.mark.full
def test_no_life_of_any_combination_shows_a_canary() -> None:
    """The same over the whole policy."""
    for combo in combos():
        watched = canaries.watch(make(7, combo))
        assert watched.hit is None, f"{combo}: {watched.hit}"


def test_a_device_that_says_a_place_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the sensor to the hit, not the detector alone: a sentence of the receiver in hex, in a notification."""
    right = InProcess.step

    def careless(self: InProcess, now: int, inputs: list[Exchange]) -> Step:
        step = right(self, now, inputs)
        said = [(remote.BLE, b"N" + data[7:40].hex().encode()) for port, data in inputs if port == remote.GNSS]
        return Step([*step.outputs, *said], step.wait_ms)

    monkeypatch.setattr(InProcess, "step", careless)
    watched = canaries.watch(make(1, Combo(p.LOCATION_REPORT, 0, p.OWNER, "never")))
    assert watched.hit is not None
    assert (watched.hit.where, watched.hit.what) == ("ble", "place")


def test_what_the_platform_may_read_is_seen_and_what_is_sealed_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granted to the owner alone, no byte of it shows on the way; granted to the platform, it does: the search is not blind."""
    monkeypatch.setattr(Onlooker, "readable", lambda self, purpose, seconds: False)
    lives = [make(seed, Combo(p.LOCATION_REPORT, 0, p.OWNER, "stays")) for seed in range(8)]
    for life in lives:
        named = any(named_platform(event) for event in life.events)
        hit = canaries.watch(life).hit
        assert (hit is not None) == named, f"seed {life.seed}: {hit}"
        assert hit is None or hit.where == "link"
    assert 0 < sum(any(named_platform(event) for event in life.events) for life in lives) < len(lives)


def named_platform(event: Event) -> bool:
    return (
        event.do == "grant"
        and event.args[0] == (p.LOCATION_REPORT,)
        and bool(int(str(event.args[2])) >> p.PROVIDER & 1)
    )


def test_memory_is_searched_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a buffer after a withdrawal is found without ever being said."""
    kept: list[object] = []
    look = canaries.Searched.look_inside

    def plant(self: canaries.Searched) -> None:
        self.stepper.core.journal.left_over = kept  # type: ignore[attr-defined] - planted
        kept.append(next(iter(self._places._numbers)) - (1 << 32))  # pyright: ignore[reportPrivateUsage] - a test may look inside
        look(self)

    monkeypatch.setattr(canaries.Searched, "look_inside", plant)
    watched = canaries.watch(make(1, Combo(p.LOCATION_REPORT, 0, p.OWNER, "never")))
    assert watched.hit is not None
    assert watched.hit.where == "memory"
