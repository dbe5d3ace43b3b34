"""The phone's side of consent and alarms, on a cloud that only remembers and a device that is only imagined."""

import random
from typing import NamedTuple

import cbor2

from agent.base import errors
from agent.link import kinds
from agent.privacy import purposes as p
from simulator import remote, tap
from simulator.clock import Clock
from simulator.cloud import Hello, Peer, Post
from simulator.courier import ANSWER_MS
from simulator.device import Start
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.keys import Signer, encode, sign1
from simulator.owner import WITHDRAWN, Consent, Owner, invented
from simulator.phone import Phone
from simulator.radio import Air
from tests.host.test_engine import Deaf

KEYS = invented(random.Random("phone"))
DEVICE = Signer(b"the device's own".ljust(32))
PUBLIC = DEVICE.cose_key[-32:]


class Line:
    """A line that notes what is asked of it; the test answers."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.opened: list[Hello] = []
        self.posts: list[Post] = []
        self.closed: list[bool] = []

    def open(self, hello: Hello) -> None:
        self.opened.append(hello)

    def send(self, post: Post) -> None:
        self.posts.append(post)

    def close(self, polite: bool) -> None:
        self.closed.append(polite)

    def cut(self) -> None:
        self.closed.append(False)


class Cloud:
    def __init__(self) -> None:
        self.lines: list[Line] = []

    def line(self, peer: Peer) -> Line:
        self.lines.append(Line(peer))
        return self.lines[-1]


class Set(NamedTuple):
    phone: Phone
    line: Line
    engine: Engine
    air: Air
    diary: Diary
    device: Deaf

    def hears(self, name: bytes, body: object) -> None:
        self.phone.on_message(KEYS.topic + name, encode(body))

    def hello(self, seq: int = 0, nonce: bytes = b"nonce-01", head: bytes = bytes(16)) -> None:
        self.hears(b"hello", {1: 0, 2: nonce, 3: seq, 4: head, 5: 1, 6: PUBLIC})

    def receipt(self, seq: int, head: bytes, code: int = 0, applied: int = 0) -> None:
        applied = applied or self.engine.clock.seconds()
        self.phone.trust(PUBLIC)
        said = {2: seq, 3: head, 4: applied, 5: [0], 6: code, 7: 127}
        self.hears(b"receipt", {1: 0, 2: sign1(DEVICE, {1: -19}, said, KEYS.aad(b"RECEIPT1"))[0]})

    def sent(self, name: bytes) -> list[bytes]:
        return [post.body for post in self.line.posts if post.topic == KEYS.topic + name]

    def wait(self, ms: int) -> None:
        self.engine.run(self.engine.clock.t + ms)


def connected() -> Set:
    clock = Clock(217_000_000)
    device = Deaf()
    engine = Engine(device, clock, tap.Tap())
    engine.boot(Start(0, 0, bytes(16)))
    air = Air(engine, random.Random("air"))
    diary = Diary(lambda: clock.t)
    cloud = Cloud()
    phone = Phone(engine, cloud, air, Owner(KEYS, random.Random("owner")), diary, 5_000)
    made = Set(phone, cloud.lines[0], engine, air, diary, device)
    phone.open()
    made.wait(1_000)
    phone.on_up()
    return made


def test_it_keeps_a_session_and_listens_below_its_own_topic_alone() -> None:
    """The broker keeps its messages while it sleeps; other people's devices are none of its business."""
    made = connected()
    hello = made.line.opened[0]
    assert (hello.clean, hello.inbox, hello.will_topic) == (False, KEYS.topic + b"+", b"")
    made.phone.sleep()
    assert made.line.closed == [True]


def test_what_the_device_lacks_is_sent_again_one_after_the_other() -> None:
    """`hello` names the last record it has; the next goes, and the one after it once its receipt is there."""
    made = connected()
    records = [made.phone.consent([Consent(p.STATUS)], 60, via) for via in ("mqtt", "none", "ble")]
    bodies = [record.body for record in records]
    assert made.sent(kinds.RECORD) == bodies[:1]
    made.hello(seq=1, head=records[0].head)
    assert made.sent(kinds.RECORD) == bodies[:2]
    made.receipt(2, records[1].head)
    assert made.sent(kinds.RECORD) == bodies
    made.receipt(3, records[2].head)
    made.hello(seq=3, head=records[2].head)
    assert len(made.sent(kinds.RECORD)) == 3


