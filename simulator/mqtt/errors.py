"""What a peer did wrong, with the sentence of the standard that says so. Holds no topic, id or payload."""


class MqttError(Exception):
    """Bytes that MQTT 3.1.1 does not allow.

    `reason` is plain words, `rule` the standard's own number ("MQTT-3.3.1-4") or section ("§2.2.3"), `code` the CONNACK
    return code to answer with before closing, 0 when the connection just ends.
    """

    def __init__(self, reason: str, rule: str, code: int = 0) -> None:
        super().__init__(f"{reason} ({rule})")
        self.reason = reason
        self.rule = rule
        self.code = code
