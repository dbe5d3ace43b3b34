"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\xb2\xa5\x0e\xbb\xf0\xd6\xd9\xb4\x67\x1c\x33\x74\x34\xd7\xcd\x67"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\x4b\x6d\x1e\x3a\x2b\x4d\xde\x1a\x3f\x1b\x1b\x1a\xe1\x2a\x41\x6a"),
    (b"zh", b"\x4f\x7a\xf9\x7c\x62\x1e\x39\xe2\xe2\xbe\xed\x5f\x65\x4f\x65\xae"),
)
