"""Makes, from interviews and calls, the texts that coders code.

The module makes the canonical text of each document (the masked text that coders get), and the tables
``documents`` and ``segments``. The sources are the transcripts, and the tables that say who speaks for which
organisation and which names must be masked.

The canonical text is the text that ``glc transcripts`` gives to coders, and every coding refers to positions
in it. In the canonical text, a turn is written ``speaker_id: words``, a blank line separates turns, and the
names of names.csv are masked. The module also decides which question of the interview guide each turn
answers.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from glc_analysis.cleaning.languages import detect_script
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.transcripts import Transcript, read_transcript
from glc_analysis.pseudonyms.masking import Masker, Offsets, make_canonical_text, shift_span_after_masking
from glc_analysis.reference import Reference
from glc_analysis.schema import ANY_DOCUMENT
from glc_analysis.slices import list_work_countries_by_organisation
from glc_analysis.study import STOP_USE, Study
from glc_analysis.text import content_hash, fold_case_and_spacing, language_code, normalise_space

# ------------------------------
# Texts to code.


RAW_KIND = {"interview": "interviews", "call": "calls"}
_SHORTEST_WORDING = 15
"""A question's wording with fewer characters than this is not searched for in turns, because the same words
may occur in a turn by chance."""

Spans = tuple[tuple[int, int], ...]
Person = tuple[str, str, str]
"""A speaker, with speaker_id, role and organisation_id."""


@dataclass(frozen=True)
class Text:
    """A text in its canonical form, which coders get, and in its unmasked form, with the offsets of masked
    names.

    ``labels`` are the spans of ``unmasked`` that contain the speakers' names before turns. ``joins`` are the
    positions at which lines or cues of one speaker were joined; a coder's copy of the text may have
    additional characters at these positions.
    """

    canonical: str
    unmasked: str
    offsets: Offsets = ()
    labels: Spans = ()
    joins: tuple[int, ...] = ()


@dataclass(frozen=True)
class Texts:
    """Interviews and calls: their texts, keyed by document_id, and their rows of the tables ``documents`` and
    ``segments``.

    ``notes`` has sentences about two kinds of passages in the files: passages that are not read, and passages
    that are read although nobody spoke them."""

    texts: dict[str, Text]
    documents: pd.DataFrame
    segments: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def canonical(self) -> dict[str, str]:
        return {document_id: text.canonical for document_id, text in self.texts.items()}


def read_and_mask_transcripts(study: Study, reference: Reference, key: Mapping[str, str]) -> Texts:
    """Reads and masks every interview and call of documents.csv.

    Table ``segments`` has one row per turn, in order. ``key`` has a pseudonym for every name
    (:func:`glc_analysis.pseudonyms.masking.complete_pseudonym_key`). If a person has stopped the use of what
    they said (stopped.csv), the person's turns stay in the text but count as an observer's words, which are
    not analysed.

    Raises Faults with all faults of all transcripts, which are of these kinds:

    - a raw file that documents.csv lacks, or a speaker that speakers.csv lacks;
    - a participant of a call who has no organisation, or whose organisation is not marked as present;
    - a translation whose turns do not match those of the original;
    - two documents that have the same text.
    """
    faults, texts, parts = list(_file_faults(study, reference.documents)), {}, []
    masker, people = Masker(reference.names, key), _people(reference.speakers)
    stopped = reference.stopped
    silent = {*stopped.loc[stopped["choice"] == STOP_USE, "person_id"]}
    attended = reference.attendance.groupby("document_id").indices
    notes: list[str] = []
    first_with: dict[str, str] = {}
    for n, document in reference.documents.iterrows():
        try:
            transcript = _transcript(study, document)
            first = first_with.setdefault(digest_speakers_and_words(transcript.turns), document["path"])
            if first != document["path"] and not document["translation_of"]:
                faults.append(_same_text(str(n), document, first))
            notes += [f"{transcript.path.name}: {note}." for note in transcript.notes]
            turns = mark_speakers_as_observers(_turns(transcript, document, people), silent)
        except Faults as found:
            faults += found.faults
            continue
        if (call := document["document_id"]) in attended:
            faults += _attendance_faults(document, turns, reference.attendance.iloc[attended[call]])
        turns["guide_question_id"] = find_last_guide_question_per_turn(turns, reference.questions)
        text, segments = _masked(turns, masker)
        texts[document["document_id"]] = text
        parts.append(segments.assign(document_id=document["document_id"], segment_id=[
            f"{document['document_id']}.{n}" for n in range(1, len(segments) + 1)],
            language=language_code(document["language"])))
    segments = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        columns=["segment_id", "document_id", "speaker_id", "text", "role", "organisation_id"])
    segments, wrong = _translated(segments, reference.documents)
    if faults + wrong:
        raise Faults(faults + wrong)
    return Texts(texts, _documents(reference.documents, texts), segments, tuple(notes))


def digest_speakers_and_words(turns: pd.DataFrame) -> str:
    """Returns a digest of a transcript. Two transcripts in which the same people say the same words have
    equal digests, even if their spaces differ."""
    return content_hash("\n".join(fold_case_and_spacing(f"{name}: {text}") for name, text in zip(
        turns["speaker"], turns["text"], strict=True)))


def mark_speakers_as_observers(turns: pd.DataFrame, speakers: Collection[str]) -> pd.DataFrame:
    """Returns the turns with the role ``observer`` for every turn of the given ``speakers``, and for every
    turn in which an interpreter translates such a speaker.

    >>> turns = pd.DataFrame({"speaker_id": ["ana", "int", "ben"], "organisation_id": ["a", "", "b"],
    ...                       "role": ["participant", "interpreter", "participant"]})
    >>> mark_speakers_as_observers(turns, ["ana"])["role"].tolist()
    ['observer', 'observer', 'participant']
    """
    found: list[bool] = []
    for speaker, role in zip(turns["speaker_id"], turns["role"], strict=True):
        found.append(speaker in speakers or role == "interpreter" and bool(found) and found[-1])
    is_silent = pd.Series(found, turns.index, dtype=bool)
    return turns.assign(role=turns["role"].mask(is_silent, "observer"),
                        organisation_id=turns["organisation_id"].mask(is_silent, ""))


def find_last_guide_question_per_turn(turns: pd.DataFrame, questions: pd.DataFrame) -> list[str]:
    """Returns, for each turn, the id of the guide's question that was asked last; the id is ``""`` in turns
    before the first question.

    An interviewer's turn counts as asking a question if it begins with the question's id, with or without
    brackets, or if it contains the question's wording. ``turns`` must have the columns role and text.

    >>> turns = pd.DataFrame({"role": ["interviewer", "participant"], "text": ["(Q3.5) And why?", "Well."]})
    >>> find_last_guide_question_per_turn(turns,
    ...                                   pd.DataFrame({"question_id": ["Q3.5"], "wording": ["Why so?"]}))
    ['Q3.5', 'Q3.5']
    """
    ids = {fold_case_and_spacing(q): q for q in questions["question_id"]}
    opening = re.compile(r"[(\[]?(" + "|".join(map(re.escape, sorted(ids, key=len, reverse=True)))
                         + r")(?=[\])\s:]|\.\s|$)") if ids else None
    wordings = {fold_case_and_spacing(w): q
                for q, w in zip(questions["question_id"], questions["wording"], strict=True)
                if len(w) >= _SHORTEST_WORDING}
    asked, last_asked = "", []
    for role, text in zip(turns["role"], turns["text"], strict=True):
        if role == "interviewer":
            words = fold_case_and_spacing(text)
            named = opening.match(words) if opening else None
            contained = [(words.find(wording), q) for wording, q in wordings.items() if wording in words]
            asked = ids[named[1]] if named else min(contained)[1] if contained else asked
        last_asked.append(asked)
    return last_asked


def mask_answer_texts(documents: pd.DataFrame, segments: pd.DataFrame, names: pd.DataFrame,
                      key: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns the documents and segments of open answers with pseudonyms in place of names. Each open answer
    is one row in ``documents`` and one row in ``segments``, in the same order."""
    documents = documents.assign(length=segments["end"])
    if names.empty or segments.empty:
        return documents, segments
    masker = Masker(names, key)
    texts = [masker.mask(text).text for text in segments["text"]]
    lengths = list(map(len, texts))
    return (documents.assign(length=lengths, text_version=list(map(content_hash, texts))),
            segments.assign(text=texts, end=lengths))


