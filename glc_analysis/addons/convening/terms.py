"""Collects terms of the convening for which the gate searches."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from glc_analysis.gate.file_text import Piece
from glc_analysis.gate.study_identifiers import Terms
from glc_analysis.study import Study


def list_round_reopening_reasons(study: Study) -> Iterator[Piece]:
    """Yields the reasons for reopening rounds. Each reason is printed with every result of its round."""
    for path in sorted(study.locate_private_folder("rounds").glob("*/reopened.csv")):
        because = pd.read_csv(path, dtype="str", keep_default_na=False)["because"]
        yield from ((f"{study.make_relative(path)}\t{n}\tbecause", text)
                    for n, text in enumerate(because, start=2))


TERMS = Terms(
    registers=("raters",), people={"rater": ("raters", "rater_id")},
    printed_ids=(("principles", "principle_id"), ("evidence", "evidence_id"), ("rounds", "round_id")),
    languages=(("principles", "language"),), contacts=(("convening", "contact"),),
    written=list_round_reopening_reasons,
    public_contacts=(("handbook", "contact"), ("handbook", "complaints")))
