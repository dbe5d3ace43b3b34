"""On a MicroPython machine: mounts an image as `/` and runs its main.py, as a board does. `micropython run_image.py IMAGE [FAKES]`.

FAKES is a folder of modules that stand in for the chip's own. After the agent ended, every other module in the image must load
too, and every module of ours must have come from the image: a line for each that does not, and exit code 1.
"""

import os
import sys

from image_device import mount

_OURS = ("agent", "hal", "boards")
_HOME = "/lib/amace/"
_FOLDER = 0x4000


def modules(folder: str) -> "list[str]":
    """Dotted names of everything below a folder of the image."""
    found: "list[str]" = []
    for entry in os.ilistdir(_HOME + folder):
        path = folder + entry[0]
        if entry[1] & _FOLDER:
            found += modules(path + "/")
        else:
            found.append(path[: -len(".mpy")].replace("/__init__", "").replace("/", "."))
    return found


def run(image: str, fakes: str) -> int:
    mount(image)
    if fakes:
        sys.path.append(fakes)
    with open("/main.py") as file:
        exec(file.read(), {"__name__": "__main__"})
    bad = 0
    for name in sorted(modules("")):
        try:
            __import__(name)
        except Exception as error:  # noqa: BLE001 - whatever keeps a module from loading is the finding
            bad += 1
            print("fails", name, repr(error))
    for name in sorted(sys.modules):
        source = getattr(sys.modules[name], "__file__", "")
        if name.split(".")[0] in _OURS and not source.startswith(_HOME):
            bad += 1
            print("stray", name, source)
    return 1 if bad else 0


sys.exit(run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
