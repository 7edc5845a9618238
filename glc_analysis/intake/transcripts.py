"""Reads transcripts of interviews and calls as turns of named speakers, with times if the file has them.

A transcript consists either of cues with times (WebVTT, SRT) or of paragraphs (DOCX, plain text); the content
of the file shows which format it has. No word of a speaker is left out of a turn. Footnotes and endnotes of a
Word file are not read, but hidden text is; notes tell the user of both. A transcript must name all its
speakers in one and the same way, which is one of the following:

- by voice tags of WebVTT;
- by ``Name: text`` at the beginning of a turn;
- by ``Name 0:03`` on a separate line before a turn;
- by a name alone on the first line of every turn.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from io import BytesIO
from itertools import accumulate, groupby, pairwise, takewhile
from pathlib import Path
from typing import NamedTuple

import lxml.etree as etree
import pandas as pd

from glc_analysis.errors import Fault, Faults, count_of, refuse
from glc_analysis.tabular import decode_text_detecting_encoding, list_zip_members_checking_sizes, read_bytes
from glc_analysis.text import TEXT_STORAGE, fold_case_and_spacing, normalise_space

# ------------------------------
# Who speaks: telling the name before a colon from a sentence that holds one.
#
# Speakers are named in one manner throughout a file. Where voice tags do not name them, it is
# the one that opens most turns: ``Name: text``, or ``Name   0:03`` alone on its line. Only where
# neither occurs does a bare name open a turn, as first line of every cue or block that has more.
#
# ``at 10:30 we met`` names nobody, since no blank follows the colon; ``Note: we met`` and
# ``Date: 3 May`` neither, being words for that. ``Ana from HAART: yes`` names somebody: at most
# five words, each with a capital, without case at all (Khmer, Arabic), with a digit, or a
# particle; what stands in brackets or behind a bar is not a word. ``potuz: yes`` does where the name
# recurs or where nearly every cue (in documents: line) begins with one, up to four words. So
# ``what we say: yes`` twice over would be somebody. The rule leans that way: a wrong name is
# listed as a speaker nobody mapped, a missed one puts words into another's mouth.
#
# Minutes of hearings name people with a full stop: ``Senator Hatch. Thank you.`` So does a document
# where names with a title, or names of two and more words that recur, open more lines than names with a
# colon. A label of one word that occurs once and has no words on its line, where others recur, is a
# heading (``Background:``), and so are numbered ones (``Interview 3: Casa Azul``): nobody speaks there.


_CLOCK = r"(?:\d+:[0-5]?\d|\d+):[0-5]?\d(?:[.,]\d{1,3})?"
_STAMP = rf"[\[(]?{_CLOCK}(?:\s*-->\s*{_CLOCK})?[\])]?"
_NAME = r"[^:：៖]{1,80}?"
_LABEL = re.compile(rf"(?:(?P<stamp>{_STAMP})\s+)?(?P<name>{_NAME})\s*(?P<after>[\[(]{_CLOCK}[\])])?"
                    rf"\s*(?::(?=\s|$)|[：៖])(?:\s*(?P<late>[\[(]{_CLOCK}[\])])(?=\s|$))?(?P<text>.*)")
_HEAD = re.compile(rf"(?:(?P<stamp>{_STAMP})\s+)?(?P<name>{_NAME})"
                   rf"(?(stamp)|(?:(?P<gap>\s\s)|\s)(?P<after>{_STAMP}))\s*:?(?P<text>)")
_SHORT_TITLES = "mr|mrs|ms|dr|prof|sen|rep|hon|amb|gov|sra?|dra|lic|ing|mme|st"
_TITLE = re.compile(rf"""(?xi)(?:the[ ])?(?:chair(?:man|woman|person)?|president|witness|interpreter|clerk
    | moderator) | (?:(?:{_SHORT_TITLES})\.?|senator|representative|congress(?:man|woman|person)|professor
    | ambassador|secretary|judge|justice|governor|minister|se[ñn]ora?|senadora?|diputad[oa]|doctora?|madame?
    | monsieur|chair(?:man|woman|person))[ ]\S.*""")
_WITH_STOP = re.compile(rf"(?P<name>(?:(?:(?i:{_SHORT_TITLES}|\w)\.|[^\W\d_][\w'’-]*)\s+){{0,4}}?"
                        rf"(?!(?i:{_SHORT_TITLES}|\w)\.)[^\W\d_][\w'’-]+)\.(?:\s+(?P<text>\S.*)|$)")
_NUMBERED = re.compile(r"(.+?)\s+(?:no\.?\s*|n[º°.]\s*|#)?\d+")
_GAP = re.compile(r"\t\s*|\s{2,}")
_ONLY_STAMP = re.compile(_STAMP)
_DIRECTIONS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ASIDE = re.compile(r"\([^()]*\)|\[[^][]*\]|\|.*")
_SENTENCE_END = re.compile(r"(?<!\b\w)(?<!\b(?:Dr|Mr|Ms|Sr|Jr|St|Fr))(?<!\b(?:Mrs|Sra|Dra|Rev|Lic|Ing))"
                           r"(?<!\b(?:Prof|Srta))\.(?=\s|$)|[?!;…。؟។]")
_PARTICLE = re.compile("al|and|bint?|d[aeiou]s?|del|de[nr]|el?|from|ibn|l[aeo]s?|of|ter|the|v[ao]n|y")
_NOT_A_NAME = re.compile(r"""(?x)notes? | n\.?b\.? | p\.?s\.? | e\.?g\.? | i\.?e\.? | (?:for[ ])?example
    | remark | important | attention | warning | update | summary | conclusion | date | time | place
    | location | language | duration | title | subject | file | recording | transcript(?:ion)?
    | participants | attendees | interview | notas? | (?:por[ ])?(?:ejemplo|exemplo) | remarque
    | (?:par[ ])?exemple | observación | observação | importante | resumen | fecha | hora | lugar
    | idioma | duración | título | participantes | entrevista | background | introduction | agenda
    | section | part | chapter | annex | appendix | topic | introducción | capítulo | anexo | tema
    | примечание | например
    | ملاحظة | مثال | ចំណាំ | ឧទាហរណ៍""")


class Line(NamedTuple):
    """A line of a transcript file. ``start`` and ``end`` are the times of the line in seconds; NaN if they
    are unknown. ``is_first`` is true if a cue or a block (lines without a blank line between them) begins
    with the line. ``speaker`` is the name of the line's speaker, if it is known."""

    number: int
    text: str
    start: float = math.nan
    end: float = math.nan
    is_first: bool = False
    speaker: str = ""


