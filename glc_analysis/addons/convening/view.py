"""Selects what one audience may see of the convening: principles, votes and signatures.

The attributes of :class:`ConveningView` are available on every view of a study
(:class:`glc_analysis.view.visible_tables.VisibleTables`). The functions below the class select the rows of
each table that are written into the folder of a page (:mod:`glc_analysis.view.reader_study`).
"""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.checks import find_cited_wave_unless_current
from glc_analysis.addons.convening.settings import PANELS
from glc_analysis.addons.convening.translations import drop_unreadable_translations
from glc_analysis.addons.convening.votes import (
    LARGEST_UNDISCLOSED,
    blank_undisclosed_tallies_and_describe_votes,
    describe_exact_votes,
    fill_missing_role_counts_with_zero,
    read_tertile_counts,
    select_fully_disclosed_panels,
    select_latest_readable_principles,
    split_disclosed_signatures,
)
from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
from glc_analysis.disclosure.blocks import make_block_id, make_block_ids
from glc_analysis.errors import resolve_id
from glc_analysis.reference import read_reference_table
from glc_analysis.view.reader_study import Reader
from glc_analysis.view.visible_tables import VisibleTables

_VOTES = ["principle_id", "principle", "round", "panel", "criterion", "n", "high", "middle", "low", "median",
         "shown_as"]


