"""The names of purposes, recipients and reasons, for people. No device imports this: numbers travel, names are rendered."""

PURPOSES = (
    "control",
    "presence",
    "status",
    "identity",
    "net_identity",
    "sim",
    "location_report",
    "location_fence",
    "location_search",
    "location_navigation",
    "location_aftersales",
    "location_alarm",
    "wake_abnormal",
    "wake_low_power",
    "wake_sharing",
    "photo",
    "qr",
    "usage",
    "crash",
    "performance",
    "update",
    "repair",
    "guests",
    "notices",
)
RECIPIENTS = ("owner", "guest", "service", "manufacturer", "provider", "affiliate")
REASONS = (
    "granted",
    "never asked",
    "refused",
    "withdrawn",
    "expired",
    "time unknown",
    "not in this build",
    "not for this recipient",
    "captured for a former owner",
    "not bound",
    "the board has no such part",
    "consent store damaged",
    "permission switch off",
    "no key to seal it to",
    "somebody else is riding",
    "the broker is not of the device's region",
)
INCIDENTS = (
    "none",
    "consent store damaged",
    "messages held back",
    "messages refused",
    "faults of the program",
)
MEASURES = ("nothing", "switched everything off", "let nothing leave", "refused them", "gave up that step and went on")
ADVICE = ("nothing", "end the account and bind anew", "update the program", "ask who runs the broker")
PRECISIONS = ("precise", "street", "district")
