"""What was said, under the codes: who raised what, who did not, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from html import escape
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from glc_analysis import tables
from glc_analysis.coding.codebook import ancestors
from glc_analysis.coding.exports import quotations
from glc_analysis.evidence.figures import count_text, count_texts
from glc_analysis.evidence.mentions import negative_cases
from glc_analysis.evidence.places import anchor, passage_anchor
from glc_analysis.plots_scales import plot_meeting
from glc_analysis.reports.html import Html, Markup, bar, bars, more, note, region_name, show, table, tag
from glc_analysis.reports.page import Page

NOTHING = "Nothing is coded on this yet."
TEAM_ONLY = "Who said what, and how it was coded, is shown to the team alone until it is cleared."
SOURCES = {"interview": "Interviews", "call": "Calls", "answer": "Survey answers"}
CASES = {"not raised": "asked, and did not raise it", "said the contrary": "said the contrary"}
ON_THEME, IN_COUNTRY, PAIRS = 3, 8, 15
"""So many passages of a code, passages of a theme in a country, and pairs of codes are shown at once."""


def team_only(block: Callable[[Page], Html | None]) -> Callable[[Page], Html | None]:
    """A block that tells other audiences why it shows them nothing."""
    @wraps(block)
    def shown(page: Page) -> Html | None:
        return block(page) if page.audience == "team" else note(TEAM_ONLY)
    return shown


def code_names(page: Page) -> dict[str, str]:
    """Names of all codes by id."""
    return dict(zip(page.codebook["code_id"], page.codebook["name"], strict=True))


def tree(page: Page) -> pd.DataFrame:
    """The page's codes, each below the one it belongs to, with its theme and how deep it stands."""
    book, above = page.codebook, ancestors(page.codebook)
    order = dict(zip(book["code_id"], book["order"], strict=True))
    places = [[order.get(one, 0) for one in [*reversed(above[code]), code]] for code in book["code_id"]]
    themes = book["code_id"].map(tables.code_themes(book)).fillna("")
    rows = book.assign(theme_id=themes, depth=[len(place) for place in places])
    rows = rows.iloc[sorted(range(len(rows)), key=places.__getitem__)]
    return rows[rows["theme_id"] == page.theme] if page.theme else rows


def depths(listed: pd.DataFrame) -> list[str]:
    """The class of each row of a table of codes: how far below the first level shown it stands."""
    return [f"glc-depth-{depth}" for depth in listed["depth"] - listed["depth"].min()]


def codes(page: Page) -> Html:
    """How many organisations raised each code of the theme: in all, by source, by call and by region."""
    rows = page.released[page.released["measure"] == "coded"]
    whole = {row.code_id: row for row in rows[rows["subset_kind"] == "all"].itertuples()}
    listed = tree(page)[lambda f: f["code_id"].isin(whole)]
    if listed.empty:
        return note(NOTHING)
    documents = page.read("documents").query("kind == 'call'").sort_values(["date", "document_id"])
    calls = {row.document_id: f"{row.document_id} ({row.date})" for row in documents.itertuples()}
    asked = {source: SOURCES[source] for source in ("interview", "answer")}
    regions = sorted({*rows.loc[rows["subset_kind"] == "region", "subset_id"]})
    first = {"Organisations": [bar(whole[code].share, _told(whole[code])) for code in listed["code_id"]]}
    parts = [("", first | _side_by_side(rows, listed, "source", asked)),
             ("In each call, out of the organisations present. Silence in a call is not absence.",
              _side_by_side(rows, listed, "document", calls, " present")),
             ("By region of work", _side_by_side(
                 rows, listed, "region", {region: region_name(region) for region in regions}))]
    return show("".join(
        table({"Code": listed["name"] if caption else _anchored(listed), **columns}, caption=caption,
              rows=depths(listed),
              numeric=tuple(name for name in columns if name != "Organisations"))
        for caption, columns in parts if columns) + _caution(page))


def _anchored(listed: pd.DataFrame) -> list[Markup]:
    """Names of codes, each the place that a trace leads to."""
    return [Markup(tag("span", escape(row.name), id=anchor("code", row.code_id)))
            for row in listed.itertuples(index=False)]


def _side_by_side(rows: pd.DataFrame, listed: pd.DataFrame, kind: str, names: Mapping[str, str],
                  ending: str = "") -> dict[str, list[str]]:
    """A column of counts for each subset of a kind that has any, under its name."""
    cells = {(row.subset_id, row.code_id): _told(row) + ending for row
             in rows[rows["subset_kind"] == kind].itertuples()}
    found = {subset for subset, _ in cells}
    return {name: [cells.get((subset, code), "–") for code in listed["code_id"]]
            for subset, name in names.items() if subset in found}


def _told(row) -> str:
    """A count out of its base, or the words of the band that an audience gets for it."""
    return count_text(row.n, row.base_n, getattr(row, "band", ""))


