"""LimeSurvey: headings are codes, or codes and texts."""

from glc_analysis.intake.survey import read_survey


def read(tmp_path, content):
    path = tmp_path / "results-survey.csv"
    path.write_text(content, encoding="utf-8-sig")
    return read_survey(path)


def test_codes_are_the_column_names(tmp_path):
    survey = read(
        tmp_path,
        '"id","submitdate","lastpage","startlanguage","seed","G1Q1","Q2[SQ001]","Q2[other]"\n'
        '"1","2024-05-01 10:00:00","3","es","99","A1","Y","Refugio; comida"\n',
    )
    assert survey.tool == "limesurvey"
    assert survey.frame.columns.tolist()[-3:] == ["G1Q1", "Q2[SQ001]", "Q2[other]"]
    assert survey.frame.loc[0, "Q2[other]"] == "Refugio; comida"
    assert set(survey.wording.values()) == {""}


def test_a_heading_of_code_and_text_is_parted(tmp_path):
    survey = read(
        tmp_path,
        '"id. Response ID";"submitdate. Date submitted";"lastpage. Last page";'
        '"G1Q1. How do you identify victims? E.g. by interview.";"Q2[SQ001]. Which services? [Shelter]"\n'
        '"1";"2024-05-01 10:00:00";"3";"By interview";"Yes"\n',
    )
    assert survey.tool == "limesurvey"
    assert survey.frame.columns.tolist()[-2:] == ["G1Q1", "Q2[SQ001]"]
    assert survey.wording["G1Q1"] == "How do you identify victims? E.g. by interview."
    assert survey.wording["Q2[SQ001]"] == "Which services? [Shelter]"


def test_headings_of_codes_and_texts_are_enough_where_other_columns_were_withheld(tmp_path):
    survey = read(
        tmp_path,
        '"a1. In which country?","a2. For how long?","a3[1]. What kind? [Legal help]","a3[2]. What kind? '
        '[Shelter]",'
        '"a4. Anything else?"\n"Kenya","4","Yes","No",""\n',
    )
    assert survey.tool == "limesurvey"
    assert survey.wording["a3[2]"] == "What kind? [Shelter]"


def test_questions_that_begin_with_a_word_and_a_colon_are_no_codes(tmp_path):
    survey = read(tmp_path, '"Country: where?","Years: how long?","Kind: which?","More: what?","End: '
                            'why?"\n1,2,3,4,5\n')
    assert survey.tool == "plain"


def test_code_and_question_may_have_another_mark_between_them(tmp_path):
    path = tmp_path / "2018.csv"
    path.write_text("edu1._.Degree?,t[SQ1]._.Which? [Law],t[SQ2]._. [Food],n1._.Age?,n2._.Beds?,n3._.Rooms?\n"
                    "PhD,Yes,No,1,2,3\n", encoding="utf-8")
    survey = read_survey(path)
    assert survey.tool == "limesurvey"
    assert survey.wording == {"edu1": "Degree?", "t[SQ1]": "Which? [Law]", "t[SQ2]": "[Food]", "n1": "Age?",
                              "n2": "Beds?", "n3": "Rooms?"}
