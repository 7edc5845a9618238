"""Writes a letter of thanks to each organisation (``glc thanks``). The letter says how the organisation's
contribution was used, and comes with an adoption sheet, on which the organisation states what it will do.

A letter has four contents: the principles that rest on the organisation's answers or words, the decisions on
these principles, the organisation's quotations in the form in which others may read them, and the proposals
that the organisation made. A letter says nothing about any other organisation, and does not say which row of
evidence cites the organisation. A letter is in the organisation's language if the fixed texts are translated
into this language (``content/thanks.csv``).
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from markupsafe import Markup

from glc_analysis import tables
from glc_analysis.addons.convening.packets.packet import (
    check_packets_with_gate_and_delete_html,
    record_packets_made,
)
from glc_analysis.addons.convening.packets.parts import (
    PACKET_AUDIENCE,
    Packet,
    Part,
    load_part_macros,
    make_pdf_settings,
)
from glc_analysis.addons.convening.packets.pdf import PdfSettings, PrintedPart
from glc_analysis.addons.convening.rating_forms import name_language_for_reader
from glc_analysis.addons.convening.trace import EvidenceTrail
from glc_analysis.addons.convening.translations import TranslatedText, Translations
from glc_analysis.addons.member_checking.returns import read_organisation_names_and_languages
from glc_analysis.disclosure.quotations import find_organisation_behind_each_segment
from glc_analysis.errors import UsageError, suggest_name
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import INVENTED, Study
from glc_analysis.templates import Macros, read_fixed_texts
from glc_analysis.text import language_direction, wrap_in_direction_isolates
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "thanks.html")
_READERS = (PACKET_AUDIENCE, "public")
"""The audiences that a letter names as readers of a quotation, in the order of the letter."""


@dataclass(frozen=True)
class DecidedText:
    """A principle in the form in which a letter shows it, in the language of the letter if a translation
    exists. ``evidence_sentences`` says whether the principle rests on the words of the organisation that gets
    the letter, on its answers, or on both."""

    printed_id: str
    statement: str
    language: str
    decided: str
    is_agreed: bool
    evidence_sentences: str = ""


@dataclass(frozen=True)
class ThanksLetter:
    """The letter to one organisation.

    - ``cited``: the principles that rest on the organisation's words or answers.
    - ``quotations``: the quotations of the organisation, each with its language and the audiences that may
      read it.
    - ``raised``: the proposals of the organisation, and the matters that it raised for the parking lot
      (matters set aside for later).
    - ``agreed``: all agreed texts of the study.
    """

    organisation_id: str
    name: str
    language: str
    fixed_texts: Mapping[str, str]
    cited: tuple[DecidedText, ...]
    quotations: tuple[tuple[str, str, str], ...]
    raised: tuple[tuple[str, str], ...]
    agreed: tuple[DecidedText, ...]
    contact: str

    @property
    def direction(self) -> str:
        """Returns the direction in which the letter's language is written."""
        return language_direction(self.language)

    def name_language(self, language: str) -> str:
        """Returns the name of a language in the language of the letter."""
        return name_language_for_reader(self.language, language)


def make_thanks_letters(study: Study, organisations: Collection[str] = ()) -> list[ThanksLetter]:
    """Makes the letters to the ``organisations`` of a built study; if ``organisations`` is empty, to all
    organisations.

    Raises UsageError for an unknown organisation.
    """
    names, languages = read_organisation_names_and_languages(study)
    for organisation in organisations:
        if organisation not in names:
            raise UsageError(f"There is no organisation {organisation!r}; "
                             f"{suggest_name(organisation, names)}.")
    reference, trail = read_reference(study), EvidenceTrail(StudyView(study))
    cited_in, quoted, raised = _cited_in(trail), _quotations(study, reference), _raised(reference)
    made = []
    for organisation in organisations or sorted(names):
        language = languages.get(organisation) or "en"
        say = read_fixed_texts(language, __file__, "thanks.csv")
        language = language if say is not read_fixed_texts("en", __file__, "thanks.csv") else "en"
        texts = _texts(trail, reference, language, say)
        made.append(ThanksLetter(
            organisation, names[organisation], language, say,
            tuple(replace(text, evidence_sentences=", ".join(say[f"rests_{one}"] for one in sorted(how)))
                  for name, text in texts.items() if (how := cited_in[organisation].get(name))),
            tuple((text, written_in, ", ".join(say[f"for_{one}"] for one in readers))
                  for text, written_in, readers in quoted[organisation]),
            tuple((line.format(**say), written_in) for line, written_in in raised[organisation]),
            tuple(text for text in texts.values() if text.is_agreed),
            study.settings["handbook"]["contact"] or study.settings["convening"]["contact"]))
    return made


def _cited_in(trail: EvidenceTrail) -> defaultdict[str, dict[str, set[str]]]:
    """Returns, keyed by organisation, the principles that rest on the organisation's words or answers. The
    value of a principle is a set that contains "words", "answers" or both."""
    found: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
    evidence = trail.read("evidence")
    for name, row in zip(evidence["principle_id"], evidence.itertuples(), strict=True):
        for node in trail.trace_evidence(row):
            for about in node.about:
                found[about].setdefault(name, set()).add("words" if node.kind == "passage" else "answers")
    return found


