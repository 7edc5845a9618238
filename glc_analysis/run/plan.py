"""Plans which pages a run makes. A notebook without a parameter such as ``country`` or ``theme`` has one
page; a notebook with such a parameter has one page per country or theme.

Each page has a key, which is a digest of all its inputs; a page is out of date if its key has changed. The
inputs of a page are the inputs that it read the last time it was made. For a page that was never made, the
inputs are all inputs of the study. This module needs only the standard library, so that `glc status`, and a
run with nothing to do, finish in less time than the import of pandas would take.
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

from glc_analysis.addon import list_declarations, load_add_ons_from_folder
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, resolve_id, suggest_name
from glc_analysis.manifest import (
    SLICES,
    hash_package_and_lock_file,
    read_built_slice_digests_and_lists,
    read_provenance,
)
from glc_analysis.read_log import EVERYTHING
from glc_analysis.run.record import find_last_run
from glc_analysis.schema import AUDIENCES, make_reference_path
from glc_analysis.study import NOTEBOOKS, Study, list_notebook_files
from glc_analysis.tabular import read_csv_records_or_nothing, select_csv_part_by_log_entry

# ------------------------------
# The notebooks of a folder: the question of each, and its parameters


_REQUIRED = ("study", "audience")


@dataclass(frozen=True)
class Notebook:
    """A notebook: its question (``title``), its parameters with their defaults, and a digest of its cells
    (``source``).

    The metadata of the notebook may have these entries under ``{"glc": {...}}``:

    - ``audiences``: the audiences that may read the notebook's pages; by default, only the team;
    - ``whole_study``: if it is true, pages for audiences other than the team read the whole study, instead of
      a folder with only what the audience may see (:mod:`glc_analysis.view.reader_study`);
    - ``needs``: names of tables; the notebook has no page in a study in which all of these tables are empty;
    - ``addon``: the name of an add-on; if this add-on is not installed, the notebook has no page;
    - ``example``: the notebook's own name, if the notebook is a worked example. A worked example has a page
      only in an invented study; a copy of it under another name is treated like any other notebook;
    - ``menu``: the heading of the notebook's pages in the menu, in place of the usual heading.
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
        """The file name of the notebook without its number and ending, with underscores in place of spaces.

        >>> Notebook(Path("01_data_quality.ipynb"), "What arrived?", {}, "").name
        'data_quality'
        """
        stem = self.path.stem.replace(" ", "_")
        return stem.lstrip("0123456789_-") or stem


def list_numbered_notebooks(folder: Path = NOTEBOOKS, *overriding_folders: Path) -> list[Notebook]:
    """Returns the notebooks of a folder whose file names begin with a number, in the order of their names.
    Notebooks of an add-on that is not installed are left out. A notebook in one of the folders
    ``overriding_folders`` replaces a notebook with the same file name.

    Raises Faults with every file that is not a notebook, has no cell tagged ``parameters``, or lacks the
    parameter ``study`` or ``audience``.
    """
    readable, faults = [], []
    for path in list_notebook_files(folder, *overriding_folders):
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
    return [notebook for notebook in readable if notebook.addon in ("", *load_add_ons_from_folder())]


def read_parameter_defaults(cell_source: str) -> dict[str, Any]:
    """Returns the names and values that the source of the cell tagged ``parameters`` assigns. Raises
    SyntaxError or ValueError if a value cannot be read.

    >>> read_parameter_defaults('study = ""  # folder\\naudience: str = "team"')
    {'study': '', 'audience': 'team'}
    """
    values = {}
    for line in ast.parse(cell_source).body:
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None:
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            values |= {target.id: ast.literal_eval(line.value)
                       for target in targets if isinstance(target, ast.Name)}
    return values


def find_parameters_cell(cells: list[dict[str, Any]]) -> int:
    """Returns the number of the cell tagged ``parameters``, counted from 0; -1 if the notebook has no such
    cell."""
    tagged = ("parameters" in cell.get("metadata", {}).get("tags", []) for cell in cells)
    return next((n for n, is_tagged in enumerate(tagged) if is_tagged), -1)


