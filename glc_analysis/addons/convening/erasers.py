"""Erases the data that the convening holds about an organisation or person that withdraws (the leaver).

The ballots of the leaver are in files, in logs of data entry and in sealed rounds. Comments, decisions and
signatures of the leaver are in tables, and a list records who received a packet (the printed papers for the
convening).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager, nullcontext
from pathlib import Path

from glc_analysis import tables
from glc_analysis.addon import Leaver
from glc_analysis.addons.convening.packets.packet import PACKETS_MADE
from glc_analysis.addons.convening.ratings import read_ratings_file
from glc_analysis.addons.convening.seals import erase_raters_from_seals, read_seals
from glc_analysis.addons.convening.signatures import SIGNATURE_LOG
from glc_analysis.errors import Fault, Faults
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.tabular import read_delimited_file

Cells = dict[str, str]
_SAID = ("proposed_by", "objections", "reservations")
"""The columns of the decision log that record a view, together with the organisation or person who holds the
view."""


@contextmanager
def lock_entry_logs_and_check_seals(study: Study) -> Generator[None]:
    """Locks the logs of data entry against changes by other processes. Raises Faults for rounds that changed
    since they were sealed, because a changed round must not be sealed again."""
    read_seals(study, read_reference(study).rounds)
    desk = study.private / "desk"
    with hold_folder_lock(desk, what="data entry session") if desk.is_dir() else nullcontext():
        yield


def organisation_by_rater(reference: Reference) -> dict[str, str]:
    """Returns the organisation of each rater, keyed by rater id."""
    raters = reference.raters
    return dict(zip(raters["rater_id"], raters["organisation_id"], strict=True))


def split_all_remarks_into_leavers_and_others(study: Study, reference: Reference,
                                              leaver: Leaver) -> tuple[list[str], list[str]]:
    """Returns two lists of remarks (comments of raters and reservations of signatories): the remarks that the
    leaver made, and the remarks that all other people made."""
    own, others = [], []
    for path in study.list_raw_files("ratings"):
        votes = read_ratings_file(path)
        is_own = votes["rater_id"].isin(leaver.raters)
        own += [*votes.loc[is_own, "comment"]]
        others += [*votes.loc[~is_own, "comment"]]
    comments, signed = reference.comments, reference.signoffs
    own += [*comments.loc[comments["rater_id"].isin(leaver.raters), "text"]]
    is_own = signed["organisation_id"] == leaver.organisation_id
    return (own + [*signed.loc[is_own, "reservation"]],
            others + [*signed.loc[~is_own, "reservation"]])


def list_statements_of_all_versions(reference: Reference) -> list[str]:
    """Returns the statements of the principles. The statements are the study's own words, even where a
    participant used the same words."""
    return [*reference.principles["statement"]]


def map_evidence_ids_to_cited_words(reference: Reference,
                                    segment_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """Returns the words that evidence.csv cites from the coded segments in ``segment_ids``, keyed by
    principle and evidence id."""
    rows = reference.evidence[reference.evidence["reference"].isin(segment_ids)]
    return dict(zip(zip(rows["principle_id"], rows["evidence_id"], strict=True), rows["cited"], strict=True))


def erase_leaver_from_convening_row(table: str, original_row: Cells, redacted_row: Cells,
                                    leaver: Leaver) -> tuple[Cells, Cells] | None:
    """Erases from a row of a reference table the content of the leaver that the core has not erased. Returns
    the row before the withdrawal and the row after it; returns None if the whole row is removed."""
    blank: Collection[str] = ()
    if table == "parking_lot" and leaver.is_named_as_owner(original_row.get("raised_by", "")):
        return None
    if table == "evidence" and (original_row["principle_id"], original_row["evidence_id"]) in leaver.cited:
        blank = ("cited", "quoted_for")
    elif table == "joint_display" and original_row["quote_id"] in leaver.ids:  # the row is not the leaver's
        original_row, blank = original_row | {"quote_id": ""}, ("quote_id",)
    elif table == "raters" and leaver.raters:  # who refused may be gone, and a refusal is final
        blank = ("may_show_more",)
    elif table == "decision_log":
        redacted_row = redacted_row | {column: _without_its_parts(original_row[column], leaver)
                                       for column in _SAID if column in original_row}
    elif table == "text_decisions" and leaver.raters and redacted_row.get("votes"):
        # two counts, one without its ballot, would disclose the vote
        redacted_row = redacted_row | {"votes": WITHDRAWN}
    return original_row, redacted_row | {column: "" for column in blank if column in redacted_row}


def _without_its_parts(text: str, leaver: Leaver) -> str:
    """Returns the text of a cell of the decision log. The mark of a withdrawal replaces every part of the
    text that names the leaver. A part of a cell ends at a semicolon or a line end."""
    return "".join(WITHDRAWN if leaver.is_named_as_owner(part) else part
                   for part in re.split(r"(\s*[;\n]\s*)", text))


def erase_leaver_ballots_signatures_and_names(study: Study, leaver: Leaver) -> None:
    """Removes the leaver's ballots and signatures from a study, and the leaver's names from texts by other
    people. A file that is then empty is deleted. Raises Faults if the votes of other raters would change."""
    faults = []
    for path in study.list_raw_files("ratings"):
        try:
            _remove_from_ratings(path, leaver)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
    for path in sorted(study.private.glob("desk/*.jsonl")):
        if path.name != SIGNATURE_LOG:
            _remove_keyed(path, leaver.raters, leaver)
        elif leaver.is_whole:
            _remove_keyed(path, {leaver.organisation_id}, leaver)
    erase_raters_from_seals(study, leaver.raters)


def _remove_keyed(path: Path, papers: Collection[str], leaver: Leaver) -> None:
    """Removes the entries of ``papers`` from a log of data entry, and the leaver's names from the other
    entries."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    whole = [line for line in lines if line.endswith("\n")]  # a power cut may have torn the last
    kept = [line for line in whole if json.loads(line)["form"] not in papers]
    if lines:
        path.write_text("".join(leaver.redact_names_and_words(kept)), encoding="utf-8", newline="\n")


