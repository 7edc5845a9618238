"""Makes the packets for the convening: PDF and Word for each participant and for all, and every brief.

In goes a built study; out come the files of each packet. The sections are made by the functions of the
pages, for the audience `convening`. A brief longer than two pages is shortened by whole questions, rows or
quotations, and says how many are left out. The files are made in a temporary folder, and moved into place
only after the gate.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from html import escape
from math import ceil
from pathlib import Path

import lxml.html

from glc_analysis import manifest
from glc_analysis.convening.packets import BRIEFS, Packet, Part, packets
from glc_analysis.convening.rating_forms import Form, forms_of
from glc_analysis.convening.returns import addressed
from glc_analysis.convening.rounds import plan_round
from glc_analysis.disclosure.consent import WITHDRAWAL
from glc_analysis.disclosure.findings import check_leaks, each_once, found_in_papers
from glc_analysis.disclosure.leak_scan import identifiers, without_own_names
from glc_analysis.disclosure.releases import publish
from glc_analysis.errors import Faults
from glc_analysis.files import Progress, graceful_interrupt, progress_bar, write_atomic
from glc_analysis.frames_html import frame_html
from glc_analysis.intake.ratings import ABSTAIN, SCORED, Question
from glc_analysis.locks import locked
from glc_analysis.pages import convening
from glc_analysis.pages.brief import own_answers, own_consents, own_passages, own_quotations
from glc_analysis.pages.coding import codes
from glc_analysis.pages.country import answers_by_country, codes_by_country, who_answered
from glc_analysis.pages.principles import principles_overview, statements
from glc_analysis.pages.questions import question_html
from glc_analysis.pages.survey import definition
from glc_analysis.publish.paper import (
    CONTENTS,
    PdfSettings,
    PrintedPart,
    convert,
    fit_to_pages,
    prepare,
    word,
)
from glc_analysis.publish.site import INVENTED
from glc_analysis.reference import Reference, read_reference
from glc_analysis.run.record import last_run
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.study import Study
from glc_analysis.tables_html import Markup, bar, table, tag
from glc_analysis.text import count_texts
from glc_analysis.view import StudyView
from glc_analysis.withdrawal.withdrawal import PACKETS_MADE

# ------------------------------
# The parts of a packet, as sections of HTML


AUDIENCE = "convening"
MARK = "For the convening, not for publication"
ALONE = "For {} alone"
ASKED = ("In brackets: how many of the organisations that answered the question gave this answer, yours "
         "included. Small counts are given as ranges; what could reveal who gave an answer is not shown.")
STATEMENTS = ("The votes of each round, the team's judgements and the sources of each statement are on its "
              "own page of the site.")

_EMPTY = re.compile(r'<p class="glc-note">[^<]*</p>')
"""A section that only says that there is nothing; it is left out on paper."""


@dataclass(frozen=True)
class Section:
    """A heading, a sentence below it, and the content. ``unit`` names what may be left out, such as
    questions; blank: nothing may."""

    heading: str
    note: str
    html: str
    unit: str = ""

    def truncate(self, share: float, where: str) -> str:
        """The section with the first ``share`` of its units, and a line that says what is left out.

        >>> both = Section("", "", "<figure>One</figure><figure>Two</figure>", "quotations")
        >>> shown = both.truncate(0.5, "a.html")
        >>> shown[:30], "1 of 2 quotations; all are in a.html" in shown
        ('<div><figure>One</figure></div', True)
        """
        root = lxml.html.fragment_fromstring(self.html, create_parent="div")
        units = _units(root) if self.unit else []
        kept = ceil(share * len(units))
        for element in units[kept:]:
            element.drop_tree()
        left_out = f"Here are {kept} of {len(units)} {self.unit}; all are in {where}."
        return "".join([tag("h2", escape(self.heading)) if self.heading else "",
                        tag("p", escape(self.note), class_="glc-note") if self.note else "",
                        _tidy(root),
                        tag("p", escape(left_out), class_="glc-note") if kept < len(units) else ""])


def _units(root: lxml.html.HtmlElement) -> list[lxml.html.HtmlElement]:
    """The units of a section that can be left out: questions with their options, rows, quotations."""
    found = []
    for element in root.iter("tbody", "figure"):
        rows = [row for row in element.iterfind("tr") if "glc-asked" not in row.get("class", "")]
        is_whole = element.tag == "figure" or any("glc-option" in row.get("class", "") for row in rows)
        found += [element] if is_whole else rows
    return found


def _tidy(root: lxml.html.HtmlElement) -> str:
    """Removes groups without rows, tables without rows, and the headings of such tables."""
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
    page = StudyView(study, AUDIENCE, **{_VIEW_OF[part.kind]: part.item} if part.kind in _VIEW_OF else {})
    if part.kind == "form":
        return [Section("", "", _form(form)) for form in packet.forms]
    found = [section for section in _SECTIONS[part.kind](page) if section.html]
    return found if part.kind == "brief" else [one for one in found if not _EMPTY.fullmatch(one.html)]


def where(part: Part) -> str:
    """Where a reader finds all of a shortened part."""
    return "your full brief" if part.kind == "brief" else f"{part.slug}.html of the site"


def mark(part: Part, packet: Packet) -> str:
    """The header of a part's pages: who may read them. A form does not say whose it is."""
    return ALONE.format(packet.label) if part.kind == "brief" else MARK


