"""Packets as they are handed out: every page looked at by its words' places, Word through LibreOffice and
back, on both papers, of the sample and of a real survey."""

import io
import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from lxml import etree

from glc_analysis import cli
from glc_analysis.addons.convening.packets.packet import list_planned_packets, write_packets
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.run.plan import plan_pages, select_failed_or_stale_pages
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study
from tests.support.programs import need_poppler
from tests.support.share import in_turn

pytestmark = pytest.mark.acceptance
TODAY = date(2026, 11, 26)
MARGIN, POINT = 15, 72 / 25.4
SAMPLE = ["fig-courtyard", "survivor-advisers", "background", "interpreters", "facilitators"]
"""An organisation that answered in Arabic, and the packets of groups that differ."""
IN_MARGIN = re.compile(r"P\d\d\.\d+")
"""A code of a text, which stands in the margin."""
MOST_PAGES = 24
"""The most pages of a packet of the sample, with its sixteen principles."""


@dataclass
class Line:
    """A line of a page: its words, their left and right ends, where it stands, and where each word does: a
    line may run over two cells of a table."""

    words: list[str]
    ends: list[tuple[float, float]]
    top: float
    bottom: float
    heights: list[tuple[float, float]]

    @property
    def text(self):
        return " ".join(self.words)


def is_visible(word):
    """Whether a word has more than marks of direction, which no ink shows."""
    return any(unicodedata.category(letter) != "Cf" for letter in word.text or "")


def looked_at(pdf):
    """The pages of a PDF: width, height and lines, without running head and foot."""
    need_poppler()
    xml = subprocess.run(["pdftotext", "-bbox-layout", str(pdf), "-"], capture_output=True, check=True).stdout
    for page in etree.fromstring(xml, etree.XMLParser(recover=True)).iter("{*}page"):
        width, height = float(page.get("width")), float(page.get("height"))
        lines = [Line([word.text or "" for word in words],
                      [(float(word.get("xMin")), float(word.get("xMax"))) for word in words],
                      float(line.get("yMin")), float(line.get("yMax")),
                      [(float(word.get("yMin")), float(word.get("yMax"))) for word in words])
                 for line in page.iter("{*}line")
                 if (words := [*filter(is_visible, line.iter("{*}word"))])]
        lines.sort(key=lambda line: (line.top, line.ends[0]))
        yield width, height, [line for line in lines if 18 * POINT < line.top < height - 15 * POINT]


def headings(path):
    """Headings, and those of groups in a table, which run across it."""
    document = Document(path)
    groups = {row.cells[0].text for table in document.tables for row in table.rows
              if len(table.columns) > 1 and len({cell._tc for cell in row.cells}) == 1}
    return {" ".join(text.split()) for text in groups | {
        paragraph.text for paragraph in document.paragraphs if paragraph.style.name.startswith("Heading")}}


def tables(source):
    """The words of every table, cell by cell; LibreOffice has no em spaces before words."""
    return [[[" ".join(cell.text.replace("\u200f", "").split()) for cell in row.cells] for row in table.rows]
            for table in Document(source).tables]


def saved(path, kind, folder):
    """The file as LibreOffice saves it."""
    if not shutil.which("soffice"):
        pytest.skip("no soffice here: scripts/system-packages installs libreoffice-writer")
    own = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(["soffice", "--headless", own, "--convert-to", kind, "--outdir", str(folder), str(path)],
                   capture_output=True, timeout=300, check=True)
    if not (made := folder / f"{Path(path).stem}.{kind}").is_file():
        pytest.skip("no LibreOffice Writer here: scripts/system-packages installs it")
    return made


@pytest.fixture(scope="module", params=in_turn(["a4", "letter"]))
def paper(request):
    return request.param


@pytest.fixture(scope="module")
def packed(sample_study, paper, tmp_path_factory):
    """The packets of the sample that are looked at, on one paper."""
    folder = tmp_path_factory.mktemp(paper)
    study = Study(shutil.copytree(sample_study.root, folder / "study"))  # in which packets are noted
    for one in SAMPLE:
        parts = list_planned_packets(study, organisation=one)[0].parts
        countries = [part.slug for part in parts if part.kind == "country"]
        only = [part.slug for part in parts if part.slug not in countries[2:]]
        write_packets(study, folder, today=TODAY, organisation=one, part_slugs=only, paper=paper)
    return folder


