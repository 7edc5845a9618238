"""A wrong input in a notebook is a sentence, and other errors stay what they are."""

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell

from glc_analysis.notebook_errors import show_errors_as_sentences

IMPORT = "from glc_analysis.errors import Fault, Faults, GLCError, UsageError"


@pytest.fixture
def shell():
    made = InteractiveShell(colors="nocolor")
    made.history_manager.enabled = False
    show_errors_as_sentences(made)
    made.run_cell(IMPORT)
    return made


@pytest.mark.parametrize(("source", "said"), [
    ("raise UsageError('There is no code.')", "There is no code.\n"),
    ("raise Faults([Fault('is blank', file='a.csv', fix='fill it in')])",
     "a.csv: is blank. To fix: fill it in.\n")])
def test_a_mistake_of_the_user_is_a_sentence_and_the_cell_has_failed(shell, capsys, source, said):
    result = shell.run_cell(source)
    assert capsys.readouterr().out == said
    assert not result.success and type(result.error_in_exec).__name__ in source


def test_an_error_of_the_program_keeps_its_traceback(shell, capsys):
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out


def test_a_handler_that_somebody_set_stays(shell):
    shell.set_custom_exc((KeyError,), lambda *rest, tb_offset=None: None)
    show_errors_as_sentences(shell)
    assert shell.custom_exceptions == (KeyError,)


@pytest.mark.acceptance
def test_the_import_in_a_notebook_is_enough(sample_study):
    source = f"import glc_analysis as glc; glc.open_study({str(sample_study.root)!r}).view().counts('Q99.9')"
    done = subprocess.run([sys.executable, "-m", "IPython", "--colors=nocolor", "-c", source],
                          capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("There is no question 'Q99.9'; nearest: ")
