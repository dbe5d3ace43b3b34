"""Accelerometers on an I²C bus: LIS3DH, ADXL345, MPU-6050. Each is a row of a table, read the same way.

Sources: ST LIS3DH data sheet (DocID17530), ADXL345 data sheet rev. E, InvenSense MPU-6000/6050 register map rev. 4.2.
Refuses a bus on which the chip does not answer with its own name (OSError).
"""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Bus

# address, name register, its value, (register, value) to start, first data register, big endian, counts per g
LIS3DH = (
    0x18,
    0x0F,
    0x33,
    ((0x20, 0x57), (0x23, 0x80)),
    0xA8,
    False,
    16_384,
)  # 100 Hz, block update, ±2 g left-aligned
ADXL345 = (0x53, 0x00, 0xE5, ((0x2D, 0x08), (0x31, 0x00)), 0x32, False, 256)  # measure, ±2 g
MPU6050 = (0x68, 0x75, 0x68, ((0x6B, 0x00), (0x1C, 0x00)), 0x3B, True, 16_384)  # awake, ±2 g

_NOISE_MG = const(60)  # below: sensor noise and passing lorries


class Accelerometer:
    """`Motion`: the largest change on one axis since the last call."""

    def __init__(self, bus: "Bus", chip: "tuple[int, int, int, tuple[tuple[int, int], ...], int, bool, int]") -> None:
        self._bus = bus
        address, who, name, setup, self._data, self._big, self._per_g = chip
        self._address = address
        self._buf = bytearray(6)
        self._last = [0, 0, 0]
        self._fresh = True  # the first reading has nothing to be compared with
        one = bytearray(1)
        bus.readfrom_mem_into(address, who, one)
        if one[0] != name:
            raise OSError
        for register, value in setup:
            one[0] = value
            bus.writeto_mem(address, register, one)

    def read(self) -> int:
        self._bus.readfrom_mem_into(self._address, self._data, self._buf)
        largest = 0
        for axis in range(3):
            low, high = self._buf[2 * axis], self._buf[2 * axis + 1]
            raw = low << 8 | high if self._big else high << 8 | low
            if raw >= 0x8000:
                raw -= 0x10000
            mg = raw * 1_000 // self._per_g  # |raw| * 1000 < 2**25
            change = abs(mg - self._last[axis])
            self._last[axis] = mg
            largest = max(largest, change)
        if self._fresh:
            self._fresh = False
            return 0
        return largest if largest > _NOISE_MG else 0
