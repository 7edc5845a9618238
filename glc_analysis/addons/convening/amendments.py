"""Changes principles during the convening: rewords (`glc amend`), proposes, splits, merges or withdraws
texts.

Each function writes new rows of principles.csv and returns the consequences of the change
(:class:`TextChange`). text_decisions.csv records who decided to withdraw a text. A text that is replaced or
withdrawn stays in principles.csv with its votes and signatures; no vote, signature or evidence moves to a new
text. Each file is replaced as a whole, and rows that do not change keep their bytes. If a command is
interrupted after it has replaced only some of the files, running the command again completes the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.ballots import Ballots
from glc_analysis.addons.convening.double_entry import check_no_unfinished_forms
from glc_analysis.addons.convening.histories import FLOOR
from glc_analysis.addons.convening.phone_ballots import check_phone_ballots_collected
from glc_analysis.addons.convening.principles import (
    format_printed_id,
    log_principle_decision_if_new,
    record_text_decision_if_new,
    resolve_requester_refusing_persons,
    tidy_reason_refusing_names,
)
from glc_analysis.addons.convening.rounds import write_rounds
from glc_analysis.addons.convening.tallies import list_round_result_lines
from glc_analysis.errors import Fault, Faults, UsageError, suggest_name
from glc_analysis.reference import Reference, read_reference, read_reference_table
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.spreadsheets import CsvRows, read_utf8_unchanged
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows
from glc_analysis.text import content_hash, language_code, normalise_space
from glc_analysis.writing import write_atomic

# ------------------------------
# Changes of texts.


IN_USE = ("candidate", "agreed")
"""The statuses of texts that can be split, merged or withdrawn."""
ENDORSED = ("endorse", "endorse_with_reservation")
"""The two decisions by which an organisation signs a text: without a reservation, and with a reservation."""
WORDS_OF_NAME = 5
"""The number of words at the beginning of a text that form its short name if nobody gives the text a short
name."""


@dataclass(frozen=True)
class TextChange:
    """The consequences of a change of texts.

    - ``before``, ``after``: the printed ids of the old texts and of the new texts.
    - ``languages_to_translate``: the languages into which the new texts must be translated.
    - ``open_rounds``: the open rounds whose texts were changed.
    - ``not_in_rounds``: the open rounds that do not ask about the new texts.
    - ``closed_rounds``: the closed rounds in which the old texts were voted on.
    - ``signatures``: the number of organisations that signed each old text, with or without a reservation.
      Signatures under an old text do not apply to the new texts.
    """

    before: list[str]
    after: list[str]
    languages_to_translate: list[str]
    open_rounds: list[str]
    not_in_rounds: list[str]
    closed_rounds: list[str]
    signatures: dict[str, int]


def read_reference_allowing_unrecorded_decisions(study: Study) -> Reference:
    """Reads the reference tables for the commands used in the room. Raises Faults if the tables have faults.
    A status without a recorded decision does not count as a fault, because the commands may record the
    missing decision."""
    return read_reference(study, needed=load_reference_table_schemas().keys() - {"text_decisions"})


# ------------------------------
# Another wording of the same principle.


def amend_principle(study: Study, principle_id: str, new_text: str, *, asked_by: str, because: str,
                    exclude_old_ratings: bool = False) -> TextChange:
    """Issues the next version of a principle. The new version has status candidate and the new text; its
    other columns keep the values of the old version.

    The old version is superseded. Amending a principle that was withdrawn, split or merged brings the
    principle back into use; the new text may then have the same words as the old text. An open round of which
    no form has been received asks about the new text from then on. With ``exclude_old_ratings``, an open
    round with received forms also asks about the new text; the ratings of the old text are then excluded.

    Raises UsageError if the principle is unknown, or if the new text, the requester or the reason is blank.
    Raises Faults if the text is unchanged, or if forms of an open round have been received and
    ``exclude_old_ratings`` is false. Nothing is written if an error is raised.
    """
    reference = read_reference_allowing_unrecorded_decisions(study)
    old = find_latest_row_in_source_language(reference.principles, principle_id)
    statement = normalise_space(new_text)
    require_nonblank_texts(text=statement, asked_by=asked_by, because=because)
    asked_by, because = resolve_requester_refusing_persons(reference, asked_by), tidy_reason_refusing_names(
        reference, because)
    rounds = reference.rounds[reference.rounds["principle_id"] == principle_id]
    is_open = rounds["closed_on"] == ""
    waiting = rounds[is_open] if exclude_old_ratings else _with_forms(study, reference, rounds[is_open])
    is_same = statement == normalise_space(old["statement"]) and old["status"] in IN_USE
    is_interrupted = is_same and (
        old["version"] != "1" and old["asked_by"] == "" and old["changed_because"] == because
        or (exclude_old_ratings or waiting.empty) and (is_open & (rounds["version"] != old["version"])).any())
    if faults := list(_faults(old, waiting, is_same, exclude_old_ratings)) if not is_interrupted else []:
        raise Faults(faults)
    version = str(int(old["version"]) + (not is_interrupted))
    new = old | {"version": version, "statement": statement, "status": "candidate", "comes_from": "",
                 "changed_because": because, "asked_by": asked_by}
    before = format_printed_id(principle_id, str(int(version) - 1))
    write_principle_rows(study, [new], {before: "superseded"}, after_row=int(old["row"]))
    if is_open.any():
        at = rounds.index[is_open]
        write_rounds(study, reference.rounds.assign(**{
            name: reference.rounds[name].mask(reference.rounds.index.isin(at), value)
            for name, value in (("version", version), ("text_version", content_hash(statement)))}))
    _write_who(study, [new])
    return _change(reference, [before], [new], open_rounds=rounds.loc[is_open, "round_id"])


def check_no_form_received_before_amending(study: Study, principle_id: str) -> None:
    """Raises Faults if forms of an open round on the principle have been received. Commands call this
    function before anybody types a new text."""
    reference = read_reference_allowing_unrecorded_decisions(study)
    rounds = reference.rounds[reference.rounds["principle_id"] == principle_id]
    waiting = _with_forms(study, reference, rounds[rounds["closed_on"] == ""])
    if faults := list(_faults(find_latest_row_in_source_language(reference.principles, principle_id), waiting,
                              False,
                              False)):
        raise Faults(faults)


def _with_forms(study: Study, reference: Reference, open_rounds: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of ``open_rounds`` that belong to rounds with a received form."""
    return open_rounds[[is_any_ballot_started(study, reference, round_id)
                        for round_id in open_rounds["round_id"]]]


