"""What changed between two runs: figures that moved and by how much, passages, raw files, pages."""

import pandas as pd
import pytest

from glc_analysis.addons.changes.changes import _RunData, compare_figures_passages_and_files, render_changes


def figures(**counts):
    rows = [{"figure_id": name, "n": n, "base_n": base, "value": float(n)}
            for name, (n, base) in counts.items()]
    return pd.DataFrame(rows, columns=["figure_id", "n", "base_n", "value"]).set_index("figure_id")


def passages(*rows):
    return pd.DataFrame(list(rows), columns=["document_id", "code_id", "quote"])


def made(counts=None, said=(), raw=None, pages=None):
    return _RunData(figures(**(counts or {})), passages(*said), raw or {}, pages or {})


def found(was, now, organisations=None):
    return compare_figures_passages_and_files(was, now, lambda moved: organisations or {})


def test_a_figure_that_moved_is_told_with_how_much_and_how_many_stand_behind_it():
    row, = found(made({"a": (17, 30)}), made({"a": (18, 30)}), {"a": 29}).itertuples(index=False)
    assert (row.kind, row.id, row.was, row.moved, row.organisations) \
        == ("figure", "a", "17 of 30 (57 %)", "+1", 29)


@pytest.mark.parametrize(("was", "now"), [({"a": (1, 4)}, {}), ({}, {"a": (1, 4)})])
def test_a_figure_that_is_new_or_gone_is_told(was, now):
    row, = found(made(was), made(now)).itertuples(index=False)
    assert {row.was, row._3} == {"", "1 of 4"}


def test_a_base_that_changed_is_a_change():
    assert len(found(made({"a": (1, 4)}), made({"a": (1, 5)}))) == 1


def test_nothing_changed_is_no_row():
    same = made({"a": (1, 4)}, [("t", "c", "q")], {"raw/x": "1"}, {"index": "k"})
    assert found(same, same).empty


def test_figures_without_a_value_are_equal():
    nothing = made({"a": (1, 4)})
    nothing.figures["value"] = float("nan")
    assert found(nothing, nothing).empty


def test_the_last_digits_of_a_computed_number_are_no_change():
    was, now = made({"a": (1, 4)}), made({"a": (1, 4)})
    was.figures["value"], now.figures["value"] = 7.641987, 7.641987 + 8.9e-16
    assert found(was, now).empty
    now.figures["value"] = 7.64199
    assert len(found(was, now)) == 1


def test_passages_are_new_or_gone():
    rows = found(made(said=[("t", "c", "old")]), made(said=[("t", "c", "ថ្មី")]))
    assert set(zip(rows["moved"], rows["was"] + rows["is"], strict=True)) == {("gone", "old"), ("new", "ថ្មី")}


def test_raw_files_and_pages_are_named():
    rows = found(made(raw={"raw/a": "1", "raw/b": "1"}, pages={"index": "k"}),
                 made(raw={"raw/a": "2", "raw/c": "1"}, pages={"index": "l"}))
    assert dict(zip(rows["id"], rows["moved"], strict=True)) == {
        "raw/a": "changed", "raw/b": "gone", "raw/c": "new", "index": "changed"}


def test_the_page_escapes_what_was_said():
    assert "<script>" not in render_changes(found(made(), made(said=[("t", "c", "<script>")])))


def test_the_first_run_says_that_there_is_no_earlier_one():
    assert "no earlier run" in render_changes(None)
