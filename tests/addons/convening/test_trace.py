"""From a principle to the raw file and back, on a small study; every broken link is reported with its fix."""

import shutil
from datetime import date
from functools import partial

import pandas as pd
import pytest
from click.testing import CliRunner

from glc_analysis import manifest, tables
from glc_analysis.addons.convening.broken_links import find_broken_and_changed_evidence_links
from glc_analysis.addons.convening.figure_records import (
    find_answers_in_figure_base,
    group_panel_votes_by_principle,
)
from glc_analysis.addons.convening.raw_places import RawFiles
from glc_analysis.addons.convening.trace import (
    _NOT_CLEARED,
    _WITHHELD,
    EvidenceTrail,
    list_principles_resting_on,
    trace_principle_to_sources,
)
from glc_analysis.cli import cli
from glc_analysis.errors import Faults, UsageError
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from glc_analysis.view.study_view import StudyView
from tests.support.built_studies import built, built_for_team
from tests.support.coded_studies import ANA, BEN, BOTH, CODEBOOK, coded_study, spreadsheet
from tests.support.study_writer import choices, question, write_csv, write_reference

ROWS = [{"org": "a", "country": "KHM", "Q1": "A safe place.", "Q2": "", "Q3": "yes"},
        {"org": "b", "country": "LAO", "Q1": "", "Q2": "", "Q3": "no"},
        {"org": "c", "country": "UGA", "Q1": "The court.", "Q2": "", "Q3": "yes"}]
PRINCIPLE = {"principle_id": "P01", "version": "1", "statement": "A safe place comes first.",
             "language": "en", "status": "agreed", "theme_ids": "care"}
CLEARED = {"segment_id": "blue.2", "text": "A safe place for tonight", "cleared_by_organisation": "yes",
           "cleared_on": "2016-05-01", "status": "cleared"}

EVIDENCE_FILE = "evidence.csv"
"""Where the references of evidence and the words that it cites lie."""


