"""Transcripts of every tool become turns: nobody's words lost, nobody's put into another's mouth."""

import io
import math
import re
import time
import unicodedata
import zipfile

import docx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glc_analysis.errors import Faults, GLCError
from glc_analysis.intake.transcripts import read_transcript
from glc_analysis.tables import use_python_strings
from tests.support.share import share


def listed(text):
    return text.split("; ")


NAMES = listed(
    "Ana López; Dr. Bo Ekström; potuz; Chan Sok (HAART | KE); de la Cruz, Inés; ចាន់ សុខ; آنا; Анна Ковач; "
    "+1 555-0100; Mwangi 🌍; P01; Q"
)
WORDS = listed(
    "yes; at 10:30; Note: we; ¿Qué?; niñas; ផ្ទះ\u200bសុវត្ថិភាព; បាទ; نعم; الضحايا; жертвы; a < b; R&D; "
    '👩🏽‍⚕️; e\u0301tat; so:; https://example.org; -; "no"; (laughs); 1'
)
SHREDS = listed(
    "WEBVTT; ;  ; 1; 00:01.000 --> 00:02.000; 00:03.000 -->; Ana: yes; Ana; <v Ana>hi; no; NOTE x; 0:05; "
    "Ana 0:03; [0:07] Bo:; :; \u200f; (); Ana | x:"
)


def read(tmp_path, content, name="call.vtt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_transcript(path)


def said(tmp_path, content, name="call.vtt"):
    return list(read(tmp_path, content, name).turns[["speaker", "text"]].itertuples(index=False, name=None))


def faults(tmp_path, content, name="call.vtt"):
    with pytest.raises(Faults) as caught:
        read(tmp_path, content, name)
    return [(fault.row, str(fault)) for fault in caught.value.faults]


def vtt(*payloads):
    cues = [f"{n}\n00:00:{n:02}.000 --> 00:00:{n + 1:02}.500\n{text}\n" for n, text in enumerate(payloads, 1)]
    return "WEBVTT\n\n" + "\n".join(cues)


def word(*paragraphs):
    document, file = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(file)
    return file.getvalue()


# --- cues


def test_a_pdf_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "call.txt").write_bytes(b"%PDF-1.7\n1 0 obj")
    with pytest.raises(Faults, match=r"call.txt: this is a PDF.* save it as .docx"):
        read_transcript(tmp_path / "call.txt")


def test_cues_of_one_speaker_join_into_a_turn_with_one_blank_and_its_times(tmp_path):
    turns = read(tmp_path, vtt("Ana López: We began", "Ana López: in a  small room.", "Ben: Yes.")).turns
    assert turns.drop(columns="joins").values.tolist() == [
        ["Ana López", "We began in a small room.", 1.0, 3.5, 5],
        ["Ben", "Yes.", 3.0, 4.5, 13],
    ]


def test_voice_tags_name_speakers_and_mark_up_goes(tmp_path):
    content = vtt(
        "<v Ana López>We <i>began</i> &amp; stayed:\nall of us</v>", "<v.loud Ben>Yes</v> <v Ana López>No</v>"
    )
    assert said(tmp_path, content) == [
        ("Ana López", "We began & stayed: all of us"),
        ("Ben", "Yes"),
        ("Ana López", "No"),
    ]


def test_where_voices_are_tagged_a_colon_names_nobody(tmp_path):
    assert said(tmp_path, vtt("<v Ana>Ben: he said so</v>")) == [("Ana", "Ben: he said so")]


@pytest.mark.parametrize(
    "first, second", [("Ana López", "Ben"), ("Ana López:", "Ben:"), ("(Ana López)", "[Ben]")]
)
def test_a_name_may_stand_alone_on_its_line(tmp_path, first, second):
    content = vtt(f"{first}\nWe began", "in a small room.", f"{second}\nYes\nand no.")
    assert said(tmp_path, content) == [("Ana López", "We began in a small room."), ("Ben", "Yes and no.")]


def test_srt_is_read_with_commas_mark_up_and_blanks_on_blank_lines(tmp_path):
    cues = "1\n00:00:01,000 --> 00:00:02,250\n<b>Ana:</b> We\n \n2\n00:00:02,500 --> 00:00:03,000\nBen: Yes"
    content = cues.replace("\n", "\r\n")
    turns = read(tmp_path, content, "call.srt").turns
    assert turns[["speaker", "text", "end_s"]].values.tolist() == [["Ana", "We", 2.25], ["Ben", "Yes", 3.0]]


