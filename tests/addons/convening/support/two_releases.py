"""The attacker who has two releases to the same readers and compares all their text, line by line."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import lxml.html
import pandas as pd

from glc_analysis import tables as built_tables
from glc_analysis.addons.checklists.checklists import FACT_NOT_SHOWN, show_checklist_items_with_facts
from glc_analysis.addons.convening.packets.packet import list_planned_packets
from glc_analysis.addons.convening.packets.parts import render_part_pages
from glc_analysis.addons.convening.packets.sheets import render_principle_sheets
from glc_analysis.addons.convening.pages import convening, principles
from glc_analysis.addons.convening.pages.marks import PRINCIPLE
from glc_analysis.addons.convening.pages.principles import NOT_CLEARED
from glc_analysis.addons.deposit.deposit import write_deposit_folder
from glc_analysis.coding.exports import write_sorted_csv_for_spreadsheets
from glc_analysis.disclosure.blocks import select_quotations_with_owners
from glc_analysis.disclosure.cells import LEAST_MEMBERS
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.pages import coding, country, survey
from glc_analysis.pages.findings import render_page_claims, render_respondent_and_country_count
from glc_analysis.pages.questions import render_question_without_open_answers
from glc_analysis.pages.slots import COUNTRY, OPENING, OVERVIEW, render_slot
from glc_analysis.publish.downloads import collect_tables_to_download, make_software_texts
from glc_analysis.reference import read_reference
from glc_analysis.release_store import CELLS
from glc_analysis.study import Study
from glc_analysis.tables_html import render_as_bars_quotations_or_table
from glc_analysis.view.study_view import StudyView

BOX = "//p | //li | //tr | //figure | //h1 | //h2 | //h3 | //summary | //caption"
NUMBERED = re.compile(r"Release \d+|\"number\": \d+|release \d+|version: \"?\d+")
"""Releases are counted; that says nothing of anybody."""


@dataclass(frozen=True)
class Text:
    """All text of one release: its lines by place, and by place and heading the lists of lines that stand
    beside each other."""

    lines: dict[str, Counter]
    lists: dict[tuple[str, str], list[list[str]]]
    lost_evidence: frozenset[tuple[str, str]] = frozenset()
    """Id and short name of each principle of whose evidence a line is hidden, as always for a whole cell."""

    @property
    def whole(self) -> str:
        return "\n".join(line for lines in self.lines.values() for line in lines)


def text_of(study: Study, audience: str, *, has_packets: bool = True) -> Text:
    """What the pages, the packet for all, the downloads and the deposit of a release say; the packets print
    the pages once more."""
    lines, lists = {}, {}
    for place, html in pages(study, audience, has_packets=has_packets):
        root = lxml.html.document_fromstring(f"<body>{html}</body>")
        lines[place] = Counter(map(_words, root.xpath(BOX)))
        for heading, own in _lists(root):
            lists.setdefault((place, heading), []).append(own)
    for place, rows in tables(study, audience):
        lines[place] = Counter(rows)
        lists[place, "rows"] = [rows]
    return Text(lines, lists, frozenset(_lost_evidence(StudyView(study, audience))))


def _lost_evidence(view: StudyView) -> Iterator[tuple[str, str]]:
    hidden = {line.removeprefix("evidence/").partition("#")[0] for line in view.hidden
              if line.startswith("evidence/")}
    names = dict(zip(view.principle_rows["principle_id"], view.principle_rows["short_name"], strict=True))
    yield from ((one, name) for one, name in names.items() if one in hidden)


def _words(element) -> str:
    return NUMBERED.sub("", " ".join(element.text_content().split()))


def _lists(root) -> Iterator[tuple[str, list[str]]]:
    """Lists of lines that stand beside each other, each with what stands before it."""
    for box in root.xpath("//ul | //tbody"):
        before = box.getprevious()
        for quoted in box.xpath(".//td/p[q]"):  # a quotation in a row is a line of its own
            quoted.drop_tree()
        yield "" if before is None else _words(before), [*map(_words, box)]
    yield "quotations", [*map(_words, root.xpath("//figure[@class='glc-quotation']"))]


def pages(study: Study, audience: str, *, has_packets: bool) -> Iterator[tuple[str, str]]:
    """The HTML of every page and of every part of the packet for all, made by their own functions."""
    view = StudyView(study, audience)
    yield "index", _joined(render_slot(view, OPENING), render_respondent_and_country_count(view),
                           render_page_claims(view), render_slot(view, OVERVIEW),
                           survey.render_survey_facts(view) if view.has_survey else "",
                           survey.render_country_list(view), survey.render_study_numbers(view),
                           survey.write_audience_and_base_line(view))
    yield "methods", _joined(show_checklist_items_with_facts(view))
    yield "principles", _joined(principles.show_principle_counts(view),
                                principles.show_principles_overview(view),
                                principles.show_panel_sizes_and_gaps(view))
    for theme in view.themes:
        own = StudyView(study, audience, theme=theme)
        questions = [render_question_without_open_answers(own, one, by=by)
                     for one in own.questions.itertuples()
                     for by in ("", "region")]
        yield f"theme-{theme}", _joined(render_as_bars_quotations_or_table(own.quotations()),
                                        coding.render_theme_code_counts(own),
                                        *questions)
    for one in view.principle_names:
        own = StudyView(study, audience, principle=one)
        yield f"principle-{one}", _joined(
            principles.show_principle_statement(own),
            principles.show_evidence(principles.describe_evidence_of_view_principle(own)),
            _votes(own), principles.show_announcements_and_corrections(own),
            principles.show_votes_in_detail(own),
            principles.show_signatures(own), principles.show_judgements(own),
            principles.show_evidence_sources(own))
        yield f"principle-{one}, of add-ons", _joined(render_slot(own, PRINCIPLE))  # blocks of their own
        yield f"statement-{one}", "".join(render_principle_sheets(own).values())
    if not has_capability(audience, "joint_display"):
        return
    yield "convening", _joined(*(show(view) for show in (
        convening.show_joint_display, convening.show_agenda, convening.show_voting_rules,
        convening.show_decisions,
        convening.show_parking_lot)), _votes(view))
    for one in view.work_countries:
        own = StudyView(study, audience, country=one)
        yield f"country-{one}", _joined(country.render_respondents_of_country(own),
                                        country.render_country_answers(own),
                                        country.render_country_codes(own),
                                        render_as_bars_quotations_or_table(own.quotations()),
                                        render_slot(own, COUNTRY))
    for packet in list_planned_packets(study) if has_packets else ():
        if packet.organisation:
            continue
        for part in packet.parts:
            yield f"packet {part.slug}", "".join(render_part_pages(study, part, packet))


def _votes(view: StudyView) -> str:
    return "".join(f"<p>{' '.join(row)}</p>" for row in view.votes()[
        ["principle", "round", "panel", "criterion", "shown_as"]].itertuples(index=False))


def _joined(*parts) -> str:
    return "".join(getattr(part, "data", part) for part in parts if part is not None)


def tables(study: Study, audience: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of every table that is handed over, and the files of the deposit."""
    frames = collect_tables_to_download(study, audience)
    with TemporaryDirectory() as folder:
        figures = frames.pop("figures")
        by_kind = {f"figures by {kind}": rows for kind, rows in figures.groupby("subset_kind", observed=True)}
        if "joint_display" in frames:  # its quotations are lines of their own
            frames["joint quotations"] = frames["joint_display"][["quotation"]].query("quotation != ''")
            frames["joint_display"] = frames["joint_display"].drop(columns="quotation")
        for name, frame in (frames | by_kind).items():
            write_sorted_csv_for_spreadsheets(frame, Path(folder, f"{name}.csv"))
        paths = [*Path(folder).glob("*.csv")]
        if audience == "public":
            paths += [*write_deposit_folder(study, Path(folder, "deposit")).glob("*")]
        for path in sorted(paths):
            said = path.read_text(encoding="utf-8")
            rows = [" | ".join(row) for row in csv.reader(said.splitlines())][1:] if path.suffix == ".csv" \
                else said.splitlines()  # the header of a table is not a line beside others
            yield f"file {path.relative_to(folder)}", [NUMBERED.sub("", row) for row in rows]
    for name, text in make_software_texts(study, frames, audience).items():
        yield f"file {name}", [NUMBERED.sub("", row) for row in text.splitlines()]


