"""Determines which names, ids and words of a study an audience may not read, in addition to the names in
``names.csv``.

The identifiers come from the tables of the study: organisations that did not agree to be named, speakers,
documents, raw files, and words that reveal a country. Add-ons name further tables in :class:`Terms`. On the
pages of an organisation, the organisation's own names and the terms that it said itself are not searched for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from glc_analysis import manifest, tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.cleaning.organisation_changes import list_former_names
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.gate.file_text import Piece
from glc_analysis.gate.identifying_forms import find_identifying_numbers_and_addresses
from glc_analysis.gate.leak_scan import leaks_in_pieces
from glc_analysis.gate.name_variants import (
    WORD,
    hidden_countries,
    list_phrases_resembling_hidden_countries,
    list_words_revealing_hidden_countries,
    own_countries,
    study_languages,
)
from glc_analysis.gate.search_terms import ALLOWED, OWN_NAME, make_search
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.pseudonyms.masking import fold_text
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing

MIN_LENGTH = 4
"""Only texts with at least this number of letters are searched for, because shorter texts occur in pages by
chance. Codes of people are searched for even if they are shorter."""
_PRINTED_IDS = (("questions", "question_id"), ("options", "option_id"), ("codebook", "code_id"))
"""The ids that pages may print, each as a table and a column; add-ons name further ids in :class:`Terms`."""


@dataclass(frozen=True)
class Terms:
    """What the gate must know about the tables of an add-on."""

    registers: tuple[str, ...]
    """The reference tables that register people, organisations or files; their cells do not count as texts
    written for readers."""
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The columns with codes of people, each as a table and a column. The key of a column is the rule that a
    page would break if the page printed a code of this column."""
    printed_ids: tuple[tuple[str, str], ...] = ()
    """The columns with ids that pages may print."""
    languages: tuple[tuple[str, str], ...] = ()
    """The columns that name languages in which pages print texts."""
    contacts: tuple[tuple[str, str], ...] = ()
    """The settings, each as a pair of section and name, with addresses and telephone numbers that pages for
    the convening print."""
    written: Callable[[Study], Iterator[Piece]] = lambda study: iter(())
    """A function that yields further texts that people wrote for readers and that are not in reference
    tables, each with its place."""
    public_contacts: tuple[tuple[str, str], ...] = ()
    """The settings with addresses and telephone numbers that everybody may read."""


def identifiers(study: Study, *, audience: str,
                reference: Reference | None = None) -> dict[str, str]:
    """Returns the texts that must not be in the files of an audience, each with the rule that it would break.

    ``reference`` has the reference tables, if the caller has read them already. For the team, no text is
    forbidden and the result is empty. For other audiences, the result has:

    - the names and ids of organisations that did not agree to be named;
    - the names and ids of speakers, and codes of people;
    - the ids of documents, and the names and checksums of raw files;
    - the words that reveal a country which the audience may not know.

    Two kinds of text have the rule :data:`.ALLOWED` instead: the addresses and telephone numbers that
    study.toml gives as contacts for the audience, and phrases that contain a word of a hidden country but are
    not about this country. A text with this rule is not a leak, and no term inside it is a leak.
    """
    if has_capability(audience, "internal"):
        return {}
    reference = reference or read_reference(study)
    arrivals = manifest.digest_raw_files_or_refuse_changes(study).checksums
    kinds = {"document": reference.documents["document_id"],
             "raw file": [path.rpartition("/")[2] for path in arrivals], "checksum": arrivals.values()}
    found = list_participant_identifiers(reference, audience) | _long_enough(kinds)
    hidden = hidden_countries(study, reference, audience)
    if hidden:
        phrases = list_phrases_resembling_hidden_countries(hidden, study_languages(study, reference))
        found |= dict.fromkeys(phrases, ALLOWED)
    for own in load_declared_objects("terms"):
        for section, name in own.public_contacts + own.contacts * has_capability(audience, "contact"):
            contact = study.settings[section][name]
            words = WORD.findall(fold_text(contact))
            forms = [*find_emails_and_phone_numbers(contact), *find_identifying_numbers_and_addresses(contact,
                                                                                                      words)]
            found |= {contact[start:end]: ALLOWED for _, start, end in forms}
    return found | list_words_revealing_hidden_countries(study, reference, audience)


