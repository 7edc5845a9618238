"""Add-ons: what each brings, and how the core finds it.

An add-on is a folder of ``glc_analysis/addons``. A folder ``schema`` in it describes its tables and settings
(:mod:`glc_analysis.schema`). Its ``__init__.py`` holds one object, ``ADD_ON``, which consists of data and
names, and imports nothing else, so that finding all add-ons takes no time. The core imports no add-on. It
lists the folder; where it needs something that an add-on brings, it loads the object that a name refers to
(:meth:`AddOn.load`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

ADD_ONS_FOLDER = Path(__file__).with_name("addons")


class Leaver(Protocol):
    """An organisation or person that withdraws from a study, as erasers receive it.

    ``organisation_id`` is blank for a person. ``raters`` are the withdrawing persons that add-ons have on
    record; ``countries`` are the countries in which no other organisation works. ``is_whole`` is false where
    only one ``item`` of consent is withdrawn (otherwise ``item`` is blank). If that item is quotations,
    ``quoted`` has the quoted segments and ``cited`` the rows that cite them.
    """

    organisation_id: str
    item: str
    raters: set[str]
    ids: set[str]
    countries: set[str]
    quoted: set[str]
    cited: set[tuple[str, str]]
    is_whole: bool

    def is_by(self, text: str) -> bool:
        """Whether a text names the organisation or person that withdraws as owner."""

    def redact(self, texts: list[str]) -> list[str]:
        """Removes from texts the names and words of the organisation or person that withdraws."""

    def remove_rows(self, path: Path, is_gone: Callable[[int, list[str]], bool]) -> None:
        """Removes the rows of the organisation or person that withdraws from a table, and their names and
        words from the other rows."""


@dataclass(frozen=True)
class AddOn:
    """The declaration of one add-on. A name such as ``"commands:COMMANDS"`` gives a module in its folder and
    an object in that module."""

    name: str
    summary: str
    """States in one sentence what the add-on is for."""
    needs: tuple[str, ...] = ()
    """The other add-ons that it may import."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Commands, by their heading in ``glc --help``."""
    counted_by: Mapping[str, str] = field(default_factory=dict)
    """Further words that an analyst may pass as ``by`` to
    :meth:`glc_analysis.view.study_view.StudyView.counts`, beside attributes. Each has a function of a view
    and a question, which returns the columns of that method."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """What it shows on pages of the core: for each slot (named in pages/slots.py), a function of a view."""
    around: Mapping[str, str] = field(default_factory=dict)
    """Context managers that run around commands of the core, by the name of the command. Each may add options
    to the command (:func:`.command_line.run_add_on_hooks`)."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """Where it holds data about organisations and persons: its reference tables, and its files and folders as
    ``private/NAME``, each with a description of how its data are erased."""
    consent_items: tuple[str, ...] = ()
    """Items of consent that it asks about (:mod:`glc_analysis.disclosure.consent`)."""
    erasers: Mapping[str, str] = field(default_factory=dict)
    """Functions that a withdrawal calls, by their tasks:

    - ``hold(study)``: a context manager within which the add-on's data do not change; raises Faults if these
      data are not in order;
    - ``people(reference)``: the organisation of each person that its tables name, by the person's id;
    - ``words(study, reference, leaver)``: the words that the leaver wrote, and the words that others wrote;
    - ``method(reference)``: the words of the study itself, which stay even where a leaver used the same
      words;
    - ``citations(reference, segment_ids)``: the words that its rows cite of these segments, by row;
    - ``rows(table, was, now, leaver)``: erases the leaver from a row of a reference table; it gets the row as
      it was and as the core has left it, and returns both again, or None to remove the row;
    - ``erase(study, leaver)``: removes the leaver's data from the copy of a study;
    - ``coder_file(path, remaining)``: removes withdrawn words from one of its files or logs of a coder;
      ``remaining`` gives what is left of each text;
    - ``renew(study)``: brings its records up to date after the copy of the study has got another key of
      digests;
    - ``unused(study, new, person_id)``: data of a person that are no longer used; ``notes(study)``: what the
      team must be told. Both give kind, place and content.
    """
    arrived: str = ""
    """The function that says which withdrawn data a file holds that arrived during a withdrawal
    (:mod:`.switch`)."""
    front_door: Mapping[str, str] = field(default_factory=dict)
    """The objects that an analyst uses as ``glc.NAME``, by NAME."""
    steps: str = ""
    """The tuple of its steps of the build."""
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The measures of the figures that its steps make, by the name of the value that holds them. These
    figures become rows of the table ``figures``, and the team alone sees them."""
    announced_blocks: str = ""
    """The name of a value, made by one of its steps, with the ids of blocks of text that some people had
    already seen before an organisation withdrew. Nobody may see another version of these blocks."""
    view: str = ""
    """A class whose attributes every view of a study has as well."""
    view_names: tuple[str, ...] = ()
    """The attributes of ``view`` that ``dir(view)`` offers to an analyst."""
    visible: Mapping[str, str] = field(default_factory=dict)
    """For each table, a function of a :class:`glc_analysis.view.reader_study.Reader` that returns what an
    audience other than the team may see of the table. Audiences see nothing of a table that has no such
    function."""
    visible_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each table in ``visible``, the other tables that its function reads."""
    terms: str = ""
    """What the gate must look for in its tables (:class:`glc_analysis.gate.leak_scan.Terms`)."""
    blocks: str = ""
    """The blocks of text that its pages show (:class:`glc_analysis.disclosure.blocks.AddedBlocks`). The core
    decides for all blocks together which of them an audience may see."""
    release_content: str = ""
    """A function of (tables, an audience) that yields what the audience reads from its tables, so that the
    core can tell whether a release says anything new."""
    phrases: str = ""
    """The table with the translated phrases of its pages and papers."""
    style: str = ""
    """The style sheet for the elements that it adds to pages, a file in its folder ``content``."""
    announced: Mapping[str, str] = field(default_factory=dict)
    """For each name, a function of a view that returns what counts as announced once a release is published.
    The build keeps the result in a table ``announced_NAME``."""
    slices: str = ""
    """A function that gets a reader of tables by name, and returns further lists for slices.json."""
    survey_readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of exports of survey tools (:class:`glc_analysis.intake.survey.SurveyReader`), by the word for
    the tool in ``[survey] tool``. They are tried in this order; if none fits, the core reads a plain
    table."""
    survey_files: Mapping[str, str] = field(default_factory=dict)
    """Readers of survey files that are neither delimited text nor workbooks, by the ending of the file name.
    Each is a function of the path that returns a :class:`glc_analysis.intake.survey.RawSurvey`."""
    codings_readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of files with coders' work, by the name of the file format in the list of accepted files. Each
    is a function of (a :class:`~glc_analysis.intake.codings.model.CoderFile`, coder) that returns
    :class:`~glc_analysis.intake.codings.model.ParsedCodings`, or None for a file of another format. They are
    tried in this order, before the core reads a table."""
    codings_columns: str = ""
    """A function of the column names of a table that returns what each column holds
    (:func:`glc_analysis.intake.codings.coded_tables.guess_column_roles`); empty for a table that none of its
    ``codings_readers`` reads."""
    missing_columns: str = ""
    """A function of the column names of a coded table that says which columns are missing for each kind of
    table that the add-on reads. Its words end the message about a table that no reader reads."""
    coder_files: Mapping[str, str] = field(default_factory=dict)
    """Readers of the .jsonl files that one of its programs writes, by the name of the file. The program
    writes each file in a coder's folder of ``raw/codings`` and only ever adds to it. A reader is a function
    of (path, coder) that returns :class:`~glc_analysis.intake.codings.model.ParsedCodings`. No setting need
    name these files."""
    coder_logs: Mapping[str, str] = field(default_factory=dict)
    """The logs that it writes in a coder's folder in the same way, by file name. Each has a text that a log
    must contain to count as data; a log without this text is ignored."""
    page_lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Parameters of notebooks that make a page for each entry of a list of slices.json. Each parameter has
    the name of that list, and the name of the list with the ids for which each audience may have a page."""
    provides: Mapping[str, str] = field(default_factory=dict)
    """The objects that it gives to other add-ons, by the names under which other add-ons ask for them."""
    site_addition: str = ""
    """A function that returns a :class:`glc_analysis.publish.site.SiteAddition`. It gets the pages of a site
    (by slug, the element with the content of the page) and, for pages in another language, a function that
    translates an English text into that language."""
    site_languages: str = ""
    """A function of (study, audience) that returns the languages besides English in which the audience gets
    the pages (:class:`glc_analysis.publish.site.SiteLanguages`)."""
    page_files: str = ""
    """A function of (a page of a site, its slug, the line with its source, the folder of figures of an
    earlier site or None). It returns files with what the page shows, by their names in the site's folder of
    figures, and adds links to these files to the page."""
    downloads: str = ""
    """The tables that readers can download from a site, by name."""
    exports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Further exports of ``glc export`` beside the agreed coding, by the word for the export. Each has a
    function of a built study and a path (None means the usual path), which writes the export and returns its
    path, and a text for the help. A context manager in ``around`` may pass further arguments to the
    function."""
    software_files: str = ""
    """The tuple of files for other software that readers can download from a site."""
    runs: Mapping[str, str] = field(default_factory=dict)
    """What it does in a run of the reports, by the stage of the run:

    - ``start(study)`` prepares the making of pages while tables are built; it returns a context manager of an
      Executor for parts of the build;
    - ``processes`` makes the object that executes pages in place of
      :class:`glc_analysis.run.execute.PageProcesses`;
    - ``notes(study, audience)`` returns the messages that the run prints at its end;
    - ``pages(study, audience, last run, keys)`` yields slug, title, menu group and texts of pages that no
      notebook makes;
    - ``site(study, audience, folder)`` adds files to the site before the gate reads it;
    - ``keep(study, audience, run)`` adds files to the folder of a run that passed the gate."""
    proposals: Mapping[str, str] = field(default_factory=dict)
    """For each reference table, the command that proposes rows for it; a fault about missing rows ends with
    it."""
    papers: tuple[str, ...] = ()
    """Folders of papers of a run that are published with its site."""
    sample_files: tuple[str, ...] = ()
    """Raw files of the invented study that only this add-on reads. If it is not installed, a plain table
    takes the place of each file."""
    rehearsed: tuple[str, ...] = ()
    """Kinds of raw files that people may add to an invented study, where they are nobody's data."""
    row_names: Mapping[str, str] = field(default_factory=dict)
    """The noun for a row of each of its reference tables, by table."""
    private_inputs: tuple[str, ...] = ()
    """The folders of ``private/`` that its steps read."""
    checks: str = ""
    """The tuple of its checks between reference tables."""
    settings_faults: str = ""
    """A function of (the name of the settings file, all settings) that yields Faults in the add-on's
    settings."""
    check_lines: str = ""
    """A function of (study, reference tables) that yields lines for ``glc check`` to print when it finds no
    faults."""
    status_lines: str = ""
    """A function of a study that yields lines of ``glc status``, each with a list of details."""

    def load(self, name: str) -> Any:
        """Imports the object that a name such as ``coding_desk:coding_desk`` refers to."""
        module, _, attribute = name.partition(":")
        return getattr(import_module(f"glc_analysis.addons.{self.name}.{module}"), attribute)


