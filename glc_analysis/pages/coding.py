"""What the pages of codes show: who raised what, in which words; for the team the quality of the coding.

In: what an audience may see (:class:`~glc_analysis.view.StudyView`). Out: HTML and figures, a function each.
Passages and the coders' work are for the team only: other readers are told so (:func:`team_only`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from IPython.display import display

from glc_analysis import tables
from glc_analysis.coding.codebook import ancestors
from glc_analysis.coding.codebook import review as findings
from glc_analysis.coding.consensus import CONSENSUS, agreement_summary
from glc_analysis.coding.exports import quotations
from glc_analysis.coding.patterns import interviews_to_threshold, single_organisation_codes
from glc_analysis.convening.trace import anchor, passage_anchor
from glc_analysis.evidence.coded import negative_cases
from glc_analysis.plots import (
    figure_html,
    interval_text,
    number_text,
    plot_agreement,
    plot_cooccurrence,
    plot_new_codes,
)
from glc_analysis.tables_html import Markup, bar, bars, more, note, region_name, show, table, tag
from glc_analysis.text import count_text, count_texts
from glc_analysis.view import StudyView

# ------------------------------
# Codes: who raised what, who did not, and in which words.


NOT_CODED_YET = "Nothing is coded on this yet."
TEAM_ONLY = "Who said what and how it was coded is shown to the team only, until it is cleared."
SOURCES = {"interview": "Interviews", "call": "Calls", "answer": "Survey answers"}
CASE_LABELS = {"not raised": "asked, and did not raise it", "said the contrary": "said the contrary"}
ON_THEME, IN_COUNTRY, PAIRS = 3, 8, 15
"""How many passages of a code, passages of a theme in a country, and pairs of codes are shown at once."""


def team_only(block: Callable[[StudyView], Html | None]) -> Callable[[StudyView], Html | None]:
    """A block that shows its content to the team, and tells other readers why they do not see it."""
    @wraps(block)
    def shown(page: StudyView) -> Html | None:
        return block(page) if page.audience == "team" else note(TEAM_ONLY)
    return shown


def code_names(page: StudyView) -> dict[str, str]:
    """Names of all codes by id."""
    return dict(zip(page.codebook["code_id"], page.codebook["name"], strict=True))


def tree(page: StudyView) -> pd.DataFrame:
    """The page's codes, each below the one it belongs to, with its theme and its depth."""
    book, above = page.codebook, ancestors(page.codebook)
    order = dict(zip(book["code_id"], book["order"], strict=True))
    places = [[order.get(one, 0) for one in [*reversed(above[code]), code]] for code in book["code_id"]]
    themes = book["code_id"].map(tables.code_themes(book)).fillna("")
    rows = book.assign(theme_id=themes, depth=[len(place) for place in places])
    rows = rows.iloc[sorted(range(len(rows)), key=places.__getitem__)]
    return rows[rows["theme_id"] == page.theme] if page.theme else rows


def depths(listed: pd.DataFrame) -> list[str]:
    """The class of each row of a table of codes: its depth below the first level shown."""
    return [f"glc-depth-{depth}" for depth in listed["depth"] - listed["depth"].min()]


def codes(page: StudyView) -> Html:
    """How many organisations raised each code of the theme: overall, by source, by call and by region."""
    rows = page.released[page.released["measure"] == "coded"]
    whole = {row.code_id: row for row in rows[rows["subset_kind"] == "all"].itertuples()}
    listed = tree(page)[lambda f: f["code_id"].isin(whole)]
    if listed.empty:
        return note(NOT_CODED_YET)
    documents = page.read("documents").query("kind == 'call'").sort_values(["date", "document_id"])
    calls = {row.document_id: f"{row.document_id} ({row.date})" for row in documents.itertuples()}
    asked = {source: SOURCES[source] for source in ("interview", "answer")}
    regions = sorted({*rows.loc[rows["subset_kind"] == "region", "subset_id"]})
    figures = [whole[code] for code in listed["code_id"]]
    first = {"Organisations": [bar(figure.share, _count_text(figure)) for figure in figures]}
    parts = [("", first | _side_by_side(rows, listed, "source", asked)),
             ("In each call, out of the organisations present. Silence does not count as a no.",
              _side_by_side(rows, listed, "document", calls, " present")),
             ("By region of work", _side_by_side(
                 rows, listed, "region", {region: region_name(region) for region in regions}))]
    return show("".join(
        table({"Code": listed["name"] if caption else _anchored(listed), **columns}, caption=caption,
              rows=depths(listed),
              numeric=tuple(name for name in columns if name != "Organisations"))
        for caption, columns in parts if columns) + _caution(page))


