"""What the owner orders of what the device holds, in device syntax, and how the answer is read."""

from agent.base import journal as j
from agent.base.reader import Reader
from agent.crypto.ccm import NONCE, TAG, Ccm, cipher
from agent.crypto.ed25519 import Verify
from agent.crypto.hkdf import hkdf
from agent.crypto.keys import encoded_key, kid_of
from agent.crypto.x25519 import Exchange, public_of
from agent.privacy import order as r
from agent.privacy.record import EPOCH_2020
from tests.portable.bench import Bench, decode, enrolled
from tests.portable.signed import (
    DEVICE,
    EPOCH,
    HEAD0,
    KEY,
    KID,
    SEED,
    START,
    Pairs,
    Text,
    encode,
    header,
    line,
    sealed,
    signed,
    structure,
)

KEYS = (1, 3, 6, 7, -65537, -65538, -65539, -65542, -65550)
REQUEST = b"the request's id"
READER = bytes(range(32))  # the owner's X25519 key


def aad(use: bytes = b"RIGHTS1", device: bytes = DEVICE, epoch: int = EPOCH) -> bytes:
    return use + device + epoch.to_bytes(4, "big")


def claims(
    seq: int, prev: bytes, what: int, purposes: int = 0, before: int = 0, text: bytes = b"", issued: int = START
):
    """The claims of a right order, to be changed by whoever needs a wrong one."""
    return {
        1: KID,
        3: DEVICE,
        6: EPOCH_2020 + issued,
        7: REQUEST,
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65542: Text(b"CN"),
        -65550: [what, purposes, before, text],
    }


def sign(claim, seed: bytes = SEED, typ: bytes = b"cwt;rights1", over: bytes = b"", kid: bytes = KID) -> bytes:
    body = encode(Pairs(*[(key, claim[key]) for key in KEYS if key in claim]))
    return signed(body, over or aad(), header(kid, typ), seed)


def order(bench: Bench, what: int, purposes: int = 0, before: int = 0, text: bytes = b"") -> int:
    """Gives the next order of the device's own chain; returns the code."""
    grants = bench.core.grants
    issued = max(START, bench.core.calendar.seconds)
    return give(bench, sign(claims(grants.seq + 1, bytes(grants.head), what, purposes, before, text, issued)))


def give(bench: Bench, body: bytes, cable: bool = False) -> int:
    """Delivers an order and waits, in no time, for what becomes of it."""
    core = bench.core
    code = core.order(body, len(body), bench.now, cable)
    if code == 0:
        signed_by_then(bench)
        journal = core.journal
        code = [journal.entry(k, 3) for k in range(journal.count) if journal.entry(k, 1) == j.ORDER][-1]
    chain = bench.chain
    if code == 0:
        chain.seq = core.grants.seq
        chain.head = bytes(core.grants.head) if chain.seq else HEAD0
    bench.settle()
    return code


def signed_by_then(bench: Bench) -> None:
    """Ticks until every signature of an order is checked and made."""
    while bench.core.rights is not None and bench.core.rights._machine is not None:
        bench.tick()


def answer(bench: Bench) -> bytes:
    """Every piece that was published since the last order, put together."""
    if not bench.core.uplink.up:
        bench.connect()
    for _ in range(40):
        bench.tick(1_000)
        signed_by_then(bench)
        bench.drain()
    pieces = [message.facts for message in bench.published() if message.name == "rights"]
    assert pieces, "no answer"
    assert [piece[4] for piece in pieces] == list(range(len(pieces)))
    assert {piece[5] for piece in pieces} == {len(pieces)}
    return b"".join([piece[6] for piece in pieces])


def payload_of(body: bytes, tag: int, size: int) -> "tuple[bytes, bytes, bytes]":
    """(protected, payload, tag or signature) of an envelope that may be longer than a device takes."""
    reader = Reader(body, 0, len(body))
    assert reader.tag() == tag
    assert reader.items(4) == 4
    protected = reader.blob(64)
    assert reader.items(5) == 0
    payload = reader.blob(16_384)
    last = reader.blob(size)
    reader.end()
    return protected, payload, last


def unsealed(body: bytes, use: bytes, typ: bytes, key: bytes = KEY) -> bytes:
    """The payload of an answer, its MAC checked."""
    protected, payload, _ = payload_of(body, 17, 32)
    assert protected == encode(Pairs((1, 5), (4, KID), (16, Text(typ))))
    assert body == sealed(payload, aad(use), protected, key)
    return payload


def opened(body: bytes, private: bytes = READER) -> "dict[int, object]":
    return decode(plain(body, private))


def plain(body: bytes, private: bytes = READER) -> bytes:
    """The map inside an export that is sealed to the owner, or to whoever has this X25519 key."""
    sealed_to = decode(unsealed(body, b"EXPORT1", b"cwt;sealed1"))
    assert sorted(sealed_to) == [1, 2]
    shared = Exchange(private, sealed_to[1])
    shared.finish()
    key, nonce, text = cipher(hkdf(shared.shared, REQUEST, aad(b"EXPORT1"), 32)), bytearray(NONCE), sealed_to[2]
    text, size = bytearray(text), len(text) - TAG
    Ccm().seal(key, nonce, aad(b"EXPORT1"), text, size, 0)  # the same key stream once more
    again = bytearray(text)
    Ccm().seal(key, nonce, aad(b"EXPORT1"), again, size, 0)
    assert again == sealed_to[2], "another reader's, or changed"
    return bytes(text[:size])


def certified(body: bytes) -> "dict[int, object]":
    """The claims of a certificate, MAC and signature checked."""
    protected, payload, signature = payload_of(unsealed(body, b"ANSWER1", b"cwt;answer1"), 18, 64)
    claim = decode(payload)
    public = claim[13]
    assert protected == header(kid_of(encoded_key(public)), b"cwt;erased1")
    machine = Verify(public, signature)
    machine.feed(structure(payload, aad(b"ERASED1"), protected))
    while not machine.done:
        machine.step()
    assert machine.ok
    return claim


def certificate(bench: Bench) -> "dict[int, object]":
    return certified(answer(bench))


def export(bench: Bench) -> "dict[int, object]":
    return opened(answer(bench))


def readable() -> "dict[str, bytes]":
    """Of a device whose owner has a key to read an export with."""
    secrets = enrolled()
    secrets["owner_seal"] = public_of(READER)
    return secrets


def granted(*purposes: int) -> Bench:
    """Online, with these purposes granted."""
    bench = Bench(secrets=readable())
    bench.online()
    bench.grant(*[line(purpose) for purpose in purposes])
    bench.drain()
    return bench


def kept(bench: Bench, kind: int, age_s: int = 0, facts=(START, 31_205_760, 121_468_723, 0)) -> None:
    """A message that waits since `age_s` seconds."""
    slot = bench.core.outbox.draft(kind, bench.now - 1_000 * age_s)
    for k in range(len(facts)):
        slot.facts[k] = facts[k]
    bench.core.outbox.put(slot)


ERASE, WHOLE, EXPORT, CORRECT = r.ERASE, r.WHOLE, r.EXPORT, r.CORRECT
