"""Makes the pages on ethics and safety, which state the facts that a review board asks for, how long files
may be kept, and what people prepare for emergencies."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "ethics", "The pages on ethics and safety, and the days on which files must be destroyed.",
    needs=("handover", "withdrawal"), commands={"Data manager": "commands:COMMANDS"}, terms="terms:TERMS",
    holds={"safety": "rows that name the leaver are removed; in all other rows, the leaver's names and words "
           "are removed"})
