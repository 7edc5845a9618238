"""Plans the pages of a run: every notebook with every country, theme or organisation that it takes.

Each page has a digest of everything that it depends on, and is out of date when this digest has changed. It
depends on what it read the last time; a page that was never made depends on everything. Only the standard
library is needed, so that `glc status`, and a run with nothing to do, finish before pandas could be imported.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from glc_analysis.addon import installed_add_ons, list_declarations
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, resolve_id, suggest_name
from glc_analysis.manifest import SLICES, package_hash, read_provenance, read_slices
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.record import last_run
from glc_analysis.schema import AUDIENCES, reference_path
from glc_analysis.study import NOTEBOOKS, Study, list_notebook_files
from glc_analysis.tabular import part_of

# ------------------------------
# The notebooks of a folder: the question of each, and its parameters


_REQUIRED = ("study", "audience")


@dataclass(frozen=True)
class Notebook:
    """A notebook: its question, its parameters and their defaults.

    Its metadata may name ``audiences``, under ``{"glc": {...}}``: who may read its pages. Without it, they
    are the team's. For other audiences a page gets a folder with what they may see
    (:mod:`glc_analysis.view.reader_study`), or the whole study where the metadata say
    ``whole_study``. A notebook that ``needs`` tables has no page in a study where all of them are empty, one
    that needs an ``addon`` no page where that is not installed. One that is the worked ``example`` of this
    name has a page in an invented study alone; a copy under another name is a notebook like any other.
    ``menu`` is the heading below which the list of pages has its pages, where it is not the usual one.
    """

    path: Path
    title: str
    parameters: dict[str, Any]
    source: str
    audiences: tuple[str, ...] = ("team",)
    whole_study: bool = False
    needs: tuple[str, ...] = ()
    example: str = ""
    addon: str = ""
    menu: str = ""

    @property
    def name(self) -> str:
        """The name of the notebook: its file name without number and ending, spaces as underscores.

        >>> Notebook(Path("01_data_quality.ipynb"), "What arrived?", {}, "").name
        'data_quality'
        """
        stem = self.path.stem.replace(" ", "_")
        return stem.lstrip("0123456789_-") or stem


def notebooks(folder: Path = NOTEBOOKS, *others: Path) -> list[Notebook]:
    """The notebooks of a folder whose file name begins with a number, in the order of their names, without
    those of an add-on that is not installed; one in another folder takes the place of one with the same file
    name.

    Raises Faults listing every file that is not a notebook, has no ``parameters``
    cell, or lacks the parameter ``study`` or ``audience``.
    """
    readable, faults = [], []
    for path in list_notebook_files(folder, *others):
        if not path.name[0].isdigit():
            continue
        try:
            readable.append(_read(path))
        except Faults as error:
            faults += error.faults
    if faults:
        raise Faults(faults)
    if not readable:
        raise GLCError(f"There is no notebook in {folder.name}/.")
    return [notebook for notebook in readable if notebook.addon in ("", *installed_add_ons())]


def read_defaults(source: str) -> dict[str, Any]:
    """Names and values of a parameters cell. Raises SyntaxError or ValueError.

    >>> read_defaults('study = ""  # folder\\naudience: str = "team"')
    {'study': '', 'audience': 'team'}
    """
    values = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            values |= {target.id: ast.literal_eval(line.value)
                       for target in targets if isinstance(target, ast.Name)}
    return values


def parameters_at(cells: list[dict[str, Any]]) -> int:
    """The number of the cell tagged ``parameters``, counted from 0; -1 if there is none."""
    tagged = ("parameters" in cell.get("metadata", {}).get("tags", []) for cell in cells)
    return next((n for n, is_tagged in enumerate(tagged) if is_tagged), -1)


def missing_parameter_faults(path: Path, names: Iterable[str]) -> list[Fault]:
    """A fault for each parameter that a notebook needs or is given, and does not have."""
    return [Fault("the notebook does not have this parameter", file=path.name, value=name,
                  fix="add it to the cell tagged `parameters`") for name in names]


def _read(path: Path) -> Notebook:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells, audiences = notebook["cells"], _audiences(notebook)
        said = notebook.get("metadata", {}).get("glc", {})
        whole_study, needs = said.get("whole_study", False) is True, tuple(map(str, said.get("needs", ())))
        example, addon, menu = (str(said.get(name, "")) for name in ("example", "addon", "menu"))
        texts = ["".join(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise Faults([Fault("is not a notebook", file=path.name)]) from None
    parameters_cell = parameters_at(cells)
    if parameters_cell < 0:
        raise Faults([Fault("has no cell tagged `parameters`", file=path.name, fix="tag the cell "
                            "with its defaults, or keep it in another folder")])
    try:
        parameters = read_defaults(texts[parameters_cell])
    except (SyntaxError, ValueError):
        raise Faults([Fault("the cell tagged `parameters` may hold only lines such as `name = value`",
                            file=path.name)]) from None
    if missing := [name for name in _REQUIRED if name not in parameters]:
        raise Faults(missing_parameter_faults(path, missing))
    prose = (line for cell, text in zip(cells, texts, strict=True)
             if cell["cell_type"] == "markdown" for line in text.splitlines())
    title = next((line for line in prose if line.startswith("#")), path.stem).lstrip("# ").strip()
    source = [(cell["cell_type"], text, cell.get("metadata", {}).get("tags", []))
              for cell, text in zip(cells, texts, strict=True)]
    return Notebook(path, title, parameters, hashlib.sha256(json.dumps(source).encode()).hexdigest(),
                    audiences, whole_study, needs, example, addon, menu)


def _audiences(notebook: dict[str, Any]) -> tuple[str, ...]:
    """Who may read a notebook's pages. Raises KeyError for an unknown audience."""
    audiences = notebook.get("metadata", {}).get("glc", {}).get("audiences", ["team"])
    if not set(audiences) <= set(AUDIENCES):
        raise KeyError(audiences)
    return tuple(audiences)


