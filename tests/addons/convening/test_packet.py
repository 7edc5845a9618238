"""Packets for the table: who gets which parts, on paper and in Word, and nothing of others."""

import io
import re
import shutil
import subprocess
from datetime import date
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import lxml.html
import pytest
from click.testing import CliRunner
from docx import Document

from glc_analysis import cli, tables
from glc_analysis.addons.convening.amendments import propose_principle, split_principle
from glc_analysis.addons.convening.form_files import open_round_and_write_forms
from glc_analysis.addons.convening.packets import packet
from glc_analysis.addons.convening.packets.forms_pdf import render_forms_pdf, render_paper_form
from glc_analysis.addons.convening.packets.packet import list_planned_packets, write_packets
from glc_analysis.addons.convening.packets.pandoc_html import prepare_for_pandoc_without_folded_text
from glc_analysis.addons.convening.packets.parts import (
    Packet,
    Part,
    Section,
    adapt_country_section_for_paper,
    format_readership_header,
    make_part_sections,
    select_packets,
)
from glc_analysis.addons.convening.packets.pdf import (
    PdfSettings,
    PrintedPart,
    _letters,
    choose_fonts_and_list_missing_symbols,
    convert_html_to_typst,
    count_pdf_pages,
    find_largest_share_that_fits,
)
from glc_analysis.addons.convening.packets.word import convert_html_to_word
from glc_analysis.addons.member_checking.clearing import QuotationTables
from glc_analysis.build import build
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.gate.gate import check_leaks, find_leaks_in_papers
from glc_analysis.pages.country import render_country_answers
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.addons.convening.support import form_study
from tests.addons.convening.support.fonts import need_fonts
from tests.addons.convening.support.form_study import LANGUAGES, TODAY, FormStudy
from tests.support.programs import need_poppler

DAY = date(2016, 9, 30)
COMING = ["acacia-room", "amber-window", "canal-lamp", "casa-del-telar", "fig-courtyard", "gum-tree-desk",
          "long-rain", "river-mat", "second-key", "sunflower-yard"]
SETTINGS = PdfSettings("A study", DAY)


def text_of(pdf):
    need_poppler()
    return subprocess.run(["pdftotext", "-enc", "UTF-8", str(pdf), "-"], capture_output=True, check=True,
                          encoding="utf-8").stdout


def word_of(path):
    document = Document(path)
    lines = [paragraph.text for paragraph in document.paragraphs]
    return "\n".join([*lines, *(cell.text for table in document.tables for row in table.rows
                                for cell in row.cells)])


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    """A copy of the sample: that packets are made is noted in it."""
    root = tmp_path_factory.mktemp("copied") / "sample"
    return Study(shutil.copytree(sample_study.root, root))


@pytest.fixture(scope="module")
def made(study, tmp_path_factory):
    """The packets of two organisations, without the parts that all have, and one theme; what was told
    meanwhile."""
    need_poppler()
    need_fonts("ខ្មែរ العربية Кириллица")
    folder, told = tmp_path_factory.mktemp("packets"), []
    for one in ("fig-courtyard", "blue-door"):
        write_packets(study, folder, today=TODAY, organisation=one, part_slugs=["guide", "brief"],
                      progress=lambda *said: told.append(said))
    write_packets(study, folder, today=TODAY, organisation="background", part_slugs=["theme-language"])
    return SimpleNamespace(folder=folder, told=told)


def read_as_raters_do(monkeypatch):
    for module in ("form_files", "packets.parts"):
        monkeypatch.setattr(f"glc_analysis.addons.convening.{module}.read_organisation_names_and_languages",
                            lambda study: ({}, LANGUAGES))


@pytest.fixture(scope="module")
def made_forms(tmp_path_factory):
    """A study with an open round whose raters read English, Arabic and Khmer; nobody is named in a text."""
    need_poppler()
    need_fonts("ខ្មែរ العربية")
    with pytest.MonkeyPatch.context() as patched:
        read_as_raters_do(patched)
        patched.setattr(form_study, "PRINCIPLES", form_study.PRINCIPLES.replace("vague,beacon", "vague,"))
        on_disk = FormStudy(tmp_path_factory.mktemp("forms") / "study")
        on_disk.build()
        on_disk.issue()
    return on_disk.root


@pytest.fixture
def forms(made_forms, tmp_path, monkeypatch):
    """A copy of that study."""
    read_as_raters_do(monkeypatch)
    return Study(shutil.copytree(made_forms, tmp_path / "study"))


