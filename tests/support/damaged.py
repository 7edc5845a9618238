"""Damages files as happens by accident or on purpose: each function makes new bytes from given bytes.

Everything is drawn from the `random.Random` that is given, so that a number identifies a file.
"""

import contextlib
import io
import re
import sqlite3
import struct
import zipfile

SHREDS = [b"", b"\0", b"\xff", b"\xfe\xff", b"<", b">", b'"', b"&", b"'", b"]]>", b"</", b"-->", b"9" * 30,
          b"PK\x03\x04", b"PK\x05\x06", b"\r\n", b"\r", b"\n\n", b";", b",", b"\t", b":", b"-1", bytes(50),
          b"\xed\xa0\x80", b"\xe2\x80\xae", b"<!DOCTYPE a [", b"&#0;", b"&#x110000;", b"../", b"{", b"}",
          b"NULL", b"\x1a", b"<v ", b"WEBVTT\n", b"00:00:01.000 --> 00:00:02.000\n", b"\x0b", b"\x85",
          b"\xf0\x9f\x98\x80",
          b" ", b"(", b"[", b"0", b"0:", b"a ", b"A: ", b"<v", b"&#", b".,"]
NUMBERS = ["-1", "0", "9" * 16, "9" * 400, "1e999", "NaN", "0x10", "１２", "٣", "1.5", "", " 7 ",
           "2147483648", "18446744073709551616", "-9223372036854775808"]
ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "latin-1", "cp1252", "cp437",
             "cp037", "shift_jis", "koi8-r"]
NAMES = ["../../evil.txt", "/etc/passwd", "C:\\evil.txt", "..\\evil.txt", "sources/../../evil.txt",
         "PROJECT.QDE", "b.qde", "", "a" * 300, "a\0b.txt", "Sources/T.TXT", "__MACOSX/project.qde",
         "sources/t.txt", ".", "con.txt", "word/document.xml", "xl/workbook.xml", "é\u0301😀.txt",
         "project.qde/", "word/comments.xml"]
DOCTYPES = ['<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
            '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
            '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///dev/zero">%p;]>', "<!DOCTYPE a>",
            '<?xml-stylesheet href="file:///etc/passwd"?>']


MEMBER = 3_000_000  # bytes: damage can double and double again


