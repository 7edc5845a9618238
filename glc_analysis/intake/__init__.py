"""Reads raw files of survey tools and coding programs into frames of text. The columns are the same for every
tool, and no text is interpreted."""
