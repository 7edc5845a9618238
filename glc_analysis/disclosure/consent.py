"""What people agreed to, how long files are kept, and the pages for an ethics committee and on safety.

Goes in: ``consent.csv`` and ``manifest.csv``. Only consent that is written counts; a refusal outweighs it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import pandas as pd

from glc_analysis import manifest
from glc_analysis.digests import KEY_FILE
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.manifest import read_manifest, release_folders
from glc_analysis.reference import Reference, read_reference
from glc_analysis.schema import AUDIENCES, is_day, reference_tables
from glc_analysis.spreadsheets import CsvRows
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.tabular import read_rows
from glc_analysis.templates import read_records, read_toml, template
from glc_analysis.writing import write_atomic

# ------------------------------
# Consent: who agreed to what, for which audience.
#
# Consent that is not written is not given. Consent for the public does not include the convening, nor the
# other way round: each audience has its own row. A person's consent is not the organisation's. Items that
# make both known (:data:`NEED_BOTH`) need both.


# ------------------------------
# Consent, retention, ethics.


ITEMS = ("survey", "interview", "call", "work_country", "home_country", "quotation", "name", "recording",
         "archive")
NEED_BOTH = ("quotation", "name")
"""Items that need the organisation's consent as well as the person's."""

ORGANISATION = ""
"""In place of a speaker_id: the organisation itself."""


@dataclass(frozen=True)
class Consent:
    """Every consent that was given: organisation_id, speaker_id (blank: the organisation), item, audience.

    >>> rows = [["a", "", "survey", "public", "true"], ["a", "", "survey", "convening", "false"]]
    >>> columns = ["organisation_id", "speaker_id", "item", "audience", "is_given"]
    >>> consent = Consent.of(pd.DataFrame(rows, columns=columns))
    >>> [consent.is_given("a", "survey", audience) for audience in ("team", "convening", "public")]
    [False, False, True]
    """

    given: frozenset[tuple[str, str, str, str]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Consent:
        """The consents of consent.csv. A refusal outweighs a consent with the same key."""
        key = ["organisation_id", "speaker_id", "item", "audience"]
        is_yes = table["is_given"] == "true"
        yes, no = (set(table.loc[said, key].itertuples(index=False, name=None)) for said in (is_yes, ~is_yes))
        return cls(frozenset(yes - no))

    def organisations(self, item: str, audience: str) -> frozenset[str]:
        """The organisations that agreed to this item for this audience, themselves."""
        return frozenset(organisation for organisation, speaker, *what in self.given
                         if speaker == ORGANISATION and what == [item, audience])

    def is_given(self, organisation_id: str, item: str, audience: str, *,
                 speaker_id: str = ORGANISATION) -> bool:
        """Whether the organisation agreed; with ``speaker_id`` whether that person did, and the
        organisation as well where the item is one of :data:`NEED_BOTH`."""
        needed = {speaker_id, ORGANISATION} if item in NEED_BOTH else {speaker_id}
        return all((organisation_id, one, item, audience) in self.given for one in needed)


def consent_faults(consent: pd.DataFrame, organisations: pd.DataFrame,
                   speakers: pd.DataFrame) -> Iterator[Fault]:
    """The faults of consent.csv: unknown items, audiences, organisations and people, people of another
    organisation, wrong dates. Without organisations.csv every organisation counts as known."""
    people: dict[str, set[str]] = {}
    for organisation, person in zip(speakers["organisation_id"], speakers["speaker_id"], strict=True):
        people.setdefault(organisation, {ORGANISATION}).add(person)
    register = set(organisations["organisation_id"])
    for n, row in zip(consent.index, consent.to_dict("records"), strict=True):
        organisation = row["organisation_id"]
        known = {"item": ITEMS, "audience": AUDIENCES,
                 "speaker_id": people.get(organisation, {ORGANISATION}),
                 "organisation_id": register or {organisation}}
        for column, words in known.items():
            if row[column] not in words:
                yield Fault(f"is not known here; {nearest(row[column], filter(None, words))}",
                            file="consent.csv", row=str(n), column=column, value=row[column],
                            fix=_FIXES.get(column, f"use one of {', '.join(filter(None, words))}"))
        if not is_day(row["date"]):
            yield Fault("is not a date", file="consent.csv", row=str(n), column="date", value=row["date"],
                        fix="write the day on which it was given or refused as YYYY-MM-DD")


_FIXES = {"organisation_id": "use an id of organisations.csv",
          "speaker_id": "use a speaker_id of this organisation (speakers.csv), or leave it blank"}


WITHDRAWAL = read_toml(__file__, "withdrawal.toml")
"""What people are told of a withdrawal before they consent or sign, and by the command that does it."""


# ------------------------------
# The page for an ethics board: what a study holds, where, who sees it, until when, and who agreed.


def ethics_page(study: Study, *, today: date) -> list[str]:
    """The page (``content/ethics.md``), line by line. Raises the faults of the reference tables."""
    reference = read_reference(study)
    parties = set(reference.organisations["organisation_id"]) or set(reference.consent["organisation_id"])
    raw = {kind: study.raw_files(kind) for kind in RAW_KINDS}
    unnamed = set(study.all_raw_files()).difference(*raw.values())
    page = template(__file__, "ethics.md").render(
        title=study.title, today=today.isoformat(), audiences=AUDIENCES,
        raw=[(kind, _size(files)) for kind, files in raw.items()], unnamed=_size(unnamed),
        processed=_size(study.processed.rglob("*")),
        reports=[(audience, _size((study.reports / audience).rglob("*"))) for audience in AUDIENCES],
        private=_size(study.private.rglob("*")), until=_until(study, today), parties=len(parties),
        consents=_consents(reference.consent, parties), persons=_persons(reference.consent),
        told=WITHDRAWAL, withdrawals=read_withdrawals(study), unrecorded=_unrecorded(study))
    return page.removesuffix("\n").split("\n")


def _size(paths: Iterable[Path]) -> str:
    sizes = []
    for path in paths:
        with suppress(FileNotFoundError):  # a run may have removed it meanwhile
            sizes += [path.stat().st_size] if path.is_file() else []
    return f"{_files(len(sizes))}, {sum(sizes):,} bytes"


def _files(n: int) -> str:
    return f"{n} file{'s' if n != 1 else ''}"


def _until(study: Study, today: date) -> Iterator[tuple[str, str, list[str]]]:
    """By state: how many files, and the days until which they are kept."""
    held = retention(study, today=today)
    for state in STATES:
        rows = held[held["state"] == state]
        yield state, _files(len(rows)), sorted({*rows["keep_until"]} - {""})


def _consents(consent: pd.DataFrame, parties: set[str]) -> Iterator[tuple[str, list[str]]]:
    """By item: yes / no / not asked, for each audience."""
    own = consent[(consent["speaker_id"] == ORGANISATION) & consent["organisation_id"].isin(parties)]
    counts = own.groupby(["item", "audience", "is_given"])["organisation_id"].nunique()
    for item in ITEMS:
        said = [[counts.get((item, audience, word), 0) for word in ("true", "false")]
                for audience in AUDIENCES]
        yield item, [f"{yes} / {no} / {len(parties) - yes - no}" for yes, no in said]


def _persons(consent: pd.DataFrame) -> list[tuple[str, str, int, int]]:
    """By item and audience: how many persons said yes, and how many no."""
    counts = consent[consent["speaker_id"] != ORGANISATION].groupby(["item", "audience"])["is_given"]
    return [(item, audience, (said == "true").sum(), (said == "false").sum())
            for (item, audience), said in counts]


RECORD_OF_WITHDRAWALS = ("number", "date", "items", "unread", "looked_at_by")
"""The columns of withdrawn.csv; earlier versions of the package wrote the first three."""


def read_withdrawals(study: Study) -> list[dict[str, str]]:
    """The rows of withdrawn.csv. Prints, backups and other people's copies have to be recalled by people."""
    path = study.reference_file("withdrawn")
    columns = RECORD_OF_WITHDRAWALS
    return [*read_rows(path, columns[:3], columns[3:]).values()] if path.is_file() else []



