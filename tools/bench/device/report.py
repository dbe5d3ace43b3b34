"""One location report: bytes, nanoseconds and heap bytes, ours and what others send. One JSON line on stdout.

`micropython report.py TREE [PEERS]`. The place is invented, at open sea. All contenders say the same: time, place, speed,
course, altitude. OwnTracks' JSON is what its phone apps publish (`_type`, `tst`, `lat`, `lon`, `vel`, `cog`, `alt`).
"""

import gc
import json
import sys
import time

_TIMES = 2000
_BEST_OF = 5


def ours() -> "object":
    from agent.link import kinds
    from agent.link.messages import Writer
    from agent.store.outbox import Slot

    slot = Slot()
    slot.kind = kinds.NAMES.index(b"location")  # the constant itself is folded away
    slot.seq = 1234
    facts = (217_000_000, -12_123_456, -25_765_432, 0, 612, 21_740, 52)
    for k in range(len(facts)):
        slot.facts[k] = facts[k]
    buf = bytearray(320)
    write = Writer(None, None).write  # a location needs neither camera nor letters
    return lambda: write(slot, buf)


def owntracks() -> "object":
    said = {
        "_type": "location",
        "tst": 1_794_836_800,
        "lat": -12.123456,
        "lon": -25.765432,
        "vel": 22,
        "cog": 217,
        "alt": 5,
        "tid": "ab",
    }
    return lambda: len(json.dumps(said))


def cbor2_map() -> "object":
    from cbor2 import dumps

    said = {1: 1234, 2: 217_000_000, 3: -12_123_456, 4: -25_765_432, 5: 0, 6: 612, 7: 21_740, 8: 52}
    return lambda: len(dumps(said))


def measure(make: "object") -> "dict[str, int]":
    call = make()
    size = call()
    best = 1 << 29
    for _ in range(_BEST_OF):
        gc.collect()
        start = time.ticks_us()
        for _ in range(_TIMES):
            call()
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for _ in range(10):
        call()
    heap = (gc.mem_alloc() - before) // 10
    gc.enable()
    return {"bytes": size, "ns": best * 1000 // _TIMES, "heap_b": heap}


def main(peers: str) -> "dict[str, dict[str, int]]":
    result = {"ours": measure(ours), "OwnTracks JSON": measure(owntracks)}
    if peers:
        sys.path.append(peers + "/micropython-lib/python-ecosys/cbor2")
        result["cbor2, integer map"] = measure(cbor2_map)
    return result


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print(json.dumps(main(sys.argv[2] if len(sys.argv) > 2 else "")))
