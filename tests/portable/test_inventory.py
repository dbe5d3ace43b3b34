"""The room an export takes: asked for before the order changes anything, so it must never be too little."""

# heap: 400k - the fullest device

from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import inventory
from agent.privacy import order as r
from agent.privacy import purposes as p
from tests.portable.bench import Bench

LONGEST = 0x3FFF_FFFF


def fullest(broker: bytes) -> Bench:
    """Every row is in use and every number at its longest."""
    bench = Bench()
    core = bench.core
    secrets = bench.hub.secrets
    secrets["broker"] = broker
    secrets["name"] = b"n" * r.MAX_NAME
    secrets["wifi_ssid"] = b"s" * 32
    for purpose in range(p.COUNT):
        for column in range(g.KEPT):
            core.grants.put(purpose, column, LONGEST)
        for counter in (core.gate.sent, core.gate.bytes, core.gate.held, core.outbox.dropped):
            counter[purpose] = LONGEST
    core.grants.seq = LONGEST
    kind = 0
    while core.outbox.waiting < core.profile.slots:
        slot = core.outbox.draft(kind % kinds.COUNT, bench.now - 86_400_000)
        for k in range(len(slot.facts)):
            slot.facts[k] = -LONGEST
        core.outbox.put(slot)
        kind += 1
    for _ in range(core.profile.journal_rows):
        core.journal.note(bench.now - 86_400_000, 99, LONGEST, -LONGEST)
    for k in range(6):
        core.receiver.reported[k] = LONGEST
    core.receiver.reported[2] = core.receiver.reported[5] = bench.now - 86_400_000
    return bench


def test_the_fullest_device_fits_the_room_that_was_asked_for() -> None:
    """Too little would end in the middle of an answer, after the order counts as taken."""
    for broker in (b"", b"mqtts://" + b"h" * 1_016):
        bench = fullest(broker)
        room = inventory.room(bench.core)
        made = inventory.Inventory(bench.core, bytearray(2 * room), 0, bench.now)
        made.fill(bytes(16), LONGEST)
        assert made.n <= room, (made.n, room)
        assert made.buf.find(b"h" * 1_016) >= 0 or not broker
