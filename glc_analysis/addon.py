"""Add-ons: what each brings, and how the core finds it.

An add-on is a folder of ``glc_analysis/addons``. A folder ``schema`` in it holds its tables and settings
(:mod:`glc_analysis.schema`). Its ``__init__.py`` holds one object, ``ADD_ON``, of data
and names, and imports nothing else: finding all add-ons takes no time. The core imports none. It lists the
folder, and where it needs what an add-on brings, it loads what a name stands for (:meth:`AddOn.load`).
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
    """An organisation or person that leaves a study, as erasers receive it (``organisation_id`` is blank for
    a person). ``raters`` are the persons that leave, among those that add-ons know; ``countries`` those of no
    other organisation; ``is_whole`` is false where one ``item`` of consent is withdrawn (else blank); of
    quotations ``quoted`` then has the segments, ``cited`` the rows that cite them.
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
        """Whether a text names the leaver as owner."""

    def redact(self, texts: list[str]) -> list[str]:
        """Removes the leaver's names and words from texts."""

    def remove_rows(self, path: Path, is_gone: Callable[[int, list[str]], bool]) -> None:
        """Removes the leaver's rows from a table, and the leaver's names and words from the other rows."""


@dataclass(frozen=True)
class AddOn:
    """The declaration of one add-on. A name such as ``"commands:COMMANDS"`` is a module of its folder and
    what is to be taken from it."""

    name: str
    summary: str
    """What it is for, in one sentence."""
    needs: tuple[str, ...] = ()
    """Other add-ons, of which it may use anything."""
    commands: Mapping[str, str] = field(default_factory=dict)
    """Commands, by their heading in ``glc --help``."""
    counted_by: Mapping[str, str] = field(default_factory=dict)
    """By what an analyst may count a question beside its attributes: by the word for it, a function of a view
    and a question that gives the columns of :meth:`glc_analysis.view.study_view.StudyView.counts`."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """What it shows on pages of the core: a function of a view, by the name of the slot (pages/slots.py)."""
    around: Mapping[str, str] = field(default_factory=dict)
    """What it does around commands of the core, by their names: context managers, with the options that they
    add (:func:`.command_line.run_add_on_hooks`)."""
    holds: Mapping[str, str] = field(default_factory=dict)
    """What it holds of organisations and persons: its reference tables, and its files and folders as
    ``private/NAME``, each with how it is erased, in words."""
    consent_items: tuple[str, ...] = ()
    """Items of consent that it asks about (:mod:`glc_analysis.disclosure.consent`)."""
    erasers: Mapping[str, str] = field(default_factory=dict)
    """Functions that a withdrawal calls, by their tasks:

    - ``hold(study)``: a context manager that keeps what it holds as it is; Faults if it is not in order;
    - ``people(reference)``: the organisation of each person whom it knows, by their ids;
    - ``words(study, reference, leaver)``: what the leaver and what others wrote;
    - ``method(reference)``: what the study itself says, also where somebody says the same;
    - ``citations(reference, segment_ids)``: the words that its rows cite of these segments, by row;
    - ``rows(table, was, now, leaver)``: a row of a reference table as it was and is to be; None: it goes;
    - ``erase(study, leaver)``: takes out of the copy of a study what is the leaver's;
    - ``coder_file(path, remaining)``: takes what goes out of one of its files or logs of a coder, by what
      ``remaining`` gives of each text;
    - ``renew(study)``: does what is due when the copy has another key of digests;
    - ``unused(study, new, person_id)`` and ``notes(study)``: what is used no more of a person, and what
      people have to be told; kind, where and what.
    """
    arrived: str = ""
    """What says what a file holds of what is withdrawn, if it arrives meanwhile (:mod:`.switch`)."""
    front_door: Mapping[str, str] = field(default_factory=dict)
    """What an analyst uses as ``glc.NAME``, by its name."""
    steps: str = ""
    """Steps of the build, a tuple."""
    figures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Figures that its steps make beside those of the core: by the value of a step, their measures. They are
    rows of the table ``figures``, and the team alone sees them."""
    announced_blocks: str = ""
    """The value, made by a step of it, with the ids of blocks of text that some people were told of before an
    organisation left: nobody may see another version of them."""
    view: str = ""
    """A class whose attributes every view of a study has as well."""
    view_names: tuple[str, ...] = ()
    """Those of them that ``dir(view)`` offers to an analyst."""
    visible: Mapping[str, str] = field(default_factory=dict)
    """By table, a function of a :class:`glc_analysis.view.reader_study.Reader` that gives what an audience
    other than the team may see of it; of tables without one, nothing."""
    visible_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By table of ``visible``, the other tables from which its function makes it."""
    terms: str = ""
    """What the gate has to know of its tables (:class:`glc_analysis.gate.leak_scan.Terms`)."""
    blocks: str = ""
    """Blocks of text that its pages show (:class:`glc_analysis.disclosure.blocks.AddedBlocks`): the core
    decides for all blocks together which an audience may see."""
    release_content: str = ""
    """A function of (tables, an audience) that yields what the audience reads of its tables: it tells whether
    a release says anything new."""
    phrases: str = ""
    """The table of the phrases of its pages and papers in other languages."""
    style: str = ""
    """The style sheet of what it adds to pages, in its folder ``content``."""
    announced: Mapping[str, str] = field(default_factory=dict)
    """By name, a function of a view that gives what counts as announced once a release is published. The
    build keeps it in a table ``announced_NAME``."""
    slices: str = ""
    """A function of (a reader of tables by name) that gives further lists of slices.json."""
    survey_readers: Mapping[str, str] = field(default_factory=dict)
    """Readers of exports of survey tools (:class:`glc_analysis.intake.survey.SurveyReader`) by the word of
    ``[survey] tool``, in the order in which they are asked, before the core reads a plain table."""
    survey_files: Mapping[str, str] = field(default_factory=dict)
    """By the ending of survey files that are neither delimited text nor workbooks, a function of the path of
    one that gives its :class:`glc_analysis.intake.survey.RawSurvey`."""
    codings_readers: Mapping[str, str] = field(default_factory=dict)
    """Files of coders' work that it reads, by what the list of accepted files calls them: functions of (a
    :class:`~glc_analysis.intake.codings.model.CoderFile`, coder) that give its
    :class:`~glc_analysis.intake.codings.model.ParsedCodings`, or None for any other file. They are asked in
    this order, before the core reads a table."""
    codings_columns: str = ""
    """A function of the names of columns that gives what each column holds of a table that one of its
    ``codings_readers`` reads (:func:`glc_analysis.intake.codings.coded_tables.guess_column_roles`); empty for
    any other."""
    missing_columns: str = ""
    """A function of the names of a coded table's columns that says which it lacks for each table that the
    add-on reads, as the message on a table that nothing reads has it."""
    coder_files: Mapping[str, str] = field(default_factory=dict)
    """Files, ending in .jsonl, that a program of it writes in a coder's folder of ``raw/codings`` and only
    ever adds to: by the name of each a function of (path, coder) that gives its
    :class:`~glc_analysis.intake.codings.model.ParsedCodings`. No setting need name them."""
    coder_logs: Mapping[str, str] = field(default_factory=dict)
    """Logs that it writes there in the same way: by the name of each the text without which a log is no data,
    and nothing reads it."""
    page_lists: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Parameters of notebooks with a page for each entry of a list of slices.json: that list, and the list
    with the ids of which each audience may have a page."""
    provides: Mapping[str, str] = field(default_factory=dict)
    """What it gives to other add-ons, by the names under which these ask for it."""
    site_addition: str = ""
    """A function of the pages of a site (the element with what each shows, by slug) and, for pages in another
    language, a function that gives an English text in it, that gives a
    :class:`glc_analysis.publish.site.SiteAddition`."""
    site_languages: str = ""
    """A function of (study, audience) that gives the languages, beside English, in which an audience gets the
    pages (:class:`glc_analysis.publish.site.SiteLanguages`)."""
    page_files: str = ""
    """A function of (a page of a site, its slug, the line with its source, the folder of figures of an
    earlier site or None) that gives files with what the page shows, by their names in the site's folder of
    figures, and adds links to them."""
    downloads: str = ""
    """Tables that a site hands over, by name."""
    exports: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What ``glc export`` writes beside the agreed coding, by its word: a function of a built study and a
    path (None: the usual one) that writes it and returns where it is; and what the help says of it. What it
    does ``around`` the command may give further arguments."""
    software_files: str = ""
    """Files that a site hands over for other software, a tuple."""
    runs: Mapping[str, str] = field(default_factory=dict)
    """What it does in a run of the reports, by the moment: ``start(study)`` gets ready for pages while tables
    are built, and gives a context manager of an Executor for parts of the build; ``processes`` makes what
    executes pages in place of :class:`glc_analysis.run.execute.PageProcesses`; ``notes(study, audience)``
    gives what the run says at its end; ``pages(study, audience, last run, keys)`` yields slug, title, group
    in the menu and texts of pages that no notebook makes; ``site(study, audience, folder)`` adds files to the
    site before the gate reads it; ``keep(study, audience, run)`` puts something into the folder of a run that
    the gate has let through."""
    proposals: Mapping[str, str] = field(default_factory=dict)
    """What proposes rows of a reference table, by table: a fault of what the table lacks ends with it."""
    papers: tuple[str, ...] = ()
    """Folders of papers of a run that are published with its site."""
    sample_files: tuple[str, ...] = ()
    """Raw files of the invented study that it reads: without it, a plain table takes the place of each."""
    rehearsed: tuple[str, ...] = ()
    """Kinds of raw files that people may add to invented data: they are no data of anybody there."""
    row_names: Mapping[str, str] = field(default_factory=dict)
    """What a row of its reference tables is called, by table."""
    private_inputs: tuple[str, ...] = ()
    """Folders of ``private/`` from which its steps make tables."""
    checks: str = ""
    """Checks between reference tables, a tuple."""
    settings_faults: str = ""
    """A function of (the name of the file, all settings) that yields Faults of its settings."""
    check_lines: str = ""
    """A function of (study, reference tables) that yields what ``glc check`` says where nothing is wrong."""
    status_lines: str = ""
    """A function of a study that yields lines of ``glc status``, each with a list of details."""

    def load(self, name: str) -> Any:
        """Imports the object that a name such as ``coding_desk:coding_desk`` refers to."""
        module, _, attribute = name.partition(":")
        return getattr(import_module(f"glc_analysis.addons.{self.name}.{module}"), attribute)


@cache
def installed_add_ons() -> dict[str, AddOn]:
    """The installed add-ons by name, each after those that it needs."""
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
    """Each add-on that declares this field, with its declaration."""
    for add_on in installed_add_ons().values():
        if declared := getattr(add_on, field_name):
            yield add_on, declared


def map_declared_entries(field_name: str) -> dict[str, tuple[AddOn, Any]]:
    """The entries of a field of all add-ons by their names, each with its add-on."""
    return {name: (add_on, entry) for add_on, entries in list_declarations(field_name)
            for name, entry in entries.items()}


def load_declared_objects(field_name: str, entry_name: str = "") -> list[Any]:
    """The objects that every add-on declares in a field; for a field with several entries, those of this
    ``entry_name``, such as ``load_declared_objects("slots", "overview")``."""
    declared = [(add_on, names.get(entry_name) if entry_name else names) for add_on,
                names in list_declarations(field_name)]
    return [add_on.load(name) for add_on, name in declared if name]
