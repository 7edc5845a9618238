"""Tables built for the team alone: nobody else sees anything of them before it is decided, by any door."""

import json
import shutil

import pytest
from click.testing import CliRunner

from glc_analysis import release_store, report, tables
from glc_analysis.build import (
    BUILD_STEPS,
    build,
    build_step_and_its_prerequisites,
    build_steps,
    check_study,
    forecast_build,
)
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, GLCError
from glc_analysis.manifest import (
    UNDECIDED,
    are_tables_current,
    read_built_release_info,
    rename_next_release_folder,
)
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.run.plan import are_disclosure_decisions_used_by_pages
from glc_analysis.run.record import RUN_RECORD
from glc_analysis.status import list_study_status_lines
from glc_analysis.study import Study
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import OpenStudy
from tests.support.built_studies import built
from tests.support.study_writer import choices, places, question, write_csv, write_study

ROWS = [{"org": f"org-{k:02}", "country": "KHM", "Q1": ["no", "yes"][k % 2], "when": f"2016-05-{k + 1:02}"}
        for k in range(20)]
CHANGED = [ROWS[0] | {"Q1": "yes"}, *ROWS[1:]]
READERS = ("convening", "public")


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    made = built(write_study(
        tmp_path_factory.mktemp("undecided") / "study", ROWS,
        questions=[question("Q1", "single", "law", wording="Is there a law?")],
        options=choices("law", "yes", "no", "dont_know"), countries=places("KHM asia"),
        settings={"survey": {"started": "when"}}))
    rename_next_release_folder(made.private, "public", 1)
    return made


@pytest.fixture
def study(decided, tmp_path):
    return Study(shutil.copytree(decided.root, tmp_path / "study"))


def corrected(study, rows=CHANGED, *, is_for_all_audiences=False):
    """The study after a correction, built as `glc run` builds it for the team."""
    write_csv(study.raw / "survey/survey.csv", rows)
    build_steps(Study(study.root), is_for_all_audiences=is_for_all_audiences)
    return Study(study.root)


def files(study):
    return {path.relative_to(study.root).as_posix(): path.read_bytes()
            for folder in (study.processed, study.private / "releases")
            for path in folder.rglob("*") if path.is_file()}


def shown_n(study, audience):
    rows = tables.read_table(f"release_{audience}", study=study).set_index("figure_id")
    return rows.loc["Q1/yes/all", "shown_n"]


def test_the_team_sees_the_correction_at_once(undecided):
    assert OpenStudy(undecided.root).view().counts("Q1").set_index("option").loc["Yes", "n"] == 11
    assert are_tables_current(undecided, is_for_all_audiences=False) and not are_tables_current(undecided)


DOORS = {
    "the decisions": lambda study, audience, _: tables.read_table(f"release_{audience}", study=study),
    "those of a question": lambda study, audience, _: tables.read_table(
        f"release_{audience}", study=study, question="Q1"),
    "a table of the study": lambda study, audience, _: getattr(OpenStudy(study.root), f"release_{audience}"),
    "counts": lambda study, audience, _: OpenStudy(study.root).view(audience).counts("Q1"),
    "questions": lambda study, audience, _: OpenStudy(study.root).view(audience).questions,
    "sizes": lambda study, audience, _: OpenStudy(study.root).view(audience).sizes,
    "all figures": lambda study, audience, _: OpenStudy(study.root).view(audience).released,
    "a measure": lambda study, audience, _: OpenStudy(study.root).view(
        audience).select_measure_figures("quality"),
    "the folder of a page": write_visible_part_of_study,
    "downloads": lambda study, audience, _: collect_tables_to_download(study, audience),
    "the release": lambda study, audience, _: read_built_release_info(study, audience)}


@pytest.fixture(scope="module")
def undecided(decided, tmp_path_factory):
    return corrected(Study(shutil.copytree(decided.root, tmp_path_factory.mktemp("corrected") / "study")))


@pytest.fixture
def corrected_study(undecided, tmp_path):
    """A copy of the study after the correction."""
    return Study(shutil.copytree(undecided.root, tmp_path / "study"))


@pytest.mark.parametrize("audience", READERS)
@pytest.mark.parametrize("door", DOORS.values(), ids=[*DOORS])
def test_nobody_else_sees_a_figure_that_was_not_decided(decided, undecided, door, audience, tmp_path):
    door(decided, audience, tmp_path)
    with pytest.raises(GLCError, match=f"What the {audience} may see of these tables has not been decided"):
        door(undecided, audience, tmp_path)


def test_no_file_is_left_that_says_what_others_saw_before_the_correction(decided, undecided):
    before = {path.name for path in decided.processed.iterdir()}
    left = {path.name for path in undecided.processed.iterdir()}
    assert before - left == {"release_convening.parquet", "release_public.parquet"} and left < before
    package = json.loads((undecided.processed / "datapackage.json").read_text(encoding="utf-8"))
    assert {one["path"] for one in package["resources"]} == {name for name in left if "parquet" in name}


def test_the_next_release_is_not_that_of_the_tables_before(study):
    rename_next_release_folder(study.private, "convening", 1)
    stored = files(study)
    corrected(study)
    for audience in READERS:
        with pytest.raises(GLCError, match="has not been decided"):
            release_store.record_next_release_as_published(study, audience)
    assert {name: content for name, content in files(study).items() if name.startswith("private")} == {
        name: content for name, content in stored.items() if name.startswith("private")}


