"""What concerns a person leaves sealed: the form, when a key comes and goes, and what happens where there is none.

tests/host/test_seal_oracle.py opens every message as the owner's phone does.
"""

# heap: 320k - the file makes several devices

import micropython

from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.seal import STEP
from simulator import remote
from tests.portable import bench
from tests.portable.bench import MINUTE, SECOND, Bench
from tests.portable.signed import line, no

SEAL = b"\x09" + bytes(31)  # a public key whose private half is 1
PLACE = line(p.LOCATION_REPORT, recipients=1 << p.OWNER)
PHOTO = line(p.PHOTO, recipients=1 << p.OWNER)
OPEN = line(p.LOCATION_REPORT, recipients=1 << p.OWNER | 1 << p.PROVIDER)


def ready(*lines, seal: bytes = SEAL) -> Bench:
    """A device online, with these grants and this key of its owner."""
    secrets = bench.enrolled()
    if seal:
        secrets["owner_seal"] = seal
    made = Bench(secrets=secrets)
    made.online()
    made.grant(*lines)
    made.drain()
    return made


def report(made: Bench, after: int = 20) -> None:
    """The receiver gives a position, and time for a report."""
    made.give(remote.GNSS, bench.fix(after))
    made.run(3 * SECOND)


def bodies(made: Bench, name: str = "location"):
    return [message.facts for message in made.published() if message.name == name]


def test_a_position_leaves_as_a_number_a_key_a_counter_and_sealed_bytes() -> None:
    """Overhead at most 60 bytes (the issue's bound); it is 28 at the start and 32 with numbers of two bytes."""
    plain, sealed = ready(OPEN), ready(PLACE)
    for made in (plain, sealed):
        report(made)
    (readable,) = [m for m in plain.published() if m.name == "location"]
    (hidden,) = [m for m in sealed.published() if m.name == "location"]
    assert sorted(hidden.facts) == [1, 2, 3, 4]
    assert (hidden.facts[1], hidden.facts[2], hidden.facts[3]) == (0, 1, 0)
    assert len(hidden.facts[4]) == len(readable.payload) + 16
    assert len(hidden.payload) - len(readable.payload) <= 28
    assert readable.payload[3:12] not in hidden.payload
    assert sealed.core.gate.bytes[p.LOCATION_REPORT] == len(hidden.payload), "what left is counted as it left"


def test_the_key_is_announced_before_anything_is_sealed_with_it() -> None:
    """And again after each hello: a phone that lost it must not wait for the next one."""
    made = ready(PLACE)
    report(made)
    assert made.names().index("seal") < made.names().index("location")
    (key,) = bodies(made, "seal")
    assert (key[2], key[3], key[4], len(key[5])) == (1 << p.LOCATION_REPORT, p.OWNER, 1, 32)
    made.give(remote.LINK, b"D\2")
    made.tick()
    made.connect()
    made.drain()
    assert [body[4] for body in bodies(made, "seal")] == [1, 1]
    assert bodies(made, "seal")[1][5] == key[5]


def test_nothing_is_sealed_and_no_key_made_while_only_things_are_reported() -> None:
    """The battery is no person; and what the platform may read needs no key."""
    made = ready(line(p.STATUS), line(p.PRESENCE), OPEN)
    report(made)
    assert "seal" not in made.names()
    assert 4 not in [k for body in bodies(made) for k in body if type(body[k]) is bytes]
    assert made.core.seal.held == 0


def test_without_a_key_of_the_owner_nothing_of_a_person_is_even_collected() -> None:
    """Fail closed: no power, no photo, and the owner is told why."""
    for seal in (b"", SEAL[:31], bytes(32)):
        made = ready(PLACE, PHOTO, line(p.STATUS), seal=seal)
        made.run(2 * SECOND)
        assert made.live() == 1 << p.CONTROL | 1 << p.STATUS, seal
        told = bodies(made, "withheld")[-1][2]
        assert [row[1] for row in told if row[0] in (p.LOCATION_REPORT, p.PHOTO)] == [p.NO_KEY] * 2
        assert not made.core.receiver.on
        report(made)
        assert "location" not in made.names()


def test_a_grant_that_names_the_platform_needs_no_key() -> None:
    """The owner decided that the platform reads it."""
    made = ready(OPEN, seal=b"")
    report(made)
    assert sorted(bodies(made)[0]) == [1, 2, 3, 4, 5, 6, 7]


def test_a_withdrawal_zeroes_the_key_before_its_rows_are_erased() -> None:
    """Whatever stops the rest of it, nothing can be sealed or opened any more."""
    made = ready(PLACE)
    seal = made.core.seal
    assert any(seal.key)
    seen = []
    erase = made.core.outbox.erase

    def spy(purposes: int) -> bool:
        seen.append((bytes(seal.key), seal.cipher, seal.held))
        return erase(purposes)

    made.core.outbox.erase = spy
    made.grant(no(p.LOCATION_REPORT))
    assert seen[0] == (bytes(32), None, 0)


