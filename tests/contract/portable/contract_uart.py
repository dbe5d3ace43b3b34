"""What every `Uart` promises.

world.receive(data)  bytes arrive on the line
world.sent()         every byte the port has put on the line
world.rate()         the line's present rate in baud
"""


def _read(uart, size: int = 64) -> bytes:
    got = b""
    buf = bytearray(size)
    n = uart.readinto(buf)
    while n:
        got += bytes(buf[:n])
        n = uart.readinto(buf)
    return got


def check_an_idle_line_reads_nothing(make) -> None:
    """A port that waits for a byte stops the whole agent."""
    uart, _ = make()
    buf = bytearray(b"\xaa" * 8)
    assert uart.readinto(buf) == 0
    assert buf == b"\xaa" * 8


def check_bytes_arrive_in_order_whatever_the_buffer(make) -> None:
    """A receiver's sentence is longer than what one read takes."""
    data = bytes(range(200))
    for size in (1, 7, 64, 512):
        uart, world = make()
        world.receive(data)
        assert _read(uart, size) == data, size


def check_every_byte_value_passes(make) -> None:
    """UBX is binary: 0x03 must not interrupt, 0x0A must not become two bytes."""
    uart, world = make()
    data = bytes(range(256))
    world.receive(data[:128])
    first = _read(uart)
    world.receive(data[128:])
    assert first + _read(uart) == data


def check_nothing_is_written_past_what_was_read(make) -> None:
    """The rest of the buffer may hold the start of another sentence."""
    uart, world = make()
    world.receive(b"abc")
    buf = bytearray(b"." * 6)
    assert uart.readinto(buf) == 3
    assert buf == b"abc..."


def check_a_view_is_a_buffer_too(make) -> None:
    """The agent reads into a part of a larger buffer without copying."""
    uart, world = make()
    world.receive(b"xyz")
    buf = bytearray(5)
    assert uart.readinto(memoryview(buf)[1:4]) == 3
    assert buf == b"\0xyz\0"


def check_a_write_takes_the_first_n_bytes(make) -> None:
    """`n` counts, not the buffer's length: the rest is an older message."""
    uart, world = make()
    taken = uart.write(bytearray(b"$PMTK000*32\r\n????"), 13)
    assert 0 < taken <= 13
    assert world.sent() == b"$PMTK000*32\r\n"[:taken]
    assert uart.write(bytearray(b"?"), 0) == 0
    assert world.sent() == b"$PMTK000*32\r\n"[:taken]


def check_the_rate_can_change(make) -> None:
    """Receivers start at 9,600 and are set to more."""
    uart, world = make()
    for rate in (9_600, 38_400, 115_200):
        uart.baud(rate)
        assert world.rate() == rate
    world.receive(b"after")
    assert _read(uart) == b"after"
