"""Enrolment on the host: what a device would refuse is refused here, keys are on disk before anywhere else, and never on the screen."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.link import console as c
from simulator.device import InProcess
from simulator.keys import Signer
from simulator.opener import public_of
from tests.support.certificates import Authority
from tests.support.pty_device import PtyDevice
from tools import cli
from tools import enrolment as e
from tools.errors import Problem
from tools.places import ROOT
from tools.rig.stepped import SteppedWire

GOOD = {
    "device_id": b"\x01" * 16,
    "pairing_key": b"\x02" * 32,
    "epoch": b"\x00\x00\x00\x01",
    "console_key": b"\x03" * 32,
    "owner_seal": b"\x04" * 32,
    "minor": b"\x01",
    "wifi_ssid": b"net",
    "wifi_pass": b"password",
    "broker": b"mqtts://user:secret@broker.example:8883#CN",
    "ca": b"\x30\x82" * 512,
    "owner_key": Signer(b"\x04" * 32).cose_key,
    "region": b"CN",
}
EXAMPLES = {name: b"a" * 64 if name == "wifi_pass" else GOOD[name] for name in GOOD}


def test_the_names_and_limits_are_the_devices_own() -> None:
    """One table, in agent/link/console.py: the host can never accept what the device refuses."""
    assert tuple(GOOD) == e.NAMES
    assert sorted(e.ORDER) == sorted(e.NAMES)
    assert e.ORDER[-1] == "pairing_key", "what binds comes last"
    assert len(c.LENGTHS) == len(c.SECRETS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device_id", bytes(15)),
        ("device_id", bytes(17)),
        ("pairing_key", bytes(31)),
        ("console_key", b""),
        ("epoch", bytes(3)),
        ("epoch", bytes(4)),
        ("minor", b"\x02"),
        ("wifi_ssid", b"x" * 33),
        ("wifi_pass", b"x" * 7),
        ("wifi_pass", b"x" * 64),
        ("wifi_pass", b"a" * 65),
        ("broker", b"mqtts://h/" + b"x" * 503),
        ("broker", b"http://broker.example"),
        ("broker", b"mqtt://\xff"),
        ("region", b"cn"),
        ("region", b"C"),
        ("region", b"CN-"),
        ("region", b"CN-ABCD"),
        ("region", b"\xff\xff"),
        ("ca", bytes(1025)),
        ("consent", b""),
    ],
)
def test_a_value_that_no_device_can_use_is_refused(name: str, value: bytes) -> None:
    """Found now, not by a device that does not start."""
    with pytest.raises(ValueError):  # noqa: PT011 - the texts differ; that they hold no value is tested below
        e.Enrolment({**GOOD, name: value})


def test_a_value_at_its_limit_is_taken() -> None:
    """The longest of each."""
    full = {
        **GOOD,
        "wifi_ssid": b"x" * 32,
        "wifi_pass": b"f" * 64,
        "broker": b"mqtt://" + b"h" * 60 + b"#US-CAL",
        "region": b"US-CAL",
    }
    assert e.Enrolment(full).epoch == 1
    assert e.Enrolment({**full, "wifi_pass": b"x" * 63}).device_id == GOOD["device_id"]


@pytest.mark.parametrize("name", ["device_id", "pairing_key", "epoch", "console_key"])
def test_a_missing_key_is_refused(name: str) -> None:
    """Half an enrolment would bind nobody."""
    with pytest.raises(ValueError, match=f"{name} is missing"):
        e.Enrolment({other: value for other, value in GOOD.items() if other != name})


def test_new_keys_are_new() -> None:
    """Two devices with one key would be one device."""
    made = [e.generate() for _ in range(4)]
    for name in ("device_id", "pairing_key", "console_key"):
        assert len({one.secrets[name] for one in made}) == 4, name


def test_what_is_saved_is_loaded_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """The file is the only copy of these keys."""
    path = tmp_path / "device.json"
    e.save(path, e.content(e.Enrolment(GOOD)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert dict(e.load(path).secrets) == GOOD
    with pytest.raises(Problem, match="there already"):
        e.save(path, {})
    assert dict(e.load(path).secrets) == GOOD


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not of this form"),
        ("[]", "format"),
        ('{"format": "amace-owner-1"}', "format"),
        ('{"format": "amace-enrolment-1"}', "not of this form"),
        ('{"format": "amace-enrolment-1", "secrets": 3}', "not of this form"),
        ('{"format": "amace-enrolment-1", "secrets": {"device_id": "zz"}}', "not of this form"),
        ('{"format": "amace-enrolment-1", "secrets": {"device_id": 5}}', "not of this form"),
        ('{"format": "amace-enrolment-1", "secrets": {"device_id": "00"}}', "device_id has 1 bytes, it needs 16"),
        ('{"format": "amace-enrolment-1", "secrets": {}}', "device_id is missing"),
        (" " * (16 << 10) + "{}", "more than 16384 bytes"),
    ],
)
def test_a_file_that_is_no_enrolment_is_named_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    """What, where, how to mend; no value of it."""
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(Problem, match=why) as caught:
        e.load(path)
    assert str(path) in str(caught.value)


def test_nothing_shows_a_value(tmp_path: Path) -> None:
    """Not a repr, not a message: a traceback ends up in a bug report."""
    secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0aa"
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"format": e.FORMAT, "secrets": {"pairing_key": secret}}))
    with pytest.raises(Problem) as caught:
        e.load(path)
    assert secret[:8] not in str(caught.value)
    assert "02" * 8 not in repr(e.Enrolment(GOOD))
    for name, value in EXAMPLES.items():
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - only what it must not hold matters
            e.check(name, b"hush" + value + b"x" * 1024)
        assert "hush" not in str(refused.value), name


def test_the_owners_side_holds_what_a_phone_needs_and_no_more() -> None:
    """No console key, no Wi-Fi, and not the device's own password at the broker."""
    side = e.Enrolment(GOOD).owner()
    text = json.dumps(side)
    assert set(side) == {
        "format",
        "device_id",
        "pairing_key",
        "owner_seed",
        "owner_key",
        "epoch",
        "topic",
        "region",
        "broker",
        "ca",
        "seal_key",
        "minor",
    }
    assert side["minor"] is True
    assert side["region"] == "CN"
    assert side["broker"] == "mqtts://broker.example:8883#CN"
    assert "secret" not in text
    assert GOOD["console_key"].hex() not in text
    assert str(side["topic"]).startswith("d/")