def test_every_change_of_what_is_sealed_brings_a_new_number_and_a_new_half() -> None:
    """A withdrawn purpose's key must not live on in the others; a narrowed one's neither."""
    made = ready(PLACE)
    for lines, mask in (
        ((PHOTO,), 1 << p.LOCATION_REPORT | 1 << p.PHOTO),
        ((no(p.PHOTO),), 1 << p.LOCATION_REPORT),
        ((line(p.LOCATION_REPORT, precision=1, recipients=1),), 1 << p.LOCATION_REPORT),
    ):
        made.grant(*lines)
        made.drain()
        assert made.core.seal.held == mask
    assert [body[4] for body in bodies(made, "seal")] == [1, 2, 3, 4]
    assert made.hub.secrets["seal_number"] == b"\0\0\0\4"
    made.grant(OPEN)
    assert made.core.seal.held & 1 << p.LOCATION_REPORT == 0 or bodies(made)[-1:] == []


def test_the_number_rises_over_a_restart() -> None:
    """A broker that kept an older announcement must not bring its key back."""
    made = ready(PLACE)
    made.boot()
    made.online()
    made.grant(PLACE)
    made.drain()
    assert [body[4] for body in bodies(made, "seal")] == [1, 2]


def test_what_waits_without_a_key_waits_and_is_never_sent_plain() -> None:
    """Other purposes go on meanwhile."""
    made = ready(PLACE, line(p.STATUS))
    made.core._keys = lambda now: None  # the room finds no memory
    made.core.seal.forget(1 << p.LOCATION_REPORT)
    made.forget()
    report(made)
    made.run(MINUTE)
    assert "location" not in made.names()
    assert made.waiting(kinds.LOCATION) > 0
    slot = made.core.outbox.draft(kinds.LOCATION, made.now)
    assert not made.core.gate.release(p.LOCATION_REPORT, p.OWNER, slot.epoch, slot, made.now)
    del made.core._keys
    made.run(2 * SECOND)
    assert made.waiting(kinds.LOCATION) == 0
    assert [sorted(body) for body in bodies(made)] == [[1, 2, 3, 4]] * len(bodies(made))


def test_a_repeat_keeps_id_and_number_and_takes_a_counter_of_its_own() -> None:
    """One nonce seals once, whatever the link lost; the phone drops the double by its id."""
    made = ready(PLACE)
    made.give(remote.GNSS, bench.fix(20))
    made.tick(SECOND)
    made.tick(2 * SECOND)
    first = made.published()[-1]
    assert first.name == "location"
    made.give(remote.LINK, b"D\2")
    made.tick()
    made.connect()
    made.drain()
    again = [m for m in made.published() if m.name == "location"][-1]
    assert (again.id, again.facts[1], again.facts[2]) == (first.id, first.facts[1], first.facts[2])
    assert again.facts[3] == first.facts[3] + 1
    assert again.facts[4] != first.facts[4]


def test_the_key_moves_on_with_messages_and_with_time() -> None:
    """Who finds today's key reads nothing of an hour ago; an unused one stays."""
    made = ready(PLACE)
    seal = made.core.seal
    key, cipher = bytes(seal.key), seal.cipher
    made.run(40 * MINUTE, every=MINUTE)
    assert (bytes(seal.key), seal.counter) == (key, 0), "nothing was sealed with it"
    for start, used, later in ((0, 256, 0), (STEP, 1, 30 * MINUTE)):
        seal.counter = start + used - 1
        seal.since = made.now
        made.tick()
        assert bytes(seal.key) == key
        seal.counter = start + used
        made.tick(later)
        assert seal.counter == start + STEP
        assert bytes(seal.key) != key
        assert seal.cipher is not cipher
        key, cipher = bytes(seal.key), seal.cipher


def test_a_thousand_sealed_releases_allocate_nothing() -> None:
    """The gate's way of every position: written, sealed, handed over."""
    made = ready(PLACE)

    class Link:
        sent = 0
        n = 0

        def send(self, message) -> None:
            self.sent += 1
            self.n = message.n

    link = Link()
    gate = made.core.gate
    gate._ways.link = link
    slot = made.core.outbox.draft(kinds.LOCATION, made.now)
    slot.facts[1] = 31_205_760
    slot.facts[2] = 121_468_723
    slot.facts[3] = 0
    gate.release(p.LOCATION_REPORT, p.OWNER, slot.epoch, slot, made.now)
    micropython.heap_lock()
    try:
        for _ in range(1000):
            slot.seq = -1
            slot.id = 7
            gate.release(p.LOCATION_REPORT, p.OWNER, slot.epoch, slot, made.now)
    finally:
        micropython.heap_unlock()
    assert link.sent == 1001
    assert gate.sent[p.LOCATION_REPORT] == 1001


def test_the_longest_envelope_stays_within_its_bound() -> None:
    """Numbers of four bytes and the largest chunk: 60 bytes at most, and the buffer has room."""
    made = ready(PHOTO)
    seal = made.core.seal
    seal.number = seal.counter = (1 << 30) - 1
    buf = bytearray(made.core.profile.chunk + 80)
    n = made.core.profile.chunk + 26  # a chunk with all its numbers at their longest
    assert seal.close(b"d/0123456789abcdef/photo", (1 << 30) - 1, buf, n) - n <= 39