def _quotations(study: Study, reference: Reference) -> defaultdict[str, list[tuple[str, str, list[str]]]]:
    """Returns, keyed by organisation, the organisation's quotations that somebody outside the team may read:
    the words, the language of the words, and the audiences that may read the quotation."""
    segments, documents = (tables.read_table(name, study=study) for name in ("segments", "documents"))
    whose = dict(zip(segments["segment_id"], find_organisation_behind_each_segment(segments, documents),
                     strict=True))
    spoken = dict(zip(segments["segment_id"], segments["language"], strict=True))
    place = dict(zip(reference.quotes["quote_id"], reference.quotes["segment_id"], strict=True))
    readers: dict[tuple[str, str], list[str]] = {}
    for audience in _READERS:
        rows = StudyView(study, audience).quotation_rows
        for quote, text in zip(rows["quote_id"], rows["text"], strict=True):
            readers.setdefault((place[quote], text), []).append(audience)
    found: defaultdict[str, list[tuple[str, str, list[str]]]] = defaultdict(list)
    for (segment, text), audiences in readers.items():
        found[whose.get(segment, "")].append((text, spoken.get(segment) or "en", audiences))
    return found


def _raised(reference: Reference) -> defaultdict[str, list[tuple[str, str]]]:
    """Returns, keyed by organisation, a list of the matters that the organisation proposed or raised. Each
    matter is a line with placeholders for words of the letter, and the language of the line."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in reference.decision_log.to_dict("records"):
        about = " ".join(filter(None, (row["date"], row["principle_id"])))
        found[row["proposed_by"]].append((f"{about}: {_literal(row['decision'])}", "en"))
    for row in reference.parking_lot.to_dict("records"):
        found[row["raised_by"]].append((f"{row['date']}: {_literal(row['item'])} ({{parked}})", "en"))
    return found


def _literal(text: str) -> str:
    """Returns a text in which braces are escaped, so that they are not placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


def _texts(trail: EvidenceTrail, reference: Reference, language: str,
           say: Mapping[str, str]) -> dict[str, DecidedText]:
    """Returns the current text of each principle and the decision on the text, keyed by principle id.
    Principles that were split or merged are left out."""
    rows = trail.read("principles")
    translations = Translations.from_tables(rows, reference.translations)
    days = {(row["principle_id"], row["version"], row["status"]): row["date"]
            for row in reference.text_decisions.to_dict("records")}
    current = rows[rows["is_current"] & (rows["translation_of"] == "") & (rows["status"] != "superseded")]
    made = {}
    for row in current.sort_values("principle_id").to_dict("records"):
        words = translations.find_text(f"{row['printed_id']}/statement",
                                       TranslatedText(row["statement"], row["language"]),
                                       language, PACKET_AUDIENCE)
        day = days.get((row["principle_id"], row["version"], row["status"]), "")
        if language_direction(language) == "rtl":
            day = wrap_in_direction_isolates(day)
        made[row["principle_id"]] = DecidedText(
            row["printed_id"], words.text, words.language,
            say[f"decided_{row['status']}"].format(day), row["status"] == "agreed")
    return made


def write_thanks_letters(study: Study, organisations: Collection[str] = (), *, today: date,
                         paper: str = "a4") -> list[Path]:
    """Writes the letters as PDFs to ``reports/team/thanks`` and returns their paths. The letters are recorded
    in the list of packets, so that the organisations that hold a letter are known when somebody withdraws.

    Raises UsageError for an unknown organisation. Raises Faults, and writes nothing, if the gate finds
    something in a letter that its reader may not see.
    """
    made, settings = make_thanks_letters(study, organisations), make_pdf_settings(study, paper)
    folder = study.reports / "team" / "thanks"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as stage:
        packets = [_write(study, letter, Path(stage), settings) for letter in made]
        check_packets_with_gate_and_delete_html(Path(stage), study, packets)
        record_packets_made(Path(stage), study, packets, today=today)
        paths = [folder / f"{letter.organisation_id}.pdf" for letter in made]
        for path in paths:
            shutil.move(Path(stage, path.stem, "packet.pdf"), path)
    return paths


def _write(study: Study, letter: ThanksLetter, stage: Path, settings: PdfSettings) -> Packet:
    """Writes one letter with its adoption sheet, and the HTML source that the gate reads."""
    place = stage / letter.organisation_id
    place.mkdir()
    pages = [*render_letter_and_adoption_sheet(letter, INVENTED if study.is_synthetic else "")]
    title = f"{letter.fixed_texts['title']}: {letter.name}"
    printed = [PrintedPart(letter.name, page) for page in pages]
    place.joinpath("packet.pdf").write_bytes(settings.make_pdf(title, printed))
    place.joinpath("packet.html").write_text(
        load_part_macros().source(title, settings.running, [letter.name], Markup("").join(pages)),
        encoding="utf-8")
    return Packet(letter.organisation_id, letter.name, (Part("thanks", "thanks", title),))


def render_letter_and_adoption_sheet(letter: ThanksLetter, invented: str = "") -> Iterator[Markup]:
    """Yields the HTML of a letter, for printing. If the study has an agreed text, also yields the HTML of the
    adoption sheet."""
    yield _HTML.letter_page(letter, invented)
    if letter.agreed:
        yield _HTML.adoption_page(letter)

