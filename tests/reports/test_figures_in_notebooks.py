"""A notebook shows every figure as HTML in the colours of the page, whatever drew it and whenever."""

import nbformat
import pytest
from nbclient import NotebookClient

DRAW = "from glc_analysis.plots import use_style\nuse_style()"
BEFORE = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.close('all')"
OWN = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
OURS = ("import pandas as pd\nfrom glc_analysis.plots import plot_counts\n"
        "for n in (1, 2):\n    plot_counts(pd.DataFrame({'option': ['A'], 'n': [n], 'base_n': [4]}))")


@pytest.mark.parametrize("first", [DRAW, f"{BEFORE}\n{DRAW}"], ids=["matplotlib later", "matplotlib before"])
def test_a_notebook_shows_figures_as_html_and_not_as_pictures(first):
    cells = [nbformat.v4.new_code_cell(source) for source in (first, OURS, OWN)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="glc_analysis").execute()
    shown = [[output["data"] for output in cell.outputs] for cell in notebook.cells]
    assert [len(one) for one in shown] == [0, 2, 1]
    assert all("image/png" not in data and "<svg" in data["text/html"] for one in shown for data in one)