def parse_clock(clock: str) -> float:
    """Returns the number of seconds of a time such as ``1:02:03.5``, ``02:03,5`` or ``2:03``.

    >>> parse_clock("1:02:03,5")
    3723.5
    """
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def attribute_speakers(lines: Sequence[Line]) -> list[Line]:
    """Returns every line with its speaker; the name of the speaker is removed from the text of the line.

    A line that names no speaker belongs to the speaker of the line before it. Lines before the first name of
    a speaker have the speaker ``""``.

    >>> lines = [Line(1, "Ana: At last:"), Line(2, "at 10:30."), Line(3, "Bo: Oh")]
    >>> [(line.speaker, line.text) for line in attribute_speakers(lines)]
    [('Ana', 'At last:'), ('Ana', 'at 10:30.'), ('Bo', 'Oh')]
    """
    tagged = {n: line for n, line in enumerate(lines) if line.speaker}
    by_colon, by_time = _speaker_lines(lines, _LABEL), _speaker_lines(lines, _HEAD)
    openings = tagged or _without_headings(max(by_colon, by_time, _names_with_stop(lines), key=len)) \
        or _name_only_lines(lines)
    attributed, speaker, alone = [], "", None
    for n, line in enumerate(lines):
        # In a cue that begins with a name alone the next line is what that speaker says.
        is_said = alone and not (line.is_first or line.speaker or math.isnan(line.end))
        if n in openings and not is_said:
            line = openings[n]
            speaker, alone = line.speaker, None if line.text else line
        elif alone:  # a name alone: the turn begins there, with the time beside it
            end = alone.end if math.isnan(line.end) else line.end
            line, alone = alone._replace(text=line.text, end=end), None
        if text := normalise_space(line.text):
            attributed.append(line._replace(text=text, speaker=speaker))
    return attributed


def clean_spaces_and_brackets_of_speaker(text: str) -> str:
    """Returns the name of a speaker in the form that speakers.csv uses: with single spaces, without brackets
    around the whole name, and without characters that set the writing direction.

    >>> [*map(clean_spaces_and_brackets_of_speaker, ("[Ana  López]", "Ana (HAART | KE)"))]
    ['Ana López', 'Ana (HAART | KE)']
    """
    name = normalise_space(text.translate(_DIRECTIONS))
    is_framed = re.fullmatch(r"\[[^][]*\]|\([^()]*\)", name)
    return name[1:-1].strip() if is_framed else name


