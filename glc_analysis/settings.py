"""study.toml: read over the defaults, and refused with everything that is wrong in it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from glc_analysis.errors import Fault, Faults, nearest
from glc_analysis.intake.text import decode

Defaults = Mapping[str, Mapping[str, Any]]
Words = Mapping[tuple[str, str], tuple[str, ...]]

_FORMS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false without quotation marks"),
    int: ((int,), "a whole number without quotation marks"),
    float: ((int, float), "a number without quotation marks"),
    str: ((str,), 'a text in "quotation marks"'),
    list: ((list,), 'a list of texts, such as ["NA", "none"]'),
    dict: ((dict,), 'a table such as {ana = "../raw/codings/ana"}'),
}


def read_settings(path: Path, defaults: Defaults, words: Words) -> dict[str, dict[str, Any]]:
    """The settings of a study, section by section, with the default where one is not given.

    A setting has the form of its default; a section without defaults is free;
    ``words`` are those that a setting may take. Raises Faults with all that does
    not fit.
    """
    found = _parsed(path)
    faults = [fault for section, values in found.items()
              for fault in _section_faults(path.name, section, values, defaults, words)]
    if faults:
        raise Faults(faults)
    return {section: {**given, **found.get(section, {})} for section, given in defaults.items()}


def _parsed(path: Path) -> dict[str, Any]:
    text = decode(path.read_bytes(), path.name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise Faults([Fault(f"cannot be read: {said[:1].lower()}{said[1:]}", file=path.name,
                            row=line[1] if line else str(text.count("\n") + 1),
                            value=text.split("\n")[int(line[1]) - 1].strip() if line else "",
                            mend='write name = value, with texts in "quotation marks" and / in '
                            "paths")]) from None


def _section_faults(file: str, section: str, values: Any, defaults: Defaults,
                    words: Words) -> Iterator[Fault]:
    if not isinstance(values, dict):
        yield Fault("stands outside every section", file=file, column=section, value=str(values),
                    mend=f"put it below one of {', '.join(f'[{name}]' for name in defaults)}")
    elif section not in defaults:
        yield Fault(f"there is no such section; {nearest(section, defaults)}", file=file,
                    column=f"[{section}]", mend=f"use one of {', '.join(defaults)}")
    elif defaults[section]:
        for name, value in values.items():
            said, mend = _misfit(name, value, defaults[section], words.get((section, name), ()))
            if said:
                yield Fault(said, file=file, column=f"[{section}] {name}", value=str(value), mend=mend)


def _misfit(name: str, value: Any, known: Mapping[str, Any], words: tuple[str, ...]) -> tuple[str, str]:
    """What is wrong with one setting, and the mend; blank where nothing is."""
    if name not in known:
        return f"there is no such setting; {nearest(name, known)}", f"use one of {', '.join(known)}"
    if not _is_like(value, known[name]):
        form = "two whole numbers, such as [7, 9]" if known[name] and isinstance(known[name], list) \
            else _FORMS[type(known[name])][1]
        return "has the wrong form", f"write {form}"
    if words and value not in words:
        return "is not known", f"use one of {', '.join(filter(None, words))}"
    return "", ""


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value has the form of a default.

    >>> _is_like(True, 0), _is_like(1, 0.7), _is_like("NA", []), _is_like(["NA"], [])
    (False, True, False, True)
    """
    if isinstance(value, bool):  # which Python takes for a number as well
        return isinstance(default, bool)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    part = next(iter(default.values() if isinstance(default, dict) else default), "") \
        if isinstance(default, dict | list) else ""
    return isinstance(value, _FORMS[type(default)][0]) and all(_is_like(p, part) for p in parts)


def consensus_faults(file: str, settings: Mapping[str, Any]) -> Iterator[Fault]:
    """A scale or high region for which the rules of agreement are not stated, and a day that is none."""
    for name, stated in (("scale", [1, 9]), ("high", [7, 9])):
        if settings[name] != stated:
            yield Fault("the rules of agreement are stated for votes of 1 to 9 alone, high from 7 to 9",
                        file=file, column=f"[consensus] {name}", value=str(settings[name]),
                        mend=f"write {stated}; votes on another scale, such as pictures, are never converted")
    if day := settings["fixed_on"]:
        try:
            is_day = date.fromisoformat(day).isoformat() == day
        except ValueError:
            is_day = False
        if not is_day:
            yield Fault("is no day", file=file, column="[consensus] fixed_on", value=day,
                        mend="write it as YYYY-MM-DD")
