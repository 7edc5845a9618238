"""Executes pages on other machines, by dask."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("cluster", "Pages on other machines.", around={"run": "around_run:run_pages_on_cluster"})
