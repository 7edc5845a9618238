"""Finds the country that a name means, in any language of CLDR, and proposes rows of countries.csv for people
to review.

A wrong country is worse than an unknown country. A name therefore gets no id if it means different countries
in two languages, or if the status of its country is disputed between states. Names come from Babel (CLDR),
ISO 3166, and ``country_other_names.csv``; regions come from the list of the United Nations (M49, in
``un_regions.csv``).
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from functools import cache

import pandas as pd

from glc_analysis.cleaning import columns
from glc_analysis.cleaning.countries import (
    CODES_THAT_ARE_WORDS,
    country_name,
    find_country_ids,
    find_intended_alpha_3_code,
    map_country_ids_to_english_iso_names,
    map_english_iso_names_to_country_ids,
)
from glc_analysis.cleaning.records import NO_SURVEY, read_surveys
from glc_analysis.errors import Faults, GLCError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import fold_case_and_spacing, normalise_space

_CONTESTED = {
    "ESH", "PSE", "TWN", "abkhazia", "crimea", "gaza", "kashmir", "kosovo", "kurdistan",
    "nagorno-karabakh", "northern cyprus", "palestine", "palestinian territories", "somaliland",
    "south ossetia", "taiwan", "tibet", "transnistria", "west bank", "western sahara"}  # fmt: skip
"""The ids and names of countries whose status, borders or name are disputed between states. A person must
decide on the ids of these countries."""

_AMBIGUOUS = {
    "america", "congo", "czechoslovakia", "kongo", "korea", "micronesia", "saint martin",
    "serbia and montenegro", "soviet union", "ussr", "virgin islands", "yugoslavia"}  # fmt: skip
"""The names that mean several countries, or a country that no longer exists."""

_ORDER = re.compile(r"(.+), (.+)")
_APART = re.compile(r"\s+[/|]\s+|\s*/\s*|\s*\|\s*")
_BRACKETS = re.compile(r"(.+?)\s*[(\[](.+?)[)\]]")


def read_country_names(study: Study) -> tuple[pd.Series, pd.DataFrame]:
    """Returns the texts in the survey's country columns, and the reviewed rows of countries.csv."""
    reference, settings = read_reference(study), study.settings["survey"]
    texts = [pd.Series(dtype="str")]
    for survey in read_surveys(study):
        for role in ("country", "home_country"):
            if settings[role]:
                at, faults = columns.locate_question_columns(settings[role], survey,
                                                             source=f"[survey] {role} of study.toml")
                if faults:
                    raise Faults(faults)
                texts += [survey.frame[at[""]]] if at[""] else []
    if len(texts) == 1 and not study.list_raw_files("survey"):
        raise GLCError(NO_SURVEY)
    names = pd.concat(texts, ignore_index=True).map(normalise_space)
    return names[~names.isin(["", *settings["blank"]])], reference.countries


def suggest_unlisted_country_rows(names: pd.Series, countries: pd.DataFrame) -> pd.DataFrame:
    """Returns rows of countries.csv for a person to review, one for each unknown name, sorted by name.

    Countries are proposed from names in other languages, from codes of any kind and from similar spellings;
    ``country_id`` is blank if no country is proposed. Region and label are copied from the rows that
    countries.csv already has for the country.
    """
    unknown = names[find_country_ids(names, countries) == ""]
    unknown = sorted({normalise_space(name) for name in unknown.unique()} - {""})
    reviewed = countries.drop_duplicates("country_id").set_index("country_id")
    known_names = {**map_english_iso_names_to_country_ids(),
                   **dict(zip(countries["raw_name"].map(fold_case_and_spacing),
                              countries["country_id"], strict=True))}
    rows = []
    for name in unknown:
        close = difflib.get_close_matches(fold_case_and_spacing(name), known_names, n=1, cutoff=0.8)
        proposed = find_country_id(name) or find_intended_alpha_3_code(name) or (known_names[close[0]]
                                                                                 if close
                                                                                 else "")
        rows.append([name, proposed, reviewed["label"].get(proposed, country_name(proposed)),
                     reviewed["region_id"].get(proposed, "")])
    return pd.DataFrame(rows, columns=["raw_name", "country_id", "label", "region_id"], dtype="str")


