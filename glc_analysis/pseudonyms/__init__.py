"""Replaces names with pseudonyms before anybody codes the texts, and suggests names that may still need a
pseudonym."""
