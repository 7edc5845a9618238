"""Before packets are handed out: the gate, a note of which were made, and the place where they lie."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

from glc_analysis.convening.packet import Packet
from glc_analysis.disclosure import readable
from glc_analysis.disclosure.identifiers import identifiers, spared
from glc_analysis.disclosure.leaks import refuse_leaks
from glc_analysis.disclosure.withdrawal import ISSUED
from glc_analysis.errors import Fault, Faults
from glc_analysis.reference import read_reference
from glc_analysis.reports.packet_parts import AUDIENCE
from glc_analysis.study import Study
from glc_analysis.whole import write_whole

SOURCE = ".html"
"""The ending of what a document is made of, which the gate reads and nobody gets."""


def pass_gate(stage: Path, study: Study, chosen: Iterable[Packet]) -> None:
    """Raises Faults where a file holds what its reader may not see; a packet may name its own
    organisation. Then takes away what the documents were made of."""
    reference, known, faults = read_reference(study), identifiers(study, audience=AUDIENCE), []
    parts = [(stage / "briefs", reference.names, known)]
    for packet in chosen:
        own = packet.organisation
        kept = spared(own, reference, known) if own else (reference.names, known)
        parts.append((stage / packet.name, *kept))
    for folder, names, texts in parts:
        search = partial(refuse_leaks, root=stage, names=names, audience=AUDIENCE, known=texts)
        faults += _found(search, sorted(path for path in folder.glob("*") if path.is_file()))
    if faults:
        raise Faults(faults)
    for path in stage.glob(f"*/*{SOURCE}"):
        path.unlink()


def _found(search: Callable[[Iterable[Path]], None], files: list[Path]) -> list[Fault]:
    """What the gate finds. That a PDF does not keep Arabic and Khmer words is no fault where what it was
    made of, with all its words, lies beside it and is searched too."""
    try:
        search(files)
    except Faults as error:
        sources = {path.stem for path in files if path.suffix == SOURCE}
        return [fault for fault in error.faults if not (
            fault.value == readable.SHAPED and Path(fault.file).suffix == ".pdf"
            and Path(fault.file).stem in sources)]
    return []


def note(stage: Path, study: Study, chosen: Iterable[Packet], *, today: date) -> None:
    """Notes in private/ which packets were made on which day, each once."""
    path, names = study.private / ISSUED, ["packet_sha256", "date", "organisation_id", "parts"]
    study.private.mkdir(mode=0o700, exist_ok=True)
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))[1:] if path.is_file() else []
    known = {tuple(row) for row in rows}
    for packet in chosen:
        digest = hashlib.sha256((stage / packet.name / "packet.pdf").read_bytes()).hexdigest()
        row = (digest, today.isoformat(), packet.organisation, " ".join(part.slug for part in packet.parts))
        rows += [list(row)] if row not in known else []
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    write_whole(path, text.getvalue(), mode=0o600)


def put(stage: Path, folder: Path) -> None:
    """Puts each packet in the place of an earlier one, and briefs beside those that are there."""
    for made in sorted(stage.iterdir()):
        place = folder / made.name
        if made.name == "briefs" and place.is_dir():
            for path in made.iterdir():
                path.replace(place / path.name)
            continue
        if place.is_dir():
            shutil.rmtree(place)
        made.replace(place)
