"""The form of a round for KoboToolbox and ODK: one XLSForm in every language that has all its texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from glc_analysis.cleaning.values import text_version
from glc_analysis.convening import CRITERIA
from glc_analysis.convening.form_texts import is_translated, name_and_code, phrases
from glc_analysis.intake.ratings_forms import ABSTAIN, MARK, SCORES
from glc_analysis.workbook import save_workbook

Row = dict[str, str]
_CHOICES = {"yes_no": ("yes", "no"), "mark": (MARK,)}


def write_xlsform(path: Path, round_id: str, raters: Sequence[str],
                  texts: Mapping[str, pd.DataFrame]) -> None:
    """Writes the XLSForm of a round; ``texts`` are its principles by language, in one order.

    The rater's code is asked for and has to be one of the round's. Which words somebody read is told by
    the language that is asked for: a stamp a principle says round, printed id and text_version.
    """
    form = _Form(round_id, texts)
    survey = list(form.survey(raters))
    settings = {"form_title": f"Round {round_id}", "form_id": f"glc-round-{round_id}",
                "version": text_version("".join(row.get("calculation", "") for row in survey)),
                "default_language": form.named[0], "style": "pages"}
    book = Workbook()
    book.properties.creator = None
    book.remove(book.active)
    for title, rows in (("survey", survey), ("choices", list(form.choices())), ("settings", [settings])):
        sheet = book.create_sheet(title)
        names = list(dict.fromkeys(name for row in rows for name in row))
        for n, line in enumerate((names, *([row.get(name, "") for name in names] for row in rows)), 1):
            for m, text in enumerate(line, 1):
                if text:
                    sheet.cell(n, m, text).data_type = "s"
    save_workbook(book, path)


class _Form:
    def __init__(self, round_id: str, texts: Mapping[str, pd.DataFrame]) -> None:
        self.round_id, self.texts = round_id, texts
        self.say = {language: phrases(language) for language in texts}
        self.named = [name_and_code(language) for language in texts]

    def survey(self, raters: Sequence[str]) -> Iterator[Row]:
        """The rows of the sheet ``survey``."""
        yield {"type": "note", "name": "how"} | self._labels("how")
        yield self._asked("text", "rater_id", "code_wanted") | {
            "constraint": f"regex(., '^({'|'.join(map(re.escape, raters))})$')"} | self._labels(
            "code_unknown", "constraint_message")
        if len(self.texts) > 1:
            yield self._asked("select_one languages", "read_in", "read_in")
        for n, principle in enumerate(next(iter(self.texts.values())).itertuples()):
            yield from self._principle(n, principle.principle_id)

    def _principle(self, n: int, name: str) -> Iterator[Row]:
        rows = {language: rows.iloc[n] for language, rows in self.texts.items()}
        yield {"type": "begin_group", "name": f"p_{name}", "appearance": "field-list"} | {
            f"label::{name_and_code(language)}": f"{row['printed_id']} {row['statement']}"
            for language, row in rows.items()}
        yield {"type": "calculate", "name": f"stamp_{name}", "calculation": self._stamp(rows)}
        yield {"type": "select_multiple mark", "name": f"{ABSTAIN}_{name}"} | self._labels(ABSTAIN)
        for criterion in CRITERIA:
            yield self._asked("integer", f"{criterion}_{name}", criterion) | self._hints(criterion) | {
                "constraint": f". >= {SCORES[0]} and . <= {SCORES[-1]}",
                "relevant": f"not(selected(${{{ABSTAIN}_{name}}}, '{MARK}'))"} | self._labels(
                "number_wanted", "constraint_message")
        yield {"type": "text", "name": f"comment_{name}"} | self._labels("comment")
        yield {"type": "select_one yes_no", "name": f"may_be_read_{name}",
               "relevant": f"${{comment_{name}}} != ''"} | self._labels("may_be_read")
        yield {"type": "end_group"}

    def _stamp(self, rows: Mapping[str, pd.Series]) -> str:
        """The expression whose value is the stamp of the words that are read; blank before that is told."""
        stamps = {language: f"'{self.round_id} {row['printed_id']} {row['text_version']}'"
                  for language, row in rows.items()}
        if len(stamps) == 1:
            return next(iter(stamps.values()))
        expression = "''"
        for language, stamp in reversed(stamps.items()):
            expression = f"if(${{read_in}} = '{language}', {stamp}, {expression})"
        return expression

    def choices(self) -> Iterator[Row]:
        """The rows of the sheet ``choices``."""
        for name, keys in _CHOICES.items():
            yield from ({"list_name": name, "name": key} | (
                self._labels(key) if key != MARK else self._labels(ABSTAIN)) for key in keys)
        for language in self.texts if len(self.texts) > 1 else ():
            own = self.say[language]["language_name"] if is_translated(language) else name_and_code(language)
            yield {"list_name": "languages", "name": language} | {f"label::{one}": own for one in self.named}

    def _asked(self, kind: str, name: str, key: str) -> Row:
        return {"type": kind, "name": name, "required": "yes"} | self._labels(key)

    def _labels(self, key: str, column: str = "label") -> Row:
        return {f"{column}::{name_and_code(language)}": say[key] for language, say in self.say.items()}

    def _hints(self, criterion: str) -> Row:
        return {f"hint::{name}": f"1 = {say[f'{criterion}_low']}, 9 = {say[f'{criterion}_high']}"
                for name, say in zip(self.named, self.say.values(), strict=True)}

