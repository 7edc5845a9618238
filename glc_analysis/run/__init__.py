"""Decides which pages are made, and runs their notebooks."""
