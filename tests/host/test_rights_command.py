"""`amace rights` on simulated devices: what comes out is what the device holds, and every bad input is one clear line."""

import json
import random
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy import order as r
from agent.privacy import purposes as p
from simulator.device import InProcess
from simulator.keys import Signer
from simulator.orders import Order
from simulator.owner import Consent, Owner
from tests.support.pty_device import PtyDevice
from tools import enrol
from tools import enrolment as e
from tools.cli import run
from tools.consent import wallet
from tools.consent.deliver import give
from tools.consent.ways import ConsoleWay
from tools.errors import Problem
from tools.rig.client import Rig
from tools.rig.log import DeviceLog
from tools.rig.stepped import SteppedWire
from tools.rights import orders, reader

Files = tuple[Path, Path]
"""The enrolment and the owner's file."""


def by(files: Files) -> tuple[str, ...]:
    """Whose order, and what opens the console."""
    return "--owner", str(files[1]), "--enrolment", str(files[0])


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
    assert run(["rights", "export", *by(files), "--out", str(folder), "--port", device]) == 0
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


def test_an_export_for_somebody_else_is_read_by_them_alone(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Policy 5.4: in one act of the owner, who need not see it, to a third party, who needs nothing of the owner's."""
    for name in ("theirs", "nobody"):
        assert run(["rights", "new-reader", str(tmp_path / name)]) == 0
    to = capsys.readouterr().out.split()[0]
    sent, read = tmp_path / "sent", tmp_path / "read"
    assert run(["rights", "export", *by(files), "--out", str(sent), "--port", "sim", "--to", to]) == 0
    assert [path.name for path in sent.iterdir()] == ["export.sealed"]
    assert b"a network".hex() not in (sent / "export.sealed").read_text()
    wrong = ["rights", "open", str(sent / "export.sealed"), "--reader", str(tmp_path / "nobody"), "--out", str(read)]
    with pytest.raises(Problem, match="another reader"):
        run(wrong)
    assert not read.exists()
    wrong[4] = str(tmp_path / "theirs")
    assert run(wrong) == 0
    assert json.loads((read / "export.json").read_text())["settings"]["wifi_ssid"] == "a network"


@pytest.mark.parametrize(
    ("field", "value"), [("epoch", 0), ("epoch", True), ("sealed", "zz"), ("request", "00"), ("sealed", 1)]
)
def test_a_parcel_of_another_form_is_refused(tmp_path: Path, field: str, value: object) -> None:
    """It comes by mail: anybody may have written it."""
    file, key = tmp_path / "export.sealed", tmp_path / "key"
    e.save(key, reader.new_reader())
    e.save(file, reader.Parcel(bytes(16), 1, bytes(16), b"\xa0").told() | {field: value})
    with pytest.raises(Problem, match="no sealed export"):
        run(["rights", "open", str(file), "--reader", str(key), "--out", str(tmp_path / "read")])


@given(st.binary(max_size=120))
def test_any_sealed_bytes_are_refused_with_a_reason(data: bytes) -> None:
    """What only looks like a parcel."""
    with pytest.raises(orders.Unreadable):
        orders.read_parcel(reader.Parcel(bytes(16), 1, bytes(16), data), bytes(32))


@pytest.mark.parametrize("device", ["sim", "mp32"])
def test_an_ended_account_is_certified_by_console(
    files: Files, tmp_path: Path, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a connection nothing clears the broker, and the certificate says so only when there is something to clear."""
    kept = tmp_path / "certificate.json"
    words = ["rights", "erase", "--whole", "--yes", *by(files), "--out", str(kept), "--port", device]
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
    assert run(["rights", *words, *by(files), "--port", "sim", "--jurisdiction", "US-CA"]) == 0
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
        run(["rights", *words, *by(files), *port])


def test_a_file_that_is_no_owners_orders_nothing(files: Files, tmp_path: Path) -> None:
    """One reader for all of the owner's commands, with its own table of bad files (test_consent_wallet.py)."""
    for path in (tmp_path / "nowhere", files[0]):
        with pytest.raises(Problem, match="amace enrol --owner FILE"):
            run(["rights", "correct", "--name", "x", "--owner", str(path), "--port", "sim"])


def test_no_file_is_written_over(files: Files, tmp_path: Path) -> None:
    """An earlier export or certificate is evidence."""
    with pytest.raises(Problem, match="there already"):
        run(["rights", "export", *by(files), "--out", str(tmp_path), "--port", "sim"])
    words = ["rights", "erase", "--purpose", "status", *by(files)]
    with pytest.raises(Problem, match="there already"):
        run([*words, "--out", str(files[0]), "--port", "sim"])


def test_foreign_keys_are_refused_by_the_device(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The console opens, and the order still counts for nothing: exit code 1, and why."""
    other = json.loads(files[1].read_text())
    stranger = Signer(bytes(32))
    path = tmp_path / "stranger.json"
    path.write_text(json.dumps(other | {"owner_seed": stranger.seed.hex(), "owner_key": stranger.cose_key.hex()}))
    words = ["rights", "correct", "--name", "x", "--owner", str(path), "--enrolment", str(files[0]), "--port", "sim"]
    assert run(words) == 1
    assert "the device refuses: for another device" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_orders_and_records_share_one_chain_by_cable(
    tmp_path: Path, alg: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A grant, an export, an erasure, a grant: over one pty, with one file, and no command is told that it comes late."""
    phone, device, key = (str(tmp_path / name) for name in ("phone.json", "device.json", "key.json"))
    assert run(["consent", "new-owner", "--alg", alg, key]) == 0
    with PtyDevice() as board:
        line = ("--owner", phone, "--port", board.name, "--enrolment", device)
        made = ["--owner", phone, "--out", device, "--owner-key", key]
        assert run(["enrol", "--port", board.name, *made]) == 0
        assert run(["consent", "grant", "status", "presence", *line]) == 0
        folder = tmp_path / "mine"
        assert run(["rights", "export", "--out", str(folder), *line]) == 0
        told = json.loads((folder / "export.json").read_text())
        assert {row["purpose"]: row["state"] for row in told["consent"]}["status"] == "ConsentGiven"
        assert told["consent_chain"]["records"] == 2
        assert run(["rights", "erase", "--purpose", "status", *line]) == 0
        capsys.readouterr()
        assert run(["consent", "show", "--json", *line]) == 0
        assert json.loads(capsys.readouterr().out)["live"] == ["control", "presence"]
        assert run(["consent", "grant", "status", *line]) == 0
        capsys.readouterr()
        assert run(["consent", "show", "--json", "--owner", phone]) == 0
        shown = json.loads(capsys.readouterr().out)["records"]
        assert [(row["seq"], row["ordered"]) for row in shown] == [
            (1, None),
            (2, "export"),
            (3, "erase status"),
            (4, None),
        ]
        assert run(["rights", "erase", "--whole", "--yes", *line]) == 0
        assert "open nothing any more" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("device", ["sim", "mp32"])
def test_a_simulated_device_is_told_the_whole_chain_with_its_orders(
    files: Files, tmp_path: Path, device: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An order that the real device took stands in the chain: a device that exists only now gets it, too, in its place."""
    held = wallet.load(files[1])
    now = wallet.now()
    held.owner.record([Consent(p.STATUS)], now, now + 3_600)
    taken = held.owner.order(Order(r.ERASE, 1 << p.STATUS), now)
    held.owner.adopt(taken.seq, taken.head, now)
    held.owner.record([Consent(p.PRESENCE)], now, now + 3_600)
    held.save()
    assert run(["rights", "export", *by(files), "--out", str(tmp_path / "mine"), "--port", device]) == 0
    told = json.loads((tmp_path / "mine" / "export.json").read_text())
    states = {row["purpose"]: row["state"] for row in told["consent"]}
    assert states["presence"] == "ConsentGiven"
    assert states.get("status", "ConsentUnknown") == "ConsentUnknown"
    assert told["consent_chain"]["records"] == 4
    again = wallet.load(files[1])
    assert [record.order for record in again.owner.records] == [None, taken.order, None], "not the real device's"


def test_an_order_whose_answer_was_lost_is_found_in_the_chain(tmp_path: Path) -> None:
    """Cut between the order and its answer: the next command learns that the device took it, and goes on after it."""
    keys = e.generate()
    phone = tmp_path / "phone.json"
    e.save(phone, keys.owner())
    log = DeviceLog(tmp_path / "log")
    wire = SteppedWire("a board", InProcess())
    rig = Rig(wire, log)
    enrol.over(rig, keys, "a board")
    assert rig.auth(keys.console_key, rig.hello().nonce) == 0
    way = ConsoleWay(rig, "a board")
    held = wallet.load(phone)
    assert give(held, way, Order(r.CORRECT, text=b"a")).code == 0
    lost = held.owner.order(Order(r.ERASE, 1 << p.STATUS), wallet.now())
    held.save()
    assert way.deliver(lost).code == 0  # and nobody keeps that
    held = wallet.load(phone)
    assert len(held.owner.records) == 1
    held.owner.record([Consent(p.STATUS)], wallet.now(), wallet.now() + 3_600)  # kept back, with the same number
    done = give(held, way, Order(r.EXPORT))
    assert (done.code, rig.state().live) == (0, 1 << p.CONTROL | 1 << p.STATUS)
    what = [record.order.what if record.order else 0 for record in wallet.load(phone).owner.records]
    assert what == [r.CORRECT, r.ERASE, 0, r.EXPORT]
    stranger = wallet.Wallet(tmp_path / "copy", Owner(held.owner.binding, random.Random("copy")), "", b"")
    with pytest.raises(Problem, match="which this file does not hold"):
        give(stranger, way, Order(r.EXPORT))
    assert give(stranger, way, Order(r.WHOLE)).code == 0, "ending it all needs no chain"
    rig.close()
    log.close()


def test_a_spoilt_order_in_a_chain_is_named_in_one_line(files: Files) -> None:
    """Whoever writes into the file cannot make it say that the owner ordered something."""
    held = wallet.load(files[1])
    stranger = replace(held.owner.binding, signer=Signer(bytes(32)))
    forged = Owner(stranger, random.Random("forged")).order(Order(r.EXPORT), 100)
    held.save()
    said = json.loads(held.path.read_text())
    for entry in ({"order": forged.bare.hex()}, {"order": ""}, {"order": 3}, {}):
        held.path.write_text(json.dumps(said | {"signed": [entry]}))
        with pytest.raises(Problem, match="this is no chain of this owner"):
            wallet.load(files[1])


@pytest.mark.parametrize("words", [["rights", "export"], ["consent", "grant"], ["enrol"]])
def test_help_shows_how_a_broker_is_written(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets are markup to the help's printer: unescaped, name and password vanish from it."""
    run([*words, "--help"])
    assert "user:password@" in capsys.readouterr().out
