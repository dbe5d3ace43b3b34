"""What being watched costs: the step ports' share of the heap. One JSON line on stdout.

`micropython share.py TREE code` on the joined tree (what ships), `… objects` on the tree of single modules: an object weighs
the same in both, a module does not.
"""

import gc
import json
import sys

sys.path.insert(0, sys.argv[1])

_PARTS = 7  # of simulator.board: GNSS, camera, BLE; the constants themselves are folded away


def used() -> int:
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def code() -> int:
    import agent.core  # noqa: F401 - the agent's own share comes first

    before = used()
    import simulator.vm  # noqa: F401 - weighed

    return used() - before


def objects() -> int:
    from simulator import board, remote, vm

    before = used()
    kept = (vm.Wire(), board.build(remote.Hub(bytes(16), 0, print), _PARTS))
    return used() - before if kept else 0


print(json.dumps({"bytes": code() if sys.argv[2] == "code" else objects()}))
