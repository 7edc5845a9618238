"""Counts the votes of closed rounds, panel by panel, by the study's rule, and makes the lines to read out.

Tables ``ratings`` and ``tallies`` are made from ballots and reference tables. For an open round, only the
number of received forms is counted. Each panel is tallied separately, and votes on words other than those
issued are excluded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import product
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.ballots import (
    BALLOT_TABLES,
    INTEREST,
    Ballots,
    add_text_hashes_to_rounds,
    close_and_seal_round,
    make_ratings_table_of_closed_rounds,
    mask_and_list_releasable_comments,
    select_eligible_raters_with_voter,
    tabulate_received_and_missing_ballots,
)
from glc_analysis.addons.convening.consensus import (
    NO_DECISION,
    RULES_IN_WORDS,
    SMALLEST_OF,
    TOO_FEW,
    compute_tally_columns,
    count_votes_by_tertile,
    decide_panel_result,
    describe_dissenting_votes,
    describe_median_movement,
    describe_tally,
    list_possible_results,
)
from glc_analysis.addons.convening.principles import format_printed_id
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.seals import (
    Seal,
    list_rounds_with_erased_ballots,
    store_shown_file_in_seal,
)
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.votes import (
    blank_undisclosed_tallies_and_describe_votes,
    compute_largest_undisclosed_panel,
    count_votes_known_to_coalition,
    is_result_including_left_out_disclosable,
    is_result_without_part_disclosable,
    select_fully_disclosed_panels,
)
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, suggest_name
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import list_allowed_words
from glc_analysis.study import Study


def make_ratings_and_tallies(study: Study, reference: Reference, cleaning_log: CleaningLog, *,
                             issuing_round: str = "") -> dict[str, pd.DataFrame]:
    """Returns tables ``ratings`` and ``tallies`` of closed rounds. Raises Faults with all errors in any
    ballot, also in ballots of open rounds. ``issuing_round`` is the round whose forms are being written, if
    there is one."""
    ballots = Ballots.read(study, reference, issuing_round=issuing_round)
    frames, _ = _tables(ballots, reference, study.settings["consensus"])
    if len(rated := frames["ratings"]):
        is_counted = (rated["excluded"] == "") & ~rated["is_abstained"]
        cleaning_log.add_step("votes counted", rows_in=len(rated), rows_out=int(is_counted.sum()),
                              why="closed rounds, without abstentions, blank votes, votes on another text, "
                              "and votes left out for a declared interest")
    return frames


def _tables(ballots: Ballots, reference: Reference,
            settings: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Returns tables ``ratings`` and ``tallies``, and notes for the team on results that differ from the
    sealed results."""
    if ballots.faults:
        raise Faults(ballots.faults)
    if ballots.votes.empty:
        return {name: tables.conform_to_schema(name, pd.DataFrame()) for name in ("ratings", "tallies")}, []
    rated = tables.conform_to_schema("ratings", make_ratings_table_of_closed_rounds(ballots, reference))
    counted = tables.conform_to_schema("tallies", make_tallies_table(rated, ballots, reference, settings))
    counted, notes = restore_sealed_results(counted, ballots.seals)
    return {"ratings": rated, "tallies": counted}, notes


_KEY = ["round_id", "principle_id", "criterion", "panel"]
_NOT_OF_THE_ROUND = ("movement", "rule")
"""The columns of ``tallies`` whose values depend on more than the ballots of the row's round."""


