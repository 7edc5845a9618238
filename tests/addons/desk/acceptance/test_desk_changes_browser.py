"""The coding desk in a browser: codings are changed, words found in all texts, small screens served."""

import json

import pytest

from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.addons.desk.journal import coder_journal_path
from glc_analysis.study import Study
from tests.addons.desk.support.desk_page import codings_of, found, open_desk, places, until_said
from tests.addons.desk.support.desk_study import SCRIPTS, TURNS

pytestmark = pytest.mark.acceptance
TEXT = "interview-scripts"
LATIN = [TURNS.index(words) for script in ("Latin", "Cyrillic", "Emoji") for words in SCRIPTS[script]]


def journal(session):
    return [json.loads(line) for line in coder_journal_path(session.study, "ana").read_bytes().splitlines()]


def coded(session, turn, start, end, code="stigma", memo=""):
    """Codes a stretch of a turn, without the browser; its coding_id."""
    at = session.show_text(TEXT)["turns"][turn]["start"]
    session.carry_out({"act": "code", "document_id": TEXT, "start": at + start, "end": at + end,
                       "code_id": code})
    made = max((one["coding_id"] for one in session.show_text(TEXT)["codings"]), key=int)
    if memo:
        session.carry_out({"act": "memo", "coding_id": made, "memo": memo})
    return made


def words_at(text, number):
    """Where the word of this number lies in a text whose words have blanks between them."""
    start = 0
    for _ in range(number):
        start = text.index(" ", start) + 1
    end = text.find(" ", start)
    return start, len(text) if end < 0 else end


