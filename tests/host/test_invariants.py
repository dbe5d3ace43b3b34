"""I1-I9 of the architecture at the whole core: any history of owner, thief, network and time, judged after every tick.

The judge knows what the owner signed (simulator/proof/consent_model.py) and what went through the ports, nothing else of the core.
"""

import gc
import types
from array import array
from collections.abc import Iterator

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from agent.base.geo import cell_lat, cell_lon
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from agent.privacy.minimise import METRES
from simulator import remote
from simulator.proof.consent_model import HEAD0, Line, Model, Record, grantable
from tests.portable import signed
from tests.portable.bench import Bench, Message
from tests.portable.test_uplink import Hello

_PURPOSE = {name.decode(): purpose for name, purpose in zip(kinds.NAMES, kinds.PURPOSE, strict=True)}
_PLACE = {p.LOCATION_REPORT, p.LOCATION_ALARM}
_MARK = b"~EVERY PICTURE BEGINS LIKE THIS~"
_BORN = 6  # bytes of a position in a sentence that identify it
yes = st.builds(
    Line,
    st.sampled_from(sorted(grantable())),
    st.sampled_from((1, 1, 1, 7, 3, 2)),
    st.just(0),
    st.integers(0, 2),
    st.just(1),
)


def remembered(root: object, *apart: object) -> Iterator[object]:
    """Every number, byte string and array that can be reached from `root` without passing `apart`."""
    seen = {id(one) for one in apart}
    todo = [root]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType | types.CodeType):
            continue
        if isinstance(one, int | bytes | bytearray | array | memoryview):
            yield one
            continue
        seen.add(id(one))
        if isinstance(one, types.MethodType):
            todo.append(one.__self__)
        else:
            todo.extend(gc.get_referents(one))


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.model = Model()
        self.powered = {"gnss": False, "camera": False, "light": False}
        self.named = False  # the open connection has the stable name
        self.advert = False
        self.was: set[int] = set()
        self.may_widen = True
        self.after = 0  # seconds of the receiver's clock
        self.places: list[tuple[int, int, bytes]] = []  # lat, lon, text of every fix it ever gave
        self.first: dict[str, dict[int, bytes]] = {}  # purpose's messages of this boot, by id
        self.seen = 0
        self.tick()

    # What happens.

    @initialize(granted=st.booleans(), online=st.booleans(), seconds=st.sampled_from((900, 4_000)))
    def begins(self, granted: bool, online: bool, seconds: int) -> None:
        """Half of all lives begin in the middle of one."""
        if granted:
            self.the_owner_signs([Line(purpose, 1) for purpose in sorted(grantable())], seconds)
        if online:
            for _ in range(2):
                self.the_network_answers()

    @precondition(lambda self: self.was - {p.CONTROL})
    @rule(data=st.data(), state=st.sampled_from((2, 3, 4)))
    def the_owner_withdraws(self, data: st.DataObject, state: int) -> None:
        ended = data.draw(st.sets(st.sampled_from(sorted(self.was - {p.CONTROL})), min_size=1))
        self.the_owner_signs([Line(purpose, state) for purpose in sorted(ended)], 60)

    @rule(
        lines=st.lists(yes, min_size=1, max_size=4, unique_by=lambda line: line.purpose), seconds=st.integers(30, 4_000)
    )
    def the_owner_signs(self, lines: list[Line], seconds: int) -> None:
        now = self.bench.core.calendar.seconds
        issued = max(now, signed.START)
        rows = [signed.line(one.purpose, one.state, one.interval, one.precision) for one in lines]
        claim = signed.claims(self.model.seq + 1, self.model.head, rows, issued)
        claim[4] = 1_577_836_800 + issued + seconds
        facts = Record(
            self.model.seq + 1, self.model.head, signed.head_of(claim), tuple(lines), issued, issued, issued + seconds
        )
        code, _ = self.model.take(facts, now)
        assert self.bench.record(signed.hasten(signed.sign(claim))) == code == 0
        self.may_widen = True
        self.tick()

    @rule(lines=st.lists(yes, min_size=1, max_size=3, unique_by=lambda line: line.purpose))
    def a_record_comes_too_early(self, lines: list[Line]) -> None:
        now = self.bench.core.calendar.seconds
        issued = max(now, signed.START)
        rows = [signed.line(one.purpose, one.state, one.interval, one.precision) for one in lines]
        claim = signed.claims(self.model.seq + 3, b"\x11" * 16, rows, issued)
        facts = Record(self.model.seq + 3, b"\x11" * 16, HEAD0, tuple(lines), issued, issued, issued + 86_400)
        code, _ = self.model.take(facts, now)
        assert self.bench.record(signed.hasten(signed.sign(claim))) == code != 0
        self.tick()

    @rule()
    def somebody_holds_the_button(self) -> None:
        self.bench.give(remote.BUTTON, b"\0\2")
        self.model.press()
        self.bench.settle()
        self.tick()

    @rule()
    def somebody_presses_the_button(self) -> None:
        self.bench.give(remote.BUTTON, b"\0\1")
        self.tick()

    @rule(north=st.integers(0, 5_999), east=st.integers(0, 5_999))
    def the_receiver_has_a_fix(self, north: int, east: int) -> None:
        """Also when it has no power: a part without a switch."""
        self.after += 20
        lat, lon = f"31{north // 100:02}.{north % 100:02}77", f"121{east // 100:02}.{east % 100:02}33"
        data = sentence(self.after, lat, lon)
        text = lat.encode()
        self.places.append((degrees(lat, 2), degrees(lon, 3), text))
        self.bench.give(remote.GNSS, data)
        self.tick(500)
        self.tick(500)

    @precondition(lambda self: self.was & _PLACE)
    @rule(north=st.integers(0, 5_000), fetched=st.booleans())
    def it_rides(self, north: int, fetched: bool) -> None:
        for k in range(3):
            self.the_receiver_has_a_fix(north + 300 * k, 77)
            self.tick(19_000)
            if fetched:
                self.the_broker_acknowledges(3)

    @rule()
    def somebody_moves_it(self) -> None:
        self.bench.give(remote.MOTION, b"\2\0")
        self.tick()

    @rule(code=st.sampled_from((r.PHOTO, r.ARM, r.ARM, r.DISARM, r.ACKNOWLEDGE)))
    def the_owner_asks(self, code: int) -> None:
        guard = self.bench.core.guard
        self.bench.asked += 1
        body = signed.request(code, self.bench.asked, guard.alarm.episode if guard else 1, self.bench.core.nonce)
        self.bench.core.request(body, len(body), self.bench.now)
        self.tick()

    @precondition(lambda self: self.bench.ports.camera.state == 1)
    @rule(n=st.integers(40, 700))
    def the_camera_delivers(self, n: int) -> None:
        self.bench.give(remote.CAMERA, b"F" + n.to_bytes(4, "big"))
        self.bench.give(remote.CAMERA, b"D" + (_MARK * 30)[:n])
        self.tick()

    @rule()
    def the_network_answers(self) -> None:
        self.bench.give(remote.WIFI, b"U")
        self.tick()
        if self.bench.core.uplink.mode >= 0:
            self.bench.give(remote.LINK, b"U")
        self.tick()

    @rule(port=st.sampled_from((remote.WIFI, remote.LINK)))
    def the_network_goes(self, port: int) -> None:
        self.bench.give(port, b"D\2")
        self.named = self.named and port != remote.LINK
        self.tick()

    @rule(most=st.integers(1, 12))
    def the_broker_acknowledges(self, most: int) -> None:
        for _ in range(most):
            held = self.bench.ports.link._held
            if held:
                self.bench.give(remote.LINK, bytes((65, held >> 8, held & 255)))
            self.tick()

    @rule(ms=st.sampled_from((1, 900, 1_000, 10_000, 60_000, 600_000, 3_600_000)))
    def time_passes(self, ms: int) -> None:
        self.tick(ms)

    @rule()
    def it_restarts(self) -> None:
        self.bench.boot()
        self.powered = dict.fromkeys(self.powered, False)
        self.named = self.advert = False
        self.first = {}
        self.was = set()
        self.may_widen = True
        self.tick()

    # What must hold.

    def tick(self, ms: int = 0) -> None:
        core = self.bench.core
        before = core.calendar.seconds
        said = [(port, data) for _, port, data in self.bench.said[self.seen :]]
        said += self.bench.tick(ms)
        self.seen = len(self.bench.said)
        live = self.model.live(core.calendar.seconds)
        assert core.grants.live(core.calendar.seconds) == sum(1 << k for k in live)
        self.widens_by_the_owner_alone(live, before)
        for port, data in said:
            self.judge(port, data, live)
        self.has_power_for_a_reason(live)
        self.is_named_for_a_reason(live)
        self.counts_what_it_releases()
        self.remembers_nothing_it_may_not_know(live)

    def judge(self, port: int, data: bytes, live: set[int]) -> None:
        match port, data[:1]:
            case remote.LINK, b"P":
                self.releases(Message(data), live)
            case remote.LINK, b"O":
                hello = Hello(data)
                self.named = bool(hello.will_topic) or hello.client_id == self.bench.core.topic[2:-1]
                assert not self.named or p.PRESENCE in live, "I7"
            case remote.LINK, b"C":
                self.named = False
            case remote.POWER, b"P":
                self.powered["gnss"] = data[1] == 1
            case remote.CAMERA, b"P":
                self.powered["camera"] = data[1] == 1
            case remote.INDICATOR, b"L":
                self.powered["light"] = data[1] == 1
            case remote.BLE, _:
                self.advert = data[:1] == b"A"
            case _:
                pass

    def releases(self, message: Message, live: set[int]) -> None:
        """I2: a live grant at this tick; I8: an alarm without a place; nothing finer than the grant of now."""
        purpose = p.CONTROL if message.name == "online" and not message.payload else _PURPOSE[message.name]
        if message.name == "online" and message.payload:
            purpose = p.PRESENCE
        assert purpose in live, f"I2: {message.name}"
        if message.name == "wake":
            assert set(message.facts) <= {1, 2, 3, 4, 5, 6}, "I8"
            assert all(n < 1 << 29 for n in message.facts.values()), "I8"
        if purpose in _PLACE:
            precision = message.facts[5]
            assert precision >= self.model.rows[purpose][0].precision, "finer than granted"
            assert (message.facts[3], message.facts[4]) in {shown(lat, lon, precision) for lat, lon, _ in self.places}
            assert precision == 0 or set(message.facts) == {1, 2, 3, 4, 5}
        self.first.setdefault(message.name, {}).setdefault(message.id, message.payload)

    def widens_by_the_owner_alone(self, live: set[int], before: int) -> None:
        """I9: a record, the clock becoming known, or a restart that remembers records."""
        assert not live - self.was or self.may_widen or before < 0, f"I9: {live - self.was}"
        self.was, self.may_widen = live, False

    def has_power_for_a_reason(self, live: set[int]) -> None:
        """I4, and the light that says so (clause 1.3.1)."""
        if self.powered["gnss"]:
            guard = self.bench.core.guard
            alarmed = guard is not None and guard.alarm.state >= 2
            assert p.LOCATION_REPORT in live or (p.LOCATION_ALARM in live and alarmed), "I4"
        assert not self.powered["camera"] or p.PHOTO in live, "I4"
        assert self.powered["camera"] == self.powered["light"]

    def is_named_for_a_reason(self, live: set[int]) -> None:
        """I7: name, will and advert through a purpose, at the end of every tick."""
        assert not self.named or p.PRESENCE in live, "I7"
        if self.advert:
            assert self.bench.core.nearby is not None or p.WAKE_ABNORMAL in live, "I7"

    def counts_what_it_releases(self) -> None:
        """I5: the gate's sums are the tap's; a repeat is no release."""
        gate = self.bench.core.gate
        count = [0] * p.COUNT
        size = [0] * p.COUNT
        for name, messages in self.first.items():
            for payload in messages.values():
                purpose = p.CONTROL if name == "online" and not payload else _PURPOSE[name]
                purpose = p.PRESENCE if name == "online" and payload else purpose
                count[purpose] += 1
                size[purpose] += len(payload)
        assert (list(gate.sent), list(gate.bytes)) == (count, size), "I5"

    def remembers_nothing_it_may_not_know(self, live: set[int]) -> None:
        """I3: no purpose that may know a place or a picture is live, so none is anywhere in memory."""
        place, photo = not live & _PLACE, p.PHOTO not in live
        if not place and not photo:
            return
        numbers = {n for lat, lon, _ in self.places for precision in range(3) for n in shown(lat, lon, precision)}
        texts = {text[:_BORN] for _, _, text in self.places}
        for one in remembered(self.bench.core, self.bench, self.bench.said, self.bench.hub.secrets):
            if isinstance(one, int):
                assert not place or one not in numbers, "I3"
            elif isinstance(one, array):
                assert not place or not numbers.intersection(one), "I3"
            else:
                data = bytes(one)
                assert not photo or _MARK[:12] not in data, "I3"
                assert not place or not any(text in data for text in texts), "I3"


