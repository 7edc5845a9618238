"""Blocks of text over releases: quotations, evidence, votes, signatures, countries, counts of the methods.

Two releases can be compared line by line. Where a line of an organisation is in the first and not in the
second, that organisation left, or took its words back. A *block* is everything of one kind that one page
shows, such as the quotations of a theme. If a line that an earlier release had in it is gone, the whole block
is hidden for that audience, until so many other organisations have come to it or left it that nobody can tell
whose line it was (the number that figures need as well, :mod:`.releases`). The other blocks stay.

In: the tables of today, and what each earlier release had in its blocks. Out: the lines of every block with
the organisation behind each (:func:`lines_of`), and the blocks to hide (:func:`hidden_blocks`). Pages say
that something is not shown (:data:`NOT_SHOWN`); of quotations, votes and logs also where there is nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from glc_analysis.addons.convening.votes import visible_principles
from glc_analysis.coding.codebook import descendants
from glc_analysis.disclosure.quotations import owners
from glc_analysis.disclosure.rules import KNOWN, may
from glc_analysis.text import content_hash

NOT_SHOWN = ("Not shown here: either there is nothing yet, or it could reveal what a single organisation "
             "said or decided.")
"""The sentence in place of a hidden block, and of quotations, votes and logs that are empty."""
NO_QUOTATION = ("No quotation is shown here: either none is cleared for these readers yet, or it could "
                "reveal what a single organisation said.")
"""The same of quotations, which often stand on a page without a heading of their own."""
WORDS = ("quotations", "joint_display", "evidence", "comments")
"""The kinds of blocks with words of organisations, which may carry their names."""
SIGNATURES = "signatures"
"""The kind of blocks with the names of those who signed."""
LINES = ["block_id", "line", "organisation_id"]
QUOTATIONS, JOINT_DISPLAY, AGENDA, DECISIONS, COUNTRIES, COUNTS = (
    "quotations", "joint_display", "agenda", "decisions", "countries", "counts")
"""The blocks that an audience has once. Others are of one theme, country or principle (:func:`block_of`)."""


def block_of(kind: str, item: str = "") -> str:
    """The id of a block: ``quotations`` of a theme or country, ``evidence``, ``votes`` or ``signatures`` of a
    principle.

    >>> block_of("evidence", "P03")
    'evidence/P03'
    """
    return f"{kind}/{item}" if item else kind


def block_ids(kind: str, items: pd.Series) -> pd.Series:
    """The ids of the blocks of one kind of many items."""
    return f"{kind}/" + items.astype("str")


@dataclass(frozen=True)
class PublishedBlocks:
    """What one release had in its blocks: ``sizes`` has the number of lines of each (block_id, n_lines),
    ``lines`` each line with its organisation (:data:`LINES`). The lines of an organisation that withdrew are
    no longer among them; the number still counts them."""

    sizes: pd.DataFrame
    lines: pd.DataFrame

    @classmethod
    def of(cls, lines: pd.DataFrame, hidden: Collection[str]) -> PublishedBlocks:
        """Today's blocks without the hidden ones, of which nothing is published."""
        lines = lines[~lines["block_id"].isin([*hidden])].reset_index(drop=True)
        sizes = lines.groupby("block_id")["line"].nunique().rename("n_lines").reset_index()
        return cls(sizes, lines)

    @classmethod
    def shown_to(cls, audience: str, blocks: pd.DataFrame, lines: pd.DataFrame) -> PublishedBlocks:
        """The blocks that an audience sees, by tables ``blocks`` and ``block_lines``."""
        hidden = blocks.loc[(blocks["audience"] == audience) & ~blocks["is_shown"], "block_id"]
        return cls.of(lines[lines["audience"] == audience].drop(columns="audience"), hidden)


