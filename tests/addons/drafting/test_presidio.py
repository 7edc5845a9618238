"""What the optional extra adds to the candidates: numbers, found without a network."""

import sys
from types import ModuleType, SimpleNamespace

from glc_analysis.addons.drafting.name_suggestions import suggest_account_and_card_numbers


def test_without_presidio_nothing_is_added(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    assert suggest_account_and_card_numbers(["IBAN DE89 3704 0044 0532 0130 00"]).empty


def test_its_patterns_are_used_but_those_that_ask_the_network(monkeypatch):
    class Pattern:
        def __init__(self, entity, word):
            self.supported_entities, self.word = [entity], word

        def analyze(self, text, entities, nlp_artifacts):
            at = text.find(self.word)
            return [SimpleNamespace(start=at, end=at + len(self.word), entity_type=entities[0])] * (at >= 0)

    class Registry:
        recognizers = [Pattern("IBAN_CODE", "DE89"), Pattern("URL", "x.org"), object()]

        def load_predefined_recognizers(self):
            pass

    module = ModuleType("presidio_analyzer")
    module.PatternRecognizer, module.RecognizerRegistry = Pattern, Registry
    monkeypatch.setitem(sys.modules, "presidio_analyzer", module)
    found = suggest_account_and_card_numbers(["DE89 at x.org", "DE89"])
    assert found[["name", "kind", "count"]].values.tolist() == [["DE89", "iban code", 2]]
