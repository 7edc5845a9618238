"""What a day runs of the slow tests."""

from pathlib import Path
from types import SimpleNamespace

from tests.conftest import of_another_day
from tests.support import share


class Item:
    """A test as pytest collects it."""

    def __init__(self, path, name, *markers):
        self.path, self.originalname, self.markers = Path(path), name, markers

    def get_closest_marker(self, name):
        return SimpleNamespace(name=name) if name in self.markers else None


def names_of_the_day(items):
    left = of_another_day(items)
    return {item.originalname for item in items if item not in left}


def test_every_file_of_slow_tests_is_run_once_a_week_and_whole(monkeypatch):
    items = [Item(f"a/test_{n // 2}.py", f"test_{n}", "acceptance") for n in range(42)]
    days = []
    for seed in (20261128, 20261129, 20261130, 20261201, 20261202, 20261203, 20261204):
        monkeypatch.setattr(share, "SEED", seed)
        days.append(names_of_the_day(items))
        assert len(days[-1]) == 6
    assert len(set.union(*days)) == 42


def test_quick_tests_and_those_of_every_day_are_always_run():
    always = [Item("a/test.py", "test_quick"), Item("a/test.py", "test_kept", "acceptance", "every_day")]
    assert not of_another_day([*always, *(Item("a/test.py", f"test_{n}", "acceptance")
                                                for n in range(5))]) & {*always}


def test_cases_take_turns_day_by_day(monkeypatch):
    chosen = []
    for seed in (20261130, 20261201, 20261202):
        monkeypatch.setattr(share, "SEED", seed)
        chosen += share.in_turn("abc")
    assert sorted(chosen) == [*"abc"]
    monkeypatch.setattr(share, "IS_SOAK", True)
    assert share.in_turn("abc") == [*"abc"]


def test_cases_are_drawn_in_their_order_and_all_of_them_when_nothing_is_left_out(monkeypatch):
    assert share.drawn("abcdef", 3) == sorted(share.drawn("abcdef", 3)) and len(share.drawn("abc", 9)) == 3
    monkeypatch.setattr(share, "IS_SOAK", True)
    assert share.drawn("abcdef", 1) == [*"abcdef"]
