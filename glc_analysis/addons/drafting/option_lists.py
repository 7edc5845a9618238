"""Drafts the option lists of a survey, with one list for all questions that offer the same options, and with
remarks on answers that are not listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from glc_analysis.addons.drafting.choices import ColumnGuess
from glc_analysis.addons.drafting.form import FormColumn
from glc_analysis.addons.drafting.options import (
    FEWEST,
    LIKELY,
    SURE,
    UNPAIRED,
    UNSURE,
    AnswerOptions,
    make_option_spelling_key,
    map_their_options_to_ours,
)
from glc_analysis.addons.drafting.tick_groups import TickGroup
from glc_analysis.addons.drafting.words import (
    guess_option_kind,
    has_link,
    is_concept_word,
    may_be_direct_identifier,
    sort_options_by_known_steps,
    strip_case_accents_and_extra_blanks,
)
from glc_analysis.cleaning.dimension_tables import (
    OTHER,
    OptionFault,
    are_free_texts,
    assign_option_ids_and_positions,
    make_option_id,
    read_step,
    sort_if_all_begin_with_number,
)
from glc_analysis.text import UNTICKED, fold_case_and_spacing

_LONE_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_CODE = re.compile(r"([A-Za-z]{1,3})(\d{1,4})")
"""The pattern of an option's code, such as A2; some exports hold codes in place of the wordings of
options."""
_SAME_LIST = 0.6
"""Two questions share a list only if one of them has all options of the other, and if the question with fewer
options has at least this share of the options of the question with more options."""
_MOSTLY = 0.7
"""The share of a list's options that must begin with a number for the list to count as a list of numbers."""
LIST_OF_FORM = "form"
"""The kind of a list whose options and order come from an XLSForm or from the columns of the export."""
FEW_TEXTS = 3
"""If a question has at most this many different unlisted texts, the texts may be options of the form that
hardly anybody chose."""
PERHAPS_OPTIONS = "perhaps options of the form"
"""The words at the end of a remark on unlisted answers that a person must look at before the question is
accepted."""
_PERHAPS, _A_SPELLING = "in another language; perhaps", "taken for a spelling of"
MAYBE_ONE = _PERHAPS, _A_SPELLING
"""The beginnings of reasons that say why two texts are perhaps not the same option."""
_MAY_BE_BLANK = "an option of the form, or an empty cell?"
_CHANGED = "the options of the files differ: is it the same question in all of them?"


