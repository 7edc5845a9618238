"""Writes an invented export of 52 columns, for measuring the draft of a study."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from wide_study import COUNTRIES, SENTENCES

RECORDS = 2_000
SINGLES, SCALES, MULTIS, RATINGS, NUMBERS, TEXTS = 16, 8, 8, 6, 4, 7
"""The numbers of questions of each type. With time, organisation and country they make 52 columns."""
STEPS = ("Never", "Rarely", "Sometimes", "Often", "Always")
SERVICES = (
    "Shelter",
    "Legal help (courts, papers)",
    "Health care",
    "Training, such as sewing or cooking",
    "Food",
    "Night school",
    "Advice by telephone",
)


def write_export(path: Path, records: int = RECORDS, *, seed: int = 1) -> Path:
    """Writes the export as a survey tool would: the header has the question, and a cell can hold several
    answers."""
    draw = random.Random(seed)
    kinds = [
        ("single", SINGLES),
        ("scale", SCALES),
        ("multi", MULTIS),
        ("rating", RATINGS),
        ("number", NUMBERS),
        ("text", TEXTS),
    ]
    asked = {
        "single": "Which is true of {}?",
        "scale": "How often do you see {}?",
        "multi": "Which of these do you offer to {}? (check all that apply)",
        "rating": "On a scale of 1 to 5, how well do you know {}?",
        "number": "How many people work on {}?",
        "text": "What else should we know of {}?",
    }
    names = [
        (kind, asked[kind].format(f"matter {number}")) for kind, count in kinds for number in range(count)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "Timestamp",
                "Name of your organisation",
                "In which country do you work?",
                *(name for _, name in names),
            ]
        )
        for record in range(records):
            writer.writerow(
                [
                    f"2026-03-{record % 28 + 1:02d} 10:{record % 60:02d}:00",
                    f"Organisation {record}",
                    draw.choice(COUNTRIES),
                    *(_answer(kind, draw) for kind, _ in names),
                ]
            )
    return path


def _answer(kind: str, draw: random.Random) -> str:
    match kind:
        case "single":
            return (
                f"My own answer {draw.random():.6f}"
                if draw.random() < 0.05
                else f"Answer {draw.randint(1, 6)}"
            )
        case "scale":
            return draw.choice(STEPS)
        case "multi":
            return ", ".join(one for one in SERVICES if draw.random() < 0.4)
        case "rating":
            return str(draw.randint(1, 5))
        case "number":
            return str(draw.randint(0, 60))
        case _:
            return f"{draw.choice(SENTENCES)} {draw.random():.6f}"
