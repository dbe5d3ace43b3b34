"""The broker a device was told at enrolment, as a link. Nothing told, or nonsense, gives a link that stays down.

`broker` is `mqtts://[user:password@]host[:port][#region]`, or `mqtt://` for a machine on the same desk. The region stands in the
address, so that whoever changes the one says the other (docs/adr/0011). `ca` is one or more
certificates, DER or PEM; a bundle over 1,024 bytes lies in the file /ca.der instead.
"""

from micropython import const

from hal.mpy.umqtt_link import Link

_TYPING = const(False)
if _TYPING:
    from hal.mpy.dns import Resolver
    from hal.ports import Net, Secrets

_PLAIN = const(1883)  # registered with IANA as mqtt and secure-mqtt
_SECURE = const(8883)
_CA_FILE = "/ca.der"


class Trust:
    """`Tls` of hal/ports.py."""

    def __init__(self, ca: bytes, name: str) -> None:
        self.ca = ca
        self.name = name


def parse(url: str) -> "tuple[str, int, bool, str, str]":
    """Host, port, TLS, user, password; a host of "" for what is no broker's address."""
    scheme, found, rest = url.partition("://")
    if not found or scheme not in ("mqtt", "mqtts"):
        return "", 0, True, "", ""
    secure = scheme == "mqtts"
    login, found, place = rest.rpartition("@")
    user, _, password = login.partition(":")
    host, colon, digits = place.rstrip("/").partition(":")
    port = int(digits) if digits.isdigit() and len(digits) < 6 else 0
    if not colon:
        port = _SECURE if secure else _PLAIN
    if not host or not 0 < port < 65_536:
        return "", 0, True, "", ""
    return host, port, secure, _decoded(user), _decoded(password)


def _decoded(text: str) -> str:
    """RFC 3986 §2.1: %41 is A. Anything else after a percent sign stays as it is."""
    first, found, rest = text.partition("%")
    while found:
        try:
            first += chr(int(rest[:2], 16))
            rest = rest[2:]
        except ValueError:
            first += "%"
        middle, found, rest = rest.partition("%")
        first += middle
    return first


def link(secrets: "Secrets", net: "Net", resolver: "Resolver") -> Link:
    try:
        told = (secrets.get("broker") or b"").decode()
    except UnicodeError:
        told = ""  # the rest of the device must start, so that somebody can mend this one
    address, _, region = told.partition("#")
    host, port, secure, user, password = parse(address)
    trust = Trust(_authority(secrets), host) if secure else None
    return Link(net, host, port, trust, resolver, user, password, region.upper().encode())


def _authority(secrets: "Secrets") -> bytes:
    found = secrets.get("ca")
    if found:
        return found
    try:
        with open(_CA_FILE, "rb") as file:
            return file.read()
    except OSError:
        return b""  # without an authority no certificate is accepted
