"""The device's CBOR reader against cbor2: it takes exactly what cbor2 takes and a deterministic writer would have written.

Where the two differ on purpose, both ways:
- ours refuses tags, floats, null, undefined and simple values, keys that are no integers, and more than 256 entries: no schema of
  ours has them;
- ours takes a text that is not UTF-8: it compares texts with its own, and decodes none;
- cbor2's `canonical` sorts keys by length first (RFC 7049 §3.9), ours bytewise (RFC 8949 §4.2.1), so the oracle sorts by itself.
"""

from typing import cast

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base import cbor
from agent.base.errors import RemoteError
from agent.base.reader import Reader

_WORD = 1 << 64
_ENTRIES = 256


class Other(Exception):
    """A value that no schema of ours has."""


def head(major: int, value: int) -> bytes:
    """RFC 8949 §3 and §4.2.1, written from the text."""
    if value < 24:
        return bytes((major << 5 | value,))
    size = next(n for n in (1, 2, 4, 8) if value < 1 << 8 * n)
    return bytes((major << 5 | 23 + size.bit_length(),)) + value.to_bytes(size, "big")


def encoded(value: object) -> bytes:
    """Deterministic CBOR of the values our schemas have."""
    match value:
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int() if -_WORD <= value < _WORD:
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            items = cast("list[object]", value)
            if len(items) > _ENTRIES:
                raise Other
            return head(4, len(items)) + b"".join(encoded(item) for item in items)
        case dict():
            pairs = cast("dict[object, object]", value)
            if len(pairs) > _ENTRIES or not all(type(key) is int for key in pairs):
                raise Other
            keys = sorted((encoded(key), encoded(item)) for key, item in pairs.items())
            return head(5, len(pairs)) + b"".join(key + item for key, item in keys)
        case _:
            raise Other


def theirs(data: bytes) -> object:
    """What cbor2 reads, if it is one of our values and in its one form."""
    try:
        value = cbor2.loads(data)
    except Exception as error:
        raise Other from error
    if encoded(value) != data:
        raise Other
    return value


def ours(data: bytes) -> object:
    """What the reader's questions make of it, whatever it holds."""
    reader = Reader(data, 0, len(data))
    value = item(reader, 12)
    reader.end()
    return value


def item(reader: Reader, depth: int) -> object:
    assert depth, "the strategies nest less deep"
    start = reader.at
    major = reader.head()
    reader.at = start
    match major:
        case cbor.UINT | cbor.NINT:
            return reader.integer()
        case cbor.BYTES:
            return reader.blob(1 << 20)
        case cbor.TEXT:
            reader.span(cbor.TEXT, 1 << 20)
            return reader._buf[reader.start : reader.stop].decode()  # type: ignore[union-attr] - tests may look inside
        case cbor.ARRAY:
            return [item(reader, depth - 1) for _ in range(reader.items(cbor.ARRAY))]
        case cbor.MAP:
            pairs: dict[int, object] = {}
            last = None
            for _ in range(reader.items(cbor.MAP)):
                last = reader.key(last)
                pairs[last] = item(reader, depth - 1)
            return pairs
        case cbor.SIMPLE:
            return reader.flag()
        case _:
            raise RemoteError(reader.tag())


def agree(data: bytes) -> bool:
    """Both take it with the same meaning, or both refuse it; whether they took it."""
    try:
        expected = theirs(data)
    except Other:
        with pytest.raises((RemoteError, UnicodeDecodeError)):
            ours(data)
        return False
    got = ours(data)
    assert got == expected
    assert repr(got) == repr(expected), "True is not 1"
    return True


ints = st.one_of(
    st.integers(-30, 300),
    st.sampled_from([n + d for k in (8, 16, 32, 64) for n in (1 << k, -1 << k) for d in (-1, 0, 1)]),
).filter(lambda n: -_WORD <= n < _WORD)
values = st.recursive(
    st.one_of(ints, st.booleans(), st.binary(max_size=30), st.text(max_size=12)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ints, inner, max_size=4)),
    max_leaves=12,
)


@given(values)
def test_every_value_of_ours_is_read_as_it_was_written(value: object) -> None:
    """The oracle's writer, cbor2's reader and ours: three programs, one meaning."""
    assert agree(encoded(value))


@given(st.binary(max_size=40))
def test_arbitrary_bytes_mean_the_same_to_both_or_nothing(data: bytes) -> None:
    """Nothing but a RemoteError, whatever comes."""
    agree(data)


@given(values, st.data())
def test_a_changed_byte_means_the_same_to_both_or_nothing(value: object, data: st.DataObject) -> None:
    """Mutations come nearer to the edges than chance does."""
    whole = bytearray(encoded(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                whole[at] = data.draw(st.integers(0, 255))
            case 1:
                whole[at:at] = data.draw(st.binary(min_size=1, max_size=3))
            case _:
                del whole[at : at + 1]
        if not whole:
            break
    agree(bytes(whole))


def test_256_entries_are_the_limit_of_both_kinds() -> None:
    """At the limit and one past it."""
    assert agree(encoded([0] * 256))
    assert agree(encoded(dict.fromkeys(range(256), 0)))
    assert not agree(head(4, 257) + bytes(257))
    assert not agree(head(5, 257) + b"".join(head(0, k) + b"\0" for k in range(257)))


@given(values)
def test_the_devices_writer_writes_what_its_reader_reads(value: object) -> None:
    """Its twin, for everything below 32 bits."""
    buf = bytearray(4_096)
    try:
        end = put(buf, 0, value)
    except Other:
        return
    assert bytes(buf[:end]) == encoded(value)


def put(buf: bytearray, i: int, value: object) -> int:
    match value:
        case bool():
            return cbor.put_bool(buf, i, value)
        case int() if -(1 << 32) <= value < 1 << 32:
            return cbor.put_int(buf, i, value)
        case bytes():
            return cbor.put_bytes(buf, i, value)
        case list():
            i = cbor.put_head(buf, i, cbor.ARRAY, len(cast("list[object]", value)))
            for part in cast("list[object]", value):
                i = put(buf, i, part)
            return i
        case dict():
            pairs = cast("dict[int, object]", value)
            i = cbor.put_head(buf, i, cbor.MAP, len(pairs))
            for key in sorted(pairs, key=lambda key: (key < 0, abs(key))):
                i = put(buf, put(buf, i, key), pairs[key])
            return i
        case _:
            raise Other
