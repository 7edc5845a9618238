"""Collects names and terms from the answers on safety. The gate searches for them before publication, because
they name the people who protect others."""

from __future__ import annotations

from glc_analysis.gate.leak_scan import Terms

TERMS = Terms(registers=("safety",))
