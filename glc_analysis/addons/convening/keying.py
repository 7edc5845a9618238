"""Runs double data entry of paper forms at the keyboard, field by field, without a network.

A paper form is keyed twice; each keying is a *pass*. The two passes are compared. For each field in which the
two passes differ, the person looks at the paper and types the value again. The values that are confirmed in
this way form a third pass. Every typed line is saved in ``private/desk/`` before the next prompt, so a power
cut loses nothing. Only the owner of the folder may read the files, because the files contain votes of open
rounds.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, GLCError, suggest_name
from glc_analysis.locks import hold_folder_lock
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing, normalise_space
from glc_analysis.writing import flush_folder_to_disk

FIRST, SECOND, RESOLVED = PASSES = ("first keying", "second keying", "settling")


@dataclass
class KeyingPass:
    """One pass (keying) of a paper: the initials of the people who keyed the paper, and the typed values,
    keyed by field in the order of typing."""

    by: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


@dataclass
class KeyingLog:
    """The log of the papers whose data entry was begun but is not complete. ``forms`` has the three passes
    (first keying, second keying, confirmed values) of each paper, keyed by the code of the paper.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "1.jsonl")
    ...     KeyingLog.read(path).save_value("R07", FIRST, "AB", "P01.importance", "8")
    ...     _ = path.write_bytes(path.read_bytes() + b'{"form": "R07", "ke')
    ...     KeyingLog.read(path, print).forms["R07"][FIRST].values
    The last line of 1.jsonl is incomplete (was the power cut?). It is removed, and its field is asked again.
    {'P01.importance': '8'}
    """

    path: Path
    forms: dict[str, dict[str, KeyingPass]] = field(default_factory=dict)
    last: str = ""

    @classmethod
    def read(cls, path: Path, say: Callable[[str], None] | None = None) -> KeyingLog:
        """Reads the log of data entry. An incomplete last line is ignored; with ``say``, the incomplete line
        is also removed from the file and reported. Raises Faults if any other line cannot be read."""
        log, content = cls(path), path.read_bytes() if path.is_file() else b""
        *lines, incomplete = content.split(b"\n")
        for n, line in enumerate(lines, 1):
            try:
                log._apply(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise Faults([Fault("cannot be read", file=path.name, row=str(n), fix="delete the line; "
                                    "the program then asks again for the value on this line")]) from None
        if incomplete and say:
            os.truncate(path, len(content) - len(incomplete))
            say(f"The last line of {path.name} is incomplete (was the power cut?). It is removed, and its "
                "field is asked again.")
        return log

    def find_passes(self, form: str) -> dict[str, KeyingPass]:
        """Returns the three passes (keyings) of a form; a pass not yet begun is empty."""
        return self.forms.get(form) or {name: KeyingPass() for name in PASSES}

    def save_value(self, form: str, pass_name: str, by: str, field: str, value: str | None) -> None:
        """Saves the value typed for a field in a pass (keying); the value None retracts the value saved
        before."""
        self._write({"form": form, "keying": pass_name, "by": by, "field": field, "value": value})

    def end_form(self, form: str, outcome: str) -> None:
        """Marks the data entry of a paper as ended; ``outcome`` says whether the paper was stored as received
        or its entries were deleted."""
        self._write({"form": form, "end": outcome})

    def _write(self, line: dict[str, Any]) -> None:
        is_new = not self.path.exists()
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(handle, "ab") as file:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(handle)
        except OSError as error:
            raise GLCError(f"{self.path.name} cannot be written ({error.strerror}). To fix: free some space "
                           "or repair the disk, and start the same command again. Everything except the last "
                           "line is kept.") from error
        if is_new:
            flush_folder_to_disk(self.path.parent)
        self._apply(line)

    def _apply(self, line: dict[str, Any]) -> None:
        self.last = line["form"]
        if "end" in line:
            self.forms.pop(self.last, None)
            return
        one = self.forms.setdefault(self.last, self.find_passes(self.last))[line["keying"]]
        one.by.add(line["by"])
        one.values.pop(line["field"], None)
        if line["value"] is not None:
            one.values[line["field"]] = line["value"]


Values = Mapping[str, str]


class KeyedPaper:
    """A paper that is keyed field by field. Subclasses define the fields and how a typed line is parsed."""

    def list_fields_in_typing_order(self, values: Values) -> Iterator[str]:
        """Returns the names of the fields, such as ``P01.importance``, in the order of typing. Some fields
        are asked only if an earlier field has a certain value."""
        raise NotImplementedError

    def format_prompt(self, field: str) -> str:
        """Returns the prompt that asks for a field."""
        raise NotImplementedError

    def parse_line(self, field: str, line: str) -> tuple[str, str]:
        """Returns the value of a typed line, and a blank message. If the line is invalid, the value is blank
        and the message says what to type."""
        raise NotImplementedError

    def find_next_field(self, keying_pass: KeyingPass) -> str:
        """Returns the first field for which the pass (keying) has no value yet; blank if the pass is
        complete."""
        values = keying_pass.values
        return next((field for field in self.list_fields_in_typing_order(values) if field not in values), "")

    def collect_agreed_values_and_unresolved_field(
            self, passes: Mapping[str, KeyingPass]) -> tuple[dict[str, str], str]:
        """Returns the agreed values of the fields before the first unresolved field, and the name of the
        unresolved field (blank if every field is agreed). A value is agreed if the first two passes (keyings)
        have the same value, or if the person resolved the difference between the passes."""
        first, second, resolved = (passes[name].values for name in (FIRST, SECOND, RESOLVED))
        values: dict[str, str] = {}
        for name in self.list_fields_in_typing_order(values):
            one, other = first.get(name), second.get(name)
            if name not in resolved and (one is None or other is None
                                         or fold_case_and_spacing(one) != fold_case_and_spacing(other)):
                return values, name
            values[name] = resolved.get(name, one or "")
        return values, ""

    def find_next_pass_and_field(self, passes: Mapping[str, KeyingPass]) -> tuple[str, str]:
        """Returns the pass (keying) to continue and the field to type next; pass and field are blank if the
        passes agree on all fields."""
        for name in (FIRST, SECOND):
            if field := self.find_next_field(passes[name]):
                return name, field
        field = self.collect_agreed_values_and_unresolved_field(passes)[1]
        return (RESOLVED, field) if field else ("", "")


def _at(field: str) -> str:
    """Returns the name of a field in the form shown to the person, such as ``P01 importance``."""
    return field.strip(".").replace(".", " ")


Ask = Callable[[str], str]
"""A function that prints a prompt and returns the line that was typed. At the end of the input, the function
raises EOFError."""


Say = Callable[[str], None]


RECEIVED = "received"


BACK, LEAVE, DROP, HELP = "<", "q", "drop", "?"


PASS_LABELS = {FIRST: FIRST, SECOND: SECOND, RESOLVED: "resolving differences"}


KEYING_COMMANDS = ("< = back one field, q = leave the {0} (what is keyed is kept), drop = delete everything "
                   "keyed for the {0}, ? = this help. Ctrl-C ends data entry.")


class KeyingSession:
    """One session of data entry for papers of one kind.

    Subclasses set ``noun`` (the word for the paper), ``keys`` (help on the valid keys), ``code_prompt`` and
    ``names`` (the principles on the paper). Subclasses also override the methods at the end of this class.
    """

    noun = "form"
    keys = code_prompt = ""
    log: KeyingLog
    names: Mapping[str, str]

    def __init__(self, study: Study, ask: Ask, say: Say, clear: Callable[[], None]) -> None:
        self.study, self.ask, self.say, self.clear = study, ask, say, clear
        self.by = ""
        self.announced = self.last_typed = ("", "", "")

    def run_under_lock(self, log_path: Path) -> None:
        """Runs data entry until the person ends it, and saves to the log at ``log_path``. Raises GLCError if
        somebody else is entering papers."""
        self.reload_changed_tables()
        with hold_folder_lock(log_path.parent, what="data entry session"):
            self.log = KeyingLog.read(log_path, self.say)
            with suppress(EOFError):
                self.run()
            self.say("Data entry has ended. Everything that was keyed is kept.")

    def run(self) -> None:
        self.say(f"{self.format_title()}, {len(self.names)} principles: "
                 f"{self.describe_received_and_begun_counts()}.")
        while not self.by.isalpha():
            self.by = self.read_printable_line("Initials of the person keying").upper()
        code = self.find_interrupted_paper()
        passes = self.log.find_passes(code) if code else {}
        if code and (
            place := self.make_paper_without_received_answers(code).find_next_pass_and_field(passes)[1]):
            self.say(f"Data entry stopped in the middle of {self.noun} {code}, at {_at(place)}. Look at the "
                     "paper in your hand, and type the code that is printed on it.")
            code = ""
        while code or (code := self.ask_code()):
            outcome = self.run_next_pass_of_paper(code)
            self.clear()
            self.say(outcome)
            self.say(f"{self.format_title()}: {self.describe_received_and_begun_counts()}.")
            code = ""

    def read_printable_line(self, prompt: str) -> str:
        """Returns a typed line without surplus blanks. If the line contains control characters, the person is
        asked again."""
        while True:
            line = normalise_space(self.ask(prompt))
            if all(unicodedata.category(c) not in ("Cc", "Cs") for c in line):
                return line
            self.say("That line contains a key that is not a character (an arrow key?). Type it again.")

    def find_interrupted_paper(self) -> str:
        """Returns the code of the paper at which the last session was interrupted; blank if the session ended
        between two passes (keyings)."""
        code = self.log.last
        if code not in self.log.forms or code not in self.describe_state_by_code():
            return ""
        passes = self.log.find_passes(code)
        pass_name, _ = self.make_paper_without_received_answers(code).find_next_pass_and_field(passes)
        return "" if pass_name in (FIRST, SECOND) and not passes[pass_name].values else code

    def ask_code(self) -> str:
        """Asks for the code of the next paper and returns it; blank if the person ends data entry."""
        while (line := self.read_printable_line(f"{self.code_prompt} (? = list, q = end)")) != LEAVE:
            self.reload_changed_tables()
            states = self.describe_state_by_code()
            code = next((one for one in states
                         if fold_case_and_spacing(one) == fold_case_and_spacing(line)), "")
            if line == HELP:
                self.say("\n".join(f"  {one}  {how or 'not received'}" for one, how in states.items()))
            elif code and not states[code].startswith(RECEIVED):
                return code
            elif line:
                self.say(self.refuse_typed_code(line, code, states))
        return ""

    def describe_pass_reached(self, code: str) -> str:
        """Returns a phrase saying how far a paper has been keyed; blank if keying has not begun."""
        passes = self.log.find_passes(code)
        pass_name, _ = self.make_paper_without_received_answers(code).find_next_pass_and_field(passes)
        if pass_name == SECOND and not passes[SECOND].values:
            return "keyed once"
        return {FIRST: "begun" if passes[FIRST].values else "", SECOND: "second keying begun"}.get(
            pass_name, "with differences")

    def describe_received_and_begun_counts(self) -> str:
        """Returns a sentence that says how many papers have been received and how many have been begun, and
        nothing about the content of the papers."""
        found = Counter(self.describe_state_by_code().values())
        rest = [f"{count} {state}" for state, count in sorted(found.items())
                if state and not state.startswith(RECEIVED)]
        return ", ".join([f"{found[RECEIVED]} of {self.count_expected_papers()} received", *rest])

    def run_next_pass_of_paper(self, code: str) -> str:
        """Asks for the fields of a paper until a pass (keying) is complete or the person leaves the paper;
        returns a message on the result."""
        current = ""
        while True:
            passes = self.log.find_passes(code)
            if not current or not self.make_paper_without_received_answers(code).find_next_pass_and_field(
                passes)[0]:
                self.reload_changed_tables()
            pass_name, field = self.make_paper_without_received_answers(code).find_next_pass_and_field(passes)
            if not pass_name:
                return self.store_paper(code)
            if current == FIRST and pass_name == SECOND:
                return (f"{self.noun.capitalize()} {code} is keyed once. It counts when it has been keyed "
                        "again, if possible by somebody else.")
            if pass_name != current:
                self.announce_pass(code, pass_name, field)
            current, began = pass_name, code in self.log.forms
            if not self.ask_field(code, pass_name, field):
                if code not in self.log.forms:
                    return (f"Everything keyed for {self.noun} {code} is deleted." if began else
                            f"Nothing is keyed for {self.noun} {code}.")
                return (f"You left {self.noun} {code} at {_at(field)} "
                        f"({PASS_LABELS[pass_name]}).")

    def announce_pass(self, code: str, pass_name: str, field: str) -> None:
        """Prints which pass (keying) of a paper begins or continues."""
        passes = self.log.find_passes(code)
        continued = f", continued at {field.strip('.').split('.')[0]}" if passes[pass_name].values else ""
        self.say(f"{self.noun.capitalize()} {code}, {PASS_LABELS[pass_name]}{continued}.")
        if pass_name == RESOLVED:
            one, other = (passes[name].values for name in (FIRST, SECOND))
            count = sum(fold_case_and_spacing(one.get(at, "-")) != fold_case_and_spacing(other.get(at, "-"))
                        for at in one | other)
            self.say(f"The two keyings differ in {count} of {len(one | other)} fields. Look at the paper and "
                     "type what it says. If the two keyings are of different papers, type "
                     f"`{DROP}` to delete both.")
        else:
            self.say(self.keys)
        if pass_name == SECOND and self.by in passes[FIRST].by:
            self.say(f"{self.by} keyed this {self.noun} the first time too. Another person would notice more "
                     "mistakes.")

    def ask_field(self, code: str, pass_name: str, field: str) -> bool:
        """Asks for the value of one field; returns whether the person continues with the paper."""
        passes, (principle, _, name) = self.log.find_passes(code), field.rpartition(".")
        self.announce_principle_name(code, pass_name, principle)
        keyed = [passes[one].values.get(field) for one in (FIRST, SECOND)]
        if pass_name == RESOLVED:
            one, other = ("not asked" if v is None else v or "blank" for v in keyed)
            self.say(f"  {name}: first keying {one}; second keying {other}.")
        line = self.read_printable_line(
            "  " + self.make_paper_without_received_answers(code).format_prompt(field))
        if line == LEAVE:
            return False
        if line == BACK:
            return self.retract_last_field(code, pass_name)
        if line == DROP:
            self.log.end_form(code, "taken back")
            return False
        value, problem = self.make_paper_without_received_answers(code).parse_line(field, line)
        if line == HELP or problem:
            self.say(self.keys if line == HELP else problem)
        elif pass_name == RESOLVED and not self.is_resolved_by_typed_value((code, field, value), keyed):
            self.say(f"Neither keying has {value or 'blank'}. Type it again to confirm it.")
        else:
            self.log.save_value(code, pass_name, self.by, field, value)
        return True

    def is_resolved_by_typed_value(self, typed: tuple[str, str, str], keyed: list[str | None]) -> bool:
        """Whether a typed value resolves a difference between the two passes (keyings). A value resolves the
        difference if either pass has the same value, or if the value was typed twice in succession. The text
        of a comment always resolves the difference."""
        before, self.last_typed = self.last_typed, typed
        return typed[2] in keyed or typed == before or typed[1].endswith(".comment")

    def announce_principle_name(self, code: str, pass_name: str, principle: str) -> None:
        """Prints the name of a principle if the principle differs from the principle printed last."""
        if principle and (code, pass_name, principle) != self.announced:
            place = [*self.names].index(principle) + 1
            self.say(f"{principle} {self.names[principle]} ({place} of {len(self.names)})")
        self.announced = code, pass_name, principle

    def retract_last_field(self, code: str, pass_name: str) -> bool:
        """Retracts the last value typed in a pass (keying); returns False if the pass has no value."""
        last = [*self.log.find_passes(code)[pass_name].values][-1:]
        for name in last:
            self.log.save_value(code, pass_name, self.by, name, None)
        return bool(last)

    # What a kind of paper has of its own.

    def format_title(self) -> str:
        """Returns the title of the session, which says what the papers are about."""
        raise NotImplementedError

    def reload_changed_tables(self) -> None:
        """Reads reference tables again if they have changed, so that the next paper asks about an amended
        text in its new version."""
        raise NotImplementedError

    def make_paper_without_received_answers(self, code: str) -> KeyedPaper:
        """Returns the paper with this code, without the questions whose answers have already been
        received."""
        raise NotImplementedError

    def describe_state_by_code(self) -> dict[str, str]:
        """Returns the state of data entry of each paper, keyed by the code of the paper; the state is blank
        if no field is keyed."""
        raise NotImplementedError

    def count_expected_papers(self) -> int:
        """Returns how many papers are expected."""
        return len(self.describe_state_by_code())

    def refuse_typed_code(self, line: str, code: str, states: Mapping[str, str]) -> str:
        """Returns the reason why a typed code is refused. There are two cases. If ``code`` is blank, the
        typed code belongs to no paper. If ``code`` is not blank, the paper with this code has already been
        received; the log's entries for the paper are then deleted."""
        if code:
            begun = ""
            if code in self.log.forms:  # it would keep the round from being closed
                self.log.end_form(code, "received otherwise")
                begun = " The keying begun here is deleted."
            return f"The {self.noun} of {code} has already been received, and is never overwritten.{begun}"
        return f"There is no {line!r}; {suggest_name(line, states)}."

    def store_paper(self, code: str) -> str:
        """Stores the values of a completely keyed paper, and returns a message on the result."""
        raise NotImplementedError
