"""Names give way to pseudonyms before anybody codes."""
