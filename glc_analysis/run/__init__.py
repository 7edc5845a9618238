"""Finds out which pages are out of date, and executes their notebooks."""
