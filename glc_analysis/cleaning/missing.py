"""Kinds of missing: not asked, unanswered, don't know, refused, redacted stay apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.cleaning.options import OptionList


def kinds(*, is_filled: np.ndarray, is_asked: np.ndarray, is_redacted: np.ndarray,
          chosen: pd.Series | None = None, options: OptionList | None = None,
          dont_know: str = "") -> np.ndarray:
    """Why each record has no answer to a question; ``""`` where it has one.

    ``chosen`` holds option ids joined by ``;``. Don't know is an answer unless
    the question says ``dont_know = missing``; a refusal never is; an answer given
    although skip logic says it was not asked is an answer.
    """
    missing = np.where(is_filled, "", np.where(is_asked, "unanswered", "not_asked"))
    if options is not None and chosen is not None:
        texts = chosen.to_numpy()
        excused = {"refused": options.of_kind("refused")}
        if dont_know == "missing":
            excused["dont_know"] = options.of_kind("dont_know")
        for kind, ids in excused.items():
            only = {text for text in chosen.unique() if text and set(text.split(";")) <= ids}
            missing = np.where(np.isin(texts, list(only)), kind, missing) if only else missing
    return np.where(is_redacted, "redacted", missing)
