"""What a rating form asks, and what a rater is shown before voting again.

In: the reference tables and the texts of a round. Out: one description for each rater (:class:`Form`), from
which workbooks, pages, messages, XLSForms and the pages of phones are made, so that all ask the same. The
fixed texts are in ``content/forms.csv``, a column a language; its row ``native_reader`` says whether a native
speaker has checked them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from glc_analysis.addons.convening.ballots import INTEREST, readable_comments
from glc_analysis.addons.convening.histories import PROPOSED, REWORDED, came_from, how
from glc_analysis.addons.convening.principles import printed_id, versions
from glc_analysis.addons.convening.ratings import CRITERIA, MARK, Question, written_stamp
from glc_analysis.addons.convening.rounds import erased_rounds, with_roles
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.tallies import ballot_tables
from glc_analysis.addons.convening.votes import THIRDS, agreed_panels, told_tallies
from glc_analysis.cleaning.records import CleaningLog
from glc_analysis.disclosure.blocks import block_ids
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import Reference
from glc_analysis.spreadsheets import write_text
from glc_analysis.study import Study
from glc_analysis.templates import phrases, read_records, read_text, template
from glc_analysis.text import isolate_direction, language_direction, language_name
from glc_analysis.view.visible_tables import VisibleTables

# ------------------------------
# The form.


_WANTED = {"score": "number_wanted", "mark": "mark_wanted", "choice": "word_wanted"}


def form_phrases(language: str) -> dict[str, str]:
    """The fixed texts by key, in a language or, where nobody has translated them, in English.

    >>> form_phrases("fr")["round"].format(2), form_phrases("am")["round"].format(2)
    ('Tour 2', 'Round 2')
    """
    return phrases(language, __file__, "forms.csv")


def form_languages() -> list[str]:
    """The languages that the fixed texts are in.

    >>> form_languages()[:2]
    ['en', 'es']
    """
    return [name for name in read_records(__file__, "forms.csv")[0] if name != "key"]


def is_translated(language: str) -> bool:
    """Whether there are fixed texts in a language.

    >>> is_translated("km"), is_translated("am")
    (True, False)
    """
    return language == "en" or form_phrases(language) is not form_phrases("en")


def name_and_code(language: str) -> str:
    """A language by its English name and code, as XLSForms name it.

    >>> name_and_code("km")
    'Khmer (km)'
    """
    return f"{language_name(language)} ({language})"


@dataclass(frozen=True)
class TextOrigin:
    """What a form says of how a text came to be: the fixed texts with these ``keys``, and the earlier texts
    that it replaces, rows of principles.csv with ``printed_id``."""

    keys: tuple[str, ...]
    texts: tuple[Any, ...]


@dataclass(frozen=True)
class Form:
    """What a rater is asked in one language: ``rows`` of principles.csv, in the round's order. A text that is
    not translated stands in the source language, and says so. ``origins`` say by printed id what a text was
    before.

    At each of them :data:`.ratings.QUESTIONS` are asked. ``rater_id`` is blank on
    a form that is the same for all raters.
    """

    round_id: str
    rater_id: str
    language: str
    rows: pd.DataFrame
    origins: Mapping[str, TextOrigin] = field(default_factory=dict)
    proxy_id: str = ""
    """Who votes for the rater (:mod:`.rounds`)."""
    interests: Collection[str] = ()
    """The principles in which the rater declared an interest."""

    @cached_property
    def say(self) -> dict[str, str]:
        """The fixed texts."""
        return form_phrases(self.language)

    @property
    def direction(self) -> str:
        """The writing direction of the page."""
        return language_direction(self.language)

    @property
    def heading(self) -> str:
        """The round, the rater's code, and who votes for the rater."""
        heading = f"{self.say['round'].format(self.round_id)} · {self.say['code'].format(self.rater_id)}"
        return heading + (f" · {self.say['by_proxy'].format(self.proxy_id)}" if self.proxy_id else "")

    @property
    def how(self) -> str:
        """How the form is filled in, and what becomes of the votes: a line each."""
        return f"{self.say['how']}\n{self.say['privacy']}"

    @property
    def before_how(self) -> str:
        """What the sheet before a second vote says of itself. Between words that run from right to left a
        sign would be printed as its opposite."""
        said = self.say["before_how"]
        if self.direction == "ltr":
            return said
        return re.sub("[≥≤]", lambda sign: isolate_direction(sign[0]), said)

    @property
    def stamps(self) -> list[str]:
        """The stamp that identifies each row of a returned form: round, rater, printed id, text_version."""
        return [written_stamp(self.round_id, self.rater_id, name, text)
                for name, text in zip(self.rows["printed_id"], self.rows["text_version"], strict=True)]

    def words_of(self, row: tuple) -> str:
        """Which text a row of the form shows: printed id, language, version of the text."""
        return f"{row.printed_id} {row.language} {row.text_version}"

    def shown(self, row: Any) -> str:
        """The words of a row; in another language than the form's, with the name of that language."""
        return row.statement + self.language_mark(row)

    def language_mark(self, row: Any) -> str:
        """The name of the language of a row, where it is not the form's."""
        if row.language == self.language:
            return ""
        name = form_phrases(row.language)["language_name"] if is_translated(row.language) else ""
        return f" [{name or language_name(row.language)}]"

    def history(self, row: Any) -> Iterator[tuple[str, str, str]]:
        """What a text was before: a fixed text, the earlier words, and their language; a pair of blanks where
        it has no earlier words. Nothing where raters know the text, or where it was drafted. First that the
        rater declared an interest in it, if that is so."""
        if row.principle_id in self.interests:
            yield self.say["interest_declared"], "", ""
        if (found := self.origins.get(row.printed_id)) is None:
            return
        said = " ".join(self.say[key] for key in found.keys)
        if not found.texts:
            yield said, "", ""
        for text in found.texts:
            yield said.format(text.printed_id), self.shown(text), text.language

    def history_lines(self, row: Any) -> list[str]:
        """What a text was before, as plain lines."""
        return [f"{said} {words}".strip() for said, words, _ in self.history(row)]

    def label(self, question: Question) -> str:
        """What is asked."""
        return self.say[question.name]

    def ends(self, question: Question) -> tuple[str, str]:
        """What the lowest and the highest score mean."""
        return self.say[f"{question.name}_low"], self.say[f"{question.name}_high"]

    def wanted(self, question: Question) -> str:
        """What to write in the box; blank where any words are allowed."""
        return self.say.get(_WANTED.get(question.kind, ""), "")


