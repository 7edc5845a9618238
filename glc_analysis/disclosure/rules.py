"""The rules for figures, each with a name and a reason; and what each audience may read.

pandas is imported only when a rule is applied to figures, because the help and the status of a study use this
module as well and need no pandas. ``MODEL.md`` in this folder describes the reader against whom the rules
protect and what each rule prevents. The thresholds are settings of a study, ``[disclosure]`` in study.toml.
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
"""Every rule with its reason in words (``content/rules.csv``)."""

_IDENTIFYING_GROUPS = ("language", "is_interpreted", "resource_level", "network", "home_country")
_REVEALING_QUALITY = ("language", "script", "interpreted", "works_abroad")
"""Figures about the data that would identify an organisation."""
_STUDY_SIZES = ("survey/organisations/all", "survey/records/all")
RELEASED_STATISTICS = ("mean", "standard_deviation")
_LEAST_DISTINCT = 3
_LEAST_MEAN_BASE = 100
"""The smallest base on which a mean or a standard deviation is shown, rounded to two digits."""


@dataclass(frozen=True)
class Rules:
    """The thresholds for one audience, in independent organisations."""

    base: int
    """The least number of organisations that must be in the base of a figure. At least as many must be
    outside a group that is shown."""
    count: int
    """An answer's count is exact only if at least this many organisations gave the answer, and at least this
    many did not."""
    withheld: int
    """If this many organisations or fewer in a base did not consent, their answers could be separated from
    the answers of the others."""

    @classmethod
    def of(cls, settings: Mapping[str, Any], audience: str) -> Rules:
        """Returns the thresholds for the audience ``convening`` or ``public``, from ``[disclosure]``."""
        to_public = audience == "public"
        return cls(settings["public_group"] if to_public else settings["convening_base"] + COALITION,
                   settings["public_count"] + COALITION, settings["convening_withheld"])


def rule_by_kind(figures: pd.DataFrame, facts: pd.DataFrame, is_own_group: np.ndarray,
                 never: Collection[str]) -> pd.Series:
    """Returns, for each figure, the rule that hides it because of its kind, regardless of its numbers; blank
    if no rule does.

    ``is_own_group`` marks figures of the one kind of group by which their question is grouped. Figures of
    other kinds of groups are hidden, because readers could subtract them from the figures of that kind.
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
        | figures["code_id"].isin(never) & (figures["code_id"] != "") | figures["option_id"].isin(never),
        "undecided": has_undecided_coding(figures),
        "cross_tabulation": measure == "comparison",
        "related": is_group & ~is_own_group,
        "not_counted": statistic.isin([*RELEASED_STATISTICS, "median"]) & ~facts["counts_all"].astype(bool),
        "numbers": statistic.isin(RELEASED_STATISTICS) & (is_group | ~_hardly_moves(figures, facts))
        | (statistic == "median") & (is_group | (facts["distinct"] < _LEAST_DISTINCT))}
    return pd.Series(np.select(list(hidden.values()), list(hidden), ""), index=figures.index)


def has_undecided_coding(figures: pd.DataFrame) -> pd.Series:
    """Whether each figure is about an undecided code. A code is undecided if the coders have not agreed on it
    for some organisation.

    All figures of an undecided code are marked, for every group and source. Otherwise the hidden group would
    show where the undecided passage is, and a figure about calls could be mistaken for the hidden one.
    """
    undecided = figures["undecided_n"].fillna(0).astype(float).groupby(
        figures["code_id"].astype("str")).transform("sum")
    return (figures["measure"] == "coded") & (undecided > 0)


def _hardly_moves(figures: pd.DataFrame, facts: pd.DataFrame) -> pd.Series:
    """Whether a mean or standard deviation, rounded to two digits, may be shown. Its base must be large.
    Whatever answers a reader and an ally give, the rounded number may change by at most one in the last
    digit."""
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
    """Whether an audience has a capability of ``content/audiences.csv``.

    Raises UsageError for an unknown audience or capability, with the nearest names.

    >>> has_capability("team", "passages"), has_capability("convening", "passages")
    (True, False)
    """
    check_audience(audience)
    if capability not in _capabilities():
        raise UsageError(f"There is no capability {capability!r}; "
                         f"{suggest_name(capability, _capabilities())}.")
    return audience in _capabilities()[capability]


def check_audience(audience: str) -> None:
    """Raises UsageError for an unknown audience, with the nearest name.

    >>> check_audience("public")
    """
    if audience not in AUDIENCES:
        raise UsageError(f"There is no audience {audience!r}; {suggest_name(audience, AUDIENCES)}.")


@cache
def _capabilities() -> dict[str, frozenset[str]]:
    """Returns the audiences that have each capability."""
    return {row["capability"]: frozenset(one for one in AUDIENCES if row[one] == "yes")
            for row in read_packaged_csv(__file__, "audiences.csv")}