def test_two_speakers_in_one_cue_are_two_turns(tmp_path):
    assert said(tmp_path, vtt("Ana: Well?\nBen: Yes.")) == [("Ana", "Well?"), ("Ben", "Yes.")]


def test_notes_and_styles_are_no_words(tmp_path):
    content = vtt("Ana: Hi") + "\nNOTE Ben: not said\nby anybody\n\nSTYLE\n::cue { color: red }\n"
    assert said(tmp_path, content) == [("Ana", "Hi")]


# --- documents


def test_word_files_of_teams_with_name_and_time_above_each_turn(tmp_path):
    content = word(
        "Call-Meeting Recording\nJuly 10, 2026, 8:42PM\n31m 5s",
        "Ana López started transcription",
        "\nAna López   0:03\nWe began at 8:00\nNote: all of us.",
        "\npotuz   1:02:05\nBen: he left.\n",
        "Ana López stopped transcription",
    )
    transcript = read(tmp_path, content, "call.docx")
    assert transcript.turns[["speaker", "text", "start_s", "line"]].values.tolist() == [
        ["Ana López", "We began at 8:00 Note: all of us.", 3.0, 3],
        ["potuz", "Ben: he left.", 3725.0, 4],
    ]
    assert transcript.heading.startswith("Call-Meeting Recording\nJuly 10")


def test_word_files_of_teams_as_they_were_before(tmp_path):
    content = word(
        "0:0:5.100 --> 0:0:8.250\n田中太郎\nおはよう",
        "0:0:8.500 --> 0:0:9.0",
        "田中太郎",
        "はい",
        "0:0:10.800 --> 0:0:14.500\n鈴木花子\nいいえ",
    )
    turns = read(tmp_path, content, "call.docx").turns
    assert turns.drop(columns="joins").values.tolist() == [
        ["田中太郎", "おはよう はい", 5.1, 9.0, 1],
        ["鈴木花子", "いいえ", 10.8, 14.5, 5],
    ]


def test_word_files_keep_tables_tracked_insertions_and_links_but_no_deletions(tmp_path):
    made = zipfile.ZipFile(io.BytesIO(word("Ana: One KEPT. LOST", "Ben: Two.")))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as changed:
        for part in made.namelist():
            content = made.read(part)
            if part == "word/document.xml":
                content = content.replace(
                    b"<w:r><w:t>Ana: One KEPT. LOST</w:t></w:r>",
                    b"<w:r><w:t>Ana: One </w:t></w:r>"
                    b"<w:ins><w:r><w:t>KEPT.</w:t></w:r></w:ins><w:del><w:r><w:delText>LOST</w:delText></w:r></w:del>",
                ).replace(
                    b"<w:sectPr",
                    b"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Cell.</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:sectPr",
                )
            changed.writestr(part, content)
    assert said(tmp_path, file.getvalue(), "interview.docx") == [("Ana", "One KEPT."), ("Ben", "Two. Cell.")]


