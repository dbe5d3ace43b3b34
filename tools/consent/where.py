"""Which owner, and which way to the device: the words that all of the owner's commands share."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tools import enrolment as e
from tools.consent import ways
from tools.consent.deliver import Way
from tools.consent.wallet import Wallet
from tools.errors import Problem

Owner = Annotated[
    Path,
    typer.Option(
        "--owner", metavar="FILE", envvar="AMACE_OWNER", help="The phone's half, as amace enrol --owner wrote it."
    ),
]
Port = Annotated[
    str | None,
    typer.Option("--port", "--dut", metavar="DEVICE", help="By cable: a port, socket://…; or simulated: sim, mp32 …"),
]
Enrolment = Annotated[
    Path | None,
    typer.Option("--enrolment", metavar="FILE", help="With --port: the device's file, for its console key."),
]
Broker = Annotated[
    str | None,
    typer.Option("--broker", metavar="URL", help="mqtts://\\[user:password@]host; the owner's file's without."),
]
Ca = Annotated[Path | None, typer.Option("--ca", metavar="FILE", help="The broker's authority, PEM or DER.")]
Wait = Annotated[int, typer.Option("--wait", min=1, max=86_400, help="Seconds for an answer at a broker.")]


class Where:
    """Where a record goes, as the command line says. Refuses two places at once."""

    def __init__(
        self,
        port: str | None,
        enrolment: Path | None,
        broker: str | None,
        ca: Path | None,
        wait: int,
        out: Path | None = None,
    ) -> None:
        if sum(one is not None for one in (port, broker, out)) > 1:
            raise Problem("there are two ways to go", "the command line", "Name one of --port, --broker and --out")
        self.port, self.broker, self.ca, self.wait, self.out = port, broker, ca, wait, out
        self._enrolment = enrolment

    def keys(self) -> e.Enrolment | None:
        return e.load(self._enrolment) if self._enrolment is not None else None

    def url(self, wallet: Wallet) -> str:
        url = self.broker or wallet.broker
        if not url:
            raise Problem("there is no way to the device", "the command line", "Name --port or --broker")
        return url

    @contextmanager
    def way(self, wallet: Wallet) -> Generator[Way]:
        if self.port is not None:
            with ways.console(self.port, wallet, self.keys()) as (way, _):
                yield way
            return
        with ways.broker(self.url(wallet), self.ca, wallet, self.wait) as way:
            yield way
