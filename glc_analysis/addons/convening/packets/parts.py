"""Renders the parts of a packet as HTML, and selects the parts of each packet.

A packet is the set of parts for one organisation or one group; a part is a guide, a brief or a set of sheets.
The sections of each part show what the convening may see of a built study, and are made by the functions that
make pages. A section of a brief can be shortened by leaving out whole questions, rows or quotations; a
shortened section says how many are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

import lxml.html
from IPython.display import HTML as Html
from lxml.html.builder import SPAN
from markupsafe import Markup, escape

from glc_analysis import manifest
from glc_analysis.addons.convening.packets.pdf import PdfSettings
from glc_analysis.addons.convening.packets.sheets import (
    CLAIMS,
    SHEET_SIDES,
    SHEET_SIGNATURES,
    SHEET_VOTES,
    render_principle_sheets,
    render_space_for_notes,
    show_facilitator_sheet,
    show_interpreter_sheet,
    show_own_answers,
    show_own_consents,
    show_own_passages,
    show_own_quotations,
)
from glc_analysis.addons.convening.pages import convening
from glc_analysis.addons.convening.rating_forms import find_known_language_by_rater, read_form_phrases
from glc_analysis.addons.languages.phrases import DRAFT_NOTE, ENGLISH, Phrasebook, list_phrase_languages
from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.errors import GLCError, UsageError, suggest_name
from glc_analysis.pages.coding import render_theme_code_counts
from glc_analysis.pages.country import (
    render_country_answers,
    render_country_codes,
    render_respondents_of_country,
)
from glc_analysis.pages.questions import render_question_without_open_answers
from glc_analysis.pages.survey import render_theme_definition
from glc_analysis.reference import Reference, read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.study import INVENTED, Study
from glc_analysis.tables_html import render_as_bars_quotations_or_table, render_count_bar, render_table
from glc_analysis.templates import (
    ELEMENTS,
    Macros,
    load_template,
    read_csv_texts_by_language,
    read_fixed_texts,
)
from glc_analysis.text import format_counts, language_direction, language_name
from glc_analysis.view.study_view import StudyView

# ------------------------------
# The packets for the convening: who gets one, and which parts it has, in which order.
#
# In: the reference tables and names. Out: a list of packets, each with its parts. A packet is for one
# organisation, which is the only one to get its own brief; or for a group of people, by the name of its
# folder (:data:`PACKET_GROUPS`). Rating forms are in no packet: a packet has a name on it, and a ballot must
# not.


SHARED, ADVISERS, OBSERVERS = "shared", "survivor-advisers", "observers"
BACKGROUND, INTERPRETERS, FACILITATORS = "background", "interpreters", "facilitators"
PACKET_GROUPS = {ADVISERS: "the survivor advisers", OBSERVERS: "the observers", SHARED: "all who come",
          BACKGROUND: "every table: themes and countries", INTERPRETERS: "the interpreters",
          FACILITATORS: "the facilitators"}
"""The readers of each packet that is made for a group, keyed by the packet's folder."""
BRIEFS = ("brief", "country", "theme")
"""The kinds of parts that are limited to two pages; each of these parts is also written as a separate
document."""
_JOINT_DISPLAY = "Joint display of survey and interviews"
_PACKET_OF_ROLE = {"survivor_adviser": ADVISERS, "observer": OBSERVERS}


@dataclass(frozen=True)
class Part:
    """A part of a packet. ``slug`` is the name of the part for option ``--only``; ``item`` is the country,
    theme or organisation that the part is about."""

    slug: str
    kind: str
    title: str
    item: str = ""


@dataclass(frozen=True)
class Packet:
    """One packet, for an organisation or, if ``organisation`` is blank, for the group named by ``folder``.
    ``language`` is the language of the pages in a group's packet. The packet of an organisation is in the
    language of the organisation."""

    organisation: str
    label: str
    parts: tuple[Part, ...]
    folder: str = SHARED
    language: str = ENGLISH

    @property
    def name(self) -> str:
        """Returns the folder of the packet."""
        other = "" if self.language == ENGLISH else f"-{self.language}"
        return self.organisation or f"{self.folder}{other}"


