"""The simulator's flash and net held to their contracts, and to what only a simulator can do: cut the power, forge a name."""

import errno
import os

from simulator import flash, net, nor, peer
from simulator import stream as far
from tests.contract.portable import contract_flash, contract_net, suite

_HOST = "192.0.2.1"  # documentation addresses (RFC 5737)
_CA = b"authority A\nauthority B"


class _Chip:
    def __init__(self) -> None:
        self.chip = flash.Chip()

    def reopen(self) -> "flash.Region":
        self.chip.restart()
        return self.chip.region("events")


def _make_flash() -> tuple:
    world = _Chip()
    return world.reopen(), world


class _Cells:
    """A flash file as simulator/device.py makes it."""

    _made = 0

    def __init__(self) -> None:
        _Cells._made += 1
        self._path = "amace-nor-" + str(id(self)) + "-" + str(_Cells._made)
        with open(self._path, "wb") as file:
            for _ in range(sum([blocks for _, blocks in nor.REGIONS])):
                file.write(b"\xff" * nor.BLOCK)
        self._open: list = []

    def reopen(self) -> "nor.Region":
        return self.region("keys")

    def region(self, name: str) -> "nor.Region":
        region = nor.region(self._path, name)
        self._open.append(region)
        return region

    def content(self) -> bytes:
        with open(self._path, "rb") as file:
            return file.read()

    def close(self) -> None:
        for region in self._open:
            region._file.close()
        os.remove(self._path)


class _Town(suite.World):
    """The far sides. What a buffer has no room for waits here."""

    def __init__(self) -> None:
        super().__init__()
        self.net = net.Net()
        self._listener = None
        self._peer = None
        self._far = None
        self._heard = b""
        self._unsaid = b""

    def step(self, port) -> None:
        super().step(port)
        self.pause()

    def pause(self) -> None:
        if self._peer is None and self._listener is not None:
            self._peer = self._listener.accept()
        if self._peer is not None:
            self._heard += self._peer.hear()
            self._unsaid = self._unsaid[self._peer.say(self._unsaid) :]

    def listen(self) -> tuple:
        self._listener = self.net.listen(_HOST, 1883)
        return _HOST, 1883

    def deaf_port(self) -> tuple:
        return _HOST, 9

    def say(self, data: bytes) -> None:
        self._unsaid += data
        self.pause()

    def heard(self) -> bytes:
        return self._heard

    def hang_up(self) -> None:
        self._peer.hang_up()

    def echo(self) -> tuple:
        self._far = self.net.listen_datagrams(_HOST, 53)
        return _HOST, 53

    def datagrams(self) -> list:
        return self._far.got

    def answer(self, data: bytes) -> None:
        self._far.answer(data)


def _make_net() -> tuple:
    world = _Town()
    return world.net, world


FLASH = suite.checks(contract_flash)
NET = suite.checks(contract_net)


def test_flash_keeps_the_contract() -> None:
    """What is proved on the simulator is proved for NOR."""
    suite.hold(FLASH, _make_flash)


def test_the_flash_file_keeps_the_contract_and_is_the_chip() -> None:
    """The device behind the step wire keeps its keys and its log in it, and the world reads it byte for byte."""
    worlds = []

    def make() -> tuple:
        world = _Cells()
        worlds.append(world)
        return world.reopen(), world

    try:
        suite.hold(FLASH, make)
        _, world = make()
        world.region("events").program(4 * nor.BLOCK - 2, b"\1\2")
        world.region("keys").program(0, b"\3")
        world.region("anchor").program(0, b"\4")
        assert world.content()[4 * nor.BLOCK - 2 : 4 * nor.BLOCK + 1] == b"\1\2\3"
        assert world.content()[6 * nor.BLOCK] == 4
        assert suite.refuses(nor.region, world._path, "nvs")
    finally:
        for world in worlds:
            world.close()


def test_net_keeps_the_contract() -> None:
    """An agent that works here must work on sockets."""
    suite.hold(NET, _make_net)


def _content(region, at: int, n: int) -> bytes:
    buf = bytearray(n)
    region.read(at, buf)
    return bytes(buf)


def _is_dead(call, *arguments) -> bool:
    try:
        call(*arguments)
    except OSError as error:
        return error.args[0] == errno.EIO
    return False


