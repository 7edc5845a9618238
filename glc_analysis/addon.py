"""Add-ons: what each brings, and how the core finds it.

An add-on is a folder of ``glc_analysis/addons``. Its ``__init__.py`` holds one object, ``ADD_ON``, of data
and names, and imports nothing else: finding all add-ons takes no time. The core imports none. It lists the
folder, and where it needs what an add-on brings, it loads what a name stands for (:meth:`AddOn.load`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("addons")


@dataclass(frozen=True)
class AddOn:
    """What one add-on brings. A name such as ``"commands:COMMANDS"`` is a module of its folder and what is to
    be taken from it."""

    name: str
    summary: str
    """What it is for, in one sentence."""
    needs: tuple[str, ...] = ()
    """Other add-ons, of which it may use anything."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Commands, by their heading in ``glc --help``."""
    around: Mapping[str, str] = field(default_factory=dict)
    """What it does around commands of the core, by their names: context managers, with the options that they
    add (:func:`.cli.group.around`)."""
    front_door: Mapping[str, str] = field(default_factory=dict)
    """What an analyst uses as ``glc.NAME``, by its name."""

    def load(self, name: str) -> Any:
        """What a name stands for; its module is imported now.

        >>> installed()["desk"].load("coding_desk:coding_desk").__name__
        'coding_desk'
        """
        module, _, attribute = name.partition(":")
        return getattr(import_module(f"glc_analysis.addons.{self.name}.{module}"), attribute)


@cache
def installed() -> dict[str, AddOn]:
    """The add-ons whose folders are there, by name; each after those that it needs."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))
    found = {name: import_module(f"glc_analysis.addons.{name}").ADD_ON for name in names}
    placed: dict[str, AddOn] = {}
    while len(placed) < len(found):
        ready = [name for name in found if name not in placed and {*found[name].needs} <= {*placed}]
        placed |= {name: found[name] for name in ready[:1]}
    return placed


def brought(field_name: str) -> Iterator[tuple[AddOn, Any]]:
    """The add-ons that bring something of a kind, each with its declaration of it."""
    for add_on in installed().values():
        if declared := getattr(add_on, field_name):
            yield add_on, declared
