"""A chip behind a TCP port, for the real esptool: its ROM loader and flasher stub, and a flash that behaves like NOR.

Protocol: Espressif, "Serial Protocol" of esptool's documentation. A connection that begins with SLIP's C0 speaks to the loader;
any other gets `agent`, a program that reads and writes bytes: what runs after a reset. Not modelled: baud rates, eFuses (all
zero), the reset lines, and the stub's own code, which is taken and not run.
"""

import hashlib
import socket
import struct
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

_END, _ESCAPE = b"\xc0", b"\xdb"
_MEM_END, _SYNC, _WRITE_REG, _READ_REG = 0x06, 0x08, 0x09, 0x0A
_DEFL_BEGIN, _DEFL_DATA, _MD5, _SECURITY = 0x10, 0x11, 0x13, 0x14
_ERASE_FLASH, _ERASE_REGION, _READ_FLASH = 0xD0, 0xD1, 0xD2
_ROM = 0x2012_0707  # anything but 0, which would mean that the stub runs already
_MAGIC_AT = 0x4000_1000
_MAGIC = {"esp32": 0x00F0_1D83}
_SECURITY_ID = {"esp32s3": 9}
_FLASH_ID_AT = (0x3FF4_2080, 0x6000_2058)  # first data word of the SPI controller, ESP32 and ESP32-S3
_SECTOR = 4096


class VirtualChip:
    """`flash` is the chip's memory; a test may look at it and write to it between connections."""

    def __init__(self, chip: str, flash_bytes: int, agent: Callable[[], Sequence[object]] | None = None) -> None:
        self.flash = bytearray(b"\xff" * flash_bytes)
        self.chip = chip
        self.away_after_next = 0  # connections to drop at once behind the next: a USB port that is not back yet
        self.breaks_off = False  # at the first piece of data to be written
        self.connections = 0
        self._agent = agent
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "VirtualChip":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _serve(self) -> None:
        away = 0
        with suppress(OSError):
            while True:
                peer, _ = self._server.accept()
                self.connections += 1
                with peer, suppress(OSError):
                    if away:
                        away -= 1
                        continue
                    away, self.away_after_next = self.away_after_next, 0
                    first = peer.recv(1, socket.MSG_PEEK)
                    if first == _END:
                        _Loader(self, peer).run()
                    elif first and self._agent is not None:
                        _pipe(peer, self._agent())


def _pipe(peer: socket.socket, command: Sequence[object]) -> None:
    """Connects the peer with a program until the peer goes."""
    program = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    stdin, stdout = program.stdin, program.stdout
    assert stdin is not None
    assert stdout is not None

    def back() -> None:
        with suppress(OSError, ValueError):
            while data := stdout.read1(4096):
                peer.sendall(data)
            peer.shutdown(socket.SHUT_RDWR)  # the program ended: so does the connection

    reader = threading.Thread(target=back, daemon=True)
    reader.start()
    with suppress(OSError):
        while data := peer.recv(4096):
            stdin.write(data)
            stdin.flush()
    program.kill()
    program.wait()
    reader.join(5)
    with suppress(OSError):
        stdin.close()
    stdout.close()


class _Loader:
    def __init__(self, chip: VirtualChip, peer: socket.socket) -> None:
        self._chip = chip
        self._peer = peer
        self._stub = False
        self._inflater = zlib.decompressobj()
        self._at = 0

    def run(self) -> None:
        packets = self._packets()
        for packet in packets:
            if len(packet) >= 8 and packet[0] == 0:
                self._answer(packet[1], packet[8:], packets)

    def _packets(self) -> Iterator[bytes]:
        wire = b""
        while data := self._peer.recv(65536):
            wire += data
            *whole, wire = wire.split(_END)
            for packet in whole:
                if packet:
                    yield packet.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", _ESCAPE)

    def _send(self, packet: bytes) -> None:
        self._peer.sendall(_END + packet.replace(_ESCAPE, b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END)

    def _answer(self, operation: int, body: bytes, packets: Iterator[bytes]) -> None:
        value, data = self._do(operation, body)
        data += bytes(2 if self._stub else 4)  # status: no error
        reply = struct.pack("<BBHI", 1, operation, len(data), value) + data
        for _ in range(8 if operation == _SYNC else 1):
            self._send(reply)
        if operation == _MEM_END and not self._stub:
            self._stub = True
            self._send(b"OHAI")
        elif operation == _READ_FLASH:
            self._read_flash(body, packets)

    def _do(self, operation: int, body: bytes) -> tuple[int, bytes]:
        flash = self._chip.flash
        if operation == _SYNC:
            return _ROM, b""
        if operation == _READ_REG:
            return self._register(struct.unpack_from("<I", body)[0]), b""
        if operation == _SECURITY and self._chip.chip in _SECURITY_ID:
            return 0, struct.pack("<IB7sII", 0, 0, bytes(7), _SECURITY_ID[self._chip.chip], 0)
        if operation == _DEFL_BEGIN:
            size, _, _, self._at = struct.unpack_from("<IIII", body)
            self._inflater = zlib.decompressobj()
            self._erase(self._at, size)
        elif operation == _DEFL_DATA:
            if self._chip.breaks_off:
                raise ConnectionResetError
            self._program(self._inflater.decompress(body[16:]))
        elif operation == _MD5:
            at, size = struct.unpack_from("<II", body)
            return 0, hashlib.md5(flash[at : at + size], usedforsecurity=False).digest()
        elif operation == _ERASE_FLASH:
            self._erase(0, len(flash))
        elif operation == _ERASE_REGION:
            self._erase(*struct.unpack_from("<II", body))
        return 0, b""

    def _register(self, address: int) -> int:
        if address == _MAGIC_AT:
            return _MAGIC.get(self._chip.chip, 0)
        if address in _FLASH_ID_AT:
            # JEDEC: the third byte is the size as a power of two.
            return (len(self._chip.flash).bit_length() - 1) << 16 | 0x40EF
        return 0

    def _erase(self, at: int, size: int) -> None:
        end = -(-(at + size) // _SECTOR) * _SECTOR
        self._chip.flash[at:end] = b"\xff" * (end - at)

    def _program(self, data: bytes) -> None:
        for i, byte in enumerate(data, self._at):
            self._chip.flash[i] &= byte
        self._at += len(data)

    def _read_flash(self, body: bytes, packets: Iterator[bytes]) -> None:
        at, size, block, _ = struct.unpack_from("<IIII", body)
        data = bytes(self._chip.flash[at : at + size])
        for start in range(0, size, block):
            self._send(data[start : start + block])
            next(packets)  # how much has arrived
        self._send(hashlib.md5(data, usedforsecurity=False).digest())
