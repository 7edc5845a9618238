"""Makes the tables ``questions``, ``options``, ``countries``, ``codebook`` and ``context``, which describe
the questions, options, countries and codes that other tables name. The module also proposes rows of
options.csv for texts that are not options.

The tables are made from the reference tables, from the cleaned answers, and from raw files with facts about
countries from outside sources.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from glc_analysis.cleaning.countries import country_name, find_country_ids, find_region_ids
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.errors import Fault, Faults, suggest_name
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.schema import COUNTRY_LIST, SENSITIVE
from glc_analysis.slices import list_work_countries_by_organisation
from glc_analysis.tabular import format_csv_row
from glc_analysis.text import fold_case_and_spacing, make_id_from_text, map_distinct, normalise_space

# ------------------------------
# Table ``context``: facts about countries from outside sources (region, income, tier by year).


_KEY = ["country_id", "indicator", "year"]
_NO_FACTS = pd.DataFrame(columns=[*_KEY, "value", "source"], dtype="str")


def clean_country_indicators(files: list[RawSurvey], reference: Reference, settings: dict,
                             log: CleaningLog) -> pd.DataFrame:
    """Returns table ``context``, with one row per country, indicator and year. Column ``year`` is blank for
    an indicator that never changes.

    An unknown name of a country is not a fault, because a source may list more countries than the study. The
    log counts the rows whose country is known. Raises Faults if a column that the settings name is missing,
    if no indicator is named, or if an indicator has two values for one country and year.
    """
    faults = [fault for file in files for fault in _missing_columns(file, settings)]
    if files and not settings["indicators"]:
        faults.append(Fault("[context] indicators names no column", file="study.toml",
                            fix="name the columns to use, or move the files out of raw/context"))
    if faults:
        raise Faults(faults)
    facts = pd.concat([_NO_FACTS, *(_read_facts(file, reference, settings, log) for file in files)],
                      ignore_index=True)
    facts["year"] = facts["year"].mask(_never_changes(facts), "")
    facts = facts.drop_duplicates([*_KEY, "value"])
    twice = facts[facts.duplicated(_KEY)]
    if len(twice):
        raise Faults([Fault(f"{' '.join(filter(None, (row['country_id'], row['year'])))} has more than one "
                            "value", file=row["source"], row=f"{row['row']:.0f}", column=row["indicator"],
                            value=row["value"], fix="keep one of the rows")
                      for row in twice.to_dict("records")])
    return facts


def _missing_columns(file: RawSurvey, settings: dict) -> list[Fault]:
    columns = [settings["country"], settings["year"], *settings["indicators"]]
    return [Fault("[context] names a column that the file does not have; "
                  f"{suggest_name(c, file.frame.columns)}",
                  file=file.path.name, column=c, fix="correct the name under [context] in study.toml")
            for c in columns if c and c not in file.frame.columns]


def _read_facts(file: RawSurvey, reference: Reference, settings: dict, log: CleaningLog) -> pd.DataFrame:
    """Returns the facts in one file, with one row per country, indicator and year; blank cells are left
    out."""
    blank = ["", *settings["blank"]]
    frame = file.frame.apply(lambda s: map_distinct(s, normalise_space))
    ids = find_country_ids(frame[settings["country"]], reference.countries)
    log.add_step("context read", rows_in=len(frame), rows_out=int((ids != "").sum()),
                 why=f"{file.path.name}: rows whose country is known")
    years = frame[settings["year"]] if settings["year"] else pd.Series("", index=frame.index)
    parts = []
    for indicator in settings["indicators"]:
        facts = pd.DataFrame({"country_id": ids, "indicator": indicator, "year": years,
                              "value": frame[indicator], "source": file.path.name,
                              "row": file.rows})
        parts.append(facts[(ids != "") & ~facts["value"].isin(blank)])
    return pd.concat(parts)


def _never_changes(facts: pd.DataFrame) -> pd.Series:
    """Whether each fact belongs to an indicator that never changes. An indicator never changes if it has
    several years and each country has the same value in all years."""
    kinds = facts.groupby(["indicator", "country_id"])[["value", "year"]].nunique()
    most = kinds.groupby("indicator").max()
    return facts["indicator"].isin(most.index[(most["value"] == 1) & (most["year"] > 1)])


# ------------------------------
# Tables that describe the others: ``questions``, ``options``, ``countries``, ``codebook``.


def make_question_table(reference: Reference) -> pd.DataFrame:
    """Returns table ``questions``, with one row per question, in the order of questions.csv."""
    frame = reference.questions
    return frame.assign(order=range(1, len(frame) + 1),
                        is_sensitive=frame["is_sensitive"].isin(SENSITIVE).to_numpy())


def make_option_table(reference: Reference, study_countries: pd.DataFrame) -> pd.DataFrame:
    """Returns table ``options``, with one row per option. The table includes the list ``countries``, whose
    options are the countries of the study, sorted by name."""
    options = reference.options.drop_duplicates(["option_list", "option_id"])
    options = options.assign(position=options["position"].astype(int))
    countries = study_countries.rename(columns={"country_id": "option_id"}).assign(
        option_list=COUNTRY_LIST, position=range(1, len(study_countries) + 1), kind="substantive")
    return pd.concat([options, countries], ignore_index=True)


def make_country_table(answers: pd.DataFrame, organisations: pd.DataFrame, responses: pd.DataFrame,
                       reference: Reference) -> pd.DataFrame:
    """Returns table ``countries``, sorted by name. Table ``countries`` has one row for each country in which
    an organisation works or has its main office, and for each country that is the answer to a question.

    Column ``organisations_n`` is the number of organisations that work in the country, and ``answers_n`` is
    the number of records about the country.
    """
    reviewed = reference.countries.drop_duplicates("country_id").set_index("country_id")
    questions = reference.questions
    asked = questions.loc[questions["option_list"] == COUNTRY_LIST, "question_id"]
    named = responses.loc[responses["question_id"].isin(asked), "value"]
    ids = pd.Series(sorted({*answers["country_id"], *organisations["home_country_id"], *named}
                           - {""}), dtype="str")
    workers = Counter(list_work_countries_by_organisation(answers, organisations)["country_id"])
    frame = pd.DataFrame({
        "country_id": ids, "label": [reviewed["label"].get(i, "") or country_name(i) for i in ids],
        "region_id": find_region_ids(ids, reference.countries),
        "organisations_n": ids.map(workers), "answers_n": ids.map(Counter(answers["country_id"]))})
    return frame.sort_values("label", key=lambda s: s.map(fold_case_and_spacing), ignore_index=True)


def make_codebook_of_codes_in_use(codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns table ``codebook``, with one row per code in use, in the order of codebook.csv. Column ``path``
    has the names of the codes above a code, followed by the code's name.

    ``codebook`` must have the columns of codebook.csv. Codes that were merged or split are not in the table.
    """
    names = dict(zip(codebook["code_id"], codebook["name"], strict=True))
    parents = dict(zip(codebook["code_id"], codebook["parent_id"], strict=True))

    def path(code: str) -> str:
        return f"{path(parents[code])} > {names[code]}" if parents[code] else names[code]

    codebook = codebook[codebook["merged_into"] == ""]
    return codebook.assign(order=range(1, len(codebook) + 1), version=codebook["since_version"],
                           path=codebook["code_id"].map(path))


