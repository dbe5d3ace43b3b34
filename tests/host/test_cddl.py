"""The CDDL reader and validator: what they take, what they refuse, and that they say where."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import cddl, conform

ACCEPTED = (
    ("a = 1", 1),
    ("a = -3", -3),
    ('a = "x"', "x"),
    ("a = 0..3", 3),
    ("a = -2..2", -2),
    ("a = 0 / 1", 1),
    ("a = uint", 0),
    ("a = nint", -1),
    ("a = int", -9),
    ("a = bytes", b""),
    ("a = tstr", "é"),
    ("a = bool", True),
    ("a = false", False),
    ("a = bytes .size 2", b"ab"),
    ("a = bytes .size (1..2)", b"a"),
    ("a = text .size 2", "é"),
    ("a = {}", {}),
    ("a = { 1: uint, ? 2: text }", {1: 5}),
    ("a = { 1: uint, ? 2: text, }", {1: 5, 2: "x"}),
    ("a = [* uint]", []),
    ("a = [* uint]", [1, 2, 3]),
    ("a = [uint, text]", [1, "x"]),
    ("a = [+ uint, text]", [1, 2, "x"]),
    ("a = [1*2 uint]", [1, 2]),
    ("a = [? uint, bool]", [True]),
    ("a = b b = c c = 7", 7),
    ("a = (1 / 2)", 2),
    ("a = #6.17([bytes, {}])", cbor2.CBORTag(17, [b"x", {}])),
    ("a = bytes .cbor { 1: uint }", cbor2.dumps({1: 2})),
    ("; only\na = 1 ; a comment with = and {", 1),
)
REFUSED = (
    ("a = 1", 2),
    ("a = 1", True),  # CBOR tells them apart, Python does not
    ("a = 0..3", 4),
    ("a = 0..3", -1),
    ("a = 0..3", True),
    ("a = bytes .size 2", b"abc"),
    ("a = bytes .size 2", "ab"),
    ("a = bytes .size (1..2)", b""),
    ("a = text", b"x"),
    ("a = bytes", "x"),
    ("a = { 1: uint }", {}),
    ("a = { 1: uint }", {1: 1, 2: 2}),
    ("a = { 1: uint }", {1: -1}),
    ("a = { 1: uint }", {True: 1}),
    ("a = { 1: uint }", [1]),
    ("a = [uint]", []),
    ("a = [uint]", [1, 2]),
    ("a = [1*2 uint]", [1, 2, 3]),
    ("a = [uint]", {0: 1}),
    ("a = #6.17(uint)", cbor2.CBORTag(18, 1)),
    ("a = #6.17(uint)", 1),
    ("a = bytes .cbor uint", b"\x18\x01"),  # not the shortest form
    ("a = bytes .cbor uint", b"\x01\x01"),
    ("a = bytes .cbor uint", b""),
    ("a = bytes .cbor uint", b"\x5f"),
    ("a = 1 / 2", None),
)
WRONG = (
    ("a = ", 1),
    ("a = b", 1),
    ("a = 1\na = 2", 2),
    ("uint = 1", 1),
    ("a = {", 1),
    ("a = { x: 1 }", 1),
    ("a = { * 1: uint }", 1),
    ("a = { 1 uint }", 1),
    ("a = 1..", 1),
    ("a = text..3", 1),
    ("a = bytes .size", 1),
    ("a = bytes .size text", 1),
    ("a = bytes .regexp 3", 1),
    ("a = 1 2", 1),
    ("= 1", 1),
    ("a = 1\n\n%", 3),
    ("a = " + "[" * 40 + "uint" + "]" * 40, 1),
    ("a = " + " " * cddl.MAX_SOURCE, 1),
)


def holds(source: str, value: object) -> bool:
    rules = cddl.read(source)
    try:
        conform.check(rules, rules["a"], value, "a")
    except conform.Mismatch:
        return False
    return True


def test_values_that_a_rule_describes_are_taken() -> None:
    """The subset is RFC 8610's: each row is a sentence of it."""
    for source, value in ACCEPTED:
        assert holds(source, value), (source, value)


def test_values_that_a_rule_does_not_describe_are_refused() -> None:
    """A validator that takes everything checks nothing."""
    for source, value in REFUSED:
        assert not holds(source, value), (source, value)


def test_a_wrong_description_is_refused_with_its_line() -> None:
    """A typing error in docs/messages.cddl must not make a rule weaker."""
    for source, line in WRONG:
        with pytest.raises(cddl.CddlError) as caught:
            cddl.read(source)
        assert caught.value.line == line, source


def test_a_reason_shows_no_text_of_a_message() -> None:
    """Reasons end up in logs and test reports; a message may hold what a person said."""
    rules = cddl.read("a = { 1: uint }")
    for value in ("secret words", b"secret words", {1: "secret words"}, {"secret words": 1}):
        with pytest.raises(conform.Mismatch) as caught:
            conform.check(rules, rules["a"], value, "a")
        assert "secret" not in str(caught.value)


VALUES = st.recursive(
    st.integers(-(2**63), 2**63) | st.booleans() | st.none() | st.binary(max_size=8) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(-5, 5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_any_value_is_taken_or_refused_and_nothing_else_happens(value: object) -> None:
    """What a peer sends is any value; the judge must not fall over it."""
    source = "a = { 1: uint, ? 2: [* a], ? -1: bytes .size (0..4) } / uint / [2*3 a] / #6.17(a) / bytes .cbor a"
    rules = cddl.read(source)
    reason = ""
    try:
        conform.check(rules, rules["a"], value, "a")
    except conform.Mismatch as mismatch:
        reason = str(mismatch)
    assert len(reason) < 5_000


@given(st.integers(-300, 300), st.integers(-300, 300), st.integers(-600, 600))
def test_a_range_is_what_it_says(low: int, high: int, value: int) -> None:
    """Both ends belong to it (RFC 8610 §2.2.2.1)."""
    assert holds(f"a = {low}..{high}", value) == (low <= value <= high)


@given(st.binary(max_size=40))
def test_bytes_from_anybody_decode_or_are_refused(data: bytes) -> None:
    """`decode` takes exactly what a deterministic writer would have written."""
    try:
        value = conform.decode(data, "x")
    except conform.Mismatch:
        return
    assert cbor2.dumps(value, canonical=True) == data


@given(st.text(alphabet='ab=123.[]{}:,*+?/#6()"; \n-', max_size=60))
def test_any_text_is_a_description_or_an_error_with_a_line(source: str) -> None:
    """The reader refuses with CddlError, whatever it is given."""
    line = 1
    try:
        cddl.read(source)
    except cddl.CddlError as error:
        line = error.line
    assert 1 <= line <= source.count("\n") + 1
