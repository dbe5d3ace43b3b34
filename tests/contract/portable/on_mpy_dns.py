"""Names to addresses: RFC 1035 as far as a device needs it, against servers that are right, silent, wrong or hostile."""

from hal.mpy.dns import ASKING, FAILED, FOUND, IDLE, Resolver, answer, question
from tests.contract.portable.suite import World, refuses

_NAME = "mqtt.invented.example"


class _Socket:
    def __init__(self, servers: "_Servers", host: str) -> None:
        self._servers = servers
        self._host = host
        self.inbox: list = []
        self.open = True

    def send(self, buf, n: int) -> bool:
        self._servers.asked.append((self._host, bytes(buf[:n])))
        for reply in self._servers.reply(bytes(buf[:n])):
            self.inbox.append(reply)
        return True

    def readinto(self, buf) -> int:
        if not self.inbox:
            return 0
        data = self.inbox.pop(0)[: len(buf)]
        buf[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.open = False


class _Servers(World):
    """`reply(question)` gives the datagrams that come back."""

    def __init__(self, reply) -> None:
        super().__init__()
        self.reply = reply
        self.asked: list = []
        self.sockets: list = []

    def datagram(self, host: str, port: int) -> _Socket:
        assert port == 53
        self.sockets.append(_Socket(self, host))
        return self.sockets[-1]


def _reply(asked: bytes, records: bytes, count: int = 1, flags: bytes = b"\x81\x80") -> bytes:
    return asked[:2] + flags + b"\0\1" + bytes((0, count)) + b"\0\0\0\0" + asked[12:] + records


def _a(address: bytes, name: bytes = b"\xc0\x0c") -> bytes:
    return name + b"\0\1\0\1\0\0\0\x3c\0\4" + address


_CNAME = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\4edge\xc0\x11"


def _resolver(reply, servers: tuple = ("192.0.2.1", "192.0.2.2")) -> tuple:
    world = _Servers(reply)
    return Resolver(world, lambda: list(servers)), world


def test_a_question_is_the_standard_s() -> None:
    """RFC 1035 §4.1.1 and §4.1.2, written out."""
    asked = question("a.example", 0x1234)
    assert asked == b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x07example\x00\x00\x01\x00\x01"
    assert question("a.example.", 0x1234) == asked


def test_limits_of_a_name() -> None:
    """§2.3.4: 63 bytes a label, 253 characters a name."""
    assert len(question("a" * 63 + ".b", 1)) == 12 + 64 + 2 + 1 + 4
    assert question(".".join(["a" * 49] * 5) + ".bbb", 1)
    for name in ("a" * 64 + ".b", "a..b", "", ".".join(["a" * 49] * 5) + ".bbbb"):
        assert refuses(question, name, 1), name


def test_an_address_is_found_behind_aliases() -> None:
    """Hosted brokers are a CNAME first."""
    for records, count in ((_a(b"\xc0\0\2\x09"), 1), (_CNAME + _a(b"\xc0\0\2\x09", b"\4edge\xc0\x11"), 2)):
        resolver, world = _resolver(lambda asked: [_reply(asked, records, count)])  # noqa: B023 - used at once
        resolver.ask(_NAME)
        assert resolver.state == ASKING
        assert world.until(resolver, lambda: resolver.state == FOUND, 100)  # noqa: B023 - used at once
        assert resolver.address == "192.0.2.9"
        assert not any(sock.open for sock in world.sockets)


def test_a_number_and_localhost_ask_nobody() -> None:
    """RFC 6761 §6.3."""
    resolver, world = _resolver(lambda asked: [])
    for name, address in (("192.0.2.7", "192.0.2.7"), ("localhost", "127.0.0.1")):
        resolver.ask(name)
        assert (resolver.state, resolver.address) == (FOUND, address)
    assert not world.asked


def test_silence_is_asked_again_elsewhere_and_then_given_up() -> None:
    """Four tries of two seconds, in turn, each under a new id."""
    resolver, world = _resolver(lambda asked: [])
    resolver.ask(_NAME)
    assert world.until(resolver, lambda: resolver.state == FAILED, 8_100)
    assert [host for host, _ in world.asked] == ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"]
    assert len({data[:2] for _, data in world.asked}) > 1
    assert not any(sock.open for sock in world.sockets)


def test_what_is_no_reply_to_our_question_is_ignored() -> None:
    """Another id, another name, a question: an off-path guess must not end the search."""

    def forge(asked: bytes) -> list:
        good = _reply(asked, _a(b"\xc6\x33\x64\x01"))
        other = question("mqtt.invented.exempla", 1)
        return [
            bytes((asked[0] ^ 1,)) + good[1:],
            asked,
            good[:11],
            _reply(asked[:2] + bytes(other[2:]), _a(b"\xc6\x33\x64\x01")),
            b"",
        ]

    resolver, world = _resolver(forge)
    resolver.ask(_NAME)
    world.run(resolver, 1_500)
    assert resolver.state == ASKING


def test_no_such_name_fails_at_once() -> None:
    """RCODE 3, or an empty answer: waiting would not help."""
    for reply in (
        lambda asked: [_reply(asked, b"", 0, b"\x81\x83")],
        lambda asked: [_reply(asked, b"", 0)],
        lambda asked: [_reply(asked, _CNAME)],
    ):
        resolver, world = _resolver(reply)
        resolver.ask(_NAME)
        assert world.until(resolver, lambda: resolver.state == FAILED, 100)  # noqa: B023 - used at once


def test_without_a_server_or_with_a_bad_name_it_fails() -> None:
    """A network that names no server, a broker that was mistyped."""
    resolver, world = _resolver(lambda asked: [], ())
    resolver.ask(_NAME)
    world.run(resolver, 20)
    assert resolver.state == FAILED
    resolver, world = _resolver(lambda asked: [])
    resolver.ask("no..name")
    world.run(resolver, 20)
    assert resolver.state == FAILED
    resolver.close()
    assert resolver.state == IDLE


def test_a_mangled_reply_never_raises_and_never_reads_past_its_end() -> None:
    """Every cut, and every byte set to 0xFF and 0x00."""
    asked = question(_NAME, 0x0102)
    whole = _reply(bytes(asked), _CNAME + _a(b"\xc0\0\2\x09"), 2)
    for n in range(len(whole)):
        buf = bytearray(whole[:n]) + b"\xc0\0\2\x63" * 8
        assert answer(asked, buf, n) in (None, ""), n
    for at in range(len(whole)):
        for value in (0, 0xFF):
            buf = bytearray(whole)
            buf[at] = value
            answer(asked, buf, len(buf))
