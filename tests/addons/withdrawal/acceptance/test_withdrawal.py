"""After a withdrawal nothing of the organisation remains, and the study is one that never had it.

The other side of the comparison is a study from which it was taken by another route: records, turns
and rows deleted outright with csv, openpyxl and regular expressions, and everything renumbered.
"""

import csv
import hashlib
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from glc_analysis import manifest
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build, check_study
from glc_analysis.errors import GLCError
from glc_analysis.gitignore import list_files_allowed_in_git
from glc_analysis.intake.codings import read_codings
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.manifest import rename_next_release_folder
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from tests.support.share import in_turn
from tests.support.study_writer import write_reference

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
KINDS = {"casa-del-telar": "an interview with its translation, a call through an interpreter, the XLSX file",
         "acacia-room": "two countries, one of them nobody else's; two calls",
         "canal-lamp": "answered twice; an interview that one coder alone read; a call",
         "paper-boat-house": "of a network; a Word transcript; a trial run of the form",
         "mango-step": "named by another organisation; one speaker under two names"}
INTERPRETER = "Alma (interpreter)"


@pytest.fixture(scope="module", params=in_turn(KINDS))
def organisation(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def without(organisation, sample_study, tmp_path_factory) -> Study:
    """The sample after its first public release and the withdrawal, with reports, exports and a text for
    coders that held it before."""
    root = tmp_path_factory.mktemp(organisation) / "study"
    shutil.copytree(sample_study.root, root)
    rename_next_release_folder(root / "private", "public", 1)
    for stale in ("reports/team/runs/1/notebooks/a.ipynb", "reports/team/exports/quotes.csv",
                  "processed/transcripts/call-1.txt"):
        (root / stale).parent.mkdir(parents=True, exist_ok=True)
        (root / stale).write_text(organisation)
    withdraw_organisation(Study(root), organisation, today=date(2017, 1, 9))
    return Study(root)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict[str, str]], columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def speakers_of(root: Path, organisation: str) -> set[str]:
    return {row["name_in_file"] for row in rows_of(root / "private/reference/speakers.csv")
            if row["organisation_id"] == organisation}


def test_nothing_of_it_remains_in_any_byte(organisation, without, sample_root):
    wanted = told_by(sample_root, organisation)
    assert len(wanted) > 6
    held = {path.relative_to(without.root): everything_in(path)
            for path in without.root.rglob("*") if path.is_file()}
    found = {(str(name), word) for name, text in held.items() for word in wanted
             if word.casefold() in f"{name}\n{text}".casefold()}
    assert found == set()
    assert Path("private/releases/public/001/behind.parquet") in held
    assert not [path for path in without.root.rglob("*") if "reports" in path.parts and path.is_file()]


def test_git_does_not_tell_who_left(without, sample_root):
    def held(root: Path) -> dict[str, bytes]:
        return {path: (root / path).read_bytes() for path in list_files_allowed_in_git()
                if (root / path).is_file()}
    before, after = held(sample_root), held(without.root)
    assert {"reference/principles.csv", "reference/questions.csv"} <= before.keys() == after.keys()
    assert [path for path in before if before[path] != after[path]] == []


def told_by(root: Path, organisation: str) -> set[str]:
    """Its id, names, people, answers in its own words, and turns, read with nothing of the package but
    the transcripts; not what others said as well."""
    register = {row["organisation_id"]: row for row in rows_of(root / "private/reference/organisations.csv")}
    names = {organisation, register[organisation]["label"].removesuffix(" (invented)"),
             *speakers_of(root, organisation)}
    names |= {row["speaker_id"] for row in rows_of(root / "private/reference/speakers.csv")
              if row["organisation_id"] == organisation}
    own, others = set(), []
    for name, records in survey_records(root).items():
        for record in records:
            cells = [str(cell) for column, cell in record.items() if column and cell]
            mine = organisation in (record.get("org_code") or record.get("organizacion")).strip().lower()
            own |= {cell for cell in cells if len(cell) > 24 and mine}
            others += cells if not mine and name else []
    documents = rows_of(root / "private/reference/documents.csv")
    for document in documents:
        turns = read_transcript(root / document["path"]).turns
        mine = turns["speaker"].isin(speakers_of(root, organisation)) | (
            document["organisation_id"] == organisation)
        own |= {text for text in turns.loc[mine, "text"] if len(text) > 24}
        others += list(turns.loc[~mine, "text"])
    for table in ("options", "questions", "codebook"):
        others += [cell for row in rows_of(root / f"reference/{table}.csv") for cell in row.values()]
    whole = "\n".join(others)
    return names | {text for text in own if text not in whole}


def survey_records(root: Path) -> dict[str, list[dict]]:
    sheet = openpyxl.load_workbook(next(root.glob("raw/survey/*.xlsx"))).active.iter_rows(values_only=True)
    header = next(sheet)
    return {"csv": rows_of(next(root.glob("raw/survey/*.csv")))[2:],
            "xlsx": [dict(zip(header, row, strict=True)) for row in sheet]}