def hidden_blocks(today: pd.DataFrame, before: Sequence[PublishedBlocks], organisations: pd.DataFrame,
                  least: int, *, are_named: bool = False) -> set[str]:
    """The blocks in which a line of an earlier release is missing, while fewer than ``least`` independent
    organisations have come to the block or left it since that release.

    ``today`` has the lines of today, ``before`` all earlier releases to the audience. An organisation that
    withdrew does not count among those that changed: nobody may be found by counting.

    Where words carry the names of organisations (``are_named``), the pages that are hidden have the one that
    left in common. If fewer than two others are on all of them too, all pages lose their words. They also do
    where somebody who signed left: a name that is gone from the signatures would belong to the words that are
    gone, and to what they were cited for.

    >>> lines = pd.DataFrame([["quotations", f"q{k}", f"o{k}"] for k in range(4)], columns=LINES)
    >>> first = PublishedBlocks.of(lines, ())
    >>> nobody = pd.DataFrame({"organisation_id": [], "network_id": []})
    >>> hidden_blocks(lines[:3], [first], nobody, 3), hidden_blocks(lines, [first], nobody, 3)
    ({'quotations'}, set())
    """
    networks = dict(zip(organisations["organisation_id"], organisations["network_id"], strict=True))
    now = _by_block(today)
    hidden = set()
    for release in before:
        earlier, lost = _by_block(release.lines), set()
        for block, n_lines in release.sizes.itertuples(index=False):
            (lines, came), (kept, were) = (found.get(block, (set(), set())) for found in (now, earlier))
            changed = {networks.get(one) or one for one in came ^ were}
            if len(lines & kept) < n_lines and len(changed) < least:
                lost.add(block)
        words = {block for block in lost if block.partition("/")[0] in WORDS}
        if words:
            common = set.intersection(*(earlier.get(block, (set(), set()))[1] for block in words))
            are_few = are_named and len({networks.get(one) or one for one in common}) < KNOWN
            if are_few or any(block.partition("/")[0] == SIGNATURES for block in lost):
                lost |= {block for block in {*release.sizes["block_id"]} | {*now}
                         if block.partition("/")[0] in WORDS}
        hidden |= lost
    return hidden


def _by_block(lines: pd.DataFrame) -> dict[str, tuple[set[str], set[str]]]:
    """The lines and the organisations of each block."""
    return {block: ({*rows["line"]}, {*rows["organisation_id"]})
            for block, rows in lines.groupby("block_id", observed=True)}


# ------------------------------
# The lines of every block today.


def lines_of(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, codebook: pd.DataFrame,
             raters: pd.DataFrame, countries: Collection[str], homes: Collection[str], *,
             audience: str) -> pd.DataFrame:
    """The lines of every block that an audience has, one row a line and organisation behind it.

    ``frames`` gives processed tables; ``quotes``, ``codebook`` and ``raters`` are reference tables,
    ``countries`` and ``homes`` the countries of work and of main offices that the audience may know of. A
    rater without an organisation stands for itself.
    """
    rows = [*_quotation_lines(frames, quotes, countries, audience),
            *_evidence_lines(frames, quotes, codebook, audience),
            *_convening_lines(frames, raters, audience),
            *_study_lines(frames, raters, countries, homes, audience)]
    return pd.DataFrame(rows, columns=LINES, dtype="str").drop_duplicates(ignore_index=True)


Row = tuple[str, str, str]


def _own_quotations(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, audience: str) -> pd.DataFrame:
    """The quotations of an audience, with segment_id and owner."""
    segments = frames["segments"]
    owner = dict(zip(segments["segment_id"], owners(segments, frames["documents"]), strict=True))
    rows = frames["quotations"]
    rows = rows[rows["audience"] == audience].merge(quotes[["quote_id", "segment_id"]], on="quote_id")
    return rows.assign(owner=rows["segment_id"].map(owner).fillna(""))


def _quotation_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, countries: Collection[str],
                     audience: str) -> Iterator[Row]:
    """All quotations, those of each theme and country, and those of the joint display."""
    places = _working_in(frames["answers"], countries).groupby("organisation_id")["country_id"].agg(list)
    passages = dict(zip(quotes["quote_id"], quotes["segment_id"], strict=True))
    cited = {passages.get(one, "") for one in frames["joint_display"]["quote_id"]} - {""}
    for row in _own_quotations(frames, quotes, audience).itertuples():
        pages = [*filter(None, row.theme_ids.split(";")), *places.get(row.owner, [])]
        blocks = [QUOTATIONS, *(block_of(QUOTATIONS, page) for page in pages)]
        for block in blocks + [JOINT_DISPLAY] * (row.segment_id in cited):
            yield block, row.quote_id, row.owner


def _evidence_lines(frames: Mapping[str, pd.DataFrame], quotes: pd.DataFrame, codebook: pd.DataFrame,
                    audience: str) -> Iterator[Row]:
    """The evidence of each principle that cites words, and the quotations with the codes that it cites."""
    segments, figures, evidence = frames["segments"], frames["estimates"], frames["evidence"]
    owner = dict(zip(segments["segment_id"], owners(segments, frames["documents"]), strict=True))
    cited = figures[figures["estimate_id"].isin(evidence["reference"])]
    codes, below = dict(zip(cited["estimate_id"], cited["code_id"], strict=True)), descendants(codebook)
    quoted = [(row.quote_id, row.segment_id, row.owner, {*row.code_ids.split(";")})
              for row in _own_quotations(frames, quotes, audience).itertuples()]
    shown = visible_principles(frames["principles"], audience)["principle_id"]
    for row in evidence[evidence["principle_id"].isin(shown)].itertuples():
        block = block_of("evidence", row.principle_id)
        if row.kind == "segment":
            yield block, f"{row.evidence_id}/{row.reference}", owner.get(row.reference, "")
        code = row.reference if row.kind == "code" else codes.get(row.reference, "")
        own = {code, *below.get(code, [])} - {""}
        for quote, segment, who, having in quoted:
            if own & having or segment == row.reference:
                yield block, quote, who


