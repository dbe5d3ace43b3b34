"""`network` of an ESP32, station side: the driver's states and reasons as ports/esp32/network_wlan.c passes them on."""

from tests.fakes.chip import chip

# Assigned together: a lone constant would be folded away, and hal/esp32 asks this module for it by name.
STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_BEACON_TIMEOUT, STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, STAT_HANDSHAKE_TIMEOUT = 200, 201, 202, 204

_ATTEMPT_MS = 300
_name = []


def hostname(name=None):
    if name is None:
        return _name[-1] if _name else "mpy-esp32"
    _name.append(name)
    return None


class WLAN:
    def __init__(self, interface_id: int = STA_IF) -> None:
        self._station = interface_id == STA_IF

    def active(self, is_active=None) -> bool:
        if is_active is not None:
            chip.note("wlan")
            if not self._station:
                chip.access_point_on = bool(is_active)
            else:
                chip.station_on = bool(is_active)
                if not is_active:
                    chip.station.connected = False
                    chip.station.ready_ms = -1
        return chip.station_on if self._station else chip.access_point_on

    def config(self, param=None, **settings) -> None:
        assert chip.station_on
        for name in settings:
            assert name == "reconnects"
            chip.station.reconnects = settings[name]

    def connect(self, ssid=None, password=None) -> None:
        assert chip.station_on
        assert chip.station.reconnects >= 0, "it would try for ever and never give a reason"
        chip.station.ssid, chip.station.password = ssid, password
        chip.station.reason = 0
        chip.station.ready_ms = chip.now_ms + _ATTEMPT_MS * (chip.station.reconnects + 1)

    def disconnect(self) -> None:
        if not chip.station.connected and chip.station.ready_ms < 0:
            raise OSError(0x300F)  # ESP_ERR_WIFI_NOT_CONNECT
        chip.station.connected = False
        chip.station.ready_ms = -1

    def isconnected(self) -> bool:
        _settle()
        return chip.station.connected

    def status(self, param=None) -> int:
        _settle()
        if param == "rssi":
            if not chip.station.connected:
                raise OSError(0x300F)
            return -61
        if chip.station.connected:
            return STAT_GOT_IP
        if chip.station.ready_ms >= 0:
            return STAT_CONNECTING
        return chip.station.reason or STAT_IDLE

    def ifconfig(self) -> tuple:
        if chip.station.connected:
            return "192.0.2.10", "255.255.255.0", "192.0.2.1", "192.0.2.53"
        return "0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0"


def _settle() -> None:
    station = chip.station
    if station.connected and station.ssid and station.ssid not in chip.networks:
        station.connected = False
        station.reason = STAT_BEACON_TIMEOUT
    if 0 <= station.ready_ms <= chip.now_ms:
        station.ready_ms = -1
        if station.ssid not in chip.networks:
            station.reason = STAT_NO_AP_FOUND
        elif chip.networks[station.ssid] != station.password:
            station.reason = STAT_WRONG_PASSWORD
        else:
            station.connected = True
