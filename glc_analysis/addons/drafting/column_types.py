"""What kind of question a column holds, from its heading and its answers.

Goes in: a column of the form. Comes out: a :class:`Guess` with what speaks for it and whether it is sure.
Columns that a survey tool adds, contact data and columns that nobody answered are left out of the questions;
a few say who answered, for which country, when and in which language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations

import pandas as pd

from glc_analysis.addons.drafting import words
from glc_analysis.addons.drafting.form import WEAK, FormColumn
from glc_analysis.addons.drafting.options import (
    FEWEST,
    SEPARATORS,
    Options,
    form_order,
    joined_options,
    listed_options,
    option_key,
)
from glc_analysis.addons.drafting.words import degree_marks, scale_marks, scale_steps
from glc_analysis.cleaning.countries import country_of
from glc_analysis.text import NO_DATE, language_code, match_key, parse_dates

LEFT_OUT = "left out"
ROLES = ("organisation", "country", "started", "ended", "language")
"""What a column may say of a record instead of holding a question, by the name of its setting."""

MANY = 40
"""From so many answers on, five are few; below, what two people wrote alike is taken for an option's text."""

LOOKED_AT = 5_000
"""The most different answers of a column that are looked at: those given most often."""

_ALIKE, _MIXED = 0.8, 0.05
_NEARLY_ALL = 0.95
"""The share of answers that look like dates in a column of dates."""
_DIFFERENT, _SHORT = 0.9, 30
"""Texts of which so many differ, and that have so few letters on average, may be names."""
_SENTENCE_ENDS = (".", "!", "?", "。", "។", "؟", "।")
"""Signs with which people end a sentence, and hardly anybody a name."""
_SIGNED, _MOSTLY, _FEW_VALUES = 0.2, 0.6, 6
"""So many answers with a sign for per cent, and so many that are numbers, make a column of percentages; so
few values that many gave are options."""
_ROUND, _LARGE = 100, 10_000
"""Numbers up to ten thousand and more, half of them whole hundreds, are amounts and no codes of options."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_PERCENT = re.compile(r"([+-]?\d+([.,]\d+)?) ?[%٪％]")
_LABELLED = re.compile(r"\d{1,2}\s*[-–(:=/.]\s*\S.*", re.DOTALL)
_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T,]+\d{1,2}:\d{2}.*)?|[^\d]{0,12}\d{1,2}[ .,]+[^\d]{3,12}\d{4}.*"
)


@dataclass
class Guess:
    """The kind of a column: a type of questions.csv, one of the roles, or left out; why; and whether it is
    sure.

    ``options`` are those of a choice, by file. ``separator`` stands between several in a cell. What ``waits``
    is unsure for answers alone that cannot be read, which are asked for once the question is accepted. A role
    is ``is_refused`` if ``glc check`` would not read its column. ``grid`` is the place of the first question
    of its grid, 0 where it stands alone.
    """

    kind: str
    why: str
    is_sure: bool
    separator: str = ""
    options: tuple[Options, ...] = ()
    notes: list[str] = field(default_factory=list)
    waits: bool = False
    is_refused: bool = False
    grid: int = 0


def guess_type(column: FormColumn, known: Collection[str] = (), *, is_of_tool: bool = True) -> Guess:
    """The kind of question that a column holds. ``known`` are the keys of options listed elsewhere in the
    form; ``is_of_tool`` says that a survey tool wrote the file, so that columns with the names of its own are
    its own. In other files they may be questions, and are unsure.

    >>> from collections import Counter
    >>> def column(wording, **counts):
    ...     return FormColumn((wording,), 1, wording, (Counter(counts),))
    >>> guess_type(column("Do you agree?", Yes=9, No=4)).kind
    'single'
    >>> guess_type(column("Age", **{"31": 5, "4": 2})).kind
    'number'
    """
    if not column.n_filled:
        return Guess(LEFT_OUT, "nobody answered", True)
    whole = column
    if any(len(counts) > LOOKED_AT for counts in column.counts):
        column = replace(
            column, counts=tuple(Counter(dict(counts.most_common(LOOKED_AT))) for counts in column.counts)
        )
    column = replace(column, counts=_by_language(column))
    answers = column.total
    tool = _tool_column(column)
    if tool and is_of_tool:
        return tool
    found = _dates(whole) or next(filter(None, (
        guess(column, answers) for guess in (
            _contacts, _identifiers, _language, _numbers, _country, _organisation))), None)
    found = found or _choice(column, answers, known)
    if not tool or found.kind == LEFT_OUT:
        return found
    if found.kind in ROLES:
        return replace(tool, is_sure=False)
    doubt = "survey tools add columns of this name, but no tool was recognised: it may be a question"
    return replace(found, is_sure=False, notes=[*found.notes, doubt])


def _tool_column(column: FormColumn) -> Guess | None:
    if words.is_word("started", column.name) or words.is_word("ended", column.name):
        return None
    if words.is_tool_column(column.name):
        return Guess(LEFT_OUT, "a column that the survey tool adds", True)
    if column.name.startswith("_"):
        return Guess(LEFT_OUT, "its name begins like those that survey tools add", False)
    return None


def _dates(column: FormColumn) -> Guess | None:
    """Dates, read as ``glc check`` reads them: those of a question together, those of a time of answering in
    each file. What it refuses is a text, or no setting, until a person decides; it asks for a few answers
    that are no dates."""
    answers, n = column.total, column.n_filled
    if sum(count for text, count in answers.items() if _DATE.fullmatch(text)) < _NEARLY_ALL * n:
        return None
    for role in ("started", "ended"):
        if words.is_word(role, column.name) or words.is_word(role, column.wording):
            for counts in filter(None, column.counts):
                if said := parse_dates(pd.Series([*counts], dtype="str"))[2]:
                    return Guess(role, f"the heading is that of a time of answering, {_refused(said)}", False,
                                 is_refused=True)
            return Guess(role, f"{n} dates; the heading is that of a time of answering", True)
    texts = pd.Series([*answers], dtype="str")
    _, wrong, said = parse_dates(texts)
    n_wrong = sum(answers[text] for text in texts[wrong])
    if said == NO_DATE and n_wrong <= (1 - _NEARLY_ALL) * n:
        return Guess("date", f"{n - n_wrong} dates; {n_wrong} "
                     f"{'answer is no date' if n_wrong == 1 else 'answers are no dates'}", False, waits=True)
    if said:
        return Guess("text", f"{n} answers look like dates", False, notes=[_refused(said)])
    return Guess("date", f"{n} dates", True)


def _refused(said: str) -> str:
    return (f"`glc check` refuses them as dates: {said}; export them again with dates as YYYY-MM-DD, and "
            "draft the tables again")


def _contacts(column: FormColumn, answers: Counter[str]) -> Guess | None:
    n = answers.total()
    personal = sum(count for text, count in answers.items() if words.looks_personal(text))
    heading = _CAMEL.sub(" ", column.wording)  # GpsLatitude, HomeAddress
    n_words = len(column.wording.split())
    is_person = words.asks_for_person(heading) and n_words <= 15
    is_named = is_person or words.mentions("personal", heading) and n_words <= 6
    is_held = is_named and len(answers) > 0.5 * n or is_person and not _is_yes_no(answers)
    if n >= 5 and personal >= 0.5 * n or is_held:
        why = "the heading asks for contact data"
        if personal >= 0.5 * n or personal and not is_person:
            why = f"{personal} of {n} answers look like contact data"
        elif is_person:
            why = ("the heading asks for a person's name, which must not leave the team; if it is that of "
                   "the organisation, name the column in the settings")
        return Guess(LEFT_OUT, why, personal >= 0.5 * n and is_named)
    return None


def _identifiers(column: FormColumn, answers: Counter[str]) -> Guess | None:
    n = answers.total()
    if len(answers) < max(10, 0.98 * n):
        return None
    numbers = [int(text) for text in answers if re.fullmatch(r"\d{1,15}", text)]
    is_numbered = len(numbers) == n and n >= 20
    if is_numbered and all(one < two for one, two in zip(numbers, numbers[1:], strict=False)):
        return Guess(LEFT_OUT, "numbers that rise from record to record", True)
    if is_numbered and re.fullmatch(r"column_\d+", column.wording):
        return Guess(LEFT_OUT, "every record has another number, and the column has no heading", True)
    is_code = sum(bool(re.fullmatch(r"(?=\S*\d)\S{6,}", text)) for text in answers) >= 0.95 * len(answers)
    if is_code:
        return Guess(LEFT_OUT, "every record has another number or code", n >= MANY)
    return None


def _language(column: FormColumn, answers: Counter[str]) -> Guess | None:
    coded = sum(count for text, count in answers.items() if language_code(text))
    is_named = words.mentions("language", column.wording) and len(column.wording.split()) <= 10
    is_named |= words.is_word("language", column.name)
    if is_named and coded >= 0.95 * answers.total():
        return Guess("language", f"{len(answers)} languages", words.is_word("language", column.name))
    return None


def _numbers(column: FormColumn, answers: Counter[str]) -> Guess | None:
    if percentages := _percentages(column, answers):
        return percentages
    n = answers.total()
    numbers = {text: float(text.replace(",", ".")) for text in answers if _NUMBER.fullmatch(text)}
    given = sum(answers[text] for text in numbers)
    if given < 0.85 * n:
        return None
    rest = n - given
    others = f"; {rest} {'answer is no number' if rest == 1 else 'answers are no numbers'}" if rest else ""
    if rest and all(re.fullmatch(_LABELLED, text) for text in answers if text not in numbers):
        return None  # steps of which some have a label: a choice
    labelled = len(answers) - len(numbers)
    if rest and len(numbers) <= 10 and labelled <= 2 and rest >= 2 * labelled:
        return None  # a few numbers and a text that several gave, such as "more than five": a choice
    values = sorted(set(numbers.values()))
    is_whole = all(value.is_integer() for value in values)
    is_small = is_whole and values[0] >= 0 and values[-1] <= 10
    is_rated = words.mentions("rating", column.wording)
    is_counted = words.mentions("count", column.wording)
    span = f"from {values[0]:g} to {values[-1]:g}"
    if is_small and words.mentions("select", column.wording) and not is_rated:
        why = f"whole numbers {span}{others}; the question asks to select: they may be a number, or a scale"
        return Guess("single", why, False, options=_by_file(column, ()))
    if values in ([0, 1], [1, 2]) and not rest and not is_rated and not is_counted:
        why = f"the numbers {values[0]:g} and {values[1]:g} alone: they may be codes of two options"
        return Guess("single", why, False, options=_by_file(column, ()))
    if is_small and not is_counted and (not rest or is_rated):
        return Guess(
            "scale",
            f"whole numbers {span}{others}" + ("; the question asks to rate" if is_rated else ""),
            is_rated and not rest,
            options=_numbered_options(column, int(values[0]), int(values[-1])),
        )
    round_ones = sum(answers[text] for text, value in numbers.items() if value % _ROUND == 0)
    is_money = values[-1] >= _LARGE and len(values) > 20 and round_ones >= given / 2
    # Else they may be codes of options.
    is_amount = is_counted and (len(values) > 5 or values[-1] > 10) or not is_whole or is_money
    return Guess("number", f"numbers {span}{others}", is_amount and not rest, waits=is_amount and bool(rest))


def _percentages(column: FormColumn, answers: Counter[str]) -> Guess | None:
    """Numbers of which many have a sign for per cent. They are sure if all are numbers and the
    heading asks how many; few values of many answers are the options of a choice."""
    n = answers.total()
    values = {text: float((_PERCENT.fullmatch(text) or [text, text])[1].replace(",", "."))
              for text in answers if _PERCENT.fullmatch(text) or _NUMBER.fullmatch(text)}
    given = sum(answers[text] for text in values)
    signed = sum(answers[text] for text in values if _PERCENT.fullmatch(text))
    if signed < _SIGNED * n or given < _MOSTLY * n:
        return None
    distinct = sorted({*values.values()})
    is_mixed = any(0 < value < 1 and not _PERCENT.fullmatch(text) for text, value in values.items())
    if n >= MANY and len(distinct) <= _FEW_VALUES and not is_mixed:
        return None
    why = f"{given} of {n} are numbers or percentages, from {distinct[0]:g} to {distinct[-1]:g}"
    notes = []
    if is_mixed:
        notes.append("some are below 1 without a sign: 0.5 may be 0.5 % or 50 %, which `glc check` asks for")
    if given < n:
        notes.append("correct the others in corrections.csv, or make it a text")
    return Guess("number", why, given == n and not notes and words.mentions("count", column.wording),
                 notes=notes)


def _numbered_options(column: FormColumn, first: int, last: int) -> tuple[Options, ...]:
    """The steps of a scale of numbers: all between the ends, since the form offers them whoever chose
    them."""
    first = min(first, 1) if last <= 10 else first
    return tuple(
        Options(
            Counter({str(step): counts.get(str(step), 0) for step in range(first, last + 1)}),
            hidden=Counter(
                {text: count for text, count in counts.items() if not re.fullmatch(r"\d{1,2}", text)}
            ),
        )
        for counts in column.counts
    )


def _country(column: FormColumn, answers: Counter[str]) -> Guess | None:
    n = answers.total()
    is_named = words.mentions("country", column.wording)
    if not is_named and len(answers) < 3:
        return None
    likely = [text for text, _ in answers.most_common(30)]
    if not is_named and sum(bool(country_of(text, everywhere=False)) for text in likely) < 0.6 * len(likely):
        return None
    known = sum(count for text, count in answers.items() if country_of(text))
    if known >= (0.6 if is_named else 0.85) * n:
        return Guess(
            "country", f"{known} of {n} answers are names of countries", is_named and known >= 0.9 * n
        )
    return None


def _organisation(column: FormColumn, answers: Counter[str]) -> Guess | None:
    if (
        words.mentions("organisation", column.wording)
        and len(answers) > 0.6 * answers.total()
        and len(column.wording.split()) <= 12
        and sum(map(len, answers)) / len(answers) < 80
    ):
        return Guess("organisation", "the heading asks for the organisation, and answers differ", False)
    return None


# ------------------------------
# Grids: several questions that offer the same list.

GRID, GRID_STEPS = 3, 7
"""So many questions with the same list make a grid, two where the tool marks their items; so many options has
a list at most whose words of degree, or whose heading, alone make it a scale."""
_ITEM = re.compile(r"\s*(\[[^\]]*\]\s*|\s[-–:>|]\s[^-–:>|]*)$", re.DOTALL)
_ITEM_CODE = re.compile(r"([A-Za-z]\w*)\[[^\]]+\]")
_ITEM_NUMBER = re.compile(r"[_.\[(]?[a-zA-Z]{0,3}\d+[\])]?$")


def grid_guesses(
    columns: Collection[FormColumn], guesses: dict[int, Guess], wordings: Mapping[str, str]
) -> dict[int, Guess]:
    """What the choices of grids are, as the questions beside them show, by their place. ``wordings`` say how
    answers read that are codes.

    The questions of a grid share the code before their items, their heading or the beginning of their names,
    and their options: each lists all that are listed in another one. They are scales if the options of all
    are known as one, or if half of them hold a word of degree, or if the heading asks how much.
    """
    guessed: dict[int, Guess] = {}
    for grid in _grids(columns, guesses):
        labels = {label: "" for column in grid for label in _grid_labels(guesses[column.place])}
        steps = sorted(option_key(label) for label in labels if not _NUMBER.fullmatch(label))
        listed = {key for column in grid for key in _listed_keys(guesses[column.place])}
        is_numbers = all(_NUMBER.fullmatch(label) for label in labels)
        is_rated = any(words.mentions("rating", column.wording) for column in grid)
        is_marked = degree_marks(steps) >= max(2, len(steps) / 2)
        is_scale = any(guesses[column.place].kind == "scale" for column in grid) or _are_steps(
            [guesses[column.place] for column in grid], wordings)
        is_scale |= len(grid) >= GRID and 2 < len(steps) <= GRID_STEPS and (is_marked or is_rated)
        for column in grid:
            guess = guesses[column.place]
            own = replace(column, counts=_by_language(column))
            options = guess.options if is_numbers else _by_file(own, listed)
            guess = replace(guess, options=options, grid=grid[0].place)
            if is_scale and guess.kind != "scale" or guess.kind == "text":
                why = f"{guess.why}; {len(grid)} questions beside it offer the same few options"
                guess = replace(guess, kind="scale" if is_scale else "single", why=why, is_sure=False)
            guessed[column.place] = guess
    return guessed


def _grids(columns: Collection[FormColumn], guesses: dict[int, Guess]) -> Iterator[list[FormColumn]]:
    """The columns of each grid, in the order of the form."""
    stems: dict[tuple[str, bool], list[FormColumn]] = {}
    for column in columns:
        guess = guesses.get(column.place)
        if guess and guess.kind in ("single", "scale", "text") and column.n_filled:
            stems.setdefault(_grid_stem(column), []).append(column)
    for (_, is_marked), members in stems.items():
        members = [column for column in members if not _is_yes_no(_grid_labels(guesses[column.place]))]
        while len(members) >= (2 if is_marked else GRID):
            first = max(members, key=lambda column: len(_grid_labels(guesses[column.place])))
            grid, keys = [], _shared_keys(guesses[first.place], is_marked=is_marked)
            while more := [column for column in members if column not in grid
                           and _is_of_grid(column, guesses[column.place], keys, is_marked=is_marked)]:
                grid += more
                keys = keys.union(*(_shared_keys(guesses[one.place], is_marked=is_marked) for one in more))
            fitting = [column for column in grid
                       if is_marked and guesses[column.place].kind != "text"
                       or _fits(column, guesses, [one for one in grid if one is not column])]
            if len(fitting) >= (2 if is_marked else GRID):
                yield sorted(fitting, key=lambda column: column.place)
            members = [column for column in members if column not in (first, *grid)]


def _grid_stem(column: FormColumn) -> tuple[str, bool]:
    """What the questions of a grid share, and whether the tool itself marks what differs as an item.

    >>> _grid_stem(FormColumn(("Q2[SQ001]",), 1, "[I like it]", ()))
    ('Q2', True)
    """
    if match := _ITEM_CODE.match(column.name):
        return match[1], True
    heading = _ITEM.sub("", column.wording) if _ITEM.search(column.wording) else ""
    is_marked = bool(heading) and column.wording.rstrip().endswith("]")
    return heading or _ITEM_NUMBER.sub("", column.name), is_marked


def _grid_labels(guess: Guess) -> list[str]:
    """The labels that somebody chose of a question, without "don't know" and the like."""
    return [label for options in guess.options for label, count in options.counts.items()
            if count and words.kind_of_option(label) == "substantive"]


def _listed_keys(guess: Guess) -> set[str]:
    """The keys of all options that somebody chose of a question and that are listed."""
    return {option_key(label) for options in guess.options for label, n in options.counts.items() if n}


def _shared_keys(guess: Guess, *, is_marked: bool) -> set[str]:
    """The keys by which a question belongs to a grid. Numbers alone say it only where the tool does."""
    return {option_key(label) for label in _grid_labels(guess) if is_marked or not _NUMBER.fullmatch(label)}


def _is_of_grid(column: FormColumn, guess: Guess, keys: set[str], *, is_marked: bool) -> bool:
    """Whether a question offers what a grid does: an option at least, and without a mark of the tool nearly
    all."""
    if is_marked:
        return not keys.isdisjoint(map(option_key, column.total))
    return len(keys & _shared_keys(guess, is_marked=False)) > 1 and _is_answered_by(column, keys)


def _fits(column: FormColumn, guesses: dict[int, Guess], others: Collection[FormColumn]) -> bool:
    """Whether a question was answered by options of the others, or lists nearly all that they do."""
    theirs = set().union(*(_listed_keys(guesses[one.place]) for one in others))
    return _is_answered_by(column, theirs) or len(
        theirs & _listed_keys(guesses[column.place])) >= _ALIKE * len(theirs)


def _is_answered_by(column: FormColumn, keys: set[str]) -> bool:
    """Whether four of five answers of a column are among options."""
    known = sum(count for text, count in column.total.items() if option_key(text) in keys)
    return known >= _ALIKE * column.n_filled


def _are_steps(grid: Collection[Guess], wordings: Mapping[str, str]) -> bool:
    """Whether the options of a grid in one of the files are together the steps of a scale that is known."""
    by_file: dict[int, dict[str, str]] = {}
    for guess in grid:
        for n, options in enumerate(guess.options):
            labels = (wordings.get(match_key(label), label) for label in options.counts)
            by_file.setdefault(n, {}).update({option_key(label): label for label in labels})
    return any(scale_steps([*labels.values()]) is not None for labels in by_file.values() if len(labels) > 1)


# ------------------------------
# Choices: one option, several options in a cell, or texts.


def _choice(column: FormColumn, answers: Counter[str], known: Collection[str]) -> Guess:
    n, few = answers.total(), FEWEST if answers.total() >= MANY else 2
    is_several = words.mentions("several", column.wording)
    joined = _joined(column, answers, known, few, is_several)
    if joined:
        return joined
    spelled: Counter[str] = Counter()
    usual: Counter[str] = Counter()
    for text, count in answers.items():
        key = option_key(text)
        spelled[key] += count
        usual[key] = max(usual[key], count)
    covered = sum(count for key, count in spelled.items() if count >= few or key in known) / n
    length = sum(len(text) * count for text, count in answers.items()) / n
    variants = n - usual.total()
    shown = f"{round(100 * covered)} % of {n} answers were given by several"
    asks_personal = words.asks_for_person(column.wording) or any(
        words.mentions(concept, column.wording) for concept in ("personal", "place"))
    if covered >= 0.7 and len(spelled) <= max(12, 0.4 * n) or covered >= 0.95 and len(spelled) <= 60:
        options = _by_file(column, known)
        if asks_personal and len(column.wording.split()) <= 8 and not _is_yes_no([*answers]):
            options = tuple(Options(hidden=Counter(counts)) for counts in column.counts)
        labels = [label for found in options for label in found.counts]
        steps = next((scale_steps([*found.counts]) for found in options if len(found.counts) > 1), None)
        is_typed = variants >= max(3, 0.03 * n)
        is_enough = n >= (MANY / 2 if _is_yes_no(labels) else MANY)
        is_sure = covered >= 0.85 and is_enough and not is_typed and not asks_personal
        notes = [f"{variants} answers differ from an option only in their spelling"] if variants else []
        if asks_personal:
            notes.append("the heading may ask for a name or a place")
        if steps is not None:
            notes.insert(0, "its options are steps: a scale?")
            return Guess("scale", shown, False, options=options, notes=notes)
        if several := _few_joined(column, labels, options, known):
            return several
        marks = scale_marks(labels)
        if len(set(marks.values())) > 2 and len(labels) - len(marks) <= len(column.counts):
            notes.insert(0, "its options but one are steps: a scale?")
            return Guess("scale", shown, False, options=options, notes=notes)
        if is_sure and len(marks) >= max(2, 0.5 * len(labels)) and not _is_yes_no(labels):
            is_sure = False
            notes.append("some options are steps: a scale?")
        is_said = any("scale" in note for note in notes)
        if words.mentions("rating", column.wording) and not _is_yes_no(labels) and not is_said:
            is_sure = False
            notes.append("the heading asks how much: a scale?")
        has_other_half = _is_yes_no(labels) and any(found.hidden for found in options)
        if len(labels) < 2 and is_sure and not has_other_half:
            is_sure = False
            notes.append("only one answer was given often enough to be listed")
        if is_sure and " " not in column.wording.strip() and len(labels) > 2:
            is_sure = False
            notes.append("the export does not say what was asked: a scale?")
        if is_several:
            is_sure = False
            notes.append("the heading allows several options, and no cell has several")
        return Guess("single", shown, is_sure, options=options, notes=notes)
    is_sure = covered < 0.3 or length > 60
    notes = []
    sentences = sum(count for text, count in answers.items() if text.strip().endswith(_SENTENCE_ENDS))
    if len(spelled) >= _DIFFERENT * n and length <= _SHORT and sentences < n / 3:
        is_sure = False
        notes.append("nearly every answer is another short text: they may be names of persons or "
                     "organisations")
    why = f"{shown}; {round(length)} letters on average"
    return Guess("text", why, is_sure and n >= 10 and not is_several, notes=notes)


def _is_yes_no(labels: Collection[str]) -> bool:
    own = [label for label in labels if words.kind_of_option(label) == "substantive"]
    return bool(own) and all(words.is_word("yes", label) or words.is_word("no", label) for label in own)


@dataclass(frozen=True)
class _Divided:
    """What a separator makes of the cells of a column: the share of cells with several options that are
    frequent, the share of all parts that are, and whether labels were put together on the evidence of few."""

    separator: str
    several: float
    covered: float
    is_weak: bool


def _divided(answers: Counter[str], separator: str, known: Collection[str], few: int) -> _Divided:
    parts, cells, weak = joined_options(answers, separator)
    frequent = {part for part, count in parts.items() if count >= few or known and option_key(part) in known}
    several = sum(count for own, count in cells if len({*own}) > 1 and frequent.issuperset(own))
    covered = sum(parts[part] for part in frequent) / max(1, sum(parts.values()))
    return _Divided(separator, several / answers.total(), covered, weak)


def _two_marks(answers: Counter[str]) -> Iterator[tuple[str, str]]:
    """Pairs of separators of which many cells hold the one alone and many the other alone, as where two
    files were put together."""
    n = answers.total()
    for one, two in permutations((";", "|", ","), 2):
        alone = [sum(count for text, count in answers.items() if mark in text and other not in text)
                 for mark, other in ((one, two), (two, one))]
        if min(alone) >= max(FEWEST, _MIXED * n):
            yield one, two


def _joined(
    column: FormColumn, answers: Counter[str], known: Collection[str], few: int, is_several: bool
) -> Guess | None:
    """Several options in a cell: some cells hold two or more texts that are frequent on their own."""
    n = answers.total()
    enough = 0.4 if is_several else 0.7
    best: _Divided | None = None
    found_by: dict[str, float] = {}
    for separator in SEPARATORS:
        held = sum(count for text, count in answers.items() if separator in text)
        if held < (1 if is_several or n < MANY else 2):
            continue
        if best and separator == best.separator.strip():
            continue  # the same mark without its blank
        one = _divided(answers, separator, known, few)
        if (
            one.covered >= enough
            and one.several >= (0.005 if is_several else 0.02)
            and (not best or one.several > best.several)
        ):
            best = one
        if one.several >= 0.02 and one.covered >= enough:
            found_by[separator] = one.several
    others = [mark for mark in found_by if best and mark.strip() != best.separator.strip()]
    if others:
        best = _divided(_with_one_mark(answers, best.separator, others), best.separator, known, few)
    for separator, mark in _two_marks(answers):
        one = _divided(_with_one_mark(answers, separator, [mark]), separator, known, few)
        if one.covered >= enough and one.several > (best.several if best else 0) + _MIXED:
            best, others = one, [mark]
    if not best:
        return None
    several, separator, covered, weak = best.several, best.separator, best.covered, best.is_weak
    notes = ["labels that hold the separator were put together on the evidence of few cells"] if weak else []
    if others:
        notes.append(f"other cells hold several with a {SEPARATORS[others[0]]} between")
        column = replace(
            column, counts=tuple(_with_one_mark(counts, separator, others) for counts in column.counts)
        )
    whole = sum(count for text, count in answers.items() if count >= few) / n
    is_sure = (is_several or several >= 0.1 and covered >= 0.85) and n >= 20
    if others or not is_several and whole > 0.9 and several < 0.1:
        is_sure = False
    options = _several(column, separator, known, is_weak=weak)
    between = SEPARATORS[separator]
    why = f"{round(100 * several)} % of {n} cells hold several frequent options, with a {between} between"
    return Guess(
        "multi",
        why + ("; the question allows several" if is_several else ""),
        is_sure,
        separator,
        options,
        notes,
    )


def _several(
    column: FormColumn, separator: str, known: Collection[str], *, is_weak: bool = False
) -> tuple[Options, ...]:
    """The options of cells that join several, by file."""
    options = []
    for counts in column.counts:
        parts, cells, _ = joined_options(counts, separator)
        found = listed_options(parts, known)
        found.order = form_order(_by_label(cells, found), found.counts)
        found.is_merged_by_few = is_weak
        options.append(found)
    return tuple(options)


def _few_joined(
    column: FormColumn, labels: Collection[str], options: Collection[Options], known: Collection[str]
) -> Guess | None:
    """Several options in a cell where hardly any cell has them: it joins options of the column alone, and so
    do half of the cells that are no option."""
    keys = {option_key(label) for label in labels}
    rare = sum((found.hidden for found in options), Counter())
    for separator, between in SEPARATORS.items():
        joined = {text: n for text, n in rare.items()
                  if len(parts := text.split(separator)) > 1 and keys.issuperset(map(option_key, parts))}
        if (n := sum(joined.values())) and n >= rare.total() / 2:
            cells = "cell joins" if n == 1 else "cells join"
            return Guess("multi", f"{n} {cells} options of the column, with a {between} between", False,
                         separator, _several(column, separator, known), ["may several be chosen?"])
    return None


def _with_one_mark(counts: Counter[str], separator: str, others: list[str]) -> Counter[str]:
    """Cells whose options are all divided by the same mark: where a cell has another one, that is
    replaced."""
    found: Counter[str] = Counter()
    for text, count in counts.items():
        if separator not in text:
            for mark in others:
                text = text.replace(mark, separator)
        found[text] += count
    return found


def _by_label(cells: list[tuple[list[str], int]], options: Options) -> list[tuple[list[str], int]]:
    labels = {option_key(label): label for label in options.counts}
    return [([labels.get(option_key(part), part) for part in parts], count) for parts, count in cells]


def _by_language(column: FormColumn) -> tuple[Counter[str], ...]:
    """How often each answer was given, with the files of one language together: waves of one form, in which
    the column has the same heading, or a changed one of the same language, and mostly the same answers."""
    merged: list[tuple[str, Counter[str]]] = []
    for name, counts in zip(column.names, column.counts, strict=True):
        same = next((n for n, (other, found) in enumerate(merged)
                     if (match_key(name) == match_key(other) or column.paired_by == WEAK)
                     and _is_answered_alike(counts, found)), None)
        if same is None:
            merged.append((name, Counter(counts)))
        else:
            merged[same][1].update(counts)
    return tuple(counts for _, counts in merged)


def _is_answered_alike(one: Counter[str], other: Counter[str]) -> bool:
    """Whether four of five answers to a column, or parts of answers that join several, were given in another
    file, too, in either of both."""
    parts = [_all_parts(counts) for counts in (one, other)]
    shared = parts[0].keys() & parts[1].keys()
    return any(sum(own[key] for key in shared) >= _ALIKE * max(1, own.total()) for own in parts)


def _all_parts(answers: Counter[str]) -> Counter[str]:
    """How often each part of cells was given, whatever stands between, by their keys."""
    found: Counter[str] = Counter()
    for text, count in answers.items():
        for part in re.split(r"[;|\n,]", text):
            found[option_key(part)] += count
    return found


def _by_file(column: FormColumn, known: Collection[str]) -> tuple[Options, ...]:
    return tuple(listed_options(counts, known) for counts in column.counts)
