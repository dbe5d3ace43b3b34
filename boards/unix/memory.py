"""Where this board keeps things: one folder, and one file for its flash."""

import os

from hal.mpy import flash

from . import pins


def state() -> str:
    folder = os.getenv("AMACE_STATE") or "amace-state"
    try:
        os.mkdir(folder)
    except OSError:
        pass  # it is there, or the next write tells
    return folder


def region(label: str) -> "flash.Region":
    """`vfs`, `events`, `keys` or `anchor` of the flash map."""
    path = state() + "/flash.bin"
    flash.create(path, pins.FLASH_BYTES)
    for name, at, size in pins.REGIONS:
        if name == label:
            return flash.Region(path, at, size)
    raise OSError
