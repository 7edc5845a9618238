"""Returns: each organisation's own answers and words, never another's, and what it says of them."""

import html
import re
import shutil

import pandas as pd
import pytest
from openpyxl import load_workbook

from glc_analysis import tables
from glc_analysis.addons.member_checking import returns
from glc_analysis.addons.member_checking.answer_sheets import (
    AnswerSheet,
    SheetLetter,
    read_decisions_from_organisation_return,
    render_organisation_return_page,
)
from glc_analysis.addons.member_checking.clearing import (
    CONSENT_KEY,
    QuotationTables,
    apply_clearance_to_quotations_and_consents,
    list_decided_cell_changes,
    write_quotation_clearance_workbook,
)
from glc_analysis.addons.member_checking.returns import (
    Citations,
    collect_citations_provided_by_addons,
    list_correction_proposals,
    make_raw_answer_column_finder,
    make_return_citation_rows,
    read_organisation_names_and_languages,
    write_returns,
)
from glc_analysis.disclosure.quotations import (
    find_quote_faults,
    replace_pseudonyms_with_general_words,
    select_printable_quotes,
)
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.schema import load_reference_table_schemas
from glc_analysis.study import Study
from glc_analysis.text import fold_case_and_spacing
from tests.addons.member_checking.support.filled_sheets import fill, fill_only, sheet

QUOTES = [
    ("q1", "call-1.2", "We sit with the tea sellers", "convening", "yes", "2017-02-01", "", "cleared"),
    ("q2", "call-2.9", "He left us three times", "convening", "yes", "2017-02-01", "", "cleared"),
    ("q3", "interview-casa-del-telar.2", "La casa no es para", "convening", "", "", "", "proposed"),
    ("q4", "interview-casa-del-telar-en.2", "not", "convening", "", "", "", "proposed"),
    ("q5", "call-1.13", "I am with Person 12", "public", "", "", "", "proposed"),
    ("q6", "interview-fig-courtyard.3", "We begin with tea", "public", "", "", "", "proposed")]  # fmt: skip


@pytest.fixture(scope="module")
def study(sample_study, tmp_path_factory):
    """The built sample with proposed quotations."""
    root = tmp_path_factory.mktemp("returns") / "sample"
    shutil.copytree(sample_study.root, root)
    quotes = pd.DataFrame(QUOTES, columns=list(load_reference_table_schemas()["quotes"].required_columns))
    quotes.to_csv(root / "private/reference/quotes.csv", index=False)
    (root / "private/reference/joint_display.csv").unlink()  # which shows the sample's own quotations
    return Study(root)


@pytest.fixture(scope="module")
def every_return(study, tmp_path_factory):
    """The workbook of every organisation."""
    folder = tmp_path_factory.mktemp("folder")
    labels, _ = read_organisation_names_and_languages(study)
    return {path.stem: path for path in write_returns(study, labels, folder) if path.suffix == ".xlsx"}


@pytest.fixture(scope="module")
def some_returns(study, tmp_path_factory):
    """The folder of the returns that tests read or fill in."""
    folder = tmp_path_factory.mktemp("some")
    write_returns(study, ["acacia-room", "blue-door", "casa-del-telar", "fig-courtyard", "lotus-ferry",
                          "river-mat", "seven-wells"], folder)
    return folder


@pytest.fixture
def folder(some_returns, tmp_path):
    """A copy of an organisation's return, to read or fill in."""
    def copied(organisation):
        for path in some_returns.glob(f"{organisation}.*"):
            shutil.copy(path, tmp_path)
        return tmp_path / f"{organisation}.xlsx"

    return copied


def texts(path):
    """All that a return says, in the workbook and on the page."""
    cells = [str(cell) for sheet in load_workbook(path) for row in sheet.values for cell in row if cell]
    return cells, html.unescape(path.with_suffix(".html").read_text(encoding="utf-8"))


# What it holds


def test_it_has_all_answers_and_all_words_of_the_organisation(study, folder):
    path = folder("casa-del-telar")
    responses, questions = (tables.read_table(name, study=study) for name in ("responses", "questions"))
    closed = responses.merge(questions[questions["type"] != "text"], on="question_id")
    own = closed[(closed["organisation_id"] == "casa-del-telar") & (closed["missing"] != "not_asked")]
    answers = sheet(path, "Sus respuestas")
    assert {row[0] for row in answers[2:]} == set(own["answer_id"] + " / " + own["question_id"])
    assert ["glc_2016_kobo.r4 / Q2.2", "Which forms of exploitation does the definition cover?", "Colombia",
            "Sexual exploitation; Forced labour; Removal of organs"] in [row[:4] for row in answers]
    segments = tables.read_table("segments", study=study)
    said = segments[(segments["organisation_id"] == "casa-del-telar") & (segments["text"] != "")]
    passages = sheet(path, "Sus palabras y sus códigos")
    assert [row[1] for row in passages[2:]] != [] and {row[0]: row[1] for row in passages[2:]} == dict(
        zip(said["segment_id"], said["text"].map(replace_pseudonyms_with_general_words), strict=True))


