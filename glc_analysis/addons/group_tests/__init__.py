"""Tests differences between groups of organisations, for studies with a probability sample."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "group_tests", "Tests of differences between groups, for probability samples.",
    figures={"comparison_figures": ("comparison",)}, steps="comparisons:STEPS")
