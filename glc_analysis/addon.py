"""Defines how an add-on declares what it adds to the package, and how the core finds and loads add-ons.

An add-on is a folder of ``glc_analysis/addons``. The subfolder ``schema`` of an add-on describes its tables
and settings (:mod:`glc_analysis.schema`). The file ``__init__.py`` of the add-on defines one object,
``ADD_ON`` (:class:`AddOn`), whose fields hold data and the names of objects in the add-on's modules. The file
``__init__.py`` imports none of the add-on's modules, so that listing all add-ons takes almost no time. The
core never imports an add-on by name. The core lists the folder ``glc_analysis/addons``, and loads a named
object only when it needs the object (:meth:`AddOn.load_object`).
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
    """The organisation or person that withdraws from a study. The functions in ``AddOn.erasers`` get an
    object of this class.

    - ``organisation_id``: the organisation that withdraws; blank if a person withdraws;
    - ``item``: the one item of consent that is withdrawn; blank if everything is withdrawn;
    - ``raters``: the ids under which add-ons list the persons who withdraw;
    - ``ids``: all ids that must be removed;
    - ``countries``: the countries in which no other organisation works;
    - ``quoted``: if the item is quotations, the segments that were quoted;
    - ``cited``: if the item is quotations, the rows of add-ons' tables that cite these segments;
    - ``is_whole``: false if only one item of consent is withdrawn.
    """

    organisation_id: str
    item: str
    raters: set[str]
    ids: set[str]
    countries: set[str]
    quoted: set[str]
    cited: set[tuple[str, str]]
    is_whole: bool

    def is_named_as_owner(self, text: str) -> bool:
        """Whether a text, such as a cell that names an owner, names the organisation or person that
        withdraws. False if only one item of consent is withdrawn."""

    def redact_names_and_words(self, texts: list[str]) -> list[str]:
        """Returns the texts without the names and words of the organisation or person that withdraws."""

    def remove_rows_and_redact_rest(self, path: Path, is_gone: Callable[[int, list[str]], bool]) -> None:
        """Removes from a table the rows for which ``is_gone`` returns true. From the other rows, removes the
        names and words of the organisation or person that withdraws. ``is_gone`` is a function that takes the
        number and the cells of a row."""


@dataclass(frozen=True)
class AddOn:
    """Declares what one add-on adds to the package. A text such as ``"commands:COMMANDS"`` names a module in
    the add-on's folder and an object in this module."""

    name: str
    summary: str
    """A sentence that states what the add-on is for."""
    needs: tuple[str, ...] = ()
    """The other add-ons that this add-on may import."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """The lists of the add-on's commands, keyed by the heading under which ``glc --help`` shows the
    commands."""
    counted_by: Mapping[str, str] = field(default_factory=dict)
    """Further words that an analyst may pass as ``by`` to
    :meth:`glc_analysis.view.study_view.StudyView.counts`, in place of an attribute of organisations. Each
    word is mapped to a function that takes a view and a question, and returns a frame with the columns that
    ``counts`` returns."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """The content that the add-on shows on pages of the core. A slot is a position on a page where add-ons
    may insert content (listed in pages/slots.py). Each slot is mapped to a function that takes a view and
    returns the content."""
    around: Mapping[str, str] = field(default_factory=dict)
    """Context managers within which commands of the core run, keyed by the name of the command. A context
    manager may add options to its command (:func:`.command_line.enter_add_on_contexts`)."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """All places where the add-on stores data about organisations and persons: its reference tables, and its
    files and folders written as ``private/NAME``. Each place is mapped to a description of how a withdrawal
    erases the data stored there."""
    consent_items: tuple[str, ...] = ()
    """The items of consent that the add-on asks about (:mod:`glc_analysis.disclosure.consent`)."""
    erasers: Mapping[str, str] = field(default_factory=dict)
    """The functions that a withdrawal calls to erase the add-on's data. Their argument ``leaver`` is the
    organisation or person that withdraws (:class:`Leaver`), and ``reference`` has the reference tables. The
    functions have these keys:

    - ``hold(study)``: returns a context manager within which the add-on's data do not change; raises Faults
      if the data have faults;
    - ``people(reference)``: returns the organisation of each person in the add-on's tables, keyed by person
      id;
    - ``words(study, reference, leaver)``: returns the words that the leaver wrote, and the words that
      everybody else wrote;
    - ``method(reference)``: returns the words of the study itself, such as questions. The words that
      ``method`` returns are never erased, even if a leaver used the same words;
    - ``citations(reference, segment_ids)``: returns the words that the add-on's rows quote from these
      segments, keyed by row;
    - ``rows(table, was, now, leaver)``: erases the leaver from one row of a reference table. The argument
      ``was`` is the row before the withdrawal, and ``now`` is the row after the core has erased the leaver
      from it. The function under the key ``rows`` returns the new ``was`` and ``now``, or None to remove the
      row;
    - ``erase(study, leaver)``: removes the leaver's data from the copy of a study;
    - ``coder_file(path, remaining)``: removes withdrawn words from one of the add-on's files or logs in a
      coder's folder; ``remaining`` is a function that returns a text without the withdrawn words;
    - ``renew(study)``: updates the add-on's records after the key of digests in the copy of the study was
      replaced;
    - ``unused(study, new, person_id)``: returns the data of a person that ``study`` uses and that ``new``,
      the study after the withdrawal, no longer uses, each with its kind, place and content;
    - ``notes(study)``: returns notes for the team on the withdrawal, each with its kind, place and content.
    """
    arrived: str = ""
    """A function that is called for each file that arrived during a withdrawal. The function returns words
    that say which withdrawn data the file contains (:mod:`.switch`)."""
    front_door: Mapping[str, str] = field(default_factory=dict)
    """The objects that an analyst uses as ``glc.NAME``, keyed by NAME."""
    steps: str = ""
    """The tuple of the steps that the add-on adds to the build (:mod:`glc_analysis.steps`)."""
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of the values that the add-on's steps make and that contain figures. Each name is mapped to
    the words that these figures have in column ``measure``. The figures that add-ons compute become rows of
    the table ``figures``, which only the team sees."""
    announced_blocks: str = ""
    """The name of a value that one of the add-on's steps makes. The value has the ids of blocks of text
    (parts of a page, :mod:`glc_analysis.disclosure.blocks`) that some people had already seen before an
    organisation withdrew. The build hides these blocks from all audiences except the team, so that nobody can
    compare two versions of a block."""
    view: str = ""
    """A class whose attributes are added to every view of a study."""
    view_names: tuple[str, ...] = ()
    """The names of those attributes in the field ``view`` that ``dir()`` lists for a view of a study."""
    visible: Mapping[str, str] = field(default_factory=dict)
    """Maps each table to a function that takes a :class:`glc_analysis.view.reader_study.Reader` and returns
    what an audience other than the team may see of the table. An audience other than the team sees nothing of
    a table for which ``visible`` has no function."""
    visible_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Maps each table in ``visible`` to the other tables that its function reads."""
    terms: str = ""
    """The names and words in the add-on's tables that the gate must look for before pages are published
    (:class:`glc_analysis.gate.study_identifiers.Terms`)."""
    blocks: str = ""
    """The blocks of text on the add-on's pages (:class:`glc_analysis.disclosure.blocks.AddedBlocks`). The
    core decides for the blocks of all add-ons together which blocks an audience may see."""
    release_content: str = ""
    """A function that takes tables and an audience, and yields the content that the audience reads from the
    add-on's tables. The core compares this content with the last release, to find out whether the next
    release says anything new."""
    phrases: str = ""
    """The name of the table with the translated phrases of the add-on's pages and papers."""
    style: str = ""
    """The style sheet for the elements that the add-on adds to pages: the name of a file in the add-on's
    folder ``content``."""
    announced: Mapping[str, str] = field(default_factory=dict)
    """Maps each NAME to a function that takes a view and returns the content that readers know once a release
    is published. The build stores this content in the table ``announced_NAME``."""
    slices: str = ""
    """A function that returns further lists for slices.json. The argument of the function is a function that
    returns the table of a given name."""
    survey_readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of exports of survey tools (:class:`glc_analysis.intake.survey.SurveyReader`), keyed by the
    word for the tool in ``[survey] tool``. The readers are tried in the order in which they are declared. If
    none of the readers recognises a file, the core reads the file as a plain table."""
    survey_files: Mapping[str, str] = field(default_factory=dict)
    """Readers of survey files that are neither delimited text nor workbooks, keyed by the ending of the file
    name. A reader takes the path of a file and returns a :class:`glc_analysis.intake.survey.RawSurvey`."""
    codings_readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of files with coders' work, keyed by the name of the file format in the list of accepted files.
    A reader takes a :class:`~glc_analysis.intake.codings.model.CoderFile` and a coder. The reader returns
    :class:`~glc_analysis.intake.codings.model.ParsedCodings`, or None for a file of another format. The
    readers are tried in the order in which they are declared. If none of the readers recognises a file, the
    core reads the file as a table."""
    codings_columns: str = ""
    """A function that takes the column names of a table and returns the role of each column
    (:func:`glc_analysis.intake.codings.coded_tables.guess_coded_table_column_roles`). The function returns an
    empty list if no reader in ``codings_readers`` reads the table."""
    missing_columns: str = ""
    """A function that takes the column names of a coded table and returns in words, for each kind of table
    that the add-on reads, which columns are missing. The message about a table that no reader recognises ends
    with the returned words."""
    coder_files: Mapping[str, str] = field(default_factory=dict)
    """Readers of the .jsonl files that the add-on's programs write, keyed by file name. A program of an
    add-on writes its file in a coder's folder of ``raw/codings``, and only ever appends to the file. A reader
    takes the path and the coder, and returns :class:`~glc_analysis.intake.codings.model.ParsedCodings`. The
    .jsonl files of add-ons are found without any setting."""
    coder_logs: Mapping[str, str] = field(default_factory=dict)
    """The logs to which the add-on's programs append in a coder's folder, keyed by file name. Each file name
    is mapped to a text that a log must contain to count as data; a log without this text is ignored."""
    page_lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Maps each parameter of the add-on's notebooks to the names of two lists in slices.json. A run makes one
    page for each entry of the first list. The second list has, for each audience, the ids for which the
    audience may have a page."""
    provides: Mapping[str, str] = field(default_factory=dict)
    """The objects that the add-on offers to other add-ons, keyed by the names under which other add-ons ask
    for them."""
    site_addition: str = ""
    """A function that returns a :class:`glc_analysis.publish.site.SiteAddition`. The function takes the pages
    of a site, as a mapping from each slug to the element with the page's content. For a site in English, the
    function also takes ``read_earlier``, a function of a slug and the name of a file: if the page was taken
    from an earlier site instead of being made again, it returns the text of this file in the earlier site,
    and otherwise None. It may be used only for files that are made from this page alone. For a site in
    another language, the function also takes ``say``, a function that translates an English text into this
    language."""
    site_languages: str = ""
    """A function that takes a study and an audience, and returns the languages besides English in which the
    audience gets the pages (:class:`glc_analysis.publish.site.SiteLanguages`)."""
    page_files: str = ""
    """A function that makes files from the figures and tables of a page, and adds links to these files to the
    page. The function takes the page, the page's slug, the line that states the page's source, the folder of
    figures of an earlier site (or None), and a function that calls another function in another process if
    possible (:meth:`.PageProcesses.call`). The function returns the files, keyed by their names in the
    site's folder of figures."""
    preloaded: tuple[str, ...] = ()
    """Modules that a run may import once, before it forks processes. Functions that ``page_files`` calls in
    other processes need these modules."""
    downloads: str = ""
    """The tables that readers can download from a site, keyed by name."""
    exports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The add-on's exports for ``glc export`` in addition to the agreed coding, keyed by the word for the
    export. Each word is mapped to a function and to a text for the help. The function of an export takes a
    built study and a path (None means the usual path), writes the export and returns its path. A context
    manager in ``around`` may pass further arguments to the function of an export."""
    software_files: str = ""
    """The tuple of files for other software that readers can download from a site."""
    runs: Mapping[str, str] = field(default_factory=dict)
    """Functions that a run of the reports calls, keyed by the stage of the run:

    - ``start(study, audience)`` prepares the execution of pages while the tables are built; it returns a
      context manager that yields an Executor, to which the build gives a part of its work;
    - ``processes`` makes the object that executes pages in place of
      :class:`glc_analysis.run.execute.PageProcesses`;
    - ``notes(study, audience)`` returns the messages that the run prints at its end;
    - ``pages(study, audience, last run, keys)`` yields the slug, title, menu group and texts of each page
      that is not made from a notebook;
    - ``site(study, audience, folder)`` adds files to the site before the gate reads it;
    - ``keep(study, audience, run)`` adds files to the folder of a run that passed the gate."""
    proposals: Mapping[str, str] = field(default_factory=dict)
    """Maps a reference table to the command that proposes rows for the table. The message about missing rows
    of the table ends with this command."""
    papers: tuple[str, ...] = ()
    """The folders in a run that contain papers, which are published together with the run's site."""
    sample_files: tuple[str, ...] = ()
    """Raw files of the sample study that only this add-on can read. If the add-on is not installed, the
    sample study has a plain table in place of each raw file in ``sample_files``."""
    rehearsed: tuple[str, ...] = ()
    """The kinds of raw files that people may add to an invented study. Files of these kinds, such as codings
    of invented texts, have no data of real persons if they belong to an invented study."""
    row_names: Mapping[str, str] = field(default_factory=dict)
    """The noun for one row of each of the add-on's reference tables, keyed by table."""
    private_inputs: tuple[str, ...] = ()
    """The folders of ``private/`` that the add-on's steps read."""
    checks: str = ""
    """The tuple of the add-on's checks of reference tables (:class:`glc_analysis.schema.Check`)."""
    settings_faults: str = ""
    """A function that takes the name of the settings file and all settings, and yields a Fault for each fault
    in the add-on's settings."""
    check_lines: str = ""
    """A function that takes a study and its reference tables, and yields the lines that ``glc check`` prints
    if it finds no faults."""
    status_lines: str = ""
    """A function that takes a study and yields the add-on's lines for ``glc status``, each with a list of
    details."""

    def load_object(self, name: str) -> Any:
        """Imports and returns the object to which a name such as ``coding_desk:coding_desk`` refers."""
        module, _, attribute = name.partition(":")
        return getattr(import_module(f"glc_analysis.addons.{self.name}.{module}"), attribute)


@cache
def load_add_ons_from_folder() -> dict[str, AddOn]:
    """Returns the installed add-ons, keyed by name and ordered so that each add-on comes after the add-ons
    that it needs. An add-on is left out if it needs an add-on that is not installed."""
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
    """Yields each add-on that declares a value in the given field, together with this value."""
    for add_on in load_add_ons_from_folder().values():
        if declared := getattr(add_on, field_name):
            yield add_on, declared


def map_declared_entries(field_name: str) -> dict[str, tuple[AddOn, Any]]:
    """Returns all entries that add-ons declare in the given field, which must be a mapping. The result maps
    the name of each entry to a pair of the add-on and the entry."""
    return {name: (add_on, entry) for add_on, entries in list_declarations(field_name)
            for name, entry in entries.items()}


def load_declared_objects(field_name: str, entry_name: str = "") -> list[Any]:
    """Imports and returns the objects that all add-ons declare in the given field. If the field is a mapping,
    only the objects under the key ``entry_name`` are returned, as in ``load_declared_objects("slots",
    "overview")``."""
    declared = [(add_on, names.get(entry_name) if entry_name else names) for add_on,
                names in list_declarations(field_name)]
    return [add_on.load_object(name) for add_on, name in declared if name]
