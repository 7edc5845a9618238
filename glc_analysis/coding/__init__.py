"""Reads the codings of texts, keeps the codebook, measures agreement between coders, and finds codes that
occur together."""
