"""Makes the slides of a closed round: a page to project with the results, one principle per screen.

:func:`make_slide_results` and :func:`.agenda.make_agenda` return the content of the slides as plain data.
:func:`render_slide_part` renders one part of a slide as HTML. The slides are shown to the room, so they
contain only the votes that :mod:`.votes` allows to be disclosed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from lxml import etree

from glc_analysis import tables
from glc_analysis.addons.convening.agenda import (
    AGENDA_GROUPS,
    describe_tally_by_sign_and_words,
    find_disclosed_median_tertile,
    make_agenda,
    map_principles_to_short_names,
)
from glc_analysis.addons.convening.ballots import (
    BALLOT_TABLES,
    OTHER_WORDING,
    Ballots,
    mask_and_list_releasable_comments,
    tabulate_received_and_missing_ballots,
)
from glc_analysis.addons.convening.blocks import DECISIONS_BLOCK
from glc_analysis.addons.convening.consensus import describe_proxies_and_interests
from glc_analysis.addons.convening.histories import describe_origin
from glc_analysis.addons.convening.principles import format_printed_id
from glc_analysis.addons.convening.ratings import CRITERIA
from glc_analysis.addons.convening.seal_code import find_latest_seal_code
from glc_analysis.addons.convening.seals import list_rounds_with_erased_ballots, store_shown_file_in_seal
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.votes import (
    TERTILES,
    blank_undisclosed_tallies_and_describe_votes,
    compute_largest_undisclosed_panel,
    count_votes_known_to_coalition,
    describe_disclosed_changed_vote_count,
    fill_missing_role_counts_with_zero,
    list_tertile_or_blank_per_vote,
    select_fully_disclosed_panels,
)
from glc_analysis.addons.languages.phrases import Phrasebook
from glc_analysis.disclosure.blocks import make_block_ids
from glc_analysis.errors import Faults, GLCError, UsageError, suggest_name
from glc_analysis.gate.gate import check_leaks
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import INVENTED, Study
from glc_analysis.templates import load_template
from glc_analysis.view.visible_tables import VisibleTables
from glc_analysis.writing import write_atomic

CRITERION_QUESTIONS = {"importance": "Important?", "feasibility": "Feasible, with one's own resources?"}


_HEADING_ROWS = 2
"""The height of a group's heading on the agenda, measured in rows of the agenda."""


NUMBERS = {3: "Three", 4: "Four", 5: "Five"}
"""Numbers in words, keyed by number: the possible sizes of the largest panel about which nothing may be
disclosed (:func:`.votes.compute_largest_undisclosed_panel`)."""


def write_slides(study: Study, round_id: str) -> Path:
    """Writes the slides of a closed round to ``reports/team/day/<round>/index.html``, readable by their owner
    only. The slides in the other languages of the study are written beside this file (``index-es.html``).

    The agenda comes first, then one screen for each principle in the order of the agenda, then the decisions
    and the parking lot (matters set aside for later). The arrow keys move between screens; without JavaScript
    the slides are one long page. The first page that is made after the round was closed is kept in the seal
    of the round (the folder with the ballots and results at the time of closing).

    Raises UsageError for an unknown round. Raises GLCError if the round is open, if the tables do not contain
    the round yet, or if its results may no longer be disclosed. Raises Faults if the slides would contain
    something that the room may not know; slides of the round that were written before are then removed.
    """
    reference, pages = render_slides_pages(study, round_id)
    path = slides_path(study, round_id)
    try:
        for page, text in pages.items():
            _pass_gate(study, reference, page, text)
    except Faults:
        for page in path.parent.glob("index*.html"):
            page.unlink()
        raise
    for folder in (*reversed(path.parents[:3]),):
        folder.mkdir(parents=True, exist_ok=True)
    for page, text in pages.items():
        write_atomic(page, text)
    path.with_name("received.html").unlink(missing_ok=True)
    store_shown_file_in_seal(study, round_id, "slides", path.read_bytes())
    return path


