"""The day: what is to be decided, sorted by the votes; a page that tells no one's vote and runs anywhere."""

import re
import stat

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.agenda import (
    describe_low_resource_feasibility_gap,
    describe_tally_by_sign_and_words,
    make_agenda,
)
from glc_analysis.addons.convening.ballots import mask_and_list_releasable_comments
from glc_analysis.addons.convening.consensus import compute_tally_columns
from glc_analysis.addons.convening.slides import (
    group_agenda_under_headings,
    make_slide_results,
    render_slide_part,
    split_agenda_into_two_columns,
    write_slides,
)
from glc_analysis.addons.convening.votes import describe_disclosed_changed_vote_count
from glc_analysis.errors import GLCError, UsageError
from glc_analysis.reference import read_reference_table
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import RATERS, ROUNDS, convening_study

HIGH, MIDDLE = [7, 8, 8, 8, 8, 9, 9, 9, 9, 9], [4, 5, 5, 5, 5, 6, 6, 6, 6, 7]
SPLIT, LOOSE = [1, 2, 2, 3, 5, 7, 8, 8, 9, 9], [1, 4, 5, 7, 7, 7, 8, 8, 9, 9]
MIXED = [1, 4, 5, 5, 7, 7, 8, 8, 9, 9]
PRINCIPLES = pd.DataFrame(
    [["P01", "1", "Offer rest before you ask.", "Rest first", "en", ""],
     ["P02", "1", "Pay people.", "Pay", "en", ""], ["P02", "2", "Pay people fairly.", "Fair pay", "en", ""],
     ["P02", "2", "ادفعوا أجرا عادلا.", "", "ar", "P02.2"]],
    columns=["principle_id", "version", "statement", "short_name", "language", "translation_of"]).assign(
        comes_from="")
ORGANISATIONS = pd.DataFrame({"organisation_id": [f"o{n}" for n in range(10)],
                              "resource_level": ["low"] * 4 + ["high"] * 6})


def rated(votes, *, principle="P01", panel="provider", **other):
    """Rows of table ratings: a vote each, None for an abstention."""
    rows = [{"round_id": "1", "version": "1", "criterion": "importance", "rater_id": f"{panel[0]}{n}",
             "principle_id": principle, "organisation_id": f"o{n}" if panel == "provider" else "",
             "panel": panel, "score": vote, "is_abstained": vote is None, **other}
            for n, vote in enumerate(votes)]
    return tables.conform_to_schema("ratings", pd.DataFrame(rows))


def tallied(ratings, movement=""):
    """The table tallies of ratings, by hand."""
    rows = []
    for key, own in ratings[ratings["excluded"] == ""].groupby(
            ["round_id", "principle_id", "version", "criterion", "panel"]):
        found = compute_tally_columns([int(score) for score in own["score"].dropna()])
        rows.append(dict(zip(("round_id", "principle_id", "version", "criterion", "panel"), key, strict=True))
                    | found | {"n_abstained": int(own["is_abstained"].sum()), "n_expected": len(own),
                               "rule": "panel rule; fixed on 2017-04-03", "movement": movement})
    return tables.conform_to_schema("tallies", pd.DataFrame(rows))


def both(importance, feasibility, **other):
    return pd.concat([rated(importance, **other), rated(feasibility, criterion="feasibility", **other)],
                     ignore_index=True)


def listed(ratings):
    return make_agenda(tallied(ratings), ratings, PRINCIPLES, ORGANISATIONS, agreement_test="panel").iloc[0]


@pytest.mark.parametrize(("importance", "feasibility", "group"), [
    (HIGH, HIGH, "agreed"), (HIGH, MIDDLE, "elsewhere"), (SPLIT, HIGH, "split"), (SPLIT, MIDDLE, "split"),
    (HIGH, SPLIT, "elsewhere"), (MIDDLE, SPLIT, "split"), (LOOSE, HIGH, "agreed"), (MIDDLE, HIGH, "rest"),
    (HIGH[:6], HIGH[:6], "rest"), ([1, 1, 2, 2, 2, 2, 3, 3, 3, 3], HIGH, "rest"),
    (HIGH, [*HIGH[:7], None, None, None], "rest"), ([*HIGH[:9], None], [*HIGH[:9], None], "agreed")])
def test_a_principle_is_sorted_by_what_is_told_of_the_providers_votes(importance, feasibility, group):
    assert listed(both(importance, feasibility))["group"] == group