def _unrecorded(study: Study) -> list[str]:
    recorded = manifest.read_manifest(study)
    names = sorted(study.relative(path) for path in study.all_raw_files() if path.is_file())
    return [name for name in names if name not in recorded]


# ------------------------------
# How long files may be kept, as manifest.csv says. Nothing is deleted here.


DUE_WITHIN = timedelta(days=90)
STATES = ("overdue", "due", "kept", "no date")
RECORDINGS = frozenset({".mp3", ".mp4", ".m4a", ".wav", ".ogg", ".opus", ".aac", ".webm", ".mov", ".mkv"})


def retention(study: Study, *, today: date) -> pd.DataFrame:
    """One row a file of raw/ and private/: kind, path, keep_until (its destroy date), state.

    A file is overdue after its last day, and due in the 90 days before. The day is in its row of
    manifest.csv or, for the files of private/, in the row of a folder in which it lies. Without one, the file
    has no date. Raises Faults for a ``keep_until`` that is not a date.
    """
    recorded = {path.rstrip("/"): row for path, row in read_manifest(study).items()}
    if wrong := [row for row in recorded.values() if row["keep_until"] and not is_day(row["keep_until"])]:
        raise Faults(Fault("is not a date", file="manifest.csv", column="keep_until", value=row["keep_until"],
                           fix=f"write the last day on which {row['path']} may be kept as YYYY-MM-DD")
                     for row in wrong)
    held = {*study.all_raw_files(), *(study.root / path for path in recorded), *study.private.rglob("*")}
    held -= {*study.reference_files(), study.root / KEY_FILE}  # a key of digests tells of nobody
    rows = []
    for path in sorted(path for path in held if path.is_file()):
        name = study.relative(path)
        folders = Path(name).parents if name.startswith("private/") else ()
        days = (recorded.get(place, {}).get("keep_until", "") for place in (name, *map(str, folders)))
        until = next(filter(None, days), "")
        rows.append((_kind(study, path), name, until, _state(until, today)))
    frame = pd.DataFrame(rows, columns=["kind", "path", "keep_until", "state"], dtype="str")
    return frame.sort_values(["state", "keep_until", "path"], ignore_index=True,
                             key=lambda c: c.map(STATES.index) if c.name == "state" else c)


