"""Double entry of paper forms, from the keyboard alone, without a network.

Two passes over a form are compared field by field; where they differ, the paper decides. Only then is
``raw/ratings/<round>-<rater>.csv`` written. Every line is on disk before the next is asked for, in
``private/desk/``: a power cut loses none.
"""

from __future__ import annotations

import csv
import io
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glc_analysis.convening.ballots import Ballots, voters
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.files import locked, sync_folder, write_atomic
from glc_analysis.intake.ratings import ABSTAIN, BY_NAME, HEADER, MARK, QUESTIONS, SCORED, SCORES
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.text import folded, text_version, tidy

# ------------------------------
# What the desk keeps of every line it was given: a journal that a power cut cannot tear.
#
# One line of JSON a keyed field, on disk before the next is asked. The file lies in ``private/desk/``
# and is its owner's alone: it holds the votes of an open ballot.


FIRST, SECOND, SETTLED = KEYINGS = ("first keying", "second keying", "settling")


@dataclass
class Keying:
    """One pass over a form: who keyed, and the values by field, in the order in which they came."""

    by: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class Journal:
    """The forms of a round that were begun and are not received yet, by rater: each its three passes.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "1.jsonl")
    ...     Journal.read(path).key("R07", FIRST, "AB", "P01.importance", "8")
    ...     _ = path.write_bytes(path.read_bytes() + b'{"form": "R07", "ke')
    ...     Journal.read(path, print).forms["R07"][FIRST].values
    The last line of 1.jsonl is torn (the power was cut?): it is dropped, and asked again.
    {'P01.importance': '8'}
    """

    path: Path
    forms: dict[str, dict[str, Keying]] = field(default_factory=dict)
    last: str = ""

    @classmethod
    def read(cls, path: Path, say: Callable[[str], None] | None = None) -> Journal:
        """The journal as it stands, but for a torn last line, which is cut off the file where it can be
        said. Raises Faults where another line cannot be read."""
        journal, content = cls(path), path.read_bytes() if path.is_file() else b""
        *lines, torn = content.split(b"\n")
        for n, line in enumerate(lines, 1):
            try:
                journal._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise Faults([Fault("cannot be read", file=path.name, row=str(n), mend="take the line out; "
                                    "what it held is asked again")]) from None
        if torn and say:
            os.truncate(path, len(content) - len(torn))
            say(f"The last line of {path.name} is torn (the power was cut?): it is dropped, and asked again.")
        return journal

    def passes(self, form: str) -> dict[str, Keying]:
        """The three passes over a form, empty where they are not begun."""
        return self.forms.get(form) or {name: Keying() for name in KEYINGS}

    def key(self, form: str, keying: str, by: str, field: str, value: str | None) -> None:
        """Keeps a value, or that it was taken back (None)."""
        self._write({"form": form, "keying": keying, "by": by, "field": field, "value": value})

    def end(self, form: str, why: str) -> None:
        """Keeps that a form is done with: received, or its keyings taken back."""
        self._write({"form": form, "end": why})

    def _write(self, line: dict[str, Any]) -> None:
        is_new = not self.path.exists()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(handle, "ab") as file:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(handle)
        except OSError as error:
            raise GLCError(f"{self.path.name} cannot be written ({error.strerror}). Mend: make room, or mend "
                           "the disk, and start the desk again; all but the last line is kept.") from error
        if is_new:
            sync_folder(self.path.parent)
        self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        self.last = line["form"]
        if "end" in line:
            self.forms.pop(self.last, None)
            return
        keying = self.forms.setdefault(self.last, self.passes(self.last))[line["keying"]]
        keying.by.add(line["by"])
        keying.values.pop(line["field"], None)
        if line["value"] is not None:
            keying.values[line["field"]] = line["value"]


# ------------------------------
# A rating form on paper: which fields it asks, what a keyed line means, what two keyings agree on.


Values = Mapping[str, str]


