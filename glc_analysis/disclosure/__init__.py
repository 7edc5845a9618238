"""Who may see what."""

AUDIENCES = ("team", "convening", "public")
CASE_DETAIL = "case_detail"
"""The code of accounts of a survivor's case: it and what lies below it never leave the team."""
