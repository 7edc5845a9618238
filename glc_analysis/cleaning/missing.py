"""Kinds of missing: not asked, unanswered, don't know, refused, redacted stay apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glc_analysis.cleaning.options import OptionList
from glc_analysis.cleaning.values import by_unique


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
        excuses = {option: kind for kind in ("refused", "dont_know")
                   if kind == "refused" or dont_know == "missing"
                   for option in options.of_kind(kind)}
        excuse = by_unique(chosen, lambda text: _excuse(text, excuses)).to_numpy()
        missing = np.where(excuse != "", excuse, missing)
    return np.where(is_redacted, "redacted", missing)


def _excuse(chosen: str, excuses: dict[str, str]) -> str:
    """The kind of missing of choices that are nothing but excuses; a refusal outweighs the rest."""
    found = {excuses.get(option, "") for option in chosen.split(";")}
    return "" if "" in found else max(found)
