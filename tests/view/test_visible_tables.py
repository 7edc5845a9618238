"""What a view knows of the tables as its audience may see them: hidden blocks, how many were interviewed."""

from types import SimpleNamespace

import pandas as pd
import pytest

from glc_analysis.view import visible_tables
from glc_analysis.view.visible_tables import VisibleTables
from tests.support.small_surveys import SETTINGS

STUDY = SimpleNamespace(settings={"disclosure": SETTINGS})


@pytest.mark.parametrize(("audience", "hidden"), [("public", {"quotations/care"}), ("team", set())])
def test_hidden_are_the_blocks_that_are_not_shown_to_the_audience(monkeypatch, audience, hidden):
    blocks = pd.DataFrame({"audience": ["public", "public", "convening"], "is_shown": [True, False, False],
                           "block_id": ["quotations/needs", "quotations/care", "quotations/law"]})
    monkeypatch.setattr(visible_tables.tables, "read_table", lambda name, study: {"blocks": blocks}[name])
    assert VisibleTables(STUDY, audience).hidden == hidden


@pytest.mark.parametrize(("interviewed", "is_known"), [
    (4, False), (5, True), (7, True), (8, False), (12, False)])
def test_interviews_are_counted_where_it_stays_open_who_gave_one(monkeypatch, interviewed, is_known):
    """Of twelve, five at least gave one, and five at least did not."""
    names = [f"org-{k}" for k in range(12)]
    frames = {"organisations": pd.DataFrame({"organisation_id": names, "network_id": ""}),
              "documents": pd.DataFrame({"document_id": names, "organisation_id": names, "kind": "interview",
                                         "translation_of": ""})[:interviewed]}
    monkeypatch.setattr(VisibleTables, "read", lambda self, name: frames[name])
    monkeypatch.setattr(visible_tables, "read_reference_table", lambda study, name: pd.DataFrame(
        {"organisation_id": [], "is_present": []}, dtype="str"))
    counts = VisibleTables(STUDY, "public").conversation_counts
    assert counts == ({"interview": interviewed} if is_known else {})
