"""Makes the tables of the principles: the statements, the decisions on the statements, and counts of
evidence.

The module makes the processed tables :data:`PRINCIPLE_TABLES` from the reference tables. It also states facts
about the evidence as sentences, such as "no evidence against it is recorded".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis.addons.convening.histories import format_printed_id_of_text
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.translations import Translations
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.errors import Fault, UsageError
from glc_analysis.gate.leak_scan import leaks_in_pieces
from glc_analysis.gate.search_terms import make_search
from glc_analysis.gate.study_identifiers import (
    MIN_LENGTH,
    list_organisation_ids_and_labels,
    list_participant_identifiers,
)
from glc_analysis.reference import Reference, read_reference_table
from glc_analysis.schema import WITHOUT_GUIDE, list_allowed_words, list_table_files
from glc_analysis.spreadsheets import append_rows
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.tabular import read_reference_rows
from glc_analysis.text import content_hash, fold_case_and_spacing, language_name, normalise_space

# ------------------------------
# The tables.


PRINCIPLE_TABLES = ("principles", "evidence", "judgements", "joint_display", "signoffs", "panel_positions",
          "decision_log", "parking_lot", "errata")

NOT_CHALLENGED = "Not challenged: no evidence against it is recorded."
ONLY_OBJECTED = "No evidence against it is recorded, but an objection is recorded below."
NOT_MEASURED = "Rests on providers' reported experience; effectiveness not measured."
UNSUPPORTED = "No evidence for it is recorded."
_MEASURED = ("outcome_measured", "literature")
"""The claims (column ``claim`` of evidence.csv) that rest on a measured outcome or on the literature; all
other claims rest on practice or on what providers report."""


def format_printed_id(principle_id: str, version: str) -> str:
    """Returns the id under which a version of a principle is printed and cited, such as P07.2.

    >>> format_printed_id("P07", "2")
    'P07.2'
    """
    return f"{principle_id}.{version}"


def make_principle_and_evidence_tables(reference: Reference) -> dict[str, pd.DataFrame]:
    """Returns the processed tables :data:`PRINCIPLE_TABLES` with their derived columns, before the column
    types are set."""
    frames = {name: getattr(reference, name).copy() for name in PRINCIPLE_TABLES}
    for name in ("joint_display", "decision_log", "parking_lot"):
        frames[name]["order"] = range(1, len(frames[name]) + 1)
    frames["signoffs"]["is_named"] = frames["signoffs"]["is_named"] == "true"
    translations = Translations.from_tables(reference.principles, reference.translations)
    rows = add_printed_ids_and_mark_current(frames["principles"])
    return frames | {"principles": rows.assign(
        translation_status=[*map(translations.find_lowest_status, rows.to_dict("records"))])}


def add_printed_ids_and_mark_current(principles: pd.DataFrame) -> pd.DataFrame:
    """Returns rows of principles.csv with three more columns: ``printed_id``, ``text_version``, and
    ``is_current`` (whether the row is the latest version of its principle or a translation of the latest
    version)."""
    ids = [*map(format_printed_id, principles["principle_id"], principles["version"])]
    rows = [*zip(principles["principle_id"], principles["version"].astype(int), ids,
                 principles["translation_of"], strict=True)]
    latest: dict[str, int] = {}
    for principle_id, version, _, translation_of in rows:
        if not translation_of:
            latest[principle_id] = max(version, latest.get(principle_id, version))
    current = {printed_id for principle_id, version, printed_id, translation_of in rows
               if not translation_of and version == latest[principle_id]}
    is_current = [(translation_of or printed_id) in current for _, _, printed_id, translation_of in rows]
    return principles.assign(printed_id=ids, text_version=principles["statement"].map(content_hash),
                             is_current=np.array(is_current, dtype=bool))


def list_evidence_gap_sentences(principle_evidence: pd.DataFrame) -> list[str]:
    """Returns sentences that state facts about the evidence of one principle; ``principle_evidence`` holds
    the rows of table ``evidence`` on this principle.

    Rows with stance "contradicts" are evidence against the principle. The principle rests on the rows with
    stance "supports".

    >>> list_evidence_gap_sentences(pd.DataFrame({
    ...     "stance": ["contradicts", "supports"], "claim": ["literature", "practised"]}))
    ["Rests on providers' reported experience; effectiveness not measured."]
    """
    stances, claims = principle_evidence["stance"], principle_evidence.loc[
        principle_evidence["stance"] == "supports", "claim"]
    said = [] if (stances == "contradicts").any() else [NOT_CHALLENGED]
    if claims.empty:
        return [*said, UNSUPPORTED]
    return said if claims.isin(_MEASURED).any() else [*said, NOT_MEASURED]


# ------------------------------
# Counts that help people judge the evidence for a principle and the decision on it.
#
# In: the processed tables (:func:`read_tables_and_evidence_contributors`). Out: for each component of the
# judgement a sentence of counts (:func:`count_for_cerqual_components`), and which kinds of organisations
# contributed no evidence or did not rate.
# The components are those of CERQual (Lewin et al. 2018, Implementation Science 13(Suppl 1):2) and of a
# decision table. People judge; no level of concern is computed. The counts are for the team only: other
# audiences see counts of organisations by country or resources only as released figures.


Frames = Mapping[str, pd.DataFrame]
COUNTED_TABLES = ("principles", "evidence", "judgements", "mentions", "segments", "documents",
                  "organisations", "answers", "ratings", "tallies", "signoffs")
JUDGED_COMPONENTS = list_allowed_words("judgements", "component")
_ATTRIBUTES = ("resource_level", "type", "home_region_id", "language")
_STANCES = {"supports": "for it", "qualifies": "with limits", "contradicts": "against it"}
"""The words for each stance that evidence can take on a principle."""
_LEAST = 3
"""The smallest number of raters in a group whose median is shown. The median of a smaller group could show
how one rater voted."""


def read_tables_and_evidence_contributors(
        read_table: Callable[[str], pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Returns tables keyed by name: the tables :data:`COUNTED_TABLES`, and the table
    ``evidence_contributors``, which :func:`list_code_and_passage_contributors` makes for all evidence."""
    frames = {name: read_table(name) for name in COUNTED_TABLES}
    return frames | {"evidence_contributors": list_code_and_passage_contributors(frames["evidence"], frames)}


