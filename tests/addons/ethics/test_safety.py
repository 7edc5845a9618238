"""The page on safety: filled in where the software knows, blank where it does not, and never overwritten."""

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from glc_analysis.addons.ethics import safety
from glc_analysis.addons.ethics.safety import (
    BLANK_ANSWER,
    add_missing_safety_questions,
    count_unanswered_safety_questions,
    is_on_encrypted_disk,
    make_safety_page_lines,
)
from glc_analysis.cli import cli
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.tabular import read_reference_rows


@pytest.fixture
def study(sample_root, tmp_path):
    """The sample, in which nobody has answered anything yet."""
    study = Study(Path(shutil.copytree(sample_root, tmp_path / "study")))
    study.locate_reference_file("safety").unlink()
    return study


def page(study, published=None):
    return make_safety_page_lines(study, published_folders=published or {}, today=date(2017, 3, 1))


def section(study, title):
    """The lines of one section of the page."""
    _, _, rest = "\n".join(page(study)).partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0].split("\n")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def answer(study, item, subject="", **cells):
    """Writes into the row of a question, as somebody in a spreadsheet does."""
    path = study.locate_reference_file("safety")
    rows = CsvRows.read(path)
    place, = (n for n, row in read_reference_rows(path, rows.header).items()
              if (row["item"], row["subject"]) == (item, subject))
    for column, value in cells.items():
        rows.set_cell(place, column, value)
    path.write_text(rows.text, encoding="utf-8")


def test_the_page_has_a_section_for_everything_that_may_go_wrong(study):
    assert [line[3:] for line in page(study) if line.startswith("## ")] == [
        "Who is responsible", "Risk by country", "A computer is lost or seized", "Who holds which key",
        "Emergency unpublishing", "Notice of a breach", "Referral and support for survivors",
        "What cannot be undone after consent"]


def test_every_country_of_the_study_has_empty_boxes_and_no_judgement(study):
    rows = [cells(line) for line in section(study, "Risk by country") if line.startswith("| ")][2:]
    countries = read_reference_rows(study.locate_reference_file("countries"),
                                    ["raw_name", "country_id", "label", "region_id"])
    assert [row[0] for row in rows] == sorted({row["label"] for row in countries.values()})
    assert {cell for row in rows for cell in row[1:]} == {BLANK_ANSWER}


def test_nobody_holds_a_key_before_somebody_says_so(study):
    def first_key():
        return cells(next(line for line in section(study, "Who holds which key") if "pseudonyms" in line))
    assert "(private/pseudonyms.json, is not there)" in first_key()[0]
    assert first_key()[1:] == [BLANK_ANSWER] * 3
    study.private.mkdir(exist_ok=True)
    study.key_file.write_text("{}")
    add_missing_safety_questions(study)
    answer(study, "holder", "pseudonyms", answer="R. Lind | deputy", by="A. Ito", date="2017-02-01")
    assert "(private/pseudonyms.json, is there)" in first_key()[0]
    assert first_key()[1:] == [r"R. Lind \| deputy (A. Ito, 2017-02-01)", BLANK_ANSWER, BLANK_ANSWER]


def test_each_published_folder_is_listed_with_the_command_that_takes_it_back(study):
    assert "- published: nothing by `glc publish`" in page(study)
    said = "- published for public: in `/srv/s`; to take it back: `glc unpublish /srv/s --audience public`"
    assert said in page(study, {"public": ["/srv/s"]})


def test_every_file_of_the_study_is_counted_once_by_what_it_tells(study):
    (study.root / "raw/recordings").mkdir()
    (study.root / "raw/recordings/call.mp3").write_bytes(b"12345")
    rows = {cells(line)[0]: cells(line)[2:] for line in section(study, "A computer is lost or seized")
            if line.startswith("| `")}
    held = [path.stat().st_size for path in study.root.rglob("*") if path.is_file()]
    assert sum(int(files) for files, _, _ in rows.values()) == len(held)
    assert sum(int(size.replace(",", "")) for _, size, _ in rows.values()) == sum(held)
    spoken = [path for kind in ("interviews", "calls", "recordings") for path in (study.raw / kind).iterdir()]
    assert int(rows["`raw/interviews/* raw/calls/* raw/recordings/*`"][0]) == len(spoken)


