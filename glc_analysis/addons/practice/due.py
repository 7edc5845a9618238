"""Lists the due matters about the practice of principles: reviews, decisions to carry out, and days on which
organisations reconsider a commitment.

The module turns rows of reference tables into sentences for ``glc status`` and for the page on due matters.
The module does not use pandas, so that ``glc status`` responds quickly. Organisations are neither ranked nor
counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from glc_analysis.addons.convening.histories import format_printed_id_of_text, join_names_in_sentence
from glc_analysis.errors import Faults
from glc_analysis.schema import list_table_files
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows

Cells = Mapping[str, Any]
READ = ("commitments", "trials", "reviews", "principles", "text_decisions", "raters", "judgements",
        "waves")
"""The reference tables that determine what is due."""
EVERYBODY = "all"
"""The entry in column ``told`` of reviews.csv that means that all organisations were informed of a review."""
TRIGGERS = {"date": "planned", "contrary_evidence": "contrary evidence", "harm": "possible harm",
            "new_wave": "a new wave of the survey", "law": "a law", "asked": "somebody asked for it"}
"""The reasons why a text is reviewed, in words, keyed by trigger."""


@dataclass(frozen=True)
class DueMatter:
    """A due matter: the day on which it is due (blank if no day is fixed), the subject, and the action to
    take."""

    due_on: str
    about: str
    what: str


def list_due_practice_matters(tables: Mapping[str, Sequence[Cells]]) -> list[DueMatter]:
    """Returns all due matters sorted by day; the earliest matter comes first, and matters without a day come
    last."""
    found = [*_reviews(tables), *_to_carry_out(tables), *_looked_at_again(tables), *_since_agreed(tables),
             *_new_waves(tables), *_not_planned(tables)]
    return sorted(found, key=lambda matter: (not matter.due_on, matter.due_on, matter.about, matter.what))


def list_rating_or_committed_organisations(tables: Mapping[str, Sequence[Cells]]) -> set[str]:
    """Returns the organisations that take part: the organisations of raters, and organisations with a
    commitment."""
    voting = {row["organisation_id"] for row in tables["raters"] if row["may_rate"] == "true"}
    return (voting | {row["organisation_id"] for row in tables["commitments"]}) - {""}


def list_organisations_not_informed(review: Cells, participating_organisations: set[str]) -> list[str]:
    """Returns the participating organisations that have not been informed of a review.

    >>> [list_organisations_not_informed({"told": told}, {"quay", "mill"}) for told in ("quay", "all")]
    [['mill'], []]
    """
    told = {one.strip() for one in review["told"].split(";")}
    return [] if EVERYBODY in told else sorted(participating_organisations - told)


def _reviews(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    for review in tables["reviews"]:
        if review["decision"]:
            continue
        what = f"to be reviewed: {TRIGGERS.get(review['trigger'], review['trigger'])}"
        if review["trigger"] == "harm":
            what += "; somebody outside the team closes it; ask whether the ethics board must know"
            if waiting := list_organisations_not_informed(review,
                                                          list_rating_or_committed_organisations(tables)):
                what += f"; not told yet: {', '.join(waiting)}"
        yield DueMatter(review["due_on"], format_printed_id_of_text(review), what)


def _to_carry_out(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    """Yields the decisions to amend or retire a text that is still in use."""
    agreed = {format_printed_id_of_text(text) for text in tables["principles"]
              if text["status"] == "agreed" and not text["translation_of"]}
    commands = {"amend": "`glc amend {}` makes the new version, to be agreed and signed anew",
                "retire": "`glc withdraw-text {}` sets the text aside"}
    for review in tables["reviews"]:
        if review["decision"] in commands and format_printed_id_of_text(review) in agreed:
            command = commands[review["decision"]].format(review["principle_id"])
            yield DueMatter("", format_printed_id_of_text(review),
                            f"a review decided to {review['decision']} the text: {command}")


def _looked_at_again(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    """Yields a matter for each commitment that an organisation reconsiders on a fixed day, unless the
    organisation's trial of the text has ended. Also yields a matter for each trial that is under way."""
    ended = set()
    for trial in tables["trials"]:
        key = trial["organisation_id"], format_printed_id_of_text(trial)
        if trial["decision"]:
            ended.add(key)
        else:
            since = f" since {trial['started_on']}" if trial["started_on"] else ""
            yield DueMatter("", key[1], f"the sheet of {key[0]} on its trial (under way{since}) is awaited")
    for row in tables["commitments"]:
        key = row["organisation_id"], format_printed_id_of_text(row)
        if row["review_on"] and key not in ended:
            yield DueMatter(row["review_on"], key[1], f"{key[0]} reconsiders its commitment")


