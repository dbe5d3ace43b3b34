"""The owner's phone: signs consent, sends it the ways there are, asks for things, and is woken when the bike is moved.

It sleeps like a phone: no connection, the broker keeps its messages. An alarm advert in range or a push wakes it. What the
device lacks it sends again: after `hello` from the number named there on, and when a receipt reports a gap. What came too late is
signed anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.base import errors
from agent.link import kinds, requests
from agent.link.fragments import RECORD, REQUEST
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES, REASONS
from simulator.cloud import Cloud, Hello, Post
from simulator.courier import NAMES, Courier
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.inbox import Heard, Inbox
from simulator.keys import encode, open_sign1
from simulator.orders import Order
from simulator.owner import Consent, Owner, Record
from simulator.radio import Air
from simulator.words import describe, error_name

_PATIENCE_MS = 60_000  # for the answer to a request
_NEARBY_MS = 5_000  # a wake that no message follows is answered over BLE after this
_AGAIN_MS = 15_000  # between two tries over BLE: the device listens only after a press
_TRIES = 8
_RECEIPT_MS = 10_000
_LAG_S = 5  # how far the device's clock may be behind
_PAUSE_MS = 2_000  # between two answers to gaps: what is under way may close them
_DEAF_MS = 3_000  # an alarm just answered may still be on the air
_SCREEN_MS = 600  # from the wake-up to the app's first packet
ASKS = {
    "photo": requests.PHOTO,
    "arm": requests.ARM,
    "disarm": requests.DISARM,
    "acknowledge": requests.ACKNOWLEDGE,
    "switches": requests.SWITCHES,
}


@dataclass
class Asked:
    """A request without an answer yet."""

    name: str
    code: int
    argument: int
    t: int
    number: int = 0
    body: bytes = b""
    nonce: bytes = b""


class Phone:
    """`reaction_ms` is how long the owner needs from the screen to the button."""

    def __init__(
        self,
        engine: Engine,
        cloud: Cloud,
        air: Air,
        owner: Owner,
        diary: Diary,
        reaction_ms: int = 8_000,
    ) -> None:
        self.owner = owner
        self.inbox = Inbox(owner.binding.topic, owner.binding.opener())
        self.awake = False
        self.network = True
        self.online = False  # its own connection to the broker stands
        self.acknowledges = True  # whether the owner answers alarms
        self.withheld: dict[int, tuple[int, int]] = {}  # purpose → (reason, since), as last told
        self.live: tuple[int, ...] = ()  # as the last receipt said
        self.consent_seq = 0
        self.receipts: list[bytes] = []  # every one, with the device's signature: the owner's proof
        self.incidents: list[bytes] = []  # likewise
        self._device_key = b""  # COSE_Key, as the first hello said
        self.device_public = b""  # the same as 32 bytes
        self._engine = engine
        self._diary = diary
        self._reaction_ms = reaction_ms
        self._client = b"phone-" + owner.binding.topic[2:-1]
        self._line = cloud.line(self)
        self._courier = Courier(engine, air, self._on_nearby)
        self._nonce = b""
        self._asked: list[Asked] = []
        self._post = 0
        self._woken = -1
        self._deaf_until = 0
        self._caught_up = -_PAUSE_MS
        self._restated = -_LAG_S
        self._late = -1  # the record after which everything was last signed anew
        self._answered = 0  # newest episode acknowledged
        air.phone = self

    def open(self) -> None:
        """The owner takes it out: the app connects."""
        if not self.awake:
            self.awake = True
            self._engine.after(_SCREEN_MS, self._connect)

    def sleep(self) -> None:
        self.awake = self.online = False
        self._woken = -1
        self._line.close(True)

    def reach(self, network: bool) -> None:
        """The phone itself has a network, or has none."""
        self.network = network
        if not network:
            self.online = False
            self._line.cut()
        else:
            self._connect()

    def _connect(self) -> None:
        if self.awake and self.network and not self.online:
            self._line.open(Hello(self._client, False, 60, b"", b"", self.owner.binding.topic + b"+"))

    # Consent.

    def consent(self, lines: Sequence[Consent], valid_s: int, via: str = "mqtt", switches: int | None = None) -> Record:
        """Signs the next record, from now for `valid_s`, and sends it `via` mqtt or ble; `none` keeps it back."""
        now = self._engine.clock.seconds()
        record = self.owner.record(lines, now, now + valid_s, switches)
        if via == "ble":
            self._courier.send(RECORD, lambda: self._fresh(record.seq).body)
        elif via == "mqtt":
            self._deliver(record)
        return record

    def order(self, order: Order) -> Record:
        """Signs an order about what the device holds, and sends it. Whatever is signed next stands after it."""
        made = self.owner.order(order, self._engine.clock.seconds())
        self.owner.adopt(made.seq, made.head, made.issued)
        self._deliver(made)
        return made

    def _deliver(self, record: Record) -> None:
        self._publish(kinds.RECORD if record.order is None else kinds.ORDER, record.body)

    def _fresh(self, seq: int) -> Record:
        """Record `seq`, signed anew if it waited: a device that was restarted learns the time from it."""
        now = self._engine.clock.seconds()
        if seq > self.consent_seq and now > self.owner.records[seq - 1].issued + _LAG_S:
            self.owner.renew(seq - 1, now)
        return self.owner.records[seq - 1]

    def send(self, body: bytes, via: str) -> None:
        """These very bytes, signed or not."""
        if via == "ble":
            self._courier.send(RECORD, lambda: body)
        elif via == "mqtt":
            self._publish(kinds.RECORD, body)

    def _publish(self, name: bytes, body: bytes) -> None:
        if self.online:
            self._post = self._post % 65_535 + 1
            self._line.send(Post(self.owner.binding.topic + name, body, 1, False, self._post))

    def _agree(self, seq: int, head: bytes) -> bool:
        """The device said where its chain ends; True when something had to be signed anew."""
        self.consent_seq = seq
        return self.owner.adopt(seq, head, self._engine.clock.seconds())

    def _catch_up(self) -> None:
        """The device's chain ends at `consent_seq`: the next record goes, and again until its receipt is there."""
        seq = self.consent_seq
        if seq >= len(self.owner.records):
            return
        self._caught_up = self._engine.clock.t
        self._deliver(self._fresh(seq + 1))
        sent = self._caught_up
        self._engine.after(_RECEIPT_MS, lambda: self._overdue(seq, sent))

    def _overdue(self, seq: int, sent: int) -> None:
        if self.online and (self.consent_seq, self._caught_up) == (seq, sent):
            self._catch_up()

    def _restate(self) -> None:
        """The device knows no time, or an old one: says one grant that holds once more, under today's date. It widens nothing."""
        now = self._engine.clock.seconds()
        if now < self._restated + _LAG_S:
            return
        self._restated = now
        record = self.owner.restate(now)
        if record is not None:
            self._diary.note("phone", "restates", f"tells the time: record {record.seq} says again what holds")
            self._publish(kinds.RECORD, record.body)

    # Requests.

    def ask(self, name: str, argument: int = 0) -> None:
        """`name` is one of ASKS. Waits for a connection if there is none."""
        asked = Asked(name, ASKS[name], argument, self._engine.clock.t)
        self._asked.append(asked)
        self._request(asked)
        self._engine.after(_PATIENCE_MS, lambda: self._forget(asked))

    def _request(self, asked: Asked) -> None:
        if not self._nonce:
            return
        if asked.nonce != self._nonce:
            asked.body = self.owner.request(asked.code, asked.argument, self._nonce)
            asked.number, asked.nonce = self.owner.requested, self._nonce
        self._publish(kinds.REQUEST, asked.body)

    def _forget(self, asked: Asked) -> None:
        if asked in self._asked:
            self._asked.remove(asked)
            self._diary.note("phone", "unanswered", f"{asked.name}: no answer in a minute", ask=asked.name)

    # The line's peer.

    def on_up(self) -> None:
        if self.awake:
            self.online = True

    def on_down(self, error: int) -> None:
        self.online = False
        if self.awake:
            self._engine.after(3_000, self._connect)

    def on_sent(self, id: int) -> None:
        pass

    def on_message(self, topic: bytes, body: bytes) -> None:
        heard = self.inbox.take(topic, body, self._engine.clock.t)
        if heard is None:
            self._diary.note("phone", "unreadable", f"{len(body)} bytes the app cannot read")
            return
        self._diary.note("device", "message", describe(heard), name=heard.name, size=heard.size)
        react = {
            "hello": self._on_hello,
            "receipt": self._on_receipt,
            "rights": self._on_rights,
            "withheld": self._on_withheld,
            "incident": self._on_incident,
            "result": self._on_result,
            "wake": self._on_wake,
        }.get(heard.name)
        if react is not None:
            react(heard)

    def _on_hello(self, heard: Heard) -> None:
        self._nonce = heard.blob(2)
        self.trust(heard.blob(6))
        self._agree(heard.number(3), heard.blob(4))
        self._catch_up()
        for asked in list(self._asked):
            self._request(asked)

    def _on_receipt(self, heard: Heard) -> None:
        if not self._proves(heard.blob(0), b"RECEIPT1"):
            self.inbox.unreadable += 1
            self._diary.note("phone", "unproven", "a receipt that the device did not sign")
            return
        self.receipts.append(heard.blob(0))
        changed = self._agree(heard.number(2), heard.blob(3))
        self.live = tuple(n for n in heard.items(5) if type(n) is int)
        code = heard.number(6)
        self._diary.note("phone", "receipt", f"receipt {self.consent_seq}: {error_name(code)}", code=code)
        now = self._engine.clock.seconds()
        if code == errors.UNTIMELY and self._late != self.consent_seq:
            self._late = self.consent_seq
            self.owner.renew(self.consent_seq, now)
            self._catch_up()
        elif (code == 0 or changed) and self.consent_seq < len(self.owner.records):
            self._catch_up()
        elif code == 0 and heard.number(4, now) < now - _LAG_S:
            self._restate()
        elif code == errors.GAP and self._engine.clock.t >= self._caught_up + _PAUSE_MS:
            self._catch_up()

    def _on_rights(self, heard: Heard) -> None:
        """The device answers an order that it took, so the chain ends there. Whoever else says so is corrected by the next receipt."""
        number, piece, pieces = heard.number(2), heard.number(4), heard.number(5)
        if piece == 0 and self.consent_seq < number <= len(self.owner.records):
            self.consent_seq = number
            self._diary.note("phone", "answer", f"the device answers order {number} in {pieces} pieces", order=number)
            self._catch_up()

    def trust(self, public: bytes) -> None:
        """The device's own key, as it first said it: another one is not believed."""
        self.device_public = self.device_public or public
        self._device_key = self._device_key or encode({1: 1, -1: 6, -2: public})

    def _proves(self, said: bytes, use: bytes) -> bool:
        aad = self.owner.binding.aad(use)
        return bool(self._device_key) and open_sign1(self._device_key, said, aad) is not None

    def _on_incident(self, heard: Heard) -> None:
        """Told to the owner at once, and only if the device signed it: else who runs the broker could raise the alarm."""
        if not self._proves(heard.blob(0), b"INCIDENT1"):
            self.inbox.unreadable += 1
            self._diary.note("phone", "unproven", "an incident that the device did not sign")
            return
        self.incidents.append(heard.blob(0))
        self._diary.note("phone", "incident", describe(heard), code=heard.number(2), count=heard.number(3))

    def _on_withheld(self, heard: Heard) -> None:
        told: dict[int, tuple[int, int]] = {}
        for line in heard.items(2):
            match line:
                case [int(purpose), int(reason), int(since)]:
                    told[purpose] = reason, since
                case _:
                    self.inbox.unreadable += 1
        for purpose, (reason, _) in sorted(told.items()):
            if self.withheld.get(purpose, (0, 0))[0] != reason:
                name, why = PURPOSES[purpose], REASONS[reason]
                self._diary.note("phone", "withheld", f"told: {name} is withheld, {why}", purpose=name, reason=why)
        self.withheld = told
        if any(reason == p.TIME_UNKNOWN for reason, _ in told.values()):
            self._restate()

    def _on_result(self, heard: Heard) -> None:
        for asked in self._asked:
            if asked.number == heard.number(2):
                self._asked.remove(asked)
                said = error_name(heard.number(3))
                self._diary.note("phone", "result", f"{asked.name}: {said}", ask=asked.name, result=said)
                return

    # Alarms.

    def on_push(self) -> None:
        """The platform's push: it says that something is up, not what."""
        self._wake("push")

    def on_advert(self, advert: bytes) -> None:
        seconds = self._engine.clock.seconds()
        if any(advert == self.owner.advert(b"alarm", s) for s in (seconds, 0)):
            self._wake("BLE advert")
        elif any(advert == self.owner.advert(b"control", s) for s in (seconds, 0)):
            self._courier.reach()

    def on_notify(self, data: bytes) -> None:
        self._courier.on_answer(data)

    def on_disconnect(self) -> None:
        self._courier.on_disconnect()

    def _on_nearby(self, kind: int, code: int, body: bytes) -> None:
        if kind == RECORD and code == 0:
            self.consent_seq = max([self.consent_seq, *(r.seq for r in self.owner.records if r.body == body)])
        if kind == REQUEST and code == 0:
            self._answered += 1
            self._woken = -1
            self._deaf_until = self._engine.clock.t + _DEAF_MS
        text = "no answer" if code < 0 else error_name(code)
        self._diary.note("phone", "nearby", f"over BLE, {NAMES[kind]}: {text}", kind=NAMES[kind], code=code)

    def _wake(self, how: str) -> None:
        if self._woken >= 0 or self._engine.clock.t < self._deaf_until:
            return
        self._woken = self._engine.clock.t
        self._diary.note("phone", "woke", f"wakes its owner ({how})", how=how)
        self.open()
        woken = self._woken
        if self.acknowledges:
            self._engine.after(self._reaction_ms + _NEARBY_MS, lambda: self._acknowledge_nearby(woken, _TRIES))

    def _on_wake(self, heard: Heard) -> None:
        episode = heard.number(2)
        if episode <= self._answered:
            return
        self._wake("the app is open" if self.awake and self._woken < 0 else "message")
        if self.acknowledges:
            self._answered = episode
            wait = max(0, self._woken + self._reaction_ms - self._engine.clock.t)
            self._engine.after(wait, lambda: self._acknowledge(episode))

    def _acknowledge(self, episode: int) -> None:
        self._woken = -1
        self._deaf_until = self._engine.clock.t + _DEAF_MS
        self._diary.note("owner", "acknowledges", f"acknowledges alarm {episode}", episode=episode)
        self.ask("acknowledge", episode)

    def _acknowledge_nearby(self, woken: int, tries: int) -> None:
        """Woken by an advert, and the network brought no message: the answer goes the way the alarm came."""
        if self._woken != woken or not self._nonce:
            return
        if tries == 0:
            self._woken = -1  # nobody can be reached: the next alarm rings anew
            return
        episode = self._answered + 1
        self._diary.note("owner", "acknowledges", f"acknowledges alarm {episode} over BLE", episode=episode)
        body = self.owner.request(ASKS["acknowledge"], episode, self._nonce)
        self._courier.send(REQUEST, lambda: body)
        self._courier.reach()
        self._engine.after(_AGAIN_MS, lambda: self._acknowledge_nearby(woken, tries - 1))
