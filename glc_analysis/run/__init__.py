"""Which pages are made, how their notebooks are run, and what stops a run."""
