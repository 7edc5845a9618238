"""Selects what one audience may see of each table of a study.

A page about one country, theme, principle or organisation gets only the rows about this country, theme,
principle or organisation. The figures are those that :func:`.suppression.select_released_figures` lets the
audience see, with the numbers that the audience may see. The quotations are those that were cleared for the
audience. The rules of :mod:`glc_analysis.disclosure` determine which names and countries are shown. Add-ons
may add further attributes to every view. :mod:`glc_analysis.view.study_view` makes frames for analysts from
these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.coding.exports import list_consensus_quotations as coded_passages
from glc_analysis.disclosure.blocks import LANGUAGE, QUOTATION_BLOCKS, make_block_ids, make_line_ids
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.rules import Rules, check_audience, has_capability
from glc_analysis.disclosure.suppression import select_released_figures
from glc_analysis.errors import Faults, suggest_name
from glc_analysis.figures.estimates import ALL
from glc_analysis.figures.summary import (
    Words,
    make_unknown_question_error,
    map_questions_to_group_figures,
    summarise_each_question,
)
from glc_analysis.manifest import read_built_slice_list
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.slices import map_codes_to_themes
from glc_analysis.study import Study


def _as_tree(codebook: pd.DataFrame) -> pd.DataFrame:
    """Returns the codes with theme_id and depth; each code comes below its parent code."""
    above, order = find_ancestors(codebook), dict(zip(codebook["code_id"], codebook["order"], strict=True))
    places = [[order.get(one, 0) for one in [*reversed(above[code]), code]] for code in codebook["code_id"]]
    themes = codebook["code_id"].map(map_codes_to_themes(codebook)).astype("str").fillna("")
    rows = codebook.assign(theme_id=themes, depth=[len(place) for place in places])
    return rows.iloc[sorted(range(len(rows)), key=places.__getitem__)]


UNNAMED_ORGANISATION = "an organisation"
"""The words that readers see in place of an organisation that they may not know by name."""


class Translation(NamedTuple):
    """The words of a translation, and the way in which it was made: machine, human or checked."""

    text: str
    status: str


UNTRANSLATED = Translation("", "")


def split_translation_text_and_status(translations: Iterable[Translation]) -> dict[str, list[str]]:
    """Returns the translations as two columns, ``translation`` and ``translation_status``.

    >>> split_translation_text_and_status([Translation("Hello", "human"), UNTRANSLATED])
    {'translation': ['Hello', ''], 'translation_status': ['human', '']}
    """
    rows = [*translations]
    return {"translation": [row.text for row in rows], "translation_status": [row.status for row in rows]}


@dataclass(frozen=True)
class VisibleTables:
    """The tables of a study with only what one audience may see.

    If ``country``, ``theme``, ``principle`` or ``code`` is given, the tables have only rows about this
    country, theme, principle or code. If ``organisation`` is given, the tables have only rows of this
    organisation, for the page that this organisation alone receives.
    """

    study: Study
    audience: str = "team"
    country: str = ""
    theme: str = ""
    principle: str = ""
    organisation: str = ""
    code: str = ""

    def __post_init__(self) -> None:
        check_audience(self.audience)

    def __getattr__(self, name: str) -> Any:
        """Returns an attribute that an add-on adds to every view."""
        if name.startswith("_") or hasattr(type(self), name):
            return object.__getattribute__(self, name)  # raises what made the property fail
        for added in load_declared_objects("view"):
            if name in vars(added):
                return vars(added)[name].__get__(self, type(self))
        raise AttributeError(f"A view has no {name!r}; {suggest_name(name, dir(self))}.")

    def has_capability(self, capability: str) -> bool:
        """Whether the audience has a capability, such as reading passages
        (:mod:`glc_analysis.disclosure.rules`)."""
        return has_capability(self.audience, capability)

    def read(self, name: str) -> pd.DataFrame:
        """Returns those rows of the table ``name`` that belong on the page; on an organisation's page, only
        rows of this organisation."""
        return self._read(name).copy(deep=False)

    @cached_property
    def _read(self) -> Callable[[str], pd.DataFrame]:
        """A function that reads a table and keeps it in memory, because several parts of a page use the same
        table."""
        def own(name: str) -> pd.DataFrame:
            frame = tables.read_table(name, study=self.study, country=self.country, theme=self.theme,
                                      code=self.code)
            if name == QUOTATION_BLOCKS:
                frame = frame[~self.are_lines_hidden_individually(name, frame["quote_id"])]
                frame = frame.assign(language=frame["language"].mask(
                    self.are_lines_hidden_individually(LANGUAGE, frame["quote_id"]), ""))
            for added in (added for added in load_declared_objects("blocks") if name in added.rows):
                blocks = make_block_ids(name, frame[added.rows[name]])
                lines = frame[[*added.line[name]]].agg("/".join, axis=1) if len(frame) else blocks
                frame = frame[~blocks.isin([*self.hidden])
                              & ~self.are_lines_hidden_individually(blocks, lines)]
            if self.organisation and "organisation_id" in frame:
                return frame[frame["organisation_id"] == self.organisation].reset_index(drop=True)
            return frame
        return cache(own)

    def are_lines_hidden_individually(self, blocks: pd.Series | str, lines: pd.Series) -> pd.Series:
        """Returns, for each line of text, whether the line is hidden from the audience although its block
        (the entries of one kind on one page) is shown (:mod:`.blocks`, :mod:`.cells`)."""
        return make_line_ids(blocks, lines).isin([*self.hidden])

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The ids of the blocks of text (all entries of one kind on one page) and of the single lines that
        are hidden from the audience (:mod:`.blocks`); empty for the team."""
        if self.has_capability("passages"):
            return frozenset()
        rows = tables.read_table("blocks", study=self.study)
        return frozenset(rows.loc[(rows["audience"] == self.audience) & ~rows["is_shown"], "block_id"])

    @cached_property
    def released(self) -> pd.DataFrame:
        """The figures of the page that its audience may see.

        On a country's page, audiences that do not see all figures get the figures of the country and of the
        whole study, because figures of a region are hardly ever released to these audiences.
        """
        if self.has_capability("all_figures"):
            return select_released_figures(self.read("figures"), audience=self.audience)
        rows = tables.read_table("figures", study=self.study, theme=self.theme)
        if self.country:
            rows = rows[(rows["subset_kind"] == ALL)
                        | (rows["subset_kind"] == "country") & (rows["subset_id"] == self.country)]
        return select_released_figures(rows, audience=self.audience,
                                       decisions=self.read(f"release_{self.audience}"))

    def select_question_figures(self, question_or_measure: str) -> pd.DataFrame:
        """Returns the figures that the audience may see of one question. The argument may also be ``survey``
        (the sizes of the study) or a measure instead of a question_id. The measures are ``coded``,
        ``discordance``, ``quality`` and the measures that add-ons declare."""
        rows, decisions = tables.read_table("figures", study=self.study, question=question_or_measure), None
        if not self.has_capability("all_figures"):
            decisions = tables.read_table(f"release_{self.audience}", study=self.study,
                                          question=question_or_measure)
        return select_released_figures(rows, audience=self.audience, decisions=decisions)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The numbers of organisations, records and so on in the study, keyed by the word for what is
        counted. Numbers that the audience may not know are left out.

        >>> view.sizes["organisations"]
        30
        """
        rows = self.select_question_figures("survey").dropna(subset="n")
        return {name: int(n) for name, n in zip(rows["option_id"], rows["n"], strict=True)}

    @property
    def is_one_answer_each(self) -> bool:
        """Whether every record of the survey is the only record of its respondent, judged by the numbers that
        the audience may know. Every record counts as the only one of its respondent if two conditions hold:
        the survey has as many organisations as records, and it lacks a column for the organisation or a
        column for the country of a record.

        >>> view.is_one_answer_each
        False
        """
        names_both = self.study.settings["survey"]["organisation"] and self.is_by_country
        return not names_both and self.sizes.get("organisations") == self.sizes.get("records")

    @cached_property
    def says_who_was_asked(self) -> bool:
        """Whether the study records for at least one question the condition on which the question was asked
        (asked_if). If the study records no condition, a blank answer can also mean that the question was not
        asked.

        >>> view.says_who_was_asked
        True
        """
        return bool((tables.read_table("questions", study=self.study)["asked_if"] != "").any())

    @property
    def is_by_country(self) -> bool:
        """Whether the survey has a column that names the country of each record.

        >>> view.is_by_country
        True
        """
        return bool(self.study.settings["survey"]["country"])

    @cached_property
    def has_survey(self) -> bool:
        """Whether the study has a survey; a study may consist of interviews alone.

        >>> view.has_survey
        True
        """
        return read_built_slice_list(self.study, "has_survey")

    @cached_property
    def conversation_counts(self) -> dict[str, int]:
        """The numbers of calls and interviews that the audience may know.

        Audiences other than the team see the number of interviews only if enough independent organisations
        gave an interview and enough independent organisations gave none. Audiences other than the team see
        the number of calls only if enough independent organisations took part in calls.

        >>> view.conversation_counts
        {'call': 3, 'interview': 12}
        """
        rows = self.read("documents")
        rows = rows[(rows["translation_of"] == "") & rows["kind"].isin(["call", "interview"])]
        counts = rows.groupby("kind", observed=True)["document_id"].nunique().to_dict()
        if self.has_capability("all_figures"):
            return counts
        networks = self.read("organisations").set_index("organisation_id")["network_id"]
        independent = networks.where(networks != "", networks.index)
        attendance = read_reference_table(self.study, "attendance")
        present = attendance.loc[attendance["is_present"] == "true", "organisation_id"]
        came, gave = (ids.map(independent).nunique() for ids in (present, rows["organisation_id"]))
        least = Rules.from_settings(self.study.settings["disclosure"], self.audience).count
        may_know = {"call": came >= least, "interview": least <= gave <= independent.nunique() - least}
        return {kind: n for kind, n in counts.items() if may_know[kind]}

    def select_quality_figures(self, subject: str) -> pd.DataFrame:
        """Returns the page's figures about the quality of the data. ``subject`` is ``survey``, ``language``,
        ``script`` or a question_id."""
        rows = self.select_measure_figures("quality")
        return rows[rows["question_id"] == subject]

    def select_measure_figures(self, measure: str) -> pd.DataFrame:
        """Returns the page's figures of one measure; :meth:`select_question_figures` names the measures. A
        page about the whole study reads only the figures of this measure, so that the page need not be made
        again when other figures change."""
        return self._measured(measure)

    @cached_property
    def _measured(self) -> Callable[[str], pd.DataFrame]:
        def of(measure: str) -> pd.DataFrame:
            if self.country or self.theme or self.code or "released" in self.__dict__:
                return self.released[self.released["measure"] == measure]
            return self.select_question_figures(measure)
        return cache(of)

    @cached_property
    def question_table(self) -> pd.DataFrame:
        """The rows of table ``questions``, in the survey's order; on a theme's page, only the questions of
        this theme. If the study has no survey, there are no rows, because the questions of such a study are
        those of an interview guide."""
        rows = tables.read_table("questions", study=self.study).sort_values("order")
        rows = rows if self.has_survey else rows[:0]
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    @cached_property
    def code_list(self) -> pd.DataFrame:
        """One row per code, in the order of codebook.csv. Definitions are left out; :meth:`find_definition`
        returns them. A theme's page gets only the theme and the codes above and below it."""
        rows = self.read("codebook") if self.theme else tables.read_codebook_without_definitions(self.study)
        return rows.sort_values("order")

    @cached_property
    def code_tree(self) -> pd.DataFrame:
        """The codes of the page with theme_id and depth; each code comes below its parent code."""
        rows = _as_tree(self.code_list)
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    def select_codes_with_ancestors(self, codes: Iterable[str]) -> pd.DataFrame:
        """Returns the given ``codes`` and all codes above them, one row each, with the columns and the order
        of :attr:`code_tree`. A page that shows only a few codes calls this method, so that the page need not
        be made again when other codes change."""
        return _as_tree(tables.read_codebook_without_definitions(self.study, sorted({*map(str, codes)})))

    def find_definition(self, code: str) -> str:
        """Returns the definition of a code; blank for an unknown code."""
        rows = tables.read_table("codebook", study=self.study, code=code)
        return "".join(rows.loc[rows["code_id"] == code, "definition"])

    @cached_property
    def code_names(self) -> Mapping[str, str]:
        """The names of all codes, keyed by code_id, in the order of the codebook."""
        return tables.CodeNames(self.study)

    @cached_property
    def options(self) -> pd.DataFrame:
        """The options of all lists, with one row per option."""
        return tables.read_table("options", study=self.study)

    @cached_property
    def country_table(self) -> pd.DataFrame:
        """The rows of table ``countries``; on a country's page, only the row of this country."""
        return self.read("countries")

    @cached_property
    def visible_countries(self) -> set[str]:
        """The ids of the work countries that the audience may know."""
        return set(read_built_slice_list(self.study, "shown")[self.audience])

    @cached_property
    def organisation_names(self) -> dict[str, str]:
        """The names of the page's organisations, keyed by organisation_id. Organisations that the audience
        may not know by name are left out."""
        known = self.labels
        if self.has_capability("organisation_details"):
            return known
        consent = Consent.from_table(read_reference_table(self.study, "consent"))
        agreed = consent.find_organisations("name", self.audience)
        return {one: label for one, label in known.items() if one in agreed}

    def replace_organisation_ids_with_names(self, ids: pd.Series) -> pd.Series:
        """Returns ``ids`` with the names of organisations in place of their ids. An organisation that the
        audience may not know by name, or that voted but answered nothing, becomes "an organisation". Values
        that are not ids of organisations stay unchanged."""
        known = {*self.labels}
        with suppress(Faults):  # a round can be closed while the register has faults; pages cannot be made
            known |= {*read_reference_table(self.study, "organisations")["organisation_id"]}
        unnamed = dict.fromkeys(known, UNNAMED_ORGANISATION)
        return ids.map(lambda organisation: self.organisation_names.get(
            organisation, unnamed.get(organisation, organisation)))

    @cached_property
    def work_countries(self) -> dict[str, str]:
        """The names of the work countries that the audience may know, keyed by country_id and sorted by
        name."""
        listed = read_built_slice_list(self.study, "countries")
        return {one["id"]: one["label"] for one in listed if one["id"] in self.visible_countries}

    @cached_property
    def themes(self) -> dict[str, str]:
        """The names of the themes, keyed by theme_id, in the order of the codebook."""
        return {one["id"]: one["label"] for one in read_built_slice_list(self.study, "themes")}

    @cached_property
    def country_labels(self) -> dict[str, str]:
        """The labels of all countries, keyed by country_id."""
        rows = self.options[self.options["option_list"] == COUNTRY_LIST]
        return dict(zip(rows["option_id"], rows["label"], strict=True))

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels of the page's organisations, keyed by organisation_id."""
        rows = self.read("organisations")
        return dict(zip(rows["organisation_id"], rows["label"], strict=True))

    @cached_property
    def words(self) -> Words:
        """The names of the study's questions, options and codes, which are needed to write figures and
        conditions in words."""
        questions, options = (tables.read_table(name, study=self.study) for name in ("questions", "options"))
        return Words.from_tables(questions, options, self.code_names, self.study.unit_name[1])

    @cached_property
    def quotation_rows(self) -> pd.DataFrame:
        """The rows of table ``quotations`` that the audience may read; Column ``cleared`` names the audiences
        for which the quotation was cleared. The team gets one row for quotations with the same text. A
        country's page has only quotations of named organisations in that country."""
        rows = self.read("quotations")
        if self.has_capability("passages"):
            cleared = rows.groupby("text")["audience"].agg(lambda names: ", ".join(sorted(names)))
            rows = rows.drop_duplicates("text").assign(cleared=lambda f: f["text"].map(cleared))
        else:
            rows = rows[rows["audience"] == self.audience].assign(cleared=self.audience)
        return rows[rows["source"].isin([*self.labels.values()])] if self.country else rows

    @cached_property
    def coded_passages(self) -> pd.DataFrame:
        """One row per passage and code on which the coders agreed, with theme_id, role, translation,
        translation_status and the columns of :func:`.exports.list_consensus_quotations`. The rows begin with
        the first passage of each organisation on each code; the second passages follow, and so on. The first
        passages, and likewise the second passages, are sorted by source, then by date."""
        # An answer to a question of another theme may have words on this theme.
        segments, documents = (tables.read_table(name, study=self.study, country=self.country)
                               for name in ("segments", "documents"))
        codings = self.read("codings")
        book = self.select_codes_with_ancestors(codings["code_id"].unique())
        rows = coded_passages(codings, segments, documents, self.read("organisations"), book)
        sources = ["answer", "interview", "call"]
        rows = rows.merge(segments[["segment_id", "role"]], on="segment_id").assign(
            theme_id=rows["code_id"].map(map_codes_to_themes(book)).fillna(""),
            **self.make_translation_columns(rows["segment_id"]), rank=rows["kind"].map(sources.index),
            is_open=~rows["is_agreed"]).sort_values(
                ["rank", "date", "document_id", "is_open"], kind="stable")
        rows = rows.astype({"quote": "str", "translation": "str"})
        nth = rows.groupby(["code_id", "organisation_id"]).cumcount()
        return rows.loc[nth.sort_values(kind="stable").index]

    def summarise_question(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """Returns the figures of one question in the form in which ``glc summary`` prints them; raises
        UsageError for an unknown question.

        A page about the whole study reads only the figures of this question, unless the page has already read
        all figures. So a page that shows one question need not be made again when the figures of another
        question change.
        """
        asked = self.question_table
        if question_id not in {*asked["question_id"]}:
            raise make_unknown_question_error(question_id, asked["question_id"])
        if self.country or self.theme or "released" in vars(self):
            return self._summaries(by)[question_id]
        figures, own = self.select_question_figures(question_id), asked[asked["question_id"] == question_id]
        return summarise_each_question(figures, own, self.options, self.country_table, by=by)[question_id]

    @cached_property
    def figures_of_group(self) -> Callable[[str, str], dict[str, list[Any]]]:
        """A function that takes the attribute by which figures are grouped (blank for the figures of the
        whole study) and a group, and returns the figures of all questions in this group, keyed by
        question_id."""
        return cache(lambda by, group: map_questions_to_group_figures(
            self.released, self.question_table, self.options, self.country_table, group, by=by))

    @cached_property
    def _summaries(self) -> Callable[[str], dict[str, pd.DataFrame]]:
        """A function that takes the attribute by which figures are grouped, and returns the figures of all
        questions of the page."""
        return cache(lambda by: summarise_each_question(self.released, self.question_table, self.options,
                                                        self.country_table, by=by))

    @cached_property
    def translations(self) -> Mapping[str, Translation]:
        """The English translation of each segment (a turn or an open answer), keyed by the segment's id."""
        turns, answers = (tables.read_table(name, study=self.study, country=self.country)
                          for name in ("segments", "answer_translations"))
        turns = turns[turns["translation_of"] != ""].drop(columns="segment_id").rename(
            columns={"translation_of": "segment_id", "translation_status": "status"})
        columns = ["segment_id", "text", "status"]
        rows = pd.concat([turns[columns], answers.loc[answers["language"] == "en", columns]])
        return {segment: Translation(*of) for segment, *of in rows.itertuples(index=False)}

    def make_translation_columns(self, segments: Iterable[str]) -> dict[str, list[str]]:
        """Returns the columns translation and translation_status (machine, human or checked) for the given
        segments; both columns are blank for a segment without a translation."""
        return split_translation_text_and_status(self.translations.get(segment, UNTRANSLATED)
                                                 for segment in segments)
