"""Signed sheets are keyed twice; a decision belongs to one version of one text."""

from datetime import date

import pytest

from glc_analysis.addons.convening.agreeing import record_text_as_agreed
from glc_analysis.addons.convening.amendments import amend_principle
from glc_analysis.addons.convening.erasers import erase_leaver_ballots_signatures_and_names
from glc_analysis.addons.convening.signatures import (
    SIGNATURE_LOG,
    SigningState,
    enter_signatures,
    render_signing_sheet,
)
from glc_analysis.addons.withdrawal.contribution import MATERIAL, Contribution
from glc_analysis.errors import GLCError
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import PRINCIPLES, convening_study
from tests.support.study_on_disk import whole_table, write_decisions

TODAY = date(2017, 5, 12)
KEY = ["principle_id", "version", "organisation_id"]


@pytest.fixture
def study(tmp_path):
    study = convening_study(tmp_path)
    study.write_table("principles", PRINCIPLES.replace(",candidate,", ",agreed,"))
    write_decisions(study.root)
    study.write_table("rounds", "round_id,opened_on,closed_on,principle_id,version\n")
    return study


def keyed(study, *lines):
    """What a session says, in which these lines are typed."""
    said, lines = [], ["ab", *lines]

    def ask(prompt):
        if not lines:
            raise EOFError
        return lines.pop(0)

    enter_signatures(Study(study.root), today=TODAY, ask=ask, say=said.append)
    assert not lines
    return said


def code(study):
    return SigningState.read(Study(study.root)).code


def signed(study):
    rows = read_reference(Study(study.root)).signoffs
    return rows.drop(columns=["reservation_read", "text_version"]).to_numpy().tolist()


def test_a_sheet_that_is_keyed_twice_alike_is_in_signoffs(study):
    paper = ["harbour", code(study), "2017-05-11", "y", "e", "r", "Sólo con dinero, y con tiempo.", "n", "n",
             "ليس عملنا", "y"]
    said = keyed(study, *paper, *paper)
    assert signed(study) == [
        ["P01", "1", "harbour", "endorse", "", "true", "2017-05-11"],
        ["P02", "2", "harbour", "endorse_with_reservation", "Sólo con dinero, y con tiempo.", "false",
         "2017-05-11"],
        ["P03", "1", "harbour", "do_not_endorse", "ليس عملنا", "true", "2017-05-11"]]
    assert said[-2] == "Signatures: 1 of 2 received."
    assert "reservation_read" in said[-3] and "P02, P03" in said[-3]


def test_a_sheet_keyed_once_is_nowhere(study):
    said = keyed(study, "harbour", code(study), "", "y", "e", "e", "e")
    assert signed(study) == [] and said[-2] == "Signatures: 0 of 2 received, 1 keyed once."


def test_where_two_keyings_differ_the_paper_decides(study):
    first = ["harbour", code(study), "", "y", "e", "e", "e"]
    said = keyed(study, *first, "harbour", *first[1:6], "n", "", "y", "e")
    assert "  decision: first keying endorse; second keying do_not_endorse." in said
    assert [row[3] for row in signed(study)] == ["endorse"] * 3


def test_a_text_without_a_cross_has_no_row_and_can_be_keyed_later(study):
    paper = ["harbour", code(study), "", "n", "e", "", "e"]
    said = keyed(study, *paper, *paper)
    assert [row[0] for row in signed(study)] == ["P01", "P03"]
    assert said[-2] == "Signatures: 0 of 2 received, 1 decided on 2 of 3."
    keyed(study, *paper[:4], "e", *paper[:4], "e")
    assert [row[:2] for row in signed(study)] == [["P01", "1"], ["P03", "1"], ["P02", "2"]]


def test_after_an_amendment_only_the_new_text_is_asked(study):
    paper = ["harbour", code(study), "", "y", "e", "e", "e"]
    keyed(study, *paper, *paper)
    amend_principle(Study(study.root), "P01", "Offer rest, and wait.", asked_by="beacon",
                    because="Too short.")
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    paper = ["harbour", code(study), "", "y", "r", "Not at night.", "y"]
    keyed(study, *paper, *paper)
    assert [row[:2] for row in signed(study)][-1] == ["P01", "2"] and len(signed(study)) == 4