def write_received_count_page(study: Study, round_id: str, received_by_panel: pd.DataFrame) -> Path:
    """Writes a page to project that shows only how many forms of an open round have been received; the page
    reloads itself. ``received_by_panel`` is the result of
    :func:`.ballots.tabulate_received_and_missing_ballots`. Returns the path of the page."""
    path = slides_path(study, round_id).with_name("received.html")
    for folder in reversed(path.parents[:3]):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomic(path, load_template(__file__, "received.html").render(
        round_id=round_id, invented=INVENTED if study.is_synthetic else "",
        panels=[(PANELS[panel], count.removesuffix(" received")) for panel, count in zip(
            received_by_panel["panel"], received_by_panel["received"], strict=True)]))
    return path


def slides_path(study: Study, round_id: str) -> Path:
    """Returns the path of a round's slides."""
    return study.reports / "team" / "day" / round_id / "index.html"


def render_slides_pages(study: Study, round_id: str) -> tuple[Reference, dict[Path, str]]:
    """Returns the reference tables that were read, and the slides of a round, keyed by path: one page in
    English and one page in each other language of the study. Raises the errors of :func:`write_slides`,
    except Faults for content that the room may not know."""
    reference, english = _english_slides(study, round_id)
    path, languages = slides_path(study, round_id), study.settings["study"]["languages"]
    pages = {path: english.removesuffix("\n")}
    for language in languages:
        book = Phrasebook.read(study, "convening", language, reference)
        page = book.translate_page(english, note_parent_tag="section")
        text = etree.tostring(page, encoding="unicode", method="html")
        pages[path.with_name(f"index-{language}.html")] = f"<!DOCTYPE html>\n{text}"
    return reference, pages


def _english_slides(study: Study, round_id: str) -> tuple[Reference, str]:
    reference = read_reference(study, needed=BALLOT_TABLES)
    _check_closed(study, reference, round_id)
    if round_id in (erased := list_rounds_with_erased_ballots(study)):
        raise GLCError(f"There are no slides of round {round_id}: a ballot was erased after the room was "
                       "shown the results, and another count would disclose the erased vote.")
    frames = {name: tables.read_table(name, study=study) for name in ("tallies", "ratings", "principles",
                                                                      "panel_positions", "decision_log",
                                                                      "parking_lot")}
    tallies, ratings = frames["tallies"], frames["ratings"]
    test, agreed = study.settings["consensus"]["test"], select_fully_disclosed_panels(reference.raters)
    is_it = tallies["round_id"] == round_id
    if not is_it.any():
        raise GLCError(f"The tables do not hold round {round_id} yet. To fix: run `glc build`.")
    order = make_agenda(tallies[is_it], ratings[ratings["round_id"] == round_id], frames["principles"],
                        reference.organisations, agreement_test=test, fully_disclosed_panels=agreed)
    room = VisibleTables(study, "convening")
    # Where somebody who voted before has left, no earlier round is compared with.
    votes = make_block_ids("votes", tallies["principle_id"] + "/" + tallies["round_id"])
    is_kept = is_it | ~(votes.isin([*room.hidden]) | tallies["round_id"].isin(erased))
    logs = {name: frames[name].assign(**{who: room.replace_organisation_ids_with_names(frames[name][who])})
            for name, who in (("decision_log", "proposed_by"), ("parking_lot", "raised_by"))
            if DECISIONS_BLOCK not in room.hidden}
    comments = {principle: mask_and_list_releasable_comments(own, study, reference.names)
                for principle, own in ratings[ratings["round_id"] == round_id].groupby("principle_id")}
    closed_on = reference.rounds.loc[reference.rounds["round_id"] == round_id, "closed_on"].max()
    return reference, load_template(__file__, "results_slides.html").render(
        title=study.title, round_id=round_id, closed_on=closed_on,
        columns=split_agenda_into_two_columns(group_agenda_under_headings(order)),
        results=make_slide_results(tallies[is_kept], ratings, frames["principles"], reference.rounds,
                                   round_id,
                                   agreement_test=test, fully_disclosed_panels=agreed, comments=comments,
                                   positions=frames["panel_positions"],
                                   principle_order=list(order["principle_id"])),
        rule=tallies.loc[is_it, "rule"].iloc[0], seal_code=find_latest_seal_code(study, round_id),
        invented=INVENTED if study.is_synthetic else "",
        **{name: logs[table].to_dict("records") if table in logs else []
           for name, table in (("decisions", "decision_log"), ("parked", "parking_lot"))})


