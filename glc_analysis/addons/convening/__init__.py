"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "convening", "The convening: principles, rounds of rating, results, signatures and packets.",
    commands={"Facilitator": "commands:COMMANDS"},
    steps="steps:STEPS", slices="steps:slices", announced_blocks="announced_blocks",
    view="view:ConveningView", view_names=("principles", "votes"),
    visible={"principles": "view:principles", "evidence": "view:evidence",
             "announced_votes": "view:announced_votes"},
    visible_from={"evidence": ("principles",)}, visible_slices="view:slices", terms="terms:TERMS",
    blocks="blocks:BLOCKS", release_content="releases:content_of",
    announced={"votes": "releases:announced_votes"},
    private_inputs=("rounds",), checks="checks:CHECKS", settings_faults="settings:settings_faults")
