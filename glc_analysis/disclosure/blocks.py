"""Decides which blocks of text are hidden so that a comparison of two releases reveals nothing about one
organisation.

Two releases can be compared line by line. A line of an organisation that is in the first release and missing
in the second shows that the organisation left the study or withdrew its words. A *block* is everything of one
kind that one page shows, such as the quotations of a theme; a *line* is one entry of it. There are blocks of
quotations, of countries, of the counts in the description of methods, and blocks of add-ons. If a line of an
earlier release is missing from a block, the whole block is hidden from that audience. It stays hidden until
enough other organisations have joined or left the block, so that nobody can tell whose line is missing. The
number of organisations is the same as for figures (:mod:`.releases`). The other blocks are still shown.

:func:`collect_block_lines` returns the lines of all blocks, each with its organisation. :func:`hidden_blocks`
returns the blocks to hide; a line that is missing from a block of one add-on may hide words in blocks of
other add-ons (:class:`Kinds`). Pages print the same sentence (:data:`BLOCK_NOT_SHOWN`) for a hidden block and
for a block that has no lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from glc_analysis.disclosure.quotations import segment_owners
from glc_analysis.disclosure.rules import COALITION, has_capability

BLOCK_NOT_SHOWN = ("Not shown here: either there is nothing yet, or it could reveal what a single "
                   "organisation said or decided.")
"""The sentence that pages print in place of a hidden block or an empty one."""
NO_QUOTATION = ("No quotation is shown here: either none is cleared for these readers yet, or it could "
                "reveal what a single organisation said.")
"""The sentence that pages print in place of quotations, which often have no heading of their own."""
Row = tuple[str, str, str]
LINE_COLUMNS = ["block_id", "line", "organisation_id"]
QUOTATION_BLOCKS, COUNTRY_BLOCK, COUNT_BLOCK = "quotations", "countries", "counts"
"""The blocks that exist once per audience. The other blocks belong to one theme or country
(:func:`block_id`)."""
LANGUAGE = "language"
"""Stands in place of a block id for the language of a quotation, which may be hidden while the words of the
quotation are shown."""


def block_id(kind: str, item: str = "") -> str:
    """Returns the id of a block. With ``item``, the block has only what belongs to that item, such as the
    quotations of one theme; without it, the block has everything of its kind.

    >>> block_id(QUOTATION_BLOCKS, "needs")
    'quotations/needs'
    """
    return f"{kind}/{item}" if item else kind


def block_ids(kind: str, items: pd.Series) -> pd.Series:
    """Returns, for each item, the id of its block of one kind."""
    return f"{kind}/" + items.astype("str")


def line_ids(blocks: pd.Series | str, lines: pd.Series) -> pd.Series:
    """Returns the ids of lines, which are needed because a single line may be hidden (:mod:`.cells`) while
    its block is shown.

    >>> line_ids("quotations", pd.Series(["q1", "q2"])).tolist()
    ['quotations#q1', 'quotations#q2']
    """
    return blocks + "#" + lines.astype("str")


@dataclass(frozen=True)
class Kinds:
    """The kinds of blocks in which a missing line reveals something about lines of other blocks."""

    words: tuple[str, ...] = ()
    """The kinds of blocks with words of organisations, which may be printed with the organisations' names."""
    signed: tuple[str, ...] = ()
    """The kinds of blocks that print the names of organisations beside what they decided."""

    def __add__(self, other: Kinds) -> Kinds:
        return Kinds(self.words + other.words, self.signed + other.signed)


CORE_KINDS = Kinds(words=(QUOTATION_BLOCKS,))
"""The kinds of blocks that the core itself has, without add-ons."""


@dataclass(frozen=True)
class AddedBlocks:
    """The blocks of an add-on."""

    kinds: Kinds
    needs: tuple[str, ...]
    """The tables from which the add-on's lines are made; reference tables are named ``NAME.csv``."""
    lines: Callable[[Mapping[str, pd.DataFrame], Any, str], Iterable[Row]]
    """Returns the add-on's lines, given the processed tables, the reference tables and the audience."""
    rewritten: Callable[[Mapping[str, pd.DataFrame]], set[str]]
    """Returns the blocks that stay hidden until people have rewritten them."""
    rows: Mapping[str, str]
    """The tables whose rows are hidden together with a block. Each is mapped to the column that has the item
    of the row's block."""
    line: Mapping[str, tuple[str, ...]]
    """Each table in ``rows``, mapped to the columns that together identify the line of a row."""


