"""Measures how good suggested codes are: the share of right codes that are among the first five, by language.

Uses two public studies that were coded by others. NaPiRE 2018 has open answers in English, Spanish and
Portuguese as they were written; of its codes, those with five or more answers are used, and their names serve
as definitions. The other study is a free-list survey with items in English, of which the codes of the first
of two coders are used.

Each fifth of the respondents is ranked from the other four fifths. The ranking of the package is compared
with the most frequent codes, with a naive Bayes classifier on words, and with the ranking without some of its
parts. Needs the extra `suggest` and ``GLC_SHARED_DATA``; takes about ten minutes on two cores:

.venv/bin/python benchmarks/suggestions.py
"""

from __future__ import annotations

import csv
import io
import os
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from glc_analysis.addons.desk import code_ranking  # noqa: E402
from glc_analysis.addons.desk.code_ranking import LIST_LENGTH, CodeRanking, SettledPassage  # noqa: E402
from glc_analysis.addons.desk.code_suggestions import NO_ENCODER  # noqa: E402
from glc_analysis.addons.desk.sentence_encoder import load_encoder  # noqa: E402
from glc_analysis.text import content_hash  # noqa: E402

DATA = Path(os.environ.get("GLC_SHARED_DATA", ROOT.parent / "shared" / "data"))
NO_CODES = {"NotCodable", "NEEDS CODING", "NotAnswered", ""}
FEWEST, FOLDS = 5, 5
LANGUAGES = {"English": "English", "ES": "Spanish", "PT": "Portuguese"}
PARTS = {"the package": code_ranking.LETTERS, "without the model, by letters alone": 1.0,
         "without letters": 0.0}
"""The weight of letter sequences in the similarity of two texts, for each variant of the ranking."""
WITHOUT_DEFINITIONS = "without the definitions"


def napire() -> tuple[list[SettledPassage], dict[str, str], list[str]]:
    """Returns the answers with a code, the definitions of the codes, and the language of each answer."""
    raw = (DATA / "napire2018/responses_efs_2018-02-05.csv").read_bytes().decode("mac_roman")
    rows = [[_mended(cell) for cell in row]
            for row in csv.reader(io.StringIO(raw, newline=""), delimiter=";")]
    export = {row[0]: dict(zip(rows[2], row, strict=True)) for row in rows[3:]}
    found, languages = [], []
    for question in range(277, 282):
        codes = defaultdict(set)
        path, = (DATA / "napire2018/coded").glob(f"v_{question}_*_coded.csv")
        for row in csv.reader(io.StringIO(_decoded(path.read_bytes())), delimiter=";"):
            codes[row[0].removesuffix(".0")].add(row[-1].split(":")[-1].strip())
        for person in sorted(codes.keys() & export.keys()):
            given = frozenset(codes[person] - NO_CODES)
            words = export[person][f"v_{question}"].strip()
            if given and words:
                found.append(SettledPassage(f"{person}.{question}", words, given, person))
                languages.append(LANGUAGES[export[person]["language"]])
    times = Counter(code for one in found for code in one.codes)
    kept = {code for code, n in times.items() if n >= FEWEST}
    found = [one._replace(codes=one.codes & kept) for one in found]
    languages = [language for one, language in zip(found, languages, strict=True) if one.codes]
    return [one for one in found if one.codes], {code: code for code in sorted(kept)}, languages


def free_list() -> tuple[list[SettledPassage], dict[str, str], list[str]]:
    """Returns the items with the first coder's code, no definitions, and the language of each item."""
    with (DATA / "two_coder_free_list/both.csv").open(encoding="utf-8", newline="") as file:
        found = [SettledPassage(str(n), row["trait"].strip(), frozenset({row["coder1"]}), row["rid"])
                 for n, row in enumerate(csv.DictReader(file)) if row["trait"].strip()]
    return found, {}, ["English"] * len(found)


def _mended(cell: str) -> str:
    try:
        return cell.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return cell


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def in_folds(examples: list[SettledPassage]) -> np.ndarray:
    """Returns the fold of each example. All examples of a respondent are in one fold."""
    people = sorted({one.document_id for one in examples}, key=content_hash)
    fold = {person: n % FOLDS for n, person in enumerate(people)}
    return np.array([fold[one.document_id] for one in examples])


def ranked(train: list[SettledPassage], test: list[SettledPassage], definitions: dict[str, str],
           vectors: dict[str, np.ndarray], lists_shown: list[bool] | None = None) -> list[list[str]]:
    """Returns the codes of each passage in the order in which the package ranks them."""
    rows = [vectors[one] for one in [*(example.text for example in train), *definitions.values()]]
    ranking = CodeRanking(train, definitions, np.array(rows))
    found = [ranking.rank(one.text, vectors[one.text]) for one in test]
    if lists_shown is not None:
        lists_shown += [ranking.is_worth_showing(one) for one in found]
    return [[one.code_id for one in row] for row in found]


