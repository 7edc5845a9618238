"""Plans the pages of a run: every notebook with every country, theme or organisation that it takes.

In go the notebooks of a folder and ``slices.json`` of the build; out come the pages, each with a hash of all
that it depends on: a page is out of date when this hash has changed. Only the standard library is needed, so
that `glc status` and a run with nothing to do answer before pandas could be imported.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.manifest import package_hash, read_slices, value_hash
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import REPOSITORY, SHARED_TABLES, Study

# ------------------------------
# The notebooks of a folder: the question of each, and its parameters


NOTEBOOKS = REPOSITORY / "notebooks"
REQUIRED = ("study", "audience")


@dataclass(frozen=True)
class Notebook:
    """A notebook: its question, its parameters and their defaults.

    Its metadata may hold more, under ``{"glc": {...}}``. ``audiences`` names who may read its pages (without
    it, only the team). The list ``reads``, here ``inputs``, names the tables that it reads whole; without it,
    the notebook reads only the rows of its country or theme or, if it has neither, all tables. ``needs_raw``
    says that it reads raw files, so that it has to run where they are.
    """

    path: Path
    title: str
    parameters: dict[str, Any]
    source: str
    audiences: tuple[str, ...] = ("team",)
    inputs: tuple[str, ...] = ()
    needs_raw: bool = False

    @property
    def name(self) -> str:
        """The file's stem without its number.

        >>> Notebook(Path("01_data_quality.ipynb"), "What arrived?", {}, "").name
        'data_quality'
        """
        return self.path.stem.lstrip("0123456789_-") or self.path.stem


def notebooks(folder: Path = NOTEBOOKS) -> list[Notebook]:
    """The notebooks of a folder whose file name begins with a number, in the order of their names.

    Raises Faults listing every file that is not a notebook, has no ``parameters``
    cell, or lacks the parameter ``study`` or ``audience``.
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
    """The number of the cell tagged ``parameters``, counted from 0; -1 if there is none."""
    tagged = ("parameters" in cell.get("metadata", {}).get("tags", []) for cell in cells)
    return next((n for n, is_tagged in enumerate(tagged) if is_tagged), -1)


def missing_parameter(path: Path, names: Iterable[str]) -> list[Fault]:
    """A fault for each parameter that a notebook needs or is given, and does not have."""
    return [Fault("the notebook does not have this parameter", file=path.name, value=name,
                  fix="add it to the cell tagged `parameters`") for name in names]


def _read(path: Path) -> Notebook:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells, metadata = notebook["cells"], _metadata(notebook)
        texts = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise Faults([Fault("is not a notebook", file=path.name)]) from None
    parameters_cell = parameters_at(cells)
    if parameters_cell < 0:
        raise Faults([Fault("has no cell tagged `parameters`", file=path.name, fix="tag the cell "
                            "with its defaults, or keep it in another folder")])
    try:
        parameters = defaults(texts[parameters_cell])
    except (SyntaxError, ValueError):
        raise Faults([Fault("the cell tagged `parameters` may hold only lines such as `name = value`",
                            file=path.name)]) from None
    if missing := [name for name in REQUIRED if name not in parameters]:
        raise Faults(missing_parameter(path, missing))
    prose = (line for cell, text in zip(cells, texts, strict=True)
             if cell["cell_type"] == "markdown" for line in text.splitlines())
    title = next((line for line in prose if line.startswith("#")), path.stem).lstrip("# ").strip()
    source = [(cell["cell_type"], text, cell.get("metadata", {}).get("tags", []))
              for cell, text in zip(cells, texts, strict=True)]
    return Notebook(path, title, parameters, hashlib.sha256(json.dumps(source).encode()).hexdigest(),
                    **metadata)


def _metadata(notebook: dict[str, Any]) -> dict[str, Any]:
    """What a notebook's metadata says. Raises KeyError for an unknown audience."""
    own = notebook.get("metadata", {}).get("glc", {})
    audiences = own.get("audiences", ["team"])
    if not set(audiences) <= set(AUDIENCES):
        raise KeyError(audiences)
    return {"audiences": tuple(audiences), "inputs": tuple(own.get("reads", ())),
            "needs_raw": bool(own.get("needs_raw"))}


# ------------------------------
# The pages: notebooks x parameters, each with a hash of all it depends on


SLICED_BY = ("country", "theme")
"""Parameters by which a page reads only its own rows of the tables."""
LISTS = {"country": "countries", "theme": "themes", "organisation": "organisations"}
"""A notebook with one of these parameters has a page for each entry of this list of slices.json."""

