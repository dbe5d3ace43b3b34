"""The ways to a device: its console by cable or to a simulated one, and a broker. What comes on other topics is dropped unread.

Refuses to let a broker keep anything for us: the session is clean, and our name there is a new one each time.
"""

import secrets
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from agent.base.errors import BUSY
from agent.link import kinds
from hal.host.link import PahoLink
from hal.ports import Readable
from simulator.cloud import NETWORK, Hello
from simulator.inbox import Inbox
from simulator.owner import Record
from tools import enrol
from tools import enrolment as e
from tools.consent.deliver import NO_ANSWER, Answer
from tools.consent.wallet import Wallet
from tools.errors import Problem
from tools.rig import target
from tools.rig.client import Rig, Standing
from tools.rig.virtual import DEVICES
from tools.rig.wire import NoAnswer, Refused, WireGone
from tools.sim.real_cloud import REASONS, Outgoing, ticks

_PAUSE_MS = 100
_ANSWER_MS = 30_000  # to an order: a goodbye takes 15 s
_MAX_PIECES = 256
_RECEIPT_MS = 5_000  # the device signs it after it has answered
_DOWN, _UP = 0, 2  # hal.ports.Link.state
_OPEN_S = 12.0
_WAIT_S = 0.05


class ConsoleWay:
    def __init__(self, rig: Rig, name: str) -> None:
        self.name = name
        self.keeps = name not in DEVICES
        self._rig = rig

    def ask(self) -> Standing:
        return self._rig.standing()

    def deliver(self, record: Record) -> Answer:
        if record.order is not None:
            return self._order(record.body)
        before = self._rig.standing().receipt
        code = self._rig.record(record.body)
        if code == BUSY:
            return Answer(code, b"")
        left = _RECEIPT_MS if code == 0 else _PAUSE_MS  # what is not authentic gets none
        receipt = self._rig.standing().receipt
        while receipt == before and left > 0:
            self.pause()
            left -= _PAUSE_MS
            receipt = self._rig.standing().receipt
        return Answer(code, receipt if receipt != before else b"")

    def _order(self, body: bytes) -> Answer:
        """The order, and every piece of its answer: as long as one waits there the device takes no other."""
        code, _, _ = self._rig.order(body)
        whole = b""
        index, pieces, left = 0, 1, _ANSWER_MS
        while code == 0 and index < pieces:
            code, pieces, data = self._rig.piece(index)
            if code == BUSY and left > 0:
                code, pieces, left = 0, index + 1, left - _PAUSE_MS
                self.pause()
            elif code == 0:
                whole += data
                index += 1
        return Answer(code, b"", whole if code == 0 else b"")

    def clear(self) -> None:
        """A console retains nothing."""

    def pause(self) -> None:
        self._rig.listen(_PAUSE_MS)


@contextmanager
def console(name: str, wallet: Wallet, keys: e.Enrolment | None) -> Generator[tuple[ConsoleWay, Rig]]:
    """A device on a line, with its owner at ours."""
    with cable(name, keys or (_enrolment(wallet) if name in DEVICES else None)) as rig:
        yield ConsoleWay(rig, name), rig


@contextmanager
def cable(name: str, keys: e.Enrolment | None) -> Generator[Rig]:
    """A device's open console. A simulated device is made anew, and enrolled with these keys."""
    target.check([name])
    log = target.new_log(name)
    try:
        rig = target.open_rig(name, log)
        try:
            if name in DEVICES and keys is not None:
                enrol.over(rig, keys, name)
            _greet(rig, name, keys)
            yield rig
        except (NoAnswer, WireGone, Refused) as error:
            raise Problem(str(error), name, f"Its log: {log.path}") from error
        finally:
            rig.close()
    finally:
        log.close()


def _enrolment(wallet: Wallet) -> e.Enrolment:
    values = dict(wallet.owner.binding.secrets())
    return e.Enrolment({**values, "console_key": secrets.token_bytes(32)})


def _greet(rig: Rig, name: str, keys: e.Enrolment | None) -> None:
    hello = rig.hello()
    if not hello.enrolled:
        raise Problem("the device is bound to nobody", name, "`amace enrol --port` binds it")
    if keys is None:
        raise Problem(
            "the device's console wants its key", name, "Name the device's file with --enrolment (amace enrol --out)"
        )
    if rig.auth(keys.console_key, hello.nonce):
        raise Problem("the device does not accept this console key", name, "Is this its enrolment?")


class _Pieces:
    """An answer as it arrives. Who else sends pieces only spoils it: what is inside is authenticated."""

    def __init__(self) -> None:
        self._count = -1
        self._got: dict[int, bytes] = {}

    def take(self, index: int, count: int, data: bytes) -> None:
        if not 0 <= index < _MAX_PIECES:
            return
        if count != self._count:
            self._got.clear()
        self._count = count
        self._got[index] = data

    @property
    def whole(self) -> bool:
        """Also when it was erased meanwhile: then it has no piece."""
        return 0 <= self._count <= len(self._got)

    @property
    def joined(self) -> bytes:
        return b"".join(self._got[k] for k in range(self._count) if k in self._got)


