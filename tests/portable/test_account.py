"""The end of an account, on every runtime: what it leaves, where power may go, and who can be the next owner."""

# heap: 352k - the test keeps everything the device said

from agent.base import errors
from agent.link import console as c
from agent.link import kinds
from agent.link.requests import ARM
from agent.privacy import erasure as e
from agent.privacy import grants as g
from agent.privacy import order as r
from agent.privacy import purposes as p
from simulator import board, remote
from tests.portable import orders as o
from tests.portable.bench import Bench, enrolled
from tests.portable.signed import DAY, DEVICE, EPOCH, HEAD0, START, line

PLACE = 1 << p.LOCATION_REPORT
STATUS = 1 << p.STATUS


def test_an_ended_account_leaves_the_id_and_nothing_of_its_owner() -> None:
    """Policy 5.5: keys, grants, data and Wi-Fi go; the next owner's epoch is another one."""
    bench = o.granted(p.LOCATION_REPORT, p.PRESENCE, p.STATUS)
    bench.hub.secrets["name"] = b"Blue bike"
    for secret in c.SECRETS:  # whatever else an enrolment can tell
        bench.hub.secrets.setdefault(secret.decode(), bytes(32))
    bench.connect()
    bench.drain()
    o.kept(bench, kinds.LOCATION)
    assert bench.ask(ARM) == 0
    bench.drain()
    o.kept(bench, kinds.LOCATION)
    bench.forget()
    assert o.order(bench, o.WHOLE) == 0
    assert bench.core.guard is None
    assert bench.core.grants.live(START) == 1 << p.CONTROL, "for the goodbye"
    bench.connect()
    bench.drain()
    told = o.certificate(bench)
    assert told[4] == o.WHOLE
    assert told[7] & e.SECRETS
    assert told[8] == e.IN_HAND, "the position left while the signature was checked"
    cleared = [message for message in bench.published() if message.name == "online" and not message.payload]
    assert [message.retain for message in cleared] == [1]
    assert bench.core.restart
    assert bench.ports.wifi.state == 0, "it has left the network"
    assert {name for name, value in bench.hub.secrets.items() if value} == {"device_id", "epoch"}
    assert bench.hub.secrets["epoch"] == bytes((0, 0, 0, EPOCH + 1))
    rows = [bench.core.grants.get(purpose, column) for purpose in range(p.COUNT) for column in range(g.COLUMNS)]
    assert not any(rows)
    bench.boot()
    assert not bench.core.grants.bound
    assert bench.record(bench.chain.next(line(p.STATUS))) == errors.NOT_GRANTED
    assert o.give(bench, b"") == errors.NOT_GRANTED


def test_without_a_connection_the_certificate_says_that_the_broker_still_keeps() -> None:
    """An exception is named, not hidden; the owner's tool can clear the topic itself."""
    bench = Bench(parts=board.CONSOLE)
    bench.grant(line(p.PRESENCE))
    assert o.order(bench, o.WHOLE) == 0
    rights = bench.core.rights
    rights.cable = True
    assert rights.piece(0) == (0, 0), "not made yet"
    bench.tick(15_000)
    o.signed_by_then(bench)
    size, pieces = rights.piece(0)
    assert pieces == 1
    buf = bytearray(size)
    rights.copy(0, size, buf, 0)
    assert o.certified(bytes(buf))[8] == e.RETAINED
    rights.taken()
    assert bench.core.restart


class Cut(Exception):
    pass


class Cutting:
    """Secrets whose power goes at the n-th write, before or after it is durable."""

    def __init__(self, hub, n: int, after: bool) -> None:
        self._hub = hub
        self._n = n
        self._after = after
        self.writes = 0

    def _write(self, do, *arguments) -> None:
        self.writes += 1
        if self.writes == self._n and not self._after:
            raise Cut
        do(*arguments)
        if self.writes == self._n:
            raise Cut

    def get(self, name: str):
        return self._hub.get(name)

    def put(self, name: str, value: bytes) -> None:
        self._write(self._hub.put, name, value)

    def drop(self, name: str) -> None:
        self._write(self._hub.drop, name)


