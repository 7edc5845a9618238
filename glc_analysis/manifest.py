"""Compares the inputs of a study with their records: raw files with the manifest, and all inputs of the
tables with the record of the last build.

The manifest, manifest.csv, lists the raw files with their checksums. It is a fault if a raw file has changed
since the manifest recorded it, or is missing. A new raw file is used immediately, and messages mention the
file until ``glc check --accept`` records it in the manifest. This module needs only the standard library, so
that ``glc status``, and a run with nothing to do, take almost no time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from glc_analysis import addon, read_log
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.schema import AUDIENCES, list_table_files, load_reference_table_schemas, make_reference_path
from glc_analysis.study import REPOSITORY, Study, is_extended_while_coding
from glc_analysis.tabular import read_reference_rows
from glc_analysis.writing import write_atomic

# ------------------------------
# What each audience was shown, in ``private/releases/<audience>``: 001, 002 ..., and ``next``, which the last
# build made. Publishing renames ``next`` to its number.


ISSUE = "release.json"
CONTENT = "content.sha256"
"""The name of the file with the digest of everything that readers learn from a release. A build compares this
digest with the digest of the next release, to find out whether the next release would say anything new. The
file with the digest of a release is not an input of the build."""
UNDECIDED = "undecided"
"""A key in slices.json that is present if the tables were built for the team alone. If slices.json has this
key, nothing was decided about what other audiences may see. The value of this key has the number of the last
release to each audience."""


def list_release_folders(private: Path, audience: str) -> list[Path]:
    """Returns the folders of the releases to an audience, oldest first."""
    return sorted((private / "releases" / audience).glob("[0-9]*"))


def read_release_info(release: Path) -> dict[str, Any]:
    """Returns the description of a release, which is a dictionary with these and other keys:

    - ``number``: the number of the release;
    - ``day``: the day of the data in the release;
    - ``issued``: maps each day to the number of figures that were first issued on this day;
    - ``inputs``: the digest of the inputs from which the release was made."""
    return json.loads((release / ISSUE).read_text(encoding="utf-8"))


def find_missing_release_id(study: Study) -> str:
    """Returns the name, such as ``public/003``, of a release that slices.json lists but ``private/releases``
    lacks; blank if no release is missing."""
    built = study.processed / "slices.json"
    if not built.is_file():
        return ""
    slices = json.loads(built.read_text(encoding="utf-8"))
    named = {audience: said["number"] for audience, said in slices.get("release", {}).items()
             if audience in AUDIENCES}  # else of an earlier version
    had = slices.get(UNDECIDED, {})
    for audience, number in (named | had).items():
        store = study.private / "releases" / audience
        is_next = audience in named and (store / "next").is_dir()
        if number and not is_next and not (store / f"{number:03}").is_dir():
            return f"{audience}/{number:03}"
    return ""


def find_last_release_number(private: Path, audience: str) -> int:
    """Returns the number of the last release to an audience; 0 before the first release."""
    return max((int(folder.name) for folder in list_release_folders(private, audience)), default=0)


def rename_next_release_folder(private: Path, audience: str, number: int) -> None:
    """Renames the folder ``next`` of a release to the number of the release, except if a folder with this
    number exists. Raises OSError if the folder ``next`` does not exist."""
    if not (release := private / "releases" / audience / f"{number:03}").exists():
        release.with_name("next").rename(release)


SLICES = "processed/slices.json"
"""The name under which slices.json is listed in the record of a page's inputs
(:mod:`glc_analysis.read_log`)."""


# ------------------------------
# The manifest: the raw files with their checksums.


MANIFEST_COLUMNS = load_reference_table_schemas()["manifest"].required_columns
VERSION = "0.1.0"
"""The version of this package."""
SAMPLE = "glc sample"
"""The value in column ``received_from`` for every file of an invented study."""


@dataclass(frozen=True)
class Arrivals:
    """The raw files that have arrived in a study. All paths of raw files are relative to the study folder.

    - ``checksums``: the SHA-256 of each file, which is used only for comparison with the manifest and must
      not be written anywhere else.
    - ``digests``: the keyed digest of each file, which may be written anywhere (:mod:`glc_analysis.digests`).
    - ``new``: the files that the manifest does not list."""

    checksums: dict[str, str]
    digests: dict[str, str]
    new: tuple[str, ...]


def compute_checksum(path: Path) -> str:
    """Returns the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(study: Study) -> dict[str, dict[str, str]]:
    """Returns the rows of the manifest, keyed by path; empty if the study has no manifest yet. Raises Faults
    if the manifest cannot be read."""
    path = study.locate_reference_file("manifest")
    read_log.record_read(study.root, make_reference_path("manifest"))
    rows = read_reference_rows(path, MANIFEST_COLUMNS).values() if path.is_file() else []
    return {row["path"]: row for row in rows}


