"""Helps analysts to read for meaning, with the framework matrix, memos, comparisons in words, and the
passages and facts about a code."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "reading", "Summaries by case and theme, memos, comparisons in words, and the pages of codes.",
    needs=("crosstabs",),
    commands={"Analyst": "commands:COMMANDS"}, checks="checks:CHECKS", steps="page_lists:STEPS",
    slices="page_lists:list_matrix_comparison_and_organisation_pages",
    page_lists={"matrix": ("matrices", "shown_matrices"), "comparison": ("comparisons", "shown_comparisons"),
                "case": ("cases", "shown_cases")},
    slots={"code": "code_page:show_viewed_code_background_for_team"}, style="reading.css",
    view="view:ReadingView", view_names=("matrix", "comparison", "team_memos"),
    row_names={"summaries": "summary", "analytic_memos": "memo"},
    holds={"summaries": "the leaver's rows are deleted; the text of a group's summary is deleted if the "
           "summary rests on the leaver's passages",
           "analytic_memos": "memos about the leaver are deleted; in all other memos, the leaver's names and "
           "words are removed"},
    erasers={"rows": "erasers:erase_leaver_from_summary_or_memo"})