def ended(n: int, after: bool, again: int = 0) -> int:
    """Ends an account with a power cut at write `n`, and at write `again` of the recovery; returns the writes there were."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.hub.secrets["name"] = b"Blue bike"
    grants = bench.core.grants
    body = o.sign(o.claims(grants.seq + 1, bytes(grants.head), o.WHOLE))
    secrets = bench.core.ports.secrets = Cutting(bench.hub, n, after)
    asked = False
    try:
        asked = o.give(bench, body) == 0
    except Cut:
        pass
    kept = bench.hub.secrets
    if again:
        hub = remote.Hub(bytes(16), bench.now, bench._emit)
        hub.secrets = kept
        try:
            bench.ports.secrets = Cutting(hub, again, after)
            e.sweep(bench.ports)
        except Cut:
            pass
    bench.forget()
    bench.boot()
    assert not [port for _, port, _ in bench.said if port in (remote.WIFI, remote.LINK, remote.BLE)]
    left = {name for name, value in bench.hub.secrets.items() if value}
    if asked or "pairing_key" not in left:
        assert left == {"device_id", "epoch"}, (n, after, again, left)
        assert bench.hub.secrets["epoch"] == bytes((0, 0, 0, EPOCH + 1))
        assert not bench.core.grants.bound
    else:
        assert n == 1, "only a cut before the mark leaves the account"
        assert not after
        assert left == set(enrolled()) | {"consent", "name", "device_key"}
    return secrets.writes


def test_a_power_cut_at_any_write_of_an_ended_account_ends_in_the_ended_account() -> None:
    """I3 and fault 51: before the mark nothing has happened, after it nothing comes back, whatever is cut and cut again."""
    writes = ended(0, False)
    assert writes >= 9
    for n in range(1, writes + 1):
        for after in (False, True):
            ended(n, after)
    for n in range(1, writes + 1, 3):
        for again in range(1, writes + 1):
            ended(n, True, again)


def test_an_ended_account_whose_mark_flash_refuses_has_not_ended() -> None:
    """No certificate for what did not happen."""
    bench = o.granted(p.STATUS)

    class Full(Cutting):
        def put(self, name: str, value: bytes) -> None:
            raise OSError(28)

    bench.core.ports.secrets = Full(bench.hub, 0, False)
    assert o.order(bench, o.WHOLE) == errors.BUSY
    assert bench.core.grants.bound
    assert bench.live() & STATUS


def test_a_damaged_store_takes_no_order_but_the_end_of_the_account() -> None:
    """I6: its chain is lost, so only what no replay can misuse is left: beginning anew."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.hub.secrets["consent"] = b"what was flash"
    bench.boot()
    assert bench.core.grants.damaged
    for what, purposes in ((o.ERASE, STATUS), (o.EXPORT, 0), (o.CORRECT, 0)):
        assert o.order(bench, what, purposes) == errors.FORKED
    assert o.order(bench, o.WHOLE) == 0
    assert bench.hub.secrets.get("pairing_key") is None


def test_a_former_owners_epoch_cannot_be_enrolled_again() -> None:
    """The erasure epoch: records, orders and topics of before mean nothing, whoever enrols."""
    bench = Bench(parts=board.CONSOLE, secrets={"device_id": DEVICE, "epoch": bytes((0, 0, 0, EPOCH + 1))})
    console = c.Console(bench.core, bench.ports.console)
    assert console._enrol(b"epoch\x00" + bytes((0, 0, 0, EPOCH))) == errors.OUT_OF_RANGE
    assert console._enrol(b"epoch\x00" + bytes((0, 0, 0, EPOCH + 1))) == 0


def test_nobody_can_claim_a_device_before_the_former_owners_data_is_gone() -> None:
    """Policy 5.5, 2.6: while bound, and while an erasure is not finished, there is no next owner."""
    bench = Bench()
    claim = b"wifi_ssid\x00the next owner's"
    assert c.Console(bench.core, bench.ports.console)._enrol(claim) == errors.NOT_GRANTED
    bench.boot({"device_id": DEVICE, "epoch": bytes((0, 0, 0, EPOCH + 1))})
    bench.hub.secrets[e.MARK] = bytes((0, 0, 0, EPOCH + 1))  # flash failed in the middle of a whole erasure
    bench.hub.secrets["name"] = b"a former owner's canary"
    assert c.Console(bench.core, bench.ports.console)._enrol(claim) == errors.BUSY
    assert "wifi_ssid" not in bench.hub.secrets
    bench.boot()
    assert "name" not in bench.hub.secrets, "the start finished it"
    assert c.Console(bench.core, bench.ports.console)._enrol(claim) == 0


def test_a_deadline_is_by_the_jurisdiction() -> None:
    """Policy 8: fifteen days, and forty-five where the law says so."""
    for place, days in ((b"CN", 15), (b"", 15), (b"US-CA", 45), (b"DE", 15)):
        claim = o.claims(1, HEAD0, o.EXPORT)
        claim[-65542] = o.Text(place)
        body = o.encode(o.Pairs(*[(key, claim[key]) for key in o.KEYS]))
        assert r.Order(o.Reader(body, 0, len(body))).due(100) == 100 + days * DAY, place
