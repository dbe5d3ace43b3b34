"""dist/mip: what `mpremote mip install` takes, tried with the real mpremote on a virtual board."""

import hashlib
import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support import bench_board
from tests.support.virtual_board import VirtualBoard
from tools.image import littlefs, make, mip, target
from tools.image.contents import form
from tools.image.make import Build

UMQTT = b"class MQTTClient:\n    pass\n"
BLOCKS = 128


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    tree = bench_board.plant(tmp_path_factory.mktemp("tree"))
    out = tmp_path_factory.mktemp("dist")
    found = make.make(target.load("bench", tree), form(tree), out)
    mip.write(out / "mip", found.contents.files, "0.1.0")
    return found


@pytest.fixture
def package(built: Build) -> dict[str, object]:
    return json.loads((built.folder.parent / "mip" / "package.json").read_text())


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its failures."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """micropython-lib's index with one package, in the form mpremote asks for (mip, version 2 of the index)."""
    digest = hashlib.sha256(UMQTT).hexdigest()[:8]
    described = {"v": 1, "version": "1.4.0", "hashes": [["umqtt/simple.py", digest]]}
    home = tmp_path / "index"
    for path, data in (
        ("package/6/umqtt.simple/latest.json", json.dumps(described).encode()),
        (f"file/{digest[:2]}/{digest}", UMQTT),
    ):
        (home / path).parent.mkdir(parents=True)
        (home / path).write_bytes(data)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(home))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_package_lists_exactly_the_image_s_modules(built: Build, package: dict[str, list[list[str]]]) -> None:
    """Two ways onto a board must bring the same agent."""
    listed = {"lib/" + path: (built.folder.parent / "mip" / url).read_bytes() for path, url in package["urls"]}
    assert listed == {path: data for path, data in built.contents.files.items() if path != "main.py"}


def test_the_package_names_what_it_needs_and_is_relative(package: dict[str, object]) -> None:
    """The folder can be served from anywhere, or read from a disk."""
    urls = package["urls"]
    assert isinstance(urls, list)
    assert not [url for _, url in urls if ":" in url or url.startswith("/") or ".." in url]
    assert package["deps"] == [["umqtt.simple", "latest"]]
    assert package["version"] == "0.1.0"


def test_the_printed_lines_install_it_on_a_board_and_the_agent_starts(
    mp32: Path, built: Build, index: str, tmp_path: Path
) -> None:
    """The lines of flash.txt, as they stand there, with the real mpremote."""
    image = tmp_path / "flash.img"
    image.write_bytes(littlefs.build({}, BLOCKS * littlefs.BLOCK, "flash"))
    lines = [shlex.split(line) for line in built.steps.splitlines() if line.startswith("mpremote ")]
    assert len(lines) == 2
    with VirtualBoard(mp32, image) as board:
        for line in [*lines, ["mpremote", "connect", "PORT", "exec", "exec(open('/main.py').read())"]]:
            words = [board.port if word == "PORT" else word for word in line[1:]]
            if "mip" in words:
                words[words.index("install") : words.index("install")] = ["--index", index]
            command = [sys.executable, "-m", "mpremote", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == bench_board.SAID
    files = littlefs.read(image.read_bytes(), "flash")
    assert files == {**built.contents.files, "lib/umqtt/simple.py": UMQTT}
