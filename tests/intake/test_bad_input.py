"""Whatever is handed in, a mistake ends in our own error that names the file and the fix."""

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.errors import Faults, GLCError
from glc_analysis.intake.survey import read_survey


def workbook(*rows):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def archive(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"
WHOLE = workbook(["Q1", "Q2"], [1, 2])
BAD = {
    "empty.csv": b"",
    "blank.csv": b" \n \n",
    "marked.csv": b"\xef\xbb\xbf",
    "commas.csv": b",,\n,,\n",
    "header_only.csv": b"org,Q1\n",
    "picture.csv": PNG,
    "zeros.csv": bytes(400),
    "workbook.csv": WHOLE,
    "half_utf_16.csv": "Q1\nyes\n".encode("utf-16")[:-1],
    "japanese.csv": "質問,回答\nはい,いいえ\n".encode("shift_jis"),
    "empty.xlsx": b"",
    "text.xlsx": b"org,Q1\n1,a\n",
    "half.xlsx": WHOLE[: len(WHOLE) // 2],
    "archive.xlsx": archive(note="hello"),
    "broken.xlsx": archive(**{"[Content_Types].xml": "<Types", "xl/workbook.xml": "<workbook"}),
    "no_cells.xlsx": workbook(),
    "header_only.xlsx": workbook(["org", "Q1"]),
    "empty.sav": b"",
    "text.sav": b"org,Q1\n1,a\n",
    "mark_only.sav": b"$FL2 and then nothing",
    "old.xls": b"\xd0\xcf\x11\xe0",
    "notes.docx": b"PK",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_faults_that_name_it_and_the_fix(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BAD[name])
    with pytest.raises(Faults) as caught:
        read_survey(path)
    assert all(fault.file.startswith(name) and fault.fix for fault in caught.value.faults)


@pytest.mark.parametrize("name", ["absent.csv", "absent.xlsx", "absent.sav"])
def test_a_missing_file_or_a_folder_in_its_place_is_a_fault(tmp_path, name):
    with pytest.raises(Faults, match=name):
        read_survey(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(Faults, match=name):
        read_survey(tmp_path / name)


@given(content=st.binary(max_size=300), ending=st.sampled_from(["csv", "txt", "xlsx", "sav"]))
def test_no_content_raises_anything_but_our_error(tmp_path_factory, content, ending):
    path = tmp_path_factory.getbasetemp() / f"any.{ending}"
    path.write_bytes(content)
    try:
        survey = read_survey(path)
    except GLCError:
        return
    assert len(survey.frame) == len(survey.rows) > 0


@given(cut=st.integers(0, len(WHOLE) - 1), byte=st.binary(min_size=1, max_size=4))
def test_a_damaged_workbook_is_read_or_refused(tmp_path_factory, cut, byte):
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(WHOLE[:cut] + byte + WHOLE[cut + len(byte) :])
    try:
        read_survey(path)
    except GLCError as error:
        assert "damaged.xlsx" in str(error)
