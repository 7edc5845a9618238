"""Collects everything that an organisation or a person contributed to a study, and every name by which the
contribution can be found. An organisation or person that withdraws is called the *leaver*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.addons.withdrawal.redaction import (
    mark_turns_spoken_by,
    mask_withdrawn_names_in_rows,
    mask_withdrawn_names_in_texts,
    rewrite_table_rows,
)
from glc_analysis.cleaning import columns
from glc_analysis.cleaning.organisation_changes import list_former_names, map_former_names_to_ids
from glc_analysis.cleaning.records import assign_record_ids
from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.intake.survey import read_surveys_in_file
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.pseudonyms.masking import Masker
from glc_analysis.reference import Reference
from glc_analysis.schema import ANY_DOCUMENT, COUNTRY_LIST, load_reference_table_schemas
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.text import fold_case_and_spacing, make_id_from_text, normalise_space

MATERIAL = frozenset({"survey", "interview", "call"})
"""The items of consent that cover material (answers, interviews, calls). All other items are permissions to
use the material."""
MIN_SENTENCE = 25
"""The smallest number of characters that a sentence needs to count as the leaver's own; other people may say
a shorter sentence by chance."""


def _exact_names(names: Iterable[str] = ()) -> pd.DataFrame:
    return pd.DataFrame({"name": list(names), "match": "exact"}, dtype="str")


@dataclass
class Contribution:
    """The contribution of an organisation or a person: the whole contribution, or the ``parts`` that are
    withdrawn with one ``item`` of consent.

    - ``organisation_id``: the organisation; blank for a person, because the person's organisation stays.
    - ``rows``: the row numbers of the leaver's records, keyed by file.
    - ``documents``: the leaver's interviews and texts of answers.
    - ``turns``: for every transcript, whether each turn (speech of one speaker) is the leaver's.
    - ``spoken``: for each call, maps the name of each of the leaver's speakers, as the file has it, to the
      name that replaces it.
    - ``raters``: the raters whose ballots are removed.
    - ``ids``: all ids of the leaver, which must be removed.
    - ``listed``: the names of the leaver in names.csv.
    - ``countries``: the leaver's own countries, in which no other organisation works or is based, and which
      no other organisation names in an answer.
    - ``names``: the names that other people use for the leaver.
    - ``words``: the names in ``names``, the pseudonyms of the leaver, and the leaver's sentences that nobody
      else said.
    - ``said``, ``others``: all words of the leaver, and all words of everybody else.
    - ``quoted``: the coded segments that may no longer be quoted although the material stays.
    - ``cited``: the rows in tables of add-ons that cite the segments in ``quoted``.
    """

    organisation_id: str
    parts: frozenset[str]
    item: str = ""
    rows: dict[str, set[int]] = field(default_factory=dict)
    documents: set[str] = field(default_factory=set)
    turns: dict[str, list[bool]] = field(default_factory=dict)
    spoken: dict[str, dict[str, str]] = field(default_factory=dict)
    raters: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)
    names: pd.DataFrame = field(default_factory=_exact_names)
    words: pd.DataFrame = field(default_factory=_exact_names)
    said: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    quoted: set[str] = field(default_factory=set)
    cited: set[tuple[str, str]] = field(default_factory=set)

    @property
    def words_to_remove_from_material(self) -> pd.DataFrame:
        """Returns the words to remove from transcripts, ballots and coders' files; empty if these files stay
        unchanged."""
        return self.words.head(0) if self.quoted else self.words

    @property
    def is_whole(self) -> bool:
        return self.parts == MATERIAL

    def is_named_as_owner(self, text: str) -> bool:
        """Whether a text, such as a cell that names an owner, contains the id, a name or a pseudonym of the
        organisation. False if the organisation withdraws only a part of its contribution."""
        is_its_id = bool(self.organisation_id) and (
            self.organisation_id in re.split(r"[\s,;:()]+", text.lower()))
        return self.is_whole and (is_its_id or mask_withdrawn_names_in_texts([text], self.words) != [text])

    def redact_names_and_words(self, texts: list[str]) -> list[str]:
        """Returns texts without the leaver's names and words. If only quotations are withdrawn, the texts are
        returned unchanged."""
        return mask_withdrawn_names_in_texts(texts, self.words_to_remove_from_material)

    def remove_rows_and_redact_rest(self, path: Path, is_gone: Callable[[int, list[str]], bool]) -> None:
        """Removes those rows of a table for which the function ``is_gone``, called with the row's number and
        cells, returns true. Removes the leaver's words from all other rows."""
        rewrite_table_rows(path, lambda grid: [None if is_gone(n, old) else new for n, old, new in zip(
            grid.numbers, grid.rows, mask_withdrawn_names_in_rows(grid, self.words_to_remove_from_material),
            strict=True)])