def evidence(n, kind, reference, cited="", **other):
    return {"principle_id": "P01", "evidence_id": f"e{n}", "kind": kind, "reference": reference,
            "cited": cited, "stance": "supports", "claim": "practised", "note": f"note {n}", **other}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A built study whose one principle rests on an answer, a code, a passage and a book."""
    study = coded_study(
        tmp_path_factory.mktemp("trace") / "s", codings=BOTH,
        questions=[question("Q1", "text", theme_id="care", wording="What comes first for a person?"),
                   question("Q2", "text", theme_id="law", wording="How do courts work?"),
                   question("Q3", "single", "law", theme_id="care", wording="Do you run a house?",
                            unit="organisation")],
        options=choices("law", "yes", "no"), principles=[PRINCIPLE],
        evidence=[evidence(1, "figure", "Q3/yes/all", "2 of 3"),
                  evidence(2, "code", "shelter", "1 of 2"),  # no coder read what c answered
                  evidence(3, "segment", "blue.2", "A safe place for tonight.",
                           quoted_for="convening;public"),
                  evidence(4, "literature", "Somebody (2012)", claim="literature")],
        quotes=[{"quote_id": "q1", "audience": "convening", **CLEARED},
                {"quote_id": "q2", "audience": "public", "second_reader": "Tomás", **CLEARED}],
        consent=[{"organisation_id": "a", "item": "quotation", "audience": audience, "is_given": "true",
                  "date": "2016-05-01"} for audience in ("convening", "public")],
        joint_display=[{"topic_id": "t1", "theme_id": "care", "figure_id": "Q3/yes/all",
                        "code_id": "shelter", "quote_id": "q1", "fit": "confirmed", "inference": "Alike.",
                        "by": "ana"}])
    write_csv(study.raw / "survey/survey.csv", ROWS)
    spreadsheet(study, "ana", *ANA)
    spreadsheet(study, "ben", *BEN)
    recorded(study)
    return built(study)


@pytest.fixture
def study(made, tmp_path):
    shutil.copytree(made.root, tmp_path / "s")
    return Study(tmp_path / "s")


def recorded(study):
    """Every raw file as it lies is in the manifest."""
    study.locate_reference_file("manifest").unlink(missing_ok=True)
    manifest.add_to_manifest(study, tuple(map(study.make_relative, study.list_all_raw_files())),
                             today=date(2016, 9, 1))


def lines(study, audience="team", principle="P01"):
    return [(node.depth, node.kind, node.id)
            for node in trace_principle_to_sources(study, principle, audience=audience)]


def texts(study, audience="team"):
    return [node.text for node in trace_principle_to_sources(study, "P01", audience=audience)]


def edit(study, name, change):
    """Rewrites a reference table; ``change`` gets its rows, by number as a spreadsheet shows them."""
    rows = read_reference_table(study, name).to_dict("index")
    change(rows)
    write_reference(study.root, name, rows.values())


def told(study):
    return [(fault.file, fault.row, fault.column, fault.value)
            for fault in find_broken_and_changed_evidence_links(study)]


def test_the_team_follows_a_principle_to_rows_lines_and_checksums(study):
    assert lines(study) == [
        (0, "principle", "P01.1"),
        (1, "evidence", "e1"), (2, "question", "Q3"), (3, "file", "raw/survey/survey.csv"),
        (1, "evidence", "e2"), (2, "code", "shelter"), (3, "file", "raw/codings/ana.csv"),
        (3, "file", "raw/codings/ben.csv"), (3, "passage", "blue.2"), (4, "file", "raw/interviews/blue.txt"),
        (1, "evidence", "e3"), (2, "passage", "blue.2"), (3, "file", "raw/interviews/blue.txt"),
        (1, "evidence", "e4")]
    said = texts(study)
    assert said[1] == "e1 supports, practised: Yes: 2 of 3 organisations (Do you run a house?). note 1"
    found = manifest.compute_checksum(study.raw / "survey/survey.csv")
    assert said[3] == f"raw/survey/survey.csv, counted rows: 2, 4; others in the base: 3, sha256 {found}"
    assert said[8] == "“A safe place for tonight.” Interview with a, turn 2, 2016-03-01, line 2"
    assert said[-1] == "e4 supports, literature: Somebody (2012). note 4"


def test_lines_say_on_which_page_they_are_shown(study):
    assert [node.place for node in trace_principle_to_sources(study, "P01")] == [
        "principle-p01", *["theme-care#question-q3"] * 2, "", *["theme-care#code-shelter"] * 2,
        "", "", "theme-care#passage-shelter-blue-2", "", *["theme-care#passage-shelter-blue-2"] * 2, "", ""]


def test_times_and_paragraphs_are_places_too(sample_study):
    said = texts_of_call = [node.text for node in trace_principle_to_sources(sample_study,
                                                                             "P03") if node.kind == "passage"]
    assert any("Call on 14 September 2016, turn 3, 00:00:19, line 19" in text for text in said)
    assert any("paragraph" in text for text in texts_of_call)


def test_a_place_is_the_line_in_which_the_words_begin_and_not_that_of_the_turn(sample_study):
    trail, files = EvidenceTrail(StudyView(sample_study)), RawFiles(sample_study)
    document = trail.documents["call-2"]
    places = [files.find_place_of_segment("call-2.12", document, words)[1] for words in (
        "They did, with us.", "with us. We hand over", "Half a year later we open", "Nobody said this")]
    assert places == ["line 83", "line 83", "line 91", "line 83"]


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_others_get_released_figures_and_cleared_words_and_no_place(study, audience):
    said = "\n".join(texts(study, audience))
    assert "“A safe place for tonight” a provider" in said
    assert said.count(_WITHHELD) == 2  # three organisations are too few for any figure
    assert not any(word in said for word in ("raw/", "sha256", "blue", "line ", "note", "2016", "2 of 3"))
    assert {node.about for node in trace_principle_to_sources(study, "P01",
                                                              audience=audience)} == {frozenset()}


def test_words_that_are_not_cleared_stay_with_the_team(study):
    edit(study, "quotes", lambda rows: rows[3].update(status="proposed"))
    built(study)
    assert _NOT_CLEARED in texts(study, "public")[-2]
    assert _NOT_CLEARED not in " ".join(texts(study, "convening"))


def test_released_figures_are_shown_to_others_as_they_may_see_them(sample_study):
    said = [node.text for node in trace_principle_to_sources(sample_study, "P03", audience="public")]
    assert any("A safe place first: raised by at most 7 of 27 organisations asked" in text for text in said)
    assert any("A safe place to sleep: at least 23 of 32 answers" in text for text in said)


@pytest.mark.parametrize(("subset", "said"), [
    ("all", "Counted apart: 1 of the 27 organisations that were present in calls raised “Time before "
     "forms”."),
    ("region=africa", "Said in calls, which this figure does not count.")])
def test_passages_in_calls_are_apart_from_those_that_a_figure_counts(sample_study, subset, said):
    trail = EvidenceTrail(StudyView(sample_study))
    figures = tables.read_table("figures", study=sample_study)
    figure = next(figures[figures["figure_id"] == f"time-before-forms/organisations/{subset}"].itertuples())
    nodes = [*trail.trace_figure(figure)]
    assert [node.text for node in nodes if node.kind == "code" and node.depth == 3] == [said]
    in_calls = {(node.depth, node.id.startswith("call-")) for node in nodes if node.kind == "passage"}
    assert in_calls == {(3, False), (4, True)}


@pytest.mark.parametrize(("source", "rests"), [
    ("Q3/yes/all", ["e1"]), ("Q3", ["e1"]), ("survey.r2", ["e1"]), ("raw/survey/survey.csv", ["e1"]),
    ("shelter", ["e2"]), ("raw/codings/ben.csv", ["e2"]), ("blue.2", ["e2", "e3"]), ("blue", ["e2", "e3"]),
    ("raw/interviews/blue.txt", ["e2", "e3"]), ("q2", ["e2", "e3"]), ("a", ["e1", "e2", "e3"]),
    ("b", ["e1"]), ("lamp", [])])
def test_what_rests_on_a_source(made, source, rests):
    assert list_principles_resting_on(made, source)["evidence_id"].tolist() == rests


def test_a_source_that_is_not_there_is_named_with_the_nearest(study):
    done = glc(study, "--from", "sheltr", code=2)
    assert "There is no 'sheltr'; nearest: 'shelter'" in done.stderr


def test_votes_lead_the_team_to_the_forms_they_stand_in(sample_study):
    nodes = trace_principle_to_sources(sample_study, "P03")
    at = next(n for n, node in enumerate(nodes) if node.text.startswith("round 2 on P03.1, provider"))
    assert nodes[at].text.endswith("importance 9 of 10 high, feasibility 4 of 10 high")
    forms = [node.id for node in nodes[at + 1:at + 11]]
    assert all(path.startswith("raw/ratings/2-r") for path in forms) and len({*forms}) == 10
    assert not any(node.kind == "votes"
                   for node in trace_principle_to_sources(sample_study, "P03", audience="public"))


def test_a_principle_without_a_version_is_followed_from_its_latest(sample_study):
    assert trace_principle_to_sources(sample_study, "P07")[0].id == "P07.2"
    assert trace_principle_to_sources(sample_study, "P07.1")[0].id == "P07.1"


def test_behind_a_figure_of_a_text_stand_all_who_were_asked(study):
    read = partial(tables.read_table, study=study)
    figure = next(read("figures").query("question_id == 'Q1' and statistic == 'answered'").itertuples())
    asked = next(read("questions").query("question_id == 'Q1'").itertuples())
    assert sorted(find_answers_in_figure_base(read, figure, asked)["organisation_id"]) == ["a", "b", "c"]


def test_ratings_that_were_excluded_are_not_told_behind_a_result(sample_study):
    def read(name):
        rows = tables.read_table(name, study=sample_study)
        return rows.assign(excluded="too late") if name == "ratings" and is_late else rows

    is_late = False
    cast = group_panel_votes_by_principle(read)["P03"]
    assert all(len(rows) for _, rows in cast)
    is_late = True
    assert all(rows.empty for _, rows in group_panel_votes_by_principle(read)["P03"])


def test_a_case_narrative_code_is_withheld_even_where_its_figure_were_released(sample_study):
    trail = EvidenceTrail(StudyView(sample_study, "public"))
    row = next(row for row in tables.read_table("evidence", study=sample_study).itertuples()
               if row.kind == "code" and not trail.is_figure_withheld(row))
    trail.__dict__["_case_codes"] = {row.reference}
    assert trail.is_figure_withheld(row)


def test_what_rests_on_a_form_or_a_rater_are_the_votes(sample_study):
    for source in ("raw/ratings/2-r12.csv", "r12"):
        rows = list_principles_resting_on(sample_study, source)
        assert {*rows["reference"]} == {"votes"} and "P03" in {*rows["principle"]}


def test_a_principle_that_is_not_there_is_named_with_the_nearest(study):
    with pytest.raises(UsageError, match="nearest: 'P01.1', 'P01'"):
        trace_principle_to_sources(study, "P011")


def test_a_sound_study_has_no_broken_link(study):
    assert told(study) == []


def rewrite(study, name, old, new):
    path = study.raw / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


RAW = {"survey/survey.csv": ("c,UGA,The court.,,yes\n", ""),
       "interviews/blue.txt": ("A safe place for tonight.", "A place."),
       "codings/ana.csv": ("blue,A safe place for tonight.,Safe place\n", "")}


@pytest.mark.parametrize("name", RAW)
def test_a_raw_file_that_changed_is_told_though_nothing_can_be_built(study, name):
    rewrite(study, name, *RAW[name])
    with pytest.raises(Faults):
        built(study)
    fault, = find_broken_and_changed_evidence_links(study)
    assert fault.file == f"raw/{name}" and fault.message.startswith("has changed since")
    assert trace_principle_to_sources(study, "P01")  # and the trace is there


def test_a_raw_file_that_is_gone_or_was_never_recorded(study):
    (study.raw / "interviews/blue.txt").unlink()
    edit(study, "manifest", lambda rows: [rows.pop(n) for n in [*rows] if "survey" in rows[n]["path"]])
    assert [str(fault) for fault in find_broken_and_changed_evidence_links(study)] == [
        "raw/interviews/blue.txt: is missing; evidence that rests on it: P01 e2, P01 e3. "
        "To fix: put the file back.",
        "raw/survey/survey.csv: has no checksum in manifest.csv; evidence that rests on it: P01 e1. To fix: "
        "record it with `glc check --accept`."]


@pytest.mark.acceptance
@pytest.mark.parametrize(("name", "place"), [
    ("survey/survey.csv", (EVIDENCE_FILE, "2", "cited", "2 of 3")),
    ("interviews/blue.txt", (EVIDENCE_FILE, "4", "cited", "A safe place for tonight."))])
def test_one_raw_row_less_shows_in_what_was_cited(study, name, place):
    """Also where somebody recorded the changed file: then figure or words are no longer as they were."""
    rewrite(study, name, *RAW[name])
    for coder in ("ana", "ben") if "blue" in name else ():
        rewrite(study, f"codings/{coder}.csv", "A safe place for tonight.", "A place.")
    recorded(study)
    built_for_team(study)
    assert place in told(study)


def test_evidence_whose_words_changed_comes_before_a_figure_that_changed(study):
    for name in ("survey/survey.csv", "interviews/blue.txt"):
        rewrite(study, name, *RAW[name])
    for coder in ("ana", "ben"):
        rewrite(study, f"codings/{coder}.csv", "A safe place for tonight.", "A place.")
    recorded(study)
    built_for_team(study)
    assert [row for _, row, *_ in told(study)][:1] == ["4"]


def test_a_code_that_coders_no_longer_agree_on(study):
    rewrite(study, "codings/ana.csv", *RAW["codings/ana.csv"])
    recorded(study)
    built_for_team(study)
    assert told(study) == [(EVIDENCE_FILE, "3", "reference", "shelter"),
                           (EVIDENCE_FILE, "3", "cited", "1 of 2")]


@pytest.mark.acceptance
def test_a_text_that_changed_is_one_line_after_the_evidence_whose_words_changed(study):
    """The coders' passages are quarantined: a figure that will be right again is not to be cited anew."""
    rewrite(study, "interviews/blue.txt", "A safe place for tonight.", "A bed.")
    recorded(study)
    built(study)
    first, *others = find_broken_and_changed_evidence_links(study)
    assert (first.file, first.value) == (EVIDENCE_FILE, "A safe place for tonight.")
    text, = [fault for fault in others if fault.file == "raw/interviews/blue.txt"]
    assert "coded passages in quarantine" in text.message
    assert "the figures cited by P01 e2" in text.message
    assert not any(fault.value == "1 of 2" for fault in others)
    assert not any("cite the present value" in fault.fix for fault in others)


