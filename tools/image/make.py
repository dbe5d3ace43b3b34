"""One board's build in a folder: images, sums, sizes and the lines to flash them. The same sources give the same bytes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tools import boards
from tools.errors import Problem
from tools.image import lines, littlefs, manifest, nvs, partitions, sizes
from tools.image.contents import Contents, Form, collect
from tools.image.sizes import Room
from tools.image.target import Target

SUMS = "SHA256SUMS"
SIZES = "sizes.json"
STEPS = "flash.txt"
_OURS = (lines.TABLE, lines.VFS, lines.NVS, lines.START, SUMS, SIZES, STEPS)


class Use(NamedTuple):
    """One row of the flash map. `used` None: filled on the device or by the firmware."""

    name: str
    offset: int
    size: int
    used: int | None


class Build(NamedTuple):
    board: str
    folder: Path
    contents: Contents
    sums: dict[str, str]  # file → SHA-256
    uses: list[Use]
    budget: int  # bytes of the image; 0: not bounded
    rooms: list[Room]
    secrets: tuple[str, ...]  # names of the secrets in the image; empty without an enrolment
    steps: str


def make(target: Target, form: Form, out: Path, secrets: Mapping[str, bytes] | None = None) -> Build:
    """Writes `out`/<board>. Raises Problem before it writes anything if something does not fit."""
    contents = collect(target, form)
    manifest.check(target.folder, form.tree, contents.sources)
    where = f"boards/{target.name} vfs"
    image = littlefs.build(contents.files, target.part("vfs").size, where)
    made = {lines.TABLE: partitions.encode(target.table), lines.VFS: image, lines.START: contents.files[lines.START]}
    used = {"vfs": littlefs.used(image, where)}
    budget = boards.load(target.folder).budgets["image_kb"] << 10
    if budget and used["vfs"] > budget:
        raise Problem(
            f"the image takes {used['vfs']:,} bytes, its budget is {budget:,}",
            f"boards/{target.name}/facts.toml",
            "Drop a part, or raise image_kb and say why",
        )
    if secrets is not None:
        made[lines.NVS] = nvs.image(secrets, target.part("nvs").size, f"boards/{target.name} nvs")
        used["nvs"] = len(made[lines.NVS].rstrip(b"\xff"))
    folder = out / target.name
    _clear(folder)
    for name, data in made.items():
        _write(folder / name, data, private=name == lines.NVS)
    uses = [Use(part.name, part.offset, part.size, used.get(part.name)) for part in target.table]
    rooms = sizes.rooms(contents.modules, contents.files)
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(made.items())}
    steps = lines.text(target, folder, out / "mip")
    _write(folder / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())
    _write(folder / SIZES, (json.dumps(_sizes(target.name, uses, rooms), indent=1) + "\n").encode())
    _write(folder / STEPS, steps.encode())
    return Build(target.name, folder, contents, sums, uses, budget, rooms, tuple(secrets or ()), steps)


def _clear(folder: Path) -> None:
    """What an earlier build left: above all its secrets. A person's own files stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _OURS:
        (folder / name).unlink(missing_ok=True)


def _write(path: Path, data: bytes, *, private: bool = False) -> None:
    path.touch(mode=0o600 if private else 0o644)
    path.write_bytes(data)


def _sizes(board: str, uses: Sequence[Use], rooms: Sequence[Room]) -> dict[str, object]:
    return {
        "board": board,
        "partitions": [use._asdict() for use in uses],
        "rooms": [room._asdict() for room in rooms],
        "mpy": sum(room.mpy for room in rooms),
    }


def report(build: Build) -> dict[str, object]:
    """What `--json` prints."""
    sums = {str(build.folder / name): digest for name, digest in build.sums.items()}
    return {**_sizes(build.board, build.uses, build.rooms), "sha256": sums, "secrets": list(build.secrets)}
