"""The owner's file and chain: whole or refused, in one line that quotes nothing."""

import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy import grants as g
from agent.privacy import ledger
from agent.privacy import purposes as p
from simulator.keys import P256, Signer, encode, sign1
from simulator.owner import Consent
from tools import enrolment as e
from tools.consent import keys, wallet
from tools.errors import Problem

NOW = 220_000_000
DEVICE = Signer(bytes(range(32)))
PUBLIC = DEVICE.cose_key[-32:]


def owners_file(folder: Path, signer: Signer | None = None) -> Path:
    path = folder / "phone.json"
    e.save(path, e.generate(broker="mqtts://broker.example", owner=signer).owner())
    return path


def receipt(held: wallet.Wallet, signer: Signer = DEVICE, code: int = 0, live: list[int] | None = None) -> bytes:
    """As the device would sign it, for the end of the chain."""
    owner = held.owner
    claims = {2: len(owner.records), 3: owner.head, 4: NOW, 5: live or [0], 6: code, 7: 127}
    header = {1: -19, 4: signer.kid, 16: "receipt1"}
    return sign1(signer, header, claims, owner.binding.aad(b"RECEIPT1"))[0]


def filled(path: Path) -> wallet.Wallet:
    """Three records, one of them signed again, a press, a receipt."""
    held = wallet.load(path)
    owner = held.owner
    owner.record([Consent(p.STATUS)], NOW, NOW + 100)
    owner.record([Consent(p.PHOTO)], NOW, NOW + 9_000, switches=g.SWITCHES & ~1)
    owner.renew(1, NOW + 50)
    head = ledger.pressed(owner.head, 3)
    assert owner.adopt(3, head, NOW + 60)
    owner.record([Consent(p.STATUS)], NOW + 70, NOW + 9_000)
    held.trust(PUBLIC, True)
    assert held.take(receipt(held)) is not None
    held.save()
    return held


@pytest.mark.parametrize("signer", [None, Signer(bytes(32), P256)])
def test_a_chain_goes_on_where_it_was(tmp_path: Path, signer: Signer | None) -> None:
    """Records, earlier signings, presses, switches and receipts: the next record is the one it would have been."""
    path = owners_file(tmp_path, signer)
    held = filled(path)
    again = wallet.load(path)
    assert [(r.seq, r.head, r.lines, r.bare) for r in again.owner.records] == [
        (r.seq, r.head, r.lines, r.bare) for r in held.owner.records
    ]
    assert [r.body for r in again.owner.records] == [r.body for r in held.owner.records], (
        "hastened anew, to the same bytes"
    )
    assert [r.head for r in again.owner.signed()] == [r.head for r in held.owner.signed()]
    assert (again.owner.subject, again.owner.switches) == (held.owner.subject, g.SWITCHES & ~1)
    assert again.device_key == PUBLIC
    assert again.receipts == held.receipts
    assert again.last(PUBLIC) == wallet.Receipt(4, held.owner.head, NOW, (0,), 0)
    more = again.owner.record([Consent(p.PHOTO)], NOW + 80, NOW + 9_000)
    assert wallet.read_record(again.owner.binding, more.bare)[1] == g.SWITCHES & ~1, "every record says it from then on"
    assert wallet.chain_of(path).stat().st_mode & 0o777 == 0o600
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["phone.json", "phone.json.chain"]


def test_only_what_the_device_signed_is_a_receipt(tmp_path: Path) -> None:
    """Whoever writes at the broker must not be able to say that something is off."""
    held = filled(owners_file(tmp_path))
    good = receipt(held)
    for nonsense in (b"", good[:-1], receipt(held, Signer(bytes(32))), encode({1: 2})):
        assert held.take(nonsense) is None
    forged = bytearray(good)
    forged[-1] ^= 1
    assert held.take(bytes(forged)) is None
    assert len(held.receipts) == 1
    assert wallet.Wallet(held.path, held.owner, "", b"").take(good) is None, "no key, no proof"


def test_another_devices_key_is_not_believed(tmp_path: Path) -> None:
    """A device swapped behind the same cable; one that exists only now replaces nobody."""
    held = filled(owners_file(tmp_path))
    with pytest.raises(Problem, match="this is another device, or its flash was erased"):
        held.trust(bytes(32), True)
    held.trust(bytes(32), False)
    held.save()
    assert wallet.load(tmp_path / "phone.json").device_key == PUBLIC


