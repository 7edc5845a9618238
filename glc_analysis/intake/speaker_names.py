"""Who speaks: telling the name before a colon from a sentence that holds one.

Speakers are named in one manner throughout a file. Where voice tags do not name them, it is
the one that opens most turns: ``Name: text``, or ``Name   0:03`` alone on its line. Only where
neither occurs does a bare name open a turn, as first line of every cue or block that has more.

``at 10:30 we met`` names nobody, since no blank follows the colon; ``Note: we met`` and
``Date: 3 May`` neither, being words for that. ``Ana from HAART: yes`` names somebody: at most
five words, each with a capital, without case at all (Khmer, Arabic), with a digit, or a
particle; what stands in brackets or behind a bar is no word. ``potuz: yes`` does where the name
recurs or where nearly every cue (in documents: line) begins with one, up to four words. So
``what we say: yes`` twice over would be somebody. The rule leans that way: a wrong name is
listed as a speaker nobody mapped, a missed one puts words into another's mouth.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from glc_analysis.cleaning.values import folded, tidy

CLOCK = r"(?:\d+:[0-5]?\d|\d+):[0-5]?\d(?:[.,]\d{1,3})?"
_STAMP = rf"[\[(]?{CLOCK}(?:\s*-->\s*{CLOCK})?[\])]?"
_NAME = r"[^:：៖]{1,80}?"
_LABEL = re.compile(rf"(?:(?P<stamp>{_STAMP})\s+)?(?P<name>{_NAME})\s*(?P<after>[\[(]{CLOCK}[\])])?"
                    r"\s*(?::(?=\s|$)|[：៖])(?P<text>.*)")
_HEAD = re.compile(rf"(?:(?P<stamp>{_STAMP})\s+)?(?P<name>{_NAME})"
                   rf"(?(stamp)|(?:(?P<gap>\s\s)|\s)(?P<after>{_STAMP}))\s*:?(?P<text>)")
_GAP = re.compile(r"\t\s*|\s{2,}")
_ONLY_STAMP = re.compile(_STAMP)
_DIRECTIONS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_ASIDE = re.compile(r"\([^()]*\)|\[[^][]*\]|\|.*")
_SENTENCE_END = re.compile(r"(?<!\b\w)(?<!\b(?:Dr|Mr|Ms|Sr|Jr|St|Fr))(?<!\b(?:Mrs|Sra|Dra|Rev|Lic|Ing))"
                           r"(?<!\b(?:Prof|Srta))\.(?=\s|$)|[?!;…。؟។]")
_PARTICLE = re.compile("al|and|bint?|d[aeiou]s?|del|de[nr]|el?|from|ibn|l[aeo]s?|of|ter|the|v[ao]n|y")
_NOBODY = re.compile(r"""(?x)notes? | n\.?b\.? | p\.?s\.? | e\.?g\.? | i\.?e\.? | (?:for[ ])?example
    | remark | important | attention | warning | update | summary | conclusion | date | time | place
    | location | language | duration | title | subject | file | recording | transcript(?:ion)?
    | participants | attendees | interview | notas? | (?:por[ ])?(?:ejemplo|exemplo) | remarque
    | (?:par[ ])?exemple | observación | observação | importante | resumen | fecha | hora | lugar
    | idioma | duración | título | participantes | entrevista | примечание | например
    | ملاحظة | مثال | ចំណាំ | ឧទាហរណ៍""")


class Line(NamedTuple):
    """A line of a file: when it was said, where known, whether a cue or block begins, who spoke."""

    number: int
    text: str
    start: float = math.nan
    end: float = math.nan
    is_first: bool = False
    speaker: str = ""


def seconds(clock: str) -> float:
    """Seconds of ``1:02:03.5``, ``02:03,5`` or ``2:03``.

    >>> seconds("1:02:03,5")
    3723.5
    """
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def named(lines: Sequence[Line]) -> list[Line]:
    """Every line with its speaker, and without the name; ``""`` before the first that is named.

    A line that names nobody goes on with the speaker before it.

    >>> lines = [Line(1, "Ana: At last:"), Line(2, "at 10:30."), Line(3, "Bo: Oh")]
    >>> [(line.speaker, line.text) for line in named(lines)]
    [('Ana', 'At last:'), ('Ana', 'at 10:30.'), ('Bo', 'Oh')]
    """
    tagged = {n: line for n, line in enumerate(lines) if line.speaker}
    openings = tagged or max(_opened(lines, _LABEL), _opened(lines, _HEAD), key=len) or _bare(lines)
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
        if text := tidy(line.text):
            attributed.append(line._replace(text=text, speaker=speaker))
    return attributed


def speaker_name(text: str) -> str:
    """A name as speakers.csv has it: tidy, without marks of writing direction.

    >>> speaker_name("[Ana  López]"), speaker_name("Ana (HAART | KE)")
    ('Ana López', 'Ana (HAART | KE)')
    """
    name = tidy(text.translate(_DIRECTIONS))
    is_framed = re.fullmatch(r"\[[^][]*\]|\([^()]*\)", name)
    return name[1:-1].strip() if is_framed else name


def stamps_apart(lines: Sequence[Line]) -> list[Line]:
    """The lines but those that are only a time, which becomes that of the line after it."""
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


def _opened(lines: Sequence[Line], pattern: re.Pattern[str]) -> dict[int, Line]:
    """The lines that name a speaker in one manner, by their place."""
    found, apart = {}, set()
    for n, line in enumerate(lines):
        match = pattern.fullmatch(_GAP.sub("  ", line.text.translate(_DIRECTIONS)).strip())
        if match and _may_be_name(name := speaker_name(match["name"])):
            start, end = _times(match["stamp"] or match["after"] or "", line)
            found[n] = line._replace(speaker=name, text=match["text"], start=start, end=end)
            apart |= {n} if _is_set_apart(match) else set()
    if pattern is _HEAD and apart:
        return {n: found[n] for n in apart}
    sure = apart | _usual(lines, found, of_blocks=pattern is _HEAD)
    return {n: line for n, line in found.items() if n in sure or _looks_like_name(line.speaker)}


def _usual(lines: Sequence[Line], found: Mapping[int, Line], *, of_blocks: bool) -> set[int]:
    """Where no name is told by its capitals, but recurs or stands where nearly always one does."""
    is_first_only = of_blocks or any(not math.isnan(line.end) for line in lines)
    places = [n for n, line in enumerate(lines) if line.is_first or not is_first_only]
    there = [n for n in places if n in found]
    times = Counter(found[n].speaker for n in there)
    is_dense = len(places) > 1 and len(there) >= 0.9 * len(places)
    return {n for n in there if len(_words(found[n].speaker)) <= 4
            and (is_dense or times[found[n].speaker] > 1)}


def _is_set_apart(match: re.Match[str]) -> bool:
    """Whether a time stands beside the name as no sentence has it: in brackets, behind a gap."""
    stamp = match["stamp"] or match["after"] or ""
    return stamp.startswith(("[", "(")) or bool(match.groupdict().get("gap"))


def _bare(lines: Sequence[Line]) -> dict[int, Line]:
    """Names alone on the first line of every cue or block that has more lines than one."""
    firsts = [n for n, line in enumerate(lines[:-1]) if line.is_first and not lines[n + 1].is_first]
    names = {n: speaker_name(lines[n].text) for n in firsts}
    if len(firsts) < 2 or not all(map(_looks_like_name, names.values())):
        return {}
    return {n: lines[n]._replace(speaker=name, text="") for n, name in names.items()}


def _times(stamp: str, line: Line) -> tuple[float, float]:
    clocks = [] if line.end == line.end else [seconds(clock) for clock in re.findall(CLOCK, stamp)]
    return (*clocks, *(line.start, line.end)[len(clocks):])[:2]


def _words(name: str) -> list[str]:
    """The words of a name, without what it says in brackets or behind a bar."""
    return _ASIDE.sub(" ", name).split() or name.split()


def _may_be_name(name: str) -> bool:
    is_sentence = _SENTENCE_END.search(_ASIDE.sub(" ", name))
    is_read = any(map(str.isalpha, name)) or sum(map(str.isdigit, name)) >= 7  # as phone numbers have
    return len(name) <= 80 and is_read and not is_sentence and not _NOBODY.fullmatch(folded(name))


def _looks_like_name(name: str) -> bool:
    words = _words(name)
    return (_may_be_name(name) and any(map(str.isalpha, name)) and len(words) <= 5
            and not words[0][0].islower() and all(map(_is_of_name, words)))


def _is_of_name(word: str) -> bool:
    return bool(not word[0].islower() or _PARTICLE.fullmatch(word) or any(map(str.isdigit, word)))
