"""The claims of an order: each needed, each known, each in its place."""

from agent.base import errors
from agent.base.reader import Reader
from agent.privacy import purposes as p
from agent.privacy.order import ERASE, Order
from tests.portable.orders import KEYS, claims
from tests.portable.refusals import code
from tests.portable.signed import HEAD0, Pairs, encode

RIGHT = claims(1, HEAD0, ERASE, 1 << p.STATUS)


def why(*pairs, rest: bytes = b"") -> int:
    body = encode(Pairs(*pairs)) + rest
    return code(Order, Reader(body, 0, len(body)))


def changed(key: int, to: int):
    """The right claims, with another number instead of `key`."""
    return [(to if each == key else each, RIGHT[each]) for each in KEYS]


def test_an_order_has_each_of_its_claims_and_no_other() -> None:
    """What a device does not understand it must not obey by half."""
    right = [(key, RIGHT[key]) for key in KEYS]
    assert why(*right) == 0
    for k in range(len(right)):
        assert why(*(right[:k] + right[k + 1 :])) == errors.UNKNOWN, k
    assert why(*(right + [(-65551, 0)])) == errors.UNKNOWN


def test_a_claim_of_another_number_is_unknown() -> None:
    """Its value may have the right form and mean something else."""
    for key, to in ((1, 2), (3, 4), (6, 5), (7, 8), (-65538, -65540), (-65542, -65543), (-65550, -65551)):
        body = changed(key, to)
        assert why(*body) != 0, key
    assert why(*changed(-65550, -65551)) == errors.UNKNOWN


def test_another_schema_is_unknown() -> None:
    """Its numbers may mean something else."""
    for schema in (0, 2):
        pairs = [(key, schema if key == -65537 else RIGHT[key]) for key in KEYS]
        assert why(*pairs) != 0, schema


def test_bytes_behind_the_claims_are_refused() -> None:
    """Two readers could see two orders in them."""
    assert why(*[(key, RIGHT[key]) for key in KEYS], rest=b"\x00") != 0


def test_every_truncation_of_an_order_is_refused() -> None:
    """Also where the rest is still in the buffer."""
    data = encode(Pairs(*[(key, RIGHT[key]) for key in KEYS]))
    for n in range(len(data)):
        assert code(Order, Reader(data, 0, n)) == errors.TRUNCATED, n
