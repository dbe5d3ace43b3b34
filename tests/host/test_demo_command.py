"""`amace demo` and `amace sim` as a person and a program meet them: output, files, exit codes, real receivers and brokers."""

import json
import os
import subprocess
import sys
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.link import kinds
from agent.privacy.names import PURPOSES
from simulator.gnss import sentence
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.witness import Witness
from tools import cli
from tools.errors import Problem
from tools.places import ROOT
from tools.sim.ride import SCENARIOS

_WILL = bytes((0xA2, 1, 0, 2, 0))  # {1: no number, 2: gone}
HOLDS = 'title = "x"\nlength = "0:10"\n[[step]]\nat = "0:01"\ndo = "power on"\n'
FAILS = HOLDS + '[[expect]]\nthat = "messages"\nname = "location"\nleast = 1\n'


def recorded(path: Path, seconds: int = 300, valid: str = "A") -> Path:
    """An invented ride of 2010 as a receiver's file."""
    lines: list[bytes] = []
    for k in range(0, seconds, 10):
        tod = f"10{k // 60:02}{k % 60:02}.00"
        place = f"4852.{10000 + 200 * k:05},S,12323.47200,W" if valid == "A" else ",,,"
        lines.append(sentence(f"GPRMC,{tod},{valid},{place},8.00,0.0,050810,,,{valid}"))
    path.write_bytes(b"".join(lines))
    return path


