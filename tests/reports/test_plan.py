"""Which pages a run makes, and exactly when one of them is stale."""

import json
import subprocess
import sys

import pytest

from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.run.plan import notebooks, plan, stale, why
from glc_analysis.run.record import last_run
from tests.reports.small_study import TABLES, collection, edit, write_slices


def keys(study, folder):
    return {page.slug: page.key for page in plan(study, folder=folder)}


def changed(study, folder, before):
    now = keys(study, folder)
    return {slug for slug in now if now[slug] != before[slug]}


def test_a_country_notebook_gives_a_page_for_each_country(study, folder):
    pages = plan(study, folder=folder)
    assert [(page.slug, page.title, page.group) for page in pages] == [
        ("index", "Overview", ""), ("country-khm", "Cambodia", "Countries"),
        ("country-per", "Peru", "Countries")]
    assert pages[1].parameters == {"audience": "team", "country": "KHM"}


def test_a_notebook_tells_its_question_and_its_defaults(folder):
    country = notebooks(folder)[1]
    assert country.title == "What is said in one country?"
    assert country.parameters == {"study": "", "audience": "team", "country": ""}


def test_a_theme_notebook_gives_a_page_for_each_theme(study, folder):
    (folder / "10_country.ipynb").rename(folder / "20_theme.ipynb")
    edit(folder / "20_theme.ipynb", "country = ", "theme = ")
    assert [page.slug for page in plan(study, folder=folder)] == ["index", "theme-needs"]


def test_a_second_country_notebook_has_slugs_of_its_own(study, folder):
    (folder / "11_law.ipynb").write_text((folder / "10_country.ipynb").read_text())
    assert [page.slug for page in plan(study, folder=folder)][3:] == ["law-khm", "law-per"]


def test_two_notebooks_of_one_name_are_a_fault(study, folder):
    (folder / "03_index.ipynb").write_text((folder / "00_index.ipynb").read_text())
    with pytest.raises(Faults, match="'index': two notebooks make this page"):
        plan(study, folder=folder)


def test_nothing_is_stale_after_a_run_until_something_changes(study, folder):
    pages = plan(study, folder=folder)
    run = {"pages": {page.slug: {"key": page.key, "failure": ""} for page in pages}}
    assert stale(plan(study, folder=folder), run) == []


def test_a_failed_page_is_stale_though_nothing_changed(study, folder):
    page = plan(study, folder=folder)[0]
    assert stale([page], {"pages": {"index": {"key": page.key, "failure": "KeyError"}}}) == [page]


def test_a_country_s_rows_touch_its_page_and_the_pages_of_the_whole_study(study, folder):
    before = keys(study, folder)
    write_slices(study, TABLES | {"responses": TABLES["responses"] | {"": "x", "country=KHM": "y"}})
    assert changed(study, folder, before) == {"index", "country-khm"}


def test_a_table_that_is_not_cut_by_country_touches_every_page(study, folder):
    before = keys(study, folder)
    write_slices(study, TABLES | {"codebook": {"": "x"}})
    assert changed(study, folder, before) == set(before)


def test_a_theme_s_rows_do_not_touch_a_country(study, folder):
    before = keys(study, folder)
    write_slices(study, TABLES | {"responses": TABLES["responses"] | {"theme=needs": "x"}})
    assert changed(study, folder, before) == set()


def test_first_rows_of_a_country_make_its_page_stale(study, folder):
    without = {k: v for k, v in TABLES["answers"].items() if k != "country=PER"}
    write_slices(study, TABLES | {"answers": without})
    before = keys(study, folder)
    write_slices(study, TABLES)
    assert changed(study, folder, before) == {"country-per"}


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
    monkeypatch.setattr("glc_analysis.run.plan.package_hash", lambda: "another")
    assert changed(study, folder, before) == set(before)


def test_pages_are_chosen_by_country_theme_or_slug(study, folder):
    def chosen(**choice):
        return [page.slug for page in plan(study, folder=folder, **choice)]

    assert chosen(country="KHM") == ["country-khm"]
    assert chosen(only="index") == ["index"]
    with pytest.raises(UsageError, match="No notebook makes a page for theme 'needs'"):
        chosen(theme="needs")


@pytest.mark.parametrize(("choice", "message"), [
    ({"country": "Kambodia"}, "no country 'Kambodia' in this study; nearest: 'Cambodia'"),
    ({"theme": "need"}, "no theme 'need' in this study; nearest: 'needs'"),
    ({"only": "country-kmh"}, "no page 'country-kmh'; nearest: 'country-khm'")])
def test_an_unknown_name_is_answered_with_the_nearest(study, folder, choice, message):
    with pytest.raises(UsageError, match=message):
        plan(study, folder=folder, **choice)


def test_a_parameter_the_notebook_does_not_have_is_a_fault(study, folder):
    with pytest.raises(Faults, match="00_index.ipynb, value 'country': the notebook does not have"):
        plan(study, folder=folder, only="index", country="KHM")