def restore_sealed_results(tallies: pd.DataFrame, seals: Mapping[str, Seal]) -> tuple[pd.DataFrame,
                                                                                      list[str]]:
    """Returns ``tallies`` with sealed results in place of newly counted results. Also returns a sentence for
    each result that this version of the package counts differently."""
    notes = []
    for seal in seals.values():
        if (results := seal.results) is None:
            continue
        sealed = results.set_index(_KEY)
        columns = [name for name in sealed if name in tallies and name not in _NOT_OF_THE_ROUND]
        is_it = (tallies["round_id"] == seal.round_id) & pd.MultiIndex.from_frame(
            tallies[_KEY]).isin(sealed.index)
        for at, row in tallies[is_it].iterrows():
            key = tuple(row[_KEY])
            for name in columns:
                was, is_now = ("nothing" if pd.isna(value) else value
                               for value in (sealed.at[key, name], row[name]))
                if was != is_now:
                    notes.append(f"Round {seal.round_id}, {' '.join(key[1:])}, {name}: this version of the "
                                 f"package counts {is_now}, but {was} was disclosed to the room and is kept.")
                    tallies.at[at, name] = sealed.at[key, name]
    return tallies, notes


@dataclass(frozen=True)
class RoundCount:
    """The state of a round. For an open round, ``received`` has the number of received forms (one row per
    panel), and ``faults`` the faults in the files of ratings. For a closed round, ``frames`` has the
    ``tallies`` and ``ratings`` of all closed rounds."""

    round_id: str
    reference: Reference
    received: pd.DataFrame | None
    frames: dict[str, pd.DataFrame]
    notes: list[str]
    faults: list[Fault]

    @property
    def rows_of_round(self) -> dict[str, pd.DataFrame]:
        """Returns the rows of tables ``tallies`` and ``ratings`` that belong to the round."""
        return {name: frame[frame["round_id"] == self.round_id] for name, frame in self.frames.items()}


def count_round(study: Study, round_id: str, *, close_on: date | None = None) -> RoundCount:
    """Counts a round from its files. With ``close_on``, an open round is first closed on that day.

    Raises UsageError for an unknown round. Raises GLCError if the round is to be closed and no form has been
    received, or if ``close_on`` is before the opening day. Raises Faults, before anything is written, if a
    file of ratings is faulty and the round is closed or is to be closed.
    """
    reference = read_reference(study, needed=BALLOT_TABLES, checked_against=("organisations",))
    settings = study.settings["consensus"]
    rounds = reference.rounds
    is_it = rounds["round_id"] == round_id
    if not is_it.any():
        raise UsageError(f"There is no round {round_id!r}; {suggest_name(round_id, rounds['round_id'])}. "
                         f"To fix: correct the name, or open round {round_id} with "
                         f"`glc forms --round {round_id}`.")
    ballots, is_open = Ballots.read(study, reference), (rounds.loc[is_it, "closed_on"] == "").any()
    if is_open and not close_on:
        told = tabulate_received_and_missing_ballots(ballots.votes, reference.raters, round_id, settings)
        return RoundCount(round_id, reference, told, {}, ballots.notes, ballots.faults)
    if is_open and close_on:
        if ballots.faults:
            raise Faults(ballots.faults)
        if round_id not in set(ballots.votes["round_id"]):
            raise GLCError(f"No form of round {round_id} has been received yet, so there is nothing to "
                           "close.")
        if close_on.isoformat() < (opened_on := rounds.loc[is_it, "opened_on"].max()):
            raise GLCError(f"Round {round_id} was opened on {opened_on}, and this computer's clock says "
                           f"{close_on}. To fix: set the clock.")
        rounds = close_and_seal_round(study, reference, round_id, ballots.votes, today=close_on)
        reference = Reference({**reference.tables, "rounds": rounds}, reference.unsound)
        ballots = Ballots.read(study, reference)
    frames, notes = _tables(ballots, reference, settings)
    if close_on:  # also where the last call ended before it had kept them
        own = frames["tallies"][frames["tallies"]["round_id"] == round_id]
        store_shown_file_in_seal(study, round_id, "results", tables.make_parquet_bytes(own))
    return RoundCount(round_id, reference, None, frames, [*ballots.notes, *notes], [])


