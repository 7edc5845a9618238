"""Nobody withdraws from a study that holds what no installed add-on claims: it could not be erased."""

from datetime import date

import pytest

from glc_analysis.addons.withdrawal.person import carry_out_person_choice
from glc_analysis.addons.withdrawal.withdrawal import withdraw_organisation
from glc_analysis.errors import Faults
from glc_analysis.study import Study
from tests.support.study_on_disk import SmallStudy

TODAY = date(2017, 6, 1)


@pytest.mark.parametrize("held", ["private/reference/sightings.csv", "private/sightings/1.bin"])
@pytest.mark.parametrize("act", [
    lambda study: withdraw_organisation(study, "beacon", today=TODAY),
    lambda study: carry_out_person_choice(study, "ana", "stop-contact", today=TODAY)],
    ids=["withdraw", "stop-contact"])
def test_what_nobody_claims_is_named_and_refused(tmp_path, held, act):
    study = Study(SmallStudy(tmp_path).root)
    (study.root / held).parent.mkdir(parents=True, exist_ok=True)
    (study.root / held).write_text("a\n", encoding="utf-8")
    with pytest.raises(Faults, match="private/.*: no installed add-on uses this .*install"):
        act(study)
