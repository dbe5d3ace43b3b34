"""What every `Link` promises, whichever client speaks MQTT behind it.

world.until(port, done), world.run(port, ms)  time goes on, the port is polled
world.sessions()   [(client_id, clean, keepalive_s)] of every connection the broker accepted
world.published()  [(topic, payload, qos, retain)] of every message the broker took, last wills left out
world.deliver(topic, payload)  the broker passes a message on to the client at QoS 1, if it subscribed
world.deafen(on)   while on, what the broker says is lost; the connection stays
world.cut()        the connection ends without a word
world.refuse(on)   while on, a CONNECT is answered "not authorised"
world.goodbyes()   DISCONNECTs the broker received
world.wills()      [(topic, payload)] of last wills the broker published
"""

import micropython

VIRTUAL_ONLY = (
    "check_a_silent_broker_is_given_up",
    "check_an_idle_link_stays_up",
    "check_a_missing_acknowledgement_ends_the_link",
    "check_a_broker_that_never_greets_is_given_up",
)
"""Minutes long: run where time is virtual."""

_DOWN, _OPENING, _UP = 0, 1, 2


class Options:
    """`LinkOptions` with a last will."""

    def __init__(self, keepalive_s: int = 60) -> None:
        self.client_id = b"c0ffee"
        self.clean = True
        self.keepalive_s = keepalive_s
        self.will_topic = b"d/c0ffee/presence"
        self.will = b"\x00"
        self.inbox = b"d/c0ffee/in"


class Message:
    """`Outgoing`, in a buffer longer than the message."""

    def __init__(self, id: int, payload: bytes = b"payload", qos: int = 1, retain: bool = False) -> None:
        self.topic = b"d/c0ffee/status"
        self.buf = bytearray(payload + b"<older message>")
        self.n = len(payload)
        self.qos = qos
        self.retain = retain
        self.id = id


class _Diary:
    """Both callbacks, and a law: they come only from inside `poll`."""

    def __init__(self, link) -> None:
        self.sent: list = []
        self.received: list = []
        link.on_sent = self.on_sent
        link.on_message = self.on_message

    def on_sent(self, id: int) -> None:
        self.sent.append(id)

    def on_message(self, topic, payload, n: int) -> None:
        self.received.append((bytes(topic), bytes(payload[:n])))


def _opened(make, keepalive_s: int = 60):
    link, world = make()
    diary = _Diary(link)
    link.open(Options(keepalive_s))
    assert world.until(link, lambda: link.state == _UP), (link.state, link.error)
    return link, world, diary


def check_a_link_starts_down_and_without_room(make) -> None:
    """Nothing may leave before the gate opens the link."""
    link, world = make()
    world.run(link, 200)
    assert link.state == _DOWN
    assert link.error == 0
    assert not link.room()
    assert not world.sessions()


def check_opening_waits_for_nobody_and_introduces_us(make) -> None:
    """`open` returns at once; id, clean session and keepalive are those asked for."""
    link, world = make()
    _Diary(link)
    link.open(Options())
    assert link.state == _OPENING
    assert not link.room()
    assert world.until(link, lambda: link.state == _UP), (link.state, link.error)
    assert link.room()
    assert world.sessions() == [(b"c0ffee", True, 60)]


def check_qos_1_is_sent_once_acknowledged(make) -> None:
    """`on_sent` is what lets the store forget a message."""
    link, world, diary = _opened(make)
    link.send(Message(7))
    assert not link.room()
    assert not diary.sent
    assert world.until(link, lambda: diary.sent == [7])
    assert link.room()
    assert world.until(link, lambda: world.published() == [(b"d/c0ffee/status", b"payload", 1, False)])


def check_without_acknowledgement_nothing_counts_as_sent(make) -> None:
    """Written is not delivered: forgetting here would lose an alarm."""
    link, world, diary = _opened(make)
    world.deafen(True)
    link.send(Message(8))
    assert world.until(link, lambda: len(world.published()) == 1)
    world.run(link, 500)
    assert not diary.sent
    assert not link.room()


