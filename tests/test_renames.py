"""Names that studies hold and that were changed: read with a note, renamed by `glc check --accept`."""

import pytest

from glc_analysis import schema, tables
from glc_analysis.claims import refuse_unclaimed_data
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.renames import find_files_with_old_names
from glc_analysis.study import Study
from tests.support.study_on_disk import FILES, SmallStudy

SETTINGS, CODEBOOK, QUESTIONS, *_ = FILES
RENAMES = {("table", ""): {"codes": "codebook", "old_answers": "answers"},
           ("column", "questions"): {"question_text": "wording"},
           ("word", "questions.type"): {"choice": "single"},
           ("setting", "survey"): {"no_answer": "blank"}}


@pytest.fixture
def study(tmp_path, monkeypatch) -> SmallStudy:
    """A study with an old name of each kind."""
    monkeypatch.setattr(schema, "_renames", lambda: RENAMES)
    small = SmallStudy(tmp_path / "small")
    small.spoil(QUESTIONS, (",wording,", ",question_text,"), ("organisation,single", "organisation,choice"))
    small.spoil(SETTINGS, ('blank = ["NA"]', 'no_answer = ["NA"]   # no answer = NA'))
    (small.root / CODEBOOK).rename(small.root / "reference/codes.csv")
    return small


NOTES = ["study.toml: [survey] no_answer is now called blank",
         "questions.csv: column question_text is now called wording",
         "questions.csv: in column type, choice is now called single",
         "codes.csv: the file is now called codebook.csv"]


def test_old_names_are_read_as_the_new_ones(study):
    reference = read_reference(Study(study.root))
    assert list(reference.questions["wording"])[0] == "Do you run a shelter?"
    assert list(reference.questions["type"])[0] == "single"
    assert list(reference.codebook["code_id"]) == ["community", "care"]
    assert Study(study.root).settings["survey"]["blank"] == ["NA"]


def test_check_says_what_to_rename_and_changes_nothing(study):
    before = {path: path.read_bytes() for path in study.root.rglob("*.*") if path.is_file()}
    done = study.glc("check")
    assert done.exit_code == 0, done.stderr
    for note in NOTES:
        assert f"{note} (--accept renames it)." in done.stderr
    assert all(path.read_bytes() == content for path, content in before.items())


def test_accept_renames_and_keeps_the_rest_of_each_file(study):
    done = study.glc("check", "--accept")
    assert done.exit_code == 0, done.stderr
    assert 'blank = ["NA"]   # no answer = NA\n' in (study.root / SETTINGS).read_text(encoding="utf-8")
    assert (study.root / QUESTIONS).read_text(encoding="utf-8") == FILES[QUESTIONS]
    assert (study.root / CODEBOOK).read_text(encoding="utf-8") == FILES[CODEBOOK]
    assert not (study.root / "reference/codes.csv").exists()
    assert not find_files_with_old_names(Study(study.root))


def test_a_table_that_cannot_be_read_is_left_to_whoever_reads_it(study):
    study.write("private/reference/names.csv", bytes(range(256)))
    assert len(find_files_with_old_names(Study(study.root))) == 3


def test_a_column_that_has_both_names_is_a_fault(study):
    study.spoil(QUESTIONS, (",question_text,", ",question_text,wording,"))
    with pytest.raises(Faults, match="column question_text: there is no such column"):
        read_reference(Study(study.root))


def test_a_setting_that_cannot_be_renamed_safely_is_left_to_people(study):
    study.spoil(SETTINGS, ('title = "Small study"', 'title = """Small\n[survey]\nno_answer = study"""'))
    done = study.glc("check", "--accept")
    assert "[survey] no_answer is now called blank: rename it by hand" in done.stderr
    assert "no_answer = [" in (study.root / SETTINGS).read_text(encoding="utf-8")


def test_nothing_is_published_or_erased_under_an_old_name(study):
    with pytest.raises(Faults, match="column question_text is now called wording"):
        refuse_unclaimed_data(Study(study.root))


def test_an_old_name_of_a_processed_table_says_the_new_one(study):
    with pytest.raises(UsageError, match="Table 'old_answers' is now called 'answers'"):
        tables.read_table("old_answers", study=Study(study.root))
