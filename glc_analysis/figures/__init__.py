"""Processed tables become figures: counts, shares, comparisons, what a study's evidence says."""