class DraftedOptionLists:
    """The option lists of a draft. Questions that have most options in common share one list."""

    def __init__(self, translated: dict[str, tuple[str, str]]) -> None:
        self.translated = translated
        self.lists: dict[str, list[dict[str, str]]] = {}
        self.kinds: dict[str, str] = {}
        self.keys: dict[str, frozenset[str]] = {}
        self.open: set[str] = set()
        self.grids: dict[tuple[int, str], str] = {}

    def add_question(self, question_id: str, kind: str, guess: ColumnGuess,
                     changed_options: Collection[str] = ()) -> tuple[str, list[str], bool]:
        """Adds the options of a question. Returns the name of the question's list, remarks on answers that
        are not listed, and whether the list may still lack options.

        ``changed_options`` are the options that differ between files; their rows are marked as unsure. If an
        option of a scale differs between files, the rows of all options of the scale are marked as unsure.
        """
        options = guess.options
        first = _fullest(options)
        rows = _option_rows(options, first, self.translated)
        rows = [row | {"how_sure": UNSURE, "why": f"{_MAY_BE_BLANK}; {row['why']}"}
                if is_concept_word("blank", row["value"]) else row for row in rows]
        if changed_options:
            keys = {*map(make_option_spelling_key, changed_options)}
            rows = [row | {"how_sure": UNSURE, "why": f"{row['why']}; {_CHANGED}"}
                    if kind == "scale" or make_option_spelling_key(row["label"]) in keys else row
                    for row in rows]
        remarks = _hidden_remarks(options, rows, kind)
        keys = frozenset(make_option_spelling_key(row["value"]) for row in rows)
        name = self.grids.get((guess.grid, kind), "") or self._same_list(kind, keys, is_open=bool(remarks))
        if guess.grid:
            self.grids[guess.grid, kind] = name or question_id
        is_new = not name
        name = name or question_id
        if is_new:
            self.kinds[name], self.keys[name], self.lists[name] = kind, keys, []
            for row in rows:
                self._append(name, row)
        else:
            self._merge(name, rows, has_changed=bool(changed_options))
            self.keys[name] |= keys
        self.open |= {name} if remarks else set()
        return name, remarks, bool(remarks) or is_new and not rows

    def _same_list(self, kind: str, keys: frozenset[str], *, is_open: bool) -> str:
        """Returns the name of the list that a question with the option keys ``keys`` shares with earlier
        questions; blank if there is no such list. The question must have all options of the list, or the list
        all options of the question; at least two options must be shared."""
        for name, known in self.keys.items():
            n_shared = len(keys & known)
            if self.kinds[name] == kind and self._is_told(name, keys, is_open=is_open) \
                    and n_shared == min(len(keys), len(known)) > 1 \
                    and n_shared >= _SAME_LIST * len(keys | known):
                return name
        return ""

    def _merge(self, name: str, rows: Sequence[dict[str, str]], *, has_changed: bool) -> None:
        """Adds the options of a further question to a list. If an option is already in the list, the number
        of its answers in the question is added to its number in the list."""
        listed = {fold_case_and_spacing(row["value"]): row for row in self.lists[name]}
        spelled = {make_option_spelling_key(row["value"]): row for row in reversed(self.lists[name])}
        for row in rows:
            if same := listed.get(fold_case_and_spacing(row["value"])):
                same["n"] = str(int(same["n"]) + int(row["n"]))
                if has_changed and row["how_sure"] == UNSURE:
                    same |= {"how_sure": UNSURE, "why": row["why"]}
            elif same := spelled.get(make_option_spelling_key(row["value"])):
                how, why = _of_spelling(row["value"], same["label"])
                self._append(name, row | {key: same[key] for key in ("option_id", "label", "kind")}
                             | {"how_sure": how, "why": why})
            else:
                self._append(name, row)

    def has_options_but_no_other(self, list_name: str) -> bool:
        """Whether a list has options, but no option such as Other for texts that are not listed. Once the
        question of such a list is accepted, people are asked for the options that the list lacks."""
        return bool(self.lists[list_name]) and not self.has_other_option(list_name)

    def has_other_option(self, list_name: str) -> bool:
        """Whether a list has an option such as Other for texts that are not listed. Once the question of such
        a list is accepted, people are asked to look through these texts."""
        return any(row["kind"] == "other" for row in self.lists[list_name])

    def _is_told(self, name: str, keys: frozenset[str], *, is_open: bool) -> bool:
        """Whether the shared options are enough evidence that a question and a list have the same options.

        If all shared options are numbers, the evidence is enough only under two conditions: neither the
        question nor the list has other options, and all answers are listed. If one of the two has other
        options, the ends of the two scales may differ.
        """
        shared = keys & self.keys[name]
        if not all(map(_LONE_NUMBER.fullmatch, shared)):
            return True
        return keys == self.keys[name] and not is_open and name not in self.open

    def add_tick_group(self, list_name: str, group: TickGroup) -> None:
        """Adds the options of a question with a column per option. All options are listed, because the
        columns name them."""
        self.lists.setdefault(list_name, [])
        self.kinds[list_name], self.keys[list_name] = LIST_OF_FORM, frozenset()
        for values, label, count in zip(group.values, group.labels, group.counts, strict=True):
            identifier = make_option_id(label, {row["option_id"] for row in self.lists[list_name]})
            for value in values:
                self._append(list_name, {"option_id": identifier, "value": value, "label": label,
                                         "kind": guess_option_kind(label), "how_sure": SURE,
                                         "why": "the heading of its column", "n": str(count)})

    def add_xlsform_list_and_count_unlisted(self, list_name: str, options: pd.DataFrame,
                                            ticks: Mapping[str, FormColumn], column: FormColumn, *,
                                            is_multi: bool) -> Counter[str]:
        """Adds a list of an XLSForm, and counts the answers to one of its questions.

        The answers are in one ``column``, or in the columns ``ticks``, one per option. Answers may be names
        of options, or labels of options in one of the languages of the form. Returns the answers that are not
        options of the list.
        """
        rows = self.lists.setdefault(list_name, [])
        self.kinds[list_name], self.keys[list_name] = LIST_OF_FORM, frozenset()
        texts = {option: [value, *labels.splitlines()] for option, value, labels in zip(
            options["option_id"], options["value"], options["labels"], strict=True)}
        option_of = {fold_case_and_spacing(text): option for option, of_option in reversed(texts.items())
                     for text in of_option}
        counts: Counter[str] = Counter()
        for end, ticked in ticks.items():
            counts[end] += sum(n for text, n in ticked.total.items()
                               if fold_case_and_spacing(text) not in UNTICKED)
        for text, n in {} if ticks else column.total.items():
            for part in [text] if fold_case_and_spacing(text) in option_of or not is_multi else text.split():
                counts[part] += n
        values = {(option_of[key], key): text for text in counts
                  if (key := fold_case_and_spacing(text)) in option_of}
        is_labels = values and not any(texts[option][0] == text for (option, _), text in values.items())
        for _, option in options.iterrows():
            identifier = option["option_id"]
            written = [text for (known, _), text in values.items() if known == identifier]
            others = [] if ticks else [texts[identifier][1 if is_labels else 0]]
            for value in written or others:
                n = sum(counts[text] for text in counts
                        if fold_case_and_spacing(text) == fold_case_and_spacing(value))
                if same := _row_of(rows, value):
                    same["n"] = str(int(same["n"]) + n)
                else:
                    rows.append({"option_id": identifier, "value": value, "label": option["label"],
                                 "kind": option["kind"], "how_sure": SURE, "why": "an option of the form",
                                 "n": str(n)})
        places = {option: n for n, option in enumerate(options["option_id"])}
        rows.sort(key=lambda row: places[row["option_id"]])
        return Counter({text: n for text, n in counts.items()
                        if fold_case_and_spacing(text) not in option_of})

    def relabel(self, wordings: Mapping[str, str]) -> None:
        """Replaces the label of each option by the label that ``wordings`` has for the option. Options with
        the same label become one option."""
        for rows in self.lists.values():
            labels: dict[str, dict[str, str]] = {}
            taken = {row["option_id"] for row in rows}
            for row in rows:
                if (label := wordings.get(fold_case_and_spacing(row["value"]))) is not None:
                    row |= {"label": label, "kind": guess_option_kind(label), "how_sure": SURE,
                            "option_id": make_option_id(label, taken),
                            "why": "the table of wordings gives this wording"}
                    taken.add(row["option_id"])
                first = labels.setdefault(fold_case_and_spacing(row["label"]), row)
                row |= {key: first[key] for key in ("option_id", "label", "kind")}

    def make_rows(self) -> list[dict[str, str]]:
        """Returns all rows of options.csv, with the positions of options within their lists."""
        listed = []
        for name in self.lists:
            rows = self._ordered(name)
            places = self._positions(name, rows)
            listed += [row | {"option_list": name, "position": str(places[row["option_id"]]),
                              "n": format_count_hiding_below_five(int(row["n"]))} for row in rows]
        return listed

    def _positions(self, name: str, rows: list[dict[str, str]]) -> dict[str, int]:
        """Returns the position of each option. On a scale of whole numbers, with or without words beside the
        numbers, the position of an option is its number, so that averages of positions are right. In other
        lists, the position is the option's place in the list."""
        labels = {row["option_id"]: row["label"] for row in rows}
        answers = [option for option, label in labels.items() if guess_option_kind(label) == "substantive"]
        steps = {option: step for option in answers if (step := read_step(labels[option])) is not None}
        if self.kinds[name] != "scale" or len({*steps.values()}) < len(answers):
            return {option: n for n, option in enumerate(labels, 1)}
        others = (option for option in labels if option not in answers)
        return steps | {option: n for n, option in enumerate(others, max(steps.values(), default=0) + 1)}

    def _ordered(self, name: str) -> list[dict[str, str]]:
        """Returns the rows of a list in order. If the list is a scale whose order is unknown, all its rows
        are unsure."""
        rows = self.lists[name]
        if self.kinds[name] == LIST_OF_FORM:
            return rows
        order, is_known = _in_order([*dict.fromkeys(row["label"] for row in rows)], self.kinds[name])
        rows = sorted(rows, key=lambda row: order.index(row["label"]))
        if is_known:
            return rows
        doubt = "no known scale has all of these steps: correct the positions"
        return [row | {"how_sure": UNSURE, "why": f"{row['why']}; {doubt}"} for row in rows]

    def _append(self, name: str, row: dict[str, str]) -> None:
        rows = self.lists[name]
        if "option_id" not in row:
            taken = {listed["option_id"] for listed in rows}
            twin = next((listed["option_id"] for listed in rows if listed["label"] == row["label"]), "")
            row = row | {"option_id": twin or make_option_id(row["label"], taken)}
        others = {listed["option_id"] for listed in rows if listed["kind"] == "other"} - {row["option_id"]}
        if row["kind"] == "other" and others:
            row = row | {"kind": "substantive"}  # one option of a list stands for all other texts
        if not _row_of(rows, row["value"]):
            rows.append(row)


