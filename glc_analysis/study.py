"""Finds a study's folder, reads its settings and lists its files.

A :class:`Study` represents one folder with ``raw/``, ``reference/``, ``processed/``, ``reports/`` and
``private/``. Functions that work on a study get an object of the class :class:`Study`. The object has the
settings of study.toml, and the defaults of settings that study.toml does not name. All faults of study.toml
are raised together. This module needs only the standard library, so that ``glc status`` takes almost no time.
"""

from __future__ import annotations

import glob
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glc_analysis import read_log
from glc_analysis.addon import list_declarations, map_declared_entries
from glc_analysis.digests import Digests, read_or_make_unsaved_digest_key, write_digest_key_if_missing
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, suggest_name
from glc_analysis.locks import Say
from glc_analysis.permissions import create_files_for_owner_only
from glc_analysis.schema import (
    TABLE_FOLDERS,
    TableFile,
    is_iso_date,
    list_table_files,
    map_old_names_to_new,
    read_default_settings,
    replace_old_names,
)
from glc_analysis.study_locks import end_interrupted_withdrawal
from glc_analysis.tabular import decode_text_detecting_encoding, parse_delimited

INVENTED = "Invented sample data: no organisation, person or answer here is real."
"""The sentence with which pages, slides and papers of an invented study begin."""
WITHDRAWN = "[withdrawn]"
"""The text that replaces the words of an organisation or a person that has withdrawn from the study."""
STOP_CONTACT, STOP_USE, ERASE = "stop-contact", "stop-use", "erase"
"""The three choices of a person who withdraws: nobody contacts the person again, nobody uses the person's
data again, or the person's data are erased."""


# ------------------------------
# The settings in study.toml.


Defaults = Mapping[str, Mapping[str, Any]]
Words = Mapping[tuple[str, str], tuple[str, ...]]

_FORMS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false without quotation marks"),
    int: ((int,), "a whole number without quotation marks"),
    float: ((int, float), "a number without quotation marks"),
    str: ((str,), 'a text in "quotation marks"'),
    list: ((list,), 'a list of texts, such as ["NA", "none"]'),
    dict: ((dict,), 'a table of texts, such as {name = "a text"}'),
}
_NUMBERS = "a table of whole numbers, such as {provider = 9}"



def read_settings(path: Path, defaults: Defaults, allowed_words: Words) -> dict[str, dict[str, Any]]:
    """Returns the settings of a study, keyed by section. A setting that study.toml does not name gets its
    default.

    A setting must have the same type as its default. A section whose entry in ``defaults`` is empty may have
    any settings. ``allowed_words`` has the words that a setting may have as its value, keyed by section and
    name. Raises Faults with all faults of study.toml.
    """
    found = {section: dict(zip(replace_old_names(values, "setting", section), values.values(), strict=True))
             if isinstance(values, dict) else values for section, values in _parsed(path).items()}
    faults = {section: [*_section_faults(path.name, section, values, defaults, allowed_words)]
              for section, values in found.items()}
    settings = {section: {**given, **(found.get(section, {}) if not faults.get(section) else {})}
                for section, given in defaults.items()}
    if wrong := [*(fault for own in faults.values() for fault in own), *_rule_faults(path.name, settings)]:
        raise Faults(wrong)
    return settings


