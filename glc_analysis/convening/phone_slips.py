"""The slips for voting on phones: a stack to print, the register, and the certificate of the day.

In: an open round, and the address of the computer on the team's access point. Out: in a folder outside the
study ``slips.html``, with a code on each slip and the sheet on which is written who draws which, and
``register.csv``, the same sheet to be typed; in the study the box, which has only digests of the codes.
Nobody's name or rater code is on a slip: people draw them from a shuffled stack.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from glc_analysis.convening.ballots import voters
from glc_analysis.convening.phone_ballots import (
    LOOPBACK,
    REGISTER,
    VOID,
    WORK,
    Box,
    RoundTexts,
    Slip,
    code_digest,
    folder_of,
    new_code,
)
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.files import write_atomic
from glc_analysis.locks import locked
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import languages, phrases, template
from glc_analysis.text import language_direction

PORT = 8443
"""At which the page is found, here and on the access point."""
CERTIFICATE, KEY = "certificate.pem", "key.pem"
DAYS = 7
"""For which a certificate holds: slips may be printed some days before."""


@dataclass(frozen=True)
class SlipsMade:
    """What :func:`make_slips` wrote: the files, how many slips, the address of the page, the fingerprint of
    its certificate (blank on this computer alone), and the languages of the page that no native reader has
    checked."""

    slips: Path
    register: Path
    count: int
    url: str
    fingerprint: str
    unchecked: tuple[str, ...]


def make_slips(study: Study, round_id: str, folder: Path, *, address: str = LOOPBACK) -> SlipsMade:
    """Makes the slips of an open round, a quarter more than people who may rate, and an empty box.

    Raises UsageError for an unknown round, a folder within the study, or an address that is not of a private
    network; GLCError where the round is closed or the box holds answers; Faults where texts were changed.
    """
    here = own_address(address)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there. To fix: make the folder, or put the memory stick in.")
    if folder.resolve().is_relative_to(study.root.resolve()):
        raise UsageError(f"{folder} is within the study. To fix: name one on a memory stick, "
                         "since the codes must not stay on the computer that takes the votes.")
    reference = read_reference(study)
    texts = RoundTexts.of(reference, round_id)
    with locked(folder_of(study, round_id), what=WORK):
        box = Box.read(study, round_id)
        if box and (box.is_collected or not box.is_empty):
            state = "are collected" if box.is_collected else "have begun"
            raise GLCError(f"The ballots given on phones in round {round_id} {state}: new slips would make "
                           "the old ones worthless. To fix: whoever lost a slip draws another, or votes on "
                           "paper.")
        people = len(voters(reference.raters, study.settings["consensus"]["vote"]))
        codes = dict(zip(_numbers(people + max(4, people // 4)), iter(new_code, ""), strict=False))
        fingerprint = "" if here.is_loopback else make_certificate(folder_of(study, round_id), address)
        box = Box(folder_of(study, round_id) / "box.json", address,
                  {number: Slip(code_digest(code)) for number, code in codes.items()})
        url = url_of(address)
        page = template(__file__, "phone_slips.html").render(
            round_id=round_id, url=url, fingerprint=fingerprint, warnings=_warnings(texts),
            slips=[(number, code, _qr_code(f"{url}#{code}")) for number, code in codes.items()],
            numbers=sorted(codes), void=VOID)
        write_atomic(folder / "slips.html", page)
        write_atomic(folder / "register.csv", "".join(
            f"{line}\n" for line in (",".join(REGISTER), *(f"{round_id},{one}," for one in sorted(codes)))))
        box.write()
    unchecked = tuple(one for one in texts.by_language if page_phrases(one)["native_reader"] != "yes")
    return SlipsMade(folder / "slips.html", folder / "register.csv", len(codes), url, fingerprint, unchecked)


def page_phrases(language: str) -> dict[str, str]:
    """The fixed texts of the page by key, in a language or, where nobody has translated them, in English.

    >>> page_phrases("es")["begin"], page_phrases("am")["begin"]
    ('Empezar', 'Begin')
    """
    return phrases(language, __file__, "phone_page.csv")


def page_languages() -> list[str]:
    """The languages in which the page has fixed texts.

    >>> page_languages()
    ['en', 'es', 'ar', 'km', 'fr']
    """
    return [*languages(__file__, "phone_page.csv")]


def _warnings(texts: RoundTexts) -> list[tuple[str, str, str]]:
    """What every slip says in each language of the round: the language, its direction and the words."""
    return [(one, language_direction(one), page_phrases(one)["warning"])
            for one in texts.by_language if one in page_languages()] or [
                ("en", "ltr", page_phrases("en")["warning"])]


def _numbers(count: int) -> list[str]:
    """Different numbers of four digits: those of one stack are not those of another, nor in any order."""
    return [*map(str, secrets.SystemRandom().sample(range(1000, 10_000), count))]


def _qr_code(text: str) -> str:
    """A QR code as SVG."""
    import segno

    return segno.make(text, micro=False, error="m").svg_inline(scale=2, border=4)


# ------------------------------
# The address and the certificate.


def own_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address at which the page may be served: of this computer alone, or of a private network.

    >>> own_address("192.168.4.1").is_loopback, own_address("127.0.0.1").is_loopback
    (False, True)
    >>> own_address("0.0.0.0")
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


def url_of(address: str) -> str:
    """Where phones find the page.

    >>> url_of("192.168.4.1"), url_of("::1")
    ('https://192.168.4.1:8443/', 'http://[::1]:8443/')
    """
    found = ipaddress.ip_address(address)
    host = f"[{found}]" if found.version == 6 else str(found)
    return f"http{'' if found.is_loopback else 's'}://{host}:{PORT}/"


def make_certificate(folder: Path, address: str) -> str:
    """Makes a certificate for an address, with a key of its own; returns its fingerprint."""
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
    write_atomic(folder / KEY, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    write_atomic(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    return fingerprint_of(folder)


def fingerprint_of(folder: Path) -> str:
    """The SHA-256 fingerprint of the certificate in a folder, in pairs as browsers show it."""
    der = ssl.PEM_cert_to_DER_cert((folder / CERTIFICATE).read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(" ").upper()


def server_side(folder: Path) -> ssl.SSLContext:
    """TLS with the certificate in a folder. Raises GLCError where there is none, or it has ended."""
    from cryptography import x509

    path = folder / CERTIFICATE
    if not path.is_file():
        raise GLCError("There is no certificate for this address. To fix: make new slips.")
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise GLCError(f"The certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}. To fix: make "
                       "new slips; or set the clock of this computer.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path, folder / KEY)
    return context