# ------------------------------
# New rows of options.csv, for labels that a draft reads from the form, and for texts that ``glc check`` finds
# in no list. Each text gets one row, however many questions and files have it. The draft and the check give
# the same label the same id.


MINUS = re.compile(r"(?<!\d)(?<!\d\s)[-\N{MINUS SIGN}\N{EN DASH}](?=\d)")
"""The pattern of a minus sign before a number, as in "UTC-3"; a dash between two numbers does not match."""
_SPELLED = {"+": "plus", "#": "sharp", "<": "under", ">": "over", "%": "percent", "&": "and", "=": "equals"}
_LONGEST = 40


def make_option_id(label: str, taken: Collection[str] = ()) -> str:
    """Returns an option_id made from the label of an option. The new id differs from all ids in ``taken``,
    which are the ids of the other options of the list. Signs that distinguish options, such as ``+`` and
    ``>``, are spelled out in the id.

    >>> [make_option_id(label) for label in ("Legal help", "C++", "UTC-3", "18-24", "> 1,000", "0.15")]
    ['legal_help', 'c_plus_plus', 'utc_minus_3', '18-24', 'over_1_000', '0_15']
    >>> make_option_id("Other.", taken=["other", "other_2"]), make_option_id("កម្ពុជា", taken=["yes"])
    ('other_3', 'option_2')
    """
    text = MINUS.sub(" minus ", label)
    text = "".join(f" {_SPELLED[c]} " if c in _SPELLED else c for c in text)
    stem = re.sub(r"_+", "_",
                  re.sub(r"_-+_", "_", make_id_from_text(text)).replace(".", "_"))[:_LONGEST].strip("_-")
    stem = stem if re.fullmatch(r"[a-z0-9_-]+", stem) and stem != "option" else f"option_{len(taken) + 1}"
    numbered = (f"{stem}_{n}" for n in itertools.count(2))
    return next(name for name in itertools.chain([stem], numbered) if name not in taken)


