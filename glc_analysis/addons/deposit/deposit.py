"""Writes the deposit: a folder for a data repository such as Zenodo or QDR, with the data that the public may
see.

The disclosure gate searches the folder. A deposit contains no quotations, because consent to print words on a
page is not consent to archive them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.checklists.checklists import (
    collect_method_facts,
    make_reporting_items,
    read_stated_sampling,
)
from glc_analysis.coding.exports import write_sorted_csv_for_spreadsheets
from glc_analysis.dictionary import describe_data_package, render_dictionary
from glc_analysis.errors import UsageError
from glc_analysis.gate.gate import check_leaks
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.manifest import VERSION, read_built_release_info
from glc_analysis.pages.survey import FIGURES_SHOWN
from glc_analysis.publish.downloads import (
    BLANK_CELLS,
    FILE_STEM,
    NO_LICENCE,
    collect_tables_to_download,
    list_offered_tables,
    list_software_files,
    make_software_texts,
)
from glc_analysis.reference import read_reference
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.study import Study
from glc_analysis.templates import load_template
from glc_analysis.view.study_view import StudyView

_AUDIENCE = "public"
_LEFT_OUT = ("quotations",)
_CODEBOOK = "codebook.qdc"
_DEPOSIT_FILES = ("README.md", "METHODS.md", "CITATION.cff", "DICTIONARY.md", "datapackage.json", _CODEBOOK)
"""The files of a deposit besides its tables and the files for other software. A folder with any other file is
not a deposit, and is not replaced."""
_INVENTED = "Everything in it is invented: no organisation, person or answer is real."


def write_deposit_folder(study: Study, path: Path | None = None) -> Path:
    """Writes the deposit of a built study. Returns the folder of the deposit, which by default is in the
    reports for the public.

    An earlier deposit in the folder is replaced. The figures in the deposit count as a published release.
    Raises UsageError for a folder that is not a deposit, and Faults if the gate finds something that the
    public may not read; nothing is then written.
    """
    path = path or study.reports / _AUDIENCE / "deposit"
    if path.exists() and (path.is_file() or not all(map(_is_of_a_deposit, path.iterdir()))):
        raise UsageError(f"{path} already exists and is not a deposit. To fix: name another folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".deposit-") as folder:
        made = Path(folder, path.name)
        made.mkdir()
        _write(study, made)
        check_leaks(made.iterdir(), made, read_reference(study).names, audience=_AUDIENCE,
                    identifier_rules=identifiers(study, audience=_AUDIENCE), study=study)
        record_next_release_as_published(study, _AUDIENCE)
        shutil.rmtree(path, ignore_errors=True)
        made.replace(path)
    return path


def _is_of_a_deposit(path: Path) -> bool:
    known = (*_DEPOSIT_FILES, *(file.name for file in list_software_files()))
    return path.name in known or path.name.endswith(f"{FILE_STEM.format('')}.csv")


def _write(study: Study, folder: Path) -> None:
    frames = collect_tables_to_download(study, _AUDIENCE)
    for_software = make_software_texts(study, frames, _AUDIENCE)
    frames = {name: frame for name, frame in frames.items() if name not in _LEFT_OUT}
    for name, frame in frames.items():
        write_sorted_csv_for_spreadsheets(frame, folder / f"{FILE_STEM.format(name)}.csv")
    for write_codebook_as_qdc in load_declared_objects("provides", "write_codebook_as_qdc"):
        write_codebook_as_qdc(folder / _CODEBOOK, frames["codes"].assign(merged_into="", example=""))
    published = {name: list_offered_tables()[name].about for name in frames}
    licence = {"licenses": [{"name": study.licence}]} if study.licence else {}
    texts = {
        "README.md": _readme(study, frames, folder), "METHODS.md": _methods(study),
        "CITATION.cff": render_dataset_citation_cff(study, read_built_release_info(study, _AUDIENCE)),
        **for_software,
        "DICTIONARY.md": render_dictionary(published),
        "datapackage.json": describe_data_package(
            folder, frames, name=study.id, title=study.title, tables=published,
            ending=FILE_STEM.format("") + ".csv", has_checksums=True, **licence)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def render_dataset_citation_cff(study: Study, release: Mapping[str, object]) -> str:
    """Returns CITATION.cff, which says how to cite the data. The author is "The organisations of" the study;
    no organisation is named."""
    lines = {"cff-version": "1.2.0", "type": "dataset", "title": study.title,
             "message": "If you use these data, please cite them as below.",
             "abstract": "Released figures, questions, codebook, principles and votes. "
                         + (_INVENTED if study.is_synthetic else "No organisation is recognisable."),
             "version": str(release["number"]), "date-released": release["day"],
             "license": study.licence if re.fullmatch(r"[A-Za-z0-9.+-]+", study.licence) else ""}
    said = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in lines.items() if text]
    author = json.dumps(f"The organisations of {study.title}", ensure_ascii=False)
    return "\n".join([*said, "authors:", f"  - name: {author}"]) + "\n"


def _readme(study: Study, frames: Mapping[str, pd.DataFrame], folder: Path) -> str:
    release = read_built_release_info(study, _AUDIENCE)
    return load_template(__file__, "deposit.md").render(
        title=study.title, invented=_INVENTED if study.is_synthetic else "", number=release["number"],
        day=release["day"], sampling=read_stated_sampling(study),
        licence=f"Licence: {study.licence}." if study.licence else NO_LICENCE,
        tables=[(f"{FILE_STEM.format(name)}.csv", list_offered_tables()[name].about.grain, len(frame))
                for name, frame in frames.items()],
        blank_cells=BLANK_CELLS, has_codebook=(folder / _CODEBOOK).is_file(),
        shown_to_the_public=FIGURES_SHOWN[_AUDIENCE].format(**study.settings["disclosure"]),
        software_version=VERSION, software_files=list_software_files())


def _methods(study: Study) -> str:
    return "\n".join(["# Methods", "", "The items of reporting checklists, with what the study recorded.",
                      *_items(study)]) + "\n"


def _items(study: Study) -> Iterator[str]:
    facts = collect_method_facts(StudyView(study, _AUDIENCE))
    for name, items in make_reporting_items(facts).groupby("checklist", sort=False):
        yield from ("", f"## {name}", "")
        yield from (f"- {item} {topic}: {value}" for item, topic, value
                    in zip(items["item"], items["topic"], items["value"], strict=True))
