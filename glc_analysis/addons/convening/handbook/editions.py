"""Writes the handbook of an audience: pages for the screen, printed papers, a workbook, and files for citing.

All files in one language are made of the same sections. The disclosure gate searches all files of the
handbook before the files are put in place. PDFs do not keep Arabic and Khmer words as written, so the gate
also searches the HTML from which each PDF is made.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation

from glc_analysis.addons.convening.citing import format_principle_citation
from glc_analysis.addons.convening.downloads import render_principles_json
from glc_analysis.addons.convening.handbook.citing import (
    render_handbook_and_principles_bibtex,
    render_handbook_citation_cff,
)
from glc_analysis.addons.convening.handbook.contents import (
    HANDBOOK_FOLDER,
    Handbook,
    list_handbook_languages_for_audience,
    make_handbook,
)
from glc_analysis.addons.convening.packets.parts import PACKET_MARK, make_pdf_settings
from glc_analysis.addons.convening.packets.pdf import PdfSettings, PrintedPart
from glc_analysis.addons.convening.pages.marks import collect_status_remarks_of_add_ons
from glc_analysis.addons.convening.seal_code import find_latest_seal_code
from glc_analysis.addons.convening.translations import TranslatedText
from glc_analysis.addons.languages.phrases import LANGUAGE_NAMES, Phrasebook
from glc_analysis.coding.exports import escape_formula
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Faults, GLCError, UsageError, suggest_name
from glc_analysis.gate.gate import check_leaks, find_leaks_in_papers
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.locks import hold_folder_lock
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.reference import read_reference
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.run.record import find_last_run
from glc_analysis.spreadsheets import save_workbook_reproducibly
from glc_analysis.study import INVENTED, Study
from glc_analysis.templates import Macros, load_template
from glc_analysis.text import language_direction, language_name
from glc_analysis.view.study_view import StudyView

ANSWERS = ("not_in_context", "not_yet", "partly", "usually", "always")
"""The names in phrases.csv of the answers of the self-check, in order. The program never counts the
answers."""
_MARKS = {"team": "For the team alone", "convening": PACKET_MARK, "public": ""}
_PAGE_NAMES = {"handbook": "title", "self-check": "self_check", "funder-questions": "funder"}
"""The pages of a language, each with the name of its title in phrases.csv."""
_HTML = Macros(__file__, "handbook.html")


def write_handbook_through_gate(study: Study, audience: str, *, language: str = "",
                                paper: str = "a4") -> Path:
    """Writes the handbook of a built study next to the pages of an audience's last run. Returns the folder of
    the handbook. Raises GLCError if the audience has no pages yet or no principle is agreed, and UsageError
    for a language in which this audience gets no handbook. Raises Faults, and writes nothing, if the gate
    finds something that the audience may not read.
    """
    with hold_folder_lock(study.reports / audience, what="handbook"):
        folder, current = find_last_run(study, audience)[0], study.reports / audience / "current"
        if folder is None:
            raise GLCError(f"There are no pages yet. To fix: make them with `glc run --audience "
                           f"{audience}`.")
        place = folder / "packet" / HANDBOOK_FOLDER
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as stage:
            write_handbook_files(StudyView(study, audience), Path(stage), language=language, paper=paper)
            _pass_gate(study, audience, Path(stage))
            if not has_capability(audience, "internal"):
                record_next_release_as_published(study, audience)
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(stage, place)
        return (current if current.is_symlink() else folder) / "packet" / HANDBOOK_FOLDER


def write_handbook_files(view: StudyView, folder: Path, *, language: str = "", paper: str = "a4") -> None:
    """Writes the files of the handbook for the audience of a view of the whole study. Writes the files of one
    language, or of all languages of the handbook if ``language`` is blank. Raises GLCError if no principle is
    agreed, and UsageError for an unknown language."""
    offered = list_handbook_languages_for_audience(view)
    if language and language not in offered:
        raise UsageError(f"There is no handbook in {language!r} for this audience; "
                         f"{suggest_name(language, offered)}. A language needs statements in principles.csv "
                         "or translations.csv. For the public, each statement must be reviewed, and a "
                         "native reader must have checked the words around the statements.")
    first = _book(view, offered[0])
    if not first.principles:
        raise GLCError("No principle is agreed yet. To fix: record what the room decided with `glc agree`.")
    settings = make_pdf_settings(view.study, paper)
    for code in [language] if language else offered:
        _write_language(first if code == first.language else _book(view, code), folder, offered, settings)
    texts = {"principles.json": render_principles_json(
        view.study, collect_tables_to_download(view.study, view.audience), view.audience),
        "principles.bib": render_handbook_and_principles_bibtex(first),
        "CITATION.cff": render_handbook_citation_cff(first)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def write_handbook_into_site(study: Study, audience: str, site: Path) -> None:
    """Writes the pages of the handbook, in all languages, into a site for readers outside the team. Writes
    nothing if no principle is agreed."""
    view = StudyView(study, audience)
    if view.has_capability("internal") or not (view.principle_rows["status"] == "agreed").any():
        return
    folder, offered = site / HANDBOOK_FOLDER, list_handbook_languages_for_audience(view)
    folder.mkdir(exist_ok=True)
    for language in offered:
        _write_pages(_book(view, language), folder, offered, "../index.html")


def _write_language(book: Handbook, folder: Path, offered: Sequence[str], settings: PdfSettings) -> None:
    """Writes the pages, the papers and the workbook of one language."""
    phrases, direction = book.phrases, language_direction(book.language)
    mark = phrases.translate_text(_MARKS[book.view.audience])
    for name, parts in _write_pages(book, folder, offered).items():
        title = _title(book)
        printed = [PrintedPart(mark or title, _HTML.whole(book.language, direction, part),
                               book.language, phrases.translate_text(settings.running)) for part in parts]
        (folder / f"{name}-{book.language}.pdf").write_bytes(settings.make_pdf(title, printed))
    save_workbook_reproducibly(make_self_check_workbook(book), folder / f"self-check-{book.language}.xlsx")


def _write_pages(book: Handbook, folder: Path, offered: Sequence[str],
                 site: str = "") -> dict[str, list[Markup]]:
    """Writes the pages of one language. Each page links to the same page in other languages, and to the
    ``site`` if the pages belong to a site. Returns the HTML sections of each page."""
    phrases = book.phrases
    papers = {"handbook": [*_handbook_parts(book)], "self-check": [render_self_check_html(book)],
              "funder-questions": [render_funder_questions_html(book)]}
    languages = [book.language, *(code for code in offered if code != book.language)]
    for name, parts in papers.items():
        shown = load_template(__file__, "page.html").render(
            language=book.language, direction=language_direction(book.language), title=_title(book),
            name=name, parts=parts, written_in=phrases.language,
            mark=phrases.translate_text(_MARKS[book.view.audience]),
            languages=[(code, LANGUAGE_NAMES.get(code, language_name(code))) for code in languages],
            switch=phrases.translate_text("Languages"), site=site,
            overview=phrases.translate_text("Overview"),
            pages=[(other, book.fixed_texts[key]) for other, key in _PAGE_NAMES.items()])
        (folder / f"{name}-{book.language}.html").write_text(shown, encoding="utf-8", newline="\n")
    return papers


def _book(view: StudyView, language: str) -> Handbook:
    """Returns the handbook in a language, with the phrases of that language. Readers who may not read drafts
    get only phrases that a native reader has checked."""
    phrases = Phrasebook.read(view.study, view.audience, language)
    return make_handbook(view, language, phrases if phrases.is_checked
                         or view.has_capability("draft_principles") else None)


def _title(book: Handbook) -> str:
    return f"{book.fixed_texts['title']}. {book.view.study.title}"


def _handbook_parts(book: Handbook) -> Iterator[Markup]:
    """Yields the parts of the handbook: the first page, the list of principles, and one page per
    principle."""
    study, say = book.view.study, book.fixed_texts
    facts = [(say[name], study.settings["handbook"][name]) for name in (
        "not_there", "funding", "interests", "contact", "answered_within", "complaints", "expires_on")]
    facts += [(say["licence"], study.licence),
              *([(say["seal"], code)] if (code := find_latest_seal_code(study)) else [])]
    no_words = (say["contact"], say["expires_on"], say["licence"], say["seal"])
    stated = [(name, value and TranslatedText(value, book.language if name in no_words else book.written_in))
              for name, value in facts]
    phrases = book.phrases
    invented = (TranslatedText(phrases.translate_text(INVENTED), phrases.language) if study.is_synthetic
                else None)
    yield _HTML.front(
        book, study.title, invented, stated,
        say["draft_how"].format(draft=say["draft"]) if book.is_draft else "",
        say["raters"].format(n=book.n_organisations) if book.n_organisations else "",
        say["adviser_panel"] if "Survivor advisers" in book.view.panel_sizes else "",
        book.isolate_day_direction(book.agreed_on))
    yield _HTML.whole_set(book)
    marks = collect_status_remarks_of_add_ons(book.view)
    for principle in book.principles:
        version = say["version"].format(version=principle.version,
                                        day=book.isolate_day_direction(principle.agreed_on),
                                        cited=principle.printed_id)
        if mark := marks.get(principle.printed_id, ""):
            version = f"{version} {mark.capitalize()}."
        yield _HTML.principle(book, principle, version,
                              format_principle_citation(study, principle.printed_id, principle.agreed_on))


def render_self_check_html(handbook: Handbook) -> Markup:
    """Renders the self-check to print: for each principle a question, boxes to tick for the answers, and
    space to write how the organisation knows the answer."""
    return _HTML.self_check(handbook, [handbook.fixed_texts[answer] for answer in ANSWERS])


def render_funder_questions_html(handbook: Handbook) -> Markup:
    """Renders open questions that a funder may ask applicants, without answers to choose from."""
    how = handbook.fixed_texts["funder_how"].format(n=handbook.n_organisations or "").replace("  ", " ")
    return _HTML.funder(handbook, how)


def make_self_check_workbook(handbook: Handbook) -> Workbook:
    """Makes the self-check as a workbook. Users choose each answer from a list of words; answers are not
    added up."""
    workbook, say = Workbook(), handbook.fixed_texts
    sheet = workbook.active
    sheet.title = say["self_check"][:31]
    sheet.sheet_view.rightToLeft = language_direction(handbook.language) == "rtl"
    sheet.append([say["self_check_how"]])
    sheet.append(["", say["set"], say["tell"], say["answer"], say["how_known"]])
    for cell in sheet[2]:
        cell.font = Font(bold=True)
    for principle in handbook.principles:
        statement, asked = principle.texts["statement"], principle.texts.get("question")
        sheet.append([principle.printed_id, escape_formula(statement.text),
                      escape_formula(asked.text) if asked else say["question"], "", ""])
    for column, width in zip("ABCDE", (8, 50, 45, 24, 50), strict=True):
        sheet.column_dimensions[column].width = width
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    choice = DataValidation(type="list", allow_blank=True,
                            formula1=f'"{",".join(say[answer] for answer in ANSWERS)}"')
    sheet.add_data_validation(choice)
    choice.add(f"D3:D{sheet.max_row}")
    sheet.freeze_panes = "A3"
    return workbook


def _pass_gate(study: Study, audience: str, stage: Path) -> None:
    search = partial(check_leaks, root=stage.parent, names=read_reference(study).names, audience=audience,
                     identifier_rules=identifiers(study, audience=audience), study=study)
    if faults := find_leaks_in_papers(search, sorted(stage.iterdir())):
        raise Faults(faults)
