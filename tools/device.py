"""Which files must run on the device: one table, read by the checks, the compiler and the portable runner."""

from pathlib import Path

FOLDERS = (
    "agent",
    "hal/parts",
    "hal/mpy",
    "hal/esp32",
    "boards",
    "tests/portable",
    "tests/contract/portable",
    "tests/fakes",
)
"""Everything below these."""

FILES = (
    "hal/__init__.py",
    "simulator/__init__.py",
    "simulator/flash.py",
    "simulator/net.py",
    "simulator/nor.py",
    "simulator/peer.py",
    "simulator/remote.py",
    "simulator/board.py",
    "simulator/stepper.py",
    "simulator/stream.py",
    "simulator/proof/player.py",
    "simulator/vm.py",
    "tools/replay/device.py",
)
"""And these. `hal/ports.py` is typing only and never reaches a device."""

HOST_ONLY = ("boards/host/",)
"""Below FOLDERS, but for CPython."""

SKIPPED = ("manifest.py",)
"""Names below FOLDERS that the firmware's build reads on the host."""


def is_device(path: str) -> bool:
    """`path` is relative to the tree, with forward slashes."""
    if not path.endswith(".py") or path.startswith(HOST_ONLY):
        return False
    below = any(path.startswith(folder + "/") for folder in FOLDERS)
    return path in FILES or (below and path.rsplit("/", 1)[-1] not in SKIPPED)


def device_files(tree: Path) -> list[str]:
    """Sorted paths relative to `tree`."""
    found = [name for name in FILES if (tree / name).is_file()]
    for folder in FOLDERS:
        found += [path.relative_to(tree).as_posix() for path in (tree / folder).rglob("*.py")]
    return sorted(name for name in found if is_device(name))
