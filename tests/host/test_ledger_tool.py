"""`amace ledger`: an outsider checks what left a device, and no damage passes for truth."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.privacy import purposes as p
from agent.store.ring import Ring
from simulator.flash import Chip
from tools.errors import Problem
from tools.ledger.book import read
from tools.ledger.command import app, totals

HOUR = 60_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def holds(message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(signature, message)
    except Exception:  # noqa: BLE001 - whatever it says, it is no
        return False
    return True


class Salts:
    def __init__(self) -> None:
        self.n = 0

    def fill(self, buf: bytearray) -> None:
        self.n += 1
        buf[:] = self.n.to_bytes(len(buf), "big")


def written(minutes: int = 4, erase: int = -1, sign: bool = True, blocks: int = 3) -> bytes:
    chip = Chip((("events", blocks),))
    book = e.Book(chip.region("events"), Salts().fill)
    cells = c.Cells()
    for k in range(minutes):
        cells.add(p.STATUS, p.OWNER, p.GRANTED, 1 << 7, 40 + k, False)
        cells.add(p.LOCATION_REPORT, p.OWNER, p.GRANTED, 1 << 8, 31, k % 2 == 1)
        cells.add(p.PHOTO, p.OWNER, p.NEVER_ASKED, 1 << 9, 0, False)
        book.enter(cells, HOUR + k // 60, e.MINUTE)
    if erase >= 0:
        book.erase(1 << erase, cells, HOUR)
    if sign:
        page = book.page(HOUR)
        book.sign(page, KEY.sign(e.SIGN_DOMAIN + page))
    return bytes(chip.cells)


def test_the_totals_are_what_was_counted() -> None:
    """Bytes and messages, repeats apart, refusals with their reason."""
    account = read(written(), holds)
    assert account.holds, account.findings
    assert (account.lines, account.checkpoints, account.unsigned, account.first_prev) == (4, 1, 0, bytes(16))
    rows = {(row["purpose"], row["held"]): row for row in totals(account.rows)}
    assert (rows["status", ""]["messages"], rows["status", ""]["bytes"]) == (4, 40 + 41 + 42 + 43)
    place = rows["location_report", ""]
    assert [place[name] for name in ("messages", "bytes", "repeats", "repeat bytes")] == [2, 62, 2, 62]
    assert rows["photo", "never asked"]["messages"] == 4


def test_an_erased_purpose_leaves_no_number_and_a_whole_chain() -> None:
    """The ledger is itself a diary, and evidence all the same."""
    account = read(written(erase=p.LOCATION_REPORT), holds)
    assert account.holds, account.findings
    assert (account.erased, account.blanked) == ([p.LOCATION_REPORT], 4)
    assert {row.purpose for row in account.rows} == {p.STATUS, p.PHOTO}


def test_a_ring_that_went_round_still_verifies_from_where_it_begins() -> None:
    """The oldest lines go; the newest checkpoint speaks for the rest."""
    account = read(written(minutes=200), holds)
    assert account.holds, account.findings
    assert any(account.first_prev)
    assert account.lines > 40


def test_no_flipped_bit_changes_a_number_unnoticed() -> None:
    """One bit a byte, over everything that was written."""
    image = written(minutes=3)
    truth = read(image, holds)
    end = len(image[:4096].rstrip(b"\xff"))
    for at in range(end):
        damaged = bytearray(image)
        damaged[at] ^= 1 << at * 5 % 8
        account = read(bytes(damaged), holds)
        assert account.findings or account.unsigned or account.lines == 0 or account.rows == truth.rows, at


def test_a_checkpoint_of_another_key_is_named() -> None:
    """Otherwise a thief's firmware could write the diary of another week."""
    account = read(written(), lambda message, signature: False)
    assert account.findings == [f"checkpoint {4 * 4} is not signed by this device"]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.integers(0, 3 * 4096 - 600))
def test_any_bytes_in_the_dump_give_an_answer(noise: bytes, at: int) -> None:
    """What comes from a stranger's chip must not stop the tool."""
    image = bytearray(written(minutes=3))
    image[at : at + len(noise)] = noise
    read(bytes(image), holds)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.binary(max_size=80)), max_size=8))
def test_any_entries_in_the_ring_give_an_answer(entries: list[tuple[int, bytes]]) -> None:
    """Well framed, and nonsense inside."""
    chip = Chip((("events", 2),))
    ring = Ring(chip.region("events"))
    for kind, data in entries:
        ring.append(kind, data, len(data))
    account = read(bytes(chip.cells), holds)
    assert account.lines == 0 or account.rows == []


def test_the_command_prints_a_table_and_json(tmp_path: Path) -> None:
    """For people and for programs; 0 holds, 1 does not."""
    dump = tmp_path / "events.bin"
    dump.write_bytes(written())
    run = CliRunner()
    done = run.invoke(app, ["verify", str(dump), "--key", PUBLIC.hex()], standalone_mode=False)
    assert done.return_value == 0
    done = run.invoke(app, ["report", str(dump)], standalone_mode=False)
    assert done.return_value == 0
    broken = bytearray(dump.read_bytes())
    broken[60] ^= 1
    dump.write_bytes(broken)
    assert run.invoke(app, ["verify", str(dump)], standalone_mode=False).return_value == 1


def test_what_is_no_dump_is_refused_in_one_line(tmp_path: Path) -> None:
    """With place and remedy."""
    for data in (b"", b"x" * 5000, bytes(4096)):
        with pytest.raises(Problem, match="no region"):
            read(data)
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "none")], standalone_mode=False)
    assert isinstance(done.exception, Problem)
