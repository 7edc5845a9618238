"""Which names stand in what was said, and which may still have to be masked."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from glc_analysis.disclosure.candidates import suggest
from glc_analysis.disclosure.presidio import numbers_found
from glc_analysis.disclosure.pseudonym_key import complete_key, read_key
from glc_analysis.disclosure.pseudonyms import mask
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.tables import read


def candidates(study: Study, spoken: Iterable[str]) -> pd.DataFrame:
    """Names that names.csv does not have yet, as :func:`glc_analysis.disclosure.candidates.suggest`
    finds them in the masked texts: those of interviews and calls, and the open answers."""
    segments = read("segments", study=study)
    answers = segments.loc[segments["speaker_id"] == "", "text"]
    reference = read_reference(study)
    given = {*complete_key(reference.names, read_key(study.key_file)).values(), *reference.names["pseudonym"],
             *reference.speakers["speaker_id"]}
    texts = [*spoken, *answers]
    found = pd.concat([part for part in (suggest(texts), numbers_found(texts)) if len(part)]
                      or [suggest([])], ignore_index=True).drop_duplicates("name")
    return found[[not any(name in one for one in given) for name in found["name"]]]


def masked_names(study: Study, said: Collection[str]) -> pd.DataFrame:
    """One row a name of names.csv: pseudonym, how often it stands in what was said in interviews and calls."""
    names = read_reference(study).names
    key = complete_key(names, read_key(study.key_file))
    times = [sum(len(mask(text, names[names["name"] == name], key).offsets) for text in said)
             for name in names["name"]]
    return names[["name", "kind", "match", "allowed_for"]].assign(
        pseudonym=[own or key[name] for name, own in zip(names["name"], names["pseudonym"], strict=True)],
        times=times)
