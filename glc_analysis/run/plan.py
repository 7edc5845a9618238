"""Which pages a run makes: the notebooks found x their parameters, each with a hash of all it depends on.

Needs the standard library alone: `glc list`, `glc status` and a run with nothing to do answer sooner than
pandas could be imported.
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
# The collection: the notebooks of a folder, the question of each and the parameters it takes.


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
                  fix="add it to the cell tagged `parameters`") for name in names]


def _read(path: Path) -> Notebook:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells, said = notebook["cells"], _said(notebook)
        texts = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise Faults([Fault("is no notebook", file=path.name)]) from None
    place = parameters_at(cells)
    if place < 0:
        raise Faults([Fault("has no cell tagged `parameters`", file=path.name, fix="tag the cell "
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


# ------------------------------
# Which pages a run makes: notebooks x parameters, each with a hash of all it depends on.
#
# Only the standard library is needed: `glc list`, `glc status` and a run with
# nothing to do answer sooner than pandas could be imported.


CUT = ("country", "theme")
"""Parameters by which tables are cut."""
COLLECTIONS = {"country": "countries", "theme": "themes", "organisation": "organisations"}
"""A notebook with one of these parameters gives a page for each entry of that list in slices.json."""

UNSEEN = ("raw", "survey", "context", "reports")
"""Sections of study.toml that act through the tables, or on no page; a notebook may show any other."""


@dataclass(frozen=True)
class Page:
    """A notebook with its parameters. ``key`` changes when anything the page shows could."""

    slug: str
    title: str
    notebook: Path
    parameters: dict[str, str]
    key: str
    group: str = ""
    declares: tuple[str, ...] = ()
    """What it reads beside the vocabulary: its slice of the tables that are cut so, such as ``country=KHM``,
    and tables that it reads whole; empty: all of them."""
    needs_raw: bool = False
    parts: dict[str, str] = field(default_factory=dict, repr=False)
    """A hash of each thing that the key depends on, by name."""

    @property
    def organisation(self) -> str:
        """The organisation whose own page it is, which nobody else gets; blank for any other page."""
        return self.parameters.get("organisation", "")


def place(slug: str, parameters: Mapping[str, str]) -> str:
    """Where a run keeps a page, without the ending: an organisation's own lies apart from the others.

    >>> place("country-khm", {"country": "KHM"}), place("brief-blue-door", {"organisation": "blue-door"})
    ('notebooks/country-khm', 'briefs/blue-door')
    """
    own = parameters.get("organisation", "")
    return f"{slug[:-len(own) - 1]}s/{own}" if own else f"notebooks/{slug}"


def plan(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
         only: str = "", folder: Path = NOTEBOOKS) -> list[Page]:
    """The pages of a study, in the order of its notebooks, countries and themes.

    ``country``, ``theme`` and ``only`` (a slug) choose among them. Raises
    UsageError with the nearest names where one is unknown, Faults where a
    notebook cannot be run or does not have a chosen parameter.
    """
    slices = read_slices(study)
    pages = list(_pages(study, audience, notebooks(folder), slices))
    twice = [slug for slug, n in Counter(page.slug for page in pages).items() if n > 1]
    if twice:
        raise Faults(Fault("two notebooks make this page", value=slug, fix="rename one of them")
                     for slug in twice)
    chosen = {kind: value for kind, value in (("country", country), ("theme", theme)) if value}
    for kind, value in chosen.items():
        _refuse_unknown(kind, value, _shown(slices, kind, audience))
    return _choose(pages, chosen, only)


def stale(pages: Iterable[Page], last: Mapping[str, Any]) -> list[Page]:
    """The pages that ``last`` (a run.json) does not hold as they would come out now.

    >>> page = Page("index", "Overview", Path("00_index.ipynb"), {}, key="b1")
    >>> [p.slug for p in stale([page], {"pages": {"index": {"key": "a0", "failure": ""}}})]
    ['index']
    """
    good = {slug: made["key"] for slug, made in last.get("pages", {}).items() if not made["failure"]}
    return [page for page in pages if good.get(page.slug) != page.key]


def why(page: Page, last: Mapping[str, Any]) -> str:
    """Why a stale page is: what it depends on that has changed, by name.

    >>> page = Page("index", "Overview", Path("00_index.ipynb"), {}, key="b1", parts={"codebook": "1"})
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
           slices: dict[str, Any]) -> Iterator[Page]:
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
        kind = next((kind for kind in COLLECTIONS if kind in notebook.parameters), "")
        words = notebook.name.replace("_", " ").capitalize()
        if not kind:
            title = "Overview" if notebook.name == "index" else words
            declares = _declares(notebook, "", audience)
            parts = _parts(notebook, common, _needed(notebook, slices["tables"], declares, audience))
            yield Page(notebook.name, title, notebook.path, {"audience": audience}, value_hash(parts),
                       declares=declares, needs_raw=notebook.needs_raw, parts=parts)
            continue
        # The first notebook of a kind has the plain slugs: country-khm.
        prefix = notebook.name if kind in seen or kind == "organisation" else kind
        group = words if kind in seen else COLLECTIONS[kind].capitalize()
        seen.add(kind)
        for item in _shown(slices, kind, audience):
            declares = _declares(notebook, f"{kind}={item['id']}" if kind in CUT else "", audience)
            needed = _needed(notebook, slices["tables"], declares, audience)
            if kind == "organisation":
                needed["quotes.csv"] = _file_hash(study.reference / "quotes.csv")
            parts = _parts(notebook, common | {"its name": item}, needed)
            yield Page(f"{prefix}-{item['id'].lower()}", item["label"], notebook.path,
                       {"audience": audience, kind: item["id"]}, value_hash(parts), group,
                       declares, notebook.needs_raw, parts)