def changed(content, was, now, more=()):
    """A Word file with other markup in its document, and further parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(file, "w") as written:
        for part in made.namelist():
            body = made.read(part)
            assert part != "word/document.xml" or was.encode() in body
            written.writestr(part, body.replace(was.encode(), now.encode()))
        for part, body in more:
            written.writestr(part, body)
    return file.getvalue()


def test_words_that_were_moved_are_read_once_where_they_are_now(tmp_path):
    content = changed(word("Ana: One. MOVED", "Ben: Two."), "<w:r><w:t>Ana: One. MOVED</w:t></w:r>",
                      "<w:moveFrom><w:r><w:t>Moved.</w:t></w:r></w:moveFrom><w:r><w:t>Ana: One. </w:t></w:r>"
                      "<w:moveTo><w:r><w:t>Moved.</w:t></w:r></w:moveTo>")
    assert said(tmp_path, content, "interview.docx") == [("Ana", "One. Moved."), ("Ben", "Two.")]


def test_footnotes_that_are_not_read_and_hidden_text_that_is_are_named(tmp_path):
    notes = ('<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
             '<w:footnote w:id="0" w:type="separator"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
             '<w:footnote w:id="2"><w:p><w:r><w:t>She cries.</w:t></w:r></w:p></w:footnote>'
             "</w:footnotes>")
    content = changed(word("Ana: One.", "Ben: Two. SHH"), "<w:t>Ben: Two. SHH</w:t></w:r>",
                      "<w:t>Ben: Two. </w:t></w:r>"
                      "<w:r><w:rPr><w:vanish/></w:rPr><w:t>Not for all.</w:t></w:r>"
                      '<w:r><w:rPr><w:vanish w:val="false"/></w:rPr><w:t> Yes.</w:t></w:r>',
                      [("word/footnotes.xml", notes)])
    transcript = read(tmp_path, content, "interview.docx")
    assert transcript.turns["text"].tolist() == ["One.", "Two. Not for all. Yes."]
    assert transcript.notes == ("1 footnote is not read. To fix: move into the text whatever coders must "
                                "read", "hidden text is read as if it had been said (paragraph 2)")
    assert read(tmp_path, word("Ana: One.", "Ben: Two."), "interview.docx").notes == ()


def table_of(*rows, before=()):
    document, file = docx.Document(), io.BytesIO()
    for line in before:
        document.add_paragraph(line)
    made = document.add_table(len(rows), len(rows[0]))
    for row, cells in zip(made.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(file)
    return file.getvalue()


TALK = [("Ana", "Why?"), ("Ben Oyoo", "It is far.\nAnd late."), ("", "It costs."), ("ana", "Note: so.")]
HEARD = [("Ana", "Why?"), ("Ben Oyoo", "It is far. And late. It costs."), ("ana", "Note: so."),
         ("Ana", "Ah.")]


@pytest.mark.parametrize("rows", [
    [*TALK, ("Ana", "Ah.")],
    [("Speaker", "Text"), *TALK, ("Ana", "Ah.")],
    [(f"{name}:" if name else "", text) for name, text in [*TALK, ("Ana", "Ah.")]],
])  # fmt: skip
def test_a_table_of_speakers_and_their_words_is_read_row_by_row(tmp_path, rows):
    assert said(tmp_path, table_of(*rows, before=["Interview 3"]), "interview.docx") == HEARD


def test_a_table_may_have_times_and_numbers_beside_the_speakers(tmp_path):
    content = table_of(("1", "00:03", "Ana", "Why?"), ("2", "0:07", "Ben", "Far."),
                       ("3", "0:09", "Ana", "Ah."))
    assert read(tmp_path, content, "i.docx").turns[["speaker", "text", "start_s"]].values.tolist() == [
        ["Ana", "Why?", 3.0], ["Ben", "Far.", 7.0], ["Ana", "Ah.", 9.0]]


def test_a_table_of_facts_above_the_turns_names_no_speaker(tmp_path):
    made = docx.Document(io.BytesIO(table_of(("Interviewer", "Ana"), ("Organisation", "Casa Azul"))))
    made.add_paragraph("Ana: Why?")
    made.add_paragraph("Ben: Far.")
    made.save(tmp_path / "i.docx")
    read_again = read_transcript(tmp_path / "i.docx")
    assert read_again.turns["speaker"].tolist() == ["Ana", "Ben"]


@pytest.mark.parametrize("facts", [
    [("Casa Azul", "Ana"), ("Casa Azul", "Ben")],  # a name recurs, and nobody speaks
    [("The topic was housing", "Ana", "yes"), ("It was late", "Ana", "no")],  # no names or time
])  # fmt: skip
def test_a_table_that_is_not_the_talk_keeps_its_words_and_names_no_speaker(tmp_path, facts):
    made = docx.Document(io.BytesIO(table_of(*facts)))
    for line in ["Ana: Why do they wait for so long?", "Ben: It is far, and nobody pays for it."] * 2:
        made.add_paragraph(line)
    made.save(tmp_path / "i.docx")
    transcript = read_transcript(tmp_path / "i.docx")
    assert transcript.turns["speaker"].tolist() == ["Ana", "Ben"] * 2
    assert transcript.heading == "\n".join(cell for row in facts for cell in row)


@pytest.mark.parametrize("name", ["Speaker 1: (00:00)", "Speaker 1 (00:00):", "Speaker 1: [00:00:00]",
                                  "Speaker 1 00:00"])
def test_the_time_beside_a_name_is_no_word_on_whatever_side_of_the_colon(tmp_path, name):
    content = f"{name}\nWhy?\n\n{name.replace('1', '2').replace('00:00', '00:04', 1)}\nIt is far.\n"
    assert read(tmp_path, content, "i.txt").turns[["speaker", "text"]].values.tolist() == [
        ["Speaker 1", "Why?"], ["Speaker 2", "It is far."]]


def test_text_goes_on_with_the_speaker_above_and_stamps_are_no_words(tmp_path):
    content = "Interview 7\nDate: 3 May\n[00:00:05] Ana: One.\nTwo.\n00:01:00\nBen (00:01:02): Three.\n"
    transcript = read(tmp_path, content, "interview.txt")
    assert transcript.turns[["speaker", "text", "start_s"]].values.tolist() == [
        ["Ana", "One. Two.", 5.0],
        ["Ben", "Three.", 62.0],
    ]
    assert transcript.heading == "Interview 7\nDate: 3 May"


def test_names_above_blocks_of_text(tmp_path):
    assert said(tmp_path, "Ana López\nOne.\n\nTwo.\n\nBen\nThree.\n", "interview.txt") == [
        ("Ana López", "One. Two."),
        ("Ben", "Three."),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_encoding_gives_the_same_turns(tmp_path, encoding):
    content = "Ángela: Sí, mañana.\r\nJosé: “No”.\r\n".encode(encoding)
    assert said(tmp_path, content, "interview.txt") == [("Ángela", "Sí, mañana."), ("José", "“No”.")]


# --- who is not a speaker


@pytest.mark.parametrize(
    "text",
    [
        "at 10:30 we met",
        "Note: we met",
        "Nota: nos vimos",
        "For example: a girl",
        "see https://x.org: it",
        "What we then did was this: we met",
        "He left. Ana: he said",
        "10: we met",
    ],
)
def test_a_colon_after_no_name_is_text(tmp_path, text):
    content = f"Ana: One.\n{text}\nBen: Two.\nAnd then.\nMore.\n"
    assert said(tmp_path, content, "interview.txt") == [
        ("Ana", f"One. {text}"),
        ("Ben", "Two. And then. More."),
    ]


@pytest.mark.parametrize(
    "name",
    ["Dr. J. Smith", "María de la Cruz", "López, Ana (HAART | she)", "Interviewer", "Participant 12", "سارة"],
)
def test_a_name_said_once_is_a_speaker(tmp_path, name):
    assert said(tmp_path, f"Ana: One.\nTwo.\n{name}: Three.\nFour.\n", "interview.txt")[1][0] == name


def test_a_small_name_is_a_speaker_where_it_recurs_or_every_cue_has_one(tmp_path):
    assert [
        s for s, _ in said(tmp_path, "potuz: One.\nTwo.\nAna: Three.\npotuz: Four.\n", "interview.txt")
    ] == ["potuz", "Ana", "potuz"]
    assert [s for s, _ in said(tmp_path, vtt("Ana: One", "terence: Two", "Ana: Three"))] == [
        "Ana",
        "terence",
        "Ana",
    ]


# --- faults


def test_unfinished_cues_and_times_that_run_backwards_are_all_listed_with_their_lines(tmp_path):
    content = (
        "WEBVTT\n\n1\n00:01.000 --> 00:02.000\nAna: One\n\n2\n00:05.000 -->\nAna: lost\n\n"
        "3\n00:06.000 --> 00:05.000\nBen: Two\n\n4\n00:03.000 --> 00:04.000\nBen: Three\n\nstray words\n\n"
        "5\n00:09.000 --> 00:10.000\n"
    )
    found = faults(tmp_path, content)
    assert [row for row, _ in found] == ["8", "12", "16", "19", "22"]
    for (_, line), words in zip(
        found,
        ["times of the cue cannot be read", "end is before the start", "before that of an earlier line",
         "belongs to no cue", "no words"],
        strict=True,
    ):
        assert words in line and line.startswith("call.vtt, row") and "To fix:" in line


def test_a_file_cut_after_the_number_of_a_cue_is_unfinished(tmp_path):
    assert [row for row, _ in faults(tmp_path, vtt("Ana: One") + "\n2\n")] == ["7"]


def test_text_times_that_run_backwards(tmp_path):
    assert faults(tmp_path, "[00:10] Ana: One\n[00:05] Ben: Two\n", "a.txt")[0][0] == "2"


@pytest.mark.parametrize(
    "name, content",
    [
        ("call.vtt", vtt("at 10:30 we", "Note: met")),
        ("call.srt", vtt("One").removeprefix("WEBVTT\n\n")),
        ("a.txt", "Some prose.\n"),
        ("a.docx", word("Some prose.")),
        ("a.docx", word()),
        ("call.vtt", vtt("<v Ana></v>")),
        ("call.vtt", "WEBVTT\n"),
        ("a.txt", "Ana:\n"),
    ],
)
def test_no_speaker_at_all_is_a_fault_with_a_fix(tmp_path, name, content):
    assert "no speaker is named" in faults(tmp_path, content, name)[0][1]


def test_words_before_anybody_is_named_are_a_fault_in_a_call(tmp_path):
    assert faults(tmp_path, vtt("Good morning", "Ana: Hi"))[0][0] == "5"


def test_what_is_no_transcript_is_refused(tmp_path):
    part = zipfile.ZipFile(io.BytesIO(word("Ana: Hi")))
    typed = io.BytesIO()
    with zipfile.ZipFile(typed, "w") as made:
        for name in part.namelist():
            made.writestr(
                name, part.read(name).replace(b"<w:document", b"<!DOCTYPE x [<!ENTITY e 'e'>]><w:document", 1)
            )
    for content in (b"", b"PK\x03\x04junk", word("Ana: Hi")[:900], b"\xd0\xcf\x11\xe0\0\0", typed.getvalue()):
        with pytest.raises(Faults, match="To fix"):
            read(tmp_path, content, "a.docx")


def test_a_word_file_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    content = word("Ana: Hi")
    monkeypatch.setattr("glc_analysis.intake.transcripts._MOST_DOCX_BYTES", len(content) + 1)
    assert "unpacks to more" in faults(tmp_path, content, "a.docx")[0][1]


@pytest.mark.parametrize("size", [6_000_000, 31_000_000])
def test_a_text_far_longer_than_talk_is_refused(tmp_path, size):
    assert "holds" in faults(tmp_path, b"Ana: " + b"a " * (size // 2), "a.txt")[0][1]


@pytest.mark.parametrize("content", ["Ana: Yes.\nBo" + "\t" * 3000 + "x: no",
                                     vtt("Ana: Yes", "<v" + " " * 60_000)])
def test_blanks_without_end_take_no_time(tmp_path, content):
    begun = time.perf_counter()
    read(tmp_path, content)
    assert time.perf_counter() - begun < 5


# --- properties


def turns(names, texts):
    """Lists of at least two turns, no two in a row of one speaker."""
    drawn = st.lists(st.tuples(st.sampled_from(names), texts), min_size=2, max_size=9)
    apart = drawn.map(
        lambda said: [turn for n, turn in enumerate(said) if not n or said[n - 1][0] != turn[0]]
    )
    return apart.filter(lambda said: len(said) > 1)


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(
    lambda words: " ".join(["Well", *words])
)


def halves(text):
    middle = text.find(" ", len(text) // 2)
    return [text] if middle < 0 else [text[:middle], text[middle + 1 :]]


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def expected(drawn):
    return [tuple(unicodedata.normalize("NFC", part) for part in turn) for turn in drawn]


WRITERS = {
    "zoom.vtt": lambda drawn: vtt(
        *[f"{name}: {escaped(half)}" for name, text in drawn for half in halves(text)]
    ).replace("\n", "\r\n"),
    "teams.vtt": lambda drawn: vtt(
        *[f"<v {name}>{escaped(half)}</v>" for name, text in drawn for half in halves(text)]
    ),
    "colon_alone.vtt": lambda drawn: vtt(*[f"{name}:\n{escaped(text)}" for name, text in drawn]),
    "call.srt": lambda drawn: re.sub(
        r"(\d\d)\.(\d{3})",
        r"\1,\2",
        vtt(*[f"{name}: {escaped(text)}" for name, text in drawn]).removeprefix("WEBVTT\n\n"),
    ),
    "plain.docx": lambda drawn: word(*[f"{name}: {text}" for name, text in drawn]),
    "teams.docx": lambda drawn: word(*[f"\n{name}   {n}:05\n{text}" for n, (name, text) in enumerate(drawn)]),
    "plain.txt": lambda drawn: "\n\n".join(f"{name}: {text}" for name, text in drawn).encode("utf-16"),
}


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=share(40, 10))
@given(drawn=turns(NAMES, sentences))
def test_turns_written_in_each_format_read_back_the_same(tmp_path_factory, name, drawn):
    assert said(tmp_path_factory.mktemp("written"), WRITERS[name](drawn), name) == expected(drawn)


bare_names = ["Ana López", "Bo", "ចាន់ សុខ", "آنا", "Анна Ковач"]
# A name alone is looked for where no line of the file has a colon after a name.
plain_words = st.sampled_from([word for word in WORDS if not re.search(r":( |$)", word)]).map(
    "well {}".format
)


@given(drawn=turns(bare_names, plain_words))
def test_bare_names_on_their_own_lines_read_back_the_same(tmp_path_factory, drawn):
    content = vtt(*[f"{name}\n{escaped(text)}" for name, text in drawn])
    assert said(tmp_path_factory.mktemp("written"), content) == expected(drawn)


@given(st.lists(st.sampled_from(SHREDS), max_size=14))
def test_whatever_is_written_is_read_or_refused_with_our_error(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("written")
    try:
        frame = read(folder, "\n".join(lines), "a.txt").turns
    except GLCError:
        return
    assert (frame["text"] != "").all() and (frame["speaker"] != "").all()
    assert not (frame["speaker"].shift() == frame["speaker"]).any()


# --- a real call


@pytest.fixture(params=["", "_corrected"])
def real(request, shared_data):
    path = shared_data / "zoom_call" / f"acdt_2026-07-13_087_transcript{request.param}.vtt"
    content = path.read_text(encoding="utf-8")
    return read_transcript(path).turns, re.findall(r"-->[^\n]*\n([^\n:]+): ([^\n]*)", content)


def test_turns_of_the_real_call_keep_every_word_and_speaker_of_its_257_cues(real):
    frame, cues = real
    assert len(cues) == 257 and len(frame) == 87 and frame["speaker"].nunique() == 16
    words = [(name, one) for name, text in cues for one in text.split()]
    kept = [(turn.speaker, one) for turn in frame.itertuples() for one in turn.text.split()]
    assert kept == words


def test_both_files_of_the_real_call_give_the_same_speakers_turn_by_turn(shared_data):
    raw, corrected = [
        read_transcript(path).turns for path in sorted((shared_data / "zoom_call").glob("*.vtt"))
    ]
    columns = ["speaker", "start_s", "end_s", "line"]
    assert raw[columns].equals(corrected[columns]) and raw["start_s"].is_monotonic_increasing
    assert not any(map(math.isnan, raw["end_s"]))


# Minutes of hearings, titles and headings


def spoken(tmp_path, text):
    path = tmp_path / "talk.txt"
    path.write_text(text, encoding="utf-8")
    return read_transcript(path).turns[["speaker", "text"]].values.tolist()


def test_minutes_name_people_with_a_title_and_a_full_stop(tmp_path):
    assert spoken(tmp_path, "A HEARING\n\n  Senator Hatch. Thank you, Mr. Chairman.\n  It is late.\n"
                            "  The Chairman. Yes. Go on.\n  Ms. Oyoo. We wait.\n  Senator Hatch. Why?\n") == [
        ["Senator Hatch", "Thank you, Mr. Chairman. It is late."], ["The Chairman", "Yes. Go on."],
        ["Ms. Oyoo", "We wait."], ["Senator Hatch", "Why?"]]


def test_names_of_two_words_that_recur_before_a_full_stop_are_speakers(tmp_path):
    assert [speaker for speaker, _ in spoken(
        tmp_path, "Ana Pérez. Hola.\nMary Oyoo. Good. Day.\nAna Pérez. Sí.\nMary Oyoo. No.\n")] == [
        "Ana Pérez", "Mary Oyoo", "Ana Pérez", "Mary Oyoo"]


def test_a_sentence_before_a_full_stop_is_no_speaker(tmp_path):
    assert spoken(tmp_path, "Ana: Hello.\nYes. We wait.\nYes. Always.\nBen: No.\n") == [
        ["Ana", "Hello. Yes. We wait. Yes. Always."], ["Ben", "No."]]


def test_numbered_titles_and_headings_of_one_word_are_no_speakers(tmp_path):
    found = spoken(tmp_path, "Interview 3: Casa Azul\n\nAna: Hello.\nBen: Yes.\nMethods:\nAna: And?\n"
                             "Ben: No.\n")
    assert {speaker for speaker, _ in found} == {"Ana", "Ben"}


def test_a_name_alone_on_its_line_is_a_speaker_where_it_recurs(tmp_path):
    assert spoken(tmp_path, "Ana:\nHello.\nBen:\nYes.\nAna:\nOk.\nBen:\nNo.\n")[1] == ["Ben", "Yes."]


def test_a_transcript_that_a_build_has_read_has_the_texts_of_whoever_reads_it_next(tmp_path):
    path = tmp_path / "call.txt"
    path.write_text("Ana: We met.\n\nBen: Yes.\n", encoding="utf-8")
    with use_python_strings():
        read_transcript(path)
    with pd.option_context("mode.string_storage", "pyarrow"):
        assert read_transcript(path).turns["text"].dtype.storage == "pyarrow"