def list_code_and_passage_contributors(evidence: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Returns the organisations whose words are evidence. The table has one row for each combination of a row
    of evidence, an organisation and a source (interview, call, answer). Columns: principle_id, evidence_id,
    stance, organisation_id, source.

    The contributors of a code are the organisations that raised the code; the contributor of a passage is the
    organisation that said it. Survey figures and publications have no contributors in this table.
    """
    raised = frames["mentions"].loc[frames["mentions"]["is_raised"], ["code_id", "organisation_id", "source"]]
    raised = raised.assign(source=raised["source"].replace({WITHOUT_GUIDE: "interview"}))
    segments, kinds = frames["segments"], frames["documents"].set_index("document_id")["kind"]
    said = pd.DataFrame({"segment_id": segments["segment_id"], "source": segments["document_id"].map(kinds),
                         "organisation_id": find_organisation_behind_each_segment(segments,
                                                                                  frames["documents"])})
    found = [evidence[evidence["kind"] == kind].merge(whose, left_on="reference", right_on=key)
             for kind, whose, key in (("code", raised, "code_id"), ("segment", said, "segment_id"))]
    columns = ["principle_id", "evidence_id", "stance", "organisation_id", "source"]
    rows = pd.concat(found)[columns].astype("str")
    return rows[rows["organisation_id"] != ""].drop_duplicates().reset_index(drop=True)


def count_for_cerqual_components(principle_id: str, frames: Frames) -> pd.DataFrame:
    """Returns one row per component of :data:`JUDGED_COMPONENTS`, in the order of these components. Column
    ``known`` has counts, in words, on which people can base their judgement of the component."""
    evidence, contributors = (frames[name][frames[name]["principle_id"] == principle_id]
                              for name in ("evidence", "evidence_contributors"))
    organisations = frames["organisations"]
    contributing = organisations[organisations["organisation_id"].isin(contributors["organisation_id"])]
    rated = _provider_ratings(principle_id, frames)
    countries, regions = (_count_places(contributing, frames, column)
                          for column in ("country_id", "region_id"))
    known = {
        "methodological": [f"Evidence by kind: {_counts(evidence['kind'])}.",
                           f"By kind of claim: {_counts(evidence['claim'])}."],
        "coherence": [f"Evidence by stance: {_counts(evidence['stance'].map(_STANCES))}.",
                      *_contradicted(evidence, frames)],
        "adequacy": [f"Organisations that contributed to its codes and passages: "
                     f"{contributors['organisation_id'].nunique()} of {len(organisations)}; "
                     f"{_by_source(contributors)}."],
        "relevance": [(f"They work in {countries} countries, in {regions} regions; resources" if countries
                       else "Resources")
                      + f": {_counts(contributing['resource_level'])}."],
        "benefit": [_claims(evidence, "supports", "reported_to_work", "outcome_measured")],
        "harm": [_claims(evidence, "contradicts", "reported_to_fail"),
                 _claims(evidence, "qualifies", "reported_to_fail")],
        "equity": [f"Raters' resources: {_counts(rated['resource_level'])}." if len(rated) else ""],
        "acceptability": [*_votes(principle_id, "importance", frames), *_signatures(principle_id, frames)],
        "feasibility": [*_votes(principle_id, "feasibility", frames), *_by_resources(rated)]}
    return pd.DataFrame([(name, " ".join(filter(None, known[name]))) for name in JUDGED_COMPONENTS],
                        columns=["component", "known"])


def count_contributors_and_voters_by_kind(principle_id: str, frames: Frames) -> pd.DataFrame:
    """Returns one row per kind of organisation (attribute and value, such as a region), with the numbers of
    organisations of this kind:

    - ``study_n``: organisations in the study;
    - ``evidence_n``: organisations that contributed to codes and passages cited for the principle;
    - ``raters_n``: organisations whose raters voted, as providers, in the principle's last closed round.
    """
    contributors = frames["evidence_contributors"].query("principle_id == @principle_id")
    contributed = {*contributors["organisation_id"]}
    rated = {*_provider_ratings(principle_id, frames)["organisation_id"]}
    organisations, rows = frames["organisations"], []
    for name in _ATTRIBUTES:
        for value, ids in organisations[organisations[name] != ""].groupby(name)["organisation_id"]:
            own = {*ids}
            rows.append((name, value, len(own), len(own & contributed), len(own & rated)))
    return pd.DataFrame(rows, columns=["attribute", "value", "study_n", "evidence_n", "raters_n"])


def describe_kinds_without_evidence_or_votes(organisation_counts: pd.DataFrame) -> list[str]:
    """Returns sentences on the kinds of organisations in the study that contributed no evidence on the
    principle, and on the kinds whose raters did not vote.

    >>> describe_kinds_without_evidence_or_votes(pd.DataFrame(
    ...     [("language", "km", 1, 0, 0), ("language", "en", 9, 4, 0)],
    ...     columns=["attribute", "value", "study_n", "evidence_n", "raters_n"]))
    ['No evidence from: language Khmer.', 'No ratings from: language English, Khmer.']
    """
    sentences = []
    for column, start in (("evidence_n", "No evidence from"), ("raters_n", "No ratings from")):
        missing = organisation_counts[organisation_counts[column] == 0]
        missing = missing.groupby("attribute", sort=False)["value"].agg(sorted)
        parts = [f"{name.removesuffix('_id').replace('_', ' ')} "
                 + ", ".join(language_name(one) if name == "language" else one.replace("_", " ")
                             for one in values) for name, values in missing.items()]
        if parts:
            sentences.append(f"{start}: {'; '.join(parts)}.")
    return sentences


def _counts(words: pd.Series) -> str:
    """Returns a text that lists the distinct words, each with the number of times it occurs; the most
    frequent word comes first.

    >>> _counts(pd.Series(["code", "segment", "code", "outcome_measured"]))
    '2 code, 1 outcome measured, 1 segment'
    """
    counted = sorted(words[words != ""].value_counts().items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counted) or "none"


def _contradicted(evidence: pd.DataFrame, frames: Frames) -> list[str]:
    """Returns sentences on how many organisations said the opposite of a code that supports the principle."""
    cited = evidence.loc[(evidence["kind"] == "code") & (evidence["stance"] == "supports"), "reference"]
    rows = frames["mentions"][frames["mentions"]["code_id"].isin(cited)]
    count = rows.loc[rows["is_contradicted"], "organisation_id"].nunique()
    if not count:
        return []
    return [f"Organisations that said the opposite of a code that supports the principle: {count}."]


def _by_source(contributors: pd.DataFrame) -> str:
    counted = contributors.groupby("source")["organisation_id"].nunique()
    return ", ".join(f"in {source}s {counted.get(source, 0)}" for source in ("interview", "call", "answer"))


def _count_places(own: pd.DataFrame, frames: Frames, column: str) -> int:
    """Returns the number of distinct countries or regions (``column``) in which the organisations of ``own``
    work; blanks do not count."""
    answers = frames["answers"]
    places = answers.loc[answers["organisation_id"].isin(own["organisation_id"]), column]
    return places[places != ""].nunique()


def _claims(evidence: pd.DataFrame, stance: str, *claims: str) -> str:
    counted = evidence.loc[evidence["stance"] == stance, "claim"].value_counts()
    counts = ", ".join(f"{claim.replace('_', ' ')} {counted.get(claim, 0)}" for claim in claims)
    return f"Evidence {_STANCES[stance]}: {counts}."


def _last_round(rows: pd.DataFrame, principle_id: str) -> pd.DataFrame:
    """Returns the rows on the principle in the last closed round that asked about it. Round 10 comes after
    round 9."""
    own = rows[rows["principle_id"] == principle_id]
    last = max(own["round_id"].astype("str"), key=lambda name: (len(name), name), default="")
    return own[own["round_id"] == last]


def _provider_ratings(principle_id: str, frames: Frames) -> pd.DataFrame:
    """Returns the providers' ratings of the principle in its last closed round, with the resource level of
    each rater's organisation. Excluded ratings and abstentions are left out. If there are ratings of
    feasibility, only these are returned."""
    own = _last_round(frames["ratings"], principle_id)
    own = own[(own["panel"] == "provider") & (own["excluded"] == "") & ~own["is_abstained"].astype(bool)]
    levels = frames["organisations"].set_index("organisation_id")["resource_level"]
    rows = own.assign(resource_level=own["organisation_id"].map(levels).astype("str").fillna(""))
    return rows if "feasibility" not in set(rows["criterion"]) else rows[rows["criterion"] == "feasibility"]


def _votes(principle_id: str, criterion: str, frames: Frames) -> Iterator[str]:
    rows = _last_round(frames["tallies"], principle_id)
    rows = rows[rows["criterion"] == criterion].itertuples()
    for row in sorted(rows, key=lambda row: list_allowed_words("raters", "role").index(row.panel)):
        yield (f"{criterion.capitalize()}, {row.panel.replace('_', ' ')}s: {row.votes_high} of {row.n} votes "
               f"high, {row.votes_low} low.")


def _by_resources(rated: pd.DataFrame) -> Iterable[str]:
    """Yields a phrase with the median score for each resource level of the raters' organisations. For a level
    with too few votes, no median is shown."""
    for level, scores in rated[rated["resource_level"] != ""].groupby("resource_level")["score"]:
        score = f"median {median(map(int, scores)):g}" if len(scores) >= _LEAST else "too few to show"
        yield f"Resources {level}: {score} (votes: {len(scores)})."


def _signatures(principle_id: str, frames: Frames) -> list[str]:
    now = frames["principles"][frames["principles"]["is_current"]].set_index("principle_id")["version"]
    own = frames["signoffs"][frames["signoffs"]["principle_id"] == principle_id]
    own = own[own["version"].isin(now[now.index == principle_id])]
    return [f"Signed by organisations: {_counts(own['decision'])}."] if len(own) else []


# ------------------------------
# Decisions of the room that a command writes down, in decision_log.csv: what, who decided it, and why.
#
# In: a decision. Out: one more row of the table; all other rows keep their bytes.


def log_principle_decision_if_new(study: Study, principle_id: str, decision: str, *, by: str, today: date,
                                  objections: str = "") -> None:
    """Adds a decision about a principle to the decision log, unless the log already has the decision for the
    same day."""
    path, (file, *_) = study.locate_reference_file("decision_log"), list_table_files("decision_log")
    row = {"date": today.isoformat(), "principle_id": principle_id, "decision": decision, "proposed_by": by,
           "objections": objections}
    if path.is_file() and any(known.items() >= row.items()
                              for known in read_reference_rows(path, file.required, file.optional).values()):
        return
    append_rows(path, file.required, [row])


# ------------------------------
# Who decided that a text is agreed or set aside: rows of text_decisions.csv. A status without such a row is a
# fault, because an edit of a cell would pass over the votes and the objections.


STATUS_WORDS = {"agreed": "agreed", "set_aside": "set aside", "candidate": "a candidate"}
_RECORDED_BY = {"agreed": "record who decided, with `glc agree {}`, which first shows votes and objections",
                "set_aside": "record who asked for it and why, with `glc withdraw-text {}`"}


def status_contradicting_decision_faults(texts: Mapping[Any, Mapping[str, Any]],
                                         decisions: Iterable[Mapping[str, Any]]) -> Iterator[Fault]:
    """Yields faults for texts whose status differs from the recorded decision; ``texts`` are keyed by row of
    principles.csv.

    >>> text = {"principle_id": "P07", "version": "2", "translation_of": "", "status": "agreed"}
    >>> [fault.message for fault in status_contradicting_decision_faults({4: text}, [])]
    ['P07.2 has the status agreed, but text_decisions.csv does not say who decided it']
    >>> [*status_contradicting_decision_faults({4: text}, [text])]
    []
    """
    decided = {(format_printed_id_of_text(one), one["status"]) for one in decisions}
    for row, text in texts.items():
        name, status = format_printed_id_of_text(text), text["status"]
        last = next((one for one in ("set_aside", "agreed") if (name, one) in decided), "candidate")
        if text["translation_of"] or status not in STATUS_WORDS or status == last:
            continue
        principle, command = text["principle_id"], _RECORDED_BY.get(status, "")
        if command and last != "set_aside":
            said = (f"{name} has the status {STATUS_WORDS[status]}, but text_decisions.csv does not say who "
                    "decided it")
            fix = f"{command.format(principle)}; or write {last}"
        else:
            said = f"{name} is {STATUS_WORDS[last]}, as text_decisions.csv says"
            fix = f"write {last}; to decide again, make the next version with `glc amend {principle}`"
        yield Fault(said, "principles.csv", str(row), "status", status, fix)


def changed_word_faults(table: str, action_done: str, texts: Iterable[Mapping[str, Any]],
                        rows: Mapping[Any, Mapping[str, Any]]) -> Iterator[Fault]:
    """Yields faults for texts whose words changed after the text was signed or decided on. ``rows`` are the
    rows of ``table``, keyed by row number; their column ``text_version`` shows whether the words changed.
    ``action_done`` is the word for what the rows record about a text, such as signed."""
    now = {format_printed_id_of_text(one): one["statement"] for one in texts if not one["translation_of"]}
    others: dict[str, list[Any]] = {}
    for n, row in rows.items():
        # A text that is gone is a fault already.
        statement = now.get(format_printed_id_of_text(row), WITHDRAWN)
        if row["text_version"] not in ("", content_hash(statement)) and WITHDRAWN not in statement:
            others.setdefault(format_printed_id_of_text(row), []).append(n)
    for name, numbers in others.items():
        yield Fault(f"the text of {name} was changed after it was {action_done}", f"{table}.csv",
                    ", ".join(map(str, numbers)), "text_version", rows[numbers[0]]["text_version"],
                    f"restore in principles.csv the words that were {action_done}; if you want other words, "
                    f"run `glc amend {rows[numbers[0]]['principle_id']}`")


def record_text_decision_if_new(study: Study, text: Mapping[str, str], status: str, *, by: str, today: date,
                                votes: str = "") -> None:
    """Records in text_decisions.csv that a text is agreed or set aside, if the file does not record this
    decision yet; ``text`` is a row of principles.csv."""
    (file, *_), known = list_table_files("text_decisions"), read_reference_table(study, "text_decisions")
    row = {"principle_id": text["principle_id"], "version": text["version"], "status": status,
           "decided_by": by, "date": today.isoformat(), "votes": votes,
           "text_version": content_hash(text["statement"])}
    key = [*row][:3]
    if not (known[key] == [row[column] for column in key]).all(axis=1).any():
        append_rows(study.locate_reference_file("text_decisions"), file.required, [row])


# ------------------------------
# Words that are typed in the room and that others read: who asked for something, and why.
#
# In: what somebody typed, and the tables that say who is who. Out: an organisation by its id, so that it is
# named only where it may be (:func:`resolve_requester_refusing_persons`); words that name nobody
# (:func:`tidy_reason_refusing_names`).
# Nicknames, and
# names that no table has, are not found in a reason: people must read it.


NEAR = .8
"""The least similarity (1: identical) with which a typed word is taken for the name of an organisation."""
_READ_BY = {"convening": "The room reads these words", "public": "Everybody reads these words, "
           "on public pages too"}


def resolve_requester_refusing_persons(reference: Reference, organisation_or_body: str) -> str:
    """Returns the requester of a change in the form in which it is stored. The id or name of an organisation,
    even with small spelling differences, becomes the organisation's id; anything else, such as a panel or the
    room, stays as typed.

    Raises UsageError for a person, a rater's code, and words that might be a person's name.
    """
    key = fold_case_and_spacing(organisation_or_body)
    organisation_or_body, register = normalise_space(organisation_or_body), reference.organisations
    known = dict(zip(map(fold_case_and_spacing, list_organisation_ids_and_labels(register)),
                     [*register["organisation_id"]] * 3, strict=True))
    if key in known:
        return known[key]
    near = {known[one] for one in difflib.get_close_matches(key, known, cutoff=NEAR)
            if re.findall(r"\d+", one) == re.findall(r"\d+", key)}
    if len(near) == 1:
        return near.pop()
    tidy_reason_refusing_names(reference, organisation_or_body)
    is_known = key.removeprefix("the ") in {fold_case_and_spacing(words)
                                            for words in (*PANELS.values(), "room")}
    if not is_known and any(word[0].isupper() for word in re.findall(r"\w+", organisation_or_body)):
        raise UsageError(
            f"{organisation_or_body!r} may be the name of a person, and slides and packets print it. To fix: "
                         "name an organisation by its id, a panel or the room; type words that are not "
                         "names in small letters.")
    return organisation_or_body


def tidy_reason_refusing_names(reference: Reference, reason: str, *, audience: str = "convening",
                               refuse_all_names: bool = False) -> str:
    """Checks a reason for names, and returns the reason without surplus blanks. Raises UsageError if the
    reason contains a rater's code, or the name or address of a person or organisation that the audience may
    not know. With ``refuse_all_names``, also raises UsageError for names that the audience may know."""
    reason, names, known = normalise_space(reason), reference.names, list_participant_identifiers(reference,
                                                                                                  audience)
    if refuse_all_names:
        names = names.assign(allowed_for="")
        known |= {one: "organisation" for one in list_organisation_ids_and_labels(reference.organisations)
                  if len(one) >= MIN_LENGTH}
    search = make_search(names, audience, known)
    if found := list(dict.fromkeys(leak.found for leak in leaks_in_pieces([("", reason)], search))):
        raise UsageError(f"{_READ_BY[audience]}, and the words name {' and '.join(map(repr, found))}. To "
                         "fix: say it without the code of a rater and without the name of a person or "
                         "organisation.")
    return reason