@cache
def installed_add_ons() -> dict[str, AddOn]:
    """Returns the installed add-ons by name, each after the add-ons that it needs."""
    names = sorted(path.parent.name for path in ADD_ONS_FOLDER.glob("*/__init__.py"))
    add_ons = {name: import_module(f"glc_analysis.addons.{name}").ADD_ON for name in names}
    placed: dict[str, AddOn] = {}
    while len(placed) < len(add_ons):
        ready = [name for name in add_ons if name not in placed and {*add_ons[name].needs} <= {*placed}]
        if not ready:  # what is left needs an add-on that is not there
            break
        placed |= {name: add_ons[name] for name in ready[:1]}
    return placed


def list_declarations(field_name: str) -> Iterator[tuple[AddOn, Any]]:
    """Yields each add-on that declares this field, with the value that it declares."""
    for add_on in installed_add_ons().values():
        if declared := getattr(add_on, field_name):
            yield add_on, declared


def map_declared_entries(field_name: str) -> dict[str, tuple[AddOn, Any]]:
    """Returns the entries that all add-ons declare in a field, by entry name, each with its add-on."""
    return {name: (add_on, entry) for add_on, entries in list_declarations(field_name)
            for name, entry in entries.items()}


def load_declared_objects(field_name: str, entry_name: str = "") -> list[Any]:
    """Imports and returns the objects that all add-ons declare in a field. For a field with several entries,
    it returns the objects of one ``entry_name``, as in ``load_declared_objects("slots", "overview")``."""
    declared = [(add_on, names.get(entry_name) if entry_name else names) for add_on,
                names in list_declarations(field_name)]
    return [add_on.load(name) for add_on, name in declared if name]
