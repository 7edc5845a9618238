"""Shows patterns of codes: which codes occur together, how many codes are new in each interview, and how
early in interviews codes are raised."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "patterns", "Codes that occur together, new codes by interview, and salience.",
    figures={"pattern_figures": ("cooccurrence", "novelty", "salience")}, steps="steps:STEPS",
    slots={"method_facts": "pages:describe_saturation_for_checklists"},
    front_door={"plot_saturation_curve": "plots:plot_saturation_curve",
                "plot_cooccurrence": "plots:plot_cooccurrence"})
