"""An attack from outside, with the published files alone (tests/support/outsider.py): nothing follows.

The sample is built, and its figures are written as they are offered for download. Who takes part is known,
with region and countries. The private answers are read for two purposes only: to give insiders what they know
of themselves, and to print a hidden count in order to see that the attack then succeeds.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis.cli import cli
from glc_analysis.disclosure.rules import Rules
from glc_analysis.publish.downloads import collect_tables_to_download
from glc_analysis.study import Study
from tests.support.outsider import (
    CALLS,
    Attack,
    Figure,
    Participant,
    Question,
    read_figures,
    read_questions,
    read_range,
    read_tree,
    with_printed_options,
)
from tests.support.share import drawn

pytestmark = pytest.mark.acceptance
INSIDERS = 3  # sets of one or two insiders tried for each group of questions


@dataclass
class Published:
    """What an attacker has: the files of one audience, the questionnaire, and who takes part."""

    figures: list[Figure]
    parents: dict[str, str]
    questions: dict[str, Question]
    rosters: dict[str, list[Participant]]  # by unit
    own: object  # what an insider answered: own(question, participant)

    def linked(self) -> list[list[Question]]:
        """Questions with those that are asked of some who answered them; the codes."""
        linked = defaultdict(list)
        for question in self.questions.values():
            first = question
            while first.asked_if and first.asked_if[0] in self.questions:
                first = self.questions[first.asked_if[0]]
            linked[first.id].append(with_printed_options(question, self.figures))
        codes, calls = (Question(one, "organisation", "codes", tuple(self.parents), None)
                        for one in ("codes", CALLS))
        printed = {figure.question for figure in self.figures}
        together = [*linked.values(), [codes], [calls]]
        return [one for one in together if any(question.id in printed for question in one)]

    def attack(self, questions, insiders=(), figures=None, *, is_closed=True):
        """What follows about these questions, and how many counts and answers were attacked.

        With ``is_closed`` it is taken for granted that a family of codes is raised where a code below it is,
        and nowhere else."""
        ids = {question.id for question in questions}
        seen = [figure for figure in figures or self.figures if figure.question in ids]
        rosters = {question.id: self.rosters[question.unit] for question in questions}
        attack = Attack(
            seen, questions, rosters, insiders, self.own, self.parents, is_closed=is_closed
        )
        found, tried = [], 0
        for question in questions:
            if any(figure.question == question.id for figure in seen):
                agreed = {
                    (figure.item, figure.group)
                    for figure in seen
                    if figure.question == question.id and figure.group[0] == "country" and figure.is_exact
                }
                more, attacked = attack.findings(question, agreed)
                found, tried = found + more, tried + attacked
        return found, tried


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The sample study, built."""
    root = tmp_path_factory.mktemp("outsider") / "sample"
    for command in ("sample", "build"):
        done = CliRunner().invoke(cli, ["--study", str(root), command])
        assert done.exit_code == 0, done.output
    return root


def published(root: Path, audience: str) -> Published:
    """The downloads of an audience, written and read again, and what is known of those who take part."""
    folder = root.with_name(f"{root.name}-downloads-{audience}")
    folder.mkdir(exist_ok=True)
    for name, frame in collect_tables_to_download(Study(root), audience).items():
        frame.to_csv(folder / f"{name}-released.csv", index=False)
    table = {
        name: pd.read_parquet(root / f"processed/{name}.parquet")
        for name in ("organisations", "answers", "responses", "mentions")
    }
    home = table["organisations"].set_index("organisation_id")["home_region_id"]
    work = table["answers"].groupby("organisation_id")["country_id"].agg(set)
    organisations = [
        Participant(
            one,
            frozenset(
                {("all", ""), ("home_region", home[one]), *(("country", country) for country in work[one])}
            ),
        )
        for one in sorted(work.index)
    ]
    answers = [
        Participant(
            row.organisation_id,
            frozenset(
                {
                    ("all", ""),
                    ("home_region", home[row.organisation_id]),
                    ("region", row.region_id),
                    ("country", row.country_id),
                }
            ),
        )
        for row in table["answers"].itertuples()
    ]
    records = dict(zip(map(id, answers), table["answers"]["answer_id"], strict=True))
    counted = table["responses"][table["responses"]["is_in_base"]]
    chosen = {
        (row.organisation_id if row.unit == "organisation" else row.answer_id, row.question_id): set(
            row.value.split(";")
        )
        for row in counted.itertuples()
    }
    raised = {"codes": defaultdict(dict), CALLS: defaultdict(dict)}
    for row in table["mentions"].itertuples():
        if row.is_asked or row.is_raised:
            of_source = raised[CALLS if row.source == "call" else "codes"][row.organisation_id]
            of_source[row.code_id] = of_source.get(row.code_id) or row.is_raised

    def own(question, participant):
        if question in raised:
            return raised[question][participant.organisation]
        return chosen.get((records.get(id(participant), participant.organisation), question))

    figures = read_figures(folder / "figures-released.csv")
    if audience == "convening":  # who sits there has the public files as well
        figures += published(root, "public").figures
    return Published(
        figures,
        read_tree(folder / "codes-released.csv"),
        read_questions(root / "reference"),
        {"organisation": organisations, "answer": answers},
        own,
    )


