"""Finds the options of a question in the answers to the question; a cell may join several options.

A label may contain the separator that stands between options. The module recognises such a label, because the
parts of the label always occur together. An option is counted but not listed if fewer than five respondents
gave it, or if it looks like a name or an address. Texts that only one respondent gave are taken for texts
written after "Other".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np

from glc_analysis.addons.drafting.words import (
    guess_option_kind,
    has_link,
    is_concept_word,
    map_labels_to_known_scale_steps,
    may_be_direct_identifier,
    strip_case_accents_and_extra_blanks,
    strip_case_accents_and_punctuation,
)
from glc_analysis.cleaning.dimension_tables import MINUS
from glc_analysis.text import fold_case_and_spacing

FEWEST = 5
"""The smallest number of respondents who must have given an option for the option to be listed. Rarer options
are only counted."""

SEPARATORS = {"; ": "semicolon", ";": "semicolon", "\n": "line break", " | ": "bar", "|": "bar",
              ", ": "comma", ",": "comma"}
"""The separators that may stand between several options in one cell; the most certain separator comes
first."""

_SIGNS = re.escape("+#<>%&/=≤≥±$€£\N{MINUS SIGN}")
"""The signs that may be the only difference between two options, such as < and >."""
_TOGETHER, _TOGETHER_LOWER = 0.97, 0.9
"""Two neighbouring parts of a cell are one label if they are neighbours in almost all cells that have either
of them. "Almost all" is at least the share ``_TOGETHER`` of these cells; the share is ``_TOGETHER_LOWER`` if
the second part begins with a small letter or a conjunction."""
_CONJUNCTIONS = ("or ", "and ", "y ", "o ", "et ", "ou ", "und ", "oder ")


@dataclass
class AnswerOptions:
    """The options of a question.

    - ``counts``: how often each option was given, under its most frequent spelling.
    - ``spellings``: the other spellings of each option in the files (except those that differ only in case or
      blanks), with their counts.
    - ``hidden``: the texts that are counted but not listed, with their counts.
    - ``order``: the order of the options in the form, inferred from cells with several options; empty if no
      cells show the order.
    """

    counts: Counter[str] = field(default_factory=Counter)
    spellings: dict[str, Counter[str]] = field(default_factory=dict)
    hidden: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    is_merged_by_few: bool = False


def count_options_in_joined_cells(counts: Counter[str],
                                  separator: str) -> tuple[Counter[str], list[tuple[list[str], int]], bool]:
    """Divides cells into options at a separator. Labels that contain the separator are not divided. Returns
    how often each option was given, the options in each cell, and whether only few cells show that a label
    contains the separator.

    >>> cells = Counter({"Web course (a, b)": 9, "Blogs, Twitter, or Slack": 7, "Web course (a, b), Books": 6,
    ...                  "Books, Blogs, Twitter, or Slack": 6, "Books": 8})
    >>> dict(count_options_in_joined_cells(cells, ", ")[0])
    {'Web course (a, b)': 15, 'Blogs, Twitter, or Slack': 13, 'Books': 20}
    """
    cells = [(_parts(text, separator), count) for text, count in counts.items()]
    weak = False
    for _ in range(12):  # every round joins two neighbours; no label of a form has more parts
        bound, is_weak = _bound_pairs(cells)
        if not bound:
            break
        weak |= is_weak
        cells = [(_join(parts, bound, separator), count) for parts, count in cells]
    options: Counter[str] = Counter()
    for parts, count in cells:
        for part in dict.fromkeys(parts):
            options[part] += count
    return options, cells, weak


def _parts(text: str, separator: str) -> list[str]:
    """Returns the parts of a cell between its separators. Separators within brackets do not count, except if
    a bracket is not closed."""
    parts, depth, open_part = [], 0, ""
    # Not within numbers.
    between = re.compile(r"(?<!\d),|,(?!\d)" if separator == "," else re.escape(separator))
    for part in between.split(text):
        depth = max(0, depth + part.count("(") + part.count("[") - part.count(")") - part.count("]"))
        open_part = f"{open_part}{separator}{part}" if open_part else part
        if not depth:
            parts.append(open_part)
            open_part = ""
    if open_part:
        parts = between.split(text)
    return [part for part in map(str.strip, parts) if part]


def _bound_pairs(cells: Sequence[tuple[list[str], int]]) -> tuple[set[tuple[str, str]], bool]:
    """Returns the pairs of neighbouring parts that always or almost always stand together, and whether some
    of these pairs occur in only few cells."""
    single: Counter[str] = Counter()
    after: dict[str, Counter[str]] = defaultdict(Counter)
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for parts, count in cells:
        for part in parts:
            single[part] += count
        for first, second in pairwise(parts):
            after[first][second] += count
            before[second][first] += count
    bound, weak = set(), False
    for second, firsts in before.items():
        first, times = firsts.most_common(1)[0]
        is_continued = second[:1].islower() or second.startswith(_CONJUNCTIONS)
        share = _TOGETHER_LOWER if is_continued else _TOGETHER
        if times < 2 or times < share * single[second]:
            continue
        # The first may go before several that always follow it.
        followed = sum(count for other, count in after[first].items()
                       if before[other].most_common(1)[0][0] == first and count >= share * single[other])
        if followed >= share * single[first]:
            bound.add((first, second))
            weak |= times < 4 * FEWEST and not is_continued
    return bound, weak


def _join(parts: list[str], bound: set[tuple[str, str]], separator: str) -> list[str]:
    joined: list[str] = []
    is_new = True
    for n, part in enumerate(parts):
        if n and is_new and (parts[n - 1], part) in bound:
            joined[-1] = f"{joined[-1]}{separator}{part}"
            is_new = False
        else:
            joined.append(part)
            is_new = True
    return joined


def list_answer_options(counts: Mapping[str, int], known_option_keys: Collection[str] = (),
                        fewest_answers: int = FEWEST) -> AnswerOptions:
    """Returns the options among the answers, with their spellings. Options that fewer than ``fewest_answers``
    respondents gave are counted but not listed.

    ``known_option_keys`` are the keys of options that are listed elsewhere in the form. Options with such a
    key are listed even if they are rare, because they cannot be a respondent's own words.

    >>> found = list_answer_options(Counter({"Male": 9, "male": 3, "Male.": 1, "Female": 8, "xyz": 2}))
    >>> dict(found.counts), found.spellings, dict(found.hidden)
    ({'Male': 13, 'Female': 8}, {'Male': Counter({'Male.': 1})}, {'xyz': 2})
    """
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for text, count in counts.items():
        groups[make_option_spelling_key(text)][text] += count
    options, listed = AnswerOptions(), Counter[str]()
    for key, group in groups.items():
        label = max(group, key=lambda text: (group[text], text))
        if (group.total() >= fewest_answers
            or key in known_option_keys) and not (may_be_direct_identifier(label)
                                                                                  or has_link(label)):
            listed[label] = group.total()
            others = {text: n for text, n in group.items()
                      if fold_case_and_spacing(text) != fold_case_and_spacing(label)}
            if others:
                options.spellings[label] = sort_counts_most_common_first(others)
        else:
            options.hidden[label] += group.total()
    options.counts = sort_counts_most_common_first(listed)
    return options


def sort_counts_most_common_first(counts: Mapping[str, int]) -> Counter[str]:
    """Sorts counts, the most frequent first; texts with equal counts are sorted alphabetically.

    >>> [*sort_counts_most_common_first({"b": 2, "c": 3, "a": 2})]
    ['c', 'a', 'b']
    """
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))))


@lru_cache(maxsize=100_000)
def make_option_spelling_key(text: str) -> str:
    """Returns the key that all spellings of an option share, which is the text without case, accents,
    repeated blanks and meaningless marks. Signs that distinguish options stay in the key.

    >>> one, other = "Never -- I don't use it.", "never - I don’t use it"
    >>> make_option_spelling_key(one) == make_option_spelling_key(other)
    True
    >>> len({make_option_spelling_key(text) for text in ("C", "C++", "C#", "UTC-3", "UTC+3", "> 5", "5", "-5",
    ...     "2.5")})
    9
    """
    folded = MINUS.sub("\N{MINUS SIGN}", strip_case_accents_and_extra_blanks(text))
    folded = re.sub(r"(?<=\w)-$", "\N{MINUS SIGN}", folded)  # a grade: A-
    folded = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", folded)
    folded = re.sub(rf"[^\w.{_SIGNS}]+", " ", folded)
    return re.sub(rf"\s*([{_SIGNS}])\s*", r"\1", folded).strip() or fold_case_and_spacing(text)


def infer_option_order(cells: Sequence[tuple[list[str], int]], options: Collection[str]) -> list[str]:
    """Infers the order in which a form offers its options from their order in the cells that hold several
    options.

    Options whose order no cell shows are left out. The result is empty if more than 5 % of the pairs of
    options in cells are in contradictory order.

    >>> infer_option_order([(["a", "c"], 3), (["b", "c"], 2), (["a", "b"], 1)], ["c", "b", "a"])
    ['a', 'b', 'c']
    """
    ahead: Counter[tuple[str, str]] = Counter()
    for parts, count in cells:
        for pair in combinations([part for part in parts if part in options], 2):
            ahead[pair] += count
    contradicted = sum(min(count, ahead[b, a]) for (a, b), count in ahead.items()) / 2
    if not ahead or contradicted > 0.05 * ahead.total():
        return []
    wins = {a: sum(ahead[a, b] > ahead[b, a] for b in options) for a in options}
    losses = {a: sum(ahead[b, a] > ahead[a, b] for b in options) for a in options}
    ordered = [option for option in options if wins[option] or losses[option]]
    return sorted(ordered, key=lambda option: (losses[option] - wins[option], option))


# ------------------------------
# Options that changed between waves.


def find_unexpectedly_unchosen_options(files: Sequence[tuple[str, str, Counter[str]]],
                                       labels: Collection[str], *, separator: str = "",
                                       is_reworded: bool = False) -> dict[str, list[str]]:
    """Returns, keyed by file name, the options that nobody chose in the file although at least five choices
    of these options together were expected. The expected number is computed from the share of choices of
    these options in another file. If five choices are expected, the probability of no choice is below 1 %.

    - ``files``: each file's name, its heading, and how often each cell occurs.
    - ``separator``: the separator between several options in a cell; "" if each cell holds one option.
    - ``is_reworded``: whether the heading was reworded. Two files with the same heading are always compared.
      If the heading was reworded, two files are also compared if more than half of the options of the file
      with fewer options are options of the other file.

    >>> find_unexpectedly_unchosen_options([("a.csv", "Rate it", Counter({"1": 20, "2": 20})),
    ...                  ("b.csv", "Rate it", Counter({"1": 20, "2": 10, "3": 10}))], ["1", "2", "3"])
    {'a.csv': ['3']}
    """
    chosen = [{label: n for label in labels if (n := _times_chosen(label, cells, separator))}
              for _, _, cells in files]
    changed: dict[str, list[str]] = {}
    for (name, heading, cells), in_file in zip(files, chosen, strict=True):
        gone: set[str] = set()
        for (_, other_heading, other_cells), others in zip(files, chosen, strict=True):
            is_same = fold_case_and_spacing(heading) == fold_case_and_spacing(other_heading)
            is_alike = 2 * len(in_file.keys() & others) > min(len(in_file), len(others))
            missing = others.keys() - in_file
            n_missing = sum(others[label] for label in missing)
            if (is_same or is_reworded and is_alike) and (
                    n_missing * cells.total() >= FEWEST * max(1, other_cells.total())):
                gone |= missing
        if gone:
            changed[name] = [label for label in labels if label in gone]
    return changed


def _times_chosen(label: str, cells: Counter[str], separator: str) -> int:
    """Returns the number of cells that hold an option. If there is a ``separator``, cells that hold the
    option together with other options are also counted."""
    key, folded = make_option_spelling_key(label), fold_case_and_spacing(label)
    if not separator:
        return sum(count for text, count in cells.items() if make_option_spelling_key(text) == key)
    return sum(count for text, count in cells.items()
               if key in map(make_option_spelling_key, _parts(text, separator))
               or separator in label and folded in fold_case_and_spacing(text))


# ------------------------------
# The options of one question in two languages.


_NOTHING: Mapping[str, tuple[str, str]] = {}
SURE, UNSURE = "sure", "unsure"
"""The degrees of certainty of a row of a draft, or of a pair of options in two languages."""
LIKELY, UNPAIRED = "likely", "open"
"""Two further degrees of certainty for a pair of options in two languages; the value ``open`` means that the
option has no partner."""


def map_their_options_to_ours(
        ours: AnswerOptions, theirs: AnswerOptions,
        known_translations: Mapping[str, tuple[str, str]] = _NOTHING) -> dict[str, tuple[str, str]]:
    """Returns, for each option of another file (``theirs``), the option of the first file (``ours``) that has
    the same meaning, and how certain the pair is.

    Pairs are inferred from the order of the form, from numbers and names in the labels, and from similar
    spellings and frequencies; no text is translated. A blank option means that no partner was found.
    ``known_translations`` holds the pairs that other questions of the form show
    (:func:`.option_lists.map_option_translations_to_originals`).

    >>> english = AnswerOptions(Counter({"Statistical analysis": 9, "Modeling": 7, "Visualization": 6}))
    >>> spanish = AnswerOptions(Counter({"Análisis estadístico": 8, "Modelado": 5, "Visualización": 5}))
    >>> [pair[0] for pair in map_their_options_to_ours(english, spanish).values()]
    ['Statistical analysis', 'Modeling', 'Visualization']
    """
    pairing = _Pairing(ours, theirs)
    for marks in (_keys, _kinds, _answers, _steps):
        pairing.pair_by_marks(marks)
    pairing.pair_translated(known_translations)
    pairing.pair_similar()
    return pairing.pairs


class _Pairing:
    """Pairs the options of two files. Each method of this class pairs only options that are still without a
    partner."""

    def __init__(self, ours: AnswerOptions, theirs: AnswerOptions) -> None:
        self.ours, self.theirs = ours, theirs
        self.pairs = dict.fromkeys(theirs.counts, ("", UNPAIRED))

    @property
    def left(self) -> list[str]:
        """Returns the options of the first file that have no partner yet."""
        taken = {pair for pair, _ in self.pairs.values()}
        return [text for text in self.ours.counts if text not in taken]

    @property
    def right(self) -> list[str]:
        """Returns the options of the other file that have no partner yet."""
        return [text for text, (pair, _) in self.pairs.items() if not pair]

    def pair_by_marks(self, marks_of: Callable[[Sequence[str]], Mapping[str, Hashable]]) -> None:
        """Pairs two options to which ``marks_of`` gives the same mark, such as the kind or the number of an
        option. The options are paired only if no other option of the two files has this mark."""
        ours, theirs = marks_of([*self.ours.counts]), marks_of([*self.theirs.counts])
        times = Counter(theirs.values())
        for text in self.right:
            mark = theirs.get(text)
            same = [label for label in self.ours.counts if mark is not None and ours.get(label) == mark]
            if len(same) == 1 and times[mark] == 1 and same[0] in self.left:
                self.pairs[text] = same[0], SURE

    def pair_translated(self, translated: Mapping[str, tuple[str, str]]) -> None:
        """Pairs options that are already paired in other questions of the form (``translated``)."""
        by_key = {make_option_spelling_key(text): text for text in self.ours.counts}
        for text in self.right:
            key, how = translated.get(make_option_spelling_key(text), ("", UNPAIRED))
            if key in by_key and by_key[key] in self.left:
                self.pairs[text] = by_key[key], how

    def pair_similar(self) -> None:
        """Pairs the remaining options that enough respondents gave, so that the sum of the similarities of
        all pairs is greatest. If one of these options is then left in each file, the two options are paired,
        provided that both files have the same number of options and that the two options are of the same
        kind."""
        from scipy.optimize import linear_sum_assignment

        left = [text for text in self.left if self.ours.counts[text] >= FEWEST]
        right = [text for text in self.right if self.theirs.counts[text] >= FEWEST]
        if not left or not right:
            return
        scores = np.array([[_option_likeness(a, b, self.ours, self.theirs, self._is_ordered) for b in right]
                           for a in left])
        for a, b in zip(*linear_sum_assignment(-scores), strict=True):
            score = scores[a, b]
            others = [*np.delete(scores[:, b], a), *np.delete(scores[a], b)]
            if score >= 0.3:
                is_clear = score >= 0.55 and score - max(others, default=0) >= 0.15
                self.pairs[right[b]] = left[a], SURE if is_clear else LIKELY
        left = [text for text in left if text in self.left]
        right = [text for text in right if text in self.right]
        is_same_size = len(self.ours.counts) == len(self.theirs.counts)
        if is_same_size and len(left) == len(right) == 1 and (
                guess_option_kind(left[0]) == guess_option_kind(right[0])):
            self.pairs[right[0]] = left[0], LIKELY

    @property
    def _is_ordered(self) -> bool:
        """Whether the order of the form is known for every option of both files."""
        return all(len(options.order) == len(options.counts) for options in (self.ours, self.theirs))


def _keys(labels: Sequence[str]) -> Mapping[str, Hashable]:
    return {label: make_option_spelling_key(label) for label in labels}


def _kinds(labels: Sequence[str]) -> Mapping[str, Hashable]:
    kinds = {label: guess_option_kind(label) for label in labels}
    return {label: kind for label, kind in kinds.items() if kind != "substantive"}


def _answers(labels: Sequence[str]) -> Mapping[str, Hashable]:
    return {label: word for label in labels for word in ("yes", "no") if is_concept_word(word, label)}


def _steps(labels: Sequence[str]) -> Mapping[str, Hashable]:
    """Returns, for each label that belongs to a scale known in several languages, the family of scales and
    the step on the scale."""
    return map_labels_to_known_scale_steps(labels)


def _option_likeness(a: str, b: str, ours: AnswerOptions, theirs: AnswerOptions, is_ordered: bool) -> float:
    if guess_option_kind(a) != guess_option_kind(b):
        return 0.0
    words = _word_likeness(strip_case_accents_and_punctuation(a), strip_case_accents_and_punctuation(b))
    numbers = [set(re.findall(r"\d+", text)) for text in (a, b)]
    counted = 0.4 if numbers[0] and numbers[0] == numbers[1] else -0.4 if numbers[0] != numbers[1] else 0
    shares = [options.counts[text] / max(1, options.counts.total())
              for options, text in ((ours, a), (theirs, b))]
    near = 1 - min(1, 2 * abs(shares[0] - shares[1]) / max(0.05, sum(shares)))
    lengths = 1 - abs(len(a) - len(b)) / max(len(a), len(b))
    place = 0.0
    if is_ordered:
        places = [options.order.index(text) / max(1, len(options.order) - 1)
                  for options, text in ((ours, a), (theirs, b))]
        place = 0.35 * (1 - min(1, 2 * abs(places[0] - places[1])))
    return 0.75 * words + counted + 0.15 * near + 0.1 * lengths + place


def _word_likeness(a: str, b: str) -> float:
    """Returns the similarity of two labels, from 0 to 1, judged by the beginnings of words and the groups of
    letters that the labels share. Labels in two languages can be compared in this way because names and
    related words are similar in several languages."""
    of_a, of_b = ({word[:4] for word in re.findall(r"[^\W_]{3,}", text)} for text in (a, b))
    if not of_a or not of_b:
        return float(a == b)
    shared = len(of_a & of_b) / min(len(of_a), len(of_b))
    pieces = [{text[n : n + 3] for n in range(len(text) - 2)} for text in (a, b)]
    alike = 2 * len(pieces[0] & pieces[1]) / max(1, len(pieces[0]) + len(pieces[1]))
    return max(0.5 * shared + 0.5 * alike, alike)
