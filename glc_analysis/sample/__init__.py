"""Provides the invented sample study. The sample study's answers, interviews and calls are realistic, its
names are obviously invented, and its true results are known.

The sample study is committed as files, in ``raw/``, ``reference/`` and ``private/`` beside this module, and
is copied into a study folder. The private tables of the sample study are committed as well, because nobody in
them is real. The script ``scripts/make_sample.py`` made these files, from the tables in
``scripts/sample_study/content/``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from glc_analysis import manifest
from glc_analysis.addon import list_declarations
from glc_analysis.digests import KEY_FILE, read_or_make_unsaved_digest_key, write_digest_key_if_missing
from glc_analysis.disclosure.consent import CONSENT_ITEMS
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.gitignore import write_gitignore_unless_edited
from glc_analysis.schema import load_reference_table_schemas, make_reference_path, read_default_settings
from glc_analysis.study import Study, is_not_auxiliary_file

COMMITTED = Path(__file__).parent
"""The folder of the committed sample study."""
_PARTS = "raw", "reference", "private/reference"
PLAIN = "plain"
"""The folder with a plain table for each raw file that only an add-on can read. If no installed add-on lists
such a raw file in its ``sample_files``, the table with the same name (and any ending) is copied instead."""
SAMPLE_KEY = b"an invented key of an invented study, which protects nothing"
"""The key of the sample's digests (:mod:`glc_analysis.digests`). The key of the sample is always the same, so
that every copy of the sample gives the same bytes. The key is removed together with the sample, because a
real study must not have a key that everybody knows."""


def write_sample(root: Path) -> list[Path]:
    """Copies the invented study into a folder.

    Reference files that already exist are not overwritten. Returns the written paths, sorted. Raises
    GLCError, and writes nothing, in three cases: ``raw/`` contains files; the manifest belongs to other raw
    files; the folder is a real study, into which invented data must never be written.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in write_sample(Path(folder)) if path.parent.name == "survey"]
    ['glc_2016_kobo.xlsx', 'glc_2016_qualtrics.csv']
    """
    if present := _data_in(root / "raw"):
        raise GLCError(f"{present[0].relative_to(root).as_posix()}: there are raw files already. To fix: "
                       "write the sample into an empty folder, or clear this folder with `glc sample "
                       "--remove`.")
    _refuse_other_manifest(root)
    if (root / "reference" / "study.toml").is_file() and not Study(root).is_synthetic:
        raise GLCError(f"{root} is a real study (reference/study.toml), and invented data would stop its "
                       "build. To fix: name a folder that does not exist yet, with `glc --study NEWFOLDER "
                       "sample`.")
    written = []
    for name, content in read_sample_files(COMMITTED).items():
        if not (root / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
            written.append(root / name)
    write_digest_key_if_missing(root, SAMPLE_KEY)
    write_gitignore_unless_edited(root)
    return written


def remove_sample_except_reference_folder(study: Study) -> None:
    """Removes the data of an invented study: raw files, ``processed/``, ``reports/``, its releases and keys,
    and the private reference tables that nobody has changed. The folder ``reference/`` stays.

    Raises GLCError, and removes nothing, if the study is not the sample, or if a raw file does not belong to
    the sample or was changed.
    """
    recorded = manifest.read_manifest(study)
    of_sample = {name for name, row in recorded.items() if row["received_from"] == manifest.SAMPLE}
    present = {study.make_relative(path): path for path in study.list_all_raw_files() if path.is_file()}
    if not of_sample:
        raise GLCError("manifest.csv lists no file of the sample, so nothing was removed. To fix: name the "
                       "folder of a sample study.")
    foreign = [Fault("is not a file of the sample, or was changed", file=name, fix="move it out of raw/")
               for name, path in present.items()
               if name not in of_sample or manifest.compute_checksum(path) != recorded[name]["sha256"]]
    if foreign:
        raise Faults(foreign)
    committed = read_sample_files(COMMITTED)
    private = [path for path in _data_in(study.private_reference)
               if path.read_bytes() == committed.get(study.make_relative(path))]
    for path in [*present.values(), *_data_in(study.processed), *private]:
        path.unlink()
    shutil.rmtree(study.reports, ignore_errors=True)
    shutil.rmtree(study.private / "releases", ignore_errors=True)
    study.key_file.unlink(missing_ok=True)
    if read_or_make_unsaved_digest_key(study.root) == SAMPLE_KEY:
        (study.root / KEY_FILE).unlink()


def _refuse_other_manifest(root: Path) -> None:
    """Raises GLCError if the manifest of the folder belongs to other raw files."""
    recorded, ours = (
        {name: row["sha256"] for name, row in manifest.read_manifest(Study(folder)).items()}
        for folder in (root, COMMITTED))
    if recorded and recorded != {name: digest for name, digest in ours.items() if _is_known(name)}:
        raise GLCError("manifest.csv belongs to other raw files. To fix: write this sample into "
                       "another folder with `glc --study DIR sample`.")


def read_sample_files(folder: Path) -> dict[str, bytes]:
    """Returns the content of each file of an invented study, keyed by the path of the file.

    Content that belongs to an add-on that is not installed is left out: raw folders with their rows of the
    manifest, reference tables, items of consent, and sections of the settings. A raw file that no installed
    add-on can read is replaced with a plain table.
    """
    files, plain = {}, _plain_tables(folder)
    for path in sorted(path for part in _PARTS for path in _data_in(folder / part)):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        if name in plain:
            name, content = plain[name]
        elif name == make_reference_path("manifest"):
            header, *rows = content.decode().splitlines(keepends=True)
            kept = [_row_of_plain(row, plain) for row in rows if _is_known(row.split(",")[0])]
            content = "".join([header, *kept]).encode()
        elif name == make_reference_path("consent"):
            header, *rows = content.decode().splitlines(keepends=True)
            content = "".join([header, *(row for row in rows if row.split(",")[2] in CONSENT_ITEMS)]).encode()
        elif name == "reference/study.toml":
            settings = read_default_settings()[0]
            sections = re.split(r"(?m)^(?=\[)", content.decode())
            content = "".join(text for text in sections if text[0] != "["
                              or text[1:text.index("]")] in settings).encode()
        if _is_known(name):
            files[name] = content
    return files


def _plain_tables(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Returns the plain tables that replace raw files which no installed add-on can read. The path of each
    such raw file is mapped to the path and the content of its plain table."""
    read = {name for _, names in list_declarations("sample_files") for name in names}
    tables = {}
    for path in _data_in(folder / PLAIN):
        name = path.relative_to(folder / PLAIN)
        for file in (folder / name).parent.glob(f"{name.stem}.*"):
            if (original := file.relative_to(folder).as_posix()) not in read:
                tables[original] = name.as_posix(), path.read_bytes()
    return tables


def _row_of_plain(row: str, plain: Mapping[str, tuple[str, bytes]]) -> str:
    """Returns a row of the manifest for the sample study. If a plain table replaces the raw file of the row,
    the returned row describes the plain table."""
    path, _, _, rest = row.split(",", 3)
    if path not in plain:
        return row
    name, content = plain[path]
    return ",".join([name, hashlib.sha256(content).hexdigest(), str(len(content)), rest])


def _is_known(name: str) -> bool:
    """Whether the raw folder or reference table of a file belongs to the core or to an installed add-on."""
    top, *folders, file = name.split("/")
    if top == "raw":
        return folders[0] in read_default_settings()[0]["raw"]
    return not file.endswith(".csv") or file.removesuffix(".csv") in load_reference_table_schemas()


def _data_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and is_not_auxiliary_file(path))