# ------------------------------
# What the attacker looks for.


def findings(first: Text, second: Text, *, names: set[str], undecided: set[str]) -> list[str]:
    """What two releases together show of somebody who left in between; ``names`` are those by which it can be
    found, ``undecided`` the names of principles that are not agreed, whose whole line of votes may be gone.

    - a number that is another one in an otherwise equal line;
    - lines that are gone from a list while their neighbours stay;
    - a line that names who left, or says that something was withdrawn.
    """
    found = []
    lost = first.lost_evidence | second.lost_evidence
    first, second = (_without_facts_on_evidence(text, lost) for text in (first, second))
    for place, lines in second.lines.items():
        new, gone = lines - first.lines.get(place, Counter()), first.lines.get(place, Counter()) - lines
        shapes = {re.sub(r"\d+", "#", line): line for line in gone if re.search(r"\d", line)}
        found += [f"{place}: {shapes[shape]} -> {line}" for line in new
                  if (shape := re.sub(r"\d+", "#", line)) in shapes]
    for (place, heading), lists in first.lists.items():
        for lines in lists:
            now = Counter(_same_list(second.lists.get((place, heading), []), lines))
            gone = [line for line in (Counter(lines) - now)
                    if not any(one in line for one in undecided) and not _is_replaced(line, now)]
            if gone and sum((Counter(lines) & now).values()):
                found += [f"{place}, {heading}: gone is {line}" for line in gone]
    found += [f"{place}: {line}" for place, lines in second.lines.items() for line in lines
              if any(one in line for one in names | {"[withdrawn]"})]
    return found


