"""`amace consent` as a person calls it: on a pty, on MicroPython, through a real broker; and what is said when it cannot be done."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.privacy import notice
from agent.privacy import purposes as p
from tests.support.mosquitto import Mosquitto, free_port
from tests.support.pty_device import PtyDevice
from tests.support.unix_board import UnixBoard
from tools import cli, enrol
from tools import enrolment as e
from tools.consent import terms, text, wallet
from tools.errors import Problem
from tools.places import ROOT
from tools.policy import source

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """(exit code, stdout, stderr) of one command, in this process; a Problem is what `amace` would print of it."""
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.run(words)
            said = capsys.readouterr()
            for line in text.asked(terms.every()):  # has a test of its own
                said = said._replace(err=said.err.replace(line + "\n", ""))
        except Problem as problem:
            said = capsys.readouterr()
            return 2, said.out, f"{said.err}error: {problem}\n"
        return code, said.out, said.err

    return call


@pytest.fixture
def files(tmp_path: Path, run: Run) -> tuple[str, str]:
    """The phone's half and the device's, as `amace enrol` writes them."""
    phone, device = str(tmp_path / "phone.json"), str(tmp_path / "device.json")
    assert run("enrol", "--owner", phone, "--out", device)[0] == 0
    return phone, device


def plain(text: str) -> str:
    """Without the width of columns and without times."""
    return re.sub(r" +", " ", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text)).replace(" \n", "\n")


def test_yes_and_no_by_cable(tmp_path: Path, run: Run) -> None:
    """From an erased device on: enrolled, granted, shown, withdrawn, over one pty."""
    phone, device = str(tmp_path / "phone.json"), str(tmp_path / "device.json")
    with PtyDevice() as board:
        line = ("--owner", phone, "--port", board.name, "--enrolment", device)
        assert run("enrol", "--port", board.name, "--owner", phone, "--out", device)[0] == 0
        code, said, errs = run(
            "consent", "grant", "location_report", "status", "--precision", "street", "--for", "90d", *line
        )
        assert (code, errs) == (0, "")
        key = wallet.load(Path(phone)).device_key
        lines = plain(said).splitlines()
        assert re.fullmatch(r"receipt for record 1: done, TIME, signed by device key [0-9a-f]{8}", lines[0])
        assert lines[1:] == [
            "live now terms until (UTC)",
            "control by contract",
            "status every 30 s, kept 1 h, to owner TIME",
            "location_report street, every 30 s, kept 1 h, to owner TIME",
        ]
        code, said, errs = run("consent", "withdraw", "location_report", *line, "--json")
        assert (code, errs) == (0, "")
        told = json.loads(said)
        assert (told["done"], told["code"], told["delivered"]) == (True, 0, 1)
        assert (told["receipt"]["seq"], told["receipt"]["live"]) == (2, ["control", "status"])
        code, said, _ = run("consent", "show", *line)
        assert code == 0
        assert "consent record 2; powered: none" in said
        assert "status every 30 s" in plain(said)
        code, said, _ = run("consent", "show", *line, "--json")
        assert json.loads(said)["live"] == ["control", "status"]
        assert run("consent", "withdraw", "--all", *line)[0] == 0
        assert wallet.load(Path(phone)).device_key == key
    code, said, _ = run("consent", "show", "--owner", phone)
    assert (code, said.count("withdrawn"), said.count("given")) == (0, 7, 2)
    made = e.load(Path(device))
    for value in (made.pairing_key, made.console_key, made.device_id, made.owner_seed):
        assert value.hex() not in said
        assert value.hex() not in wallet.chain_of(Path(phone)).read_text() or value == made.device_id


@pytest.mark.parametrize("name", ["sim", "mp32", "unix32"])
@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_simulated_devices_answer_as_a_board_does(name: str, alg: str, tmp_path: Path, mp32: Path, run: Run) -> None:
    """In this process, in MicroPython behind the step wire, and in MicroPython with real time on a pty."""
    key, phone, device = (str(tmp_path / name) for name in ("key.json", "phone.json", "device.json"))
    assert run("consent", "new-owner", "--alg", alg, key)[0] == 0
    assert Path(key).stat().st_mode & 0o777 == 0o600
    assert run("enrol", "--owner", phone, "--out", device, "--owner-key", key)[0] == 0
    code, said, errs = run("consent", "grant", "presence", "status", "--owner", phone, "--dut", name, "--json")
    assert (code, errs) == (0, "")
    assert json.loads(said)["receipt"]["live"] == ["control", "presence", "status"]
    code, said, errs = run("consent", "withdraw", "status", "--owner", phone, "--dut", name)
    assert (code, errs) == (0, ""), "a device made anew is told the whole chain"
    assert "receipt for record 2: done" in said
    assert "presence" in said.split("live now")[1]
    assert "status" not in said.split("live now")[1]
    code, said, _ = run("consent", "show", "--owner", phone, "--json")
    assert json.loads(said)["alg"] == alg
    code, said, _ = run("consent", "show", "--owner", phone, "--dut", name, "--json")
    assert json.loads(said)["live"] == ["control", "presence"]


def test_a_board_without_the_part_is_not_said_to_do_it(
    files: tuple[str, str], umqtt: Path, mp32: Path, run: Run
) -> None:
    """Granted and not live: the person is told, instead of waiting for a photo."""
    code, said, _ = run("consent", "grant", "photo", "status", "--owner", files[0], "--dut", "unix32")
    assert code == 0
    assert "granted and not live: photo (the board lacks its part" in said


def test_the_policys_own_words_are_shown_before_they_are_signed(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record carries the hash of the text the person was shown."""
    words = ["consent", "grant", "photo", "--owner", files[0], "--out", str(tmp_path / "one")]
    assert cli.run(words) == 0
    photo = source.load("amace").purposes["photo"]
    assert capsys.readouterr().err == f"photo: {photo.title['en']}. {photo.why['en']}\n"
    monkeypatch.setattr(notice, "HASH", bytes(16))
    with pytest.raises(Problem, match="no policy here is the one this build keeps to"):
        cli.run([*words[:-1], str(tmp_path / "two")])
    assert len(wallet.load(Path(files[0])).owner.records) == 1
    assert cli.run(["consent", "withdraw", "photo", *words[3:-1], str(tmp_path / "two")]) == 0, "a no needs no text"


