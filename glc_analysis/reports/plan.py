"""Which pages a run makes: notebooks x parameters, each with a hash of all it depends on.

Only the standard library is needed: `glc list`, `glc status` and a run with
nothing to do answer sooner than pandas could be imported.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.fingerprint import package_hash, value_hash
from glc_analysis.reports import record
from glc_analysis.reports.collection import NOTEBOOKS, Notebook, no_such_parameter, notebooks
from glc_analysis.study import VOCABULARY, Study

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
        raise Faults(Fault("two notebooks make this page", value=slug, mend="rename one of them")
                     for slug in twice)
    chosen = {kind: value for kind, value in (("country", country), ("theme", theme)) if value}
    for kind, value in chosen.items():
        _refuse_unknown(kind, value, _shown(slices, kind, audience))
    return _choose(pages, chosen, only)


def read_slices(study: Study) -> dict[str, Any]:
    """slices.json of the last build: a hash for every slice, the countries and the themes."""
    try:
        return json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GLCError("Nothing is built yet. Mend: run `glc build` first.") from None


def last_run(study: Study, audience: str = "team") -> tuple[Path | None, dict[str, Any]]:
    """The run that ``current`` names and its run.json; ``(None, {})`` before the first run."""
    current = study.reports / audience / "current"
    # A plain file where the system has no symbolic links.
    folder = current.parent / current.read_text() if current.is_file() else current.resolve()
    found = record.read(folder)
    return (folder, found) if found else (None, {})


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
                           mend=nearest(one, tables)) for one in sorted(unknown))
    tables = {table: hashes for table, hashes in tables.items()
              if not table.startswith("release_") or table == f"release_{audience}"}
    slice_ = next((one for one in declares if "=" in one), "")
    whole, cut = {*declares, *VOCABULARY} if declares else set(tables), slice_.partition("=")[0] + "="
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
