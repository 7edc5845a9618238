"""Handles ballots given on phones in the room: stores the answers in the ballot box (a file), and later turns
them into files of ratings.

A *slip* is a piece of paper with a code; the code lets the holder of the slip vote once
(:mod:`.phone_slips`). Answers arrive with the code of a slip and become
``raw/ratings/<round>-<rater>-phone.csv``, in the same format as a paper form that was keyed twice. The
computer that serves the page does not know who has which slip. People draw their slips from a shuffled stack,
and one person records on a sheet, the register, who drew which slip. The register is brought to the computer
only after the vote, and the answers then get the codes of their raters
(:func:`collect_ballots_and_empty_box`).

Before the register is brought to the computer, all answers are in the ballot box,
``private/phones/<round>/box.json``, one line per slip. An answer is on disk before the phone gets its
confirmation. The file is rewritten each time in the order of the slips, because a file to which answers are
appended would show who voted when. A saved answer is never sent to a phone. Somebody who finds or guesses a
code therefore sees which questions are answered, but not the answers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pandas as pd

from glc_analysis.addons.convening.ballots import Ballots, select_eligible_raters_with_voter
from glc_analysis.addons.convening.rating_forms import (
    FormText,
    TextOrigin,
    find_origins_of_new_texts,
    make_round_texts_per_language,
)
from glc_analysis.addons.convening.ratings import ABSTAIN, ABSTENTION_MARK, BY_NAME, HEADER, SCORED
from glc_analysis.addons.convening.rounds import plan_round_and_texts, select_rows_refusing_closed_round
from glc_analysis.errors import Fault, Faults, UsageError, suggest_name
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.tabular import read_delimited_file
from glc_analysis.text import normalise_space
from glc_analysis.writing import flush_folder_to_disk, write_atomic

# ------------------------------
# The box of answers, and its collection.


LONGEST_COMMENT = 1000
"""The maximum number of characters in a comment from a phone."""
PHONE_BALLOT_LOCK = "ballot on phones"
"""The name of the lock that is held while a phone ballot is prepared, served or collected."""
SCORES_AND_MARK = (*(question.name for question in SCORED), ABSTAIN)


_MISREAD = str.maketrans("OIL", "011")


def hash_slip_code(typed_code: str) -> str:
    """Returns the digest of a slip's code. Small letters, blanks, O typed for 0 and I or L typed for 1 make
    no difference.

    >>> hash_slip_code("0XYZ-1234-5678-9ABC") == hash_slip_code("oxyz i234 5678 9abc")
    True
    """
    letters = "".join(filter(str.isalnum, typed_code.upper())).translate(_MISREAD)
    return sha256(letters.encode()).hexdigest()


# ------------------------------
# The texts that a round asks about.


@dataclass(frozen=True)
class RoundTexts:
    """The texts of an open round.

    - ``by_language``: rows of principles.csv with ``printed_id`` and ``text_version``, keyed by language; the
      source language comes first.
    - ``origins``: the origin of each text whose origin a rating form states, keyed by language and printed
      id.
    """

    round_id: str
    by_language: Mapping[str, pd.DataFrame]
    origins: Mapping[str, Mapping[str, TextOrigin]]

    @classmethod
    def from_reference(cls, reference: Reference, round_id: str) -> RoundTexts:
        """Returns the texts of a round. Raises UsageError for an unknown round, RoundClosed for a closed
        round, and Faults if a text differs from the text that was issued."""
        select_rows_refusing_closed_round(reference.rounds, round_id)
        _, asked = plan_round_and_texts(reference, round_id, today=date.today())
        by_language = make_round_texts_per_language(reference, asked)
        return cls(round_id, by_language, {one: find_origins_of_new_texts(reference, round_id, asked, one)
                                           for one in by_language})

    @property
    def principles(self) -> list[str]:
        """Returns the ids of the round's principles, in the order of the round."""
        return [*next(iter(self.by_language.values()))["principle_id"]]

    @property
    def stamps(self) -> dict[str, set[str]]:
        """Returns the stamps of each principle's wordings in all languages, keyed by principle; a stamp is
        printed id and text_version."""
        stamps: dict[str, set[str]] = {principle: set() for principle in self.principles}
        for rows in self.by_language.values():
            for text in FormText.from_rows(rows):
                stamps[text.principle_id].add(format_text_stamp(text.printed_id, text.text_version))
        return stamps


def format_text_stamp(printed_id: str, text_version: str) -> str:
    """Returns the stamp that identifies the wording that a rater read, such as ``P07.2 9745af7abe75``.
    """
    return f"{printed_id} {text_version}"


# ------------------------------
# The box.


