"""A flash map that keeps every rule, for tests that then break one."""

FLASH = 4 << 20

CSV = """\
# name, type, subtype, offset, size, flags
nvs, data, nvs, 0x9000, 16K,
otadata, data, ota, 0xd000, 0x2000,
phy, data, phy, 0xf000, 0x1000,
ota_0, app, ota_0, 0x10000, 0x190000,
ota_1, app, ota_1, 0x1a0000, 0x190000,
vfs, data, fat, 0x330000, 0x80000,

  # the ring
events, data, 0x40, 0x3b0000, 0x4c000,
keys, data, 0x41, 0x3fc000, 0x2000,
anchor, data, 0x42, 0x3fe000, 8192, encrypted
"""