@dataclass(frozen=True)
class PaperForm:
    """What the paper of a round asks: ``statements`` by principle, version and language."""

    round_id: str
    names: dict[str, str]
    statements: dict[tuple[str, str, str], str]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, reference: Reference, round_id: str) -> PaperForm:
        """The form of an open round. Raises UsageError for an unknown round, GLCError for a closed one."""
        rounds, known = reference.rounds, reference.principles
        rows = rounds[rounds["round_id"] == round_id]
        if rows.empty:
            raise UsageError(f"There is no round {round_id!r}; {nearest(round_id, rounds['round_id'])}. "
                             f"Mend: `glc forms --round {round_id}` opens it.")
        if (rows["closed_on"] != "").any():
            raise GLCError(f"Round {round_id} was closed on {rows['closed_on'].max()}: nothing more is "
                           "entered. Mend: open another round with `glc forms`.")
        known = known[known["principle_id"].isin(rows["principle_id"])].sort_values(
            "translation_of", key=lambda of: of != "", kind="stable")  # a source before its translations
        current = known[known["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
        names = dict(zip(current["principle_id"], current["short_name"], strict=True))
        keys = [(row.principle_id, row.translation_of.rpartition(".")[2] or row.version, row.language)
                for row in known.itertuples()]
        statements = dict(zip(keys, known["statement"], strict=True))
        return cls(round_id, {one: names.get(one, "") for one in rows["principle_id"]}, statements,
                   tuple(sorted({*known["language"]})))

    def versions(self, principle: str) -> list[str]:
        """The versions of a principle, oldest first."""
        return sorted({version for one, version, _ in self.statements if one == principle}, key=int)

    def fields(self, values: Values) -> Iterator[str]:
        """The fields of the paper in order; what was keyed says whether some are asked at all."""
        if len(self.languages) > 1:
            yield ".language"
        for principle in self.names:
            if len(self.versions(principle)) > 1:
                yield f"{principle}.version"
            for question in QUESTIONS:
                is_asked = not question.only_with or values.get(f"{principle}.{question.only_with}")
                if question.kind != "mark" and is_asked:  # an abstention is keyed in the place of a score
                    yield f"{principle}.{question.name}"

    def waiting(self, keying: Keying) -> str:
        """The first field that a pass has not reached; blank where it is complete."""
        return next((field for field in self.fields(keying.values) if field not in keying.values), "")

    def agreed(self, passes: Mapping[str, Keying]) -> tuple[dict[str, str], str]:
        """The values on which two complete passes agree or that were settled, up to the first field
        that waits to be settled (blank: none does)."""
        first, second, settled = (passes[name].values for name in (FIRST, SECOND, SETTLED))
        values: dict[str, str] = {}
        for name in self.fields(values):
            one, other = first.get(name), second.get(name)
            if name not in settled and (one is None or other is None or folded(one) != folded(other)):
                return values, name
            values[name] = settled.get(name, one or "")
        return values, ""

    def stage(self, passes: Mapping[str, Keying]) -> tuple[str, str]:
        """The pass that a form is in, and the field it waits at; both blank where all is agreed."""
        for name in (FIRST, SECOND):
            if field := self.waiting(passes[name]):
                return name, field
        field = self.agreed(passes)[1]
        return (SETTLED, field) if field else ("", "")

    def choices(self, field: str) -> list[str]:
        """What may stand in the field of a version or of the language."""
        principle, _, name = field.rpartition(".")
        return {"version": self.versions(principle), "language": [*self.languages]}.get(name, [])

    def understood(self, field: str, line: str) -> tuple[str, str]:
        """What a keyed line means, and what to type instead where it means nothing.

        A digit of any script is one.
        """
        question = BY_NAME.get(field.rpartition(".")[2])
        if question is None:
            known = {one: one for one in self.choices(field)}
            mend = " or ".join(known)
        elif question.kind == "words":
            return line, ""
        elif question.kind == "score":
            if score := question.read(line):
                return score, ""
            known = {ABSTAIN[0]: ABSTAIN, MARK: ABSTAIN, "": ""}
            mend = (f"a number from {SCORES[0]} to {SCORES[-1]}, a (abstain), or nothing where the paper is "
                    "blank")
        else:
            known = {key: choice for choice in question.choices for key in (choice[0], choice)} | {"": ""}
            mend = " or ".join(choice[0] for choice in question.choices)
            mend += ", or nothing where the paper is blank"
        meant = known.get(line.casefold())
        return (meant, "") if meant is not None else ("", f"{line!r} is not understood: type {mend}.")

    def rows(self, rater: str, values: Values) -> Iterator[tuple[str, ...]]:
        """An agreed form as rows of :data:`HEADER`; a comment stands with the first criterion."""
        language = values.get(".language", self.languages[0])
        for principle in self.names:
            versions = self.versions(principle)
            version = values.get(f"{principle}.version", versions[-1])
            texts = {at: text for at, text in self.statements.items() if at[:2] == (principle, version)}
            text = texts.get((principle, version, language)) or next(iter(texts.values()))
            said = [values[f"{principle}.comment"], values.get(f"{principle}.may_be_read", "")]
            for question in SCORED:
                yield (self.round_id, rater, principle, version, text_version(text), question.name,
                       values[f"{principle}.{question.name}"], *(said if question == SCORED[0] else ("", "")))


# ------------------------------
# The desk: paper forms keyed twice, from the keyboard alone, without a network.
#
# Two passes over a form are compared field by field; where they differ, the paper decides. Only then is
# ``raw/ratings/<round>-<rater>.csv`` written. Until the round is closed nobody sees more than how many
# forms are received.


Ask = Callable[[str], str]
"""Prints a prompt and returns the line that was keyed; EOFError where no more comes."""
Say = Callable[[str], None]

RECEIVED = "received"
BACK, LEAVE, DROP, HELP = "<", "q", "drop", "?"
PROMPTS = {"language": "language of the paper ({})", "version": "version on the paper ({})",
           "may_be_read": "may it be read aloud (y/n)"}
KEYS = (f"{SCORES[0]} to {SCORES[-1]}, a or x = abstain (not my context), nothing = left blank on the "
        "paper; < one back, q leave the form (what is keyed is kept), `drop` takes all of it back, ? these "
        "lines. Ctrl-C ends the desk.")


def enter(study: Study, round_id: str, *, ask: Ask, say: Say,
          clear: Callable[[], None] = lambda: None) -> None:
    """Takes paper forms of an open round until no more are keyed; ``clear`` wipes the screen.

    Raises UsageError for an unknown round, GLCError where the round is closed or another desk is at work.
    """
    desk, folder = _Desk(study, round_id, ask, say, clear), study.private / "desk"
    for path in (study.private, folder):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder, what="desk"):
        desk.journal = Journal.read(folder / f"{round_id}.jsonl", say)
        with suppress(EOFError):
            desk.work()
        say("The desk is closed; all that was keyed is kept.")


def refuse_half_keyed(study: Study, round_id: str) -> None:
    """Raises Faults where paper forms of a round were begun at the desk and would not count."""
    forms = Journal.read(study.private / "desk" / f"{round_id}.jsonl").forms
    begun = [form for form, passes in forms.items() if any(keying.values for keying in passes.values())]
    if begun:
        raise Faults(Fault(f"form {form} is keyed but not received: it would not count",
                           mend=f"finish it with `glc enter --round {round_id}`, or type `{DROP}` there")
                     for form in sorted(begun))


class _Desk:
    """One sitting at the desk."""

    journal: Journal

    def __init__(self, study: Study, round_id: str, ask: Ask, say: Say, clear: Callable[[], None]) -> None:
        self.study, self.round_id, self.ask, self.say, self.clear = study, round_id, ask, say, clear
        self.by, self.stood = "", [b""]
        self.shown = self.tried = ("", "", "")
        self.look_again()

    def work(self) -> None:
        self.say(f"Round {self.round_id}, {len(self.form.names)} principles: {self.counts()}.")
        while not self.by.isalpha():
            self.by = self.line("Initials of who keys").upper()
        rater = self.interrupted()
        while rater or (rater := self.rater()):
            said = self.key(rater)
            self.clear()
            self.say(said)
            self.say(f"Round {self.round_id}: {self.counts()}.")
            rater = ""

    def line(self, prompt: str) -> str:
        """A keyed line, tidy; asked again where it holds what no letter is."""
        while True:
            line = tidy(self.ask(prompt))
            if all(unicodedata.category(c) not in ("Cc", "Cs") for c in line):
                return line
            self.say("That line holds keys that are no letters (an arrow?): type it again.")

    def interrupted(self) -> str:
        """The form at which the last sitting broke off; blank where it ended between two passes."""
        rater = self.journal.last
        if rater not in self.journal.forms or rater not in set(self.voters["rater_id"]):
            return ""
        passes = self.journal.passes(rater)
        keying, _ = self.form.stage(passes)
        return "" if keying in (FIRST, SECOND) and not passes[keying].values else rater

    def rater(self) -> str:
        """The rater code of the next form; blank where the desk is to be closed."""
        while (line := self.line("Rater code on the form (? lists them, q ends)")) != LEAVE:
            self.look_again()
            states = self.states()
            code = next((one for one in states if folded(one) == folded(line)), "")
            if line == HELP:
                self.say("\n".join(f"  {one}  {how or 'not received'}" for one, how in states.items()))
            elif states.get(code) == RECEIVED:
                self.say(f"The form of {code} is received already, and never overwritten.")
            elif states.get(code, "").startswith(RECEIVED):
                self.say(f"The organisation of {code} has one vote a panel: {states[code]}.")
            elif code:
                return code
            elif line in set(self.reference.raters["rater_id"]):
                self.say(f"{line!r} may not rate (raters.csv: may_rate).")
            elif line:
                self.say(f"There is no rater {line!r}; {nearest(line, states)}.")
        return ""

    def states(self) -> dict[str, str]:
        """How far each rater's form is; blank where nothing is keyed."""
        votes = Ballots.read(self.study, self.reference).votes
        here, known = set(votes.loc[votes["round_id"] == self.round_id, "rater_id"]), self.voters
        first = known[known["rater_id"].isin(here)].drop_duplicates(["role", "voter"])
        cast = dict(zip(zip(first["role"], first["voter"], strict=True), first["rater_id"], strict=True))
        return {row.rater_id: RECEIVED if row.rater_id in here else
                f"{RECEIVED} from {cast[row.role, row.voter]}" if (row.role, row.voter) in cast else
                self.state(row.rater_id) for row in known.itertuples()}

    def state(self, rater: str) -> str:
        passes = self.journal.passes(rater)
        keying, _ = self.form.stage(passes)
        if keying == SECOND and not passes[SECOND].values:
            return "keyed once"
        return {FIRST: "begun" if passes[FIRST].values else "", SECOND: "second keying begun"}.get(
            keying, "to be settled")

    def counts(self) -> str:
        """How many forms are received, and how many are on their way: no vote in it."""
        found = Counter(self.states().values())
        rest = [f"{count} {state}" for state, count in sorted(found.items())
                if state and not state.startswith(RECEIVED)]
        expected = len(self.voters.drop_duplicates(["role", "voter"]))
        return ", ".join([f"{found[RECEIVED]} of {expected} received", *rest])

    def key(self, rater: str) -> str:
        """Works on a form until a pass ends or it is left; returns what is then said of it."""
        now = ""
        while True:
            passes = self.journal.passes(rater)
            if not now or not self.form.stage(passes)[0]:
                self.look_again()
            keying, field = self.form.stage(passes)
            if not keying:
                return self.receive(rater)
            if now == FIRST and keying == SECOND:
                return f"Form {rater} is keyed once. It counts when it is keyed again, best by somebody else."
            if keying != now:
                self.announce(rater, keying, field)
            now = keying
            if not self.field(rater, keying, field):
                if rater not in self.journal.forms:
                    return f"All that was keyed of form {rater} is taken back."
                return f"Form {rater} is left, {keying}, at {field.strip('.').replace('.', ' ')}."

    def look_again(self) -> None:
        """Takes the form anew where texts were amended meanwhile; GLCError where the round was closed."""
        if self.stood != (standing := _standing(self.study)):
            self.reference, self.stood = read_reference(self.study), standing
            settings = self.study.settings["consensus"]
            self.form = PaperForm.of(self.reference, self.round_id)
            self.voters = voters(self.reference.raters, settings["vote"])

    def announce(self, rater: str, keying: str, field: str) -> None:
        """Says which pass begins or goes on."""
        passes = self.journal.passes(rater)
        stopped = f", stopped at {field.strip('.').split('.')[0]}" if passes[keying].values else ""
        self.say(f"Form {rater}, {keying}{stopped}.")
        if keying == SETTLED:
            one, other = (passes[name].values for name in (FIRST, SECOND))
            count = sum(folded(one.get(at, "-")) != folded(other.get(at, "-")) for at in one | other)
            self.say(f"The keyings differ in {count} of {len(one | other)} fields. Look at the paper and "
                     f"type what stands there; `{DROP}` takes back both, where it was another paper.")
        else:
            self.say(KEYS)
        if keying == SECOND and self.by in passes[FIRST].by:
            self.say(f"{self.by} keyed this form the first time too: another person would see more.")

    def field(self, rater: str, keying: str, field: str) -> bool:
        """Asks one field; whether the form goes on."""
        passes, (principle, _, name) = self.journal.passes(rater), field.rpartition(".")
        self.head(rater, keying, principle)
        keyed = [passes[one].values.get(field) for one in (FIRST, SECOND)]
        if keying == SETTLED:
            one, other = ("not asked" if v is None else v or "blank" for v in keyed)
            self.say(f"  {name}: first keying {one}; second keying {other}.")
        choices = self.form.choices(field)
        line = self.line("  " + PROMPTS.get(name, name).format(" or ".join(choices)))
        if line == LEAVE:
            return False
        if line == BACK:
            return self.back(rater, keying)
        if line == DROP:
            self.journal.end(rater, "taken back")
            return False
        value, mend = self.form.understood(field, line)
        if line == HELP or mend:
            self.say(KEYS if line == HELP else mend)
        elif keying == SETTLED and not self.is_settled((rater, field, value), keyed):
            self.say(f"Neither keying has {value or 'blank'}: type it once more.")
        else:
            self.journal.key(rater, keying, self.by, field, value)
        return True

    def is_settled(self, at: tuple[str, str, str], keyed: list[str | None]) -> bool:
        """Whether the value of a field was keyed twice; a comment may be written anew."""
        before, self.tried = self.tried, at
        return at[2] in keyed or at == before or at[1].endswith(".comment")

    def head(self, rater: str, keying: str, principle: str) -> None:
        """Says which principle is keyed, when it is another one."""
        if principle and (rater, keying, principle) != self.shown:
            place = [*self.form.names].index(principle) + 1
            self.say(f"{principle} {self.form.names[principle]} ({place} of {len(self.form.names)})")
        self.shown = rater, keying, principle

    def back(self, rater: str, keying: str) -> bool:
        """Takes back the last field of a pass; False where there is none."""
        last = [*self.journal.passes(rater)[keying].values][-1:]
        for name in last:
            self.journal.key(rater, keying, self.by, name, None)
        return bool(last)

    def receive(self, rater: str) -> str:
        """Writes an agreed form, if the last sitting had not done so."""
        path = self.study.raw / "ratings" / f"{self.round_id}-{rater}.csv"
        text, (values, _) = io.StringIO(), self.form.agreed(self.journal.passes(rater))
        csv.writer(text, lineterminator="\n").writerows([HEADER, *self.form.rows(rater, values)])
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, text.getvalue(), mode=0o600)
            sync_folder(path.parent)  # before the journal says that the form is received
        elif path.read_bytes() != text.getvalue().encode():
            raise GLCError(f"{path.name} came in meanwhile, and says something else. Mend: look at the "
                           "paper, keep the file that is right in raw/ratings, and start the desk again.")
        self.journal.end(rater, RECEIVED)
        return f"Form {rater} is received."


def _standing(study: Study) -> list[bytes]:
    """What a form follows from."""
    return [(study.reference / f"{name}.csv").read_bytes() for name in ("principles", "rounds", "raters")]
