"""The ballot box of a round: which texts are voted on, who has handed in a form, and when it is opened.

A round is closed by its day in rounds.csv. Until then its ballot is secret: no table holds a vote of it,
and all that is told is how many forms are received.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from glc_analysis import manifest
from glc_analysis.cleaning.values import text_version
from glc_analysis.convening.opening import keep
from glc_analysis.convening.principles import printed_id
from glc_analysis.disclosure import WITHDRAWN
from glc_analysis.errors import Fault
from glc_analysis.study import Study


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
        said = row.text_version or "".join(map(text_version, principles.loc[is_it & own, "statement"]))
        statements = principles.loc[is_it, "statement"]
        found.append({"text_version": said, "texts": {said, *map(text_version, statements)},
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
                "", text_version(statement)):
            yield Fault(f"the text of {name} was changed after it was issued in round {row['round_id']}",
                        **place, column="text_version", value=row["text_version"], mend="put the issued "
                        f"words back, and make new ones with `glc amend {row['principle_id']}`")
        for column in first.columns:
            if row[column] != first.at[n, column]:
                yield Fault(f"round {row['round_id']} has {first.at[n, column] or 'no day'} in another row",
                            **place, column=column, value=row[column], mend="a round is opened and closed as "
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
    keep(study, rounds)