UNSEEN = ("raw", "survey", "context", "reports")
"""Sections of study.toml that change no page, or only by way of the tables. Pages may show the others."""


@dataclass(frozen=True)
class PageJob:
    """A page to make: a notebook with its parameters. ``key`` changes when what it shows may change."""

    slug: str
    title: str
    notebook: Path
    parameters: dict[str, str]
    key: str
    group: str = ""
    inputs: tuple[str, ...] = ()
    """What it reads, apart from :data:`~glc_analysis.study.SHARED_TABLES`: its slice of the tables, such as
    ``country=KHM``, and the tables that it reads whole. Empty: all tables."""
    needs_raw: bool = False
    parts: dict[str, str] = field(default_factory=dict, repr=False)
    """A hash of each thing that the key depends on, by name."""

    @property
    def organisation(self) -> str:
        """The organisation that alone gets this page; blank for all other pages."""
        return self.parameters.get("organisation", "")


def page_path(slug: str, parameters: Mapping[str, str]) -> str:
    """The path of a page in the folder of a run, without suffix; pages for one organisation are in a folder
    of their own.

    >>> page_path("country-khm", {"country": "KHM"})
    'notebooks/country-khm'
    >>> page_path("brief-blue-door", {"organisation": "blue-door"})
    'briefs/blue-door'
    """
    own = parameters.get("organisation", "")
    return f"{slug[:-len(own) - 1]}s/{own}" if own else f"notebooks/{slug}"


def plan(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
         only: str = "", folder: Path = NOTEBOOKS) -> list[PageJob]:
    """The pages of a study, in the order of its notebooks, countries and themes.

    ``country``, ``theme`` and ``only`` (a slug) choose among them. Raises
    UsageError with the nearest names for an unknown one, Faults for a
    notebook that cannot be run or does not have a chosen parameter.
    """
    slices = read_slices(study)
    pages = list(_pages(study, audience, notebooks(folder), slices))
    twice = [slug for slug, n in Counter(page.slug for page in pages).items() if n > 1]
    if twice:
        raise Faults(Fault("two notebooks make this page", value=slug, fix="rename one of them")
                     for slug in twice)
    chosen = {kind: value for kind, value in (("country", country), ("theme", theme)) if value}
    for kind, value in chosen.items():
        _check_known(kind, value, _visible_items(slices, kind, audience))
    return _choose(pages, chosen, only)


def stale(pages: Iterable[PageJob], last: Mapping[str, Any]) -> list[PageJob]:
    """The pages that are out of date: failed, or with another key in ``last`` (the run.json of the last run).

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1")
    >>> [p.slug for p in stale([page], {"pages": {"index": {"key": "a0", "failure": ""}}})]
    ['index']
    """
    good = {slug: made["key"] for slug, made in last.get("pages", {}).items() if not made["failure"]}
    return [page for page in pages if good.get(page.slug) != page.key]


def why(page: PageJob, last: Mapping[str, Any]) -> str:
    """Why a page is out of date: the names of what it depends on and has changed.

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1", parts={"codebook": "1"})
    >>> why(page, {"pages": {"index": {"key": "a0", "failure": "", "parts": {"codebook": "0"}}}})
    'codebook changed'
    """
    made = last.get("pages", {}).get(page.slug)
    if made is None:
        return "never made"
    if made["failure"] and made["key"] == page.key:
        return "its notebook failed"
    was = made.get("parts", {})
    changed = sorted(name for name in {*was, *page.parts} if was.get(name) != page.parts.get(name))
    few = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
    return f"{few} changed" if was else "made by an older version"


