"""The reader: takes what a deterministic writer writes, and gives a reason for everything else."""

from agent.base import cbor, errors
from agent.base.reader import Reader
from tests.portable.refusals import code
from tests.portable.test_cbor import INTEGERS

# Past the writer's range, RFC 8949 appendix A.
WIDE = (
    (1000000000000, b"\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"),
    (18446744073709551615, b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
    (-18446744073709551616, b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff"),
)


def why(ask, data: bytes) -> int:
    """The reason why `ask(reader)` refuses the data, 0 when it does not."""
    return code(ask, Reader(data, 0, len(data)))


def test_integers_of_the_rfc_are_read() -> None:
    """Also those that no field of ours admits: they must be refused as numbers, not as nonsense."""
    for value, data in INTEGERS + WIDE:
        reader = Reader(b"\xff" + data + b"\xff", 1, 1 + len(data))
        assert reader.integer() == value, value
        reader.end()


def test_every_truncation_is_refused_as_one() -> None:
    """Bytes behind the end belong to somebody else."""
    for value, data in INTEGERS + WIDE:
        for n in range(len(data)):
            reader = Reader(data + b"\x00" * 8, 0, n)
            assert code(reader.integer) == errors.TRUNCATED, (value, n)
            assert reader.at == 0


def test_longer_forms_than_needed_are_refused() -> None:
    """RFC 8949 §4.2.1: two encodings of one value would be two hashes of one consent."""
    for data in (
        b"\x18\x00",
        b"\x18\x17",
        b"\x19\x00\x00",
        b"\x19\x00\xff",
        b"\x1a\x00\x00\xff\xff",
        b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
        b"\x38\x17",
        b"\x39\x00\xff",
    ):
        assert why(lambda reader: reader.integer(), data) == errors.NOT_SHORTEST, data
    assert why(lambda reader: reader.span(cbor.BYTES, 9), b"\x58\x01a") == errors.NOT_SHORTEST
    assert why(lambda reader: reader.items(cbor.ARRAY), b"\x98\x01\x00") == errors.NOT_SHORTEST


def test_reserved_and_indefinite_heads_are_refused() -> None:
    """RFC 8949 §3: 28..30 mean nothing, 31 has no length."""
    for major in range(8):
        for info in (28, 29, 30, 31):
            assert why(lambda reader: reader.head(), bytes((major << 5 | info,)) + bytes(9)) == errors.WRONG_TYPE


def test_another_type_than_asked_for_is_refused() -> None:
    """One item of each major type against every question."""
    items = (b"\x01", b"\x20", b"\x41a", b"\x61a", b"\x81\x00", b"\xa1\x00\x00", b"\xc1\x00", b"\xf5")
    asks = (
        (lambda r: r.integer(), (0, 1)),
        (lambda r: r.uint(9), (0,)),
        (lambda r: r.span(cbor.BYTES, 9), (2,)),
        (lambda r: r.blob(9), (2,)),
        (lambda r: r.span(cbor.TEXT, 9), (3,)),
        (lambda r: r.items(cbor.ARRAY), (4,)),
        (lambda r: r.items(cbor.MAP), (5,)),
        (lambda r: r.tag(), (6,)),
        (lambda r: r.flag(), (7,)),
        (lambda r: r.key(None), (0, 1)),
    )
    for k, (ask, majors) in enumerate(asks):
        for major, data in enumerate(items):
            assert why(ask, data) == (0 if major in majors else errors.WRONG_TYPE), (k, major)


def test_flags_are_true_or_false() -> None:
    """Null, undefined, floats and unassigned values are no answer."""
    for data, expected in ((b"\xf4", False), (b"\xf5", True)):
        assert Reader(data, 0, 1).flag() is expected
    for data in (
        b"\xf6",
        b"\xf7",
        b"\xe0",
        b"\xf8\x20",
        b"\xf8\xff",
        b"\xf9\x3c\x00",
        b"\xfa\x3f\x80\x00\x00",
        b"\xfb" + b"\x3f" * 8,
    ):
        assert why(lambda reader: reader.flag(), data) == errors.WRONG_TYPE, data
    assert why(lambda reader: reader.flag(), b"\xf8\x14") == errors.NOT_SHORTEST


def test_numbers_lengths_and_counts_are_taken_at_their_limit_and_not_past_it() -> None:
    """Each input has a named limit."""
    assert why(lambda r: r.uint(23), b"\x17") == 0
    assert why(lambda r: r.uint(23), b"\x18\x18") == errors.OUT_OF_RANGE
    assert why(lambda r: r.span(cbor.TEXT, 2), b"\x62ab") == 0
    assert why(lambda r: r.span(cbor.TEXT, 2), b"\x63abc") == errors.TOO_LONG
    assert why(lambda r: r.items(cbor.ARRAY), b"\x99\x01\x00") == 0
    assert why(lambda r: r.items(cbor.ARRAY), b"\x99\x01\x01") == errors.TOO_LONG


def test_a_length_is_never_believed_past_the_end() -> None:
    """Four billion bytes announced, three there: nothing is allocated, nothing read."""
    for data in (b"\x43ab", b"\x5a\xff\xff\xff\xff", b"\x5b" + b"\xff" * 8):
        assert why(lambda reader: reader.blob(1 << 40), data) in (errors.TRUNCATED, errors.TOO_LONG), data


def test_a_span_is_the_place_in_the_callers_buffer() -> None:
    """Nothing is copied: a record's payload is hashed where it lies."""
    data = b"--\x43abc--"
    reader = Reader(data, 2, 6)
    assert reader.span(cbor.BYTES, 3) == 3
    assert data[reader.start : reader.stop] == b"abc"
    assert reader.at == 6


def test_keys_come_in_bytewise_order_once_each() -> None:
    """RFC 8949 §4.2.1: 0, 23, 24, then -1, -25. A second `seq` could be read by one side and not by the other."""
    order = (
        b"\x00",
        b"\x01",
        b"\x17",
        b"\x18\x18",
        b"\x19\x01\x00",
        b"\x20",
        b"\x21",
        b"\x38\x18",
        b"\x3a\x00\x01\x00\x00",
    )
    for i, first in enumerate(order):
        for k, second in enumerate(order):
            expected = 0 if k > i else errors.UNSORTED
            assert why(lambda r: r.key(r.key(None)), first + second) == expected, (i, k)


def test_bytes_after_the_end_are_refused() -> None:
    """What is not covered by a schema is not carried along."""
    reader = Reader(b"\x01\x02", 0, 2)
    reader.integer()
    assert code(reader.end) == errors.TRAILING