def _since_agreed(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    """Yields the texts about which something new has come up since the text was agreed or last reviewed: a
    trial that went worse or was abandoned, or a concern that was judged serious. A text under an undecided
    review is left out, unless the review was planned for a date."""
    for name, since in _looked_at_last(tables).items():
        reviews = [row for row in tables["reviews"] if format_printed_id_of_text(row) == name]
        if any(not row["decision"] and row["trigger"] != "date" for row in reviews):
            continue
        trials = [row for row in tables["trials"] if format_printed_id_of_text(row) == name
                  and row["ended_on"] > since]
        worse = [row for row in trials if row["observed"] == "worse" or row["decision"] == "abandon"]
        judged = [row for row in tables["judgements"] if row["principle_id"] == name.rpartition(".")[0]
                  and row["date"] > since and row["concern"] == "serious"]
        said = ["trials that went worse or were abandoned"] * bool(worse) + (
            ["serious concerns that were judged later"] * bool(judged))
        if said:
            yield DueMatter("", name, "since it was agreed or last reviewed, there were "
                                      f"{join_names_in_sentence(said)}; decide whether to review it")


def _new_waves(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    """Yields a matter for each wave of the survey that began after texts were agreed or last reviewed. The
    matter names these texts."""
    for wave in tables["waves"]:
        before = sorted(name for name, since in _looked_at_last(tables).items()
                        if "" < since < wave["opened_on"])
        if before:
            yield DueMatter("", join_names_in_sentence(before),
                            f"since the last decision there is a new wave, {wave['label']}: check whether "
                            "the evidence still says the same, and add a row to reviews.csv with "
                            "`new_wave` in the column trigger")


def _not_planned(tables: Mapping[str, Sequence[Cells]]) -> Iterator[DueMatter]:
    planned = {format_printed_id_of_text(row) for row in tables["reviews"] if not row["decision"]}
    if missing := sorted({*_agreed(tables)} - planned):
        yield DueMatter("", join_names_in_sentence(missing),
                        "no review is planned: add a row to reviews.csv with `date` in the column trigger")


def _looked_at_last(tables: Mapping[str, Sequence[Cells]]) -> dict[str, str]:
    """Returns the agreed texts, each with the day on which the text was last reviewed or, without a later
    review, the day on which it was agreed."""
    return {name: max([agreed_on, *(row["decided_on"] for row in tables["reviews"]
                                    if format_printed_id_of_text(row) == name)])
            for name, agreed_on in _agreed(tables).items()}


def _agreed(tables: Mapping[str, Sequence[Cells]]) -> dict[str, str]:
    """Returns the agreed texts, each with the day on which it was agreed."""
    days = {format_printed_id_of_text(row): row["date"]
            for row in tables["text_decisions"] if row["status"] == "agreed"}
    return {format_printed_id_of_text(text): days.get(format_printed_id_of_text(text), "")
            for text in tables["principles"]
            if text["status"] == "agreed" and not text["translation_of"]}


def list_due_practice_status_lines(study: Study, *,
                                   today: date | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yields a line on the due matters about the practice of principles, with one detail line per matter. A
    matter is overdue if its day is before ``today``. Yields nothing if there is no commitment, no trial and
    no review."""
    day = (today or date.today()).isoformat()
    try:
        tables = {name: _rows(study, name) for name in READ}
    except Faults:  # `glc check` reports them
        return
    if not any(tables[name] for name in READ[:3]):
        return
    due = list_due_practice_matters(tables)
    late = sum(bool(matter.due_on) and matter.due_on < day for matter in due)
    yield f"Practice: {len(due)} matters are open, {late} overdue.", [
        " ".join(filter(None, [f"{matter.about}:", matter.what + ("" if not matter.due_on else (
            f" (overdue since {matter.due_on})" if matter.due_on < day else f" (by {matter.due_on})"))]))
        for matter in due]


def _rows(study: Study, name: str) -> list[dict[str, str]]:
    path, (file, *_) = study.locate_reference_file(name), list_table_files(name)
    return [*read_reference_rows(path, file.required, file.optional).values()] if path.is_file() else []