def test_a_code_that_was_taken_out_or_merged(study):
    edit(study, "codebook", lambda rows: rows.pop(5))
    assert (EVIDENCE_FILE, "3", "reference", "shelter") in told(study)
    assert ("joint_display.csv", "2", "code_id", "shelter") in told(study)
    write_reference(study.root, "codebook", [row | (
        {"merged_into": "delay"} if row["code_id"] == "shelter" else {}) for row in CODEBOOK])
    assert (EVIDENCE_FILE, "3", "reference", "shelter") in told(study)


@pytest.mark.parametrize(("change", "places"), [
    (lambda rows: rows[3].update(status="proposed"), [("quotes.csv", "3", "cleared_by_organisation", "yes")]),
    (lambda rows: rows[3].update(cleared_on=""), [("quotes.csv", "3", "cleared_by_organisation", "yes")]),
    (lambda rows: rows[3].update(second_reader=""), [("quotes.csv", "3", "second_reader", "")]),
    (lambda rows: rows[3].update(text="No place"), [("quotes.csv", "3", "text", "No place")]),
    (lambda rows: rows.pop(3), [("evidence.csv", "4", "quoted_for", "convening;public")]),
    (lambda rows: rows[2].update(status="removed"), [("quotes.csv", "2", "status", "removed"),
                                                     ("joint_display.csv", "2", "quote_id", "q1")]),
    (lambda rows: rows.pop(2), [("evidence.csv", "4", "quoted_for", "convening;public"),
                                ("joint_display.csv", "2", "quote_id", "q1")])])
