"""Valve 2: everything that may leave, against every reason why not. A refusal sends nothing and is counted."""

from agent.base import ticks
from agent.base.calendar import Calendar
from agent.link import kinds
from agent.link.messages import Writer
from agent.privacy import cells as c
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.gate import Gate
from agent.privacy.seal import Seal
from agent.store.outbox import Outbox
from agent.wiring import Ways
from tests.portable.refusals import misused

NOW = 5_000
SECONDS = 217_000_000
EPOCH = 3
CHUNK = 256
DAY = 86_400_000


class Link:
    """A way out that keeps what it was given."""

    region = b""

    def __init__(self) -> None:
        self.sent: "list[tuple[bytes, bytes, int, bool, int]]" = []
        self.opened: "list[object]" = []
        self.closed: "list[bool]" = []

    def send(self, message) -> None:
        body = bytes(message.buf[: message.n])
        self.sent.append((message.topic, body, message.qos, message.retain, message.id))

    def open(self, options) -> None:
        self.opened.append(options)

    def close(self, polite: bool) -> None:
        self.closed.append(polite)


class Options:
    """What a connection says of us, as far as the gate looks at it."""

    will = b""


class Ble:
    def __init__(self) -> None:
        self.said: "list[object]" = []

    def advertise(self, adv: bytes, rsp: bytes, interval_ms: int) -> None:
        self.said.append((adv, rsp, interval_ms))

    def silence(self) -> None:
        self.said.append("silence")

    def notify(self, buf: bytearray, n: int) -> bool:
        self.said.append(bytes(buf[:n]))
        return True


class Console:
    def __init__(self) -> None:
        self.said: "list[bytes]" = []

    def write(self, buf: bytearray, n: int) -> None:
        self.said.append(bytes(buf[:n]))


def _letter(slot, buf: bytearray) -> int:
    buf[0] = 0xA0
    return 1


class Room:
    """A gate with everything granted to the owner and the platform, and what it lets out; test_seal.py has the sealed ones."""

    def __init__(self, ble: bool = True) -> None:
        self.grants = g.Grants()
        self.grants.bound = True
        for purpose in range(p.COUNT):
            self.grants.put(purpose, g.STATE, g.GIVEN)
            self.grants.put(purpose, g.UNTIL, SECONDS + 1_000)
            self.grants.put(purpose, g.RETENTION, 60)
            self.grants.put(purpose, g.RECIPIENTS, 1 << p.OWNER | 1 << p.PROVIDER)
        self.calendar = Calendar(0)
        self.calendar.learn(SECONDS, NOW)
        self.link = Link()
        self.options = Options()
        self.ble = Ble() if ble else None
        self.console = Console()
        self.box = Outbox(4, EPOCH)
        topics = [b"t/" + name for name in kinds.NAMES]
        ways = Ways(self.link, self.ble, self.console)
        self.gate = Gate(ways, self.grants, self.calendar, Writer(None, _letter), Seal(), topics, EPOCH, CHUNK)

    def slot(self, kind: int = kinds.STATUS, now: int = NOW):
        slot = self.box.draft(kind, now)
        slot.seq = -1
        slot.id = 77
        slot.facts[0] = SECONDS
        return slot

    def release(self, slot, purpose: int = -1, recipient: int = -1, epoch: int = -1, now: int = NOW) -> bool:
        return self.gate.release(
            slot.purpose if purpose < 0 else purpose,
            slot.recipient if recipient < 0 else recipient,
            slot.epoch if epoch < 0 else epoch,
            slot,
            now,
        )


def test_what_is_granted_leaves_once_with_its_number() -> None:
    """Topic, QoS 1, our id, and the purpose's own release number."""
    room = Room()
    for k in range(3):
        assert room.release(room.slot())
        topic, body, qos, retain, number = room.link.sent[k]
        assert (topic, qos, retain, number) == (b"t/status", 1, False, 77)
        assert body[:3] == bytes((0xA2, 1, k)), "{1: number, 2: seconds}"
    assert room.release(room.slot(kinds.LOCATION))
    assert room.link.sent[3][1][2] == 0, "each purpose counts for itself"
    assert (room.gate.sent[p.STATUS], room.gate.sent[p.LOCATION_REPORT]) == (3, 1)
    assert room.gate.bytes[p.STATUS] == sum(
        [len(body) for topic, body, _, _, _ in room.link.sent if topic[2:] == b"status"]
    )
    assert sum(room.gate.held) == 0


