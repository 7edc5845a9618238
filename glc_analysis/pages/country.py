"""Makes the content of the page of a country.

Each function takes what an audience may see (:class:`~.study_view.StudyView`) and returns a frame or, if a
frame cannot be shown directly, HTML (a macro of ``content/country.html``). Beside the counts of the country's
answers, the team reads the counts of the country's region; other readers read the counts of the whole study.
The page states the country's counts and the other counts, and does not compare them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.disclosure.quotations import find_case_detail_codes
from glc_analysis.figures.estimates import ALL
from glc_analysis.figures.mentions import find_codes_undecided_for_some_organisation
from glc_analysis.pages.coding import note_if_codings_but_none_count
from glc_analysis.pages.findings import (
    find_comparison_group_for_audience,
    list_country_and_comparison_counts,
    list_sensitive_and_dependent_questions,
    write_sentences_comparing_country_with_region,
)
from glc_analysis.pages.questions import list_options_in_base
from glc_analysis.pages.text_names import name_texts
from glc_analysis.schema import COUNTRY_LIST, UNASKED, UNKNOWN, WITHOUT_GUIDE
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.tables import iterate_rows
from glc_analysis.tables_html import (
    make_displayable,
    name_language_or_not_stated,
    render_count_bar,
    render_note,
    render_quotation,
    render_table,
)
from glc_analysis.templates import Macros, read_packaged_csv
from glc_analysis.text import format_count_of_row, format_full_date_with_preposition
from glc_analysis.view.places import make_anchor, select_first_passages_fitting_page
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "country.html")


# ------------------------------
# The first screen of a country's page: who answered, what was answered, in which words.


_UNNAMED = "an organisation that is not named"


def render_respondents_of_country(view: StudyView) -> Html:
    """Renders how many organisations of the study answered for the country.

    The team reads when and in which language each organisation answered, and the type of each organisation.
    Other readers see the names and types of organisations that agreed to be named, and nothing that would
    identify the other organisations.
    """
    rows = view.read("organisations").sort_values("label")
    n, whole = len(rows), view.sizes.get("organisations")
    of = f" of the {whole}" if whole else ""
    did = "answered for" if view.has_survey else "took part from"
    sentence = f"{n}{of} {view.study.unit_name[1]} in this study {did} this country"
    known = rows[rows["organisation_id"].isin(view.organisation_names)]
    is_unknown = known["organisation_id"].astype("str").str.startswith(f"{UNKNOWN}.")
    each = [_described(view, row) for row in known[~is_unknown].itertuples()]
    if unknown := int(is_unknown.sum()):
        each.append("one that the survey does not name" if unknown == 1
                    else f"{unknown} that the survey does not name")
    if unnamed := n - len(known):
        each.append(_UNNAMED if unnamed == 1 else f"{unnamed} organisations that are not named")
    return make_displayable(_HTML.who_answered(sentence, n, [] if unknown == n else each))


def _described(view: StudyView, row: Any) -> str:
    """Returns the description of an organisation that may be named: its name and its type. For the team, the
    description also has the organisation's main office, its resources, and when and in which language it
    answered."""
    parts = [row.label, row.type.replace("_", " ")]
    if view.has_capability("organisation_details"):
        office = view.country_labels.get(row.home_country_id, "")
        language = f"in {name_language_or_not_stated(row.language)}" if row.language else ""
        did = "answered" if view.has_survey else "spoke"
        parts += [f"main office in {office}" if office and row.home_country_id != view.country else "",
                  f"{row.resource_level.replace('_', ' ')} resources" if row.resource_level else "",
                  " ".join(filter(None, [did, format_full_date_with_preposition(row.answered_on), language])),
                  "with an interpreter" if row.is_interpreted else ""]
    return ", ".join(part for part in parts if part and part not in ("answered", "spoke"))


def list_quotations_from_country(view: StudyView) -> pd.DataFrame:
    """Returns texts that were said or written in the country, one row each, with the columns of
    ``view.quotations()``.

    The texts are the quotations that are cleared for the audience and, for readers who may read coded
    passages, also these passages. The first text of each organisation comes before the second text of any
    organisation. The quotations of an organisation come before its coded passages. Coded passages about
    individual survivors' cases are left out, and so are coded passages in which coders marked different
    words.

    >>> list_quotations_from_country(study.view("team", country="KHM"))["by"].iloc[0]
    'Lotus Ferry (invented)'
    """
    rows = view.quotations()
    if view.has_capability("passages"):
        said = view.passages()
        never = find_case_detail_codes(view.select_codes_with_ancestors(said["code_id"]))
        said = said[~said["code_id"].isin(never) & (said["agreement"] == "")]
        rows = pd.concat([rows, said.reindex(columns=rows.columns, fill_value="")])
        rows = rows.drop_duplicates("text", ignore_index=True)
    turns = rows.groupby("by").cumcount().sort_values(kind="stable")
    return rows.loc[turns.index].assign(country="").reset_index(drop=True)  # all are from the same one


# ------------------------------
# Where the country's answers are furthest from those around it, and what is said here alone.


_MOST_FURTHEST, _MOST_ALONE = 5, 6
"""The largest number of answers that a page shows as most unlike the region, and the largest number that the
page shows as given only in this country."""


def render_answers_most_unlike_region(view: StudyView) -> Html | pd.DataFrame:
    """Renders the answers whose shares in the country differ most from their shares in the region or in the
    whole study: at most one answer per question, and at most :data:`_MOST_FURTHEST` answers. The two shares
    of an answer are drawn as marks on a line, and are stated in words. If no answer can be compared or no
    shares differ, the function returns the sentences of
    :func:`.write_sentences_comparing_country_with_region`.

    Only counts that the audience may see exactly are compared. If only one organisation answered in the
    country, its answer is given in words and has no mark on the line.
    """
    around = find_comparison_group_for_audience(view)[2]
    rows = list_country_and_comparison_counts(view)
    rows = rows[rows["base_n_around"].gt(rows["base_n"])]
    apart = (rows["share"] - rows["share_around"]).astype(float)
    rows = rows.assign(apart=apart.abs()).sort_values(["apart", "order"], ascending=[False, True],
                                                      kind="stable")
    rows = rows[rows["apart"] > 0].drop_duplicates("question_id").head(_MOST_FURTHEST)
    if rows.empty:
        return write_sentences_comparing_country_with_region(view)
    counted = {"organisation": f"by {view.study.unit_name[1]}", "answer": "in answers"}
    return make_displayable(_HTML.furthest(around, [
        (row.wording, row.label, make_anchor("question", row.question_id),
         round(100 * row.share) if row.base_n > 1 else None, round(100 * row.share_around),
         _apart_in_words(row, around, counted[view.words.questions[row.question_id].unit]))
        for row in rows.itertuples()]))


def _apart_in_words(row: Any, around: str, counted: str) -> str:
    """Returns in words the count of the country and the count of the region or of the whole study.
    ``counted`` names the counted units, with a preposition: "by organisations" or "in answers"."""
    if row.base_n > 1:
        here = f"chosen here by {int(row.n)} of {int(row.base_n)}"
    else:
        here = "chosen here" if row.n else "not chosen here"
    by, _, units = counted.partition(" ")
    if row.n and row.n_around == row.n:
        return f"{here}, {by} none of the other {int(row.base_n_around - row.base_n)} {units} in {around}"
    return f"{here}, {by} {int(row.n_around)} of {int(row.base_n_around)} {units} in {around}"


def render_answers_unique_within_region(view: StudyView) -> Html:
    """Renders the answers and codes that were given in the country and nowhere else: for the team, nowhere
    else in the country's region; for other readers, nowhere else in the study. An answer is considered only
    if its question allows several answers. An answer or a code is considered only if the audience may see its
    exact count in the country and its exact count in the region or study. The result is blank if no answer
    or code was given only in this country."""
    rows = view.released[view.released["n"].notna() & view.released["measure"].isin(["response", "coded"])
                         & view.released["statistic"].isin(["count", "organisations"])]
    kind, group, around = find_comparison_group_for_audience(view)
    key = ["question_id", "option_id", "code_id"]
    here = rows[rows["subset_kind"].eq("country") & rows["subset_id"].eq(view.country) & rows["n"].gt(0)]
    near = rows.loc[rows["subset_kind"].eq(kind) & rows["subset_id"].eq(group), [*key, "n", "base_n"]]
    as_text = dict.fromkeys(key, "str")
    alone = here.astype(as_text).merge(near.astype(as_text), on=[*key, "n"], suffixes=("", "_around"))
    alone = alone[alone["base_n_around"] > alone["base_n"]]
    substantive = view.options[view.options["kind"] == "substantive"]
    known = {*zip(substantive["option_list"], substantive["option_id"], strict=True)}
    codes = view.select_codes_with_ancestors(alone["code_id"])
    book = codes[codes["level"] == "code"].set_index("code_id")["name"]
    left_out = {*list_sensitive_and_dependent_questions(view)} | find_case_detail_codes(codes)
    said: list[tuple[str, str, str]] = []
    for row in alone[~alone["question_id"].isin(left_out) & ~alone["code_id"].isin(left_out)].itertuples():
        asked = view.words.questions.get(row.question_id)
        if row.code_id in book:
            said.append((book[row.code_id], "raised in interviews, calls or open answers", ""))
        elif asked and asked.type == "multi" and (asked.option_list, row.option_id) in known:
            said.append((view.words.options[asked.option_list, row.option_id], asked.wording,
                         make_anchor("question", row.question_id)))
    return (make_displayable(_HTML.here_alone(around, said[:_MOST_ALONE], len(said) - _MOST_ALONE)) if said
            else make_displayable(""))


# ------------------------------
# The answers of a country, theme by theme.


_NO_ANSWER = "not asked, or no answer"
_MISSING = {"not_asked": "not asked", "unanswered": "no answer", "dont_know": "did not know",
           "refused": "preferred not to say", "redacted": "left out on request"}
_NOT_RELEASED = ("numbers, open answers, sensitive questions, and answers from which, together with the "
                 "figures of the study, readers could work out the answers of organisations that did not "
                 "agree to show them")


def render_country_answers(view: StudyView) -> Html:
    """Renders the answers given in the country, with the counts of its region or of the whole study beside
    them.

    The list has one row per question, theme by theme. Options that nobody in the country chose are closed
    until a reader opens them. If only one organisation answered a question, its answer is shown without a
    count. Below this list, a second list names the questions whose answers the readers of the page may not
    see; the second list is also closed until a reader opens it.
    """
    if not view.has_survey:
        return make_displayable("")
    parts, shown = [], set()
    label, (_, _, around) = view.country_labels[view.country], find_comparison_group_for_audience(view)
    for theme, name in {**view.themes, "": "Background"}.items():
        asked = view.question_table[view.question_table["theme_id"] == theme].itertuples()
        found = {question.question_id: (question, _given_here(view, question)) for question in asked}
        shown |= {one for one, (_, given) in found.items() if given}
        if rows := [(question.wording, make_anchor("question", question.question_id), given)
                    for question, given in found.values() if given]:
            parts.append((name, rows))
    if not parts:
        return render_note("No answers are shown.")
    is_hidden = ~view.question_table["question_id"].isin(shown) & (not view.has_capability("all_figures"))
    rest = [*view.question_table.loc[is_hidden, "wording"]]
    return make_displayable(_HTML.answers_by_country(label, around, parts, rest,
                                                     f"Not shown are {_NOT_RELEASED}."))


def _given_here(view: StudyView, question: Any) -> Markup:
    """Renders the answers to a question in the country, with one line per answer; blank if the question has
    no figures."""
    if question.type in ("text", "date") or question.option_list == COUNTRY_LIST:
        return Markup()
    figures = _figures_of(view, question, "country", view.country_labels[view.country])
    if not figures:
        return Markup()
    if not any(row.base_n for row in figures):
        return _no_answer(view, question)
    kind, group, _ = find_comparison_group_for_audience(view)
    near = _figures_of(view, question, kind, group)
    if question.type == "number":
        return _HTML.line(_median(figures), _median(near))
    counts = {row.option: (format_count_of_row(row), _percent(row)) for row in near}
    unknown = ("not shown" if kind else "", None)
    chosen, rest = [], []
    for row in figures:
        is_given = pd.isna(row.n) or row.n > 0  # a range has no number
        own_count = format_count_of_row(row) if is_given and row.base_n > 1 else ""
        count, percent = counts.get(row.option, unknown)
        (chosen if is_given else rest).append((row.option, count, own_count, percent))
    # What fewer chose around here comes first; a scale keeps its order.
    chosen.sort(key=lambda line: 101 if line[3] is None else line[3])
    is_more = (not view.has_capability("all_figures")
               and len(figures) < len(list_options_in_base(view, question)))
    return _HTML.answers(chosen, rest, is_more)


def _percent(row: Any) -> int | None:
    """Returns the position of a count's mark on its line, in percent; None for a count that is shown as a
    range."""
    return None if pd.isna(row.share) else round(100 * row.share)


def _figures_of(view: StudyView, question: Any, kind: str, group: str) -> list[Any]:
    """Returns a question's figures in one country or region, or in the whole study (``kind`` is ``all``),
    with one row per figure. The list is empty if ``kind`` is blank, because the country has no region."""
    figures = view.figures_of_group("" if kind == ALL else kind, group) if kind else {}
    return figures.get(question.question_id, [])


def _median(figures: list[Any]) -> str:
    """Returns the median of a number question with its base or, if only one answer was given, the number that
    was answered."""
    row = next((row for row in figures if row.statistic == "median"), None)
    if row is None or not row.base_n:
        return ""
    return f"{row.value:g}" if row.base_n == 1 else f"median {row.value:g} ({row.base_n} answers)"


def _no_answer(view: StudyView, question: Any) -> Markup:
    """Renders the reason why nobody in the country answered a question. For readers outside the team, the
    text names all possible reasons and does not say which reason applies."""
    said = _NO_ANSWER
    if view.has_capability("all_figures"):
        rows = view.read("responses")
        why = rows.loc[rows["question_id"] == question.question_id, "missing"].map(_MISSING).dropna().unique()
        said = ", or ".join(why) or _NO_ANSWER
    return _HTML.no_answer(said[:1].upper() + said[1:])


# ------------------------------
# What was said in a country: codes, passages, open answers.


CODES_NOT_SHOWN = "Only the team sees which codes came up here, until the organisations agree to show them."
NOTHING_CODED_HERE = "Nothing that was said here is coded yet."
_SOURCES = {"interview": "an interview", WITHOUT_GUIDE: "an interview without a guide", "call": "a call",
           "answer": "a survey answer"}


def render_country_codes(view: StudyView) -> Html:
    """Renders the codes that the country's organisations raised or contradicted, and the texts in which they
    did so. Beside each code, the list shows how many organisations in the region, or in the whole study,
    raised the code. Two kinds of codes are in lists that are closed until a reader opens them: codes that the
    organisations were asked about but did not raise, and undecided codes. Nobody is asked about codes in
    calls, so a code that was not mentioned in a call is not listed as "not raised". Readers who may not read
    passages get the result of :func:`_released_codes` instead."""
    if not view.has_capability("passages"):
        return _released_codes(view)
    if said := note_if_codings_but_none_count(view):
        return render_note(said)
    mentioned, labels = view.read("mentions"), view.labels
    kind, _, around = find_comparison_group_for_audience(view)
    rows = view.released[view.released["measure"] == "coded"]
    near = {row.code_id: row for row in rows[rows["subset_kind"] == kind].itertuples()}
    listed: dict[str, list[dict[str, Any]]] = {}
    for row in mentioned.to_dict("records"):
        listed.setdefault(row["code_id"], []).append(row)
    said = {code: _said_here(own, labels) for code, own in listed.items()}
    book = view.select_codes_with_ancestors(said)[lambda f: f["code_id"].isin(said) & f["level"].eq("code")]
    if book.empty:
        return render_note(NOTHING_CODED_HERE)
    asked = {*mentioned.loc[mentioned["is_asked"] & ~mentioned["source"].isin(UNASKED), "code_id"]}
    groups, silent, waiting = [], [], []
    undecided, codes = find_codes_undecided_for_some_organisation(mentioned), [*iterate_rows(book)]
    for theme, name in {**view.themes, "": "Other codes"}.items():
        own = [row for row in codes if row.theme_id == theme]
        waiting += [row.name for row in own if row.code_id in undecided]
        silent += [row.name for row in own if row.code_id in asked and not said[row.code_id]
                   and row.code_id not in undecided]
        rows = [_code_row(row.name, said[row.code_id], near.get(row.code_id)) for row in own
                if said[row.code_id]]
        groups += [(name, rows)] if rows else []
    return make_displayable(_HTML.codes_by_country(
        "Where it came up", around, view.study.unit_name[1], groups,
        [("undecided here: coders differ, or a passage must still be reviewed", waiting),
         ("asked about, and not raised here", silent)], _words_in_calls(view, labels)))


def _code_row(name: str, said: str, near: Any) -> tuple[str, str, Markup]:
    """Returns a code, where it was raised in the country, and the count of the region or study if the
    audience may see this count."""
    return name, "", _HTML.line(said, format_count_of_row(near) if near is not None else "")


def _said_here(rows: list[dict[str, Any]], labels: Mapping[str, str]) -> str:
    """Returns in words where organisations of the country raised a code or said the contrary, with the
    organisations' names if the country has several organisations. The words are blank if no organisation of
    the country raised the code or said the contrary."""
    parts = []
    for column, lead in (("is_raised", ""), ("is_contradicted", "the contrary said in ")):
        said = [(row["organisation_id"], row["source"]) for row in rows if row[column]]
        for organisation in sorted({organisation for organisation, _ in said}):
            places = lead + " and ".join(words for source, words in _SOURCES.items()
                                         if (organisation, source) in said)
            parts.append(f"{labels[organisation]}: {places}" if len(labels) > 1
                         else places[:1].upper() + places[1:])
    return "; ".join(parts)


def _words_in_calls(view: StudyView, labels: Mapping[str, str]) -> Markup:
    """Renders how many words of each call the country's organisations spoke."""
    rows = view.released[(view.released["measure"] == "words") & view.released["option_id"].isin(labels)]
    if rows.empty:
        return Markup()
    calls = name_texts(view.read("documents"), labels)
    return render_table({"Call": rows["question_id"].map(calls),
                         "Organisation": rows["option_id"].map(labels),
                         "Words spoken, out of those of all participants": [
                             render_count_bar(row.share, format_count_of_row(row))
                             for row in rows.itertuples()]})


