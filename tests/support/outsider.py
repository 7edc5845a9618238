"""Computes what a person outside a study can work out from its files: an attacker who reads figures as they
are printed.

This module was written only from the published pages, the questionnaire and
`glc_analysis/disclosure/MODEL.md`, by a person who had not written the rules. It uses none of the code that
decides what is shown. The attacker knows who takes part, in which region and country, and may know the
answers of some organisations (insiders). Integer programming (HiGHS, by `scipy.optimize.milp`) then computes
how small and how large every hidden count can be, and whether every organisation can still have said yes, and
can still have said no.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

CALLS = "codes in calls"
LEAST_GROUP = 3  # of fewer no count has three values; their answers are attacked one by one


@dataclass(frozen=True)
class Figure:
    """One printed count: of `item` (an option of a question, or a code), in a group, from `low` to `high`."""

    question: str  # "codes" for codes, CALLS for codes in calls
    item: str  # "" for "answered"
    group: tuple[str, str]  # ("all", ""), ("home_region", "americas"), ("country", "KHM")
    low: int
    high: int
    base: int

    @property
    def is_exact(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True)
class Participant:
    """One record that is counted: an organisation, or its answer about one country, with the groups to which
    it belongs."""

    organisation: str
    groups: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """A question as the questionnaire prints it: unit, type, options, and the condition under which it is
    asked."""

    id: str
    unit: str
    type: str
    options: tuple[str, ...]
    asked_if: tuple[str, tuple[str, ...]] | None  # the earlier question, and the answers that lead here


@dataclass
class Finding:
    """A certain conclusion: a hidden count with fewer than three possible values, or an answer that is
    excluded."""

    kind: str  # "count" or "answer"
    question: str
    item: str
    who: str
    low: int
    high: int
    size: int
    insiders: tuple[str, ...] = ()

    def __str__(self) -> str:
        known = f", known to {' and '.join(self.insiders)}" if self.insiders else ""
        about = f"{self.question} {self.item}, {self.who}"
        return f"{self.kind}: {about}: {self.low} to {self.high} of {self.size}{known}"


def read_range(printed: str, base: int) -> tuple[int, int]:
    """The smallest and largest count that a printed cell allows.

    >>> read_range("at most 7 of 30", 30), read_range("18 of 30 (60 %)", 30), read_range("at least 23", 30)
    ((0, 7), (18, 18), (23, 30))
    """
    if found := re.match(r"(\d+) to (\d+)", printed):
        return int(found[1]), int(found[2])
    number = int(re.search(r"\d+", printed).group())
    if "at most" in printed.lower():
        return 0, number
    return (number, base) if "at least" in printed.lower() else (number, number)


def read_figures(path: Path) -> list[Figure]:
    """Returns the counts in a downloaded table of figures (`figures-released.csv`)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["statistic"] in {"count", "answered", "organisations"}
        ]
    figures = []
    for row in rows:
        if row["measure"] == "quality":
            continue
        base = int(row["base_n"])
        low, high = read_range(row["band"] or str(int(float(row["value"]))), base)
        item = row["code_id"] if row["measure"] == "coded" else row["option_id"]
        question, group = row["question_id"] or "codes", (row["subset_kind"], row["subset_id"])
        if group == ("source", "call"):
            question, group = CALLS, ("all", "")
        figures.append(Figure(question, item, group, low, high, base))
    return figures


