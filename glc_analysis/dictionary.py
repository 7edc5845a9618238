"""Makes DICTIONARY.md and datapackage.json, which describe the processed tables, from the descriptions of
tables and columns in ``schema/``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sized
from pathlib import Path

from glc_analysis.manifest import compute_checksum
from glc_analysis.schema import Table
from glc_analysis.tables import TABLES

_FRICTIONLESS = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}

_FORMATS = {".parquet": {"format": "parquet", "mediatype": "application/vnd.apache.parquet"},
            ".csv": {"format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}}


def render_dictionary(tables: Mapping[str, Table] = TABLES) -> str:
    """Returns the text of DICTIONARY.md, which says what one row of each table is and gives the type and the
    meaning of each column."""
    lines = ["# Data dictionary", "", "Made from the package's table descriptions by `glc build`.",
             "A blank text means that there is no value. Shares run from 0 to 1.", ""]
    for name, table in tables.items():
        key = ", ".join(f"`{k}`" for k in table.key)
        lines += [f"## {name}", "", f"{table.grain[0].upper()}{table.grain[1:]}. Key: {key}.", "",
                  "| column | type | meaning |", "|---|---|---|"]
        for column, about in table.columns.items():
            words = f" ({', '.join(filter(None, about.allowed))})" if about.allowed else ""
            lines.append(f"| `{column}` | {about.kind} | {about.meaning}{words} |")
        lines.append("")
    return "\n".join(lines)


def describe_data_package(folder: Path, frames: Mapping[str, Sized], *, name: str, title: str,
                          tables: Mapping[str, Table] = TABLES, ending: str = ".parquet",
                          has_checksums: bool = False, **properties: object) -> str:
    """Returns the text of datapackage.json, which is a Frictionless descriptor of the files in a folder. The
    folder has one file per table. The name of each file is the name of its table followed by ``ending``.

    The descriptor has checksums only with ``has_checksums``, which is for published files alone: anybody
    could test guesses about a private table against a checksum of the table. ``name`` and ``title`` are the
    name and title of the study; ``properties`` has further properties of the data package.
    """
    resources = []
    for table_name, frame in frames.items():
        table, path = tables[table_name], folder / f"{table_name}{ending}"
        resources.append({
            "name": table_name, "path": path.name, **_FORMATS[path.suffix], "description": table.grain,
            "bytes": path.stat().st_size,
            **({"hash": f"sha256:{compute_checksum(path)}"} if has_checksums else {}),
            "rows": len(frame),
            "schema": {"primaryKey": list(table.key), "fields": [
                {"name": c, "type": _FRICTIONLESS[about.kind], "description": about.meaning,
                 **({"constraints": {"enum": list(about.allowed)}} if about.allowed else {})}
                for c, about in table.columns.items()]}})
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-") or "study"
    return json.dumps({"name": plain, "title": title, "profile": "data-package", **properties,
                       "resources": resources}, indent=1, ensure_ascii=False) + "\n"