def list_round_results_on_old_text(study: Study, change: TextChange) -> list[str]:
    """Returns the results of closed rounds on the old version as lines to read out; empty if the study has
    not been built."""
    if not change.closed_rounds or not (study.processed / "tallies.parquet").is_file():
        return []
    principle_id, _, version = change.before[0].rpartition(".")
    own = {name: frame[(frame["principle_id"] == principle_id) & (frame["version"] == version)]
           for name in ("tallies", "ratings") for frame in [tables.read_table(name, study=study)]}
    reference = read_reference_allowing_unrecorded_decisions(study)
    return [line for round_id in change.closed_rounds if (own["tallies"]["round_id"] == round_id).any()
            for line in (f"The results of round {round_id} do not change:",
                         *list_round_result_lines(study, reference, own, round_id))]


def _faults(old: Mapping[str, str], open_rounds: pd.DataFrame, is_same: bool,
            hold_out: bool) -> Iterator[Fault]:
    name = format_printed_id(old["principle_id"], old["version"])
    if is_same:
        yield Fault(f"says the same as {name}", "principles.csv", old["row"], "statement", old["statement"],
                    "write a text that differs from the old text in more than blanks")
    for n, row in open_rounds.iterrows() if not hold_out else ():
        yield Fault(f"round {row['round_id']} on {name} is open, and a form has been received", "rounds.csv",
                    str(n), "closed_on", "",
                    "close the round first (`glc tally --close`), or amend with --hold-out, so that the "
                    "round asks about the new text and ratings of the old text are excluded")


# ------------------------------
# New texts: from the floor, of one that is split, of several that are merged; and a text that is withdrawn.


def propose_principle(study: Study, text: str, *, asked_by: str, because: str, name: str = "",
                      language: str = "") -> TextChange:
    """Adds a text that somebody proposes at the convening: a new principle with status candidate, marked as
    having no evidence.

    ``language`` is by default the language of the first principle; ``name`` is by default the first words of
    the text. Every open round of which no form has been received asks about the new text from then on. Raises
    UsageError if the language is unknown, or if the text, the requester or the reason is blank. Raises Faults
    if the text already exists. Nothing is written if an error is raised.
    """
    reference = read_reference_allowing_unrecorded_decisions(study)
    if language and not language_code(language):
        raise UsageError(f"{language!r} is not a known language. To fix: give its two-letter code, such as "
                         "es.")
    language = language_code(language) or find_language_of_first_principle(reference.principles)
    return _issue(study, reference, [], [text], [name], asked_by, because, {"language": language})