def test_a_gap_is_closed_and_a_replay_is_answered_by_silence() -> None:
    """Or phone and device would talk for ever; a receipt that never comes is asked for again."""
    made = connected()
    first, second = (made.phone.consent([Consent(p.STATUS)], 600, "none") for _ in range(2))
    made.receipt(1, first.head, errors.GAP)
    made.receipt(1, first.head, errors.GAP)  # one answer is under way
    assert made.sent(kinds.RECORD) == [second.body]
    made.receipt(1, first.head, errors.REPLAYED)
    assert len(made.sent(kinds.RECORD)) == 1
    made.wait(10_100)
    assert len(made.sent(kinds.RECORD)) == 2


def test_what_waited_long_is_signed_anew_and_what_has_ended_becomes_a_withdrawal() -> None:
    """A device that was restarted learns the time from a record: an old one would bring back the time before."""
    made = connected()
    made.phone.consent([Consent(p.STATUS)], 60, "none")
    made.phone.consent([Consent(p.PHOTO)], 600, "none")
    made.wait(120_000)
    made.hello()
    short, long = made.phone.owner.records
    now = made.engine.clock.seconds()
    assert (short.issued, short.lines) == (now, (Consent(p.STATUS, WITHDRAWN),))
    assert (long.issued, long.lines, long.until) == (now, (Consent(p.PHOTO),), 217_000_601)
    assert made.sent(kinds.RECORD) == [short.body]


def test_an_earlier_signing_that_did_arrive_is_the_chain() -> None:
    """The phone signed anew while the first bytes were still on their way: the device's head decides."""
    made = connected()
    early = made.phone.consent([Consent(p.STATUS)], 600, "none")
    made.phone.consent([Consent(p.PHOTO)], 600, "none")
    made.wait(60_000)
    made.hello()
    assert made.phone.owner.records[0].head != early.head
    made.receipt(1, early.head, errors.REPLAYED)
    first, second = made.phone.owner.records
    assert first == early
    claims = cbor2.loads(cbor2.loads(second.bare).value[2])
    assert (claims[-65538], claims[-65539]) == (2, early.head)
    made.hello(seq=1, head=early.head)
    assert made.sent(kinds.RECORD)[-1] == second.body


def test_a_device_that_knows_no_time_is_told_it_without_being_granted_anything() -> None:
    """After a restart all is withheld until a signed date comes: one grant that holds is said again, with its own end."""
    made = connected()
    made.phone.consent([Consent(p.STATUS), Consent(p.PHOTO, WITHDRAWN)], 600)
    head = made.phone.owner.head
    made.wait(30_000)
    made.hears(b"withheld", {1: 0, 2: [[p.STATUS, p.TIME_UNKNOWN, 217_000_001]]})
    told = made.phone.owner.records[-1]
    assert (told.seq, told.lines, told.until, told.issued) == (2, (Consent(p.STATUS),), 217_000_601, 217_000_031)
    assert made.sent(kinds.RECORD)[-1] == told.body
    made.receipt(2, told.head, applied=217_000_031)
    assert len(made.phone.owner.records) == 2
    made.wait(30_000)
    made.receipt(2, told.head, applied=217_000_031)  # it is late again
    assert len(made.phone.owner.records) == 3
    assert head != told.head


def test_a_request_waits_for_the_nonce_and_is_signed_anew_for_another_boot() -> None:
    """A request of an earlier boot is refused by the device, so the phone does not send one."""
    made = connected()
    made.phone.ask("arm")
    assert not made.sent(kinds.REQUEST)
    made.hello()
    made.hello()  # the connection was lost and came back: the same bytes go again
    first, again = made.sent(kinds.REQUEST)
    assert first == again
    made.hello(nonce=b"nonce-02")
    assert made.sent(kinds.REQUEST)[2] != first
    made.hears(b"result", {1: 0, 2: 2, 3: 0})
    made.hello(nonce=b"nonce-03")
    assert len(made.sent(kinds.REQUEST)) == 3
    assert [entry.facts["result"] for entry in made.diary.find("result")] == ["done"]


