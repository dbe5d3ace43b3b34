"""Records and requests of anybody, in any bytes, by every way: refused without a trace, or the next of the owner's chain."""

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import consent

_ROUNDS = 4_000


@given(st.binary(max_size=300))
def test_arbitrary_bytes_change_nothing(data: bytes) -> None:
    """No exception other than a RemoteError, no state, no answer."""
    consent.one(data)


@given(st.integers(0, 4), st.integers(0, 1 << 14), st.integers(1, 255))
def test_a_right_record_with_one_wrong_byte_changes_nothing(way: int, at: int, by: int) -> None:
    """By every way: broker, phone nearby, direct, and even under the owner's key it never widens out of turn."""
    for seed in consent.seeds():
        data = bytearray(bytes((way,)) + seed[1:])
        data[1 + at % (len(data) - 1)] ^= by
        consent.one(bytes(data))


def test_injured_records_and_requests_change_nothing() -> None:
    """Cut, spliced and flipped, four thousand times; `python -m tests.fuzz.consent` goes on."""
    consent.run(_ROUNDS, 20_261_124)
