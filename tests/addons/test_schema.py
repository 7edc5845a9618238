"""The schema of core and add-ons together: where a table lies, and the chapter that is made of it."""

import re

from glc_analysis.sample import COMMITTED
from glc_analysis.schema import load_reference_table_schemas
from scripts.reference_chapter import reference_chapter


def test_what_tells_who_is_who_lies_in_private():
    lies_in = {name: table.lies_in for name, table in load_reference_table_schemas().items()}
    assert {lies_in[name] for name in ("countries", "evidence", "joint_display", "judgements",
                                       "panel_positions", "errata")} == {"private"}  # as somebody may leave
    assert {lies_in[name] for name in ("organisations", "consent", "documents", "speakers", "attendance",
                                       "assignments", "names", "quotes", "raters", "signoffs", "corrections",
                                       "manifest")} == {"private"}
    assert {lies_in[name] for name in ("questions", "options", "codebook", "headlines", "rounds",
                                       "principles")} == {"reference"}
    assert load_reference_table_schemas()["codebook"].private_columns == ("example",)
    assert load_reference_table_schemas()["principles"].private_columns == ("asked_by",)


def test_the_chapter_on_reference_tables_describes_every_column_with_what_it_may_hold_and_an_example():
    sections = reference_chapter(COMMITTED).split("\n## ")
    described = {}
    for section in sections[1:]:
        lines = [line.strip("| ") for line in section.splitlines() if line.startswith("| ")]
        rows = [re.split(r"(?<!\\) \| ", line) for line in lines]
        described[section.splitlines()[0]] = {cells[0].strip("*"): cells[1:] for cells in rows[1:]}
    assert {name: [*columns] for name, columns in described.items()} == {
        f"{name}.csv": [*table.columns] for name, table in load_reference_table_schemas().items()}
    assert described["raters.csv"]["role"] == [
        "the panel with which the person votes",
        "`provider`, `survivor_adviser` or `observer`; never blank", "`provider`"]
    without = [(name, column) for name, columns in described.items() for column, cells in columns.items()
               if len(cells) < 3 or not cells[2]]
    # Nobody in the sample has stopped, votes by proxy, has an interest or needs another form than the
    # organisation's; its rounds have no seal; it has one wave; no groups are merged, and nothing is closed.
    unused = ("stopped.csv", "reviewed_codings.csv", "proxies.csv", "interests.csv", "waves.csv",
              "wave_files.csv", "crosswalk.csv", "groupings.csv", "closed.csv",
              "organisation_changes.csv")
    without = [one for one in without if one[0] not in unused]
    assert without == [("manifest.csv", "keep_until"), ("options.csv", "common_id"),
                       ("consent.csv", "speaker_id"), ("consent.csv", "wave_id"),
                       ("principles.csv", "comes_from"), ("evidence.csv", "wave_id"),
                       ("joint_display.csv", "wave_id"),
                       ("rounds.csv", "is_sealed"),
                       ("raters.csv", "language"), ("explanations.csv", "passages_against")]


def test_the_chapter_says_which_tables_and_columns_are_for_the_team_only():
    chapter = reference_chapter(COMMITTED)
    assert re.search(r"\| \[`consent.csv`\]\(#consent-csv\) \|[^|]*\| `private/reference/` \|", chapter)
    assert re.search(r"\| \[`codebook.csv`\]\(#codebook-csv\) \|[^|]*\| `reference/` \|", chapter)
    assert re.search(r"\| example \|[^|]*\(in the private file\) \|", chapter)
    assert "the team may have `example`, in `private/reference/codebook.csv`" in chapter
