"""The gate: files are read as a reader could read them, and searched for what must not be there."""
