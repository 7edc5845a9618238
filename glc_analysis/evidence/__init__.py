"""Processed tables -> figures: estimates, comparisons, what a study's evidence says."""
