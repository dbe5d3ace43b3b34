"""The policy this tree was built with, on the machines that run it: its table, and what it lets live. Holds for any policy."""

# heap: 300k - the test keeps everything the device said

from agent.base import errors
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from simulator import remote
from tests.portable.bench import MINUTE, Bench, fix
from tests.portable.signed import HEAD0, START, claims, line, no, sign


def mine() -> "list[int]":
    """Purposes that a record may name."""
    return [purpose for purpose in range(p.COUNT) if p.GRANTABLE >> purpose & 1]


def named(purpose: int) -> int:
    """Owner and platform, as far as the policy names them: what the platform may read needs no key."""
    return (1 << p.OWNER | 1 << p.PROVIDER) & t.fact(purpose, t.TO)


def test_what_the_policy_allows_can_be_granted_and_withdrawn() -> None:
    """A policy that no record can use would be a brick; one that no record can end, a trap."""
    for purpose in mine():
        bench = Bench()
        bench.online()
        bench.grant(line(purpose, recipients=named(purpose)))
        assert bench.core.gate.allows(purpose), purpose
        bench.grant(no(purpose))
        assert not bench.core.gate.allows(purpose)
        assert bench.core.grants.refusal(purpose, p.OWNER, START) == p.WITHDRAWN


def test_what_the_policy_does_not_know_is_refused_as_inactive() -> None:
    """A purpose outside the policy has no row: neither a record nor its number may bring it to life."""
    bench = Bench()
    bench.online()
    for purpose in range(p.COUNT):
        if not p.ACTIVE >> purpose & 1:
            for retention in (0, 3_600):
                asked = line(purpose, retention=retention)
                assert bench.record(sign(claims(1, HEAD0, [asked]))) == errors.OUT_OF_RANGE, purpose
            assert bench.core.gate.refusal(purpose, p.OWNER, bench.core.epoch) == p.INACTIVE
            assert bench.core.grants.get(purpose, g.STATE) == g.UNKNOWN


def test_a_sensor_no_active_purpose_needs_never_has_power() -> None:
    """A policy without location is a device without a receiver, whatever the owner signs."""
    bench = Bench()
    bench.online()
    bench.grant(*[line(purpose, recipients=named(purpose)) for purpose in mine()])
    needed = 0
    for purpose in mine():
        needed |= t.fact(purpose, t.SENSOR)
    bench.give(remote.GNSS, fix(1))
    bench.run(MINUTE)
    for sensor in (p.GNSS, p.CAMERA):
        assert bench.core.gate.lease(sensor, p.GRANTABLE) == bool(needed & sensor)
        if not needed & sensor:
            assert not bench.core.gate.lease(sensor, (1 << p.COUNT) - 1)


def test_a_grant_may_use_the_policy_up_to_its_limits_and_not_past_them() -> None:
    """What the page does not name, nobody was asked for: time, recipient and precision are refused one step beyond."""
    for purpose in mine():
        to = t.fact(purpose, t.TO)
        most = 3_600 * (t.fact(purpose, t.HOURS_HIGH) << 8 | t.fact(purpose, t.HOURS_LOW))
        finest = t.fact(purpose, t.PRECISION)
        wrong = [line(purpose, retention=most + 1, recipients=to)]
        wrong += [line(purpose, recipients=to | 1 << k) for k in range(6) if not to >> k & 1]
        wrong += [line(purpose, precision=k) for k in range(finest)]
        for beyond in wrong:
            bench = Bench()
            assert bench.record(sign(claims(1, HEAD0, [beyond]))) == errors.OUT_OF_RANGE, purpose
            assert bench.core.grants.get(purpose, g.STATE) == g.UNKNOWN
        bench = Bench()
        assert (
            bench.record(sign(claims(1, HEAD0, [line(purpose, retention=most, recipients=to, precision=finest)]))) == 0
        )
        withdrawal = line(purpose, g.WITHDRAWN, retention=most + 1, recipients=0x3F)
        assert bench.record(sign(claims(2, bytes(bench.core.grants.head), [withdrawal]))) == 0, "a no needs no terms"


def test_the_table_is_one_row_for_each_purpose_that_lives() -> None:
    """A row too many reads another purpose's facts; a row too few reads past the end."""
    assert len(t.ROW) == p.COUNT
    assert len(t.FACTS) == t.ROWS * t.WIDTH
    assert sorted([t.ROW[purpose] for purpose in mine()]) == list(range(1, t.ROWS))
    assert p.ACTIVE == p.GRANTABLE | 1 << p.CONTROL
    for purpose in mine():
        assert not t.fact(purpose, t.SWITCHES) & t.MICROPHONE
        assert t.fact(purpose, t.TO) & 1 << p.OWNER or t.fact(purpose, t.TO)
        assert t.fact(purpose, t.HOURS_HIGH) or t.fact(purpose, t.HOURS_LOW)
