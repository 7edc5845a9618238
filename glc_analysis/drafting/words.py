"""The words by which a form can be understood: hints in its questions, kinds of options, steps of scales.

They are data: ``content/words.csv`` and ``content/scale_words.csv``, in several languages, without accents.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from glc_analysis.text import match_key

_MARKS = re.compile(r"[^\w\s'/<>+-]+")
_PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+"  # an e-mail address
    r"|(?<![\w-])\+\d[\d ()./-]{7,}\d(?!\w)"  # a telephone number, with its country or in groups
    r"|(?<![\w.,-])\(?\d{2,5}\)?[ /-]\d{2,}[ /-]?\d{2,}[\d /-]*(?![\w.,])"
    r"|\b\d{1,5}\s+\w+\s+(street|st|road|rd|avenue|ave|lane|drive)\b"
    r"|\b(calle|rue|avenida|avenue|rua|via)\s+\w+.*\d|\w+(strasse|straße|straat|weg)\s+\d",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(mr|mrs|ms|dr|prof|sra?|mme|herr|frau|don|doña)\.?\s+[^\W\d_]", re.IGNORECASE)
_DIGIT = re.compile(r"[\d@]")
_DATE_OR_SPAN = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.*|\d{1,7}\s*[-–—]\s*\d{1,7}|\d+")


@lru_cache(maxsize=100_000)
def plain(text: str) -> str:
    """Text without case, accents and most marks, in which words are looked for.

    >>> plain("¿En qué PAÍS vives?")
    'en que pais vives'
    """
    folded = match_key(text).replace("’", "'")
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(_MARKS.sub(" ", folded).split())


def mentions(concept: str, text: str) -> bool:
    """Whether a question's text has a word of a concept, as whole words.

    >>> mentions("country", "In what country do you live?"), mentions("count", "The country")
    (True, False)
    """
    return bool(_pattern(concept).search(f" {plain(text)} "))


def is_word(concept: str, text: str) -> bool:
    """Whether an answer is a word of a concept and nothing else, such as "yes".

    >>> is_word("yes", "Sí"), is_word("yes", "Yes, often")
    (True, False)
    """
    return plain(text) in _words()[concept]


def is_tool_column(name: str) -> bool:
    """Whether a column has the name of one that survey tools add, such as "session_id" or "_uuid".

    >>> is_tool_column("session_id"), is_tool_column("visits/_index"), is_tool_column("Q1")
    (True, True, False)
    """
    last = re.sub(r".*[./]", "", name)
    return (
        is_word("tool", name) or last != name and is_word("tool", last) or bool(re.fullmatch(r"rts\d+", name))
    )


def kind_of_option(label: str) -> str:
    """What it means to choose an option, by its words: a proposal for a person to look at.

    >>> [kind_of_option(label) for label in ("Other", "Prefer not to say", "No sé qué es Shiny", "Law")]
    ['other', 'refused', 'dont_know', 'substantive']
    """
    text = plain(label)
    for kind in ("refused", "dont_know"):
        if any(
            text == word or text.startswith(f"{word} ") or f" {word}" in f" {text}" and " " in word
            for word in _words()[kind]
        ):
            return kind
    head = plain(re.sub(r"\(.*", "", label))
    return next(
        (kind for kind in ("other", "none") if text in _words()[kind] or head in _words()[kind]),
        "substantive",
    )


def looks_personal(text: str) -> bool:
    """Whether an answer looks like somebody's name, address or number.

    >>> [looks_personal(text) for text in ("ana@example.org", "+255 123 456 789", "12 High Street")]
    [True, True, True]
    >>> [looks_personal(text) for text in ("2010 - 2015", "$50,000 - $99,999", "Online course")]
    [False, False, False]
    """
    if _TITLED.match(text):
        return True
    is_found = _DIGIT.search(text) and _PERSONAL.search(text)  # all the others hold a digit or an @
    return bool(is_found) and not _DATE_OR_SPAN.fullmatch(text.strip())


def is_link(text: str) -> bool:
    """Whether an answer is an address on the web, which may lead to a person.

    >>> is_link("https://example.org/ana"), is_link("the web")
    (True, False)
    """
    return bool(re.search(r"https?://|www\.\w", text))


def scale_steps(labels: Sequence[str]) -> list[float] | None:
    """The step of each option on a scale, None where the options are no scale that is known.

    An option that says "don't know" and the like has no step (nan). Which end is high, nobody says here.

    >>> scale_steps(["Often", "Never", "Sometimes"])
    [5.0, 0.0, 4.0]
    >>> scale_steps(["2/10", "10/10"]), scale_steps(["1 (None at all)", "2", "5"])
    ([2.0, 10.0], [1.0, 2.0, 5.0])
    >>> scale_steps(["Very unfavorably", "Somewhat favorably", "Neither", "Very favorably"])
    [-2.0, 1.0, 0.0, 2.0]
    """
    own = [
        n
        for n, label in enumerate(labels)
        if kind_of_option(label) == "substantive" or kind_of_option(label) == "none" and len(labels) > 2
    ]
    texts = [labels[n] for n in own]
    for steps in (_numbered(texts), _valued(texts), *(_worded(texts, family) for family in _families())):
        known = [step for step in steps if step is not None]
        is_enough = len(set(known)) > (
            1 if steps is not None and _NUMBERED.fullmatch(texts[0] if texts else "") else 2
        )
        if is_enough and len(known) == len(texts) and len(set(known)) >= len(known) - (len(known) > 3):
            found = dict(zip(own, known, strict=True))
            return [float(found.get(n, float("nan"))) for n in range(len(labels))]
    return None


def scale_marks(labels: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The family of scales and the step of each label that begins with a known word, whichever the language.

    >>> scale_marks(["Meses", "Años", "Han"])
    {'Meses': ('duration', 4), 'Años': ('duration', 5)}
    """
    best: dict[str, tuple[str, int]] = {}
    for family in _families():
        found = {
            label: (family, step)
            for label, step in zip(labels, _worded(labels, family), strict=True)
            if step is not None
        }
        if len(found) > max(1, len(best)):
            best = found
    return best


