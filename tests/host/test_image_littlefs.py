"""The file system image: the same bytes every time, and read by the file system of the device itself."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import Problem
from tools.image import littlefs

SIZE = 64 * littlefs.BLOCK
READER = Path(__file__).resolve().parent.parent / "support" / "vfs_reader.py"
FILES = {
    "main.py": b"print(1)\n",
    "lib/amace/agent/core.mpy": bytes(range(256)) * 40,
    "lib/amace/agent/base/ticks.mpy": b"t" * 300,
    # Around MicroPython's cache of 128 bytes, LittleFS stores a file in its directory or in blocks of its own.
    **{f"sizes/{size}": bytes([size % 256]) * size for size in (0, 1, 31, 32, 127, 128, 129, 511, 1023, 4096, 4097)},
}


def test_two_builds_are_one_sha_256() -> None:
    """An owner can check that the image is made of the published sources."""
    first = littlefs.build(FILES, SIZE, "vfs")
    second = littlefs.build(dict(reversed(FILES.items())), SIZE, "vfs")
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_the_image_is_exactly_as_long_as_its_partition() -> None:
    """LittleFS refuses to mount when the block count on disk is not the device's."""
    assert len(littlefs.build({}, SIZE, "vfs")) == SIZE


def test_what_went_in_comes_out_on_the_host() -> None:
    """`amace build` reads its own image back before it calls it done."""
    assert littlefs.read(littlefs.build(FILES, SIZE, "vfs"), "vfs") == dict(sorted(FILES.items()))


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,3}(/[a-z]{4,6}){0,3}\.x", fullmatch=True), st.binary(max_size=5000)))
def test_any_tree_that_fits_comes_back_whole(files: dict[str, bytes]) -> None:
    """Names, depths and lengths are whatever a board's folder holds."""
    assert littlefs.read(littlefs.build(files, SIZE * 4, "vfs"), "vfs") == dict(sorted(files.items()))


def test_the_device_s_own_file_system_reads_every_file(vm: Path, tmp_path: Path) -> None:
    """What the host's library writes and reads proves nothing about the device's, which is another version of it."""
    image = tmp_path / "vfs.img"
    image.write_bytes(littlefs.build(FILES, SIZE, "vfs"))
    done = subprocess.run([vm, READER, image], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    expected = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
    assert json.loads(done.stdout) == expected


def test_the_last_file_that_fits_is_taken_and_one_block_more_is_refused() -> None:
    """A clear line on the desk is better than a board that does not start."""

    def big(blocks: int) -> dict[str, bytes]:
        return {"main.py": b"x" * (blocks * 4000)}

    fits = next(blocks for blocks in range(64, 0, -1) if _fits(big(blocks)))
    assert fits >= 58
    with pytest.raises(Problem, match=r"1 files of [\d,]+ bytes do not fit 262,144 \(boards/x vfs\)"):
        littlefs.build(big(fits + 1), SIZE, "boards/x vfs")


def _fits(files: dict[str, bytes]) -> bool:
    try:
        littlefs.build(files, SIZE, "vfs")
    except Problem:
        return False
    return True


@pytest.mark.parametrize("path", ["/main.py", "../main.py", "a/../b", "", "a//b", "./a", "a/", "n" * 256])
def test_a_path_that_is_not_plain_is_refused(path: str) -> None:
    """What a host's path means and what the device's means must be the same."""
    with pytest.raises(Problem, match=r"path|name of more than"):
        littlefs.build({path: b""}, SIZE, "vfs")


def test_a_name_of_255_bytes_is_taken() -> None:
    """The limit itself."""
    assert littlefs.read(littlefs.build({"n" * 255: b"1"}, SIZE, "vfs"), "vfs") == {"n" * 255: b"1"}


@pytest.mark.parametrize("size", [0, 4096, 8191, 12289])
def test_a_partition_that_is_no_whole_blocks_is_refused(size: int) -> None:
    """Two blocks are the least: the root directory lives in a pair."""
    with pytest.raises(Problem, match="no file system"):
        littlefs.build({}, size, "vfs")
    with pytest.raises(Problem, match="no file system"):
        littlefs.read(bytes(size), "vfs")


def test_other_bytes_of_the_right_length_are_no_file_system() -> None:
    """A wrong file given to a reader is named, not formatted over."""
    with pytest.raises(Problem, match="no LittleFS"):
        littlefs.read(b"\xff" * SIZE, "vfs")


def test_blocks_in_use_are_counted() -> None:
    """The sum printed against the partition's size."""
    empty = littlefs.used(littlefs.build({}, SIZE, "vfs"), "vfs")
    full = littlefs.used(littlefs.build({"a": bytes(littlefs.BLOCK * 10)}, SIZE, "vfs"), "vfs")
    assert empty == 2 * littlefs.BLOCK
    assert full - empty in (10 * littlefs.BLOCK, 11 * littlefs.BLOCK)
