"""Answers keep the respondent's own id, where the export has one: a new export moves no coding."""


from glc_analysis.cleaning.records import read_corrected_records
from glc_analysis.reference import read_reference
from tests.support.study_writer import question, write_csv, write_reference, write_study

ROWS = [{"ResponseId": "R_2abC", "org": "a", "country": "KHM", "Q1": "Yes."},
        {"ResponseId": "R_9-xY", "org": "b", "country": "LAO", "Q1": "No."}]


def study_of(root, rows, **survey):
    return write_study(root, rows, settings={"survey": {"respondent": "ResponseId", **survey}},
                       questions=[question("Q1", "text")])


def ids(study):
    answers = read_corrected_records(study, read_reference(study)).answers
    return dict(zip(*(answers[name].astype("str") for name in ("organisation_id", "answer_id")), strict=True))


def test_an_answer_is_named_by_the_respondent_whatever_its_row(tmp_path):
    study = study_of(tmp_path, ROWS)
    assert ids(study) == {"a": "survey.R_2abC", "b": "survey.R_9-xY"}
    rows = [{**ROWS[0], "ResponseId": "R_0", "org": "c"}, *reversed(ROWS)]
    write_csv(study.raw / "survey/survey.csv", rows)
    assert ids(study) == {"a": "survey.R_2abC", "b": "survey.R_9-xY", "c": "survey.R_0"}


def test_without_the_setting_it_is_named_by_its_row(tmp_path):
    assert ids(study_of(tmp_path, ROWS, respondent="")) == {"a": "survey.r2", "b": "survey.r3"}


def test_two_records_of_one_id_are_a_fault(tmp_path):
    study = study_of(tmp_path, [ROWS[0], {**ROWS[1], "ResponseId": "r_2ABC"}])
    found = read_corrected_records(study, read_reference(study)).faults
    assert [str(one) for one in found] == [
        "survey.csv, row 3, column *, value 'r_2ABC': row 2 has the same respondent (ResponseId). To fix: "
        "decide about record survey.r_2ABC.r3 in corrections.csv (column *, to: drop or keep); or name "
        "under [survey] respondent a column in which all ids are different, or leave that setting blank."]


def test_of_two_records_of_one_id_a_person_can_drop_the_later(tmp_path):
    study = study_of(tmp_path, [ROWS[0], {**ROWS[1], "ResponseId": "R_2abC"}])
    write_reference(tmp_path, "corrections", [{"table": "survey", "key": "survey.R_2abC.r3", "column": "*",
                                               "to": "drop", "reason": "sent twice"}])
    assert not read_corrected_records(study, read_reference(study)).faults
    assert ids(study) == {"a": "survey.R_2abC"}


def test_a_column_that_is_not_there_is_a_fault(tmp_path):
    study = study_of(tmp_path, ROWS, respondent="lfdn")
    assert "the file has no column lfdn" in str(read_corrected_records(study,
                                                                       read_reference(study)).faults[0])
