"""Permission switches (policy 1.5): one that is turned off ends what needs it, and says what that is."""

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from tests.portable.ledgers import Device
from tests.portable.signed import Chain, claims, hasten, line, sign

PLACES = 1 << p.LOCATION_REPORT | 1 << p.LOCATION_ALARM


def test_a_permission_that_is_turned_off_names_all_that_needs_it_and_nothing_else() -> None:
    """What waits of these purposes is erased in the same tick: one too few would be sent, one too many lost."""
    for switch, expected in (
        (t.LOCATION, PLACES),
        (t.CAMERA, 1 << p.PHOTO),
        (t.NOTIFICATIONS, 1 << p.WAKE_ABNORMAL),
        (t.MICROPHONE, 0),
        (t.LOCATION | t.CAMERA, PLACES | 1 << p.PHOTO),
    ):
        device = Device()
        device.ledger.narrow(g.SWITCHES & ~switch)
        assert device.ledger.withdrawn == expected, switch
        assert device.grants.switches == g.SWITCHES & ~switch
        device.ledger.narrow(g.SWITCHES)
        assert device.ledger.withdrawn == 0
        assert device.grants.switches == g.SWITCHES & ~switch, "only a signed record turns one on"


def test_a_record_that_turns_a_permission_off_ends_what_needs_it_too() -> None:
    """The owner's phone sends both in one record."""
    device, chain = Device(), Chain()
    assert device.take(chain.next(line(p.LOCATION_REPORT), line(p.STATUS))) == 0
    claim = claims(2, chain.head, [line(p.STATUS)])
    claim[-65546] = g.SWITCHES & ~t.LOCATION
    assert device.take(hasten(sign(claim))) == 0
    assert device.ended == PLACES
    assert device.live() == 1 << p.STATUS
