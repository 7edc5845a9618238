"""Decides which quotations may be printed for which audience, and names the rules that leave out the other
quotations.

A row of ``quotes.csv`` proposes one passage as a quotation for one audience: convening or public. The team
sees every passage. Analysts propose the passage, and the speaker's organisation clears it for printing. A
second person also reads each passage that is proposed for the public. In the text of a row of quotes.csv,
[brackets] and … stand for words that are left out or replaced by more general words. All other words of the
text must be in the segment from which the text is quoted; spaces, case and the kind of quotation marks do not
matter.

Quotations for the public are printed in translation. The original words are printed only if the row of
quotes.csv names the segment that has these words. If the row names another segment, such as a translation,
the organisation has not seen and cleared exactly the original words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pandas as pd

from glc_analysis.coding.codebook import find_ancestors, find_case_detail_codes
from glc_analysis.coding.consensus import CONSENSUS, map_to_original_or_self, repeat_codings_for_each_segment
from glc_analysis.coding.exports import map_segments_to_whose_wording
from glc_analysis.disclosure.consent import THE_ORGANISATION, Consent
from glc_analysis.disclosure.rules import check_audience, has_capability
from glc_analysis.errors import Fault, suggest_name
from glc_analysis.schema import AUDIENCES, is_iso_date
from glc_analysis.text import fold_case_and_spacing

READING_AUDIENCES = AUDIENCES[1:]
_STATUSES = ("proposed", "cleared", "changed", "talk", "removed")
"""The statuses of a row of quotes.csv. ``changed``: the organisation wants to be quoted with words that are
not in the segment. ``talk``: the organisation wants to talk about the passage first."""
_ANONYMOUS_SOURCE = "a provider"

QUOTATION_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "no_passage": ("the study has no such passage", lambda q: q.document_id == ""),
    "removed": ("its organisation withdrew it", lambda q: q.status == "removed"),
    "changed": ("the words are not in the passage as it is today", lambda q: q.place is None),
    "nobody_to_ask": ("the words are not those of a participant's organisation", lambda q: q.owner == ""),
    "case_detail": ("an account of a survivor's case is for the team only", lambda q: q.is_case),
    "consent_refused": ("the organisation or the speaker refused to be quoted",
                        lambda q: q.consent == "refused"),
    "no_consent": ("consent of the organisation or the speaker is not recorded",
                   lambda q: q.consent == "absent"),
    "not_cleared": ("the speaker's organisation has not cleared it",
                    lambda q: q.status != "cleared" or not _is_cleared(q)),
    "no_second_reader": ("nobody but the person who cleared it has read it for the public",
                         lambda q: q.audience == "public" and fold_case_and_spacing(q.second_reader) in
                         ("", *map(fold_case_and_spacing,
                                   (q.cleared_by_organisation, q.owner, q.speaker_id)))),
}
"""Every rule that leaves out a row of quotes.csv, with the reason and the test of the rule."""
TEAM_QUOTATION_RULES = ("no_passage", "removed", "changed")
"""The rules by which rows of quotes.csv are left out even for the team."""

_SILENT = ("interviewer", "observer")
_LEFT_OUT = re.compile(r"\[[^\]]*\]|…|\.\.\.")
_MARKS = str.maketrans("‘’‚“”„«»", "'''\"\"\"\"\"")
_PSEUDONYM = re.compile(r"(?<![A-Za-z])(Person|Organisation|Place|Other) \d+")
_REPLACEMENTS = {"Person": "[a person]", "Organisation": "[an organisation]", "Place": "[a place]",
             "Other": "[…]"}


def select_printable_quotes(quotes: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame,
                            documents: pd.DataFrame, consent: pd.DataFrame, codebook: pd.DataFrame, *,
                            audience: str, labels: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Returns the quotations that may be printed for an audience, with one row per quotation.

    The columns of the result are:

    - quote_id, text, language;
    - wording: whose words the text has, such as a translator's; blank for the speaker's own words;
    - source: the words "a provider". For the convening, source is the organisation's label if the
      organisation agreed to be named. For the team, source is always the label. ``labels`` maps
      organisation_id to label;
    - code_ids and theme_ids, joined by ``;``.

    For all audiences except the team, pseudonyms are replaced by general words such as "[a person]", and the
    rows are sorted by their text, so that readers cannot see which quotations come from the same source. The
    team gets all rows that break none of :data:`TEAM_QUOTATION_RULES`, with pseudonyms, sorted by quote_id,
    and with the additional columns segment_id, organisation_id, speaker_id, audience and status. ``consent``
    and ``codebook`` are the reference tables with these names. Raises UsageError for an unknown audience.
    """
    check_audience(audience)
    for_team, labels = audience == "team", labels or {}
    shown = ["quote_id", "text", "language", "wording", "source", "code_ids", "theme_ids"]
    more = ["segment_id", "organisation_id", "speaker_id", "audience", "status"] if for_team else []
    own = quotes[(quotes["audience"] == audience) | for_team]
    if own.empty:
        return pd.DataFrame(columns=[*shown, *more], dtype="str")
    rows = add_provenance_consent_and_broken_rules(own, codings, segments, documents, consent, codebook)
    rules = set(TEAM_QUOTATION_RULES if for_team else QUOTATION_RULES)
    rows = rows[pd.Series([not broken & rules for broken in rows["broken"]], rows.index, dtype=bool)]
    codes, themes = _agreed_codes(rows, codings, segments), _themes(codebook)
    rows = rows.assign(
        organisation_id=rows["owner"],
        text=rows["text"] if for_team else rows["text"].map(replace_pseudonyms_with_general_words),
        code_ids=[";".join(sorted(each)) for each in codes],
        theme_ids=[";".join(sorted({themes[code] for code in each if code in themes})) for each in codes],
        source=[labels.get(owner, owner) if for_team or is_named else _ANONYMOUS_SOURCE
                for owner, is_named in zip(rows["owner"], rows["is_named"], strict=True)])
    return rows.sort_values(["quote_id"] if for_team else ["text", "quote_id"],
                            ignore_index=True)[[*shown, *more]]


