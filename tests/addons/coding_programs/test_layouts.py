"""Tables of coded passages as MAXQDA, ATLAS.ti, Dedoose and NVivo write them."""

import docx
import pytest
from openpyxl import Workbook

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings


def read(tmp_path, content, **given):
    (tmp_path / "codings.csv").write_text(content, encoding="utf-8")
    return read_codings(tmp_path / "codings.csv", **given)


def rows(raw):
    return raw.codings[["source", "quote", "code", "coder"]].values.tolist()


def test_a_path_of_maxqda_becomes_the_tree_of_codes(tmp_path):
    raw = read(tmp_path, "Document name,Code,Beginning,End,Segment\nA,Care > Rest,3,3,We wait\n", coder="ana")
    assert rows(raw) == [["A", "We wait", "Care > Rest", "ana"]]
    assert raw.codes[["code", "parent"]].values.tolist() == [["Care", ""], ["Care > Rest", "Care"]]


def test_paragraphs_of_maxqda_are_not_read_as_places(tmp_path):
    raw = read(tmp_path, "Document name,Code,Beginning,End,Segment\nA,Rest,3,3,We wait\n")
    assert raw.codings[["start", "end"]].values.tolist() == [[-1, -1]]


@pytest.mark.parametrize("header", ["Nazwa dokumentu,Kod,Fragment,Autor", "Dokumentname,Code,Segment,Autor"])
def test_maxqda_in_other_languages_is_known(tmp_path, header):
    assert rows(read(tmp_path, f"{header}\nA,Rest,We wait,eva\n")) == [["A", "We wait", "Rest", "eva"]]


@pytest.mark.parametrize("cell", ['"Rest\nWork"', '"Rest; Work"', "Rest;Work"])
def test_atlas_ti_writes_several_codes_into_a_cell(tmp_path, cell):
    raw = read(tmp_path, "ID,Quotation Name,Document,Quotation Content,Codes,Created by\n"
                         f"1:1,line:6,A,We wait,{cell},Ana\n1:2,,B,No,,Ana\n")
    assert rows(raw) == [["A", "We wait", "Rest", "Ana"], ["A", "We wait", "Work", "Ana"]]
    assert raw.sources["source"].tolist() == ["A", "B"]  # B was read and left uncoded


def test_where_codes_stand_on_lines_a_semicolon_belongs_to_a_name(tmp_path):
    raw = read(tmp_path, "Document,Quotation Content,Codes\nA,We wait,\"Rest\nPolice; border\"\nA,No,a; b\n")
    assert sorted(raw.codings["code"]) == ["Police; border", "Rest", "a; b"]


@pytest.mark.parametrize("header", ["Document name,Code,Segment,Code", "Document name,Code,Segment,Kod"])
def test_two_columns_of_one_meaning_are_a_fault(tmp_path, header):
    with pytest.raises(Faults, match="row 1.*another column of the table has the same meaning"):
        read(tmp_path, f"{header}\nA,Rest,We wait,Work\n")


@pytest.mark.parametrize("content", [
    "\ufeffDocument name,Code,Segment\r\nA,Rest,We wait\r\n", "Document name;Code;Segment\nA;Rest;We wait\n",
    "Document  name\tCODE\tsegment\nA\tRest\tWe wait\n"])
def test_marks_line_ends_and_the_case_of_names_make_no_difference(tmp_path, content):
    (tmp_path / "codings.csv").write_bytes(content.encode("utf-8"))
    assert rows(read_codings(tmp_path / "codings.csv")) == [["A", "We wait", "Rest", ""]]


def test_any_script_is_read_as_it_is_written(tmp_path):
    raw = read(tmp_path, "Document name,Code,Segment\nمقابلة ١,الانتظار > شهور,ننتظر 😀\n"
                         "សំភាសន៍,សេវា,យើងរង់ចាំ\n")
    assert sorted(row[1:3] for row in rows(raw)) == [["ننتظر 😀", "الانتظار > شهور"], ["យើងរង់ចាំ", "សេវា"]]


def test_the_workbook_of_atlas_ti_with_a_sheet_a_code_names_no_documents(tmp_path):
    book = Workbook()
    book.active.title = "Rest"
    book.active.append(["ID", "Quotation Content"])
    book.active.append(["1:1", "We wait"])
    book.save(tmp_path / "codes.xlsx")
    with pytest.raises(Faults, match="does not name the documents"):
        read_codings(tmp_path / "codes.xlsx")


DEDOOSE = ("Media Title,Excerpt Copy,Excerpt Creator,Codes Applied Combined,Code: Care Applied,"
           "Code: Care Range,Code: Care\\Rest Applied\n")


def test_dedoose_has_a_column_a_code_with_its_path(tmp_path):
    raw = read(tmp_path, DEDOOSE + 'A.docx,We wait,ana,"Care, Rest",True,0-9,True\n'
                                   'A.docx,No,ben,,False,,False\n')
    assert rows(raw) == [["A.docx", "We wait", "Care", "ana"], ["A.docx", "We wait", "Care > Rest", "ana"]]
    assert raw.codes["code"].tolist() == ["Care", "Care > Rest"]