def test_passages_have_the_codes_agreed_on_by_name_and_where_they_were_said(folder):
    rows = {row[0]: row[2:4] for row in sheet(folder("acacia-room"), "Your words and their codes")}
    assert rows["call-1.2"] == ["what you said in calls 2016-09-07", "Going where people are"]
    assert "What works, and how do you know?" in {asked for asked, _ in rows.values()}


def test_it_is_in_the_language_of_the_organisation_where_the_texts_are_translated(folder):
    spanish, arabic, khmer = map(folder, ("casa-del-telar", "fig-courtyard", "lotus-ferry"))
    assert load_workbook(spanish).sheetnames == [
        "Para revisar", "Sus respuestas", "Sus palabras y sus códigos", "Palabras suyas para citar",
        "Sus palabras como evidencia", "Lo que usted aceptó"]
    assert load_workbook(khmer).sheetnames[:2] == ["សូមពិនិត្យ", "ចម្លើយរបស់អ្នក"]
    books = [load_workbook(path) for path in (spanish, arabic, khmer)]
    assert [book.worksheets[1].sheet_view.rightToLeft for book in books] == [False, True, False]
    for path, start in ((arabic, '<html lang="ar" dir="rtl">'), (khmer, '<html lang="km" dir="ltr">')):
        assert start in path.with_suffix(".html").read_text(encoding="utf-8")
    assert re.search("[\u0600-\u06ff]{3}", texts(arabic)[1])
    assert re.search("[\u1780-\u17ff]{3}", texts(khmer)[1])


def test_the_page_says_what_the_workbook_says(folder):
    path = folder("casa-del-telar")
    cells, said = texts(path)
    headings = {cell for one in load_workbook(path).worksheets[1:] for cell in [*one.values][1]}
    assert [cell for cell in cells if "\n" not in cell and cell not in said and cell not in headings] == []
    rows = [cell for cell in cells if re.match(r"(glc_|interview-|call-|q\d|P\d+ /|casa-del-telar /)", cell)]
    assert said.count("☐ quitar") == len(rows) > 40


def test_an_interpreters_words_go_back_to_who_was_interpreted(folder):
    assert "interview-fig-courtyard.3" in texts(folder("fig-courtyard"))[0]


# What it does not hold


@pytest.mark.acceptance
def test_no_return_holds_anything_of_another_organisation(study, every_return):
    labels, _ = read_organisation_names_and_languages(study)
    segments, speakers = tables.read_table("segments", study=study), read_reference(study).speakers
    answers = tables.read_table("answers", study=study)
    records = dict(zip(answers["answer_id"], answers["organisation_id"], strict=True))
    assert len(every_return) == 30
    for organisation, path in every_return.items():
        cells, said = texts(path)
        text = fold_case_and_spacing("\n".join(cells) + said)
        assert len(cells) > 60
        for other in set(labels) - {organisation}:
            names = [other, labels[other], labels[other].replace(" (invented)", "")]
            people = speakers.loc[speakers["organisation_id"] == other, ["name_in_file", "speaker_id"]]
            theirs = segments[segments["organisation_id"] == other]
            words = theirs.loc[theirs["text"].str.len() > 25, "text"]
            for found in (*names, *people.to_numpy().ravel(), *words):
                plain = fold_case_and_spacing(replace_pseudonyms_with_general_words(found))
                assert plain not in text, (organisation, other, found)
            assert not set(theirs["segment_id"]) & set(cells)
        told = {cell.partition(" / ")[0] for cell in cells if " / Q" in cell}
        assert {records[answer] for answer in told} <= {organisation}


def test_an_account_of_a_case_stays_with_the_team_and_the_sheet_says_that_something_does(folder):
    cells, said = texts(folder("river-mat"))
    assert "call-2.9" not in cells and "net mender" not in "".join(cells) + said
    assert "Account of a case" not in said
    assert "q2" not in cells and "It stays with us" in said
    assert "It stays with us" not in texts(folder("acacia-room"))[1]


def test_pseudonyms_do_not_leave_the_team(folder):
    for organisation in ("acacia-room", "blue-door", "casa-del-telar"):
        assert not re.search(r"(Person|Organisation|Place) \d", texts(folder(organisation))[1])