def _pass_gate(study: Study, reference: Reference, path: Path, text: str) -> None:
    """Raises Faults if slides contain something that the convening may not know."""
    with TemporaryDirectory() as folder:
        page = Path(folder) / path.relative_to(study.root)
        page.parent.mkdir(parents=True)
        page.write_text(re.sub("<style>.*?</style>", "", text, flags=re.DOTALL),
                        encoding="utf-8")  # it names fonts (Khmer)
        check_leaks([page], Path(folder), reference.names, audience="convening",
                    study=None if reference.unsound else study,  # where a text comes from takes all tables
                    identifier_rules=identifiers(study, audience="convening", reference=reference))


def _check_closed(study: Study, reference: Reference, round_id: str) -> None:
    rounds = reference.rounds
    own = rounds[rounds["round_id"] == round_id]
    if own.empty:
        raise UsageError(f"There is no round {round_id!r}; {suggest_name(round_id, rounds['round_id'])}.")
    if (own["closed_on"] == "").any():
        panels = tabulate_received_and_missing_ballots(Ballots.read(study, reference).votes, reference.raters,
                                                       round_id, study.settings["consensus"])
        counts = ", ".join(f"{PANELS[panel].lower()} {received}" for panel, received in zip(
            panels["panel"], panels["received"], strict=True))
        raise GLCError(f"Round {round_id} is open: {counts}. To fix: close it first with "
                       f"`glc tally --round {round_id} --close`.")


def group_agenda_under_headings(agenda: pd.DataFrame) -> list[dict[str, Any]]:
    """Returns one entry per group of the agenda: the heading of the group, the reason for the group, and the
    agenda rows in the group."""
    return [{"name": name, "heading": heading, "why": why,
             "rows": agenda[agenda["group"] == name].to_dict("records")}
            for name, (heading, why) in AGENDA_GROUPS.items() if (agenda["group"] == name).any()]


