"""A page in a process that was forked for it is the page that a kernel makes, with the same bytes."""

import json
import os
import shutil
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.forked_pages import fork_server
from glc_analysis.addons.forked_pages.forked_pages import ForkedPages
from glc_analysis.run.execute import Failure, PageProcesses, format_notebook, normalise_notebook
from glc_analysis.run.plan import PageJob, plan_pages
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study
from tests.support.share import drawn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pages are forked on Linux alone")


@pytest.fixture(scope="module")
def forked(sample_study):
    started = ForkedPages(sample_study, timeout=300)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def plain(sample_study):
    started = PageProcesses(sample_study, timeout=300)
    yield started
    started.stop()


def job(folder, *cells):
    """A page of these cells: texts, or texts with their tags."""
    folder.mkdir(exist_ok=True)
    sources = [('study = ""\naudience = "team"', ["parameters"]), *(
        one if isinstance(one, tuple) else (one, []) for one in cells)]
    path = folder / "80_cells.ipynb"
    cells = [{"id": f"c{n}", "cell_type": "code", "metadata": {"tags": tags}, "outputs": [],
              "execution_count": None, "source": source} for n, (source, tags) in enumerate(sources)]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    return PageJob("cells", "Cells", path, {"audience": "public"}, "")


def text(outcome):
    assert not isinstance(outcome, Failure), str(outcome)
    return format_notebook(normalise_notebook(outcome.notebook, title="Cells"))


def printed(outcome):
    """What the last cell printed."""
    *_, last = json.loads(text(outcome))["cells"]
    return "".join(one.get("text", "") for one in last["outputs"])


ALL_KINDS = (
    "audience, study",
    "print('ភាសាខ្មែរ', 'العربية', '🕊'); print(2); 3",
    "import sys; print('not on the page', file=sys.stderr)",
    "from IPython.display import HTML, Markdown, clear_output, display, update_display",
    "display(HTML('<b>1</b>'), Markdown('*2*'))",
    "place = display('first', display_id='one')\nprint('between')\nplace.update('second')",
    "display('gone'); clear_output(); display('there')",
    "display('gone'); clear_output(wait=True); display('there')",
    "display('another cell changes it', display_id='two')",
    "update_display('changed', display_id='two')",
    "import pandas as pd\npd.DataFrame({f'column {n}': ['word'] for n in range(30)})",
    "4;",
    "type(_)",
    "",
    "import asyncio\nwaiting = asyncio.create_task(asyncio.sleep(0, 'told'))",
    "await waiting",
    "!echo from the shell",
    "%%capture held\nprint('kept')",
    "held.stdout, __name__, get_ipython().__class__.__name__, In[1], Out[3]",
    ("never()", ["skip-execution"]),
    "class Pretty:\n    def _repr_html_(self):\n        return '<i>5</i>'\n    def __repr__(self):\n        "
    "return '5'\nPretty()",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 1])\nplt.show()",
    "fig, ax = plt.subplots()",
    "import beside\nbeside.said",
    "import sys\nraise SystemExit",
    "'after the end'",
)


def test_a_page_has_the_same_bytes_as_from_a_kernel(forked, plain, tmp_path):
    page = job(tmp_path / "cells", *ALL_KINDS)
    (page.notebook.parent / "beside.py").write_text("said = 'from beside'")
    one, other = (text(kernels.execute(page)) for kernels in (forked, plain))
    assert one == other
    assert {"display_data", "execute_result", "error", "stream"} <= {
        output["output_type"] for cell in json.loads(one)["cells"] for output in cell.get("outputs", [])}


@pytest.mark.parametrize("failing", [
    "1 / 0", "not python", "%no_such_magic", ("1 / 0", ["raises-exception"]), "import sys; sys.exit(3)",
    "raise KeyboardInterrupt", "await missing"])
def test_a_page_fails_with_the_words_of_a_kernel(failing, forked, plain, tmp_path):
    page = job(tmp_path / "cells", "'before'", failing, "'after'")
    one, other = (kernels.execute(page) for kernels in (forked, plain))
    assert isinstance(one, Failure) and one == other


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_pages_of_the_collection_have_the_same_bytes_as_from_a_kernel(
        audience, sample_study, forked, plain):
    planned = reversed(plan_pages(sample_study, audience=audience))
    pages = drawn({page.notebook: page for page in planned}.values(), 5)
    with ThreadPoolExecutor(2) as pool:
        both = [[*pool.map(kernels.execute, pages)] for kernels in (forked, plain)]
    for page, one, other in zip(pages, *both, strict=True):
        assert text(one) == text(other), page.slug
        assert one.reads == other.reads, page.slug