def make_missing_parameter_faults(path: Path, missing_parameters: Iterable[str]) -> list[Fault]:
    """Returns a fault for each parameter in ``missing_parameters``, which lists the parameters that the
    notebook lacks."""
    return [Fault("the notebook does not have this parameter", file=path.name, value=name,
                  fix="add it to the cell tagged `parameters`") for name in missing_parameters]


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
    parameters_cell = find_parameters_cell(cells)
    if parameters_cell < 0:
        raise Faults([Fault("has no cell tagged `parameters`", file=path.name, fix="give the cell "
                            "that sets the notebook's parameters the tag `parameters`, or move the notebook "
                            "to another folder")])
    try:
        parameters = read_parameter_defaults(texts[parameters_cell])
    except (SyntaxError, ValueError):
        raise Faults([Fault("the cell tagged `parameters` may hold only lines such as `name = value`",
                            file=path.name)]) from None
    if missing := [name for name in _REQUIRED if name not in parameters]:
        raise Faults(make_missing_parameter_faults(path, missing))
    prose = (line for cell, text in zip(cells, texts, strict=True)
             if cell["cell_type"] == "markdown" for line in text.splitlines())
    title = next((line for line in prose if line.startswith("#")), path.stem).lstrip("# ").strip()
    source = [(cell["cell_type"], text, cell.get("metadata", {}).get("tags", []))
              for cell, text in zip(cells, texts, strict=True)]
    return Notebook(path, title, parameters, hashlib.sha256(json.dumps(source).encode()).hexdigest(),
                    audiences, whole_study, needs, example, addon, menu)


def _audiences(notebook: dict[str, Any]) -> tuple[str, ...]:
    """Returns the audiences that may read a notebook's pages. Raises KeyError for an unknown audience."""
    audiences = notebook.get("metadata", {}).get("glc", {}).get("audiences", ["team"])
    if not set(audiences) <= set(AUDIENCES):
        raise KeyError(audiences)
    return tuple(audiences)


# ------------------------------
# What pages can read, as it is now


_DECISIONS = "release_"
"""The beginning of the names of those tables that say what an audience may see of the figures."""
_UNSEEN = ("raw", "survey", "context", "reports")
"""The sections of study.toml that no page shows. A change in these sections can change a page only if the
change makes a difference to a table. Pages may show all other sections of study.toml."""


def list_input_file_stamps(study: Study, folder: Path = NOTEBOOKS) -> list[tuple[str, int, int, int]]:
    """Returns the path, size, modification time and inode number of each file that :class:`Inputs` reads, and
    of each notebook. If the function returns the same list again at a later time, the files count as
    unchanged."""
    files = [study.settings_file, study.processed / "slices.json", study.processed / "provenance.json",
             *study.list_reference_table_files(), *list_notebook_files(folder, study.notebooks)]
    return [(str(path), of.st_size, of.st_mtime_ns, of.st_ino)
            for path in files if path.is_file() for of in [path.stat()]]


