"""The writer: the shortest form of everything (RFC 8949 §4.2.1), and never a byte past its buffer."""

from agent.base import cbor
from tests.portable.refusals import misused

# RFC 8949 appendix A, as far as the writer's 32 bits reach, and both sides of every change of size.
INTEGERS = (
    (0, b"\x00"),
    (1, b"\x01"),
    (10, b"\x0a"),
    (23, b"\x17"),
    (24, b"\x18\x18"),
    (25, b"\x18\x19"),
    (100, b"\x18\x64"),
    (255, b"\x18\xff"),
    (256, b"\x19\x01\x00"),
    (1000, b"\x19\x03\xe8"),
    (65535, b"\x19\xff\xff"),
    (65536, b"\x1a\x00\x01\x00\x00"),
    (1000000, b"\x1a\x00\x0f\x42\x40"),
    (0x3FFFFFFF, b"\x1a\x3f\xff\xff\xff"),
    (0x40000000, b"\x1a\x40\x00\x00\x00"),
    (0xFFFFFFFF, b"\x1a\xff\xff\xff\xff"),
    (-1, b"\x20"),
    (-10, b"\x29"),
    (-24, b"\x37"),
    (-25, b"\x38\x18"),
    (-100, b"\x38\x63"),
    (-256, b"\x38\xff"),
    (-257, b"\x39\x01\x00"),
    (-1000, b"\x39\x03\xe7"),
    (-65536, b"\x39\xff\xff"),
    (-65537, b"\x3a\x00\x01\x00\x00"),
    (-0x100000000, b"\x3a\xff\xff\xff\xff"),
)


def test_integers_are_written_as_the_rfc_shows_them() -> None:
    """One form a value: a hash over the bytes is a hash over the meaning."""
    for value, expected in INTEGERS:
        buf = bytearray(8)
        assert cbor.put_int(buf, 2, value) == 2 + len(expected), value
        assert bytes(buf) == b"\0\0" + expected + bytes(6 - len(expected)), value


def test_a_value_past_32_bits_is_refused_before_a_byte_is_written() -> None:
    """A silent cut would be another number."""
    for value in (0x100000000, -0x100000001):
        buf = bytearray(b"\xee" * 16)
        assert misused(cbor.put_int, buf, 0, value), value
        assert bytes(buf) == b"\xee" * 16


def test_a_buffer_one_byte_short_is_refused_before_a_byte_is_written() -> None:
    """MicroPython would write what fits and say nothing."""
    for value, expected in INTEGERS:
        buf = bytearray(b"\xee" * (len(expected) - 1))
        assert misused(cbor.put_int, buf, 0, value), value
        assert bytes(buf) == b"\xee" * (len(expected) - 1), value


def test_byte_strings_fit_exactly_or_are_refused() -> None:
    """The limit and one past it, at both sizes of head; a refusal leaves no data behind."""
    for n in (0, 1, 23, 24, 255, 256):
        data = b"z" * n
        size = n + (1 if n < 24 else 2 if n < 256 else 3)
        buf = bytearray(size)
        assert cbor.put_bytes(buf, 0, data) == size
        assert bytes(buf[size - n :]) == data
        if n:
            short = bytearray(size - 1)
            assert misused(cbor.put_bytes, short, 0, data), n
            assert b"z" not in short, n
            assert len(short) == size - 1  # a bytearray grows when more is assigned than it has


def test_pairs_heads_and_booleans() -> None:
    """The three other forms our messages have."""
    buf = bytearray(8)
    i = cbor.put_head(buf, 0, cbor.MAP, 1)
    i = cbor.put_pair(buf, i, 3, -2)
    i = cbor.put_bool(buf, cbor.put_bool(buf, i, True), False)
    assert bytes(buf[:i]) == b"\xa1\x03\x21\xf5\xf4"
