"""A usual stack in this heap: umqtt.simple, micropyGPS, cbor2 and asyncio, loaded, one sentence parsed, one report written.

`micropython stack.py FOLDER`, from .mpy. Prints one JSON line; a heap too small ends it with an error.
"""

import gc
import json
import sys

sys.path.insert(0, sys.argv[1])

import asyncio

from cbor2 import dumps
from micropyGPS import MicropyGPS
from umqtt.simple import MQTTClient

_LINE = "$GNRMC,120000.00,A,1207.40735,S,02545.92592,W,11.900,217.40,130525,,,A*5F\r\n"


async def main() -> None:
    client = MQTTClient(b"stack", "127.0.0.1", 1883)
    gps = MicropyGPS()
    for char in _LINE:
        gps.update(char)
    report = dumps({1: 1, 2: 217_000_000, 3: -12_123_456, 4: -25_765_432})
    gc.collect()
    print(json.dumps({"report": len(report), "client": client.port, "used": gc.mem_alloc()}))


asyncio.run(main())
