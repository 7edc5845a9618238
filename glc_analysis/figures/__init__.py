"""Computes figures from the processed tables (counts, shares and comparisons), and writes figures in
words."""
