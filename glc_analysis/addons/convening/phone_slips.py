"""Makes the slips for voting on phones: a stack to print, and the register that records who draws which slip.

Two files are written to a folder outside the study. ``slips.html`` has the slips, each with a code, and a
sheet on which to record who draws which slip. ``register.csv`` has the same sheet as a table to fill in. The
ballot box in the study holds only digests of the codes. Slips show no names or rater codes, because people
draw the slips from a shuffled stack.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from glc_analysis.addons.convening.ballots import select_eligible_raters_with_voter
from glc_analysis.addons.convening.phone_address import (
    LOOPBACK,
    format_ballot_url,
    make_new_tls_certificate,
    parse_private_address,
)
from glc_analysis.addons.convening.phone_ballots import (
    PHONE_BALLOT_LOCK,
    REGISTER,
    VOID,
    BallotBox,
    RoundTexts,
    Slip,
    ballot_box_folder,
    hash_slip_code,
)
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import load_template, read_csv_texts_by_language, read_fixed_texts
from glc_analysis.text import language_direction
from glc_analysis.writing import write_atomic

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no letter that looks like another


CODE_LENGTH = 16
"""The number of letters in a code. Each letter has 5 bits, so a code has 80 bits and cannot be guessed, even
by somebody who has the file of the ballot box."""


def draw_slip_code() -> str:
    """Returns a new random code in the form printed on a slip.

    >>> len(draw_slip_code()), draw_slip_code() == draw_slip_code()
    (19, False)
    """
    letters = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[n:n + 4] for n in range(0, CODE_LENGTH, 4))


@dataclass(frozen=True)
class SlipsMade:
    """The result of :func:`make_phone_slips_and_ballot_box`.

    - ``slips``, ``register``: the files that were written.
    - ``count``: the number of slips.
    - ``url``: the address of the page.
    - ``fingerprint``: the fingerprint of the page's TLS certificate; blank if only this computer can open the
      page.
    - ``unchecked``: the languages of the page whose fixed texts no native reader has checked.
    """

    slips: Path
    register: Path
    count: int
    url: str
    fingerprint: str
    unchecked: tuple[str, ...]


def describe_voiding_of_existing_slips(study: Study, round_id: str) -> str:
    """Returns a note that new slips would make the existing slips of an open round void. The note is blank if
    there are no slips. The note is also blank if voting has begun, because no new slips can then be made."""
    box = BallotBox.read(study, round_id)
    if box is None or box.is_collected or not box.is_empty:
        return ""
    return (f"Round {round_id} has {len(box.slips)} slips already, for {format_ballot_url(box.address)}. New "
            "slips make the existing slips and their register void, even if slips are printed or drawn.")


def make_phone_slips_and_ballot_box(study: Study, round_id: str, slips_folder: Path, *,
                                    address: str = LOOPBACK, wifi_name: str = "") -> SlipsMade:
    """Makes the slips of an open round and an empty ballot box. There are a quarter more slips than raters,
    and at least four more. ``wifi_name`` is the name under which phones list the team's access point.

    Raises UsageError for an unknown round, for a folder that is missing or within the study, and for an
    address outside private networks. Raises GLCError if the round is closed, if the round's ballot box has
    answers, or if the ballots have been collected. Raises Faults if texts of the round were changed.
    """
    server_address = parse_private_address(address)
    if not slips_folder.is_dir():
        raise UsageError(f"{slips_folder} is not there. To fix: make the folder, or insert the memory stick.")
    if slips_folder.resolve().is_relative_to(study.root.resolve()):
        raise UsageError(f"{slips_folder} is within the study. To fix: name a folder on a memory stick, "
                         "because the codes must not stay on the computer that takes the votes.")
    reference = read_reference(study)
    texts = RoundTexts.from_reference(reference, round_id)
    with hold_folder_lock(ballot_box_folder(study, round_id), what=PHONE_BALLOT_LOCK):
        box = BallotBox.read(study, round_id)
        if box and (box.is_collected or not box.is_empty):
            state = "are collected" if box.is_collected else "have begun to arrive"
            raise GLCError(f"The ballots given on phones in round {round_id} {state}, and new slips would "
                           "make the old slips void. To fix: let whoever lost a slip draw another one, "
                           "or vote on paper.")
        people = len(select_eligible_raters_with_voter(reference.raters, study.settings["consensus"]["vote"]))
        codes = dict(zip(_numbers(people + max(4, people // 4)), iter(draw_slip_code, ""), strict=False))
        fingerprint = ("" if server_address.is_loopback
                       else make_new_tls_certificate(ballot_box_folder(study, round_id), address))
        box = BallotBox(ballot_box_folder(study, round_id) / "box.json", address,
                        {number: Slip(hash_slip_code(code)) for number, code in codes.items()})
        url = format_ballot_url(address)
        page = load_template(__file__, "phone_slips.html").render(
            round_id=round_id, url=url, fingerprint=fingerprint, said=_said(texts, wifi_name),
            slips=[(number, code, _qr_code(f"{url}#{code}")) for number, code in codes.items()],
            numbers=sorted(codes), void=VOID)
        write_atomic(slips_folder / "slips.html", page)
        write_atomic(slips_folder / "register.csv", "".join(
            f"{line}\n" for line in (",".join(REGISTER), *(f"{round_id},{one}," for one in sorted(codes)))))
        box.write()
    unchecked = tuple(one for one in texts.by_language
                      if read_phone_page_phrases(one)["native_reader"] != "yes")
    return SlipsMade(slips_folder / "slips.html", slips_folder / "register.csv", len(codes), url, fingerprint,
                     unchecked)


def read_phone_page_phrases(language: str) -> dict[str, str]:
    """Returns the fixed texts of the voting page, keyed by name, in ``language`` or, if there is no
    translation, in English.

    >>> read_phone_page_phrases("es")["begin"], read_phone_page_phrases("am")["begin"]
    ('Empezar', 'Begin')
    """
    return read_fixed_texts(language, __file__, "phone_page.csv")


def list_phone_page_languages() -> list[str]:
    """Returns the languages into which the fixed texts of the voting page are translated.

    >>> list_phone_page_languages()
    ['en', 'es', 'ar', 'km', 'fr']
    """
    return [*read_csv_texts_by_language(__file__, "phone_page.csv")]


def _said(texts: RoundTexts, network: str) -> list[tuple[str, str, list[str]]]:
    """Returns the text that is printed on every slip, once for each language of the round: the language, its
    writing direction and the lines."""
    known = [one for one in texts.by_language if one in list_phone_page_languages()] or ["en"]
    return [(one, language_direction(one), [
        *([say["network"].format(network)] if network else []), say["scan"], say["warning"]])
        for one in known for say in [read_phone_page_phrases(one)]]


def _numbers(count: int) -> list[str]:
    """Returns random distinct numbers of four digits for slips. Random numbers do not show the order of the
    slips. Slips of different stacks can be distinguished by their numbers."""
    return [*map(str, secrets.SystemRandom().sample(range(1000, 10_000), count))]


def _qr_code(text: str) -> str:
    """Returns a QR code of a text as SVG."""
    import segno

    return segno.make(text, micro=False, error="m").svg_inline(scale=2, border=4)
