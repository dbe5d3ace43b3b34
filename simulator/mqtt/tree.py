"""Who subscribes to a topic: filters in a tree of levels, so that a look-up costs the topic's depth and not the fleet's size."""


class _Node:
    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.held: dict[int, int] = {}  # subscriber's number -> QoS, of the filter that ends here


class Subscriptions:
    """`find` gives every subscriber once, by rising number, at the highest QoS of its matching filters (MQTT-3.3.5-1)."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, pattern: str, subscriber: int, qos: int) -> None:
        """Replaces an identical filter of the same subscriber (MQTT-3.8.4-3)."""
        node = self._root
        for level in pattern.split("/"):
            node = node.below.setdefault(level, _Node())
        node.held[subscriber] = qos

    def remove(self, pattern: str, subscriber: int) -> None:
        """No effect when it is not there. Levels that nobody needs any more go with it."""
        path = [self._root]
        levels = pattern.split("/")
        for level in levels:
            if level not in path[-1].below:
                return
            path.append(path[-1].below[level])
        path[-1].held.pop(subscriber, None)
        for parent, level in zip(reversed(path[:-1]), reversed(levels), strict=True):
            child = parent.below[level]
            if child.held or child.below:
                return
            del parent.below[level]

    def is_empty(self) -> bool:
        return not self._root.below

    def find(self, topic: str) -> list[tuple[int, int]]:
        """(subscriber's number, QoS), by number."""
        found: dict[int, int] = {}
        levels = topic.split("/")
        nodes = [self._root]
        for depth, level in enumerate(levels):
            wild = depth > 0 or not topic.startswith("$")  # MQTT-4.7.2-1
            following: list[_Node] = []
            for node in nodes:
                if wild:
                    _collect(node.below.get("#"), found)
                following += [node.below[name] for name in (level, "+") if name in node.below and (wild or name != "+")]
            nodes = following
        for node in nodes:
            _collect(node, found)
            _collect(node.below.get("#"), found)  # '#' includes the parent level (§4.7.1.2)
        return sorted(found.items())


def _collect(node: _Node | None, found: dict[int, int]) -> None:
    if node is not None:
        for subscriber, qos in node.held.items():
            found[subscriber] = max(qos, found.get(subscriber, 0))
