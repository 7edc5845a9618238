"""The opening sentences of a page: what was found, each with the figure that it comes from.

In goes a view; out come at most five sentences in fixed patterns. Which figures become sentences is decided
before the results, in ``headlines.csv`` (who chose it, and when), or by one rule that the page prints: the
answer given most often to each question, if enough answered and enough of them gave it. A sensitive question,
a count that is told in words and a cause never become a sentence; no sentence says "only" or compares groups.
"""

from __future__ import annotations

import pandas as pd

from glc_analysis.view import StudyView

MOST, BASE, SHARE = 5, 10, 0.5
"""At most so many sentences, each about at least so many answers, of which at least this share agree."""
RULE = (f"The sentences name the answer given most often to each question, where at least {BASE} answered "
        "and at least half of them gave it; the largest shares come first. Sensitive questions are left out.")
COLUMNS = ["sentence", "estimate_id"]
PATTERNS = {
    "multi": "{n} of the {base} {who} that answered chose “{option}” at: {wording}",
    "single": "{n} of the {base} {who} that answered said “{option}” to: {wording}",
    "scale": "{n} of the {base} {who} that answered chose “{option}” for: {wording}"}
UNITS = {"organisation": "organisations", "answer": "answers"}


def headlines(view: StudyView) -> pd.DataFrame:
    """The opening sentences of a page, one row each: sentence, and the estimate_id of its figure.

    Empty where no figure qualifies.

    >>> glc.headlines(view)["sentence"].iloc[0]                                  # doctest: +SKIP
    '25 of the 30 organisations that answered chose “Case management” at: Which services do you offer?'
    """
    asked = view.question_table[~view.question_table["is_sensitive"]].set_index("question_id")
    rows = view.released
    rows = rows[(rows["measure"] == "response") & (rows["statistic"] == "count")
                & (rows["subset_kind"] == "all") & rows["question_id"].isin(asked.index)
                & rows["n"].notna() & (rows["base_n"] >= BASE) & (rows["share"] >= SHARE)]
    order = asked["order"]
    rows = rows.assign(order=rows["question_id"].map(order)).sort_values(
        ["share", "order"], ascending=[False, True], kind="stable")
    first = rows.drop_duplicates("question_id").head(MOST)
    return pd.DataFrame({"sentence": [_sentence(view, asked.loc[row.question_id], row)
                                      for row in first.itertuples()],
                         "estimate_id": first["estimate_id"]}, columns=COLUMNS).reset_index(drop=True)


def _sentence(view: StudyView, question: pd.Series, figure: object) -> str:
    option = view.words.options.get((question["option_list"], figure.option_id), figure.option_id)
    said = PATTERNS[question["type"]].format(n=figure.n, base=figure.base_n, who=UNITS[question["unit"]],
                                             option=option, wording=question["wording"])
    return said if said.endswith(("?", ".", "!")) else f"{said}."
