"""Invents the answers, with exact shares and moderate patterns.

An option is chosen by exactly its share of those who answer, namely by those who tend to it most. How much an
organisation tends to an option depends on its resources, its region and a good deal of chance
(``content/pattern.csv``). Every figure of the sample is therefore known beforehand, and yet the answers vary
as real ones do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from glc_analysis.cleaning import skip_logic
from scripts.sample_study.content import Row, grouped, rows
from scripts.sample_study.participants import Interview, firsts

EXCLUSIVE = ("none", "dont_know", "refused")
CHANCE = 3.0


def answer(interviews: list[Interview], seed: int) -> None:
    """Fills in the answers of all interviews, question by question, in the order of the survey."""
    by_organisation = firsts(interviews)
    order = {question["question_id"]: n for n, question in enumerate(rows("questions"))}
    for question in rows("questions"):
        name, is_shared = question["question_id"], question["unit"] == "organisation"
        rng = Random(f"{seed} {name}")
        condition = skip_logic.parse_condition(question["asked_if"])
        asked = [i for i in (by_organisation.values() if is_shared else interviews)
                 if order[name] <= order.get(i.organisation["stops_after"], len(order))
                 and _is_met(condition, i)]
        silent = leading(asked, float(question["unanswered"]), rng)
        DRAWS[question["type"]](question, [i for i in asked if i not in silent], rng)
        for interview in interviews if is_shared else ():
            first = by_organisation[interview.organisation["organisation_id"]]
            if name in first.answers:
                interview.answers[name] = first.answers[name]


def leading(interviews: Iterable[Interview], share: float, rng: Random, *, base: int | None = None,
            lean: float = 0, region: str = "") -> set[Interview]:
    """Returns the interviews that tend to something most. Their number is the ``share`` of ``base`` (default:
    the number of interviews)."""
    score = {i: lean * i.level + (i.country["region_id"] == region)
             + CHANCE * (rng.random() + rng.random()) for i in interviews}
    count = int(share * (len(score) if base is None else base) + 0.5)
    return set(sorted(score, key=score.__getitem__, reverse=True)[:count])


def _is_met(condition: skip_logic.Condition, interview: Interview) -> bool:
    """Whether an interview fulfils a condition of the skip logic. The sample's questions use only conditions
    of one comparison."""
    return condition is None or bool(
        set(condition.values) & set(interview.answers.get(condition.name, ())))


def _draw_one(question: Row, answering: list[Interview], rng: Random) -> None:
    """Gives each interview one option. The option listed last in the pattern is given to the interviews that
    remain."""
    *pattern, last = grouped("pattern", "question_id")[question["question_id"]]
    free = answering
    for option in pattern:
        chosen = leading(free, float(option["share"]), rng, base=len(answering),
                         lean=float(option["lean"]), region=option["region_id"])
        _tick(question, option, chosen)
        free = [i for i in free if i not in chosen]
    _tick(question, last, free)


def _draw_several(question: Row, answering: list[Interview], rng: Random) -> None:
    """Gives each interview any number of options. An interview with an exclusive option gets no other."""
    kinds = {o["option_id"]: o["kind"] for o in grouped("options", "option_list")[question["option_list"]]}
    free = answering
    for option in grouped("pattern", "question_id")[question["question_id"]]:
        chosen = leading(free, float(option["share"]), rng, base=len(answering),
                         lean=float(option["lean"]), region=option["region_id"])
        _tick(question, option, chosen)
        if kinds[option["option_id"]] in EXCLUSIVE:
            free = [i for i in free if i not in chosen]


def _tick(question: Row, option: Row, interviews: Iterable[Interview]) -> None:
    for interview in interviews:
        interview.answers.setdefault(question["question_id"], []).append(option["option_id"])


def _draw_number(question: Row, answering: list[Interview], rng: Random) -> None:
    """Gives each interview a whole number within the bounds for the organisation's resources; small numbers
    are more likely."""
    bounds = {row["resource_level"]: (int(row["smallest"]), int(row["largest"]))
              for row in grouped("numbers", "question_id")[question["question_id"]]}
    for interview in answering:
        smallest, largest = bounds[interview.organisation["resource_level"]]
        number = smallest + int(rng.random() * rng.random() * (largest - smallest + 1))
        interview.answers[question["question_id"]] = [str(number)]


def _draw_date(question: Row, answering: list[Interview], rng: Random) -> None:
    """Gives each interview a day between the founding year and 2015."""
    for interview in answering:
        founded = int(interview.organisation["founded"])
        year, month, day = (first + int(rng.random() * span) for first, span
                            in ((founded, 2016 - founded), (1, 12), (1, 28)))
        interview.answers[question["question_id"]] = [f"{year}-{month:02d}-{day:02d}"]


def _draw_text(question: Row, answering: list[Interview], rng: Random) -> None:
    """Gives each interview a text in its language. Each text is used once; texts are repeated only if a
    larger study needs more of them."""
    hands: dict[str, list[str]] = defaultdict(list)
    for row in grouped("texts", "question_id")[question["question_id"]]:
        hands[row["language"]].append(row["text"])
    for texts in hands.values():
        texts.sort(key=lambda _: rng.random())
    dealt = dict.fromkeys(hands, 0)
    for interview in sorted(answering, key=lambda _: rng.random()):
        texts, n = hands[interview.organisation["writes"]], dealt[interview.organisation["writes"]]
        if n < len(texts) or interview.organisation not in rows("organisations"):
            interview.answers[question["question_id"]] = [texts[n % len(texts)]]
            dealt[interview.organisation["writes"]] += 1


DRAWS = {"single": _draw_one, "scale": _draw_one, "multi": _draw_several,
         "number": _draw_number, "date": _draw_date, "text": _draw_text}
