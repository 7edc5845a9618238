"""What others than the team see of the convening is what it declares, and no more; its blocks are decided
together with those of the core."""

import pandas as pd
import pytest

from glc_analysis import addon
from glc_analysis.disclosure.blocks import LINE_COLUMNS, PublishedBlocks
from glc_analysis.release_store import BLOCK_FILES, find_text_blocks_revealing_removed_lines
from glc_analysis.study import Study
from glc_analysis.view.reader_study import Reader
from glc_analysis.view.study_view import StudyView

NOBODY = pd.DataFrame({"organisation_id": [], "network_id": []}, dtype="str")


def test_what_is_not_declared_is_seen_by_the_team_alone(sample_study, monkeypatch):
    reader = Reader(sample_study, "convening")
    assert len(reader.read_visible_part("principles")) and reader.slices["principles"]
    monkeypatch.setattr(addon, "load_add_ons_from_folder", dict)
    undeclared = Reader(sample_study, "convening")
    assert undeclared.read_visible_part("principles").empty and "principles" not in undeclared.slices


def test_a_view_has_what_the_add_on_lets_it_show(sample_study, monkeypatch):
    assert {"principles", "votes"} <= {*dir(StudyView(sample_study))}
    monkeypatch.setattr(addon, "load_add_ons_from_folder", dict)
    assert not {"principles", "votes"} & {*dir(StudyView(sample_study))}
    with pytest.raises(AttributeError, match="A view has no 'principle_rows'"):
        _ = StudyView(sample_study).principle_rows


def test_a_signature_that_is_gone_hides_the_quotations_as_well(tmp_path):
    """The core decides for all blocks together: the name that is gone would belong to the words."""
    signed = pd.DataFrame([*(("signatures/P01", f"1/o{k}/endorse", f"o{k}") for k in range(8)),
                           *(("quotations/needs", f"q{k}", f"o{k}") for k in range(8)),
                           ("quotations/care", "q9", "o9")], columns=LINE_COLUMNS, dtype="str")
    study, first = Study(tmp_path), PublishedBlocks.from_lines(signed, ())
    study.settings_file.parent.mkdir(parents=True)
    study.settings_file.write_text("", encoding="utf-8")
    folder = study.private / "releases" / "public" / "001"
    folder.mkdir(parents=True)
    for part, file in BLOCK_FILES.items():
        getattr(first, part).to_parquet(folder / file)
    today = signed[signed["organisation_id"] != "o3"]
    assert find_text_blocks_revealing_removed_lines(study, signed, NOBODY, "public",
                                                    are_organisations_named=False) == set()
    assert find_text_blocks_revealing_removed_lines(study, today, NOBODY, "public",
                                                    are_organisations_named=False) == {*signed["block_id"]}
