"""Makes small studies for tests: reference tables from a few words, in memory or as a folder."""

import csv
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from glc_analysis import tables
from glc_analysis.cleaning import records, responses
from glc_analysis.cleaning.dimension_tables import (
    make_country_table,
    make_option_table,
    make_question_table,
)
from glc_analysis.cleaning.records import CleaningLog, clean_organisations
from glc_analysis.digests import write_digest_key_if_missing
from glc_analysis.figures.estimates import CleanTables
from glc_analysis.intake.survey import RawSurvey, make_text_frame
from glc_analysis.reference import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, Reference
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.study import DEFAULTS, Study
from tests.support.study_on_disk import decisions_on

KINDS = ("none", "dont_know", "refused", "other")
SETTINGS = {**DEFAULTS["survey"], "organisation": "org"}


def question(question_id, type_="single", options="", **other):
    """Returns one row of questions.csv. The answer is in a column with the question's own name."""
    return {"question_id": question_id, "columns": question_id, "unit": "answer", "type": type_,
            "option_list": options, **other}


def choices(option_list, *options):
    """Returns rows of options.csv from ``"yes"``, or ``("yes", value, label)``. The id shows the kind of the
    option."""
    triples = [o if isinstance(o, tuple) else (o, o, o.replace("_", " ").capitalize())
               for o in options]
    return [{"option_list": option_list, "option_id": option, "value": value, "label": label,
             "position": str(place), "kind": option if option in KINDS else "substantive"}
            for place, (option, value, label) in enumerate(triples, 1)]


def places(*names):
    """Returns rows of countries.csv from ``"KHM asia"``: an id, which is also the name in the answers, and
    its region."""
    return [{"raw_name": country, "country_id": country, "region_id": region}
            for country, _, region in (name.partition(" ") for name in names)]


def themes(*names):
    """Returns rows of codebook.csv: themes below one domain."""
    return [{"code_id": "practice", "level": "domain", "name": "Practice"},
            *({"code_id": n, "parent_id": "practice", "level": "theme", "name": n} for n in names)]


def reference(**rows):
    """Returns the reference tables in memory from ``questions=[...]``. A cell that a row leaves out is
    blank."""
    return Reference({name: _frame(name, rows[name]) if rows.get(name) else _frame_without_rows(name).copy()
                      for name in REQUIRED_COLUMNS})


def _frame(name, rows):
    columns = (*REQUIRED_COLUMNS[name], *OPTIONAL_COLUMNS.get(name, ()))
    return pd.DataFrame({c: [row.get(c, "") for row in rows] for c in columns}, index=range(2, len(rows) + 2),
                        dtype="str")


@cache
def _frame_without_rows(name):
    return _frame(name, [])


def survey(rows, *, name="survey.csv", loops=(), repeated=()):
    """Returns dicts as a survey file that has been read. A cell that a row leaves out is blank."""
    frame = make_text_frame({c: [str(row.get(c, "")) for row in rows]
                             for c in dict.fromkeys(c for row in rows for c in row)})
    return RawSurvey(Path(name), "plain", frame, list(range(2, len(rows) + 2)),
                     list(loops) or [0] * len(rows), {}, tuple(repeated))


def cleaned(rows, known, *, redacted=(), **settings):
    """Returns the tables of a small survey, made in memory from its rows (or several files) and its
    reference."""
    files = rows if rows and isinstance(rows[0], RawSurvey) else [survey(rows)]
    steps = CleaningLog()
    found = records.assemble_records_of_all_waves(files, known, {**SETTINGS, **settings}, steps)
    given, selections = responses.clean_responses_and_selections(found, known, list(redacted), steps)
    own = clean_organisations(found, known,
                              unknown_organisations={**SETTINGS, **settings}["unknown_organisations"])
    nations = make_country_table(found.answers, own, given, known)
    frames = {"questions": make_question_table(known), "options": make_option_table(known, nations),
              "organisations": own, "answers": records.make_answer_record_table(found), "responses": given,
              "selections": selections}
    frames = {name: tables.conform_to_schema(name, frame) for name, frame in frames.items()}
    return SimpleNamespace(**frames, records=found, steps=steps.to_frame(), data=CleanTables(**frames))


def write_study(root, rows, *, settings=(), context=(), **tables_):
    """Writes a study folder with one survey file. ``settings`` are sections of study.toml."""
    root = Path(root)
    for folder in ("raw/survey", "raw/context", "reference", "private/reference"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    merged = {"study": {"id": "small", "title": "A small study"},
              "survey": {"organisation": "org"}}
    for section, values in dict(settings).items():
        merged[section] = {**merged.get(section, {}), **values}
    write_toml(root / "reference/study.toml", merged)
    write_csv(root / "raw/survey/survey.csv", rows)
    if context:
        write_csv(root / "raw/context/context.csv", context)
    decided = decisions_on(tables_.get("principles", ()))
    for name, listed in (({"text_decisions": decided} if decided else {}) | tables_).items():
        write_reference(root, name, listed)
    write_digest_key_if_missing(root, b"the invented key of all studies of tests")
    return Study(root)


def write_reference(root, name, rows):
    """Writes dicts as a reference table, into the table's files."""
    rows, about = list(rows), load_reference_table_schemas()[name]
    for n, file in enumerate(list_table_files(name)):
        header = dict.fromkeys((*file.required, *file.optional), "")
        held = [row for row in rows if n == 0 or any(row.get(column) for column in about.private_columns)]
        write_csv(Path(root, file.path), [{c: row.get(c, "") for c in header} for row in held] or [header])


def write_csv(path, rows):
    """Writes dicts as a CSV file. A cell that a row leaves out is blank."""
    header = list(dict.fromkeys(c for row in rows for c in row))
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_toml(path, sections):
    """Writes settings as TOML. Scalars and lists are written as in JSON."""
    Path(path).write_text("\n".join(
        f"[{section}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in values.items())
        for section, values in sections.items()), encoding="utf-8")


def _toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
    return json.dumps(value)
