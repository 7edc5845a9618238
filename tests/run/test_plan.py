"""Which pages a run makes, and exactly when one of them is stale."""

import json
import os
import subprocess
import sys

import pytest

from glc_analysis.addon import load_add_ons_from_folder
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.read_log import LOG_VARIABLE
from glc_analysis.run.plan import (
    Inputs,
    compute_current_key,
    list_numbered_notebooks,
    plan_pages,
    select_failed_or_stale_pages,
    why_stale,
)
from glc_analysis.run.record import find_last_run
from glc_analysis.study import Study
from tests.run.small_study import TABLES, collection, edit, write_slices


def keys(study, folder):
    return {page.slug: page.key for page in plan_pages(study, folder=folder)}


def changed(study, folder, before):
    now = keys(study, folder)
    return {slug for slug in now if now[slug] != before[slug]}


def test_a_country_notebook_gives_a_page_for_each_country(study, folder):
    pages = plan_pages(study, folder=folder)
    assert [(page.slug, page.title, page.group) for page in pages] == [
        ("index", "Overview", ""), ("country-khm", "Cambodia", "Countries"),
        ("country-per", "Peru", "Countries")]
    assert pages[1].parameters == {"audience": "team", "country": "KHM"}


def test_a_notebook_tells_its_question_and_its_defaults(folder):
    country = list_numbered_notebooks(folder)[1]
    assert country.title == "What is said in one country?"
    assert country.parameters == {"study": "", "audience": "team", "country": ""}


def test_a_theme_notebook_gives_a_page_for_each_theme(study, folder):
    (folder / "10_country.ipynb").rename(folder / "20_theme.ipynb")
    edit(folder / "20_theme.ipynb", "country = ", "theme = ")
    assert [page.slug for page in plan_pages(study, folder=folder)] == ["index", "theme-needs"]


def test_a_code_of_many_passages_has_a_page_for_the_team(study, folder):
    path = study.processed / "slices.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"codes": [{"id": "Delay", "label": "Delay"}]}))
    (folder / "10_country.ipynb").rename(folder / "21_code.ipynb")
    edit(folder / "21_code.ipynb", "country = ", "code = ")
    assert [page.slug for page in plan_pages(study, folder=folder)] == ["index", "code-delay"]
    for page in folder.iterdir():
        content = json.loads(page.read_text())
        content["metadata"]["glc"] = {"audiences": ["convening"]}
        page.write_text(json.dumps(content))
    assert [page.slug for page in plan_pages(study, audience="convening", folder=folder)] == ["index"]


def example_of_index(folder):
    path = folder / "00_index.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["glc"] = {"example": "index"}
    path.write_text(json.dumps(content))
    return path


def test_the_worked_example_is_a_page_of_the_invented_sample_alone(study, folder):
    example_of_index(folder)
    assert "index" in keys(study, folder)
    # A manifest of a real study has no row of the sample.
    study.settings_file.write_text('[study]\nid = "ours"\ntitle = "Our study"\n')
    study.locate_reference_file("manifest").unlink()
    assert "index" not in keys(Study(study.root), folder)


@pytest.mark.parametrize(("name", "is_page"),
                         [*((name, True) for name in load_add_ons_from_folder()), ("absent", False)])
def test_a_notebook_of_an_add_on_that_is_not_installed_is_no_page(study, folder, name, is_page):
    path = folder / "00_index.ipynb"
    content = json.loads(path.read_text())
    content["metadata"]["glc"] = {"addon": name}
    path.write_text(json.dumps(content))
    assert ("index" in keys(study, folder)) is is_page


def test_a_copy_of_the_worked_example_is_a_page_of_any_study(study, folder):
    example_of_index(folder).rename(folder / "71_languages.ipynb")
    study.settings_file.write_text('[study]\nid = "ours"\ntitle = "Our study"\n')
    study.locate_reference_file("manifest").unlink()
    assert "languages" in keys(Study(study.root), folder)


def test_a_second_country_notebook_has_slugs_of_its_own(study, folder):
    (folder / "11_law.ipynb").write_text((folder / "10_country.ipynb").read_text())
    assert [page.slug for page in plan_pages(study, folder=folder)][3:] == ["law-khm", "law-per"]


