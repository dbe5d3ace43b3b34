"""AES-GCM: OpenSSL's bytes, in place, and nothing decrypted that was not sealed under this key, nonce and text beside."""

from agent.base.errors import BAD_MAC
from agent.crypto import aead
from agent.crypto.aead import Gcm
from tests.portable.refusals import code, misused

NONCE = bytes(range(12))
MESSAGE = bytes(range(70))
BESIDE = b"beside it: 17 byt"
# By OpenSSL over the three above, with the keys 0, 1, ... 15 and 0, 1, ... 31.
SEALED = (
    "936da5cd621ef15343db6b813aae7e07a33708f547f8ebe1fe38eb360859bc73a585f9d4d0a591c468dd23cceca4f9bdfcae26c330b2004c167748e9967128dbda4fb70d1b09be41188460d5b66dafbb38a072f99f2a",
    "4703d418c1e0c41c85489d80bde4766293c79527e46e496b207eff9e01741ead21318cdf8be434bf5c8d55c6a4aa0617de6852be6ee395ed07ae102224decbd1b07d84399794ef155e95de859ea710cd065accabdd7c",
)
KEYS = (bytes(range(16)), bytes(range(32)))


def room(data: bytes) -> bytearray:
    return bytearray(b"<<<" + data + b">" * 20)


def opened(data: bytes, nonce: bytes = NONCE, beside: bytes = BESIDE, key: bytes = KEYS[1]) -> bytes:
    buf = room(data)
    end = Gcm(key).open(buf, 3, 3 + len(data), nonce, beside)
    return bytes(buf[3:end])


def test_a_message_is_sealed_in_place_and_opened_again() -> None:
    """Another implementation's bytes, and not one outside the span that was named."""
    for key, text in zip(KEYS, SEALED):
        expected = bytes.fromhex(text)
        buf = room(MESSAGE)
        end = Gcm(key).seal(buf, 3, 73, NONCE, BESIDE)
        assert end == 89
        assert buf[3:end] == expected
        assert (buf[:3], buf[end:]) == (b"<<<", b"....".replace(b".", b">"))
        assert opened(expected, key=key) == MESSAGE


def test_one_state_seals_many_messages() -> None:
    """What a short message leaves in the state must not get into the next one."""
    gcm = Gcm(KEYS[1])
    for n in (70, 1, 0, 64, 15, 16, 17, 65, 70):
        once = room(MESSAGE[:n])
        again = room(MESSAGE[:n])
        assert gcm.seal(once, 3, 3 + n, NONCE, BESIDE) == 19 + n
        Gcm(KEYS[1]).seal(again, 3, 3 + n, NONCE, BESIDE)
        assert once == again, n
        assert gcm.open(once, 3, 19 + n, NONCE, BESIDE) == 3 + n
        assert once[3 : 3 + n] == MESSAGE[:n]


def test_a_changed_bit_anywhere_is_refused_and_nothing_is_decrypted() -> None:
    """Plaintext of a forged message must never exist."""
    good = bytes.fromhex(SEALED[1])
    for k in range(0, 8 * len(good), 5):
        bad = bytearray(good)
        bad[k >> 3] ^= 1 << (k & 7)
        buf = room(bytes(bad))
        before = bytes(buf)
        assert code(Gcm(KEYS[1]).open, buf, 3, 3 + len(bad), NONCE, BESIDE) == BAD_MAC, k
        assert buf == before, k


def test_another_key_nonce_or_text_beside_is_refused() -> None:
    """What binds a batch to its purpose and epoch stands beside it."""
    good = bytes.fromhex(SEALED[1])
    assert code(opened, good, NONCE[:-1] + b"\0") == BAD_MAC
    assert code(opened, good, NONCE, BESIDE[:-1]) == BAD_MAC
    assert code(opened, good, NONCE, BESIDE + b"\0") == BAD_MAC
    assert code(opened, good, NONCE, BESIDE, bytes(32)) == BAD_MAC
    assert code(opened, good[:-1]) == BAD_MAC


def test_what_is_shorter_than_a_tag_is_refused() -> None:
    """Lengths come from outside."""
    for n in range(16):
        assert code(opened, bytes(n)) == BAD_MAC, n


def test_limits_are_ours_to_keep() -> None:
    """At each limit, and one past it."""
    gcm = Gcm(KEYS[0])
    buf = bytearray(aead.MAX + 32)
    assert gcm.seal(buf, 0, aead.MAX, NONCE, bytes(aead.MAX)) == aead.MAX + 16
    assert gcm.open(buf, 0, aead.MAX + 16, NONCE, bytes(aead.MAX)) == aead.MAX
    assert misused(gcm.seal, buf, 0, aead.MAX + 1, NONCE, b"")
    assert misused(gcm.seal, buf, 0, 1, NONCE, bytes(aead.MAX + 1))
    assert misused(gcm.seal, buf, 0, 1, NONCE + b"\0", b"")
    assert misused(gcm.seal, buf, 0, 1, NONCE[:-1], b"")
    assert gcm.seal(bytearray(16), 0, 0, NONCE, b"") == 16
    assert misused(gcm.seal, bytearray(15), 0, 0, NONCE, b"")