def test_a_cell_of_dedoose_that_is_no_tick_is_a_fault(tmp_path):
    with pytest.raises(Faults, match="row 2.*'maybe'.*not a tick of the code"):
        read(tmp_path, DEDOOSE + "A,We wait,ana,Care,maybe,,False\n")


def test_nvivo_has_its_own_names_of_columns(tmp_path):
    raw = read(tmp_path, "File Name,Hierarchical Name,Coded Text,Coded By\nA,Care\\Rest,We wait,ana\n")
    assert rows(raw) == [["A", "We wait", "Care > Rest", "ana"]]


def test_a_passage_without_words_is_counted_and_never_stands_for_the_whole_document(tmp_path):
    raw = read(tmp_path, "Document name,Code,Segment\nA,Rest,\nA,Rest,We wait\n")
    assert rows(raw) == [["A", "We wait", "Rest", ""]]
    assert any("have no words (such as pictures and sound): 1." in note for note in raw.notes)


def test_a_row_without_a_document_is_a_fault(tmp_path):
    with pytest.raises(Faults, match="row 3: the row names no document"):
        read(tmp_path, "Document name,Code,Segment\nA,Rest,We wait\n,Rest,No\n")


NVIVO = """<Files\\\\Round 1\\\\Blue Door> - § 2 references coded  [ 6.78% Coverage]

Reference 1 - 5.80% Coverage

We wait.
For months.

Reference 2 - 0.98% Coverage

Papers.

<Files\\\\Casa Azul> - § 3 references coded  [ 1.10% Coverage]

References 1-2 - 1.00% Coverage

Nobody asked us.

Reference 3 - 0.10% Coverage

No.
"""


def nvivo(tmp_path, text, name="Waiting.txt"):
    path = tmp_path / name
    if name.endswith(".docx"):
        book = docx.Document()
        for line in text.splitlines():
            book.add_paragraph(line)
        book.save(path)
    else:
        path.write_text(text, encoding="utf-8")
    return read_codings(path, coder="ana")


@pytest.mark.parametrize("name", ["Waiting.txt", "Waiting.docx"])
def test_the_references_of_a_code_of_nvivo_name_documents_and_passages(tmp_path, name):
    found = [[row[0], " ".join(row[1].split()), *row[2:]] for row in rows(nvivo(tmp_path, NVIVO, name))]
    assert sorted(found) == [
        ["Blue Door", "Papers.", "Waiting", "ana"], ["Blue Door", "We wait. For months.", "Waiting", "ana"],
        ["Casa Azul", "No.", "Waiting", "ana"], ["Casa Azul", "Nobody asked us.", "Waiting", "ana"]]


def test_references_of_nvivo_that_were_cut_are_noticed(tmp_path):
    with pytest.raises(Faults, match="'Casa Azul' has 2 references, but the file states 3"):
        nvivo(tmp_path, NVIVO[:NVIVO.index("Reference 3")])


def test_a_transcript_is_no_list_of_references(tmp_path):
    with pytest.raises(Faults, match="a column is missing"):
        nvivo(tmp_path, "Ana: We wait.\nBen: Why?\n")


def test_an_unknown_table_is_told_what_each_layout_lacks(tmp_path):
    with pytest.raises(Faults) as caught:
        read(tmp_path, "Interview,Code,Segment\nA,Rest,We wait\n")
    said = str(caught.value)
    assert "for MAXQDA coded segments: Document name;" in said
    assert "for ATLAS.ti quotations: Document, Quotation Content, Codes;" in said
    assert "for Dedoose excerpts: Media Title, Excerpt Copy, Code: ... Applied;" in said
    assert "docs/coding-files.md" in said


def test_the_real_maxqda_export_in_polish_is_read_whole(shared_data):
    raw = read_codings(shared_data / "coded_segment_exports/maxqda_2018_pl_real.xls")
    assert len(raw.sources) == 39 and set(raw.codings["coder"]) == {"agata"}
    assert len(raw.codes) == 7
    merged = [int(note.split()[-1].rstrip(".")) for note in raw.notes if note.startswith("Duplicate")]
    assert len(raw.codings) + sum(merged) == 402


@pytest.mark.parametrize(("name", "n", "codes", "coders"), [
    ("maxqda_24_en_invented.xlsx", 3, 4, {""}),
    ("dedoose_chart_excerpts_invented.xlsx", 3, 3, {"ana", "bert"}),
    ("atlasti_quotation_manager_en_invented.xlsx", 3, 3, {"Ana", "Bert"}),
    ("atlasti_quotation_manager_en_invented.csv", 3, 3, {"Ana", "Bert"})])
def test_the_header_of_each_program_is_known(shared_data, name, n, codes, coders):
    raw = read_codings(shared_data / "coded_segment_exports" / name)
    assert (len(raw.codings), len(raw.codes), set(raw.codings["coder"])) == (n, codes, coders)


def test_printed_segments_of_maxqda_keep_their_two_hundred_and_sixty_codings_and_tree(shared_data):
    raw = read_codings(shared_data / "pdpilot_interviews/coded_segments.csv")
    assert len(raw.codings) == 260 and raw.codings["code"].nunique() == 76
    assert set(raw.codes["parent"]) <= {"", *raw.codes["code"]}
