"""What agent/crypto may cost a device: bytes of code, heap, and nothing before it is needed."""

import subprocess
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools import mpy

_BYTES = 12 * 1024
_HEAP_KB = 36  # 32 are enough (measured)
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LAZY = ("ed25519", "hkdf", "keys", "p256", "sha512", "sign1", "steps", "x25519")


def test_all_of_it_stays_within_its_bytes() -> None:
    """In the form that ships: it shares a partition with everything else."""
    sizes = {file.name: file.stat().st_size for file in (mpy.compiled() / "agent/crypto").glob("*.mpy")}
    assert set(sizes) >= {f"{name}.mpy" for name in _LAZY}
    assert sum(sizes.values()) <= _BYTES, sizes


def test_the_core_brings_none_of_it(mp32: Path) -> None:
    """Loaded only when needed: a device that checks no signature pays nothing."""
    code = "import agent.core, sys; print([n for n in sys.modules if n.startswith('agent.crypto.')])"
    assert set(ran(mp32, 128, code).split("'")[1::2]) & {f"agent.crypto.{name}" for name in _LAZY} == set()


def test_nothing_is_computed_on_import(mp32: Path) -> None:
    """Tables come with the first signature and go with it: what a loaded curve holds is code and constants."""
    code = "\n".join(
        (
            "import agent.crypto.ed25519 as e, agent.crypto.p256 as p, agent.crypto.sha512 as s",
            "print([n for m in (e, p, s) for n in dir(m) if n[:2] != '__' and type(getattr(m, n)) in (list, dict, bytearray)])",
        )
    )
    assert ran(mp32, 128, code).strip() == "[]"


@pytest.mark.parametrize("curve", ["ed25519", "p256"])
def test_a_record_is_verified_in_a_small_heap(mp32: Path, curve: str) -> None:
    """Code, a record of 340 bytes, and the arithmetic's garbage: what is left of a device's heap while the agent runs is not much more."""
    data, key = signed_by(curve)
    code = "\n".join(
        (
            "from agent.crypto import keys, sign1",
            f"from agent.crypto import {curve}",
            f"data = bytes.fromhex({data.hex()!r})",
            f"key = bytes.fromhex({key.hex()!r})",
            "opened = sign1.open_sign1(data, len(data), b'')",
            f"machine = sign1.verifier(opened, keys.read_key(key, len(key)), {curve}.Verify)",
            "machine.finish()",
            "print(machine.ok)",
        )
    )
    assert ran(mp32, _HEAP_KB, code).strip() == "True"


def signed_by(curve: str) -> tuple[bytes, bytes]:
    """A record with a payload of 240 bytes, and its COSE_Key, by OpenSSL."""
    protected = cbor2.dumps({1: -19 if curve == "ed25519" else -9, 4: b"12345678", 16: "cwt;consent1"})
    payload = bytes(240)
    message = cbor2.dumps(["Signature1", protected, b"", payload])
    if curve == "ed25519":
        private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        signature = private.sign(message)
        key: dict[int, int | bytes] = {1: 1, -1: 6, -2: private.public_key().public_bytes_raw()}
    else:
        secret = ec.derive_private_key(7, ec.SECP256R1())
        r, s = utils.decode_dss_signature(secret.sign(message, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + min(s, _N - s).to_bytes(32, "big")
        point = secret.public_key().public_numbers()
        key = {1: 2, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature])), cbor2.dumps(key)


def ran(vm: Path, heap_kb: int, code: str) -> str:
    whole = f"import sys\nsys.path.insert(0, {str(mpy.compiled())!r})\n{code}"
    done = subprocess.run(
        [vm, "-X", f"heapsize={heap_kb}k", "-c", whole], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