def _caution(page: Page) -> str:
    """On which codes of the theme coders agreed less than the study asks for; for the team."""
    if page.audience != "team":
        return ""
    least, names = page.study.settings["coding"]["agreement_threshold"], code_names(page)
    rows = page.read("agreement").query("measure == 'alpha' and unit == 'turn' and subset == 'all'")
    low = [f"{names[row.code_id]} ({row.value:.2f})" for row in rows[rows["value"] < least].itertuples()]
    return note(f"With caution: coders agreed less than the study asks for (alpha {least:.2f}) on "
                f"{', '.join(low)}.").data if low else ""


@team_only
def negative(page: Page) -> Html:
    """Who was asked and did not raise the theme, who said the contrary of one of its codes."""
    mentioned, labels, found = page.read("mentions"), page.labels, []
    # Silence in a call is not absence.
    mentioned = mentioned.query("source != 'call' or is_raised or is_contradicted")
    about = {page.theme, *mentioned.loc[mentioned["is_contradicted"], "code_id"]}
    for code in tree(page)[lambda f: f["code_id"].isin(about)].itertuples():
        cases = negative_cases(mentioned, code.code_id).groupby("case")["organisation_id"]
        found += [(code.name, CASES[case], ", ".join(sorted(ids.map(labels)))) for case, ids in cases
                  if code.code_id == page.theme or case != "not raised"]
    if not found:
        return note("Nobody who was asked." if len(mentioned) else NOTHING)
    names, cases, who = zip(*found, strict=True)
    return show(table({"Theme or code": names, "Case": cases, "Organisations": who}))


@team_only
def passages(page: Page) -> Html:
    """The passages under each code of the theme, or under each theme in the country.

    Of a code, passages of different organisations come first.
    """
    rows = _passages(page)
    by, limit = ("theme_id", IN_COUNTRY) if page.country else ("code_id", ON_THEME)
    groups, parts = dict(list(rows.groupby(by))), []
    for code in tree(page).itertuples():
        if code.code_id in groups:
            shown = [_quotation(page, row, place) for row, place in _placed(groups[code.code_id], page)]
            said = code.definition if by == "code_id" and code.code_id != page.theme else ""
            parts.append(tag("h3", escape(code.name), class_="glc-question")
                         + (note(said).data if said else "") + more(shown, limit, "passage"))
    return show("".join(parts)) if parts else note(NOTHING)


def _placed(rows: pd.DataFrame, page: Page) -> Iterator[tuple[Any, str]]:
    """Passages of a code, on a theme's page each with the place that a trace leads to."""
    twice = rows.duplicated("segment_id")
    for row, is_again in zip(rows.itertuples(), twice, strict=True):
        yield row, passage_anchor(row.code_id, row.segment_id) if page.theme and not is_again else ""


def _passages(page: Page) -> pd.DataFrame:
    """One row a passage and code; on a country's page one a passage and theme, its codes joined."""
    # Words on a theme may stand in an answer to a question of another theme.
    segments, documents = (tables.read(name, study=page.study, country=page.country)
                           for name in ("segments", "documents"))
    rows = quotations(page.read("codings"), segments, documents, page.read("organisations"), page.codebook)
    rows = rows.merge(segments[["segment_id", "role"]], on="segment_id").assign(
        theme_id=rows["code_id"].map(tables.code_themes(page.codebook)).fillna(""),
        rank=rows["kind"].map([*SOURCES].index)).sort_values(["rank", "date"], kind="stable")
    if page.country:
        key = ["theme_id", "segment_id", "quote"]
        joined = {c: ", ".join if c == "code" else "first" for c in rows if c not in key}
        return rows.groupby(key, sort=False, as_index=False).agg(joined)
    nth = rows.groupby(["code_id", "organisation_id"]).cumcount()
    return rows.loc[nth.sort_values(kind="stable").index]


def _quotation(page: Page, row, place: str) -> str:
    kind, role = (("survey answer", "") if row.kind == "answer" else (row.kind, row.role.replace("_", " ")))
    said = (row.organisation, page.places.get(row.country_id, ""), kind, row.date, role, row.wording)
    under = tag("strong", escape(row.code), ": ") if page.country else ""
    memo = tag("p", "Coder's note: ", escape(row.memo), class_="glc-note") if row.memo else ""
    return tag("figure", tag("blockquote", escape(row.quote), lang=row.language, dir="auto"),
               tag("figcaption", under, escape(", ".join(filter(None, said)))), memo, class_="glc-quotation",
               id=place)


