"""The raw survey files of a study, read together; and what is looked at before any of it is interpreted.

In: the files in raw/survey/ (or those that study.toml names) and in raw/context/. Out: their tables, the
records after the corrections of corrections.csv, and the texts of the country columns. The module decides
that two files of the same name are refused, and that a real study holds no invented record.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning import columns, records
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.intake.survey import read_survey
from glc_analysis.intake.survey.readers import RawSurvey
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.text import normalise_space, slug

MARK = "invented by glc sample"
"""What stands in the column ``synthetic`` of invented records."""
NO_SURVEY = "No survey file has arrived. To fix: put an export into raw/survey/, or name it in study.toml " \
            "under [raw] survey."


def read_raw(study: Study, kind: str) -> list[RawSurvey]:
    """Every raw file of a kind; the faults of all files are raised together."""
    read, faults = [], []
    for path in study.raw_files(kind):
        try:
            read.append(read_survey(path, study.settings["survey"] if kind == "survey" else None))
        except Faults as found:
            faults += found.faults
    stems = [slug(survey.path.stem) for survey in read]
    faults += [Fault("another file has the same name with another extension", fix="rename one",
                     file=survey.path.name)
               for survey, stem in zip(read, stems, strict=True) if stems.count(stem) > 1]
    if faults:
        raise Faults(faults)
    return read


def read_surveys(study: Study) -> list[RawSurvey]:
    """The survey files, none invented where the study is real; none at all in a study of conversations.

    Invented files carry their mark in every record.
    """
    surveys = read_raw(study, "survey")
    marked = [s for s in surveys if "synthetic" in s.frame and (s.frame["synthetic"] == MARK).any()]
    if marked and not study.is_synthetic:
        raise Faults([Fault("is invented data in a real study", file=s.path.name,
                            fix="take it out of raw/") for s in marked])
    return surveys


def survey_records(study: Study, reference: Reference) -> records.Records:
    """The survey's records after the corrections of ``reference``, before any of it is interpreted; its
    ``faults`` are corrections that fit nothing, and records of which it cannot be told whose they are."""
    return records.assemble(read_surveys(study), reference, study.settings["survey"], CleaningLog())


def country_names(study: Study) -> tuple[pd.Series, pd.DataFrame]:
    """The texts of the survey's country columns, and the reviewed rows of countries.csv."""
    reference, settings = read_reference(study), study.settings["survey"]
    texts = [pd.Series(dtype="str")]
    for survey in read_surveys(study):
        for role in ("country", "home_country"):
            if settings[role]:
                found, faults = columns.locate(settings[role], survey,
                                               source=f"[survey] {role} of study.toml")
                if faults:
                    raise Faults(faults)
                texts += [survey.frame[found[""]]] if found[""] else []
    if len(texts) == 1 and not study.raw_files("survey"):
        raise GLCError(NO_SURVEY)
    names = pd.concat(texts, ignore_index=True).map(normalise_space)
    return names[~names.isin(["", *settings["blank"]])], reference.countries
