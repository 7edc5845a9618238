"""Drafts documents.csv, speakers.csv and organisations.csv from the transcripts of interviews and calls.

A speaker's role is filled in if it could be guessed: from the speaker's name (such as "Interviewer") or, in
an interview, from who asks most of the questions. The date of a conversation is filled in if the file name or
the heading has a date. All other cells stay blank for people to fill in, and ``glc check`` asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.languages import detect_language
from glc_analysis.intake.transcripts import Transcript, read_transcript
from glc_analysis.schema import ANY_DOCUMENT
from glc_analysis.study import Study
from glc_analysis.templates import read_packaged_csv
from glc_analysis.text import fold_case_and_spacing, make_id_from_text, normalise_space

_DOCUMENT_COLUMNS = ["document_id", "kind", "path", "organisation_id", "date", "language", "is_interpreted"]
_SPEAKER_COLUMNS = ["document_id", "name_in_file", "speaker_id", "organisation_id", "role"]
SPEAKER_FACTS = ["document_id", "speaker", "turns", "asks", "words", "role", "why"]

_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.](0[1-9]|1[0-2])[-_.](0[1-9]|[12]\d|3[01])(?!\d)")
_KIND_WORDS = re.compile(r"(?i)^(interview|entrevista|entretien|transcript|transcription|call|llamada)s?"
                         r"(?![^\W_])[\s_.-]*")
_PREFIX = {"interviewer": "int", "interpreter": "tra", "participant": "p", "": "s"}
_ASKING, _CLEARLY = 0.25, 2
"""A speaker counts as the interviewer if at least the share ``_ASKING`` of the speaker's turns contain a
question, and if the speaker asks at least ``_CLEARLY`` times as often as any other speaker."""


@dataclass(frozen=True)
class Conversation:
    """A transcript that documents.csv is to describe, with its id, its kind and its path in the study
    folder."""

    document_id: str
    kind: str
    path: str
    transcript: Transcript


def read_conversations(kinds_and_files_by_path: Mapping[str, tuple[str, Path]],
                       taken_ids: Collection[str]) -> list[Conversation]:
    """Reads transcripts in the study folder and gives each an id. ``kinds_and_files_by_path`` has, keyed by
    path in the study, the kind of each transcript and its file; ``taken_ids`` are the ids that are already in
    use.

    Raises Faults if a transcript cannot be read.
    """
    conversations, ids = [], set(taken_ids)
    for path, (kind, file) in kinds_and_files_by_path.items():
        document_id = make_free_id(make_id_from_text(file.stem), ids)
        ids.add(document_id)
        conversations.append(Conversation(document_id, kind, path, read_transcript(file)))
    return conversations


def draft_document_rows(conversations: Iterable[Conversation], *,
                        organisations: pd.DataFrame | None = None) -> pd.DataFrame:
    """Returns a drafted row of documents.csv for each transcript.

    The organisation of an interview gets an id made from the file's name. If the study has a list of
    ``organisations``, the cell has the id of the organisation whose id or label matches the file name; if no
    organisation matches, the cell is blank.
    """
    known = None
    if organisations is not None:
        listed = organisations[["organisation_id", "label"]].itertuples(index=False, name=None)
        known = {fold_case_and_spacing(name): organisation_id for organisation_id, label in listed
                 for name in (label, organisation_id, re.sub("[_-]", " ", organisation_id))}
    rows = []
    for talk in conversations:
        text = " ".join(talk.transcript.turns["text"])
        day = _DAY.search(Path(talk.path).stem) or _DAY.search(talk.transcript.heading)
        organisation = ""
        if talk.kind == "interview":
            name = _organisation_name(talk)
            organisation = (make_id_from_text(name) or talk.document_id) if known is None else \
                known.get(fold_case_and_spacing(name),
                          known.get(fold_case_and_spacing(re.sub(r"[_-]+", " ", name)), ""))
        rows.append((talk.document_id, talk.kind, talk.path, organisation,
                     "-".join(day.groups()) if day else "", detect_language(text[:2000]), ""))
    return pd.DataFrame(rows, columns=_DOCUMENT_COLUMNS, dtype="str")


def draft_organisation_rows(drafted_documents: pd.DataFrame) -> pd.DataFrame:
    """Returns a drafted row of organisations.csv (organisation_id and label) for each organisation of the
    drafted interviews."""
    ids = [*filter(None, dict.fromkeys(drafted_documents["organisation_id"]))]
    labels = [re.sub(r"[_-]+", " ", organisation_id).strip().capitalize() for organisation_id in ids]
    return pd.DataFrame({"organisation_id": ids, "label": labels}, dtype="str")


def _organisation_name(talk: Conversation) -> str:
    """Returns a name for the organisation of an interview, which is the file's name without a date and
    without words such as "interview"."""
    return _KIND_WORDS.sub("", _DAY.sub("", Path(talk.path).stem).strip(" _.-")).strip(" _.-")


def count_turns_and_guess_roles(conversations: Iterable[Conversation]) -> pd.DataFrame:
    """Returns one row per speaker of a transcript, with the columns :data:`SPEAKER_FACTS`. ``asks`` counts
    the speaker's turns with a question mark; ``role`` is blank if it is unknown, and ``why`` gives the
    evidence for the role.

    >>> from glc_analysis.intake.transcripts import Transcript
    >>> turns = pd.DataFrame({"speaker": ["Ana", "Ben", "Ana", "Ben"],
    ...                       "text": ["How many?", "Two.", "And why?", "Well."]})
    >>> read = Transcript(Path("casa.txt"), turns)
    >>> talk = Conversation("casa", "interview", "raw/interviews/casa.txt", read)
    >>> count_turns_and_guess_roles([talk])[["speaker", "asks", "role"]].values.tolist()
    [['Ana', 2, 'interviewer'], ['Ben', 0, 'participant']]
    """
    rows = []
    for talk in conversations:
        turns = talk.transcript.turns
        speaker = turns["speaker"]
        by = pd.DataFrame({"turns": turns.groupby("speaker", sort=False).size(),
                           "asks": turns["text"].str.contains(r"[?？؟]").groupby(speaker).sum(),
                           "words": turns["text"].str.split().str.len().groupby(speaker).sum()})
        roles = _roles(talk.kind, by)
        rows += [(talk.document_id, name, int(n_turns), int(n_asks), int(n_words), *roles[name])
                 for name, n_turns, n_asks, n_words in by.itertuples(name=None)]
    return _role_elsewhere(pd.DataFrame(rows, columns=SPEAKER_FACTS))


def _roles(kind: str, by: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Returns the role of each speaker and the evidence for the role, keyed by the speaker's name; role and
    evidence are blank if the role is unknown."""
    named = {name: _role_words().get(fold_case_and_spacing(name), "") for name in by.index}
    roles = {name: (role, "the name says so" if role else "") for name, role in named.items()}
    if kind != "interview":
        return roles
    if "interviewer" not in named.values() and (asking := _asking(by)) and not named[asking]:
        roles[asking] = "interviewer", f"asks in {by['asks'][asking]} of {by['turns'][asking]} turns"
    left = [name for name, (role, _) in roles.items() if not role]
    known = {role for role, _ in roles.values()} & {"interviewer", "participant"}
    if len(left) == 1 and len(known) == 1:
        other = "participant" if "interviewer" in known else "interviewer"
        roles[left[0]] = other, "the only other speaker"
    return roles


