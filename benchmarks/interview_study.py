"""Writes an invented study of any size with interviews, calls and several coders' work, for measuring the
build.

Each organisation gives one interview and one answer to the survey. Ines and Omar code in programs that write
REFI-QDA; Tomas copies whole turns into a table. Ines and Tomas code the masked texts. Omar codes the
transcripts as they were typed, with the speakers' names, other blanks and another Unicode form. Every third
interview has two coders. A few of Tomas' tables quote words that are in no text, as happens in real tables.

``python benchmarks/interview_study.py FOLDER INTERVIEWS`` writes a study into a new folder.
"""

from __future__ import annotations

import csv
import random
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from glc_analysis.new_study import start_study  # noqa: E402
from glc_analysis.schema import list_table_files  # noqa: E402

SIZES = (13, 120, 600)
"""The numbers of interviews in the studies that are measured. They have about 140, 6,000 and 60,000
codings."""
CODINGS_A_READER = {13: 7, 120: 34, 600: 69}
"""The number of codings that one coder makes in one text, by the number of interviews. As many turns of the
participant are coded."""
INES, OMAR, TOMAS = "ines", "omar", "tomas"
CODERS = (INES, OMAR, TOMAS)
ORGANISATIONS_A_CALL = 20
CODES_A_THEME = 4
THEMES = ("identification", "needs", "services", "language", "success", "challenges", "resources",
          "partnerships")
COUNTRIES = (("KHM", "Cambodia", "asia"), ("PER", "Peru", "americas"), ("KEN", "Kenya", "africa"),
             ("LVA", "Latvia", "europe"), ("IND", "India", "asia"), ("EGY", "Egypt", "africa"),
             ("UKR", "Ukraine", "europe"), ("NGA", "Nigeria", "africa"), ("DNK", "Denmark", "europe"),
             ("BRA", "Brazil", "americas"), ("GHA", "Ghana", "africa"), ("NPL", "Nepal", "asia"),
             ("MEX", "Mexico", "americas"), ("CAN", "Canada", "americas"), ("JPN", "Japan", "asia"),
             ("POL", "Poland", "europe"))
