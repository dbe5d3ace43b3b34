"""X25519: the RFC's examples, and no shared secret that the other side could force."""

from agent.crypto import x25519
from tests.portable.refusals import misused

P = (1 << 255) - 19
# RFC 7748 §5.2: scalar, u, result; the second u has its unused bit set.
EXAMPLES = (
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
)
ONCE = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"  # RFC 7748 §5.2, one iteration
TEN = "7b96f292a115e83e78560105869c00b0f4fb2cd10e385b8c64bf047b0c0e1113"


def exchanged(secret: bytes, public: bytes) -> x25519.Exchange:
    machine = x25519.Exchange(secret, public)
    machine.finish()
    return machine


def test_the_rfcs_examples() -> None:
    """RFC 7748 §5.2."""
    for row in EXAMPLES:
        secret, public, shared = [bytes.fromhex(text) for text in row]
        machine = exchanged(secret, public)
        assert machine.ok
        assert machine.shared == shared


def test_the_rfcs_iteration() -> None:
    """RFC 7748 §5.2: the result becomes the scalar, the scalar the point. Once as printed there, ten times as OpenSSL has it."""
    k = u = b"\x09" + bytes(31)
    for n in range(10):
        k, u = exchanged(k, u).shared, k
        if n == 0:
            assert k == bytes.fromhex(ONCE)
    assert k == bytes.fromhex(TEN)


def test_both_sides_have_the_same_secret() -> None:
    """That is all it is for."""
    ours = bytes(range(32))
    theirs = bytes(range(100, 132))
    here = exchanged(ours, x25519.public_of(theirs))
    there = exchanged(theirs, x25519.public_of(ours))
    assert here.ok
    assert here.shared == there.shared


def test_a_point_of_small_order_is_refused() -> None:
    """It forces the secret to zero, whatever ours is (RFC 7748 §6.1). In each of its encodings."""
    order_eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
    for u in (0, 1, P - 1, P, P + 1, int.from_bytes(bytes.fromhex(order_eight), "little")):
        for top in (0, 1 << 255):
            machine = exchanged(bytes(range(32)), (u + top).to_bytes(32, "little"))
            assert not machine.ok, u


def test_other_lengths_are_refused() -> None:
    """A public key comes from outside, a secret from us."""
    for n in (0, 31, 33):
        assert not exchanged(bytes(32), bytes([9] * n)).ok
        assert misused(x25519.Exchange, bytes(n), bytes(32))


def test_slices_are_always_as_many() -> None:
    """Their number tells nothing of the secret. Same on every runtime."""
    for secret in (bytes(32), b"\xff" * 32, bytes(range(32))):
        machine = x25519.Exchange(secret, b"\x09" + bytes(31))
        n = 0
        while not machine.done:
            assert not machine.ok
            machine.step()
            n += 1
        assert n == 18
        assert machine.ok
