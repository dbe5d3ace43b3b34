"""The egress ledger of a device's flash, read back: its lines with their cells, and whether the chain and its signatures hold."""

from agent.base.reader import Reader as Items
from agent.crypto.ed25519 import Verify
from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.privacy import purposes as p
from agent.store.ring import Entries, Ring
from tests.portable.bench import Bench, _item


class Line:
    def __init__(self, hour: int, why: int, purpose: int, cells: "list[list[int]]") -> None:
        self.hour = hour
        self.why = why
        self.purpose = purpose
        self.cells = cells


class Ledger:
    """`lines`, and how many of them the device's key has `signed`. Fails when the chain does not hold."""

    def __init__(self, bench: Bench) -> None:
        self.lines: "list[Line]" = []
        self.signed = 0
        head = bytes(16)
        cells: "dict[bytes, list[int]]" = {}
        reader = Entries(Ring(bench.chip.region("events")))
        while reader.step():
            if reader.blank:
                continue
            body = bytes(reader.buf[: reader.n])
            items = _item(Items(body, 0, len(body)))
            if reader.kind == e.CELL:
                cells[e.digest(e.CELL_DOMAIN, body)] = items[1:]
            elif reader.kind == e.LINE:
                assert items[0] == head, "it does not follow the line before it"
                head = e.digest(e.LINE_DOMAIN, body)
                self.lines.append(Line(items[1], items[2], items[3], [cells[k] for k in items[4] if k in cells]))
            else:
                assert items[0] == head, "another line was signed"
                machine = Verify((bench.hub.secrets["device_key"] or b"")[32:], items[2])
                machine.feed(e.SIGN_DOMAIN + body[: -len(items[2]) - 2])
                while not machine.done:
                    machine.step()
                assert machine.ok, "not the device's signature"
                self.signed = len(self.lines)

    def total(self, purpose: int, reason: int = p.GRANTED, way: int = 0) -> "list[int]":
        """[messages, bytes, repeats, their bytes] of all lines; `way` 0 is messages."""
        rows = [row for line in self.lines for row in line.cells]
        mine = [r for r in rows if (r[c.PURPOSE], r[c.REASON], r[c.ITEMS] >> 24) == (purpose, reason, way >> 24)]
        return [sum([row[k] for row in mine]) for k in range(c.COUNT, c.WIDTH)]

    def whys(self) -> "list[int]":
        return [line.why for line in self.lines]
