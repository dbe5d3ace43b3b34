"""The parts and people that portable tests put in place of the real ones. Each says what it was told, nothing more."""


class Entropy:
    """Fills with `value`, the same for every purpose; remembers who asked."""

    def __init__(self, value: int = 128) -> None:
        self.value = value
        self.asked: "list[int]" = []

    def fill(self, purpose: int, buf: bytearray) -> None:
        self.asked.append(purpose)
        for k in range(len(buf)):
            buf[k] = self.value