def test_quotations_are_those_of_the_organisation_with_those_it_cleared(folder):
    rows = sheet(folder("acacia-room"), "Your words to be quoted")[2:]
    assert [row[:5] for row in rows] == [
        ["q1", "We sit with the tea sellers", "everyone at the convening (in the language you spoke)",
         "Acacia Room (invented)", "approved on 2017-02-01"],
        ["q5", "I am with [a person]", "everybody: it is published (in the language you spoke)",
         "a provider", ""]]


def test_markup_and_formulas_in_words_are_text(folder, tmp_path):
    rows = pd.DataFrame({"passage": ["=1+1"], "words": ['<script>alert("x")</script> & =SUM(A1)']})
    said = render_organisation_return_page([AnswerSheet("<b>A&B</b>", 'en"><i>', rows)],
                                           SheetLetter("<b>A&B</b>", "en"))
    assert "<script" not in said and "<b>" not in said and "<i>" not in said
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; =SUM(A1)" in said
    for one in load_workbook(folder("seven-wells")):
        assert {cell.data_type for row in one for cell in row if cell.value is not None} == {"s"}


def test_the_same_study_gives_the_same_bytes(study, tmp_path):
    first, second = (write_returns(study, ["fig-courtyard"], tmp_path / name) for name in "ab")
    assert [a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True)] == [True, True]


def test_the_letter_says_by_when_and_to_whom_and_else_leaves_lines(study, tmp_path):
    book, web = write_returns(study, ["casa-del-telar"], tmp_path, deadline="2017-06-30",
                              contact="Inés, +00 1")
    for said in (web.read_text(encoding="utf-8"), str([*load_workbook(book).worksheets[0].values])):
        said = re.sub("[\u2068\u2069]|\\\\u206[89]", "", said)
        assert "Por favor, conteste antes del: 2017-06-30" in said and "Conteste a: Inés, +00 1" in said
    assert "_" * 30 in SheetLetter("Quay", "en").lines[-1]


def test_a_letter_that_nobody_has_translated_says_so_first(folder):
    assert SheetLetter("Quay", "uk").lines[0] == "[Not translated into Ukrainian yet.]"
    assert all("[" not in line for line in SheetLetter("Quay", "km").lines)


def test_an_unknown_organisation_is_refused(study, tmp_path):
    with pytest.raises(UsageError, match="'acacia-rom'; nearest: 'acacia-room'"):
        write_returns(study, ["acacia-rom"], tmp_path)


def test_it_needs_nothing_from_the_network(folder):
    page_ = folder("lotus-ferry").with_suffix(".html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|src=|href=|url\(|@import", page_)


# What comes back


def test_a_passage_removed_takes_its_quotations_with_it_in_every_language(study, folder):
    path = folder("casa-del-telar")
    at = 1 + [row[0] for row in sheet(path, "Sus palabras y sus códigos")].index("interview-casa-del-telar.2")
    cells = {f"E{at}": "quitar", f"G{at}": "Pilar", f"H{at}": "2017-03-02"}
    back = fill(path, "Sus palabras y sus códigos", **cells)
    diff = list_decided_cell_changes(back, QuotationTables.read(study))
    assert diff.to_numpy().tolist() == [["quotes", "q3", "status", "proposed", "removed"],
                                        ["quotes", "q4", "status", "proposed", "removed"]]


def test_a_passage_to_talk_about_holds_its_quotations_up(study, folder):
    path = folder("acacia-room")
    at = 1 + [row[0] for row in sheet(path, "Your words and their codes")].index("call-1.2")
    back = fill(path, "Your words and their codes", **{f"E{at}": "talk to us"})
    quotes, consent = apply_clearance_to_quotations_and_consents(back, QuotationTables.read(study))
    assert quotes.set_index("quote_id")["status"].to_dict()["q1"] == "talk"
    after = [quotes, *QuotationTables.read(study)[1:]]
    assert "q1" not in set(select_printable_quotes(*after, audience="convening")["quote_id"])


def test_a_consent_removed_is_refused_from_that_day(study, folder):
    path = folder("acacia-room")
    key = "acacia-room /  / quotation / convening"
    at = 1 + [row[0] for row in sheet(path, "What you agreed to")].index(key)
    back = fill(path, "What you agreed to", **{f"F{at}": "remove", f"H{at}": "Grace", f"I{at}": "2017-03-02"})
    assert list_decided_cell_changes(back, QuotationTables.read(study)).to_numpy().tolist() == [
        ["consent", key, "is_given", "true", "false"], ["consent", key, "date", "2016-03-04", "2017-03-02"]]
    quotes, consent = apply_clearance_to_quotations_and_consents(back, QuotationTables.read(study))
    assert len(consent) == len(read_reference(study).consent) and not consent.duplicated(CONSENT_KEY).any()
    before = QuotationTables.read(study)
    after = before._replace(consent=consent)
    assert "q1" in set(select_printable_quotes(*before, audience="convening")["quote_id"])
    assert "q1" not in set(select_printable_quotes(*after, audience="convening")["quote_id"])


