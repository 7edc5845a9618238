"""A step runs when something that it needs has changed; taking tables over equals building from nothing."""

import json
import shutil

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import build as building
from glc_analysis import manifest, tables
from glc_analysis.addon import list_declarations
from glc_analysis.build import BUILD_STEPS, build, build_steps
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.cli import cli
from glc_analysis.reference import read_reference
from glc_analysis.steps import (
    Engine,
    Inputs,
    Part,
    Record,
    Step,
    UndeclaredError,
    is_input,
)
from glc_analysis.study import Study
from tests.support.share import drawn
from tests.support.study_of_everything import (
    contents,
    edits,
    equal_after_random_edits,
    files,
    from_nothing,
    ran,
    said_anywhere,
    write,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("steps") / "study"
    study = write(root, contents())
    build(study)
    return study


@pytest.fixture
def study(built, tmp_path):
    return Study(shutil.copytree(built.root, tmp_path / "study"))


@pytest.mark.acceptance
@pytest.mark.parametrize(("seed", "n_edits"), [(0, 3), *((seed, 8) for seed in drawn(range(7), 1))])
def test_a_build_that_takes_over_equals_one_from_nothing_after_random_edits(seed, n_edits, tmp_path):
    equal_after_random_edits(contents(), edits, seed, n_edits, tmp_path)


COUNTED = {"survey records", "survey figures", "quality figures", "figures", "releases",
           "blocks"}
OF_ADD_ONS = {step.name for add_on, name in list_declarations("steps") for step in add_on.load_object(name)}


@pytest.mark.acceptance
@pytest.mark.parametrize("edit, steps", [
    (lambda made: made.rows[0].update(Q4="33"), {
        "records", "organisations", "answers", "open answers", "coded columns", "records against answers",
        *COUNTED}),
    (lambda made: made.reference["quotes"][0].update(text="We wait"), {"quotations", "blocks"}),
    (lambda made: made.settings["study"].update(title="Other"), set()),
    (lambda made: made.settings.update(disclosure={"convening_base": 9}), {"blocks", "releases"}),
    (lambda made: made.coders["ana"].pop(), {"coding", "agreement", "mentions", "coded figures",
                                             "quotations"}),
    (lambda made: made.reference["consent"].pop(), {"releases", "quotations", "blocks"}),
    (lambda made: made.context[2].update(tier="2"), {
        "context", "records against answers", "discordance records", "discordance", "figures", "releases",
        "blocks"})],
    ids=["an answer", "quotes", "the title", "a threshold", "a coding", "a consent", "a fact"])
def test_only_what_rests_on_a_change_runs(edit, steps, study):
    made = contents()
    edit(made)
    write(study.root, made)
    assert ran(study) - OF_ADD_ONS == steps
    assert ran(study) == set()


def test_the_reason_names_what_changed(study):
    made = contents()
    made.rows[0]["Q4"] = "33"
    made.settings["survey"]["redacted"] = ["zzz"]
    write(study.root, made)
    why = {report.step: report.why for report in build_steps(Study(study.root)).reports}
    assert why["records"] == "raw/survey/survey.csv changed"
    assert "[survey] redacted changed" in why["answers"]
    assert "table responses changed" in why["survey figures"]
    assert why["coding"] == ""


@pytest.mark.acceptance
def test_another_package_runs_everything_and_so_does_a_folder_without_record(study, monkeypatch):
    monkeypatch.setattr("glc_analysis.manifest.hash_package_and_lock_file", lambda: "another")
    reports = build_steps(Study(study.root)).reports
    assert {report.why for report in reports} == {"the package changed"} and len(reports) == len(BUILD_STEPS)
    (study.processed / "provenance.json").write_text("torn", encoding="utf-8")
    assert {report.why for report in build_steps(Study(study.root)).reports} == {"nothing was built before"}


def test_explain_lists_every_step_with_its_reason(study):
    (study.processed / "context.parquet").unlink()
    command = ["--study", str(study.root), "build", "--explain"]
    said = CliRunner().invoke(cli, command)
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert len(lines) == len(BUILD_STEPS) and "records: kept" in lines
    assert "context: ran (the file of table context was changed or removed after a build wrote it)" in lines
    again = CliRunner().invoke(cli, command).stdout.splitlines()
    assert again == [f"{step.name}: kept" for step in BUILD_STEPS]


def command(study, *options):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "build", *options])
    return done.exit_code, done.stdout.splitlines()


