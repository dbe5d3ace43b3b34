"""A board is one folder and nothing else: complete, mapped, within its budget, and named by nobody."""

import json
import os
import random
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from agent.privacy import purposes as p
from simulator.keys import ED25519, P256, Signer
from simulator.owner import Binding, Consent, Owner, Wifi
from tools import boards, mpy
from tools.errors import Problem
from tools.image import partitions
from tools.places import ROOT
from tools.rename import renamed

FOLDERS = sorted(path for path in (ROOT / "boards").iterdir() if path.is_dir() and path.name != "__pycache__")
FLASHED = [path for path in FOLDERS if (path / "flash.toml").is_file()]
ON_DEVICE = [path for path in FOLDERS if path.name != "host"]
_COUNTS = ("IDLE_MS", "CELL_RATIO", "GNSS_UART", "GNSS_RESTART_MS", "I2C")
_AT_REST = 121_500  # bytes on the 32-bit machine, as single modules: 121.0 kB measured, less as an image; the next large module should be a room
_NOW = 217_000_000  # seconds since 2020
_WITH_ROOMS = 174_000  # with every room loaded from the start, on a board with PSRAM: 173.5 kB measured


def pins(folder: Path) -> dict[str, object]:
    found = runpy.run_path(str(folder / "pins.py"))
    return {name: value for name, value in found.items() if name.isupper()}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_folder_holds_what_a_board_is(folder: Path) -> None:
    """Whoever adds a board copies a folder: none may lack a file that a tool asks for."""
    wanted = ["__init__.py", "facts.toml", "partitions.csv"]
    if folder in ON_DEVICE:
        wanted += ["board.py", "main.py", "manifest.py", "pins.py"]
    assert [name for name in wanted if not (folder / name).is_file()] == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_flash_map_is_the_project_s(folder: Path) -> None:
    """Where keys and anchor lie can never be changed on a device in the field."""
    table = partitions.parse((folder / "partitions.csv").read_text(), folder.name)
    facts = boards.load(folder)
    partitions.check(table, facts.flash_mb << 20, folder.name)
    assert table[-1].end == facts.flash_mb << 20, "the whole chip is used"
    assert facts.budgets["image_kb"] << 10 <= next(part.size for part in table if part.name == "vfs")


def test_facts_and_flash_agree() -> None:
    """Two files name the chip's size."""
    for folder in FLASHED:
        assert f'flash = "{boards.load(folder).flash_mb}MB"' in (folder / "flash.toml").read_text()


def test_no_other_file_names_a_board() -> None:
    """A new board is one new folder and no other change."""
    names = re.compile("|".join(path.name for path in FLASHED))
    found = [
        path.relative_to(ROOT).as_posix()
        for room in ("agent", "hal", "simulator", "tools", "boards")
        for path in (ROOT / room).rglob("*.py")
        if names.search(path.read_text()) and path.parent not in FLASHED
    ]
    assert found == []
    for folder in FLASHED:
        others = "|".join(path.name for path in FLASHED if path != folder)
        assert not [path for path in folder.glob("*.py") if re.search(others, path.read_text())]


@pytest.mark.parametrize("folder", FLASHED, ids=lambda path: path.name)
def test_no_pin_is_used_twice(folder: Path) -> None:
    """Two parts on one pin is the classic wiring mistake."""
    found = pins(folder)
    data = found.pop("DATA", [])
    assert isinstance(data, list)
    used = [*data, *(value for name, value in found.items() if name not in _COUNTS)]
    assert sorted(set(used)) == sorted(used)


def test_pins_that_a_chip_needs_for_itself_stay_free() -> None:
    """6 to 11 of an ESP32 are its flash; 16 of an ESP32-CAM is its PSRAM; 12 high at reset stops it from starting."""
    for folder in FLASHED:
        found = pins(folder)
        used = {value for name, value in found.items() if name not in _COUNTS and isinstance(value, int)}
        if 'chip = "esp32"\n' in (folder / "flash.toml").read_text():
            assert not used & {6, 7, 8, 9, 10, 11, 12, 1, 3}
            assert max(used) < 40
        else:
            assert not used & {19, 20, *range(26, 38)}, "USB, flash and PSRAM of an ESP32-S3R8"
    assert 16 not in pins(ROOT / "boards" / "esp32_cam").values()


def test_the_microphone_is_held_and_nothing_could_hear_it() -> None:
    """GPIO 41 and 42 of the XIAO Sense. That no file imports a sound module, `amace check` sees to."""
    found = pins(ROOT / "boards" / "xiao_esp32s3_sense")
    assert (found["MICROPHONE_CLOCK"], found["MICROPHONE_DATA"]) == (42, 41)


