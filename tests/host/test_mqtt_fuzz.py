"""A small helping of tests/fuzz/mqtt.py in every run; the whole meal is `python -m tests.fuzz.mqtt`."""

import random
import subprocess
import sys

import pytest

from tests.fuzz import mqtt
from tools.places import ROOT


def test_injured_streams_raise_nothing_undeclared() -> None:
    """A simulator that falls over its own broker proves nothing about the agent."""
    mqtt.run(3_000, seed=20200101)


@pytest.mark.full
def test_many_injured_streams_raise_nothing_undeclared() -> None:
    """A minute and a half; longer ones and other seeds by hand."""
    mqtt.run(200_000, seed=1)


def test_most_inputs_get_past_the_first_byte() -> None:
    """A fuzzer whose inputs all die at the fixed header tests nothing behind it."""
    chance = random.Random(1)
    outcomes = [mqtt.read(mqtt.mutate(chance), 1_000, True) for _ in range(500)]
    whole = sum(bool(packets) for packets, _ in outcomes)
    assert whole > 100
    assert len({error for _, error in outcomes}) > 12


_CONVERSATION = """
import random
from tests.fuzz.mqtt import mutate
from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode
from simulator.mqtt.packets import Connect
chance, place, said = random.Random(7), Broker(), []
for number in range(10):
    place.publish(f"kept/{number}", b"1", 1, True, 0)
for number in range(400):
    conns = [place.connect("x", number) for _ in range(2)]
    for conn in conns:
        conn.feed(encode(Connect("", clean=True)) + mutate(chance), number)
    said += [conn.take().hex() for conn in conns] + [conn.why for conn in conns]
print(said, sorted(place.retained), place.clients())
"""


def test_the_same_conversation_gives_the_same_bytes_under_any_hash_seed() -> None:
    """Transcripts are compared byte for byte: no set or dict order may reach the wire."""
    told = [
        subprocess.run(
            [sys.executable, "-c", _CONVERSATION],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{ROOT}/hal/host/shims"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(told[0]) > 10_000
