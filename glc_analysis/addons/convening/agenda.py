"""After a round: the agenda of the discussion, and the slides with the results.

In: tallies and ratings of one closed round. Out: one row a principle with its group and the facts about its
votes. The groups follow from what is told of the providers' votes and sort the discussion; no decision is
computed. The room reads the agenda: of the votes it tells what :mod:`.votes` allows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.ballots import (
    BALLOT_TABLES,
    INTEREST,
    OTHER_WORDING,
    Ballots,
    readable_comments,
    received,
)
from glc_analysis.addons.convening.blocks import DECISIONS
from glc_analysis.addons.convening.consensus import (
    AGREEMENT,
    DISAGREEMENT,
    HIGH,
    LOW,
    NEITHER,
    NO_DECISION,
    TOO_FEW,
    UNCERTAIN,
    counts,
    no_result,
    roles_in_words,
    third,
)
from glc_analysis.addons.convening.histories import origin
from glc_analysis.addons.convening.principles import printed_id
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.rounds import erased_rounds, keep_told
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.votes import (
    agreed_panels,
    largest_untold,
    told_lower,
    told_tallies,
    without_roles_blank,
)
from glc_analysis.disclosure.blocks import block_ids
from glc_analysis.errors import Faults, GLCError, UsageError, nearest
from glc_analysis.gate.gate import check_leaks
from glc_analysis.gate.leak_scan import identifiers
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import INVENTED, Study
from glc_analysis.templates import template
from glc_analysis.view.visible_tables import VisibleTables
from glc_analysis.writing import write_atomic

# ------------------------------
# The agenda.


GROUPS = {
    "agreed": ("Agreed", "important, with few votes apart, and feasible"),
    "split": ("Split", "votes at both ends of the scale"),
    "elsewhere": ("Works elsewhere?", "important, but not feasible everywhere"),
    "rest": ("The rest", "low, no clear result, no decision, or too few votes")}
"""The groups in order: heading, and the reason why a principle is in it."""
MANY_ABSTAINED = 1 / 4
LOW_RESOURCES = "low"
LESS_FEASIBLE = "less feasible for providers with low resources"


def agenda(tallies: pd.DataFrame, ratings: pd.DataFrame, principles: pd.DataFrame,
           organisations: pd.DataFrame, *, test: str, agreed: Collection[str] = ()) -> pd.DataFrame:
    """One row a principle of a closed round, in order: group, principle_id, version, short_name, facts; for
    each criterion the shape of :func:`verdict` and the votes; notes.

    ``tallies`` and ``ratings`` are those of one round; what is told of them follows from the study's ``test``
    and the panels that ``agreed`` to more (:func:`.votes.told_tallies`). The groups:

    - agreed: importance is high, the panel agrees or that is not told, and feasibility is high;
    - split: the panel disagrees on importance or, where importance is not high, on feasibility;
    - works elsewhere?: importance is high, but feasibility is not, or it is lower among raters whose
      organisation has low resources (organisations.csv, ``resource_level``), or a quarter or more abstained.

    "6 of 10" counts votes in the high third. A principle is in no group that would follow only from numbers
    that are not told. Survivor advisers are mentioned where it is told that their median is in another third.
    """
    names = short_names(principles)
    told = told_tallies(tallies, test=test, agreed=agreed).to_dict("records")
    by = {(row["principle_id"], row["criterion"], row["panel"]): row for row in told}
    texts = tallies.drop_duplicates("principle_id")
    rows = []
    for principle, version in zip(texts["principle_id"], texts["version"], strict=True):
        votes = [by.get((principle, criterion, "provider")) for criterion in CRITERIA]
        low = low_resources(ratings[ratings["principle_id"] == principle], organisations, agreed=agreed)
        others = [by.get((principle, criterion, "survivor_adviser")) for criterion in CRITERIA]
        notes = [low, _of_advisers(votes, others)]
        rows.append({
            "group": _group(*votes, bool(low)) if all(votes) else "rest", "principle_id": principle,
            "version": version, "short_name": names.get(principle, ""),
            "facts": "; ".join(filter(None, [*map(in_short, filter(None, votes)), *notes])),
            **{criterion: (verdict(row)[0], row["votes"].removesuffix(" high")) if row else ("few", "")
               for criterion, row in zip(CRITERIA, votes, strict=True)},
            "notes": "; ".join(filter(None, [_undecided(votes), _abstentions(votes), *notes]))})
    found = pd.DataFrame(rows)
    return found.sort_values(["group", "principle_id"], ignore_index=True,
                             key=lambda c: c.map([*GROUPS].index) if c.name == "group" else c)


def short_names(principles: pd.DataFrame) -> dict[str, str]:
    """The short name of each principle, from its latest version."""
    own = principles[principles["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
    return dict(zip(own["principle_id"], own["short_name"], strict=True))


def _group(important: Mapping[str, Any], feasible: Mapping[str, Any], is_lower: bool) -> str:
    is_elsewhere = feasible["result"] in (UNCERTAIN, LOW) or is_lower or max(
        map(_abstained, (important, feasible))) >= MANY_ABSTAINED
    if {TOO_FEW, NO_DECISION} & {important["result"], feasible["result"]}:
        return "rest"
    if is_split(important):
        return "split"
    if important["result"] == HIGH:
        is_agreed = important["spread"] in (AGREEMENT, "") and feasible["result"] == HIGH
        return "elsewhere" if is_elsewhere else "agreed" if is_agreed else "rest"
    return "split" if is_split(feasible) else "rest"


def _abstained(row: Mapping[str, Any]) -> float:
    return row["n_abstained"] / max(row["n"] + row["n_abstained"], 1)


def is_split(row: Mapping[str, Any]) -> bool:
    """Whether a row of ``tallies`` is uncertain because the panel disagrees."""
    return row["result"] == UNCERTAIN and DISAGREEMENT in (row["spread"], row["spread_ipras"])


def verdict(row: Mapping[str, Any]) -> tuple[str, str]:
    """A row of ``tallies`` as a shape (whole, half, split, few) and in words; the shape is blank where the
    result is told, and not whether the panel agrees.

    >>> verdict({"result": "high", "spread": "agreement", "spread_ipras": "no disagreement"})
    ('whole', 'high, in agreement')
    >>> verdict({"result": "uncertain", "spread": "disagreement", "spread_ipras": "disagreement"})
    ('split', 'split')
    >>> verdict({"result": "high", "spread": "", "spread_ipras": ""})
    ('', 'high')
    """
    if row["result"] == TOO_FEW:
        return "few", "too few for the rule"
    if row["result"] == NO_DECISION:
        return "few", no_result(row)
    if not row["result"]:
        return "half", "not told"
    if is_split(row):
        return "split", "split"
    said = {AGREEMENT: "in agreement", NEITHER: "no agreement", DISAGREEMENT: "panel rule: disagreement",
            "": "no disagreement by IPRAS" if row["spread_ipras"] else ""}[row["spread"]]
    is_close = row["spread"] == AGREEMENT or not row["spread"] and row["spread_ipras"] != ""
    shape = "whole" if is_close and row["result"] != UNCERTAIN else "half"
    if not said and row["result"] != UNCERTAIN:
        shape = ""
    where = "in between" if row["result"] == UNCERTAIN else row["result"]
    return shape, ", ".join(filter(None, [where, said]))


def in_short(row: Mapping[str, Any]) -> str:
    """A row of ``tallies`` in a line of the agenda."""
    shape, words = verdict(row)
    words = f"split: {row['votes_low']} at 1–3" if shape == "split" else words.removeprefix("high, ")
    return f"{row['criterion']} {row['votes'].removesuffix(' high')}, {words}" + (
        f", {row['n_abstained']} abstained" if row["n_abstained"] else "")


def _undecided(rows: list[Mapping[str, Any] | None]) -> str:
    """The criteria on which fewer ballots than the quorum were received."""
    found = [row["criterion"] for row in rows if row and row["result"] == NO_DECISION]
    return f"{NO_DECISION} on {' and '.join(found)}" if found else ""


def _abstentions(rows: list[Mapping[str, Any] | None]) -> str:
    counts = {row["criterion"]: row["n_abstained"] for row in rows if row and row["n_abstained"]}
    if len(counts) == len(CRITERIA) and len({*counts.values()}) == 1:
        return f"{[*counts.values()][0]} abstained"
    return ", ".join(f"{n} abstained on {criterion}" for criterion, n in counts.items())


def _of_advisers(providers: list[Mapping[str, Any] | None], advisers: list[Mapping[str, Any] | None]) -> str:
    """The criteria on which the survivor advisers' median is in another third than that of the providers, as
    far as both are told."""
    said = [f"{other['criterion']} {other['votes'].removesuffix(' high')}"
            for one, other in zip(providers, advisers, strict=True) if one and other
            and told_third(one) and told_third(other) and told_third(one) != told_third(other)]
    return f"survivor advisers differ: {', '.join(said)}" if said else ""


def told_third(row: Mapping[str, Any]) -> str:
    """The third of the scale that holds the median of a row of ``tallies``; blank where that is not told.

    >>> said = "7 or more of 10 high, at most 2 low"
    >>> told_third({"median": 6.5}), told_third({"median": None, "said": said})
    ('high', 'high')
    """
    if not pd.isna(row["median"]):
        return third(row["median"])
    found = re.match(r"(\d+) or more of (\d+) (\w+)", row["said"])
    return found[3] if found and 2 * int(found[1]) > int(found[2]) else ""


def low_resources(ratings: pd.DataFrame, organisations: pd.DataFrame, *, agreed: Collection[str] = ()) -> str:
    """In words, whether a principle is less feasible for providers with low resources; blank where it is not,
    or where telling it could tell a vote (:func:`.votes.told_lower`)."""
    level = dict(zip(organisations["organisation_id"], organisations["resource_level"], strict=True))
    votes = ratings[(ratings["criterion"] == "feasibility") & (ratings["panel"] == "provider")
                    & ratings["held_out"].isin(["", INTEREST]) & ratings["score"].notna()]
    if (votes["is_by_proxy"] | (votes["held_out"] == INTEREST)).any():
        return ""  # of a part of a panel one thing is told at most: the result without it
    is_low = votes["organisation_id"].map(level) == LOW_RESOURCES
    low, others = (tuple(counts([*map(int, votes.loc[one, "score"])]).values()) for one in (is_low, ~is_low))
    return LESS_FEASIBLE if told_lower(low, others, is_exact="provider" in agreed) else ""


# ------------------------------
# The slides of a closed round: its results as a page to project, one principle a screen.
#
# In: the tables of a built study. Out: one page of HTML (:func:`write_slides`). :func:`results` and
# :func:`.agenda.agenda` give its content as plain data, :func:`block` one piece as
# HTML. The room reads it: of the votes it shows what :mod:`.votes` allows.


CRITERION_QUESTIONS = {"importance": "Important?", "feasibility": "Feasible, with one's own resources?"}
NUMBERS = {3: "Three", 4: "Four", 5: "Five"}
"""The numbers of votes of which nothing may be told (:func:`.votes.largest_untold`), in words."""


def write_slides(study: Study, round_id: str) -> Path:
    """Writes the slides of a closed round to ``reports/team/day/<round>/index.html``, for its owner only.

    The agenda comes first, then a screen for each principle in the order of the agenda, then decisions and
    parking lot. The arrow keys turn the screens; without JavaScript it is one long page. The first page of a
    close is kept with the seal of the round.

    Raises UsageError for an unknown round, GLCError where it is open, not in the tables yet or not told any
    more, Faults where the slides hold something that the room may not know: there are none then, nor those
    of an earlier count.
    """
    reference = read_reference(study, needed=BALLOT_TABLES)
    _check_closed(study, reference, round_id)
    if round_id in (erased := erased_rounds(study)):
        raise GLCError(f"There are no slides of round {round_id}: a ballot was erased after the room was "
                       "told the results, and another count would show that vote.")
    frames = {name: tables.read(name, study=study) for name in ("tallies", "ratings", "principles",
                                                                "panel_positions", "decision_log",
                                                                "parking_lot")}
    tallies, ratings = frames["tallies"], frames["ratings"]
    test, agreed = study.settings["consensus"]["test"], agreed_panels(reference.raters)
    is_it = tallies["round_id"] == round_id
    if not is_it.any():
        raise GLCError(f"The tables do not hold round {round_id} yet. To fix: run `glc build`.")
    order = agenda(tallies[is_it], ratings[ratings["round_id"] == round_id], frames["principles"],
                   reference.organisations, test=test, agreed=agreed)
    room = VisibleTables(study, "convening")
    # Where somebody who voted before has left, no earlier round is compared with.
    votes = block_ids("votes", tallies["principle_id"] + "/" + tallies["round_id"])
    is_kept = is_it | ~(votes.isin([*room.hidden]) | tallies["round_id"].isin(erased))
    logs = {name: frames[name].assign(**{who: room.named(frames[name][who])})
            for name, who in (("decision_log", "proposed_by"), ("parking_lot", "raised_by"))
            if DECISIONS not in room.hidden}
    comments = {principle: readable_comments(own, study, reference.names) for principle, own in
                ratings[ratings["round_id"] == round_id].groupby("principle_id")}
    closed_on = reference.rounds.loc[reference.rounds["round_id"] == round_id, "closed_on"].max()
    text = template(__file__, "results_slides.html").render(
        title=study.title, round_id=round_id, closed_on=closed_on, groups=groups(order),
        results=results(tallies[is_kept], ratings, frames["principles"], reference.rounds, round_id,
                        test=test, agreed=agreed, comments=comments, positions=frames["panel_positions"],
                        order=list(order["principle_id"])),
        rule=tallies.loc[is_it, "rule"].iloc[0], invented=INVENTED if study.is_synthetic else "",
        **{name: logs[table].to_dict("records") if table in logs else []
           for name, table in (("decisions", "decision_log"), ("parked", "parking_lot"))})
    path = study.reports / "team" / "day" / round_id / "index.html"
    try:
        _pass_gate(study, reference, path, text)
    except Faults:
        path.unlink(missing_ok=True)
        raise
    for folder in (*reversed(path.parents[:3]),):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text.removesuffix("\n"))
    keep_told(study, round_id, "slides", path.read_bytes())
    return path


def _pass_gate(study: Study, reference: Reference, path: Path, text: str) -> None:
    """Raises Faults where slides hold something that the convening may not know, as on any page of it."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / path.relative_to(study.root)
        page.parent.mkdir(parents=True)
        page.write_text(text.replace(block("style").strip(), ""), encoding="utf-8")  # it names fonts (Khmer)
        check_leaks([page], Path(folder), reference.names, audience="convening",
                    study=None if reference.unsound else study,  # where a text comes from takes all tables
                    known=identifiers(study, audience="convening", reference=reference))


