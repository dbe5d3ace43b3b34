"""The station radio over `network.WLAN`. Off until `join`, off after `leave` and after every failure.

Keeps no password: the driver has it in RAM while it may have to reconnect (esp_wifi_set_storage(WIFI_STORAGE_RAM)).
"""

import network
from micropython import const

DOWN = 0
OPENING = 1
UP = 2

ASKED = 0
NOT_FOUND = 1
REFUSED = 2
LOST = 3

_RETRIES = const(2)  # by the driver: one missed beacon is no missing network
_JOIN_MS = const(20_000)
_HALF = const(1 << 29)  # ticks wrap at 2**30
_MASK = const(0x3FFFFFFF)
_HOSTNAME = "device"  # DHCP shows it to the network: no brand, no chip

# Reasons of a refused key beside STAT_WRONG_PASSWORD: ESP-IDF, wifi_err_reason_t. 2 AUTH_EXPIRE and 15
# 4WAY_HANDSHAKE_TIMEOUT are what most access points give for a wrong password.
_REFUSALS = (2, 15, network.STAT_WRONG_PASSWORD, network.STAT_HANDSHAKE_TIMEOUT)


class Wifi:
    def __init__(self) -> None:
        self.state = DOWN
        self.error = ASKED
        self._until = -1  # for joining; -1 until the next poll tells the time
        network.hostname(_HOSTNAME)
        network.WLAN(network.AP_IF).active(False)
        self._wlan = network.WLAN(network.STA_IF)
        self._off()  # a soft reset leaves it up

    def join(self, ssid: bytes, password: bytes) -> None:
        self._off()
        self.error = ASKED
        self._until = -1
        self._wlan.active(True)
        self._wlan.config(reconnects=_RETRIES)
        self._wlan.connect(ssid, password)  # pyright: ignore[reportArgumentType] - takes bytes too, as SSIDs are
        self.state = OPENING

    def leave(self) -> None:
        self._end(ASKED)

    def poll(self, now: int) -> None:
        if self.state == UP:
            if not self._wlan.isconnected():
                self._end(LOST)
        elif self.state == OPENING:
            self._join_on(now)

    def rssi(self) -> int:
        return self._wlan.status("rssi") if self.state == UP and self._wlan.isconnected() else 0

    def name_servers(self) -> "list[str]":
        """As the network's DHCP named them; empty when not connected."""
        address = self._wlan.ifconfig()[3]
        return [address] if self.state == UP and address != "0.0.0.0" else []

    def _join_on(self, now: int) -> None:
        status = self._wlan.status()
        if status == network.STAT_GOT_IP:
            self.state = UP
        elif status not in (network.STAT_CONNECTING, network.STAT_IDLE):
            self._end(REFUSED if status in _REFUSALS else NOT_FOUND)
        elif self._until < 0:
            self._until = (now + _JOIN_MS) & _MASK
        elif (now - self._until) & _MASK < _HALF:
            self._end(NOT_FOUND)

    def _end(self, error: int) -> None:
        self._off()
        self.state = DOWN
        self.error = error

    def _off(self) -> None:
        if self._wlan.active():
            try:
                self._wlan.disconnect()
            except OSError:
                pass  # it was not connected
            self._wlan.active(False)
