"""Who may see what."""

AUDIENCES = ("team", "convening", "public")