def test_no_page_is_empty_and_no_word_leaves_its_page(packed):
    for path in sorted(packed.glob("*/packet.pdf")):
        for n, (width, height, lines) in enumerate(looked_at(path), start=1):
            assert len(lines) >= 2, f"{path.parent.name} page {n} is nearly empty"
            for line in lines:
                for word, (left, right) in zip(line.words, line.ends, strict=True):
                    margin = 1 if IN_MARGIN.fullmatch(word) else MARGIN
                    assert left >= margin * POINT - 1 and right <= width - margin * POINT + 1, (n, line.text)
                assert line.bottom <= height - 15 * POINT, (n, line.text)


def test_a_packet_of_the_sample_has_few_pages_and_none_is_half_empty(packed, tmp_path):
    for path in sorted(packed.glob("*/packet.pdf")):
        target = tmp_path / path.parent.name
        subprocess.run(["pdftoppm", "-r", "20", "-gray", str(path), str(target)], check=True)
        pictures = sorted(tmp_path.glob(f"{path.parent.name}-*.pgm"))
        assert len(pictures) <= MOST_PAGES, path.parent.name
        for n, picture in enumerate(pictures[:-1] if path.parent.name == "background" else pictures, start=1):
            _, size, _, dots = picture.read_bytes().split(b"\n", 3)
            width, height = map(int, size.split())
            rows = [dots[row * width:(row + 1) * width] for row in range(int(0.93 * height))]
            inked = [n for n, row in enumerate(rows) if min(row) < 200]
            assert inked[-1] > 0.5 * height, f"{path.parent.name} page {n}"


def test_word_and_pdf_say_the_same(packed):
    """Word by word, but for what only one of them has: the contents are links in one, page numbers in the
    other, and a PDF names above each page whom it is for."""
    latin = re.compile(r"[A-Za-z]{4,}")
    for name in ("fig-courtyard", "survivor-advisers", "interpreters", "facilitators"):
        document = Document(packed / name / "packet.docx")
        edges = [paragraph.text for section in document.sections
                 for part in (section.header, section.footer) for paragraph in part.paragraphs]
        told = {*latin.findall("\n".join(edges + [
            cell.text for table in document.tables for row in table.rows for cell in row.cells] + [
            paragraph.text for paragraph in document.paragraphs]))}
        printed = subprocess.run(["pdftotext", str(packed / name / "packet.pdf"), "-"], capture_output=True,
                                 check=True, encoding="utf-8").stdout
        assert told == {*latin.findall(printed)}, name


def test_no_word_is_printed_over_another(packed):
    odd = re.compile("[\u0600-\u06ff\u1780-\u17ff\U0001f300-\U0001ffff]")  # whose boxes poppler cannot tell
    for path in sorted(packed.rglob("*.pdf")):
        for n, (_, _, lines) in enumerate(looked_at(path), start=1):
            words = [(word, *height, *ends) for line in lines
                     for word, height, ends in zip(line.words, line.heights, line.ends, strict=True)
                     if not odd.search(word)]
            assert len(words) > 5
            for i, (word, top, bottom, left, right) in enumerate(words):
                over = [other[0] for other in words[i + 1:]
                        if min(bottom, other[2]) - max(top, other[1]) > 0.6 * (bottom - top)
                        and min(right, other[4]) - max(left, other[3]) > 1.5]
                assert over == [], (path.name, n, word)


def test_no_heading_is_the_last_line_of_a_page(packed):
    for name in ("fig-courtyard", "background"):
        known = headings(packed / name / "packet.docx") | {"Your notes", "Your corrections"}
        assert len(known) > 20
        # Notes are lines to write on, which have no words.
        last = [lines[-1].text for *_, lines in looked_at(packed / name / "packet.pdf")
                if not lines[-1].text.startswith("Your ")]
        assert last and not {" ".join(text.split()) for text in last} & known


def test_each_brief_is_two_pages_at_most_and_under_200_kilobytes(packed):
    briefs = [*packed.glob("*/brief.pdf"), *packed.glob("briefs/*.pdf")]
    assert len(briefs) == 12
    for path in briefs:
        assert len(list(looked_at(path))) <= 2 and path.stat().st_size < 200_000, path.name
        assert path.with_suffix(".txt").stat().st_size > 500


