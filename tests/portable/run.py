"""Runs the test functions of one portable file on a MicroPython machine: `micropython run.py TREE MODULE [NAME…]`.

TREE holds the compiled device files, MODULE is dotted (`tests.portable.test_ticks`), NAME picks single tests. One line a
test; the machine's own traceback after a failure. Ends with 1 when a test failed, 2 when none ran.
"""

import gc
import sys


def run(tree: str, module: str, wanted: "list[str]") -> int:
    sys.path.insert(0, tree)
    scope = __import__(module)
    for part in module.split(".")[1:]:
        scope = getattr(scope, part)
    # `dir` has no order on the device.
    names = sorted(name for name in dir(scope) if name.startswith("test_") and (not wanted or name in wanted))
    failed = 0
    for name in names:
        gc.collect()
        try:
            getattr(scope, name)()
        except Exception as error:  # noqa: BLE001 - whatever a test raises is its failure
            failed += 1
            print("FAIL", name)
            sys.print_exception(error, sys.stdout)
        else:
            print("ok", name)
    print(len(names) - failed, "passed,", failed, "failed")
    if not names:
        print("no test in", module, "is called", wanted or "test_*")
        return 2
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