def list_participating_organisations_by_document(texts: Texts, attendance: pd.DataFrame) -> pd.DataFrame:
    """Returns which organisations took part in each document, because they were interviewed, spoke in a call,
    or attended a call.

    The result has one row per organisation and document, with the document's date and language, and whether
    the document was interpreted.
    """
    segments = texts.segments
    parts = [texts.documents, segments[segments["role"] == "participant"],
             attendance[attendance["is_present"] == "true"]]
    named = pd.concat([part[["document_id", "organisation_id"]] for part in parts]).drop_duplicates()
    about = texts.documents[["document_id", "date", "language", "is_interpreted"]]
    return named[named["organisation_id"] != ""].merge(about, on="document_id").reset_index(drop=True)


def add_work_country_if_only_one(texts: Texts, answers: pd.DataFrame, organisations: pd.DataFrame) -> Texts:
    """Adds a country to the documents and segments of each organisation that works in only one country."""
    pairs = list_work_countries_by_organisation(answers, organisations)
    pairs = pairs[["organisation_id", "country_id"]].drop_duplicates()
    country = dict(pairs[~pairs["organisation_id"].duplicated(keep=False)].itertuples(index=False))
    interviewed = texts.documents.set_index("document_id")["organisation_id"]
    whose = texts.segments["organisation_id"]
    whose = whose.where(whose != "", texts.segments["document_id"].map(interviewed))
    return replace(texts, documents=texts.documents.assign(
        country_id=texts.documents["organisation_id"].map(country).fillna("")),
        segments=texts.segments.assign(country_id=whose.map(country).fillna("")))


