"""Sparse rows of figures, made when they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.sparse import csr_array, vstack

Made = tuple[Callable[[], csr_array], np.ndarray]
"""What makes some rows, and which of them each figure has; several figures may have the same."""


@dataclass(frozen=True)
class Rows:
    """A matrix of figures x organisations, read by places of figures as a ``csr_array`` is.

    A part of it is made when one of its figures is first read: of most kinds of subsets none ever is.
    ``part`` and ``at`` say where each figure stands; those that have the same base share its row.
    """

    parts: list[Callable[[], csr_array]]
    part: np.ndarray
    at: np.ndarray

    @classmethod
    def of(cls, places: Sequence[np.ndarray], made: Sequence[Made]) -> Rows:
        """From the places of the figures of each part, and their rows."""
        back, at = np.argsort(np.concatenate(places)), np.concatenate([at for _, at in made])
        part = np.repeat(np.arange(len(places)), [*map(len, places)])
        return cls([cache(make) for make, _ in made], part[back], at[back])

    def __getitem__(self, figures: np.ndarray) -> csr_array:
        part, at = self.part[figures], self.at[figures]
        found = [self.parts[k]()[at[part == k]] for k in np.unique(part).tolist() or [0]]
        back = np.argsort(np.argsort(part, kind="stable"))
        return found[0] if len(found) == 1 else vstack(found, format="csr")[back]

    @property
    def indptr(self) -> np.ndarray:
        """Where the entries of each row would begin."""
        sizes = [np.diff(make().indptr) for make in self.parts]
        return np.cumsum([0, *(sizes[k][row] for k, row in zip(self.part, self.at, strict=True))])
