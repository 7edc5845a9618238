"""Makes folders that are costly to make only once per session, for all processes of the tests."""

import os
from collections.abc import Callable
from pathlib import Path

from pytest import TempPathFactory

from glc_analysis.locks import hold_folder_lock


def kept(factory: TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Returns a folder. The first process that asks for it makes it by ``make(folder)``, while the others
    wait.

    The folder belongs to all tests, so copy it before you change it.
    """
    base = factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kept"
    folder, aside = shared / name, shared / f"{name}.unfinished"
    with hold_folder_lock(shared / f"{name}.lock", is_patient=True):
        if not folder.exists():
            make(aside)
            aside.rename(folder)
    return folder