@pytest.mark.parametrize("audience", ["public", "convening"])
def test_nothing_follows_from_the_figures_for_an_outsider(sample, audience):
    seen = published(sample, audience)
    results = [seen.attack(questions) for questions in seen.linked()]
    assert [str(one) for found, _ in results for one in found] == []
    assert sum(tried for _, tried in results) > 300  # else the files were not read


def test_nothing_follows_from_the_figures_for_insiders(sample):
    seen, random = published(sample, "public"), Random(16)
    names = [one.organisation for one in seen.rosters["organisation"]]
    pairs = [*((one,) for one in names), *combinations(names, 2)]
    for questions in seen.linked():
        for insiders in random.sample(pairs, INSIDERS):
            assert [*map(str, seen.attack(questions, insiders)[0])] == []


def who_said_what_few_said(seen: Published, questions: list[Question]) -> list[tuple[str, ...]]:
    """One and two organisations that gave the rarest answer that is not printed exactly: they can tell most
    about the others."""
    said = defaultdict(set)
    exact = {(one.question, one.item) for one in seen.figures if one.is_exact and one.group == ("all", "")}
    for question in questions:
        for participant in seen.rosters[question.unit]:
            given = seen.own(question.id, participant) or ()
            for item in (code for code in given if question.type != "codes" or given[code]):
                if (question.id, item) not in exact:
                    said[question.id, item].add(participant.organisation)
    of_two = sorted((len(who), item, sorted(who)[:2]) for item, who in said.items() if len(who) > 1)
    return [] if not of_two else [tuple(of_two[0][2][:1]), tuple(of_two[0][2])]


@pytest.mark.parametrize("audience", ["public", "convening"])
def test_nothing_follows_from_the_real_survey_for_two_who_gave_the_rarest_answer(ngo_study, audience):
    """480 organisations, many countries, skip logic of three steps, and figures by region and country. A part
    of the questions each day, all of them in `make soak`."""
    seen = published(ngo_study, audience)
    linked = seen.linked()
    assert len(linked) > 20
    for questions in drawn(linked, 6):
        for insiders in ((), *who_said_what_few_said(seen, questions)):
            found, tried = seen.attack(questions, insiders)
            assert tried > 0 and [*map(str, found)] == [], insiders


def test_the_attack_is_alive_with_a_hidden_count_printed(sample):
    """Of the answers to a single-choice question all but one are printed: then the last one follows."""
    seen = published(sample, "public")
    questions = next(one for one in seen.linked() if one[0].id == "Q4.4")
    truth = pd.read_parquet(sample / "processed/responses.parquet").query(
        "question_id == 'Q4.4' and is_in_base"
    )
    hidden = [
        figure
        for figure in seen.figures
        if figure.question == "Q4.4" and figure.group == ("all", "") and not figure.is_exact
    ]
    printed = {
        figure: replace(
            figure,
            low=int((truth["value"] == figure.item).sum()),
            high=int((truth["value"] == figure.item).sum()),
        )
        for figure in hidden[1:]
    }
    found, _ = seen.attack(questions, figures=[printed.get(one, one) for one in seen.figures])
    assert (hidden[0].item, "all/") in {(one.item, one.who) for one in found if one.kind == "count"}


def test_the_attack_is_alive_with_the_rule_on_small_counts_switched_off(tmp_path, monkeypatch):
    of = Rules.from_settings
    monkeypatch.setattr(Rules, "from_settings", lambda *given: Rules(**{**vars(of(*given)), "count": 0}))
    for command in ("sample", "build"):
        done = CliRunner().invoke(cli, ["--study", str(tmp_path / "sample"), command])
        assert done.exit_code == 0, done.output
    # With every count printed a reader sees that some families were coded themselves.
    seen = published(tmp_path / "sample", "public")
    names = [one.organisation for one in seen.rosters["organisation"]]
    found = [one for questions in seen.linked() for one in seen.attack(questions, is_closed=False)[0]]
    for questions in seen.linked():
        if not found:
            found += [
                one
                for pair in Random(16).sample([*combinations(names, 2)], INSIDERS)
                for one in seen.attack(questions, pair, is_closed=False)[0]
            ]
    assert found


def test_printed_cells_are_read_as_ranges():
    printed = ("at most 7", "at least 23 of 30", "5 to 9", "18 of 30 (60 %)")
    assert [read_range(one, 30) for one in printed] == [(0, 7), (23, 30), (5, 9), (18, 18)]
