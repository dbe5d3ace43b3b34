"""The devices that need no hardware, by the name that `--dut` takes. Whatever they are made of is fetched or compiled when asked for."""

import os
import sys
from collections.abc import Callable

from simulator.device import DeviceError, InProcess, Vm
from tools import fetch, mpy
from tools.errors import Problem
from tools.places import ROOT
from tools.rig.log import DeviceLog
from tools.rig.spawn import Process, SpawnedWire
from tools.rig.stepped import SteppedWire
from tools.rig.wire import Wire, WireGone

_HEAP = {64: "272k", 32: "136k"}  # the same number of objects: a 64-bit word is twice as wide


def _sim(name: str, log: DeviceLog) -> Wire:
    return SteppedWire(name, InProcess())


def _stepped(name: str, log: DeviceLog) -> Wire:
    """The agent's bytecode in MicroPython, its world in this process, the step wire between them on a pty."""
    bits = int(name[2:])
    return SteppedWire(name, Vm(fetch.micropython(bits), mpy.compiled(), _HEAP[bits], pty=True, on_text=log.text))


def _laptop(name: str, log: DeviceLog) -> Wire:
    """agent/runtime.py on boards/host, in real time."""
    command = [sys.executable, "-P", "-m", "tools.rig.laptop"]
    return SpawnedWire(name, Process(command, {"PYTHONPATH": str(ROOT)}, ROOT))


def _unix(name: str, log: DeviceLog) -> Wire:
    """agent/runtime.py on boards/unix: MicroPython with real sockets and files, in real time."""
    bits = int(name[4:])
    tree = mpy.compiled()
    command = [str(fetch.micropython(bits)), "-X", f"heapsize={_HEAP[bits]}", "-m", "boards.unix.main"]
    path = os.pathsep.join([".frozen", str(tree), str(fetch.umqtt())])  # asyncio is in the machine itself
    return SpawnedWire(name, Process(command, {"MICROPYPATH": path}, tree))


DEVICES: dict[str, Callable[[str, DeviceLog], Wire]] = {
    "sim": _sim,
    "mp64": _stepped,
    "mp32": _stepped,
    "host": _laptop,
    "unix64": _unix,
    "unix32": _unix,
}


def power(name: str, log: DeviceLog) -> Wire:
    """Starts one of DEVICES. Raises Problem."""
    try:
        return DEVICES[name](name, log)
    except (DeviceError, WireGone) as error:
        raise Problem(f"the device did not start: {error}", name) from error
