"""Collects names and terms from the answers on safety. The answers name the people who protect others, so the
disclosure gate searches files for these names and terms before publication."""

from __future__ import annotations

from glc_analysis.gate.study_identifiers import Terms

TERMS = Terms(registers=("safety",))
