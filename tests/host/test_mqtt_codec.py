"""The MQTT codec: what it gives back, and every way to be wrong, with the sentence of the standard that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.mqtt.codec import Decoder, encode, remaining_length
from simulator.mqtt.errors import MqttError
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Packet,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from tests.support import mqtt_values as values
from tests.support.mqtt_malformed import MALFORMED, raw_connect


def _decode(data: bytes, from_client: bool = True, limits: Limits | None = None) -> list[Packet]:
    decoder = Decoder(from_client, limits or Limits())
    decoder.feed(data)
    return list(decoder.packets())


def _rule(data: bytes, from_client: bool = True, limits: Limits | None = None) -> str:
    with pytest.raises(MqttError) as caught:
        _decode(data, from_client, limits)
    return caught.value.rule


@given(st.lists(values.from_client, max_size=5), st.lists(values.from_server, max_size=5))
def test_packets_come_back_as_they_went_in(up: list[Packet], down: list[Packet]) -> None:
    """Both directions of every packet, several in one piece."""
    assert _decode(b"".join(map(encode, up))) == up
    assert _decode(b"".join(map(encode, down)), from_client=False) == down


def test_known_packets_have_the_standards_bytes() -> None:
    """A codec that is wrong in the same way in both directions would pass every round trip."""
    cases: list[tuple[Packet, str]] = [
        (Connect("a", True, 60), "100d 0004 4d515454 04 02 003c 0001 61"),
        (
            Connect("a", False, 10, Will("w", b"x", 1, True), "u", b"p"),
            "1019 0004 4d515454 04 ec 000a 0001 61 0001 77 0001 78 0001 75 0001 70",
        ),
        (Publish("a/b", b"hi"), "3007 0003 612f62 6869"),
        (Publish("a", b"", 2, True, True, 258), "3d05 0001 61 0102"),
        (Subscribe(10, (("a/b", 1), ("c/d", 2))), "820e 000a 0003 612f62 01 0003 632f64 02"),  # figure 3.23
        (Unsubscribe(10, ("a/b", "c/d")), "a20c 000a 0003 612f62 0003 632f64"),  # figure 3.30
    ]
    for packet, text in cases:
        assert encode(packet).hex() == text.replace(" ", ""), packet
        assert _decode(bytes.fromhex(text)) == [packet]
    assert encode(Connack(True, 0)).hex() == "20020100"
    assert encode(Suback(10, (0, 2, 0x80))).hex() == "9005000a000280"
    for kind, text in ((Puback, "4002"), (Pubrec, "5002"), (Pubrel, "6202"), (Pubcomp, "7002"), (Unsuback, "b002")):
        assert encode(kind(7)).hex() == text + "0007"


def test_remaining_lengths_at_every_border() -> None:
    """Table 2.4: one bit off here desynchronises the whole stream."""
    cases = [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001"), (2_097_151, "ffff7f")]
    cases += [(2_097_152, "80808001"), (268_435_455, "ffffff7f")]
    for value, text in cases:
        assert remaining_length(value).hex() == text
    for size in (0, 1, 127 - 3, 128 - 3, 16_383 - 3, 16_384 - 3, 1_000_000):
        packet = Publish("a", bytes(size))
        assert _decode(encode(packet)) == [packet]


@given(st.lists(values.from_client, max_size=4), st.binary(max_size=8), st.data())
def test_chunks_change_nothing(packets: list[Packet], tail: bytes, data: st.DataObject) -> None:
    """A stream has no packet borders: the same bytes in any pieces give the same packets, then the same error."""
    stream = b"".join(map(encode, packets)) + tail
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert _outcome(pieces) == _outcome([stream]) == _outcome([bytes((each,)) for each in stream])


def _outcome(pieces: list[bytes]) -> tuple[list[Packet], str]:
    decoder = Decoder(from_client=True)
    found: list[Packet] = []
    try:
        for piece in pieces:
            decoder.feed(piece)
            while (packet := decoder.next()) is not None:
                found.append(packet)
    except MqttError as error:
        return found, error.rule
    return found, ""


def test_a_spoilt_stream_stays_spoilt() -> None:
    """After a framing error nobody knows where the next packet starts: guessing would invent messages."""
    decoder = Decoder(from_client=True)
    decoder.feed(encode(Publish("a", b"1")) + b"\x00" + encode(Publish("a", b"2")))
    assert decoder.next() == Publish("a", b"1")
    for _ in range(2):
        with pytest.raises(MqttError, match="reserved packet type 0"):
            decoder.next()
        decoder.feed(encode(Publish("a", b"3")))


def test_malformed_packets_name_the_rule_they_break() -> None:
    """An agent bug must show as the sentence it breaks, not as a mysterious disconnect."""
    for what, data, rule in MALFORMED:
        assert _rule(data) == rule, what


def test_malformed_packets_of_a_server_name_their_rule_too() -> None:
    """The simulated link reads these; a broker elsewhere may be hostile."""
    cases = [
        (b"\x20\x02\x02\x00", "§3.2.2.1"),
        (b"\x20\x02\x00\x06", "§3.2.2.3"),
        (b"\x20\x02\x01\x05", "MQTT-3.2.2-4"),
        (b"\x90\x03\x00\x01\x03", "MQTT-3.9.3-2"),
        (b"\x90\x02\x00\x01", "MQTT-3.8.4-5"),
        (b"\xb0\x02\x00\x00", "MQTT-2.3.1-1"),
        (b"\xd0\x01\x00", "§2.2.3"),
        (raw_connect(2), "§2.2.1"),
        (b"\xe0\x00", "§2.2.1"),
    ]
    for data, rule in cases:
        assert _rule(data, from_client=False) == rule, data


def test_limits_hold_at_the_limit_and_fail_one_above() -> None:
    """Each named limit, decoding and encoding alike."""
    limits = Limits(remaining=40, payload=10, topic=6, levels=2, client_id=4, filters=2)
    wide = Limits()
    cases: list[tuple[Packet, Packet, str]] = [
        (Publish("a", bytes(10)), Publish("a", bytes(11)), "§3.3.3"),
        (Publish("ööö"), Publish("öööa"), "§4.7.3"),
        (Publish("a/b/c"), Publish("a/b//"), "§4.7.1.1"),
        (Connect("öö"), Connect("ööa"), "MQTT-3.1.3-9"),
        (Subscribe(1, (("a", 0),) * 2), Subscribe(1, (("a", 0),) * 3), "§3.8.3"),
        (Unsubscribe(1, ("a",) * 2), Unsubscribe(1, ("a",) * 3), "§3.8.3"),
        (Connect("a", will=Will("w", bytes(10))), Connect("a", will=Will("w", bytes(11))), "§3.3.3"),
        (Connect("a", username="u" * 23), Connect("a", username="u" * 26), "§2.2.3"),
    ]
    for good, bad, rule in cases:
        assert _decode(encode(good, limits), limits=limits) == [good]
        assert _rule(encode(bad, wide), limits=limits) == rule, bad
        with pytest.raises(MqttError) as caught:
            encode(bad, limits)
        assert caught.value.rule == rule


def test_a_huge_length_is_refused_before_its_bytes_come() -> None:
    """security.md fault 54: 256 MB announced must cost no memory."""
    assert _rule(b"\x30\xff\xff\xff\x7f") == "§2.2.3"
    exact = Limits().remaining
    assert _decode(b"\x30" + remaining_length(exact)) == []
    assert _rule(b"\x30" + remaining_length(exact + 1)) == "§2.2.3"


def test_what_no_packet_may_hold_is_not_encoded() -> None:
    """A test that wrote nonsense without noticing would test the other side's tolerance."""
    cases: list[tuple[Packet, str]] = [
        (Publish("a", qos=3, packet_id=1), "MQTT-3.3.1-4"),
        (Publish("a", qos=1), "MQTT-2.3.1-1"),
        (Publish("a", packet_id=1), "MQTT-2.3.1-5"),
        (Publish("a", dup=True), "MQTT-3.3.1-2"),
        (Publish("\ud800"), "MQTT-1.5.3-1"),
        (Publish("a\0"), "MQTT-1.5.3-2"),
        (Connect("a", keepalive_s=65_536), "§3.1.2.10"),
        (Connect("a", password=b""), "MQTT-3.1.2-22"),
        (Connect("", clean=False), "MQTT-3.1.3-8"),
        (Subscribe(1, ()), "MQTT-3.8.3-3"),
        (Suback(1, (3,)), "MQTT-3.9.3-2"),
        (Connack(True, 1), "MQTT-3.2.2-4"),
    ]
    for packet, rule in cases:
        with pytest.raises(MqttError) as caught:
            encode(packet)
        assert caught.value.rule == rule, packet


def test_an_error_holds_nothing_of_the_message() -> None:
    """Exception texts end up in logs: no topic, no id, no payload."""
    for data in (b"\x30\x0d\x00\x08secret/+xyz", raw_connect(0, "0007 736563726574 07")):
        with pytest.raises(MqttError) as caught:
            _decode(data)
        assert "secret" not in str(caught.value)
