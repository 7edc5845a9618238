"""Patterns of codes: which occur together, how many are new in each interview, how early they are raised."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "patterns", "Codes that occur together, new codes by interview, and salience.",
    figures={"pattern_figures": ("cooccurrence", "novelty", "salience")}, steps="steps:STEPS",
    slots={"method_facts": "pages:method_facts"},
    front_door={"plot_saturation_curve": "plots:plot_saturation_curve",
                "plot_cooccurrence": "plots:plot_cooccurrence"})
