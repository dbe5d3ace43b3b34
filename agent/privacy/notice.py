"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\x1f\x88\x7d\xbc\xc1\xad\xe6\x2b\xb1\x60\x8e\x01\x1f\x8c\x1a\xc2"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\xd3\x0c\xb6\xdb\xb7\x37\x34\xbd\xb7\x7a\x82\xf9\x8c\x12\xc8\x92"),
    (b"zh", b"\xa0\xbd\x92\x73\xf8\x99\xe4\x82\x5e\x36\xd9\xf0\xf9\xfd\x2c\x67"),
)
