"""The gate of a run: nothing is promoted that holds what its readers may not know."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from glc_analysis.errors import Faults
from glc_analysis.study import Study


def pass_gate(study: Study, run: Path, own: Iterable[tuple[str, Path]], *, audience: str) -> None:
    """Raises Faults where a file of a run holds what tells who somebody is. ``own`` are organisations and
    their own pages, which may name them."""
    from glc_analysis.disclosure.identifiers import identifiers, spared
    from glc_analysis.disclosure.leaks import refuse_leaks
    from glc_analysis.reference import read_reference

    reference, known = read_reference(study), identifiers(study, audience=audience)
    apart = {path.parent for _, path in own}
    files = [path for path in run.rglob("*") if path.is_file() and path.parent not in apart]
    parts = [(files, reference.names, known)]
    parts += [([path, path.with_suffix(".html")], *spared(who, reference, known)) for who, path in own]
    faults = []
    for files, names, texts in parts:
        try:
            refuse_leaks(files, run, names, audience=audience, known=texts)
        except Faults as found:
            faults += found.faults
    if faults:
        raise Faults(faults)