def test_no_page_needs_a_colour(packed, tmp_path):
    """Without a colour picture (an emoji) every dot of a page is grey."""
    target = tmp_path / "page"
    page = packed / "briefs" / "theme-needs.pdf"
    subprocess.run(["pdftoppm", "-r", "40", str(page), str(target)], check=True)
    for path in tmp_path.glob("*.ppm"):
        _, _, _, dots = path.read_bytes().split(b"\n", 3)
        assert dots[0::3] == dots[1::3] == dots[2::3]


def test_word_comes_back_from_libreoffice_with_its_tables_and_headings(packed, tmp_path):
    for name in ("fig-courtyard", "background", "interpreters", "facilitators"):
        source = packed / name / "packet.docx"
        back = saved(source, "docx", tmp_path)
        before, after = tables(source), tables(back)
        # In the sample all is decided, so the facilitators' sheet has no agenda, its second table.
        assert len(before) > (0 if name == "facilitators" else 1) and before == after
        assert headings(back) == headings(source)


def test_word_printed_by_libreoffice_cuts_nothing_and_parts_no_heading(packed, tmp_path):
    source = packed / "fig-courtyard" / "packet.docx"
    known = headings(source)
    printed = list(looked_at(saved(source, "pdf", tmp_path)))
    assert abs(len(printed) - len(list(looked_at(source.with_suffix(".pdf"))))) <= 6
    for n, (width, _, lines) in enumerate(printed, start=1):
        assert len(lines) >= 2, f"page {n} is nearly empty"
        assert max(end for line in lines for _, end in line.ends) <= width - MARGIN * POINT + 2, n
        assert " ".join(lines[-1].text.split()) not in known, n


def test_the_command_makes_a_packet_beside_the_pages_it_points_to_and_a_withdrawal_lists_it(
        sample_runs, tmp_path):
    root = tmp_path / "study"
    shutil.copytree(sample_runs.parent, root, symlinks=True)
    call = ["--study", str(root), "packet", "--for", "Gum Tree Desk", *("--only", "brief"),
            *("--only", "principles")]
    made = CliRunner().invoke(cli.cli, call)
    assert made.exit_code == 0, made.output
    study = Study(root)
    folder = study.reports / "convening" / "current" / "packet" / "gum-tree-desk"
    assert made.stdout.splitlines()[-1] == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "brief.pdf", "brief.txt", "packet.docx", "packet.pdf"]
    assert (folder.parents[1] / "site" / "principles.html").is_file()
    last = find_last_run(study, "convening")[1]
    # A packet makes no page out of date.
    assert select_failed_or_stale_pages(plan_pages(study, audience="convening"), last) == []
    touched = withdraw_organisation(study, "gum-tree-desk", today=TODAY, dry_run=True)
    issued = touched[touched["kind"] == "packet"]
    assert issued["what"].str.partition(" ")[2].tolist() == ["gum-tree-desk: brief principles"]
    assert (touched["where"].str.endswith("packet/gum-tree-desk/packet.docx")).sum() == 1


def test_packets_of_a_real_survey_keep_to_two_pages_a_brief(ngo_study, paper, tmp_path, tmp_path_factory):
    root = tmp_path_factory.mktemp("ngo_copied")  # as deep as the other: it points to its raw files
    shutil.copytree(ngo_study, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("reports"))
    for one in ("1001", "background"):
        write_packets(Study(root), tmp_path, today=TODAY, organisation=one, paper=paper)
    briefs = [*tmp_path.glob("*/brief.pdf"), *tmp_path.glob("briefs/*.pdf")]
    assert len(briefs) == 1 + 8 + 10  # its own, themes, countries
    for path in briefs:
        pages = list(looked_at(path))
        assert len(pages) <= 2 and path.stat().st_size < 200_000, path.name
        assert all(lines for *_, lines in pages)
    assert "theme-tip-report.html of the site" in (tmp_path / "briefs" / "theme-tip-report.txt").read_text(
        "utf-8") or len(list(looked_at(tmp_path / "briefs" / "theme-tip-report.pdf"))) <= 2
    assert tables(io.BytesIO((tmp_path / "1001" / "packet.docx").read_bytes()))
