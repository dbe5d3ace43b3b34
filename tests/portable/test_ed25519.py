"""Ed25519: the RFC's examples both ways, what is refused, and that no slice count depends on what is secret."""

from agent.base.errors import LocalError
from agent.crypto import ed25519

# RFC 8032 §7.1: seed, public key, message, signature
RFC = (
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
SEED = bytes.fromhex(RFC[1][0])
PUBLIC = bytes.fromhex(RFC[1][1])
MESSAGE = bytes.fromhex(RFC[1][2])
SIGNATURE = bytes.fromhex(RFC[1][3])
P = (1 << 255) - 19
L = (1 << 252) + 27742317777372353535851937790883648493
# The encodings of the eight points of small order that decoders take for such (y alone, sign bit clear).
SMALL = (
    (1).to_bytes(32, "little"),
    (P - 1).to_bytes(32, "little"),
    (0).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
)


def verified(public: bytes, message: bytes, signature: bytes) -> bool:
    machine = ed25519.Verify(public, signature)
    machine.feed(message)
    machine.finish()
    return machine.ok


def signed(seed: bytes, message: bytes) -> bytes:
    machine = ed25519.Sign(seed)
    machine.feed(message)
    machine.finish()
    return machine.signature


def slices(machine: "ed25519.Verify | ed25519.Sign") -> int:
    n = 0
    while not machine.done:
        machine.step()
        n += 1
    return n


def test_the_rfcs_examples_both_ways() -> None:
    """Ed25519 is deterministic: the device's signature must be exactly the standard's."""
    for row in RFC:
        seed, public, message, signature = [bytes.fromhex(text) for text in row]
        assert ed25519.public_of(seed) == public
        assert signed(seed, message) == signature
        assert verified(public, message, signature)
        assert not verified(public, message + b"\0", signature)


def test_a_changed_bit_is_refused_everywhere() -> None:
    """Signature, key and message: a broker that changes one bit of a grant has no grant."""
    for k in range(0, 512, 13):
        bad = bytearray(SIGNATURE)
        bad[k >> 3] ^= 1 << (k & 7)
        assert not verified(PUBLIC, MESSAGE, bytes(bad)), k
    for k in (0, 100, 254, 255):
        bad = bytearray(PUBLIC)
        bad[k >> 3] ^= 1 << (k & 7)
        assert not verified(bytes(bad), MESSAGE, SIGNATURE), k
    assert not verified(PUBLIC, b"\x73", SIGNATURE)


def test_a_second_form_of_the_same_signature_is_refused() -> None:
    """s + L verifies as an equation: whoever takes it lets a broker fork a chain over the bytes (RFC 8032 §5.1.7)."""
    s = int.from_bytes(SIGNATURE[32:], "little") + L
    assert not verified(PUBLIC, MESSAGE, SIGNATURE[:32] + s.to_bytes(32, "little"))


def test_a_key_under_which_one_signature_fits_all_is_refused() -> None:
    """With a key of small order, R = [s]B and any s verify for one message in eight or for all."""
    for small in SMALL:
        for sign in (0, 0x80):
            public = bytearray(small)
            public[31] |= sign
            for message in (b"a", b"b", b"c", b"d"):
                # s = 0: R is minus h times the key, which is of small order itself.
                for r in SMALL:
                    assert not verified(bytes(public), message, r + bytes(32)), (small, message)


def test_a_key_that_is_no_canonical_point_is_refused() -> None:
    """RFC 8032 §5.1.3: y past p, no square root, and a sign for x = 0."""
    for y in (P, P + 1, P + 3, (1 << 255) - 1, 2):
        assert not verified(y.to_bytes(32, "little"), MESSAGE, SIGNATURE), y


def test_a_second_encoding_of_a_key_is_no_key() -> None:
    """y = 3 is a point, p + 3 the same one: a key has one name. Nobody knows its secret, so the decoder is asked itself."""
    decoded = ed25519._decoded  # pyright: ignore[reportPrivateUsage] - see above
    assert decoded((3).to_bytes(32, "little")) is not None
    assert decoded((P + 3).to_bytes(32, "little")) is None


def test_other_lengths_are_refused() -> None:
    """Bytes of another length come from outside as well."""
    for public, signature in ((PUBLIC[:31], SIGNATURE), (PUBLIC + b"\0", SIGNATURE), (b"", b"")):
        assert not verified(public, MESSAGE, signature)
    for n in (0, 32, 63):
        assert not verified(PUBLIC, MESSAGE, SIGNATURE[:n])
    assert not verified(PUBLIC, MESSAGE, SIGNATURE + b"\0")


def test_a_message_in_parts_is_one_message() -> None:
    """Sig_structure and payload come from two buffers."""
    message = bytes(range(200))
    signature = signed(SEED, message)
    for size in (1, 64, 127, 199):
        machine = ed25519.Verify(PUBLIC, signature)
        for at in range(0, 200, size):
            machine.feed(memoryview(message)[at : at + size])
        machine.finish()
        assert machine.ok, size


def test_the_longest_message_and_one_byte_more() -> None:
    """What is fed is kept until it is hashed: an unbounded message would be an unbounded heap."""
    machine = ed25519.Verify(PUBLIC, SIGNATURE)
    machine.feed(bytes(ed25519.MAX))
    try:
        machine.feed(b"\0")
    except LocalError:
        return
    raise AssertionError("taken")


def test_slices_are_counted_by_the_message_alone() -> None:
    """The loop knows how long it will take, and nobody learns a key from it. Same numbers on every runtime."""
    for n, checks, signs in ((0, 23, 40), (128, 24, 42), (1100, 32, 58)):
        message = bytes(n)
        for seed in (SEED, bytes(32), b"\xff" * 32):
            machine = ed25519.Sign(seed)
            machine.feed(message)
            assert slices(machine) == signs, n
            check = ed25519.Verify(machine.public, machine.signature)
            check.feed(message)
            assert slices(check) == checks, n
            assert check.ok


def test_nothing_is_ok_before_it_is_done() -> None:
    """Whoever asks too early must get a no."""
    machine = ed25519.Verify(PUBLIC, SIGNATURE)
    machine.feed(MESSAGE)
    while not machine.done:
        assert not machine.ok
        machine.step()
    machine.step()
    assert machine.ok
    assert machine.done