def _anchored(listed: pd.DataFrame) -> list[Markup]:
    """Names of codes, each with the anchor that a trace links to."""
    return [Markup(tag("span", escape(row.name), id=anchor("code", row.code_id)))
            for row in listed.itertuples(index=False)]


def _side_by_side(rows: pd.DataFrame, listed: pd.DataFrame, kind: str, names: Mapping[str, str],
                  ending: str = "") -> dict[str, list[str]]:
    """A column of counts for each subset of a kind that has any, under its name."""
    cells = {(row.subset_id, row.code_id): _count_text(row) + ending for row
             in rows[rows["subset_kind"] == kind].itertuples()}
    found = {subset for subset, _ in cells}
    return {name: [cells.get((subset, code), "–") for code in listed["code_id"]]
            for subset, name in names.items() if subset in found}


def _count_text(row) -> str:
    """A count out of its base; a small count is a word for some readers."""
    return count_text(row.n, row.base_n, getattr(row, "band", ""))


def _caution(page: StudyView) -> str:
    """For the team: the codes of the theme on which agreement is below the threshold of the study."""
    if page.audience != "team":
        return ""
    least, names = page.study.settings["coding"]["agreement_threshold"], code_names(page)
    rows = page.read("agreement").query("measure == 'alpha' and unit == 'turn' and subset == 'all'")
    low = [f"{names[row.code_id]} ({row.value:.2f})" for row in rows[rows["value"] < least].itertuples()]
    return note(f"Read with caution: agreement between coders is below the study's threshold (alpha "
                f"{least:.2f}) on {', '.join(low)}.").data if low else ""


@team_only
def contrary_cases(page: StudyView) -> Html:
    """Organisations that were asked and did not raise the theme, or said the contrary of one of its codes."""
    mentioned, labels, found = page.read("mentions"), page.labels, []
    # Silence in a call does not count as a no.
    mentioned = mentioned.query("source != 'call' or is_raised or is_contradicted")
    about = {page.theme, *mentioned.loc[mentioned["is_contradicted"], "code_id"]}
    for code in tree(page)[lambda f: f["code_id"].isin(about)].itertuples():
        cases = negative_cases(mentioned, code.code_id).groupby("case")["organisation_id"]
        found += [(code.name, CASE_LABELS[case], ", ".join(sorted(ids.map(labels)))) for case, ids in cases
                  if code.code_id == page.theme or case != "not raised"]
    if not found:
        return note("None of those who were asked." if len(mentioned) else NOT_CODED_YET)
    names, cases, who = zip(*found, strict=True)
    return show(table({"Theme or code": names, "Case": cases, "Organisations": who}))


@team_only
def passages(page: StudyView) -> Html:
    """The passages of each code of the theme, or of each theme in the country.

    Within a code the first passage of each organisation comes before its further ones.
    """
    rows = _passages(page)
    by, limit = ("theme_id", IN_COUNTRY) if page.country else ("code_id", ON_THEME)
    groups, parts = dict(list(rows.groupby(by))), []
    for code in tree(page).itertuples():
        if code.code_id in groups:
            shown = [_passage(page, row, place) for row, place in _with_anchors(groups[code.code_id], page)]
            said = code.definition if by == "code_id" and code.code_id != page.theme else ""
            parts.append(tag("h3", escape(code.name), class_="glc-question")
                         + (note(said).data if said else "") + more(shown, limit, "passage"))
    return show("".join(parts)) if parts else note(NOT_CODED_YET)


