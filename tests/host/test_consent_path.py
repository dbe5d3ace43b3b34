"""No power cut ends in "acknowledged and still on": the agent's whole consent path, over littlefs on CPython and on the 32-bit machine.

Six torn modes at every program and erase; at depth 2 the power goes again at every one of the start that follows.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from littlefs import LittleFS

from agent.privacy.desk import Desk
from hal.mpy import secrets as real
from simulator.flash import Chip
from tests.host.test_consent_cuts import File, as_on_the_device, mounted
from tests.portable.consent_path import Sweep
from tools import mpy

RECORDS = 12
_PARTS = 36  # of the deep sweep: 10 to 15 s of CPU each
_SECONDS = 280

Mount = Callable[[Chip, bool], real.Secrets]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """The device's own secrets file in littlefs' C library, over the chip mounted last."""
    systems: list[LittleFS] = []

    class Os:
        @staticmethod
        def rename(old: str, new: str) -> None:
            with as_on_the_device():
                systems[-1].rename(old, new)

    def opened(path: str, mode: str) -> File:
        return File(systems[-1], path, mode)

    def make(chip: Chip, fresh: bool) -> real.Secrets:
        with as_on_the_device():
            systems[:] = [mounted(chip, fresh)]
        return real.Secrets("secrets")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real, "os", Os)
        patch.setattr(real, "open", opened, raising=False)
        yield make


def on_machine(vm: Path, records: int, depth: int, k: int = 0, n: int = 1) -> int:
    """The number of cuts tried on its VfsLfs2, whose facts are its own (MicroPython's extmod/vfs_lfsx.c)."""
    code = f"import sys; sys.path.insert(0, {str(mpy.compiled(optimise=0))!r}); from tests.portable import vfs_cuts"
    command = [vm, "-X", "heapsize=1m", "-c", f"{code}; vfs_cuts.run({records}, {depth}, {k}, {n})"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    return int(done.stdout)


def test_no_cut_ends_in_acknowledged_and_still_on(mount: Mount) -> None:
    """I6: whoever withdrew and was answered is never reported on again."""
    assert Sweep(mount, RECORDS).run() >= 6 * 6 * RECORDS


def test_no_cut_during_the_start_after_a_cut_does(mount: Mount, seed: int) -> None:
    """Power that fails once fails again: a battery at its end. One operation in four; all of them with --full."""
    assert Sweep(mount, 1).run(2, (seed % 4, 4)) > 500


def test_no_cut_on_the_machines_own_file_system_does(mp32: Path) -> None:
    """The C code that a device runs, with its block sizes, from bytecode."""
    assert on_machine(mp32, 4, 1) >= 6 * 6 * 4


@pytest.mark.full
@pytest.mark.parametrize("k", range(_PARTS))
def test_no_cut_at_depth_2_of_the_whole_workload_does(mount: Mount, k: int) -> None:
    """Twelve records: every compaction of the file system, and every way to be interrupted after it."""
    assert Sweep(mount, RECORDS).run(2, (k, _PARTS)) > 500


@pytest.mark.full
@pytest.mark.parametrize("k", range(_PARTS))
def test_no_cut_at_depth_2_on_the_machine_does(mp32: Path, k: int) -> None:
    """The same on VfsLfs2."""
    assert on_machine(mp32, RECORDS, 2, k, _PARTS) > 500


def test_a_device_that_answers_before_it_keeps_is_found_out(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep that would not notice proves nothing: here every second record is kept only with the next one."""
    keep, asked = Desk.keep, [0]

    def late(self: Desk, now: int) -> int:
        asked[0] += 1
        return keep(self, now) if asked[0] % 2 else 0

    sweep = Sweep(mount, 3)
    monkeypatch.setattr(Desk, "keep", late)
    with pytest.raises(AssertionError):
        sweep.run()
