"""Every table keeps to its description, and is read whole or by country, theme or question."""

import json
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
from frictionless import Package

from glc_analysis import read_log, tables
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.tables import TABLES
from tests.support.built_studies import built
from tests.support.study_on_disk import SmallStudy
from tests.support.study_writer import choices, places, question, themes, write_study

KINDS = {"text": "str", "integer": "Int64", "number": "float64", "boolean": "bool"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two organisations work in Cambodia, one of them in Peru too, a third in Laos."""
    rows = [{"org": "a", "country": "KHM", "Q1": "yes", "Q2": "food", "Q3": "Two rooms", "own": "yes"},
            {"org": "a", "country": "PER", "Q1": "no", "Q2": "food legal", "Q3": ""},
            {"org": "b", "country": "KHM", "Q1": "yes", "Q2": "", "Q3": "ផ្ទះ", "own": "no"},
            {"org": "c", "country": "LAO", "Q1": "", "Q2": "legal", "Q3": "", "own": ""}]
    made = write_study(
        tmp_path_factory.mktemp("small"), rows,
        settings={"study": {"id": "កម្ពុជា 2016", "title": "Étude"},
                  "context": {"country": "iso", "indicators": ["tier"]}},
        context=[{"iso": "KHM", "tier": "2"}, {"iso": "PER", "tier": "1"}],
        questions=[question("Q1", "single", "law", theme_id="rights"),
                   question("Q2", "multi", "services", theme_id="care"),
                   question("Q3", "text", theme_id="care"),
                   question("own", "single", "law", unit="organisation", theme_id="rights")],
        options=[*choices("law", "yes", "no"), *choices("services", "food", "legal")],
        countries=places("KHM asia", "LAO asia", "PER america"),
        codebook=themes("rights", "care", "empty"))
    built(made)
    return made


def read(name, study, **slice_):
    return tables.read_table(name, study=study, **slice_)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_its_columns_types_and_key(name, study):
    frame, table = read(name, study), TABLES[name]
    assert {c: str(t) for c, t in frame.dtypes.items()} \
        == {c: KINDS[column.kind] for c, column in table.columns.items()}
    assert not frame.duplicated(list(table.key)).any()
    assert frame.equals(frame.sort_values(list(table.key), ignore_index=True))


@pytest.mark.parametrize("name", TABLES)
def test_text_is_never_missing_and_keeps_to_the_allowed_words(name, study):
    frame = read(name, study)
    for column, about in TABLES[name].columns.items():
        if about.kind == "text":
            assert frame[column].notna().all()
            assert not about.allowed or set(frame[column]) <= set(about.allowed)


@pytest.mark.parametrize("name", TABLES)
def test_a_parquet_file_holds_text_and_not_categories_alone(name, study):
    schema = pq.read_schema(study.processed / f"{name}.parquet")
    kinds = {f.name: str(getattr(f.type, "value_type", f.type)) for f in schema}
    text = [c for c, about in TABLES[name].columns.items() if about.kind == "text"]
    assert {kinds[c] for c in text} <= {"string", "large_string"}


def frame_of(name, **columns):
    return pd.DataFrame({c: columns.get(c, "") for c in TABLES[name].columns}, index=[0, 1])


def test_a_key_that_stands_twice_breaks_the_schema():
    with pytest.raises(GLCError, match="Table organisations breaks its schema: key organisation_id = a "):
        tables.conform_to_schema("organisations", frame_of("organisations", organisation_id="a",
                                                           is_interpreted=False))


def test_a_word_that_is_not_allowed_breaks_the_schema():
    frame = frame_of("documents", document_id=["d1", "d2"], kind="letter", is_interpreted=False)
    with pytest.raises(GLCError, match="Table documents breaks its schema: column kind has 'letter'"):
        tables.conform_to_schema("documents", frame)


def test_all_that_breaks_the_schema_is_said_at_once():
    frame = frame_of("documents", document_id=pd.Categorical(["d1", None]), kind="letter",
                     is_interpreted=False)
    with pytest.raises(GLCError, match="column document_id lacks text; column kind has 'letter'"):
        tables.conform_to_schema("documents", frame)


def test_shaping_sorts_by_key_fills_in_columns_and_drops_others():
    shaped = tables.conform_to_schema("context", pd.DataFrame({
        "country_id": ["PER", "KHM"], "indicator": "tier", "value": ["1", None], "more": 1}))
    assert shaped.columns.tolist() == list(TABLES["context"].columns)
    assert shaped["country_id"].tolist() == ["KHM", "PER"]
    assert shaped["value"].tolist() == ["", "1"] and shaped["year"].tolist() == ["", ""]


def test_shaping_leaves_the_frame_that_came_in_alone():
    frame = frame_of("context", country_id=["PER", "KHM"])
    before = frame.copy()
    tables.conform_to_schema("context", frame)
    pd.testing.assert_frame_equal(frame, before)


def test_the_same_frame_gives_the_same_bytes(study, tmp_path):
    for name in ("responses", "figures"):
        frame = read(name, study)
        (tmp_path / name).mkdir()
        one = tables.write_table(tmp_path, name, frame).read_bytes()
        two = tables.write_table(tmp_path / name, name, frame.copy()).read_bytes()
        assert one == two


@pytest.mark.parametrize("name", ["responses", "figures"])
def test_the_bytes_do_not_depend_on_how_pandas_holds_text(name, study, tmp_path):
    written = set()
    for storage in ("python", "pyarrow"):
        with pd.option_context("mode.string_storage", storage):
            frame = tables.read_stored_table(study.processed, name)
            assert {one.storage for one in frame.dtypes if isinstance(one, pd.StringDtype)} == {storage}
            written.add(tables.write_table(tmp_path, name, frame).read_bytes())
    assert len(written) == 1


def test_a_country_has_its_organisations_and_their_answers_for_it(study):
    assert read("organisations", study, country="KHM")["organisation_id"].tolist() == ["a", "b"]
    assert read("organisations", study, country="PER")["organisation_id"].tolist() == ["a"]
    assert set(read("answers", study, country="KHM")["organisation_id"]) == {"a", "b"}
    assert set(read("selections", study, country="PER")["answer_id"]) == {"survey.r3"}


def test_answers_about_an_organisation_appear_in_every_country_it_answered_for(study):
    for country, owners in (("KHM", ["a", "b"]), ("PER", ["a"]), ("LAO", ["c"])):
        found = read("responses", study, country=country)
        own = found[found["question_id"] == "own"]
        assert sorted(own["organisation_id"]) == owners and set(own["country_id"]) == {""}
        assert set(found["country_id"]) == {country, ""}


def test_a_countrys_estimates_come_with_its_regions_and_without_the_whole_studys(study):
    found = read("figures", study, country="PER")
    assert set(zip(found["subset_kind"], found["subset_id"], strict=True)) \
        == {("country", "PER"), ("region", "america")}


def test_facts_and_names_of_a_country_are_its_own(study):
    assert read("context", study, country="KHM")["value"].tolist() == ["2"]
    assert read("countries", study, country="KHM")["label"].tolist() == ["Cambodia"]


def test_texts_of_a_country_are_its_own(study):
    assert read("segments", study, country="KHM")["text"].tolist() == ["Two rooms", "ផ្ទះ"]
    assert read("segments", study, country="LAO").empty


def test_a_theme_has_the_rows_of_its_questions(study):
    assert set(read("responses", study, theme="rights")["question_id"]) == {"Q1", "own"}
    assert set(read("figures", study, theme="care")["question_id"]) == {"Q2", "Q3"}
    assert set(read("segments", study, theme="care")["guide_question_id"]) == {"Q3"}


def test_country_and_theme_cut_together(study):
    found = read("responses", study, country="PER", theme="care")
    assert set(zip(found["question_id"], found["country_id"], strict=True)) \
        == {("Q2", "PER"), ("Q3", "PER")}


def test_a_theme_without_questions_is_empty(study):
    assert read("responses", study, theme="empty").empty
    assert read("figures", study, theme="empty").empty


def test_a_slice_of_a_long_table_costs_the_groups_with_its_own_rows(study, tmp_path, monkeypatch):
    frame = read("responses", study)
    monkeypatch.setattr("glc_analysis.tables._ROW_GROUP", 2)
    path = tables.write_table(tmp_path, "responses", frame.iloc[::-1])
    stored = pq.read_table(path).to_pandas().astype(frame.dtypes)
    key = ["country_id", "organisation_id"]
    assert stored[key].equals(frame[key].sort_values(key).reset_index(drop=True))
    rows = frame.columns.tolist()
    assert stored.sort_values(rows, ignore_index=True).equals(frame.sort_values(rows, ignore_index=True))
    groups = pq.ParquetFile(path).metadata
    found = [groups.row_group(n).column(frame.columns.get_loc("country_id")).statistics
             for n in range(groups.num_row_groups)]
    assert sum(one.min <= "PER" <= one.max for one in found) < len(found) / 2


@pytest.mark.parametrize("name", ["answers", "codebook"])
def test_a_country_in_which_nobody_works_is_no_name_for_a_slice(name, study):
    with pytest.raises(UsageError, match="There is no country 'TWN'"):
        read(name, study, country="TWN")


def test_a_table_that_is_not_there_is_answered_with_the_nearest(study):
    with pytest.raises(UsageError, match="no table 'reponses'; nearest: 'responses'"):
        read("reponses", study)


def test_tables_that_are_not_built_are_a_fault_with_its_fix(tmp_path):
    made = write_study(tmp_path, [{"org": "a"}])
    with pytest.raises(GLCError, match="run `glc build`"):
        read("answers", made)


def test_tables_of_an_earlier_version_say_which_column_is_missing(study, tmp_path):
    older = pd.read_parquet(study.processed / "memos.parquet").drop(columns="text")
    shutil.copytree(study.root, tmp_path / "older")
    older.to_parquet(tmp_path / "older/processed/memos.parquet")
    with pytest.raises(GLCError, match="another version .*: memos has no column 'text'. To fix: "):
        tables.read_table("memos", study=tmp_path / "older")


def test_the_descriptor_is_a_valid_data_package(study):
    descriptor = json.loads((study.processed / "datapackage.json").read_text(encoding="utf-8"))
    Package.validate_descriptor(descriptor)
    assert Package.from_descriptor(descriptor).to_descriptor()["name"] == "2016"
    assert sorted(r["name"] for r in descriptor["resources"]) == sorted(TABLES)


def test_the_name_of_a_data_package_is_plain_whatever_the_study_is_called(study):
    descriptor = json.loads((study.processed / "datapackage.json").read_text(encoding="utf-8"))
    assert (descriptor["name"], descriptor["title"]) == ("2016", "Étude")


def test_the_descriptor_tells_size_checksum_and_every_column(study):
    descriptor = json.loads((study.processed / "datapackage.json").read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        path = study.processed / resource["path"]
        assert resource["bytes"] == path.stat().st_size
        assert [f["name"] for f in resource["schema"]["fields"]] \
            == pq.read_schema(path).names


def test_the_dictionary_tells_every_table_and_column(study):
    text = (study.processed / "DICTIONARY.md").read_text(encoding="utf-8")
    parts = {part.split("\n")[0]: part for part in text.split("\n## ")[1:]}
    assert list(parts) == list(TABLES)
    for name, table in TABLES.items():
        for column, about in table.columns.items():
            assert f"| `{column}` | {about.kind} | {about.meaning}" in parts[name]


def test_every_description_has_words():
    for table in TABLES.values():
        assert table.grain and all(about.meaning for about in table.columns.values())
        assert set(table.key) <= set(table.columns)
        assert all(c == c.lower() for c in table.columns)


@pytest.mark.parametrize(("slice_", "message"), [
    ({"country": "KHN"}, "There is no country 'KHN' in this study; nearest: 'KHM' (Cambodia)."),
    ({"country": "Kambodia"}, "There is no country 'Kambodia' in this study; nearest: 'KHM' (Cambodia)."),
    ({"theme": "rigths"}, "There is no theme 'rigths' in this study; nearest: 'rights'."),
    ({"question": "Q9"}, "There is no question 'Q9' in this study; nearest: 'Q3', 'Q2', 'Q1'.")])
def test_a_name_that_is_not_known_is_answered_with_the_nearest_id(slice_, message, study):
    with pytest.raises(UsageError) as said:
        read("figures", study, **slice_)
    assert str(said.value) == message


def test_a_name_may_be_written_in_small_letters(study):
    assert read("answers", study, country="khm").equals(read("answers", study, country="KHM"))


def test_a_question_has_its_figures_and_what_is_released_of_them(study):
    figures = read("figures", study, question="Q1")
    assert set(figures["question_id"]) == {"Q1"}
    released = read("release_public", study, question="q1")
    assert set(released["figure_id"]) == set(figures["figure_id"])


def test_question_and_country_cut_together(study):
    figures = read("figures", study, question="Q1", country="PER")
    assert set(figures["question_id"]) == {"Q1"}
    assert set(figures["subset_kind"]) == {"country", "region"}


def test_a_table_that_has_no_slices_by_question_says_so(study):
    with pytest.raises(UsageError, match="'codings' has no slices by question"):
        read("codings", study, question="Q1")


@pytest.fixture
def log(study, tmp_path, monkeypatch):
    """What a page would have recorded, as a function."""
    path = tmp_path / "reads"
    monkeypatch.setattr(read_log, "_log", read_log._Log(str(path), str(study.root)))
    return lambda: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("name", "slice_", "thing"), [
    ("responses", {}, "responses"), ("responses", {"country": "khm"}, "responses country=KHM"),
    ("responses", {"theme": "care"}, "responses theme=care"), ("codebook", {"country": "KHM"}, "codebook"),
    ("questions", {"theme": "care"}, "questions"),
    ("figures", {"country": "KHM", "question": "Q1"}, "figures question=Q1"),
    ("release_public", {"question": "Q1"}, "release_public question=Q1"),
    ("release_public", {"country": "KHM"}, "release_public")])
def test_it_is_recorded_which_slice_a_page_has_read(name, slice_, thing, study, log):
    read(name, study, **slice_)
    read(name, study, **slice_)
    assert log() == [thing]


def test_a_table_that_is_not_built_is_recorded_all_the_same(study, log, monkeypatch):
    monkeypatch.setitem(TABLES, "later", TABLES["answers"])
    with pytest.raises(GLCError, match="not built"):
        read("later", study)
    assert log() == ["later"]


def test_a_reference_table_that_a_build_has_read_has_the_texts_of_whoever_reads_it_next(tmp_path):
    study = Study(SmallStudy(tmp_path).root)
    with tables.use_python_strings():
        read_reference(study)
    with pd.option_context("mode.string_storage", "pyarrow"):
        assert read_reference(study).questions["wording"].dtype.storage == "pyarrow"


def test_rows_of_a_frame_are_those_of_itertuples():
    frame = pd.DataFrame({"text": pd.array(["a", None], dtype="str"), "n": pd.array([1, None], dtype="Int64"),
                          "share": [0.5, float("nan")], "is_own": [True, False],
                          "kind": pd.Categorical(["call", "answer"])}, index=[7, 3])
    rows, expected = [*tables.iterate_rows(frame)], [*frame.itertuples(index=False)]
    assert [row._fields for row in rows] == [row._fields for row in expected]
    assert [[*map(str, row)] for row in rows] == [[*map(str, row)] for row in expected]