def test_no_page_sees_what_another_did(forked, tmp_path):
    forked.execute(job(tmp_path / "cells", "import os, pandas\npandas.spoilt = 1\n"
                       "os.environ['SPOILT'] = '1'\nspoilt = 1"))
    assert printed(forked.execute(job(
        tmp_path / "cells", "import os, pandas\nprint(hasattr(pandas, 'spoilt'), 'SPOILT' in os.environ, "
        "'spoilt' in globals())"))) == "False False False\n"


def test_two_pages_draw_other_random_numbers(forked, tmp_path):
    page = job(tmp_path / "cells", "import random, numpy\nprint(random.random(), numpy.random.rand())")
    one, other = (printed(forked.execute(page)).split() for _ in range(2))
    assert not {*one} & {*other}


def test_what_another_program_prints_is_on_the_page(forked, tmp_path):
    page = job(tmp_path / "cells",
               "import subprocess\nprint('one')\nassert not subprocess.call(['echo', 'two'])")
    assert printed(forked.execute(page)).split() == ["one", "two"]


@pytest.mark.parametrize(("end", "code"), [("import os; os._exit(7)", 7), ("exit()", 0)])
def test_a_cell_where_the_process_ends_is_named(end, code, forked, tmp_path):
    failure = forked.execute(job(tmp_path / "cells", "'before'", end, "'after'"))
    assert (failure.cell, failure.error, failure.message) == (
        3, "DeadKernelError", f"its process ended with exit code {code}")


def test_a_cell_that_takes_too_long_is_named(sample_study, tmp_path):
    kernels = ForkedPages(sample_study, timeout=1)
    failure = kernels.execute(job(tmp_path / "cells", "while True: pass"))
    assert str(failure) == "80_cells.ipynb, page cells, cell 2: TimeoutError: took longer than 1 seconds"


def test_tables_that_the_server_holds_are_read_by_it_alone(sample_study, tmp_path):
    study = Study(shutil.copytree(sample_study.root, tmp_path / "sample"))  # of which it holds none yet
    forked = ForkedPages(study, timeout=300)
    page = job(tmp_path / "cells", "import pandas\npandas.read_parquet = None\n"
               "from glc_analysis import tables\nprint(len(tables.read_table('questions')))")
    assert forked.execute(page).message == "'NoneType' object is not callable"
    forked.preload(["questions", "figures question=Q4.1", "no such table", "raw"])
    assert int(printed(forked.execute(page))) == len(tables.read_table("questions", study=study))
    path = study.processed / "questions.parquet"
    pd.read_parquet(path).head(2).to_parquet(path)
    forked.preload(["questions"])
    assert int(printed(forked.execute(page))) == 2


def test_where_no_process_can_be_forked_a_kernel_makes_the_page(forked, tmp_path, monkeypatch):
    monkeypatch.setattr(fork_server, "fork_process", lambda *_, **__: None)
    page = job(tmp_path / "cells", "import os\nprint(hasattr(get_ipython(), 'kernel') and "
               "get_ipython().kernel is not None)")
    assert printed(forked.execute(page)) == "True\n"


def test_a_page_has_the_environment_of_a_run(forked, sample_study, tmp_path):
    page = job(tmp_path / "cells", "import os\nprint(os.environ['GLC_STUDY'], os.environ['TZ'], os.getcwd())")
    assert printed(forked.execute(page)).split() == [
        os.fspath(sample_study.root), "UTC", os.fspath(tmp_path / "cells")]


def test_a_call_that_is_ended_keeps_nobody_waiting(sample_study):
    pages = ForkedPages(sample_study, timeout=300)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pages.call, time.sleep, 600)
        while not any(calls._at_work for calls in list(pages._calls)):
            time.sleep(0.02)
        pages.end_calls()
        with pytest.raises(CancelledError):
            waiting.result(timeout=60)
        with pytest.raises(CancelledError):
            pages.call(time.sleep, 600)
