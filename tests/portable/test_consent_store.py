"""What survives a restart: the whole ledger, or nothing. A store that is not whole grants nothing and takes no record (I6)."""

from agent.base import errors
from agent.crypto.mac import Hmac
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from tests.portable.ledgers import PHOTO, Device, restored
from tests.portable.signed import EPOCH, HEAD0, KEY, START, Chain, consent_aad, line, no


def test_a_snapshot_brings_everything_back() -> None:
    """Chain, terms and pins: after a restart the same records are refused and accepted as before."""
    device, chain = Device(), Chain()
    replay = chain.next(line(p.STATUS, interval=5), line(p.LOCATION_REPORT, precision=2, retention=1 << 21))
    device.take(replay)
    device.take(chain.ahead(4, no(p.PRESENCE)))
    device.ledger.withdraw_all(START)
    chain.press()
    device.ledger.narrow(g.SWITCHES & ~t.CAMERA)
    device.take(chain.next(line(p.STATUS), issued=START + 9))
    device.ledger.narrow(g.SWITCHES & ~t.STORAGE)
    blob = device.ledger.snapshot()
    assert len(blob) <= 1_024
    other = restored(blob)
    assert other.state() == device.state()
    assert other.take(replay) == errors.REPLAYED
    assert other.take(chain.next(line(p.PRESENCE))) == 0
    assert not other.live() & 1 << p.PRESENCE, "pinned still"


def test_an_empty_snapshot_comes_back_empty() -> None:
    """Physical withdrawal before the first record."""
    assert restored(Device().ledger.snapshot()).state() == Device().state()


def test_a_damaged_snapshot_turns_everything_off() -> None:
    """I6: every bit, every cut, another key, another owner's epoch, and bytes behind."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    blob = device.ledger.snapshot()
    cases = [blob[:n] for n in range(0, len(blob), 3)] + [blob + b"\0", blob + blob]
    for k in range(0, 8 * len(blob), 5):
        bad = bytearray(blob)
        bad[k >> 3] ^= 1 << (k & 7)
        cases.append(bytes(bad))
    for bad in cases:
        other = restored(bad)
        assert other.grants.damaged
        assert other.grants.live(START) == 1 << p.CONTROL
    assert restored(blob, key=bytes(32)).grants.damaged
    assert restored(blob, epoch=EPOCH + 1).grants.damaged
    assert not restored(blob).grants.damaged


def test_a_damaged_store_takes_no_record() -> None:
    """Its head is lost, so the chain's first records would pass for news: whoever kept them could switch consent back on."""
    chain = Chain()
    first = chain.next(line(p.STATUS))
    device = restored(b"what was flash")
    assert device.take(first) == errors.FORKED
    assert device.take(chain.next(no(p.STATUS))) == errors.FORKED
    assert (device.grants.seq, device.grants.head) == (0, HEAD0)
    assert device.live() == 0


def test_a_snapshot_of_another_notice_keeps_the_chain_and_no_grant() -> None:
    """A device flashed with a new policy text asks again, and old records stay old."""
    device, chain = Device(), Chain()
    first = chain.next(line(p.STATUS))
    device.take(first)
    body = bytearray(device.ledger.snapshot()[:-32])
    body[4] ^= 1
    tag = Hmac(KEY).tag(b"CONSENT-STORE3", consent_aad()[8:], body)
    other = restored(bytes(body) + tag)
    assert not other.grants.damaged
    assert other.live() == 0
    assert (other.grants.seq, other.grants.head) == (1, chain.head)
    assert other.take(first) == errors.REPLAYED
    assert other.take(chain.next(line(p.PHOTO))) == 0
    assert other.live() == PHOTO
