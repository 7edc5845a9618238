"""Counts a question by the answers to another question, and counts codes by group. Only the team sees these
counts."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "crosstabs", "Counts of a question by the answers to another question, and counts of codes by group.",
    around={"summary": "commands:print_crosstab_instead_of_summary"},
    view="view:CrosstabsView", view_names=("code_counts",))
