"""Scenario files: every field has its limits, and a mistake is one line that says what, where and how to mend it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent import core
from simulator import fields, scenario
from simulator.errors import ScenarioError
from tools.sim import ride

GOOD = """title = "A test"
length = "10:00"

[device]
battery = 50

[[step]]
at = "0:01"
do = "power on"

[[step]]
at = "1:00"
do = "grant"
purposes = ["location_report"]
precision = "street"

[[expect]]
that = "messages"
name = "location"
count = 0
"""
WRONG = (
    # (what to replace, with what, the line it is reported at, a word of the remedy)
    ('length = "10:00"', 'length = "ten"', 2, "minutes:seconds"),
    ('length = "10:00"', 'length = "0:00"', 2, "longer"),
    ('length = "10:00"', 'length = "169:00:00"', 2, "shorter"),
    ('length = "10:00"', 'length = "10:60"', 2, "minutes:seconds"),
    ('length = "10:00"', "length = 10", 2, "minutes:seconds"),
    ('length = "10:00"', "", 1, "Add it"),
    ('title = "A test"', 'titel = "A test"', 1, "title"),
    ('title = "A test"', 'title = ""', 1, "quotes"),
    ('title = "A test"', f'title = "{"x" * 401}"', 1, "quotes"),
    ("battery = 50", "battery = 101", 5, "those"),
    ("battery = 50", "battery = -1", 5, "those"),
    ("battery = 50", "battery = true", 5, "those"),
    ("battery = 50", "volts = 5", 5, "battery"),
    ('do = "power on"', 'do = "power of"', 9, "power on"),
    ('do = "power on"', "", 7, "Add it"),
    ('do = "power on"', 'do = "power on"\nhard = true', 10, "at"),
    ('at = "1:00"', 'at = "10:00"', 12, "length"),
    ('at = "1:00"', "at = 60", 12, "minutes:seconds"),
    ('["location_report"]', '["location"]', 14, "location_"),
    ('["location_report"]', '["control"]', 14, "presence"),
    ('["location_report"]', '"location_report"', 14, "["),
    ('["location_report"]', '["status", "status"]', 14, "once"),
    ('precision = "street"', 'precision = "exact"', 15, "street"),
    ('that = "messages"', 'that = "message"', 18, "messages"),
    ("count = 0", "count = -1", 20, "those"),
    ("count = 0", 'count = "0"', 20, "those"),
    ("[device]", "[[device]]", 4, "[device]"),
    ("[[expect]]", "[expect]", 17, "[[expect]]"),
)


def refusal(source: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        scenario.parse(source, "test.toml")
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_good_file_is_read_as_it_is_meant() -> None:
    """Defaults are filled in, times are milliseconds, steps are in order."""
    read = scenario.parse(GOOD, "test.toml")
    assert (read.length, read.setting.battery, read.setting.seed) == (600_000, 50, 1)
    assert [(step.kind, step.number("at")) for step in read.steps] == [("power on", 1_000), ("grant", 60_000)]
    assert read.steps[1].names("purposes") == ("location_report",)
    assert read.steps[1].text("via") == "mqtt"
    assert read.expectations[0].number("least") == -1


def test_each_mistake_is_named_with_its_line_and_a_remedy() -> None:
    """A scenario's author reads this line and nothing else."""
    for old, new, line, remedy in WRONG:
        error = refusal(GOOD.replace(old, new))
        assert error.where == f"test.toml:{line}", (new, str(error))
        assert remedy in error.mend, (new, str(error))


def test_numbers_of_rows_have_a_limit() -> None:
    """One row more than the limit is refused."""
    steps = '[[step]]\nat = "0:01"\ndo = "stop"\n'
    head = 'title = "x"\nlength = "1:00"\n'
    assert len(scenario.parse(head + steps * scenario.MAX_STEPS, "t").steps) == scenario.MAX_STEPS
    refusal(head + steps * (scenario.MAX_STEPS + 1))
    expects = '[[expect]]\nthat = "asleep"\n'
    assert (
        len(scenario.parse(head + expects * scenario.MAX_EXPECTATIONS, "t").expectations) == scenario.MAX_EXPECTATIONS
    )
    refusal(head + expects * (scenario.MAX_EXPECTATIONS + 1))


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """Missing, a folder, too long, not UTF-8, not TOML."""
    long = tmp_path / "long.toml"
    long.write_text("#" * (scenario.MAX_FILE + 1))
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b"title = \xff")
    torn = tmp_path / "torn.toml"
    torn.write_text("title = ")
    for path in (tmp_path / "none.toml", tmp_path, long, odd, torn):
        with pytest.raises(ScenarioError) as caught:
            scenario.load(path)
        assert str(path) in caught.value.where
    exact = tmp_path / "exact.toml"
    exact.write_text(GOOD + "#" * (scenario.MAX_FILE - len(GOOD)))
    assert scenario.load(exact).title == "A test"


def test_time_is_read_exactly() -> None:
    """Milliseconds, from whichever of the three forms."""
    for text, ms in (("0:00", 0), ("1:02", 62_000), ("90:00", 5_400_000), ("1:02:03", 3_723_000), ("0:00.250", 250)):
        assert fields.time(text) == ms
    assert fields.time("168:00:00") == fields.MAX_TIME_MS


def test_the_earliest_day_is_the_agents_build() -> None:
    """Records issued before the build would never make time trusted, and nothing would ever be live."""
    assert fields.EARLIEST_S == core._BUILD_FLOOR  # pyright: ignore[reportPrivateUsage] - folded into the bytecode, so private
    head = 'title = "x"\nlength = "1:00"\nstart = '
    assert scenario.parse(head + "2026-11-05T00:00:00Z", "t").start_s == fields.EARLIEST_S
    for day in ("2026-11-04T23:59:59Z", "2051-09-09T01:46:41Z", "2026-11-25T00:00:00", '"2026-11-25"'):
        assert refusal(head + day).where == "test.toml:3"


def test_every_scenario_of_ours_says_what_it_is_about() -> None:
    """`amace sim list` prints it."""
    for name in ride.names():
        read = scenario.load(ride.find(name))
        assert read.about, name
        assert read.expectations, name


LINES = st.sampled_from([*GOOD.splitlines(), "[[step]]", "[step]", "x = 1", 'at = "0:02"', 'do = "ride"', "]", '"'])


@given(st.lists(LINES, max_size=25), st.integers(0, 400), st.text(max_size=4))
def test_any_text_is_a_scenario_or_a_scenario_error(lines: list[str], at: int, noise: str) -> None:
    """Nothing an author can type may end in a traceback."""
    source = "\n".join(lines)
    for text in (source, GOOD[:at] + noise + GOOD[at:]):
        where, mend = "t.toml", "nothing"
        try:
            scenario.parse(text, "t.toml")
        except ScenarioError as error:
            where, mend = error.where, error.mend
        assert where.startswith("t.toml")
        assert mend


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
READERS = (
    fields.time,
    fields.text,
    fields.flag,
    fields.instant,
    fields.number(0, 3),
    fields.choice(("a", "b")),
    fields.several(("a", "b")),
)


@given(st.sampled_from(READERS), VALUES)
def test_any_value_is_read_or_refused(read: "object", value: object) -> None:
    """Each reader returns a value of its kind or raises Refusal."""
    assert callable(read)
    found: object = ""
    try:
        found = read(value)
    except fields.Refusal as refused:
        found = refused.what
    assert type(found) in (int, str, bool, tuple)
    assert len(str(found)) < 500
