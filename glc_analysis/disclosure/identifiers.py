"""What tells who somebody is, beside the names of names.csv: the gate looks for it in every output."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from glc_analysis import manifest
from glc_analysis.cleaning.values import folded
from glc_analysis.disclosure.consent import Consent
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study

SHORTEST = 4
"""Characters from which a text is looked for: shorter ones stand in every page by chance."""


def identifiers(study: Study, *, audience: str) -> dict[str, str]:
    """Texts that must not stand in what an audience gets, each with the rule it would break.

    For the team none beside the names of names.csv. For others the organisations' names and ids
    (but of those that agreed to be named), speakers, documents, raw files and their checksums.
    """
    if audience == "team":
        return {}
    reference = read_reference(study)
    named = Consent.of(reference.consent).organisations("name", audience)
    hidden = reference.organisations[~reference.organisations["organisation_id"].isin(named)]
    arrivals = manifest.inspect(study).checksums
    kinds = {"organisation": _called(hidden),
             "speaker": [*reference.speakers["speaker_id"], *reference.speakers["name_in_file"]],
             "document": reference.documents["document_id"],
             "raw file": [path.rpartition("/")[2] for path in arrivals], "checksum": arrivals.values()}
    return {text: kind for kind, texts in kinds.items() for text in texts if len(text) >= SHORTEST}


def spared(organisation_id: str, reference: Reference,
           known: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """names.csv and the identifiers without what an organisation is called itself, for its own pages."""
    register, names = reference.organisations, reference.names
    called = _called(register[register["organisation_id"] == organisation_id])
    own = {folded(text) for text in [organisation_id, *called]}
    is_kind = names["kind"] == "organisation"
    is_own = is_kind & names["name"].map(folded).isin(own)
    same = set(names.loc[is_own, "pseudonym"]) - {""}
    return (names[~is_own & ~(is_kind & names["pseudonym"].isin(same))],
            {text: rule for text, rule in known.items() if folded(text) not in own})


def _called(organisations: pd.DataFrame) -> list[str]:
    """Ids and labels, and labels without (country) or (invented)."""
    bare = organisations["label"].str.replace(r"\s*\([^()]*\)$", "", regex=True)
    return [*organisations["organisation_id"], *organisations["label"], *bare]
