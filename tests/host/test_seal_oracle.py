"""What seals on the device, against the `cryptography` package, on any input."""

from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given
from hypothesis import strategies as st

from agent.crypto import ccm


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=ccm.NONCE, max_size=ccm.NONCE),
    st.binary(min_size=1, max_size=80),
    st.binary(max_size=600),
    st.integers(0, 60),
)
def test_ccm_seals_as_cryptography_does(key: bytes, nonce: bytes, aad: bytes, text: bytes, at: int) -> None:
    """Any length of text and associated data, moved up by any distance."""
    buf = bytearray(text + bytes(at + ccm.TAG))
    end = ccm.Ccm().seal(ccm.cipher(bytearray(key)), bytearray(nonce), aad, buf, len(text), at)
    assert bytes(buf[at:end]) == AESCCM(key, ccm.TAG).encrypt(nonce, text, aad)
