"""The core's tables as attributes with a type, made by scripts/write-typed-tables."""

from __future__ import annotations

import pandas as pd


class TypedTables:
    """The types of ``study.NAME``, for editors and for ty. A table is read when it is first asked for."""

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
