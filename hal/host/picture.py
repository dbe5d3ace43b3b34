"""A test picture as a baseline JPEG (ITU-T T.81): a disc over a gradient in grey, one flat tone a block of 8 × 8.

Only the DC coefficient of each block is coded, so 60 lines make a file that every viewer shows.
"""

COLUMNS = 80  # blocks: 640 × 480 pixels
ROWS = 60

_STEP = 8  # quantiser of the DC coefficient: it is then the tone itself, less 128 (T.81 A.3.3)
_DC_LENGTHS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])  # T.81 table K.3
_DC_VALUES = bytes(range(12))
_AC_LENGTHS = bytes([1]) + bytes(15)  # one code, '0': end of block
_AC_VALUES = b"\0"
_END_OF_BLOCK = "0"


def draw(columns: int = COLUMNS, rows: int = ROWS) -> bytes:
    """`columns` × `rows` blocks, at most 8,191 each (T.81 B.2.2: 16 bits of pixels)."""
    return b"".join(
        [
            b"\xff\xd8",  # SOI
            _segment(0xDB, b"\0" + bytes([_STEP]) * 64),  # DQT
            _segment(0xC0, b"\x08" + _size(rows) + _size(columns) + b"\x01\x01\x11\0"),  # SOF0: 8 bits, one component
            _segment(0xC4, b"\x00" + _DC_LENGTHS + _DC_VALUES),  # DHT
            _segment(0xC4, b"\x10" + _AC_LENGTHS + _AC_VALUES),
            _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),  # SOS
            _scan(columns, rows),
            b"\xff\xd9",  # EOI
        ]
    )


def _size(blocks: int) -> bytes:
    return (8 * blocks).to_bytes(2, "big")


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def tone(x: int, y: int, columns: int, rows: int) -> int:
    """-128 (black) to 127 (white)."""
    radius = min(columns, rows) // 3
    if (2 * x - columns) ** 2 + (2 * y - rows) ** 2 < 4 * radius**2:
        return 100
    return (x + y) * 180 // (columns + rows) - 120


def _codes() -> list[str]:
    """The DC table's code words by category (T.81 C.2)."""
    words: list[str] = []
    code = 0
    for length, count in enumerate(_DC_LENGTHS, 1):
        for _ in range(count):
            words.append(f"{code:0{length}b}")
            code += 1
        code <<= 1
    return words


def _scan(columns: int, rows: int) -> bytes:
    words = _codes()
    bits: list[str] = []
    before = 0
    for y in range(rows):
        for x in range(columns):
            grey = tone(x, y, columns, rows)
            bits.append(_difference(grey - before, words) + _END_OF_BLOCK)
            before = grey
    text = "".join(bits)
    text += "1" * (-len(text) % 8)  # T.81 F.1.2.3
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\0")


def _difference(value: int, words: list[str]) -> str:
    """Category, then as many bits; a negative number in ones' complement (T.81 F.1.2.1)."""
    category = abs(value).bit_length()
    if not category:
        return words[0]
    return words[category] + f"{value if value > 0 else value + (1 << category) - 1:0{category}b}"