def collect_contribution(study: Study, reference: Reference, pseudonym_key: dict[str, str],
                         organisation_id: str,
                         item: str = "") -> Contribution:
    """Returns the contribution of an organisation to a built study. With ``item``, returns only the part of
    the contribution that belongs to this item of consent.

    Raises UsageError for an unknown organisation.
    """
    answers = tables.read_distinct_rows_across_waves("answers", study=study)
    known = {*reference.organisations["organisation_id"], *answers["organisation_id"]}
    if organisation_id not in known:
        if organisation_id in {*reference.speakers["speaker_id"], *_people(reference)}:
            raise UsageError(f"{organisation_id!r} is a person. To fix: run `glc withdraw --person "
                             f"{organisation_id} --choice CHOICE`.")
        raise UsageError(f"There is no organisation {organisation_id!r}; "
                         f"{suggest_name(organisation_id, known)}.")
    leaver = Contribution(organisation_id, MATERIAL & {item} if item else MATERIAL, item)
    strangers = [frame.loc[frame["organisation_id"] != organisation_id, column] for frame, column in (
        (reference.speakers, "name_in_file"), (reference.organisations, "label"))]
    method = [*(text for column in strangers for text in column), *_words_of_method(reference)]
    leaver.others += method
    _collect_records(leaver, study, reference, answers)
    _collect_texts(leaver, study, reference,
                   reference.speakers[reference.speakers["organisation_id"] == organisation_id])
    segments = tables.read_table("segments", study=study)
    is_own = segments["document_id"].isin(leaver.documents) | segments["segment_id"].isin(leaver.ids)
    leaver.said += list(segments.loc[is_own, "text"])  # as coders read them: with pseudonyms
    leaver.ids |= {*leaver.documents, *segments.loc[is_own, "segment_id"]}
    translated = tables.read_table("answer_translations", study=study)
    is_its = translated["segment_id"].isin(leaver.ids)
    leaver.said += [*translated.loc[is_its, "text"]]
    leaver.others += [*translated.loc[~is_its, "text"]]
    if item == "quotation":
        is_own = segments["organisation_id"] == organisation_id
        leaver.quoted = set(segments.loc[is_own, "segment_id"])
        leaver.said = list(segments.loc[is_own, "text"])
        leaver.others = [*method, *segments.loc[~is_own, "text"]]
    quotes = reference.quotes
    is_quoted = quotes["segment_id"].isin(segments.loc[is_own, "segment_id"])
    leaver.ids |= set(quotes.loc[is_quoted, "quote_id"])
    leaver.said += list(quotes.loc[is_quoted, "text"])
    cited = {row: words for citations in load_declared_objects("erasers", "citations")
             for row, words in citations(reference, segments.loc[is_own, "segment_id"]).items()}
    leaver.said += cited.values()
    if item == "quotation":
        leaver.cited = {*cited}
    if "survey" in leaver.parts:
        _collect_countries(leaver, study, reference, answers)
    if leaver.is_whole:
        leaver.raters = {person for person, whose in _people(reference).items() if whose == organisation_id}
        labels = reference.organisations.query("organisation_id == @organisation_id")["label"]
        # An id that is one plain word stays in prose: otherwise a common word would be removed everywhere.
        plain_ids = [] if organisation_id.isalpha() else [organisation_id]
        leaver.ids.add(organisation_id)
        labels = [*labels, *list_former_names(reference.organisation_changes, [organisation_id])]
        _collect_written(leaver, study, reference)
        _collect_names(leaver, reference, pseudonym_key, {*labels, *_without_brackets(labels), *plain_ids},
                       reference.speakers["organisation_id"] == organisation_id)
    _collect_words(leaver)
    return leaver


