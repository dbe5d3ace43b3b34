"""SHA-512: the standard's examples, and every way a message can be cut into parts."""

from agent.crypto.sha512 import Sha512

# FIPS 180-4's examples (NIST, "SHA512.pdf"), and the empty message.
CASES = (
    (
        b"",
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
    ),
    (
        b"abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    (
        b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
    ),
)
CHAINED = "4d0f54fd903a6b400bf97843ce9c6009014d139b3c0f97cff940cc7f3288c234c738a4a3a3a5c0e496540ca2670a2e0a68435a42c32c97bb0ebd77469544cd6e"  # by hashlib


def hashed(data: bytes) -> bytes:
    whole = Sha512()
    whole.update(data)
    return whole.digest()


def test_the_standards_examples() -> None:
    """One wrong constant and no signature verifies, or a wrong one does."""
    for data, expected in CASES:
        assert hashed(data) == bytes.fromhex(expected), data


def test_parts_of_any_size_make_the_same_hash() -> None:
    """The message arrives as header and payload, and is hashed a block a slice."""
    data = bytes([k * 7 & 255 for k in range(300)])
    whole = hashed(data)
    for size in (1, 3, 127, 128, 129, 299):
        parts = Sha512()
        for at in range(0, len(data), size):
            parts.update(memoryview(data)[at : at + size])
        parts.update(b"")
        assert parts.digest() == whole, size


def test_the_lengths_at_which_the_padding_changes() -> None:
    """FIPS 180-4 §5.1.2: 111 bytes leave room for the length in their block, 112 do not. Chained, so that each must be right."""
    chain = b""
    for n in (111, 112, 127, 128, 239, 240):
        chain = hashed(chain + bytes(n - len(chain)))
    assert chain == bytes.fromhex(CHAINED)
