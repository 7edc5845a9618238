"""Choices: the cells of single, scale and multiple-choice questions as option ids."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glc_analysis.cleaning.values import folded, tidy

TICKED = frozenset({"1", "1.0", "true", "yes", "y", "x"})
UNTICKED = frozenset({"0", "0.0", "false", "no", "n"})
_SEPARATOR = re.compile(r"\s*[,;|]\s*|\s+|\Z")


@dataclass(frozen=True)
class OptionList:
    """The options of one list.

    ``options`` has one row an option in order, ``spelled`` one row a value as it
    stands in a file; ``spellings`` finds an option by any text that stands for it.
    """

    options: pd.DataFrame
    spelled: pd.DataFrame
    spellings: dict[str, str]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> OptionList:
        """From the rows of options.csv of one list (columns option_id, value, label, position, kind)."""
        options = rows.drop_duplicates("option_id")[["option_id", "label", "position", "kind"]]
        options = options.assign(position=options["position"].astype(int))
        spellings = {folded(text): option for column in ("label", "value") for option, text
                     in zip(rows["option_id"], rows[column], strict=True) if tidy(text)}
        return cls(options.sort_values("position", kind="stable", ignore_index=True),
                   rows[["option_id", "value"]], spellings)

    @property
    def ids(self) -> list[str]:
        return list(self.options["option_id"])

    def of_kind(self, kind: str) -> set[str]:
        """The ids of the options of one kind."""
        return set(self.options.loc[self.options["kind"] == kind, "option_id"])

    def single(self, cells: pd.Series) -> tuple[pd.Series, np.ndarray]:
        """Cells of a single choice as option ids, and a mask of cells that are no option."""
        known = {cell: self.spellings.get(folded(cell), "") for cell in cells.unique()}
        ids = cells.map(known)
        return ids, ((ids == "") & (cells.str.strip() != "")).to_numpy()

    def joined(self, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Cells that hold several options, as booleans (records x options) and a mask of misfits.

        Options may be separated by comma, semicolon, bar, line break or blank;
        an option's own commas are recognised, the longest reading first.
        """
        spellings = sorted(self.spellings, key=lambda s: (-len(s), s))
        place = {option: i for i, option in enumerate(self.ids)}
        rows: dict[str, np.ndarray] = {}
        misfit: dict[str, bool] = {}
        for cell in cells.unique():
            parts = _split(folded(cell).strip(",;| "), spellings)
            rows[cell] = np.zeros(len(place), dtype=bool)
            rows[cell][[place[self.spellings[part]] for part in parts or []]] = True
            misfit[cell] = parts is None
        chosen = [rows[cell] for cell in cells]
        return (np.array(chosen, dtype=bool).reshape(len(cells), len(place)),
                cells.map(misfit).to_numpy(dtype=bool))

    def ticks(self, cells: pd.Series, option: str) -> tuple[np.ndarray, np.ndarray]:
        """Cells of one option's own column: whether it is ticked, and a mask of misfits."""
        own = {s for s, o in self.spellings.items() if o == option} | TICKED
        text = {cell: folded(cell) for cell in cells.unique()}
        ticked = cells.map({c: t in own and t not in UNTICKED for c, t in text.items()})
        misfit = cells.map({c: bool(t) and t not in own | UNTICKED for c, t in text.items()})
        return ticked.to_numpy(dtype=bool), misfit.to_numpy(dtype=bool)


def _split(text: str, spellings: list[str]) -> list[str] | None:
    """The options that a joined text lists, or None where it cannot be read as options alone.

    >>> _split("a, b, c", ["b, c", "a", "b"])
    ['a', 'b, c']
    """
    hopeless: set[int] = set()

    def read(start: int) -> list[str] | None:
        if start == len(text):
            return []
        for spelling in spellings if start not in hopeless else ():
            if text.startswith(spelling, start):
                gap = _SEPARATOR.match(text, start + len(spelling))
                if gap and (rest := read(gap.end())) is not None:
                    return [spelling, *rest]
        hopeless.add(start)
        return None

    return read(0)
