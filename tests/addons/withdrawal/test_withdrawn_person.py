"""The withdrawal of a person: a speaker, a rater, a survivor adviser, each with three choices."""

import csv
import re
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current
from glc_analysis.addons.convening.rating_forms import make_rater_forms
from glc_analysis.addons.withdrawal.person import carry_out_person_choice
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.cli import cli
from glc_analysis.errors import UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study

TODAY = date(2017, 6, 1)


@pytest.fixture
def study(sample_study, tmp_path) -> Study:
    return Study(Path(shutil.copytree(sample_study.root, tmp_path / "study")))


def person(study: Study, *, role: str = "participant", in_call: bool = True) -> tuple[str, str]:
    """A speaker and the name in the files."""
    rows = read_reference(study).speakers.query("role == @role")
    rows = rows[rows["document_id"].str.startswith("call")] if in_call else rows
    return rows.iloc[0]["speaker_id"], rows.iloc[0]["name_in_file"]


def adviser(study: Study) -> str:
    return read_reference(study).raters.query("role == 'survivor_adviser'")["rater_id"].iloc[0]


def everything_in(root: Path) -> str:
    """The names and the text of all files, packed ones by their bytes, tables as CSV."""
    found = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        text = pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_bytes().decode(
            "utf-8", "replace")
        found.append(f"{path.relative_to(root)}\n{text}")
    return "\n".join(found)


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


# An unknown person, and what is said

def test_an_unknown_person_is_answered_with_the_nearest(study):
    known, _ = person(study)
    for choice in ("stop-contact", "stop-use", "erase"):
        with pytest.raises(UsageError, match=f"There is no person '{known}x'; nearest: '{known}'"):
            carry_out_person_choice(study, f"{known}x", choice, today=TODAY)
    with pytest.raises(UsageError, match="There is no choice 'forget'; use one of stop-contact, stop-use, "):
        carry_out_person_choice(study, known, "forget", today=TODAY)


def test_a_person_asked_for_as_an_organisation_or_by_name_is_answered_with_what_to_write(study):
    known, name = person(study)
    organisation = read_reference(study).organisations["organisation_id"].iloc[0]
    with pytest.raises(UsageError, match=f"'{known}' is a person. To fix: run `glc withdraw --person "):
        withdraw_organisation(study, known, today=TODAY)
    with pytest.raises(UsageError, match=f"{organisation!r} is an organisation. To fix: run `glc withdraw "):
        carry_out_person_choice(study, organisation, "erase", today=TODAY)
    said = f"{name!r} is a name in files. To fix: give the id, {known}"
    with pytest.raises(UsageError, match=re.escape(said)):
        carry_out_person_choice(study, name, "stop-use", today=TODAY)


def test_the_command_asks_for_a_choice_and_says_what_it_cannot_undo(study):
    known, _ = person(study)
    run = CliRunner()
    asked = run.invoke(cli, ["--study", str(study.root), "withdraw", "--person", known])
    assert asked.exit_code == 2 and "--person ID --choice CHOICE" in asked.output
    done = run.invoke(cli, ["--study", str(study.root), "withdraw", "--person", known, "--choice",
                             "stop-contact", "--dry-run"])
    assert done.exit_code == 0 and "What this cannot undo: Addresses in mailboxes" in done.output
    page = run.invoke(cli, ["--study", str(study.root), "ethics"]).output
    assert "A person may choose stop-use" in page and "whoever holds an older list can see" in page


# Stop contact

def test_who_stops_contact_gets_no_form_and_loses_the_addresses_and_the_votes_stay(study):
    rater = adviser(study)
    (study.private / "contacts.csv").write_text(
        f"who,mail,phone\n{rater},a@lamp.example,+254 20 555 0101\nr01,b@quay.example,\n", encoding="utf-8")
    before = tables.read_table("tallies", study=study)
    found = carry_out_person_choice(study, rater, "stop-contact", today=TODAY, dry_run=True)
    assert found["kind"].tolist() == ["contact", "contact", "reference row"]
    assert "a@lamp.example" in (study.private / "contacts.csv").read_text()
    carry_out_person_choice(study, rater, "stop-contact", today=TODAY)
    assert (study.private / "contacts.csv").read_text() == f"who,mail,phone\n{rater},,\nr01,b@quay.example,\n"
    reference = read_reference(Study(study.root))
    assert reference.stopped.values.tolist() == [[rater, "stop-contact", "2017-06-01"]]
    asked = add_printed_ids_and_mark_current(reference.principles).query(
        "is_current and translation_of == ''")
    forms = [form.rater_id for form in make_rater_forms(reference, "3", asked, {})[0]]
    assert rater not in forms and len(forms) == (reference.raters["may_rate"] == "true").sum() - 1
    assert tables.read_table("tallies", study=study).equals(before)


# Stop use

@pytest.mark.acceptance
def test_nothing_new_is_made_of_the_words_of_a_speaker_who_stops_their_use(study):
    speaker, name = person(study)
    was = tables.read_table("segments", study=study).query("speaker_id == @speaker")
    assert len(was) and set(was["role"]) == {"participant"}
    before, counted = contents(study.root), tables.read_table("figures", study=study).query(
        "measure == 'coded' and subset_kind == 'all'").set_index("figure_id")["n"]
    found = carry_out_person_choice(study, speaker, "stop-use", today=TODAY, dry_run=True)
    assert contents(study.root) == before and {"turn", "figure"} <= set(found["kind"])
    carry_out_person_choice(study, speaker, "stop-use", today=TODAY)
    now = tables.read_table("segments", study=study).query("speaker_id == @speaker")
    assert now["text"].tolist() == was["text"].tolist()  # the material stays with the team
    assert set(now["role"]) == {"observer"} and set(now["organisation_id"]) == {""}
    assert name in "".join(read_reference(study).speakers["name_in_file"])
    figures = tables.read_table("figures", study=study).set_index("figure_id")["n"]
    assert (figures.reindex(counted.index).fillna(0) <= counted.fillna(0)).all()
    assert set(found.query("kind == 'figure'")["what"]) & {*counted.index}