# --- whose packet holds what


def test_all_who_may_rate_get_a_packet_and_one_is_for_everybody(sample_study):
    found = list_planned_packets(sample_study)
    assert [one.name for one in found] == [*COMING, "survivor-advisers", "observers", "shared", "background",
                                           "interpreters", "facilitators"]
    for one in found[:-3]:
        own = ["brief"] if one.organisation else []
        assert [part.slug for part in one.parts] == ["guide", *own, "principles", "joint-display"]
    assert {part.kind for part in found[-3].parts} == {"theme", "country"}
    assert [[part.slug for part in one.parts] for one in found[-2:]] == [["interpreter"], ["facilitator"]]


def test_an_organisation_that_is_named_as_a_group_is_refused():
    tables_ = SimpleNamespace(raters=None, joint_display=None, principles=None)
    with pytest.raises(GLCError, match="'observers', which is the name of a packet"):
        select_packets(tables_, {"observers": "Observers"}, country_names={}, theme_names={})


def test_an_organisation_is_known_by_its_id_and_its_name(sample_study):
    for name in ("gum-tree-desk", "Gum Tree Desk (invented)", "gum tree desk", " GUM-TREE-DESK "):
        found = list_planned_packets(sample_study, organisation=name)[0]
        assert found.organisation == "gum-tree-desk"


@pytest.mark.parametrize(("wrong", "right"), [
    ({"organisation": "gum-tree-dsk"}, "gum-tree-desk"), ({"organisation": "Fig Courtyrd"}, "Fig Courtyard"),
    ({"part_slugs": ["theme-ned"]}, "theme-needs"), ({"part_slugs": ["rating-form"]}, "glc forms")])
def test_a_wrong_name_suggests_the_right_one(sample_study, wrong, right):
    with pytest.raises(UsageError, match=right):
        list_planned_packets(sample_study, **wrong)


def test_the_command_tells_a_wrong_name_before_it_runs_any_page(sample_study):
    said = CliRunner().invoke(cli.cli, ["--study", str(sample_study.root), "packet", "--for", "river-mt"])
    assert said.exit_code == 2 and "'river-mat'" in said.output
    assert not (sample_study.reports / "convening").exists()


def test_only_the_chosen_parts_are_in_a_packet(made):
    assert [paragraph.text for paragraph in Document(made.folder / "blue-door" / "packet.docx").paragraphs
            if paragraph.style.name == "Heading 1"] == ["How to read this and how to vote",
                                                        "The brief of Blue Door (invented)"]


def test_a_section_that_says_there_is_nothing_takes_no_room_on_paper(sample_study):
    background = list_planned_packets(sample_study, organisation="background")[0]
    heads = {part.slug: [one.heading for one in make_part_sections(sample_study, part)]
             for part in background.parts if part.kind == "theme"}
    assert "In their own words" in heads["theme-language"] and "In their own words" not in heads[
        "theme-resources"]


# --- nothing of others


def test_a_packet_holds_its_own_brief_and_no_words_of_others_that_are_not_cleared(made, sample_study):
    _, _, segments, documents, _, _ = QuotationTables.read(sample_study)
    cleared = " ".join(tables.read_table("quotations",
                                         study=sample_study).query("audience == 'convening'")["text"])
    whose = find_organisation_behind_each_segment(segments, documents)
    packed = " ".join(word_of(made.folder / "fig-courtyard" / "packet.docx").split())
    found = {is_own: {text for text in segments.loc[(whose == "fig-courtyard") == is_own, "text"]
                      if len(text) > 25 and text not in cleared} for is_own in (True, False)}
    assert len(found[False]) > 200 and sum(" ".join(text.split()) in packed for text in found[True]) > 3
    assert [text for text in found[False] - found[True] if " ".join(text.split()) in packed] == []
    assert "Blue Door" not in packed and "موجز \u200eFig Courtyard" in packed


def test_files_are_their_owners_alone_and_what_they_were_made_of_is_gone(made):
    assert made.folder.joinpath("fig-courtyard").is_dir()
    assert sorted(path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*.*")) == [
        "background/packet.docx", "background/packet.pdf", "blue-door/brief.pdf", "blue-door/brief.txt",
        "blue-door/packet.docx", "blue-door/packet.pdf",
        "briefs/theme-language.pdf", "briefs/theme-language.txt", "fig-courtyard/brief.pdf",
        "fig-courtyard/brief.txt", "fig-courtyard/packet.docx", "fig-courtyard/packet.pdf"]