def _with_anchors(rows: pd.DataFrame, page: StudyView) -> Iterator[tuple[Any, str]]:
    """Passages of a code; on a theme's page each with the anchor that a trace links to."""
    twice = rows.duplicated("segment_id")
    for row, is_again in zip(rows.itertuples(), twice, strict=True):
        yield row, passage_anchor(row.code_id, row.segment_id) if page.theme and not is_again else ""


def _passages(page: StudyView) -> pd.DataFrame:
    """One row a passage and code; on a country's page one a passage and theme, its codes joined."""
    # An answer to a question of another theme may have words on this theme.
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


def _passage(page: StudyView, row, place: str) -> str:
    kind, role = (("survey answer", "") if row.kind == "answer" else (row.kind, row.role.replace("_", " ")))
    said = (row.organisation, page.country_labels.get(row.country_id, ""), kind, row.date, role, row.wording)
    under = tag("strong", escape(row.code), ": ") if page.country else ""
    memo = tag("p", "Coder's note: ", escape(row.memo), class_="glc-note") if row.memo else ""
    return tag("figure", tag("blockquote", escape(row.quote), lang=row.language, dir="auto"),
               tag("figcaption", under, escape(", ".join(filter(None, said)))), memo, class_="glc-quotation",
               id=place)


@team_only
def cooccurrence(page: StudyView) -> Html:
    """Shows the figure of all codes that occur together in a turn, and returns a table of the most frequent
    pairs with their numbers of turns and texts."""
    rows = page.released[page.released["measure"] == "cooccurrence"]
    wide = rows.assign(text=count_texts(rows)).pivot(
        index=["code_id", "option_id"], columns="statistic", values=["n", "text"])
    if wide.empty:
        return note("No two codes occur together.")
    turns = rows[rows["statistic"] == "turns"]
    if len(turns):
        names = code_names(page)
        pairs = turns.assign(code=turns["code_id"].map(names), other=turns["option_id"].map(names))
        display(show(figure_html(plot_cooccurrence(pairs), title="Codes that occur together",
                                 caption="In how many turns two codes occur together.")))
    wide = wide.reindex(columns=pd.MultiIndex.from_product([["n", "text"], ["turns", "documents"]]))
    first = wide.fillna({("n", "turns"): 0, ("text", "turns"): "never"}).sort_values(
        [("n", "turns"), ("n", "documents")], ascending=False, kind="stable").head(PAIRS)
    one, other = (first.index.get_level_values(level).map(code_names(page)) for level in (0, 1))
    return show(table({"Code": one, "And": other, "In the same turn": first["text", "turns"],
                       "In the same text": first["text", "documents"]}))


@team_only
def salience(page: StudyView) -> Html:
    """Smith's S of each code over interviews, highest first."""
    rows = page.released[page.released["measure"] == "salience"].sort_values("code_id")
    if rows.empty:
        return note(NOT_CODED_YET)
    rows = rows.sort_values("value", ascending=False, kind="stable")
    columns = {"Code": rows["code_id"].map(code_names(page)), "Smith's S": rows["value"].map("{:.2f}".format),
               "Interviews that raised it": bars(rows)}
    return show(table(columns, numeric=("Smith's S",)))


# ------------------------------
# The quality of the coding, for the team: who coded what, agreement, differences, new codes by interview.


NOTHING_CODED = "Nothing is coded in this study yet."
UNMEASURED = {"codebook": "No two coders have read the same text yet, so agreement cannot be measured.",
              "interpretive": "This study codes interpretively, so no coefficient is computed. The coders' "
                              "memos, differences and decisions are below."}