def test_of_a_sheet_with_other_texts_the_versions_are_asked(study):
    paper = ["harbour", "0000", "", "y", "e", "1", "e", "e"]  # P02 alone has two versions
    keyed(study, *paper, *paper)
    assert [row[:2] for row in signed(study)] == [["P01", "1"], ["P02", "1"], ["P03", "1"]]


def test_a_decision_on_an_older_text_is_never_written_twice(study):
    paper = ["harbour", "0000", "", "y", "e", "1", "e", "e"]
    keyed(study, *paper, *paper)
    again = ["harbour", "0000", "", "y", "1", "e"]
    said = keyed(study, *again, *again)
    assert len(signed(study)) == 3 and "nothing is written" in said[-3]


@pytest.mark.parametrize(("lines", "wanted"), [
    (["b48"], "four characters"), (["{code}", "11.5.2017"], "type the day as 2017-05-12"),
    (["{code}", "", "perhaps"], "type y or n"), (["{code}", "", "y", "s"], "type e, r or n"),
    (["0000", "", "y", "e", "3"], "type 1 or 2")])
def test_what_is_not_understood_says_what_to_type(study, lines, wanted):
    said = keyed(study, "harbour", *(line.format(code=code(study)) for line in lines))
    assert any(wanted in line for line in said)


def test_an_unknown_organisation_gets_the_nearest_and_a_decided_one_is_refused(study):
    paper = ["harbour", code(study), "", "y", "e", "e", "e"]
    said = keyed(study, *paper, *paper, "harbor", "harbour")
    assert "There is no organisation 'harbor'; nearest: 'harbour'." in said
    assert any(line.startswith("harbour has decided on every text.") for line in said)


def test_a_change_of_mind_is_a_command_that_asks_and_leaves_every_other_row(study):
    paper = [code(study), "", "y", "e", "e", "e"]
    keyed(study, *["beacon", *paper] * 2, *["harbour", *paper] * 2)
    before = Study(study.root).locate_reference_file("signoffs").read_bytes()
    command = ("sign", "--take-back", "harbour", "--principle", "P02")
    done = study.glc(*command, input="n\n")
    assert done.exit_code == 1 and "P02.2: endorse, 2017-05-12." in done.stderr
    assert Study(study.root).locate_reference_file("signoffs").read_bytes() == before
    assert study.glc(*command, input="y\n").exit_code == 0
    assert [row[:3] for row in signed(study)] == [
        ["P01", "1", "beacon"], ["P02", "2", "beacon"], ["P03", "1", "beacon"], ["P01", "1", "harbour"],
        ["P03", "1", "harbour"]]
    refused = study.glc(*command)
    assert refused.exit_code == 2 and "harbour has no decision on P02 in signoffs.csv" in refused.stderr
    assert "nearest: 'harbour'" in study.glc("sign", "--take-back", "harbor").stderr


def test_an_organisation_without_a_rater_gets_no_sheet(study):
    study.spoil_table("organisations", ("compass,", "lantern,Lantern,shelter,,KEN,2004,high\ncompass,"))
    done = study.glc("sign", "--sheets", "--for", "lantern")
    assert done.exit_code == 2 and "lantern has no rater who may rate, so it is not asked" in done.stderr
    assert not (study.root / "reports/team/signing/lantern.html").exists()


def test_every_other_byte_of_signoffs_stays(study):
    before = ("organisation_id,principle_id,version,decision,reservation,is_named,date\r\n"
              "beacon,P01,1,endorse,\"said, so\",true,2017-05-11\r\n")
    path = Study(study.root).locate_reference_file("signoffs")
    path.write_text(before, newline="")
    paper = ["harbour", code(study), "", "y", "e", "", ""]
    keyed(study, *paper, *paper)
    now, new = path.read_bytes().decode(), "harbour,P01,1,endorse,,true,2017-05-12"
    assert now.startswith(before.replace("date\r\n", "date,text_version\r\n") + new + ",")
    assert now.count("\r\n") == 3


def test_a_session_that_was_stopped_after_it_wrote_writes_nothing_twice(study):
    paper = ["harbour", code(study), "", "y", "e", "e", "e"]
    keyed(study, *paper, *paper)
    log = Study(study.root).private / "desk" / SIGNATURE_LOG
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))  # without "received"
    keyed(study, "harbour")
    assert len(signed(study)) == 3


