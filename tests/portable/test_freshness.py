"""The consent store against its anchor, in the agent: an older store is noticed at the start, and everything is off (I6)."""

# heap: 640k - two whole agents and their flash at once, with the words of a 64-bit machine

from agent.base import errors, frame
from agent.base import journal as j
from agent.link import console as c
from agent.privacy import purposes as p
from agent.store import anchor as a
from simulator import board, flash, remote
from tests.portable import orders as o
from tests.portable.bench import ALL, Bench
from tests.portable.signed import KEY, OWNER, START, Chain, line, no

CONTROL = 1 << p.CONTROL
REGIONS = (("events", 2), ("keys", 2), ("anchor", 2))


def fresh() -> Bench:
    return Bench(chip=flash.Chip(REGIONS))


def restarted(bench: Bench) -> int:
    """The purposes that are live after a restart, once the time is known."""
    bench.boot()
    bench.core.calendar.learn(START + 5, bench.now)
    bench.tick()
    return bench.live()


def wire(body: bytes) -> bytes:
    """A rig's frame."""
    out = bytearray()

    def take(buf: bytearray, n: int) -> None:
        out.extend(buf[:n])

    encoder = frame.Encoder(take)
    encoder.begin()
    encoder.add(bytearray(body), len(body))
    encoder.end()
    return bytes(out)


def faults(bench: Bench) -> "list[tuple[int, int]]":
    journal = bench.core.journal
    rows = [[journal.entry(k, word) for word in range(4)] for k in range(journal.count)]
    return [(row[2], row[3]) for row in rows if row[1] == j.FAULT]


def damaged(bench: Bench, found: int) -> None:
    """Everything is off, the journal says why, and the owner is told."""
    assert restarted(bench) == CONTROL
    assert bench.core.grants.damaged
    assert faults(bench) == [(j.FRESHNESS, found)]
    bench.forget()
    bench.online()
    withheld = [m for m in bench.published() if m.name == "withheld"][-1]
    assert [reason for _, reason, _ in withheld.facts[2]] == [p.DAMAGED] * len(withheld.facts[2])


def test_what_was_stored_last_comes_back_and_is_the_newest() -> None:
    """A chip changes nothing for an honest flash: grants, withdrawals, presses and requests are found again."""
    bench = fresh()
    bench.grant(line(p.STATUS), line(p.PHOTO))
    bench.grant(no(p.PHOTO))
    for _ in range(3):
        assert restarted(bench) == CONTROL | 1 << p.STATUS
        assert faults(bench) == []
    bench.give(remote.BUTTON, b"\0\2")
    bench.settle()
    assert restarted(bench) == CONTROL
    assert not bench.core.grants.damaged
    assert bench.core.grants.generation == 4, "the first start, two records, a press"


def test_an_older_store_is_noticed() -> None:
    """Whole, MACed and once true: a snapshot from before the withdrawal turns nothing back on, nor does one from before a press."""
    for ends in ("record", "press"):
        bench = fresh()
        bench.grant(line(p.STATUS))
        older = bench.hub.secrets["consent"]
        if ends == "record":
            bench.grant(no(p.STATUS))
        else:
            bench.give(remote.BUTTON, b"\0\2")
            bench.settle()
        bench.hub.secrets["consent"] = older
        damaged(bench, a.ROLLED_BACK)
        assert bench.record(bench.chain.next(line(p.STATUS))) == errors.FORKED
        assert bench.hub.secrets["consent"] == older, "it stays as it was found"
        damaged(bench, a.ROLLED_BACK)


def test_another_store_of_the_same_generation_is_noticed() -> None:
    """Of two futures of one store only the acknowledged one counts."""
    bench = fresh()
    image = bytes(bench.chip.cells)
    secrets = dict(bench.hub.secrets)
    bench.grant(line(p.STATUS), line(p.PHOTO))
    other = bench.hub.secrets["consent"]
    again = Bench(secrets=secrets, chip=flash.Chip(REGIONS))
    again.chip.cells[:] = image
    again.boot()
    again.grant(no(p.PHOTO))
    assert again.core.grants.generation == bench.core.grants.generation
    again.hub.secrets["consent"] = other
    damaged(again, a.ROLLED_BACK)


