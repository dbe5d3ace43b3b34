"""`amace rights` over a real broker, to a whole agent with a real link: what travels, what stays, what the broker keeps."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.core import Core
from boards.host import Options, build
from hal.host.secrets import FileSecrets
from tests.support.mosquitto import Mosquitto
from tests.support.witness import Witness
from tools import enrolment as e
from tools.cli import run
from tools.errors import Problem
from tools.rights import lines


class Laptop:
    """A bound agent on a thread of its own, until it asks for a restart."""

    def __init__(self, folder: Path, broker: Mosquitto) -> None:
        made = e.generate(bytes(range(16)), 1, "a network", "its password", f"mqtt://127.0.0.1:{broker.port}")
        self.owner = folder / "owner.json"
        e.save(self.owner, made.owner())
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        secrets = FileSecrets(self.state / "secrets")
        for name, value in made.secrets.items():
            secrets.put(name, value)
        ports, ways, profile = build(Options(self.state, watchdog=False))
        self.core = Core(ports, ways, profile, ports.clock.ticks())
        self.topic = self.core.topic.decode()
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._halt.wait(0.002) and not self.core.restart:  # one look at the ports, as a board's loop
            self.core.pump(self.core.ports.clock.ticks())

    def online(self) -> None:
        end = time.monotonic() + 10
        while not self.core.uplink.up:
            assert time.monotonic() < end

    def ended(self) -> bool:
        self._thread.join(10)
        return self.core.restart

    def close(self) -> None:
        self._halt.set()
        self._thread.join(10)
        self.core.uplink.close(True)


@pytest.fixture
def broker(mosquitto: Path, tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(mosquitto, tmp_path) as made:
        yield made


@pytest.fixture
def laptop(broker: Mosquitto, tmp_path: Path) -> Iterator[Laptop]:
    made = Laptop(tmp_path, broker)
    made.online()
    yield made
    made.close()


def test_an_export_over_a_broker_is_what_the_device_holds(laptop: Laptop, tmp_path: Path) -> None:
    """The owner's file is enough: no cable, no maker."""
    folder = tmp_path / "mine"
    assert run(["rights", "export", "--keys", str(laptop.owner), "--out", str(folder)]) == 0
    told = json.loads((folder / "export.json").read_text())
    assert told["device_id"] == bytes(range(16)).hex()
    assert told["consent_chain"]["records"] == 1, "the order itself"
    assert told["settings"]["wifi_ssid"] == "a network"


def test_an_ended_account_leaves_neither_secrets_nor_a_retained_message(
    laptop: Laptop, broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Policy 5.5, against the file that keeps the secrets and against the broker."""
    kept = tmp_path / "certificate.json"
    with Witness(broker, "d/#") as early:
        early.publish(laptop.topic + "online", b"left by an earlier life", retain=True)
        early.drain()
    assert run(["rights", "erase", "--whole", "--yes", "--keys", str(laptop.owner), "--out", str(kept)]) == 0
    assert json.loads(kept.read_text())["exceptions"] == []
    assert laptop.ended()
    raw = (laptop.state / "secrets").read_text()
    assert set(json.loads(raw)) == {"device_id", "epoch"}
    assert b"its password".hex() not in raw
    with Witness(broker, "d/#") as late:
        assert late.drain() == []
    monkeypatch.setattr(lines, "PATIENCE_S", 1.0)
    with pytest.raises(Problem, match="says nothing"):
        run(["rights", "correct", "--name", "x", "--keys", str(laptop.owner)])


def test_a_broker_that_is_not_there_is_said_in_one_line(laptop: Laptop) -> None:
    """Before anything is ordered."""
    with pytest.raises(Problem, match="no connection"):
        run(["rights", "correct", "--name", "x", "--keys", str(laptop.owner), "--broker", "mqtt://127.0.0.1:9"])
    with pytest.raises(Problem, match="mqtts://"):
        run(["rights", "correct", "--name", "x", "--keys", str(laptop.owner), "--broker", "http://x"])
