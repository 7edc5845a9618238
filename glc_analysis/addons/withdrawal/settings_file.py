"""Updates study.toml after a withdrawal has removed or renamed files that study.toml names."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from glc_analysis.errors import Fault, Faults, GLCError
from glc_analysis.study import Study
from glc_analysis.writing import write_atomic


def set_replacement_coder_files_in_settings(study: Study, coder: str, new_files: Sequence[Path]) -> None:
    """Adds new files of a coder to study.toml, if the coder's pattern in study.toml does not cover the files
    yet.

    Raises Faults if a single entry cannot cover all files of the coder, or if the entry must be edited by
    hand."""
    there = [path for path in study.list_coder_files()[coder] if path.is_file()]
    if {*new_files} <= {*there}:
        return
    old, text = study.settings["raw"]["codings"][coder], study.settings_file.read_text(encoding="utf-8")
    name = Path(os.path.relpath(new_files[0], study.reference)).as_posix()
    entry = re.compile(rf"""(?<![\w-])(["']?{re.escape(coder)}["']?\s*=\s*)(["']){re.escape(old)}\2""")
    if there or len(new_files) > 1 or len(entry.findall(text)) != 1:
        raise Faults([Fault(f"does not name {study.make_relative(new_files[0])}, which takes the place of a "
                            f"project",
                            file=study.settings_file.name, column=f"[raw] codings {coder}", value=old,
                            fix=f"write a pattern that names this file as well, such as "
                            f"../raw/codings/{coder}*, and repeat the command")])
    write_atomic(study.settings_file, entry.sub(
        lambda match: match[1] + json.dumps(name, ensure_ascii=False), text))


def drop_removed_files_from_settings(study: Study, new: Study) -> None:
    """Removes from the study.toml of ``new`` each plain path whose file exists only in ``study``, because the
    build would report the file as missing. Patterns and comments stay.

    Raises Faults if an entry can be edited only by hand."""
    text, wanted = new.settings_file.read_text(encoding="utf-8"), {}
    for kind, named in new.settings["raw"].items():
        paths = [*named.values()] if isinstance(named, dict) else named
        removed = {path for path in paths if _is_there(study, path) and not _is_there(new, path)}
        wanted[kind] = {coder: path for coder, path in named.items() if path not in removed} \
            if isinstance(named, dict) else [path for path in named if path not in removed]
        for path in sorted(removed):
            entry = rf"""(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')\s*=\s*)?(?P<mark>["']){re.escape(path)}(?P=mark)"""
            text = re.sub(rf",\s*{entry}(?=\s*[\]}}])", "", text)  # the last of several
            text = re.sub(rf"(?<![\w\"'-]){entry}[ \t]*,?[ \t]*", "", text)
    if wanted == new.settings["raw"]:
        return
    write_atomic(new.settings_file, text)
    try:
        is_as_wanted = Study(new.root).settings["raw"] == wanted
    except GLCError:
        is_as_wanted = False
    if not is_as_wanted:
        raise Faults([Fault("names files that the withdrawal removes", file=new.settings_file.name,
                            column="[raw]", fix="write a pattern in place of these files, such as "
                            "../raw/survey/*, and repeat the command")])


def _is_there(study: Study, path: str) -> bool:
    return (study.reference / path).exists()
