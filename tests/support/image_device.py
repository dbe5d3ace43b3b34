"""A LittleFS image in a file as the block device of a MicroPython machine, mounted at the root like a board's `vfs`."""

import sys

import vfs

_BLOCK = 4096
_COUNT = 4  # operations of the block protocol (MicroPython's vfs.AbstractBlockDev)
_SIZE = 5
_ERASE = 6


class FileBlocks:
    """NOR flash is not modelled: the file system's own writes are trusted here."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")  # noqa: SIM115 - open for as long as it is mounted
        self._blocks = self._file.seek(0, 2) // _BLOCK

    def readblocks(self, number: int, buf: bytearray, offset: int = 0) -> None:
        self._file.seek(number * _BLOCK + offset)
        self._file.readinto(buf)

    def writeblocks(self, number: int, buf: bytearray, offset: int = 0) -> None:
        self._file.seek(number * _BLOCK + offset)
        self._file.write(buf)
        self._file.flush()

    def ioctl(self, operation: int, argument: int) -> "int | None":
        if operation == _COUNT:
            return self._blocks
        if operation == _SIZE:
            return _BLOCK
        if operation == _ERASE:
            self.writeblocks(argument, b"\xff" * _BLOCK)
        return 0


def mount(path: str) -> None:
    """The image becomes `/`; the modules a stock board finds by itself stay reachable as `.frozen` and `/lib`."""
    filesystem = vfs.VfsLfs2(FileBlocks(path))
    vfs.umount("/")
    vfs.mount(filesystem, "/")
    sys.path[:] = ["", ".frozen", "/lib"]
