"""Starts the agent on this board."""

import gc

import machine

from hal.esp32 import start

_THRESHOLD = 4_096  # bytes between two collections


def main() -> None:
    cause = start.cause()  # before anything else is touched
    # Loading modules leaves garbage between what stays. Unless it is swept at once, 42 kB may be free and none of it in
    # one piece of 4 kB (measured on the 32-bit machine).
    gc.threshold(_THRESHOLD)
    from boards import entry
    from boards.esp32_devkit_neo6m import board

    entry.start(cause, board.build, machine.reset)
