"""The form behind one or several exports: its columns, matched between files and gathered to questions.

Goes in: the files of a survey as they were read. Comes out: a :class:`Form`, in which a column of one file
stands beside the same question in the others. A column with the same heading is the same question; headings
in another language are paired by their order, their likeness and their answers, and the pairs say how certain
they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from textwrap import shorten

import pandas as pd

from glc_analysis.addons.drafting.options import FEWEST
from glc_analysis.addons.drafting.words import is_tool_column, is_word, kind_of_option, mentions, plain
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import LOOP
from glc_analysis.text import TICKED, UNTICKED, match_key, normalise_space

# ------------------------------
# Which columns of several files are the same question.
#
# Goes in: the columns of each file, with how often each answer was given. Comes out: a row for each
# question, with its name in each file, and how certain that is. A column with the same heading is the same
# question. Headings in another language, or changed from one wave to the next, are paired by their order,
# their likeness and their answers; each file is paired with the one that it is most like.


SAME_HEADING, SAME_PLACE, ALIKE, WEAK = "the same heading", "the same place", "alike", "weak"
"""How the columns of two files were paired, from the most certain to the least."""

Columns = Mapping[str, Counter[str]]

_DOUBT = [SAME_HEADING, SAME_PLACE, ALIKE, WEAK]
_SAME_LANGUAGE = .25
"""Files of one language have so many headings in common."""
_REWORDED = .5
"""How much a heading must be like another one of its language to be the same question, changed."""
_SHOWN = 80
"""So many letters of a heading are quoted where it is in doubt."""
_LISTED = 5
"""So many columns are named in which a word may be an answer."""
_GAP = .25
"""How little alike columns may be before they rather have no partner."""


@dataclass
class _Row:
    """A question: its name by file, how it was paired, and its place among the others."""

    names: dict[int, str]
    order: float
    way: str = SAME_HEADING


def paired_columns(files: Sequence[Columns]) -> list[tuple[tuple[str, ...], str]]:
    """The questions of several files: the name of each in every file, "" where one lacks it, and how its
    names were paired, in the order of the file with most columns.

    >>> english, spanish = ({name: Counter() for name in names} for names in (("Why?", "Age"), ("Edad",)))
    >>> english["Age"].update({"31": 5}), spanish["Edad"].update({"31": 4})
    (None, None)
    >>> paired_columns([english, spanish])
    [(('Why?', ''), 'the same heading'), (('Age', 'Edad'), 'alike')]
    """
    first = max(range(len(files)), key=lambda n: (len(files[n]), -n))
    rows = [_Row({first: name}, place) for place, name in enumerate(files[first])]
    done, left = [first], [n for n in range(len(files)) if n != first]
    while left:
        near = {(n, m): _nearness(files[m], files[n]) for n in left for m in done}
        n, _ = max(near, key=lambda pair: (near[pair], -pair[0], -pair[1]))
        _add_file(rows, files, n, sorted(done, key=lambda m: (-near[n, m], m)))
        done.append(n)
        left.remove(n)
    rows.sort(key=lambda row: row.order)
    return [(tuple(row.names.get(n, "") for n in range(len(files))), row.way) for row in rows]


def _nearness(ours: Columns, theirs: Columns) -> float:
    """How much two files are alike: the headings that they share, and how alike the others are in order."""
    shared = _shared(ours, theirs)
    left, right = [name for name in ours if match_key(name) not in shared], [
        name for name in theirs if match_key(name) not in shared]
    scores = _scores(left, right, ours, theirs)
    return len(shared) + sum(scores[a][b] for a, b in _aligned(scores))


def _shared(ours: Columns, theirs: Columns) -> set[str]:
    return {match_key(name) for name in ours} & {match_key(name) for name in theirs}


def _add_file(rows: list[_Row], files: Sequence[Columns], n: int, others: Sequence[int]) -> None:
    """Adds the columns of file ``n`` to the questions: by their headings, then beside those of the
    ``others``, the most alike first."""
    by_heading = {match_key(name): row for row in reversed(rows) for name in row.names.values()}
    at: dict[str, _Row] = {}
    for name in files[n]:
        row = by_heading.get(match_key(name))
        if row and n not in row.names:
            row.names[n] = name
            at[name] = row
    for m in others:
        at |= _pair_in_order(rows, files, n, m, at, is_nearest=m == others[0])
    before = -1.0
    for name in files[n]:
        if name in at:
            before = at[name].order
        else:
            before += .001
            rows.append(_Row({n: name}, before))


def _pair_in_order(
    rows: list[_Row], files: Sequence[Columns], n: int, m: int, at: Mapping[str, _Row], *, is_nearest: bool
) -> dict[str, _Row]:
    """Pairs the columns of file ``n`` that have no question yet with those of file ``m`` that it lacks, in
    order. Weak pairs are made with the nearest file alone."""
    held = {row.names[m]: row for row in rows if m in row.names and n not in row.names}
    left = [name for name in files[m] if name in held]
    right = [name for name in files[n] if name not in at]
    scores = _scores(left, right, files[m], files[n])
    n_shared = len(_shared(files[m], files[n]))
    is_one_language = n_shared >= _SAME_LANGUAGE * min(len(files[m]), len(files[n]))
    matched = _aligned(scores)
    if is_one_language:  # there a question keeps its words, or most of them
        matched = [
            (a, b) for a, b in matched if _trigram_likeness(plain(left[a]), plain(right[b])) >= _REWORDED
        ]
    is_whole = len(files[m]) == len(files[n]) and len(matched) == max(len(left), len(right))
    found = {}
    for a, b in matched:
        is_in_step = all((a + k, b + k) in matched for k in (-1, 1)
                         if 0 <= a + k < len(left) and 0 <= b + k < len(right))
        way = ALIKE if scores[a][b] >= .45 or is_in_step and len(matched) > 2 else WEAK
        way = WEAK if is_one_language else SAME_PLACE if is_whole else way
        if way == WEAK and not is_nearest:
            continue
        row = found[right[b]] = held[left[a]]
        row.names[n] = right[b]
        row.way = max(row.way, way, key=_DOUBT.index)
    return found


def _scores(left: Sequence[str], right: Sequence[str], ours: Columns, theirs: Columns) -> list[list[float]]:
    shapes = {name: _shape(ours[name]) for name in left}, {name: _shape(theirs[name]) for name in right}
    return [[_likeness(a, b, ours[a], theirs[b], (shapes[0][a], shapes[1][b])) for b in right] for a in left]


_Shape = tuple[float, ...]


def _likeness(
    a: str, b: str, ours: Counter[str], theirs: Counter[str], shapes: tuple[_Shape, _Shape]
) -> float:
    """How much two columns are alike, from 0 to 1: their headings, their answers, and the shape of these."""
    headings = _trigram_likeness(plain(a), plain(b))
    shared = len(ours.keys() & theirs.keys()) / max(1, min(len(ours), len(theirs)))
    return .4 * headings + .25 * shared + .35 * _shape_likeness(*shapes)


def _trigram_likeness(a: str, b: str) -> float:
    one, two = _trigrams(a), _trigrams(b)
    return 2 * len(one & two) / (len(one) + len(two))


@lru_cache(maxsize=10_000)
def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[n : n + 3] for n in range(len(text) - 2)) or frozenset({text})


def _shape(counter: Counter[str]) -> _Shape:
    """The kind of the answers of a column: their length, variety, numbers and commas; nothing where there are
    none."""
    n = counter.total()
    if not n:
        return ()
    return (
        min(1, sum(len(text) * k for text, k in counter.items()) / n / 60),
        min(1, len(counter) / n),
        sum(k for text, k in counter.items() if text.replace(".", "").isdigit()) / n,
        sum(k for text, k in counter.items() if "," in text) / n,
    )


def _shape_likeness(ours: _Shape, theirs: _Shape) -> float:
    if not ours or not theirs:
        return .5 if ours == theirs else .2
    return 1 - sum(abs(x - y) for x, y in zip(ours, theirs, strict=True)) / 4


def _aligned(scores: list[list[float]]) -> list[tuple[int, int]]:
    """The pairs of rows and columns with the highest sum that keep both orders; a column may have no
    partner."""
    rows, columns = len(scores), len(scores[0]) if scores else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for a in range(rows - 1, -1, -1):
        for b in range(columns - 1, -1, -1):
            best[a][b] = max(best[a + 1][b + 1] + scores[a][b] - _GAP, best[a + 1][b], best[a][b + 1])
    found, a, b = [], 0, 0
    while a < rows and b < columns:
        if best[a][b] == best[a + 1][b + 1] + scores[a][b] - _GAP:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return found


# ------------------------------
# The form.


@dataclass(frozen=True)
class FormColumn:
    """One column of the form: its name in each file ("" where a file lacks it), its place in the form (from
    1), its wording, and how often each answer was given, by file. ``wordings`` are those of the files,
    ``headings`` how its names read by a form or a table of wordings; ``is_placed`` says that its heading
    stands over several columns of a file."""

    names: tuple[str, ...]
    place: int
    wording: str
    counts: tuple[Counter[str], ...]
    paired_by: str = SAME_HEADING
    wordings: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    is_placed: bool = False

    @property
    def name(self) -> str:
        """Its name in the first file that has it."""
        return next(filter(None, self.names))

    @cached_property
    def total(self) -> Counter[str]:
        """How often each answer was given in all files, blank cells left out."""
        return sum(self.counts, Counter())

    @property
    def n_filled(self) -> int:
        """The number of cells that hold anything."""
        return self.total.total()

    @property
    def entry(self) -> str:
        """Its entry in the column ``columns`` of questions.csv: its names, each once."""
        return " | ".join(dict.fromkeys(filter(None, self.names)))


@dataclass(frozen=True)
class Form:
    """The columns of a form in their order, the files that they are from, and how many records each has.
    ``blank`` are the words that seem to mean an empty cell, each with the reason."""

    files: tuple[str, ...]
    tools: tuple[str, ...]
    columns: tuple[FormColumn, ...]
    n_records: tuple[int, ...]
    blank: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, surveys: Sequence[RawSurvey], wordings: Mapping[str, str] | None = None) -> Form:
        """The form of one or several files of a survey. ``wordings`` say how headings read, or what they are
        in the language of the study, by their keys; headings that read alike are the same question.

        >>> from pathlib import Path
        >>> from glc_analysis.intake.survey import RawSurvey, text_frame
        >>> def export(name, **columns):
        ...     return RawSurvey(Path(name), "plain", text_frame(columns), [2, 3], [0, 0], {}, ())
        >>> form = Form.of([export("en.csv", Country=["Peru", "Chile"], Age=["7", "9"]),
        ...                 export("es.csv", País=["Perú", "Chile"], Edad=["7", "8"])])
        >>> [(column.names, column.paired_by) for column in form.columns]
        [(('Country', 'País'), 'the same place'), (('Age', 'Edad'), 'the same place')]
        """
        counts = [
            {name: _counted(survey, name) for name in survey.frame.columns if name not in survey.repeated}
            for survey in surveys
        ]
        blank = _without_blanks(surveys, counts)
        read = [_headings(columns, wordings or {}) for columns in counts]
        rows = paired_columns([{heading: columns[name] for heading, name in own.items()}
                               for columns, own in zip(counts, read, strict=True)])
        columns = tuple(
            _column(headings, names, place, surveys, counts, way, wordings or {})
            for place, (headings, way) in enumerate(rows, 1)
            for names in [tuple(own.get(heading, "") for own, heading in zip(read, headings, strict=True))]
        )
        return cls(
            tuple(survey.path.name for survey in surveys),
            tuple(survey.tool for survey in surveys),
            columns,
            tuple(len(survey.frame) for survey in surveys),
            blank,
        )

    @property
    def size(self) -> int:
        """The number of records in all files."""
        return sum(self.n_records)

    def lacking(self, column: FormColumn) -> list[str]:
        """The files that do not have a column."""
        return [file for file, name in zip(self.files, column.names, strict=True) if not name]

    def pairing_doubt(self, *columns: FormColumn) -> str:
        """What puts in doubt that the columns of the files are one question: another heading, another
        wording, or a heading that stands over several columns; "" if nothing does. Of ``columns``, the
        options of one question, the first that is in doubt is named."""
        for column in columns:
            said = [f"{file} has another {what}, {shorten(words, _SHOWN, placeholder=' ...')!r}"
                    for file, what, words in self._otherwise(column)]
            if not said and column.is_placed and sum(map(bool, column.names)) > 1:
                said = ["the heading stands over several columns of a file, and was paired by its place"]
            if said:
                return f"{'; '.join(said)}: is it the same question?"
        return ""

    def _otherwise(self, column: FormColumn) -> list[tuple[str, str, str]]:
        """The files in which a column has another heading or wording than in the first file that has it:
        which of both, and the wording. Names that differ and are known to read alike raise no doubt."""
        files = zip(self.files, column.names, column.headings, column.wordings, strict=True)
        first, *others = [file for file in files if file[1]]
        _, name, heading, wording = (match_key(text) for text in first)
        found = []
        for file, own_name, own_heading, words in others:
            if match_key(own_heading) != heading:
                found.append((file, "heading", words))
            elif match_key(own_name) == name and match_key(words) != wording:
                found.append((file, "wording", words))
        return found


_BLANK = ("NA", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "-99", "-77", "-66", "-999", "-9", ".", "#NULL!")


def _counted(survey: RawSurvey, name: str) -> Counter[str]:
    """How often each text stands in a column. In a repeat group the cells of the parent, which its children
    carry, count once."""
    found: Counter[str] = Counter()
    cells = survey.frame[name]
    if any(survey.loops):
        rows = pd.Series(survey.rows, index=cells.index)
        if cells.groupby(rows).nunique().max() == 1:
            cells = cells[~rows.duplicated()]
    for cell, count in cells.value_counts(sort=False).items():
        if text := normalise_space(str(cell)):
            found[text] += int(count)
    return found


def _without_blanks(surveys: Sequence[RawSurvey],
                    counts: Sequence[dict[str, Counter[str]]]) -> tuple[tuple[str, str], ...]:
    """Takes the words that mean an empty cell out of the counts; returns them, each with the reason.

    Each file is judged by itself, and each of its columns: where ``n/a`` stands beside cells that are empty,
    it may be an answer. The setting takes a word for blank in all columns, so the reason names those where it
    may be an answer. What coders coded is an answer in all of them.
    """
    reasons: dict[str, list[str]] = {}
    words = [_blank_words(columns) for columns in counts]
    coded = _coded_words(surveys, counts, [*dict.fromkeys(word for own in words for word in own)])
    for survey, columns, own in zip(surveys, counts, words, strict=True):
        for word in (word for word in own if word not in coded):
            held = [name for name, counter in columns.items() if word in counter]
            blank = [name for name in held if not is_word("blank", word)
                     or (survey.frame[name].str.strip() == "").sum() < FEWEST]
            if not blank:
                continue
            for name in blank:
                del columns[name][word]
            reasons.setdefault(word, []).append(
                f"{word} stands in {len(held)} of {len(columns)} columns of {survey.path.name}")
    for word, said in reasons.items():
        for survey, columns in zip(surveys, counts, strict=True):
            names = [name for name, counter in columns.items() if word in counter]
            if names:
                more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
                said.append(f"it may be an answer in {', '.join(map(repr, names[:_LISTED]))}{more} of "
                            f"{survey.path.name}")
    return tuple((word, "; ".join(said)) for word, said in reasons.items())


def _blank_words(columns: Mapping[str, Counter[str]]) -> list[str]:
    """The words that mean an empty cell in a file: in a quarter of its columns, and at least three; a
    negative number also where three columns of texts have it."""
    filled = [counter for counter in columns.values() if counter]
    spelled = {word for counter in filled for word in counter if is_word("blank", word)}
    words = [*dict.fromkeys([*_BLANK, *sorted(spelled)])]
    texts = [counter for counter in filled if _is_text(counter)]
    return [word for word in words
            if sum(word in counter for counter in filled) >= max(3, len(filled) / 4)
            or word.startswith("-") and sum(word in counter for counter in texts) >= 3]


_CODED, _ELSEWHERE = 0.8, 0.5
"""A word is coded if so many of its answers have the same code, and at most so many of the others."""


def _coded_words(
    surveys: Sequence[RawSurvey], counts: Sequence[dict[str, Counter[str]]], words: Sequence[str]
) -> set[str]:
    """Of the words for an empty cell those that coders coded as an answer, in columns of codes beside it.

    Such a column is named after its question (``Q3_trust``) or as one of codes (``coder1``).
    """
    coded = set()
    for survey, columns in zip(surveys, counts, strict=True):
        names = [*columns]
        for n, word in ((n, word) for n, name in enumerate(names) for word in words if word in columns[name]):
            codes = [name for name in names[n + 1 :] if _is_of_codes(name, names[n])]
            if codes and word not in coded:
                cells = survey.frame[names[n]].str.strip()
                coded |= {word for name in codes if _has_code_of_its_own(
                    survey.frame[name].str.strip(), word, cells == word, ~cells.isin({"", word}))}
    return coded


def _is_of_codes(name: str, question: str) -> bool:
    """Whether a column is named as one of codes, of this question at least.

    >>> [_is_of_codes(name, "Q3") for name in ("Q3_trust", "Q3 code", "coder1", "Q30", "Q4")]
    [True, True, True, False, False]
    """
    is_after = re.match(re.escape(question) + r"[\W_]", name)
    return bool(is_after) or mentions("code", re.sub(r"[\d_]+", " ", name))


def _has_code_of_its_own(
    codes: pd.Series, word: str, is_word_here: pd.Series, is_other: pd.Series
) -> bool:
    """Whether the records with a word mostly have one code, which most others have not. The word itself is a
    code where other cells of the column are empty."""
    values = codes[is_word_here & (codes != "") & ~codes.str.casefold().isin(UNTICKED)]
    if (codes != "").all():
        values = values[values != word]
    if values.empty:
        return False
    usual = values.mode().iloc[0]
    return bool((codes[is_word_here] == usual).mean() >= _CODED
                and (codes[is_other] == usual).sum() <= _ELSEWHERE * is_other.sum())


def _is_text(counter: Counter[str]) -> bool:
    """Whether most of the different answers of a column, negative numbers left out, are no numbers."""
    others = [text for text in counter if not text.startswith("-")]
    return sum(not text.replace(".", "").isdigit() for text in others) > len(others) / 2


def _headings(columns: Collection[str], wordings: Mapping[str, str]) -> dict[str, str]:
    """The columns of a file by how their headings read; where two read alike, the second keeps its own."""
    headings: dict[str, str] = {}
    for name in columns:
        read = wordings.get(match_key(name), name)
        headings[name if read in headings else read] = name
    return headings


def _column(
    headings: tuple[str, ...],
    names: tuple[str, ...],
    place: int,
    surveys: Sequence[RawSurvey],
    counts: Sequence[dict[str, Counter[str]]],
    way: str,
    wordings: Mapping[str, str],
) -> FormColumn:
    own = tuple(normalise_space(survey.wording.get(name, "") or name)
                for survey, name in zip(surveys, names, strict=True))
    keys = [match_key(text) for text in (*names, *own)]
    return FormColumn(
        names,
        place,
        next((wordings[key] for key in keys if key in wordings), next(filter(None, own), "")),
        tuple(
            file.get(name, Counter()) if name else Counter() for file, name in zip(counts, names, strict=True)
        ),
        way,
        tuple(wordings.get(match_key(text), text) for text in own),
        headings,
        any(re.sub(r" \[\d+\]$", "", name) in survey.repeated
            for survey, name in zip(surveys, names, strict=True)),
    )


# ------------------------------
# Columns of a form that belong together: those of the options of one question, and those of the loops of
# one.
#
# Goes in: the form. Comes out: the form with one column in place of several: ``Q2_*`` for a question with a
# column an option, ``{loop}_Q3`` for a question that was asked in several loops.


_PARTS = (
    re.compile(r"(?P<base>.+?\s?)\[(?P<option>[^\]]+)\](?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>.+)/(?P<option>[^/]+)(?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>.+)_(?P<option>[^_]+)(?P<end>)", re.DOTALL),
    re.compile(r"(?P<base>[^ ]+)\.(?P<option>[^. ]+)(?P<end>)"),
    re.compile(r"(?P<base>column)_(?P<option>\d+)(?P<end>)"),
)
_LOOP = re.compile(r"(\d{1,2})_(.+)", re.DOTALL)
_OWN_OPTION = re.compile(r".*\[([^\]]*)\]\s*", re.DOTALL)


@dataclass(frozen=True)
class TickGroup:
    """A question with a column an option: its entry in questions.csv, its wording and place, and its columns
    by the value that stands for the star. ``labels`` are the options' texts, ``counts`` how often each was
    ticked."""

    entry: str
    wording: str
    place: int
    columns: tuple[FormColumn, ...]
    values: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    is_sure: bool
    n_answered: int


def gather_loops(form: Form) -> Form:
    """The form with one column for the columns of all loops of a question (``1_Q3``, ``2_Q3``)."""
    rests: dict[str, list[FormColumn]] = {}
    for column in form.columns:
        if match := _LOOP.fullmatch(column.name):
            rests.setdefault(match[2], []).append(column)
    looped = {rest: columns for rest, columns in rests.items() if len(columns) > 1}
    if not looped:
        return form
    kept, done = [], set()
    for column in form.columns:
        match = _LOOP.fullmatch(column.name)
        if not match or match[2] not in looped:
            kept.append(column)
        elif match[2] not in done:
            done.add(match[2])
            own = looped[match[2]]
            names = tuple(_LOOP.sub(rf"{LOOP}_\2", name) for name in column.names)
            counts = tuple(sum((one.counts[n] for one in own), Counter()) for n in range(len(names)))
            kept.append(replace(column, names=names, counts=counts))
    return replace(form, columns=tuple(kept))


def tick_groups(form: Form) -> Iterator[TickGroup]:
    """The questions of a form that have a column an option.

    Each column holds ticks, or the text of its own option, and the columns of one question have a common name
    but for the option.
    """
    taken: set[int] = set()
    for pattern in _PARTS:
        groups: dict[tuple[str, ...], list[tuple[FormColumn, tuple[str, ...]]]] = {}
        for column in form.columns:
            matches = [pattern.fullmatch(name) if name else None for name in column.names]
            if column.place in taken or not any(matches) or is_tool_column(column.name):
                continue
            bases = tuple(match["base"] if match else "" for match in matches)
            options = tuple(match["option"] if match else "" for match in matches)
            groups.setdefault((*bases, _stem(column.wording)), []).append((column, options))
        for (*bases, _), members in groups.items():
            ticked = [(column, options) for column, options in members if _is_ticks(column)]
            if (
                len(ticked) < 2
                or len(ticked) < 0.5 * len(members)
                or not any(column.n_filled for column, _ in ticked)
            ):
                continue
            taken |= {column.place for column, _ in ticked}
            yield _group(form, pattern, bases, ticked)


def _stem(wording: str) -> str:
    """What the wordings of the columns of one question share: all before the option in brackets, if there is
    one."""
    match = _OWN_OPTION.fullmatch(wording)
    return wording[: match.start(1) - 1].strip() if match and match[1].strip() else ""


def _is_ticks(column: FormColumn) -> bool:
    """Whether the answers of a column are ticks or all the text of one option, or nobody ticked it."""
    keys = {match_key(text) for text in column.total}
    if keys <= TICKED | UNTICKED:
        return True
    return len(keys) == 1 and match_key(_label(column)) in keys


def _label(column: FormColumn) -> str:
    """The text of the option of a column: in brackets at the end of its wording, else the wording or the text
    that its cells hold."""
    match = _OWN_OPTION.fullmatch(column.wording)
    if match and match[1].strip():
        return normalise_space(match[1])
    texts = {text for text in column.total if match_key(text) not in TICKED | UNTICKED}
    if len(texts) == 1:
        return texts.pop()
    tail = re.split(r"\s[-–:]\s(?=[^-–:]+$)", column.wording)
    return normalise_space(tail[-1])


def _group(
    form: Form,
    pattern: re.Pattern[str],
    bases: tuple[str, ...],
    members: list[tuple[FormColumn, tuple[str, ...]]],
) -> TickGroup:
    columns = tuple(column for column, _ in members)
    first = columns[0]
    marks = []
    for n, base in enumerate(bases):
        if base:
            name = next(column.names[n] for column in columns if column.names[n])
            option = pattern.fullmatch(name)["option"]
            marks.append(name[: len(base)] + name[len(base) :].replace(option, "*", 1))
    labels = [_label(column) for column in columns]
    wording = re.sub(r"\s*\[[^\]]*\]\s*$", "", first.wording) if _OWN_OPTION.fullmatch(first.wording) else ""
    if not wording:
        shared = first.wording
        for column in columns[1:]:
            while not column.wording.startswith(shared):
                shared = shared[:-1]
        wording = shared.strip(" -–:_./[(") or next(filter(None, bases))
    counts = tuple(
        sum(count for text, count in column.total.items() if match_key(text) not in UNTICKED)
        for column in columns
    )
    answers = {match_key(text) for column in columns for text in column.total}
    is_yes_no = any(is_word("no", text) for text in answers - {"0"})
    codes = tuple(tuple(dict.fromkeys(filter(None, options))) for _, options in members)
    if len({label.casefold() for label in labels}) < len(labels):
        labels = [code[0] for code in codes]
    return TickGroup(
        " | ".join(dict.fromkeys(marks)),
        wording,
        first.place,
        columns,
        codes,
        tuple(labels),
        counts,
        not is_yes_no
        or any(kind_of_option(label) in ("other", "none") for label in labels)
        or len(columns) > 3,
        max(column.n_filled for column in columns),
    )
