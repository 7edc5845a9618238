"""Two waves are two releases of the same organisations: what one of them changed does not follow."""

import pytest

from glc_analysis.build import build
from glc_analysis.errors import UsageError
from glc_analysis.release_store import publish
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.support.study_writer import choices, question, write_csv, write_study, write_toml

ORGANISATIONS = [f"o{n:02}" for n in range(40)]
WAVES = [{"wave_id": "w1", "label": "2016"}, {"wave_id": "w2", "label": "2018"}]
BEFORE = {"Yes": "20 of 40 (50 %)", "No": "20 of 40 (50 %)"}
SURVEY = {"survey": {"organisation": "org", "country": ""}}


def records(yes):
    return [{"org": name, "Q1": "yes" if n < yes else "no"} for n, name in enumerate(ORGANISATIONS)]


def consents(*waves):
    return [{"organisation_id": name, "item": "survey", "audience": audience, "is_given": "true",
             "date": "2018-01-01", "wave_id": wave}
            for name in ORGANISATIONS for wave in waves for audience in ("convening", "public")]


def printed_in_both(root, *, yes, consent):
    """What the public reads of a question after the first wave, and after the second; None for nothing."""
    study = write_study(root, records(20), settings=SURVEY | {
        "study": {"id": "s", "title": "s", "wave": "w1"}},
        questions=[question("Q1", "single", "law", unit="organisation")],
        options=choices("law", "yes", "no"), waves=WAVES, consent=consent,
        organisations=[{"organisation_id": name} for name in ORGANISATIONS],
        wave_files=[{"file": "w1.csv", "wave_id": "w1"}, {"file": "w2.csv", "wave_id": "w2"}])
    (study.root / "raw/survey/survey.csv").rename(study.root / "raw/survey/w1.csv")
    write_csv(study.root / "raw/survey/w2.csv", records(yes))
    return _printed(study), _printed(_of_last_wave(study))


def _of_last_wave(study):
    for audience in ("convening", "public"):
        publish(study, audience)
    write_toml(study.settings_file, SURVEY | {"study": {"id": "s", "title": "s"}})
    return Study(study.root)


def _printed(study):
    build(study)
    try:
        rows = StudyView(study, "public").counts("Q1")
    except UsageError:
        return None
    return dict(zip(rows["option"], rows["shown_as"], strict=True))


@pytest.mark.parametrize("yes", [19, 21])
def test_what_one_or_two_changed_between_the_waves_does_not_follow(yes, tmp_path):
    before, after = printed_in_both(tmp_path, yes=yes, consent=consents("w1", "w2"))
    assert before == BEFORE and after in (BEFORE, None)
