"""Decides which countries an audience may know, and which answers of a country the country's page may show.

Naming the country of work and naming the country of the main office need separate consents (items
``work_country`` and ``home_country`` of consent.csv). Consent to naming a country is valid only together with
consent to ``survey``, because naming the country shows that an organisation there answered. A country is
named if one of these conditions holds:

- All organisations of the country consented to the naming of the country.
- For the public only: at least ``public_group`` independent organisations of the country consented. The
  country is then named only in a list without figures, because figures also count the organisations that did
  not consent.
- The setting ``[disclosure] countries_agreed`` in study.toml records that publication by country was agreed
  in another way, and the country has at least ``public_group`` independent organisations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import scipy

from glc_analysis.cleaning.columns import split_alternatives
from glc_analysis.cleaning.skip_logic import iterate_comparisons, parse_condition
from glc_analysis.disclosure.bounds import is_protected, make_independent_organisation_matrix, tighten_bounds
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import COALITION, Rules
from glc_analysis.figures.contributors import Incidence
from glc_analysis.figures.estimates import ALL
from glc_analysis.figures.groupings import (
    NO_GROUPINGS,
    REGION,
    Grouping,
    Groupings,
    is_about_group_chosen_for_question,
)
from glc_analysis.schema import AUDIENCES, COUNTRY_LIST, WITHOUT_GUIDE

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint


# ------------------------------
# Countries that may be known.


WORK_COUNTRY, HOME_COUNTRY = "work_country", "home_country"
"""The two items of consent to naming a country: the country of work, and the country of the main office."""

CONSENT_BY_SOURCE = {"answer": "survey", "interview": "interview", WITHOUT_GUIDE: "interview", "call": "call"}
"""Maps each source of coded text to the item of consent that the source needs."""


def find_visible_work_countries(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                                settings: Mapping[str, Any], *, audience: str) -> set[str]:
    """Returns the countries of work that an audience may see on a page, in a list or on a map.

    ``settings`` is the section [disclosure] of study.toml. The audience ``team`` may see all countries.

    >>> answers = pd.DataFrame({"country_id": ["KHM", "KHM", "LAO"], "organisation_id": ["a", "b", "c"]})
    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b", "c"], "network_id": ""})
    >>> items = ("survey", WORK_COUNTRY)
    >>> consent = Consent(frozenset((o, "", item, "convening") for o in "ac" for item in items))
    >>> settings = {"public_group": 10, "countries_agreed": {}}
    >>> find_visible_work_countries(answers, organisations, consent, settings, audience="convening")
    {'LAO'}
    """
    places = _places(answers, "country_id")
    if audience == "team":
        return {country for country, _ in places}
    sizes = _sizes(places, organisations, consent, WORK_COUNTRY, audience)
    return _named(sizes, settings, WORK_COUNTRY, audience)


def find_visible_home_countries(organisations: pd.DataFrame, consent: Consent, settings: Mapping[str, Any], *,
                                audience: str) -> set[str]:
    """Returns the countries of main offices that an audience may know, decided by the same rules as countries
    of work.

    >>> organisations = pd.DataFrame({"organisation_id": ["a", "b"], "network_id": "",
    ...                               "home_country_id": ["KHM", "LAO"]})
    >>> consent = Consent(frozenset(("a", "", item, "public") for item in ("survey", HOME_COUNTRY)))
    >>> find_visible_home_countries(organisations, consent, {"public_group": 10, "countries_agreed": {}},
    ...                        audience="public")
    {'KHM'}
    """
    places = _places(organisations, "home_country_id")
    if audience == "team":
        return {country for country, _ in places}
    sizes = _sizes(places, organisations, consent, HOME_COUNTRY, audience)
    return _named(sizes, settings, HOME_COUNTRY, audience)


def find_visible_work_and_home_countries(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                                         settings: Mapping[str, Any], *,
                                         audiences_without_countries: Collection[str] = ()
                                         ) -> dict[str, dict[str, list[str]]]:
    """Returns the countries that each audience may know: countries of work (``shown``) and countries of main
    offices (``shown_home``). Audiences in ``audiences_without_countries`` may know no country."""
    seen = [audience for audience in AUDIENCES if audience not in audiences_without_countries]
    none: dict[str, list[str]] = dict.fromkeys(AUDIENCES, [])
    work = {audience: sorted(find_visible_work_countries(answers, organisations, consent, settings,
                                                         audience=audience))
            for audience in seen}
    homes = {audience: sorted(find_visible_home_countries(organisations, consent, settings,
                                                          audience=audience))
             for audience in seen}
    return {"shown": none | work, "shown_home": none | homes}


def limit_to_home_countries_without_survey(
        known: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Mapping[str, list[str]]]:
    """Returns the countries that each audience may know in a study without a survey.

    A study without a survey does not record where an organisation works, so the country of the main office is
    used instead. A country is shown only if it may be known as a country of work and as the country of a main
    office.

    >>> known = {"shown": {"public": ["KEN", "PER"]}, "shown_home": {"public": ["PER"]}}
    >>> limit_to_home_countries_without_survey(known)["shown"]
    {'public': ['PER']}
    """
    homes = known["shown_home"]
    return {**known, "shown": {audience: [one for one in listed if one in homes[audience]]
                               for audience, listed in known["shown"].items()}}


def find_printable_country_options(questions: pd.DataFrame, survey: Mapping[str, Any], answers: pd.DataFrame,
                                   organisations: pd.DataFrame, consent: Consent, settings: Mapping[str, Any],
                                   *, audience: str) -> dict[str, set[str]]:
    """Returns, for every question whose options are countries, the countries for which figures may be
    printed.

    A figure counts all organisations of a country. Before figures of a country are printed, either all
    organisations of the country must have consented to its naming, or study.toml must record that publication
    by country was agreed. The question determines which consents are needed:

    - a question about the country of work needs consents to ``work_country``;
    - a question about the country of the main office needs consents to ``home_country``;
    - any other question whose options are countries needs consents to either of the two items.

    Countries in which no organisation takes part are not printed. If they were printed, readers could
    conclude that organisations took part in the countries that are missing from the print.

    ``survey`` is the section [survey] of study.toml, which names the columns with the country of work and
    with the country of the main office.
    """
    work = _sizes(_places(answers, "country_id"), organisations, consent, WORK_COUNTRY, audience)
    home = _sizes(_places(organisations, "home_country_id"), organisations, consent, HOME_COUNTRY, audience)
    agreed = {item: _fully_agreed(sizes, settings, item)
              for item, sizes in ((WORK_COUNTRY, work), (HOME_COUNTRY, home))}
    asked = questions[questions["option_list"] == COUNTRY_LIST]
    printable = {}
    for question, columns in zip(asked["question_id"], asked["columns"], strict=True):
        is_work, is_home = (not {*split_alternatives(columns)}.isdisjoint(split_alternatives(survey[role]))
                            for role in ("country", "home_country"))
        either = agreed[WORK_COUNTRY] | agreed[HOME_COUNTRY]
        printable[question] = agreed[WORK_COUNTRY] if is_work else agreed[HOME_COUNTRY] if is_home else either
    return printable


def find_countries_by_consent_or_settings(answers: pd.DataFrame, organisations: pd.DataFrame,
                                          consent: Consent, settings: Mapping[str, Any], *,
                                          audience: str) -> set[str]:
    """Returns the countries of work for which a figure may count every organisation that works there, because
    all these organisations consented to the naming of the country, or because study.toml records that
    publication by country was agreed."""
    sizes = _sizes(_places(answers, "country_id"), organisations, consent, WORK_COUNTRY, audience)
    return _fully_agreed(sizes, settings, WORK_COUNTRY)


def find_countries_where_all_consented(answers: pd.DataFrame, organisations: pd.DataFrame, consent: Consent,
                                       *, audience: str) -> set[str]:
    """Returns the countries of work in which every organisation consented to the naming of the country. The
    setting ``countries_agreed`` of study.toml does not count as consent here."""
    sizes = _sizes(_places(answers, "country_id"), organisations, consent, WORK_COUNTRY, audience)
    return {country for country, size in sizes.items() if size.all_agreed}


def find_countable_organisations_by_country(answers: pd.DataFrame, organisations: pd.DataFrame,
                                            consent: Consent,
                                            settings: Mapping[str, Any], *, audience: str) -> pd.DataFrame:
    """Returns one row per organisation and country of work for which the organisation may be counted, with
    the columns country_id and organisation_id.

    An organisation that consented to the naming of its countries of work may be counted in each of its
    countries that may be named. Every organisation may be counted in the countries that
    :func:`find_countries_by_consent_or_settings` returns.
    """
    places = _places(answers, "country_id")
    sizes = _sizes(places, organisations, consent, WORK_COUNTRY, audience)
    agreed, named = _agreed(consent, WORK_COUNTRY, audience), _named(sizes, settings, WORK_COUNTRY, audience)
    whole = _fully_agreed(sizes, settings, WORK_COUNTRY)
    pairs = [(country, organisation) for country, organisation in places
             if country in named and (organisation in agreed or country in whole)]
    return pd.DataFrame(pairs, columns=["country_id", "organisation_id"], dtype="str")


def find_countries_where_all_coded_consented(shown: Collection[str], answers: pd.DataFrame,
                                             mentions: pd.DataFrame,
                                             consent: Consent, *, audience: str) -> set[str]:
    """Returns those countries of ``shown`` for which an audience may see counts of coded passages.

    Every organisation that works in the country must have consented to each source (column ``source`` of
    ``mentions``) in which a passage of the organisation was coded."""
    agreed = {source: consent.find_organisations(item, audience)
              for source, item in CONSENT_BY_SOURCE.items()}
    secret = {organisation for organisation, source in zip(
        mentions["organisation_id"].astype("str"), mentions["source"].astype("str"), strict=True)
        if organisation not in agreed[source]}
    pairs = answers[["country_id", "organisation_id"]].astype("str")
    return set(shown) - set(pairs.loc[pairs["organisation_id"].isin(secret), "country_id"])


def is_hidden_country_option(figures: pd.DataFrame, questions: pd.Series,
                             printable: Mapping[str, Collection[str]]) -> np.ndarray:
    """Whether the answer that each figure counts is a country that may not be printed. ``questions`` has the
    question of each figure.

    >>> figures = pd.DataFrame({"option_id": ["KHM", "LAO", "yes"]})
    >>> is_hidden_country_option(figures, pd.Series(["Q1", "Q1", "Q2"]), {"Q1": {"LAO"}}).tolist()
    [True, False, False]
    """
    is_hidden = questions.isin([*printable]).to_numpy(dtype=bool, copy=True)
    is_hidden[is_hidden] = [option not in printable[question] for question, option in zip(
        questions[is_hidden], figures.loc[is_hidden, "option_id"], strict=True)]
    return is_hidden


def _places(rows: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    """Returns each pair of a country and an organisation in ``rows`` once."""
    pairs = zip(rows[column].astype("str"), rows["organisation_id"].astype("str"), strict=True)
    return [pair for pair in dict.fromkeys(pairs) if pair[0]]


class _Size(NamedTuple):
    """Says how many independent organisations a country has (a network counts once), how many of these
    consented to the naming of the country, and whether all organisations of the country consented."""

    independent: int
    agreed: int
    all_agreed: bool


def _sizes(places: Iterable[tuple[str, str]], organisations: pd.DataFrame, consent: Consent, item: str,
           audience: str) -> dict[str, _Size]:
    """Returns the size of each country: how many independent organisations it has, and how many of these
    consented to ``item``. For the audience ``team``, all organisations count as having consented."""
    networks = dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))
    agreed = _agreed(consent, item, audience)
    independent: dict[str, set[str]] = {}
    of_agreed: dict[str, set[str]] = {}
    refused = set()
    for country, organisation in places:
        own = networks.get(organisation) or organisation
        independent.setdefault(country, set()).add(own)
        if organisation in agreed or audience == "team":
            of_agreed.setdefault(country, set()).add(own)
        else:
            refused.add(country)
    return {country: _Size(len(own), len(of_agreed.get(country, ())), country not in refused)
            for country, own in independent.items()}


def _agreed(consent: Consent, item: str, audience: str) -> frozenset[str]:
    return consent.find_organisations("survey", audience) & consent.find_organisations(item, audience)


def _fully_agreed(sizes: Mapping[str, _Size], settings: Mapping[str, Any], item: str) -> set[str]:
    """Returns the countries in which every organisation consented to ``item``. If study.toml records that
    publication by country was agreed, the countries with enough independent organisations are returned as
    well."""
    is_recorded = settings["countries_agreed"].get("which") in (item.removesuffix("_country"), "both")
    return {country for country, size in sizes.items()
            if size.all_agreed or is_recorded and size.independent >= settings["public_group"]}


def _named(sizes: Mapping[str, _Size], settings: Mapping[str, Any], item: str, audience: str) -> set[str]:
    """Returns the countries that may be named, which include the countries that :func:`_fully_agreed`
    returns. For the public, which has no country pages, the countries in which enough independent
    organisations consented to ``item`` may be named as well."""
    enough = {country for country, size in sizes.items()
              if audience == "public" and size.agreed >= settings["public_group"]}
    return _fully_agreed(sizes, settings, item) | enough


# ------------------------------
# Which answers a country page may show in addition to the figures of the study.
#
# The organisations on the page agreed. But a reader who subtracts their answers from a study-wide figure is
# left with a figure of all the others, who did not agree. An answer is shown only where that figure
# discloses nobody's answer, even to a reader who knows two of the others from the inside.


_Key = tuple[str, str]
_SMALL_COUNT_RULES = ("count_too_small", "unanimous")
"""The rules that hide a count because few organisations gave the answer, or because few organisations in the
base did not give it."""


def find_figures_releasable_on_country_pages(estimates: pd.DataFrame, incidence: Incidence,
                                             organisations: pd.DataFrame, decided: pd.DataFrame,
                                             rules: Rules, *,
                                             countries: Mapping[str, str],
                                             countries_with_codes: Collection[str],
                                             never_shown_codes: Collection[str],
                                             groupings: Groupings = NO_GROUPINGS) -> pd.Series:
    """Returns, for each figure that the pages of ``countries`` (id -> region) might show, whether the page
    may show the figure.

    - ``decided``: the status and the rule of all figures, and the bounds that a reader knows for each count
      (``low``, ``high``).
    - ``countries_with_codes``: the countries whose codes may be shown. ``never_shown_codes``: the codes that
      are never shown.
    - ``groupings``: the attribute by which each question is grouped, and the attribute by which the codes are
      grouped.

    Country pages may show only counts of options and of codes. Numbers, words, sensitive answers and answers
    that can be compared with a public record are never shown on country pages. An answer is shown on the
    pages of all countries or on no page. Codes are shown only if all codes may be shown, because an
    organisation that raises a code also counts as having raised the codes above it.
    """
    facts, kind = incidence.facts, estimates["subset_kind"].astype("str")
    is_coded = estimates["measure"] == "coded"
    counts = is_coded | (estimates["measure"] == "response")
    counts &= estimates["statistic"].isin(["count", "organisations"])
    counts &= ~(facts["is_place"] | facts["is_sensitive"]
                | is_coded & estimates["code_id"].isin(never_shown_codes)
                | facts["question_id"].isin([*incidence.stated.get("question_id", ())]))
    where = estimates["subset_id"]
    is_here = (counts & (kind == "country") & where.isin([*countries])
               & (~is_coded | where.isin(countries_with_codes)))
    is_used = is_here | counts & ((kind == ALL)
                                  | is_about_group_chosen_for_question(estimates, facts["question_id"],
                                                                       groupings))
    columns = ["question_id", "code_id", "option_id", "subset_kind", "subset_id", "unit", "n"]
    rows = estimates.loc[is_used, columns].astype(dict.fromkeys(columns[:-1], object)).assign(
        status=decided["status"].astype(object), rule=decided["rule"].astype(object),
        least=decided["low"], most=decided["high"],
        at=np.flatnonzero(is_used))
    networks = make_independent_organisation_matrix(organisations, pd.Index(incidence.organisations))
    open_ = {key: _releasable_options(table, incidence, networks, countries, rules.count,
                                       groupings.get(key[0], Grouping(REGION)))
             for key, table in rows.groupby(["question_id", "code_id"])}
    if not all(open_[key] for key in open_ if key[1]):
        open_ = {key: options for key, options in open_.items() if not key[1]}
    _follow_skip_logic(open_, facts)
    shown = rows[is_here[is_used]]
    return pd.Series([option in open_.get((question, code), ()) for question, code, option in zip(
        shown["question_id"], shown["code_id"], shown["option_id"], strict=True)], shown.index, dtype=bool)


def _follow_skip_logic(open_: dict[_Key, set[str]], facts: pd.DataFrame) -> None:
    """Removes from ``open_`` (the options that may be shown, keyed by question or code) each question whose
    base would disclose an answer that may not be shown.

    The base of a question discloses earlier answers, because only organisations that gave certain answers to
    an earlier question were asked it.
    """
    asked = facts.loc[facts["asked_if"] != "", ["question_id", "asked_if"]].drop_duplicates()
    known, before = set(facts["question_id"]), None
    while before != (before := {key for key, options in open_.items() if options}):
        for question, condition in asked.itertuples(index=False):
            if not all(set(one.values) <= open_.get((one.name, ""), set())
                       for one in iterate_comparisons(parse_condition(condition)) if one.name in known):
                open_.pop((question, ""), None)


def _releasable_options(table: pd.DataFrame, incidence: Incidence, networks: scipy.sparse.csr_array,
                        countries: Mapping[str, str], least: int, grouping: Grouping) -> set[str]:
    """Returns the options of a question (or the only option of a code) that may be shown by country.

    If the count of an option for the whole study is hidden because it is small, readers know that fewer than
    ``least`` independent organisations gave the answer, or that fewer than ``least`` did not give it.
    """
    kind, where, unit = (table[c].to_numpy() for c in ("subset_kind", "subset_id", "unit"))
    is_whole, is_here = kind == ALL, kind == "country"
    options = [*table["option_id"].to_numpy()[is_whole]]
    if not options:
        return set()
    is_group = ~is_whole & ~is_here
    # An organisation counts in every group in which it works.
    on_all_country_pages = is_here & ((unit == "organisation") | (grouping.attribute != REGION))
    group_of = np.array([grouping.find_group(countries.get(place, "")) if here else None
                         for place, here in zip(where, is_here, strict=True)], dtype=object)
    figures = _Figures(table, options, incidence)
    columns = []
    for group in sorted({*where[is_group & (table["status"].to_numpy() != "suppressed")]}):
        on_country_pages = is_here & (group_of == group) | on_all_country_pages
        columns.append(_Column.from_figures(figures, is_group & (where == group), on_country_pages))
    last = _Column.from_figures(figures, is_whole, is_here)
    columns = [*columns, *([last.subtract_groups(columns)] if columns else []), last]
    left = np.array([column.remaining.sum() for column in columns])
    known = np.array([np.sort(column.remaining @ networks)[-COALITION:].sum() for column in columns])
    is_partition = len(options) > 1 and all(column.is_partition() for column in columns)
    low, high = (np.column_stack([getattr(column, end) - column.page_counted.sum(axis=1)
                                  for column in columns]) for end in ("low", "high"))
    low, high = tighten_bounds(np.clip(low, 0, left), np.clip(high, 0, left), left, is_partition=is_partition)
    fine = (is_protected(low, high, left, known) | (low == 0) & (high == left)).all(axis=1)
    # Country pages may show only so many of these few organisations that, for a reader and an ally, at least
    # one more remains.
    is_small = table["rule"].isin(_SMALL_COUNT_RULES).to_numpy()[is_whole][:, None]
    is_low = (last.high < last.base.sum())[:, None]
    on_pages = is_small * np.where(is_low, last.page_counted, last.page_base - last.page_counted)
    if is_partition:  # other counts hidden with the small counts show that the small ones together are few
        on_pages = np.broadcast_to(on_pages.sum(axis=0), on_pages.shape)
    fine &= (((on_pages @ networks) > 0).sum(axis=1) < least - 1 - COALITION) | (left[-1] == 0)
    if fine.all() or is_partition or not fine.any():
        return set(options) if fine.all() else set()
    is_hidden = all(column.is_protected(fine, k) for column, k in zip(columns, known, strict=True))
    return set(np.array(options)[fine]) if is_hidden else set()


class _Figures:
    """Holds the figures of one question or code, each with its option, its bounds and its records."""

    def __init__(self, table: pd.DataFrame, options: list[str], incidence: Incidence) -> None:
        self.option = pd.Index(options).get_indexer(table["option_id"])
        self.least, self.most = (table[side].to_numpy(int) for side in ("least", "most"))
        at = table["at"].to_numpy()
        self.counted, self.base = incidence.counted[at], incidence.base[at]
        self.size = len(options)

    def sum_by_option(self, records: scipy.sparse.csr_array, is_selected: np.ndarray) -> np.ndarray:
        """Returns a matrix of options x organisations. An entry is the number of the organisation's records
        in those figures of the option that ``is_selected`` selects."""
        at = np.flatnonzero(is_selected & (self.option >= 0))
        by_option = scipy.sparse.csr_array((np.ones(len(at), dtype=np.int64), (self.option[at], at)),
                              shape=(self.size, records.shape[0]))
        return (by_option @ records).toarray()


@dataclass(frozen=True)
class _Column:
    """Holds the figures of a question for one group, or for the whole study.

    - ``counted`` (options x organisations) and ``base`` (by organisation): the numbers of records in the
      figures.
    - ``page_counted`` and ``page_base``: the part of the counted records, and the part of the base, that
      country pages show.
    - ``remaining``: the records of the base that country pages do not show.
    - ``low`` and ``high``: the bounds that a reader knows for the count of each option.
    """

    counted: np.ndarray
    base: np.ndarray
    page_counted: np.ndarray
    page_base: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def from_figures(cls, figures: _Figures, is_own: np.ndarray, on_country_pages: np.ndarray) -> _Column:
        """Returns the column of the figures that ``is_own`` marks. ``on_country_pages`` marks the figures
        that country pages show."""
        counted, base = (figures.sum_by_option(one, is_own) for one in (figures.counted, figures.base))
        page_counted = np.minimum(figures.sum_by_option(figures.counted, on_country_pages), counted)
        page_base = np.minimum(figures.sum_by_option(figures.base, on_country_pages), base)
        at = np.flatnonzero(is_own & (figures.option >= 0))
        at = at[np.argsort(figures.option[at], kind="stable")]
        return cls(counted, base[0], page_counted, page_base[0], figures.least[at], figures.most[at])

    @property
    def remaining(self) -> np.ndarray:
        return self.base - self.page_base

    def subtract_groups(self, groups: list[_Column]) -> _Column:
        """Returns the part of the whole study that is outside all shown groups (the complement). The bounds
        of the complement's counts are 0 and the size of its base, because none of its counts is shown."""
        counted, base, page_counted, page_base = (
            getattr(self, name) - sum(getattr(group, name) for group in groups)
            for name in ("counted", "base", "page_counted", "page_base"))
        return _Column(counted, base, page_counted, page_base, np.zeros_like(self.low),
                       np.full_like(self.high, base.sum()))

    def is_partition(self) -> bool:
        """Whether the counts of the options add up to the base, both for the records on country pages and for
        all records."""
        return all((part.sum(axis=0) == base).all() for part, base in (
            (self.counted, self.base), (self.page_counted, self.page_base)))

    def is_protected(self, is_released: np.ndarray, known: np.ndarray) -> bool:
        """Whether readers cannot work out the hidden options from the options that country pages show.

        An organisation that ticked none of the shown options must have ticked a hidden option. If nobody
        combined a shown option with other options, an organisation that ticked this option ticked no hidden
        option.
        """
        released, hidden = self.page_counted[is_released], ~is_released
        with_others = self.counted.sum(axis=0) > self.base
        is_alone = ~((self.counted > 0) & with_others).any(axis=1)[is_released]
        low, high, left = self.low[hidden], self.high[hidden], self.remaining.sum()
        least = (self.page_base - released.max(axis=0)).clip(0).sum() - (high.sum() - high)
        most = self.page_base.sum() - released[is_alone].sum()
        low, high = (low - most).clip(0), (high - least.clip(0)).clip(None, left)
        return bool((is_protected(low, high, left, known) | (low == 0) & (high == left)).all())


