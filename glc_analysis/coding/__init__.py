"""Coded texts: the codebook, how far coders agree, what the codes show together."""
