"""What a page reads is recorded while it runs: all of it, so that with that alone it is the same page."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pandas as pd
import papermill
import pytest

from glc_analysis.addons.cluster.cluster import list_inputs_to_send, read_inputs_to_copy
from glc_analysis.read_log import EVERYTHING, can_audit_events_see_all_reads
from glc_analysis.run.execute import (
    Executed,
    PageProcesses,
    choose_add_on_or_default_processes,
    normalise_notebook,
)
from glc_analysis.run.plan import NOTEBOOKS, list_numbered_notebooks, plan_pages
from glc_analysis.schema import AUDIENCES
from glc_analysis.study import Study


@pytest.fixture(scope="module")
def kernels(sample_study):
    started = choose_add_on_or_default_processes()(sample_study, timeout=300)
    yield started
    started.stop()


def only(study, job, reads, folder):
    """A study that holds of another one only what a page read, and what the page's slices are cut from."""
    files = {one.partition(" ")[0] for one in reads if "/" in one}
    files |= {"processed/slices.json", "reference/study.toml"}
    for name, content in read_inputs_to_copy(
            study, files | list_inputs_to_send(study, replace(job, reads=tuple(reads)))):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if not any(one.startswith("codebook") for one in reads):  # it is opened, and no row of it is looked at
        codebook = folder / "processed" / "codebook.parquet"
        pd.read_parquet(codebook).head(0).to_parquet(codebook)
    for name in {"raw", "private"} & {*reads}:
        shutil.copytree(study.root / name, folder / name)
    return Study(folder)


def page(executed, study):
    assert isinstance(executed, Executed), str(executed)
    return normalise_notebook(executed.notebook, title="A page", roots=[study.root])


ALL_FIGURES = {"index", "survey"}
"""The pages of the team that read figures of every question, and are made anew after any correction: not the
quality of the data, new codes or the convening. The overview is one, since it chooses a finding for each
theme of which no row of headlines.csv speaks."""


@pytest.mark.acceptance
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_page_of_every_notebook_is_the_same_with_what_it_has_read_alone(
        audience, sample_study, kernels, tmp_path):
    first = [*{job.notebook: job for job in reversed(plan_pages(sample_study, audience=audience))}.values()]

    def twice(job):
        whole = kernels.execute(job)
        part = only(sample_study, job, whole.reads, tmp_path / job.slug)
        alone = choose_add_on_or_default_processes()(part, timeout=300).execute(job)
        return job.slug, whole.reads, page(whole, sample_study), page(alone, part)
    all_figures = set()
    with ThreadPoolExecutor(kernels.jobs) as pool:
        for slug, reads, whole, alone in pool.map(twice, first):
            assert reads != EVERYTHING, slug
            assert whole == alone, slug
            all_figures |= {slug} if "figures" in reads else set()
    if audience == "team":
        assert all_figures == ALL_FIGURES


# A dropped-in notebook

BY_HAND = '''
import glob, json, os
import pandas as pd
root = os.environ["GLC_STUDY"]
pd.read_csv(root + "/private/reference/consent.csv")
json.load(open(f"{root}/processed/provenance.json"))
open(glob.glob(root + "/raw/calls/*.vtt")[0]).close()
len(os.listdir(root + "/reports")) if os.path.isdir(root + "/reports") else 0
'''


def notebook(folder, *sources, **metadata):
    """A numbered notebook with a parameters cell and these cells, in a folder of its own."""
    folder.mkdir(exist_ok=True)
    cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]} if not n else {}, "outputs": [],
              "execution_count": None, "source": source} for n, source in enumerate((PARAMETERS, *sources))]
    path = folder / "80_dropped_in.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}))
    return path


PARAMETERS = 'study = ""\naudience = "team"'
PYTHON3 = {"display_name": "Python 3", "language": "python", "name": "python3"}


def executed(study, path, kernels):
    return kernels.execute(plan_pages(study, only="dropped_in", folder=path.parent)[0])


@pytest.mark.acceptance
@pytest.mark.parametrize("metadata", [{}, {"kernelspec": PYTHON3}])
@pytest.mark.parametrize("processes", [PageProcesses, choose_add_on_or_default_processes()])
def test_a_notebook_that_is_dropped_in_belongs_to_the_team_s_collection(
        metadata, processes, sample_study, tmp_path):
    path = notebook(tmp_path / "own", "from glc_analysis import tables\n"
                    "len(tables.read_table('figures', study=study, question='Q4.1'))", **metadata)
    assert [page.slug for page in plan_pages(sample_study, folder=path.parent)] == ["dropped_in"]
    done = executed(sample_study, path, processes(sample_study, timeout=60))
    assert done.reads == ("figures question=Q4.1",)
    assert int(done.notebook["cells"][-1]["outputs"][0]["data"]["text/plain"]) > 0


def test_bare_papermill_runs_a_notebook_that_is_dropped_in(sample_study, tmp_path):
    source = "from glc_analysis import tables\nlen(tables.read_table('steps', study=study))"
    path = notebook(tmp_path / "own", source, kernelspec=PYTHON3)
    done = papermill.execute_notebook(str(path), str(tmp_path / "done.ipynb"),
                                      {"study": str(sample_study.root)}, progress_bar=False)
    assert int(done["cells"][-1]["outputs"][0]["data"]["text/plain"]) > 0


def test_files_that_a_page_opens_by_itself_are_recorded_and_raw_ones_without_their_names(
        sample_study, kernels, tmp_path):
    done = executed(sample_study, notebook(tmp_path / "own", BY_HAND), kernels)
    assert done.reads == ("private/reference/consent.csv", "processed/provenance.json", "raw")


@pytest.mark.parametrize("source", [
    "import pyarrow.parquet as pq", "import helpers", "from .helpers import x", "pd.read_parquet(path)",
    "%matplotlib inline", "!ls", "import ctypes"])
def test_a_page_whose_reading_cannot_be_followed_depends_on_everything(source, tmp_path):
    assert not can_audit_events_see_all_reads(notebook(tmp_path / "own", source))


def test_the_list_of_the_machine_s_fonts_has_nothing_of_the_study(sample_study, kernels, tmp_path):
    listed = "import subprocess\ntry:\n    subprocess.run(['fc-list', '--help'])\nexcept OSError:\n    pass"
    done = executed(sample_study, notebook(tmp_path / "own", listed), kernels)
    assert not set(EVERYTHING) & set(done.reads)


@pytest.mark.parametrize("source", ["import os\nos.system('true')", "!true",
                                    "import os\nos.fork() or os._exit(0)"])
def test_a_page_that_starts_another_program_depends_on_everything(source, sample_study, kernels, tmp_path):
    done = executed(sample_study, notebook(tmp_path / "own", source), kernels)
    assert isinstance(done, Executed), str(done)
    assert set(EVERYTHING) <= set(done.reads)


def test_a_page_that_fails_tells_what_it_has_read_as_well(sample_study, kernels, tmp_path):
    path = notebook(tmp_path / "own", "from glc_analysis import tables\ntables.read_table('steps')\n1 / 0")
    assert executed(sample_study, path, kernels).reads == ("steps",)


def test_the_reading_of_every_notebook_of_ours_can_be_followed():
    assert [one.path.name for one in list_numbered_notebooks(NOTEBOOKS)
            if not can_audit_events_see_all_reads(one.path)] == []
