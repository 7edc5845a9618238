"""Finds old names of tables, columns, words and settings that a study still uses, and replaces them with the
new names.

``schema/renames.csv`` lists the old names of the core; each add-on lists its old names in its own folder
``schema``. Tables and settings with old names are read as if they had the new names
(:func:`glc_analysis.schema.map_old_names_to_new`). The command ``glc check`` lists the old names, and ``glc
check --accept`` replaces them in the files.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glc_analysis.errors import Faults
from glc_analysis.schema import (
    list_table_files,
    load_reference_table_schemas,
    map_old_names_to_new,
    replace_old_names,
)
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.tabular import decode_text_detecting_encoding
from glc_analysis.writing import write_atomic


@dataclass(frozen=True)
class Renaming:
    """A file with old names: its path before and after the renaming (``path``, ``target``), its bytes with
    the new names, and a line for people about each old name."""

    path: Path
    target: Path
    content: bytes
    lines: tuple[str, ...]

    def write(self) -> None:
        """Writes the file with the new names. If the path of the file changes, the file at the old path is
        removed."""
        write_atomic(self.target, self.content)
        if self.target != self.path:
            self.path.unlink()


def find_files_with_old_names(study: Study) -> list[Renaming]:
    """Returns a renaming for each file of a study that contains an old name: study.toml and reference
    tables."""
    return [*_in_settings(study), *_in_tables(study)]


def _in_tables(study: Study) -> Iterator[Renaming]:
    for name in load_reference_table_schemas():
        for file in list_table_files(name):
            path, target = study.locate_reference_table_file(file), study.root / file.path
            changed = [f"{path.name}: the file is now called {target.name}"] if path != target else []
            try:
                rows = CsvRows.read(path)
                changed += [f"{path.name}: {line}" for line in replace_old_names_in_rows(rows, name)]
            except (FileNotFoundError, UnicodeDecodeError, csv.Error, Faults):  # told where it is read
                continue
            if changed:
                yield Renaming(path, target, rows.content, tuple(changed))


def replace_old_names_in_rows(rows: CsvRows, table: str) -> list[str]:
    """Replaces the old names of columns, and the old words, in the rows of a reference table; returns a line
    about each replaced name.

    >>> replace_old_names_in_rows(CsvRows.from_text("code_id\\nrest\\n", "codebook.csv"), "codebook")
    []
    """
    lines = []
    for column, new in zip(rows.header, replace_old_names(rows.header, "column", table), strict=True):
        if new != column:
            rows.set_cell(1, column, new)
            lines.append(f"column {column} is now called {new}")
    for place, column in enumerate(rows.header):
        words = map_old_names_to_new("word", f"{table}.{column}")
        renamed = set()
        for n, cells in enumerate(csv.reader(rows.records, delimiter=rows.delimiter), 1) if words else ():
            word = cells[place].strip().lower() if place < len(cells) else ""
            if n > 1 and word in words:
                rows.set_cell(n, column, words[word])
                renamed.add(word)
        lines += [f"in column {column}, {old} is now called {words[old]}" for old in sorted(renamed)]
    return lines


def _in_settings(study: Study) -> Iterator[Renaming]:
    path = study.settings_file
    try:
        text = decode_text_detecting_encoding(path.read_bytes(), path.name)
        before = tomllib.loads(text)
    except (FileNotFoundError, Faults, tomllib.TOMLDecodeError):  # told where they are read
        return
    changed = {section: {old: new for old, new in zip(values, replace_old_names(values, "setting", section),
                                                      strict=True) if old != new}
               for section, values in before.items() if isinstance(values, dict)}
    lines = [f"{path.name}: [{section}] {old} is now called {new}"
             for section, names in changed.items() for old, new in names.items()]
    if not lines:
        return
    section, written = "", []
    for line in text.split("\n"):
        if heading := re.match(r"\s*\[([^]]+)\]", line):
            section = heading[1].strip()
        key = re.match(r"(\s*)([\w-]+)(\s*=.*)", line, flags=re.DOTALL)
        new = changed.get(section, {}).get(key[2]) if key else None
        written.append(f"{key[1]}{new}{key[3]}" if key and new else line)
    # A line that only looks like the setting, such as one of a long text, is left to people.
    after = "\n".join(written)
    wanted = {section: {changed.get(section, {}).get(name, name): value for name, value in values.items()}
              if isinstance(values, dict) else values for section, values in before.items()}
    is_right = tomllib.loads(after) == wanted
    yield Renaming(path, path, (after if is_right else text).encode(),
                   tuple(line if is_right else f"{line}: rename it by hand" for line in lines))
