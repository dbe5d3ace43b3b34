"""The device's own modules, or what stands in for them on CPython: same answers, same refusals."""

from binascii import unhexlify

from cryptolib import aes
from micropython import const

_ECB = const(1)
# FIPS 197, appendix C.1 and C.3.
_VECTORS = (
    (b"000102030405060708090a0b0c0d0e0f", b"69c4e0d86a7b0430d8cdb78070b4c55a"),
    (b"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", b"8ea2b7ca516745bfeafc49904b496089"),
)
_PLAIN = b"00112233445566778899aabbccddeeff"


def refuses(call: object, *arguments: object) -> bool:
    try:
        call(*arguments)
    except ValueError:
        return True
    return False


def test_aes_gives_the_standards_answers_in_both_directions() -> None:
    """Every cipher mode of the agent stands on this one block."""
    for key, expected in _VECTORS:
        plain = unhexlify(_PLAIN)
        cipher = aes(unhexlify(key), _ECB).encrypt(plain)
        assert cipher == unhexlify(expected)
        assert aes(unhexlify(key), _ECB).decrypt(cipher) == plain


def test_aes_writes_into_the_callers_buffer() -> None:
    """The form the agent uses: it allocates nothing on the device. In place is allowed."""
    key, expected = _VECTORS[0]
    buf = bytearray(unhexlify(_PLAIN) * 2)
    aes(unhexlify(key), _ECB).encrypt(buf, buf)
    assert buf == unhexlify(expected) * 2


def test_aes_refuses_what_the_device_refuses() -> None:
    """A shim that forgives would hide a crash on the device."""
    key = bytes(16)
    assert refuses(aes, bytes(15), _ECB)
    assert refuses(aes, key, 99)
    assert refuses(aes(key, _ECB).encrypt, bytes(15))
    assert refuses(aes(key, _ECB).encrypt, bytes(32), bytearray(16))
    used = aes(key, _ECB)
    used.encrypt(bytes(16))
    assert refuses(used.decrypt, bytes(16))


def test_const_is_its_value() -> None:
    """The compiler folds it on the device; it must mean the same unfolded."""
    assert _ECB == 1