def move_times_to_next_line(lines: Sequence[Line]) -> list[Line]:
    """Returns the lines, without those lines that consist only of a time. A time on a line of its own becomes
    the start of the next line."""
    kept: list[Line] = []
    stamp = None
    for line in lines:
        if _ONLY_STAMP.fullmatch(line.text):
            stamp = line
            continue
        if stamp:
            start, _ = _times(stamp.text, line)
            line = line._replace(start=start, is_first=line.is_first or stamp.is_first)
        kept.append(line)
        stamp = None
    return kept


def _speaker_lines(lines: Sequence[Line], pattern: re.Pattern[str]) -> dict[int, Line]:
    """Returns the lines in which ``pattern`` finds the name of a speaker, keyed by their position."""
    named, apart = {}, set()
    for n, line in enumerate(lines):
        match = pattern.fullmatch(_GAP.sub("  ", line.text.translate(_DIRECTIONS)).strip())
        if match and _may_be_name(name := clean_spaces_and_brackets_of_speaker(match["name"])):
            start, end = _times(_stamp(match), line)
            named[n] = line._replace(speaker=name, text=match["text"], start=start, end=end)
            apart |= {n} if _has_separate_time(match) else set()
    if pattern is _HEAD and apart:
        return {n: named[n] for n in apart}
    sure = apart | _recurring_names(lines, named, of_blocks=pattern is _HEAD)
    return {n: line for n, line in named.items() if n in sure or _looks_like_name(line.speaker)}


def _names_with_stop(lines: Sequence[Line]) -> dict[int, Line]:
    """Returns the lines that begin with a name and a full stop, as in minutes of hearings, keyed by their
    position."""
    openings = {}
    for n, line in enumerate(lines):
        if not math.isnan(line.end):  # a cue is not a paragraph
            continue
        match = _WITH_STOP.fullmatch(line.text.translate(_DIRECTIONS).strip())
        if match and not (match["name"].isupper() and not match["text"]):  # a heading in capitals
            name = clean_spaces_and_brackets_of_speaker(match["name"])
            openings[n] = line._replace(speaker=name, text=match["text"] or "")
    times = Counter(line.speaker for line in openings.values())
    named = {n: line for n, line in openings.items()
             if _TITLE.fullmatch(line.speaker) or times[line.speaker] > 1 and len(line.speaker.split()) > 1
             and _looks_like_name(line.speaker)}
    return named if len(named) > 1 else {}


def _without_headings(openings: dict[int, Line]) -> dict[int, Line]:
    """Returns the lines that begin turns, without headings. A line without a time is taken as a heading if it
    consists of one name of a single word, this name occurs once, and at least two other names occur several
    times."""
    times = Counter(line.speaker for line in openings.values())
    if sum(n > 1 for n in times.values()) < 2:
        return openings
    return {n: line for n, line in openings.items() if line.text or times[line.speaker] > 1
            or len(line.speaker.split()) > 1 or line.start == line.start}


def _recurring_names(lines: Sequence[Line], named: Mapping[int, Line], *, of_blocks: bool) -> set[int]:
    """Returns the positions of the lines in which the words before the colon or time are taken as a name,
    even if they are not written like a name. At most four words are taken as a name. They are taken as a name
    if the same words occur several times, or if at least 90 % of the lines at which a turn may begin have
    words before a colon or time."""
    is_first_only = of_blocks or any(not math.isnan(line.end) for line in lines)
    places = [n for n, line in enumerate(lines) if line.is_first or not is_first_only]
    there = [n for n in places if n in named]
    times = Counter(named[n].speaker for n in there)
    is_dense = len(places) > 1 and len(there) >= 0.9 * len(places)
    return {n for n in there if len(_words(named[n].speaker)) <= 4
            and (is_dense or times[named[n].speaker] > 1)}


def _stamp(match: re.Match[str]) -> str:
    """Returns the time beside a name: before the name, after the name, or after the colon (as the service Rev
    writes it). The returned text is empty if there is no time beside the name."""
    return next(filter(None, (match.groupdict().get(name) for name in ("stamp", "after", "late"))), "")


def _has_separate_time(match: re.Match[str]) -> bool:
    """Whether the time beside a name is in brackets, or comes after a gap of several spaces. Sentences do not
    have times in this form."""
    return _stamp(match).startswith(("[", "(")) or bool(match.groupdict().get("gap"))


