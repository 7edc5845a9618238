"""Reads all ballot files, and checks them against the raters, the rounds and the texts issued.

The input is the files in ``raw/ratings/`` and the reference tables. The output is the votes (table
``ratings``) and the number of forms received. A round is closed once rounds.csv has its closing day. Until
then the votes of the round are secret: no table has the votes, and only the number of forms received is
shown. A vote is excluded, and the reason recorded, if the vote is on a text other than the issued text, if
the question was left blank, or if the rater declared an interest in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from glc_analysis import manifest
from glc_analysis.addons.convening.consensus import compute_required_ballots
from glc_analysis.addons.convening.principles import format_printed_id, tidy_reason_refusing_names
from glc_analysis.addons.convening.ratings import (
    HEADER,
    UNANSWERED,
    VOTE_COLUMNS,
    read_ratings_file,
    unanswered_principle_faults,
)
from glc_analysis.addons.convening.round_roles import (
    PROXY,
    ROLE_COLUMNS,
    add_proxies_and_interests,
    describe_unknown_proxy_and_interest_rounds,
    proxy_and_interest_faults,
    proxy_and_interest_unlike_forms_faults,
)
from glc_analysis.addons.convening.rounds import write_rounds
from glc_analysis.addons.convening.seals import (
    RATER,
    Seal,
    changed_rule_faults,
    describe_changes_since_seal,
    list_files_sealed_only_in_round,
    read_seals,
    record_reopening,
    seal_round,
)
from glc_analysis.errors import Fault, Faults, UsageError, suggest_name
from glc_analysis.pseudonyms.masking import Masker, complete_pseudonym_key, read_pseudonym_key
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import STOP_USE, WITHDRAWN, Study
from glc_analysis.tables import group_rows
from glc_analysis.text import content_hash

ENTRY_TABLES = ("principles", "rounds", "raters", "stopped", "proxies", "interests")
"""The reference tables that must be free of faults before a round is opened and before its forms are
received."""
BALLOT_TABLES = (*ENTRY_TABLES, "comments", "names")
"""The reference tables that must be free of faults before a round is counted and its results are read out."""
OTHER_WORDING = "rated "
"""The beginning of the reason in column ``excluded`` if the rater rated words other than the issued words."""
INTEREST = "the voter declared an interest"
"""The reason in column ``excluded`` for a vote whose rater declared an interest."""

# ------------------------------
# A round: the texts it asks about, who may vote, how many forms are received, and closing it.


def add_text_hashes_to_rounds(rounds: pd.DataFrame, principles: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of rounds.csv, in the order in which the rounds were opened, with three more columns
    on the text that the round issued:

    - ``text_version``: the hash of the issued words; if rounds.csv has no hash, the hash of the present
      statement.
    - ``texts``: the hashes of the issued words, of the present statement and of its translations.
    - ``is_cut``: whether a withdrawal removed words from the statement or a translation.
    """
    is_source = principles["translation_of"] == ""
    names = principles["translation_of"].mask(is_source, [
        *map(format_printed_id, principles["principle_id"], principles["version"])])
    texts = []
    for row in rounds.to_dict("records"):
        is_it = names == format_printed_id(row["principle_id"], row["version"])
        source = principles.loc[is_it & is_source, "statement"]
        version = row["text_version"] or "".join(map(content_hash, source))
        statements = principles.loc[is_it, "statement"]
        texts.append({"text_version": version, "texts": {version, *map(content_hash, statements)},
                      "is_cut": statements.str.contains(WITHDRAWN, regex=False).any()})
    known = pd.DataFrame(texts, index=rounds.index, columns=["text_version", "texts", "is_cut"])
    place = pd.Series(pd.factorize(rounds["round_id"])[0], rounds.index)
    return rounds.assign(**known, place=place).sort_values(["opened_on", "place"], kind="stable")


