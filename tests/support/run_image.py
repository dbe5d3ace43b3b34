"""On a MicroPython machine: mounts an image as `/` and runs its main.py, as a board does. `micropython run_image.py IMAGE [PATH…]`.

Each PATH is one more place for what a firmware has built in: the tree, for tests/fakes, and a folder with umqtt. When the agent has
ended, every other module in the image must load too, and every module of ours must have come from the image: a line for each
that does not, and exit code 1.
"""

import os
import sys

from image_device import mount

_OURS = ("agent", "hal", "boards")
_HOME = "/lib/amace/"
_FOLDER = 0x4000


def become_a_chip() -> None:
    """Its modules are in the firmware, so they are loaded before the image covers the machine's files. Time runs as the agent sleeps."""
    import asyncio

    import umqtt.simple  # noqa: F401 - stock ESP32 firmware has it built in

    from tests.fakes.chip import chip
    from tests.fakes.install import install

    install()
    really = asyncio.sleep_ms

    async def sleep_ms(ms: int) -> None:
        chip.pass_ms(ms)
        await really(ms)

    asyncio.sleep_ms = sleep_ms


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


def start() -> None:
    """Until the agent asks for a restart: on the invented chip that is an exception."""
    with open("/main.py") as file:
        text = file.read()
    try:
        exec(text, {"__name__": "__main__"})
    except BaseException as error:
        if type(error).__name__ != "Restarted":
            raise


def check() -> int:
    """How many modules do not load, or did not come from the image."""
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
    return bad


if len(sys.argv) > 2:
    sys.path += sys.argv[2:]
    become_a_chip()
mount(sys.argv[1])
start()
sys.exit(1 if check() else 0)