@dataclass(frozen=True)
class Slip:
    """The entry of one slip (paper with a voting code) in the ballot box.

    - ``code``: the digest of the slip's code.
    - ``saves``: how many times answers were saved with the slip.
    - ``mark``: the mark of the last request that saved answers; if a phone repeats this request, the
      repetition has the same mark.
    - ``answers``: for each principle, the stamp of the wording read (``text``), and the answers keyed by the
      name of the question.
    """

    code: str
    saves: int = 0
    mark: str = ""
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def list_answered_questions(self, current_stamps: Mapping[str, set[str]]) -> list[str]:
        """Returns the names of the questions that are answered for the current wording, such as
        ``P01.importance``; the answers themselves are never returned."""
        return [f"{principle}.{name}" for principle, own in self.answers.items()
                if own["text"] in current_stamps.get(principle, ()) for name in own if name != "text"]

    def is_complete(self, current_stamps: Mapping[str, set[str]]) -> bool:
        """Whether the slip is complete: for each principle, it has all scores, or it has the mark that the
        principle is outside the rater's context."""
        given = {*self.list_answered_questions(current_stamps)}
        return all(f"{one}.{ABSTAIN}" in given or given >= {f"{one}.{question.name}" for question in SCORED}
                   for one in current_stamps)

    def merge_new_answers(self, stamps: Mapping[str, str], answers: Mapping[str, str],
                          request_mark: str) -> Slip:
        """Returns the slip with the answers that a phone has now saved. A blank answer deletes the earlier
        answer.

        An abstention on a principle deletes the scores on the principle, and a score deletes the abstention.
        Answers on an earlier version of a text are deleted when the new version is answered.
        """
        kept = {principle: dict(answers_on) for principle, answers_on in self.answers.items()}
        for at, answer in answers.items():
            principle, _, name = at.rpartition(".")
            answers_on = kept.setdefault(principle, {"text": stamps[principle]})
            if answers_on["text"].split()[0] != stamps[principle].split()[0]:
                answers_on.clear()
            answers_on["text"] = stamps[principle]
            for other in SCORES_AND_MARK if name in SCORES_AND_MARK else ():
                if ABSTAIN in (name, other):
                    answers_on.pop(other, None)
            answers_on.pop(name, None)
            if answer:
                answers_on[name] = answer
        for answers_on in kept.values():
            if "comment" not in answers_on:
                answers_on.pop("may_be_read", None)
        given = {principle: {name: answers_on[name] for name in ("text", *BY_NAME) if name in answers_on}
                 for principle, answers_on in sorted(kept.items()) if len(answers_on) > 1}
        return replace(self, saves=self.saves + 1, mark=request_mark, answers=given)


@dataclass
class BallotBox:
    """The ballot box of a round: the ``address`` at which phones find the page, and the slips keyed by their
    numbers. After the ballots have been collected (``is_collected``), the box has no slips."""

    path: Path
    address: str
    slips: dict[str, Slip]
    is_collected: bool = False

    @classmethod
    def read(cls, study: Study, round_id: str) -> BallotBox | None:
        """Returns the ballot box of a round; None if no slips were made."""
        path = ballot_box_folder(study, round_id) / "box.json"
        if not path.is_file():
            return None
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, said["address"], {number: Slip(**own) for number, own in said["slips"].items()},
                   said["is_collected"])

    @property
    def is_empty(self) -> bool:
        """Whether the box contains no answers yet."""
        return not any(slip.answers for slip in self.slips.values())

    def find_slip_number(self, code: str) -> str:
        """Returns the number of the slip with this code; blank if no slip has the code."""
        digest = hash_slip_code(code)
        return next((number for number, slip in self.slips.items() if slip.code == digest), "")

    def replace_slip(self, number: str, slip: Slip) -> None:
        """Replaces a slip, first on disk, then in memory. If the disk fails, raises OSError and keeps the old
        slip."""
        new = self.slips | {number: slip}
        self._write(new)
        self.slips = new

    def write(self) -> None:
        """Writes the whole box to disk."""
        self._write(self.slips)

    def _write(self, slips: Mapping[str, Slip]) -> None:
        lines = ",\n".join(f" {json.dumps(number)}: {json.dumps(vars(slip), ensure_ascii=False)}"
                           for number, slip in sorted(slips.items()))
        head = f'{{"address": {json.dumps(self.address)}, "is_collected": {json.dumps(self.is_collected)}'
        write_atomic(self.path, f'{head}, "slips": {{\n{lines}\n}}}}\n')
        flush_folder_to_disk(self.path.parent)


def ballot_box_folder(study: Study, round_id: str) -> Path:
    """Returns the folder of a round's ballot box and TLS certificate."""
    return study.private / "phones" / round_id