def make_tallies_table(ratings: pd.DataFrame, ballots: Ballots, reference: Reference,
                       consensus_settings: Mapping[str, Any]) -> pd.DataFrame:
    """Returns table ``tallies`` before its column types are set: one row per closed round, principle,
    criterion and panel.

    Every panel with raters in the round has a row for each principle and criterion that the round asks about.
    Column ``movement`` compares the median with the median of the last earlier round in which the panel voted
    on the same version. Rounds from which a ballot was erased are not compared.
"""
    texts = add_text_hashes_to_rounds(reference.rounds, reference.principles)
    expected = {round_id: select_eligible_raters_with_voter(
        ballots.find_sealed_or_current_raters(round_id, reference),
        consensus_settings["vote"]).groupby("role")["voter"].nunique()
        for round_id in texts["round_id"].unique()}
    needed = {round_id: ballots.find_quorum_by_panel(round_id, reference, consensus_settings)
              for round_id in expected}
    asked = ratings.groupby("round_id")["criterion"].unique()
    votes: dict[tuple[str, ...], PanelVotes] = {}
    for row in ratings[ratings["excluded"].isin(["", INTEREST])].to_dict("records"):
        panel_votes = votes.setdefault(tuple(row[name] for name in _KEY), PanelVotes())
        part = (panel_votes.left_out if row["excluded"] else
                panel_votes.by_proxy if row["is_by_proxy"] else panel_votes.in_person)
        part.append(None if row["is_abstained"] else int(row["score"]))
    agreed = select_fully_disclosed_panels(reference.raters)
    erased = {round_id for round_id, seal in ballots.seals.items() if seal.erased}
    rules, medians, rows = describe_rule_by_closed_round(ballots.seals, consensus_settings, texts), {}, []
    for text in texts[texts["round_id"].isin(asked.index)].to_dict("records"):
        panels = expected[text["round_id"]].items()
        for criterion, (panel, n_expected) in product(sorted(asked[text["round_id"]]), panels):
            key = {"round_id": text["round_id"], "principle_id": text["principle_id"], "criterion": criterion,
                   "panel": panel}
            parts, quorum = votes.get(tuple(key.values()), PanelVotes()), needed[text["round_id"]].get(panel)
            ballots_cast = parts.counted
            tallied = compute_tally_columns([vote for vote in ballots_cast if vote is not None],
                                            consensus_settings["test"],
                                            n_abstained=ballots_cast.count(None), quorum=quorum)
            tallied |= parts.make_proxy_and_interest_columns(consensus_settings["test"], quorum,
                                                             is_exact=panel in agreed)
            on = text["principle_id"], text["version"], criterion, panel
            rows.append({**key, "version": text["version"], **tallied, "n_expected": n_expected,
                         "rule": rules[text["round_id"]], "n_abstained": ballots_cast.count(None),
                         "movement": describe_median_movement(medians.get(on), tallied["median"])})
            if tallied["median"] is not None and text["round_id"] not in erased:
                medians[on] = tallied["median"]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class PanelVotes:
    """The ballots of a panel on a text and criterion, in three groups: cast in person, cast by proxy, and
    left out because the voter declared an interest. None means an abstention."""

    in_person: list[int | None] = field(default_factory=list)
    by_proxy: list[int | None] = field(default_factory=list)
    left_out: list[int | None] = field(default_factory=list)

    @property
    def counted(self) -> list[int | None]:
        """Returns the ballots that count for the result."""
        return self.in_person + self.by_proxy

    def make_proxy_and_interest_columns(self, test: str, quorum: int | None, *,
                                        is_exact: bool) -> dict[str, Any]:
        """Returns the columns of ``tallies`` about proxies and declared interests. ``is_exact`` says whether
        all counts of the panel are disclosed.

        Readers outside the team see at most one result besides the main result. If there are proxies, the
        other result is the result without the ballots by proxy. If there are no proxies, the other result is
        the result with the votes that were left out because of a declared interest. The choice between these
        two results does not depend on any vote.
        """
        def result_of(ballots: list[int | None]) -> str:
            cast = [vote for vote in ballots if vote is not None]
            return decide_panel_result(cast, test, n_abstained=len(ballots) - len(cast), quorum=quorum)

        def thirds(ballots: list[int | None]) -> tuple[int, ...]:
            return tuple(count_votes_by_tertile([vote for vote in ballots if vote is not None]).values())

        ballots = self.in_person if self.by_proxy else self.counted + self.left_out
        outcome = partial(list_possible_results, agreement_test=test,
                          n_abstained=ballots.count(None),
                          quorum=quorum)
        may_tell = False
        if self.by_proxy:
            may_tell = is_result_without_part_disclosable(thirds(self.by_proxy), thirds(self.in_person),
                                                          outcome,
                                                          n_known_votes=count_votes_known_to_coalition(len(self.by_proxy)),
                                                          are_panel_counts_disclosed=is_exact)
        elif self.left_out:
            may_tell = is_result_including_left_out_disclosable(thirds(self.counted), thirds(self.left_out),
                                                                outcome,
                                                                are_panel_counts_disclosed=is_exact)
        return {"n_by_proxy": len(self.by_proxy), "n_left_out": len(self.left_out),
                "without_proxies": result_of(self.in_person) if self.by_proxy else "",
                "with_interests": result_of(self.counted + self.left_out) if self.left_out else "",
                "may_tell": may_tell}


