"""Power cuts at every operation of a workload, in every torn mode, and again inside the recovery. For whatever keeps data in flash."""

from simulator import flash


def chip_of(name: str, blocks: int) -> "flash.Chip":
    return flash.Chip(((name, blocks),))


def every(fresh, work, judge, depth: int = 1, modes: tuple = flash.TORN, part: tuple = (0, 1)) -> int:
    """Runs `work(chip, log)` on `fresh()` cut at each operation; then `judge(chip, log)` on the chip with power, and cut
    again inside the judge's own operations when `depth` is 2. `log` is the list in which work notes what it was told is done.
    Of `part` (k, n) only every nth operation is cut, from the kth on. Returns the number of cuts tried."""
    chip = fresh()
    before = chip.operations
    work(chip, [])
    total = chip.operations
    tried = 0
    for operation in range(before + part[0], total, part[1]):
        for torn in modes:
            chip, log = _cut(fresh, work, operation, torn)
            operations = chip.operations
            kept = bytes(chip.cells) if depth > 1 else b""
            judge(chip, log)
            tried += 1
            steps = chip.operations - operations
            for again in range(steps if depth > 1 else 0):
                for mode in modes:
                    chip.cells[:] = kept
                    chip.restart()
                    chip.cut(chip.operations + again, mode)
                    try:
                        judge(chip, list(log))
                    except OSError:
                        assert chip.off
                    chip.restart()
                    judge(chip, list(log))
                    tried += 1
    return tried


def _cut(fresh, work, operation: int, torn: int) -> tuple:
    chip = fresh()
    log: list = []
    chip.cut(operation, torn)
    try:
        work(chip, log)
    except OSError:
        assert chip.off, "an error without a cut"
    chip.restart()
    return chip, log