def _released_codes(view: StudyView) -> Html:
    """Renders the codes of a country for readers outside the team, if the country's organisations agreed that
    these readers may see them."""
    rows = view.released[view.released["measure"] == "coded"]
    in_country, whole = ({row.code_id: row for row in rows[rows["subset_kind"] == kind].itertuples()}
                         for kind in ("country", "all"))
    book = view.select_codes_with_ancestors(in_country)[
        lambda f: f["code_id"].isin(in_country) & f["level"].eq("code")]
    if book.empty:
        return render_note(CODES_NOT_SHOWN)
    rows, silent = [], []
    for row in book.itertuples(index=False):
        own = in_country[row.code_id]
        if own.n == 0:
            silent.append(row.name)
        else:
            said = "Raised" if own.base_n == 1 else format_count_of_row(own)
            rows.append(_code_row(row.name, said, whole.get(row.code_id)))
    return make_displayable(_HTML.codes_by_country(
        view.country_labels[view.country], "the whole study", view.study.unit_name[1],
        [("", rows)] if rows else [], [("not raised here", silent)], ""))


def render_country_passages(view: StudyView) -> Html:
    """Renders the coded passages of the country, theme by theme, for readers who may read passages. The
    passages are closed until a reader opens them."""
    if not view.has_capability("passages"):
        return make_displayable("")
    rows = view.passages()
    book = view.select_codes_with_ancestors(rows["code_id"])
    themes = rows["code_id"].map(map_codes_to_themes(book)).astype("str").fillna("")
    # In place of the country, which the page is about, the line below a passage names its codes.
    codes = rows.groupby([themes, "segment_id"])["code"].agg(lambda names: ", ".join(dict.fromkeys(names)))
    keys = zip(themes, rows["segment_id"], strict=True)
    rows = rows.assign(country=[codes[key] for key in keys], code_id=themes)
    rows = rows[themes.isin([*view.themes])].drop_duplicates(["code_id", "segment_id", "text"])
    order = rows["code_id"].map([*view.themes].index)
    rows = rows.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
    printed = select_first_passages_fitting_page(rows.assign(quote=rows["text"]))
    sections = [(view.themes[str(theme)], [*map(render_quotation, own.to_dict("records"))])
                for theme, own in printed.groupby("code_id", sort=False)]
    return make_displayable(_HTML.words("Coded passages, theme by theme", sections, len(printed), len(rows)))


