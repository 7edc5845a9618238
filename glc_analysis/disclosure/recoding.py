"""Coders' files after a withdrawal: what they marked in others' words stays where it stood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from glc_analysis.cleaning.values import folded, tidy
from glc_analysis.disclosure.pseudonyms import carry, mask
from glc_analysis.disclosure.redaction import WITHDRAWN, edit_table, redacted, redacted_rows
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import RawCodings, read_codings, table, write_qdpx
from glc_analysis.intake.grid import Grid

_NOTHING_LEFT = re.compile(rf"(?:\S+: {re.escape(WITHDRAWN)}\s*)+")


@dataclass(frozen=True)
class Recoding:
    """What went: whole texts (document_ids in ``gone``), turns of others (in ``turns``, by document_id:
    name, the turn with its label as coders have it, and pseudonym, what stands there instead), ids of
    segments, and ``words`` that no copy may hold. ``documents`` has the id of every name of a text."""

    documents: Mapping[str, str]
    gone: set[str]
    turns: Mapping[str, pd.DataFrame]
    ids: set[str]
    words: pd.DataFrame

    def recode(self, path: Path, *, is_decided: bool) -> None:
        """Rewrites one file of a coder, or the workbook of decisions. Raises Faults for a file that it
        touches and that only its own tool can write."""
        if is_decided:
            edit_table(path, self._decisions)
            return
        raw = read_codings(path)
        met = {self._of(source) for source in raw.sources["source"]} & {*self.gone, *self.turns}
        said = [*raw.sources["text"], *raw.codings["memo"], *raw.codes["definition"], *raw.memos["text"]]
        if raw.tool == "csv":
            edit_table(path, self._rows)
        elif met or redacted(said, self.words) != said:
            if path.suffix.lower() != ".qdpx" or len(raw.memos) + len(raw.quarantined):
                raise Faults([by_hand(path.name, met)])
            self._project(path, raw)

    def _of(self, source: str) -> str:
        """The document_id of a text as a tool calls it."""
        name = PurePath(source.replace("\\", "/")).name
        return self.documents.get(folded(name), self.documents.get(folded(PurePath(name).stem), ""))

    def _decisions(self, grid: Grid) -> list[list[str] | None]:
        return [None if self.ids & {*row} else after
                for row, after in zip(grid.rows, redacted_rows(grid, self.words), strict=True)]

    def _rows(self, grid: Grid) -> list[list[str] | None]:
        """The rows of a table but those on what went; where turns did, the quotation alone says where."""
        roles = [table.NAMES.get(name.strip().casefold(), "") for name in grid.names]
        kept: list[list[str] | None] = [grid.names]
        for old, row in zip(grid.rows[1:], redacted_rows(grid, self.words)[1:], strict=True):
            document = self._of(old[roles.index("source")])
            quote = tidy(old[roles.index("quote")]) if "quote" in roles else ""
            turns = self.turns[document]["name"] if document in self.turns else ()
            is_gone = document in self.gone or bool(quote) and any(quote in tidy(turn) for turn in turns)
            moved = ["" if role in ("start", "end") else cell for role, cell in zip(roles, row, strict=True)]
            kept.append(None if is_gone else moved if document in self.turns else row)
        return kept

    def _project(self, path: Path, raw: RawCodings) -> None:
        """A REFI-QDA project: its texts without what went, each stretch left where its words stand."""
        texts, rows = {}, []
        for source, text in zip(raw.sources["source"], raw.sources["text"], strict=True):
            document = self._of(source)
            if document in self.gone:
                continue
            names = pd.concat([self.words.assign(pseudonym=WITHDRAWN), self.turns.get(document)])
            now = mask(text, names.assign(match=names["match"].fillna("exact"), allowed_for=""), {})
            texts[source] = now.text
            for row in raw.codings[raw.codings["source"] == source].to_dict("records"):
                start, end = carry(row["start"], row["end"], now.offsets)
                if not _NOTHING_LEFT.fullmatch(now.text[start:end]):
                    rows.append(row | {"start": start, "end": end})
        codings = pd.DataFrame(rows, columns=raw.codings.columns)
        write_qdpx(path, sources=pd.DataFrame(texts.items(), columns=["source", "text"], dtype="str"),
                   codings=codings.assign(memo=redacted([*codings["memo"]], self.words)), name=path.stem,
                   codes=raw.codes.assign(definition=redacted([*raw.codes["definition"]], self.words)))


def by_hand(file: str, documents: Iterable[str]) -> Fault:
    """A fault for a coder's file that has to be redone in its own tool."""
    return Fault("cannot be rewritten here: a database, Word, memos of their own, or a text that "
                 "was edited", file=file, value=", ".join(sorted(documents)), mend="in its tool take these "
                 f"texts out, or the organisation's turns in them ({WITHDRAWN} in their place), export it "
                 "under the same name, correct its checksum in manifest.csv, and repeat")
