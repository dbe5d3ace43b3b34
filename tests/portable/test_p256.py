"""ECDSA over P-256 on every machine: the standard's numbers, the curve's corners, and every form that is refused."""

from binascii import unhexlify

from agent.crypto import p256
from tests.portable.refusals import misused

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
# RFC 6979 A.2.5, SHA-256. The signature of "sample" has its s above n / 2, that of "test" has not.
KEY = unhexlify(
    b"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    b"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
)
TEST = unhexlify(
    b"f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
    b"019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"
)
SAMPLE = unhexlify(
    b"efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    b"f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)
# Signatures of "ride", made with `cryptography` (deterministic, low s), where the walk meets its own table: the key is a small
# multiple of the base point, or the opposite of one.
CORNERS = (
    (
        "1",
        b"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        b"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        b"6514a1b73a5df947f4a4bfcea873ff7e59ae5542f962a2edac1f114f20832ebe"
        b"55c901be210b22fd4e1b2fc38992cb0ef5aa8332c92b66fe775b6c057ef08bc5",
    ),
    (
        "2",
        b"7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
        b"07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
        b"88c3ed296f0a59727944da9191c25b4538151bd2981cc7e89234c8b06dc5b981"
        b"74cfd72551ff47e6e1dd62dc9d4cfcd5bc4c46ad275dec032cf343eb190019fd",
    ),
    (
        "3",
        b"5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c"
        b"8734640c4998ff7e374b06ce1a64a2ecd82ab036384fb83d9a79b127a27d5032",
        b"b38864e2fd326efb20126a452c5185e7341207112f0b9d970963caf1b0206bb1"
        b"1700206deccb584be912c999a6f6212f277ef3f62cb19c87688d099985ae4ef7",
    ),
    (
        "n - 1",
        b"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        b"b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a",
        b"0442badf2e25ba0cf14eea2a064a61d61d9ecce044b6f89a9cd867c9393c0cf2"
        b"4bce8735ecbc02517a54c9bff05b2241071fe236dddcde9c2b06b8026e6f75ce",
    ),
    (
        "n - 2",
        b"7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
        b"f888aaee24712fc0d6c26539608bcf244582521ac3167dd661fb4862dd878c2e",
        b"10e27d2c31cc43c1e88f17dc8e9928b04a865ff1eece7e1afc854c9f1be82b4f"
        b"43a8e3acca620c4e53196ba55246a29c303d4014020194fc7eb208f5bae0d2f2",
    ),
    (
        "(n + 1) / 2",
        b"2afa386b3f2bdcdb83f4d83f8fa3874d7b74dcb454bd644fdd6bf3d1f2da8db6"
        b"8de7b41d3557a9cc9d4ac90ef7ad299a51759b030e1472b36b952a7686908d63",
        b"c1eac7c670bb1c644f8765bcb59ec396bb685e7ebd5c6a86c3cfbac6c1e815bf"
        b"62256cc9bc7073081b80b8d8b2fa40c4e04cc24cec714b7963d250b005240d4f",
    ),
)


def verdict(public: bytes, signature: bytes, message: bytes) -> bool:
    machine = p256.Verify(public, signature)
    machine.update(message)
    steps = 0
    while not machine.done:
        machine.step()
        steps += 1
    assert steps in (0, p256.STEPS)
    return machine.ok


def pair(a: int, b: int) -> bytes:
    return a.to_bytes(32, "big") + b.to_bytes(32, "big")


def halves(data: bytes) -> "tuple[int, int]":
    return int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")


def test_the_standards_signature_is_good_and_no_other_message_fits_it() -> None:
    """Another verdict, and no phone could grant anything, or anybody could."""
    assert verdict(KEY, TEST, b"test")
    for message in (b"", b"Test", b"test ", b"sample"):
        assert not verdict(KEY, TEST, message), message


def test_of_the_two_forms_of_a_signature_one_is_refused() -> None:
    """A broker that may choose between them could fork a chain of hashes."""
    assert not verdict(KEY, SAMPLE, b"sample")
    r, s = halves(SAMPLE)
    assert verdict(KEY, pair(r, N - s), b"sample")
    r, s = halves(TEST)
    assert not verdict(KEY, pair(r, N - s), b"test")


def test_a_message_may_come_in_pieces() -> None:
    """The Sig_structure is hashed as it lies in memory, in three parts."""
    machine = p256.Verify(KEY, TEST)
    for piece in (b"t", bytearray(b"es"), memoryview(b"t")):
        machine.update(piece)
    while not machine.done:
        machine.step()
    assert machine.ok
    assert misused(machine.step)


def test_keys_near_the_base_point() -> None:
    """There sums become doublings, and points meet their opposites."""
    for name, public, signature in CORNERS:
        assert verdict(unhexlify(public), unhexlify(signature), b"ride"), name
        assert not verdict(unhexlify(public), unhexlify(signature), b"rode"), name


def test_every_changed_bit_of_a_signature_or_key_is_refused() -> None:
    """One in eight here, all of them on the host."""
    for k in range(0, 512, 8):
        bad = bytearray(TEST)
        bad[k >> 3] ^= 1 << (k >> 3 & 7)
        assert not verdict(KEY, bytes(bad), b"test"), k
        bad = bytearray(KEY)
        bad[k >> 3] ^= 1 << (k >> 3 & 7)
        assert not verdict(bytes(bad), TEST, b"test"), k


def test_numbers_outside_their_range_are_refused_at_once() -> None:
    """FIPS 186-5 §6.4.2 step 1; each of them verifies something in a careless implementation."""
    r, s = halves(TEST)
    x, y = halves(KEY)
    for signature in (pair(0, s), pair(r, 0), pair(0, 0), pair(N, s), pair(r, N), TEST[:63], TEST + b"\0", b""):
        assert p256.Verify(KEY, signature).done, signature
    assert p256.Verify(KEY, pair(N - 1, N >> 1)).done is False
    assert p256.Verify(KEY, pair(N - 1, (N >> 1) + 1)).done
    for key in (pair(0, 0), pair(x, y ^ 1), pair(P, y), pair(x, P), pair(y, x), KEY[:63], KEY + b"\0", b""):
        assert p256.Verify(key, TEST).done, key
    assert p256.Verify(pair(x, P - y), TEST).done is False  # on the curve, but another key
    assert not verdict(pair(x, P - y), TEST, b"test")