def _file_faults(study: Study, documents: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each raw file that has no row in documents.csv, and for each row that has no raw
    file."""
    described = set(documents["path"])
    files = {study.make_relative(path): kind for kind, raw in RAW_KIND.items()
             for path in study.list_raw_files(raw) if path.is_file()}
    for path, kind in files.items():
        if path not in described:
            yield Fault("documents.csv does not describe this file", file=path,
                        fix=f"add a row for the file, with kind {kind}, path {path}, and its document_id, "
                            "organisation_id, date and language")
    for n, row in documents.iterrows():
        if files.get(row["path"]) != row["kind"]:
            yield Fault(f"[raw] {RAW_KIND[row['kind']]} of study.toml names no such file",
                        file="documents.csv", row=str(n), column="path", value=row["path"],
                        fix="put the file at this path, or correct the path (relative to the study folder)")


def _people(speakers: pd.DataFrame) -> dict[str, dict[str, Person]]:
    """Returns the speakers, keyed by document (or :data:`.ANY_DOCUMENT`) and then by the speaker's name in
    the file. If several rows of ``speakers`` have the same name, the first row counts."""
    found: dict[str, dict[str, Person]] = {}
    columns = ["document_id", "name_in_file", "speaker_id", "role", "organisation_id"]
    for document_id, name, *person in speakers[columns].itertuples(index=False, name=None):
        found.setdefault(document_id, {}).setdefault(normalise_space(name), tuple(person))
    return found


def _transcript(study: Study, document: pd.Series) -> Transcript:
    path = study.root / document["path"]
    if not path.is_file():
        raise Faults([])  # _file_faults has reported it
    return read_transcript(path)


def _same_text(row: str, document: pd.Series, other: str) -> Fault:
    return Fault(f"has the same text as {other}", file="documents.csv", row=row, column="path",
                 value=document["path"], fix="remove one of the two files; if this is a coder's copy, "
                 "move it to raw/codings, name it under [raw] codings in study.toml, and remove this row")


def _turns(transcript: Transcript, document: pd.Series,
           people: Mapping[str, Mapping[str, Person]]) -> pd.DataFrame:
    """Returns the turns of one document, with speaker_id, role and organisation_id for each turn."""
    path, turns = transcript.path, transcript.turns
    in_document, others = (people.get(which, {}) for which in (document["document_id"], ANY_DOCUMENT))
    speakers: list[Person] = []
    unknown: dict[str, tuple[str, int]] = {}
    without_organisation: dict[str, str] = {}
    for speaker, line in zip(turns["speaker"], turns["line"], strict=True):
        name = normalise_space(speaker)
        person = in_document.get(name) or others.get(name)
        if person is None:
            unknown.setdefault(name, (speaker, line))
            continue
        speaker_id, role, organisation_id = person
        if role == "participant" and not organisation_id:
            organisation_id = document["organisation_id"]
            if not organisation_id:
                without_organisation.setdefault(name, speaker)
        speakers.append((speaker_id, role, organisation_id))
    faults = [Fault("speakers.csv does not say who this speaker is", file=path.name, row=str(line),
                    value=speaker, fix="add a row with this name_in_file, for document_id "
                    f"{document['document_id']} or *") for speaker, line in unknown.values()]
    faults += [Fault("takes part in a call and has no organisation", file="speakers.csv",
                     value=speaker, column="organisation_id", fix="write the organisation, "
                     "or another role") for speaker in without_organisation.values()]
    if faults:
        raise Faults(faults)
    columns = ["speaker_id", "role", "organisation_id"]
    return turns.join(pd.DataFrame(speakers, columns=columns, index=turns.index, dtype="str"))


def _attendance_faults(document: pd.Series, turns: pd.DataFrame,
                       attendance: pd.DataFrame) -> Iterator[Fault]:
    """Yields a fault for each organisation that spoke in a call but is not marked as present in the rows of
    attendance.csv for this call."""
    present = set(attendance.loc[attendance["is_present"] == "true", "organisation_id"])
    spoke = dict.fromkeys(organisation for role, organisation in zip(
        turns["role"], turns["organisation_id"], strict=True) if role == "participant")
    for organisation in spoke:
        if organisation not in present:
            yield Fault(f"spoke in {document['document_id']} but is not marked as present",
                        file="attendance.csv", value=organisation, fix="write true in is_present, or "
                        "correct speakers.csv")


def _masked(turns: pd.DataFrame, masker: Masker) -> tuple[Text, pd.DataFrame]:
    """Returns the text of the turns with pseudonyms in place of names, and the segments of this text."""
    unmasked, segments = make_canonical_text(turns.assign(speaker=turns["speaker_id"]))
    masked = masker.mask(unmasked)
    labels = tuple((start - len(speaker) - 2, start) for start, speaker
                   in zip(segments["start"], segments["speaker"], strict=True))
    joins = tuple(_joins(unmasked, segments["start"], segments["joins"]))
    spans = [shift_span_after_masking(start, end, masked.offsets)
            for start, end in zip(segments["start"], segments["end"], strict=True)]
    segments = segments.assign(start=[start for start, _ in spans], end=[end for _, end in spans],
                               text=[masked.text[start:end] for start, end in spans])
    return (Text(masked.text, unmasked, masked.offsets, labels, joins),
            segments.drop(columns=["speaker", "line", "joins"]))


def _joins(text: str, starts: Iterable[int], counts: Iterable[Iterable[int]]) -> Iterator[int]:
    """Yields the positions in a text at which lines or cues were joined. For each position in ``starts``,
    ``counts`` has several numbers of characters; each yielded position is that many characters after the
    start, not counting spaces.

    >>> list(_joins("p1: We wait. No.", [4, 13], [[2, 3], []]))
    [7, 8]
    """
    letters = [place for place, character in enumerate(text) if not character.isspace()]
    for start, after in zip(starts, counts, strict=True):
        first = bisect_left(letters, start)
        yield from (letters[first + n] for n in after)


def _translated(segments: pd.DataFrame, documents: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Adds to each turn of a translated document the id of the segment that the turn translates. Returns the
    segments with the added column, and the faults."""
    segments, faults = segments.assign(translation_of="", translation_status=""), []
    places = segments.groupby("document_id").indices
    for n, row in documents[documents["translation_of"] != ""].iterrows():
        translation, source = (segments.iloc[places.get(row[column], [])]
                               for column in ("document_id", "translation_of"))
        if translation.empty or source.empty:
            continue  # not read, and reported elsewhere
        if list(translation["speaker_id"]) != list(source["speaker_id"]):
            faults.append(Fault(
                f"has {len(translation)} turns and {row['translation_of']} has {len(source)}, or "
                "turns in the same position have different speakers",
                file="documents.csv", row=str(n), column="translation_of",
                value=row["document_id"], fix="write one turn of the translation for each "
                "turn of the original"))
            continue
        segments.loc[translation.index, "translation_of"] = source["segment_id"].to_numpy()
        segments.loc[translation.index, "translation_status"] = row["translation_status"]
    return segments, faults


def _documents(described: pd.DataFrame, texts: Mapping[str, Text]) -> pd.DataFrame:
    """Returns the rows of table ``documents`` for interviews and calls."""
    found = described["document_id"].map(texts)
    return described.assign(
        language=described["language"].map(language_code),
        is_interpreted=described["is_interpreted"] == "true",
        script=[detect_script(text.canonical.partition(": ")[2]) for text in found],
        text_version=[content_hash(text.canonical) for text in found])
