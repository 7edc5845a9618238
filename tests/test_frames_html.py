"""A frame is shown by its columns alone: sorted, filtered or joined, it still says what it said."""

import re

import pandas as pd
import pytest

from glc_analysis.tables_html import MOST_QUOTATIONS, render_as_bars_quotations_or_table, table

COUNTS = pd.DataFrame({"option": ["Shelter", "Legal aid", "Other"], "n": [18, 17, 3], "base_n": [30, 30, 30],
                       "share": [0.6, 17 / 30, 0.1], "low": float("nan"), "high": float("nan"),
                       "shown_as": ["18 of 30", "17 of 30", "3 of 30"]})
BANDED = pd.DataFrame({"option": ["Shelter", "Legal aid"], "n": pd.array([None, None], dtype="Int64"),
                       "base_n": [30, 30], "share": float("nan"), "low": [0.0, float("nan")],
                       "high": [0.23, float("nan")], "shown_as": ["few of 30", "not shown"]})
GROUPS = pd.concat([COUNTS.assign(group="Africa"), COUNTS.assign(group="Asia")], ignore_index=True)
CODES = pd.DataFrame({"code": ["Delay"], "level": ["code"], "raised": [3], "asked": [12], "present": [9],
                      "share": [0.25], "contrary": [1], "shown_as": ["3 of 12"], "code_id": ["delay-id"]})
PASSAGES = pd.DataFrame({
    "text": ["ជម្រកមុន", "الأمان أولاً", "Безопасность", "Первое"], "language": ["km", "ar", "ru", ""],
    "translation": ["Shelter first", "", "Safety", ""], "by": ["Blue Door", "a provider", "Lamp", "Loom"],
    "country": ["Cambodia", "", "", ""]})


def rows(html):
    """The cells of each row of a table, as words."""
    found = re.findall(r"<tr\b.*?</tr>", html, flags=re.DOTALL)
    cells = [re.findall(r"<t[hd]\b.*?</t[hd]>", row, flags=re.DOTALL) for row in found]
    return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in cells]


def widths(html):
    return re.findall(r'class="glc-bar" style="width:(\d+)%', html)


def test_counts_have_bars_and_their_words():
    html = render_as_bars_quotations_or_table(COUNTS)
    assert rows(html) == [["Answer", "Count"], ["Shelter", "18 of 30"], ["Legal aid", "17 of 30"],
                          ["Other", "3 of 30"]]
    assert widths(html) == ["60", "57", "10"]


@pytest.mark.parametrize("missing", ["n", "base_n", "shown_as"])
def test_a_frame_that_lacks_a_column_of_counts_is_the_table_of_pandas(missing):
    frame = COUNTS.drop(columns=missing)
    assert render_as_bars_quotations_or_table(frame) == frame._repr_html_()


def test_a_hidden_count_has_a_band_or_words_and_never_a_bar():
    html = render_as_bars_quotations_or_table(BANDED)
    assert widths(html) == []
    assert html.count("glc-track") == html.count("glc-band") == 1
    assert "left:0%;width:23%" in html
    assert [row[1] for row in rows(html)[1:]] == ["few of 30", "not shown"]


def test_a_frame_of_ones_own_needs_neither_a_share_nor_the_name_option():
    own = pd.DataFrame({"resource_level": ["low", "none"], "n": [1, 0], "base_n": [4, 0],
                        "shown_as": ["1 of 4", "0 of 0"]})
    html = render_as_bars_quotations_or_table(own)
    assert rows(html)[:2] == [["Resource level", "Count"], ["low", "1 of 4"]]
    assert widths(html) == ["25"]


CHANGES = {
    "filtered": lambda f: f.query("n > 5"), "sorted": lambda f: f.sort_values("n"),
    "reversed": lambda f: f[::-1], "copied": lambda f: f.copy(),
    "columns moved": lambda f: f[[*f.columns[::-1]]],
    "joined": lambda f: f.merge(pd.DataFrame({"option": ["Other", "Shelter"]}), on="option"),
    "stacked": lambda f: pd.concat([f, f]), "indexed": lambda f: f.set_index("option"),
    "indexed twice": lambda f: f.set_index("option", drop=False)}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_done_to_a_frame_never_parts_a_name_from_its_count(change):
    changed = change(COUNTS)
    said = dict(zip(COUNTS["option"], COUNTS["shown_as"], strict=True))
    options = [*changed["option"]] if "option" in changed else [*changed.index]
    assert rows(render_as_bars_quotations_or_table(changed))[1:] == [[option, said[option]]
                                                                     for option in options]


def test_a_group_stands_above_its_counts():
    html = render_as_bars_quotations_or_table(GROUPS)
    assert [row[0] for row in rows(html)] == ["Answer", "Africa", "Shelter", "Legal aid", "Other",
                                              "Asia", "Shelter", "Legal aid", "Other"]


