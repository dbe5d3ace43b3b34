"""Reads the raw `events` region of a device and checks its egress ledger: chain, cells, checkpoints, totals.

Nothing of the image is trusted: what does not hold becomes a finding that names the entry. Refuses an image that is no region (Problem).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import cbor2

from agent.base.errors import RemoteError
from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.store.ring import Entries, Ring
from tools.errors import Problem

BLOCK = 4096
MAX_BYTES = 4 << 20
WHY = ("minute", "consent changed", "receipt", "export", "restart: the open cells before it are lost", "erased")

Check = Callable[[bytes, bytes], bool]
"""(message, signature) → whether the device's key made it"""


class Image:
    """hal.ports.Flash over bytes, for reading only."""

    block = BLOCK

    def __init__(self, data: bytes) -> None:
        if not 2 * BLOCK <= len(data) <= MAX_BYTES or len(data) % BLOCK:
            raise Problem(
                f"{len(data)} bytes are no region", "the dump", "Give the whole `events` region: blocks of 4,096 bytes"
            )
        self._data = data
        self.size = len(data)

    def read(self, at: int, buf: bytearray | memoryview) -> None:
        buf[:] = self._data[at : at + len(buf)]

    def program(self, at: int, buf: bytearray | memoryview) -> None:
        raise OSError("read only")

    def erase(self, block_no: int) -> None:
        raise OSError("read only")


class Row(NamedTuple):
    """One cell: `hour` is that of its line, in hours since 2020, -1 when the device did not know it."""

    hour: int
    purpose: int
    recipient: int
    reason: int
    items: int
    messages: int
    size: int
    again: int
    again_size: int

    @property
    def way(self) -> int:
        """0 for messages, else the bit of privacy/cells.py."""
        return self.items & c.WAYS

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What a line has one cell of."""
        return self.purpose, self.recipient, self.reason, self.way


@dataclass
class Account:
    rows: list[Row] = field(default_factory=list[Row])
    findings: list[str] = field(default_factory=list[str])
    lines: int = 0
    erased: list[int] = field(default_factory=list[int])  # purposes
    blanked: int = 0  # cells of theirs
    restarts: int = 0
    checkpoints: int = 0  # signatures that hold, or were not checked
    unsigned: int = 0  # lines after the last checkpoint
    first_prev: bytes = b""  # zeros: the chain is here from its beginning

    @property
    def holds(self) -> bool:
        return not self.findings


def read(data: bytes, check: Check | None = None) -> Account:
    """`check` None leaves signatures unchecked."""
    try:
        ring = Ring(Image(data))
    except RemoteError:
        raise Problem(
            "the region has a size no ring has", "the dump", "Give 2 to 1,024 blocks of 4,096 bytes"
        ) from None
    account = Account()
    reader = Entries(ring)
    walk = _Walk(account, check)
    while reader.step():
        body = bytes(reader.buf[: reader.n])
        if reader.blank:
            walk.blank(reader.seq, reader.kind)
            continue
        try:
            value = cast(object, cbor2.loads(body))
            walk.entry(reader.seq, reader.kind, body, value)
        except (cbor2.CBORDecodeError, TypeError, ValueError, IndexError, RecursionError):
            account.findings.append(f"entry {reader.seq} is not as the ledger writes it")
    walk.close()
    lost = reader.lost - walk.torn
    if lost > 0:
        account.findings.append(f"{lost} entries cannot be read any more")
    return account


class _Walk:
    def __init__(self, account: Account, check: Check | None) -> None:
        self._account = account
        self._check = check
        self._cells: dict[bytes, list[int]] = {}  # hash → its numbers
        self._head: bytes | None = None
        self._blanks = 0
        self.torn = 0  # cells that an erasure was blanking when the power went: their place is blank, too
        self._missing: list[tuple[int, int]] = []  # (seq of a line, cells it has lost)

    def blank(self, seq: int, kind: int) -> None:
        if kind == e.CELL:
            self._blanks += 1
        else:
            self._account.findings.append(f"entry {seq} was blanked, and only cells may be")

    def entry(self, seq: int, kind: int, body: bytes, value: object) -> None:
        if not isinstance(value, list):
            raise TypeError
        items = cast("list[object]", value)
        if kind == e.CELL:
            self._cells[e.digest(e.CELL_DOMAIN, body)] = _numbers(items[1:], c.WIDTH)
        elif kind == e.LINE:
            self._line(seq, body, items)
        elif kind == e.SIGN:
            self._sign(seq, items)
        else:
            raise ValueError

    def _line(self, seq: int, body: bytes, items: list[object]) -> None:
        account = self._account
        prev, hashes = items[0], items[4]
        hour, why, purpose = _numbers(items[1:4], 3)
        if not isinstance(prev, bytes) or not isinstance(hashes, list) or not 0 <= why < len(WHY):
            raise TypeError
        if self._head is None:
            account.first_prev = prev
        elif prev != self._head:
            account.findings.append(f"line {seq} does not follow the line before it")
        self._head = e.digest(e.LINE_DOMAIN, body)
        named = cast("list[bytes]", hashes)
        here = [self._cells[name] for name in named if name in self._cells]
        account.rows += [Row(hour, *numbers) for numbers in here]
        gone = len(named) - len(here)
        account.blanked += gone
        if gone and not (account.lines == 0 and any(prev)):  # the oldest line may have lost cells to the ring
            self._missing.append((seq, gone))
        self._cells = {}  # cells that no line names were cut off by the power
        account.lines += 1
        account.unsigned += 1
        account.restarts += why == e.RESTART
        if why == e.ERASED:
            account.erased.append(purpose)
            self.torn += max(0, sum(gone for _, gone in self._missing) - self._blanks)
            self._missing = []  # what is missing before it is what it erased
            self._blanks = 0

    def _sign(self, seq: int, items: list[object]) -> None:
        head, hour, signature = items
        if not isinstance(signature, bytes) or not isinstance(head, bytes):
            raise TypeError
        message = e.SIGN_DOMAIN + cbor2.dumps([head, hour, signature])[: -len(cbor2.dumps(signature))]
        if head != self._head:
            self._account.findings.append(f"checkpoint {seq} signs another line than the one before it")
        elif self._check is not None and not self._check(message, signature):
            self._account.findings.append(f"checkpoint {seq} is not signed by this device")
        else:
            self._account.checkpoints += 1
            self._account.unsigned = 0

    def close(self) -> None:
        for seq, gone in self._missing:
            self._account.findings.append(f"line {seq} misses {gone} cells that no erasure accounts for")


def _numbers(items: Sequence[object], count: int) -> list[int]:
    if len(items) != count or any(type(item) is not int for item in items):
        raise TypeError
    return [cast(int, item) for item in items]
