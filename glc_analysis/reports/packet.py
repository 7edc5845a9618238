"""Packets for the table: PDF and Word for each participant and for all, and every brief by itself.

All is made beside the place where it goes, searched by the gate, and put there when nothing was found.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from html import escape
from pathlib import Path

from glc_analysis import manifest
from glc_analysis.convening import opening
from glc_analysis.convening.form_texts import Form
from glc_analysis.convening.forms import forms_of
from glc_analysis.convening.packet import BRIEFS, Packet, Part, packets
from glc_analysis.disclosure.returns import addressed
from glc_analysis.reference import Reference, read_reference
from glc_analysis.reports.html import tag
from glc_analysis.reports.lock import locked
from glc_analysis.reports.packet_handing import SOURCE, note, pass_gate, put
from glc_analysis.reports.packet_html import prepared
from glc_analysis.reports.packet_parts import AUDIENCE, MARK, mark, sections, where
from glc_analysis.reports.packet_pdf import CONTENTS, Leaf, Printing, fitted
from glc_analysis.reports.packet_word import word
from glc_analysis.reports.page import Page
from glc_analysis.reports.pandoc import convert
from glc_analysis.reports.plan import last_run
from glc_analysis.reports.site import INVENTED
from glc_analysis.reports.terminal import Progress, progress_bar, terminable
from glc_analysis.study import Study

PAGES = 2
"""A brief is so many pages long at most."""
SHARES = [*(1 - n / 20 for n in range(20)), 0.03, 0.02, 0.01, 0]
"""Of the questions, rows and quotations of a brief, tried from all to none until they fit."""


_STAGE = ".making-"


@dataclass
class _Making:
    """The parts that were made already; those of an organisation alone are its packet's."""

    study: Study
    printing: Printing
    done: dict[str, str] = field(default_factory=dict)

    def part(self, part: Part, packet: Packet) -> str:
        """The HTML of a part; a brief cut to two pages."""
        key = f"{packet.name} {part.slug}" if part.kind in ("brief", "form") else part.slug
        if key not in self.done:
            found = sections(self.study, part, packet)

            def whole(share: float) -> str:
                return tag("h1", escape(part.title), id=part.slug) + "".join(
                    section.cut(share, where(part)) for section in found)

            def leaf(share: float) -> Leaf:
                return Leaf(mark(part, packet), whole(share))

            is_brief = part.kind in BRIEFS
            self.done[key] = whole(fitted(self.printing, part.title, leaf, SHARES, PAGES) if is_brief else 1)
        return self.done[key]


def issue(study: Study, *, today: date, organisation: str = "", only: Collection[str] = (),
          paper: str = "a4") -> list[Path]:
    """Packets beside the pages they point to, which are up to date: in ``packet/`` of the current run for
    the convening. Raises as :func:`write_packets` does.
    """
    stopped = "Packets are as they were; the same command makes them."
    with terminable(lambda: stopped), locked(study.reports / AUDIENCE, what="packet"), progress_bar() as tell:
        folder = last_run(study, AUDIENCE)[0] / "packet"
        return write_packets(study, folder, today=today, organisation=organisation, only=only, paper=paper,
                             progress=tell)


def planned(study: Study, *, today: date, organisation: str = "", only: Collection[str] = ()) -> list[Packet]:
    """The packets of a built study that would be written. Raises as :func:`packets` does."""
    reference, page = read_reference(study), Page(study, AUDIENCE)
    return packets(reference, page.labels, countries=page.worked, themes=page.themes,
                   forms=_open_forms(study, reference, today), organisation=organisation, only=only)


def write_packets(study: Study, folder: Path, *, today: date, organisation: str = "",
                  only: Collection[str] = (), paper: str = "a4",
                  progress: Progress = lambda done, total, what: None) -> list[Path]:
    """Writes the packet of an organisation, or all, into ``folder``; returns each packet's own folder.

    A packet is ``packet.pdf`` and ``packet.docx``; an organisation's own brief lies beside it as
    ``brief.pdf`` and ``brief.txt``, all other briefs in ``briefs/``. ``only`` are slugs of parts.

    Raises UsageError for an organisation or part that is not there; Faults (and writes nothing) where the
    gate finds what a reader may not see; GLCError where no font has the letters.
    """
    chosen = planned(study, today=today, organisation=organisation, only=only)
    running = [*["Invented sample data"] * study.is_synthetic, study.title]
    making = _Making(study, Printing(" · ".join(running), _day(study), paper))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"{_STAGE}*"):  # by one that was killed, before the gate had seen it
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_STAGE) as stage:
        for n, packet in enumerate(chosen):
            progress(n, len(chosen), packet.label)
            _write(Path(stage), packet, making)
        progress(len(chosen), len(chosen), "The gate")
        pass_gate(Path(stage), study, chosen)
        note(Path(stage), study, chosen, today=today)
        put(Path(stage), folder)
    return [folder / packet.name for packet in chosen]