def test_two_notebooks_of_one_name_are_a_fault(study, folder):
    (folder / "03_index.ipynb").write_text((folder / "00_index.ipynb").read_text())
    with pytest.raises(Faults, match="'index': two notebooks make this page"):
        plan_pages(study, folder=folder)


def test_a_notebook_of_the_study_takes_the_place_of_the_one_with_its_file_name_and_others_are_added(
        study, folder):
    study.notebooks.mkdir()
    (study.notebooks / "00_index.ipynb").write_text((folder / "00_index.ipynb").read_text())
    (study.notebooks / "11_law.ipynb").write_text((folder / "10_country.ipynb").read_text())
    pages = {page.slug: page.notebook.parent for page in plan_pages(study, folder=folder)}
    assert pages == {"index": study.notebooks, "country-khm": folder, "country-per": folder,
                     "law-khm": study.notebooks, "law-per": study.notebooks}


def test_a_page_of_a_notebook_of_the_study_is_current_as_long_as_its_notebook_is(study, folder):
    study.notebooks.mkdir()
    own = study.notebooks / "00_index.ipynb"
    own.write_text((folder / "00_index.ipynb").read_text())
    page = plan_pages(study, folder=folder)[0]
    assert compute_current_key(page, Inputs(study, "team"), folder) == page.key
    edit(own, "# What", "# Who")
    assert compute_current_key(page, Inputs(study, "team"), folder) not in ("", page.key)


def test_a_failed_page_is_stale_though_nothing_changed(study, folder):
    page = plan_pages(study, folder=folder)[0]
    last = {"pages": {"index": {"key": page.key, "failure": "KeyError"}}}
    assert select_failed_or_stale_pages([page], last) == [page]


def test_code_of_a_notebook_touches_its_pages_and_its_outputs_do_not(study, folder):
    before = keys(study, folder)
    edit(folder / "10_country.ipynb", '"execution_count": null', '"execution_count": 7')
    assert changed(study, folder, before) == set()
    edit(folder / "10_country.ipynb", "A figure", "One figure")
    assert changed(study, folder, before) == {"country-khm", "country-per"}


def test_a_new_title_of_the_study_touches_every_page_and_a_new_raw_pattern_none(study, folder):
    before = keys(study, folder)
    settings = study.reference / "study.toml"
    settings.write_text(settings.read_text() + '[raw]\nsurvey = ["elsewhere/*"]\n')
    assert changed(type(study)(study.root), folder, before) == set()
    edit(settings, "A small study", "Another")
    assert changed(type(study)(study.root), folder, before) == set(before)


def test_the_package_s_own_code_touches_every_page(study, folder, monkeypatch):
    before = keys(study, folder)
    monkeypatch.setattr("glc_analysis.run.plan.hash_package_and_lock_file", lambda: "another")
    assert changed(study, folder, before) == set(before)


def test_pages_are_chosen_by_country_theme_or_slug(study, folder):
    def chosen(**choice):
        return [page.slug for page in plan_pages(study, folder=folder, **choice)]

    assert chosen(country="KHM") == ["country-khm"]
    assert chosen(only="index") == ["index"]
    with pytest.raises(UsageError, match="No notebook makes a page for theme 'needs'"):
        chosen(theme="needs")


@pytest.mark.parametrize(("choice", "message"), [
    ({"country": "Kambodia"}, "no country 'Kambodia' in this study; nearest: 'KHM'"),
    ({"theme": "need"}, "no theme 'need' in this study; nearest: 'needs'"),
    ({"only": "country-kmh"}, "no page 'country-kmh'; nearest: 'country-khm'")])
def test_an_unknown_name_is_answered_with_the_nearest(study, folder, choice, message):
    with pytest.raises(UsageError, match=message):
        plan_pages(study, folder=folder, **choice)


def test_a_parameter_the_notebook_does_not_have_is_a_fault(study, folder):
    with pytest.raises(Faults, match="00_index.ipynb, value 'country': the notebook does not have"):
        plan_pages(study, folder=folder, only="index", country="KHM")


