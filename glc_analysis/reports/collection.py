"""The collection: the notebooks of a folder, the question of each and the parameters it takes."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glc_analysis.disclosure import AUDIENCES
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.study import REPOSITORY

NOTEBOOKS = REPOSITORY / "notebooks"
REQUIRED = ("study", "audience")


@dataclass(frozen=True)
class Notebook:
    """A notebook of the collection: its question, its parameters and their defaults.

    Its metadata may say more, ``{"glc": {...}}``: ``audiences`` whom it is for (else the team alone),
    ``reads`` which tables it reads whole (where it says none: only the slices of its country or theme, or
    all tables where it has neither), ``needs_raw`` that it looks into raw files, so that it runs where
    they are.
    """

    path: Path
    title: str
    parameters: dict[str, Any]
    source: str
    audiences: tuple[str, ...] = ("team",)
    reads: tuple[str, ...] = ()
    needs_raw: bool = False

    @property
    def name(self) -> str:
        """The file's stem without its number.

        >>> Notebook(Path("01_data_quality.ipynb"), "What arrived?", {}, "").name
        'data_quality'
        """
        return self.path.stem.lstrip("0123456789_-") or self.path.stem


def notebooks(folder: Path = NOTEBOOKS) -> list[Notebook]:
    """The numbered notebooks of a folder, by file name; any other is a sheet of somebody's own.

    Raises Faults listing every file that is no notebook, has no ``parameters``
    cell, or takes no ``study`` or ``audience``.
    """
    found, faults = [], []
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        try:
            found.append(_read(path))
        except Faults as error:
            faults += error.faults
    if faults:
        raise Faults(faults)
    if not found:
        raise GLCError(f"There is no notebook in {folder.name}/.")
    return found


def defaults(source: str) -> dict[str, Any]:
    """Names and values of a parameters cell. Raises SyntaxError or ValueError.

    >>> defaults('study = ""  # folder\\naudience: str = "team"')
    {'study': '', 'audience': 'team'}
    """
    values = {}
    for line in ast.parse(source).body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        values |= {target.id: ast.literal_eval(line.value)
                   for target in targets if isinstance(target, ast.Name)}
    return values


def parameters_at(cells: list[dict[str, Any]]) -> int:
    """The place of the cell tagged ``parameters``, from 0; -1 where there is none."""
    tagged = ("parameters" in cell.get("metadata", {}).get("tags", []) for cell in cells)
    return next((place for place, is_tagged in enumerate(tagged) if is_tagged), -1)


def no_such_parameter(path: Path, names: Iterable[str]) -> list[Fault]:
    """A fault for each parameter that is given to a notebook without it."""
    return [Fault("the notebook does not have this parameter", file=path.name, value=name,
                  mend="add it to the cell tagged `parameters`") for name in names]


def _read(path: Path) -> Notebook:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells, said = notebook["cells"], _said(notebook)
        texts = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise Faults([Fault("is no notebook", file=path.name)]) from None
    place = parameters_at(cells)
    if place < 0:
        raise Faults([Fault("has no cell tagged `parameters`", file=path.name, mend="tag the cell "
                            "with its defaults, or keep it in another folder")])
    try:
        parameters = defaults(texts[place])
    except (SyntaxError, ValueError):
        raise Faults([Fault("its parameters are more than `name = value`", file=path.name)]) from None
    if missing := [name for name in REQUIRED if name not in parameters]:
        raise Faults(no_such_parameter(path, missing))
    prose = (line for cell, text in zip(cells, texts, strict=True)
             if cell["cell_type"] == "markdown" for line in text.splitlines())
    title = next((line for line in prose if line.startswith("#")), path.stem).lstrip("# ").strip()
    source = [(cell["cell_type"], text, cell.get("metadata", {}).get("tags", []))
              for cell, text in zip(cells, texts, strict=True)]
    return Notebook(path, title, parameters, hashlib.sha256(json.dumps(source).encode()).hexdigest(),
                    **said)


def _said(notebook: dict[str, Any]) -> dict[str, Any]:
    """What a notebook's metadata says. Raises KeyError for an audience that there is not."""
    said = notebook.get("metadata", {}).get("glc", {})
    audiences = said.get("audiences", ["team"])
    if not set(audiences) <= set(AUDIENCES):
        raise KeyError(audiences)
    return {"audiences": tuple(audiences), "reads": tuple(said.get("reads", ())),
            "needs_raw": bool(said.get("needs_raw"))}
