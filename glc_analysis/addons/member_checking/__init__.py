"""Handles the sheets on which each organisation, in its own language, checks its answers and words and clears
its quotations."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "member_checking", "Each organisation checks what it said, and decides which of its words may be quoted.",
    commands={"Whoever publishes": "commands:COMMANDS"})
