"""Drafts of real exports that nobody prepared, beside what people know of these surveys.

The keys of ``survey_tools`` say of each column its type and options. Those of the survey of 480 organisations
are the tables that were written for it by hand. The types of the R community survey of 2019 were written for
this test by reading its form, column by column.
"""

import csv
import json
import re

import pytest
from click.testing import CliRunner

from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.addons.drafting.options import FEWEST, make_option_spelling_key
from glc_analysis.cli import cli
from glc_analysis.intake.survey import read_survey
from glc_analysis.study import REPOSITORY

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]
NGO = REPOSITORY / "tests/studies/ngo_survey/reference"
COUNTRIES = "private/reference/countries.csv"
SAME = {
    "single": {"single", "country"}, "scale": {"scale"}, "rank": {"scale"}, "text": {"text"},
    "number": {"number"}, "date": {"date"}, "datetime": {"date", "started"}, "multi in one cell": {"multi"},
    "multi column per option": {"multi"}, "unanswered": {"left out"}, "id": {"left out"},
    "meta": {"left out", "started"}, "row number": {"left out"}}  # fmt: skip
"""The drafted types that agree with a type of a key. A rank is a scale of numbers."""
TOOLS = {"eusurvey_everse": "eusurvey_everse.xls", "kobo_repeat": "kobo_repeat_export.xlsx",
         "limesurvey_rse_nl": "limesurvey_rse_nl.csv", "surveymonkey_starwars": "surveymonkey_starwars.csv"}
R_2019 = """
started scale|single scale scale|single single single multi multi single number single scale
scale|single single single scale|single multi scale scale multi single scale|single text text multi multi
multi scale|single text scale|single multi scale|single scale|single scale|single scale|single multi scale
scale scale|single multi single number single|text multi single country single text single number multi
single
"""