def list_participant_identifiers(reference: Reference, audience: str) -> dict[str, str]:
    """Returns those :func:`identifiers` that belong to an organisation or person: the names and ids of
    organisations that may not be named, the names and ids of speakers, and the codes of people in the tables
    of add-ons, such as r87. A code is left out if it has no digit or no letter, or if it is also an id that
    pages print."""
    named = Consent.from_table(reference.consent).find_organisations("name", audience)
    hidden = reference.organisations[~reference.organisations["organisation_id"].isin(named)]
    kinds = {"organisation": [*list_organisation_ids_and_labels(hidden),
                              *list_former_names(reference.organisation_changes, hidden["organisation_id"])],
             "speaker": [*reference.speakers["speaker_id"], *reference.speakers["name_in_file"]]}
    terms = load_declared_objects("terms")
    ids = [*_PRINTED_IDS, *(place for own in terms for place in own.printed_ids)]
    printed = {fold_case_and_spacing(one) for table, column in ids
               for one in getattr(reference, table)[column]}
    people = {one: rule for own in terms for rule, (table, column) in own.people.items()
              for one in getattr(reference, table)[column] if fold_case_and_spacing(one) not in printed
              and re.search(r"\d", one) and re.search(r"[^\W\d]", one)}
    return people | _long_enough(kinds)


def _long_enough(kinds: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Returns the texts with at least :data:`MIN_LENGTH` letters, each with its kind (its key in ``kinds``).
    Shorter texts are left out, because they occur in pages by chance."""
    return {text: kind for kind, texts in kinds.items() for text in texts if len(text) >= MIN_LENGTH}


_SAID = ("organisation", "country", "people of", "city of", "region of", "code of", "language of")
_SAID_FORMS = ("address", "e-mail", "phone", "handle", "profile link", "web address")
"""``_SAID`` and ``_SAID_FORMS`` name the rules that an organisation's own words cannot break on its own
pages. Rules about words that identify a person are not included, because such words must not be on any
page."""


def map_organisations_to_identifiers_said(study: Study,
                                          identifier_rules: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Returns, for each organisation, those identifiers and addresses in ``identifier_rules`` that occur
    in its own interviews and answers, each with its rule. The result is empty if the study is not built."""
    if not all((study.processed / f"{name}.parquet").is_file() for name in ("segments", "responses")):
        return {}
    said, answered = (tables.read_table(name, study=study) for name in ("segments", "responses"))
    pieces = [(organisation, text) for frame, column in ((said, "text"), (answered, "value"))
              for organisation, text in zip(frame["organisation_id"], frame[column], strict=True)
              if organisation and text]
    found: dict[str, dict[str, str]] = {}
    for leak in leaks_in_pieces(pieces,
                                make_search(read_reference(study).names.head(0), "", identifier_rules)):
        if leak.rule.startswith((*_SAID, *_SAID_FORMS)):
            found.setdefault(leak.place, {})[leak.found] = leak.rule
    return found


def without_own_names(organisation_id: str, study: Study, reference: Reference,
                      identifier_rules: Mapping[str, str],
                      said_identifiers: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Returns the rows of names.csv and the identifiers that must be searched for on an organisation's own
    pages. The organisation's own names and countries, and the terms that it said itself
    (``said_identifiers``; :func:`map_organisations_to_identifiers_said`), are no leaks there. Such a term is
    left out, or its rule is replaced by :data:`.OWN_NAME` or :data:`.ALLOWED`."""
    register, names = reference.organisations, reference.names
    called = [*list_organisation_ids_and_labels(register[register["organisation_id"] == organisation_id]),
              *list_former_names(reference.organisation_changes, [organisation_id])]
    own = {fold_case_and_spacing(text) for text in [organisation_id, *called]}
    is_kind = names["kind"] == "organisation"
    is_own = is_kind & names["name"].map(fold_case_and_spacing).isin(own)
    same = set(names.loc[is_own, "pseudonym"]) - {""}
    own |= {fold_case_and_spacing(term) for term, rule in said_identifiers.items() if rule.startswith(_SAID)}
    places = tuple(f": {country}" for country in own_countries(study, organisation_id) if country)
    kept = {text: ALLOWED if rule.endswith(places) else rule  # "Korea" in an own "North Korea" is not a leak
            for text, rule in identifier_rules.items() if fold_case_and_spacing(text) not in own}
    return (names[~is_own & ~(is_kind & names["pseudonym"].isin(same))],
            kept | dict.fromkeys(called, OWN_NAME)
            | {term: ALLOWED for term, rule in said_identifiers.items() if rule.startswith(_SAID_FORMS)})


def list_organisation_ids_and_labels(organisations: pd.DataFrame) -> list[str]:
    """Returns the ids and labels of organisations, and the labels without additions such as (country) or
    (invented)."""
    bare = organisations["label"].str.replace(r"\s*\([^()]*\)$", "", regex=True)
    return [*organisations["organisation_id"], *organisations["label"], *bare]
