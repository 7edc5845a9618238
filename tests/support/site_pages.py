"""Makes runs with small pages, and the sites made from them."""

from pathlib import Path

from glc_analysis.publish import site
from glc_analysis.run.execute import format_notebook, normalise_notebook, set_notice_below_title
from glc_analysis.run.plan import PageJob

SVG = '<svg viewBox="0 0 2 1" role="img" aria-labelledby="a"><desc id="a">Bars: "3" of 4</desc></svg>'


def cell(source, *data, tags=()):
    outputs = [{"output_type": "display_data", "data": d, "metadata": {}} for d in data]
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source,
            "outputs": outputs}


def page_of(title, *cells):
    heading = {"cell_type": "markdown", "metadata": {}, "source": "# Who answered?"}
    return normalise_notebook({"cells": [heading, *cells]}, title=title)


def written(folder, **titles):
    """Writes a run folder with a page for each title. Returns the folder and the pages."""
    (folder / "notebooks").mkdir(parents=True)
    pages = []
    for slug, title in titles.items():
        slug = slug.replace("_", "-")
        notebook = page_of(title, cell('country = ""', tags=["parameters"]),
                           cell("draw()", {"text/html": SVG}),
                           cell("count()", {"text/html": "<table><tr><td>3</td></tr></table>"}))
        if title == "Peru":
            notebook = set_notice_below_title(notebook, "Not updated since 2026-01-01.")
        (folder / "notebooks" / f"{slug}.ipynb").write_text(format_notebook(notebook))
        group = "Countries" if slug.startswith("country") else ""
        pages.append(PageJob(slug, title, Path("10.ipynb"), {}, "", group))
    return pages


def built(folder, **choice):
    pages = written(folder, index="Overview", country_khm="Cambodia & more", country_per="Peru")
    choice = {"title": "A study", "audience": "team", "synthetic": True} | choice
    site.build_site(folder, pages, outdated_slugs={"country-per"}, **choice)
    return folder / "site"


def markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}
