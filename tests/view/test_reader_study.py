"""The folder that a page gets when it is made for others than the team holds only what they may see."""

import json
import shutil

import pytest

from glc_analysis import read_log, tables
from glc_analysis.disclosure.consent import Consent
from glc_analysis.reference import read_reference_table
from glc_analysis.report import update_report_pages
from glc_analysis.run.plan import NOTEBOOKS, list_reads_and_inputs_behind
from glc_analysis.study import Study
from glc_analysis.view.reader_study import Reader, write_visible_part_of_study
from glc_analysis.view.study_view import NotReleased, OpenStudy

AUDIENCES = ("convening", "public")


@pytest.fixture(scope="module", params=AUDIENCES)
def pair(request, sample_study, tmp_path_factory):
    """Audience, whole study, and the folder for this audience."""
    folder = tmp_path_factory.mktemp("reader") / request.param
    return request.param, sample_study, write_visible_part_of_study(sample_study, request.param, folder)


def texts_of(study):
    """Every text in the tables and files of a study."""
    found = set()
    for name in tables.TABLES:
        frame = tables.read_table(name, study=study)
        for column in frame.select_dtypes("str"):
            found |= {*frame[column]}
    files = (path for path in study.root.rglob("*") if path.suffix in (".csv", ".json", ".toml"))
    return found | {path.read_text(encoding="utf-8") for path in files}


def test_no_organisation_that_is_not_named_is_in_the_folder(pair):
    audience, whole, reader = pair
    consent = Consent.from_table(read_reference_table(whole, "consent"))
    named = consent.find_organisations("name", audience)
    others = whole_organisations(whole)[lambda f: ~f["organisation_id"].isin(named)]
    assert len(others) > 3
    # The settings of a study name files of coders, and never an organisation.
    texts = "\n".join(texts_of(reader)).casefold()
    for row in others.itertuples():
        assert row.organisation_id.casefold() not in texts
        assert row.label.casefold() not in texts


def whole_organisations(study):
    return tables.read_table("organisations", study=study)


def test_no_country_that_the_audience_must_not_know_of_is_in_the_folder(pair):
    audience, whole, reader = pair
    slices = json.loads((whole.processed / "slices.json").read_text())
    hidden = [one for one in slices["countries"] if one["id"] not in slices["shown"][audience]]
    assert hidden
    texts = texts_of(reader)
    for one in hidden:
        assert not any(one["label"] == text or f'"{one["label"]}"' in text for text in texts)
        assert one["id"] not in texts


def test_only_released_figures_are_in_the_folder_with_the_numbers_that_may_be_seen(pair):
    audience, whole, reader = pair
    decisions = tables.read_table(f"release_{audience}", study=whole).set_index("figure_id")
    found = tables.read_table("figures", study=reader).set_index("figure_id")
    assert {*found.index} == {*decisions.index[decisions["status"] != "suppressed"]}
    banded = found[decisions.loc[found.index, "status"] == "banded"]
    assert len(banded) and banded["n"].isna().all() and banded["share"].isna().all()


def test_no_words_of_answers_interviews_or_calls_are_in_the_folder_unless_cleared(pair):
    audience, whole, reader = pair
    cleared = {*tables.read_table("quotations", study=whole).query("audience == @audience")["text"]}
    assert {*tables.read_table("quotations", study=reader)["text"]} == cleared
    for name in ("segments", "codings", "responses", "mentions", "memos"):
        assert tables.read_table(name, study=reader).empty, name


def test_the_view_of_the_folder_shows_the_same_as_the_view_of_the_whole_study(pair):
    audience, whole, reader = pair
    one, other = (OpenStudy(study.root).view(audience) for study in (whole, reader))
    for name in ("questions", "names", "countries"):
        assert getattr(one, name).equals(getattr(other, name)), name
    assert one.codes().equals(other.codes())
    assert one.quotations().equals(other.quotations())
    for question in one.questions.query("type in ('single', 'multi', 'scale')")["question_id"]:
        assert answer_of(one, question) == answer_of(other, question)


def answer_of(view, question):
    try:
        return view.counts(question).to_csv()
    except NotReleased as refused:
        return str(refused)


@pytest.mark.acceptance
def test_a_notebook_that_forgets_its_view_has_nothing_to_give_away(sample_study, tmp_path):
    root, notebooks = tmp_path / "study", tmp_path / "notebooks"
    shutil.copytree(sample_study.root, root)
    notebooks.mkdir()
    careless = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "c",
                "source": "import glc_analysis as glc\nopened = glc.open_study(study)\n"
                          "print(len(opened.responses), sorted(path.name for path in opened.root.iterdir()))"}
    parameters = careless | {"metadata": {"tags": ["parameters"]}, "id": "p",
                             "source": 'study = ""\naudience = "team"'}
    content = json.loads((NOTEBOOKS / "00_index.ipynb").read_text(encoding="utf-8"))
    content["metadata"]["glc"] = {"audiences": ["team", "convening"]}
    content["cells"] = [parameters, careless]
    (notebooks / "00_careless.ipynb").write_text(json.dumps(content), encoding="utf-8")
    printed = {}
    for audience in ("team", "convening"):
        update_report_pages(Study(root), audience=audience, folder=notebooks)
        page = root / "reports" / audience / "current" / "notebooks" / "careless.ipynb"
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        printed[audience] = "".join(text for cell in cells for output in cell.get("outputs", [])
                                    for text in output.get("text", []))
    assert printed["convening"].strip() == "0 ['private', 'processed', 'reference']"
    assert not printed["team"].startswith("0 ")


def test_a_page_depends_on_all_that_a_table_of_the_folder_is_made_from(pair, tmp_path, monkeypatch):
    audience, whole, _ = pair
    for name in tables.TABLES:
        path = tmp_path / name
        monkeypatch.setattr(read_log, "_log", read_log._Log(str(path), str(whole.root)))
        rows = Reader(whole, audience).read_visible_part(name)
        read = {json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()}
        assert read, name
        assert rows.empty or read <= {*list_reads_and_inputs_behind([name], audience)}, name


def test_a_code_has_no_typical_passage_that_nobody_cleared(pair):
    _, whole, reader = pair
    assert (tables.read_table("codebook", study=whole)["example"] != "").any()
    assert (tables.read_table("codebook", study=reader)["example"] == "").all()
