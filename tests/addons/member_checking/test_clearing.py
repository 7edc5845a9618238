"""Clearing: what organisations are asked about their quotations, and what comes back from them."""

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis.addons.member_checking.answer_sheets import (
    SHEET_DECISIONS,
    SHEET_KINDS,
    SHEET_PHRASES,
    read_decisions_from_organisation_return,
)
from glc_analysis.addons.member_checking.clearing import (
    QuotationTables,
    apply_clearance_to_quotations_and_consents,
    list_decided_cell_changes,
    write_quotation_clearance_workbook,
)
from glc_analysis.disclosure.quotations import list_rules_broken_by_quotes
from glc_analysis.errors import Faults
from glc_analysis.templates import read_csv_texts_by_language
from tests.support.quotations import (
    LABELS,
    LANGUAGES,
    QUOTED,
    SEGMENTS,
    YES,
    answer,
    changed,
    coded,
    quote,
    written,
)


def held_of(quotes, **held):
    return QuotationTables(*answer(quotes, **held))


def rules(quotes, **held):
    """The rules that keep a row back."""
    return list_rules_broken_by_quotes(*answer(quotes, **held))["rule"].tolist()


def asked(tmp_path, *quotes, labels=LABELS, languages=LANGUAGES, **held):
    path = tmp_path / "clear.xlsx"
    rows = pd.concat([row.assign(quote_id=f"q{n}") for n, row in enumerate(quotes, 1)], ignore_index=True)
    write_quotation_clearance_workbook(path, held_of(rows, **held), organisation_names=labels,
                                       languages=languages)
    return path, rows


def proposed(segment="call-1.2", text="We wait.", audience="public", **cells):
    blank = dict.fromkeys(["cleared_by_organisation", "cleared_on", "second_reader"], "")
    return quote(segment, text, audience, **{"status": "proposed", **blank, **cells})


def fill(path, sheet=0, **cells):
    book = load_workbook(path)
    for at, text in cells.items():
        book.worksheets[sheet][at] = text
    book.save(path)
    return path


def test_each_organisation_is_asked_in_its_language_about_its_own_words_only(tmp_path):
    path, _ = asked(tmp_path, proposed(), proposed("int-es.1", "Llegan"), proposed("int-ar.1", "نبدأ بالشاي"))
    book = load_workbook(path)
    assert book.sheetnames == ["Lamp  Street  One", "Luz", "شجرة التين"]
    assert [sheet.sheet_view.rightToLeft for sheet in book] == [False, False, True]
    lamp, luz, fig = ([list(row) for row in sheet.values] for sheet in book)
    assert lamp[1] == ["Quotation no.", "Your words", "Who would read it",
                       "What readers will see as its source", "As we recorded it", "Decision",
                       "Changed words", "Name", "Date"]
    assert lamp[2][:4] == ["q1", "We wait.", "everybody: it is published (in the language you spoke)",
                           "a provider"]
    assert luz[1][5:] == ["Decisión", "Palabras cambiadas", "Nombre", "Fecha"]
    assert luz[2][2:4] == ["cualquier persona: se publica (en el idioma en que usted habló)",
                           "una organización proveedora"]
    assert [row[1] for row in (luz[2], fig[2])] == ["Llegan", "نبدأ بالشاي"]
    assert len(lamp) == len(luz) == len(fig) == 3


def test_the_convening_would_see_the_name_that_the_sheet_says(tmp_path):
    path, _ = asked(tmp_path, proposed(audience="convening"))
    assert load_workbook(path).active["D3"].value == "Lamp [Street]/One"


def test_nobody_is_asked_about_what_no_clearance_could_free(tmp_path):
    held = {"codings": coded(("call-1.3", "case_detail", "ana", "")),
            "consent": written(("lamp", "lamp-1", "quotation", "convening", "false"))}
    path, _ = asked(tmp_path, proposed("call-1.3", "I listen"), proposed(text="We never."), quote(),
                    proposed(audience="convening"), proposed("call-1.4", "it takes time"), proposed(),
                    **held)
    assert [row[0] for row in load_workbook(path).active.values][2:] == ["q6"]


