"""Raw files of any tool become frames of text in one vocabulary. Nothing is judged here."""

from __future__ import annotations

from typing import NoReturn

from glc_analysis.errors import Fault, Faults


def refuse(message: str, file: str, mend: str, *, row: str = "", column: str = "") -> NoReturn:
    """Raise the one fault that ends the reading of a file."""
    raise Faults([Fault(message, file=file, row=row, column=column, mend=mend)])
