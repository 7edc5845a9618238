"""Decides which blocks of text are hidden, so that a comparison of two releases reveals nothing about any
single organisation.

A reader can compare two releases line by line. If a line of an organisation is in the first release but not
in the second, the reader sees that the organisation left the study or withdrew its words. A *block* is all
entries of one kind that one page shows, such as the quotations of a theme; a *line* is one entry of a block.
There are blocks of quotations, blocks of countries, blocks of the counts in the description of methods, and
blocks that add-ons contribute. If a line of an earlier release to an audience is missing from a block today,
the whole block is hidden from this audience. The block stays hidden until enough other organisations have
joined or left the block, so that nobody can tell whose line is missing. The number of organisations that must
have joined or left is the same as for new figures of a question (:mod:`.releases`). Blocks from which no line
is missing are still shown.

:func:`collect_block_lines` returns the lines of all blocks, each with its organisation.
:func:`find_blocks_hidden_for_missing_lines` returns the blocks to hide; a missing line in a block of one
add-on may hide words in blocks of other add-ons (:class:`Kinds`). Pages print one sentence
(:data:`BLOCK_NOT_SHOWN`) for a hidden block and for a block that has no lines, so that readers cannot tell a
hidden block from a block without lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.disclosure.rules import COALITION, has_capability

BLOCK_NOT_SHOWN = ("Not shown here: either there is nothing yet, or it could reveal what a single "
                   "organisation said or decided.")
"""The sentence that pages print in place of a hidden block or of a block without lines."""
NO_QUOTATION = ("No quotation is shown here: either none is cleared for these readers yet, or it could "
                "reveal what a single organisation said.")
"""The sentence that pages print in place of hidden quotations, which often have no heading."""
Row = tuple[str, str, str]
LINE_COLUMNS = ["block_id", "line", "organisation_id"]
QUOTATION_BLOCKS, COUNTRY_BLOCK, COUNT_BLOCK = "quotations", "countries", "counts"
"""The kinds of blocks of the core: quotations, countries, and counts in the description of methods. Each kind
has one block with all its entries. There are also blocks with the quotations of one theme or one country
(:func:`make_block_id`)."""
LANGUAGE = "language"
"""Used in place of a block id if the words of a quotation are shown, and only its language is hidden."""


def make_block_id(kind: str, item: str = "") -> str:
    """Returns the id of a block (the entries of one kind that one page shows). With ``item``, the block has
    only the entries of this item, such as the quotations of one theme; without ``item``, the block has all
    entries of its kind.

    >>> make_block_id(QUOTATION_BLOCKS, "needs")
    'quotations/needs'
    """
    return f"{kind}/{item}" if item else kind


def make_block_ids(kind: str, items: pd.Series) -> pd.Series:
    """Returns, for each item in ``items``, the id of its block of the given ``kind``."""
    return f"{kind}/" + items.astype("str")


def make_line_ids(blocks: pd.Series | str, lines: pd.Series) -> pd.Series:
    """Returns the ids of single lines of blocks, because a single line may be hidden (:mod:`.cells`) while
    its block is shown.

    >>> make_line_ids("quotations", pd.Series(["q1", "q2"])).tolist()
    ['quotations#q1', 'quotations#q2']
    """
    return blocks + "#" + lines.astype("str")


@dataclass(frozen=True)
class Kinds:
    """Names the kinds of blocks in which a missing line reveals something about the lines of other blocks."""

    words: tuple[str, ...] = ()
    """The kinds of blocks that contain words of organisations, which may be printed with the organisations'
    names."""
    signed: tuple[str, ...] = ()
    """The kinds of blocks that print organisations' names beside decisions of these organisations."""

    def __add__(self, other: Kinds) -> Kinds:
        return Kinds(self.words + other.words, self.signed + other.signed)


CORE_KINDS = Kinds(words=(QUOTATION_BLOCKS,))
"""The kinds of blocks that exist without any add-on."""


