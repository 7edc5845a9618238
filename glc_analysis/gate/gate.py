"""Runs the gate, which stops files that contain anything their readers may not know, and reports the
findings.

The gate takes files, and the terms that the files' readers may not know (:mod:`.study_identifiers`), and
returns findings of one line each. A finding says which term was found, where readers would see the term,
which text the term comes from, and what to do. Each term gives one finding, even if several files contain it.
The origin of a term is searched for in the tables that people wrote, in study.toml, in the notebooks, and in
interviews, calls and answers. The first place in which the term is found is the place to correct.

The gate keeps the digests of the files of a run that passed. A file of the next run with the same path and
bytes is searched again only if the search terms have changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from glc_analysis import tables
from glc_analysis.addon import load_declared_objects
from glc_analysis.disclosure.rules import has_capability
from glc_analysis.errors import Fault, Faults, count_of
from glc_analysis.gate.file_text import LOST_IN_PDF, Piece
from glc_analysis.gate.leak_scan import Leak, find_leaks, leaks_in_pieces
from glc_analysis.gate.name_variants import RULES_OF_COUNTRIES
from glc_analysis.gate.search_terms import make_search
from glc_analysis.gate.study_identifiers import (
    identifiers,
    map_organisations_to_identifiers_said,
    without_own_names,
)
from glc_analysis.manifest import hash_package_and_lock_file
from glc_analysis.reference import attribute_faults_to_private_files, read_reference
from glc_analysis.schema import AUDIENCES, load_reference_table_schemas
from glc_analysis.study import NOTEBOOKS, Study, list_notebook_files
from glc_analysis.writing import write_atomic

_SHOWN_PLACES = 5
_REGISTERS = ("names", "organisations", "consent", "speakers", "documents", "manifest", "attendance",
             "assignments", "reviewed_codings", "countries", "corrections", "answer_translations")
"""The tables that register people, organisations or files; their cells do not count as texts written for
readers. Add-ons name their tables of this kind in :class:`.study_identifiers.Terms`."""

_ALLOW = ("if two people agree that {audience} may read this text, add a row for it to names.csv, with a "
         "reason and with {audience} under allowed_for; unless allowed_for names public, the build masks "
         "this text wherever it occurs")
_REMEDIES = {
    "written": "rewrite the cell without this text and run `glc build`; " + _ALLOW,
    "cleared": "replace the quotation with one that lacks this text, and ask the quoted organisation to "
               "clear the new words; " + _ALLOW,
    "said": "list this text in names.csv with a pseudonym, which masks it, and run `glc build`; " + _ALLOW,
    "settings": "write the setting without the name and run `glc build`; " + _ALLOW,
    "notebook": "write the cell of the notebook without this text; " + _ALLOW,
    "country": "write the passage without the country, or record in consent.csv (work_country, "
               "home_country) that all organisations of the country agreed; if the word means something "
               "else, and " + _ALLOW.removeprefix("if "),
    "name of the study": "if the organisation agreed, record its consent in consent.csv (item name); "
                         "else find the notebook or file name with this name, and remove the name there",
    "file": "remove this text from the notebook that prints it: pages print no ids, files or checksums",
    "unknown": "find the notebook or file name that has this text, and remove the text there; " + _ALLOW,
}
"""The words that say what to do, keyed by the kind of text in which a term was found."""


def check_leaks(files: Iterable[Path], root: Path, names: pd.DataFrame, *, audience: str,
                identifier_rules: Mapping[str, str] | None = None, study: Study | None = None,
                organisation: str = "") -> None:
    """Raises Faults for all leaks that :func:`.find_leaks` finds. There is one fault per term, and one per
    file that cannot be read.

    If ``study`` is given, each fault says where the text with the term comes from. If the files are the pages
    of one ``organisation``, the origin of a term is not searched for in the interviews, calls and answers of
    other organisations. The team may read what organisations said about themselves, so in files for the team
    only the names of persons in names.csv count as leaks.
    """
    leaks = find_leaks(files, root, names, audience=audience, identifier_rules=identifier_rules,
                       only_persons=has_capability(audience, "internal"))
    if leaks:
        faults = _faults(_outermost(leaks), names, audience, identifier_rules or {}, study, organisation)
        raise Faults(faults if study is None else attribute_faults_to_private_files(study, faults))


def merge_findings_by_origin(faults: Iterable[Fault]) -> list[Fault]:
    """Merges the findings of several searches, so that a leak on the pages of several readers is reported
    once, at its origin."""
    found: dict[tuple[str, ...], Fault] = {}
    for fault in faults:
        has_origin = bool(fault.row or fault.column)
        place = fault.file if has_origin or "(unreadable)" in fault.message else ""
        found.setdefault((place, fault.row, fault.column, fault.value), fault)
    return [*found.values()]


def find_leaks_in_papers(search: Callable[[Iterable[Path]], None], files: list[Path]) -> list[Fault]:
    """Returns the findings of the gate in papers (PDF files and their other forms). A PDF does not keep
    Arabic and Khmer words as text, so the gate cannot read Arabic and Khmer in a PDF. A PDF with such words
    is not a finding if the gate also searches the same paper as HTML, Word file or plain text."""
    try:
        search(files)
    except Faults as error:
        sources = {(path.parent.name, path.stem) for path in files
                   if path.suffix in (".html", ".docx", ".txt")}
        return [fault for fault in error.faults if not (
            LOST_IN_PDF in fault.message and Path(fault.file).suffix == ".pdf"
            and (Path(fault.file).parent.name, Path(fault.file).stem) in sources)]
    return []


def _outermost(leaks: list[Leak]) -> list[Leak]:
    """Returns the leaks. A leak is left out if its term is part of a longer term that was found at the same
    place, such as an id within a name."""
    at: dict[tuple[str, str], list[str]] = {}
    for leak in leaks:
        at.setdefault((leak.file, leak.place), []).append(_letters(leak.found))
    return [leak for leak in leaks if leak.rule == "unreadable" or not any(
        _letters(leak.found) in other != _letters(leak.found) for other in at[leak.file, leak.place])]


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _faults(leaks: list[Leak], names: pd.DataFrame, audience: str, known: Mapping[str, str],
            study: Study | None, organisation: str) -> Iterator[Fault]:
    by_term: dict[tuple[str, str], list[Leak]] = {}
    for leak in leaks:
        term = leak.file if leak.rule == "unreadable" else _letters(leak.found)
        by_term.setdefault((leak.rule.partition(":")[0], term), []).append(leak)
    found, whole = {leak.found: [] for leak in leaks if leak.rule != "unreadable"}, set()
    if study is not None and found:
        rows = names[names["name"].isin([*found])]
        wanted = make_search(rows, audience, {text: rule for text, rule in known.items() if text in found})
        pieces = dict(_written(study, organisation))
        for leak in leaks_in_pieces(pieces.items(), wanted):
            if leak.found in found:
                found[leak.found].append(leak.place)
                if _letters(leak.found) in _letters(pieces[leak.place]):
                    whole.add(leak.place)
    for (_, term), own in sorted(by_term.items()):
        first = own[0]
        if first.rule == "unreadable":
            yield Fault(f"cannot be released to {audience}, because the gate cannot read it: "
                        f"{first.found}", file=term)
            continue
        origins = {place for text in {leak.found for leak in own} for place in found[text]}
        origins = {place for place in origins if not place.endswith(_HEADINGS)} or origins
        # Where the whole name is written comes before where a part of it is, such as a relative's surname.
        yield _fault(own, sorted(origins, key=lambda place: (place not in whole, _order(place))), audience)


def _fault(own: list[Leak], origins: list[str], audience: str) -> Fault:
    """Returns one finding about the leaks of one term. The place of a finding is the origin of the term or,
    if the origin is not known, the first file that shows the term."""
    first, files = own[0], sorted({leak.file for leak in own})
    places = [leak.place for leak in own if leak.file == files[0]]
    more = f" and {len(places) - _SHOWN_PLACES} more" if len(places) > _SHOWN_PLACES else ""
    seen = f"at {', '.join(places[:_SHOWN_PLACES])}{more}"
    others = f", and in {count_of(len(files) - 1, 'more file')}" if len(files) > 1 else ""
    said = f"is not for {audience} ({first.rule})"
    if not origins:
        return Fault(f"{said} {seen}{others}", file=files[0], value=first.found,
                     fix=_REMEDIES[_remedy(first.rule, "")].format(audience=audience))
    kind, file, row, column = origins[0].split("\t")
    also = "".join(f"; also {' '.join(filter(None, one.split(chr(9))[1:]))}" for one in origins[1:3])
    also += f" and {len(origins) - 3} more" if len(origins) > 3 else ""
    return Fault(f"{said}; readers would see it in {files[0]} {seen}{others}{also}", file=file, row=row,
                 column=column, value=first.found,
                 fix=_REMEDIES[_remedy(first.rule, kind)].format(audience=audience))


def _remedy(rule: str, kind: str) -> str:
    """Returns the key of the remedy for a broken rule, given the kind of text in which the term was found."""
    if rule.startswith(RULES_OF_COUNTRIES):
        return "country"
    if kind:
        return kind
    if rule in ("document", "raw file", "checksum"):
        return "file"
    return "name of the study" if rule == "organisation" else "unknown"


_HEADINGS = "\tcolumns"
"""The end of the name of a place in column ``columns`` of questions.csv. The text at such a place is a
heading of a raw file, which nobody can change. If the wording of a question contains the same text as a
heading, the wording counts as the origin, because readers see the wording."""
_KINDS = ("written", "settings", "cleared", "notebook", "said")
"""The kinds of texts in which an origin is searched for; the kinds that people wrote for readers come
first."""


def _order(place: str) -> tuple[int, str]:
    kind, _, rest = place.partition("\t")
    return _KINDS.index(kind), rest


def _columns_of_words(table: str) -> list[str]:
    """Returns the columns of a table in which people write words. Columns with ids are left out, because
    pages print no ids.

    >>> _columns_of_words("headlines"), _columns_of_words("questions")
    (['claim', 'author'], ['columns', 'wording', 'asked_if'])
    """
    columns = load_reference_table_schemas()[table].columns
    return [name for name, column in columns.items()
            if column.kind == "text" and column.refers_to is None and not name.endswith("_id")]


def _written(study: Study, organisation: str) -> Iterator[Piece]:
    """Yields all texts that may get onto a page. For the pages of one organisation, only this organisation's
    own words in interviews, calls and answers are yielded. The place of each text consists of its kind, file,
    row and column, separated by tabs."""
    reference = read_reference(study)
    terms = load_declared_objects("terms")
    registers = {*_REGISTERS, *(name for own in terms for name in own.registers)}
    for name in sorted(load_reference_table_schemas().keys() - registers):
        kind, frame = "cleared" if name == "quotes" else "written", getattr(reference, name)
        yield from ((f"{kind}\t{name}.csv\t{row}\t{column}", text) for column in _columns_of_words(name)
                    for row, text in frame[column].items() if text and text not in AUDIENCES)
    for own in terms:
        yield from ((f"written\t{place}", text) for place, text in own.written(study))
    if study.settings_file.is_file():
        lines = study.settings_file.read_text(encoding="utf-8").splitlines()
        yield from ((f"settings\t{study.settings_file.name}\t{n}\t", line)
                    for n, line in enumerate(lines, start=1))
    for path in list_notebook_files(NOTEBOOKS, study.notebooks):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield from ((f"notebook\t{path.name}\t\tcell {n}", "".join(cell["source"]))
                    for n, cell in enumerate(cells, start=1))
    if (study.processed / "segments.parquet").is_file():
        said = tables.read_table("segments", study=study)
        said = said[said["organisation_id"] == organisation] if organisation else said
        yield from ((f"said\t{document}\t\t{segment}", text) for document, segment, text in zip(
            said["document_id"], said["segment_id"], said["text"], strict=True))


# ------------------------------
# The gate of a run.


PASSED = ".passed.json"
"""The name of the file, in the folder with an audience's runs, that records the last run that passed the
gate. The record has one entry for the files of the whole audience (with a blank name), and one entry for each
organisation's own files. Each entry has ``rules``, which is a digest of the search terms, and the digest of
every file, keyed by its path."""


class _Rules(NamedTuple):
    """The search terms for some files: the rows of names.csv, further identifiers, and a digest of both."""

    names: pd.DataFrame
    known: Mapping[str, str]
    mark: str


class SearchedAhead(NamedTuple):
    """Files for all readers that the gate has let pass before the end of a run: the digest of each file,
    keyed by its path, and the digest ``mark`` of the search terms."""

    mark: str
    files: Mapping[str, str]


class Gate:
    """The gate through which the files of one run must pass. The gate searches the pages for all readers of
    an audience, and the pages of single organisations, which may name their own organisation.

    - ``own``: the organisation and the path of each page that is made for a single organisation.
    - ``ahead``: files that were searched already. They are searched again only if the search terms were
      different.
    """

    def __init__(self, study: Study, audience: str, own: Iterable[tuple[str, Path]] = (),
                 ahead: Iterable[SearchedAhead] = ()) -> None:
        self._study, self._audience, self._own, self._ahead = study, audience, [*own], [*ahead]
        self._home = study.reports / audience
        self._searched: dict[str, str] = {}

    @cached_property
    def _rules(self) -> dict[str, _Rules]:
        """The search terms for the pages of each organisation; the blank key is for the pages for all
        readers. The terms come from the names and consents at the time at which the gate is first used."""
        reference, known = read_reference(self._study), identifiers(self._study, audience=self._audience)
        said = map_organisations_to_identifiers_said(self._study, known) if self._own else {}
        return {"": self._marked(reference.names, known)} | {
            who: self._marked(*without_own_names(who, self._study, reference, known, said.get(who, {})))
            for who, _ in self._own}

    def prepare_search_terms(self) -> None:
        """Makes the search terms now, so that another process to which this object is sent need not make
        them from the tables of the study."""
        _ = self._rules

    @cached_property
    def _passed(self) -> dict[str, dict[str, str]]:
        """The files that need not be searched again, each with its digest. The mapping of passed files has
        the same keys as ``_rules``."""
        before, rules = _read(self._home), self._rules
        passed = {who: before[who]["files"] for who in rules
                  if who in before and before[who]["rules"] == rules[who].mark}
        for searched in self._ahead:
            if searched.mark == rules[""].mark:
                passed[""] = {**passed.get("", {}), **searched.files}
        return passed

    @property
    def searched_ahead(self) -> SearchedAhead:
        """The files for all readers that :meth:`search_ahead` has let pass so far."""
        return SearchedAhead(self._rules[""].mark, self._searched)

    def is_as_in_last_run(self, path: Path, root: Path) -> bool:
        """Whether a file for all readers, in the folder ``root`` of the last run that passed the gate, is as
        it was when it passed. The search terms may have changed since then."""
        try:
            return self._files_of_last_run.get(_place(path, root)) == self._study.digests.hash_file(path)
        except OSError:
            return False

    @cached_property
    def _files_of_last_run(self) -> Mapping[str, str]:
        return _read(self._home).get("", {}).get("files", {})

    def search_ahead(self, files: Iterable[Path], root: Path) -> None:
        """Searches finished pages for all readers while the run continues. Files that pass this search are
        not searched again at the end of the run."""
        passed = self._passed.setdefault("", {})
        for path in files:
            with suppress(Faults, OSError):
                # Before it is read: what changes meanwhile has not passed.
                mark = self._study.digests.hash_file(path)
                if passed.get(_place(path, root)) != mark:
                    self._search("", [path], root)
                passed[_place(path, root)] = self._searched[_place(path, root)] = mark

    def passes(self, files: Iterable[Path], root: Path) -> bool:
        """Whether files for all readers contain no term that these readers may not know."""
        try:
            self._search("", files, root)
        except Faults:
            return False
        return True

    def refuse_or_record_as_passed(self, run: Path) -> None:
        """Raises Faults if a file of the run contains a term that its readers may not know; otherwise records
        the files as passed."""
        apart = {path.parent for _, path in self._own}
        files = {"": [path for path in run.rglob("*") if path.is_file() and path.parent not in apart]}
        for who, path in self._own:
            files.setdefault(who, []).extend([path, path.with_suffix(".html")])
        faults, now = [], {}
        for who, paths in files.items():
            marks, old = {_place(path, run): self._study.digests.hash_file(path)
                          for path in paths}, self._passed.get(who, {})
            now[who] = {"rules": self._rules[who].mark, "files": marks}
            try:
                self._search(who, [run / place for place, mark in marks.items() if old.get(place) != mark],
                             run, study=self._study)
            except Faults as found:
                faults += found.faults
        if faults:
            raise Faults(merge_findings_by_origin(faults))
        write_atomic(self._home / PASSED, json.dumps(now, indent=1, sort_keys=True) + "\n")

    def _search(self, who: str, files: Iterable[Path], root: Path, study: Study | None = None) -> None:
        rules = self._rules[who]
        check_leaks(files, root, rules.names, audience=self._audience, identifier_rules=rules.known,
                    study=study, organisation=who)

    def _marked(self, names: pd.DataFrame, known: Mapping[str, str]) -> _Rules:
        said = [hash_package_and_lock_file(), self._audience, names.to_csv(index=False),
                sorted(known.items())]
        return _Rules(names, known, self._study.digests.hash_value(said))


def _place(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _read(home: Path) -> dict[str, Any]:
    """Returns the record of the files that passed the gate. If the record cannot be read, the result is
    empty, so that all files are searched."""
    try:
        found = json.loads((home / PASSED).read_text(encoding="utf-8"))
        return {who: {"rules": one["rules"], "files": {**one["files"]}} for who, one in found.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}