def _row_of(rows: Iterable[dict[str, str]], value: str) -> dict[str, str] | None:
    """Returns the row of a list that has a value; None if no row has the value."""
    return next((row for row in rows
                 if fold_case_and_spacing(row["value"]) == fold_case_and_spacing(value)), None)


def map_option_translations_to_originals(guesses: dict[int, ColumnGuess]) -> dict[str, tuple[str, str]]:
    """Returns the pairs of options that, according to the files, are the same option in two languages. The
    result is keyed by the key of the option in the other language. Each value has the key of the option in
    the first language, and how certain the pair is."""
    pairs: dict[str, tuple[str, str]] = {}
    for guess in sorted(guesses.values(), key=lambda guess: -sum(
            options.counts.total() for options in guess.options)):
        first = _fullest(guess.options)
        for n, other in enumerate(guess.options):
            if n != first:
                for text, (partner, how) in map_their_options_to_ours(guess.options[first],
                                                                      other).items():
                    key, old = make_option_spelling_key(text), pairs.get(make_option_spelling_key(text),
                                                                         ("", UNPAIRED))[1]
                    if partner and key != make_option_spelling_key(partner) and old != SURE and how != old:
                        pairs[key] = make_option_spelling_key(partner), how
    return pairs


def _fullest(options: Sequence[AnswerOptions]) -> int:
    """Returns the position, among the files, of the file with most answers."""
    return max(range(len(options)), key=lambda n: options[n].counts.total(), default=0)


