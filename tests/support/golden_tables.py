"""The tables of the invented sample that are stored in tests/golden/tables.

After an intended change, store them with `python -m tests.support.golden_tables`; git shows the changed rows.
Of the long tables of figures the rows of the whole study and of its regions are stored.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd

from glc_analysis import tables
from glc_analysis.figures.estimates import is_whole_study
from glc_analysis.tables import TABLES

GOLDEN = Path(__file__).parents[1] / "golden" / "tables"
OF_FIGURES = ("figures", "release_convening", "release_public")
OF_ALL_ADD_ONS = ("steps", "blocks", *OF_FIGURES)
"""The tables to which add-ons add rows. Whole, they are compared in tests/addons."""
MEASURES_OF_ADD_ONS = ("cooccurrence/", "novelty/", "salience/")
"""The beginnings of the measures of figures that add-ons make."""


def as_csv(study, name):
    """Returns a table as CSV text, with ten digits in its figures."""
    frame = tables.read_table(name, study=study)
    if name == "agreement":
        frame = frame[frame["subset"] == "all"]
    if name in OF_FIGURES:
        figures = tables.read_table("figures", study=study)
        figures = figures[is_whole_study(figures) | (figures["subset_kind"] == "region")]
        frame = frame[frame["figure_id"].isin(figures["figure_id"])]
    return frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def without_add_ons(text):
    """Returns a table of figures, given as CSV, without the figures of add-ons."""
    frame = pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False)
    return frame[~frame["figure_id"].str.startswith(MEASURES_OF_ADD_ONS)].to_csv(index=False)


def store():
    """Builds the sample and stores its tables."""
    from glc_analysis.build import build
    from glc_analysis.sample import write_sample
    from glc_analysis.study import Study

    shutil.rmtree(GOLDEN, ignore_errors=True)
    GOLDEN.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_sample(root)
        study = Study.find(str(root))
        build(study)
        for name in TABLES:
            (GOLDEN / f"{name}.csv").write_text(as_csv(study, name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(store())