def _convening_lines(frames: Mapping[str, pd.DataFrame], raters: pd.DataFrame,
                     audience: str) -> Iterator[Row]:
    """The ballots behind the votes of each round on a principle and the agenda, the comments, the signatures,
    and who proposed what or asked for which text, of the principles that the audience may read. The votes of
    each round are a block of their own: whoever votes in a later one does not change those of an earlier one.
    """
    owner = _owners_of_raters(raters)
    shown = visible_principles(frames["principles"], audience)["principle_id"]
    said, signed = (rows[rows["principle_id"].isin(shown)]
                    for rows in (frames["ratings"], frames["signoffs"]))
    for row in said[["round_id", "rater_id", "principle_id"]].drop_duplicates().itertuples():
        for block in (block_of("votes", f"{row.principle_id}/{row.round_id}"), AGENDA):
            yield block, f"{row.round_id}/{row.rater_id}", owner.get(row.rater_id, row.rater_id)
    for row in said[said["may_be_read"] & (said["comment"] != "")].itertuples():
        line = f"{row.round_id}/{row.rater_id}"
        yield block_of("comments", row.principle_id), line, owner.get(row.rater_id, row.rater_id)
    for row in signed.itertuples():
        line = f"{row.version}/{row.organisation_id}/{row.decision}"
        yield block_of("signatures", row.principle_id), line, row.organisation_id
    known = {*frames["organisations"]["organisation_id"]}
    texts = frames["principles"]
    for row in texts[texts["principle_id"].isin(shown)].itertuples():
        if row.asked_by in known:  # who asked for a change of a text is printed with why it was changed
            yield DECISIONS, f"asked/{row.printed_id}", row.asked_by
    logs = ("decision_log", "decision", "proposed_by"), ("parking_lot", "item", "raised_by")
    for table, text, who in logs:
        rows = frames[table]
        for said, by in zip(rows[text], rows[who], strict=True):
            if by in known:
                yield DECISIONS, f"{table}/{content_hash(said)}", by


def _study_lines(frames: Mapping[str, pd.DataFrame], raters: pd.DataFrame, countries: Collection[str],
                 homes: Collection[str], audience: str) -> Iterator[Row]:
    """The countries and what their pages show, and all that the counts of the methods count."""
    for row in _working_in(frames["answers"], countries).itertuples():
        own = f"/{row.organisation_id}" if may(audience, "country_pages") else ""
        yield COUNTRIES, row.country_id + own, row.organisation_id
    register = frames["organisations"][["organisation_id", "home_country_id"]].astype("str")
    for row in register[register["home_country_id"].isin([*homes])].itertuples():
        yield COUNTRIES, f"home/{row.home_country_id}", row.organisation_id
    for one in register["organisation_id"]:
        yield COUNTS, f"organisation/{one}", one
        if may(audience, "country_pages"):  # what they show depends on the answers of all (``difference``)
            yield COUNTRIES, f"organisation/{one}", one
    segments = frames["segments"][["document_id", "organisation_id", "role"]].astype("str").drop_duplicates()
    for row in segments[(segments["role"] != "") & (segments["organisation_id"] != "")].itertuples():
        yield COUNTS, f"document/{row.document_id}", row.organisation_id
    for rater, who in _owners_of_raters(raters).items():
        yield COUNTS, f"rater/{rater}", who


def _working_in(answers: pd.DataFrame, countries: Collection[str]) -> pd.DataFrame:
    """Which organisation works in which of the countries."""
    rows = answers[["organisation_id", "country_id"]].astype("str").drop_duplicates()
    return rows[rows["country_id"].isin([*countries])]


def _owners_of_raters(raters: pd.DataFrame) -> dict[str, str]:
    own = raters["organisation_id"].where(raters["organisation_id"] != "", raters["rater_id"])
    return dict(zip(raters["rater_id"], own, strict=True))


def without_countries(blocks: pd.DataFrame) -> set[str]:
    """The audiences from which the block of countries is hidden, by table ``blocks``."""
    return {*blocks.loc[(blocks["block_id"] == COUNTRIES) & ~blocks["is_shown"], "audience"]}
