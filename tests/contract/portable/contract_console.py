"""What every `Console` promises.

world.receive(data)  the rig says something
world.sent()         everything the console has said
world.vanish()       the rig's side goes away
"""


def _read(console) -> bytes:
    got = b""
    buf = bytearray(16)
    n = console.readinto(buf)
    while n:
        got += bytes(buf[:n])
        n = console.readinto(buf)
    return got


def check_silence_reads_nothing(make) -> None:
    """The console is polled on every tick of a device that mostly has none."""
    console, _ = make()
    assert console.readinto(bytearray(4)) == 0


def check_every_byte_value_passes_both_ways(make) -> None:
    """Frames are binary: 0x03 must not interrupt the agent, 0x0A must not grow to two bytes."""
    console, world = make()
    data = bytes(range(256))
    world.receive(data)
    assert _read(console) == data
    console.write(bytearray(data), 256)
    assert world.sent() == data


def check_a_write_sends_the_first_n_bytes(make) -> None:
    """The frame buffer is longer than the frame."""
    console, world = make()
    console.write(bytearray(b"frame????"), 5)
    console.write(bytearray(b"?"), 0)
    assert world.sent() == b"frame"


def check_a_vanished_rig_is_silence_not_an_error(make) -> None:
    """Pulling the cable must not disturb the agent."""
    console, world = make()
    world.vanish()
    for _ in range(3):
        assert console.readinto(bytearray(4)) == 0
        console.write(bytearray(b"anybody?"), 8)
