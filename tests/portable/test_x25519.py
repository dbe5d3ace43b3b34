"""X25519 on every machine: the standard's own numbers, symmetry, and what is refused."""

from binascii import unhexlify

from agent.base import errors
from agent.crypto import x25519
from tests.portable.refusals import code, misused

# RFC 7748 §5.2: scalar, u-coordinate, result.
VECTORS = (
    (
        b"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        b"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        b"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        b"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        b"e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        b"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
)
# Of small order, RFC 7748 §6.1: 0, 1, p - 1, p, p + 1.
SMALL = (0, 1, (1 << 255) - 20, (1 << 255) - 19, (1 << 255) - 18)


def test_the_standards_vectors() -> None:
    """Another number, and no phone would understand us."""
    for secret, public, expected in VECTORS:
        assert x25519.agree(unhexlify(secret), unhexlify(public)) == unhexlify(expected)


def test_both_sides_find_the_same_secret() -> None:
    """RFC 7748 §6.1, with its keys."""
    ours = unhexlify(b"77076d0a7318a57d3c16c17251b26645bc1faa2f3d2b5a6b5ad9b1c8a1a5a7b4")
    theirs = unhexlify(b"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
    assert x25519.agree(theirs) == unhexlify(b"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    assert x25519.agree(ours, x25519.agree(theirs)) == x25519.agree(theirs, x25519.agree(ours))


def test_a_key_of_small_order_is_refused() -> None:
    """Whatever our secret is, the result would be zero: everybody would know it."""
    for point in SMALL:
        assert code(x25519.agree, bytes(range(32)), point.to_bytes(32, "little")) == errors.OUT_OF_RANGE, point


def test_the_number_of_steps_is_said() -> None:
    """A caller plans with it; the ladder always takes as many."""
    for secret in (bytes(32), b"\xff" * 32):
        machine = x25519.Agree(secret)
        steps = 0
        while not machine.done:
            machine.step()
            steps += 1
        assert steps == x25519.STEPS
        assert misused(machine.step)


def test_keys_of_another_length_are_our_own_bug() -> None:
    """Whoever reads a record has checked them before."""
    assert misused(x25519.agree, bytes(31))
    assert misused(x25519.agree, bytes(32), bytes(33))