@dataclass(frozen=True)
class PublishedBlocks:
    """The contents of the blocks of one release.

    - ``sizes``: the number of lines of each block (block_id, n_lines).
    - ``lines``: each line with its organisation (:data:`LINE_COLUMNS`).

    When an organisation withdraws, its lines are deleted from ``lines``, but ``sizes`` still counts them.
    """

    sizes: pd.DataFrame
    lines: pd.DataFrame
    has_cells: bool = True
    """Whether the organisations with words in the release had cells (:mod:`.cells`). If so, lines are hidden
    instead of blocks when one of these organisations leaves."""

    @classmethod
    def of(cls, lines: pd.DataFrame, hidden: Collection[str]) -> PublishedBlocks:
        """Returns today's blocks and lines without the hidden blocks and lines, which are not published."""
        ids = line_ids(lines["block_id"], lines["line"])
        lines = lines[~lines["block_id"].isin([*hidden]) & ~ids.isin([*hidden])].reset_index(drop=True)
        sizes = lines.groupby("block_id")["line"].nunique().rename("n_lines").reset_index()
        return cls(sizes, lines)

    @classmethod
    def shown_to(cls, audience: str, blocks: pd.DataFrame, lines: pd.DataFrame) -> PublishedBlocks:
        """Returns the blocks that an audience sees, from the tables ``blocks`` and ``block_lines``."""
        hidden = blocks.loc[(blocks["audience"] == audience) & ~blocks["is_shown"], "block_id"]
        return cls.of(lines[lines["audience"] == audience].drop(columns="audience"), hidden)


def hidden_blocks(today: pd.DataFrame, before: Sequence[PublishedBlocks], organisations: pd.DataFrame,
                  least: int, *, kinds: Kinds, are_named: bool = False, departed: Collection[str] = (),
                  whole: Collection[str] = ()) -> set[str]:
    """Returns the blocks to hide because a line of an earlier release is missing from them.

    A block that lacks a line is hidden while fewer than ``least`` independent organisations have joined or
    left it since that release. ``today`` has today's lines, ``before`` all earlier releases to the audience,
    and ``kinds`` the kinds of blocks of the core and of all add-ons. An organisation that withdrew does not
    count among those that joined or left, so that nobody can be identified by counting.

    For blocks of words, it matters whether the earlier release had cells:

    - If it had cells, only the lines of hidden cells disappear; ``departed`` has the organisations of these
      cells. The blocks stay, except the blocks in ``whole``, which are the pages of countries.
    - If it had no cells and words are printed with the names of organisations (``are_named``), readers can
      look for the organisation that is on every hidden page, because that is the one that left. If fewer than
      two other organisations are on all hidden pages as well, all pages lose their words.
    - If it had no cells, all pages also lose their words if a block that prints names beside decisions has
      lost a line, because readers could connect the missing name with the missing words.

    >>> lines = pd.DataFrame([["quotations", f"q{k}", f"o{k}"] for k in range(4)], columns=LINE_COLUMNS)
    >>> first = PublishedBlocks.of(lines, ())
    >>> nobody = pd.DataFrame({"organisation_id": [], "network_id": []})
    >>> [hidden_blocks(today, [first], nobody, 3, kinds=CORE_KINDS) for today in (lines[:3], lines)]
    [{'quotations'}, set()]
    """
    networks = dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))
    now = _by_block(today)
    hidden = set()
    for release in before:
        earlier, lost = _by_block(release.lines), set()
        for block, n_lines in release.sizes.itertuples(index=False):
            (lines, came), (kept, were) = (side.get(block, (set(), set())) for side in (now, earlier))
            changed = {networks.get(organisation) or organisation for organisation in came ^ were}
            if release.has_cells and block.partition("/")[0] in kinds.words and block not in whole:
                is_lost = not kept - lines <= _lines_of(release.lines, block, departed)
            else:
                is_lost = len(lines & kept) < n_lines
            if is_lost and len(changed) < least:
                lost.add(block)
        words = {block for block in lost if block.partition("/")[0] in kinds.words}
        if words and not release.has_cells:
            common = set.intersection(*(earlier.get(block, (set(), set()))[1] for block in words))
            are_few = are_named and len({networks.get(one) or one for one in common}) < COALITION
            if are_few or any(block.partition("/")[0] in kinds.signed for block in lost):
                lost |= {block for block in {*release.sizes["block_id"]} | {*now}
                         if block.partition("/")[0] in kinds.words}
        hidden |= lost
    return hidden


