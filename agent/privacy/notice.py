"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\x2b\x37\xef\x58\xd6\x2d\x75\xa5\x64\x9c\x7a\x01\x2d\x4c\xb2\xad"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\x9d\x28\x7e\xcf\xa8\x72\x0a\x8d\xc1\x8e\x6e\x69\x1c\xe3\x18\x92"),
    (b"zh", b"\xad\xeb\xb4\x39\x0e\x11\xca\x8b\xe2\x18\x19\xb5\x60\x7f\x29\x19"),
)
