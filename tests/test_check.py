"""`glc check` lists whatever can be known to be wrong, at once, and names what it could not look at."""

import pytest

from tests.support.study_on_disk import FILES, SmallStudy

SETTINGS, CODEBOOK, QUESTIONS, OPTIONS, COUNTRIES, ORGANISATIONS, CORRECTIONS, ANSWERS = FILES


@pytest.fixture
def study(tmp_path) -> SmallStudy:
    return SmallStudy(tmp_path / "small")


def faults(study):
    done = study.glc("check")
    assert done.exit_code == 1
    return done.stderr.partition("Error: ")[2].splitlines()


def interview(study):
    study.write("raw/interviews/talk.txt", "Ana: Hello.\n")
    study.write("private/reference/documents.csv", (
        "document_id,kind,path,organisation_id,date,language,is_interpreted,translation_of,translation_status\n"
        "talk,interview,raw/interviews/talk.txt,harbour,2017-03-01,en,,,\n"))


def test_faults_of_tables_answers_and_the_manifest_come_at_once(study):
    study.spoil(CODEBOOK, ("care,community", "care,comunity"))
    study.spoil(ANSWERS, ("2011-06-30", "summer"))
    study.write("private/reference/manifest.csv", (
        "path,sha256,bytes,received_on,received_from,consent_basis,keep_until\n"
        "raw/survey/gone.csv,00,1,2017-01-01,,,\n"))
    said = faults(study)
    for part in ("raw/survey/gone.csv: is missing", "codebook.csv, row 3, column parent_id, value 'comunity'",
                 "answers.csv, row 3, column Q6, value 'summer': is not a date"):
        assert any(line.startswith(part) for line in said), said


def test_a_wrong_option_list_hides_no_fault_of_other_questions_and_causes_none(study):
    study.spoil(OPTIONS, ("often,always,Always,Always,2", "often,always,Always,Always,x"))
    study.spoil(ANSWERS, ("2011-06-30", "summer"), ("Never", "Sometimes"))
    said = faults(study)
    assert [line.partition(": ")[0] for line in said] == [
        "options.csv, row 7, column position, value 'x'", "answers.csv, row 3, column Q6, value 'summer'"]


def test_a_wrong_question_hides_no_fault_of_the_others(study):
    study.spoil(QUESTIONS, ("Q1 == yes", "Q1 = yes"), ("Q4,Q4,answer,number", "Q4,Q4,answer,numbers"))
    study.spoil(ANSWERS, ("2011-06-30", "summer"))
    said = faults(study)
    assert [line.partition(": ")[0] for line in said] == [
        "questions.csv, row 5, column type, value 'numbers'", "questions.csv, row 4, column asked_if, value "
        "'Q1 = yes'", "answers.csv, row 3, column Q6, value 'summer'"]


def test_faults_of_interviews_come_with_those_of_answers(study):
    interview(study)
    study.spoil(ANSWERS, ("2011-06-30", "summer"))
    said = "\n".join(faults(study))
    assert "column Q6, value 'summer'" in said and "talk.txt" in said and "speakers.csv" in said


def test_a_document_that_cannot_be_translated_is_not_proposed_for_itself(study):
    interview(study)
    study.spoil("private/reference/documents.csv", (",en,,,", ",en,,talk,human"))
    line, = (line for line in faults(study) if "translation_of" in line)
    assert "there is no such interview to translate; no known name is similar" in line


def test_a_table_in_the_wrong_folder_hides_no_fault_of_the_raw_files(study):
    study.write("reference/names.csv", "name,kind\nAna,person\n")
    study.write("private/reference/manifest.csv", (
        "path,sha256,bytes,received_on,received_from,consent_basis,keep_until\n"
        "raw/survey/gone.csv,00,1,2017-01-01,,,\n"))
    said = "\n".join(faults(study))
    assert "gone.csv: is missing" in said and "glc check --accept" in said and "Not checked" in said


def test_an_invented_study_that_is_not_here_has_that_one_fault(study):
    study.spoil(SETTINGS, ('title = "Small study"', 'title = "Small study"\nsynthetic = true'))
    (study.root / ANSWERS).unlink()
    assert [line.partition(". ")[0] for line in faults(study)] == [
        "The raw files and private tables of this invented study are missing"]


def test_what_could_not_be_looked_at_is_named_last(study):
    study.spoil(COUNTRIES, ("KEN,Kenya", "KEN x,Kenya"))
    last = faults(study)[-1]
    assert last.startswith("Not checked yet, because of these faults: ") and "answers to questions" in last


def test_where_the_register_is_wrong_files_are_read_all_the_same(study):
    study.spoil_table("organisations", ("beacon,Beacon", "harbour,Beacon"))
    study.write("raw/survey/other.csv", b"org;Q1\n\"a;b\n")
    said = "\n".join(faults(study))
    assert "organisations.csv, row" in said and "other.csv" in said


def test_with_wrong_settings_tables_are_looked_at_all_the_same(study):
    wrong = 'blank = "NA"\nunknown = ["region"]\n[reports]\ntimeout = "x"'
    study.spoil(SETTINGS, ('blank = ["NA"]', wrong))
    study.spoil(CODEBOOK, ("care,community", "care,comunity"))
    said = "\n".join(faults(study))
    for part in ("[survey] blank", "[reports] timeout", "value 'comunity'", "Not checked yet"):
        assert part in said, said
