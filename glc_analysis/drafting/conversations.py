"""Drafts documents.csv, speakers.csv and organisations.csv from the transcripts of interviews and calls.

Goes in: transcripts. Comes out: rows for them, with what can be seen in the files: which speakers a file
names and how often each asks. A role is filled in where the name says it ("Interviewer") or where one
speaker asks most questions of an interview; a date where the file's name or its heading has one. Everything
else stays blank, and ``glc check`` asks for it: only people know who somebody is and for whom they speak.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.languages import detect_language
from glc_analysis.intake.transcripts import Transcript, read_transcript
from glc_analysis.study import Study
from glc_analysis.templates import read_records
from glc_analysis.text import match_key, normalise_space, slug

DOCUMENTS = ["document_id", "kind", "path", "organisation_id", "date", "language", "is_interpreted"]
SPEAKERS = ["document_id", "name_in_file", "speaker_id", "organisation_id", "role"]
ANY = "*"
FACTS = ["document_id", "speaker", "turns", "asks", "words", "role", "why"]

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.](0[1-9]|1[0-2])[-_.](0[1-9]|[12]\d|3[01])(?!\d)")
_KIND_WORDS = re.compile(r"(?i)^(interview|entrevista|entretien|transcript|transcription|call|llamada)s?"
                         r"(?![^\W_])[\s_.-]*")
_PREFIX = {"interviewer": "int", "interpreter": "tra", "participant": "p", "": "s"}
_ASKING, _CLEARLY = 0.25, 2
"""An interviewer asks in at least this share of their turns, and so many times as often as anybody else."""


@dataclass(frozen=True)
class Conversation:
    """A transcript that is drafted: its id, its kind and its path in the study folder."""

    document_id: str
    kind: str
    path: str
    transcript: Transcript


def read_conversations(paths: Mapping[str, tuple[str, Path]], taken: Collection[str]) -> list[Conversation]:
    """The transcripts at some paths of the study folder, each with its kind and file, and an id of its own.

    Raises Faults as reading them does.
    """
    found, ids = [], set(taken)
    for path, (kind, file) in paths.items():
        wanted = slug(file.stem)
        tries = (wanted, *(f"{wanted}_{n}" for n in range(2, len(ids) + 3)))
        own = next(one for one in tries if one not in ids)
        ids.add(own)
        found.append(Conversation(own, kind, path, read_transcript(file)))
    return found


def document_rows(conversations: Iterable[Conversation], *,
                  organisations: pd.DataFrame | None = None) -> pd.DataFrame:
    """A row of documents.csv for each transcript.

    The organisation of an interview gets an id from the file's name. Where the study has a list of
    ``organisations``, it is the one whose id or label the file's name is, and blank where there is none.
    """
    known = None
    if organisations is not None:
        listed = organisations[["organisation_id", "label"]].itertuples(index=False, name=None)
        known = {match_key(name): own for own, label in listed
                 for name in (label, own, own.replace("_", " ").replace("-", " "))}
    rows = []
    for one in conversations:
        text = " ".join(one.transcript.turns["text"])
        day = _DAY.search(Path(one.path).stem) or _DAY.search(one.transcript.heading)
        organisation = ""
        if one.kind == "interview":
            name = _organisation_name(one)
            organisation = (slug(name) or one.document_id) if known is None else \
                known.get(match_key(name), known.get(match_key(re.sub(r"[_-]+", " ", name)), ""))
        rows.append((one.document_id, one.kind, one.path, organisation, "-".join(day.groups()) if day else "",
                     detect_language(text[:2000]), ""))
    return pd.DataFrame(rows, columns=DOCUMENTS, dtype="str")


def organisation_rows(documents: pd.DataFrame) -> pd.DataFrame:
    """A row of organisations.csv for each organisation of drafted interviews: organisation_id and label."""
    ids = [one for one in dict.fromkeys(documents["organisation_id"]) if one]
    labels = [re.sub(r"[_-]+", " ", one).strip().capitalize() for one in ids]
    return pd.DataFrame({"organisation_id": ids, "label": labels}, dtype="str")


def _organisation_name(one: Conversation) -> str:
    """The organisation of an interview: the file's name without a day and words like interview."""
    return _KIND_WORDS.sub("", _DAY.sub("", Path(one.path).stem).strip(" _.-")).strip(" _.-")


