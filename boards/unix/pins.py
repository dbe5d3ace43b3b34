"""The figures of the unix board. REGIONS repeats partitions.csv, which stays on the host; a test compares them."""

FLASH_BYTES = 0x400000
REGIONS = (
    ("vfs", 0x330000, 0xB0000),
    ("events", 0x3E0000, 0x1C000),
    ("keys", 0x3FC000, 0x2000),
    ("anchor", 0x3FE000, 0x2000),
)

IDLE_MS = 10
