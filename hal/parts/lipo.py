"""Charge of one lithium-ion cell from its voltage at rest, by an integer table. No I/O.

A typical NMC cell at 25 °C and light load; ± 10 % in the flat middle, which is why the port reports whole percent only.
"""

# millivolts and percent, falling
_TABLE = (
    (4_180, 100),
    (4_080, 90),
    (3_990, 80),
    (3_910, 70),
    (3_840, 60),
    (3_790, 50),
    (3_750, 40),
    (3_710, 30),
    (3_660, 20),
    (3_560, 10),
    (3_450, 5),
    (3_300, 0),
)


def percent(millivolts: int) -> int:
    """0..100, straight lines between the rows."""
    above, full = _TABLE[0]
    if millivolts >= above:
        return full
    for below, level in _TABLE[1:]:
        if millivolts >= below:
            return level + (millivolts - below) * (full - level) // (above - below)
        above, full = below, level
    return 0
