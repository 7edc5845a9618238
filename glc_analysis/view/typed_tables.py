"""Declares the core's tables as typed attributes; scripts/write-typed-tables makes this file."""

from __future__ import annotations

import pandas as pd


class TypedTables:
    """The types of the attributes ``study.NAME``, for editors and for the type checker ty. A table is read
    when its attribute is first used."""

    questions: pd.DataFrame
    options: pd.DataFrame
    organisations: pd.DataFrame
    answers: pd.DataFrame
    responses: pd.DataFrame
    selections: pd.DataFrame
    wave_organisations: pd.DataFrame
    wave_answers: pd.DataFrame
    wave_responses: pd.DataFrame
    documents: pd.DataFrame
    segments: pd.DataFrame
    answer_translations: pd.DataFrame
    codebook: pd.DataFrame
    codings: pd.DataFrame
    readings: pd.DataFrame
    memos: pd.DataFrame
    quarantined: pd.DataFrame
    disagreements: pd.DataFrame
    agreement: pd.DataFrame
    mentions: pd.DataFrame
    countries: pd.DataFrame
    context: pd.DataFrame
    stated: pd.DataFrame
    steps: pd.DataFrame
    figures: pd.DataFrame
    quotations: pd.DataFrame
    blocks: pd.DataFrame
    release_convening: pd.DataFrame
    release_public: pd.DataFrame