def test_a_repeat_keeps_its_number_and_is_counted_apart() -> None:
    """decisions.md: bytes are those released, resends are not released again."""
    room = Room()
    slot = room.slot()
    room.release(slot)
    assert slot.seq == 0
    room.release(slot)
    assert room.link.sent[0] == room.link.sent[1]
    assert room.gate.sent[p.STATUS] == 1
    room.release(room.slot())
    assert room.link.sent[2][1][2] == 1


def test_birth_and_erasure_are_retained_and_nothing_else() -> None:
    """A retained place would wait at the broker for whoever comes."""
    room = Room()
    for kind in range(kinds.COUNT):
        if kind != kinds.PHOTO:
            assert room.release(room.slot(kind)), kind
            topic, body, _, retain, _ = room.link.sent[-1]
            assert topic == b"t/" + kinds.NAMES[kind]
            assert retain is (kind in (kinds.ONLINE, kinds.CLEAR)), kind
            assert (body == b"") is (kind == kinds.CLEAR), "an empty retained message erases (MQTT 3.1.1 §3.3.1.3)"


def test_every_reason_holds_everything_back() -> None:
    """I2: at the tick in which it would leave, not the one in which it was captured."""

    def state(room: Room, value: int) -> None:
        room.grants.put(p.STATUS, g.STATE, value)

    cases = (
        ("unbound", lambda room: setattr(room.grants, "bound", False), {}, p.UNBOUND),
        ("damaged", lambda room: setattr(room.grants, "damaged", True), {}, p.DAMAGED),
        ("never asked", lambda room: state(room, g.UNKNOWN), {}, p.NEVER_ASKED),
        ("refused", lambda room: state(room, g.REFUSED), {}, p.REFUSED),
        ("withdrawn", lambda room: state(room, g.WITHDRAWN), {}, p.WITHDRAWN),
        ("pinned", lambda room: room.grants.put(p.STATUS, g.PIN, 1), {}, p.WITHDRAWN),
        ("expired", lambda room: room.grants.put(p.STATUS, g.UNTIL, SECONDS), {}, p.EXPIRED),
        ("no clock", lambda room: setattr(room.calendar, "seconds", -1), {}, p.TIME_UNKNOWN),
        ("not named", lambda room: room.grants.put(p.STATUS, g.RECIPIENTS, 0x3E), {}, p.WRONG_RECIPIENT),
        ("another recipient", lambda room: None, {"recipient": p.SERVICE}, p.GRANTED),
        ("an older epoch", lambda room: None, {"epoch": EPOCH - 1}, p.GRANTED),
        ("a newer epoch", lambda room: None, {"epoch": EPOCH + 1}, p.GRANTED),
        ("kept too long", lambda room: room.grants.put(p.STATUS, g.RETENTION, 0), {}, p.GRANTED),
    )
    for name, spoil, arguments, reason in cases:
        room = Room()
        spoil(room)
        slot = room.slot()
        assert room.gate.refusal(p.STATUS, p.OWNER, EPOCH) == reason, name
        assert room.gate.allows(p.STATUS) is (reason == p.GRANTED), name
        assert not room.release(slot, **arguments), name
        assert room.link.sent == [], name
        assert list(room.gate.held) == [1 if k == p.STATUS else 0 for k in range(p.COUNT)], name
        assert slot.seq == -1, "a withheld message takes no number"
        assert sum(room.gate.sent) == sum(room.gate.bytes) == 0


def test_refusals_say_which_epoch_and_recipient() -> None:
    """Each has its own reason, epoch first: a former owner's data is nobody's."""
    room = Room()
    assert room.gate.refusal(p.STATUS, p.OWNER, EPOCH + 1) == p.WRONG_EPOCH
    assert room.gate.refusal(p.STATUS, p.SERVICE, EPOCH) == p.WRONG_RECIPIENT
    assert room.gate.refusal(p.CONTROL, p.SERVICE, EPOCH) == p.WRONG_RECIPIENT
    for purpose in range(p.COUNT):
        if not p.ACTIVE >> purpose & 1:
            assert room.gate.refusal(purpose, p.OWNER, EPOCH) == p.INACTIVE


