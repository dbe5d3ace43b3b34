"""What the rig makes of what a device prints: crashes found and not invented, numbers turned into lines."""

import os
from pathlib import Path

import pytest

from agent.base import errors
from agent.base import journal as j
from tools.rig import crash, journal_text, target
from tools.rig.log import TAIL, DeviceLog

CRASHES = (
    ("Guru Meditation Error: Core  0 panic'ed (StoreProhibited)", "Guru Meditation"),
    ('\x00\xff\r\nTraceback (most recent call last):\r\n  File "x"\r\nOSError: 5\r\n', "OSError: 5"),
    ("abort() was called at PC 0x40081d3a on core 1", "abort()"),
    ("FATAL: uncaught exception 0x3ffb1c20", "fatal"),
    ("Brownout detector was triggered", "brownout"),
    ("rst:0x7 (TG0WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", "unexpected reset: rst:0x7"),
)
HEALTHY = ("", "boot: ok", "vm: unknown frame 9", "first:0x1", "no traceback here", "guru of the day")


@pytest.mark.parametrize(("text", "what"), CRASHES)
def test_a_crash_is_found(text: str, what: str) -> None:
    """Each of these is what some chip or VM prints when it dies."""
    assert what in (crash.find(text) or "")


@pytest.mark.parametrize("text", HEALTHY)
def test_a_healthy_log_is_no_crash(text: str) -> None:
    """A false alarm would soon be switched off."""
    assert crash.find(text) is None


def test_a_reset_that_was_asked_for_is_no_crash_and_a_second_one_is() -> None:
    """One restart excuses one boot message, and no panic."""
    boot = "rst:0xc (SW_CPU_RESET)\n"
    assert crash.find(boot, resets=1) is None
    assert crash.find(boot + boot, resets=1)
    assert crash.find(boot + "Guru Meditation Error", resets=5)


def test_a_crash_split_over_two_reads_is_found(tmp_path: Path) -> None:
    """A serial line cuts where it likes."""
    log = DeviceLog(tmp_path / "log")
    log.text(b"Guru Medi")
    assert log.crash() is None
    log.text(b"tation Error: Core 1\r\n")
    assert "Core 1" in (log.crash() or "")
    log.start()
    assert log.crash() is None
    log.close()


def test_our_own_marks_are_no_crash(tmp_path: Path) -> None:
    """The rig quotes test names: one may be called after what it tests."""
    log = DeviceLog(tmp_path / "log")
    log.mark("test test_Guru Meditation rst:0x1")
    assert log.crash() is None
    log.close()


def test_the_tail_is_bounded_and_the_file_is_whole(tmp_path: Path) -> None:
    """A report shows 4 kB; the file keeps everything."""
    log = DeviceLog(tmp_path / "deep" / "log")
    for k in range(3000):
        log.text(b"line %d\n" % k)
    log.close()
    assert len(log.tail().encode()) == TAIL
    assert log.tail().endswith("line 2999\n")
    assert log.path.read_bytes().startswith(b"line 0\n")


def test_only_the_newest_logs_are_kept_and_a_rival_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs that tidy up at once: one finds the other's file gone."""
    monkeypatch.setattr(target, "log_folder", lambda: tmp_path)
    for k in range(target.KEPT_LOGS + 5):
        path = tmp_path / f"sim-{k}.log"
        path.touch()
        os.utime(path, (k, k))
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")  # listed, and not there when looked at
    target.new_log("sim").close()
    left = {path.name for path in tmp_path.glob("sim-*.log")}
    assert len(left) == target.KEPT_LOGS + 1
    assert "sim-4.log" not in left
    assert "sim-5.log" in left


def test_every_entry_a_device_can_make_has_words() -> None:
    """A code added to the device without a line here would be shown as a bare number."""
    codes = {name: value for name, value in vars(j).items() if name.isupper() and name[0] != "_" and type(value) is int}
    assert len(codes) >= 17
    for name, code in codes.items():
        for a in (-1, 0, 1, 2, 99, 1 << 29):
            assert not journal_text.what(code, a, a).startswith("entry "), name


def test_an_unknown_entry_is_shown_as_its_numbers() -> None:
    """A newer device may know more than this rig."""
    assert journal_text.line(12_345, 200, 1, 2) == "    12.345 s  entry 200: 1, 2"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ((j.RECORD_REFUSED, errors.GAP, 0), "consent record refused: gap"),
        ((j.REQUEST_DONE, 1, errors.NOT_GRANTED), "request photo: not granted"),
        ((j.WITHDRAWN, 1 << 6 | 1 << 15, 0), "ended: location_report, photo"),
        ((j.LEASES, 1, 0), "sensors powered: GNSS"),
        ((j.LINK_UP, 0, 0), "broker connected for control"),
        ((j.CONSOLE, 2, 0), "rig refused"),
        ((j.FAULT, j.MEMORY, 3), "fault: out of memory (3)"),
        ((j.FAULT, j.CONSENT_STORE, 0), "fault: flash, keeping consent (0)"),
        ((j.FAULT, j.RECEIVER, 0), "fault: the receiver (0)"),
    ],
)
def test_entries_read_like_sentences(entry: tuple[int, int, int], text: str) -> None:
    """For the person who was sent a log, not for the one who wrote the code."""
    assert journal_text.what(*entry) == text
