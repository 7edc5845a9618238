"""The invented sample is the same everywhere, holds what it promises, and names nobody real."""

import re
import tomllib
import unicodedata
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from glc_analysis import manifest
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.reference import REQUIRED_COLUMNS, read_reference
from glc_analysis.sample import remove_sample_except_reference_folder, write_sample
from glc_analysis.schema import list_table_files
from glc_analysis.study import Study
from scripts.sample_study import write_study
from scripts.sample_study.content import FOLDER
from tests.sample.reader import KOBO, QUALTRICS, chosen, column_of, raw_records, spellings, table

ROOT = Path(__file__).parents[2]
TRUTH = tomllib.loads((FOLDER / "truth.toml").read_text(encoding="utf-8"))
PLANTED = TRUTH["planted"]
# The participants of the calls that METHODS section 1 names: the sample must name none of them.
REAL_NAMES = ("Chab Dai", "CURB", "El Pozo", "HAART", "HopeNow", "Idia Renaissance", "Prerana",
              "Project Respect", "Safe Horizon", "Tumbleweed", "Rutgers")


@pytest.fixture(scope="module")
def records(sample_root) -> list[tuple[str, str, dict[str, str]]]:
    """Every record but the preview, as (file, organisation_id, cells)."""
    found = [(file, (cells.get("org_code") or cells["organizacion"]).strip().casefold(), cells)
             for file, rows in raw_records(sample_root).items() for cells in rows]
    return [record for record in found if record[1] != "test"]


@pytest.fixture(scope="module")
def questions(sample_root) -> dict[str, dict[str, str]]:
    return {q["question_id"]: q for q in table(sample_root / "reference/questions.csv")}


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def voices(records, question):
    """The records that speak for a question: all, or the first of each organisation."""
    if question["unit"] == "answer":
        return records
    return list({organisation: record for record in reversed(records)
                 for organisation in [record[1]]}.values())


def record_of(records, organisation_id):
    return next(cells for _, organisation, cells in records if organisation == organisation_id)


def figure(root, records, question, option, only=lambda organisation: True):
    """[n, base_n] of an option, counted from the raw cells."""
    sets = [chosen(root, cells, question, file)
            for file, organisation, cells in voices(records, question) if only(organisation)]
    outside = {"refused"} | ({"dont_know"} if question["dont_know"] == "missing" else set())
    return [sum(option in s for s in sets), sum(bool(s - outside) for s in sets)]


# --- the same everywhere

def test_the_committed_reference_is_the_samples(sample_root):
    assert contents(ROOT / "data/reference") == contents(sample_root / "reference")


def test_another_seed_gives_other_answers_but_the_same_organisations(sample_root, tmp_path):
    write_study(tmp_path, seed=1)
    assert raw_records(tmp_path) != raw_records(sample_root)
    assert table(tmp_path / "private/reference/organisations.csv") == table(
        sample_root / "private/reference/organisations.csv")


# --- what it holds

def test_the_sample_has_the_organisations_countries_and_answers_of_its_truth(sample_root, records):
    names = {r["raw_name"]: r["country_id"] for r in table(sample_root / "private/reference/countries.csv")}
    pairs = {(organisation, names[(cells.get("Q1.4") or cells["pais_trabajo"]).replace("\u00a0", " ")])
             for _, organisation, cells in records}
    by_country = Counter(country for _, country in pairs)
    register = table(sample_root / "private/reference/organisations.csv")
    assert {o for o, _ in pairs} == {row["organisation_id"] for row in register}
    assert TRUTH["holds"] == {
        "organisations": len(register), "countries": len(by_country), "answers": len(records),
        "countries_of_one": list(by_country.values()).count(1),
        "interpreted": sum((c.get("Q1.6") or c["interpretacion"]) == "Yes" for _, _, c in records)}


def test_some_organisations_work_in_another_country_than_their_home(records):
    assert sum("Q1.3" in c and c["Q1.3"] != c["Q1.4"].replace("\u00a0", " ") for _, _, c in records) > 3


@pytest.mark.parametrize("name", TRUTH["figures"])
def test_a_figure_is_the_planted_one(sample_root, records, questions, name):
    question_id, option = name.split("/")
    assert figure(sample_root, records, questions[question_id], option) == TRUTH["figures"][name]


