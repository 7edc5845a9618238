"""However a tool counts, a coded stretch is found where its quotation stands, or not at all."""

import re

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import QUOTES, TEXT, marked, qdpx, selection

CRLF = TEXT.replace("\n", "\r\n")


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def words(read):
    """What the codings mark in the texts as read."""
    texts = dict(zip(read.sources["source"], read.sources["text"], strict=True))
    return sorted(texts[row.source][row.start : row.end] for row in read.codings.itertuples())


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["no mark", "mark"])
@pytest.mark.parametrize("count", [len, utf16])
@pytest.mark.parametrize(("stored", "counted"), [(TEXT, TEXT), (CRLF, TEXT), (CRLF, CRLF)],
                         ids=["LF", "CRLF counted as LF", "CRLF"])  # fmt: skip
def test_every_way_of_counting_gives_the_same_stretches(tmp_path, mark, count, stored, counted):
    file = qdpx(tmp_path / "p.qdpx", *marked(*QUOTES, text=counted, count=count), text=mark + stored)
    read = read_codings(file)
    assert words(read) == sorted(QUOTES)
    assert read.sources["text"].tolist() == [TEXT]
    assert (read.checked, read.matched, set(read.codings["match"])) == (4, 4, {"exact"})


def test_a_byte_order_mark_that_is_counted_is_found_out(tmp_path):
    selections = marked(*QUOTES, text=f"\ufeff{TEXT}")
    assert words(read_codings(qdpx(tmp_path / "p.qdpx", *selections, text=f"\ufeff{TEXT}"))) == sorted(QUOTES)


def test_a_text_in_utf_16_is_read(tmp_path):
    assert words(read_codings(qdpx(tmp_path / "p.qdpx", *marked(*QUOTES), text=TEXT.encode("utf-16")))) \
        == sorted(QUOTES)  # fmt: skip


def test_without_quotations_the_reading_that_ends_at_words_is_taken_and_said_to_be_unproved(tmp_path):
    # NVivo stores no quotations and counts both characters of a line end.
    bare = [one.replace(f'name="{quote}"', 'name=""')
            for one, quote in zip(marked(*QUOTES, text=CRLF), QUOTES, strict=True)]  # fmt: skip
    read = read_codings(qdpx(tmp_path / "p.qdpx", *bare, text=CRLF))
    assert words(read) == sorted(QUOTES)
    assert (read.checked, set(read.codings["match"])) == (0, {"same_text"})
    assert "'call_ke.txt': the program stored no words for 4 of 4 codings" in read.notes[0]


def test_where_nothing_tells_how_offsets_count_it_is_said(tmp_path):
    text = "a b\r\nc d\r\ne f g h\r\n"  # g, or f where both characters of a line end count
    read = read_codings(qdpx(tmp_path / "p.qdpx", selection(12, 13), text=text))
    assert read.codings["match"].tolist() == ["by_position"]
    assert any("counted in code points" in note for note in read.notes)


def test_positions_for_a_name_are_no_quotation(tmp_path):
    # MAXQDA names a selection by its place.
    start = TEXT.index("We wait")
    read = read_codings(qdpx(tmp_path / "p.qdpx", selection(start, start + 7, f"{start},{start + 7}")))
    assert words(read) == ["We wait"]
    assert (read.checked, read.codings["quote"].tolist()) == (0, [""])


@pytest.mark.parametrize("stored", [
    "Funding  is\u00a0late. 😀 We wait.\tKE-02: Olá",  # other blanks
    "Funding is late. 😀 We wait. KE-02: Ola\u0301",  # another form of Unicode
    "Funding is late. 😀 We wait. KE…",  # cut short
    "Funding is late. 😀 We wait. KE...",
])  # fmt: skip
def test_blanks_and_an_ellipsis_do_not_make_a_quotation_another(tmp_path, stored):
    start, end = TEXT.index("Funding"), TEXT.index(", São")
    read = read_codings(qdpx(tmp_path / "p.qdpx", selection(start, end, stored)))
    assert (read.checked, read.matched) == (1, 1)
    assert read.codings["match"].tolist() == ["normalised"]


def test_a_line_break_in_a_quotation_survives_xml(tmp_path):
    start, end = TEXT.index("We wait"), TEXT.index("Olá")
    read = read_codings(qdpx(tmp_path / "p.qdpx", selection(start, end, TEXT[start:end])))
    assert read.matched == 1


