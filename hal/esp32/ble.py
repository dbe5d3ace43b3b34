"""One advert and one service with one characteristic over `bluetooth.BLE` (NimBLE). The radio is off while it is silent.

Privacy: every advert gets a new non-resolvable address (Core 5.0 vol 6 part B §1.3.2.2), the GAP name says nothing, there
is no bonding and so no identity key. Refuses payloads over 31 bytes. An interrupt copies what was written into a ring and
sets flags; everything else happens in `poll`.
"""

import errno

import bluetooth
from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, OnWrite, Readable

SERVICE = "9d1f0001-6c0a-4c0e-9d7a-3d4f2a6b8e10"
CHARACTERISTIC = "9d1f0002-6c0a-4c0e-9d7a-3d4f2a6b8e10"
"""Drawn once at random, without meaning; a phone finds the service after it has connected, adverts do not carry it."""

_NAME = b"device"
_CONNECT = const(1)
_DISCONNECT = const(2)
_WRITE = const(3)
_MTU = const(21)
_NRPA = const(3)  # addr_mode: non-resolvable private address, drawn anew at each call
_ADVERT_MAX = const(31)
_WRITE_MAX = const(512)  # Core 5.0 vol 3 part F §3.2.9: the longest attribute value
_RING = const(4)  # writes that may wait for a poll
_MTU_WISH = const(256)
_MTU_LEAST = const(23)
_MTU_MOST = const(515)
_ATT_HEAD = const(3)


def _ignore(buf: "Readable", n: int) -> None:
    """Until the core sets its own."""


class Ble:
    def __init__(self) -> None:
        self.connected = False
        self.on_write: "OnWrite" = _ignore
        self.lost = 0  # writes that found the ring full
        self._ble = bluetooth.BLE()
        self._value = 0  # handle of the characteristic
        self._adv = b""
        self._rsp = b""
        self._interval_us = 0  # 0: silent
        self._restart = False
        self._phone = -1  # connection handle, set by the interrupt
        self._spoke = False  # this phone has written: it listens
        self._mtu = _MTU_LEAST
        self._ring = [bytearray(_WRITE_MAX) for _ in range(_RING)]
        self._lengths = [0] * _RING
        self._first = 0
        self._count = 0
        if self._ble.active():
            self._ble.active(False)  # a soft reset leaves it advertising

    def advertise(self, adv: bytes, rsp: bytes, interval_ms: int) -> None:
        if len(adv) > _ADVERT_MAX or len(rsp) > _ADVERT_MAX:
            raise OSError(errno.EINVAL)
        self._adv = adv
        self._rsp = rsp
        self._interval_us = interval_ms * 1_000
        if not self._ble.active():
            self._start()
        self._air()

    def silence(self) -> None:
        self._interval_us = 0
        self._restart = False
        self._phone = -1
        self._forget()
        if self._ble.active():
            self._ble.gap_advertise(None)
            self._ble.active(False)  # drops a connection as well

    def notify(self, buf: "Buffer", n: int) -> bool:
        # MicroPython does not tell who has subscribed; our phones write only once they have (docs/rooms/hal.md), and
        # `gatts_write` with an update reaches subscribers alone, where `gatts_notify` would reach anybody.
        if self._phone < 0 or not self._spoke or n > self.mtu():
            return False
        try:
            self._ble.gatts_write(self._value, memoryview(buf)[:n], True)
        except OSError:
            return False  # no buffer left in the stack
        return True

    def mtu(self) -> int:
        return min(_WRITE_MAX, max(_MTU_LEAST, self._mtu) - _ATT_HEAD)

    def poll(self, now: int) -> None:
        self.connected = self._phone >= 0
        while self._count:
            n = self._lengths[self._first]
            buf = self._ring[self._first]
            self.on_write(buf, n)
            for i in range(n):
                buf[i] = 0
            if not self._count:
                return  # the callback silenced the radio
            self._first = (self._first + 1) % _RING
            self._count -= 1
        if self._restart and self._interval_us:
            self._air()

    def _start(self) -> None:
        ble = self._ble
        ble.active(True)
        ble.irq(self._on_event)
        ble.config(gap_name=_NAME, mtu=_MTU_WISH)
        flags = bluetooth.FLAG_WRITE | bluetooth.FLAG_NOTIFY
        wanted = ((bluetooth.UUID(SERVICE), ((bluetooth.UUID(CHARACTERISTIC), flags),)),)
        ((self._value,),) = ble.gatts_register_services(wanted)
        ble.gatts_set_buffer(self._value, _WRITE_MAX, True)

    def _air(self) -> None:
        """A new address is illegal while the old advert runs (HCI LE Set Random Address)."""
        self._restart = False
        ble = self._ble
        ble.gap_advertise(None)
        ble.config(addr_mode=_NRPA)
        # One phone at a time; while it is here the advert goes on, so that nobody can end an alarm by connecting.
        ble.gap_advertise(self._interval_us, adv_data=self._adv, resp_data=self._rsp, connectable=self._phone < 0)

    def _on_event(self, event: int, data: "tuple[int, ...]") -> None:
        if event == _WRITE:
            self._on_written(data[0], data[1])
        elif event == _CONNECT:
            if self._phone < 0:
                self._phone = data[0]
                self._mtu = _MTU_LEAST
            else:
                self._ble.gap_disconnect(data[0])
            self._restart = True
        elif event == _DISCONNECT:
            if self._phone == data[0]:
                self._phone = -1
                self._forget()
            self._restart = True
        elif event == _MTU and self._phone == data[0]:
            self._mtu = data[1]

    def _on_written(self, phone: int, handle: int) -> None:
        if handle != self._value:
            return
        data = self._ble.gatts_read(handle)  # empties the buffer, so that the next write stands alone
        if phone != self._phone:
            return
        self._spoke = True
        if self._count == _RING:
            self.lost += 1
        elif data:
            at = (self._first + self._count) % _RING
            self._ring[at][: len(data)] = data
            self._lengths[at] = len(data)
            self._count += 1

    def _forget(self) -> None:
        """Half a record of one phone must not meet the other half of the next one's."""
        self._spoke = False
        self._mtu = _MTU_LEAST
        self._count = 0
        for buf in self._ring:
            for i in range(len(buf)):
                buf[i] = 0
