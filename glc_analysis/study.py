"""The study: one folder, its settings and its raw files.

A study is a folder (``raw/``, ``reference/``, ``processed/``, ``reports/``,
``private/``); the package knows none by name. :class:`Study` is the only object
that is passed around. It needs nothing beyond the standard library, so that
``glc status`` is immediate.
"""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glc_analysis.disclosure.unfinished import finish
from glc_analysis.errors import Fault, Faults, GLCError, UsageError
from glc_analysis.settings import consensus_faults, read_settings

REPOSITORY = Path(__file__).resolve().parents[1]
"""The folder that holds the package, the notebooks and the default study."""

DECLARED = "GLC_DECLARED"
"""The variable by which a run tells a page's kernel what the page declares to read: its slice of the tables
that are cut so, and the tables that it reads whole, with blanks between them; blank: all tables."""

VOCABULARY = ("questions", "options", "codebook")
"""The tables that every page may read whole: the words of the study."""

FURNITURE = ("readme", "readme.md", "readme.txt", "thumbs.db", "desktop.ini")
RAW_KINDS = ("survey", "interviews", "calls", "codings", "ratings", "context")

DEFAULTS: dict[str, dict[str, Any]] = {
    "study": {"id": "", "title": "", "synthetic": False, "sampling": "purposive",
              "frame_size": 0, "interval": "", "licence": ""},
    "raw": {"survey": ["../raw/survey/*"], "interviews": ["../raw/interviews/*"],
            "calls": ["../raw/calls/*"], "context": ["../raw/context/*"],
            "ratings": ["../raw/ratings/*"], "codings": {}},
    "survey": {"organisation": "organisation", "country": "country", "home_country": "",
               "started": "", "ended": "", "language": "", "interpreted": "", "loop": "",
               "blank": [], "redacted": [], "coded": {}},
    "context": {"country": "country", "year": "", "indicators": [], "blank": [], "stated": {}},
    "comparison": {"group_minimum": 5},
    "coding": {"approach": "codebook", "agreement_threshold": 0.7},
    "disclosure": {"convening_base": 5, "convening_withheld": 2, "public_group": 10, "public_count": 3,
                   "bands": {"few": 0.0, "some": 0.25, "most": 0.5, "nearly all": 0.9},
                   "reissue_change": 3},
    "consensus": {"scale": [1, 9], "test": "panel", "high": [7, 9], "vote": "organisation", "fixed_on": ""},
    "reports": {"timeout": 1800},  # seconds that a page may take
}
WORDS = {("study", "sampling"): ("purposive", "census", "probability"),
         ("study", "interval"): ("", "none", "wilson", "clopper-pearson", "jeffreys"),
         ("coding", "approach"): ("codebook", "interpretive"),
         ("consensus", "test"): ("panel", "ipras", "share"),
         ("consensus", "vote"): ("organisation", "person")}
"""The words that a setting may take."""


@dataclass(frozen=True)
class Study:
    """One study folder.

    >>> Study(Path("data")).processed.as_posix()
    'data/processed'
    """

    root: Path

    @classmethod
    def find(cls, path: str | Path = "") -> Study:
        """The study named by ``path``, else by ``GLC_STUDY``, else the repository's ``data/``.

        Raises UsageError where there is no such folder.
        """
        named = str(path) or os.environ.get("GLC_STUDY", "")
        root = Path(named).expanduser().resolve() if named else REPOSITORY / "data"
        if not root.is_dir():
            source = " (named by GLC_STUDY)" if named and not path else ""
            raise UsageError(f"There is no study folder {named or 'data'}{source}. "
                             f"Mend: name one with --study, or start one with `glc init DIR`.")
        finish(root)
        return cls(root)

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def processed(self) -> Path:
        return self.root / "processed"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def private(self) -> Path:
        return self.root / "private"

    @property
    def key_file(self) -> Path:
        """The key: which name got which pseudonym."""
        return self.private / "pseudonyms.json"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """study.toml over the defaults, section by section. Raises Faults where it is unfit."""
        path = self.reference / "study.toml"
        if not path.is_file():
            raise GLCError(f"{self.root.name}/reference/study.toml is missing. Mend: start a study "
                           "with `glc init DIR`, or fill this one with `glc sample`.")
        found = read_settings(path, DEFAULTS, WORDS)
        if not found["survey"]["organisation"]:
            raise Faults([Fault("is blank", file=path.name, column="[survey] organisation",
                                mend="name the column that says which organisation answered")])
        if faults := list(consensus_faults(path.name, found["consensus"])):
            raise Faults(faults)
        return found

    @property
    def id(self) -> str:
        return self.settings["study"]["id"]

    @property
    def title(self) -> str:
        return self.settings["study"]["title"] or self.id or self.root.name

    @property
    def is_synthetic(self) -> bool:
        return self.settings["study"]["synthetic"]

    @property
    def sampling(self) -> str:
        return self.settings["study"]["sampling"]

    @property
    def frame_size(self) -> int:
        return self.settings["study"]["frame_size"]

    @property
    def licence(self) -> str:
        """Of what the study publishes; blank: none is given."""
        return self.settings["study"]["licence"]

    def raw_files(self, kind: str) -> list[Path]:
        """The raw files of one kind, sorted; patterns are relative to study.toml.

        A plain file name is listed even where the file is missing, so that the
        manifest can say so; hidden files and read-me files are not data.
        """
        named = self.settings["raw"][kind]
        patterns = list(named.values()) if isinstance(named, dict) else named
        return sorted({path for pattern in patterns for path in self._matching(pattern)})

    def coder_files(self) -> dict[str, list[Path]]:
        """The files of each coder, as ``[raw] codings`` names them; a project folder's database."""
        return {coder: self._matching(pattern)
                for coder, pattern in self.settings["raw"]["codings"].items()}

    def _matching(self, pattern: str) -> list[Path]:
        # A file's own name may hold brackets, which a pattern reads as a choice of letters.
        is_plain = not glob.has_magic(pattern) or (self.reference / pattern).exists()
        names = [pattern] if is_plain else glob.glob(pattern, root_dir=self.reference)
        paths = {_database(Path(os.path.normpath(self.reference / name))) for name in names}
        return sorted(p for p in paths if not p.is_dir() and not is_no_data(p))

    def all_raw_files(self) -> list[Path]:
        """Every raw file that a setting names or that lies under ``raw/``, sorted."""
        named = {p for kind in RAW_KINDS for p in self.raw_files(kind)}
        lying = {p for p in self.raw.rglob("*") if p.is_file() and not is_no_data(p)}
        return sorted(named | lying)

    def relative(self, path: Path) -> str:
        """A path as the manifest writes it: relative to the study folder, with slashes."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    def unused_files(self) -> list[str]:
        """Files that lie under ``raw/`` and that no setting names."""
        named = {p for kind in RAW_KINDS for p in self.raw_files(kind)}
        return [self.relative(p) for p in self.all_raw_files() if p not in named]

    @property
    def is_started(self) -> bool:
        """Whether any raw file has arrived."""
        return bool((self.reference / "study.toml").is_file()
                    and any(p.is_file() for p in self.all_raw_files()))


def _database(path: Path) -> Path:
    """The database of a coding tool's project folder; any other path is its own."""
    held = (path / name for name in ("data.qda", "project.sqlite3"))
    return next((database for database in held if database.is_file()), path)


def is_no_data(path: Path) -> bool:
    """Whether a file is furniture (hidden, lock, read-me, a file manager's own), not data."""
    return path.name.startswith((".", "~$")) or path.name.casefold() in FURNITURE

