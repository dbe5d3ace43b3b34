"""The device's own key: made once, from chance, and only where it can be kept."""

from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import Bench
from tests.portable.signed import line

KEY = "device_key"


def kept(bench: Bench) -> "list[bytes]":
    """Names and values of the secrets written so far."""
    return [said[2:] for said in bench.out(remote.SECRETS) if said[:1] == b"P"]


def test_the_devices_key_comes_from_its_own_chance() -> None:
    """A seed that anybody can guess lets anybody sign receipts and certificates in the device's name."""
    first = Bench().hub.secrets[KEY]
    fill = remote.Hub.fill

    def other(hub, purpose: int, buf: bytearray) -> None:
        fill(hub, purpose, buf)
        buf[0] ^= 1

    remote.Hub.fill = other
    try:
        second = Bench().hub.secrets[KEY]
    finally:
        remote.Hub.fill = fill
    assert len(first) == len(second) == 64
    assert first[:32] != second[:32]
    assert first[32:] != second[32:]
    assert any(first[:32])


def test_a_restart_keeps_the_devices_key() -> None:
    """A phone that knows the first would take every later receipt for a forgery."""
    bench = Bench()
    key = bench.hub.secrets[KEY]
    bench.forget()
    bench.boot()
    assert bench.hub.secrets[KEY] == key
    assert not [each for each in kept(bench) if each.startswith(KEY.encode())]


def test_a_first_start_that_flash_refused_leaves_no_key_and_the_next_one_is_the_first() -> None:
    """A key without a store reads as a store that somebody took away: consent would be off for good."""
    put = remote.Hub.put

    def refuse(hub, name: str, value: bytes) -> None:
        if name == "consent":
            raise OSError(5)
        put(hub, name, value)

    remote.Hub.put = refuse
    try:
        bench = Bench()
    finally:
        remote.Hub.put = put
    assert bench.core.grants.damaged
    assert KEY not in bench.hub.secrets
    bench.boot()
    assert not bench.core.grants.damaged
    bench.grant(line(p.STATUS))
    assert bench.live() >> p.STATUS & 1