def _brief(page: StudyView) -> Iterator[Section]:
    yield Section("Your answers", ASKED, own_answers(page).data, "questions")
    yield Section("Your words", "What you wrote and said, with the codes on which the coders agreed.",
                  own_passages(page).data, "passages")
    yield Section("Words of yours that may be printed", "", own_quotations(page).data, "quotations")
    yield Section("What you can still decide", "This is what you agreed to. You can change any of it: "
                  "tell the team that gave you this. What has been printed by then cannot be called back. "
                  f"{WITHDRAWAL['before_signing']}",
                  own_consents(page).data)


def _country(page: StudyView) -> Iterator[Section]:
    yield Section("Who answered", "", who_answered(page).data)
    yield Section("Answers compared with the whole study",
                  "Only answers that were given and may be shown are listed.",
                  _without_folded(answers_by_country(page).data), "questions")
    yield Section("What was said in interviews and calls", "",
                  _without_folded(codes_by_country(page).data), "codes")
    yield Section("In their own words", "", frame_html(page.quotations()), "quotations")


def _without_folded(html: str) -> str:
    """A section without what is folded on the screen: options that nobody chose, codes that nobody raised."""
    root = lxml.html.fragment_fromstring(html, create_parent="div")
    for folded in root.findall(".//details"):
        folded.drop_tree()
    return _tidy(root)


def _theme(page: StudyView) -> Iterator[Section]:
    yield Section("", "", definition(page).data)
    yield Section("What the survey counted", "Each count is out of the organisations that were asked and "
                  "answered. Small counts are given as ranges.", _counts_table(page), "questions")
    yield Section("By region of work", "The number of organisations differs between regions.",
                  "".join(question_html(page, question, by="region")
                          for question in page.questions.itertuples()), "answers")
    yield Section("What interviews, calls and open answers said", "Organisations that raised it, out of "
                  "all that were asked about it or raised it unasked.", codes(page).data, "codes")
    yield Section("In their own words", "", frame_html(page.quotations()), "quotations")


def _counts_table(page: StudyView) -> str:
    """The questions of a theme in one table: each with its answers and how many gave them."""
    lines, untold = [], []
    for question in page.question_table.itertuples():
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
    said = f"Not shown, since it could reveal who gave an answer: {', '.join(untold)}."
    if not lines:
        return tag("p", "No figure of this theme is shown to the convening.", class_="glc-note")
    kinds, names, counts = zip(*lines, strict=True)
    return table({"Question and answers": names, "Counted": counts}, rows=kinds) + (
        tag("p", escape(said), class_="glc-note") if untold else "")


def _joint(page: StudyView) -> Iterator[Section]:
    yield Section("", "The team wrote how the two fit and what follows.",
                  convening.joint_display(page).data)


def _principles(page: StudyView) -> Iterator[Section]:
    yield Section("At a glance", "", principles_overview(page).data)
    yield Section("Each in full", STATEMENTS, statements(page).data)