def test_no_words_are_run_as_a_formula(tmp_path):
    evil = changed(SEGMENTS, 1, text='=HYPERLINK("x")\x0b')
    path, _ = asked(tmp_path, proposed(text='=HYPERLINK("x")'), segments=evil)
    cell = load_workbook(path).active["B3"]
    assert (cell.data_type, cell.quotePrefix, cell.value) == ("s", True, '=HYPERLINK("x")')


def test_the_same_quotations_give_the_same_bytes(tmp_path):
    first = asked(tmp_path, proposed(), proposed("int-es.1", "Llegan"))[0].read_bytes()
    path, _ = asked(tmp_path, proposed(), proposed("int-es.1", "Llegan"), segments=SEGMENTS[::-1])
    assert first == path.read_bytes()


def test_an_approval_clears_by_name_and_day_after_it_was_shown(tmp_path):
    path, rows = asked(tmp_path, proposed(), proposed("call-1.3", "I listen"))
    back = read_decisions_from_organisation_return(fill(path, F3="Approve ", H3="Grace", I3="2017-03-01",
                                                        F4="approve"))
    diff = list_decided_cell_changes(back, held_of(rows))
    assert diff.to_numpy().tolist() == [
        ["quotes", f"q{n}", column, before, after] for n in (1, 2) for column, before, after in (
            ("cleared_by_organisation", "", "Grace"), ("cleared_on", "", "2017-03-01"),
            ("status", "proposed", "cleared"))]
    quotes, consent = apply_clearance_to_quotations_and_consents(back, held_of(rows))
    assert quotes["status"].tolist() == ["cleared"] * 2 and consent.equals(YES)
    assert rows["status"].tolist() == ["proposed"] * 2
    assert rules(quotes.assign(second_reader="Ines")) == []


def test_a_spanish_sheet_comes_back_in_spanish(tmp_path):
    path, rows = asked(tmp_path, proposed("int-es.1", "Llegan"))
    back = read_decisions_from_organisation_return(fill(path, F3="Hablar con nosotros"))
    assert apply_clearance_to_quotations_and_consents(back, held_of(rows))[0]["status"].tolist() == ["talk"]


def test_an_approval_is_the_consent_where_none_is_written_and_none_where_it_was_refused(tmp_path):
    path, rows = asked(tmp_path, proposed(), consent=YES[~QUOTED])
    back = read_decisions_from_organisation_return(fill(path, F3="approve", H3="Grace", I3="2017-03-01"))
    quotes, consent = apply_clearance_to_quotations_and_consents(back, held_of(rows, consent=YES[~QUOTED]))
    assert consent.iloc[-1].tolist() == ["lamp", "", "quotation", "public", "true", "cleared quotation",
                                         "2017-03-01", ""]
    assert list_decided_cell_changes(back, held_of(rows, consent=YES[~QUOTED])).iloc[-3].tolist() == [
        "consent", "lamp /  / quotation / public", "is_given", "", "true"]
    assert rules(quotes.assign(second_reader="Ines"), consent=consent) == []
    no = changed(YES, QUOTED, is_given="false")
    quotes, consent = apply_clearance_to_quotations_and_consents(back, held_of(rows, consent=no))
    assert (quotes["status"].tolist(), consent.equals(no)) == (["talk"], True)


def test_changed_words_are_cleared_only_where_the_passage_holds_them(tmp_path):
    path, rows = asked(tmp_path, proposed(second_reader="Ines"), proposed(text="We wait. Then"))
    back = read_decisions_from_organisation_return(fill(path, F3="change", G3="We wait […] at [a place]",
                                                        H3="Grace", I3="2017-03-01",
                                                        F4="change", G4="We always wait"))
    quotes, _ = apply_clearance_to_quotations_and_consents(back, held_of(rows))
    assert quotes[["text", "status", "second_reader"]].to_numpy().tolist() == [
        ["We wait […] at [a place]", "cleared", ""], ["We always wait", "changed", ""]]


