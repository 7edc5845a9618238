"""What was published can be taken back where Python lacks what Windows lacks."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.support import not_posix
from tests.support.study_on_disk import SmallStudy


@pytest.mark.acceptance
def test_reports_are_published_and_taken_back_without_posix(tmp_path):
    study, lacking, out = SmallStudy(tmp_path / "study"), tmp_path / "lacking", tmp_path / "public site"
    lacking.mkdir()
    shutil.copy(not_posix.__file__, lacking / "sitecustomize.py")
    for arguments in (("run", "--audience", "public"), ("publish", out, "--audience", "public"),
                      ("unpublish", out, "--audience", "public")):
        done = subprocess.run([sys.executable, "-m", "glc_analysis", "--study", study.root, *arguments],
                              env=os.environ | {"PYTHONPATH": str(lacking)}, capture_output=True, text=True,
                              check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (arguments, done.stderr)
    assert not out.exists()