def start(*words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-P", "-m", "tools", *words]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    )


def until(process: "subprocess.Popen[str]", wanted: str) -> Iterator[str]:
    """Lines of its output up to the one that holds `wanted`; fails when it ends before."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if wanted in line:
            return
    pytest.fail(f"it ended without {wanted!r}")


def test_the_demo_tells_the_ride_and_reports_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command a stranger runs first: timeline, report, exit 0, in a few seconds."""
    target = tmp_path / "report.json"
    began = time.monotonic()
    assert cli.run(["demo", "--json", str(target)]) == 0
    assert time.monotonic() - began < 10 * (1 + os.getloadavg()[0])  # the goal is 10 s on an idle machine
    text = capsys.readouterr().out
    for words in ("photo: not granted", "wakes its owner", "withdraws location_report", "What left", "holds"):
        assert words in text
    assert "\x1b[" not in text, "no colour when piped"
    facts = json.loads(target.read_text())
    assert facts["holds"] is True
    assert facts["totals"]["agree"] is True


def test_json_on_stdout_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """`amace demo --json - | jq` must work."""
    assert cli.run(["demo", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "First ride"


def test_a_scenario_ends_with_0_1_or_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Held, did not hold, cannot be run."""
    file = tmp_path / "x.toml"
    transcript = tmp_path / "x.txt"
    file.write_text(HOLDS)
    assert cli.run(["sim", str(file), "--transcript", str(transcript)]) == 0
    assert transcript.read_text().startswith("1000 ")
    file.write_text(FAILS)
    assert cli.run(["sim", str(file), "--quiet"]) == 1
    assert "FAILS" in capsys.readouterr().out
    file.write_text(FAILS.replace('"0:10"', '"0:1"'))
    with pytest.raises(Problem, match=rf"{file}:2\)\. Write it as"):
        cli.run(["sim", str(file)])


def test_sim_list_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    """A name is enough to play one of ours."""
    assert cli.run(["sim", "list"]) == 0
    listed = capsys.readouterr().out
    for path in SCENARIOS.glob("*.toml"):
        assert path.stem in listed
    assert cli.run(["sim", "beside", "--quiet"]) == 0


def test_the_seed_makes_another_transcript(tmp_path: Path) -> None:
    """And the same seed the same one."""
    texts: list[bytes] = []
    for k, seed in enumerate(("5", "5", "6")):
        target = tmp_path / f"{k}.txt"
        assert cli.run(["sim", "expiry", "-q", "--seed", seed, "--transcript", str(target)]) == 0
        texts.append(target.read_bytes())
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["sim", "nowhere.toml"], "the scenario cannot be read"),
        (["sim", "."], "the scenario cannot be read"),
        (["sim", "demo", "--runtime", "mp16"], "no runtime is called 'mp16'"),
        (["sim", "demo", "--heap", "120k"], "CPython's heap has no limit"),
        (["sim", "demo", "--runtime", "mp32", "--heap", "1k"], "'1k' is no heap"),
        (["sim", "demo", "--transcript", "nowhere/x"], "'nowhere/x' cannot be written"),
        (["sim", "demo", "--json", "nowhere/x"], "'nowhere/x' cannot be written"),
        (["sim", "demo", "--seed", "-1"], "Invalid value"),
        (["demo", "--runtime", "esp"], "no runtime is called 'esp'"),
        (["demo", "--nmea", "nowhere.nmea"], "cannot be read"),
        (["demo", "--nmea", "pyproject.toml"], "the file holds no NMEA sentence"),
        (["demo", "--gps", "nowhere"], "the serial port 'nowhere' cannot be opened"),
        (["demo", "--gps", "nowhere", "--nmea", "x"], "two receivers"),
        (["demo", "--gps", "nowhere", "--for", "0:01"], "no time from 0:03"),
        (["demo", "--gps", "nowhere", "--for", "soon"], "is no time"),
        (["demo", "--broker", "http://localhost"], "neither mqtt:// nor mqtts://"),
        (["demo", "--broker", "mqtt://localhost:99999"], "port is not a number"),
        (["demo", "--broker", "mqtt://127.0.0.1:1"], "the broker cannot be used: no connection"),
        (["demo", "--broker", "mqtts://localhost", "--ca", "nowhere.pem"], "the CA file nowhere.pem cannot be read"),
        (["demo", "--broker", "mqtt://localhost", "--ca", "x"], "--ca is for a broker with TLS"),
        (["demo", "--speed", "-1"], "Invalid value"),
    ],
)
def test_bad_input_is_one_line_that_says_what_and_how_to_mend_it(
    words: list[str], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Problem becomes one line on stderr and exit code 2 (tests/host/test_cli.py)."""
    monkeypatch.chdir(ROOT)
    with pytest.raises(Problem) as caught:
        cli.run(words)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_any_recorded_ride_can_be_ridden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An old file is moved to a day the agent believes in, and it says so; a file without a fix yields no position."""
    good, void = recorded(tmp_path / "good.nmea"), recorded(tmp_path / "void.nmea", valid="V")
    assert cli.run(["demo", "--nmea", str(good)]) == 0
    text = capsys.readouterr().out
    assert "Recorded on 2010-08-05; ridden as if it were 2026-11-16" in text
    assert "location -48.868" in text
    assert cli.run(["demo", "--nmea", str(void), "--json", "-"]) == 0
    facts = json.loads(capsys.readouterr().out.partition("\n")[2])
    left = {row["purpose"]: row["left"]["messages"] for row in facts["purposes"]}
    assert left["location_report"] == 0
    assert left["status"] > 0


def test_a_real_receiver_is_listened_to_only_while_that_is_granted() -> None:
    """A pty stands for the port: nothing is read before the grant, positions leave after it."""
    master, slave = os.openpty()
    tty.setraw(slave)
    process = start("demo", "--gps", os.ttyname(slave), "--for", "0:07")
    os.close(slave)
    k = 0
    while process.poll() is None:
        now = time.gmtime(time.time())
        place = f"4852.{10000 + 50 * k:05},S,12323.47200,W"
        k += 1
        tod, date = time.strftime("%H%M%S.00", now), time.strftime("%d%m%y", now)
        os.write(master, sentence(f"GPRMC,{tod},A,{place},4.00,0.0,{date},,,A"))
        try:
            process.wait(0.25)  # a receiver speaks in real time
        except subprocess.TimeoutExpired:
            continue
    assert process.stdout is not None
    text = process.stdout.read()
    process.stdout.close()
    os.close(master)
    assert process.returncode == 0, text
    assert "receiver on" in text
    assert "location -48.86" in text
    assert "nothing left, and no sensor had power, without a grant" in text


def test_a_real_broker_gets_what_the_report_says(tmp_path: Path, mosquitto: Path) -> None:
    """Counted by a client of its own: every message the tap saw, and afterwards nothing is kept for the next."""
    target = tmp_path / "report.json"
    with Mosquitto(mosquitto, tmp_path) as broker:
        with Witness(broker, "d/#") as seen:
            url = f"mqtt://127.0.0.1:{broker.port}"
            assert cli.run(["demo", "--broker", url, "--json", str(target)]) == 0
            inbox = seen.drain()
        with Witness(broker, "d/#", name="later") as later:
            assert later.drain() == []
    facts = json.loads(target.read_text())
    left = {row["purpose"]: row["left"] for row in facts["purposes"]}
    for purpose, name in (("location_report", "location"), ("photo", "photo"), ("wake_abnormal", "wake")):
        got = [payload for topic, payload in inbox if topic.endswith(f"/{name}")]
        assert len(got) == left[purpose]["messages"] > 0, name
        assert sum(len(payload) for payload in got) == left[purpose]["bytes"]
    ledger = facts["ledger"]
    assert (ledger["holds"], ledger["agrees"], ledger["open"]) == (True, True, 0)
    for purpose, (messages, size, repeats, repeated) in ledger["counts"].items():
        got = [payload for topic, payload in inbox if _purpose(topic, payload) == purpose]
        assert (len(got), sum(map(len, got))) == (messages + repeats, size + repeated), purpose


def _purpose(topic: str, payload: bytes) -> str:
    """Whose message it is; an empty one erases. "" for what the phone said, and for a last will: the broker says it when the
    link is lost, and the ledger has it with the connection."""
    name = topic.split("/", 2)[2].encode()
    found = [k for k in range(kinds.COUNT) if kinds.NAMES[k] == name and (k == kinds.CLEAR) == (not payload)]
    return PURPOSES[kinds.PURPOSE[found[0]]] if found and payload != _WILL else ""


def test_a_real_broker_is_used_over_tls(tmp_path: Path, mosquitto: Path) -> None:
    """With --ca, and with a certificate for its name; a stranger's is refused in one line."""
    authority, other = Authority(), Authority("Another")
    ca, wrong = authority.save(tmp_path / "ca.pem"), other.save(tmp_path / "other.pem")
    ride = recorded(tmp_path / "ride.nmea", 60)
    with Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker:
        words = ["demo", "--nmea", str(ride), "--broker", f"mqtts://localhost:{broker.port}", "--ca"]
        assert cli.run([*words, str(ca)]) == 0
        with pytest.raises(Problem, match="its certificate is refused"):
            cli.run([*words, str(wrong)])


def test_a_real_broker_of_another_region_gets_nothing(tmp_path: Path, mosquitto: Path) -> None:
    """The region that the address names is the one the device judges; the report says what it refused, and why."""
    target = tmp_path / "report.json"
    ride = recorded(tmp_path / "ride.nmea", 60)
    with Mosquitto(mosquitto, tmp_path) as broker, Witness(broker, "d/+/+") as seen:
        url = f"mqtt://127.0.0.1:{broker.port}#eu"
        cli.run(["demo", "--nmea", str(ride), "--broker", url, "--json", str(target)])
        assert seen.drain() == []
    facts = json.loads(target.read_text())
    assert facts["region"] == {"device": "CN", "broker": "EU", "calls": 0}
    assert facts["ledger"]["held"]["control"]["the broker is not of the device's region"] > 0


def test_a_broker_that_goes_away_is_retried_and_shown(tmp_path: Path, mosquitto: Path) -> None:
    """The ride goes on, the timeline says what happens, and what waited leaves when it is back."""
    ride = recorded(tmp_path / "ride.nmea", 440)
    with Mosquitto(mosquitto, tmp_path) as broker:
        words = ["demo", "--nmea", str(ride), "--speed", "60", "--broker", f"mqtt://127.0.0.1:{broker.port}"]
        process = start(*words)
        list(until(process, "location -48"))
        broker.stop()
        list(until(process, "connection lost"))
        list(until(process, "connection lost"))
        broker.start()
        list(until(process, "connected to the broker"))
        assert process.stdout is not None
        rest = process.stdout.read()
        process.stdout.close()
        assert process.wait(60) == 0, rest
    assert "location -48" in rest
