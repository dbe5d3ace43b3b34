"""PahoLink facing a scripted broker: every byte it may say, right or wrong, early, late, or in pieces."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.host.link import PahoLink
from hal.host.session import MAX_PACKET, MAX_TOPIC
from tests.support.links import Message, Options, drive
from tests.support.paho import call, meet
from tests.support.peer import CONNACK, SUBACK, Peer, publish

DOWN, OPENING, UP = 0, 1, 2
NETWORK, REFUSED, CERTIFICATE, PROTOCOL, TIMED_OUT = 1, 2, 3, 4, 5


def _told(link: PahoLink, peer: Peer, packet: bytes) -> list[tuple[bytes, bytes]]:
    """The messages that come of these bytes; [] when they end the link."""
    got: list[tuple[bytes, bytes]] = []
    link.on_message = lambda topic, buf, n: got.append((topic, bytes(buf[:n])))
    peer.say(packet)
    assert drive(link, lambda: bool(got) or link.state == DOWN), packet[:8]
    return got


def test_an_earlier_acknowledgement_does_not_count_for_the_next_message() -> None:
    """A broker that repeats a PUBACK must not make us forget a message it never had."""
    with Peer() as peer:
        link = meet(peer)
        sent: list[int] = []
        link.on_sent = sent.append
        for number, stale in ((1, b""), (2, b"\x40\x02\x00\x02")):  # the second time, the first one's comes again
            peer.hear()
            link.send(Message(id=number))
            link.poll(0)
            packet = peer.hear()
            peer.say(stale or b"\xd0\x00")
            link.wait(1)
            link.poll(0)
            assert len(sent) == number - 1
            peer.say(b"\x40\x02" + packet[17:19])
            assert drive(link, link.room)
        assert sent == [1, 2]
        link.close(False)


def test_answers_that_refuse_or_make_no_sense_end_the_opening() -> None:
    """Each of these has once been seen of a broker, or of what answered in its place."""
    cases = [
        (b"\x20\x02\x00\x01", REFUSED),  # unacceptable protocol version
        (b"\x20\x02\x00\x02", REFUSED),  # identifier rejected
        (b"\x20\x02\x00\x03", REFUSED),  # server unavailable
        (b"\x20\x02\x00\x04", REFUSED),  # bad user name or password
        (b"\x20\x02\x00\x05", REFUSED),  # not authorised
        (b"\x20\x02\x00\x06", PROTOCOL),  # reserved
        (CONNACK + b"\x90\x03\x00\x01\x80", REFUSED),  # the inbox is not ours to read
        (b"\xff\xff\xff\xff\xff\x01", PROTOCOL),  # a length of five bytes
        (b"\x20\x81\x20", PROTOCOL),  # 4,097 bytes announced
        (publish(b"d/bike/in", b"early"), PROTOCOL),  # a message before the greeting
        (CONNACK + CONNACK, PROTOCOL),  # two greetings
        (b"HTTP/1.1 302 Found\r\n\r\n", PROTOCOL),  # a captive portal
        (b"", NETWORK),  # hung up
    ]
    for answer, expected in cases:
        with Peer() as peer:
            link = meet(peer, answer)
            assert (link.state, link.error) == (DOWN, expected), answer


def test_messages_are_taken_up_to_their_limits_and_no_further() -> None:
    """A broker may announce 256 MB, or a topic of 64 KiB: neither may be believed."""
    topic = b"t" * MAX_TOPIC
    fits = MAX_PACKET - 2 - len(topic)
    for packet, expected in [
        (publish(topic, bytes(fits)), UP),
        (publish(topic, bytes(fits + 1)), PROTOCOL),
        (publish(topic + b"t"), PROTOCOL),
        (publish(b"d/bike/in", qos=2), PROTOCOL),
        (publish(b"\xff"), PROTOCOL),
        (publish(b""), PROTOCOL),
        (b"\x30\xff\xff\xff\x7f", PROTOCOL),
        (b"\x30\x01\x00", PROTOCOL),  # no room for a topic's length
        (b"\x30\x02\x00\x09", PROTOCOL),  # a topic longer than its packet
        (b"\xf0\x00", PROTOCOL),
        (b"\x10\x00", PROTOCOL),  # only a client says CONNECT
    ]:
        with Peer() as peer:
            link = meet(peer)
            got = _told(link, peer, packet)
            if expected == UP:
                assert link.state == UP
                assert got == [(topic, bytes(fits))]
            else:
                assert (link.state, link.error) == (DOWN, expected), packet[:8]
                assert not got
            link.close(False)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_brokers_bytes_may_come_in_any_pieces(data: st.DataObject) -> None:
    """TCP has no packets."""
    stream = CONNACK + SUBACK + publish(b"d/bike/in", b"one") + publish(b"d/bike/in", b"two", qos=1)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=6)))
    with Peer() as peer:
        link = PahoLink(f"mqtt://127.0.0.1:{peer.port}")
        got: list[bytes] = []
        link.on_message = lambda topic, buf, n: got.append(bytes(buf[:n]))
        call(link, peer)
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            peer.say(stream[start:stop])
            link.wait(1)
            link.poll(0)
        assert drive(link, lambda: got == [b"one", b"two"])
        assert link.state == UP
        link.close(False)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_leave_the_link_up_or_down_with_a_reason(noise: bytes) -> None:
    """Whatever a broker says, the agent sees a state and a number, never an exception."""
    with Peer() as peer:
        link = meet(peer)
        peer.say(noise)
        peer.hang_up()
        assert drive(link, lambda: link.state == DOWN)
        assert link.error in (NETWORK, REFUSED, PROTOCOL)


def test_the_will_and_the_session_are_told_at_once() -> None:
    """MQTT 3.1.1 §3.1: flags, keepalive, client id, will topic, will. The will is retained: it takes back the birth message."""
    with Peer() as peer:
        link = meet(
            peer, options=Options(clean=False, keepalive_s=300, will_topic=b"d/bike/on", will=b"\x00", inbox=b"in")
        )
        heard = peer.hear()
        assert heard.startswith(
            b"\x10\x1e\x00\x04MQTT\x04\x2c\x01\x2c\x00\x04bike\x00\x09d/bike/on\x00\x01\x00"
        )  # 0x2c: will, QoS 1, retained
        assert heard.endswith(b"\x82\x07\x00\x01\x00\x02in\x01")
        link.close(False)
