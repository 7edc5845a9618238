"""Table ``organisations``: who answered, from the register and from their first record."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import regions
from glc_analysis.cleaning.records import Records
from glc_analysis.reference import Reference


def clean(records: Records, reference: Reference) -> pd.DataFrame:
    """One row an organisation that answered.

    What the register says of it stands beside what its first record says (day,
    language, interpreter). Where the register says nothing the survey is the
    source of its home country and its label, the organisation's own text. An
    organisation of the register that never answered has no row.
    """
    first = records.answers.drop_duplicates("organisation_id").set_index("organisation_id")
    register = reference.organisations.set_index("organisation_id", drop=False)
    own = register.reindex(first.index).fillna("")
    home = own["home_country_id"].where(own["home_country_id"] != "", first["home_country_id"])
    return pd.DataFrame({
        "organisation_id": first.index, "type": own["type"], "network_id": own["network_id"],
        "label": own["label"].where(own["label"] != "", first["organisation"]),
        "home_country_id": home, "region_id": regions(home, reference.countries),
        "resource_level": own["resource_level"],
        "answered_on": first["ended"].where(first["ended"] != "", first["started"]).str[:10],
        "language": first["language"],
        "is_interpreted": first["is_interpreted"]}).reset_index(drop=True)
