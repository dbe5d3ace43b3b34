"""umqtt.simple behind our link, held to the link's contract in virtual time. Needs `umqtt` on the machine's path."""

from hal.mpy.dns import Resolver
from hal.mpy.umqtt_client import DEFECTS
from hal.mpy.umqtt_link import Link
from tests.contract.portable import contract_link, suite
from tests.fakes.mqtt import Broker


def _no_servers() -> list:
    return []


def _make() -> tuple:
    broker = Broker()
    return Link(broker, "localhost", 1883, None, Resolver(broker, _no_servers)), broker


def test_umqtt_keeps_the_contract_of_a_link() -> None:
    """Stock firmware's client must lose no message and send none that was withdrawn."""
    suite.hold(suite.checks(contract_link), _make, tuple(name for name, _ in DEFECTS))


def _opened() -> tuple:
    link, broker = _make()
    got = []
    link.on_message = lambda topic, payload, n: got.append(bytes(payload))
    link.open(contract_link.Options())
    assert broker.until(link, lambda: link.state == 2)
    return link, broker, got


def test_a_hostile_broker_ends_the_link_and_nothing_else() -> None:
    """umqtt alone would reserve 4 GB, wait for ever, or raise AssertionError on each of these (security.md lists them)."""
    topic = b"\0\x0bd/c0ffee/in"
    cases = (
        b"\x30\xff\xff\xff\x7f",  # 268,435,455 bytes announced
        b"\x30\x80\x80\x80\x80\x01",  # a length field of five bytes
        b"\x30\x03\xff\xffx",  # a topic longer than its packet
        b"\x32\x0d" + topic,  # QoS 1 without a packet id
        b"\x34\x0f" + topic + b"\0\1",  # QoS 2
        b"\x36\x0f" + topic + b"\0\1",  # QoS 3
        b"\x30\x83\x01\0\x81" + b"t" * 129,  # a topic of 129 bytes
        b"\x20\x02\0\0",  # a second CONNACK
        b"\xd0\x01\0",  # a PINGRESP with a body
        b"\x40\x01\0",  # half an acknowledgement
        b"\xb0\x02\0\1",  # UNSUBACK, never asked for
        b"\x10\x00",  # a CONNECT from a broker
    )
    for data in cases:
        link, broker, got = _opened()
        broker.inject(data)
        assert broker.until(link, lambda: link.state == 0, 1_000), data  # noqa: B023 - called at once
        assert link.error == 4, (data, link.error)
        assert not got


def test_limits_of_a_received_message() -> None:
    """128 bytes of topic and 1,024 of payload are the project's largest; one more byte than the buffer is refused."""
    topic = b"t" * 128
    for size, taken in ((1_024, True), (1_280 - 3 - 2 - 128, True), (1_280 - 3 - 2 - 128 + 1, False)):
        link, broker, got = _opened()
        body = b"\0\x80" + topic + bytes(size)
        broker.inject(b"\x30" + bytes((len(body) & 127 | 128, len(body) >> 7)) + body)
        assert broker.until(link, lambda: bool(got) or link.state == 0, 20_000)  # noqa: B023 - called at once
        assert (len(got) == 1) is taken, size
        assert (link.state == 2) is taken


def test_late_and_foreign_acknowledgements_are_ignored() -> None:
    """umqtt alone takes the id of a late PUBACK for the next packet."""
    link, broker, _ = _opened()
    sent = []
    link.on_sent = sent.append
    broker.inject(b"\x40\x02\x30\x31\x40\x02\xd0\x00")
    broker.run(link, 500)
    assert link.state == 2
    broker.deafen(True)
    link.send(contract_link.Message(5))
    broker.run(link, 200)
    broker.deafen(False)
    broker.inject(b"\x40\x02\x00\x06")
    broker.run(link, 500)
    assert not sent
    broker.inject(b"\x40\x02\x00\x05")
    broker.run(link, 500)
    assert sent == [5]


def test_a_callback_may_close_the_link() -> None:
    """A withdrawal that arrives by MQTT drops the link it came on."""
    link, broker, _ = _opened()
    link.on_message = lambda topic, payload, n: link.close(False)
    broker.deliver(b"d/c0ffee/in", b"withdraw")
    assert broker.until(link, lambda: link.state == 0, 1_000)
    link.open(contract_link.Options())
    assert broker.until(link, lambda: link.state == 2)


def test_a_message_longer_than_the_wire_is_refused_before_it_is_cut() -> None:
    """Our own bug, told at once."""
    link, _, _ = _opened()
    assert suite.refuses(link.send, contract_link.Message(1, bytes(1_280)))
    assert link.room()


def test_a_broker_that_asks_for_a_login_gets_it() -> None:
    """Hosted brokers tell devices apart by it; without one, none is sent."""
    for user, password, expected in (("bike", "invented", [b"bike", b"invented"]), ("", "", None)):
        broker = Broker()
        link = Link(broker, "127.0.0.1", 1883, None, Resolver(broker, _no_servers), user, password)
        link.open(contract_link.Options())
        assert broker.until(link, lambda: link.state == 2)  # noqa: B023 - called at once
        assert broker.login == expected


def test_a_link_without_a_broker_stays_down() -> None:
    """A device that was never enrolled has nobody to talk to."""
    broker = Broker()
    link = Link(broker, "", 0, None, Resolver(broker, _no_servers))
    link.open(contract_link.Options())
    assert (link.state, link.error) == (0, 1)
    link = Link(broker, "broker.invented.example", 8883, None, Resolver(broker, _no_servers))
    link.open(contract_link.Options())
    assert broker.until(link, lambda: link.state == 0, 1_000)
    assert link.error == 1