def _check_closed(study: Study, reference: Reference, round_id: str) -> None:
    rounds = reference.rounds
    own = rounds[rounds["round_id"] == round_id]
    if own.empty:
        raise UsageError(f"There is no round {round_id!r}; {nearest(round_id, rounds['round_id'])}.")
    if (own["closed_on"] == "").any():
        panels = received(Ballots.read(study, reference).votes, reference.raters, round_id,
                        study.settings["consensus"])
        counts = ", ".join(f"{PANELS[row.panel].lower()} {row.received}" for row in panels.itertuples())
        raise GLCError(f"Round {round_id} is open: {counts}. To fix: close it first with "
                       f"`glc tally --round {round_id} --close`.")


def groups(order: pd.DataFrame) -> list[dict[str, Any]]:
    """The agenda by group: heading, the reason for the group, and its rows."""
    return [{"name": name, "heading": heading, "why": why,
             "rows": order[order["group"] == name].to_dict("records")}
            for name, (heading, why) in GROUPS.items() if (order["group"] == name).any()]


def results(tallies: pd.DataFrame, ratings: pd.DataFrame, principles: pd.DataFrame, rounds: pd.DataFrame,
            round_id: str, *, test: str, agreed: Collection[str] = (),
            comments: Mapping[str, list[str]] | None = None, positions: pd.DataFrame | None = None,
            order: list[str] | None = None) -> list[dict[str, Any]]:
    """One dict a principle of a round: texts, criteria with their panels, what panels say together, comments.

    ``votes`` are nine counts where all counts of the panel are told, else none. ``tallies`` and ``ratings``
    include the earlier rounds, ``rounds`` gives the order in which they were opened. ``test`` is the study's,
    ``agreed`` are the panels of which all is told, ``comments`` the readable ones by principle.
    """
    issued = without_roles_blank(tallies[tallies["round_id"] == round_id])
    tallies = told_tallies(tallies, test=test, agreed=agreed)
    past = [*rounds.sort_values("opened_on", kind="stable")["round_id"].drop_duplicates()]
    before: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in sorted(tallies.to_dict("records"), key=lambda row: past.index(row["round_id"])):
        before.setdefault(_ballot_key(row), []).append(row)
    before = {at: rows[:next((n for n, row in enumerate(rows) if row["round_id"] == round_id), 0)]
              for at, rows in before.items()}
    here, own = (frame[frame["round_id"] == round_id].to_dict("records") for frame in (tallies, ratings))
    counts = Counter((*_ballot_key(vote), vote["score"]) for vote in own if not vote["held_out"])
    panels = {_ballot_key(row): _untold(row) for row in issued.to_dict("records")} | {
        _ballot_key(row): _panel(row, counts, before[_ballot_key(row)]) for row in here}
    names = short_names(principles)
    versions = dict(zip(issued["principle_id"], issued["version"], strict=True))
    together = [] if positions is None else positions[positions["round_id"] == round_id].to_dict("records")
    return [{
        "principle_id": one, "printed_id": printed_id(one, versions[one]), "short_name": names.get(one, ""),
        **_texts(principles, one, versions[one]),
        "comments": (comments or {}).get(one, []),
        "positions": [(PANELS[row["panel"]], row["position"]) for row in together
                      if (row["principle_id"], row["version"]) == (one, versions[one])],
        "excluded": len({vote["rater_id"] for vote in own
                         if vote["principle_id"] == one and vote["held_out"].startswith(OTHER_WORDING)}),
        "criteria": [{"criterion": criterion, "asked": CRITERION_QUESTIONS[criterion], "panels": [
            panels[one, criterion, panel] for panel in PANELS if (one, criterion, panel) in panels]}
            for criterion in CRITERIA]} for one in order or sorted(versions)]