def test_a_clearance_less_is_told_where_it_is_lacking(study, change, places):
    edit(study, "quotes", change)
    assert told(study) == places


def test_consent_that_is_gone_breaks_the_quotation(study):
    edit(study, "consent", lambda rows: rows.pop(3))
    assert told(study) == [("quotes.csv", "3", "quote_id", "q2")]


def test_words_that_the_team_alone_is_to_read_need_no_clearance(study):
    edit(study, "joint_display", lambda rows: rows[2].update(quote_id=""))
    edit(study, "evidence", lambda rows: rows[4].update(quoted_for="convening"))
    edit(study, "quotes", lambda rows: rows.pop(3))
    assert told(study) == []
    edit(study, "quotes", lambda rows: rows.pop(2))
    assert told(study) == [("evidence.csv", "4", "quoted_for", "convening")]
    edit(study, "evidence", lambda rows: rows[4].update(quoted_for=""))
    assert told(study) == []


def test_a_code_of_which_somebody_is_to_read_words_needs_a_passage_that_is_cleared(study):
    edit(study, "evidence", lambda rows: rows[3].update(quoted_for="public"))
    assert told(study) == []
    edit(study, "evidence", lambda rows: rows[4].update(quoted_for=""))
    edit(study, "quotes", lambda rows: rows[3].update(status="talk"))
    assert told(study) == [("quotes.csv", "3", "cleared_by_organisation", "yes")]


