"""Ranks groupings of organisations by whether their groups are large enough to be shown. The answers of
organisations are not read for the ranking."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "groups", "Ranks the groups that could be shown, and gives the reason for each figure that is not shown.",
    commands={"Analyst": "commands:COMMANDS"})
