"""Joining, dialling, changing between the nameless and the named connection, and what goes again after a loss."""

from binascii import hexlify

from agent.base import journal as j
from agent.link import kinds
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, PASSWORD, SECOND, SSID, Bench, enrolled, fix
from tests.portable.signed import DAY, START, line, no


class Hello:
    """How the device introduced itself."""

    def __init__(self, data: bytes) -> None:
        self.clean = data[1] == 1
        self.keepalive = data[2] << 8 | data[3]
        texts = []
        at = 4
        while at < len(data):
            texts.append(data[at + 1 : at + 1 + data[at]])
            at += 1 + data[at]
        self.client_id, self.will_topic, self.will, self.inbox = texts


def hellos(bench: Bench) -> "list[Hello]":
    return [Hello(data) for data in bench.out(remote.LINK) if data[:1] == b"O"]


def closes(bench: Bench) -> "list[int]":
    """1 for each polite end, 0 for each other."""
    return [data[1] for data in bench.out(remote.LINK) if data[:1] == b"C"]


def test_the_network_is_joined_with_its_password_and_then_the_broker_called() -> None:
    """The password goes to the radio and to nobody else."""
    bench = Bench()
    bench.tick()
    assert bench.out(remote.WIFI) == [b"J" + bytes((len(SSID),)) + SSID + bytes((len(PASSWORD),)) + PASSWORD]
    assert bench.out(remote.LINK) == []
    bench.network()
    assert len(hellos(bench)) == 1


def test_a_device_that_was_told_no_network_keeps_quiet() -> None:
    """It asks again, later each time, in case it is told."""
    secrets = enrolled()
    del secrets["wifi_ssid"]
    bench = Bench(secrets=secrets)
    bench.run(10 * MINUTE)
    assert bench.out(remote.WIFI) == []
    bench.hub.secrets["wifi_ssid"] = SSID
    bench.run(6 * MINUTE)
    assert bench.out(remote.WIFI)[0][:1] == b"J"


def test_without_presence_the_connection_has_no_name_and_no_will() -> None:
    """I7: a random client id each time, a clean session, one inbox."""
    bench = Bench()
    bench.online()
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    bench.connect()
    first, second = hellos(bench)
    assert first.client_id != second.client_id
    for hello in (first, second):
        assert len(hello.client_id) == 16
        assert hello.clean
        assert (hello.will_topic, hello.will) == (b"", b"")
        assert hello.inbox == bench.core.topic + b"in/+"
        assert hello.keepalive == 60


def test_granting_presence_changes_the_connection_politely() -> None:
    """Stable id, birth message, will: three data of one purpose."""
    bench = Bench()
    bench.online()
    bench.forget()
    bench.grant(line(p.PRESENCE))
    assert closes(bench) == [1]
    bench.connect()
    bench.drain()
    hello = hellos(bench)[0]
    assert hello.client_id == bench.core.topic[2:-1]
    assert hello.will_topic == bench.core.topic + b"online"
    assert hello.will == b"\xa2\x01\x00\x02\x00"
    birth = [m for m in bench.published() if m.name == "online"]
    assert [(m.payload, m.retain) for m in birth] == [(b"\xa2\x01\x00\x02\x01", 1)]


def test_withdrawing_presence_says_goodbye_and_clears_what_was_retained() -> None:
    """DISCONNECT drops the will; the empty retained message drops the birth; the next connection has no name."""
    bench = Bench()
    bench.grant(line(p.PRESENCE))
    bench.online()
    bench.forget()
    bench.grant(no(p.PRESENCE))
    assert closes(bench) == [1]
    bench.connect()
    bench.drain()
    assert hellos(bench)[0].will_topic == b""
    online = [m for m in bench.published() if m.name == "online"]
    assert [(m.payload, m.retain) for m in online] == [(b"", 1)]
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    bench.connect()
    bench.drain()
    assert len([m for m in bench.published() if m.name == "online"]) == 1, "once is enough"


def test_presence_withdrawn_with_its_birth_in_hand_still_says_goodbye() -> None:
    """An impolite end would let the will tell that the device was there."""
    bench = Bench()
    bench.grant(line(p.PRESENCE), line(p.LOCATION_REPORT))
    bench.network()
    bench.connect()
    while bench.names()[-1] != "online":
        bench.acknowledge()
    bench.forget()
    bench.grant(no(p.PRESENCE), no(p.LOCATION_REPORT))
    assert closes(bench) == [1]