def digest_raw_files_or_refuse_changes(study: Study) -> Arrivals:
    """Compares every raw file with the manifest, and returns the checksums and digests of the files.

    Raises Faults with one fault for every file that has changed or is missing, and for every file that is
    invented in a real study or real in an invented study. Raises GLCError if all files of an invented study
    are missing.
    """
    recorded = read_manifest(study)
    arrived = {study.make_relative(p): p for p in study.list_all_raw_files()}
    if study.is_synthetic and not (recorded or arrived):
        raise GLCError("The raw files and private tables of this invented study are missing. To fix: write "
                       "them with `glc sample`.")
    present = {name: compute_checksum(path) for name, path in arrived.items() if path.is_file()}
    # private/ and what is in it have rows for the day of their destruction; no data, they may change.
    private = {name for name in recorded
               if Path(name).parts[:1] == ("private",) and (study.root / name).exists()}
    faults = [Fault("is missing", file=name, fix=_fix_for_missing(recorded.get(name)))
              for name in sorted({*recorded, *arrived} - set(present) - private)]
    faults += [make_changed_file_fault(name) for name in sorted(set(recorded) & set(present))
               if not is_unchanged_or_extended_while_coding(arrived[name], recorded[name], present[name])]
    faults += _mixed(study, recorded, present)
    if faults:
        raise Faults(faults)
    digests = {name: study.digests.hash_bytes(said.encode()) for name, said in present.items()}
    return Arrivals(present, digests, tuple(sorted(set(present) - set(recorded))))


def make_changed_file_fault(
        name: str, *, fix: str = "put the original file back; save a new export under another name") -> Fault:
    """Returns the fault which says that a raw file has changed."""
    return Fault("has changed since its checksum was recorded", file=name, fix=fix)


def is_unchanged_or_extended_while_coding(path: Path, row: Mapping[str, str], checksum_now: str) -> bool:
    """Whether a raw file is unchanged since its row of the manifest was written. Programs of add-ons append
    to some files while people code; a file of this kind counts as unchanged if it begins with the recorded
    bytes."""
    if row["sha256"].lower() == checksum_now:
        return True
    if not is_extended_while_coding(path) or not row["bytes"].isdecimal():
        return False
    with path.open("rb") as file:
        return hashlib.sha256(file.read(int(row["bytes"]))).hexdigest() == row["sha256"].lower()


def _fix_for_missing(row: dict[str, str] | None) -> str:
    if row is None:
        return "put the file at this path, or correct [raw] in study.toml"
    if row["received_from"] == SAMPLE:
        return "write it again with `glc sample`"
    return "put the file back, or remove its row from manifest.csv"


def _mixed(study: Study, recorded: dict[str, dict[str, str]], present: dict[str, str]) -> list[Fault]:
    """Returns one fault for each real raw file in an invented study, or for each invented raw file in a real
    study."""
    invented = {n for n in present if recorded.get(n, {}).get("received_from") == SAMPLE}
    # What people add to the sample, such as codings of invented texts, is no data of anybody.
    rehearsed = {study.make_relative(path) for _, kinds in addon.list_declarations("rehearsed")
                 for kind in kinds for path in study.list_raw_files(kind)}
    rehearsed |= {name for name in present if is_extended_while_coding(Path(name))}
    wrong = sorted(set(present) - invented - rehearsed) if study.is_synthetic else sorted(invented)
    said = ("is real data in an invented study", "start a real study with `glc init DIR`") \
        if study.is_synthetic else ("is invented data in a real study", "remove the file from raw/")
    return [Fault(said[0], file=name, fix=said[1]) for name in wrong]


