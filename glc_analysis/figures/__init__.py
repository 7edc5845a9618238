"""Figures computed from processed tables: counts, shares and comparisons, and these figures in words."""
