"""The audit finds what an agent must not do: each finding is planted once. It opens records itself and trusts no agent."""

import random

import cbor2

from agent.privacy import purposes as p
from agent.privacy.order import ERASE, EXPORT
from simulator import remote
from simulator.audit import Audit
from simulator.courier import fragments
from simulator.evidence import Grant, Span
from simulator.orders import Order
from simulator.owner import WITHDRAWN, Consent, Owner, forger, invented
from simulator.tap import IN, OUT, Seen

START = 217_000_000
RNG = random.Random("audit")
KEYS = invented(RNG)
TOPIC = KEYS.topic


def record_in(t: int, body: bytes) -> Seen:
    topic = TOPIC + b"in/record"
    return Seen(t, remote.LINK, IN, b"M" + bytes((len(topic),)) + topic + body)


def message(t: int, name: bytes, body: object, number: int = 1) -> Seen:
    topic = TOPIC + name
    data = b"" if body is None else cbor2.dumps(body, canonical=True)
    return Seen(t, remote.LINK, OUT, b"P" + number.to_bytes(2, "big") + bytes((1, len(topic))) + topic + data)


def place(t: int, precision: int = 0, number: int = 1, seq: int = 0) -> Seen:
    return message(t, b"location", {1: seq, 3: 0, 4: 0, 5: precision}, number)


def power(t: int, on: bool) -> Seen:
    return Seen(t, remote.POWER, OUT, b"P\x01" if on else b"P\x00")


