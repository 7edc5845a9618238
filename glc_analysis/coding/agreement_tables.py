"""Makes tables that show people how far coders agree: by question, by the words that coders marked, and by
the number of readers.

The functions take frames of the tables ``agreement``, ``codings``, ``segments``, ``readings`` and
``documents``, and return frames.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import reduce

import pandas as pd

from glc_analysis.coding.consensus import (
    CONSENSUS,
    MAJORITY,
    repeat_codings_for_each_segment,
    why_no_kappa_for_many_coders,
)


def tabulate_agreement_by_question(agreement: pd.DataFrame) -> pd.DataFrame:
    """Returns one row per code and question, if at least one turn or answer to the question has the code. The
    row with the lowest alpha comes first. The columns are:

    - code_id, question_id, n_units, prevalence;
    - agree (percent agreement), positive (positive agreement) and alpha: the measures within the question;
    - agree_pooled, alpha_pooled: percent agreement and alpha for all questions together. The pooled measures
      are often higher, because coders easily agree that a code is absent in the turns of other questions.
    """
    turns = agreement[(agreement["unit"] == "turn") & (agreement["code_id"] != "")]
    names = {"percent_agreement": "agree", "positive_agreement": "positive", "alpha": "alpha"}
    wide = turns[turns["measure"].isin([*names])].pivot(
        index=["subset", "code_id", "n_units", "prevalence"], columns="measure", values="value")
    wide = wide.reindex(columns=[*names]).rename(columns=names).reset_index()
    pooled = wide[wide["subset"] == "all"].set_index("code_id")[["agree", "alpha"]].add_suffix("_pooled")
    own = wide[wide["subset"].str.startswith("question=") & (wide["prevalence"] > 0)]
    own = own.assign(question_id=own["subset"].str.removeprefix("question=")).join(pooled, on="code_id")
    columns = ["code_id", "question_id", "n_units", "prevalence", *names.values(), *pooled.columns]
    return own[columns].rename_axis(columns=None).sort_values(
        ["alpha", "code_id", "question_id"], ignore_index=True)


def explain_blank_columns(agreement: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Returns sentences that explain why columns in a table of agreement are blank for every code.

    ``columns`` maps each measure to the name of its column in the table. ``agreement`` has the rows of table
    ``agreement`` from which the table is made."""
    if agreement.empty:
        return []
    by_reason: dict[str, list[str]] = defaultdict(list)
    for measure, name in columns.items():
        own = agreement[agreement["measure"] == measure]
        if len(own) and own["value"].isna().all():
            by_reason[str(own["reason"].mode()[0])].append(name)
    sentences = [f"{', '.join(names)}: blank, since {reason}." for reason, names in by_reason.items()]
    return sentences + [*filter(None,
                                [why_no_kappa_for_many_coders(agreement) if "kappa" in columns else ""])]


def list_same_code_with_differing_spans(codings: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Returns the turns to which several coders gave the same code on different words. In these turns, the
    coders agree if turns are compared, but not if characters are compared.

    The columns of the frame are segment_id, code_id, coder_id, words and shared, with one row per turn, code
    and coder. ``shared`` is the number of letters that all coders of the code marked, divided by the number
    that at least one of these coders marked. Punctuation marks and spaces are not counted as letters. The
    rows with the smallest ``shared`` come first.

    >>> segments = pd.DataFrame({"segment_id": ["a.1"], "start": [0], "end": [11], "text": ["First. Then."],
    ...                          "role": ["participant"]})
    >>> given = pd.DataFrame({"segment_ids": "a.1", "coder_id": ["ana", "ben"], "code_id": "care",
    ...                       "start": [0, 7], "end": [6, 11]})
    >>> list_same_code_with_differing_spans(given, segments)[["coder_id", "words", "shared"]].values.tolist()
    [['ana', 'First.', 0.0], ['ben', 'Then', 0.0]]
    """
    spoken = segments[segments["role"] == "participant"].set_index("segment_id")[["start", "text"]]
    marked = repeat_codings_for_each_segment(codings[codings["coder_id"] != CONSENSUS]).join(
        spoken.rename(columns={"start": "turn_start"}), on="segment_id", how="inner")
    spans: dict[tuple[str, str], dict[str, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for segment, code, coder, start, end, first, text in zip(*(marked[name] for name in (
            "segment_id", "code_id", "coder_id", "start", "end", "turn_start", "text")), strict=True):
        spans[segment, code][coder].append((max(start - int(first), 0), min(end - int(first), len(text))))
    rows = []
    for (segment, code), by_coder in spans.items():
        if len(by_coder) < 2:
            continue
        text = spoken.at[segment, "text"]
        letters = [{at for start, end in own for at in range(start, end) if text[at].isalnum()}
                   for own in by_coder.values()]
        either = set().union(*letters)
        shared = len(reduce(set.intersection, letters)) / len(either) if either else 1.0
        if shared < 1:
            rows += [(segment, code, coder, " … ".join(text[start:end].strip() for start, end in sorted(own)),
                      shared) for coder, own in by_coder.items()]
    table = pd.DataFrame(rows, columns=["segment_id", "code_id", "coder_id", "words", "shared"])
    return table.sort_values(["shared", "segment_id", "code_id", "coder_id"], ignore_index=True)


def tabulate_readers_and_singly_read_organisations(readings: pd.DataFrame, documents: pd.DataFrame, *,
                                                   rule: str) -> tuple[pd.DataFrame, list[str]]:
    """Returns a table that counts texts by their number of readers, and a list of organisation_ids. The list
    names the organisations whose texts all had only one reader.

    The table has one row per number of readers. Its columns are readers, texts, organisations and "a code
    counts where". The column "a code counts where" says how many of the readers must have given a code, by
    the study's rule of consensus (``rule``).
    """
    read = readings[readings["coder_id"] != CONSENSUS].merge(documents[["document_id", "organisation_id"]])
    by_text = read.groupby(["document_id", "organisation_id"], as_index=False)["coder_id"].nunique()
    by_text = by_text.rename(columns={"coder_id": "readers"})
    owned = by_text[by_text["organisation_id"] != ""]
    most = owned.groupby("organisation_id")["readers"].max()
    table = by_text.groupby("readers", as_index=False).agg(texts=("document_id", "size"))
    organisations = owned.groupby("readers")["organisation_id"].nunique()
    table["organisations"] = table["readers"].map(organisations).fillna(0).astype(int)
    table["a code counts where"] = [_counts_where(n, rule) for n in table["readers"]]
    return table, sorted(most[most == 1].index)


def _counts_where(readers: int, rule: str) -> str:
    if readers == 1:
        return "the one reader gave it"
    if rule != MAJORITY:
        return "both gave it (unanimity)" if readers == 2 else f"all {readers} gave it (unanimity)"
    if readers == 2:
        return "both gave it (of two, the majority is both; one of two is undecided)"
    tie = f"; {readers // 2} of {readers} is undecided" if readers % 2 == 0 else ""
    return f"{readers // 2 + 1} of {readers} gave it (majority{tie})"