def everything_in(path: Path) -> str:
    if path.suffix == ".parquet":
        return pd.read_parquet(path).to_csv()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            return "\n".join(name + package.read(name).decode("utf-8", "replace") for name in names)
    return path.read_bytes().decode("utf-8", "replace")


def test_a_check_passes_and_the_tombstone_tells_nothing(organisation, without):
    assert manifest.digest_raw_files_or_refuse_changes(without).new == ()
    if organisation == "canal-lamp":  # the rest of a check is what every build does
        assert check_study(without)["organisations"] == 29
    (stone,) = rows_of(without.locate_reference_file("withdrawn"))
    assert list(stone) == ["number", "date", "items", "unread", "looked_at_by"]
    assert (stone["number"], stone["date"]) == ("1", "2017-01-09") and int(stone["items"]) > 10


def test_a_country_that_nobody_else_has_is_gone_and_another_stays(organisation, without, sample_study):
    places = pd.concat([pd.read_parquet(sample_study.processed / "answers.parquet").astype(str),
                        pd.read_csv(sample_study.locate_reference_file("organisations")).assign(
                            country_id=lambda frame: frame["home_country_id"])])
    is_own = places["organisation_id"] == organisation
    gone = set(places.loc[is_own, "country_id"]) - set(places.loc[~is_own, "country_id"])
    assert bool(gone) == (organisation not in ("paper-boat-house", "mango-step"))
    for table in ("private/reference/countries.csv", "raw/context/countries.csv"):
        before, after = ({row.get("country_id") or row["country"] for row in rows_of(root / table)}
                         for root in (sample_study.root, without.root))
        assert before - after == gone & before and len(after) > 15


def test_all_figures_are_those_of_a_study_that_never_had_it(organisation, without, sample_root, tmp_path):
    if organisation == "mango-step":
        return  # others said its name, and would have said something else
    root = tmp_path / "by_hand"
    shutil.copytree(sample_root, root)
    taken_out_by_hand(root, organisation)
    build(Study(root))
    figures, expected = (pd.read_parquet(folder / "processed/figures.parquet")
                         for folder in (without.root, root))
    assert len(expected) > 1000 and set(figures["figure_id"]) ^ set(expected["figure_id"]) == set()
    by = "figure_id"
    pd.testing.assert_frame_equal(figures.sort_values(by, ignore_index=True),
                                  expected.sort_values(by, ignore_index=True), rtol=1e-9)
    votes = [pd.read_parquet(folder / "processed/tallies.parquet") for folder in (without.root, root)]
    assert len(votes[0]) > 100 and votes[0].equals(votes[1])


def taken_out_by_hand(root: Path, organisation: str) -> None:
    numbers = {**csv_records_deleted(root, organisation), **xlsx_records_deleted(root, organisation)}
    gone = {row["document_id"] for row in rows_of(root / "private/reference/documents.csv")
            if row["organisation_id"] == organisation}
    turns, said = {}, set()
    for document in rows_of(root / "private/reference/documents.csv"):
        if document["document_id"] in gone:
            (root / document["path"]).unlink()
        elif document["kind"] == "call":
            path, own = root / document["path"], speakers_of(root, organisation)
            turns[document["document_id"]], words = call_cut(path, own)
            said |= words
    keep_answers(root / "private/reference/corrections.csv", "key", numbers)
    keep_answers(root / "private/reference/assignments.csv", "document_id", numbers)
    keep_answers(root / "raw/codings/tomas/answers.csv", "document", numbers)
    raters = {row["rater_id"] for row in rows_of(root / "private/reference/raters.csv")
              if row["organisation_id"] == organisation}
    for path in (path for rater in raters for path in root.glob(f"raw/ratings/*-{rater}.csv")):
        path.unlink()
    evidence = read_reference_table(Study(root), "evidence")
    write_reference(root, "evidence", evidence[evidence["kind"] != "segment"].to_dict("records"))
    for path in Study(root).list_reference_table_files():
        rows = rows_of(path)
        kept = [row for row in rows
                if row.get("organisation_id") != organisation and row.get("document_id") not in gone
                and row.get("rater_id") not in raters]
        if path.name != "manifest.csv" and len(kept) < len(rows):
            write_rows(path, kept, list(rows[0]))
    for table in ("quotes", "joint_display", "answer_translations", "explanations", "summaries"):
        # No figure rests on them.
        Study(root).locate_reference_file(table).unlink()
    coders_work_cut(root, gone, said)
    decisions_renumbered(root, gone, turns)
    write_rows(root / "private/reference/manifest.csv", [
        {"path": path.relative_to(root).as_posix(), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
         "bytes": str(path.stat().st_size), "received_from": "glc sample"}
        for path in root.glob("raw/**/*.*")],
        ["path", "sha256", "bytes", "received_on", "received_from", "consent_basis", "keep_until"])