def test_many_abstentions_ask_whether_it_works_elsewhere():
    ratings = both([*HIGH, None, None, None, None], [*HIGH, 8, 8, 8, 8])
    row = listed(ratings)
    assert (row["group"], row["notes"]) == ("elsewhere", "4 abstained on importance")
    assert "importance 7 or more of 10, high, 4 abstained" in row["facts"]


def test_what_is_less_feasible_at_low_resources_asks_whether_it_works_elsewhere():
    ratings = both([8] * 14, [4, 5, 5, 6, 7, 8, 2, 4, 5, 7, 7, 8, 8, 9])
    known = pd.DataFrame({"organisation_id": [f"o{n}" for n in range(14)],
                          "resource_level": ["low"] * 6 + ["high"] * 8})
    row = make_agenda(tallied(ratings), ratings, PRINCIPLES, known, agreement_test="panel").iloc[0]
    assert (row["group"], row["notes"]) == ("elsewhere", "less feasible for providers with low resources")
    few = known.assign(resource_level=["low"] * 4 + ["high"] * 10)
    # With two of the four, the other two could be told.
    assert describe_low_resource_feasibility_gap(ratings, few) == ""


def test_survivor_advisers_who_see_it_otherwise_are_named_beside_and_change_no_group():
    ratings = pd.concat([both(HIGH, HIGH), both([2] * 10, HIGH, panel="survivor_adviser")])
    row = listed(ratings)
    assert (row["group"], row["notes"]) == ("agreed", "survivor advisers differ: importance at most 2 of 10")


def test_of_three_survivor_advisers_the_agenda_says_nothing():
    ratings = pd.concat([both(HIGH, HIGH), both([2, 3, 3], HIGH[:3], panel="survivor_adviser")])
    assert listed(ratings)["notes"] == "" and "adviser" not in listed(ratings)["facts"]


def test_the_agenda_is_in_the_order_of_what_to_decide():
    ratings = pd.concat([both(MIDDLE, HIGH), both(HIGH, HIGH, principle="P02", version="2")])
    found = make_agenda(tallied(ratings), ratings, PRINCIPLES, ORGANISATIONS, agreement_test="panel")
    assert found[["group", "principle_id", "short_name"]].to_numpy().tolist() == [
        ["agreed", "P02", "Fair pay"], ["rest", "P01", "Rest first"]]
    assert [one["heading"] for one in group_agenda_under_headings(found)] == ["High on both", "The rest"]


@pytest.mark.parametrize(("votes", "said"), [
    (HIGH, ("whole", "high, in agreement")), (LOOSE, ("half", "high, no agreement")),
    (SPLIT, ("split", "split")), (HIGH[:7], ("few", "too few votes for the rule")),
    ([8] * 17 + [1] * 3, ("whole", "high, no disagreement by IPRAS"))])
def test_a_result_is_said_in_a_shape_and_in_words(votes, said):
    assert describe_tally_by_sign_and_words(compute_tally_columns(votes)) == said


def result(ratings, round_id="1", moved="", earlier=(), agreed=()):
    tallies = pd.concat([*map(tallied, earlier), tallied(ratings, moved)], ignore_index=True)
    rounds = pd.DataFrame({"round_id": ["1", "2"], "opened_on": ["2017-05-08", "2017-05-09"]})
    return make_slide_results(tallies, pd.concat([*earlier, ratings]), PRINCIPLES, rounds, round_id,
                              agreement_test="panel",
                              fully_disclosed_panels=agreed)[0]


def test_what_is_told_to_be_high_without_whether_all_agree_has_no_sign():
    row = listed(both(HIGH, HIGH))
    assert (row["group"], row["importance"]) == ("agreed", ("", "7 or more of 10"))


@pytest.mark.parametrize(("comes_from", "said"), [
    ("", ""), ("floor", "This text was proposed in the room."), ("P05.1", "This text was split from P05.1."),
    ("P05.1;P06.2", "This text was merged from P05.1 and P06.2.")])
def test_a_slide_says_where_a_text_came_from(comes_from, said, monkeypatch):
    monkeypatch.setitem(globals(), "PRINCIPLES", PRINCIPLES.assign(comes_from=comes_from))
    one = result(both(HIGH, HIGH))
    assert one["origin"] == said and (
        f"<p class=\"quiet\">{said}</p>" in render_slide_part("result", one)) == bool(said)