def sentence(after: int, lat: str, lon: str) -> bytes:
    tod = (49_600 + after) % 86_400
    day = 16 + (49_600 + after) // 86_400
    body = f"GPRMC,{tod // 3600:02}{tod // 60 % 60:02}{tod % 60:02}.00,A,{lat},N,{lon},E,010.0,045.0,{day:02}1126,,,A".encode()
    x = 0
    for c in body:
        x ^= c
    return b"$" + body + b"*%02X\r\n" % x


def degrees(text: str, whole: int) -> int:
    """Microdegrees of ddmm.mmmm, rounded as agent/position does."""
    tenths = int(text[whole : whole + 2]) * 10_000 + int(text[whole + 3 :])
    return int(text[:whole]) * 1_000_000 + (tenths * 5 + 1) // 3


def shown(lat: int, lon: int, precision: int) -> tuple[int, int]:
    if precision == 0:
        return lat, lon
    return cell_lat(lat, METRES[precision]), cell_lon(lat, lon, METRES[precision])


Life.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase


def test_every_way_to_end_consent_ends_it_at_every_stage() -> None:
    """The same judge over the lives that matter most: by record, too early, by the button, by the clock; with and without network;
    before, during and after the data left."""
    ends = (
        lambda life: life.the_owner_signs([Line(purpose, 3) for purpose in sorted(grantable())], 60),
        lambda life: life.a_record_comes_too_early([Line(purpose, 2) for purpose in sorted(grantable())]),
        lambda life: life.somebody_holds_the_button(),
        lambda life: life.time_passes(600_000),
    )
    for end in ends:
        for online in (False, True):
            for fetched in (0, 1, 2, 3, 4, 20):
                life = Life()
                life.begins(True, online, 900)
                life.the_broker_acknowledges(12)
                life.the_owner_asks(r.ARM)
                life.somebody_moves_it()
                life.it_rides(100, True)
                life.the_owner_asks(r.PHOTO)
                life.the_camera_delivers(600)
                life.the_broker_acknowledges(fetched)
                life.the_receiver_has_a_fix(900, 5)
                end(life)
                if life.was != {p.CONTROL}:
                    end(life)
                assert life.was == {p.CONTROL}
                for _ in range(3):
                    life.the_network_answers()
                    life.the_broker_acknowledges(6)
                life.the_receiver_has_a_fix(950, 6)