@pytest.mark.acceptance
def test_the_gate_stops_all_packets_where_one_names_somebody(tmp_path):
    need_poppler()
    need_fonts("ខ្មែរ العربية")
    on_disk = FormStudy(tmp_path / "study")
    on_disk.spoil_table("principles", ("too vague", "Beacon finds it vague"))
    study = Study(on_disk.root)
    build(study)
    with pytest.raises(Faults, match="not for convening") as found:
        write_packets(study, tmp_path / "out", today=TODAY)
    (named,) = found.value.faults  # one line, however many packets hold it
    assert (named.value, named.file) == ("Beacon", "private/reference/principles.csv")
    assert "beacon/" not in str(named)
    assert list((tmp_path / "out").iterdir()) == [] and not (study.private / "packets.csv").exists()


def test_arabic_words_in_a_pdf_pass_the_gate_beside_what_the_pdf_was_made_of(made, study, tmp_path):
    brief = made.folder / "fig-courtyard" / "brief.pdf"
    assert re.search("[\u0600-\u06ff]", text_of(brief))
    folder = tmp_path / "fig-courtyard"
    folder.mkdir()
    pdf, source = Path(shutil.copy(brief, folder)), folder / "brief.html"
    source.write_text("<p>\u0645\u0623\u0648\u0649</p>", encoding="utf-8")
    search = partial(check_leaks, root=tmp_path, names=read_reference(study).names.iloc[:0],
                     audience="convening", identifier_rules={})
    [fault] = find_leaks_in_papers(search, [pdf])
    assert "does not keep words in Arabic" in fault.message
    assert find_leaks_in_papers(search, [pdf, source]) == []


def test_what_a_killed_one_left_unseen_by_the_gate_is_swept_away(forms):
    left = forms.root / "out" / ".making-x1" / "harbour"
    left.mkdir(parents=True)
    (left / "packet.html").write_text("Beacon")
    write_packets(forms, forms.root / "out", today=TODAY, organisation="harbour", part_slugs=["guide"])
    assert [path.name for path in (forms.root / "out").iterdir()] == ["harbour"]


@pytest.mark.acceptance
def test_it_is_noted_which_packets_were_made_each_once(forms):
    for _ in range(2):
        write_packets(forms, forms.root / "out", today=TODAY, organisation="harbour", part_slugs=["guide"])
    head, *rows = (forms.private / "packets.csv").read_text("utf-8").splitlines()
    assert head == "packet_sha256,date,organisation_id,parts"
    assert [row.split(",")[1:] for row in rows] == [["2017-05-08", "harbour", "guide"]]


# --- on paper


@pytest.mark.acceptance
def test_the_same_study_gives_the_same_bytes(made, study, tmp_path):
    write_packets(study, tmp_path, today=date(2031, 1, 1), organisation="fig-courtyard",
                  part_slugs=["guide", "brief"])
    write_packets(study, tmp_path, today=date(2031, 1, 1), organisation="background",
                  part_slugs=["theme-language"])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 8
    for path in files:
        assert path.read_bytes() == (made.folder / path.relative_to(tmp_path)).read_bytes(), path.name


@pytest.mark.acceptance
@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_a_long_brief_is_cut_to_two_pages_and_says_what_is_left_out_and_where_it_stands(paper):
    rows = "".join(f'<tr><th scope="row">Question {n}</th><td>{"Answer " * 9}</td></tr>' for n in range(300))
    section = Section("Answers", "", "<div class='glc-scroll'><table><thead><tr><th>Q</th><th>A</th></tr>"
                      f"</thead><tbody>{rows}</tbody></table></div>", "questions")

    def printed(share):
        shown = section.truncate(share, "theme-needs.html of the site")
        return PrintedPart("For all", f"<h1>Theme</h1>{shown}")

    settings = PdfSettings("A study", DAY, paper)
    share = find_largest_share_that_fits(settings, "Theme", printed, packet.TRUNCATIONS, 2)
    kept = printed(share).html.count("Question")
    assert 30 < kept < 300 and f"Here are {kept} of 300 questions; all are in theme-needs.html of the " \
        "site." in printed(share).html
    assert count_pdf_pages(settings.make_pdf("Theme", [printed(share)])) == 2
    more = packet.TRUNCATIONS[packet.TRUNCATIONS.index(share) - 1]
    assert count_pdf_pages(settings.make_pdf("Theme", [printed(more)])) > 2