def _form(form: Form) -> str:
    """A rater's form, with a code and nothing else that shows whose it is."""
    say = {key: escape(text) for key, text in form.say.items()}
    parts = [tag("p", tag("strong", escape(form.heading))),
             *(tag("p", escape(line)) for line in form.how.split("\n"))]
    for row in form.rows.itertuples():
        stamp = tag("span", escape(f" {form.words_of(row)}"), dir="ltr")
        statement = tag("strong", escape(f"{row.principle_id} {form.shown(row)}"))
        said = tag("div", tag("p", statement, stamp), custom_style="Lead")
        boxes = "".join(_boxes(form, question) for question in SCORED)
        rest = tag("p", f"☐ {say[ABSTAIN]} &#160; {say['comment']} {'_' * 40} &#160; {say['may_be_read']} "
                        f"☐ {say['yes']} ☐ {say['no']}")
        parts.append(tag("div", said, tag("table", tag("tbody", boxes), class_="glc-form"), rest,
                         **{"typst:breakable": "false", "typst:above": "12pt"}))
    return tag("div", *parts, lang=form.language, dir=form.direction)


def _boxes(form: Form, question: Question) -> str:
    low, high = map(escape, form.ends(question))
    return tag("tr", tag("th", escape(form.label(question)), scope="row"), tag("td", low),
               *(tag("td", score, class_="glc-box") for score in question.choices), tag("td", high))


_VIEW_OF = {"brief": "organisation", "country": "country", "theme": "theme"}
_SECTIONS: dict[str, Callable[[StudyView], Iterator[Section]]] = {
    "brief": _brief, "country": _country, "theme": _theme, "joint": _joint, "principles": _principles}


# ------------------------------
# The gate, the list of packets that were made, and their place


SOURCE = ".html"
"""The suffix of the HTML source of a document; the gate reads it, then it is deleted."""


def pass_gate(stage: Path, study: Study, chosen: Iterable[Packet]) -> None:
    """Raises Faults if a file holds something that its reader may not see; a packet may name its own
    organisation. Then deletes the sources of the documents."""
    reference, known, faults = read_reference(study), identifiers(study, audience=AUDIENCE), []
    parts = [(stage / "briefs", reference.names, known)]
    for packet in chosen:
        own = packet.organisation
        kept = without_own_names(own, study, reference, known) if own else (reference.names, known)
        parts.append((stage / packet.name, *kept))
    for folder, names, texts in parts:
        search = partial(check_leaks, root=stage, names=names, audience=AUDIENCE, known=texts,
                         study=study)
        faults += found_in_papers(search, sorted(path for path in folder.glob("*") if path.is_file()))
    if faults:
        raise Faults(each_once(faults))
    for path in stage.glob(f"*/*{SOURCE}"):
        path.unlink()


def log_packets(stage: Path, study: Study, chosen: Iterable[Packet], *, today: date) -> None:
    """Records in private/ which packets were made on which day, each once."""
    path, names = study.private / PACKETS_MADE, ["packet_sha256", "date", "organisation_id", "parts"]
    study.private.mkdir(exist_ok=True)
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))[1:] if path.is_file() else []
    known = {tuple(row) for row in rows}
    for packet in chosen:
        digest = hashlib.sha256((stage / packet.name / "packet.pdf").read_bytes()).hexdigest()
        row = (digest, today.isoformat(), packet.organisation, " ".join(part.slug for part in packet.parts))
        rows += [list(row)] if row not in known else []
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    write_atomic(path, text.getvalue())


def move_into_place(stage: Path, folder: Path) -> None:
    """Moves each packet into its place, instead of an earlier one; briefs are added to the others."""
    for made in sorted(stage.iterdir()):
        place = folder / made.name
        if made.name == "briefs" and place.is_dir():
            for path in made.iterdir():
                path.replace(place / path.name)
            continue
        if place.is_dir():
            shutil.rmtree(place)
        made.replace(place)


# ------------------------------
# Packets and briefs as files


