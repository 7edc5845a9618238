"""Runs commands, as a person types them, on the study of a test."""

import csv
import io

from click.testing import CliRunner, Result

from glc_analysis.cli import cli
from glc_analysis.study import Study


def glc(study: Study, *arguments: str, code: int = 0) -> Result:
    """Runs a command, and checks that it ends with the exit code ``code``."""
    done = CliRunner().invoke(cli, ["--study", str(study.root), *arguments])
    assert done.exit_code == code, done.output
    return done


def printed(done: Result) -> list[dict[str, str]]:
    """Returns the rows that a command printed as CSV."""
    return list(csv.DictReader(io.StringIO(done.stdout)))
