"""A check after a build runs what has changed alone, and says what a check of everything says."""

import json
import random
import shutil
import subprocess
import sys

import pytest

from glc_analysis import reference
from glc_analysis.build import build, check_study
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reference import digest_tables_that_passed_checks, read_reference
from glc_analysis.steps import Engine
from glc_analysis.study import Study
from tests.support.share import drawn
from tests.support.study_of_everything import contents, edits, from_nothing, write
from tests.support.study_writer import choices

PROGRESS = {"reading the survey", "finding who answered", "reading interviews, calls and open answers",
            "cleaning the answers", "bringing the coders' work together", "counting"}
PRINTED = ("organisations", "answers", "responses", "segments", "codings", "quarantined", "questions")


def checked(study):
    """What `glc check` prints, and which steps ran."""
    said, ran, looked = [], [], []
    with pytest.MonkeyPatch.context() as patch:
        run = Engine._run
        patch.setattr(Engine, "_run", lambda engine, step, **how: ran.append(step.name) or run(
            engine, step, **how))
        try:
            rows = check_study(Study(study.root), say=said.append, inspect_responses=looked.append)
            outcome = {name: rows[name] for name in PRINTED}
        except (Faults, GLCError) as faults:
            outcome = str(faults)
    texts = [sorted(frame.loc[frame["other_text"] != "", "other_text"]) for frame in looked]
    return (outcome, [line for line in said if line not in PROGRESS], texts), ran


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    study = write(tmp_path_factory.mktemp("check") / "study", contents())
    build(study)
    return study


@pytest.fixture(scope="module")
def of_everything(built, tmp_path_factory):
    """What a check of everything in that study prints, and its steps."""
    return checked(from_nothing(built, tmp_path_factory.mktemp("check") / "fresh"))


@pytest.fixture
def study(built, tmp_path):
    return Study(shutil.copytree(built.root, tmp_path / "study"))


def test_where_nothing_changed_only_the_records_are_read_again(study, of_everything):
    again, ran = checked(study)
    whole, all_steps = of_everything
    assert again == whole and ran == ["records"] and len(all_steps) > 10


def compared_now(study, monkeypatch):
    """The tables that are compared with each other when the reference tables are read."""
    compared = []
    monkeypatch.setattr(reference, "_find_faults_between", lambda check, contents: compared.append(
        check.tables) or ())
    read_reference(Study(study.root))
    return compared


def test_tables_that_the_last_build_compared_are_not_compared_again(study, monkeypatch):
    assert compared_now(study, monkeypatch) == []
    path = study.locate_reference_file("organisations")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    again = compared_now(study, monkeypatch)
    assert again and all("organisations" in tables for tables in again)


def test_tables_saved_while_a_build_runs_do_not_count_as_compared(study):
    as_built = read_reference(study)
    path = study.locate_reference_file("organisations")
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    stored, of_new = (set(digest_tables_that_passed_checks(study, tables)) for tables in (
        as_built, read_reference(study)))
    assert of_new - stored and stored & of_new


@pytest.mark.acceptance
def test_what_was_noted_of_texts_after_other_is_said_again(tmp_path):
    made = contents()
    made.reference["options"] += choices("law", "yes", "no", ("other", "Other", "Other"))[2:]
    made.rows[0]["Q3"] = "It depends."
    study = write(tmp_path / "study", made)
    build(study)
    (outcome, said, texts), ran = checked(study)
    assert any("read as texts after 'Other'" in line for line in said) and ran == ["records"]
    assert (outcome, said, texts) == checked(from_nothing(study, tmp_path / "fresh"))[0]
    assert texts == [["It depends."]]


@pytest.mark.parametrize("edit", [
    lambda made: made.rows[0].update(Q4="many"), lambda made: made.rows[0].update(Q4="33"),
    lambda made: made.reference["quotes"][0].update(text="never said"),
    lambda made: made.reference["questions"][0].update(type="singel"),
    lambda made: made.coders["ana"].append(["blue.txt", "never said", "shelter"])],
    ids=["a wrong answer", "another answer", "a quotation", "a table", "a coding"])
def test_after_an_edit_it_says_what_a_check_of_everything_says(edit, study, tmp_path):
    made = contents()
    edit(made)
    write(study.root, made)
    assert checked(study)[0] == checked(from_nothing(study, tmp_path / "fresh"))[0]


@pytest.mark.parametrize("name", ["codings.parquet", "provenance.json", "steps.parquet", "slices.json"])
def test_a_damaged_table_is_no_reason_to_believe_it(name, study, of_everything):
    path = study.processed / name
    path.write_bytes(path.read_bytes()[:-1])
    assert checked(study)[0] == of_everything[0]


@pytest.mark.acceptance
@pytest.mark.parametrize("seed", [0, *drawn(range(1, 7), 1)])
def test_after_random_edits_it_says_what_a_check_of_everything_says(seed, tmp_path):
    made, draw = contents(), random.Random(seed)
    study = write(tmp_path / "study", made)
    build(study)
    for n in range(8):
        before = json.dumps(vars(made))
        draw.choice(edits(made, study))(draw)
        write(study.root, made)
        (again, _), (whole, _) = checked(study), checked(from_nothing(study, tmp_path / "fresh"))
        assert again == whole, n
        if isinstance(whole[0], str):
            made = type(made)(**json.loads(before))
            write(study.root, made)
        elif draw.random() < 0.5:
            build(Study(study.root))


def test_a_check_of_what_is_unchanged_loads_no_library_for_pages_or_matrices():
    code = ("import sys, glc_analysis.build; "
            "print(*{'IPython', 'scipy.sparse', 'matplotlib'} & {*sys.modules})")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
