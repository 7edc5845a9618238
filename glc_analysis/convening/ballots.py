"""The ballots of a study: read from all files, checked against raters, rounds and the texts issued.

A round is closed by its day in rounds.csv. Until then no table holds a vote of it, and nothing is shown but
how many forms were received. A vote on another text than the one issued, and a question left blank, are
excluded with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pandas as pd

from glc_analysis import manifest
from glc_analysis.convening.principles import printed_id
from glc_analysis.convening.rounds import write_rounds
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.ratings import COLUMNS, HEADER, read_ratings
from glc_analysis.pseudonyms.masking import Masker, complete_key, read_key
from glc_analysis.reference import Reference
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.text import content_hash

# ------------------------------
# The ballot box of a round: which texts are voted on, who has handed in a form, and when it is opened.
#
# A round is closed by its day in rounds.csv. Until then its ballot is secret: no table holds a vote of it,
# and all that is told is how many forms are received.


def issued(rounds: pd.DataFrame, principles: pd.DataFrame) -> pd.DataFrame:
    """The rows of rounds.csv, rounds in the order in which they were opened, with the text that was issued.

    ``text_version`` is that of the statement where the row does not say, ``texts`` those of the statement
    and of its translations; ``is_cut`` tells that a withdrawal took words out of one of them.
    """
    own = principles["translation_of"] == ""
    names = principles["translation_of"].mask(own, [
        *map(printed_id, principles["principle_id"], principles["version"])])
    found = []
    for row in rounds.itertuples():
        is_it = names == printed_id(row.principle_id, row.version)
        said = row.text_version or "".join(map(content_hash, principles.loc[is_it & own, "statement"]))
        statements = principles.loc[is_it, "statement"]
        found.append({"text_version": said, "texts": {said, *map(content_hash, statements)},
                      "is_cut": statements.str.contains(WITHDRAWN, regex=False).any()})
    known = pd.DataFrame(found, index=rounds.index, columns=["text_version", "texts", "is_cut"])
    place = pd.Series(pd.factorize(rounds["round_id"])[0], rounds.index)
    return rounds.assign(**known, place=place).sort_values(["opened_on", "place"], kind="stable")


def round_faults(rounds: pd.DataFrame, principles: pd.DataFrame) -> Iterator[Fault]:
    """Texts that are no longer those issued, and rounds that are not opened and closed as a whole."""
    sources = principles[principles["translation_of"] == ""]
    statements = dict(zip(map(printed_id, sources["principle_id"], sources["version"]), sources["statement"],
                          strict=True))
    first = rounds.groupby("round_id")[["opened_on", "closed_on"]].transform("first")
    for n, row in rounds.iterrows():
        name, place = printed_id(row["principle_id"], row["version"]), {"file": "rounds.csv", "row": str(n)}
        statement = statements.get(name, "")
        if statement and WITHDRAWN not in statement and row["text_version"] not in (
                "", content_hash(statement)):
            yield Fault(f"the text of {name} was changed after it was issued in round {row['round_id']}",
                        **place, column="text_version", value=row["text_version"], fix="put the issued "
                        f"words back, and make new ones with `glc amend {row['principle_id']}`")
        for column in first.columns:
            if row[column] != first.at[n, column]:
                yield Fault(f"round {row['round_id']} has {first.at[n, column] or 'no day'} in another row",
                            **place, column=column, value=row[column], fix="a round is opened and closed as "
                            "a whole: write the same day in all its rows")


def voters(raters: pd.DataFrame, vote: str) -> pd.DataFrame:
    """The raters who may rate, with ``voter``, whose vote theirs is: the organisation's, or their own.

    Raters without an organisation have their own in either case.
    """
    own = (raters["organisation_id"] == "") | (vote == "person")
    known = raters.assign(voter=raters["organisation_id"].mask(own, raters["rater_id"]))
    return known[known["may_rate"] == "true"]


def received(votes: pd.DataFrame, raters: pd.DataFrame, round_id: str, vote: str) -> pd.DataFrame:
    """One row a panel: how many ballots are received of how many expected, and whose are not, as codes.

    >>> votes = pd.DataFrame({"round_id": ["1"], "rater_id": ["r1"]})
    >>> raters = pd.DataFrame({"rater_id": ["r1", "r2"], "organisation_id": ["", "quay"],
    ...                        "role": "provider", "may_rate": "true"})
    >>> received(votes, raters, "1", "organisation").to_dict("records")
    [{'panel': 'provider', 'received': '1 of 2 received', 'missing': 'r2'}]
    """
    here, rows = set(votes.loc[votes["round_id"] == round_id, "rater_id"]), []
    for panel, own in voters(raters, vote).groupby("role"):
        is_here = own["voter"].isin(own.loc[own["rater_id"].isin(here), "voter"])
        count, expected = own.loc[is_here, "voter"].nunique(), own["voter"].nunique()
        rows.append((panel, f"{count} of {expected} received", ", ".join(own.loc[~is_here, "rater_id"])))
    return pd.DataFrame(rows, columns=["panel", "received", "missing"])


def close(study: Study, rounds: pd.DataFrame, round_id: str, votes: pd.DataFrame, *, today: date) -> None:
    """Writes rounds.csv, in which a round is closed now, and its files into the manifest: from then on a
    ballot that is changed is a fault."""
    files = set(votes.loc[votes["round_id"] == round_id, "file"])
    new = [name for name in manifest.inspect(study).new if name.rpartition("/")[2] in files]
    manifest.accept(study, tuple(new), today=today)
    write_rounds(study, rounds)


# ------------------------------
# The ballots of a study: all files together, checked against raters, rounds and the texts issued.
#
# What contradicts the reference tables is a fault, and nothing is tallied before it is corrected. A vote on
# another text than the one issued, and a question left blank, are no faults: they are held out, with the
# reason.


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
                    column="rater_id", value=rater, fix="keep the one that the rater stands by"))
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
                        column="rater_id", value=rater, fix="correct the code, or add the rater")
        elif raters[rater] != "true":
            yield Fault("may not rate, as raters.csv says", **place, column="rater_id", value=rater,
                        fix="take the ballot out, or write true under may_rate")
        if round_id not in listed:
            yield Fault(f"rounds.csv has no such round; {nearest(round_id, listed)}", **place,
                        column="round_id", value=round_id, fix="write the round that the form is of")
        elif row["principle_id"] not in listed[round_id]:
            yield Fault(f"is not in round {round_id}; {nearest(row['principle_id'], listed[round_id])}",
                        **place, column="principle_id", value=row["principle_id"],
                        fix="write the principle as the form does, or take the row out")


def _of_one_organisation(votes: pd.DataFrame, known: pd.DataFrame) -> Iterator[Fault]:
    """Ballots of several raters of one panel where only one vote is due."""
    first = votes.drop_duplicates(["round_id", "rater_id"]).merge(known, on="rater_id")
    for (round_id, panel, voter), own in first.groupby(["round_id", "role", "voter"]):
        for row in own.iloc[1:].itertuples():
            yield Fault(f"{voter} has one vote a panel, and {own['rater_id'].iloc[0]} has cast it in round "
                        f"{round_id} ({own['file'].iloc[0]}, panel {panel})", file=row.file, row=row.row,
                        column="rater_id", value=row.rater_id, fix="keep the ballot that the organisation "
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


# ------------------------------
# What raters wrote beside their votes, as others may read it.


def masked(ratings: pd.DataFrame, study: Study, names: pd.DataFrame) -> pd.DataFrame:
    """Ratings with the ``names`` of names.csv in their comments under pseudonyms."""
    masker = Masker(names, complete_key(names, read_key(study.key_file)))
    comments = {one: masker.mask(one).text for one in {*ratings["comment"]} - {""}}
    return ratings.assign(comment=ratings["comment"].map(comments).fillna(""))
