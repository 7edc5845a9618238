"""A slice's hash changes exactly when what is read of the slice changes."""

import json
import shutil
from functools import cache

import pandas as pd
import pytest

from glc_analysis import held_tables, tables
from glc_analysis.slices import (
    digest_slices,
    find_ancestors,
    find_code_slices_of_rows,
    is_in_slice_of_code,
    is_sliced_by_code,
)
from glc_analysis.study import Study
from tests.support.built_studies import built
from tests.support.study_writer import choices, places, question, themes, write_study


def code(code_id, parent, definition=""):
    """A row of codebook.csv."""
    return {"code_id": code_id, "parent_id": parent, "level": "code", "name": code_id,
            "definition": definition}


ROWS = [{"org": "a", "country": "KHM", "Q1": "yes", "Q2": "food", "Q3": "Two rooms", "own": "yes"},
        {"org": "a", "country": "PER", "Q1": "no", "Q2": "food legal", "Q3": "", "own": ""},
        {"org": "b", "country": "KHM", "Q1": "yes", "Q2": "legal", "Q3": "ផ្ទះ", "own": "no"},
        {"org": "c", "country": "LAO", "Q1": "no", "Q2": "legal", "Q3": "A list", "own": "no"},
        {"org": "d", "country": "KEN", "Q1": "yes", "Q2": "food", "Q3": "", "own": "yes"}]
REFERENCE = {
    "questions": [question("Q1", "single", "law", theme_id="rights"),
                  question("Q2", "multi", "services", theme_id="care"),
                  question("Q3", "text", theme_id="care"),
                  question("own", "single", "law", unit="organisation", theme_id="rights"),
                  question("country", "single", "countries")],
    "options": [*choices("law", "yes", "no"), *choices("services", "food", "legal")],
    "countries": places("KHM asia", "LAO asia", "PER america", "KEN africa"),
    "codebook": [*themes("rights", "care", "empty"), code("shelter", "care"), code("food", "care")]}


def made(folder, rows=ROWS, **changed):
    """A built study, and the hashes of its slices."""
    study = write_study(folder, rows, settings={"context": {"indicators": ["tier"]}},
                        context=changed.pop("context", [{"country": "KHM", "tier": "2"}]),
                        **{**REFERENCE, **changed})
    built(study)
    return study, json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))["tables"]


@cache
def read(study, table, name):
    kind, _, value = name.partition("=")
    if kind in ("names", "name"):
        return tables.read_codebook_without_definitions(study, [value] if value else None)
    return tables.read_table(table, study=study, **({kind: value} if kind else {}))


@pytest.mark.parametrize("name", [name for name in tables.TABLES if is_sliced_by_code(name)
                                  and name != "codebook"])
def test_the_slice_of_one_code_has_the_rows_whose_slices_include_the_code(name, sample_study):
    above = find_ancestors(tables.read_table("codebook", study=sample_study))
    frame = tables.read_table(name, study=sample_study)
    slices = find_code_slices_of_rows(name, frame, above)
    for code in above:
        assert is_in_slice_of_code(name, frame, code, above).tolist() == [code in own for own in slices]


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return made(tmp_path_factory.mktemp("before"))


def row(n, **changed):
    return {"rows": [{**r, **changed} if i == n else r for i, r in enumerate(ROWS)]}


CHANGES = {
    "an answer for a country": row(0, Q1="no"),
    "an open answer": row(3, Q3="Another list"),
    "an answer about an organisation in two countries": row(0, own="no"),
    "the country of an answer": row(1, country="LAO"),
    "an organisation withdrawn": {"rows": ROWS[:-1]},
    "the label of an option": {"options": [*choices("law", ("yes", "yes", "Indeed"), "no"),
                                           *choices("services", "food", "legal")]},
    "the region of a country": {"countries": places("KHM asia", "LAO europe", "PER america",
                                                    "KEN africa")},
    "the theme of a question": {"questions": [{**q, "theme_id": "care"} for q in
                                              REFERENCE["questions"]]},
    "what a code means": {"codebook": [*themes("rights", "care", "empty"), code("shelter", "care", "A roof"),
                                       code("food", "care")]},
    "a code taken out": {"codebook": [*themes("rights", "care", "empty"), code("food", "care")]},
    "an outside fact": {"context": [{"country": "KHM", "tier": "3"}]}}


