"""The quality of the coding, for the team: who coded what, where coders differ, what is still new."""

from __future__ import annotations

from html import escape

import matplotlib.pyplot as plt
import pandas as pd

from glc_analysis.coding.agreed import agreement_summary
from glc_analysis.coding.codebook import review as findings
from glc_analysis.coding.novelty import single_organisation, threshold_met
from glc_analysis.coding.reconcile import CONSENSUS
from glc_analysis.plots import interval_text, number_text, plot_agreement, plot_new_codes
from glc_analysis.reports.blocks.coded import code_names, depths, team_only, tree
from glc_analysis.reports.html import Html, Markup, more, note, show, table, tag
from glc_analysis.reports.page import Page

NOTHING = "Nothing is coded in this study yet."
UNMEASURED = {"codebook": "No two coders have read the same text yet: there is no agreement to measure.",
              "interpretive": "This study codes interpretively, and no coefficient is due: what coders "
                              "noted, where they differ and what they decided stands below."}
OPEN_ANSWERS, OPEN = "open answers", 20
BASE, RUN, THRESHOLD = 4, 2, 0.05
"""The rule of Guest, Namey & Chen: first interviews, run, share of new codes."""


@team_only
def coders(page: Page) -> Html:
    """How many passages each coder coded in each interview and call, and in open answers; – stands
    for a text that the coder never read."""
    rows, documents = _work(page), page.read("documents").query("kind != 'answer'")
    if rows.empty and page.read("quarantined").empty:
        return note(NOTHING)
    dates = documents.sort_values(["kind", "date"], ascending=[False, True]).set_index("document_id")["date"]
    where = rows["document_id"].where(rows["document_id"].isin(dates.index), OPEN_ANSWERS)
    counts = rows.groupby([where, "coder_id"]).size()
    dates = {**dates, **({OPEN_ANSWERS: ""} if OPEN_ANSWERS in set(where) else {})}
    read = page.read("readings")
    both = read["document_id"].where(read["document_id"].isin(dates), OPEN_ANSWERS)
    known = {*zip(both, read["coder_id"], strict=True)}
    cells = {coder: [str(counts.get((text, coder), 0)) if (text, coder) in known else "–" for text in dates]
             for coder in sorted({*rows["coder_id"], *read["coder_id"]} - {CONSENSUS})}
    versions = ", ".join(sorted({*rows["codebook_version"]} - {""})) or "not told"
    said = f"Approach: {page.study.settings['coding']['approach']}. Versions of the codebook: {versions}."
    columns = {"Text": dates, "Date": dates.values(), **cells}
    return show(note(said).data + table(columns, numeric=tuple(cells)))


def _work(page: Page) -> pd.DataFrame:
    """What coders coded, before anything was settled."""
    return page.read("codings")[lambda f: f["coder_id"] != CONSENSUS]


@team_only
def alphas(page: Page) -> Html | None:
    """Figure: Krippendorff's alpha of each code, lowest first; shown at once."""
    if page.read("agreement").empty:
        return note(UNMEASURED[page.study.settings["coding"]["approach"]] if len(_work(page)) else NOTHING)
    codes = page.codebook.loc[page.codebook["level"] == "code", "code_id"]
    rows = agreement_summary(page.study)
    plot_agreement(rows[rows["code_id"].isin(codes)],
                   threshold=page.study.settings["coding"]["agreement_threshold"])
    plt.show()


@team_only
def by_code(page: Page) -> Html:
    """Every coefficient, of all codes together and then of each as the codebook has them."""
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
    said = f"{rows['n_units'].iloc[0]} turns, {rows['n_pairable'].iloc[0]} of them read by several coders."
    shown = table(columns, numeric=tuple(columns)[1:], rows=kinds)
    return show(note(said).data + tag("div", shown, class_="glc-dense") + _reasons(rows))


def _reasons(rows: pd.DataFrame) -> str:
    """Why a value or an interval is not there, once for all codes of which it holds."""
    found = rows[rows["reason"] != ""].groupby("reason", sort=False)["code"].agg(list)
    return note(*(f"{reason[:1].upper()}{reason[1:]}"
                  + ("." if len(names) == len(rows) else f": {', '.join(names)}.")
                  for reason, names in found.items())).data


@team_only
def by_text(page: Page) -> Html:
    """Agreement on all codes together in each text, and under each question of the guide."""
    rows = page.read("agreement").query("unit == 'turn' and measure == 'masi_alpha'")
    wordings, parts = dict(zip(page.questions["question_id"], page.questions["wording"], strict=True)), []
    for kind, head in (("document", "Text"), ("question", "Guide question")):
        own = rows[rows["subset"].str.startswith(f"{kind}=")]
        ids = own["subset"].str.removeprefix(f"{kind}=")
        values = own["value"].map(number_text).where(own["value"].notna(), own["reason"])
        columns = {head: [f"{one} {wordings.get(one, '')}" for one in ids], "Turns": own["n_units"],
                   "Read by several": own["n_pairable"], "Alpha (MASI)": values}
        parts += [table(columns, numeric=tuple(columns)[1:])] if len(own) else []
    return show("".join(parts))


