"""What the device tells its owner, as values: topic and body in, `Heard` out. Counts what it cannot read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cbor2

from agent.link import kinds
from simulator.opener import Opener, is_sealed

NAMES = tuple(name.decode() for name in kinds.NAMES)
"""Topic names by kind; `online` comes twice, as birth and as erasure."""
MESSAGES = (*NAMES[: kinds.CLEAR], "clear", *NAMES[kinds.CLEAR + 1 :])
"""Message names by kind, each once: the rules of docs/messages.cddl."""

SIGNED = ("receipt", "incident")
"""What the device signs: a COSE_Sign1 under 2."""

Body = Mapping[int, object]


@dataclass(frozen=True, slots=True)
class Heard:
    t: int
    name: str
    body: Body
    size: int

    def number(self, key: int, default: int = -1) -> int:
        value = self.body.get(key)
        return value if type(value) is int else default

    def blob(self, key: int) -> bytes:
        value = self.body.get(key)
        return value if type(value) is bytes else b""

    def items(self, key: int) -> list[object]:
        value = self.body.get(key)
        return cast("list[object]", value) if isinstance(value, list) else []


class Inbox:
    """Messages below one topic, in the order of their arrival; what is sealed is opened."""

    def __init__(self, topic: bytes, opener: Opener) -> None:
        self.heard: list[Heard] = []
        self.unreadable = 0
        self._topic = topic
        self._opener = opener
        self._photo: dict[tuple[int, int], bytes] = {}
        self.photos: dict[int, bytes] = {}  # number of the photo → the whole picture

    def take(self, topic: bytes, payload: bytes, t: int) -> Heard | None:
        name = topic.removeprefix(self._topic).decode(errors="replace")
        body = _body(payload)
        if is_sealed(body) and name in NAMES:
            body = _body(self._opener.open(name, body or {}) or b"\xff")
        if not topic.startswith(self._topic) or name not in NAMES or body is None:
            self.unreadable += 1
            return None
        if name in SIGNED:
            body = _signed(body)
            if body is None:
                self.unreadable += 1
                return None
        heard = Heard(t, name, body, len(payload))
        self.heard.append(heard)
        if name == "seal":
            self._opener.learn(body)
        if name == "photo":
            self._gather(heard)
        return heard

    def _gather(self, heard: Heard) -> None:
        """{1 seq, 2 photo, 3 chunk, 4 chunks, 5 bytes}"""
        photo, chunks = heard.number(2), heard.number(4)
        self._photo[photo, heard.number(3)] = heard.blob(5)
        parts = [self._photo.get((photo, k)) for k in range(chunks)]
        whole = [part for part in parts if part is not None]
        if len(whole) == chunks:
            self.photos[photo] = b"".join(whole)


def _signed(body: Body) -> Body | None:
    """What the device signed, beside the number of its release; the envelope itself is under 2 no more but under 0."""
    envelope = body.get(2)
    if type(envelope) is not bytes:
        return None
    try:
        payload: object = cbor2.loads(envelope).value[2]
    except (cbor2.CBORDecodeError, ValueError, TypeError, AttributeError, IndexError):
        return None
    inner = _body(payload) if type(payload) is bytes else None
    return None if inner is None else {**inner, 0: envelope, 1: body.get(1)}


def _body(payload: bytes) -> Body | None:
    """A map with integer keys; an empty payload erases a retained message and reads as an empty map."""
    if not payload:
        return {}
    try:
        value: object = cbor2.loads(payload)
    except (cbor2.CBORDecodeError, ValueError):
        return None
    if not isinstance(value, Mapping):
        return None
    pairs = {key: item for key, item in cast("Mapping[object, object]", value).items() if type(key) is int}
    return pairs if len(pairs) == len(cast("Mapping[object, object]", value)) else None