OPEN_ANSWERS, OPEN_SHOWN = "open answers", 20
BASE, RUN, THRESHOLD = 4, 2, 0.05
"""The rule of Guest, Namey & Chen (2020): first interviews, length of a run, share of new codes."""


@team_only
def coders(page: StudyView) -> Html:
    """How many passages each coder coded in each interview and call, and in open answers; a dash (–) where
    the coder did not read the text."""
    rows, documents = _coder_codings(page), page.read("documents").query("kind != 'answer'")
    if rows.empty and page.read("quarantined").empty:
        return note(NOTHING_CODED)
    dates = documents.sort_values(["kind", "date"], ascending=[False, True]).set_index("document_id")["date"]
    where = rows["document_id"].where(rows["document_id"].isin(dates.index), OPEN_ANSWERS)
    counts = rows.groupby([where, "coder_id"]).size()
    dates = {**dates, **({OPEN_ANSWERS: ""} if OPEN_ANSWERS in set(where) else {})}
    read = page.read("readings")
    both = read["document_id"].where(read["document_id"].isin(dates), OPEN_ANSWERS)
    known = {*zip(both, read["coder_id"], strict=True)}
    cells = {coder: [str(counts.get((text, coder), 0)) if (text, coder) in known else "–" for text in dates]
             for coder in sorted({*rows["coder_id"], *read["coder_id"]} - {CONSENSUS})}
    versions = ", ".join(sorted({*rows["codebook_version"]} - {""})) or "not recorded"
    head = f"Approach: {page.study.settings['coding']['approach']}. Versions of the codebook: {versions}."
    columns = {"Text": dates, "Date": dates.values(), **cells}
    return show(note(head).data + table(columns, numeric=tuple(cells)))


def _coder_codings(page: StudyView) -> pd.DataFrame:
    """The coders' own codings, before consensus."""
    return page.read("codings")[lambda f: f["coder_id"] != CONSENSUS]


@team_only
def alphas(page: StudyView) -> Html:
    """Shows the figure of Krippendorff's alpha of each code, lowest first."""
    if page.read("agreement").empty:
        approach = page.study.settings["coding"]["approach"]
        return note(UNMEASURED[approach] if len(_coder_codings(page)) else NOTHING_CODED)
    codes = page.codebook.loc[page.codebook["level"] == "code", "code_id"]
    rows = agreement_summary(page.study)
    drawn = plot_agreement(rows[rows["code_id"].isin(codes)],
                           threshold=page.study.settings["coding"]["agreement_threshold"])
    return show(figure_html(drawn, title="Agreement of the coders on each code, lowest first",
                            caption="Krippendorff's alpha with its 95 % interval; the dashed line is the "
                                    "threshold of the study."))


@team_only
def by_code(page: StudyView) -> Html:
    """Every coefficient, of all codes together and then of each code in the order of the codebook."""
    shares = page.read("agreement").query("unit == 'turn' and subset == 'all'")
    if shares.empty:
        return show("")
    rows, characters = (agreement_summary(page.study, unit=unit).set_index("code_id")
                        for unit in ("turn", "character"))
    listed = tree(page)[lambda f: f["code_id"].isin(rows.index)]
    rows, kinds = rows.loc[["", *listed["code_id"]]], ["glc-depth-0", *depths(listed)]
    given = {m.removeprefix("prevalence."): own.set_index("code_id")["value"].reindex(rows.index)
             for m, own in shares.groupby("measure") if m.startswith("prevalence.")}
    measures = {head: rows[name].map(number_text) for name, head in (
        ("agreement", "Agree"), ("positive", "Positive"), ("negative", "Negative"), ("kappa", "Kappa"),
        ("ac1", "AC1"), ("pabak", "PABAK"), ("alpha", "Alpha")) if rows[name].notna().any()}
    columns = {"Code": rows["code"], **{coder: ["" if pd.isna(v) else f"{100 * v:.0f} %" for v in values]
                                        for coder, values in given.items()},
               **measures, "95 % interval": [*map(interval_text, rows["low"], rows["high"])],
               "Alpha by character": characters["alpha"].reindex(rows.index).map(number_text)}
    units = f"{rows['n_units'].iloc[0]} turns, {rows['n_pairable'].iloc[0]} of them read by several coders."
    shown = table(columns, numeric=tuple(columns)[1:], rows=kinds)
    return show(note(units).data + tag("div", shown, class_="glc-dense") + _reasons(rows))


