"""MicroPython's `micropython` module on CPython: the names the device folders use, and no others.

Source: MicroPython 1.25 `docs/library/micropython.rst`. On sys.path only where `amace` or the tests put it.
"""

from typing import TypeVar

_T = TypeVar("_T")


def const(value: _T) -> _T:
    """The device's compiler folds it; here it is the value itself."""
    return value


def heap_lock() -> None:
    """Only the virtual machine can forbid allocation: tests of it run there."""


def heap_unlock() -> int:
    """The lock depth that is left: none."""
    return 0


def kbd_intr(char: int) -> None:
    """Which byte on the console interrupts. CPython takes that from the terminal instead."""


def alloc_emergency_exception_buf(size: int) -> None:
    """CPython can always allocate an exception."""
