"""The package description that `mpremote mip install` reads (MicroPython, "Package management"): nothing is compiled on the device.

The package holds the modules only. main.py stays with its board: a package must not decide what a device starts.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tools.image.contents import HOME

_LIBRARY = "lib/"  # where mip installs to by itself
_DEPENDENCIES = (
    ("umqtt.simple", "latest"),
)  # in stock ESP32 firmware already; other builds get it from micropython-lib


def write(folder: Path, files: Mapping[str, bytes], version: str) -> None:
    """`folder` gets package.json and the modules beside it. `files` maps paths on the device to content."""
    modules = {path: data for path, data in sorted(files.items()) if path.startswith(HOME + "/")}
    urls: list[tuple[str, str]] = []
    for path, data in modules.items():
        beside = path.removeprefix(HOME + "/")
        copy = folder / beside
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
        urls.append((path.removeprefix(_LIBRARY), beside))
    package = {"urls": urls, "deps": _DEPENDENCIES, "version": version}
    (folder / "package.json").write_text(json.dumps(package, indent=1) + "\n", encoding="utf-8")
