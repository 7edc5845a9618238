"""Contains the texts about withdrawal that people read before they consent or sign, and that `glc withdraw`
prints."""

from __future__ import annotations

from glc_analysis.templates import read_packaged_toml

WITHDRAWAL_WORDS = read_packaged_toml(__file__, "withdrawal.toml")
