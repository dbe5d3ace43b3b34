"""Every board that can be flashed: built twice, started on both machines from its image, flashed, and heard."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from esp_idf_defs.partitions import PartitionTable  # ESP-IDF's gen_esp32part 1.5

from tests.support import firmware as sample
from tests.support import nvs_reader
from tests.support.virtual_chip import VirtualChip
from tools import cli, enrolment
from tools.errors import Problem
from tools.image import lines, manifest, nvs, partitions, target
from tools.image.make import SUMS
from tools.places import ROOT
from tools.rig import target as rigs

BOARDS = ("esp32_cam", "esp32_devkit_neo6m", "xiao_esp32s3_sense")
RUNNER = ROOT / "tests" / "support" / "run_image.py"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `amace build --all` leaves."""
    folder = tmp_path_factory.mktemp("dist")
    assert cli.call(cli.find("build"), ["--all", "--out", str(folder), "--json"]) == 0
    return folder


def agent(machine: Path, umqtt: Path, image: Path) -> Sequence[object]:
    """The command that runs a board's image on the invented chip, its console on stdin and stdout."""
    return [machine, RUNNER, image, ROOT, umqtt]


def test_the_boards_are_these() -> None:
    """A board that lost its flash.toml would silently be tested no more."""
    assert tuple(target.names()) == BOARDS


