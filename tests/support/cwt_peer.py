"""The package `cwt`, in a process of its own: it wants an older cbor2 than ours. JSON in, JSON out.

Arguments: none. Each line of stdin is {"key": COSE_Key in hex, "aad": hex} with either "record" to verify, answered by
{"header", "payload"} or {"refused"}, or "payload" and "header" to sign, answered by {"record"}. A key to sign with holds -4.
"""

import json
import sys

import cbor2
from cwt import COSE, COSEKey, CWTError


def answer(asked: dict[str, str]) -> dict[str, str]:
    fields = {name: bytes.fromhex(value) for name, value in asked.items()}
    key = COSEKey.new(cbor2.loads(fields["key"]))
    cose = COSE.new(verify_kid=True)
    if "record" not in fields:
        header = cbor2.loads(fields["header"])
        made = cose.encode_and_sign(fields["payload"], key, header, {}, external_aad=fields["aad"])
        assert isinstance(made, bytes)
        return {"record": made.hex()}
    try:
        header, unprotected, payload = cose.decode_with_headers(fields["record"], key, external_aad=fields["aad"])
    except (CWTError, ValueError) as error:
        return {"refused": str(error)}
    assert not unprotected
    return {"header": cbor2.dumps(header).hex(), "payload": payload.hex()}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))
