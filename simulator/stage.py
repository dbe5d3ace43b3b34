"""Plays a scenario's steps on a world: one method a kind of step."""

from collections.abc import Callable

from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.names import PRECISIONS, PURPOSES
from agent.privacy.order import ERASE, EXPORT
from simulator.cloud import VirtualCloud
from simulator.mqtt.faults import Fault
from simulator.orders import Order
from simulator.owner import GIVEN, REFUSED, WITHDRAWN, Consent, Owner, forger
from simulator.scenario import Row
from simulator.world import World

_OFF_FOR_S = 86_400  # a refusal names an end too: it holds until the next record


class Stage:
    def __init__(self, world: World) -> None:
        self._world = world
        self._acts: dict[str, Callable[[Row], object]] = {
            "power on": lambda row: world.boot(),
            "restart": lambda row: world.boot(),
            "open app": lambda row: self._open(),
            "close app": lambda row: self._close(),
            "phone": self._phone,
            "grant": self._grant,
            "refuse": lambda row: self._deny(row, REFUSED, "refuses"),
            "withdraw": lambda row: self._deny(row, WITHDRAWN, "withdraws"),
            "erase": self._erase,
            "export": lambda row: self._export(),
            "forge": self._forge,
            "replay": self._replay,
            "ask": self._ask,
            "press": self._press,
            "ride": lambda row: world.ride(row.text("route"), row.number("speed")),
            "stop": lambda row: self._stop(),
            "thief": lambda row: world.theft(row.text("route")),
            "jolt": lambda row: world.bike.jolt(row.number("mg")),
            "charge": lambda row: world.bike.plug(row.flag("on")),
            "camera": self._camera,
            "wifi": self._wifi,
            "broker": self._broker,
            "redirect": self._redirect,
            "fault": self._fault,
        }

    def play(self, row: Row) -> None:
        self._acts[row.kind](row)

    def _note(self, who: str, text: str) -> None:
        self._world.diary.note(who, "step", text)

    def _open(self) -> None:
        self._note("owner", "opens the app")
        self._world.phone.open()

    def _close(self) -> None:
        self._note("owner", "puts the phone away")
        self._world.phone.sleep()

    def _phone(self, row: Row) -> None:
        near, network = row.flag("near"), row.flag("network")
        self._note("owner", f"is {'beside' if near else 'away from'} the bike{'' if network else ', without network'}")
        self._world.air.come(near)
        self._world.push.reaches = network
        self._world.phone.reach(network)

    def _grant(self, row: Row) -> None:
        terms = row.number("interval") // 1000, PRECISIONS.index(row.text("precision")), row.number("retention") // 1000
        to = 1 << p.OWNER | (1 << p.PROVIDER if row.flag("platform") else 0)
        lines = [Consent(number, GIVEN, *terms, to) for number in _numbers(row)]
        text = f"grants {', '.join(row.names('purposes'))}"
        if any(name.startswith("location") for name in row.names("purposes")):
            text += f" ({row.text('precision')}, every {row.number('interval') // 1000} s)"
        if row.flag("platform"):
            text += ", readable for the platform"
        self._consent(row, lines, row.number("for") // 1000, text)

    def _deny(self, row: Row, state: int, verb: str) -> None:
        lines = [Consent(number, state) for number in _numbers(row)]
        self._consent(row, lines, _OFF_FOR_S, f"{verb} {', '.join(row.names('purposes'))}")

    def _consent(self, row: Row, lines: list[Consent], valid_s: int, text: str) -> None:
        via = row.text("via")
        self._note("owner", text + {"ble": " over BLE", "none": " (the record is held back)"}.get(via, ""))
        self._world.phone.consent(lines, valid_s, via)

    def _erase(self, row: Row) -> None:
        self._note("owner", f"orders to erase {', '.join(row.names('purposes'))}")
        mask = sum(1 << number for number in _numbers(row))
        self._order(Order(ERASE, mask, request=self._world.chance("order").randbytes(16)))

    def _export(self) -> None:
        self._note("owner", "orders an export")
        self._order(Order(EXPORT, request=self._world.chance("order").randbytes(16)))

    def _order(self, order: Order) -> None:
        self._world.phone.order(order)

    def _forge(self, row: Row) -> None:
        """A stranger at the broker signs a record with a key of its own."""
        world, rng = self._world, self._world.chance("forger")
        true = world.owner.binding
        stranger = Owner(forger(true, rng), rng)
        now = world.engine.clock.seconds()
        seq, head = len(world.owner.records) + 1, world.owner.head
        record = stranger.sign([Consent(number) for number in _numbers(row)], now, now + 3_600, seq, head)
        self._note("world", f"a stranger forges a grant of {', '.join(row.names('purposes'))}")
        world.stranger(true.topic + kinds.RECORD, record.body)

    def _replay(self, row: Row) -> None:
        """These very bytes again: by the phone, or by a broker that kept them."""
        number, via = row.number("record"), row.text("via")
        records = self._world.owner.records
        if number > len(records):
            return
        body = records[number - 1].body
        if via == "broker":
            self._note("world", f"the broker delivers record {number}, which it had kept")
            self._world.stranger(self._world.owner.binding.topic + kinds.RECORD, body)
        else:
            self._note("world", f"record {number} is sent once more")
            self._world.phone.send(body, via)

    def _ask(self, row: Row) -> None:
        self._note("owner", f"asks: {row.text('what')}")
        self._world.phone.ask(row.text("what"))

    def _press(self, row: Row) -> None:
        self._note("owner", "holds the button" if row.flag("long") else "presses the button")
        self._world.press(row.flag("long"))

    def _stop(self) -> None:
        self._note("world", "the bike stops")
        self._world.bike.stop()

    def _camera(self, row: Row) -> None:
        self._world.camera.works = row.flag("works")

    def _wifi(self, row: Row) -> None:
        station = self._world.station
        station.working = row.flag("on")
        if not station.working:
            station.lose()

    def _broker(self, row: Row) -> None:
        cloud = self._world.cloud
        self._note("cloud", "the broker is back" if row.flag("on") else "the broker goes away")
        if isinstance(cloud, VirtualCloud):
            if row.flag("on"):
                cloud.start()
            else:
                cloud.stop()

    def _redirect(self, row: Row) -> None:
        """Whoever answers the device's question for its broker's address names another machine."""
        self._note(
            "world", "the broker's name leads " + ("to somebody else" if row.flag("on") else "to the broker again")
        )
        self._world.port.redirected = row.flag("on")

    def _fault(self, row: Row) -> None:
        cloud = self._world.cloud
        name = self._world.owner.binding.topic[2:-1].decode()
        if isinstance(cloud, VirtualCloud):
            fault = Fault(row.text("action"), row.text("packet"), client=name, times=row.number("times"))
            cloud.broker.faults.add(fault)
            self._note("cloud", f"will {fault.action} {fault.packet} to the device, {fault.times} times")


def _numbers(row: Row) -> list[int]:
    return [PURPOSES.index(name) for name in row.names("purposes")]
