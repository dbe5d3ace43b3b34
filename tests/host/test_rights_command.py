"""`amace rights` on simulated devices: what comes out is what the device holds, and every bad input is one clear line."""

import json
from pathlib import Path
from xml.etree import ElementTree

import cbor2
import pytest

from simulator.keys import Signer
from simulator.owner import Binding
from tools import enrolment as e
from tools.cli import run
from tools.errors import Problem
from tools.rights import command

Files = tuple[Path, Path]
"""The enrolment and the owner's file."""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    made = e.generate(bytes(range(16)), 3, "a network", "its password", "mqtts://me:secret@broker.example:8883")
    keys, owner = tmp_path / "keys.json", tmp_path / "owner.json"
    e.save(keys, e.content(made))
    e.save(owner, made.owner())
    return keys, owner


@pytest.mark.parametrize("device", ["sim", "mp32"])
def test_an_export_by_console_is_what_the_device_holds(files: Files, tmp_path: Path, device: str) -> None:
    """Every form from one answer, on CPython and on the 32-bit machine."""
    folder = tmp_path / "mine"
    assert run(["rights", "export", "--keys", str(files[0]), "--out", str(folder), "--port", device]) == 0
    told = json.loads((folder / "export.json").read_text())
    raw = cbor2.loads((folder / "export.cbor").read_bytes())
    assert told["device_id"] == bytes(range(16)).hex() == raw[5].hex()
    assert told["epoch"] == 3
    assert told["settings"]["wifi_ssid"] == "a network"
    assert told["settings"]["broker"] == "broker.example:8883"
    assert ElementTree.parse(folder / "positions.gpx").getroot().tag.endswith("gpx")
    assert json.loads((folder / "positions.geojson").read_text()) == {"type": "FeatureCollection", "features": []}
    keys = e.load(files[0])
    for path in folder.iterdir():
        data = path.read_bytes()
        for secret in (keys.pairing_key, keys.console_key, b"its password", b"secret@"):
            assert secret not in data, path.name
            assert secret.hex().encode() not in data, path.name


@pytest.mark.parametrize("device", ["sim", "mp32"])
def test_an_ended_account_is_certified_by_console(
    files: Files, tmp_path: Path, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a connection nothing clears the broker, and the certificate says so only when there is something to clear."""
    kept = tmp_path / "certificate.json"
    words = ["rights", "erase", "--whole", "--yes", "--keys", str(files[0]), "--out", str(kept), "--port", device]
    assert run(words) == 0
    told = json.loads(kept.read_text())
    assert "secrets" in told["stores"]
    assert told["exceptions"] == []
    assert json.loads(capsys.readouterr().out)["request"] == told["request"]


@pytest.mark.parametrize(
    "words",
    [
        ["erase", "--purpose", "status"],
        ["erase", "--purpose", "location_report", "--before", "2026-11-24T08:00"],
        ["erase", "--before", "2026-11-24T08:00+08:00"],
        ["correct", "--name", "Blue bike"],
        ["correct", "--name", ""],
    ],
)
def test_orders_are_obeyed_and_certified(files: Files, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each order the tool can give, as the device answers it."""
    assert run(["rights", *words, "--keys", str(files[0]), "--port", "sim", "--jurisdiction", "US-CA"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["order"] == 1
    assert told["due"] > told["at"]


BAD = (
    (["erase"], "not clear what to erase"),
    (["erase", "--whole", "--purpose", "status"], "not clear what to erase"),
    (["erase", "--purpose", "control"], "no purpose is called"),
    (["erase", "--purpose", "everything"], "no purpose is called"),
    (["erase", "--before", "yesterday"], "is no time"),
    (["erase", "--before", "1999-01-01"], "is no time"),
    (["correct", "--name", "n" * 33], "33 bytes"),
    (["correct", "--name", "x", "--jurisdiction", "SOMEWHERE"], "names no jurisdiction"),
    (["correct", "--name", "x", "--broker", "mqtt://a"], "two ways"),
    (["correct", "--name", "x", "--port", "/dev/nothing"], "no device"),
)


@pytest.mark.parametrize(("words", "why"), BAD)
def test_bad_input_is_one_line(files: Files, words: list[str], why: str) -> None:
    """Nothing was ordered: the device is not even opened."""
    port = [] if "--port" in words else ["--port", "sim"]
    with pytest.raises(Problem, match=why):
        run(["rights", *words, "--keys", str(files[0]), *port])


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": "amace-owner-1"}', '{"format": "amace-owner-1", "device_id": 5}', "x" * 20_000],
)
def test_a_file_of_other_content_is_no_keys(tmp_path: Path, text: str) -> None:
    """Said once, without its content."""
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(Problem, match="no keys of an owner"):
        command.Owner(path)


def test_keys_of_wrong_length_are_none(files: Files, tmp_path: Path) -> None:
    """A short key would sign what no device takes."""
    said = json.loads(files[1].read_text())
    for change in (
        {"device_id": "00"},
        {"pairing_key": "00"},
        {"owner_seed": "00"},
        {"epoch": 0},
        {"epoch": 1 << 32},
        {"epoch": "1"},
    ):
        path = tmp_path / "changed"
        path.write_text(json.dumps(said | change))
        with pytest.raises(Problem, match="no keys of an owner"):
            command.Owner(path)


def test_the_owners_file_opens_no_console(files: Files) -> None:
    """It has no console key, and the line says which file has."""
    with pytest.raises(Problem, match="wants the enrolment"):
        run(["rights", "correct", "--name", "x", "--keys", str(files[1]), "--port", "sim"])


def test_no_file_is_written_over(files: Files, tmp_path: Path) -> None:
    """An earlier export or certificate is evidence."""
    with pytest.raises(Problem, match="there already"):
        run(["rights", "export", "--keys", str(files[0]), "--out", str(tmp_path), "--port", "sim"])
    words = ["rights", "erase", "--purpose", "status", "--keys", str(files[0])]
    with pytest.raises(Problem, match="there already"):
        run([*words, "--out", str(files[0]), "--port", "sim"])


def test_foreign_keys_are_refused_by_the_device(files: Files, tmp_path: Path) -> None:
    """The console opens, and the order still counts for nothing."""
    from tools.rights import lines, orders

    keys = e.load(files[0])
    foreign = Binding(keys.device_id, keys.pairing_key, Signer(bytes(32)), keys.epoch)
    with pytest.raises(Problem, match="wrong device"):
        lines.over_console("sim", keys, orders.Order(3), foreign)
