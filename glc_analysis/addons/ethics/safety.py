"""Makes the page on safety, which has the facts about risks that the software can read from a study, and the
facts that people have to add.

People answer the questions of ``content/safety_questions.csv`` in ``safety.csv``. The template of the page is
``content/safety.md``. The software assesses no risk and names no holder of a key. On the page, unanswered
questions are marked as blank.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.withdrawal.words import WITHDRAWAL_WORDS
from glc_analysis.manifest import list_release_folders
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import AUDIENCES, load_reference_table_schemas
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import Study
from glc_analysis.templates import load_template, read_packaged_csv
from glc_analysis.writing import write_atomic

BLANK_ANSWER = "▢ to fill in"
COUNTED = "counts"
"""The name of a function that add-ons provide. The function takes the study and its reference tables, and
returns counts (of raters, survivor advisers, packets), keyed by the counted noun in the singular."""


# ------------------------------
# The questions of a study, and their answers


def list_safety_questions(countries: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yields every question on the safety of a study, with item, section, subject (blank, a country or a
    key), the subject's label, and the question's words.

    >>> asked = [row for row in list_safety_questions({"PER": "Peru"}) if row["subject"] == "PER"]
    >>> asked[0]["item"], asked[0]["label"], asked[0]["question"]
    ('risk', 'Peru', 'What could happen, and to whom, if it were known who took part or what was said?')
    """
    keys = {row["key"]: row["label"] for row in read_packaged_csv(__file__, "safety_keys.csv")}
    subjects = {"": {"": ""}, "country": countries, "key": keys}
    for row in read_packaged_csv(__file__, "safety_questions.csv"):
        for subject, label in subjects[row["each"]].items():
            yield {**row, "subject": subject, "label": label}


def add_missing_safety_questions(study: Study) -> Path:
    """Adds the questions that safety.csv does not have yet, for people to answer. All other bytes of the file
    stay as they are."""
    path = study.locate_reference_file("safety")
    columns = load_reference_table_schemas()["safety"].required_columns
    reference = read_reference(study)
    rows = CsvRows.read(path) if path.is_file() else CsvRows.from_text(",".join(columns) + "\n", path.name)
    known = {*zip(reference.safety["item"], reference.safety["subject"], strict=True)}
    for row in list_safety_questions(_countries(reference)):
        if (row["item"], row["subject"]) not in known:
            asked = f"{row['label']}: {row['question']}" if row["label"] else row["question"]
            rows.append({"item": row["item"], "subject": row["subject"], "question": asked})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, rows.text)
    return path


def _countries(reference: Reference) -> dict[str, str]:
    """Returns the label of every country in the reference tables, keyed by country id and sorted by label."""
    rows = reference.countries.query("country_id != ''").drop_duplicates("country_id").sort_values("label")
    return dict(zip(rows["country_id"], rows["label"], strict=True))


# ------------------------------
# The page


def make_safety_page_lines(study: Study, *, published_folders: Mapping[str, list[str]],
                           today: date) -> list[str]:
    """Returns the page on safety, line by line. ``published_folders`` has the folders with published files,
    keyed by audience. Raises Faults if the reference tables have faults."""
    reference = read_reference(study)
    asked, answered = list(list_safety_questions(_countries(reference))), _answers(reference)
    known = {(row["item"], row["subject"]) for row in asked}
    counts = {word: n for counted in load_declared_objects("provides", COUNTED)
              for word, n in counted(study, reference).items()}
    page = load_template(__file__, "safety.md").render(
        title=study.title, today=today.isoformat(), blank=BLANK_ANSWER,
        file=study.make_relative(study.locate_reference_file("safety")),
        answered=len(known & {*answered}), total=len(known),
        asked=partial(_list, asked, answered), table=partial(_table, study, asked, answered),
        held=_files_held(study),
        is_encrypted=is_on_encrypted_disk(study.root),
        reports=[(audience, (study.reports / audience / "current").exists()) for audience in AUDIENCES],
        published=published_folders, told=WITHDRAWAL_WORDS,
        releases=len(list_release_folders(study.private, "public")), packets=counts.get("packet", 0),
        people=_people(reference, counts),
        advisers=counts.get("survivor adviser", 0),
        others=[f"{' '.join(filter(None, key))}: {text}" for key, text in answered.items()
                if key not in known])
    return page.removesuffix("\n").split("\n")


def count_unanswered_safety_questions(study: Study) -> int:
    """Returns the number of questions of the page that nobody has answered."""
    reference = read_reference(study)
    answered = _answers(reference)
    return sum((row["item"], row["subject"]) not in answered
               for row in list_safety_questions(_countries(reference)))