def test_a_request_without_an_answer_is_given_up_and_told() -> None:
    """The owner must not believe that the bike is armed."""
    made = connected()
    made.hello()
    made.phone.ask("arm")
    made.wait(61_000)
    assert [entry.facts["ask"] for entry in made.diary.find("unanswered")] == ["arm"]
    made.hello()
    assert len(made.sent(kinds.REQUEST)) == 1


def test_a_push_wakes_it_and_the_owner_answers_the_newest_alarm_once() -> None:
    """One alarm, called twice, one answer."""
    made = connected()
    made.hello()
    made.phone.sleep()
    made.phone.on_push()
    made.wait(1_000)
    assert len(made.line.opened) == 2
    made.phone.on_up()
    for attempt in (1, 2):
        made.hears(b"wake", {1: attempt - 1, 2: 7, 3: 33, 4: 0, 5: attempt})
    made.wait(10_000)
    assert len(made.sent(kinds.REQUEST)) == 1
    assert len(made.diary.find("woke")) == 1
    made.hears(b"wake", {1: 3, 2: 8, 3: 33, 4: 0, 5: 1})
    made.wait(10_000)
    assert len(made.sent(kinds.REQUEST)) == 2


def test_only_its_own_devices_advert_of_this_day_wakes_it() -> None:
    """A recorded advert of another day, another device or another use is air."""
    made = connected()
    made.phone.sleep()
    owner = made.phone.owner
    now = made.engine.clock.seconds()
    stranger = Owner(invented(random.Random("other")), random.Random("x"))
    for data in (
        owner.advert(b"alarm", now - 86_400),
        stranger.advert(b"alarm", now),
        owner.advert(b"control", now),
        b"",
    ):
        made.phone.on_advert(data)
    assert not made.diary.find("woke")
    made.phone.on_advert(owner.advert(b"alarm", now))
    assert [entry.facts["how"] for entry in made.diary.find("woke")] == ["BLE advert"]


def test_an_owner_who_does_not_answer_is_let_be() -> None:
    """Then the device's own limits must hold: the phone does not save it."""
    made = connected()
    made.hello()
    made.phone.acknowledges = False
    made.hears(b"wake", {1: 0, 2: 1, 3: 33, 4: 0, 5: 1})
    made.wait(60_000)
    assert not made.sent(kinds.REQUEST)


def test_what_it_cannot_read_is_counted_and_changes_nothing() -> None:
    """The broker is not trusted: anybody may publish below the topic."""
    made = connected()
    for topic, payload in (
        (b"status", b"\xff"),
        (b"status", encode([1])),
        (b"status", encode({"x": 1})),
        (b"diary", encode({1: 0})),
        (b"in/record", encode({1: 0})),
    ):
        made.phone.on_message(KEYS.topic + topic, payload)
    made.phone.on_message(b"d/0000000000000000/status", encode({1: 0}))
    made.hears(b"withheld", {1: 0, 2: [[1, 2], "x", [15, 3, 217_000_000]]})
    assert made.phone.inbox.unreadable == 8
    assert made.phone.withheld == {15: (3, 217_000_000)}


def test_over_the_air_it_speaks_when_it_is_let_and_gives_up_in_time() -> None:
    """A record waits for the device's press; without an answer it is told, and the connection ends."""
    made = connected()
    body = made.phone.consent([Consent(p.STATUS)], 60, "ble").body
    made.wait(1_000)
    assert not made.air.connected
    say = made.engine._listeners[remote.BLE]  # spoken to as the device would
    control = made.phone.owner.advert(b"control", made.engine.clock.seconds())
    say(b"A\x00\x98" + bytes((len(control),)) + control + b"\x00")
    made.wait(3_000)
    assert made.air.connected
    made.wait(ANSWER_MS + 1_000)
    assert not made.air.connected
    assert [entry.facts["code"] for entry in made.diary.find("nearby")] == [-1]
    given = [data for _, inputs in made.device.steps for port, data in inputs if port == remote.BLE]
    written = b"".join(data[2:] for data in given if data[:1] == b"W")
    assert written == b"\x01" + body


def test_a_photo_is_put_together_from_chunks_in_any_order() -> None:
    """And is only there once the last one came."""
    made = connected()
    parts = [b"one", b"two", b"three"]
    for k in (2, 0, 1):
        assert not made.phone.inbox.photos
        made.hears(b"photo", {1: k, 2: 4, 3: k, 4: 3, 5: parts[k]})
    assert made.phone.inbox.photos == {4: b"onetwothree"}
