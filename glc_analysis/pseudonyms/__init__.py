"""Replaces names by pseudonyms before anybody codes, and suggests names that may still need one."""
