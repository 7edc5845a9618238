"""What is costly to make is made once a session, for all processes of the tests."""

import os
from collections.abc import Callable
from pathlib import Path

from pytest import TempPathFactory

from glc_analysis.locks import hold_lock


def kept(factory: TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process to ask for it makes by ``make(folder)``, while the others wait.

    It belongs to all tests: copy it to change it.
    """
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kept"
    folder, aside = shared / name, shared / f"{name}.unfinished"
    with hold_lock(shared / f"{name}.lock", is_patient=True):
        if not folder.exists():
            make(aside)
            aside.rename(folder)
    return folder
