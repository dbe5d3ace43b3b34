"""The flash map: what ESP-IDF's own generator makes of it, and every way a board may get it wrong."""

import hashlib

import pytest
from esp_idf_defs.partitions import PartitionTable  # ESP-IDF's gen_esp32part 1.5
from hypothesis import given
from hypothesis import strategies as st

from tests.support.flash_map import CSV, FLASH
from tools.errors import Problem
from tools.image import partitions

WHERE = "partitions.csv"


def refusal(text: str, flash: int = FLASH) -> str:
    """The Problem's text for a CSV; "" when it is accepted."""
    try:
        partitions.check(partitions.parse(text, WHERE), flash, WHERE)
    except Problem as problem:
        return str(problem)
    return ""


def changed(old: str, new: str) -> str:
    assert CSV.count(old) == 1, old
    return CSV.replace(old, new)


def test_the_map_is_accepted_on_a_chip_of_exactly_its_size() -> None:
    """The last sector of the chip is ours to use: one byte less is refused."""
    assert refusal(CSV, FLASH) == ""
    assert "1 bytes too many" in refusal(CSV, FLASH - 1)


def test_the_binary_table_is_byte_for_byte_what_esp_idf_makes() -> None:
    """The bootloader starts nothing when one byte of the table or of its checksum is off."""
    ours = partitions.encode(partitions.parse(CSV, WHERE))
    theirs = PartitionTable.from_csv(CSV)
    theirs.verify()
    assert ours == theirs.to_binary()
    assert len(ours) == partitions.SIZE


def test_esp_idf_reads_back_the_rows_we_wrote() -> None:
    """A second pair of eyes on types, offsets, sizes and flags."""
    table = partitions.parse(CSV, WHERE)
    read = PartitionTable.from_binary(partitions.encode(table))
    seen = [(part.name, part.type, part.subtype, part.offset, part.size, int(part.encrypted)) for part in read]
    assert seen == [tuple(part) for part in table]


def test_a_table_read_from_a_device_is_the_table_written() -> None:
    """`amace flash` compares the two before it writes anything."""
    table = partitions.parse(CSV, WHERE)
    assert partitions.decode(partitions.encode(table), "device") == table


def test_an_erased_sector_holds_no_partitions() -> None:
    """A new chip is not a chip with another map."""
    assert partitions.decode(b"\xff" * partitions.SIZE, "device") == []