def test_retention_counts_from_capture_to_the_second() -> None:
    """Clause 3, at the gate: also for a message that was already on its way once. Control has no retention."""
    for age, expected in ((0, True), (59_999, True), (60_000, False), (7 * DAY, False), (12 * DAY, False)):
        room = Room()
        slot = room.slot(now=(1 << 30) - 30_000)
        assert room.release(slot, now=_later(slot.captured, age)) is expected, age
        slot = room.slot(kinds.RESULT, now=(1 << 30) - 30_000)
        assert room.release(slot, now=_later(slot.captured, age))


def _later(now: int, ms: int) -> int:
    while ms > DAY:
        now = ticks.add(now, DAY)
        ms -= DAY
    return ticks.add(now, ms)


def test_a_slot_under_a_foreign_purpose_is_our_own_bug() -> None:
    """One message, one purpose: a position must not leave as a status."""
    room = Room()
    assert misused(room.release, room.slot(kinds.LOCATION), p.STATUS)
    assert room.link.sent == []


def test_a_sensor_has_power_only_for_a_live_purpose_that_needs_it() -> None:
    """I4: wanted, live, and of this sensor; each alone is not enough."""
    room = Room()
    place = 1 << p.LOCATION_REPORT | 1 << p.LOCATION_ALARM
    assert room.gate.lease(p.GNSS, place)
    assert room.gate.lease(p.CAMERA, 1 << p.PHOTO)
    assert not room.gate.lease(p.CAMERA, place)
    assert not room.gate.lease(p.GNSS, 1 << p.PHOTO | 1 << p.STATUS)
    assert not room.gate.lease(p.GNSS, 0)
    room.grants.put(p.LOCATION_REPORT, g.STATE, g.WITHDRAWN)
    assert not room.gate.lease(p.GNSS, 1 << p.LOCATION_REPORT)
    assert room.gate.lease(p.GNSS, place), "the other one needs it still"
    room.grants.put(p.LOCATION_ALARM, g.UNTIL, SECONDS)
    assert not room.gate.lease(p.GNSS, place)


def test_a_connection_needs_its_purpose_and_silence_needs_none() -> None:
    """I7: the name under which we connect is data."""
    room = Room()
    assert room.gate.connect(p.PRESENCE, room.options)
    assert room.gate.connect(p.CONTROL, room.options)
    room.grants.put(p.PRESENCE, g.STATE, g.REFUSED)
    assert not room.gate.connect(p.PRESENCE, room.options)
    assert room.gate.held[p.PRESENCE] == 1
    room.grants.bound = False
    assert not room.gate.connect(p.CONTROL, room.options)
    room.gate.disconnect(True)
    assert room.link.opened == [room.options, room.options]
    assert room.link.closed == [True]


def test_an_advert_lives_as_long_as_its_purpose() -> None:
    """`check` in every tick ends it; `hush` ends only one's own."""
    room = Room()
    gate = room.gate
    assert gate.beacon(p.CONTROL, b"c", b"", 152)
    assert gate.beacon(p.WAKE_ABNORMAL, b"w", b"", 20)
    gate.check()
    gate.hush(p.CONTROL)
    assert room.ble.said == [(b"c", b"", 152), (b"w", b"", 20)]
    room.grants.put(p.WAKE_ABNORMAL, g.STATE, g.WITHDRAWN)
    gate.check()
    gate.check()
    assert room.ble.said[2:] == ["silence"]
    assert gate.advertising == -1
    assert not gate.beacon(p.WAKE_ABNORMAL, b"w", b"", 20)
    assert gate.held[p.WAKE_ABNORMAL] == 1
    assert gate.beacon(p.CONTROL, b"c", b"", 152)
    gate.hush(p.CONTROL)
    gate.hush(p.CONTROL)
    assert room.ble.said[3:] == [(b"c", b"", 152), "silence"]


def test_a_phone_nearby_is_answered_under_control() -> None:
    """Unbound there is nobody to answer."""
    room = Room()
    assert room.gate.reply(bytearray(b"\1\0??"), 2)
    room.grants.bound = False
    assert not room.gate.reply(bytearray(b"\1\0"), 2)
    assert room.ble.said == [b"\1\0"]
    assert room.gate.held[p.CONTROL] == 1