def test_the_next_build_decides_and_equals_one_from_nothing(corrected_study, tmp_path):
    study = corrected_study
    whole = Study(shutil.copytree(study.root, tmp_path / "whole",
                                  ignore=shutil.ignore_patterns("processed", "next")))
    reports = {report.step: report.why for report in build_steps(Study(study.root)).reports if report.why}
    assert reports == {"releases": "not decided yet"}
    build(whole)
    assert files(study) == files(whole) and are_tables_current(study)
    assert shown_n(study, "public") == 10  # what was published stays


def test_a_second_correction_before_anything_is_decided_is_not_decided_either(corrected_study):
    study = corrected_study
    corrected(study, [*ROWS[:1], ROWS[1] | {"Q1": "no"}, *ROWS[2:]])
    with pytest.raises(GLCError, match="has not been decided"):
        tables.read_table("release_public", study=study)
    corrected(study, ROWS)  # back to what was decided once: its tables are gone all the same
    assert not are_tables_current(study) and UNDECIDED in json.loads(
        (study.processed / "slices.json").read_text(encoding="utf-8"))
    build(study)
    assert shown_n(study, "public") == 10


def test_where_nothing_changed_the_decisions_stay(study):
    before = files(study)
    build_steps(Study(study.root), is_for_all_audiences=False)
    assert files(study) == before and are_tables_current(study) and shown_n(study, "public") == 10


def test_a_lost_release_is_missed_also_while_nothing_is_decided(corrected_study):
    study = corrected_study
    shutil.rmtree(study.private / "releases/public/001")
    for is_for_all_audiences in (False, True):
        with pytest.raises(Faults, match="release 1 is missing from private/releases/public"):
            build_steps(Study(study.root), is_for_all_audiences=is_for_all_audiences)
    with pytest.raises(Faults, match="release 1 is missing"):
        check_study(Study(study.root))


def test_a_build_that_is_cut_off_leaves_no_old_decisions_beside_new_figures(study, monkeypatch):
    moved = []

    def replace(source, target):
        moved.append(target.name)
        assert not [*study.processed.glob("release_*.parquet")]
        raise KeyboardInterrupt
    monkeypatch.setattr("glc_analysis.build.os.replace", replace)
    with pytest.raises(KeyboardInterrupt):
        corrected(study)
    monkeypatch.undo()
    assert moved and not (study.processed / "slices.json").is_file()
    build_steps(Study(study.root), is_for_all_audiences=False)
    with pytest.raises(GLCError, match="has not been decided"):
        OpenStudy(study.root).view("public").counts("Q1")
    build(study)
    assert shown_n(study, "public") == 10


def test_one_step_alone_makes_nothing_current_for_others(corrected_study):
    study = corrected_study
    assert [str(one).splitlines()[0] for one in forecast_build(study) if one.why] == [
        "releases: would run (not decided yet)"]
    build_step_and_its_prerequisites(study, "blocks")
    with pytest.raises(GLCError, match="has not been decided"):
        tables.read_table("release_convening", study=study)
    build_step_and_its_prerequisites(study, "releases")
    assert not are_tables_current(study)
    corrected(study, [ROWS[0], ROWS[1] | {"Q1": "no"}, *ROWS[2:]])
    with pytest.raises(GLCError, match="has not been decided"):
        tables.read_table("release_convening", study=study)


def test_status_says_what_is_not_decided(decided, undecided):
    line = ("Tables: up to date for the team. What the convening and the public may see is not decided "
            "yet. `glc build` decides it, and so does any command that needs it.")
    assert line in [*list_study_status_lines(undecided)]
    assert "Tables: up to date." in [*list_study_status_lines(decided)]


def test_no_step_rests_on_what_may_be_undecided():
    made = {name for step in BUILD_STEPS if step.name == "releases" for name in step.makes}
    assert "release_public" in made and not [step.name for step in BUILD_STEPS if made & {*step.needs}]


# Who decides

def called(study, monkeypatch, *arguments):
    """Runs a command whose pages need not be made."""
    monkeypatch.setattr(report, "update_report_pages", lambda *_, build, **__: build() or report.RunResult())
    done = CliRunner().invoke(cli, ["--study", str(study.root), *arguments])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(("arguments", "is_decided"), [
    (["run"], False), (["run", "--audience", "convening"], True), (["run", "--audience", "public"], True),
    (["build"], True), (["list"], True), (["summary", "Q1"], True)],
    ids=["team", "convening", "public", "build", "list", "summary"])
def test_every_command_but_a_run_for_the_team_decides(study, monkeypatch, arguments, is_decided):
    write_csv(study.raw / "survey/survey.csv", CHANGED)
    called(study, monkeypatch, *arguments)
    assert are_tables_current(study) == is_decided and are_tables_current(study, is_for_all_audiences=False)


@pytest.mark.parametrize(("reads", "is_needed"), [
    (["figures", "answers country=KHM"], False), (["release_public question=Q1"], True),
    (["processed"], True)])
def test_a_page_of_the_team_that_read_the_decisions_the_last_time_gets_them(study, reads, is_needed):
    assert not are_disclosure_decisions_used_by_pages(study, "team")
    run = study.reports / "team/current"
    run.mkdir(parents=True)
    (run / RUN_RECORD).write_text(json.dumps({"pages": {"own": {"reads": reads}}}), encoding="utf-8")
    assert are_disclosure_decisions_used_by_pages(study, "team") == is_needed
    assert are_disclosure_decisions_used_by_pages(study, "public")