PAGES = 2
"""The most pages of a brief."""
TRUNCATIONS = [*(1 - n / 20 for n in range(20)), 0.03, 0.02, 0.01, 0]
"""The shares of its questions, rows and quotations that are tried until a brief fits on its pages."""

_STAGE = ".making-"


@dataclass
class _Parts:
    """The HTML of all parts made so far: those that several packets share are made once."""

    study: Study
    settings: PdfSettings
    html: dict[str, str] = field(default_factory=dict)

    def part(self, part: Part, packet: Packet) -> str:
        """The HTML of a part; a brief is shortened to two pages."""
        key = f"{packet.name} {part.slug}" if part.kind in ("brief", "form") else part.slug
        if key not in self.html:
            found = sections(self.study, part, packet)

            def whole(share: float) -> str:
                return tag("h1", escape(part.title), id=part.slug) + "".join(
                    section.truncate(share, where(part)) for section in found)

            def printed(share: float) -> PrintedPart:
                return PrintedPart(mark(part, packet), whole(share))

            share = 1
            if part.kind in BRIEFS:
                share = fit_to_pages(self.settings, part.title, printed, TRUNCATIONS, PAGES)
            self.html[key] = whole(share)
        return self.html[key]


def issue(study: Study, *, today: date, organisation: str = "", only: Collection[str] = (),
          paper: str = "a4") -> list[Path]:
    """Writes packets into ``packet/`` of the current run for the convening, next to the pages that they refer
    to. Raises as :func:`write_packets` does.
    """
    stopped = "The packets are unchanged. To go on: run the same command again."
    with graceful_interrupt(lambda: stopped), locked(study.reports / AUDIENCE, what="packet"), \
            progress_bar() as tell:
        folder = last_run(study, AUDIENCE)[0] / "packet"
        return write_packets(study, folder, today=today, organisation=organisation, only=only, paper=paper,
                             progress=tell)


def planned_packets(study: Study, *, today: date, organisation: str = "",
                    only: Collection[str] = ()) -> list[Packet]:
    """The packets of a built study that would be written. Raises as :func:`packets` does."""
    reference, page = read_reference(study), StudyView(study, AUDIENCE)
    return packets(reference, page.labels, countries=page.work_countries, themes=page.themes,
                   forms=_open_forms(study, reference, today), organisation=organisation, only=only)


def write_packets(study: Study, folder: Path, *, today: date, organisation: str = "",
                  only: Collection[str] = (), paper: str = "a4",
                  progress: Progress = lambda done, total, what: None) -> list[Path]:
    """Writes the packet of an organisation, or all, into ``folder``; returns each packet's own folder.

    A packet is ``packet.pdf`` and ``packet.docx``. Next to it, an organisation's own brief is ``brief.pdf``
    and ``brief.txt``; all other briefs are in ``briefs/``. ``only`` are slugs of parts.

    Raises UsageError for an unknown organisation or part; Faults (and writes nothing) if the gate finds
    something that a reader may not see; GLCError if no font has the letters.
    """
    chosen = planned_packets(study, today=today, organisation=organisation, only=only)
    running = [*["Invented sample data"] * study.is_synthetic, study.title]
    parts = _Parts(study, PdfSettings(" · ".join(running), _day(study), paper))
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_STAGE}*"):  # of a command that was killed before the gate
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_STAGE) as stage:
        for n, packet in enumerate(chosen):
            progress(n, len(chosen), packet.label)
            _write(Path(stage), packet, parts)
        progress(len(chosen), len(chosen), "The gate")
        pass_gate(Path(stage), study, chosen)
        publish(study, AUDIENCE)
        log_packets(Path(stage), study, chosen, today=today)
        move_into_place(Path(stage), folder)
    return [folder / packet.name for packet in chosen]


def _open_forms(study: Study, reference: Reference, today: date) -> list[Form]:
    """The forms of the last round that is open."""
    waiting = reference.rounds.query("closed_on == ''")["round_id"]
    if waiting.empty:
        return []
    _, asked = plan_round(reference, waiting.iloc[-1], today=today)
    return forms_of(reference, waiting.iloc[-1], asked, addressed(study)[1])[0]


def _day(study: Study) -> date | None:
    """The day of the data: when the last raw file arrived, if the manifest says so."""
    return date.fromisoformat(day) if (day := manifest.last_received(study)) else None


