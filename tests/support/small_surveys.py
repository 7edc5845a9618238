"""Small surveys for tests of release. Each is given as organisations with their answers, and goes through the
real tables."""

from types import MappingProxyType, SimpleNamespace

import pandas as pd

from glc_analysis import tables
from glc_analysis.disclosure import audiences
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.releases import (
    PublishedRelease,
    decide_next_release,
    take_numbers_from_next_release,
)
from glc_analysis.disclosure.rules import COALITION
from glc_analysis.disclosure.suppression import decide
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.figures.estimates import compute_survey_estimates, find_records_behind_figures
from tests.support.study_writer import choices, cleaned, places, question, reference

SETTINGS = {"convening_base": 5, "convening_withheld": 2, "public_group": 10, "public_count": 3,
            "reissue_change": 3, "countries_agreed": {}}
QUESTIONS = [question("Q1", "single", "law"), question("Q2", "multi", "services"), question("Q3", "number"),
             question("Q4", "text"), question("Q5", "single", "law", asked_if="Q1 == yes"),
             question("where", "single", "countries")]
OPTIONS = [*choices("law", "yes", "no", "dont_know"), *choices("services", "food", "legal", "none")]
COUNTRIES = places("KHM asia", "LAO asia", "PER america", "TWN", "KEN africa")
STUDY = SimpleNamespace(sampling="purposive", frame_size=0, settings={"study": {"interval": ""}})


_MADE = {}
"""The tables of surveys, by what they were made of: a third of the surveys of tests are asked for again."""


def survey_of(*answers, network=(), merged=MappingProxyType({}), **settings):
    """Returns the tables of a survey. ``(12, {"Q1": "yes"})`` stands for twelve organisations with this
    answer.

    ``network`` has the numbers of the organisations in one network. ``level`` and ``sort`` in an answer are
    the organisation's resource level and type. ``merged`` are merged groups, by attribute.
    """
    key = repr((answers, network, merged, settings, QUESTIONS, OPTIONS, COUNTRIES))
    if key not in _MADE:
        _MADE[key] = _tables_of(answers, network, merged, settings)
    return {name: frame.copy(deep=False) for name, frame in _MADE[key].items()}


def _tables_of(answers, network, merged, settings):
    blank = {one["question_id"]: "" for one in QUESTIONS}
    rows = [{"country": "KHM", **blank, **answer} for times, answer in answers for _ in range(times)]
    rows = [{"org": f"org-{k:02d}", **row} for k, row in enumerate(rows)]
    own = {row["org"]: {"organisation_id": row["org"], "network_id": "net" if k in network else "",
                        "home_country_id": row.pop("home", "") or row["country"],
                        "resource_level": row.pop("level", ""), "type": row.pop("sort", "")}
           for k, row in reversed(list(enumerate(rows)))}
    known = reference(questions=QUESTIONS, options=OPTIONS, countries=COUNTRIES,
                      organisations=list(own.values()))
    data = cleaned(rows, known, **settings).data
    frames = {name: getattr(data, name) for name in data.__dataclass_fields__}
    for name in ("mentions", "codings", "segments", "documents", "stated"):
        frames[name] = tables.conform_to_schema(name, pd.DataFrame())
    figures = compute_survey_estimates(data, STUDY, find_records_behind_figures(data), merged)
    frames["figures"] = tables.conform_to_schema("figures", figures)
    return frames


def consents(frames, *, refused=(), item="survey"):
    """Returns consents in which all organisations agree to one item for every audience, except the
    organisations whose numbers are in ``refused``."""
    given = [(organisation, "", item, audience)
             for k, organisation in enumerate(frames["organisations"]["organisation_id"])
             if k not in refused for audience in ("team", "convening", "public")]
    return Consent(frozenset(given))


def decided(frames, audience="public", *, refused=(), never=(), **pages):
    """Returns the decisions by figure_id, with the figures that they are about. ``pages`` are ``countries``
    and ``coded``."""
    decisions = decide(frames["figures"], find_contributors(frames), frames["organisations"],
                       consents(frames, refused=refused), SETTINGS, audience=audience, never=never, **pages)
    return decisions.set_index("figure_id")


def decided_for_both(frames, *, convening=(), public=(), uncounted=(), is_limited=True):
    """Returns the decisions for the convening and for the public, by figure. Organisations that refused are
    given by their numbers. Those in ``uncounted`` refused the public, and are not counted for it."""
    names, refused = frames["organisations"]["organisation_id"], {"convening": {*convening},
                                                                  "public": {*public, *uncounted}}
    consent = Consent(frozenset((name, "", item, audience) for audience, out in refused.items()
                                for item in ("survey", "interview", "call")
                                for k, name in enumerate(names) if k not in out),
                      frozenset((names[k], "survey", "public") for k in uncounted))
    contributors = find_contributors(frames)
    counted = {audience: audiences.exclude_uncounted_organisations(frames["figures"], contributors, consent,
                                                                   audience)
               for audience in refused}
    decisions = {audience: decide(*counted[audience], frames["organisations"], consent, SETTINGS,
                                  audience=audience) for audience in refused}
    if is_limited:
        decisions["public"] = audiences.limit_to_convening(
            decisions["public"], decisions["convening"], *counted["public"], counted["convening"][1],
            frames["organisations"], consent, SETTINGS)
    return [decisions[audience].set_index("figure_id") for audience in refused]


def published(frames, *before, day="2017-01-09", refused=(), never=(), rules=SETTINGS, beside=()):
    """Returns what is issued of a survey after earlier releases, including releases to others (``beside``),
    and the decisions that the public reads."""
    contributors, consent = find_contributors(frames), consents(frames, refused=refused)
    decisions = decide(frames["figures"], contributors, frames["organisations"], consent, rules,
                       audience="public", never=never)
    fresh = PublishedRelease.from_decisions(decisions, frames["figures"], contributors, day)
    issued = decide_next_release(fresh, contributors.facts, before, frames["organisations"],
                                 rules["reissue_change"] + COALITION, beside)
    return issued, take_numbers_from_next_release(decisions, fresh, issued)


def said(decisions, *ids):
    """Returns the status and the rule of figures as a short text."""
    return [" ".join(filter(None, decisions.loc[one, ["status", "rule"]])) for one in ids]
