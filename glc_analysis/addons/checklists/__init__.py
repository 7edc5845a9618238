"""Shows what a study records about each item of the reporting checklists COREQ, SRQR, CROSS and ACCORD."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("checklists", "Reporting checklists, with what the study records about each item.",
               slots={"methods": "checklists:show_checklist_items_with_facts"})
