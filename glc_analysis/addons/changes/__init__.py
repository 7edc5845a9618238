"""Lists what changed between two runs of the team's pages: figures, coded passages, raw files, pages."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "changes", "What changed since an earlier run of the team's pages.",
    commands={"Data manager": "commands:COMMANDS"},
    runs={"pages": "changes:make_changes_page_for_team", "keep": "changes:store_tables_of_team_run"})