def test_presence_that_ended_while_the_device_was_off_is_cleared_too() -> None:
    """The broker holds `online` until somebody erases it; nobody else may."""
    bench = Bench()
    bench.grant(line(p.PRESENCE))
    bench.online()
    bench.forget()
    bench.boot()
    bench.core.calendar.learn(START + DAY, bench.now)
    bench.online()
    assert [(m.payload, m.retain) for m in bench.published() if m.name == "online"] == [(b"", 1)]
    bench.boot()
    bench.forget()
    bench.online()
    assert "online" not in bench.names(), "no clock, no end: it may be granted still"


def test_presence_that_is_back_keeps_its_birth() -> None:
    """An erasure that waited behind a backlog must not follow the new birth."""
    bench = Bench()
    bench.grant(line(p.PRESENCE))
    bench.online()
    bench.grant(no(p.PRESENCE))
    bench.connect()  # the erasure waits behind hello
    assert bench.waiting(kinds.CLEAR) == 1
    bench.forget()
    bench.grant(line(p.PRESENCE))
    bench.connect()
    bench.drain()
    assert [m.payload for m in bench.published() if m.name == "online"] == [b"\xa2\x01\x01\x02\x01"]
    assert bench.waiting(kinds.CLEAR) == 0


def test_a_withdrawal_with_its_message_in_hand_drops_the_link_and_keeps_the_others() -> None:
    """decisions.md: the client may repeat it, so the client goes; what else it held or was to hold goes again as it was."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT), line(p.STATUS))
    bench.online()
    bench.give(remote.GNSS, fix(1))
    bench.tick(SECOND)
    bench.tick(SECOND)
    assert bench.names()[-1] == "location"
    bench.forget()
    bench.grant(no(p.LOCATION_REPORT))
    assert closes(bench) == [0]
    bench.connect()
    bench.run(MINUTE)
    assert "location" not in bench.names()
    assert "receipt" in bench.names()


def test_a_withdrawal_leaves_another_purposes_message_in_hand() -> None:
    """The connection stays: nothing of the withdrawn purpose is in it."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT), line(p.STATUS))
    bench.network()
    bench.connect()
    while bench.names()[-1] != "status":
        bench.acknowledge()
    bench.forget()
    bench.grant(no(p.LOCATION_REPORT))
    assert closes(bench) == []
    bench.drain()
    assert bench.names()[0] == "receipt"


