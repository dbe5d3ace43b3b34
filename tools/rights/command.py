"""`amace rights`: the owner's access, portability, correction and erasure, over a cable or a broker (policy 5).

Refuses to write over a file, to end an account unasked, and to call an order done whose answer does not verify.
"""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from agent.privacy import order as r
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES
from simulator.keys import Signer, encode
from simulator.owner import Binding
from tools import app as application
from tools import enrolment as e
from tools.console import err, out
from tools.errors import Problem
from tools.rights import holdings, lines, orders, render, terms

app = application.new()
_MAX_FILE = 16 << 10

Keys = Annotated[
    Path,
    typer.Option("--keys", metavar="FILE", help="The owner's file, or the enrolment, as amace enrol wrote them."),
]
Port = Annotated[
    str | None,
    typer.Option("--port", "--dut", metavar="DEVICE", help="By its console: a port, socket://…, sim, mp32."),
]
Url = Annotated[
    str | None, typer.Option("--broker", metavar="URL", help="By this broker; without both, by the owner file's.")
]
Ca = Annotated[Path | None, typer.Option("--ca", metavar="FILE", help="The broker's authority, PEM or DER.")]
Place = Annotated[str, typer.Option("--jurisdiction", help="Whose deadline holds, as CN or US-CA.", show_default=False)]


class Owner:
    """What a file of keys holds: of the device's half the console key, of the owner's the broker."""

    def __init__(self, path: Path) -> None:
        self.enrolment: e.Enrolment | None = None
        said = _load(path)
        try:
            if said.get("format") == e.FORMAT:
                self.enrolment = e.load(path)
                said = cast("dict[str, Any]", self.enrolment.owner())
            if said.get("format") != e.OWNER_FORMAT:
                raise ValueError
            signer = Signer(bytes.fromhex(said["owner_seed"]))
            self.binding = Binding(
                bytes.fromhex(said["device_id"]), bytes.fromhex(said["pairing_key"]), signer, said["epoch"]
            )
            self.broker: str = said["broker"]
            self.ca = bytes.fromhex(said["ca"])
            right = (
                len(self.binding.device_id),
                len(self.binding.key),
                len(signer.seed),
                0 < self.binding.epoch < 1 << 32,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            right = None
        if right != (16, 32, 32, True):
            raise Problem("these are no keys of an owner", str(path), "`amace enrol --owner FILE` writes them")


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE + 1)
        said: object = json.loads(text) if len(text) <= _MAX_FILE else None
    except OSError as error:
        raise Problem(f"the keys cannot be read: {error.strerror}", str(path), "See amace enrol --help") from error
    except ValueError:
        said = None
    return cast("dict[str, Any]", said) if type(said) is dict else {}


def _carry_out(
    keys: Path, port: str | None, broker: str | None, ca: Path | None, order: orders.Order
) -> tuple[Owner, bytes]:
    owner = Owner(keys)
    if port is not None and broker is not None:
        raise Problem("there are two ways", "amace rights", "Give --port or --broker")
    if port is not None:
        if owner.enrolment is None:
            raise Problem("the console wants the enrolment", str(keys), "The owner's file opens only the broker")
        return owner, lines.over_console(port, owner.enrolment, order, owner.binding)
    url = broker or owner.broker
    if not url:
        raise Problem("no way to the device is named", "amace rights", "Give --port or --broker")
    line = lines.Broker(url, lines.authority(ca, owner.ca), owner.binding.topic.decode())
    with closing(line):
        answer = lines.carry_out(line, order, owner.binding)
        if order.what == r.WHOLE:
            line.clear()
        return owner, answer


@app.command("export")
def export(
    keys: Keys,
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new folder for the files.")],
    port: Port = None,
    broker: Url = None,
    ca: Ca = None,
    jurisdiction: Place = "",
) -> None:
    """Writes all the device holds of its owner: CBOR, JSON, GPX and GeoJSON, and consent records."""
    if folder.exists():
        raise Problem("it is there already", str(folder), "Name a new folder")
    order = orders.Order(r.EXPORT, place=_place(jurisdiction))
    owner, answer = _carry_out(keys, port, broker, ca, order)
    try:
        claims = orders.opened(answer, owner.binding)
        held = holdings.read(claims)
        if held.request != order.request or held.device_id != owner.binding.device_id:
            raise orders.Unreadable("it answers another order")
    except orders.Unreadable as error:
        raise Problem(f"the answer cannot be used: {error}", "amace rights export", "Order it again") from error
    _save(folder, answer, claims, held)
    out.print(
        f"request {held.request.hex()}: {len(held.consent)} purposes, {len(held.messages)} messages,"
        f" {len(render.positions(held))} positions in {folder}",
        markup=False,
    )


