"""Bytes as a line delivers them: cut anywhere, damaged, too long, endless; and no heap, however many."""

import micropython

from agent.position.nmea import LIMIT, Nmea
from tests.portable.nmea_lines import Sink, counts, line, parse

_RMC = b"GNRMC,081836.75,A,4807.0380,N,01131.0000,W,022.4,084.4,130525,003.1,W,A"
_GGA = b"GNGGA,081836.75,4807.0380,N,01131.0000,W,1,08,0.94,545.46,M,46.9,M,,"
_NEXT = b"GNRMC,081837.75,A,4807.0390,N,01131.0010,W,022.4,084.4,130525,003.1,W,A"


def _voyage() -> bytes:
    """Two seconds with everything a real line has: other kinds, an unsound sentence, one cut short, one too long, noise."""
    return b"".join(
        (
            b"\x00\xffnoise*00\r\n",
            line(_RMC),
            line(b"GPGSV,1,1,01,02,40,123,20"),
            line(b"GNGSA,A,2,,,,,,,,,,,,,2.5,1.3,2.1"),
            line(b"GNGSA,A,1,,,,,,,,,,,,,2.5,1.3,2.1"),
            line(_GGA)[:40],
            line(_GGA),
            line(b"GNVTG,054.7,T,034.4,M,005.5,N,010.2,K,A"),
            line(b"GNGLL,4807.0380,N,01131.0000,W,081836.75,A,A"),
            line(_NEXT).replace(b"4807", b"4817"),
            b"$GP$GNRMC$",
            line(_NEXT + b"," * 60),
            line(_NEXT),
            line(b"GNZDA,081837.75,31,04,2025,00,00"),
            line(b"GNGGA,081837.75,4807.0390,N,01131.0010,W,1,08,0.94,545.46,F,46.9,M,,"),
            line(_GGA)[:-3],
        )
    )


def test_any_two_pieces_give_the_same_fixes_and_the_same_counts() -> None:
    """A serial line cuts where it likes; what is counted must not depend on it either."""
    data = _voyage()
    whole, nmea = parse(data)
    assert [fix[1] for fix in whole.fixes] == [29_916_750, 29_917_750]
    assert [fix[7] for fix in whole.fixes] == [2, 2]
    # The last sentence lacks a digit of its checksum: the end cut it.
    assert counts(nmea) == (4, 8, 0, 0, 1, 1, 2, 1)
    for cut in range(1, len(data)):
        sink = Sink()
        pieces = Nmea(sink.on_fix)
        for piece in (bytearray(data[:cut]), bytearray(data[cut:])):
            pieces.feed(piece, len(piece), 0)
        pieces.close()
        assert sink.fixes == whole.fixes, cut
        assert counts(pieces) == counts(nmea), cut


def test_any_size_of_piece_gives_the_same_fixes_and_the_same_counts() -> None:
    """One byte at a time is what a slow board does; more than the buffer is what a file does."""
    data = _voyage()
    whole, nmea = parse(data)
    for size in (1, 2, 3, 5, 7, 9, 10, 11, 64, 127, 128, 129, 255, 256, 257, 300):
        sink, pieces = parse(data, size)
        assert sink.fixes == whole.fixes, size
        assert counts(pieces) == counts(nmea), size


def test_a_start_too_short_to_be_a_sentence_is_noise_and_a_longer_one_was_cut() -> None:
    """The two are told apart at the same byte however they come."""
    for start, skipped, cut in ((b"$GNRMC,08", 1, 0), (b"$GNRMC,081", 0, 1), (b"$GNRM", 1, 0), (b"$", 1, 0)):
        for rest in (b"", line(_NEXT)):
            for size in (0, 1, 3, 10):
                _, nmea = parse(start + rest, size)
                assert (nmea.skipped, nmea.cut) == (skipped, cut), (start, rest, size)


def test_a_memoryview_and_a_longer_buffer_are_read_up_to_n() -> None:
    """The caller's buffer is reused: what lies behind n is of the read before."""
    data = _voyage()
    expected = parse(data)[0].fixes
    stale = bytearray(data + line(_RMC.replace(b"081836", b"091836")))
    for buf in (stale, memoryview(stale)):
        sink = Sink()
        nmea = Nmea(sink.on_fix)
        nmea.feed(buf, 0, 0)
        nmea.feed(buf, len(data), 0)
        nmea.close()
        assert sink.fixes == expected, buf