WORDS = {
    "en": "we wait for nobody and then somebody comes with a card from the market they sleep in the "
          "house by the river work is hard to find without papers police came twice last winter she "
          "asked about rent school doctor wages bus phone letter court hearing lawyer room key door tea "
          "drivers hotel kitchen",
    "es": "nosotras esperamos y después llega alguien con una tarjeta del mercado duermen en la casa "
          "junto al río el trabajo es difícil de encontrar sin papeles la policía vino dos veces ella "
          "preguntó por el alquiler escuela médico sueldo autobús teléfono carta juicio abogada "
          "habitación llave años niña",
    "ru": "мы ждём и потом кто то приходит с карточкой с рынка они спят в доме у реки работу трудно "
          "найти без документов полиция приходила два раза она спросила про жильё школу врача зарплату "
          "письмо суд ключ",
    "km": "យើង រង់ចាំ ហើយ នរណា ម្នាក់ មក ជាមួយ កាត ពី ផ្សារ ពួកគេ ដេក ក្នុង ផ្ទះ ក្បែរ ទន្លេ ការងារ "
          "ពិបាក រក ដោយគ្មាន ឯកសារ ប៉ូលិស មក ពីរ ដង នាង សួរ អំពី សាលារៀន គ្រូពេទ្យ ប្រាក់ខែ សំបុត្រ "
          "តុលាការ សោ",
    "ar": "نحن ننتظر ثم يأتي شخص مع بطاقة من السوق ينامون في البيت قرب النهر العمل صعب بدون أوراق جاءت "
          "الشرطة مرتين سألت عن المدرسة والطبيب والأجر والرسالة والمحكمة والمفتاح والغرفة",
}
WEIGHTS = (10, 4, 2, 2, 2)
"""The weights by which an interview gets one of these languages."""
SYLLABLES = ("ba", "ke", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")
SPACE = UUID("0d4a64a2-6a0f-5be2-9a55-0c2a6f1f5a11")
"""The namespace from which the identifiers in the coders' projects are made."""
SEGMENT = tuple[str, str]
"""The words of a turn: as they were said, and with names masked, as coders get them."""


@dataclass
class Conversation:
    """An interview or a call: its speakers and their words, as they were said and under pseudonyms."""

    document_id: str
    path: str
    organisation_id: str
    language: str
    turns: list[tuple[str, str, str, str]] = field(default_factory=list)
    """speaker as in the file, speaker_id, words as said, words under pseudonyms"""
    participants: list[int] = field(default_factory=list)
    """places of the turns that a participant speaks"""

    @property
    def masked(self) -> str:
        return "".join(f"{speaker_id}: {words}\n\n" for _, speaker_id, _, words in self.turns)[:-1]


@dataclass(frozen=True)
class Coding:
    """A code on some words of a turn: the first and the last character, in both forms of the text."""

    turn: int
    code: str
    said: tuple[int, int]
    masked: tuple[int, int]
    memo: str


def write_interview_study(root: Path, interviews: int, *, codings: int = 0, seed: int = 1) -> Path:
    """Writes the study into a new folder and returns the folder. The same seed gives the same bytes.

    ``codings`` is how many codings a coder makes in one text; the default is that of
    :data:`CODINGS_A_READER`.
    """
    start_study(root)
    draw = random.Random(f"{seed} {interviews}")
    many = codings or CODINGS_A_READER.get(interviews, 20)
    talks = list(_interviews(interviews, many, draw))
    calls = list(_calls(talks, many, draw))
    for talk in [*talks, *calls]:
        path = root / talk.path
        path.write_text(_FORMS[path.suffix](talk), encoding="utf-8", newline="\n")
    _write_settings(root)
    _write_reference(root, talks, calls, draw)
    _write(root / "raw" / "survey" / "survey.csv", _answers(talks, draw))
    _write_coders_work(root, talks, calls, many, draw)
    return root


def name_of(number: int) -> str:
    """Returns a first name for a number. Every number has another name.

    >>> name_of(0), name_of(17)
    ('Babaka', 'Kekeka')
    """
    parts = [SYLLABLES[number % 16], SYLLABLES[number // 16 % 16]]
    if number >= 256:
        parts.append(SYLLABLES[number // 256 % 16])
    return "".join([*parts, "ka"]).capitalize()


def _interviews(count: int, many: int, draw: random.Random) -> Iterator[Conversation]:
    suffixes = (".txt", ".vtt", ".srt")
    for n in range(count):
        language = draw.choices(list(WORDS), WEIGHTS)[0]
        talk = Conversation(f"interview-{n:04}", f"raw/interviews/interview-{n:04}{suffixes[n % 3]}",
                            f"org-{n:04}", language)
        people = [(f"{name_of(2 * n)} Reed", f"person-{n:04}", 2 * n)]
        _talk(talk, people, many, (n + 1) % count, draw)
        yield talk


def _calls(talks: list[Conversation], many: int, draw: random.Random) -> Iterator[Conversation]:
    """Yields one call for every twenty organisations, in which each of them speaks."""
    for n, first in enumerate(range(0, len(talks), ORGANISATIONS_A_CALL)):
        numbers = range(first, min(first + ORGANISATIONS_A_CALL, len(talks)))
        call = Conversation(f"call-{n:03}", f"raw/calls/call-{n:03}.txt", "", "en")
        people = [(f"{name_of(2 * k)} Reed", f"person-{k:04}", 2 * k) for k in numbers]
        _talk(call, people, max(many, len(people)), first, draw)
        yield call


def _talk(talk: Conversation, people: list[tuple[str, str, int]], turns: int, other: int,
          draw: random.Random) -> None:
    """Adds the turns of the interviewer and the people to a conversation, with a question of the guide before
    every fourth turn."""
    words = WORDS[talk.language].split()
    for n in range(turns):
        if n % 4 == 0:
            asked = f"Q{1 + n // 4 % len(THEMES)}. "
            said, masked = _said("Good morning, {} and thank you.", people[0][2])
            talk.turns.append(("Nora Inkwell", "interviewer-1", asked + said, asked + masked))
        name, speaker_id, number = people[n % len(people)]
        sentences = [" ".join(draw.choices(words, k=draw.randint(6, 14))) for _ in range(draw.randint(2, 5))]
        pattern = f"{n + 1} " + ". ".join(sentences) + "."
        who = draw.choices((None, number, number + 1, 2 * other), (12, 1, 2, 1))[0]
        said, masked = _said(pattern + " {}.", who) if who is not None else (pattern, pattern)
        talk.participants.append(len(talk.turns))
        talk.turns.append((name, speaker_id, said, masked))


def _said(pattern: str, who: int) -> SEGMENT:
    """Returns words with a person's name, as said and masked. names.csv lists the names in order, so that the
    pseudonym is known."""
    return pattern.format(name_of(who)), pattern.format(f"Person {who + 1}")


def _as_text(talk: Conversation) -> str:
    return "\n\n".join(f"{name}: {said}" for name, _, said, _ in talk.turns) + "\n"


def _as_vtt(talk: Conversation) -> str:
    return "WEBVTT\n\n" + _cues(talk, ".")


def _as_srt(talk: Conversation) -> str:
    return _cues(talk, ",")


def _cues(talk: Conversation, mark: str) -> str:
    """Returns the conversation as cues of a call, one cue per sentence."""
    cues = []
    for name, _, said, _ in talk.turns:
        for sentence in said.replace(". ", ".\n").split("\n"):
            at = 4 * len(cues)
            cues.append(f"{len(cues) + 1}\n{_clock(at, mark)} --> {_clock(at + 3, mark)}\n"
                        f"{name}: {sentence}\n")
    return "\n".join(cues)


def _clock(seconds: int, mark: str) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}000"


_FORMS = {".txt": _as_text, ".vtt": _as_vtt, ".srt": _as_srt}


def _write_settings(root: Path) -> None:
    path = root / "reference" / "study.toml"
    settings = path.read_text(encoding="utf-8")
    for name in ("started", "ended", "language"):
        settings = settings.replace(f'{name} = ""', f'{name} = "{name}"')
    files = ", ".join(f'{coder} = "../raw/codings/{coder}/*"' for coder in CODERS)
    settings = settings.replace("codings = {}", f"codings = {{{files}}}")
    path.write_text(settings, encoding="utf-8", newline="\n")


def _write_reference(root: Path, talks: list[Conversation], calls: list[Conversation],
                     draw: random.Random) -> None:
    tables = {
        "questions": _questions(), "options": _options(), "codebook": _codebook(),
        "countries": [["raw_name", "country_id", "label", "region_id"],
                      *([label, key, label, region] for key, label, region in COUNTRIES)],
        "organisations": [["organisation_id", "label", "type", "network_id", "home_country_id", "founded",
                           "resource_level"],
                          *([talk.organisation_id, f"Organisation {n:04} (invented)", "shelter", "",
                             COUNTRIES[n % len(COUNTRIES)][0], 1990 + n % 25,
                             ("low", "middle", "high")[n % 3]] for n, talk in enumerate(talks))],
        "consent": _consent(talks, draw),
        "documents": [["document_id", "kind", "path", "organisation_id", "date", "language",
                       "is_interpreted"],
                      *([talk.document_id, kind, talk.path, talk.organisation_id, "2016-06-01",
                         talk.language, "false"]
                        for kind, some in (("interview", talks), ("call", calls)) for talk in some)],
        "speakers": [["document_id", "name_in_file", "speaker_id", "organisation_id", "role"],
                     ["*", "Nora Inkwell", "interviewer-1", "", "interviewer"],
                     *(["*", f"{name_of(2 * n)} Reed", f"person-{n:04}", talk.organisation_id, "participant"]
                       for n, talk in enumerate(talks))],
        "attendance": [["document_id", "organisation_id", "is_present", "is_interpreted", "note"],
                       *([call.document_id, talks[k].organisation_id, "true", "false", ""]
                         for n, call in enumerate(calls)
                         for k in range(n * ORGANISATIONS_A_CALL,
                                        min((n + 1) * ORGANISATIONS_A_CALL, len(talks))))],
        "assignments": [["document_id", "coder_id", "codebook_version"],
                        *([talk.document_id, coder, "1"] for n, talk in _numbered(talks, calls)
                          for coder in readers(n))],
        "names": [["name", "kind", "pseudonym", "match", "allowed_for", "reason"],
                  *([name_of(n), "person", "", "exact", "", "somebody who spoke, or a colleague"]
                    for n in range(2 * len(talks)))],
    }
    for name, (head, *rows) in tables.items():
        for file in list_table_files(name):
            places = [head.index(column) for column in (*file.required, *file.optional) if column in head]
            _write(root / file.path, [[row[n] for n in places] for row in (head, *rows)])


def readers(number: int) -> tuple[str, ...]:
    """Returns the coders of a text; every third text has two."""
    first = CODERS[number % 3]
    return (first, CODERS[(number + 1 + number // 9 % 2) % 3]) if number % 9 < 3 else (first,)


def _numbered(talks: list[Conversation], calls: list[Conversation]) -> Iterable[tuple[int, Conversation]]:
    return enumerate([*talks, *calls])


def _questions() -> list[list]:
    head = ["question_id", "columns", "unit", "type", "wording", "theme_id", "asked_if", "option_list",
            "dont_know", "is_sensitive"]
    kinds = ("single", "scale", "multi", "number")
    rows = []
    for n, theme in enumerate(THEMES, 1):
        for k, kind in enumerate(kinds):
            name = f"Q{n}" if k == 0 else f"Q{n}.{k}"
            column = f"q{n}_{k}" + ("_*" if kind == "multi" else "")
            rows.append([name, column, "organisation" if k % 2 else "answer", kind,
                         f"What do you say about {theme}, part {k + 1}?", theme, "",
                         "" if kind == "number" else "five", "", ""])
        if n <= 4:
            rows.append([f"Q{n}.9", f"q{n}_text", "organisation", "text",
                         f"In your own words: what about {theme}?", theme, "", "", "", ""])
    return [head, *rows]


def _options() -> list[list]:
    return [["option_list", "option_id", "value", "label", "position", "kind"],
            *(["five", f"o{n}", str(n), f"Answer {n}", n, "substantive"] for n in range(1, 6))]


def _codebook() -> list[list]:
    head = ["code_id", "parent_id", "level", "name", "definition", "include", "exclude", "example",
            "since_version", "merged_into"]
    rows = [[name, "", "domain", name.capitalize(), "", "", "", "", "1", ""]
            for name in ("individual", "community")]
    for n, theme in enumerate(THEMES):
        rows.append([theme, rows[n // 4][0], "theme", theme.capitalize(), "", "", "", "", "1", ""])
        rows.append([f"{theme}-ways", theme, "family", f"Ways of {theme}", "", "", "", "", "1", ""])
        rows += [[code, f"{theme}-ways", "code", _code_name(code), f"What belongs to {code}.", "", "", "",
                  "1", ""] for code in (f"{theme}-{k}" for k in range(1, CODES_A_THEME + 1))]
    return [head, *rows]


def _code_name(code: str) -> str:
    return code.replace("-", " number ").capitalize()


def _consent(talks: list[Conversation], draw: random.Random) -> Iterator[list]:
    shares = (("survey", "team", 1), ("survey", "convening", 0.83), ("survey", "public", 0.6),
              ("quotation", "convening", 0.67), ("quotation", "public", 0.4), ("name", "convening", 0.6),
              ("name", "public", 0.27), ("archive", "team", 0.5))
    yield ["organisation_id", "speaker_id", "item", "audience", "is_given", "form_version", "date",
           "no_covers", "form_wording"]
    for talk in talks:
        openness = draw.random()
        for item, audience, share in shares:
            yield [talk.organisation_id, "", item, audience, str(openness < share).lower(), "1",
                   "2016-03-04", "never_separable", "If you say no, your answers still count in the totals."]


def _answers(talks: list[Conversation], draw: random.Random) -> Iterator[list]:
    plain = [f"q{n}_{k}" for n in range(1, len(THEMES) + 1) for k in (0, 1)]
    ticks = [f"q{n}_2_{option}" for n in range(1, len(THEMES) + 1) for option in range(1, 6)]
    numbers = [f"q{n}_3" for n in range(1, len(THEMES) + 1)]
    texts = [f"q{n}_text" for n in range(1, 5)]
    yield ["organisation", "country", "started", "ended", "language", *plain, *ticks, *numbers, *texts]
    for n, talk in enumerate(talks):
        words, day = WORDS[talk.language].split(), f"2016-03-{1 + n % 28:02}"
        yield [talk.organisation_id, COUNTRIES[n % len(COUNTRIES)][1], f"{day}T09:00:00Z",
               f"{day}T10:{n % 60:02}:00Z", talk.language, *draw.choices(["", "1", "2", "3", "4", "5"],
                                                                        k=len(plain)),
               *draw.choices(["", "1"], k=len(ticks)), *draw.choices(range(100), k=len(numbers)),
               *(" ".join(draw.choices(words, k=30)) + draw.choice(["", f" {name_of(2 * n + 1)}"])
                 for _ in texts)]


def _write_coders_work(root: Path, talks: list[Conversation], calls: list[Conversation], many: int,
                       draw: random.Random) -> None:
    work: dict[str, list[tuple[Conversation, list[Coding]]]] = {coder: [] for coder in CODERS}
    codes = [f"{theme}-{k}" for theme in THEMES for k in range(1, CODES_A_THEME + 1)]
    for n, talk in _numbered(talks, calls):
        meant = [draw.choice(codes) for _ in talk.turns]
        for coder in readers(n):
            work[coder].append((talk, list(_codings(talk, meant, codes, many, draw))))
    for coder in CODERS:
        (root / "raw" / "codings" / coder).mkdir(parents=True)
    folder = root / "raw" / "codings"
    _write_project(folder / INES / "ines.qdpx", INES, [_as_masked(*one) for one in work[INES]])
    _write_project(folder / OMAR / "omar.qdpx", OMAR, [_as_typed(*one) for one in work[OMAR]])
    for kind in ("interview", "call"):
        _write(folder / TOMAS / f"{kind}s.csv",
               _quotations([one for one in work[TOMAS] if one[0].document_id.startswith(kind)], draw))
    _write(folder / TOMAS / "answers.csv", _coded_answers(talks, codes, draw))


def _codings(talk: Conversation, meant: list[str], codes: list[str], many: int,
             draw: random.Random) -> Iterator[Coding]:
    """Yields one coding in most of the participants' turns and two in some. Most have the code about which
    the turn was written."""
    for turn in draw.choices(talk.participants, k=many):
        code = meant[turn] if draw.random() < 0.75 else draw.choice(codes)
        said, masked = talk.turns[turn][2:]
        whole = min(len(said), len(masked)) // 2
        first = 0 if draw.random() < 0.5 else said.find(" ", draw.randrange(whole)) + 1
        last = said.find(" ", first + 40)
        last = last if 0 < last <= whole + 40 and said[:last] == masked[:last] else 0
        ends = (last, last) if last else (len(said), len(masked))
        memo = f"To ask again, {draw.randrange(1000)}" if draw.random() < 0.1 else ""
        yield Coding(turn, code, (first, ends[0]), (first, ends[1]), memo)


Stretch = tuple[int, int, str, str]
"""start, end, code, memo"""


def _as_masked(talk: Conversation, codings: list[Coding]) -> tuple[str, str, list[Stretch]]:
    """Returns the source of a project for the masked text: its name, its text, and the coded stretches."""
    starts, at = [], 0
    for _, speaker_id, _, masked in talk.turns:
        starts.append(at + len(speaker_id) + 2)
        at = starts[-1] + len(masked) + 2
    return f"{talk.document_id}.txt", talk.masked, [
        (starts[one.turn] + one.masked[0], starts[one.turn] + one.masked[1], one.code, one.memo)
        for one in codings]


def _as_typed(talk: Conversation, codings: list[Coding]) -> tuple[str, str, list[Stretch]]:
    """Returns the source of a project for the transcript as it was typed: with the names of people, single
    line ends and decomposed letters."""
    starts, at, lines = [], 0, []
    for name, _, said, _ in talk.turns:
        lines.append(f"{name}: {unicodedata.normalize('NFD', said)}")
        starts.append(at + len(name) + 2)
        at += len(lines[-1]) + 1
    stretches = []
    for one in codings:
        said = talk.turns[one.turn][2]
        first, last = (len(unicodedata.normalize("NFD", said[:end])) for end in one.said)
        stretches.append((starts[one.turn] + first, starts[one.turn] + last, one.code, one.memo))
    return Path(talk.path).name, "\n".join(lines) + "\n", stretches


def _write_project(path: Path, coder: str, sources: list[tuple[str, str, list[Stretch]]]) -> None:
    """Writes a REFI-QDA project. Each stretch has its words. Every tenth text and every tenth stretch has
    only a memo."""
    user = _guid("user", coder)
    lines = ['<?xml version="1.0" encoding="utf-8"?>',
             '<Project xmlns="urn:QDA-XML:project:1.0" name="codings" origin="benchmark">',
             f'<Users><User guid="{user}" name="{coder}"/></Users>', "<CodeBook><Codes>"]
    codes = [row[0] for row in _codebook()[1:] if row[2] == "code"]
    lines += [f'<Code guid="{_guid("code", code)}" name={quoteattr(_code_name(code))} isCodable="true"/>'
              for code in codes]
    lines.append("</Codes></CodeBook><Sources>")
    members = {}
    for n, (name, text, stretches) in enumerate(sources):
        guid = _guid("source", coder, name)
        members[f"sources/{guid}.txt"] = text
        lines.append(f'<TextSource guid="{guid}" name={quoteattr(name)} creatingUser="{user}" '
                     f'plainTextPath="internal://{guid}.txt">')
        if n % 10 == 0:
            lines.append(f"<Description>Heard with much noise, {n}.</Description>")
        for k, (first, last, code, memo) in enumerate(stretches):
            lines += _selection(guid, k, user, text, (first, last), memo, code)
            if k % 10 == 0:
                lines += _selection(guid, -k - 1, user, text, (first, last), f"Compare with number {k}.", "")
        lines.append("</TextSource>")
    lines.append("</Sources></Project>")
    with zipfile.ZipFile(path, "w") as package:
        for name, content in {"project.qde": "\n".join(lines), **members}.items():
            package.writestr(zipfile.ZipInfo(name), content.encode())  # dated 1980, stored


def _selection(source: str, number: int, user: str, text: str, place: tuple[int, int], memo: str,
               code: str) -> Iterator[str]:
    guid = _guid("selection", source, str(number))
    words = quoteattr(text[place[0]:place[1]], {"\n": "&#10;"})
    yield (f'<PlainTextSelection guid="{guid}" name={words} startPosition="{place[0]}" '
           f'endPosition="{place[1]}" creatingUser="{user}">')
    if memo:
        yield f"<Description>{escape(memo)}</Description>"
    if code:
        yield (f'<Coding guid="{_guid("coding", guid)}" creatingUser="{user}">'
               f'<CodeRef targetGUID="{_guid("code", code)}"/></Coding>')
    yield "</PlainTextSelection>"


def _guid(*content: str) -> str:
    return str(uuid5(SPACE, "\x1f".join(content)))


def _quotations(work: list[tuple[Conversation, list[Coding]]], draw: random.Random) -> Iterator[list]:
    """Yields rows that quote whole turns of the masked texts, some with other blanks. One text in forty is
    quoted wrongly."""
    yield ["document", "quote", "code", "memo"]
    for n, (talk, codings) in enumerate(work):
        for k, one in enumerate(codings):
            quote = talk.turns[one.turn][3]
            if draw.random() < 0.3:
                quote = quote.replace(". ", ".\n")
            if n % 40 == 20 and k == 0:
                quote += " and words that nobody said"
            yield [f"{talk.document_id}.txt", quote, _code_name(one.code), one.memo]


def _coded_answers(talks: list[Conversation], codes: list[str], draw: random.Random) -> Iterator[list]:
    """Yields rows for the first open answer of every organisation, coded as a whole."""
    yield ["document", "quote", "code", "memo"]
    for n in range(len(talks)):
        yield [f"survey.r{n + 2}.q1.9", "", draw.choice(codes), ""]


def _write(path: Path, rows: Iterable[list]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    write_interview_study(Path(sys.argv[1]), int(sys.argv[2]))
