"""Runs notebooks under nbval."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


# nbformat would import a grammar of web addresses, which takes a second, and nbval would lay out every
# message of a kernel for a log that nobody keeps.
_PYTEST = """import sys
sys.modules["rfc3987_syntax"] = None
import nbval.kernel, pytest
nbval.kernel.pformat = id
sys.exit(pytest.main(sys.argv[1:]))"""


def nbval(*notebooks: Path, study: Path, kernels: str = "local-provisioner",
          preloaded: str = "") -> subprocess.CompletedProcess:
    """Runs notebooks under nbval in a process of its own, as continuous integration does. ``preloaded`` names
    modules that forked kernels have already imported."""
    command = [sys.executable, "-c", _PYTEST, "-q", "-p", "nbval.plugin", "-p", "no:cacheprovider",
               "--noconftest", "--rootdir=/", "-o", "addopts=", "--nbval-lax", *map(str, notebooks)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={
        **os.environ, "GLC_STUDY": str(study), "JUPYTER_DEFAULT_PROVISIONER_NAME": kernels,
        "GLC_PRELOAD": preloaded, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


def for_the_public(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["glc"] = {"audiences": ["team", "public"], "whole_study": True}
    path.write_text(json.dumps(notebook), encoding="utf-8")