def test_regions_share_one_chip_and_its_counts() -> None:
    """The next region holds keys; wear is counted for the chip."""
    chip = flash.Chip()
    events, keys = chip.region("events"), chip.region("keys")
    keys.program(0, b"keys")
    events.program(events.size - 4, b"\0\0\0\0")
    events.erase(events.size // events.block - 1)
    assert suite.refuses(events.erase, events.size // events.block)
    assert _content(keys, 0, 4) == b"keys"
    assert (chip.operations, chip.programmed, chip.erased) == (3, 8, 1)
    assert [chip.region(name).size > 0 for name in ("vfs", "anchor")] == [True, True]
    assert suite.refuses(chip.region, "other")


def test_a_cut_tears_the_program_it_hits() -> None:
    """Each way to be torn, written out; 0x0F was there before and its zeros stay."""
    left = (
        (flash.NOTHING, b"\x0f\xff\xff\xff"),
        (flash.HALF, b"\x00\x00\xff\xff"),
        (flash.WHOLE, b"\x00\x00\x00\x00"),
        (flash.FIRST, b"\x00\xff\xff\xff"),
        (flash.ALL_BUT_LAST, b"\x00\x00\x00\xff"),
        (flash.UNSTABLE, b"\x00\x00\x55\x00"),
    )
    assert [torn for torn, _ in left] == list(flash.TORN)
    for torn, expected in left:
        chip = flash.Chip()
        region = chip.region("anchor")
        region.program(8, b"\x0f")
        chip.cut(1, torn)
        assert _is_dead(region.program, 8, b"\0\0\0\0"), torn
        chip.restart()
        assert _content(region, 8, 5) == expected + b"\xff", torn


def test_an_uncertain_bit_that_was_zero_stays_zero() -> None:
    """Programming sets no bit, torn or not."""
    chip = flash.Chip()
    region = chip.region("anchor")
    region.program(0, b"\x0f")
    chip.cut(1, flash.UNSTABLE)
    assert _is_dead(region.program, 0, b"\0")
    chip.restart()
    assert _content(region, 0, 1) == b"\x05"


def test_a_cut_tears_the_erase_it_hits() -> None:
    """A block that is half erased looks like a log that was never written, or like one that was."""
    block = flash.BLOCK
    left = (
        (flash.NOTHING, bytes(block)),
        (flash.HALF, b"\xff" * (block // 2) + bytes(block // 2)),
        (flash.WHOLE, b"\xff" * block),
        (flash.FIRST, b"\xff" + bytes(block - 1)),
        (flash.ALL_BUT_LAST, b"\xff" * (block - 1) + b"\0"),
        (flash.UNSTABLE, b"\x0f" * block),
    )
    for torn, expected in left:
        chip = flash.Chip()
        region = chip.region("keys")
        region.program(0, bytes(block + 1))
        chip.cut(1, torn)
        assert _is_dead(region.erase, 0), torn
        chip.restart()
        assert _content(region, 0, block + 1) == expected + b"\0", torn


def test_after_a_cut_nothing_works_until_the_restart() -> None:
    """A device without power does not read either."""
    chip = flash.Chip()
    region = chip.region("events")
    chip.cut(1)
    region.program(0, b"kept")
    assert _is_dead(region.erase, 0)
    counted = (chip.operations, chip.programmed, chip.erased)
    assert _is_dead(region.read, 0, bytearray(4))
    assert _is_dead(region.program, 0, b"\0")
    assert _is_dead(region.erase, 0)
    assert _is_dead(chip.region("keys").read, 0, bytearray(1))
    assert (chip.operations, chip.programmed, chip.erased) == counted
    chip.restart()
    assert _content(region, 0, 4) == b"kept"
    region.erase(0)
    assert _content(region, 0, 4) == b"\xff\xff\xff\xff"
    chip.cut(chip.operations)
    chip.restart()
    region.erase(0)  # a restart forgets a cut that did not come


class _Trust:
    def __init__(self, ca: bytes, name: str) -> None:
        self.ca = ca
        self.name = name


def _tried(town, trust, authority: bytes = b"authority B") -> tuple:
    """The stream after it opened or closed, and the peer the listener met."""
    listener = town.net.listen(_HOST, 8883, "broker.example", authority)
    stream = town.net.stream(_HOST, 8883, trust)
    assert town.until(stream, lambda: stream.state != 1)
    return stream, listener.accept()


def test_tls_opens_for_the_right_name_and_a_known_authority_only() -> None:
    """5 is "certificate refused". An authority is the whole line: a part of one proves nothing."""
    for ca, name, error in (
        (_CA, "broker.example", 0),
        (b"authority B", "Broker.Example", 0),
        (_CA, "example", 5),
        (_CA, "", 5),
        (b"authority A", "broker.example", 5),
        (b"authority BC", "broker.example", 5),
        (b"", "broker.example", 5),
    ):
        stream, met = _tried(_Town(), _Trust(ca, name))
        assert (stream.state, stream.error) == ((0, 5) if error else (2, 0)), (ca, name)
        assert (met is None) == bool(error), "a refused peer hears nothing"
        assert stream.write(bytearray(b"late"), 0, 4) == (0 if error else 4)


def test_tls_and_clear_do_not_meet() -> None:
    """A device that trusts nobody must not be served by a listener of TLS, nor TLS end in clear."""
    stream, met = _tried(_Town(), None)
    assert (stream.state, stream.error, met) == (0, 2, None)
    stream, met = _tried(_Town(), _Trust(_CA, "broker.example"), b"")
    assert (stream.state, stream.error, met) == (0, 6, None)


def test_buffers_are_bounded_at_both_ends() -> None:
    """A peer that does not read stops the writer; it costs no memory."""
    town = _Town()
    town.net.listen(_HOST, 1)
    stream = town.net.stream(_HOST, 1, None)
    assert town.until(stream, lambda: stream.state == 2)
    assert stream.write(bytearray(peer.ROOM + 1), 0, peer.ROOM) == peer.ROOM
    assert stream.write(bytearray(1), 0, 1) == 0
    town.step(stream)
    assert stream.write(bytearray(peer.ROOM + 1), 0, peer.ROOM + 1) == peer.ROOM
    town.step(stream)
    assert stream.write(bytearray(1), 0, 1) == 0


def test_a_peer_that_hung_up_hears_nothing_more() -> None:
    """What was taken from the writer is lost, as on a wire; what the peer said is still there."""
    town = _Town()
    listener = town.net.listen(_HOST, 1)
    stream = town.net.stream(_HOST, 1, None)
    assert town.until(stream, lambda: stream.state == 2)
    met = listener.accept()
    assert met.say(b"bye") == 3
    met.hang_up()
    assert met.say(b"more") == 0
    assert stream.write(bytearray(b"late"), 0, 4) == 4
    stream.poll(town.now)
    assert met.hear() == b""
    buf = bytearray(8)
    assert (stream.readinto(buf), bytes(buf[:3])) == (3, b"bye")
    assert (stream.state, stream.error) == (0, 2)


def test_silence_times_out_and_names_are_not_resolved() -> None:
    """3 is "timed out", also behind a full backlog; 4 "name unknown". A listener that left refuses."""
    town = _Town()
    listener = town.net.listen(_HOST, 1)
    listener.answers = False
    stream = town.net.stream(_HOST, 1, None)
    town.run(stream, far.OPEN_MS)
    assert stream.state == 1
    town.step(stream)
    assert (stream.state, stream.error) == (0, 3)
    listener.answers = True
    for _ in range(peer.BACKLOG):
        stream = town.net.stream(_HOST, 1, None)
        assert town.until(stream, lambda stream=stream: stream.state == 2)
    stream = town.net.stream(_HOST, 1, None)
    assert town.until(stream, lambda: stream.state == 0)
    assert stream.error == 3
    town.net.deafen(_HOST, 1)
    stream = town.net.stream(_HOST, 1, None)
    assert town.until(stream, lambda: stream.state == 0)
    assert stream.error == 1
    assert town.net.stream("broker.example", 1, None).error == 4
    assert suite.refuses(town.net.datagram, "broker.example", 53)


def test_datagrams_have_a_largest_size_and_a_full_inbox_loses() -> None:
    """At the limit and one past it."""
    town = _Town()
    datagram = town.net.datagram(*town.echo())
    assert datagram.send(bytearray(net.MAX_DATAGRAM), net.MAX_DATAGRAM)
    assert not datagram.send(bytearray(net.MAX_DATAGRAM + 1), net.MAX_DATAGRAM + 1)
    for i in range(net.INBOX + 1):
        town.answer(bytes([i]))
    for _ in range(net.INBOX + 1):
        assert datagram.send(bytearray(1), 1), "a lost datagram is no error"
    assert len(town.datagrams()) == net.INBOX
    buf = bytearray(4)
    assert [datagram.readinto(buf) for _ in range(net.INBOX + 1)] == [1] * net.INBOX + [0]
    assert buf[0] == net.INBOX - 1