def add_to_manifest(study: Study, new: tuple[str, ...], *, today: date) -> None:
    """Adds new raw files to the manifest, with their checksums and with ``today`` as the day of receipt."""
    rows = read_manifest(study)
    for name in new:
        path = study.root / name
        rows[name] = {"path": name, "sha256": compute_checksum(path), "bytes": str(path.stat().st_size),
                      "received_on": today.isoformat()}
    write_manifest(study.locate_reference_file("manifest"), rows.values())


def write_manifest(path: Path, rows) -> None:
    """Writes the rows of the manifest, sorted by path; a cell that a row lacks is blank."""
    text = io.StringIO()
    writer = csv.DictWriter(text, MANIFEST_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["path"]))
    write_atomic(path, text.getvalue())


# ------------------------------
# Digests of what results depend on: the package, the lock file, a study's inputs.
#
# Computed with the standard library, so that a run with nothing to do is immediate.


BUILD_RECORD = "build"
"""The key in provenance.json under which a build stores the names and digests of everything that its steps
read and made."""


@cache
def hash_package_and_lock_file() -> str:
    """Returns the SHA-256 of the package's sources, the lock file and the Python version together.

    The files of the sample study are left out, because they are inputs of the sample study and no result of
    another study depends on them.
    """
    digest = hashlib.sha256(f"{sys.version_info.major}.{sys.version_info.minor}".encode())
    for path in sorted(map(Path, _package_files())):
        digest.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def list_package_file_stamps() -> list[tuple[str, int, int]]:
    """Returns the path, size and modification time of each file that :func:`hash_package_and_lock_file`
    reads. If the paths, sizes and times of all files are the same later, the files are taken as unchanged.
    This comparison is quicker than hashing the files."""
    return [(name, of.st_size, of.st_mtime_ns) for name in _package_files() for of in [os.stat(name)]]


def _package_files() -> list[str]:
    """Returns the paths of the package's sources and of the lock file."""
    found, sample = [], str(REPOSITORY / "glc_analysis" / "sample")
    for folder, folders, files in os.walk(REPOSITORY / "glc_analysis"):
        folders[:] = [one for one in folders if one != "__pycache__" and os.path.join(folder, one) != sample]
        found += [os.path.join(folder, name) for name in files if not name.endswith(".pyc")]
    return found + [str(path) for path in [REPOSITORY / "requirements.lock"] if path.is_file()]


def digest_inputs(study: Study, raw_digests: dict[str, str]) -> str:
    """Returns one digest of all inputs from which the processed tables are made. ``raw_digests`` has the
    digest of each raw file, keyed by path."""
    digest = _begin_with_inputs(study, raw_digests)
    for content in read_releases_from_earlier_inputs(study, raw_digests).values():
        digest.update(content)
    return digest.hexdigest()


def _begin_with_inputs(study: Study, raw: dict[str, str]) -> Any:
    """Returns an unfinished digest of all inputs except the releases; the caller adds the releases to it."""
    digest = study.digests.start_hash()
    digest.update(hash_package_and_lock_file().encode())
    digest.update(json.dumps(raw, sort_keys=True).encode())
    key = study.key_file
    private = [path for _, names in addon.list_declarations("private_inputs") for name in names
               for path in sorted(study.locate_private_folder(name).rglob("*")) if path.is_file()]
    for path in (*study.list_reference_table_files(), study.settings_file,
                 *([key] if key.is_file() else []), *private):
        digest.update(path.name.encode() + path.read_bytes())
    return digest


def digest_releases_from_earlier_inputs(study: Study, raw_digests: dict[str, str]) -> str:
    """Returns the digest of the releases on which the processed tables depend."""
    known = {name: study.digests.hash_bytes(content)
             for name, content in read_releases_from_earlier_inputs(study, raw_digests).items()}
    return study.digests.hash_value([find_missing_release_id(study), known])