def bytes_of(content, chance):
    """Overwrites, cuts out, doubles or fills one to four places; or cuts off the end."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        until = min(len(made), at + chance.choice([0, 1, 1, 2, 8, 40, 400]))
        inside = bytes(made[at:until])
        made[at:until] = chance.choice([chance.choice(SHREDS), inside * 2, inside * 90,
                                        bytes(made[-at:][:200]), chance.randbytes(chance.randint(1, 6))])
        if made and chance.random() < 0.5:
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made[: chance.randrange(len(made) + 1)] if chance.random() < 0.08 else made)


def text(content, chance):
    """Damages the lines and numbers of a text; or changes its encoding, its byte-order mark or its line
    ends."""
    for _ in range(chance.randint(1, 3)):
        content = chance.choice([_numbers, _lines, _lines, _encoded, _ends, bytes_of])(content, chance)
    return content


def _numbers(content, chance):
    """Makes some numbers huge or negative, or removes them; or exchanges them, so that for example times run
    backwards."""
    found = list(re.finditer(rb"\d+(?::\d+)*(?:[.,]\d+)?", content))
    if not found:
        return content
    some = sorted({chance.randrange(len(found)) for _ in range(chance.randint(1, 4))}, reverse=True)
    others = [chance.choice(found)[0] if chance.random() < 0.6 else chance.choice(NUMBERS).encode()
              for _ in some]
    for n, other in zip(some, others, strict=True):
        content = content[: found[n].start()] + other + content[found[n].end():]
    return content


def _lines(content, chance):
    lines = content.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(8):
        case 0:
            lines[at], lines[other] = lines[other], lines[at]
        case 1:
            del lines[at]
        case 2:
            lines.insert(other, lines[at])
        case 3:
            lines[at] = chance.choice([b"", b" ", b"\xc2\xa0", lines[at][::-1], lines[at] * 3000])
        case 4:
            cut = chance.randrange(len(lines[at]) + 1)
            pumped = chance.choice([b"", *SHREDS]) + chance.choice(SHREDS) * chance.choice([1, 2, 50_000])
            lines[at] = lines[at][:cut] + pumped + lines[at][cut:]
        case 5:
            lines[at:at] = lines * chance.choice([1, 40])
        case 6:
            lines = [b"".join(lines)]
        case 7:
            lines[at] = re.sub(rb"[ ,;:]", chance.choice([b"", b":", b"\t", b";", b'"']), lines[at])
    return b"\n".join(lines)


def _encoded(content, chance):
    made = content.decode("utf-8", "replace").encode(chance.choice(ENCODINGS), "replace")
    return chance.choice([b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf" * 3]) + made


def _ends(content, chance):
    end = chance.choice([b"\r\n", b"\r", b"\n\n", b"\r\r\n", "\u2028".encode(), b"\x0b", b"\x85"])
    return content.replace(b"\r\n", b"\n").replace(b"\n", end)


def markup(content, chance):
    """Doubles, drops, nests or empties elements; exchanges, enlarges or removes attributes; adds entities and
    a DOCTYPE."""
    for _ in range(chance.randint(1, 3)):
        content = chance.choice([_elements, _elements, _attributes, _attributes, _prologue, _nested, text])(
            content, chance)
    return content


def _elements(content, chance):
    tags = list(re.finditer(rb"<[^<>]*>", content))
    if not tags:
        return content
    one, other = chance.choice(tags), chance.choice(tags)
    first, last = sorted((one, other), key=lambda tag: tag.start())
    match chance.randrange(5):
        case 0:
            return content[: one.start()] + content[one.end():]
        case 1:
            return content[: one.end()] + one[0] * chance.choice([1, 50]) + content[one.end():]
        case 2:
            return content[: first.start()] + last[0] + content[first.end(): last.start()] + first[0] \
                + content[last.end():]
        case 3:
            return content[: first.start()] + content[last.end():]
        case _:
            inside = content[first.start(): last.end()]
            return content[: last.end()] + inside * chance.choice([1, 3, 60]) + content[last.end():]


def _attributes(content, chance):
    found = list(re.finditer(rb'\b([\w:]{1,40})="([^"<]*)"', content))
    if not found:
        return content
    one, other = chance.choice(found), chance.choice(found)
    value = chance.choice([other[2], b"", chance.choice(NUMBERS).encode(), b"{" + one[2].upper() + b"}",
                           b"a" * 70_000, one[2] + b"&#x10FFFF;", one[2].replace(b"-", b""), b"&undefined;"])
    if chance.random() < 0.2:
        return content[: one.start()] + content[one.end():]
    if one[1] == other[1] and chance.random() < 0.5:  # all that refer to one refer to the other
        return content.replace(one[2], other[2]) if one[2] else content
    return content[: one.start(2)] + value + content[one.end(2):]


def _prologue(content, chance):
    names = ["utf-8", "utf-16", "utf-7", "cp037", "latin-1", "nonsense", "UTF-32", "idna", "hex"]
    said, rest = f'<?xml version="1.0" encoding="{chance.choice(names)}"?>', content.partition(b"?>")[2]
    match chance.randrange(4):
        case 0:
            return said.encode() + rest
        case 1:
            entity = chance.choice([b"&a;", b"&c;&c;&c;", b"&x;", b""])
            return chance.choice(DOCTYPES).encode() + rest.replace(b"</", entity + b"</", 1)
        case 2:
            return re.sub(rb"urn:QDA-XML:project:1.0|http://[^\"]*/main", b"urn:other", content)
        case _:
            return content + chance.choice([b"<a/>", b"<!-- -- -->", b"<?xml?>", b"\0", content])


def _nested(content, chance):
    tags = re.findall(rb"<([\w:]+)[\s>]", content) or [b"a"]
    name, deep = chance.choice(tags), chance.choice([3, 49, 51, 199, 300, 30_000])
    at = chance.choice([content.find(b">") + 1, content.rfind(b"</"), chance.randrange(len(content) + 1)])
    end = b"" if chance.random() < 0.2 else b"</%s>" % name * deep
    return content[:at] + b"<%s>" % name * deep + end + content[at:]


def package(content, chance):
    """Makes a ZIP file anew with damaged members, or with other names, sizes or compression methods."""
    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        members = [(name, whole.read(name)) for name in whole.namelist()]
    for _ in range(chance.choice([1, 1, 2])):
        at, other = chance.randrange(len(members)), chance.randrange(len(members))
        (name, inside), (_, instead) = members[at], members[other]
        match chance.randrange(12):
            case 0:
                members[at], members[other] = (name, instead), (members[other][0], inside)
            case 1:
                members[at] = chance.choice([name.upper(), f"a/{name}", *NAMES]), inside
            case 2:
                members.append((chance.choice([name, *NAMES]), chance.choice([inside, b"", instead])))
            case 3:
                members = [member for n, member in enumerate(members) if n != at or len(members) == 1]
            case 4:
                members[at] = name, chance.choice([b"", content, inside * 200])
            case _:
                damage = markup if inside.lstrip(b"\xef\xbb\xbf").startswith(b"<") else text
                members[at] = name, damage(inside, chance)[:MEMBER]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", chance.choice([0, 0, 8, 8, 0, 8, 0, 8, 0, 12, 14])) as target:
        for name, inside in members:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = target.compression
            entry.external_attr = chance.choice([0, 0, 0, 0o120777 << 16])  # the last: a symbolic link
            _write(target, entry, inside)
    return _directory(made.getvalue(), chance) if chance.random() < 0.2 else made.getvalue()


def _write(target, entry, inside):
    try:
        target.writestr(entry, inside)
    except (ValueError, UnicodeError):  # a name that cannot even be written
        target.writestr("other.txt", inside)


def _directory(content, chance):
    """Damages one record of an archive, so that its sizes, method, flags or position are wrong; or cuts the
    archive there; or puts other bytes before it."""
    records = [at.start() for at in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06", content)]
    at, made = chance.choice(records), bytearray(content)
    place, size = chance.choice([(6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)])
    if at + place + size <= len(made):
        lie = chance.choice([0, 1, 2 ** (8 * size) - 1, chance.randrange(2 ** (8 * size))])
        struct.pack_into("<H" if size == 2 else "<I", made, at + place, lie)
    return chance.choice([bytes(made), bytes(made), bytes(made[:at]), b"junk" * 30 + bytes(made)])


def replaced(content, name, make):
    """Returns a ZIP file in which one member is replaced by the result of ``make``."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(made, "w", 8) as target:
        for one in whole.namelist():
            target.writestr(one, make(whole.read(one)) if one == name else whole.read(one))
    return made.getvalue()


