"""Publication: the site and its downloads."""
