"""Account, card and national numbers, found by Presidio where the extra ``privacy`` is installed.

Only its patterns are used, which need no language model; those for addresses of mail and pages are
left out, since they ask the network for a list of domains (our own find them).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

ASKS_THE_NETWORK = ("EMAIL_ADDRESS", "URL")


def numbers_found(texts: Iterable[str]) -> pd.DataFrame:
    """One row a number: name, kind, count, as :func:`glc_analysis.disclosure.candidates.suggest`;
    no row where Presidio is not installed."""
    found: Counter[tuple[str, str]] = Counter()
    recognisers = _recognisers()
    for text in texts:
        for one in recognisers:
            for result in one.analyze(text, one.supported_entities, None):
                found[text[result.start:result.end], result.entity_type.lower().replace("_", " ")] += 1
    rows = [(name, kind, count, "") for (name, kind), count in sorted(found.items())]
    return pd.DataFrame(rows, columns=["name", "kind", "count", "context"])


def _recognisers() -> list:
    try:
        from presidio_analyzer import PatternRecognizer, RecognizerRegistry
    except ImportError:
        return []
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers()
    return [one for one in registry.recognizers if isinstance(one, PatternRecognizer)
            and not {*one.supported_entities} & {*ASKS_THE_NETWORK}]