def _rule_faults(file: str, settings: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """Yields faults for settings that have the right type but break a further rule."""
    yield from find_unit_name_faults(file, settings["study"]["unit_name"])
    yield from find_unknown_identity_faults(file, settings["survey"]["unknown"])
    yield from find_coding_consensus_faults(file, settings["coding"])
    yield from find_country_figure_agreement_faults(file, settings["disclosure"]["countries_agreed"])
    for add_on, function in list_declarations("settings_faults"):
        yield from add_on.load_object(function)(file, settings)


def _parsed(path: Path) -> dict[str, Any]:
    text = decode_text_detecting_encoding(path.read_bytes(), path.name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", place)
        raise Faults([Fault(f"cannot be read: {said[:1].lower()}{said[1:]}", file=path.name,
                            row=line[1] if line else str(text.count("\n") + 1),
                            value=text.split("\n")[int(line[1]) - 1].strip() if line else "",
                            fix='write name = value; put a value that is text in "quotation marks", '
                                "and write paths with / instead of \\")]) from None


def _section_faults(file: str, section: str, values: Any, defaults: Defaults,
                    words: Words) -> Iterator[Fault]:
    if not isinstance(values, dict):
        yield Fault("is outside every section", file=file, column=section, value=str(values),
                    fix=f"move the setting below one of {', '.join(f'[{name}]' for name in defaults)}")
    elif section not in defaults:
        yield Fault(f"there is no such section; {suggest_name(section, defaults)}", file=file,
                    column=f"[{section}]", fix=f"use one of {', '.join(defaults)}")
    elif defaults[section]:
        for name, value in values.items():
            said, fix = _misfit(name, value, defaults[section], words.get((section, name), ()))
            if said:
                yield Fault(said, file=file, column=f"[{section}] {name}", value=str(value), fix=fix)


def _misfit(name: str, value: Any, known: Mapping[str, Any], words: tuple[str, ...]) -> tuple[str, str]:
    """Returns what is wrong with one setting, and how to fix it; both texts are blank if the setting is
    right."""
    if name not in known:
        return f"there is no such setting; {suggest_name(name, known)}", f"use one of {', '.join(known)}"
    if not _is_like(value, known[name]):
        form = _FORMS[type(known[name])][1]
        if known[name] and isinstance(known[name], list | dict):
            form = "two whole numbers, such as [7, 9]" if isinstance(known[name], list) else _NUMBERS
        return "has the wrong form", f"write {form}"
    if words and value not in words:
        return "is not allowed", f"use one of {', '.join(filter(None, words))}"
    return "", ""


def _is_like(value: Any, default: Any) -> bool:
    """Whether a value has the same type as a default. The elements of a list or table must also have the type
    of the default's elements.

    >>> _is_like(True, 0), _is_like(1, 0.7), _is_like("NA", []), _is_like(["NA"], [])
    (False, True, False, True)
    """
    if isinstance(value, bool):  # to Python a number as well
        return isinstance(default, bool)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    part = next(iter(default.values() if isinstance(default, dict) else default), "") \
        if isinstance(default, dict | list) else ""
    return isinstance(value, _FORMS[type(default)][0]) and all(_is_like(p, part) for p in parts)


def find_unit_name_faults(file: str, singular_and_plural: list[str]) -> Iterator[Fault]:
    """Yields the faults in the setting [study] unit_name, which has the singular and the plural of the noun
    for what the study counts.

    >>> [fault.value for fault in find_unit_name_faults("study.toml", ["villager"])]
    ['villager']
    >>> list(find_unit_name_faults("study.toml", ["villager", "villagers"]))
    []
    """
    if singular_and_plural and (len(singular_and_plural) != 2
                                or not all(map(str.strip, singular_and_plural))):
        yield Fault("is not a singular and a plural", file=file, column="[study] unit_name",
                    value=", ".join(singular_and_plural),
                    fix='write two words, such as ["villager", "villagers"], or write [] for organisations')


def find_unknown_identity_faults(file: str, may_be_unknown: list[str]) -> Iterator[Fault]:
    """Yields the faults in the setting [survey] unknown, which lists what records may leave unknown: the
    country, the organisation, or both.

    >>> [fault.value for fault in find_unknown_identity_faults("study.toml", ["country", "region"])]
    ['region']
    """
    for name in may_be_unknown:
        if name not in ("country", "organisation"):
            yield Fault("cannot be unknown", file=file, column="[survey] unknown", value=name,
                        fix="use country, organisation, or both")


def find_coding_consensus_faults(file: str, coding_settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields the faults in the settings of the consensus rule, in the section [coding]:

    - the rule says that a person decides, but no person is named;
    - the day on which the rule was fixed is missing, although the rule is not "unanimous";
    - the day on which the rule was fixed is not a date.

    >>> rule = {"consensus": "person", "decided_by": "", "fixed_on": "May"}
    >>> [fault.column for fault in find_coding_consensus_faults("study.toml", rule)]
    ['[coding] decided_by', '[coding] fixed_on']
    """
    rule, by, day = (coding_settings[name] for name in ("consensus", "decided_by", "fixed_on"))
    if rule == "person" and not by:
        yield Fault("does not say who decides where coders differ", file=file, column="[coding] decided_by",
                    value="",
                    fix='write the name of that person, or choose another consensus, such as "unanimous"')
    if day and not is_iso_date(day):
        yield Fault("is not a date", file=file, column="[coding] fixed_on", value=day,
                    fix="write it as YYYY-MM-DD")
    if rule != "unanimous" and not day:
        yield Fault("does not say on which day the rule of consensus was fixed", file=file,
                    column="[coding] fixed_on", value="", fix="write the day, which must be before anybody "
                    "coded, as YYYY-MM-DD")


def find_country_figure_agreement_faults(file: str, agreement_setting: Mapping[str, str]) -> Iterator[Fault]:
    """Yields the faults in the setting [disclosure] countries_agreed. This setting records an agreement on
    publishing figures by country, if consent.csv does not have the agreement. The setting says for which
    countries the agreement is valid, who agreed, when and why.

    >>> list(find_country_figure_agreement_faults("study.toml",
    ...                                           {"which": "work", "by": "the board", "on": "2017-03",
    ...                                             "reason": "all members voted for it"}))
    []
    """
    known = ("which", "by", "on", "reason")
    where = "[disclosure] countries_agreed"
    for name in agreement_setting.keys() - {*known}:
        yield Fault(f"this setting has no {name!r}; {suggest_name(name, known)}", file=file, column=where,
                    value=agreement_setting[name], fix=f"use only {', '.join(known)}")
    for name in known if agreement_setting else ():
        if not agreement_setting.get(name, "").strip():
            yield Fault(f"has no {name!r}", file=file, column=where, value=str(agreement_setting),
                        fix="give `which` (work, home or both), `by`, `on` and `reason`; if there is no "
                            "agreement, remove the whole setting")
    if agreement_setting.get("which", "work") not in ("work", "home", "both"):
        yield Fault("is not allowed", file=file, column=f"{where} which", value=agreement_setting["which"],
                    fix="use work, home or both")
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?|\s*", agreement_setting.get("on", "")):
        yield Fault("is not a date", file=file, column=f"{where} on", value=agreement_setting["on"],
                    fix="write it as YYYY-MM-DD, or as YYYY or YYYY-MM if the day is not known")


# ------------------------------
# The folder of a study.


REPOSITORY = Path(__file__).resolve().parents[1]
"""The folder that contains the package; in a checkout, this folder also contains the notebooks and the
default study.

:meta hide-value:
"""

IS_INSTALLED = Path(__file__).with_name("notebooks").is_dir()
"""Whether the package was installed from a wheel, which includes the notebooks but no default study."""

NOTEBOOKS = Path(__file__).with_name("notebooks") if IS_INSTALLED else REPOSITORY / "notebooks"
"""The folder of the package's notebooks.

:meta hide-value:
"""


def list_notebook_files(*folders: Path) -> list[Path]:
    """Returns the paths of the notebooks in the given folders, sorted by file name. If several folders have a
    notebook with the same file name, only the notebook of the last of these folders is returned."""
    by_name = {path.name: path for folder in folders for path in folder.glob("*.ipynb")}
    return [by_name[name] for name in sorted(by_name)]


JOURNALS = ".jsonl"
"""The ending of the files that programs of add-ons write in ``raw/codings/<coder>/``."""
PROJECT_DATABASES = ("data.qda", "project.sqlite3")
"""The file names of databases inside the project folders of coding programs. A setting may name the project
folder in place of the database."""
_NON_DATA_FILES = ("readme", "readme.md", "readme.txt", "license", "license.md", "license.txt", "thumbs.db",
                   "desktop.ini")

DEFAULTS, SETTING_WORDS = read_default_settings()
"""The defaults of the settings, keyed by section; and the words that a setting may have as its value, keyed
by section and name. The defaults and the words come from ``schema/settings.toml``."""
RAW_KINDS = (*DEFAULTS["raw"],)
"""The kinds of raw files, such as ``survey`` or ``interviews``."""


@dataclass(frozen=True)
class Study:
    """Represents one study folder.

    >>> Study(Path("data")).processed.as_posix()
    'data/processed'
    """

    root: Path

    def __getstate__(self) -> dict[str, Any]:
        """Returns what is sent if the study is sent to another process: its folder alone. The other process
        reads the key of digests itself, because the key never leaves the folder ``private/``."""
        return {"root": self.root}

    @classmethod
    def find(cls, path: str | Path = "", *, say: Say = lambda line: None) -> Study:
        """Returns the study in the folder ``path``. If ``path`` is blank, the folder is the one that the
        environment variable ``GLC_STUDY`` names; if this variable is not set, the folder is ``data/`` of the
        checkout. After this call, only the owner can read the files that this process writes.

        If a withdrawal was interrupted, the withdrawal is finished or undone first, and ``say`` is called
        with a line about this. Raises UsageError if the folder does not exist, or if no folder is named and
        the package is not in a checkout.
        """
        create_files_for_owner_only()
        named = str(path) or os.environ.get("GLC_STUDY", "")
        if IS_INSTALLED and not named:
            raise UsageError("No study is named. To fix: name its folder with --study DIR, with the "
                             "environment variable GLC_STUDY or with glc.open_study(\"DIR\"). Or start a "
                             "study with `glc init DIR`, or one of invented data with "
                             "`glc --study DIR sample`.")
        root = Path(named).expanduser().resolve() if named else REPOSITORY / "data"
        if not root.is_dir():
            source = " (named by GLC_STUDY)" if named and not path else ""
            raise UsageError(f"There is no study folder {named or 'data'}{source}. "
                             f"To fix: name an existing folder with --study or glc.open_study(\"DIR\"), "
                             "or start a study with `glc init DIR`.")
        end_interrupted_withdrawal(root, say)
        return cls(root)

    @property
    def raw(self) -> Path:
        read_log.record_read(self.root, "raw")
        return self.root / "raw"

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def private_reference(self) -> Path:
        """The folder of those reference tables that may identify people or organisations, or that may have
        words which nobody has cleared for publication."""
        return self.root / TABLE_FOLDERS["private"]

    def locate_reference_file(self, table: str) -> Path:
        """Returns the path at which a reference table belongs, in ``reference/`` or ``private/reference/``.
        The file of the reference table need not exist.

        Raises Faults if the table is private but its file is in ``reference/``, because the table would
        otherwise be read as empty.

        >>> Study(Path("data")).locate_reference_file("codebook").as_posix()
        'data/reference/codebook.csv'
        """
        path = self.root / list_table_files(table)[0].path
        if path.parent != self.reference and (self.reference / path.name).exists():
            self.refuse_misplaced()
        return path

    def locate_reference_table_file(self, file: TableFile) -> Path:
        """Returns the path of a file of a reference table. If the file exists only under an old name of the
        table, the path with the old name is returned."""
        path = self.root / file.path
        old = (path.with_stem(old) for old, new in map_old_names_to_new("table").items() if new == path.stem)
        return path if path.is_file() else next((former for former in old if former.is_file()), path)

    def list_reference_table_files(self) -> list[Path]:
        """Returns the files of reference tables that exist: first the files of ``reference/``, then the
        private files. The files of each of the two folders are sorted by name."""
        return [path for folder in (self.reference, self.private_reference)
                for path in sorted(folder.glob("*.csv"))]

    def find_misplaced_in_reference_folder(self) -> dict[Path, tuple[str, ...]]:
        """Returns the files in ``reference/`` that do not belong there, each with the columns that do not
        belong there. If a file is listed without columns, the whole file does not belong in ``reference/``.

        Only study.toml, read-me files and the tables that the schema places there belong in ``reference/``. A
        copy of a table that JupyterLab has saved may be in ``reference/`` only if the whole table belongs
        there. Other hidden files are not checked.
        """
        misplaced: dict[Path, tuple[str, ...]] = {}
        for path in sorted(path for path in self.reference.rglob("*") if path.is_file()):
            folders = path.relative_to(self.reference).parts[:-1]
            is_copy = folders == (".ipynb_checkpoints",)
            is_hidden = not is_copy and any(folder.startswith(".") for folder in folders)
            if path == self.settings_file or is_hidden or not is_not_auxiliary_file(path):
                continue
            name = path.stem.removesuffix("-checkpoint")
            files = list_table_files(map_old_names_to_new("table").get(name, name))
            is_method = path.suffix == ".csv" and files[0].path.startswith(f"{TABLE_FOLDERS['reference']}/")
            apart = {column for file in files[1:] for column in (*file.required, *file.optional)}
            columns = tuple(column for column in _header(path) if column in apart.difference(
                files[0].required)) if is_method and apart else ()
            if is_copy and (columns or path.suffix == ".csv" and not is_method):
                misplaced[path] = ()
            elif not is_copy and (columns or folders or not is_method):
                misplaced[path] = () if folders else columns
        return misplaced

    def refuse_misplaced(self) -> None:
        """Raises Faults if ``reference/`` contains a file or a column that does not belong there."""
        with read_log.record_explicit_reads_only():  # no page shows such files: reading them is refused
            misplaced = self.find_misplaced_in_reference_folder()
        listed = [f"{path.relative_to(self.reference).as_posix()}{': ' * bool(columns)}{', '.join(columns)}"
                 for path, columns in misplaced.items()]
        if listed:
            raise Faults([Fault(
                "may identify people or organisations, or have words that nobody has cleared. The folder "
                "reference/ is only for the study's method, which strangers may read", file="reference/",
                value="; ".join(listed),
                fix="run `glc check --accept`, which moves these files and columns to "
                    f"{TABLE_FOLDERS['private']}/")])

    @property
    def settings_file(self) -> Path:
        """The path of study.toml."""
        return self.reference / "study.toml"

    @property
    def processed(self) -> Path:
        return self.root / "processed"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def private(self) -> Path:
        return self.root / "private"

    def locate_private_folder(self, name: str) -> Path:
        """Returns the path of a folder inside ``private/``, whether or not this folder exists."""
        return self.private.joinpath(name)

    @property
    def key_file(self) -> Path:
        """The path of the file that lists names with their pseudonyms. In a run, this file is recorded as an
        input of the page that asks for the path."""
        read_log.record_read(self.root, read_log.PSEUDONYM_KEY)
        return self.root / read_log.PSEUDONYM_KEY

    @cached_property
    def _digest_key(self) -> bytes:
        with read_log.record_explicit_reads_only():  # what a page shows does not depend on the key
            return read_or_make_unsaved_digest_key(self.root)

    @property
    def digests(self) -> Digests:
        """The object that computes digests of the study's content with the study's own key."""
        return Digests(self._digest_key)

    def write_digest_key_if_missing(self) -> None:
        """Writes the key of the study's digests, except if the study already has one."""
        write_digest_key_if_missing(self.root, self._digest_key)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """The settings, keyed by section; a setting that study.toml does not name has its default. Raises
        Faults if a setting is wrong."""
        path = self.settings_file
        if not path.is_file():
            raise GLCError(f"{self.root.name}/reference/study.toml is missing. To fix: start a study "
                           "with `glc init DIR`, or fill this folder with invented data with `glc sample`.")
        with read_log.record_explicit_reads_only():  # every page depends on the settings
            return read_settings(path, DEFAULTS, SETTING_WORDS)

    @property
    def id(self) -> str:
        return self.settings["study"]["id"]

    @property
    def title(self) -> str:
        return self.settings["study"]["title"] or self.id or self.root.name

    @property
    def unit_name(self) -> tuple[str, str]:
        """The singular and the plural of the noun for what the study counts, read from [study] unit_name; by
        default, the study counts organisations.

        >>> Study(Path("data")).unit_name
        ('organisation', 'organisations')
        """
        one, many = self.settings["study"]["unit_name"] or ("organisation", "organisations")
        return one, many

    @property
    def is_synthetic(self) -> bool:
        return self.settings["study"]["synthetic"]

    @property
    def sampling(self) -> str:
        return self.settings["study"]["sampling"]

    @property
    def states_sampling(self) -> bool:
        """Whether study.toml says how the organisations were chosen. If study.toml does not say so, the
        setting ``sampling`` has its default."""
        with read_log.record_explicit_reads_only():
            return "sampling" in _parsed(self.settings_file).get("study", {})

    @property
    def frame_size(self) -> int:
        return self.settings["study"]["frame_size"]

    @property
    def licence(self) -> str:
        """The licence of the study's publications; blank if study.toml names none."""
        return self.settings["study"]["licence"]

    @property
    def notebooks(self) -> Path:
        """The folder for the study's own notebooks; it need not exist."""
        return self.root / "notebooks"

    def list_raw_files(self, kind: str) -> list[Path]:
        """Returns the paths of the raw files of one kind, sorted. The raw files are named by the patterns in
        [raw] of study.toml. The patterns are relative to the folder of study.toml.

        A file that a pattern names without wildcards is returned even if it is missing, so that the
        comparison with the manifest can report the missing file. Hidden files and read-me files are left out,
        because they are not data.
        """
        if kind == "codings":
            files = [path for paths in self.list_coder_files().values() for path in paths]
            return sorted({*files, *self.list_coder_logs()})
        named = self.settings["raw"][kind]
        patterns = list(named.values()) if isinstance(named, dict) else named
        return sorted({path for pattern in patterns for path in self._matching(pattern)})

    def list_coder_files(self) -> dict[str, list[Path]]:
        """Returns the paths of each coder's files, keyed by coder: the files that ``[raw] codings`` names,
        and the files that programs of add-ons have written in the coder's folder. Files that programs of
        add-ons have written are found without a setting, even if the add-on is not installed. If a setting
        names a project folder, the returned path is the path of its database."""
        named = {coder: self._matching(pattern)
                 for coder, pattern in self.settings["raw"]["codings"].items()}
        listed = {path for paths in named.values() for path in paths}
        for path in sorted(self.raw.glob(f"codings/*/*{JOURNALS}")):
            if path not in listed and is_not_auxiliary_file(path):
                named.setdefault(path.parent.name, []).append(path)
        return named

    def list_coder_logs(self) -> list[Path]:
        """Returns the paths of the logs that programs of add-ons write in the folders of coders. A log counts
        as data, and is returned, only if it contains the text that its add-on declares for it
        (:attr:`.AddOn.coder_logs`)."""
        return [path for name, (_, mark) in map_declared_entries("coder_logs").items()
                for path in sorted(self.raw.glob(f"codings/*/{name}")) if mark.encode() in path.read_bytes()]

    def _matching(self, pattern: str) -> list[Path]:
        read_log.record_read(self.root, "raw")
        # A file's own name may hold brackets, which a pattern reads as a choice of letters.
        is_plain = not glob.has_magic(pattern) or (self.reference / pattern).exists()
        names = [pattern] if is_plain else glob.glob(pattern, root_dir=self.reference)
        paths = {_database(Path(os.path.normpath(self.reference / name))) for name in names}
        return sorted(p for p in paths if not p.is_dir() and is_not_auxiliary_file(p))

    def list_all_raw_files(self) -> list[Path]:
        """Returns the path of every raw file that a setting names or that is in ``raw/``, sorted."""
        named = {p for kind in RAW_KINDS for p in self.list_raw_files(kind)}
        in_folder = {p for p in self.raw.rglob("*") if p.is_file() and is_not_auxiliary_file(p)}
        return sorted(named | in_folder)

    def make_relative(self, path: Path) -> str:
        """Returns a path in the form that the manifest uses: relative to the study folder, with slashes."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    def list_unused_raw_files(self) -> list[str]:
        """Returns the files in ``raw/`` that no setting names."""
        named = {p for kind in RAW_KINDS for p in self.list_raw_files(kind)}
        return [self.make_relative(p) for p in self.list_all_raw_files() if p not in named]

    @property
    def is_started(self) -> bool:
        """Whether at least one raw file has arrived."""
        return bool(self.settings_file.is_file()
                    and any(p.is_file() for p in self.list_all_raw_files()))


def _database(path: Path) -> Path:
    """Returns the path of the database if ``path`` is the project folder of a coding program. Any other path
    is returned unchanged."""
    held = (path / name for name in PROJECT_DATABASES)
    return next((database for database in held if database.is_file()), path)


def _header(path: Path) -> list[str]:
    """Returns the names of the columns of a CSV file. The list is empty if the file cannot be read; in this
    case the function that reads the whole table reports the fault."""
    with suppress(Faults):
        records = parse_delimited(decode_text_detecting_encoding(path.read_bytes(), path.name), path.name)
        return [cell.strip() for cell in records[0]] if records else []
    return []


def is_not_auxiliary_file(path: Path) -> bool:
    """Whether a file may hold data. Hidden files, locks, read-me files, files of a file manager and logs of
    add-ons do not count as data files."""
    return not path.name.startswith((".", "~$")) and path.name.casefold() not in (
        *_NON_DATA_FILES, *map_declared_entries("coder_logs"))


def is_extended_while_coding(path: Path) -> bool:
    """Whether a program of an add-on appends lines to a raw file while people code."""
    return path.name in {*map_declared_entries("coder_files"), *map_declared_entries("coder_logs")}
