"""The key: which name got which pseudonym. It lies in ``private/`` and is its owner's alone.

Complete it, write it, and only then issue a text: a pseudonym must never be given anew.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from glc_analysis.cleaning.values import tidy
from glc_analysis.errors import Fault, Faults


def complete_key(names: pd.DataFrame, key: Mapping[str, str]) -> dict[str, str]:
    """The key with a pseudonym for every name without one: a number by kind, in order of names.csv.

    What stands in the key stays, names long gone too: numbers go on from the highest given.

    >>> names = pd.DataFrame({"name": ["Ana", "HAART", "Bo"], "pseudonym": "",
    ...                       "kind": ["person", "organisation", "person"]})
    >>> complete_key(names, {"Bo": "Person 1"})
    {'Bo': 'Person 1', 'Ana': 'Person 2', 'HAART': 'Organisation 1'}
    """
    whole = dict(key)
    for name, kind in names.loc[names["pseudonym"] == "", ["name", "kind"]].itertuples(index=False):
        if tidy(name) not in whole:
            label = kind.capitalize()
            given = [re.fullmatch(rf"{label} (\d+)", one) for one in (*whole.values(), *names["pseudonym"])]
            whole[tidy(name)] = f"{label} {1 + max((int(one[1]) for one in given if one), default=0)}"
    return whole


def read_key(path: Path) -> dict[str, str]:
    """The key file: name to pseudonym. Empty where there is none yet; Faults where it is damaged."""
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Faults([_damaged(path)]) from error
    if not isinstance(key, dict) or not all(isinstance(p, str) and p for p in key.values()):
        raise Faults([_damaged(path)])
    return key


def write_key(path: Path, key: Mapping[str, str]) -> None:
    """Write the key, whole or not at all, for its owner's eyes only. Write it before any text."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # one left by a crash may have other permissions
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8", newline="\n") as file:
        json.dump(key, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(handle)
    fresh.replace(path)


def _damaged(path: Path) -> Fault:
    return Fault("is no key of pseudonyms, or cannot be read", file=path.name, mend="put back a copy of it: "
                 "without it, pseudonyms of earlier texts cannot be given again")