def _option_rows(options: Sequence[AnswerOptions], first: int,
                 translated: dict[str, tuple[str, str]]) -> list[dict[str, str]]:
    """Returns the rows for the options of a question in all files. The options of the file with most answers
    are the options of the list; each option is followed by its other spellings and by its translations from
    the other files. The options of other files for which no partner was found come last, if at least five
    respondents gave them."""
    if not options:
        return []
    main = options[first]
    labels = [*main.counts]
    values: dict[str, list[tuple[str, int, str, str]]] = {}
    for label in labels:
        spelled = main.spellings.get(label, Counter())
        values[label] = [(label, main.counts[label] - spelled.total(), SURE, "")]
        values[label] += [(text, count, *_of_spelling(text, label)) for text, count in spelled.items()]
    extra: Counter[str] = Counter()
    for n, other in enumerate(options):
        if n == first:
            continue
        for text, (partner, how) in map_their_options_to_ours(main, other, translated).items():
            spelled = other.spellings.get(text, Counter())
            if partner and make_option_spelling_key(text) == make_option_spelling_key(partner):
                written = {text: other.counts[text] - spelled.total(), **spelled}
                values[partner] += [(spelling, count, *_of_spelling(spelling, partner))
                                    for spelling, count in written.items()]
            elif partner:
                doubt, why = (UNSURE, _PERHAPS) if how == LIKELY else (SURE, "in another language; taken for")
                values[partner].append((text, other.counts[text], doubt, f"{why} {partner!r}"))
            elif how == UNPAIRED:
                extra[text] += other.counts[text]
    rows = []
    for label in labels:
        same: dict[str, dict[str, str]] = {}
        for value, count, how, why in values[label]:
            row = same.setdefault(fold_case_and_spacing(value), {
                "label": label, "value": value, "kind": guess_option_kind(label), "how_sure": how,
                "why": why or "at least five respondents gave it, or the form names it", "n": "0"})
            row["n"] = str(int(row["n"]) + count)
        rows += same.values()
    return rows + [{
        "label": text, "value": text, "kind": guess_option_kind(text), "how_sure": UNSURE, "n": str(count),
        "why": "no option of the other files was found for it: give it the option_id of the option that "
               "it translates, or leave it as an option of its own"}
        for text, count in extra.items() if count >= FEWEST]


