"""Files in, one LittleFS image out: the same bytes for the same files, exactly as long as the partition.

The figures are those of MicroPython's VfsLfs2 (extmod/vfs_lfs.c, vfs_lfsx.c). Refuses a path that is not plain and relative,
a size that is no whole blocks, and files that do not fit.
"""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import IO, Protocol, cast

from littlefs import LittleFS, LittleFSError
from littlefs.context import UserContext

from tools.errors import Problem

BLOCK = 4096
_UNIT = 32  # bytes read, programmed and looked ahead at once
_CACHE = 4 * _UNIT  # up to this a file lies in its directory's block, as if the device had written it
_DISK = 0x0002_0001  # on-disk version 2.1, written out so that a newer library changes nothing
_FEWEST = 2  # blocks: the root directory's pair
_NO_SPACE = -28  # LFS_ERR_NOSPC
_NAME = 255  # bytes of one name, LFS_NAME_MAX


class _Opens(Protocol):
    """What the library leaves untyped: its files are of bytes."""

    def open(self, fname: str, mode: str = "r") -> IO[bytes]: ...


def _filesystem(context: UserContext, *, mount: bool) -> LittleFS:
    return LittleFS(
        context,
        mount=mount,
        block_size=BLOCK,
        block_count=len(context.buffer) // BLOCK,
        read_size=_UNIT,
        prog_size=_UNIT,
        cache_size=_CACHE,
        lookahead_size=_UNIT,
        name_max=_NAME,
        disk_version=_DISK,
    )


def build(files: Mapping[str, bytes], size: int, where: str) -> bytes:
    """`files` maps relative paths with forward slashes to content. `where` names the partition in messages."""
    if size % BLOCK or size < _FEWEST * BLOCK:
        raise Problem(f"{size:,} bytes are no file system", where, f"Give it at least two whole blocks of {BLOCK:,}")
    # Erased flash is FF: what no file uses need not be written.
    context = UserContext(buffer=bytearray(b"\xff") * size)
    system = _filesystem(context, mount=False)
    system.format()
    system.mount()
    try:
        for path in sorted(files):
            _put(system, _checked(path, where), files[path])
    except LittleFSError as error:
        if error.code != _NO_SPACE:
            raise
        total = sum(map(len, files.values()))
        raise Problem(
            f"{len(files)} files of {total:,} bytes do not fit {size:,}", where, "Enlarge vfs or drop a part"
        ) from error
    finally:
        system.unmount()
    return bytes(context.buffer)


def _checked(path: str, where: str) -> PurePosixPath:
    plain = PurePosixPath(path)
    if plain.is_absolute() or not plain.parts or ".." in plain.parts or plain.as_posix() != path:
        raise Problem(f"{path!r} is no plain relative path", where)
    if any(len(part.encode()) > _NAME for part in plain.parts):
        raise Problem(f"{path!r} holds a name of more than {_NAME} bytes", where)
    return plain


def _put(system: LittleFS, path: PurePosixPath, content: bytes) -> None:
    if len(path.parts) > 1:
        system.makedirs(path.parent.as_posix(), exist_ok=True)
    opens = cast("_Opens", system)
    with opens.open(path.as_posix(), "wb") as file:
        file.write(content)


def _mounted(image: bytes, where: str) -> LittleFS:
    if len(image) % BLOCK or len(image) < _FEWEST * BLOCK:
        raise Problem(f"{len(image):,} bytes are no file system", where)
    system = _filesystem(UserContext(buffer=bytearray(image)), mount=False)
    try:
        system.mount()
    except LittleFSError as error:
        raise Problem(f"this is no LittleFS of this size: {error}", where) from error
    return system


def read(image: bytes, where: str) -> dict[str, bytes]:
    """Every file of an image, sorted by path."""
    system = _mounted(image, where)
    opens = cast("_Opens", system)
    files: dict[str, bytes] = {}
    for folder, _, names in system.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with opens.open(path, "rb") as file:
                files[path.lstrip("/")] = file.read()
    return dict(sorted(files.items()))


def used(image: bytes, where: str) -> int:
    """Bytes of the blocks in use, of `len(image)`."""
    return _mounted(image, where).used_block_count * BLOCK
