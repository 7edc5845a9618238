"""One, two and three organisations of the sample leave, with two and three releases in hand.

The attacker knows the cells, who left (the signatures are public), and the lines of two organisations of a
cell. Of every line that is missing in a later release, three others may still have been the owner.
"""

from itertools import combinations

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.disclosure.cells import (
    hide_cells_containing_organisations,
    remove_members_and_hide_small_cells,
)
from glc_analysis.disclosure.consent import Consent
from glc_analysis.disclosure.countries import find_visible_work_and_home_countries
from glc_analysis.disclosure.quotations import READING_AUDIENCES
from glc_analysis.reference import read_reference
from glc_analysis.release_store import group_organisations_and_find_hidden_lines, list_text_block_lines
from tests.support.share import drawn

pytestmark = pytest.mark.acceptance
COALITION = 2


@pytest.fixture(scope="module")
def words(sample_study):
    """Which organisation each line of words is of, and the cells, before the first release."""
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    reference, own = read_reference(sample_study), frames["organisations"]
    known = find_visible_work_and_home_countries(frames["answers"], own,
                                                 Consent.from_table(reference.consent),
                                                 sample_study.settings["disclosure"])
    lines = {audience: list_text_block_lines(frames, reference, known, audience)
             for audience in READING_AUDIENCES}
    cells, hidden = group_organisations_and_find_hidden_lines(sample_study, lines, own)
    assert not any(map(len, hidden.values()))  # nobody waits, and nobody has more than a third
    kinds = ("quotations", "joint_display", "evidence", "comments")
    rows = pd.concat(lines.values())
    rows = rows[rows["block_id"].str.split("/").str[0].isin(kinds) & (rows["organisation_id"] != "")]
    owner = rows.drop_duplicates("line").set_index("line")["organisation_id"]
    return owner, cells, own


def after(cells, leavers, register):
    """The organisations of the cells that are hidden after each departure, one release after the other."""
    hidden = []
    for leaver in leavers:
        cells = remove_members_and_hide_small_cells(hide_cells_containing_organisations(cells, [leaver]),
                                                    [leaver], register)
        hidden.append({*cells.loc[cells["is_hidden"], "organisation_id"]})
    return hidden


def attacked(owner, cells, register, leavers):
    """Of each line that is missing after a departure, how many may have been its owner, for two readers who
    know the cells; and the share of lines that is shown in the end. The leavers go one release after the
    other, and each pair of releases next to each other is compared, and the first with the last."""
    networks = dict(zip(register["organisation_id"], register["network_id"], strict=True))
    cell_of = dict(zip(cells["organisation_id"], cells["cell"], strict=True))
    members = cells.assign(unit=[networks.get(one) or one for one in cells["organisation_id"]])
    units = members.groupby("cell")["unit"].nunique()
    possible, shown = [], {*owner.index}
    for k, hidden in enumerate(after(cells, leavers, register)):
        left = {line for line in shown if owner[line] not in {*leavers[:k + 1]} | hidden}
        possible += [units[cell_of[owner[line]]] - COALITION for line in shown - left]
        missing = {owner[line] for line in {*owner.index} - left}
        assert missing == {one for one in {*owner} if cell_of[one] in {cell_of[who] for who in missing}}
        shown = left
    return possible, len(shown) / len(owner)


def test_every_missing_line_keeps_three_possible_owners(words, capsys):
    owner, cells, register = words
    names, kept, tried = sorted(cells["organisation_id"]), [], 0
    for n in (1, 2, 3):
        results = [attacked(owner, cells, register, leavers)
                   for leavers in drawn([*combinations(names, n)], 60)]
        assert min(least for possible, _ in results for least in possible) >= 3
        tried += sum(len(possible) for possible, _ in results)
        kept.append(sum(share for _, share in results) / len(results))
    m = len(names)
    with capsys.disabled():
        print(f"\n{tried} missing lines attacked; of {len(owner)} lines of {m} organisations are kept after "
              f"one departure {kept[0]:.0%} (goal {(m - 5) / m:.0%}), two {kept[1]:.0%}, three {kept[2]:.0%}")
    assert kept[0] >= 1 - 1 / (m // 5)  # as many cells of one size as there can be


def test_without_cells_each_missing_line_is_known(words):
    owner, cells, register = words
    alone = cells.assign(cell=range(len(cells)))
    assert max(attacked(owner, alone, register, [owner.iloc[0]])[0]) < 1
