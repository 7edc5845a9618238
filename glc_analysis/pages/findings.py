"""Makes the findings of a page: its opening sentence, and claims with their bars.

Before people see any results, they choose the figures that become findings. They write these figures into
``headlines.csv``, together with the day and their own names. If the study has no ``headlines.csv``, a rule
chooses the figures, and the page prints the rule (:data:`FINDING_RULE`). Every number in a finding is a
number that the audience may see exactly. A sensitive question never becomes a finding, and neither does a
question that is asked because of the answer to a sensitive question. No finding's sentence names a cause,
says "only" or compares groups.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.cleaning.skip_logic import find_dependent_questions
from glc_analysis.disclosure.quotations import find_case_detail_codes
from glc_analysis.figures.estimates import ALL, BY_OPTION
from glc_analysis.figures.summary import count_organisations_with_undecided_code
from glc_analysis.pages.questions import list_options_in_base
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST, UNASKED, UNDECIDED
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.tables_html import make_displayable, region_label, render_quotation
from glc_analysis.templates import Macros
from glc_analysis.text import format_count
from glc_analysis.view.places import Places, make_anchor, make_link
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "findings.html")


# ------------------------------
# Findings: figures that were chosen before the results, or by the rule.

LEAST_FINDING_BASE, _SHARE, _CODE_SHARE = 10, 1 / 2, 1 / 3
"""The smallest base of a finding; and for findings that the rule chooses, the smallest share of an answer and
the smallest share of a code."""
FINDING_RULE = (
    "The findings were chosen by a rule: the answer given most often to a question with a base of at least "
    f"{LEAST_FINDING_BASE}, if half of the base or more gave this answer; and codes that a third or more of "
    "the {many} raised. The largest shares come first. Left out are sensitive questions, and counts that the "
    "readers of this page may not see exactly.")
LISTED_FINDINGS = (
    "What these findings are about was chosen by {authors} on {days}, before the answers came in. Left out "
    f"are those with fewer than {LEAST_FINDING_BASE} answers, and counts that the readers of this page may "
    "not see exactly.")
_EACH = " (one answer for each country an organisation works in)"
_EACH_RECORD = " (each record counts, even if an organisation has several records)"


def _chosen(view: StudyView) -> pd.DataFrame:
    """Returns the figures that become findings: the figures in headlines.csv or, without that file, the
    figures that the rule chooses."""
    listed = read_reference_table(view.study, "headlines")
    return _listed(view, listed) if len(listed) else _by_rule(view)


def _listed(view: StudyView, listed: pd.DataFrame) -> pd.DataFrame:
    """Returns those figures of headlines.csv that belong on the page, in the order of the file."""
    authors, days = (", ".join(dict.fromkeys(listed[column])) for column in ("author", "date"))
    questions, codes = {*view.question_table["question_id"]}, {*view.code_tree["code_id"]}
    parts, coded = [], None
    for question, option, code, claim in zip(*(listed[column] for column in (
            "question_id", "option_id", "code_id", "claim")), strict=True):
        if question in questions:
            figures = _released_counts(view.select_question_figures(question))
            figures = figures[figures["option_id"] == option]
        elif code in codes:
            coded = _released_counts(view.select_measure_figures("coded")) if coded is None else coded
            figures = coded[coded["code_id"] == code]
        else:
            continue
        parts.append(figures.assign(claim=claim.strip().removesuffix(".")))
    chosen = pd.concat(parts) if parts else _released_counts(view.select_measure_figures("coded").head(0))
    return chosen.assign(chosen_by=LISTED_FINDINGS.format(authors=authors, days=days))


def _by_rule(view: StudyView) -> pd.DataFrame:
    """Returns the figures that the rule chooses as findings, the largest shares first."""
    counts = _released_counts(view.released)
    kinds = view.options.set_index(["option_list", "option_id"])["kind"]
    asked = view.question_table.set_index("question_id")
    asked = asked[asked["type"].isin(BY_OPTION) & (asked["option_list"] != COUNTRY_LIST)
                  & ~asked.index.isin(list_sensitive_and_dependent_questions(view))]
    shown = view.released[(view.released["measure"] == "response") & (view.released["subset_kind"] == ALL)]
    chosen = []
    for question, own in counts[counts["share"] >= _SHARE].groupby("question_id", observed=True):
        if question in asked.index:
            figure = own.loc[own["share"].idxmax()]
            kind = kinds[asked.at[question, "option_list"], figure["option_id"]]
            options = list_options_in_base(view, asked.loc[question])
            if kind not in ("other", "refused") and _is_largest(
                    figure, shown[shown["question_id"] == question], options):
                chosen.append(figure["figure_id"])
    never = find_case_detail_codes(view.code_list)
    codes = view.code_tree[(view.code_tree["level"] == "code") & ~view.code_tree["code_id"].isin(never)]
    is_code = counts["code_id"].isin(codes["code_id"]) & (counts["share"] >= _CODE_SHARE)
    rows = counts[is_code & ~counts["code_id"].isin(_unasked(view)) | counts["figure_id"].isin(chosen)]
    order = rows["question_id"].map(view.question_table.set_index("question_id")["order"])
    rule = FINDING_RULE.format(many=view.study.unit_name[1])
    return rows.assign(chosen_by=rule, order=order.astype(float)).sort_values(
        ["share", "order", "figure_id"], ascending=[False, True, True])


def _released_counts(figures: pd.DataFrame) -> pd.DataFrame:
    """Returns the figures that are exact counts for the whole study, of answers or of organisations that
    raised a code, with a base of at least :data:`LEAST_FINDING_BASE`."""
    is_count = ((figures["measure"] == "response") & (figures["statistic"] == "count")
                | (figures["measure"] == "coded") & (figures["statistic"] == "organisations"))
    is_enough = figures["n"].notna() & (figures["base_n"] >= LEAST_FINDING_BASE)
    return figures[is_count & is_enough & (figures["subset_kind"] == ALL)]


def _is_largest(figure: pd.Series, shown: pd.DataFrame, options: set[str]) -> bool:
    """Whether the numbers that the audience sees show that no other option was chosen more often. ``shown``
    has those figures of the question that the audience sees; ``options`` has all options that the base of the
    question could choose."""
    if not options <= {*shown["option_id"]}:
        return False
    most = shown["high"].where(shown["band"] != "", shown["share"]) if "band" in shown else shown["share"]
    return most.max() <= figure["share"]


def _undecided(view: StudyView) -> Iterator[tuple[str, str]]:
    """Yields a sentence which says why findings are missing. For the team, the reason is that nobody has
    decided which questions are sensitive. Other audiences get a sentence only on the overview, and only if
    all questions count as sensitive."""
    asked = view.question_table
    asked = asked.loc[asked["type"].isin(BY_OPTION) & (asked["option_list"] != COUNTRY_LIST), "question_id"]
    if view.has_capability("all_figures"):
        rows = read_reference_table(view.study, "questions")
        n = int(rows.loc[rows["question_id"].isin(asked), "is_sensitive"].eq(UNDECIDED).sum())
        if n:
            yield (f"Findings are missing: for {n} of {len(asked)} questions no finding is stated, because "
                   "nobody has decided whether an answer could be held against those who gave it "
                   f"(is_sensitive is {UNDECIDED} in questions.csv).", "")
    elif (not view.theme and not view.country and len(asked)
          and {*asked} <= list_sensitive_and_dependent_questions(view)):
        yield "All questions count as sensitive, so no finding about them is stated.", ""


def list_sensitive_and_dependent_questions(view: StudyView) -> set[str]:
    """Returns the sensitive questions, and the questions that are asked because of an answer to a sensitive
    question. The base of a question that is asked for this reason would reveal the sensitive answer."""
    words = view.words.questions
    named = [question for question, row in words.items() if row.is_sensitive]
    return find_dependent_questions({question: row.asked_if for question, row in words.items()}, named)


class _Figure(NamedTuple):
    question_id: str
    option_id: str
    code_id: str
    n: int
    base_n: int
    undecided_n: int
    claim: str


def _read_figures(figures: pd.DataFrame) -> Iterator[_Figure]:
    rows = figures.reindex(columns=[*_Figure._fields])
    rows = rows.assign(claim=rows["claim"].astype("str").fillna(""))
    return (_Figure(*row) for row in rows.itertuples(index=False, name=None))


def _places(view: StudyView, figures: pd.DataFrame) -> Places:
    has_codes = (figures["code_id"] != "").any()
    return Places.from_tables(view.code_list, view.select_measure_figures("coded") if has_codes else figures)


def _place(view: StudyView, places: Places, figure: _Figure) -> str:
    """Returns the place at which a page shows a figure: on a theme's page, a place on this page; on other
    pages, a place on the page of the survey."""
    if figure.code_id:
        return places.locate_code(figure.code_id)
    theme = view.words.questions[figure.question_id].theme_id if view.theme else ""
    return places.locate_question_on_theme_or_survey(figure.question_id, theme)


def _each(view: StudyView) -> str:
    """Returns words which explain what an answer is. A page adds these words after a question whose unit is
    an answer. The words are blank if each organisation gave only one answer."""
    return "" if view.is_one_answer_each else _EACH if view.is_by_country else _EACH_RECORD


def _number(n: int, noun: str, nouns: str = "") -> str:
    """Returns a number with its noun, in the singular or plural.

    >>> _number(1, "country"), _number(25, "country"), _number(0, "organisation")
    ('1 country', '25 countries', 'No organisations')
    """
    nouns = nouns or (f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s")
    return f"{n or 'No'} {noun if n == 1 else nouns}"


def _link(view: StudyView, place: str) -> str:
    """Returns the link to a place on a page; the name of the page is left out if the place is on the current
    page."""
    page, mark, name = place.partition("#")
    return f"#{name}" if mark and page == f"theme-{view.theme.lower()}" else make_link(place)


# ------------------------------
# Who answered; and findings as claims, each a heading that says no more than its figure, with a bar, the base
# and a quotation.


MOST_CLAIMS, _OF_THEME = 5, 3
"""The largest number of claims on the overview, and the largest number on the page of a theme; each question
has at most one claim."""


def render_respondent_and_country_count(view: StudyView) -> Html:
    """Renders the sentence that says how many organisations answered. For audiences that see all figures, the
    sentence also has the number of countries. For other audiences, the sentence also has the number of
    answers or records, if that number differs from the number of organisations."""
    n, records = (view.sizes.get(name) for name in ("organisations", "records"))
    if n is None:
        return make_displayable("")
    said = f"{_number(n, *view.study.unit_name)} {'answered' if view.has_survey else 'took part'}"
    if view.has_capability("all_figures") and view.work_countries:
        said += f", {'for' if view.has_survey else 'from'} {_number(len(view.work_countries), 'country')}"
    elif view.has_survey and records not in (None, n):
        said += f", with {records} answers about the countries they work in" if view.is_by_country else \
            f", in {_number(records, 'record')}"
    return make_displayable(_HTML.opening(f"{said}."))


def render_page_claims(view: StudyView) -> Html:
    """Renders up to five findings of a page as claims that can be read at a glance. Each claim has a bar over
    the whole width, its base and a link. On the overview, a claim also has a quotation that was cleared for
    these readers. Below the claims follow a sentence about evidence against a code, and a sentence about what
    was not asked.

    The figures of the claims are those that :func:`choose_claims` returns. A quotation beside an answer is on
    the same theme as the answer, but the quoted organisation need not have given this answer. The page
    therefore names the theme above the quotation. A quotation is printed only once on the page. On the page
    of a theme, quotations are not printed beside claims but in a separate section.
    """
    figures = choose_claims(view)
    places, quoted = _places(view, figures), _Quotations(view)
    made = [_HTML.claim(*_claim(view, figure), round(100 * figure.n / figure.base_n), _base(view, figure),
                        link_to, bool(figure.claim),
                        *(("", "") if view.theme else quoted.choose_for_figure(figure)))
            for figure in _read_figures(figures)
            for link_to in [_link(view, _place(view, places, figure))]]
    below = [*_undecided(view), *_contrary(view), *_not_asked(view)]
    return make_displayable(_HTML.claims(made, below, dict.fromkeys(figures["chosen_by"])))


def choose_claims(view: StudyView) -> pd.DataFrame:
    """Returns the figures that a page states as claims (findings that can be read at a glance)."""
    chosen = _chosen(view)
    repeated = chosen.duplicated("question_id") & (chosen["question_id"] != "")
    return chosen[~repeated].head(_OF_THEME if view.theme else MOST_CLAIMS)


def find_question_of_first_page_claim(view: StudyView) -> str:
    """Returns the question of the first claim on a page that is about a question; blank if no claim on the
    page is about a question.

    >>> find_question_of_first_page_claim(study.view("team", theme="services"))
    'Q4.1'
    """
    return next((question for question in choose_claims(view)["question_id"] if question), "")


def render_first_claim_by_theme(view: StudyView) -> dict[str, Markup]:
    """Renders the first finding of each theme with a small bar, keyed by theme; themes without a finding are
    left out. If headlines.csv has no finding on a theme, the theme gets a finding that the rule chooses."""
    listed, by_rule = (_chosen(view), _by_rule(view) if len(read_reference_table(view.study, "headlines"))
                       else None)
    themes = map_codes_to_themes(view.code_list)
    claims_by_theme: dict[str, Markup] = {}
    for figure in _read_figures(listed if by_rule is None else pd.concat([listed, by_rule])):
        theme = themes.get(figure.code_id, "") if figure.code_id \
            else view.words.questions[figure.question_id].theme_id
        if theme not in claims_by_theme:
            claims_by_theme[theme] = _HTML.small_claim(*_claim(view, figure),
                                                       round(100 * figure.n / figure.base_n))
    return claims_by_theme


def _claim(view: StudyView, figure: _Figure) -> tuple[str, str]:
    """Returns a finding in a few words, and its count. The words are the claim that headlines.csv has for the
    finding. If headlines.csv has no claim for it, the words are the question with the answer, or the code
    that was raised."""
    count = f"{figure.n} of {figure.base_n}"
    if figure.claim:
        asked = "" if figure.code_id else view.words.questions[figure.question_id].wording
        return asked, f"{figure.claim}: {count}"
    if figure.code_id:
        return "", f"{view.words.codes.get(figure.code_id, figure.code_id)}: raised by {count}"
    return view.words.questions[figure.question_id].wording, f"{_option(view, figure)}: {count}"


def _option(view: StudyView, figure: _Figure) -> str:
    asked = view.words.questions[figure.question_id]
    return view.words.options.get((asked.option_list, figure.option_id), figure.option_id).removesuffix(".")


def _base(view: StudyView, figure: _Figure) -> str:
    """Returns in words the base of a finding, as a number of answers or organisations."""
    many = view.study.unit_name[1]
    if figure.code_id:
        n = count_organisations_with_undecided_code(figure)
        counted = f"Raised “{view.words.codes.get(figure.code_id, figure.code_id)}”, out" if figure.claim \
            else "Out"
        return (f"{counted} of {figure.base_n} {many} that were asked about it or raised it unasked"
                f"{f'; for {n} it is undecided' if n else ''}.")
    asked = view.words.questions[figure.question_id]
    counted = f"“{_option(view, figure)}”, out" if figure.claim else "Out"
    said = f"{counted} of {figure.base_n} {many} that answered." if asked.unit == "organisation" \
        else f"{counted} of {figure.base_n} answers{_each(view)}."
    if not asked.asked_if:
        return said
    return f"{said} Asked of those who {view.words.describe_condition(asked.asked_if)}"


class _Quotations:
    """Supplies the quotations that are printed beside findings. Each quotation has the code of the finding or
    is on the finding's theme, and is supplied only once."""

    def __init__(self, view: StudyView) -> None:
        frame, rows = view.quotations(), view.quotation_rows
        about = rows.drop_duplicates("text").set_index("text")
        self._left = [(row, *({*about.at[row["text"], ids].split(";")} - {""}
                              for ids in ("code_ids", "theme_ids"))) for row in frame.to_dict("records")]
        self._view = view

    def choose_for_figure(self, figure: _Figure) -> tuple[str, Markup | str]:
        """Returns a quotation for a figure, and words for its subject; both are blank if no suitable
        quotation is left. For the figure of an answer, the quotation is on the same theme; if possible, the
        quotation has a code whose name shares a word with the answer."""
        if figure.code_id:
            return "", self._take(lambda codes, themes: figure.code_id in codes)
        theme = self._view.words.questions[figure.question_id].theme_id
        words, names = _words(_option(self._view, figure)), self._view.words.codes
        quoted = self._take(lambda codes, themes: theme in themes and any(
            words & _words(names.get(code, "")) for code in codes)) \
            or self._take(lambda codes, themes: theme in themes)
        return f"On the theme “{self._view.themes[theme]}”:" if quoted else "", quoted

    def _take(self, fits: Callable[[set[str], set[str]], bool]) -> Markup | str:
        for n, (row, codes, themes) in enumerate(self._left):
            if fits(codes, themes):
                del self._left[n]
                return render_quotation(row)
        return ""


