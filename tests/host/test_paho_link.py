"""PahoLink where brokers misbehave, connections die, and consent is withdrawn while a message is under way."""

import contextlib
import socket
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hal.host import lookup
from hal.host.link import PahoLink
from hal.host.session import Session
from tests.support.links import Message, Options, drive
from tests.support.mosquitto import Mosquitto, free_port
from tests.support.paho import GREETING, call, meet
from tests.support.peer import Peer, publish
from tests.support.proxy import Proxy
from tests.support.witness import Witness

DOWN, OPENING, UP = 0, 1, 2
NETWORK, REFUSED, CERTIFICATE, PROTOCOL, TIMED_OUT = 1, 2, 3, 4, 5


def test_a_withdrawn_message_is_never_sent_again(mosquitto: Path, tmp_path: Path) -> None:
    """The withdrawal rule: unacknowledged, link dropped impolitely, client rebuilt, and not one byte of it afterwards."""
    with Mosquitto(mosquitto, tmp_path) as broker, Witness(broker) as seen, Proxy(broker.port) as wire:
        link = PahoLink(f"mqtt://127.0.0.1:{wire.port}")
        for options in (Options(), Options(clean=False), Options(clean=False)):
            link.open(options)
            assert drive(link, lambda: link.state == UP)
            wire.deaf_upward = True
            link.send(Message(b"withdrawn", id=9))
            link.poll(0)
            wire.expect_swallowed(b"withdrawn")
            link.close(False)
            wire.swallowed.clear()
            wire.deaf_upward = False
            link.open(Options(clean=options.clean))
            assert drive(link, lambda: link.state == UP)
            link.send(Message(b"allowed", id=10))
            assert drive(link, link.room)
            assert seen.drain() == [("d/bike/status", b"allowed")]
            link.close(True)
        assert b"withdrawn" not in wire.swallowed


def test_paho_alone_would_send_it_again(mosquitto: Path, tmp_path: Path) -> None:
    """Why there is one client a connection: should this fail some day, the rule above may have become cheaper."""
    with Mosquitto(mosquitto, tmp_path) as broker, Witness(broker) as seen, Proxy(broker.port) as wire:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bike", clean_session=True)
        client.connect("127.0.0.1", wire.port)
        while not client.is_connected():
            client.loop(0.02)
        wire.deaf_upward = True
        client.publish("d/bike/status", b"withdrawn", 1)
        wire.expect_swallowed(b"withdrawn")
        wire.cut()
        wire.deaf_upward = False
        client.reconnect()
        while client.loop(0.02) == 0 and seen.drain() != [("d/bike/status", b"withdrawn")]:
            pass
        client.disconnect()


def test_an_impolite_close_also_empties_the_systems_buffer() -> None:
    """After a withdrawal the kernel must not go on sending what it was given before."""
    for polite in (False, True):
        with Peer(receive_buffer=4_096) as peer:
            link = meet(peer)
            size = 8 << 20  # far more than both systems' buffers hold
            link.send(Message(bytes(size)))
            for _ in range(50):
                link.poll(0)
            link.close(polite)  # polite or not: half a packet cannot be followed by DISCONNECT
            count, was_reset = peer.hear_all()
            assert was_reset, polite
            assert count < size


def test_a_polite_close_does_not_complete_half_a_message() -> None:
    """There is room again when the withdrawal comes: the rest of the message must not go, nor a DISCONNECT in its place."""
    with Peer(receive_buffer=4_096) as peer:
        link = meet(peer)
        link.send(Message(bytes(8 << 20)))
        for _ in range(50):
            link.poll(0)
        while len(peer.hear()) > 0:
            pass
        link.close(True)
        assert peer.hear_all()[1]


def test_a_polite_close_does_not_write_what_waits() -> None:
    """Handed to paho and not yet written: as good as never said."""
    with Peer() as peer, socket.create_connection(("127.0.0.1", peer.port)) as sock:
        peer.accept()
        session = Session(sock, Options(), "", "")
        session.write()
        session.offer(Message(b"withdrawn"))
        session.leave()
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := peer.hear_some():
                heard += piece
        assert heard.startswith(b"\x10")
        assert b"withdrawn" not in heard


