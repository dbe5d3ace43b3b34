"""A simulated device by the name of its runtime. Refuses unknown names and heaps no machine could start with."""

import re

from simulator.device import Device, InProcess, Vm
from tools import fetch, mpy
from tools.errors import Problem

NAMES = ("cpython", "mp64", "mp32")
HEAPS = {"mp64": "240k", "mp32": "120k"}  # a 64-bit word costs twice
_HEAP = re.compile(r"([1-9][0-9]{1,6})k")
_LEAST_KB = 32


def check(name: str, heap: str = "") -> None:
    """Says what is wrong before anything is fetched."""
    if name not in NAMES:
        raise Problem(f"no runtime is called {name!r}", "--runtime", f"There are: {', '.join(NAMES)}")
    if not heap:
        return
    if name == "cpython":
        raise Problem("CPython's heap has no limit to set", "--heap", "Leave it out, or add --runtime mp32")
    match = _HEAP.fullmatch(heap)
    if match is None or int(match[1]) < _LEAST_KB:
        raise Problem(f"{heap!r} is no heap of {_LEAST_KB}k or more", "--heap", "Write it like 120k")


def open_device(name: str, heap: str = "") -> Device:
    """A device that has not been started. `heap` is MicroPython's -X heapsize."""
    check(name, heap)
    if name == "cpython":
        return InProcess()
    return Vm(fetch.micropython(int(name[2:])), mpy.compiled(joined=True), heap or HEAPS[name])