def test_a_store_that_was_removed_with_the_devices_key_is_noticed() -> None:
    """It would look like a device never started, which takes the chain's first records."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    del bench.hub.secrets["consent"]
    del bench.hub.secrets["device_key"]
    damaged(bench, a.ROLLED_BACK)


def powered(bench: Bench) -> None:
    """From here on the secrets are in the same flash: without power nothing is kept, and nothing goes."""
    hub = bench.hub
    put, drop = hub.put, hub.drop

    def put_with_power(name: str, value: bytes) -> None:
        if bench.chip.off:
            raise OSError(5)
        put(name, value)

    def drop_with_power(name: str) -> None:
        if bench.chip.off:
            raise OSError(5)
        drop(name)

    hub.put, hub.drop = put_with_power, drop_with_power


def test_a_cut_between_store_and_anchor_is_made_up_for() -> None:
    """At every flash operation of a withdrawal, in each torn mode: what was stored is in force, and nothing is taken for a rollback."""
    bench = fresh()
    bench.grant(line(p.STATUS), line(p.PHOTO))
    image = bytes(bench.chip.cells)
    secrets = dict(bench.hub.secrets)
    withdrawal = bench.chain.next(no(p.PHOTO))
    adopted = operation = 0
    while True:
        for torn in flash.TORN:
            bench.chip.restart()
            bench.chip.cells[:] = image
            again = Bench(secrets=dict(secrets), chip=bench.chip)  # one chip: a small heap has no room for many
            powered(again)
            again.chip.cut(again.chip.operations + operation, torn)
            code = again.record(withdrawal)
            if not again.chip.off:
                assert code == 0
                assert adopted, "no cut came between"
                return
            again.chip.restart()
            stored = again.hub.secrets["consent"] != secrets["consent"]
            adopted += stored
            live = restarted(again)
            assert live == CONTROL | 1 << p.STATUS | (0 if stored else 1 << p.PHOTO), (operation, torn)
            assert not again.core.grants.damaged
            assert restarted(again) == live, "adopted once, it is the newest"
        operation += 1


def test_damaged_marks_turn_everything_off() -> None:
    """Whoever can flip a bit of the newest mark must not choose an older store with it."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    older = bench.hub.secrets["consent"]
    bench.grant(line(p.PHOTO))
    newest = len(bench.chip.cells) - 2 * flash.BLOCK + 24 * (bench.core.grants.generation - 1)
    bench.chip.cells[newest + 5] ^= 1
    kept = bench.hub.secrets["consent"]
    bench.hub.secrets["consent"] = older
    damaged(bench, a.DAMAGED)
    bench.hub.secrets["consent"] = kept
    bench.chip.cells[newest - 20] ^= 1  # the mark before it, too: then nobody can tell how many there were
    damaged(bench, a.DAMAGED)


def test_a_mark_that_flash_refuses_turns_everything_off() -> None:
    """Stored and not marked is not acknowledged: a store without its mark could be replaced by the one before."""
    bench = fresh()
    bench.grant(line(p.STATUS))

    def fails(at: int, buf: bytes) -> None:
        raise OSError(5)

    bench.ports.anchor.program = fails
    assert bench.record(bench.chain.next(line(p.PHOTO))) == errors.BUSY
    assert bench.live() == CONTROL
    assert (j.CONSENT_STORE, 0) in faults(bench)
    assert restarted(bench) == CONTROL


def test_an_ended_account_put_back_is_an_older_store() -> None:
    """Policy 5.5: who keeps an image of the secrets must not revive with it what the owner erased for good."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bound = dict(bench.hub.secrets)
    assert o.order(bench, o.WHOLE) == 0
    assert "pairing_key" not in bench.hub.secrets
    bench.hub.secrets = bound
    damaged(bench, a.ROLLED_BACK)


def test_a_new_owner_begins_a_history_of_their_own() -> None:
    """The former owner's marks must not lock the device; only enrolment, open to nobody while it is bound, begins anew."""
    bench = Bench(ALL | board.CONSOLE, chip=flash.Chip(REGIONS))
    bench.grant(line(p.STATUS))
    bound = dict(bench.hub.secrets)
    for name in ("owner_key", "console_key"):
        bench.hub.secrets.pop(name, None)
    bench.boot()
    enrol = bytes((c.ENROL,)) + b"pairing_key\0" + KEY
    bench.give(remote.CONSOLE, wire(enrol))
    bench.tick()
    assert "consent" not in bench.hub.secrets
    bench.hub.secrets["owner_key"] = OWNER
    assert restarted(bench) == CONTROL
    assert not bench.core.grants.damaged
    bench.chain = Chain()
    bench.grant(line(p.STATUS))
    assert restarted(bench) == CONTROL | 1 << p.STATUS
    bench.hub.secrets = bound
    damaged(bench, a.ROLLED_BACK)