def _of_spelling(text: str, label: str) -> tuple[str, str]:
    """Returns how certain it is that a text is a spelling of an option, and the reason for doubt. A
    difference only in accents or case raises no doubt."""
    if fold_case_and_spacing(text) == fold_case_and_spacing(label):
        return SURE, ""
    if strip_case_accents_and_extra_blanks(text) == strip_case_accents_and_extra_blanks(label):
        return SURE, f"{label!r} with other accents"
    return UNSURE, (f"{_A_SPELLING} {label!r}, but its punctuation differs: if it is another option, give it "
                    "its own option_id")


def _in_order(labels: list[str], kind: str) -> tuple[list[str], bool]:
    """Returns the options of a list in the order that a form would give them, and whether that order is
    certain.

    Numbers, and codes such as A2, are sorted by size. If all options are steps of a known scale, they are
    sorted by the scale. Options without a step come last, and so do options that are not answers, such as
    "don't know". All other options are sorted by how often they were given. Only the order of a scale can be
    uncertain.
    """
    answers = [label for label in labels if guess_option_kind(label) in ("substantive", "none")]
    by_number = sort_if_all_begin_with_number(answers) if len(answers) > 2 or kind == "scale" else None
    if by_number and (kind != "scale" or all(map(_LONE_NUMBER.fullmatch, answers))):
        return [*by_number, *(label for label in labels if label not in answers)], True
    codes = {label: code for label in answers if (code := _CODE.fullmatch(label))}
    if len(codes) == len(answers) and len({code[1] for code in codes.values()}) == 1:
        by_code = sorted(answers, key=lambda label: int(codes[label][2]))
        return [*by_code, *(label for label in labels if label not in answers)], kind != "scale"
    ordered, is_known = sort_options_by_known_steps(labels)
    return (ordered, is_known) if kind == "scale" else (ordered if is_known else labels, True)


def _hidden_remarks(options: Sequence[AnswerOptions], rows: list[dict[str, str]], kind: str) -> list[str]:
    """Returns the remarks on answers that are not listed; empty if all answers are listed.

    Texts that are not listed are mostly taken for texts written after "Other", and the list gets an option of
    kind ``other`` for them. In four cases, a remark says instead that the texts are perhaps options of the
    form: if no text has a letter; if there are at most three different texts, and some occur more than once;
    if the list has no options; or if the texts make up many of the answers and do not look like respondents'
    own words. For a scale, the texts are only counted.
    """
    seen = sum((of_file.counts + of_file.hidden for of_file in options), Counter())
    listed = {make_option_spelling_key(row["value"]) for row in rows}
    hidden = Counter({text: count for text, count in seen.items()
                      if make_option_spelling_key(text) not in listed})
    if not hidden:
        return []
    n, different = hidden.total(), len(hidden)
    remark = f"{n} answers ({different} different) are counted and not listed: fewer than {FEWEST} gave each"
    if n == 1:
        remark = "1 answer is counted and not listed"
    if kind == "scale":
        return [remark]
    wordless = Counter({text: count for text, count in hidden.items() if not any(map(str.isalpha, text))})
    is_open = n > 0.3 * seen.total() and not are_free_texts(hidden)
    if wordless == hidden or different <= FEW_TEXTS and n > different or not rows or is_open:
        return [f"{remark}; {PERHAPS_OPTIONS}"]
    if not any(row["kind"] == "other" for row in rows):
        rows.append({"label": OTHER, "value": OTHER, "kind": "other", "how_sure": UNSURE, "n": "0",
                     "why": f"for texts that people wrote after this option: {remark}"})
    if wordless:
        return [f'{remark}; those with letters are taken for texts after "Other", the {wordless.total()} '
                "without letters need options of their own"]
    return [f'{remark}; taken for texts after "Other", but options of the form may be among them']


