"""Publishes what an audience may have in a folder outside the study, and takes it back."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "handover", "What readers may have is put into a folder outside the study, and removed again.",
    commands={"Whoever publishes": "commands:COMMANDS"}, holds={"private/published.csv": "names nobody"})
