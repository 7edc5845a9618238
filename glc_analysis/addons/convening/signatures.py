"""Handles the signing of the final principles: prints one sheet for each organisation, and enters the
decisions from the signed sheets.

:func:`write_signing_sheets_for_undecided` writes the sheets for the agreed principles to
``reports/team/signing/``.
:func:`enter_signatures` enters signed sheets (:mod:`.keying`) as rows of ``signoffs.csv``, after a sheet has
been keyed twice with the same result.

A decision belongs to one version of one text. The code on a sheet identifies the texts printed on the sheet.
If a text has changed since the sheet was printed, today's code differs from the code on the sheet. The
program then asks the person who keys the sheet for the version of each text. An organisation that has already
decided on some of the texts is asked only about the remaining texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from glc_analysis.addons.convening.keying import (
    KEYING_COMMANDS,
    RECEIVED,
    Ask,
    KeyedPaper,
    KeyingSession,
    Say,
    Values,
)
from glc_analysis.addons.convening.principles import (
    add_printed_ids_and_mark_current,
    changed_word_faults,
    format_printed_id,
    status_contradicting_decision_faults,
)
from glc_analysis.addons.convening.rating_forms import (
    find_round_texts_preferring_language,
    name_language_for_reader,
)
from glc_analysis.addons.convening.seal_code import find_latest_seal_code
from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
from glc_analysis.errors import Faults, GLCError, UsageError, suggest_name
from glc_analysis.reference import Reference, read_reference_table
from glc_analysis.schema import is_iso_date, list_table_files
from glc_analysis.spreadsheets import CsvRows, append_rows
from glc_analysis.study import Study
from glc_analysis.templates import (
    load_template,
    read_csv_texts_by_language,
    read_fixed_texts,
    read_packaged_text,
)
from glc_analysis.text import content_hash, language_direction
from glc_analysis.writing import write_atomic

_DECISION_KEYS = {"e": "endorse", "r": "endorse_with_reservation", "n": "do_not_endorse"}
"""The decision that each key of the keyboard records."""
SIGNATURE_LOG = "_signatures.jsonl"
"""The name of the log of data entry in ``private/desk/``."""

# ------------------------------
# The texts to be signed, and who is asked.


@dataclass(frozen=True)
class SigningState:
    """The texts to sign, and the organisations asked to sign them.

    - ``texts``: the current rows of principles.csv that are agreed, with ``printed_id``.
    - ``principles``: all rows of principles.csv.
    - ``decided``: the rows of signoffs.csv.
    - ``asked``: the organisations asked to sign, which are those with a rater who may rate.
    - ``known``: all organisations.
    - ``seal_code``: the seal code after the last close of a round.
    """

    texts: pd.DataFrame
    principles: pd.DataFrame
    decided: pd.DataFrame
    asked: tuple[str, ...]
    known: tuple[str, ...]
    seal_code: str = ""

    @classmethod
    def read(cls, study: Study) -> SigningState:
        """Reads the texts to sign and the decisions so far. Raises GLCError if no principle is agreed yet.
        Raises Faults if a table cannot be read, or if an agreed text has no recorded decision or was changed
        after the decision."""
        principles, raters = (add_printed_ids_and_mark_current(read_reference_table(study, "principles")),
                              read_reference_table(study, "raters"))
        texts = principles[principles["is_current"] & (principles["translation_of"] == "")
                           & (principles["status"] == "agreed")]
        if texts.empty:
            raise GLCError("There is nothing to sign: no principle is agreed. To fix: record what the "
                           "convening agreed to, with `glc agree P01`.")
        rows, decisions = texts.to_dict("index"), read_reference_table(study, "text_decisions")
        if faults := [*status_contradicting_decision_faults(rows, decisions.to_dict("records")),
                      *changed_word_faults(
                "text_decisions", "decided", rows.values(), decisions.to_dict("index"))]:
            raise Faults(faults)
        known = read_reference_table(study, "organisations")["organisation_id"]
        may = raters.loc[raters["may_rate"] == "true", "organisation_id"]
        return cls(texts, principles, read_reference_table(study, "signoffs"), tuple(sorted({*may} - {""})),
                   tuple(sorted({*known, *may} - {""})), find_latest_seal_code(study))

    @property
    def code(self) -> str:
        """Returns the code of a sheet: four characters that identify the texts, and are the same in all
        languages."""
        return content_hash(" ".join(sorted(self.texts["printed_id"] + self.texts["text_version"])))[:4]

    def select_undecided_texts(self, organisation_id: str) -> pd.DataFrame:
        """Returns the texts on which an organisation has not decided yet."""
        own = self.decided[self.decided["organisation_id"] == organisation_id]
        done = {*map(format_printed_id, own["principle_id"], own["version"])}
        return self.texts[~self.texts["printed_id"].isin(done)]

    def list_versions(self, principle_id: str) -> list[str]:
        """Returns the versions of a principle, oldest first."""
        texts = zip(*(self.principles[column] for column in ("principle_id", "translation_of", "version")),
                    strict=True)
        return sorted({version for its_id, translation_of, version in texts
                       if its_id == principle_id and not translation_of}, key=int)


# ------------------------------
# The sheets.


def write_signing_sheets_for_undecided(study: Study, organisations: tuple[str, ...] = ()) -> list[Path]:
    """Writes a page to print for each organisation that has not decided on every text. If ``organisations``
    names organisations, pages are written only for these organisations. Returns the paths of the pages.

    The texts on a sheet are in the organisation's language where translations exist; the fixed texts of
    sheets are in ``content/signing.csv``. Raises UsageError for an unknown organisation.
    """
    signing, (labels, answered_in) = SigningState.read(study), read_organisation_names_and_languages(study)
    for one in organisations:
        if one not in signing.known:
            raise UsageError(f"There is no organisation {one!r}; {suggest_name(one, signing.known)}.")
        if one not in signing.asked:
            raise UsageError(f"{one} has no rater who may rate, so it is not asked to sign. To fix: name "
                             f"another organisation, or enter a rater for {one} in raters.csv.")
    folder = study.reports / "team" / "signing"
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for one in organisations or signing.asked:
        texts = signing.select_undecided_texts(one)
        if len(texts):
            paths.append(folder / f"{one}.html")
            paths[-1].write_text(render_signing_sheet(signing, texts, one, labels.get(one, one),
                                                      answered_in.get(one, "")),
                                 encoding="utf-8", newline="\n")
    return paths


def render_signing_sheet(signing: SigningState, texts: pd.DataFrame, organisation_id: str,
                         organisation_name: str,
                         language: str) -> str:
    """Returns the page of one organisation: every text with three boxes and a line for a reservation."""
    rows = find_round_texts_preferring_language(Reference({"principles": signing.principles}), texts,
                                                language)
    if language not in {*rows["language"], *read_csv_texts_by_language(__file__, "signing.csv")}:
        language = texts["language"].iloc[0]
    return load_template(__file__, "signing_sheet.html").render(
        style=read_packaged_text(__file__, "form_page.css").strip(),
        say=read_fixed_texts(language, __file__, "signing.csv"),
        language=language, direction=language_direction(language), name=organisation_name,
        organisation_id=organisation_id,
        code=signing.code, seal_code=signing.seal_code, texts=[text | {
            "direction": language_direction(text["language"]),
            "in_language": "" if text["language"] == language else name_language_for_reader(language,
                                                                                            text["language"])}
            for text in rows.to_dict("records")])


# ------------------------------
# A change of mind.


def select_signoffs_on_current_texts(study: Study, organisation_id: str,
                                     principle_ids: Collection[str] = ()) -> pd.DataFrame:
    """Returns the decisions of an organisation on the current texts: rows of signoffs.csv. With
    ``principle_ids``, returns only the decisions on these principles. Raises UsageError if the organisation
    is unknown or has no such decisions."""
    signing = SigningState.read(study)
    own = signing.decided[signing.decided["organisation_id"] == organisation_id]
    current = {*signing.texts["printed_id"]}
    own = own[[format_printed_id(*key) in current
               for key in zip(own["principle_id"], own["version"], strict=True)]]
    if organisation_id not in signing.known:
        raise UsageError(f"There is no organisation {organisation_id!r}; "
                         f"{suggest_name(organisation_id, signing.known)}.")
    if unknown := sorted({*principle_ids} - {*own["principle_id"]}) or ([""] if own.empty else []):
        on = f" on {', '.join(unknown)}" if principle_ids else ""
        raise UsageError(f"{organisation_id} has no decision{on} in signoffs.csv.")
    return own[own["principle_id"].isin(principle_ids)] if principle_ids else own


def remove_signoff_decisions(study: Study, decisions: pd.DataFrame) -> None:
    """Removes ``decisions`` (:func:`select_signoffs_on_current_texts`) from signoffs.csv; all other bytes of
    the file stay."""
    path = study.locate_reference_file("signoffs")
    table = CsvRows.read(path)
    table.remove(int(row) for row in decisions.index)
    write_atomic(path, table.content)


# ------------------------------
# A signed sheet at the keyboard.


@dataclass(frozen=True)
class SignedSheet(KeyedPaper):
    """The signing sheet of one organisation.

    - ``texts``: the version of each text on which the organisation has not decided yet, keyed by principle.
    - ``versions``: the versions of each principle.
    - ``code``: the code that is printed on sheets made today.
    """

    texts: dict[str, str]
    versions: Mapping[str, list[str]]
    code: str
    today: str

    def list_fields_in_typing_order(self, values: Values) -> Iterator[str]:
        """Yields the fields of the sheet in the order of typing. The code of the sheet, the day, and whether
        the organisation's name may be printed come first. Then, for each text, come the version (only if the
        sheet has another code than today's sheets and the text has several versions) and the decision. If the
        decision is not a full endorsement, the organisation's words follow, and whether its name may be
        printed with this decision."""
        yield ".code"
        yield ".date"
        yield ".named"
        for principle in self.texts:
            if values.get(".code") != self.code and len(self.versions[principle]) > 1:
                yield f"{principle}.version"
            yield f"{principle}.decision"
            if values.get(f"{principle}.decision") in ("endorse_with_reservation", "do_not_endorse"):
                yield f"{principle}.words"
                yield f"{principle}.named"

    def format_prompt(self, field: str) -> str:
        principle, _, name = field.rpartition(".")
        return _PROMPTS[name].format(" or ".join(self.versions.get(principle, ())))

    def parse_line(self, field: str, line: str) -> tuple[str, str]:
        name, meant = field.rpartition(".")[2], line.casefold()
        if name == "code":
            is_code = re.fullmatch("[0-9a-f]{4}", meant)
            return (meant, "") if is_code else ("", f"{line!r} is not understood: type the four characters "
                                                "at the top of the sheet.")
        if name == "date":
            said = line or self.today
            return (said, "") if is_iso_date(said) else ("", f"{line!r} is not understood: type the day as "
                                                         f"{self.today}, or Enter alone for today.")
        if name == "version":
            versions = self.versions[field.rpartition(".")[0]]
            return (line, "") if line in versions else (
                "", f"{line!r} is not understood: type {' or '.join(versions)}.")
        if name == "named":
            known = {"y": "true", "n": "false"}
            return (known[meant], "") if meant in known else ("", f"{line!r} is not understood: type y or n.")
        if name == "decision":
            known = _DECISION_KEYS | {"": ""}
            return (known[meant], "") if meant in known else (
                "", f"{line!r} is not understood: type e, r or n, or nothing where no box is crossed.")
        return line, ""

    def make_signoff_rows(self, organisation_id: str, values: Values) -> Iterator[dict[str, str]]:
        """Yields the rows of signoffs.csv for a completely keyed sheet, one row for each text with a
        decision."""
        for principle, version in self.texts.items():
            if decision := values[f"{principle}.decision"]:
                yield {"principle_id": principle, "version": values.get(f"{principle}.version", version),
                       "organisation_id": organisation_id, "decision": decision,
                       "reservation": values.get(f"{principle}.words", ""),
                       "is_named": values.get(f"{principle}.named", values[".named"]),
                       "date": values[".date"]}


_KEYS = ("e = endorses, r = endorses with a reservation, n = does not endorse, Enter alone = no box is "
         "crossed; " + KEYING_COMMANDS.format("sheet") + " If a sheet allows the "
         "name with some texts only, readers may notice where the name is missing.")
_PROMPTS = {"code": "code at the top of the sheet", "date": "day on the sheet (Enter = today)",
           "named": "may the name be printed (y/n)", "decision": "decision (e/r/n)",
           "version": "version on the sheet ({})", "words": "words of the organisation (Enter = none)"}


def enter_signatures(study: Study, *, today: date, ask: Ask, say: Say,
                     clear: Callable[[], None] = lambda: None) -> None:
    """Runs the data entry of signed sheets until the person ends it; ``clear`` wipes the screen.

    Raises GLCError if no principle is agreed, or if somebody else is entering papers.
    """
    SigningSession(study, today, ask, say, clear).run_under_lock(study.private / "desk" / SIGNATURE_LOG)


class SigningSession(KeyingSession):
    """One session of data entry of signed sheets."""

    noun, keys, code_prompt = "sheet", _KEYS, "Organisation on the sheet"

    def __init__(self, study: Study, today: date, ask: Ask, say: Say, clear: Callable[[], None]) -> None:
        super().__init__(study, ask, say, clear)
        self.today = today.isoformat()

    def format_title(self) -> str:
        return "Signatures"

    def reload_changed_tables(self) -> None:
        self.signing = SigningState.read(self.study)
        self.names = dict(zip(self.signing.texts["principle_id"], self.signing.texts["short_name"],
                              strict=True))

    def make_paper_without_received_answers(self, code: str) -> SignedSheet:
        texts = self.signing.select_undecided_texts(code)
        return SignedSheet(dict(zip(texts["principle_id"], texts["version"], strict=True)),
                           {one: self.signing.list_versions(one) for one in texts["principle_id"]},
                           self.signing.code, self.today)

    def describe_state_by_code(self) -> dict[str, str]:
        """Returns the state of data entry of each organisation's sheet, keyed by organisation id.
        Organisations that are asked to sign come first."""
        states, all_n = {}, len(self.signing.texts)
        for one in dict.fromkeys([*self.signing.asked, *self.signing.known]):
            decided = all_n - len(self.signing.select_undecided_texts(one))
            states[one] = RECEIVED if decided == all_n else self.describe_pass_reached(one) or (
                f"decided on {decided} of {all_n}" if decided else "")
        return states

    def count_expected_papers(self) -> int:
        return len(self.signing.asked)

    def refuse_typed_code(self, line: str, code: str, states: Mapping[str, str]) -> str:
        if code:
            return (f"{code} has decided on every text. To change or remove a decision: "
                    f"`glc sign --take-back {code}`.")
        return f"There is no organisation {line!r}; {suggest_name(line, states)}."

    def store_paper(self, code: str) -> str:
        """Adds all decisions of a completely keyed sheet to signoffs.csv in one write."""
        paper, decided = self.make_paper_without_received_answers(code), self.signing.decided
        values, _ = paper.collect_agreed_values_and_unresolved_field(self.log.find_passes(code))
        done = {*zip(decided["principle_id"], decided["version"], decided["organisation_id"], strict=True)}
        added = [row for row in paper.make_signoff_rows(code, values)
                 if (row["principle_id"], row["version"], code) not in done]
        if not added:  # or the last session was stopped after it had written them
            self.log.end_form(code, RECEIVED)
            return f"All decisions on the sheet of {code} are already in signoffs.csv: nothing is written."
        texts = self.signing.principles[self.signing.principles["translation_of"] == ""]
        signed = dict(zip(texts["printed_id"], texts["text_version"], strict=True))
        added = [{**row, "text_version": signed[format_printed_id(row["principle_id"], row["version"])]}
                 for row in added]
        append_rows(self.study.locate_reference_file("signoffs"),
                    (*list_table_files("signoffs")[0].required, "text_version"), added)
        self.log.end_form(code, RECEIVED)
        self.reload_changed_tables()
        unread = [row["principle_id"] for row in added if row["reservation"]]
        note = (f" The organisation's words on {', '.join(unread)} may be printed without its name once "
                "column reservation_read has these words in the study's language.") if unread else ""
        before = decided.loc[decided["organisation_id"] == code, "is_named"]
        if {*before, *(row["is_named"] for row in added)} >= {"true", "false"}:
            note += (" Its name may be printed with some texts and not with others, so readers may notice "
                     "where it is absent. Tell the organisation this before anything is printed.")
        return f"The sheet of {code} is received: {len(added)} decisions in signoffs.csv.{note}"