def find_language_of_first_principle(principles: pd.DataFrame) -> str:
    """Returns the default language of a new text, which is the language of the first principle."""
    return next(iter(principles["language"]), "en")


def split_principle(study: Study, principle_id: str, texts: Sequence[str], *, asked_by: str, because: str,
                    names: Sequence[str] = ()) -> TextChange:
    """Replaces a text by two or more new principles, which keep the language, domain and themes of the text.

    Raises UsageError if the principle is unknown or not in use, if there are fewer than two texts, or if a
    text, the requester or the reason is blank. Raises Faults if a new text already exists, or if a form of an
    open round on the principle has been received. Nothing is written if an error is raised.
    """
    if len(texts) < 2:
        raise UsageError("A split makes two or more texts. To fix: give at least two new texts, or reword "
                         "the text with `glc amend`.")
    reference = read_reference_allowing_unrecorded_decisions(study)
    old = find_latest_row_in_source_language(reference.principles, principle_id)
    return _issue(study, reference, [old], texts, names, asked_by, because, {
        column: old[column] for column in ("language", "domain_id", "theme_ids")})


def merge_principles(study: Study, principle_ids: Sequence[str], text: str, *, asked_by: str, because: str,
                     name: str = "") -> TextChange:
    """Replaces two or more texts by one new principle. The new principle has all themes of the old texts. If
    the old texts share one domain, the new principle has this domain too.

    Raises UsageError if a principle is unknown or not in use, if there are fewer than two principles, or if
    the text, the requester or the reason is blank. Raises Faults if the new text already exists, or if a form
    of an open round on one of the principles has been received. Nothing is written if an error is raised.
    """
    if len(set(principle_ids)) < 2:
        raise UsageError("A merger joins two or more principles. To fix: name at least two, as in "
                         "`glc merge P03 P08`.")
    reference = read_reference_allowing_unrecorded_decisions(study)
    old = [find_latest_row_in_source_language(reference.principles, one)
           for one in dict.fromkeys(principle_ids)]
    domains = {one["domain_id"] for one in old}
    themes = dict.fromkeys(theme for one in old for theme in one["theme_ids"].split(";") if theme)
    return _issue(study, reference, old, [text], [name], asked_by, because, {
        "language": old[0]["language"], "domain_id": domains.pop() if len(domains) == 1 else "",
        "theme_ids": ";".join(themes)})


def withdraw_text(study: Study, principle_id: str, *, asked_by: str, because: str, today: date) -> TextChange:
    """Sets a text aside, so that no later round asks about the text. decision_log.csv records who asked for
    the withdrawal and why; text_decisions.csv records the decision.

    Raises UsageError if the principle is unknown or not in use, or if the requester or the reason is blank.
    Raises Faults if a form of an open round on the principle has been received, or if an open round asks
    about this principle alone. Nothing is written if an error is raised.
    """
    reference = read_reference_allowing_unrecorded_decisions(study)
    old = find_latest_row_in_source_language(reference.principles, principle_id)
    require_nonblank_texts(asked_by=asked_by, because=because)
    asked_by, because = resolve_requester_refusing_persons(reference, asked_by), tidy_reason_refusing_names(
        reference, because)
    withdrawn = f"{format_printed_id(principle_id, old['version'])} is withdrawn: "
    check_text_can_be_withdrawn(study, old)
    names = [format_printed_id(principle_id, old["version"])]
    rounds, changed = _next_rounds(study, reference, names, [])
    write_principle_rows(study, [], {names[0]: "set_aside"}, after_row=int(old["row"]))
    if changed:
        write_rounds(study, rounds)
    log_principle_decision_if_new(study, principle_id, withdrawn + because, by=asked_by, today=today)
    record_text_decision_if_new(study, old, "set_aside", by=asked_by, today=today)
    return _change(reference, names, [], open_rounds=changed)


def check_text_can_be_withdrawn(study: Study, text_row: Mapping[str, str]) -> None:
    """Raises UsageError if a text is not in use. ``text_row`` is the row of the text that
    :func:`find_latest_row_in_source_language` returns. A text that is set aside without a recorded decision
    raises no error, so that the decision can still be recorded. The decision is missing if a command was
    interrupted or if somebody typed the status."""
    if text_row["status"] != "set_aside" or find_text_decision(study, text_row, "set_aside") is not None:
        check_text_in_use(text_row)


