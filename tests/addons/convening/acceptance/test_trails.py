"""Principles of the sample followed to the raw files without the package; every link broken once."""

import csv
import hashlib
import re
import shutil
from datetime import date
from itertools import takewhile

import lxml.html
import pandas as pd
import pytest
from click.testing import CliRunner
from docx import Document
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.addons.convening.broken_links import find_broken_and_changed_evidence_links
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from tests.support.share import drawn
from tests.support.study_writer import write_reference

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
FILE = re.compile(r"(raw/\S+), (?:(.*), )?sha256 ([0-9a-f]{64})")
COUNT = re.compile(r"(\d+) of the (\d+)\b")
QUOTED = re.compile(r"“(.*)” ((?:Interview with|Answer of|Call on) .*)")
TRAILS = ".//details[contains(@class, 'glc-trail') and not(summary = 'The votes')]"
MASKED = r"(?:Person|Organisation|Place|Other) \d+|\[[^\]]*\]"


@pytest.fixture(scope="module")
def sections(sample_pages):
    """The pages as the team reads them, by principle."""
    pages = sample_pages.pages("team")
    assert len(pages) == 16
    return {principle: lxml.html.fragment_fromstring(html, create_parent="div")
            for principle, html in pages.items()}


@pytest.fixture(scope="module")
def pieces(sections):
    """Each piece of evidence that leads to a source: its line, the lines below it."""
    return [(" ".join([principle, trail.get("id").removeprefix("evidence-"),
                       trail.xpath("./summary")[0].text_content()]), [*map(text, trail.xpath(".//li"))])
            for principle, page in sections.items() for trail in page.xpath(TRAILS)]


def text(line):
    """A line as it is read: words in quotation marks."""
    for words in line.iter("q"):
        words.text = f"“{words.text}”"
        words.tag = "span"
    return line.text_content()


def files(lines):
    return [FILE.fullmatch(line).groups() for line in lines if line.startswith("raw/")]


def rows(places):
    """``counted rows: 2-3, 6; others in the base: 4`` as two sets of numbers."""
    found = {}
    for part in places.split("; "):
        name, _, listed = part.partition(": ")
        spans = [one.partition("-")[::2] for one in listed.split(", ")]
        found[name] = {n for first, last in spans for n in range(int(first), int(last or first) + 1)}
    return found


def test_every_piece_of_evidence_leads_to_a_raw_file_as_it_lies(sample_study, pieces):
    leading = [(said, files(lines)) for said, lines in pieces]
    assert len(leading) > 70
    assert [said for said, found in leading if not found] == []
    for path, digest in {(path, digest) for _, found in leading for path, _, digest in found}:
        assert hashlib.sha256((sample_study.root / path).read_bytes()).hexdigest() == digest


def test_every_statement_rests_on_raw_files(sections):
    for page in sections.values():
        assert page.xpath(".//blockquote//strong")[0].text_content()
        assert any(line.text_content().startswith("raw/") for line in page.xpath(f"{TRAILS}//li"))


def test_every_figure_of_the_survey_has_its_rows(sample_study, pieces):
    """As many records as are counted, or records of as many organisations."""
    answers = tables.read_table("answers", study=sample_study)
    owner = dict(zip(answers["answer_id"].str.replace(r"\.l\d+$", "", regex=True), answers["organisation_id"],
                     strict=True))
    checked = 0
    for said, lines in pieces:
        if not lines or not re.match(r"Q\d", lines[0]):
            continue
        n, base = map(int, COUNT.search(said).groups())
        found = [(re.sub(r"\W", "_", path.split("/")[-1].rsplit(".", 1)[0]), rows(at))
                 for path, at, _ in files(lines)]
        own = {kind: {f"{stem}.r{row}" for stem, by in found for row in by.get(kind, ())}
               for kind in ("counted rows", "others in the base")}
        unit = (lambda one: owner[one]) if "organisations" in said else (lambda one: one)
        counted, others = ({*map(unit, records)} for records in own.values())
        assert (len(counted), len(counted | others)) == (n, base), said
        checked += 1
    assert checked > 15


