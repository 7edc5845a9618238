"""What was withdrawn is found wherever it hides, and what nobody can read is listed."""

import bz2
import gzip
import io
import json
import lzma
import os
import sqlite3
import subprocess
import tarfile
import zipfile
import zlib
from base64 import b64encode
from email.message import EmailMessage
from urllib.parse import quote_plus

import docx
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from glc_analysis.addons.withdrawal.search import FoundTrace, SoughtContent, search_folder_for_content

NAME, SAID = "Mill House", "We walk with each woman to the court and back again, every single time."
EXCERPT = "with each woman to the court and back again"
WANTED = SoughtContent(pd.DataFrame({"name": [NAME], "match": "exact"}), ids=["mill"], said=[SAID],
                       others=["We walk with each of them."])
RANDOM = b"".join(zlib.crc32(bytes([n % 256, n // 256])).to_bytes(4, "big") for n in range(2000))


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(name, content)
    return packed.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        package.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def saved(book) -> bytes:
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def word(text: str) -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph()
    for half in (text[:5], text[5:]):  # two runs, as an editor leaves them
        paragraph.add_run(half).bold = half == text[:5]
    return saved(document)


def workbook(text: str) -> bytes:
    book = openpyxl.Workbook()
    book.create_sheet("more")["C7"] = text
    book["more"].sheet_state = "hidden"
    return saved(book)


def database(text: str, *, is_deleted: bool = False) -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("PRAGMA secure_delete = OFF")
        made.execute("CREATE TABLE notes (text, packed BLOB)")
        made.execute("INSERT INTO notes VALUES (?, ?)", ["" if is_deleted else text, b""])
        if is_deleted:
            made.execute("INSERT INTO notes VALUES (?, ?)", [text, b""])
            made.execute("DELETE FROM notes WHERE text != ''")
        return made.serialize()


def blob(text: str) -> bytes:
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE notes (packed BLOB)")
        made.execute("INSERT INTO notes VALUES (?)", [gzip.compress(text.encode())])
        return made.serialize()


def parquet(text: str) -> bytes:
    packed = io.BytesIO()
    pd.DataFrame({"n": range(3), "said": ["", text, ""]}).to_parquet(packed)
    return packed.getvalue()


def headed_parquet(text: str) -> bytes:
    """Arrow itself writes nothing of the names of columns beside them, as pandas does."""
    packed = io.BytesIO()
    pq.write_table(pa.table({text: [1, 2]}), packed)
    return packed.getvalue()


def arrow(text: str) -> bytes:
    packed = io.BytesIO()
    feather.write_feather(pd.DataFrame({"said": [text]}), packed, compression="zstd")
    return packed.getvalue()


def zstd(text: str) -> bytes:
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(text.encode())
    return packed.getvalue().to_pybytes()


def notebook(text: str) -> bytes:
    output = {"output_type": "display_data", "metadata": {},
              "data": {"text/html": [f"<b>{text[:4]}</b>{text[4:]}"]}}
    cell = {"cell_type": "code", "metadata": {}, "source": [], "outputs": [output], "execution_count": 1}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def mail(text: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "ana@quay.example", "notes"
    message.set_content("See below.")
    message.add_attachment(text.encode(), maintype="application", subtype="octet-stream", filename="x.bin")
    return message.as_bytes()


def rich_text(text: str) -> bytes:
    text = text.replace("court", "c{\\b ou}rt").replace("House", "H\\'6fuse")
    return ("{\\rtf1\\ansi " + text + "\\par}").encode()


def array(text: str, dtype: type = str) -> bytes:
    packed = io.BytesIO()
    np.save(packed, np.array(["", text, "nothing"], dtype=dtype))
    return packed.getvalue()


def tagged(text: str) -> bytes:
    words = "</tspan><tspan x='9'>".join(text.split())
    return f'<svg xmlns="http://www.w3.org/2000/svg"><text><tspan>{words}</tspan></text></svg>'.encode()


def cells(words: list[str]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(words)
    return saved(book)


HOSTILE = {
    "a table": ("notes/log.csv", lambda text: f'day,said\n1,"{text}"\n'.encode()),
    "a file without a suffix": ("notes/README", str.encode),
    "a hidden file": (".notes", str.encode),
    "gzip": ("private/old.csv.gz", lambda text: gzip.compress(text.encode())),
    "gzip under another name": ("private/old.dat", lambda text: gzip.compress(text.encode())),
    "bzip2": ("notes/a.bz2", lambda text: bz2.compress(text.encode())),
    "xz": ("notes/a.xz", lambda text: lzma.compress(text.encode())),
    "zstandard": ("notes/a.zst", zstd),
    "a tar": ("backup.tgz", lambda text: tarred("a/b.txt", text.encode())),
    "a zip in a zip in a gzip": ("x.bak", lambda text: gzip.compress(zipped({"a.zip": zipped(
        {"b.txt": text.encode()})}))),
    "a zip behind a program": ("setup.exe", lambda text: b"MZ\0\0" * 9 + zipped({"a.txt": text.encode()})),
    "Word, in two runs": ("notes/minutes.docx", word),
    "a hidden sheet": ("notes/plan.xlsx", workbook),
    "Word in a zip": ("notes/all.zip", lambda text: zipped({"minutes.docx": word(text)})),
    "SQLite": ("desk.db", database),
    "SQLite under another name": ("desk.bin", database),
    "a deleted row of SQLite": ("desk.old", lambda text: database(text, is_deleted=True)),
    "a packed cell of SQLite": ("cache.sqlite", blob),
    "Parquet": ("cache.parquet", parquet),
    "a heading in Parquet": ("cache.parquet", headed_parquet),
    "Arrow": ("cache.feather", arrow),
    "the output of a notebook": ("explore.ipynb", notebook),
    "an attachment": ("inbox.eml", mail),
    "the second mail of a mailbox": ("Inbox", lambda text: b"".join(
        b"From ana@quay.example Mon Jan  2\n" + mail(one) + b"\n" for one in ("Good day.", text))),
    "cues of a recording": ("notes/call.vtt", lambda text: ("WEBVTT\n\n" + "\n\n".join(
        f"00:0{n}.000 --> 00:0{n + 1}.000\n<i>{word}</i>" for n, word in enumerate(text.split()))).encode()),
    "a card of contacts": ("phone.vcf", lambda text: ("BEGIN:VCARD\r\nNOTE:" + "\r\n ".join(
        text[at:at + 9] for at in range(0, len(text), 9)) + "\r\nEND:VCARD").encode()),
    "a card of an older phone": ("phone.vcf", lambda text: (
        "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:" + "".join(f"={ord(one):02X}" for one in text)).encode()),
    "an address": ("links.txt", lambda text: f"https://quay.example/?q={quote_plus(text)}".encode()),
    "base64": ("state.json", lambda text: json.dumps({"a": b64encode(text.encode()).decode()}).encode()),
    "rich text": ("letter.rtf", rich_text),
    "HTML": ("page.htm", lambda text: f"<p>{text[:3]}<i>{text[3:]}</i>".encode()),
    "UTF-16": ("notes.txt", lambda text: text.encode("utf-16")),
    "UTF-16 without a mark": ("notes.ini", lambda text: text.encode("utf-16-be")),
    "bytes": ("memory.dump", lambda text: b"\0\1\2" * 50 + text.encode() + b"\0\3" * 50),
    "bytes in UTF-16, at an odd place": ("swap.bin", lambda text: b"\0\1\2" * 7 + text.encode("utf-16-le")
                                         + b"\0\3"),
    "the words of a picture": ("private/wall.png", lambda text: b"\x89PNG\r\n" + b"\0\1" * 9 + text.encode()),
    "over the ends of lines": ("notes.md", lambda text: text.replace(" ", "\n").encode()),
    "capitals": ("notes.txt", lambda text: text.upper().encode()),
    "escaped in JSON": ("state.json", lambda text: json.dumps({"a": text}).replace("o", "\\u006f").encode()),
    "an array of numpy": ("cache.npy", array),
    "an array in a package of numpy": ("cache.npz", lambda text: zipped({"said.npy": array(text)})),
    "an array of objects of numpy": ("cache.npy", lambda text: array(text, dtype=object)),
    "letters of four bytes": ("memory.dump", lambda text: b"\7\1\2" + text.encode("utf-32-le") + b"\7\3"),
    "a packed picture, with tags between words": ("map.svgz", lambda text: gzip.compress(tagged(text))),
    "a picture under another name": ("map.bak", tagged),
    "neighbouring cells": ("notes/log.csv", lambda text: ",".join(text.split()).encode()),
    "neighbouring cells of a workbook": ("notes/plan.xlsx", lambda text: cells(text.split())),
    "the log of a form": ("private/desk/1.jsonl", lambda text: (json.dumps({"value": text}) + "\n").encode()),
}


@pytest.mark.parametrize("text", [NAME, EXCERPT], ids=["name", "words"])
@pytest.mark.parametrize("place", HOSTILE)
def test_it_is_found(tmp_path, place, text):
    name, content = HOSTILE[place]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(content("Nothing of anybody."))
    assert search_folder_for_content(tmp_path, WANTED).traces == []
    (tmp_path / name).write_bytes(content(f"They said: {text}, so."))
    found = search_folder_for_content(tmp_path, WANTED).traces
    assert {one.file for one in found} == {name} and all(one.place for one in found)
    what = "names the organisation" if text == NAME else "holds words of the organisation"
    assert {one.what for one in found} == {what}


CYRILLIC, LATVIAN, POLISH, ARABIC = "Клавдия Жердева", "Žaneta Kovaļčuka", "Łucja Źdźbło", "نورهان القصبجي"


@pytest.mark.parametrize(("code_page", "name"), [
    ("cp1251", CYRILLIC), ("koi8-u", CYRILLIC), ("cp866", CYRILLIC), ("mac_cyrillic", CYRILLIC),
    ("cp1257", LATVIAN), ("cp1250", POLISH), ("iso8859-2", POLISH), ("cp1256", ARABIC),
    ("cp850", "Inés Peña"), ("mac_roman", "Inés Peña"), ("gb18030", "梅花书院"),
    ("shift_jis", "ひまわりの家")])
def test_it_is_found_in_text_as_spreadsheets_stored_it_before_unicode(tmp_path, code_page, name):
    wanted = SoughtContent(pd.DataFrame({"name": [name], "match": "folded"}))
    (tmp_path / "contacts.csv").write_bytes(f"name,telephone\nNobody,1\n{name},2\n".encode(code_page))
    assert [(one.file, one.what) for one in search_folder_for_content(tmp_path, wanted).traces] == [
        ("contacts.csv", "names the organisation")]


def test_rich_text_says_in_which_letters_it_is(tmp_path):
    letters = "".join(f"\\'{byte:02x}" for byte in CYRILLIC.encode("cp1251"))
    (tmp_path / "letter.rtf").write_text(f"{{\\rtf1\\ansi\\ansicpg1251 {letters}}}")
    wanted = SoughtContent(pd.DataFrame({"name": [CYRILLIC], "match": "folded"}))
    assert search_folder_for_content(tmp_path, wanted).traces == [FoundTrace("letter.rtf", "line 1",
                                                                             "names the organisation")]


def test_it_is_found_in_the_names_of_files_and_of_what_is_in_packages(tmp_path):
    (tmp_path / "MillHouse").mkdir()
    (tmp_path / "mill_2017.txt").write_text("nothing")
    (tmp_path / "a.zip").write_bytes(zipped({"for/mill-house.txt": b"nothing"}))
    assert {one.file for one in search_folder_for_content(tmp_path, WANTED).traces} == {"MillHouse",
                                                                                        "mill_2017.txt",
                                                                                        "a.zip"}


def test_a_plain_word_that_is_an_id_is_found_in_a_cell_and_not_in_a_sentence(tmp_path):
    (tmp_path / "a.csv").write_text("day,who\n1,Mill\n2,the mill is closed\n")
    assert search_folder_for_content(tmp_path,
                                     WANTED).traces == [FoundTrace("a.csv", "row 2, column 2",
                                                                   "names the organisation")]


def test_words_that_others_said_too_are_nobodys(tmp_path):
    (tmp_path / "a.txt").write_text(f"We walk with each of them. {SAID[:30]}")
    assert search_folder_for_content(tmp_path, WANTED).traces == []


UNREADABLE = {
    "an encrypted zip": ("a.zip", lambda: _flagged(zipped({"a.txt": b"secret"})), "a.txt: it is encrypted"),
    "7z": ("a.7z", lambda: b"7z\xbc\xaf\x27\x1c" + RANDOM,
           "it is packed in a way that this search cannot unpack"),
    "a small RAR": ("a.rar", lambda: b"Rar!\x1a\7\0" + b"\0" * 60 + RANDOM[:40],
                    "it is packed in a way that this search cannot unpack"),
    "a small archive of an unknown kind": ("a.old", lambda: b"ZPK1\0\0\0\1" + b"\0" * 8 + RANDOM[:90],
                                           "it is encrypted, or packed in an unknown way"),
    "PGP": ("a.asc", lambda: b"-----BEGIN PGP MESSAGE-----\n\nhQEM\n", "it is encrypted"),
    "an encrypted workbook": ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 40 + "EncryptedPackage".encode(
        "utf-16-le"), "it is encrypted"),
    "a recording": ("a.mp3", lambda: b"ID3\3" + RANDOM, "it is a picture or a recording"),
    "a picture in a document": ("a.odt", lambda: zipped({"Pictures/1.jpg": b"\xff\xd8\xff" + RANDOM}),
                                "Pictures/1.jpg : it is a picture or a recording"),
    "half a gzip": ("a.gz", lambda: gzip.compress(RANDOM)[:400],
                    "it is damaged or packed in an unknown way (EOFError)"),
    "a damaged Parquet file": ("a.parquet", lambda: b"PAR1" + RANDOM, "it is damaged"),
}


def _flagged(packed: bytes) -> bytes:
    at = packed.index(b"PK\1\2") + 8
    return packed[:6] + b"\1" + packed[7:at] + b"\1" + packed[at + 1:]


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_no_program_can_read_is_listed_with_the_reason(tmp_path, kind):
    name, content, why = UNREADABLE[kind]
    (tmp_path / name).write_bytes(content())
    unread = search_folder_for_content(tmp_path, WANTED).unread
    assert [one.file for one in unread] == [name] and unread[0].why.startswith(why), unread


def test_links_histories_and_closed_folders_are_listed_and_a_pipe_holds_nobody_up(tmp_path):
    study = tmp_path / "study"
    (study / ".git/objects").mkdir(parents=True)
    (study / ".git/objects/a").write_bytes(zlib.compress(NAME.encode()))
    (study / "notes").symlink_to(tmp_path)
    (study / "inside").symlink_to(study / ".git")
    os.mkfifo(study / "pipe")
    found = search_folder_for_content(study, WANTED)
    assert [(one.file, one.why) for one in found.unread] == [
        (".git", "it is the history that git keeps"),
        ("notes", "it is a link to a place outside the study")]
    assert found.traces == []


def test_a_bomb_is_listed_and_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.withdrawal.search.UNPACKED", 10_000)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(b"0" * 1_000_000))
    assert search_folder_for_content(tmp_path,
                                     WANTED).unread[0].why == "it unpacks to more than can be searched"


@pytest.mark.skipif(subprocess.run(["which", "pdftotext"], capture_output=True, check=False).returncode != 0,
                    reason="needs pdftotext")
def test_a_pdf_is_read_with_its_packed_streams(tmp_path):
    stream = zlib.compress(f"({NAME})".encode())
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n<</Length 9>>stream\n" + stream
                                     + b"\nendstream\n%%EOF")
    assert [one.place for one in search_folder_for_content(tmp_path, WANTED).traces] == ["in its streams"]
