"""What is said and counted of a principle is what the tables hold, and no level."""

from functools import partial

import pandas as pd
import pytest

from glc_analysis import tables
from glc_analysis.addons.convening.principles import (
    _MEASURED,
    JUDGED_COMPONENTS,
    NOT_CHALLENGED,
    NOT_MEASURED,
    UNSUPPORTED,
    count_contributors_and_voters_by_kind,
    count_for_cerqual_components,
    describe_kinds_without_evidence_or_votes,
    list_code_and_passage_contributors,
    list_evidence_gap_sentences,
    read_tables_and_evidence_contributors,
)


@pytest.fixture(scope="module")
def frames(sample_study):
    return read_tables_and_evidence_contributors(partial(tables.read_table, study=sample_study))


def evidence(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stance", "claim"])


def known(frames, principle_id, component):
    return count_for_cerqual_components(principle_id, frames).set_index("component").loc[component, "known"]


def ratings(*rows: tuple[str, str, str, object]) -> pd.DataFrame:
    """Feasibility of P01 by providers: round, rater, organisation, score (None: abstained)."""
    frame = pd.DataFrame(rows, columns=["round_id", "rater_id", "organisation_id", "score"])
    return frame.assign(principle_id="P01", criterion="feasibility", panel="provider", excluded="",
                        is_abstained=frame["score"].isna())


def test_what_nobody_contradicts_is_not_challenged_also_where_it_is_qualified():
    assert NOT_CHALLENGED in list_evidence_gap_sentences(evidence(("supports", "practised"),
                                                                  ("qualifies", "practised")))
    assert NOT_CHALLENGED not in list_evidence_gap_sentences(evidence(("supports", "practised"),
                                                                      ("contradicts", "practised")))


@pytest.mark.parametrize("claim", _MEASURED)
def test_measured_outcomes_and_literature_lift_the_caution_only_where_they_support(claim):
    reported = ("supports", "reported_to_work")
    assert NOT_MEASURED not in list_evidence_gap_sentences(evidence(reported, ("supports", claim)))
    assert NOT_MEASURED in list_evidence_gap_sentences(evidence(reported, ("contradicts", claim)))
    assert NOT_MEASURED in list_evidence_gap_sentences(evidence(reported, ("qualifies", claim)))


def test_what_nothing_supports_does_not_rest_on_experience():
    assert list_evidence_gap_sentences(evidence(("contradicts", "reported_to_fail"))) == [UNSUPPORTED]


def test_a_passage_has_one_contributor_and_a_code_those_who_raised_it(frames):
    own = frames["evidence_contributors"].query("principle_id == 'P05'")
    contributors = own.groupby("evidence_id")["organisation_id"].agg(set)
    assert contributors["e2"] == {"gum-tree-desk"} and contributors["e3"] == {"canal-lamp"}
    assert contributors["e1"] == {"amber-window", "canal-lamp", "casa-del-telar", "gum-tree-desk",
                                  "open-loom", "sunflower-yard"}
    assert "e4" not in contributors and "e6" not in contributors  # a figure, a publication


def test_an_interpreters_words_are_a_contribution_of_the_organisation_interviewed(frames):
    own = pd.DataFrame([("P01", "e1", "segment", "interview-fig-courtyard.9", "supports")],
                       columns=["principle_id", "evidence_id", "kind", "reference", "stance"])
    assert list_code_and_passage_contributors(own, frames)["organisation_id"].tolist() == ["fig-courtyard"]


def test_every_component_has_its_counts_and_none_has_a_level(frames):
    rows = count_for_cerqual_components("P03", frames)
    assert tuple(rows["component"]) == JUDGED_COMPONENTS and (rows["known"] != "").all()
    assert not rows["known"].str.contains("minor|moderate|serious|confidence").any()
    assert known(frames, "P03", "coherence") == (
        "Evidence by stance: 4 for it, 2 with limits. Organisations that said the opposite of a code that "
        "supports the principle: 2.")
    assert known(frames, "P05", "adequacy") == (
        "Organisations that contributed to its codes and passages: 11 of 30; in interviews 6, in calls 2, "
        "in answers 7.")


def test_a_principle_without_votes_or_signatures_has_nothing_there(frames):
    empty = frames | {name: frames[name].head(0) for name in ("ratings", "tallies", "signoffs")}
    said = count_for_cerqual_components("P05", empty).set_index("component")["known"]
    assert (said[["equity", "acceptability", "feasibility"]] == "").all()


def test_scores_by_resources_are_shown_only_where_they_tell_of_no_one_rater(frames):
    levels = pd.DataFrame({"organisation_id": ["a", "b", "c", "d"], "resource_level": ["low"] * 3 + ["high"],
                           "home_region_id": "", "type": "", "language": ""})
    rated = ratings(("1", "r1", "a", 2), ("1", "r2", "b", 4), ("1", "r3", "c", 5), ("1", "r4", "d", 9))
    said = known(frames | {"organisations": levels, "ratings": rated}, "P01", "feasibility")
    assert "Resources low: median 4 (votes: 3)." in said
    assert "Resources high: too few to show (votes: 1)." in said and "9" not in said.split("Resources", 1)[1]


def test_the_regions_they_work_in_are_those_of_the_countries_and_not_of_the_main_office(frames):
    organisations = frames["organisations"].assign(home_region_id="elsewhere")
    own = frames["evidence_contributors"].query("principle_id == 'P01'")["organisation_id"]
    works_in = frames["answers"][frames["answers"]["organisation_id"].isin(own)]
    said = known(frames | {"organisations": organisations}, "P01", "relevance")
    countries, regions = works_in["country_id"].nunique(), works_in["region_id"].nunique()
    assert regions > 1 and f"They work in {countries} countries, in {regions} regions;" in said


def test_the_last_round_counts_by_number_and_who_abstained_has_no_resources(frames):
    levels = pd.DataFrame({"organisation_id": ["a", "b"], "resource_level": ["low", "high"],
                           "home_region_id": "", "type": "", "language": ""})
    rated = ratings(("9", "r1", "a", 2), ("10", "r1", "a", 3), ("10", "r2", "b", None))
    said = known(frames | {"organisations": levels, "ratings": rated}, "P01", "equity")
    assert said == "Raters' resources: 1 low."


def test_who_contributed_evidence_and_who_rated_is_counted_by_what_organisations_are(frames):
    frames = frames | {"ratings": ratings(("1", "r1", "gum-tree-desk", 5))}
    rows = count_contributors_and_voters_by_kind("P01", frames).set_index(["attribute", "value"])
    register = frames["organisations"]
    assert rows.loc[("language", "es"), "study_n"] == (register["language"] == "es").sum() == 5
    assert rows.loc[("resource_level", "high"), "raters_n"] == 1
    assert rows.loc[("language", "es"), "raters_n"] == 0
    assert "language Arabic, Spanish" in describe_kinds_without_evidence_or_votes(rows.reset_index())[-1]
