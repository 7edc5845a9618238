"""The parts of a packet as sections of HTML, from the blocks of the pages, for the convening alone.

A section can be cut: its whole questions, rows or quotations from the end, never in the middle of one,
and it says how many are left out and where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from math import ceil

import lxml.html

from glc_analysis.convening import CRITERIA
from glc_analysis.convening.form_texts import Form
from glc_analysis.convening.packet import Packet, Part
from glc_analysis.evidence.figures import count_texts
from glc_analysis.intake.ratings_forms import ABSTAIN, SCORES
from glc_analysis.reference import COUNTRY_LIST
from glc_analysis.reports.blocks import (
    brief,
    coded,
    convening,
    overview,
    principles,
    profile,
    questions,
    words,
)
from glc_analysis.reports.html import Markup, bar, table, tag
from glc_analysis.reports.page import Page
from glc_analysis.study import Study

AUDIENCE = "convening"
MARK = "For the convening, not for publication"
ALONE = "For {} alone"
ASKED = ("In brackets: how many of those who answered the question gave this answer, yours among them. "
         "Small counts are words, and what could tell who gave an answer is not shown.")
STATEMENTS = ("The votes of each round, what people judged, and the way from each statement back to its "
              "source stand in principles.html of the site.")


_EMPTY = re.compile(r'<p class="glc-note">[^<]*</p>')
"""A section that says that there is nothing: on paper it takes the room of what there is."""


@dataclass(frozen=True)
class Section:
    """A heading, a sentence below it, and what stands there. ``unit`` names what is left out when it is
    cut; blank where it never is."""

    heading: str
    note: str
    html: str
    unit: str = ""

    def cut(self, share: float, where: str) -> str:
        """The section with its first units alone, and a line that says what is left out.

        >>> both = Section("", "", "<figure>One</figure><figure>Two</figure>", "quotations")
        >>> both.cut(0.5, "a.html")[:30], "1 of 2 quotations; all stand in a.html" in both.cut(0.5, "a.html")
        ('<div><figure>One</figure></div', True)
        """
        root = lxml.html.fragment_fromstring(self.html, create_parent="div")
        units = _units(root) if self.unit else []
        kept = ceil(share * len(units))
        for element in units[kept:]:
            element.drop_tree()
        said = f"Here are {kept} of {len(units)} {self.unit}; all stand in {where}."
        return "".join([tag("h2", escape(self.heading)) if self.heading else "",
                        tag("p", escape(self.note), class_="glc-note") if self.note else "",
                        _tidied(root),
                        tag("p", escape(said), class_="glc-note") if kept < len(units) else ""])


def _units(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """What can be left out: whole questions with their options, rows, quotations."""
    found = []
    for element in root.iter("tbody", "figure"):
        rows = [row for row in element.iterfind("tr") if "glc-asked" not in row.get("class", "")]
        is_whole = element.tag == "figure" or any("glc-option" in row.get("class", "") for row in rows)
        found += [element] if is_whole else rows
    return found


def _tidied(root: lxml.html.HtmlElement) -> str:
    """Without groups that have a heading alone, without tables that have no row, without headings of such."""
    for body in root.findall(".//tbody"):
        if all("glc-asked" in row.get("class", "") and row[-1].get("colspan") for row in body):
            body.drop_tree()
    for box in root.findall(".//div[@class='glc-scroll']"):
        if box.find("table") is not None and box.find("table/tbody") is None:
            box.drop_tree()
    for head in root.findall(".//h3"):
        if (below := head.getnext()) is None or below.tag in ("h3", "p") and not head.get("id"):
            head.drop_tree()
    return lxml.html.tostring(root, encoding="unicode")


def sections(study: Study, part: Part, packet: Packet) -> list[Section]:
    """The sections of a part, in their order."""
    page = Page(study, AUDIENCE, **{_OPENED[part.kind]: part.item} if part.kind in _OPENED else {})
    if part.kind == "form":
        return [Section("", "", _form(form)) for form in packet.forms]
    found = [section for section in _MADE[part.kind](page) if section.html]
    return found if part.kind == "brief" else [one for one in found if not _EMPTY.fullmatch(one.html)]


def where(part: Part) -> str:
    """Where all of a part stands, for a reader who looks for what was left out."""
    return "your full brief" if part.kind == "brief" else f"{part.slug}.html of the site"


def mark(part: Part, packet: Packet) -> str:
    """The running mark of a part's pages: whom they are for. A form does not say whose it is."""
    return ALONE.format(packet.label) if part.kind == "brief" else MARK


def _brief(page: Page) -> Iterator[Section]:
    yield Section("Your answers", ASKED, brief.answers(page).data, "questions")
    yield Section("Your words", "What you wrote and said, with the codes that coders agreed on.",
                  brief.said(page).data, "passages")
    yield Section("Words of yours that may be printed", "", brief.quotations(page).data, "quotations")
    yield Section("What you can still decide", "What you agreed to, as it is noted. You can change any of "
                  "it: tell those who gave you this. What is printed by then cannot be called back.",
                  brief.choices(page).data)


