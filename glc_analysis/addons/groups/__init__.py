"""Ranks groups of organisations by whether they are large enough to be shown, before anybody reads their
answers."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "groups", "Ranks the groups that could be shown, and gives the reason for each figure that is not.",
    commands={"Analyst": "commands:COMMANDS"})