@dataclass(frozen=True)
class AddedBlocks:
    """Describes the blocks that an add-on contributes."""

    kinds: Kinds
    needs: tuple[str, ...]
    """The tables from which the lines of the add-on's blocks are made; a reference table is written
    ``NAME.csv``."""
    lines: Callable[[Mapping[str, pd.DataFrame], Any, str], Iterable[Row]]
    """A function that returns the lines of the add-on's blocks, given the processed tables, the reference
    tables and the audience."""
    rewritten: Callable[[Mapping[str, pd.DataFrame]], set[str]]
    """A function that returns the blocks that stay hidden until people have rewritten their text."""
    rows: Mapping[str, str]
    """The tables whose rows belong to blocks; a row is hidden if its block is hidden. Each table is mapped to
    the column with the item of the row's block, such as a theme."""
    line: Mapping[str, tuple[str, ...]]
    """Each table in ``rows``, mapped to the columns that together identify the line to which a row
    belongs."""


@dataclass(frozen=True)
class PublishedBlocks:
    """The contents of the blocks (the entries of one kind on one page) in one release.

    - ``sizes``: the number of lines of each block, with the columns block_id and n_lines.
    - ``lines``: each line of the blocks with its organisation (:data:`LINE_COLUMNS`).

    When an organisation withdraws, its lines are deleted from ``lines``, but ``sizes`` still counts its
    lines.
    """

    sizes: pd.DataFrame
    lines: pd.DataFrame
    has_cells: bool = True
    """Whether the organisations with words in the release had been put into cells (groups whose words are
    hidden together; :mod:`.cells`). If a release had cells, lines are hidden instead of whole blocks when an
    organisation leaves."""

    @classmethod
    def from_lines(cls, lines: pd.DataFrame, hidden: Collection[str]) -> PublishedBlocks:
        """Returns today's blocks and lines, without the blocks and lines in ``hidden``, which are not
        published."""
        ids = make_line_ids(lines["block_id"], lines["line"])
        lines = lines[~lines["block_id"].isin([*hidden]) & ~ids.isin([*hidden])].reset_index(drop=True)
        sizes = lines.groupby("block_id")["line"].nunique().rename("n_lines").reset_index()
        return cls(sizes, lines)

    @classmethod
    def from_tables(cls, audience: str, blocks: pd.DataFrame, lines: pd.DataFrame) -> PublishedBlocks:
        """Returns the blocks that an audience sees, read from the tables ``blocks`` and ``block_lines``."""
        hidden = blocks.loc[(blocks["audience"] == audience) & ~blocks["is_shown"], "block_id"]
        return cls.from_lines(lines[lines["audience"] == audience].drop(columns="audience"), hidden)