def split_agenda_into_two_columns(groups: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Returns the groups of an agenda in two columns of about the same length. If the second column continues
    a group, it repeats the heading of the group.

    >>> columns = split_agenda_into_two_columns([{"rows": [1] * 6}, {"rows": [2]}])
    >>> [[len(part["rows"]) for part in column] for column in columns]
    [[4], [2, 1]]
    """
    rows = [(n, row) for n, group in enumerate(groups) for row in group["rows"]]
    starts = [not at or rows[at - 1][0] != n for at, (n, _) in enumerate(rows)]
    heights = [*accumulate(1 + _HEADING_ROWS * is_first for is_first in starts)]
    half = next(at for at, height in enumerate(heights, 1) if 2 * height >= heights[-1])
    return [[groups[n] | {"rows": [row for _, row in part]}
             for n, part in groupby(column, key=itemgetter(0))] for column in (rows[:half], rows[half:])]


def make_slide_results(tallies: pd.DataFrame, ratings: pd.DataFrame, principles: pd.DataFrame,
                       rounds: pd.DataFrame,
                       round_id: str, *, agreement_test: str, fully_disclosed_panels: Collection[str] = (),
                       comments: Mapping[str, list[str]] | None = None, positions: pd.DataFrame | None = None,
                       principle_order: list[str] | None = None) -> list[dict[str, Any]]:
    """Returns one dict per principle of a round: texts, criteria with their panels, joint positions of
    panels, and comments. In the dict of a panel, ``votes`` has the number of votes for each score from 1 to 9
    if all counts of the panel are disclosed; else ``votes`` is empty.

    - ``tallies``, ``ratings``: the rows of these tables for this round and for all earlier rounds.
    - ``rounds``: the rows of rounds.csv, from which the order of the rounds is known.
    - ``agreement_test``: the test of agreement that the study uses.
    - ``fully_disclosed_panels``: the panels that agreed to the disclosure of all their votes.
    - ``comments``: the comments that may be read, keyed by principle.
    """
    issued = fill_missing_role_counts_with_zero(tallies[tallies["round_id"] == round_id])
    tallies = blank_undisclosed_tallies_and_describe_votes(tallies, agreement_test=agreement_test,
                                                           fully_disclosed_panels=fully_disclosed_panels)
    past = [*rounds.sort_values("opened_on", kind="stable")["round_id"].drop_duplicates()]
    before: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in sorted(tallies.to_dict("records"), key=lambda row: past.index(row["round_id"])):
        before.setdefault(_ballot_key(row), []).append(row)
    before = {at: rows[:next((n for n, row in enumerate(rows) if row["round_id"] == round_id), 0)]
              for at, rows in before.items()}
    here, round_ratings = (frame[frame["round_id"] == round_id].to_dict("records")
                           for frame in (tallies, ratings))
    votes: defaultdict[tuple[str, ...], dict[str, Any]] = defaultdict(dict)
    for vote in ratings[ratings["excluded"] == ""].to_dict("records"):
        votes[vote["round_id"], *_ballot_key(vote)][vote["rater_id"]] = vote["score"]
    panels = {_ballot_key(row): _untold(row) for row in issued.to_dict("records")} | {
        _ballot_key(row): _panel(row, votes, before[_ballot_key(row)]) for row in here}
    names = map_principles_to_short_names(principles)
    versions = dict(zip(issued["principle_id"], issued["version"], strict=True))
    together = [] if positions is None else positions[positions["round_id"] == round_id].to_dict("records")
    return [{
        "principle_id": one, "printed_id": format_printed_id(one, versions[one]),
        "short_name": names.get(one, ""),
        **_texts(principles, one, versions[one]),
        "comments": (comments or {}).get(one, []),
        "positions": [(PANELS[row["panel"]], row["position"]) for row in together
                      if (row["principle_id"], row["version"]) == (one, versions[one])],
        "excluded": len({vote["rater_id"] for vote in round_ratings
                         if vote["principle_id"] == one and vote["excluded"].startswith(OTHER_WORDING)}),
        "criteria": [{"criterion": criterion, "asked": CRITERION_QUESTIONS[criterion], "panels": [
            panels[one, criterion, panel] for panel in PANELS if (one, criterion, panel) in panels]}
            for criterion in CRITERIA]} for one in principle_order or sorted(versions)]


def _ballot_key(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["principle_id"], row["criterion"], row["panel"]


def _texts(principles: pd.DataFrame, principle: str, version: str) -> dict[str, Any]:
    """Returns the statement of a version of a principle, its language, its origin, and its translations keyed
    by language."""
    own = principles[(principles["principle_id"] == principle) & (principles["translation_of"] == "")
                     & (principles["version"] == version)]
    of = principles[principles["translation_of"] == format_printed_id(principle, version)]
    came = [f"This text {said}." for row in own.to_dict("records") if (said := describe_origin(row))]
    return {"statement": "".join(own["statement"]), "language": "".join(own["language"]),
            "origin": "".join(came),
            "translations": dict(zip(of["language"], of["statement"], strict=True))}


def _panel(row: dict[str, Any], votes: Mapping[tuple[str, ...], Mapping[str, Any]],
           before: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the disclosed votes of one panel on one criterion in two rounds: the round of ``row``, and the
    last earlier round on the same text. ``row`` and the rows ``before`` contain only values that may be
    disclosed (:func:`.votes.blank_undisclosed_tallies_and_describe_votes`). ``votes`` has the vote of each
    rater, keyed by round, principle, criterion and panel.
    """
    shape, words = describe_tally_by_sign_and_words(row)
    last = next((one for one in reversed(before) if one["version"] == row["version"]), None)
    are_all_told = not pd.isna(row["median"])
    return _untold(row) | _drawn(row, votes) | {
        "n": row["n"], "shape": shape, "words": words, "share": row["said"],
        "earlier": [_drawn(last, votes)] if last else [],
        "dissent": _dissent(row, shape) if are_all_told else "",
        "no_vote": "; ".join(filter(None, [
            f"{row['n_abstained']} abstained: not my context" if row["n_abstained"] else "",
            describe_proxies_and_interests(row)])),
        "ipras": (f"{row['spread_ipras']} by IPRAS (IPR {row['ipr']:.3g}, IPRAS {row['ipras']:.3g})"
                  if are_all_told and row["spread_ipras"] else ""),
        "movement": row["movement"], "moved": _moved(row, before),
        "changed": _changed(row, last, votes) if last else ""}


def _drawn(row: Mapping[str, Any], votes: Mapping[tuple[str, ...], Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the data from which a panel's votes in one round are drawn: the number of votes for each score
    from 1 to 9 if all counts are disclosed, else a bar with the disclosed third of each vote."""
    are_all_told, middle = not pd.isna(row["median"]), find_disclosed_median_tertile(row)
    counts = Counter(votes[row["round_id"], *_ballot_key(row)].values())
    is_split = are_all_told and describe_tally_by_sign_and_words(row)[0] == "split"
    return {"round_id": row["round_id"], "share": row["said"],
            "votes": [counts[score] for score in range(1, 10)] if are_all_told else [],
            "thirds": [row["votes_low"], row["votes_mid"], row["votes_high"]] if are_all_told else [],
            "middle": TERTILES.index(middle) if middle and not is_split else None,
            "median": row["median"] if are_all_told else None,
            "bar": [] if are_all_told else list_tertile_or_blank_per_vote(row["said"])}


def _changed(row: Mapping[str, Any], last: Mapping[str, Any],
             votes: Mapping[tuple[str, ...], Mapping[str, Any]]) -> str:
    """Returns a phrase on how many raters changed their vote since the last earlier round on the same text
    (``last``). The phrase is blank if not all counts of both rounds are disclosed, or if the number of raters
    may not be disclosed."""
    if pd.isna(row["median"]) or pd.isna(last["median"]):
        return ""
    before, after = ({rater: None if pd.isna(score) else int(score) for rater, score in
                      votes[own["round_id"], *_ballot_key(own)].items()} for own in (last, row))
    known = count_votes_known_to_coalition(max(row["n_by_proxy"], last["n_by_proxy"]))
    return describe_disclosed_changed_vote_count(before, after, n_known_votes=known)


def _untold(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a slide shows for a panel whose votes may not be disclosed at all."""
    with_proxies = ", with proxies among them" * (row["n_by_proxy"] > 0)
    few = f"{NUMBERS[compute_largest_undisclosed_panel(row['n_by_proxy'])]} votes or fewer{with_proxies}"
    return {"panel": row["panel"], "name": PANELS[row["panel"]], "shape": "few", "words": "not shown",
            "share": f"{few}: nothing about them is shown", "round_id": row["round_id"], "votes": [],
            "thirds": [], "middle": None, "median": None, "bar": [], "earlier": [], "dissent": "",
            "no_vote": "", "ipras": "", "movement": "", "moved": "", "changed": ""}


def _dissent(row: dict[str, Any], shape: str) -> str:
    """Returns a phrase on the votes that do not lie in the third of the scale that contains the median. For a
    split panel, the phrase gives the votes at both ends of the scale."""
    if shape == "split":
        return f"at both ends: {row['votes_low']} at 1–3, {row['votes_high']} at 7–9"
    thirds = (("low", "1–3", row["votes_low"]), ("middle", "4–6", row["votes_mid"]),
              ("high", "7–9", row["votes_high"]))
    outside = ", ".join(f"{n} at {where}" for name, where, n in thirds if n
                        and name != find_disclosed_median_tertile(row))
    return f"dissent (hollow): {outside}" if outside else ""


def _moved(row: dict[str, Any], before: list[dict[str, Any]]) -> str:
    """Returns a phrase on how the median moved since the last earlier round on the same text."""
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


def render_slide_part(name: str, *data: Any) -> str:
    """Returns one part of a slide as safe HTML: ``style()``, ``agenda(groups)``, ``result(one)``,
    ``decided(decisions)`` or ``parking(parked)``. On a page with several parts, put ``style`` first."""
    return str(getattr(load_template(__file__, "slide_blocks.html").module, name)(*data))