def find_latest_row_in_source_language(principles: pd.DataFrame, principle_id: str) -> dict[str, str]:
    """Returns the row of a principle's current version in its source language, with its row number as
    ``row``.

    Raises UsageError for an unknown principle, and suggests the most similar ids.
    """
    own = principles[(principles["principle_id"] == principle_id) & (principles["translation_of"] == "")]
    if own.empty:
        raise UsageError(f"There is no principle {principle_id!r}; "
                         f"{suggest_name(principle_id, principles['principle_id'])}.")
    row = own["version"].astype(int).idxmax()
    return own.loc[row].to_dict() | {"row": str(row)}


def check_text_in_use(text_row: Mapping[str, str]) -> None:
    """Raises UsageError if a text was withdrawn, split or merged. ``text_row`` is the row of the text that
    :func:`find_latest_row_in_source_language` returns."""
    if text_row["status"] not in IN_USE:
        said = "set aside" if text_row["status"] == "set_aside" else "replaced by other texts"
        raise UsageError(f"{format_printed_id(text_row['principle_id'], text_row['version'])} is {said}. To "
                         f"fix: bring it back as a new version with `glc "
                         f"amend "
                         f"{text_row['principle_id']}`; its words may stay the same.")


def _issue(study: Study, reference: Reference, old: Sequence[Mapping[str, str]], texts: Sequence[str],
           names: Sequence[str], asked_by: str, because: str, shared: Mapping[str, str]) -> TextChange:
    """Writes new principles that replace the ``old`` ones; ``shared`` holds the values of the columns that
    are the same in all new rows."""
    statements = [normalise_space(text) for text in texts]
    numbered = {f"text {n}": one for n, one in enumerate(statements, 1)}
    require_nonblank_texts(**numbered, asked_by=asked_by, because=because)
    asked_by, because = resolve_requester_refusing_persons(reference, asked_by), tidy_reason_refusing_names(
        reference, because)
    before = [format_printed_id(one["principle_id"], one["version"]) for one in old]
    why = {"asked_by": asked_by, "changed_because": because,
           "comes_from": ";".join(before) or FLOOR}
    ids = _cut_off(reference.principles, statements, why)
    if not ids:
        for one in old:
            check_text_in_use(one)
        if faults := list(_repeats(reference.principles, statements)):
            raise Faults(faults)
        ids = _next_ids(reference.principles, len(statements))
    if len(names) > len(statements):
        raise UsageError(f"There are {len(names)} short names for {len(statements)} texts. To fix: give each "
                         "text at most one name, in the order of the texts.")
    short = [*map(normalise_space, names), *[""] * (len(statements) - len(names))]
    new = [{"principle_id": one, "version": "1", "statement": statement, "status": "candidate",
            "short_name": name or make_short_name(statement), **why, **shared}
           for one, statement, name in zip(ids, statements, short, strict=True)]
    rounds, changed = _next_rounds(study, reference, before, new)
    below = max((int(one["row"]) for one in old), default=0)
    write_principle_rows(study, new, dict.fromkeys(before, "superseded"), after_row=below)
    if changed:
        write_rounds(study, rounds)
    _write_who(study, new)
    waiting = rounds[rounds["closed_on"] == ""]
    asked = set(waiting["principle_id"])
    return _change(reference, before, new, open_rounds=changed,
                   not_in=[] if {*ids} <= asked else waiting["round_id"])


def make_short_name(statement: str) -> str:
    """Returns the first words of a text, for use as its short name.

    >>> make_short_name("Ask once. Ask in the language of the person.")
    'Ask once. Ask in the …'
    """
    words = statement.split()
    return " ".join(words) if len(words) <= WORDS_OF_NAME else " ".join(words[:WORDS_OF_NAME]) + " …"


def _next_ids(principles: pd.DataFrame, n: int) -> list[str]:
    """Returns ``n`` new ids. The new ids continue the numbering of the highest existing id, with the same
    letters and number of digits.
    """
    found = [match for one in principles["principle_id"] if (match := re.fullmatch(r"(\D*)(\d+)", one))]
    last = max(found, key=lambda match: int(match[2]), default=None)
    letters, number, width = (last[1], int(last[2]), len(last[2])) if last else ("P", 0, 2)
    return [f"{letters}{number + one:0{width}}" for one in range(1, n + 1)]


