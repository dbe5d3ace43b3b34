"""Which text consent is given to. Generated from policies/amace.toml by `amace policy build`: change that."""

HASH = bytes.fromhex("115bfb694ba5349ed191e2b559056dda")  # of what the policy demands, base and overlay
# Of the page shown for consent, by language: the first half of its SHA-256.
NOTICES = {
    b"en": bytes.fromhex("d0028ea2e138d9c550b3ac116902ea1d"),
    b"zh": bytes.fromhex("2156318a6f126160e496075d0617b195"),
}
