"""Terms from the answers on safety, which the gate searches for because they name who protects people."""

from __future__ import annotations

from glc_analysis.gate.leak_scan import Terms

TERMS = Terms(registers=("safety",))