def test_files_that_others_can_read_are_counted(study):
    def readable():
        return sum(int(cells(line)[-1]) for line in section(study, "A computer is lost or seized")
                   if line.startswith("| `"))
    for path in study.root.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    study.root.chmod(0o755)
    assert readable() == 0
    study.settings_file.chmod(0o640)
    assert readable() == 1
    study.root.chmod(0o700)  # nobody else gets into the folder
    assert readable() == 0


def test_an_encrypted_disk_is_seen_below_other_layers(tmp_path):
    number = tmp_path.stat().st_dev
    disk = tmp_path / "devices" / f"{os.major(number)}:{os.minor(number)}"
    (disk / "dm").mkdir(parents=True)
    (disk / "dm/uuid").write_text("LVM-abc\n")
    assert not is_on_encrypted_disk(tmp_path, devices=tmp_path / "devices")
    (disk / "slaves/dm-0/dm").mkdir(parents=True)
    (disk / "slaves/dm-0/dm/uuid").write_text("CRYPT-LUKS2-abc\n")
    assert is_on_encrypted_disk(tmp_path, devices=tmp_path / "devices")
    assert not is_on_encrypted_disk(tmp_path, devices=tmp_path / "nowhere")


def test_what_people_wrote_is_kept_byte_for_byte_and_only_new_questions_are_added(study):
    path = add_missing_safety_questions(study)
    assert path.stat().st_mode & 0o077 == 0
    answer(study, "responsible", answer="R. Lind\nby telephone", by="A. Ito", date="2017-02-01")
    before, left = path.read_bytes(), count_unanswered_safety_questions(study)
    assert add_missing_safety_questions(study).read_bytes() == before
    with study.locate_reference_file("countries").open("a", encoding="utf-8") as file:
        file.write("Atlantis,ATL,Atlantis,europe\n")
    after = add_missing_safety_questions(study).read_bytes()
    assert after.startswith(before) and after.count(b",ATL,") == 3
    assert count_unanswered_safety_questions(study) == left + 3
    assert "**R. Lind by telephone (A. Ito, 2017-02-01)**" in "".join(section(study, "Who is responsible"))


def test_an_answer_to_a_question_that_is_gone_stays_on_the_page(study):
    add_missing_safety_questions(study)
    with study.locate_reference_file("safety").open("a", encoding="utf-8") as file:
        file.write("risk,ATL,,The sea.,A. Ito,2017-02-01\n")
    assert "- risk ATL: The sea. (A. Ito, 2017-02-01)" in page(study)


def test_a_wrong_day_is_a_fault(study):
    add_missing_safety_questions(study)
    answer(study, "responsible", answer="R. Lind", date="soon")
    with pytest.raises(Exception, match=r"safety.csv, row 2, column date, value 'soon'"):
        page(study)


def test_the_command_prints_both_pages_and_says_how_many_answers_are_missing(study):
    def glc(*options):
        done = CliRunner().invoke(cli, ["--study", str(study.root), "ethics", *options])
        assert done.exit_code == 0, done.output
        return done
    done = glc()
    assert ": data held on " in done.stdout and "## Notice of a breach" in done.stdout
    assert not study.locate_reference_file("safety").is_file()
    assert f"{count_unanswered_safety_questions(study)} questions on safety without an answer" in done.stderr
    assert str(study.locate_reference_file("safety")) in glc("--write").stderr


def test_a_study_without_an_add_on_that_counts_raters_has_a_page_without_them(study, monkeypatch):
    assert "raters" in "".join(section(study, "Notice of a breach"))
    monkeypatch.setattr(safety, "load_declared_objects", lambda *asked: [])
    held = "".join(section(study, "Notice of a breach"))
    assert "organisations" in held and "rater" not in held
