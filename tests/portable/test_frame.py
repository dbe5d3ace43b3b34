"""Console frames on every runtime: any bytes in, any chunking, and no noise that costs a frame."""

from agent.base import frame

_SIZE = 400


class Line:
    """A deframer that remembers what it was given."""

    def __init__(self, size: int = _SIZE, wants_text: bool = True) -> None:
        self.bodies: "list[bytes]" = []
        self.text = bytearray()
        self.frames = frame.Deframer(size, self._on_frame, self._on_text if wants_text else None)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self.bodies.append(bytes(buf[:n]))

    def _on_text(self, buf: bytearray, n: int) -> None:
        self.text += buf[:n]

    def feed(self, data: "bytes | bytearray") -> "Line":
        self.frames.feed(data, len(data))
        return self


def framed(*pieces: bytes) -> bytes:
    wire = bytearray()

    def write(buf: bytearray, n: int) -> None:
        assert n <= 255, "a port takes at most 255 bytes at a time"
        wire.extend(memoryview(buf)[:n])

    encoder = frame.Encoder(write)
    encoder.begin()
    for piece in pieces:
        encoder.add(piece, len(piece))
    encoder.end()
    return bytes(wire)


# body → wire; the checksums are those of zlib.crc32, little endian.
VECTORS = (
    (b"\x01", b"\x00\x06\x01\x1b\xdf\x05\xa5\x00"),  # hello, as docs/rooms/rig.md shows it
    (b"", b"\x00\x01\x01\x01\x01\x01\x00"),
    (b"\x00", b"\x00\x01\x05\x8d\xef\x02\xd2\x00"),
    (b"123456789", b"\x00\x0e123456789\x26\x39\xf4\xcb\x00"),
    (b"\x11\x00\x22", b"\x00\x02\x11\x06\x22\xb1\x51\xc5\x37\x00"),
)


def test_the_wire_is_what_the_page_says() -> None:
    """The rig of another project must be able to speak to us from docs/rooms/rig.md alone."""
    for body, wire in VECTORS:
        assert framed(body) == wire, (body, framed(body))
        assert Line().feed(wire).bodies == [body]


def test_a_body_of_any_length_comes_back() -> None:
    """A COBS block ends at 254 bytes: the edges are where encoders differ."""
    for size in (0, 1, 2, 249, 250, 251, 253, 254, 255, 256, 300, 380):
        for fill in (0, 1, 255):
            body = bytes((fill,)) * size
            wire = framed(body)
            assert 0 not in wire[1:-1], "a zero inside would end the frame"
            assert Line().feed(wire).bodies == [body], (size, fill)


def test_a_body_may_be_given_in_pieces() -> None:
    """The VM frames its head and its outputs without joining them."""
    assert framed(b"ab", b"", b"c\x00d") == framed(b"abc\x00d")


def test_one_encoder_frames_many_bodies_also_after_one_it_never_ended() -> None:
    """A flash that fails in the middle of an answer must not spoil the next one."""
    wire = bytearray()

    def write(buf: bytearray, n: int) -> None:
        wire.extend(memoryview(buf)[:n])

    encoder = frame.Encoder(write)
    encoder.begin()
    encoder.add(b"ab\x00cd", 5)
    for body in (b"one", b"", b"two\x00"):
        encoder.begin()
        encoder.add(body, len(body))
        encoder.end()
    line = Line().feed(wire)
    assert line.bodies == [b"one", b"", b"two\x00"]
    assert line.frames.refused == 1
    assert bytes(wire).endswith(framed(b"two\x00"))


def test_a_frame_split_at_every_byte_arrives_whole() -> None:
    """A UART hands over what it has."""
    wire = framed(b"one\x00two") + framed(b"\xff" * 7)
    for cut in range(len(wire) + 1):
        line = Line().feed(wire[:cut]).feed(wire[cut:])
        assert line.bodies == [b"one\x00two", b"\xff" * 7], cut
        assert not line.text, cut


def test_a_frame_in_single_bytes_arrives_whole() -> None:
    """The unix port reads one byte at a time."""
    line = Line()
    for byte in framed(b"slow"):
        line.feed(bytes((byte,)))
    assert line.bodies == [b"slow"]


def test_text_before_and_after_a_frame_is_text() -> None:
    """Boot messages and tracebacks share the wire."""
    boot = b"ets Jul 29 2019\r\n\xff\x03\x04"
    line = Line().feed(boot + framed(b"x") + b"Traceback" + framed(b"y"))
    assert line.bodies == [b"x", b"y"]
    assert bytes(line.text) == boot + b"Traceback"
    assert line.frames.refused == 2


def test_every_cut_frame_is_refused_and_the_next_one_arrives() -> None:
    """A cable pulled in the middle of a frame costs that frame alone."""
    wire = framed(b"a\x00frame")
    for cut in range(2, len(wire) - 1):
        line = Line().feed(wire[:cut]).feed(framed(b"next"))
        assert line.bodies == [b"next"], cut
        assert bytes(line.text) == wire[1:cut], cut


def test_every_changed_bit_is_refused() -> None:
    """CRC-32 finds any single error; a wrong length byte must not read past the end either."""
    wire = framed(b"\x05\x00\x01")
    for at in range(1, len(wire) - 1):
        for bit in range(8):
            bad = bytearray(wire)
            bad[at] ^= 1 << bit
            assert Line().feed(bad).bodies == [], (at, bit)


def test_a_frame_at_the_limit_arrives_and_one_byte_more_is_text() -> None:
    """Named limit: what the receiver's buffer holds, checksum and length bytes included."""
    body = b"\x07" * 20
    room = len(framed(body)) - 2
    assert Line(room).feed(framed(body)).bodies == [body]
    line = Line(room - 1).feed(framed(body))
    assert line.bodies == []
    assert bytes(line.text) == framed(body)[1:-1], "nothing of it is lost as text"
    assert line.feed(framed(b"ok")).bodies == [b"ok"]


def test_an_endless_line_is_refused_piece_by_piece() -> None:
    """A console without a rig on it sees anything; it keeps one buffer and a count."""
    line = Line(32, wants_text=False)
    line.feed(b"\x55" * 320)
    assert line.frames.refused == 9
    line.feed(framed(b"ok"))
    assert line.bodies == [b"ok"]
    assert line.frames.refused == 10


def test_zeros_alone_are_nothing() -> None:
    """A line held low reads as zeros."""
    line = Line().feed(bytes(50))
    assert (line.bodies, line.frames.refused) == ([], 0)


def test_decode_refuses_what_no_encoder_writes() -> None:
    """A length past the end, a checksum cut off, nothing at all."""
    for raw in (b"", b"\x02", b"\xff", b"\x01\x01\x01", b"\x05\x01\x02\x03", b"\x06\x01\x02\x03\x04\x05\x09"):
        assert frame.decode(bytearray(raw), len(raw)) == -1, raw
