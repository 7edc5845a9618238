"""Makes the processed tables of commitments, trials and reviews.

A trial is cleared for an audience if its organisation cleared the trial (``shown_for``) and consented to item
``practice`` for the audience. If the consent is withdrawn, the next build hides the trial.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from glc_analysis.addons.practice.checks import CONSENT_ITEM
from glc_analysis.disclosure.consent import Consent
from glc_analysis.steps import Step, View

PRACTICE_TABLES = ("commitments", "trials", "reviews")


def make_commitment_trial_and_review_tables(reference: Any,
                                            organisations: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Returns the processed tables :data:`PRACTICE_TABLES` before their types are set. Column ``shown_for``
    of a trial has only the audiences that its organisation's consent covers; column ``language`` has the
    language in which the organisation answered."""
    frames = {name: getattr(reference, name).copy() for name in PRACTICE_TABLES}
    trials, consent = frames["trials"], Consent.from_table(reference.consent)
    languages = dict(zip(organisations["organisation_id"], organisations["language"], strict=True))
    cleared = [";".join(audience for audience in row["shown_for"].split(";")
                        if audience and consent.is_given(row["organisation_id"], CONSENT_ITEM, audience))
               for row in trials.to_dict("records")]
    ids = trials["organisation_id"] + "/" + trials["principle_id"] + "." + trials["version"] + "/"
    frames["trials"] = trials.assign(shown_for=cleared, cycle=trials["cycle"].astype(int),
                                     trial_id=ids + trials["cycle"],
                                     language=trials["organisation_id"].map(languages).fillna(""))
    return frames


def _practice(view: View) -> dict[str, Any]:
    return dict(make_commitment_trial_and_review_tables(view.reference, view["organisations"]))


STEPS = (
    Step("practice", (*(f"{name}.csv" for name in PRACTICE_TABLES), "consent.csv", "organisations"),
         PRACTICE_TABLES, _practice),
)