def _lines_of(lines: pd.DataFrame, block: str, organisations: Collection[str]) -> set[str]:
    """Returns the lines of these organisations in a block."""
    is_theirs = (lines["block_id"] == block) & lines["organisation_id"].isin([*organisations])
    return {*lines.loc[is_theirs, "line"]}


def _by_block(lines: pd.DataFrame) -> dict[str, tuple[set[str], set[str]]]:
    """Returns the lines and the organisations of each block."""
    return {str(block): ({*rows["line"]}, {*rows["organisation_id"]})
            for block, rows in lines.groupby("block_id", observed=True)}


# ------------------------------
# The lines of every block today.


def collect_block_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, countries: Collection[str],
                        homes: Collection[str], added: Iterable[Row] = (), *, audience: str) -> pd.DataFrame:
    """Returns the lines of every block that an audience has: one row per line and organisation from which the
    line comes.

    - ``frames``: the processed tables; ``quotes``: the rows of quotes.csv.
    - ``countries``, ``homes``: the countries of work and of main offices that the audience may know of.
    - ``added``: the lines of add-ons.
    """
    rows = [*_quotation_lines(frames, quotes, countries, audience), *added,
            *_study_lines(frames, countries, homes, audience)]
    return pd.DataFrame(rows, columns=LINE_COLUMNS, dtype="str").drop_duplicates(ignore_index=True)


def select_quotations_with_owners(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame,
                                  audience: str) -> pd.DataFrame:
    """Returns the quotations of an audience with their segment_id and their owner, the organisation whose
    words they are."""
    rows, segments = frames["quotations"], frames["segments"]
    rows = rows[rows["audience"] == audience]
    if rows.empty:
        return rows.assign(segment_id="", owner="")
    rows = rows.merge(quotes[["quote_id", "segment_id"]], on="quote_id")
    owner = dict(zip(segments["segment_id"], segment_owners(segments, frames["documents"]), strict=True))
    return rows.assign(owner=rows["segment_id"].map(owner).fillna(""))


def _quotation_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, countries: Collection[str],
                     audience: str) -> Iterator[Row]:
    """Yields the lines of the block of all quotations and of the blocks of each theme and country."""
    places = _working_in(frames["answers"], countries).groupby("organisation_id")["country_id"].agg(list)
    rows = select_quotations_with_owners(frames, quotes, audience)
    for quote, themes, owner in zip(rows["quote_id"], rows["theme_ids"], rows["owner"], strict=True):
        pages = [*filter(None, themes.split(";")), *places.get(owner, [])]
        for block in [QUOTATION_BLOCKS, *(block_id(QUOTATION_BLOCKS, page) for page in pages)]:
            yield block, quote, owner


def _study_lines(frames: Mapping[str, pd.DataFrame], countries: Collection[str], homes: Collection[str],
                 audience: str) -> Iterator[Row]:
    """Yields the lines of the block of countries and of the block of counts in the description of methods."""
    has_pages = has_capability(audience, "country_pages")
    working = _working_in(frames["answers"], countries)
    for organisation, country in zip(working["organisation_id"], working["country_id"], strict=True):
        yield COUNTRY_BLOCK, f"{country}/{organisation}" if has_pages else country, organisation
    register = frames["organisations"][["organisation_id", "home_country_id"]].astype("str")
    for organisation, home in zip(register["organisation_id"], register["home_country_id"], strict=True):
        if home in homes:
            yield COUNTRY_BLOCK, f"home/{home}", organisation
        yield COUNT_BLOCK, f"organisation/{organisation}", organisation
        if has_pages:  # what they show depends on the answers of all (``difference``)
            yield COUNTRY_BLOCK, f"organisation/{organisation}", organisation
    segments = frames["segments"][["document_id", "organisation_id", "role"]].astype("str").drop_duplicates()
    segments = segments[(segments["role"] != "") & (segments["organisation_id"] != "")]
    for document, organisation in zip(segments["document_id"], segments["organisation_id"], strict=True):
        yield COUNT_BLOCK, f"document/{document}", organisation


def _working_in(answers: pd.DataFrame, countries: Collection[str]) -> pd.DataFrame:
    """Returns one row per organisation and country of ``countries`` in which it works."""
    rows = answers[["organisation_id", "country_id"]].astype("str").drop_duplicates()
    return rows[rows["country_id"].isin([*countries])]


def find_audiences_with_hidden_country_block(blocks: pd.DataFrame) -> set[str]:
    """Returns the audiences from which table ``blocks`` hides the block of countries."""
    return {*blocks.loc[(blocks["block_id"] == COUNTRY_BLOCK) & ~blocks["is_shown"], "audience"]}