@pytest.mark.acceptance
def test_a_quotation_of_a_speaker_who_stops_its_use_is_printed_for_nobody(study):
    reference = read_reference(study)
    segments = tables.read_table("segments", study=study).set_index("segment_id")
    shown = tables.read_table("quotations", study=study)["quote_id"]
    quote = next(row for row in reference.quotes.itertuples() if row.quote_id in set(shown)
                 and segments.at[row.segment_id, "speaker_id"])
    carry_out_person_choice(study, segments.at[quote.segment_id, "speaker_id"], "stop-use", today=TODAY)
    assert quote.quote_id not in set(tables.read_table("quotations", study=study)["quote_id"])
    assert quote.quote_id in set(read_reference(study).quotes["quote_id"])


@pytest.mark.acceptance
def test_votes_of_closed_rounds_stay_and_later_ones_and_comments_of_who_stops_are_not_used(study):
    raters = read_reference(study).raters
    rater = raters.query("role == 'provider' and may_rate == 'true'")["rater_id"].iloc[0]
    before = tables.read_table("tallies", study=study)
    carry_out_person_choice(study, rater, "stop-use",
                            today=date(2017, 5, 9))  # the day on which round 2 was closed
    rated = tables.read_table("ratings", study=study)
    own = rated[rated["rater_id"] == rater]
    closed = read_reference(study).rounds.drop_duplicates("round_id").set_index("round_id")["closed_on"]
    assert {*own["round_id"]} == {one for one, day in closed.items() if day < "2017-05-09"}
    assert not own["may_be_read"].any()
    first = before["round_id"].isin({*own["round_id"]})
    after = tables.read_table("tallies", study=study)
    pd.testing.assert_frame_equal(before[first], after[after["round_id"].isin({*own["round_id"]})])


# Erase

@pytest.mark.acceptance
def test_nothing_of_an_erased_speaker_remains_and_the_organisation_stays(study):
    speaker, name = person(study)
    owner = read_reference(study).speakers.query("speaker_id == @speaker")["organisation_id"].iloc[0]
    segments = tables.read_table("segments", study=study)
    said = [text for text in segments.query("speaker_id == @speaker")["text"] if len(text) > 40]
    before = contents(study.root)
    found = carry_out_person_choice(study, speaker, "erase", today=TODAY, dry_run=True)
    assert contents(study.root) == before and "turn" in set(found["kind"])
    carry_out_person_choice(study, speaker, "erase", today=TODAY)
    left = everything_in(study.root)
    assert said and [one for one in (speaker, name, *said) if one in left] == []
    assert owner in set(tables.read_table("organisations", study=study)["organisation_id"])


@pytest.mark.acceptance
@pytest.mark.parametrize("role", ["provider", "survivor_adviser"])
def test_nothing_of_an_erased_rater_remains_and_the_others_votes_stay(study, role):
    reference = read_reference(study)
    rater = reference.raters.query("role == @role and may_rate == 'true'")["rater_id"].iloc[0]
    before = tables.read_table("ratings", study=study).query("rater_id != @rater").reset_index(drop=True)
    desk = study.private / "desk"
    desk.mkdir(exist_ok=True)
    (desk / "1.jsonl").write_text(f'{{"form": "{rater}"}}\n{{"form": "other"}}\n', encoding="utf-8")
    carry_out_person_choice(study, rater, "erase", today=TODAY)
    with study.locate_reference_file("raters").open(encoding="utf-8", newline="") as file:
        assert rater not in {row["rater_id"] for row in csv.DictReader(file)}
    pd.testing.assert_frame_equal(tables.read_table("ratings", study=study), before)
    assert [*study.root.rglob(f"*{rater}*")] == []
    assert (desk / "1.jsonl").read_text() == '{"form": "other"}\n'


@pytest.mark.parametrize("choice", ["stop-contact", "erase"])
def test_a_coder_is_told_where_the_id_stands_and_what_can_be_done(study, choice):
    coder = read_reference(study).assignments["coder_id"].iloc[0]
    with pytest.raises(UsageError) as refused:
        carry_out_person_choice(study, coder, choice, today=TODAY)
    told = str(refused.value)
    assert f"{coder!r} is a coder" in told and "A coder leaves" in told
    assert "assignments.csv, study.toml ([raw] codings)" in told
    assert all(study.make_relative(path) in told for path in study.list_coder_files()[coder])


def test_a_coder_is_told_of_every_table_that_names_them(study):
    with pytest.raises(UsageError) as refused:
        carry_out_person_choice(study, "tomas", "erase", today=TODAY)
    named = {path.name for path in study.root.glob("**/reference/*.csv")
             if re.search(r"(?<![\w/])tomas(?![\w/])", path.read_text(encoding="utf-8"))} - {"manifest.csv"}
    assert len(named) > 3
    assert {name for name in named if name not in str(refused.value)} == set()