def _save(folder: Path, answer: bytes, claims: dict[int, Any], held: holdings.Holdings) -> None:
    texts = {
        "export.json": json.dumps(render.as_json(held), indent=1, ensure_ascii=False) + "\n",
        "positions.geojson": json.dumps(render.as_geojson(held), indent=1) + "\n",
        "positions.gpx": render.as_gpx(held),
        "consent.json": json.dumps(render.as_records(held), indent=1) + "\n",
    }
    try:
        folder.mkdir(mode=0o700)
        (folder / "export.cbor").write_bytes(encode(claims))
        (folder / "export.cose").write_bytes(answer)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(f"it cannot be written: {error.strerror}", str(folder), "Name a folder of yours") from error


@app.command("erase")
def erase(
    keys: Keys,
    purposes: Annotated[
        list[str] | None, typer.Option("--purpose", metavar="NAME", help="Erase this purpose's data; repeatable.")
    ] = None,
    before: Annotated[
        str, typer.Option("--before", metavar="TIME", help="Only what is older, as 2026-11-24T08:00; consent stays.")
    ] = "",
    whole: Annotated[
        bool, typer.Option("--whole", help="End the account: keys, grants, data and Wi-Fi go from the device.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    port: Port = None,
    broker: Url = None,
    ca: Ca = None,
    jurisdiction: Place = "",
    certificate: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to keep the certificate.")
    ] = None,
) -> None:
    """Erases by purpose, by time, or as a whole, and shows the device's certificate."""
    mask = _mask(purposes or [])
    if whole == bool(mask or before):
        raise Problem("it is not clear what to erase", "amace rights erase", "Give --whole, or --purpose and --before")
    try:
        moment = terms.seconds_of(before) if before else 0
    except ValueError as error:
        raise Problem(f"{before!r} is no time: {error}", "--before", "Write it like 2026-11-24T08:00") from error
    if before and not mask:
        mask = (1 << p.COUNT) - 2
    e.must_be_new(certificate)
    if whole and not yes:
        typer.confirm("This ends the account on the device for good. Go on?", abort=True, err=True)
    order = orders.Order(r.WHOLE if whole else r.ERASE, mask, moment, place=_place(jurisdiction))
    _certify(*_carry_out(keys, port, broker, ca, order), order, certificate)


@app.command("correct")
def correct(
    keys: Keys,
    name: Annotated[str, typer.Option("--name", help="What the device is to be called; empty to forget it.")],
    port: Port = None,
    broker: Url = None,
    ca: Ca = None,
    jurisdiction: Place = "",
) -> None:
    """Corrects the name that the device holds."""
    text = name.encode()
    if len(text) > r.MAX_NAME:
        raise Problem(f"the name has {len(text)} bytes", "--name", f"It may have {r.MAX_NAME}")
    order = orders.Order(r.CORRECT, text=text, place=_place(jurisdiction))
    _certify(*_carry_out(keys, port, broker, ca, order), order, None)


def _certify(owner: Owner, answer: bytes, order: orders.Order, path: Path | None) -> None:
    try:
        made = orders.certificate(answer, owner.binding, order)
    except orders.Unreadable as error:
        raise Problem(f"the certificate cannot be used: {error}", "amace rights", "Order it again") from error
    exceptions = terms.bits(made.exceptions, terms.EXCEPTIONS)
    told: dict[str, object] = {
        "request": made.request.hex(),
        "order": made.seq,
        "device_key": made.device_key.hex(),
        "purposes": terms.purposes(made.purposes),
        "before": terms.moment(made.before) if made.before else None,
        "stores": terms.bits(made.stores, terms.STORES),
        "exceptions": exceptions,
        "messages_erased": made.messages,
        "at": terms.moment(made.at),
        "due": terms.moment(made.due),
    }
    out.print_json(data=told)
    if path is not None:
        e.save(path, told | {"format": "amace-certificate-1", "cose": answer.hex()})
    for name in exceptions:
        err.print(f"not reached: {name}", markup=False)


def _mask(names: list[str]) -> int:
    mask = 0
    for name in names:
        if name not in PURPOSES or name == "control":
            raise Problem(f"no purpose is called {name!r}", "--purpose", f"There are: {', '.join(PURPOSES[1:])}")
        mask |= 1 << PURPOSES.index(name)
    return mask


def _place(text: str) -> str:
    if len(text.encode()) > 8:
        raise Problem(f"{text!r} names no jurisdiction", "--jurisdiction", "Write it like CN or US-CA")
    return text
