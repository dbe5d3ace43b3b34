"""The consent snapshot in a real littlefs (the C library), then the anchor, then the answer: cut at every flash operation.

hal/mpy/secrets.py itself writes here, over a file system in the simulator's chip. What must never come of it: a withdrawal that was
answered, and the purpose still on.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from littlefs import LittleFS, LittleFSError, lfs
from littlefs.context import UserContext

from agent.store.anchor import ADOPTED, ROLLED_BACK, SAME, Anchor
from hal.mpy import secrets as real
from simulator.flash import TORN, Chip

BLOCKS = 8
MAP = (("vfs", BLOCKS), ("anchor", 2))
ROUNDS = 4
EIO = -5


class Disk(UserContext):
    """littlefs' block device over a region. A cut is an error code there, not an exception."""

    def __init__(self, chip: Chip) -> None:
        super().__init__(buffer=bytearray())
        self._region = chip.region("vfs")

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:  # Any: the library's own structure, untyped
        buf = bytearray(size)
        with suppress(
            OSError
        ):  # a read cannot fail here: without power there is nothing in it, and no program after it succeeds
            self._region.read(block * 4096 + off, buf)
        return buf

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:  # Any: as above
        try:
            self._region.program(block * 4096 + off, data)
        except OSError:
            return EIO
        return 0

    def erase(self, cfg: Any, block: int) -> int:  # Any: as above
        try:
            self._region.erase(block)
        except OSError:
            return EIO
        return 0


@contextmanager
def as_on_the_device() -> Iterator[None]:
    """The library's error is the device's."""
    try:
        yield
    except LittleFSError as error:
        raise OSError(-error.code) from None


class File:
    """A file of littlefs, closed once: the library's own closes again after an error, and its C code then aborts."""

    @as_on_the_device()
    def __init__(self, system: LittleFS, path: str, mode: str) -> None:
        self._handle = lfs.file_open(system.fs, path, "r" if mode == "rb" else "w")
        self._fs = system.fs

    def __enter__(self) -> "File":
        return self

    @as_on_the_device()
    def __exit__(self, *ignored: object) -> None:
        lfs.file_close(self._fs, self._handle)

    @as_on_the_device()
    def read(self) -> bytes:
        return lfs.file_read(self._fs, self._handle, lfs.file_size(self._fs, self._handle))

    @as_on_the_device()
    def write(self, data: bytes) -> None:
        lfs.file_write(self._fs, self._handle, bytes(data))


def mounted(chip: Chip, fresh: bool = False) -> LittleFS:
    system = LittleFS(
        Disk(chip), mount=False, block_size=4096, block_count=BLOCKS, read_size=32, prog_size=32, cache_size=128
    )
    if fresh:
        system.format()
    system.mount()
    return system


@contextmanager
def stored_in(system: LittleFS) -> Iterator[real.Secrets]:
    """The device's own code, whose files are littlefs'."""
    with pytest.MonkeyPatch.context() as patch:

        class Os:
            rename = staticmethod(system.rename)

        patch.setattr(real, "os", Os)

        def opened(path: str, mode: str) -> "File":
            return File(system, path, mode)

        patch.setattr(real, "open", opened, raising=False)
        yield real.Secrets("secrets")


def snapshot(generation: int) -> bytes:
    """On in odd generations."""
    return bytes((generation, generation % 2)) + bytes(range(120))


def head(generation: int) -> bytes:
    return bytes((generation,)) * 16 if generation else bytes(16)


def first() -> bytes:
    chip = Chip(MAP)
    with stored_in(mounted(chip, fresh=True)) as secrets:
        secrets.put("pairing_key", bytes(32))
    return bytes(chip.cells)


def work(chip: Chip, start: int = 0) -> int:
    """Store → anchor → answer, `ROUNDS` times; returns the last generation answered. A cut ends it."""
    answered = start
    try:
        with stored_in(mounted(chip)) as secrets:
            anchor = Anchor(chip.region("anchor"))
            for generation in range(start + 1, start + ROUNDS + 1):
                secrets.put("consent", snapshot(generation))
                anchor.advance(generation, head(generation))
                answered = generation
    except (OSError, LittleFSError):
        assert chip.off
    return answered


def start_up(chip: Chip) -> tuple[int, int]:
    """(generation of the store, what the anchor says)"""
    with stored_in(mounted(chip)) as secrets:
        blob = secrets.get("consent")
        assert secrets.get("pairing_key") == bytes(32)
    generation = blob[0] if blob else 0
    assert blob is None or blob == snapshot(generation)
    return generation, Anchor(chip.region("anchor")).check(generation, head(generation))


def test_no_cut_ends_in_acknowledged_and_still_on() -> None:
    """Every program and erase of four changes, six torn modes. The store is the one answered, or the next."""
    image = first()
    chip = Chip(MAP)
    chip.cells[:] = image
    assert work(chip) == ROUNDS
    total = chip.operations
    assert total > 3 * ROUNDS
    for operation in range(total):
        for torn in TORN:
            chip = Chip(MAP)
            chip.cells[:] = image
            chip.cut(operation, torn)
            answered = work(chip)
            chip.restart()
            generation, found = start_up(chip)
            assert generation in (answered, answered + 1), (operation, torn)
            assert found in (SAME, ADOPTED), (operation, torn)
            assert start_up(chip)[1] == SAME
            assert work(chip, generation) == generation + ROUNDS  # and life goes on


def test_a_flipped_bit_that_brings_back_an_older_store_is_noticed() -> None:
    """littlefs takes a damaged newest commit for one that never was, and serves the one before it, whole."""
    chip = Chip(MAP)
    chip.cells[:] = first()
    answered = work(chip)
    image = bytes(chip.cells)
    vfs = BLOCKS * 4096
    older = flips = 0
    for at in range(vfs):
        if image[at] == 0xFF:
            continue
        chip.cells[:] = image
        chip.cells[at] ^= 1 << at % 8
        flips += 1
        try:
            with stored_in(mounted(chip)) as secrets:
                blob = secrets.get("consent")
        except (OSError, LittleFSError, UnicodeDecodeError, IndexError):
            continue  # nothing is served: everything is off
        generation = blob[0] if blob else 0
        if generation != answered:
            older += 1
            assert Anchor(chip.region("anchor")).check(generation, head(generation)) == ROLLED_BACK, at
    assert older > flips // 50, (older, flips)
