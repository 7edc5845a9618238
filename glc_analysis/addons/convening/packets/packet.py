"""Makes the packets for the convening as PDF and Word files.

A packet is a set of parts, such as a guide, a brief and the sheets of the principles, for one organisation or
one group of participants (:mod:`.parts`). The files of each packet are made from a built study. The sections
of the files are made by the functions that make pages, for the audience `convening`. A brief longer than two
pages is shortened by leaving out whole questions, rows or quotations, and says how many are left out. The
files are made in a temporary folder, and moved into place only after the disclosure gate has found nothing in
them that their reader may not see.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from glc_analysis.addons.convening.packets.pandoc_html import (
    convert_with_pandoc,
    prepare_for_pandoc_without_folded_text,
)
from glc_analysis.addons.convening.packets.parts import (
    BACKGROUND,
    BRIEFS,
    FACILITATORS,
    GUIDE,
    INTERPRETERS,
    PACKET_AUDIENCE,
    PACKET_MARK,
    SHARED,
    Packet,
    Part,
    choose_packet_language,
    format_readership_header,
    list_languages_of_guide_readers,
    load_part_macros,
    make_part_sections,
    make_pdf_settings,
    read_packet_phrases,
    remove_space_for_notes,
    render_cover_page,
    render_part_pages,
    render_sections_with_heading,
    select_packets,
    translate_paper_html,
)
from glc_analysis.addons.convening.packets.pdf import (
    CONTENTS,
    PdfSettings,
    PrintedPart,
    find_largest_share_that_fits,
)
from glc_analysis.addons.convening.packets.word import convert_html_to_word
from glc_analysis.addons.languages.phrases import ENGLISH, Phrasebook
from glc_analysis.addons.member_checking.answer_sheets import list_language_and_translation_notes
from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.gate.gate import check_leaks, find_leaks_in_papers, merge_findings_by_origin
from glc_analysis.gate.study_identifiers import (
    identifiers,
    map_organisations_to_identifiers_said,
    without_own_names,
)
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import read_reference
from glc_analysis.release_store import record_next_release_as_published
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study
from glc_analysis.terminal import Progress, end_gracefully_at_interrupt, show_progress_bar
from glc_analysis.view.study_view import StudyView
from glc_analysis.writing import write_atomic

# ------------------------------
# The gate, the list of packets that were made, and their place


WORKERS = os.cpu_count() or 1
"""The number of documents that are made or read in parallel. This saves time because pandoc, typst and
poppler run as separate programs."""
_SOURCE_SUFFIX = ".html"
"""The suffix of the files with the HTML sources of documents. These files are deleted after the gate has read
them."""


PACKETS_MADE = "packets.csv"
"""The file that lists the packets made, each with the day on which it was made. The list is in private/, so
that it is kept when the files of the packets are deleted."""


def check_packets_with_gate_and_delete_html(stage_folder: Path, study: Study,
                                            packets: Iterable[Packet]) -> None:
    """Raises Faults if a file contains something that the reader of the file may not see. The packet of an
    organisation may name this organisation. Deletes the HTML sources of the documents if there is no
    fault."""
    reference, known, faults = read_reference(study), identifiers(study, audience=PACKET_AUDIENCE), []
    parts = [(stage_folder / "briefs", reference.names, known, "")]
    said = map_organisations_to_identifiers_said(study, known)
    for packet in packets:
        own = packet.organisation
        kept = (without_own_names(own, study, reference, known, said.get(own, {})) if own
                else (reference.names, known))
        parts.append((stage_folder / packet.name, *kept, own))

    def found_in(folder: Path, names: pd.DataFrame, texts: Mapping[str, str], own: str) -> list[Fault]:
        search = partial(check_leaks, root=stage_folder, names=names, audience=PACKET_AUDIENCE,
                         identifier_rules=texts, study=study, organisation=own)
        return find_leaks_in_papers(search, sorted(path for path in folder.glob("*") if path.is_file()))

    with ThreadPoolExecutor(WORKERS) as pool:  # most of the time other programs read PDFs
        for found in pool.map(found_in, *zip(*parts, strict=True)):
            faults += found
    if faults:
        raise Faults(merge_findings_by_origin(faults))
    for path in stage_folder.glob(f"*/*{_SOURCE_SUFFIX}"):
        path.unlink()


def record_packets_made(stage_folder: Path, study: Study, packets: Iterable[Packet], *, today: date) -> None:
    """Records in private/ the digest, the organisation and the parts of each packet, and the day on which the
    packet was made. The same packet is recorded only once per day."""
    path, names = study.private / PACKETS_MADE, ["packet_sha256", "date", "organisation_id", "parts"]
    study.private.mkdir(exist_ok=True)
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))[1:] if path.is_file() else []
    known = {tuple(row) for row in rows}
    for packet in packets:
        digest = hashlib.sha256((stage_folder / packet.name / "packet.pdf").read_bytes()).hexdigest()
        whose = "" if packet.name == SHARED else packet.name
        row = (digest, today.isoformat(), whose, " ".join(part.slug for part in packet.parts))
        rows += [list(row)] if row not in known else []
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    write_atomic(path, text.getvalue())


def move_packets_into_place(stage_folder: Path, folder: Path) -> None:
    """Moves each packet into its folder, where it replaces an earlier packet. New briefs are added to the
    briefs already in place."""
    for made in sorted(stage_folder.iterdir()):
        place = folder / made.name
        if made.name == "briefs" and place.is_dir():
            for path in made.iterdir():
                path.replace(place / path.name)
            continue
        if place.is_dir():
            shutil.rmtree(place)
        made.replace(place)


# ------------------------------
# Packets and briefs as files


_PAGES = 2
"""The largest number of pages that a brief may have."""
TRUNCATIONS = [*(1 - n / 20 for n in range(20)), 0.03, 0.02, 0.01, 0]
"""The shares of questions, rows and quotations that a brief may keep. The largest share with which the brief
fits on two pages is used."""

_STAGE = ".making-"


@dataclass
class _Parts:
    """The HTML of all parts made so far, and the brief files already written. Parts that several packets
    share are made only once."""

    study: Study
    settings: PdfSettings
    html: dict[str, list[str]] = field(default_factory=dict)
    written: set[Path] = field(default_factory=set)
    books: dict[str, Phrasebook] = field(default_factory=dict)

    def read_phrases(self, packet: Packet) -> Phrasebook:
        """Returns the phrases in the language of a packet."""
        language = choose_packet_language(self.study, packet)
        if language not in self.books:
            self.books[language] = read_packet_phrases(self.study, language)
        return self.books[language]

    def render_pages(self, part: Part, packet: Packet) -> list[str]:
        """Returns the HTML of a part of a packet, as one or more documents that each start on a new page. A
        brief is shortened to two pages."""
        whose = packet.name if part.kind in ("brief", "guide") else self.read_phrases(packet).language
        key = f"{whose} {part.slug}"
        if key not in self.html:
            self.html[key] = [self._brief(part, packet)] if part.kind in BRIEFS else render_part_pages(
                self.study, part, packet)
        return self.html[key]

    def _brief(self, part: Part, packet: Packet) -> str:
        all_sections, book = make_part_sections(self.study, part), self.read_phrases(packet)

        def shortened(share: float) -> str:
            return translate_paper_html(book, render_sections_with_heading(part, all_sections, share))

        def printed(share: float) -> PrintedPart:
            return self.make_printed_part(format_readership_header(part, packet), shortened(share), packet)

        return shortened(find_largest_share_that_fits(self.settings, part.title, printed, TRUNCATIONS,
                                                      _PAGES))

    def make_printed_part(self, mark: str, html: str, packet: Packet) -> PrintedPart:
        """Returns a part of a packet ready to print, with header and footer in the packet's language."""
        book = self.read_phrases(packet)
        return PrintedPart(book.translate_text(mark), html, book.language,
                           book.translate_text(self.settings.running))


