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
from tools.consent import wallet
from tools.errors import Problem


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


def test_an_export_over_a_broker_is_what_the_device_holds(laptop: Laptop, broker: Mosquitto, tmp_path: Path) -> None:
    """The owner's file is enough: no cable, no maker."""
    folder = tmp_path / "mine"
    with Witness(broker, "d/#") as witness:
        assert run(["rights", "export", "--owner", str(laptop.owner), "--out", str(folder)]) == 0
        seen = b"".join(payload for _, payload in witness.drain())
    assert len(seen) > 200, "the pieces"
    assert b"a network" not in seen, "the broker read it"
    told = json.loads((folder / "export.json").read_text())
    assert told["device_id"] == bytes(range(16)).hex()
    assert told["consent_chain"]["records"] == 1, "the order itself"
    assert told["settings"]["wifi_ssid"] == "a network"


def test_an_ended_account_leaves_neither_secrets_nor_a_retained_message(
    laptop: Laptop, broker: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Policy 5.5, against the file that keeps the secrets and against the broker."""
    kept = tmp_path / "certificate.json"
    with Witness(broker, "d/#") as early:
        early.publish(laptop.topic + "online", b"left by an earlier life", retain=True)
        early.drain()
    assert run(["rights", "erase", "--whole", "--yes", "--owner", str(laptop.owner), "--out", str(kept)]) == 0
    assert json.loads(kept.read_text())["exceptions"] == []
    assert laptop.ended()
    raw = (laptop.state / "secrets").read_text()
    assert set(json.loads(raw)) == {"device_id", "epoch"}
    assert b"its password".hex() not in raw
    with Witness(broker, "d/#") as late:
        assert late.drain() == []
    capsys.readouterr()
    assert run(["rights", "correct", "--name", "x", "--owner", str(laptop.owner), "--wait", "1"]) == 1
    assert "no answer: the device is not connected" in capsys.readouterr().err


def test_a_broker_that_is_not_there_is_said_in_one_line(laptop: Laptop) -> None:
    """Before anything is ordered."""
    with pytest.raises(Problem, match="the broker cannot be used"):
        run(["rights", "correct", "--name", "x", "--owner", str(laptop.owner), "--broker", "mqtt://127.0.0.1:9"])
    with pytest.raises(Problem, match="mqtts://"):
        run(["rights", "correct", "--name", "x", "--owner", str(laptop.owner), "--broker", "http://x"])


def test_orders_and_records_share_one_chain_over_a_broker(
    laptop: Laptop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file, no cable: an order first, then a grant that fits behind it, and an order that fits behind that."""
    owner = ("--owner", str(laptop.owner))
    assert run(["rights", "correct", "--name", "Blue bike", *owner]) == 0
    capsys.readouterr()
    run(["consent", "grant", "status", *owner, "--json"])
    assert json.loads(capsys.readouterr().out)["code"] == 0
    assert run(["rights", "export", *owner, "--out", str(tmp_path / "mine")]) == 0
    told = json.loads((tmp_path / "mine" / "export.json").read_text())
    assert told["settings"]["name"] == "Blue bike"
    assert told["consent_chain"]["records"] == 3
    assert {row["purpose"]: row["state"] for row in told["consent"]}["status"] == "ConsentGiven"


def test_an_order_whose_answer_was_lost_is_found_over_a_broker(laptop: Laptop, tmp_path: Path) -> None:
    """The device's receipt says where its chain ends. A copy that never heard of the order is refused, and can still end it all."""
    owner = ("--owner", str(laptop.owner))
    assert run(["rights", "correct", "--name", "a", *owner]) == 0
    chain = wallet.chain_of(laptop.owner)
    early = chain.read_text()
    assert run(["rights", "correct", "--name", "b", *owner]) == 0
    said = json.loads(chain.read_text())
    chain.write_text(json.dumps(said | {"chain": said["chain"][:-1]}))
    assert run(["rights", "export", *owner, "--out", str(tmp_path / "mine")]) == 0
    assert json.loads((tmp_path / "mine" / "export.json").read_text())["consent_chain"]["records"] == 3
    chain.write_text(early)
    with pytest.raises(Problem, match="which this file does not hold"):
        run(["rights", "export", *owner, "--out", str(tmp_path / "again")])
    assert run(["rights", "erase", "--whole", "--yes", *owner]) == 0