def test_text_edited_after_coding_is_quarantined_side_by_side(tmp_path):
    edited = TEXT.replace("Welcome", "Welcome to all of you")
    read = read_codings(qdpx(tmp_path / "p.qdpx", *marked(*QUOTES), text=edited))
    assert read.codings.empty
    assert (read.checked, read.matched) == (4, 0)
    assert set(read.quarantined["quote"]) == set(QUOTES)
    assert set(read.quarantined["match"]) == {"different"}
    row = read.quarantined.iloc[0]
    assert row["found"] == edited[row["start"] : row["end"]]
    assert "'call_ke.txt': 4 of 4 passages are quarantined" in read.notes[0]


def test_one_wrong_quotation_quarantines_its_passage_alone(tmp_path):
    start = TEXT.index("Olá")
    wrong = selection(start, start + 3, "Ola", code="Voice")
    other = (
        '<TextSource guid="{}" name="call_pt.txt"><PlainTextContent>Bom dia</PlainTextContent>{}</TextSource>'
    )
    more = other.format("0" * 8 + "-1111-1111-1111-111111111111", selection(4, 7, "dia", user="bert"))
    file = qdpx(
        tmp_path / "p.qdpx", *marked("We wait"), wrong, f"</TextSource>{more[: -len('</TextSource>')]}"
    )
    read = read_codings(file)
    assert read.codings[["source", "match"]].to_numpy().tolist() == [
        ["call_ke.txt", "exact"], ["call_pt.txt", "exact"]]  # fmt: skip
    assert read.quarantined["match"].tolist() == ["different"]
    assert read.sources[["checked", "matched"]].to_numpy().tolist() == [[2, 1], [1, 1]]


def test_a_shortened_text_is_quarantined_even_where_a_stretch_lies_past_its_end(tmp_path):
    read = read_codings(qdpx(tmp_path / "p.qdpx", *marked(*QUOTES), text=TEXT[10:60]))
    assert read.codings.empty
    assert len(read.quarantined) == 4
    assert read.quarantined["found"].str.len().max() > 0


def test_a_name_that_people_gave_a_quotation_is_no_disproof(tmp_path):
    # The standard has a name alone; the other quotations of the text prove how its offsets count.
    start = TEXT.index("Olá")
    named = selection(start, start + 13, "a greeting in Brazil", code="Voice")
    read = read_codings(qdpx(tmp_path / "p.qdpx", *marked("We wait"), named, origin="ATLAS.ti 23"))
    assert read.codings[["match", "quote"]].to_numpy().tolist() == [["exact", "We wait"], ["same_text", ""]]


@pytest.mark.parametrize("names", [["line:6", "line:7", "line:8", "line:9"],
                                   ["Quote 1", "1:3 Quote", "", "7"],
                                   ["key", "", "waiting", "greeting"]])  # fmt: skip
def test_names_of_selections_are_names_and_all_codings_arrive(tmp_path, names):
    named = [one.replace(f'name="{quote}"', f'name="{name}"')
             for one, quote, name in zip(marked(*QUOTES), QUOTES, names, strict=True)]  # fmt: skip
    read = read_codings(qdpx(tmp_path / "p.qdpx", *named))
    assert words(read) == sorted(QUOTES)
    assert (read.checked, set(read.codings["match"]), read.quarantined.empty) == (0, {"same_text"}, True)


@pytest.mark.parametrize("name", ["Funding is late. 😀 We wai", "Funding is…",
                                  "“Funding is late. 😀 We wait.”"])  # fmt: skip
def test_a_name_that_abbreviates_its_passage_is_its_words(tmp_path, name):
    start, end = TEXT.index("Funding"), TEXT.index("\nKE-02")
    read = read_codings(qdpx(tmp_path / "p.qdpx", selection(start, end, name)))
    assert read.codings["match"].tolist() == ["normalised"]


def test_a_name_that_is_words_of_another_place_quarantines_its_passage(tmp_path):
    start = TEXT.index("We wait")
    read = read_codings(qdpx(tmp_path / "p.qdpx", *marked("Olá, São José"),
                             selection(start, start + 7, "Funding is late", code="Voice")))
    assert (read.codings["quote"].tolist(), read.quarantined["found"].tolist()) == (
        ["Olá, São José"], ["We wait"])


