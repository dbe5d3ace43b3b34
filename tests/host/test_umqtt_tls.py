"""umqtt.simple on both MicroPython machines against a real mosquitto over TLS, certificate and name verified."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.certificates import Authority, Identity
from tests.support.mosquitto import Mosquitto
from tests.support.proxy import Proxy
from tests.support.witness import Witness
from tools import mpy

PUBLISHER = Path(__file__).with_name("umqtt_publisher.py")
_SECONDS = 60
_CERTIFICATE = 3  # Link.error


class Device:
    """A machine that publishes once and reads its inbox."""

    def __init__(self, vm: Path, umqtt: Path) -> None:
        self._vm = vm
        self._environment = os.environ | {"MICROPYPATH": f"{umqtt}:.frozen"}

    def start(self, port: int, ca: Path | None, size: int = 5, patience_ms: int = 20_000) -> subprocess.Popen[str]:
        command = [self._vm, "-X", "heapsize=160k", PUBLISHER, mpy.compiled(optimise=0), "localhost", port]
        words = [str(word) for word in command] + [str(ca or ""), str(size), str(patience_ms)]
        return subprocess.Popen(
            words, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.fixture
def device(vm: Path, umqtt: Path) -> Device:
    return Device(vm, umqtt)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def finish(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate(timeout=_SECONDS)
    assert process.returncode == 0, said
    return said


def test_a_message_goes_out_and_one_comes_in_over_tls(
    device: Device, mosquitto: Path, authority: Authority, tmp_path: Path
) -> None:
    """The device's whole network life in stock firmware's client."""
    ca = tmp_path / "ca.der"
    ca.write_bytes(authority.der)
    pem = str(authority.save(tmp_path / "ca.pem"))
    payload = b"x" * 900
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        Witness(broker, "d/device/status", pem) as seen,
        Witness(broker, "d/device/presence", pem, name="guard") as guard,
    ):
        process = device.start(broker.port, ca, len(payload))
        assert seen.take() == ("d/device/status", payload, False)
        seen.publish("d/device/in", b"welcome")
        said = finish(process)
        assert "sent 12337\n" in said
        assert "received welcome\n" in said
        assert "state 2 error 0" in said
        broker.expect(r"Received DISCONNECT from device")
        assert guard.drain() == []


def test_an_authority_may_be_pem_and_hold_several_certificates(
    device: Device, mosquitto: Path, authority: Authority, tmp_path: Path
) -> None:
    """Operators are given PEM bundles; mbedTLS takes one DER at a time."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(Authority("Another").pem + authority.pem)
    pem = str(authority.save(tmp_path / "ca.pem"))
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        Witness(broker, "d/#", pem) as seen,
    ):
        process = device.start(broker.port, bundle)
        assert seen.take() == ("d/device/status", b"xxxxx", False)
        seen.publish("d/device/in", b"welcome")
        assert "received welcome\n" in finish(process)


def bad_identities(authority: Authority) -> list[tuple[str, Identity]]:
    return [
        ("wrong name", authority.issue("elsewhere.example")),
        ("unknown authority", Authority().issue("localhost")),
        ("expired", authority.issue("localhost", age_days=3)),
        ("not yet valid", authority.issue("localhost", age_days=-3)),
    ]


def test_every_certificate_but_the_right_one_is_refused(
    device: Device, mosquitto: Path, authority: Authority, tmp_path: Path
) -> None:
    """No CONNECT, so no client id, reaches a server that is not ours; 3 tells the owner why."""
    ca = tmp_path / "ca.der"
    ca.write_bytes(authority.der)
    for name, identity in bad_identities(authority):
        with Mosquitto(mosquitto, tmp_path, identity) as broker:
            said = finish(device.start(broker.port, ca))
            assert f"state 0 error {_CERTIFICATE} " in said, (name, said)
            assert broker.count("Received CONNECT|New client connected") == 0, name


def test_a_broker_without_tls_is_refused_when_tls_is_asked_for(
    device: Device, mosquitto: Path, authority: Authority, tmp_path: Path
) -> None:
    """There is no way back to clear text."""
    ca = tmp_path / "ca.der"
    ca.write_bytes(authority.der)
    with Mosquitto(mosquitto, tmp_path) as broker:
        said = finish(device.start(broker.port, ca))
        assert "state 0 error" in said
        assert "sent" not in said
        assert broker.count("New client connected") == 0


def test_a_dropped_connection_leaves_the_will_and_never_counts_as_sent(
    device: Device, mosquitto: Path, tmp_path: Path
) -> None:
    """A tunnel under the street: the store keeps what was not acknowledged."""
    with (
        Mosquitto(mosquitto, tmp_path) as broker,
        Proxy(broker.port) as wire,
        Witness(broker, "d/device/#") as seen,
    ):
        process = device.start(wire.port, None)
        assert seen.take() == ("d/device/status", b"xxxxx", False)
        wire.cut()
        said = finish(process)
        assert "state 0 error 1" in said
        assert seen.take() == ("d/device/presence", b"gone", False)


def test_a_poll_does_not_wait_for_the_broker(
    device: Device, mosquitto: Path, authority: Authority, tmp_path: Path
) -> None:
    """The alarm machine runs between two polls. A silent broker must cost it nothing; the handshake's own arithmetic may."""
    ca = tmp_path / "ca.der"
    ca.write_bytes(authority.der)
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        Proxy(broker.port) as wire,
    ):
        wire.deaf_downward = True
        process = device.start(wire.port, ca, patience_ms=1_500)
        wire.expect_swallowed(b"\x16\x03")  # the server's part of the handshake
        said = finish(process)
        assert "state 1 error 0" in said
        longest = re.search(r"longest (\d+)", said)
        assert longest is not None, said
        assert int(longest[1]) < 300, said