def test_all_notebooks_that_cannot_be_run_are_listed_at_once(tmp_path):
    folder = collection(tmp_path / "notebooks", "00", "10", "50")
    edit(folder / "00_index.ipynb", '"parameters"', '"settings"')
    edit(folder / "10_country.ipynb", 'country = \\"\\"', 'country = first()')
    (folder / "60_text.ipynb").write_text("no json")
    with pytest.raises(Faults) as caught:
        list_numbered_notebooks(folder)
    assert [str(fault).partition(". To fix")[0] for fault in caught.value.faults] == [
        "00_index.ipynb: has no cell tagged `parameters`",
        "10_country.ipynb: the cell tagged `parameters` may hold only lines such as `name = value`.",
        "50_unaware.ipynb, value 'audience': the notebook does not have this parameter",
        "60_text.ipynb: is not a notebook."]


def test_nothing_is_planned_before_a_build(study, folder):
    (study.processed / "slices.json").unlink()
    with pytest.raises(GLCError, match="run `glc build` first"):
        plan_pages(study, folder=folder)


def test_before_the_first_run_there_is_no_last_one(study):
    assert find_last_run(study) == (None, {})


def test_a_system_without_links_names_the_current_run_in_a_file(study):
    run = study.reports / "team" / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"pages": {}}')
    (study.reports / "team" / "current").write_text("runs/r1")
    assert find_last_run(study) == (run, {"pages": {}})


def test_planning_imports_nothing_heavy():
    code = "import sys, glc_analysis.report; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "papermill", "nbformat", "sphinx", "rich"} & set(done.stdout.split())


# Audiences