@pytest.mark.parametrize(("n", "column", "value"), [
    (2, "principle_id", "P07"), (2, "reference", "Q3/yes/country=PER"), (3, "reference", "refuge"),
    (4, "reference", "blue.9"), (2, "cited", "20 of 30"), (4, "cited", "Some other words.")])
def test_evidence_that_points_nowhere_or_says_something_else(study, n, column, value):
    edit(study, "evidence", lambda rows: rows[n].update({column: value}))
    assert told(study) == [(EVIDENCE_FILE, str(n), column, value)]


@pytest.mark.parametrize(("column", "value"), [("figure_id", "Q9/yes/all"), ("code_id", "refuge"),
                                               ("quote_id", "q9")])
def test_a_topic_of_the_joint_display_that_points_nowhere(study, column, value):
    edit(study, "joint_display", lambda rows: rows[2].update({column: value}))
    assert told(study) == [("joint_display.csv", "2", column, value)]


def test_a_tally_of_a_version_that_is_not_there(study):
    write_csv(study.locate_reference_file("rounds"), [{
        "round_id": "1", "opened_on": "2017-05-08", "closed_on": "", "principle_id": "P01", "version": "2"}])
    row = {"round_id": "1", "principle_id": "P01", "version": "2", "criterion": "importance",
           "panel": "provider", "result": "high"}
    tables.write_table(study.processed, "tallies", tables.conform_to_schema("tallies", pd.DataFrame([row])))
    assert told(study) == [("rounds.csv", "2", "version", "P01.2")]