@pytest.mark.every_day
def test_forty_codings_get_another_code_and_another_extent_and_the_journal_has_each_once(page, session):
    made = {}
    for n in range(40):
        turn = LATIN[n % len(LATIN)]
        start, end = words_at(TURNS[turn], n // len(LATIN))
        made[coded(session, turn, start, end, memo=f"memo {n}")] = turn, start, end
    before = journal(session)
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    codes = {"papers": "papers", "strain on staff": "staff-strain"}
    expected = []
    for n, coding in enumerate(made):
        turn, start, end = made[coding]
        chip = desk.locator(f"[data-coding='{coding}']")
        chip.click()
        if n % 2:
            desk.get_by_role("button", name="Another code").click()
        else:
            page.keyboard.press("c")
        typed, code = [*codes.items()][n % 2]
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        until_said(desk, "Stigma is now ")
        desk.locator(".glc-task").wait_for(state="hidden")
        desk.locator(".glc-words:focus").wait_for()
        page.keyboard.press("e")
        page.keyboard.press("Shift+ArrowRight")
        desk.get_by_role("button", name="Save the extent").click() if n % 2 else page.keyboard.press("Enter")
        until_said(desk, "has its new extent; its memo stays")
        desk.locator(".glc-task").wait_for(state="hidden")
        expected += [("recode", coding, code), ("resize", coding, start)]
        desk.evaluate("one => { one.querySelector('.glc-status').textContent = ''; }")
    acts = [line for line in journal(session)[len(before):] if line["act"] != "keys"]
    begins = [turn["start"] for turn in session.show_text(TEXT)["turns"]]
    assert [(one["act"], one["coding_id"], one["code_id"] if one["act"] == "recode"
             else one["start"] - begins[made[one["coding_id"]][0]]) for one in acts] == expected
    again = {one["coding_id"]: one for one in CodingSession(session.study, "ana").show_text(TEXT)["codings"]}
    assert [again[coding]["memo"] for coding in made] == [f"memo {n}" for n in range(40)]
    assert [again[coding]["code_id"] for coding in made] == [[*codes.values()][n % 2] for n in range(40)]
    for coding, (turn, start, end) in made.items():
        own = again[coding]
        assert own["start"] == begins[turn] + start and own["end"] > begins[turn] + end
        words = TURNS[turn][start:own["end"] - begins[turn]]
        assert words == words.strip() and " " in words
    for _ in range(80):
        page.keyboard.press("Control+z")
    page.wait_for_function("n => answers.filter(one => one.ok?.message?.startsWith('Undone')).length === n",
                           arg=80)
    assert sorted(codings_of(session)) == sorted(
        (begins[turn] + start, begins[turn] + end, "stigma") for turn, start, end in made.values())


def test_a_coding_is_made_shorter_and_the_change_of_a_code_is_left_with_escape(page, session, axe):
    start, end = 0, words_at(TURNS[0], 3)[1]
    coding = coded(session, 0, start, end)
    desk = open_desk(page, session)
    desk.locator(".glc-words").first.focus()
    page.keyboard.press("]")
    page.keyboard.press("c")
    desk.locator(".glc-task", has_text="takes the place of Stigma").wait_for()
    assert found(axe, page) == []
    page.keyboard.press("Escape")
    desk.locator(".glc-task").wait_for(state="hidden")
    page.keyboard.press("e")
    page.keyboard.press("Shift+ArrowLeft")
    assert found(axe, page) == []
    page.keyboard.press("Enter")
    until_said(desk, "new extent")
    at = session.show_text(TEXT)["turns"][0]["start"]
    assert codings_of(session) == [(at, at + words_at(TURNS[0], 2)[1], "stigma")]
    assert session.show_text(TEXT)["codings"][0]["coding_id"] == coding
    assert [one["act"] for one in journal(session)] == ["codebook", "text", "keys", "code", "resize"]


def test_an_answer_gets_another_code_by_keyboard(page, session):
    answer = session.list_answers()[0]["answer_id"]
    session.carry_out({"act": "code_answers", "answer_ids": [answer], "code_id": "stigma"})
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Open answers").click()
    desk.locator(".glc-grid-body [role=row]").first.focus()
    page.keyboard.press("c")
    page.keyboard.type("papers")
    page.keyboard.press("Enter")
    until_said(desk, "Stigma is now Papers and permits")
    assert [one["code_id"] for one in session.list_answers()[0]["codings"]] == ["papers"]


def test_words_are_found_looked_at_selected_coded_and_undone_as_one_act(page, session, axe):
    desk = open_desk(page, session)
    desk.get_by_role("tab", name="Find").click()
    field = desk.get_by_label("Find in all my texts")
    field.fill("police")
    field.press("Enter")
    until_said(desk, "in none of your texts")
    field.fill("NOBODY")
    field.press("Enter")
    places = desk.locator(".glc-place")
    places.first.wait_for()
    assert places.first.locator("mark").inner_text() == "nobody"
    assert places.first.locator(".glc-extent").inner_text() == TURNS[0]
    desk.get_by_label("What is coded").select_option("words")
    assert places.first.locator(".glc-extent").inner_text() == "nobody"
    field.fill("the")
    field.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('.glc-place').length > 2")
    n = places.count()
    page.keyboard.press("Control+a")
    page.keyboard.press("Space")  # but not the first
    assert f"{n - 1} selected" in desk.locator(".glc-find-view .glc-head .glc-note").inner_text()
    assert found(axe, page) == []
    page.keyboard.press("/")
    page.keyboard.type("stigma")
    page.keyboard.press("Enter")
    until_said(desk, f"Coded {n - 1} passages: Stigma")
    assert len(codings_of(session)) == n - 1
    assert desk.locator(".glc-tree [data-code=stigma] .glc-count").inner_text() == str(n - 1)
    page.keyboard.press("Control+z")
    until_said(desk, "Undone")
    assert codings_of(session) == []
    assert desk.locator("[data-view=find]").get_attribute("aria-selected") == "true"
    assert desk.locator(".glc-tree [data-code=stigma] .glc-count").inner_text() == ""


def test_all_passages_of_a_code_are_shown_at_the_desk_and_lead_to_their_texts(page, session, axe):
    for turn in (0, 4):
        coded(session, turn, 0, 10, memo="ask" if turn else "")
    desk = open_desk(page, session)
    desk.locator(".glc-tree [data-code=stigma]").hover()
    desk.get_by_role("button", name="My passages with Stigma: 2").click()
    places = desk.locator(".glc-place")
    assert places.count() == 2
    assert places.locator(".glc-extent").all_inner_texts() == [TURNS[0][:10].strip(), TURNS[4][:10].strip()]
    assert "Memo: ask" in places.nth(1).inner_text()
    assert found(axe, page) == []
    places.nth(1).get_by_role("button", name="Show in").click()
    desk.locator(".glc-turn.glc-current[data-turn='4']").wait_for()


def test_a_search_says_which_of_how_many_places_it_shows(page, session):
    desk = open_desk(page, session)
    field, count = desk.get_by_label("Find in this text"), desk.locator(".glc-hits")
    field.fill("nobody")
    n = int(count.inner_text())
    for shown in range(1, n + 1):
        field.press("Enter")
        assert count.inner_text() == f"{shown} of {n}"
    field.press("Enter")
    assert count.inner_text() == f"1 of {n}"
    field.press("Shift+Enter")
    assert count.inner_text() == f"{n} of {n}"
    field.fill("Policia")  # without the accent
    field.press("Enter")
    assert desk.locator(".glc-selected q").inner_text() == "policía"


def test_a_memo_is_saved_while_its_writer_rests_and_stays_open(page, session):
    coded(session, 0, 0, 10)
    desk = open_desk(page, session)
    desk.locator(".glc-chip").click()
    memo = desk.locator(".glc-edit textarea")
    memo.focus()
    page.keyboard.type("first thought")
    until_said(desk, "Memo saved")
    assert session.show_text(TEXT)["codings"][0]["memo"] == "first thought"
    page.keyboard.type(", and on")  # the field has the focus still, and its place
    assert memo.input_value() == "first thought, and on"
    page.keyboard.press("Control+Enter")
    memo.wait_for(state="detached")
    assert session.show_text(TEXT)["codings"][0]["memo"] == "first thought, and on"
    assert not desk.locator(".glc-status.glc-refused").count()


def test_the_mouse_selects_whole_words_and_the_arrows_begin_where_somebody_clicked(page, session):
    desk = open_desk(page, session)
    (x, y), (to_x, to_y) = places(page, 0, 5, 12)  # within "waited" and "for"
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y, steps=3)
    page.mouse.up()
    shown = desk.locator(".glc-selected q")
    shown.wait_for()
    assert shown.inner_text() == "waited for"
    for key, words in (("ArrowRight", "weeks"), ("ArrowLeft", "for")):
        (x, y), _ = places(page, 0, 13 if key == "ArrowRight" else 12, 14)
        page.mouse.click(x, y)
        desk.locator(".glc-selected").wait_for(state="hidden")
        page.wait_for_timeout(50)
        page.keyboard.press(key)
        assert shown.inner_text() == words


