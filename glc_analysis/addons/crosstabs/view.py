"""Adds to every view the figures of a question by another question, and counts of codes by group. Only the
team gets these figures and counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.crosstabs.code_counts import (
    EACH_ORGANISATION,
    count_organisations_raising_codes,
    divide_organisation_groups_by_answer,
    group_organisations_by_kind,
)
from glc_analysis.addons.crosstabs.crossed import make_unsuppressed_crossed_figures
from glc_analysis.cleaning.countries import country_name
from glc_analysis.coding.exports import add_organisations_outside_survey
from glc_analysis.errors import UsageError
from glc_analysis.figures.estimates import BY_OPTION, CleanTables
from glc_analysis.figures.summary import resolve_subset_kind, summarise_each_question
from glc_analysis.reference import read_reference_table
from glc_analysis.view.study_view import NotReleased, StudyView

_CODE_COUNT_COLUMNS = ["code", "level", "raised", "undecided", "asked", "share", "raised_without_guide",
               "undecided_without_guide", "interviewed", "raised_in_calls", "undecided_in_calls", "present",
               "code_id"]


class CrosstabsView(StudyView):
    """The methods that return these figures and counts. Every view (the tables of a study as one audience may
    see them) has these methods; ``self`` is the view."""

    def crossed(self, question_id: str, answered: str, *, by: str = "") -> pd.DataFrame:
        """Returns the figures of a question by the answers to another question, as ``glc summary --with``
        prints them. Column ``answer`` precedes the columns of :meth:`summary`. Only the team gets the
        figures.

        Raises UsageError for an unknown question, and if the other question has no options. Raises
        NotReleased for another audience.
        """
        question, other = self._question(question_id), self._question(answered)
        if not self.has_capability("all_figures"):
            raise NotReleased("Counts of a question by the answers to another question are for the team "
                              "only, because they could reveal what a single organisation answered. To fix: "
                              "count the question alone, or by an attribute such as region.")
        _refuse_without_options(other, "count by")
        if question.question_id == other.question_id:
            raise UsageError(f"Question {question.question_id} cannot be counted by its own answers. To fix: "
                             "name another question with options.")
        kind = resolve_subset_kind(by)
        data = CleanTables(**{name: tables.read_table(name, study=self.study) for name in (
            "questions", "options", "organisations", "answers", "responses", "selections")})
        figures = make_unsuppressed_crossed_figures(data, self.study, question.question_id, other.question_id,
                                                    kind=kind)
        labels = _option_labels(self, other)
        name = question.question_id
        asked = data.questions[data.questions["question_id"] == name]
        parts = [summarise_each_question(rows, asked, self.options, self.country_table, by=by)[name].assign(
                     answer=labels.get(option, option))
                 for option, rows in figures.groupby("answer", sort=False)]
        if not parts:
            return self.summarise_question(question.question_id, by=by).head(0).assign(answer="")
        rows = pd.concat(parts, ignore_index=True)
        leading = ["question", *["group"] * bool(by), "answer"]
        if by:
            rows = rows.sort_values("group", kind="stable", ignore_index=True)
        return rows[[*leading, *(name for name in rows if name not in leading)]]

    def code_counts(self, *, by: str = "", answered: str = "") -> pd.DataFrame:
        """Returns how many organisations raised each code, one row per group, answer and code, in the order
        of the codebook.

        Groups are made ``by`` country, organisation or an attribute; ``answered`` is a question whose options
        divide the groups further. The columns are group (with ``by``), answer (with ``answered``), code,
        level and code_id, and these counts of organisations:

        - in interviews and answers: raised, undecided, asked (organisations that were asked about the code or
          raised it unasked), share (raised divided by asked);
        - in interviews without guide questions: raised_without_guide, undecided_without_guide, interviewed;
        - in calls: raised_in_calls, undecided_in_calls, present (organisations in calls in which the code
          could have come up).

        The columns "undecided" count organisations for which it is undecided whether they raised the code.
        Counts from these three kinds of sources are never added up. Only the team may see the counts, because
        a group may be a single organisation; other audiences have :meth:`codes`. Raises UsageError for an
        unknown attribute or question, NotReleased for another audience.

        >>> rows = view.code_counts(by="country").query("code_id == 'needs'").head(2)
        >>> rows[["group", "raised", "asked", "raised_in_calls", "present"]].values.tolist()
        [['Argentina', 1, 1, 0, 1], ['Australia', 0, 1, 0, 1]]
        """
        kind = resolve_subset_kind(by, more=[EACH_ORGANISATION])
        if not self.has_capability("all_figures"):
            raise NotReleased("Counts of codes by the answers to a question, or in groups that may be single "
                              "organisations, are for the team only. To fix: count the codes alone, or by an "
                              "attribute such as region.")
        mentions, answers = self.read("mentions"), self.read("answers")
        organisations = add_organisations_outside_survey(self.read("organisations"), mentions,
                                                         read_reference_table(self.study, "organisations"))
        if answered:
            question = self._question(answered)
            _refuse_without_options(question, "count codes by")
            members = divide_organisation_groups_by_answer(
                kind, pd.Series(question._asdict()), organisations, answers, self.read("responses"),
                self.read("selections"))
        else:
            members = group_organisations_by_kind(kind, organisations, answers).assign(answer="")
        rows = count_organisations_raising_codes(mentions, members)
        book = self.code_tree.assign(place=range(len(self.code_tree)))
        rows = rows.merge(book[["code_id", "name", "level", "place"]], on="code_id")
        rows = rows.rename(columns={"name": "code"})
        labels = dict(zip(organisations["organisation_id"], organisations["label"], strict=True))
        rows["group"] = name_groups(rows["group"], kind, self.country_labels, labels)
        leading = ["group"] * bool(by)
        if answered:
            labels = _option_labels(self, question)
            order = {option: n for n, option in enumerate(labels)}
            rows = rows.assign(at=rows["answer"].map(order), answer=rows["answer"].map(labels))
            leading = [*leading, "answer"]
        else:
            rows["at"] = 0
        rows = rows.sort_values(["group", "at", "place"], kind="stable")
        return rows[[*leading, *_CODE_COUNT_COLUMNS]].reset_index(drop=True)


def name_groups(groups: pd.Series, kind: str, countries: Mapping[str, str],
                organisations: Mapping[str, str]) -> pd.Series:
    """Returns the printed names of groups; the printed name of a country or organisation is its label."""
    if kind in ("country", "home_country"):
        return groups.map(lambda group: countries.get(group) or country_name(group))
    return groups.map(organisations).fillna(groups) if kind == EACH_ORGANISATION else groups


def _refuse_without_options(question: Any, what: str) -> None:
    if question.type not in BY_OPTION:
        raise UsageError(f"Question {question.question_id} has no options to {what}: its type is "
                         f"{question.type}. To fix: name a question with options.")


def _option_labels(view: StudyView, question: Any) -> dict[str, str]:
    """Returns the labels of a question's options, keyed by option id, in the order of the options."""
    rows = view.options[view.options["option_list"] == question.option_list].sort_values("position")
    return dict(zip(rows["option_id"].astype("str"), rows["label"].astype("str"), strict=True))
