"""The worked example for analysts runs on studies other than the sample, and says in words what they lack."""

import ast
import json
import re
import shutil
import textwrap

import matplotlib.pyplot as plt
import pytest

from glc_analysis.build import build
from glc_analysis.run.plan import NOTEBOOKS, list_numbered_notebooks, read_parameter_defaults
from glc_analysis.study import REPOSITORY, Study
from tests.support.study_writer import choices, places, question, themes, write_study

NOTEBOOK = NOTEBOOKS / "70_own_question.ipynb"
SOURCES = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
           if cell["cell_type"] == "code"]
PARAMETERS = read_parameter_defaults(SOURCES[0])


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def run(root, sources=SOURCES[1:]):
    """The variables of the notebook after its cells, or other cells, have run."""
    shown = []
    names = {**PARAMETERS, "study": str(root), "display": shown.append, "shown": shown}
    for source in sources:
        cell = ast.parse(source)
        last = cell.body.pop() if isinstance(cell.body[-1], ast.Expr) else None
        exec(compile(cell, "cell", "exec"), names)
        if last:
            shown.append(eval(compile(ast.Expression(last.value), "cell", "eval"), names))
    return names


def study_of(root, *questions, rows):
    study = write_study(root, rows, questions=[question("country", "single", "countries"), *questions],
                        options=choices("law", "yes", "no"), countries=places("KHM asia", "PER america"),
                        codebook=themes("care"))
    build(study)
    return study.root


def test_it_belongs_to_the_collection_of_the_team():
    found = {one.name: one for one in list_numbered_notebooks()}["own_question"]
    assert found.audiences == ("team",)


def test_the_sample_is_counted_and_gets_neither_interval_nor_model(sample_study, capsys):
    names = run(sample_study.root)
    assert names["option"] == "Shelter"
    assert names["levels"][["resource_level", "n", "base_n"]].to_numpy().tolist() == [
        ["low", 0, 3], ["middle", 4, 5]]
    assert "not a random sample" in capsys.readouterr().out
    assert "model" not in names


@pytest.mark.acceptance
@pytest.mark.parametrize("sampling", ["census", "probability"])
def test_a_sample_of_a_list_gets_an_interval_and_a_model(sample_study, tmp_path, capsys, sampling):
    root = tmp_path / "study"
    shutil.copytree(sample_study.root, root)
    settings = root / "reference" / "study.toml"
    text = settings.read_text(encoding="utf-8")
    assert 'sampling = "purposive"' in text
    settings.write_text(text.replace('sampling = "purposive"', f'sampling = "{sampling}"'), encoding="utf-8")
    assert Study(root).sampling == sampling
    names = run(root)
    assert "Shelter: 18 of 30, 95 % interval 42% to 75% (Wilson)." in capsys.readouterr().out
    shares = names["everyone"].groupby("resource_level")["is_selected"].mean()
    fitted = names["model"].params
    assert fitted["resource_level[T.low]"] == pytest.approx(shares["low"] - shares["high"])


@pytest.mark.acceptance
def test_a_study_without_the_question_and_the_region_takes_what_is_there_and_says_so(tmp_path, capsys):
    root = study_of(tmp_path / "study", question("Q1", "multi", "law", wording="Is there a law?"),
                    rows=[{"org": one, "country": "PER", "Q1": answer}
                          for one, answer in zip("abc", ("yes", "yes", "no"), strict=True)])
    names = run(root)
    said = capsys.readouterr().out
    assert "needs a question of this study with several answers and one of its options" in said
    assert "write America after region" in said
    assert re.search("shelter|Q4.1|Asia", said) is None
    assert (names["question_id"], names["option"]) == ("Q1", "Yes")
    assert names["organisations"]["answer"].tolist() == ["chose it", "chose it", "did not"]


@pytest.mark.acceptance
def test_a_study_without_countries_is_counted_whole_and_no_region_is_named(tmp_path, capsys):
    root = write_study(tmp_path / "study", [{"org": one, "Q1": "yes"} for one in "abc"],
                       questions=[question("Q1", "multi", "law")], options=choices("law", "yes", "no"),
                       settings={"survey": {"country": ""}}).root
    build(Study(root))
    names = run(root)
    said = capsys.readouterr().out
    assert "names no region, so the page takes all organisations" in said and "Asia" not in said
    assert (names["region"], len(names["organisations"])) == ("all organisations", 3)


@pytest.mark.acceptance
def test_a_study_without_questions_of_several_answers_has_a_page_that_says_so(tmp_path, capsys):
    root = study_of(tmp_path / "study", question("Q1", "text"),
                    rows=[{"org": one, "country": "KHM", "Q1": "Yes."} for one in "ab"])
    run(root)
    assert "no question with several answers" in capsys.readouterr().out


def test_the_cells_of_the_guide_give_languages_by_region_and_a_figure(sample_study):
    guide = (REPOSITORY / "docs" / "analysts.md").read_text(encoding="utf-8")
    cells = [textwrap.dedent(cell) for cell in re.findall(r"```python\n(.*?)```", guide, re.DOTALL)]
    names = run(sample_study.root, [SOURCES[1], *cells])
    table, figure = (one.data for one in names["shown"])
    languages = names["interviews"]["language"].value_counts()
    assert languages.to_dict() == {"English": 8, "Spanish": 3, "Arabic": 1}
    assert "<caption>Interviews</caption>" in table
    assert "Arabic" in table
    assert "12 interviews" in figure
    assert "<svg" in figure