def _words(text: str) -> set[str]:
    """Returns those words of a name that have four letters or more, because they probably say what the name
    is about."""
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3}


# ------------------------------
# What speaks against it, and what was not asked.


def _contrary(view: StudyView) -> Iterator[tuple[str, str]]:
    """Yields, for the team alone, the sentence about the code that most organisations contradicted, and the
    link to this code."""
    if not view.has_capability("passages"):
        return
    codes = view.codes()
    codes = codes[(codes["contrary"] > 0) & (codes["asked"] > 0)]
    codes = codes[~codes["code_id"].isin(find_case_detail_codes(view.code_list))]
    if codes.empty:
        return
    first = codes.loc[codes["contrary"].astype(int).idxmax()]
    figures = view.select_measure_figures("coded")
    figures = figures[(figures["code_id"] == first["code_id"]) & (figures["subset_kind"] == ALL)]
    place = Places.from_tables(view.code_list, figures).locate_code(first["code_id"])
    said = (f"{_number(first['raised'], *view.study.unit_name)} raised “{first['code']}”; "
            f"{first['contrary']} said the contrary.")
    yield said, _link(view, place)


def _not_asked(view: StudyView) -> Iterator[tuple[str, str]]:
    """Yields a sentence about a theme without a survey question or, if there is no such theme, about codes
    that were raised although nobody was asked about them."""
    themes = [name for theme, name in view.themes.items() if theme in ({view.theme} - {""} or view.themes)
              and theme not in {row.theme_id for row in view.words.questions.values()}]
    unasked = _unasked(view)
    is_unasked = view.code_tree["level"].eq("code") & view.code_tree["code_id"].isin(unasked)
    codes = [f"“{name}”" for name in view.code_tree.loc[is_unasked, "name"]]
    if themes and view.has_survey:
        yield (f"No question of the survey was about {'this theme' if view.theme else _names(themes)}.", "")
    elif codes:
        yield f"Nobody was asked about {_names(codes)}: this was raised unasked.", ""


