"""One table of figures: what was measured, by whom, and the ratio to each peer. Renders for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.table import Table

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Figure:
    """One quantity, measured on both sides in one run. `values` maps a contender to its value, None when it was not measured.

    `more` says whether a larger value is better. `goal` is the ratio design asks for against the contender `anchor`.
    """

    group: str
    what: str
    unit: str
    values: dict[str, float | None] = field(default_factory=dict[str, float | None])
    more: bool = False
    anchor: str = ""
    goal: float | None = None

    def ratio(self, contender: str) -> float | None:
        """How many times better ours is than `contender`, None when either is missing."""
        ours, theirs = self.values.get("ours"), self.values.get(contender)
        if ours is None or theirs is None:
            return None
        better, worse = (ours, theirs) if self.more else (theirs, ours)
        return None if worse == 0 else better / worse

    def as_dict(self) -> dict[str, object]:
        ratios = {name: self.ratio(name) for name in self.values if name != "ours"}
        return {
            "group": self.group,
            "what": self.what,
            "unit": self.unit,
            "values": self.values,
            "ratios": ratios,
            "anchor": self.anchor,
            "goal": self.goal,
        }


def table(figures: Sequence[Figure]) -> Table:
    """A row per contender: its value, and how many times better ours is."""
    shown = Table("measured", "by", "value", "ours is better by", "goal")
    for figure in figures:
        first = True
        for name, value in figure.values.items():
            shown.add_row(
                f"{figure.group}: {figure.what}" if first else "",
                name,
                NOT_MEASURED if value is None else f"{_number(value)} {figure.unit}",
                _ratio(figure.ratio(name)) if name != "ours" else "",
                _goal(figure) if name == figure.anchor else "",
                end_section=name == list(figure.values)[-1],
            )
            first = False
    return shown


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}".rstrip("0").rstrip(".")


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.3g} ×"


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    reached = figure.ratio(figure.anchor)
    verdict = "" if reached is None else " met" if reached >= figure.goal else " missed"
    return f"≥ {figure.goal:g} ×{verdict}"