def changed_text_and_unequal_day_faults(rounds: pd.DataFrame, principles: pd.DataFrame) -> Iterator[Fault]:
    """Yields faults for texts that changed after they were issued, and for rounds whose rows have different
    opening or closing days."""
    sources = principles[principles["translation_of"] == ""]
    statements = dict(zip(map(format_printed_id, sources["principle_id"], sources["version"]),
                          sources["statement"],
                          strict=True))
    first: dict[str, dict[Hashable, str]] = {}
    for n, row in zip(rounds.index, rounds.to_dict("records"), strict=True):
        name = format_printed_id(row["principle_id"], row["version"])
        statement = statements.get(name, "")
        if statement and WITHDRAWN not in statement and row["text_version"] not in (
                "", content_hash(statement)):
            yield Fault(f"the text of {name} was changed after it was issued in round {row['round_id']}",
                        "rounds.csv", str(n), "text_version", row["text_version"], "restore the issued "
                        f"words; if you want other words, run `glc amend {row['principle_id']}`")
        other = first.setdefault(row["round_id"], row)
        for column in ("opened_on", "closed_on"):
            if row[column] != other[column]:
                yield Fault(f"another row of round {row['round_id']} has {other[column] or 'no day'}",
                            "rounds.csv", str(n), column, row[column], "write the same day in all rows of "
                            "the round, because a round is opened and closed as a whole")


def select_eligible_raters_with_voter(raters: pd.DataFrame, voting_unit: str) -> pd.DataFrame:
    """Returns the raters who may rate, with an added column ``voter``: the organisation or person that has
    one vote.

    ``voting_unit`` is setting ``vote`` of ``[consensus]``. A rater without an organisation always votes as a
    person.
    """
    own = (raters["organisation_id"] == "") | (voting_unit == "person")
    known = raters.assign(voter=raters["organisation_id"].mask(own, raters["rater_id"]))
    return known[known["may_rate"] == "true"]


def tabulate_received_and_missing_ballots(votes: pd.DataFrame, raters: pd.DataFrame, round_id: str,
                                          consensus_settings: Mapping[str, Any]) -> pd.DataFrame:
    """Returns one row per panel. The row has the numbers of received and expected ballots, a remark if too
    few ballots have been received for a decision, and the codes of the raters whose ballots are missing.
    ``consensus_settings`` are the settings of section ``[consensus]`` of study.toml.

    >>> votes = pd.DataFrame({"round_id": ["1"], "rater_id": ["r1"]})
    >>> raters = pd.DataFrame({"rater_id": ["r1", "r2"], "organisation_id": ["", "quay"],
    ...                        "role": "provider", "may_rate": "true"})
    >>> rule = {"test": "panel", "vote": "organisation", "quorum": {}}
    >>> tabulate_received_and_missing_ballots(votes, raters, "1", rule).to_dict("records")
    [{'panel': 'provider', 'received': '1 of 2 received', 'quorum': 'below the quorum of 2', 'missing': 'r2'}]
    """
    here, rows = set(votes.loc[votes["round_id"] == round_id, "rater_id"]), []
    needed = compute_required_ballots_by_panel(raters, consensus_settings)
    for (panel,), own in group_rows(select_eligible_raters_with_voter(raters, consensus_settings["vote"]),
                                    "role"):
        is_here = own["voter"].isin(own.loc[own["rater_id"].isin(here), "voter"])
        count, expected = own.loc[is_here, "voter"].nunique(), own["voter"].nunique()
        rows.append((panel, f"{count} of {expected} received",
                     f"below the quorum of {needed[panel]}" if count < needed[panel] else "",
                     ", ".join(own.loc[~is_here, "rater_id"])))
    return pd.DataFrame(rows, columns=["panel", "received", "quorum", "missing"])


def compute_required_ballots_by_panel(raters: pd.DataFrame,
                                      consensus_settings: Mapping[str, Any]) -> dict[str, int]:
    """Returns, keyed by panel, how many ballots on a text are needed for a decision, by the rule in section
    ``[consensus]`` of study.toml.

    >>> raters = pd.DataFrame({"rater_id": [*"abcdefghijklm"], "organisation_id": "", "may_rate": "true",
    ...                        "role": ["provider"] * 10 + ["survivor_adviser"] * 3})
    >>> compute_required_ballots_by_panel(raters, {"test": "panel", "vote": "organisation",
    ...     "quorum": {"survivor_adviser": 3}})
    {'provider': 8, 'survivor_adviser': 3}
    """
    eligible = select_eligible_raters_with_voter(raters, consensus_settings["vote"])
    sizes = eligible.groupby("role")["voter"].nunique()
    return {str(panel): compute_required_ballots(n, consensus_settings["test"],
                                                 consensus_settings["quorum"].get(panel, 0))
            for panel, n in zip(sizes.index, sizes.astype(int), strict=True)}


