"""Serial lines and consoles where the contract ends: wrong names, full lines, pulled cables, paused receivers."""

import errno
import os
import pty
import select
import socket
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.host import console
from hal.host.console import FdConsole, PtyConsole, UartConsole
from hal.host.gnss_power import COLD_STARTS, LineGnssPower
from hal.host.uart import MAX_URL, SerialUart


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The far end of a pty, and the name of the near one."""
    far, near = pty.openpty()
    tty.setraw(near)
    yield far, os.ttyname(near)
    os.close(far)
    os.close(near)


def test_a_port_that_cannot_be_opened_gets_one_line(tmp_path: Path) -> None:
    """`demo --gps NAME` prints it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = server.getsockname()[1]
    cases = [
        ("", 9_600, "1 to 256 characters"),
        ("x" * (MAX_URL + 1), 9_600, "1 to 256 characters"),
        ("x" * MAX_URL, 9_600, "cannot be opened"),
        (str(tmp_path / "absent"), 9_600, "cannot be opened.*No such file"),
        (str(tmp_path), 9_600, "cannot be opened"),
        ("nonsense://x", 9_600, "cannot be opened.*nonsense"),
        ("loop://", 299, "299 baud is no rate"),
        ("loop://", 4_000_001, "4000001 baud is no rate"),
        ("socket://127.0.0.1", 9_600, "not of the form"),
        ("socket://127.0.0.1:x", 9_600, "not of the form"),
        ("socket://127.0.0.1:1/x", 9_600, "not of the form"),
        (f"socket://127.0.0.1:{closed}", 9_600, "nobody answers.*refused"),
    ]
    for url, baud, reason in cases:
        with pytest.raises(ValueError, match=reason) as caught:
            SerialUart(url, baud)
        assert "\n" not in str(caught.value), url


def test_rates_are_taken_at_both_ends_of_the_range() -> None:
    """A limit that is off by one is no limit."""
    uart = SerialUart("loop://", 300)
    uart.baud(4_000_000)
    assert uart.rate() == 4_000_000
    for rate in (299, 4_000_001):
        with pytest.raises(OSError, match="no rate"):
            uart.baud(rate)
    uart.close()


def test_a_second_program_cannot_open_the_same_receiver(line: tuple[int, str]) -> None:
    """Each would get half of every sentence."""
    uart = SerialUart(line[1])
    with pytest.raises(ValueError, match="cannot be opened"):
        SerialUart(line[1])
    uart.close()


def test_a_pulled_cable_is_an_os_error_with_a_number() -> None:
    """The agent looks at `args[0]`, and tries again later."""
    far, near = pty.openpty()
    tty.setraw(near)
    uart = SerialUart(os.ttyname(near))
    os.close(near)
    os.close(far)
    for act in (lambda: uart.readinto(bytearray(8)), lambda: uart.write(bytearray(8), 8)):
        with pytest.raises(OSError, match=r".") as caught:
            act()
        assert caught.value.args[0] == errno.EIO
    uart.pause()
    with pytest.raises(OSError, match=r".") as caught:
        uart.resume()
    assert caught.value.args[0] == errno.EIO


def test_a_hung_up_tcp_line_is_an_os_error_and_may_come_back() -> None:
    """ser2net restarts; until the line is open again nothing is read and nobody waits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        uart = SerialUart(f"socket://127.0.0.1:{server.getsockname()[1]}")
        server.accept()[0].close()
        with pytest.raises(OSError, match="gone") as caught:
            uart.readinto(bytearray(8))
        assert caught.value.args[0] == errno.EIO
        start = time.monotonic()
        uart.pause()
        uart.resume()
        assert uart.readinto(bytearray(8)) == 0
        assert time.monotonic() - start < 0.1  # pyserial sleeps 0.3 s
        again, _ = server.accept()
        with again:
            again.sendall(b"back")
            buf = bytearray(8)
            while not (n := uart.readinto(buf)):
                pass
            assert buf[:n] == b"back"
            assert uart.write(bytearray(b"ok"), 2) == 2
            assert again.recv(8) == b"ok"
        uart.close()


def test_a_receiver_behind_tcp_is_told_to_forget_while_it_is_off() -> None:
    """Withdrawal switches off first; the line is opened for the command and closed again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        uart = SerialUart(f"socket://127.0.0.1:{server.getsockname()[1]}")
        server.accept()[0].close()
        power = LineGnssPower(uart)
        power.forget()
        again, _ = server.accept()
        with again:
            assert again.recv(1_000) == COLD_STARTS
            assert again.recv(1_000) == b""
    assert not power.owes