def describe_rule_by_closed_round(seals: Mapping[str, Seal], settings: Mapping[str, Any],
                                  rounds: pd.DataFrame) -> dict[str, str]:
    """Returns the rule by which each closed round was counted, in the words to be printed, keyed by round.
    The rule comes from the seal of the round or, for a round without a seal, from ``settings``. A note is
    added if the round was counted again."""
    return {round_id: describe_counting_rule(seals[round_id].rule,
                                             rounds) + seals[round_id].history if round_id in seals
            else describe_counting_rule(settings, rounds) for round_id in rounds["round_id"].unique()}


def describe_counting_rule(settings: Mapping[str, Any], rounds: pd.DataFrame) -> str:
    """Returns the words that state the study's rule of counting and the day on which the rule was fixed.
    These words are printed with every result. A note is added if the rule was changed after the first round.

    >>> describe_counting_rule({"test": "ipras", "vote": "person", "quorum": {"observer": 4},
    ...     "fixed_on": "2017-05-01"},
    ...      pd.DataFrame({"round_id": ["1"], "opened_on": ["2017-04-30"]}))
    'RAND/UCLA IPRAS, too few below 3 votes; no decision below a quorum of two thirds of a panel (at least 3
     ballots where so many may vote; of observers 4); abstentions count as ballots, but not for a result; one
     vote a person; fixed on 2017-05-01, after round 1 was opened on 2017-04-30: the rule was changed'
    """
    first, day = rounds.sort_values("opened_on", kind="stable").head(1), settings["fixed_on"]
    late = [f", after round {row['round_id']} was opened on {row['opened_on']}: the rule was changed"
            for row in first.to_dict("records") if day > row["opened_on"]]
    fixed = f"fixed on {day}{''.join(late)}" if day else "the day on which it was fixed is not recorded"
    whose = "an organisation" if settings["vote"] == "organisation" else "a person"
    roles = f"; {settings['roles']}" if "roles" in settings else ""
    test = RULES_IN_WORDS[settings["test"]]
    return f"{test}; {_quorum_in_words(settings)}; one vote {whose}{roles}; {fixed}"


def _quorum_in_words(settings: Mapping[str, Any]) -> str:
    """Returns the quorum of a rule in words. For the rules of older rounds, which have no quorum, the words
    say so."""
    if "quorum" not in settings:
        return "no quorum was fixed"
    own = "".join(f"; of {PANELS[panel].lower()} {ballots}" for panel, ballots in settings["quorum"].items()
                  if ballots)
    least = SMALLEST_OF[settings["test"]]
    return (f"no decision below a quorum of two thirds of a panel (at least {least} ballots where so many "
            f"may vote{own}); abstentions count as ballots, but not for a result")