def test_a_panel_shows_how_many_rated_what_and_how_many_lie_apart():
    panel = result(rated([*MIXED, None]))["criteria"][0]["panels"][0]
    assert panel["votes"] == [1, 0, 0, 1, 2, 0, 2, 2, 2]
    assert panel["share"] == "6 of 10 high, 3 middle, 1 low"
    assert panel["dissent"] == "dissent (hollow): 1 at 1–3, 3 at 4–6"
    assert panel["no_vote"] == "1 abstained: not my context"


def test_where_a_count_could_tell_a_vote_only_its_least_is_shown():
    panel = result(rated(LOOSE))["criteria"][0]["panels"][0]
    assert (panel["votes"], panel["thirds"], panel["median"], panel["dissent"]) == ([], [], None, "")
    assert (panel["share"], panel["words"]) == ("7 or more of 10 high, at most 2 low", "high")


def test_a_panel_whose_members_all_agreed_shows_every_vote():
    panel = result(rated(LOOSE), agreed={"provider"})["criteria"][0]["panels"][0]
    assert panel["votes"] == [1, 0, 0, 1, 1, 0, 3, 2, 2] and panel["median"] == 7


@pytest.mark.parametrize("agreed", [(), ("survivor_adviser",)])
def test_of_three_votes_or_fewer_nothing_is_shown(agreed):
    ratings = pd.concat([rated(HIGH), rated([1, 5, 9], panel="survivor_adviser")])
    panel = result(ratings, agreed=agreed)["criteria"][0]["panels"][1]
    assert (panel["votes"], panel["median"], panel["dissent"], panel["words"]) == ([], None, "", "not shown")
    assert panel["share"] == "Three votes or fewer: nothing about them is shown"


@pytest.mark.parametrize(("by_proxy", "most"), [(1, "Four"), (2, "Five"), (4, "Five")])
def test_where_proxies_voted_it_is_said_of_how_many_votes_nothing_is_shown(by_proxy, most):
    ratings = rated([8] * 4 + [None] * 6)
    tallies = tallied(ratings).assign(n_by_proxy=by_proxy)
    rounds = pd.DataFrame({"round_id": ["1"], "opened_on": ["2017-05-08"]})
    panel = make_slide_results(tallies, ratings, PRINCIPLES, rounds, "1",
                               agreement_test="panel")[0]["criteria"][0]["panels"][0]
    assert panel["share"] == f"{most} votes or fewer, with proxies among them: nothing about them is shown"


def test_comments_are_read_in_one_language_where_the_rater_allowed_it_and_in_no_order_of_raters(study):
    ratings = rated(HIGH)
    ratings.loc[0:4, "comment"] = ["so be it", "not aloud", "así sea", "так и быть", "نعم"]
    ratings.loc[0:4, "comment_read"] = ["so be it", "not aloud", "thus be it", "let it be", ""]
    ratings.loc[[0, 2, 3, 4], "may_be_read"] = True
    names = read_reference_table(study, "names")
    found = mask_and_list_releasable_comments(ratings, study, names)
    assert sorted(found) == ["let it be", "so be it", "thus be it"]
    assert mask_and_list_releasable_comments(ratings[::-1], study, names) == found


def test_forms_on_another_wording_are_counted_apart():
    other = rated([1], excluded="rated P01.2; P01.1 was issued").assign(rater_id="x")
    found = result(pd.concat([rated(MIXED), other]))
    assert found["excluded"] == 1
    assert found["criteria"][0]["panels"][0]["votes"] == [1, 0, 0, 1, 2, 0, 2, 2, 2]


@pytest.mark.parametrize(("moved", "version", "said"), [
    ("up", "1", "median up from 5 to 7 since round 1"), ("same", "1", "median 7, as in round 1"),
    ("", "2", "reworded since round 1: not compared")])
def test_movement_is_told_between_identical_texts_only(moved, version, said):
    first = rated([1, 4, 5, 5, 5, 5, 7, 7, 8, 8], principle="P02", version="1")
    second = rated(MIXED, principle="P02", version=version, round_id="2")
    assert result(second, "2", moved, [first])["criteria"][0]["panels"][0]["moved"] == said


@pytest.mark.parametrize(("before", "after"), [(HIGH, MIXED), (MIXED, HIGH)])
def test_movement_from_or_to_a_median_that_is_not_told_is_not_told(before, after):
    first = rated(before, principle="P02", version="1")
    second = rated(after, principle="P02", version="1", round_id="2")
    panel = result(second, "2", "down", [first])["criteria"][0]["panels"][0]
    assert (panel["moved"], panel["movement"]) == ("", "")


def second_round(before, after):
    """The second of two rounds on one text, as a slide shows it."""
    first = rated(before, principle="P02", version="2")
    return result(rated(after, principle="P02", version="2", round_id="2"), "2", "same", [first])


