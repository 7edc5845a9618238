"""Drafts crosswalk.csv for a new wave: one row per question, with the question's wordings and options in the
study and in the new files side by side.

Only a question with identical heading, wording and options is drafted as unchanged; any other match of
questions is only proposed. The draft shows no counts, because decisions must not depend on the answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pandas as pd

from glc_analysis.addons.drafting.draft import SurveyDraft
from glc_analysis.addons.drafting.form import SurveyForm, select_columns_named_by_entry
from glc_analysis.addons.drafting.option_lists import MAYBE_ONE
from glc_analysis.addons.drafting.options import FEWEST, find_unexpectedly_unchosen_options
from glc_analysis.cleaning import columns
from glc_analysis.cleaning.responses import OptionList
from glc_analysis.intake.survey import RawSurvey
from glc_analysis.reference import Reference
from glc_analysis.schema import CHOICE_TYPES, COUNTRY_LIST
from glc_analysis.text import UNTICKED, fold_case_and_spacing, normalise_space

COLUMNS = ["question_id", "change", "is_comparable", "because", "why", "wording_before", "wording_now",
           "options_before", "options_now", "columns", "asked_if", "wave_id"]
OPTION_COLUMNS = ["use", "why", "option_list", "option_id", "value", "label", "position", "kind"]
GONE = "no column is like it"
SAME, ALL_THE_SAME = "the same", "*"
"""Two words for rows of the draft. ``SAME`` is the reason in the row of each identical question.
``ALL_THE_SAME`` is the question id of one further row. The decision in this further row holds for all rows of
identical questions whose own decision is blank."""
_ANOTHER = "has another heading: is it the same question?"
_FEWER = "others, which fewer than five gave each"
"""The text that replaces an answer if the answer is not an option and fewer than five respondents gave it.
Such an answer may be a respondent's own words."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class CrosswalkDraft:
    """The draft of the crosswalk for a wave.

    - ``rows``: the rows of crosswalk.csv, doubtful rows first. Decisions are blank; the wordings and the
      lists of options in the study and in the new files stand side by side.
    - ``options``: rows of options.csv for answers that translate an option into another language.
    - ``held``: for each matched column of the new files (file and column), the question in the column and
      whether the match is certain. An uncertain match is only proposed.
    """

    rows: pd.DataFrame
    options: pd.DataFrame
    held: Mapping[tuple[str, str], tuple[str, bool]]


def draft_crosswalk(earlier_surveys: Sequence[RawSurvey], surveys: Sequence[RawSurvey], reference: Reference,
                    wave: str, *, new_draft: SurveyDraft | None = None,
                    wordings: Mapping[str, str] = _NOTHING) -> CrosswalkDraft:
    """Drafts crosswalk.csv for the files of a wave (``surveys``), with a row for each question that the files
    ``earlier_surveys`` ask.

    The column ``change`` has ``none`` if nothing differs, ``dropped`` if no column matches, and is otherwise
    blank. Identical questions without options get no row. The decision in row ``*`` holds for all rows of
    identical questions whose own decision is blank.

    - ``new_draft``: the draft made from the new files alone; its options in several languages show which
      answers mean the same.
    - ``wordings``: the texts to use in place of headings and answers, keyed by the headings and answers in
      the form that ``fold_case_and_spacing`` returns.
    """
    form = SurveyForm.from_surveys([*earlier_surveys, *surveys], wordings)
    pairs = [column.names for column in form.columns]
    partners = _partners(new_draft, surveys) if new_draft else {}
    questions = [asked for _, question in reference.questions.iterrows() if (asked := _Question(
        question, earlier_surveys, surveys, reference.options, pairs, wordings, partners)).was_asked]
    rows = [row for asked in questions if (row := asked.make_row(wave))["change"] != "none"
            or asked.question["type"] in CHOICE_TYPES]
    same = [row for row in rows if row["why"] == SAME]
    rows = [*(row for row in rows if not row["change"]), *(row for row in rows if row["change"] == "dropped"),
            *[{"question_id": ALL_THE_SAME, "wave_id": wave, "change": "none",
               "why": "decides for all rows below that have 'the same' in column why and no decision of "
                      "their own"}] * bool(same), *same]
    options = pd.DataFrame([row for asked in questions for row in asked.translated.values()],
                           columns=OPTION_COLUMNS, dtype="object")
    held = {place: (asked.question["question_id"], is_certain) for asked in reversed(questions)
            for place, is_certain in asked.held.items()}
    return CrosswalkDraft(pd.DataFrame(rows, columns=COLUMNS, dtype="object").fillna(""),
                          options.drop_duplicates(["option_list", "value"]).reset_index(drop=True), held)