def test_groups_that_were_sorted_apart_are_a_column_and_the_order_stays():
    html = render_as_bars_quotations_or_table(GROUPS.sort_values("n", kind="stable"))
    assert rows(html)[:4] == [["Answer", "Count", "Group"], ["Other", "3 of 30", "Africa"],
                              ["Other", "3 of 30", "Asia"], ["Legal aid", "17 of 30", "Africa"]]


def test_a_join_that_leaves_gaps_shows_them_as_gaps():
    wide = COUNTS.merge(pd.DataFrame({"option": ["Food"]}), how="outer")
    assert ["Food", ""] in rows(render_as_bars_quotations_or_table(wide))
    words = PASSAGES.merge(pd.DataFrame({"by": ["Nobody"]}), how="outer")
    assert render_as_bars_quotations_or_table(words).count("<figure") == 5
    assert "nan" not in render_as_bars_quotations_or_table(words)


def test_codes_have_bars_and_no_id():
    html = render_as_bars_quotations_or_table(CODES)
    assert rows(html) == [["Code", "Count", "Level", "Present", "Contrary"],
                          ["Delay", "3 of 12", "code", "9", "1"]]
    assert widths(html) == ["25"]


def test_quotations_have_their_language_its_direction_and_their_source():
    html = render_as_bars_quotations_or_table(PASSAGES)
    assert '<blockquote lang="km" dir="ltr">ជម្រកមុន</blockquote>' in html
    assert '<blockquote lang="ar" dir="rtl">الأمان أولاً</blockquote>' in html
    assert '<blockquote lang="en" dir="ltr" class="glc-translation">Shelter first</blockquote>' in html
    assert "Blue Door, Cambodia, Khmer" in html


def test_of_very_many_quotations_the_first_are_shown_and_the_rest_counted():
    html = render_as_bars_quotations_or_table(pd.concat([PASSAGES] * 30))
    assert html.count("<figure") == MOST_QUOTATIONS
    assert f"{120 - MOST_QUOTATIONS} more rows are not shown here." in html


def test_texts_of_the_data_are_no_html():
    bad = "<script>alert(1)</script>"
    for frame in (COUNTS.assign(option=bad), GROUPS.assign(group=bad), PASSAGES.assign(text=bad, by=bad),
                  COUNTS[["option"]].assign(option=bad)):
        assert "<script" not in render_as_bars_quotations_or_table(frame)
        assert "<script" not in table(frame, caption=bad).data


@pytest.mark.parametrize("frame", [COUNTS, COUNTS[["option", "n"]]], ids=["bars", "pandas"])
def test_a_caption_stands_in_the_table(frame):
    assert "<caption>Two &amp; three</caption>" in table(frame, caption="Two & three").data


def test_showing_a_frame_leaves_it_as_it_was():
    for frame in (COUNTS, GROUPS, CODES, PASSAGES):
        before = frame.copy(deep=True)
        render_as_bars_quotations_or_table(frame)
        pd.testing.assert_frame_equal(frame, before)
        assert frame.attrs == {}
        assert type(frame) is pd.DataFrame


CROSSED = pd.concat([COUNTS.assign(answer="We run it ourselves"), COUNTS.assign(answer="We refer")],
                    ignore_index=True)[["answer", *COUNTS]]


def test_a_crossed_table_keeps_its_options_under_what_was_answered_to_the_other_question():
    found = rows(render_as_bars_quotations_or_table(CROSSED))
    assert found[:3] == [["Answer", "Count"], ["Of those who answered “We run it ourselves”"],
                         ["Shelter", "18 of 30"]]
    assert found[5:7] == [["Of those who answered “We refer”"], ["Shelter", "18 of 30"]]


def test_a_crossed_table_that_is_sorted_otherwise_names_the_answer_beside_each_option():
    found = rows(render_as_bars_quotations_or_table(CROSSED.sort_values("n")))
    assert found[0] == ["Answer", "Count", "Of those who answered"]
    assert found[1] == ["Other", "3 of 30", "We run it ourselves"]


def test_a_group_and_an_answer_stand_in_one_heading():
    found = rows(render_as_bars_quotations_or_table(CROSSED.assign(group="Africa")))
    assert found[1] == ["Africa · Of those who answered “We run it ourselves”"]


def test_two_columns_with_the_same_heading_are_both_shown():
    own = COUNTS.assign(**{"resource level": "low", "resource_level": "high"})
    assert rows(render_as_bars_quotations_or_table(own))[:2] == [["Answer", "Count", "Resource level",
                                                                  "Resource level"],
                                                                 ["Shelter", "18 of 30", "low", "high"]]


def test_two_columns_with_the_same_name_are_both_shown():
    own = pd.concat([COUNTS, pd.DataFrame({"option": ["a", "b", "c"]})], axis=1)
    assert rows(render_as_bars_quotations_or_table(own))[1] == ["Shelter", "18 of 30", "a"]