def test_certificates_are_made_small_and_nothing_else_comes_along() -> None:
    """1,024 bytes is all a device keeps; a private key in the same file must not travel."""
    pem = Authority().pem
    der = e.compact(b"# a comment\n" + pem + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    assert der[:1] == b"\x30"
    assert len(der) < len(pem)
    assert e.compact(der) == der
    assert b"PRIVATE" not in e.compact(pem + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + pem)
    for nonsense in (b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(ValueError, match="no certificate"):
            e.compact(nonsense)


def run(*words: str, password: str = "a password") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools", "enrol", *words]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "AMACE_WIFI_PASS": password}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_device_is_enrolled_by_cable_once(tmp_path: Path) -> None:
    """The whole way: keys to disk, secrets to the device, the phone's half to a file, nothing secret to the screen."""
    owner, device_file = tmp_path / "phone.json", tmp_path / "device.json"
    words = ["--ssid", "net", "--broker", "mqtts://u:secret@broker.example"]
    with PtyDevice() as device:
        done = run("--port", device.name, "--owner", str(owner), "--out", str(device_file), *words)
        assert done.returncode == 0, done.stderr
        made = e.load(device_file)
        said = json.loads(owner.read_text())
        assert public_of(bytes.fromhex(said.pop("seal_key"))) == made.secrets["owner_seal"], (
            "its other half is the device's"
        )
        assert said | {"seal_key": ""} == made.owner()
        assert owner.stat().st_mode & 0o777 == 0o600
        assert str(owner) in done.stdout
        again = run(
            "--port", device.name, "--owner", str(tmp_path / "other.json"), "--out", str(tmp_path / "other-device.json")
        )
        assert again.returncode == 2
        assert "the device is bound already" in again.stderr
    for value in (made.pairing_key, made.console_key, made.device_id, b"a password", b"secret"):
        for text in (value.hex(), value.decode(errors="replace")):
            assert text not in done.stdout + done.stderr + again.stderr


def test_a_guardian_enrols_for_a_minor(tmp_path: Path) -> None:
    """One word at the enrolment; phone and device then know it alike."""
    device, phone = tmp_path / "d.json", tmp_path / "o.json"
    assert run("--minor", "--out", str(device), "--owner", str(phone)).returncode == 0
    assert e.load(device).secrets["minor"] == b"\1"
    assert json.loads(phone.read_text())["minor"] is True
    assert e.generate().owner()["minor"] is False


def test_the_owners_side_is_shown_only_when_asked(tmp_path: Path) -> None:
    """Whoever sees it owns the device."""
    done = run("--out", str(tmp_path / "d.json"), "--owner", str(tmp_path / "o.json"), "--show")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout[done.stdout.index("{") :]) == json.loads((tmp_path / "o.json").read_text())


def test_an_enrolment_made_before_is_written_by_cable_later(tmp_path: Path) -> None:
    """`--from`: an image and a cable give the same device."""
    assert run("--out", str(tmp_path / "d.json"), "--owner", str(tmp_path / "o.json")).returncode == 0
    with PtyDevice() as device:
        done = run("--from", str(tmp_path / "d.json"), "--port", device.name, "--owner", str(tmp_path / "o2.json"))
    assert done.returncode == 0, done.stderr
    first, later = (json.loads((tmp_path / name).read_text()) for name in ("o.json", "o2.json"))
    assert later == first | {"seal_key": ""}, "which no device's file holds"
    assert "seal key is in the owner's file of the first" in done.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--owner", "{o}"], "there is nothing to enrol"),
        (["--owner", "{o}", "--port", "nowhere"], "there is no device 'nowhere'"),
        (["--owner", "{o}", "--out", "{d}", "--device-id", "xyz"], "the device id is not hexadecimal"),
        (["--owner", "{o}", "--out", "{d}", "--device-id", "00"], "device_id has 1 bytes"),
        (["--owner", "{o}", "--out", "{d}", "--epoch", "0"], "the epoch is a number from 1"),
        (["--owner", "{o}", "--out", "{d}", "--broker", "ftp://x"], "the broker's URL starts with neither"),
        (["--owner", "{o}", "--out", "{d}", "--region", "China"], "a region's code is none"),
        (
            ["--owner", "{o}", "--out", "{d}", "--region", "cn", "--broker", "mqtts://x#eu"],
            "the broker is of region EU",
        ),
        (
            ["--owner", "{o}", "--out", "{d}", "--region", "cn", "--broker", "mqtts://x"],
            "the broker's URL names no region",
        ),
        (
            ["--owner", "{o}", "--out", "{d}", "--broker", "mqtts://x#cn"],
            "the broker is of region CN, the device of none",
        ),
        (["--owner", "{o}", "--out", "{d}", "--ca", "/nowhere"], "the certificate cannot be used: No such file"),
        (
            ["--owner", "{o}", "--out", "{d}", "--ca", __file__],
            "the certificate cannot be used: it holds no certificate",
        ),
        (["--owner", "{o}", "--out", "{d}", "--ssid", "x" * 33], "wifi_ssid has 33 bytes"),
        (["--owner", "/nowhere/o", "--out", "{d}"], "the file cannot be written"),
        (["--owner", __file__, "--out", "{d}"], "the file is there already"),
        (["--owner", "{o}", "--from", __file__], "this is no enrolment"),
        (["--out", "{d}"], "Missing option '--owner'"),
    ],
)
def test_bad_words_give_one_line_and_leave_no_file(tmp_path: Path, words: list[str], what: str) -> None:
    """What, where, how to mend."""
    places = {"o": str(tmp_path / "o.json"), "d": str(tmp_path / "d.json")}
    done = run(*(word.format(**places) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {what}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_the_written_secrets_make_the_simulated_device_the_owners(tmp_path: Path) -> None:
    """The format is one: file, console and simulator agree."""
    made: Any = e.generate()
    e.save(tmp_path / "d.json", e.content(made))
    wire = SteppedWire("sim", InProcess())
    wire.factory(e.load(tmp_path / "d.json").secrets)
    wire.pass_time(100)
    assert wire.secrets["device_id"] == made.device_id
    assert cli.find("enrol").module == "tools.enrol"
