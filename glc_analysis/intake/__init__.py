"""Reads raw files of any survey tool or coding program into frames of text with the same columns, without
interpreting them."""