def begin_sentence_on_uncollected_phone_ballots(study: Study, round_id: str) -> str:
    """Returns the first words of a sentence; these words say how many phone ballots have not been collected.
    The result is blank if all phone ballots have been collected."""
    box = BallotBox.read(study, round_id)
    if box is None or box.is_empty:
        return ""
    count = sum(bool(slip.answers) for slip in box.slips.values())
    return "1 ballot given on a phone is not collected: it" if count == 1 else (
        f"{count} ballots given on phones are not collected: they")


def check_phone_ballots_collected(study: Study, round_id: str) -> None:
    """Raises Faults if ballots given on phones have not been collected, because uncollected ballots would not
    count."""
    if said := begin_sentence_on_uncollected_phone_ballots(study, round_id):
        raise Faults([Fault(f"{said} would not count",
                            fix=f"collect them with the register: `glc ballot --round {round_id} --collect "
                            "REGISTER`")])


def describe_uncollected_phone_ballots(study: Study, round_id: str) -> str:
    """Returns a note that says how many phone ballots are not yet among the received forms, and how to
    collect them; blank if there are none."""
    said = begin_sentence_on_uncollected_phone_ballots(study, round_id)
    are = "is" if said.startswith("1 ") else "are"
    return said and (f"{said} {are} in none of these numbers. To collect: bring the register, and run `glc "
                     f"ballot --round {round_id} --collect REGISTER`.")


# ------------------------------
# Collecting: the register says whose each slip is.


REGISTER = ("round_id", "slip", "rater_id")
"""The columns of the register, which records the slip that each rater drew."""
VOID = "void"
"""The word in the register for a slip that does not count because it was lost or given back."""


@dataclass(frozen=True)
class CollectedBallots:
    """The result of :func:`collect_ballots_and_empty_box`.

    - ``written``: the raters whose ballots are written.
    - ``silent``: the raters who drew a slip but answered nothing.
    - ``incomplete``: the raters who left questions blank.
    - ``void``: the numbers of void slips whose answers are destroyed.
    """

    written: list[str]
    silent: list[str]
    incomplete: list[str]
    void: list[str]


def collect_ballots_and_empty_box(study: Study, round_id: str, slip_register: Path, *,
                                  confirm: Callable[[CollectedBallots],
                                                    object] = lambda planned: None) -> CollectedBallots:
    """Writes the ballots given on phones to raw/ratings, and empties the ballot box. ``confirm`` is called
    first with a description of what will be done; nothing is written if ``confirm`` raises an error.

    Every ballot is on disk before the ballot box is emptied. After an interruption, a second call of the
    function completes the work. Raises UsageError if there is nothing to collect. Raises Faults, before
    anything is written, for all errors in the register and for raters who have handed in another form.
    """
    with hold_folder_lock(ballot_box_folder(study, round_id), what=PHONE_BALLOT_LOCK):
        box = BallotBox.read(study, round_id)
        if box is None:
            raise UsageError(f"There are no phone ballots in round {round_id}: no slips were made.")
        if box.is_collected:
            raise UsageError(f"The ballots given on phones in round {round_id} have already been collected.")
        reference = read_reference(study)
        texts = RoundTexts.from_reference(reference, round_id)
        raters = _read_register(slip_register, round_id, box, reference)
        answered = {rater: box.slips[number] for rater, number in raters.items() if box.slips[number].answers}
        files = {rater: _file_text(texts, rater, slip) for rater, slip in sorted(answered.items())}
        if faults := [*_other_forms(study, reference, round_id, files)]:
            raise Faults(faults)
        drawn = {*raters.values()}
        planned = CollectedBallots(
            [*files], sorted({*raters} - {*answered}),
            sorted(rater for rater, slip in answered.items() if not slip.is_complete(texts.stamps)),
            sorted(number for number, slip in box.slips.items() if slip.answers and number not in drawn))
        confirm(planned)
        ratings = study.raw / "ratings"
        ratings.mkdir(parents=True, exist_ok=True)
        for rater, content in files.items():
            write_atomic(ratings / _file_name(round_id, rater), content)
        flush_folder_to_disk(ratings)
        for path in box.path.parent.glob("*.pem"):
            path.unlink()
        box.slips, box.is_collected = {}, True
        box.write()
        return planned


def _file_name(round_id: str, rater: str) -> str:
    """Returns the file name of a ballot; the name says that the ballot was given on a phone."""
    return f"{round_id}-{rater}-phone.csv"