def _write(stage: Path, packet: Packet, parts: _Parts) -> None:
    """Writes the files of a packet, its own brief and the other briefs that it contains."""
    own, briefs = stage / packet.name, stage / "briefs"
    own.mkdir()
    for part in packet.parts:
        path = own / "brief" if part.kind == "brief" else briefs / part.slug
        if part.kind in BRIEFS and not path.with_suffix(".pdf").exists():
            briefs.mkdir(exist_ok=True)
            _write_brief(path, part, packet, parts)
    html = [parts.part(part, packet) for part in packet.parts]
    printed_parts = [PrintedPart(mark(part, packet), text)
                     for part, text in zip(packet.parts, html, strict=True)]
    cover = partial(_cover, parts.study, parts.settings.day, packet)
    title, settings = f"Packet for {packet.label}", parts.settings
    first = PrintedPart(MARK, cover(contents=tag("p", CONTENTS)))
    (own / "packet.pdf").write_bytes(settings.pdf(title, [first, *printed_parts]))
    whole = cover(contents=_contents(packet)) + "".join(html)
    (own / "packet.docx").write_bytes(word(whole, mark=_shared_mark(packet), running=settings.running,
                                           title=title, day=settings.day, paper=settings.paper))
    _write_source(own / "packet", title, settings, printed_parts, whole)


def _write_brief(path: Path, part: Part, packet: Packet, parts: _Parts) -> None:
    """Writes a brief as PDF and as plain text."""
    html, part_mark, settings = parts.part(part, packet), mark(part, packet), parts.settings
    printed = PrintedPart(part_mark, html)
    path.with_suffix(".pdf").write_bytes(settings.pdf(part.title, [printed]))
    text = convert(prepare(html, "text"), "plain", "--columns=76", "--wrap=auto").decode()
    said = f"{part_mark} · {settings.running}{f' · data up to {settings.day}' if settings.day else ''}"
    path.with_suffix(".txt").write_text(f"{said}\n\n{text}", encoding="utf-8", newline="\n")
    _write_source(path, part.title, settings, [printed], html)


def _write_source(path: Path, title: str, settings: PdfSettings,
                  printed_parts: Iterable[PrintedPart], html: str) -> None:
    """Writes the source of a document, for the gate."""
    marks = "".join(tag("p", escape(printed.mark)) for printed in printed_parts)
    path.with_suffix(SOURCE).write_text(f"<title>{escape(title)}</title><p>{escape(settings.running)}</p>"
                                         f"{marks}{html}", encoding="utf-8")


def _shared_mark(packet: Packet) -> str:
    """The header of a Word document, the same for all its pages."""
    return mark(packet.parts[0], packet) if len(packet.parts) == 1 else MARK


def _cover(study: Study, day: date | None, packet: Packet, *, contents: str) -> str:
    """Whose packet it is, what the reader may do with it, and what is in it."""
    lines = [MARK + "."]
    if any(part.kind == "brief" for part in packet.parts):
        lines.append(f"Your own brief is for {packet.label} alone: nobody else gets it.")
    lines += ["Others appear here as counts, or by name if they agreed to it. Their words are printed only "
              "if their organisation cleared them. Please keep what you read about others to yourself.",
              *([f"Data up to {day}."] if day else [])]
    banner = tag("p", tag("strong", INVENTED)) if study.is_synthetic else ""
    return "".join([
        tag("div", tag("p", escape(study.title)), custom_style="Title",
            **{"typst:text:size": "22pt", "typst:below": "8mm"}),
        tag("div", tag("p", escape(f"Packet for {packet.label}")), custom_style="Subtitle",
            **{"typst:text:size": "15pt", "typst:below": "10mm"}),
        banner, *(tag("p", escape(line)) for line in lines),
        tag("div", tag("p", tag("strong", "Contents")), **{"typst:above": "10mm"}), tag("div", contents)])


def _contents(packet: Packet) -> str:
    links = (tag("a", escape(part.title), href=f"#{part.slug}") for part in packet.parts)
    return tag("ul", *(tag("li", link) for link in links))
