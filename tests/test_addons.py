"""What add-ons bring: their tables beside those of the core, and their steps among those of the build."""

from dataclasses import fields

import pytest

from glc_analysis.addon import AddOn, load_add_ons_from_folder
from glc_analysis.steps import Step, UndeclaredError, order_steps


def test_every_name_that_an_add_on_declares_can_be_loaded():
    for add_on in load_add_ons_from_folder().values():
        for field in fields(AddOn):
            declared = getattr(add_on, field.name)
            names = declared.values() if isinstance(declared, dict) else [declared]
            for name in names:
                if isinstance(name, str) and ":" in name and " " not in name:
                    assert add_on.load_object(name) is not None


def test_a_step_of_an_add_on_runs_before_the_step_of_the_core_that_needs_it():
    core = [Step("a", ("raw/survey",), ("x",), dict), Step("c", ("x", "y"), (), dict)]
    assert [step.name for step in order_steps([*core, Step("b", ("x",), ("y",), dict)])] == ["a", "b", "c"]


def test_steps_that_need_what_no_step_makes_are_named():
    with pytest.raises(UndeclaredError, match="inputs that no step makes before them: b, c"):
        order_steps([Step("a", (), (), dict), Step("b", ("x",), ("y",), dict), Step("c", ("y",), (), dict)])
