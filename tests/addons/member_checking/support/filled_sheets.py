"""Sheets of a return, read and filled in as an organisation does."""

from openpyxl import load_workbook

from glc_analysis.addons.member_checking.answer_sheets import read_decisions_from_organisation_return


def sheet(path, heading):
    return [["" if cell is None else cell for cell in row] for row in load_workbook(path)[heading].values]


def fill_only(path, heading, **cells):
    book = load_workbook(path)
    for at, text in cells.items():
        book[heading][at] = text
    book.save(path)


def fill(path, heading, **cells):
    fill_only(path, heading, **cells)
    return read_decisions_from_organisation_return(path)
