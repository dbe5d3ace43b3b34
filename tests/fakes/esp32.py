"""`esp32` of the invented chip: NVS that keeps what was committed, partitions that behave like NOR flash."""

from tests.fakes.chip import SECTOR, chip

_NOT_FOUND = -0x1102
_INVALID_LENGTH = -0x110C
_KEY_TOO_LONG = -0x1109


class NVS:
    def __init__(self, namespace: str) -> None:
        assert 0 < len(namespace) <= 15
        self._kept = chip.nvs.setdefault(namespace, {})
        self._draft = dict(self._kept)

    def get_blob(self, key: str, buffer: bytearray) -> int:
        if key not in self._draft:
            raise OSError(_NOT_FOUND)
        value = self._draft[key]
        if len(value) > len(buffer):
            raise OSError(_INVALID_LENGTH)
        buffer[: len(value)] = value
        return len(value)

    def set_blob(self, key: str, value) -> None:
        if len(key) > 15:
            raise OSError(_KEY_TOO_LONG)
        self._draft[key] = bytes(value)

    def erase_key(self, key: str) -> None:
        if key not in self._draft:
            raise OSError(_NOT_FOUND)
        del self._draft[key]

    def commit(self) -> None:
        self._kept.clear()
        self._kept.update(self._draft)


class Partition:
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(self, id: str, block_size: int = SECTOR) -> None:
        self._label = id

    @staticmethod
    def find(type: int = 0, subtype: int = 255, label=None) -> list:
        return [Partition(label)] if type == Partition.TYPE_DATA and label in chip.flash else []

    def info(self) -> tuple:
        return 1, 0x40, 0x10000, len(chip.flash[self._label]), self._label, False

    def readblocks(self, block_num: int, buf, offset: int = 0) -> bool:
        at = block_num * SECTOR + offset
        buf[:] = chip.flash[self._label][at : at + len(buf)]
        return True

    def writeblocks(self, block_num: int, buf, offset: int = -1) -> None:
        memory = chip.flash[self._label]
        if offset < 0:
            for block in range(block_num, block_num + (len(buf) + SECTOR - 1) // SECTOR):
                self.ioctl(6, block)
        at = block_num * SECTOR + max(0, offset)
        for i in range(len(buf)):
            memory[at + i] &= buf[i]

    def ioctl(self, op: int, arg: int = 0) -> int:
        assert op == 6
        chip.flash[self._label][arg * SECTOR : (arg + 1) * SECTOR] = b"\xff" * SECTOR
        return 0
