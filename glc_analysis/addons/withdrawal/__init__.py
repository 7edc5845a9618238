"""The add-on for withdrawals: finds everything that an organisation or a person contributed, and removes it
from every file of a study."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "withdrawal", "An organisation or a person leaves the study.", needs=("handover",),
    commands={"Data manager": "commands:COMMANDS"}, arrived="search:describe_content_found_in_file",
    holds={"withdrawn": "names nobody"})