def test_a_board_without_radio_or_console_stays_silent() -> None:
    """Missing ways are no errors."""
    room = Room(ble=False)
    assert not room.gate.beacon(p.CONTROL, b"c", b"", 152)
    assert not room.gate.reply(bytearray(2), 2)
    room.gate.hush(p.CONTROL)
    room.gate.check()
    room.gate.answer(bytearray(b"abc"), 2)
    assert room.console.said == [b"ab"]
    Gate(Ways(room.link), room.grants, room.calendar, Writer(None, _letter), Seal(), [], EPOCH, CHUNK).answer(
        bytearray(2), 2
    )


def test_the_buffer_forgets_what_was_sent_but_not_what_the_link_still_holds() -> None:
    """I3: the last position must not lie in the buffer after its withdrawal, nor behind a shorter message."""
    room = Room()
    slot = room.slot(kinds.LOCATION)
    slot.facts[1] = 0x1DB53A7
    room.release(slot)
    room.release(room.slot(kinds.RESULT))
    buf = room.gate._message.buf
    n = room.gate._message.n
    kept = bytes(buf[:n])
    assert bytes(buf[n:]).find(b"\xdb\x53\xa7") >= 0
    room.gate.forget(True)
    assert bytes(buf) == kept + bytes(len(buf) - n)
    room.gate.forget(False)
    assert bytes(buf) == bytes(len(buf))


def test_counters_wrap_below_a_small_int() -> None:
    """A year of photos must not make the heap grow or the array overflow."""
    room = Room()
    room.gate.bytes[p.STATUS] = (1 << 30) - 1
    assert room.release(room.slot())
    assert 0 <= room.gate.bytes[p.STATUS] < 64


def _cells(room: Room) -> "list[list[int]]":
    """[purpose, reason, items, messages, bytes] of every open cell."""
    cells = room.gate.cells
    rows = [list(cells.rows[k * c.WIDTH : (k + 1) * c.WIDTH]) for k in range(cells.used)]
    return [[row[k] for k in (c.PURPOSE, c.REASON, c.ITEMS, c.COUNT, c.BYTES)] for row in rows]


def test_every_way_out_has_a_cell_of_its_own() -> None:
    """A message can be held against the broker's count only when no advert or answer is mixed into it."""
    room = Room()
    room.gate.cells = c.Cells()
    assert room.release(room.slot(kinds.RESULT))
    assert room.gate.connect(p.CONTROL, room.options)
    assert room.gate.beacon(p.CONTROL, b"adv", b"r", 152)
    assert room.gate.reply(bytearray(b"\1\0"), 2)
    assert room.gate.answers(9)
    size = len(room.link.sent[0][1])
    ways = ((1 << kinds.RESULT, size), (c.CONNECT, 0), (c.ADVERT, 4), (c.NOTIFY, 2), (c.ANSWER, 9))
    assert _cells(room) == [[p.CONTROL, p.GRANTED, way, 1, size] for way, size in ways]


def test_a_device_of_nobodys_counts_nothing() -> None:
    """It has no subject yet, and its console must go on answering whoever enrols it."""
    room = Room()
    room.gate.cells = c.Cells()
    room.grants.bound = False
    assert room.gate.answers(9)
    assert _cells(room) == []


def test_what_cannot_be_counted_does_not_leave_by_any_way() -> None:
    """A full table is a closed door, and the message keeps its place in line."""
    room = Room()
    cells = room.gate.cells = c.Cells()
    for k in range(c.ROWS):
        assert cells.add(k, p.PROVIDER, p.REFUSED, 1, 0, False)
    assert not room.gate.ready()
    assert not room.release(room.slot())
    assert not room.gate.connect(p.CONTROL, room.options)
    assert not room.gate.beacon(p.CONTROL, b"adv", b"", 152)
    assert not room.gate.reply(bytearray(2), 2)
    assert not room.gate.answers(2)
    assert room.link.sent == room.link.opened == room.ble.said == []


def test_what_was_erased_has_the_reason_that_consent_gives() -> None:
    """The cause counts only where consent stands: kept too long, or narrowed."""
    room = Room()
    room.gate.cells = c.Cells()
    room.gate.lost(p.STATUS, p.OWNER, kinds.STATUS, p.EXPIRED)
    room.grants.put(p.STATUS, g.STATE, g.REFUSED)
    room.gate.lost(p.STATUS, p.OWNER, kinds.STATUS, p.EXPIRED)
    assert [row[1] for row in _cells(room)] == [p.EXPIRED, p.REFUSED]
    assert sum(room.gate.held) == 0, "nobody asked"
