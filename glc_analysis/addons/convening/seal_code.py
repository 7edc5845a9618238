"""Computes the seal code: eight letters, for people to write down, that change if any closed round is changed
afterwards.

A *close* is one closing of a round; a round that was reopened has several closes. Each close adds a link to a
chain, unless its ballots are the same as in the round's previous close. The link is a keyed digest of the
previous link and of the sealed content. Somebody who has a seal code on paper can check whether all closes up
to this code are unchanged. The code changes if an older copy of the study is restored, a round is removed, or
a recount is deleted. The key of the digest is private, so that nobody can find out a vote by trying which
votes give the code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from glc_analysis.command_line import say
from glc_analysis.errors import Fault, Faults, UsageError
from glc_analysis.study import Study

if TYPE_CHECKING:
    import pandas as pd

CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""The letters of which a code is made. Vowels are left out, so that no code is a word. Letters that resemble
digits are left out too."""
_LENGTH = 8


def list_closes_with_seal_codes(study: Study) -> list[tuple[str, str]]:
    """Returns one pair for each close of a round, in order: the name of the close, such as "round 2, close
    1", and the seal code after the close. A close with the same ballots as the round's previous close is left
    out."""
    from glc_analysis.addons.convening.seals import (
        SEAL,
        list_seal_folders_of_distinct_ballots,
        read_sealed_content,
    )

    folders = list_seal_folders_of_distinct_ballots(study)
    known = {folder: json.loads((folder / SEAL).read_text(encoding="utf-8")) for folder in folders}
    order = sorted(folders, key=lambda folder: (
        known[folder].get("place", 0), known[folder]["closed_on"], folder.parent.name, int(folder.name)))
    codes, link = [], ""
    for folder in order:
        link = study.digests.hash_value([link, folder.parent.name, folder.name, read_sealed_content(folder)])
        codes.append((f"round {folder.parent.name}, close {folder.name}", _letters(link)))
    return codes


def find_latest_seal_code(study: Study, round_id: str = "") -> str:
    """Returns the seal code after the last close or, if ``round_id`` is given, after the last close of that
    round; blank if no close is sealed."""
    start = f"round {round_id}," if round_id else ""
    codes = [code for name, code in list_closes_with_seal_codes(study) if name.startswith(start)]
    return codes[-1] if codes else ""


def _letters(link: str) -> str:
    """Returns a digest as eight letters in two groups.

    >>> _letters("0f" * 32)
    'TQWN-FNDB'
    """
    number, letters = int(link, 16), ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(CODE_LETTERS))
        letters += CODE_LETTERS[place]
    return f"{letters[:4]}-{letters[4:]}"


def seal_code_and_changed_page_faults(study: Study, code: str) -> Iterator[Fault]:
    """Yields faults if no close of the study gives the seal code ``code``. Also yields faults for pages to
    project that match neither the page that was first shown nor the page that the study makes now. If a seal
    is in the folder of another round or the key of the digests is wrong, yields only the faults about this.
    Raises UsageError for an invalid code."""
    from glc_analysis.addons.convening.seals import (
        list_rounds_with_erased_ballots,
        missing_or_wrong_digest_key_faults,
        seal_of_other_round_faults,
    )

    letters = re.sub(r"[\s-]", "", code).upper()
    if len(letters) != _LENGTH or {*letters} - {*CODE_LETTERS}:
        raise UsageError(f"{code!r} is not a seal code. To fix: type eight of the letters {CODE_LETTERS}.")
    if faults := [*seal_of_other_round_faults(study), *missing_or_wrong_digest_key_faults(study)]:
        yield from faults
        return
    codes = list_closes_with_seal_codes(study)
    if f"{letters[:4]}-{letters[4:]}" not in [known for _, known in codes]:
        after = "; ".join(f"{known} after {name}" for name, known in codes) or "no round is sealed"
        erased = ", ".join(sorted(list_rounds_with_erased_ballots(study)))
        why = f" Ballots of round {erased} were erased by a withdrawal, so earlier codes no longer fit." \
            if erased else ""
        yield Fault(f"the closed rounds of this study do not give this seal code (they give: {after}). The "
                    "record of a round's closing is missing, was changed, or belongs to another copy of the "
                    f"study.{why}", "private/rounds",
                    value=code, fix="first compare codes on several papers; then restore private/rounds and "
                    "private/digests.key from the backup that gives this code")
    yield from _changed_pages(study)


def _changed_pages(study: Study) -> Iterator[Fault]:
    """Yields faults for pages to project that match neither the page that was first shown nor the page that
    the study makes now."""
    from glc_analysis.addons.convening.seals import DISCLOSED_FILES, list_rounds_with_erased_ballots
    from glc_analysis.addons.convening.slides import render_slides_pages, slides_path

    for home in sorted(study.locate_private_folder("rounds").glob("*")):
        first = slides_path(study, home.name)
        pages = sorted(first.parent.glob("index*.html"))
        if home.name in list_rounds_with_erased_ballots(study) or not pages:
            continue
        shown = [path.read_bytes() for path in home.glob(f"*/{DISCLOSED_FILES['slides']}")]
        if pages == [first] and first.read_bytes() in shown:
            continue
        made = render_slides_pages(study, home.name)[1]
        for page in pages:
            if page.read_bytes() not in shown and page.read_text(encoding="utf-8") != made.get(page):
                yield Fault(f"the page to project of round {home.name} differs from the page that the "
                            "study makes now",
                            study.make_relative(page),
                            fix=f"make the page again with `glc tally --round {home.name}`. Somebody "
                            "edited the page, or comments, decisions or texts have changed since")


@click.option("--seal", "code", default="", metavar="CODE", help="Also check whether the rounds that were "
              "closed before the seal code CODE was made have changed. CODE is on a paper or slide.")
@contextmanager
def check_seal_code_before_other_checks(study: Study, responses: list[pd.DataFrame], *,
                                        code: str) -> Generator[Any]:
    """With option --seal, compares the closed rounds with the seal code first; then the command makes its
    other checks."""
    if code:
        if faults := [*seal_code_and_changed_page_faults(study, code)]:
            raise Faults(faults)
        say(f"All closes up to the seal code {code} are unchanged.")
    yield False
