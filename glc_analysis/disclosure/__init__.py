"""Decides which figures, texts, names and countries each audience (team, convening, public) may see."""