def test_a_record_can_be_a_file(files: tuple[str, str], tmp_path: Path, run: Run) -> None:
    """For whoever carries it; it stands in the chain, and the next delivery takes it along."""
    record = tmp_path / "record.cbor"
    code, said, _ = run("consent", "grant", "photo", "--owner", files[0], "--out", str(record))
    assert (code, said) == (0, f"record 1, {record.stat().st_size} bytes, is in {record}\n")
    code, said, _ = run("consent", "show", str(record), "--owner", files[0], "--json")
    told = json.loads(said)
    assert (code, told["seq"], told["signature"], told["over"]) == (0, 1, "this owner's", False)
    assert told["lines"] == [
        {
            "purpose": "photo",
            "state": "given",
            "precision": "precise",
            "interval_s": 30,
            "retention_s": 3600,
            "recipients": ["owner"],
        }
    ]
    other = tmp_path / "other.json"
    e.save(other, e.generate().owner())
    code, said, _ = run("consent", "show", str(record), "--owner", str(other))
    assert (code, said.splitlines()[-1]) == (1, "signature: not this owner's")
    code, said, _ = run("consent", "show", str(record))
    assert (code, said.splitlines()[-1]) == (0, "signature: unchecked: name --owner")
    assert run("consent", "grant", "status", "--owner", files[0], "--dut", "sim", "--json")[1].count('"photo"') == 1
    assert run("consent", "grant", "status", "--owner", files[0], "--out", str(record))[0] == 2, "never over a file"


