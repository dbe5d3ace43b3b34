"""PahoLink against a real mosquitto over TLS: whom it trusts, and whom it must not."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from hal.host.link import PahoLink
from tests.support.certificates import Authority
from tests.support.links import Message, Options, drive
from tests.support.mosquitto import Mosquitto
from tests.support.peer import CONNACK, SUBACK, publish
from tests.support.witness import Witness

DOWN, OPENING, UP = 0, 1, 2
NETWORK, REFUSED, CERTIFICATE = 1, 2, 3


@pytest.fixture(scope="module")
def authority() -> Authority:
    """One for the whole file: making keys takes longer than using them."""
    return Authority()


def _outcome(link: PahoLink) -> tuple[int, int]:
    """State and error once the opening is over."""
    link.open(Options())
    assert drive(link, lambda: link.state != OPENING)
    outcome = link.state, link.error
    link.close(True)
    return outcome


def test_a_message_at_qos_1_reaches_the_broker_over_tls(mosquitto: Path, tmp_path: Path, authority: Authority) -> None:
    """The first thing the product does with a network, with certificate and name checked."""
    ca = authority.save(tmp_path / "ca.pem")
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        Witness(broker, "d/#", str(ca)) as seen,
    ):
        link = PahoLink(f"mqtts://localhost:{broker.port}", ca)
        sent: list[int] = []
        link.on_sent = sent.append
        link.open(Options())
        assert drive(link, lambda: link.state == UP)
        link.send(Message(b"hello", id=77))
        assert drive(link, lambda: sent == [77])
        assert seen.take() == ("d/bike/status", b"hello", False)
        link.close(True)
        broker.expect("Received DISCONNECT from bike")


def test_whom_to_trust_is_decided_by_certificate_and_name(
    mosquitto: Path, tmp_path: Path, authority: Authority
) -> None:
    """A broker that anybody can impersonate reads everybody's rides."""
    ca = authority.save(tmp_path / "ca.pem")
    cases = [
        ("right", authority.issue("localhost"), "localhost", (UP, 0)),
        ("right, by address", authority.issue("127.0.0.1"), "127.0.0.1", (UP, 0)),
        ("wrong name", authority.issue("elsewhere"), "localhost", (DOWN, CERTIFICATE)),
        ("name, but an address was asked for", authority.issue("localhost"), "127.0.0.1", (DOWN, CERTIFICATE)),
        ("expired", authority.issue("localhost", age_days=3), "localhost", (DOWN, CERTIFICATE)),
        ("not yet valid", authority.issue("localhost", age_days=-3), "localhost", (DOWN, CERTIFICATE)),
        ("unknown authority", Authority().issue("localhost"), "localhost", (DOWN, CERTIFICATE)),
    ]
    for name, identity, host, expected in cases:
        with Mosquitto(mosquitto, tmp_path, identity) as broker:
            assert _outcome(PahoLink(f"mqtts://{host}:{broker.port}", ca)) == expected, name
            assert broker.count("as bike") == (expected == (UP, 0)), name


def test_the_systems_authorities_do_not_vouch_for_ours(mosquitto: Path, tmp_path: Path, authority: Authority) -> None:
    """Without a CA file the system's list decides, not nobody."""
    with Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker:
        assert _outcome(PahoLink(f"mqtts://localhost:{broker.port}")) == (DOWN, CERTIFICATE)


def test_tls_and_plain_do_not_meet(mosquitto: Path, tmp_path: Path, authority: Authority) -> None:
    """Falling back to plain TCP would be the end of it."""
    ca = authority.save(tmp_path / "ca.pem")
    with Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker:
        assert _outcome(PahoLink(f"mqtt://localhost:{broker.port}")) == (DOWN, NETWORK)
    with Mosquitto(mosquitto, tmp_path) as broker:
        assert _outcome(PahoLink(f"mqtts://localhost:{broker.port}", ca)) == (DOWN, NETWORK)
        assert broker.count("as bike") == 0


def test_user_and_password_are_sent_and_judged(mosquitto: Path, tmp_path: Path) -> None:
    """A refusal is told apart from a lost network: waiting longer is its only remedy."""
    # mosquitto_passwd's form: PBKDF2 with SHA-512 over a fixed salt, of the invented word "wheel".
    import base64
    import hashlib

    salt = b"twelve bytes"
    digest = hashlib.pbkdf2_hmac("sha512", b"wheel", salt, 101)
    words = tmp_path / "words"
    words.write_text(f"rider:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n")
    with Mosquitto(mosquitto, tmp_path, lines=[f"password_file {words}"], anonymous=False) as broker:
        for credentials, expected in [
            ("rider:wheel@", (UP, 0)),
            ("rider:spoke@", (DOWN, REFUSED)),
            ("", (DOWN, REFUSED)),
        ]:
            assert _outcome(PahoLink(f"mqtt://{credentials}localhost:{broker.port}")) == expected, credentials


def test_a_handshake_that_is_never_answered_holds_nothing_up(tmp_path: Path, authority: Authority) -> None:
    """A captive portal that accepts and says nothing must not stop the alarm machine, nor keep the link for good."""
    ca = authority.save(tmp_path / "ca.pem")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = PahoLink(f"mqtts://127.0.0.1:{silent.getsockname()[1]}", ca)
        link.open(Options())
        for now in range(0, 10_000, 100):
            link.poll(now)
            assert link.state == OPENING, now
        link.poll(10_000)
        assert (link.state, link.error) == (DOWN, 5)


def test_what_tls_has_already_decrypted_is_read(tmp_path: Path, authority: Authority) -> None:
    """Ten messages in one record: the system's socket is empty after the first, and says nothing more."""
    ca = authority.save(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("127.0.0.1").save(tmp_path))
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        plain, _ = server.accept()
        with context.wrap_socket(plain, server_side=True) as broker:
            broker.recv(1_000)
            broker.sendall(CONNACK + SUBACK + publish(b"d/bike/in", b"x") * 10)
            over.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        link = PahoLink(f"mqtts://127.0.0.1:{server.getsockname()[1]}", ca)
        got: list[int] = []
        link.on_message = lambda topic, buf, n: got.append(n)
        link.open(Options())
        assert drive(link, lambda: len(got) == 10)
        link.close(False)
        over.set()
        thread.join()


def test_a_ca_file_that_cannot_be_used_gets_one_line(tmp_path: Path) -> None:
    """The tool prints it; a link that trusted nobody would only fail later, and less clearly."""
    cases = [
        (b"", "holds no authority's certificate"),
        (b"not a certificate", "holds no authority's certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no authority's certificate"),
        (bytes((1 << 20) + 1), "has more than 1048576 bytes"),
    ]
    path = tmp_path / "ca.pem"
    for content, reason in cases:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=reason) as caught:
            PahoLink("mqtts://localhost", path)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        PahoLink("mqtts://localhost", tmp_path / "absent")


def test_authorities_may_be_der_and_several(mosquitto: Path, tmp_path: Path, authority: Authority) -> None:
    """Devices hold DER; a rotation of authorities needs both for a while."""
    path = tmp_path / "ca"
    with Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker:
        for name, content in [
            ("DER", authority.der),
            ("two DER", Authority("Old").der + authority.der),
            ("two PEM", Authority("Old").pem + authority.pem),
        ]:
            path.write_bytes(content)
            assert _outcome(PahoLink(f"mqtts://localhost:{broker.port}", path)) == (UP, 0), name
