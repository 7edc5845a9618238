"""Writes the study folder from which pages for an audience other than the team are made.

The folder has only what one audience may see of a built study: released figures with the numbers that the
audience may see, cleared quotations, countries that the audience may know, and names of organisations that
agreed to be named. All other tables in the folder are empty, and the folder has no raw files and no private
files. Even a notebook that asks for a wrong view cannot print anything that the audience may not see. The
folder guards against accidents only, because the notebook still runs on a machine that has the whole study.
The gate therefore also reads every page before the page is published.

If a page cannot be made from this folder, the metadata of its notebook has the entry ``whole_study``. A
notebook with the entry ``whole_study`` gets the whole study, and must ask its view for everything that it
prints.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import list_declarations
from glc_analysis.cleaning.waves import make_wave_arguments_for_consent
from glc_analysis.disclosure.blocks import LANGUAGE, make_line_ids
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import find_countable_organisations_by_country
from glc_analysis.disclosure.suppression import SUPPRESSED, select_released_figures
from glc_analysis.manifest import read_built_release_info, read_built_slice_digests_and_lists
from glc_analysis.reference import read_reference_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.slices import (
    list_work_countries_by_organisation,
    map_countries_to_organisations_and_regions,
)
from glc_analysis.study import Study

_CONSENT_SHOWN = "name"
"""The only item of consent that pages read, which is consent to be named."""


def write_visible_part_of_study(study: Study, audience: str, folder: Path) -> Study:
    """Writes what an audience may see of a built study into an empty folder, and returns this folder as a
    study."""
    made, reader = Study(folder), Reader(study, audience)
    # What pages read of the reference tables, and tells of nobody who took part.
    told = {made.settings_file: study.settings_file, made.locate_reference_file("headlines"):
            study.locate_reference_file("headlines")}
    consent = made.locate_reference_file("consent")
    for path in (*told, consent, made.processed / "any"):
        path.parent.mkdir(parents=True, exist_ok=True)
    for path, source in told.items():
        if source.is_file():
            path.write_bytes(source.read_bytes())
    reader.consent_rows.to_csv(consent, index=False, lineterminator="\n")
    frames = {name: tables.conform_to_schema(name, reader.read_visible_part(name)) for name in tables.TABLES}
    for name, frame in frames.items():
        tables.write_table(made.processed, name, frame)
    places = map_countries_to_organisations_and_regions(
        list_work_countries_by_organisation(frames["answers"], frames["organisations"]))
    content = json.dumps(reader.slices | {"work_places": places}, ensure_ascii=False, sort_keys=True)
    (made.processed / "slices.json").write_text(content, encoding="utf-8")
    return made


@dataclass(frozen=True)
class Reader:
    """Makes, from each table of a study, the part that one audience may see. Add-ons declare the functions
    that make the visible parts of their own tables."""

    study: Study
    audience: str

    def read_visible_part(self, name: str) -> pd.DataFrame:
        """Returns the part of a table that the audience may see. If the returned part also depends on other
        tables, :func:`glc_analysis.run.plan.list_reads_and_inputs_behind` must list these tables, so that
        pages are made again when one of the tables changes."""
        if name == f"release_{self.audience}":
            return self.decisions
        for add_on, functions in list_declarations("visible"):
            if name in functions:
                return add_on.load_object(functions[name])(self)
        return _MAKERS.get(name, Reader.read_no_rows)(self, name)

    def read_whole(self, name: str) -> pd.DataFrame:
        return tables.read_table(name, study=self.study)

    def read_no_rows(self, name: str) -> pd.DataFrame:
        return self.read_whole(name).iloc[:0]

    @cached_property
    def visible(self) -> list[str]:
        """The countries that the audience may know."""
        return read_built_slice_digests_and_lists(self.study)["shown"][self.audience]

    @cached_property
    def named_countries(self) -> set[str]:
        """The countries that the audience may know as a country of work or as the country of a main
        office."""
        return {*self.visible, *read_built_slice_digests_and_lists(self.study)["shown_home"][self.audience]}

    @cached_property
    def slices(self) -> dict[str, object]:
        """Returns the content of slices.json that the audience may know. It has no countries that the
        audience must not know, and no organisations, codes or hashes. Lists that add-ons contribute,
        such as principles, keep only the entries for which the audience may have a page."""
        whole = read_built_slice_digests_and_lists(self.study)
        countries = [one for one in whole["countries"] if one["id"] in self.visible]
        added = {}
        for listed, shown in (lists for _, lists_of in list_declarations("page_lists")
                              for lists in lists_of.values()):
            ids = whole[shown][self.audience]
            added |= {listed: [one for one in whole[listed] if one["id"] in ids], shown: {self.audience: ids}}
        return {**{name: whole[name] for name in ("has_survey", "themes")}, **added, "countries": countries,
                "shown": {self.audience: self.visible},
                "shown_home": {self.audience: whole["shown_home"][self.audience]}, "organisations": [],
                "codes": [], "tables": {}, "inputs": "",
                "release": {self.audience: read_built_release_info(self.study, self.audience)}}

    @cached_property
    def consent_rows(self) -> pd.DataFrame:
        """The rows of consent.csv about being named to this audience, for the organisations that agreed to
        this."""
        rows = read_reference_table(self.study, "consent")
        is_shown = (rows["item"] == _CONSENT_SHOWN) & (rows["audience"] == self.audience)
        return rows[is_shown & rows["organisation_id"].isin(self.named)]

    @cached_property
    def consent(self) -> Consent:
        waves = read_reference_table(self.study, "waves")
        return Consent.from_table(
            read_reference_table(self.study, "consent"),
            **make_wave_arguments_for_consent(waves, self.study.settings["study"]["wave"]))

    @cached_property
    def named(self) -> frozenset[str]:
        return self.consent.find_organisations(_CONSENT_SHOWN, self.audience)

    @cached_property
    def decisions(self) -> pd.DataFrame:
        """The decisions on those figures that the audience may see. The columns ``rule`` and ``protects`` of
        the decisions are blank."""
        rows = self.read_whole(f"release_{self.audience}")
        return rows[rows["status"] != SUPPRESSED].assign(rule="", protects="")

    def read_figures(self, name: str) -> pd.DataFrame:
        return select_released_figures(self.read_whole(name), audience=self.audience,
                                       decisions=self.decisions)

    def read_options_with_nameable_countries(self, name: str) -> pd.DataFrame:
        """Returns the options of all lists; the list of countries has only the countries that the audience
        may know."""
        rows = self.read_whole(name)
        return rows[(rows["option_list"] != COUNTRY_LIST) | rows["option_id"].isin(self.named_countries)]

    def read_codebook_without_typical_passages(self, name: str) -> pd.DataFrame:
        """Returns the codes without their typical passages, because nobody has cleared the words of these
        passages."""
        return self.read_whole(name).assign(example="")

    def read_nameable_countries_without_numbers(self, name: str) -> pd.DataFrame:
        """Returns the countries that the audience may know, without the numbers of organisations and
        answers."""
        rows = self.read_whole(name)
        rows = rows[rows["country_id"].isin(self.named_countries)]
        return rows.assign(organisations_n=pd.NA, answers_n=pd.NA)

    @cached_property
    def members(self) -> pd.DataFrame:
        """One row for each country of work that the audience may know and each organisation that may be
        counted in this country. An organisation that may not be named gets a meaningless id, which is
        different in each country."""
        answers = self.read_whole("answers").astype({"country_id": "str", "organisation_id": "str"})
        rows = find_countable_organisations_by_country(answers, self.read_whole("organisations"),
                                                       self.consent, self.study.settings["disclosure"],
                                                       audience=self.audience)
        rows = rows.merge(answers[["country_id", "organisation_id", "region_id"]].drop_duplicates())
        is_named = rows["organisation_id"].isin(self.named)
        unnamed = "unnamed-" + (~is_named).cumsum().astype("str")
        return rows.assign(organisation_id=rows["organisation_id"].where(is_named, unnamed))

    def read_countable_renumbered_records(self, name: str) -> pd.DataFrame:
        ids = "record-" + pd.Series(range(1, len(self.members) + 1), self.members.index).astype("str")
        return self.members.assign(answer_id=ids)

    def read_organisations_without_hidden_names(self, name: str) -> pd.DataFrame:
        """Returns the organisations that may be named, with name and type. Also returns one row without a
        name for each meaningless id that :attr:`members` gives to other organisations."""
        rows = self.read_whole(name)
        rows = rows.loc[rows["organisation_id"].isin(self.named), ["organisation_id", "label", "type"]]
        others = {*self.members["organisation_id"]} - {*rows["organisation_id"]}
        return pd.concat([rows, pd.DataFrame({"organisation_id": sorted(others), "label": "", "type": ""})])

    def read_rows_naming_this_audience(self, name: str) -> pd.DataFrame:
        """Returns those rows of a table whose column ``audience`` has this audience."""
        rows = self.read_whole(name)
        return rows[rows["audience"] == self.audience]


    def read_quotations(self, name: str) -> pd.DataFrame:
        """Returns the quotations that this audience may read. The language of a quotation is blank if the
        language is hidden from the audience."""
        rows, blocks = self.read_rows_naming_this_audience(name), self.read_rows_naming_this_audience(
            "blocks")
        hidden = blocks.loc[~blocks["is_shown"], "block_id"]
        rows = rows[~make_line_ids(name, rows["quote_id"]).isin([*hidden])]
        has_no_language = make_line_ids(LANGUAGE, rows["quote_id"]).isin([*hidden])
        return rows.assign(language=rows["language"].mask(has_no_language, ""))


_MAKERS: dict[str, Callable[[Reader, str], pd.DataFrame]] = {
    "questions": Reader.read_whole, "codebook": Reader.read_codebook_without_typical_passages,
    "options": Reader.read_options_with_nameable_countries,
    "countries": Reader.read_nameable_countries_without_numbers, "figures": Reader.read_figures,
    "answers": Reader.read_countable_renumbered_records,
    "organisations": Reader.read_organisations_without_hidden_names,
    "quotations": Reader.read_quotations, "blocks": Reader.read_rows_naming_this_audience}
"""Maps each table to the function that makes the part of the table that an audience may see. A table for
which neither this mapping nor an add-on has a function stays empty, except the table with the decisions for
the audience."""