def in_language(reference: Reference, asked: pd.DataFrame, language: str) -> pd.DataFrame:
    """The texts of a round in a language, in the order of the round.

    A text that is not translated is in its own language (column ``language``). A translation counts only if
    it is of the version that the round asks about: after an amendment the other texts stay in the language.
    """
    texts = versions(reference.principles)
    texts = texts[texts["language"] == language]
    is_source = texts["translation_of"] == ""
    texts = texts.assign(printed_id=texts["printed_id"].where(is_source, texts["translation_of"]))
    translated = texts.drop_duplicates("printed_id").set_index("printed_id")
    own = asked.set_index("printed_id")
    is_there = own.index.isin(translated.index)
    found = translated.reindex(own.index)
    return found.where(pd.Series(is_there, own.index), own.reindex(columns=found.columns)).reset_index()


def text_origins(reference: Reference, round_id: str, asked: pd.DataFrame,
                 language: str) -> dict[str, TextOrigin]:
    """What the texts of a round were before, by printed id: of those that no earlier round asked about.

    A reworded text shows the wording that the last earlier round asked about, if one did; one that was split
    or merged the texts that it replaces; one from the floor says so, and that no evidence for it is recorded
    where that is so. Words are in the language where a translation exists, else as they were written.
    """
    rounds, texts = reference.rounds, versions(reference.principles)
    names, found = rounds["principle_id"] + "." + rounds["version"], {}
    earlier = [*dict.fromkeys(rounds["round_id"])]
    earlier = earlier[:earlier.index(round_id)] if round_id in earlier else earlier
    is_earlier = rounds["round_id"].isin(earlier)
    for row in texts[texts["printed_id"].isin(asked["printed_id"]) & (texts["translation_of"] == "")].to_dict(
            "records"):
        if row["printed_id"] in set(names[is_earlier]):
            continue
        kind, replaced = how(row), came_from(row)
        if kind == REWORDED:
            own = rounds[is_earlier & (rounds["principle_id"] == row["principle_id"])]
            replaced = [printed_id(row["principle_id"], own["version"].iloc[-1])] if len(own) else []
        if replaced or kind == PROPOSED:
            is_bare = kind == PROPOSED and row["principle_id"] not in set(reference.evidence["principle_id"])
            found[row["printed_id"]] = TextOrigin((f"was_{kind}", *["no_evidence"] * is_bare), tuple(
                text for name in replaced for text in _in_language(texts, name, language)))
    return found