def _country(page: Page) -> Iterator[Section]:
    yield Section("Who answered", "", profile.who(page).data)
    yield Section("Answers beside the whole study", "Listed are answers that were given and may be shown.",
                  _given(profile.beside(page).data), "questions")
    yield Section("What was said in interviews and calls", "", coded.beside(page).data, "codes")
    yield Section("In their own words", "", words.open_answers(page).data, "quotations")


def _given(html: str) -> str:
    """A country's answers without the options that nobody there chose."""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    for row in root.findall(".//tr[@class='glc-option']"):
        row.drop_tree()
    for body in root.findall(".//tbody"):
        if len(body) == 1 and len(body[0]) > 1 and not any(cell.text_content() for cell in body[0][1:]):
            body.drop_tree()
    return _tidied(root)


def _theme(page: Page) -> Iterator[Section]:
    yield Section("", "", overview.definition(page).data)
    yield Section("What the survey counted", "Counts are out of those whose answer counts in the base of the "
                  "question. Small counts are words.", _counted(page), "questions")
    yield Section("By region of work", "Regions differ in how many organisations they have.",
                  questions.by_group(page, "region").data, "answers")
    yield Section("What interviews, calls and open answers said", "Organisations that raised it, out of "
                  "those that were asked about it or raised it unasked.", coded.codes(page).data, "codes")
    yield Section("In their own words", "", words.open_answers(page).data, "quotations")


def _counted(page: Page) -> str:
    """The questions of a theme in one table: each with its answers and how many gave them."""
    lines, untold = [], []
    for question in page.questions.itertuples():
        rows = page.summary(question.question_id)
        if rows.empty or question.type in ("text", "date"):
            untold += [question.question_id] if question.type not in ("text", "date") else []
            continue
        name = Markup(tag("span", escape(question.question_id), class_="glc-id") + escape(question.wording))
        if question.type == "number":
            middle = rows[rows["statistic"] == "median"]
            lines += [("glc-asked", name, f"median {row.value:g} of {row.base_n}")
                      for row in middle.itertuples()]
            continue
        if question.option_list == COUNTRY_LIST:
            rows = rows[rows["n"].ne(0)]
        told = [("glc-option", row.option, bar(row.share, text))
                for row, text in zip(rows.itertuples(), count_texts(rows), strict=True)]
        lines += [("glc-asked", name, None), *told] if told else []
    said = f"What could tell who gave an answer is not shown: {', '.join(untold)}."
    if not lines:
        return tag("p", "No figure of this theme is shown to the convening.", class_="glc-note")
    kinds, names, counts = zip(*lines, strict=True)
    return table({"Question and answers": names, "Counted": counts}, rows=kinds) + (
        tag("p", escape(said), class_="glc-note") if untold else "")


def _joint(page: Page) -> Iterator[Section]:
    yield Section("", "How the two fit, and what follows, was written by people.",
                  convening.joint_display(page).data)


def _principles(page: Page) -> Iterator[Section]:
    yield Section("At a glance", "", principles.overview(page).data)
    root = lxml.html.fragment_fromstring(principles.statements(page).data, create_parent="div")
    for wide in root.findall(".//div[@class='glc-scroll']"):
        wide.drop_tree()
    yield Section("Each in full", STATEMENTS, lxml.html.tostring(root, encoding="unicode"))


def _form(form: Form) -> str:
    """A rater's form: the code, and nothing that tells whose it is."""
    say = {key: escape(text) for key, text in form.say.items()}
    parts = [tag("p", tag("strong", escape(form.heading))),
             *(tag("p", escape(line)) for line in form.say["how"].split("\n"))]
    for row in form.rows.itertuples():
        stamp = tag("span", escape(f" {row.printed_id} {form.language} {row.text_version}"), dir="ltr")
        statement = tag("strong", escape(f"{row.principle_id} {row.statement}"))
        said = tag("div", tag("p", statement, stamp), custom_style="Lead")
        boxes = "".join(_boxes(say, criterion) for criterion in CRITERIA)
        rest = tag("p", f"☐ {say[ABSTAIN]} &#160; {say['comment']} {'_' * 40} &#160; {say['may_be_read']} "
                        f"☐ {say['yes']} ☐ {say['no']}")
        parts.append(tag("div", said, tag("table", tag("tbody", boxes), class_="glc-form"), rest,
                         **{"typst:breakable": "false", "typst:above": "12pt"}))
    return tag("div", *parts, lang=form.language, dir=form.direction)


def _boxes(say: dict[str, str], criterion: str) -> str:
    return tag("tr", tag("th", say[criterion], scope="row"), tag("td", say[f"{criterion}_low"]),
               *(tag("td", str(score), class_="glc-box") for score in SCORES),
               tag("td", say[f"{criterion}_high"]))


_OPENED = {"brief": "organisation", "country": "country", "theme": "theme"}
_MADE: dict[str, Callable[[Page], Iterator[Section]]] = {
    "brief": _brief, "country": _country, "theme": _theme, "joint": _joint, "principles": _principles}
