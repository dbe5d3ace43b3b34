"""`amace replay`: one JSON object for each distinct time of a recording, from any of the three runtimes."""

import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Annotated

import typer

from tools import app as application
from tools import fetch, mpy
from tools.console import err
from tools.errors import Problem
from tools.replay import device
from tools.replay.source import Source
from tools.sim import runtimes

app = application.new()
_START = "import sys; sys.path.insert(0, sys.argv[1]); from tools.replay import device; device.main()"


@app.command()
def replay(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A recording of a GNSS receiver; - is standard input.")],
    runtime: Annotated[str, typer.Option(help="Where the parser runs: cpython, mp64 or mp32.")] = "cpython",
) -> None:
    """Prints {"t", "tod", "lat", "lon", "speed", "track", "alt", "mode"} for each distinct time: t is ISO 8601 in UTC, tod
    seconds of the day, speed m/s, track degrees, alt metres above the sea, mode 1 (no fix) to 3. Unknown is null.
    What was refused is counted on standard error."""
    runtimes.check(runtime)
    source = Source(file)
    counts = _here(source) if runtime == "cpython" else _there(source, int(runtime[2:]))
    err.print(summary(counts, source.stray_lines))


def summary(counts: dict[str, int], stray_lines: int) -> str:
    """One line: what came of the sentences, and every reason for which some were refused."""
    refused = [(counts[name], name.replace("_", " ")) for name in device.REASONS if counts[name]]
    if stray_lines:
        refused.append((stray_lines, "lines that are no sentence"))
    parts = [f"{counts['fixes']} fixes from {counts['merged']} sentences"]
    if counts["skipped"]:
        parts.append(f"{counts['skipped']} of other kinds or with nothing new")
    if counts["untimed"]:
        parts.append(f"{counts['untimed']} without a time")
    parts.append("refused: " + (", ".join(f"{count} {what}" for count, what in refused) or "none"))
    return "replay: " + "; ".join(parts)


def _here(source: Source) -> dict[str, int]:
    run = device.Replay(sys.stdout.write)
    for piece in source.pieces():
        run.feed(bytearray(piece), len(piece))
    return run.close()


def _there(source: Source, bits: int) -> dict[str, int]:
    """In a real MicroPython, which writes to our standard output itself."""
    heap = runtimes.HEAPS[f"mp{bits}"]
    command = [fetch.micropython(bits), "-X", f"heapsize={heap}", "-c", _START, mpy.compiled()]
    sys.stdout.flush()
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=errors) as child:
            assert child.stdin is not None
            # It reads to the end unless it ends first, and then its exit code says why.
            with suppress(BrokenPipeError):
                for piece in source.pieces():
                    child.stdin.write(piece)
                child.stdin.close()
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    if child.returncode == device.READER_GONE:
        raise BrokenPipeError  # whoever read our output has gone: the command line ends quietly
    if child.returncode:
        raise Problem(f"the machine ended with {child.returncode}: {text[-300:]}", f"mp{bits}", "Try --runtime cpython")
    return {name: int(number) for name, number in (line.split() for line in text.splitlines())}
