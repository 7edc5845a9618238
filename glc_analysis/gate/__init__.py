"""The gate reads files in the way in which their readers could, and searches them for text that must not be
there."""
