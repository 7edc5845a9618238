"""Long texts beside the code: templates, tables of texts and settings in the folder ``content/``.

Each function is given ``__file__`` of the module that asks, and the name of a file in the folder
``content/`` beside that module. Templates are in Jinja: what is put into HTML is escaped.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def read_text(module: str, name: str) -> str:
    """The text of a file.

    >>> read_text(__file__, "study.toml").splitlines()[1]
    '[study]'
    """
    return (_folder(module) / name).read_text(encoding="utf-8")


def read_records(module: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file, in their order, by the names of the columns."""
    with (_folder(module) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_toml(module: str, name: str) -> dict[str, Any]:
    """The tables of a TOML file."""
    return tomllib.loads(read_text(module, name))


@cache
def languages(module: str, name: str) -> dict[str, dict[str, str]]:
    """The texts of a table with a column a language: by language and key. A text that nobody has translated
    is in English, and says so."""
    rows = read_records(module, name)
    return {language: {row["key"]: row[language] or f"{row['en']} [English]" for row in rows}
            for language in rows[0] if language != "key"}


def phrases(language: str, module: str, name: str) -> dict[str, str]:
    """The fixed texts of a table by key, in a language or, where it has no column, in English."""
    known = languages(module, name)
    return known.get(language, known["en"])


def template(module: str, name: str) -> Template:
    """A Jinja template, to be rendered with ``template(...).render(name=value)``.

    A value that the template names and that is not given is an error.

    >>> template(__file__, "study.toml").render(id='"a"', title='"A"', add_ons=[]).splitlines()[2]
    'id = "a"'
    """
    return _environment(_folder(module)).get_template(name)


def _folder(module: str) -> Path:
    return Path(module).parent / "content"


@cache
def _environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(folder), autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        auto_reload=False)
