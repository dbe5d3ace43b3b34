"""`bluetooth` of an ESP32 (NimBLE), peripheral side, with its habits: values are cut at 20 bytes unless told otherwise, the
public address is used unless told otherwise, and changing the address while advertising ends the program."""

from tests.fakes.chip import PUBLIC_ADDRESS, chip, random_address

# Assigned together: a lone constant would be folded away, and hal/esp32 asks this module for it by name.
FLAG_READ, FLAG_WRITE_NO_RESPONSE, FLAG_WRITE, FLAG_NOTIFY = 2, 4, 8, 16

_VALUE = 22  # the handle NimBLE gives the first characteristic


class UUID:
    def __init__(self, value) -> None:
        self.value = value


class BLE:
    def active(self, active=None) -> bool:
        radio = chip.radio
        if active is not None:
            chip.note("ble")
            if not active and radio.active:
                chip.radio = radio = type(radio)()
            radio.active = bool(active)
        return radio.active

    def config(self, param=None, **settings):
        assert chip.radio.active
        for name in sorted(settings):
            assert name in ("gap_name", "mtu", "addr_mode"), name
            if name == "addr_mode":
                assert chip.radio.advert is None, "LE Set Random Address while advertising"
                assert settings[name] == 3, "only a non-resolvable address is private without an identity key"
                chip.radio.address = random_address()
            if name == "gap_name":
                assert b"MPY" not in settings[name]

    def irq(self, handler) -> None:
        chip.radio.handler = handler

    def gap_advertise(self, interval_us, adv_data=None, *, resp_data=None, connectable: bool = True) -> None:
        radio = chip.radio
        if not radio.active:
            raise OSError(19)
        if interval_us is None:
            radio.advert = None
            return
        assert 20_000 <= interval_us <= 10_240_000
        assert radio.address != PUBLIC_ADDRESS, "the public address was advertised"
        if len(adv_data) > 31 or len(resp_data) > 31:
            raise OSError(22)
        radio.advert = (bytes(adv_data), bytes(resp_data), radio.address, connectable)

    def gap_disconnect(self, conn_handle: int) -> bool:
        if chip.radio.phone != conn_handle:
            return False
        leave()
        return True

    def gatts_register_services(self, services_definition: tuple) -> tuple:
        assert chip.radio.active
        assert chip.radio.advert is None
        chip.radio.values[_VALUE] = [b"", 20, False]
        return ((_VALUE,),)

    def gatts_set_buffer(self, value_handle: int, len: int, append: bool = False) -> None:
        chip.radio.values[value_handle][1:] = [len, append]

    def gatts_read(self, value_handle: int) -> bytes:
        entry = chip.radio.values[value_handle]
        value = entry[0]
        if entry[2]:
            entry[0] = b""
        return value

    def gatts_write(self, value_handle: int, data, send_update: bool = False) -> None:
        radio = chip.radio
        radio.values[value_handle][0] = b"" if radio.values[value_handle][2] else bytes(data)
        if send_update and radio.phone >= 0 and radio.subscribed:
            radio.notified.append(bytes(data))


# The phone's side.


def connect(mtu: int = 256) -> None:
    radio = chip.radio
    assert radio.advert is not None, "nothing to connect to"
    assert radio.advert[3], "not connectable"
    radio.advert = None  # a connectable advert ends with the connection
    radio.phone = 1
    radio.subscribed = False
    radio.handler(1, (1, 1, b"\x11\x22\x33\x44\x55\x66"))
    radio.handler(21, (1, mtu))


def write(data: bytes) -> None:
    radio = chip.radio
    entry = radio.values[_VALUE]
    before = entry[0] if entry[2] else b""
    entry[0] = (before + data)[: entry[1]]
    radio.handler(3, (radio.phone, _VALUE))


def leave() -> None:
    radio = chip.radio
    phone, radio.phone = radio.phone, -1
    radio.subscribed = False
    radio.handler(2, (phone, 1, b"\x11\x22\x33\x44\x55\x66"))
