"""Offers each figure of a site for download: as SVG and PNG, with its data as CSV."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "figure_files", "Each figure of a site as SVG, PNG and CSV.",
    page_files="figure_files:make_and_link_figure_downloads",
    preloaded=("matplotlib.backends.backend_agg", "matplotlib.figure"),
    style="figure_files.css")