def granted(
    *purposes: int,
    precision: int = 0,
    until: int = 3_600,
    owner: Owner | None = None,
    t: int = 1_000,
    to: int = 1 << p.OWNER | 1 << p.PROVIDER,
) -> list[Seen]:
    owner = owner or Owner(KEYS, random.Random("owner"))
    lines = [Consent(purpose, precision=precision, recipients=to) for purpose in purposes]
    return [record_in(t, owner.record(lines, START + t // 1000, START + until).body)]


def audited(*seen: Seen, end: int = 10_000_000) -> Audit:
    audit = Audit(KEYS, START)
    for each in seen:
        audit.see(each)
    audit.close(end)
    return audit


def test_an_honest_run_has_no_findings() -> None:
    """A grant, the receiver, positions, the end of the grant, in that order."""
    owner = Owner(KEYS, random.Random("owner"))
    grant = granted(p.LOCATION_REPORT, owner=owner)
    no = owner.record([Consent(p.LOCATION_REPORT, WITHDRAWN)], START + 60, START + 99)
    seen = [*grant, power(1_000, True), place(30_000), place(40_000, number=2, seq=1), record_in(60_000, no.body)]
    audit = audited(*seen, power(60_000, False))
    assert audit.findings == []
    assert audit.grants == {p.LOCATION_REPORT: [Grant(1_000, 60_000, 3_600_000, 0, 1, "withdrawn")]}
    assert [release.again for release in audit.releases] == [False, False]


def test_what_leaves_without_a_grant_is_found() -> None:
    """Before the grant, after its withdrawal, after its end, under another purpose's, and with a record for somebody else."""
    owner = Owner(KEYS, random.Random("owner"))
    grant = granted(p.LOCATION_REPORT, owner=owner)
    no = record_in(60_000, owner.record([Consent(p.LOCATION_REPORT, WITHDRAWN)], START + 60, START + 99).body)
    stranger = Owner(forger(KEYS, RNG), random.Random("stranger"))
    for seen in (
        [place(500), *grant],
        [*grant, no, place(60_001)],
        [*granted(p.LOCATION_REPORT, until=100), place(102_001)],
        [*granted(p.STATUS), place(2_000)],
        [*granted(p.LOCATION_REPORT, owner=stranger), place(2_000)],
        [*granted(p.LOCATION_REPORT), message(2_000, b"photo", {1: 0})],
        [*granted(p.LOCATION_REPORT), message(2_000, b"online", {1: 0, 2: 1})],
    ):
        assert len(audited(*seen).findings) == 1, seen


def test_what_is_readable_for_the_wrong_ones_is_found() -> None:
    """A position in clear under a grant for the owner alone; one sealed by a key nobody announced; one the platform was to read."""
    sealed = message(2_000, b"location", {1: 0, 2: 1, 3: 0, 4: bytes(40)})
    owner = granted(p.LOCATION_REPORT, to=1 << p.OWNER)
    assert [text.split(": ")[1] for text in audited(*owner, place(2_000)).findings] == ["location_report left readable"]
    assert "a key that its owner cannot know" in audited(*owner, sealed).findings[0]
    assert "sealed, though" in audited(*granted(p.LOCATION_REPORT), sealed).findings[0]


def test_a_finer_position_than_granted_is_found() -> None:
    """Also when it was captured under a finer grant and waited in a queue."""
    owner = Owner(KEYS, random.Random("owner"))
    wide = granted(p.LOCATION_REPORT, owner=owner)
    narrow = granted(p.LOCATION_REPORT, owner=owner, precision=2, t=20_000)
    assert not audited(*wide, place(10_000), *narrow, place(30_000, 2)).findings
    assert audited(*wide, *narrow, place(30_000, 0)).findings
    assert audited(*wide, *narrow, place(30_000, 1)).findings


def test_power_without_a_grant_is_found() -> None:
    """Before it, past its end, and for a sensor of another purpose."""
    until = granted(p.LOCATION_REPORT, until=100)
    assert not audited(*until, power(1_000, True), power(101_000, False)).findings
    assert audited(power(500, True), *until, power(2_000, False)).findings
    assert audited(*until, power(1_000, True), power(102_500, False)).findings
    assert audited(*until, power(1_000, True), end=200_000).findings  # never switched off
    camera = [Seen(2_000, remote.CAMERA, OUT, b"P\x01"), Seen(2_000, remote.INDICATOR, OUT, b"L\x01")]
    dark = [Seen(3_000, remote.CAMERA, OUT, b"P\x00"), Seen(3_000, remote.INDICATOR, OUT, b"L\x00")]
    assert not audited(*granted(p.PHOTO), *camera, *dark).findings
    assert audited(*granted(p.LOCATION_REPORT), *camera, *dark).findings


def test_a_camera_without_its_light_is_found() -> None:
    """Policy clause 1.3.1: whoever stands before it sees that it looks."""
    on, off = Seen(2_000, remote.CAMERA, OUT, b"P\x01"), Seen(3_000, remote.CAMERA, OUT, b"P\x00")
    assert audited(*granted(p.PHOTO), on, off).findings


def test_a_name_without_presence_is_found() -> None:
    """A stable client id or a last will tells that this very device is there (I7)."""
    for client, will in ((TOPIC[2:-1], b""), (b"0123456789abcdef", TOPIC + b"online")):
        texts = b"".join(bytes((len(text),)) + text for text in (client, will, b"", TOPIC + b"in/+"))
        opened = Seen(5_000, remote.LINK, OUT, b"O\x01\x00\x3c" + texts)
        assert audited(*granted(p.STATUS), opened).findings
        assert not audited(*granted(p.PRESENCE), opened).findings


def test_the_button_withdraws_everything() -> None:
    """It needs neither phone nor network, and the audit needs neither to know."""
    held = Seen(50_000, remote.BUTTON, IN, b"\x00\x02")
    audit = audited(*granted(p.STATUS, p.LOCATION_REPORT), held)
    assert {grant.ended for grants in audit.grants.values() for grant in grants} == {"withdrawn"}
    assert audited(*granted(p.LOCATION_REPORT), held, place(50_001)).findings
    short = Seen(50_000, remote.BUTTON, IN, b"\x00\x01")
    assert not audited(*granted(p.LOCATION_REPORT), short, place(50_001)).findings


def test_records_out_of_order_grant_nothing_but_withdraw_at_once() -> None:
    """The rules of security.md §3, kept here a second time and independently."""
    owner = Owner(KEYS, random.Random("owner"))
    first = granted(p.LOCATION_REPORT, owner=owner)
    missing = owner.record([Consent(p.STATUS)], START + 2, START + 3_600)
    early = owner.record([Consent(p.LOCATION_REPORT, WITHDRAWN), Consent(p.PHOTO)], START + 3, START + 3_600)
    audit = audited(*first, record_in(3_000, early.body))
    assert audit.grants[p.LOCATION_REPORT][0].ended == "withdrawn"
    assert p.PHOTO not in audit.grants
    again = audited(*first, record_in(3_000, early.body), *first, record_in(5_000, missing.body), place(6_000))
    assert again.findings, "a replayed grant brings nothing back"


def test_a_record_over_the_air_counts_like_any_other() -> None:
    """Put together from its pieces, once the device has answered: a parcel nobody listened to grants nothing."""
    owner = Owner(KEYS, random.Random("owner"))
    body = owner.record([Consent(p.STATUS)] + [Consent(n) for n in (1, 6, 11, 12, 15)], START + 1, START + 3_600).body
    pieces = [Seen(1_000, remote.BLE, IN, b"W" + piece) for piece in fragments(1, body)]
    assert len(pieces) > 1
    answer = Seen(1_000, remote.BLE, OUT, b"N\x01\x00")
    assert p.STATUS in audited(*pieces, answer).grants
    assert not audited(*pieces).grants


def test_a_repeat_is_told_from_a_new_message() -> None:
    """Resends are counted apart (decisions.md): same id and same number; a new boot starts both anew."""
    audit = Audit(KEYS, START)
    for seen in (*granted(p.LOCATION_REPORT), place(2_000), place(3_000), place(4_000, number=2, seq=1)):
        audit.see(seen)
    audit.boot(5_000)
    audit.see(place(6_000))
    audit.close(10_000)
    assert [release.again for release in audit.releases] == [False, True, False, False]


def test_a_grant_ends_by_the_clock_the_device_can_know() -> None:
    """It learns the second of a signature: a record that travelled for a minute leaves it a minute late, until a better source."""
    owner = Owner(KEYS, random.Random("owner"))
    late = [record_in(61_000, owner.record([Consent(p.LOCATION_REPORT, recipients=17)], START + 1, START + 100).body)]
    assert not audited(*late, place(150_000)).findings
    assert audited(*late, place(163_000)).findings
    audit = Audit(KEYS, START)
    audit.see(late[0])
    audit.fix(120_000)
    audit.see(place(121_000))
    audit.see(place(122_000, number=2, seq=1))
    audit.close(200_000)
    assert [finding.split(":")[0] for finding in audit.findings] == ["at 122000 ms"]
    assert audit.lags == [60_000, 0]


def order_in(t: int, body: bytes) -> Seen:
    topic = TOPIC + b"in/order"
    return Seen(t, remote.LINK, IN, b"M" + bytes((len(topic),)) + topic + body)


def test_an_order_takes_a_number_and_an_erasure_ends_what_it_erases() -> None:
    """A grant after an order fits the chain; what leaves after the erasure is found, by number 3 it may leave again."""
    owner = Owner(KEYS, random.Random("owner"))
    grant = granted(p.LOCATION_REPORT, owner=owner)
    made = owner.order(Order(ERASE, 1 << p.LOCATION_REPORT), START + 60)
    assert owner.adopt(made.seq, made.head, START + 60)
    later = granted(p.LOCATION_REPORT, owner=owner, t=90_000)
    seen = [*grant, place(30_000), order_in(60_000, made.body), *later, place(95_000, number=2, seq=1)]
    audit = audited(*seen)
    assert audit.findings == []
    assert [(each.record, each.end, each.ended) for each in audit.grants[p.LOCATION_REPORT]] == [
        (1, 60_060, "erased"),
        (3, 3_602_000, "expired"),
    ]
    assert audit.erased == {p.LOCATION_REPORT: [Span(0, 60_060)]}
    assert len(audited(*seen[:3], place(61_000, number=2, seq=1)).findings) == 1


def test_orders_that_the_device_refuses_end_nothing() -> None:
    """Another's key, another place in the chain; one that exports or erases only what is old ends no consent."""
    owner = Owner(KEYS, random.Random("owner"))
    grant = granted(p.LOCATION_REPORT, owner=owner)
    mask = 1 << p.LOCATION_REPORT
    stranger = Owner(forger(KEYS, RNG), random.Random("stranger"))
    for made in (
        stranger.order(Order(ERASE, mask), START + 60, 2, owner.head),
        owner.order(Order(ERASE, mask), START + 60, 3, owner.head),
        owner.order(Order(ERASE, mask), START + 60, 2, bytes(16)),
        owner.order(Order(ERASE, mask, before=START), START + 60),
        owner.order(Order(EXPORT), START + 60),
    ):
        audit = audited(*grant, order_in(60_000, made.body), place(61_000))
        assert audit.findings == [], made
        assert audit.erased == {}
