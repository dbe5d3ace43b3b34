"""What a device is told once, before its first owner: the named secrets of agent/link/console.py, kept in one small file.

The device's file is JSON, mode 0600, values in hex, names as in `SECRETS`, empty ones left out:

    {"format": "amace-enrolment-1",
     "secrets": {"device_id": "16 bytes", "pairing_key": "32", "epoch": "4, big endian", "console_key": "32",
                 "owner_key": "COSE_Key, to 80", "owner_seal": "32",
                 "minor": "01 when the owner's keys are the guardian's of one under age",
                 "region": "code like CN, to 8: where data stays, and every record and the broker must be of it",
                 "wifi_ssid": "1 to 32", "wifi_pass": "0 or 8 to 64", "broker": "URL in UTF-8, to 512", "ca": "DER or PEM, to 1024"}}

Beside them stands "owner_seed", 32 bytes: the private half of owner_key, which no device gets.

`amace enrol` writes it, `amace build --enrol FILE` puts it into an image, `amace hil --enrolment FILE` speaks to such a device.
The owner's file is what the phone needs: the same without console key and Wi-Fi, with the private half of
`owner_seal`. Refuses a value the device would refuse, and to print any: no repr, message or log holds one.
"""

import hashlib
import json
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from agent.base.errors import RemoteError
from agent.crypto.keys import read_key
from agent.link.console import LENGTHS, SECRETS
from agent.link.kinds import topic_of
from hal.host import broker_url
from simulator.keys import P256, Signer
from simulator.opener import public_of
from tools.errors import Problem

FORMAT = "amace-enrolment-1"
OWNER_FORMAT = "amace-owner-1"
NAMES = tuple(name.decode() for name in SECRETS)
ORDER = (
    "region",
    "wifi_ssid",
    "wifi_pass",
    "broker",
    "ca",
    "epoch",
    "console_key",
    "minor",
    "owner_seal",
    "device_id",
    "owner_key",
    "pairing_key",
)
"""In which secrets are written to a device: until the last one is there it is not bound, and can be written again."""

_EXACT = ("device_id", "pairing_key", "epoch", "console_key")
_NEEDED = (*_EXACT, "owner_key")
_SIZED = (*_EXACT, "owner_seal")
_SEED = 32
_MAX_FILE = 16 << 10


@dataclass(frozen=True, repr=False)
class Enrolment:
    """All the secrets of one device, by name; every value is of a length the device takes. Seed and seal are the owner's alone:
    `seal` is the private half of `owner_seal`, and empty when this was read from a file."""

    secrets: Mapping[str, bytes]
    owner_seed: bytes = b""
    seal: bytes = b""

    def __post_init__(self) -> None:
        for name, value in self.secrets.items():
            check(name, value)
        for name in _NEEDED:
            if name not in self.secrets:
                raise ValueError(f"{name} is missing")
        if self.owner_seed and signer(self.owner_seed, self.secrets["owner_key"]) is None:
            raise ValueError("owner_seed and owner_key are not one key")
        _check_region(self.region, self.secrets.get("broker", b""))

    @property
    def device_id(self) -> bytes:
        return self.secrets["device_id"]

    @property
    def pairing_key(self) -> bytes:
        return self.secrets["pairing_key"]

    @property
    def region(self) -> str:
        return self.secrets.get("region", b"").decode()

    @property
    def console_key(self) -> bytes:
        return self.secrets["console_key"]

    @property
    def epoch(self) -> int:
        return int.from_bytes(self.secrets["epoch"], "big")

    def owner(self) -> dict[str, object]:
        """What the phone needs, ready for JSON. The broker without the device's own name and password there."""
        broker = self.secrets.get("broker", b"").decode()
        return {
            "format": OWNER_FORMAT,
            "device_id": self.device_id.hex(),
            "pairing_key": self.pairing_key.hex(),
            "owner_seed": self.owner_seed.hex(),
            "owner_key": self.secrets["owner_key"].hex(),
            "epoch": self.epoch,
            "topic": topic_of(self.device_id, self.epoch).decode(),
            "region": self.region,
            "broker": without_user(broker),
            "ca": self.secrets.get("ca", b"").hex(),
            "seal_key": self.seal.hex(),
            "minor": "minor" in self.secrets,
        }


def check(name: str, value: bytes) -> None:
    """Raises ValueError with what the device would refuse; never shows the value."""
    if name not in NAMES:
        raise ValueError(f"no secret is called {name!r}; there are {', '.join(NAMES)}")
    longest = LENGTHS[NAMES.index(name)]
    if name in _SIZED and len(value) != longest:
        raise ValueError(f"{name} has {len(value)} bytes, it needs {longest}")
    if len(value) > longest:
        raise ValueError(f"{name} has {len(value)} bytes, at most {longest}")
    if name == "wifi_pass" and not (8 <= len(value) < 64 or re.fullmatch(rb"[0-9a-fA-F]{64}", value)):
        raise ValueError(f"wifi_pass has {len(value)} characters (IEEE 802.11: 8 to 63, or 64 hex digits)")
    if name == "owner_key" and not _is_key(value):
        raise ValueError("owner_key is no COSE_Key of Ed25519 or P-256")
    if name == "minor" and value != b"\1":
        raise ValueError("minor is 01 or absent")
    if name == "epoch" and not any(value):
        raise ValueError("epoch is 0; the first owner's is 1")
    if name == "broker":
        broker_url.parse(value.decode())  # UnicodeDecodeError is a ValueError
    if name == "region" and value and broker_url.region(value.decode()) != value.decode():
        raise ValueError("a region is written in capitals")


