"""Puts the files that an audience may have into a folder outside the study, and removes the published files
again."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "handover", "What readers may have is put into a folder outside the study, and removed again.",
    commands={"Whoever publishes": "commands:COMMANDS"}, holds={"private/published.csv": "names nobody"})
