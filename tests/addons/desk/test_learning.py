"""How a coder learns and drifts: settled passages, a tenth coded again, codings under older definitions."""

import io

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from glc_analysis.addons.desk.learning import (
    FEWEST_PASSAGES,
    choose_texts_to_code_again,
    compare_first_and_second_coding,
    compare_with_others_by_code,
    find_codings_under_older_definitions,
    select_independently_settled_codes,
)
from glc_analysis.cli import cli
from glc_analysis.errors import UsageError
from tests.support.built_studies import built
from tests.support.coded_studies import ANA, BEN, BOTH, coded_study, spreadsheet

EVA = [("blue", "A safe place for tonight.", "Safe place"), ("blue", "We wait for months.", "Safe place"),
       ("lamp", "", ""), ("call", "We wait for the police.", "Delay")]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    made = coded_study(tmp_path_factory.mktemp("learning"),
                       codings=BOTH | {"eva": "../raw/codings/eva.csv"})
    spreadsheet(made, "ana", *ANA)
    spreadsheet(made, "ben", *BEN[:2], ("blue", "We wait for months.", "Delay"), BEN[3])
    spreadsheet(made, "eva", *EVA)
    built(made)
    return made


def glc(study, *arguments, code=0):
    done = CliRunner().invoke(cli, ["--study", str(study.root), *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def table(study, *arguments):
    return pd.read_csv(io.StringIO(glc(study, "agreement", *arguments, "--format", "csv").stdout),
                       keep_default_na=False)


def sets(**codes):
    return {segment: frozenset(given) for segment, given in codes.items()}


@pytest.mark.acceptance
def test_a_coder_in_training_is_compared_and_settles_nothing(tmp_path):
    rows = [{"document_id": "blue", "coder_id": coder, "codebook_version": "", "purpose": purpose}
            for coder, purpose in (("ana", ""), ("ben", ""), ("eva", "training"))]
    made = coded_study(tmp_path, codings=BOTH | {"eva": "../raw/codings/eva.csv"}, assignments=rows)
    for coder in ("ana", "ben"):
        spreadsheet(made, coder, ("blue", "A safe place for tonight.", "Safe place"))
    spreadsheet(made, "eva", *EVA[:2])
    built(made)
    rows = table(made, "--against", "consensus").set_index(["coder", "code_id"])
    assert rows.loc[("eva", "shelter"), ["missed", "added"]].tolist() == [0, 1]
    assert {coder for coder, _ in rows.index} == {"eva"}  # Ana has only Ben beside her, who settles nothing


def test_each_coder_is_compared_with_what_others_settled(study):
    rows = table(study, "--against", "consensus").query("coder == 'eva'").set_index("code_id")
    # Ana and Ben agree on 5 turns; Eva missed Delay in one and no-shelter in one, and added Safe place.
    assert rows.loc["", ["missed", "added"]].tolist() == [2, 1]
    assert rows.loc["delay", ["missed", "added"]].tolist() == [1, 0]
    assert rows.loc["no-shelter", "missed"] == 1 and rows.loc["shelter", "added"] == 1


def test_it_is_called_learning_and_no_reliability(study):
    done = glc(study, "agreement", "--against", "consensus")
    assert "This is learning" in done.stderr and "not a measure of reliability" in done.stderr


def test_with_few_passages_there_is_no_kappa(study):
    rows = table(study, "--against", "consensus").query("code_id != ''")
    assert set(rows["reason"]) == {f"no kappa: fewer than {FEWEST_PASSAGES} passages"}
    assert set(rows["kappa"]) == {""}


def test_with_enough_passages_kappa_is_given():
    own = {f"s{n}": frozenset("a" if n % 2 else "") for n in range(FEWEST_PASSAGES)}
    found = compare_with_others_by_code(own, own | {"s1": frozenset()}).set_index("code_id")
    assert found.at["a", "kappa"] == pytest.approx(.9) and found.at["a", "reason"] == ""


def units(*rows):
    return pd.DataFrame([(s, c, frozenset(codes)) for s, c, codes in rows],
                        columns=["segment_id", "coder_id", "codes"])


def test_nothing_that_rests_on_the_coder_alone_is_settled():
    coded = units(("s1", "ana", "a"), ("s1", "eva", "a"), ("s2", "ana", "a"), ("s2", "ben", "a"),
                  ("s2", "eva", ""), ("s3", "ana", "a"), ("s3", "ben", "b"))
    assert select_independently_settled_codes(coded, {}, "eva") == {"s2": frozenset("a")}


def test_a_decision_and_the_work_of_the_consensus_settle():
    coded = units(("s1", "ana", "a"), ("s1", "eva", "a"), ("s2", "consensus", "b"), ("s2", "eva", ""))
    assert select_independently_settled_codes(coded, sets(s1="c"), "eva") == sets(s1="c", s2="b")


def test_a_coding_under_an_older_definition_is_marked_and_neither_missed_nor_added():
    codings = pd.DataFrame({"code_id": ["a", "b"], "codebook_version": "1.9", "segment_ids": "s1"})
    codebook = pd.DataFrame({"code_id": ["a", "b"], "version": ["1.10", "1.2"]})
    older = find_codings_under_older_definitions(codings, codebook)
    assert older == {("s1", "a")}
    found = compare_with_others_by_code(sets(s1="a"), sets(s1=""),
                                        left_out_older_codings=older).set_index("code_id")
    assert found.loc["a", ["missed", "added", "older"]].tolist() == [0, 0, 1]


def test_a_tenth_is_chosen_the_same_way_each_time_and_handed_out_without_codings(study):
    chosen = choose_texts_to_code_again(study, "ana")
    assert chosen == choose_texts_to_code_again(study, "ana") and len(chosen) == 1
    folder = study.processed / "transcripts/again/ana"
    done = glc(study, "transcripts", "--again", "ana")
    assert [path.stem for path in folder.iterdir()] == chosen
    assert "glc agreement --again ana FILE" in done.stderr
    assert "Delay" not in next(folder.iterdir()).read_text(encoding="utf-8")


def test_drift_compares_a_coder_with_themselves_and_counts_in_no_agreement(study, tmp_path):
    second = tmp_path / "again.csv"
    second.write_text("document,quote,code\nblue,A safe place for tonight.,Safe place\n", encoding="utf-8")
    rows = compare_first_and_second_coding(study, "ana", second).set_index("code_id")
    assert rows.loc["", ["passages", "missed", "added"]].tolist() == [2, 0, 1]
    assert rows.loc["delay", "added"] == 1 and rows.loc["shelter", "same"] == 1
    assert "This is drift" in glc(study, "agreement", "--again", "ana", second).stderr


def test_a_second_coding_of_other_texts_is_refused(study, tmp_path):
    (tmp_path / "x.csv").write_text("document,quote,code\nblue,A safe place for tonight.,Delay\n",
                                    encoding="utf-8")
    with pytest.raises(UsageError, match="has no text that 'zoe' coded before"):
        compare_first_and_second_coding(study, "zoe", tmp_path / "x.csv")
    with pytest.raises(UsageError, match="No coder 'zoe'"):
        choose_texts_to_code_again(study, "zoe")


_SETS = st.dictionaries(st.sampled_from(["s1", "s2", "s3"]), st.frozensets(st.sampled_from("abc")))


@given(_SETS, _SETS)
def test_what_one_misses_the_other_adds(first, second):
    one, other = compare_with_others_by_code(first, second), compare_with_others_by_code(second, first)
    assert one["missed"].tolist() == other["added"].tolist() and one["same"].equals(other["same"])
