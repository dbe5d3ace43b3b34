"""MicroPython's own MQTT client, umqtt.simple, for tests on the virtual machines; boards carry it in their firmware.

Its source archive has no build script, so pip refuses it: it is downloaded as a file and checked against one hash.
"""

import hashlib
import os
import tarfile
from pathlib import Path

from tools.errors import Problem
from tools.fetch.store import locked, tell

_PROJECT = "micropython-umqtt.simple"
_VERSION = "1.3.4"
_SHA256 = "b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f"
_LIMIT = 100_000  # bytes: the archive has about 5,000


def umqtt() -> Path:
    """$UMQTT (a folder that holds umqtt/simple.py), else the cache, else the package index."""
    given = os.environ.get("UMQTT")
    if given:
        if not (Path(given) / "umqtt" / "simple.py").is_file():
            raise Problem("$UMQTT holds no umqtt/simple.py", given, "Name the folder above umqtt, or unset UMQTT")
        return Path(given)
    with locked("umqtt") as home:
        ready = home / f"umqtt-{_VERSION}"
        if not (ready / "umqtt" / "simple.py").is_file():
            _fetch(home / "umqtt.tar.gz", ready)
        return ready


def _fetch(archive: Path, ready: Path) -> None:
    tell(f"downloading {_PROJECT} {_VERSION}")
    try:
        _download(archive)
    except Exception as error:
        raise Problem(
            f"umqtt.simple cannot be downloaded: {error}",
            "tools/fetch",
            "Set UMQTT to a folder that holds umqtt/simple.py",
        ) from error
    if hashlib.sha256(archive.read_bytes()).hexdigest() != _SHA256:
        archive.unlink()
        raise Problem("the downloaded umqtt.simple has another hash than ours", _SHA256, "Run again, or set UMQTT")
    _unpack(archive, ready)
    archive.unlink()


def _download(target: Path) -> None:
    # Imported here: only the development set has it.
    from pypi_simple import PyPISimple

    with PyPISimple() as index:
        for package in index.get_project_page(_PROJECT).packages:
            if package.version == _VERSION and package.package_type == "sdist":
                index.download_package(package, target)
                return
    raise FileNotFoundError(f"{_PROJECT} {_VERSION} is not in the package index")


def _unpack(archive: Path, ready: Path) -> None:
    with tarfile.open(archive) as members:
        for member in members.getmembers():
            if member.name.endswith("/umqtt/simple.py") and member.size <= _LIMIT:
                source = members.extractfile(member)
                assert source is not None, "a regular file"
                (ready / "umqtt").mkdir(parents=True, exist_ok=True)
                (ready / "umqtt" / "simple.py").write_bytes(source.read())
                return
    raise Problem("the downloaded umqtt.simple holds no umqtt/simple.py", archive.name, "Set UMQTT")
