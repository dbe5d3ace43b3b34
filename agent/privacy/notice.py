"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

# Of what the policy demands, base and overlay in one.
HASH = b"\x11\x5b\xfb\x69\x4b\xa5\x34\x9e\xd1\x91\xe2\xb5\x59\x05\x6d\xda"
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = (
    (b"en", b"\xd0\x02\x8e\xa2\xe1\x38\xd9\xc5\x50\xb3\xac\x11\x69\x02\xea\x1d"),
    (b"zh", b"\x21\x56\x31\x8a\x6f\x12\x61\x60\xe4\x96\x07\x5d\x06\x17\xb1\x95"),
)
