"""Records that a text is agreed (`glc agree`), and objections made outside the ballot (`glc object`).

The organisations at the convening decide after they have seen the results on a text and the objections to the
text (:func:`collect_results_objections_and_reservations`). text_decisions.csv records who decided, when and
on which votes. An objection changes no count of votes. An objection is stored as a row of decision_log.csv
and printed on slides, pages, packets and traces. Slides, pages, packets and traces name the objecting
organisation only if it has consented to being named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from glc_analysis.addons.convening.amendments import (
    check_text_in_use,
    find_latest_row_in_source_language,
    find_text_decision,
    read_reference_allowing_unrecorded_decisions,
    require_nonblank_texts,
    write_principle_rows,
)
from glc_analysis.addons.convening.principles import (
    format_printed_id,
    log_principle_decision_if_new,
    record_text_decision_if_new,
    resolve_requester_refusing_persons,
    tidy_reason_refusing_names,
)
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.seals import list_rounds_with_erased_ballots
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.tallies import count_round, list_result_lines
from glc_analysis.addons.convening.votes import select_fully_disclosed_panels
from glc_analysis.errors import Fault, Faults, UsageError
from glc_analysis.reference import Reference
from glc_analysis.study import Study


@dataclass(frozen=True)
class AgreementBasis:
    """The facts shown to the convening before it agrees to the latest text of a principle.

    - ``name``: the printed id of the text, such as P03.2.
    - ``results``: for each closed round, the lines that are read out about the results on the text.
    - ``ballots``: for the last closed round, the number of ballots and the quorum of each panel.
    - ``rules``: for the last closed round, the sentences that say which votes may be disclosed.
    - ``positions``: the positions on the text that panels stated together.
    - ``objections``: the objections and reservations in the decision log.
    """

    name: str
    statement: str
    results: Mapping[str, list[str]]
    ballots: list[str]
    rules: list[str]
    positions: list[str]
    objections: list[str]

    @property
    def results_in_one_line(self) -> str:
        """Returns the results of the last closed round on the text in one line, for a table cell; blank if no
        such round exists."""
        last = [*self.results.items()][-1:]
        return "".join(f"Round {round_id}: {' / '.join(lines)}" for round_id, lines in last)


def collect_results_objections_and_reservations(study: Study, principle_id: str) -> AgreementBasis:
    """Collects what the convening reads before it agrees to the latest text of a principle: the results of
    the votes on the text, the objections to the principle, and the reservations about the principle.

    Raises UsageError for a principle that is unknown, not in use or already agreed, and Faults if an open
    round asks about the text.
    """
    reference = read_reference_allowing_unrecorded_decisions(study)
    text = find_latest_row_in_source_language(reference.principles, principle_id)
    name = format_printed_id(principle_id, text["version"])
    check_text_in_use(text | {"status": "set_aside"} if find_text_decision(study, text,
                                                                           "set_aside") else text)
    decided = find_text_decision(study, text, "agreed")
    if decided is not None and text["status"] == "agreed":
        raise UsageError(f"{name} is agreed already: {decided['decided_by']} decided it on "
                         f"{decided['date']}.")
    rounds = reference.rounds
    own = rounds[(rounds["principle_id"] == principle_id) & (rounds["version"] == text["version"])]
    if faults := [Fault(f"round {row['round_id']} on {name} is open", "rounds.csv", str(n), "closed_on", "",
                        f"close it first: `glc tally --round {row['round_id']} --close`")
                  for n, row in own[own["closed_on"] == ""].iterrows()]:
        raise Faults(faults)
    told = _results(study, reference, text, [*dict.fromkeys(own["round_id"])])
    together = reference.panel_positions
    together = together[(together["principle_id"] == principle_id) & (together["version"] == text["version"])]
    log = reference.decision_log[reference.decision_log["principle_id"] == principle_id]
    return AgreementBasis(
        name, text["statement"], *told,
        [f"{PANELS[row['panel']]}, together, in round {row['round_id']}: {row['position']}"
         for row in together.to_dict("records")],
        [f"{row['date']}, {said}: {words}" for row in log.to_dict("records") for said, words in (
            ("objection", row["objections"]), ("reservation", row["reservations"])) if words])


def _results(study: Study, reference: Reference, text: Mapping[str, str],
             closed: Sequence[str]) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """Returns three parts: the results on a text, keyed by closed round; the ballots of each panel in the
    last round; and the sentences that say which votes of the last round may be disclosed. If the results of a
    round may no longer be disclosed, the entry of the round has only a line that says so."""
    if not closed:
        return {}, [], []
    frames = {name: frame[(frame["principle_id"] == text["principle_id"]) & (
        frame["version"] == text["version"])] for name,
              frame in count_round(study, closed[-1]).frames.items()}
    erased, lines_by_round, rules = list_rounds_with_erased_ballots(study), {}, []
    for round_id in closed:
        lines = ["  the results are no longer disclosed"] if round_id in erased else list_result_lines(
            frames, round_id, reference.principles, agreement_test=study.settings["consensus"]["test"],
            fully_disclosed_panels=select_fully_disclosed_panels(reference.raters))
        lines_by_round[round_id] = [line.strip() for line in lines if line.startswith("  ")] or [
            "nothing may be disclosed about these votes"]
        rules = [line for line in lines[1:] if not line.startswith("  ")]
    last = frames["tallies"][frames["tallies"]["round_id"] == closed[-1]]
    order = [*CRITERIA, *PANELS]
    rows = [] if closed[-1] in erased else last.sort_values(
        ["panel", "criterion"], key=lambda words: words.map(order.index), kind="stable").itertuples()
    return lines_by_round, [
        f"{PANELS[row.panel]}, {row.criterion}: {row.n + row.n_abstained} of {row.n_expected} ballots, "
        + ("no quorum was fixed" if pd.isna(row.quorum) else f"quorum {row.quorum}") for row in rows], rules


def record_text_as_agreed(study: Study, principle_id: str, *, decided_by: str, today: date) -> str:
    """Records in text_decisions.csv that the latest text of a principle is agreed: by whom, when and on which
    votes. Also sets the status of the text to agreed, in every language. Returns the printed id of the text.

    Raises the errors of :func:`collect_results_objections_and_reservations`, and UsageError if ``decided_by``
    is blank or names a person.
    """
    before = collect_results_objections_and_reservations(study, principle_id)
    reference = read_reference_allowing_unrecorded_decisions(study)
    require_nonblank_texts(decided_by=decided_by)
    by = resolve_requester_refusing_persons(reference, decided_by)
    text = find_latest_row_in_source_language(reference.principles, principle_id)
    record_text_decision_if_new(study, text, "agreed", by=by, today=today, votes=before.results_in_one_line)
    write_principle_rows(study, [], {before.name: "agreed"}, after_row=int(text["row"]))
    return before.name


OBJECTION = "Objection to {}, outside the ballot: it changes no count"
"""The words that record an objection in the decision log; the printed id of the text replaces ``{}``."""


def record_objection(study: Study, principle_id: str, objection: str, *, by: str, today: date) -> str:
    """Records an objection to the latest text of a principle in decision_log.csv; returns the printed id of
    the text.

    Raises UsageError if the principle is unknown, if ``objection`` or ``by`` is blank, or if ``objection`` or
    ``by`` names a person.
    """
    reference = read_reference_allowing_unrecorded_decisions(study)
    row = find_latest_row_in_source_language(reference.principles, principle_id)
    require_nonblank_texts(by=by, because=objection)
    by, objection = resolve_requester_refusing_persons(reference, by), tidy_reason_refusing_names(reference,
                                                                                                  objection)
    name = format_printed_id(principle_id, row["version"])
    log_principle_decision_if_new(study, principle_id, OBJECTION.format(name), by=by, today=today,
                                  objections=objection)
    return name
