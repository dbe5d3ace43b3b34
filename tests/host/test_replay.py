"""`amace replay`: one JSON object for each distinct time, the same bytes from all three runtimes, whatever is in the file."""

import io
import json
import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.voyage import garble, line, lines
from tools.places import ROOT
from tools.replay import device
from tools.replay.command import summary
from tools.replay.source import Source

RUNTIMES = ("cpython", "mp64", "mp32")
_KEYS = ["t", "tod", "lat", "lon", "speed", "track", "alt", "mode"]


def replay(*words: str, feed: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tools", "replay", *words]
    return subprocess.run(command, cwd=ROOT, input=feed, capture_output=True, check=False)


def test_three_runtimes_print_the_same_bytes(tmp_path: Path, mp64: Path, mp32: Path) -> None:
    """A recording judged on a laptop must be what the device would have reported; here with garbage in between."""
    file = tmp_path / "voyage.nmea"
    sound = lines(300, 1)
    file.write_bytes(sound + garble(sound, 2))
    done = [replay(str(file), "--runtime", runtime) for runtime in RUNTIMES]
    assert [each.returncode for each in done] == [0, 0, 0], done
    assert done[0].stdout.count(b"\n") > 300
    assert done[1].stdout == done[0].stdout
    assert done[2].stdout == done[0].stdout
    assert done[1].stderr == done[0].stderr == done[2].stderr
    assert b"bad checksum" in done[0].stderr


def test_each_distinct_time_is_one_object_with_the_agreed_keys(tmp_path: Path) -> None:
    """Programs read this: a key renamed or a time printed twice would break them."""
    file = tmp_path / "voyage.nmea"
    file.write_bytes(lines(90, 3))
    done = replay(str(file))
    rows = [json.loads(text) for text in done.stdout.splitlines()]
    assert len(rows) == 90
    assert all(list(row) == _KEYS for row in rows)
    times = [datetime.fromisoformat(row["t"]) for row in rows]
    assert times == sorted(set(times))
    assert times[0].isoformat().startswith("2025-05-13T23:59:00")
    assert times[-1].isoformat().startswith("2025-05-14T00:00:29")
    for k, row in enumerate(rows):
        assert int(row["tod"]) == (86_340 + k) % 86_400
        void = k % 8 == 7
        assert (row["mode"] == 1) == void
        assert all((row[key] is None) == void for key in ("lat", "lon", "speed", "track", "alt"))
    assert done.stderr == b"replay: 90 fixes from 270 sentences; 90 of other kinds or with nothing new; refused: none\n"


def test_numbers_are_written_from_integers() -> None:
    """A float printed by two runtimes may differ in its last digit."""
    cases = (
        (
            b"GNRMC,000000,A,0000.00006,S,17959.9999,E,0.02,0.01,290224,,,A",
            '"2024-02-29T00:00:00Z", "tod": 0, "lat": -0.000001, "lon": 179.999998, "speed": 0.01, "track": 0.01, "alt": null, "mode": 2',
        ),
        (
            b"GNGGA,235960.5,0000.0000,N,00000.0000,W,1,,,-0.05,M,,M,,",
            'null, "tod": 86400.500, "lat": 0.000000, "lon": 0.000000, "speed": null, "track": null, "alt": -0.1, "mode": 3',
        ),
        (
            b"GNRMC,235960.500,V,,,,,,,311216,,,N",
            '"2016-12-31T23:59:60.500Z", "tod": 86400.500, "lat": null, "lon": null, "speed": null, "track": null, "alt": null, "mode": 1',
        ),
    )
    for body, expected in cases:
        out = io.StringIO()
        run = device.Replay(out.write)
        run.feed(bytearray(line(body)), len(line(body)))
        run.close()
        assert out.getvalue() == '{"t": ' + expected + "}\n"


def test_every_day_of_a_century_has_its_date() -> None:
    """The calendar is written out here, because no machine has one that fits."""
    first = date(1980, 1, 1)
    for day in range(36_525):
        assert device.date(day) == (first + timedelta(day)).isoformat()


def test_standard_input_is_a_file_too() -> None:
    """`cat` a serial port into it."""
    data = lines(5, 4)
    assert replay("-", feed=data).stdout.count(b"\n") == 5


def test_garbage_is_counted_and_never_raises(tmp_path: Path) -> None:
    """A file is often the wrong one: a picture, a half download, a log with words in it."""
    samples = (
        (b"", "0 fixes from 0 sentences; refused: none"),
        (b"hello\nworld\n\n", "0 fixes from 0 sentences; refused: 2 lines that are no sentence"),
        (
            line(b"GNRMC,000000,A,9100.0000,N,00000.0000,E,,,010125,,,A"),
            "0 fixes from 0 sentences; refused: 1 bad field",
        ),
        (
            b"$GNRMC,000000*00\n$GNRMC,0000000$GNGGA," + b"7" * 200,
            "0 fixes from 0 sentences; refused: 1 bad checksum, 1 cut, 1 too long",
        ),
        (line(b"GNRMC,,V,,,,,,,,,,N"), "0 fixes from 0 sentences; 1 without a time; refused: none"),
    )
    for data, expected in samples:
        done = replay("-", feed=data)
        assert (done.returncode, done.stdout) == (0, b""), data
        assert done.stderr.decode() == f"replay: {expected}\n", data
    for seed in range(3):
        done = replay("-", feed=os.urandom(100_000) + garble(lines(50, seed), seed))
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(b"\n") == 1, done.stderr


def test_stray_lines_are_counted_however_the_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that two reads share is one line."""
    data = b"one\n$two\n\n!three\nfour\r\n  \nfive"
    file = tmp_path / "words"
    file.write_bytes(data)
    for size in range(1, len(data) + 1):
        monkeypatch.setattr("tools.replay.source._PIECE", size)
        source = Source(str(file))
        assert b"".join(source.pieces()) == data
        assert source.stray_lines == 3, size


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["nowhere.nmea"],
            "error: the file cannot be read: No such file or directory (nowhere.nmea). Name an NMEA file, or - for standard input\n",
        ),
        (
            ["docs"],
            "error: the file cannot be read: Is a directory (docs). Name an NMEA file, or - for standard input\n",
        ),
        (
            ["-", "--runtime", "mp16"],
            "error: no runtime is called 'mp16' (--runtime). There are: cpython, mp64, mp32\n",
        ),
    ],
)
def test_a_bad_file_gets_one_line_and_exit_code_2(words: list[str], expected: str) -> None:
    """What, where, how to mend."""
    done = replay(*words, feed=b"")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", expected)


def test_the_summary_names_only_reasons_that_occurred() -> None:
    """A row of zeros hides the one number that matters."""
    counts = {
        "fixes": 1,
        "merged": 2,
        "skipped": 0,
        "untimed": 0,
        "bad_checksum": 0,
        "bad_field": 3,
        "cut": 0,
        "too_long": 0,
    }
    assert summary(counts, 0) == "replay: 1 fixes from 2 sentences; refused: 3 bad field"


def test_a_null_byte_in_a_name_is_a_bad_file() -> None:
    """The system call raises another exception for it than for a missing file."""
    with pytest.raises(Exception, match="cannot be read"):
        Source("a\0b")