def test_a_cut_leaves_no_half_question_no_empty_group_and_no_heading_alone():
    group = ('<tbody><tr class="glc-asked"><th colspan="2">Q{0}</th></tr><tr class="glc-option"><th>yes</th>'
             '<td>1</td></tr><tr class="glc-option"><th>no</th><td>2</td></tr></tbody>')
    html = "".join(f"<h3>Theme {n}</h3><div class='glc-scroll'><table><thead><tr><th>a</th><th>b</th></tr>"
                   f"</thead>{group.format(2 * n)}{group.format(2 * n + 1)}</table></div>" for n in range(2))
    shortened = Section("", "", html, "questions").truncate(0.5, "the site")
    assert shortened.count("glc-option") == 4 and shortened.count("<table") == 1
    assert "Theme 0" in shortened and "Theme 1" not in shortened
    assert "Here are 2 of 4 questions" in shortened


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_no_group_of_a_table_is_parted_on_paper_and_the_head_comes_again(tmp_path, paper):
    groups = "".join(f'<tbody><tr class="glc-asked"><th colspan="2">Group {n}</th></tr>'
                     + "".join(f'<tr class="glc-option"><th>row {n}.{k}</th><td>{k}</td></tr>'
                               for k in range(1 + n % 7)) + "</tbody>" for n in range(80))
    html = f"<table><thead><tr><th>Answers</th><th>Counted</th></tr></thead>{groups}</table>"
    settings = PdfSettings("A study", DAY, paper)
    (tmp_path / "a.pdf").write_bytes(settings.make_pdf("A", [PrintedPart("For all", f"<h1>A</h1>{html}")]))
    texts = text_of(tmp_path / "a.pdf").split("\f")[:-1]
    assert len(texts) > 5
    for text in texts:
        told = {n: {k for m, k in re.findall(r"row (\d+)\.(\d+)", text) if m == n}
                for n in re.findall(r"Group (\d+)", text)}
        assert "Answers" in text and told
        assert all(len(rows) == 1 + int(n) % 7 for n, rows in told.items())


def test_every_page_carries_whom_it_is_for_and_the_number_of_the_page(made):
    whole = text_of(made.folder / "blue-door" / "packet.pdf").split("\f")[:-1]
    marks = [re.sub("[\u202a-\u202e]", "", next(filter(None, page.splitlines()))) for page in whole]
    assert marks == [*["For the convening, not for publication"] * 2,
                     *["For Blue Door (invented) alone"] * 2]
    for n, page in enumerate(whole, start=1):
        assert re.search(f"\\b{n} ?/ ?4\\b", page) and "Invented sample data" in page


def test_a_pdf_is_tagged_for_those_who_hear_it_and_dated_by_the_data(made):
    said = subprocess.run(["pdfinfo", str(made.folder / "blue-door" / "packet.pdf")], check=True,
                          capture_output=True, text=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}).stdout
    assert re.search(r"Title: +Packet for Blue Door \(invented\)", said)
    assert re.search(r"Tagged: +yes", said) and re.search(r"CreationDate: +Fri Sep 30 00:00:00 2016", said)


