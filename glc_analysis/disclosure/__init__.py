"""The rules that say which figures, texts, names and countries each audience may see."""