_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+|\d+)([.,]\d+)?"
_AMOUNT = re.compile(rf"(?P<before>\D{{0,12}}?)(?P<minus>[-\N{{MINUS SIGN}}])?{_NUMBER}"
                     rf"(?:\D{{1,5}}{_NUMBER})?.*", re.DOTALL)
_STEP = re.compile(r"(\d{1,3})(?:\s*[-–—(:=.]\s*[^\d\s].*)?", re.DOTALL)
_LESS, _MORE = ("<", "under", "less", "fewer", "below"), (">", "over", "more", "above")


def sort_if_all_begin_with_number(labels: Sequence[str]) -> list[str] | None:
    """Returns the labels, sorted by the numbers or ranges with which they begin. Returns None if a label does
    not begin with a number or a range.

    >>> sort_if_all_begin_with_number(["10 - 100", "> 1,000", "1 - 10", "500-1,000", "< 1"])
    ['< 1', '1 - 10', '10 - 100', '500-1,000', '> 1,000']
    >>> sort_if_all_begin_with_number(["3", "10", "0", "-1"]), sort_if_all_begin_with_number(["0.15",
    ...                                                                                       "custom"])
    (['-1', '0', '3', '10'], None)
    """
    amounts = {label: amount for label in labels if (amount := _amount(label)) is not None}
    return sorted(labels, key=amounts.__getitem__) if len(amounts) == len({*labels}) else None


def read_step(label: str) -> int | None:
    """Returns the number of a step on a scale, read from a label that consists of a number, or of a number
    and words. Returns None for any other label.

    >>> [read_step(label) for label in ("7", "0 - Not at all", "10 (All my time)", "18-24", "5+")]
    [7, 0, 10, None, None]
    """
    match = _STEP.fullmatch(label.strip())
    return int(match[1]) if match else None


def _amount(label: str) -> tuple[float, float] | None:
    """Returns a sort key for a label that begins with a number: the two numbers of a range, or a single
    number twice. The label "under 5" sorts just before 5, and "over 5" sorts just after 5, like a range
    without an upper end. Returns None if the label does not begin with a number."""
    match = _AMOUNT.fullmatch(label.strip())
    before = match["before"].casefold().strip() if match else ""
    if not match or any(map(str.isalpha, before)) and before.split()[0] not in (*_LESS, *_MORE):
        return None
    whole, part, second, second_part = match.groups()[2:]
    first = float(re.sub("[, ]", "", whole) + (part or "").replace(",", "."))
    end = float(re.sub("[, ]", "", second) + (second_part or "").replace(",", ".")) if second else first
    if before.startswith(_LESS):
        return first - 1e-9, first
    if before.startswith(_MORE):
        return first + 1e-9, float("inf")
    return (-first if match["minus"] else first), end


