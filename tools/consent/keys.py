"""The owner's own key as a file: JSON, mode 0600, {"format": "amace-owner-key-1", "alg": "ed25519" or "es256", "seed": hex, "cose_key": hex}.

Also how any JSON of the owner's tools is read: with a limit, and without a word of its content in a message.
"""

import json
import re
import secrets
from pathlib import Path
from typing import Any, cast

from simulator.keys import ED25519, P256, Signer
from tools.errors import Problem

KEY_FORMAT = "amace-owner-key-1"
ALGORITHMS = {"ed25519": ED25519, "es256": P256}
MAX_FILE = 8 << 20


def load_key(path: Path) -> Signer:
    """A key of `amace consent new-owner`."""
    mend = "`amace consent new-owner FILE` writes one"
    said = read_json(path, KEY_FORMAT, mend)
    try:
        signer = Signer(from_hex(said["seed"], 32), ALGORITHMS[said["alg"]])
        if signer.cose_key != from_hex(said["cose_key"]):
            raise ValueError("seed and cose_key are not one key")
        return signer
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"this is no owner's key: {why(error)}", str(path), mend) from None


def new_key(alg: str) -> dict[str, object]:
    """A key from the system's entropy, ready for tools.enrolment.save."""
    if alg not in ALGORITHMS:
        raise Problem(f"no algorithm is called {alg!r}", "--alg", f"There are: {', '.join(ALGORITHMS)}")
    signer = Signer(secrets.token_bytes(32), ALGORITHMS[alg])
    return {"format": KEY_FORMAT, "alg": alg, "seed": signer.seed.hex(), "cose_key": signer.cose_key.hex()}


def from_hex(text: object, size: int = -1) -> bytes:
    if type(text) is not str or not re.fullmatch(r"(?:[0-9a-f]{2})*", text):
        raise ValueError("it is not of this form")
    value = bytes.fromhex(text)
    if size >= 0 and len(value) != size:
        raise ValueError("a value has another length")
    return value


def why(error: Exception) -> str:
    """Only our own sentences, which quote nothing."""
    return str(error) if type(error) is ValueError else "it is not of this form"


def read_json(path: Path, form: str, mend: str) -> dict[str, Any]:
    """Any: whatever a person wrote."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_FILE + 1)
    except OSError as error:
        raise Problem(f"the file cannot be read: {error.strerror}", str(path), mend) from error
    try:
        said: Any = json.loads(text) if len(text) <= MAX_FILE else None
    except (ValueError, RecursionError):
        said = None
    if type(said) is not dict or cast(Any, said).get("format") != form:
        raise Problem(f'its "format" is not {form}', str(path), mend)
    return cast("dict[str, Any]", said)