def _parts(notebook: Notebook, common: Mapping[str, Any], needed: Mapping[str, str]) -> dict[str, str]:
    """A short hash of everything a page depends on, by name; with a letter first none is a phone number."""
    return {name: f"h{value_hash(value)[:11]}" for name, value in
            {"the notebook": notebook.source, **common, **needed}.items()}


def _shown(slices: dict[str, Any], kind: str, audience: str) -> list[dict[str, str]]:
    """The countries or themes of which an audience may have a page, the organisations that get their own."""
    allowed = slices["shown"][audience]
    if kind == "organisation" and audience == "public":
        return []
    return [item for item in slices.get(COLLECTIONS[kind], [])
            if kind != "country" or item["id"] in allowed]


def _declares(notebook: Notebook, slice_: str, audience: str) -> tuple[str, ...]:
    """What a page reads. Others than the team see figures as they are released, which hangs on everybody's,
    and the words that were cleared."""
    own = [slice_] * bool(slice_) + [*notebook.reads]
    released = ("estimates", f"release_{audience}", "quotations") if own and audience != "team" else ()
    return tuple(dict.fromkeys([*own, *released]))


def _needed(notebook: Notebook, tables: dict[str, dict[str, str]], declares: Collection[str],
            audience: str) -> dict[str, str]:
    """The hash of what a page reads of each table; of what was decided for audiences only its own."""
    if unknown := set(notebook.reads) - set(tables):
        raise Faults(Fault("reads a table that there is not", file=notebook.path.name, value=one,
                           fix=nearest(one, tables)) for one in sorted(unknown))
    tables = {table: hashes for table, hashes in tables.items()
              if not table.startswith("release_") or table == f"release_{audience}"}
    slice_ = next((one for one in declares if "=" in one), "")
    whole, cut = {*declares, *SHARED_TABLES} if declares else set(tables), slice_.partition("=")[0] + "="
    return {table: hashes[""] if table in whole else hashes.get(slice_, "no rows")
            for table, hashes in tables.items() if table in whole or any(s.startswith(cut) for s in hashes)}


def _refuse_unknown(kind: str, value: str, listed: list[dict[str, str]]) -> None:
    if value not in [item["id"] for item in listed]:
        names = [item[field] for field in ("id", "label") for item in listed]
        raise UsageError(f"There is no {kind} {value!r} in this study; {nearest(value, names)}.")


def _choose(pages: list[Page], chosen: dict[str, str], only: str) -> list[Page]:
    if only:
        page = next((page for page in pages if page.slug == only), None)
        if page is None:
            slugs = [page.slug for page in pages]
            raise UsageError(f"There is no page {only!r}; {nearest(only, slugs)}.")
        if missing := [kind for kind in chosen if kind not in page.parameters]:
            raise Faults(no_such_parameter(page.notebook, missing))
        pages = [page]
    if chosen:
        pages = [page for page in pages if chosen.items() & page.parameters.items()]
    if not pages:
        wanted = " and ".join(f"{kind} {value!r}" for kind, value in chosen.items())
        raise UsageError(f"No notebook makes a page for {wanted or 'this audience'}.")
    return pages


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