# ------------------------------
# What pages can read, as it is now


_DECISIONS = "release_"
"""How the names of the tables begin that say what an audience may see."""
_UNSEEN = ("raw", "survey", "context", "reports")
"""Sections of study.toml that change no page, or only by way of the tables. Pages may show the others."""


def list_input_file_stamps(study: Study, folder: Path = NOTEBOOKS) -> list[tuple[str, int, int, int]]:
    """Size, time and number of each file that :class:`Inputs` and the notebooks are read from: a quick way to
    see that none was changed since."""
    files = [study.settings_file, study.processed / "slices.json", study.processed / "provenance.json",
             *study.reference_files(), *list_notebook_files(folder, study.notebooks)]
    return [(str(path), of.st_size, of.st_mtime_ns, of.st_ino)
            for path in files if path.is_file() for of in [path.stat()]]


class Inputs:
    """The present inputs of the pages of an audience: gives the digest of each input that a page has read."""

    def __init__(self, study: Study, audience: str) -> None:
        self.study, self.audience, self.slices = study, audience, read_slices(study)
        self.settings = {name: values for name, values in study.settings.items() if name not in _UNSEEN}
        self._tables: dict[str, dict[str, str]] = self.slices["tables"]
        # Pages read what add-ons list from its table, and its name is part of its own page's key; a country's
        # slices change with who works there.
        unseen = ["tables", "inputs", "release", "work_places", *(name for names in _ADDED.values()
                                                                  for name in names)]
        self._lists = lists = {name: value for name, value in self.slices.items() if name not in unseen}
        own = self.slices["release"].get(audience, {})  # where no number is printed, only the day of the data
        lists["release"] = own if has_capability(audience, "numbered_releases") else own.get("day", "")
        # Read now, so that a change during the run is noticed.
        reference = {study.relative(path): self._path_digest(path) for path in study.reference_files()}
        record = read_provenance(study.processed)
        self.rows: dict[str, int] = record.get("rows", {})
        """The number of rows of each table."""
        self._others = reference | {
            "processed": [lists, {name: self._tables[name][""] for name in self.own_tables}],
            SLICES: lists, "reference": reference,
            "raw": record.get("raw", {})}

    def marks(self, values: Mapping[str, Any]) -> dict[str, str]:
        """A short digest of everything a page depends on, by name; the letter in front keeps the gate from
        taking it for a phone number."""
        return {name: f"h{self.study.digests.of_value(value)[:11]}" for name, value in values.items()}

    def digests(self, reads: Iterable[str]) -> dict[str, Any]:
        """The digest of each thing that a page reads, by its name in the record."""
        return {thing: self._digest(thing) for thing in reads}

    def _digest(self, thing: str) -> Any:
        table, _, slice_ = thing.partition(" ")
        if table in self._tables:
            return self._tables[table].get(slice_, "no rows")
        if table == SLICES and slice_:
            name, _, id_ = slice_.partition("=")
            listed = self._lists.get(name, self.slices.get(name))
            return [row for row in listed or () if row["id"] == id_] if id_ else listed
        if slice_ and table.endswith(".csv"):
            return part_of(self.study.root / table, slice_)
        return self._others[thing] if thing in self._others else self._path_digest(self.study.root / thing)

    @property
    def own_tables(self) -> list[str]:
        """The tables of this audience: of the release tables only its own."""
        return [name for name in self._tables
                if not name.startswith(_DECISIONS) or name == f"{_DECISIONS}{self.audience}"]

    def _path_digest(self, path: Path) -> str:
        """The digest of a file, or of the names, sizes and times in a folder; blank where nothing is."""
        if path.is_dir():
            return self.study.digests.of_value({
                one.relative_to(path).as_posix(): (one.stat().st_size, one.stat().st_mtime_ns)
                for one in path.rglob("*") if one.is_file()})
        return self.study.digests.of_file(path) if path.is_file() else ""


