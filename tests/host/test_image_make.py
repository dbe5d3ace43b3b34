"""A whole build of a small board: the same bytes twice, only what the board needs, and a clear line for what is wrong."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.support import bench_board
from tools import mpy
from tools.errors import Problem
from tools.image import lines, littlefs, make, partitions, target
from tools.image.contents import form
from tools.image.make import Build

HERE = Path(__file__).resolve().parent.parent
RUNNER = HERE / "support" / "run_image.py"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bench_board.plant(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """One build, to look at."""
    return build(tree, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A tree to break."""
    return bench_board.plant(tmp_path / "tree")


def build(tree: Path, out: Path) -> Build:
    return make.make(target.load("bench", tree), form(tree), out)


def test_two_builds_are_one_sha_256(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with an empty cache, in another folder: nothing of this machine or of this minute is in the image."""
    first = build(tree, tmp_path / "one")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    second = build(bench_board.plant(tmp_path / "elsewhere"), tmp_path / "two")
    assert first.sums == second.sums
    assert sorted(first.sums) == ["main.py", "partition-table.bin", "vfs.img"]


def test_the_sums_are_those_of_the_files(built: Build) -> None:
    """`sha256sum -c` is how a person checks."""
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=built.folder, check=False, capture_output=True)
    assert done.returncode == 0
    for name, digest in built.sums.items():
        assert hashlib.sha256((built.folder / name).read_bytes()).hexdigest() == digest


def test_the_image_holds_the_board_s_files_and_no_others(built: Build) -> None:
    """Read back from the image: no source, no other board, no part it does not have, no room nobody loads."""
    files = littlefs.read((built.folder / "vfs.img").read_bytes(), "vfs")
    assert files == built.contents.files
    assert sorted(files) == [
        *[f"lib/amace/agent/{name}.mpy" for name in ("__init__", "core")],
        *[f"lib/amace/agent/media/{name}.mpy" for name in ("__init__", "capture")],
        *[f"lib/amace/boards/{name}.mpy" for name in ("__init__", "bench/__init__", "bench/main", "bench/pins")],
        *[f"lib/amace/hal/{name}.mpy" for name in ("__init__", "mpy/__init__", "mpy/clock")],
        "main.py",
    ]


def test_the_start_is_two_lines(built: Build) -> None:
    """It is the one file a device compiles."""
    text = built.contents.files["main.py"].decode()
    assert text == ('import sys; sys.path.insert(0, "/lib/amace")\nfrom boards.bench.main import main; main()\n')


def test_the_agent_starts_from_the_image_on_the_device_s_own_file_system(vm: Path, built: Build) -> None:
    """From main.py on, every module of ours comes from the image, also a room that is loaded by name."""
    done = subprocess.run(
        [vm, RUNNER, built.folder / "vfs.img"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, bench_board.SAID), done.stdout + done.stderr


def test_the_table_is_the_board_s(tree: Path, built: Build) -> None:
    """What is flashed at 0x8000 is what the CSV says."""
    read = partitions.decode((built.folder / "partition-table.bin").read_bytes(), "x")
    assert tuple(read) == target.load("bench", tree).table


def test_sizes_are_told_by_room_and_by_partition(
    tree: Path, tmp_path: Path, mp32: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room that grew is seen before a device runs out of heap."""
    monkeypatch.setenv("MICROPYTHON32", str(mp32))
    found = build(tree, tmp_path)
    sizes = json.loads((found.folder / "sizes.json").read_text())
    rooms = {room["name"]: room for room in sizes["rooms"]}
    assert (rooms["agent"]["sources"], rooms["agent/media"]["sources"]) == (5, 3)
    assert rooms["agent/media"]["mpy"] == sum(
        len(data) for path, data in found.contents.files.items() if path.startswith("lib/amace/agent/media/")
    )
    assert all(0 < room["heap"] < 3_000 for room in rooms.values()), "the bench board needs no chip"
    assert sizes["mpy"] == sum(len(data) for path, data in found.contents.files.items() if path != "main.py")
    vfs = next(use for use in sizes["partitions"] if use["name"] == "vfs")
    assert sizes["mpy"] < vfs["used"] < vfs["size"] == 0x80000
    assert [use["name"] for use in sizes["partitions"]][-1] == "anchor"


def test_a_room_that_needs_the_chip_is_not_measured(
    own: Path, tmp_path: Path, mp32: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure that leaves out a module would look like a saving."""
    monkeypatch.setenv("MICROPYTHON32", str(mp32))
    (own / "hal" / "mpy" / "clock.py").write_text("import nosuchchip\n")
    heap = {room.name: room.heap for room in build(own, tmp_path).rooms}
    assert heap["hal/mpy"] is None
    assert heap["boards/bench"] is None
    assert heap["agent"]


def test_without_a_machine_nothing_is_fetched_for_the_sizes(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build on a train works."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MICROPYTHON32", raising=False)
    assert {room.heap for room in build(tree, tmp_path).rooms} == {None}


def test_the_lines_name_files_addresses_and_chip(built: Build) -> None:
    """A person without this tool copies them; esptool 5 writes its commands with dashes."""
    steps = (built.folder / "flash.txt").read_text()
    assert "esptool --chip esp32 --port PORT --baud 460800 write-flash --flash-size 4MB 0x1000 FIRMWARE.bin\n" in steps
    assert f"0x8000 {built.folder}/partition-table.bin 0x330000 {built.folder}/vfs.img\n" in steps
    assert f"mpremote connect PORT mip install {built.folder.parent}/mip/package.json\n" in steps
    for line in steps.splitlines():
        assert line.startswith(("#", "esptool ", "mpremote ")) or not line


def test_a_tree_that_does_not_fit_is_refused_and_nothing_is_written(own: Path, tmp_path: Path) -> None:
    """A file more than fits is found on the desk."""
    csv = own / "boards" / "bench" / "partitions.csv"
    csv.write_text(csv.read_text().replace("0x330000, 0x80000", "0x330000, 0xa000"))
    with pytest.raises(Problem, match=r"files of [\d,]+ bytes do not fit 40,960 \(boards/bench vfs\)"):
        build(own, tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_an_image_past_its_board_s_budget_is_refused(own: Path, built: Build, tmp_path: Path) -> None:
    """To the kilobyte: whoever adds a part decides about the budget, not the partition's end years later."""
    used = next(use.used for use in built.uses if use.name == "vfs")
    assert used is not None
    facts = own / "boards" / "bench" / "facts.toml"
    for budget in (used >> 10, (used >> 10) - 1):
        facts.write_text(bench_board.FACTS.replace("image_kb = 400", f"image_kb = {budget}"))
        if budget << 10 == used:
            assert build(own, tmp_path / "dist").budget == used
        else:
            with pytest.raises(
                Problem, match=r"the image takes [\d,]+ bytes, its budget is .*boards/bench/facts\.toml"
            ):
                build(own, tmp_path / "dist")


def test_planted_native_code_breaks_the_build(own: Path, tmp_path: Path) -> None:
    """The compiler refuses it, because no architecture is named."""
    with (own / "agent" / "core.py").open("a") as file:
        file.write("\n\nimport micropython\n\n\n@micropython.native\ndef fast():\n    pass\n")
    with pytest.raises(Problem, match=r"agent/core\.py"):
        build(own, tmp_path / "dist")


def test_native_code_smuggled_past_the_compiler_breaks_the_build(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiler called with another architecture gives files that look like the rest."""
    real = mpy.compiled

    def compiled(tree: Path, optimise: int, joined: bool) -> Path:
        made = real(tree, optimise, joined)
        file = made / "agent" / "core.mpy"
        file.write_bytes(b"M\x06\x2b\x1f" + file.read_bytes()[4:])
        return made

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(mpy, "compiled", compiled)
    with pytest.raises(Problem, match=r"its header is 4d 06 2b 1f.*agent/core\.py"):
        build(own, tmp_path / "dist")


def test_a_planted_microphone_breaks_the_build(own: Path, tmp_path: Path) -> None:
    """Policy clause 5.6.1, by whatever way it is reached."""
    with (own / "hal" / "mpy" / "clock.py").open("a") as file:
        file.write("\n\ndef listen():\n    import machine\n    return machine.I2S(0)\n")
    with pytest.raises(Problem, match=r"it uses I2S \(hal/mpy/clock\.py\)"):
        build(own, tmp_path / "dist")


def test_a_board_without_an_entry_is_refused(own: Path, tmp_path: Path) -> None:
    """An image that starts nothing is none."""
    (own / "boards" / "bench" / "main.py").unlink()
    with pytest.raises(Problem, match=r"the board has no entry \(boards/bench/main\.py\)"):
        build(own, tmp_path / "dist")


def test_a_manifest_that_leaves_out_a_part_breaks_the_build(own: Path, tmp_path: Path) -> None:
    """The frozen firmware and the image must be the same agent."""
    manifest = own / "boards" / "bench" / "manifest.py"
    manifest.write_text(manifest.read_text().replace('module("boards/bench/pins.py"', 'module("boards/bench/main.py"'))
    with pytest.raises(Problem, match=r"it leaves out boards/bench/pins\.py"):
        build(own, tmp_path / "dist")


def test_a_build_without_enrolment_takes_away_an_earlier_one_s_secrets(tree: Path, tmp_path: Path) -> None:
    """The next `amace flash` would write another device's keys."""
    secrets = {"device_id": b"\x5a" * 16, "pairing_key": b"\xa5" * 32, "epoch": bytes(4)}
    board, shipped = target.load("bench", tree), form(tree)
    first = make.make(board, shipped, tmp_path, secrets)
    assert first.secrets == ("device_id", "pairing_key", "epoch")
    assert (first.folder / lines.NVS).stat().st_mode & 0o077 == 0
    assert f"0x9000 {first.folder}/nvs.bin" in first.steps
    for name in ("vfs.img", "partition-table.bin", "main.py", "flash.txt", "sizes.json"):
        assert b"\xa5" * 4 not in (first.folder / name).read_bytes(), name
    (first.folder / "notes.txt").touch()
    second = make.make(board, shipped, tmp_path)
    assert not (second.folder / lines.NVS).exists()
    assert "nvs.bin" not in second.steps
    assert (second.folder / "notes.txt").exists(), "a person's own file stays"
    assert second.sums["vfs.img"] == first.sums["vfs.img"]