def test_a_chip_says_the_words_of_its_passage(page, session):
    coded(session, 0, 0, 9)
    coded(session, 0, 0, len(TURNS[0]), "papers")
    desk = open_desk(page, session)
    assert desk.locator(".glc-chip").all_inner_texts() == ["Papers and permits", "Stigma\nWe waited"]


def test_the_answer_line_is_in_view_at_1280_by_720(page, session):
    page.set_viewport_size({"width": 1280, "height": 720})
    desk = open_desk(page, session)
    box = desk.locator(".glc-foot").bounding_box()
    assert box["y"] + box["height"] <= 720


def test_on_a_phone_the_text_comes_first_and_the_codes_and_texts_are_drawers(page, session, axe):
    page.set_viewport_size({"width": 390, "height": 844})
    desk = open_desk(page, session)
    codes, texts = desk.locator(".glc-codes"), desk.locator(".glc-list")
    assert desk.locator(".glc-words").first.bounding_box()["width"] > 300
    assert codes.is_hidden() and texts.is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    assert found(axe, page) == []
    desk.locator(".glc-words").first.click()
    desk.get_by_role("button", name="Turn", exact=True).click()
    desk.locator(".glc-touch").get_by_role("button", name="Codes").click()
    assert codes.is_visible()
    assert found(axe, page) == []
    codes.locator("[data-code=stigma]").click()
    until_said(desk, "Coded: Stigma")
    assert codes.is_hidden()
    at = session.show_text(TEXT)["turns"][0]["start"]
    assert codings_of(session) == [(at, at + len(TURNS[0]), "stigma")]
    desk.get_by_role("button", name="Sentence", exact=True).click()
    desk.get_by_role("button", name="All texts").click()
    assert texts.is_visible()
    texts.locator("button").first.click()
    texts.wait_for(state="hidden")
    box = desk.locator(".glc-foot").bounding_box()
    assert box["y"] + box["height"] <= 844


def test_a_code_is_renamed_at_the_desk_after_the_change_was_shown(page, session, axe):
    path = session.study.settings_file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[coding]\n", '[coding]\ndecided_by = "ana"\n'), encoding="utf-8")
    session = CodingSession(Study(session.study.root), "ana")
    coded(session, 0, 0, 9)
    desk = open_desk(page, session)
    desk.locator(".glc-tree [data-code=stigma]").hover()
    desk.get_by_role("button", name="Change codes").click()
    assert desk.get_by_role("button", name="Write it").is_disabled()
    desk.get_by_label("Name", exact=True).fill("Shame")
    desk.get_by_role("button", name="Show the change").click()
    desk.locator(".glc-shown", has_text="“Stigma” is called “Shame”.").wait_for()
    assert "+stigma,challenges,code,Shame" in desk.locator(".glc-shown pre").inner_text()
    assert found(axe, page) == []
    desk.get_by_role("button", name="Write it").click()
    until_said(desk, "Written to reference/codebook.csv")
    desk.locator(".glc-chip", has_text="Shame").wait_for()
    assert desk.locator(".glc-tree [data-code=stigma]").inner_text().split("\n")[0] == "Shame"


def test_who_may_not_change_the_codebook_proposes_a_merged_code(page, session):
    desk = open_desk(page, session)
    desk.locator(".glc-tree [data-code=stigma]").hover()
    desk.get_by_role("button", name="Change codes").click()
    desk.get_by_label("What changes").select_option("merged_into")
    desk.get_by_label("Into").select_option("staff-strain")
    desk.get_by_role("button", name="Propose it").click()
    desk.locator(".glc-shown", has_text="Proposed: “Stigma” is merged into “Strain on staff”").wait_for()
    assert journal(session)[-1]["cells"] == {"merged_into": "staff-strain"}
    assert "stigma" in {row["code_id"] for row in session.list_codes_with_definitions()}
