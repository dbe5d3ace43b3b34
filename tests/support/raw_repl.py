"""On a MicroPython machine: the raw REPL of a board, on stdin, with an image as its file system. `micropython raw_repl.py IMAGE`.

The unix port has no raw REPL, mpremote speaks nothing else (MicroPython, "The MicroPython Interactive Interpreter Mode"). Raw
paste is declined; a soft reset forgets names and starts no program.
"""

import sys

import micropython
from image_device import mount

_RAW, _FRIENDLY, _STOP, _RUN, _PASTE = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
_REBOOT = b"MPY: soft reboot\r\n"
_PROMPT = b"\r\n>>> "

read = sys.stdin.buffer.read
write = sys.stdout.buffer.write


def friendly() -> None:
    """Until someone asks for raw mode; nothing is run here."""
    write(_PROMPT)
    one = read(1)
    while one != _RAW:
        if not one:
            sys.exit(0)
        if one == _RUN:
            write(_REBOOT)
        if one in (_RUN, _STOP, b"\r"):
            write(_PROMPT)
        one = read(1)


def raw() -> None:
    write(_BANNER)
    names = {"__name__": "__main__"}
    typed = bytearray()
    while True:
        one = read(1)
        if one in (b"", _FRIENDLY):
            return
        if one == _RUN and not typed:
            names = {"__name__": "__main__"}
            write(b"OK\r\n" + _REBOOT + _BANNER)
        elif one == _RUN:
            run(bytes(typed), names)
            typed = bytearray()
        elif one in (_RAW, _STOP):
            typed = bytearray()
            if one == _RAW:
                write(_BANNER)
        elif one == _PASTE and not typed:
            read(2)
            write(b"R\x00")
        else:
            typed += one


def run(text: bytes, names: dict) -> None:
    write(b"OK")
    failed = None
    try:
        exec(text, names)
    except Exception as error:  # noqa: BLE001 - whatever the program raises is told to whoever sent it
        failed = error
    write(b"\x04")
    if failed is not None:
        sys.print_exception(failed, sys.stdout)
    write(b"\x04>")


micropython.kbd_intr(-1)
mount(sys.argv[1])
while True:
    friendly()
    raw()
