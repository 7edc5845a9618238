"""Which codes fit a passage, and when the ranking is not sure enough to be shown."""

import numpy as np
import pytest

from glc_analysis.addons.desk import code_ranking
from glc_analysis.addons.desk.code_ranking import CodeRanking, SettledPassage
from tests.addons.desk.support.word_encoder import encode

SAID = {"time": "we have no time for this deadline", "trust": "they do not trust the police",
        "money": "the budget has no money left", "law": "the court and the law are slow",
        "home": "a safe home and a bed", "work": "a job with a fair wage", "health": "a doctor sees her"}


def examples(said=SAID, n=6):
    return [SettledPassage(f"{code}{k}", f"{text} case {code} {k}", frozenset({code}), f"d{k}")
            for code, text in said.items() for k in range(n)]


def learned(passages, definitions=None):
    definitions = definitions or {}
    texts = [*(one.text for one in passages), *definitions.values()]
    return CodeRanking(passages, definitions, encode(texts))


def ranked(ranking, text):
    return ranking.rank(text, encode([text])[0])


def test_the_code_of_like_passages_comes_first_with_the_passage_that_speaks_for_it():
    first = ranked(learned(examples()), "nobody here can trust the police")[0]
    assert first.code_id == "trust" and first.example_id.startswith("trust")


def test_a_definition_alone_brings_a_code_into_the_list():
    found = ranked(learned(examples(), {"visa": "papers and visa and residence"}), "visa and papers")
    assert (found[0].code_id, found[0].example_id) == ("visa", "")


def test_every_code_is_ranked_once_and_the_order_of_the_examples_does_not_matter():
    passages = examples()
    one, other = (ranked(learned(some), "a job and no money") for some in (passages, passages[::-1]))
    assert sorted(row.code_id for row in one) == sorted(SAID)
    assert [row.code_id for row in one] == [row.code_id for row in other]


def test_a_document_left_out_is_ranked_as_if_it_had_never_been_there():
    passages = examples(n=4)
    ranking = learned(passages)
    mine = [n for n, one in enumerate(passages) if one.document_id == "d0"]
    likeness = (1 - code_ranking.LETTERS) * ranking._directions @ ranking._directions.T \
        + code_ranking.LETTERS * ranking._letters.compare_all()
    given, shares = ranking._given, ranking._shares
    others = [n for n in range(len(passages)) if n not in mine]
    near = []
    for smoothing in code_ranking.SMOOTHING:
        inner = likeness[np.ix_(others, others)] + smoothing * np.eye(len(others))
        near.append(shares + likeness[np.ix_(mine, others)]
                    @ np.linalg.solve(inner, (given - shares)[others]))
    assert any(np.allclose(ranking.cross_validated_scores[mine], one) for one in near)


def test_what_is_like_settled_passages_is_sure_and_what_is_like_none_of_them_is_not():
    ranking = learned(examples())
    assert ranking.is_worth_showing(ranked(ranking, "we have no time for this deadline"))
    assert not ranking.is_worth_showing(ranked(ranking, "zzz qqq xxx"))


def test_nothing_is_sure_where_passages_say_nothing_of_their_codes():
    draw = np.random.default_rng(5)
    passages = [SettledPassage(f"s{n}", " ".join(f"w{k}" for k in draw.integers(0, 5000, 6)),
                               frozenset({f"c{draw.integers(0, 40)}"}), f"d{n}") for n in range(80)]
    ranking = learned(passages)
    assert ranking.smallest_shown_score == float("inf")
    assert not ranking.is_worth_showing(ranked(ranking, passages[0].text))


@pytest.mark.parametrize("text", ["", " ", "\0", "🙂🙂", "សិទ្ធិ និងច្បាប់", "القانون والمحكمة"])
def test_any_text_can_be_ranked(text):
    assert len(ranked(learned(examples()), text)) == len(SAID)
