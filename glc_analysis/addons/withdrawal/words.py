"""What people are told of a withdrawal before they consent or sign, and by the command that does it."""

from __future__ import annotations

from glc_analysis.templates import read_toml

WITHDRAWAL_WORDS = read_toml(__file__, "withdrawal.toml")
