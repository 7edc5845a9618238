"""Reads raw files of survey tools and coding programs into frames of text. The columns of these frames are
the same for every tool, and no text is interpreted."""
