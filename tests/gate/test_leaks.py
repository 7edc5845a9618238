"""The gate: every way a name can stand in a file is found, and ordinary prose stops no run."""

import base64
import html
import json
import re
import sqlite3
import zipfile
from contextlib import closing
from urllib.parse import quote

import docx
import openpyxl
import pandas as pd
import pytest
import typst
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.errors import Faults
from glc_analysis.gate.file_text import extract_text
from glc_analysis.gate.gate import check_leaks
from glc_analysis.gate.leak_scan import Leak, find_leaks, leaks_in_pieces
from glc_analysis.gate.search_terms import make_search
from glc_analysis.gate.study_identifiers import _long_enough
from glc_analysis.pseudonyms.contacts import find_emails_and_phone_numbers
from glc_analysis.study import REPOSITORY
from tests.support.programs import need_poppler

COLUMNS = ["name", "kind", "match", "allowed_for", "reason"]
NAMES = pd.DataFrame(
    [
        ["Inés Peñaloza", "person", "folded", "", ""],
        ["CURB", "organisation", "exact", "", ""],
        ["ចាន់ សុភា", "person", "folded", "", ""],
        ["Loma Tejida", "place", "folded", "", ""],
        ["room 7b", "other", "whole-word", "", ""],
    ],
    columns=COLUMNS,
    dtype="str",
)
CANARIES = {
    "Inés Peñaloza": "name: person",
    "CURB": "name: organisation",
    "ចាន់ សុភា": "name: person",
    "room 7b": "name: other",
    "ines@pena.example": "e-mail",
    "+51 1 555 0199": "phone",
}


def row(name, kind="person", match="folded", allowed_for="", reason=""):
    return pd.DataFrame([[name, kind, match, allowed_for, reason]], columns=COLUMNS, dtype="str")


def leaks(root, *names, audience="public", known=None):
    table = pd.concat(names) if names else NAMES[:0]
    files = [path for path in root.rglob("*") if path.is_file()]
    return find_leaks(files, root, table, audience=audience, identifier_rules=known)


