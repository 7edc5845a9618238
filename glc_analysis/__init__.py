"""The analysis package of a global learning collaborative, imported as ``import glc_analysis as glc``.

An analyst's own notebook needs only a study, a view of the study, the counts and the passages of the view,
and a plot.

>>> import glc_analysis as glc
>>> study = glc.open_study(study.root)
>>> view = study.view("team")
>>> axes = glc.plot_counts(view.counts("Q4.1"))
>>> "open_study" in dir(glc)
True
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from glc_analysis import schema
from glc_analysis.addon import list_declarations
from glc_analysis.manifest import VERSION

__version__ = VERSION

_FRONT_DOOR = {
    "open_study": "view.study_view", "NotReleased": "view.study_view",
    "table": "tables_html", "figure": "tables_html",
    "language_name": "text",
    "show_question": "pages.questions",
    "plot_counts": "plots", "plot_agreement": "plots"}
"""Maps each name that an analyst uses as ``glc.NAME`` to its module. The module of a name is imported when
the name is first used."""

_OF_ADD_ONS = {name: (add_on, place) for add_on, names in list_declarations("front_door")
               for name, place in names.items()}
"""Maps each name that an add-on makes available as ``glc.NAME`` to a pair: the add-on, and the object of this
name, written ``module:object``."""

__all__ = sorted({*_FRONT_DOOR, *_OF_ADD_ONS})


def __getattr__(name: str) -> Any:
    if name in _OF_ADD_ONS:
        add_on, place = _OF_ADD_ONS[name]
        return add_on.load_object(place)
    if name not in _FRONT_DOOR:
        from glc_analysis.errors import suggest_name

        raise AttributeError(f"glc_analysis has no {name!r}; {suggest_name(name, __all__)}.")
    return getattr(import_module(f"glc_analysis.{_FRONT_DOOR[name]}"), name)


def __dir__() -> list[str]:
    return __all__


def _all_checks() -> Sequence[schema.Check]:
    from glc_analysis.checks import CORE_CHECKS

    return (*CORE_CHECKS, *(check for add_on, name in list_declarations("checks")
                            for check in add_on.load_object(name)))


if "IPython" in sys.modules:  # in a notebook, and nowhere else
    from IPython import get_ipython

    from glc_analysis.notebook_errors import show_errors_as_sentences

    show_errors_as_sentences(get_ipython())

# Reference tables are read in the lowest layer; the checks of higher layers are imported when needed.
schema.register_checks(_all_checks)
