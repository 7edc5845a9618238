"""Public releases one after the other, as an attacker reads them: subtracted, they tell nobody's answer."""

import csv
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from glc_analysis import manifest, tables
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.build import build
from glc_analysis.figures.contributors import find_contributors
from glc_analysis.manifest import (
    list_release_folders,
    read_built_slice_digests_and_lists,
    rename_next_release_folder,
)
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
from tests.support.attacker import Attack
from tests.support.share import drawn, share
from tests.support.small_surveys import SETTINGS, published, survey_of
from tests.support.subtraction import answers, subsets, subtracted

pytestmark = [pytest.mark.acceptance, pytest.mark.every_day]


@pytest.fixture(scope="module")
def printed(sample_study, tmp_path_factory):
    """The sample after its first public release."""
    study = Study(Path(shutil.copytree(sample_study.root, tmp_path_factory.mktemp("printed") / "study")))
    assert update_report_pages(study, audience="public", only="index").failures == ()
    return study


def one_came(study):
    """A record of the survey comes a second time, from an organisation that nobody knew."""
    path = next(study.root.glob("raw/survey/*.csv"))
    lines = list(csv.reader(path.open(encoding="utf-8", newline="")))
    at = lines[0].index("ResponseId")
    again = [*lines[5][:at], "R_of_the_new_lamp", *lines[5][at + 1:-2], "new-lamp", lines[5][-1]]
    record(study, path, [*lines, again])
    with study.locate_reference_file("organisations").open("a", encoding="utf-8") as file:
        file.write("new-lamp,New Lamp (invented),service_provider,,KEN,2009,middle\n")


def one_changed(study):
    """One record of the survey has the closed answers of the next."""
    path = next(study.root.glob("raw/survey/*.csv"))
    lines = list(csv.reader(path.open(encoding="utf-8", newline="")))
    at = lines[0].index("Q1.9_1")
    lines[4][at:-2] = [old if " " in old + new else new
                       for old, new in zip(lines[4][at:-2], lines[5][at:-2], strict=True)]
    record(study, path, lines)


def record(study, path, lines):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    rows = manifest.read_manifest(study)
    rows[study.make_relative(path)] |= {"sha256": manifest.compute_checksum(path),
                                        "bytes": str(path.stat().st_size)}
    manifest.write_manifest(study.locate_reference_file("manifest"), rows.values())


def one_went(study):
    withdraw_organisation(study, "acacia-room", today=date(2017, 1, 9))


def public(study):
    """What the public reads of a built study, with the truth behind it."""
    frames = {name: tables.read_table(name, study=study) for name in tables.TABLES}
    return Attack(frames, find_contributors(frames), frames["release_public"], SETTINGS, "public")


@pytest.mark.parametrize("change", drawn([one_came, one_changed, one_went], 1))
def test_two_releases_of_a_study_tell_nothing_of_the_one_who_changed(printed, change, tmp_path, monkeypatch):
    first, found = public(printed), []
    changed = Study(Path(shutil.copytree(printed.root, tmp_path / "changed", symlinks=True)))
    change(changed)
    for is_frozen in (True, False):
        study = Study(Path(shutil.copytree(changed.root, tmp_path / str(is_frozen), symlinks=True)))
        if not is_frozen:
            monkeypatch.setattr("glc_analysis.release_store.decide_next_release", lambda fresh, *given: fresh)
            monkeypatch.setattr("glc_analysis.manifest.hash_package_and_lock_file",
                                lambda: "one that issues all anew")
        build(study)
        number = read_built_slice_digests_and_lists(study)["release"]["public"]["number"]
        rename_next_release_folder(study.private, "public", number)
        second = public(study)
        found.append([(key, subset, *one) for key in first.tables for subset in subsets(first, second, key)
                      for one in subtracted(first, second, key, subset=subset)])
        is_same = all({*told} <= {*first.printed.get(key, ())} for key, told in second.printed.items())
        assert is_same == is_frozen
        assert [one.name for one in list_release_folders(study.private, "public")] == ["001", "002"][:number]
        # One who went took its signatures and evidence along: principles changed, and no figure.
        assert number == (1 if is_frozen and change is not one_went else 2)
    print(f"\n{change.__name__}: {len(found[1])} answers certain without the rule, {len(found[0])} with it")
    assert found[0] == [] and len(found[1]) > 10


def surveys(seed):
    """A survey and what became of it: some came, some went, some changed their answers."""
    dice = np.random.default_rng(seed)
    said = [{"Q1": dice.choice(["yes", "no", "dont_know"], p=[.5, .4, .1]),
             "Q2": " ".join(["legal", "food"][:1 + (dice.random() < .5)])} for _ in range(60)]
    parts = [said[:40], [{} if dice.random() < .1 else said[-1 - k] if dice.random() < .2 else one
                         for k, one in enumerate(said[:40 + dice.integers(5, 20)])]]
    return [survey_of(*((1, one) for one in part)) for part in parts]


def test_what_is_issued_anew_tells_nothing_to_two_of_those_who_changed():
    anew = tried = 0
    for seed in drawn(range(12), 4):
        before, made = [], []
        for frames in surveys(seed):
            issued, decisions = published(frames, *before)
            before.append(issued)
            made.append(Attack(frames, find_contributors(frames), decisions, SETTINGS, "public"))
        for key in ("Q1", "Q2"):
            is_anew = made[0].printed[key] != made[1].printed[key]
            for option in sorted({one[0] for one in made[1].printed[key]}) if is_anew else ():
                for known in cruel(*made, key, option):
                    for subset in subsets(*made, key):
                        assert subtracted(*made, key, known, subset) == [], (seed, key, known, subset)
                    tried += 1
            anew += is_anew
    print(f"\n{anew} questions were issued anew; {tried} attacks by two of those who changed found nothing")
    assert anew > share(5, 1) and tried > share(30, 5)


def cruel(first, second, key, option):
    """Pairs of those who changed that answered alike."""
    then, now = (answers(one, key) for one in (first, second))
    changed = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    for side in (0, 1):
        alike = [name for name in changed if now.get(name, then.get(name))[1].get(option, 0) == side]
        yield from [alike[:2], alike[-2:]]
