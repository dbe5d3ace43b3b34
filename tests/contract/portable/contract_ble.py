"""What every `Ble` promises.

world.until(port, done), world.run(port, ms)  time goes on, the port is polled
world.heard()      (adv, rsp, address) now on the air, None in silence
world.connect()    a phone connects; world.subscribe() asks for notifications; world.disconnect() leaves
world.write(data)  the phone writes the characteristic, with response
world.notified()   [bytes] the phone was notified of
"""

from tests.contract.portable.suite import refuses

_ADV = b"\x02\x01\x06\x11\x07" + bytes(range(16))
_RSP = b"\x05\x09abcd"


def _airs(ble, world, adv: bytes) -> bool:
    """Is `adv` on the air soon?"""
    return world.until(ble, lambda: world.heard() is not None and world.heard()[0] == adv)


def _connected(make):
    ble, world = make()
    ble.advertise(_ADV, _RSP, 200)
    assert world.until(ble, lambda: world.heard() is not None)
    world.connect()
    assert world.until(ble, lambda: ble.connected)
    return ble, world


def check_a_radio_starts_silent(make) -> None:
    """An advert before any purpose allows one is a beacon."""
    ble, world = make()
    world.run(ble, 500)
    assert world.heard() is None
    assert not ble.connected


def check_payloads_are_sent_exactly(make) -> None:
    """31 bytes each, Core 5.0 vol 6 part B §2.3.1.1."""
    for adv, rsp in ((_ADV, _RSP), (b"", b""), (bytes(31), bytes(range(31)))):
        ble, world = make()
        ble.advertise(adv, rsp, 200)
        assert _airs(ble, world, adv)
        assert world.heard()[:2] == (adv, rsp)


def check_longer_payloads_are_refused(make) -> None:
    """A payload that is cut silently may lose its authentication tag."""
    ble, world = make()
    assert refuses(ble.advertise, bytes(32), b"", 200)
    assert refuses(ble.advertise, b"", bytes(32), 200)
    world.run(ble, 500)
    assert world.heard() is None


def check_every_advert_has_a_new_address(make) -> None:
    """One address over two adverts links them, whatever their payloads hide."""
    ble, world = make()
    seen = []
    for i in range(4):
        adv = _ADV + bytes([2, 0xFF, i])
        ble.advertise(adv, _RSP, 200)
        assert _airs(ble, world, adv)
        seen.append(world.heard()[2])
    for i in range(len(seen)):
        assert seen[i] not in seen[i + 1 :], seen


def check_silence_is_silence(make) -> None:
    """Consent withdrawn: no advert, no connection."""
    ble, world = _connected(make)
    ble.silence()
    assert world.until(ble, lambda: not ble.connected)
    world.run(ble, 500)
    assert world.heard() is None
    ble.silence()
    assert world.heard() is None


def check_a_long_write_arrives_whole_inside_poll(make) -> None:
    """MicroPython cuts at 20 bytes unless told otherwise."""
    ble, world = _connected(make)
    got = []
    ble.on_write = lambda buf, n: got.append(bytes(buf[:n]))
    for size in (1, 20, 21, 200, 512):
        data = bytes(i & 255 for i in range(size))
        world.write(data)
        assert not got, size
        assert world.until(ble, lambda: len(got) == 1), size
        assert got.pop() == data, size


def check_two_writes_stay_two(make) -> None:
    """Records travel in fragments: joined ones could not be told apart."""
    ble, world = _connected(make)
    got = []
    ble.on_write = lambda buf, n: got.append(bytes(buf[:n]))
    world.write(b"first")
    world.write(b"second")
    assert world.until(ble, lambda: len(got) == 2)
    assert got == [b"first", b"second"]


def check_nobody_is_notified_before_subscribing(make) -> None:
    """False lets the agent keep the answer."""
    ble, world = make()
    assert not ble.notify(bytearray(b"early"), 5)
    ble, world = _connected(make)
    assert not ble.notify(bytearray(b"early"), 5)
    world.run(ble, 200)
    assert not world.notified()


def check_a_subscriber_is_notified_of_the_first_n_bytes(make) -> None:
    """The buffer is longer than the answer."""
    ble, world = _connected(make)
    world.subscribe()
    world.run(ble, 100)
    assert ble.notify(bytearray(b"answer???"), 6)
    assert world.until(ble, lambda: world.notified() == [b"answer"])


def check_the_next_phone_must_subscribe_itself(make) -> None:
    """A subscription ends with its connection: the next phone may be a stranger's."""
    ble, world = _connected(make)
    world.subscribe()
    world.run(ble, 100)
    world.disconnect()
    assert world.until(ble, lambda: not ble.connected)
    assert world.until(ble, lambda: world.heard() is not None)
    world.connect()
    assert world.until(ble, lambda: ble.connected)
    assert not ble.notify(bytearray(b"secret"), 6)


def check_the_advert_outlives_a_connection(make) -> None:
    """An alarm that a passer-by could end by connecting and leaving would be none."""
    ble, world = _connected(make)
    world.disconnect()
    assert world.until(ble, lambda: not ble.connected)
    assert world.until(ble, lambda: world.heard() is not None)
    assert world.heard()[:2] == (_ADV, _RSP)


def check_a_write_carries_at_least_twenty_bytes(make) -> None:
    """The smallest ATT_MTU is 23, of which 3 are the header (Core 5.0 vol 3 part F §3.2.8)."""
    ble, _ = make()
    assert 20 <= ble.mtu() <= 512
    ble, _ = _connected(make)
    assert 20 <= ble.mtu() <= 512