def _themes(codebook: pd.DataFrame) -> dict[str, str]:
    """Returns the theme of each code: the code itself if it is a theme, otherwise the nearest theme above
    it."""
    themes = {*codebook.loc[codebook["level"] == "theme", "code_id"]}
    lines = {code: [code, *above] for code, above in find_ancestors(codebook).items()}
    return {code: next(one for one in line if one in themes)
            for code, line in lines.items() if not themes.isdisjoint(line)}


def list_rules_broken_by_quotes(quotes: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame,
                                documents: pd.DataFrame, consent: pd.DataFrame,
                                codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns, for the team, the quotations that are left out for their audience, with one row per quotation
    and rule that the quotation breaks."""
    rows = add_provenance_consent_and_broken_rules(quotes, codings, segments, documents, consent, codebook)
    rows["rule"] = [[rule for rule in QUOTATION_RULES if rule in broken] for broken in rows["broken"]]
    rows = rows.explode("rule").dropna(subset="rule")
    rows["reason"] = rows["rule"].map({rule: reason for rule, (reason, _) in QUOTATION_RULES.items()})
    return rows[["quote_id", "audience", "segment_id", "rule", "reason"]].astype("str").reset_index(drop=True)


def add_provenance_consent_and_broken_rules(quotes: pd.DataFrame, codings: pd.DataFrame,
                                            segments: pd.DataFrame, documents: pd.DataFrame,
                                            consent: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of quotes.csv with the columns of their segments; the text of the segment is in column
    ``words``. The function adds these columns:

    - owner: the organisation that must clear the quotation;
    - people: the persons whose consent counts; for an interpreter's words these are the persons whose words
      were interpreted;
    - place: the position of the quoted words in the segment;
    - is_case: whether the segment describes a survivor's case;
    - consent: whether consent to the quotation is given, refused or absent;
    - is_named: whether the organisation may be named;
    - wording: whose words the quotation has, such as a translator's;
    - broken: the rules that the row of quotes.csv breaks.
    """
    behind = segments[segments["segment_id"].isin(quotes["segment_id"])].rename(columns={"text": "words"})
    rows = quotes.merge(behind.assign(owner=find_organisation_behind_each_segment(behind, documents)),
                        on="segment_id",
                        how="left")
    rows = rows.fillna(dict.fromkeys(rows.select_dtypes("str"), ""))
    heard = segments[(segments["role"] == "participant") & segments["document_id"].isin(rows["document_id"])]
    heard = heard.groupby(["document_id", "organisation_id"])
    heard = heard["speaker_id"].agg(set).to_dict()
    rows["people"] = [heard.get((document, owner), set()) if role == "interpreter" else {speaker}
                      for document, owner, role, speaker in zip(
                          *(rows[c] for c in ("document_id", "owner", "role", "speaker_id")), strict=True)]
    rows["place"] = [locate_quotation(*pair) for pair in zip(rows["text"], rows["words"], strict=True)]
    rows["is_case"] = rows["segment_id"].isin(
        find_survivor_case_segments(codings, segments, codebook) if len(rows) else [])
    consent = consent[consent["organisation_id"].isin(rows["owner"])]
    rows["consent"] = _agreements(rows, consent, "quotation")
    rows["is_named"] = [said == "given" and has_capability(audience, "named_words") for said, audience in zip(
        _agreements(rows, consent, "name"), rows["audience"], strict=True)]
    rows["wording"] = _wordings(rows, segments, documents)
    rows["broken"] = [{rule for rule, (_, is_broken) in QUOTATION_RULES.items() if is_broken(row)}
                      for row in rows.itertuples()]
    return rows


def find_organisation_behind_each_segment(segments: pd.DataFrame, documents: pd.DataFrame) -> pd.Series:
    """Returns the organisation whose words each segment has; blank for the words of interviewers and
    observers.

    An interpreter's words in an interview count as words of the organisation that is interviewed.
    """
    own, asked = segments["organisation_id"], documents.set_index("document_id")["organisation_id"]
    own = own.where((own != "") | (segments["role"] != "interpreter"), segments["document_id"].map(asked))
    return own.mask(segments["role"].isin(_SILENT), "")


def locate_quotation(quotation: str, segment_text: str) -> tuple[int, int] | None:
    """Returns the position of a quotation's words in the text of its segment, or None if the words are not in
    it.

    >>> locate_quotation("we sit … with [vendors]", "Fridays we  sit there, with sellers.")
    (8, 27)
    >>> locate_quotation("[…]", "Yes.") is None
    True
    """
    pieces = [r"\s+".join(map(re.escape, piece.translate(_MARKS).split()))
              for piece in _LEFT_OUT.split(quotation)]
    if not re.search(r"\w", "".join(pieces)):
        return None
    found = re.search(".*?".join(pieces), segment_text.translate(_MARKS), re.DOTALL | re.IGNORECASE)
    return found.span() if found else None


def replace_pseudonyms_with_general_words(text: str) -> str:
    """Returns the text without pseudonyms, because a pseudonym that occurs in two passages would link the
    passages.

    >>> replace_pseudonyms_with_general_words("Person 12 at Place 3 told us.")
    '[a person] at [a place] told us.'
    """
    return _PSEUDONYM.sub(lambda found: _REPLACEMENTS[found[1]], text)


def find_survivor_case_segments(codings: pd.DataFrame, segments: pd.DataFrame,
                                codebook: pd.DataFrame) -> set[str]:
    """Returns the segments to which any coder gave a code for the details of a survivor's case, and also the
    originals and translations of these segments."""
    told = codings[codings["code_id"].isin(find_case_detail_codes(codebook))]
    linked = map_to_original_or_self(segments)
    cases = {linked.get(segment, segment) for segment in repeat_codings_for_each_segment(told)["segment_id"]}
    return {segment for segment, origin in linked.items() if origin in cases}


def find_quote_faults(quotes: pd.DataFrame, segments: pd.DataFrame) -> Iterator[Fault]:
    """Yields the faults of quotes.csv: unknown passages, audiences and statuses, words that are not in the
    passage, and wrong dates.

    The words of a cleared passage may have changed since it was cleared, for example because a name was
    masked. Changed words of a cleared passage are not a fault; :func:`list_rules_broken_by_quotes` lists the
    rows with such words. The index of ``quotes`` must be the row number in the file.
    """
    words = dict(zip(segments["segment_id"], segments["text"], strict=True))
    for n, row in quotes.iterrows():
        known = {"segment_id": words, "audience": READING_AUDIENCES, "status": _STATUSES}
        found = [(column, f"is not an allowed value; {suggest_name(row[column], names)}",
                  "choose a value that this column allows (for segment_id: a segment of the study)")
                 for column, names in known.items() if row[column] not in names]
        if row["status"] == "proposed" and row["segment_id"] in words \
                and locate_quotation(row["text"], words[row["segment_id"]]) is None:
            found.append(("text", f"is not in segment {row['segment_id']}",
                          "copy the words from the segment; [brackets] may stand for words left out"))
        if row["status"] == "cleared" and not _is_cleared(row) or row["cleared_on"] and not is_iso_date(
                row["cleared_on"]):
            found.append(("cleared_on", "does not say who cleared it and when", "write cleared_on as "
                          "YYYY-MM-DD, and yes or the person's name in cleared_by_organisation"))
        for column, said, fix in found:
            yield Fault(said, "quotes.csv", str(n), column, row[column], fix)


def _is_cleared(row: Any) -> bool:
    return fold_case_and_spacing(row.cleared_by_organisation) not in (
        "", "no", "false") and is_iso_date(row.cleared_on)


def _agreements(rows: pd.DataFrame, consent: pd.DataFrame, item: str) -> list[str]:
    """Returns, for each quotation, whether consent to it is given, refused or absent. Consent is given if the
    organisation consented, and if every person of the quotation who has a row in consent.csv consented as
    well."""
    consents = Consent.from_table(consent)
    written = set(zip(*(consent[c] for c in ("organisation_id", "speaker_id", "item", "audience")),
                      strict=True))
    listed = {(organisation, person) for organisation, person, *_ in written}
    refusals = written - consents.given

    def agreement(owner: str, people: set[str], audience: str) -> str:
        asked = [THE_ORGANISATION, *(person for person in people if (owner, person) in listed)]
        if all(consents.is_given(owner, item, audience, speaker_id=person) for person in asked):
            return "given"
        has_refused = any((owner, person, item, audience) in refusals for person in asked)
        return "refused" if has_refused else "absent"

    return [agreement(*row) for row in zip(rows["owner"], rows["people"], rows["audience"], strict=True)]


def _wordings(rows: pd.DataFrame, segments: pd.DataFrame, documents: pd.DataFrame) -> list[str]:
    """Returns, for each quotation, whose words it has, such as a translator's. For the public, the returned
    words mention neither the original language nor an interpreter, because either could identify a person."""
    if rows.empty:
        return []
    is_quoted = segments["segment_id"].isin(rows["segment_id"]) & (segments["role"] != "interviewer")
    words = map_segments_to_whose_wording(segments[is_quoted], segments, documents)
    how = {"machine": "translated by machine", "checked": "translated, checked"}
    return [words.get(segment, "") if audience != "public" or not words.get(segment)
            else how.get(status, "translated") for segment, audience, status in zip(
                rows["segment_id"], rows["audience"], rows["translation_status"], strict=True)]


def _agreed_codes(rows: pd.DataFrame, codings: pd.DataFrame, segments: pd.DataFrame) -> list[set[str]]:
    """Returns, for each quotation, the agreed codes of its words, together with all agreed codes of its
    original and its translations.

    Which words of a turn are quoted is a person's choice. So a code that is agreed for the turn belongs to
    the quotation only if a coder marked some of the quoted words with the code."""
    if rows.empty:
        return []
    given, linked = repeat_codings_for_each_segment(codings[codings["coder_id"]
                                                            == CONSENSUS]), map_to_original_or_self(segments)
    by_origin = given.groupby(given["segment_id"].map(linked)).indices
    codes = []
    for segment, offset, (first, last) in zip(rows["segment_id"], rows["start"], rows["place"], strict=True):
        near = given.iloc[by_origin.get(linked[segment], [])]
        is_same = near["segment_id"] == segment
        is_marked = (near["marked_start"] < offset + last) & (near["marked_end"] > offset + first)
        codes.append(set(near.loc[~is_same | is_marked, "code_id"]))
    return codes