def csv_records_deleted(root: Path, organisation: str) -> dict[str, str]:
    """The new id of every record of the CSV file, "" for those deleted."""
    path = root / "raw/survey/glc_2016_qualtrics.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    at, kept, numbers = rows[0].index("org_code"), rows[:3], {}
    for n, row in enumerate(rows[3:], 4):
        mine = row[at].strip().lower() == organisation
        kept += [] if mine else [row]
        numbers[f"{path.stem}.r{n}"] = "" if mine else f"{path.stem}.r{len(kept)}"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(kept)
    return numbers


def xlsx_records_deleted(root: Path, organisation: str) -> dict[str, str]:
    path = root / "raw/survey/glc_2016_kobo.xlsx"
    book = openpyxl.load_workbook(path)
    rows, numbers = [list(row) for row in book.active.iter_rows(values_only=True)], {}
    at, kept = rows[0].index("organizacion"), openpyxl.Workbook()
    kept.active.append(rows[0])
    for n, row in enumerate(rows[1:], 2):
        mine = row[at].strip().lower() == organisation
        if not mine:
            kept.active.append(row)
        numbers[f"{path.stem}.r{n}"] = "" if mine else f"{path.stem}.r{kept.active.max_row}"
    kept.save(path)
    return numbers


def keep_answers(path: Path, column: str, numbers: dict[str, str]) -> None:
    """Rows about records under the new ids, without those about deleted ones."""
    rows, kept = rows_of(path), []
    for row in rows:
        record, rest = re.fullmatch(r"(glc_2016_\w+\.r\d+)?(.*)", row[column]).groups()
        if not record or numbers[record]:
            kept.append(row | {column: numbers.get(record, "") + rest})
    write_rows(path, kept, list(rows[0]))


def call_cut(path: Path, own: set[str]) -> tuple[dict[int, int], set[str]]:
    """Writes a call without its turns; the new number of every turn left, and what was said in the others."""
    lines, numbers, said, last, was_own = [], {}, set(), "", False
    for n, turn in enumerate(read_transcript(path).turns.itertuples(), 1):
        was_own = turn.speaker in own or (was_own and turn.speaker == INTERPRETER)
        if was_own:
            said.add(turn.text)
            continue
        lines.append(f"{turn.speaker}: {turn.text}")
        numbers[n] = max(numbers.values(), default=0) + (turn.speaker != last)
        last = turn.speaker
    path.write_text("\n\n".join(lines), encoding="utf-8")
    return numbers, said


def coders_work_cut(root: Path, gone: set[str], said: set[str]) -> None:
    """Both coders' work as tables of quotations, without those from what went."""
    whole = "\n".join(said)
    for path in (root / "raw/codings/tomas/interviews.csv", root / "raw/codings/tomas/calls.csv"):
        rows = rows_of(path)
        write_rows(path, [row for row in rows if row["document"].removesuffix(".txt") not in gone
                          and not re.search(unmasked(row["quote"].strip()), whole)], list(rows[0]))
    project = root / "raw/codings/ines/glc_sample.qdpx"
    raw = read_codings(project)
    coded = raw.codings.rename(columns={"source": "document"})[["document", "quote", "code", "memo"]]
    rows = [row for row in coded.to_dict("records") if row["document"] not in gone
            and not re.search(unmasked(row["quote"].strip()), whole)]
    rows += [{"document": source} for source in raw.sources["source"] if source not in gone]
    write_rows(project.with_suffix(".csv"), rows, list(coded.columns))
    project.unlink()


def unmasked(quote: str) -> str:
    return re.sub(r"(Person|Organisation|Place)\\ \d+", ".+", re.escape(quote))


def decisions_renumbered(root: Path, gone: set[str], turns: dict[str, dict[int, int]]) -> None:
    path = root / "raw/codings/consensus/decisions.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Disagreements"]
    rows, kept = list(sheet.iter_rows(values_only=True)), openpyxl.Workbook()
    kept.active.title = sheet.title
    kept.active.append(rows[0])
    for row in rows[1:]:
        document, _, n = row[0].rpartition(".")
        if document not in gone and int(n) in turns.get(document, {int(n): int(n)}):
            kept.active.append([f"{document}.{turns.get(document, {int(n): int(n)})[int(n)]}", *row[1:]])
    kept.save(path)


def test_raw_files_of_a_backup_do_not_come_back_unseen(organisation, without, sample_root):
    for kept in without.root.glob("raw/survey/*"):
        raw, backup = kept.read_bytes(), (sample_root / kept.relative_to(without.root)).read_bytes()
        if raw != backup:
            kept.write_bytes(backup)
            with pytest.raises(GLCError, match="has changed since its checksum was recorded"):
                check_study(without)
            kept.write_bytes(raw)
            copy = kept.with_stem("again")
            copy.write_bytes(backup)
            with pytest.raises(GLCError, match="no such organisation|synthetic|real data"):
                check_study(without)
            copy.unlink()
