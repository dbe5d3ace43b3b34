"""One request, fresh and authentic, or a reason and no change."""

from agent.base import errors
from agent.link import requests as r
from tests.portable.refusals import code
from tests.portable.signed import DEVICE, EPOCH, KEY, Pairs, Text, encode, request, request_aad, sealed

NONCE = b"of boot!"


def made(seq: int = 0, nonce: bytes = NONCE) -> r.Requests:
    return r.Requests(DEVICE, KEY, EPOCH, nonce, seq)


def why(requests: r.Requests, body: bytes) -> int:
    return code(requests.feed, body, len(body))


def payload(*pairs) -> bytes:
    return sealed(encode(Pairs(*pairs)), request_aad(NONCE))


def test_every_code_is_taken_with_its_argument() -> None:
    """Number and argument up to their limits."""
    for kind in (r.PHOTO, r.ARM, r.DISARM, r.ACKNOWLEDGE):
        for argument in (0, 1, (1 << 30) - 1):
            requests = made()
            assert why(requests, request(kind, (1 << 30) - 1, argument, NONCE)) == 0
            assert (requests.code, requests.seq, requests.argument) == (kind, (1 << 30) - 1, argument)


def test_a_number_counts_once() -> None:
    """A gap is no matter: each request stands for itself."""
    requests = made(5)
    assert why(requests, request(r.ARM, 5, 0, NONCE)) == errors.REPLAYED
    assert why(requests, request(r.ARM, 4, 0, NONCE)) == errors.REPLAYED
    assert why(requests, request(r.ARM, 9, 0, NONCE)) == 0
    assert why(requests, request(r.DISARM, 9, 0, NONCE)) == errors.REPLAYED
    assert why(requests, request(r.DISARM, 10, 0, NONCE)) == 0


def test_another_boot_device_owner_or_use_is_refused() -> None:
    """Recorded yesterday, made for another bike, or a consent record sent as a request."""
    body = encode(Pairs((1, r.DISARM), (2, 1), (3, 0)))
    for aad in (
        request_aad(b"of anoth"),
        request_aad(b""),
        request_aad(NONCE, device=bytes(16)),
        request_aad(NONCE, epoch=EPOCH + 1),
        b"CONSENT1" + request_aad(NONCE)[8:],
    ):
        assert why(made(), sealed(body, aad)) == errors.BAD_MAC
    assert why(made(), sealed(body, request_aad(NONCE), key=bytes(32))) == errors.BAD_MAC


def test_the_refusal_table() -> None:
    """Every form that is not {1: code, 2: number, 3: argument}."""
    cases = (
        (payload((1, 0), (2, 1), (3, 0)), errors.UNKNOWN),
        (payload((1, 6), (2, 1), (3, 0)), errors.UNKNOWN),
        (payload((1, 1), (2, 1)), errors.UNKNOWN),
        (payload((1, 1), (2, 1), (3, 0), (4, 0)), errors.UNKNOWN),
        (payload((1, 1), (3, 1), (2, 0)), errors.UNKNOWN),
        (payload((1, 1), (2, 1), (4, 0)), errors.UNKNOWN),
        (payload((1, 1), (2, 1 << 30), (3, 0)), errors.OUT_OF_RANGE),
        (payload((1, 1), (2, 1), (3, 1 << 30)), errors.OUT_OF_RANGE),
        (payload((1, 1), (2, -1), (3, 0)), errors.WRONG_TYPE),
        (payload((1, 1), (2, 1), (3, Text(b"0"))), errors.WRONG_TYPE),
        (sealed(b"\x80", request_aad(NONCE)), errors.WRONG_TYPE),
        (sealed(encode(Pairs((1, 1), (2, 1), (3, 0))) + b"\0", request_aad(NONCE)), errors.TRAILING),
        (sealed(b"", request_aad(NONCE)), errors.TRUNCATED),
    )
    for k, (body, expected) in enumerate(cases):
        requests = made()
        assert why(requests, body) == expected, k
        assert (requests.code, requests.seq, requests.argument) == (0, 0, 0), "a refusal changes nothing"
