"""One pass from raw files to tables: the same bytes again, nothing half-written, only when needed."""

import json
import re

import pandas as pd
import pytest

from glc_analysis import manifest, tables
from glc_analysis.build import _raised_codes, build, check_study
from glc_analysis.cleaning.records import SYNTHETIC_MARK
from glc_analysis.errors import Faults, GLCError
from glc_analysis.manifest import are_tables_current
from glc_analysis.study import Study
from tests.support.study_writer import choices, places, question, themes, write_csv, write_study

ROWS = [{"org": "a", "country": "KHM", "Q1": "yes", "Q2": "Two rooms", "when": "2016-05-02"},
        {"org": "b", "country": " Camboya ", "Q1": "no", "Q2": "", "when": "2016-05-01"}]
REFERENCE = {"questions": [question("Q1", "single", "law", theme_id="rights"), question("Q2", "text")],
             "options": choices("law", "yes", "no"), "codebook": themes("rights"),
             "countries": [*places("KHM asia"), {"raw_name": "Camboya", "country_id": "KHM",
                                                 "region_id": "asia"}]}


def small(root, rows=ROWS, **other):
    return write_study(root, rows, **{**REFERENCE, **other})


@pytest.fixture
def study(tmp_path):
    return small(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A study with its tables, for tests that only look."""
    rows = [*ROWS, {"org": "c", "country": "AFG", "home": "Peru", "Q1": "yes"}]
    made = small(tmp_path_factory.mktemp("built"), rows, codebook=themes("rights", "care"),
                 settings={"survey": {"home_country": "home"}})
    assert build(made) == {name: len(tables.read_table(name, study=made)) for name in tables.TABLES}
    return made


def files(study):
    return {p.name: p.read_bytes() for p in study.processed.iterdir() if p.is_file()}


@pytest.mark.acceptance
def test_building_twice_gives_the_same_bytes(study, tmp_path_factory):
    build(study)
    first = files(study)
    build(study)
    elsewhere = small(tmp_path_factory.mktemp("elsewhere"))
    build(elsewhere)
    assert files(study) == first == files(elsewhere)


@pytest.mark.acceptance
def test_the_order_of_columns_does_not_change_a_byte_of_the_tables(study, tmp_path_factory):
    turned = small(tmp_path_factory.mktemp("turned"), [dict(reversed(r.items())) for r in ROWS])
    build(study)
    build(turned)
    one, two = files(study), files(turned)
    assert {name for name in one if one[name] != two[name]} == {"provenance.json", "slices.json"}


def test_every_step_of_the_cleaning_is_accounted_for(built):
    steps = tables.read_table("steps", study=built)
    assert steps["order"].tolist() == list(range(1, len(steps) + 1))
    assert {"file read", "duplicates marked", "language checked"} <= set(steps["step"])


def test_provenance_names_everything_with_its_digest_and_no_clock(built):
    text = (built.processed / "provenance.json").read_text(encoding="utf-8")
    found = json.loads(text)
    path = built.raw / "survey/survey.csv"
    assert found["raw"] == {
        "raw/survey/survey.csv": built.digests.hash_bytes(manifest.compute_checksum(path).encode())}
    assert found["not_in_manifest"] == ["raw/survey/survey.csv"]
    assert set(found["reference"]) == {
        built.make_relative(path) for path in (*built.list_reference_table_files(), built.settings_file)}
    assert all(re.fullmatch("[0-9a-f]{64}", h) for h in found["reference"].values())
    assert not re.search(r"\d\d:\d\d|20\d\d-\d\d", text) and str(built.root) not in text


def test_countries_and_themes_are_listed_by_name_and_in_order(built):
    found = json.loads((built.processed / "slices.json").read_text(encoding="utf-8"))
    assert found["countries"] == [{"id": "AFG", "label": "Afghanistan", "region": ""},
                                  {"id": "KHM", "label": "Cambodia", "region": "asia"}]
    assert [theme["id"] for theme in found["themes"]] == ["rights", "care"]


def test_a_code_is_listed_if_it_has_a_passage_on_which_the_coders_agreed():
    codings = pd.DataFrame({"coder_id": ["consensus", "ana"], "code_id": ["agreed", "open"]})
    book = pd.DataFrame({"code_id": ["open", "agreed"], "name": ["Open", "Agreed"], "order": [1, 2]})
    assert _raised_codes(codings, book) == [{"id": "agreed", "label": "Agreed"}]


def spoil(study):
    write_csv(study.raw / "survey/survey.csv", [{**ROWS[0], "Q1": "perhaps"}])


def test_a_fault_leaves_the_old_tables_complete(study):
    build(study)
    before = files(study)
    spoil(study)
    with pytest.raises(Faults):
        build(study)
    assert files(study) == before


@pytest.mark.acceptance
def test_a_failure_while_writing_leaves_the_old_tables_complete(study, monkeypatch):
    def fail(*_, **__):
        raise OSError("no space left")

    build(study)
    before = files(study)
    write_csv(study.raw / "survey/survey.csv", ROWS[:1])
    monkeypatch.setattr("glc_analysis.build.dictionary.describe_data_package", fail)
    with pytest.raises(OSError):
        build(study)
    assert files(study) == before
    monkeypatch.undo()
    assert build(study)["answers"] == 1
    assert ".building" not in {p.name for p in study.processed.iterdir()}


@pytest.mark.acceptance
def test_a_failure_while_moving_leaves_tables_that_are_known_to_be_incomplete(study, monkeypatch):
    build(study)
    write_csv(study.raw / "survey/survey.csv", ROWS[:1])
    moved = []

    def stop(source, target):
        if len(moved) == 3:
            raise OSError("the power failed")
        moved.append(source.rename(target))

    monkeypatch.setattr("glc_analysis.build.os.replace", stop)
    with pytest.raises(OSError):
        build(study)
    assert not (study.processed / "slices.json").exists()
    monkeypatch.undo()
    assert not are_tables_current(study)
    build(study)
    assert len(tables.read_table("answers", study=study)) == 1


def test_a_study_that_never_built_stays_without_tables(study):
    spoil(study)
    with pytest.raises(Faults):
        build(study)
    assert not study.processed.exists()


def test_checking_writes_nothing(study):
    assert check_study(study)["responses"] == 4
    assert not study.processed.exists()


@pytest.mark.acceptance
def test_a_check_counts_the_rows_of_all_answers(tmp_path):
    asked = [*REFERENCE["questions"], question("Q3", "multi", "law", columns="Q3_*", unit="organisation")]
    study = small(tmp_path, [row | {"Q3_yes": "1", "Q3_no": ""} for row in ROWS], questions=asked)
    checked, built = check_study(study), build(study)
    assert checked["responses"] == built["responses"] == 6
    assert checked["selections"] == built["selections"] == 4


def is_stale_and_then_built(study):
    was_stale = not are_tables_current(study)
    build(study)
    return was_stale and are_tables_current(study)


@pytest.mark.acceptance
def test_tables_are_stale_only_for_a_reason(study, monkeypatch):
    assert is_stale_and_then_built(study)
    write_csv(study.raw / "survey/survey.csv", ROWS[:1])
    assert is_stale_and_then_built(study)
    write_csv(study.raw / "survey/more.csv", [{**ROWS[0], "org": "c"}])
    assert is_stale_and_then_built(study)
    (study.reference / "README.md").write_text("not read by anything", encoding="utf-8")
    assert are_tables_current(study)
    toml = study.reference / "study.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("A small study", "Another"), encoding="utf-8")
    study = Study(study.root)
    assert is_stale_and_then_built(study)
    monkeypatch.setattr("glc_analysis.manifest.hash_package_and_lock_file", lambda: "another package")
    assert is_stale_and_then_built(study)


def test_a_study_without_a_survey_file_is_a_fault(study):
    (study.raw / "survey/survey.csv").unlink()
    with pytest.raises(GLCError, match="No survey file has arrived"):
        build(study)


def test_two_files_that_would_share_their_record_ids_are_a_fault(study):
    write_csv(study.raw / "survey/Survey.txt", ROWS)
    with pytest.raises(Faults, match="another file has the same name"):
        build(study)


def test_invented_records_in_a_real_study_are_a_fault(study):
    write_csv(study.raw / "survey/more.csv", [{**ROWS[0], "synthetic": SYNTHETIC_MARK}])
    with pytest.raises(Faults, match="invented data in a real study"):
        build(study)


def test_the_faults_of_all_files_that_cannot_be_read_come_at_once(study):
    for name in ("one.csv", "two.csv"):
        (study.raw / "survey" / name).write_bytes(b"")
    with pytest.raises(Faults) as raised:
        build(study)
    assert [fault.file for fault in raised.value.faults] == ["one.csv", "two.csv"]


@pytest.mark.acceptance
def test_context_joins_by_country_and_is_counted(tmp_path):
    study = small(tmp_path, settings={"context": {"country": "iso", "indicators": ["tier"]}},
                  context=[{"iso": "Cambodia", "tier": "2"}, {"iso": "Atlantis", "tier": "1"}])
    build(study)
    found = tables.read_table("context", study=study)
    assert found[["country_id", "value"]].values.tolist() == [["KHM", "2"]]


@pytest.mark.acceptance
@pytest.mark.parametrize("rows, settings, questions", [
    ([{"org": "a", "country": "KHM", "Q1": "yes"}], {}, [question("Q1", "single", "law")]),
    ([{"org": "a", "Q1": "yes"}, {"org": "b", "Q1": ""}], {"survey": {"country": ""}},
     [question("Q1", "single", "law")]),
    (ROWS, {}, [question("Q1", "single", "law", unit="organisation")]),
    (ROWS, {}, [question("Q2", "text")]),
    ([{"org": "a", "Q1": ""}], {"survey": {"country": ""}},
     [question("Q1", "single", "countries")]),
    ([{"org": "court", "Q1": "yes"}], {"survey": {"country": ""}}, [question("Q1", "multi", "law")])],
    ids=["one organisation", "no country", "nothing but organisations", "nothing but texts",
         "no country anywhere", "one multiple choice"])
def test_a_study_may_be_small_in_every_way(tmp_path, rows, settings, questions):
    study = small(tmp_path, rows, settings=settings, questions=questions)
    build(study)
    assert len(tables.read_table("answers", study=study)) == len(rows)


@pytest.mark.acceptance
def test_a_probability_sample_builds_with_its_comparisons(tmp_path):
    rows = [{"org": f"o{n}", "country": "KHM", "Q1": "yes" if n < 6 else "no", "Q2": ""}
            for n in range(12)]
    study = small(tmp_path, rows, settings={"study": {"sampling": "probability"}},
                  organisations=[{"organisation_id": f"o{n}", "type": "shelter" if n < 6 else "legal"}
                                 for n in range(12)])
    build(study)
    found = tables.read_table("figures", study=study).set_index("figure_id")
    assert found.loc["Q1/cramers_v/type=", "value"] == pytest.approx(1)
    assert found.loc["Q1/p_adjusted/type=", "value"] < .05
