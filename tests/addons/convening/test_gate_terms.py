"""What the gate searches for on behalf of the convening: codes of raters."""

import pandas as pd

from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.gate.study_identifiers import identifiers
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import BallotStudy

NO_NAMES = pd.DataFrame(columns=["name", "kind", "match", "allowed_for", "reason"], dtype="str")


def in_page(root, body, known):
    page = root / "page.html"
    page.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return [leak.found for leak in find_leaks([page], root, NO_NAMES, audience="public",
                                              identifier_rules=known)]


def test_codes_of_raters_are_found_as_whole_words_and_ids_that_pages_print_are_none(tmp_path):
    study = BallotStudy(tmp_path / "study")
    study.spoil_table("raters", ("r01,harbour", "P02,harbour"), ("r02,beacon", "12,beacon"),
                      ("r03,org3", "anna,org3"))
    pages = tmp_path / "pages"
    pages.mkdir()
    for audience in ("convening", "public"):
        known = identifiers(Study(study.root), audience=audience)
        assert {"r04", "s1", "o1"} <= known.keys() and known.keys().isdisjoint({"P02", "12", "anna"})
        assert in_page(pages, "so said r04.", known) == ["r04"]
        assert in_page(pages, "(R04) was late", known) == ["r04"]
        others = "P02, 12 of 12, r044, kr04 and r-squared, s10, <i data-x='#ar04f0'>"
        assert not in_page(pages, others, known)
    assert not identifiers(Study(study.root), audience="team")
