"""Runs on a 32-bit MicroPython machine: how much heap a board takes at rest, the fakes of its chip left out. See test_boards.py.

Arguments: tree, board. Prints one number of bytes.
"""

import gc
import sys


def main(tree: str, name: str) -> None:
    sys.path.insert(0, tree)
    gc.threshold(4096)
    from tests.fakes.install import install

    install()
    from tests.fakes.chip import chip

    chip.cold()
    gc.collect()
    before = gc.mem_alloc()
    from agent.core import Core
    from boards import entry  # noqa: F401 - it is what a start loads

    __import__("boards." + name + ".board")
    ports, ways, profile = sys.modules["boards." + name + ".board"].build()
    core = Core(ports, ways, profile, ports.clock.ticks())
    core.pump(ports.clock.ticks())
    gc.collect()
    print(gc.mem_alloc() - before)


main(sys.argv[1], sys.argv[2])
