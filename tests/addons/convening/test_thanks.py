"""The letter of thanks says what became of what an organisation said, and nothing of anybody else."""

import shutil

import pytest

from glc_analysis.addons.convening.packets.thanks import (
    make_thanks_letters,
    render_letter_and_adoption_sheet,
    write_thanks_letters,
)
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import read_csv_texts_by_language
from tests.addons.convening.support.fonts import need_fonts
from tests.addons.convening.support.form_study import TODAY
from tests.support.programs import need_poppler


@pytest.fixture(scope="module")
def sent(sample_study):
    return {letter.organisation_id: letter for letter in make_thanks_letters(sample_study)}


def test_a_letter_names_what_rests_on_its_words_and_answers_and_what_was_decided(sent):
    by_id = {text.printed_id: text for text in sent["gum-tree-desk"].cited}
    assert "P01.1" not in by_id  # neither its words nor its answers are among the evidence
    assert by_id["P09.1"].evidence_sentences == "your answers to the survey, your words"
    assert by_id["P03.1"].evidence_sentences == "your answers to the survey"
    assert by_id["P09.1"].decided.startswith("Agreed on ") and "2017-05-09" in by_id["P09.1"].decided
    assert by_id["P14.1"].decided.startswith("Set aside on ")


def test_quotations_are_those_that_somebody_reads_with_who(sample_study, sent):
    assert sent["gum-tree-desk"].quotations == ((
        "there is a page in it on what we do not have to tell them. That page is why it works.", "en",
        "for those who take part, for everybody"),)
    cleared = read_reference(sample_study).quotes
    for letter in sent.values():
        texts = {text for text, *_ in letter.quotations}
        assert texts <= {*cleared.loc[cleared["status"] == "cleared", "text"]}


def test_a_letter_names_no_other_organisation_and_no_rater(sample_study, sent):
    reference = read_reference(sample_study)
    names = dict(zip(reference.organisations["organisation_id"], reference.organisations["label"],
                     strict=True))
    for letter in sent.values():
        page = "".join(render_letter_and_adoption_sheet(letter))
        others = {text for one, label in names.items() if one != letter.organisation_id
                  for text in (one, label) if text}
        assert not [text for text in others if text in page], letter.organisation_id
        assert not [rater for rater in reference.raters["rater_id"] if f" {rater} " in page]


def test_the_adoption_sheet_has_every_agreed_text_in_the_language_of_the_reader(sent):
    letter = sent["fig-courtyard"]
    page = [*render_letter_and_adoption_sheet(letter)][1]
    assert page.startswith('<div lang="ar" dir="rtl">')
    assert page.count("سنجرّبه") == len(letter.agreed) == 14
    assert {text.language for text in letter.agreed} == {"ar"}


def test_every_language_has_every_text_of_the_letter():
    for language, say in read_csv_texts_by_language("glc_analysis/addons/convening/packets/thanks.py",
                                                    "thanks.csv").items():
        assert all(say.values()) and not [text for text in say.values() if "[English]" in text], language


def test_letters_are_papers_that_pass_the_gate_and_are_recorded_for_a_withdrawal(sample_study, tmp_path):
    need_poppler()
    need_fonts("العربية")
    study = Study(shutil.copytree(sample_study.root, tmp_path / "study"))
    [path] = write_thanks_letters(study, ["fig-courtyard"], today=TODAY)
    assert path == study.reports / "team/thanks/fig-courtyard.pdf" and path.read_bytes()[:5] == b"%PDF-"
    assert [one.name for one in path.parent.iterdir()] == ["fig-courtyard.pdf"]
    assert ",fig-courtyard,thanks" in (study.private / "packets.csv").read_text()
    with pytest.raises(UsageError, match="nearest: 'gum-tree-desk'"):
        write_thanks_letters(study, ["gum-tree-desc"], today=TODAY)


def test_a_letter_that_would_name_a_person_is_not_written(sample_study, tmp_path):
    need_poppler()
    study = Study(shutil.copytree(sample_study.root, tmp_path / "study"))
    path = study.locate_reference_file("parking_lot")
    path.write_text(path.read_text(encoding="utf-8").replace("Who pays", "Rosaura pays"), encoding="utf-8")
    with pytest.raises(Faults, match="Rosaura"):
        write_thanks_letters(study, ["fig-courtyard"], today=TODAY)
    assert not [*(study.reports / "team/thanks").iterdir()]