# ------------------------------
# Texts that are not options, and the rows that would make them one.


CORRECT_THE_RECORD = "correct the record in corrections.csv"
OTHER = "Other"
"""The label that is proposed for an option of kind ``other``; texts that are no other option of the list are
read as this option."""
_OTHER_PLACES, _NAMED_TEXTS = 3, 10
_RARE, _MANY_TEXTS, _LONG_TEXTS, _LONG = 2, 5, 3, 25


@dataclass(frozen=True)
class OptionFault(Fault):
    """The fault that one or more texts are not options of a list.

    - ``option_list``: the list that lacks the texts.
    - ``texts``: the texts, each with the number of records that contain it.
    - ``are_free``: whether the texts seem to be people's own words, so that one option of kind ``other``
      would be enough for all texts.
    """

    option_list: str = field(default="", compare=False)
    texts: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    are_free: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class UnknownOption(OptionFault):
    """The fault that one text, in one column of one file, is not an option of a list."""


def merge_faults_and_propose_option_rows(faults: Sequence[Fault], options: pd.DataFrame,
                                         scales: Collection[str] = ()) -> list[Fault]:
    """Returns the faults, with one joint fault in place of all faults which say that the same text is not an
    option of the same list. The fix of the joint fault has the row of options.csv that would make the text an
    option.

    ``options`` has the rows of options.csv. ``scales`` has the lists of options in which an option's position
    is its step on a scale. Faults of other kinds are returned unchanged.
    """
    texts: dict[str, dict[str, list[UnknownOption]]] = {}
    for fault in faults:
        if isinstance(fault, UnknownOption):
            key = fold_case_and_spacing(fault.value)
            texts.setdefault(fault.option_list, {}).setdefault(key, []).append(fault)
    joint: dict[tuple[str, str], Fault] = {}
    for name, groups_of_list in texts.items():
        groups = sorted((sorted(group, key=lambda fault: -fault.n) for group in groups_of_list.values()),
                        key=lambda group: -sum(fault.n for fault in group))
        listed = options[options["option_list"] == name]
        free = [] if name in scales else _free_texts(groups, listed)
        groups = [group for group in groups if group not in free]
        wanted = [group[0].value for group in groups]
        if free and not any(map(_is_other, wanted)):
            wanted.append(OTHER)
        rows, moved = format_option_rows_and_position_changes(name, listed, wanted, is_scale=name in scales)
        for group in groups:
            row = rows[group[0].value]
            fix = f"add to options.csv: {row}; or {CORRECT_THE_RECORD}"
            if moved:
                fix = (f"add to options.csv: {row} (if all rows of this list are added, {moved}); or "
                       f"{CORRECT_THE_RECORD}")
            elif name in scales and not sort_if_all_begin_with_number([group[0].value]):
                fix = fix.replace(":", ", with the position of its step, which is blank here:", 1)
            joint[name, fold_case_and_spacing(group[0].value)] = _joint_fault(group, fix)
        if free:
            row = rows[next(filter(_is_other, wanted))]
            joint[name, fold_case_and_spacing(free[0][0].value)] = _free_texts_fault(name, free, row)
    keys = [(fault.option_list, fold_case_and_spacing(fault.value))
            if isinstance(fault, UnknownOption) else None for fault in faults]
    return [joint[key] if key else fault for key, fault in zip(keys, faults, strict=True)
            if key is None or key in joint and fault is texts[key[0]][key[1]][0]]


def are_free_texts(texts: Mapping[str, int]) -> bool:
    """Whether texts that are not options seem to be people's own words, as after the option "Other".
    ``texts`` maps each text to the number of records that contain it.

    Texts count as people's own words if at least five of them are in only one or two records each; three such
    texts are enough if they have 25 characters or more on average.

    >>> are_free_texts({f"own words {n}": 1 for n in range(5)})
    True
    >>> are_free_texts({"Mail": 1, "Phone": 2, "Fax": 9})
    False
    """
    rare = [text for text, n in texts.items() if n <= _RARE and any(map(str.isalpha, text))]
    is_long = sum(map(len, rare)) >= _LONG * len(rare)
    return len(rare) >= (_LONG_TEXTS if is_long else _MANY_TEXTS)