def close_and_seal_round(study: Study, reference: Reference, round_id: str, votes: pd.DataFrame, *,
                         today: date) -> pd.DataFrame:
    """Closes a round: seals it, records its files in the manifest, and writes its closing day to rounds.csv.
    Returns the new rows of rounds.csv."""
    rounds = reference.rounds
    files = set(votes.loc[votes["round_id"] == round_id, "file"])
    new = list_ballots_missing_from_manifest(
        study, [study.make_relative(path) for path in study.list_raw_files("ratings") if path.name in files])
    seal_round(study, rounds, round_id, today.isoformat(), votes,
               add_proxies_and_interests(reference.raters, reference, round_id),
               quorum=compute_required_ballots_by_panel(reference.raters, study.settings["consensus"]))
    is_it = rounds["round_id"] == round_id
    rounds = rounds.assign(closed_on=rounds["closed_on"].mask(is_it, today.isoformat()),
                           is_sealed=rounds["is_sealed"].mask(is_it, "true"))
    manifest.add_to_manifest(study, new, today=today)
    write_rounds(study, rounds)
    return rounds


def reopen_round(study: Study, round_id: str, because: str, *, today: date) -> None:
    """Reopens a closed round; the files of its ballots may then be replaced. The seal of the round is kept.

    Raises UsageError if the round is not closed, or if the reason names somebody. The reason is public, and a
    name could disclose whose vote changed the result.
    """
    reference = read_reference(study, needed=ENTRY_TABLES)
    rounds = reference.rounds
    is_it = rounds["round_id"] == round_id
    if not is_it.any():
        raise UsageError(f"There is no round {round_id!r}; {suggest_name(round_id, rounds['round_id'])}.")
    if (rounds.loc[is_it, "closed_on"] == "").any():
        raise UsageError(f"Round {round_id} is open already.")
    record_reopening(study, round_id,
                     tidy_reason_refusing_names(reference, because, audience="public", refuse_all_names=True),
                     today=today.isoformat())
    files = list_files_sealed_only_in_round(study, round_id)
    remove_files_from_manifest(study, {study.make_relative(study.raw / "ratings" / name) for name in files})
    write_rounds(study, rounds.assign(closed_on=rounds["closed_on"].mask(is_it, ""),
                                      is_sealed=rounds["is_sealed"].mask(is_it, "")))


# ------------------------------
# The ballots of a study.
#
# A contradiction with the reference tables is a fault, and nothing is tallied before it is fixed. A vote on
# another text than the one issued, and a question left blank, are not faults: they are excluded, with a
# reason.


