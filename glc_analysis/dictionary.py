"""Descriptions of tables, made from the schema: DICTIONARY.md, datapackage.json, the list in the tutorial."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sized
from pathlib import Path

from glc_analysis.manifest import checksum
from glc_analysis.schema import Table, reference_tables
from glc_analysis.tables import TABLES

_FRICTIONLESS = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}

_FORMATS = {".parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
            ".csv": {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}}


def dictionary(tables: Mapping[str, Table] = TABLES) -> str:
    """DICTIONARY.md: every table with its grain, every column with its type and meaning."""
    lines = ["# Data dictionary", "", "Made from the package's table descriptions by `glc build`.",
             "Blank text means: nothing there. Shares run from 0 to 1.", ""]
    for name, table in tables.items():
        key = ", ".join(f"`{k}`" for k in table.key)
        lines += [f"## {name}", "", f"{table.grain[0].upper()}{table.grain[1:]}. Key: {key}.", "",
                  "| column | type | meaning |", "|---|---|---|"]
        for column, about in table.columns.items():
            words = f" ({', '.join(filter(None, about.allowed))})" if about.allowed else ""
            lines.append(f"| `{column}` | {about.kind} | {about.meaning}{words} |")
        lines.append("")
    return "\n".join(lines)


def reference_list() -> str:
    """The list of reference tables in docs/tutorial.md: each file, what one row of it is, its columns.

    Columns of the key are in bold type; those in brackets may be left out.

    >>> print(reference_list().splitlines()[-1])
    | `parking_lot.csv` | matter put off | **item**, raised_by, date, note |
    """
    lines = ["| file | one row per | columns |", "|---|---|---|"]
    for name, table in reference_tables().items():
        columns = [f"**{column}**" if column in table.key else f"({column})" if about.is_optional else column
                   for column, about in table.columns.items()]
        lines.append(f"| `{name}.csv` | {table.grain.removeprefix('one row per ')} | {', '.join(columns)} |")
    return "\n".join(lines)


def datapackage(folder: Path, frames: Mapping[str, Sized], *, name: str, title: str,
                tables: Mapping[str, Table] = TABLES, ending: str = ".parquet", **said: object) -> str:
    """datapackage.json: a Frictionless descriptor of the files of a folder, one a table with its name and
    this ``ending``.

    ``said`` are further properties of the whole package.
    """
    resources = []
    for table_name, frame in frames.items():
        table, path = tables[table_name], folder / f"{table_name}{ending}"
        resources.append({
            "name": table_name, "path": path.name, **_FORMATS[path.suffix], "description": table.grain,
            "bytes": path.stat().st_size, "hash": f"sha256:{checksum(path)}", "rows": len(frame),
            "schema": {"primaryKey": list(table.key), "fields": [
                {"name": c, "type": _FRICTIONLESS[about.kind], "description": about.meaning,
                 **({"constraints": {"enum": list(about.allowed)}} if about.allowed else {})}
                for c, about in table.columns.items()]}})
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-") or "study"
    return json.dumps({"name": plain, "title": title, "profile": "data-package", **said,
                       "resources": resources}, indent=1, ensure_ascii=False) + "\n"