def test_every_figure_of_a_code_has_passages_of_as_many_organisations(sample_study, pieces):
    segments, documents, organisations = (
        tables.read_table(name, study=sample_study) for name in ("segments", "documents", "organisations"))
    labelled = dict(zip(organisations["label"], organisations["organisation_id"], strict=True))
    speaker = dict(zip(segments["segment_id"], segments["organisation_id"], strict=True))
    calls = {f"{date.fromisoformat(day):%-d %B %Y}": call for call, day in documents.loc[
        documents["kind"] == "call", ["document_id", "date"]].itertuples(index=False)}

    def owner(place):
        if named := re.match(r"(?:Interview with|Answer of) (.*? \(invented\))", place):
            return labelled[named[1]]
        day, turn = re.match(r"Call on (\d+ \w+ \d{4}), turn (\d+)", place).groups()
        return speaker[f"{calls[day]}.{turn}"]

    checked, in_calls = 0, 0
    for said, lines in pieces:
        if found := re.search(r" (\d+) of the .* raised “", said):
            at = next((n for n, line in enumerate(lines) if line.startswith("Counted apart: ")), len(lines))
            counts = [(int(found[1]), lines[:at])]
            if at < len(lines):
                counts.append((int(re.search(r"(\d+) of the .* present in calls", lines[at])[1]), lines[at:]))
                in_calls += 1
            for n, own in counts:
                passages = [QUOTED.match(line)[2] for line in own if line.startswith("“")]
                assert len({*map(owner, passages)}) == n, said
            checked += 1
    assert checked > 20 and in_calls > 5


def test_every_quotation_stands_at_its_place_in_its_raw_file(sample_study, pieces):
    walked = {(QUOTED.match(line)[1], *FILE.fullmatch(after).groups()[:2]) for _, lines in pieces
              for line, after in zip(lines, lines[1:], strict=False) if line.startswith("“")}
    assert len(walked) > 80
    for words, path, place in walked:
        there = squeezed(standing(sample_study.root / path, *place.split(" ")))
        for part in re.split(MASKED, words):
            assert squeezed(part) in there, (words, path, place)


def squeezed(text):
    return re.sub(r"[\W_]+", "", text).casefold()


def standing(path, what, number):
    """What a raw file says from a place on: a turn to its end, or a row."""
    number = int(number)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return " ".join([*csv.reader(file)][number - 1])
    if path.suffix == ".xlsx":
        sheet = load_workbook(path, read_only=True).worksheets[0]
        return " ".join(str(cell) for cell in [*sheet.iter_rows(values_only=True)][number - 1] if cell)
    if path.suffix == ".docx":
        lines = [paragraph.text for paragraph in Document(path).paragraphs]
    else:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    spoken = [line for line in lines[number - 1:] if line and "-->" not in line and not line.isdigit()]
    first, *rest = (re.match(r"(?:<v ([^>]+)>|(?:\[[\d:]+\] ?)?([^:]{2,40}): )?(.*)", line).groups("")
                    for line in spoken)
    own = takewhile(lambda turn: (turn[0] or turn[1]) in ("", first[0] or first[1]), rest)
    return re.sub(r"</?v[^>]*>", "", " ".join(turn[2] for turn in (first, *own)))


def test_every_count_of_votes_is_that_of_the_forms_it_leads_to(sample_study, sections):
    checked = 0
    for principle, section in sections.items():
        forms = []
        for line in reversed(section.xpath(".//details[summary='The votes']//li")):
            text = line.text_content()
            if text.startswith("raw/"):
                forms.append(FILE.fullmatch(text)[1])
                continue
            votes = pd.concat([pd.read_csv(sample_study.root / path, dtype="str") for path in forms])
            votes = votes[votes["principle_id"] == principle]
            for criterion, high, n in re.findall(r"(\w+) (\d+) of (\d+) high", text):
                scores = votes.loc[votes["criterion"] == criterion, "score"]
                scores = scores[scores.str.fullmatch(r"[1-9]", na=False)].astype(int)
                assert ((scores >= 7).sum(), len(scores)) == (int(high), int(n)), (text, forms)
                checked += 1
            forms = []
    assert checked > 100


# Every link broken once


@pytest.fixture(scope="module")
def copied(sample_study, tmp_path_factory):
    root = tmp_path_factory.mktemp("broken") / "s"
    shutil.copytree(sample_study.root, root)
    return Study(root)


def check(study):
    from glc_analysis.cli import cli
    done = CliRunner().invoke(cli, ["--study", str(study.root), "trace", "--check"])
    return done.exit_code, done.stderr


