"""Topic names and filters (MQTT 3.1.1 §4.7): which are allowed, and which filter matches which name."""

from simulator.mqtt.errors import MqttError
from simulator.mqtt.limits import MAX_FIELD, Limits


def check_name(topic: str, limits: Limits) -> None:
    """Refuses what may not stand in a PUBLISH or a will."""
    if "+" in topic or "#" in topic:
        raise MqttError("a topic name with a wildcard", "MQTT-3.3.2-2")
    _check_size(topic, limits)


def check_filter(pattern: str, limits: Limits) -> None:
    """Refuses what may not stand in a SUBSCRIBE or UNSUBSCRIBE."""
    _check_size(pattern, limits)
    levels = pattern.split("/")
    for level in levels[:-1]:
        if "#" in level:
            raise MqttError("'#' before the last level", "MQTT-4.7.1-2")
    if "#" in levels[-1] and levels[-1] != "#":
        raise MqttError("'#' beside other characters", "MQTT-4.7.1-2")
    if any("+" in level and level != "+" for level in levels):
        raise MqttError("'+' beside other characters", "MQTT-4.7.1-3")


def _check_size(topic: str, limits: Limits) -> None:
    if not topic:
        raise MqttError("an empty topic", "MQTT-4.7.3-1")
    size = len(topic.encode())
    if size > MAX_FIELD:
        raise MqttError("a topic over 65,535 bytes", "MQTT-4.7.3-3")
    if size > limits.topic:
        raise MqttError(f"a topic over our limit of {limits.topic} bytes", "§4.7.3")
    if topic.count("/") > limits.levels:
        raise MqttError(f"a topic over our limit of {limits.levels} levels", "§4.7.1.1")


def matches(pattern: str, topic: str) -> bool:
    """The definition, level by level. `tree.py` is the fast way to the same answer."""
    wanted, given = pattern.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False  # MQTT-4.7.2-1
    if wanted[-1] == "#":
        wanted.pop()  # "sport/#" also matches "sport": '#' includes the parent level (§4.7.1.2)
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(want in ("+", have) for want, have in zip(wanted, given, strict=True))