def beside(page: Page) -> Html:
    """The codes the country's organisations were asked about, by source, beside its region.

    ● raised, ○ said the contrary, – asked in an answer or interview and not raised.
    """
    if page.audience != "team":
        return _agreed(page)
    mentioned, labels = page.read("mentions"), page.labels
    rows = page.released[page.released["measure"] == "coded"]
    figures = {(row.subset_kind, row.code_id): row for row in rows.itertuples()}
    own = {key: _marks(rows, labels) for key, rows in mentioned.groupby(["code_id", "source"])}
    told = tree(page)[lambda f: f["code_id"].isin(mentioned["code_id"]) & (f["level"] == "code")]
    here = [page.places[page.country]] if len(labels) > 1 else []
    region = page.read("countries")["region_id"].iloc[0]
    heads = ["Code", *SOURCES.values(), *here, *[region_name(region)] * bool(region)]
    lines = []
    for theme, name in {**page.themes, "": "Outside the themes"}.items():
        of_theme = told[told["theme_id"] == theme]
        lines += [("glc-asked", name, *[None] * (len(heads) - 1))] if len(of_theme) else []
        lines += [_line(code, own, figures, is_counted=bool(here), has_region=bool(region))
                  for code in of_theme.itertuples()]
    if not lines:
        return note(NOTHING)
    kinds, *columns = zip(*lines, strict=True)
    return show(table(dict(zip(heads, columns, strict=True)), numeric=tuple(here), rows=kinds)
                + _spoken(page, labels))


def _marks(rows: pd.DataFrame, labels: Mapping[str, str]) -> str:
    """What the organisations did in one source: a mark, with its name where there are several."""
    marks = [("●" * row.is_raised + "○" * row.is_contradicted
              or "–" * (row.is_asked and row.source != "call"), labels[row.organisation_id])
             for row in rows.itertuples()]
    if len(labels) == 1:
        return marks[0][0]
    return ", ".join(f"{mark} {name}" for mark, name in marks if mark not in ("", "–"))


def _line(code, own: Mapping, figures: Mapping, *, is_counted: bool, has_region: bool) -> tuple:
    """Class, name and cells of a code's row."""
    near, here = figures.get(("region", code.code_id)), figures.get(("country", code.code_id))
    cells = [own.get((code.code_id, source), "") for source in SOURCES]
    counted = [_told(here) if here else ""] if is_counted else []
    kind = "glc-option glc-raised" if "●" in "".join(cells) else "glc-option"
    name = " › ".join([*code.path.split(" > ")[2:-1], code.name])
    around = [bar(near.share, _told(near)) if near else ""] if has_region else []
    return kind, name, *cells, *counted, *around


def _spoken(page: Page, labels: Mapping[str, str]) -> str:
    """How much of each call the country's organisations spoke."""
    rows = page.released[(page.released["measure"] == "words") & page.released["option_id"].isin(labels)]
    return table({"Call": rows["question_id"], "Organisation": rows["option_id"].map(labels),
                  "Words, of all that participants said": bars(rows)}) if len(rows) else ""


def _agreed(page: Page) -> Html:
    """For others the codes of a country whose organisations agreed to it for all in which they spoke."""
    rows = page.released[page.released["measure"] == "coded"]
    here, whole = ({row.code_id: row for row in rows[rows["subset_kind"] == kind].itertuples()}
                   for kind in ("country", "all"))
    told = tree(page)[lambda f: f["code_id"].isin(here) & (f["level"] == "code")]
    if told.empty:
        return note(TEAM_ONLY)
    marks = [("●" * row.n if row.base_n == 1 else _told(row)) for row in told["code_id"].map(here)]
    figures = [bar(whole[one].share, _told(whole[one])) if one in whole else "" for one in told["code_id"]]
    return show(table({"Code": told["name"], page.places[page.country]: marks, "Whole study": figures}))


@team_only
def meeting(page: Page) -> Html:
    """Figure: all codes that meet in a turn, shown at once; and the pairs that do most often, in how many
    turns and texts."""
    rows = page.released[page.released["measure"] == "cooccurrence"]
    wide = rows.assign(text=count_texts(rows)).pivot(
        index=["code_id", "option_id"], columns="statistic", values=["n", "text"])
    if wide.empty:
        return note("No two codes meet.")
    turns = rows[rows["statistic"] == "turns"]
    if len(turns):
        plot_meeting(turns, code_names(page))
        plt.show()
    wide = wide.reindex(columns=pd.MultiIndex.from_product([["n", "text"], ["turns", "documents"]]))
    first = wide.fillna({("n", "turns"): 0, ("text", "turns"): "never"}).sort_values(
        [("n", "turns"), ("n", "documents")], ascending=False, kind="stable").head(PAIRS)
    one, other = (first.index.get_level_values(level).map(code_names(page)) for level in (0, 1))
    return show(table({"Code": one, "And": other, "In the same turn": first["text", "turns"],
                       "In the same text": first["text", "documents"]}))


@team_only
def salience(page: Page) -> Html:
    """Smith's S of each code over interviews, highest first."""
    rows = page.released[page.released["measure"] == "salience"].sort_values("code_id")
    if rows.empty:
        return note(NOTHING)
    rows = rows.sort_values("value", ascending=False, kind="stable")
    columns = {"Code": rows["code_id"].map(code_names(page)), "Smith's S": rows["value"].map("{:.2f}".format),
               "Interviews that came to it": bars(rows)}
    return show(table(columns, numeric=("Smith's S",)))
