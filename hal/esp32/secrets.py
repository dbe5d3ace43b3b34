"""Named values in NVS, one blob each. Refuses names over 15 characters and values over 1,024 bytes.

NVS keeps a dropped value readable until its page is erased: boards that carry keys worth stealing turn on NVS encryption.
"""

import errno

from esp32 import NVS
from micropython import const

NAMESPACE = "amace"

_LONGEST_NAME = const(15)  # ESP-IDF, NVS_KEY_NAME_MAX_SIZE without its NUL
_LONGEST_VALUE = const(1024)
_NOT_FOUND = const(-0x1102)  # ESP_ERR_NVS_NOT_FOUND


class Secrets:
    def __init__(self) -> None:
        self._nvs = NVS(NAMESPACE)

    def get(self, name: str) -> "bytes | None":
        buf = bytearray(_LONGEST_VALUE)
        try:
            n = self._nvs.get_blob(name, buf)
        except OSError as error:
            if error.args[0] == _NOT_FOUND:
                return None
            raise
        value = bytes(memoryview(buf)[:n])
        for i in range(n):
            buf[i] = 0
        return value

    def put(self, name: str, value: "bytes | bytearray | memoryview") -> None:
        if not 0 < len(name.encode()) <= _LONGEST_NAME or len(value) > _LONGEST_VALUE:
            raise OSError(errno.EINVAL)
        self._nvs.set_blob(name, value)
        self._nvs.commit()

    def drop(self, name: str) -> None:
        try:
            self._nvs.erase_key(name)
        except OSError as error:
            if error.args[0] != _NOT_FOUND:
                raise
            return
        self._nvs.commit()
