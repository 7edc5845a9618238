"""A small valid study as text on disk, for tests that put one error into it."""

import copy
import csv
import io
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from click.testing import CliRunner, Result

from glc_analysis.cli import cli
from glc_analysis.schema import list_table_files, load_reference_table_schemas
from glc_analysis.study import Study
from glc_analysis.text import content_hash
from tests.support.built_studies import built, files_of

FILES = {
    "reference/study.toml": """\
[study]
id = "small"
title = "Small study"

[raw]
survey = ["../raw/survey/*"]

[survey]
organisation = "org"
country = "country"
started = "start"
blank = ["NA"]
""",
    "reference/codebook.csv": """\
code_id,parent_id,level,name,definition,include,exclude,since_version,merged_into
community,,domain,Community,,,,1,
care,community,theme,Care,,,,1,
""",
    "reference/questions.csv": """\
question_id,columns,unit,type,wording,theme_id,asked_if,option_list,dont_know,is_sensitive
Q1,Q1,organisation,single,Do you run a shelter?,care,,yes_no,,
Q2,Q2_*,answer,multi,Which services?,care,,services,,
Q3,Q3,answer,scale,How often is it full?,care,Q1 == yes,often,,
Q4,Q4,answer,number,How many staff?,,,,,
Q5,Q5,answer,text,What works?,,,,,
Q6,Q6,answer,date,Since when?,,,,,
""",
    "reference/options.csv": """\
option_list,option_id,value,label,position,kind
yes_no,yes,Yes,Yes,1,substantive
yes_no,no,No,No,2,substantive
services,shelter,1,Shelter,1,substantive
services,legal,2,Legal aid,2,substantive
often,never,Never,Never,1,substantive
often,always,Always,Always,2,substantive
""",
    "private/reference/countries.csv": """\
raw_name,country_id,label,region_id
Ivory Coast,CIV,Ivory Coast,africa
Kenya,KEN,Kenya,africa
""",
    "private/reference/organisations.csv": """\
organisation_id,label,type,network_id,home_country_id,founded,resource_level
harbour,Harbour,shelter,,KEN,1999,low
beacon,Beacon,legal,,PER,2001,low
compass,Compass,shelter,,KHM,2004,high
""",
    "private/reference/corrections.csv": """\
table,key,column,from,to,reason,by,date
survey,answers.r4,Q4,about 7,7,typed in words,ana,2017-05-01
""",
    "raw/survey/answers.csv": """\
org,country,start,Q1,Q2_1,Q2_2,Q3,Q4,Q5,Q6
harbour,Kenya,2017-03-01,Yes,1,0,Always,12,We listen.,2010-05-04
beacon,Peru,2017-03-02,No,0,1,,3,NA,2011-06-30
compass,Cambodia,2017-03-03,Yes,1,1,Never,about 7,Time.,2012-01-15
""",
}


def write_table(root: Path, name: str, text: str) -> None:
    """Writes a reference table, given as one CSV text, into its files."""
    files, private = list_table_files(name), load_reference_table_schemas()[name].private_columns
    for file in files:
        (root / file.path).parent.mkdir(parents=True, exist_ok=True)
    if len(files) == 1:
        (root / files[0].path).write_text(text, encoding="utf-8", newline="")
        return
    header, *rows = csv.reader(io.StringIO(text))
    listed = [dict(zip(header, row, strict=True)) for row in rows]
    for n, file in enumerate(files):
        with (root / file.path).open("w", encoding="utf-8", newline="") as made:
            columns = [column for column in (*file.required, *file.optional) if column in header]
            writer = csv.DictWriter(made, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in listed if n == 0 or any(row.get(one) for one in private))


def decisions_on(principles: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Returns rows of text_decisions.csv for the texts of principles.csv that are agreed or set aside."""
    return [{"principle_id": row["principle_id"], "version": str(row["version"]), "status": row["status"],
             "decided_by": "the room", "date": "2017-05-10", "votes": "",
             "text_version": content_hash(row.get("statement", ""))}
            for row in principles if row.get("status") in ("agreed", "set_aside")
            and not row.get("translation_of")]


def write_decisions(root: Path) -> None:
    """Writes a decision on each text that principles.csv marks as agreed or set aside."""
    rows = decisions_on(csv.DictReader(whole_table(root, "principles").splitlines(keepends=True)))
    path = root / list_table_files("text_decisions")[0].path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as made:
        writer = csv.DictWriter(made, load_reference_table_schemas()["text_decisions"].columns,
                                lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def whole_table(root: Path, name: str) -> str:
    """Returns a reference table as one CSV text, with its private columns among the others."""
    if len(list_table_files(name)) == 1:
        return (root / list_table_files(name)[0].path).read_text(encoding="utf-8")
    shared, private = (list(csv.DictReader((root / file.path).read_text(encoding="utf-8").splitlines(True)))
                       if (root / file.path).is_file() else [] for file in list_table_files(name))
    about, text = load_reference_table_schemas()[name], io.StringIO()
    found = {tuple(row[column] for column in about.key): row for row in private}
    rows = [row | found.get(tuple(row[column] for column in about.key), {}) for row in shared]
    header = [column for column in about.columns if not about.columns[column].is_optional
              or any(column in row for row in rows)]
    writer = csv.DictWriter(text, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class SmallStudy:
    """The study in a folder. ``spoil`` changes a file; ``glc`` runs a command on the study."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def write_table(self, name: str, text: str) -> None:
        """Writes a reference table, given as one CSV text, into its files."""
        write_table(self.root, name, text)

    def spoil_table(self, name: str, *changes: tuple[str, str]) -> None:
        """Replaces texts in a reference table as a whole. Each text must be there."""
        text = whole_table(self.root, name)
        for old, new in changes:
            assert old in text, f"{name}.csv does not hold {old!r}"
            text = text.replace(old, new)
        self.write_table(name, text)

    def spoil(self, name: str, *changes: tuple[str, str]) -> None:
        """Replaces texts in a file. Each text must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{name} does not hold {old!r}"
            text = text.replace(old, new)
        self.write(name, text)

    def glc(self, *arguments: str, input: str = "") -> Result:
        return CliRunner().invoke(cli, ["--study", str(self.root), *arguments], input=input)

    def build(self) -> None:
        """Builds the tables (:func:`tests.support.built_studies.built`), for tests that need them."""
        built(Study(self.root))

    def copied(self, root: Path) -> Self:
        """Returns a copy of the study in another folder."""
        other = copy.copy(self)
        other.root = Path(shutil.copytree(self.root, root, dirs_exist_ok=True))
        return other

    def files(self) -> dict[str, bytes]:
        """Returns the content of every file of the study."""
        return files_of(self.root)