def read_questions(folder: Path) -> dict[str, Question]:
    """Returns the questions of the questionnaire (`questions.csv` and `options.csv`), which every participant
    has seen."""
    options: dict[str, list[str]] = {}
    with (folder / "options.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            options.setdefault(row["option_list"], []).append(row["option_id"])
    questions = {}
    with (folder / "questions.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            asked_if = None
            if found := re.fullmatch(r"(\S+) (?:==|has|in) \(?([^()]+)\)?", row["asked_if"] or ""):
                asked_if = found[1], tuple(part.strip() for part in found[2].split(","))
            items = tuple(dict.fromkeys(options.get(row["option_list"], [])))
            if row["dont_know"] == "missing":
                items = tuple(item for item in items if item != "dont_know")
            questions[row["question_id"]] = Question(
                row["question_id"], row["unit"], row["type"], items, asked_if
            )
    return questions


def with_printed_options(question: Question, figures: Iterable[Figure]) -> Question:
    """Returns the question with the printed options, if its list is not in `options.csv` (a list of
    countries)."""
    printed = tuple(dict.fromkeys(f.item for f in figures if f.question == question.id and f.item))
    if question.options or not printed:
        return question
    return Question(question.id, question.unit, "open list", printed, question.asked_if)


def read_tree(path: Path) -> dict[str, str]:
    """Returns the parent of every code in a downloaded codebook (`codes-released.csv`)."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["code_id"]: row["parent_id"] for row in csv.DictReader(file)}


@dataclass
class Problem:
    """An integer program: variables with bounds, and sums of variables with bounds. It can find the extremes
    of further sums."""

    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    sums: list[tuple[dict[int, int], float, float]] = field(default_factory=list)
    solutions: list[np.ndarray] = field(default_factory=list)
    constraint: LinearConstraint | None = None

    def add_variable(self, low: int, high: int) -> int:
        self.lower.append(low)
        self.upper.append(high)
        return len(self.lower) - 1

    def add_sum(self, terms: Iterable[tuple[int, int]], low: float, high: float) -> None:
        total: Counter[int] = Counter()
        for variable, factor in terms:
            total[variable] += factor
        self.sums.append((dict(total), low, high))

    def extremes(self, terms: Iterable[int], *, is_enough: Callable[[int, int], bool]) -> tuple[int, int]:
        """Returns a small and a large value of the sum of these variables: the smallest and the largest,
        unless ``is_enough`` accepts less extreme ones.

        Every solution found is kept, because most later questions can be answered by a known solution. Raises
        ValueError if nothing fits what is printed.
        """
        terms = list(terms)
        if self.constraint is None:
            cells = [
                (row, column, factor)
                for row, (total, _, _) in enumerate(self.sums)
                for column, factor in total.items()
            ]
            rows, columns, factors = zip(*cells, strict=True)
            matrix = csr_matrix((factors, (rows, columns)), shape=(len(self.sums), len(self.lower)))
            self.constraint = LinearConstraint(
                matrix, [one[1] for one in self.sums], [one[2] for one in self.sums]
            )
        for sign in (1, -1):
            known = [int(solution[terms].sum()) for solution in self.solutions]
            if known and is_enough(min(known), max(known)):
                return min(known), max(known)
            aim = np.zeros(len(self.lower))
            np.add.at(aim, terms, sign)
            solved = milp(
                aim,
                constraints=self.constraint,
                integrality=np.ones(len(self.lower)),
                bounds=Bounds(self.lower, self.upper),
            )
            if solved.status != 0:
                raise ValueError(f"nothing fits what is printed: {solved.message}")
            self.solutions.append(np.rint(solved.x).astype(int))
        known = [int(solution[terms].sum()) for solution in self.solutions]
        return min(known), max(known)


class Attack:
    """All conclusions from printed figures about the answers to questions that depend on each other.

    `rosters` gives, for each question, the participants who could have answered it. The answers of `insiders`
    are known: `own(question, participant)` returns the chosen items, or None if there is no answer.
    """

    def __init__(
        self, figures, questions, rosters, insiders=(), own=None, parents=None, *, is_closed=True
    ):
        self.problem, self.figures, self.insiders = Problem(), figures, tuple(insiders)
        self.is_closed = is_closed
        self.parents = parents or {}
        self.count: dict[tuple, int] = {}  # (question, item, class) -> variable
        self.base: dict[tuple, int] = {}  # (question, class) -> variable
        self.classes: dict[str, Counter] = {}
        printed_groups = {figure.group for figure in figures}
        for question in questions:
            self._add_question(question, rosters[question.id], printed_groups, own)
        for question in questions:
            self._add_condition(question)
        for figure in figures:
            self._add_figure(figure)

    def _add_question(self, question, roster, printed_groups, own):
        classes: Counter = Counter()
        answers = {}
        for number, participant in enumerate(roster):
            is_insider = participant.organisation in self.insiders
            key = (participant.groups & printed_groups, number if is_insider else None)
            classes[key] += 1
            if is_insider:
                answers[key] = own(question.id, participant)
        self.classes[question.id] = classes
        is_codes = question.type == "codes"
        for key, size in classes.items():
            bases = (
                [(item, (question.id, key, item)) for item in question.options]
                if is_codes
                else [(None, (question.id, key))]
            )
            for item, name in bases:
                known = answers.get(key, ()) if key in answers else ()
                if key not in answers:
                    low, high = 0, size
                elif is_codes:
                    low = high = int(known.get(item) is not None)
                else:
                    low = high = int(known is not None)
                self.base[name] = self.problem.add_variable(low, high)
            for item in question.options or ("",):
                low, high = 0, size
                if key in answers:
                    if is_codes:
                        low = high = int(bool(answers[key].get(item)))
                    else:
                        low = high = int(answers[key] is not None and (item == "" or item in answers[key]))
                variable = self.problem.add_variable(low, high)
                self.count[question.id, item, key] = variable
                base = self.base[question.id, key, item] if is_codes else self.base[question.id, key]
                self.problem.add_sum([(variable, 1), (base, -1)], -np.inf, 0)
            if is_codes and key not in answers:  # what insiders raised is known
                self._add_tree(question, key)
            elif question.type in {"single", "scale"}:
                terms = [(self.count[question.id, item, key], 1) for item in question.options]
                self.problem.add_sum([*terms, (self.base[question.id, key], -1)], 0, 0)
            elif question.type == "multi":
                terms = [(self.count[question.id, item, key], 1) for item in question.options]
                self.problem.add_sum([*terms, (self.base[question.id, key], -1)], 0, np.inf)

    def _add_tree(self, question, key):
        """Adds that a code is raised wherever a code below it is raised. With `is_closed`, a code that has
        codes below it is raised nowhere else."""
        for code in question.options:
            children = [child for child in question.options if self.parents[child] == code]
            own = self.count[question.id, code, key]
            for child in children:
                self.problem.add_sum([(own, 1), (self.count[question.id, child, key], -1)], 0, np.inf)
            if children and self.is_closed:
                terms = [(self.count[question.id, child, key], 1) for child in children]
                self.problem.add_sum([*terms, (own, -1)], 0, np.inf)

    def _add_condition(self, question):
        """Adds that a question was asked only of those who gave certain answers to the earlier question or
        did not answer it."""
        if not question.asked_if or question.asked_if[0] not in self.classes:
            return
        earlier, answers = question.asked_if
        if set(self.classes[earlier]) != set(self.classes[question.id]):
            return
        for key in self.classes[question.id]:
            terms = [
                (self.count[earlier, item, key], -1)
                for item in answers
                if (earlier, item, key) in self.count
            ]
            terms.append((self.base[earlier, key], 1))
            size = self.classes[question.id][key]
            self.problem.add_sum([(self.base[question.id, key], 1), *terms], -np.inf, size)

    def _members(self, question, group):
        return [key for key in self.classes[question] if group in key[0]]

    def _add_figure(self, figure):
        keys = self._members(figure.question, figure.group)
        item = figure.item
        self.problem.add_sum(
            [(self.count[figure.question, item, key], 1) for key in keys], figure.low, figure.high
        )
        if figure.question in ("codes", CALLS):
            bases = [(self.base[figure.question, key, item], 1) for key in keys]
        else:
            bases = [(self.base[figure.question, key], 1) for key in keys]
        if item or figure.question in ("codes", CALLS):
            self.problem.add_sum(bases, figure.base, figure.base)

    def findings(self, question: Question, agreed=frozenset()) -> tuple[list[Finding], int]:
        """Returns the conclusions about one question, and how many counts and answers were attacked.

        ``agreed`` are the pairs of item and group that are printed for organisations that agreed to be shown.
        """
        found, tried = [], 0
        exact = {(f.item, f.group) for f in self.figures if f.question == question.id and f.is_exact}
        classes = self.classes[question.id]
        groups = {f.group for f in self.figures if f.question == question.id}
        for item in question.options or ("",):
            unknown = [
                key
                for key in classes
                if key[1] is None and not any((item, group) in agreed for group in key[0])
            ]
            for group in sorted(groups):
                keys = [key for key in unknown if group in key[0]]
                size = sum(classes[key] for key in keys)
                if (item, group) in exact or size < LEAST_GROUP:
                    continue
                low, high = self.problem.extremes(
                    [self.count[question.id, item, key] for key in keys],
                    is_enough=lambda low, high: high - low >= 2,
                )
                tried += 1
                if high - low < 2:
                    found.append(
                        Finding("count", question.id, item, "/".join(group), low, high, size, self.insiders)
                    )
            for key in unknown:
                size = classes[key]
                low, high = self.problem.extremes(
                    [self.count[question.id, item, key]],
                    is_enough=lambda low, high, size=size: low < size and high > 0,
                )
                tried += 1
                if (high == 0 or low == size) and self._may_have_answered(question, key, item):
                    who = " and ".join(sorted("/".join(group) for group in key[0] if group[0] != "all"))
                    found.append(
                        Finding(
                            "answer", question.id, item, who or "the rest", low, high, size, self.insiders
                        )
                    )
        return found, tried

    def _may_have_answered(self, question, key, item):
        """Whether at least one of these participants can be in the base. If none can, the figures say nothing
        about their answers."""
        names = [(question.id, key)]
        if question.type == "codes":  # who is asked about a code is asked about its family
            names = [(question.id, key, code) for code in (item, *self._above(item))]
        return all(
            self.problem.extremes([self.base[name]], is_enough=lambda _, high: high > 0)[1] > 0
            for name in names
        )

    def _above(self, code):
        """Yields the codes above a code, from the nearest to the farthest."""
        while code := self.parents[code]:
            yield code
