"""Keys and certificates: an authority of our own, and the certificate that the server shows. PEM in and out.

P-256 keys, SHA-256 signatures: what every API server takes. The beginning is put back a little, for clocks that
disagree.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SKEW = timedelta(minutes=5)
SigningKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (or a chain of them, our own first) and its private key, both PEM."""

    certificate: bytes
    key: bytes = field(repr=False)

    def read(self) -> x509.Certificate | None:
        """The certificate; None when either cannot be read, or they do not belong together (or sign in other ways
        than ECDSA and RSA)."""
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate)
            key = serialization.load_pem_private_key(self.key, password=None)
        except (ValueError, TypeError):
            return None
        ours = isinstance(key, SigningKey) and key.public_key() == certificate.public_key()
        return certificate if ours else None


def expires(certificate: bytes) -> datetime | None:
    """When the first certificate of a PEM ends; None when it cannot be read."""
    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None


def make_authority(*, now: datetime, lifetime: timedelta) -> Pair:
    """A new authority, with a name of its own, so that two of them in one bundle are told apart."""
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"joinery-admission-{serial:x}"[:64])])
    builder = _builder(name, name, key.public_key(), serial, now, now + lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return _signed(builder.add_extension(identifier, critical=False), key, key)


def issue(authority: Pair, *, names: Sequence[str], now: datetime, lifetime: timedelta) -> Pair:
    """A certificate for a server that is called by ``names`` (host names and addresses), never outliving its
    authority. Raises ValueError or TypeError for an authority that cannot be used."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, SigningKey):
        raise TypeError("the key of the authority signs neither with ECDSA nor with RSA")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "joinery-admission")])
    end = min(now + lifetime, issuer.not_valid_after_utc)
    serial = x509.random_serial_number()
    builder = _builder(subject, issuer.subject, key.public_key(), serial, now, end)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = (
        builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _signed(builder, key, issuer_key)


def is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Whether ``authority`` signed it."""
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def covers(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    """Whether it is good for all of ``names``."""
    try:
        given = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return all(_general(name) in given for name in names)


def split(bundle: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM bundle that can be read, each as a PEM of its own, in order."""
    end = b"-----END CERTIFICATE-----"
    found = []
    for part in bundle.split(end)[:-1]:
        start = part.rfind(b"-----BEGIN CERTIFICATE-----")
        if start >= 0 and expires(pem := part[start:] + end + b"\n") is not None:
            found.append(pem)
    return tuple(found)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    serial: int,
    now: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=serial,
        not_valid_before=(now - SKEW).astimezone(UTC),
        not_valid_after=end.astimezone(UTC),
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, by: SigningKey) -> Pair:
    certificate = builder.sign(by, hashes.SHA256())
    form, encoding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    return Pair(
        certificate=certificate.public_bytes(encoding),
        key=key.private_bytes(encoding, form, serialization.NoEncryption()),
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
