"""Makes views of a study: the figures, passages, votes and names that one audience may see.

An analyst opens a study (:func:`open_study`) and asks the study for a view, which returns plain data frames.
A view only selects what its audience may see, and computes no figure. The figures of a view are those that
:func:`.suppression.select_released_figures` lets the audience see. The quotations of a view are those that
were cleared for its audience. A request for a figure that was not released raises :class:`NotReleased`, whose
message gives the reason; a view never returns an empty frame in place of the figure.

Views guard against accidents, not against intent, because everybody who can run a notebook can read the files
of the study. The gate also reads every page before it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import list_declarations, map_declared_entries
from glc_analysis.cleaning.waves import choose_study_wave
from glc_analysis.coding.exports import note_coders_marked_different_words
from glc_analysis.disclosure.blocks import NO_QUOTATION, QUOTATION_BLOCKS, make_block_id
from glc_analysis.errors import UsageError, resolve_id, suggest_name
from glc_analysis.figures.estimates import ALL, BY_OPTION, name_call_or_unguided_interview
from glc_analysis.figures.groupings import MERGED
from glc_analysis.figures.summary import make_unknown_question_error, resolve_subset_kind
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import CALL, WITHOUT_GUIDE
from glc_analysis.study import RAW_KINDS, Study
from glc_analysis.tables_html import region_label, render_table
from glc_analysis.templates import Macros
from glc_analysis.text import format_counts, make_quotation_anchor
from glc_analysis.view.typed_tables import TypedTables
from glc_analysis.view.visible_tables import (
    UNTRANSLATED,
    Translation,
    VisibleTables,
    split_translation_text_and_status,
)

_COUNT_COLUMNS = ["option", "n", "base_n", "share", "low", "high", "shown_as"]
_NUMBER_COLUMNS = ["statistic", "value", "base_n", "shown_as"]
_CODE_COLUMNS = ["code", "level", "raised", "undecided", "asked", "share", "shown_as", "contrary",
         "raised_without_guide", "interviewed", "shown_as_without_guide", "raised_in_calls",
         "undecided_in_calls", "present", "shown_as_in_calls", "code_id"]
_NOT_SHOWN = "not shown"
_EACH_RECORD = "Each record counts, even if an organisation has several records."
"""The sentence about who was asked a question. The sentence is used for questions whose unit is ``answer``,
if the survey has no column for countries."""
_AS_OTHERS_SEE_IT = " (as others see it)"
_LABELLED_GROUPS = ("country", "home_country", "network", "language", "is_interpreted")
"""The attributes whose groups are named by labels, which are printed unchanged. The groups of all other
attributes are named by ids, such as ``service_provider``."""


class NotReleased(UsageError):
    """Raised if an analyst asks a view for figures or passages that the view's audience may not see. The
    message gives the reason. If the analyst can ask for other figures or passages instead, the message names
    them.

    >>> try:
    ...     study.view("public").passages()
    ... except NotReleased as refused:
    ...     print(str(refused)[:38])
    Passages are read by the team only. To
    """


# ------------------------------
# The study, opened for analysis: its own tables, and the views of it.


class OpenStudy(Study, TypedTables):
    """A study that gives its tables as data frames: ``study.responses``, ``study.organisations``,
    ``study.codings``.

    The tables of an open study are complete, so they are for the team only. Filter, merge and group the
    tables like any frame; DICTIONARY.md in ``processed/`` says what their columns mean. To get what another
    audience may see, ask for a view of the study (:meth:`view`).

    >>> study = OpenStudy(Path("data"))
    >>> study.view("publik")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: There is no audience 'publik'; nearest: 'public'.
    """

    def view(self, audience: str = "team", *, country: str | None = None, theme: str | None = None,
             principle: str | None = None, organisation: str | None = None,
             code: str | None = None) -> StudyView:
        """Returns a view of the whole study, or of a part of it, as an audience (team, convening or public)
        may see it.

        If ``country``, ``theme``, ``principle``, ``organisation`` or ``code`` is given, the view has only
        this country, theme, principle, organisation or code. The value of such an argument is an id such as
        ``KHM``; a blank id means the first country, theme and so on of the study. A view of a code also has
        the other codes that coders gave to the same turns. Raises UsageError for an unknown name; the message
        suggests the nearest known names.
        """
        view = StudyView(self, audience)
        if country is not None and not view.has_capability("all_figures"):
            _refuse_unseen_country(country, view.work_countries)
        return StudyView(self, audience, country=_known(country, view.work_countries, "country"),
                         theme=_known(theme, view.themes, "theme"),
                         principle=_known(
                             principle, {} if principle is None else view.principle_names, "principle"),
                         organisation=_known(organisation, view.labels, "organisation"),
                         code=_known(code, view.code_names, "code"))

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name.startswith("_") or name not in tables.TABLES:
            known = [*tables.TABLES, "view"]
            raise AttributeError(f"A study has no table {name!r}; {suggest_name(name, known)}.")
        return tables.read_table(name, study=self)

    def _repr_html_(self) -> str:
        """Returns the HTML that a notebook shows for a study: its title, its raw files, whether it is built,
        and its reports."""
        kinds = {f"Raw files: {kind}": len(self.list_raw_files(kind)) for kind in RAW_KINDS}
        is_built = (self.processed / "slices.json").is_file()
        reports = sorted(path.name for path in self.reports.glob("*") if (path / "current").exists())
        rows = {"Folder": str(self.root), **kinds,
                "Tables": "built" if is_built else "not built yet: `glc build`",
                "Reports": ", ".join(reports) or "none yet: `glc run`"}
        about = render_table({"This study": rows.keys(), "": rows.values()})
        return Macros(__file__, "study.html").study(self.title, self.is_synthetic, about)

    def __dir__(self) -> list[str]:
        # What each audience may see is asked of a view, as waves side by side and translations are, and what
        # it was shown before, how it was built and who read which text are bookkeeping: these tables can be
        # asked for, and are not offered.
        not_offered = {"answer_translations", "blocks", "readings", "steps"} | {
            name for _, names in list_declarations("view_names") for name in names}
        offered = [name for name in tables.TABLES if name not in not_offered
                   and not name.startswith(("announced_", "release_", "wave_"))]
        return sorted([*offered, "view", "title", "settings", "sampling", "root"])


# ------------------------------
# What one audience may see.


@dataclass(frozen=True)
class StudyView(VisibleTables):
    """A view of a study: the tables and figures that one audience may see. ``dir(view)`` lists the attributes
    and methods that are meant for analysts."""

    def __dir__(self) -> list[str]:
        return ["audience", "codes", "counts", "countries", "country", "names", "numbers",
                "organisation", "passages", "principle", "questions", "quotations", "study", "theme",
                *(name for _, names in list_declarations("view_names") for name in names)]

    @property
    def questions(self) -> pd.DataFrame:
        """The questions of the view, with one row per question, in the order of the survey.

        The columns are:

        - question_id, wording, type, unit;
        - theme: the name of the question's theme;
        - asked_of: a sentence which says who was asked the question;
        - base_n: how many organisations or answers are in the base of the question's figures. In a view of
          one country, base_n counts only organisations or answers of this country. It is missing if it was
          not released.

        >>> view.questions.query("type == 'multi'")["wording"].iloc[0]
        'Whom do you serve?'
        """
        return self._questions.copy(deep=False)

    @cached_property
    def _questions(self) -> pd.DataFrame:
        rows = self.question_table
        own = self.released[(self.released["measure"] == "response")
                            & (self.released["subset_kind"] == ("country" if self.country else ALL))
                            & (self.released["subset_id"] == self.country)]
        bases = own.groupby("question_id", observed=True)["base_n"].max()
        return pd.DataFrame({
            "question_id": rows["question_id"], "wording": rows["wording"], "type": rows["type"],
            "unit": rows["unit"], "theme": rows["theme_id"].map(self.themes).astype("str").fillna(""),
            "asked_of": [self._asked_of(row) for row in rows.itertuples()],
            "base_n": rows["question_id"].map(bases).astype("Int64")}).reset_index(drop=True)

    def counts(self, question_id: str, *, by: str = "", answered: str = "") -> pd.DataFrame:
        """Returns the counts of a question, with one row per option; in a view of one country, these are the
        counts of this country.

        ``by`` is the name of an attribute, such as ``region``. If ``by`` is given, each option is counted in
        every group of that attribute. Add-ons may allow further values of ``by``, such as ``by="wave"``.
        ``answered`` is the id of another question. If ``answered`` is given, each option is counted for every
        answer to that question. Only the team may use ``answered``. The columns are:

        - group: the group in which the option is counted, only if ``by`` is given;
        - answer: the answer to the other question, only if ``answered`` is given; base_n is then the number
          of records with this answer;
        - option, n, base_n and share (0 to 1); n is missing if the count is shown as a range;
        - low, high: the ends of the interval, if the sampling allows one; for a count that is shown as a
          range, the smallest and the largest possible share;
        - shown_as: the count in the form in which it is printed, such as "18 of 30" or "at most 4 of 30".

        Options are sorted by count; the options of a scale stay in the order of the scale. If an option or a
        group has no row, its count is not shown to this audience; a missing row never means zero. Raises
        UsageError for an unknown question and for a question without options. Raises NotReleased for a group
        that this audience may not see.

        >>> view.counts("Q4.1", by="region")[["group", "option", "shown_as"]].head(2)
            group           option shown_as
        0  Africa  Case management   5 of 6
        1  Africa      Counselling   5 of 6
        """
        if isinstance(by, str) and (added := map_declared_entries("counted_by").get(by.removesuffix("_id"))):
            if answered:
                raise UsageError(f"`answered` does not work with by={by!r}. To fix: leave out `answered`.")
            add_on, function = added
            return add_on.load_object(function)(self, question_id)
        if answered and not hasattr(self, "crossed"):
            raise UsageError("No installed add-on counts a question by the answers to another question. "
                             "To fix: leave out `answered`.")
        question = self._question(question_id)
        if question.type not in BY_OPTION:
            fixes = {"number": f"ask view.numbers({question_id!r})", "text": "ask view.quotations()"}
            if self.has_capability("all_figures"):
                fixes = {"date": "read the answers in study.responses"} | fixes
            fix = f" To fix: {fixes[question.type]}." if question.type in fixes else ""
            raise UsageError(
                f"Question {question_id} has no options to count: its type is {question.type}.{fix}")
        rows = self._released_rows(question_id, by, answered)
        rows = rows.assign(shown_as=format_counts(rows))
        leading = ["group"] * bool(by) + ["answer"] * bool(answered)
        if question.type != "scale":
            middle = (rows["low"] + rows["high"]).fillna(-2) / 2
            places = {f"{name} at": pd.factorize(rows[name])[0] for name in leading}
            rows = rows.assign(order=-rows["share"].astype(float).fillna(middle), **places)
            rows = rows.sort_values([*places, "order"], kind="stable")
        return rows[[*leading, *_COUNT_COLUMNS]].reset_index(drop=True)

    @cached_property
    def wave_of_figures(self) -> str:
        """The wave from which the study's figures are computed; blank if the survey has only one wave."""
        return choose_study_wave(read_reference_table(self.study, "waves"),
                                 self.study.settings["study"]["wave"])

    @cached_property
    def wave_labels(self) -> dict[str, str]:
        """The names of the waves in order, keyed by their ids; empty if the survey has only one wave.

        >>> view.wave_labels
        {}
        """
        rows = read_reference_table(self.study, "waves")
        return dict(zip(rows["wave_id"], rows["label"], strict=True)) if len(rows) > 1 else {}

    def numbers(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """Returns the statistics of a question that asks for a number.

        The columns are statistic (mean, median, standard deviation), value, base_n and shown_as. If ``by`` is
        given, the first column is group. Raises UsageError for an unknown question and for a question that
        does not ask for a number. Raises NotReleased for a group that this audience may not see.

        >>> float(view.numbers("Q4.3").set_index("statistic").at["median", "value"])
        10.0
        """
        question = self._question(question_id)
        if question.type != "number":
            raise UsageError(f"Question {question_id} does not ask for a number: its type is "
                             f"{question.type}. To fix: ask view.counts({question_id!r}).")
        rows = self._released_rows(question_id, by)
        shown = ["" if pd.isna(value) else f"{value:.4g} (of 1 answer)" if base == 1
                 else f"{value:.4g} (of {base} answers)"
                 for value, base in zip(rows["value"], rows["base_n"], strict=True)]
        return rows.assign(shown_as=shown)[["group"] * bool(by) + _NUMBER_COLUMNS].reset_index(drop=True)

    def codes(self, *, theme: str = "", by: str = "") -> pd.DataFrame:
        """Returns how many organisations raised each code. The frame has one row per code, and each code
        comes below its parent code. If ``by`` is given, there is one row per code and group. In a view of one
        country, only organisations of this country are counted.

        The columns are code, level, code_id, and these counts of organisations:

        - raised: the organisations that raised the code in interviews with guide questions, or in answers;
        - asked: the organisations that were asked about the code in such interviews or in the survey, and the
          organisations that raised the code there without being asked;
        - share, shown_as: ``raised`` out of ``asked``, as a share and in words;
        - undecided: the organisations with a coding of the code on which coders have not decided yet (for the
          team only);
        - contrary: the organisations that said the contrary of the code in any text (for the team only);
        - raised_without_guide, interviewed, shown_as_without_guide: the organisations that raised the code in
          interviews without guide questions, the organisations that gave such an interview, and both numbers
          in words;
        - raised_in_calls, undecided_in_calls, present, shown_as_in_calls: the corresponding numbers for
          calls; ``present`` counts the organisations that took part in calls.

        Organisations that raised a code in calls or in interviews without a guide are not added to ``raised``
        and ``asked``. Nobody is asked about codes in calls or in interviews without a guide, so an
        organisation that does not raise a code in them has not denied it. With ``by``, and in a view of one
        country, the columns about calls and about interviews without a guide have no values. Raises
        UsageError for an unknown theme, and NotReleased for a group that was not released.

        >>> view.codes(theme="services").query("raised >= 20")[["code", "raised", "asked"]]
               code  raised  asked
        0  Services      21     21
        """
        chosen = _known(theme or None, self.themes, "theme") or self.theme
        is_own = bool(self.country) and not by
        kind = "country" if is_own else resolve_subset_kind(by)
        figures = self.select_measure_figures("coded")
        rows = figures[figures["subset_kind"] == kind]
        if is_own:
            rows = rows[rows["subset_id"] == self.country]
        if kind != ALL and rows.empty:
            raise self._not_released(kind)
        book = self.select_codes_with_ancestors([self.code]) if self.code else self.code_tree
        book = book[book["theme_id"] == chosen] if chosen else book
        columns = ["subset_id", "code_id", "n", "base_n", "undecided_n", "share"]
        columns += ["band"] * ("band" in rows)
        talks = figures[name_call_or_unguided_interview(figures) != ""]
        talks = (talks if kind == ALL else talks.head(0)).assign(shown_as=format_counts)
        calls, open_talks = (talks[talks["subset_id"] == source].set_index("code_id")
                             for source in (CALL, WITHOUT_GUIDE))
        in_talks_alone = book["code_id"].isin(talks["code_id"]) & ~book["code_id"].isin(rows["code_id"])
        rows = pd.concat([rows[columns], book.loc[in_talks_alone, ["code_id"]].assign(subset_id="")])
        rows = book.merge(rows, on="code_id")
        if by:
            rows = rows.sort_values("subset_id", kind="stable")
        # For the team, a code without a figure was asked of nobody; for others it may be hidden.
        if self.has_capability("all_figures"):
            rows = rows.fillna({"n": 0, "base_n": 0, "undecided_n": 0})
        texts = [_NOT_SHOWN if pd.isna(base) else text for base, text in zip(
            rows["base_n"], format_counts(rows), strict=True)]
        frame = pd.DataFrame({
            "group": self._group_names(rows["subset_id"], kind), "code": rows["name"], "level": rows["level"],
            "raised": rows["n"].astype("Int64"), "undecided": rows["undecided_n"].astype("Int64"),
            "asked": rows["base_n"].astype("Int64"),
            "share": rows["share"], "shown_as": texts,
            "contrary": rows["code_id"].map(self._contrary).astype("Int64"),
            "raised_without_guide": rows["code_id"].map(open_talks["n"]).astype("Int64"),
            "interviewed": rows["code_id"].map(open_talks["base_n"]).astype("Int64"),
            "shown_as_without_guide": rows["code_id"].map(open_talks["shown_as"]).astype("object"),
            "raised_in_calls": rows["code_id"].map(calls["n"]).astype("Int64"),
            "undecided_in_calls": rows["code_id"].map(calls["undecided_n"]).astype("Int64"),
            "present": rows["code_id"].map(calls["base_n"]).astype("Int64"),
            "shown_as_in_calls": rows["code_id"].map(calls["shown_as"]).astype("str").fillna(""),
            "code_id": rows["code_id"]})
        return frame[["group"] * bool(by) + _CODE_COLUMNS].reset_index(drop=True)

    def passages(self, *, code: str = "", theme: str = "") -> pd.DataFrame:
        """Returns the coded passages, with one row per passage and code. Only the team may read coded
        passages; other audiences may read :meth:`quotations`.

        The columns are:

        - text, translation, translation_status, language, country, code, date, code_id, segment_id,
          organisation_id;
        - by: the name of the organisation;
        - cleared: the audience for which the passage may be printed;
        - kind: interview, call or answer;
        - agreement: the coders who marked the words, if coders agree on the code of the turn but not on the
          words.

        Among the passages of a code, the first passage of each organisation comes before the second passage
        of any organisation. Raises NotReleased for an audience other than the team, and UsageError for an
        unknown code or theme.

        >>> view.passages(code="outreach")["by"].iloc[0]
        'Farol de Barro (invented)'
        """
        if not self.has_capability("passages"):
            raise NotReleased("Passages are read by the team only. To fix: ask view.quotations() for the "
                              "quotations that were cleared for this audience.")
        rows = self.coded_passages
        if code:
            rows = rows[rows["code_id"] == _known(code, self.code_names, "code")]
        if chosen := _known(theme or None, self.themes, "theme") or self.theme:
            rows = rows[rows["theme_id"] == chosen]
        cleared = self._cleared_words
        return pd.DataFrame({
            "text": rows["quote"], "translation": rows["translation"],
            "translation_status": rows["translation_status"],
            "language": rows["language"], "by": rows["organisation"],
            "country": rows["country_id"].map(self.country_labels).fillna(""), "code": rows["code"],
            "cleared": [cleared.get(text, "") for text in rows["quote"]],
            "kind": rows["kind"], "date": rows["date"],
            "code_id": rows["code_id"], "segment_id": rows["segment_id"],
            "agreement": ["" if is_agreed else note_coders_marked_different_words(coders)
                          for is_agreed, coders in zip(rows["is_agreed"], rows["marked_by"], strict=True)],
            "organisation_id": rows["organisation_id"].astype("str")}).reset_index(drop=True)

    def quotations(self, *, theme: str = "") -> pd.DataFrame:
        """Returns the quotations that were cleared for this audience, with one row per quotation. A view of
        one country has only quotations of named organisations in that country.

        The columns are:

        - text, translation, translation_status, language, country, code;
        - by: "a provider", or the name of the organisation if it agreed to be named;
        - cleared: the audience for which the quotation was cleared; the team sees the quotations cleared for
          any audience;
        - quotation_id: the id of the quotation on a page.

        A block of quotations is left out if an organisation quoted in it has withdrawn since an earlier
        release (:mod:`.blocks`). Raises UsageError for an unknown theme.

        >>> view.quotations(theme="needs")["text"].iloc[1]
        'We offer the same thing three times over a month, because here it is impolite to accept at once.'
        """
        chosen = _known(theme or None, self.themes, "theme") or self.theme
        rows = self.quotation_rows
        if make_block_id(QUOTATION_BLOCKS, chosen or self.country) in self.hidden:
            rows = rows[:0]
        if chosen:
            rows = rows.loc[[n for n, ids in rows["theme_ids"].items() if chosen in ids.split(";")]]
        frame = self.make_quotation_frame(rows)
        if frame.empty and not self.has_capability("passages"):
            frame.attrs["note"] = NO_QUOTATION
        return frame

    def make_quotation_frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Returns the given rows of :attr:`quotation_rows`, with the columns of :meth:`quotations`."""
        names = self.code_names
        wording = rows["wording"].where(rows["wording"] == "", ", " + rows["wording"])
        return pd.DataFrame({
            "text": rows["text"],
            **split_translation_text_and_status(
                self._translated_words.get(text, UNTRANSLATED) for text in rows["text"]),
            "language": rows["language"], "by": rows["source"] + wording,
            "country": _mapped(rows["source"], self._country_of_label),
            "code": [", ".join(names.get(one, one) for one in codes.split(";") if one)
                     for codes in rows["code_ids"]],
            "cleared": rows["cleared"],
            "quotation_id": rows["text"].map(make_quotation_anchor)}).reset_index(drop=True)

    @property
    def names(self) -> pd.DataFrame:
        """The organisations that this audience may know by name, with one row per organisation and the
        columns organisation_id, name and countries.

        >>> view.names["name"].head(2).tolist()
        ['Acacia Room (invented)', 'Amber Window (invented)']
        """
        rows = self.read("answers")
        rows = rows[rows["country_id"].isin(self.visible_countries)]
        where = rows.assign(label=rows["country_id"].map(self.country_labels)).drop_duplicates(
            ["organisation_id", "country_id"]).groupby("organisation_id")["label"].agg(", ".join)
        known = pd.Series(self.organisation_names, dtype="str")
        return pd.DataFrame({"organisation_id": known.index, "name": known.array,
                             "countries": [where.get(one, "") for one in known.index]})

    @property
    def countries(self) -> pd.DataFrame:
        """The countries of work that this audience may know, with one row per country and the columns
        country_id, country and region.

        >>> view.countries["country"].head(2).tolist()
        ['Argentina', 'Australia']
        """
        rows = self.country_table[self.country_table["country_id"].isin(self.visible_countries)]
        rows = rows.sort_values("label")
        return pd.DataFrame({"country_id": rows["country_id"], "country": rows["label"],
                             "region": rows["region_id"].map(region_label)}).reset_index(drop=True)

    # What the frames have in common.

    def _question(self, question_id: str) -> Any:
        if question := self._question_rows.get(question_id.casefold()):
            return question
        if self.theme and question_id.casefold() in map(str.casefold, self.words.questions):
            raise UsageError(f"Question {question_id} does not belong to the theme "
                             f"{self.themes[self.theme]}. To fix: ask a view without a theme.")
        raise make_unknown_question_error(question_id, self.question_table["question_id"])

    @cached_property
    def _question_rows(self) -> dict[str, Any]:
        """The rows of :attr:`question_table`, keyed by the ids of the questions in small letters."""
        return {row.question_id.casefold(): row for row in tables.iterate_rows(self.question_table)}

    def _asked_of(self, question: Any) -> str:
        """Returns a sentence which says who was asked a question."""
        if question.asked_if:
            return f"Asked of those who {self.words.describe_condition(question.asked_if)}"
        if question.unit == "organisation":
            return f"Asked of every {self.study.unit_name[0]}." if self.says_who_was_asked else ""
        if self.is_one_answer_each:
            return ""
        return "Asked for each country an organisation works in." if self.is_by_country else _EACH_RECORD

    def _released_rows(self, question_id: str, by: str, answered: str = "") -> pd.DataFrame:
        """Returns the figures of a question; raises NotReleased if the audience may see none of these
        figures."""
        resolve_subset_kind(by)  # a wrong attribute is named before anything is read by it
        name = self._question(question_id).question_id
        is_own = bool(self.country) and not by
        kind = "country" if is_own else by
        rows = self.crossed(name, answered, by=kind) if answered else self.summarise_question(name, by=kind)
        if is_own:
            rows = rows[rows["group"] == self.country_labels[self.country]].drop(columns="group")
        if rows.empty:
            raise self._not_released("country" if is_own else resolve_subset_kind(by), name)
        return rows.assign(group=self._group_names(rows["group"], resolve_subset_kind(by))) if by else rows

    def explain_refusal(self, question_id: str, *, by: str = "") -> str:
        """Returns the sentence which explains to this audience why it sees no figure of a question."""
        return str(self._not_released(resolve_subset_kind(by), self._question(question_id).question_id))

    def _not_released(self, kind: str, question_id: str = "") -> NotReleased:
        what = f"question {question_id}" if question_id else "codes"
        if self.has_capability("all_figures"):
            return NotReleased(f"There is no figure of {what}" + (f" by {kind}." if kind != ALL else "."))
        if kind == ALL:
            return NotReleased(f"The figures of {what} are not released to this audience: they could reveal "
                               "what a single organisation answered.")
        group = kind.replace("_", " ")
        # In the same words whatever was answered: which of the two is shown says something about the answers.
        other = {"region": "home_region", "home_region": "region"}.get(kind, "")
        fix = f"try {other}, or ask" if other else "ask"
        return NotReleased(f"Figures of {what} by {group} are not released to this audience: together with "
                           "the figures that are shown, they could reveal what a single organisation "
                           f"answered. To fix: {fix} for the whole study.")

    def _group_names(self, groups: pd.Series, kind: str) -> pd.Series:
        if kind in _LABELLED_GROUPS:
            return groups
        names = groups.map(lambda group: MERGED.join(map(region_label, group.split(MERGED))))
        is_merged = groups.str.contains(MERGED, regex=False) & self.has_capability("all_figures")
        return names.mask(is_merged, names + _AS_OTHERS_SEE_IT)

    @cached_property
    def _contrary(self) -> dict[str, int]:
        """Maps each code to the number of organisations that said the contrary of it; empty for audiences
        that must not know this number."""
        if not self.has_capability("passages"):
            return {}
        rows = self.read("mentions")
        by_code = rows.groupby(["code_id", "organisation_id"], observed=True)["is_contradicted"].any()
        return by_code.groupby("code_id").sum().to_dict()

    @cached_property
    def _translated_words(self) -> Mapping[str, Translation]:
        """The translations of quotations, keyed by the text of the quotation. The mapping is empty for
        audiences that may not read passages, because they read only words that were cleared for them."""
        if not self.has_capability("passages"):
            return {}
        rows = tables.read_table("segments", study=self.study, country=self.country)
        rows = rows[rows["segment_id"].isin([*self.translations])]
        originals = [*zip(rows["segment_id"], rows["text"], strict=True)]
        return {text: self.translations[segment] for text in self.quotation_rows["text"]
                for segment, whole in originals if text in whole}

    @cached_property
    def _cleared_words(self) -> Mapping[str, str]:
        rows = self.quotation_rows
        return dict(zip(rows["text"], rows["cleared"], strict=True))

    @cached_property
    def _country_of_label(self) -> Mapping[str, str]:
        """Maps the label of each organisation that the audience may know by name to the organisation's
        countries."""
        rows = self.names
        return dict(zip(rows["name"], rows["countries"], strict=True))


def open_study(path: str | Path = "") -> OpenStudy:
    """Opens a study for analysis. The study is in the folder ``path`` or, if ``path`` is blank, in the folder
    that the environment variable GLC_STUDY names or, if there is no such variable, in data/ of the
    repository.

    After this call, a notebook shows frames of counts with bars, and plots in the notebook look like those of
    the pages. Raises UsageError if the study's folder does not exist.

    >>> open_study("nowhere")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: There is no study folder nowhere. To fix: name an existing folder ...
    """
    from glc_analysis.tables_html import show_outputs_in_page_style

    show_outputs_in_page_style()
    return OpenStudy(Study.find(path).root)


def _refuse_unseen_country(name: str, seen: Mapping[str, str]) -> None:
    """Raises UsageError for a country that this audience may not know, whether or not the country is in the
    study."""
    try:
        _known(name, seen, "country")
    except UsageError:
        listed = ", ".join(f"{one!r} ({label})" for one, label in seen.items())
        raise UsageError(f"This audience may not see a country {name!r}"
                         + (f"; it may see {listed}." if listed else ", nor any other.")) from None


def _known(name: str | None, known: Mapping[str, str], kind: str) -> str:
    """Returns the id that belongs to ``name``. ``name`` is a label or an id, in capitals or small letters.
    The result is blank if ``name`` is None, and it is the first id if ``name`` is blank. Raises UsageError
    for an unknown name; the message suggests the nearest names."""
    if name is None:
        return ""
    if name in known:
        return name
    if not name and known:
        return next(iter(known))
    return resolve_id(name, known, kind)


def _mapped(names: pd.Series, values: Mapping[str, str]) -> list[str]:
    return [values.get(name, "") for name in names]
