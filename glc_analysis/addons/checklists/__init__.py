"""Reporting checklists (COREQ, SRQR, CROSS, ACCORD): what the study records about each of their items."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("checklists", "Reporting checklists, with what the study records about each item.",
               slots={"methods": "checklists:show_checklists"})
