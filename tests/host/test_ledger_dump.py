"""`amace ledger dump`: the region as the device's console gives it, and what it is worth to an outsider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.base.errors import NOT_GRANTED, OUT_OF_RANGE
from agent.link import console as c
from agent.privacy import cells
from agent.privacy import purposes as p
from simulator.device import InProcess
from tools import enrol
from tools import enrolment as e
from tools.cli import run
from tools.errors import Problem
from tools.ledger.book import read
from tools.ledger.command import app
from tools.rig.client import Rig
from tools.rig.log import DeviceLog
from tools.rig.stepped import SteppedWire


@pytest.fixture
def keys() -> e.Enrolment:
    return e.generate(bytes(range(16)), 3, "a network", "its password", "mqtts://broker.example:8883")


@pytest.fixture
def rig(keys: e.Enrolment, tmp_path: Path) -> Iterator[Rig]:
    """Bound, and past its authentication."""
    log = DeviceLog(tmp_path / "log")
    rig = Rig(SteppedWire("sim", InProcess()), log)
    enrol.over(rig, keys, "sim")
    assert rig.auth(keys.console_key, rig.hello().nonce) == 0
    yield rig
    log.close()


@pytest.mark.parametrize("device", ["sim", "mp32"])
def test_a_dump_verifies_with_the_key_it_names(keys: e.Enrolment, tmp_path: Path, device: str) -> None:
    """Without the vendor, and signed up to the question itself: on CPython and on the 32-bit machine."""
    file, dump = tmp_path / "keys.json", tmp_path / "events.bin"
    e.save(file, e.content(keys))
    told = CliRunner().invoke(app, ["dump", str(dump), "--port", device, "--enrolment", str(file)])
    assert told.exit_code == 0, told.output
    key = told.output.split("--key")[1].strip()
    shown = CliRunner().invoke(app, ["verify", str(dump), "--key", key])
    assert shown.exit_code == 0, shown.output
    assert "unsigned lines: 0" in shown.output
    assert "checkpoints: 1" in shown.output
    with pytest.raises(Problem, match="there already"):
        run(["ledger", "dump", str(dump), "--port", device, "--enrolment", str(file)])


def test_answers_to_the_rig_are_in_it(rig: Rig) -> None:
    """A console is a way out, too."""
    rig.state()
    account = read(rig.dump())
    assert account.holds, account.findings
    answers = [row for row in account.rows if row.way == cells.ANSWER]
    assert {(row.purpose, row.recipient, row.reason) for row in answers} == {(p.CONTROL, p.OWNER, p.GRANTED)}
    before = sum(row.messages for row in answers)
    again = [row for row in read(rig.dump()).rows if row.way == cells.ANSWER]
    region = InProcess().chip.region("events").size
    assert sum(row.messages for row in again) - before >= region // 256, "every piece of the first dump"


def test_a_piece_is_for_who_may_and_within_the_region(keys: e.Enrolment, rig: Rig) -> None:
    """Named errors, no silence and no byte from elsewhere."""
    rig.dump()
    assert rig.call(c.DUMP, b"\xff\xff")[0] == OUT_OF_RANGE
    assert rig.call(c.DUMP, b"\0")[0] == OUT_OF_RANGE
    rig.hello()
    assert rig.call(c.DUMP, bytes(2))[0] == NOT_GRANTED


def test_a_line_written_in_the_middle_begins_the_dump_anew(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of one state and half of another would look like damage."""
    call = rig.call
    pieces: list[int] = []

    def slow(operation: int, arguments: bytes = b"", timeout_ms: int = 3_000) -> tuple[int, bytes]:
        if operation == c.DUMP:
            pieces.append(int.from_bytes(arguments, "big"))
            if len(pieces) == 30:
                rig.listen(61_000)
        return call(operation, arguments, timeout_ms)

    monkeypatch.setattr(rig, "call", slow)
    account = read(rig.dump())
    assert account.holds, account.findings
    assert pieces.count(1) == 2
