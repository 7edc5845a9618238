"""The search of files for names, addresses and identifiers that their readers may not see.

Goes in: the files of a run, ``names.csv`` and other identifiers of the study. Comes out: for every term found
the file, the place in it and the rule. The gate publishes nothing while there are any.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glc_analysis import manifest
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.file_text import Piece, Unreadable, extract_text, identifier_variants, normalise
from glc_analysis.errors import Fault, Faults
from glc_analysis.pseudonyms.masking import ComparableText, comparable_text, find_name, folded_text
from glc_analysis.pseudonyms.suggestions import find_contacts
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.text import match_key, normalise_space

# ------------------------------
# Identifiers of a study that are searched for in addition to names.csv.


MIN_LENGTH = 4
"""The shortest text that is searched for: shorter ones are in every page by chance."""


def identifiers(study: Study, *, audience: str) -> dict[str, str]:
    """Texts that must not be in the files of an audience, each with the rule that it would break.

    For the team there are none. For other audiences these are the names and ids of organisations that did not
    agree to be named, speakers, documents, raw files and their checksums.
    """
    if audience == "team":
        return {}
    reference = read_reference(study)
    named = Consent.of(reference.consent).organisations("name", audience)
    hidden = reference.organisations[~reference.organisations["organisation_id"].isin(named)]
    arrivals = manifest.inspect(study).checksums
    kinds = {"organisation": _names_of(hidden),
             "speaker": [*reference.speakers["speaker_id"], *reference.speakers["name_in_file"]],
             "document": reference.documents["document_id"],
             "raw file": [path.rpartition("/")[2] for path in arrivals], "checksum": arrivals.values()}
    return {text: kind for kind, texts in kinds.items() for text in texts if len(text) >= MIN_LENGTH}


def without_own_names(organisation_id: str, reference: Reference,
           known: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """names.csv and the identifiers without an organisation's own names, for its own pages."""
    register, names = reference.organisations, reference.names
    called = _names_of(register[register["organisation_id"] == organisation_id])
    own = {match_key(text) for text in [organisation_id, *called]}
    is_kind = names["kind"] == "organisation"
    is_own = is_kind & names["name"].map(match_key).isin(own)
    same = set(names.loc[is_own, "pseudonym"]) - {""}
    return (names[~is_own & ~(is_kind & names["pseudonym"].isin(same))],
            {text: rule for text, rule in known.items() if match_key(text) not in own})


def _names_of(organisations: pd.DataFrame) -> list[str]:
    """The ids and labels of organisations, and labels without (country) or (invented)."""
    bare = organisations["label"].str.replace(r"\s*\([^()]*\)$", "", regex=True)
    return [*organisations["organisation_id"], *organisations["label"], *bare]


# ------------------------------
# The scan.
#
# It searches for the names of names.csv (each row says how it matches), e-mail addresses, phone numbers and
# the identifiers that the caller gives. The name of a place counts only if another of these is near it. A
# name that a row of names.csv allows for the audience is not a leak, nor is anything within it; such a row
# needs a reason. The team may read what organisations said about themselves: there only the persons of
# names.csv stop a run. A file that cannot be read counts as a leak. Paraphrases, nicknames and initials are
# not found: people must read.


PROXIMITY = 200
"""A place is a leak if another identifier is within so many characters of it."""
SHOWN_PLACES = 5
PERSON = "name: person"
FIX = ("mask it (names.csv) and run again. If two people agree that this audience may read it, allow it "
       "in names.csv (allowed_for and reason)")


@dataclass(frozen=True, order=True)
class Leak:
    """A term that was found: the file (relative), the place in it, the rule it breaks, and the term."""

    file: str
    place: str
    rule: str
    found: str


class Term(NamedTuple):
    """A text to look for: how it matches, which rule it breaks, its letters folded, its longest word."""

    text: str
    how: str
    rule: str
    is_allowed: bool
    folded: str
    word: str


class Match(NamedTuple):
    """A place in the folded letters of a file where a term or a contact address was found."""

    start: int
    end: int
    rule: str
    found: str
    is_allowed: bool = False


def find_leaks(files: Iterable[Path], root: Path, names: pd.DataFrame, *, audience: str,
               known: Mapping[str, str] | None = None) -> list[Leak]:
    """Everything in the files and their names below ``root`` that this audience may not read.

    ``names`` has columns name, kind, match, allowed_for; ``known`` further identifiers, each with
    its rule: labels, ids, speakers, raw files; they match as whole words, folded.

    >>> from tempfile import TemporaryDirectory
    >>> names = pd.DataFrame([["Ana López", "person", "folded", ""], ["CURB", "organisation", "exact", ""]],
    ...                      columns=["name", "kind", "match", "allowed_for"])
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder, "ana-lopez.html")
    ...     _ = page.write_text("<p>They curb trafficking,<br>says <b>An</b>a L&oacute;pez.")
    ...     for leak in find_leaks([page], Path(folder), names, audience="public"):
    ...         print(leak.file, leak.place, leak.rule, leak.found, sep="; ")
    ana-lopez.html; line 1; name: person; Ana López
    ana-lopez.html; name; name: person; Ana López
    """
    wanted = list(_terms(names, audience, known or {}))
    files = sorted(files)
    leaks = set(_leaks_in_names(files, root, wanted))
    for path in files:
        file, document = path.relative_to(root).as_posix(), _Document([])
        try:
            document.pieces.extend(extract_text(path.name, path.read_bytes()))
        except (Unreadable, OSError) as error:
            leaks.add(Leak(file, "file", "unreadable", str(error)))
        leaks |= set(_leaks_in(file, document, wanted))
    return sorted(leaks)


