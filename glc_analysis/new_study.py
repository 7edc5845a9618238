"""Starting a study: an empty folder with its settings and the headers of its reference tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from glc_analysis.errors import UsageError
from glc_analysis.reference import COLUMNS
from glc_analysis.text import slug

FOLDERS = ("raw/survey", "raw/interviews", "raw/calls", "raw/codings", "raw/ratings",
           "raw/context", "reference", "processed", "reports", "private")

SETTINGS = '''# The study: what it is called, where its raw files are, who answered in them.
[study]
id = {id}
title = {title}
synthetic = false
sampling = "purposive"    # purposive, census or probability: decides which intervals are due
frame_size = 0            # how many could have answered; 0: not stated
licence = ""              # of what is published, such as CC-BY-4.0; blank: none is given

# Files or patterns, relative to this file.
[raw]
survey = ["../raw/survey/*"]
interviews = ["../raw/interviews/*"]
calls = ["../raw/calls/*"]
context = ["../raw/context/*"]
codings = {{}}              # {{ana = "../raw/codings/ana.qdpx", ben = "../raw/codings/ben/*"}}

# Which columns of the survey say who answered, for which country, when. Two names for files of
# two tools are separated by " | ". Blank: the survey has none.
[survey]
organisation = "organisation"
country = "country"       # the country an answer is about
home_country = ""         # fills gaps that organisations.csv leaves
started = ""
ended = ""
language = ""
interpreted = ""
loop = ""
blank = []                # texts that stand for an empty cell, such as "NA"
redacted = []             # texts that stand for an answer that was withheld
coded = {{}}                # hand codes in the file itself: {{"Q3.5" = "Q3.5_code_*"}}

# Outside records by country (and year): their columns.
[context]
country = "country"
year = ""
indicators = []
blank = []

[coding]
approach = "codebook"     # or interpretive: no coefficients of agreement
agreement_threshold = 0.7

# How votes of 1 to 9 are read. Fix it before the first round: a later change is printed on every result.
[consensus]
test = "panel"            # panel (RAND/UCLA, 8 to 16 votes), ipras (any number), share (75 % in 7 to 9)
vote = "organisation"     # or person: how many votes an organisation has in a panel
fixed_on = ""             # the day on which it was fixed, such as 2017-04-03

[reports]
timeout = 1800            # seconds that one page may take
'''


def start(directory: Path, *, form: Path | None = None, codebook: Path | None = None) -> list[str]:
    """Makes the folders, study.toml and empty reference tables of a new study.

    With an XLSForm its questions and options are drafted, with a REFI-QDA codebook (.qdc) its
    codes. Returns what the
    draft leaves for a person to decide. Raises UsageError where the folder
    already holds a study.
    """
    if (directory / "reference").exists():
        raise UsageError(f"{directory} already holds a study. Mend: name a new folder.")
    drafts, notes = {}, []
    if form:
        from glc_analysis.intake.survey.xlsform import seed

        drafts["questions"], drafts["options"], notes = seed(form)
    if codebook:
        from glc_analysis.coding.codebook import read_qdc

        drafts["codebook"] = read_qdc(codebook)
        lost = drafts["codebook"].loc[drafts["codebook"]["level"] == "", "name"]
        notes += [f"the level of the code {name!r} in codebook.csv" for name in lost]
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    reference, name = directory / "reference", directory.resolve().name
    # TOML writes a text as JSON does, so that a quotation mark in a folder's name does no harm.
    named = {key: json.dumps(text, ensure_ascii=False)
             for key, text in (("id", slug(name)), ("title", name))}
    (reference / "study.toml").write_text(SETTINGS.format(**named), encoding="utf-8", newline="\n")
    for table, columns in COLUMNS.items():
        with (reference / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            if table in drafts:
                writer.writerows(drafts[table][list(columns)].itertuples(index=False, name=None))
    return notes