def _name_only_lines(lines: Sequence[Line]) -> dict[int, Line]:
    """Returns the lines that consist of a name alone and begin a cue or block, keyed by their position. Only
    cues and blocks of more than one line are considered. The result is empty if the file has fewer than two
    such cues or blocks, or if one of them begins with a line that is not a name."""
    firsts = [n for n, line in enumerate(lines[:-1]) if line.is_first and not lines[n + 1].is_first]
    names = {n: clean_spaces_and_brackets_of_speaker(lines[n].text) for n in firsts}
    if len(firsts) < 2 or not all(map(_looks_like_name, names.values())):
        return {}
    return {n: lines[n]._replace(speaker=name, text="") for n, name in names.items()}


def _times(stamp: str, line: Line) -> tuple[float, float]:
    """Returns the start and end of a line in seconds. The times are those of the line's cue or, if the line
    is in no cue, the times beside the line (``stamp``)."""
    clocks = re.findall(_CLOCK, stamp) if math.isnan(line.end) else []
    start, end = ([*map(parse_clock, clocks), *(line.start, line.end)[len(clocks):]])[:2]
    return start, end


def _words(name: str) -> list[str]:
    """Returns the words of a name, without what is added in brackets or after a vertical bar."""
    return _ASIDE.sub(" ", name).split() or name.split()


def _may_be_name(name: str) -> bool:
    is_sentence = _SENTENCE_END.search(_ASIDE.sub(" ", name))
    is_read = any(map(str.isalpha, name)) or sum(map(str.isdigit, name)) >= 7  # as phone numbers have
    key = fold_case_and_spacing(name)
    numbered = _NUMBERED.fullmatch(key)
    is_heading = _NOT_A_NAME.fullmatch(key) or numbered and _NOT_A_NAME.fullmatch(numbered[1])
    return len(name) <= 80 and is_read and not is_sentence and not is_heading


def _looks_like_name(name: str) -> bool:
    words = _words(name)
    return (_may_be_name(name) and any(map(str.isalpha, name)) and len(words) <= 5
            and not words[0][0].islower() and all(map(_may_be_in_name, words)))


def _may_be_in_name(word: str) -> bool:
    return bool(not word[0].islower() or _PARTICLE.fullmatch(word) or any(map(str.isdigit, word)))


# ------------------------------
# Reading a file: cues, paragraphs and tables become lines, and lines become turns.
#
# Cues are not read by a subtitle library: it would silently drop an unfinished one, and has no line numbers.


_MOST_DOCX_BYTES, _MOST_TEXT_BYTES = 30_000_000, 3_000_000
"""The largest numbers of bytes that an unpacked DOCX file and a text file may have. The transcript of one
hour of talk has about 100,000 bytes."""

_TIMES = re.compile(rf"\s*({_CLOCK})\s*-->\s*({_CLOCK})(?=\s|$)")
_BROKEN_TIMES = re.compile(r"(?=.*\d)[\s\d:.,]*-->[\s\d:.,]*")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]*)>")
_TAG = re.compile(r"</?(?:(?:c|i|b|u|s|ruby|rt)(?:\.[^\s<>]*)?|(?:v|lang|font)(?:[.\s][^<>]*)?)>"
                  r"|<\d[\d:.]*>|\{\\an?\d+\}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_NO_CUE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")
_NOTICE = re.compile(r"[^:]{1,80} stopped transcription")
_WORD = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
         "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006"}
_PARAGRAPHS = etree.XPath("w:body//w:p[not(ancestor::w:p)]", namespaces=_WORD)
_PIECES = etree.XPath(".//w:r/*[self::w:t or self::w:tab or self::w:br or self::w:cr"
                      " or self::w:noBreakHyphen]"
                      "[not(ancestor::mc:Fallback or ancestor::w:moveFrom)]", namespaces=_WORD)
_TABLES = etree.XPath("w:body//w:tbl[not(ancestor::w:tbl)]", namespaces=_WORD)
_ROWS = etree.XPath("w:tr", namespaces=_WORD)
_CELLS = etree.XPath("w:tc", namespaces=_WORD)
_IN_CELL = etree.XPath(".//w:p[not(ancestor::w:p)]", namespaces=_WORD)
_HIDDEN = etree.XPath(".//w:r[w:rPr/w:vanish[not(@w:val='false' or @w:val='0')]][w:t]", namespaces=_WORD)
_NOTES = etree.XPath("*[not(@w:type)][.//w:t]", namespaces=_WORD)
_HEADS = {"speaker", "name", "who", "sprecher", "sprecherin", "hablante", "orador", "participante", "nombre",
          "locuteur", "intervenant", "nom", "falante", "المتحدث", "អ្នកនិយាយ"}
