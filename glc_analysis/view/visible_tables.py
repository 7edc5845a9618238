"""What one audience may see of each table of a study, and the folder that a page gets with it.

In: a built study and an audience, and where a page is about one, a country, theme, principle or organisation.
Out: rows of its tables. Figures are those that :func:`.suppression.release` lets the audience see, with the
numbers that it may see; words are those that were cleared for it; principles, votes, names and countries
follow the rules of this room. :mod:`glc_analysis.view.study_view` makes frames for analysts of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.votes import (
    LARGEST_UNTOLD,
    agreed_panels,
    counts_of,
    said_exactly,
    told_signatures,
    told_tallies,
    visible_principles,
)
from glc_analysis.coding.codebook import ancestors
from glc_analysis.coding.exports import quotations as coded_passages
from glc_analysis.disclosure.blocks import block_ids, block_of
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import countable_members
from glc_analysis.disclosure.rules import Rules, check_audience, may
from glc_analysis.disclosure.suppression import SUPPRESSED, release
from glc_analysis.errors import Faults
from glc_analysis.figures.estimates import ALL
from glc_analysis.figures.summary import Words, no_such_question, summaries
from glc_analysis.manifest import read_slices
from glc_analysis.reference import read_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.slices import code_themes, places_by_country, work_places
from glc_analysis.study import PANELS, Study

# ------------------------------
# The tables.


UNNAMED = "an organisation"
"""What readers see in place of an organisation that they may not know by name."""

@dataclass(frozen=True)
class VisibleTables:
    """The tables of a study as one audience may see them.

    ``country``, ``theme`` or ``principle`` narrows them to one of them; ``organisation`` to the rows of one
    organisation, for the page that it alone receives.
    """

    study: Study
    audience: str = "team"
    country: str = ""
    theme: str = ""
    principle: str = ""
    organisation: str = ""

    def __post_init__(self) -> None:
        check_audience(self.audience)

    def may(self, capability: str) -> bool:
        """Whether the audience has a capability (:mod:`glc_analysis.disclosure.rules`)."""
        return may(self.audience, capability)

    def read(self, name: str) -> pd.DataFrame:
        """The rows of a table that belong on the page; on an organisation's page none of another one."""
        return self._read(name).copy(deep=False)

    @cached_property
    def _read(self) -> Callable[[str], pd.DataFrame]:
        """Reads each table once: several parts of a page use the same ones."""
        def own(name: str) -> pd.DataFrame:
            frame = tables.read(name, study=self.study, country=self.country, theme=self.theme)
            if name == "evidence":
                frame = frame[~block_ids("evidence", frame["principle_id"]).isin([*self.hidden])]
            if self.organisation and "organisation_id" in frame:
                return frame[frame["organisation_id"] == self.organisation].reset_index(drop=True)
            return frame
        return cache(own)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The blocks of text that are hidden from the audience (:mod:`.blocks`); none from the team."""
        if self.may("passages"):
            return frozenset()
        rows = tables.read("blocks", study=self.study)
        return frozenset(rows.loc[(rows["audience"] == self.audience) & ~rows["is_shown"], "block_id"])

    @cached_property
    def released(self) -> pd.DataFrame:
        """The page's figures that its audience may see.

        On a country's page, audiences that do not see all figures get those of the country and of the whole
        study: they may hardly ever see those of a region.
        """
        if self.may("all_figures"):
            return release(self.read("estimates"), audience=self.audience)
        rows = tables.read("estimates", study=self.study, theme=self.theme)
        if self.country:
            rows = rows[(rows["subset_kind"] == ALL)
                        | (rows["subset_kind"] == "country") & (rows["subset_id"] == self.country)]
        return release(rows, audience=self.audience, decisions=self.read(f"release_{self.audience}"))

    def question_figures(self, question_id: str) -> pd.DataFrame:
        """What the audience may see of the figures about one question, or about the ``survey`` (sizes of the
        study), or of the measures ``coded``, ``cooccurrence``, ``discordance``, ``novelty``, ``quality`` and
        ``salience``; no other figure is read."""
        rows, decisions = tables.read("estimates", study=self.study, question=question_id), None
        if not self.may("all_figures"):
            decisions = tables.read(f"release_{self.audience}", study=self.study, question=question_id)
        return release(rows, audience=self.audience, decisions=decisions)

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many organisations, records and so on the study has, by name, as far as the audience may know.

        >>> view.sizes["organisations"]
        30
        """
        rows = self.question_figures("survey").dropna(subset="n")
        return {row.option_id: int(row.n) for row in rows.itertuples()}

    @property
    def is_one_answer_each(self) -> bool:
        """Whether every record of the survey is a respondent's one answer: it does not say which organisation
        answered, or for which country, and nobody answered twice, as far as the audience may know.

        >>> view.is_one_answer_each
        False
        """
        names_both = self.study.settings["survey"]["organisation"] and self.is_by_country
        return not names_both and self.sizes.get("organisations") == self.sizes.get("records")

    @cached_property
    def says_who_was_asked(self) -> bool:
        """Whether the study records a condition for any question (asked_if). Where it records none, an answer
        that is blank may never have been asked for.

        >>> view.says_who_was_asked
        True
        """
        return bool((tables.read("questions", study=self.study)["asked_if"] != "").any())

    @property
    def is_by_country(self) -> bool:
        """Whether the records of the survey are about countries: a column of it names the country of each.

        >>> view.is_by_country
        True
        """
        return bool(self.study.settings["survey"]["country"])

    @cached_property
    def has_survey(self) -> bool:
        """Whether anybody was asked the questions of a survey; a study may be one of interviews alone.

        >>> view.has_survey
        True
        """
        return read_slices(self.study)["has_survey"]

    @cached_property
    def talks(self) -> dict[str, int]:
        """How many calls and interviews there are, as far as the audience may know.

        Others than the team know the number of interviews where so many independent organisations gave one,
        and so many did not, that it stays open who did; the number of calls where enough took part.

        >>> view.talks
        {'call': 3, 'interview': 12}
        """
        rows = self.read("documents")
        rows = rows[(rows["translation_of"] == "") & rows["kind"].isin(["call", "interview"])]
        counts = rows.groupby("kind", observed=True)["document_id"].nunique().to_dict()
        if self.may("all_figures"):
            return counts
        networks = self.read("organisations").set_index("organisation_id")["network_id"]
        independent = networks.where(networks != "", networks.index)
        attendance = read_table(self.study, "attendance")
        present = attendance.loc[attendance["is_present"] == "true", "organisation_id"]
        came, gave = (ids.map(independent).nunique() for ids in (present, rows["organisation_id"]))
        least = Rules.of(self.study.settings["disclosure"], self.audience).count
        may_know = {"call": came >= least, "interview": least <= gave <= independent.nunique() - least}
        return {kind: n for kind, n in counts.items() if may_know[kind]}

    def quality(self, about: str) -> pd.DataFrame:
        """The page's figures about the quality of the data: of ``survey``, ``language``, ``script`` or a
        question."""
        rows = self.measured("quality")
        return rows[rows["question_id"] == about]

    def measured(self, measure: str) -> pd.DataFrame:
        """The page's figures of one of the measures that :meth:`question_figures` knows. A page about the
        whole study reads no other figure, and so does not depend on any."""
        return self._measured(measure)

    @cached_property
    def _measured(self) -> Callable[[str], pd.DataFrame]:
        def of(measure: str) -> pd.DataFrame:
            if self.country or self.theme or "released" in self.__dict__:
                return self.released[self.released["measure"] == measure]
            return self.question_figures(measure)
        return cache(of)

    @cached_property
    def question_table(self) -> pd.DataFrame:
        """The rows of table ``questions``, in the survey's order; on a theme's page those of the theme. None
        where there is no survey, and the questions are those of an interview guide."""
        rows = tables.read("questions", study=self.study).sort_values("order")
        rows = rows if self.has_survey else rows[:0]
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    @cached_property
    def codebook(self) -> pd.DataFrame:
        """One row a code, in the order of codebook.csv."""
        return tables.read("codebook", study=self.study).sort_values("order")

    @cached_property
    def code_tree(self) -> pd.DataFrame:
        """The page's codes, each below the one it belongs to, with theme_id and depth."""
        book, above = self.codebook, ancestors(self.codebook)
        order = dict(zip(book["code_id"], book["order"], strict=True))
        places = [[order.get(one, 0) for one in [*reversed(above[code]), code]] for code in book["code_id"]]
        themes = book["code_id"].map(code_themes(book)).fillna("")
        rows = book.assign(theme_id=themes, depth=[len(place) for place in places])
        rows = rows.iloc[sorted(range(len(rows)), key=places.__getitem__)]
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    @cached_property
    def options(self) -> pd.DataFrame:
        """One row an option of every list."""
        return tables.read("options", study=self.study)

    @cached_property
    def country_table(self) -> pd.DataFrame:
        """The rows of table ``countries``; on a country's page only this one."""
        return self.read("countries")

    @cached_property
    def visible_countries(self) -> set[str]:
        """The ids of the work countries that the audience may know of."""
        return set(read_slices(self.study)["shown"][self.audience])

    @cached_property
    def organisation_names(self) -> dict[str, str]:
        """Names of the page's organisations that the audience may know by name, by id."""
        known = self.labels
        if self.may("organisation_details"):
            return known
        agreed = Consent.of(read_table(self.study, "consent")).organisations("name", self.audience)
        return {one: label for one, label in known.items() if one in agreed}

    def named(self, ids: pd.Series) -> pd.Series:
        """Organisations by the names that the audience may know, also those that voted and answered nothing;
        other words stay as they are."""
        known = {*self.labels}
        with suppress(Faults):  # a round can be closed while the register has faults; pages cannot be made
            known |= {*read_table(self.study, "organisations")["organisation_id"]}
        return ids.map(lambda one: self.organisation_names.get(one, UNNAMED if one in known else one))

    @cached_property
    def work_countries(self) -> dict[str, str]:
        """Work countries that the audience may know of, by id, in the order of their names."""
        listed = read_slices(self.study)["countries"]
        return {one["id"]: one["label"] for one in listed if one["id"] in self.visible_countries}

    @cached_property
    def themes(self) -> dict[str, str]:
        """Names of the themes by id, in the order of the codebook."""
        rows = self.codebook[self.codebook["level"] == "theme"]
        return dict(zip(rows["code_id"], rows["name"], strict=True))

    @cached_property
    def country_labels(self) -> dict[str, str]:
        """Labels of all countries by id."""
        rows = self.options[self.options["option_list"] == COUNTRY_LIST]
        return dict(zip(rows["option_id"], rows["label"], strict=True))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the page's organisations by id."""
        rows = self.read("organisations")
        return dict(zip(rows["organisation_id"], rows["label"], strict=True))

    @cached_property
    def words(self) -> Words:
        """The names of the study's questions, options and codes, for figures and conditions in words."""
        return Words.of(*(tables.read(name, study=self.study)
                          for name in ("questions", "options", "codebook")), self.study.unit_name[1])

    @cached_property
    def quotation_rows(self) -> pd.DataFrame:
        """Rows of table ``quotations`` that the audience may read, with ``cleared`` (for whom): for the team
        each text once; on a country's page those of its named organisations."""
        rows = self.read("quotations")
        if self.may("passages"):
            cleared = rows.groupby("text")["audience"].agg(lambda names: ", ".join(sorted(names)))
            rows = rows.drop_duplicates("text").assign(cleared=lambda f: f["text"].map(cleared))
        else:
            rows = rows[rows["audience"] == self.audience].assign(cleared=self.audience)
        return rows[rows["source"].isin([*self.labels.values()])] if self.country else rows

    @cached_property
    def principle_rows(self) -> pd.DataFrame:
        """Rows of table ``principles``: the latest text of each that the audience may read; with a
        ``principle``, of this one."""
        rows = visible_principles(self.read("principles"), self.audience)
        return rows[rows["principle_id"] == self.principle] if self.principle else rows

    @cached_property
    def principle_names(self) -> dict[str, str]:
        """Short names of the page's principles that the audience may read, by id."""
        rows = self.principle_rows
        return dict(zip(rows["principle_id"], rows["short_name"], strict=True))

    def signatures(self, principle_id: str) -> tuple[pd.DataFrame, dict[str, int]]:
        """The signatures under a principle that the audience may read, and the decisions of those whose names
        it may not know, counted; empty where that could tell how one of them decided.

        Decisions belong to one text: those on an earlier version are not among them.
        organisation_id, name (blank where the audience may not know it), decision (blank where it must not
        know it), reservation. An organisation is named if it agreed to be named, here and in the consent that
        it gave.

        >>> view.signatures("P03")[0]["decision"].value_counts().to_dict()
        {'endorse': 9, 'do_not_endorse': 1}
        """
        everybody = self.read("signoffs")
        is_text = everybody["principle_id"] == principle_id
        rows, nameless = everybody[is_text & (everybody["version"] == self._version(principle_id))], {}
        names = rows["organisation_id"].map(self.organisation_names).fillna("")
        rows = rows.assign(name=names)
        if not self.may("signatures"):
            rows = rows.assign(is_named=rows["is_named"] & (names != ""))
            asked = {*everybody["organisation_id"], *self._voters["organisation_id"]} - {""}
            rows, nameless = told_signatures(rows, len(asked) - int(rows["is_named"].sum()))
            if block_of("signatures", principle_id) in self.hidden:
                rows, nameless = rows[rows["is_named"]], {}
            rows = rows.assign(**{column: rows[column].where(rows["is_named"], "")
                                  for column in ("organisation_id", "name")})
        return rows[["organisation_id", "name", "decision", "reservation"]].reset_index(drop=True), nameless

    def is_signed_before(self, principle_id: str) -> bool:
        """Whether only an earlier text of a principle was signed, and the present one is to be agreed."""
        rows = self.read("signoffs")
        versions = {*rows.loc[rows["principle_id"] == principle_id, "version"]}
        status = self.principle_rows.set_index("principle_id")["status"].get(principle_id, "")
        return status == "candidate" and bool(versions) and self._version(principle_id) not in versions

    def _version(self, principle_id: str) -> str:
        """The version of the text that the audience reads."""
        return self.principle_rows.set_index("principle_id")["version"].get(principle_id, "")

    @cached_property
    def _voters(self) -> pd.DataFrame:
        """The rows of raters.csv of those who may rate."""
        rows = read_table(self.study, "raters")
        return rows[rows["may_rate"] == "true"]

    @cached_property
    def agreed_panels(self) -> set[str]:
        """The panels whose members all agreed that every count of their votes is shown."""
        return agreed_panels(self._voters)

    @cached_property
    def panel_sizes(self) -> dict[str, int]:
        """How many may rate in each panel, by its name: the largest number of any closed round.
        """
        sizes = self.read("tallies").groupby("panel")["n_expected"].max()
        return {PANELS[panel]: int(sizes[panel]) for panel in PANELS if panel in sizes}

    @cached_property
    def tallies(self) -> pd.DataFrame:
        """Rows of table ``tallies`` (closed rounds) that the audience may see, with the high ``votes`` and
        all that may be ``said`` of the votes in words (:mod:`.votes`).

        Panels with one or two votes are on no page; other audiences than the team do not see those with three
        either, and the public sees the last round on each principle only."""
        rows = self.read("tallies")
        rows = rows[rows["principle_id"].isin(self.principle_rows["principle_id"])]
        # Before anything is hidden: an earlier round never takes the place of one that may not be told.
        order = rows["round_id"].map({one: n for n, one in enumerate(self.closed_rounds)})
        is_last = order == order.groupby(rows["principle_id"]).transform("max")
        is_hidden = block_ids("votes", rows["principle_id"] + "/" + rows["round_id"]).isin([*self.hidden])
        # The change since a round that is hidden would tell its median.
        has_hidden = rows["principle_id"].isin(rows.loc[is_hidden, "principle_id"])
        rows = rows.assign(movement=rows["movement"].mask(has_hidden, ""))[~is_hidden]
        if not self.may("exact_votes"):
            test = self.study.settings["consensus"]["test"]
            # Of all rounds: whether a change may be shown depends on the earlier ones.
            rows = told_tallies(rows, test=test, agreed=self.agreed_panels)
            if not self.may("every_round"):
                rows = rows[(rows["panel"] != "observer") & is_last[rows.index]]
            return self._as_announced(rows)
        rows = rows[rows["n"] >= LARGEST_UNTOLD]
        return rows.assign(votes=[f"{row.votes_high} of {row.n} high" for row in rows.itertuples()],
                           said=[said_exactly(counts_of(row)) for row in rows.to_dict("records")])

    def _as_announced(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Votes on agreed principles as they were announced: people correct them by an erratum with a date
        (errata.csv), never by other numbers, which could be subtracted from the old ones."""
        told = tables.read("announced_votes", study=self.study)
        agreed = self.principle_rows.loc[self.principle_rows["status"] == "agreed", "principle_id"]
        told = told[(told["audience"] == self.audience) & told["principle_id"].isin(agreed)]
        if told.empty:
            return rows
        key = ["round_id", "principle_id", "criterion", "panel"]
        is_told = pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(told[key]))
        return pd.concat([rows[~is_told], told[rows.columns]]).sort_values(key, ignore_index=True)

    @cached_property
    def panel_positions(self) -> pd.DataFrame:
        """What panels say together about the principles that the audience may read: rows of table
        ``panel_positions``."""
        rows = self.read("panel_positions")
        return rows[rows["principle_id"].isin(self.principle_rows["principle_id"])]

    @cached_property
    def closed_rounds(self) -> list[str]:
        """The closed rounds in order."""
        found = {*self.read("tallies")["round_id"]}
        return sorted(found, key=lambda one: (not one.isdecimal(), int(one) if one.isdecimal() else 0, one))

    @cached_property
    def coded_passages(self) -> pd.DataFrame:
        """One row a passage and code on which the coders agreed, with theme_id, role and translation: the
        columns of :func:`.exports.quotations`. Sorted by source, then date; the first passage of each
        organisation before its further ones."""
        # An answer to a question of another theme may have words on this theme.
        segments, documents = (tables.read(name, study=self.study, country=self.country)
                               for name in ("segments", "documents"))
        rows = coded_passages(self.read("codings"), segments, documents, self.read("organisations"),
                              self.codebook)
        sources = ["answer", "interview", "call"]
        rows = rows.merge(segments[["segment_id", "role"]], on="segment_id").assign(
            theme_id=rows["code_id"].map(code_themes(self.codebook)).fillna(""),
            translation=[self.translations.get(one, "") for one in rows["segment_id"]],
            rank=rows["kind"].map(sources.index), is_open=~rows["is_agreed"]).sort_values(
                ["rank", "date", "document_id", "is_open"], kind="stable")
        rows = rows.astype({"quote": "str", "translation": "str"})
        nth = rows.groupby(["code_id", "organisation_id"]).cumcount()
        return rows.loc[nth.sort_values(kind="stable").index]

    def summary(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """One question's figures, as ``glc summary`` prints them; UsageError for an unknown one.

        On a page about the whole study only the figures of this question are read, unless something else on
        the page has read all: a page that shows one question need not be made again when another changes.
        """
        asked = self.question_table
        own = asked[asked["question_id"] == question_id]
        if own.empty:
            raise no_such_question(question_id, asked["question_id"])
        if self.country or self.theme or "released" in vars(self):
            return self._summaries(by)[question_id]
        figures = self.question_figures(question_id)
        return summaries(figures, own, self.options, self.country_table, by=by)[question_id]

    @cached_property
    def _summaries(self) -> Callable[[str], dict[str, pd.DataFrame]]:
        """The figures of all questions of the page, by what they are grouped by."""
        return cache(lambda by: summaries(self.released, self.question_table, self.options,
                                          self.country_table, by=by))

    @cached_property
    def errata(self) -> pd.DataFrame:
        """What people wrote to correct announced votes, with the day, for the principles of the page."""
        rows = self.read("errata")
        return rows[rows["principle_id"].isin(self.principle_rows["principle_id"])].sort_values("date")

    @cached_property
    def translations(self) -> Mapping[str, str]:
        """The English text of a segment that is in another language, by the id of the original."""
        rows = tables.read("segments", study=self.study, country=self.country)
        rows = rows[rows["translation_of"] != ""]
        return dict(zip(rows["translation_of"], rows["text"], strict=True))


# ------------------------------
# The study folder that a page gets when it is made for other readers than the team.
#
# In goes a built study; out comes a small folder that holds only what one audience may see: released
# figures with the numbers it may see, cleared quotations, countries it may know of, names of organisations
# that agreed to be named. All other tables are empty, and there is no raw file and no private one. So a
# notebook that forgets to ask for the right view has nothing to give away. This guards against accidents:
# the notebook still runs on a machine that has the whole study, and the gate still reads every page.
#
# A page that cannot be made from this folder says so in its notebook's metadata (``whole_study``); it gets
# the whole study, and must ask its view for everything.


CONSENT_SHOWN = "name"
"""The only item of consent that a page asks about: who may be named."""


def write_reader_study(study: Study, audience: str, folder: Path) -> Study:
    """Writes into an empty folder what an audience may see of a built study; returns it as a study."""
    made, reader = Study(folder), _Reader(study, audience)
    # What pages read of the reference tables, and tells of nobody who took part.
    told = {made.settings_file: study.settings_file, made.reference_file("headlines"):
            study.reference_file("headlines")}
    consent = made.reference_file("consent")
    for path in (*told, consent, made.processed / "any"):
        path.parent.mkdir(parents=True, exist_ok=True)
    for path, source in told.items():
        if source.is_file():
            path.write_bytes(source.read_bytes())
    reader.consent_rows.to_csv(consent, index=False, lineterminator="\n")
    frames = {name: tables.shape(name, reader.part_of(name)) for name in tables.TABLES}
    for name, frame in frames.items():
        tables.write(made.processed, name, frame)
    places = places_by_country(work_places(frames["answers"], frames["organisations"]))
    content = json.dumps(reader.slices | {"work_places": places}, ensure_ascii=False, sort_keys=True)
    (made.processed / "slices.json").write_text(content, encoding="utf-8")
    return made


@dataclass(frozen=True)
class _Reader:
    """What one audience may see of each table."""

    study: Study
    audience: str

    def part_of(self, name: str) -> pd.DataFrame:
        """What the audience may see of a table. Whatever else this is made from,
        :func:`glc_analysis.run.plan.behind` must know, so that pages are made again when it changes."""
        if name == f"release_{self.audience}":
            return self.decisions
        return _MAKERS.get(name, _Reader.nothing)(self, name)

    def table(self, name: str) -> pd.DataFrame:
        return tables.read(name, study=self.study)

    def nothing(self, name: str) -> pd.DataFrame:
        return self.table(name).iloc[:0]

    @cached_property
    def visible(self) -> list[str]:
        """The countries that the audience may know of."""
        return read_slices(self.study)["shown"][self.audience]

    @cached_property
    def named_countries(self) -> set[str]:
        """The countries that the audience may know as a country of work or of a main office."""
        return {*self.visible, *read_slices(self.study)["shown_home"][self.audience]}

    @cached_property
    def slices(self) -> dict[str, object]:
        """slices.json without the countries, principles, organisations, long codes and hashes that the
        audience must not know."""
        whole = read_slices(self.study)
        countries = [one for one in whole["countries"] if one["id"] in self.visible]
        agreed = whole["shown_principles"][self.audience]
        principles = [one for one in whole["principles"] if one["id"] in agreed]
        return {**whole, "countries": countries, "shown": {self.audience: self.visible},
                "shown_home": {self.audience: whole["shown_home"][self.audience]},
                "principles": principles, "shown_principles": {self.audience: agreed}, "organisations": [],
                "codes": [], "tables": {}, "inputs": "",
                "release": {self.audience: whole["release"][self.audience]}}

    @cached_property
    def consent_rows(self) -> pd.DataFrame:
        """The consents to be named for this audience; what anybody else decided is left out."""
        rows = read_table(self.study, "consent")
        is_shown = (rows["item"] == CONSENT_SHOWN) & (rows["audience"] == self.audience)
        return rows[is_shown & rows["organisation_id"].isin(self.named)]

    @cached_property
    def consent(self) -> Consent:
        return Consent.of(read_table(self.study, "consent"))

    @cached_property
    def named(self) -> frozenset[str]:
        return self.consent.organisations(CONSENT_SHOWN, self.audience)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """The decisions on figures that may be seen, without the rules."""
        rows = self.table(f"release_{self.audience}")
        return rows[rows["status"] != SUPPRESSED].assign(rule="")

    def estimates(self, name: str) -> pd.DataFrame:
        return release(self.table(name), audience=self.audience, decisions=self.decisions)

    def whole(self, name: str) -> pd.DataFrame:
        return self.table(name)

    def options(self, name: str) -> pd.DataFrame:
        """The options of all lists; of the list of countries those that the audience may know of."""
        rows = self.table(name)
        return rows[(rows["option_list"] != COUNTRY_LIST) | rows["option_id"].isin(self.named_countries)]

    def codebook(self, name: str) -> pd.DataFrame:
        """The codes without their typical passages, which are words that nobody has cleared."""
        return self.table(name).assign(example="")

    def countries(self, name: str) -> pd.DataFrame:
        """The countries that the audience may know of, without numbers."""
        rows = self.table(name)
        rows = rows[rows["country_id"].isin(self.named_countries)]
        return rows.assign(organisations_n=pd.NA, answers_n=pd.NA)

    @cached_property
    def members(self) -> pd.DataFrame:
        """Which organisation works in which visible country, of those that may be counted there: one that is
        not named has an id without meaning, another one in each country."""
        answers = self.table("answers").astype({"country_id": "str", "organisation_id": "str"})
        rows = countable_members(answers, self.table("organisations"), self.consent,
                                 self.study.settings["disclosure"], audience=self.audience)
        rows = rows.merge(answers[["country_id", "organisation_id", "region_id"]].drop_duplicates())
        is_named = rows["organisation_id"].isin(self.named)
        unnamed = "unnamed-" + (~is_named).cumsum().astype("str")
        return rows.assign(organisation_id=rows["organisation_id"].where(is_named, unnamed))

    def answers(self, name: str) -> pd.DataFrame:
        ids = "record-" + pd.Series(range(1, len(self.members) + 1), self.members.index).astype("str")
        return self.members.assign(answer_id=ids)

    def organisations(self, name: str) -> pd.DataFrame:
        """The named organisations with name and type, and a row without a name for each of the others."""
        rows = self.table(name)
        rows = rows.loc[rows["organisation_id"].isin(self.named), ["organisation_id", "label", "type"]]
        others = {*self.members["organisation_id"]} - {*rows["organisation_id"]}
        return pd.concat([rows, pd.DataFrame({"organisation_id": sorted(others), "label": "", "type": ""})])

    def own(self, name: str) -> pd.DataFrame:
        """The rows of this audience."""
        rows = self.table(name)
        return rows[rows["audience"] == self.audience]

    def principles(self, name: str) -> pd.DataFrame:
        """The latest text of each principle that the audience may read, in all its languages."""
        rows = self.table(name)
        seen = visible_principles(rows, self.audience)["principle_id"]
        rows = rows[rows["is_current"] & rows["principle_id"].isin(seen)]
        return rows.assign(asked_by="", changed_because="", comes_from="")

    def evidence(self, name: str) -> pd.DataFrame:
        """Which figures and codes a principle rests on: passages and the team's notes are left out."""
        rows = self.table(name)
        rows = rows[rows["principle_id"].isin(self.principles("principles")["principle_id"])]
        return rows[rows["kind"].isin(["estimate", "code"])].assign(note="", cited="", quoted_for="")


_MAKERS: dict[str, Callable[[_Reader, str], pd.DataFrame]] = {
    "questions": _Reader.whole, "codebook": _Reader.codebook, "options": _Reader.options,
    "countries": _Reader.countries, "estimates": _Reader.estimates, "answers": _Reader.answers,
    "organisations": _Reader.organisations,
    "quotations": _Reader.own, "blocks": _Reader.own, "announced_votes": _Reader.own,
    "principles": _Reader.principles, "evidence": _Reader.evidence}
"""What an audience may see of each table; of all others it sees nothing."""