def check_qos_0_and_retain_pass(make) -> None:
    """QoS 0 is sent once written: there is no acknowledgement to wait for."""
    link, world, diary = _opened(make)
    link.send(Message(9, b"zero", 0, True))
    assert world.until(link, lambda: diary.sent == [9])
    assert world.until(link, lambda: world.published() == [(b"d/c0ffee/status", b"zero", 0, True)])


def check_payloads_of_all_sizes_pass(make) -> None:
    """Around the steps of MQTT's length field, up to the largest message of the project."""
    link, world, diary = _opened(make)
    expected = []
    for size in (0, 1, 100, 127, 128, 600, 1_024):
        payload = bytes(i & 255 for i in range(size))
        link.send(Message(size + 1, payload))
        expected.append((b"d/c0ffee/status", payload, 1, False))
        assert world.until(link, lambda: link.room()), size
        assert diary.sent[-1] == size + 1
    assert world.until(link, lambda: len(world.published()) == len(expected))
    assert world.published() == expected


def check_all_ids_come_back(make) -> None:
    """A packet id is 16 bits: a client that counts on its own breaks at 65,536."""
    link, world, diary = _opened(make)
    for id in (1, 255, 256, 65_534, 65_535, 1):
        link.send(Message(id))
        assert world.until(link, lambda: link.room()), id
    assert diary.sent == [1, 255, 256, 65_534, 65_535, 1]


def check_the_inbox_is_read_inside_poll(make) -> None:
    """A callback from anywhere else would reach the core in the middle of a decision."""
    link, world, diary = _opened(make)
    payload = bytes(range(256)) * 4
    world.deliver(b"d/c0ffee/in", payload)
    assert not diary.received
    assert world.until(link, lambda: len(diary.received) == 1)
    assert diary.received == [(b"d/c0ffee/in", payload)]
    world.deliver(b"d/somebody/else", b"not ours")
    world.deliver(b"d/c0ffee/in", b"")
    world.deliver(b"d/c0ffee/in", b"3")
    assert world.until(link, lambda: len(diary.received) == 3)
    assert diary.received[1:] == [(b"d/c0ffee/in", b""), (b"d/c0ffee/in", b"3")]
    assert link.state == _UP


def check_a_message_meets_a_waiting_acknowledgement(make) -> None:
    """Both directions at once: neither may be lost or taken for the other."""
    link, world, diary = _opened(make)
    world.deliver(b"d/c0ffee/in", b"hello")
    link.send(Message(0x3031))  # its PUBACK holds 0x30, the first byte of a PUBLISH
    assert world.until(link, lambda: diary.sent == [0x3031] and len(diary.received) == 1)
    link.send(Message(2))
    assert world.until(link, lambda: diary.sent == [0x3031, 2])


def check_a_polite_close_drops_the_will(make) -> None:
    """MQTT 3.1.1 §3.14.4: presence that was withdrawn must not be announced by the will."""
    link, world, _ = _opened(make)
    link.close(True)
    assert link.state == _DOWN
    assert link.error == 0
    assert not link.room()
    world.until(link, lambda: world.goodbyes() == 1)
    world.run(link, 200)
    assert world.goodbyes() == 1
    assert not world.wills()


def check_an_impolite_close_leaves_the_will(make) -> None:
    """A vanished device is what the will is for."""
    link, world, _ = _opened(make)
    link.close(False)
    assert link.state == _DOWN
    assert world.until(link, lambda: len(world.wills()) == 1)
    assert world.wills() == [(b"d/c0ffee/presence", b"\x00")]
    assert world.goodbyes() == 0


def check_a_closed_link_forgets_its_message(make) -> None:
    """A client that keeps its own queue sends withdrawn data after a reconnect."""
    link, world, diary = _opened(make)
    world.deafen(True)
    link.send(Message(11, b"withdrawn"))
    world.until(link, lambda: len(world.published()) == 1)
    link.close(False)
    world.deafen(False)
    link.open(Options())
    assert world.until(link, lambda: link.state == _UP)
    assert link.room()
    world.run(link, 500)
    assert not diary.sent
    assert len(world.published()) == 1


