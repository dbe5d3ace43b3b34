"""What a policy allows at most holds for every term of a line, also where the policy of this build allows all of it."""

from agent.privacy import purposes as p
from agent.privacy import table as t
from agent.privacy.terms import within


class Line:
    purpose = p.LOCATION_REPORT
    precision = 0
    recipients = 1
    retention = 60


def test_a_finer_position_than_the_policy_names_is_not_within_it() -> None:
    """Another policy may ask for coarse positions alone: then nobody can have consented to a precise one."""
    facts = t.FACTS
    changed = bytearray(facts)
    changed[t.ROW[p.LOCATION_REPORT] * t.WIDTH + t.PRECISION] = 1
    line = Line()
    assert within(line, False)
    t.FACTS = bytes(changed)
    try:
        assert not within(line, False)
        line.precision = 1
        assert within(line, False)
    finally:
        t.FACTS = facts
