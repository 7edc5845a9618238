"""Writes the deposit: a folder for a data repository such as Zenodo or QDR, with what the public may see.

The gate searches it. It holds no quotation: consent to print words on a page is not consent to archive them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from glc_analysis.coding.codebook import qdc_codes
from glc_analysis.coding.exports import write_csv
from glc_analysis.convening.checklists import method_facts, reporting_items, stated_sampling
from glc_analysis.dictionary import datapackage, dictionary
from glc_analysis.disclosure.findings import check_leaks
from glc_analysis.disclosure.leak_scan import identifiers
from glc_analysis.disclosure.releases import publish
from glc_analysis.errors import UsageError
from glc_analysis.intake.codings.refi import write_qdc
from glc_analysis.manifest import VERSION, read_slices
from glc_analysis.pages.survey import RULES
from glc_analysis.publish.downloads import (
    MISSING,
    NO_LICENCE,
    PUBLISHED,
    STEM,
    principles_json,
    published_tables,
)
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import template
from glc_analysis.view import StudyView

AUDIENCE = "public"
LEFT_OUT = ("quotations",)
OWN = ("README.md", "METHODS.md", "CITATION.cff", "DICTIONARY.md", "datapackage.json", "principles.json",
       "codebook.qdc")
"""The files of a deposit beside its tables: a folder with any other is not one, and is not replaced."""
INVENTED = "Everything in it is invented: no organisation, person or answer is real."


def write_deposit(study: Study, path: Path | None = None) -> Path:
    """Writes the deposit of a built study and returns its folder, by default in the public's reports.

    An earlier deposit there is replaced. Its figures count as a published release. Raises
    UsageError for a folder that holds something else, Faults where the gate finds what the public may
    not read; nothing is then written.
    """
    path = path or study.reports / AUDIENCE / "deposit"
    if path.exists() and (path.is_file() or not all(map(_is_of_a_deposit, path.iterdir()))):
        raise UsageError(f"{path} already exists and is not a deposit. To fix: name another folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".deposit-") as folder:
        made = Path(folder, path.name)
        made.mkdir()
        _write(study, made)
        check_leaks(made.iterdir(), made, read_reference(study).names, audience=AUDIENCE,
                    known=identifiers(study, audience=AUDIENCE), study=study)
        publish(study, AUDIENCE)
        shutil.rmtree(path, ignore_errors=True)
        made.replace(path)
    return path


def _is_of_a_deposit(path: Path) -> bool:
    return path.name in OWN or path.name.endswith(f"{STEM.format('')}.csv")


def _write(study: Study, folder: Path) -> None:
    frames = published_tables(study, AUDIENCE)
    principles = principles_json(study, frames.get("principles"), AUDIENCE)
    frames = {name: frame for name, frame in frames.items() if name not in LEFT_OUT}
    for name, frame in frames.items():
        write_csv(frame, folder / f"{STEM.format(name)}.csv")
    write_qdc(folder / "codebook.qdc", qdc_codes(frames["codes"].assign(merged_into="", example="")))
    described = {name: PUBLISHED[name] for name in frames}
    licence = {"licenses": [{"name": study.licence}]} if study.licence else {}
    texts = {
        "README.md": _readme(study, frames), "METHODS.md": _methods(study),
        "CITATION.cff": citation(study, read_slices(study)["release"][AUDIENCE]),
        "principles.json": principles,
        "DICTIONARY.md": dictionary(described),
        "datapackage.json": datapackage(folder, frames, name=study.id, title=study.title, tables=described,
                                        ending=STEM.format("") + ".csv", is_published=True, **licence)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def citation(study: Study, release: Mapping[str, object]) -> str:
    """CITATION.cff: how the data are cited. The authors are the study's organisations, who are not named."""
    lines = {"cff-version": "1.2.0", "type": "dataset", "title": study.title,
             "message": "If you use these data, please cite them as below.",
             "abstract": "Released figures, questions, codebook, principles and votes. "
                         + (INVENTED if study.is_synthetic else "No organisation can be told from them."),
             "version": str(release["number"]), "date-released": release["day"],
             "license": study.licence if re.fullmatch(r"[A-Za-z0-9.+-]+", study.licence) else ""}
    said = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in lines.items() if text]
    author = json.dumps(f"The organisations of {study.title}", ensure_ascii=False)
    return "\n".join([*said, "authors:", f"  - name: {author}"]) + "\n"


def _readme(study: Study, frames: Mapping[str, pd.DataFrame]) -> str:
    release = read_slices(study)["release"][AUDIENCE]
    return template(__file__, "deposit.md").render(
        title=study.title, invented=INVENTED if study.is_synthetic else "", number=release["number"],
        day=release["day"], sampling=stated_sampling(study),
        licence=f"Licence: {study.licence}." if study.licence else NO_LICENCE,
        tables=[(f"{STEM.format(name)}.csv", PUBLISHED[name].grain, len(frame))
                for name, frame in frames.items()],
        blank_cells=MISSING, shown_to_the_public=RULES[AUDIENCE].format(**study.settings["disclosure"]),
        software_version=VERSION)


def _methods(study: Study) -> str:
    return "\n".join(["# Methods", "", "The items of reporting checklists, with what the study recorded.",
                      *_items(study)]) + "\n"


def _items(study: Study) -> Iterator[str]:
    told = method_facts(StudyView(study, AUDIENCE))
    for name, own in reporting_items(told).groupby("checklist", sort=False):
        yield from ("", f"## {name}", "")
        yield from (f"- {row.item} {row.topic}: {row.value}" for row in own.itertuples())
