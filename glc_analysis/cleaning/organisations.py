"""Table ``organisations``: who answered, from the register and from their first record."""

from __future__ import annotations

import pandas as pd

from glc_analysis.cleaning.countries import label
from glc_analysis.cleaning.records import Records
from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.reference import Reference


def clean(records: Records, reference: Reference) -> pd.DataFrame:
    """One row an organisation that answered.

    What the register says of it stands beside what its first record says (day,
    language, interpreter). Without a register the survey is the source: the
    organisation's own text is its label. An organisation of the register that
    never answered has no row. Raises Faults for unknown home countries.
    """
    first = records.answers.drop_duplicates("organisation_id").set_index("organisation_id")
    register = reference.organisations.set_index("organisation_id", drop=False)
    own = register.reindex(first.index).fillna("")
    faults = _unknown_homes(reference)
    if faults:
        raise Faults(faults)
    home = own["home_country_id"] if register.size else first["home_country_id"]
    regions = dict(zip(reference.countries["country_id"], reference.countries["region_id"],
                       strict=True))
    return pd.DataFrame({
        "organisation_id": first.index, "type": own["type"], "network_id": own["network_id"],
        "label": own["label"].where(own["label"] != "", first["organisation"]),
        "home_country_id": home, "region_id": home.map(regions).fillna(""),
        "resource_level": own["resource_level"],
        "answered_on": first["ended"].where(first["ended"] != "", first["started"]).str[:10],
        "language": first["language"],
        "is_interpreted": first["is_interpreted"]}).reset_index(drop=True)


def _unknown_homes(reference: Reference) -> list[Fault]:
    """Home countries of the register that are no country id."""
    known = set(reference.countries["country_id"])
    return [Fault(f"is no country id; {nearest(home, known)}", file="organisations.csv",
                  row=str(n), column="home_country_id", value=home,
                  mend="use the three letters of ISO 3166 or an id of countries.csv")
            for n, home in reference.organisations["home_country_id"].items()
            if home and home not in known and label(home) == home]
