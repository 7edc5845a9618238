"""Amendments (`glc amend`): a new version of a principle. The old version stays and keeps its votes.

In: the new text, who asked for it, and why. Out: a new row in principles.csv, and the new text in an open
round. The files are replaced as a whole, and all other rows keep their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from glc_analysis import tables
from glc_analysis.convening.principles import printed_id
from glc_analysis.convening.rounds import write_rounds
from glc_analysis.convening.tallies import read_out
from glc_analysis.csv_rows import CsvRows, read_utf8
from glc_analysis.errors import Fault, Faults, UsageError, nearest
from glc_analysis.files import write_atomic
from glc_analysis.reference import read_reference
from glc_analysis.schema import table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_rows
from glc_analysis.text import content_hash, normalise_space


@dataclass(frozen=True)
class Amendment:
    """What an amendment changed: the printed ids of the old and new version, the languages to translate
    again, the open rounds in which ratings of the old text are now excluded, the closed rounds that voted
    on it, and the organisations that signed it (their signatures do not hold for the new version)."""

    before: str
    after: str
    languages_to_translate: list[str]
    open_rounds: list[str]
    closed_rounds: list[str]
    signatories: list[str]


def amend(study: Study, principle_id: str, text: str, *, asked_by: str, because: str,
          hold_out: bool = False) -> Amendment:
    """Issues the next version of a principle: a candidate with the new text and otherwise the same values.

    The old version is superseded. With ``hold_out`` an open round asks from now on about the new text, and
    its ratings of the old one are excluded. Raises UsageError for an unknown
    principle and for words that are missing, Faults for the same text and for an open round without
    ``hold_out``; nothing is then written.
    """
    reference = read_reference(study)
    old, statement = _current(reference.principles, principle_id), normalise_space(text)
    if missing := [name for name, said in (("text", statement), ("asked_by", asked_by), ("because", because))
                   if not normalise_space(said)]:
        raise UsageError(f"{', '.join(missing)}: blank. To fix: say the new text, who asked for it, and why.")
    rounds = reference.rounds[reference.rounds["principle_id"] == principle_id]
    is_open, is_same = rounds["closed_on"] == "", statement == normalise_space(old["statement"])
    is_interrupted = is_same and hold_out and (is_open & (rounds["version"] != old["version"])).any()
    if faults := list(_faults(old, rounds[is_open], is_same, hold_out)) if not is_interrupted else []:
        raise Faults(faults)
    version = str(int(old["version"]) + (not is_same))
    if not is_interrupted:  # else an earlier call was interrupted before it wrote the round
        _write(study, old, old | {
            "version": version, "statement": statement, "status": "candidate",
            "changed_because": normalise_space(because), "asked_by": normalise_space(asked_by)})
    if is_open.any():
        at = rounds.index[is_open]
        write_rounds(study, reference.rounds.assign(**{
            name: reference.rounds[name].mask(reference.rounds.index.isin(at), value)
            for name, value in (("version", version), ("text_version", content_hash(statement)))}))
    translated = reference.principles[(reference.principles["principle_id"] == principle_id)
                                      & (reference.principles["translation_of"] != "")]
    signed = reference.signoffs[reference.signoffs["principle_id"] == principle_id]
    return Amendment(printed_id(principle_id, str(int(version) - 1)), printed_id(principle_id, version),
                     sorted(set(translated["language"])), sorted(set(rounds.loc[is_open, "round_id"])),
                     list(dict.fromkeys(rounds.loc[~is_open, "round_id"])),
                     sorted(set(signed["organisation_id"])))


def votes(study: Study, done: Amendment) -> list[str]:
    """The results of the old version in closed rounds, as they are read out; empty before a build."""
    if not done.closed_rounds or not (study.processed / "tallies.parquet").is_file():
        return []
    principle_id, _, version = done.before.rpartition(".")
    own = {name: frame[(frame["principle_id"] == principle_id) & (frame["version"] == version)]
           for name in ("tallies", "ratings") for frame in [tables.read(name, study=study)]}
    reference = read_reference(study)
    return [line for round_id in done.closed_rounds if (own["tallies"]["round_id"] == round_id).any()
            for line in (f"The results of round {round_id} do not change:",
                         *read_out(study, reference, own, round_id))]


def _current(principles: pd.DataFrame, principle_id: str) -> dict[str, str]:
    """The row of a principle's current version in its source language, with ``row``, its number."""
    own = principles[(principles["principle_id"] == principle_id) & (principles["translation_of"] == "")]
    if own.empty:
        raise UsageError(f"There is no principle {principle_id!r}; "
                         f"{nearest(principle_id, principles['principle_id'])}.")
    row = own["version"].astype(int).idxmax()
    return own.loc[row].to_dict() | {"row": str(row)}


def _faults(old: Mapping[str, str], open_rounds: pd.DataFrame, is_same: bool,
            hold_out: bool) -> Iterator[Fault]:
    name = printed_id(old["principle_id"], old["version"])
    if is_same:
        yield Fault(f"says the same as {name}", "principles.csv", old["row"], "statement", old["statement"],
                    "write the new text; this one differs in blanks at most")
    for n, row in open_rounds.iterrows() if not hold_out else ():
        yield Fault(f"round {row['round_id']} on {name} is open", "rounds.csv", str(n), "closed_on", "",
                    "close it first (`glc tally --close`), or amend with --hold-out: the round then asks "
                    "about the new text, and ratings of the old one are excluded")


def _write(study: Study, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Adds the new row to principles.csv after the old version, which is superseded in every language.

    Who asked for it goes to the private file, which is written first.
    """
    path, private = study.reference_file("principles"), study.private_columns_file("principles")
    rows, (shared, apart) = CsvRows.of(read_utf8(path), path.name), table_files("principles")
    for n, row in read_rows(path, shared.required, shared.optional).items():
        if all(row[column] == old[column] for column in ("principle_id", "version")):
            rows.set_cell(n, "status", "superseded")
    rows.insert(int(old["row"]), new)
    who = CsvRows.of(read_utf8(private) if private.is_file() else ",".join(apart.required) + "\n", apart.path)
    who.append(new)
    private.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(private, who.text)
    write_atomic(path, rows.text)