@given(st.integers(0, 10 * 32 - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_table_goes_unnoticed(at: int, flip: int) -> None:
    """A table half overwritten must not pass for ours, or for anybody's."""
    data = bytearray(partitions.encode(partitions.parse(CSV, WHERE)))
    data[at] ^= flip
    with pytest.raises(Problem):
        partitions.decode(bytes(data), "device")


@given(st.binary(max_size=400))
def test_any_other_bytes_are_a_problem_not_a_traceback(data: bytes) -> None:
    """A device may hold anything at 0x8000."""
    with pytest.raises(Problem):
        partitions.decode(data.ljust(64, b"\0") if data[:32] == b"\xff" * 32 else data, "device")


def test_a_name_that_is_no_text_is_shown_escaped() -> None:
    """A foreign table is printed to a person, not trusted to be UTF-8."""
    entry = bytearray(partitions.encode(partitions.parse(CSV, WHERE))[:32])
    entry[12] = 0xFF
    digest = hashlib.md5(entry, usedforsecurity=False).digest()
    data = bytes(entry) + b"\xeb\xeb" + b"\xff" * 14 + digest + b"\xff" * 32
    assert partitions.decode(data, "device")[0].name == "\\xffvs"


REFUSED = (
    (changed("0xd000, 0x2000", "0xc000, 0x2000"), "otadata starts at 0xc000, inside what ends at 0xd000"),
    (changed("0x9000, 16K", "0x8000, 16K"), "nvs starts at 0x8000, inside what ends at 0x9000"),
    (changed("0x9000, 16K", "0x9000, 8K"), "nvs has 0x2000 bytes .* at least 0x3000"),
    (changed("0xf000, 0x1000", "0xf000, 0x2000"), "phy has 0x2000 bytes .* 0x1000"),
    (changed("0x3fc000, 0x2000", "0x3fc000, 0x1000"), "keys has 0x1000 bytes .* 0x2000"),
    (changed("0x10000, 0x190000", "0x20000, 0x180000"), "ota_0 starts at 0x20000 .* puts it at 0x10000"),
    (changed("0x1a0000, 0x190000", "0x1a1000, 0x18f000"), "ota_1 at 0x1a1000.*multiple of 0x10000"),
    (changed("0x3b0000, 0x4c000", "0x3b0800, 0x4b000"), "events at 0x3b0800.*multiple of 0x1000"),
    (changed("0x3b0000, 0x4c000", "0x3b0000, 0x4b800"), "events at .* is not aligned"),
    (changed("0x3b0000, 0x4c000", "0x3b0000, 0"), "events at .* is not aligned"),
    (changed("0x1a0000, 0x190000", "0x1a0000, 0x180000"), "ota_0 and ota_1 differ in size"),
    (changed("ota_0, app, ota_0", "ota_0, app, factory"), "ota_0 has type 0/0x00 .* gives it 0/0x10"),
    (changed("vfs, data, fat", "vfs, app, ota_1"), "vfs has type 0/0x11 .* gives it 1"),
    (changed("keys,", "vault,"), r"the partitions are nvs, .*vault.*The map is fixed for good: nvs, otadata"),
    (changed("phy, data, phy, 0xf000, 0x1000,\n", ""), "the partitions are nvs, otadata, ota_0"),
    ("# nothing\n", "the partitions are none"),
    (CSV + CSV.splitlines()[1] + "\n", "the partitions are .*anchor, nvs"),
)


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=[reason for _, reason in REFUSED])
def test_another_map_is_refused_with_what_is_wrong(text: str, reason: str) -> None:
    """Where things lie can never be changed by an update: a mistake here is for the life of the device."""
    import re

    found = refusal(text)
    assert re.search(reason, found), found
    assert "\n" not in found


UNREADABLE = (
    ("nvs, data, nvs, , 16K,", "the offset '' is not understood (partitions.csv:1)"),
    ("nvs, data, nvs, 0x9000, big,", "the size 'big' is not understood (partitions.csv:1)"),
    ("nvs, dada, nvs, 0x9000, 16K,", "the type 'dada' is not understood (partitions.csv:1). Write one of app, data"),
    ("nvs, data, nvz, 0x9000, 16K,", "the subtype 'nvz' is not understood (partitions.csv:1). Write one of ota, phy"),
    ("nvs, data, 256, 0x9000, 16K,", "the subtype '256' is not understood"),
    ("nvs, data, nvs, -4096, 16K,", "the offset '-4096' is not understood"),
    ("nvs, data, nvs, 0x100000000, 16K,", "the offset '0x100000000' is not understood"),
    ("\nnvs, data, nvs, 0x9000, 16K, readonly", "the flag 'readonly' is not known (partitions.csv:2)"),
    ("nvs, data, nvs, 0x9000, 16K,, x", "the row has more than six fields (partitions.csv:1)"),
    (", data, nvs, 0x9000, 16K,", "the name '' has not 1 to 16 bytes"),
    ("a" * 17 + ", data, nvs, 0x9000, 16K,", "has not 1 to 16 bytes"),
)


@pytest.mark.parametrize(("text", "message"), UNREADABLE, ids=[message for _, message in UNREADABLE])
def test_an_unreadable_row_is_named_with_its_line(text: str, message: str) -> None:
    """An offset left for a tool to choose is among them: the map is written out, once."""
    with pytest.raises(Problem) as caught:
        partitions.parse(text, WHERE)
    assert message in str(caught.value)


def test_a_name_of_16_bytes_is_read() -> None:
    """The limit itself: the label's field has 16 bytes and needs no zero behind."""
    table = partitions.parse("a" * 16 + ", data, nvs, 0x9000, 16K,", WHERE)
    assert partitions.decode(partitions.encode(table), "device") == table