def check_is_speaker_or_rater(study: Study, reference: Reference, person_id: str) -> None:
    """Raises UsageError if an id belongs to no speaker and no rater. The message names the most similar id;
    for the id of a coder, the message names the tables and files that contain the id."""
    speakers = reference.speakers
    known = {*speakers["speaker_id"], *_people(reference)} - {""}
    if person_id in known:
        return
    if person_id in {*reference.organisations["organisation_id"]}:
        raise UsageError(f"{person_id!r} is an organisation. To fix: run `glc withdraw {person_id}`.")
    if named := sorted({*speakers.loc[speakers["name_in_file"] == person_id, "speaker_id"]}):
        raise UsageError(f"{person_id!r} is a name in files. To fix: give the id, {' or '.join(named)}.")
    if places := _places_of_a_coder(study, reference, person_id):
        raise UsageError(f"{person_id!r} is a coder: what a coder marked is work on the words of others, and "
                         f"stays in the study. The id is in {', '.join(places)}. To fix: see \"A coder "
                         "leaves\" in docs/withdrawal.md.")
    raise UsageError(f"There is no person {person_id!r}; {suggest_name(person_id, known)}.")


def _places_of_a_coder(study: Study, reference: Reference, coder_id: str) -> list[str]:
    """Returns the tables, settings and files that contain the id of a coder; empty if ``coder_id`` is not the
    id of a coder."""
    codes_in = [name for name in ("assignments", "reviewed_codings")
                if coder_id in {*getattr(reference, name)["coder_id"]}]
    is_set = coder_id in study.settings["raw"]["codings"]
    files = study.list_coder_files().get(coder_id, ())
    if not (codes_in or is_set or files):
        return []
    signed = [name for name in sorted(load_reference_table_schemas().keys() - {*codes_in})
              if (getattr(reference, name) == coder_id).to_numpy().any()]
    return [*(f"{name}.csv" for name in codes_in),
            *[f"{study.settings_file.name} ([raw] codings)"] * is_set, *map(study.make_relative, files),
            *(f"{name}.csv" for name in signed)]


def collect_person_contribution(study: Study, reference: Reference, pseudonym_key: dict[str, str],
                                person_id: str) -> Contribution:
    """Returns the contribution of a person (a speaker or a rater) to a built study: the person's turns and
    ballots.

    Raises UsageError for an unknown person.
    """
    speakers = reference.speakers
    check_is_speaker_or_rater(study, reference, person_id)
    leaver = Contribution("", MATERIAL, raters={person_id} & {*_people(reference)}, ids={person_id})
    leaver.others += [*speakers.loc[speakers["speaker_id"] != person_id, "name_in_file"],
                   *reference.organisations["label"], *_words_of_method(reference)]
    answers = tables.read_distinct_rows_across_waves("responses", study=study)["value"]
    leaver.others += [*answers[answers != ""].unique()]
    is_own = speakers["speaker_id"] == person_id
    _collect_texts(leaver, study, reference, speakers[is_own])
    segments = tables.read_table("segments", study=study)
    is_said = segments["document_id"].isin(leaver.documents) | segments["segment_id"].isin(leaver.ids)
    leaver.said += list(segments.loc[is_said, "text"])
    leaver.ids |= {*leaver.documents, *segments.loc[is_said, "segment_id"]}
    leaver.ids |= {*reference.quotes.loc[reference.quotes["segment_id"].isin(leaver.ids), "quote_id"]}
    _collect_written(leaver, study, reference)
    _collect_names(leaver, reference, pseudonym_key, set(), is_own)
    _collect_words(leaver)
    return leaver


def _collect_words(leaver: Contribution) -> None:
    """Collects the leaver's sentences that nobody else said."""
    sentences = {one for text in leaver.said for one in re.split(r"(?<=[.?!;…؟។])\s+", normalise_space(text))}
    elsewhere = normalise_space(" ".join(leaver.others))
    alone = sorted(one for one in sentences if len(one) >= MIN_SENTENCE and one not in elsewhere)
    leaver.words = pd.concat([leaver.names, leaver.words, _exact_names(alone)], ignore_index=True)


