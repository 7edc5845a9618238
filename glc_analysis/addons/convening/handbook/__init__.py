"""The handbook: the agreed principles for readers who did not attend, with a self-check and questions for
funders."""
