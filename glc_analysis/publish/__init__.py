"""Makes the site with its downloads, and publishes it."""
