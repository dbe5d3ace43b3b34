"""`amace rights`: the owner's access, portability, correction and erasure, over a cable or a broker (policy 5).

Refuses to write over a file, to end an account unasked, and to call an order done whose answer does not verify. Exit 1: the device
said no, or nothing.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from agent.privacy import order as r
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES
from simulator.keys import encode
from simulator.orders import Order
from tools import app as application
from tools import enrolment as e
from tools.consent import show as shown
from tools.consent.deliver import NO_ANSWER, give
from tools.consent.wallet import Wallet, load
from tools.consent.where import Broker, Ca, Enrolment, Owner, Port, Wait, Where
from tools.console import err, out
from tools.errors import Problem
from tools.rights import holdings, orders, reader, render, terms

app = application.new()

Place = Annotated[str, typer.Option("--jurisdiction", help="Whose deadline holds, as CN or US-CA.", show_default=False)]


def _carry_out(owner: Path, where: Where, order: Order) -> tuple[Wallet, bytes]:
    """The owner's chain with the order in it, and the device's answer; b"" when there is none, which is said."""
    wallet = load(owner)
    with where.way(wallet) as way:
        outcome = give(wallet, way, order)
        if outcome.code == 0 and order.what == r.WHOLE:
            way.clear()
    if outcome.code == NO_ANSWER:
        err.print("no answer: the device is not connected. Order it again, or by cable, which needs no network")
    elif outcome.code:
        err.print(shown.refusal(outcome.code), markup=False)
    elif not outcome.body:
        err.print("the answer was erased before it was taken: order it again")
    return wallet, outcome.body


@app.command("export")
def export(
    owner: Owner,
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new folder for the files.")],
    port: Port = None,
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    jurisdiction: Place = "",
    to: Annotated[
        str, typer.Option("--to", metavar="KEY", help="Only for the reader with this key (amace rights new-reader).")
    ] = "",
) -> int:
    """Writes all the device holds of its owner: CBOR, JSON, GPX and GeoJSON, and consent records."""
    _must_be_new(folder)
    order = Order(r.EXPORT, text=reader.reader_key(to) if to else b"", place=_place(jurisdiction))
    wallet, answer = _carry_out(owner, Where(port, enrolment, broker, ca, wait), order)
    if not answer:
        return 1
    binding = wallet.owner.binding
    try:
        if to:
            return _save_parcel(folder, orders.parcel(answer, binding, order.request))
        claims = orders.opened(answer, binding, order.request)
        held = holdings.read(claims)
        if held.request != order.request or held.device_id != binding.device_id:
            raise orders.Unreadable("it answers another order")
    except orders.Unreadable as error:
        raise Problem(f"the answer cannot be used: {error}", "amace rights export", "Order it again") from error
    _save(folder, {"export.cbor": encode(claims), "export.cose": answer}, held)
    return 0


@app.command("open")
def open_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What amace rights export --to wrote.")],
    key: Annotated[Path, typer.Option("--reader", metavar="KEYFILE", help="The key it is sealed to.")],
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="A new folder for the files.")],
) -> None:
    """Opens an export that an owner ordered for this reader."""
    _must_be_new(folder)
    parcel = reader.load_parcel(file)
    try:
        claims = orders.read_parcel(parcel, reader.load_reader(key))
        held = holdings.read(claims)
        if held.request != parcel.request or held.device_id != parcel.device_id:
            raise orders.Unreadable("it is of another order than it says")
    except orders.Unreadable as error:
        raise Problem(f"it cannot be opened: {error}", str(file), "Ask its owner to order it to your key") from error
    _save(folder, {"export.cbor": encode(claims)}, held)


@app.command("new-reader")
def new_reader(file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the key.")]) -> None:
    """Makes a key for exports of other people's devices, and prints the half that the owner needs."""
    e.must_be_new(file)
    made = reader.new_reader()
    e.save(file, made)
    out.print(made["public"], markup=False)


def _must_be_new(folder: Path) -> None:
    if folder.exists():
        raise Problem("it is there already", str(folder), "Name a new folder")


def _save_parcel(folder: Path, parcel: reader.Parcel) -> int:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise Problem(f"it cannot be written: {error.strerror}", str(folder), "Name a folder of yours") from error
    e.save(folder / "export.sealed", parcel.told())
    out.print(f"request {parcel.request.hex()}: {len(parcel.sealed)} sealed bytes in {folder}", markup=False)
    return 0


def _save(folder: Path, raw: dict[str, bytes], held: holdings.Holdings) -> None:
    texts = {
        "export.json": json.dumps(render.as_json(held), indent=1, ensure_ascii=False) + "\n",
        "positions.geojson": json.dumps(render.as_geojson(held), indent=1) + "\n",
        "positions.gpx": render.as_gpx(held),
        "consent.json": json.dumps(render.as_records(held), indent=1) + "\n",
    }
    try:
        folder.mkdir(mode=0o700)
        for name, data in (raw | {name: text.encode() for name, text in texts.items()}).items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise Problem(f"it cannot be written: {error.strerror}", str(folder), "Name a folder of yours") from error
    out.print(
        f"request {held.request.hex()}: {len(held.consent)} purposes, {len(held.messages)} messages,"
        f" {len(render.positions(held))} positions in {folder}",
        markup=False,
    )


@app.command("erase")
def erase(
    owner: Owner,
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
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    jurisdiction: Place = "",
    certificate: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to keep the certificate.")
    ] = None,
) -> int:
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
    order = Order(r.WHOLE if whole else r.ERASE, mask, moment, place=_place(jurisdiction))
    return _certify(*_carry_out(owner, Where(port, enrolment, broker, ca, wait), order), order, certificate)


@app.command("correct")
def correct(
    owner: Owner,
    name: Annotated[str, typer.Option("--name", help="What the device is to be called; empty to forget it.")],
    port: Port = None,
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    jurisdiction: Place = "",
) -> int:
    """Corrects the name that the device holds."""
    text = name.encode()
    if len(text) > r.MAX_NAME:
        raise Problem(f"the name has {len(text)} bytes", "--name", f"It may have {r.MAX_NAME}")
    order = Order(r.CORRECT, text=text, place=_place(jurisdiction))
    return _certify(*_carry_out(owner, Where(port, enrolment, broker, ca, wait), order), order, None)


def _certify(wallet: Wallet, answer: bytes, order: Order, path: Path | None) -> int:
    if not answer:
        return 1
    try:
        made = orders.certificate(answer, wallet.owner.binding, order)
    except orders.Unreadable as error:
        raise Problem(f"the certificate cannot be used: {error}", "amace rights", "Order it again") from error
    known = wallet.speaking or wallet.device_key
    if known and made.device_key != known:
        raise Problem(
            "another device signed this certificate", str(wallet.path), "Name the file of this device's owner"
        )
    if not known:
        wallet.trust(made.device_key, True)  # the pairing key's envelope tells whose signature this is
        wallet.save()
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
    if order.what == r.WHOLE:
        err.print(f"the account has ended: {wallet.path} and its owner's file open nothing any more", markup=False)
    return 0


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
