"""The bike as a thing in the world: where it stands or rides, how it shakes, what its battery holds. Knows no radio and no agent."""

import random

from simulator import remote
from simulator.engine import Engine
from simulator.route import Place, Route
from simulator.town import PLACES, Point

SHAKE_MS = 5_000  # how often the accelerometer reports while it moves
_LOOK_MS = 30_000  # how often the battery is looked at
CAPACITY_J = 1_800_000  # 500 Wh
_IDLE_W = 2
_RIDE_W = 130
_CHARGE_W = 170


class Bike:
    def __init__(self, engine: Engine, rng: random.Random, start: str, percent: int) -> None:
        self._engine = engine
        self._rng = rng
        self._rest = PLACES[start]
        self._route: Route | None = None
        self._departed = 0
        self._ride = 0  # numbers the rides, so that an old timer finds nothing
        self._energy = CAPACITY_J * percent // 100
        self._counted = engine.clock.t
        self._told = (-1, False)
        self.charging = False
        engine.after(0, self._look)

    def place(self, t: int) -> Place:
        if self._route is None:
            return Place(self._rest)
        return self._route.at(t - self._departed)

    def moving(self) -> bool:
        return self._route is not None and self._engine.clock.t - self._departed < self._route.length_ms

    def ride(self, corners: list[Point], share: int = 100, shake: bool = True) -> int:
        """Sets off along `corners`; returns the milliseconds it takes. `shake` False is a bike on a van: no motion is felt."""
        self._spend()
        self._route = Route(corners, self._rng, share)
        self._departed = self._engine.clock.t
        self._ride += 1
        if shake:
            self._shake(self._ride)
        return self._route.length_ms

    def stop(self) -> None:
        """Gets off where it is."""
        self._spend()
        self._rest = self.place(self._engine.clock.t).point
        self._route = None
        self._ride += 1

    def jolt(self, mg: int) -> None:
        """One change of acceleration, as the accelerometer reports it."""
        self._engine.give(remote.MOTION, mg.to_bytes(2, "big"))

    def plug(self, charging: bool) -> None:
        self._spend()
        self.charging = charging
        self._tell()

    def introduce(self) -> None:
        """The device was started: its gauge speaks anew."""
        self._told = -1, False
        self._spend()
        self._tell()

    def _shake(self, ride: int) -> None:
        if ride != self._ride or not self.moving():
            return
        self.jolt(self._rng.randrange(220, 1_400))
        self._engine.after(SHAKE_MS, lambda: self._shake(ride))

    def percent(self) -> int:
        return self._energy * 100 // CAPACITY_J

    def _spend(self) -> None:
        """What was used or charged since the last look."""
        t = self._engine.clock.t
        watts = -_RIDE_W if self.moving() else _CHARGE_W if self.charging else -_IDLE_W
        self._energy = min(CAPACITY_J, max(0, self._energy + watts * (t - self._counted) // 1000))
        self._counted = t

    def _look(self) -> None:
        self._spend()
        self._tell()
        self._engine.after(_LOOK_MS, self._look)

    def _tell(self) -> None:
        """The gauge reports a change of the percentage, or of the charger."""
        percent = self.percent()
        if (percent, self.charging) == self._told:
            return
        self._told = percent, self.charging
        millivolts = 33_000 + 84 * percent + (600 if self.charging else 0)
        self._engine.give(remote.BATTERY, bytes((percent,)) + millivolts.to_bytes(2, "big") + bytes((self.charging,)))