def test_a_power_cut_leaves_the_chain_before_or_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is the only copy."""
    path = owners_file(tmp_path)
    held = filled(path)
    before = wallet.chain_of(path).read_text()
    held.owner.record([Consent(p.STATUS)], NOW, NOW + 100)

    def cut(*names: object) -> None:
        raise OSError(5, "power")

    monkeypatch.setattr(wallet.os, "replace", cut)
    with pytest.raises(Problem, match="the chain cannot be kept: power"):
        held.save()
    monkeypatch.undo()
    assert wallet.chain_of(path).read_text() == before
    assert len(wallet.load(path).owner.records) == 4
    held.save()
    assert len(wallet.load(path).owner.records) == 5


def test_a_chain_that_no_load_would_take_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no more records than no file."""
    path = owners_file(tmp_path)
    held = filled(path)
    size = wallet.chain_of(path).stat().st_size
    for limit, fits in ((size, True), (size - 1, False)):
        monkeypatch.setattr(wallet, "MAX_FILE", limit)
        monkeypatch.setattr(keys, "MAX_FILE", limit)
        if fits:
            held.save()
            assert wallet.load(path).device_key
            continue
        with pytest.raises(Problem, match="too long"):
            held.save()
        with pytest.raises(Problem, match="format"):
            wallet.load(path)


def spoilt(path: Path, change: Any) -> None:
    """Any: a function of whatever JSON holds."""
    chain = wallet.chain_of(path)
    said = json.loads(chain.read_text())
    change(said)
    chain.write_text(json.dumps(said))


def other(text: str) -> str:
    """The same hexadecimal digits but for the last."""
    return text[:-1] + ("1" if text[-1] == "0" else "0")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda said: said.update(format="amace-owner-1"), "format"),
        (lambda said: said.pop("signed"), "not of this form"),
        (lambda said: said.update(signed=3), "not of this form"),
        (lambda said: said["signed"].append(["x", "00"]), "button"),
        (lambda said: said["signed"].append("00"), "not of this form"),
        (lambda said: said["signed"].__setitem__(0, other(said["signed"][0])), "not signed by this owner"),
        (lambda said: said["chain"].reverse(), "not in order"),
        (lambda said: said["chain"].append(99), "not of this form"),
        (lambda said: said["chain"].__setitem__(0, -1), "not in order"),
        (lambda said: said["chain"].__setitem__(0, True), "not in order"),
        (lambda said: said.update(subject="00"), "another length"),
        (lambda said: said.update(device_key="00"), "another length"),
        (lambda said: said["receipts"].append(["00" * 32, "00"]), "receipt is not signed"),
        (lambda said: said["receipts"].append("AB"), "not of this form"),
    ],
)
def test_a_spoilt_chain_is_named_in_one_line(tmp_path: Path, change: Any, why: str) -> None:
    """What, where, how to mend; Any as above."""
    path = owners_file(tmp_path)
    filled(path)
    spoilt(path, change)
    with pytest.raises(Problem, match=why) as caught:
        wallet.load(path)
    assert str(wallet.chain_of(path)) in str(caught.value)