def select_packets(reference: Reference, organisation_names: Mapping[str, str], *,
                   country_names: Mapping[str, str], theme_names: Mapping[str, str],
                   organisation_or_group: str = "", part_slugs: Collection[str] = (),
                   extra_background_languages: Collection[str] = ()) -> list[Packet]:
    """Returns the packet of one organisation or group, or all packets if ``organisation_or_group`` is blank.
    The packet of group ``background``, which is laid on the tables, is also made in each of
    ``extra_background_languages``.

    - ``organisation_names``, ``country_names``, ``theme_names``: names keyed by id; ``country_names`` has
      only the countries that may be named to the convening.
    - ``organisation_or_group``: the id or name of an organisation, or a group of :data:`PACKET_GROUPS`.
    - ``part_slugs``: the slugs of the parts to make; if empty, all parts are made. Parts without content are
      left out.

    By default, packets are made for all groups, and for the organisations that may rate. If raters.csv names
    no organisation that may rate, every organisation gets a packet. Survivor advisers get a packet only if
    raters.csv names a survivor adviser; observers get a packet only if raters.csv names an observer.

    Raises UsageError for an unknown organisation or part; the message suggests similar names. Raises GLCError
    if an organisation has the id of a group.
    """
    if clash := sorted(PACKET_GROUPS.keys() & organisation_names):
        raise GLCError(f"An organisation has the id {clash[0]!r}, which is the name of a packet for a group. "
                       "To fix: give the organisation another id.")
    roles = {_PACKET_OF_ROLE.get(role, SHARED) for role in reference.raters["role"]}
    if organisation_or_group in PACKET_GROUPS:
        chosen = [organisation_or_group]
    elif organisation_or_group:
        chosen = [_known(organisation_or_group, organisation_names)]
    else:
        may = reference.raters.query("may_rate == 'true'")["organisation_id"]
        chosen = [*sorted({*may} & {*organisation_names} or organisation_names),
                  *(one for one in PACKET_GROUPS if one in roles or one not in _PACKET_OF_ROLE.values())]
    held = {"joint": reference.joint_display, "principles": reference.principles,
            "interpreter": reference.principles, "facilitator": reference.principles}
    lacking = {kind for kind, table in held.items() if table.empty}
    made = [Packet("" if one in PACKET_GROUPS else one, PACKET_GROUPS.get(one) or organisation_names[one],
                   tuple(part for part in _parts(one, organisation_names, country_names, theme_names)
                         if part.kind not in lacking),
                   one if one in PACKET_GROUPS else SHARED) for one in chosen]
    made += [replace(packet, language=language) for packet in made if packet.folder == BACKGROUND
             for language in extra_background_languages]
    return _only([one for one in made if one.parts], part_slugs)


def _parts(name: str, labels: Mapping[str, str], countries: Mapping[str, str],
           themes: Mapping[str, str]) -> Iterator[Part]:
    if name == BACKGROUND:
        for one, title in themes.items():
            yield Part(f"theme-{one.lower()}", "theme", f"Theme: {title}", one)
        for one, title in countries.items():
            yield Part(f"country-{one.lower()}", "country", f"Country: {title}", one)
        return
    if name == INTERPRETERS:
        yield Part("interpreter", "interpreter", "Interpreter's sheet")
        return
    if name == FACILITATORS:
        yield Part("facilitator", "facilitator", "Facilitator's sheet")
        return
    yield Part("guide", "guide", "How to read this and how to vote")
    if name not in PACKET_GROUPS:
        yield Part("brief", "brief", f"The brief of {labels[name]}", name)
    yield Part("principles", "principles", "Candidate principles")
    yield Part("joint-display", "joint", _JOINT_DISPLAY)


