"""How a scenario, a recording or a place says no: what is wrong, where, and how to mend it. Tools print it on one line."""


class ScenarioError(Exception):
    """Something the author of the input can mend."""

    def __init__(self, what: str, where: str, mend: str) -> None:
        super().__init__(f"{what} ({where}). {mend}")
        self.what = what
        self.where = where
        self.mend = mend
