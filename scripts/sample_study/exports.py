"""Writes the files in ``raw/survey``: the answers as two survey tools export them, with the usual errors. If
no add-on reads exports of Qualtrics, a plain table takes the place of that export."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from openpyxl import Workbook

from glc_analysis.addon import map_declared_entries
from glc_analysis.manifest import SAMPLE
from glc_analysis.spreadsheets import save_workbook_reproducibly
from scripts.sample_study.content import Row, grouped, rows
from scripts.sample_study.participants import PREVIEW, SECOND, Interview, firsts

MARK = f"invented by {SAMPLE}"
TOOLS = ("glc_2016_qualtrics", 4), ("glc_2016_kobo", 2)
"""The name of each tool's file, and the row of its first record."""
Cells = dict[str, str | int]


def write_exports(root: Path, interviews: list[Interview], plain: Path | None = None) -> list[Row]:
    """Writes ``raw/survey``: the Qualtrics file, and the Kobo file of the Spanish interviews. If no add-on
    reads the Qualtrics file, the folder ``plain`` gets the table that takes its place.

    Returns the rows of corrections.csv that correct the errors in the files.
    """
    folder, name = root / "raw" / "survey", f"{TOOLS[0][0]}.csv"
    folder.mkdir(parents=True)
    others, spanish = _by_tool(interviews)
    qualtrics = [_qualtrics(r) for r in others]
    kobo = [_kobo(r, n) for n, r in enumerate(spanish, 1)]
    corrections = [*_soil(others, qualtrics, *TOOLS[0]), *_soil(spanish, kobo, *TOOLS[1])]
    write = _write_qualtrics if "qualtrics" in map_declared_entries("survey_readers") else _write_plain
    write(folder / name, qualtrics)
    if plain:
        (plain / "raw" / "survey").mkdir(parents=True)
        _write_plain(plain / "raw" / "survey" / name, qualtrics)
    _write_kobo(folder / f"{TOOLS[1][0]}.xlsx", kobo)
    return corrections


def open_answers(interviews: list[Interview]) -> Iterator[Row]:
    """Yields the open answers that become documents: answer_id, question_id, text."""
    soiled = {(row["version"], row["organisation_id"], row["column"]) for row in rows("dirt")}
    for (stem, first_row), records in zip(TOOLS, _by_tool(interviews), strict=True):
        met = set()
        for n, record in enumerate(records, first_row):
            organisation = record.organisation["organisation_id"]
            for question in rows("questions") if record.version != PREVIEW else ():
                name = question["question_id"]
                whose = organisation if question["unit"] == "organisation" else n, name
                text = "".join(record.answers.get(name, ()))
                if question["type"] == "text" and text and whose not in met and (
                        (record.version, organisation, name) not in soiled):
                    met.add(whose)
                    yield {"answer_id": f"{stem}.r{n}", "question_id": name, "text": text}


def coded_answers(interviews: list[Interview]) -> Iterator[Row]:
    """Yields the open answers that Tomas read as rows of assignments.csv: the document that each becomes, and
    its codes."""
    codes = {(row["question_id"], row["text"]): row["codes"] for row in rows("texts") if row["codes"]}
    for answer in open_answers(interviews):
        if found := codes.get((answer["question_id"], answer["text"])):
            yield {"document_id": f"{answer['answer_id']}.{answer['question_id'].lower()}", "codes": found,
                   "coder_id": "tomas", "codebook_version": "2"}


def translated_answers(interviews: list[Interview]) -> Iterator[Row]:
    """Yields the rows of answer_translations.csv."""
    written = {(row["question_id"], row["answer"]): row for row in rows("answer_translations")}
    for answer in open_answers(interviews):
        if found := written.get((answer["question_id"], answer["text"])):
            yield {**answer, **found, "language": "en"}


def _by_tool(interviews: list[Interview]) -> tuple[list[Interview], list[Interview]]:
    """Returns the records of the Qualtrics file, and the records of the Kobo file."""
    records = _with_versions(interviews)
    return ([r for r in records if r.organisation["language"] != "es"],
            [r for r in records if r.organisation["language"] == "es"])


def _with_versions(interviews: list[Interview]) -> list[Interview]:
    """Returns all interviews, between the trial runs of the form and the interviews that were given a second
    time."""
    named = {(row["version"], row["organisation_id"]) for row in rows("dirt")}
    trials, seconds = ([replace(i, version=v) for o, i in firsts(interviews).items() if (v, o) in named]
                       for v in (PREVIEW, SECOND))
    return [*trials, *interviews,
            *(replace(i, started=i.started + timedelta(days=9)) for i in seconds)]


