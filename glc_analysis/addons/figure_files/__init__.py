"""Each figure of a site to take along: as SVG and PNG, and its data as CSV."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "figure_files", "Each figure of a site as SVG, PNG and CSV.",
    page_files="figure_files:extract_page_figures",
    style="figure_files.css")
