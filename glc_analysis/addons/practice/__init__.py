"""Records how principles are practised: commitments to principles, trials and their lessons, and reviews."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "practice", "What became of the principles: commitments, trials, review.",
    needs=("convening", "member_checking"),
    commands={"Facilitator": "commands:COMMANDS"}, status_lines="due:list_due_practice_status_lines",
    consent_items=("practice",), provides={"consent_words": "sheets:read_practice_consent_item_phrase"},
    checks="checks:CHECKS", steps="trials:STEPS", rehearsed=("trials",),
    phrases="page_phrases.csv",
    slots={"principle": "pages:show_principle_trials_and_reviews",
           "principle_marks": "pages:map_printed_ids_to_under_review_remark"},
    view="view:PracticeView", blocks="view:BLOCKS", release_content="view:list_released_trials_and_reviews",
    visible_from={"trials": ("blocks",)},
    visible={"trials": "view:select_visible_trial_words", "reviews": "view:select_visible_reviews"},
    row_names={"commitments": "commitment", "trials": "trial", "reviews": "review"},
    holds={"commitments": "the leaver's rows are removed",
           "trials": "the leaver's rows are removed, and the evidence that cites them",
           "reviews": "the leaver's id in column told, names and words are removed; reviews stay"},
    erasers={"words": "erasers:separate_leaver_and_other_practice_texts",
             "rows": "erasers:erase_leaver_from_practice_row",
             "erase": "erasers:delete_returned_practice_sheets"})
