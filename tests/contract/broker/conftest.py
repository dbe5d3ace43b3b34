"""Two brokers behind one face: ours on TCP, and mosquitto. Every test of this folder runs against both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulator.mqtt.broker import Broker
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import Connect
from simulator.mqtt.tcp import Server
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt_wire import Wire

_PACKET = Limits().remaining + 1  # mosquitto 2.0.11 counts the first byte too, but not those of the length


@dataclass
class Place:
    """A running broker. `is_ours` only where the standard leaves a choice, with the choice's name beside it."""

    port: int
    is_ours: bool
    wires: ExitStack = field(default_factory=ExitStack)

    def wire(self, client_id: str = "", **options: object) -> Wire:
        """A raw connection; with a client id it has been accepted."""
        wire = self.wires.enter_context(Wire(self.port))
        if client_id:
            wire.open(Connect(client_id, **options))
        return wire


@pytest.fixture(params=["ours", "mosquitto"])
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """start(broker, lines): a broker of ours, or a mosquitto with these lines of configuration, until the test ends."""
    with ExitStack() as running:

        def one(broker: Broker | None = None, lines: list[str] | None = None, anonymous: bool = True) -> Place:
            if request.param == "ours":
                place = Place(running.enter_context(Server(broker or Broker())).port, True)
            else:
                program: Path = request.getfixturevalue("mosquitto")
                same = [f"max_packet_size {_PACKET}", *(lines or [])]
                place = Place(running.enter_context(Mosquitto(program, tmp_path, None, same, anonymous)).port, False)
            running.enter_context(place.wires)
            return place

        yield one


@pytest.fixture
def place(start: Callable[..., Place]) -> Place:
    """The broker with everything as it comes."""
    return start()
