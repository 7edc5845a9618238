"""What one audience may see of a study: the only way in which a page reads its tables.

A notebook opens a :class:`StudyView` of a study for an audience, and where the page is about one, of a
country, a theme or an organisation. The view gives the rows of each table that belong on the page, and only
those figures that :func:`.suppression.release` lets this audience see. It computes no figure itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.suppression import release
from glc_analysis.errors import UsageError, nearest
from glc_analysis.evidence.summary import no_such_question, summaries
from glc_analysis.manifest import read_slices
from glc_analysis.reference import read_table
from glc_analysis.schema import COUNTRY_LIST
from glc_analysis.study import Study
from glc_analysis.tables_html import show, style_element


@dataclass(frozen=True)
class StudyView:
    """A study as one audience may see it.

    ``country`` or ``theme`` narrows it to one of them; ``organisation`` to the rows of one organisation, for
    the page that it alone receives.
    """

    study: Study
    audience: str = "team"
    country: str = ""
    theme: str = ""
    organisation: str = ""

    @classmethod
    def open(cls, study: str = "", *, audience: str = "team", country: str | None = None,
             theme: str | None = None, organisation: str | None = None) -> StudyView:
        """The view for a notebook's page. A blank country, theme or organisation is the study's first one.

        Raises UsageError for a country, theme or organisation the study does not have.
        """
        from IPython.display import display

        from glc_analysis.plots import use_style

        use_style()
        display(show(style_element()))
        page = cls(Study.find(study), audience)
        return cls(page.study, audience,
                   country="" if country is None else _known(country, page.work_countries, "country"),
                   theme="" if theme is None else _known(theme, page.themes, "theme"),
                   organisation="" if organisation is None else _known(
                       organisation, page.labels, "organisation"))

    def read(self, name: str) -> pd.DataFrame:
        """The rows of a table that belong on the page; on an organisation's page none of another one."""
        return self._read(name).copy(deep=False)

    @cached_property
    def _read(self) -> Callable[[str], pd.DataFrame]:
        """Reads each table once: several parts of a page use the same ones."""
        def own(name: str) -> pd.DataFrame:
            frame = tables.read(name, study=self.study, country=self.country, theme=self.theme)
            if self.organisation and "organisation_id" in frame:
                return frame[frame["organisation_id"] == self.organisation].reset_index(drop=True)
            return frame
        return cache(own)

    @cached_property
    def released(self) -> pd.DataFrame:
        """The page's figures that its audience may see.

        On a country's page, audiences other than the team get the figures of the country and of the whole
        study: they may hardly ever see those of a region.
        """
        if self.audience == "team":
            return release(self.read("estimates"), audience="team")
        rows = tables.read("estimates", study=self.study, theme=self.theme)
        if self.country:
            rows = rows[(rows["subset_kind"] == "all")
                        | (rows["subset_kind"] == "country") & (rows["subset_id"] == self.country)]
        return release(rows, audience=self.audience, decisions=self.read(f"release_{self.audience}"))

    @cached_property
    def questions(self) -> pd.DataFrame:
        """One row a question, in the survey's order; on a theme's page the questions of the theme."""
        rows = tables.read("questions", study=self.study).sort_values("order")
        return rows[rows["theme_id"] == self.theme] if self.theme else rows

    @cached_property
    def codebook(self) -> pd.DataFrame:
        """One row a code, in the order of codebook.csv."""
        return tables.read("codebook", study=self.study).sort_values("order")

    @cached_property
    def options(self) -> pd.DataFrame:
        """One row an option of every list."""
        return tables.read("options", study=self.study)

    @cached_property
    def countries(self) -> pd.DataFrame:
        """One row a country; on a country's page only this one."""
        return self.read("countries")

    @cached_property
    def shown(self) -> set[str]:
        """The work countries that the audience may know of."""
        return set(read_slices(self.study)["shown"][self.audience])

    @cached_property
    def named(self) -> dict[str, str]:
        """Names of the page's organisations that the audience may know by name, by id."""
        known = self.labels
        if self.audience == "team":
            return known
        agreed = Consent.of(read_table(self.study, "consent")).organisations("name", self.audience)
        return {one: label for one, label in known.items() if one in agreed}

    @property
    def work_countries(self) -> dict[str, str]:
        """Work countries that the audience may know of, by id, in the order of their names."""
        listed = read_slices(self.study)["countries"]
        return {one["id"]: one["label"] for one in listed if one["id"] in self.shown}

    @property
    def themes(self) -> dict[str, str]:
        """Names of the themes by id, in the order of the codebook."""
        rows = self.codebook[self.codebook["level"] == "theme"]
        return dict(zip(rows["code_id"], rows["name"], strict=True))

    @cached_property
    def places(self) -> dict[str, str]:
        """Labels of all countries by id."""
        rows = self.options[self.options["option_list"] == COUNTRY_LIST]
        return dict(zip(rows["option_id"], rows["label"], strict=True))

    @property
    def labels(self) -> dict[str, str]:
        """Labels of the page's organisations by id."""
        rows = self.read("organisations")
        return dict(zip(rows["organisation_id"], rows["label"], strict=True))

    def quality(self, about: str) -> pd.DataFrame:
        """Figures about the quality of the data: of ``survey``, ``language``, ``script`` or a question."""
        rows = self.released[self.released["measure"] == "quality"]
        return rows[rows["question_id"] == about]

    def summary(self, question_id: str, *, by: str = "") -> pd.DataFrame:
        """One question's figures, as ``glc summary`` prints them; UsageError for an unknown one."""
        found = self._summaries(by)
        if question_id not in found:
            raise no_such_question(question_id, found)
        return found[question_id]

    @cached_property
    def _summaries(self) -> Callable[[str], dict[str, pd.DataFrame]]:
        """The figures of all questions of the page, by what they are grouped by."""
        return cache(lambda by: summaries(self.released, self.questions, self.options, self.countries, by=by))


def _known(name: str, known: dict[str, str], kind: str) -> str:
    if not name and known:
        return next(iter(known))
    found = {k.casefold(): k for k in known}.get(name.casefold(), "")
    if not found:
        raise UsageError(f"This study has no {kind} {name!r}; {nearest(name, known)}.")
    return found