def test_changed_and_removed_answers_become_rows_to_review_for_corrections(study, folder):
    path = folder("casa-del-telar")
    rows = [row[0] for row in sheet(path, "Sus respuestas")]
    a, b = (1 + rows.index(f"glc_2016_kobo.r4 / {question}") for question in ("Q1.8", "Q2.1"))
    at = 1 + [row[0] for row in sheet(path, "Sus palabras y sus códigos")].index("glc_2016_kobo.r4.q2.4.1")
    fill_only(path, "Sus respuestas", **{f"E{a}": "cambiar", f"F{a}": "40", f"G{a}": "Pilar",
                                         f"H{a}": "02/03/2017", f"E{b}": "aprobar"})
    with pytest.raises(Faults, match="name, date, value 'Pilar 02/03/2017'"):
        read_decisions_from_organisation_return(path)
    cells = {f"E{at}": "quitar", f"G{at}": "Pilar", f"H{at}": "2017-03-02"}
    fill_only(path, "Sus respuestas", **{f"H{a}": "2017-03-02"})
    back = fill(path, "Sus palabras y sus códigos", **cells)
    found = list_correction_proposals(back, QuotationTables.read(study).documents,
                                      make_raw_answer_column_finder(study))
    columns = read_reference(study).questions.set_index("question_id")["columns"]
    assert found.to_numpy().tolist() == [
        ["survey", "glc_2016_kobo.r4", columns["Q1.8"], "38", "40", "its organisation says so", "Pilar",
         "2017-03-02"],
        ["survey", "glc_2016_kobo.r4", columns["Q2.4"], "No reconoce la deuda como forma de control.", "",
         "its organisation says so", "Pilar", "2017-03-02"]]
    assert list_decided_cell_changes(back, QuotationTables.read(study)).empty


def test_numbers_that_nobody_knows_are_told_at_once(study, folder):
    path = folder("acacia-room")
    fill_only(path, "Your words and their codes", A3="call-9.9", E3="talk to us")
    fill_only(path, "What you agreed to", A3="acacia-room /  / dance / public", F3="talk to us")
    back = fill(path, "Your answers", A3="glc.r9 / Q99", E3="remove", G3="Grace", H3="2017-03-02")
    with pytest.raises(Faults) as raised:
        list_decided_cell_changes(back, QuotationTables.read(study))
    assert [fault.value for fault in raised.value.faults] == ["call-9.9", "acacia-room /  / dance / public"]
    with pytest.raises(Faults, match="glc.r9 / Q99"):
        list_correction_proposals(back, QuotationTables.read(study).documents,
                                  make_raw_answer_column_finder(study))


def test_the_sample_can_be_asked_and_its_quotations_are_sound(study, tmp_path):
    labels, languages = read_organisation_names_and_languages(study)
    held = QuotationTables.read(study)
    assert list(find_quote_faults(held.quotes, held.segments)) == []
    assert write_quotation_clearance_workbook(tmp_path / "a.xlsx", held, organisation_names=labels,
                                              languages=languages) == 4
    book = load_workbook(tmp_path / "a.xlsx")
    titles = [one.title.partition(" (")[0] for one in book]
    assert titles == ["Acacia Room", "Casa del Telar", "Fig Courtyard"]
    for audience, printed in (("team", 6), ("convening", 1), ("public", 0)):
        quotes = select_printable_quotes(*QuotationTables.read(study), audience=audience, labels=labels)
        assert len(quotes) == printed


def test_a_study_without_an_add_on_that_cites_has_returns_without_citations(study, tmp_path, monkeypatch):
    monkeypatch.setattr(returns, "load_declared_objects", lambda *asked: [])
    path, _ = write_returns(study, ["canal-lamp"], tmp_path)
    assert load_workbook(path).sheetnames == [
        "Please check", "Your answers", "Your words and their codes", "What you agreed to"]


def test_what_is_not_translated_says_so(study, folder):
    spanish, english = ("\n".join(texts(folder(one))[0]) for one in ("casa-del-telar", "acacia-room"))
    assert "todavía no están traducidos" in spanish
    assert "not translated yet" not in english and "[English]" not in english
    own = pd.DataFrame({"segment_id": ["s1"]})
    cited = collect_citations_provided_by_addons(study)
    cited = Citations(cited.passages.head(2).assign(segment_id="s1", claim_id=["P01", "P08"]), cited.claims)
    shown = make_return_citation_rows(cited, own, (), "fr")["principle"]
    assert shown.str.endswith(" [English]").all()
