"""Defines the columns of the drafted tables. These are the columns in which a person decides, the columns
that say how sure each row is and why, and the columns of the reference table."""

from __future__ import annotations

from glc_analysis.schema import load_reference_table_schemas

ABOUT = ("how_sure", "why")
"""The columns of a drafted table that say how sure the program is of a row, and why."""
USE = "use"
"""The column of drafted questions and conditions in which a person decides: ``yes``, ``no``, or blank while
undecided."""
PLACE = "place"
"""The column of drafted questions that holds their places in the form. Drafted questions are sorted by this
column into the order of the form."""
AS = "as "
"""The word that precedes the id of another question in column :data:`USE` if a row follows the decision on
this other question."""
_COUNTED = {"questions": ("n", PLACE), "options": ("n",), "countries": ("n",)}
"""The columns of each drafted table that hold counts of answers or places in the form."""
DRAFTED_TABLES = ("questions", "sensitivity", "options", "asked_if", "countries", "codebook", "settings",
                  "waves")
"""The drafted tables, in the order in which a person looks at them."""


def list_drafted_table_columns(table: str) -> tuple[str, ...]:
    """Returns the columns of a drafted table: the columns in which a person decides, the columns that say how
    sure a row is and why, and the columns of the reference table.

    >>> list_drafted_table_columns("countries")
    ('how_sure', 'why', 'raw_name', 'country_id', 'label', 'region_id', 'n')
    """
    if table == "settings":
        return (*ABOUT, "setting", "value")
    if table == "waves":
        return (*ABOUT, "file", "wave_id")
    if table == "sensitivity":
        return ("is_sensitive", *ABOUT, "proposal", "question_id", "wording")
    if table == "asked_if":
        return (USE, *ABOUT, "question_id", "asked_if")
    columns = load_reference_table_schemas()[table].required_columns
    elsewhere = {*load_reference_table_schemas()[table].private_columns, "is_sensitive"}
    columns = tuple(column for column in columns if column not in elsewhere)
    return ((USE,) if table == "questions" else ()) + ABOUT + columns + _COUNTED.get(table, ())


def list_columns_draft_must_have(table: str) -> list[str]:
    """Returns the columns that a drafted table must have so that the program can read the table back."""
    optional = (*ABOUT, *_COUNTED.get(table, ()))
    return [column for column in list_drafted_table_columns(table) if column not in optional]
