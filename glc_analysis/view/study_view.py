"""Views of a study: the figures, passages, votes and names that one audience may see.

An analyst opens a study (:func:`open_study`) and asks it for a view, which returns plain data frames. A view
selects what its audience may see and computes no figure. Its figures are those that
:func:`.suppression.release` lets the audience see, and its quotations are those that were cleared for the
audience. A request for a figure that was not released raises :class:`NotReleased`, which says why; it never
returns an empty frame.

Views guard against accidents, not against intent, because whoever can run a notebook can read the files of
the study. The gate also reads every page before it is published.
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
from glc_analysis.cleaning.waves import study_wave
from glc_analysis.coding.exports import note_differently_marked_words
from glc_analysis.disclosure.blocks import NO_QUOTATION, QUOTATION_BLOCKS, block_id
from glc_analysis.errors import UsageError, resolve_id, suggest_name
from glc_analysis.figures.estimates import ALL, BY_OPTION, name_source_if_nobody_asked
from glc_analysis.figures.groupings import MERGED
from glc_analysis.figures.summary import subset_kind, unknown_question_error
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
    tabulate_translations,
)

_COUNT_COLUMNS = ["option", "n", "base_n", "share", "low", "high", "shown_as"]
_NUMBER_COLUMNS = ["statistic", "value", "base_n", "shown_as"]
_CODE_COLUMNS = ["code", "level", "raised", "undecided", "asked", "share", "shown_as", "contrary",
         "raised_without_guide", "interviewed", "shown_as_without_guide", "raised_in_calls",
         "undecided_in_calls", "present", "shown_as_in_calls", "code_id"]
_NOT_SHOWN = "not shown"
_EACH_RECORD = "Each record counts, also where an organisation has several."
"""The sentence about who was asked a question, if the question is not asked once for each organisation and
the survey has no column for countries."""
_AS_OTHERS_SEE_IT = " (as others see it)"
_LABELLED_GROUPS = ("country", "home_country", "network", "language", "is_interpreted")
"""Kinds of groups whose names are labels to print unchanged, unlike ids such as ``service_provider``."""


class NotReleased(UsageError):
    """Raised if an analyst asks a view for figures or passages that its audience may not see. The message
    says why, and what to ask for instead.

    >>> try:
    ...     study.view("public").passages()
    ... except NotReleased as refused:
    ...     print(str(refused)[:38])
    Passages are read by the team only. To
    """


# ------------------------------
# The study, opened for analysis: its own tables, and the views of it.


class OpenStudy(Study, TypedTables):
    """A study whose tables are data frames: ``study.responses``, ``study.organisations``, ``study.codings``.

    The tables are complete, so they are for the team only. Filter, merge and group them like any frame;
    DICTIONARY.md in ``processed/`` says what their columns mean. For what another audience may see, ask for a
    view of the study (:meth:`view`).

    >>> study = OpenStudy(Path("data"))
    >>> study.view("publik")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: There is no audience 'publik'; nearest: 'public'.
    """

    def view(self, audience: str = "team", *, country: str | None = None, theme: str | None = None,
             principle: str | None = None, organisation: str | None = None,
             code: str | None = None) -> StudyView:
        """Returns a view of the whole study or of a part of it, as an audience (team, convening or public)
        may see it.

        ``country``, ``theme``, ``principle``, ``organisation`` or ``code`` narrows the view to one country,
        theme, principle, organisation or code. Each takes an id such as ``KHM``; a blank id stands for the
        first country, theme and so on of the study. A view of a code also has the other codes that were given
        to the same turns. Raises UsageError for an unknown name, with the nearest known names.
        """
        view = StudyView(self, audience)
        if country is not None and not view.may("all_figures"):
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
        """Returns what a notebook shows for a study: its title, its raw files, whether it is built, its
        reports."""
        kinds = {f"Raw files: {kind}": len(self.raw_files(kind)) for kind in RAW_KINDS}
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
    """A study as one audience may see it. ``dir(view)`` lists the attributes and methods for analysts."""

    def __dir__(self) -> list[str]:
        return ["audience", "codes", "counts", "countries", "country", "names", "numbers",
                "organisation", "passages", "principle", "questions", "quotations", "study", "theme",
                *(name for _, names in list_declarations("view_names") for name in names)]

    @property
    def questions(self) -> pd.DataFrame:
        """The questions of the page, one row each, in the order of the survey.

        Columns:

        - question_id, wording, type, unit;
        - theme: the name of the question's theme;
        - asked_of: a sentence that says who was asked;
        - base_n: how many organisations or answers are in the base of the question's figures. On a country's
          page, it counts only that country; it is missing if it was not released.

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
        """Returns the counts of a question, one row per option; on a country's page, the counts of that
        country.

        ``by`` is region or another attribute; each option is then counted in every group of that attribute.
        Add-ons allow further groups, such as ``by="wave"``. ``answered`` is the id of another question; each
        option is then counted for every answer to that question, for the team only. Columns:

        - group: only with ``by``;
        - answer: only with ``answered``; base_n is then the number of records with this answer;
        - option, n, base_n and share (0 to 1); n is missing where the count is shown as a range;
        - low, high: the interval, where the sampling allows one; for a count that is shown as a range, the
          smallest and the largest possible share;
        - shown_as: the count as it is printed, such as "18 of 30" or "at most 4 of 30".

        Options are sorted by count; those of a scale keep the order of the scale. If an option or a group has
        no row, its count is not shown to this audience; that never means zero. Raises UsageError for an
        unknown question or a question without options, and NotReleased for a group that this audience may not
        see.

        >>> view.counts("Q4.1", by="region")[["group", "option", "shown_as"]].head(2)
            group           option shown_as
        0  Africa  Case management   5 of 6
        1  Africa      Counselling   5 of 6
        """
        if isinstance(by, str) and (added := map_declared_entries("counted_by").get(by.removesuffix("_id"))):
            if answered:
                raise UsageError(f"`answered` does not work with by={by!r}. To fix: leave out `answered`.")
            add_on, function = added
            return add_on.load(function)(self, question_id)
        if answered and not hasattr(self, "crossed"):
            raise UsageError("No installed add-on counts a question by the answers to another question. "
                             "To fix: leave out `answered`.")
        question = self._question(question_id)
        if question.type not in BY_OPTION:
            fixes = {"number": f"ask view.numbers({question_id!r})", "text": "ask view.quotations()"}
            if self.may("all_figures"):
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
        """The wave that the study's figures describe; blank where the survey has one wave."""
        return study_wave(read_reference_table(self.study, "waves"), self.study.settings["study"]["wave"])

    @cached_property
    def wave_labels(self) -> dict[str, str]:
        """The names of the waves, keyed by their ids, in order; empty where the survey has one wave.

        >>> view.wave_labels
        {}
        """
        rows = read_reference_table(self.study, "waves")
        return dict(zip(rows["wave_id"], rows["label"], strict=True)) if len(rows) > 1 else {}

    def numbers(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """Returns the statistics of a question that asks for a number.

        Columns: statistic (mean, median, standard deviation), value, base_n, shown_as; with ``by``, a leading
        column group. Raises the same errors as :meth:`counts`.

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
        """Returns how many organisations raised each code. There is one row per code, with each code below
        its parent code; with ``by``, one row per code and group. On a country's page, only organisations of
        that country count.

        Columns: code, level, code_id, and these counts of organisations:

        - raised: organisations that raised the code in interviews or answers;
        - asked: organisations that were asked about it in interviews or answers, or that raised it there
          without being asked;
        - share, shown_as: ``raised`` out of ``asked``, as a share and in words;
        - undecided: organisations with a coding of it that is not decided yet (for the team only);
        - contrary: organisations that said the contrary in any text (for the team only);
        - raised_without_guide, interviewed, shown_as_without_guide: the organisations that raised the code in
          interviews without guide questions, the organisations that gave such an interview, and both numbers
          in words;
        - raised_in_calls, undecided_in_calls, present, shown_as_in_calls: the same for calls; ``present`` is
          the organisations that took part in calls.

        Organisations that raised a code in calls or in interviews without a guide are not added to ``raised``
        and ``asked``, because nobody is asked about codes there, so silence does not mean no. These
        organisations are not counted by group. Raises UsageError for an unknown theme, and NotReleased for a
        group that was not released.

        >>> view.codes(theme="services").query("raised >= 20")[["code", "raised", "asked"]]
               code  raised  asked
        0  Services      21     21
        """
        chosen = _known(theme or None, self.themes, "theme") or self.theme
        is_own = bool(self.country) and not by
        kind = "country" if is_own else subset_kind(by)
        figures = self.measured("coded")
        rows = figures[figures["subset_kind"] == kind]
        if is_own:
            rows = rows[rows["subset_id"] == self.country]
        if kind != ALL and rows.empty:
            raise self._not_released(kind)
        book = self.codes_of([self.code]) if self.code else self.code_tree
        book = book[book["theme_id"] == chosen] if chosen else book
        columns = ["subset_id", "code_id", "n", "base_n", "undecided_n", "share"]
        columns += ["band"] * ("band" in rows)
        talks = figures[name_source_if_nobody_asked(figures) != ""]
        talks = (talks if kind == ALL else talks.head(0)).assign(shown_as=format_counts)
        calls, open_talks = (talks[talks["subset_id"] == source].set_index("code_id")
                             for source in (CALL, WITHOUT_GUIDE))
        in_talks_alone = book["code_id"].isin(talks["code_id"]) & ~book["code_id"].isin(rows["code_id"])
        rows = pd.concat([rows[columns], book.loc[in_talks_alone, ["code_id"]].assign(subset_id="")])
        rows = book.merge(rows, on="code_id")
        if by:
            rows = rows.sort_values("subset_id", kind="stable")
        if self.may("all_figures"):  # what has no figure was asked of nobody; of others it may be hidden
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
        """Returns the coded passages, one row per passage and code. Only the team may read them; other
        audiences have :meth:`quotations`.

        Columns:

        - text, translation, language, country, code, date, code_id, segment_id, organisation_id;
        - by: the name of the organisation;
        - cleared: the audience for which the passage may be printed;
        - kind: interview, call or answer;
        - agreement: who marked the words, where coders agree on the code of the turn but not on its words.

        The first passage of each organisation comes before the second passage of any organisation. Raises
        NotReleased for an audience other than the team, and UsageError for an unknown code or theme.

        >>> view.passages(code="outreach")["by"].iloc[0]
        'Farol de Barro (invented)'
        """
        if not self.may("passages"):
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
            "agreement": ["" if is_agreed else note_differently_marked_words(coders)
                          for is_agreed, coders in zip(rows["is_agreed"], rows["marked_by"], strict=True)],
            "organisation_id": rows["organisation_id"].astype("str")}).reset_index(drop=True)

    def quotations(self, *, theme: str = "") -> pd.DataFrame:
        """Returns the quotations that were cleared for this audience, one row each. A country's page has only
        the quotations of named organisations in that country.

        Columns:

        - text, translation, language, country, code;
        - by: "a provider", or the name of an organisation that agreed to be named;
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
        if block_id(QUOTATION_BLOCKS, chosen or self.country) in self.hidden:
            rows = rows[:0]
        if chosen:
            rows = rows.loc[[n for n, ids in rows["theme_ids"].items() if chosen in ids.split(";")]]
        frame = self.quotation_frame(rows)
        if frame.empty and not self.may("passages"):
            frame.attrs["note"] = NO_QUOTATION
        return frame

    def quotation_frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Returns rows of :attr:`quotation_rows` with the columns of :meth:`quotations`."""
        names = self.code_names
        wording = rows["wording"].where(rows["wording"] == "", ", " + rows["wording"])
        return pd.DataFrame({
            "text": rows["text"],
            **tabulate_translations(
                self._translated_words.get(text, UNTRANSLATED) for text in rows["text"]),
            "language": rows["language"], "by": rows["source"] + wording,
            "country": _mapped(rows["source"], self._country_of_label),
            "code": [", ".join(names.get(one, one) for one in codes.split(";") if one)
                     for codes in rows["code_ids"]],
            "cleared": rows["cleared"],
            "quotation_id": rows["text"].map(make_quotation_anchor)}).reset_index(drop=True)

    @property
    def names(self) -> pd.DataFrame:
        """The organisations that this audience may know by name, one row each: organisation_id, name,
        countries.

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
        """The countries of work that this audience may know of, one row each: country_id, country, region.

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
        raise unknown_question_error(question_id, self.question_table["question_id"])

    @cached_property
    def _question_rows(self) -> dict[str, Any]:
        """The rows of :attr:`question_table`, keyed by their ids in small letters."""
        return {row.question_id.casefold(): row for row in tables.iterate_rows(self.question_table)}

    def _asked_of(self, question: Any) -> str:
        """Returns a sentence that says who was asked a question."""
        if question.asked_if:
            return f"Asked of those who {self.words.condition(question.asked_if)}"
        if question.unit == "organisation":
            return f"Asked of every {self.study.unit_name[0]}." if self.says_who_was_asked else ""
        if self.is_one_answer_each:
            return ""
        return "Asked for each country an organisation works in." if self.is_by_country else _EACH_RECORD

    def _released_rows(self, question_id: str, by: str, answered: str = "") -> pd.DataFrame:
        """Returns the figures of a question; raises NotReleased if the audience may see none of them."""
        subset_kind(by)  # a wrong attribute is named before anything is read by it
        name = self._question(question_id).question_id
        is_own = bool(self.country) and not by
        kind = "country" if is_own else by
        rows = self.crossed(name, answered, by=kind) if answered else self.summary(name, by=kind)
        if is_own:
            rows = rows[rows["group"] == self.country_labels[self.country]].drop(columns="group")
        if rows.empty:
            raise self._not_released("country" if is_own else subset_kind(by), name)
        return rows.assign(group=self._group_names(rows["group"], subset_kind(by))) if by else rows

    def refusal(self, question_id: str, *, by: str = "") -> str:
        """Returns the sentence that tells this audience why it sees no figure of a question."""
        return str(self._not_released(subset_kind(by), self._question(question_id).question_id))

    def _not_released(self, kind: str, question_id: str = "") -> NotReleased:
        what = f"question {question_id}" if question_id else "codes"
        if self.may("all_figures"):
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
        is_merged = groups.str.contains(MERGED, regex=False) & self.may("all_figures")
        return names.mask(is_merged, names + _AS_OTHERS_SEE_IT)

    @cached_property
    def _contrary(self) -> dict[str, int]:
        """For each code, how many organisations said the contrary; empty for audiences that must not know
        it."""
        if not self.may("passages"):
            return {}
        rows = self.read("mentions")
        by_code = rows.groupby(["code_id", "organisation_id"], observed=True)["is_contradicted"].any()
        return by_code.groupby("code_id").sum().to_dict()

    @cached_property
    def _translated_words(self) -> Mapping[str, Translation]:
        """The translations of quotations, keyed by the text of the quotation. Empty for audiences that may
        not read passages, because they read only words that were cleared for them."""
        if not self.may("passages"):
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
        """The countries of each organisation that the audience may know by name, keyed by the organisation's
        label."""
        rows = self.names
        return dict(zip(rows["name"], rows["countries"], strict=True))


def open_study(path: str | Path = "") -> OpenStudy:
    """Opens a study for analysis: the folder ``path``, or else the folder in the environment variable
    GLC_STUDY, or else data/ of the repository.

    From then on, a notebook shows frames of counts with bars, and its figures look like those of the pages.
    Raises UsageError if there is no such folder.

    >>> open_study("nowhere")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: There is no study folder nowhere. To fix: name an existing folder ...
    """
    from glc_analysis.tables_html import register_notebook_display

    register_notebook_display()
    return OpenStudy(Study.find(path).root)


def _refuse_unseen_country(name: str, seen: Mapping[str, str]) -> None:
    """Raises UsageError for a country that this audience may not know of, whether or not it is in the
    study."""
    try:
        _known(name, seen, "country")
    except UsageError:
        listed = ", ".join(f"{one!r} ({label})" for one, label in seen.items())
        raise UsageError(f"This audience may not see a country {name!r}"
                         + (f"; it may see {listed}." if listed else ", nor any other.")) from None


def _known(name: str | None, known: Mapping[str, str], kind: str) -> str:
    """Returns the id that ``name`` stands for. A name is a label or an id, in capitals or small letters. The
    result is blank for None, and the first id for a blank name. Raises UsageError with the nearest names for
    an unknown name."""
    if name is None:
        return ""
    if name in known:
        return name
    if not name and known:
        return next(iter(known))
    return resolve_id(name, known, kind)


def _mapped(names: pd.Series, values: Mapping[str, str]) -> list[str]:
    return [values.get(name, "") for name in names]
