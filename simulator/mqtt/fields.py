"""The fields packets are made of (MQTT 3.1.1 §1.5), read and written. Refuses bad UTF-8 and whatever runs past the end."""

import re

from simulator.mqtt.errors import MqttError
from simulator.mqtt.limits import MAX_FIELD, MAX_ID

_UNWANTED = re.compile(
    "[\x01-\x1f\x7f-\x9f\ufdd0-\ufdef]|[" + "".join(chr(p << 16 | e) for p in range(17) for e in (0xFFFE, 0xFFFF)) + "]"
)
"""§1.5.3: control codes and non-characters. "If a receiver receives such it MAY close": we do, and so does mosquitto."""


class Fields:
    """One packet's bytes after the fixed header, taken from left to right."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def __len__(self) -> int:
        return len(self._body) - self._at

    def take(self, size: int) -> bytes:
        if size > len(self):
            raise MqttError("a field that runs past the end of its packet", "§2.2.3")
        start, self._at = self._at, self._at + size
        return self._body[start : self._at]

    def byte(self) -> int:
        return self.take(1)[0]

    def word(self) -> int:
        """Two bytes, the high one first (§1.5.2)."""
        return int.from_bytes(self.take(2), "big")

    def identifier(self) -> int:
        value = self.word()
        if value == 0:
            raise MqttError("packet identifier 0", "MQTT-2.3.1-1")
        return value

    def binary(self) -> bytes:
        return self.take(self.word())

    def text(self) -> str:
        raw = self.binary()
        try:
            value = raw.decode("utf-8")  # strict: refuses surrogates, overlong forms and values over U+10FFFF
        except UnicodeDecodeError:
            raise MqttError("a string that is not UTF-8", "MQTT-1.5.3-1") from None
        check_text(value)
        return value

    def finish(self) -> None:
        if len(self):
            raise MqttError("bytes after a packet's last field", "§2.2.3")


def check_text(value: str) -> None:
    if "\0" in value:
        raise MqttError("a string with U+0000", "MQTT-1.5.3-2")
    if _UNWANTED.search(value):
        raise MqttError("a string with a control code or a non-character", "§1.5.3")


def put_binary(value: bytes) -> bytes:
    if len(value) > MAX_FIELD:
        raise MqttError("a field over 65,535 bytes", "§1.5.3")
    return len(value).to_bytes(2, "big") + value


def put_text(value: str) -> bytes:
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError:
        raise MqttError("a string with a surrogate", "MQTT-1.5.3-1") from None
    check_text(value)
    return put_binary(raw)


def put_identifier(value: int) -> bytes:
    if not 0 < value <= MAX_ID:
        raise MqttError(f"packet identifier {value}", "MQTT-2.3.1-1")
    return value.to_bytes(2, "big")