def test_shelter_goes_with_resources_as_planted(sample_root, records, questions):
    level = {r["organisation_id"]: r["resource_level"]
             for r in table(sample_root / "private/reference/organisations.csv")}
    assert {wanted: figure(sample_root, records, questions["Q4.1"], "shelter",
                           lambda o, wanted=wanted: level[o] == wanted)
            for wanted in TRUTH["shelter_by_resources"]} == TRUTH["shelter_by_resources"]


def test_consent_is_given_as_planted_and_whoever_agrees_to_more_agrees_to_less(sample_root):
    rows = [r for r in table(sample_root / "private/reference/consent.csv") if r["is_given"] == "true"]
    planted = {name: n for name, n in TRUTH["consent"].items() if name.split("/")[0] in CONSENT_ITEMS}
    assert Counter(f"{r['item']}/{r['audience']}" for r in rows) == planted
    public = {r["organisation_id"] for r in rows if (r["item"], r["audience"]) == ("name", "public")}
    assert public <= {r["organisation_id"] for r in rows
                      if (r["item"], r["audience"]) == ("survey", "public")}


def test_the_processed_tables_hold_the_truth_too(sample_study):
    from glc_analysis import tables

    estimates = tables.read_table("figures", study=sample_study.root)
    of_all = estimates[(estimates["subset_kind"] == "all") & (estimates["measure"] == "response")]
    counts = {f"{r.question_id}/{r.option_id}": [r.n, r.base_n] for r in of_all.itertuples()}
    assert {name: counts[name] for name in TRUTH["figures"]} == TRUTH["figures"]
    missing = Counter(f"{r.question_id}/{r.missing}" for r in tables.read_table(
        "responses", study=sample_study.root).itertuples() if r.missing)
    assert {name: missing[name] for name in TRUTH["missing"]} == TRUTH["missing"]


# --- reference and raw fit each other

def test_the_reference_tables_pass_every_check_of_the_package(sample_root):
    read_reference(Study(sample_root))
    # The last are columns: nothing was split, no round is sealed, all raters have an organisation, one wave,
    # groups are as they are, and nothing is closed.
    unused = ("stopped", "reviewed_codings", "proxies", "interests", "waves", "wave_files", "crosswalk",
              "groupings", "closed", "organisation_changes", "comes_from", "is_sealed", "raters.language",
              "common_id", "wave_id")
    for name in {*REQUIRED_COLUMNS} - {*unused}:
        for file in list_table_files(name):
            wanted = [column for column in (*file.required, *file.optional)
                      if column not in unused and f"{name}.{column}" not in unused]
            assert [*table(sample_root / file.path)[0]] == wanted


def test_every_choice_in_the_raw_files_is_an_option(sample_root, records, questions):
    for file, _, cells in records:
        for question in questions.values():
            if question["option_list"]:
                chosen(sample_root, cells, question, file)


def test_every_column_of_the_questions_is_in_its_file(sample_root, questions):
    for file, (first, *_) in raw_records(sample_root).items():
        for question in questions.values():
            column = column_of(question, file)
            ids = {option: {column.replace("*", v) for v, o in spellings(
                sample_root, question["option_list"]).items() if o == option}
                for option in set(spellings(sample_root, question["option_list"]).values())}
            needed = ids.values() if column.endswith("*") else [{column}]
            assert all(names & set(first) for names in needed), (file, question["question_id"])


def test_the_questions_are_of_every_kind():
    questions = table(FOLDER / "questions.csv")
    assert {q["type"] for q in questions} == {"single", "multi", "scale", "number", "text", "date"}
    assert {q["unit"] for q in questions} == {"organisation", "answer"}
    assert {q["theme_id"] for q in questions} - {""} == {
        c["code_id"] for c in table(FOLDER / "codebook.csv") if c["level"] == "theme"}


def test_every_raw_row_says_that_it_is_invented_and_the_manifest_knows_every_file(sample_root):
    rows = [row for rows in raw_records(sample_root).values() for row in rows]
    rows += table(sample_root / "raw/context/countries.csv")
    assert {row["synthetic"] for row in rows} == {"invented by glc sample"}
    assert manifest.digest_raw_files_or_refuse_changes(Study(sample_root)).new == ()
    assert {r["received_from"] for r in manifest.read_manifest(Study(sample_root)).values()} == {
        manifest.SAMPLE}


# --- nobody real, many languages