def _remove_from_ratings(path: Path, leaver: Leaver) -> None:
    votes = read_ratings_file(path)
    is_own, theirs = votes["rater_id"].isin(leaver.raters), ["comment", "file", "row"]
    if is_own.all():
        path.unlink()
        return
    rows = set(votes.loc[is_own, "row"])
    # The number says which rows are theirs; the code, that the row is of this sheet.
    leaver.remove_rows_and_redact_rest(path, lambda n, cells: (
        str(n) in rows and not leaver.raters.isdisjoint(map(str.strip, cells))))
    left = read_ratings_file(path).drop(columns=theirs)
    if not left.equals(votes[~is_own].drop(columns=theirs).reset_index(drop=True)):
        raise Faults([Fault("the ballots that must be erased cannot be removed without changing other votes",
                            file=path.name, fix="remove "
                            "these ballots by hand, correct the checksum of the file in manifest.csv, and "
                            "run the command again")])


def list_dropped_votes_and_comments(study: Study, later_study: Study,
                                    person_id: str) -> list[tuple[str, str, str]]:
    """Returns a person's votes and comments that ``later_study`` no longer uses, each as kind, place and
    content. The votes are those in ``study`` in rounds for which ``later_study`` has no vote by the person.
    The comments are all comments by the person that ``study`` may read aloud."""
    rated, still = (tables.read_table("ratings", study=one) for one in (study, later_study))
    rated, still = (votes[votes["rater_id"] == person_id] for votes in (rated, still))
    rows = [("vote", f"round {row['round_id']}", f"{row['principle_id']} {row['criterion']}")
            for row in rated.to_dict("records") if row["round_id"] not in {*still["round_id"]}]
    read = rated[rated["may_be_read"] & (rated["comment"] != "")]
    return rows + [("comment", f"round {round_id}", principle) for round_id, principle in zip(
        read["round_id"], read["principle_id"], strict=True)]


def list_all_recorded_packets(study: Study) -> list[tuple[str, str, str]]:
    """Returns the paper packets whose holders must be informed: kind, place and content of each."""
    path = study.private / PACKETS_MADE
    rows = read_delimited_file(path).rows[1:] if path.is_file() else []
    return [("packet", PACKETS_MADE, f"{day} {whose or 'shared'}: {parts}") for _, day, whose, parts in rows]
