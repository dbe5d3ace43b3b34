"""Secrets and flash in files: limits, damage, power cuts, and other people's eyes."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.host.flash import FlashFile
from hal.host.flash_map import MAX_BYTES, Region, read_map
from hal.host.secrets import MAX_ENTRIES, MAX_VALUE, FileSecrets


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    """The pairing key commands the device."""
    path = tmp_path / "secrets"
    old = os.umask(0)
    try:
        FileSecrets(path).put("pairing_key", bytes(32))
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(PermissionError, match="chmod 600"):
            FileSecrets(path)


def test_a_draft_others_can_read_is_closed_to_them_first(tmp_path: Path) -> None:
    """A draft left by a power cut, or planted by somebody, keeps its mode when it is opened again."""
    (tmp_path / "secrets.new").write_text("planted")
    (tmp_path / "secrets.new").chmod(0o666)
    FileSecrets(tmp_path / "secrets").put("epoch", b"1")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["secrets"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Somebody else's link would have the secrets written where they can be read."""
    (tmp_path / "elsewhere").write_text("{}")
    (tmp_path / "elsewhere").chmod(0o600)
    (tmp_path / "secrets").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        FileSecrets(tmp_path / "secrets")
    (tmp_path / "fresh.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        FileSecrets(tmp_path / "fresh").put("epoch", b"1")
    assert (tmp_path / "elsewhere").read_text() == "{}"


def test_a_power_cut_leaves_the_old_or_the_new_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never half of one, and in memory never what the disk does not have."""
    path = tmp_path / "secrets"
    secrets = FileSecrets(path)
    secrets.put("epoch", b"old")

    def cut(*_: object) -> None:
        raise OSError(28, "power")

    for where, step in ((os, "fchmod"), (os, "fsync"), (Path, "replace")):
        with monkeypatch.context() as patch:
            patch.setattr(where, step, cut)
            with pytest.raises(OSError, match="power"):
                secrets.put("epoch", b"new")
        assert secrets.get("epoch") == b"old"
        assert FileSecrets(path).get("epoch") == b"old"
    secrets.put("epoch", b"new")
    assert FileSecrets(path).get("epoch") == b"new"


def test_a_value_is_flushed_before_it_takes_the_olds_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync, rename, fsync of the folder: in another order a power cut leaves an empty file."""
    acts: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(fd: int) -> None:
        acts.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        fsync(fd)

    def watched_replace(self: Path, target: Path) -> Path:
        acts.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    FileSecrets(tmp_path / "secrets").put("epoch", b"1")
    assert acts == ["file", "rename", "folder"]


def test_damage_is_an_error_and_not_an_empty_start(tmp_path: Path) -> None:
    """A device that forgot its owner would take a new one."""
    path = tmp_path / "secrets"
    most = {f"n{i}": "00" for i in range(MAX_ENTRIES)}
    cases: list[object] = [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        {"epoch": "0"},
        {"epoch": "zz"},
        {"epoch": 1},
        {"": "00"},
        {"n" * 16: "00"},
        {"ca": "00" * (MAX_VALUE + 1)},
        most | {"one more": "00"},
    ]
    for content in cases:
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        path.chmod(0o600)
        with pytest.raises(OSError, match="damaged"):
            FileSecrets(path)
    path.write_text(json.dumps(most | {"n0": "ff" * MAX_VALUE}))
    assert FileSecrets(path).get("n0") == b"\xff" * MAX_VALUE


def test_there_is_room_for_64_secrets(tmp_path: Path) -> None:
    """A limit for whoever writes names from outside."""
    secrets = FileSecrets(tmp_path / "secrets")
    for i in range(MAX_ENTRIES):
        secrets.put(f"name{i}", b"")
    with pytest.raises(OSError, match="more than 64"):
        secrets.put("one more", b"")
    secrets.put("name0", b"a known name may change")
    secrets.drop("name1")
    secrets.put("one more", b"")


MAP = """# a map
nvs,   data, nvs,       0x9000, 24K
vfs,   data, fat,       0x10000, 0x10000,

keys,  data, undefined, 0x20000, 8192, encrypted
"""


def test_a_map_is_read_as_esp_idf_writes_it() -> None:
    """Hexadecimal, decimal, K, comments, blank lines, flags."""
    assert read_map(MAP) == [
        Region("nvs", 0x9000, 24 << 10),
        Region("vfs", 0x10000, 65_536),
        Region("keys", 0x20000, 8_192),
    ]
    assert read_map("a, data, fat, 0, 1M\n")[0].size == 1 << 20
    assert read_map(f"a, data, fat, 0, {MAX_BYTES}\n")[0].size == MAX_BYTES


def test_a_map_that_makes_no_sense_gets_one_line() -> None:
    """Two regions in one place: erasing one erases the other."""
    for text, reason in [
        ("", "is empty"),
        ("a, data, fat, 0, 4K\na, data, fat, 4K, 4K", "one partition twice"),
        ("a, data, fat, 0, 8K\nb, data, fat, 4K, 4K", "'b' begins at 0x1000, inside"),
        ("a, data, fat, , 4K", "line 1: need"),
        ("a, data, fat, 0", "line 1: need"),
        ("\na, data, fat, 0, 0", "line 2: need"),
        ("a, data, fat, 0, 4095", "line 1: need"),
        ("a, data, fat, 1, 4K", "line 1: need"),
        ("a, data, fat, -4K, 4K", "line 1: need"),
        (", data, fat, 0, 4K", "line 1: need"),
        ("a, data, fat, 0, 4K, x, y", "line 1: need"),
        (f"a, data, fat, 4K, {MAX_BYTES}", "past 0x4000000"),
    ]:
        with pytest.raises(ValueError, match=reason):
            read_map(text)


def test_one_chip_has_one_agent_and_one_size(tmp_path: Path) -> None:
    """Two writers would tear each other's log; a file of another map holds keys elsewhere."""
    path = tmp_path / "flash.bin"
    regions = read_map(MAP)
    chip = FlashFile(path, regions)
    with pytest.raises(OSError, match="in use by another"):
        FlashFile(path, regions)
    with pytest.raises(OSError, match="no region 'events'"):
        chip.region("events")
    chip.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(OSError, match="the flash map"):
        FlashFile(path, regions[:2])
    FlashFile(path, regions).close()
    assert path.read_bytes() == b"\xff" * (0x20000 + 8_192)


def test_neighbours_are_not_touched(tmp_path: Path) -> None:
    """The last byte of a region and the first of the next."""
    path = tmp_path / "flash.bin"
    chip = FlashFile(path, read_map(MAP))
    vfs, keys = chip.region("vfs"), chip.region("keys")
    vfs.program(vfs.size - 1, memoryview(bytearray(b"\x11")))
    keys.program(0, memoryview(bytearray(b"\x22")))
    vfs.erase(vfs.size // vfs.block - 1)
    chip.close()
    raw = path.read_bytes()
    assert raw[0x1FFFF:0x20001] == b"\xff\x22"
    assert raw.count(0xFF) == len(raw) - 1


def test_a_file_cut_short_is_an_error(tmp_path: Path) -> None:
    """Bytes that are not there are not 0xFF."""
    path = tmp_path / "flash.bin"
    chip = FlashFile(path, read_map(MAP))
    os.truncate(path, 0x20000)
    with pytest.raises(OSError, match="cut short"):
        chip.region("keys").read(0, bytearray(1))
    chip.close()


@settings(max_examples=25, deadline=None)  # each write waits for the disk
@given(st.lists(st.tuples(st.integers(0, 8_191), st.binary(max_size=40)), max_size=20))
def test_the_file_is_nor_flash_whatever_is_programmed(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, bytes]]
) -> None:
    """Against a model: bits only fall, and only inside the region."""
    chip = FlashFile(tmp_path_factory.mktemp("nor") / "flash.bin", [Region("keys", 4_096, 8_192)])
    flash = chip.region("keys")
    model = bytearray(b"\xff" * 8_192)
    for at, data in writes:
        if at + len(data) > 8_192:
            with pytest.raises(OSError, match="outside"):
                flash.program(at, bytearray(data))
            continue
        flash.program(at, bytearray(data))
        for i, byte in enumerate(data):
            model[at + i] &= byte
    found = bytearray(8_192)
    flash.read(0, found)
    assert found == model
    chip.close()