def find_country_id(name: str, *, in_all_languages: bool = True) -> str:
    """Returns the ISO 3166 code of the country that a name in any language means; blank if the country is
    unknown or uncertain.

    Names in two languages (``Spain / España``) and inverted names (``Korea, South``) are recognised. English
    names are tried first. With ``in_all_languages``, names in all other languages are tried next. Such a name
    counts only if it means the same country in every language that has the name. The first search of this
    kind takes a second.

    >>> [find_country_id(name) for name in ("Turkey", "Macedonia", "Spain / España", "Korea, South", "Perú")]
    ['TUR', 'MKD', 'ESP', 'KOR', 'PER']
    >>> [find_country_id(name) for name in ("Congo", "Kosovo", "Wakanda", "Korea", "Spain / France", "no")]
    ['', '', '', '', '', '']
    """
    key = _key(name)
    if not key or key in _AMBIGUOUS or key in _CONTESTED:
        return ""
    country = _whole_name(key, in_all_languages)
    bracketed = _BRACKETS.fullmatch(name.strip())
    for parts in (_APART.split(name), bracketed.groups() if bracketed else ()):
        if not country and len(parts) > 1:
            meant = {find_country_id(part, in_all_languages=in_all_languages) for part in parts if _key(part)}
            country = meant.pop() if len(meant) == 1 else ""
    if not country and (turned := _ORDER.fullmatch(key)):
        country = _whole_name(f"{turned[2]} {turned[1]}", in_all_languages)
    if not country and key.startswith("the "):
        country = _whole_name(key[4:], in_all_languages)
    return "" if country in _CONTESTED else country


def is_country_status_disputed(name: str) -> bool:
    """Whether the status of the country with this name is disputed between states, so that a person must
    decide which id the name gets.

    >>> [*map(is_country_status_disputed, ("Taiwan", "Palestina", "Peru"))]
    [True, True, False]
    """
    key = _key(name)
    is_named = any(key == name or key.startswith((f"{name},", f"{name} (")) for name in _CONTESTED)
    return is_named or _whole_name(key, everywhere=True) in _CONTESTED


def name_country_in_english(country_id: str) -> str:
    """Returns the usual English name of a country in CLDR.

    >>> name_country_in_english("TUR"), name_country_in_english("KOR")
    ('Türkiye', 'South Korea')
    """
    import pycountry
    from babel import Locale

    country = pycountry.countries.get(alpha_3=country_id)
    return Locale.parse("en").territories.get(country.alpha_2, "") if country else country_name(country_id)


@cache
def read_un_regions() -> dict[str, str]:
    """Returns the region of each country in the United Nations' division of the world (M49), keyed by the
    country's id.

    >>> read_un_regions()["KHM"], len(set(read_un_regions().values()))
    ('asia', 5)
    """
    return {row["country_id"]: row["region_id"] for row in read_packaged_csv(__file__, "un_regions.csv")}


def _whole_name(key: str, everywhere: bool) -> str:
    """Returns the id of the country that a name means in English or, if English lacks the name, in all
    languages that have it."""
    return _names_in("en").get(key) or (_names_anywhere().get(key, "") if everywhere else "")


def _key(name: str) -> str:
    """Returns a name in the form in which names are compared. This form has small letters and single blanks,
    and neither begins nor ends with a dot, semicolon or comma."""
    return fold_case_and_spacing(name).replace("’", "'").replace("&", "and").strip(" .;,")


@cache
def _names_in(language: str) -> dict[str, str]:
    """Returns the ids of countries, keyed by the country's names in one language. Names of regions of the
    world are left out."""
    import pycountry
    from babel import localedata

    ids = {country.alpha_2: country.alpha_3 for country in pycountry.countries}
    if not localedata.exists(language):
        return {}
    # Without what a language inherits: that takes most of the time, and holds no names.
    territories = localedata.load(language, merge_inherited=False).get("territories", {})
    names = {_key(name): ids[code] for code, name in territories.items() if code in ids}
    if language == "en":
        for country_id, official in map_country_ids_to_english_iso_names().items():
            for name in official:
                names.setdefault(_key(name), country_id)
            if country_id not in CODES_THAT_ARE_WORDS:
                names.setdefault(country_id.casefold(), country_id)
        names |= {_key(row["name"]): row["country_id"]
                  for row in read_packaged_csv(__file__, "country_other_names.csv")}
    names.pop("", None)
    return {name: country_id for name, country_id in names.items() if name not in _AMBIGUOUS}


@cache
def _names_anywhere() -> dict[str, str]:
    """Returns the ids of countries, keyed by those names that mean the same country in all languages that
    have the name. Names are included with and without accents."""
    from babel import localedata

    meant: dict[str, set[str]] = {}
    for language in localedata.locale_identifiers():
        if "_" not in language:
            for name, country_id in _names_in(language).items():
                meant.setdefault(name, set()).add(country_id)
                # Latin letters, which people also write without accents.
                if not name.isascii() and name < "\u0250":
                    meant.setdefault(_without_accents(name), set()).add(country_id)
    return {name: next(iter(ids)) for name, ids in meant.items() if len(ids) == 1 and len(name) > 2}


def _without_accents(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