def in_page(root, body, *names, **more):
    (root / "page.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return [leak.found for leak in leaks(root, *names, **more)]


def test_a_search_for_persons_alone_finds_what_the_whole_search_finds_of_persons(tmp_path):
    names = pd.concat([NAMES, row("Casa Inés", "organisation"), row("Zoe Nkrumah", allowed_for="public")])
    (tmp_path / "page.html").write_text(
        "<p>Inés Peñaloza, Ines\u00adPenaloza, PEÑA-LOZA Inés, Инес Пеньялоса; Casa Inés; CURB; room 7b; "
        "Zoe Nkrumah; ចាន់ សុភា; ines@pena.example; +51 1 555 0199")
    found = [find_leaks([tmp_path / "page.html"], tmp_path, names, audience="public",
                        identifier_rules={"blue-door": "organisation"}, only_persons=only)
             for only in (False, True)]
    assert len(found[1]) > 1 and {leak.rule for leak in found[0]} > {"name: person"}
    assert found[1] == [leak for leak in found[0] if leak.rule == "name: person"]


def test_places_in_a_sheet_are_no_codes_of_raters(tmp_path):
    book = openpyxl.Workbook()
    book.active["R29"] = "a word"
    book.active.freeze_panes, book.active.auto_filter.ref = "R29", "A1:R29"
    book.save(tmp_path / "table.xlsx")
    assert leaks(tmp_path, known={"r29": "rater"}) == []
    book.active["A1"] = "r29"
    book.save(tmp_path / "table.xlsx")
    assert {leak.place for leak in leaks(tmp_path, known={"r29": "rater"})} == {"Sheet!A1"}


def test_an_identifier_of_four_characters_is_looked_for_and_one_of_three_is_not():
    assert _long_enough({"organisation": ["CURB", "HAI"]}) == {"CURB": "organisation"}


# --- each kind of file x each kind of canary


def text(suffix, form):
    def write(folder, word):
        (folder / f"file{suffix}").write_text(form(word), encoding="utf-8")

    return write


def in_json(word):
    return json.dumps(word)


def notebook(cell):
    return lambda word: json.dumps(
        {
            "cells": [{"cell_type": "code", "metadata": {}, "source": "", "outputs": []} | cell(word)],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def output(mime, form=str):
    return notebook(
        lambda word: {
            "outputs": [
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {mime: [form(word)[:5], form(word)[5:]]},
                }
            ]
        }
    )


def workbook(change):
    def write(folder, word):
        book = openpyxl.Workbook()
        change(book, word)
        book.save(folder / "file.xlsx")

    return write


def database(*commands):
    def write(folder, word):
        with closing(sqlite3.connect(folder / "file.sqlite")) as made:
            for command in commands:
                made.execute(command.format(word))
            made.commit()

    return write


def cell(book, word):
    book.active["C4"] = f"said {word}."


def a_comment(book, word):
    book.active["B2"].comment = openpyxl.comments.Comment(f"by {word}", "")


def a_property(book, word):
    book.properties.creator = word


def a_header(book, word):
    book.active.oddHeader.center.text = word


def a_sheet(book, word):
    book.create_sheet(word[:31])


def document(change):
    def write(folder, word):
        made = docx.Document()
        change(made, word)
        for name, part in [*made.part.rels.items()]:
            if part.reltype.endswith(("/styles", "/stylesWithEffects")):
                del made.part.rels[name]  # 8,000 words that are nobody's
        made.save(folder / "file.docx")

    return write


def runs(made, word):
    paragraph = made.add_paragraph("so ")
    for n in range(0, len(word), 3):
        paragraph.add_run(word[n : n + 3]).bold = bool(n % 2)


def header(made, word):
    made.sections[0].header.paragraphs[0].text = word


def footer(made, word):
    made.sections[0].footer.paragraphs[0].text = word


def comment(made, word):
    made.add_comment(made.add_paragraph("x").add_run("y"), text="so", author=word)


def deleted(made, word):
    gone, run, words = map(OxmlElement, ("w:del", "w:r", "w:delText"))
    words.text = word
    run.append(words)
    gone.append(run)
    made.add_paragraph("x ")._p.append(gone)


def a_title(made, word):
    made.core_properties.title = word


def pdf(form):
    def write(folder, word):
        (folder / "file.pdf").write_bytes(typst.compile(form(word).encode()))

    return write


def hidden_in_pdf(folder, word):
    """Another title in the metadata in XML than in the document's own properties."""
    content = typst.compile(b'#set document(title: "untitled text of nobody for nobody")\nx')
    old, new = b">untitled text of nobody for nobody<", f">{word}<".encode()
    assert content.count(old) == 1 and len(new) <= len(old)
    (folder / "file.pdf").write_bytes(content.replace(old, new.ljust(len(old))))


def member(name, content):
    def write(folder, word):
        with zipfile.ZipFile(folder / "file.zip", "w") as package:
            package.writestr(name.format(word), content.format(word))

    return write


def named(form):
    def write(folder, word):
        path = folder / form.format(word)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\x89PNG\0")

    return write


def hidden(name, content):
    return f'<a href="data:{name};base64,{base64.b64encode(content.encode()).decode()}">x</a>'


FILES = {
    "html text": text(".html", "<p>so {}, yes</p>".format),
    "html title": text(".html", "<title>{}</title><p>x</p>".format),
    "html alt": text(".html", '<img alt="so {}">'.format),
    "html data": text(".html", "<i data-x='{}'>x</i>".format),
    "html meta": text(".html", '<meta name="author" content="{}">'.format),
    "html link": text(".html", lambda word: f'<a href="x?q={quote(word)}">x</a>'),
    "html comment": text(".html", "<p>x<!-- {} --></p>".format),
    "html comment before": text(".html", "<!-- {} --><!DOCTYPE html><html><p>x</p></html><!-- y -->".format),
    "svg comment before": text(".svg", "<!-- {} --><svg/>".format),
    "html svg": text(".html", "<svg><desc>so {}</desc></svg>".format),
    "html json": text(
        ".html", lambda word: f'<script type="application/json">{{"a": [{in_json(word)}]}}</script>'
    ),
    "html script": text(".html", lambda word: f"<script>var a = {in_json(word)};</script>"),
    "html style": text(".html", '<style>p::after {{content: "{}"}}</style>'.format),
    "html download": text(".html", lambda word: hidden("text/csv", f"a,b\n1,{word}\n")),
    "notebook words": text(
        ".ipynb", notebook(lambda word: {"cell_type": "markdown", "source": ["# so ", word]})
    ),
    "notebook code": text(".ipynb", notebook(lambda word: {"source": f"x = '{word}'"})),
    "notebook metadata": text(".ipynb", notebook(lambda word: {"metadata": {"tags": [word]}})),
    "notebook stream": text(
        ".ipynb", notebook(lambda word: {"outputs": [{"name": "stdout", "text": ["x\n", word]}]})
    ),
    "notebook error": text(
        ".ipynb", notebook(lambda word: {"outputs": [{"traceback": [f"\x1b[0;31m{word}\x1b[0m"]}]})
    ),
    "notebook html": text(
        ".ipynb", output("text/html", lambda word: f"<b>{html.escape(word[:2])}</b>{word[2:]}")
    ),
    "notebook plain": text(".ipynb", output("text/plain", "0  {}".format)),
    "notebook svg": text(".ipynb", output("image/svg+xml", "<svg><text>{}</text></svg>".format)),
    "notebook data": text(
        ".ipynb", notebook(lambda word: {"outputs": [{"data": {"application/json": {"a": word}}}]})
    ),
    "json": text(".json", lambda word: f'{{"a": {{"b": [{in_json(word)}]}}}}'),
    "json key": text(".json", lambda word: f"{{{in_json(word)}: 1}}"),
    "search index": text(".js", lambda word: f'Search.setIndex({{"titles": ["x", {in_json(word)}]}})'),
    "js": text(".js", lambda word: f"const a = [1, {in_json(word)}]"),
    "css": text(".css", "/* {} */".format),
    "svg": text(".svg", '<svg xmlns="http://www.w3.org/2000/svg"><text>{}</text></svg>'.format),
    "svg desc": text(".svg", '<svg xmlns="http://www.w3.org/2000/svg"><desc>so {}</desc></svg>'.format),
    "svg glyphs": text(".svg", '<svg xmlns="http://www.w3.org/2000/svg"><!-- {} --><g/></svg>'.format),
    "svg entity": text(".svg", '<!DOCTYPE svg [<!ENTITY a "{}">]><svg><text>&a;</text></svg>'.format),
    "csv": text(".csv", 'a;b\n1;"so {}"\n'.format),
    "txt": text(".txt", "x\n\nso {}\n".format),
    "md": text(".md", "- so **{}**\n".format),
    "no suffix": text("", "so {}\n".format),
    "xlsx cell": workbook(cell),
    "xlsx comment": workbook(a_comment),
    "xlsx property": workbook(a_property),
    "xlsx header": workbook(a_header),
    "xlsx sheet": workbook(a_sheet),
    "docx runs": document(runs),
    "docx header": document(header),
    "docx footer": document(footer),
    "docx comment's author": document(comment),
    "docx deleted": document(deleted),
    "docx property": document(a_title),
    "pdf": pdf('#"so {}, yes"'.format),
    "pdf title": pdf('#set document(title: "{}")\nx'.format),
    "pdf link": pdf(lambda word: f'#link("https://x.example/{quote(word)}")[x]'),
    "pdf metadata": hidden_in_pdf,
    "database cell": database("CREATE TABLE notes (said)", "INSERT INTO notes VALUES ('so {}')"),
    "database column": database('CREATE TABLE notes (n, "{}")', "INSERT INTO notes VALUES (1, 2)"),
    "database table": database('CREATE TABLE "{}" (n)', "SELECT 1"),
    "zip": member("a/b.csv", "x,{}\n"),
    "zip name": member("a/{}.txt", "x"),
    "file name": named("{}.png"),
    "folder name": named("{}/a.png"),
}


@pytest.mark.parametrize("kind", FILES)
def test_each_canary_is_found_in_every_kind_of_file(kind, tmp_path):
    if kind.startswith("pdf"):
        need_poppler()
    canaries = [canary for canary in CANARIES if (kind, canary) != ("pdf", "ចាន់ សុភា")]
    for n, canary in enumerate(canaries):
        (tmp_path / f"{n}").mkdir()
        FILES[kind](tmp_path / f"{n}", canary)
    every = leaks(tmp_path, NAMES)
    for n, canary in enumerate(canaries):
        found = [leak for leak in every if leak.file.startswith(f"{n}/")]
        assert any(canary in leak.found for leak in found), canary
        assert {leak.rule for leak in found} == {CANARIES[canary]}
        assert all(leak.place for leak in found)


def test_the_random_id_of_a_pdf_is_no_name(tmp_path):
    """This id sounds like the Khmer name among the canaries."""
    need_poppler()
    FILES["pdf"](tmp_path, "nobody")
    file = next(tmp_path.glob("*.pdf"))
    content, ids = re.subn(rb"ID>[\w+/]{22}==<", b"ID>dhVCd1nCSSGCjnZV7cPdvQ==<", file.read_bytes())
    assert ids == 2
    file.write_bytes(content)
    assert leaks(tmp_path, NAMES) == []
    file.write_bytes(content.replace(b"dhVCd1nCSSGCjnZV7cPdvQ==", base64.b64encode(b"Ines Penaloza ok")))
    assert {leak.found for leak in leaks(tmp_path, NAMES)} == {"Inés Peñaloza"}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_without_canary_is_clean(kind, tmp_path):
    if kind.startswith("pdf"):
        need_poppler()
    FILES[kind](tmp_path, "nobody")
    assert leaks(tmp_path, NAMES) == []


def test_a_leak_says_where(tmp_path):
    FILES["xlsx cell"](tmp_path, "CURB")
    FILES["csv"](tmp_path, "CURB")
    (tmp_path / "a.txt").write_text("x\n\nwith CURB\n")
    (tmp_path / "a.html").write_text("<p>x</p>\n<p>\nCURB</p>")
    assert [(leak.file, leak.place) for leak in leaks(tmp_path, NAMES)] == [
        ("a.html", "line 2"),
        ("a.txt", "line 3"),
        ("file.csv", "row 2, column 2"),
        ("file.xlsx", "Sheet!C4"),
    ]


# --- what cannot be read


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.bin", b"\0\1\2"),
        ("a.parquet", b"PAR1\0"),
        ("a.txt", "Ana".encode("utf-16")),
        ("a.csv", b"\xff\xfea"),
        ("a.ipynb", b"{"),
        ("a.html", b"<p>\xe9</p>"),
        ("a.xlsx", b"PK"),
        ("a.docx", b"no zip"),
        ("a.svg", b"<svg>"),
        ("a.pdf", b"%PDF-1.4"),
        ("a.mp3", b"ID3\0"),
        ("a.html", b'<a href="data:application/x-y;base64,AAEC">'),
    ],
)
def test_a_file_that_cannot_be_read_is_a_leak(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert [(leak.file, leak.rule) for leak in leaks(tmp_path)] == [(name, "unreadable")]


def test_the_places_of_cells_are_no_words_and_all_else_in_their_attributes_is():
    sheet = b'<sheetData><c r="ANA12" t="str"><v>3</v></c><c r="Rosa"/><row x="ANA13"/></sheetData>'
    assert [text for _, text in extract_text("sheet1.xml", sheet)] == ["3", "str", "Rosa", "ANA13"]


def test_a_recording_in_a_notebook_cannot_be_read(tmp_path):
    FILES["notebook plain"](tmp_path, "x")
    path = tmp_path / "file.ipynb"
    path.write_text(output("audio/mpeg", lambda _: base64.b64encode(b"ID3\0").decode())("x"))
    assert [leak.rule for leak in leaks(tmp_path)] == ["unreadable"]


def test_without_poppler_a_pdf_is_a_leak(tmp_path, monkeypatch):
    FILES["pdf"](tmp_path, "nobody")
    monkeypatch.setattr("glc_analysis.gate.file_text.shutil.which", lambda program: None)
    assert "poppler" in leaks(tmp_path)[0].found


def test_a_scanned_pdf_is_a_leak(tmp_path):
    need_poppler()
    (tmp_path / "file.pdf").write_bytes(typst.compile(b"#square(fill: red)"))
    assert "scanner" in leaks(tmp_path)[0].found


@pytest.mark.parametrize("words", ["ចាន់ សុភា", "محمد الأمين"])
def test_words_that_a_pdf_garbles_cannot_be_read(words, tmp_path):
    FILES["pdf"](tmp_path, words)
    assert [leak.rule for leak in leaks(tmp_path)] == ["unreadable"]


def test_pictures_and_fonts_are_not_read(tmp_path):
    for name in ("a.png", "b.ico", "c.woff2", "d.js.map"):
        (tmp_path / name).write_bytes(b"\0CURB")
    assert leaks(tmp_path, NAMES) == []


# --- read as a reader could


@pytest.mark.parametrize(
    "body",
    [
        "INES PENALOZA",
        "Ine\u0301s  Pen\u0303aloza",
        "In&eacute;s&nbsp;Pe&ntilde;aloza",
        "In&#233;s Pe&#xf1;aloza",
        "In&shy;és Peña\u00adlo&shy;za",
        "Inés\nPeñaloza",
        "Inés<br>Peñaloza",
        "<b>In</b>és Peña<i>lo</i>za",
        "<span>Inés</span><span>Peñaloza</span>",
        "<td>Inés</td><td>Peñaloza</td>",
        "In<wbr>és Peña&#8203;loza",
        "I\u200bn\u200dés \u202ePeñ\u2060aloza\ufeff",
        "Inés<!-- x --> Peña<!-- x -->loza",
        "&amp;#73;nés Peñaloza",
        "𝐈nés Peñaloza",
        "Ｉｎés Peñaloza",
        "<p>Inés</p>\n\n<p>Peñaloza</p>",
        "(Inés Peñaloza's)",
        "l’Inés Peñaloza",
        '<a href="/people/ines-penaloza.html#top">x</a>',
        '<a href="?q=In%C3%A9s+Pe%C3%B1aloza">x</a>',
        '<i id="ines_penaloza">x</i>',
        "<i data-tip='<b>In</b>és Peñaloza'>x</i>",
        "Inés Peñaloza<sup>2</sup>",
    ],
)
def test_however_a_name_is_written_it_is_found(body, tmp_path):
    assert in_page(tmp_path, f"<p>so {body} x</p>", NAMES)[:1] == ["Inés Peñaloza"]


@pytest.mark.parametrize(
    "name, content",
    [
        ("a.txt", "so Inés Peña-\nloza left"),
        ("a.txt", "so Inés\n  Peñaloza"),
        ("a.md", "> Inés\n> Peñaloza"),
        ("a.md", "**In**és Peñaloza"),
        ("a.js", r'x = "In\u00e9s Pe\xf1aloza"'),
        ("a.js", r'x = "so\nInés Peñaloza"'),
        ("a.csv", "first,last\nInés,Peñaloza\n"),
        ("Ines Penaloza.png", ""),
        ("Interview_InesPenaloza2.png", ""),
        ("In%C3%A9s-Pe%C3%B1aloza.png", ""),
    ],
)
def test_a_name_cut_by_lines_marks_escapes_or_cells_is_found(name, content, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert {leak.found for leak in leaks(tmp_path, NAMES)} == {"Inés Peñaloza"}


def test_a_phone_number_cut_by_a_line_is_found(tmp_path):
    (tmp_path / "a.txt").write_text("call +51 1\n555 0199 now")
    assert [leak.found for leak in leaks(tmp_path)] == ["+51 1 555 0199", "555 0199"]


letters = st.sampled_from("abcdefghijklmnopqrstuvwxyzáñüşøžдежიកខ")
words = st.text(letters, min_size=1, max_size=8).filter(lambda word: word.strip())
unseen = ["", "", "", "&shy;", "\u200b", "&#8288;", "\ufeff"]
markup = ["<b></b>", "<!-- x -->", "<wbr>", "</i><i>"]


def noisy(draw, text, signs):
    """The text in a random case, with entities and signs between its letters."""
    parts = []
    for letter in text:
        letter = draw.draw(st.sampled_from([letter, letter.upper() if len(letter.upper()) == 1 else letter]))
        letter = draw.draw(st.sampled_from([letter, f"&#{ord(letter)};", f"&#x{ord(letter):x};"]))
        parts.append(" \n " if letter == " " else letter)
    return "".join(part + draw.draw(st.sampled_from(signs)) for part in parts[:-1]) + parts[-1]


@given(st.data(), st.lists(words, max_size=6), st.lists(words, max_size=6))
def test_a_name_between_words_is_found_whatever_the_noise(tmp_path_factory, data, before, after):
    name = data.draw(st.sampled_from(["rosaura niño", "şükran", "søren žukov", "лена", "ана мария"]))
    body = " ".join([*before, noisy(data, name, unseen + markup), *after])
    assert in_page(tmp_path_factory.mktemp("page"), f"<p>{body}</p>", row(name)) == [name]


@given(st.data(), st.sampled_from("abzáñžд7"), st.booleans())
def test_the_letters_of_a_name_in_a_longer_word_are_not_found(tmp_path_factory, data, letter, is_before):
    name = data.draw(st.sampled_from(["rosaura", "şükran", "лена"]))
    longer = letter + name if is_before else name + letter
    assert (
        in_page(tmp_path_factory.mktemp("page"), f"<p>so {noisy(data, longer, unseen)} x</p>", row(name))
        == []
    )


# --- rows of names.csv


def test_a_row_matches_as_it_says(tmp_path):
    body = "<p>They curb trafficking.</p>"
    assert in_page(tmp_path, body, row("CURB", match="exact")) == []
    assert in_page(tmp_path, body, row("CURB", match="folded")) == ["CURB"]
    assert in_page(tmp_path, "<p>CURBS, CURBing, xCURB</p>", row("CURB", match="exact")) == []
    assert in_page(tmp_path, "<p>Lopez</p>", row("López", match="whole-word")) == []
    assert in_page(tmp_path, "<p>លោកសុខាបានមក</p>", row("សុខា", match="whole-word")) == []
    assert in_page(tmp_path, "<p>លោកសុខាបានមក</p>", row("សុខា", match="exact")) == ["សុខា"]


def test_a_place_counts_only_beside_somebody_else(tmp_path):
    near, far = "word " * 38, "word " * 45
    place, person = row("May", "place", "exact"), row("Rosa Vela", allowed_for="public", reason="signed")
    assert in_page(tmp_path, "<p>In May we met. May, again.</p>", place, person) == []
    assert in_page(tmp_path, f"<p>Rosa Vela {far} of May</p>", place, person) == []
    assert in_page(tmp_path, f"<p>Rosa Vela {near} of May</p>", place, person) == ["May"]
    assert in_page(tmp_path, f"<p>May, {near}</p><p>Rosa Vela</p>", place, person) == ["May"]
    assert in_page(tmp_path, "<p>Casa Luz of May</p>", place, known={"Casa Luz": "organisation"}) == [
        "May",
        "Casa Luz",
    ]
    assert in_page(tmp_path, "<p>May, rosa@vela.example</p>", place) == ["rosa@vela.example", "May"]


def test_what_is_allowed_for_the_audience_is_no_leak_nor_what_lies_within(tmp_path):
    body = "<p>The Rosa Fund, info@rosa.example.</p>"
    rows = [
        row("Rosa"),
        row("The Rosa Fund", "organisation", "exact", "team, convening", "its wish"),
        row("info@rosa.example", "other", "folded", "convening", "its own"),
    ]
    known = {"Rosa Fund": "organisation"}
    assert in_page(tmp_path, body, *rows, audience="convening", known=known) == []
    assert set(in_page(tmp_path, body, *rows, audience="public", known=known)) == {
        "Rosa",
        "The Rosa Fund",
        "Rosa Fund",
        "info@rosa.example",
    }
    assert in_page(tmp_path, body + "<p>Rosa</p>", *rows, audience="convening", known=known) == ["Rosa"]


def test_what_the_caller_knows_is_found_under_its_own_rule(tmp_path):
    (tmp_path / "country-x.csv").write_text("a,b\ncall-1.vtt,ABC123def\n")
    known = {
        "call-1.vtt": "raw file",
        "abc123DEF": "checksum",
        "Country X": "country",
        "call": "word",
        "": "none",
    }
    assert leaks(tmp_path, known=known) == [
        Leak("country-x.csv", "name", "country", "Country X"),
        Leak("country-x.csv", "row 2, column 1", "raw file", "call-1.vtt"),
        Leak("country-x.csv", "row 2, column 1", "word", "call"),
        Leak("country-x.csv", "row 2, column 2", "checksum", "abc123DEF"),
    ]


def test_all_leaks_are_refused_at_once_and_no_sentence_is_repeated(tmp_path):
    (tmp_path / "a.txt").write_text("We told CURB a secret.\n" * 7 + "ines@pena.example\n")
    (tmp_path / "b.bin").write_bytes(b"\0")
    files = sorted(tmp_path.iterdir())
    with pytest.raises(Faults) as refused:
        check_leaks(files, tmp_path, NAMES, audience="public")
    said = str(refused.value)
    assert len(refused.value.faults) == 3 and "secret" not in said
    assert (
        "a.txt, value 'CURB': is not for public (name: organisation) at line 1, line 2" in said
        and "2 more" in said
    )
    assert "value 'ines@pena.example': is not for public (e-mail) at line 8" in said and "b.bin" in said
    files[0].write_text("They curb it.\n")
    check_leaks(files[:1], tmp_path, NAMES, audience="public")


# --- e-mail addresses and phone numbers, and what only looks so

PHONES = [
    "+254 (20) 555-0101",
    "0044 20 7946 0958",
    "555-0173",
    "555 010 9988",
    "020 7946 0958",
    "01 42 34 56 78",
    "01.42.34.56.78",
    "(020) 555 0101",
    "612 345 678",
    "+855 12 345 678",
    "8 (495) 123-45-67",
    "1-800-555-0101",
    "7946 0958",
    "tel. 5550173",
    "Teléfono: 55501734",
    "https://wa.me/447700900123",
    "tel:+44-20-7946-0958",
    "573125550173",
    "0207946095",
    "ទូរស័ព្ទ 012 345 678",
    "هاتف ٠٦ ٥٥٥ ٠١٧٣",
    "030/1234567",
]
NO_PHONES = [
    "2014 2015 2016",
    "2014-2016",
    "2014-15 2015-16",
    "4 of 9",
    "0 20 40 60 80 100",
    "10 20 30 40 50",
    "0.1234567",
    ".4232-.7541",
    "-0.21-0.4567",
    "12.5 34.75 0.33",
    "1 000 000",
    "12 345 678",
    "1.000.000",
    "978-0-306-40615-7",
    "ISBN 0-306-40615-2",
    "ISBN-13: 978 0 306 40615 7",
    "9780306406157",
    "10.1007/s10611-015-9613-x",
    "https://doi.org/10.1080/09687599.2015.1234567",
    "doi:10.1000/1234567",
    "ISSN 1234-5678",
    "2016-05-03 10:30",
    "03/05/1990 12:00",
    "3.5.2016 11.30",
    "20161125T032533Z-c58c",
    "201611250325",
    "9745af7abe75",
    "17424978 people",
    "(12, 15, 118, 2000)",
    "12  345  1234",
    "120/480/1500",
    "1480044333",
    "1500000000",
    "call 2016-09-07",
    "call-1, 2016-09-14 13:58:40",
    "pages 1000-2000",
    "33 of 155, 480 rows",
    "1-2-3-4-5-6-7",
    "orcid 0000-0002-1825-0097",
    "M144 144a16 16 0 1 0 32 0",
    "https://example.org/2016/1234567-title",
    "v1.2.3.4.5.6.7",
    "bootstrap@5.3.3",
    "icon@2x.png",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
]


@pytest.mark.parametrize("number", PHONES)
def test_a_phone_number_is_told(number):
    assert [kind for kind, *_ in find_emails_and_phone_numbers(f"so {number}, and")] == ["phone"]


@pytest.mark.parametrize("number", NO_PHONES)
def test_a_figure_is_no_phone_number(number):
    assert list(find_emails_and_phone_numbers(f"so {number}, and")) == [] == list(
        find_emails_and_phone_numbers(number))


PROSE = [
    "Entre 2014 y 2016, la rosa del patio floreció tres veces; 155 de 480 personas (32,3 %) pidieron "
    "quedarse. El 3 de mayo de 2016 a las 10:30 abrimos la casa, y en el capítulo 4.5.6 contamos "
    "1.200.000 pesos.",
    "នៅឆ្នាំ 2014 2015 2016 យើងបានជួបស្ត្រី ៣០ នាក់ ហើយ 4 នាក់ក្នុងចំណោម 9 នាក់បានត្រឡប់ទៅផ្ទះវិញ។ "
    "សុខភាពរបស់ពួកគេបានប្រសើរឡើង ១២.៥ ភាគរយ។",
    "في عام 2015 ساعدنا 142 امرأة، منهن 30 في بيت آمن، وكان الأمل كبيرا. من 2014 إلى 2016 زاد العدد "
    "بنسبة ١٢٫٥٪، أي ١٬٢٠٠ شخص.",
    "В 2014–2016 годах мы приняли 1 200 женщин, из них 30 в мае 2016 года; надежда и вера помогали. "
    "См. таблицу 3.2.1 и приложение 12-14, с. 1000-2000.",
    "In May 2016, 4 of 9 hoped to stay; the base was 133 of 480 (27.7 per cent, 95 % interval "
    "0.2391-0.3187). See doi:10.1007/s10611-015-9613-x, ISBN 978-0-306-40615-7, and steps 1-2-3-4-5-6-7.",
]
COMMON = pd.concat(
    [
        row("Rosa", match="exact"),
        row("Hope", match="exact"),
        row("Esperanza", match="exact"),
        row("May", "place", "exact"),
        row("សុខ", match="whole-word"),
        row("أمل", match="whole-word"),
        row("Вера", match="exact"),
        row("Надежда", match="exact"),
        row("CURB", "organisation", "exact"),
        row("Casa", "organisation", "exact"),
    ]
)


@pytest.mark.parametrize("prose", PROSE)
def test_ordinary_prose_stops_no_run(prose, tmp_path):
    assert in_page(tmp_path, f"<p>{prose}</p>", COMMON) == []


def test_the_words_of_the_project_stop_no_run(tmp_path):
    """README, docs, notebooks and this package's own prose, with the sample's names."""
    paths = [
        *REPOSITORY.glob("*.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *REPOSITORY.glob("notebooks/*.ipynb"),
        *REPOSITORY.glob("tests/golden/*.ipynb"),
    ]
    assert len(paths) > 8
    assert find_leaks(paths, REPOSITORY, COMMON, audience="public") == []


def test_a_word_of_the_search_index_is_no_text_in_lines(tmp_path):
    """Sphinx lists under each word the numbers of its pages: under "text" as under any other."""
    index = 'Search.setIndex({"terms": {"text": [22, 4, 26, 28, 31, 37], "source": [20, 79, 46, 0, 18]}})'
    (tmp_path / "searchindex.js").write_text(index, encoding="utf-8")
    assert leaks(tmp_path, COMMON) == []
    (tmp_path / "searchindex.js").write_text(index.replace("31", '"+44 20 7946 0018"'), encoding="utf-8")
    assert [leak.rule for leak in leaks(tmp_path, COMMON)] == ["phone"]


def test_the_team_reads_contacts_and_organisations_and_no_person_that_is_masked(tmp_path):
    (tmp_path / "page.html").write_text("HAART: haart@door.example, +254 20 555 0101", encoding="utf-8")
    table = pd.concat([row("HAART", kind="organisation"), row("Ana López")])
    files = [tmp_path / "page.html"]
    check_leaks(files, tmp_path, table, audience="team")
    (tmp_path / "page.html").write_text("Ana Lopez of HAART", encoding="utf-8")
    with pytest.raises(Faults) as said:
        check_leaks(files, tmp_path, table, audience="team")
    assert [fault.value for fault in said.value.faults] == ["Ana López"]


def test_days_of_a_month_are_no_phone_number(tmp_path):
    (tmp_path / "page.txt").write_text("The meeting of 26-27/2014 in the capital", encoding="utf-8")
    assert leaks(tmp_path, COMMON) == []


@pytest.mark.parametrize("document_id", ["bV520/p0ERtST2DyTrMsQQ==", "1mstZJWtJrYHZyIyuEkjFQ=="])
def test_the_letters_of_a_random_id_are_no_address(document_id):
    search = make_search(pd.DataFrame(columns=["name", "kind", "match", "allowed_for"]), "public", {})
    assert leaks_in_pieces([("properties", f"DocumentID {document_id}")], search) == []


@pytest.mark.parametrize("lines", [
    ("National government (23 of 33 (70", "375 of 553 (68 %)"), ("1001", "Date", "Place")],
    ids=["a percentage that a line breaks", "fields to sign below a number"])
def test_figures_and_words_on_lines_of_their_own_are_no_contacts(lines):
    search = make_search(pd.DataFrame(columns=["name", "kind", "match", "allowed_for"]), "public", {})
    assert leaks_in_pieces([(f"line {n}", text) for n, text in enumerate(lines)], search) == []


@pytest.mark.parametrize(("text", "is_leak"), [
    ("Nine women in PNG answered.", True), ("The charts are there as PNG or SVG.", False),
    ("figure_04_response-rates.png", False)])
def test_a_code_that_is_the_ending_of_a_file_too_counts_in_capitals(text, is_leak):
    search = make_search(pd.DataFrame(columns=["name", "kind", "match", "allowed_for"]), "public",
                         {"PNG": "code of a country: PNG"})
    assert bool(leaks_in_pieces([("line 1", text)], search)) is is_leak


def test_a_person_whose_name_is_two_ordinary_words_is_found_in_small_letters():
    names = pd.DataFrame([("Dawn Rivers", "person", "folded", "")],
                         columns=["name", "kind", "match", "allowed_for"])
    text = "As dawn rivers said, nobody came; The door was open."
    assert leaks_in_pieces([("line 1", text)], make_search(names, "public", {}))


@pytest.mark.parametrize(("name", "kind", "text"), [
    ("Georgian House", "place", "We met at Georgian House."), ("Lima Ohio", "person", "As Lima, Ohio said"),
    ("«Լուսաբաց» կանանց աջակցման կենտրոն", "organisation", "The Lusabats Women's Support Centre"),
    ("Kvennaskjólið Lyngrós", "organisation", "Við í Lyngrós tökum á móti konum.")])
def test_a_registered_name_is_found_in_a_harmless_phrase_and_without_the_words_for_its_kind(name, kind, text):
    names = pd.DataFrame([(name, kind, "folded", "")], columns=["name", "kind", "match", "allowed_for"])
    known = {"Georgian house": "allowed", "Lima, Ohio": "allowed"}
    assert leaks_in_pieces([("line 1", text)], make_search(names, "public", known))
