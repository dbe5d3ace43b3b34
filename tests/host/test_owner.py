"""The owner's side of the wire, checked against the device's own readers."""

import random
from dataclasses import replace

from agent.base import errors
from agent.base.errors import RemoteError
from agent.link.requests import ARM, Requests
from agent.privacy import grants
from agent.privacy import purposes as p
from agent.privacy.ledger import Ledger
from agent.privacy.order import ERASE
from simulator.keys import holds
from simulator.orders import Order
from simulator.owner import WITHDRAWN, Consent, Owner, Wifi, invented

NOW = 217_000_000
KEYS = invented(random.Random("test"))


def pair() -> tuple[Owner, Ledger, grants.Grants]:
    binding = KEYS
    granted = grants.Grants()
    granted.bound = True
    granted.keys = 1 << p.OWNER
    ledger = Ledger(granted, binding.device_id, binding.key, binding.epoch, binding.signer.cose_key)
    return Owner(binding, random.Random("owner")), ledger, granted


def code_of(ledger: Ledger, body: bytes, key: bytes = KEYS.signer.cose_key) -> int:
    try:
        pending = ledger.read(body, len(body), NOW)
        opened = pending.signed
        if not holds(key, opened.tag, opened.head + bytes(opened.view)):
            return errors.BAD_MAC
        ledger.decide(pending, NOW)
    except RemoteError as error:
        return error.code
    return 0


def test_a_chain_of_records_is_accepted_and_read_as_meant() -> None:
    """Every simulated consent passes here: a wrong claim would make all rides prove nothing."""
    owner, ledger, granted = pair()
    first = owner.record([Consent(p.STATUS), Consent(p.LOCATION_REPORT, interval_s=30, precision=1)], NOW, NOW + 60)
    second = owner.record([Consent(p.LOCATION_REPORT, WITHDRAWN)], NOW, NOW + 60)
    assert (code_of(ledger, first.body), granted.head) == (0, first.head)
    assert granted.get(p.LOCATION_REPORT, grants.PRECISION) == 1
    assert granted.live(NOW) == 1 << p.CONTROL | 1 << p.STATUS | 1 << p.LOCATION_REPORT
    assert (code_of(ledger, second.body), granted.seq) == (0, 2)
    assert granted.live(NOW) == 1 << p.CONTROL | 1 << p.STATUS


def test_records_out_of_their_place_are_refused() -> None:
    """The owner signs what a device must refuse, so that refusals can be tested."""
    owner, ledger, _ = pair()
    lines = [Consent(p.STATUS)]
    first = owner.record(lines, NOW, NOW + 60)
    assert code_of(ledger, owner.sign(lines, NOW, NOW + 60, 5, first.head).body) == errors.GAP
    assert code_of(ledger, owner.sign(lines, NOW, NOW + 60, 1, b"x" * 16).body) == errors.FORKED
    assert code_of(ledger, owner.sign(lines, NOW - 90_000, NOW - 89_000, 1, bytes(16)).body) == errors.UNTIMELY
    assert code_of(ledger, first.body) == 0
    assert code_of(ledger, first.body) == errors.REPLAYED


def test_a_record_for_another_device_is_not_authentic() -> None:
    """The device id is under the MAC: a record cannot be carried from one bike to the next."""
    owner, _, _ = pair()
    other = invented(random.Random("other"))
    ledger = Ledger(grants.Grants(), other.device_id, owner.binding.key, 1, owner.binding.signer.cose_key)
    record = owner.record([Consent(p.STATUS)], NOW, NOW + 60)
    assert code_of(ledger, record.body) == errors.BAD_MAC


def test_a_request_is_taken_once_and_only_in_its_boot() -> None:
    """Requests die with the boot that announced their nonce."""
    owner, _, _ = pair()
    binding = owner.binding
    desk = Requests(binding.device_id, binding.key, binding.epoch, b"nonce-01", 0)
    request = owner.request(ARM, 7, b"nonce-01")
    desk.feed(request, len(request))
    assert (desk.code, desk.seq, desk.argument) == (ARM, 1, 7)
    for body, code in (
        (request, errors.REPLAYED),
        (owner.request(ARM, 7, b"nonce-02"), errors.BAD_MAC),
        (owner.request(9, 0, b"nonce-01"), errors.UNKNOWN),
    ):
        try:
            desk.feed(body, len(body))
            got = 0
        except RemoteError as error:
            got = error.code
        assert got == code


def test_the_largest_record_stays_within_the_limit() -> None:
    """decisions.md: three purposes at most 340 bytes, any record at most 1,024."""
    owner, _, _ = pair()
    three = owner.record([Consent(n, retention_s=90_000) for n in (1, 2, 6)], NOW, NOW + 60)
    every = owner.record([Consent(n, 7, 86_400, 2, 900_000_000, 63) for n in range(p.COUNT)], NOW, NOW + 60)
    assert len(three.bare) <= 340
    assert len(every.body) <= 1_024


def test_no_repr_shows_a_key() -> None:
    """Logs and test reports print values."""
    owner, _, _ = pair()
    assert owner.binding.key.hex() not in repr(owner.binding)
    assert repr(owner.binding.key) not in repr(owner.binding)


def test_enrolment_names_every_secret() -> None:
    """What `enrol` writes is what the core reads."""
    owner, _, _ = pair()
    assert sorted(owner.binding.secrets(Wifi(b"net", b"pass"))) == [
        "device_id",
        "epoch",
        "owner_key",
        "owner_seal",
        "pairing_key",
        "wifi_pass",
        "wifi_ssid",
    ]


def test_an_order_is_of_the_chain_once_the_device_took_it() -> None:
    """Whatever was signed in its place meanwhile goes after it; an order that was not taken leaves no gap."""
    owner = Owner(invented(random.Random("orders")), random.Random("orders"))
    owner.record([Consent(p.STATUS)], 100, 10_000)
    order = owner.order(Order(ERASE, 1 << p.STATUS), 200)
    assert (order.seq, len(owner.records)) == (2, 1)
    meanwhile = owner.record([Consent(p.PRESENCE)], 300, 10_000)
    assert meanwhile.seq == 2
    assert owner.adopt(2, order.head, 400)
    assert [record.order for record in owner.records] == [None, order.order, None]
    assert owner.records[2].lines == meanwhile.lines
    assert not owner.adopt(2, order.head, 400)
    owner.renew(0, 500)
    assert [record.seq for record in owner.records] == [1, 2, 3]
    assert owner.records[1].order == order.order
    assert owner.records[1].head != order.head, "signed anew, for a device that has nothing yet"
    assert owner.records[1].lines == (Consent(p.STATUS, WITHDRAWN),)


def test_a_minors_owner_signs_as_the_guardian() -> None:
    """A device that was enrolled for a minor takes nothing else."""
    keys = replace(KEYS, minor=True)
    _, ledger, granted = pair()
    granted.minor = True
    assert keys.secrets()["minor"] == b"\1"
    line = [Consent(p.STATUS)]
    assert code_of(ledger, Owner(KEYS, random.Random("o")).record(line, NOW, NOW + 60).body) == errors.OUT_OF_RANGE
    assert code_of(ledger, Owner(keys, random.Random("o")).record(line, NOW, NOW + 60).body) == 0
