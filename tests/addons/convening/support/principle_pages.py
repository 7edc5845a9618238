"""What the pages of all principles show an audience, made by the functions of the notebook."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from glc_analysis.addons.convening.pages import principles
from glc_analysis.addons.convening.trace import TRAIL, EvidenceTrail
from glc_analysis.tables_html import render_as_bars_quotations_or_table
from glc_analysis.view.study_view import StudyView
from tests.support.kept import kept


def parts_of(view, principle):
    """The HTML of the parts of the page of one principle, by their names."""
    own = replace(view, principle=principle)
    vars(own)[TRAIL] = EvidenceTrail.from_view(view)  # which reads nothing of one principle alone
    shown = {
        "votes": render_as_bars_quotations_or_table(own.votes()[["round", "panel", "criterion", "shown_as"]]),
             "statement": principles.show_principle_statement(own),
             "evidence": principles.show_evidence(principles.describe_evidence_of_view_principle(own))}
    shown |= {name: getattr(principles, f"show_{name}")(own) for name in (
        "votes_in_detail", "signatures", "rationale_and_indicator", "judgements", "evidence_sources")}
    return {name: getattr(one, "data", one) for name, one in shown.items() if one}


def page_of(view, principle):
    """The HTML of the page of one principle."""
    return "".join(parts_of(view, principle).values())


def all_pages(view):
    """The HTML of the pages of all principles that the audience may read, by their ids."""
    return {principle: page_of(view, principle) for principle in view.principle_names}


class SamplePages:
    """The pages of the principles of the sample, made once a session for each audience."""

    def __init__(self, study, factory):
        self._study, self._factory = study, factory
        self._read = cache(self._kept)

    def parts(self, audience):
        """By principle the parts of its page (:func:`parts_of`)."""
        return self._read(audience)

    def pages(self, audience):
        """By principle its page."""
        return {principle: "".join(parts.values()) for principle, parts in self._read(audience).items()}

    def _kept(self, audience):
        file = kept(self._factory, f"principles-{audience}.json", lambda path: self._write(path, audience))
        return json.loads(file.read_text(encoding="utf-8"))

    def _write(self, path: Path, audience):
        view = StudyView(self._study, audience)
        made = {principle: parts_of(view, principle) for principle in view.principle_names}
        path.write_text(json.dumps(made), encoding="utf-8")
