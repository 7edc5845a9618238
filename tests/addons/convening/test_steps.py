"""A study of everything with principles: what rests on a change of them, and random edits."""

import pytest

from glc_analysis.build import build
from glc_analysis.study import Study
from tests.support import study_of_everything
from tests.support.share import drawn
from tests.support.study_of_everything import cell, equal_after_random_edits, ran, write

pytestmark = pytest.mark.acceptance
TABLES = {
    "principles": [{"principle_id": "P01", "version": "1", "statement": "Wait with people.",
                    "short_name": "Waiting", "domain_id": "practice", "theme_ids": "care",
                    "status": "candidate", "language": "en"}],
    "evidence": [{"principle_id": "P01", "evidence_id": "e1", "kind": "figure",
                  "reference": "Q3/yes/all", "stance": "supports", "claim": "practised"}]}


def contents():
    made = study_of_everything.contents()
    made.reference |= {name: [dict(row) for row in rows] for name, rows in TABLES.items()}
    return made


def edits(made, study):
    """The edits of the core, and of principles as often as all of them together."""
    more = [
        cell(made.reference["principles"], "statement", "Wait for nobody.", "Wait with people."),
        cell(made.reference["evidence"], "reference", "Q3/no/all", "Q3/yes/all")]
    core = study_of_everything.edits(made, study)
    return [*core, *more * (len(core) // len(more))]


@pytest.mark.every_day
@pytest.mark.parametrize(("seed", "n_edits"), [(0, 3), *((seed, 8) for seed in drawn(range(7), 1))])
def test_a_build_that_takes_over_equals_one_from_nothing_after_random_edits(seed, n_edits, tmp_path):
    equal_after_random_edits(contents(), edits, seed, n_edits, tmp_path)


def test_only_what_rests_on_a_principle_runs_after_its_change(tmp_path):
    study = write(tmp_path / "study", contents())
    build(study)
    made = contents()
    made.reference["principles"][0].update(statement="Other.")
    write(study.root, made)
    assert ran(study) == {"principles", "ratings", "blocks"}
    assert ran(Study(study.root)) == set()