"""The words that may be the heading of the column of speakers in a table, in lower case."""
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
Row = tuple[int, str]
"""A line of a transcript file with its number. In DOCX, the number of a line is the number of its paragraph,
so several lines may have the same number."""

_FINISH = "complete the cue, or delete it"
_CLOCKS = "correct the times, or put the cues in order"
_NAME_THEM = "write who speaks as `Name: text` where each turn begins"


@dataclass(frozen=True)
class Transcript:
    """A transcript as it was read from its file, before names are replaced by pseudonyms. `heading` is the
    text above the first speaker. `notes` has messages about the footnotes and the hidden text of a Word file.
    `turns` has one row per turn, with these columns:

    - speaker: the name of the speaker as it is written in the file;
    - text: the words of the turn;
    - start_s, end_s: the start and end of the turn in seconds; NaN if the file has no times;
    - line: the number of the line (in DOCX, of the paragraph) in which the turn begins;
    - joins: for each line of the turn after its first line, the number of characters, without spaces, that
      the turn has before this line.
    """

    path: Path
    turns: pd.DataFrame
    heading: str = ""
    notes: tuple[str, ...] = ()


def read_transcript(path: Path) -> Transcript:
    """Reads the transcript in one file. Successive lines of the same speaker are joined into one turn. A file
    is parsed again only if it has changed.

    Raises `Faults` with all faults of the file, such as unfinished cues, times that run backwards, cues
    before the first named speaker, or no named speaker at all.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "call.txt")
    ...     _ = path.write_text("Ana: We met at 10:30.\\nAll of us.\\nBen: Yes.", encoding="utf-8")
    ...     read_transcript(path).turns[["speaker", "text", "line"]].values.tolist()
    [['Ana', 'We met at 10:30. All of us.', 1], ['Ben', 'Yes.', 3]]
    """
    read = _parse_transcript(_Content(path.name, hashlib.sha256(
        read_bytes(path, limit=_MOST_DOCX_BYTES)).hexdigest(), path))
    return replace(read, path=path, turns=read.turns.copy(deep=False))


@dataclass(frozen=True)
class _Content:
    """The content from which a transcript is read. Two contents are equal if three things are the same: the
    name of the file, its bytes, and the way in which pandas stores text."""

    name: str
    digest: str
    path: Path = field(compare=False)
    storage: str = field(default_factory=partial(pd.get_option, TEXT_STORAGE))


@lru_cache(maxsize=64)
def _parse_transcript(content: _Content) -> Transcript:
    path, faults = content.path, []
    rows, names = _read_rows(path)
    is_timed = any(text.startswith("WEBVTT") for _, text in rows[:1]) or any(map(_is_cue, rows))
    lines = _cues(rows, path.name, faults) if is_timed else _in_table(_blocks(rows), names)
    spoken = attribute_speakers(lines)
    if not is_timed:
        faults += _time_faults(spoken, path.name)
    unnamed = [line for line in spoken if not line.speaker]
    if len(unnamed) == len(spoken):
        faults.append(Fault("no speaker is named", file=path.name, fix=_NAME_THEM
                            + ", or export the transcript again with the names of the speakers"))
    elif is_timed:
        faults += [Fault("these words have no speaker", file=path.name, row=str(line.number),
                         fix=_NAME_THEM) for line in unnamed]
    if faults:
        raise Faults(sorted(faults, key=lambda fault: int(fault.row or 0)))
    return Transcript(path, _turns(spoken[len(unnamed):]), "\n".join(line.text for line in unnamed),
                      note_skipped_footnotes_read_hidden_text(path))