def _check_region(region: str, broker: bytes) -> None:
    """The device would never call this broker: said here, while it can be mended (docs/adr/0011)."""
    theirs = broker_url.parse(broker.decode()).region if broker else region
    if theirs == region:
        return
    if not theirs:
        raise ValueError(f"the broker's URL names no region; when it keeps data in {region}, write …#{region}")
    raise ValueError(f"the broker is of region {theirs}, the device of {region or 'none: enrol it with --region'}")


def signer(seed: bytes, public: bytes) -> Signer | None:
    """The key of which these are the halves, whatever its curve; None when they are not of one key."""
    return next((one for one in (Signer(seed), Signer(seed, P256)) if one.cose_key == public), None)


def _is_key(value: bytes) -> bool:
    try:
        read_key(value, len(value))
    except RemoteError:
        return False
    return True


def without_user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if rest else url


def generate(
    device_id: bytes | None = None,
    epoch: int = 1,
    ssid: str = "",
    password: str = "",
    broker: str = "",
    ca: bytes = b"",
    owner: Signer | None = None,
    minor: bool = False,
    region: str = "",
) -> Enrolment:
    """New keys from the system's entropy; a new device id and a new owner's key unless one is given. With `minor` the owner's are
    the guardian's. Raises ValueError."""
    if not 0 < epoch < 1 << 32:
        raise ValueError("the epoch is a number from 1 to 4294967295")
    owner = owner or Signer(secrets.token_bytes(_SEED))
    seal = secrets.token_bytes(32)
    values = {
        "owner_key": owner.cose_key,
        "device_id": device_id if device_id is not None else secrets.token_bytes(16),
        "pairing_key": secrets.token_bytes(32),
        "epoch": epoch.to_bytes(4, "big"),
        "console_key": secrets.token_bytes(32),
        "owner_seal": public_of(seal),
        "minor": b"\1" if minor else b"",
        "wifi_ssid": ssid.encode(),
        "wifi_pass": password.encode(),
        "broker": broker.encode(),
        "ca": ca,
        "region": broker_url.region(region).encode() if region else b"",
    }
    return Enrolment({name: value for name, value in values.items() if value or name in _EXACT}, owner.seed, seal)


def compact(ca: bytes) -> bytes:
    """Certificates for the device, and nothing else of the file: one becomes DER, a quarter smaller; several stay PEM."""
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", ca, re.DOTALL)
    if not blocks:
        if ca[:1] != b"\x30":  # a DER SEQUENCE, as every certificate is (RFC 5280 §4.1)
            raise ValueError("it holds no certificate, neither PEM nor DER")
        return ca
    try:
        made = [ssl.PEM_cert_to_DER_cert(block.decode()) for block in blocks]
    except ValueError:
        raise ValueError("its certificate is no valid PEM") from None
    return made[0] if len(made) == 1 else b"\n".join(blocks) + b"\n"


def load(path: Path) -> Enrolment:
    """Raises Problem that names the file and what is wrong, never a value."""
    where = str(path)
    try:
        text = path.read_bytes()[: _MAX_FILE + 1]
    except OSError as error:
        raise Problem(
            f"the enrolment cannot be read: {error.strerror}", where, "`amace enrol --out FILE` writes one"
        ) from error
    try:
        if len(text) > _MAX_FILE:
            raise ValueError(f"it has more than {_MAX_FILE} bytes")
        said: Any = json.loads(text)  # Any: whatever a person wrote
        if type(said) is not dict or cast(Any, said).get("format") != FORMAT:
            raise ValueError(f'its "format" is not {FORMAT}')
        values = cast(dict[str, str], said["secrets"])
        seed = bytes.fromhex(cast(dict[str, str], said).get("owner_seed", ""))
        return Enrolment({name: bytes.fromhex(value) for name, value in values.items()}, seed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # A message of json or fromhex may quote its input: only ours, which never do, are passed on.
        why = str(error) if type(error) is ValueError and "fromhex" not in str(error) else "it is not of this form"
        raise Problem(f"this is no enrolment: {why}", where, "`amace enrol --out FILE` writes one") from None


def must_be_new(path: Path | None) -> None:
    """Raises Problem when the file is there or cannot be, before anything is written anywhere."""
    if path is None:
        return
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise Problem("the file cannot be written", str(path), "Name a folder of yours")
    if path.exists():
        raise Problem("the file is there already", str(path), "Its keys may be in use: move it away, or name another")


def save(path: Path, content: Mapping[str, object]) -> None:
    """Writes JSON that only its owner may read; never over a file that is there. Raises Problem."""
    must_be_new(path)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Problem(f"the file cannot be written: {error.strerror}", str(path), "Name a folder of yours") from error
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")


def content(enrolment: Enrolment) -> dict[str, object]:
    """The device's file, ready for `save`."""
    return {
        "format": FORMAT,
        "secrets": {name: enrolment.secrets[name].hex() for name in NAMES if name in enrolment.secrets},
        "owner_seed": enrolment.owner_seed.hex(),
    }


def fingerprint(enrolment: Enrolment) -> str:
    """Names a device in messages without telling its id: 8 hex digits of SHA-256 over it."""
    return hashlib.sha256(b"fingerprint" + enrolment.device_id).hexdigest()[:8]