@pytest.mark.acceptance
@pytest.mark.parametrize("change", CHANGES)
def test_hashes_change_with_what_is_read_and_with_nothing_else(change, before, tmp_path):
    (old_study, old), (new_study, new) = before, made(tmp_path, **CHANGES[change])
    assert old.keys() == new.keys()
    checked = set()
    for table in old:
        for name in old[table].keys() & new[table].keys():
            is_same = read(old_study, table, name).equals(read(new_study, table, name))
            assert (old[table][name] == new[table][name]) == is_same, (table, name)
            checked.add(is_same)
    assert checked == {True, False}


def test_one_answer_touches_its_country_its_theme_and_the_figures_of_its_region(before, tmp_path):
    _, new = made(tmp_path, **row(3, Q1="yes"))
    touched = {(t, n) for t, hashes in before[1].items() for n in hashes if hashes[n] != new[t][n]}
    assert {n for t, n in touched if t == "responses"} == {
        "", "country=LAO", "theme=rights", "question=Q1"}
    assert {n for t, n in touched if t == "figures"} == {
        "", "theme=rights", "question=Q1", "country=KHM", "country=LAO"}
    assert {t for t, _ in touched} == {"responses", "figures"}


def test_every_country_theme_and_question_has_its_slice(before):
    _, hashes = before
    countries = {f"country={c}" for c in ("KEN", "KHM", "LAO", "PER")}
    assert set(hashes["answers"]) == {"", *countries}
    asked = {f"question={row['question_id']}" for row in REFERENCE["questions"]}
    assert set(hashes["responses"]) == {"", "theme=rights", "theme=care", *countries, *asked}
    assert {"question=Q1", "question=own"} <= set(hashes["figures"]) & set(hashes["release_public"])
    codes = {f"{kind}={row['code_id']}" for row in REFERENCE["codebook"] for kind in ("code", "name")}
    assert set(hashes["codebook"]) == {"", "names", "theme=rights", "theme=care", "theme=empty", *codes}
    assert set(hashes["steps"]) == {""}


def test_a_study_without_countries_has_no_slice_by_country(tmp_path):
    study = write_study(tmp_path, [{"org": "a", "Q1": "yes"}, {"org": "b", "Q1": "no"}],
                        settings={"survey": {"organisation": "org", "country": ""}},
                        questions=[question("Q1", "single", "law")], options=choices("law", "yes", "no"))
    built(study)
    found = json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))
    assert set(found["tables"]["responses"]) == {"", "question=Q1"} and found["countries"] == []


def test_the_order_of_rows_does_not_matter(before):
    study, hashes = before
    frames = {name: tables.read_table(name, study=study) for name in hashes}
    turned = {name: frame.iloc[::-1] for name, frame in frames.items()}
    assert digest_slices(turned, study.digests) == digest_slices(frames, study.digests) == hashes


def test_equal_rows_do_not_cancel_out(before):
    study, hashes = before
    frames = {name: tables.read_table(name, study=study) for name in hashes}
    answers = frames["answers"]
    doubled = {**frames, "answers": answers.loc[[*answers.index, 0, 0]]}
    assert digest_slices(doubled, study.digests)["answers"][""] != hashes["answers"][""]


def test_a_slice_is_the_same_from_a_small_file_that_is_held_and_from_a_large_one(before, monkeypatch):
    study, hashes = before
    names = "answers", "responses", "organisations", "segments", "figures", "release_public"
    chosen = [(table, {kind: value} if kind else {}) for table in names
              for kind, _, value in (name.partition("=") for name in hashes[table])]
    held = [tables.read_table(table, study=study, **slice_) for table, slice_ in chosen]
    monkeypatch.setattr(held_tables, "SMALL", 0)
    for (table, slice_), frame in zip(chosen, held, strict=True):
        pd.testing.assert_frame_equal(frame, tables.read_table(table, study=study, **slice_))


def test_a_table_that_is_held_changes_with_its_file_alone(before, tmp_path):
    study = Study(shutil.copytree(before[0].root, tmp_path / "copy"))
    first = tables.read_table("answers", study=study)
    first["answer_id"] = "spoilt"
    first.loc[0, "country_id"] = "XXX"
    again = tables.read_table("answers", study=study)
    assert "spoilt" not in {*again["answer_id"]} and "XXX" not in {*again["country_id"]}
    tables.write_table(study.processed, "answers", again.head(2))
    assert len(tables.read_table("answers", study=study)) == 2 < len(again)
