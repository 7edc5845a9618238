"""The opening sentences of a page: who answered, what was found, what speaks against it, what was not asked.

In goes a view; out come at most five sentences in fixed patterns, each with the figure that it comes from and
a link to it. Which figures become sentences is decided before the results, in ``headlines.csv`` (who chose
them, and when), or by one rule that the page prints (:data:`RULE`). Every number is one that the audience may
see exactly. A sensitive question never becomes a sentence, nor one that was asked because of the answer to a
sensitive one. No sentence names a cause, says "only" or compares groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from glc_analysis.cleaning.skip_logic import depending_on
from glc_analysis.convening.places import Places, link
from glc_analysis.disclosure.quotations import case_codes
from glc_analysis.evidence.estimates import ALL, BY_OPTION
from glc_analysis.reference import read_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.view import StudyView

MOST, BASE, SHARE, CODE_SHARE = 5, 10, 1 / 2, 1 / 3
"""The most sentences of a page; the least base of a finding; by the rule, the least share of an answer and of
a code."""
RULE = ("The findings were chosen by a rule: the answer given most often to a question, where at least "
        f"{BASE} answers count and half of them or more gave it; and codes that a third or more of the "
        "organisations raised. The largest shares come first. Left out are sensitive questions, and counts "
        "that the readers of this page may not see exactly.")
LISTED = ("The findings were chosen by {authors} on {days}, before the answers came in. Left out are those "
          f"with fewer than {BASE} answers, and counts that the readers of this page may not see exactly.")
COLUMNS = ["sentence", "estimate_id", "link", "chosen_by"]
"""The sentence; its figure; the link to where the page shows it; the words that say how it was chosen."""

EACH = " (one answer for each country an organisation works in)"
VERBS = {"single": ("said", "was the reply"), "multi": ("chose", "was chosen"),
         "scale": ("chose", "was chosen")}


def headlines(view: StudyView) -> pd.DataFrame:
    """The opening sentences of a page, one row each: sentence, estimate_id (the figure; blank where there is
    none), link, chosen_by. A notebook shows them as a list of links.

    At most five: who answered, up to four findings, evidence against a code (for the team), what was not
    asked. Empty where nothing may be said. On a country's page the sentences are about this country.

    >>> glc.headlines(view)["sentence"].iloc[0]
    '30 organisations answered, for 25 countries.'
    """
    if view.country:
        from glc_analysis.pages.country import country_sentences

        return country_sentences(view)
    opening = [*_who_answered(view)]
    closing = [*_contrary(view), *_not_asked(view)]
    listed = read_table(view.study, "headlines")
    room = MOST - len(opening) - len(closing)
    found = _listed(view, listed) if len(listed) else _by_rule(view).head(room)
    rows = [*opening, *_findings(view, found.head(room)), *closing]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


# ------------------------------
# Who answered.


def _who_answered(view: StudyView) -> Iterator[tuple[str, ...]]:
    """How many organisations answered, for how many countries; only the team knows of all countries."""
    n, records = (view.sizes.get(name) for name in ("organisations", "records"))
    if n is None:
        return
    said = f"{_number(n, 'organisation')} {'answered' if view.has_survey else 'took part'}"
    if view.may("all_figures") and view.work_countries:
        said += f", {'for' if view.has_survey else 'from'} {_number(len(view.work_countries), 'country')}"
    elif view.has_survey and records not in (None, n):
        said += f", with {records} answers about the countries they work in"
    yield f"{said}.", "quality/survey/organisations/all", "index.html" if view.theme else "", ""


# ------------------------------
# Findings: figures that were chosen before the results, or by the rule.


def _listed(view: StudyView, listed: pd.DataFrame) -> pd.DataFrame:
    """The figures of headlines.csv that belong on the page, in the order of the file."""
    authors, days = (", ".join(dict.fromkeys(listed[column])) for column in ("author", "date"))
    questions, codes = {*view.question_table["question_id"]}, {*view.code_tree["code_id"]}
    found = []
    for row in listed.itertuples():
        if row.question_id in questions:
            figures = view.question_figures(row.question_id)
            figures = figures[figures["option_id"] == row.option_id]
        elif row.code_id in codes:
            figures = view.measured("coded")
            figures = figures[figures["code_id"] == row.code_id]
        else:
            continue
        found.append(_counts(figures))
    chosen = pd.concat(found) if found else _counts(view.measured("coded").head(0))
    return chosen.assign(chosen_by=LISTED.format(authors=authors, days=days))


def _by_rule(view: StudyView) -> pd.DataFrame:
    """The figures that the rule chooses, the largest shares first."""
    counts = _counts(view.released)
    kinds = view.options.set_index(["option_list", "option_id"])["kind"]
    asked = view.question_table.set_index("question_id")
    asked = asked[asked["type"].isin(BY_OPTION) & (asked["option_list"] != COUNTRY_LIST)
                  & ~asked.index.isin(sensitive_questions(view))]
    found = []
    for question, own in counts[counts["share"] >= SHARE].groupby("question_id", observed=True):
        if question in asked.index:
            figure = own.loc[own["share"].idxmax()]
            kind = kinds[asked.at[question, "option_list"], figure["option_id"]]
            if kind not in ("other", "refused") and _is_largest(view, asked.loc[question], question, figure):
                found.append(figure["estimate_id"])
    never = case_codes(view.codebook)
    codes = view.code_tree[(view.code_tree["level"] == "code") & ~view.code_tree["code_id"].isin(never)]
    is_code = counts["code_id"].isin(codes["code_id"]) & (counts["share"] >= CODE_SHARE)
    rows = counts[is_code & ~counts["code_id"].isin(_unasked(view)) | counts["estimate_id"].isin(found)]
    order = rows["question_id"].map(view.question_table.set_index("question_id")["order"])
    return rows.assign(chosen_by=RULE, order=order.astype(float)).sort_values(
        ["share", "order", "estimate_id"], ascending=[False, True, True])


def _counts(figures: pd.DataFrame) -> pd.DataFrame:
    """The exact counts among figures, over the whole study, of answers and of who raised a code."""
    is_count = ((figures["measure"] == "response") & (figures["statistic"] == "count")
                | (figures["measure"] == "coded") & (figures["statistic"] == "organisations"))
    is_enough = figures["n"].notna() & (figures["base_n"] >= BASE)
    return figures[is_count & is_enough & (figures["subset_kind"] == ALL)]


def _is_largest(view: StudyView, question: pd.Series, question_id: str, figure: pd.Series) -> bool:
    """Whether no other option can have been given more often, as far as the audience can know."""
    own = view.released[view.released["question_id"] == question_id]
    own = own[(own["measure"] == "response") & (own["subset_kind"] == ALL)]
    options = view.options[view.options["option_list"] == question["option_list"]]
    outside = ["refused", *(["dont_know"] if question["dont_know"] == "missing" else [])]
    in_base = {*options.loc[~options["kind"].isin(outside), "option_id"]}
    if not in_base <= {*own["option_id"]}:
        return False
    most = own["high"].where(own["band"] != "", own["share"]) if "band" in own else own["share"]
    return most.max() <= figure["share"]


def sensitive_questions(view: StudyView) -> set[str]:
    """The sensitive questions, and those asked because of an answer to one: their base would tell it."""
    words = view.words.questions
    named = [question for question, row in words.items() if row.is_sensitive]
    return depending_on({question: row.asked_if for question, row in words.items()}, named)


# ------------------------------
# Findings in words.


def _findings(view: StudyView, figures: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """A sentence for each figure. The first one whose unit is an answer says what an answer is."""
    places = Places.of(view.codebook, view.measured("coded") if (figures["code_id"] != "").any() else figures)
    is_told = False
    for figure in figures.itertuples():
        if figure.code_id:
            said, place = _code_sentence(view, figure), places.code(figure.code_id)
        else:
            asked = view.words.questions[figure.question_id]
            said = _question_sentence(view, asked, figure, "" if is_told or view.is_one_answer_each else EACH)
            is_told |= asked.unit == "answer"
            place = places.question(figure.question_id, asked.theme_id if view.theme else "")
        yield said, figure.estimate_id, _link(view, place), figure.chosen_by


def _question_sentence(view: StudyView, asked: Any, figure: Any, each: str) -> str:
    """One answer to a question, and of whom it was asked if not of all."""
    option = view.words.options.get((asked.option_list, figure.option_id), figure.option_id)
    is_question = asked.wording.endswith(("?", "؟", "？"))
    wording = asked.wording.removesuffix(".")
    did, was = VERBS[asked.type]
    if asked.unit == "answer":
        counted = _out_of(figure, "answers")
        said = f"“{option}” {was} in {counted} {'to' if is_question else 'on'} “{wording}”{each}."
    else:
        counted = _out_of(figure, "organisations")
        said = (f"{counted[0].upper()}{counted[1:]} that answered {'' if is_question else 'on '}“{wording}” "
                f"{did} “{option}”.")
    return f"{said} Asked of those who {view.words.condition(asked.asked_if)}" if asked.asked_if else said


def _code_sentence(view: StudyView, figure: Any) -> str:
    name = view.words.codes.get(figure.code_id, figure.code_id)
    return (f"{_number(figure.n, 'organisation')} raised “{name}”, out of {figure.base_n} that were asked "
            "about it or raised it unasked.")


def _out_of(figure: Any, noun: str) -> str:
    if figure.n == figure.base_n:
        return f"all {figure.base_n} {noun}"
    return f"{figure.n or 'none'} of the {figure.base_n} {noun}"


def _number(n: int, noun: str) -> str:
    """A number with its noun.

    >>> _number(1, "country"), _number(25, "country"), _number(0, "organisation")
    ('1 country', '25 countries', 'No organisations')
    """
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n or 'No'} {noun if n == 1 else many}"


def _link(view: StudyView, place: str) -> str:
    """The link to a place, without the name of the page where it is on this one."""
    page, mark, name = place.partition("#")
    return f"#{name}" if mark and page == f"theme-{view.theme.lower()}" else link(place)


# ------------------------------
# What speaks against it, and what was not asked.


def _contrary(view: StudyView) -> Iterator[tuple[str, ...]]:
    """The code of which most organisations said the contrary; for the team alone."""
    if not view.may("passages"):
        return
    codes = view.codes()
    codes = codes[(codes["contrary"] > 0) & (codes["asked"] > 0)]
    codes = codes[~codes["code_id"].isin(case_codes(view.codebook))]
    if codes.empty:
        return
    first = codes.loc[codes["contrary"].astype(int).idxmax()]
    figures = view.measured("coded")
    figures = figures[(figures["code_id"] == first["code_id"]) & (figures["subset_kind"] == ALL)]
    place = Places.of(view.codebook, figures).code(first["code_id"])
    said = (f"{_number(first['raised'], 'organisation')} raised “{first['code']}”; {first['contrary']} said "
            "the contrary.")
    yield said, figures["estimate_id"].iloc[0], _link(view, place), ""


def _not_asked(view: StudyView) -> Iterator[tuple[str, ...]]:
    """A theme without a question of the survey, else codes that were raised though nobody was asked."""
    themes = [name for theme, name in view.themes.items() if theme in ({view.theme} - {""} or view.themes)
              and theme not in {row.theme_id for row in view.words.questions.values()}]
    unasked = _unasked(view)
    codes = [f"“{row.name}”" for row in view.code_tree.itertuples(index=False)
             if row.level == "code" and row.code_id in unasked]
    if themes and view.has_survey:
        yield (f"No question of the survey was about {'this theme' if view.theme else _names(themes)}.",
               "", "", "")
    elif codes:
        yield f"Nobody was asked about {_names(codes)}: this was raised unasked.", "", "", ""


def _unasked(view: StudyView) -> set[str]:
    """The codes that somebody raised in an interview or answer and nobody was asked about there; for the team
    alone, since no count of such a code is released: all in its base raised it."""
    if not view.may("passages"):
        return set()
    rows = view.read("mentions").query("source != 'call'")
    by_code = rows.groupby("code_id", observed=True)[["is_asked", "is_raised"]].any()
    return {*by_code.index[by_code["is_raised"] & ~by_code["is_asked"]]} - case_codes(view.codebook)


def _names(names: Sequence[str]) -> str:
    """The first three names, joined by "or".

    >>> _names(["Needs"]), _names(["Needs", "Success"]), _names(["A", "B", "C", "D"])
    ('Needs', 'Needs or Success', 'A, B, C or others')
    """
    shown = [*names[:3], *(["others"] if len(names) > 3 else [])]
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