def test_no_real_organisation_is_named(sample_root):
    assert all(r["label"].endswith("(invented)")
               for r in table(sample_root / "private/reference/organisations.csv"))
    texts = [cell for rows in raw_records(sample_root).values() for row in rows for cell in row.values()]
    texts += [p.read_text(encoding="utf-8") for p in FOLDER.iterdir() if p.suffix in (".csv", ".toml")]
    for name in REAL_NAMES:
        assert not [t for t in texts if re.search(rf"\b{re.escape(name)}\b", t, re.IGNORECASE)], name


def test_the_open_answers_come_in_many_scripts_with_an_emoji_a_line_break_and_none(records, questions):
    said = [cells[column_of(q, file)] for q in questions.values() if q["type"] == "text"
            for file, _, cells in voices(records, q) if cells[column_of(q, file)]]
    scripts = {unicodedata.name(letter).split()[0] for text in said for letter in text
               if letter.isalpha()}
    assert scripts >= {"LATIN", "CYRILLIC", "ARABIC", "KHMER", "DEVANAGARI"}
    assert any("🌱" in text for text in said)
    assert any("\n" in text for text in said)
    assert "None" in said


def test_the_content_is_nfc_with_plain_line_ends():
    for path in FOLDER.iterdir():
        text = path.read_bytes().decode("utf-8")
        assert unicodedata.is_normalized("NFC", text) and "\r" not in text, path.name


# --- the usual dirt

def test_every_correction_names_a_record_and_what_stands_there(sample_root):
    raw, first_row = raw_records(sample_root), {QUALTRICS: 4, KOBO: 2}
    fixes = table(sample_root / "private/reference/corrections.csv")
    assert [fix["to"] for fix in fixes] == ["drop", "40", "keep", "5"]
    for fix in fixes:
        file, row = re.fullmatch(r"(\w+)\.r(\d+)", fix["key"]).groups()
        record = raw[file][int(row) - first_row[file]]
        is_doubtful = "test" in record.values() or record.get("Finished") == "False"
        assert fix["column"] == "*" and is_doubtful or (
            record[fix["column"]] == fix["from"])


def test_the_dirt_is_there(sample_root, records, questions):
    def cells(name):
        return record_of(records, PLANTED[name])

    assert Counter(o for _, o, _ in records)[PLANTED["answered_twice"]] == 2
    assert {c["Q1.4"] for _, o, c in records if o == PLANTED["two_countries"]} == {"Kenya", "Uganda"}
    assert (cells("unfinished")["Finished"], cells("unfinished")["Q6.4"]) == ("False", "")
    assert cells("three_minutes")["Duration (in seconds)"] == "180"
    scales = [q for q, question in questions.items() if question["type"] == "scale"]
    assert [cells("straight_liner")[q] for q in scales] == ["Agree"] * 5
    assert cells("answered_though_not_asked")["Q4.3"] and not cells("answered_though_not_asked")["Q4.2"]
    assert cells("redacted")["Q3.5"] == "REDACTED"
    assert cells("misspelt_country")["Q1.4"] == "Untied Kingdom"
    codes = {c["org_code"] for _, _, c in records if "org_code" in c}
    assert {" Open-Loom", "LONG-RAIN "} <= codes
    assert "South\u00a0Africa" in {c.get("Q1.4") for _, _, c in records}


def test_one_organisation_writes_another_language_than_it_was_interviewed_in(records):
    cells = record_of(records, PLANTED["writes_another_language"])
    assert (cells["Q1.5"], unicodedata.name(cells["Q4.6"][0]).split()[0]) == ("en", "CYRILLIC")


def test_interviews_take_an_hour_or_a_little_more_but_for_the_planted_one(records):
    minutes = [int(c["Duration (in seconds)"]) / 60 for _, _, c in records if "StartDate" in c]
    assert sorted(minutes)[0] == 3 and sorted(minutes)[1] >= 60 and max(minutes) <= 90
    for _, _, cells in records:
        if "start" in cells:
            took = datetime.fromisoformat(cells["end"]) - datetime.fromisoformat(cells["start"])
            assert 60 <= took.total_seconds() / 60 <= 90


# --- other sizes, other folders

def test_a_larger_sample_keeps_the_first_organisations_and_the_same_dirt(sample_root, tmp_path):
    write_study(tmp_path, organisations=200, countries=60)
    register = table(tmp_path / "private/reference/organisations.csv")
    assert len({r["organisation_id"] for r in register}) == 200
    assert len({r["country"] for r in table(tmp_path / "raw/context/countries.csv")}) == 60
    assert all(row in register for row in table(sample_root / "private/reference/organisations.csv"))
    assert table(tmp_path / "private/reference/corrections.csv") == table(
        sample_root / "private/reference/corrections.csv")
    read_reference(Study(tmp_path))


