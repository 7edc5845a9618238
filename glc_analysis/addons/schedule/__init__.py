"""Installs a daily run of the reports, at a time by the clock of this computer."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("schedule", "A daily run on this computer.", commands={"Data manager": "commands:COMMANDS"})