def _leaks_in_names(files: Iterable[Path], root: Path, wanted: Iterable[Term]) -> Iterator[Leak]:
    """Leaks in the names of files and folders, each of them once."""
    parts = {part for path in files for part in [path, *path.parents] if part.is_relative_to(root)}
    for part in parts - {root}:
        forms = dict.fromkeys([*identifier_variants(part.name), part.stem])
        found = _Document([("name", normalise(text)) for text in forms])
        yield from _leaks_in(part.relative_to(root).as_posix(), found, wanted)


def check_leaks(files: Iterable[Path], root: Path, names: pd.DataFrame, *, audience: str,
                 known: Mapping[str, str] | None = None) -> None:
    """Raises Faults for all that :func:`find_leaks` finds, one for each file, rule and term.

    For the team only the persons of names.csv count.
    """
    found: dict[tuple[str, str, str], list[str]] = {}
    for leak in find_leaks(files, root, names, audience=audience, known=known):
        if audience == "team" and leak.rule != PERSON:
            continue
        found.setdefault((leak.file, leak.rule, leak.found), []).append(leak.place)
    faults = []
    for (file, rule, text), at in found.items():
        more = f" and {len(at) - SHOWN_PLACES} more" if len(at) > SHOWN_PLACES else ""
        faults.append(Fault(f"is not for {audience} ({rule}) at {', '.join(at[:SHOWN_PLACES])}{more}",
                            file=file, value=text, fix="" if rule == "unreadable" else FIX))
    if faults:
        raise Faults(faults)


@dataclass
class _Document:
    """The texts of a file, and all of them joined with folded letters, in which terms are found fast."""

    pieces: list[Piece]

    @cached_property
    def texts(self) -> list[str]:
        return [text for _, text in self.pieces]

    @cached_property
    def folded(self) -> list[str]:
        return list(map(folded_text, self.texts))

    @cached_property
    def starts(self) -> list[int]:
        return _starts(self.folded)

    @cached_property
    def letters(self) -> str:
        return " ".join(self.folded)

    @cached_property
    def words(self) -> set[str]:
        return set(re.findall("[a-z0-9]+", self.letters))

    def piece(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def occurrences(self, wanted: Term) -> Iterator[tuple[int, int]]:
        """Where a term is in the folded letters; confirmed in the texts that could hold it."""
        if wanted.word and wanted.word not in self.words:
            return
        at, could = self.letters.find(wanted.folded), set()
        while at >= 0:
            could.add((self.piece(at), self.piece(at + len(wanted.folded) - 1)))
            at = self.letters.find(wanted.folded, at + 1)
        for first, last in could:
            text = "\n".join(self.texts[first:last + 1])
            reading, base = _reading(text, wanted.how == "folded"), self.starts[first]
            for start, end in find_name(wanted.text, wanted.how, text, reading):
                yield self.placed(text, base, start, end)

    def contacts(self) -> Iterator[Match]:
        text, starts = "\n".join(self.texts), _starts(self.texts)
        for kind, start, end in find_contacts(text):
            n = bisect_right(starts, start) - 1
            place = self.placed(self.texts[n], self.starts[n], start - starts[n], end - starts[n])
            yield Match(*place, kind, text[start:end])

    def placed(self, text: str, base: int, start: int, end: int) -> tuple[int, int]:
        at = _reading(text, True)[1]
        return base + bisect_left(at, start), base + bisect_left(at, end)


def _starts(texts: Iterable[str]) -> list[int]:
    return [0, *accumulate(len(text) + 1 for text in texts)]


@lru_cache(1 << 11)
def _reading(text: str, folds: bool) -> ComparableText:
    return comparable_text(text, folds=folds)


def _terms(names: pd.DataFrame, audience: str, known: Mapping[str, str]) -> Iterator[Term]:
    rows = [(row.name, row.match, f"name: {row.kind}", audience in re.split(r"[\s,]+", row.allowed_for))
            for row in names[["name", "match", "kind", "allowed_for"]].itertuples(index=False)]
    for text, *rest in [*rows, *((text, "folded", rule, False) for text, rule in known.items())]:
        if folded := folded_text(normalise_space(text)).strip():
            words = re.findall("[a-z0-9]+", folded)
            yield Term(normalise_space(text), *rest, folded, max(words, key=len, default=""))


def _leaks_in(file: str, document: _Document, wanted: Iterable[Term]) -> Iterator[Leak]:
    matches = [Match(*place, one.rule, one.text, one.is_allowed)
            for one in wanted for place in document.occurrences(one)]
    matches += document.contacts()
    allowed = [match for match in matches if match.is_allowed]
    for match in matches:
        is_within = any(one.start <= match.start and match.end <= one.end for one in allowed)
        if not is_within and (match.rule != "name: place" or any(_is_close(match, one) for one in matches)):
            yield Leak(file, document.pieces[document.piece(match.start)][0], match.rule, match.found)


def _is_close(place: Match, other: Match) -> bool:
    gap = max(other.start - place.end, place.start - other.end)
    return other.found != place.found and 0 <= gap <= PROXIMITY
