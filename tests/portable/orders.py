"""What the owner orders of what the device holds, in device syntax, and how the answer is read."""

from agent.base.reader import Reader
from agent.crypto.cose import open_mac0
from agent.crypto.mac import Hmac
from agent.privacy import rights as r
from agent.privacy.ledger import kid_of
from agent.privacy.record import EPOCH_2020
from tests.portable.bench import Bench, decode
from tests.portable.signed import DEVICE, EPOCH, HEAD0, KEY, START, Pairs, Text, encode, header, sealed

KEYS = (1, 3, 6, 7, -65537, -65538, -65539, -65542, -65550)
REQUEST = b"the request's id"


def aad(use: bytes = b"RIGHTS1", device: bytes = DEVICE, epoch: int = EPOCH) -> bytes:
    return use + device + epoch.to_bytes(4, "big")


def claims(
    seq: int, prev: bytes, what: int, purposes: int = 0, before: int = 0, text: bytes = b"", issued: int = START
):
    """The claims of a right order, to be changed by whoever needs a wrong one."""
    return {
        1: kid_of(KEY),
        3: DEVICE,
        6: EPOCH_2020 + issued,
        7: REQUEST,
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65542: Text(b"CN"),
        -65550: [what, purposes, before, text],
    }


def sign(claim, key: bytes = KEY, typ: bytes = b"cwt;rights1", over: bytes = b"") -> bytes:
    body = encode(Pairs(*[(key, claim[key]) for key in KEYS if key in claim]))
    return sealed(body, over or aad(), header(typ=typ), key)


def order(bench: Bench, what: int, purposes: int = 0, before: int = 0, text: bytes = b"") -> int:
    """Gives the next order of the device's own chain; returns the code."""
    grants = bench.core.grants
    issued = max(START, bench.core.calendar.seconds)
    return give(bench, sign(claims(grants.seq + 1, bytes(grants.head), what, purposes, before, text, issued)))


def give(bench: Bench, body: bytes) -> int:
    code = bench.core.order(body, len(body), bench.now)
    chain = bench.chain
    if code == 0:
        chain.seq = bench.core.grants.seq
        chain.head = bytes(bench.core.grants.head) if chain.seq else HEAD0
    bench.tick()
    return code


def answer(bench: Bench) -> bytes:
    """Every piece that was published since the last order, put together."""
    for _ in range(40):
        bench.tick(1_000)
        bench.drain()
    pieces = [message.facts for message in bench.published() if message.name == "rights"]
    assert pieces, "no answer"
    assert [piece[4] for piece in pieces] == list(range(len(pieces)))
    assert {piece[5] for piece in pieces} == {len(pieces)}
    return b"".join([piece[6] for piece in pieces])


def opened(body: bytes, use: bytes, key: bytes = KEY) -> "dict[int, object]":
    """The map inside an answer, its MAC checked."""
    # An export is longer than what a device takes: the tag is checked here by hand.
    if len(body) <= 1_024:
        envelope = open_mac0(body, len(body), Hmac(key), aad(use))
        assert envelope.kid == kid_of(key)
    reader = Reader(body, 0, len(body))
    assert reader.tag() == 17
    assert reader.items(4) == 4
    protected = reader.blob(64)
    assert reader.items(5) == 0
    payload = reader.blob(16_384)
    tag = reader.blob(32)
    reader.end()
    assert body == sealed(payload, aad(use), protected, key)
    assert len(tag) == 32
    return decode(payload)


def certificate(bench: Bench) -> "dict[int, object]":
    return opened(answer(bench), b"ERASED1")


def export(bench: Bench) -> "dict[int, object]":
    return opened(answer(bench), b"EXPORT1")


ERASE, WHOLE, EXPORT, CORRECT = r.ERASE, r.WHOLE, r.EXPORT, r.CORRECT