def test_a_second_build_with_an_empty_cache_has_the_same_sums(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner can build what the maker published."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cli.call(cli.find("build"), ["--all", "--out", str(tmp_path), "--json"]) == 0
    for board in BOARDS:
        assert (tmp_path / board / SUMS).read_text() == (dist / board / SUMS).read_text(), board


@pytest.mark.parametrize("board", sorted(path.parent.name for path in (ROOT / "boards").glob("*/partitions.csv")))
def test_a_board_s_map_is_what_esp_idf_makes_of_it(board: str) -> None:
    """Also those of boards that live on a computer: they share one map."""
    text = (ROOT / "boards" / board / "partitions.csv").read_text()
    table = partitions.parse(text, board)
    theirs = PartitionTable.from_csv(text)
    theirs.verify()
    assert partitions.encode(table) == theirs.to_binary()
    partitions.check(table, target.SIZES["8MB"], board)


@pytest.mark.parametrize("board", sorted(path.parent.name for path in (ROOT / "boards").glob("*/manifest.py")))
def test_a_board_s_manifest_freezes_its_entry(board: str) -> None:
    """What a board that can be flashed loads beside it, `amace build` compares by itself."""
    frozen = manifest.read(ROOT / "boards" / board, ROOT)
    assert f"boards/{board}/main.py" in frozen.files
    assert frozen.version == cli.version()
    assert frozen.has_port


@pytest.mark.parametrize("board", BOARDS)
def test_the_agent_starts_from_the_image_and_says_hello(
    vm: Path, umqtt: Path, board: str, dist: Path, tmp_path: Path
) -> None:
    """The board's own entry, parts and console, on an invented chip: the rig's first question is answered."""
    image = tmp_path / "vfs.img"
    image.write_bytes((dist / board / lines.VFS).read_bytes())
    with VirtualChip("esp32", 1 << 20, lambda: agent(vm, umqtt, image)) as chip:
        log = rigs.new_log(board, tmp_path)
        rig = rigs.open_rig(chip.port, log)
        try:
            assert rig.hello().board == board
            assert rig.state().live == 0, "nothing is granted on a new device"
        finally:
            rig.close()
            log.close()


@pytest.mark.parametrize("board", BOARDS)
def test_every_module_of_the_image_loads_and_none_comes_from_elsewhere(
    mp32: Path, umqtt: Path, board: str, dist: Path, tmp_path: Path
) -> None:
    """A room that is loaded once a month must not be missing then."""
    image = tmp_path / "vfs.img"
    image.write_bytes((dist / board / lines.VFS).read_bytes())
    from tools.rig.client import encode

    restart = b"\0" + encode(b"\x08")
    command = [str(word) for word in agent(mp32, umqtt, image)]
    done = subprocess.run(command, input=restart, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"fails" not in done.stdout


@pytest.fixture
def chip(mp32: Path, umqtt: Path, tmp_path: Path) -> Iterator[VirtualChip]:
    """A new ESP32 that runs what lies in its flash."""

    def start() -> Sequence[object]:
        part = target.load("esp32_devkit_neo6m").part("vfs")
        image = tmp_path / "running.img"
        image.write_bytes(found.flash[part.offset : part.end])
        return agent(mp32, umqtt, image)

    with VirtualChip("esp32", 4 << 20, start) as found:
        yield found


def flash(chip: VirtualChip, dist: Path, *words: str) -> int:
    board = ["--board", "esp32_devkit_neo6m", "--port", chip.port, "--out", str(dist)]
    return cli.call(cli.find("flash"), [*board, *words])


def test_a_flashed_board_says_hello(
    chip: VirtualChip, dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From sources to a running agent: build, esptool, the chip's flash, the image in it, the rig's question."""
    firmware = tmp_path / "firmware.bin"
    firmware.write_bytes(sample.published())
    assert flash(chip, dist, "--firmware", str(firmware)) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"MicroPython 1.25.0 of 2025-04-15, SHA-256 {hashlib.sha256(sample.published()).hexdigest()}"
    assert said[-1] == "esp32_devkit_neo6m says hello: protocol 1, not enrolled yet: amace enrol"


def test_an_enrolment_goes_where_the_board_looks_for_it(dist: Path, tmp_path: Path) -> None:
    """The names and the namespace are those of hal/esp32: a device that does not find them says it is new."""
    file = tmp_path / "device.json"
    made = enrolment.generate(ssid="Harbour", password="seven seas", broker="mqtts://broker.example")
    enrolment.save(file, enrolment.content(made))
    words = ["--board", "esp32_cam", "--enrol", str(file), "--out", str(tmp_path)]
    assert cli.call(cli.find("build"), words) == 0
    found = nvs_reader.read((tmp_path / "esp32_cam" / lines.NVS).read_bytes())
    secrets = (ROOT / "hal" / "esp32" / "secrets.py").read_text()
    assert f'NAMESPACE = "{nvs.NAMESPACE}"\n' in secrets
    assert found == {(nvs.NAMESPACE, name): value for name, value in made.secrets.items()}
    for name in (lines.VFS, lines.TABLE):
        assert (tmp_path / "esp32_cam" / name).read_bytes() == (dist / "esp32_cam" / name).read_bytes()


def test_an_enrolled_build_says_so_and_shows_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads a build's log must learn that there is something to keep, and nothing of what it is."""
    file = tmp_path / "device.json"
    made = enrolment.generate(ssid="Harbour", password="seven seas")
    enrolment.save(file, enrolment.content(made))
    for words, told in ((["--enrol", str(file)], True), ([], False)):
        assert cli.call(cli.find("build"), ["--board", "esp32_cam", "--out", str(tmp_path), *words]) == 0
        said = capsys.readouterr().out
        assert ("This build holds secrets of one device: " in said) == told
        assert "seven seas" not in said
        assert made.pairing_key.hex() not in said


def test_an_agent_of_another_board_or_none_is_told(
    chip: VirtualChip, dist: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written is not running: the exit code says so."""
    from tools.image import flash as command

    found = target.load("esp32_devkit_neo6m")
    for part, data in ((found.part("vfs"), (dist / found.name / lines.VFS).read_bytes()),):
        chip.flash[part.offset : part.end] = data
    assert command.greet(chip.port, found._replace(name="other")) == 1
    assert "the agent says it is esp32_devkit_neo6m" in capsys.readouterr().err
    monkeypatch.setattr(command, "_BACK_S", 0)
    chip.flash[found.part("vfs").offset : found.part("vfs").end] = bytes(found.part("vfs").size)
    assert command.greet(chip.port, found) == 1
    assert "no agent answered in 0 s" in capsys.readouterr().err


def test_the_report_for_programs_names_rooms_partitions_and_sums(dist: Path) -> None:
    """`--json` is for whoever keeps a history of sizes."""
    command = [sys.executable, "-m", "tools", "build", "--board", "esp32_cam", "--out", str(dist / "again"), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (report,) = json.loads(done.stdout)
    assert report["board"] == "esp32_cam"
    assert {use["name"] for use in report["partitions"]} == {place.name for place in partitions.MAP}
    assert any(path.endswith("vfs.img") for path in report["sha256"])
    assert report["secrets"] == []


def test_a_build_of_a_board_of_a_computer_is_refused() -> None:
    """It has a map and nothing to flash."""
    with pytest.raises(Problem, match=r"no board to flash is called 'unix' \(boards\)\. There are: esp32_cam, "):
        cli.call(cli.find("build"), ["--board", "unix"])
