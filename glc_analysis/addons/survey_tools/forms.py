"""Recognises exports of Microsoft Forms and Google Forms, which are plain tables that begin with columns
added by the tool."""

from __future__ import annotations

from glc_analysis.intake.survey import SurveyReader, make_plain_table_reader
from glc_analysis.tabular import Grid

_MICROSOFT_COLUMNS = (
    {"start time", "completion time"}, {"startzeit", "fertigstellungszeit"},
    {"heure de début", "heure de fin"},
    {"hora de inicio", "hora de finalización"}, {"hora de início", "hora de conclusão"},
    {"ora di inizio", "ora di completamento"}, {"begintijd", "tijd van voltooien"},
)  # fmt: skip
_GOOGLE_COLUMNS = {
    "timestamp", "marca temporal", "horodateur", "zeitstempel", "carimbo de data/hora", "tijdstempel",
    "informazioni cronologiche", "отметка времени", "طابع زمني",
}  # fmt: skip


def is_microsoft_forms(sheets: list[Grid]) -> bool:
    """Whether the table has the two time columns that Microsoft Forms adds, in any language of Microsoft
    Forms."""
    names = {name.strip().casefold() for name in sheets[0].names}
    return any(columns <= names for columns in _MICROSOFT_COLUMNS)


def is_google_forms(sheets: list[Grid]) -> bool:
    """Whether the first column is the column that Google Forms adds, in any language of Google Forms."""
    return sheets[0].names[0].strip().casefold() in _GOOGLE_COLUMNS


MICROSOFT_FORMS = SurveyReader(is_microsoft_forms, make_plain_table_reader("microsoft_forms"))
GOOGLE_FORMS = SurveyReader(is_google_forms, make_plain_table_reader("google_forms"))
