"""Writes an invented study of any size with 150 survey columns, for measuring the build."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from glc_analysis.new_study import start_study

SINGLES, SCALES, MULTIS, NUMBERS, TEXTS, OPTIONS = 50, 20, 10, 17, 8, 5
"""The numbers of questions of each type and of options. With organisation, country, start, end, language and
50 option columns, they make 150 columns."""
COUNTRIES = ("Cambodia", "Peru", "Kenya", "Latvia", "India", "Egypt", "Ukraine", "Nigeria", "Denmark",
             "Australia", "Brazil", "Ghana", "Nepal", "Albania", "Mexico", "Canada", "Japan",
             "Morocco", "Poland", "Chile", "Jordan", "Uganda", "Spain", "Malta", "Fiji")
SMALL, SMALL_ORGANISATIONS = "FJI", 8
"""A small country, and the number of its organisations, which does not depend on the size of the study."""
SENTENCES = ("We work with shelters and the police, and we meet once a month to plan.",
             "Trabajamos con albergues y con la fiscalía, y nos reunimos cada mes.",
             "យើងធ្វើការជាមួយនគរបាល និងផ្ទះសុវត្ថិភាព ដើម្បីជួយអ្នករងគ្រោះ។",
             "Мы работаем с приютами и полицией и встречаемся раз в месяц.",
             "نعمل مع الملاجئ والشرطة ونجتمع مرة في الشهر لوضع الخطط.")


def write_wide_study(root: Path, organisations: int, *, seed: int = 1, outspoken: float = 1) -> Path:
    """Writes the study into a new folder and returns the folder. The same seed gives the same bytes.
    ``outspoken`` is the share of organisations that answer the open questions."""
    start_study(root)
    settings = (root / "reference" / "study.toml").read_text(encoding="utf-8")
    for name in ("started", "ended", "language"):
        settings = settings.replace(f'{name} = ""', f'{name} = "{name}"')
    (root / "reference" / "study.toml").write_text(settings, encoding="utf-8")
    _write(root / "reference" / "questions.csv", _questions())
    _write(root / "reference" / "options.csv", _options())
    _write(root / "raw" / "survey" / "wide.csv", _answers(organisations, random.Random(seed), outspoken))
    return root


def _questions() -> list[list]:
    head = ["question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if",
            "option_list", "dont_know", "is_sensitive"]
    kinds = [("single", SINGLES), ("scale", SCALES), ("multi", MULTIS), ("number", NUMBERS),
             ("text", TEXTS)]
    rows = []
    for kind, count in kinds:
        for i in range(count):
            name = f"{kind}{i}"
            asked = "single0 == o1" if kind == "single" and i % 10 == 9 else ""
            rows.append([name, name + ("_*" if kind == "multi" else ""),
                         "organisation" if i % 3 == 0 and not asked else "answer", kind,
                         f"The question {name}?", "", asked,
                         "five" if kind in ("single", "scale", "multi") else "", "", ""])
    return [head, *rows]


def _options() -> list[list]:
    return [["option_list", "option_id", "value", "label", "position", "kind"],
            *(["five", f"o{i}", str(i), f"Answer {i}", i, "substantive"]
              for i in range(1, OPTIONS + 1))]


def _answers(organisations: int, draw: random.Random, outspoken: float):
    plain = [f"{kind}{i}" for kind, count in (("single", SINGLES), ("scale", SCALES))
             for i in range(count)]
    ticks = [f"multi{i}_{o}" for i in range(MULTIS) for o in range(1, OPTIONS + 1)]
    numbers = [f"number{i}" for i in range(NUMBERS)]
    texts = [f"text{i}" for i in range(TEXTS)]
    yield ["organisation", "country", "started", "ended", "language", *plain, *ticks, *numbers,
           *texts]
    choices = ["", "1", "2", "3", "4", "5"]
    for n in range(organisations):
        country = COUNTRIES[-1] if n < SMALL_ORGANISATIONS else draw.choice(COUNTRIES[:-1])
        yield [f"org-{n}", country, f"2016-03-{1 + n % 28:02}T09:00:00Z",
               f"2016-03-{1 + n % 28:02}T10:{n % 60:02}:00Z", "en", *draw.choices(choices, k=len(plain)),
               *draw.choices(["", "1"], k=len(ticks)), *draw.choices(range(100), k=len(numbers)),
               *(f"{draw.choice(SENTENCES)} {n}" if n % 20 < 20 * outspoken else "" for _ in texts)]


def _write(path: Path, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
