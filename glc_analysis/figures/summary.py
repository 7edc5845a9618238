"""Writes figures in words, and makes the table of a question's figures that is printed.

The module puts figures (rows of table ``figures`` or of a release) into phrases with count and base, and into
one table for each question. Every page, and every trace of a figure to its sources, takes its phrases from
this module, so that a figure has the same words everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from glc_analysis.addon import map_declared_entries
from glc_analysis.cleaning.skip_logic import Comparison, Condition, Junction, parse_condition
from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.figures.estimates import ALL, DOCUMENT, KINDS, NUMBER_STATISTICS, SOURCE
from glc_analysis.schema import CALL, COUNTRY_LIST, WITHOUT_GUIDE
from glc_analysis.tables import iterate_rows
from glc_analysis.text import format_count

# ------------------------------
# A figure in words.


_VERBS = {"single": "said “{}” to", "scale": "chose “{}” for"}
"""The verbs for giving an answer, keyed by the type of the question."""


@dataclass(frozen=True)
class Words:
    """The names that are needed to put figures into words.

    - ``questions``: the rows of table ``questions``, keyed by question_id.
    - ``options``: the labels of options, keyed by option list and option_id.
    - ``codes``: the names of codes, keyed by code_id.
    - ``organisations``: the word that the study uses for organisations.
    """

    questions: Mapping[str, Any]
    options: Mapping[tuple[str, str], str]
    codes: Mapping[str, str]
    organisations: str = "organisations"

    @classmethod
    def from_tables(cls, questions: pd.DataFrame, options: pd.DataFrame, codes: Mapping[str, str],
                    organisations: str) -> Words:
        """Returns the object with the names from the processed tables ``questions`` and ``options``, the
        names of codes, and the word that study.toml gives for organisations."""
        listed = zip(options["option_list"], options["option_id"], strict=True)
        return cls(dict(zip(questions["question_id"], questions.itertuples(), strict=True)),
                   dict(zip(listed, options["label"], strict=True)),
                   codes, organisations)

    def _unit(self, figure: Any) -> str:
        return self.organisations if figure.unit == "organisation" else f"{figure.unit}s"

    def format_number(self, figure: Any) -> str:
        """Returns the number of a figure with its base, such as "18 of 30 (60 %)" or "median 12, base 30"."""
        if pd.isna(figure.n) and not getattr(figure, "band", ""):
            return f"{figure.statistic.replace('_', ' ')} {figure.value:g}, base {int(figure.base_n)}"
        return format_count(figure.n, figure.base_n, getattr(figure, "band", ""))

    def find_question_id(self, figure_id: str) -> str:
        """Returns the id of the question that a figure is about; blank if it is about no question.

        >>> words = Words({"Q1": None}, {}, {})
        >>> words.find_question_id("Q1/yes/all"), words.find_question_id("rest/all")
        ('Q1', '')
        """
        return next((one for one in self.questions if figure_id.startswith(f"{one}/")), "")

    def describe_condition(self, asked_if: str) -> str:
        """Returns the condition ``asked_if`` of questions.csv in words that complete a sentence beginning
        with "Asked only of those who".

        >>> from types import SimpleNamespace
        >>> words = Words({"Q1": SimpleNamespace(wording="Is there a law?", option_list="law")},
        ...               {("law", "yes"): "Yes", ("law", "partly"): "Partly"}, {})
        >>> words.describe_condition("Q1 in (yes, partly)")
        'answered Yes or Partly to: Is there a law?'
        >>> words.describe_condition("Q1 == yes and country != USA")
        'answered Yes to “Is there a law?” and did not answer for USA.'
        """
        parsed = parse_condition(asked_if)
        if isinstance(parsed, Comparison) and parsed.name in self.questions:
            wording = self.questions[parsed.name].wording
            return f"{self._comparison(parsed)}: {wording}{'' if wording.endswith(('?', '!', '.')) else '.'}"
        return f"{self._clause(parsed)}."

    def _clause(self, condition: Condition) -> str:
        if condition is None:
            return ""
        if isinstance(condition, Comparison):
            question = self.questions.get(condition.name)
            return self._comparison(condition) + (f" “{question.wording}”" if question else "")
        parts = [f"({self._clause(part)})" if isinstance(part, Junction) else self._clause(part)
                 for part in condition.parts]
        return f" {condition.operator} ".join(parts)

    def _comparison(self, comparison: Comparison) -> str:
        """Returns one comparison of a condition in words. The words do not include the wording of the
        compared question."""
        name, operator, values = comparison
        question = self.questions.get(name)
        listed = question.option_list if question else COUNTRY_LIST
        labels = " or ".join(self.options.get((listed, value), value) for value in values)
        answered = "did not answer" if operator == "!=" else "answered"
        if question:
            return f"chose {labels} at" if operator == "has" else f"{answered} {labels} to"
        return f"{answered} for {labels}" if name == "country" else f"{answered} {labels} to {name}"

    def write_clause(self, figure: Any) -> str:
        """Returns a figure (a row of table ``figures`` or of a release) in words, as a clause with the base
        of the figure."""
        name, counted, asked = self.describe_subject_number_and_question(figure)
        return (f"{name}: " if name else "") + counted + (f" ({asked})" if asked else "")

    def write_sentence(self, figure: Any) -> str:
        """Returns a figure (a row of table ``figures`` or of a release) in words, as a sentence.

        >>> from types import SimpleNamespace
        >>> figure = SimpleNamespace(measure="coded", code_id="rest", n=5, base_n=30, unit="organisation",
        ...                          subset_kind="all", subset_id="")
        >>> Words({}, {}, {"rest": "Time to rest"}).write_sentence(figure)
        '5 of the 30 organisations that were asked raised “Time to rest”.'
        >>> figure.subset_kind, figure.subset_id, figure.base_n = "source", "call", 9
        >>> Words({}, {}, {"rest": "Time to rest"}).write_sentence(figure)
        '5 of the 9 organisations that were present in calls raised “Time to rest”.'
        >>> figure.undecided_n = 2
        >>> Words({}, {}, {"rest": "Time to rest"}).write_sentence(figure)
        '5 of the 9 organisations that were present in calls raised “Time to rest”; of 2 it is undecided.'
        """
        nouns, base = self._unit(figure), int(figure.base_n)
        band, question = getattr(figure, "band", ""), self.questions.get(getattr(figure, "question_id", ""))
        kind, group = figure.subset_kind.replace("_", " "), figure.subset_id.replace("-", " ")
        counted = "" if pd.isna(figure.n) and not band else band.capitalize() if band else f"{int(figure.n)}"
        those = f"{counted} of the {base} {nouns}" + (f" ({kind}: {group})" if group else "")
        if figure.measure == "coded":
            name = self.codes.get(figure.code_id, figure.code_id)
            undecided = count_organisations_with_undecided_code(figure)
            rest = f"; of {undecided} it is undecided." if undecided else "."
            if calls := _calls_of(figure):
                return f"{counted} of the {base} {nouns} that were present in {calls} raised “{name}”{rest}"
            if figure.subset_id == WITHOUT_GUIDE:
                return (f"{counted} of the {base} {nouns} that were interviewed, without a guide, raised "
                        f"“{name}”{rest}")
            return f"{those} that were asked raised “{name}”{rest}"
        if figure.measure == "discordance":
            return f"{those} state another {figure.option_id} than the record."
        if figure.measure != "response" or question is None:
            return f"{self.write_clause(figure)}."
        option = self.options.get((question.option_list, figure.option_id), figure.option_id)
        if not counted:
            said = f"The {figure.statistic.replace('_', ' ')} of {base} {nouns} is {figure.value:g}: "
        elif option:
            answered = " that answered" if figure.unit == "organisation" else ""
            said = f"{those}{answered} {_VERBS.get(question.type, 'chose “{}” at').format(option)}: "
        else:
            said = f"{those} have words on: "
        return f"{said}{question.wording}" + ("" if question.wording.endswith(("?", ".", "!")) else ".")

    def describe_subject_number_and_question(self, figure: Any) -> tuple[str, str, str]:
        """Returns three texts about a figure. The first text says what the figure is about: its code, its
        option or the wording of its question. The second text is the number of the figure with its base. The
        third text is the wording of the question if the figure is about an option. The first and the third
        text may be blank."""
        number, nouns = self.format_number(figure), self._unit(figure)
        within = f", {figure.subset_kind.replace('_', ' ')} {figure.subset_id}" if figure.subset_id else ""
        if figure.measure == "coded":
            name = self.codes.get(figure.code_id, figure.code_id)
            undecided = count_organisations_with_undecided_code(figure)
            rest = f", {undecided} undecided" if undecided else ""
            if calls := _calls_of(figure):
                return name, f"raised by {number} {nouns} present in {calls}{rest}", ""
            if figure.subset_id == WITHOUT_GUIDE:
                return name, f"raised by {number} {nouns} interviewed without a guide{rest}", ""
            return name, f"raised by {number} {nouns} asked{within}{rest}", ""
        if figure.measure == "discordance":
            return "", f"{number} {nouns} state another {figure.option_id} than the record{within}", ""
        question = self.questions.get(figure.question_id)
        if figure.measure != "response" or question is None:
            return figure.figure_id, f"{number} {nouns}", ""
        option = self.options.get((question.option_list, figure.option_id), figure.option_id)
        return option or question.wording, f"{number} {nouns}{within}", question.wording if option else ""


def count_organisations_with_undecided_code(figure: Any) -> int:
    """Returns the number of organisations for which it is undecided whether they raised the figure's code; 0
    if the audience may not know this number.

    >>> from types import SimpleNamespace
    >>> (count_organisations_with_undecided_code(SimpleNamespace(undecided_n=2)),
    ...  count_organisations_with_undecided_code(SimpleNamespace(undecided_n=pd.NA)))
    (2, 0)
    """
    n = getattr(figure, "undecided_n", 0)
    return 0 if pd.isna(n) else int(n)


def _calls_of(figure: Any) -> str:
    """Returns the words for the call, or for all calls, to which a figure of a code belongs. The words are
    blank if the figure is not about calls.

    >>> from types import SimpleNamespace
    >>> figures = SimpleNamespace(subset_kind="source", subset_id="call"), SimpleNamespace(
    ...     subset_kind="document", subset_id="call-2"), SimpleNamespace(subset_kind="all", subset_id="")
    >>> [*map(_calls_of, figures)]
    ['calls', 'call-2', '']
    """
    if figure.subset_kind == DOCUMENT:
        return figure.subset_id
    return "calls" if (figure.subset_kind, figure.subset_id) == (SOURCE, CALL) else ""


# ------------------------------
# The printed form of one question's figures, as ``glc summary`` and the notebooks show it.


_COUNTED = ["question", "option", "n", "base_n", "share", "low", "high"]
_MEASURED = ["question", "statistic", "value", "base_n"]


def resolve_subset_kind(attribute: str, *, more: Sequence[str] = ()) -> str:
    """Returns the kind of subset that the option ``--by`` names. ``attribute`` is the name of an attribute,
    or one of the names in ``more``; the name may be followed by ``_id``.

    >>> resolve_subset_kind("home_country_id")
    'home_country'
    """
    if not attribute:
        return ALL
    kinds = [*KINDS[1:], *more]
    if not isinstance(attribute, str):
        raise UsageError(f"Figures are grouped by one attribute, not by {attribute!r}. To fix: name one of "
                         f"{', '.join(kinds)}.")
    for name in (attribute, attribute.removesuffix("_id")):
        if name in kinds:
            return name
        if name in map_declared_entries("counted_by"):
            raise UsageError(f"Only the counts of questions with options can be grouped by {name}. To fix: "
                             f'use view.counts(QUESTION, by="{name}"), or `glc summary QUESTION '
                             f"--by {name}`.")
    raise UsageError(f"There is no attribute {attribute!r} to group by; {suggest_name(attribute, kinds)}.")


def make_unknown_question_error(question_id: str, known: Iterable[str]) -> UsageError:
    """Returns the error which says that a question is unknown."""
    return UsageError(f"There is no question {question_id!r}; {suggest_name(question_id, known)}.")


def summarise_each_question(released: pd.DataFrame, questions: pd.DataFrame, options: pd.DataFrame,
                            countries: pd.DataFrame, *, by: str = "") -> dict[str, pd.DataFrame]:
    """Returns a table of the figures of every question, keyed by question_id. The table of a question has one
    row per option, in order, or one row per statistic.

    The columns of a table are:

    - for questions with options, texts or dates: question, option, n, base_n, share (0 to 1), low and high;
    - for questions that ask for a number: question, statistic, value and base_n;
    - a first column ``group`` if ``by`` is given;
    - a last column ``band`` for audiences that see some figures only as ranges. The column ``band`` has the
      range in words; the numbers of a figure with a range are missing.

    Raises UsageError for an unknown attribute; the message suggests the nearest names.
    """
    rows = _sort_figures(released, questions, options, countries, by)
    leading, banded = ["group"] if by else [], ["band"] if "band" in rows else []
    shown = {"number": rows[[*leading, *_MEASURED, *banded]], "": rows[[*leading, *_COUNTED, *banded]]}
    own = rows.groupby("question_id").indices
    return {one: shown["number" if kind == "number" else ""].iloc[own.get(one, [])].reset_index(drop=True)
            for one, kind in zip(questions["question_id"], questions["type"], strict=True)}


def map_questions_to_group_figures(released: pd.DataFrame, questions: pd.DataFrame, options: pd.DataFrame,
                                   countries: pd.DataFrame, group: str, *,
                                   by: str = "") -> dict[str, list[Any]]:
    """Returns the figures of one group, keyed by question_id: the rows that :func:`summarise_each_question`
    returns for the group, each with the columns for all types of questions. Without ``by``, returns the
    figures of the whole study. A page that shows all questions of a country gets all its figures with one
    call of this function."""
    rows = _sort_figures(released, questions, options, countries, by)
    rows = rows[rows["group"] == group] if by else rows
    banded = ["band"] if "band" in rows else []
    found: dict[str, list[Any]] = {}
    for row in iterate_rows(rows[[*dict.fromkeys((*_MEASURED, *_COUNTED)), *banded]]):
        found.setdefault(row.question, []).append(row)
    return found


def _sort_figures(released: pd.DataFrame, questions: pd.DataFrame, options: pd.DataFrame,
                  countries: pd.DataFrame, by: str) -> pd.DataFrame:
    """Returns the figures of all questions, with the columns of :func:`summarise_each_question`, in the order
    of the groups and options. Raises UsageError for an unknown attribute."""
    kind = resolve_subset_kind(by)
    rows = released[(released["measure"] == "response") & (released["subset_kind"] == kind)]
    rows = rows[rows["question_id"].isin(questions["question_id"])]
    lists = dict(zip(questions["question_id"], questions["option_list"], strict=True))
    listed = dict(zip(zip(options["option_list"], options["option_id"], strict=True),
                      zip(options["position"], options["label"], strict=True), strict=True))
    ordered = {name: place for place, name in enumerate(NUMBER_STATISTICS)}
    found = [(ordered[statistic], "") if statistic in ordered else (0, "answered") if not option
             else listed.get((lists[question], option), (pd.NA, pd.NA)) for question, option, statistic
             in zip(rows["question_id"], rows["option_id"], rows["statistic"], strict=True)]
    order, option = ([one[n] for one in found] for n in (0, 1))
    group = rows["subset_id"]
    if kind in ("country", "home_country"):
        group = group.map(dict(zip(countries["country_id"], countries["label"], strict=True))).fillna(group)
    rows = rows.assign(question=rows["question_id"], group=group, order=pd.array(order, dtype="Int64"),
                       option=pd.array(option, dtype="str"),
                       statistic=rows["statistic"].str.replace("_", " "))
    return rows.sort_values(["group", "order"], kind="stable")
