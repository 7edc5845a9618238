"""Whatever a data manager does to a study: one clear message a fault, exit 1, nothing written."""

import pytest

from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.support.study_on_disk import FILES, SmallStudy

SETTINGS, CODEBOOK, QUESTIONS, OPTIONS, COUNTRIES, ORGANISATIONS, CORRECTIONS, ANSWERS = FILES
MANIFEST = "private/reference/manifest.csv"


@pytest.fixture
def study(tmp_path) -> SmallStudy:
    return SmallStudy(tmp_path / "small")


def refused(study, *expected, command=("build",)):
    """The command ends on these faults, each with its fix, and leaves every byte as it was."""
    before = study.files()
    result = study.glc(*command)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    said = result.stderr.partition("Error: ")[2].splitlines()
    assert len(said) == len(expected), said
    for line, start in zip(said, expected, strict=True):
        assert line.startswith(start) and "To fix: " in line
    assert study.files() == before and not result.stdout


def test_the_small_study_itself_has_no_fault(study):
    result = study.glc("check")
    assert result.exit_code == 0
    assert "No faults: 3 organisations, 3 records, 18 answers," in result.stderr


SPOILT = {
    # The survey: its columns
    "a mapped column is missing": (
        ANSWERS, [("Q5", "Q55")],
        "answers.csv, column Q5: the file has no column Q5; nearest: 'Q55'"),
    "a mapped column stands twice": (
        ANSWERS, [("Q6\n", "Q6,Q4\n"), ("15\n", "15,\n")],
        "answers.csv, column Q4: two columns of the file have this name"),
    "one option of a star has no column": (
        ANSWERS, [("Q2_2", "Q2_3")],
        "answers.csv, column Q2_*: the file has no column Q2_2; nearest: 'Q2_3', 'Q2_1'"),
    "both alternatives are in the file": (
        QUESTIONS, [("Q5,Q5,", "Q5,Q5 | start,")],
        "answers.csv, column Q5 | start: the file has both Q5 and start"),
    "questions.csv names a column that is not there": (
        QUESTIONS, [("Q5,Q5,", "Q5,Q50,")],
        "answers.csv, column Q50: the file has no column Q50; nearest: 'Q5'"),
    "study.toml names a column that is not there": (
        SETTINGS, [('"org"', '"orgs"')],
        "answers.csv, column orgs: the file has no column orgs; nearest: 'org'"),
    # The survey: its records
    "an option that is not in the list": (
        ANSWERS, [("Never", "Sometimes")],
        "answers.csv, row 4, column Q3, value 'Sometimes': is not an option of often; known: 'Always'"),
    "a tick that is none": (
        ANSWERS, [("No,0,", "No,perhaps,")],
        "answers.csv, row 3, column Q2_1, value 'perhaps': is not an option of services"),
    "a number that is none": (
        ANSWERS, [(",12,", ",a dozen,")], "answers.csv, row 2, column Q4, value 'a dozen': is not a number"),
    "a date that is none": (
        ANSWERS, [("2011-06-30", "summer")], "answers.csv, row 3, column Q6, value 'summer': is not a date"),
    "two ways of writing dates": (
        ANSWERS, [("2011-06-30", "30.06.2011")],
        "answers.csv, row 3, column Q6, value '30.06.2011': the column mixes two ways of writing dates"),
    "two ways of writing the start": (
        ANSWERS, [("2017-03-02", "02/03/2017")],
        "answers.csv, row 3, column start, value '02/03/2017': the column mixes two ways"),
    "an organisation that is not in the register": (
        ANSWERS, [("compass", "compas")],
        "answers.csv, row 4, column org, value 'compas': organisations.csv does not list this organisation; "
        "nearest: 'compass'"),
    "a record without an organisation": (
        ANSWERS, [("compass", "")], "answers.csv, row 4, column org: the record names no organisation"),
    "a record without a country": (
        ANSWERS, [("Cambodia", "NA")], "answers.csv, row 4, column country: the record names no country"),
    "an unknown country": (
        ANSWERS, [("Cambodia", "Kambodia")],
        "answers.csv, row 4, column country, value 'Kambodia': is not a known country name; nearest: "
        "'Cambodia', 'Zambia', 'Gambia'"),
    # Corrections
    "a correction of a record that is not there": (
        CORRECTIONS, [("survey,answers.r4", "survey,answers.r2,Q4,12,11,why,ana,\nsurvey,answers.r44")],
        "corrections.csv, row 3, column key, value 'answers.r44': no survey file has the record",
        "answers.csv, row 4, column Q4, value 'about 7': is not a number"),
    "a correction of something that is not there": (
        CORRECTIONS, [("about 7", "about 8")],
        "corrections.csv, row 2, column Q4, value 'about 8': does not match the file: record answers.r4 has ",
        "answers.csv, row 4, column Q4, value 'about 7': is not a number"),
    "a correction of a column that is not there": (
        CORRECTIONS, [("2017-05-01\n", "2017-05-01\nsurvey,answers.r4,Q9,,7,why,ana,\n")],
        "corrections.csv, row 3, column Q9, value 'Q9': the survey file has no such column; nearest: 'Q6'"),
    "a correction of a whole record that does not drop it": (
        CORRECTIONS, [("2017-05-01\n", "2017-05-01\nsurvey,answers.r4,*,,delete,why,ana,\n")],
        "corrections.csv, row 3, column *, value 'delete': a correction with * in `column` can only drop "
        "or keep the whole record"),
    "a correction of an unknown table": (
        CORRECTIONS, [("survey,", "survy,")],
        "corrections.csv, row 2, column table, value 'survy': is not allowed here"),
    "a correction without a reason": (
        CORRECTIONS, [("typed in words", "")], "corrections.csv, row 2, column reason: is blank"),
    # questions.csv
    "an unknown theme": (
        QUESTIONS, [("Which services?,care", "Which services?,car")],
        "questions.csv, row 3, column theme_id, value 'car': codebook.csv has no such theme; "
        "nearest: 'care'"),
    "an unknown option list": (
        QUESTIONS, [(",often,", ",oftn,")],
        "questions.csv, row 4, column option_list, value 'oftn': options.csv has no such list; "
        "nearest: 'often'"),
    "a choice without an option list": (
        QUESTIONS, [(",often,", ",,")],
        "questions.csv, row 4, column option_list: options.csv has no such list"),
    "a multiple choice of countries": (
        QUESTIONS, [(",services,,", ",countries,,")],
        "questions.csv, row 3, column option_list, value 'countries': "
        "this list is for questions of type single"),
    "an unknown type": (
        QUESTIONS, [("multi", "multiple")],
        "questions.csv, row 3, column type, value 'multiple': is not allowed here"),
    "an unknown unit": (
        QUESTIONS, [("Q6,answer", "Q6,country")],
        "questions.csv, row 7, column unit, value 'country': is not allowed here"),
    "a question twice": (
        QUESTIONS, [("Q6,Q6", "Q5,Q6")],
        "questions.csv, row 7, column question_id, value 'Q5': appears more than once in questions.csv"),
    "a question without an id": (
        QUESTIONS, [("Q6,Q6", ",Q6")], "questions.csv, row 7, column question_id: is blank"),
    "a question without a column": (
        QUESTIONS, [("Q6,Q6", "Q6,")], "questions.csv, row 7, column columns: is blank"),
    "no question at all": (
        QUESTIONS, [(FILES[QUESTIONS].partition("\n")[2], "")], "questions.csv: has no question"),
    # Skip logic
    "an asked_if that cannot be read": (
        QUESTIONS, [("Q1 == yes", "Q1 = yes")],
        "questions.csv, row 4, column asked_if, value 'Q1 = yes': cannot be read from ' = yes' on"),
    "an asked_if that ends too soon": (
        QUESTIONS, [("Q1 == yes", "(Q1 == yes")],
        "questions.csv, row 4, column asked_if, value '(Q1 == yes': a ')' is missing"),
    "an asked_if about an unknown question": (
        QUESTIONS, [("Q1 == yes", "Q11 == yes")],
        "questions.csv, row 4, column asked_if, value 'Q11 == yes': there is no question 'Q11'; "
        "nearest: 'Q1'"),
    "an asked_if about an unknown option": (
        QUESTIONS, [("Q1 == yes", "Q1 == yess")],
        "questions.csv, row 4, column asked_if, value 'Q1 == yess': 'yess' is not an option of Q1; "
        "nearest: 'yes'"),
    "an asked_if about an unknown country": (
        QUESTIONS, [("Q1 == yes", "country == kenya")],
        "questions.csv, row 4, column asked_if, value 'country == kenya': 'kenya' is not a country id; "
        "nearest: 'KEN'"),
    "an asked_if that compares a multiple choice as if it were one": (
        QUESTIONS, [("Q1 == yes", "Q2 == legal")],
        "questions.csv, row 4, column asked_if, value 'Q2 == legal': Q2 is a multiple choice"),
    "an asked_if in a circle": (
        QUESTIONS, [("care,,yes_no", "care,Q3 == never,yes_no"), ("?,,,,,\nQ5", "?,,Q4 == 1,,,\nQ5")],
        "questions.csv, row 2, column asked_if, value 'Q3 == never': "
        "the condition is circular: Q1 -> Q3 -> Q1",
        "questions.csv, row 5, column asked_if, value 'Q4 == 1': the condition is circular: Q4 -> Q4"),
    # The other reference tables
    "an option twice": (
        OPTIONS, [("legal,2,Legal aid,2", "shelter,1,Shelter,1")],
        "options.csv, row 5, column option_list, option_id, value, value 'services / shelter / 1': "
        "appears more than once in options.csv"),
    "an option without a value": (
        OPTIONS, [("legal,2,", "legal,,")], "options.csv, row 5, column value: is blank"),
    "an option with two labels": (
        OPTIONS, [("yes_no,no,No,No,2", "yes_no,yes,Ja,Ja,1,substantive\nyes_no,no,No,No,2")],
        "options.csv, row 3, column label, value 'Ja': the same option has 'Yes' in another row"),
    "a value of two options": (
        OPTIONS, [("legal,2,", "legal,1,")],
        "options.csv, row 5, column option_id, value 'legal': the same value belongs to 'shelter'"),
    "a place of two options": (
        OPTIONS, [("Legal aid,2", "Legal aid,1")],
        "options.csv, row 5, column option_id, value 'legal': the same position belongs to 'shelter'"),
    "a place that is not a number": (
        OPTIONS, [("Legal aid,2", "Legal aid,second")],
        "options.csv, row 5, column position, value 'second': is not a whole number"),
    "an option id that would break lists of options": (
        OPTIONS, [("services,legal,", "services,le;gal,")],
        "options.csv, row 5, column option_id, value 'le;gal': contains characters other than letters"),
    "a country name that means two": (
        COUNTRIES, [("Ivory Coast,CIV", "KENYA,CIV")],
        "countries.csv, row 3, column country_id, value 'KEN': the same name means 'CIV' in another row"),
    "a country in two regions": (
        COUNTRIES, [("Ivory Coast,CIV,Ivory Coast,africa", "Kenia,KEN,Kenya,asia")],
        "countries.csv, row 3, column region_id, value 'africa': the same country has 'asia' in "
        "another row"),
    "a country id in small letters": (
        COUNTRIES, [("KEN", "ken")],
        "countries.csv, row 3, column country_id, value 'ken': is KEN in ISO 3166"),
    "an organisation twice": (
        ORGANISATIONS, [("compass", "beacon")],
        "organisations.csv, row 4, column organisation_id, value 'beacon': appears more than once"),
    "two organisations of one name": (
        ORGANISATIONS, [("Compass", "BEACON")],
        "organisations.csv, row 4, column organisation_id, value 'compass': the same name belongs to "
        "'beacon' in another row"),
    "an unknown home country": (
        ORGANISATIONS, [("KHM", "Cambodia")],
        "organisations.csv, row 4, column home_country_id, value 'Cambodia': is not a country id"),
    "a theme without its domain": (
        CODEBOOK, [("care,community,", "care,comunity,")],
        "codebook.csv, row 3, column parent_id, value 'comunity': a theme needs a parent that is a "
        "domain; nearest: 'community'"),
    # How a reference table was saved
    "a comma that cut a cell in two": (
        QUESTIONS, [("How many staff?", "Staff, how many?")],
        "questions.csv, row 5: has 11 cells where the header has 10"),
    "a quotation mark without its end": (
        QUESTIONS, [("What works?", '"What works?')], "questions.csv, row 6: cannot be parsed"),
    "a column that was renamed": (
        QUESTIONS, [("theme_id", "theme")],
        "questions.csv, row 1, column theme_id: this column is missing",
        "questions.csv, row 1, column theme: there is no such column in this table"),
    "a column that stands twice": (
        COUNTRIES, [("region_id", "region_id,label")],
        "countries.csv, row 1, column label: this column appears twice"),
    "a note beside the table": (
        COUNTRIES, [("region_id", "region_id,"), ("africa", "africa,ask Ana")],
        "countries.csv, rows 2, 3, value 'ask Ana': is in a column without a heading"),
    # study.toml
    "a text without quotation marks": (
        SETTINGS, [('"small"', "small")],
        "study.toml, row 2, value 'id = small': cannot be read: invalid value"),
    "a path with backslashes": (
        SETTINGS, [("../raw/survey/*", "..\\raw\\survey\\*")],
        "study.toml, row 6, value 'survey = [\"..\\\\raw\\\\survey\\\\*\"]': cannot be read: unescaped '\\'"),
    "settings that do not exist": (
        SETTINGS, [("title", "titel"), ("organisation", "organization")],
        "study.toml, column [study] titel, value 'Small study': there is no such setting; nearest: 'title'",
        "study.toml, column [survey] organization, value 'org': there is no such setting; "
        "nearest: 'organisation'"),
    "a section that does not exist": (
        SETTINGS, [("[survey]", "[surveys]")],
        "study.toml, column [surveys]: there is no such section; nearest: 'survey'"),
    "a setting outside every section": (
        SETTINGS, [("[study]\n", "")],
        "study.toml, column id, value 'small': is outside every section",
        "study.toml, column title, value 'Small study': is outside every section"),
    "settings of the wrong form": (
        SETTINGS, [('["NA"]', '"NA"'), ('["../raw/survey/*"]', '"../raw/survey/*"'),
                   ("[raw]", 'synthetic = "no"\nframe_size = "100"\n[raw]')],
        "study.toml, column [study] synthetic, value 'no': has the wrong form",
        "study.toml, column [study] frame_size, value '100': has the wrong form",
        "study.toml, column [raw] survey, value '../raw/survey/*': has the wrong form",
        "study.toml, column [survey] blank, value 'NA': has the wrong form"),
    "a kind of sampling that does not exist": (
        SETTINGS, [("[raw]", 'sampling = "random"\n[raw]')],
        "study.toml, column [study] sampling, value 'random': is not allowed"),
    "what cannot be unknown": (
        SETTINGS, [('blank = ["NA"]', 'unknown = ["wave"]')],
        "study.toml, column [survey] unknown, value 'wave': cannot be unknown"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_fault_is_reported_with_its_place_and_its_fix(study, name):
    file, changes, *expected = SPOILT[name]
    study.spoil(file, *changes)
    refused(study, *expected)


# Raw files

FILES_THAT_ARE_NONE = {
    "answers.csv": {
        "empty": (b"", "answers.csv: is empty"),
        "blank": (b"\n \n\n", "answers.csv: is empty"),
        "a header alone": (b"org,country\n", "answers.csv: the file has a header and no answers"),
        "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "answers.csv: is "),
        "a workbook": (b"PK\x03\x04\x14\0\x06\0" + bytes(90), "answers.csv: is "),
        "Cyrillic of Windows": (FILES[ANSWERS].replace("We listen", "Мы слушаем").encode("cp1251"),
                                "answers.csv: is neither UTF-8, UTF-16 nor Windows-1252 text"),
        "half a character": (FILES[ANSWERS].replace("Time", "ពេលវេលា").encode().replace(b"\x9f", b"", 1),
                             "answers.csv, row 4: is damaged"),
        "a comma too many": (FILES[ANSWERS].replace("We listen", "We, listen").encode(),
                             "answers.csv, row 2: has 11 cells where the header has 10"),
    },
    "answers.xlsx": {"text": (b"org,country\n", "answers.xlsx: cannot be read as a workbook")},
    "answers.pdf": {"of no survey tool": (
        b"%PDF-1.7", "answers.pdf: the file does not have the ending of a survey export")},
}


@pytest.mark.parametrize(("file", "kind"), [
    (file, kind) for file, kinds in FILES_THAT_ARE_NONE.items() for kind in kinds])
def test_a_file_that_is_no_survey_is_named(study, file, kind):
    content, expected = FILES_THAT_ARE_NONE[file][kind]
    (study.root / ANSWERS).unlink()
    study.write(f"raw/survey/{file}", content)
    refused(study, expected)


def test_all_files_that_cannot_be_read_are_named_at_once(study):
    study.write("raw/survey/a.csv", "")
    study.write("raw/survey/b.pdf", "%PDF")
    refused(study, "a.csv: is empty", "b.pdf: the file does not have the ending of a survey export")


def test_without_a_survey_file_the_message_says_where_it_belongs(study):
    (study.root / ANSWERS).unlink()
    refused(study, "No survey file has arrived. To fix: put an export into raw/survey/")
    refused(study, "No survey file has arrived.", command=("build",))


def test_a_survey_file_that_study_toml_names_and_that_is_not_there(study):
    study.spoil(SETTINGS, ("survey/*", "survey/other.csv"))
    refused(study, "raw/survey/other.csv: is missing. To fix: put the file at this path, or correct [raw] in "
                   "study.toml")


def test_two_survey_files_whose_records_would_have_the_same_ids(study):
    study.write("raw/survey/Answers.tsv", FILES[ANSWERS].replace(",", "\t"))
    refused(study, "Answers.tsv: another file has the same name",
            "answers.csv: another file has the same name")


def test_a_raw_file_that_changed_or_went_missing_since_its_checksum(study):
    study.write("raw/context/tiers.csv", "country,tier\nKenya,2\n")
    study.spoil(SETTINGS, ("[raw]", '[context]\nindicators = ["tier"]\n[raw]'))
    assert study.glc("check", "--accept").exit_code == 0
    study.spoil(ANSWERS, ("Time.", "Money."))
    (study.root / "raw/context/tiers.csv").unlink()
    refused(study, "raw/context/tiers.csv: is missing",
            "raw/survey/answers.csv: has changed since its checksum was recorded")


def test_real_data_in_an_invented_study(study):
    study.spoil(SETTINGS, ("[raw]", "synthetic = true\n[raw]"))
    refused(study, "raw/survey/answers.csv: is real data in an invented study. To fix: start a real study")


def test_invented_data_in_a_real_study(study):
    study.spoil(ANSWERS, ("Q6\n", "Q6,synthetic\n"), ("-15\n", "-15,invented by glc sample\n"))
    refused(study, "answers.csv: is invented data in a real study. To fix: remove the file from raw/")


def test_a_source_about_countries_without_the_column_or_with_two_values(study):
    study.spoil(SETTINGS, ("[raw]", '[context]\nindicators = ["tier"]\n[raw]'))
    study.write("raw/context/tiers.csv", "land,tier\nKenya,2\n")
    refused(study, "tiers.csv, column country: [context] names a column that the file does not have; "
                   "known: 'land'")
    study.write("raw/context/tiers.csv", "country,tier\nKenya,2\nPeru,1\nKenya,3\n")
    refused(study, "tiers.csv, row 4, column tier, value '3': KEN has more than one value")


def test_a_study_of_which_every_record_is_dropped(study):
    study.write(CORRECTIONS, FILES[CORRECTIONS].partition("\n")[0] + "\n" + "".join(
        f"survey,answers.r{row},*,,drop,test,ana,\n" for row in (2, 3, 4)))
    refused(study, "No record of the survey is left: all records are empty, or dropped in corrections.csv. "
                   "To fix:")


# Several faults

def test_all_that_is_wrong_in_a_survey_file_is_told_at_once(study):
    study.spoil(ANSWERS, ("compass", "compas"), ("Peru", "Perou"), ("2017-03-01", "1/3/17"),
                ("Never", "Sometimes"), (",12,", ",lots,"), ("2011-06-30", "summer"))
    study.spoil(QUESTIONS, ("Q5,Q5,", "Q5,Q7,"))
    refused(study,
            "answers.csv, column Q7: the file has no column Q7",
            "answers.csv, row 4, column org, value 'compas'",
            "answers.csv, row 3, column country, value 'Perou'",
            "answers.csv, row 2, column start, value '1/3/17'",
            "answers.csv, row 4, column Q3, value 'Sometimes'",
            "answers.csv, row 2, column Q4, value 'lots'",
            "answers.csv, row 3, column Q6, value 'summer'")


def test_all_that_is_wrong_in_the_reference_tables_is_told_at_once(study):
    study.spoil(QUESTIONS, ("multi", "several"), ("Which services?,care", "Which services?,car"),
                ("Q1 == yes", "Q1 is yes"), ("Q6,Q6", ",Q6"))
    study.spoil(ORGANISATIONS, ("compass", "beacon"), ("KHM", "XX"))
    study.write(COUNTRIES, "name,code\nKenya,KEN\n")
    refused(study,
            "questions.csv, row 7, column question_id: is blank",
            "questions.csv, row 3, column type, value 'several'",
            *(f"countries.csv, row 1, column {column}" for column in
              ("raw_name", "country_id", "label", "region_id", "name", "code")),
            "organisations.csv, row 4, column organisation_id, value 'beacon': appears more than once",
            "questions.csv, row 3, column theme_id, value 'car'")


def test_the_same_fault_in_several_rows_is_one_line():
    rows = reversed(range(2, 20))  # records are read by content, not in the order of their rows
    faults = Faults(Fault("is not a number", file="a.csv", row=str(n), value="lots") for n in rows)
    assert str(faults) == ("a.csv, rows 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more, value 'lots': "
                           "is not a number.")
    assert len(faults.faults) == 18


def test_hundreds_of_values_with_the_same_fault_do_not_fill_the_screen():
    faults = Faults(Fault("is not a number", file="a.csv", value=str(n)) for n in range(500))
    assert len(str(faults).splitlines()) == 51
    assert str(faults).endswith("And 450 more values: a.csv: is not a number.")


def test_day_and_month_that_cannot_be_told_apart_are_shown_not_guessed(study):
    study.spoil(ANSWERS, *((f"2017-03-0{day}", f"0{day}/03/2017") for day in (1, 2, 3)))
    refused(study, *(f"answers.csv, row {day + 1}, column start, value '0{day}/03/2017': day and month "
                     "cannot be told apart" for day in (1, 2, 3)))


@pytest.mark.acceptance
def test_what_was_built_before_stays_when_the_next_build_is_refused(study):
    assert study.glc("build").exit_code == 0
    study.spoil(ANSWERS, (",12,", ",lots,"))
    refused(study, "answers.csv, row 2, column Q4, value 'lots': is not a number")
    for command in (("summary", "Q1"), ("list",), ("run",)):
        refused(study, "answers.csv, row 2, column Q4, value 'lots': is not a number", command=command)


# Reference tables as spreadsheets save them

SAVED = {
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Windows-1252 with semicolons": lambda text: text.replace(",", ";").encode("cp1252"),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "blank columns and rows at the end": lambda text: (text.replace("\n", ",,\n") + ",,\n\n").encode(),
    "blanks around every cell": lambda text: text.replace(",", " , ").encode(),
    "trailing blank cells left out": lambda text: "\n".join(
        line.rstrip(",") for line in text.split("\n")).encode(),
}


@pytest.mark.parametrize("saved", SAVED)
def test_a_reference_table_reads_the_same_however_it_was_saved(study, saved):
    text = FILES[QUESTIONS].replace("What works?", "¿Qué funciona?")
    study.write(QUESTIONS, text)
    plain = read_reference(Study(study.root)).questions
    study.write(QUESTIONS, SAVED[saved](text))
    assert read_reference(Study(study.root)).questions.equals(plain)


def test_true_and_false_may_be_in_capitals_as_spreadsheets_write_them(study):
    study.spoil(QUESTIONS, ("Since when?,,,,,", "Since when?,,,,,TRUE"))
    assert read_reference(Study(study.root)).questions["is_sensitive"].tolist()[-1] == "true"


def test_rows_are_counted_as_a_spreadsheet_shows_them(study):
    study.spoil(QUESTIONS, ("Which services?", '"Which\nservices?"'), ("Q4,Q4", "\nQ4,Q4"),
                ("Q6,answer", "Q6,group"))
    refused(study, "questions.csv, row 8, column unit, value 'group': is not allowed here")


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,\n"])
def test_an_empty_reference_table_says_what_its_header_is(study, content):
    study.write(COUNTRIES, content)
    refused(study, "countries.csv, row 1: has no header. To fix: write raw_name,country_id,label,region_id")


def test_a_reference_table_that_is_no_text(study):
    study.write(OPTIONS, bytes(range(256)))
    refused(study, "options.csv: is neither UTF-8, UTF-16 nor Windows-1252 text")


def test_a_manifest_that_is_no_manifest(study):
    study.write(MANIFEST, "file,sha256\nraw/survey/answers.csv,00\n")
    missing = [f"manifest.csv, row 1, column {column}: this column is missing" for column in
               ("path", "bytes", "received_on", "received_from", "consent_basis", "keep_until")]
    refused(study, *missing, "manifest.csv, row 1, column file: there is no such column",
            command=("status",))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_study_toml_may_be_saved_in_any_encoding_of_windows(study, encoding):
    study.write(SETTINGS, FILES[SETTINGS].replace("Small", "Pequeño").encode(encoding))
    assert Study(study.root).title == "Pequeño study"


# Wrong usage

@pytest.fixture(scope="module")
def built(tmp_path_factory) -> SmallStudy:
    study = SmallStudy(tmp_path_factory.mktemp("built"))
    assert study.glc("build").exit_code == 0
    return study


@pytest.mark.parametrize(("arguments", "expected"), [
    ("summary Q22", "There is no question 'Q22'; nearest: 'Q2'"),
    ("summary Q1 --by contry", "There is no attribute 'contry' to group by; nearest: 'country'"),
    ("summary Q1 --audience teem", "'teem' is not one of 'team', 'convening', 'public'"),
    ("list --audience teem", "'teem' is not one of 'team', 'convening', 'public'"),
    ("run --country XX", "There is no country 'XX' in this study; known: 'KEN', 'KHM', 'PER'"),
    ("run --theme car", "There is no theme 'car' in this study; nearest: 'care'"),
    ("run --only country-kem", "There is no page 'country-kem'; nearest: 'country-khm', 'country-ken'"),
    ("run --audience public --country KHM", "There is no country 'KHM' in this study"),
    ("run --jobs -1", "-1 is not in the range"),
    ("rum", "No such command 'rum'"),
    ("summary", "Name a question, or use --codes"),
    ("summary Q22 --texts", "There is no question 'Q22'; nearest: 'Q2'"),
    ("summary Q1 --texts --by country", "--texts is about one question"),
    ("summary Q1 --texts --audience public", "--texts is for the team alone"),
])
def test_wrong_usage_is_exit_2_and_names_what_is_near(built, arguments, expected):
    before = built.files()
    result = built.glc(*arguments.split())
    assert (result.exit_code, type(result.exception)) == (2, SystemExit)
    assert expected in result.stderr
    assert built.files() == before and not result.stdout


def test_where_nothing_is_near_a_short_list_is_shown_whole():
    assert suggest_name("x", ["low", "high"]) == "known: 'high', 'low'"
    assert suggest_name("x", map(str, range(20))) == "no known name is similar"


def test_a_folder_that_cannot_be_written_is_named_without_a_traceback(study):
    study.write("processed", "a file where the folder should be")
    result = study.glc("build")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert f"Error: {study.root / 'processed'}" in result.stderr
