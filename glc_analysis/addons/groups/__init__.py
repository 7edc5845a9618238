"""Which groups of organisations are large enough to be shown, decided before their answers are read."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "groups", "Ranks the groups that could be shown, and gives the reason for each figure that is not.",
    commands={"Analyst": "commands:COMMANDS"})
