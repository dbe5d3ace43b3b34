"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\x39\x72\x55\xc2\x03\x84\x5a\x84\x05\xe7\xd1\x44\x9a\x86\x6c\x03"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\x8a\x47\x85\x7b\xfd\x2b\xde\x5c\x95\xda\x64\x9f\xd0\xcb\xda\x74"),
    (b"zh", b"\x80\x6c\x33\xe2\x2d\xdd\x9e\x90\x36\xf0\x30\x88\xf8\xcb\xbc\xa1"),
)
