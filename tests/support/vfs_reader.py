"""On a MicroPython machine: mounts an image and prints the SHA-256 of every file as JSON. `micropython vfs_reader.py IMAGE`."""

import hashlib
import json
import os
import sys
from binascii import hexlify

from image_device import mount

_FOLDER = 0x4000


def walk(folder: str, found: "dict[str, str]") -> None:
    for entry in os.ilistdir(folder or "/"):
        path = folder + "/" + entry[0]
        if entry[1] & _FOLDER:
            walk(path, found)
        else:
            with open(path, "rb") as file:
                found[path[1:]] = hexlify(hashlib.sha256(file.read()).digest()).decode()


mount(sys.argv[1])
seen: "dict[str, str]" = {}
walk("", seen)
print(json.dumps(seen))
