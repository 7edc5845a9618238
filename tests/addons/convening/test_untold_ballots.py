"""A ballot that was never shown, and counts in no result, hides nothing when it is erased."""

import pandas as pd

from glc_analysis import tables
from glc_analysis.addons.convening.blocks import list_text_block_lines_with_owners
from glc_analysis.addons.convening.seals import mark_ballots_of_too_few_observers
from glc_analysis.reference import read_reference


def test_ballots_of_few_observers_are_never_told_and_those_of_many_are():
    few = pd.Series(["observer"] * 3 + ["provider"] * 2)
    many = pd.Series(["observer"] * 4 + ["provider"] * 2)
    assert mark_ballots_of_too_few_observers(few, few * 0).tolist() == [True] * 3 + [False] * 2
    assert not mark_ballots_of_too_few_observers(many, many * 0).any()


def test_the_votes_rest_on_no_ballot_of_the_one_observer(sample_study):
    frames = {name: tables.read_table(name, study=sample_study) for name in tables.TABLES}
    rated = frames["ratings"]
    observers = {*rated.loc[rated["panel"] == "observer", "rater_id"]}
    assert observers
    for audience in ("convening", "public"):
        voted = [line for block, line,
                 _ in list_text_block_lines_with_owners(frames, read_reference(sample_study), audience)
                 if block.startswith(("votes/", "agenda"))]
        assert voted and not {line.rpartition("/")[2] for line in voted} & observers
