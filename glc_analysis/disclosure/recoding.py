"""Coders' files after a withdrawal: what they marked in others' words stays where it stood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from glc_analysis.cleaning.values import folded, tidy
from glc_analysis.disclosure import WITHDRAWN
from glc_analysis.disclosure.projects import edit_database, write_word
from glc_analysis.disclosure.pseudonyms import Masked, mask
from glc_analysis.disclosure.readable import Unreadable, pieces
from glc_analysis.disclosure.redaction import edit_table, kept_span, redacted, redacted_rows
from glc_analysis.errors import Fault, Faults
from glc_analysis.intake.codings import RawCodings, read_codings, table, write_qdpx
from glc_analysis.intake.grid import Grid


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
        """Rewrites one file of a coder, or the workbook of decisions; a Word file of a text that went
        goes. Raises Faults for a file that it touches and that only its own tool can write, or that
        would not be read again with every other coding in its place."""
        if is_decided:
            edit_table(path, self._decisions)
            return
        raw = read_codings(path)
        met = {self._of(source) for source in raw.sources["source"]} & {*self.gone, *self.turns}
        said = [*raw.sources["text"], *_told(path)]
        if raw.tool == "csv":
            edit_table(path, self._rows)
        elif met or self._tell(said) != said:
            left = {source: self._left(source, text) for source, text in zip(
                raw.sources["source"], raw.sources["text"], strict=True)}
            kept = raw.quarantined["source"].map(left)
            is_edited = any(now is not None and now.offsets for now in kept) or not all(
                self._is_found(source, now) for source, now in left.items())
            if is_edited or raw.tool == "refi-qda" and (
                    path.suffix.lower() != ".qdpx" or len(raw.memos) + len(raw.quarantined)):
                raise Faults([by_hand(path.name, met)])
            self._rewrite(path, raw, left)

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

    def _tell(self, texts: list[str]) -> list[str]:
        return [WITHDRAWN if text in self.ids else now
                for text, now in zip(texts, redacted(texts, self.words), strict=True)]

    def _left(self, source: str, text: str) -> Masked | None:
        """A text without what went, and what moved; None where it went."""
        document = self._of(source)
        names = pd.concat([self.words.assign(pseudonym=WITHDRAWN), self.turns.get(document)])
        names = names.assign(match=names["match"].fillna("folded"), allowed_for="")
        return None if document in self.gone else mask(text, names, {})

    def _is_found(self, source: str, now: Masked | None) -> bool:
        """Whether every turn that went stood in the text: in one that was edited it may hide."""
        turns = self.turns.get(self._of(source))
        return now is None or turns is None or all(
            now.text.count(turn) >= n for turn, n in turns["pseudonym"].value_counts().items())

    def _rewrite(self, path: Path, raw: RawCodings, left: Mapping[str, Masked | None]) -> None:
        """A project without what went, each stretch left where its words stand, which is proved."""
        codes = raw.codes.assign(**{name: self._tell([*raw.codes[name]])
                                    for name in ("code", "parent", "definition")})
        codings = self._kept(raw.codings, left)
        texts = {source: now.text for source, now in left.items() if now}
        if raw.tool == "refi-qda":
            sources = pd.DataFrame(texts.items(), columns=["source", "text"], dtype="str")
            write_qdpx(path, sources=sources, codings=codings, codes=codes, name=path.stem)
        elif raw.tool == "word" and not texts:
            path.unlink()
            return
        elif raw.tool == "word":
            write_word(path, *texts.values(), codings)
        else:
            edit_database(path, lambda name: None if self._of(name) in self.gone else left.get(
                name, Masked("", ())), self._tell)
        again, apart = read_codings(path), self._kept(raw.quarantined, left)
        if _marks(again.codings) != _marks(codings) or _marks(again.quarantined) != _marks(apart) \
                or again.is_mixed != raw.is_mixed:
            raise Faults([by_hand(path.name, map(self._of, texts))])

    def _kept(self, codings: pd.DataFrame, left: Mapping[str, Masked | None]) -> pd.DataFrame:
        """The coded stretches that stay, where they stand and as they read now."""
        rows = [row | {"start": span[0], "end": span[1]} for row in codings.to_dict("records")
                if (now := left[row["source"]]) and (span := kept_span(row["start"], row["end"], now))]
        kept = pd.DataFrame(rows, columns=codings.columns)
        return kept.assign(**{name: self._tell([*kept[name]]) for name in ("code", "coder", "memo")})


def _marks(codings: pd.DataFrame) -> set[tuple]:
    columns = ["source", "start", "end", "code", "coder", "memo"]
    return {*codings[columns].itertuples(index=False, name=None)}


def _told(path: Path) -> list[str]:
    """All that stands in a file, properties and what is hidden too, as far as it can be read."""
    told: list[str] = []
    with suppress(Unreadable):
        told.extend(text for _, text in pieces(path.name, path.read_bytes()))
    return told


def by_hand(file: str, documents: Iterable[str]) -> Fault:
    """A fault for a coder's file that has to be redone in its own tool."""
    return Fault("cannot be rewritten here: memos of their own in REFI-QDA, or a text that was edited",
                 file=file, value=", ".join(sorted(documents)), mend="in its tool take these "
                 f"texts out, or the organisation's turns in them ({WITHDRAWN} in their place), export it "
                 "under the same name, correct its checksum in manifest.csv, and repeat")