def _ballot_key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["principle_id"], row["criterion"], row["panel"]


def _texts(principles: pd.DataFrame, principle: str, version: str) -> dict[str, Any]:
    """The statement of a version, its language, where it came from, and its translations by language."""
    own = principles[(principles["principle_id"] == principle) & (principles["translation_of"] == "")
                     & (principles["version"] == version)]
    of = principles[principles["translation_of"] == printed_id(principle, version)]
    came = [f"This text {said}." for row in own.to_dict("records") if (said := origin(row))]
    return {"statement": "".join(own["statement"]), "language": "".join(own["language"]),
            "origin": "".join(came),
            "translations": dict(zip(of["language"], of["statement"], strict=True))}


def _panel(row: dict[str, Any], counts: Counter, before: list[dict[str, Any]]) -> dict[str, Any]:
    """What is shown of one panel's votes on one criterion; ``row`` is told (:func:`.votes.told_tallies`)."""
    shape, words = verdict(row)
    middle = told_third(row)
    are_all_told = not pd.isna(row["median"])
    return _untold(row) | {
        "n": row["n"], "shape": shape, "words": words, "share": row["said"],
        "votes": [counts[(*_ballot_key(row), score)] for score in range(1, 10)] if are_all_told else [],
        "thirds": [row["votes_low"], row["votes_mid"], row["votes_high"]] if are_all_told else [],
        "middle": ("low", "middle", "high").index(middle) if middle and shape != "split" else None,
        "median": row["median"] if are_all_told else None,
        "dissent": _dissent(row, shape) if are_all_told else "",
        "no_vote": "; ".join(filter(None, [
            f"{row['n_abstained']} abstained: not my context" if row["n_abstained"] else "",
            roles_in_words(row)])),
        "movement": row["movement"], "moved": _moved(row, before)}


