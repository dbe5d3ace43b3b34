"""Programs the tests need that no Python package brings: two MicroPython machines, a broker, MicroPython's MQTT client.

Each is looked for where the caller says (an environment variable), then in the cache, then fetched once with the
machine's own package tools. Nothing is installed and no address is written here: the archive is the machine's own.
"""

from pathlib import Path

from tools.fetch import broker, client, vm


def micropython(bits: int) -> Path:
    """An executable MicroPython ≥ 1.25 with words of 64 or 32 bits. Raises Problem when there is no way to one."""
    return vm.micropython(bits)


def mosquitto() -> Path:
    """An executable mosquitto: the machine's own, else its suite's package unpacked in the cache."""
    return broker.mosquitto()


def umqtt() -> Path:
    """The folder that holds `umqtt/simple.py`; put it on MicroPython's sys.path."""
    return client.umqtt()