def _soil(records: list[Interview], cells: list[Cells], stem: str, first_row: int) -> list[Row]:
    """Puts the errors of ``content/dirt.csv`` into the cells. Returns the rows of corrections.csv that
    correct them.

    If an organisation works in two countries, the errors are in the record of its first country.
    """
    place = {(r.version, r.organisation["organisation_id"]): n
             for n, r in reversed(list(enumerate(records)))}
    corrections = []
    for row in rows("dirt"):
        n = place.get((row["version"], row["organisation_id"]))
        if n is not None and row["column"] in cells[n]:
            cells[n][row["column"]] = row["stands"]
        if n is not None and row["becomes"]:
            corrections.append({
                "table": "survey", "key": f"{stem}.r{first_row + n}", "column": row["column"],
                "from": row["stands"], "to": row["becomes"], "reason": row["reason"],
                "by": "sample", "date": "2016-10-03"})
    return corrections


def _questions(tool: int) -> Iterator[tuple[Row, str, list[Row]]]:
    """Yields every question with its column in a tool (0 Qualtrics, 1 Kobo) and its options."""
    for question in rows("questions"):
        yield (question, question["columns"].split(" | ")[tool],
               grouped("options", "option_list")[question["option_list"]])


def _fingerprint(record: Interview) -> str:
    return sha256(f"{record.version} {record.organisation['organisation_id']} {record.started}"
                  .encode()).hexdigest()


def _qualtrics(record: Interview) -> Cells:
    """Returns one row of the Qualtrics export: labels, and a column per option for questions with several
    choices."""
    organisation, is_whole = record.organisation, not record.organisation["stops_after"]
    cells: Cells = {
        "StartDate": str(record.started), "EndDate": str(record.ended), "Status": "Imported",
        "Progress": 100 if is_whole else 55, "Duration (in seconds)": 60 * record.minutes,
        "Finished": str(is_whole), "RecordedDate": str(record.ended),
        "ResponseId": f"R_{_fingerprint(record)[:15]}", "UserLanguage": "EN",
        "Q1.3": record.home["label"], "Q1.4": record.country["label"],
        "Q1.5": organisation["language"], "Q1.6": organisation["is_interpreted"]}
    for question, column, options in _questions(0):
        given = record.answers.get(question["question_id"], [])
        labels = {o["position"]: o["label"] if o["option_id"] in given else "" for o in options}
        if column.endswith("*"):
            cells |= {column.replace("*", position): label for position, label in labels.items()}
        else:
            cells[column] = ",".join(filter(None, labels.values() if options else given))
    return cells | {"org_code": organisation["organisation_id"], "synthetic": MARK}


def _kobo(record: Interview, index: int) -> Cells:
    """Returns one row of the KoboToolbox export: names of options. Several choices are given both in one
    joined cell and in 0/1 columns."""
    organisation = record.organisation
    cells: Cells = {
        "start": f"{record.started.isoformat()}.000-05:00",
        "end": f"{record.ended.isoformat()}.000-05:00",
        "organizacion": organisation["organisation_id"], "pais_sede": record.home["name_es"],
        "pais_trabajo": record.country["name_es"], "idioma": organisation["language"],
        "interpretacion": organisation["is_interpreted"].lower()}
    for question, column, options in _questions(1):
        given = record.answers.get(question["question_id"], [])
        base = column.removesuffix("/*")
        cells[base] = " ".join(o["option_id"] for o in options if o["option_id"] in given) \
            if options else "".join(given)
        if question["type"] == "number" and given:
            cells[base] = int(given[0])
        if question["type"] == "multi":
            cells |= {f"{base}/{o['option_id']}": int(o["option_id"] in given) if given else ""
                      for o in options}
    return cells | {"synthetic": MARK, "_id": 900_000 + index, "_uuid": _fingerprint(record)[:32],
                    "_submission_time": record.ended.isoformat(), "_index": index}


def _write_qualtrics(path: Path, records: list[Cells]) -> None:
    """Writes three header rows (names, questions, import ids), then the records."""
    wording = {header["column"]: header["wording"] for header in rows("headers")}
    for question, column, options in _questions(0):
        wording |= {column.replace("*", o["position"]):
                    f"{question['wording']} - Selected Choice - {o['label']}" for o in options}
        wording[column] = question["wording"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(records[0])
        writer.writerow(wording[name] for name in records[0])
        writer.writerow(json.dumps({"ImportId": name}, separators=(",", ":")) for name in records[0])
        writer.writerows(record.values() for record in records)


def _write_plain(path: Path, records: list[Cells]) -> None:
    """Writes a header row, then the records in the same rows as in the Qualtrics file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(records[0])
        writer.writerows([[""] * len(records[0])] * (TOOLS[0][1] - 2))
        writer.writerows(record.values() for record in records)


def _write_kobo(path: Path, records: list[Cells]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("glc_2016")
    sheet.append(list(records[0]))
    for record in records:
        sheet.append([None if cell == "" else cell for cell in record.values()])
    save_workbook_reproducibly(workbook, path)
