"""Small exports as survey tools write them, for the tests of drafts."""

from pathlib import Path

from glc_analysis.intake.survey import RawSurvey, make_text_frame


def export(columns, name="answers.csv", wording=None):
    """An export as it was read: a list of cells a column."""
    size = len(next(iter(columns.values())))
    return RawSurvey(
        Path(name), "plain", make_text_frame(columns), [*range(2, size + 2)], [0] * size, wording or {}, ()
    )


def csv_file(folder, columns, name="answers.csv"):
    """The same as a file in a folder."""
    import pandas as pd

    path = Path(folder) / name
    pd.DataFrame(columns).to_csv(path, index=False)
    return path
