"""Raw files of any tool become frames of text in one vocabulary. Nothing is judged here."""
