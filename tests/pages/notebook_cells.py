"""Runs the code cells of a notebook in this process: a test sees the frames that its reader would."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def run_cells(name: str, study: Any, **parameters: str) -> dict[str, Any]:
    """The names that a notebook leaves behind when it has run for a study with these parameters."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    found: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), found)
            if "parameters" in cell["metadata"].get("tags", []):
                found |= {"study": study.root, **parameters}
    plt.close("all")
    return found