def _cut_off(principles: pd.DataFrame, statements: Sequence[str], why: Mapping[str, str]) -> list[str]:
    """Returns the ids of the new texts if an interrupted command has written the texts but not yet the
    requester of the texts; else an empty list."""
    rows = principles[(principles["comes_from"] == why["comes_from"]) & (principles["asked_by"] == "")
                      & (principles["changed_because"] == why["changed_because"])]
    known = dict(zip(rows["statement"].map(normalise_space), rows["principle_id"], strict=True))
    return [known[one] for one in statements] if {*statements} <= {*known} else []


def _repeats(principles: pd.DataFrame, statements: Sequence[str]) -> Iterator[Fault]:
    """Yields a fault for each new text that has the same words as a text in use or as another new text."""
    rows = principles[principles["status"].isin(IN_USE)]
    known = {normalise_space(row.statement): (str(n), format_printed_id(row.principle_id, row.version))
             for n, row in zip(rows.index, rows.itertuples(), strict=True)}
    for n, statement in enumerate(statements):
        if statement in known:
            yield Fault(f"says the same as {known[statement][1]}", "principles.csv", known[statement][0],
                        "statement", statement, "write a text that no other principle has, or leave the "
                        "principle as it is")
        elif statement in statements[:n]:
            yield Fault("is given twice", "principles.csv", column="statement", value=statement,
                        fix="write another text, or give this text only once")


def _next_rounds(study: Study, reference: Reference, before: Sequence[str],
                 new: Sequence[Mapping[str, str]]) -> tuple[pd.DataFrame, list[str]]:
    """Returns the rows of rounds.csv after a change, and the ids of the open rounds that the change affects.
    If no form of an affected round has been received, the round asks about the new texts in place of the old
    ones.

    Raises Faults if a form has been received in an open round on one of the old texts, or if a withdrawal
    would leave an open round without principles.
    """
    rounds, changed, faults = reference.rounds, [], []
    names = rounds["principle_id"] + "." + rounds["version"]
    for round_id in dict.fromkeys(rounds.loc[rounds["closed_on"] == "", "round_id"]):
        is_own = rounds["round_id"] == round_id
        is_old = is_own & names.isin(before)
        if before and not is_old.any():
            continue
        if is_any_ballot_started(study, reference, round_id):
            faults += [Fault(f"round {round_id} on {names[n]} is open, and a form has been received",
                             "rounds.csv",
                             str(n), "closed_on", "",
                             f"close it first: `glc tally --round {round_id} --close`")
                       for n in rounds.index[is_old]]
            continue
        rest = rounds[is_own & ~is_old]
        if rest.empty and not new:
            faults.append(Fault(f"round {round_id} asks about no other principle", "rounds.csv",
                                str(rounds.index[is_old][0]), "principle_id", before[0],
                                "first remove the rows of the round from rounds.csv"))
        opened = rounds.loc[is_own, "opened_on"].iloc[0]
        added = pd.DataFrame([{"round_id": round_id, "opened_on": opened, "closed_on": "", "is_sealed": "",
                               "principle_id": one["principle_id"], "version": one["version"],
                               "text_version": content_hash(one["statement"])} for one in new
                              if one["principle_id"] not in set(rest["principle_id"])],
                             columns=rounds.columns, dtype="str")
        last = rounds.index[is_own].max()
        place = sum(n <= last for n in rounds.index)
        kept = rounds.assign(order=range(len(rounds)))[~is_old]
        kept = pd.concat([kept, added.assign(order=place - .5)]).sort_values("order", kind="stable")
        rounds = kept.drop(columns="order").reset_index(drop=True)
        names = rounds["principle_id"] + "." + rounds["version"]
        changed.append(round_id)
    if faults:
        raise Faults(faults)
    return rounds, changed


def is_any_ballot_started(study: Study, reference: Reference, round_id: str) -> bool:
    """Whether any ballot of a round has been received, is being keyed, or was begun on a phone. Raises Faults
    if a file of ratings cannot be read, because the file might contain a ballot of the round."""
    try:
        check_no_unfinished_forms(study, round_id)
        check_phone_ballots_collected(study, round_id)
    except Faults:
        return True
    ballots = Ballots.read(study, reference)
    if (ballots.votes["round_id"] == round_id).any():
        return True
    if ballots.faults:
        raise Faults(ballots.faults)
    return False


