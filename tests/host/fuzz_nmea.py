"""A fuzz target for the parser: `one(data)` raises when a law is broken, whatever `data` is.

`PYTHONPATH=.:hal/host/shims python -m tests.host.fuzz_nmea FILE…` runs files (a corpus, or AFL's findings); without files it
mutates an invented voyage for `--seconds` (20). With atheris installed, `--atheris` lets it look for new paths.
"""

import random
import sys
import time
from pathlib import Path

from agent.position.fix import NONE
from agent.position.nmea import LIMIT, Nmea
from tests.portable.nmea_lines import Sink, counts
from tests.support.voyage import garble, line, lines

_MOST = 4096
_RIGHT = line(b"GNRMC,235959.99,A,8959.9999,S,17959.9999,W,999.9,359.9,311279,,,A")


def fed(data: bytes, size: int) -> tuple[Sink, Nmea]:
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    for at in range(0, len(data), size):
        piece = bytearray(data[at : at + size])
        nmea.feed(piece, len(piece), 0)
    nmea.close()
    return sink, nmea


def one(data: bytes) -> None:
    """The laws: no exception, the same result in any pieces, every number in its range, and the next sentence is read."""
    data = data[:_MOST]
    whole, nmea = fed(data, max(1, len(data)))
    for size in (1, 7, 61, 256):
        again, pieces = fed(data, size)
        assert again.fixes == whole.fixes, size
        assert counts(pieces) == counts(nmea), size
    for fix in whole.fixes:
        sound(fix)
    after, _ = fed(data + b"\n" + _RIGHT, LIMIT)
    assert after.fixes[-1][2:4] == (-89_999_998, -179_999_998) or after.fixes[-1][7] == 1


def sound(fix: tuple[int, ...]) -> None:
    instant, tod, lat, lon, speed, track, alt, mode, hdop, sats = fix
    assert -1 <= instant < 1 << 30
    assert 0 <= tod < 86_401_000
    assert mode in (1, 2, 3)
    if mode == 1:
        assert (lat, lon, speed, track, alt, hdop) == (NONE, NONE, -1, -1, NONE, -1)
    else:
        assert abs(lat) <= 90_000_000
        assert abs(lon) <= 180_000_000
        assert -1 <= speed <= 51_444
        assert -1 <= track < 36_000
        assert alt == NONE or -10_000 <= alt <= 800_000
        assert -1 <= hdop <= 99_999
    assert -1 <= sats <= 99


def mutate(seconds: int) -> int:
    """How many inputs were tried."""
    until = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < until:
        seed = random.randrange(1 << 30)
        data = lines(6, seed)
        try:
            for _ in range(20):
                data = garble(data, seed) or b"$"
                one(data)
                tried += 1
        except Exception:
            print(f"seed {seed}: {data!r}", file=sys.stderr)
            raise
    return tried


def main(words: list[str]) -> None:
    if words[:1] == ["--atheris"]:
        import atheris  # pyright: ignore[reportMissingImports] - optional: it has no wheel for every Python

        atheris.instrument_all()
        atheris.Setup(sys.argv[:1] + words[1:], one)
        atheris.Fuzz()
    elif words and words[0] != "--seconds":
        for name in words:
            one(Path(name).read_bytes())
    else:
        print(mutate(int(words[1]) if words else 20), "inputs, no law broken")


if __name__ == "__main__":
    main(sys.argv[1:])
