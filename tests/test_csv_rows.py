"""One row of a CSV file is edited: every other byte stays, and the file reads back with that change alone."""

import csv
import io
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.errors import Faults
from glc_analysis.spreadsheets import (
    CsvRows,
    append_rows,
    find_encoding_that_preserves_bytes,
    read_utf8_unchanged,
)

LINE_ENDS = ("\n", "\r\n", "\r")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")


@dataclass
class Written:
    """A file as some program wrote it: its records, each with its line end, and what their cells say."""

    mark: str
    byte_order_mark: str
    records: list[str]
    cells: list[list[str]]

    @property
    def text(self):
        return self.byte_order_mark + "".join(self.records)

    def around(self, row):
        """What stands before and after a row."""
        return self.byte_order_mark + "".join(self.records[:row - 1]), "".join(self.records[row:])


def written_cell(cell, mark, is_quoted):
    if is_quoted or any(c in cell for c in (mark, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def files(draw, encodable="utf-8"):
    """Quotation marks and line ends differ from row to row; blank rows lie between; the last row may have no
    line end, and rows may leave out cells at their end."""
    mark = draw(st.sampled_from(",;\t"))
    width = draw(st.integers(2, 4))
    letters = f'ab1 é"\n{mark}' + ("✓ញ" if encodable != "cp1252" else "ñ")
    header = [f"column {n}" for n in range(width)]
    cells = st.lists(st.text(alphabet=letters, max_size=5), min_size=width, max_size=width)
    rows = [header, *draw(st.lists(st.one_of(cells, st.just([])), min_size=1, max_size=5))]
    records = []
    for n, row in enumerate(rows):
        quoted = draw(st.lists(st.booleans(), min_size=len(row), max_size=len(row)))
        end = draw(st.sampled_from(LINE_ENDS))
        if records and records[-1].endswith("\r") and not row and end == "\n":
            end = "\r\n"  # else the two would be one line end
        is_last = n == len(rows) - 1
        if is_last and row and any(row) and draw(st.booleans()):
            end = ""
        record = mark.join(written_cell(cell, mark, q) for cell, q in zip(row, quoted, strict=True)) + end
        records.append(record)
    byte_order_mark = draw(st.sampled_from(["", "\ufeff"])) if encodable.startswith("utf") else ""
    return Written(mark, byte_order_mark, records, rows)


def read(text, mark):
    """What a reader finds: every row, blank ones included, with line ends as LF."""
    body = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return list(csv.reader(io.StringIO(body), delimiter=mark, strict=True))


new_cells = st.text(alphabet='xy;,\t"\n ✓', max_size=5)


@given(file=files())
def test_a_file_that_is_not_edited_keeps_every_byte(file):
    assert CsvRows.from_text(file.text, "a.csv").text == file.text


@given(file=files(), data=st.data(), cell=new_cells)
def test_one_cell_changes_and_no_other_byte(file, data, cell):
    row = data.draw(st.integers(1, len(file.records)).filter(lambda n: file.cells[n - 1]))
    place = data.draw(st.integers(0, len(file.cells[0]) - 1))
    rows = CsvRows.from_text(file.text, "a.csv")
    rows.set_cell(row, file.cells[0][place], cell)
    before, after = file.around(row)
    assert rows.text.startswith(before) and rows.text.endswith(after)
    expected = [list(cells) for cells in file.cells]
    expected[row - 1][place] = cell
    assert read(rows.text, file.mark) == expected
    middle = rows.text[len(before):len(rows.text) - len(after)]
    old = file.records[row - 1]
    unchanged = [written for n, written in enumerate(rows._written_cells(old.rstrip("\r\n"))) if n != place]
    assert sum(map(len, unchanged)) + len(file.cells[0]) - 1 <= len(middle)
    assert all(written in middle for written in unchanged)


@given(file=files(), data=st.data(), cells=st.lists(new_cells, min_size=2, max_size=4))
def test_one_row_is_written_anew_and_no_other_byte_changes(file, data, cells):
    row = data.draw(st.integers(1, len(file.records)))
    rows = CsvRows.from_text(file.text, "a.csv")
    rows.replace(row, cells)
    before, after = file.around(row)
    assert rows.text.startswith(before) and rows.text.endswith(after)
    assert read(rows.text, file.mark) == [*file.cells[:row - 1], cells, *file.cells[row:]]


@given(file=files(), data=st.data())
def test_one_row_goes_and_no_other_byte_changes(file, data):
    row = data.draw(st.integers(1, len(file.records)))
    rows = CsvRows.from_text(file.text, "a.csv")
    rows.remove([row])
    before, after = file.around(row)
    assert rows.text == before + after
    rows = CsvRows.from_text(file.text, "a.csv")
    rows.clear(row)
    assert rows.text.startswith(before) and rows.text.endswith(after)
    assert rows.text[len(before):len(rows.text) - len(after)].strip("\r\n") == ""


@given(file=files(), data=st.data(), cell=new_cells)
def test_a_row_is_added_below_another_and_no_other_byte_changes(file, data, cell):
    above = data.draw(st.integers(1, len(file.records)))
    rows = CsvRows.from_text(file.text, "a.csv")
    rows.insert(above, {file.cells[0][-1]: cell, "no such column": "x"})
    before, after = file.around(above + 1)
    assert rows.text.startswith(before) and rows.text.endswith(after)
    added = [*[""] * (len(file.cells[0]) - 1), cell]
    assert read(rows.text, file.mark) == [*file.cells[:above], added, *file.cells[above:]]


@given(data=st.data(), encoding=st.sampled_from(ENCODINGS))
def test_a_file_keeps_its_encoding(tmp_path_factory, data, encoding):
    file = data.draw(files(encoding))
    path = tmp_path_factory.mktemp("encoded") / "a.csv"
    path.write_bytes(file.text.encode(encoding))
    rows = CsvRows.read(path)
    assert rows.content == path.read_bytes()
    rows.append({file.cells[0][0]: "Ana"})
    path.write_bytes(rows.content)
    assert read(CsvRows.read(path).text, file.mark)[-1] == ["Ana", *[""] * (len(file.cells[0]) - 1)]


def test_old_macintosh_line_ends_are_kept():
    rows = CsvRows.from_text("a,b\r1,2\r", "a.csv")
    rows.append({"b": "3"})
    assert rows.text == "a,b\r1,2\r,3\r"


def test_a_cell_that_its_row_leaves_out_is_added_before_the_line_end():
    rows = CsvRows.from_text("a;b;c\r\n1\r\n", "a.csv")
    rows.set_cell(2, "c", "x;y")
    assert rows.text == 'a;b;c\r\n1;;"x;y"\r\n'


def test_the_header_can_be_written_anew_behind_its_byte_order_mark():
    rows = CsvRows.from_text("\ufeffa;b\n1;2\n", "a.csv")
    rows.replace(1, ["a", "c"])
    assert rows.text == "\ufeffa;c\n1;2\n"


def test_several_rows_go_by_the_numbers_they_had():
    rows = CsvRows.from_text("a,b\n1,2\n3,4\n5,6\n", "a.csv")
    rows.remove([2, 4])
    assert rows.text == "a,b\n3,4\n"


def test_a_file_that_no_reader_can_parse_is_refused_as_they_refuse_it():
    with pytest.raises(Faults, match=r"a\.csv, row 2: cannot be parsed"):
        CsvRows.from_text('a,b\n"1"2,3\n', "a.csv")


def test_a_file_in_another_encoding_is_refused_where_any_language_must_fit(tmp_path):
    (tmp_path / "names.csv").write_bytes("name\nSueño\n".encode("cp1252"))
    with pytest.raises(Faults, match=r"names\.csv: is not in UTF-8"):
        read_utf8_unchanged(tmp_path / "names.csv")


@given(text=st.text(alphabet="aé;\n", min_size=1), encoding=st.sampled_from(ENCODINGS[:3]))
def test_an_encoding_gives_the_bytes_back(text, encoding):
    raw = text.encode(encoding)
    found = find_encoding_that_preserves_bytes(raw)
    assert raw.decode(found).encode(found) == raw


def test_rows_are_added_in_the_encoding_of_the_file_and_begin_one_that_is_not_there(tmp_path):
    path = tmp_path / "private" / "a.csv"
    append_rows(path, ("name", "note"), [])
    assert not path.exists()
    append_rows(path, ("name", "note"), [{"name": "Ana", "note": "ស"}])
    assert path.read_text(encoding="utf-8") == "name,note\nAna,ស\n"
    path.write_bytes("name;note\r\nJosé;sí\r\n".encode("cp1252"))
    append_rows(path, ("name", "note"), [{"note": "né", "name": "Bo"}])
    before = "name;note\r\nJosé;sí\r\nBo;né\r\n".encode("cp1252")
    assert path.read_bytes() == before
    with pytest.raises(Faults, match="is not in UTF-8"):
        append_rows(path, ("name", "note"), [{"name": "ស"}])
    assert path.read_bytes() == before
