"""Files of ratings: the long table as CSV and XLSX, and all that is wrong in one at once."""

import csv

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.convening.ratings import HEADER, VOTE_COLUMNS, read_ratings_file
from glc_analysis.errors import Faults

GOOD = [["1", "r07", "P01", "1", "9745af7abe75", "importance", "8", "نعم, but slowly", "yes"],
        ["1", "r07", "P01", "1", "9745af7abe75", "feasibility", "abstain", "", ""],
        ["1", "r07", "P02", "2", "b43d5801314a", "importance", "", "", ""]]


def csv_file(folder, rows, *, header=HEADER, end="\n"):
    path = folder / "1-r07.csv"
    cells = [[f'"{cell}"' if "," in cell else cell for cell in row] for row in [header, *rows]]
    path.write_bytes((end.join(map(",".join, cells)) + end).encode())
    return path


def changed(n, column, value):
    rows = [list(row) for row in GOOD]
    rows[n][HEADER.index(column)] = value
    return rows


def faults(path):
    with pytest.raises(Faults) as found:
        read_ratings_file(path)
    return [(fault.row, fault.column, fault.value) for fault in found.value.faults]


def test_a_vote_an_abstention_and_a_blank_are_told_apart(tmp_path):
    rows = read_ratings_file(csv_file(tmp_path, GOOD))
    assert tuple(rows.columns) == VOTE_COLUMNS
    assert rows["score"].tolist() == ["8", "", ""]
    assert rows["is_abstained"].tolist() == ["false", "true", "false"]
    assert rows["row"].tolist() == ["2", "3", "4"] and set(rows["file"]) == {"1-r07.csv"}
    assert rows.loc[0, "comment"] == "نعم, but slowly" and rows.loc[0, "may_be_read"] == "yes"


def test_a_workbook_of_the_same_header_says_the_same(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    sheet = book.create_sheet("votes")
    sheet.append(HEADER)
    for row in GOOD:  # numbers as a spreadsheet keeps them
        sheet.append([int(cell) if cell.isdecimal() else cell for cell in row])
    book.save(tmp_path / "votes.xlsx")
    from_book = read_ratings_file(tmp_path / "votes.xlsx").drop(columns="file")
    assert from_book.equals(read_ratings_file(csv_file(tmp_path, GOOD)).drop(columns="file"))


def test_semicolons_windows_line_ends_capitals_and_another_order_of_columns(tmp_path):
    path, order = tmp_path / "1-r07.csv", [*reversed(HEADER)]
    rows = [[row[HEADER.index(name)] for name in order] for row in changed(1, "score", "Abstain")]
    rows[0][order.index("may_be_read")], rows[0][order.index("criterion")] = "YES", " Importance "
    path.write_bytes("\r\n".join(map(";".join, [order, *rows])).encode("utf-16"))
    assert read_ratings_file(path).equals(read_ratings_file(csv_file(tmp_path, GOOD)))


@pytest.mark.parametrize("score", ["0", "10", "7-8", "7.5", "07", "+7", "seven", "½", "-", "7 8"])
def test_what_is_no_vote_is_a_fault_and_nothing_is_guessed(tmp_path, score):
    assert faults(csv_file(tmp_path, changed(0, "score", score))) == [("2", "score", score)]


@pytest.mark.parametrize(("column", "value"), [
    ("round_id", ""), ("rater_id", ""), ("principle_id", " "), ("version", ""), ("text_version", ""),
    ("criterion", "relevance"), ("criterion", ""), ("may_be_read", "maybe")])
def test_ids_are_needed_and_words_are_known(tmp_path, column, value):
    assert faults(csv_file(tmp_path, changed(0, column, value))) == [("2", column, value.strip())]


def test_a_principle_twice_is_a_fault_even_in_two_versions(tmp_path):
    twice = [*GOOD, ["1", "r07", "P02", "1", "x", "importance", "7", "", ""]]
    assert faults(csv_file(tmp_path, twice)) == [("5", "criterion", "importance")]


def test_other_raters_and_rounds_may_stand_in_one_file(tmp_path):
    others = [["1", "r08", *row[2:]] for row in GOOD] + [["2", *row[1:]] for row in GOOD]
    assert len(read_ratings_file(csv_file(tmp_path, [*GOOD, *others]))) == 9


def test_everything_wrong_comes_at_once(tmp_path):
    rows = [["1", "r07", "P01", "1", "x", "importance", "0", "", ""],
            ["1", "r07", "P01", "1", "x", "importance", "10", "", ""],
            ["1", "r07", "", "1", "x", "cost", "7-8", "", "perhaps"]]
    assert faults(csv_file(tmp_path, rows)) == [
        ("2", "score", "0"), ("3", "score", "10"), ("4", "principle_id", ""), ("4", "criterion", "cost"),
        ("4", "may_be_read", "perhaps"), ("4", "score", "7-8"), ("3", "criterion", "importance")]


def test_a_lacking_column_a_strange_one_and_one_that_stands_twice(tmp_path):
    header = [name for name in HEADER if name != "text_version"] + ["name", "score"]
    rows = [[cell for n, cell in enumerate(row) if n != 4] + ["Ana", "9"] for row in GOOD]
    assert faults(csv_file(tmp_path, rows, header=header)) == [
        ("1", "text_version", ""), ("1", "name", ""), ("1", "score", "")]


def test_a_file_without_a_vote(tmp_path):
    assert faults(csv_file(tmp_path, [])) == [("", "", "")]


anything = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=9)
usual = [["1"], ["r07"], ["P01", "P02", "P03"], ["1"], ["x"], ["importance", "feasibility"],
         ["1", "5", "9", "abstain", ""], ["Sí, but"], ["yes", "no", ""]]


@given(st.lists(st.tuples(*(st.one_of(*[st.sampled_from(words)] * 20, anything) for words in usual)),
                max_size=4))
def test_whatever_stands_in_the_cells_is_a_vote_of_the_scale_or_a_fault(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("any") / "votes.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    try:
        votes = read_ratings_file(path)
    except Faults as found:
        assert all(fault.file.startswith("votes.csv") and fault.fix for fault in found.faults)
    else:
        assert set(votes["score"]) <= {"", *"123456789"} and len(votes) <= len(rows)
        assert not votes.duplicated(["round_id", "rater_id", "principle_id", "criterion"]).any()