def _open_forms(study: Study, reference: Reference, today: date) -> list[Form]:
    """The forms of the last round that is open."""
    waiting = reference.rounds.query("closed_on == ''")["round_id"]
    if waiting.empty:
        return []
    _, asked = opening.asked(reference, waiting.iloc[-1], today=today)
    return forms_of(reference, waiting.iloc[-1], asked, addressed(study)[1])[0]


def _day(study: Study) -> date | None:
    """The day of the data: that of the last raw file that arrived, where the manifest tells."""
    return date.fromisoformat(day) if (day := manifest.last_received(study)) else None


def _write(stage: Path, packet: Packet, making: _Making) -> None:
    """The files of a packet, its own brief and the other briefs that it holds."""
    own, briefs = stage / packet.name, stage / "briefs"
    own.mkdir()
    for part in packet.parts:
        path = own / "brief" if part.kind == "brief" else briefs / part.slug
        if part.kind in BRIEFS and not path.with_suffix(".pdf").exists():
            briefs.mkdir(exist_ok=True)
            _write_brief(path, part, packet, making)
    html = [making.part(part, packet) for part in packet.parts]
    leaves = [Leaf(mark(part, packet), text) for part, text in zip(packet.parts, html, strict=True)]
    cover = partial(_cover, making.study, making.printing.day, packet)
    title, printing = f"Packet for {packet.label}", making.printing
    first = Leaf(MARK, cover(contents=tag("p", CONTENTS)))
    (own / "packet.pdf").write_bytes(printing.pdf(title, [first, *leaves]))
    whole = cover(contents=_contents(packet)) + "".join(html)
    (own / "packet.docx").write_bytes(word(whole, mark=_shared_mark(packet), running=printing.running,
                                           title=title, day=printing.day, paper=printing.paper))
    _source(own / "packet", title, printing, leaves, whole)


def _write_brief(path: Path, part: Part, packet: Packet, making: _Making) -> None:
    """A brief by itself, to print and as plain text."""
    html, leaf_mark, printing = making.part(part, packet), mark(part, packet), making.printing
    leaf = Leaf(leaf_mark, html)
    path.with_suffix(".pdf").write_bytes(printing.pdf(part.title, [leaf]))
    text = convert(prepared(html, "text"), "plain", "--columns=76", "--wrap=auto").decode()
    said = f"{leaf_mark} · {printing.running}{f' · data up to {printing.day}' if printing.day else ''}"
    path.with_suffix(".txt").write_text(f"{said}\n\n{text}", encoding="utf-8", newline="\n")
    _source(path, part.title, printing, [leaf], html)


def _source(path: Path, title: str, printing: Printing, leaves: Iterable[Leaf], html: str) -> None:
    """All that a document is made of, for the gate."""
    marks = "".join(tag("p", escape(leaf.mark)) for leaf in leaves)
    path.with_suffix(SOURCE).write_text(f"<title>{escape(title)}</title><p>{escape(printing.running)}</p>"
                                         f"{marks}{html}", encoding="utf-8")


def _shared_mark(packet: Packet) -> str:
    """The mark of a Word document, which has one for all its pages."""
    return mark(packet.parts[0], packet) if len(packet.parts) == 1 else MARK


def _cover(study: Study, day: date | None, packet: Packet, *, contents: str) -> str:
    """Whose packet it is, what the reader may do with it, and what is in it."""
    lines = [MARK + "."]
    if any(part.kind == "brief" for part in packet.parts):
        lines.append(f"Your own brief is for {packet.label} alone: nobody else gets it.")
    lines += ["Others stand here as counts, or where they agreed to be named; words are printed only where "
              "their organisation cleared them. What you read of others here, please leave here.",
              *([f"Data up to {day}."] if day else [])]
    banner = tag("p", tag("strong", INVENTED)) if study.is_synthetic else ""
    return "".join([
        tag("div", tag("p", escape(study.title)), custom_style="Title",
            **{"typst:text:size": "22pt", "typst:below": "8mm"}),
        tag("div", tag("p", escape(f"Packet for {packet.label}")), custom_style="Subtitle",
            **{"typst:text:size": "15pt", "typst:below": "10mm"}),
        banner, *(tag("p", escape(line)) for line in lines),
        tag("div", tag("p", tag("strong", "Contents")), **{"typst:above": "10mm"}), tag("div", contents)])


def _contents(packet: Packet) -> str:
    links = (tag("a", escape(part.title), href=f"#{part.slug}") for part in packet.parts)
    return tag("ul", *(tag("li", link) for link in links))
