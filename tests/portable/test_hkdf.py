"""HKDF on every machine: RFC 5869's numbers and its limits."""

from binascii import unhexlify

from agent.crypto import hkdf
from tests.portable.refusals import misused


def test_the_standards_vectors() -> None:
    """RFC 5869 A.1 and A.3: with salt and info, and without either."""
    secret = b"\x0b" * 22
    key = hkdf.extract(bytes(range(13)), secret)
    assert key == unhexlify(b"077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    assert hkdf.expand(key, bytes(range(0xF0, 0xFA)), 42) == unhexlify(
        b"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    key = hkdf.extract(b"", secret)
    assert key == unhexlify(b"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04")
    assert hkdf.expand(key, b"", 42) == unhexlify(
        b"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    )


def test_its_limits() -> None:
    """RFC 5869 §2.3: a counter of one byte. A salt of a block and not more: ours are shorter."""
    key = bytes(32)
    assert len(hkdf.expand(key, b"", 8160)) == 8160
    assert misused(hkdf.expand, key, b"", 8161)
    assert misused(hkdf.expand, key, b"", 0)
    assert len(hkdf.extract(bytes(64), b"secret")) == 32
    assert misused(hkdf.extract, bytes(65), b"secret")