def list_result_lines(frames: Mapping[str, pd.DataFrame], round_id: str, principles: pd.DataFrame, *,
                      agreement_test: str, fully_disclosed_panels: Collection[str] = (),
                      readable_comments: Mapping[str, list[str]] | None = None) -> list[str]:
    """Returns the results of a round as lines to read out, with only the votes that may be disclosed.

    - ``frames``: tables ``tallies`` and ``ratings`` of all rounds.
    - ``agreement_test``: the test of agreement that the study uses.
    - ``fully_disclosed_panels``: the panels whose counts are all disclosed.
    - ``readable_comments``: the comments that may be read, keyed by principle; the comments follow the
      results of the principle.
"""
    of_round = {name: frame[frame["round_id"] == round_id] for name, frame in frames.items()}
    if of_round["tallies"].empty:
        return ["No vote was cast."]
    own = principles[principles["translation_of"] == ""]
    names, lines = dict(zip(own["principle_id"], own["short_name"], strict=True)), []
    order = {word: n for n, word in enumerate((*CRITERIA, *list_allowed_words("raters", "role")))}
    disclosed = blank_undisclosed_tallies_and_describe_votes(frames["tallies"], agreement_test=agreement_test,
                                                             fully_disclosed_panels=fully_disclosed_panels)
    disclosed = disclosed[disclosed["round_id"] == round_id].sort_values(
        ["criterion", "panel"], key=lambda words: words.map(order), kind="stable")
    tallies = of_round["tallies"]
    for principle, version in sorted({*zip(tallies["principle_id"], tallies["version"], strict=True)}):
        lines.append(f"{format_printed_id(principle, version)} {names[principle]}")
        lines += map(_line, disclosed[disclosed["principle_id"] == principle].to_dict("records"))
        lines += [f"    “{comment}”" for comment in (readable_comments or {}).get(principle, [])]
    held = of_round["ratings"][of_round["ratings"]["excluded"] != ""]
    lines += [f"Excluded: {n} {'vote' if n == 1 else 'votes'}, {principle} {criterion}: {why}."
              for (principle, criterion, why), n in held.groupby(
                  ["principle_id", "criterion", "excluded"]).size().items()]
    few = f"{compute_largest_undisclosed_panel(0)} votes or fewer"
    if of_round["tallies"]["n_by_proxy"].any():
        few += (f" ({compute_largest_undisclosed_panel(1)} if one vote is by proxy, "
                f"{compute_largest_undisclosed_panel(2)} if more votes are)")
    return [*lines, f"Nothing is said about panels of {few}.",
            f"Rule: {of_round['tallies']['rule'].iloc[0]}."]


def list_round_result_lines(study: Study, reference: Reference, frames: Mapping[str, pd.DataFrame],
                            round_id: str) -> list[str]:
    """Returns the lines of :func:`list_result_lines` for a round of a study. If a ballot of the round was
    erased after its results were disclosed, one line says that the results are no longer disclosed."""
    if round_id in list_rounds_with_erased_ballots(study):
        return [f"The results of round {round_id} are no longer disclosed."]
    ratings = frames["ratings"]
    comments = {principle: mask_and_list_releasable_comments(own, study, reference.names)
                for principle, own in ratings[ratings["round_id"] == round_id].groupby("principle_id")}
    return list_result_lines(frames, round_id, reference.principles,
                             agreement_test=study.settings["consensus"]["test"],
                             fully_disclosed_panels=select_fully_disclosed_panels(reference.raters),
                             readable_comments=comments)


def _line(row: Mapping[str, Any]) -> str:
    """Returns the line with the result of one criterion and panel."""
    return f"  {row['criterion']}, {row['panel'].replace('_', ' ')}s: " + "; ".join(filter(None, [
        describe_tally(row), row["result"] if row["result"] not in (TOO_FEW, NO_DECISION) else "",
        row["movement"], describe_dissenting_votes(row)]))
