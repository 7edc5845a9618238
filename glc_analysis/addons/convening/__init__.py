"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "convening", "The convening: principles, rounds of rating, results, signatures and packets.",
    commands={"Analyst": "commands:ANALYST", "Facilitator": "commands:COMMANDS"},
    check_lines="ballots:check_lines", status_lines="histories:status_lines",
    steps="steps:STEPS", private_inputs=("rounds",), announced_blocks="announced_blocks",
    slices="steps:slices", page_lists={"principle": ("principles", "shown_principles")},
    slots={"overview": "pages.slots:principle_links", "country": "pages.slots:show_country_principles",
           "methods": "pages.slots:method_facts"},
    view="view:ConveningView", view_names=("principles", "votes"),
    visible={"principles": "view:principles", "evidence": "view:evidence",
             "announced_votes": "view:announced_votes"},
    visible_from={"evidence": ("principles",)},
    blocks="blocks:BLOCKS", release_content="releases:content_of",
    announced={"votes": "releases:announced_votes"}, terms="terms:TERMS",
    downloads="downloads:DOWNLOADS", software_files="downloads:FILES", papers=("shared", "briefs"),
    rehearsed=("ratings",), row_names={"principles": "principle"},
    checks="checks:CHECKS", settings_faults="settings:settings_faults")
