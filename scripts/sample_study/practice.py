"""Writes what became of the principles in the sample: a year of commitments, trials and reviews."""

from __future__ import annotations

from pathlib import Path

from glc_analysis.schema import AUDIENCES, list_table_files
from glc_analysis.spreadsheets import append_rows
from scripts.sample_study.content import grouped, rows
from scripts.sample_study.convening import SIGNED_ON
from scripts.sample_study.study_files import write_reference_table

ITEM = "practice"


def write_practice(root: Path) -> None:
    """Writes the tables of practice, and the consents of the organisations that rate:
    ``content/practice_consent.csv`` has a row per organisation with the audiences to which it agreed."""
    for name in ("commitments", "trials", "reviews"):
        write_reference_table(root, name, rows(name))
    agreed = grouped("practice_consent", "organisation_id")
    (file, *_) = list_table_files("consent")
    append_rows(root / file.path, file.required, [
        {"organisation_id": organisation, "item": ITEM, "audience": audience, "form_version": "1",
         "is_given": str(audience in agreed[organisation][0]["audiences"].split(";")).lower(),
         "date": SIGNED_ON} for organisation in sorted(agreed) for audience in AUDIENCES])