def write_packets_beside_pages(study: Study, *, today: date, organisation: str = "",
                               part_slugs: Collection[str] = (),
                               paper: str = "a4") -> list[Path]:
    """Writes packets into ``packet/`` of the current run for the convening, next to the pages that the
    packets refer to. Returns the path of each packet's folder. If ``current`` is a link to the folder of the
    run, the paths go through this link. Raises the errors of :func:`write_packets`, and GLCError if the
    convening has no pages yet.
    """
    stopped = "The packets are unchanged. To go on: run the same command again."
    with end_gracefully_at_interrupt(lambda: stopped), \
            hold_folder_lock(study.reports / PACKET_AUDIENCE, what="packet"), \
            show_progress_bar() as tell:
        folder, _ = find_last_run(study, PACKET_AUDIENCE)
        current = study.reports / PACKET_AUDIENCE / "current"
        if folder is None:
            raise GLCError("The convening has no pages yet. To fix: make them with "
                           "`glc run --audience convening`.")
        written = write_packets(study, folder / "packet", today=today, organisation=organisation,
                                part_slugs=part_slugs, paper=paper, progress=tell)
        shown = current if current.is_symlink() else folder
        return [shown / "packet" / one.name for one in written]


def list_planned_packets(study: Study, *, organisation: str = "",
                         part_slugs: Collection[str] = ()) -> list[Packet]:
    """Returns the packets of a built study that would be written. Raises the errors of
    :func:`select_packets`."""
    reference, page = read_reference(study), StudyView(study, PACKET_AUDIENCE)
    return select_packets(reference, page.labels, country_names=page.work_countries, theme_names=page.themes,
                          organisation_or_group=organisation, part_slugs=part_slugs,
                          extra_background_languages=study.settings["study"]["languages"])