def _untold(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of a panel of whose votes nothing is told."""
    with_proxies = ", with proxies among them" * (row["n_by_proxy"] > 0)
    few = f"{NUMBERS[largest_untold(row['n_by_proxy'])]} votes or fewer{with_proxies}"
    return {"panel": row["panel"], "name": PANELS[row["panel"]], "shape": "few", "words": "not shown",
            "share": f"{few}: nothing of them is shown", "votes": [], "thirds": [], "middle": None,
            "median": None, "dissent": "", "no_vote": "", "movement": "", "moved": ""}


def _dissent(row: dict[str, Any], shape: str) -> str:
    """The votes outside the third of the scale that has the median; of a split, the votes at both ends."""
    if shape == "split":
        return f"at both ends: {row['votes_low']} at 1–3, {row['votes_high']} at 7–9"
    thirds = (("low", "1–3", row["votes_low"]), ("middle", "4–6", row["votes_mid"]),
              ("high", "7–9", row["votes_high"]))
    outside = ", ".join(f"{n} at {where}" for name, where, n in thirds if n and name != told_third(row))
    return f"dissent (hollow): {outside}" if outside else ""


def _moved(row: dict[str, Any], before: list[dict[str, Any]]) -> str:
    """The movement of the median since the last earlier round on the same text, in words."""
    if not before:
        return ""
    if not row["movement"]:
        last = before[-1]
        return f"reworded since round {last['round_id']}: not compared" if last["version"] != row["version"] \
            else ""
    last = next(one for one in reversed(before)
                if one["version"] == row["version"] and not pd.isna(one["median"]))
    if row["movement"] == "same":
        return f"median {row['median']:g}, as in round {last['round_id']}"
    return (f"median {row['movement']} from {last['median']:g} to {row['median']:g} since round "
            f"{last['round_id']}")


def block(name: str, *data: Any) -> str:
    """One piece of the slides as safe HTML: ``style()``, ``agenda(groups)``, ``result(one)``,
    ``decided(decisions)`` or ``parking(parked)``. Put ``style`` first where they are used together."""
    return str(getattr(template(__file__, "slide_blocks.html").module, name)(*data))