def test_a_passage_without_words_beside_a_wrong_one_is_quarantined_with_it(tmp_path):
    start = TEXT.index("Olá")
    wrong, bare = selection(start, start + 3, "Ola", code="Voice"), selection(start + 5, start + 8)
    read = read_codings(qdpx(tmp_path / "p.qdpx", *marked("We wait"), wrong, bare, selection(48, 50, "")))
    assert sorted(read.quarantined["match"]) == ["different", "same_text"]
    assert read.codings["match"].tolist() == ["same_text", "exact"]


@pytest.mark.parametrize(("start", "end", "said"), [
    (5, 5000, "is outside the text"), (5000, 5001, "is outside the text"), (9, 3, "not the start and end"),
    (-4, 3, "not the start and end"), (4, 4, "is empty"), ("four", 9, "not the start and end"),
    (3, "9" * 40, "not the start and end"), ("", "", "not the start and end"),
])  # fmt: skip
def test_a_stretch_that_is_none_is_a_fault(tmp_path, start, end, said):
    with pytest.raises(Faults, match=said) as caught:
        read_codings(qdpx(tmp_path / "p.qdpx", selection(start, end)))
    assert caught.value.faults[0].file == "p.qdpx"


def test_an_offset_inside_a_character_lies_nowhere(tmp_path):
    # In UTF-16 the emoji has two halves; the stretch ends between them.
    start, end = TEXT.index("late"), TEXT.index("😀")
    proof = marked("Olá, São José", count=utf16)
    with pytest.raises(Faults, match="is outside the text"):
        read_codings(qdpx(tmp_path / "p.qdpx", *proof, selection(start, end + 1, code="Voice")))


# Selections without words of their own, in a text with a byte order mark: as NVivo writes them.


def sentences(text, *, count=len):
    """A bare selection for each sentence of a text, from its first letter to its full stop."""
    spans = [(match.start(), match.end()) for match in re.finditer(r"[^\s:.?!][^:.?!]*[.?!]", text)]
    return [selection(count(text[:start]), count(text[:end])) for start, end in spans]


def as_marked(text):
    return sorted(match[0] for match in re.finditer(r"[^\s:.?!][^:.?!]*[.?!]", text))


@pytest.mark.parametrize("before", ["", "\ufeff"], ids=["mark not counted", "mark counted"])
@pytest.mark.parametrize("stored", [TEXT, CRLF], ids=["LF", "CRLF"])
def test_sentences_without_words_show_whether_the_byte_order_mark_counts(tmp_path, before, stored):
    # Read the other way, each begins with the blank before it and ends before its full stop.
    made = sentences(stored) if not before else sentences(stored, count=lambda text: len(text) + 1)
    read = read_codings(qdpx(tmp_path / "p.qdpx", *made, text=f"\ufeff{stored}", origin="NVivo"))
    assert words(read) == as_marked(TEXT)
    assert set(read.codings["match"]) == {"same_text"}


def test_the_other_texts_of_a_file_show_how_a_text_with_a_single_selection_counts(tmp_path):
    short = "a b\r\nc d\r\ne f g h\r\n"
    more = ('<TextSource guid="other" name="short.txt"><PlainTextContent>'
            + short.replace("\r", "&#13;") + f"</PlainTextContent>{selection(12, 13, code='Voice')}")
    file = qdpx(tmp_path / "p.qdpx", *sentences(CRLF), f"</TextSource>{more}", text=CRLF, origin="NVivo")
    read = read_codings(file)
    assert read.codings.loc[read.codings["source"] == "short.txt", "match"].tolist() == ["same_text"]
    assert words(read) == sorted([*as_marked(TEXT), short.replace("\r", "")[10]])


def test_a_selection_that_cuts_a_word_leaves_the_others_in_their_places(tmp_path):
    cut = selection(TEXT.index("elcome"), TEXT.index("elcome") + 3, code="Voice")
    read = read_codings(qdpx(tmp_path / "p.qdpx", *sentences(TEXT * 4), cut, text=f"\ufeff{TEXT * 4}",
                             origin="NVivo"))
    assert set(read.codings["match"]) == {"same_text"}