class Inputs:
    """The inputs of an audience's pages in their present state. The object computes the digest of any input
    that a page has read."""

    def __init__(self, study: Study, audience: str) -> None:
        self.study, self.audience, self.slices = study, audience, read_built_slice_digests_and_lists(study)
        self.settings = {name: values for name, values in study.settings.items() if name not in _UNSEEN}
        self._tables: dict[str, dict[str, str]] = self.slices["tables"]
        self._read_marks: dict[str, str] = {}
        self._records: dict[str, list[list[str]]] = {}
        # Pages read what add-ons list from its table, and its name is part of its own page's key; a country's
        # slices change with who works there.
        unseen = ["tables", "inputs", "release", "work_places", *(name for names in _ADDED.values()
                                                                  for name in names)]
        self._lists = lists = {name: value for name, value in self.slices.items() if name not in unseen}
        own = self.slices["release"].get(audience, {})  # where no number is printed, only the day of the data
        lists["release"] = own if has_capability(audience, "numbered_releases") else own.get("day", "")
        # Read now, so that a change during the run is noticed.
        reference = {study.make_relative(path): self._path_digest(path)
                     for path in study.list_reference_table_files()}
        record = read_provenance(study.processed)
        self.rows: dict[str, int] = record.get("rows", {})
        """The number of rows of each table."""
        self._others = reference | {
            "processed": [lists, {name: self._tables[name][""] for name in self.own_tables}],
            SLICES: lists, "reference": reference,
            "raw": record.get("raw", {})}

    def digest_values(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Returns a short digest of each value, keyed by the name of the value. A digest begins with a
        letter, so that the gate does not take it for a phone number."""
        return {name: f"h{self.study.digests.hash_value(value)[:11]}" for name, value in values.items()}

    def digest_reads(self, reads: Iterable[str]) -> dict[str, str]:
        """Returns the short digests of the inputs that a page reads (``reads``), keyed by the names that the
        inputs have in the record of the page. Digests are computed once and kept, because many pages read the
        same input."""
        new = {thing: self._digest(thing) for thing in reads if thing not in self._read_marks}
        self._read_marks |= self.digest_values(new)
        return {thing: self._read_marks[thing] for thing in reads}

    def _digest(self, thing: str) -> Any:
        table, _, slice_ = thing.partition(" ")
        if table in self._tables:
            return self._tables[table].get(slice_, "no rows")
        if table == SLICES and slice_:
            name, _, id_ = slice_.partition("=")
            listed = self._lists.get(name, self.slices.get(name))
            return [row for row in listed or () if row["id"] == id_] if id_ else listed
        if slice_ and table.endswith(".csv"):
            if table not in self._records:
                self._records[table] = read_csv_records_or_nothing(self.study.root / table)
            return select_csv_part_by_log_entry(self._records[table], slice_)
        return self._others[thing] if thing in self._others else self._path_digest(self.study.root / thing)

    @property
    def own_tables(self) -> list[str]:
        """The names of all tables except the tables which say what audiences other than this one may see."""
        return [name for name in self._tables
                if not name.startswith(_DECISIONS) or name == f"{_DECISIONS}{self.audience}"]

    def _path_digest(self, path: Path) -> str:
        """Returns the digest of a file; for a folder, returns the digest of the names, sizes and times of the
        files in it. The result is blank if the path does not exist."""
        if path.is_dir():
            return self.study.digests.hash_value({
                one.relative_to(path).as_posix(): (one.stat().st_size, one.stat().st_mtime_ns)
                for one in path.rglob("*") if one.is_file()})
        return self.study.digests.hash_file(path) if path.is_file() else ""


# ------------------------------
# The pages: notebooks x parameters, each with a digest of all it depends on


_ADDED = {kind: names for _, lists in list_declarations("page_lists") for kind, names in lists.items()}

_LISTS = {"country": "countries", "theme": "themes", "code": "codes", "organisation": "organisations",
         **{kind: listed for kind, (listed, _) in _ADDED.items()}}
"""Maps each parameter of notebooks, such as ``country``, to the list of slices.json with its values. A
notebook with such a parameter has one page per entry of the list."""

_SHOWN = {"country": "shown", **{kind: shown for kind, (_, shown) in _ADDED.items()}}
"""Maps each parameter of notebooks to the list of slices.json that has, for each audience, the ids for which
the audience may have a page."""


TEAM_GROUP = "For the team"
"""The heading in the menu above the pages that are for the team alone."""
_FOLDED, _MOST_OPEN, _NO_REGION = "One by one", 10, "No region given"
"""Three settings of the menu: the name under which many pages of a group are folded, the largest number of
pages that stay unfolded, and the name for countries without a region."""


@dataclass(frozen=True)
class PageJob:
    """A page to make: a notebook, and the values of its parameters. ``key`` is a digest of the page's inputs,
    so it changes if an input changes. ``group`` is the heading of the page in the menu."""

    slug: str
    title: str
    notebook: Path
    parameters: dict[str, str]
    key: str
    group: str = ""
    part: str = ""
    """The part of the menu's group to which the page belongs, such as a region. Pages that belong to the same
    part are folded together in the menu."""
    reads: tuple[str, ...] = EVERYTHING
    """The inputs that the page read the last time it was made, under the names that
    :mod:`~glc_analysis.read_log` records."""
    parts: dict[str, str] = field(default_factory=dict, repr=False)
    """The digests of the inputs from which the key is made, keyed by the name of the input."""
    whole_study: bool = False
    """Whether the notebook of the page reads the whole study, even though the readers of the page may see
    only a part of the study."""

    @property
    def organisation(self) -> str:
        """The id of the organisation, if the page is made for one organisation alone; otherwise blank."""
        return self.parameters.get("organisation", "")

    def replace_reads(self, reads: Iterable[str], inputs: Inputs) -> PageJob:
        """Returns the page with the given ``reads``, and with the key that is made from these reads and
        ``inputs``."""
        if not (self.whole_study or has_capability(inputs.audience, "all_figures")):
            reads = list_reads_and_inputs_behind(reads, inputs.audience)
        fixed = {name: value for name, value in self.parts.items() if name not in self.reads}
        parts = fixed | inputs.digest_reads(reads)
        return replace(self, reads=tuple(reads), parts=parts,
                       key=inputs.study.digests.hash_value(parts))


def list_reads_and_inputs_behind(reads: Iterable[str], audience: str) -> list[str]:
    """Returns the inputs in ``reads``, and the further inputs from which the inputs in ``reads`` are made. A
    page for an audience other than the team reads tables from a folder that has only what the audience may
    see (:mod:`glc_analysis.view.reader_study`). The tables in this folder are made from other tables and from
    consents.

    >>> list_reads_and_inputs_behind(["figures question=Q1"], "public")
    ['figures question=Q1', 'private/reference/consent.csv', 'processed/slices.json',
     'reference/waves.csv', 'release_public']
    """
    made_from = {"figures": [f"release_{audience}"], "answers": ["answers", "organisations"],
                 "organisations": ["answers", "organisations"], "quotations": ["blocks"]}
    for _, declared in list_declarations("visible_from"):
        made_from |= declared
    others = [other for one in reads for other in made_from.get(one.partition(" ")[0], ())]
    return sorted({*reads, *others, SLICES, make_reference_path("consent"),
                   make_reference_path("waves")})


def make_run_page_path_without_suffix(slug: str, parameters: Mapping[str, str]) -> str:
    """Returns the path of a page in the folder of a run, without the ending of the file name. Pages that are
    made for one organisation alone are in a separate folder.

    >>> make_run_page_path_without_suffix("country-khm", {"country": "KHM"})
    'notebooks/country-khm'
    >>> make_run_page_path_without_suffix("brief-blue-door", {"organisation": "blue-door"})
    'briefs/blue-door'
    """
    own = parameters.get("organisation", "")
    return f"{slug[:-len(own) - 1]}s/{own}" if own else f"notebooks/{slug}"


def plan_pages(study: Study, *, audience: str = "team", country: str = "", theme: str = "",
               only: str = "", folder: Path = NOTEBOOKS, inputs: Inputs | None = None) -> list[PageJob]:
    """Returns the pages of a study for an audience, in the order of the notebooks, countries and themes.

    - ``country``, ``theme``: if given, only the pages of this country or theme are returned;
    - ``only``: if given, only the page with this slug is returned;
    - ``folder``: the folder with the notebooks;
    - ``inputs``: the inputs of the pages, if the caller has already made them.

    Raises UsageError for an unknown country, theme or slug; the message suggests the nearest names. Raises
    Faults for a notebook that :func:`list_numbered_notebooks` refuses, and for two notebooks that make a page
    with the same slug. The function also raises Faults if ``country`` or ``theme`` is given, but the notebook
    of the page ``only`` lacks this parameter.
    """
    inputs, last = inputs or Inputs(study, audience), find_last_run(study, audience)[1].get("pages", {})
    pages = [page.replace_reads(last.get(page.slug, {}).get("reads", EVERYTHING), inputs)
             for page in _pages(inputs, list_numbered_notebooks(folder, study.notebooks))]
    twice = [slug for slug, n in Counter(page.slug for page in pages).items() if n > 1]
    if twice:
        raise Faults(Fault("two notebooks make this page", value=slug, fix="rename one of the two")
                     for slug in twice)
    chosen = {kind: value for kind, value in (("country", country), ("theme", theme)) if value}
    for kind, value in chosen.items():
        listed = {item["id"]: item["label"] for item in _visible_items(inputs, kind)}
        chosen[kind] = resolve_id(value, listed, kind)
    return _choose(pages, chosen, only)


def select_failed_or_stale_pages(pages: Iterable[PageJob], last_record: Mapping[str, Any]) -> list[PageJob]:
    """Returns the pages that are out of date, because they failed in the last run or have a different key
    than in the last run. ``last_record`` is the content of the last run's run.json.

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1")
    >>> last = {"pages": {"index": {"key": "a0", "failure": ""}}}
    >>> [page.slug for page in select_failed_or_stale_pages([page], last)]
    ['index']
    """
    good = {slug: made["key"] for slug, made in last_record.get("pages", {}).items() if not made["failure"]}
    return [page for page in pages if good.get(page.slug) != page.key]


def why_stale(stale_page: PageJob, last_record: Mapping[str, Any]) -> str:
    """Returns words that explain why a page is out of date; usually these are the names of its changed
    inputs. ``last_record`` is the content of the last run's run.json.

    >>> page = PageJob("index", "Overview", Path("00_index.ipynb"), {}, key="b1", parts={"codebook": "1"})
    >>> why_stale(page, {"pages": {"index": {"key": "a0", "failure": "", "parts": {"codebook": "0"}}}})
    'codebook changed'
    """
    made = last_record.get("pages", {}).get(stale_page.slug)
    if made is None:
        return "never made"
    if made["failure"] and made["key"] == stale_page.key:
        return "its notebook failed"
    was = made.get("parts", {})
    changed = sorted({re.sub(r" \w+=.*|^(?:private/)?reference/", "", name)
                      for name in {*was, *stale_page.parts}
                      if was.get(name) != stale_page.parts.get(name)})
    few = ", ".join(changed[:4]) + (f" and {len(changed) - 4} more" if len(changed) > 4 else "")
    return f"{few} changed" if was else "made by an older version"


def is_page_current_by_record(page: PageJob, entry: Mapping[str, Any], inputs: Inputs) -> bool:
    """Whether a page succeeded in an earlier run and is still up to date. ``entry`` is the entry of the page
    in the record of that earlier run."""
    page = page.replace_reads(entry.get("reads", EVERYTHING), inputs)
    return page.key == entry["key"] and not entry["failure"]


def are_disclosure_decisions_used_by_pages(study: Study, audience: str) -> bool:
    """Whether the pages of an audience need the decisions on what the convening and the public may see. The
    team's pages need these decisions only if one of the pages read the decisions the last time it was made,
    or may have read them."""
    entries = find_last_run(study, audience)[1].get("pages", {}).values()
    return not has_capability(audience, "all_figures") or any(
        thing == "processed" or thing.startswith(_DECISIONS) for entry in entries for thing in entry["reads"])


def compute_current_key(page: PageJob, inputs: Inputs, folder: Path = NOTEBOOKS) -> str:
    """Returns the key that a page has now if it reads the same inputs as before; blank if the page no longer
    exists."""
    pages = _pages(inputs, list_numbered_notebooks(folder, inputs.study.notebooks))
    return next((one.replace_reads(page.reads, inputs).key for one in pages if one.slug == page.slug), "")


def _pages(inputs: Inputs, found: list[Notebook]) -> Iterator[PageJob]:
    """Yields the pages of the notebooks ``found``. The ``reads`` and the ``key`` of the yielded pages are not
    filled in yet."""
    audience, seen = inputs.audience, set()
    common = {"audience": audience, "the package": hash_package_and_lock_file(),
              "study.toml": inputs.settings}
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
                          {"audience": audience}, "", group, parts=inputs.digest_values(fixed),
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
                          parts=inputs.digest_values(fixed | {"its name": item}),
                          whole_study=notebook.whole_study)


def _visible_items(inputs: Inputs, kind: str) -> list[dict[str, str]]:
    """Returns those entries in the list of ``kind`` (countries, themes, codes, organisations and so on) for
    which an audience may have a page."""
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
            raise Faults(make_missing_parameter_faults(page.notebook, missing))
        pages = [page]
    if chosen:
        pages = [page for page in pages if chosen.items() & page.parameters.items()]
    if not pages:
        wanted = " and ".join(f"{kind} {value!r}" for kind, value in chosen.items())
        raise UsageError(f"No notebook makes a page for {wanted or 'this audience'}.")
    return pages
