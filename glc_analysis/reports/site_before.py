"""The site that the last run made: a page that would come out the same is taken from there.

Which pages those are is told by their notebooks, and by what is said on all pages; that their files are still
as they were made, by the digests that the gate took.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path

from glc_analysis.manifest import checksum
from glc_analysis.reports.folders import link
from glc_analysis.reports.publish import FIGURES


@dataclass(frozen=True)
class SiteBefore:
    """The run whose site it is, what :func:`~glc_analysis.reports.site.build_site` returned for it, and the
    digests of its files, by their paths, when they went through the gate."""

    run: Path
    made_by: str
    passed: Mapping[str, str] = field(repr=False)

    def files(self, slug: str, run: Path) -> list[str]:
        """The files of a page, below the site; none where the page is to be made anew."""
        here, there = (folder / "notebooks" / f"{slug}.ipynb" for folder in (run, self.run))
        if not there.is_file() or not cmp(here, there, shallow=False):
            return []
        figures = (path.name for path in (self.run / "site" / FIGURES).glob(f"{slug}-*.svg"))
        names = [f"{slug}.html", *(f"{FIGURES}/{name}" for name in figures
                                   if re.fullmatch(re.escape(slug) + r"-\d+\.svg", name))]
        return names if all(map(self._is_whole, names)) else []

    def hand_over(self, names: list[str], site: Path) -> None:
        """Puts files of the last site into a new one, in the place of what is there."""
        for name in names:
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).unlink(missing_ok=True)
            link(self.run / "site" / name, site / name)

    def _is_whole(self, name: str) -> bool:
        path = self.run / "site" / name
        return path.is_file() and self.passed.get(f"site/{name}") == checksum(path)
