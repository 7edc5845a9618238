"""Provides the tables of summaries, comparisons and memos that a view offers to the team. Other readers get
none of these tables, because a row of a table describes a single organisation."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache, cached_property

import pandas as pd

from glc_analysis.addons.crosstabs import code_counts as counting
from glc_analysis.addons.crosstabs.view import name_groups
from glc_analysis.addons.reading.checks import SUBJECTS
from glc_analysis.addons.reading.matrix import (
    MATRIX_COLUMNS,
    NOT_ASKED,
    make_matrix_cells,
    select_passages_of_cells,
)
from glc_analysis.coding.codebook import find_ancestors
from glc_analysis.coding.exports import add_organisations_outside_survey
from glc_analysis.errors import UsageError, resolve_id, suggest_name
from glc_analysis.figures.summary import resolve_subset_kind
from glc_analysis.reference import read_reference_table
from glc_analysis.view.study_view import NotReleased, StudyView

MEMO_COLUMNS = ["about", "about_id", "kind", "text", "by", "date", "place"]
_CODERS_MEMOS = {"source": "document", "coding": "passage", "code": "code", "project": "study"}
"""The subject of a memo from a coding program, keyed by the word for the subject in table ``memos``."""


class ReadingView(StudyView):
    """The methods that return the matrix, the comparisons and the memos. Every view (the tables of a study as
    one audience may see them) has these methods; ``self`` is the view."""

    def matrix(self, *, theme: str = "", by: str = "organisation", case: str = "") -> pd.DataFrame:
        """Returns the framework matrix, with one row per case and theme. If ``theme`` is given, there is one
        row per case and code of the theme instead; the row about the theme itself comes first.

        The columns are case_id, case, code_id, code, state, summary, written_by, written_on, passages (their
        number), segment_ids (of these passages, joined by ;) and passages_version. ``by`` says which cases
        the rows are about: organisations, countries, or groups that share another attribute. ``case`` selects
        one case.

        The column state is one of:

        - summarised: the summary is up to date;
        - stale: the passages have changed since the summary was written;
        - to be written anew: words in the summary were withdrawn;
        - not summarised: no summary is written;
        - undecided: the coders have not decided whether the case raised the code;
        - asked, nothing: the case was asked about the code and did not raise it;
        - not asked: the case was not asked about the code and did not raise it.

        Only the team gets the matrix. Raises UsageError for an unknown theme, attribute or case, and
        NotReleased for another audience.

        >>> rows = view.matrix(theme="needs", by="resource_level")
        >>> rows.drop_duplicates("case")["case"].tolist()
        ['high', 'low', 'middle']
        """
        _refuse_others(self, "Summaries")
        book, kind = self.code_tree, resolve_subset_kind(by, more=[counting.EACH_ORGANISATION])
        chosen = resolve_id(theme, self.themes, "theme") if theme else self.theme
        return _make_matrix(self, kind, case,
                            book[book["theme_id"] == chosen] if chosen else book[book["level"] == "theme"])

    def case_matrix(self, organisation_id: str) -> pd.DataFrame:
        """Returns the rows of :meth:`matrix` about one organisation and all codes of all themes, theme by
        theme.

        >>> view.case_matrix("river-mat")["code_id"].head(2).tolist()
        ['identification', 'ways-in']
        """
        _refuse_others(self, "Summaries")
        book = self.code_tree
        codes = book[book["theme_id"].isin([*self.themes])]
        order = codes["theme_id"].map({theme: n for n, theme in enumerate(self.themes)})
        return _make_matrix(self, counting.EACH_ORGANISATION, organisation_id,
                            codes.loc[order.sort_values(kind="stable").index])

    def list_organisations_of_cases(self, kind: str) -> pd.DataFrame:
        """Returns the organisations of each case (organisation_id, group). ``kind`` is one of the attributes
        that ``matrix(by=...)`` takes."""
        return self.organisations_of_cases_by_kind(kind).copy(deep=False)

    @cached_property
    def organisations_of_cases_by_kind(self) -> Callable[[str], pd.DataFrame]:
        """A function that returns the frame of :meth:`list_organisations_of_cases` for a kind. The frame is
        made once and kept, because several parts of a page use the same cases."""
        mentions = self.read("mentions")
        organisations = add_organisations_outside_survey(self.read("organisations"), mentions,
                                                         read_reference_table(self.study, "organisations"))

        def of(kind: str) -> pd.DataFrame:
            rows = counting.group_organisations_by_kind(kind, organisations, self.read("answers"))
            rows = rows.astype("str")
            return rows[rows["organisation_id"].isin(mentions["organisation_id"]) & (rows["group"] != "")]
        return cache(of)

    def name_cases(self, kind: str, ids: Collection[str]) -> dict[str, str]:
        """Returns the names of cases, keyed by id and sorted by name."""
        listed = pd.Series(sorted({*ids}), dtype="str")
        register = read_reference_table(self.study, "organisations")
        labels = dict(zip(register["organisation_id"], register["label"], strict=True)) | self.labels
        names = name_groups(listed, kind, self.country_labels, labels).astype("str").str.replace("_", " ")
        return dict(sorted(zip(listed, names, strict=True), key=lambda pair: (pair[1].casefold(), pair[0])))

    def select_cell_passages(self, kind: str, codes: Collection[str]) -> pd.DataFrame:
        """Returns the coded passages of each cell of a matrix: the rows of ``coded_passages`` with a further
        column case_id, and with the code of the cell as code_id."""
        passages, above = self.passages_and_codes_above
        return select_passages_of_cells(passages, self.list_organisations_of_cases(kind), above, {*codes})

    @cached_property
    def passages_and_codes_above(self) -> tuple[pd.DataFrame, dict[str, list[str]]]:
        """The rows of ``coded_passages`` with ids as text, and the codes above each code of these rows."""
        rows = self.coded_passages.astype({"organisation_id": "str", "code_id": "str"})
        return rows, find_ancestors(self.select_codes_with_ancestors(rows["code_id"]))

    def comparison(self, *, theme: str = "", by: str = "resource_level") -> pd.DataFrame:
        """Returns which groups raised each code of a theme. There is one row for each code and each group in
        which an organisation was asked about the code or raised it. Columns:

        - code_id, code, group_id, group;
        - raised, asked, undecided: in interviews and answers, the numbers of organisations that raised the
          code, that were asked about it, and for which it is undecided whether they raised it;
        - differs: whether two groups differ on the code. One of the groups must have passages on the code.
          The other group must have no passages on the code, and no organisation that raised the code or for
          which this is undecided;
        - passages: the number of passages of the group on the code.

        Only the team gets the comparison. Raises UsageError and NotReleased as :meth:`matrix` does.

        >>> rows = view.comparison(theme="needs", by="resource_level")
        >>> bool(rows["raised"].le(rows["asked"]).all())
        True
        """
        _refuse_others(self, "Passages side by side")
        kind = resolve_subset_kind(by, more=[counting.EACH_ORGANISATION])
        chosen = resolve_id(theme, self.themes, "theme") if theme else self.theme
        book = self.code_tree
        codes = book[(book["theme_id"] == chosen) & (book["level"] == "code")]
        counts = counting.count_organisations_raising_codes(
            self.read("mentions"), self.list_organisations_of_cases(kind).assign(answer=""))
        counts = counts[counts["code_id"].isin(codes["code_id"]) & (counts["asked"] > 0)]
        behind = self.select_cell_passages(kind, codes["code_id"]).groupby(["code_id", "case_id"]).size()
        rows = counts.rename(columns={"group": "group_id"})
        rows = rows[["code_id", "group_id", "raised", "asked", "undecided"]].assign(
            passages=[int(behind.get(cell, 0)) for cell in zip(rows["code_id"], rows["group_id"],
                                                               strict=True)])
        is_no = rows[["raised", "undecided", "passages"]].eq(0).all(axis=1)
        some = (rows["passages"] > 0).groupby(rows["code_id"]).transform("any")
        rows["differs"] = some & is_no.groupby(rows["code_id"]).transform("any")
        names = self.name_cases(kind, rows["group_id"])
        order, place = {code: n for n, code in enumerate(codes["code_id"])}, {one: n for n, one in
                                                                               enumerate(names)}
        rows = rows.assign(code=rows["code_id"].map(dict(zip(codes["code_id"], codes["name"], strict=True))),
                           group=rows["group_id"].map(names), at=rows["code_id"].map(order),
                           then=rows["group_id"].map(place)).sort_values(["at", "then"])
        return rows[["code_id", "code", "group_id", "group", "raised", "asked", "undecided", "differs",
                     "passages"]].reset_index(drop=True)

    def team_memos(self, about: str = "", about_id: str = "") -> pd.DataFrame:
        """Returns the memos of the team on the study, a document, a code, an organisation or a passage; the
        newest memo comes first.

        - about, about_id: the subject of the memo;
        - kind: theory, method or case; blank in memos of coding programs;
        - text, by, date;
        - place: document:start-end, for a passage.

        ``about`` and ``about_id`` select memos; the memos on a document include the memos on its passages.
        Only the team gets memos. Raises UsageError for an unknown subject, and NotReleased for another
        audience.

        >>> view.team_memos("code", "one-worker")["kind"].tolist()
        ['theory']
        """
        _refuse_others(self, "Memos")
        if about not in ("", "passage", "study", *SUBJECTS):
            known = suggest_name(about, ("study", "passage", *SUBJECTS))
            raise UsageError(f"There are no memos on a {about!r}; {known}.")
        own = read_reference_table(self.study, "analytic_memos").assign(place="")
        others = self.read("memos")
        place = others["attached_to"].where(others["attached_kind"] == "coding", "")
        document = place.str.replace(r":[^:]*$", "", regex=True)
        others = pd.DataFrame({
            "about": others["attached_kind"].map(_CODERS_MEMOS), "kind": "", "text": others["text"],
            "about_id": others["attached_to"].where(place == "", document),
            "by": others["author_id"], "date": others["date"].str[:10], "place": place})
        rows = pd.concat([own[MEMO_COLUMNS], others[MEMO_COLUMNS]], ignore_index=True).astype("str")
        if about:
            kinds = [about, "passage"] if about == "document" else [about]
            rows = rows[rows["about"].isin(kinds)]
        rows = rows[rows["about_id"] == about_id] if about_id else rows
        if about_id and rows.empty:
            ids = {one: "" for name, (table, column) in SUBJECTS.items() if about in ("", "passage", name)
                   for one in self.read(table)[column]}
            resolve_id(about_id, ids, about or "subject of a memo")
        return rows.sort_values(["date", "about", "about_id", "text"], ascending=[False, True, True, True],
                                ignore_index=True)


def _make_matrix(view: ReadingView, kind: str, case: str, codes: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of :meth:`ReadingView.matrix` about the cases of a ``kind`` and the given ``codes``
    (rows of the codebook). If ``case`` is given, only the rows about this case are made."""
    summaries = read_reference_table(view.study, "summaries")
    summaries = summaries[(summaries["attribute"] == kind) & summaries["code_id"].isin(codes["code_id"])]
    members = view.list_organisations_of_cases(kind)
    cases = view.name_cases(kind, {*members["group"], *summaries["case_id"]})
    if case:
        chosen = resolve_id(case, cases, "case")
        cases = {chosen: cases[chosen]}
        members, summaries = members[members["group"] == chosen], summaries[summaries["case_id"] == chosen]
    passages, above = view.passages_and_codes_above
    mentions = view.read("mentions")
    cells = make_matrix_cells(select_passages_of_cells(passages, members, above, {*codes["code_id"]}),
                              mentions[mentions["code_id"].isin(codes["code_id"])], members, summaries)
    if not case:
        known = {*cells["case_id"]}
        cases = {one: name for one, name in cases.items() if one in known}
    every = pd.MultiIndex.from_product([cases, codes["code_id"]], names=["case_id", "code_id"])
    frame = cells.set_index(["case_id", "code_id"]).reindex(every).reset_index()
    frame["state"] = frame["state"].fillna(NOT_ASKED)
    frame["passages"] = frame["passages"].fillna(0).astype(int)
    names = dict(zip(codes["code_id"], codes["name"], strict=True))
    frame = frame.assign(case=frame["case_id"].map(cases), code=frame["code_id"].map(names))
    return frame[MATRIX_COLUMNS].fillna("")


def _refuse_others(view: StudyView, what: str) -> None:
    if not view.has_capability("passages"):
        raise NotReleased(f"{what} are read by the team only. To fix: ask view.quotations(), which has the "
                          "passages that were cleared for this audience.")
