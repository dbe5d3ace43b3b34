"""The broker, the witness and the wire that other tests lean on: a broken one would let those tests pass for nothing."""

import socket
import ssl
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.proxy import Proxy
from tests.support.witness import Witness


def _greet(port: int, ca: str) -> None:
    context = ssl.create_default_context(cafile=ca)
    with socket.create_connection(("localhost", port)) as plain:
        context.wrap_socket(plain, server_hostname="localhost").close()


def test_witness_sees_what_a_tls_broker_passes_on(mosquitto: Path, tmp_path: Path) -> None:
    """Every TLS test of a link rests on this pair."""
    authority = Authority()
    ca = authority.save(tmp_path / "ca.pem")
    identity = authority.issue("localhost")
    with Mosquitto(mosquitto, tmp_path, identity) as broker, Witness(broker, "a/#", str(ca)) as seen:
        seen.publish("a/b", b"hello")
        assert seen.take() == ("a/b", b"hello", False)
        seen.publish("a/c", b"1")
        seen.publish("b/c", b"2")
        assert seen.drain() == [("a/c", b"1")]


def test_an_expired_or_foreign_certificate_fails_by_itself(mosquitto: Path, tmp_path: Path) -> None:
    """A generator that makes no difference between good and bad would make every refusal test vacuous."""
    authority, stranger = Authority(), Authority()
    ca = str(authority.save(tmp_path / "ca.pem"))
    cases = [
        (authority.issue("localhost"), ""),
        (authority.issue("elsewhere"), "Hostname mismatch"),
        (authority.issue("localhost", age_days=3), "expired"),
        (authority.issue("localhost", age_days=-3), "not yet valid"),
        (stranger.issue("localhost"), "unable to get local issuer|signature failure|self-signed"),
    ]
    for identity, reason in cases:
        with Mosquitto(mosquitto, tmp_path, identity) as broker:
            if reason:
                with pytest.raises(ssl.SSLCertVerificationError, match=reason):
                    _greet(broker.port, ca)
            else:
                _greet(broker.port, ca)


def test_a_broker_that_cannot_start_says_why(mosquitto: Path, tmp_path: Path) -> None:
    """Otherwise a typing error in a test's configuration looks like a slow machine."""
    with pytest.raises(AssertionError, match="nonsense"):
        Mosquitto(mosquitto, tmp_path, lines=["nonsense 1"]).start()


def test_the_wire_swallows_upward_bytes_and_keeps_them(mosquitto: Path, tmp_path: Path) -> None:
    """The withdrawal tests need proof that a message was sent, and that it never arrived."""
    with (
        Mosquitto(mosquitto, tmp_path) as broker,
        Witness(broker) as seen,
        Proxy(broker.port) as wire,
        Witness(broker, "none", port=wire.port, name="talker") as talker,
    ):
        talker.publish("t", b"before")
        assert seen.take() == ("t", b"before", False)
        wire.deaf_upward = True
        talker.publish("t", b"lost")
        wire.expect_swallowed(b"lost")
        assert seen.drain() == []
