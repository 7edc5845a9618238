"""Watches the files of a study and makes the team's pages again when a file is saved, beginning with the page
that is shown in the browser.

Two processes keep running: this process, and the process from which pages are forked. In this way, each of
the two processes imports its libraries only once. As with `glc run`, the disclosure gate searches the pages
and the run is recorded, so that a browser shows only pages that have passed the gate.
"""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path

from glc_analysis.addons.forked_pages.forked_pages import start_fork_server
from glc_analysis.addons.watch.page_server import PageServer
from glc_analysis.command_line import ensure_built
from glc_analysis.errors import Busy, GLCError, Interrupted
from glc_analysis.locks import Say
from glc_analysis.manifest import list_package_file_stamps
from glc_analysis.report import Ahead, update_report_pages
from glc_analysis.run.plan import are_disclosure_decisions_used_by_pages
from glc_analysis.run.record import find_last_run
from glc_analysis.study import NOTEBOOKS, Study
from glc_analysis.study_locks import delay_withdrawal_while_writing
from glc_analysis.tables import use_python_strings

Files = dict[str, tuple[int, int, int]]
_LOOK, _QUIET = 0.05, 0.1
"""The number of seconds between two checks of the files, and the number of seconds without a change after
which a file counts as saved."""
_AUDIENCE = "team"
_PARTS = ("raw", "reference", "private/reference", "notebooks")
"""The watched folders of a study, into which people and programs write."""


def serve_and_update_pages(study: Study, *, say: Say) -> None:
    """Makes the pages, prints their address, and makes the pages again after every change, until Ctrl-C.

    Raises GLCError if the files of the package change meanwhile, because this process still runs the old
    version of the package.
    """
    server = PageServer(lambda: find_team_site(study))
    with start_fork_server(study, _AUDIENCE) as executor, use_python_strings():
        package, files = list_package_file_stamps(), list_watched_files(study)
        update_pages_unless_study_busy(study, server, say, executor)
        server.start()
        say(f"The pages: {server.url}")
        say("Ctrl-C ends `glc watch`.")
        try:
            while True:
                time.sleep(_LOOK)
                if list_package_file_stamps() != package:
                    raise GLCError("The package itself has changed. To fix: start `glc watch` again.")
                if (now := list_watched_files(study)) != files:
                    now = wait_until_settled(study, now)
                    files = now if update_pages_unless_study_busy(study, server, say, executor) else {}
        except KeyboardInterrupt:
            say("Ended.")
        finally:
            server.close()


def update_pages_unless_study_busy(study: Study, server: PageServer, say: Say,
                                   executor: Executor | None = None) -> bool:
    """Builds the tables and makes the pages that are out of date, beginning with the page that is shown in
    the browser. Faults in files are printed, and shown on the page.

    Returns False if another command was using the study, so that the caller has to try again; in all other
    cases True.
    """
    begun = time.monotonic()
    try:
        with delay_withdrawal_while_writing(study.root, "`glc watch`", say):
            now = Study(study.root)  # its settings may be new
            ensure_built(now, is_for_all_audiences=are_disclosure_decisions_used_by_pages(now, _AUDIENCE),
                         open_executor=lambda: nullcontext(executor))
            seen = find_page_of_template_part(server.seen)

            def show(parts: dict[str, str]) -> None:
                server.ahead = {slug: html.encode() for slug, html in parts.items()}
                if parts:
                    say(f"{seen}: {time.monotonic() - begun:.1f} s")

            result = update_report_pages(now, ahead=Ahead(seen, show))
    except Interrupted:
        raise
    except (GLCError, OSError) as error:
        server.fault = str(error)
        say(f"Error: {error}")
        return not isinstance(error, Busy)
    finally:
        server.ahead = {}
    server.fault = "\n".join(map(str, result.failures))
    say(f"{len(result.ran)} pages: {time.monotonic() - begun:.1f} s")
    return True


def find_page_of_template_part(part: str) -> str:
    """Returns the slug of the page that contains a part of a template.

    >>> find_page_of_template_part("survey-2"), find_page_of_template_part("country-khm")
    ('survey', 'country-khm')
    """
    return re.sub(r"-\d+$", "", part)


def find_team_site(study: Study) -> Path | None:
    """Returns the present folder of the team's site; None before the first run."""
    folder = find_last_run(study)[0]
    return folder / "site" if folder else None


def list_watched_files(study: Study) -> Files:
    """Returns all watched files, each with its time of change, its size and its inode number."""
    watched: Files = {}
    folders = [*(str(study.root / part) for part in _PARTS), str(NOTEBOOKS)]
    while folders:
        try:
            entries = [*os.scandir(folders.pop())]
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif not entry.name.startswith((".", "~")):
                try:
                    about = entry.stat()
                except FileNotFoundError:  # removed a moment ago
                    continue
                watched[entry.path] = about.st_mtime_ns, about.st_size, about.st_ino
    return watched


def wait_until_settled(study: Study, files: Files) -> Files:
    """Waits until no file has changed for ``_QUIET`` seconds, because a program may still be writing, and
    returns the files."""
    while True:
        time.sleep(_QUIET)
        if (now := list_watched_files(study)) == files:
            return files
        files = now
