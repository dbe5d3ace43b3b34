"""Debian packages of any suite and architecture, unpacked beside the system without being installed.

The archive's address and keyring are read from the machine's own apt configuration; apt checks every signature with
that keyring. All of apt's state is private to the cache, so that neither root nor a change to the system is needed.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.errors import Problem
from tools.fetch.store import tell

_APT = Path("/etc/apt")
_TRIES = 4  # an index is sometimes caught half-way through an update; apt then ends with 100
_PAUSE_S = 3


class Source(NamedTuple):
    """Where this machine gets its packages."""

    uri: str
    keyring: str  # "" when apt's common keyring signs
    suites: tuple[str, ...]


class Unavailable(Exception):
    """This suite has no such package for this architecture, or its index stays broken. Another suite may have it."""


def architecture() -> str:
    """Debian's name of this machine's architecture; Problem where there is no dpkg."""
    if not shutil.which("dpkg") or not shutil.which("apt-get"):
        raise Problem("this is no Debian system", "apt-get, dpkg")
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def unpack(package: str, suite: str, arch: str, home: Path) -> Path:
    """`package` of `suite` with all it depends on, unpacked below `home`; the root folder.

    A suite of "" is the machine's own.
    """
    source = _own_source()
    suite = suite or source.suites[0]
    root = home / f"{package}-{suite}-{arch}"
    work = home / f"apt-{suite}-{arch}"
    options = _private_apt(work, source, suite, arch)
    _update(options, f"{suite} for {arch}")
    for old in (work / "archives").glob("*.deb"):
        old.unlink()
    install = ["apt-get", *options, "-qq", "-y", "--no-install-recommends", "--download-only", "install", package]
    _call(install, f"{package} of {suite} for {arch}")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for deb in sorted((work / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    shutil.rmtree(work)
    return root


def start_line(root: Path, program: str) -> str:
    """The shell line that runs `program` of an unpacked root with that root's own loader and libraries."""
    loaders = [
        path
        for folder in ("lib", "lib64", "usr/lib", "usr/lib64")
        for path in sorted((root / folder).glob("**/ld-linux*.so.*"))
    ]
    if not loaders:
        raise Unavailable(f"no loader in {root.name}")
    # An absolute link inside the root would lead to the system's own loader.
    loader = next((path for path in loaders if not path.is_symlink()), loaders[0])
    folders = sorted(
        {path.parent for pattern in ("usr/lib/*/*.so*", "lib/*/*.so*") for path in root.glob(pattern)} | {loader.parent}
    )
    libraries = ":".join(str(folder) for folder in folders)
    return f"exec '{loader}' --library-path '{libraries}' '{root}/{program}' \"$@\""


def _own_source() -> Source:
    for source in _sources():
        if (
            "security" not in source.uri
            and not any("security" in suite for suite in source.suites)
            and "debian" in source.uri
        ):
            return source
    raise Problem("the apt configuration names no Debian archive", str(_APT))


def _sources() -> Iterator[Source]:
    """Every enabled source of main packages, deb822 files first (sources.list(5))."""
    for path in sorted((_APT / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = _fields(stanza)
            wanted = "deb" in fields.get("types", "").split() and "main" in fields.get("components", "").split()
            if wanted and fields.get("uris") and fields.get("enabled", "yes") != "no":
                yield Source(fields["uris"].split()[0], fields.get("signed-by", ""), tuple(fields["suites"].split()))
    for path in (_APT / "sources.list", *sorted((_APT / "sources.list.d").glob("*.list"))):
        for line in path.read_text().splitlines() if path.is_file() else ():
            match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
            if match and "main" in match[4].split():
                keyring = re.search(r"signed-by=(\S+)", match[1] or "")
                yield Source(match[2], keyring[1] if keyring else "", (match[3],))


def _fields(stanza: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in stanza.splitlines() if ":" in line and not line.startswith("#"))
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _private_apt(work: Path, source: Source, suite: str, arch: str) -> list[str]:
    """Options that give apt-get its own lists, cache, empty package status and one source."""
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    signed = f" signed-by={source.keyring}" if source.keyring else ""
    (work / "sources.list").write_text(f"deb [arch={arch}{signed}] {source.uri} {suite} main\n")
    (work / "status").write_text("")
    settings = [
        f"Dir::Etc::sourcelist={work}/sources.list",
        "Dir::Etc::sourceparts=-",
        f"Dir::State::lists={work}/lists",
        f"Dir::State::status={work}/status",
        f"Dir::Cache={work}",
        f"Dir::Cache::archives={work}/archives",
        f"APT::Architecture={arch}",
        f"APT::Architectures::={arch}",
        "APT::Sandbox::User=root",
        "Acquire::Languages=none",
        # A mirror that lags, or a machine whose clock runs ahead: every signature is still checked, and what we fetch
        # runs in tests only.
        "Acquire::Check-Valid-Until=false",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
        "Debug::NoLocking=1",
    ]
    return [word for setting in settings for word in ("-o", setting)]


def _update(options: list[str], what: str) -> None:
    for attempt in range(1, _TRIES + 1):
        tell(f"reading the index of {what}" + (f", try {attempt} of {_TRIES}" if attempt > 1 else ""))
        done = subprocess.run(
            ["apt-get", *options, "-qq", "update"], capture_output=True, text=True, check=False, env=_env()
        )
        if done.returncode == 0:
            return
        # A wrong size repeats until the mirror is mended: after one more try another suite is the faster way.
        if attempt == _TRIES or (attempt == 2 and "unexpected size" in done.stderr):
            raise Unavailable(f"the index of {what} cannot be read: {_first_error(done.stderr)}")
        time.sleep(_PAUSE_S * attempt)


def _call(command: list[str], what: str) -> None:
    tell(f"downloading {what}")
    for attempt in (1, 2):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_env())
        if done.returncode == 0:
            return
        if attempt == 1:
            time.sleep(_PAUSE_S)
    raise Unavailable(f"{what} cannot be downloaded: {_first_error(done.stderr)}")


def _env() -> dict[str, str]:
    return os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _first_error(text: str) -> str:
    lines = (
        [line for line in text.splitlines() if line.startswith("E:")] or text.splitlines() or ["apt-get says nothing"]
    )
    return lines[0].strip()