def test_all_notebooks_that_cannot_be_run_are_listed_at_once(tmp_path):
    folder = collection(tmp_path / "notebooks", "00", "10", "50")
    edit(folder / "00_index.ipynb", '"parameters"', '"settings"')
    edit(folder / "10_country.ipynb", 'country = \\"\\"', 'country = first()')
    (folder / "60_text.ipynb").write_text("no json")
    with pytest.raises(Faults) as caught:
        notebooks(folder)
    assert [str(fault).partition(". To fix")[0] for fault in caught.value.faults] == [
        "00_index.ipynb: has no cell tagged `parameters`",
        "10_country.ipynb: the cell tagged `parameters` may hold only lines such as `name = value`.",
        "50_unaware.ipynb, value 'audience': the notebook does not have this parameter",
        "60_text.ipynb: is not a notebook."]


def test_nothing_is_planned_before_a_build(study, folder):
    (study.processed / "slices.json").unlink()
    with pytest.raises(GLCError, match="run `glc build` first"):
        plan(study, folder=folder)


def test_before_the_first_run_there_is_no_last_one(study):
    assert last_run(study) == (None, {})


def test_a_system_without_links_names_the_current_run_in_a_file(study):
    run = study.reports / "team" / "runs" / "r1"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"pages": {}}')
    (study.reports / "team" / "current").write_text("runs/r1")
    assert last_run(study) == (run, {"pages": {}})


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
        plan(study, audience="public", folder=folder)
    for_audiences(folder / "00_index.ipynb", "team", "public")
    assert [page.slug for page in plan(study, audience="public", folder=folder)] == ["index"]


def test_a_country_that_an_audience_may_not_know_of_has_no_page_and_no_slug(study, folder):
    for_audiences(folder / "10_country.ipynb", "team", "convening", "public")
    assert [page.slug for page in plan(study, audience="convening", folder=folder)] == ["country-per"]
    with pytest.raises(UsageError, match="No notebook makes a page"):
        plan(study, audience="public", folder=folder)
    with pytest.raises(UsageError) as said:
        plan(study, audience="convening", country="KHM", folder=folder)
    assert "Cambodia" not in str(said.value)


def test_an_audience_that_there_is_not_is_a_fault(folder):
    for_audiences(folder / "00_index.ipynb", "everybody")
    with pytest.raises(Faults, match=r"00_index\.ipynb"):
        notebooks(folder)


def reads(path, *names):
    """Says in a notebook's metadata which tables it reads whole."""
    book = json.loads(path.read_text(encoding="utf-8"))
    book["metadata"].setdefault("glc", {})["reads"] = [*names]
    path.write_text(json.dumps(book), encoding="utf-8")


def test_a_page_depends_on_the_tables_it_reads_whole(study, folder):
    reads(folder / "10_country.ipynb", "responses")
    before = {page.slug: page for page in plan(study, folder=folder)}
    assert before["country-khm"].inputs == ("country=KHM", "responses")
    write_slices(study, TABLES | {"responses": TABLES["responses"] | {"": "r9"}})
    assert changed(study, folder, {slug: page.key for slug, page in before.items()}) == set(before)


def test_a_page_of_the_whole_study_that_says_what_it_reads_depends_on_that_and_the_vocabulary(study, folder):
    reads(folder / "00_index.ipynb", "answers")
    before = keys(study, folder)
    write_slices(study, TABLES | {"responses": dict.fromkeys(TABLES["responses"], "r9")})
    assert changed(study, folder, before) == {"country-khm", "country-per"}
    before = keys(study, folder)
    write_slices(study, TABLES | {"codebook": {"": "c9"}})
    assert "index" in changed(study, folder, before)


def test_a_country_depends_on_no_table_that_it_does_not_read(study, folder):
    before = keys(study, folder)
    write_slices(study, TABLES | {"steps": {"": "s9"}})
    assert changed(study, folder, before) == {"index"}


def test_the_pages_of_others_than_the_team_depend_on_all_figures_and_what_is_released_of_them(study, folder):
    for_audiences(folder / "10_country.ipynb", "team", "convening")
    assert [page.inputs for page in plan(study, audience="convening", folder=folder)] == [
        ("country=PER", "estimates", "release_convening", "quotations")]


def test_a_table_that_there_is_not_is_a_fault_with_the_nearest(study, folder):
    reads(folder / "10_country.ipynb", "respnses", "answers")
    with pytest.raises(Faults, match=r"10_country\.ipynb.*'respnses'.*responses"):
        plan(study, folder=folder)


def test_a_stale_page_says_what_changed(study, folder):
    before = {page.slug: page for page in plan(study, folder=folder)}
    last = {"pages": {slug: {"key": page.key, "failure": "", "parts": page.parts}
                      for slug, page in before.items()}}
    write_slices(study, TABLES | {"responses": TABLES["responses"] | {"country=KHM": "r9"}})
    after = {page.slug: page for page in plan(study, folder=folder)}
    assert why(after["country-khm"], last) == "responses changed"
    assert why(after["country-khm"], {}) == "never made"
