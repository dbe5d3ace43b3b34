"""Runs on a 32-bit MicroPython machine: a board that is enrolled takes a signed record and signs its receipt, in the heap given.

Arguments: joined tree, a tree with the fakes, board, and a file: the record, then `name=value` for each secret, all in hex, a line each. Prints the bytes that the fakes of its chip take, then "done". It
fails when the record is not accepted. See test_boards.py.
"""

import gc
import sys

_TICKS = 400  # two signatures take 70 slices


def main(tree: str, fakes: str, name: str, file: str) -> None:
    sys.path[:0] = [tree, fakes]
    gc.threshold(4096)
    from tests.fakes.install import install

    install()
    from tests.fakes.chip import chip

    chip.cold()
    gc.collect()
    print(gc.mem_alloc())
    from agent.core import Core
    from boards import entry  # noqa: F401 - it is what a start loads

    __import__("boards." + name + ".board")
    ports, ways, profile = sys.modules["boards." + name + ".board"].build()
    with open(file) as lines:
        record = bytes.fromhex(lines.readline().strip())
        for line in lines:
            key, value = line.strip().split("=")
            ports.secrets.put(key, bytes.fromhex(value))
    now = ports.clock.ticks()
    core = Core(ports, ways, profile, now)
    core.pump(now)
    codes = []
    core.record(record, len(record), now, codes.append)
    for _ in range(_TICKS):
        chip.calls.clear()  # what the fakes note down is no part of a device
        core.pump(now)
        if not core.notary.busy():
            break
    if codes != [0] or not core.receipt_size:
        raise RuntimeError(str((codes, core.receipt_size)))
    print("done")


main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4])
