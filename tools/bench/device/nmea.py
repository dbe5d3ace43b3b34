"""NMEA sentences a second and heap bytes a sentence: ours, split and float, micropyGPS. One JSON line on stdout.

Runs on CPython and on MicroPython: `micropython nmea.py TREE [PEERS]`. TREE is the sources or the compiled device tree,
PEERS a folder of checkouts in which `micropyGPS/micropyGPS.py` may be. Two mixes, both invented, at open sea: `all` is what
a u-blox M9N sends by default with five constellations (23 sentences a fix), `pair` is RMC and GGA alone.
"""

import gc
import io
import json
import sys
import time

from micropython import const

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

_CHUNK = 256  # bytes that a board reads from its receiver at once
_FIXES = 12  # their 18 KB leave room in a heap of 112 KB
_PASSES = 2
_ROUNDS = 5
_LEAST_MS = 150


def line(body: bytes) -> bytes:
    x = 0
    for c in body:
        x ^= c
    return b"$" + body + b"*%02X\r\n" % x


def second(k: int, everything: bool) -> "list[bytes]":
    """The sentences of second `k` of an invented voyage, in the order of a u-blox receiver."""
    clock = b"%02d%02d%02d.00" % (k // 3600 % 24, k // 60 % 60, k % 60)
    place = b"%02d%02d.%05d,S,%03d%02d.%05d,W" % (12, k // 60 % 60, k * 311 % 100000, 25, 7, k * 173 % 100000)
    rmc = b"GNRMC,%s,A,%s,%d.%03d,%d.%02d,130525,,,A,V" % (clock, place, k % 20, k % 1000, k % 360, k % 100)
    gga = b"GNGGA,%s,%s,1,12,0.%02d,%d.%d,M,46.9,M,," % (clock, place, 60 + k % 30, 3 + k % 9, k % 10)
    if not everything:
        return [line(rmc), line(gga)]
    out = [
        rmc,
        b"GNVTG,%d.%02d,T,,M,%d.%03d,N,%d.%03d,K,A" % (k % 360, k % 100, k % 20, k % 1000, k % 37, k % 1000),
        gga,
    ]
    for system in range(1, 6):
        out.append(b"GNGSA,A,3,02,05,12,13,15,18,20,24,25,29,,,1.20,0.65,1.01,%d" % system)
    for talker, pages in ((b"GP", 4), (b"GL", 3), (b"GA", 3), (b"GB", 2), (b"GQ", 1)):
        for page in range(pages):
            sky = b"%02d,%02d,%03d,%02d" % (page * 4 + 2, 40 + k % 40, k % 360, 20 + k % 25)
            out.append(
                b"%sGSV,%d,%d,%d,%s,05,49,301,39,12,76,107,44,13,17,206,31,1"
                % (talker, pages, page + 1, pages * 4, sky)
            )
    out.append(b"GNGLL,%s,%s,A,A" % (place, clock))
    out.append(b"GNZDA,%s,13,05,2025,00,00" % clock)
    return [line(body) for body in out]


def corpus(fixes: int, everything: bool) -> "tuple[io.BytesIO, int]":
    """The stream, and how many sentences it has."""
    data = io.BytesIO()
    count = 0
    for k in range(fixes):
        for text in second(k, everything):
            data.write(text)
            count += 1
    return data, count


class Parser:
    fixes = 0

    def read(self, stream: "io.BytesIO") -> None:
        """Everything up to the end of `stream`."""


class Ours(Parser):
    def __init__(self) -> None:
        from agent.position.nmea import Nmea

        self.fixes = 0
        self._nmea = Nmea(self.on_fix)
        self._buf = bytearray(_CHUNK)

    def on_fix(self, fix: object) -> None:
        self.fixes += 1

    def read(self, stream: "io.BytesIO") -> None:
        buf = self._buf
        nmea = self._nmea
        n = stream.readinto(buf)
        while n:
            nmea.feed(buf, n, 0)
            n = stream.readinto(buf)


class SplitAndFloat(Parser):
    """What one writes first: lines, split at commas, floats; the same six kinds as ours, each as it comes."""

    def __init__(self) -> None:
        self.facts: "dict[str, tuple[object, ...]]" = {}
        self._kinds: "dict[str, Callable[[list[str]], tuple[object, ...]]]" = {
            "RMC": self.rmc,
            "GGA": self.gga,
            "GSA": lambda f: (int(f[2]), float(f[15]), float(f[16]), float(f[17])),
            "VTG": lambda f: (float(f[1]), float(f[5])),
            "GLL": lambda f: (self.angle(f[1], f[2], 2), self.angle(f[3], f[4], 3), self.clock(f[5]), f[6]),
            "ZDA": lambda f: (self.clock(f[1]), int(f[2]), int(f[3]), int(f[4])),
        }

    def read(self, stream: "io.BytesIO") -> None:
        buf = bytearray(_CHUNK)
        rest = b""
        n = stream.readinto(buf)
        while n:
            lines = (rest + buf[:n]).split(b"\n")
            rest = lines.pop()
            for text in lines:
                self.one(text)
            n = stream.readinto(buf)

    def one(self, text: bytes) -> None:
        body, _, given = text.strip()[1:].decode().partition("*")
        x = 0
        for c in body.encode():
            x ^= c
        if x != int(given, 16):
            return
        fields = body.split(",")
        kind = fields[0][2:]
        if kind in self._kinds:
            self.facts[kind] = self._kinds[kind](fields)

    def rmc(self, f: "list[str]") -> "tuple[object, ...]":
        self.fixes += 1
        lat, lon = self.angle(f[3], f[4], 2), self.angle(f[5], f[6], 3)
        return (self.clock(f[1]), f[2], lat, lon, float(f[7]), float(f[8]), f[9])

    def gga(self, f: "list[str]") -> "tuple[object, ...]":
        lat, lon = self.angle(f[2], f[3], 2), self.angle(f[4], f[5], 3)
        return (self.clock(f[1]), lat, lon, int(f[6]), int(f[7]), float(f[8]), float(f[9]))

    def clock(self, text: str) -> float:
        return int(text[:2]) * 3600 + int(text[2:4]) * 60 + float(text[4:])

    def angle(self, text: str, side: str, width: int) -> float:
        value = int(text[:width]) + float(text[width:]) / 60
        return -value if side in "SW" else value


class MicropyGps(Parser):
    """The peer, as its README feeds it: a character at a time."""

    def __init__(self) -> None:
        peer: "Any" = __import__("micropyGPS")  # untyped, and of no registry
        self._gps: "Any" = peer.MicropyGPS()
        self._buf = bytearray(_CHUNK)
        self.fixes = 0

    def read(self, stream: "io.BytesIO") -> None:
        buf = self._buf
        gps = self._gps
        n = stream.readinto(buf)
        while n:
            for k in range(n):
                if gps.update(chr(buf[k])) == "GNRMC":
                    self.fixes += 1
            n = stream.readinto(buf)


def cpu_ms() -> int:
    """Processor time of this process: other programs on the machine do not count."""
    clock: "Any" = time  # MicroPython's has no process_time, CPython's no clock
    return int(1000 * (clock.clock() if hasattr(time, "clock") else clock.process_time()))


def nanoseconds(parser: Parser, stream: "io.BytesIO", count: int) -> int:
    """A sentence, over as many passes of `count` sentences as take long enough for the clock's milliseconds."""
    gc.collect()
    passes = 0
    start = cpu_ms()
    while cpu_ms() - start < _LEAST_MS:
        for _ in range(_PASSES):
            stream.seek(0)
            parser.read(stream)
        passes += _PASSES
    if not parser.fixes:
        raise RuntimeError("it saw no fix")
    return (cpu_ms() - start) * 1000 // passes * 1000 // count


def heap_bytes(make: "type[Parser]", stream: "io.BytesIO") -> "int | None":
    """Bytes allocated while `stream` is read, None where that cannot be asked."""
    if not hasattr(gc, "mem_alloc"):
        return None
    collector: "Any" = gc
    parser = make()
    stream.seek(0)
    parser.read(stream)
    stream.seek(0)
    gc.collect()
    gc.disable()
    before: int = collector.mem_alloc()
    parser.read(stream)
    used: int = collector.mem_alloc() - before
    gc.enable()
    return used


def measure(peers: str) -> "dict[str, dict[str, dict[str, int | None]]]":
    """mix → parser → sentences_s, ns, heap_b."""
    makers: "list[tuple[str, type[Parser]]]" = [("ours", Ours), ("split_float", SplitAndFloat)]
    if peers:
        sys.path.append(peers + "/micropyGPS")
        makers.append(("micropyGPS", MicropyGps))
    result: "dict[str, dict[str, dict[str, int | None]]]" = {}
    for mix, everything in (("all", True), ("pair", False)):
        data, count = corpus(_FIXES, everything)
        small, few = corpus(1 if everything else 12, everything)
        best: "dict[str, int]" = {}
        for _ in range(_ROUNDS):  # in turn, so that a busy moment of the machine meets all of them
            for name, make in makers:
                best[name] = min(best.get(name, 1 << 29), nanoseconds(make(), data, count))
        result[mix] = {}
        for name, make in makers:
            ns = best[name]
            heap = heap_bytes(make, small)
            result[mix][name] = {
                "sentences_s": 1000000000 // ns,
                "ns": ns,
                "heap_b": None if heap is None else heap // few,
            }
    return result


if __name__ == "__main__":
    for folder in sys.argv[1].split(":"):
        sys.path.insert(0, folder)
    print(json.dumps(measure(sys.argv[2] if len(sys.argv) > 2 else "")))