def note_skipped_footnotes_read_hidden_text(path: Path) -> tuple[str, ...]:
    """Returns notes on footnotes and endnotes of a Word file, which are not read, and on hidden text, which
    is read. The result is empty for a file that is not a Word file."""
    if not zipfile.is_zipfile(path):
        return ()
    notes, parser = [], etree.XMLParser(resolve_entities=False, no_network=True)
    with zipfile.ZipFile(path) as packed:
        parts = {name: etree.fromstring(packed.read(name), parser) for name in packed.namelist()
                 if name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")}
    for kind in ("footnote", "endnote"):
        if n := len(_NOTES(parts[f"word/{kind}s.xml"])) if f"word/{kind}s.xml" in parts else 0:
            notes.append(count_of(n, f"{kind} is", f"{kind}s are")
                         + " not read. To fix: move into the text whatever coders must read")
    paragraphs = _PARAGRAPHS(parts["word/document.xml"]) if "word/document.xml" in parts else []
    if hidden := [str(n) for n, paragraph in enumerate(paragraphs, 1) if _HIDDEN(paragraph)]:
        listed = ", ".join(hidden[:5]) + (" ..." if len(hidden) > 5 else "")
        place = "paragraph" if len(hidden) == 1 else "paragraphs"
        notes.append(f"hidden text is read as if it had been said ({place} {listed})")
    return tuple(notes)


def read_and_number_transcript_lines(path: Path) -> list[Row]:
    """Returns the numbered lines of a transcript file; in DOCX, the number of a line is that of its
    paragraph. Raises Faults if the file cannot be read as text."""
    return _read_rows(path)[0]


def _read_rows(path: Path) -> tuple[list[Row], set[str]]:
    """Returns the numbered lines of a transcript file, and the names of the speakers if the file has a table
    of speakers and their words."""
    raw = read_bytes(path, limit=_MOST_DOCX_BYTES)
    if raw.startswith(b"PK\x03\x04"):
        return _paragraphs(raw, path.name)
    if raw.lstrip()[:5] == b"%PDF-":
        refuse("this is a PDF, which does not show which of its line breaks begin a new turn", path.name,
               "hand in the .docx or .vtt file from which it was made; or open it in a word processor, check "
               "that each turn begins a paragraph, and save it as .docx")
    if len(raw) > _MOST_TEXT_BYTES:
        refuse(f"the file holds more than {_MOST_TEXT_BYTES // 1_000_000} MB of text", path.name,
               "check that it is the right file")
    try:
        return list(enumerate(decode_text_detecting_encoding(raw, path.name).split("\n"), 1)), set()
    except Faults as error:
        fix = "save it as plain text in UTF-8, or hand in the .vtt, .srt or .docx file"
        raise Faults(replace(fault, fix=fix) for fault in error.faults) from error


def _paragraphs(raw: bytes, file: str) -> tuple[list[Row], set[str]]:
    """Returns the numbered lines of a DOCX file, and the names of the speakers in its tables. Tables and
    tracked insertions in the file are read. Tracked deletions are not read, and moved text is not read at its
    old place.

    A row of a table of speakers and their words is read as ``Name: words``. A blank line is added after each
    paragraph, unless the paragraphs are lines of cues, as older versions of Teams write them.
    """
    import docx

    try:
        with zipfile.ZipFile(BytesIO(raw)) as packed:
            size = sum(part.file_size for part in list_zip_members_checking_sizes(packed))
        body = docx.Document(BytesIO(raw)).element if size <= _MOST_DOCX_BYTES else None
    except Exception as error:  # whatever zip, XML and the package's own parts raise
        fix = "open it in a word processor and save it as .docx without a password"
        raise Faults([Fault("the Word document cannot be read", file=file, fix=fix)]) from error
    if body is None:
        refuse(f"the file unpacks to more than {_MOST_DOCX_BYTES // 1_000_000} MB", file,
               "save it without pictures")
    if body.getroottree().docinfo.doctype:
        refuse("the file declares a document type, which no word processor does", file,
               "save it as .docx again")
    in_tables, names = _talks(body)
    rows = [(n, text) for n, paragraph in enumerate(_PARAGRAPHS(body), 1)
            for text in [*in_tables.get(paragraph, _text(paragraph)).split("\n"), ""]]
    return [row for row in rows if row[1].strip()] if any(map(_is_cue, rows)) else rows, names


def _talks(body: etree._Element) -> tuple[dict[etree._Element, str], set[str]]:
    """Returns two values about tables of speakers and their words: the text that is read for each paragraph
    in these tables, and the names of the speakers. Both the texts and the names are empty if most words of
    the document are outside tables of speakers and their words."""
    in_tables: dict[etree._Element, str] = {}
    names: set[str] = set()
    for table in _TABLES(body):
        readings, speakers = _talk(table)
        in_tables |= readings
        names |= speakers
    spoken, whole = (sum(len(text.split()) for text in texts) for texts in (
        in_tables.values(), map(_text, _PARAGRAPHS(body))))
    return ({}, set()) if 2 * spoken < whole else (in_tables, names)  # a table of facts beside the talk


def map_paragraphs_to_speaker_prefixes(document_xml: bytes) -> dict[int, str | None]:
    """Returns how each paragraph in a table of speakers and their words is read. ``document_xml`` is the main
    part of a Word file. The result is keyed by the number of the paragraph, counted from 0. Each value is the
    text to put before the paragraph's words (``Ana:``), or None for a paragraph that is not read, such as the
    cell with the name. Paragraphs outside tables of speakers and their words are not in the result."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)  # faults are its reader's
    root = etree.fromstring(document_xml, parser)
    readings = _talks(root)[0] if root is not None else {}
    openings: dict[int, str | None] = {}
    paragraphs = (one for one in root.iter(etree.Element) if etree.QName(one).localname == "p")
    for n, paragraph in enumerate(paragraphs if readings else ()):
        if paragraph in readings:
            reading, words = readings[paragraph], _text(paragraph).strip()
            openings[n] = reading.removesuffix(words) if reading else None
    return openings


def _talk(table: etree._Element) -> tuple[dict[etree._Element, str], set[str]]:
    """Returns two values about one table of speakers and their words: the text that is read for each of its
    paragraphs, and the names of the speakers. For a table of any other kind, both the texts and the names are
    empty.

    A table is taken as one of speakers and their words if all its rows have the same number of cells and one
    column has names, at least one of which occurs several times. The words must be to the right of the column
    of names, and the columns to its left may have only times and numbers.
    """
    rows = [[_IN_CELL(cell) for cell in _CELLS(row)] for row in _ROWS(table)]
    texts = [["\n".join(filter(None, map(_text, cell))) for cell in row] for row in rows]
    at = -1
    if len({*map(len, rows)}) == 1:
        at = next((n for n in range(len(rows[0]) - 1) if _are_speakers([row[n] for row in texts])), -1)
    if any(map(_has_words, (cell for row in texts for cell in row[:max(at, 0)] if not _is_head(row[at])))):
        at = -1
    readings: dict[etree._Element, str] = {}
    names: set[str] = set()
    for cells, row in zip(rows, texts, strict=True) if at >= 0 else ():
        name = clean_spaces_and_brackets_of_speaker(row[at].rstrip(": "))
        stamps = [cell for cell in row[:at] if _ONLY_STAMP.fullmatch(cell)]
        is_named = bool(name) and not _is_head(name)
        names |= {name} if is_named else set()
        opening = " ".join([*stamps[:1], f"{name}:"]) if is_named else ""
        readings |= {paragraph: "" for cell in cells[:at + 1] for paragraph in cell}
        for paragraph in (paragraph for cell in cells[at + 1:] for paragraph in cell):
            readings[paragraph], opening = f"{opening} {_text(paragraph)}".strip(), ""
    return readings, names


def _is_head(cell: str) -> bool:
    return fold_case_and_spacing(cell) in _HEADS


def _has_words(cell: str) -> bool:
    return bool(cell) and not _ONLY_STAMP.fullmatch(cell) and not cell.rstrip(".").isdigit()


def _in_table(lines: Sequence[Line], names: Collection[str]) -> list[Line]:
    """Returns the lines of a document. If a table in the document names speakers (``names``), each line that
    begins with one of these names gets this speaker, and all other lines get none. If ``names`` is empty, the
    lines are returned unchanged."""
    named = []
    for line in lines:
        match = _LABEL.fullmatch(line.text) if names else None
        if match and (name := clean_spaces_and_brackets_of_speaker(match["name"])) in names:
            start, end = _times(_stamp(match), line)
            line = line._replace(speaker=name, text=match["text"].strip(), start=start, end=end)
        named.append(line)
    return named


def _are_speakers(cells: Sequence[str]) -> bool:
    names = [name for cell in cells if (name := cell.strip().rstrip(":").strip())]
    return len({*names}) < len(names) and all(
        _may_be_name(name) and len(_words(name)) <= 5 and any(map(str.isalpha, name)) for name in names)


def _text(paragraph: etree._Element) -> str:
    """Returns the text of a paragraph without the spaces and line breaks around it, because Teams puts an
    empty line above each name."""
    kinds = ((piece, etree.QName(piece).localname) for piece in _PIECES(paragraph))
    return "".join(_BREAKS.get(kind) or piece.text or "" for piece, kind in kinds).strip()


def _blocks(rows: Sequence[Row]) -> list[Line]:
    """Returns those lines of a document that are not blank. The first line after a blank line is marked as
    the beginning of a block. The notice at the end of a Teams transcript is left out of the lines."""
    lines, is_first = [], True
    for number, text in rows:
        words = text.strip()
        lines += [Line(number, words, is_first=is_first)] if words else []
        is_first = not words
    if lines and _NOTICE.fullmatch(lines[-1].text):
        lines.pop()
    return move_times_to_next_line(lines)


def _cues(rows: Sequence[Row], file: str, faults: list[Fault]) -> list[Line]:
    """Returns the lines of all cues with their times, and adds the faults of the cues to ``faults``."""
    lines: list[Line] = []
    clocks = {n: match.groups() for n, (_, text) in enumerate(rows) if (match := _TIMES.match(text))}
    marks, stamps = [*clocks], []
    faults += _stray_faults(_before_id([(0, ""), *rows[:marks[0]]]) if marks else rows, file)
    for at, until in pairwise([*marks, len(rows)]):
        number, _ = rows[at]
        start, end = map(parse_clock, clocks[at])
        stamps.append(Line(number, "", start, end))
        body = _before_id(rows[at + 1:until]) if until < len(rows) else rows[at + 1:]
        payload = list(takewhile(lambda row: row[1], body))
        if not any(text.strip() for _, text in payload):
            faults.append(Fault("the cue has times but no words", file=file,
                                row=str(number), fix=_FINISH))
        faults += _stray_faults([*filter(_is_cue, payload), *body[len(payload):]], file)
        lines += _cue_lines(payload, start, end)
    faults += _time_faults(stamps, file)
    return lines


def _before_id(rows: Sequence[Row]) -> Sequence[Row]:
    """Returns the rows between two cues, without the number or id of the second cue."""
    return rows[:-1] if len(rows) > 1 and not rows[-2][1].strip() else rows


def _stray_faults(rows: Iterable[Row], file: str) -> Iterator[Fault]:
    """Yields a fault for every block of text outside the cues, except for a header, a note or a style of
    WebVTT."""
    for is_filled, block in groupby(rows, key=lambda row: bool(row[1].strip())):
        first, *others = block
        if broken := [number for number, _ in filter(_is_cue, [first, *others])]:
            yield Fault("the times of the cue cannot be read", file=file, row=str(broken[0]),
                        fix="write them as 00:01:02.000 --> 00:01:05.000")
        elif is_filled and not _NO_CUE.match(first[1]):
            yield Fault("this text belongs to no cue", file=file, row=str(first[0]), fix=_FINISH
                        + ", or delete the blank line before this text")


def _is_cue(row: Row) -> bool:
    """Whether a line has the form of a cue's times, even if the times cannot be read."""
    return bool(_TIMES.match(row[1]) or _BROKEN_TIMES.fullmatch(row[1]))


def _cue_lines(payload: Sequence[Row], start: float, end: float) -> Iterator[Line]:
    """Yields the lines of one cue, without markup. A line is divided at each voice tag, because the tag names
    the next speaker."""
    is_first = True
    for number, text in payload:
        before, *voices = _VOICE.split(text)
        for speaker, said in zip(["", *voices[::2]], [before, *voices[1::2]], strict=True):
            words = normalise_space(_plain(said))
            if words or speaker:
                yield Line(number, words, start, end, is_first,
                           clean_spaces_and_brackets_of_speaker(_plain(speaker)))
                is_first = False


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), _TAG.sub("", text))


