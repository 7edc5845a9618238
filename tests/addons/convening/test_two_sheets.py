"""Two raters put their sheets side by side before a second vote: no vote of a third one follows.

They know their own votes and all that is printed on either sheet. What else the ten votes of a text may have
been is an integer programme (HiGHS): for every other rater and text at least two thirds of the scale stay
possible, whichever two of the ten it is.
"""

import random
import re
from datetime import date

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from glc_analysis.addons.convening.ballots import BALLOT_TABLES
from glc_analysis.addons.convening.feedback import Feedback
from glc_analysis.addons.convening.form_files import open_round_and_write_forms
from glc_analysis.addons.convening.principles import add_printed_ids_and_mark_current
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.ballot_study import PROVIDERS, FourteenTexts

SCORES = {"mixed": range(1, 10), "high": (3, 7, 8, 8, 9, 9), "split": (1, 2, 8, 9, 9)}


def sheets(study, pair):
    """What is on two sheets: by text and criterion the own votes by rater, and the thirds of providers."""
    own, told = {}, {}
    reference = read_reference(study, needed=BALLOT_TABLES)
    feedback = Feedback.read(study, reference, "2")
    rows = add_printed_ids_and_mark_current(reference.principles)
    rows = rows[rows["translation_of"] == ""]
    for rater in pair:
        for before in feedback.select_for_rater(rater, "en", rows):
            for criterion, score in before.own.items():
                own.setdefault((before.principle_id, criterion), {})[rater] = int(score)
            for panel, criterion, *thirds in before.panels:
                if panel == "provider":
                    told[before.principle_id, criterion] = thirds
    return own, told


def possible_thirds(rater, own, thirds):
    """The thirds in which the vote of a rater may lie: a variable a rater and third, 1 where the vote is."""
    n = len(PROVIDERS)
    rows = [(np.kron(np.arange(n) == k, np.ones(3)), 1, 1) for k in range(n)]  # one vote each
    for k, said in enumerate(thirds):
        if found := re.fullmatch(r"([≤≥]?) ?(\d+) / 10", said):
            number = int(found[2])
            rows.append((np.tile(np.arange(3) == k, n), 0 if found[1] == "≤" else number,
                         n if found[1] == "≥" else number))
    fixed = {PROVIDERS.index(one): (score - 1) // 3 for one, score in own.items()}
    left = set()
    for third in range(3):
        low, high = np.zeros(3 * n), np.ones(3 * n)
        for voter, where in {**fixed, PROVIDERS.index(rater): third}.items():
            low[3 * voter + where] = 1
        matrix, least, most = zip(*rows, strict=True)
        solved = milp(np.zeros(3 * n), integrality=np.ones(3 * n), bounds=Bounds(low, high),
                      constraints=LinearConstraint(np.array(matrix, dtype=float), least, most))
        if solved.success:
            left.add(third)
    return left


@pytest.mark.acceptance
@pytest.mark.parametrize("votes", SCORES)
def test_two_raters_with_their_sheets_cannot_fix_a_third_vote(tmp_path, monkeypatch, votes):
    """Ten raters, fourteen texts in seven languages."""
    chance, study = random.Random(votes), FourteenTexts(tmp_path)
    monkeypatch.setattr("glc_analysis.addons.convening.form_files.read_organisation_names_and_languages",
                        lambda of: ({}, study.reads))
    study.cast({rater: {text: chance.choices(SCORES[votes], k=2) for text in study.texts}
                for rater in PROVIDERS})
    open_round_and_write_forms(Study(study.root), "2", today=date(2017, 5, 9))
    for pair in ((PROVIDERS[0], PROVIDERS[1]), chance.sample(PROVIDERS, 2)):
        own, told = sheets(Study(study.root), pair)
        assert len(own) == len(told) == 28
        for text, thirds in told.items():
            for rater in {*PROVIDERS} - {*pair}:
                assert len(possible_thirds(rater, own[text], thirds)) >= 2, (text, pair, rater, thirds)


def test_the_programme_finds_a_vote_that_does_follow():
    own = {"r01": 5, "r02": 5}
    assert possible_thirds("r03", own, ["0 / 10", "2 / 10", "8 / 10"]) == {2}