_FACTS_ON_EVIDENCE = re.compile('"(?:rests_on|is_effect_measured|supports|contradicts|qualifies)":')


def _without_facts_on_evidence(text: Text, lost: frozenset[tuple[str, str]]) -> Text:
    """The text without what lists of principles state of the evidence on those that lost some. The page of
    such a principle hides its evidence as a whole, or says that rows are missing, whoever of the cell they
    were of."""
    ids, names = {one for one, _ in lost}, tuple(name for _, name in lost)

    def edited(place: str, lines: list[str]) -> list[str]:
        if place == "index":
            return [line.partition("What it rests on")[0] if line.startswith(names) else line
                    for line in lines]
        if not place.endswith("principles.json"):
            return lines
        kept, one = [], ""
        for line in lines:
            begins = re.match(r' *"id": "([^"]+)"', line)
            one = begins[1] if begins else one
            if not (one in ids and _FACTS_ON_EVIDENCE.match(line.strip())):
                kept.append(line)
        return kept

    lists = {key: [edited(key[0], own) for own in lists] for key, lists in text.lists.items()}
    lines = {place: Counter(edited(place, [*lines.elements()])) if place == "index" else lines
             for place, lines in text.lines.items()}
    lines |= {place: Counter(own[0]) for (place, kind), own in lists.items()
              if kind == "rows" and place.endswith("principles.json")}
    return Text(lines, lists, text.lost_evidence)


def _same_list(lists: list[list[str]], lines: list[str]) -> list[str]:
    """The list that has most lines in common with one of the first release."""
    return max(lists, key=lambda own: len({*own} & {*lines}), default=[])


def _is_replaced(line: str, now: Counter) -> bool:
    """Whether a line is still there, and only says that it is not shown."""
    return any(line.startswith(one.removesuffix(FACT_NOT_SHOWN))
               for one in now if one.endswith(FACT_NOT_SHOWN))


def names_of(study: Study, organisation: str) -> set[str]:
    """The id and the names of an organisation, and the names of its people."""
    reference = read_reference(study)
    label = reference.organisations.query("organisation_id == @organisation")["label"].iloc[0]
    people = reference.speakers.query("organisation_id == @organisation")["name_in_file"]
    return {organisation, label, label.removesuffix(" (invented)"), *people}


def undecided(study: Study) -> set[str]:
    """The names of principles that are not agreed."""
    rows = StudyView(study, "convening").principle_rows
    rows = rows[rows["status"] != "agreed"]
    return {*rows["principle_id"], *rows["short_name"]}


# ------------------------------
# Words, which are hidden by cells.


def cell_of(study: Study, organisation: str) -> set[str]:
    """The organisations whose lines are hidden together with those of one: five or more, any of whom may have
    said each (``tests/acceptance/test_departures.py`` attacks the cells)."""
    cells = pd.read_parquet(study.private / "releases" / "convening" / "001" / CELLS)
    cell = cells.loc[cells["organisation_id"] == organisation, "cell"]
    members = {*cells.loc[cells["cell"].isin(cell), "organisation_id"]}
    assert not members or len(members) >= LEAST_MEMBERS
    return members


def words_by_owner(study: Study) -> dict[str, str]:
    """Whose each quotation and comment is, as pages print it."""
    frames = {name: built_tables.read_table(name, study=study) for name in built_tables.TABLES}
    quotes = read_reference(study).quotes
    quoted = pd.concat([select_quotations_with_owners(frames, quotes, audience)
                        for audience in READING_AUDIENCES])
    rated = frames["ratings"]
    who = rated["organisation_id"].where(rated["organisation_id"] != "", rated["rater_id"])
    rows = [*zip(quoted["text"], quoted["owner"], strict=True), *zip(rated["comment_read"], who, strict=True)]
    return {text: owner for text, owner in rows if text}


def words_of_cell(study: Study, organisation: str) -> set[str]:
    """All that may be gone from a list where an organisation has left: the words of its cell, and what stands
    in their place."""
    members = cell_of(study, organisation)
    return {text for text, owner in words_by_owner(study).items() if owner in members} | {
        NOT_CLEARED, "Comments of raters"}