def _is_other(text: str) -> bool:
    return fold_case_and_spacing(text) == fold_case_and_spacing(OTHER)


def _free_texts(groups: Sequence[Sequence[UnknownOption]],
                options: pd.DataFrame) -> list[Sequence[UnknownOption]]:
    """Returns the faults about texts for which one option of kind ``other`` would be enough. Returns no fault
    if the texts do not seem to be people's own words, or if ``options`` already has an option of kind
    ``other``."""
    has_other = (options["kind"] == "other").any() or any(map(_is_other, options["label"]))
    counts = {group[0].value: sum(fault.n for fault in group) for group in groups}
    if has_other or not are_free_texts(counts):
        return []
    return [group for group in groups if counts[group[0].value] <= _RARE and not _is_other(group[0].value)
            and any(map(str.isalpha, group[0].value))]


def _free_texts_fault(name: str, free: Sequence[Sequence[UnknownOption]], row: str) -> Fault:
    """Returns one fault for all texts that are in only one or two records each. The fix of the fault has
    ``row``, the row of options.csv for an option of kind ``other``; all these texts would then be read as
    this option."""
    first, n = free[0][0], sum(fault.n for group in free for fault in group)
    quoted = ", ".join(repr(group[0].value) for group in free[:_NAMED_TEXTS])
    more = f" and {len(free) - _NAMED_TEXTS:,} more" if len(free) > _NAMED_TEXTS else ""
    return OptionFault(
        f"{len(free):,} different texts of one or two records each ({n:,} records) are not options of "
        f"{name}: {quoted}{more}", first.file, column=first.column, n=n, fix=(
            f'if people wrote them after "Other", add to options.csv: {row}, an option that is used for all '
            "of them; `glc summary QUESTION --texts` then lists each text with the row that would make it an "
            f'option. If people did not write them after "Other", {CORRECT_THE_RECORD}'),
        option_list=name, are_free=True,
        texts=tuple((group[0].value, sum(fault.n for fault in group)) for group in free))


def _joint_fault(group: Sequence[UnknownOption], fix: str) -> Fault:
    """Returns one fault for a text that is not an option and that occurs in several columns or files.
    ``group`` has one fault for each column and file, with the most frequent text first."""
    first, n = group[0], sum(fault.n for fault in group)
    message = first.message + (f"; {n:,} records" if n > 1 else "")
    places = [f"column {fault.column} of {fault.file}" for fault in group[1:]]
    if places:
        more = f" and {len(places) - _OTHER_PLACES} more" if len(places) > _OTHER_PLACES else ""
        message += f", also in {', '.join(places[:_OTHER_PLACES])}{more}"
    return OptionFault(message, first.file, first.row, first.column, first.value, fix, n,
                       option_list=first.option_list, texts=((first.value, n),))


def propose_options_from_other_texts(responses: pd.DataFrame, question: pd.Series,
                                     options: pd.DataFrame) -> pd.DataFrame:
    """Returns the texts that respondents wrote after an option such as Other when they answered one question.

    The frame has one row per text, the most frequent text first. Its columns are the text, the number of its
    records, and the row of options.csv that would make the text an option. ``responses`` is the table with
    this name, and ``options`` has the rows of options.csv.
    """
    written = responses.loc[responses["question_id"] == question["question_id"], "other_text"].astype("str")
    if question["type"] == "multi":
        written = written.str.split("; ").explode()
    written = written[written != ""]
    counts = written.groupby(written.map(fold_case_and_spacing)).agg(["first", "size"])
    counts = counts.sort_values(["size", "first"], ascending=[False, True], kind="stable")
    name = question["option_list"]
    rows, _ = format_option_rows_and_position_changes(name, options[options["option_list"] == name],
                                                      [*counts["first"]])
    return pd.DataFrame({"text": counts["first"], "records": counts["size"],
                         "row of options.csv": [*rows.values()]}).reset_index(drop=True)


