"""A broker's address as a person types it: `mqtt://host`, `mqtts://user:password@host:8883#CN`. What follows the `#` is the
region in which the broker keeps what it is sent.

Refuses what is longer than 512 characters, another scheme, a path, and a host that is neither a name (RFC 1123 §2.1) nor
an address. An error says what is wrong and how to mend it, and never repeats the password.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

MAX_URL = 512  # characters
MAX_CREDENTIAL = 128  # bytes of a user name or a password, decoded
MAX_HOST = 253  # characters (RFC 1035 §3.1, written without the root)

_EXAMPLE = "write mqtt://host[:port] or mqtts://[user:password@]host[:port], and its region as #CN"
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_REGION = re.compile(r"[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?")  # ISO 3166-1 or -2, and what it reserves: EU
_PORTS = {"mqtt": 1883, "mqtts": 8883}  # registered with IANA as mqtt and secure-mqtt


@dataclass(frozen=True)
class BrokerUrl:
    """`username` is "" when the broker asks for none, `region` when nobody says. The password stays out of every repr."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = field(default="", repr=False)
    region: str = ""


def parse(text: str) -> BrokerUrl:
    """`text` as an address; ValueError with one line for a person when it is none."""
    if len(text) > MAX_URL:
        raise ValueError(f"the broker's URL has {len(text)} characters, at most {MAX_URL}; {_EXAMPLE}")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(f"the broker's URL holds a blank or a character outside ASCII; {_EXAMPLE}")
    try:
        parts = urlsplit(text)
    except ValueError:  # an unclosed bracket
        raise ValueError(f"the broker's URL has no readable host; {_EXAMPLE}") from None
    if parts.scheme not in _PORTS:
        raise ValueError(f"the broker's URL starts with neither mqtt:// nor mqtts://; {_EXAMPLE}")
    if parts.path not in ("", "/") or parts.query or text[-1] in "?#":
        raise ValueError(f"the broker's URL goes on after the port; {_EXAMPLE}")
    return BrokerUrl(
        _host(parts.hostname or ""),
        _port(parts.netloc, _PORTS[parts.scheme]),
        parts.scheme == "mqtts",
        _credential(parts.username, "user name"),
        _credential(parts.password, "password"),
        region(parts.fragment) if parts.fragment else "",
    )


def region(text: str) -> str:
    """A region's code in its one form; ValueError when it is none. Case does not tell codes apart (RFC 5646 §2.1.1)."""
    if not _REGION.fullmatch(text):
        raise ValueError("a region's code is none; write it like CN, EU or US-CA")
    return text.upper()


def _host(text: str) -> str:
    if _is_address(text):
        return text
    labels = text.removesuffix(".").split(".")
    if not text or len(text) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"the broker's host {text[:60]!r} is neither a host name nor an address; {_EXAMPLE}")
    if labels[-1].isdigit():  # 10.0.0.256 would be asked of a name server (RFC 3696 §2)
        raise ValueError(f"the broker's host {text[:60]!r} is not a whole address; {_EXAMPLE}")
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _port(netloc: str, default: int) -> int:
    """Read from the text: urllib takes `host:` for no port and `host:٣` for 3."""
    after = netloc.rpartition("@")[2].rpartition("]")[2]
    _, colon, digits = after.rpartition(":")
    if not colon:
        return default
    if not re.fullmatch(r"[0-9]{1,5}", digits) or not 1 <= int(digits) <= 65_535:
        raise ValueError(f"the broker's port is not a number from 1 to 65535; {_EXAMPLE}")  # it may be a lost password
    return int(digits)


def _credential(text: str | None, what: str) -> str:
    if not text:
        return ""
    raw = unquote_to_bytes(text)
    if len(raw) > MAX_CREDENTIAL:
        raise ValueError(f"the broker's {what} has {len(raw)} bytes, at most {MAX_CREDENTIAL}")
    try:
        plain = raw.decode()
    except UnicodeDecodeError:
        raise ValueError(f"the broker's {what} is not UTF-8 when %-decoded; write % itself as %25") from None
    if "\0" in plain:  # MQTT 3.1.1 §1.5.3
        raise ValueError(f"the broker's {what} holds a zero character, which MQTT forbids")
    return plain
