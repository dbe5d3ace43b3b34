"""Sealing one message: bytes, bytes added, microseconds and heap bytes, and one key agreement. One JSON line on stdout.

`micropython seal.py TREE`. Bodies as long as a precise position and as a photo's chunk; numbers of the size a device has in a month.
"""

import gc
import json
import sys
import time

_TIMES = 200
_BEST_OF = 5
_AGREEMENTS = 3
_BODIES = (("position", 42), ("photo, 192 B", 210), ("photo, 512 B", 530))
_TOPIC = b"d/0123456789abcdef/location"


def measure(n: int) -> "dict[str, int]":
    from agent.crypto.ccm import cipher
    from agent.privacy.seal import Seal

    seal = Seal()
    seal.cipher = cipher(bytes(range(32)))
    seal.number = 100
    buf = bytearray(n + 80)
    best = 1 << 29
    size = 0
    for _ in range(_BEST_OF):
        seal.counter = 40_000
        gc.collect()
        start = time.ticks_us()
        for _ in range(_TIMES):
            size = seal.close(_TOPIC, 12_345, buf, n)
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(10):
        seal.close(_TOPIC, 12_345, buf, n)
    heap = (gc.mem_alloc() - before) // 10
    gc.enable()
    return {"bytes": n, "added": size - n, "us": best // _TIMES, "heap_b": heap}


def agreement() -> int:
    """Microseconds of both halves: our public one, and what we share."""
    from agent.crypto.x25519 import Exchange, public_of

    mine = bytes(range(1, 33))
    best = 1 << 29
    for _ in range(_AGREEMENTS):
        gc.collect()
        start = time.ticks_us()
        Exchange(mine, public_of(mine)).finish()
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    return best


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    rows: "dict[str, dict[str, int]]" = {name: measure(n) for name, n in _BODIES}
    print(json.dumps({"bodies": rows, "agreement": {"us": agreement()}}))