def render_country_open_answers(view: StudyView) -> Html:
    """Renders the open answers from the country, question by question, for readers who may read open answers.
    The answers are closed until a reader opens them. Each open answer is shown in its original language, with
    a translation if there is one."""
    if not view.has_capability("passages"):
        return make_displayable("")
    segments, documents = view.read("segments"), view.read("documents").query("kind == 'answer'")
    rows = segments[segments["translation_of"] == ""].merge(
        documents[["document_id", "question_id", "is_interpreted"]], on="document_id")
    sections = []
    for question in view.question_table[view.question_table["type"] == "text"].itertuples():
        own = rows[rows["question_id"] == question.question_id]
        own = own.assign(**view.make_translation_columns(own["segment_id"]),
                         by=[view.labels.get(one, "") for one in own["organisation_id"]],
                         country=own["is_interpreted"].map({True: "interpreter's words", False: ""}))
        shown = [*map(render_quotation, own.to_dict("records"))]
        sections += [(question.wording, shown)] if shown else []
    return make_displayable(_HTML.words("Open answers, question by question", sections))


# ------------------------------
# Facts about a country from outside sources.


def render_external_country_facts(view: StudyView) -> Html:
    """Renders facts about the country from outside sources, for readers who may read these facts; years with
    the same value are listed together. The result is blank if no facts about the country are recorded."""
    if not view.has_capability("country_facts"):
        return make_displayable("")
    rows = view.read("context").sort_values(["indicator", "year"], kind="stable")
    facts: dict[str, str] = {}
    for indicator, own in rows.groupby("indicator", sort=True):
        years: dict[str, list[str]] = {}
        for value, year in zip(own["value"], own["year"], strict=True):
            years.setdefault(_fact_label(view, str(indicator), value), []).append(year)
        facts[_fact_label(view, str(indicator), "")] = "; ".join(
            value + _in_years(listed) for value, listed in years.items())
    return make_displayable(_HTML.country_facts([f"{name}: {value}." for name, value in facts.items()]))


def _in_years(years: Iterable[str]) -> str:
    """Returns the years in which a fact has the same value, in brackets.

    >>> _in_years(["2014", "2015"]), _in_years([""])
    (' (2014, 2015)', '')
    """
    said = ", ".join(filter(None, years))
    return f" ({said})" if said else ""


def _fact_label(view: StudyView, indicator: str, value: str) -> str:
    """Returns the words for an indicator (if ``value`` is blank), or for one of its values. The words come
    from options.csv if it has a list with the indicator's name, and otherwise from
    ``content/country_facts.csv``."""
    listed = view.options[(view.options["option_list"] == indicator) & (view.options["option_id"] == value)]
    if len(listed):
        return listed["label"].iloc[0]
    said = (value or indicator).replace("_", " ")
    return _fact_labels().get((indicator, value), said[:1].upper() + said[1:])


@cache
def _fact_labels() -> dict[tuple[str, str], str]:
    return {(row["indicator"], row["value"]): row["label"]
            for row in read_packaged_csv(__file__, "country_facts.csv")}