def retention_faults(study: Study, held: pd.DataFrame) -> Iterator[Fault]:
    """A fault for every file of :func:`retention` that should have been destroyed, or for which nobody has
    agreed until when it may be kept."""
    path = study.reference_file("manifest")
    rows = read_rows(path, manifest.COLUMNS) if path.is_file() else {}
    number = {row["path"]: str(n) for n, row in rows.items()}
    for row in held.itertuples():
        if row.state == "overdue":
            yield Fault(f"should have been destroyed after {row.keep_until}", file=row.path,
                        fix="destroy it and its copies and delete its row, or agree on a later day")
        elif row.state == "no date" and row.path in number:
            yield Fault("is blank: nobody has agreed until when these files may be kept", file="manifest.csv",
                        row=number[row.path], column="keep_until",
                        fix="agree on the last day and write it as YYYY-MM-DD")
        elif row.state == "no date":
            yield Fault("has no row, and so no last day on which it may be kept", file="manifest.csv",
                        value=row.path, fix=_NEW_ROW["private" if row.path.startswith("private/") else "raw"])


_NEW_ROW = {
    "raw": "record it with `glc check --accept`, and fill in keep_until in its row",
    "private": "add a row with its path, or with the path private for all files there, and with a day in "
               "keep_until"}


def _state(until: str, today: date) -> str:
    """
    >>> [_state(day, date(2017, 1, 1)) for day in ("2016-12-31", "2017-01-01", "2017-04-02", "")]
    ['overdue', 'due', 'kept', 'no date']
    """
    if not until:
        return "no date"
    day = date.fromisoformat(until)
    return "overdue" if day < today else "due" if day <= today + DUE_WITHIN else "kept"


def _kind(study: Study, path: Path) -> str:
    if path == study.key_file:
        return "key"
    if path.suffix.lower() in RECORDINGS:
        return "recording"
    parts = Path(study.relative(path)).parts
    return "private" if parts[0] == "private" else parts[1] if parts[0] == "raw" and len(parts) > 2 else "raw"


