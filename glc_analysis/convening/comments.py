"""What raters wrote beside their votes, as others may read it."""

from __future__ import annotations

import pandas as pd

from glc_analysis.disclosure.pseudonym_key import complete_key, read_key
from glc_analysis.disclosure.pseudonyms import mask
from glc_analysis.study import Study


def masked(ratings: pd.DataFrame, study: Study, names: pd.DataFrame) -> pd.DataFrame:
    """Ratings with the ``names`` of names.csv in their comments under pseudonyms."""
    key = complete_key(names, read_key(study.key_file))
    comments = {one: mask(one, names, key).text for one in {*ratings["comment"]} - {""}}
    return ratings.assign(comment=ratings["comment"].map(comments).fillna(""))
