"""Files of coders as they should not be: each is refused with its name and the place, or is read right.

Every file is made here. "Right" means: each coding that is read lies on the words that were coded, and what
is not certain is quarantined or marked. Nothing is silently wrong.
"""

import shutil
import unicodedata
import zipfile

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import (
    QUOTES,
    TEXT,
    comment,
    guid,
    marked,
    project,
    qualcoder,
    run,
    selection,
    taguette,
    word,
    zipped,
)

WHOLE = project(*marked(*QUOTES))
RTL = "KE-01: أين المأوى؟ لا مكان.\nKE-02: ជម្រក​មុន 😀 សិន។\n"
NFD = unicodedata.normalize("NFD", TEXT)


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def package(path, qde=WHOLE, text=TEXT, more=(), name="a.qdpx"):
    content = text.encode() if isinstance(text, str) else text
    return zipped([("project.qde", qde), ("sources/t.txt", content), *more], path / name)


def table(path, content, name="a.csv"):
    (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path / name


def bare(text, *quotes, count=len):
    """Selections that store no words."""
    return [one.replace(f'name="{quote}"', 'name=""')
            for one, quote in zip(marked(*quotes, text=text, count=count), quotes, strict=True)]  # fmt: skip


def bomb(path):
    with zipfile.ZipFile(path / "a.qdpx", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("project.qde", WHOLE)
        made.writestr("sources/t.txt", b"\0" * (101 * 2**20))
    return path / "a.qdpx"


def cut(path, make, share=0.6, name="a.qdpx"):
    whole = make(path).read_bytes()
    (path / name).write_bytes(whole[: int(len(whole) * share)])
    return path / name


def codes(inside):
    return WHOLE.replace("<Codes>", f"<Codes>{inside}")


def cyclic(folder):
    return qualcoder(folder, more=["INSERT INTO code_cat VALUES (7, 'a', '', 8)",
                                   "INSERT INTO code_cat VALUES (8, 'b', '', 7)"])  # fmt: skip


def highlight(quote, html="<p>Funding is late.</p><p>We wait.</p>"):
    start = len(html.replace("<p>", "").replace("</p>", "").partition(quote)[0].encode())
    return html, [(start, start + len(quote.encode()), quote)]


REFUSED = {  # what the file is, and what its message must say besides its name
    "a truncated package": (lambda p: cut(p, package), "cannot be read"),
    "a package of zeros": (lambda p: table(p, b"PK\x03\x04" + bytes(500), "a.qdpx"), "cannot be read"),
    "a bomb": (bomb, "unpacks to 105,9"),
    "no project": (lambda p: zipped([("sources/t.txt", TEXT)], p / "a.qdpx"), "holds 0 projects"),
    "two projects": (lambda p: package(p, more=[("b.qde", WHOLE)]), "holds 2 projects"),
    "a path out of it": (lambda p: package(p, more=[("../../x.txt", "x")]), "leads out of the package"),
    "a root path": (lambda p: package(p, more=[("/etc/x.txt", "x")]), "leads out of the package"),
    "truncated XML": (lambda p: package(p, WHOLE[:900]), "not well-formed XML"),
    "an entity": (lambda p: package(p, '<!DOCTYPE a [<!ENTITY b "c">]><Project name="&b;"/>'), "DOCTYPE"),
    "an outer entity": (lambda p: package(
        p, '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Project name="&b;"/>'), "DOCTYPE"),
    "laughs": (lambda p: package(p, "<!DOCTYPE a [<!ENTITY a0 'ha'>" + "".join(
        f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};'>" for n in range(1, 30)) + "]><Project name='&a29;'/>"),
            "DOCTYPE"),
    "deep XML": (lambda p: package(p, "<Project>" + "<a>" * 300 + "</a>" * 300 + "</Project>"), "200 levels"),
    "another root": (lambda p: package(p, "<html/>"), "its root is html"),
    "a control character in XML": (lambda p: package(p, WHOLE.replace("call_ke", "a\x1ab")),
        "line 2, column"),
    "an end beyond the text": (lambda p: package(p, project(selection(5, 5000))),
                               "5 to 5000 of 'call_ke.txt' .code 'Delay'. is outside"),
    "a start beyond the text": (lambda p: package(p, project(selection(5000, 5001))), "is outside the text"),
    "a reversed stretch": (lambda p: package(p, project(selection(9, 3))), "'9 to 3'.*call_ke.txt.*'Delay'"),
    "a negative start": (lambda p: package(p, project(selection(-4, 3))), "'-4 to 3'"),
    "letters for numbers": (lambda p: package(p, project(selection("four", 9))), "'four to 9'"),
    "a number of forty digits": (lambda p: package(p, project(selection(3, "9" * 40))),
        "not the start and end"),
    "no offsets": (lambda p: package(p, project(selection("", ""))), "not the start and end"),
    "an empty stretch": (lambda p: package(p, project(selection(4, 4))), "4 to 4 of 'call_ke.txt' is empty"),
    "a lost code": (lambda p: package(p, project(selection(0, 3, code="X"))),
        "'call_ke.txt', 0 to 3 is not in"),
    "a lost user": (lambda p: package(p, project(selection(0, 3, user="eva"))), "does not list this user"),
    "a coding without a code": (lambda p: package(
        p, project(selection(0, 3)).replace(f'<CodeRef targetGUID="{guid("Delay")}"/>', "")),
            "not in the codebook"),
    "two users of one id": (lambda p: package(p, WHOLE.replace(guid("bert"), guid("ana"))), "same GUID"),
    "a code below itself": (lambda p: package(p,
        codes('<Code guid="x" name="a"><Code guid="x" name="a"/></Code>')),
                            "parent is missing, its parent is the code itself"),
    "sixty levels of codes": (lambda p: package(p, codes("".join(
        f'<Code guid="n{n}" name="a{n}">' for n in range(60)) + "</Code>" * 60)), "codes are above it"),
    "a nameless code": (lambda p: package(p, WHOLE.replace('name="Delay"', 'name=" "')), "has no name"),
    "a text in Latin-1": (lambda p: package(p, text="São".encode("latin-1")), "not in UTF-8"),
    "half an emoji": (lambda p: package(p, project(*marked("Olá, São José", count=utf16), selection(
        TEXT.index("late"), TEXT.index("😀") + 1, code="Voice"))), "is outside the text"),
    "a cut database": (lambda p: cut(p, lambda q: qualcoder(q / "q") / "data.qda", name="data.qda"),
        "database"),
    "a ring of categories": (lambda p: cyclic(p / "q"), "parent is missing, its parent is the code itself"),
    "a coding of a lost text": (lambda p: qualcoder(p / "q", codings=[(1, 9, 0, 5, "x", "a")]),
                                "the coding 0 to 5 of 'source 9' has lost its text"),
    "a coding of a lost code": (lambda p: qualcoder(p / "q", codings=[(9, 1, 0, 5, "x", "a")]),
                                "'call_ke.txt' has lost its code"),
    "a database of something else": (lambda p: taguette(
        p / "a.sqlite3", html="", highlights=[], more=["DROP TABLE highlights"]),
            "neither QualCoder nor Taguette"),
    "a highlight past the end": (lambda p: taguette(
        p / "a.sqlite3", html="<p>No</p>", highlights=[(0, 99, "No")]), "is outside the text"),
    "a comment on nothing": (lambda p: word(p / "a.docx", run("We wait"), [(0, "Ana", "Delay")]),
                             "marks no passage"),
    "a comment without a code": (lambda p: word(p / "a.docx", comment(0, run("We wait")), [(0, "Ana", " ")]),
                                 "names no code"),
    "a table without documents": (lambda p: table(p, "quote,code\nWe wait,Delay\n"),
        "row 1: a column is missing"),
    "half of an offset": (lambda p: table(p, "document,start,code\nA,1,Delay\n"),
        "row 1: a column is missing"),
    "no document in a row": (lambda p: table(p, "document,code\n,Delay\n"),
        "row 2: the row names no document"),
    "several codes in one": (lambda p: table(p, 'document,code\nA,"Delay; Voice"\n'),
        "row 2.*one code or several"),
    "codes with commas": (lambda p: table(p, 'document,codes\nA,"Delay, Voice"\n'),
        "row 2.*one code or several"),
    "two columns of codes": (lambda p: table(p, "document,code,tag\nA,Delay,Voice\n"),
        "several columns name codes"),
    "two documents in a row": (lambda p: table(p, "document,file,code\nA,B,Delay\n"), "row 2.*differ"),
    "a doubtful tick": (lambda p: table(p, "document,Delay\nA,perhaps\n"),
        "row 2.*not a tick of the code 'Delay'"),
    "one code in two columns": (lambda p: table(p, "document,Delay,Delay\nA,1,0\n"),
        "several columns are named"),
    "reversed offsets in a table": (lambda p: table(p, "document,start,end,code\nA,9,4,D\n"),
        "row 2, value '9 to 4'"),
    "a table of 11 MB": (lambda p: table(p, "document,code\n" + "A,Delay\n" * 1_500_000), "a.csv"),
    "an empty table": (lambda p: table(p, ""), "a.csv"),
    "a picture": (lambda p: table(p, b"\x89PNG\r\n\x1a\n" + bytes(90), "a.png"),
        "not a file of a known coding"),
    "an empty folder": (lambda p: (p / "project").mkdir() or p / "project", "does not hold one"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_file_and_place(tmp_path, kind):
    make, said = REFUSED[kind]
    path = make(tmp_path)
    with pytest.raises(Faults, match=said) as caught:
        read_codings(path)
    assert all(fault.file and fault.fix for fault in caught.value.faults)


def found(raw):
    """What is read: words and code of every coding in the text of its source, and the proofs."""
    texts = dict(zip(raw.sources["source"], raw.sources["text"], strict=True))
    return (sorted((texts[one.source][one.start:one.end] or one.quote,
        one.code) for one in raw.codings.itertuples()),
            sorted({*raw.codings["match"]}))  # fmt: skip


DELAYS = sorted((quote, "Delay") for quote in QUOTES)
CRLF = TEXT.replace("\n", "\r\n")
READ = {  # what the file is, its codings (words, code), and what shows their places
    "CRLF that is counted": (lambda p: package(p, project(*marked(*QUOTES, text=CRLF)), CRLF), DELAYS,
        ["exact"]),
    "CRLF that is not counted": (lambda p: package(p, WHOLE, CRLF), DELAYS, ["exact"]),
    "old line ends": (lambda p: package(p, WHOLE, TEXT.replace("\n", "\r")), DELAYS, ["exact"]),
    "a mark that is not counted": (lambda p: package(p, WHOLE, "\ufeff" + TEXT), DELAYS, ["exact"]),
    "a mark that is counted": (lambda p: package(p, project(*marked(*QUOTES, text="\ufeff" + TEXT)),
        "\ufeff" + TEXT),
                               DELAYS, ["exact"]),
    "UTF-16 units before an emoji": (lambda p: package(p, project(*marked(*QUOTES, count=utf16))), DELAYS,
        ["exact"]),
    "UTF-16 units without words": (lambda p: package(p, project(*bare(TEXT, *QUOTES, count=utf16))),
                                   DELAYS, ["same_text"]),
    "a text in UTF-16": (lambda p: package(p, WHOLE, TEXT.encode("utf-16")), DELAYS, ["exact"]),
    "names for words": (lambda p: package(p, project(*(one.replace(f'name="{quote}"', f'name="line:{n}"')
                        for n, (one, quote) in enumerate(zip(marked(*QUOTES), QUOTES, strict=True)))).replace(
                            "internal://", "")), DELAYS, ["same_text"]),
    "words in NFD": (lambda p: package(p, project(*(one.replace("Olá, São José", unicodedata.normalize(
        "NFD", "Olá, São José")) for one in marked(*QUOTES)))), DELAYS, ["exact", "normalised"]),
    "a text in NFD": (lambda p: package(p, project(*marked(unicodedata.normalize("NFD", "São José"),
        text=NFD)), NFD),
                      [(unicodedata.normalize("NFD", "São José"), "Delay")], ["exact"]),
    "right to left": (lambda p: package(p, project(*marked("أين المأوى؟", "សិន", text=RTL)), RTL),
                      [("أين المأوى؟", "Delay"), ("សិន", "Delay")], ["exact"]),
    "right to left in UTF-16": (lambda p: package(p, project(*marked("សិន", text=RTL, count=utf16)), RTL),
                                [("សិន", "Delay")], ["exact"]),
    "curly signs": (lambda p: package(p, project(selection(0, 9, "“It's” – ", code="Voice")), '"It’s" - yes'),
                    [('"It’s" - ', "Voice")], ["normalised"]),
    "one name below two parents": (lambda p: package(p, codes(
        '<Code guid="1" name="A"><Code guid="2" name="Other"/></Code><Code guid="3" name="B"><Code guid="4" '
        'name="Other"/></Code>').replace(f'targetGUID="{guid("Delay")}"', 'targetGUID="4"')),
        sorted((quote, "B > Other") for quote in QUOTES), ["exact"]),
    "a coding with two codes": (lambda p: package(p, project(marked("We wait")[0].replace(
        "</Coding>", f'<CodeRef targetGUID="{guid("Voice")}"/></Coding>'))),
        [("We wait", "Delay"), ("We wait", "Voice")], ["exact"]),
    "two names of one id": (lambda p: package(p, WHOLE.replace(guid("Voice"), guid("Delay"))), DELAYS,
        ["exact"]),
    "the same coding twice": (lambda p: package(p, project(*marked("We wait") * 2)), [("We wait", "Delay")],
        ["exact"]),
    "a text twice under one name": (lambda p: package(p, WHOLE.replace("</Sources>", (
        '<TextSource guid="o" name="call_ke.txt"><PlainTextContent>Bom dia</PlainTextContent></TextSource>'
        "</Sources>"))), DELAYS, ["exact"]),
    "0x1A at the end": (lambda p: package(p, WHOLE, TEXT + "\x1a"), DELAYS, ["exact"]),
    "zeros in a text": (lambda p: package(p, WHOLE, TEXT + "\0\0"), DELAYS, ["exact"]),
    "a text of 10 MB": (lambda p: package(p, WHOLE, TEXT + "and so on, " * 950_000), DELAYS, ["exact"]),
    "a byte order mark in a table": (lambda p: table(p, "\ufeffdocument,quote,code\nA,We wait,Delay\n"),
                                     [("We wait", "Delay")], [""]),
    "a table in UTF-16": (lambda p: table(p, "document\tquote\tcode\nA\tOlá\tDelay\n".encode("utf-16")),
                          [("Olá", "Delay")], [""]),
    "line breaks in a cell": (lambda p: table(p, 'document,quote,code\r\nA,"We\r\nwait",Delay\r\n'),
                              [("We\nwait", "Delay")], [""]),
    "positions alone": (lambda p: table(p, "document,start,end,code\nA,3,900,Delay\n"), [("", "Delay")],
                        ["by_position"]),
    "Taguette in bytes": (lambda p: taguette(p / "a.sqlite3", html=highlight("Olá",
        "<p>São, olá.</p><p>Olá</p>")[0],
                          highlights=highlight("Olá", "<p>São, olá.</p><p>Olá</p>")[1]),
                          [("Olá", "barriers.funding")], ["exact"]),
    "a comment over two paragraphs": (lambda p: word(p / "a.docx",
        f'<w:p><w:commentRangeStart w:id="0"/>{run("We")}'
                                      f'</w:p><w:p>{run("wait")}<w:commentRangeEnd w:id="0"/></w:p>',
                                      [(0, "Ana", "Delay")]), [("We\nwait", "Delay")], ["same_text"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_it_is_read_right(tmp_path, kind):
    make, codings, proofs = READ[kind]
    raw = read_codings(make(tmp_path))
    assert raw.quarantined.empty, raw.quarantined
    assert found(raw) == (codings, proofs)


DOUBTFUL = {  # what the file is, the words of what is placed, and of what is quarantined
    "a text edited after coding": (lambda p: package(p, WHOLE, TEXT.replace("Welcome", "Welcome to all")),
        [], QUOTES),
    "one word edited": (lambda p: package(p, WHOLE, TEXT.replace("José", "Joze")),
                        [one for one in QUOTES if "José" not in one], ["Olá, São José"]),
    "words of another place": (lambda p: package(p, project(*marked("We wait"), selection(
        0, 11, "Funding is late", code="Voice"))), ["We wait"], ["Funding is late"]),
    "a shifted passage without words": (lambda p: package(p, project(*marked("Funding is late"), *bare(
        TEXT, "We wait")), TEXT.replace("Welcome", "Hello")), [], ["Funding is late", ""]),
    "QualCoder's text edited": (lambda p: qualcoder(p / "q", codings=[
        (1, 1, TEXT.index("We wait"), TEXT.index("We wait") + 7, "We waited", "ana")]), [], ["We waited"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_is_not_certain_is_quarantined_passage_by_passage(tmp_path, kind):
    make, placed, apart = DOUBTFUL[kind]
    raw = read_codings(make(tmp_path))
    assert sorted(words for words, _ in found(raw)[0]) == sorted(placed)
    assert sorted(raw.quarantined["quote"]) == sorted(apart)
    assert any("quarantined" in note for note in raw.notes)


def test_where_nothing_tells_how_positions_count_they_are_marked(tmp_path):
    text = "😀😀 a b c d e f g\n"  # b, or a where each of the two counts twice
    raw = read_codings(package(tmp_path, project(selection(5, 6), origin="Unknown 1"), text))
    assert raw.codings["match"].tolist() == ["by_position"]
    assert any("it is unknown how the program counts positions" in note for note in raw.notes)


def test_there_are_at_least_sixty_kinds():
    assert len(REFUSED) + len(READ) + len(DOUBTFUL) >= 60


def test_reading_leaves_nothing_behind(tmp_path):
    path = package(tmp_path)
    read_codings(path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    shutil.rmtree(tmp_path)