# As somebody types it


def glc(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), "trace", *arguments])
    assert done.exit_code == code, done.output
    return done


def test_the_command_prints_an_indented_tree(study):
    assert glc(study, "P01", "--audience", "public").stdout.splitlines()[-2:] == [
        "    “A safe place for tonight” a provider", "  e4 supports, literature: Somebody (2012)"]


def test_the_check_ends_with_1_and_names_a_changed_file_once(study):
    assert "No link is broken." in glc(study, "--check").stderr
    rewrite(study, "survey/survey.csv", *RAW["survey/survey.csv"])
    said = glc(study, "--check", code=1).stderr
    assert said.count("raw/survey/survey.csv: has changed") == 1
    assert "what follows is from the last build" in said
    assert "raw/survey/survey.csv, counted rows" in glc(study, "P01").stdout


@pytest.mark.parametrize("arguments", [(), ("P01", "--check"), ("--check", "--audience", "public"),
                                       ("--from", "a", "--audience", "convening")])
def test_questions_that_make_no_sense_are_wrong_usage(study, arguments):
    glc(study, *arguments, code=2)


@pytest.mark.acceptance
def test_a_new_form_makes_the_votes_anew_and_nothing_else(sample_study, tmp_path, monkeypatch):
    whole = Study(tmp_path / "s")
    shutil.copytree(sample_study.root, whole.root)
    source = "raw/ratings/2-r12.csv"
    form, manifest_csv = whole.root / source, whole.locate_reference_file("manifest")
    votes, rows = form.read_bytes(), manifest_csv.read_text(encoding="utf-8").splitlines(keepends=True)
    form.unlink()
    manifest_csv.write_text("".join(row for row in rows if source not in row), encoding="utf-8")
    built(whole)
    with pytest.raises(UsageError, match="There is no 'raw/ratings/2-r12.csv'"):
        list_principles_resting_on(whole, source)
    form.write_bytes(votes)
    with monkeypatch.context() as patched:
        patched.setattr("glc_analysis.build.build_steps", lambda *_, **__: pytest.fail("all was built"))
        said = glc(whole, "--from", source).stdout
    assert said == list_principles_resting_on(whole, source).to_csv(index=False,
                                                                    lineterminator="\n") and "votes" in said
    traced = {name: tables.read_table(name, study=whole) for name in tables.TABLES}
    built(whole)
    for name, frame in traced.items():
        assert name == "steps" or frame.to_csv() == tables.read_table(name, study=whole).to_csv(), name


@pytest.mark.parametrize(("name", "is_read"), [("survey/late.csv", True), ("notes.csv", False)])
def test_another_new_file_builds_all_where_it_is_read(study, monkeypatch, name, is_read):
    shutil.copy(study.raw / "survey/survey.csv", study.raw / name)
    built = []
    monkeypatch.setattr("glc_analysis.build.build_steps", lambda study, **_: built.append(study.root) or {})
    glc(study, "P01")
    assert built == [study.root] * is_read