@team_only
def disagreements(page: Page) -> Html:
    """What coders did not code alike: the words, each coder's codes, the decision and why."""
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
             for part in (waiting[at:at + OPEN] for at in range(0, len(waiting), OPEN))]
    decided = table({"Words": [words[s] for s in done], **each.loc[done], "Decision": wide[CONSENSUS][done],
                     "Why": about.loc[done, "reason"]}) if len(done) else ""
    return show(tag("h3", f"Open: {len(waiting)}") + more(shown, 1, "table")
                + tag("h3", f"Decided: {len(done)}") + decided)


@team_only
def set_apart(page: Page) -> Html:
    """Passages that could not be proved to be those the coder marked, beside our text."""
    rows = page.read("quarantined")
    heads = {"coder_id": "Coder", "document_id": "Text", "code": "Code", "quote": "What the coder marked",
             "found": "What stands in our text", "reason": "Why it is set apart"}
    return show(table({head: rows[name] for name, head in heads.items()})) if len(rows) else note("None.")


@team_only
def review(page: Page) -> Html:
    """Codes to talk over: unused, missing from the codebook, hard to tell apart."""
    # A code that coders used and codebook.csv lacks stands below nothing.
    lacks = (page.codebook["level"] == "code") & (page.codebook["parent_id"] == "")
    work, names = _work(page), code_names(page)
    rows = findings(page.codebook[~lacks].assign(merged_into=""), work)
    if rows.empty or work.empty:
        return note("Nothing to talk over.")
    other = rows["detail"].str.partition(":")
    detail = other[0].map(names).fillna(other[0]) + other[1] + other[2]
    return show(table({"Code": rows["code_id"].map(names), "Finding": rows["finding"], "Detail": detail}))


@team_only
def memos(page: Page) -> Html:
    """What coders noted for themselves and each other."""
    kinds = {"source": "on the text ", "code": "on the code ", "coding": "on ", "project": "on the study"}
    shown = []
    for row in page.read("memos").itertuples():
        about = filter(None, (row.author_id, kinds.get(row.attached_kind, "") + row.attached_to, row.date))
        shown.append(tag("figure", tag("blockquote", escape(row.text), dir="auto"),
                         tag("figcaption", escape(", ".join(about))), class_="glc-quotation"))
    return show("".join(shown)) if shown else note("None.")


@team_only
def new_codes(page: Page) -> Html:
    """Figure: codes found after each interview, shown at once; and when few of them were new."""
    rows = page.released[page.released["measure"] == "novelty"]
    if rows.empty:
        return note("Fewer than two interviews are coded: there is nothing to compare.")
    plot_new_codes(rows)
    plt.show()
    new = rows[rows["statistic"] == "new_codes"].sort_values("option_id", key=lambda ids: ids.str.zfill(12))
    return show(tag("p", escape(_rule(new["n"].tolist()))))


def _rule(new: list[int]) -> str:
    """Whether the rule of Guest, Namey & Chen is met, and what came after.

    >>> _rule([20, 9, 5, 3, 4, 3, 1, 0, 2])
    'The rule is met after 6 interviews, by interviews 7 and 8. New codes in later ones: 2.'
    """
    if len(new) < BASE + RUN:
        return f"The rule needs {BASE + RUN} interviews; {len(new)} are coded."
    met = threshold_met(new, base_size=BASE, run_length=RUN, threshold=THRESHOLD)
    if not met:
        return f"The rule is not met in {len(new)} interviews."
    later = f" New codes in later ones: {sum(new[met + RUN:])}." if new[met + RUN:] else ""
    return f"The rule is met after {met} interviews, by interviews {met + 1} and {met + RUN}.{later}"


@team_only
def single(page: Page) -> Html:
    """Codes that one organisation alone raised, in whatever source, with its name."""
    mentioned, book = page.read("mentions"), page.codebook
    rows = book[book["code_id"].isin(single_organisation(mentioned)) & (book["level"] == "code")]
    raised = mentioned[mentioned["is_raised"]].merge(page.read("organisations"), on="organisation_id")
    who = dict(zip(raised["code_id"], raised["label"], strict=True))
    return show(table({"Code": rows["path"], "Organisation": rows["code_id"].map(who)})) if len(rows) \
        else note("None.")