# ------------------------------
# The pages: notebooks x parameters, each with a digest of all it depends on


_ADDED = {kind: names for _, lists in list_declarations("page_lists") for kind, names in lists.items()}

_LISTS = {"country": "countries", "theme": "themes", "code": "codes", "organisation": "organisations",
         **{kind: listed for kind, (listed, _) in _ADDED.items()}}
"""A notebook with one of these parameters has a page for each entry of this list of slices.json."""

_SHOWN = {"country": "shown", **{kind: shown for kind, (_, shown) in _ADDED.items()}}
"""The list of slices.json that has, by audience, the ids of which it may have a page."""


TEAM_GROUP = "For the team"
"""The heading of the pages that are for the team alone."""
_FOLDED, _MOST_OPEN, _NO_REGION = "One by one", 10, "No region given"
"""The name below which more pages of a kind than this are folded; that of countries without a region."""


@dataclass(frozen=True)
class PageJob:
    """A page to make: a notebook with its parameters. ``key`` changes whenever the content of the page may
    change."""

    slug: str
    title: str
    notebook: Path
    parameters: dict[str, str]
    key: str
    group: str = ""
    part: str = ""
    """Pages of a group with the same part are folded together in the menu: the countries of a region."""
    reads: tuple[str, ...] = EVERYTHING
    """What it read the last time, in the words of :mod:`~glc_analysis.read_log`."""
    parts: dict[str, str] = field(default_factory=dict, repr=False)
    """A digest of each thing that the key depends on, by name."""
    whole_study: bool = False
    """Whether the page gets the whole study even where its readers may see only a part of it."""

    @property
    def organisation(self) -> str:
        """The organisation that alone gets this page; blank for all other pages."""
        return self.parameters.get("organisation", "")

    def with_reads(self, reads: Iterable[str], inputs: Inputs) -> PageJob:
        """The page as one that reads this, with the key that belongs to it."""
        if not (self.whole_study or has_capability(inputs.audience, "all_figures")):
            reads = list_inputs_behind_reads(reads, inputs.audience)
        fixed = {name: value for name, value in self.parts.items() if name not in self.reads}
        parts = fixed | inputs.marks(inputs.digests(reads))
        return replace(self, reads=tuple(reads), parts=parts,
                       key=inputs.study.digests.of_value(parts))


