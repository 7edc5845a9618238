"""Counts how many figures readers see exactly, as a range, and not at all, compared with two simple rules.

``python benchmarks/utility.py`` prints the table alone; `make bench` prints it with the others. The real
survey is counted if its files are available (``GLC_SHARED_DATA``). The simple rules do not protect against
subtraction, nor against readers who know two answers. The table shows what the better protection costs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import pandas as pd  # noqa: E402

from glc_analysis import tables  # noqa: E402
from glc_analysis.build import build  # noqa: E402
from glc_analysis.figures.groupings import (  # noqa: E402
    MERGED,
    is_about_group_chosen_for_question,
    map_questions_to_attribute_groupings,
)
from glc_analysis.reference import read_reference  # noqa: E402
from glc_analysis.sample import write_sample  # noqa: E402
from glc_analysis.schema import COUNTRY_LIST  # noqa: E402
from glc_analysis.study import Study  # noqa: E402

GROUPS = {"whole study": {"answer": "all", "organisation": "all"},
          "region": {"answer": "region", "organisation": "home_region"},
          "country": {"answer": "country", "organisation": "home_country"},
          "resources": {"answer": "resource_level", "organisation": "resource_level"}}
"""The groups that a row of the table counts, by the unit of the question."""
HEADING = ["| exact / range / not shown | counts | convening | public | at least 7, rounded to 5 | "
           "at least 5, one complementary cell |", "|---|---|---|---|---|---|"]
TWO_REGIONS = """question_id,attribute,merged,chosen,by,date
*,home_region,americas | oceania,before,Ana,2016-01-05
*,home_region,africa | asia | europe,before,Ana,2016-01-05
"""
"""A grouping of the sample that `glc groups` ranks first: by region of the main office."""
STATUSES = ("shown", "banded", "suppressed")
ROUNDED_FROM, COVERED_FROM = 7, 5
"""The thresholds of the two simple rules."""


def rounded(counts: pd.Series) -> pd.Series:
    """Returns the status of each count if counts below a threshold are left out and the others are
    rounded."""
    return (counts >= ROUNDED_FROM).map({True: "banded", False: "suppressed"})


def with_one_complement(counts: pd.Series, tables_of: pd.Series) -> pd.Series:
    """Returns the status of each count if counts below a threshold are left out. If only one count of a table
    (``tables_of``) is left out, the smallest of the others is left out too.

    >>> with_one_complement(pd.Series([3, 9, 20, 8, 9]), pd.Series(["a", "a", "a", "b", "b"])).tolist()
    ['suppressed', 'suppressed', 'shown', 'shown', 'shown']
    """
    is_hidden = counts < COVERED_FROM
    for _, own in counts.groupby(tables_of):
        if is_hidden[own.index].sum() == 1 and len(own) > 1:
            is_hidden[own[~is_hidden[own.index]].idxmin()] = True
    return is_hidden.map({True: "suppressed", False: "shown"})


def rows(study: Study, name: str) -> list[str]:
    """Returns the lines for a built study. They count all options of its questions, by group or by the chosen
    groups, without questions whose answers are countries."""
    figures, questions = (tables.read_table(name, study=study) for name in ("figures", "questions"))
    chosen = map_questions_to_attribute_groupings(read_reference(study).groupings, questions)
    listed = questions.loc[questions["option_list"] != COUNTRY_LIST, "question_id"].astype("str")
    figures = figures[(figures["measure"] == "response") & (figures["statistic"] == "count")
                      & figures["question_id"].isin(listed)]
    is_single = ~figures["subset_id"].str.contains(MERGED, regex=False)
    groups = {group: is_single & (figures["subset_kind"] == figures["unit"].map(kinds))
              for group, kinds in GROUPS.items()}
    if chosen:
        groups = {"": is_about_group_chosen_for_question(figures, figures["question_id"], chosen)}
    lines = []
    for group, is_own in groups.items():
        own = figures[is_own & (figures["base_n"] > 0)]
        decided = [tables.read_table(f"release_{audience}", study=study).set_index("figure_id").loc[
            own["figure_id"], "status"] for audience in ("convening", "public")]
        counts = own["n"].astype(int)
        simple = [rounded(counts), with_one_complement(counts, own["question_id"] + "/" + own["subset_id"])]
        cells = [" / ".join(f"{(statuses == status).sum():,}" for status in STATUSES)
                 for statuses in (*decided, *simple)]
        if len(own):
            lines.append(f"| {', '.join(filter(None, (name, group)))} | {len(own):,} | {' | '.join(cells)} |")
    return lines


def table(folder: Path) -> list[str]:
    """Returns the table for the sample and, if its files are available, the real survey. The studies are
    built in ``folder``."""
    sample = folder / "utility-sample"
    write_sample(sample)
    build(Study(sample))
    merged = folder / "utility-merged"
    write_sample(merged)
    merged.joinpath("reference/groupings.csv").write_text(TWO_REGIONS, encoding="utf-8")
    build(Study(merged))
    lines = [*HEADING, *rows(Study(sample), "sample"), *rows(Study(merged), "sample, two merged regions")]
    data = Path(os.environ.get("GLC_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if (data / "ngo_survey").is_dir():
        survey = _survey(folder / "utility-survey", data)
        build(survey)
        lines += rows(survey, "real survey")
    return lines


def _survey(root: Path, data: Path) -> Study:
    """Returns a copy of the real survey's tables in which the settings point to the survey's files."""
    committed = ROOT / "tests" / "studies" / "ngo_survey"
    for path in (*committed.glob("reference/*"), *committed.glob("private/reference/*")):
        target = root / path.relative_to(committed)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        for steps, base in (("../../../../../", target.parent), ("../../../../", root)):
            text = text.replace(f"{steps}shared/data", os.path.relpath(data, base))
        target.write_text(text, encoding="utf-8")
    return Study(root)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print("\n".join(table(Path(name))))
