"""`amace flash` with the real esptool, against a chip behind a TCP port: what lies in its flash afterwards, and what is refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import bench_board
from tests.support import firmware as sample
from tests.support.virtual_chip import VirtualChip
from tools import cli
from tools.commands import COMMANDS
from tools.errors import Problem
from tools.image import flash, lines, make, partitions, target
from tools.image.contents import form
from tools.image.target import Target

FLASH = next(command for command in COMMANDS if command.name == "flash")
SECRETS = {"device_id": b"\x5a" * 16, "pairing_key": b"\xa5" * 32, "epoch": bytes(4)}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bench_board.plant(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def dist(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `amace build` left, once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("dist")
    make.make(target.load("bench", tree), form(tree), folder)
    (folder / "firmware.bin").write_bytes(sample.published())
    return folder


@pytest.fixture
def bench(tree: Path, dist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    """The board, built into the test's folder, and the place where the command looks."""
    monkeypatch.setattr(flash, "load", lambda name: target.load(name, tree))
    shutil.copytree(dist, tmp_path, dirs_exist_ok=True)
    return target.load("bench", tree)


@pytest.fixture
def chip() -> Iterator[VirtualChip]:
    with VirtualChip("esp32", 4 << 20) as found:
        yield found


@pytest.fixture(scope="module")
def used(tree: Path, dist: Path) -> bytes:
    """The flash of a device in use: what an installation leaves, and a byte of its own in every partition."""
    bench = target.load("bench", tree)
    given = flash.published.read(dist / "firmware.bin", bench)
    flash_bytes = bytearray(b"\xff" * (4 << 20))
    for at, data in (
        (bench.bootloader, given.bootloader),
        (partitions.OFFSET, partitions.encode(bench.table)),
        (bench.part("ota_0").offset, given.application),
    ):
        flash_bytes[at : at + len(data)] = data
    for part in bench.table:
        flash_bytes[part.offset + 8] = 0x42
    return bytes(flash_bytes)


def run(chip: VirtualChip, folder: Path, *words: str) -> int:
    return cli.call(FLASH, ["--board", "bench", "--port", chip.port, "--out", str(folder), "--no-hello", *words])


def install(chip: VirtualChip, folder: Path) -> None:
    assert run(chip, folder, "--firmware", str(folder / "firmware.bin")) == 0


def region(chip: VirtualChip, bench: Target, name: str) -> bytes:
    part = bench.part(name)
    return bytes(chip.flash[part.offset : part.end])


def test_an_empty_chip_gets_everything_at_its_place(chip: VirtualChip, bench: Target, tmp_path: Path) -> None:
    """Bootloader with the chip's real size, our map, MicroPython in ota_0, the image; the rest erased."""
    chip.flash[0x3F_0000:0x3F_0004] = b"old!"
    install(chip, tmp_path)
    given = sample.published()
    assert chip.flash[0x1000:0x1003] == given[:3]
    assert chip.flash[0x1003] == 0x20, "4 MB (ESP-IDF, esp_image_flash_size_t), whatever the file said"
    table = bytes(chip.flash[partitions.OFFSET : partitions.OFFSET + partitions.SIZE])
    assert table == partitions.encode(bench.table)
    assert region(chip, bench, "ota_0").startswith(sample.application("esp32"))
    assert region(chip, bench, "vfs") == (tmp_path / "bench" / "vfs.img").read_bytes()
    for name in ("nvs", "otadata", "phy", "ota_1", "events", "keys", "anchor"):
        assert set(region(chip, bench, name)) == {0xFF}, name


def test_the_file_s_own_map_is_never_written(bench: Target, tmp_path: Path) -> None:
    """A power cut between two lines must not leave MicroPython with a map under which it formats our ota_1."""
    given = flash.published.read(tmp_path / "firmware.bin", bench)
    written = [word for line in flash.plan(bench, "P", tmp_path, given, True) for word in line]
    assert str(tmp_path / "firmware.bin") not in written
    assert partitions.encode(sample.STOCK)[:32] not in given.bootloader + given.application


def test_an_update_touches_nothing_but_the_image(chip: VirtualChip, bench: Target, used: bytes, tmp_path: Path) -> None:
    """Consents, keys and the event ring of a device in use stay."""
    chip.flash[:] = used
    assert run(chip, tmp_path) == 0
    image = bench.part("vfs")
    assert chip.flash[: image.offset] == used[: image.offset]
    assert chip.flash[image.end :] == used[image.end :]
    assert region(chip, bench, "vfs") == (tmp_path / "bench" / "vfs.img").read_bytes()


def test_a_new_micropython_keeps_the_device_s_data_and_starts_from_its_own_slot(
    chip: VirtualChip, bench: Target, used: bytes, tmp_path: Path
) -> None:
    """The bootloader would go on starting ota_1 if it had been told to."""
    chip.flash[:] = used
    install(chip, tmp_path)
    for name in ("nvs", "phy", "ota_1", "events", "keys", "anchor"):
        assert region(chip, bench, name)[8] == 0x42, name
    assert set(region(chip, bench, "otadata")) == {0xFF}
    assert region(chip, bench, "ota_0").startswith(sample.application("esp32"))


def test_an_enrolled_build_writes_the_secrets(
    chip: VirtualChip, bench: Target, tree: Path, used: bytes, tmp_path: Path
) -> None:
    """And with them the end of what the device knew before: the partition is written whole."""
    chip.flash[:] = used
    make.make(bench, form(tree), tmp_path, SECRETS)
    assert run(chip, tmp_path) == 0
    assert region(chip, bench, "nvs") == (tmp_path / "bench" / "nvs.bin").read_bytes()
    assert SECRETS["pairing_key"] in region(chip, bench, "nvs")


