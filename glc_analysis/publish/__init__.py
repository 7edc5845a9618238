"""Makes and publishes the site and its downloads."""