def _asking(by: pd.DataFrame) -> str:
    """Returns the name of the speaker who asks clearly more questions than any other speaker; blank if there
    is no such speaker."""
    shares = (by["asks"] / by["turns"]).sort_values(ascending=False, kind="stable")
    if len(by) < 2 or shares.iloc[0] < _ASKING:
        return ""
    name = str(shares.index[0])
    return name if by["asks"][name] >= _CLEARLY * by["asks"].drop(name).max() else ""


def _role_elsewhere(facts: pd.DataFrame) -> pd.DataFrame:
    """Returns the facts about speakers after filling in unclear roles. A speaker whose role is unclear in one
    transcript gets the role that the same name has in other transcripts, unless the same name has different
    roles there."""
    known = facts[facts["role"] != ""].drop_duplicates(["speaker", "role"])
    known = known.drop_duplicates("speaker", keep=False).set_index("speaker")["role"]
    is_open = (facts["role"] == "") & facts["speaker"].isin(known.index)
    return facts.assign(role=facts["role"].mask(is_open, facts["speaker"].map(known)),
                        why=facts["why"].mask(is_open, "as in another interview"))


def draft_speaker_rows(speaker_facts: pd.DataFrame, taken_ids: Collection[str] = ()) -> pd.DataFrame:
    """Returns drafted rows of speakers.csv. A name with the same role in several transcripts gets one row for
    all transcripts (``*``); any other name gets a row per transcript. The ids of speakers reveal nothing
    about the speakers, because coders see the ids in the texts.

    A participant named only by a role, such as "Participant", counts as a different person in every
    transcript.
    """
    named = speaker_facts.groupby("speaker", sort=False).agg(documents=("document_id", "nunique"),
                                                             roles=("role", "nunique"))
    words, rows, ids = _role_words(), [], set(taken_ids)
    done: set[str] = set()
    for document_id, speaker, role in zip(speaker_facts["document_id"], speaker_facts["speaker"],
                                          speaker_facts["role"], strict=True):
        is_shared = named.at[speaker, "documents"] > 1 and named.at[speaker, "roles"] == 1 \
            and words.get(fold_case_and_spacing(speaker)) != "participant"
        if is_shared and speaker in done:
            continue
        done.add(speaker)
        numbered = (f"{_PREFIX.get(role, 's')}{n}" for n in count(1))
        speaker_id = next(other for other in numbered if other not in ids)
        ids.add(speaker_id)
        rows.append((ANY_DOCUMENT if is_shared else document_id, speaker, speaker_id, "", role))
    return pd.DataFrame(rows, columns=_SPEAKER_COLUMNS, dtype="str")