def format_option_rows_and_position_changes(option_list: str, options: pd.DataFrame, texts: Sequence[str], *,
                                            is_scale: bool = False) -> tuple[dict[str, str], str]:
    """Returns two values. The first has, for each text, the row of options.csv that would make the text an
    option. The second says in words which options of the list get another position if these rows are added,
    because a list of numbers is sorted by size.

    The id in each returned row is not yet in use in the list. In a scale, the position of a text that is not
    a number is blank, because a person must say which step the text is.

    >>> options = pd.DataFrame({"option_id": ["low", "high"], "label": ["1", "5"], "position": ["1", "2"],
    ...                         "kind": ["substantive"] * 2})
    >>> format_option_rows_and_position_changes("steps", options, ["3", "High"])
    ({'3': 'steps,3,3,3,2,substantive', 'High': 'steps,high_2,High,High,4,substantive'}, "'5' has position 3")
    >>> format_option_rows_and_position_changes("steps", options.assign(position=["1", "5"]), ["0"])
    ({'0': 'steps,0,0,0,0,substantive'}, '')
    """
    placed, moved = assign_option_ids_and_positions(options, texts, is_scale=is_scale)
    rows = {}
    for text, (identifier, place) in placed.items():
        kind = "other" if _is_other(text) else "substantive"
        rows[text] = format_csv_row([option_list, identifier, text, text, place, kind])
    return rows, ", ".join(f"{label!r} has position {place}" for label, place in moved.items())


def assign_option_ids_and_positions(options: pd.DataFrame, texts: Sequence[str], *,
                                    is_scale: bool = False) -> tuple[dict[str, tuple[str, str]],
                                                                     dict[str, int]]:
    """Returns two values (:func:`format_option_rows_and_position_changes`). The first has, for each text, an
    unused id and the position that the text gets in the list of options. The second has, keyed by label, the
    new position of each option that is moved within the list."""
    listed = options.drop_duplicates("option_id")
    listed = listed.assign(place=listed["position"].astype(int)).sort_values("place", kind="stable")
    places = dict(zip(listed["label"], listed["place"], strict=True))
    answers = [*listed.loc[listed["kind"].isin(("substantive", "none")), "label"]]
    order = _numbers_in_place(answers, texts)
    wanted = [*order, *(label for label in places if label not in order)] if order else [*places]
    wanted += [text for text in texts if text not in wanted]
    if order and all(read_step(label) == places[label] for label in answers):  # the position is the number
        new = {label: number for label in order if (number := read_step(label)) is not None}
        for label in wanted:
            is_free = label in places and places[label] not in new.values()
            new.setdefault(label, places[label] if is_free else max(new.values()) + 1)
    elif order:
        new = {label: place for place, label in enumerate(wanted, 1)}
    else:
        new = {**{text: max(places.values(), default=0) + n for n, text in enumerate(texts, 1)}, **places}
    taken, placed = [*listed["option_id"]], {}
    for text in texts:
        taken.append(make_option_id(text, taken))
        placed[text] = taken[-1], "" if is_scale and text not in order else str(new[text])
    return placed, {label: new[label] for label in places if new[label] != places[label]}


def _numbers_in_place(labels: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Returns the labels of a list of numbers, together with those ``texts`` that are numbers. The returned
    labels are in the order of the list, ascending or descending. The result is empty if the list is neither
    ascending nor descending, or if no text is a number."""
    order = sort_if_all_begin_with_number(labels)
    numbers = [text for text in texts if sort_if_all_begin_with_number([text])]
    if not order or len(labels) < 2 or not numbers or [*labels] not in (order, order[::-1]):
        return []
    whole = sort_if_all_begin_with_number([*labels, *numbers]) or []
    return whole if [*labels] == order else whole[::-1]
