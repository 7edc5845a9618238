"""A study is a folder: how it is found, which of its files are data, how one is started."""

import tomllib

import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.new_study import FOLDERS, start_study
from glc_analysis.reference import REQUIRED_COLUMNS, read_reference
from glc_analysis.schema import list_table_files
from glc_analysis.status import list_study_status_lines
from glc_analysis.study import DEFAULTS, REPOSITORY, Study
from tests.support.study_on_disk import SmallStudy

SETTINGS = "reference/study.toml"


@pytest.fixture
def small(tmp_path) -> SmallStudy:
    return SmallStudy(tmp_path / "small")


def glc(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def names(study, kind="survey"):
    return [study.make_relative(path) for path in Study(study.root).list_raw_files(kind)]


# Which study

def test_the_study_that_is_named_comes_before_that_of_the_environment(tmp_path, monkeypatch):
    for name in ("named", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("GLC_STUDY", str(tmp_path / "other"))
    assert Study.find(tmp_path / "named").root == tmp_path / "named"
    assert Study.find().root == tmp_path / "other"


def test_without_a_name_the_study_is_that_of_the_repository(monkeypatch):
    monkeypatch.delenv("GLC_STUDY", raising=False)
    assert Study.find().root == REPOSITORY / "data"


def test_a_relative_name_is_taken_from_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Study.find("mine").root == tmp_path / "mine"


def test_a_study_that_is_not_there_is_wrong_usage(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        result = glc("--study", tmp_path / name, "check")
        assert result.exit_code == 2
        assert f"There is no study folder {tmp_path / name}. To fix: name an existing folder" in result.stderr
    monkeypatch.setenv("GLC_STUDY", "nowhere")
    with pytest.raises(UsageError, match=r"no study folder nowhere \(named by GLC_STUDY\)"):
        Study.find()


def test_a_folder_without_study_toml_is_no_study_yet(tmp_path):
    for command in ("check", "build", "status"):
        result = glc("--study", tmp_path, command)
        assert result.exit_code == 1
        assert f"{tmp_path.name}/reference/study.toml is missing. To fix: start a study" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_settings_stand_over_the_defaults(small):
    settings = Study(small.root).settings
    assert settings["survey"] == {**DEFAULTS["survey"], "organisation": "org", "country": "country",
                                  "started": "start", "blank": ["NA"]}
    assert settings["coding"] == DEFAULTS["coding"]


def test_a_study_without_a_title_goes_by_its_id_and_without_one_by_its_folder(small):
    small.spoil(SETTINGS, ('title = "Small study"\n', ""))
    assert Study(small.root).title == "small"
    small.spoil(SETTINGS, ('"small"', '""'))
    assert Study(small.root).title == small.root.name


# Which files

def test_patterns_are_relative_to_study_toml_wherever_the_command_runs(small, tmp_path, monkeypatch):
    small.write("raw/survey/b.csv", "x")
    monkeypatch.chdir(tmp_path)
    assert names(Study(small.root)) == ["raw/survey/answers.csv", "raw/survey/b.csv"]


def test_raw_files_may_lie_outside_the_study(small):
    (small.root.parent / "shared").mkdir()
    (small.root.parent / "shared" / "survey.csv").write_text("x")
    small.spoil(SETTINGS, ("../raw/survey/*", "../../shared/*.csv"))
    assert names(Study(small.root)) == ["../shared/survey.csv"]


def test_a_file_that_is_named_is_listed_even_where_it_is_missing(small):
    small.spoil(SETTINGS, ("survey/*", "survey/missing.csv"))
    assert names(Study(small.root)) == ["raw/survey/missing.csv"]


def test_brackets_in_the_names_of_files_and_folders_are_only_brackets(tmp_path):
    small = SmallStudy(tmp_path / "study [2017]")
    assert names(Study(small.root)) == ["raw/survey/answers.csv"]
    small.write("raw/survey/answers [1].csv", "x")
    small.spoil(SETTINGS, ("survey/*", "survey/answers [1].csv"))
    assert names(Study(small.root)) == ["raw/survey/answers [1].csv"]


def test_files_that_hold_no_data_are_not_listed(small):
    for name in ("README.md", "ReadMe.txt", ".gitkeep", ".~lock.answers.csv#", "~$answers.xlsx",
                 "Thumbs.db", "desktop.ini"):
        small.write(f"raw/survey/{name}", "x")
    study = Study(small.root)
    all_names = [study.make_relative(p) for p in study.list_all_raw_files()]
    assert names(study) == all_names == ["raw/survey/answers.csv"]


def test_coders_have_a_file_each(small):
    small.spoil(SETTINGS, ("[survey]", '[raw.codings]\nana = "../raw/codings/ana/*.csv"\n[survey]'))
    small.write("raw/codings/ana/codes.csv", "x")
    assert names(Study(small.root), "codings") == ["raw/codings/ana/codes.csv"]


def test_files_that_no_setting_names_are_told(small):
    small.write("raw/survey/wave 1/answers.csv", "x")
    small.write("raw/notes.docx", "x")
    assert Study(small.root).list_unused_raw_files() == ["raw/notes.docx", "raw/survey/wave 1/answers.csv"]
    assert "raw/notes.docx: is in raw/, but no setting of study.toml names it." in small.glc("check").stderr


def test_a_study_is_started_when_a_raw_file_has_arrived(small):
    assert Study(small.root).is_started
    (small.root / "raw/survey/answers.csv").unlink()
    assert not Study(small.root).is_started


# Status

def test_status_tells_what_arrived_and_what_is_out_of_date(small):
    small.write("raw/notes.docx", "x")
    assert list(list_study_status_lines(Study(small.root))) == [
        "Small study: 2 raw files, none changed or missing.",
        "raw/notes.docx: new, not yet in the manifest (`glc check --accept`).",
        "raw/survey/answers.csv: new, not yet in the manifest (`glc check --accept`).",
        "raw/notes.docx: is in raw/, but no setting of study.toml names it.",
        "Tables: not built."]
    small.glc("build")
    lines = small.glc("status").stdout.splitlines()
    assert "Tables: up to date." in lines
    assert "Pages: 8, 8 to run." in lines
    assert "  country-khm: never made" in lines
    small.spoil("reference/options.csv", ("Legal aid", "Legal help"))
    assert "Tables: out of date; the next run rebuilds them." in small.glc("status").stdout


# A new study

def test_init_makes_a_study_whose_faults_check_explains_one_step_at_a_time(tmp_path, small):
    root = tmp_path / "new"
    result = glc("init", root)
    assert result.exit_code == 0 and f"glc --study {root} check" in result.stderr
    assert all((root / folder).is_dir() for folder in FOLDERS)
    assert "No survey file has arrived." in glc("--study", root, "check").stderr
    survey = (small.root / "raw/survey/answers.csv").read_bytes()
    (root / "raw/survey/answers.csv").write_bytes(survey)
    assert "questions.csv: has no question." in glc("--study", root, "check").stderr
    (root / "reference/questions.csv").write_bytes((small.root / "reference/questions.csv").read_bytes())
    assert "options.csv has no such list" in glc("--study", root, "check").stderr


def test_a_new_study_has_every_reference_table_and_the_default_settings(tmp_path):
    start_study(tmp_path / "new")
    for file in (file for name in REQUIRED_COLUMNS for file in list_table_files(name)):
        assert (tmp_path / "new" / file.path).read_text() == ",".join(file.required) + "\n"
    assert all(table.empty for table in read_reference(Study(tmp_path / "new")).tables.values())
    written = tomllib.loads((tmp_path / "new" / SETTINGS).read_text(encoding="utf-8"))
    written["study"] |= {"id": "", "title": ""}
    for section, values in written.items():
        assert values == {name: DEFAULTS[section][name] for name in values}


def test_a_new_study_may_be_called_anything(tmp_path):
    start_study(tmp_path / 'Étude "pilote" {1}')
    study = Study(tmp_path / 'Étude "pilote" {1}')
    assert (study.id, study.title) == ("etude_pilote_1", 'Étude "pilote" {1}')


def test_init_leaves_a_study_that_is_there_alone(small):
    before = small.files()
    assert glc("init", small.root).exit_code == 2
    assert small.files() == before


def test_init_where_no_folder_can_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    result = glc("init", tmp_path / "file")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)


# The sample

def test_the_sample_is_removed_and_its_reference_tables_stay(tmp_path):
    assert glc("--study", tmp_path, "sample").exit_code == 0
    (tmp_path / "processed").mkdir(exist_ok=True)
    (tmp_path / "processed/answers.parquet").write_text("x")
    (tmp_path / "reports/team/runs").mkdir(parents=True)
    assert glc("--study", tmp_path, "sample", "--remove").exit_code == 0
    left = {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"reference", ".gitignore"} and not (tmp_path / "reports").exists()
    said = glc("--study", tmp_path, "check").stderr
    assert "are missing. To fix: write them with `glc sample`." in said


def test_removing_the_sample_never_touches_a_real_file(tmp_path):
    glc("--study", tmp_path, "sample")
    (tmp_path / "raw/survey/real.csv").write_text("org\nharbour\n")
    before = sorted(tmp_path.rglob("*"))
    result = glc("--study", tmp_path, "sample", "--remove")
    assert result.exit_code == 1
    assert "raw/survey/real.csv: is not a file of the sample, or was changed" in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.acceptance
def test_a_study_without_a_sample_loses_nothing(small):
    small.glc("build")
    (small.root / "raw/survey/answers.csv").unlink()
    before = small.files()
    assert small.glc("sample", "--remove").exit_code == 1
    assert small.files() == before


def test_the_sample_is_not_mixed_into_a_study_that_has_raw_files(small):
    before = small.files()
    result = small.glc("sample")
    assert result.exit_code == 1 and "there are raw files already" in result.stderr
    assert small.files() == before


def test_settings_are_read_once_and_faults_come_before_any_file(small):
    small.spoil(SETTINGS, ("title", "titel"))
    with pytest.raises(GLCError, match="there is no such setting"):
        Study(small.root).list_raw_files("survey")