def list_guide_language_notes(study: Study, packets: Iterable[Packet]) -> list[str]:
    """Returns notes on the languages of the packets' guides, and on missing or unchecked translations."""
    written = [one for packet in packets if any(part.kind == "guide" for part in packet.parts)
               for one in list_languages_of_guide_readers(study, packet)]
    return list_language_and_translation_notes(written, "the texts of the guide", *GUIDE)


def write_packets(study: Study, folder: Path, *, today: date, organisation: str = "",
                  part_slugs: Collection[str] = (), paper: str = "a4",
                  progress: Progress = lambda done, total, what: None) -> list[Path]:
    """Writes the packet of one organisation, or all packets if ``organisation`` is blank, into ``folder``;
    returns the folder of each packet.

    A packet has the files ``packet.pdf`` and ``packet.docx``. The folder of an organisation also has the
    organisation's brief, as ``brief.pdf`` and ``brief.txt``; all other briefs are written to ``briefs/``.
    ``part_slugs`` are the slugs of the parts to write; if empty, all parts are written.

    Raises UsageError for an unknown organisation or part, and GLCError for a letter that no font of this
    machine has. Raises Faults, and writes nothing, if the gate finds something that a reader may not see.
    """
    chosen = list_planned_packets(study, organisation=organisation, part_slugs=part_slugs)
    parts = _Parts(study, make_pdf_settings(study, paper))
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_STAGE}*"):  # of a command that was killed before the gate
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=folder, prefix=_STAGE) as stage:
        _write_all(Path(stage), chosen, parts, progress)
        progress(len(chosen), len(chosen), "The gate")
        check_packets_with_gate_and_delete_html(Path(stage), study, chosen)
        record_next_release_as_published(study, PACKET_AUDIENCE)
        record_packets_made(Path(stage), study, chosen, today=today)
        move_packets_into_place(Path(stage), folder)
    return [folder / packet.name for packet in chosen]