def _reasons(rows: pd.DataFrame) -> str:
    """Why values or intervals are missing; each reason once, with its codes."""
    found = rows[rows["reason"] != ""].groupby("reason", sort=False)["code"].agg(list)
    return note(*(f"{reason[:1].upper()}{reason[1:]}"
                  + ("." if len(names) == len(rows) else f": {', '.join(names)}.")
                  for reason, names in found.items())).data


@team_only
def by_text(page: StudyView) -> Html:
    """Agreement on all codes together in each text, and under each question of the guide."""
    rows = page.read("agreement").query("unit == 'turn' and measure == 'masi_alpha'")
    asked, parts = page.question_table, []
    wordings = dict(zip(asked["question_id"], asked["wording"], strict=True))
    for kind, head in (("document", "Text"), ("question", "Guide question")):
        own = rows[rows["subset"].str.startswith(f"{kind}=")]
        ids = own["subset"].str.removeprefix(f"{kind}=")
        values = own["value"].map(number_text).where(own["value"].notna(), own["reason"])
        columns = {head: [f"{one} {wordings.get(one, '')}" for one in ids], "Turns": own["n_units"],
                   "Read by several coders": own["n_pairable"], "Alpha (MASI)": values}
        parts += [table(columns, numeric=tuple(columns)[1:])] if len(own) else []
    return show("".join(parts))


@team_only
def disagreements(page: StudyView) -> Html:
    """Passages that coders coded differently: the words, each coder's codes, the decision and its reason."""
    rows, names = page.read("disagreements"), code_names(page)
    if rows.empty:
        return note("None.")
    said = [", ".join(names.get(c, c) for c in codes.split(";") if c) or "no code" for codes in rows["codes"]]
    wide = rows.assign(said=said).pivot(index="segment_id", columns="coder_id", values="said")
    first = rows.drop_duplicates("segment_id").set_index("segment_id")[["is_decided", "reason"]]
    about = page.read("segments").set_index("segment_id").join(first, how="inner").sort_values(
        ["document_id", "start"])
    words = {row.Index: Markup(tag("span", escape(row.text), lang=row.language, dir="auto") + tag(
        "span", escape(row.Index), class_="glc-where")) for row in about.itertuples()}
    each = wide.drop(columns=CONSENSUS, errors="ignore").fillna("did not read it")
    waiting, done = (about.index[about["is_decided"] == decided] for decided in (False, True))
    shown = [table({"Words": [words[s] for s in part], **each.loc[part]})
             for part in (waiting[at:at + OPEN_SHOWN] for at in range(0, len(waiting), OPEN_SHOWN))]
    decided = table({"Words": [words[s] for s in done], **each.loc[done], "Decision": wide[CONSENSUS][done],
                     "Why": about.loc[done, "reason"]}) if len(done) else ""
    return show(tag("h3", f"Open: {len(waiting)}") + more(shown, 1, "table")
                + tag("h3", f"Decided: {len(done)}") + decided)


@team_only
def quarantined(page: StudyView) -> Html:
    """Codings that could not be matched with certainty to the words the coder marked, beside our text."""
    rows = page.read("quarantined")
    heads = {"coder_id": "Coder", "document_id": "Text", "code": "Code", "quote": "What the coder marked",
             "found": "What our text says there", "reason": "Why it is quarantined"}
    return show(table({head: rows[name] for name, head in heads.items()})) if len(rows) else note("None.")


