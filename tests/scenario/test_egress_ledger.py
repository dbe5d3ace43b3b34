"""The device's own ledger against what the tap and the broker counted: to the byte, on every runtime."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.privacy import cells as c
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES
from simulator import scenario
from simulator.device import Device
from simulator.play import play
from tests.scenario.conftest import SCENARIOS, from_text, ours
from tools.sim import ledger

WAITING = """
title = "x"
length = "6:00"
[[step]]
at = "0:00"
do = "open app"
[[step]]
at = "0:02"
do = "power on"
[[step]]
at = "0:30"
do = "grant"
purposes = ["location_report"]
precision = "precise"
interval = "0:10"
for = "2:00:00"
[[step]]
at = "0:40"
do = "ride"
route = "the long way"
[[step]]
at = "2:00"
do = "wifi"
on = false
[[step]]
at = "3:00"
do = "press"
long = true
[[step]]
at = "3:30"
do = "wifi"
on = true
"""


@pytest.mark.parametrize("runtime", ["cpython", "mp32"])
def test_the_demos_ledger_is_what_the_broker_received(device: Callable[[str], Device], runtime: str) -> None:
    """I5 for an outsider: flash and the device's public key are enough, and nothing is missing or added."""
    made = device(runtime)
    run = play(ours("demo"), made)
    account = ledger.account_of(run, made)
    assert account.holds, account.findings
    assert account.checkpoints >= 1, "signed by the key that the phone was told"
    assert ledger.unwritten(run, account) == []
    books = {book.purpose: book for book in run.books}
    for purpose in range(p.COUNT):
        messages, size, repeats, repeated = ledger.counted(account.rows, purpose)
        book = books.get(PURPOSES[purpose])
        got = (book.broker_messages, book.broker_bytes) if book is not None else (0, 0)
        assert (messages + repeats, size + repeated) == got, PURPOSES[purpose]
    connects = [row for row in account.rows if row.way == c.CONNECT]
    assert sum(row.messages for row in connects) == len(run.audit.connections)
    assert any(row.way == c.ADVERT and row.purpose == p.WAKE_ABNORMAL for row in account.rows)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenarios_ledger_holds_and_agrees_with_the_tap(device: Callable[[str], Device], path: Path) -> None:
    """Where a restart or an erasure took counts away the chain is whole all the same."""
    made = device("cpython")
    run = play(scenario.load(path), made)
    account = ledger.account_of(run, made)
    assert account.holds, account.findings
    assert ledger.agrees(run, account) is not False


@pytest.mark.parametrize("name", ["restart", "orders"])
def test_a_restart_and_an_erasure_are_survived_in_the_form_that_ships(
    device: Callable[[str], Device], name: str
) -> None:
    """Both read the ring back, which no other scenario does: there joined modules once took one class for another."""
    made = device("mp32")
    run = play(ours(name), made)
    account = ledger.account_of(run, made)
    assert account.holds, account.findings
    assert account.restarts or account.erased


def test_a_count_that_differs_by_one_byte_is_noticed(device: Callable[[str], Device]) -> None:
    """Else the comparison above would be worth nothing."""
    made = device("cpython")
    run = play(ours("records"), made)
    account = ledger.account_of(run, made)
    assert ledger.agrees(run, account) is True
    at = next(k for k, row in enumerate(account.rows) if row.messages and not row.way)
    account.rows[at] = account.rows[at]._replace(size=account.rows[at].size + 1)
    assert ledger.agrees(run, account) is False
    account.rows[at] = account.rows[at]._replace(messages=account.rows[at].messages - 1)
    assert ledger.agrees(run, account) is False


def test_what_waited_and_was_withdrawn_is_in_the_report_with_its_reason(device: Callable[[str], Device]) -> None:
    """The owner sees what did not leave, too."""
    made = device("cpython")
    run = play(from_text(WAITING), made)
    facts = ledger.facts(run, made)
    assert facts["holds"]
    assert facts["agrees"]
    assert facts["held"]["location_report"]["withdrawn"] >= 3
    assert facts["clauses"]["location_report"] == ["1.3.3", "1.5.3"]
    assert facts["recipients"]["location_report"] == ["owner"]
