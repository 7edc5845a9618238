"""Which pages are made, and how their notebooks are run."""
