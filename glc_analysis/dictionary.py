"""What the processed tables mean: DICTIONARY.md and datapackage.json, made from TABLES."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from glc_analysis.manifest import checksum
from glc_analysis.tables import TABLES

_FRICTIONLESS = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def dictionary() -> str:
    """DICTIONARY.md: every table with its grain, every column with its type and meaning."""
    lines = ["# Data dictionary", "", "Made from the package's table descriptions by `glc build`.",
             "Blank text means: nothing there. Shares run from 0 to 1.", ""]
    for name, table in TABLES.items():
        key = ", ".join(f"`{k}`" for k in table.key)
        lines += [f"## {name}", "", f"{table.grain[0].upper()}{table.grain[1:]}. Key: {key}.", "",
                  "| column | type | meaning |", "|---|---|---|"]
        for column, about in table.columns.items():
            words = f" ({', '.join(filter(None, about.allowed))})" if about.allowed else ""
            lines.append(f"| `{column}` | {about.kind} | {about.meaning}{words} |")
        lines.append("")
    return "\n".join(lines)


def datapackage(folder: Path, frames: dict[str, pd.DataFrame], *, name: str, title: str) -> str:
    """datapackage.json: a Frictionless descriptor of the Parquet files of a folder."""
    resources = []
    for table_name, frame in frames.items():
        table, path = TABLES[table_name], folder / f"{table_name}.parquet"
        resources.append({
            "name": table_name, "path": path.name, "format": "parquet",
            "mediatype": "application/vnd.apache.parquet", "description": table.grain,
            "bytes": path.stat().st_size, "hash": f"sha256:{checksum(path)}", "rows": len(frame),
            "schema": {"primaryKey": list(table.key), "fields": [
                {"name": c, "type": _FRICTIONLESS[about.kind], "description": about.meaning,
                 **({"constraints": {"enum": list(about.allowed)}} if about.allowed else {})}
                for c, about in table.columns.items()]}})
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.casefold()).strip("-") or "study"
    return json.dumps({"name": plain, "title": title, "profile": "data-package",
                       "resources": resources}, indent=1, ensure_ascii=False) + "\n"