def speaker_facts(conversations: Iterable[Conversation]) -> pd.DataFrame:
    """One row a speaker of a transcript: :data:`FACTS`. ``asks`` are turns with a question mark; ``role`` is
    blank where nothing tells it, and ``why`` says what does.

    >>> from glc_analysis.intake.transcripts import Transcript
    >>> turns = pd.DataFrame({"speaker": ["Ana", "Ben", "Ana", "Ben"],
    ...                       "text": ["How many?", "Two.", "And why?", "Well."]})
    >>> read = Transcript(Path("casa.txt"), turns)
    >>> talk = Conversation("casa", "interview", "raw/interviews/casa.txt", read)
    >>> speaker_facts([talk])[["speaker", "asks", "role"]].values.tolist()
    [['Ana', 2, 'interviewer'], ['Ben', 0, 'participant']]
    """
    rows = []
    for one in conversations:
        turns = one.transcript.turns
        asks = turns["text"].str.contains(r"[?？؟]")
        by = pd.DataFrame({"turns": turns.groupby("speaker", sort=False).size(),
                           "asks": asks.groupby(turns["speaker"]).sum(),
                           "words": turns["text"].str.split().str.len().groupby(turns["speaker"]).sum()})
        roles = _roles(one.kind, by)
        rows += [(one.document_id, name, int(row.turns), int(row.asks), int(row.words), *roles[name])
                 for name, row in zip(by.index, by.itertuples(), strict=True)]
    return _role_elsewhere(pd.DataFrame(rows, columns=FACTS))