def test_what_was_in_hand_when_the_link_broke_goes_again_with_its_id_and_number() -> None:
    """At least once, and a receiver can tell."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.network()
    bench.connect()
    while bench.names()[-1] != "status":
        bench.acknowledge()
    first = bench.published()[-1]
    bench.give(remote.LINK, b"D\2")
    bench.tick()
    bench.forget()
    bench.connect()
    bench.drain()
    again = [m for m in bench.published() if m.name == "status"]
    assert [(m.id, m.payload) for m in again] == [(first.id, first.payload)]


def test_one_message_at_a_time_in_the_order_of_urgency() -> None:
    """The link holds one; what comes later and matters more goes before what waits."""
    bench = Bench()
    bench.grant(line(p.STATUS), line(p.WAKE_ABNORMAL))
    bench.network()
    bench.connect()
    assert bench.names() == ["hello"]
    box = bench.core.outbox
    box.put(box.draft(kinds.WAKE, bench.now))
    bench.drain()
    assert bench.names() == ["hello", "receipt", "withheld", "wake", "status"]


def test_failures_back_off_up_to_five_minutes() -> None:
    """A broker that is down is not knocked at; a minute of success forgets it."""
    bench = Bench()
    bench.network()
    tries = []
    last = 0
    for _ in range(4_000):
        now = len(hellos(bench))
        if now != last:
            last = now
            tries.append(bench.now)
            bench.give(remote.LINK, b"D\2")
        bench.tick(SECOND)
    gaps = [tries[k + 1] - tries[k] for k in range(len(tries) - 1)]
    assert len(gaps) > 12
    assert max(gaps) <= 302 * SECOND
    assert max(gaps) > 150 * SECOND
    assert sum(gaps[:5]) < 40 * SECOND


def test_a_broker_that_never_answers_is_given_half_a_minute() -> None:
    """And the device wakes for it."""
    bench = Bench()
    bench.network()
    opened = bench.now
    assert bench.core.deadline(bench.now) == 30_000
    bench.tick(29_999)
    assert closes(bench) == []
    bench.tick(1)
    assert closes(bench) == [0]
    assert bench.now == opened + 30_000
    assert bench.core.uplink.mode == -1


def test_losing_the_network_ends_the_connection_and_joins_again() -> None:
    """Nothing is called while there is no network to call over."""
    bench = Bench()
    bench.online()
    bench.forget()
    bench.give(remote.WIFI, b"D\3")
    bench.tick()
    assert closes(bench) == [1]
    bench.run(5 * SECOND)
    assert len([data for data in bench.out(remote.WIFI) if data[:1] == b"J"]) == 1
    assert hellos(bench) == []
    bench.give(remote.WIFI, b"U")
    bench.tick(SECOND)
    assert len(hellos(bench)) == 1


def test_a_week_without_network_costs_no_week_more() -> None:
    """Ticks wrap: the first thing after it is the call."""
    bench = Bench()
    bench.network()
    bench.give(remote.LINK, b"D\2")
    bench.tick()
    bench.give(remote.WIFI, b"D\1")
    for _ in range(7 * 24):
        bench.tick(60 * MINUTE)
    bench.forget()
    bench.give(remote.WIFI, b"U")
    bench.tick(SECOND)
    assert len(hellos(bench)) == 1


def test_the_topic_changes_with_the_owner() -> None:
    """d/<16 hex digits>/: two owners' messages of one bike cannot be joined, and the id is not the device's."""
    topics = set()
    for epoch in range(4):
        secrets = enrolled()
        secrets["epoch"] = bytes((0, 0, 0, epoch))
        topic = Bench(secrets=secrets).core.topic
        assert topic[:2] == b"d/"
        assert len(topic) == 19
        assert hexlify(secrets["device_id"]).find(topic[2:-1]) < 0
        topics.add(topic)
    assert len(topics) == 4


def test_a_network_that_refuses_is_asked_less_and_less() -> None:
    """A wrong password is not tried ten times a second."""
    bench = Bench()
    for _ in range(600):
        bench.give(remote.WIFI, b"D\2")
        bench.tick(SECOND)
    assert 6 <= len(bench.out(remote.WIFI)) <= 24


def test_a_connection_is_steady_a_minute_after_it_was_made_and_wakes_for_nothing() -> None:
    """Then the room of connecting leaves memory; until then the device must not spin."""
    bench = Bench()
    bench.network()
    bench.tick(20 * SECOND)
    bench.connect()
    bench.drain()
    for _ in range(59):
        assert bench.core.deadline(bench.now) > 1_000
        bench.tick(SECOND)
        assert bench.core.uplink._dial is not None
    bench.tick(SECOND)
    bench.tick()
    assert bench.core.uplink._dial is None
    assert bench.core.deadline(bench.now) > MINUTE
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    assert bench.core.uplink._dial is not None


def test_the_rig_sees_network_and_connection_come_and_go() -> None:
    """With the reason, in numbers: no name of a network, no address."""
    bench = Bench()
    bench.online()
    bench.grant(line(p.PRESENCE))
    bench.connect()
    bench.give(remote.LINK, b"D\5")
    bench.tick()
    bench.give(remote.WIFI, b"D\3")
    bench.tick()
    journal = bench.core.journal
    rows = [(journal.entry(k, 1), journal.entry(k, 2)) for k in range(journal.count)]
    wanted = (j.WIFI_UP, j.WIFI_DOWN, j.LINK_UP, j.LINK_DOWN)
    assert [row for row in rows if row[0] in wanted] == [
        (j.WIFI_UP, 0),
        (j.LINK_UP, p.CONTROL),
        (j.LINK_UP, p.PRESENCE),
        (j.LINK_DOWN, 5),
        (j.WIFI_DOWN, 3),
    ]


def test_a_withdrawal_in_hand_is_no_goodbye_of_presence() -> None:
    """Politely, the client would still send what it holds: presence lives, so its will may speak."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT), line(p.PRESENCE))
    bench.online()
    bench.give(remote.GNSS, fix(1))
    bench.tick(SECOND)
    bench.tick(SECOND)
    assert bench.names()[-1] == "location"
    bench.forget()
    bench.grant(no(p.LOCATION_REPORT))
    assert closes(bench) == [0]
