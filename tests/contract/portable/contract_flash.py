"""What every `Flash` promises: NOR semantics. A region has at least two blocks.

world.reopen()  power goes and comes back: the port over the same storage
"""

from tests.contract.portable.suite import refuses


def _at(flash, at: int, n: int) -> bytes:
    buf = bytearray(n)
    flash.read(at, buf)
    return bytes(buf)


def check_a_fresh_region_is_whole_blocks_of_ones(make) -> None:
    """The ring log takes 0xFF for "never written"."""
    flash, _ = make()
    assert flash.block >= 256
    assert flash.size % flash.block == 0
    assert flash.size >= 2 * flash.block
    assert _at(flash, 0, 64) == b"\xff" * 64
    assert _at(flash, flash.size - 64, 64) == b"\xff" * 64


def check_programming_only_clears_bits(make) -> None:
    """A key is shredded by programming zeros over it; a flag by clearing one bit."""
    flash, _ = make()
    flash.program(100, b"\xf0\x0f\xff")
    assert _at(flash, 99, 5) == b"\xff\xf0\x0f\xff\xff"
    flash.program(100, b"\x3c\xff\x01")
    assert _at(flash, 99, 5) == b"\xff\x30\x0f\x01\xff"
    flash.program(100, b"\x00\x00\x00")
    assert _at(flash, 99, 5) == b"\xff\x00\x00\x00\xff"


def check_erasing_sets_one_whole_block(make) -> None:
    """A neighbour that is erased too is lost data."""
    flash, _ = make()
    block = flash.block
    flash.program(block - 2, b"\1\2\3\4")
    assert _at(flash, block - 2, 4) == b"\1\2\3\4"
    flash.erase(1)
    assert _at(flash, block - 2, 4) == b"\1\2\xff\xff"
    flash.erase(0)
    assert _at(flash, 0, 16) == b"\xff" * 16
    assert _at(flash, block - 2, 4) == b"\xff" * 4


def check_content_survives_a_restart(make) -> None:
    """It is flash."""
    flash, world = make()
    flash.program(flash.size - 3, b"end")
    assert _at(world.reopen(), flash.size - 3, 3) == b"end"


def check_nothing_reaches_outside_the_region(make) -> None:
    """The next region holds keys."""
    flash, _ = make()
    assert refuses(flash.program, flash.size - 1, b"\0\0")
    assert _at(flash, flash.size - 1, 1) == b"\xff"
    assert refuses(flash.read, flash.size - 1, bytearray(2))
    assert refuses(flash.read, -1, bytearray(1))
    assert refuses(flash.program, -1, b"\0")
    assert refuses(flash.erase, flash.size // flash.block)
    assert refuses(flash.erase, -1)


def check_a_view_reads_and_programs(make) -> None:
    """The log works on a part of a larger buffer."""
    flash, _ = make()
    flash.program(8, memoryview(b"..data..")[2:6])
    buf = bytearray(6)
    flash.read(8, memoryview(buf)[1:5])
    assert buf == b"\0data\0"
