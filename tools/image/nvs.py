"""One device's secrets as an image of its `nvs` partition, written by Espressif's own generator.

Refuses secrets that do not fit. What an enrolment may hold is judged by tools/enrolment.py.
"""

import importlib
import io
from collections.abc import Mapping
from typing import Any

from tools.errors import Problem

NAMESPACE = "amace"
"""The NVS namespace hal/esp32 keeps secrets in."""

_SPARE = 0x1000  # bytes the generator adds by itself: the page NVS keeps free to move entries to


def image(secrets: Mapping[str, bytes], size: int, where: str) -> bytes:
    """An NVS partition of `size` bytes (ESP-IDF, "Non-Volatile Storage Library", page format version 2)."""
    nvs: Any = importlib.import_module("esp_idf_nvs_partition_gen.nvs_partition_gen")  # it brings no types
    out = io.BytesIO()
    try:
        with nvs.nvs_open(out, size - _SPARE, nvs.Page.VERSION2) as book:
            nvs.write_entry(book, NAMESPACE, "namespace", "", "")
            for name in sorted(secrets):
                nvs.write_entry(book, name, "data", "hex2bin", secrets[name].hex())
    except nvs.InsufficientSizeError as error:
        raise Problem("the secrets do not fit the nvs partition", where, "Enlarge nvs") from error
    return out.getvalue()
