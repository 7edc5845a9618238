"""The way of docs/coding-files.md: four Word files and the projects of two coders become themes by country.

The interviews and their coding are real (pdpilot_interviews); the projects are written here in REFI-QDA, with
the places of the passages that are found in the texts word for word.
"""

import csv
import io
import random

import docx
import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import tables
from glc_analysis.addons.coding_programs.exports import make_qdc_table_of_current_codes
from glc_analysis.addons.coding_programs.refi import write_qdpx
from glc_analysis.addons.drafting.code_tree import draft_codebook_rows, merge_code_trees
from glc_analysis.cli import cli
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.intake.codings import read_codings
from glc_analysis.study import Study

pytestmark = pytest.mark.acceptance
INTERVIEWS = {"P1": "Cerro Azul", "P2": "Blue Door", "P3": "Lamp House", "P4": "River Mat"}
DATES = ["2024-03-04", "2024-03-05", "2024-03-08", "2024-03-11"]
COUNTRIES = ["KEN", "PER", "KEN", "KHM"]


def place_of(words, text):
    """Where words stand in a text, whatever the blanks; None where they do not."""
    at = [n for n, sign in enumerate(text) if not sign.isspace()]
    start = "".join(text[n] for n in at).find(wanted := "".join(words.split()))
    return None if start < 0 else (at[start], at[start + len(wanted) - 1] + 1)


def arrive(source, folder):
    """Writes what arrived into a folder; returns how many passages each coder marked."""
    folder.mkdir()
    texts = {name: (source / f"{file}.txt").read_text(encoding="utf-8") for file, name in INTERVIEWS.items()}
    for name, text in texts.items():
        book = docx.Document()
        for line in text.splitlines():
            book.add_paragraph(line)
        book.save(folder / f"{name}.docx")
    tree = merge_code_trees([draft_codebook_rows(read_codings(source / "coded_segments.csv").codes)])
    codes = make_qdc_table_of_current_codes(tree)
    names = dict(zip(tree["code_id"], tree["name"], strict=True))
    labels = {" > ".join(names[one] for one in [*reversed(above), code]): label for (code, above), label
              in zip(find_ancestors(tree).items(), codes["code"], strict=True)}
    marked = []
    with (source / "coded_segments.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = INTERVIEWS.get(row["Document name"])
            if name and (place := place_of(row["Segment"], texts[name])):
                marked.append((name, *place, labels[row["Code"]]))
    chosen = random.Random(3)
    counts = {}
    for coder, own in (("maria", marked), ("tom", [one for one in marked if chosen.random() < .8])):
        codings = pd.DataFrame(own, columns=["source", "start", "end", "code"]).assign(coder=coder, memo="")
        write_qdpx(folder / f"{coder}.qdpx", codings=codings, codes=codes, name=coder,
                   sources=pd.DataFrame(sorted(texts.items()), columns=["source", "text"]))
        counts[coder] = len(codings.drop_duplicates())
    return counts


def fill(path, column, values):
    """Writes a column of a table, cell by cell; returns how many cells."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row, value in zip(rows, values, strict=True):
        row[header.index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return len(values)


def glc(*arguments):
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_three_commands_and_eight_cells_lead_to_themes_by_country(tmp_path, shared_data):
    counts, root = arrive(shared_data / "pdpilot_interviews", tmp_path / "arrived"), tmp_path / "ours"
    glc("init", root, "--from", tmp_path / "arrived")
    private = root / "private/reference"
    cells = fill(private / "documents.csv", "date", DATES)
    cells += fill(private / "organisations.csv", "home_country_id", COUNTRIES)
    glc("--study", root, "check")
    rows = pd.read_csv(io.StringIO(glc("--study", root, "summary", "--codes", "--by", "country", "--format",
                                       "csv")))
    themes = rows[(rows["level"] == "theme") & (rows["interviewed"] > 0)]  # these interviews have no guide
    assert set(themes["group"]) == {"Kenya", "Peru", "Cambodia"} and cells == 8
    assert (themes["raised_without_guide"] <= themes["interviewed"]).all()
    assert themes[["asked", "present"]].eq(0).all(axis=None)
    codings, quarantined = (tables.read_table(name, study=Study(root)) for name in ("codings", "quarantined"))
    placed = codings["coder_id"].value_counts()
    assert {coder: int(placed[coder]) for coder in counts} == counts and quarantined.empty
    print(f"\n3 commands, {cells} cells, no rows written; {counts} passages, all in their places")
