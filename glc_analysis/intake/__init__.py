"""Reads raw files of survey tools and coding programs into frames of text. All tools give frames with the
same columns, and no text is interpreted."""