def read_releases_from_earlier_inputs(study: Study, raw_digests: dict[str, str]) -> dict[str, bytes]:
    """Returns the bytes of the releases that were issued from other inputs than the present inputs, keyed by
    the name of the release, such as ``public/001``. A release is left out if it was issued from the present
    inputs, which include the releases before it. Such a release was made from the present tables, so it is
    not an input of these tables."""
    folders = {f"{audience}/{path.name}": path for audience in AUDIENCES
               for path in list_release_folders(study.private, audience)}
    contents = {name: b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.name != CONTENT)
                for name, folder in folders.items()}

    if not folders:
        return {}
    inputs = _begin_with_inputs(study, raw_digests)

    def is_of_today(folder: Path) -> bool:
        said, digest = read_release_info(folder), inputs.copy()
        for name in said.get("after", []):
            digest.update(contents.get(name, b""))
        return digest.hexdigest() == said["inputs"]

    return {name: content for name, content in contents.items() if not is_of_today(folders[name])}


def read_provenance(processed: Path) -> dict[str, Any]:
    """Returns the content of provenance.json in a folder of tables; empty if the file is missing or cannot be
    read."""
    try:
        return json.loads((processed / "provenance.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def count_rows_if_current_and_intact(study: Study) -> dict[str, int]:
    """Returns the number of rows of every processed table. The result is empty if the tables are out of date,
    or if one of their files is not byte for byte as the last build wrote it.

    Raises Faults if a raw file has changed or is missing.
    """
    if not are_tables_current(study):
        return {}
    provenance = read_provenance(study.processed)
    said = provenance.get(BUILD_RECORD, {})
    rows, files = provenance.get("rows", {}), dict(said.get("files", {}))
    files |= {f"{name}.parquet": said.get("made", {}).get(name, "") for name in rows}
    is_whole = bool(rows) and all((study.processed / name).is_file()
                                  and study.digests.hash_file(study.processed / name) == digest
                                  for name, digest in files.items())
    return rows if is_whole else {}


def are_tables_current(study: Study, *, is_for_all_audiences: bool = True) -> bool:
    """Whether the processed tables are up to date with their inputs. If ``is_for_all_audiences`` is true, the
    tables must also say what audiences other than the team may see.

    Raises Faults if a raw file has changed or is missing.
    """
    raw, built = digest_raw_files_or_refuse_changes(study).digests, study.processed / "slices.json"
    if not built.is_file() or find_missing_release_id(study):
        return False
    slices = json.loads(built.read_text(encoding="utf-8"))
    return (not (is_for_all_audiences and UNDECIDED in slices)
            and slices["inputs"] == digest_inputs(study, raw))


# ------------------------------
# The reference tables at the last build, so that `glc status` can say what people changed since. Only short
# digests of cells are kept, and of names.csv digests of the names.


State = dict[str, dict[str, dict[str, str]]]
"""The digest of each cell of the reference tables, keyed by file, then by the row's key, then by column."""
SECRET = "names"
_ROW_NAMES = {"codebook": "code", "options": "option", "questions": "question",
             "organisations": "organisation", "documents": "document", "countries": "country name",
             **{table: name for _, names in addon.list_declarations("row_names") for table,
                name in names.items()}}
"""The noun for one row of each reference table; the noun is "row" for tables that this mapping does not
list."""
_RENAMED = ("name", "label")


def digest_reference_cells(study: Study) -> State:
    """Returns the digests of all cells of the reference tables; tables that cannot be read are left out."""

    def digest(text: str) -> str:
        return study.digests.hash_bytes(text.strip().encode())[:8]

    def key(row: Mapping[str, str | None], name: str, columns: tuple[str, ...]) -> str:
        values = [row.get(column) or "" for column in columns]
        return digest("/".join(values)) if name == SECRET else " ".join(filter(None, values))

    digests = {}
    for name, table in load_reference_table_schemas().items():
        for path in map(study.locate_reference_table_file, list_table_files(name)):
            if not path.is_file():
                continue
            text = path.read_bytes().decode("utf-8-sig", errors="replace")
            rows = digests.setdefault(path.name, {})
            for row in csv.DictReader(io.StringIO(text, newline="")):
                rows.setdefault(key(row, name, table.key), {}).update({
                    column: digest(cell) for column, cell in row.items() if column and isinstance(cell, str)})
    return digests


def describe_changed_reference_rows(before: State, after: State) -> Iterator[str]:
    """Yields one line per row of the reference tables that was added, removed or changed, file by file.

    >>> was = {"codebook.csv": {"shelter": {"code_id": "a", "name": "b"}, "old": {}}}
    >>> now = {"codebook.csv": {"shelter": {"code_id": "a", "name": "c"}, "new": {}}}
    >>> list(describe_changed_reference_rows(was, now))
    ['codebook.csv: code `shelter` renamed', 'codebook.csv: code `old` gone', 'codebook.csv: code `new` new']
    """
    for file in sorted({*before, *after}):
        old, new = before.get(file, {}), after.get(file, {})
        for row in [*old, *(row for row in new if row not in old)]:
            if said := _said(old.get(row), new.get(row)):
                yield f"{file}: {_ROW_NAMES.get(file.removesuffix('.csv'), 'row')} `{row}` {said}"


def _said(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    if old is None or new is None:
        return "new" if old is None else "gone"
    changed = sorted(column for column in {*old, *new} if old.get(column) != new.get(column))
    if changed and set(changed) <= set(_RENAMED):
        return "renamed"
    return f"changed ({', '.join(changed)})" if changed else ""


def read_built_slice_digests_and_lists(study: Study) -> dict[str, Any]:
    """Returns the content of slices.json from the last build: the digests of all slices of tables (rows about
    one country, theme, question or code), and lists such as the countries and the themes."""
    try:
        return json.loads((study.processed / "slices.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise GLCError("Nothing is built yet. To fix: run `glc build` first.") from None


def read_built_slice_list(study: Study, name: str) -> Any:
    """Returns one list from slices.json, such as the countries. In a run, only this list is recorded as an
    input of the page that reads it."""
    with read_log.record_explicit_reads_only():
        read_log.record_read(study.root, f"{SLICES} {name}")
        return _read_slices_once(study)[name]


def has_page(study: Study, list_name: str, id_: str) -> bool:
    """Whether the list ``list_name`` of slices.json has an entry with the given id, so that the id has its
    own page. In a run, only the entry with this id is recorded as an input of the page that calls the
    function."""
    with read_log.record_explicit_reads_only():
        read_log.record_read(study.root, f"{SLICES} {list_name}={id_}")
        return any(row["id"] == id_ for row in _read_slices_once(study).get(list_name, []))


def _read_slices_once(study: Study) -> dict[str, Any]:
    """Returns what :func:`read_built_slice_digests_and_lists` returns, and keeps it until slices.json is
    written again. The caller must not change the returned dictionary, and must record which parts of it the
    page reads."""
    path = study.processed / "slices.json"
    if not path.is_file():
        return read_built_slice_digests_and_lists(study)  # which says what is wrong
    return _read_slices(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read_slices(path: Path, written: int) -> dict[str, Any]:
    """Returns the content of slices.json at ``path``. ``written`` is the time at which the file was written,
    so that the cached result is used only while the file is unchanged."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_built_release_info(study: Study, audience: str) -> dict[str, Any]:
    """Returns from slices.json the description of the last release to an audience, with the keys number, day
    and issued (:func:`read_release_info`). Raises GLCError if the build has not decided what the audience may
    see."""
    release = read_built_slice_digests_and_lists(study)["release"].get(audience)
    if release is None:
        raise make_undecided_error(audience)
    return release


def make_undecided_error(audience: str) -> GLCError:
    """Returns the error to raise if tables that were built for the team alone are read for another audience.

    >>> print(make_undecided_error("public"))
    What the public may see of these tables has not been decided. To fix: run `glc build`.
    """
    return GLCError(f"What the {audience} may see of these tables has not been decided. To fix: run "
                    "`glc build`.")
