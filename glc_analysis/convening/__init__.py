"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""

CRITERIA = ("importance", "feasibility")
"""By what a principle is rated."""
PANELS = {"provider": "Providers", "survivor_adviser": "Survivor advisers", "observer": "Observers"}
"""Who rates, apart from each other."""