def refusal(chip: VirtualChip, folder: Path, *words: str) -> str:
    """The Problem's text; nothing was written."""
    before = bytes(chip.flash)
    with pytest.raises(Problem) as caught:
        run(chip, folder, *words)
    assert chip.flash == before
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.usefixtures("bench")
def test_another_map_is_refused_unless_the_chip_may_be_erased(chip: VirtualChip, tmp_path: Path) -> None:
    """It is somebody's device, with somebody's data."""
    other = partitions.encode(sample.STOCK)
    chip.flash[partitions.OFFSET : partitions.OFFSET + len(other)] = other
    chip.flash[0x20_0000] = 0x42
    firmware = ("--firmware", str(tmp_path / "firmware.bin"))
    for words in ((), firmware):
        assert "the board holds another map: nvs, factory" in refusal(chip, tmp_path, *words)
    assert "an erased chip needs MicroPython" in refusal(chip, tmp_path, "--erase")
    assert run(chip, tmp_path, *firmware, "--erase") == 0
    assert chip.flash[0x20_0000] == 0xFF


@pytest.mark.usefixtures("bench")
def test_what_is_no_map_is_refused_too(chip: VirtualChip, tmp_path: Path) -> None:
    """A map with one flipped bit may still be ours: a person decides."""
    chip.flash[partitions.OFFSET] = 0
    assert "what the board holds is no map" in refusal(chip, tmp_path, "--firmware", str(tmp_path / "firmware.bin"))


@pytest.mark.usefixtures("bench")
def test_an_empty_chip_needs_micropython(chip: VirtualChip, tmp_path: Path) -> None:
    """An image alone starts nothing."""
    assert "the board is empty" in refusal(chip, tmp_path)


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize(
    ("kind", "size", "message"),
    [
        ("esp32s3", 4 << 20, "the chip is ESP32-S3 "),
        ("esp32", 2 << 20, "the flash has 2 MB .* bench needs 4MB"),
    ],
)
def test_another_chip_is_refused(tmp_path: Path, kind: str, size: int, message: str) -> None:
    """The wrong bootloader bricks nothing for good, and wastes an evening."""
    import re

    with VirtualChip(kind, size) as chip:
        assert re.search(message, refusal(chip, tmp_path, "--firmware", str(tmp_path / "firmware.bin")))


def test_a_port_that_vanishes_after_a_reset_is_waited_for(
    chip: VirtualChip, bench: Target, used: bytes, tmp_path: Path
) -> None:
    """A board whose USB is its own is away for a second after each of esptool's resets."""
    chip.flash[:] = used
    chip.away_after_next = 3
    assert run(chip, tmp_path) == 0
    assert chip.connections == 3 + 3, "three questions, and three openings that failed"
    assert region(chip, bench, "vfs") == (tmp_path / "bench" / "vfs.img").read_bytes()


@pytest.mark.usefixtures("bench")
def test_a_write_that_breaks_off_is_told(chip: VirtualChip, used: bytes, tmp_path: Path) -> None:
    """A cable that falls out must not end in exit code 0."""
    chip.flash[:] = used
    chip.breaks_off = True
    with pytest.raises(Problem, match=r"esptool could not finish, see above .*Start again"):
        run(chip, tmp_path)


@pytest.mark.usefixtures("bench")
def test_a_port_that_was_never_there_is_told_at_once(tmp_path: Path) -> None:
    """Retrying a typing error would look like a slow board."""
    with pytest.raises(Problem, match=r"the board's loader does not answer: Could not open .*nosuchport"):
        cli.call(FLASH, ["--board", "bench", "--port", str(tmp_path / "nosuchport"), "--out", str(tmp_path)])


@pytest.mark.usefixtures("bench")
def test_a_dry_run_prints_the_lines_and_opens_nothing(
    chip: VirtualChip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person may want to see, or to run them elsewhere."""
    assert run(chip, tmp_path, "--dry-run", "--firmware", str(tmp_path / "firmware.bin")) == 0
    assert chip.connections == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("MicroPython 1.25.0 of 2025-04-15, SHA-256 ")
    assert len(said) == 2
    words = said[1].split()
    assert words[:8] == ["esptool", "--chip", "esp32", "--port", chip.port, "--baud", "460800", "write-flash"]
    assert words[10:] == [
        *("0x1000", str(tmp_path / "bench" / "bootloader.bin")),
        *("0x8000", str(tmp_path / "bench" / "partition-table.bin")),
        *("0xd000", str(tmp_path / "bench" / "otadata.bin")),
        *("0x10000", str(tmp_path / "bench" / "application.bin")),
        *("0x330000", str(tmp_path / "bench" / "vfs.img")),
    ]


@pytest.mark.usefixtures("bench")
def test_a_build_that_was_changed_or_is_not_there_is_refused(chip: VirtualChip, tmp_path: Path) -> None:
    """What was checked is what is written."""
    home = tmp_path / "bench"
    image = (home / lines.VFS).read_bytes()
    (home / lines.VFS).write_bytes(image[:-1] + b"\0")
    assert "the build was changed" in refusal(chip, tmp_path)
    (home / lines.VFS).write_bytes(image)
    (home / lines.NVS).write_bytes(b"another device's")
    assert "the build was changed" in refusal(chip, tmp_path)
    (home / lines.NVS).unlink()
    (home / make.SUMS).write_text("")
    assert "the build was changed" in refusal(chip, tmp_path)
    (home / make.SUMS).unlink()
    assert "there is no build" in refusal(chip, tmp_path)
    assert chip.connections == 0
