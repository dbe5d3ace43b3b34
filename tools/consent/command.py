"""`amace consent`: an owner's key, grants and withdrawals signed with it, their delivery and the device's own answer.

Law: a signature is on disk before it travels; nothing is believed of a device that it did not sign. Exit 1: the device said no, or
nothing proves that it said yes.
"""

from pathlib import Path
from typing import Annotated

import typer

from agent.privacy import grants as g
from simulator.owner import Consent, Record
from tools import app as application
from tools import enrolment as e
from tools.consent import show as shown
from tools.consent import terms, text, ways
from tools.consent.deliver import bring, meet
from tools.consent.keys import new_key
from tools.consent.wallet import Wallet, load, now
from tools.consent.where import Broker, Ca, Enrolment, Owner, Port, Wait, Where
from tools.console import err, out
from tools.errors import Problem

app = application.new()
_DAY = 86_400

Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Deliver nothing: write the record to this file.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


@app.command()
def new_owner(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    alg: Annotated[str, typer.Option("--alg", help="ed25519 or es256.")] = "ed25519",
) -> None:
    """Makes an owner's key, for amace enrol --owner-key. Whoever has the file decides for the owner."""
    made = new_key(alg)
    e.save(file, made)
    out.print(f"a new {alg} key is in {file}; `amace enrol --owner-key {file}` binds a device to it", markup=False)


@app.command()
def grant(
    purpose: Annotated[list[str], typer.Argument(metavar="PURPOSE…")],
    owner: Owner,
    precision: Annotated[str | None, typer.Option(help="precise, street or district; the coarsest without.")] = None,
    interval: Annotated[str, typer.Option(help="The least time between two reports.")] = "30s",
    retention: Annotated[str, typer.Option(help="How long it may be kept unsent.")] = "1h",
    recipients: Annotated[str, typer.Option(help="Who may get it, with commas between.")] = "owner",
    lasts: Annotated[str, typer.Option("--for", metavar="DURATION", help="When it ends by itself.")] = "30d",
    port: Port = None,
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    out_file: Out = None,
    as_json: Json = False,
) -> int:
    """Allows purposes on these terms, tells the device, and prints its signed answer."""
    named = terms.purposes(purpose)
    lines = terms.grant(named, precision, interval, retention, recipients.split(","))
    ends = terms.seconds(lasts, "--for")
    if ends == 0:
        raise Problem("a grant of no time is none", "--for", "To end one, use amace consent withdraw")
    where = Where(port, enrolment, broker, ca, wait, out_file)
    return _decide(owner, where, text.asked(named), lines, ends, as_json)


@app.command()
def withdraw(
    owner: Owner,
    purpose: Annotated[list[str] | None, typer.Argument(metavar="PURPOSE…")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every purpose there is.")] = False,
    port: Port = None,
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    out_file: Out = None,
    as_json: Json = False,
) -> int:
    """Takes permissions back: the sensor is off at once, what was not sent yet is erased."""
    if bool(purpose) == everything:
        raise Problem("withdraw what?", "amace consent withdraw", "Name purposes, or --all")
    numbers = terms.every() if everything else terms.purposes(purpose or [])
    where = Where(port, enrolment, broker, ca, wait, out_file)
    return _decide(owner, where, [], [Consent(n, g.WITHDRAWN) for n in numbers], _DAY, as_json)


@app.command()
def show(
    record: Annotated[Path | None, typer.Argument(metavar="[RECORD]")] = None,
    owner: Annotated[
        Path | None,
        typer.Option("--owner", metavar="FILE", envvar="AMACE_OWNER", help="Whose chain, and under whose key."),
    ] = None,
    port: Port = None,
    enrolment: Enrolment = None,
    broker: Broker = None,
    ca: Ca = None,
    wait: Wait = 30,
    as_json: Json = False,
) -> int:
    """Prints a record's file, the owner's chain, or (--port, --broker) what a device says its state is."""
    if record is not None:
        return shown.record(record, load(owner) if owner is not None else None, as_json)
    if owner is None:
        raise Problem("there is nothing to show", "amace consent show", "Name a record's file, or --owner FILE")
    wallet = load(owner)
    if port is None and broker is None:
        return shown.chain(wallet, as_json)
    where = Where(port, enrolment, broker, ca, wait, None)
    if port is not None:
        with ways.console(port, wallet, where.keys()) as (way, rig):
            at = meet(wallet, way)
            if not way.keeps:
                bring(wallet, way, at)  # one that was made just now is told what holds
            return shown.device(wallet, way.ask(), rig.state(), as_json)
    with ways.broker(where.url(wallet), ca, wallet, wait) as way:
        err.print(f"waiting up to {wait} s for the device to say hello at {way.name}", markup=False)
        known = way.listen(wait)
        wallet.save()
        if not known:
            err.print("nothing came: a device says hello when it connects; start it anew")
            return 1
        return shown.chain(wallet, as_json)


def _decide(owner: Path, where: Where, told: list[str], lines: list[Consent], lasts: int, as_json: bool) -> int:
    """Signs `lines` after showing what is `told`, and delivers."""
    wallet = load(owner)
    if where.out is not None:
        e.must_be_new(where.out)
        signed = _sign(wallet, told, lines, lasts)
        where.out.write_bytes(signed.body)
        out.print(f"record {signed.seq}, {len(signed.body)} bytes, is in {where.out}", markup=False)
        return 0
    with where.way(wallet) as way:
        at = meet(wallet, way)
        _sign(wallet, told, lines, lasts)
        return shown.answer(wallet, bring(wallet, way, at), as_json)


def _sign(wallet: Wallet, told: list[str], lines: list[Consent], lasts: int) -> Record:
    for line in told:
        err.print(line, markup=False)
    signed = wallet.owner.record(lines, now(), now() + lasts)
    wallet.save()
    return signed
