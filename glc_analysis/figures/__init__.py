"""Processed tables become figures: estimates, comparisons, what a study's evidence says."""