def _answers(reference: Reference) -> dict[tuple[str, str], str]:
    """Returns the answers that people have entered, keyed by item and subject."""
    rows = reference.safety.query("answer != ''")
    texts = map(_answer, rows["answer"], rows["by"], rows["date"])
    return dict(zip(zip(rows["item"], rows["subject"], strict=True), texts, strict=True))


def _answer(answer: str, by: str, day: str) -> str:
    """Returns an answer, with its author and day, as text for a cell of a table."""
    signed = ", ".join(filter(None, (by, day)))
    return " ".join(answer.split()).replace("|", "\\|") + (f" ({signed})" if signed else "")


def _list(asked: Iterable[dict[str, str]], answered: dict[tuple[str, str], str], section: str) -> str:
    """Returns the questions of a section that are asked once, instead of for each country or key. Each
    question comes with its answer."""
    return "".join(f"- {row['question']} **{answered.get((row['item'], ''), BLANK_ANSWER)}**\n"
                   for row in asked if row["section"] == section and not row["each"])


def _table(study: Study, asked: Iterable[dict[str, str]], answered: dict[tuple[str, str], str],
           section: str) -> str:
    """Returns a table of the questions of a section that are asked for each country or key, with a row for
    each country or key."""
    rows = [row for row in asked if row["section"] == section and row["each"]]
    items = {row["item"]: row["question"] for row in rows}
    labels = {row["subject"]: row["label"] for row in rows}
    if section == "keys":
        labels = {row["key"]: _key_label(study, **row)
                  for row in read_packaged_csv(__file__, "safety_keys.csv")}
    kind = next((row["each"] for row in rows), "country")
    lines = [[kind, *items.values()], ["---"] * (len(items) + 1)]
    lines += [[label, *(answered.get((item, subject), BLANK_ANSWER) for item in items)]
              for subject, label in labels.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _key_label(study: Study, key: str, path: str, label: str, opens: str) -> str:
    where = f" ({path}, {'is there' if (study.root / path).exists() else 'is not there'})" if path else ""
    return f"{label}{where}; opens: {opens}"


def _files_held(study: Study) -> list[tuple[str, str, int, int, int]]:
    """Returns the files of the study, grouped by the kinds of content in ``content/safety_files.csv``: place,
    content, number, size in bytes, and how many of the files other users of this computer can read. A file
    that fits several kinds of content counts only for the first of these kinds."""
    is_closed = not study.root.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    kinds = {row["where"]: (row["what"], []) for row in read_packaged_csv(__file__, "safety_files.csv")}
    for path in (path for path in study.root.rglob("*") if path.is_file()):
        name = study.make_relative(path)
        where = next(where for where in kinds if any(fnmatchcase(name, one) for one in where.split()))
        with suppress(FileNotFoundError):  # a run may have removed it meanwhile
            kinds[where][1].append(path.stat())
    return [(where, what, len(found), sum(one.st_size for one in found),
             0 if is_closed else sum(bool(one.st_mode & (stat.S_IRGRP | stat.S_IROTH)) for one in found))
            for where, (what, found) in kinds.items()]


def _people(reference: Reference, counts: Mapping[str, int]) -> str:
    """Returns a phrase with the numbers of organisations, persons, raters, interviews and calls in the
    study."""
    documents = reference.documents["kind"]
    numbers = {"organisation": reference.organisations["organisation_id"].nunique(),
               "speaker": reference.speakers["speaker_id"].nunique(),
               **{word: n for word, n in counts.items() if word == "rater"},
               "interview": int((documents == "interview").sum()), "call": int((documents == "call").sum())}
    words = [f"{n} {noun}" if n == 1 else f"{n} {noun}s" for noun, n in numbers.items()]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def is_on_encrypted_disk(folder: Path, *, devices: Path = Path("/sys/dev/block")) -> bool:
    """Whether a folder is on a disk that Linux encrypts (dm-crypt, LUKS), even if layers such as LVM lie
    between the folder and the disk. Returns False if the encryption cannot be determined."""
    number = folder.stat().st_dev
    return _is_encrypted(devices / f"{os.major(number)}:{os.minor(number)}")


def _is_encrypted(device: Path) -> bool:
    mark = device / "dm" / "uuid"
    if mark.is_file() and mark.read_text(encoding="utf-8").startswith("CRYPT-"):
        return True
    below = device / "slaves"
    return below.is_dir() and any(map(_is_encrypted, below.iterdir()))
