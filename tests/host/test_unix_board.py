"""The unix board, whole: enrolled over a pty, restarted, bound, and heard by a real broker over TLS."""

import random
import time
from pathlib import Path

import cbor2

from agent.link.kinds import topic_of
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020
from simulator.keys import Signer
from simulator.owner import Binding, Consent, Owner
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.unix_board import UnixBoard
from tests.support.witness import Witness
from tools import enrolment

_DAY = 86_400
_PATIENCE_S = 30


def _owner(keys: enrolment.Enrolment) -> Owner:
    signer = Signer(keys.owner_seed)
    return Owner(Binding(keys.device_id, keys.pairing_key, signer, keys.epoch, keys.seal), random.Random(2))


def _give(owner: Owner, purposes: tuple[int, ...], state: int = g.GIVEN) -> bytes:
    issued = int(time.time()) - EPOCH_2020
    lines = [Consent(purpose, state, interval_s=1, retention_s=_DAY) for purpose in purposes]
    return owner.record(lines, issued, issued + 30 * _DAY).body


def _sentences(second: int) -> bytes:
    """An invented place, at the present time: the device learns the time from its receiver."""
    now = time.gmtime(time.time() + second)
    clock, date = time.strftime("%H%M%S.00", now), time.strftime("%d%m%y", now)
    out = b""
    for body in (
        f"GNRMC,{clock},A,4710.2300,N,00930.7950,E,21.0,0.0,{date},,,A",
        f"GNGGA,{clock},4710.2300,N,00930.7950,E,1,08,0.9,455.0,M,48.0,M,,",
    ):
        check = 0
        for letter in body.encode():
            check ^= letter
        out += f"${body}*{check:02X}\r\n".encode()
    return out


def _heard(seen: Witness, board: UnixBoard, *topics: str) -> list[bytes]:
    """The next message on each of these topics; the receiver goes on talking meanwhile."""
    found: dict[str, bytes] = {}
    end = time.monotonic() + _PATIENCE_S
    second = 0
    while time.monotonic() < end:
        board.feed(_sentences(second))
        second += 1
        for got, payload in seen.drain():
            found.setdefault(got, payload)
        if all(topic in found for topic in topics):
            return [found[topic] for topic in topics]
        board.rig.listen(100)
    raise AssertionError(f"nothing on {topics}: {board.rig.state()} {board.rig.journal()}\n{board.log()}")


def test_a_device_in_a_process_lives_its_whole_life(vm: Path, umqtt: Path, mosquitto: Path, tmp_path: Path) -> None:
    """Real sockets, a real certificate, a serial line, a receiver, two lives: everything of a board but its chip."""
    authority = Authority()
    pem = str(authority.save(tmp_path / "ca.pem"))
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        UnixBoard(vm, umqtt, tmp_path) as board,
        Witness(broker, "#", pem) as seen,
    ):
        rig = board.rig
        hello = rig.hello()
        assert (hello.board, hello.enrolled) == ("unix", False)
        keys = enrolment.generate(broker=f"mqtts://localhost:{broker.port}", ca=authority.der)
        for name in enrolment.ORDER:
            if name in keys.secrets:
                assert rig.enrol(name, keys.secrets[name]) == 0, name
        hello = rig.restart()
        assert hello.enrolled
        assert board.starts == 2
        assert board.codes == [0]
        owner = _owner(keys)
        topic = topic_of(keys.device_id, keys.epoch).decode()

        assert rig.auth(keys.console_key, rig.hello().nonce) == 0
        assert rig.record(_give(owner, (p.STATUS, p.LOCATION_REPORT))) == 0
        opener = owner.binding.opener()
        key, sealed = _heard(seen, board, topic + "seal", topic + "location")
        opener.learn(cbor2.loads(key))
        opened = opener.open("location", cbor2.loads(sealed))
        place = cbor2.loads(opened or b"")
        assert abs(place[3] - 47_170_500) < 50
        assert abs(place[4] - 9_513_250) < 50

        assert rig.record(_give(owner, (p.STATUS, p.LOCATION_REPORT), g.WITHDRAWN)) == 0
        seen.drain()
        for second in range(10):
            board.feed(_sentences(100 + second))
            rig.listen(100)
        assert [name for name, _ in seen.drain() if name.endswith("/location")] == []
        assert broker.count(r"New client connected from .* as [0-9a-f]{16} ") >= 1
