"""The device's whole consent path over one chip: record → ledger → store in a file system → anchor → answer. Its power may go at any
operation, and again while it starts: a `Sweep` raises when a withdrawal was answered and its purpose is on.

`mount(chip, fresh)` gives hal.ports.Secrets over a file system in the region `vfs`: littlefs' C library on CPython, VfsLfs2 on the
machine (vfs_cuts.py). Signatures are taken for good here: no cut reaches them, and they have tests of their own.
"""

from agent.core import Core
from agent.privacy import purposes as p
from simulator import board, flash, remote
from tests.portable import bench, cuts
from tests.portable.signed import START, Chain, line, no

BLOCKS = 8  # of the file system
_MAP = (("vfs", BLOCKS), ("anchor", 2))
_NOW = 1_000


class Device:
    """Starts on what the chip holds; OSError once its power is off."""

    def __init__(self, chip: "flash.Chip", mount, fresh: bool = False) -> None:
        self.chip = chip
        secrets = mount(chip, fresh)
        if fresh:
            for name, value in bench.enrolled().items():
                secrets.put(name, value)
        ports, ways, profile = board.build(remote.Hub(bytes(16), _NOW, _silent), board.ROOMY)
        ports.secrets = secrets
        ports.anchor = chip.region("anchor")
        self.core = Core(ports, ways, profile, _NOW)
        if chip.off:
            raise OSError(5)
        self.core.calendar.learn(START + 5, _NOW)

    def take(self, record: bytes) -> None:
        """One record, and its answer: OSError when there is none."""
        codes: "list[int]" = []
        self.core.record(record, len(record), _NOW, codes.append)
        if not codes:
            self.core.hear().decide(True, _NOW)
        self.core.notary.ask = None  # the receipt is not signed here
        if self.chip.off:
            raise OSError(5)
        assert codes == [0], codes

    def on(self) -> bool:
        return bool(self.core.grants.live(START + 6) >> p.STATUS & 1)


def _silent(port: int, pieces) -> None:
    """What the device says is not looked at."""


class Sweep:
    """`count` records that turn one purpose on and off in turn, the first one on."""

    def __init__(self, mount, count: int) -> None:
        self._mount = mount
        self._count = count
        chain = Chain()
        self._records = [chain.next(no(p.STATUS) if k % 2 else line(p.STATUS)) for k in range(count + 3)]
        chip = flash.Chip(_MAP)
        Device(chip, mount, fresh=True)
        self._image = bytes(chip.cells)

    def fresh(self) -> "flash.Chip":
        """Enrolled, started once, no record yet."""
        chip = flash.Chip(_MAP)
        chip.cells[:] = self._image
        return chip

    def work(self, chip: "flash.Chip", log: list) -> None:
        device = Device(chip, self._mount)
        for k in range(self._count):
            device.take(self._records[k])
            log.append(k)

    def judge(self, chip: "flash.Chip", log: list) -> None:
        """What was answered holds, perhaps with what was not answered any more; and the next record is taken."""
        device = Device(chip, self._mount)
        seq = device.core.grants.seq
        assert not device.core.grants.damaged, "a cut is no damage"
        assert len(log) <= seq <= len(log) + 2, (len(log), seq)
        assert device.on() == (seq % 2 == 1), (
            "acknowledged and still on" if device.on() else "acknowledged and still off"
        )
        device.take(self._records[seq])
        again = Device(chip, self._mount)
        assert (again.core.grants.seq, again.on()) == (seq + 1, seq % 2 == 0)

    def run(self, depth: int = 1, part: tuple = (0, 1)) -> int:
        """The number of cuts tried."""
        return cuts.every(self.fresh, self.work, self.judge, depth, part=part)