def test_a_polite_close_while_opening_still_says_goodbye() -> None:
    """The broker may have taken CONNECT, and with it the will: vanishing would have the will published."""
    with Peer() as peer:
        link = PahoLink(f"mqtt://127.0.0.1:{peer.port}")
        call(link, peer)
        assert drive(link, peer.arrived)
        link.close(True)
        count, was_reset = peer.hear_all()
        assert not was_reset
        assert count == len(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04bike\xe0\x00")


def test_an_acknowledgement_goes_before_the_goodbye_it_caused() -> None:
    """The record that withdraws presence arrived: the broker shall not deliver it again."""
    with Peer() as peer:
        link = meet(peer)
        peer.hear()
        link.on_message = lambda topic, buf, n: link.close(True)
        peer.say(publish(b"d/bike/in", b"withdraw", qos=1))
        assert drive(link, lambda: link.state == DOWN)
        assert peer.hear_some() == b"\x40\x02\x00\x05\xe0\x00"


def test_a_polite_close_says_goodbye_last_and_is_no_reset() -> None:
    """MQTT 3.1.1 §3.14.4: the broker then drops the will. Sent, acknowledged or not, is not taken back by politeness."""
    with Peer() as peer:
        link = meet(peer)
        peer.hear()
        link.send(Message(b"last words"))
        link.poll(0)
        link.close(True)
        count, was_reset = peer.hear_all()
        assert not was_reset
        assert count == len(b"\x32\x1d\x00\x0dd/bike/status\x00\x02last words\xe0\x00")
        assert (link.state, link.error) == (DOWN, 0)


def test_what_was_not_polled_is_not_sent() -> None:
    """`send` and `close` in one tick: the message never existed."""
    for polite in (False, True):
        with Peer() as peer:
            link = meet(peer)
            peer.hear()
            link.send(Message(b"changed my mind"))
            link.close(polite)
            count, _ = peer.hear_all()
            assert count == (2 if polite else 0), polite


def test_sending_without_room_is_an_error() -> None:
    """One message at a time is the contract; a second would have to be queued."""
    link = PahoLink("mqtt://127.0.0.1:1")
    with pytest.raises(OSError, match="no room"):
        link.send(Message())
    with Peer() as peer:
        link = meet(peer)
        link.send(Message())
        with pytest.raises(OSError, match="no room"):
            link.send(Message())
        link.close(False)


def _withdraw_in_a_callback(again: bool) -> None:
    with Peer() as peer:
        link = meet(peer)
        got: list[bytes] = []

        def withdraw(topic: bytes, buf: object, n: int) -> None:
            got.append(topic)
            link.close(False)
            if again:
                link.open(Options())

        link.on_message = withdraw
        peer.say(publish(b"d/bike/in", b"w") * 3)
        assert drive(link, lambda: bool(got))
        assert got == [b"d/bike/in"]
        assert link.state == (OPENING if again else DOWN)
        assert peer.hear_all()[1]
        if again:
            link.poll(0)
            link.poll(0)
            peer.accept()
            peer.say(GREETING)
            assert drive(link, lambda: link.state == UP)
        link.close(False)


def test_a_callback_may_close_or_reopen_the_link() -> None:
    """A withdrawal arrives as a message: the gate drops the link while that message is being handled."""
    _withdraw_in_a_callback(again=False)
    _withdraw_in_a_callback(again=True)


def test_silence_is_pinged_and_then_given_up() -> None:
    """security.md §8 row 2: a half-open connection is noticed within one and a half keepalives."""
    with Peer() as peer:
        link = meet(peer, options=Options(keepalive_s=20))
        peer.hear()
        link.poll(9_999)
        assert peer.hear() == b""
        link.poll(10_000)
        assert peer.hear() == b"\xc0\x00"
        assert link.owes()
        peer.say(b"\xd0\x00")
        link.wait(1)
        link.poll(11_000)
        assert not link.owes()
        link.poll(19_999)
        assert peer.hear() == b""
        link.poll(20_000)  # 10 s after we last said something
        assert peer.hear() == b"\xc0\x00"
        link.poll(40_999)
        assert link.state == UP
        link.poll(41_000)
        assert (link.state, link.error) == (DOWN, TIMED_OUT)


def test_an_acknowledgement_has_ten_seconds() -> None:
    """One lost PUBACK must not block the store."""
    with Peer() as peer:
        link = meet(peer, options=Options(keepalive_s=0))
        link.poll(500_000)  # keepalive 0: no pings (MQTT 3.1.1 §3.1.2.10)
        link.send(Message())
        link.poll(500_000)
        link.poll(509_999)
        assert link.state == UP
        link.poll(510_000)
        assert (link.state, link.error) == (DOWN, TIMED_OUT)


def test_a_broker_that_goes_away_is_noticed_and_met_again(mosquitto: Path, tmp_path: Path) -> None:
    """The link reports; reconnecting is the uplink's decision."""
    with Mosquitto(mosquitto, tmp_path) as broker:
        link = PahoLink(f"mqtt://localhost:{broker.port}")
        link.open(Options())
        assert drive(link, lambda: link.state == UP)
        broker.stop()
        assert drive(link, lambda: link.state == DOWN)
        assert link.error == NETWORK
        link.open(Options())
        assert drive(link, lambda: link.state == DOWN)
        assert link.error == NETWORK
        broker.start()
        link.poll(0)
        assert link.state == DOWN  # not by itself
        link.open(Options())
        assert drive(link, lambda: link.state == UP)
        link.close(True)


def test_a_hung_resolver_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent name server once held a loop for 10 s; and however often the link is opened, one thread waits."""
    release = threading.Event()

    def hang(host: str, port: int) -> list[lookup.Address]:
        release.wait(10)
        return []

    monkeypatch.setattr(lookup, "ask_system", hang)
    link = PahoLink("mqtt://broker.invalid")
    before = threading.active_count()
    for _ in range(5):
        link.open(Options())
        start = time.monotonic()
        link.poll(0)
        assert time.monotonic() - start < 0.05
        assert link.state == OPENING
    assert threading.active_count() == before + 1
    link.poll(10_000)
    assert (link.state, link.error) == (DOWN, TIMED_OUT)
    link.open(Options())
    release.set()
    assert drive(link, lambda: link.state == DOWN)
    assert link.error == NETWORK


def test_an_address_that_does_not_answer_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name has an IPv6 and an IPv4 address, and one of the two leads nowhere; or nobody listens there."""
    with socket.socket() as hole, socket.socket() as filler, Peer() as peer:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)  # room for one: the next caller's packets are dropped (listen(2))
        filler.connect(hole.getsockname())
        closed = ("127.0.0.1", free_port())
        there = ("127.0.0.1", peer.port)
        route = [(socket.AF_INET, address) for address in (closed, hole.getsockname(), there)]
        monkeypatch.setattr(lookup, "ask_system", lambda host, port: route)
        link = PahoLink("mqtt://broker.example")
        link.open(Options())
        link.wait(10)  # the addresses come from a thread
        for _ in range(5):
            link.poll(0)
        link.poll(2_999)
        link.poll(2_999)
        assert not peer.has_caller()
        for _ in range(3):
            link.poll(3_000)
        peer.accept()
        peer.say(GREETING)
        assert drive(link, lambda: link.state == UP, now=3_000)
        link.close(True)


def test_a_closed_link_owes_nothing_and_waits_for_nothing() -> None:
    """The simulator holds virtual time while an answer is owed: it must not hold it for good."""
    link = PahoLink("mqtt://127.0.0.1:1")
    assert not link.owes()
    link.open(Options())
    assert link.owes()
    assert drive(link, lambda: link.state == DOWN)
    assert not link.owes()
    assert link.error == NETWORK