def test_a_full_line_takes_nothing_and_holds_nobody_up(line: tuple[int, str]) -> None:
    """pyserial alone would try again for ever."""
    uart = SerialUart(line[1])
    buf = bytearray(1_000)
    for _ in range(100):
        if not uart.write(buf, len(buf)):
            break
    else:
        pytest.fail("the line never filled")
    start = time.monotonic()
    assert uart.write(buf, len(buf)) == 0
    assert time.monotonic() - start < 0.05
    os.read(line[0], 4_096)
    uart.close()


def test_a_paused_receiver_is_not_listened_to(line: tuple[int, str]) -> None:
    """Valve 1 on a laptop: the line is closed, and what was said meanwhile is never read."""
    far, name = line
    uart = SerialUart(name)
    os.write(far, b"before")
    uart.pause()
    uart.pause()
    os.write(far, b"while")
    assert uart.readinto(bytearray(32)) == 0
    assert uart.write(bytearray(b"psst"), 4) == 0
    uart.resume()
    uart.resume()
    os.write(far, b"after")
    buf = bytearray(32)
    n = uart.readinto(buf)
    assert buf[:n] == b"after"
    uart.close()


def test_a_console_keeps_what_a_slow_rig_has_not_taken_up_to_its_limit() -> None:
    """And drops the rest, counted: a rig that stopped reading must not stop the agent."""
    source, sink = os.pipe()
    port = FdConsole(source, sink)
    full = 0
    while select.select([], [sink], [], 0)[1]:  # the system's own buffer first
        full += os.write(sink, bytes(4_096))
    port.write(bytearray(console.MAX_WAITING), console.MAX_WAITING)
    assert port.dropped == 0
    port.write(bytearray(1), 1)
    assert port.dropped == 1
    count = 0
    while n := port.readinto(bytearray(8_192)):
        count += n
    assert count == full + console.MAX_WAITING
    os.close(source)
    os.close(sink)


def test_a_rig_that_left_costs_its_bytes_only() -> None:
    """A broken pipe is counted, not raised."""
    source, sink = os.pipe()
    os.close(source)
    port = FdConsole(0, sink)
    port.write(bytearray(b"anybody?"), 8)
    assert port.dropped == 8
    os.close(sink)


def test_a_pty_console_outlives_its_rigs() -> None:
    """Rigs come and go: the name stays the same and stays openable."""
    port = PtyConsole()
    for text in (b"one", b"two"):
        rig = SerialUart(port.name, 115_200)
        rig.write(bytearray(text), 3)
        buf = bytearray(8)
        assert port.readinto(buf) == 3
        assert buf[:3] == text
        port.write(bytearray(text), 3)
        assert rig.readinto(buf) == 3
        rig.close()
    port.close()


def test_a_serial_console_reads_nothing_of_a_paused_line(line: tuple[int, str]) -> None:
    """And drops nothing: it waits for the line."""
    uart = SerialUart(line[1])
    port = UartConsole(uart)
    uart.pause()
    port.write(bytearray(b"later"), 5)
    assert port.readinto(bytearray(4)) == 0
    uart.resume()
    assert port.readinto(bytearray(4)) == 0
    assert os.read(line[0], 16) == b"later"
    assert port.dropped == 0
    uart.close()