_NUMBERED = re.compile(r"(\d{1,2})(\s*\+|\s*/\s*\d{1,3}|\s*[-–(:=.]\s*[^\d\s].*|\s*\(.*)?", re.DOTALL)
_SIGNED = re.compile(
    r"^(?:(very|extremely|strongly|completely|muy|tres|sehr|muito|zeer)|"
    r"(somewhat|slightly|rather|moderately|algo|plutot|eher|um pouco|enigszins))?\s*"
    r"((?:un|dis|in)(?=favo|sati|likel|impor|agree|comfort|happy|help)|not\s)?([a-z']+)"
)


def _numbered(labels: Sequence[str]) -> list[int | None]:
    found = [_NUMBERED.fullmatch(label.strip()) for label in labels]
    return [int(match[1]) if match else None for match in found]


def _valued(labels: Sequence[str]) -> list[int | None]:
    """Steps of options such as "very favourably" and "somewhat unfavourably": a degree, and for or
    against."""
    steps: list[int | None] = []
    stems = set()
    for label in labels:
        text = plain(label)
        match = _SIGNED.match(text)
        if text.startswith(("neither", "neutral", "ni ", "weder", "nem ")):
            steps.append(0)
        elif match and match[4]:
            degree = 2 if match[1] else 1
            stems.add(match[4][:5])
            steps.append(-degree if match[3] else degree)
        else:
            steps.append(None)
    signs = {step > 0 for step in steps if step}
    return steps if len(stems) == 1 and len(signs) == 2 else [None]


def _worded(labels: Sequence[str], family: str) -> list[int | None]:
    return [_worded_step(plain(label), family) for label in labels]


def _worded_step(text: str, family: str) -> int | None:
    """The step of the longest word of a family with which a text begins, or that it holds as words of its
    own."""
    found = [
        (text.startswith(word), len(word), rank)
        for rank, word in _families()[family]
        if text == word
        or text.startswith(f"{word} ")
        or family in ("change", "frequency", "expertise")
        and f" {word} " in f" {text} "
    ]
    return max(found)[2] if found else None


@cache
def _families() -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for row in _rows("scale_words.csv"):
        found.setdefault(row["family"], []).extend(
            (int(row["rank"]), word) for word in row["words"].split("|")
        )
    return found


@cache
def _words() -> dict[str, Collection[str]]:
    return {row["concept"]: frozenset(map(plain, row["words"].split("|"))) for row in _rows("words.csv")}


@cache
def _pattern(concept: str) -> re.Pattern[str]:
    words = sorted(_words()[concept] - {""}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")


def _rows(name: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath("content", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
