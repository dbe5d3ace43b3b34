"""Bytes nobody should send, against the MQTT codec and the broker: `python -m tests.fuzz.mqtt [RUNS] [SEED]`.

The only thing that may ever come out is an MqttError inside the connection concerned.
"""

import random
import sys
import time
from collections.abc import Callable

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.errors import MqttError
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)
from simulator.mqtt.session import Session
from tests.support.mqtt_malformed import MALFORMED

_UP: tuple[Packet, ...] = (
    Connect("bike", False, 60, Will("w/ö", b"gone", 1, True), "user", b"word"),
    Publish("a/b", b"payload", 2, True, True, 513),
    Publish("a", b""),
    Puback(1),
    Pubrec(2),
    Pubrel(3),
    Pubcomp(4),
    Subscribe(5, (("a/+", 1), ("#", 2))),
    Unsubscribe(6, ("a/+", "#")),
    Pingreq(),
    Disconnect(),
)
_DOWN: tuple[Packet, ...] = (Connack(True), Suback(5, (1, 0x80)), Unsuback(6), Pingresp())
CORPUS = [*map(encode, _UP * 12 + _DOWN * 3), *(data for _, data, _ in MALFORMED)]
"""Good packets weigh more: behind a bad one nothing is read any more."""


def codec(data: bytes) -> None:
    """Whatever decodes must encode to what decodes to the same; whole or byte by byte must not matter."""
    for from_client in (True, False):
        packets, error = read(data, len(data) or 1, from_client)
        assert (packets, error) == read(data, 1, from_client)
        again, fault = read(b"".join(map(encode, packets)), 7, from_client)
        assert (again, fault) == (packets, "")


def read(data: bytes, piece: int, from_client: bool) -> tuple[list[Packet], str]:
    decoder = Decoder(from_client)
    found: list[Packet] = []
    try:
        for at in range(0, len(data), piece):
            decoder.feed(data[at : at + piece])
            while (packet := decoder.next()) is not None:
                found.append(packet)
    except MqttError as error:
        return found, error.rule
    return found, ""


def broker(data: bytes) -> None:
    """After any stream, before and after CONNECT, the broker still serves others, and forgets a clean client entirely."""
    place = Broker()
    bare, clean = place.connect("bare", 0), place.connect("clean", 0)
    bare.feed(data, 0)
    clean.feed(encode(Connect("clean")) + data, 1)
    for conn in (bare, clean):
        conn.take()
        conn.close(2)
    assert not place.has_session("clean")
    assert place.clients() == []
    place.on_time(10**9)
    witness = place.connect("witness", 3)
    witness.feed(encode(Connect("witness")) + encode(Subscribe(1, (("fuzz", 1),))), 3)
    witness.take()
    place.publish("fuzz", b"1", 1, False, 3)
    assert witness.take() == encode(Publish("fuzz", b"1", 1, packet_id=1))


def client(data: bytes) -> None:
    """A hostile broker: the session ends up or down, never with an exception."""
    session = Session()
    session.connect("bike", clean=False)
    session.feed(data, 0)
    session.lost()
    session.connect("bike", clean=False)
    session.feed(encode(Connack()), 0)
    session.publish("t", b"", 1)
    session.feed(data, 0)
    session.on_time(10**9)
    session.take()


TARGETS: tuple[Callable[[bytes], None], ...] = (codec, broker, client)


def mutate(chance: random.Random) -> bytes:
    """Two or three pieces of the corpus, with up to four small injuries."""
    data = bytearray(b"".join(chance.choices(CORPUS, k=chance.randint(1, 3))))
    for _ in range(chance.randint(0, 4)):
        at = chance.randrange(len(data) + 1)
        wound = chance.randrange(4)
        if wound == 0:
            data[at : at + chance.randint(1, 4)] = b""
        elif wound == 1:
            data[at:at] = chance.randbytes(chance.randint(1, 4))
        elif wound == 2 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif at < len(data):
            data[at] = chance.choice((0, 1, 2, 127, 128, 255))
    return bytes(data)


def run(runs: int, seed: int) -> None:
    """`runs` inputs through every target; the failing input is in the error's notes."""
    chance = random.Random(seed)
    for number in range(runs):
        data = mutate(chance)
        for target in TARGETS:
            try:
                target(data)
            except Exception as error:
                error.add_note(f"seed {seed}, input {number}: bytes.fromhex({data.hex()!r}) in {target.__name__}")
                raise


if __name__ == "__main__":
    _runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    _seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    _start = time.monotonic()
    run(_runs, _seed)
    print(f"{_runs} inputs, nothing undeclared, {_runs / (time.monotonic() - _start):.0f} a second")