def _collect_records(leaver: Contribution, study: Study, reference: Reference, answers: pd.DataFrame) -> None:
    """Collects the records of an organisation. A record that cleaning dropped and whose organisation is
    unknown is included, because it may be a record of this organisation."""
    owner = dict(zip(answers["answer_id"].str.replace(r"\.l\d+$", "", regex=True), answers["organisation_id"],
                     strict=True))
    register = reference.organisations
    known = {fold_case_and_spacing(name): organisation_id for organisation_id, label in zip(
        register["organisation_id"], register["label"], strict=True) for name in (label, organisation_id)}
    known |= map_former_names_to_ids(reference.organisation_changes)
    settings = study.settings["survey"]
    files = study.list_raw_files("survey") if "survey" in leaver.parts else []
    for read in (read for path in files for read in read_surveys_in_file(path, settings)):
        survey, _ = assign_record_ids(read, settings)
        named = settings["organisation"]
        column = columns.locate_question_columns(named, survey)[0][""] if named else ""
        names = survey.frame[column] if column else [""] * len(survey.rows)
        for row, name, (answer_id, *cells) in zip(survey.rows, names, survey.frame.itertuples(name=None),
                                                  strict=True):
            record = re.sub(r"\.l\d+$", "", answer_id)
            whose = known.get(fold_case_and_spacing(name), make_id_from_text(name) if register.empty
                              else leaver.organisation_id)
            is_own = owner.get(record, whose) == leaver.organisation_id
            (leaver.said if is_own else leaver.others).extend(cells)
            if is_own:
                leaver.rows.setdefault(study.make_relative(survey.path), set()).add(row)
                leaver.ids.add(record)
    if "survey" in leaver.parts:
        leaver.ids |= set(answers.loc[answers["organisation_id"] == leaver.organisation_id, "answer_id"])
        answered = tables.read_distinct_rows_across_waves("responses", study=study)
        answered = answered[answered["organisation_id"] == leaver.organisation_id]
        texts = answered["answer_id"] + "." + answered["question_id"].str.lower()
        leaver.ids |= {*texts, *texts + ".1"}  # texts of an earlier wave may be cited, and are in no table
        texts = tables.read_table("documents", study=study).query("kind == 'answer'")
        leaver.documents |= set(texts.loc[texts["organisation_id"] == leaver.organisation_id, "document_id"])


def _collect_texts(leaver: Contribution, study: Study, reference: Reference, people: pd.DataFrame) -> None:
    """Collects the texts of the leaver. The texts of an organisation are its interviews and, in each call,
    the turns of its speakers and their interpreters. The texts of a person are the interviews with this
    person alone, and the person's turns in all other texts."""
    elsewhere = reference.speakers.drop(people.index).query("role == 'participant'")
    taken = reference.speakers["name_in_file"].str.extract(r"^Withdrawn (\d+)$")[0].dropna().astype(int)
    left = dict.fromkeys(map(normalise_space, people["name_in_file"]))
    instead = {name: f"Withdrawn {n}" for n, name in enumerate(left, 1 + max(taken, default=0))}
    interpreters = set(reference.speakers.query("role == 'interpreter'")["name_in_file"].map(normalise_space))
    for _, document in reference.documents.iterrows():
        document_id, kind = document["document_id"], document["kind"]
        turns = read_transcript(study.root / document["path"]).turns
        is_here = people["document_id"].isin([document_id, ANY_DOCUMENT])
        names = ({*map(normalise_space, people.loc[is_here, "name_in_file"])}
                 & {*map(normalise_space, turns["speaker"])})
        is_shared = kind == "call" or not leaver.organisation_id and (
            not names or _speak_here(elsewhere, document_id, turns))
        is_its_interview = bool(names) if not leaver.organisation_id else (
            document["organisation_id"] == leaver.organisation_id)
        is_theirs = mark_turns_spoken_by(turns, names, interpreters) if is_shared else (
            [is_its_interview] * len(turns))
        is_theirs = [is_its and kind in leaver.parts for is_its in is_theirs]
        leaver.turns[document_id] = is_theirs
        if any(is_theirs) and not is_shared:
            leaver.documents.add(document_id)
        elif any(is_theirs):
            leaver.spoken[document_id] = {name: instead[name] for name in sorted(names)}
            leaver.ids |= {f"{document_id}.{n}" for n, is_its in enumerate(is_theirs, 1) if is_its}
        for text, is_its in zip(turns["text"], is_theirs, strict=True):
            (leaver.said if is_its else leaver.others).append(text)


def _speak_here(people: pd.DataFrame, document_id: str, turns: pd.DataFrame) -> bool:
    """Whether at least one of the ``people`` speaks in a document."""
    names = people.loc[people["document_id"].isin([document_id, ANY_DOCUMENT]), "name_in_file"]
    return not {*map(normalise_space, names)}.isdisjoint(map(normalise_space, turns["speaker"]))


