"""``python -m glc_analysis`` is the command ``glc``."""

from glc_analysis.cli import main

main()