def _unasked(view: StudyView) -> set[str]:
    """Returns the codes that at least one organisation raised in an interview or answer although nobody was
    asked about them there. Codes that were raised unasked are shown to the team alone. No count of such a
    code is released, because its base has only organisations that raised the code."""
    if not view.has_capability("passages"):
        return set()
    rows = view.read("mentions")
    rows = rows[~rows["source"].isin(UNASKED)]
    by_code = rows.groupby("code_id", observed=True)[["is_asked", "is_raised"]].any()
    raised = {*by_code.index[by_code["is_raised"] & ~by_code["is_asked"]]}
    return raised - find_case_detail_codes(view.code_list)


def _names(names: Sequence[str]) -> str:
    """Returns up to three names, joined by "or". If there are more names, "others" follows the third name.

    >>> _names(["Needs"]), _names(["Needs", "Success"]), _names(["A", "B", "C", "D"])
    ('Needs', 'Needs or Success', 'A, B, C or others')
    """
    shown = [*names[:3], *(["others"] if len(names) > 3 else [])]
    return " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


# ------------------------------
# Opening sentences of a country's page.


_MOST_OF_COUNTRY = 5
_COUNTRY_RULE = (
    "For each theme we show the answer that most organisations gave here. In a tie, we show the answer that "
    "more organisations gave around this country. At most five answers are shown. Left out are sensitive "
    "questions, and counts that the readers of this page may not see exactly.")


