"""Finds in a device's log what no healthy device prints. Refuses to guess: only marks that a crash alone writes."""

import re

MARKS = (
    ("Guru Meditation", r"Guru Meditation[^\r\n]*"),  # ESP-IDF's panic handler
    ("abort()", r"abort\(\) was called[^\r\n]*"),
    ("traceback", r"Traceback \(most recent call last\)[\s\S]{0,600}"),  # an exception nobody caught
    ("fatal", r"FATAL: uncaught[^\r\n]*"),  # MicroPython outside any handler
    ("brownout", r"Brownout detector was triggered[^\r\n]*"),
)
RESET = r"(?<![A-Za-z0-9])rst:0x[0-9a-fA-F]+[^\r\n]*"  # the ROM's first words after any reset


def find(text: str, resets: int = 0) -> str | None:
    """The first mark of a crash in `text`, on one line; None without one. `resets` restarts were asked for by the rig."""
    for name, pattern in MARKS:
        found = re.search(pattern, text)
        if found:
            return f"{name}: {' '.join(found[0].split())[:300]}"
    unasked = re.findall(RESET, text)[resets:]
    return f"unexpected reset: {unasked[0].strip()[:100]}" if unasked else None
