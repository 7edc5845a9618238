"""The switch of a withdrawal is the core's: it ends without any add-on."""

from glc_analysis import addon
from glc_analysis.switch import COPIED, READY, STAGE, WANTED, finish_or_undo_withdrawal


def test_what_arrived_is_put_aside_where_no_add_on_can_search_it(tmp_path, monkeypatch):
    monkeypatch.setattr(addon, "load_add_ons_from_folder", dict)
    stage, lines = tmp_path / STAGE, []
    (stage / "new" / "private").mkdir(parents=True)
    for name in (READY, WANTED, COPIED):
        (stage / name).write_text("{}")
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "notes.txt").write_text("late")
    finish_or_undo_withdrawal(tmp_path, lines.append)
    assert (tmp_path / "private/arrived/1/private/notes.txt").read_text() == "late"
    assert "because it cannot be searched (the add-on that withdraws is not installed)" in lines[0]
