"""Files with wrong characters."""

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.survey import read_survey
from glc_analysis.study import DEFAULTS


def read(tmp_path, content, **settings):
    path = tmp_path / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_survey(path, {**DEFAULTS["survey"], **settings})


def test_characters_are_read_by_the_named_encoding(tmp_path):
    raw = "org,Q1\na,año\n".encode("mac_roman")
    assert read(tmp_path, raw, encoding=["mac_roman"]).frame["Q1"][0] == "año"


def test_a_damage_in_two_steps_is_undone_where_no_letter_was_lost(tmp_path):
    damaged = "org;Q1\na;Año – sé\nb;dá\n".encode().decode("cp1252").encode("mac_roman", "replace")
    damaged = damaged.replace("á".encode().decode("cp1252").encode("mac_roman", "replace"), b"\xcc?")
    survey = read(tmp_path, damaged, encoding=["mac_roman", "cp1252", "utf-8"])
    assert survey.frame["Q1"].tolist() == ["Año – sé", "dÃ?"]


def test_an_encoding_that_does_not_fit_is_a_fault(tmp_path):
    with pytest.raises(Faults, match="is not utf-8 text"):
        read(tmp_path, b"org,Q1\na,\xff\n", encoding=["utf-8"])
