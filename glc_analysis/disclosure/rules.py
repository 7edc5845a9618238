"""Names the rules that hide figures, each with its reason, and says what each audience may read.

This module imports pandas only when a rule is applied to figures, because the help and the status of a study
use the module as well and do not need pandas. ``MODEL.md`` in this folder describes the reader against whom
the rules protect, and says what each rule prevents. The thresholds of the rules are settings of a study, in
the section ``[disclosure]`` of study.toml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.schema import AUDIENCES
from glc_analysis.templates import read_packaged_csv

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# ------------------------------
# Figures: the thresholds, and the rules that depend on what a figure shows.
#
# Independent organisations are counted: organisations of one network count once. A reader may know the
# answers of two organisations, their own and an ally's (:data:`COALITION`).


# ------------------------------
# The rules.


COALITION = 2
FIGURE_RULES = {row["rule"]: row["reason"] for row in read_packaged_csv(__file__, "rules.csv")}
"""Every rule that hides figures, with its reason in words, read from ``content/rules.csv``."""

_IDENTIFYING_GROUPS = ("language", "is_interpreted", "resource_level", "network", "home_country")
_REVEALING_QUALITY = ("language", "script", "interpreted", "works_abroad")
"""The ids of those figures on the quality of the data that would identify an organisation."""
_STUDY_SIZES = ("survey/organisations/all", "survey/records/all")
RELEASED_STATISTICS = ("mean", "standard_deviation")
_LEAST_DISTINCT = 3
_LEAST_MEAN_BASE = 100
"""The smallest base for which a mean or a standard deviation is shown. The shown number is rounded to two
digits."""


@dataclass(frozen=True)
class Rules:
    """The thresholds of the rules for one audience, as numbers of independent organisations."""

    base: int
    """The smallest number of organisations that must be in the base of a figure. At least this many
    organisations must also be outside a group that is shown."""
    count: int
    """The count of an answer is shown exactly only if at least this many organisations gave the answer, and
    at least this many did not give it."""
    withheld: int
    """If only this many organisations or fewer in a base did not consent, readers could separate the answers
    of these organisations from all other answers."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], audience: str) -> Rules:
        """Returns the thresholds for the audience ``convening`` or ``public``, read from the section
        ``[disclosure]`` of study.toml."""
        to_public = audience == "public"
        return cls(settings["public_group"] if to_public else settings["convening_base"] + COALITION,
                   settings["public_count"] + COALITION, settings["convening_withheld"])


def find_suppression_rules_by_kind(figures: pd.DataFrame, facts: pd.DataFrame, is_own_group: np.ndarray,
                                   never_shown_codes: Collection[str]) -> pd.Series:
    """Returns, for each figure, the rule that hides the figure because of its kind, regardless of its
    numbers; blank if no rule hides it.

    ``is_own_group`` marks figures whose kind of group is the one chosen for their question. Figures by any
    other kind of group are hidden, because readers could subtract them from the figures by the question's own
    kind of group.
    """
    import numpy as np
    import pandas as pd

    from glc_analysis.figures.estimates import is_whole_study

    measure, kind = figures["measure"].astype("str"), figures["subset_kind"].astype("str")
    statistic = figures["statistic"].astype("str")
    is_size = (measure == "quality") & figures["figure_id"].str.removeprefix("quality/").isin(_STUDY_SIZES)
    tells = figures["question_id"].isin(_REVEALING_QUALITY) | figures["option_id"].isin(_REVEALING_QUALITY)
    is_group = ~is_whole_study(figures)
    hidden = {
        "identifier": kind.isin(_IDENTIFYING_GROUPS) & ~is_own_group | (measure == "quality") & tells,
        "country": kind == "country",
        "team_only": ~measure.isin(["response", "coded", "comparison", "discordance"]) & ~is_size
        | figures["code_id"].isin(never_shown_codes) & (figures["code_id"] != "")
        | figures["option_id"].isin(never_shown_codes),
        "undecided": is_about_code_still_undecided(figures),
        "cross_tabulation": measure == "comparison",
        "related": is_group & ~is_own_group,
        "not_counted": statistic.isin([*RELEASED_STATISTICS, "median"]) & ~facts["counts_all"].astype(bool),
        "numbers": statistic.isin(RELEASED_STATISTICS) & (is_group | ~_hardly_moves(figures, facts))
        | (statistic == "median") & (is_group | (facts["distinct"] < _LEAST_DISTINCT))}
    return pd.Series(np.select(list(hidden.values()), list(hidden), ""), index=figures.index)


def is_about_code_still_undecided(figures: pd.DataFrame) -> pd.Series:
    """Whether each figure is about a code on which coders have not yet decided. A code is undecided if, for
    at least one organisation, the coders have not yet decided whether the organisation raised the code.

    All figures of an undecided code are marked, for every group and source. If only some figures were hidden,
    the hidden group would show where the undecided passage is, and a figure about calls could be mistaken for
    the hidden figure.
    """
    undecided = figures["undecided_n"].fillna(0).astype(float).groupby(
        figures["code_id"].astype("str")).transform("sum")
    return (figures["measure"] == "coded") & (undecided > 0)


def _hardly_moves(figures: pd.DataFrame, facts: pd.DataFrame) -> pd.Series:
    """Whether each figure is a mean or standard deviation that may be shown, rounded to two digits. A mean or
    standard deviation may be shown if two conditions hold: its base is large, and the answers of a reader and
    an ally, whatever these answers are, change the rounded number by at most one in the last digit."""
    import numpy as np

    value, base = figures["value"].astype(float), figures["base_n"].astype(float)
    digit = 10.0 ** (np.floor(np.log10(value.abs().where(value != 0))) - 1)
    moved = COALITION * facts["spread"] / base
    # Changing one answer changes the variance by at most spread * spread / n.
    moved = moved.mask(figures["statistic"] == "standard_deviation", moved * facts["spread"] / (2 * value))
    return (base >= _LEAST_MEAN_BASE) & (moved <= digit)


# ------------------------------
# What each audience may read: one table of capabilities, the only place that tells audiences apart.
#
# ``content/audiences.csv`` has one row a capability and one column an audience, with the meaning in words.
# The rest of the package asks :func:`has_capability`, usually through a view, and never compares the name of
# an
# audience. Which *figures* an audience sees is decided for each figure
# (:mod:`glc_analysis.disclosure.suppression`).


def has_capability(audience: str, capability: str) -> bool:
    """Whether an audience has a capability that ``content/audiences.csv`` lists.

    Raises UsageError for an unknown audience or capability; the message suggests the most similar names.

    >>> has_capability("team", "passages"), has_capability("convening", "passages")
    (True, False)
    """
    check_audience(audience)
    if capability not in _capabilities():
        raise UsageError(f"There is no capability {capability!r}; "
                         f"{suggest_name(capability, _capabilities())}.")
    return audience in _capabilities()[capability]


def check_audience(audience: str) -> None:
    """Raises UsageError for an unknown audience; the message suggests the most similar name.

    >>> check_audience("public")
    """
    if audience not in AUDIENCES:
        raise UsageError(f"There is no audience {audience!r}; {suggest_name(audience, AUDIENCES)}.")


@cache
def _capabilities() -> dict[str, frozenset[str]]:
    """Returns, for each capability, the audiences that have it."""
    return {row["capability"]: frozenset(one for one in AUDIENCES if row[one] == "yes")
            for row in read_packaged_csv(__file__, "audiences.csv")}
