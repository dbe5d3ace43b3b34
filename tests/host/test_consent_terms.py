"""Words to numbers: what the policy refuses is refused before anything is signed, and the words come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from simulator.owner import Consent
from tools.consent import terms
from tools.errors import Problem

OWNER = ["owner"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("90", 90), ("90s", 90), ("15m", 900), ("6h", 21_600), ("30d", 2_592_000), ("2w", 1_209_600)],
)
def test_a_time_is_a_number_and_a_unit(text: str, value: int) -> None:
    """The forms the help names."""
    assert terms.seconds(text, "--for") == value


@pytest.mark.parametrize("text", ["", "-1", "1.5h", "h", "1y", "1 d", "٣d", "99999999999", "86401"])
def test_what_is_no_time_is_refused_with_the_forms_there_are(text: str) -> None:
    """A wrong unit must not become another time."""
    with pytest.raises(Problem, match=r"is no time up to 1 d .--interval.. Write a number and s, m, h, d or w"):
        terms.seconds(text, "--interval", 86_400)


def test_the_limit_itself_is_a_time() -> None:
    """At the limit, and one past it."""
    assert terms.seconds("86400", "--interval", 86_400) == 86_400
    assert terms.seconds(str((1 << 30) - 1), "--for") == (1 << 30) - 1
    with pytest.raises(Problem):
        terms.seconds(str(1 << 30), "--for")


def test_a_position_is_as_coarse_as_there_is_until_somebody_asks_for_more() -> None:
    """Least data by default."""
    (line,) = terms.grant([p.LOCATION_REPORT], None, "30s", "1h", OWNER)
    assert line == Consent(p.LOCATION_REPORT, g.GIVEN, 30, 2, 3_600, 1 << p.OWNER)
    (exact,) = terms.grant([p.LOCATION_REPORT], "precise", "0", "1h", ["owner", "provider"])
    assert (exact.precision, exact.recipients) == (0, 1 << p.OWNER | 1 << p.PROVIDER)
    assert terms.told(line) == "district, every 30 s, kept 1 h, to owner"
    assert terms.told(exact) == "precise, as it comes, kept 1 h, to owner, provider"
    assert terms.told(line._replace(state=g.WITHDRAWN)) == ""


def test_purposes_are_named_once_and_only_those_there_are() -> None:
    """Consent to what cannot happen would be a promise nobody keeps."""
    assert terms.purposes(["status", "photo", "status"]) == [p.STATUS, p.PHOTO]
    for word, what in (
        ("stauts", "nothing is called"),
        ("control", "is part of the contract"),
        ("usage", "is not in this build"),
    ):
        with pytest.raises(Problem, match=what) as caught:
            terms.purposes([word])
        assert "presence, status" in str(caught.value)


@pytest.mark.parametrize(
    ("purpose", "precision", "retention", "recipients", "what"),
    [
        (p.PHOTO, None, "25h", "owner", "photo may not be kept 25 h .* The policy allows 1 d"),
        (p.PHOTO, None, "1h", "owner,manufacturer", "photo may not go to manufacturer"),
        (p.PHOTO, None, "1h", "nobody", "nothing is called 'nobody'"),
        (p.PHOTO, "exact", "1h", "owner", "nothing is called 'exact'"),
    ],
)
def test_more_than_the_policy_allows_is_refused_with_what_it_allows(
    purpose: int, precision: str | None, retention: str, recipients: str, what: str
) -> None:
    """The device would refuse it; here the person learns why."""
    with pytest.raises(Problem, match=what):
        terms.grant([purpose], precision, "30s", retention, recipients.split(","))


def test_no_grant_is_finer_than_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """This policy allows all; another one may not."""
    monkeypatch.setattr(t, "fact", lambda purpose, column: 1 if column == t.PRECISION else 31)
    with pytest.raises(
        Problem, match=r"location_report may not be precise .--precision.. The policy allows street at most"
    ):
        terms.grant([p.LOCATION_REPORT], "precise", "1", "1h", OWNER)


@given(st.integers(0, (1 << 30) - 1))
def test_a_span_reads_back(value: int) -> None:
    """What `show` prints, `grant` takes."""
    assert terms.seconds(terms.span(value).replace(" ", "").replace("min", "m"), "here") == value
