"""Codings written as .qdpx and read again are the codings that were written, in any tool's dialect."""

import zipfile

import pandas as pd
import pytest
import xmlschema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from glc_analysis.addons.coding_programs.refi import write_qdc, write_qdpx
from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.support.share import share

PIECES = ["😀", "👩‍👩‍👧", "e\u0301", "n\u0303", "مرحبا", "שלום", "ខ្មែរ", "\u200f", "\n", "\n\n", "\t", "  ",
          "“ética”", "<&>", '"', "We wait.", "KE-01: ", "…", "ﬁ", "\u2028"]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=20).map("".join),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\ufeff"), min_size=1, max_size=60),
)
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]),
                min_size=1, max_size=12).filter(str.strip)  # fmt: skip
CODES = pd.DataFrame({"code": ["Barriers", "Delay", "Voice > 1"], "parent": ["", "Barriers", ""],
                      "definition": ["in the way", "", "“what”\n they <say>"],
                      "position": [1, 2, 3]})  # fmt: skip
KEY = ["source", "start", "end", "code", "coder"]


@st.composite
def studies(draw, texts=TEXTS):
    """Sources, and codings that overlap at will."""
    sources = pd.DataFrame({"source": draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))})
    sources["text"] = [draw(texts) for _ in range(len(sources))]
    rows = []
    for _ in range(draw(st.integers(0, 12))):
        source, text = draw(st.sampled_from(list(sources.itertuples(index=False, name=None))))
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        code = draw(st.sampled_from(["Barriers", "Delay", "Voice > 1"]))
        coder, memo = (
            draw(st.sampled_from(["ana", "Ñandú", ""])),
            draw(st.sampled_from(["", "why?", "a\n b "])),
        )
        rows.append((source, start, end, code, coder, memo))
    codings = pd.DataFrame(rows, columns=[*KEY, "memo"]).astype({"start": "int64", "end": "int64"})
    return sources.sort_values("source", ignore_index=True), codings.drop_duplicates(KEY).sort_values(
        KEY, ignore_index=True
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


def same(read, sources, codings):
    assert read.quarantined.empty
    assert read.sources["text"].tolist() == sources["text"].tolist()
    assert read.codings[[*KEY, "memo"]].sort_values(KEY).to_numpy().tolist() == codings.to_numpy().tolist()


@settings(max_examples=share(80, 20))
@given(study=studies())
def test_codings_come_back_as_they_were(folder, study):
    sources, codings = study
    write_qdpx(folder / "p.qdpx", sources=sources, codings=codings, codes=CODES)
    read = read_codings(folder / "p.qdpx")
    same(read, sources, codings)
    assert read.codes.to_numpy().tolist() == CODES.to_numpy().tolist()
    assert read.matched == read.checked


def dialect(path, *, crlf_counted, utf16, mark, codings, sources):
    """The package as a tool would have written it that counts and stores in its own way."""
    texts = dict(zip(sources["source"], sources["text"], strict=True))

    def offset(source, at):
        before = texts[source][:at].replace("\n", "\r\n" if crlf_counted else "\n")
        return len(before.encode("utf-16-le")) // 2 if utf16 else len(before)

    with zipfile.ZipFile(path) as package:
        members = {name: package.read(name) for name in package.namelist()}
    qde = members.pop("project.qde").decode()
    for row in codings.itertuples():
        old = f'startPosition="{row.start}"', f'endPosition="{row.end}"'
        new = f'start_="{offset(row.source, row.start)}"', f'end_="{offset(row.source, row.end)}"'
        head, source, tail = qde.partition(f'name="{escaped(row.source)}" plainTextPath')
        for a, b in zip(old, new, strict=True):
            tail = tail.replace(a, b, 1)
        qde = head + source + tail
    qde = qde.replace("start_=", "startPosition=").replace("end_=", "endPosition=")
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("Project.qde", qde)
        for name, text in members.items():
            package.writestr(
                f"Sources/{name.rpartition('/')[2]}", b"\xef\xbb\xbf" * mark + text.replace(b"\n", b"\r\n")
            )


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


DISTINCT = st.permutations([*PIECES, "Funding is late", "always", "não há", "صوت"]).map(
    lambda parts: " ".join(parts[:14])
)


@settings(max_examples=share(60, 15))
@given(study=studies(texts=DISTINCT), crlf_counted=st.booleans(), utf16=st.booleans(), mark=st.booleans())
def test_codings_come_back_from_every_dialect(folder, study, crlf_counted, utf16, mark):
    sources, codings = study
    # One stretch a row, long enough that its words stand in one place only.
    codings = codings[(codings["end"] - codings["start"]) > 12].reset_index(drop=True)
    codings = (
        codings.drop_duplicates(["source", "start"]).drop_duplicates(["source", "end"]).reset_index(drop=True)
    )
    assume(len(codings))
    path = folder / "dialect.qdpx"
    write_qdpx(path, sources=sources, codings=codings, codes=CODES)
    codings = codings.sort_values(["source", "start", "end", "code", "coder"], ignore_index=True)
    dialect(path, crlf_counted=crlf_counted, utf16=utf16, mark=mark, codings=codings, sources=sources)
    same(read_codings(path), sources, codings)


@settings(max_examples=share(25, 8))
@given(study=studies())
def test_the_same_content_gives_the_same_bytes_whatever_its_order(folder, study):
    sources, codings = study
    write_qdpx(folder / "a.qdpx", sources=sources, codings=codings, codes=CODES)
    write_qdpx(folder / "b.qdpx", sources=sources, codings=codings.iloc[::-1], codes=CODES.iloc[::-1])
    assert (folder / "a.qdpx").read_bytes() == (folder / "b.qdpx").read_bytes()


@pytest.fixture(scope="module")
def schema(shared_data):
    return xmlschema.XMLSchema(str(shared_data / "qda" / "refi-qda" / "Project.xsd"))


@settings(max_examples=share(40, 10))
@given(study=studies())
def test_what_is_written_is_valid(folder, schema, study):
    sources, codings = study
    write_qdpx(folder / "valid.qdpx", sources=sources, codings=codings, codes=CODES)
    with zipfile.ZipFile(folder / "valid.qdpx") as package:
        schema.validate(package.read("project.qde").decode().partition("?>")[2])


@pytest.mark.parametrize("empty", ["sources", "codings", "codes", "all"])
def test_a_project_with_nothing_in_it_is_valid(folder, schema, empty):
    sources = pd.DataFrame({"source": ["a"], "text": ["We wait"]})[: 0 if empty in {"sources", "all"} else 1]
    codings = pd.DataFrame([("a", 0, 2, "Delay", "ana")], columns=KEY)[: 0 if empty else 1]
    codes = CODES[: 0 if empty in {"codes", "all"} else 3]
    write_qdpx(folder / "empty.qdpx", sources=sources, codings=codings, codes=codes)
    with zipfile.ZipFile(folder / "empty.qdpx") as package:
        schema.validate(package.read("project.qde").decode().partition("?>")[2])
    assert len(read_codings(folder / "empty.qdpx").codes) == len(codes)


def test_a_codebook_comes_back_as_it_was(tmp_path):
    write_qdc(tmp_path / "a.qdc", CODES)
    assert read_codings(tmp_path / "a.qdc").codes.to_numpy().tolist() == CODES.to_numpy().tolist()


def write(tmp_path, codings=(("a", 0, 2, "Delay", "ana"),), codes=CODES, text="We wait", **columns):
    sources = pd.DataFrame({"source": ["a"], "text": [text]})
    codings = pd.DataFrame(codings, columns=KEY).assign(**columns)
    write_qdpx(tmp_path / "p.qdpx", sources=sources, codings=codings, codes=codes)


@pytest.mark.parametrize(("given", "said"), [
    ({"codings": [("a", 0, 2, "Lost", "ana")]},
     "the table of codes lacks this code, which is given to 0 to 2 of 'a'"),
    ({"codings": [("b", 0, 2, "Delay", "ana")]}, "the coded passage is outside the text"),
    ({"codings": [("a", 0, 99, "Delay", "ana")]}, "outside the text, .* 7 characters .code 'Delay'"),
    ({"codings": [("a", 2, 2, "Delay", "ana")]}, "the coded passage is outside the text"),
    ({"codings": [("a", -1, -1, "Delay", "ana")]}, "the coded passage is outside the text"),
    ({"codes": CODES.assign(parent=["Delay", "Barriers", ""])},
     "a code occurs twice, or its parent is missing"),
    ({"codes": CODES.assign(parent=["", "Lost", ""])}, "a code occurs twice, or its parent is missing"),
    ({"codes": pd.concat([CODES, CODES[:1]])}, "a code occurs twice, or its parent is missing"),
    ({"memo": "no\n\x07"}, r"not allowed in XML: line 2 has the control character U\+0007 at its"),
    ({"codings": [("a", 0, 2, "Delay", "an\x00a")]}, "a character is not allowed in XML"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path, given, said):
    with pytest.raises(Faults, match=said):
        write(tmp_path, **given)
    assert list(tmp_path.iterdir()) == []


def test_words_that_xml_cannot_hold_do_not_hide_their_place(tmp_path):
    write(tmp_path, codings=[("a", 0, 5, "Delay", "ana"), ("a", 2, 3, "Delay", "ana")], text="We\x0b wait")
    read = read_codings(tmp_path / "p.qdpx")
    assert read.codings[["start", "end", "match"]].to_numpy().tolist() == [
        [0, 5, "normalised"],
        [2, 3, "normalised"],
    ]


def test_codings_of_a_missing_text_come_back_unproved(tmp_path):
    write(tmp_path, codings=[("a", 3, 900, "Delay", "ana")], text="")
    read = read_codings(tmp_path / "p.qdpx")
    assert read.codings[["start", "end", "match"]].to_numpy().tolist() == [[3, 900, "by_position"]]
