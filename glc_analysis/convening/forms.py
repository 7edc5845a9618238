"""The forms of a round: a workbook, a page to print and a text for every rater; one XLSForm for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.convening import opening
from glc_analysis.convening.form_page import page, pictures, text
from glc_analysis.convening.form_texts import Form, in_language, is_translated, phrases
from glc_analysis.convening.form_workbook import write_workbook
from glc_analysis.convening.xlsform import write_xlsform
from glc_analysis.disclosure.returns import addressed
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.ratings_forms import is_filled
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study


@dataclass(frozen=True)
class Issue:
    """What :func:`write_forms` did: the texts ``asked``, ``raters`` (rater_id, language, note), and the
    languages whose fixed texts no native reader has checked."""

    folder: Path
    is_new: bool
    asked: pd.DataFrame
    raters: pd.DataFrame
    unchecked: tuple[str, ...]


def write_forms(study: Study, round_id: str, *, today: date) -> Issue:
    """Opens a round that is not there yet, and writes its forms to ``reports/team/forms/<round>/``.

    A round that is open keeps its texts and gets the same forms again. Raises Faults, before anything is
    written, where the round is closed or its texts were changed, where nobody may rate, or where a
    workbook in the folder holds answers.
    """
    reference = read_reference(study)
    rounds, asked = opening.asked(reference, round_id, today=today)
    forms, notes = forms_of(reference, round_id, asked, addressed(study)[1])
    texts = _texts(reference, asked)
    folder = study.reports / "team" / "forms" / round_id
    _refuse_filled(folder, forms)
    if not rounds.equals(reference.rounds):
        opening.keep(study, rounds)
    for part in (folder.parent.parent, folder.parent, folder):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    for form in forms:
        write_workbook(folder / f"{form.rater_id}.xlsx", form)
        _write(folder / f"{form.rater_id}.html", page(form))
        _write(folder / f"{form.rater_id}.txt", text(form))
    by_language = {form.language: form for form in sorted(forms, key=lambda form: form.language)}
    _write(folder / "pictures.html", pictures(by_language.values()))
    write_xlsform(folder / "round.xlsform.xlsx", round_id, [form.rater_id for form in forms], texts)
    raters = pd.DataFrame({"rater_id": [form.rater_id for form in forms],
                           "language": [form.language for form in forms], "note": notes}, dtype="str")
    unchecked = [one for one in sorted({*by_language, *texts}) if phrases(one)["native_reader"] != "yes"]
    return Issue(folder, round_id not in set(reference.rounds["round_id"]), asked, raters, tuple(unchecked))


def _texts(reference: Reference, asked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The texts of a round by language, its own first: those languages that have all of them."""
    source = asked["language"].iloc[0]
    languages = sorted({*reference.principles["language"]}, key=lambda one: (one != source, one))
    found = {one: rows for one in languages if (rows := in_language(reference, asked, one)) is not None}
    return found or {source: asked}


def forms_of(reference: Reference, round_id: str, asked: pd.DataFrame,
             languages: Mapping[str, str]) -> tuple[list[Form], list[str]]:
    """A form for every rater who may rate, and what is to be said of it.

    Its language is the one in which the rater's organisation answered, where that has every text.
    """
    raters = reference.raters[reference.raters["may_rate"] == "true"].sort_values("rater_id")
    if raters.empty:
        raise Faults([Fault("names nobody who may rate", "raters.csv", column="may_rate",
                            mend="give every rater a code, and write true where the rater may rate")])
    source, forms, notes = asked["language"].iloc[0], [], []
    for rater in raters.itertuples():
        wanted = languages.get(rater.organisation_id, "") or source
        rows = in_language(reference, asked, wanted)
        language = source if rows is None else wanted
        forms.append(Form(round_id, rater.rater_id, language, asked if rows is None else rows))
        lacking = set() if rows is not None or wanted == source else {*asked["printed_id"]} - {
            *reference.principles.loc[reference.principles["language"] == wanted, "translation_of"]}
        named = "all texts" if len(lacking) == len(asked) else ", ".join(sorted(lacking))
        notes.append(f"answered in {wanted}, which lacks {named}" if lacking else
                     "" if is_translated(language) else "the texts around the principles are in English")
    return forms, notes


def _refuse_filled(folder: Path, forms: list[Form]) -> None:
    """A form that was filled in where it lay is not written over."""
    paths = [path for form in forms if (path := folder / f"{form.rater_id}.xlsx").is_file()]
    if filled := [path for path in paths if is_filled(path)]:
        raise Faults([Fault("holds answers", f"{folder.name}/{path.name}", mend="move it to raw/ratings")
                      for path in filled])


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", newline="\n")