def _in_language(texts: pd.DataFrame, name: str, language: str) -> Iterator[Any]:
    """The text of a printed id in a language where it exists, else as it was written."""
    own = texts[(texts["printed_id"] == name) | (texts["translation_of"] == name)]
    translated = own[own["language"] == language]
    rows = translated if len(translated) else own[own["translation_of"] == ""]
    yield from rows.assign(printed_id=name).head(1).itertuples()


def texts_by_language(reference: Reference, asked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The texts of a round by language, the source language first: for languages of principles.csv that have
    any of them, or the fixed texts."""
    source = asked["language"].iloc[0]
    languages = sorted({source, *reference.principles["language"]}, key=lambda one: (one != source, one))
    rows = {one: in_language(reference, asked, one) for one in languages}
    return {one: rows[one] for one in languages if _is_asked_in(rows[one], one) or one == source}


def _is_asked_in(rows: pd.DataFrame, language: str) -> bool:
    """Whether a form can be in a language: it has any of the texts, or the words around them."""
    return is_translated(language) or language in set(rows["language"])


def rater_languages(raters: pd.DataFrame, answered_in: Mapping[str, str]) -> dict[str, str]:
    """The language of each rater: that of raters.csv, else the one in which the rater's organisation answered
    (``answered_in``); blank where neither is known.

    >>> raters = pd.DataFrame([("r1", "", "es"), ("r2", "quay", "")],
    ...                       columns=["rater_id", "organisation_id", "language"])
    >>> rater_languages(raters, {"quay": "km"})
    {'r1': 'es', 'r2': 'km'}
    """
    return {row.rater_id: row.language or answered_in.get(row.organisation_id, "")
            for row in raters.itertuples()}


def forms_of(reference: Reference, round_id: str, asked: pd.DataFrame,
             languages: Mapping[str, str]) -> tuple[list[Form], list[str]]:
    """A form for every rater who may rate and did not withdraw (stopped.csv), and a note about each.

    The language is that of the rater (:func:`rater_languages`), if any text or the words of the ballot are
    translated into it; a text that is not is marked with its own language.
    """
    is_asked = (reference.raters["may_rate"] == "true") & ~reference.raters["rater_id"].isin(
        reference.stopped["person_id"])
    raters = with_roles(reference.raters[is_asked], reference, round_id).sort_values("rater_id")
    if raters.empty:
        raise Faults([Fault("names nobody who may rate", "raters.csv", column="may_rate",
                            fix="give every rater a code, and write true where the rater may rate")])
    source, forms, notes = asked["language"].iloc[0], [], []
    wanted_by = rater_languages(raters, languages)
    origins: dict[str, dict[str, TextOrigin]] = {}
    for rater in raters.itertuples():
        wanted = wanted_by[rater.rater_id] or source
        rows = in_language(reference, asked, wanted)
        language = wanted if _is_asked_in(rows, wanted) else source
        if language not in origins:
            origins[language] = text_origins(reference, round_id, asked, language)
        forms.append(Form(round_id, rater.rater_id, language, rows, origins[language],
                          rater.proxy_id, tuple(filter(None, rater.interests.split(";")))))
        others = rows[rows["language"] != language].groupby("language")["printed_id"]
        notes.append(f"reads {wanted}, which lacks all texts" if language != wanted else
                     "; ".join(f"in {one} there: {', '.join(own)}" for one, own in others) if len(others) else
                     "" if is_translated(language) else "the texts around the principles are in English")
    return forms, notes


# ------------------------------
# What a rater is shown before voting again: their own earlier votes, those of the panels, and what changed.
#
# In: the closed rounds and the texts that a new round asks about. Out: for each rater a page to print and
# hand over in a sealed envelope, and a sheet of the rater's workbook.
#
# The module decides that a rater's own votes go to that rater alone, and that of everybody else the page
# says what the slides say: the votes of a panel as far as :mod:`.votes` tells them,
# and comments that may be read. So two raters who put their pages side by side learn nothing more of a
# third one than the room. A text that was changed carries no earlier vote.


NOT_TOLD = "–"
"""Stands for a number that is not told, and for a vote that was not cast."""


@dataclass(frozen=True)
class Before:
    """What a rater is shown of the last closed round that asked about a principle.

    ``own`` are the rater's scores by criterion (``x``: abstained); empty where the rater did not vote, or
    voted on an earlier text. ``panels`` are rows (panel, criterion, low, middle, high), each number in signs
    that every language has. ``earlier`` is the text that was voted on, where it was changed since, in the
    language of the form where there is a translation.
    """

    principle_id: str
    round_id: str
    own: Mapping[str, str]
    panels: Sequence[tuple[str, ...]]
    comments: Sequence[str]
    earlier: str = ""
    earlier_language: str = ""


def told_thirds(said: str) -> tuple[str, str, str]:
    """The low, middle and high votes of a panel as far as the words of :func:`.votes.told_votes` tell them.

    >>> told_thirds("6 of 10 high, 3 middle, 1 low"), told_thirds("7 or more of 10 high, at most 2 low")
    (('1 / 10', '3 / 10', '6 / 10'), ('≤ 2 / 10', '–', '≥ 7 / 10'))
    >>> told_thirds("2 or more of 5 high")
    ('–', '–', '≥ 2 / 5')
    """
    n = re.search(r"of (\d+)", said)[1]
    found = dict.fromkeys(THIRDS, NOT_TOLD)
    for part in said.split(", "):
        number, third = re.search(r"\d+", part)[0], part.rpartition(" ")[2]
        sign = "≤ " if part.startswith("at most") else "≥ " if "or more" in part else ""
        found[third] = f"{sign}{number} / {n}"
    return tuple(found[third] for third in THIRDS)


@dataclass(frozen=True)
class Feedback:
    """The last closed round on each principle before a new one, which may have been left out of later ones:
    ``votes``, and by principle what is told of ``panels`` and the ``comments``; the ``texts`` voted on, with
    their round."""

    votes: pd.DataFrame
    panels: Mapping[str, list[tuple[str, ...]]]
    comments: Mapping[str, list[str]]
    texts: pd.DataFrame

    @classmethod
    def of(cls, study: Study, reference: Reference, round_id: str) -> Feedback | None:
        """What there is before a round; None where no earlier round is closed. Raises Faults where a ballot
        of it is faulty."""
        rounds = reference.rounds[reference.rounds["round_id"] != round_id]
        closed = rounds[rounds["closed_on"] != ""].sort_values(["closed_on", "opened_on"], kind="stable")
        if closed.empty:
            return None
        last = closed.groupby("principle_id")["round_id"].transform("last")
        asked = closed.loc[closed["round_id"] == last, ["round_id", "principle_id", "version"]]
        frames = ballot_tables(study, reference, CleaningLog(), issuing=round_id)
        ratings, tallies = (frames[name].merge(asked[["round_id", "principle_id"]].drop_duplicates())
                            for name in ("ratings", "tallies"))
        # Before the first build nothing has been published from which somebody could have left.
        is_built = (study.processed / "blocks.parquet").is_file()
        hidden = VisibleTables(study, "convening").hidden if is_built else frozenset()
        erased = [*erased_rounds(study)]
        is_hidden = block_ids("votes", tallies["principle_id"] + "/" + tallies["round_id"]).isin([*hidden])
        tallies = tallies[~is_hidden & ~tallies["round_id"].isin(erased)]
        told = told_tallies(tallies, test=study.settings["consensus"]["test"],
                            agreed=agreed_panels(reference.raters))
        order = {one: n for n, one in enumerate((*PANELS, *CRITERIA))}
        panels: dict[str, list[tuple[str, ...]]] = {}
        for row in told.sort_values(["panel", "criterion"], key=lambda c: c.map(order),
                                    kind="stable").itertuples():
            panels.setdefault(row.principle_id, []).append(
                (row.panel, row.criterion, *told_thirds(row.said)))
        is_shown = (~block_ids("comments", ratings["principle_id"]).isin([*hidden])
                    & ~ratings["round_id"].isin(erased))
        comments = {principle: readable_comments(own, study, reference.names)
                    for principle, own in ratings[is_shown].groupby("principle_id")}
        return cls(ratings[ratings["held_out"].isin(["", INTEREST])], panels, comments,
                   asked.merge(versions(reference.principles), on=["principle_id", "version"]))

    def of_rater(self, rater_id: str, language: str, rows: pd.DataFrame) -> list[Before]:
        """What one rater is shown, for each of the ``rows`` of a form that an earlier round asked about."""
        return [*self._of_rater(rater_id, language, rows)]

    def _of_rater(self, rater_id: str, language: str, rows: pd.DataFrame) -> Iterator[Before]:
        own = self.votes[self.votes["rater_id"] == rater_id]
        for row in rows.itertuples():
            texts = self.texts[self.texts["principle_id"] == row.principle_id]
            if texts.empty:
                continue
            is_same = (texts["version"] == row.printed_id.rpartition(".")[2]).any()
            votes = own[own["principle_id"] == row.principle_id] if is_same else own[:0]
            earlier = texts.sort_values("language", key=lambda c: c != language, kind="stable")
            earlier = earlier[(earlier["language"] == language) | (earlier["translation_of"] == "")].iloc[0]
            yield Before(row.principle_id, texts["round_id"].iloc[0],
                         {one.criterion: MARK if one.is_abstained else str(one.score)
                          for one in votes.itertuples()},
                         self.panels.get(row.principle_id, []), self.comments.get(row.principle_id, []),
                         *([] if is_same else [earlier["statement"], earlier["language"]]))


def feedback_page(form: Form, before: Sequence[Before]) -> str:
    """The page of one rater, in the language of the form."""
    by_principle = {one.principle_id: one for one in before}
    return template(__file__, "feedback_page.html").render(
        form=form, say=form.say, style=read_text(__file__, "form_page.css").strip(), criteria=CRITERIA,
        not_told=NOT_TOLD,
        rows=[(row, form.shown(row), by_principle[row.principle_id]) for row in form.rows.itertuples()
              if row.principle_id in by_principle])


def write_feedback(sheet: Worksheet, form: Form, before: Sequence[Before]) -> None:
    """The same as a sheet of a workbook, which is only read."""
    say = form.say
    sheet.title = say["before_title"][:31]
    lines: list[list[str]] = [[form.before_how], [
        say["principle"], "", *(say[one] for one in CRITERIA), "1–3", "4–6", "7–9"]]
    for one in before:
        own = ["" if one.earlier else one.own.get(criterion, NOT_TOLD) for criterion in CRITERIA]
        label = say["your_vote"].format(one.round_id)
        if one.earlier:
            label = f"{say['text_changed'].format(one.round_id)} “{one.earlier}”"
        lines.append([one.principle_id, label, *own])
        lines += [["", f"{say[f'panel_{panel}']}: {say[criterion]}", "", "", *numbers]
                  for panel, criterion, *numbers in one.panels]
        lines += [["", f"“{comment}”"] for comment in one.comments]
    for n, line in enumerate(lines, 1):
        for m, text in enumerate(line, 1):
            cell = sheet.cell(n, m)
            write_text(cell, text)
            is_rtl = form.direction == "rtl" and m <= 4  # numbers with signs run from left to right
            cell.alignment = Alignment(wrap_text=True, vertical="top", readingOrder=2 if is_rtl else 1)
            cell.font = Font(bold=n == 2 or m == 1)
    for column, width in zip("ABCDEFG", (10, 60, 14, 14, 10, 10, 10), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.merge_cells("A1:G1")
    sheet.row_dimensions[1].height = 90
    sheet.sheet_view.rightToLeft = form.direction == "rtl"
    sheet.protection.sheet = True