def frequent(train: list[SettledPassage], test: list[SettledPassage]) -> list[list[str]]:
    """Returns the most frequent codes, the same for each passage."""
    times = Counter(code for one in train for code in sorted(one.codes))
    return [[code for code, _ in times.most_common()]] * len(test)


def by_words(train: list[SettledPassage], test: list[SettledPassage]) -> list[list[str]]:
    """Returns the codes of each passage as ranked by a multinomial naive Bayes classifier on its words."""
    words, times = defaultdict(Counter), Counter()
    for one in train:
        for code in sorted(one.codes):
            times[code] += 1
            words[code].update(_words(one.text))
    known = sorted({word for counts in words.values() for word in counts})
    smallest = 0.1
    logs = {code: {word: np.log(counts[word] + smallest) for word in known}
            for code, counts in words.items()}
    bases = {code: np.log(counts.total() + smallest * len(known)) for code, counts in words.items()}

    def ordered(text: str) -> list[str]:
        said = sorted(_words(text) & {*known})
        scores = {code: np.log(n) + sum(logs[code][word] for word in said) - len(said) * bases[code]
                  for code, n in times.items()}
        return sorted(scores, key=lambda code: (-scores[code], code))

    return [ordered(one.text) for one in test]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def share_found(lists: list[list[str]], test: list[SettledPassage], first: int = LIST_LENGTH) -> float:
    """Returns the share of right codes that are among the first codes of their list."""
    pairs = [code in one[:first] for one, example in zip(lists, test, strict=True) for code in example.codes]
    return sum(pairs) / len(pairs)


def chosen(rows: list, keys: list, key: object) -> list:
    """Returns the rows whose key equals ``key``."""
    return [one for one, its in zip(rows, keys, strict=True) if its == key]


def measure(name: str, data: tuple[list[SettledPassage], dict[str, str], list[str]]) -> list[str]:
    """Returns the rows of the table for one study."""
    examples, definitions, languages = data
    encoder, fold = load_encoder(), in_folds(examples)
    if encoder is None:
        sys.exit(NO_ENCODER)
    texts = [*dict.fromkeys([*(one.text for one in examples), *definitions.values()])]
    vectors = dict(zip(texts, encoder.encode(texts), strict=True))
    lists_shown: list[bool] = []

    def row(way: str, lists: list[list[str]], test: list[SettledPassage], note: str = "") -> str:
        three, five = (share_found(lists, test, first) for first in (3, LIST_LENGTH))
        return f"| {name} | {way} | {three:.2f} | {five:.2f} | {note} |"

    ways = {"most frequent codes": frequent, "naive Bayes on words": by_words,
            "the package": lambda a, b: ranked(a, b, definitions, vectors, lists_shown),
            **{part: lambda a, b: ranked(a, b, definitions, vectors) for part in [*PARTS][1:]}}
    if definitions:
        ways[WITHOUT_DEFINITIONS] = lambda a, b: ranked(a, b, {}, vectors)
    order = [n for k in range(FOLDS) for n in np.flatnonzero(fold == k)]
    test, spoken = [examples[n] for n in order], [languages[n] for n in order]
    known, rows = sorted({*spoken}), []
    for way, rank in ways.items():
        letters = code_ranking.LETTERS
        code_ranking.LETTERS = PARTS.get(way, letters)
        lists = []
        for k in range(FOLDS):
            lists += rank([one for one, f in zip(examples, fold, strict=True) if f != k],
                          [one for one, f in zip(examples, fold, strict=True) if f == k])
        code_ranking.LETTERS = letters
        shares = {language: share_found(chosen(lists, spoken, language), chosen(test, spoken, language))
                  for language in known}
        rows.append(row(way, lists, test, ", ".join(f"{one} {share:.2f}" for one, share in shares.items())))
        print(rows[-1], file=sys.stderr, flush=True)
        if way == "the package":
            rows.append(row(f"of it, the {np.mean(lists_shown):.0%} of lists that are shown",
                            chosen(lists, lists_shown, True), chosen(test, lists_shown, True)))
    english = chosen(examples, languages, "English")
    for language in known[1:]:
        own = chosen(examples, languages, language)
        lists = ranked(english, own, definitions, vectors)
        rows.append(row("from English answers alone", lists, own, language))
    return rows


def table() -> list[str]:
    """Returns the table as Markdown."""
    return ["| study | codes are ranked by | among three | among five | among five, by language |",
            "|---|---|---|---|---|", *measure("NaPiRE, 83 codes", napire()),
            *measure("free list, 15 codes", free_list())]


if __name__ == "__main__":
    print("\n".join(table()))