class BrokerWay:
    keeps = True

    def __init__(self, url: str, ca_file: Path | None, wallet: Wallet, wait_s: float) -> None:
        self.name = e.without_user(url)
        self._wallet = wallet
        self._topic = wallet.owner.binding.topic
        self._inbox = Inbox(self._topic, wallet.owner.binding.opener())
        self._wait_s = wait_s
        self._receipts: list[tuple[int, int, bytes]] = []
        self._answers: dict[int, _Pieces] = {}  # by number of the order
        self._sent = False
        try:
            self._link = PahoLink(url, ca_file, wallet.ca or None if ca_file is None else None)
        except ValueError as error:
            raise Problem(str(error), "--broker") from error
        self._link.on_message = self._on_message
        self._link.on_sent = self._on_sent

    def open(self) -> None:
        self._link.open(Hello(b"owner-" + secrets.token_hex(4).encode(), True, 60, b"", b"", self._topic + b"+"))
        self._until(lambda: self._link.state in (_DOWN, _UP), _OPEN_S)
        if self._link.state != _UP:
            raise self._unusable()

    def close(self) -> None:
        self._link.close(True)

    def ask(self) -> Standing | None:
        """A device says hello when it connects; who comes later knows what the last receipt said."""
        return None

    def deliver(self, record: Record) -> Answer:
        self._receipts.clear()
        if record.order is not None:
            return self._order(record)
        self._send(kinds.RECORD, record.body)
        self._until(lambda: self._answer(record.seq) is not None or self._link.state != _UP, self._wait_s)
        return self._answer(record.seq) or Answer(NO_ANSWER, b"")

    def _send(self, name: bytes, content: bytes, retain: bool = False) -> None:
        self._sent = False
        body = bytearray(content)
        self._link.send(Outgoing(self._topic + name, body, len(body), 1, retain, 1))
        self._until(lambda: self._sent or self._link.state != _UP, _OPEN_S)
        if not self._sent:
            raise self._unusable()

    def _order(self, record: Record) -> Answer:
        """An order that is taken is answered with pieces, one that is not with a receipt."""
        answer = self._answers[record.seq] = _Pieces()
        self._send(kinds.ORDER, record.body)
        self._until(lambda: answer.whole or self._refusal() is not None or self._link.state != _UP, self._wait_s)
        if answer.whole:
            return Answer(0, b"", answer.joined)
        return self._refusal() or Answer(NO_ANSWER, b"")

    def _refusal(self) -> Answer | None:
        return next((Answer(code, receipt) for _, code, receipt in self._receipts if code), None)

    def clear(self) -> None:
        self._send(kinds.NAMES[kinds.ONLINE], b"", True)

    def _answer(self, seq: int) -> Answer | None:
        """The first receipt that is about this record: its number or a later one, or a refusal."""
        for at, code, receipt in self._receipts:
            if code or at >= seq:
                return Answer(code, receipt)
        return None

    def pause(self) -> None:
        self._until(lambda: False, _WAIT_S * 10)

    def listen(self, seconds: float) -> bool:
        """Waits for the device's hello; True when its key is known."""
        self._until(lambda: bool(self._wallet.device_key), seconds)
        return bool(self._wallet.device_key)

    def _until(self, done: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not done() and time.monotonic() < end:
            self._link.poll(ticks())
            self._link.wait(_WAIT_S)
            if self._link.state == _DOWN:
                return
        self._link.poll(ticks())

    def _unusable(self) -> Problem:
        return Problem(
            f"the broker cannot be used: {REASONS[self._link.error or NETWORK]}",
            self.name,
            "Check address, port, name and password, --ca and that it runs",
        )

    def _on_sent(self, id: int) -> None:
        self._sent = True

    def _on_message(self, topic: bytes, payload: Readable, n: int) -> None:
        if topic not in (self._topic + b"hello", self._topic + b"receipt", self._topic + b"rights"):
            return
        heard = self._inbox.take(topic, bytes(payload[:n]), 0)
        if heard is None:
            return
        if heard.name == "hello":
            self._wallet.trust(heard.blob(6), True)
        elif heard.name == "rights":
            answer = self._answers.get(heard.number(2))
            if answer is not None:
                answer.take(heard.number(4), heard.number(5), heard.blob(6))
        else:
            self._receipts.append((heard.number(2), heard.number(6), heard.blob(0)))


@contextmanager
def broker(url: str, ca: Path | None, wallet: Wallet, wait_s: float) -> Generator[BrokerWay]:
    way = BrokerWay(url, ca, wallet, wait_s)
    try:
        way.open()
        yield way
    finally:
        way.close()
