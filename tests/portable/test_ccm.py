"""AES-CCM against values of the `cryptography` package, in place and moved up; tests/host/test_seal_oracle.py tries any others."""

from binascii import unhexlify

import micropython

from agent.crypto.ccm import NONCE, TAG, Ccm, cipher

KEY = bytearray(range(32))
NONCE_BYTES = bytearray(range(16, 29))
AAD = b"d/0011223344556677/location\0\0\0\1"
TEXT = bytes(range(0x40, 0x40 + 40))
# Bytes of TEXT → ciphertext and tag.
VECTORS = (
    (0, "748dfc579921cf21a41c9aa698353252"),
    (1, "5d2698147e5c68badc6309a1619a76452a"),
    (15, "5df30eab93ea303f2f69ddd7e27b3ec1699da83a4f2ce12a5d3088e68acb18"),
    (16, "5df30eab93ea303f2f69ddd7e27b3e071c69a9fecd77e6cbdfed5f40ee84fcaf"),
    (17, "5df30eab93ea303f2f69ddd7e27b3e0712c6c942bf20718e6e190dc44658010f60"),
    (
        40,
        "5df30eab93ea303f2f69ddd7e27b3e07124de67f7884a0bf879e01638b52185e1ee859e46a9f15cdc044a4a07a0bd91dfc57e1d124b2c095",
    ),
)


def test_every_length_around_a_block_gives_the_known_bytes() -> None:
    """The owner's phone opens with another implementation."""
    ccm = Ccm()
    for n, expected in VECTORS:
        for at in (0, 1, 12, 16, 33):
            buf = bytearray(TEXT[:n] + bytes(80))
            end = ccm.seal(cipher(KEY), NONCE_BYTES, AAD, buf, n, at)
            assert end == at + n + TAG
            assert bytes(buf[at:end]) == unhexlify(expected), (n, at)
            assert not any(buf[end:]), "nothing behind the tag"


def test_another_nonce_topic_or_key_changes_text_and_tag() -> None:
    """A message moved to another topic, or repeated under another number, must not open."""
    ccm = Ccm()
    seen: "list[bytes]" = []
    for key, nonce, aad in (
        (KEY, NONCE_BYTES, AAD),
        (bytearray(32), NONCE_BYTES, AAD),
        (KEY, bytearray(NONCE), AAD),
        (KEY, NONCE_BYTES, AAD[:-1] + b"\2"),
        (KEY, NONCE_BYTES, AAD + b"\0"),
    ):
        buf = bytearray(TEXT[:17] + bytes(TAG))
        ccm.seal(cipher(key), nonce, aad, buf, 17, 0)
        assert bytes(buf) not in seen
        seen.append(bytes(buf))


def test_sealing_allocates_nothing() -> None:
    """It runs in the gate, at the release of every position."""
    ccm = Ccm()
    key = cipher(KEY)
    buf = bytearray(256)
    ccm.seal(key, NONCE_BYTES, AAD, buf, 200, 20)
    micropython.heap_lock()
    try:
        for _ in range(10):
            ccm.seal(key, NONCE_BYTES, AAD, buf, 200, 20)
    finally:
        micropython.heap_unlock()
