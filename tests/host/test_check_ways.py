"""I1: only the gate holds ways out. A second holder anywhere in agent/ must break the build."""

from pathlib import Path

import pytest

from tests.host.planted import found
from tools.check import ways

HOLDS = "it holds the ways out"
WRONG = [
    (
        "agent/link/uplink.py",
        "class Uplink:\n    def flush(self):\n        self._link.send(self.message)\n",
        "3 it uses .send, a way out",
    ),
    (
        "agent/link/uplink.py",
        "class Uplink:\n    def flush(self):\n        push = self._link.send\n",
        "3 it uses .send, a way out",
    ),
    ("agent/alarm/guard.py", "def cry(ble):\n    ble.advertise(b'', b'', 100)\n", "2 it uses .advertise, a way out"),
    ("agent/link/uplink.py", "def dial(link, options):\n    link.open(options)\n", "2 it uses .open, a way out"),
    ("agent/link/console.py", "def answer(ports):\n    ports.console.write(b'', 0)\n", "2 it uses .write, a way out"),
    ("agent/media/studio.py", "class Studio:\n    def __init__(self, ways):\n        pass\n", f"2 {HOLDS}"),
    ("agent/core.py", "class Core:\n    def __init__(self, ways):\n        self.exits = ways\n", f"3 {HOLDS}"),
    ("agent/core.py", "class Core:\n    def __init__(self, ways):\n        Studio(ways)\n", f"3 {HOLDS}"),
    ("agent/core.py", "class Core:\n    def __init__(self, ways):\n        Gate(ways.link)\n", f"3 {HOLDS}"),
    ("agent/core.py", "def leak(core):\n    core.gate._ways.link\n", f"2 {HOLDS}"),
    ("agent/status.py", "def leak(link):\n    getattr(link, 'se' + 'nd')(1)\n", "2 getattr can reach a way out unseen"),
]
RIGHT = [
    (
        "agent/privacy/gate.py",
        "class Gate:\n    def __init__(self, ways):\n        self._ways = ways\n        ways.link.send(1)\n",
    ),
    ("agent/core.py", "class Core:\n    def __init__(self, ports, ways):\n        self.gate = Gate(ways, ports)\n"),
    ("agent/runtime.py", "async def serve(ports, ways):\n    core = Core(ports, ways)\n"),
    ("agent/alarm/guard.py", "class Guard:\n    def cry(self):\n        self._gate.advertise(1, b'', b'', 100)\n"),
    ("agent/link/console.py", "class Console:\n    def close(self):\n        self.open = False\n"),
    ("hal/host/link.py", "def go(client):\n    client.publish('t', b'')\n"),
]


@pytest.mark.parametrize(("name", "text", "expected"), WRONG)
def test_a_second_holder_of_a_way_out_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """One byte that leaves past the gate leaves without consent and without a line in the ledger."""
    assert found(ways.check, tmp_path, name, text) == [expected]


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_the_gate_and_those_who_ask_it_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    """The check must know the difference between asking the gate and going round it."""
    assert found(ways.check, tmp_path, name, text) == []


def test_the_gate_of_this_tree_is_where_the_check_believes_it_is() -> None:
    """Were the gate moved, the exemption would silently cover another file."""
    tree = Path(ways.__file__).resolve().parents[2]
    holder = tree / ways.DEFINES
    assert "class Ways" in holder.read_text(encoding="utf-8")