# ------------------------------
# Public records: a reader who looks one up must not learn who contradicts it.
#
# Everybody knows the countries and the record, and how many state each value is a released figure. How many
# contradict the record is one more sum over the same unknowns: answers by country group, recorded value and
# stated value. The number is hidden where that sum would disclose anybody's answer.


_Range = tuple[int, int]
_SHOWN = "shown "
"""The prefix of the name of a group that consists of one country whose own counts are released."""
PLACE_COLUMNS = {"country": "country_id", "region": "region_id"}


def is_public_record_contradiction_protected(stated: pd.DataFrame,
                                             counts: Mapping[tuple[str, str, str], _Range],
                                             discordant: _Range) -> bool:
    """Whether publishing how many organisations contradict a public record discloses no organisation's
    answer.

    The organisations for which the record has the same value form a group. No answer is disclosed if, for
    each value in each group, a reader must think two things possible. First, at least one organisation whose
    answer the reader does not know stated the value. Second, at least one organisation whose answer the
    reader does not know did not state the value.

    - ``stated``: the rows of the processed table ``stated`` that can be compared with this record; each row
      is one organisation's statement. The column ``cluster`` of ``stated`` has the number of the independent
      organisation.
    - ``counts``: the range of each released count of the question, keyed by option, kind of place
      (``country``, ``region`` or ``all``) and place.
    - ``discordant``: the range of the number of organisations that contradict the record.

    If a country's own counts are released, its organisations agreed that their answers may be seen, so this
    function does not protect the answers of these organisations.

    >>> rows = pd.DataFrame({"country_id": "", "region_id": "", "recorded": ["a"] * 20 + ["b"] * 20,
    ...                      "stated": ["a"] * 12 + ["b"] * 16 + ["a"] * 12, "cluster": range(40)})
    >>> counts = {("a", "all", ""): (24, 24), ("b", "all", ""): (16, 16)}
    >>> is_public_record_contradiction_protected(rows, {}, (20, 20))
    True
    >>> is_public_record_contradiction_protected(rows, counts, (20, 20))
    True
    >>> is_public_record_contradiction_protected(rows.assign(stated=["a"] * 20 + ["b"] * 20), {}, (0, 9))
    True
    >>> is_public_record_contradiction_protected(rows, {}, (0, 1))
    False
    """
    from scipy.optimize import LinearConstraint

    options = sorted({*stated["stated"], *stated["recorded"]} - {""})
    by_group = stated.groupby(_record_groups(stated, counts))
    cells = [(str(group), str(recorded), part) for group, rows in by_group
             for recorded, part in rows.groupby("recorded")]
    at = np.arange(len(cells) * len(options)).reshape(len(cells), len(options))
    sums = [(at[k], len(part), len(part)) for k, (_, _, part) in enumerate(cells)]
    for (option, kind, place), between in counts.items():
        inside = [k for k, (_, _, part) in enumerate(cells)
                  if kind == "all" or (part[PLACE_COLUMNS[kind]] == place).all()]
        sums += [(at[inside, options.index(option)], *between)] if option in options else []
    sums.append((np.concatenate([at[k][[option != recorded for option in options]]
                                 for k, (_, recorded, _) in enumerate(cells) if recorded]), *discordant))
    matrix = np.zeros((len(sums), at.size))
    for line, (numbers, _, _) in enumerate(sums):
        matrix[line, numbers] = 1
    tied = LinearConstraint(matrix, [low for _, low, _ in sums], [high for _, _, high in sums])
    return all(_value_is_protected(at[k, j], part, tied) for k, (group, _, part) in enumerate(cells)
               if not group.startswith(_SHOWN) for j in range(len(options)))


