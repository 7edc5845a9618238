"""Makes the team's pages again when files of a study change, so that a saved change is visible in a browser a
few seconds later."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("watch", "The team's pages in a browser, made again whenever a file is saved.",
               needs=("forked_pages",), commands={"Analyst": "commands:COMMANDS"})