def _without_brackets(labels: Iterable[str]) -> set[str]:
    return {normalise_space(re.sub(r"\(.*?\)", "", label)) for label in labels}


def _people(reference: Reference) -> dict[str, str]:
    """Returns the organisation of each person in the tables of add-ons, keyed by the person's id."""
    return {person: whose for people in load_declared_objects("erasers", "people")
            for person, whose in people(reference).items()}


def _collect_written(leaver: Contribution, study: Study, reference: Reference) -> None:
    """Collects the words that the leaver wrote into tables of add-ons."""
    for words in load_declared_objects("erasers", "words"):
        said, others = words(study, reference, leaver)
        leaver.said += said
        leaver.others += others


def _words_of_method(reference: Reference) -> list[str]:
    """Returns the study's own words, such as wordings of questions. The study's own words belong to nobody,
    even if somebody said the same words."""
    questions, options, codebook = reference.questions, reference.options, reference.codebook
    return [*questions["wording"], *options["label"], *options["value"], *codebook["name"],
            *codebook["definition"],
            *(text for words in load_declared_objects("erasers", "method") for text in words(reference))]


def _collect_names(leaver: Contribution, reference: Reference, key: dict[str, str], names: Collection[str],
                   is_own: pd.Series) -> None:
    """Collects the organisation's ``names``, the names of its people, and the rows of names.csv that are
    about the organisation or whose names only the organisation used."""
    people, listed = reference.speakers[is_own], reference.names
    leaver.ids |= {*people["speaker_id"]} | leaver.raters  # of raters comments are kept as well
    leaver.names = _exact_names(sorted({*names, *people["name_in_file"], *people["speaker_id"]} - {""}))
    about = listed["name"] + "\n" + listed["reason"]
    words = [{word for name in reference.speakers.loc[who, "name_in_file"]
              for word in normalise_space(name).split()}
             for who in (is_own, ~is_own)]
    is_person = (listed["kind"] == "person") & listed["name"].isin(words[0] - words[1])
    is_about = (about != mask_withdrawn_names_in_texts(list(about), leaver.names)) | is_person
    shared = set(listed.loc[is_about & (listed["kind"] == "organisation"), "pseudonym"]) - {""}
    is_about |= listed["pseudonym"].isin(shared)
    used = _names_used(leaver.said, listed) - _names_used(leaver.others, listed)
    is_gone = is_about | listed["name"].isin(used)
    leaver.listed = set(listed.loc[is_gone, "name"])
    leaver.names = pd.concat([leaver.names, listed.loc[is_about, ["name", "match"]]], ignore_index=True)
    given = listed["pseudonym"].where(listed["pseudonym"] != "",
                                      listed["name"].map(normalise_space).map(key).fillna(""))
    leaver.words = _exact_names(sorted({*given[is_gone], *used} - {*given[~is_gone], ""}))


def _names_used(texts: list[str], names: pd.DataFrame) -> set[str]:
    """Returns those names that occur in at least one of the texts."""
    masker = Masker(names.assign(pseudonym=WITHDRAWN, allowed_for=""), {})
    return {name for text in texts for name in masker.find_names(text)}


def _collect_countries(leaver: Contribution, study: Study, reference: Reference,
                       answers: pd.DataFrame) -> None:
    """Collects the organisation's own countries: those in which no other organisation works or is based, and
    which no other organisation names in an answer."""
    questions = reference.questions.loc[reference.questions["option_list"] == COUNTRY_LIST, "question_id"]
    named = tables.read_distinct_rows_across_waves("responses", study=study)
    named = named.loc[named["question_id"].isin(questions), ["organisation_id", "value"]]
    homes = reference.organisations[["organisation_id", "home_country_id"]]
    works = answers[["organisation_id", "country_id"]]
    used = pd.concat([frame.set_axis(["organisation_id", "country_id"], axis=1)
                      for frame in (named, homes, works)])
    is_own = used["organisation_id"] == leaver.organisation_id
    kept = {*used.loc[~is_own, "country_id"], *(() if leaver.is_whole else homes["home_country_id"]), ""}
    leaver.countries = {*used.loc[is_own, "country_id"]} - kept
