"""One explanation that is right in everything."""

EXPLANATION = {
    "principle_id": "P01", "number": "1", "circumstances": "Where people were pressed,",
    "resource": "the offer is repeated,", "response": "they see that a no costs nothing,",
    "outcome": "and tell more later.", "passages_for": "a.1;b.1;c.1", "passages_against": "d.1",
    "passages_limits": "", "rival": "Whoever waits is less in danger.", "rival_passages": "a.2",
    "by": "ines", "date": "2018-03-01", "shown_for": "convening"}