def test_a_chain_of_another_owner_is_refused(tmp_path: Path) -> None:
    """Two files with each other's name."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    filled(owners_file(one))
    wallet.chain_of(one / "phone.json").rename(wallet.chain_of(owners_file(two)))
    with pytest.raises(Problem, match="not signed by this owner for this device"):
        wallet.load(two / "phone.json")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": "amace-enrolment-1"}, "format"),
        ({"device_id": "00"}, "another length"),
        ({"pairing_key": 5}, "not of this form"),
        ({"owner_seed": "00" * 32}, "not one key"),
        ({"owner_seed": ""}, "another length"),
        ({"owner_key": None}, "not of this form"),
        ({"epoch": 0}, "the epoch is a number"),
        ({"epoch": True}, "the epoch is a number"),
        ({"epoch": 1 << 32}, "the epoch is a number"),
        ({"broker": 3}, "broker is no text"),
        ({"region": 3}, "region is no text"),
        ({"region": "cn"}, "written in capitals"),
        ({"ca": "xyz"}, "not of this form"),
    ],
)
def test_a_file_that_is_no_owners_is_named_in_one_line(tmp_path: Path, change: dict[str, object], why: str) -> None:
    """No value of it: keys stand beside the fault."""
    path = owners_file(tmp_path)
    old = json.loads(path.read_text())
    path.write_text(json.dumps({**old, **change}))
    with pytest.raises(Problem, match=why) as caught:
        wallet.load(path)
    assert str(path) in str(caught.value)
    assert old["pairing_key"][:8] not in str(caught.value)


def test_a_missing_file_says_how_one_is_made(tmp_path: Path) -> None:
    """The first thing that goes wrong."""
    with pytest.raises(Problem, match=r"cannot be read: No such file .*`amace enrol --owner FILE` writes one"):
        wallet.load(tmp_path / "nothing")
    with pytest.raises(Problem, match=r"cannot be read: No such file .*`amace consent new-owner FILE` writes one"):
        keys.load_key(tmp_path / "nothing")


@pytest.mark.parametrize("alg", ["ed25519", "es256"])
def test_a_new_key_is_new_and_reads_back(tmp_path: Path, alg: str) -> None:
    """Either curve; two owners never share a key."""
    made = keys.new_key(alg)
    assert made["seed"] != keys.new_key(alg)["seed"]
    path = tmp_path / "key.json"
    e.save(path, made)
    signer = keys.load_key(path)
    assert (signer.seed.hex(), signer.alg) == (made["seed"], keys.ALGORITHMS[alg])
    owner = wallet.load(owners_file(tmp_path, signer)).owner
    assert owner.binding.signer == signer


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"alg": "rsa"}, "not of this form"),
        ({"seed": "00"}, "another length"),
        ({"alg": "es256"}, "seed and cose_key are not one key"),
        ({"format": 1}, "format"),
    ],
)
def test_a_spoilt_key_is_refused(tmp_path: Path, change: dict[str, object], why: str) -> None:
    """Before a device is bound to it."""
    path = tmp_path / "key.json"
    path.write_text(json.dumps({**keys.new_key("ed25519"), **change}))
    with pytest.raises(Problem, match=why):
        keys.load_key(path)


def said(path: Path) -> str:
    """What a person reads, "" when the wallet is good. Anything but a Problem is a traceback."""
    try:
        wallet.load(path)
    except Problem as problem:
        return str(problem)
    return ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["00" * 8, "00" * 32, "ab"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["subject", "device_key", "signed", "chain", "receipts", "format"])


@given(st.binary(max_size=64) | st.dictionaries(FIELDS, JSON).map(lambda said: json.dumps(said).encode()), JSON, FIELDS)
def test_whatever_lies_where_a_chain_should_gives_a_chain_or_one_line(raw: bytes, value: object, name: str) -> None:
    """No traceback, whatever a disk or an editor did to it."""
    with tempfile.TemporaryDirectory() as folder:
        path = owners_file(Path(folder))
        for bad in (raw, json.dumps({**json.loads(path.read_text()), name: value}).encode()):
            for target in (wallet.chain_of(path), path):
                before = target.read_bytes() if target.exists() else None
                target.write_bytes(bad)
                assert "\n" not in said(path)
                if before is not None:
                    target.write_bytes(before)
                else:
                    target.unlink()


@given(JSON, FIELDS)
def test_one_spoilt_field_of_a_good_chain_gives_a_chain_or_one_line(value: object, name: str) -> None:
    """As above, deeper."""
    with tempfile.TemporaryDirectory() as folder:
        path = owners_file(Path(folder))
        filled(path)
        spoilt(path, lambda said: said.update({name: value}))
        assert "\n" not in said(path)


def test_nothing_shows_a_key(tmp_path: Path) -> None:
    """A repr ends up in a bug report."""
    held = filled(owners_file(tmp_path))
    text = repr(held) + repr(held.owner.binding)
    for value in (held.owner.binding.key, held.owner.binding.signer.seed):
        assert value.hex() not in text
        assert repr(value) not in text
    assert isinstance(held.owner._rng, random.SystemRandom)  # pyright: ignore[reportPrivateUsage] - no other way to tell
