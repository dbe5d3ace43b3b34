"""Fetching: the machine's own archive is found, broken indexes are retried, and a dead end says how to go on."""

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.host.planted import plant
from tools import fetch
from tools.errors import Problem
from tools.fetch import archive, broker, client, vm

_DEB822 = """Types: deb
# a comment: with a colon
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""
_ONE_LINE = """# deb http://old.example/debian bullseye main
deb http://third.example/thing stable main
deb [arch=amd64 signed-by=/usr/share/keyrings/b.gpg] http://mirror.example/debian bookworm main
"""


@pytest.mark.parametrize(
    ("name", "text", "keyring"),
    [
        ("sources.list.d/debian.sources", _DEB822, "/usr/share/keyrings/a.gpg"),
        ("sources.list", _ONE_LINE, "/usr/share/keyrings/b.gpg"),
    ],
)
def test_the_machines_own_archive_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, keyring: str
) -> None:
    """Both forms of sources.list(5); the security archive and strangers' archives have no MicroPython."""
    monkeypatch.setattr(archive, "_APT", plant(tmp_path, name, text))
    source = archive._own_source()
    assert source.uri == "http://mirror.example/debian"
    assert source.keyring == keyring
    assert source.suites[0] == "bookworm"


def test_a_machine_without_a_debian_archive_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another distribution: a person can still name a program of theirs."""
    monkeypatch.setattr(archive, "_APT", tmp_path)
    with pytest.raises(Problem, match="names no Debian archive"):
        archive._own_source()


def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Path:
    """A stand-in for apt-get that counts its calls; the file they are counted in."""
    count = tmp_path / "count"
    program = plant(tmp_path, "bin/apt-get", f"#!/bin/sh\necho call >>'{count}'\n{body}\n") / "bin" / "apt-get"
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(archive, "_PAUSE_S", 0)
    return count


def test_an_index_caught_half_way_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """apt ends with 100 while a mirror is being updated; seconds later it works."""
    count = apt(tmp_path, monkeypatch, f"[ $(wc -l <'{tmp_path}/count') -ge 3 ] || exit 100")
    archive._update([], "trixie for amd64")
    assert len(count.read_text().splitlines()) == 3


def test_an_index_that_stays_broken_is_given_up_after_four_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another suite is tried then, so the reason must come along."""
    count = apt(tmp_path, monkeypatch, "echo 'E: no route' >&2; exit 100")
    with pytest.raises(archive.Unavailable, match="E: no route"):
        archive._update([], "trixie for amd64")
    assert len(count.read_text().splitlines()) == archive._TRIES


def test_a_mirror_with_a_wrong_size_is_left_sooner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That repeats until somebody mends the mirror: two tries, then the next suite."""
    count = apt(tmp_path, monkeypatch, "echo 'E: File has unexpected size (1 != 2)' >&2; exit 100")
    with pytest.raises(archive.Unavailable):
        archive._update([], "trixie for i386")
    assert len(count.read_text().splitlines()) == 2


def test_the_next_suite_is_tried_when_one_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the oldest that is new enough, then what the mirror has."""
    asked: list[str] = []

    def unpack(package: str, suite: str, arch: str, home: Path) -> Path:
        asked.append(f"{suite} {arch}")
        if suite != "sid":
            raise archive.Unavailable("broken")
        return home

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MICROPYTHON32", raising=False)
    monkeypatch.setattr(archive, "unpack", unpack)
    monkeypatch.setattr(archive, "architecture", lambda: "amd64")
    monkeypatch.setattr(archive, "start_line", lambda root, program: "echo 1 26 False; exit 7")
    assert fetch.micropython(32) == tmp_path / "amace-edge" / "mp32"
    assert asked == ["trixie i386", "forky i386", "sid i386"]
    assert fetch.micropython(32) == tmp_path / "amace-edge" / "mp32"
    assert len(asked) == 3, "the second call takes the cached one"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("1 24 True; exit 7", "it is 1.24"),
        ("1 25 False; exit 7", "its words are not 64 bits"),
        ("1 25 True", "it loses the exit code"),
        ("nonsense", "it does not run"),
    ],
)
def test_a_machine_of_the_wrong_kind_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, fault: str
) -> None:
    """A 64-bit machine in the 32-bit one's place would prove nothing about an ESP32."""
    program = plant(tmp_path, "micropython", f"#!/bin/sh\necho {answer}\n") / "micropython"
    program.chmod(0o755)
    monkeypatch.setenv("MICROPYTHON", str(program))
    with pytest.raises(Problem, match=fault):
        fetch.micropython(64)


def test_a_dead_end_names_every_reason_and_the_way_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Debian and no 32-bit wheel: the person must bring one."""

    def no_debian() -> str:
        raise Problem("this is no Debian system")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MICROPYTHON32", raising=False)
    monkeypatch.setattr(archive, "architecture", no_debian)
    with pytest.raises(Problem, match=r"no Debian system.*Set MICROPYTHON32"):
        fetch.micropython(32)


def test_a_broker_named_by_the_environment_must_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the variable is told at once, not by a failing test."""
    monkeypatch.setenv("MOSQUITTO", str(tmp_path / "none"))
    with pytest.raises(Problem, match="does not run"):
        broker.mosquitto()


def test_the_clients_archive_is_checked_by_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that runs in our tests must be the code we looked at."""

    def download(target: Path) -> None:
        source = plant(tmp_path, "x/umqtt/simple.py", "x = 1\n") / "x"
        with tarfile.open(target, "w:gz") as made:
            made.add(source, "x")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("UMQTT", raising=False)
    monkeypatch.setattr(client, "_download", download)
    with pytest.raises(Problem, match="another hash"):
        client.umqtt()
    assert not (tmp_path / "amace-edge" / f"umqtt-{client._VERSION}").exists()


def test_a_client_named_by_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way on without a network."""
    monkeypatch.setenv("UMQTT", str(plant(tmp_path, "umqtt/simple.py", "")))
    assert client.umqtt() == tmp_path


def test_the_two_machines_are_what_they_are_called(mp64: Path, mp32: Path) -> None:
    """Everything else in these tests rests on it."""
    assert vm._fault(mp64, 64) == ""
    assert vm._fault(mp32, 32) == ""
    assert vm._fault(mp64, 32) == "its words are not 32 bits"


def test_the_fetched_broker_and_client_run(mosquitto: Path, umqtt: Path, mp64: Path) -> None:
    """The client must import on the machine, and the broker must start."""
    assert broker._runs(mosquitto)
    code = f"import sys; sys.path.insert(0, {str(umqtt)!r}); import umqtt.simple; print(umqtt.simple.MQTTClient)"
    done = subprocess.run([mp64, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "<class 'MQTTClient'>\n", done.stderr
