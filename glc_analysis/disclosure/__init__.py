"""Who may see what."""

AUDIENCES = ("team", "convening", "public")
WITHDRAWN = "[withdrawn]"
"""What stands where words of an organisation stood that left the study."""