class Changed:
    """A file as it was, again afterwards, with its time."""

    def __init__(self, path):
        self.path, self.kept = path, path.parents[2].parent / path.name  # outside the study

    def __enter__(self):
        shutil.copy2(self.path, self.kept)
        return self.path

    def __exit__(self, *_):
        shutil.move(self.kept, self.path)


def without(path, n):
    """A file without one of its rows, as somebody deletes it in a spreadsheet or an editor."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        book.worksheets[0].delete_rows(n)
        book.save(path)
    elif path.suffix in (".docx", ".qdpx"):
        path.write_bytes(path.read_bytes()[:-n])
    else:
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:n - 1] + lines[n:]))


def test_the_sample_has_no_broken_link(copied):
    assert check(copied) == (0, "No link is broken.\n")


def test_one_raw_row_less_is_told_at_its_file(copied, pieces):
    """Rows of the survey that a figure rests on, drawn by the day, and a line of every other file."""
    resting = {}
    for _, lines in pieces:
        for path, at, _ in files(lines):
            listed = rows(at).values() if "rows: " in at or "base: " in at else [{7}]
            resting[path] = resting.get(path, set()).union(*listed)
    assert sum(path.startswith("raw/survey") for path in resting) == 2 and len(resting) > 15
    for path, numbers in sorted(resting.items()):
        for n in drawn(sorted(numbers), 2):
            with Changed(copied.root / path) as file:
                without(file, n)
                code, said = check(copied)
            assert code == 1
            assert f"Error: {path}: has changed since its checksum was recorded; evidence" in said
    assert check(copied)[0] == 0


def test_one_code_less_is_told_at_every_line_that_names_it(copied):
    path, examples = copied.locate_reference_file("codebook"), copied.private_reference / "codebook.csv"
    columns = {"evidence": "reference", "joint_display": "code_id"}
    named = {(f"{name}.csv", str(n), column, row[column])
             for name, column in columns.items()
             for n, row in enumerate(csv_rows(copied, name), 2)
             if row[column] and row.get("kind", "code") == "code"}
    codes = {code for *_, code in named}
    assert len(codes) > 20
    for code in drawn(sorted(codes), 6):
        with Changed(path), Changed(examples):
            write_reference(copied.root, "codebook", [
                row for row in csv_rows(copied, "codebook") if row["code_id"] != code])
            told = {(fault.file, fault.row, fault.column, fault.value)
                    for fault in find_broken_and_changed_evidence_links(copied)}
        assert told >= {place for place in named if place[-1] == code}
    with Changed(path), Changed(examples):
        write_reference(copied.root, "codebook", [
            row for row in csv_rows(copied, "codebook") if row["code_id"] != "stigma"])
        code, said = check(copied)
    assert code == 1 and "value 'stigma': is not in codebook.csv" in said


@pytest.fixture(scope="module")
def resting_on_quotes(sample_study):
    """The rows of evidence.csv and joint_display.csv that each printed quotation is needed for."""
    given = tables.read_table("codings", study=sample_study).query("coder_id == 'consensus'")
    codes = {(code, one) for code, ids in zip(given["code_id"], given["segment_ids"], strict=True)
             for one in ids.split(";")}
    printed = {*tables.read_table("quotations", study=sample_study)["quote_id"]}
    return {row["quote_id"]: (
        {("evidence.csv", str(n)) for n, one in enumerate(csv_rows(sample_study, "evidence"), 2)
         if row["audience"] in one["quoted_for"] and (one["reference"] == row["segment_id"]
                                                     or (one["reference"], row["segment_id"]) in codes)},
        {("joint_display.csv", str(n)) for n, one in enumerate(csv_rows(sample_study, "joint_display"), 2)
         if one["quote_id"] == row["quote_id"]})
        for row in csv_rows(sample_study, "quotes") if row["quote_id"] in printed}


def told_with(study, name, listed):
    """Where broken links are told while a reference table holds these rows."""
    path = study.locate_reference_file(name)
    with Changed(path):
        rewrite(path, listed)
        return {(fault.file, fault.row) for fault in find_broken_and_changed_evidence_links(study)}


def test_one_clearance_less_is_told_where_it_is_needed(copied, resting_on_quotes):
    """Gone from quotes.csv: at the evidence and the topics; no longer given: at its row."""
    listed = csv_rows(copied, "quotes")
    assert len(resting_on_quotes) == 13
    needed = [(n, row) for n, row in enumerate(listed, 2) if row["quote_id"] in resting_on_quotes]
    for n, row in drawn(needed, 3):
        evidence, topics = resting_on_quotes[row["quote_id"]]
        gone = told_with(copied, "quotes", [one for one in listed if one is not row])
        assert gone == {*evidence, *topics}
        for change in ({"status": "removed"}, {"cleared_on": ""}, {"cleared_by_organisation": "no"}):
            told = told_with(copied, "quotes", [one | change if one is row else one for one in listed])
            assert told == {*topics, *([("quotes.csv", str(n))] if evidence else [])}
    assert all(evidence or topics for evidence, topics in resting_on_quotes.values())


def test_consent_that_is_gone_is_told_at_the_quotation(copied):
    listed = csv_rows(copied, "consent")
    quotations = tables.read_table("quotations", study=copied)
    whose = tables.read_table("segments", study=copied).set_index("segment_id")["organisation_id"]
    quotes = {row["quote_id"]: row for row in csv_rows(copied, "quotes")}
    needed = {(whose[quotes[one]["segment_id"]], quotes[one]["audience"]) for one in quotations["quote_id"]}
    resting = [row for row in listed if row["item"] == "quotation" and row["is_given"] == "true"
               and not row["speaker_id"] and (row["organisation_id"], row["audience"]) in needed]
    assert len(resting) == len(needed)
    for row in drawn(resting, 4):
        told = told_with(copied, "consent", [one for one in listed if one is not row])
        assert {file for file, _ in told} & {"quotes.csv", "joint_display.csv"}


def test_the_command_tells_a_clearance_that_is_gone(copied):
    path = copied.locate_reference_file("quotes")
    with Changed(path):
        rewrite(path, [row for row in csv_rows(copied, "quotes") if row["quote_id"] != "q04"])
        code, said = check(copied)
    assert code == 1 and "Error: evidence.csv, row 7, column quoted_for, value 'public'" in said


KOBO, LAST = "raw/survey/glc_2016_kobo.xlsx", 6


def recorded(study):
    """The file of the survey as it lies is in the manifest, as if it had come so."""
    data, path = (study.root / KOBO).read_bytes(), study.locate_reference_file("manifest")
    now = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": str(len(data))}
    rewrite(path, [row | (now if row["path"] == KOBO else {}) for row in csv_rows(study, "manifest")])


def test_a_row_that_is_gone_and_recorded_so_is_told_where_coders_read_its_words(copied):
    with Changed(copied.root / KOBO) as file, Changed(copied.locate_reference_file("manifest")):
        without(file, LAST)
        recorded(copied)
        code, said = check(copied)
    assert code == 1
    assert f"answers.csv, value 'glc_2016_kobo.r{LAST}.q5.6': is not the name of a document" in said


def test_answers_that_are_gone_and_recorded_so_are_told_at_each_figure_they_were_in(copied, pieces):
    """The right place is then the line of evidence: it no longer says what was cited."""
    closed = {row["question_id"] for row in csv_rows(copied, "questions") if row["type"] != "text"}
    at = {f"{row['principle_id']} {row['evidence_id']}": n
          for n, row in enumerate(csv_rows(copied, "evidence"), 2)}
    resting = {at[" ".join(said.split(" ")[:2])] for said, lines in pieces if lines
               and lines[0].split(" ")[0] in closed for path, places, _ in files(lines)
               if path == KOBO and LAST in set().union(*rows(places).values())}
    with Changed(copied.root / KOBO) as file, Changed(copied.locate_reference_file("manifest")):
        book = load_workbook(file)
        sheet = book.worksheets[0]
        for cell, head in zip(sheet[LAST], sheet[1], strict=True):
            if head.value.split("/")[0].replace("_", ".") in closed:
                cell.value = None
        book.save(file)
        recorded(copied)
        code, said = check(copied)
    told = re.findall(r"evidence\.csv, rows? ([\d, ]+), column cited, .*: was cited, but the", said)
    assert code == 1 and len(resting) > 10
    assert {int(n) for listed in told for n in listed.split(", ")} == resting


def csv_rows(study, name):
    return read_reference_table(study, name).to_dict("records")


def rewrite(path, listed):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*listed[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)