def _write_all(stage: Path, chosen: Sequence[Packet], parts: _Parts, progress: Progress) -> None:
    """Writes the files of all packets. While the files of some documents are being made, the HTML of the next
    documents is rendered."""
    pool = ThreadPoolExecutor(WORKERS)
    try:
        writing: list[Future] = []
        for n, packet in enumerate(chosen):
            progress(n, len(chosen), packet.label)
            writing += [pool.submit(write) for write in _documents(stage, packet, parts)]
        for document in writing:
            document.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _documents(stage: Path, packet: Packet, parts: _Parts) -> Iterator[Callable[[], None]]:
    """Yields functions that write the files of a packet, of the organisation's brief and of the other briefs.
    The HTML of a file is rendered before the function that writes the file is yielded."""
    own_folder, briefs, settings = stage / packet.name, stage / "briefs", parts.settings
    book, other = parts.read_phrases(packet), "" if packet.language == ENGLISH else f"-{packet.language}"
    own_folder.mkdir()
    for part in packet.parts:
        path = own_folder / "brief" if part.kind == "brief" else briefs / f"{part.slug}{other}"
        if part.kind in BRIEFS and path not in parts.written:
            briefs.mkdir(exist_ok=True)
            parts.written.add(path)
            printed = parts.make_printed_part(format_readership_header(part, packet),
                                              parts.render_pages(part, packet)[0], packet)
            yield partial(_write_brief, path, book.translate_text(part.title), printed, settings)
    pieces = [(format_readership_header(part, packet), html) for part in packet.parts
              for html in parts.render_pages(part, packet)]
    printed_parts = [parts.make_printed_part(*piece, packet) for piece in pieces]
    if packet.folder == BACKGROUND:  # short pieces: each on a page of its own would leave it half empty
        pieces = [(said, remove_space_for_notes(html)) for said, html in pieces]
        printed_parts = [parts.make_printed_part(PACKET_MARK, "".join(html for _, html in pieces), packet)]
    first, contents = [], ""
    if packet.folder not in (INTERPRETERS, FACILITATORS):  # a sheet needs no cover
        front = translate_paper_html(book, render_cover_page(parts.study, settings.day, packet,
                                                             contents=load_part_macros().contents_mark(CONTENTS)))
        first = [parts.make_printed_part(PACKET_MARK, front, packet)]
        contents = front.replace(load_part_macros().contents_mark(CONTENTS),
                                 _contents(html for _, html in pieces))
    whole = "".join([contents, *(html for _, html in pieces)])
    yield partial(_write_packet, own_folder / "packet", book, packet, first, printed_parts, whole, settings)


def _write_packet(path: Path, book: Phrasebook, packet: Packet, first: list[PrintedPart],
                  printed_parts: list[PrintedPart], whole: str, settings: PdfSettings) -> None:
    """Writes a packet as PDF and as Word. ``first`` is the cover of the PDF; ``whole`` is the HTML of the
    Word document."""
    title = book.translate_text(f"Packet for {packet.label}")
    path.with_suffix(".pdf").write_bytes(settings.make_pdf(title, [*first, *printed_parts]))
    path.with_suffix(".docx").write_bytes(convert_html_to_word(whole,
                                                               header=book.translate_text(_shared_mark(packet)),
                                                               footer=book.translate_text(settings.running),
                                                               title=title, day=settings.day,
                                                               paper=settings.paper,
                                                               phrases=book))
    _write_source(path, title, settings, printed_parts, whole)


def _write_brief(path: Path, title: str, printed: PrintedPart, settings: PdfSettings) -> None:
    """Writes a brief as PDF and as plain text."""
    path.with_suffix(".pdf").write_bytes(settings.make_pdf(title, [printed]))
    text = convert_with_pandoc(prepare_for_pandoc_without_folded_text(printed.html, "text"), "plain",
                               "--columns=76",
                               "--wrap=auto").decode()
    running = printed.running or settings.running
    said = f"{printed.mark} · {running}{f' · data up to {settings.day}' if settings.day else ''}"
    path.with_suffix(".txt").write_text(f"{said}\n\n{text}", encoding="utf-8", newline="\n")
    _write_source(path, title, settings, [printed], printed.html)


def _write_source(path: Path, title: str, settings: PdfSettings,
                  printed_parts: Iterable[PrintedPart], html: str) -> None:
    """Writes the HTML source of a document, for the gate to read."""
    marks = [printed.mark for printed in printed_parts]
    text = load_part_macros().source(title, settings.running, marks, Markup(html))
    path.with_suffix(_SOURCE_SUFFIX).write_text(text, encoding="utf-8")


def _shared_mark(packet: Packet) -> str:
    """Returns the header that all pages of a packet's Word document share."""
    return format_readership_header(packet.parts[0], packet) if len(packet.parts) == 1 else PACKET_MARK


def _contents(pieces: Iterable[str]) -> str:
    """Returns the list of contents of a Word document, as links to the headings of its parts."""
    headings = re.findall('<h1 id="([^"]*)">(.*?)</h1>', "".join(pieces))
    return load_part_macros().contents([(name, Markup(title)) for name, title in headings])
