"""Proposes which questions of a draft are sensitive. Each question gets a row with a proposal and the reason
for the proposal; a person writes the decision into the same row. This module also reads the decisions from
the rows.

An answer is sensitive if it could be used against the person who gave it. Only people can decide whether a
question is sensitive, so a question counts as sensitive until somebody decides. The words that suggest a
sensitive question are listed in ``content/words.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from glc_analysis.addons.drafting.words import find_first_word_of_concept
from glc_analysis.cleaning.languages import detect_script
from glc_analysis.schema import COUNTRY_LIST, UNDECIDED

SENSITIVITY_DECISIONS = ("true", "false", "as proposed")
"""The decisions that a person may enter for a question."""
OTHERS = "*"
"""The id of the row that decides for all questions whose own row is blank."""
_LATIN = "Latn"


def propose_sensitivity_row_per_question(questions: pd.DataFrame,
                                         options: pd.DataFrame) -> list[dict[str, str]]:
    """Returns a row for each drafted question, in the order of the form; columns that are left out have no
    row. The first row decides for all questions whose own row is blank.

    >>> questions = pd.DataFrame([{"question_id": "Q1", "type": "single", "wording": "Did the police come?",
    ...                            "option_list": "Q1", "place": "1"}])
    >>> options = pd.DataFrame({"option_list": ["Q1"], "label": ["Yes"]})
    >>> [row["proposal"] for row in propose_sensitivity_row_per_question(questions, options)]
    ['', 'true']
    """
    asked = questions[questions["type"] != ""]
    asked = asked.loc[pd.to_numeric(asked["place"]).sort_values(kind="stable").index]
    first = {"question_id": OTHERS, "is_sensitive": "", "proposal": "", "how_sure": "unsure",
             "wording": "all questions below that are left blank",
             "why": "`as proposed` takes the proposal of each of them"}
    return [first, *(_row(question, options) for _, question in asked.iterrows())] if len(asked) else []


def _row(question: pd.Series, options: pd.DataFrame) -> dict[str, str]:
    name, wording = question["option_list"], question["wording"]
    labels = [*options.loc[options["option_list"] == name, "label"].unique()] if name != COUNTRY_LIST else []
    reason = next(_reasons(question["type"], wording, labels), "")
    return {"question_id": question["question_id"], "is_sensitive": "", "how_sure": "unsure",
            "proposal": "true" if reason else "false", "wording": wording,
            "why": reason or "its heading and options have no known word for what may be held against people"}


def _reasons(kind: str, wording: str, labels: list[str]) -> Iterator[str]:
    """Yields the reasons to treat a question as sensitive."""
    for text, where in ((wording, "its heading"), *((label, "an option") for label in labels)):
        if word := find_first_word_of_concept("harmful", text):
            yield f"{where} has the word {word!r}, so an answer may be held against those who give it"
    if word := find_first_word_of_concept("trait", wording):
        yield f"its heading has the word {word!r}: it is about the person who answers"
    if kind == "text":
        yield "an answer in one's own words may say anything, also about other people"
    if " " not in wording.strip() and detect_script(wording) in ("", _LATIN):
        yield "the export does not say what was asked"
    if detect_script(wording) != _LATIN:
        yield "its heading is in a script for which the program knows no words"


def find_sensitivity_decisions_by_question(rows: pd.DataFrame) -> dict[str, str]:
    """Returns, keyed by the question's id, whether people decided that a question is sensitive: true, false
    or undecided."""
    others = next(iter(rows.loc[rows["question_id"] == OTHERS, "is_sensitive"]), "")
    rows = rows[rows["question_id"] != OTHERS]
    words = rows["is_sensitive"].mask(rows["is_sensitive"] == "", others or UNDECIDED)
    decided = words.mask(words == "as proposed", rows["proposal"])
    return dict(zip(rows["question_id"], decided, strict=True))
