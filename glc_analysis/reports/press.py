"""A process of Sphinx: started before there is anything to print, it has imported all it needs by then.

Sphinx changes logging, locale and docutils for good, so it is never run in ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from glc_analysis.errors import GLCError

# It ends with the run that started it, however that ends; nbformat's grammar is left out: see Kernels.
PROGRAM = """
import json, os, sys, tempfile, threading
from contextlib import suppress
from importlib import import_module
sys.modules["rfc3987_syntax"] = None
from sphinx.application import builtin_extensions
from sphinx.cmd.build import main
for name in (*builtin_extensions, "myst_nb.sphinx_ext", "pydata_sphinx_theme"):
    with suppress(ImportError):
        import_module(name)
asked = sys.stdin.readline()
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
if asked:
    folder, *arguments = json.loads(asked)
    os.environ["TMPDIR"] = tempfile.tempdir = folder  # what it notes of a failure goes with the rest
    code = main(arguments)
    sys.stderr.flush()
    os._exit(code)  # without taking down what it has imported
"""
DOCTREES = "doctrees"
STEADY = {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"}


class Press:
    """One process of Sphinx, for one site."""

    def __init__(self) -> None:
        """Raises GLCError where Sphinx is not installed."""
        if not all(map(find_spec, ("sphinx", "myst_nb", "pydata_sphinx_theme"))):
            raise GLCError("The site needs Sphinx. Mend: install the package with its extra `publish`.")
        self._process = self._started()

    def make(self, source: Path, target: Path, meanwhile: Callable[[], None]) -> None:
        """Makes a site of a folder of sources, while ``meanwhile`` is done here; where Sphinx is killed, once
        more in a new process.

        Raises GLCError where Sphinx does not come to its end.
        """
        code, said = self._made(source, target, meanwhile)
        if code < 0:
            shutil.rmtree(target, ignore_errors=True)
            shutil.rmtree(source.parent / DOCTREES, ignore_errors=True)
            code, said = self._made(source, target)
        if code:
            # The exception, in the middle of a report for the developers of Sphinx.
            error = re.search(r"^\s*[\w.]*Error\w*: .*", said, re.MULTILINE)
            cause = error[0].strip() if error else said.strip()[-300:] or f"it ended with {code}"
            raise GLCError(f"The site could not be made: {cause}")

    def _made(self, source: Path, target: Path, meanwhile: Callable[[], None] = lambda: None
              ) -> tuple[int, str]:
        """How the process ended, and what it said; a new one where it had ended before."""
        if self._process.poll() is not None:
            self._process = self._started()
        folder = source.parent
        asked = [folder, "-q", "-b", "html", "-d", folder / DOCTREES, source, target]
        with suppress(BrokenPipeError):
            print(json.dumps([*map(str, asked)]), file=self._process.stdin, flush=True)
        meanwhile()
        said = self._process.stderr.read()
        return self._process.wait(), said

    def close(self) -> None:
        """Ends it, also in the middle."""
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _started() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=os.environ | STEADY, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