def _read_register(path: Path, round_id: str, box: BallotBox, reference: Reference) -> dict[str, str]:
    """Returns the slip number of each rater, keyed by rater code. Raises Faults with all errors in the
    register."""
    table = read_delimited_file(path)
    names = [normalise_space(name) for name in table.names]
    if missing := [name for name in REGISTER if name not in names]:
        raise Faults([Fault("this column is missing", path.name, "1", name,
                            fix=f"write the header {','.join(REGISTER)}") for name in missing])
    may_rate = reference.raters.set_index("rater_id")["may_rate"]
    known = {rater.casefold(): rater for rater in may_rate.index}
    raters: dict[str, str] = {}
    seen: set[str] = set()
    faults: list[Fault] = []
    for row, cells in zip(table.numbers[1:], table.rows[1:], strict=True):
        of_round, number, written = (normalise_space(cells[names.index(name)]) for name in REGISTER)
        rater, place = known.get(written.casefold(), ""), (path.name, str(row))
        if of_round != round_id or number not in box.slips:
            faults.append(Fault(f"no slip of round {round_id} has this number", *place, "slip", number,
                                "use the register that was made with these slips"))
        elif number in seen:
            faults.append(Fault("the same slip is in another row of the register", *place, "slip", number,
                                "keep only the row of the person who drew the slip"))
        elif not written and box.slips[number].answers:
            faults.append(Fault("this slip has answers, but the register names nobody "
                                "who drew it", *place, "rater_id",
                                fix="write the code of the rater who drew the slip; "
                                f"write {VOID} only if the slip must not count"))
        elif written and written.casefold() != VOID:
            if not rater:
                faults.append(Fault(f"raters.csv has no such rater; {suggest_name(written, may_rate.index)}",
                                    *place, "rater_id", written, "write the code of the rater"))
            elif may_rate[rater] != "true":
                faults.append(Fault("may not rate, as raters.csv says", *place, "rater_id", rater,
                                    f"write {VOID} here, or true under may_rate in raters.csv"))
            elif rater in raters:
                faults.append(Fault(f"has drawn slip {raters[rater]} too, according to the register", *place,
                                    "rater_id", rater, "ask who holds which slip, and correct the code if it "
                                    "is a typing error. "
                                    f"Write {VOID}, which destroys a vote, only for a slip that was lost "
                                    "or given back"))
            else:
                raters[rater] = number
        seen.add(number)
    faults += [Fault("this slip has answers, but it is missing from the register", path.name,
                     column="slip", value=number, fix="restore the row of the slip")
               for number, slip in box.slips.items() if slip.answers and number not in seen]
    if faults:
        raise Faults(faults)
    return raters


def _file_text(texts: RoundTexts, rater: str, slip: Slip) -> str:
    """Returns the text of a ballot file in the format of a keyed paper form; unanswered questions are
    blank."""
    source = {text.principle_id: format_text_stamp(text.printed_id, text.text_version)
              for text in FormText.from_rows(next(iter(texts.by_language.values())))}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for principle in texts.principles:
        own = slip.answers.get(principle) or {"text": source[principle]}
        name, text_version = own["text"].split()
        said = own.get("comment", ""), own.get("may_be_read", "")
        for question in SCORED:
            score = ABSTAIN if own.get(ABSTAIN) == ABSTENTION_MARK else own.get(question.name, "")
            writer.writerow([texts.round_id, rater, principle, name.rpartition(".")[2], text_version,
                             question.name, score, *(said if question == SCORED[0] else ("", ""))])
    return text.getvalue()


def _other_forms(study: Study, reference: Reference, round_id: str,
                 files: Mapping[str, str]) -> Iterator[Fault]:
    """Yields faults for raters who also handed in another form. If an organisation has one vote in a panel,
    also yields a fault if two raters of the organisation have voted."""
    votes = Ballots.read(study, reference).votes
    own_files = {_file_name(round_id, rater): content for rater, content in files.items()}
    ratings, here = study.raw / "ratings", votes[votes["round_id"] == round_id]
    unchanged = {name for name, content in own_files.items()
                 if (ratings / name).is_file() and (ratings / name).read_bytes() == content.encode()}
    other = here[~here["file"].isin(unchanged)].drop_duplicates("rater_id")
    arrived = dict(zip(other["rater_id"], other["file"], strict=True))
    known = select_eligible_raters_with_voter(reference.raters,
                                              study.settings["consensus"]["vote"]).set_index("rater_id")
    cast: dict[tuple[str, str], str] = {}
    for rater in [*arrived, *(rater for rater in files if rater not in arrived)]:
        if rater in arrived and rater in files:
            yield Fault(f"{rater} has handed in a form as well ({arrived[rater]})", fix="ask which of the "
                        f"two counts; then remove the file of the form, or write {VOID} in the slip's row")
        elif rater in known.index:
            first = cast.setdefault((known.at[rater, "role"], known.at[rater, "voter"]), rater)
            if first != rater and rater in files:
                yield Fault(f"{known.at[rater, 'voter']} has one vote in a panel, and both {first} and "
                            f"{rater} have voted", fix="ask which ballot the organisation confirms, and "
                            f"write {VOID} in the row of the other slip")