_Partners = Mapping[tuple[str, str], Mapping[str, tuple[set[str], bool]]]


def _partners(new: SurveyDraft, surveys: Sequence[RawSurvey]) -> _Partners:
    """Returns, for each file and column, the texts that the draft of the new files treats as one option. The
    inner mapping is keyed by the key of a text. Its values have the keys of all texts of the same option, and
    whether these texts certainly belong together."""
    rows = new.tables["options"]
    of_list: dict[str, dict[str, tuple[set[str], bool]]] = {}
    for _, same in rows.groupby(["option_list", "option_id"], sort=False):
        keys = {fold_case_and_spacing(text) for column in ("value", "label") for text in same[column]}
        is_sure = not same["why"].str.startswith(MAYBE_ONE).any()
        values = dict.fromkeys(map(fold_case_and_spacing, same["value"]), (keys, is_sure))
        of_list.setdefault(same["option_list"].iloc[0], {}).update(values)
    return {(survey.path.name, name): of_list.get(question["option_list"], {})
            for _, question in new.tables["questions"].iterrows() for survey in surveys
            for name in select_columns_named_by_entry(question["columns"], survey.frame.columns)}


@dataclass
class _Question:
    """A question of the study, and the columns of the new files that certainly or possibly hold it."""

    question: pd.Series
    before: Sequence[RawSurvey]
    surveys: Sequence[RawSurvey]
    all_options: pd.DataFrame
    pairs: Sequence[tuple[str, ...]]
    wordings: Mapping[str, str]
    partners: _Partners
    found: list[dict[str, str]] = field(init=False)
    """For each new file, the column of each of the question's options; empty if no column of the file
    certainly or possibly holds the question."""
    proposed: list[str] = field(init=False)
    """For each new file, the column that possibly holds the question; blank if a column certainly holds the
    question, or if no column possibly holds it."""
    translated: dict[str, dict[str, str]] = field(init=False, default_factory=dict)
    """Rows of options.csv for answers that translate an option into another language, keyed by answer."""

    def __post_init__(self) -> None:
        question = self.question
        self.options = self.all_options[self.all_options["option_list"] == question["option_list"]]
        self.listed = OptionList.from_rows(self.options)
        self.found_before = [self._locate(survey) for survey in self.before]
        names = {name for at in self.found_before for name in at.values()} or {
            *columns.split_alternatives(question["columns"])}
        keys = {*map(fold_case_and_spacing, names)}
        self.known = {self._reads(text) for text in (question["wording"], *names)}
        # A heading that stands over several columns of a file tells no question.
        self.known |= {self._reads(file.wording.get(name, "")) for file in self.before for name in names
                       if re.sub(r" \[\d+\]$", "", name) not in file.repeated}
        beside = [pair[len(self.before):] for pair in self.pairs
                  if keys & {fold_case_and_spacing(name) for name in pair[:len(self.before)] if name}]
        without = columns.list_files_lacking_question(question["columns"])
        self.found, self.proposed = [], []
        for n, survey in enumerate(self.surveys):
            at = self._locate(survey)
            is_open = not at and survey.path.name not in without
            name = next((pair[n] for pair in beside if pair[n]), "") if is_open else ""
            self.found.append(at or ({"": name} if name else {}))
            self.proposed.append(name)

    def _locate(self, survey: RawSurvey) -> dict[str, str]:
        """Returns the column of each of the question's options in a file; empty if the file lacks the
        question."""
        options = self.options if self.question["type"] == "multi" else None
        at, faults = columns.locate_question_columns(self.question["columns"], survey, options)
        return {} if faults or not any(at.values()) else at

    def _reads(self, text: str) -> str:
        """Returns the key by which a heading is matched. If the table of wordings has the heading, the key of
        its wording is returned."""
        return fold_case_and_spacing(self.wordings.get(fold_case_and_spacing(text), text))

    def _wording(self, survey: RawSurvey, name: str) -> str:
        text = normalise_space(survey.wording.get(name, "") or name)
        return self.wordings.get(fold_case_and_spacing(text), text)

    @property
    def was_asked(self) -> bool:
        """Whether an earlier file has the question; True if there are no earlier files."""
        return any(self.found_before) or not self.before

    @property
    def held(self) -> dict[tuple[str, str], bool]:
        """Returns, for each column of the new files that holds the question, whether the match is certain.
        The result is keyed by file and column."""
        return {(survey.path.name, name): not proposed for survey, at, proposed
                in zip(self.surveys, self.found, self.proposed, strict=True) for name in at.values()}

    def make_row(self, wave: str) -> dict[str, str]:
        """Returns the row of the draft for the question."""
        texts = [self._wording(survey, next(iter(at.values()))) if at else ""
                 for survey, at in zip(self.surveys, self.found, strict=True)]
        is_reworded = [fold_case_and_spacing(text) not in self.known for text in texts]
        files = [*zip((survey.path.name for survey in self.surveys), self.found, self.proposed, is_reworded,
                      strict=True)]
        answers = self._unknown(self.surveys, self.found)
        # People's own words, as there were before, are not a new option.
        is_new = {*answers} - ({_FEWER} if self._unknown(self.before, self.found_before) else set())
        why = GONE if not any(self.found) else "; ".join([
            *(f"{file} {_ANOTHER}" for file, _, name, is_other in files if name and is_other),
            *(f"{file}: {GONE}" for file, at, _, _ in files if not at),
            *["the wording differs"] * any(
                is_other for _, at, name, is_other in files if at and not name),
            *["answers that are no option"] * bool(is_new), *self._no_longer_chosen()])
        gone = {"change": "dropped", "is_comparable": "no", "because": GONE} if why == GONE else {}
        listed = [*dict.fromkeys(self.options["label"])]
        return {"question_id": self.question["question_id"], "wave_id": wave,
                "change": "" if why else "none", **gone, "why": why or SAME, "columns": self._entry(),
                "wording_before": self.question["wording"],
                "wording_now": " | ".join(dict.fromkeys(filter(None, texts))),
                "options_before": "\n".join(listed),
                "options_now": "\n".join([*listed, *answers]) if any(self.found) else ""}

    def _entry(self) -> str:
        """Returns the text of cell ``columns`` for the question in the new wave. The text is blank if the
        entry of questions.csv is also right for the new wave, or if no new file has the question."""
        if not any(self.proposed) and all(self.found) or not any(self.found):
            return ""
        names = [proposed or (self._alternative(survey) if at else f"{columns.NOT_IN}{survey.path.name}")
                 for survey, at, proposed in zip(self.surveys, self.found, self.proposed, strict=True)]
        return " | ".join(dict.fromkeys(names))

    def _alternative(self, survey: RawSurvey) -> str:
        """Returns that one of the alternative names in questions.csv by which the question's columns are
        found in a file."""
        return next(name for name in columns.split_alternatives(self.question["columns"])
                    if not columns.locate_question_columns(name, survey, self.options)[1])

    @property
    def _has_options(self) -> bool:
        return self.question["type"] in CHOICE_TYPES and self.question["option_list"] != COUNTRY_LIST

    def _unknown(self, surveys: Sequence[RawSurvey], columns_by_role: Sequence[dict[str, str]]) -> list[str]:
        """Returns the answers in files that are not options, in alphabetical order.

        Answers that fewer than five respondents gave are not named. An answer that translates an option into
        another language becomes a row of options.csv, and is returned only if the translation is unsure.
        """
        n: Counter[str] = Counter()
        unsure = set()
        for survey, at in zip(surveys, columns_by_role, strict=True):
            if not self._has_options or set(at) != {""}:
                continue
            for text in self._unlisted(survey.frame[at[""]]):
                row = self._translation(text, survey.path.name, at[""])
                if not row:
                    n[text] += 1
                elif self.translated.setdefault(text, row)["use"] == "":
                    unsure.add(f"{text} = {row['label']}?")
        named = [text for text in n if n[text] >= FEWEST]
        return [*sorted(named), *sorted(unsure), *[_FEWER] * (len(named) < len(n))]

    def _unlisted(self, cells: pd.Series) -> list[str]:
        """Returns each answer of a column that is not an option, repeated as often as it was given."""
        if self.question["type"] == "multi":
            _, unknown = self.listed.read_joined_choices(cells)
            parts = cells.map(unknown).dropna().explode()
        else:
            _, is_unknown = self.listed.read_single_choices(cells)
            parts = cells[is_unknown].map(normalise_space)
        return [*parts[parts != ""]]

    def _translation(self, text: str, file: str, name: str) -> dict[str, str]:
        """Returns the row of options.csv for an answer that translates an option into another language; empty
        if no such option is known."""
        key = fold_case_and_spacing(text)
        worded = self.listed.spellings.get(fold_case_and_spacing(self.wordings.get(key, "")), "")
        others, is_sure = self.partners.get((file, name), {}).get(key, (set(), False))
        taken_for = {option for other in others if (option := self.listed.spellings.get(other))}
        if not worded and len(taken_for) != 1:
            return {}
        option = worded or taken_for.pop()
        first = self.options[self.options["option_id"] == option].iloc[0]
        return {"use": "yes" if worded or is_sure else "",
                "why": "the table of wordings gives this wording" if worded else
                "in another language, by the answers of the files of this wave",
                "value": text, **first[["option_list", "option_id", "label", "position", "kind"]]}

    def _no_longer_chosen(self) -> list[str]:
        """Returns a doubt for each group of files (earlier or new) in which nobody chose some options, unless
        this may have happened by chance."""
        if not self._has_options or not any(self.found):
            return []
        chosen = {"before": self._chosen(self.before, self.found_before),
                  "now": self._chosen(self.surveys, self.found)}
        gone = find_unexpectedly_unchosen_options([(side, "", labels) for side, labels in chosen.items()],
                                                  [*dict.fromkeys(self.options["label"])])
        return [f"nobody chose {', '.join(map(repr, labels))} {side}" for side, labels in gone.items()]

    def _chosen(self, surveys: Sequence[RawSurvey], found: Sequence[dict[str, str]]) -> Counter[str]:
        """Returns how often each option was chosen in the files, keyed by the option's label."""
        n: Counter[str] = Counter()
        for survey, at in zip(surveys, found, strict=True):
            for option, name in at.items():
                cells = survey.frame[name]
                if option:
                    n[option] += int((~cells.map(fold_case_and_spacing).isin(UNTICKED | {""})).sum())
                elif self.question["type"] == "multi":
                    times = self.listed.read_joined_choices(cells)[0].sum(axis=0)
                    n.update(dict(zip(self.listed.ids, map(int, times), strict=True)))
                else:
                    n.update(filter(None, self.listed.read_single_choices(cells)[0]))
        labels = dict(zip(self.options["option_id"], self.options["label"], strict=True))
        counts: Counter[str] = Counter()
        for option in n:
            counts[labels[option]] += n[option]
        return counts