# ------------------------------
# A text is agreed (`glc agree`): the convening decides it, after it has seen what stands for and against it.


def find_text_decision(study: Study, text: Mapping[str, str], status: str) -> dict[str, str] | None:
    """Returns the row of text_decisions.csv that records that a text was agreed or set aside; None if there
    is no such row. ``status`` says which decision to look for: agreed, or set aside."""
    rows = read_reference_table(study, "text_decisions")
    own = rows[(rows["principle_id"] == text["principle_id"]) & (rows["version"] == text["version"])
               & (rows["status"] == status)]
    return own.iloc[0].to_dict() if len(own) else None


# ------------------------------
# Writing.


def require_nonblank_texts(**said: str) -> None:
    """Raises UsageError if a required text is blank; each text is passed as a keyword argument."""
    if missing := [name for name, words in said.items() if not normalise_space(words)]:
        raise UsageError(f"{', '.join(missing)}: blank. To fix: give the text, who asked for it, and why.")


def _change(reference: Reference, before: Sequence[str], new: Sequence[Mapping[str, str]], *,
            open_rounds: Sequence[str], not_in: Sequence[str] = ()) -> TextChange:
    """Collects the consequences of a change of texts; ``reference`` holds the tables before the change."""
    rounds, rows = reference.rounds, reference.principles
    names = rounds["principle_id"] + "." + rounds["version"]
    is_closed = names.isin(before) & (rounds["closed_on"] != "")
    endorsed = reference.signoffs[reference.signoffs["decision"].isin(ENDORSED)]
    signed = (endorsed["principle_id"] + "." + endorsed["version"]).value_counts()
    principles = {name.rpartition(".")[0] for name in before}
    is_like = rows["principle_id"].isin(principles) if principles else rows["status"].isin(IN_USE)
    languages = set(rows.loc[is_like, "language"])
    own = {one["language"] for one in new}
    return TextChange([*before], [format_printed_id(one["principle_id"], one["version"]) for one in new],
                      sorted(languages - own) if new else [], sorted({*open_rounds}), sorted({*not_in}),
                      list(dict.fromkeys(rounds.loc[is_closed, "round_id"])),
                      {name: int(signed[name]) for name in before if name in signed})


def write_principle_rows(study: Study, new_rows: Sequence[Mapping[str, Any]],
                         changed_statuses: Mapping[str, str], *, after_row: int) -> None:
    """Writes changed statuses and new rows to principles.csv; all other cells of the table stay unchanged.

    ``changed_statuses`` has the new status of each text whose status changes, keyed by printed id; the status
    is written into the rows of the text in all languages. ``new_rows`` are inserted below row ``after_row``,
    or at the end if ``after_row`` is 0.
    """
    path, (shared, _) = study.locate_reference_file("principles"), list_table_files("principles")
    if not path.is_file():
        raise UsageError("This study has no principles.csv. To fix: write one with `glc init`.")
    rows = CsvRows.from_text(read_utf8_unchanged(path), path.name)
    known = read_reference_rows(path, shared.required, shared.optional)
    for n, row in known.items():
        status = changed_statuses.get(format_printed_id(row["principle_id"], row["version"]), "")
        if status and row["status"] != status:
            rows.set_cell(n, "status", status)
    there = {(row["principle_id"], row["version"]) for row in known.values() if not row["translation_of"]}
    fresh = [one for one in new_rows if (one["principle_id"], one["version"]) not in there]
    if any(one["comes_from"] for one in fresh):
        rows.add_column_to_header("comes_from")
    for one in reversed(fresh):
        rows.insert(after_row or len(rows.records), one)
    write_atomic(path, rows.text)


def _write_who(study: Study, new: Sequence[Mapping[str, Any]]) -> None:
    """Writes to the private file who requested the new texts. The file is written last for two reasons: its
    rows refer to rows of principles.csv, and a new text without a requester then shows that a command was
    interrupted."""
    _, apart = list_table_files("principles")
    private = study.root / apart.path
    is_there = private.is_file()
    who = CsvRows.from_text(read_utf8_unchanged(private) if is_there else ",".join(apart.required) + "\n",
                            apart.path)
    key = load_reference_table_schemas()["principles"].key
    known = read_reference_rows(private, apart.required, apart.optional) if is_there else {}
    for one in new:
        if not any(all(row[column] == one[column] for column in key) for row in known.values()):
            who.append(one)
    private.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(private, who.text)
