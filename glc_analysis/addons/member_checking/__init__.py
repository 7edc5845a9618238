"""Sheets on which each organisation checks what it said and clears its quotations, in its own language."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "member_checking", "Each organisation checks what it said, and decides which of its words may be quoted.",
    commands={"Whoever publishes": "commands:COMMANDS"})
