"""Provides the downloads of the convening: the principles, the votes, the joint display, and a JSON file of
the principles for other software."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.handbook.citing import read_release_number_and_day
from glc_analysis.addons.convening.handbook.contents import FIELDS, HandbookPrinciple, make_handbook
from glc_analysis.addons.convening.joint_display import make_joint_display_table
from glc_analysis.addons.convening.translations import drop_unreadable_translations
from glc_analysis.manifest import VERSION
from glc_analysis.publish.downloads import Download, SoftwareFile, describe_download_table
from glc_analysis.schema import Column, Table
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView


def _principles(page: StudyView) -> pd.DataFrame:
    """Returns the latest text of each principle, with its translations."""
    rows, shown = page.read("principles"), page.principle_rows["printed_id"]
    own = rows["translation_of"].where(rows["translation_of"] != "", rows["printed_id"])
    return drop_unreadable_translations(rows[rows["is_current"] & own.isin(shown)], page.audience)


def _joint(page: StudyView) -> pd.DataFrame:
    """Returns the joint display of survey and interviews."""
    rows = make_joint_display_table(page)
    return rows if page.has_capability("joint_display") else rows.iloc[:0]


DOWNLOADS = {
    "principles": Download(describe_download_table(
        "principles", "principle_id", "version", "language", "printed_id", "status", "statement",
        "short_name", "rationale", "indicator", "domain_id", "theme_ids", "translation_of",
        "translation_status"), _principles),
    "votes": Download(describe_download_table(
        "tallies", "round_id", "principle_id", "version", "criterion", "panel", "n", "n_abstained",
        "n_expected", "quorum", "votes_low", "votes_mid", "votes_high", "median", "spread", "result",
        "movement", "rule", votes="the high votes in words, from which the public can infer no single vote"),
        lambda page: page.tallies),
    "joint_display": Download(Table(
        "each row is a topic on which survey and interviews are compared", ("topic",), {
            column: Column("text", meaning) for column, meaning in {
                "topic": "the topic", "theme": "the topic's theme",
                "survey_result": "the count from the survey", "coded_finding": "the count from coding",
                "quotation": "a quotation", "fit": "how the two counts fit",
                "inference": "what follows from both counts, written by a person"}.items()}), _joint),
}


def render_principles_json(study: Study, frames: Mapping[str, pd.DataFrame], audience: str) -> str:
    """Returns JSON for other software with the study's title and licence, the release, and the principles.
    Among the entries of a principle are the permanent id, the text in each language, the indicator, the
    status, the version, and what the handbook says about the principle."""
    rows = frames.get("principles", pd.DataFrame({"translation_of": []}))
    view = StudyView(study, audience)
    pages = {one.printed_id: one for one in make_handbook(view).principles} if len(rows) else {}
    principles = []
    for row in rows[rows["translation_of"] == ""].to_dict("records"):
        texts = rows[(rows[["printed_id", "translation_of"]] == row["printed_id"]).any(axis=1)]
        principles.append({
            "id": row["principle_id"], "version": row["version"], "printed_id": row["printed_id"],
            "status": row["status"], "short_name": row["short_name"], "language": row["language"],
            "languages": [*texts["language"]],
            "statement": dict(zip(texts["language"], texts["statement"], strict=True)),
            "rationale": row["rationale"], "indicator": row["indicator"], "domain": row["domain_id"],
            "themes": [theme for theme in row["theme_ids"].split(";") if theme],
            **_of_handbook(pages.get(row["printed_id"]))})
    content = {"study": {"id": study.id, "title": study.title, "is_invented": study.is_synthetic},
               "audience": audience, "release": read_release_number_and_day(study, audience),
               "licence": study.licence or None, "software": f"glc_analysis {VERSION}",
               "principles": principles}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _of_handbook(page: HandbookPrinciple | None) -> dict[str, Any]:
    """Returns what the handbook says about an agreed principle besides its statement; grades and signatories
    are left out."""
    if page is None:
        return {}
    return {"agreed_on": page.agreed_on, "rests_on": page.evidence_sentences,
            "is_effect_measured": page.is_measured,
            "evidence": {side: words.text for side, words in page.sides.items()},
            "survivor_advisers": page.advisers.text if page.advisers else "",
            **{name: page.texts[name].text if name in page.texts else "" for name in FIELDS}}


FILES = (SoftwareFile("principles.json", "the principles with their permanent ids", render_principles_json),)
