"""Quotations: which passage may be printed for whom."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.disclosure.quotations import (
    QUOTATION_RULES,
    _agreed_codes,
    find_quote_faults,
    list_rules_broken_by_quotes,
    locate_quotation,
    select_printable_quotes,
)
from glc_analysis.errors import UsageError
from tests.support.quotations import (
    CODEBOOK,
    CODINGS,
    LABELS,
    QUOTED,
    SEGMENTS,
    YES,
    answer,
    changed,
    coded,
    marked_as_placed,
    quote,
    written,
)


def rules(quotes, **held):
    """The rules that keep a row back; a row kept back for any is printed for nobody."""
    found = list_rules_broken_by_quotes(*answer(quotes, **held))["rule"].tolist()
    audience = quotes["audience"].iloc[0]
    assert len(select_printable_quotes(*answer(quotes, **held),
                                       audience=audience)) == (0 if found else len(quotes))
    return found


# What is printed


def test_a_cleared_passage_is_printed_with_its_codes_and_without_its_source():
    rows = select_printable_quotes(*answer(quote()), audience="public", labels=LABELS)
    assert rows.to_dict("records") == [{"quote_id": "q1", "text": "We wait.", "language": "en", "wording": "",
                                        "source": "a provider", "code_ids": "time", "theme_ids": "needs"}]


def test_the_convening_reads_the_organisation_only_where_it_agreed_to_be_named():
    rows = select_printable_quotes(*answer(quote(audience="convening")), audience="convening", labels=LABELS)
    assert rows["source"].tolist() == ["Lamp [Street]/One"]
    unnamed = YES[~((YES["item"] == "name") & (YES["audience"] == "convening"))]
    held = answer(quote(audience="convening"), consent=unnamed)
    assert select_printable_quotes(*held, audience="convening",
                                   labels=LABELS)["source"].tolist() == ["a provider"]


def test_the_convening_reads_no_name_that_the_speaker_refused():
    consent = written(("lamp", "lamp-1", "quotation", "convening", "true"),
                      ("lamp", "lamp-1", "name", "convening", "false"))
    held = answer(quote(audience="convening"), consent=consent)
    assert select_printable_quotes(*held, audience="convening",
                                   labels=LABELS)["source"].tolist() == ["a provider"]


def test_what_was_cleared_for_one_audience_is_not_for_the_other():
    assert len(select_printable_quotes(*answer(quote(audience="convening")), audience="public")) == 0
    assert len(select_printable_quotes(*answer(quote(audience="public")), audience="convening")) == 0


def test_pseudonyms_do_not_leave_the_team():
    text = "Then Person 12 said “stay” to all the sellers at Place 3."
    for audience in ("convening", "public"):
        found = select_printable_quotes(*answer(quote(text=text, audience=audience)), audience=audience)
        assert found["text"].tolist() == [
            "Then [a person] said “stay” to all the sellers at [a place]."]
    assert select_printable_quotes(*answer(quote(text=text)), audience="team")["text"].tolist() == [text]


def test_the_order_of_quotations_tells_nothing():
    rows = pd.concat([quote(text="We wait."), quote("call-1.3", "And I listen", quote_id="q2")])
    printed = select_printable_quotes(*answer(rows), audience="public")
    assert printed["text"].tolist() == ["And I listen", "We wait."]


def test_the_team_reads_all_that_was_not_taken_back_with_where_it_comes_from():
    rows = pd.concat([quote(status="proposed"), quote(status="removed", quote_id="q2")])
    found = select_printable_quotes(*answer(rows, consent=YES[:0]), audience="team", labels=LABELS)
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
    found = select_printable_quotes(*answer(rows), audience="public").set_index("quote_id")
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
    found = select_printable_quotes(*answer(quote(segment, text, audience)), audience=audience)
    assert found[["language", "wording"]].to_numpy().tolist() == [[language, wording]]


def test_an_unknown_audience_is_refused():
    with pytest.raises(UsageError, match="'pubic'; nearest: 'public'"):
        select_printable_quotes(*answer(quote()), audience="pubic")


def test_where_nothing_is_proposed_nothing_is_printed():
    nothing = quote()[:0]
    for audience in ("team", "convening", "public"):
        assert select_printable_quotes(*answer(nothing), audience=audience).empty
    assert list_rules_broken_by_quotes(*answer(nothing)).empty


# What is not


def test_every_rule_has_a_reason_and_is_cited_with_it():
    found = list_rules_broken_by_quotes(*answer(quote(status="proposed")))
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
    assert len(select_printable_quotes(*answer(quote("call-9.1")), audience="team")) == 0


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
    assert len(select_printable_quotes(*answer(quote(), codings=told), audience="team")) == 1


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
    found = [(fault.row, fault.column) for fault in find_quote_faults(rows, SEGMENTS)]
    assert found == [("2", "segment_id"), ("3", "text"), ("4", "audience"), ("5", "status"),
                     ("6", "cleared_on"), ("7", "cleared_on")]


def test_a_cleared_passage_that_changed_is_no_fault_of_the_table():
    assert list(find_quote_faults(quote(), changed(SEGMENTS, 1, text="[masked]"))) == []
