"""A notebook shows every figure as HTML in the colours of the page, whatever drew it and whenever."""

import nbformat
import pytest
from nbclient import NotebookClient

from glc_analysis.plots import COLOURS

DRAW = "from glc_analysis.plots import show_figures_in_page_style\nshow_figures_in_page_style()"
BEFORE = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.close('all')"
OWN = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
OURS = ("import pandas as pd\nfrom glc_analysis.plots import plot_counts\n"
        "for n in (1, 2):\n    plot_counts(pd.DataFrame({'option': ['A'], 'n': [n], 'base_n': [4]}))")


@pytest.mark.acceptance
@pytest.mark.parametrize("first", [DRAW, f"{BEFORE}\n{DRAW}"], ids=["matplotlib later", "matplotlib before"])
def test_a_notebook_shows_figures_as_html_and_not_as_pictures(first):
    cells = [nbformat.v4.new_code_cell(source) for source in (first, OURS, OWN)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="glc_analysis").execute()
    shown = [[output["data"] for output in cell.outputs] for cell in notebook.cells]
    assert [len(one) for one in shown] == [0, 2, 1]
    assert all("image/png" not in data and "<svg" in data["text/html"] for one in shown for data in one)


OWN_LINES = """import matplotlib.pyplot as plt
for n in (1, 2):
    plt.plot([0, n])
plt.rcParams["legend.frameon"], plt.rcParams["axes.spines.top"]"""


@pytest.mark.acceptance
def test_a_figure_of_ones_own_has_the_look_of_the_pages_without_saying_so():
    cells = [nbformat.v4.new_code_cell(source) for source in (DRAW, OWN_LINES)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="glc_analysis").execute()
    settings, figure = (output["data"] for output in notebook.cells[1].outputs)
    assert settings["text/plain"] == "(False, False)"
    assert all(f"stroke: {colour}" in figure["text/html"] for colour in COLOURS[:2])
    assert "min-width" not in figure["text/html"]  # it is as wide as a page
