"""A run of the reports every day, by the clock of this computer."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("schedule", "A daily run on this computer.", commands={"Data manager": "commands:COMMANDS"})
