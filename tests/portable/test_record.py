"""A record's claims: read and range-checked. Each limit at the limit and past it, each claim missing, added, of another kind."""

from agent.base import errors
from agent.base.reader import Reader
from agent.privacy import grants as g
from agent.privacy import notice
from agent.privacy import purposes as p
from agent.privacy import table as t
from agent.privacy.record import EPOCH_2020, Claims
from tests.portable.refusals import code
from tests.portable.signed import HEAD0, KEYS, NOTICE, Pairs, Raw, Text, body_of, claims, encode, line, no

LATEST = (1 << 30) - 1


def read(data: bytes) -> Claims:
    return Claims(Reader(data, 0, len(data)))


def right() -> "dict[int, object]":
    return claims(1, HEAD0, [line(p.STATUS)])


def why(key: int, value) -> int:
    """The reason why a record with this claim is refused."""
    claim = right()
    claim[key] = value
    return code(read, body_of(claim))


def test_a_record_is_read_as_it_was_written() -> None:
    """Attributes for what is used, lines one after the other, as often as asked."""
    lines = [line(p.STATUS, g.RENEWED, 60, 0, 86_400, 3), no(p.PHOTO, g.REFUSED), line(p.LOCATION_REPORT, precision=2)]
    got = read(body_of(claims(9, b"h" * 16, lines)))
    assert (got.seq, got.prev, got.count) == (9, b"h" * 16, 3)
    assert (got.policy, got.policy_version, got.policy_hash) == (t.POLICY, t.VERSION, notice.HASH)
    assert (got.switches, got.guardian) == (g.SWITCHES, False)
    claim = right()
    del claim[-65546]
    assert read(body_of(claim)).switches == -1, "unchanged"
    assert got.until - got.issued == 86_400
    assert got.not_before == got.issued
    for _ in range(2):
        got.rewind()
        got.step()
        assert (got.purpose, got.state, got.interval, got.precision) == (p.STATUS, g.RENEWED, 60, 0)
        assert (got.retention, got.recipients, got.refuses()) == (86_400, 3, False)
        got.step()
        assert (got.purpose, got.state, got.refuses()) == (p.PHOTO, g.REFUSED, True)
        got.step()
        assert (got.purpose, got.precision, got.refuses()) == (p.LOCATION_REPORT, 2, False)


def test_only_given_and_renewed_are_a_yes() -> None:
    """W3C DPV 2.3: every other state, known or not, is a no."""
    for state in range(8):
        got = read(body_of(claims(1, HEAD0, [line(p.STATUS, state)])))
        got.rewind()
        got.step()
        assert got.refuses() is (state not in (g.GIVEN, g.RENEWED)), state


def test_a_missing_or_unknown_claim_is_refused() -> None:
    """What this build does not understand it does not half apply."""
    assert code(read, body_of(right())) == 0
    for key in KEYS[:-1]:
        claim = right()
        del claim[key]
        assert code(read, body_of(claim)) == errors.UNKNOWN, key
    pairs = [(key, right()[key]) for key in KEYS]
    assert code(read, encode(Pairs(*(pairs + [(-65548, 0)])))) == errors.UNKNOWN
    swapped = [(8 if key == 7 else key, value) for key, value in pairs]
    assert code(read, encode(Pairs(*swapped))) == errors.UNKNOWN
    assert code(read, encode(Pairs(*pairs)) + b"\0") == errors.TRAILING


def test_claims_out_of_order_or_twice_are_refused() -> None:
    """RFC 8949 §4.2.1: one order, so one hash."""
    pairs = [(key, right()[key]) for key in KEYS]
    for k in range(len(KEYS) - 1):
        mixed = pairs[:k] + [pairs[k + 1], pairs[k]] + pairs[k + 2 :]
        assert code(read, encode(Pairs(*mixed))) != 0, KEYS[k]
        twice = pairs[: k + 1] + [pairs[k]] + pairs[k + 2 :]
        assert code(read, encode(Pairs(*twice))) != 0, KEYS[k]