def _only(made: list[Packet], only: Collection[str]) -> list[Packet]:
    """Returns the packets with only the parts that ``only`` names. A packet with none of the named parts is
    left out."""
    known = {part.slug for packet in made for part in packet.parts}
    for slug in only:
        if slug == "rating-form":
            raise UsageError("Rating forms are in no packet, because packets bear names and forms must not. "
                             "To fix: write all forms as one PDF for the printer with `glc forms --round "
                             "ROUND`.")
        if slug not in known:
            raise UsageError(f"There is no part {slug!r} in these packets; {suggest_name(slug, known)}.")
    if not only:
        return made
    cut = [replace(one, parts=tuple(part for part in one.parts if part.slug in only)) for one in made]
    return [one for one in cut if one.parts]


def _known(name: str, labels: Mapping[str, str]) -> str:
    """Returns the id of the organisation whose id or name is ``name``; capital and small letters make no
    difference."""
    ids = {text.casefold(): one for one, label in labels.items()
           for text in (label, label.removesuffix(" (invented)"), one)}
    if name.strip().casefold() in ids:
        return ids[name.strip().casefold()]
    known = [*labels, *labels.values(), *PACKET_GROUPS]
    raise UsageError(f"There is no organisation {name!r}; {suggest_name(name, known)}.")


# ------------------------------
# The parts.


PACKET_AUDIENCE = "convening"
PACKET_MARK = "For the convening, not for publication"
ALONE = "For {} alone"
ASKED = ("In brackets: how many of the organisations that answered the question gave this answer, yours "
         "included. Small counts are given as ranges; what could reveal who gave an answer is not shown.")
WHAT_TO_DO = {
    "brief": "Read this before you come. Cross out what is wrong, write beside it what is right, and give "
             "the page to the team before the first vote. Nobody else in the room has it.",
    "theme": "Take this up when a principle of this theme is discussed. What surprises you? What do you know "
             "that is missing here? Note it, and say it in your turn.",
    "country": "For those who work there: is it as you know it? Say what is different, without naming "
               "others."}
"""The sentence that says what the reader of a part is asked to do, keyed by kind of part."""
NOTED = ("theme", "country", "joint", "facilitator", "interpreter")
"""The kinds of parts that end with empty space for notes, in addition to briefs and principles."""

_NOTES = '<div class="glc-notes">'
_EMPTY = re.compile(r'<p class="glc-note">[^<]*</p>')
"""The pattern of a section whose only content is the note that there is nothing to show. On paper, such a
section is left out."""


@dataclass(frozen=True)
class Section:
    """A section of a part: a heading, a sentence below the heading, and the content. ``unit`` is the noun for
    the items that may be left out to shorten the section, such as questions; if ``unit`` is blank, nothing
    may be left out."""

    heading: str
    note: str
    html: str
    unit: str = ""

    def truncate(self, share: float, full_version_place: str) -> Markup:
        """Returns the section with only the first ``share`` of its units (such as questions). If units are
        left out, a line says how many are shown, and that ``full_version_place`` has all of them.

        >>> both = Section("", "", "<figure>One</figure><figure>Two</figure>", "quotations")
        >>> shown = both.truncate(0.5, "a.html")
        >>> print(shown[:31], "1 of 2 quotations; all are in a.html" in shown)
        <div><figure>One</figure></div> True
        """
        root = lxml.html.fragment_fromstring(self.html, create_parent="div")
        units = _units(root) if self.unit else []
        kept = ceil(share * len(units))
        for element in units[kept:]:
            element.drop_tree()
        left_out = f"Here are {kept} of {len(units)} {self.unit}; all are in {full_version_place}."
        return load_part_macros().section(self.heading, self.note, Markup(_tidy(root)),
                                          left_out if kept < len(units) else "")


def load_part_macros() -> Macros:
    """Returns the macros of parts.html, which all modules of this folder use."""
    return Macros(__file__, "parts.html")