def test_nothing_is_agreed_and_nothing_can_be_signed(study):
    study.write_table("principles", PRINCIPLES)
    with pytest.raises(GLCError, match="no principle is agreed.*`glc agree P01`"):
        keyed(study)


def test_a_sheet_shows_each_text_in_the_language_of_the_organisation_and_marks_others(study):
    study.write_table("principles", whole_table(study.root, "principles")
                      + "P01,1,قدموا الراحة <أولا>.,Rest first,community,care,,agreed,,,ar,P01.1\n")
    signing = SigningState.read(Study(study.root))
    page = render_signing_sheet(signing, signing.texts, "beacon", "Beacon & friends", "ar")
    assert '<html lang="ar" dir="rtl">' in page and "قدموا الراحة &lt;أولا&gt;." in page
    assert "Beacon &amp; friends" in page and page.count("[الإنجليزية]") == 2
    assert f"<bdi>{signing.code}</bdi>" in page and page.count("لا نوقّع") >= 3


def test_the_sheet_says_that_a_name_that_is_absent_at_one_text_can_be_noticed(study):
    for language, said in (("en", "If your name is printed at some texts, its absence at another can be "),
                           ("fr", "on peut remarquer son absence"), ("es", "se puede notar que falta")):
        study.write_table("principles", whole_table(study.root, "principles")
                          + f"P01,1,Repos {language}.,Rest first,community,care,,agreed,,,{language},P01.1\n"
                          * (language != "en"))
        signing = SigningState.read(Study(study.root))
        assert said in render_signing_sheet(signing, signing.texts, "beacon", "Beacon", language)


@pytest.mark.parametrize(("named", "is_warned"), [("y", False), ("n", True)])
def test_who_keys_a_name_at_some_texts_alone_is_warned(study, named, is_warned):
    paper = ["harbour", code(study), "", "y", "e", "n", "Not ours.", named, "e"]
    said = keyed(study, *paper, *paper)
    assert any("readers may notice where the name is missing" in line for line in said)
    assert ("so readers may notice where it is absent" in said[-3]) == is_warned


def test_a_sheet_without_any_translated_text_is_in_the_words_of_the_organisation(study):
    signing = SigningState.read(Study(study.root))
    page = render_signing_sheet(signing, signing.texts, "beacon", "Beacon", "ar")
    assert '<html lang="ar" dir="rtl">' in page and page.count("لا نوقّع") >= 3
    assert page.count("[الإنجليزية]") == len(signing.texts)
    assert '<html lang="en"' in render_signing_sheet(signing, signing.texts, "beacon", "Beacon", "am")


def test_the_code_of_a_sheet_follows_its_texts_and_not_its_language(study):
    before = code(study)
    study.write_table("principles", whole_table(study.root, "principles")
                      + "P01,1,Ofrezca descanso.,Rest first,community,care,,agreed,,,es,P01.1\n")
    assert code(study) == before
    amend_principle(Study(study.root), "P01", "Offer rest, and wait.", asked_by="beacon",
                    because="Too short.")
    record_text_as_agreed(Study(study.root), "P01", decided_by="the room", today=TODAY)
    assert code(study) != before


def test_a_withdrawal_takes_what_was_keyed_of_its_sheet_and_leaves_that_of_others(study):
    for one in ("harbour", "beacon"):
        keyed(study, one, code(study), "", "n", "n", f"Not for {one}.", "n", "e", "e")
    log = Study(study.root).private / "desk" / SIGNATURE_LOG
    erase_leaver_ballots_signatures_and_names(Study(study.root), Contribution("harbour", MATERIAL))
    assert "harbour" not in log.read_text() and "Not for beacon." in log.read_text()


def test_a_signed_text_stays_as_it_was_signed_without_any_round(study):
    paper = ["harbour", code(study), "2017-05-11", "y", "e", "e", "e"]
    keyed(study, *paper, *paper)
    before = read_reference(Study(study.root)).principles["statement"].iloc[0]
    assert "after it was signed" not in study.glc("check").stderr
    study.spoil_table("principles", (before, before + " Always."))
    done = study.glc("check")
    assert done.exit_code == 1 and "the text of P01.1 was changed after it was signed" in done.stderr
    assert "glc amend P01" in done.stderr