def glc(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class Drafted:
    """A draft, and what it says of a column of the export."""

    def __init__(self, *paths, settings=None):
        self.surveys = [read_survey(path, settings) for path in paths]
        self.tables = draft_survey_tables(self.surveys).tables
        self.questions = self.tables["questions"]
        self.names = [name for name in self.surveys[0].frame.columns if name not in self.surveys[0].repeated]
        self.roles = {
            name: row.setting.partition(".")[2]
            for row in self.tables["settings"].itertuples()
            for name in row.value.split(" | ")
            if name
        }

    def row(self, name):
        """The row of questions.csv of a column; of the columns of a multiple choice the same."""
        entries = {entry: row for row in self.questions.itertuples() for entry in row.columns.split(" | ")}
        for entry in (f"{name}.*", f"{name}/*", name):
            if entry in entries:
                return entries[entry]
        patterns = {
            re.escape(entry).replace(re.escape("*"), ".+"): row
            for entry, row in entries.items()
            if "*" in entry
        }
        return next(
            (row for pattern, row in patterns.items() if re.fullmatch(pattern, name, re.DOTALL)), None
        )

    def kind(self, name):
        if name in self.roles:
            return self.roles[name]
        row = self.row(name)
        return "country" if row and row.option_list == "countries" else (row and row.type) or "left out"

    def is_sure(self, name):
        row = self.row(name)
        return row is not None and row.how_sure == "sure"

    def options(self, name):
        """The keys of the values that are drafted for a column, those for texts after "Other" left out."""
        listed = self.tables["options"]
        own = listed[
            (listed["option_list"] == self.row(name).option_list)
            & ~((listed["kind"] == "other") & (listed["n"] == "0"))
        ]
        return {make_option_spelling_key(value) for value in own["value"]}


def wrong_types(drafted, known):
    """The columns whose drafted kind is none of the right ones, by name; and of these the ones marked
    sure."""
    wrong = [name for name, kinds in known.items() if drafted.kind(name) not in kinds]
    return wrong, [name for name in wrong if drafted.is_sure(name)]


@pytest.fixture(scope="module", params=TOOLS)
def tool(request, shared_data):
    folder = shared_data / "survey_tools"
    drafted = Drafted(folder / TOOLS[request.param])
    key = rows(folder / f"{request.param}_key.csv")
    named = (
        zip(drafted.names, key, strict=True) if key[0]["column"] else ((row["header"], row) for row in key)
    )
    return drafted, {name: row for name, row in named if name in drafted.names}


def test_at_least_95_of_100_types_are_right_and_every_wrong_one_is_unsure(tool):
    drafted, key = tool
    wrong, wrong_and_sure = wrong_types(drafted, {name: SAME[row["type"]] for name, row in key.items()})
    assert wrong_and_sure == []
    assert len(wrong) <= max(1, 0.05 * len(key)), wrong


def test_at_least_98_of_100_option_lists_are_right(tool):
    drafted, key = tool
    asked, wrong = 0, []
    for name, row in key.items():
        options = json.loads(row["options"]) if row["options"] else {}
        if (
            row["type"] not in ("single", "scale", "multi in one cell", "rank")
            or drafted.kind(name) not in ("single", "scale", "multi")
            or not all(isinstance(count, int) for count in options.values())
        ):
            continue
        asked += 1
        often = {make_option_spelling_key(text) for text, count in options.items() if count >= FEWEST}
        if not often <= drafted.options(name):
            wrong.append(name)
    assert len(wrong) <= 0.02 * asked, wrong


def test_nothing_that_fewer_than_five_gave_is_listed_unless_another_question_offers_it(tool):
    drafted, key = tool
    counts = {name: json.loads(row["options"] or "{}") for name, row in key.items()}
    counts = {name: {make_option_spelling_key(text): count for text,
                     count in own.items() if isinstance(count, int)}
              for name, own in counts.items()}
    offered = {text for own in counts.values() for text, count in own.items() if count >= FEWEST} | {"other"}
    for name, row in key.items():
        if row["type"] == "single" and drafted.kind(name) == "single":
            rare = {text for text, count in counts[name].items() if count < FEWEST} - offered
            assert not rare & drafted.options(name), name


@pytest.fixture(scope="module")
def ngo(shared_data):
    return Drafted(shared_data / "ngo_survey/responses.csv")


def test_the_survey_of_480_organisations_is_drafted_as_people_described_it(ngo):
    known = {
        row["columns"].replace("*", "1"): {row["type"]}
        | ({"country"} if row["option_list"] == "countries" else set())
        for row in rows(NGO / "questions.csv")
    }
    wrong, wrong_and_sure = wrong_types(ngo, known)
    assert wrong_and_sure == []
    assert len(wrong) <= 0.05 * len(known), wrong


def test_no_country_is_wrong(ngo):
    reviewed = {row["raw_name"].casefold(): row["country_id"] for row in rows(NGO.parent / COUNTRIES)}
    drafted = {
        row.raw_name.casefold(): row.country_id
        for row in ngo.tables["countries"].itertuples()
        if row.country_id
    }
    shared = drafted.keys() & reviewed.keys()
    assert len(shared) > 120
    assert {name: drafted[name] for name in shared if drafted[name] != reviewed[name]} == {}


def test_the_types_of_the_survey_of_488_projects_are_right_or_unsure_and_no_country_is_wrong(shared_data):
    reference = REPOSITORY / "tests/studies/napire2018/reference"
    settings = {"tool": "", "encoding": ["mac_roman", "cp1252", "utf-8"], "sheets": {}}
    drafted = Drafted(shared_data / "napire2018/responses_efs_2018-02-05.csv", settings=settings)
    known = {row["columns"]: {row["type"]} | ({"country"} if row["option_list"] == "countries" else set())
             for row in rows(reference / "questions.csv") if row["type"] != "multi"}
    wrong, wrong_and_sure = wrong_types(drafted, known)
    assert wrong_and_sure == []
    assert len(wrong) <= 0.05 * len(known), wrong
    reviewed = {row["raw_name"]: row["country_id"] for row in rows(reference.parent / COUNTRIES)}
    countries = drafted.tables["countries"]
    found = {row.raw_name: row.country_id for row in countries.itertuples() if row.country_id}
    assert {name for name, one in found.items() if reviewed.get(name, one) != one} == set()


@pytest.fixture(scope="module")
def r_survey(shared_data):
    folder = shared_data / "r_community_survey"
    return Drafted(folder / "2019_en.tsv", folder / "2019_es.tsv")


def test_the_columns_of_two_languages_are_paired(r_survey):
    assert len(r_survey.questions) + len(r_survey.roles) >= 52
    assert not any("no such column" in why for why in r_survey.questions["why"])


def test_the_types_of_a_form_in_two_languages_are_right_or_unsure(r_survey):
    known = {name: {*kinds.split("|")} for name, kinds in zip(r_survey.names, R_2019.split(), strict=True)}
    wrong, wrong_and_sure = wrong_types(r_survey, known)
    assert wrong_and_sure == []
    assert len(wrong) <= 0.05 * len(known), wrong


def test_options_that_hold_the_separator_are_whole(r_survey):
    options = r_survey.tables["options"]
    values = {*options["value"]}
    assert "Social media such as blogs, R-bloggers, Twitter, Slack, or GitHub contacts" in values
    assert "Online course (e.g., Coursera, edX, Datacamp)" in values
    assert not {"R-bloggers", "edX", "or GitHub contacts"} & values


@pytest.mark.parametrize(
    ("spanish", "english"),
    [
        ("Sí", "Yes"),
        ("Análisis estadístico", "Statistical analysis"),
        ("Espero que aumente", "I expect it to increase"),
        ("Meses", "Months"),
        ("Nunca", "Never"),
        ("No uso Python", "I don't use Python"),
        ("Genómica", "Genomics"),
    ],
)
def test_an_option_in_another_language_has_the_id_of_the_one_it_translates(r_survey, spanish, english):
    options = r_survey.tables["options"].set_index("value")
    ids = ({*options.loc[[value], "option_id"]} for value in (spanish, english))
    assert next(ids) & next(ids)


def test_pairs_that_are_not_translations_are_unsure(r_survey):
    options = r_survey.tables["options"]
    pairs = options[(options["value"] != options["label"]) & (options["how_sure"] == "sure")]
    labels = dict(zip(pairs["value"], pairs["label"], strict=True))
    assert "Grado universitario asociado (por ejemplo, AA, AS)" not in labels
    assert "Servicios Públicos" not in labels


def test_few_rows_of_the_r_survey_are_left_to_write(r_survey):
    options = r_survey.tables["options"]
    alone = options["why"].str.startswith("no option of the other files").sum()
    without = (r_survey.tables["countries"]["country_id"] == "").sum()
    assert alone + without <= 20


def test_a_country_is_known_in_the_language_of_its_form(r_survey):
    countries = dict(
        zip(r_survey.tables["countries"]["raw_name"], r_survey.tables["countries"]["country_id"], strict=True)
    )
    assert (countries["Spain / España"], countries["México"], countries["Turkey"]) == ("ESP", "MEX", "TUR")
    assert countries.get("Taiwan", "") == ""


# ------------------------------
# Grids, and an export with its form.

def likert_codes(path):
    """The codes of questions that the list of a form says are answered on a scale."""
    return {row["code"].strip() for row in rows(path) if row["answer_format"] == "LIKERT"}


@pytest.mark.parametrize("wave", ["2017_de", "2017_uk", "2018"])
def test_the_grids_of_the_survey_of_research_software_engineers_are_scales(shared_data, wave):
    folder = shared_data / "rse_waves"
    drafted = Drafted(folder / f"{wave.replace('2018', '2018_all')}.csv")
    codes = likert_codes(folder / f"questions_{wave}.csv")
    grid = [row for row in drafted.questions.itertuples()
            if (code := re.match(r"\w+", row.columns)) and (code[0] in codes or code[0].startswith("likert"))]
    assert len(grid) > 20
    assert {row.type for row in grid} == {"scale"}


def test_a_grid_of_the_survey_of_research_software_engineers_is_one_decision(shared_data):
    questions = Drafted(shared_data / "survey_tools/limesurvey_rse_nl.csv").questions
    grids = questions[questions["columns"].str.match(r"likert\d")]
    undecided = grids.loc[grids["use"] == "", "columns"].str.replace(r"\[.*", "", regex=True)
    assert undecided.is_unique
    leaders = grids["use"].str.removeprefix("as ")
    assert {*leaders[leaders != ""]} <= {*grids.loc[grids["use"] == "", "question_id"]}


def test_an_export_of_kobotoolbox_and_its_form_are_accepted_as_drafted(shared_data, tmp_path):
    folder = shared_data / "survey_tools"
    done = glc("init", tmp_path / "study", "--from", folder / "kobo_repeat_export.xlsx",
               "--form", folder / "kobo_repeat_form.xlsx")
    assert done.exit_code == 0, done.output
    questions = rows(tmp_path / "study/private/draft/questions.csv")
    key = {row["header"]: row["question"] for row in rows(folder / "kobo_repeat_key.csv")}
    used = {row["columns"].removesuffix(".*"): row["wording"] for row in questions if row["use"] == "yes"}
    assert len(used) == 6
    assert {name: key[name] for name in used} == used
    done = glc("--study", tmp_path / "study", "check", "--accept-draft", "Ana")
    assert done.exit_code == 0, done.output
