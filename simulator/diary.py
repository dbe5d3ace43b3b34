"""What happened, in a person's words and in numbers: the timeline is printed from it, reports and expectations count in it."""

from collections.abc import Callable
from dataclasses import dataclass, field

Value = int | str | bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """`who` is device, phone, owner, world or cloud; `what` a fixed word for programs; `text` for people."""

    t: int
    who: str
    what: str
    text: str
    facts: dict[str, Value] = field(default_factory=dict[str, Value])


class Diary:
    """`now()` stamps the entries; `on_entry` gets each as it is made."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.entries: list[Entry] = []
        self.on_entry: Callable[[Entry], object] = bool
        self._now = now

    def note(self, who: str, what: str, text: str, **facts: Value) -> None:
        entry = Entry(self._now(), who, what, text, facts)
        self.entries.append(entry)
        self.on_entry(entry)

    def find(self, what: str, start: int = 0, end: int | None = None) -> list[Entry]:
        """Entries called `what` with start ≤ t < end, in order."""
        return [e for e in self.entries if e.what == what and e.t >= start and (end is None or e.t < end)]
