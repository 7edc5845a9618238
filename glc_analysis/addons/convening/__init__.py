"""Declares the convening add-on.

The add-on handles the principles that are drafted from the evidence, the rating rounds in which organisations
vote on the principles, the day of the convening, and the signatures under the principles.
"""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "convening", "The convening: principles, rounds of rating, results, signatures and packets.",
    needs=("languages", "member_checking", "waves", "withdrawal"),
    commands={"Analyst": "commands:ANALYST", "Facilitator": "commands:COMMANDS"},
    around={"check": "seal_code:check_seal_code_before_other_checks"},
    check_lines="handbook.gaps:list_ballot_and_handbook_notes",
    status_lines="histories:summarise_new_and_retired_principles",
    steps="steps:STEPS", private_inputs=("rounds",), announced_blocks="announced_blocks",
    slices="steps:list_principle_pages_and_readers",
    page_lists={"principle": ("principles", "shown_principles")},
    phrases="page_phrases.csv", style="convening.css",
    slots={"opening": "pages.slots:show_principles_first_outside_convening",
           "overview": "pages.slots:show_principles_last_or_by_theme",
           "country": "pages.slots:show_principles_citing_country",
           "method_facts": "pages.slots:describe_convening_method"},
    view="view:ConveningView", view_names=("principles", "votes"),
    visible={"principles": "view:select_visible_principles",
             "evidence": "view:select_evidence_blanking_hidden_cells",
             "announced_votes": "view:select_votes_announced_to_reader"},
    visible_from={"evidence": ("principles",)},
    blocks="blocks:BLOCKS", release_content="releases:list_released_tables",
    announced={"votes": "releases:select_disclosed_votes_on_agreed_principles"}, terms="terms:TERMS",
    provides={"citations": "citations:collect_cited_passages_and_current_principles",
              "counts": "counts:count_raters_and_packets",
              "matching_pairs": "matches:suggest_option_code_pairs",
              "translated_texts": "translations:map_principle_texts_to_translations"},
    downloads="downloads:DOWNLOADS", software_files="downloads:FILES",
    papers=("shared", "briefs", "handbook"), runs={"site": "handbook.editions:write_handbook_into_site"},
    rehearsed=("ratings",), row_names={"principles": "principle"},
    checks="checks:CHECKS", settings_faults="settings:scale_quorum_and_day_faults",
    holds={
        "private/desk": "the leaver's keyed ballots and signatures are removed",
        "private/rounds": "the leaver's ballots and raters are removed; all others are sealed again",
        "private/phones": "searched: nothing is withdrawn while the folder has data of the leaver",
        "private/packets.csv": "kept: holders of packets on paper must be informed",
        **dict.fromkeys(("raters", "proxies", "interests", "comments", "panel_positions", "signoffs",
                         "principles", "evidence", "judgements", "rounds", "decision_log", "text_decisions",
                         "parking_lot", "errata", "joint_display",
                         "translations", "handbook"), "rows or cells of the leaver are removed")},
    erasers={"hold": "erasers:lock_entry_logs_and_check_seals", "people": "erasers:organisation_by_rater",
             "words": "erasers:split_all_remarks_into_leavers_and_others",
             "method": "erasers:list_statements_of_all_versions",
             "citations": "erasers:map_evidence_ids_to_cited_words",
             "rows": "erasers:erase_leaver_from_convening_row",
             "erase": "erasers:erase_leaver_ballots_signatures_and_names",
             "renew": "seals:renew_seal_digests",
             "unused": "erasers:list_dropped_votes_and_comments",
             "notes": "erasers:list_all_recorded_packets"})