def test_each_claim_at_its_limit_and_past_it() -> None:
    """Every number and length from outside has a limit with a name."""
    cases = (
        (1, bytes(8), bytes(9), errors.TOO_LONG),
        (2, bytes(8), bytes(9), errors.TOO_LONG),
        (3, bytes(16), bytes(17), errors.TOO_LONG),
        (4, EPOCH_2020 + LATEST, EPOCH_2020 + LATEST + 1, errors.OUT_OF_RANGE),
        (5, EPOCH_2020, EPOCH_2020 - 1, errors.OUT_OF_RANGE),
        (6, EPOCH_2020 + LATEST, EPOCH_2020 + LATEST + 1, errors.OUT_OF_RANGE),
        (7, bytes(16), bytes(17), errors.TOO_LONG),
        (-65537, 1, 2, errors.OUT_OF_RANGE),
        (-65538, LATEST, LATEST + 1, errors.OUT_OF_RANGE),
        (-65539, bytes(16), bytes(17), errors.TOO_LONG),
        (-65540, [0xFFFF] + NOTICE[1:], [0x10000] + NOTICE[1:], errors.OUT_OF_RANGE),
        (-65540, [1, 99_999_999] + NOTICE[2:], [1, 100_000_000] + NOTICE[2:], errors.OUT_OF_RANGE),
        (-65540, [1, 2, Text(b"l" * 12)] + NOTICE[3:], [1, 2, Text(b"l" * 13)] + NOTICE[3:], errors.TOO_LONG),
        (-65540, NOTICE, NOTICE[:3] + [bytes(15), bytes(16)], errors.OUT_OF_RANGE),
        (-65540, NOTICE, NOTICE[:3] + [bytes(17), bytes(16)], errors.TOO_LONG),
        (-65540, NOTICE, NOTICE[:4], errors.UNKNOWN),
        (-65540, NOTICE, NOTICE[:4] + [bytes(17)], errors.TOO_LONG),
        (-65540, NOTICE, NOTICE + [0], errors.UNKNOWN),
        (-65542, Text(b"p" * 8), Text(b"p" * 9), errors.TOO_LONG),
        (-65543, 7, 8, errors.OUT_OF_RANGE),
        (-65544, True, 1, errors.WRONG_TYPE),
        (-65546, g.SWITCHES, g.SWITCHES + 1, errors.OUT_OF_RANGE),
    )
    for key, good, bad, expected in cases:
        assert why(key, good) == 0, (key, good)
        assert why(key, bad) == expected, (key, bad)
    assert why(-65537, 0) == errors.UNKNOWN, "a schema before the first"


def test_each_claim_of_another_kind_is_refused() -> None:
    """A text where a number belongs must not be taken for one, nor null for an empty one."""
    for key in KEYS:
        for other in (Raw(b"\xf6"), Raw(b"\xf9\x3c\x00"), Text(b"x"), Pairs(), Raw(b"\xc1\x00")):
            if key == -65542 and isinstance(other, Text):
                continue
            assert why(key, other) != 0, key


def test_each_part_of_a_line_at_its_limit_and_past_it() -> None:
    """Terms a device cannot keep are no terms."""
    terms = {1: 0, 2: 0, 3: 60, 4: 1}

    def made(purpose: int = p.STATUS, state: int = 1, bits: int = 0, **change) -> "list[object]":
        pairs = [(key, change.get(f"t{key}", terms[key])) for key in (1, 2, 3, 4)]
        return [purpose, state, bits, Pairs(*pairs)]

    cases = (
        (made(purpose=p.COUNT - 1), made(purpose=p.COUNT)),
        (made(state=7), made(state=8)),
        (made(bits=0xFFFF), made(bits=0x10000)),
        (made(t1=86_400), made(t1=86_401)),
        (made(t2=2), made(t2=3)),
        (made(t3=LATEST), made(t3=LATEST + 1)),
        (made(t4=0x3F), made(t4=0x40)),
        (made(), made(t1=-1)),
    )
    for good, bad in cases:
        assert why(-65541, [good]) == 0, good
        assert why(-65541, [bad]) in (errors.OUT_OF_RANGE, errors.WRONG_TYPE), bad
    for bad in (
        made()[:3],
        made() + [0],
        [p.STATUS, 1, 0, Pairs((1, 0), (2, 0), (3, 0))],
        [p.STATUS, 1, 0, Pairs((1, 0), (2, 0), (3, 0), (4, 1), (5, 0))],
        [p.STATUS, 1, 0, Pairs((1, 0), (2, 0), (4, 1), (3, 0))],
        [p.STATUS, 1, 0, []],
    ):
        assert why(-65541, [bad]) in (errors.UNKNOWN, errors.WRONG_TYPE), bad


def test_a_record_names_1_to_24_purposes_each_once() -> None:
    """An empty record says nothing; a purpose named twice says two things."""
    assert why(-65541, []) == errors.OUT_OF_RANGE
    assert why(-65541, [line(k) for k in range(p.COUNT)]) == 0
    assert why(-65541, [line(k) for k in range(p.COUNT)] + [line(0)]) == errors.OUT_OF_RANGE
    assert why(-65541, [line(p.STATUS), no(p.STATUS)]) == errors.OUT_OF_RANGE


def test_every_truncation_of_the_claims_is_refused() -> None:
    """Also where the rest is still in the buffer."""
    data = body_of(right())
    for n in range(len(data)):
        assert code(Claims, Reader(data, 0, n)) == errors.TRUNCATED, n