def write_sentences_comparing_country_with_region(view: StudyView) -> pd.DataFrame:
    """Returns sentences about answers given in the country, each with the count of the country's region or of
    the whole study.

    The frame has one row per sentence, with the columns sentence, figure_id (the country's figure), link and
    chosen_by. The rule :data:`_COUNTRY_RULE` decides which answers get a sentence.

    >>> write_sentences_comparing_country_with_region(study.view("team", country="KHM"))["sentence"].iloc[0]
    '“Women” was chosen here for “Whom do you serve?”; in Asia by 8 of 8.'
    """
    kind, _, name = find_comparison_group_for_audience(view)
    found = list_country_and_comparison_counts(view)
    found = found[found["n"].gt(0) & (found["share_around"].notna() | (not kind))]
    found = found.sort_values(["share", "share_around", "order"], ascending=[False, False, True],
                              kind="stable")
    first = found.drop_duplicates("theme_id").head(_MOST_OF_COUNTRY)
    said = [(_country_sentence(row, name), row.figure_id, f"#{make_anchor('question', row.question_id)}",
             _COUNTRY_RULE) for row in first.itertuples()]
    said += [(sentence, "", link_to, "") for sentence, link_to in _undecided(view)]
    return pd.DataFrame(said, columns=["sentence", "figure_id", "link", "chosen_by"], dtype="str")