def test_the_unix_board_s_regions_are_its_map_s() -> None:
    """On the device there is no CSV to read."""
    folder = ROOT / "boards" / "unix"
    table = partitions.parse((folder / "partitions.csv").read_text(), "unix")
    expected = [(part.name, part.offset, part.size) for part in table[5:]]
    assert list(pins(folder)["REGIONS"]) == expected  # pyright: ignore[reportArgumentType] - a tuple of tuples
    assert pins(folder)["FLASH_BYTES"] == table[-1].end


@pytest.mark.parametrize("folder", FLASHED, ids=lambda path: path.name)
def test_a_board_at_rest_stays_within_its_share_of_the_heap(folder: Path, mp32: Path, umqtt: Path) -> None:
    """What is taken before the first consent is never free again: every module that is loaded for good counts."""
    command = [mp32, "-X", "heapsize=330k", Path(__file__).with_name("board_heap.py"), mpy.compiled(), folder.name]
    paths = os.environ | {"MICROPYPATH": f"{umqtt}:.frozen"}
    done = subprocess.run(
        command, env=paths, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    taken = int(done.stdout)
    keeps = "keep_rooms=True" in (folder / "board.py").read_text()
    assert taken <= (_WITH_ROOMS if keeps else _AT_REST)
    assert taken <= boards.load(folder).budgets["heap_kb"] << 10


@pytest.mark.parametrize("alg", [ED25519, P256])
@pytest.mark.parametrize("folder", FLASHED, ids=lambda path: path.name)
def test_a_record_is_checked_and_answered_in_a_board_s_heap(
    folder: Path, alg: int, mp32: Path, umqtt: Path, tmp_path: Path
) -> None:
    """Consent that a full heap cannot hear is none: verifier and signer beside all ports of the board, as an image holds them."""
    rng = random.Random(alg)
    keys = Binding(rng.randbytes(16), rng.randbytes(32), Signer(rng.randbytes(32), alg), seal=rng.randbytes(32))
    lines = [Consent(purpose) for purpose in (p.STATUS, p.LOCATION_REPORT, p.PRESENCE)]
    record = Owner(keys, rng).record(lines, _NOW, _NOW + 9_000).body
    told = [f"{name}={value.hex()}" for name, value in keys.secrets(Wifi(b"a network", b"its password")).items()]
    (tmp_path / "said").write_text("\n".join([record.hex(), *told]))
    tree = mpy.compiled(joined=True)
    script = tmp_path / "board_signs.py"
    text = Path(__file__).with_name("board_signs.py").read_text()
    script.write_text(renamed(text, json.loads((tree / mpy.SYMBOLS).read_text())))
    (tmp_path / "tests").symlink_to(mpy.compiled() / "tests")

    def run(heap: int) -> subprocess.CompletedProcess[str]:
        command = [mp32, "-X", f"heapsize={heap}", script, tree, tmp_path, folder.name, tmp_path / "said"]
        paths = os.environ | {"MICROPYPATH": f"{umqtt}:.frozen"}
        return subprocess.run(
            command, env=paths, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
        )

    roomy = run(2 << 20)
    assert roomy.returncode == 0, roomy.stdout + roomy.stderr
    fakes = int(roomy.stdout.split()[0])
    done = run((boards.load(folder).budgets["heap_kb"] << 10) + fakes)
    assert done.stdout.split() == [str(fakes), "done"], done.stdout + done.stderr


def amace(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", "boards", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_lists_every_board() -> None:
    """For a person, and for a program."""
    done = amace("--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert [board["name"] for board in found] == [path.name for path in FOLDERS]
    assert [board["name"] for board in found if board["flashable"]] == [path.name for path in FLASHED]
    table = amace().stdout
    for folder in FOLDERS:
        assert folder.name in table


def test_the_command_shows_one_board_s_parts() -> None:
    """What to buy and where to solder it."""
    done = amace("esp32_cam")
    assert "OV2640" in done.stdout
    assert "esp32_devkit" not in done.stdout


def test_an_unknown_board_gets_one_line() -> None:
    """What, where, how to mend."""
    done = amace("nope")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nope" in done.stderr
    assert "esp32_cam" in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("flash_mb = 4", 'flash_mb = "4"'), "flash_mb is '4'"),
        (('"console"]', '"hovercraft"]'), "no feature is called 'hovercraft'"),
        (("heap_kb = 192", "heap = 192"), "budgets holds"),
        (("psram_mb = 0", ""), "it holds"),
        (("[parts]", "[parts"), "cannot be read"),
    ],
)
def test_wrong_facts_are_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    """The next board's first run."""
    text = (ROOT / "boards" / "unix" / "facts.toml").read_text()
    assert change[0] in text
    (tmp_path / "facts.toml").write_text(text.replace(*change))
    with pytest.raises(Problem, match=message):
        boards.load(tmp_path)
