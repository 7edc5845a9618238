"""Languages by their codes and English names, as ISO 639-3 lists them.

The list is pycountry's file, read as it is: pycountry makes an object of each of its 7,900 languages first,
which would cost every page a tenth of a second.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pycountry

from glc_analysis.cleaning.values import folded


def language_name(code: str) -> str:
    """The English name of a language by its code of two or three letters; the code where there is none.

    >>> language_name("km"), language_name("khm"), language_name("unknown"), language_name("")
    ('Khmer', 'Khmer', 'unknown', '')
    """
    return _names().get(code, code)


def language_code(name: str) -> str:
    """A language as recorded (``EN``, ``Spanish``, ``es-419``) as ISO 639-1; ``""`` if unknown.

    >>> [language_code(n) for n in ("EN", "Spanish", "es-419", "khm", "")]
    ['en', 'es', 'es', 'km', '']
    """
    head = folded(name).replace("_", "-").split("-")[0]
    return _codes().get(folded(name)) or _codes().get(head, "")


@cache
def _listed() -> list[dict[str, str]]:
    text = Path(pycountry.DATABASE_DIR, "iso639-3.json").read_text(encoding="utf-8")
    return json.loads(text)["639-3"]


@cache
def _names() -> dict[str, str]:
    return {language[code]: language["name"] for code in ("alpha_3", "alpha_2") for language in _listed()
            if code in language}


@cache
def _codes() -> dict[str, str]:
    """Codes and English names of every language that has a two-letter code -> that code."""
    coded = [language for language in _listed() if "alpha_2" in language]
    names = {folded(language["name"].split(" (")[0]): language["alpha_2"] for language in coded}
    codes = {code: language["alpha_2"] for language in coded for code in (
        language["alpha_2"], language["alpha_3"], language.get("bibliographic", ""))}
    return {**names, **codes, "": ""}