def test_a_sentence_of_the_limit_is_read_and_one_byte_more_is_not() -> None:
    """Without a limit a stuck line would fill the memory; below it a u-blox M9N's long GGA would be lost."""
    room = LIMIT - len(line(_RMC)) + 2  # the line end is not counted
    for extra, merged in ((room, 1), (room + 1, 0)):
        data = line(_RMC + b"," * extra)
        for size in (0, 1, 50, LIMIT):
            sink, nmea = parse(data, size)
            assert len(sink.fixes) == merged, (extra, size)
            assert (nmea.merged, nmea.too_long) == (merged, 1 - merged), (extra, size)


def test_an_endless_sentence_is_counted_once_and_the_next_one_is_read() -> None:
    """A line that loses its carrier sends one byte for ever."""
    data = b"$GNRMC," + b"U" * 5000 + line(_NEXT)
    for size in (0, 1, 100, 256):
        sink, nmea = parse(data, size)
        assert len(sink.fixes) == 1, size
        assert counts(nmea) == (1, 0, 0, 0, 0, 0, 0, 1), size


def test_a_wrong_checksum_is_refused_at_every_bit() -> None:
    """A bit that turns over in a digit is another place on earth."""
    data = line(_RMC)
    for at in range(7, len(data) - 2):
        for bit in range(8):
            bad = bytearray(data)
            bad[at] ^= 1 << bit
            sink, _ = parse(bytes(bad))
            if at >= len(data) - 4 and bytes(bad).lower() == data.lower():
                assert len(sink.fixes) == 1, at  # a small hexadecimal digit is the same number
            else:
                assert sink.fixes == [], (at, bit)


def test_a_checksum_is_required_and_may_be_in_small_letters() -> None:
    """NMEA lets a talker leave it out; then nothing tells a position from noise."""
    body = _RMC.replace(b"022.4", b"029.4")
    assert line(body).endswith(b"*2A\r\n")
    assert len(parse(line(body)[:-4] + line(body)[-4:].lower())[0].fixes) == 1
    for bad in (b"$" + _RMC + b"\r\n", b"$" + _RMC + b"*\r\n", b"$" + _RMC + b"*0\r\n", b"$" + _RMC + b"*GG\r\n"):
        assert parse(bad)[0].fixes == [], bad


def test_line_ends_do_not_matter() -> None:
    """Files come with LF, with CR LF, with blanks, or end at the checksum."""
    text = line(_RMC)[:-2]
    for end in (b"\n", b"\r\n", b" \t\n", b"", b"\r\r\n\n"):
        sink, nmea = parse(text + end + line(_NEXT)[:-2] + end)
        assert len(sink.fixes) == 2, end
        assert nmea.merged == 2, end


def test_a_thousand_fixes_allocate_nothing() -> None:
    """Garbage at 1 Hz fragments a small heap within a day; the collector stops the agent while it works."""

    class Counter:
        def __init__(self) -> None:
            self.seen = 0
            self.east = 0

        def on_fix(self, fix: object) -> None:
            self.seen += 1
            self.east = fix.lon_e6

    counter = Counter()
    nmea = Nmea(counter.on_fix)
    data = bytearray(_voyage())
    view = memoryview(data)
    clock = [data.find(b"081836.75"), len(data)]
    nmea.feed(data, len(data), 0)
    nmea.close()
    piece = bytearray(61)
    seen = counter.seen
    micropython.heap_lock()
    try:
        for k in range(500):
            # Another minute for the first epoch, so that every pass closes two.
            data[clock[0] + 2] = 48 + k % 6
            _stream(nmea, data, piece, k)
            nmea.feed(view, len(data), k)
            nmea.close()
    finally:
        micropython.heap_unlock()
    assert counter.seen - seen >= 1000
    assert counter.east == -11_516_683


def _stream(nmea: Nmea, data: bytearray, piece: bytearray, now: int) -> None:
    n = 0
    for c in data:
        piece[n] = c
        n += 1
        if n == len(piece):
            nmea.feed(piece, n, now)
            nmea.on_time(now)
            n = 0
    nmea.feed(piece, n, now)
