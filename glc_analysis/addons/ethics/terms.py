"""Collects names and terms from the answers on safety. The disclosure gate searches files for these names and
terms before publication, because the answers name the people who protect others."""

from __future__ import annotations

from glc_analysis.gate.leak_scan import Terms

TERMS = Terms(registers=("safety",))
