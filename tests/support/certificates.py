"""Certificates for broker tests, made anew for every run: an authority and the servers it vouches for.

Keys are P-256 and live for two days at most, so that nothing worth stealing ever lies in a temporary folder.
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@dataclass(frozen=True)
class Identity:
    """One server's certificate and key, both PEM."""

    certificate: bytes
    key: bytes

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Writes server.pem and server.key into `folder` and returns both paths."""
        paths = folder / "server.pem", folder / "server.key"
        paths[0].write_bytes(self.certificate)
        paths[1].write_bytes(self.key)
        paths[1].chmod(0o600)
        return paths


class Authority:
    """A certificate authority. Two of the same name still distrust each other's certificates."""

    def __init__(self, name: str = "Test Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(name)
        now = datetime.now(UTC)
        draft = self._draft(self._name, self._key.public_key(), now - _DAY, now + _DAY)
        draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # certificates and CRLs only
        self._certificate = draft.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        self.der = self._certificate.public_bytes(serialization.Encoding.DER)  # the form MicroPython's tls takes

    def _draft(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
    ) -> x509.CertificateBuilder:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number(), since, until)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(identifier, critical=False)
        )

    def issue(self, *names: str, age_days: int = 0) -> Identity:
        """A server certificate for host names and addresses ("localhost" when none is given).

        It is valid from one day before to one day after the moment `age_days` ago: 3 has expired, -3 is not yet valid.
        """
        names = names or ("localhost",)
        key = ec.generate_private_key(ec.SECP256R1())
        centre = datetime.now(UTC) - age_days * _DAY
        draft = self._draft(_subject(names[0]), key.public_key(), centre - _DAY, centre + _DAY)
        draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        draft = draft.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        draft = draft.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        certificate = draft.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return Identity(certificate, _pem(key))

    def save(self, path: Path) -> Path:
        """Writes the authority's own certificate, PEM, and returns `path`."""
        path.write_bytes(self.pem)
        return path
