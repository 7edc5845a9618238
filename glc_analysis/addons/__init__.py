"""Contains the add-ons, one folder per add-on. The core imports no add-on by name
(:mod:`glc_analysis.addon`)."""