def _pages(study: Study, audience: str, found: list[Notebook],
           slices: dict[str, Any]) -> Iterator[PageJob]:
    settings = {name: values for name, values in study.settings.items() if name not in UNSEEN}
    common = {"audience": audience, "the package": package_hash(), "study.toml": settings}
    if audience != "team":
        common |= {"the countries shown": slices["shown"][audience],
                   "consent.csv": _file_hash(study.reference / "consent.csv"),
                   "the release": slices.get("release") if audience == "public" else {}}
    seen = set()
    for notebook in found:
        if audience not in notebook.audiences:
            continue
        kind = next((kind for kind in LISTS if kind in notebook.parameters), "")
        words = notebook.name.replace("_", " ").capitalize()
        if not kind:
            title = "Overview" if notebook.name == "index" else words
            inputs = _inputs(notebook, "", audience)
            parts = _hashes(notebook, common, _input_hashes(notebook, slices["tables"], inputs, audience))
            yield PageJob(notebook.name, title, notebook.path, {"audience": audience}, value_hash(parts),
                       inputs=inputs, needs_raw=notebook.needs_raw, parts=parts)
            continue
        # The first notebook of a kind has the plain slugs: country-khm.
        prefix = notebook.name if kind in seen or kind == "organisation" else kind
        group = words if kind in seen else LISTS[kind].capitalize()
        seen.add(kind)
        for item in _visible_items(slices, kind, audience):
            inputs = _inputs(notebook, f"{kind}={item['id']}" if kind in SLICED_BY else "", audience)
            input_hashes = _input_hashes(notebook, slices["tables"], inputs, audience)
            if kind == "organisation":
                input_hashes["quotes.csv"] = _file_hash(study.reference / "quotes.csv")
            parts = _hashes(notebook, common | {"its name": item}, input_hashes)
            yield PageJob(f"{prefix}-{item['id'].lower()}", item["label"], notebook.path,
                       {"audience": audience, kind: item["id"]}, value_hash(parts), group,
                       inputs, notebook.needs_raw, parts)


def _hashes(notebook: Notebook, common: Mapping[str, Any], input_hashes: Mapping[str, str]) -> dict[str, str]:
    """A short hash of everything a page depends on, by name; the letter in front keeps the gate from taking
    it for a phone number."""
    return {name: f"h{value_hash(value)[:11]}" for name, value in
            {"the notebook": notebook.source, **common, **input_hashes}.items()}


def _visible_items(slices: dict[str, Any], kind: str, audience: str) -> list[dict[str, str]]:
    """The countries or themes of which an audience may have a page, or the organisations that get one."""
    allowed = slices["shown"][audience]
    if kind == "organisation" and audience == "public":
        return []
    return [item for item in slices.get(LISTS[kind], [])
            if kind != "country" or item["id"] in allowed]


def _inputs(notebook: Notebook, slice_: str, audience: str) -> tuple[str, ...]:
    """The inputs of a page. Pages for other audiences than the team also read the released figures, which
    depend on the figures of everybody, and the cleared quotations."""
    own = [slice_] * bool(slice_) + [*notebook.inputs]
    released = ("estimates", f"release_{audience}", "quotations") if own and audience != "team" else ()
    return tuple(dict.fromkeys([*own, *released]))


def _input_hashes(notebook: Notebook, tables: dict[str, dict[str, str]], inputs: Collection[str],
                  audience: str) -> dict[str, str]:
    """The hash of what a page reads of each table; of the release tables, only that of its audience."""
    if unknown := set(notebook.inputs) - set(tables):
        raise Faults(Fault("names a table that does not exist", file=notebook.path.name, value=one,
                           fix=nearest(one, tables)) for one in sorted(unknown))
    tables = {table: hashes for table, hashes in tables.items()
              if not table.startswith("release_") or table == f"release_{audience}"}
    slice_ = next((one for one in inputs if "=" in one), "")
    whole = {*inputs, *SHARED_TABLES} if inputs else set(tables)
    kind = slice_.partition("=")[0] + "="
    found = {}
    for table, hashes in tables.items():
        if table in whole:
            found[table] = hashes[""]
        elif any(name.startswith(kind) for name in hashes):
            found[table] = hashes.get(slice_, "no rows")
    return found


def _check_known(kind: str, value: str, listed: list[dict[str, str]]) -> None:
    if value not in [item["id"] for item in listed]:
        names = [item[field] for field in ("id", "label") for item in listed]
        raise UsageError(f"There is no {kind} {value!r} in this study; {nearest(value, names)}.")


def _choose(pages: list[PageJob], chosen: dict[str, str], only: str) -> list[PageJob]:
    if only:
        page = next((page for page in pages if page.slug == only), None)
        if page is None:
            slugs = [page.slug for page in pages]
            raise UsageError(f"There is no page {only!r}; {nearest(only, slugs)}.")
        if missing := [kind for kind in chosen if kind not in page.parameters]:
            raise Faults(missing_parameter(page.notebook, missing))
        pages = [page]
    if chosen:
        pages = [page for page in pages if chosen.items() & page.parameters.items()]
    if not pages:
        wanted = " and ".join(f"{kind} {value!r}" for kind, value in chosen.items())
        raise UsageError(f"No notebook makes a page for {wanted or 'this audience'}.")
    return pages


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
