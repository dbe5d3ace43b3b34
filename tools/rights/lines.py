"""The two ways to a device for orders: its console, by cable or simulated, and the broker it is connected to.

Law: an order is signed on the place in the chain that the device names, never on a guess: a probe with number 0, which no device
takes, makes it name that place. Refuses to wait for ever.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, cast

import cbor2
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.base import errors
from agent.link import kinds
from agent.privacy import order as r
from agent.privacy.record import EPOCH_2020
from hal.host import broker_url, trust
from simulator.owner import Binding
from tools import enrolment as e
from tools.errors import Problem
from tools.rig import journal_text, target
from tools.rig.client import Rig
from tools.rig.stepped import SteppedWire
from tools.rig.wire import NoAnswer, WireGone
from tools.rights import orders

PATIENCE_S = 60.0  # for an answer over a broker
_POLL_MS = 200
_POLLS = 150  # 30 s: a goodbye takes 15
_MAX_PIECES = 256

Told = tuple[int, int, bytes]
"""(0 or an error code, number of the chain's last record, its head)."""


class Line(Protocol):
    name: str

    def place(self, probe: bytes) -> Told:
        """Where the chain ends; `probe` is an order that no device takes."""
        ...

    def order(self, body: bytes) -> int:
        """0, or why it is not taken, as far as that is known at once."""
        ...

    def answer(self) -> bytes:
        """The whole answer to the order that was just taken."""
        ...


class Console:
    def __init__(self, rig: Rig, name: str) -> None:
        self.name = name
        self._rig = rig

    def place(self, probe: bytes) -> Told:
        return self._rig.order(b"")

    def order(self, body: bytes) -> int:
        return self._rig.order(body)[0]

    def answer(self) -> bytes:
        whole = b""
        index = waited = 0
        while True:
            status, pieces, data = self._rig.piece(index)
            if status == errors.BUSY and waited < _POLLS:
                waited += 1
                self._rig.listen(_POLL_MS)
                continue
            if status:
                raise refused(self, status)
            whole += data
            index += 1
            if index >= pieces:
                return whole


class Broker:
    """Speaks as the owner's phone does. `topic` is `d/<id>/`."""

    def __init__(self, url: str, ca: bytes, topic: str) -> None:
        self.name = "the broker"
        self._topic = topic
        self._receipts: list[dict[int, Any]] = []
        self._pieces: dict[int, bytes] = {}
        self._count = -1
        self._order = -1
        self._ready = False
        try:
            parsed = broker_url.parse(url)
            context = trust.context(ca or None) if parsed.tls else None
        except ValueError as error:
            raise Problem(str(error), "--broker", "Write mqtts://[user:password@]host[:port]") from error
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if context is not None:
            cast(Any, self._client).tls_set_context(context)  # Any: paho's type of it is half unknown
        if parsed.username:
            self._client.username_pw_set(parsed.username, parsed.password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        try:
            self._client.connect(parsed.host, parsed.port, keepalive=60)
        except OSError as error:
            raise Problem(f"no connection: {error}", "--broker", "Is it running, and is this its address?") from error
        self._until(lambda: self._ready, "the broker does not let us in")

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(self._topic + "rights", 1), (self._topic + "receipt", 1)])

    def _on_subscribe(self, *_: object) -> None:
        self._ready = True

    def _on_message(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        try:
            said = cast("dict[int, Any]", cbor2.loads(message.payload))
            if message.topic.endswith("receipt"):
                applied = cbor2.loads(cbor2.loads(said[2]).value[2])  # a forged one only makes an order not fit
                self._receipts.append({key: applied[key] for key in (2, 3, 6)})
            elif said[2] >= self._order and 0 <= said[4] < _MAX_PIECES:
                if said[2] > self._order or said[5] != self._count:
                    self._pieces.clear()
                self._order, self._count = said[2], said[5]
                self._pieces[said[4]] = said[6]
        except (cbor2.CBORDecodeError, AttributeError, IndexError, KeyError, TypeError, ValueError):
            return  # not from the device; whoever sent it achieves nothing

    def _until(self, done: Callable[[], bool], why: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while not done():
            self._client.loop(0.1)
            if time.monotonic() > until:
                raise Problem(why, self.name, "Is the device on and connected? Its console works without a network")

    def place(self, probe: bytes) -> Told:
        return self._send(probe)

    def order(self, body: bytes) -> int:
        return self._send(body)[0]

    def _send(self, body: bytes) -> Told:
        """An order that is taken is answered with pieces, one that is not with a receipt."""
        self._receipts.clear()
        self._pieces.clear()
        self._count = -1
        self._client.publish(self._topic + kinds.ORDER.decode(), body, 1)
        self._until(lambda: bool(self._receipts or self._pieces), "the device says nothing to it")
        if self._pieces:
            return 0, 0, b""
        said = self._receipts[-1]
        return said[6], said[2], said[3]

    def answer(self) -> bytes:
        self._until(lambda: self._count >= 0 and len(self._pieces) >= self._count, "the answer stopped in the middle")
        if self._count == 0:
            raise Problem("what it held was erased meanwhile", self.name, "Order the export again")
        return b"".join(self._pieces[k] for k in range(self._count))

    def clear(self) -> None:
        """Erases what the broker retains of a device that could not do so itself."""
        done = self._client.publish(self._topic + kinds.NAMES[kinds.ONLINE].decode(), b"", 1, retain=True)
        self._until(done.is_published, "the broker does not take it")

    def close(self) -> None:
        self._client.disconnect()


def now() -> int:
    return int(time.time()) - EPOCH_2020


def carry_out(line: Line, order: orders.Order, binding: Binding, clock: Callable[[], int] = now) -> bytes:
    """Finds the place in the chain, orders, and returns the answer. Raises Problem."""
    probe = orders.sign(orders.Order(r.EXPORT), binding, 0, bytes(16), clock())[0]
    code, seq, head = line.place(probe)
    if code not in (0, errors.REPLAYED, errors.FORKED):
        raise refused(line, code)
    code = line.order(orders.sign(order, binding, seq + 1, head, clock())[0])
    if code:
        raise refused(line, code)
    return line.answer()


def refused(line: Line, code: int) -> Problem:
    mend = {
        errors.BAD_MAC: "Are these the keys of this device and of its present owner?",
        errors.NOT_GRANTED: "It is bound to nobody, or the console key is another one",
        errors.UNTIMELY: "Set this computer's clock",
        errors.FORKED: "Its consent store is damaged: only `erase --whole` is left",
        errors.BUSY: "An answer is still waiting there: try again in ten minutes",
    }.get(code, "See the device's journal: amace hil show")
    return Problem(f"the device refuses: {journal_text.error(code)}", line.name, mend)


def over_console(port: str, keys: e.Enrolment, order: orders.Order, binding: Binding) -> bytes:
    """A stepped device is powered with these keys; any other is met as it is."""
    with closing(target.new_log(port)) as log, closing(target.open_rig(port, log)) as rig:
        try:
            if isinstance(rig.wire, SteppedWire):
                rig.wire.factory(keys.secrets)
            hello = rig.hello()
            if rig.auth(keys.console_key, hello.nonce):
                raise Problem("the device does not accept this console key", port, "Is this its enrolment?")
            return carry_out(Console(rig, port), order, binding)
        except (NoAnswer, WireGone) as error:
            raise Problem(str(error), port, f"Its log: {log.path}") from error


def authority(path: Path | None, known: bytes) -> bytes:
    """The broker's authority: of the file, else the one that is known. Raises Problem."""
    try:
        return known if path is None else trust.read_ca(path)
    except ValueError as error:
        raise Problem(str(error), "--ca", "Name a PEM or DER file") from error
