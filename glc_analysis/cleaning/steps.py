"""What the cleaning did, step by step: how many came in, went out, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Steps:
    """The account of one build, one line a step and reason.

    >>> steps = Steps()
    >>> steps.add("read", rows_out=3, why="survey.csv (plain)")
    >>> steps.frame()[["order", "step", "rows_out"]].to_dict("records")
    [{'order': 1, 'step': 'read', 'rows_out': 3}]
    """

    lines: list[dict] = field(default_factory=list)

    def add(self, step: str, *, rows_in: int | None = None, rows_out: int | None = None,
            cells: int | None = None, why: str = "") -> None:
        """Notes a step; ``rows_in`` and ``rows_out`` are records, ``cells`` single answers."""
        self.lines.append({"step": step, "rows_in": rows_in, "rows_out": rows_out,
                           "cells": cells, "why": why})

    def frame(self) -> pd.DataFrame:
        """Table ``steps``: one row a step and reason, in the order they were taken."""
        frame = pd.DataFrame(self.lines, columns=["step", "rows_in", "rows_out", "cells", "why"])
        frame.insert(0, "order", range(1, len(frame) + 1))
        return frame