def _record_groups(stated: pd.DataFrame, counts: Mapping[tuple[str, str, str], _Range]) -> pd.Series:
    """Returns the group of each row of ``stated``: its country or region if counts for this country or region
    are released, otherwise blank."""
    shown, by_region = ({place for _, kind, place in counts if kind == one} for one in PLACE_COLUMNS)
    group = stated["region_id"].where(stated["region_id"].isin(by_region), "")
    return group.mask(stated["country_id"].isin(shown), _SHOWN + stated["country_id"])


def _value_is_protected(number: int, rows: pd.DataFrame, tied: LinearConstraint) -> bool:
    """Whether two things are possible under the constraints ``tied``. First, the organisations in ``rows``
    that stated a value are more than those whose answers a reader and an ally know. Second, the organisations
    in ``rows`` that did not state the value are more than those whose answers a reader and an ally know.
    ``number`` is the position, among the unknowns, of the number of organisations in ``rows`` that stated the
    value."""
    from scipy.optimize import milp

    known = min(rows["cluster"].value_counts().head(COALITION).sum(), len(rows) - 1)
    for sign, reach in ((-1, known + 1), (1, len(rows) - known - 1)):
        aim = np.zeros(tied.A.shape[1])
        aim[number] = sign
        found = milp(aim, constraints=tied, integrality=np.ones(len(aim)))
        if found.x is None or sign * round(found.x[number]) > sign * reach:
            return False
    return True