def panel_of(one):
    return one["criteria"][0]["panels"][0]


def test_the_round_before_stands_beside_this_one_where_the_text_is_the_same():
    one = second_round(HIGH, MIXED)
    assert [(own["round_id"], own["share"], own["votes"]) for own in panel_of(one)["earlier"]] == [
        ("1", "7 or more of 10 high, at most 2 low", [])]
    html = render_slide_part("result", one)
    assert "Round 1: 7 or more of 10 high, at most 2 low" in html and html.count('class="strip"') == 2
    reworded = result(rated(MIXED, principle="P02", version="2", round_id="2"), "2", "", [
        rated(HIGH, principle="P02", version="1")])
    assert panel_of(reworded)["earlier"] == []


def test_where_not_all_counts_are_told_a_bar_has_what_is():
    one = result(rated(HIGH))
    assert panel_of(one)["bar"] == [""] * 3 + ["high"] * 7
    html = render_slide_part("result", one)
    assert (html.count('class="in"'), html.count('class="open"')) == (7, 3)
    assert "Dashed: not disclosed" in html


@pytest.mark.parametrize(("changed", "said"), [(2, ""), (3, "3 of 10 raters changed their vote"), (8, "")])
def test_how_many_changed_is_told_where_all_counts_are_and_who_stays_open(changed, said):
    after = [*(3 if vote == 1 else vote - 1 for vote in SPLIT[:changed]), *SPLIT[changed:]]
    assert panel_of(second_round(SPLIT, after))["changed"] == said


def test_how_many_changed_is_not_told_where_not_all_counts_are_nor_where_others_voted():
    assert panel_of(second_round(HIGH, [*HIGH[:5], *[7] * 5]))["changed"] == ""
    first, second = (dict(zip("abcdefgh", votes, strict=True)) for votes in ([5] * 8, [5] * 4 + [6] * 4))
    assert describe_disclosed_changed_vote_count(first, second, n_known_votes=2)
    assert not describe_disclosed_changed_vote_count(first, second, n_known_votes=4)
    assert describe_disclosed_changed_vote_count(first, second | {"i": 5}, n_known_votes=2) == ""


def test_ipras_is_printed_where_every_count_is_told():
    known = compute_tally_columns(SPLIT)
    assert panel_of(result(rated(SPLIT)))["ipras"] == (
        f"disagreement by IPRAS (IPR {known['ipr']:.3g}, IPRAS {known['ipras']:.3g})")
    assert panel_of(result(rated(HIGH)))["ipras"] == ""


def test_a_group_that_goes_on_in_the_second_column_has_its_heading_there_too():
    rows = [{"principle_id": f"P{n}", "version": "1", "short_name": "", "importance": ("", ""),
             "feasibility": ("", ""), "notes": ""} for n in range(9)]
    groups = [{"heading": "High on both", "why": "", "rows": rows}]
    html = render_slide_part("agenda", split_agenda_into_two_columns(groups))
    assert html.count("High on both") == 2 and html.count("Important") == 2


@pytest.fixture
def study(tmp_path):
    """A study whose round 0 is closed, with its tables written by hand, and whose round 1 is open."""
    small = convening_study(tmp_path)
    small.write("private/reference/names.csv",
                "name,kind,pseudonym,match,allowed_for,reason\nAna Paz,person,,folded,,\n")
    ratings = both(HIGH, SPLIT, round_id="0")
    ratings.loc[0:1, "comment"] = ["<script>alert(1)</script> says Ana Paz", "نعم، بشرط أن يكون آمنا."]
    ratings.loc[0:1, "comment_read"] = ["<script>alert(1)</script> says Ana Paz", "Yes, if it is safe."]
    ratings["may_be_read"] = ratings["comment"] != ""
    decided = pd.DataFrame([{"order": 1, "decision": "Kept <as> it is", "proposed_by": "the room"}])
    frames = {"ratings": ratings, "tallies": tallied(ratings), "decision_log": decided,
              "principles": PRINCIPLES.assign(status="candidate"),
              "parking_lot": pd.DataFrame([{"order": 1, "item": "Who pays?"}]),
              "panel_positions": pd.DataFrame([{
                  "round_id": "0", "principle_id": "P01", "version": "1", "panel": "survivor_adviser",
                  "position": "Rest, and no questions."}]),
              "organisations": ORGANISATIONS.assign(label=ORGANISATIONS["organisation_id"]),
              "blocks": pd.DataFrame()}
    (tmp_path / "processed").mkdir()
    for name, frame in frames.items():
        tables.write_table(tmp_path / "processed", name, tables.conform_to_schema(name, frame))
    return Study(tmp_path)