def format_count_hiding_below_five(n: int) -> str:
    """Returns a count in the form in which a draft shows it: a count above zero and below five becomes "fewer
    than 5"."""
    return str(n) if n >= FEWEST or not n else f"fewer than {FEWEST}"


# ------------------------------
# Options that fewer than five chose: the rows that lists lack once their questions are accepted.


def draft_unlisted_options(faults: Iterable[OptionFault], options: pd.DataFrame,
                           lists_ordered_as_scales: Collection[str]) -> tuple[list[dict[str, str]], int]:
    """Returns rows of options.csv for texts that are not listed options, and the number of texts left out
    because they look like a person's name, address or number.

    Column ``use`` is yes if the list itself shows that the text is an option, such as a number among numbers,
    or "no" beside "yes". All other rows come first and wait for a person's decision. There is also a row for
    each existing option that gets a new position because numbers are sorted by size. ``options`` has the rows
    of options.csv; ``lists_ordered_as_scales`` are the names of the lists that are scales.
    """
    texts: dict[str, Counter[str]] = {}
    free: set[str] = set()
    for fault in faults:
        texts.setdefault(fault.option_list, Counter()).update(dict(fault.texts))
        free |= {fault.option_list} if fault.are_free else set()
    rows, n_personal = [], 0
    for name, counts in texts.items():
        shown = [text for text in counts if not may_be_direct_identifier(text) and not has_link(text)]
        n_personal += len(counts) - len(shown)
        listed = options[options["option_list"] == name]
        labels = [*listed.loc[listed["kind"].isin(("substantive", "none")), "label"]]
        wanted = [*shown, *([OTHER] if name in free and OTHER not in shown else [])]
        placed, moved = assign_option_ids_and_positions(listed, wanted,
                                                        is_scale=name in lists_ordered_as_scales)
        for text, (identifier, place) in placed.items():
            is_rest = text not in counts
            is_sure = not is_rest and bool(place) and _belongs(text, labels)
            rows.append({
                "use": "yes" if is_sure else "", "records": str(counts[text]) if not is_rest else "",
                "why": "for texts that people wrote after an option such as Other" if is_rest else
                "like the other options of its list" if is_sure else "an option of the form?",
                "option_list": name, "option_id": identifier, "value": text, "label": text, "position": place,
                "kind": "other" if is_rest else _kind_beside(text, listed)})
        values = listed.drop_duplicates("option_id").set_index("label")
        for label, place in moved.items():
            option = values.loc[label]
            rows.append({"use": "yes", "records": "", "option_list": name,
                         "why": f"moves from position {option['position']}, because numbers are sorted "
                                "by size",
                         "option_id": option["option_id"], "value": option["value"], "label": label,
                         "position": str(place), "kind": option["kind"]})
    return sorted(rows, key=lambda row: row["use"] == "yes"), n_personal


def _belongs(text: str, labels: Sequence[str]) -> bool:
    """Whether the labels of a list show that a text is an option of that list."""
    if any(is_concept_word("yes", label) or is_concept_word("no", label)
           for label in labels) and len(labels) < 3:
        return is_concept_word("yes", text) or is_concept_word("no", text)
    numbers = [label for label in labels if sort_if_all_begin_with_number([label])]
    return len(numbers) > 1 and len(numbers) >= _MOSTLY * len(labels) and sort_if_all_begin_with_number(
        [text]) is not None


def _kind_beside(text: str, listed: pd.DataFrame) -> str:
    kind = guess_option_kind(text)
    return "substantive" if kind == "other" and (listed["kind"] == "other").any() else kind
