"""Writes the sample's reference tables, and the table of country contexts in ``raw``."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from glc_analysis import manifest
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.study import Study
from scripts.sample_study.answers import leading
from scripts.sample_study.content import FOLDER, Row, rows
from scripts.sample_study.exports import MARK, translated_answers
from scripts.sample_study.participants import Interview, firsts

TIERS = ("1", "2", "2WL", "3")


def write_context(path: Path, interviews: list[Interview], seed: int) -> None:
    """Writes one row per work country and year: region, income group, and a tier, which is invented."""
    path.parent.mkdir(parents=True)
    table = []
    for country_id, country in sorted({i.country["country_id"]: i.country for i in interviews}.items()):
        rng = Random(f"{seed} tier {country_id}")
        place = int(rng.random() * (2 if country["income_group"] == "high" else 4))
        for year in ("2014", "2015", "2016"):
            table.append(country | {"country": country_id, "year": year, "region": country["region_id"],
                                    "tier": TIERS[place], "synthetic": MARK})
            chance = rng.random()
            place = max(0, min(len(TIERS) - 1, place + (chance > 0.85) - (chance < 0.15)))
    write_table(path, table, ("country", "year", "region", "income_group", "tier", "synthetic"))


def write_reference(root: Path, interviews: list[Interview], corrections: list[Row],
                    assignments: Iterable[Row], seed: int) -> None:
    """Writes study.toml and the reference tables, except the manifest. ``assignments`` are the rows of
    assignments.csv about answers."""
    tables: dict[str, Iterable[Row]] = {
        "questions": rows("questions"), "options": _options(), "countries": _countries(interviews),
        "organisations": [i.organisation for _, i in sorted(firsts(interviews).items())],
        "consent": _consent(firsts(interviews), seed), "corrections": corrections,
        "assignments": [*rows("assignments"), *assignments],
        "answer_translations": translated_answers(interviews),
        **{name: rows(name) for name in ("codebook", "headlines", "documents", "speakers",
                                         "attendance", "names", "quotes")}}
    study = Study(root)
    study.reference.mkdir()
    study.private_reference.mkdir(parents=True)
    for name, table in tables.items():
        write_reference_table(root, name, table)
    shutil.copyfile(FOLDER / "study.toml", study.settings_file)


def write_manifest(root: Path) -> None:
    """Records all files of ``raw`` in manifest.csv."""
    write_reference_table(root, "manifest", _manifest(root))


def write_reference_table(root: Path, name: str, table: Iterable[Row]) -> None:
    """Writes a reference table into its files. The second file has the rows with private content."""
    table, about = list(table), load_reference_table_schemas()[name]
    for n, file in enumerate(list_table_files(name)):
        optional = [column for column in file.optional if any(column in row for row in table)]
        held = [row for row in table if n == 0 or any(row.get(column) for column in about.private_columns)]
        write_table(root / file.path, held, (*file.required, *optional))


def write_table(path: Path, table: Iterable[Row], columns: Iterable[str]) -> None:
    """Writes a CSV file with these columns of the rows. A column that a row lacks is blank."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def _options() -> Iterator[Row]:
    """Yields two values per option: the label of Qualtrics (or the number of its column), then the name of
    Kobo."""
    numbered = {q["option_list"] for q in rows("questions") if "*" in q["columns"]}
    for option in rows("options"):
        yield option | {"value": option["position" if option["option_list"] in numbered else "label"]}
        yield option | {"value": option["option_id"]}


def _countries(interviews: list[Interview]) -> list[Row]:
    """Returns every way in which the raw files write a country, as work or home country, including
    misspellings."""
    known = {c["country_id"]: c for i in interviews for c in (i.country, i.home)}
    spelt = {name: c for c in known.values() for name in (c["label"], c["name_es"]) if name}
    spelt |= {row["raw_name"]: known[row["country_id"]] for row in rows("country_spellings")}
    return [country | {"raw_name": name} for name, country in sorted(spelt.items())]


def _consent(interviews: dict[str, Interview], seed: int) -> Iterator[Row]:
    """Yields the consents of every organisation. Those who agree to more are chosen among those who agree to
    less."""
    openness = {share: leading(interviews.values(), share, Random(f"{seed} consent"))
                for share in {float(row["share"]) for row in rows("consent")}}
    for organisation_id, interview in sorted(interviews.items()):
        for row in rows("consent"):
            yield row | {"organisation_id": organisation_id, "speaker_id": "", "form_version": "1",
                         "is_given": str(interview in openness[float(row["share"])]).lower(),
                         "date": str(interview.started.date())}


def _manifest(root: Path) -> Iterator[Row]:
    for path in sorted(p for p in (root / "raw").rglob("*") if p.is_file()):
        yield {"path": path.relative_to(root).as_posix(), "sha256": manifest.compute_checksum(path),
               "bytes": str(path.stat().st_size), "received_on": "2016-09-30",
               "received_from": manifest.SAMPLE, "consent_basis": "none needed: invented",
               "keep_until": ""}
