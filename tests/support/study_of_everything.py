"""A small study with everything that the core reads, and edits of it, each of one thing, drawn at random."""

import json
import random
import shutil
from contextlib import suppress
from types import SimpleNamespace

import pandas as pd

from glc_analysis.build import build, build_steps
from glc_analysis.errors import Faults
from glc_analysis.manifest import are_tables_current, rename_next_release_folder
from glc_analysis.study import Study
from tests.support.coded_studies import ANA, BEN, BLUE, CALL, CODEBOOK, DOCUMENTS, LAMP
from tests.support.study_writer import choices, places, question, write_csv, write_study, write_toml

COUNTRIES = ("KHM", "LAO", "UGA")


def contents():
    """Returns the content of the study: tables, settings and raw files, which edits can change."""
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
        "documents": [dict(row) for row in DOCUMENTS],
        "speakers": [{"document_id": "*", "name_in_file": name, "speaker_id": speaker, "role": role,
                      "organisation_id": whose}
                     for name, speaker, role, whose in (("Rosa", "int", "interviewer", ""),
                                                        ("Ana Vega", "p1", "participant", "a"),
                                                        ("Bo", "p2", "participant", "b"))],
        "attendance": [{"document_id": "call", "organisation_id": one, "is_present": "true"}
                       for one in "abc"],
        "names": [{"name": "Ana Vega", "kind": "person", "match": "folded"}],
        "consent": [{"organisation_id": one, "item": item, "audience": audience, "is_given": "true",
                     "date": "2016-03-01", "no_covers": "never_separable",
                     "form_wording": "We still count you."}
                    for one in "abcdef" for item in ("survey", "interview", "quotation")
                    for audience in ("convening", "public")],
        "quotes": [{"quote_id": "q1", "segment_id": "blue.4", "text": "We wait for months.",
                    "audience": "convening", "status": "proposed"}],
        "corrections": [{"table": "survey", "key": "survey.r3", "column": "Q4", "from": "2", "to": "20",
                         "reason": "It said 20.", "by": "x", "date": "2016-05-01"}],
        "answer_translations": [{"answer_id": f"survey.r{n}", "question_id": "Q7", "language": "en",
                                 "text": f"Zephyrine's words, number {n}.", "status": "machine"}
                                for n in (5, 6)]}
    settings = {"study": {"id": "all", "title": "Everything", "sampling": "probability", "frame_size": 30},
                "survey": {"organisation": "org", "started": "start", "coded": {"Q7": "Q7_*"}},
                "context": {"country": "iso", "indicators": ["tier"], "stated": {"tier": "Q6"}},
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
    """Returns every file of processed/, and of the releases that would be published next."""
    return {path.relative_to(study.root).as_posix(): path.read_bytes()
            for folder in (study.processed, *(study.private / "releases").glob("*/next"))
            for path in folder.rglob("*") if path.is_file()}


def from_nothing(study, root):
    """Returns the same study without its tables: what people and files say, the key, and numbered
    releases."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(study.root, root, ignore=shutil.ignore_patterns("processed", "next"))
    return Study(root)


def ran(study):
    return {report.step for report in build_steps(Study(study.root)).reports if report.why}


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
        cell(tables_["consent"], "no_covers", "never_separable", "not_counted"),
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
        cell(tables_["answer_translations"], "text", "In other words."), drop(tables_["answer_translations"]),
        cell(tables_["quotes"], "text", "We wait for months", "We wait"), drop(tables_["quotes"]),
        setting(made, "study", "sampling", "probability", "purposive"),
        setting(made, "study", "title", "Another", "Everything"),
        setting(made, "study", "interval", "", "wilson", "jeffreys"),
        setting(made, "coding", "approach", "interpretive", "codebook"),
        setting(made, "disclosure", "convening_base", 2, 5),
        setting(made, "survey", "redacted", [], ["yes"]), setting(made, "survey", "blank", [], ["two"]),
        setting(made, "survey", "coded", {}, {"Q7": "Q7_*"}),
        lambda draw: publish(study), lambda draw: spoil(study, draw)]


def publish(study):
    """Publishes what the last build left, as a run does; `next` then no longer exists."""
    for audience in ("convening", "public"):
        new = study.private / "releases" / audience / "next"
        if new.is_dir():
            rename_next_release_folder(study.private, audience,
                                       json.loads((new / "release.json").read_text())["number"])


def spoil(study, draw):
    """Damages what the last build left, as a person or an interrupted build might do."""
    path = draw.choice(sorted(path for path in study.processed.iterdir() if path.is_file()))
    draw.choice([path.unlink, lambda: path.write_bytes(path.read_bytes()[:-1])])()


def outcome(study):
    try:
        return build(Study(study.root))
    except Faults as faults:
        return str(faults)


def equal_after_random_edits(made, edits, seed, n_edits, folder):
    """Makes ``n_edits`` edits in a study. After each edit, checks that a build which takes over what it can
    equals a build from nothing. This is also checked after a build for the team alone, which leaves no
    decision on new figures."""
    draw, between = random.Random(seed), random.Random(seed)
    study = write(folder / "study", made)
    build(study)
    n_faulty = 0
    for n in range(n_edits):
        before = json.dumps(vars(made))
        for _ in range(draw.choice([1, 1, 1, 2])):
            draw.choice(edits(made, study))(draw)
        write(study.root, made)
        fresh = from_nothing(study, folder / "fresh")
        if between.random() < 0.5:
            with suppress(Faults):
                build_steps(Study(study.root), is_for_all_audiences=False)
                assert are_tables_current(Study(study.root)) or not [*study.processed.glob("release_*")], n
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


def said_anywhere(root, word, *, but=()):
    """Returns the files below a folder that contain a word; tables are unpacked first."""
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