@pytest.mark.parametrize("numbers", [(29, 25), (30, 24), (30, 26), (500, 400)])
def test_numbers_that_do_not_fit_together_are_a_wrong_call(tmp_path, numbers):
    with pytest.raises(UsageError, match="cannot be made up"):
        write_study(tmp_path, organisations=numbers[0], countries=numbers[1])
    assert contents(tmp_path) == {}


def test_raw_files_that_are_there_already_stop_the_sample(tmp_path):
    (tmp_path / "raw/survey").mkdir(parents=True)
    (tmp_path / "raw/survey/real.csv").write_text("a\n1\n")
    with pytest.raises(GLCError, match="raw/survey/real.csv"):
        write_sample(tmp_path)
    assert set(contents(tmp_path)) == {"raw/survey/real.csv"}


def test_a_reference_that_people_edited_stays_as_it_is(tmp_path):
    written = write_sample(tmp_path)
    edited = tmp_path / "reference/codebook.csv"
    edited.write_bytes(edited.read_bytes().replace(b"Partnerships", b"Working together"))
    remove_sample_except_reference_folder(Study(tmp_path))
    again = {p for p in written if p.relative_to(tmp_path).parts[0] in ("raw", "private")}
    assert set(write_sample(tmp_path)) == again
    assert b"Working together" in edited.read_bytes()


def test_a_private_table_that_people_edited_stays_as_it_is(tmp_path):
    write_sample(tmp_path)
    edited = tmp_path / "private/reference/names.csv"
    edited.write_bytes(edited.read_bytes() + b"Anna Hill,person,,folded,,\n")
    remove_sample_except_reference_folder(Study(tmp_path))
    kept = [name for name in contents(tmp_path) if name.startswith("private")]
    assert kept == ["private/reference/names.csv"]


def test_a_sample_of_another_size_does_not_mix_with_the_reference_of_this_one(tmp_path):
    write_study(tmp_path, organisations=40, countries=25)
    remove_sample_except_reference_folder(Study(tmp_path))
    with pytest.raises(GLCError, match="other raw files"):
        write_sample(tmp_path)
    assert not Study(tmp_path).list_all_raw_files()


def test_removing_clears_everything_but_the_reference(tmp_path):
    write_sample(tmp_path)
    for name in ("processed/answers.parquet", "reports/team/current", "processed/.gitkeep"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_sample_except_reference_folder(Study(tmp_path))
    assert {name.split("/")[0] for name in contents(tmp_path)} == {"reference", "processed", ".gitignore"}
    assert (tmp_path / "processed/.gitkeep").exists()


def test_removing_touches_nothing_where_a_raw_file_is_not_the_samples(tmp_path):
    write_sample(tmp_path)
    (tmp_path / "raw/survey/real.csv").write_text("a\n1\n")
    (tmp_path / "raw/survey/glc_2016_qualtrics.csv").open("a").write("edited")
    before = contents(tmp_path)
    with pytest.raises(GLCError, match="(?s)real.csv|glc_2016_qualtrics.csv") as raised:
        remove_sample_except_reference_folder(Study(tmp_path))
    assert len(raised.value.faults) == 2
    assert contents(tmp_path) == before


def test_removing_leaves_a_real_study_neither_releases_nor_pseudonyms_of_the_sample(tmp_path):
    write_sample(tmp_path)
    for name in ("private/releases/public/001/release.json", "private/pseudonyms.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_sample_except_reference_folder(Study(tmp_path))
    assert not [name for name in contents(tmp_path) if name.startswith("private")]


def test_a_study_that_init_made_takes_no_sample(tmp_path):
    from click.testing import CliRunner

    from glc_analysis.cli import cli

    root = tmp_path / "ours"
    assert CliRunner().invoke(cli, ["init", str(root)]).exit_code == 0
    before = set(root.rglob("*"))
    done = CliRunner().invoke(cli, ["--study", str(root), "sample"])
    assert done.exit_code == 1 and "is a real study" in done.stderr
    assert "--study NEWFOLDER sample" in done.stderr
    assert set(root.rglob("*")) - before <= {root / ".lock"}
