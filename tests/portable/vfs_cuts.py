"""The consent path on MicroPython's own VfsLfs2: tests/host/test_consent_path.py runs it. Prints the number of cuts.

A block device must answer with an error number: an exception would leave the C code half-way.
"""

import vfs

from hal.mpy.secrets import Secrets
from simulator import flash
from tests.portable.consent_path import BLOCKS, Sweep

_EIO = -5
_PLACE = "/cut"


class Blocks:
    """The extended interface (MicroPython library, vfs): readblocks and writeblocks with an offset, and ioctl."""

    def __init__(self, chip: "flash.Chip") -> None:
        self._region = chip.region("vfs")

    def readblocks(self, block: int, buf: bytearray, offset: int = 0) -> int:
        return self._told(self._region.read, block * flash.BLOCK + offset, buf)

    def writeblocks(self, block: int, buf: bytearray, offset: int = 0) -> int:
        return self._told(self._region.program, block * flash.BLOCK + offset, buf)

    def ioctl(self, code: int, argument: int) -> int:
        if code == 4:
            return BLOCKS
        if code == 5:
            return flash.BLOCK
        if code == 6:
            return self._told(self._region.erase, argument)
        return 0

    def _told(self, operation, *arguments) -> int:
        try:
            operation(*arguments)
        except OSError:
            return _EIO
        return 0


def mount(chip: "flash.Chip", fresh: bool) -> Secrets:
    """Whatever was mounted before has lost its power."""
    try:
        vfs.umount(_PLACE)
    except OSError:
        pass
    blocks = Blocks(chip)
    if fresh:
        vfs.VfsLfs2.mkfs(blocks)
    vfs.mount(vfs.VfsLfs2(blocks), _PLACE)
    return Secrets(_PLACE + "/secrets")


def run(count: int, depth: int, k: int, n: int) -> None:
    print(Sweep(mount, count).run(depth, (k, n)))