def test_a_letter_that_no_font_has_stops_the_packet_and_names_it(monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.packets.pdf._letters", lambda path: frozenset("abc"))
    with pytest.raises(GLCError, match=r"No font of this machine has ម \(Khmer Letter Mo\).*fonts-noto-core"):
        choose_fonts_and_list_missing_symbols("abc ម")


def test_a_sign_that_no_font_has_is_told_by_its_name(monkeypatch, tmp_path):
    no_emoji = _letters
    monkeypatch.setattr("glc_analysis.addons.convening.packets.pdf._letters",
                        lambda path: no_emoji(path) - {"🌱"})
    part = PrintedPart("For all", "<h1>We ring too 🌱</h1>")
    (tmp_path / "a.pdf").write_bytes(SETTINGS.make_pdf("A", [part]))
    assert "We ring too [seedling]" in text_of(tmp_path / "a.pdf")


def test_scripts_of_the_answers_are_set_in_their_own_fonts():
    need_fonts("Ελληνικά Кириллица ខ្មែរ العربية हिन्दी 🌱", "Noto Sans")
    families, signs = choose_fonts_and_list_missing_symbols("Ελληνικά Кириллица ខ្មែរ العربية हिन्दी 🌱")
    assert families[0] == "Noto Sans" and signs == []
    assert {"Noto Sans Khmer", "Noto Sans Arabic", "Noto Sans Devanagari"} <= {*families}


def test_words_from_right_to_left_run_so_on_paper_and_in_word():
    quoted = '<figure><blockquote lang="ar" dir="auto">قال أحدهم (2017).</blockquote></figure>'
    assert 'set text(lang: "ar")' in convert_html_to_typst(quoted)
    mixed = '<p>Arabic: <span dir="auto">قال أحدهم.</span></p>'
    assert '#text(lang: "ar")[قال أحدهم.]' in convert_html_to_typst(mixed)
    made = convert_html_to_word(quoted + mixed, header="For all", footer="A study", title="A", day=DAY)
    xml = "".join(paragraph._p.xml for paragraph in Document(io.BytesIO(made)).paragraphs)
    assert xml.count("<w:bidi/>") == 1 and xml.count("<w:rtl/>") == 2
    assert "dir" not in prepare_for_pandoc_without_folded_text('<p dir="auto">From left to right</p>', "word")


# --- in Word


def test_word_has_real_headings_and_tables_that_keep_their_heads_and_tell_what_they_are(made):
    document = Document(made.folder / "blue-door" / "packet.docx")
    styles = [paragraph.style.name for paragraph in document.paragraphs]
    assert styles.count("Heading 1") == 2 and styles.count("Heading 2") == 8
    cover, *others = document.tables
    assert "Table with the rows: Date, Place, Contact, Programme." in cover._tbl.xml
    assert len(others) == 4
    for table in others:
        xml = table._tbl.xml
        assert "<w:tblHeader/>" in xml or '<w:tblHeader w:val' in xml
        assert xml.count("<w:cantSplit/>") == len(table.rows)
        assert "Table with the columns: " in xml
    assert document.sections[0].header.paragraphs[0].text == "For the convening, not for publication"
    assert document.core_properties.author == ""
    assert (document.core_properties.created.date(), document.core_properties.modified.date()) == (
        date(2016, 9, 30),) * 2


def test_a_packet_from_right_to_left_runs_so_in_word_too(made):
    document = Document(made.folder / "fig-courtyard" / "packet.docx")
    for table in document.tables:
        assert "<w:bidiVisual" in table._tbl.xml and "جدول " in table._tbl.xml
    head = document.sections[0].header.paragraphs[0]
    assert head.text == "للقاء، لا للنشر" and "<w:bidi/>" in head._p.xml


def test_properties_of_a_table_stand_in_the_order_that_word_asks_for(made):
    from glc_analysis.addons.convening.packets.word import _ORDER

    for table in Document(made.folder / "fig-courtyard" / "packet.docx").tables:
        order = [_ORDER.index(one.tag.rpartition("}")[2]) for one in table._tbl.tblPr]
        assert order == sorted(order) and len(order) == len(set(order))


def test_the_last_paragraph_of_a_part_is_not_alone_on_a_page():
    made = convert_html_to_word("<h1>A</h1><p>one</p><p>two</p><p>three</p><h1>B</h1><p>four</p><p>five</p>",
                                header="For all", footer="A study", title="A", day=DAY)
    kept = {paragraph.text: paragraph.paragraph_format.keep_with_next
            for paragraph in Document(io.BytesIO(made)).paragraphs}
    assert kept == {"A": None, "one": None, "two": True, "three": None, "B": None, "four": True, "five": None}


@pytest.mark.parametrize(("paper", "size"), [("a4", (210, 297)), ("letter", (216, 279))])
def test_paper_is_a4_or_letter(paper, size):
    made = convert_html_to_word("<h1>A</h1>", header="For all", footer="A study", title="A", day=DAY,
                                paper=paper)
    section = Document(io.BytesIO(made)).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == size


# --- as text


def test_the_text_of_a_brief_is_plain_lines_with_each_figure_under_its_answer(made):
    text = (made.folder / "briefs" / "theme-language.txt").read_text("utf-8")
    assert text.startswith("For the convening, not for publication · Invented sample data · ")
    assert "Q4.5 How do you work across languages?\n\n- Staff who speak the language: 17 of 28\n" in text
    assert not re.search(r"[|+]|--|\ue000|<", text) and max(map(len, text.splitlines()[1:])) <= 78


# --- the rating form


def test_what_a_study_has_nothing_of_is_no_part(forms):
    assert [part.slug for part in list_planned_packets(forms, organisation="harbour")[0].parts] == [
        "guide", "brief", "principles"]


def test_all_forms_are_one_pdf_with_a_code_and_page_numbers_of_its_own_for_each(forms):
    issue = open_round_and_write_forms(forms, "1", today=TODAY)
    made = [render_forms_pdf(issue.forms, SETTINGS) for _ in range(2)]
    assert made[0] == made[1]
    (forms.root / "forms.pdf").write_bytes(made[0])
    sides = text_of(forms.root / "forms.pdf").split("\f")[:-1]
    assert len(sides) == 2 * len(issue.forms) - 1 and not any(side.strip() for side in sides[1::2])
    assert "Code r12" in sides[0] and "Cross one box" in sides[0] and "Page 1 of 1" in sides[0]
    assert sides[2].count("r29") == 2 and not any("Harbour" in side or "Beacon" in side for side in sides)


def test_a_form_is_set_in_the_direction_of_its_language_with_nine_boxes_a_question(forms):
    by_language = {form.language: form for form in open_round_and_write_forms(forms, "1", today=TODAY).forms}
    html = render_paper_form(by_language["ar"])
    assert html.startswith('<div lang="ar" dir="rtl">')
    assert html.count('class="glc-box"') == 9 * 2 * len(by_language["ar"].rows)
    assert render_paper_form(by_language["en"]).count("Cross one box") == 1


def test_forms_for_the_print_shop_say_what_a_text_was_and_that_a_vote_is_left_out(forms):
    split_principle(forms, "P02", ["Pay people each week.", "Pay <fairly>."], asked_by="the room",
                    because="Two.")
    propose_principle(forms, "Rest on Sundays.", asked_by="the room", because="It is missing.")
    interests = "round_id,rater_id,principle_id,interest\n1,r12,P01,runs a house of rest\n"
    (forms.root / "private/reference/interests.csv").write_text(interests)
    issue = open_round_and_write_forms(forms, "1", today=TODAY)
    (forms.root / "forms.pdf").write_bytes(render_forms_pdf([form for form in issue.forms if form.rater_id
                                                             == "r12"],
                                                            SETTINGS))
    said = " ".join(text_of(forms.root / "forms.pdf").split())
    assert "You declared an interest in this text: your vote on it is left out of the result." in said
    assert said.count("Split from P02.2: Pay people fairly.") == 2
    assert "Proposed in the room. No evidence for it is recorded yet." in said


def test_the_command_writes_the_forms_for_the_print_shop(forms):
    said = CliRunner().invoke(cli.cli, ["--study", str(forms.root), "forms", "--round", "1"])
    assert said.exit_code == 0 and "forms.pdf is for a print shop" in said.output
    assert (forms.root / "reports/team/forms/1/forms.pdf").read_bytes()[:5] == b"%PDF-"


def test_progress_is_told_packet_by_packet(made):
    assert made.told[:2] == [(0, 1, "Fig Courtyard (invented)"), (1, 1, "The gate")]


def test_the_head_of_a_part_says_whom_its_pages_are_for():
    own = Packet("a", "A", (Part("brief", "brief", "", "a"), Part("guide", "guide", "")))
    assert [format_readership_header(part, own) for part in own.parts] == [
        "For A alone", "For the convening, not for publication"]


def test_on_paper_an_answer_and_its_count_have_columns_of_their_own(sample_study):
    page = StudyView(sample_study, "convening", country="KHM")
    on_paper = lxml.html.fromstring(adapt_country_section_for_paper(render_country_answers(page).data))
    rows = [["".join(cell.itertext()) for cell in row] for row in on_paper.iter("tr")]
    assert rows[0] == ["Question", "Answered for Cambodia", "In the whole study"]
    assert ["", "Women", "at least 23 of 30"] in rows
    assert ["Who runs the shelter?", "We run it ourselves", "not shown"] in rows
    assert {len(row) for row in rows} == {1, 3}


def test_on_paper_words_without_a_count_reach_over_both_columns():
    html = "<table class='glc glc-answers'><tbody><tr><th>A law?</th><td>no answer</td></tr></tbody></table>"
    cells = lxml.html.fromstring(adapt_country_section_for_paper(html)).findall(".//tr/*")
    assert [(cell.text, cell.get("colspan")) for cell in cells] == [("A law?", None), ("no answer", "2")]
