"""What tells who somebody is, beside the names of names.csv: the gate looks for it in every output."""

from __future__ import annotations

from glc_analysis import manifest
from glc_analysis.disclosure.consent import Consent
from glc_analysis.reference import read_reference
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
    labels = hidden["label"].str.replace(r"\s*\([^()]*\)$", "", regex=True)  # without (country), (invented)
    kinds = {"organisation": [*hidden["organisation_id"], *hidden["label"], *labels],
             "speaker": [*reference.speakers["speaker_id"], *reference.speakers["name_in_file"]],
             "document": reference.documents["document_id"],
             "raw file": [path.rpartition("/")[2] for path in arrivals], "checksum": arrivals.values()}
    return {text: kind for kind, texts in kinds.items() for text in texts if len(text) >= SHORTEST}