def test_an_open_round_has_no_page(study):
    (study.raw / "ratings").mkdir()
    (study.raw / "ratings/1-r12.csv").write_text(
        "round_id,rater_id,principle_id,version,text_version,criterion,score,comment,may_be_read\n"
        "1,r12,P01,1,x,importance,9,,\n")
    said = ("Round 1 is open: providers 1 of 2 received, survivor advisers 0 of 1 received. To fix: close it "
            "first with `glc tally --round 1 --close`.")
    with pytest.raises(GLCError, match=re.escape(said)):
        write_slides(study, "1")
    with pytest.raises(UsageError, match="There is no round '9'"):
        write_slides(study, "9")
    assert not study.reports.exists()


def test_a_closed_round_that_is_not_built_yet_has_no_page(study):
    study.locate_reference_file("rounds").write_text(ROUNDS.replace("05-08,,", "05-08,2017-05-08,"))
    with pytest.raises(GLCError, match="do not hold round 1 yet. To fix: run `glc build`"):
        write_slides(study, "1")


def test_the_page_is_whole_without_a_network_or_a_script_and_escapes_what_people_wrote(study):
    page = write_slides(study, "0").read_text(encoding="utf-8")
    assert re.findall(r'<section id="(\w+)"', page) == ["agenda", "P01", "decisions"]
    assert "Offer rest before you ask." in page
    assert "Kept &lt;as&gt; it is" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; says Person 1" in page
    assert "Ana" not in page
    assert '<li class="words" dir="auto">Yes, if it is safe.</li>' in page and "نعم" not in page
    assert "Survivor advisers, together:</strong>" in page and "Rest, and no questions." in page
    assert not re.search(r"https?:|src=|url\(|@import", page)
    assert "closed on 2017-05-02" in page
    assert "fixed on 2017-04-03" in page
    assert page.count("<script>") == 1


def test_the_page_holds_no_rater_and_no_organisation(study):
    page = write_slides(study, "0").read_text(encoding="utf-8")
    raters = {line.split(",")[0] for line in RATERS.splitlines()[1:]}
    assert {*re.findall(r"[\w-]+", page)}.isdisjoint({*raters, "p0", "o0", "harbour"})


def test_the_page_is_its_owners_alone_and_the_same_bytes_again(study):
    path = write_slides(study, "0")
    before = path.read_bytes()
    assert write_slides(study, "0").read_bytes() == before
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, *path.parents[:3])] == [0o600] + [0o700] * 3
    assert [one.name for one in path.parent.iterdir()] == ["index.html"]


def test_the_same_blocks_stand_on_pages_of_ones_own():
    ratings = both(HIGH, SPLIT)
    html = render_slide_part("result", result(ratings))
    assert html.count("<svg class=\"strip\"") == 2  # counts, and a bar where they are not told
    assert "median 6" in html  # for those who hear the page
    order = make_agenda(tallied(ratings), ratings, PRINCIPLES, ORGANISATIONS, agreement_test="panel")
    assert "Works elsewhere?" in render_slide_part(
        "agenda", split_agenda_into_two_columns(group_agenda_under_headings(order)))
    assert "Nothing is decided yet." in render_slide_part("decided", [])
    assert render_slide_part("style").strip().startswith("<style>")


def test_the_slides_are_there_in_the_languages_of_the_study_and_hold_the_same_numbers(study):
    english = write_slides(study, "0")
    path = study.reference / "study.toml"
    settings = path.read_text("utf-8").replace("[study]", '[study]\nlanguages = ["ar", "es"]', 1)
    path.write_text(settings, "utf-8")
    assert write_slides(Study(study.root), "0").read_bytes() == english.read_bytes()
    assert sorted(one.name for one in english.parent.iterdir()) == ["index-ar.html", "index-es.html",
                                                                    "index.html"]
    arabic = (english.parent / "index-ar.html").read_text("utf-8")
    assert arabic.startswith('<!DOCTYPE html>\n<html lang="ar" dir="rtl">') and "مسودة" in arabic
    assert "الجولة 0: ما ينبغي البت فيه" in arabic and "Offer rest before you ask." in arabic

    def votes(page):
        return re.findall(r"<rect[^>/]*", page)
    assert votes(arabic) == votes(english.read_text("utf-8"))
