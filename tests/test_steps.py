"""A step runs when something that it needs has changed; taking tables over equals building from nothing."""

import json
import random
import shutil
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import build as building
from glc_analysis import manifest, tables
from glc_analysis.addons.withdrawal.withdrawal import withdraw
from glc_analysis.build import STEPS, build, build_steps
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.cli import cli
from glc_analysis.errors import Faults
from glc_analysis.manifest import publish_next
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
from tests.coding.test_coded_study import ANA, BEN, BLUE, CALL, CODEBOOK, LAMP
from tests.support.share import drawn
from tests.support.study_writer import choices, places, question, write_csv, write_study, write_toml

COUNTRIES = ("KHM", "LAO", "UGA")


def contents():
    """What a study of everything is made of: tables, settings and raw files, for edits to change."""
    organisations = [{"organisation_id": one, "label": f"House {one.upper()}", "type": kind,
                      "home_country_id": country}
                     for one, kind, country in zip("abcdef", ["shelter", "legal"] * 3, COUNTRIES * 2,
                                                   strict=True)]
    rows = [{"org": one, "country": country, "start": f"2016-0{n}-03", "Q1": "A safe place.", "Q2": "",
             "Q3": "yes" if n % 2 else "no", "Q4": str(n), "Q5": "one;two" if n % 3 else "two",
             "Q6": "in tier 1", "Q7": "We spoke to Zephyrine about it.", "Q7_Safe place": str(n % 2)}
            for n, (one, country) in enumerate(zip("abcdef", COUNTRIES * 2, strict=True), 1)]
    reference = {
        "questions": [
            question("Q1", "text", theme_id="care", wording="What comes first for a person?"),
            question("Q2", "text", theme_id="law", wording="How do courts work?"),
            question("Q3", "single", "law", theme_id="law", unit="organisation"), question("Q4", "number"),
            question("Q5", "multi", "count", theme_id="care", asked_if="Q3 == yes"),
            question("Q6", "single", "tiers", theme_id="law"), question("Q7", "text", theme_id="care")],
        "options": [*choices("law", "yes", "no"), *choices("count", "one", "two"), *choices(
            "tiers", ("t1", "in tier 1", "Tier 1"), ("t2", "in tier 2", "Tier 2")), *choices(
            "tier", ("t1", "1", "1"), ("t2", "2", "2"))],
        "countries": [*places(*(f"{country} {region}" for country, region in zip(
            COUNTRIES, ("asia", "asia", "africa"), strict=True)))],
        "organisations": organisations, "codebook": [dict(row) for row in CODEBOOK],
        "documents": [
            {"document_id": "blue", "kind": "interview", "path": "raw/interviews/blue.txt",
             "organisation_id": "a", "date": "2016-03-01", "language": "en"},
            {"document_id": "lamp", "kind": "interview", "path": "raw/interviews/lamp.txt",
             "organisation_id": "b", "date": "2016-04-01", "language": "en"},
            {"document_id": "call", "kind": "call", "path": "raw/calls/call.vtt", "date": "2016-09-01"}],
        "speakers": [{"document_id": "*", "name_in_file": name, "speaker_id": speaker, "role": role,
                      "organisation_id": whose}
                     for name, speaker, role, whose in (("Rosa", "int", "interviewer", ""),
                                                        ("Ana Vega", "p1", "participant", "a"),
                                                        ("Bo", "p2", "participant", "b"))],
        "attendance": [{"document_id": "call", "organisation_id": one, "is_present": "true"}
                       for one in "abc"],
        "names": [{"name": "Ana Vega", "kind": "person", "match": "folded"}],
        "consent": [{"organisation_id": one, "item": item, "audience": audience, "is_given": "true",
                     "date": "2016-03-01"}
                    for one in "abcdef" for item in ("survey", "interview", "quotation")
                    for audience in ("convening", "public")],
        "quotes": [{"quote_id": "q1", "segment_id": "blue.4", "text": "We wait for months.",
                    "audience": "convening", "status": "proposed"}],
        "principles": [{"principle_id": "P01", "version": "1", "statement": "Wait with people.",
                        "short_name": "Waiting", "domain_id": "practice", "theme_ids": "care",
                        "status": "candidate", "language": "en"}],
        "evidence": [{"principle_id": "P01", "evidence_id": "e1", "kind": "estimate",
                      "reference": "Q3/yes/all", "stance": "supports", "claim": "practised"}],
        "corrections": [{"table": "survey", "key": "survey.r3", "column": "Q4", "from": "2", "to": "20",
                         "reason": "It said 20.", "by": "x", "date": "2016-05-01"}]}
    settings = {"study": {"id": "all", "title": "Everything", "sampling": "probability", "frame_size": 30},
                "survey": {"organisation": "org", "started": "start", "coded": {"Q7": "Q7_*"}},
                "context": {"country": "iso", "indicators": ["tier"], "stated": {"tier": "Q6"}},
                "comparison": {"group_minimum": 2},
                "raw": {"codings": {"ana": "../raw/codings/ana.csv", "ben": "../raw/codings/ben.csv"}}}
    texts = {"interviews/blue.txt": BLUE, "interviews/lamp.txt": LAMP, "calls/call.vtt": CALL}
    return SimpleNamespace(rows=rows, reference=reference, settings=settings, texts=texts,
                           coders={"ana": [list(row) for row in ANA], "ben": [list(row) for row in BEN]},
                           context=[{"iso": one, "tier": tier} for one, tier in zip(COUNTRIES, "121",
                                                                                    strict=True)])


