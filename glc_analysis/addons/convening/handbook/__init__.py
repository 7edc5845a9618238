"""The handbook: the agreed principles for readers who did not attend, and its accompanying papers."""
