"""Writes the citation of the handbook as BibTeX and as CITATION.cff, and the citation of each principle as
BibTeX."""

from __future__ import annotations

import json
import re

from glc_analysis.addons.convening.citing import PRINCIPLES_TITLE, format_collective_author
from glc_analysis.addons.convening.handbook.contents import Handbook
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.manifest import read_built_release_info
from glc_analysis.study import Study


def render_handbook_and_principles_bibtex(handbook: Handbook) -> str:
    """Returns the BibTeX entries of the handbook and of each of its principles."""
    study, doi = handbook.view.study, handbook.view.study.settings["handbook"]["doi"]
    name = re.sub(r"\W+", "-", study.id, flags=re.ASCII)
    common = {"author": f"{{{format_collective_author(study)}}}",
              "note": "Invented sample data" if study.is_synthetic else "",
              "doi": doi}
    entries = [(f"{name}-principles", {"title": f"{{{PRINCIPLES_TITLE}}}", "year": handbook.agreed_on[:4]}),
               *((f"{name}-{principle.printed_id}", {
                   "title": f"{{{principle.printed_id} {principle.texts['statement'].text}}}",
                   "year": principle.agreed_on[:4]}) for principle in handbook.principles)]
    return "\n".join("\n".join([f"@misc{{{key},", *(f"  {field} = {{{_escaped(text)}}}," for field, text in
                                                     (own | common).items() if text), "}"])
                     for key, own in entries) + "\n"


def _escaped(text: str) -> str:
    """Returns a text in which a backslash precedes each sign that TeX would read as a command."""
    return re.sub(r"([&%$#_])", r"\\\1", text)


def render_handbook_citation_cff(handbook: Handbook) -> str:
    """Returns the text of CITATION.cff for the handbook."""
    study, settings = handbook.view.study, handbook.view.study.settings["handbook"]
    release = read_release_number_and_day(study, handbook.view.audience) or {}
    lines = {"cff-version": "1.2.0", "type": "dataset", "title": f"{PRINCIPLES_TITLE}. {study.title}",
             "message": "If you use these principles, please cite them as below.",
             "version": str(release.get("number", "")), "date-released": handbook.agreed_on,
             "doi": settings["doi"],
             "license": study.licence if re.fullmatch(r"[A-Za-z0-9.+-]+", study.licence) else ""}
    said = [f"{name}: {json.dumps(text, ensure_ascii=False)}" for name, text in lines.items() if text]
    author = json.dumps(format_collective_author(study), ensure_ascii=False)
    return "\n".join([*said, "authors:", f"  - name: {author}"]) + "\n"


def read_release_number_and_day(study: Study, audience: str) -> dict[str, object] | None:
    """Returns the number and the day of the current release to an audience (group of readers); None for the
    team, whose releases have no number."""
    if not has_capability(audience, "numbered_releases"):
        return None
    release = read_built_release_info(study, audience)
    return {name: release[name] for name in ("number", "day")}
