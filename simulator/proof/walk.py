"""The states of a small world, walked from the nearest on: two purposes, two recipients, two permissions, one message, a power cut
possible at every step.

The properties of the reference (model.py) are checked here against what was plainly said, kept apart from the model: the last yes or
no to each purpose that the device answered, and the permissions that are on. A state is what decides its future; numbers that only grow are taken relative.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from agent.privacy import purposes as p
from simulator.proof.consent_model import ALL, NEEDS, Line, Record, nothing
from simulator.proof.model import START, World

TWO = (p.WAKE_ABNORMAL, p.LOCATION_REPORT)
_MASKS = (1, 0x13)  # the owner alone; or the guest as well, and the platform may read it
_PLATFORM = 0x10
_VALID_S = 240
_STEP_S = 120
_RETENTION_S = 120


class Step(NamedTuple):
    do: str
    purpose: int = 0
    argument: int = 0


class Broken(Exception):
    """A property does not hold; the text is the way there."""


@dataclass
class State:
    world: World = field(default_factory=World)
    said: dict[int, int] = field(default_factory=lambda: dict.fromkeys(TWO, 0))  # recipients of the last answered word
    on: int = ALL  # permissions
    ends: dict[int, int] = field(default_factory=lambda: dict.fromkeys(TWO, 0))

    def copy(self) -> "State":
        return State(self.world.copy(), dict(self.said), self.on, dict(self.ends))

    def key(self) -> object:
        """What decides the future."""
        world = self.world
        consent = world.consent
        rows = tuple((row.purpose, row.recipient, min(world.t - row.at, _RETENTION_S)) for row in world.rows)
        grants: list[object] = []
        for purpose in TWO:
            line, until = consent.rows.get(purpose, (nothing(purpose), 0))
            left = max(0, until - max(world.now, world.issued)) if until else -1
            grants.append(
                (
                    line.state,
                    line.recipients,
                    left,
                    max(0, consent.pins[purpose] - consent.seq) if purpose in consent.pins else -1,
                    self.said[purpose],
                )
            )
        flight = world.flight and (world.flight.purpose, world.flight.recipient)
        keys = tuple(sorted(world.key)), consent.switches, self.on
        return rows, flight, world.up, world.now >= 0, keys, tuple(grants)


def steps(state: State) -> Iterator[Step]:
    world = state.world
    for purpose in TWO:
        for mask in _MASKS:
            yield Step("yes", purpose, mask)
            yield Step("cut yes", purpose, mask)
        yield Step("no", purpose)
        yield Step("no ahead", purpose)
        yield Step("cut no", purpose)
        collects = world.consent.reason(purpose, world.now) == p.GRANTED  # valve 1
        if collects and not world.rows and world.flight is None:
            for recipient in (0, 1):
                yield Step("put", purpose, recipient)
    for purpose in TWO:
        if world.consent.switches & NEEDS[purpose]:
            yield Step("narrow", purpose)
    if world.consent.switches != ALL:
        yield Step("widen")
        yield Step("cut widen")
    yield Step("hold")
    yield Step("down" if world.up else "up")
    yield Step("restart")
    yield Step("time")
    if world.flight is not None:
        yield Step("ack")


def walk(most: int = 1 << 60) -> int:
    """Visits every state that can be reached, at most `most`; how many there were. Raises Broken."""
    first = State()
    todo: deque[tuple[State, tuple[Step, ...]]] = deque([(first, ())])
    seen = {first.key()}
    while todo and len(seen) < most:
        state, way = todo.popleft()
        for step in steps(state):
            after = state.copy()
            _take(after, step)
            trail = (*way, step)
            _judge(after, step, trail)
            key = after.key()
            if key not in seen:
                seen.add(key)
                todo.append((after, trail))
    return len(seen)


def _take(state: State, step: Step) -> None:
    world, purpose = state.world, step.purpose
    cut = step.do.startswith("cut ")
    word = step.do.removeprefix("cut ")
    if word in ("yes", "no", "no ahead"):
        before = world.copy()
        code = world.record(_record(world, purpose, 1 if word == "yes" else 3, step.argument, ahead=word == "no ahead"))
        if cut:
            world.consent, world.issued = before.consent, before.issued
            world.restart()
        elif word == "yes" and code == 0:
            state.said[purpose], state.ends[purpose] = step.argument, world.now + _VALID_S
        elif word != "yes":
            state.said[purpose] = 0
    elif word == "widen":
        before = world.copy()
        code = world.record(_record(world, p.USAGE, 3, 1, switches=ALL))
        if cut:
            world.consent, world.issued = before.consent, before.issued
            world.restart()
        elif code == 0:
            state.on = ALL
    elif word == "narrow":
        world.narrow(world.consent.switches & ~NEEDS[purpose])
        state.on &= ~NEEDS[purpose]
    elif step.do == "hold":
        world.hold()
        state.said = dict.fromkeys(TWO, 0)
    elif step.do == "put":
        world.put(purpose, step.argument, 0, 1)
    elif step.do == "up":
        world.time(_STEP_S)
        world.up = True
    elif step.do == "time":
        world.time(_STEP_S)
    else:
        getattr(world, step.do)()


def _record(world: World, purpose: int, state: int, mask: int, ahead: bool = False, switches: int = -1) -> Record:
    issued = max(START, world.now, world.issued)
    seq = world.consent.seq + (3 if ahead else 1)
    line = Line(purpose, state, 0, 0, mask or 1, _RETENTION_S)
    return Record(
        seq, world.consent.head, bytes((seq & 255,)) * 16, (line,), issued, issued, issued + _VALID_S, switches=switches
    )


def _judge(state: State, step: Step, way: tuple[Step, ...]) -> None:
    world = state.world
    held = [*world.rows, *([world.flight] if world.flight else [])]
    if step.do in ("no", "no ahead") and any(row.purpose == step.purpose for row in held):
        raise Broken(f"something of a purpose is left after its no: {way}")
    if step.do == "narrow" and any(row.purpose == step.purpose for row in held):
        raise Broken(f"something is left of what needs a permission that went off: {way}")
    if step.do == "hold" and held:
        raise Broken(f"something is left after the button was held: {way}")
    for row in [*world.rows]:
        sure = state.said[row.purpose] >> row.recipient & 1 and 0 <= world.now < state.ends[row.purpose]
        sure = sure and not NEEDS[row.purpose] & ~state.on
        leaves = world.up and world.flight is None
        before = world.now, world.t
        left = world.send() if leaves else []
        if left and not sure:
            raise Broken(f"left without a word that allows it, at {before}: {way}")
        if left and row.purpose == p.LOCATION_REPORT and (":" in left[0]) == bool(state.said[row.purpose] & _PLATFORM):
            raise Broken(f"a place left {left}, though the last word was {state.said[row.purpose]:x}: {way}")
    for purpose in TWO:
        if purpose in world.key and (state.said[purpose] == 0 or NEEDS[purpose] & ~state.on):
            raise Broken(f"there is a key for it, though the last word was no: {way}")
        if state.said[purpose] == 0 and any(
            world.consent.reason(purpose, world.now, who) == p.GRANTED for who in (0, 1)
        ):
            raise Broken(f"on, though the last word was no: {way}")
        if world.now < 0 and world.consent.reason(purpose, -1) == p.GRANTED:
            raise Broken(f"on, though the time is unknown: {way}")