def _units(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """Returns the elements that can be left out to shorten a section: questions with their options, table
    rows, or quotations."""
    found = []
    for element in root.iter("tbody", "figure"):
        rows = [row for row in element.iterfind("tr") if "glc-asked" not in row.get("class", "")]
        is_whole = element.tag == "figure" or any("glc-option" in row.get("class", "") for row in rows)
        found += [element] if is_whole else rows
    return found


def _tidy(root: lxml.html.HtmlElement) -> str:
    """Returns the HTML of ``root`` without empty groups of table rows, without empty tables, and without the
    headings of empty tables."""
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


def make_part_sections(study: Study, part: Part) -> list[Section]:
    """Returns the sections of a part of a packet, in the order of printing."""
    narrowed = {_VIEW_OF[part.kind]: part.item} if part.kind in _VIEW_OF else {}
    page = StudyView(study, PACKET_AUDIENCE, **narrowed)
    return [section for section in _SECTIONS[part.kind](page)
            if section.html and (part.kind == "brief" or not _EMPTY.fullmatch(section.html))]


def render_part_pages(study: Study, part: Part, packet: Packet) -> list[str]:
    """Returns the HTML of a part, as one or more documents that each start on a new page. Each principle is a
    separate document."""
    if part.kind == "guide":
        first, *others = list_languages_of_guide_readers(study, packet)
        return [render_reading_and_voting_guide(study, part, packet, first), *(
            render_reading_and_voting_guide(study, replace(part, slug=f"{part.slug}-{one}"), packet, one)
            for one in others)]
    if part.kind == "principles":
        return [*render_principle_sheets(StudyView(study, PACKET_AUDIENCE),
                                         choose_packet_language(study, packet)).values()]
    book = read_packet_phrases(study, choose_packet_language(study, packet))
    return [translate_paper_html(book, render_sections_with_heading(part, make_part_sections(study, part)))]


def choose_packet_language(study: Study, packet: Packet) -> str:
    """Returns the language of a packet. The packet of an organisation is in the language of the organisation;
    the packet of a group has its language in ``packet.language``. English is returned if there are no phrases
    in the language."""
    language = list_languages_of_guide_readers(study, packet)[0] if packet.organisation else packet.language
    return language if language in list_phrase_languages() else ENGLISH


def read_packet_phrases(study: Study, language: str) -> Phrasebook:
    """Returns the phrases of packets in a language."""
    return Phrasebook.read(study, PACKET_AUDIENCE, language)


def translate_paper_html(phrases: Phrasebook, html: str) -> str:
    """Returns the HTML of a paper in the language of ``phrases``; English HTML is returned unchanged. The
    space for notes is put outside the element that states the language, because only outside this element
    does the space fill the rest of the page."""
    if phrases.language == ENGLISH:
        return html
    content, notes, after = phrases.translate_html(html).partition(_NOTES)
    draft = "" if phrases.is_checked else phrases.translate_text(DRAFT_NOTE)
    return load_part_macros().in_language(phrases.language, phrases.direction, Markup(content), draft,
                                          Markup(notes + after))


def render_sections_with_heading(part: Part, sections: list[Section], share: float = 1) -> str:
    """Renders the heading of a part, the sentence that says what the reader is asked to do, and the sections
    of the part. ``share`` is the share of each section's units that is kept (:meth:`Section.truncate`)."""
    notes = "Your corrections" if part.kind == "brief" else "Your notes" if part.kind in NOTED else ""
    return load_part_macros().part(part.title, part.slug, WHAT_TO_DO.get(part.kind, ""),
                                   [section.truncate(share, describe_place_of_whole_part(part))
                                    for section in sections],
                                   render_space_for_notes(notes) if notes else "")


def remove_space_for_notes(html: str) -> str:
    """Returns the HTML of a part without the space for notes, for parts that share a page with another
    part."""
    return re.sub(f"{_NOTES}.*?</div>", "", html)


def describe_place_of_whole_part(part: Part) -> str:
    """Returns words that say where a reader finds the full version of a shortened part."""
    return "your full brief" if part.kind == "brief" else f"{part.slug}.html of the site"


def format_readership_header(part: Part, packet: Packet) -> str:
    """Returns the header of the pages of a part, which says who may read the pages."""
    return ALONE.format(packet.label) if part.kind == "brief" else PACKET_MARK


def _html(shown: Html) -> str:
    return str(shown.data)


def _brief(page: StudyView) -> Iterator[Section]:
    yield Section("Your answers", ASKED, _html(show_own_answers(page)), "questions")
    yield Section("Your words", "What you wrote and said, with the codes on which the coders agreed.",
                  _html(show_own_passages(page)), "passages")
    yield Section("Words of yours that may be printed", "", _html(show_own_quotations(page)), "quotations")
    yield Section("What you can still decide", "This is what you agreed to. You can change any of it: "
                  "tell the team that gave you this. What has been printed by then cannot be called back. "
                  f"{WITHDRAWAL_WORDS['before_signing']}",
                  _html(show_own_consents(page)))


def _country(page: StudyView) -> Iterator[Section]:
    yield Section("Who answered", "", _html(render_respondents_of_country(page)))
    yield Section("Answers compared with the whole study",
                  "Only answers that were given and may be shown are listed.",
                  adapt_country_section_for_paper(_html(render_country_answers(page))), "questions")
    yield Section("What was said in interviews and calls", "",
                  adapt_country_section_for_paper(_html(render_country_codes(page))), "codes")
    yield Section("In their own words", "", render_as_bars_quotations_or_table(page.quotations()),
                  "quotations")


def adapt_country_section_for_paper(country_html: str) -> str:
    """Returns the section of a country without the rows that are folded on the screen (options that nobody
    chose, codes that nobody raised). One column has the answers; another column has the count of each answer,
    with the line on which dots mark the percentages. The two columns are needed because the style sheet that
    separates answer and count on the screen does not apply on paper."""
    root = lxml.html.fragment_fromstring(country_html, create_parent="div")
    for element in root.xpath(".//details"):
        element.drop_tree()
    for table in root.findall(".//table[@class='glc glc-answers']"):
        for row in [*table.iter("tr")]:
            _set_counts_apart(row)
    return _tidy(root)


def _set_counts_apart(row: lxml.html.HtmlElement) -> None:
    """Replaces a row of a question by one row for each answer. The old row has two cells: the question, and
    lines that each have an answer and its count. A new row has three cells: question, answer, count. The
    question is only in the first of the new rows."""
    if len(row) == 1:  # the name of a theme
        row[0].set("colspan", "3")
        return
    first, lines = row
    if not len(lines):  # words alone, such as why there is no answer
        lines.set("colspan", "2")
    for n, line in enumerate([*lines]):
        answer, *counts = [*line] if line.get("class") == "glc-answer" else (line, SPAN())
        cells = [lxml.html.Element(lines.tag, **lines.attrib) for _ in range(2)]
        for cell, parts in zip(cells, ([answer], counts), strict=True):
            for part in parts:
                part.tail = " " if part.get("class") == "glc-dots" else None
                cell.append(part)
        if n == 0:
            row[:] = [first, *cells]
        else:
            added = lxml.html.Element("tr", **row.attrib)
            added.extend([lxml.html.Element("th", **first.attrib), *cells])
            row.addnext(added)
            row = added


def _theme(page: StudyView) -> Iterator[Section]:
    yield Section("", "", _html(render_theme_definition(page)))
    yield Section("What the survey counted", "Each count is out of the organisations that were asked and "
                  "answered. Small counts are given as ranges.", _counts_table(page), "questions")
    yield Section("By region of work", "The number of organisations differs between regions.",
                  "".join(render_question_without_open_answers(page, question, by="region")
                          for question in page.questions.itertuples()), "answers")
    yield Section("What interviews, calls and open answers said", "Organisations that raised it, out of "
                  "all that were asked about it or raised it unasked.", _html(render_theme_code_counts(page)),
                  "codes")
    yield Section("In their own words", "", render_as_bars_quotations_or_table(page.quotations()),
                  "quotations")


def _counts_table(page: StudyView) -> str:
    """Returns the questions of a theme in one table, each with its answers and how many organisations gave
    each answer."""
    lines, hidden = [], []
    for question in page.question_table.to_dict("records"):
        rows = page.summarise_question(question["question_id"])
        if question["type"] in ("text", "date"):
            continue
        if rows.empty:
            hidden.append(question["question_id"])
            continue
        name = load_part_macros().question(question["question_id"], question["wording"])
        if question["type"] == "number":
            middle = rows[rows["statistic"] == "median"]
            lines += [("glc-asked", name, f"median {value:g} of {base}")
                      for value, base in zip(middle["value"], middle["base_n"], strict=True)]
            continue
        if question["option_list"] == COUNTRY_LIST:
            rows = rows[rows["n"].ne(0)]
        if len(rows):
            drawn = map(render_count_bar, rows["share"], format_counts(rows))
            lines += [("glc-asked", name, None), *(
                ("glc-option", option, count) for option, count in zip(rows["option"], drawn, strict=True))]
    if not lines:
        return ELEMENTS.note("No figure of this theme is shown to the convening.")
    kinds, names, counts = zip(*lines, strict=True)
    note = f"Not shown, since it could reveal who gave an answer: {', '.join(hidden)}."
    return render_table({"Question and answers": names, "Counted": counts},
                        row_classes=kinds) + ELEMENTS.notes(
        [note] if hidden else [])


def _joint(page: StudyView) -> Iterator[Section]:
    yield Section("", "The team wrote how the two fit and what follows.",
                  _html(convening.show_joint_display(page)))


def _facilitator(page: StudyView) -> Iterator[Section]:
    yield Section("", "", _html(show_facilitator_sheet(page)))


def _interpreter(page: StudyView) -> Iterator[Section]:
    yield Section("", "", _html(show_interpreter_sheet(page)))


_VIEW_OF = {"brief": "organisation", "country": "country", "theme": "theme"}
_SECTIONS: dict[str, Callable[[StudyView], Iterator[Section]]] = {
    "brief": _brief, "country": _country, "theme": _theme, "joint": _joint,
    "facilitator": _facilitator, "interpreter": _interpreter}


# ------------------------------
# The cover, the page on how to read and vote, and what all documents of a study share


_ROLES = {ADVISERS: "adviser", OBSERVERS: "observer"}
GUIDE = __file__, "guide.csv"
"""The file with the texts of the guide, one column per language."""
QUOTED = {"counted": "12 of the 30 organisations that were asked", "bounded": "At most 6 of 28",
          "practice": CLAIMS["practised"].rstrip("."), "joint": _JOINT_DISPLAY,
          "limits": SHEET_SIDES["qualifies"], "votes": SHEET_VOTES, "signatures": SHEET_SIGNATURES,
          "high": "high", "middle": "middle", "low": "low"}
"""The words of other pages that the guide explains, keyed by the names of these words in guide.csv."""
_LINES = 4
"""The number of empty lines on which to write the programme by hand, if study.toml has no programme."""


def make_pdf_settings(study: Study, paper: str = "a4") -> PdfSettings:
    """Returns the settings shared by all PDFs of a study. ``day`` of the settings is the day on which the
    last raw file arrived, or None if the manifest does not record the day."""
    running = [*["Invented sample data"] * study.is_synthetic, study.title]
    day = find_last_raw_file_day(study)
    return PdfSettings(" · ".join(running), date.fromisoformat(day) if day else None, paper)


def list_languages_of_guide_readers(study: Study, packet: Packet) -> list[str]:
    """Returns the languages of a packet's guide:

    - for the packet of an organisation, the language in which the organisation answered the survey;
    - for the packet of a panel, the languages of the panel's raters (English for a rater whose language is
      unknown);
    - for the packets of other groups, English.
    """
    answered_in = read_organisation_names_and_languages(study)[1]
    if packet.folder not in _ROLES:
        return [answered_in.get(packet.organisation, "") or "en"]
    raters = read_reference_table(study, "raters")
    own = raters[raters["role"].map(_PACKET_OF_ROLE) == packet.folder]
    return sorted({one or "en" for one in find_known_language_by_rater(own, answered_in).values()}) or ["en"]


def render_reading_and_voting_guide(study: Study, part: Part, packet: Packet, wanted_language: str) -> str:
    """Returns one page on how to read a principle's page and how to vote. The page is in the language
    ``wanted_language`` if guide.csv has this language; else the page is in English, with a note that says so.

    When the guide quotes words of another page, it quotes them as printed on that page.
    """
    language = wanted_language if wanted_language in read_csv_texts_by_language(*GUIDE) else ENGLISH
    book = Phrasebook(language)
    form, consensus = read_form_phrases(language), study.settings["consensus"]
    own = read_fixed_texts(language, *GUIDE)
    told = {name: escape(f"“{book.translate_text(text)}”") for name, text in QUOTED.items()} | {
        "abstain": escape(form["abstain"]), "rule": escape(own[f"rule_{consensus['test']}"]),
        "day": _in_english(consensus["fixed_on"], language)}
    say = {key: escape(text).format(**told) for key, text in own.items()}
    return load_template(__file__, "guide.html").render(
        say=say | {"privacy": escape(form["privacy"])}, slug=part.slug, language=language,
        direction=language_direction(language),
        missing=language_name(wanted_language) if language != wanted_language else "",
        role="provider" if packet.organisation else _ROLES.get(packet.folder, ""),
        has_brief=any(one.kind == "brief" for one in packet.parts), fixed_on=consensus["fixed_on"])


def _in_english(text: str, language: str) -> str:
    """Returns HTML for English words, or for a date, within a text in the language ``language``. If this
    language is written from right to left, direction marks (U+200E) are put around the words. Without the
    marks, a number or quotation mark at the beginning of the words would be set at the end of the words."""
    mark = "\u200e" if language_direction(language) == "rtl" else ""
    return escape(text) if language == "en" else load_part_macros().in_english(mark + text + mark)


def render_cover_page(study: Study, day: date | None, packet: Packet, *, contents: str) -> str:
    """Returns the cover page of a packet. The page says who gets the packet, when and where the convening is,
    how the packet may be used, and what the packet contains.

    Date, place, contact and programme come from study.toml. If one of these four settings is blank, the page
    has an empty line to write on.
    """
    set_down: Mapping[str, str] = study.settings["convening"]
    lines = [PACKET_MARK + "."]
    if any(part.kind == "brief" for part in packet.parts):
        lines.append(f"Your own brief is for {packet.label} alone: nobody else gets it.")
    lines += ["Others appear here as counts, or by name if they agreed to it. Their words are printed only "
              "if their organisation cleared them. Please keep what you read about others to yourself.",
              *([f"Data up to {day}."] if day else [])]
    facts = {name.capitalize(): set_down[name] for name in ("date", "place", "contact")}
    programme = set_down["programme"] or [""] * _LINES
    rows = [*facts.items(), *zip(["Programme", *[""] * (len(programme) - 1)], programme, strict=True)]
    return load_part_macros().cover(study.title, f"Packet for {packet.label}",
                                    INVENTED if study.is_synthetic else "", rows, lines, contents)


def find_last_raw_file_day(study: Study) -> str:
    """Returns the day on which the last raw file was received, in ISO 8601; blank if the manifest does not
    record the day."""
    return max((row["received_on"][:10] for row in manifest.read_manifest(study).values()), default="")
