"""Broker addresses: typed by people, so every mistake must come back as one clear line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.host import broker_url
from hal.host.broker_url import BrokerUrl, parse

GOOD = [
    ("mqtt://localhost", BrokerUrl("localhost", 1883, False)),
    ("mqtts://broker.example", BrokerUrl("broker.example", 8883, True)),
    ("mqtts://broker.example:1", BrokerUrl("broker.example", 1, True)),
    ("mqtt://127.0.0.1:65535/", BrokerUrl("127.0.0.1", 65_535, False)),
    ("mqtt://[::1]", BrokerUrl("::1", 1883, False)),
    ("mqtts://[fe80::1]:9", BrokerUrl("fe80::1", 9, True)),
    ("MQTTS://Broker.Example", BrokerUrl("broker.example", 8883, True)),
    ("mqtt://rider@bike", BrokerUrl("bike", 1883, False, "rider", "")),
    ("mqtt://rider:p%40ss:w%2Frd@bike:7", BrokerUrl("bike", 7, False, "rider", "p@ss:w/rd")),
    ("mqtt://a_b-c.d", BrokerUrl("a_b-c.d", 1883, False)),
    ("mqtts://u:p@a:7#CN", BrokerUrl("a", 7, True, "u", "p", "CN")),
    ("mqtt://a/#us-ca", BrokerUrl("a", 1883, False, region="US-CA")),
    ("mqtt://a#Cn-31", BrokerUrl("a", 1883, False, region="CN-31")),
]

BAD = [
    ("", "neither mqtt:// nor mqtts://"),
    ("localhost", "neither mqtt:// nor mqtts://"),
    ("localhost:1883", "neither mqtt:// nor mqtts://"),
    ("http://localhost", "neither mqtt:// nor mqtts://"),
    ("mqtt://", "neither a host name nor an address"),
    ("mqtt://:1883", "neither a host name nor an address"),
    ("mqtt://user:secret@", "neither a host name nor an address"),
    ("mqtt://-a", "neither a host name nor an address"),
    ("mqtt://a..b", "neither a host name nor an address"),
    ("mqtt://10.0.0.256", "not a whole address"),
    ("mqtt://a:", "not a number from 1 to 65535"),
    ("mqtt://a:0", "not a number from 1 to 65535"),
    ("mqtt://a:65536", "not a number from 1 to 65535"),
    ("mqtt://a:18x", "not a number from 1 to 65535"),
    ("mqtt://a:+1", "not a number from 1 to 65535"),
    ("mqtt://a:-1", "not a number from 1 to 65535"),
    ("mqtt://a/topic", "goes on after the port"),
    ("mqtt://a?x", "goes on after the port"),
    ("mqtt://a#", "goes on after the port"),
    ("mqtt://a#C", "a region's code is none"),
    ("mqtt://a#CN-", "a region's code is none"),
    ("mqtt://a#CN-ABCD", "a region's code is none"),
    ("mqtt://a#CN#EU", "a region's code is none"),
    ("mqtt://u:p#ss@a", "not a number from 1 to 65535|a region's code is none"),
    ("mqtt://[::1", "no readable host"),
    ("mqtt://a b", "a blank"),
    ("mqtt://a\n", "a blank"),
    ("mqtt://bücher", "outside ASCII"),
    ("mqtt://u:%FF@a", "not UTF-8"),
    ("mqtt://u:a%00b@a", "zero character"),
]


def test_good_urls_are_read_whole() -> None:
    """Host, port, TLS and credentials decide whom the device talks to."""
    for text, expected in GOOD:
        assert parse(text) == expected, text


def test_bad_urls_get_one_clear_line() -> None:
    """The tool prints this text as it is."""
    for text, reason in BAD:
        with pytest.raises(ValueError, match=reason) as caught:
            parse(text)
        assert "\n" not in str(caught.value), text


def test_lengths_are_taken_at_the_limit_and_refused_above() -> None:
    """A limit that is off by one is no limit."""
    label = "a" * 63
    host = ".".join([label, label, label, "b" * 61])
    assert len(host) == broker_url.MAX_HOST
    assert parse(f"mqtt://{host}").host == host
    word = "x" * broker_url.MAX_CREDENTIAL
    assert parse(f"mqtt://{word}:{word}@a").password == word
    whole = f"mqtt://{'0' * 5}"
    for text, reason in [
        (f"mqtt://{host}b", "neither a host name"),
        (f"mqtt://{'a' * 64}", "neither a host name"),
        (f"mqtt://{word}y@a", "user name has 129 bytes"),
        (f"mqtt://u:{word}y@a", "password has 129 bytes"),
        (whole + "/" * (broker_url.MAX_URL + 1 - len(whole)), "has 513 characters"),
        (whole + "/" * (broker_url.MAX_URL - len(whole)), "goes on after the port"),
    ]:
        with pytest.raises(ValueError, match=reason):
            parse(text)


def test_no_error_and_no_repr_shows_the_password() -> None:
    """Both end up in logs and in bug reports."""
    for tail in ("", "/2@a", "@a:0", "@", "@a/x", "@[::1", "%FF@a", "@b c", "%00@a", "@a..b", "#@a", "@a#hunter2"):
        with pytest.raises(ValueError, match=r"broker|region") as caught:
            parse("mqtt://u:hunter2" + tail)
        assert "hunter2" not in str(caught.value), tail
    assert "hunter2" not in repr(parse("mqtt://u:hunter2@a"))


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda tail: "mqtt://" + tail))
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    """A traceback instead of a line is a bug, whatever was typed."""
    try:
        url = parse(text)
    except ValueError:
        return
    assert 1 <= url.port <= 65_535
    assert url.host
