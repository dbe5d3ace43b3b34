"""Starts the agent in a MicroPython process: `micropython -m boards.unix.main`. Ends with 0 where a device would restart."""

import gc
import sys

_POWER = 1  # every process starts from nothing
_THRESHOLD = 4_096  # bytes between two collections


def _restart() -> None:
    sys.exit(0)


def main() -> None:
    # Loading modules leaves garbage between what stays. Unless it is swept at once, 42 kB may be free and none of it in
    # one piece of 4 kB (measured on the 32-bit machine).
    gc.threshold(_THRESHOLD)
    from boards import entry
    from boards.unix import board

    entry.start(_POWER, board.build, _restart)


if __name__ == "__main__":
    main()
