"""Console frames against arbitrary bytes and a second implementation of COBS, written from the paper alone."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.base import frame
from tests.fuzz import frame as fuzz
from tools.rig.client import encode

_SIZE = 2048
bodies = st.one_of(
    st.binary(max_size=700),
    st.lists(st.sampled_from([b"\x00", b"\x01" * 253, b"\x02" * 254, b"\x03" * 255, b"\x00" * 300]), max_size=5).map(
        b"".join
    ),
)


def stuffed(data: bytes) -> bytes:
    """COBS, Cheshire and Baker 1999 §3: each run up to a zero, or 254 bytes without one, after its length plus one."""
    out = b""
    rest = data + b"\x00"
    while rest:
        run = rest[:254].split(b"\x00")[0]
        out += bytes((len(run) + 1,)) + run
        rest = rest[len(run) :] if len(run) == 254 else rest[len(run) + 1 :]
    return out


def unstuffed(wire: bytes) -> bytes:
    out = b""
    while wire:
        code = wire[0]
        out += wire[1:code] + (b"\x00" if code < 255 and len(wire) > code else b"")
        wire = wire[code:]
    return out


class Heard:
    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.text = b""
        self.frames = frame.Deframer(_SIZE, self._on_frame, self._on_text)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self.bodies.append(bytes(buf[:n]))

    def _on_text(self, buf: bytearray, n: int) -> None:
        self.text += bytes(buf[:n])

    def feed(self, data: bytes) -> None:
        self.frames.feed(data, len(data))


@given(bodies)
def test_a_body_comes_back_and_both_implementations_agree(body: bytes) -> None:
    """decode(encode(x)) == x; and the other implementation reads ours and we read its."""
    sealed = body + zlib.crc32(body).to_bytes(4, "little")
    wire = encode(body)
    assert wire[0] == wire[-1] == 0
    assert unstuffed(wire[1:-1]) == sealed
    heard = Heard()
    heard.feed(wire)
    heard.feed(b"\x00" + stuffed(sealed) + b"\x00")
    assert heard.bodies == [body, body]
    assert heard.text == b""


@given(
    st.lists(
        st.one_of(bodies.map(lambda body: (True, body)), st.binary(max_size=40).map(lambda raw: (False, raw))),
        max_size=6,
    ),
    st.data(),
)
def test_chunking_changes_nothing(parts: list[tuple[bool, bytes]], data: st.DataObject) -> None:
    """Frames with text between them, in any pieces: the same bodies, in order, and every byte of the text."""
    stream = b"".join(encode(raw) if framed else raw.replace(b"\x00", b"?") for framed, raw in parts)
    whole = Heard()
    whole.feed(stream + b"\x00")
    assert whole.bodies == [raw for framed, raw in parts if framed]
    pieces = Heard()
    at = 0
    while at < len(stream):
        step = data.draw(st.integers(1, 80))
        pieces.feed(stream[at : at + step])
        at += step
    pieces.feed(b"\x00")
    assert (pieces.bodies, pieces.text, pieces.frames.refused) == (whole.bodies, whole.text, whole.frames.refused)


@given(st.binary(max_size=3000))
def test_no_bytes_raise_and_none_vanish(noise: bytes) -> None:
    """Whatever comes: no exception, a frame right after it arrives, and what was no frame is text, byte for byte."""
    heard = Heard()
    heard.feed(noise)
    heard.feed(encode(b"after"))
    assert heard.bodies[-1] == b"after"
    if len(heard.bodies) == 1:
        assert heard.text == noise.replace(b"\x00", b"")


@given(st.binary(max_size=300))
def test_decoding_any_bytes_agrees_with_the_other_implementation(raw: bytes) -> None:
    """A body is accepted exactly when the other implementation unstuffs it to something with a right checksum."""
    raw = raw.replace(b"\x00", b"\x01")
    buf = bytearray(raw)
    n = frame.decode(buf, len(raw))
    plain = unstuffed(raw) if well_formed(raw) else b""
    right = len(plain) >= 4 and zlib.crc32(plain[:-4]).to_bytes(4, "little") == plain[-4:]
    assert (bytes(buf[:n]) if n >= 0 else None) == (plain[:-4] if right else None)


def well_formed(raw: bytes) -> bool:
    at = 0
    while at < len(raw):
        at += raw[at]
    return at == len(raw)


def test_the_fuzz_target_holds_on_its_seeds() -> None:
    """A short run of what a fuzzer runs for hours: `python -m tests.fuzz.frame`."""
    fuzz.run(rounds=300, seed=1)


@pytest.mark.full
def test_the_fuzz_target_holds_for_long() -> None:
    """30,000 mutated inputs."""
    fuzz.run(rounds=30_000, seed=2)
