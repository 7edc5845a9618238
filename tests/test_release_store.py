"""Public releases on disk: numbered, kept for their owner alone, frozen, and no reason to build for ever."""

import shutil
import stat

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.build import build, check_study
from glc_analysis.errors import Faults
from glc_analysis.manifest import (
    are_tables_current,
    list_release_folders,
    read_built_slice_digests_and_lists,
    read_release_info,
    rename_next_release_folder,
)
from glc_analysis.reference import REQUIRED_COLUMNS, read_reference
from glc_analysis.release_store import (
    is_next_release_stored,
    refuse_questions_regrouped_since_release,
)
from tests.support.released_study import LATER, ROWS, seen, small, survey
from tests.support.study_on_disk import write_decisions, write_table


def one_row(root, name, **cells):
    """A reference table with one row, in the files in which it lies."""
    lines = REQUIRED_COLUMNS[name], [f'"{cells.get(column, "")}"' for column in REQUIRED_COLUMNS[name]]
    write_table(root, name, "".join(",".join(line) + "\n" for line in lines))


@pytest.fixture
def study(tmp_path):
    """A small study after its first public release."""
    made = small(tmp_path / "study")
    rename_next_release_folder(made.private, "public", 1)
    return made


def contents(study):
    return {path.relative_to(study.root): path.read_bytes() for folder in (study.processed, study.private)
            for path in folder.rglob("*") if path.is_file()}


def test_what_a_build_would_issue_gets_its_number_when_it_is_published(tmp_path):
    study = small(tmp_path)
    assert seen(study) == (1, "2016-05-20", 10, 20) and list_release_folders(study.private, "public") == []
    rename_next_release_folder(study.private, "public", 1)
    assert [one.name for one in list_release_folders(study.private, "public")] == ["001"]
    rename_next_release_folder(study.private, "public", 1)  # the same again: nothing to do
    assert read_release_info(list_release_folders(study.private, "public")[0])["issued"] == {"2016-05-20": 8}


def test_the_store_is_its_owners_alone(study):
    for path in (study.private, *study.private.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_release_makes_no_table_stale_and_another_build_not_a_byte_new(study):
    assert are_tables_current(study)
    before = contents(study)
    build(study)
    assert contents(study) == before and are_tables_current(study)


def test_a_next_release_that_was_made_from_other_inputs_is_not_taken_over(tmp_path):
    study = small(tmp_path)
    store = study.private / "releases/public/next"
    assert is_next_release_stored(study, "public", read_release_info(store)["inputs"])
    assert not is_next_release_stored(study, "public", "others")
    survey(study, *ROWS, LATER[1])
    assert LATER[1]["org"] in {*pd.read_parquet(store / "behind.parquet")["organisation_id"]}


def test_one_who_comes_changes_neither_figure_nor_number(study):
    survey(study, *ROWS, LATER[1])
    assert seen(study) == (1, "2016-05-20", 10, 20)
    assert len(list(study.private.glob("releases/public/*"))) == 1
    assert tables.read_table("figures", study=study).set_index("figure_id").loc["Q1/yes/all", "n"] == 11


def test_a_release_stored_with_an_old_name_of_a_column_still_holds_the_next_one_back(study):
    for path in (study.private / "releases/public/001").glob("*.parquet"):
        old = {"figure_id": "estimate_id"}
        pd.read_parquet(path).rename(columns=old).rename_axis(index=old).to_parquet(path)
    survey(study, *ROWS, LATER[1])
    assert seen(study)[1:] == ("2016-05-20", 10, 20)


@pytest.mark.acceptance
def test_enough_who_come_make_a_second_release(study):
    survey(study, *ROWS, *LATER)
    assert seen(study) == (2, "2016-07-08", 14, 28)
    rename_next_release_folder(study.private, "public", 2)
    survey(study, *ROWS, *LATER[:7])  # one left: the figures stay, and the methods say no counts
    assert seen(study) == (3, "2016-07-08", 14, 28) and are_tables_current(study)


def test_other_words_are_another_release_of_the_same_figures(study):
    path = study.locate_reference_file("questions")
    path.write_text(path.read_text().replace("Is there a law?", "Is there any law?"))
    survey(study, *ROWS, LATER[0])
    assert seen(study) == (2, "2016-07-01", 10, 20)
    assert read_built_slice_digests_and_lists(study)["release"]["public"]["issued"] == {"2016-05-20": 8}


@pytest.mark.acceptance
@pytest.mark.parametrize(("text", "number"), [("Wait.", 2), ("Wait, then ask.", 3)])
def test_a_principle_that_is_agreed_is_public_and_a_draft_is_not(study, text, number):
    def write(text, status):
        one_row(study.root, "principles", principle_id="P01", version="1", statement=text, short_name="Time",
                status=status, language="en")
        write_decisions(study.root)
        one_row(study.root, "evidence", principle_id="P01", evidence_id="e1", kind="literature",
                reference="Lamp (2015)", stance="supports", claim="literature")
        build(study)

    write("Wait.", "candidate")
    assert seen(study)[0] == 1
    write("Wait.", "agreed")
    rename_next_release_folder(study.private, "public", 2)
    write(text, "agreed")
    assert seen(study)[:2] == (number, "2016-05-20")


def test_a_store_that_is_lost_is_told_and_nothing_is_built(study):
    shutil.move(study.private / "releases", study.root / "elsewhere")
    assert not are_tables_current(study)
    with pytest.raises(Faults, match="release 1 is missing from private/releases/.*from a backup"):
        build(study)
    shutil.move(study.root / "elsewhere", study.private / "releases")
    assert are_tables_current(study)
    shutil.rmtree(study.private / "releases")
    shutil.rmtree(study.processed)
    build(study)
    assert seen(study) == (1, "2016-05-20", 10, 20)


def test_another_grouping_after_the_first_release_is_a_fault_that_says_why(study):
    one_row(study.root, "groupings", question_id="Q1", attribute="type", chosen="after", by="Ana",
            date="2017-01-09")
    for look in (build, check_study):
        with pytest.raises(Faults, match="was published in other groups before, and a reader could subtract"
                                         ".*group the question as before, by region"):
            look(study)


def test_a_table_that_two_persons_close_is_gone_at_once_and_stays_on_record(study):
    assert seen(study)[2:] == (10, 20)
    one_row(study.root, "closed", question_id="Q1", audience="public", by="Ana", confirmed_by="Ben",
            date="2017-01-09", because="somebody asked")
    build(study)
    row = tables.read_table("release_public", study=study).query("figure_id == 'Q1/yes/all'").iloc[0]
    assert (row["status"], row["rule"]) == ("suppressed", "closed") and pd.isna(row["shown_base_n"])
    convening = tables.read_table("release_convening", study=study).set_index("figure_id")
    assert convening.loc["Q1/yes/all", "status"] == "shown"
    rename_next_release_folder(study.private, "public",
                               read_built_slice_digests_and_lists(study)["release"]["public"]["number"])
    # There are closed figures of every kind of group.
    refuse_questions_regrouped_since_release(study, read_reference(study))
