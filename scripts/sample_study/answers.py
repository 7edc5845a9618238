"""What is answered: shares that are exact and patterns that are modest.

An option is chosen by exactly its share of those who answer: by those who lean
to it most. How much an organisation leans to it comes from its resources, its
region and a good deal of chance (``content/pattern.csv``). So every figure of
the sample is known beforehand, and still is no noise.
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
    """Fills in the answers of all interviews, question by question in the order of the survey."""
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
    """The share of ``base`` interviews (default: of those given) that lean to something most."""
    score = {i: lean * i.level + (i.country["region_id"] == region)
             + CHANCE * (rng.random() + rng.random()) for i in interviews}
    count = int(share * (len(score) if base is None else base) + 0.5)
    return set(sorted(score, key=score.__getitem__, reverse=True)[:count])


def _is_met(condition: skip_logic.Condition, interview: Interview) -> bool:
    """Skip logic of one comparison, which is all that the sample's questions use."""
    return condition is None or bool(
        set(condition.values) & set(interview.answers.get(condition.name, ())))


def _draw_one(question: Row, answering: list[Interview], rng: Random) -> None:
    """One option each; the option listed last in the pattern takes those who remain."""
    *pattern, last = grouped("pattern", "question_id")[question["question_id"]]
    free = answering
    for option in pattern:
        chosen = leading(free, float(option["share"]), rng, base=len(answering),
                         lean=float(option["lean"]), region=option["region_id"])
        _tick(question, option, chosen)
        free = [i for i in free if i not in chosen]
    _tick(question, last, free)


def _draw_several(question: Row, answering: list[Interview], rng: Random) -> None:
    """Any number of options; whoever chooses an exclusive one chooses no other."""
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
    """A whole number within the bounds of the organisation's resources, small ones likelier."""
    bounds = {row["resource_level"]: (int(row["smallest"]), int(row["largest"]))
              for row in grouped("numbers", "question_id")[question["question_id"]]}
    for interview in answering:
        smallest, largest = bounds[interview.organisation["resource_level"]]
        number = smallest + int(rng.random() * rng.random() * (largest - smallest + 1))
        interview.answers[question["question_id"]] = [str(number)]


def _draw_date(question: Row, answering: list[Interview], rng: Random) -> None:
    """A day between the founding year and 2015."""
    for interview in answering:
        founded = int(interview.organisation["founded"])
        year, month, day = (first + int(rng.random() * span) for first, span
                            in ((founded, 2016 - founded), (1, 12), (1, 28)))
        interview.answers[question["question_id"]] = [f"{year}-{month:02d}-{day:02d}"]


def _draw_text(question: Row, answering: list[Interview], rng: Random) -> None:
    """Texts are dealt by language, each once; only organisations beyond the content repeat one."""
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