def for_audiences(path, *audiences):
    """Says in a notebook's metadata whom it is for."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["glc"] = {"audiences": list(audiences)}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_a_notebook_is_for_the_team_alone_unless_it_says_otherwise(study, folder):
    with pytest.raises(UsageError, match="No notebook makes a page for this audience"):
        plan_pages(study, audience="public", folder=folder)
    for_audiences(folder / "00_index.ipynb", "team", "public")
    assert [page.slug for page in plan_pages(study, audience="public", folder=folder)] == ["index"]


def test_a_country_that_an_audience_may_not_know_of_has_no_page_and_no_slug(study, folder):
    for_audiences(folder / "10_country.ipynb", "team", "convening", "public")
    assert [page.slug for page in plan_pages(study, audience="convening", folder=folder)] == ["country-per"]
    with pytest.raises(UsageError, match="No notebook makes a page"):
        plan_pages(study, audience="public", folder=folder)
    with pytest.raises(UsageError) as said:
        plan_pages(study, audience="convening", country="KHM", folder=folder)
    assert "Cambodia" not in str(said.value)


def test_an_audience_that_there_is_not_is_a_fault(folder):
    for_audiences(folder / "00_index.ipynb", "everybody")
    with pytest.raises(Faults, match=r"00_index\.ipynb"):
        list_numbered_notebooks(folder)


# What a page has read the last time

def remember(study, folder, **reads):
    """Writes the record of a run in which the pages with these slugs read this, and the others everything."""
    inputs = Inputs(study, "team")
    made = [page.replace_reads(reads.get(page.slug.replace("-", "_"), page.reads), inputs)
            for page in plan_pages(study, folder=folder)]
    run = study.reports / "team" / "current"
    run.mkdir(parents=True, exist_ok=True)
    entries = {page.slug: {"key": page.key, "reads": page.reads, "parts": page.parts, "failure": ""}
               for page in made}
    (run / "run.json").write_text(json.dumps({"pages": entries}), encoding="utf-8")


def out_of_date(study, folder):
    """The pages that the next run would make, with the reason for each."""
    last = find_last_run(study)[1]
    stale = select_failed_or_stale_pages(plan_pages(study, folder=folder), last)
    return {page.slug: why_stale(page, last) for page in stale}


KHM, PER = ("answers country=KHM", "responses country=KHM"), ("answers country=PER", "responses country=PER")


def test_nothing_is_out_of_date_after_a_run_until_something_changes(study, folder):
    remember(study, folder, index=["answers"], country_khm=KHM)
    assert out_of_date(study, folder) == {}


def test_a_page_that_was_never_made_depends_on_every_table_of_its_audience(study, folder):
    tables = {**TABLES, "release_convening": {"": "x0"}, "release_public": {"": "y0"}}
    write_slices(study, tables)
    remember(study, folder)
    for name in TABLES:
        write_slices(study, {**tables, name: {**TABLES[name], "": "x9"}})
        assert set(out_of_date(study, folder)) == {"index", "country-khm", "country-per"}
    write_slices(study, {**tables, "release_public": {"": "y9"}})
    assert out_of_date(study, folder) == {}


@pytest.mark.parametrize("name", ["consent", "quotes"])
def test_a_page_that_was_never_made_depends_on_every_reference_table(name, study, folder):
    remember(study, folder)
    study.locate_reference_file(name).parent.mkdir(parents=True, exist_ok=True)
    study.locate_reference_file(name).write_text("id\n")
    assert set(out_of_date(study, folder)) == {"index", "country-khm", "country-per"}


def test_a_page_is_out_of_date_when_a_slice_changed_that_it_read_and_says_so(study, folder):
    remember(study, folder, index=["answers"], country_khm=KHM, country_per=PER)
    write_slices(study, TABLES | {"responses": TABLES["responses"] | {"": "r9", "country=KHM": "r9"}})
    assert out_of_date(study, folder) == {"country-khm": "responses changed"}


def test_a_page_that_read_a_table_whole_depends_on_all_of_it(study, folder):
    remember(study, folder, index=["answers"], country_khm=["answers"], country_per=PER)
    write_slices(study, TABLES | {"answers": TABLES["answers"] | {"": "a9", "country=KHM": "a9"}})
    assert out_of_date(study, folder) == {"index": "answers changed", "country-khm": "answers changed"}


def test_the_first_rows_of_a_slice_that_was_read_in_vain_make_the_page_stale(study, folder):
    write_slices(study, TABLES | {"answers": {"": "a0"}})
    remember(study, folder, index=["codebook"], country_khm=["codebook"], country_per=PER)
    write_slices(study, TABLES)
    assert set(out_of_date(study, folder)) == {"country-per"}


def test_a_reference_table_that_was_read_counts_also_where_it_was_absent(study, folder):
    remember(study, folder, index=["private/reference/names.csv"],
             country_khm=["private/reference/quotes.csv"], country_per=PER)
    study.private_reference.mkdir(exist_ok=True)
    study.locate_reference_file("names").write_text("name\n")
    assert out_of_date(study, folder) == {"index": "names.csv changed"}


def test_a_page_that_read_raw_files_depends_on_all_of_them(study, folder):
    remember(study, folder, index=["raw"], country_khm=KHM, country_per=PER)
    (study.processed / "provenance.json").write_text('{"raw": {"raw/calls/new.vtt": "c0"}}')
    assert out_of_date(study, folder) == {"index": "raw changed"}


def test_a_page_that_read_the_lists_depends_on_the_names_and_on_no_figure(study, folder):
    remember(study, folder, index=["processed/slices.json"], country_khm=KHM, country_per=PER)
    write_slices(study, TABLES | {"steps": {"": "s9"}})
    assert out_of_date(study, folder) == {}
    edit(study.processed / "slices.json", "Needs", "All needs")
    assert set(out_of_date(study, folder)) == {"index"}


def test_another_file_that_a_page_read_counts(study, folder):
    extra = study.processed / "extra" / "notes.txt"
    extra.parent.mkdir()
    extra.write_text("one")
    remember(study, folder, index=["processed/extra", "private"], country_khm=["processed/extra/notes.txt"],
             country_per=PER)
    extra.write_text("two")
    assert set(out_of_date(study, folder)) == {"index", "country-khm"}
    remember(study, folder, index=["private"], country_khm=KHM, country_per=PER)
    (study.private / "key.json").write_text("{}")
    assert set(out_of_date(study, folder)) == {"index"}


def test_a_page_without_a_record_was_never_made(study, folder):
    assert why_stale(plan_pages(study, folder=folder)[0], {}) == "never made"


READ_ALL_REFERENCE_TABLES = """
import sys
from pathlib import Path
from glc_analysis import read_log
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
read_log.load_ipython_extension(None)
read_reference(Study(Path(sys.argv[1])))
"""


def test_a_page_that_reads_reference_tables_needs_neither_the_key_of_digests_nor_the_record_of_the_build(
        sample_study, tmp_path):
    root, log = str(sample_study.root), tmp_path / "reads"
    subprocess.run([sys.executable, "-c", READ_ALL_REFERENCE_TABLES, root], check=True,
                   env=os.environ | {LOG_VARIABLE: str(log), "GLC_STUDY": root})
    read = {json.loads(line) for line in log.read_text().splitlines()}
    assert {"reference/questions.csv", "private/reference/names.csv"} <= read
    assert not {"private", "processed/provenance.json"} & read