class ConveningView(VisibleTables):
    """The attributes that the convening adds to a view of a study (its tables as one audience may see them);
    ``self`` is the view."""

    @property
    def principles(self) -> pd.DataFrame:
        """Returns the principles in their latest text, one row each: principle_id, printed_id, short_name,
        statement, rationale, indicator, status, theme, language. The public reads only agreed principles.

        >>> view.principles["status"].value_counts().to_dict()
        {'agreed': 14, 'set aside': 2}
        """
        rows = self.principle_rows
        names = [", ".join(self.themes.get(one, one) for one in ids.split(";") if one)
                 for ids in rows["theme_ids"]]
        columns = ["principle_id", "printed_id", "short_name", "statement", "rationale", "indicator"]
        return rows[columns].assign(status=rows["status"].str.replace("_", " "), theme=names,
                                    language=rows["language"]).reset_index(drop=True)

    def votes(self, round: str | int = "") -> pd.DataFrame:
        """Returns the votes of closed rounds that may be disclosed, one row per principle, panel and
        criterion, for one ``round`` or for all rounds.

        Columns: principle_id, principle, round, panel, criterion, n, high (7 to 9), middle, low, median,
        shown_as. Audiences outside the team see only counts from which no single vote can be inferred, and
        only for panels of four or more. The public sees only the last round on each principle, without the
        votes of observers. Raises UsageError for an unknown round.

        >>> view.votes(round=2).query("criterion == 'importance'")["shown_as"].iloc[0]
        '10 of 10 high'
        """
        rows = self.tallies
        known = {one: one for one in rows["round_id"]}
        if round:
            rows = rows[rows["round_id"] == resolve_id(str(round), known, "closed round")]
        names = dict(zip(self.principles["principle_id"], self.principles["short_name"], strict=True))
        counted = {name: rows[column] for name, column in (
            ("high", "votes_high"), ("middle", "votes_mid"), ("low", "votes_low"), ("median", "median"))}
        return pd.DataFrame({
            "principle_id": rows["principle_id"], "principle": rows["principle_id"].map(names).fillna(""),
            "round": rows["round_id"], "panel": rows["panel"].map(PANELS), "criterion": rows["criterion"],
            "n": rows["n"], **counted, "shown_as": rows["votes"]})[_VOTES].reset_index(drop=True)

    @cached_property
    def principle_rows(self) -> pd.DataFrame:
        """Returns rows of table ``principles``: the latest text of each principle that the audience may read.
        On the page of one principle, returns only the text of that principle."""
        rows = select_latest_readable_principles(self.read("principles"), self.audience)
        return rows[rows["principle_id"] == self.principle] if self.principle else rows

    @cached_property
    def principle_names(self) -> dict[str, str]:
        """Returns the short names of the page's principles that the audience may read, keyed by id."""
        rows = self.principle_rows
        return dict(zip(rows["principle_id"], rows["short_name"], strict=True))

    def select_signatures(self, principle_id: str) -> tuple[pd.DataFrame, dict[str, int]]:
        """Returns the signatures under a principle that the audience may read. Also returns, by decision, the
        number of organisations whose names the audience may not know. The numbers are left out if they could
        disclose how one of the unnamed organisations decided.

        Decisions on an earlier version of the text are left out. Columns: organisation_id, name (blank if the
        audience may not know it), decision (blank if the audience may not know it), reservation. An
        organisation is named only if the organisation agreed to be named on the signing sheet and also in its
        recorded consent.

        >>> view.select_signatures("P03")[0]["decision"].value_counts().to_dict()
        {'endorse': 9, 'do_not_endorse': 1}
        """
        everybody = self.read("signoffs")
        is_text = everybody["principle_id"] == principle_id
        rows, nameless = everybody[is_text & (everybody["version"] == _version(self, principle_id))], {}
        names = rows["organisation_id"].map(self.organisation_names).fillna("")
        rows = rows.assign(name=names)
        if not self.has_capability("signatures"):
            rows = rows.assign(is_named=rows["is_named"] & (names != ""))
            asked = {*everybody["organisation_id"], *self.eligible_raters["organisation_id"]} - {""}
            rows, nameless = split_disclosed_signatures(rows, len(asked) - int(rows["is_named"].sum()))
            if make_block_id("signatures", principle_id) in self.hidden:
                rows, nameless = rows[rows["is_named"]], {}
            rows = rows.assign(**{column: rows[column].where(rows["is_named"], "")
                                  for column in ("organisation_id", "name")})
        return rows[["organisation_id", "name", "decision", "reservation"]].reset_index(drop=True), nameless

    def is_only_earlier_text_signed(self, principle_id: str) -> bool:
        """Whether the current text of a principle is still a candidate, and organisations have signed only
        earlier texts of the principle."""
        rows = self.read("signoffs")
        versions = {*rows.loc[rows["principle_id"] == principle_id, "version"]}
        status = self.principle_rows.set_index("principle_id")["status"].get(principle_id, "")
        return status == "candidate" and bool(versions) and _version(self, principle_id) not in versions

    @cached_property
    def eligible_raters(self) -> pd.DataFrame:
        """Returns the rows of raters.csv for raters who may rate."""
        rows = read_reference_table(self.study, "raters")
        return rows[rows["may_rate"] == "true"]

    @cached_property
    def fully_disclosed_panels(self) -> set[str]:
        """Returns the panels in which all members agreed to the disclosure of every count."""
        return select_fully_disclosed_panels(self.eligible_raters)

    @cached_property
    def panel_sizes(self) -> dict[str, int]:
        """Returns the number of raters in each panel, which is the largest number of raters that the panel
        had in any closed round."""
        sizes = self.read("tallies").groupby("panel")["n_expected"].max()
        return {PANELS[panel]: int(sizes[panel]) for panel in PANELS if panel in sizes}

    @cached_property
    def tallies(self) -> pd.DataFrame:
        """Returns rows of table ``tallies`` (closed rounds) that the audience may see. Two columns are added:
        ``votes`` has the number of high votes in words, and ``said`` has all disclosed votes in words
        (:mod:`.votes`).

        Panels with one or two votes are never shown, and panels with three votes only to the team. The public
        sees only the last round on each principle, without the votes of observers."""
        rows = self.read("tallies")
        rows = rows[rows["principle_id"].isin(self.principle_rows["principle_id"])]
        # Before anything is hidden: an earlier round never takes the place of one that may not be disclosed.
        order = rows["round_id"].map({one: n for n, one in enumerate(self.closed_rounds)})
        is_last = order == order.groupby(rows["principle_id"]).transform("max")
        is_hidden = make_block_ids("votes",
                                   rows["principle_id"] + "/" + rows["round_id"]).isin([*self.hidden])
        # The change since a round that is hidden would tell its median.
        has_hidden = rows["principle_id"].isin(rows.loc[is_hidden, "principle_id"])
        rows = rows.assign(movement=rows["movement"].mask(has_hidden, ""))[~is_hidden]
        if not self.has_capability("exact_votes"):
            test = self.study.settings["consensus"]["test"]
            # Of all rounds: whether a change may be shown depends on the earlier ones.
            rows = blank_undisclosed_tallies_and_describe_votes(
                rows, agreement_test=test, fully_disclosed_panels=self.fully_disclosed_panels)
            if not self.has_capability("every_round"):
                rows = rows[(rows["panel"] != "observer") & is_last[rows.index]]
            return _as_announced(self, rows)
        rows = rows[rows["n"] >= LARGEST_UNDISCLOSED]
        high = [f"{high} of {n} high" for high, n in zip(rows["votes_high"], rows["n"], strict=True)]
        return rows.assign(votes=high, said=[describe_exact_votes(read_tertile_counts(row))
                                             for row in rows.to_dict("records")])

    @cached_property
    def panel_positions(self) -> pd.DataFrame:
        """Returns the rows of table ``panel_positions`` on the principles that the audience may read. Each
        row has the position on one principle that the members of one panel stated together."""
        rows = self.read("panel_positions")
        return rows[rows["principle_id"].isin(self.principle_rows["principle_id"])]

    @cached_property
    def closed_rounds(self) -> list[str]:
        """Returns the names of the closed rounds in order."""
        found = {*self.read("tallies")["round_id"]}
        return sorted(found, key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one))

    @cached_property
    def errata(self) -> pd.DataFrame:
        """Returns the dated corrections of announced votes on the principles of the page."""
        rows = self.read("errata")
        return rows[rows["principle_id"].isin(self.principle_rows["principle_id"])].sort_values("date")