def check_a_lost_connection_is_an_error_and_can_be_opened_again(make) -> None:
    """1 is "network": the uplink backs off and tries again."""
    link, world, diary = _opened(make)
    world.cut()
    assert world.until(link, lambda: link.state == _DOWN)
    assert link.error == 1
    assert not link.room()
    link.open(Options())
    assert world.until(link, lambda: link.state == _UP)
    assert link.error == 0
    link.send(Message(12))
    assert world.until(link, lambda: diary.sent == [12])
    assert len(world.sessions()) == 2


def check_a_message_lost_with_its_connection_was_not_sent(make) -> None:
    """The store sends it again under the same id; the broker may then have it twice, never not at all."""
    link, world, diary = _opened(make)
    world.deafen(True)
    link.send(Message(13))
    world.until(link, lambda: len(world.published()) == 1)
    world.cut()
    world.deafen(False)
    assert world.until(link, lambda: link.state == _DOWN)
    assert not diary.sent
    link.open(Options())
    assert world.until(link, lambda: link.state == _UP)
    link.send(Message(13))
    assert world.until(link, lambda: diary.sent == [13])


def check_a_refusal_is_told_apart(make) -> None:
    """2 is "the broker refused": waiting longer is the only remedy."""
    link, world = make()
    _Diary(link)
    world.refuse(True)
    link.open(Options())
    assert world.until(link, lambda: link.state == _DOWN)
    assert link.error == 2
    world.refuse(False)
    link.open(Options())
    assert world.until(link, lambda: link.state == _UP)


def check_a_closed_link_may_be_closed_again(make) -> None:
    """The core closes on every withdrawal, whatever the state."""
    link, world = make()
    _Diary(link)
    link.close(True)
    link.close(False)
    link.open(Options())
    link.close(True)
    assert link.state == _DOWN
    world.run(link, 500)
    assert link.state == _DOWN


def check_an_idle_link_stays_up(make) -> None:
    """Pings keep it, or the broker gives up after 1.5 times the keepalive."""
    link, world, _ = _opened(make, 20)
    world.run(link, 100_000)
    assert link.state == _UP
    assert len(world.sessions()) == 1


def check_a_silent_broker_is_given_up(make) -> None:
    """A half-open connection looks alive for hours unless its ping must be answered."""
    link, world, _ = _opened(make, 20)
    world.deafen(True)
    assert world.until(link, lambda: link.state == _DOWN, 40_000)
    assert link.error == 5


def check_a_broker_that_never_greets_is_given_up(make) -> None:
    """An open port that says nothing must not hold the link in "opening" for good."""
    link, world = make()
    _Diary(link)
    world.deafen(True)
    link.open(Options())
    assert world.until(link, lambda: link.state == _DOWN, 90_000)
    assert link.error == 5


def check_a_missing_acknowledgement_ends_the_link(make) -> None:
    """One lost PUBACK must not block the outbox for ever."""
    link, world, diary = _opened(make, 20)
    world.deafen(True)
    link.send(Message(14))
    assert world.until(link, lambda: link.state == _DOWN, 60_000)
    assert link.error == 5
    assert not diary.sent


def check_sending_allocates_nothing(make) -> None:
    """A heap that every report cuts into pieces fails on the day the owner needs it."""
    link, _, _ = _opened(make)
    message = Message(15)
    failed = False
    micropython.heap_lock()
    try:
        link.send(message)
    except MemoryError:
        failed = True
    finally:
        micropython.heap_unlock()
    assert not failed


def check_a_received_payload_leaves_no_trace(make) -> None:
    """Personal data lies only in buffers that are zeroed after use."""
    link, world, _ = _opened(make)
    kept = []
    link.on_message = lambda topic, payload, n: kept.append(memoryview(payload))
    world.deliver(b"d/c0ffee/in", b"personal")
    assert world.until(link, lambda: len(kept) == 1)
    assert bytes(kept[0]).find(b"personal") < 0
