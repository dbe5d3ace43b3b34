"""`amace demo`: the first ride, told as it happens; with a recorded ride, a real receiver or a real broker where asked."""

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from simulator import fields, recording, rides, scenario
from simulator.clock import EPOCH
from simulator.play import Options
from simulator.scenario import Scenario
from tools import app as application
from tools.console import out
from tools.errors import Problem
from tools.sim import pace, ride, runtimes
from tools.sim.real_cloud import RealCloud

app = application.new()
_UNIX_2020 = int(EPOCH.timestamp())
_MAX_LIVE_MS = 86_400_000
_LEAST_LIVE_MS = 3_000


@app.command()
def main(
    nmea: Annotated[str, typer.Option(metavar="FILE", help="Ride this recorded NMEA file.")] = "",
    gps: Annotated[
        str, typer.Option(metavar="PORT", help="Listen to this receiver, in real time: a port or socket://host:port.")
    ] = "",
    length: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long to listen to --gps, minutes:seconds.")
    ] = "10:00",
    broker: Annotated[str, typer.Option(metavar="URL", help="Use this broker: mqtt://host[:port] or mqtts://…")] = "",
    ca: Annotated[Path | None, typer.Option(metavar="FILE", help="Authorities to trust for mqtts://, PEM.")] = None,
    as_json: Annotated[str, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is stdout.")] = "",
    runtime: Annotated[str, typer.Option(help="Where the agent runs: cpython, mp64 or mp32.")] = "cpython",
    speed: Annotated[
        int, typer.Option(min=0, max=pace.MAX_SPEED, help="Virtual seconds a real one; 0 is as fast as possible.")
    ] = 0,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Another world.")] = None,
) -> int:
    """Watch a simulated e-bike: bound, granted, ridden, stolen, withdrawn; then everything that left and was withheld."""
    if nmea and gps:
        raise Problem("--nmea and --gps are two receivers", "amace demo", "Choose one")
    if ca is not None and not broker.startswith("mqtts:"):
        raise Problem("--ca is for a broker with TLS", "--ca", "Add --broker mqtts://host")
    runtimes.check(runtime)
    options = Options()
    chosen = _chosen(nmea, gps, length, options)
    receiver = pace.SerialReceiver(gps) if gps else None
    cloud = RealCloud(broker, ca) if broker else None
    if cloud is not None:
        cloud.greet(b"amace-demo-" + secrets.token_hex(4).encode())
        options.make_cloud = cloud.bind
        names = 1 + secrets.randbelow(2**31)  # a real broker is shared
        region = cloud.region or chosen.setting.region  # an address that names none is taken for one of here
        chosen = replace(chosen, setting=replace(chosen.setting, names=names, broker=region))
    if receiver is not None:
        options.make_receiver = lambda engine: receiver
    if seed is not None:
        chosen = replace(chosen, setting=replace(chosen.setting, seed=seed))
    if speed or receiver is not None or cloud is not None:
        options.settle = pace.Pace(1 if receiver is not None else speed, receiver, cloud)
    try:
        return ride.ride(chosen, ride.Wishes(runtime, "", "", as_json), options)
    finally:
        if receiver is not None:
            receiver.close()
        if cloud is not None:
            cloud.leave()


def _chosen(nmea: str, gps: str, length: str, options: Options) -> Scenario:
    if nmea:
        return _recorded(Path(nmea), options)
    if gps:
        try:
            ms = fields.time(length)
        except fields.Refusal as refusal:
            raise Problem(refusal.what, "--for", refusal.mend) from refusal
        if not _LEAST_LIVE_MS <= ms <= _MAX_LIVE_MS:
            raise Problem(f"{length} is no time from 0:03 to a day", "--for", "Write it as minutes:seconds")
        options.stoppable = True
        # The phone signs with today's date; a machine whose clock is behind the build gets the build's.
        return rides.live(ms, max(int(time.time()) - _UNIX_2020, fields.EARLIEST_S))
    return scenario.load(ride.find("demo"))


def _recorded(path: Path, options: Options) -> Scenario:
    from hal.host.replay import read_file

    try:
        data = read_file(path)
    except ValueError as error:
        raise Problem(str(error), "--nmea") from error
    found = ride.asked(lambda: recording.read(data, str(path)))
    chosen = rides.recorded(found)
    options.make_receiver = lambda engine: recording.Player(engine, found, rides.first_ms(found))
    day = EPOCH.fromtimestamp(_UNIX_2020 + chosen.start_s, EPOCH.tzinfo).date()
    out.print(
        f"[dim]Recorded on {found.date or 'a day it does not tell'}; ridden as if it were {day}, at its own times of day.[/dim]"
    )
    return chosen