def list_speaker_role_evidence(speaker_facts: pd.DataFrame) -> list[str]:
    """Returns the evidence for the guessed roles of speakers, as lines to print.

    >>> facts = pd.DataFrame([("casa", "Ana", 2, 2, 9, "interviewer", "asks in 2 of 2 turns")],
    ...                      columns=SPEAKER_FACTS)
    >>> list_speaker_role_evidence(facts)
    ['casa: Ana: 2 turns, 2 with a question, 9 words; interviewer (asks in 2 of 2 turns)']
    """
    return [f"{document_id}: {speaker}: {turns} turns, {asks} with a question, {words} words; "
            + (f"{role} ({why})" if role else "role unknown: write it into the row")
            for document_id, speaker, turns, asks, words, role, why in
            speaker_facts[SPEAKER_FACTS].itertuples(index=False, name=None)]


def list_decisions_left_to_people(documents: pd.DataFrame, speakers: pd.DataFrame,
                                  organisations: pd.DataFrame) -> list[str]:
    """Returns the decisions that the drafted tables of conversations leave to people, as lines to print."""
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
        notes.append("whether a transcript is a call of several organisations: if so, move its file to "
                     f"raw/calls, and correct kind and path in {where}/documents.csv")
    return notes


def is_role_name(name: str) -> bool:
    """Whether a speaker's name in a transcript is the name of a role, such as Interviewer."""
    return fold_case_and_spacing(name) in _role_words()


@cache
def _role_words() -> dict[str, str]:
    """Returns the role that each role name means, keyed by the name in the form in which names are
    compared."""
    return {fold_case_and_spacing(word): row["role"]
            for row in read_packaged_csv(__file__, "speaker_words.csv")
            for word in row["words"].split(" | ")}


def read_undescribed_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """Reads the transcripts in ``raw/`` that documents.csv does not describe yet. Raises Faults if a
    transcript cannot be read."""
    described = {*documents["path"]}
    paths = {study.make_relative(path): (kind, path) for kind in ("interview", "call")
             for path in study.list_raw_files(f"{kind}s") if path.is_file()}
    return read_conversations({where: file for where, file in paths.items() if where not in described},
                              taken_ids=documents["document_id"])


def read_described_conversations(study: Study, documents: pd.DataFrame) -> list[Conversation]:
    """Reads the transcripts that documents.csv describes. Raises Faults if a transcript cannot be read."""
    return [Conversation(document_id, kind, path, read_transcript(study.root / path))
            for document_id, kind, path in zip(documents["document_id"], documents["kind"], documents["path"],
                                               strict=True) if (study.root / path).is_file()]


def select_unlisted_speakers(speaker_facts: pd.DataFrame, speakers: pd.DataFrame) -> pd.DataFrame:
    """Returns the facts about speakers who are missing from speakers.csv."""
    known = {*zip(speakers["document_id"], speakers["name_in_file"].map(normalise_space), strict=True)}
    names = speaker_facts["speaker"].map(normalise_space)
    is_new = [not known & {(document_id, name), (ANY_DOCUMENT, name)}
              for document_id, name in zip(speaker_facts["document_id"], names, strict=True)]
    return speaker_facts[is_new].reset_index(drop=True)


def make_free_id(wanted_id: str, taken_ids: Collection[str]) -> str:
    """Returns ``wanted_id`` if it is free; else returns this id followed by the first number that makes it
    free.

    >>> make_free_id("ana", {"ana", "ana_2"})
    'ana_3'
    """
    tries = chain([wanted_id], (f"{wanted_id}_{n}" for n in count(2)))
    return next(identifier for identifier in tries if identifier not in taken_ids)
