"""Reads and writes the record of a run, which lists the pages of the run with their inputs. The record of a
run is the file run.json; pages for a single organisation are recorded in a separate file next to these pages.

The record is written again after every page, so that it shows how far an interrupted run has got. The record
gets the name run.json only when the run is complete, so that a folder without run.json is recognised as an
incomplete run.

Most pages read the same inputs. The file therefore lists the name and the digest of each input once, under
``inputs``, and the entry of a page has the numbers of the inputs that the page read, counted from 0.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from glc_analysis.digests import Digests
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic

RUN_RECORD, UNFINISHED_RECORD, _OWN = "run.json", ".run.json", "pages.json"
Entries = dict[str, dict[str, Any]]


def read_run_record(folder: Path, *file_names_by_preference: str) -> dict[str, Any]:
    """Returns the record of a run, including its pages for single organisations. The record is read from the
    first of ``file_names_by_preference`` that exists; by default, from run.json. The returned record is empty
    if no such file exists or if the file cannot be read."""
    path = next((folder / name for name in file_names_by_preference or (RUN_RECORD,)
                 if (folder / name).is_file()), None)
    try:
        record = json.loads(path.read_text(encoding="utf-8")) if path else {}
        for own in sorted(folder.glob(f"*/{_OWN}")) if record else ():
            record["pages"] |= json.loads(own.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    inputs = record.pop("inputs", [])
    for entry in record.get("pages", {}).values():
        if "read_inputs" in entry:
            read = dict(inputs[number] for number in entry.pop("read_inputs"))
            entry["reads"], entry["parts"] = [*read], entry["parts"] | read
    return record


def _number_inputs(pages: Entries) -> dict[str, Any]:
    """Returns the part of the record that lists all inputs of ``pages``, and the entries of these pages with
    the numbers of the inputs that each page read."""
    inputs = sorted({(name, entry["parts"][name]) for entry in pages.values() for name in entry["reads"]})
    numbers = {pair: number for number, pair in enumerate(inputs)}
    numbered = {slug: {name: value for name, value in entry.items() if name != "reads"} | {
        "parts": {name: digest for name, digest in entry["parts"].items() if name not in entry["reads"]},
        "read_inputs": [numbers[name, entry["parts"][name]] for name in entry["reads"]]}
        for slug, entry in pages.items()}
    return {"inputs": inputs, "pages": numbered}


def write_run_record(folder: Path, head: Mapping[str, str], pages: Entries,
                     organisation_page_folders: Mapping[str, Path]) -> None:
    """Writes the record of a run that is not yet complete. ``head`` has the details of the run, and ``pages``
    has the entry of each page. ``organisation_page_folders`` maps the slug of each page for a single
    organisation to the page's folder. The entry of the page is written into this folder, because no other
    organisation may know of the page. If ``head`` has the time ``finished``, the record is written with one
    value per line, for people to read. Without this time, the record is written in a form that takes less
    time to write."""
    indent = 1 if "finished" in head else None
    files: dict[Path, Entries] = {}
    for slug, entry in pages.items():
        path = organisation_page_folders[
            slug] / _OWN if slug in organisation_page_folders else folder / UNFINISHED_RECORD
        files.setdefault(path, {})[slug] = entry
    shared = files.pop(folder / UNFINISHED_RECORD, {})
    for path, entries in files.items():
        write_atomic(path, _json(entries, indent))
    write_atomic(folder / UNFINISHED_RECORD, _json({**head, **_number_inputs(shared)}, indent))


def digest_page(content: str, digests: Digests) -> str:
    """Returns a short digest of the content of a page, by which a damaged file of the page is recognised. The
    digest begins with a letter, so that the gate does not take it for a phone number.

    >>> digest_page("a page", Digests(b"the invented key of an invented study"))
    'c10a9e474a58'
    """
    return f"c{digests.hash_bytes(content.encode())[:11]}"


def is_page_file_undamaged(path: Path, entry: Mapping[str, Any], digests: Digests) -> bool:
    """Whether the file of a page exists and has the digest in its ``entry`` of the record."""
    try:
        return digest_page(path.read_text(encoding="utf-8"), digests) == entry.get("mark")
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def find_pages_of_interrupted_runs(runs: Path, pages: Iterable[Any], current: Path | None,
                                   is_current: Callable[[Any, dict[str, Any]], bool]) -> dict[
                            str, tuple[Path, dict[str, Any]]]:
    """Returns the pages that were finished by interrupted runs since the ``current`` run, keyed by slug. Each
    value has the folder of the run, and the page's entry in the record of the run.

    ``is_current`` is a function that takes a page and its entry, and returns whether the page succeeded and
    is up to date. A run that was killed after its last page, but before it became the current run, counts as
    interrupted.
    """
    later = sorted(folder for folder in runs.glob("*") if current is None or folder.name > current.name)
    records = [(folder, read_run_record(folder, RUN_RECORD, UNFINISHED_RECORD)) for folder in later]
    made = [(folder, record["pages"]) for folder, record in records if record]
    return {page.slug: (folder, entries[page.slug]) for page in pages for folder, entries in made
            if page.slug in entries and is_current(page, entries[page.slug])}


def _json(content: Any, indent: int | None) -> str:
    return json.dumps(content, indent=indent, ensure_ascii=False) + "\n"


def find_last_run(study: Study, audience: str = "team") -> tuple[Path | None, dict[str, Any]]:
    """Returns the folder of the run to which ``current`` points, and the content of the run.json in this
    folder. Before the first run, returns ``(None, {})``."""
    current = study.reports / audience / "current"
    # A plain file where the system has no symbolic links.
    folder = current.parent / current.read_text() if current.is_file() else current.resolve()
    found = read_run_record(folder)
    return (folder, found) if found else (None, {})