# ------------------------------
# The page on safety: what the software knows of the dangers of a study, and what people have to add.
#
# Goes in: the files of a study, its reference tables, and ``safety.csv``, in which people answer the
# questions of ``content/safety_questions.csv``. Comes out: the page (``content/safety.md``). The software
# judges no risk and names no holder of a key: what nobody has answered is marked as blank.


BLANK = "▢ to fill in"
PACKETS = "packets.csv"
"""The list of packets that were made, in private/."""


# ------------------------------
# The questions of a study, and their answers


def questions(countries: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every question of a study: item, section, subject (blank, a country or a key), its label, and question.

    >>> asked = [row for row in questions({"PER": "Peru"}) if row["subject"] == "PER"]
    >>> asked[0]["item"], asked[0]["label"], asked[0]["question"]
    ('risk', 'Peru', 'What could happen, and to whom, if it were known who took part or what was said?')
    """
    keys = {row["key"]: row["label"] for row in read_records(__file__, "safety_keys.csv")}
    subjects = {"": {"": ""}, "country": countries, "key": keys}
    for row in read_records(__file__, "safety_questions.csv"):
        for subject, label in subjects[row["each"]].items():
            yield {**row, "subject": subject, "label": label}


def write_questions(study: Study) -> Path:
    """Adds the questions that safety.csv does not hold yet, to be answered by people; every other byte of the
    file stays as it is."""
    path, columns = study.reference_file("safety"), reference_tables()["safety"].required_columns
    reference = read_reference(study)
    rows = CsvRows.read(path) if path.is_file() else CsvRows.of(",".join(columns) + "\n", path.name)
    known = {(row.item, row.subject) for row in reference.safety.itertuples()}
    for row in questions(_countries(reference)):
        if (row["item"], row["subject"]) not in known:
            asked = f"{row['label']}: {row['question']}" if row["label"] else row["question"]
            rows.append({"item": row["item"], "subject": row["subject"], "question": asked})
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(path, rows.text)
    return path


def _countries(reference: Reference) -> dict[str, str]:
    """The label of every country that people listed, by its id, in the order of the labels."""
    rows = reference.countries.query("country_id != ''").drop_duplicates("country_id").sort_values("label")
    return dict(zip(rows["country_id"], rows["label"], strict=True))


# ------------------------------
# The page


def safety_page(study: Study, *, published: Mapping[str, list[str]], today: date) -> list[str]:
    """The page, line by line; ``published`` are the folders in which something is published, by audience.
    Raises the faults of the reference tables."""
    reference = read_reference(study)
    asked, given = list(questions(_countries(reference))), _answers(reference)
    known = {(row["item"], row["subject"]) for row in asked}
    page = template(__file__, "safety.md").render(
        title=study.title, today=today.isoformat(), blank=BLANK,
        file=study.relative(study.reference_file("safety")),
        answered=len(known & {*given}), total=len(known),
        asked=partial(_list, asked, given), table=partial(_table, study, asked, given),
        held=_files_held(study),
        is_encrypted=is_on_encrypted_disk(study.root),
        reports=[(audience, (study.reports / audience / "current").exists()) for audience in AUDIENCES],
        published=published, told=WITHDRAWAL,
        releases=len(release_folders(study.private, "public")), packets=_packets(study),
        people=_people(reference),
        advisers=int((reference.raters["role"] == "survivor_adviser").sum()),
        others=[f"{' '.join(filter(None, one))}: {said}" for one, said in given.items() if one not in known])
    return page.removesuffix("\n").split("\n")


def count_unanswered(study: Study) -> int:
    """How many questions of the page nobody has answered yet."""
    reference = read_reference(study)
    given = _answers(reference)
    return sum((row["item"], row["subject"]) not in given for row in questions(_countries(reference)))


def _answers(reference: Reference) -> dict[tuple[str, str], str]:
    """The answers that people have given, by item and subject."""
    return {(row.item, row.subject): _answer(row.answer, row.by, row.date)
            for row in reference.safety.itertuples() if row.answer}


def _answer(answer: str, by: str, day: str) -> str:
    """An answer with who gave it and when, fit for a cell of a table."""
    signed = ", ".join(filter(None, (by, day)))
    return " ".join(answer.split()).replace("|", "\\|") + (f" ({signed})" if signed else "")


def _list(asked: Iterable[dict[str, str]], given: dict[tuple[str, str], str], section: str) -> str:
    """The questions of a section that are asked once, each with its answer."""
    return "".join(f"- {row['question']} **{given.get((row['item'], ''), BLANK)}**\n" for row in asked
                   if row["section"] == section and not row["each"])


def _table(study: Study, asked: Iterable[dict[str, str]], given: dict[tuple[str, str], str],
           section: str) -> str:
    """The questions of a section that are asked for each country or key: a row for each of these."""
    rows = [row for row in asked if row["section"] == section and row["each"]]
    items = {row["item"]: row["question"] for row in rows}
    labels = {row["subject"]: row["label"] for row in rows}
    if section == "keys":
        labels = {row["key"]: _key_label(study, **row) for row in read_records(__file__, "safety_keys.csv")}
    kind = next((row["each"] for row in rows), "country")
    lines = [[kind, *items.values()], ["---"] * (len(items) + 1)]
    lines += [[label, *(given.get((item, subject), BLANK) for item in items)]
              for subject, label in labels.items()]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _key_label(study: Study, key: str, path: str, label: str, opens: str) -> str:
    where = f" ({path}, {'is there' if (study.root / path).exists() else 'is not there'})" if path else ""
    return f"{label}{where}; opens: {opens}"


def _files_held(study: Study) -> list[tuple[str, str, int, int, int]]:
    """The files of the study by what they tell (``content/safety_files.csv``): where, what, how many, their
    bytes, and how many of them others on this computer can read. A file counts where it first belongs."""
    is_closed = not study.root.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    kinds = {row["where"]: (row["what"], []) for row in read_records(__file__, "safety_files.csv")}
    for path in (path for path in study.root.rglob("*") if path.is_file()):
        name = study.relative(path)
        where = next(where for where in kinds if any(fnmatchcase(name, one) for one in where.split()))
        with suppress(FileNotFoundError):  # a run may have removed it meanwhile
            kinds[where][1].append(path.stat())
    return [(where, what, len(found), sum(one.st_size for one in found),
             0 if is_closed else sum(bool(one.st_mode & (stat.S_IRGRP | stat.S_IROTH)) for one in found))
            for where, (what, found) in kinds.items()]


def _packets(study: Study) -> int:
    """How many packets were made, as their list in private/ says."""
    path, columns = study.private / PACKETS, ["packet_sha256", "date", "organisation_id", "parts"]
    return len(read_rows(path, columns)) if path.is_file() else 0


def _people(reference: Reference) -> str:
    """How many organisations, persons, raters, interviews and calls the study knows, in words."""
    documents = reference.documents["kind"]
    numbers = {"organisation": reference.organisations["organisation_id"].nunique(),
               "speaker": reference.speakers["speaker_id"].nunique(),
               "rater": reference.raters["rater_id"].nunique(),
               "interview": int((documents == "interview").sum()), "call": int((documents == "call").sum())}
    words = [f"{n} {noun}" if n == 1 else f"{n} {noun}s" for noun, n in numbers.items()]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def is_on_encrypted_disk(folder: Path, *, devices: Path = Path("/sys/dev/block")) -> bool:
    """Whether a folder is on a disk that Linux encrypts (dm-crypt, LUKS), also below layers such as LVM.
    False where that cannot be seen."""
    number = folder.stat().st_dev
    return _is_encrypted(devices / f"{os.major(number)}:{os.minor(number)}")


def _is_encrypted(device: Path) -> bool:
    mark = device / "dm" / "uuid"
    if mark.is_file() and mark.read_text(encoding="utf-8").startswith("CRYPT-"):
        return True
    below = device / "slaves"
    return below.is_dir() and any(map(_is_encrypted, below.iterdir()))