def list_inputs_behind_reads(reads: Iterable[str], audience: str) -> list[str]:
    """The inputs behind what a page reads from its audience's folder: the tables of that
    folder (:mod:`glc_analysis.view.reader_study`) are made from other tables, too, and from consents.

    >>> list_inputs_behind_reads(["figures question=Q1"], "public")
    ['figures question=Q1', 'private/reference/consent.csv', 'processed/slices.json',
     'reference/waves.csv', 'release_public']
    """
    made_from = {"figures": [f"release_{audience}"], "answers": ["answers", "organisations"],
                 "organisations": ["answers", "organisations"], "quotations": ["blocks"]}
    for _, declared in list_declarations("visible_from"):
        made_from |= declared
    others = [other for one in reads for other in made_from.get(one.partition(" ")[0], ())]
    return sorted({*reads, *others, SLICES, reference_path("consent"),
                   reference_path("waves")})


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
         only: str = "", folder: Path = NOTEBOOKS, inputs: Inputs | None = None) -> list[PageJob]:
    """The pages of a study, in the order of its notebooks, countries and themes.

    ``country``, ``theme`` and ``only`` (a slug) choose among them; ``inputs`` is what the pages can read, if
    it is known already. Raises UsageError with the nearest names for an unknown one, Faults for a notebook
    that cannot be run or does not have a chosen parameter.
    """
    inputs, last = inputs or Inputs(study, audience), last_run(study, audience)[1].get("pages", {})
    pages = [page.with_reads(last.get(page.slug, {}).get("reads", EVERYTHING), inputs)
             for page in _pages(inputs, notebooks(folder, study.notebooks))]
    twice = [slug for slug, n in Counter(page.slug for page in pages).items() if n > 1]
    if twice:
        raise Faults(Fault("two notebooks make this page", value=slug, fix="rename one of them")
                     for slug in twice)
    chosen = {kind: value for kind, value in (("country", country), ("theme", theme)) if value}
    for kind, value in chosen.items():
        listed = {item["id"]: item["label"] for item in _visible_items(inputs, kind)}
        chosen[kind] = resolve_id(value, listed, kind)
    return _choose(pages, chosen, only)


def select_stale(pages: Iterable[PageJob], last: Mapping[str, Any]) -> list[PageJob]:
    """The pages that are out of date: failed, or with another key in ``last`` (the run.json of the last run).

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1")
    >>> [p.slug for p in select_stale([page], {"pages": {"index": {"key": "a0", "failure": ""}}})]
    ['index']
    """
    good = {slug: made["key"] for slug, made in last.get("pages", {}).items() if not made["failure"]}
    return [page for page in pages if good.get(page.slug) != page.key]


def why_stale(page: PageJob, last: Mapping[str, Any]) -> str:
    """The reason why a page is out of date: the names of its changed inputs.

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1", parts={"codebook": "1"})
    >>> why_stale(page, {"pages": {"index": {"key": "a0", "failure": "", "parts": {"codebook": "0"}}}})
    'codebook changed'
    """
    made = last.get("pages", {}).get(page.slug)
    if made is None:
        return "never made"
    if made["failure"] and made["key"] == page.key:
        return "its notebook failed"
    was = made.get("parts", {})
    changed = sorted({re.sub(r" \w+=.*|^(?:private/)?reference/", "", name) for name in {*was, *page.parts}
                      if was.get(name) != page.parts.get(name)})
    few = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
    return f"{few} changed" if was else "made by an older version"


def is_current(page: PageJob, entry: Mapping[str, Any], inputs: Inputs) -> bool:
    """Whether a page of a run, with this entry in its record, is good and up to date."""
    page = page.with_reads(entry.get("reads", EVERYTHING), inputs)
    return page.key == entry["key"] and not entry["failure"]


