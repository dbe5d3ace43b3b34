"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\xbd\x03\x05\x78\xc1\x61\x78\x30\x83\x38\x84\x9d\x6e\x71\x72\x2d"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\x6d\x1c\x32\x0a\x4a\x54\xdf\x0a\xf0\xe0\x3c\x3b\x96\xbe\xf3\x6f"),
    (b"zh", b"\x97\x27\xbe\xd3\xe1\xb9\xf1\x79\x81\x3c\x59\xcb\xfd\xe1\xaf\x15"),
)