@team_only
def review(page: StudyView) -> Html:
    """Codes to discuss: unused, missing from the codebook, hard to distinguish."""
    # A code that coders used and codebook.csv lacks has no parent.
    lacks = (page.codebook["level"] == "code") & (page.codebook["parent_id"] == "")
    work, names = _coder_codings(page), code_names(page)
    rows = findings(page.codebook[~lacks].assign(merged_into=""), work)
    if rows.empty or work.empty:
        return note("Nothing to discuss.")
    other = rows["detail"].str.partition(":")
    detail = other[0].map(names).fillna(other[0]) + other[1] + other[2]
    return show(table({"Code": rows["code_id"].map(names), "Finding": rows["finding"], "Detail": detail}))


@team_only
def memos(page: StudyView) -> Html:
    """The coders' memos."""
    kinds = {"source": "on the text ", "code": "on the code ", "coding": "on ", "project": "on the study"}
    shown = []
    for row in page.read("memos").itertuples():
        about = filter(None, (row.author_id, kinds.get(row.attached_kind, "") + row.attached_to, row.date))
        shown.append(tag("figure", tag("blockquote", escape(row.text), dir="auto"),
                         tag("figcaption", escape(", ".join(about))), class_="glc-quotation"))
    return show("".join(shown)) if shown else note("None.")


@team_only
def new_codes(page: StudyView) -> Html:
    """Shows the figure of codes found after each interview, and says when few of them were new."""
    rows = page.released[page.released["measure"] == "novelty"]
    if rows.empty:
        return note("Fewer than two interviews are coded, so there is nothing to compare.")
    found = new_codes_by_interview(rows)
    drawn = figure_html(plot_new_codes(found), title="Codes found after each interview, in order of date")
    return show(drawn + tag("p", escape(_rule(found["new"].tolist()))))


def new_codes_by_interview(rows: pd.DataFrame) -> pd.DataFrame:
    """One row an interview, as :func:`.plot_new_codes` draws it, from the figures of measure ``novelty``."""
    places = rows["option_id"].str.removeprefix("after_").astype(int)
    kinds = dict(list(rows.assign(interview=places).set_index("interview").groupby("statistic")))
    by_chance = kinds["found_codes_permuted"]
    return pd.DataFrame({
        "found": kinds["found_codes"]["n"], "new": kinds["new_codes"]["n"], "mean": by_chance["value"],
        "low": by_chance["low"], "high": by_chance["high"]}).sort_index().reset_index()


def _rule(new: list[int]) -> str:
    """Whether the rule of Guest, Namey & Chen is met, and how many new codes came later.

    >>> _rule([20, 9, 5, 3, 4, 3, 1, 0, 2])
    'The rule is met after 6 interviews, by interviews 7 and 8. New codes in later ones: 2.'
    """
    if len(new) < BASE + RUN:
        return f"The rule needs {BASE + RUN} interviews; {len(new)} are coded."
    met = interviews_to_threshold(new, base_size=BASE, run_length=RUN, threshold=THRESHOLD)
    if not met:
        return f"The rule is not met in {len(new)} interviews."
    later = f" New codes in later ones: {sum(new[met + RUN:])}." if new[met + RUN:] else ""
    return f"The rule is met after {met} interviews, by interviews {met + 1} and {met + RUN}.{later}"


@team_only
def codes_from_one_organisation(page: StudyView) -> Html:
    """Codes that only one organisation raised, in any source, with its name."""
    mentioned, book = page.read("mentions"), page.codebook
    rows = book[book["code_id"].isin(single_organisation_codes(mentioned)) & (book["level"] == "code")]
    raised = mentioned[mentioned["is_raised"]].merge(page.read("organisations"), on="organisation_id")
    who = dict(zip(raised["code_id"], raised["label"], strict=True))
    return show(table({"Code": rows["path"], "Organisation": rows["code_id"].map(who)})) if len(rows) \
        else note("None.")