@dataclass(frozen=True)
class Ballots:
    """The votes of all rounds, including open rounds.

    For a sealed round, ``votes`` come from the seal (the copy of the votes made at closing), and ``notes``
    list the differences between the seal and today's files. A file that repeats another file is left out,
    with a note. A file that answers questions left unanswered in another file completes that file.
    ``unanswered`` holds the questions that are unanswered on forms of open rounds; each unanswered question
    is a fault. Callers must not tally votes while ``faults`` is not empty.
    """

    votes: pd.DataFrame
    unanswered: pd.DataFrame
    faults: list[Fault]
    notes: list[str]
    seals: Mapping[str, Seal]

    @classmethod
    def read(cls, study: Study, reference: Reference, *, issuing_round: str = "") -> Ballots:
        """Reads the ballots of a study and collects the faults of all files. ``issuing_round`` is the round
        whose forms are being written now, if there is one. Only in that round may the proxies and interests
        differ from the proxies and interests on forms written earlier."""
        frames, unread = [], []
        faults = list(changed_text_and_unequal_day_faults(reference.rounds, reference.principles))
        seals = read_seals(study, reference.rounds)
        are_all_sealed = {*seals} == {*reference.rounds["round_id"]} != set()
        asked = tuple((str(round_id), tuple(own)) for round_id, own in reference.rounds.groupby("round_id")[
            "principle_id"])
        for path in study.list_raw_files("ratings"):
            try:
                frames.append(_votes_in(path, path.read_bytes(), asked))
            except Faults as found:
                if are_all_sealed:  # a late form, which changes nothing
                    unread += [f"raw/ratings, {fault} Every round is closed, so this file is not counted."
                               for fault in found.faults]
                else:
                    faults += found.faults
        if not (frames or seals):  # as in most studies most of the time
            none = pd.DataFrame(columns=["source", *VOTE_COLUMNS], dtype="str").astype({"source": "int64"})
            return cls(none, none, [*faults, *_role_faults(study, reference, issuing_round)],
                       [*unread, *describe_unknown_proxy_and_interest_rounds(reference)], seals)
        votes = pd.concat([pd.DataFrame(columns=list(VOTE_COLUMNS), dtype="str"), *frames],
                          keys=range(-1, len(frames)), names=["source"]).reset_index("source")
        votes = votes.reset_index(drop=True)
        is_sealed = votes["round_id"].isin([*seals])
        is_given = votes["score"] != UNANSWERED
        changes = [*describe_changes_since_seal(seals, votes[is_sealed & is_given], {
            round_id: add_proxies_and_interests(reference.raters, reference, round_id) for round_id in seals},
            study.settings["consensus"]["fixed_on"])]
        votes, unanswered = _answered(votes[~is_sealed].reset_index(drop=True))
        votes, notes, twice = _without_repeats(votes)
        faults += [*unanswered_principle_faults(unanswered), *twice, *_faults(votes, reference),
                   *_of_one_organisation(
            votes, select_eligible_raters_with_voter(reference.raters, study.settings["consensus"]["vote"])),
            *changed_rule_faults(seals, study.settings["consensus"]),
                   *_role_faults(study, reference, issuing_round)]
        votes = pd.concat([votes, *(seal.votes for seal in seals.values())], ignore_index=True)
        notes = [*notes, *unread, *changes, *describe_unknown_proxy_and_interest_rounds(reference)]
        return cls(votes, unanswered, faults, notes, seals)

    def find_sealed_or_current_raters(self, round_id: str, reference: Reference) -> pd.DataFrame:
        """Returns the raters of a round with their proxies and interests. The rows come from the seal of the
        round, or from today's tables if the round is open."""
        if round_id in self.seals:
            return self.seals[round_id].raters
        is_open = (reference.rounds.loc[reference.rounds["round_id"] == round_id, "closed_on"] == "").any()
        # A round that an older version of the package closed without a seal had no roles.
        own = add_proxies_and_interests(reference.raters, reference, round_id if is_open else "")
        return own[[*RATER, *ROLE_COLUMNS]]

    def find_quorum_by_panel(self, round_id: str, reference: Reference,
                             consensus_settings: Mapping[str, Any]) -> dict[str, int]:
        """Returns the quorum of each panel in a round. The quorum comes from the seal of the round, or
        follows today's rule if the round is open; the result is empty for a round that was sealed without a
        quorum."""
        if round_id in self.seals:
            return {**(self.seals[round_id].quorum or {})}
        return compute_required_ballots_by_panel(reference.raters, consensus_settings)


def list_ballot_notes(study: Study, reference: Reference) -> list[str]:
    """Returns the notes on the ballots of a study: remarks that are not faults."""
    return Ballots.read(study, reference).notes


_Asked = tuple[tuple[str, tuple[str, ...]], ...]
_votes_read: dict[tuple[str, bytes, _Asked], pd.DataFrame] = {}