def _time_faults(lines: Iterable[Line], file: str) -> Iterator[Fault]:
    latest = 0.0
    for line in lines:
        if line.end < line.start:
            yield Fault("the end is before the start", file=file, row=str(line.number), fix=_CLOCKS)
        if line.start < latest:
            yield Fault("the start is before that of an earlier line", file=file,
                        row=str(line.number), fix=_CLOCKS)
        latest = max(latest, line.start) if line.start == line.start else latest


def _turns(lines: Sequence[Line]) -> pd.DataFrame:
    turns = []
    for speaker, group in groupby(lines, key=lambda line: line.speaker):
        spoken = list(group)
        ends = [line.end for line in spoken if not math.isnan(line.end)]
        turns.append((speaker, " ".join(line.text for line in spoken), spoken[0].start,
                      max(ends, default=math.nan), spoken[0].number, _joins(spoken)))
    frame = pd.DataFrame(turns, columns=["speaker", "text", "start_s", "end_s", "line", "joins"])
    return frame.astype({"speaker": "str", "text": "str", "start_s": float, "end_s": float})


def _joins(lines: Sequence[Line]) -> tuple[int, ...]:
    """Returns, for each line of a turn after the first line, the number of characters, without spaces, that
    the turn has before this line."""
    lengths = [len("".join(unicodedata.normalize("NFC", line.text).split())) for line in lines[:-1]]
    return tuple(accumulate(lengths))
