"""The information on withdrawal given before consent or signature, and by the command."""

from __future__ import annotations

from glc_analysis.templates import read_packaged_toml

WITHDRAWAL_WORDS = read_packaged_toml(__file__, "withdrawal.toml")
