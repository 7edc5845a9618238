"""The tables an analyst opens most, as one reads them: data frames that show themselves well.

What is taken from one (rows, columns, groups) is a plain data frame again.
"""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
from IPython import get_ipython

from glc_analysis import tables
from glc_analysis.coding.codebook import ancestors
from glc_analysis.disclosure.release import release
from glc_analysis.evidence.joint_display import names_of
from glc_analysis.reports.html import bars, styled, table, tag
from glc_analysis.study import RAW_KINDS, Study

SHOWN = 60
"""So many rows of a long table are shown at once."""


class Codebook(pd.DataFrame):
    """The codebook, one row a code: each code shown below the one it belongs to."""

    def _repr_html_(self) -> str:
        above = ancestors(self)
        order = dict(zip(self["code_id"], self["order"], strict=True))
        places = {code: [order.get(one, 0) for one in [*reversed(above[code]), code]]
                  for code in self["code_id"]}
        rows = self.assign(depth=[len(places[code]) - 1 for code in self["code_id"]])
        rows = rows.iloc[sorted(range(len(rows)), key=lambda n: places[rows["code_id"].iloc[n]])]
        return _page(table({"Name": rows["name"], "Code": rows["code_id"], "Level": rows["level"],
                            "Definition": rows["definition"]},
                           rows=[f"glc-depth-{min(depth, 3)}" for depth in rows["depth"]]))


class Agreement(pd.DataFrame):
    """How far coders agree, one row a measure, code, unit and subset; shown: alpha of each code by turn."""

    def _repr_html_(self) -> str:
        rows = self[(self["measure"] == "alpha") & (self["unit"] == "turn") & (self["subset"] == "all")]
        rows = rows.sort_values(["value", "code_id"], na_position="last", kind="stable")
        return _page(
            table({"Code": rows["code_id"], "Krippendorff's alpha": rows["value"].map(_number),
                   "95 % interval": [_interval(row) for row in rows.itertuples()],
                   "Turns": rows["n_pairable"], "Prevalence": rows["prevalence"].map(_number),
                   "Remark": rows["reason"]},
                  numeric=("Krippendorff's alpha", "95 % interval", "Turns", "Prevalence"),
                  caption="Agreement of coders by turn, lowest first"),
            f"All of the table: {len(self)} rows of other measures, units and subsets.")


class Estimates(pd.DataFrame):
    """Figures that an audience may see, one row a figure; shown: those of the whole study."""

    def _repr_html_(self) -> str:
        is_said = self["n"].notna() | (self["band"] != "" if "band" in self else False)
        whole = self[(self["subset_kind"] == "all") & is_said & (self["base_n"] > 0)]
        whole = whole[whole["measure"].isin(["response", "coded", "comparison"])]
        shown = whole.head(SHOWN)
        return _page(table({"estimate_id": shown["estimate_id"], "In words": shown["in_words"],
                            "Count": bars(shown)}),
                     f"{len(shown)} of {len(whole)} figures of the whole study; {len(self)} rows in all.")


def codebook(study: Study | str = "") -> Codebook:
    """Table ``codebook`` of a built study, in the order of codebook.csv."""
    return Codebook(tables.read("codebook", study=_study(study)).sort_values("order", ignore_index=True))


def agreement(study: Study | str = "") -> Agreement:
    """Table ``agreement`` of a built study. For the team alone."""
    return Agreement(tables.read("agreement", study=_study(study)))


def estimates(study: Study | str = "", *, audience: str = "team") -> Estimates:
    """The figures of table ``estimates`` that an audience may see, each also ``in_words``.

    Raises UsageError for an audience that is not there, GLCError where nothing is built.
    """
    found = _study(study)
    decisions = None if audience == "team" else tables.read(f"release_{audience}", study=found)
    rows = release(tables.read("estimates", study=found), audience=audience, decisions=decisions)
    words = names_of(found)
    return Estimates(rows.assign(in_words=[words.said(row) for row in rows.itertuples()]))


def register_views() -> None:
    """Tells IPython how a notebook shows a study; does nothing outside IPython."""
    if shell := get_ipython():
        shell.display_formatter.formatters["text/html"].for_type(Study, study_view)


def study_view(study: Study) -> str:
    """HTML of what a study folder holds: its title, its raw files, what is built, what is published."""
    kinds = {kind: len(study.raw_files(kind)) for kind in RAW_KINDS}
    is_built = (study.processed / "slices.json").is_file()
    reports = sorted(path.name for path in study.reports.glob("*") if (path / "current").exists())
    rows = {"Folder": str(study.root), **{f"Raw files: {kind}": n for kind, n in kinds.items()},
            "Tables": "built" if is_built else "not built yet: `glc build`",
            "Reports": ", ".join(reports) or "none yet: `glc run`"}
    invented = tag("p", tag("strong", "Invented data")) if study.is_synthetic else ""
    return _page(tag("h3", escape(study.title)) + invented
                 + table({"This study": rows.keys(), "": rows.values()}))


def _study(study: Study | str) -> Study:
    return study if isinstance(study, Study) else Study.find(study)


def _page(body: str, note: str = "") -> str:
    return styled() + body + (tag("p", escape(note), class_="glc-note") if note else "")


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"


def _interval(row: Any) -> str:
    return "" if pd.isna(row.low) else f"{row.low:.2f} to {row.high:.2f}"
