"""The gate, which reads files as their readers could, and searches them for text that must not be there."""