def _votes_in(path: Path, content: bytes, asked: _Asked) -> pd.DataFrame:
    """Returns the votes of a file. The votes are cached by file name and content, because a command reads the
    same files several times."""
    key = path.name, content, asked
    if key not in _votes_read:
        votes = read_ratings_file(path, expected_principles_by_round=dict(asked))
        while len(_votes_read) >= 500:
            del _votes_read[next(iter(_votes_read))]
        _votes_read[key] = votes
    return _votes_read[key]


def _answered(votes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns two tables: the votes without unanswered questions, and the questions of each rater that no
    file of the rater answers."""
    is_open = votes["score"] == UNANSWERED
    questions = [*zip(*(votes[name] for name in ("round_id", "rater_id", "principle_id", "criterion")),
                      strict=True)]
    given = {question for question, is_left in zip(questions, is_open, strict=True) if not is_left}
    is_answered = np.array([question in given for question in questions], dtype=bool)
    return votes[~is_open].reset_index(drop=True), votes[is_open & ~is_answered].reset_index(drop=True)


def _without_repeats(votes: pd.DataFrame) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """Returns the votes without repetitions, notes about the repetitions, and faults if two files of a rater
    answer a question differently."""
    columns, repeats, notes, faults = [*HEADER[2:], "is_abstained"], [], [], []
    ballots = [*zip(votes["round_id"], votes["rater_id"], strict=True)]
    n_files = Counter(ballot for ballot, _ in {*zip(ballots, votes["source"], strict=True)})
    is_of_several = np.array([n_files[ballot] > 1 for ballot in ballots], dtype=bool)
    for (round_id, rater), own in group_rows(votes[is_of_several], "round_id", "rater_id"):
        (_, first), *others = own.groupby("source")
        known = {(row[0], row[3]): row for row in first[columns].itertuples(index=False, name=None)}
        for _, other in others:
            rows = [*other[columns].itertuples(index=False, name=None)]
            is_known = [(row[0], row[3]) in known for row in rows]
            where = sorted({f"{row[0]} {row[3]}" for row, is_it in zip(rows, is_known, strict=True)
                            if is_it and known[row[0], row[3]] != row})
            if where:
                more = f" and {len(where) - 3} more" if len(where) > 3 else ""
                faults.append(Fault(
                    f"{rater} has also handed in {first['file'].iloc[0]} for round {round_id}, and the two "
                    f"files differ ({', '.join(where[:3])}{more})", file=other["file"].iloc[0],
                    row=other["row"].iloc[0],
                    column="rater_id", value=rater, fix="keep only the file that the rater confirms"))
                continue
            repeats += [*other.index[is_known]]
            known |= {(row[0], row[3]): row for row in rows}
            if all(is_known):
                notes.append(f"{other['file'].iloc[0]} repeats {first['file'].iloc[0]} for {rater} in round "
                             f"{round_id}, so the ballot counts once.")
    return votes.drop(repeats), notes, faults


def _faults(votes: pd.DataFrame, reference: Reference) -> Iterator[Fault]:
    """Yields faults for unknown raters, rounds and principles, and for raters who may not rate."""
    raters = dict(zip(reference.raters["rater_id"], reference.raters["may_rate"], strict=True))
    listed = {round_id: set(own["principle_id"])
              for (round_id,), own in group_rows(reference.rounds, "round_id")}
    for file, line, rater, round_id, principle in zip(*(votes[name] for name in (
            "file", "row", "rater_id", "round_id", "principle_id")), strict=True):
        place = file, line
        if rater not in raters:
            yield Fault(f"raters.csv has no such rater; {suggest_name(rater, raters)}", *place,
                        "rater_id",
                        rater, "correct the code, or add the rater")
        elif raters[rater] != "true":
            yield Fault("may not rate, as raters.csv says", *place, "rater_id", rater,
                        "remove the ballot, or write true under may_rate")
        if round_id not in listed:
            yield Fault(f"rounds.csv has no such round; {suggest_name(round_id, listed)}", *place,
                        "round_id",
                        round_id, "write the round to which the form belongs")
        elif principle not in listed[round_id]:
            yield Fault(f"is not in round {round_id}; {suggest_name(principle, listed[round_id])}",
                        *place, "principle_id", principle,
                        "write the principle as on the form, or remove the row")


def _role_faults(study: Study, reference: Reference, issuing: str) -> Iterator[Fault]:
    """Yields faults for invalid proxies and interests of open rounds, and for proxies and interests that
    differ from those on the forms."""
    rounds = reference.rounds
    for round_id in dict.fromkeys(rounds.loc[rounds["closed_on"] == "", "round_id"]):
        yield from proxy_and_interest_faults(reference, round_id, study.settings["consensus"]["vote"])
        if round_id != issuing:
            yield from proxy_and_interest_unlike_forms_faults(
                study, round_id, add_proxies_and_interests(reference.raters, reference, round_id))


def _of_one_organisation(votes: pd.DataFrame, known: pd.DataFrame) -> Iterator[Fault]:
    """Yields faults if several raters of an organisation have handed in ballots in the same panel although
    each organisation has only one vote in a panel."""
    voters = dict(zip(known["rater_id"], zip(known["role"], known["voter"], strict=True), strict=True))
    first = votes.drop_duplicates(["round_id", "rater_id"])
    cast: dict[tuple[str, ...], list[dict[Hashable, str]]] = {}
    for row in first[first["rater_id"].isin([*voters])].to_dict("records"):
        cast.setdefault((row["round_id"], *voters[row["rater_id"]]), []).append(row)
    for (round_id, panel, voter), (counted, *others) in sorted(cast.items()):
        for row in others:
            yield Fault(f"{voter} has one vote per panel, and {counted['rater_id']} has cast it in round "
                        f"{round_id} ({counted['file']}, panel {panel})", row["file"], row["row"],
                        "rater_id", row["rater_id"], "keep the ballot that the organisation confirms, or "
                        'let persons vote (vote = "person" in study.toml)')


def make_ratings_table_of_closed_rounds(ballots: Ballots, reference: Reference) -> pd.DataFrame:
    """Returns table ``ratings`` before its column types are set. The table has the votes of closed rounds; an
    excluded vote has the reason for the exclusion.

    A rater may have stopped the use of the rater's votes (stopped.csv). The table then leaves out the rater's
    votes in rounds closed on or after the day of stopping, and marks no comment of the rater as a comment
    that may be read aloud.
    """
    texts = add_text_hashes_to_rounds(reference.rounds, reference.principles)
    texts = texts[texts["closed_on"] != ""].rename(columns={"version": "issued", "text_version": "text"})
    raters = pd.concat([pd.DataFrame(columns=["round_id", *RATER, *ROLE_COLUMNS], dtype="str"), *(
        ballots.find_sealed_or_current_raters(one, reference).assign(round_id=one)
        for one in texts["round_id"].unique())])
    rows = ballots.votes.merge(texts[["round_id", "principle_id", "issued", "texts", "is_cut"]],
                               on=["round_id", "principle_id"]).merge(
        raters.drop(columns="may_rate"), on=["round_id", "rater_id"]).merge(
        reference.comments[[*COMMENT, "text"]].rename(columns={"text": "comment_read"}), how="left",
        on=COMMENT)
    rows = rows.merge(texts[["round_id", "closed_on"]].drop_duplicates(), on="round_id")
    stopped = reference.stopped[reference.stopped["choice"] == STOP_USE]
    since = dict(zip(stopped["person_id"], stopped["date"], strict=True))
    days = pd.Series([since.get(one, "") for one in rows["rater_id"]], rows.index, dtype="str")
    rows = rows[(days == "") | (rows["closed_on"] < days)].assign(
        may_be_read=rows["may_be_read"].where(days == "", ""))
    is_blank = (rows["score"] == "") & (rows["is_abstained"] != "true")
    return rows.assign(
        panel=rows["role"], score=pd.to_numeric(rows["score"]).astype("Int64"), entered_by=rows["file"],
        is_abstained=rows["is_abstained"] == "true", is_by_proxy=rows[PROXY] != "",
        may_be_read=rows["may_be_read"] == "yes",
        comment_read=rows["comment_read"].where(rows["comment"] != "").fillna(""),
        excluded=[_exclusion_reason(row, blank)
                  for row, blank in zip(rows.to_dict("records"), is_blank, strict=True)])


def _exclusion_reason(row: Mapping[Any, Any], is_blank: bool) -> str:
    """Returns the reason why a vote is excluded; blank if the vote counts. A vote is excluded if the vote is
    about a text other than the issued text, if the question was left blank, or if the rater declared an
    interest in the text."""
    name = format_printed_id(row["principle_id"], row["issued"])
    if row["version"] != row["issued"]:
        return f"{OTHER_WORDING}{format_printed_id(row['principle_id'], row['version'])}; {name} was issued"
    if row["text_version"] not in row["texts"] and not row["is_cut"]:
        return f"{OTHER_WORDING}other words than those of {name} that were issued"
    if is_blank:
        return "left blank"
    return INTEREST if row["principle_id"] in row["interests"].split(";") else ""


# ------------------------------
# Comments of raters. The team reads all of them, with names masked. Others read those whose raters allowed
# it, in the study's language alone (comments.csv): a comment in a language of one rater names its author.


COMMENT = ["round_id", "rater_id", "principle_id"]
"""The columns that identify a comment in comments.csv."""


def mask_and_list_releasable_comments(principle_ratings: pd.DataFrame, study: Study,
                                      names: pd.DataFrame) -> list[str]:
    """Returns the comments on a principle that may be read outside the team, in the study's language and with
    names masked.

    The comments are sorted by their words, so that the order reveals neither the authors nor the order in
    which forms arrived.
    """
    is_other = principle_ratings["excluded"].str.startswith(OTHER_WORDING)
    rows = principle_ratings[principle_ratings["may_be_read"] & (principle_ratings["comment_read"] != "")
                             & ~is_other]
    said = mask_names_in_comments(rows.assign(comment=rows["comment_read"]), study, names)["comment"]
    return sorted({*said}, key=content_hash)


def locate_unchecked_comments(ratings: pd.DataFrame) -> list[str]:
    """Returns the rater and the principle of each comment that its author allowed to be read aloud and that
    comments.csv does not yet contain."""
    rows = ratings[ratings["may_be_read"] & (ratings["comment"] != "") & (ratings["comment_read"] == "")]
    return [f"{row['rater_id']} on {row['principle_id']}" for row in rows.to_dict("records")]


def mask_names_in_comments(ratings: pd.DataFrame, study: Study, names: pd.DataFrame) -> pd.DataFrame:
    """Returns ``ratings`` with pseudonyms in place of names in the comments; ``names`` is the content of
    names.csv."""
    masker = Masker(names, complete_pseudonym_key(names, read_pseudonym_key(study.key_file)))
    comments = {one: masker.mask(one).text for one in {*ratings["comment"]} - {""}}
    return ratings.assign(comment=ratings["comment"].map(comments).fillna(""))


# ------------------------------
# Ballots in the manifest.


def list_ballots_missing_from_manifest(study: Study, ballot_files: Iterable[str]) -> tuple[str, ...]:
    """Returns the ballot files that the manifest does not list yet; raw files other than ballots are not
    checked. Raises Faults if a ballot file changed since its checksum was recorded."""
    recorded, names = manifest.read_manifest(study), sorted(ballot_files)
    fix = ("put the original file back; or, if a form was keyed again, remove the row of this file from "
           "manifest.csv")
    changed = [name for name in names if name in recorded
               and not manifest.is_unchanged_or_extended_while_coding(
        study.root / name, recorded[name], manifest.compute_checksum(study.root / name))]
    if changed:
        raise Faults([manifest.make_changed_file_fault(name, fix=fix) for name in changed])
    return tuple(name for name in names if name not in recorded)


def remove_files_from_manifest(study: Study, file_names: Collection[str]) -> None:
    """Removes raw files from the manifest, so that other files may replace them."""
    rows = manifest.read_manifest(study)
    if not rows.keys().isdisjoint(file_names):
        manifest.write_manifest(study.locate_reference_file("manifest"),
                                [rows[name] for name in rows if name not in file_names])
