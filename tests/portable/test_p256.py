"""ECDSA over P-256: a phone's signature is taken, its twin and everything malformed is not."""

import hashlib

from agent.crypto import p256

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
X = 0x998CCA295B4ED0D3AE5FCD595FA4FA715AFBF64217CBC3B9DF1B6FDF30195352
Y = 0xBA374CE8C330E1F7F8416A4859CABABB8EBF3A97724ABE152573A453F4364BAC
# Over "sample", by OpenSSL, s made low.
R = 0x815DE3FD482B2ACA41460AECC9CF4A89A4688B1904FF114FA450F639FD005EB8
S = 0x789B6D957FFA1C2A6FB2C4CAF4FAF48D69D0FCFAF6C7B46486697C43728A9FB1
# RFC 6979 §A.2.5, SHA-256, "sample": s is above n/2 there.
RFC_X = 0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
RFC_Y = 0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
RFC_R = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
RFC_S = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5


def both(a: int, b: int) -> bytes:
    return a.to_bytes(32, "big") + b.to_bytes(32, "big")


def verified(x: int, y: int, message: bytes, r: int, s: int) -> bool:
    machine = p256.Verify(both(x, y), both(r, s))
    machine.feed(message)
    machine.finish()
    return machine.ok


def test_right_signatures_are_taken() -> None:
    """OpenSSL's, and the RFC's example in its low form."""
    assert verified(X, Y, b"sample", R, S)
    assert verified(RFC_X, RFC_Y, b"sample", RFC_R, N - RFC_S)


def test_the_high_twin_is_refused() -> None:
    """Anybody can make it of a right one: two byte strings for one consent would let a broker fork the chain."""
    assert not verified(X, Y, b"sample", R, N - S)
    assert not verified(RFC_X, RFC_Y, b"sample", RFC_R, RFC_S)


def test_changed_bits_are_refused() -> None:
    """Of r, s, the message and the key."""
    for k in range(0, 256, 31):
        assert not verified(X, Y, b"sample", R ^ 1 << k, S), k
        assert not verified(X, Y, b"sample", R, S ^ 1 << k), k
        assert not verified(X ^ 1 << k, Y, b"sample", R, S), k
        assert not verified(X, Y ^ 1 << k, b"sample", R, S), k
    assert not verified(X, Y, b"samplf", R, S)
    assert not verified(RFC_X, RFC_Y, b"sample", R, S)


def test_numbers_outside_their_range_are_refused() -> None:
    """CVE-2022-21449: r = s = 0 verified everywhere because nobody looked."""
    for r, s in ((0, 0), (0, S), (R, 0), (N, S), (R, N), (N, N), (R, N + 1), (R, (N + 1) >> 1)):
        assert not verified(X, Y, b"sample", r, s), (r, s)


def test_points_off_the_curve_are_refused() -> None:
    """On another curve the group may be small enough to guess in."""
    for x, y in ((0, 0), (X, 0), (0, Y), (X, Y + 1), (P, Y), (X, P), ((1 << 256) - 1, (1 << 256) - 1)):
        assert not verified(x, y, b"sample", R, S), (x, y)


def test_the_base_point_itself_may_be_a_key() -> None:
    """Then both tables hold the same points, and the nonce 1 ends in one of them: doubling where others add."""
    z = int.from_bytes(hashlib.sha256(b"sample").digest(), "big")
    for secret, y in ((1, GY), (N - 1, P - GY)):
        s = (z + GX * secret) % N
        s = min(s, N - s)
        assert verified(GX, y, b"sample", GX, s), secret
        assert not verified(GX, P - y, b"sample", GX, s), secret


def test_adding_a_point_to_itself_doubles_it() -> None:
    """The formula gives no point there; nobody can name a signature that meets it, so the addition is asked itself."""
    add, cached = p256._add, p256._cached  # pyright: ignore[reportPrivateUsage] - see above
    x, y, z = add((GX, GY, 1), *cached((GX, GY, 1)))
    slope = 3 * (GX * GX - 1) * pow(2 * GY, P - 2, P) % P
    assert (x - (slope * slope - 2 * GX) * z * z) % P == 0
    assert z != 0
    assert y % P != 0


def test_other_lengths_are_refused() -> None:
    """Bytes of another length come from outside as well."""
    public = both(X, Y)
    signature = both(R, S)
    for key, sig in (
        (public[:63], signature),
        (public + b"\0", signature),
        (public[:32], signature),
        (public, signature[:63]),
        (public, signature + b"\0"),
        (public, b""),
        (b"", b""),
    ):
        machine = p256.Verify(key, sig)
        machine.feed(b"sample")
        machine.finish()
        assert not machine.ok


def test_slices_are_always_as_many() -> None:
    """The loop knows how long it will take. Same number on every runtime."""
    for message in (b"", b"sample", bytes(1000)):
        machine = p256.Verify(both(X, Y), both(R, S))
        machine.feed(message)
        n = 0
        while not machine.done:
            assert not machine.ok
            machine.step()
            n += 1
        assert n == 22
        assert machine.ok == (message == b"sample")