def write(root, made):
    reference = {name: rows or [{}] for name, rows in made.reference.items()}
    study = write_study(root, made.rows, settings=made.settings, context=made.context, **reference)
    write_toml(root / "reference/study.toml", made.settings)
    for name, text in made.texts.items():
        (study.raw / name).parent.mkdir(exist_ok=True)
        (study.raw / name).write_text(text, encoding="utf-8")
    (study.raw / "codings").mkdir(exist_ok=True)
    for coder, rows in made.coders.items():
        write_csv(study.raw / f"codings/{coder}.csv",
                  [dict(zip(("document", "quote", "code"), row, strict=True)) for row in rows])
    return study


def files(study):
    """Every file of processed/, and of the release that would be next."""
    return {path.relative_to(study.root).as_posix(): path.read_bytes()
            for folder in (study.processed, study.private / "releases/next")
            for path in folder.rglob("*") if path.is_file()}


def from_nothing(study, root):
    """The same study without tables: what people and files say, the key, and numbered releases."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(study.root, root, ignore=shutil.ignore_patterns("processed", "next"))
    return Study(root)


def ran(study):
    return {report.step for report in build_steps(Study(study.root)).reports if report.why}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("steps") / "study"
    study = write(root, contents())
    build(study)
    return study


@pytest.fixture
def study(built, tmp_path):
    return Study(shutil.copytree(built.root, tmp_path / "study"))


# What may be edited, one thing at a time; an edit that makes the study faulty is one as well.

def cell(rows, column, *values):
    def edit(draw):
        draw.choice(rows)[column] = draw.choice(values)
    return edit


def drop(rows):
    return lambda draw: rows.pop(draw.randrange(len(rows))) if rows else None


def add(rows, row):
    return lambda draw: rows.append(dict(row))


def setting(made, section, name, *values):
    return lambda draw: made.settings.setdefault(section, {}).__setitem__(name, draw.choice(values))


def replaced(made, name, old, new):
    return lambda draw: made.texts.__setitem__(name, made.texts[name].replace(old, new))


def edits(made, study):
    tables_ = made.reference
    return [
        cell(made.rows, "Q3", "yes", "no", ""), cell(made.rows, "Q4", "3", "40", ""),
        cell(made.rows, "Q4", "many"), cell(made.rows, "Q5", "one", "two", ""),
        cell(made.rows, "Q1", "Courts are slow here.", ""), cell(made.rows, "Q7_Safe place", "1", "0", ""),
        cell(made.rows, "country", *COUNTRIES), cell(made.rows, "Q6", "in tier 2", "in tier 1"),
        cell(made.rows, "start", "2015-04-05"),
        add(made.rows, {"org": "a", "country": "UGA", "start": "2017-01-01", "Q3": "no", "Q4": "7"}),
        drop(made.rows), cell(made.context, "tier", "1", "2"),
        cell(made.coders["ana"], 2, "shelter", "Delay", "an orphan"), drop(made.coders["ben"]),
        replaced(made, "interviews/lamp.txt", "No house", "No home"),
        replaced(made, "interviews/blue.txt", "for months", "for many months"),
        replaced(made, "calls/call.vtt", "So do we", "So do we all"),
        setting(made, "survey", "unknown", ["country"], ["organisation"], []),
        setting(made, "survey", "unknown_organisations", "each", "one"),
        setting(made, "survey", "decimal_commas", True, False), setting(made, "survey", "tool", "plain", ""),
        add(tables_["names"], {"name": "police", "kind": "other", "match": "folded"}),
        add(tables_["names"], {"name": "Zephyrine", "kind": "person", "match": "exact"}),
        drop(tables_["names"]), drop(tables_["corrections"]),
        cell(tables_["consent"], "is_given", "true", "false"),
        cell(tables_["organisations"], "type", "shelter", "legal"),
        cell(tables_["organisations"], "network_id", "net", ""),
        cell(tables_["organisations"], "label", "House Other", "House More"),
        cell(tables_["questions"], "wording", "And why?", "How so?"),
        cell(tables_["questions"], "theme_id", "care", "law", ""),
        cell(tables_["questions"], "is_sensitive", "true", "false"),
        cell(tables_["questions"], "asked_if", "", "Q3 == no"),
        cell(tables_["options"], "label", "Renamed"), cell(tables_["countries"], "region_id", "here", "asia"),
        cell(tables_["codebook"], "definition", "More words"), cell(tables_["codebook"], "parent_id", "law"),
        add(tables_["codebook"], {"code_id": "case_detail", "parent_id": "care", "level": "code",
                                  "name": "Case"}),
        cell(tables_["attendance"], "is_present", "true", "false"),
        cell(tables_["quotes"], "text", "We wait for months", "We wait"), drop(tables_["quotes"]),
        cell(tables_["principles"], "statement", "Wait for nobody.", "Wait with people."),
        cell(tables_["evidence"], "reference", "Q3/no/all", "Q3/yes/all"),
        setting(made, "study", "sampling", "probability", "purposive"),
        setting(made, "study", "title", "Another", "Everything"),
        setting(made, "study", "interval", "", "wilson", "jeffreys"),
        setting(made, "comparison", "group_minimum", 2, 4),
        setting(made, "coding", "approach", "interpretive", "codebook"),
        setting(made, "salience", "repeats", "kept", "removed"),
        setting(made, "disclosure", "convening_base", 2, 5),
        setting(made, "survey", "redacted", [], ["yes"]), setting(made, "survey", "blank", [], ["two"]),
        setting(made, "survey", "coded", {}, {"Q7": "Q7_*"}),
        lambda draw: publish(study), lambda draw: spoil(study, draw)]


def publish(study):
    """A run makes public what the last build left; `next` is then there no more."""
    for audience in ("convening", "public"):
        new = study.private / "releases" / audience / "next"
        if new.is_dir():
            publish_next(study.private, audience, json.loads((new / "release.json").read_text())["number"])


def spoil(study, draw):
    """Somebody, or a build that was cut off, damaged what the last build left."""
    path = draw.choice(sorted(path for path in study.processed.iterdir() if path.is_file()))
    draw.choice([path.unlink, lambda: path.write_bytes(path.read_bytes()[:-1])])()


def outcome(study):
    try:
        return build(Study(study.root))
    except Faults as faults:
        return str(faults)


@pytest.mark.every_day
@pytest.mark.acceptance
@pytest.mark.parametrize(("seed", "n_edits"), [(0, 3), *((seed, 8) for seed in drawn(range(7), 1))])
def test_a_build_that_takes_over_equals_one_from_nothing_after_random_edits(seed, n_edits, tmp_path):
    draw, made = random.Random(seed), contents()
    study = write(tmp_path / "study", made)
    build(study)
    n_faulty = 0
    for n in range(n_edits):
        before = json.dumps(vars(made))
        for _ in range(draw.choice([1, 1, 1, 2])):
            draw.choice(edits(made, study))(draw)
        write(study.root, made)
        fresh = from_nothing(study, tmp_path / "fresh")
        found, expected = outcome(study), outcome(fresh)
        assert found == expected, (n, found, expected)
        if isinstance(found, str):
            n_faulty += 1
            made = SimpleNamespace(**json.loads(before))
            write(study.root, made)
            continue
        one, two = files(study), files(fresh)
        assert [name for name in {**one, **two} if one.get(name) != two.get(name)] == [], n
    assert n_faulty < 5


COUNTED = {"survey figures", "quality figures", "comparisons", "coded figures", "estimates", "releases",
           "quotations", "blocks"}


@pytest.mark.acceptance
@pytest.mark.parametrize("edit, steps", [
    (lambda made: made.rows[0].update(Q4="33"), {
        "records", "organisations", "answers", "open answers", "coded columns", "records against answers",
        *COUNTED}),
    (lambda made: made.reference["quotes"][0].update(text="We wait"), {"quotations", "blocks"}),
    (lambda made: made.reference["principles"][0].update(statement="Other."),
     {"principles", "ratings", "blocks"}),
    (lambda made: made.settings["study"].update(title="Other"), set()),
    (lambda made: made.settings.update(disclosure={"convening_base": 9}), {"blocks", "releases"}),
    (lambda made: made.coders["ana"].pop(), {"coding", "agreement", "mentions", "coded figures",
                                             "quotations"}),
    (lambda made: made.reference["consent"].pop(), {"releases", "quotations", "blocks"}),
    (lambda made: made.context[2].update(tier="2"), {"context", "records against answers", "discordance",
                                                     "estimates", "releases", "quotations", "blocks"})],
    ids=["an answer", "quotes", "a principle", "the title", "a threshold", "a coding", "a consent", "a fact"])
def test_only_what_rests_on_a_change_runs(edit, steps, study):
    made = contents()
    edit(made)
    write(study.root, made)
    assert ran(study) == steps
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
    monkeypatch.setattr("glc_analysis.manifest.package_hash", lambda: "another")
    reports = build_steps(Study(study.root)).reports
    assert {report.why for report in reports} == {"the package changed"} and len(reports) == len(STEPS)
    (study.processed / "provenance.json").write_text("torn", encoding="utf-8")
    assert {report.why for report in build_steps(Study(study.root)).reports} == {"nothing was built before"}


def test_explain_lists_every_step_with_its_reason(study):
    (study.processed / "ratings.parquet").unlink()
    command = ["--study", str(study.root), "build", "--explain"]
    said = CliRunner().invoke(cli, command)
    assert said.exit_code == 0
    lines = said.stdout.splitlines()
    assert len(lines) == len(STEPS) and "records: kept" in lines
    assert "ratings: ran (table ratings is not as it was written)" in lines
    again = CliRunner().invoke(cli, command).stdout.splitlines()
    assert again == [f"{step.name}: kept" for step in STEPS]


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
    may_run = {forecast.step.name for forecast in building.forecast(Study(study.root))
               if forecast.why or forecast.waits_for}
    assert ran(study) <= may_run < {step.name for step in STEPS}


def test_list_of_a_study_that_is_built_keeps_every_step(study):
    assert [str(one).splitlines()[0] for one in building.forecast(study)] == [
        f"{step.name}: would be kept" for step in STEPS]
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
    assert code == 0 and lines == [f"{step.name}: ran (forced)" for step in STEPS]
    assert files(study) == before
    assert command(study, "--only", "context", "--force", "--explain") == (0, ["context: ran (forced)"])
    assert command(study, "--only", "context", "--explain") == (0, ["context: kept"])
    assert files(study) == before


def test_a_step_that_there_is_not_is_named_with_the_nearest(study):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "build", "--only", "codin"])
    assert done.exit_code == 2 and "There is no step 'codin'" in str(done.stderr) + str(done.exception)
    assert "'coding'" in str(done.stderr) + str(done.exception)


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["estimates.parquet", "steps.parquet", "slices.json", "DICTIONARY.md"])
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
    monkeypatch.setattr(tables, "GROUP", 3)
    study = write(tmp_path / "study", contents())
    with tables.python_strings():
        arrivals, reference = manifest.inspect(study), read_reference(study)
        engine = building._run(study, reference, arrivals, Record(why="all"), lambda line: None)
        for name in building.TABLE_ORDER:
            (tmp_path / f"{name}.parquet").write_bytes(engine.packed[name])
            made = tables.with_python_strings(engine[name])  # as it is written
            pd.testing.assert_frame_equal(tables.read_stored(tmp_path, name), made, check_exact=True)


# Nothing is left anywhere of what was taken out.

def said_anywhere(root, word, *, but=()):
    """The files under a folder in which a word stands, tables unpacked."""
    found = []
    for path in root.rglob("*"):
        if path.is_file() and path.relative_to(root).as_posix() not in but:
            text = path.read_bytes().decode("utf-8", errors="replace")
            if path.suffix == ".parquet":
                frame = pd.read_parquet(path)
                held = [frame[column].cat.categories.astype("str") if isinstance(
                    frame[column].dtype, pd.CategoricalDtype) else frame[column].astype("str")
                    for column in frame]
                text += "\n".join("\n".join(map(str, column)) for column in held)
            if word.casefold() in text.casefold():
                found.append(path.relative_to(root).as_posix())
    return found


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


@pytest.mark.acceptance
def test_after_a_withdrawal_no_byte_of_the_study_has_its_words(study):
    made = contents()
    made.rows[4]["Q1"] = "Marzipan and lanterns."
    write(study.root, made)
    manifest.accept(study, manifest.inspect(study).new, today=date(2017, 1, 1))
    build(Study(study.root))
    assert "processed/responses.parquet" in said_anywhere(study.root, "Marzipan")
    withdraw(Study(study.root), "e", today=date(2017, 1, 9))
    for word in ("Marzipan", "House E"):
        assert said_anywhere(study.root, word) == []
    rows = pd.read_parquet(study.processed / "responses.parquet")
    assert "e" not in set(rows["organisation_id"])
    assert ran(study) == set()


# What a step may read

def engine_of(study, *steps):
    inputs = Inputs(study, read_reference(study), {}, manifest.inspect(study))
    parts = {"some": Part("estimates", "measure", ("quality",))}
    return Engine(steps, inputs, Record(why="all"), parts=parts, new_log=CleaningLog)


@pytest.mark.parametrize("read", [
    lambda view: view["other"], lambda view: view.get("other"), lambda view: [*view],
    lambda view: view.reference.names, lambda view: view.study.settings["survey"],
    lambda view: view.study.settings["study"]["title"], lambda view: [*view.study.settings["study"]],
    lambda view: view.study.title, lambda view: view.study.raw_files("survey"),
    lambda view: view.study.all_raw_files(), lambda view: view.study.coder_files(),
    lambda view: view.study.reference_file("names"), lambda view: view.study.private,
    lambda view: view.study.processed, lambda view: view.study.raw, lambda view: view.study.reports,
    lambda view: view.study.key_file, lambda view: view.pseudonyms])
def test_a_step_that_reads_what_it_does_not_declare_fails(read, built):
    def function(view):
        assert view["made"] == [1] and len(view.reference.codebook) and view.study.sampling
        assert view.study.raw_files("context") and view.study.reference_file("codebook")
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
    for step in STEPS:
        assert [need for need in step.needs if not is_input(need) and need not in made] == []
        made += step.makes
    assert len(made) == len(set(made))
    assert {*building.TABLE_ORDER} == {*tables.TABLES} == {*made} & {*tables.TABLES} | {"steps"}


def test_the_record_holds_hashes_and_names_alone(built):
    said = json.loads((built.processed / "provenance.json").read_text(encoding="utf-8"))["build"]
    assert set(said) == {"package", "inputs", "made", "log", "files"}
    hashes = [said["package"], *said["inputs"].values(), *said["made"].values(), *said["files"].values()]
    assert all(isinstance(one, str) and len(one) in (0, 64) and set(one) <= set("0123456789abcdef")
               for one in hashes)
    assert all(isinstance(count, int) for count in said["log"].values())