def test_list_says_of_every_step_whether_it_would_run_and_why_and_writes_nothing(study):
    made = contents()
    made.rows[0]["Q4"] = "33"
    write(study.root, made)
    before = files(study)
    code, lines = command(study, "--list")
    assert code == 0 and files(study) == before
    assert "records: would run (raw/survey/survey.csv changed)" in lines
    assert "open answers: would run if this changes: table responses, table answers" in lines
    assert "context: would be kept" in lines
    assert lines[lines.index("context: would be kept") + 1:][:2] == [
        "  needs: raw/context, countries.csv, [context]", "  makes: context"]
    may_run = {forecast.step.name for forecast in building.forecast_build(Study(study.root))
               if forecast.why or forecast.waits_for}
    assert ran(study) <= may_run < {step.name for step in BUILD_STEPS}


def test_list_of_a_study_that_is_built_keeps_every_step(study):
    assert [str(one).splitlines()[0] for one in building.forecast_build(study)] == [
        f"{step.name}: would be kept" for step in BUILD_STEPS]
    assert CliRunner().invoke(cli, ["--study", str(study.root), "build", "--list", "--force"]).exit_code == 2


def test_only_runs_a_step_with_what_it_needs_and_the_next_build_takes_up_the_rest(study, tmp_path):
    made = contents()
    made.rows[0]["Q4"] = "33"
    write(study.root, made)
    before, whole = files(study), from_nothing(study, tmp_path / "whole")
    build(whole)
    code, lines = command(study, "--only", "answers", "--explain")
    assert code == 0
    assert [line.partition(" (")[0] for line in lines] == [
        "records: ran", "conversations: kept", "participants: kept", "organisations: ran", "answers: ran"]
    after = files(study)
    assert {name for name in after if after[name] != before[name]} == {"processed/responses.parquet"}
    for name in ("responses", "answers", "questions"):
        assert after[f"processed/{name}.parquet"] == files(whole)[f"processed/{name}.parquet"]
    build(study)
    assert files(study) == files(whole)


def test_force_runs_all_steps_or_one_and_gives_the_same_bytes(study):
    before = files(study)
    code, lines = command(study, "--force", "--explain")
    assert code == 0 and lines == [f"{step.name}: ran (forced)" for step in BUILD_STEPS]
    assert files(study) == before
    assert command(study, "--only", "context", "--force", "--explain") == (0, ["context: ran (forced)"])
    assert command(study, "--only", "context", "--explain") == (0, ["context: kept"])
    assert files(study) == before


def test_a_step_that_there_is_not_is_named_with_the_nearest(study):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "build", "--only", "codin"])
    assert done.exit_code == 2 and "There is no step 'codin'" in str(done.stderr) + str(done.exception)
    assert "'coding'" in str(done.stderr) + str(done.exception)


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["figures.parquet", "steps.parquet", "slices.json", "DICTIONARY.md"])
def test_the_command_makes_again_what_somebody_damaged(name, study):
    before = files(study)
    path = study.processed / name
    path.write_bytes(path.read_bytes() + b" ")
    assert CliRunner().invoke(cli, ["--study", str(study.root), "build"]).exit_code == 0
    assert files(study) == before


@pytest.mark.acceptance
def test_a_step_that_fails_leaves_everything_as_it_was(study, monkeypatch):
    made = contents()
    made.rows[0]["Q4"] = "33"
    made.reference["names"].append({"name": "police", "kind": "other", "match": "folded"})
    write(study.root, made)
    before = files(study)

    def fail(*_, **__):
        raise OSError("the disk is gone")

    monkeypatch.setattr(building, "decide", fail)
    with pytest.raises(OSError):
        build(Study(study.root))
    assert files(study) == before and not (study.processed / ".building").exists()
    monkeypatch.undo()
    build(Study(study.root))
    fresh = from_nothing(study, study.root.parent / "fresh")
    build(fresh)
    assert files(study) == files(fresh)