def list_country_and_comparison_counts(view: StudyView) -> pd.DataFrame:
    """Returns the exact counts of the country beside the counts of its region or of the whole study, with one
    row per question and option.

    The columns are:

    - n, base_n, share: the count, the base and the share of the country;
    - n_around, base_n_around, share_around: the count, the base and the share of the region or of the whole
      study; missing if the audience may not see them;
    - wording, label: the words for the question and for the option.

    Sensitive questions, and questions that are asked because of an answer to a sensitive question, are left
    out. Options which mean that no answer was given are left out as well."""
    asked = view.question_table
    asked = asked[asked["type"].isin(BY_OPTION)
                  & ~asked["question_id"].isin(list_sensitive_and_dependent_questions(view))]
    listed = view.options[view.options["kind"] == "substantive"]
    asked = asked.merge(listed[["option_list", "option_id", "label"]], on="option_list")
    rows = view.released[view.released["measure"].eq("response") & view.released["statistic"].eq("count")
                         & view.released["n"].notna() & view.released["base_n"].gt(0)]
    kind, group, _ = find_comparison_group_for_audience(view)
    key = ["question_id", "option_id"]
    here = rows[rows["subset_kind"].eq("country") & rows["subset_id"].eq(view.country)]
    around = rows[rows["subset_kind"].eq(kind) & rows["subset_id"].eq(group)]
    found = here[[*key, "figure_id", "n", "base_n", "share"]].merge(asked, on=key)
    return found.merge(around[[*key, "n", "base_n", "share"]], on=key, suffixes=("", "_around"), how="left")


def find_comparison_group_for_audience(view: StudyView) -> tuple[str, str, str]:
    """Returns the kind, the id and the name of the group with which the country is compared. Kind, id and
    name are blank for the team if the country has no region."""
    if not view.has_capability("all_figures"):
        return "all", "", "the whole study"
    region = view.read("countries")["region_id"].iloc[0]
    if not region:
        return "", "", ""
    name = region_label(region)
    return "region", region, f"the {name}" if name.endswith("s") else name


def _country_sentence(row: Any, around: str) -> str:
    chosen = "was chosen here" if row.base_n == 1 else f"was chosen here by {row.n} of {row.base_n}"
    said = f"“{row.label}” {chosen} for “{row.wording.removesuffix('.')}”"
    # A region in which nobody else answered has nothing to add.
    if around and row.base_n_around > row.base_n:
        return f"{said}; in {around} by {format_count(row.n_around, row.base_n_around)}."
    return f"{said}."
