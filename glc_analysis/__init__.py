"""The analysis side of a global learning collaborative."""

__version__ = "0.1.0"