def test_taken_over_tables_are_read_as_they_were_made(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_ROW_GROUP", 3)
    study = write(tmp_path / "study", contents())
    with tables.use_python_strings():
        arrivals, reference = manifest.digest_raw_files_or_refuse_changes(study), read_reference(study)
        engine = building._run(study, reference, arrivals, Record(why="all"), lambda line: None)
        for name in building.TABLE_ORDER:
            (tmp_path / f"{name}.parquet").write_bytes(engine.packed[name])
            made = tables.convert_to_python_strings(engine[name])  # as it is written
            pd.testing.assert_frame_equal(tables.read_stored_table(tmp_path, name), made, check_exact=True)


@pytest.mark.acceptance
def test_a_name_that_is_listed_later_stands_in_no_table_of_texts(study):
    assert "processed/segments.parquet" in said_anywhere(study.root, "police")
    made = contents()
    made.reference["names"].append({"name": "police", "kind": "other", "match": "folded"})
    write(study.root, made)
    build(Study(study.root))
    allowed = ["private/reference/names.csv", "raw/calls/call.vtt", "raw/codings/ana.csv",
               "raw/codings/ben.csv", "private/pseudonyms.json"]
    assert said_anywhere(study.root, "police", but=allowed) == []


# What a step may read

def engine_of(study, *steps):
    inputs = Inputs(study, read_reference(study), {}, manifest.digest_raw_files_or_refuse_changes(study))
    parts = {"some": Part("figures", "measure", ("quality",))}
    return Engine(steps, inputs, Record(why="all"), parts=parts, new_log=CleaningLog)


@pytest.mark.parametrize("read", [
    lambda view: view["other"], lambda view: view.get("other"), lambda view: [*view],
    lambda view: view.reference.names, lambda view: view.study.settings["survey"],
    lambda view: view.study.settings["study"]["title"], lambda view: [*view.study.settings["study"]],
    lambda view: view.study.title, lambda view: view.study.list_raw_files("survey"),
    lambda view: view.study.list_all_raw_files(), lambda view: view.study.list_coder_files(),
    lambda view: view.study.locate_reference_file("names"), lambda view: view.study.private,
    lambda view: view.study.processed, lambda view: view.study.raw, lambda view: view.study.reports,
    lambda view: view.study.key_file, lambda view: view.pseudonyms])
def test_a_step_that_reads_what_it_does_not_declare_fails(read, built):
    def function(view):
        assert view["made"] == [1] and len(view.reference.codebook) and view.study.sampling
        assert view.study.list_raw_files("context") and view.study.locate_reference_file("codebook")
        read(view)
        return {"value": [2]}

    needs = ("made", "codebook.csv", "raw/context", "[study] sampling")
    first = Step("first", (), ("made", "other"), lambda view: {"made": [1], "other": [0]})
    with pytest.raises(UndeclaredError):
        engine_of(built, first, Step("second", needs, ("value",), function)).run()


def test_a_step_that_makes_another_thing_than_it_declares_fails(built):
    with pytest.raises(UndeclaredError, match="makes"):
        engine_of(built, Step("one", (), ("a",), lambda view: {"b": [1]})).run()


def test_every_need_is_an_input_or_made_by_an_earlier_step_and_every_table_is_made_once():
    made = []
    for step in BUILD_STEPS:
        assert [need for need in step.needs if not is_input(need) and need not in made] == []
        made += step.makes
    assert len(made) == len(set(made))
    assert {*building.TABLE_ORDER} == {*tables.TABLES} == {*made} & {*tables.TABLES} | {"steps"}


def test_the_record_holds_hashes_and_names_alone(built):
    said = json.loads((built.processed / "provenance.json").read_text(encoding="utf-8"))["build"]
    assert set(said) == {"package", "inputs", "made", "log", "deferred", "files", "checked"}
    assert not said["deferred"]
    hashes = [said["package"], *said["inputs"].values(), *said["made"].values(), *said["files"].values(),
              *said["checked"]]
    assert all(isinstance(one, str) and len(one) in (0, 64) and set(one) <= set("0123456789abcdef")
               for one in hashes)
    assert all(isinstance(count, int) for count in said["log"].values())