def need_decisions(study: Study, audience: str) -> bool:
    """Whether the pages of an audience rest on what the convening and the public may see: those of the team
    do only where one of them read it the last time, or may have."""
    entries = last_run(study, audience)[1].get("pages", {}).values()
    return not has_capability(audience, "all_figures") or any(
        thing == "processed" or thing.startswith(_DECISIONS) for entry in entries for thing in entry["reads"])


def compute_current_key(page: PageJob, inputs: Inputs, folder: Path = NOTEBOOKS) -> str:
    """The current key of a page that reads the same inputs; blank if there is no such page."""
    pages = _pages(inputs, notebooks(folder, inputs.study.notebooks))
    return next((one.with_reads(page.reads, inputs).key for one in pages if one.slug == page.slug), "")


def _pages(inputs: Inputs, found: list[Notebook]) -> Iterator[PageJob]:
    """The pages of these notebooks, without what they read."""
    audience, seen = inputs.audience, set()
    common = {"audience": audience, "the package": package_hash(), "study.toml": inputs.settings}
    for notebook in found:
        has_content = not notebook.needs or any(inputs.rows.get(table) for table in notebook.needs)
        is_anothers_example = notebook.example == notebook.name and not inputs.study.is_synthetic
        if audience not in notebook.audiences or not has_content or is_anothers_example:
            continue
        kind = next((kind for kind in _LISTS if kind in notebook.parameters), "")
        words = notebook.name.replace("_", " ").capitalize()
        fixed = common | {"the notebook": notebook.source}
        if not kind:
            is_index = notebook.name == "index"
            is_internal = all(has_capability(reader, "internal") for reader in notebook.audiences)
            group = notebook.menu or (TEAM_GROUP if is_internal and not is_index else "")
            yield PageJob(notebook.name, "Overview" if is_index else words, notebook.path,
                          {"audience": audience}, "", group, parts=inputs.marks(fixed),
                          whole_study=notebook.whole_study)
            continue
        # The first notebook of a kind has the plain slugs: country-khm.
        prefix = notebook.name if kind in seen or kind == "organisation" else kind
        listed, items = _LISTS[kind].capitalize(), _visible_items(inputs, kind)
        group = notebook.menu or (words if kind in seen else listed)
        folded = listed if group != listed else _FOLDED if len(items) > _MOST_OPEN else ""
        seen.add(kind)
        if any(item.get("region") for item in items):
            folded = _NO_REGION
        for item in items:
            region = item.get("region", "").replace("-", " ").replace("_", " ").capitalize()
            yield PageJob(f"{prefix}-{item['id'].lower()}", item["label"], notebook.path,
                          {"audience": audience, kind: item["id"]}, "", group, region or folded,
                          parts=inputs.marks(fixed | {"its name": item}), whole_study=notebook.whole_study)


def _visible_items(inputs: Inputs, kind: str) -> list[dict[str, str]]:
    """The countries, themes, codes and so on that may have a page for an audience, or the organisations that
    get one."""
    if kind == "organisation" and not has_capability(inputs.audience, "briefs"):
        return []
    if kind == "code" and not has_capability(inputs.audience, "passages"):
        return []
    listed = inputs.slices.get(_LISTS[kind], [])
    if kind not in _SHOWN:
        return listed
    allowed = inputs.slices.get(_SHOWN[kind], {}).get(inputs.audience, [])
    return [item for item in listed if item["id"] in allowed]


def _choose(pages: list[PageJob], chosen: dict[str, str], only: str) -> list[PageJob]:
    if only:
        page = next((page for page in pages if page.slug == only), None)
        if page is None:
            slugs = [page.slug for page in pages]
            raise UsageError(f"There is no page {only!r}; {suggest_name(only, slugs)}.")
        if missing := [kind for kind in chosen if kind not in page.parameters]:
            raise Faults(missing_parameter_faults(page.notebook, missing))
        pages = [page]
    if chosen:
        pages = [page for page in pages if chosen.items() & page.parameters.items()]
    if not pages:
        wanted = " and ".join(f"{kind} {value!r}" for kind, value in chosen.items())
        raise UsageError(f"No notebook makes a page for {wanted or 'this audience'}.")
    return pages