def greeted(broker: Mosquitto, board: UnixBoard, phone: str) -> None:
    """`show --broker` listens while the device starts anew and says hello."""
    url = f"mqtt://localhost:{broker.port}"
    words = [sys.executable, "-m", "tools", "consent", "show", "--owner", phone, "--broker", url, "--wait", "60"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as show:
        broker.expect(r"Sending SUBACK to owner-[0-9a-f]{8}", 2)
        board.rig.restart()
        said, errs = show.communicate(timeout=60)
    assert show.returncode == 0, errs
    assert "no record yet" in said or "record" in said


def test_a_broker_carries_it_and_the_answer_is_believed_only_with_proof(
    mp32: Path, umqtt: Path, mosquitto: Path, tmp_path: Path, run: Run
) -> None:
    """A real broker between the owner's computer and a real MicroPython: no key, no proof; with the device's hello, both."""
    phone = tmp_path / "phone.json"
    with Mosquitto(mosquitto, tmp_path) as broker, UnixBoard(mp32, umqtt, tmp_path) as board:
        url = f"mqtt://localhost:{broker.port}"
        keys = e.generate(broker=url)
        e.save(phone, keys.owner())
        enrol.over(board.rig, keys, "the board")
        broker.expect(r"Sending PUBACK to [0-9a-f]{16}")  # its hello is over
        code, said, errs = run("consent", "grant", "status", "--owner", str(phone))
        assert (code, said) == (1, "")
        assert "a receipt came that nothing proves: take one record by cable" in errs
        assert board.rig.auth(keys.console_key, board.rig.hello().nonce) == 0
        greeted(broker, board, str(phone))
        code, said, errs = run("consent", "grant", "presence", "--owner", str(phone), "--broker", url)
        assert (code, errs) == (0, "")
        assert "receipt for record 2: done" in said
        assert "presence every 30 s" in plain(said)
        code, said, errs = run("consent", "withdraw", "--all", "--owner", str(phone), "--json")
        assert (code, json.loads(said)["receipt"]["live"]) == (0, ["control"])
        assert board.rig.auth(keys.console_key, board.rig.hello().nonce) == 0
        assert board.rig.state().live == 1 << p.CONTROL
        other = tmp_path / "other.json"
        said_by_phone = json.loads(phone.read_text())
        other.write_text(json.dumps({**e.generate().owner(), "device_id": said_by_phone["device_id"], "broker": url}))
        code, said, errs = run("consent", "grant", "status", "--owner", str(other), "--wait", "1")
        assert (code, said) == (1, "")
        assert errs.startswith("no answer"), "the device answers nobody whose key it does not know"


def test_nobody_at_the_broker_is_no_answer(mosquitto: Path, tmp_path: Path, files: tuple[str, str], run: Run) -> None:
    """The record is kept and goes with the next one."""
    with Mosquitto(mosquitto, tmp_path) as broker:
        url = f"mqtt://localhost:{broker.port}"
        code, said, errs = run("consent", "grant", "status", "--owner", files[0], "--broker", url, "--wait", "1")
        assert (code, said) == (1, "")
        assert errs == "no answer: the device is not connected. The record is kept, and goes with the next one\n"
        code, _, errs = run("consent", "show", "--owner", files[0], "--broker", url, "--wait", "1")
        assert code == 1
        assert "nothing came" in errs
        assert broker.count(r"New client connected .* as owner-[0-9a-f]{8} \(p\d, c1,") == 2, (
            "the broker keeps nothing for us"
        )
    assert len(wallet.load(Path(files[0])).owner.records) == 1


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["grant", "status", "--owner", "{no}"], "the file cannot be read: No such file"),
        (["grant", "status", "--owner", "{d}"], 'its "format" is not amace-owner-1'),
        (["grant", "status"], "Missing option '--owner'"),
        (["grant", "--owner", "{o}"], "Missing argument 'PURPOSE"),
        (["grant", "status", "--owner", "{o}"], "there is no way to the device (the command line). Name --port"),
        (["grant", "status", "--owner", "{o}", "--dut", "sim", "--out", "{no}"], "there are two ways to go"),
        (["grant", "status", "--owner", "{o}", "--dut", "sum"], "there is no device 'sum'"),
        (["grant", "status", "--owner", "{o}", "--broker", "ftp://x"], "the broker's URL starts with neither"),
        (["grant", "status", "--owner", "{o}", "--broker", "{dead}"], "the broker cannot be used: no connection"),
        (["grant", "status", "--owner", "{o}", "--broker", "{dead}", "--ca", "{no}"], "the CA file"),
        (["grant", "status", "--owner", "{o}", "--enrolment", "{no}", "--dut", "sim"], "the enrolment cannot be read"),
        (["grant", "usage", "--owner", "{o}", "--out", "{no}"], "usage is not in this build"),
        (["grant", "status", "--for", "0", "--owner", "{o}", "--out", "{no}"], "a grant of no time is none"),
        (["grant", "status", "--for", "34y", "--owner", "{o}", "--out", "{no}"], "'34y' is no time"),
        (["grant", "status", "--owner", "{o}", "--out", "/nowhere/r"], "the file cannot be written"),
        (["withdraw", "--owner", "{o}", "--dut", "sim"], "withdraw what?"),
        (["withdraw", "status", "--all", "--owner", "{o}", "--dut", "sim"], "withdraw what?"),
        (["show"], "there is nothing to show"),
        (["show", "{no}"], "the record cannot be read: No such file"),
        (["show", "{d}"], "this is no record"),
        (["show", "--owner", "{d}"], 'its "format" is not amace-owner-1'),
        (["new-owner", "{d}"], "the file is there already"),
        (["new-owner", "{no}", "--alg", "rsa"], "no algorithm is called 'rsa'"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_bad_words_give_one_line_and_sign_nothing(
    words: list[str], what: str, tmp_path: Path, files: tuple[str, str], run: Run
) -> None:
    """What, where, how to mend; exit code 2; no record."""
    places: dict[str, Any] = {
        "o": files[0],
        "d": files[1],
        "no": tmp_path / "no",
        "dead": f"mqtt://127.0.0.1:{free_port()}",
    }
    before = sorted(tmp_path.iterdir())
    code, said, errs = run("consent", *(word.format(**places) for word in words))
    assert (code, said) == (2, "")
    assert errs.startswith(f"error: {what}"), errs
    assert errs.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_device_on_a_cable_wants_its_key_and_an_owner(tmp_path: Path, files: tuple[str, str], run: Run) -> None:
    """Without an enrolment, with a wrong one, and before it is bound."""
    with PtyDevice() as board:
        line = ("--owner", files[0], "--port", board.name)
        code, _, errs = run("consent", "grant", "status", *line, "--enrolment", files[1])
        assert code == 2
        assert "the device is bound to nobody" in errs
        assert run("enrol", "--from", files[1], "--port", board.name, "--owner", str(tmp_path / "again.json"))[0] == 0
        code, _, errs = run("consent", "grant", "status", *line)
        assert code == 2
        assert "the device's console wants its key" in errs
        other = tmp_path / "other.json"
        e.save(other, e.content(e.generate()))
        code, _, errs = run("consent", "grant", "status", *line, "--enrolment", str(other))
        assert code == 2
        assert "the device does not accept this console key" in errs
        assert not wallet.chain_of(Path(files[0])).exists(), "nothing was signed"
        phone = tmp_path / "stranger.json"
        e.save(phone, e.generate().owner())
        words = ("--owner", str(phone), "--port", board.name, "--enrolment", files[1])
        code, said, errs = run("consent", "grant", "status", *words)
        assert (code, said) == (1, "")
        assert errs.startswith("the device refuses: not under the right key: it is bound to another key")
    with PtyDevice(deaf=True) as board:
        code, _, errs = run("consent", "show", "--owner", files[0], "--port", board.name, "--enrolment", files[1])
        assert code == 2
        assert "did not answer hello" in errs
