"""Handles the roles of raters in a round: proxies, who vote for absent raters, and raters who declare that
they have an interest in the outcome of the vote on a principle.

Proxies and interests are declared before the vote. A row of proxies.csv is about one rater in one round; a
row of interests.csv is about one rater and one principle in one round. Both are recorded when the forms of a
round are written
(:func:`record_printed_proxies_and_interests`). What is recorded for a rater is binding once the rater has
voted.

A proxy votes for one rater of the same panel, takes part in the discussion, and may not be represented by
another proxy. Survivor advisers choose their own proxies. A ballot by proxy counts like any other ballot.
Votes on a text in which the voter declared an interest are left out of the result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from glc_analysis.errors import Fault
from glc_analysis.reference import Reference
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic

PROXY, INTERESTS = "proxy_id", "interests"


ROLE_COLUMNS = (PROXY, INTERESTS)
"""The columns of :func:`add_proxies_and_interests`: the proxy who votes for the rater, and the principles in
which the rater declared an interest, separated by semicolons."""


RULE_IN_WORDS = "ballots by proxy count; votes on a text in which the voter declared an interest are left out"
"""The rule on proxies and interests, in the words that are sealed with a round and printed with the results
of the round."""


FILE_OF = {PROXY: "proxies.csv", INTERESTS: "interests.csv"}


GONE = "withdrawn"
"""The word that replaces the id of a proxy who withdrew. A ballot cast by this proxy still counts as a ballot
by proxy."""


_RECORD = "roles.csv"


def add_proxies_and_interests(raters: pd.DataFrame, reference: Reference, round_id: str) -> pd.DataFrame:
    """Returns the raters with the columns :data:`ROLE_COLUMNS` for a round; the columns are blank for raters
    without a proxy or an interest."""
    proxies, interests = (table[table["round_id"] == round_id]
                          for table in (reference.proxies, reference.interests))
    by_proxy = dict(zip(proxies["rater_id"], proxies["proxy_id"].replace("", GONE), strict=True))
    declared = {rater: ";".join(sorted(own)) for rater, own in interests.groupby("rater_id")["principle_id"]}
    return raters.assign(**{
        name: pd.Series([found.get(rater, "") for rater in raters["rater_id"]], raters.index, dtype="str")
        for name, found in ((PROXY, by_proxy), (INTERESTS, declared))})


def proxy_and_interest_faults(reference: Reference, round_id: str, voting_unit: str) -> Iterator[Fault]:
    """Yields faults in proxies.csv and interests.csv for an open round; ``voting_unit`` is the setting
    ``vote`` of ``[consensus]``."""
    raters = reference.raters.set_index("rater_id")
    own = reference.proxies[reference.proxies["round_id"] == round_id]
    represented = {*own["rater_id"]}
    for n, row in own.iterrows():
        for column, value, said, fix in _misfits(row, own, raters, represented, voting_unit):
            yield Fault(said, file="proxies.csv", row=str(n), column=column, value=value, fix=fix)
    asked = {*reference.rounds.loc[reference.rounds["round_id"] == round_id, "principle_id"]}
    declared = reference.interests[reference.interests["round_id"] == round_id]
    for n, row in declared[~declared["principle_id"].isin(asked)].iterrows():
        yield Fault(f"round {round_id} does not ask about this principle", file="interests.csv", row=str(n),
                    column="principle_id", value=row["principle_id"],
                    fix=f"write one of {', '.join(sorted(asked))}, or remove the row")


def _misfits(row: pd.Series, proxies: pd.DataFrame, raters: pd.DataFrame, represented: Collection[str],
             vote: str) -> Iterator[tuple[str, str, str, str]]:
    """Yields the errors in a row of proxies.csv, each as column, value, message and fix."""
    rater, proxy = row["rater_id"], row["proxy_id"]
    if proxy == "" or proxy not in raters.index:
        yield "proxy_id", proxy, f"nobody votes for {rater}", "name another proxy, or remove the row"
        return
    if rater not in raters.index:
        return  # a fault of the schema already
    panel, other = raters.at[rater, "role"], raters.at[proxy, "role"]
    if proxy == rater:
        yield "proxy_id", proxy, f"{rater} votes for themselves", "name somebody else, or remove the row"
    elif proxy in represented:
        yield ("proxy_id", proxy, f"{proxy} is represented by a proxy in this round, and cannot be a proxy",
               "name somebody who is present, or remove the row")
    elif (first := proxies.loc[proxies["proxy_id"] == proxy, "rater_id"].iloc[0]) != rater:
        yield ("proxy_id", proxy, f"{proxy} votes for {first} already: a proxy votes for one rater only",
               "name another proxy")
    for name in (rater, proxy):
        if raters.at[name, "may_rate"] != "true":
            yield ("rater_id" if name == rater else "proxy_id", name, "may not rate, as raters.csv says",
                   "name a rater who may rate, or remove the row")
    if panel != other:
        yield ("proxy_id", proxy, f"{rater} is a {_said(panel)} and {proxy} a {_said(other)}, but a proxy "
               "must belong to the same panel", f"name another {_said(panel)}")
    whose = raters.at[rater, "organisation_id"]
    if vote == "organisation" and proxy != rater and whose and whose == raters.at[proxy, "organisation_id"]:
        yield ("proxy_id", proxy, f"{rater} and {proxy} belong to one organisation, which has one vote",
               "remove the row, because one ballot of the organisation is enough")
    if row["is_present"] != "true":
        yield ("is_present", row["is_present"], f"{proxy} is not present at the discussion",
               "name somebody who is present, and write true into is_present")
    if panel == "survivor_adviser" and row["chosen_by"] != "rater":
        yield ("chosen_by", row["chosen_by"], f"{rater} is a survivor adviser, who alone may choose a proxy",
               "ask the survivor adviser, and write rater into chosen_by; or remove the row")


def _said(panel: str) -> str:
    return panel.replace("_", " ")


def list_named_proxies_and_interests(reference: Reference, round_id: str) -> Iterator[str]:
    """Yields a sentence for each proxy and each declared interest of a round, to be read by the team only."""
    raters = add_proxies_and_interests(reference.raters, reference, round_id)
    for row in raters[raters[PROXY] != ""].to_dict("records"):
        yield f"{row['proxy_id']} votes for {row['rater_id']}."
    for row in raters[raters[INTERESTS] != ""].to_dict("records"):
        yield (f"{row['rater_id']} declared an interest: no vote of theirs counts on "
               f"{row['interests'].replace(';', ', ')}.")


def list_proxy_and_interest_count_sentences(reference: Reference, round_id: str) -> Iterator[str]:
    """Yields sentences, to be read by everybody in the room, with the numbers of proxies and of declared
    interests in a round."""
    raters = add_proxies_and_interests(reference.raters, reference, round_id)
    if n := int((raters[PROXY] != "").sum()):
        yield f"Ballots by proxy: {n}."
    if n := int((raters[INTERESTS] != "").sum()):
        yield f"Raters who declared an interest: {n}."


def describe_unknown_proxy_and_interest_rounds(reference: Reference) -> Iterator[str]:
    """Yields a sentence for each round in proxies.csv or interests.csv that does not exist yet, because the
    name of the round may be a typing error."""
    for name in FILE_OF.values():
        table = reference.tables[name.removesuffix(".csv")]
        for round_id in sorted({*table["round_id"]} - {*reference.rounds["round_id"]}):
            yield f"{name}: there is no round {round_id!r} yet."


def record_printed_proxies_and_interests(study: Study, round_id: str, raters: pd.DataFrame) -> None:
    """Records the proxies and interests of a round that are printed on the forms of the round."""
    path = _record(study, round_id)
    own = raters.loc[(raters[list(ROLE_COLUMNS)] != "").any(axis=1), ["rater_id", *ROLE_COLUMNS]]
    if len(own) or path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private_table(path, own)


def find_changed_proxies_and_interests(study: Study, round_id: str, raters: pd.DataFrame) -> dict[str, str]:
    """Returns the raters whose proxies or interests differ from those on the forms of the round, each with
    the table that differs."""
    path = _record(study, round_id)
    was = read_private_table(path).set_index("rater_id").to_dict("index") if path.is_file() else {}
    return {row["rater_id"]: FILE_OF[name] for row in raters.to_dict("records") for name in ROLE_COLUMNS
            if row[name] != was.get(row["rater_id"], {}).get(name, "")}


def proxy_and_interest_unlike_forms_faults(study: Study, round_id: str,
                                           raters: pd.DataFrame) -> Iterator[Fault]:
    """Yields faults for proxies and interests in the tables that differ from those on the forms of an open
    round."""
    for rater, file in find_changed_proxies_and_interests(study, round_id, raters).items():
        yield Fault(f"the entry for {rater} differs from the forms of round {round_id}", file=file,
                    column="rater_id", value=rater, fix=f"write the forms again with `glc forms --round "
                    f"{round_id}`, which is possible until {rater} has voted; or restore the row")


def proxy_and_interest_after_vote_faults(study: Study, round_id: str, raters: pd.DataFrame,
                                         voted_rater_ids: Collection[str]) -> Iterator[Fault]:
    """Yields a fault for each rater in ``voted_rater_ids`` (raters who have already voted) whose proxy or
    interests changed after the forms of the round were written."""
    for rater, file in find_changed_proxies_and_interests(study, round_id, raters).items():
        if rater in voted_rater_ids:
            yield Fault(f"{rater} has already voted in round {round_id}: a proxy or an interest must be "
                        "declared before the vote", file=file, column="rater_id", value=rater,
                        fix=f"restore the row; or remove the ballot of {rater} from "
                        "raw/ratings, and ask for a new ballot")


def drop_voters_and_mask_proxies(proxy_or_interest_rows: pd.DataFrame,
                                 rater_ids: Collection[str]) -> pd.DataFrame:
    """Returns ``proxy_or_interest_rows`` (rows of proxies or interests) without the raters ``rater_ids``. A
    row in which one of these raters is the voter is removed. In a row in which one of these raters is the
    proxy, :data:`GONE` replaces the rater's id."""
    kept = proxy_or_interest_rows[~proxy_or_interest_rows["rater_id"].isin([*rater_ids])]
    return kept.assign(**{PROXY: kept[PROXY].mask(kept[PROXY].isin([*rater_ids]), GONE)})


def erase_from_recorded_proxies_and_interests(study: Study, rater_ids: Collection[str]) -> None:
    """Removes the raters ``rater_ids`` from the recorded proxies and interests of all rounds."""
    for path in study.locate_private_folder("rounds").glob(f"*/{_RECORD}"):
        write_private_table(path, drop_voters_and_mask_proxies(read_private_table(path), rater_ids))


def _record(study: Study, round_id: str) -> Path:
    return study.locate_private_folder("rounds") / round_id / _RECORD


def read_private_table(path: Path) -> pd.DataFrame:
    """Reads a table of a round in private/, and returns it with all columns as text."""
    # A comment may hold a carriage return by itself, which is not written in quotation marks.
    return pd.read_csv(path, dtype="str", keep_default_na=False, lineterminator="\n")


def write_private_table(path: Path, frame: pd.DataFrame) -> None:
    """Writes a table of a round in private/ in place of the earlier table."""
    write_atomic(path, frame.to_csv(index=False, lineterminator="\n"))