def bombs(content, name):
    """Returns small packages whose member `name` unpacks to far too many bytes, with a true and with a false
    statement of its size."""
    honest = replaced(content, name, lambda _: b" " * (230 * 2**20))
    size = struct.pack("<I", 230 * 2**20)
    return [honest, honest.replace(size, struct.pack("<I", 10))]


CELLS = ["NULL", "-1", "9e99", "9223372036854775807", "''", "'abc'", "x'ff00fe'", "CAST(x'ff' AS TEXT)",
         "zeroblob(3000000)", "char(0)", "char(55296)", "1.5", "hex(zeroblob(300000))",
         '(SELECT max(rowid) FROM "{table}")']
STATEMENTS = [
    *['UPDATE "{table}" SET "{column}" = {cell}'] * 3,
    'UPDATE "{table}" SET "{column}" = {cell} WHERE rowid = 1',
    'UPDATE "{table}" SET "{column}" = "{other}"', 'DELETE FROM "{table}"', 'DROP TABLE "{table}"',
    'ALTER TABLE "{table}" DROP COLUMN "{column}"', 'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "é"',
    'ALTER TABLE "{table}" RENAME TO "{table}2"', 'INSERT INTO "{table}" DEFAULT VALUES',
    'INSERT INTO "{table}" SELECT * FROM "{table}"', 'CREATE INDEX i ON "{table}" ("{column}")',
    'CREATE TABLE code_text AS SELECT * FROM "{table}"', 'CREATE VIEW highlights AS SELECT * FROM "{table}"',
    'CREATE TRIGGER t AFTER INSERT ON "{table}" BEGIN SELECT 1; END', 'PRAGMA encoding = "UTF-16"',
    "PRAGMA user_version = 99", "PRAGMA journal_mode = WAL"]


def database(content, chance, folder):
    """Changes the cells, columns or tables of a database by statements; or damages its pages."""
    if chance.random() < 0.4:
        return bytes_of(content, chance)
    path = folder / "being-damaged.db"
    path.write_bytes(content)
    connection = sqlite3.connect(path)
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for _ in range(chance.randint(1, 4)):
        (table,) = chance.choice(named)
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')] or ["a"]
        given = {"table": table, "column": chance.choice(columns), "other": chance.choice(columns)}
        statement = chance.choice(STATEMENTS).replace("{cell}", chance.choice(CELLS)).format(**given)
        with contextlib.suppress(sqlite3.Error):  # that change does not suit that table
            connection.execute(statement)
    connection.commit()
    connection.close()
    made = path.read_bytes()
    for beside in folder.glob("being-damaged*"):
        beside.unlink()
    return bytes_of(made, chance) if chance.random() < 0.2 else made
