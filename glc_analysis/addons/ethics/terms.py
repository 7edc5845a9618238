"""What the gate has to know of the answers on safety: they say who keeps people safe."""

from __future__ import annotations

from glc_analysis.gate.leak_scan import Terms

TERMS = Terms(registers=("safety",))
