"""Runs the plain test functions of the modules named, and stops at the first that fails: its name is printed, the exit code 1."""

import importlib
import sys


def run(modules: list[str]) -> int:
    for name in modules:
        module = importlib.import_module(name)
        for test in sorted(key for key in vars(module) if key.startswith("test_")):
            try:
                getattr(module, test)()
            except Exception:  # noqa: BLE001 - whatever a test raises is its failure
                print(f"{name}.{test}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