def find_blocks_hidden_for_missing_lines(today: pd.DataFrame, before: Sequence[PublishedBlocks],
                                         organisations: pd.DataFrame, least: int, *, kinds: Kinds,
                                         are_named: bool = False,
                                         hidden_cell_organisations: Collection[str] = (),
                                         country_page_blocks: Collection[str] = ()) -> set[str]:
    """Returns the blocks that must be hidden because a line of an earlier release is missing from them.

    A block from which a line is missing is hidden as long as fewer than ``least`` independent organisations
    have joined or left the block since the earlier release. ``today`` has today's lines, ``before`` has all
    earlier releases to the audience, and ``kinds`` has the kinds of blocks of the core and of all add-ons. An
    organisation that withdrew is not counted among the organisations that joined or left, so that readers
    who count organisations cannot work out which of them withdrew.

    For blocks of words, the rules depend on whether the earlier release had cells (groups of organisations
    whose words are hidden together):

    - If the release had cells, a block of words is not hidden as long as all its missing lines belong to
      hidden cells; ``hidden_cell_organisations`` has the organisations of the hidden cells. The blocks in
      ``country_page_blocks``, which are on the pages of countries, are hidden like blocks of any other kind.
    - If the release had no cells and words are printed with the names of organisations (``are_named``),
      readers can look for an organisation that was on every hidden page, because this organisation is the one
      that left. All pages therefore lose their words if fewer than two other organisations were on all hidden
      pages as well.
    - If the release had no cells, all pages also lose their words if a line is missing from a block that
      prints names beside decisions, because readers could connect the missing name with the missing words.

    >>> lines = pd.DataFrame([["quotations", f"q{k}", f"o{k}"] for k in range(4)], columns=LINE_COLUMNS)
    >>> first = PublishedBlocks.from_lines(lines, ())
    >>> nobody = pd.DataFrame({"organisation_id": [], "network_id": []})
    >>> [find_blocks_hidden_for_missing_lines(today, [first], nobody, 3, kinds=CORE_KINDS)
    ...  for today in (lines[:3], lines)]
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
            if release.has_cells and block.partition("/")[0] in kinds.words \
                    and block not in country_page_blocks:
                is_lost = not kept - lines <= _lines_of(release.lines, block, hidden_cell_organisations)
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
    """Returns the lines of ``organisations`` in a block."""
    is_theirs = (lines["block_id"] == block) & lines["organisation_id"].isin([*organisations])
    return {*lines.loc[is_theirs, "line"]}


def _by_block(lines: pd.DataFrame) -> dict[str, tuple[set[str], set[str]]]:
    """Returns, keyed by block, the set of its lines and the set of its organisations."""
    return {str(block): ({*rows["line"]}, {*rows["organisation_id"]})
            for block, rows in lines.groupby("block_id", observed=True)}


# ------------------------------
# The lines of every block today.


def collect_block_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame,
                        work_countries: Collection[str], home_countries: Collection[str],
                        add_on_lines: Iterable[Row] = (), *, audience: str) -> pd.DataFrame:
    """Returns the lines of every block that an audience has, with one row per line and organisation from
    which the line comes.

    - ``frames``: the processed tables.
    - ``quotes``: the rows of quotes.csv.
    - ``work_countries``: the countries of work that the audience may know.
    - ``home_countries``: the countries of main offices that the audience may know.
    - ``add_on_lines``: the lines of add-ons' blocks.
    """
    rows = [*_quotation_lines(frames, quotes, work_countries, audience), *add_on_lines,
            *_study_lines(frames, work_countries, home_countries, audience)]
    return pd.DataFrame(rows, columns=LINE_COLUMNS, dtype="str").drop_duplicates(ignore_index=True)


def select_quotations_with_owners(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame,
                                  audience: str) -> pd.DataFrame:
    """Returns the quotations that an audience may see, each with its segment_id and its owner (the
    organisation whose words are quoted)."""
    rows, segments = frames["quotations"], frames["segments"]
    rows = rows[rows["audience"] == audience]
    if rows.empty:
        return rows.assign(segment_id="", owner="")
    rows = rows.merge(quotes[["quote_id", "segment_id"]], on="quote_id")
    owner = dict(zip(segments["segment_id"],
                     find_organisation_behind_each_segment(segments, frames["documents"]), strict=True))
    return rows.assign(owner=rows["segment_id"].map(owner).fillna(""))


def _quotation_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, countries: Collection[str],
                     audience: str) -> Iterator[Row]:
    """Yields the lines of the block of all quotations, and the lines of the quotation blocks of each theme
    and country."""
    places = _working_in(frames["answers"], countries).groupby("organisation_id")["country_id"].agg(list)
    rows = select_quotations_with_owners(frames, quotes, audience)
    for quote, themes, owner in zip(rows["quote_id"], rows["theme_ids"], rows["owner"], strict=True):
        pages = [*filter(None, themes.split(";")), *places.get(owner, [])]
        for block in [QUOTATION_BLOCKS, *(make_block_id(QUOTATION_BLOCKS, page) for page in pages)]:
            yield block, quote, owner


def _study_lines(frames: Mapping[str, pd.DataFrame], countries: Collection[str], homes: Collection[str],
                 audience: str) -> Iterator[Row]:
    """Yields the lines of the block of countries, and the lines of the block of counts in the description of
    methods."""
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
    """Returns one row per organisation and country in which the organisation works, for the countries in
    ``countries``."""
    rows = answers[["organisation_id", "country_id"]].astype("str").drop_duplicates()
    return rows[rows["country_id"].isin([*countries])]


def find_audiences_with_hidden_country_block(blocks: pd.DataFrame) -> set[str]:
    """Returns the audiences for which table ``blocks`` hides the block of countries."""
    return {*blocks.loc[(blocks["block_id"] == COUNTRY_BLOCK) & ~blocks["is_shown"], "audience"]}
