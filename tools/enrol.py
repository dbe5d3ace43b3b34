"""`amace enrol`: makes a device's secrets, writes them over its console or to a file, and writes what its owner's phone needs.

Law: keys are on disk before the device has them, and never on the screen unless asked. Refuses a device that is bound, and a
file that exists.
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from simulator.keys import Signer
from tools import app as application
from tools import enrolment as e
from tools.consent.keys import load_key
from tools.console import err, out
from tools.errors import Problem
from tools.rig import journal_text, target
from tools.rig.client import Rig
from tools.rig.wire import NoAnswer, WireGone

app = application.new()
PASSWORD = "AMACE_WIFI_PASS"


@app.command()
def main(
    owner: Annotated[Path, typer.Option("--owner", metavar="FILE", help="Where to write what the phone needs.")],
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where to write the device's side, for build --enrol and hil."),
    ] = None,
    port: Annotated[
        str | None,
        typer.Option("--port", "--dut", metavar="DEVICE", help="Write it to this device now: a port, socket://…, sim."),
    ] = None,
    use: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Use this enrolment instead of making new keys.")
    ] = None,
    device_id: Annotated[
        str | None, typer.Option("--device-id", metavar="HEX", help="16 bytes; random without it.")
    ] = None,
    epoch: Annotated[int, typer.Option("--epoch", help="1 for the first owner; one more for every owner after.")] = 1,
    ssid: Annotated[
        str, typer.Option("--ssid", help=f"Wi-Fi; its password comes from ${PASSWORD}, else it is asked for.")
    ] = "",
    region: Annotated[str, typer.Option("--region", metavar="CODE", help="Where data stays, as CN.")] = "",
    broker: Annotated[str, typer.Option("--broker", metavar="URL", help="mqtts://\\[user:password@]host#CN")] = "",
    ca: Annotated[Path | None, typer.Option("--ca", metavar="FILE", help="The broker's authority, PEM or DER.")] = None,
    owner_key: Annotated[
        Path | None,
        typer.Option("--owner-key", metavar="FILE", help="A key of amace consent new-owner; a new one without."),
    ] = None,
    minor: Annotated[
        bool, typer.Option("--minor", help="The owner is under age: the keys made now are the guardian's.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Also print the owner's side: whoever sees it owns the device.")
    ] = False,
) -> None:
    """Enrols a device: keys, Wi-Fi and broker to the device (--port) or a file (--out), the phone's half to --owner FILE."""
    if port is None and out_file is None and use is None:
        raise Problem(
            "there is nothing to enrol", "amace enrol", "Name a device with --port, a file with --out, or both"
        )
    if use is not None:
        made = e.load(use)
    else:
        made = _make(
            device_id, epoch, ssid, broker, ca, load_key(owner_key) if owner_key is not None else None, minor, region
        )
    if port is not None:
        target.check([port])
    for path in (out_file, owner):
        e.must_be_new(path)
    if out_file is not None:
        e.save(out_file, e.content(made))
    _warn(made, rig=out_file is not None or use is not None)
    e.save(owner, made.owner())
    if port is not None:
        _write(port, made)
    out.print(f"device {e.fingerprint(made)}: the phone's side is in {owner}", markup=False)
    if show:
        out.print_json(data=made.owner())


def _warn(made: e.Enrolment, rig: bool) -> None:
    """What will not work later, said while it can still be mended."""
    if not rig:
        err.print(
            f"enrol: without --out the console key is on the device alone, and no rig can speak to {e.fingerprint(made)} later"
        )
    if not made.seal:
        err.print(
            "enrol: the owner's seal key is in the owner's file of the first enrolment; this one cannot open what is sealed"
        )


def _make(
    device_id: str | None,
    epoch: int,
    ssid: str,
    broker: str,
    ca: Path | None,
    signer: Signer | None,
    minor: bool,
    region: str,
) -> e.Enrolment:
    try:
        identity = bytes.fromhex(device_id) if device_id is not None else None
    except ValueError:
        raise Problem("the device id is not hexadecimal", "--device-id", "Write 32 digits 0 to f") from None
    try:
        authority = e.compact(ca.read_bytes()) if ca is not None else b""
        e.check("ca", authority)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Problem(
            f"the certificate cannot be used: {why}", str(ca), "Name a PEM or DER file with the authority alone"
        ) from error
    try:
        return e.generate(identity, epoch, ssid, _password() if ssid else "", broker, authority, signer, minor, region)
    except ValueError as error:
        raise Problem(str(error), "amace enrol", "See amace enrol --help") from error


def _password() -> str:
    """Not an option: the list of processes and the shell's history show options."""
    given = os.environ.get(PASSWORD)
    return given if given is not None else typer.prompt("Wi-Fi password", hide_input=True, err=True)


def _write(port: str, made: e.Enrolment) -> None:
    log = target.new_log(port)
    rig = target.open_rig(port, log)
    try:
        over(rig, made, port)
    except (NoAnswer, WireGone) as error:
        raise Problem(
            str(error), port, f"Nothing is bound until the last secret is written: enrol again. Log: {log.path}"
        ) from error
    finally:
        rig.close()
        log.close()


def over(rig: Rig, made: e.Enrolment, port: str) -> None:
    """Writes everything to a device of nobody, and starts it anew. Raises Problem, NoAnswer, WireGone."""
    hello = rig.hello()
    if hello.enrolled:
        raise Problem(
            "the device is bound already", port, "Its owner ends the account first: amace rights erase --whole"
        )
    rig.auth(made.console_key, hello.nonce)  # a device without a key takes anyone; one left half-enrolled wants its own
    for name in e.ORDER:
        if name in made.secrets:
            code = rig.enrol(name, made.secrets[name])
            if code:
                raise Problem(
                    f"the device refuses {name}: {journal_text.error(code)}",
                    port,
                    "Is this the enrolment it began with?",
                )
    if not rig.restart().enrolled:
        raise Problem("the device took everything and is not bound after its restart", port, "See its log")
