"""The owner's phone: signs consent, sends it the ways there are, asks for things, and is woken when the bike is moved.

It sleeps like a phone: no connection, the broker keeps its messages. An alarm advert in range or a push wakes it. What the
device lacks it sends again: after `hello` from the number named there on, and when a receipt reports a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.base import errors
from agent.link import kinds, requests
from agent.link.fragments import RECORD, REQUEST
from agent.privacy.names import PURPOSES, REASONS
from simulator.cloud import Cloud, Hello, Post
from simulator.courier import NAMES, Courier
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.inbox import Heard, Inbox
from simulator.owner import Consent, Owner, Record
from simulator.radio import Air
from simulator.words import describe, error_name

_PATIENCE_MS = 60_000  # for the answer to a request
_NEARBY_MS = 5_000  # a wake that no message follows is answered over BLE after this
_AGAIN_MS = 15_000  # between two tries over BLE: the device listens only after a press
_TRIES = 8
_DEAF_MS = 3_000  # an alarm just answered may still be on the air
_SCREEN_MS = 600  # from the wake-up to the app's first packet
ASKS = {
    "photo": requests.PHOTO,
    "arm": requests.ARM,
    "disarm": requests.DISARM,
    "acknowledge": requests.ACKNOWLEDGE,
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
        self.inbox = Inbox(owner.binding.topic)
        self.awake = False
        self.network = True
        self.online = False  # its own connection to the broker stands
        self.acknowledges = True  # whether the owner answers alarms
        self.withheld: dict[int, tuple[int, int]] = {}  # purpose → (reason, since), as last told
        self.live: tuple[int, ...] = ()  # as the last receipt said
        self.consent_seq = 0
        self._engine = engine
        self._diary = diary
        self._reaction_ms = reaction_ms
        self._client = b"phone-" + owner.binding.topic[2:-1]
        self._line = cloud.line(self)
        self._courier = Courier(engine, air, self._on_nearby)
        self._nonce = b""
        self._held: set[int] = set()  # records the scenario keeps back
        self._asked: list[Asked] = []
        self._post = 0
        self._woken = -1
        self._deaf_until = 0
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

    def consent(self, lines: Sequence[Consent], valid_s: int, via: str = "mqtt") -> Record:
        """Signs the next record, from now for `valid_s`, and sends it `via` mqtt or ble; `none` keeps it back."""
        now = self._engine.clock.seconds()
        record = self.owner.record(lines, now, now + valid_s)
        if via == "none":
            self._held.add(record.seq)
        self.send(record.body, via)
        return record

    def send(self, body: bytes, via: str) -> None:
        """These very bytes, signed or not."""
        if via == "ble":
            self._courier.send(RECORD, body)
        elif via == "mqtt":
            self._publish(kinds.RECORD, body)

    def _publish(self, name: bytes, body: bytes) -> None:
        if self.online:
            self._post = self._post % 65_535 + 1
            self._line.send(Post(self.owner.binding.topic + name, body, 1, False, self._post))

    def _catch_up(self, seq: int) -> None:
        """The device's chain ends at `seq`: what follows goes again."""
        for record in self.owner.records[seq:]:
            self._held.discard(record.seq)
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
            "withheld": self._on_withheld,
            "result": self._on_result,
            "wake": self._on_wake,
        }.get(heard.name)
        if react is not None:
            react(heard)

    def _on_hello(self, heard: Heard) -> None:
        self._nonce = heard.blob(2)
        self.consent_seq = heard.number(3)
        self._catch_up(self.consent_seq)
        for asked in list(self._asked):
            self._request(asked)

    def _on_receipt(self, heard: Heard) -> None:
        self.consent_seq = heard.number(2)
        self.live = tuple(n for n in heard.items(5) if type(n) is int)
        code = heard.number(6)
        self._diary.note("phone", "receipt", f"receipt {self.consent_seq}: {error_name(code)}", code=code)
        if code == errors.GAP:
            self._catch_up(self.consent_seq)

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
                self._diary.note(
                    "phone",
                    "withheld",
                    f"told: {PURPOSES[purpose]} is withheld, {REASONS[reason]}",
                    purpose=PURPOSES[purpose],
                    reason=REASONS[reason],
                )
        self.withheld = told

    def _on_result(self, heard: Heard) -> None:
        for asked in self._asked:
            if asked.number == heard.number(2):
                self._asked.remove(asked)
                code = heard.number(3)
                self._diary.note(
                    "phone", "result", f"{asked.name}: {error_name(code)}", ask=asked.name, result=error_name(code)
                )
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

    def _on_nearby(self, kind: int, code: int) -> None:
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
        self._courier.send(REQUEST, self.owner.request(ASKS["acknowledge"], episode, self._nonce))
        self._courier.reach()
        self._engine.after(_AGAIN_MS, lambda: self._acknowledge_nearby(woken, tries - 1))
