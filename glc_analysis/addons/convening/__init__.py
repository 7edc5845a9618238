"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "convening", "The convening: principles, rounds of rating, results, signatures and packets.",
    needs=("member_checking", "withdrawal"),
    commands={"Analyst": "commands:ANALYST", "Facilitator": "commands:COMMANDS"},
    around={"check": "seal_code:around_check"},
    check_lines="handbook.gaps:check_lines", status_lines="histories:status_lines",
    steps="steps:STEPS", private_inputs=("rounds",), announced_blocks="announced_blocks",
    slices="steps:slices", page_lists={"principle": ("principles", "shown_principles")},
    preloaded=("pages.convening",),
    slots={"overview": "pages.slots:principle_statements", "country": "pages.slots:show_country_principles",
           "methods": "pages.slots:method_facts"},
    view="view:ConveningView", view_names=("principles", "votes"),
    visible={"principles": "view:principles", "evidence": "view:evidence",
             "announced_votes": "view:announced_votes"},
    visible_from={"evidence": ("principles",)},
    blocks="blocks:BLOCKS", release_content="releases:content_of",
    announced={"votes": "releases:announced_votes"}, terms="terms:TERMS",
    provides={"citations": "citations:citations", "counts": "counts:counts"},
    downloads="downloads:DOWNLOADS", software_files="downloads:FILES",
    papers=("shared", "briefs", "handbook"),
    rehearsed=("ratings",), row_names={"principles": "principle"},
    checks="checks:CHECKS", settings_faults="settings:settings_faults",
    holds={
        "private/desk": "what was keyed of its ballots and signatures goes",
        "private/rounds": "its ballots and raters go, and the rest is sealed anew",
        "private/phones": "searched: if anything of it is left there, nothing is withdrawn",
        "private/packets.csv": "stays: whoever has one on paper must be told",
        **dict.fromkeys(("raters", "proxies", "interests", "comments", "panel_positions", "signoffs",
                         "principles", "evidence", "judgements", "rounds", "decision_log", "text_decisions",
                         "parking_lot", "errata", "joint_display",
                         "translations", "handbook"), "rows go, or what in them is its own")},
    erasers={"hold": "erasers:hold", "people": "erasers:organisations_of_raters", "words": "erasers:words",
             "method": "erasers:statements", "citations": "erasers:citations",
             "rows": "erasers:edit_row", "erase": "erasers:erase", "renew": "seals:seal_anew",
             "unused": "erasers:unused", "notes": "erasers:packets_made"})