def _version(view: VisibleTables, principle_id: str) -> str:
    """Returns the version of a principle that the audience may read."""
    return view.principle_rows.set_index("principle_id")["version"].get(principle_id, "")


def _as_announced(view: VisibleTables, rows: pd.DataFrame) -> pd.DataFrame:
    """Returns ``rows`` (the votes); for agreed principles, with the announced numbers in place of the counted
    numbers. Announced votes are corrected only by a dated erratum (errata.csv), never by new numbers, because
    readers could compare new numbers with the announced numbers."""
    announced = fill_missing_role_counts_with_zero(tables.read_table("announced_votes", study=view.study))
    agreed = view.principle_rows.loc[view.principle_rows["status"] == "agreed", "principle_id"]
    announced = announced[(announced["audience"] == view.audience) & announced["principle_id"].isin(agreed)]
    if announced.empty:
        return rows
    key = ["round_id", "principle_id", "criterion", "panel"]
    is_told = pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(announced[key]))
    return pd.concat([rows[~is_told], announced[rows.columns]]).sort_values(key, ignore_index=True)


# ------------------------------
# The folder that a page gets.


def select_votes_announced_to_reader(reader: Reader) -> pd.DataFrame:
    """Returns the votes that were announced to the audience."""
    return reader.read_rows_naming_this_audience("announced_votes")


def select_visible_principles(reader: Reader) -> pd.DataFrame:
    """Returns the latest text of each principle that the audience may read, in all its languages."""
    rows = reader.read_whole("principles")
    seen = select_latest_readable_principles(rows, reader.audience)["principle_id"]
    rows = rows[rows["is_current"] & rows["principle_id"].isin(seen)]
    rows = drop_unreadable_translations(rows, reader.audience)
    return rows.assign(asked_by="", changed_because="", comes_from="")


def select_evidence_blanking_hidden_cells(reader: Reader) -> pd.DataFrame:
    """Returns the evidence for the principles that an audience may read. In all rows, the columns note, cited
    and quoted_for are blank. Column reference is blank in rows about passages and trials, and in rows about
    another wave than the study's current wave. Column claim is kept in all rows, because a page could
    otherwise say that no outcome was measured although an outcome was measured. Column wave_id has the label
    of a wave other than the current wave, and is blank for the current wave."""
    rows = reader.read_whole("evidence")
    rows = rows[rows["principle_id"].isin(select_visible_principles(reader)["principle_id"])]
    waves = make_wave_arguments_for_consent(read_reference_table(reader.study, "waves"),
                                            reader.study.settings["study"]["wave"])
    labels = read_reference_table(reader.study, "waves").set_index("wave_id")["label"].to_dict()
    rows = rows.assign(wave_id=[labels.get(find_cited_wave_unless_current(row, **waves), "")
                                for row in rows.itertuples()])
    is_open = rows["kind"].isin(["figure", "code", "literature"]) & (rows["wave_id"] == "")
    return rows.assign(reference=rows["reference"].where(is_open, ""), note="", cited="", quoted_for="")