def _roles(kind: str, by: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """The role of each speaker and what tells it; both blank where nothing does."""
    told = {name: (role, "the name says so") if (role := _role_words().get(match_key(name), "")) else ("", "")
            for name in by.index}
    open_ones = [name for name, (role, _) in told.items() if not role]
    if kind != "interview":
        return told
    has_interviewer = any(role == "interviewer" for role, _ in told.values())
    if open_ones and not has_interviewer:
        shares = (by["asks"] / by["turns"]).sort_values(ascending=False, kind="stable")
        first, rest = shares.index[0], by["asks"].drop(shares.index[0])
        if len(by) > 1 and first in open_ones and shares.iloc[0] >= _ASKING \
                and by["asks"][first] >= _CLEARLY * rest.max():
            told[first] = "interviewer", f"asks in {by['asks'][first]} of {by['turns'][first]} turns"
            has_interviewer = True
    left = [name for name, (role, _) in told.items() if not role]
    roles = {role for role, _ in told.values()}
    if len(left) == 1 and len({"interviewer", "participant"} & roles) == 1:
        other = "participant" if "interviewer" in roles else "interviewer"
        told[left[0]] = other, "the only other speaker"
    return told


def _role_elsewhere(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts, with the role that a name has in other interviews where this one does not tell it."""
    told = facts[facts["role"] != ""].groupby("speaker")["role"].agg(lambda roles: ";".join(sorted({*roles})))
    one = {name: role for name, role in told.items() if ";" not in role}
    is_open = (facts["role"] == "") & facts["speaker"].isin(one)
    return facts.assign(role=facts["role"].mask(is_open, facts["speaker"].map(one)),
                        why=facts["why"].mask(is_open, "as in another interview"))


def speaker_rows(facts: pd.DataFrame, taken: Collection[str] = ()) -> pd.DataFrame:
    """Rows of speakers.csv: one for a name that occurs in several transcripts in the same role (for all
    transcripts, ``*``), else one a transcript. Ids are neutral, since coders read them in the texts.

    A participant who is named by a role alone, such as "Participant", is somebody else in every transcript.
    """
    named = facts.groupby("speaker", sort=False).agg(documents=("document_id", "nunique"),
                                                     roles=("role", "nunique"))
    words, rows, ids = _role_words(), [], set(taken)
    done: set[str] = set()
    for row in facts.itertuples():
        is_shared = named.at[row.speaker, "documents"] > 1 and named.at[row.speaker, "roles"] == 1 \
            and words.get(match_key(row.speaker)) != "participant"
        if is_shared and row.speaker in done:
            continue
        done.add(row.speaker)
        own = next(one for n in range(1, len(facts) + len(ids) + 2)
                   if (one := f"{_PREFIX.get(row.role, 's')}{n}") not in ids)
        ids.add(own)
        rows.append((ANY if is_shared else row.document_id, row.speaker, own, "", row.role))
    return pd.DataFrame(rows, columns=SPEAKERS, dtype="str")


def fact_lines(facts: pd.DataFrame) -> list[str]:
    """What speaks for the roles, as lines to print.

    >>> facts = pd.DataFrame([("casa", "Ana", 2, 2, 9, "interviewer", "asks in 2 of 2 turns")], columns=FACTS)
    >>> fact_lines(facts)
    ['casa: Ana: 2 turns, 2 with a question, 9 words; interviewer (asks in 2 of 2 turns)']
    """
    return [f"{row.document_id}: {row.speaker}: {row.turns} turns, {row.asks} with a question, {row.words} "
            f"words; " + (f"{row.role} ({row.why})" if row.role else "role not told: write it into the row")
            for row in facts.itertuples()]


def decisions(documents: pd.DataFrame, speakers: pd.DataFrame, organisations: pd.DataFrame) -> list[str]:
    """What a draft of conversations leaves for a person to decide."""
    notes, where = [], "private/reference"
    if missing := list(documents.loc[documents["date"] == "", "document_id"]):
        notes.append(f"the date of {', '.join(missing)} ({where}/documents.csv)")
    if len(organisations):
        notes.append("names and home_country_id of the organisations, which are drafted from the names of "
                     f"the files ({where}/organisations.csv)")
    if missing := list(speakers.loc[speakers["role"] == "", "name_in_file"]):
        notes.append(f"the role of {', '.join(missing)} ({where}/speakers.csv)")
    if (speakers["role"] != "").any():
        notes.append(f"whether the drafted roles are right: {where}/speakers.csv; `glc speakers` shows how "
                     "often each speaker asks")
    if (documents["kind"] == "call").any():
        notes.append("the organisation of whoever speaks in a call "
                     f"({where}/speakers.csv and organisations.csv)")
    if (documents["kind"] == "interview").any():
        notes.append("whether a transcript is a call of several organisations: move its file to raw/calls, "
                     f"and correct kind and path in {where}/documents.csv")
    return notes


def is_role(name: str) -> bool:
    """Whether a name in a transcript is that of a role, such as Interviewer."""
    return match_key(name) in _role_words()


@cache
def _role_words() -> dict[str, str]:
    """Names that are roles, in the form in which names are compared -> the role."""
    return {match_key(word): row["role"] for row in read_records(__file__, "speaker_words.csv")
            for word in row["words"].split(" | ")}


def further_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """The transcripts in ``raw/`` that documents.csv does not describe yet. Raises Faults as reading does."""
    described = {*documents["path"]}
    paths = {study.relative(path): (kind, path) for kind in ("interview", "call")
             for path in study.raw_files(f"{kind}s") if path.is_file()}
    return read_conversations({where: found for where, found in paths.items() if where not in described},
                              taken=documents["document_id"])


def listed_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """The transcripts that documents.csv describes. Raises Faults as reading them does."""
    return [Conversation(row.document_id, row.kind, row.path, read_transcript(study.root / row.path))
            for row in documents.itertuples() if (study.root / row.path).is_file()]


def further_speakers(facts: pd.DataFrame, speakers: pd.DataFrame) -> pd.DataFrame:
    """The facts about speakers whom speakers.csv does not have, in their transcript or in all of them."""
    known = {(row.document_id, normalise_space(row.name_in_file)) for row in speakers.itertuples()}
    is_known = [(row.document_id, normalise_space(row.speaker)) in known
                or (ANY, normalise_space(row.speaker)) in known for row in facts.itertuples()]
    return facts[[not one for one in is_known]].reset_index(drop=True)
