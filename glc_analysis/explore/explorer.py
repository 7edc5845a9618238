"""The explorer of ``notebooks/explore.ipynb``: choose an audience, theme, country and code, and read.

In goes a built study; out come data frames with a readable display, and a widget with figures and passages
in their context. The team sees passages and may propose rows; for other audiences the explorer shows what
they would see. Everything works by keyboard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise
from typing import Any

import ipywidgets as widgets
import pandas as pd
from IPython import get_ipython

from glc_analysis import tables
from glc_analysis.coding.codebook import ancestors
from glc_analysis.coding.consensus import CONSENSUS, by_segment
from glc_analysis.coding.exports import quotations
from glc_analysis.convening.joint_display import names_of
from glc_analysis.disclosure.suppression import release
from glc_analysis.explore.proposals import WIDE, Proposer
from glc_analysis.pages.coding import codes, tree
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.tables_html import bars, style_element, table, tag
from glc_analysis.view import StudyView

# ------------------------------
# The tables that an analyst opens most, as data frames with a readable display.
#
# A selection from one of them (rows, columns, groups) is a plain data frame.


SHOWN = 60
"""The most rows of a long table that are shown."""


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
    """Registers with IPython how a notebook shows a study; does nothing outside IPython."""
    if shell := get_ipython():
        shell.display_formatter.formatters["text/html"].for_type(Study, study_view)


def study_view(study: Study) -> str:
    """HTML about a study: its title, its raw files, whether it is built, and its reports."""
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
    return style_element() + body + (tag("p", escape(note), class_="glc-note") if note else "")


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.2f}"


def _interval(row: Any) -> str:
    return "" if pd.isna(row.low) else f"{row.low:.2f} to {row.high:.2f}"


# ------------------------------
# A passage where it was said: its turn and those around it, every coded stretch marked with its codes.


AROUND = 1
"""The number of turns shown before and after a passage."""


def passages(study: Study, *, code: str = "", country: str = "", theme: str = "") -> pd.DataFrame:
    """One row a passage and code agreed on: :func:`glc_analysis.coding.exports.quotations`, of a code, a
    country, or all codes of a theme. For the team alone."""
    read = {name: tables.read(name, study=study) for name in ("codings", "segments", "documents",
                                                              "organisations", "codebook")}
    rows = quotations(*read.values())
    themes = rows["code_id"].map(tables.code_themes(read["codebook"])).fillna("")
    is_own = (rows["code_id"].isin([code] if code else rows["code_id"])
              & rows["country_id"].isin([country] if country else rows["country_id"])
              & themes.isin([theme] if theme else themes))
    return rows[is_own].reset_index(drop=True)


def in_context(study: Study, segment_id: str, code: str = "") -> str:
    """HTML of the turn a passage stands in, with the turns around it and the codes of each stretch.

    Stretches of ``code`` are marked more strongly than those of other codes. For the team alone.
    """
    segments, names = tables.read("segments", study=study), _names(study)
    own = segments[segments["segment_id"] == segment_id].iloc[0]
    talk = segments[segments["document_id"] == own["document_id"]].sort_values("start", kind="stable")
    if own["translation_of"] or (talk["translation_of"] != "").any():
        talk = talk[(talk["translation_of"] == "") == (own["translation_of"] == "")]
    at = talk["segment_id"].tolist().index(segment_id)
    near = talk.iloc[max(at - AROUND, 0):at + AROUND + 1]
    codings = tables.read("codings", study=study)
    marked = by_segment(codings[codings["coder_id"] == CONSENSUS])
    marked = marked[marked["segment_id"].isin(near["segment_id"])]
    labels = tables.read("organisations", study=study).set_index("organisation_id")["label"].to_dict()
    return "".join(_turn(row, marked[marked["segment_id"] == row.segment_id], code, names, labels,
                         is_own=row.segment_id == segment_id) for row in near.itertuples())


def _names(study: Study) -> dict[str, str]:
    book = tables.read("codebook", study=study)
    return dict(zip(book["code_id"], book["name"], strict=True))


def _turn(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str], labels: dict[str, str], *,
          is_own: bool) -> str:
    clock = "" if pd.isna(row.start_s) else str(pd.Timedelta(int(row.start_s), "s"))[-8:]
    who = ", ".join(filter(None, [row.speaker_id, labels.get(row.organisation_id, ""),
                                  str(row.role).replace("_", " "), clock]))
    codes = ", ".join(sorted({names.get(one, one) for one in marked["code_id"]}))
    under = tag("p", escape(f"Codes: {codes}"), class_="glc-note") if codes else ""
    words = "".join(_stretches(row, marked, code, names))
    return tag("figure", tag("figcaption", escape(f"{row.segment_id}: {who}")),
               tag("blockquote", words, lang=row.language, dir="auto"), under,
               class_="glc-quotation" + " glc-own" * is_own)


def _stretches(row: Any, marked: pd.DataFrame, code: str, names: dict[str, str]) -> Iterator[str]:
    """The text of a turn, split where a coding begins or ends, with the coded parts marked."""
    spans = [(max(int(one.start - row.start), 0), min(int(one.end - row.start), len(row.text)), one.code_id)
             for one in marked.itertuples()]
    for start, end in pairwise(sorted({0, len(row.text), *(at for span in spans for at in span[:2])})):
        here = sorted({one for first, last, one in spans if first <= start and end <= last})
        text = escape(row.text[start:end])
        yield tag("mark", text, title=", ".join(names.get(one, one) for one in here),
                  class_="glc-chosen" if code in here else "") if here else text


# ------------------------------
# The explorer of ``notebooks/explore.ipynb``: choose, read figures and passages, propose a row.
#
# Everything can be done by keyboard: the fields are the browser's own. Passages and proposals are the
# team's; for other audiences it shows what they would see.


ALL = "all"


def explore(study: str | Study = "") -> widgets.Widget:
    """The explorer of a built study as one widget. Raises GLCError if the study is not built."""
    return Explorer(study if isinstance(study, Study) else Study.find(study)).widget


class Explorer:
    """Four choices, and for them figures, passages and proposals."""

    def __init__(self, study: Study) -> None:
        self.study, self.page = study, StudyView(study)
        self.audience = _choice("Audience", [(one, one) for one in AUDIENCES])
        self.theme = _choice("Theme", [(name, one) for one, name in self.page.themes.items()])
        self.country = _choice("Country", [])
        self.code = _choice("Code", [])
        self.passage = widgets.Select(description="Passage", rows=8, layout=WIDE)
        self.figures, self.context = widgets.HTML(), widgets.HTML()
        self.proposer = Proposer(study)
        self.tabs = widgets.Tab([self.figures, widgets.VBox([self.passage, self.context]),
                                 self.proposer.widget], titles=["Figures", "Passages", "Propose"])
        self.widget = widgets.VBox([widgets.HTML(style_element()), widgets.HBox(
            [self.audience, self.theme, self.country, self.code],
            layout=widgets.Layout(flex_flow="row wrap")), self.tabs])
        self.is_offering = False
        for field in (self.audience, self.theme, self.country, self.code):
            field.observe(self._chosen, "value")
        self.passage.observe(self._passage_chosen, "value")
        self._chosen()

    def _chosen(self, change: Any = None) -> None:
        """Updates the options (countries that the audience may know of, codes of the theme) and shows what is
        chosen. Changes of a field by this update are not choices of the reader."""
        if self.is_offering:
            return
        self.is_offering = True
        try:
            self._offer()
            self._show()
        finally:
            self.is_offering = False

    def _offer(self) -> None:
        worked = StudyView(self.study, self.audience.value).work_countries
        _offer(self.country, [("every country", ALL), *((name, one) for one, name in worked.items())])
        codes = tree(StudyView(self.study, theme=self.theme.value)).query("level == 'code'")
        _offer(self.code, [("every code of it", ALL), *zip(codes["name"], codes["code_id"], strict=True)])

    def _show(self) -> None:
        self.figures.value = self._figures()
        if self.audience.value != "team":
            _offer(self.passage, [])
            self.context.value = self._quotations()
            return
        rows = passages(self.study, theme=self.theme.value, code=_chosen(self.code),
                        country=_chosen(self.country))
        said = [f"{row.code}, {row.organisation or row.speaker_id}: “{row.quote}”"
                for row in rows.itertuples()]
        ids = [(row.segment_id, row.code_id, row.quote) for row in rows.itertuples()]
        _offer(self.passage, [*zip(said, ids, strict=True)])
        self._passage_chosen()

    def _passage_chosen(self, change: Any = None) -> None:
        """Shows the passage in its context, and fills in the proposals for it."""
        if change and self.is_offering:
            return
        if self.passage.value is None:
            self.context.value = tag("p", "No passage has this code.", class_="glc-note") \
                if self.audience.value == "team" else self.context.value
            return
        segment, code, words = self.passage.value
        self.context.value = in_context(self.study, segment, code)
        self.proposer.begin(theme=self.theme.value, code=code, segment=segment, words=words)

    # What is shown

    def _figures(self) -> str:
        """The questions and codes of the theme, as far as the audience may see them."""
        page = StudyView(self.study, self.audience.value, theme=self.theme.value)
        parts = [_answers(page, row, _chosen(self.country)) for row in page.question_table.itertuples()]
        return codes(page).data + "".join(parts)

    def _quotations(self) -> str:
        """What the audience may read of the theme, or of one of its codes."""
        rows = tables.read("quotations", study=self.study).query("audience == @self.audience.value")
        asked = (_chosen(self.code), "code_ids") if _chosen(self.code) else (self.theme.value, "theme_ids")
        rows = rows[[asked[0] in ids.split(";") for ids in rows[asked[1]]]]
        shown = "".join(tag("figure", tag("blockquote", escape(row.text), lang=row.language, dir="auto"),
                            tag("figcaption", escape(", ".join(filter(None, [row.source, row.wording])))),
                            class_="glc-quotation") for row in rows.itertuples())
        return shown or tag("p", "No quotation is cleared for this audience.", class_="glc-note")


def _answers(page: StudyView, question: Any, country: str) -> str:
    """The counts of a question and, if the audience may see them, those of a country."""
    rows = page.summary(question.question_id)
    heading = tag("h3", escape(f"{question.question_id} {question.wording}"), class_="glc-question")
    if rows.empty or "option" not in rows:
        return heading + (tag("p", "Not shown to this audience.", class_="glc-note") if rows.empty else table(
            {"Statistic": rows["statistic"], "Value": rows["value"], "Base": rows["base_n"]}))
    columns = {"Answer": rows["option"], "Whole study": bars(rows)}
    if country:
        label = page.work_countries[country]
        own = page.summary(question.question_id, by="country").query("group == @label")
        told = dict(zip(own["option"], bars(own), strict=True))
        columns[label] = [told.get(option, "–") for option in rows["option"]]
    return heading + table(columns)


def _choice(name: str, options: Iterable[tuple[str, str]]) -> widgets.Dropdown:
    return widgets.Dropdown(options=[*options], description=name)


def _offer(field: Any, options: list[tuple[str, Any]]) -> None:
    """Sets the options of a field; the present choice is kept if it is among them."""
    kept, values = field.value, [value for _, value in options]
    field.options = options
    field.index = values.index(kept) if kept in values else 0 if options else None


def _chosen(field: widgets.Dropdown) -> str:
    return "" if field.value in (ALL, None) else field.value
