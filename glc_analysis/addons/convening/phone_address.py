"""Handles the address at which phones find the voting page, and the TLS certificate made for that address."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glc_analysis.errors import GLCError, UsageError
from glc_analysis.writing import write_atomic

LOOPBACK = "127.0.0.1"


PORT = 8443
"""The port at which the voting page is served."""


CERTIFICATE_FILE, KEY_FILE = "certificate.pem", "key.pem"


DAYS = 7
"""The number of days for which a certificate is valid; slips may be printed some days before the vote."""


def parse_private_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Parses an address at which the voting page may be served: the address of this computer alone, or an
    address in a private network.

    >>> parse_private_address("192.168.4.1").is_loopback, parse_private_address("127.0.0.1").is_loopback
    (False, True)
    >>> parse_private_address("0.0.0.0")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: '0.0.0.0' is not the address of a private network. To fix: name the
    address that this computer has on the team's own access point, such as 192.168.4.1.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        found = None
    if found is None or found.is_unspecified or found.is_multicast or not found.is_private:
        raise UsageError(f"{address!r} is not the address of a private network. To fix: name the address "
                         "that this computer has on the team's own access point, such as 192.168.4.1.")
    return found


def format_ballot_url(address: str) -> str:
    """Returns the web address (URL) at which phones open the voting page.

    >>> format_ballot_url("192.168.4.1"), format_ballot_url("::1")
    ('https://192.168.4.1:8443/', 'http://[::1]:8443/')
    """
    found = ipaddress.ip_address(address)
    host = f"[{found}]" if found.version == 6 else str(found)
    return f"http{'' if found.is_loopback else 's'}://{host}:{PORT}/"


def make_new_tls_certificate(folder: Path, address: str) -> str:
    """Makes a certificate with a new key for an address; returns its fingerprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the clock of a phone may be late
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256()))
    write_atomic(folder / KEY_FILE, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    write_atomic(folder / CERTIFICATE_FILE, certificate.public_bytes(serialization.Encoding.PEM))
    return read_certificate_fingerprint(folder)


def read_certificate_fingerprint(folder: Path) -> str:
    """Returns the SHA-256 fingerprint of the certificate in a folder, in pairs of digits as browsers show
    it."""
    der = ssl.PEM_cert_to_DER_cert((folder / CERTIFICATE_FILE).read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(" ").upper()


def load_tls_context(folder: Path) -> ssl.SSLContext:
    """Returns the TLS context with the certificate in a folder. Raises GLCError if there is no certificate,
    or if the certificate has expired."""
    from cryptography import x509

    path = folder / CERTIFICATE_FILE
    if not path.is_file():
        raise GLCError("There is no certificate for this address. To fix: make new slips with `glc ballot "
                       "--codes`.")
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise GLCError(f"The certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}. To fix: make "
                       "new slips; or correct the clock of this computer.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path, folder / KEY_FILE)
    return context
