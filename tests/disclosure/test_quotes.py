"""Quotations: which passage may be printed for whom, and what comes back from those who spoke."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from glc_analysis.disclosure.quotations import (
    QUOTATION_RULES,
    QUOTES_COLUMNS,
    _agreed_codes,
    locate_quotation,
    printable_quotes,
    quotes_faults,
    refused_quotes,
)
from glc_analysis.errors import Faults, UsageError
from glc_analysis.publish.answer_sheets import SHEET_DECISIONS, SHEET_KINDS, SHEET_PHRASES, read_filled
from glc_analysis.publish.clearing import (
    QuotationTables,
    apply_decisions,
    decided_changes,
    write_to_clear,
)
from glc_analysis.templates import languages

CODEBOOK = pd.DataFrame(
    [("needs", "", "theme", ""), ("time", "needs", "code", ""), ("peers", "needs", "code", ""),
     ("case_detail", "needs", "code", ""), ("injury", "case_detail", "code", "")],
    columns=["code_id", "parent_id", "level", "merged_into"])  # fmt: skip
DOCUMENTS = pd.DataFrame(
    [("call-1", "call", "", "2016-09-07", "en", False, ""),
     ("int-es", "interview", "luz", "2016-06-10", "es", False, ""),
     ("int-en", "interview", "luz", "2016-06-10", "en", False, "int-es"),
     ("int-ar", "interview", "fig", "2016-06-16", "ar", True, "")],
    columns=["document_id", "kind", "organisation_id", "date", "language", "is_interpreted",
             "translation_of"])  # fmt: skip
SEGMENTS = pd.DataFrame(
    [("call-1.1", "call-1", 9, "i-1", "interviewer", "", "en", "", "", "Who would like to begin?"),
     ("call-1.2", "call-1", 60, "lamp-1", "participant", "lamp", "en", "", "",
      "We wait.  Then Person 12 said “stay” to all the sellers at Place 3."),
     ("call-1.3", "call-1", 200, "lamp-2", "participant", "lamp", "en", "", "", "And I listen, mostly."),
     ("call-1.4", "call-1", 300, "ip-1", "interpreter", "", "en", "", "", "She says that it takes time."),
     ("int-es.1", "int-es", 7, "luz-1", "participant", "luz", "es", "", "", "Llegan por la radio."),
     ("int-en.1", "int-en", 7, "luz-1", "participant", "luz", "en", "int-es.1", "checked",
      "They come by the village radio."),
     ("int-ar.1", "int-ar", 7, "fig-1", "participant", "fig", "ar", "", "", "نبدأ بالشاي وبالسؤال."),
     ("int-ar.2", "int-ar", 60, "ip-2", "interpreter", "", "ar", "", "", "We begin with tea.")],
    columns=["segment_id", "document_id", "start", "speaker_id", "role", "organisation_id", "language",
             "translation_of", "translation_status", "text"])  # fmt: skip
SEGMENTS = SEGMENTS.assign(end=SEGMENTS["start"] + SEGMENTS["text"].str.len(), country_id="XXX")
YES = pd.DataFrame([(o, "", item, audience, "true", "1", "2016-03-04") for o in ("fig", "lamp", "luz")
                    for item in ("quotation", "name") for audience in ("convening", "public")],
                   columns=["organisation_id", "speaker_id", "item", "audience", "is_given", "form_version",
                            "date"])  # fmt: skip
QUOTED = (YES["organisation_id"] == "lamp") & (YES["item"] == "quotation") & (YES["audience"] == "public")
LABELS = {"lamp": "Lamp [Street]/One", "luz": "Luz", "fig": "شجرة التين"}
LANGUAGES = {"lamp": "en", "fig": "ar"}


def coded(*rows):
    """Rows of codings: segment, code, coder, and the words coded (the whole segment)."""
    found = []
    for segment_id, code, coder, words in rows:
        segment = SEGMENTS.set_index("segment_id").loc[segment_id]
        start = segment["start"] + segment["text"].index(words)
        end = start + len(words or segment["text"])
        found.append((segment["document_id"], start, end, code, coder, segment_id))
    columns = ["document_id", "start", "end", "code_id", "coder_id", "segment_ids"]
    return marked_as_placed(pd.DataFrame(found, columns=columns))


def marked_as_placed(codings):
    return codings.assign(marked_start=codings["start"], marked_end=codings["end"])


CODINGS = coded(("call-1.2", "time", "consensus", "We wait."), ("call-1.2", "needs", "ana", ""),
                ("call-1.2", "peers", "consensus", "said “stay”"), ("int-es.1", "peers", "consensus", ""))


def quote(segment="call-1.2", text="We wait.", audience="public", **cells):
    """One cleared row of quotes.csv; for the public it was read by a second person."""
    row = {"quote_id": "q1", "segment_id": segment, "text": text, "audience": audience, "status": "cleared",
           "cleared_by_organisation": "Grace", "cleared_on": "2017-02-01",
           "second_reader": "Ines" if audience == "public" else ""}
    return pd.DataFrame([row | cells], columns=list(QUOTES_COLUMNS), dtype="str")


def answer(quotes, *, codings=CODINGS, segments=SEGMENTS, consent=YES, codebook=CODEBOOK):
    return QuotationTables(quotes, codings, segments, DOCUMENTS, consent, codebook)


def rules(quotes, **held):
    """The rules that keep a row back; a row kept back for any is printed for nobody."""
    found = refused_quotes(*answer(quotes, **held))["rule"].tolist()
    audience = quotes["audience"].iloc[0]
    assert len(printable_quotes(*answer(quotes, **held), audience=audience)) == (0 if found else len(quotes))
    return found


def changed(frame, where, **cells):
    frame = frame.copy()
    for column, value in cells.items():
        frame.loc[where, column] = value
    return frame


def written(*rows):
    return pd.concat([YES, pd.DataFrame([(*row, "1", "2016-03-04") for row in rows], columns=YES.columns)],
                     ignore_index=True)


# What is printed


def test_a_cleared_passage_is_printed_with_its_codes_and_without_its_source():
    rows = printable_quotes(*answer(quote()), audience="public", labels=LABELS)
    assert rows.to_dict("records") == [{"quote_id": "q1", "text": "We wait.", "language": "en", "wording": "",
                                        "source": "a provider", "code_ids": "time", "theme_ids": "needs"}]


def test_the_convening_reads_the_organisation_only_where_it_agreed_to_be_named():
    rows = printable_quotes(*answer(quote(audience="convening")), audience="convening", labels=LABELS)
    assert rows["source"].tolist() == ["Lamp [Street]/One"]
    unnamed = YES[~((YES["item"] == "name") & (YES["audience"] == "convening"))]
    held = answer(quote(audience="convening"), consent=unnamed)
    assert printable_quotes(*held, audience="convening", labels=LABELS)["source"].tolist() == ["a provider"]


def test_the_convening_reads_no_name_that_the_speaker_refused():
    consent = written(("lamp", "lamp-1", "quotation", "convening", "true"),
                      ("lamp", "lamp-1", "name", "convening", "false"))
    held = answer(quote(audience="convening"), consent=consent)
    assert printable_quotes(*held, audience="convening", labels=LABELS)["source"].tolist() == ["a provider"]


def test_what_was_cleared_for_one_audience_is_not_for_the_other():
    assert len(printable_quotes(*answer(quote(audience="convening")), audience="public")) == 0
    assert len(printable_quotes(*answer(quote(audience="public")), audience="convening")) == 0


def test_pseudonyms_do_not_leave_the_team():
    text = "Then Person 12 said “stay” to all the sellers at Place 3."
    for audience in ("convening", "public"):
        found = printable_quotes(*answer(quote(text=text, audience=audience)), audience=audience)
        assert found["text"].tolist() == [
            "Then [a person] said “stay” to all the sellers at [a place]."]
    assert printable_quotes(*answer(quote(text=text)), audience="team")["text"].tolist() == [text]


def test_the_order_of_quotations_tells_nothing():
    rows = pd.concat([quote(text="We wait."), quote("call-1.3", "And I listen", quote_id="q2")])
    assert printable_quotes(*answer(rows), audience="public")["text"].tolist() == ["And I listen", "We wait."]


def test_the_team_reads_all_that_was_not_taken_back_with_where_it_comes_from():
    rows = pd.concat([quote(status="proposed"), quote(status="removed", quote_id="q2")])
    found = printable_quotes(*answer(rows, consent=YES[:0]), audience="team", labels=LABELS)
    assert found[["quote_id", "source", "segment_id", "organisation_id", "status"]].to_numpy().tolist() == [
        ["q1", "Lamp [Street]/One", "call-1.2", "lamp", "proposed"]]


@given(st.lists(st.tuples(st.sampled_from([*SEGMENTS["segment_id"]]), st.sampled_from(["time", "peers"]),
                          st.sampled_from(["consensus", "ana"]), st.integers(0, 20), st.integers(1, 15)),
                max_size=12))
def test_codes_are_found_as_by_looking_through_all_codings(rows):
    """Those of the consensus on the words themselves, or on a segment that is linked by translation."""
    at = SEGMENTS.set_index("segment_id")
    columns = ["document_id", "start", "end", "code_id", "coder_id", "segment_ids"]
    codings = coded()[columns].astype({"start": int, "end": int})
    for n, (segment, code, coder, start, length) in enumerate(rows):
        begin = int(at.loc[segment, "start"]) + start
        codings.loc[n] = [at.loc[segment, "document_id"], begin, begin + length, code, coder, segment]
    quoted = SEGMENTS[["segment_id", "start"]].assign(place=[(2, 9)] * len(SEGMENTS))
    linked = {"int-en.1": "int-es.1"}
    expected = [{code for segment, code, coder, start, length in rows if coder == "consensus" and (
        start < 9 and start + length > 2 if segment == own
        else linked.get(segment, segment) == linked.get(own, own))} for own in quoted["segment_id"]]
    assert _agreed_codes(quoted, marked_as_placed(codings), SEGMENTS) == expected


def test_a_quotation_has_a_code_that_anybody_marked_it_with_where_the_agreed_words_are_others():
    """Else words that one coder marked as the account of a case could be quoted beside those of both."""
    codings = coded(("call-1.2", "time", "consensus", "said"))
    quoted = SEGMENTS[SEGMENTS["segment_id"] == "call-1.2"].assign(place=[(0, 3)])
    wide = codings.assign(marked_start=SEGMENTS.set_index("segment_id").at["call-1.2", "start"])
    assert [_agreed_codes(quoted, frame, SEGMENTS) for frame in (codings, wide)] == [[set()], [{"time"}]]


def test_a_quotation_has_the_codes_of_its_own_words_and_those_of_what_it_translates():
    rows = pd.concat([quote(text='said "stay" to all'), quote("call-1.3", "I listen", quote_id="q3"),
                      quote("int-en.1", "by the village radio", quote_id="q2")])
    found = printable_quotes(*answer(rows), audience="public").set_index("quote_id")
    assert found["code_ids"].to_dict() == {"q1": "peers", "q2": "peers", "q3": ""}
    assert found["theme_ids"].to_dict() == {"q1": "needs", "q2": "needs", "q3": ""}


@pytest.mark.parametrize(("segment", "text", "audience", "language", "wording"), [
    ("int-en.1", "They come", "convening", "en", "translated from Spanish, checked"),
    ("int-en.1", "They come", "public", "en", "translated, checked"),
    ("int-es.1", "Llegan", "public", "es", ""),
    ("int-ar.2", "We begin with tea", "convening", "ar", "interpreter's words"),
    ("int-ar.2", "We begin with tea", "public", "ar", "translated")])  # fmt: skip
def test_it_says_whose_words_they_are_and_tells_the_public_no_language(segment, text, audience, language,
                                                                       wording):
    found = printable_quotes(*answer(quote(segment, text, audience)), audience=audience)
    assert found[["language", "wording"]].to_numpy().tolist() == [[language, wording]]


def test_an_unknown_audience_is_refused():
    with pytest.raises(UsageError, match="'pubic'; nearest: 'public'"):
        printable_quotes(*answer(quote()), audience="pubic")


def test_where_nothing_is_proposed_nothing_is_printed(tmp_path):
    nothing = quote()[:0]
    for audience in ("team", "convening", "public"):
        assert printable_quotes(*answer(nothing), audience=audience).empty
    assert refused_quotes(*answer(nothing)).empty
    assert write_to_clear(tmp_path / "a.xlsx", answer(nothing), labels={}, languages={}) == 0
    assert not (tmp_path / "a.xlsx").exists()


# What is not


def test_every_rule_has_a_reason_and_is_cited_with_it():
    found = refused_quotes(*answer(quote(status="proposed")))
    assert found.to_dict("records") == [{"quote_id": "q1", "audience": "public", "segment_id": "call-1.2",
                                         "rule": "not_cleared", "reason": QUOTATION_RULES["not_cleared"][0]}]


@pytest.mark.parametrize("cells", [
    {"status": "proposed"}, {"status": "talk"}, {"status": "changed"}, {"cleared_by_organisation": ""},
    {"cleared_by_organisation": "No"}, {"cleared_on": ""}, {"cleared_on": "1/2/2017"}])  # fmt: skip
def test_what_its_organisation_has_not_cleared_by_name_and_day_is_not_printed(cells):
    assert rules(quote(**cells)) == ["not_cleared"]
    assert rules(quote(cleared_by_organisation="yes")) == []


def test_what_was_taken_back_is_not_printed():
    assert rules(quote(status="removed")) == ["removed", "not_cleared"]


def test_a_passage_that_is_no_longer_there_is_not_printed():
    assert rules(quote("call-9.1"))[0] == "no_passage"
    assert len(printable_quotes(*answer(quote("call-9.1")), audience="team")) == 0


def test_a_cleared_passage_that_was_masked_or_edited_since_is_not_printed():
    for now in ("[someone] waits.", "We waited.", "Person 1 wait."):
        assert rules(quote(), segments=changed(SEGMENTS, 1, text=now)) == ["changed"]
    assert rules(quote(), segments=changed(SEGMENTS, 1, text="Yes: we\u00a0 WAIT.")) == []


def test_a_passage_of_nobody_who_could_clear_it_is_not_printed():
    assert "nobody_to_ask" in rules(quote("call-1.1", "Who would like to begin"))
    assert "nobody_to_ask" in rules(quote("call-1.4", "it takes time"))
    assert rules(quote("int-ar.2", "We begin")) == []
    silent = changed(SEGMENTS, 1, role="observer")
    assert "nobody_to_ask" in rules(quote(), segments=silent)


@pytest.mark.parametrize("code", ["case_detail", "injury"])
@pytest.mark.parametrize("coder", ["consensus", "ana"])
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_an_account_of_a_case_never_leaves_the_team_whoever_marked_it(code, coder, audience):
    told = pd.concat([CODINGS, coded(("call-1.2", code, coder, "said"))])
    assert rules(quote(audience=audience), codings=told) == ["case_detail"]
    assert len(printable_quotes(*answer(quote(), codings=told), audience="team")) == 1


@pytest.mark.parametrize(("marked", "quoted", "text"), [("int-es.1", "int-en.1", "They come"),
                                                        ("int-en.1", "int-es.1", "Llegan")])  # fmt: skip
def test_an_account_of_a_case_is_one_in_translation_too(marked, quoted, text):
    assert rules(quote(quoted, text), codings=coded((marked, "case_detail", "ana", ""))) == ["case_detail"]


def test_a_code_that_accounts_of_cases_were_renamed_to_counts_as_well():
    renamed = pd.concat([changed(CODEBOOK, 3, merged_into="story"), pd.DataFrame(
        [("story", "needs", "code", "")], columns=CODEBOOK.columns)], ignore_index=True)
    told = coded(("call-1.2", "story", "ana", ""))
    assert rules(quote(), codings=told, codebook=renamed) == ["case_detail"]


def test_a_consent_that_was_revoked_or_never_written_keeps_a_cleared_passage_back():
    assert rules(quote(), consent=changed(YES, QUOTED, is_given="false")) == ["consent_refused"]
    assert rules(quote(), consent=YES[~QUOTED]) == ["no_consent"]
    assert rules(quote(audience="convening"), consent=YES[~QUOTED]) == []


def test_of_two_speakers_of_one_organisation_each_decides_about_the_own_words():
    consent = written(("lamp", "lamp-1", "quotation", "public", "false"),
                      ("lamp", "lamp-2", "recording", "team", "true"))
    assert rules(quote(), consent=consent) == ["consent_refused"]
    assert rules(quote("call-1.3", "I listen"), consent=consent) == ["no_consent"]
    agreed = written(("lamp", "lamp-1", "quotation", "public", "false"))
    assert rules(quote("call-1.3", "I listen"), consent=agreed) == []


def test_an_interpreters_words_are_those_of_who_was_interpreted():
    consent = written(("fig", "fig-1", "quotation", "public", "false"))
    assert rules(quote("int-ar.2", "We begin"), consent=consent) == ["consent_refused"]


@pytest.mark.parametrize("reader", ["", "Grace", " grace ", "lamp", "lamp-1"])
def test_what_the_public_reads_somebody_else_has_read(reader):
    assert rules(quote(second_reader=reader)) == ["no_second_reader"]
    assert rules(quote(audience="convening", second_reader=reader)) == []


def test_an_original_in_another_language_needs_its_clearance_and_a_second_reader():
    assert rules(quote("int-es.1", "Llegan", second_reader="")) == ["no_second_reader"]
    assert rules(quote("int-es.1", "Llegan por la radio")) == []


@pytest.mark.parametrize(("text", "found"), [
    ("we wait. then", True), ("We [listen] sellers", True), ("We … sellers", True), ("said 'stay'", True),
    ("sellers We", False), ("[…]", False), ("", False), ("[the town]…", False), ("We (", False)])  # fmt: skip
def test_words_stand_in_a_segment_whatever_is_left_out_but_in_their_order(text, found):
    words = SEGMENTS.at[1, "text"].replace("“", '"').replace("”", '"').replace('"', "'")
    assert (locate_quotation(text, words) is not None) == found


@pytest.mark.parametrize("text", ["នៅពេលដែល", "نبدأ بالشاي", "¿Quién llega?"])
def test_words_of_any_script_are_found(text):
    assert locate_quotation(text, f"… {text} …") == (2, 2 + len(text))


# What is wrong in quotes.csv


def test_all_that_is_wrong_in_quotes_csv_is_said_at_once():
    rows = pd.concat([quote("call-9.1"), quote(text="We never.", status="proposed", cleared_on=""),
                      quote(audience="team"), quote(status="clear"), quote(cleared_on="2017-02-30"),
                      quote(cleared_by_organisation="no"), quote()]).set_axis(range(2, 9))
    found = [(fault.row, fault.column) for fault in quotes_faults(rows, SEGMENTS)]
    assert found == [("2", "segment_id"), ("3", "text"), ("4", "audience"), ("5", "status"),
                     ("6", "cleared_on"), ("7", "cleared_on")]


def test_a_cleared_passage_that_changed_is_no_fault_of_the_table():
    assert list(quotes_faults(quote(), changed(SEGMENTS, 1, text="[masked]"))) == []


# What is asked, and what comes back


def asked(tmp_path, *quotes, labels=LABELS, languages=LANGUAGES, **held):
    path = tmp_path / "clear.xlsx"
    rows = pd.concat([row.assign(quote_id=f"q{n}") for n, row in enumerate(quotes, 1)], ignore_index=True)
    write_to_clear(path, answer(rows, **held), labels=labels, languages=languages)
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
    back = read_filled(fill(path, F3="Approve ", H3="Grace", I3="2017-03-01", F4="approve"))
    diff = decided_changes(back, answer(rows))
    assert diff.to_numpy().tolist() == [
        ["quotes", f"q{n}", column, before, after] for n in (1, 2) for column, before, after in (
            ("cleared_by_organisation", "", "Grace"), ("cleared_on", "", "2017-03-01"),
            ("status", "proposed", "cleared"))]
    quotes, consent = apply_decisions(back, answer(rows))
    assert quotes["status"].tolist() == ["cleared"] * 2 and consent.equals(YES)
    assert rows["status"].tolist() == ["proposed"] * 2
    assert rules(quotes.assign(second_reader="Ines")) == []


def test_a_spanish_sheet_comes_back_in_spanish(tmp_path):
    path, rows = asked(tmp_path, proposed("int-es.1", "Llegan"))
    back = read_filled(fill(path, F3="Hablar con nosotros"))
    assert apply_decisions(back, answer(rows))[0]["status"].tolist() == ["talk"]


def test_an_approval_is_the_consent_where_none_is_written_and_none_where_it_was_refused(tmp_path):
    path, rows = asked(tmp_path, proposed(), consent=YES[~QUOTED])
    back = read_filled(fill(path, F3="approve", H3="Grace", I3="2017-03-01"))
    quotes, consent = apply_decisions(back, answer(rows, consent=YES[~QUOTED]))
    assert consent.iloc[-1].tolist() == ["lamp", "", "quotation", "public", "true", "cleared quotation",
                                         "2017-03-01"]
    assert decided_changes(back, answer(rows, consent=YES[~QUOTED])).iloc[-3].tolist() == [
        "consent", "lamp /  / quotation / public", "is_given", "", "true"]
    assert rules(quotes.assign(second_reader="Ines"), consent=consent) == []
    no = changed(YES, QUOTED, is_given="false")
    quotes, consent = apply_decisions(back, answer(rows, consent=no))
    assert (quotes["status"].tolist(), consent.equals(no)) == (["talk"], True)


def test_changed_words_are_cleared_only_where_the_passage_holds_them(tmp_path):
    path, rows = asked(tmp_path, proposed(second_reader="Ines"), proposed(text="We wait. Then"))
    back = read_filled(fill(path, F3="change", G3="We wait […] at [a place]", H3="Grace", I3="2017-03-01",
                            F4="change", G4="We always wait"))
    quotes, _ = apply_decisions(back, answer(rows))
    assert quotes[["text", "status", "second_reader"]].to_numpy().tolist() == [
        ["We wait […] at [a place]", "cleared", ""], ["We always wait", "changed", ""]]


def test_what_is_removed_stays_so_even_if_an_older_sheet_says_yes(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_filled(fill(path, F3="remove", H3="Grace", I3="2017-03-01"))
    quotes, _ = apply_decisions(back, answer(rows))
    assert quotes["status"].tolist() == ["removed"]
    yes = back.assign(decision="approve")
    with pytest.raises(Faults, match="q1.*taken back before"):
        apply_decisions(yes, answer(quotes))


def test_a_clearance_of_other_words_than_todays_is_none(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_filled(fill(path, F3="approve", H3="Grace", I3="2017-03-01"))
    with pytest.raises(Faults, match="q1.*other words now"):
        decided_changes(back, answer(rows.assign(text="We wait. Then")))
    with pytest.raises(Faults, match="q1.*not known here"):
        decided_changes(back, answer(rows.assign(quote_id="q9")))


def test_a_blank_decision_is_none(tmp_path):
    path, rows = asked(tmp_path, proposed())
    back = read_filled(fill(path, H3="Grace", I3="2017-03-01"))
    assert len(back) == 0 and decided_changes(back, answer(rows)).empty


def test_all_faults_of_a_returned_sheet_come_at_once(tmp_path):
    path, _ = asked(tmp_path, *[proposed()] * 6)
    with pytest.raises(Faults) as raised:
        read_filled(fill(path, F3="aprove", H3="Grace", I3="2017-03-01", F4="change", F5="approve",
                         G5="Other", G6="Words", A7="q1", F7="remove", F8="remove", I8="tomorrow"))
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
    assert read_filled(fill(path, G3="talk to us"))["id"].tolist() == ["q1"]
    with pytest.raises(Faults, match="a column of our sheet is missing, or is there twice"):
        read_filled(fill(path, G2=None))
    with pytest.raises(Faults, match="has none of our sheets"):
        read_filled(fill(path, G2=None, B2=None))


def test_every_fixed_text_is_there_in_every_language_and_leads_back():
    known = languages(*SHEET_PHRASES)
    english = known["en"]
    for language, said in known.items():
        assert set(said) == set(english) and all(said.values()), language
    boxes = ("words", "understood", "decision", "changed", "name", "date")
    for keys in ((*SHEET_KINDS, *boxes), SHEET_DECISIONS):
        meant = {(said[key].casefold(), key) for said in known.values() for key in keys}
        assert len({text for text, _ in meant}) == len(meant)
    assert all(known["es"][f"{kind}s"] != english[f"{kind}s"] for kind in SHEET_KINDS)