def test_what_is_removed_stays_so_even_if_an_older_sheet_says_yes(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_decisions_from_organisation_return(fill(path, F3="remove", H3="Grace", I3="2017-03-01"))
    quotes, _ = apply_clearance_to_quotations_and_consents(back, held_of(rows))
    assert quotes["status"].tolist() == ["removed"]
    yes = back.assign(decision="approve")
    with pytest.raises(Faults, match="q1.*removed before"):
        apply_clearance_to_quotations_and_consents(yes, held_of(quotes))


def test_a_clearance_of_other_words_than_todays_is_none(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_decisions_from_organisation_return(fill(path, F3="approve", H3="Grace", I3="2017-03-01"))
    with pytest.raises(Faults, match="q1.*has changed since"):
        list_decided_cell_changes(back, held_of(rows.assign(text="We wait. Then")))
    with pytest.raises(Faults, match="q1.*not the number of a quotation"):
        list_decided_cell_changes(back, held_of(rows.assign(quote_id="q9")))


def test_a_blank_decision_is_none(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_decisions_from_organisation_return(fill(path, H3="Grace", I3="2017-03-01"))
    assert len(back) == 0 and list_decided_cell_changes(back, held_of(rows)).empty


def test_all_faults_of_a_returned_sheet_come_at_once(tmp_path):
    path, _ = asked(tmp_path, *[proposed()] * 6)
    with pytest.raises(Faults) as raised:
        read_decisions_from_organisation_return(fill(path, F3="aprove", H3="Grace", I3="2017-03-01",
                                                     F4="change", F5="approve", G5="Other", G6="Words",
                                                     A7="q1", F7="remove", F8="remove", I8="tomorrow"))
    rows = [(fault.row, fault.column) for fault in raised.value.faults]
    assert rows == [("3", "quotation"), ("3", "decision"), ("4", "changed"), ("5", "changed"),
                    ("6", "decision"), ("7", "quotation"), ("8", "name, date")]


def test_columns_may_be_moved_and_notes_added_but_no_box_be_lost(tmp_path):
    path, _ = asked(tmp_path, proposed())
    book = load_workbook(path)
    book.create_sheet("Notes")["A1"] = "Thank you!"
    book.active.insert_cols(1)
    book.active["A3"] = "ours"
    book.save(path)
    assert read_decisions_from_organisation_return(fill(path, G3="talk to us"))["id"].tolist() == ["q1"]
    with pytest.raises(Faults, match="a column of the sheet is missing, or occurs twice"):
        read_decisions_from_organisation_return(fill(path, G2=None))
    with pytest.raises(Faults, match="has none of the sheets of a return"):
        read_decisions_from_organisation_return(fill(path, G2=None, B2=None))


def test_every_fixed_text_is_there_in_every_language_and_leads_back():
    known = read_csv_texts_by_language(*SHEET_PHRASES)
    english = known["en"]
    for language, said in known.items():
        assert set(said) == set(english) and all(said.values()), language
    boxes = ("words", "understood", "decision", "changed", "name", "date")
    for keys in ((*SHEET_KINDS, *boxes), SHEET_DECISIONS):
        meant = {(said[key].casefold(), key) for said in known.values() for key in keys}
        assert len({text for text, _ in meant}) == len(meant)
    assert all(known["es"][f"{kind}s"] != english[f"{kind}s"] for kind in SHEET_KINDS)


def test_where_nothing_is_proposed_nobody_is_asked(tmp_path):
    nothing = held_of(quote()[:0])
    assert write_quotation_clearance_workbook(tmp_path / "a.xlsx", nothing, organisation_names={},
                                              languages={}) == 0
    assert not (tmp_path / "a.xlsx").exists()
