"""The ballots of a study: all files together, checked against raters, rounds and the texts issued.

What contradicts the reference tables is a fault, and nothing is tallied before it is mended. A vote on
another text than the one issued, and a question left blank, are no faults: they are held out, with the
reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from glc_analysis.convening.ballot_box import issued, round_faults, voters
from glc_analysis.convening.principles import printed_id
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.ratings import COLUMNS, HEADER, read_ratings
from glc_analysis.reference import Reference
from glc_analysis.study import Study


@dataclass(frozen=True)
class Ballots:
    """Every vote of every file, open rounds included: ``votes`` as the intake reads them, a file that
    repeats another left out and noted. With ``faults`` they must not be tallied."""

    votes: pd.DataFrame
    faults: list[Fault]
    notes: list[str]

    @classmethod
    def read(cls, study: Study, reference: Reference) -> Ballots:
        """The ballots of a study; the faults of all files are found at once."""
        frames, faults = [], list(round_faults(reference.rounds, reference.principles))
        for path in study.raw_files("ratings"):
            try:
                frames.append(read_ratings(path))
            except Faults as found:
                faults += found.faults
        votes = pd.concat([pd.DataFrame(columns=list(COLUMNS), dtype="str"), *frames],
                          keys=range(-1, len(frames)), names=["source"]).reset_index("source")
        votes, notes, twice = _once(votes.reset_index(drop=True))
        faults += [*twice, *_faults(votes, reference), *_of_one_organisation(
            votes, voters(reference.raters, study.settings["consensus"]["vote"]))]
        return cls(votes, faults, notes)


def _once(votes: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """Votes without files that say again what another says of a rater and round; those that differ."""
    said, gone, notes, faults = [*HEADER[2:], "is_abstained"], [], [], []
    for (round_id, rater), own in votes.groupby(["round_id", "rater_id"]):
        (_, first), *others = own.groupby("source")
        known = set(first[said].itertuples(index=False, name=None))
        for _, other in others:
            changed = known ^ set(other[said].itertuples(index=False, name=None))
            if changed:
                where = sorted({f"{row[0]} {row[3]}" for row in changed})
                more = f" and {len(where) - 3} more" if len(where) > 3 else ""
                faults.append(Fault(
                    f"{rater} has handed in {first['file'].iloc[0]} for round {round_id}, and the two differ "
                    f"({', '.join(where[:3])}{more})", file=other["file"].iloc[0], row=other["row"].iloc[0],
                    column="rater_id", value=rater, mend="keep the one that the rater stands by"))
            else:
                gone += [*other.index]
                notes.append(f"{other['file'].iloc[0]} says again what {first['file'].iloc[0]} says of "
                             f"{rater} in round {round_id}: it counts once.")
    return votes.drop(gone), notes, faults


def _faults(votes: pd.DataFrame, reference: Reference) -> Iterator[Fault]:
    """Raters, rounds and principles that are not there, and raters who may not rate."""
    raters, rounds = reference.raters.set_index("rater_id")["may_rate"], reference.rounds
    listed = {round_id: set(own) for round_id, own in rounds.groupby("round_id")["principle_id"]}
    for row in votes.to_dict("records"):
        place, rater, round_id = {"file": row["file"], "row": row["row"]}, row["rater_id"], row["round_id"]
        if rater not in raters.index:
            yield Fault(f"raters.csv has no such rater; {nearest(rater, raters.index)}", **place,
                        column="rater_id", value=rater, mend="correct the code, or add the rater")
        elif raters[rater] != "true":
            yield Fault("may not rate, as raters.csv says", **place, column="rater_id", value=rater,
                        mend="take the ballot out, or write true under may_rate")
        if round_id not in listed:
            yield Fault(f"rounds.csv has no such round; {nearest(round_id, listed)}", **place,
                        column="round_id", value=round_id, mend="write the round that the form is of")
        elif row["principle_id"] not in listed[round_id]:
            yield Fault(f"is not in round {round_id}; {nearest(row['principle_id'], listed[round_id])}",
                        **place, column="principle_id", value=row["principle_id"],
                        mend="write the principle as the form does, or take the row out")


def _of_one_organisation(votes: pd.DataFrame, known: pd.DataFrame) -> Iterator[Fault]:
    """Ballots of several raters of one panel where only one vote is due."""
    first = votes.drop_duplicates(["round_id", "rater_id"]).merge(known, on="rater_id")
    for (round_id, panel, voter), own in first.groupby(["round_id", "role", "voter"]):
        for row in own.iloc[1:].itertuples():
            yield Fault(f"{voter} has one vote a panel, and {own['rater_id'].iloc[0]} has cast it in round "
                        f"{round_id} ({own['file'].iloc[0]}, panel {panel})", file=row.file, row=row.row,
                        column="rater_id", value=row.rater_id, mend="keep the ballot that the organisation "
                        'stands by, or let persons vote (vote = "person" in study.toml)')


def ratings(votes: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Table ``ratings``, but for its shape: faultless votes of closed rounds, and why some do not count."""
    texts = issued(reference.rounds, reference.principles)
    texts = texts[texts["closed_on"] != ""].rename(columns={"version": "issued", "text_version": "text"})
    rows = votes.merge(texts[["round_id", "principle_id", "issued", "texts", "is_cut"]],
                       on=["round_id", "principle_id"]).merge(
        reference.raters[["rater_id", "organisation_id", "role"]], on="rater_id")
    is_blank = (rows["score"] == "") & (rows["is_abstained"] != "true")
    return rows.assign(
        panel=rows["role"], score=pd.to_numeric(rows["score"]).astype("Int64"), entered_by=rows["file"],
        is_abstained=rows["is_abstained"] == "true", may_be_read=rows["may_be_read"] == "yes",
        held_out=[_held_out(row) or ("left blank" if blank else "")
                  for row, blank in zip(rows.itertuples(), is_blank, strict=True)])


def _held_out(row: tuple) -> str:
    """Why a vote does not count: it is of another text than the one that was issued."""
    name = printed_id(row.principle_id, row.issued)
    if row.version != row.issued:
        return f"rated {printed_id(row.principle_id, row.version)}; {name} was issued"
    is_issued = row.text_version in row.texts or row.is_cut
    return "" if is_issued else f"rated other words than those of {name} that were issued"
