"""How a host tool says no: one line that names what is wrong, where, and how to mend it."""


class Problem(Exception):
    """Something the person at the keyboard can mend. `amace` prints it on one line of stderr and exits with code 2."""

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        advice = f". {self.mend}" if self.mend else ""
        return " ".join(f"{self.what}{place}{advice}".split())
