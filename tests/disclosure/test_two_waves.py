"""Two waves are two releases of the same organisations: what one of them changed does not follow."""

import pytest

from glc_analysis.disclosure.rules import COALITION
from glc_analysis.errors import UsageError
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.study import DEFAULTS, Study
from glc_analysis.view.reader_study import write_visible_part_of_study
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built
from tests.support.study_writer import choices, question, write_csv, write_study, write_toml

ORGANISATIONS = [f"o{n:02}" for n in range(40)]
WAVES = [{"wave_id": "w1", "label": "2016"}, {"wave_id": "w2", "label": "2018"}]
BEFORE = {"Yes": "20 of 40 (50 %)", "No": "20 of 40 (50 %)"}
SURVEY = {"survey": {"organisation": "org", "country": ""}}


FIRST = dict(zip(ORGANISATIONS, ["yes"] * 20 + ["no"] * 20, strict=True))
ENOUGH = DEFAULTS["disclosure"]["reissue_change"] + COALITION


def consents(*waves, organisations=ORGANISATIONS):
    return [{"organisation_id": name, "item": "survey", "audience": audience, "is_given": "true",
             "date": "2018-01-01", "wave_id": wave}
            for name in organisations for wave in waves for audience in ("convening", "public")]


def second_wave(to_no=0, to_yes=0, *, left=0, new=0):
    """The answers of a second wave: so many changed in each direction, left or are new, evenly said."""
    answers = FIRST | {f"o{n:02}": "no" for n in range(to_no)} | {f"o{20 + n}": "yes" for n in range(to_yes)}
    answers |= {f"p{n:02}": "yes" if n % 2 else "no" for n in range(new)}
    gone = [f"o{n:02}" for k in range(left) for n in [19 - k // 2 if k % 2 else 39 - k // 2]]
    return {name: answer for name, answer in answers.items() if name not in gone}


def printed_in_both(root, *second, consented=("w1", "w2")):
    """What the public reads of a question after the first wave, and after the second; None for nothing. Each
    further second wave is one more question; then a list of both for each."""
    everybody = [*dict.fromkeys([*ORGANISATIONS, *(name for answers in second for name in answers)])]
    names = [f"Q{n}" for n, _ in enumerate(second, 1)]
    study = write_study(root, _rows([FIRST] * len(second)), settings=SURVEY | {
        "study": {"id": "s", "title": "s", "wave": "w1"}},
        questions=[question(name, "single", "law", unit="organisation") for name in names],
        options=choices("law", "yes", "no"), waves=WAVES,
        consent=consents(*consented, organisations=everybody),
        organisations=[{"organisation_id": name} for name in everybody],
        wave_files=[{"file": "w1.csv", "wave_id": "w1"}, {"file": "w2.csv", "wave_id": "w2"}])
    (study.root / "raw/survey/survey.csv").rename(study.root / "raw/survey/w1.csv")
    write_csv(study.root / "raw/survey/w2.csv", _rows(second))
    before = _printed(study, names)
    printed = [*zip(before, _printed(_of_last_wave(study), names), strict=True)]
    return printed if len(printed) > 1 else printed[0]


def _rows(questions):
    """Rows of a survey file from the answers to Q1, to Q2 and so on, by organisation."""
    return [{"org": name} | {f"Q{n}": answers[name] for n, answers in enumerate(questions, 1)}
            for name in questions[0]]


def _of_last_wave(study):
    for audience in ("convening", "public"):
        record_next_release_as_published(study, audience)
    write_toml(study.settings_file, SURVEY | {"study": {"id": "s", "title": "s"}})
    return Study(study.root)


def _printed(study, questions):
    view = StudyView(built(study), "public")
    return [_printed_of(view, name) for name in questions]


def _printed_of(view, question):
    try:
        rows = view.counts(question)
    except UsageError:
        return None
    return dict(zip(rows["option"], rows["shown_as"], strict=True))


def test_what_one_or_two_changed_between_the_waves_does_not_follow(tmp_path):
    changed = [{"to_no": 1}, {"to_no": 2}, {"to_yes": 1}, {"to_no": 1, "to_yes": 1}]
    for before, after in printed_in_both(tmp_path, *(second_wave(**one) for one in changed)):
        assert before == BEFORE and after in (BEFORE, None)


@pytest.mark.parametrize("changed", [{"left": 1}, {"new": 1}, {"left": 1, "new": 1}])
def test_of_one_who_left_or_is_new_in_the_second_wave_no_answer_follows(changed, tmp_path):
    before, after = printed_in_both(tmp_path, second_wave(**changed))
    assert before == BEFORE and after in (BEFORE, None)


@pytest.mark.acceptance
@pytest.mark.parametrize(("to_no", "to_yes"), [
    (5, 0), (15, 0), (15, 1), (15, 2), (0, 12), (3, 3), (6, 5), (12, 8)])
def test_a_reader_who_knows_who_changed_and_two_of_them_learns_nobodys_direction(to_no, to_yes, tmp_path):
    """New figures are printed only where enough changed, and more than a coalition in each direction."""
    before, after = printed_in_both(tmp_path, second_wave(to_no, to_yes))
    is_open = min(to_no, to_yes) > COALITION and to_no + to_yes >= ENOUGH
    assert before == BEFORE and (is_open or after in (BEFORE, None))


def test_a_second_wave_is_shown_to_the_public_where_enough_changed_in_both_directions(tmp_path):
    _, after = printed_in_both(tmp_path, second_wave(12, 8))
    assert after == {"Yes": "16 of 40 (40 %)", "No": "24 of 40 (60 %)"}


def test_an_old_yes_shows_nothing_of_the_second_wave(tmp_path):
    before, after = printed_in_both(tmp_path, second_wave(12, 8), consented=("w1",))
    assert before == BEFORE and after in (BEFORE, None)


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_those_who_returned_are_no_base_of_another_audience(audience, tmp_path):
    """The base of who answered both, beside the full base, would be subtracted from it."""
    printed_in_both(tmp_path / "study", second_wave(12, 8, left=6, new=4))
    made = write_visible_part_of_study(Study(tmp_path / "study"), audience, tmp_path / "reader")
    view = StudyView(made, audience)
    assert 34 not in {*view.released["base_n"].dropna().astype(int)}  # who answered both
    assert all(view.read(name).empty for name in ("wave_organisations", "wave_answers", "wave_responses"))
