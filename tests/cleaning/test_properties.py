"""What holds for every survey: order does not matter, cleaning twice changes nothing, counts add up."""

from types import SimpleNamespace

import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from glc_analysis.figures.estimates import compute_survey_estimates, find_records_behind_figures
from tests.support.study_writer import choices, cleaned, places, question, reference

OPTIONS = [*choices("law", "yes", "no", "dont_know", "refused"),
           *choices("services", ("food", "1", "Food"), ("shelter", "2", "Shelter, safe house"),
                    ("none", "3", "None")),
           *choices("services", "food", ("shelter", "shelter", "Shelter, safe house"), "none"),
           *choices("agree", "little", "much", "dont_know")]
KNOWN = reference(
    questions=[question("Q1", "single", "law"),
               question("Q2", "multi", "services", columns="Q2_*"),
               question("Q3", "multi", "services", asked_if="Q1 == yes or country == PER"),
               question("Q4", "scale", "agree", unit="organisation", dont_know="missing"),
               question("Q5", "number", unit="organisation", asked_if="Q4 in (little, much)"),
               question("Q6", "text", asked_if="Q2 has food"),
               question("Q7", "single", "countries")],
    options=OPTIONS, countries=places("KHM asia", "LAO asia", "PER america", "USA america"))
TABLES = ("organisations", "answers", "responses", "selections", "options")
CENSUS = SimpleNamespace(sampling="census", frame_size=0, settings={"study": {"interval": ""}})

cell = st.sampled_from
record = st.fixed_dictionaries({
    "org": cell("abcd"), "country": cell(["KHM", "Peru", " LAO ", "USA"]),
    "when": cell(["2016-05-01", "2016-05-02T10:00"]), "extra": cell("xy"),
    "Q1": cell(["", "NA", "Yes", "no", "dont_know", "refused", "REDACTED"]),
    "Q2_1": cell(["", "1", "0", "Food"]), "Q2_2": cell(["", "1", "REDACTED"]),
    "Q2_3": cell(["", "x", "no"]),
    "Q3": cell(["", "Food,Shelter, safe house", "1 3", "none", "REDACTED"]),
    "Q4": cell(["", "little", "MUCH", "Dont know"]), "Q5": cell(["", " 12", "3.50", "REDACTED"]),
    "Q6": cell(["", " A bed ", "REDACTED", "គ្រែ"]), "Q7": cell(["", "peru", "THA"])})
records = st.lists(record, min_size=1, max_size=16)
# Long surveys instead of many: most of a run is the same for one record and for sixteen.
few = settings(max_examples=5, phases=[Phase.generate])


def clean(rows):
    return cleaned(rows, KNOWN, blank=["NA"], redacted=["REDACTED"], started="when")


def without_record(frame):
    """A table as text, its rows in an order that does not come from the file."""
    frame = frame.drop(columns="answer_id", errors="ignore").astype("str")
    return frame.sort_values(list(frame.columns), ignore_index=True)


@few
@given(records, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, chance):
    turned = chance.sample(rows, len(rows))
    one, two = clean(rows), clean(turned)
    for name in TABLES:
        pd.testing.assert_frame_equal(without_record(getattr(one, name)),
                                      without_record(getattr(two, name)))
    pd.testing.assert_frame_equal(
        compute_survey_estimates(one.data, CENSUS, find_records_behind_figures(one.data)),
        compute_survey_estimates(two.data, CENSUS, find_records_behind_figures(two.data)))


@few
@given(records, st.permutations(["org", "country", "when", "extra", "Q1", "Q2_1", "Q2_2", "Q2_3",
                                 "Q3", "Q4", "Q5", "Q6", "Q7"]))
def test_the_order_of_columns_does_not_matter(rows, header):
    one, two = clean(rows), clean([{name: row[name] for name in header} for row in rows])
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))


def exported(tables):
    """The cleaned answers as a survey file: ids for answers, 1 and 0 for ticks."""
    rows = {r.answer_id: {"org": r.organisation_id, "country": r.country_id, "when": r.started}
            for r in tables.records.answers.sort_values("row").itertuples()}
    for given_ in tables.responses.itertuples():
        text = "REDACTED" if given_.missing == "redacted" else given_.value
        if given_.question_id != "Q2":
            rows[given_.answer_id][given_.question_id] = text
        for option in ("1", "2", "3") if given_.question_id == "Q2" else ():
            rows[given_.answer_id][f"Q2_{option}"] = "0" if given_.is_in_base else text
    for tick in tables.selections[tables.selections["is_selected"]].itertuples():
        if tick.question_id == "Q2":
            place = {"food": "1", "shelter": "2", "none": "3"}[tick.option_id]
            rows[tick.answer_id][f"Q2_{place}"] = "1"
    return list(rows.values())


@few
@given(records)
def test_cleaning_what_is_clean_changes_nothing(rows):
    rows = [row | {"when": f"2016-05-{n:02d}"} for n, row in enumerate(rows, 1)]
    one = clean(rows)
    two = clean(exported(one))
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(one, name).astype("str"),
                                      getattr(two, name).astype("str"))


@few
@given(records)
def test_selected_not_selected_and_missing_add_up_to_all_records(rows):
    ticks = clean(rows).selections
    for _, one in ticks.groupby(["question_id", "option_id"], observed=True):
        counted = one["is_in_base"]
        assert (counted & one["is_selected"]).sum() + (counted & ~one["is_selected"]).sum() \
            + (~counted).sum() == len(rows)
    assert ticks.groupby(["question_id", "option_id"], observed=True).ngroups == 6


@few
@given(records)
def test_the_base_of_a_multiple_choice_is_the_records_with_any_filled_cell(rows):
    tables = clean(rows)
    base = tables.responses[tables.responses["is_in_base"]].groupby("question_id", observed=False) \
        .size()
    filled = [any(r[f"Q2_{n}"] not in ("", "REDACTED") for n in (1, 2, 3)) for r in rows]
    assert base["Q2"] == sum(filled)
    assert base["Q3"] == sum(r["Q3"] not in ("", "REDACTED") for r in rows)


@few
@given(records)
def test_counts_stay_within_their_base_and_those_of_a_single_choice_add_up_to_it(rows):
    data = clean(rows).data
    figures = compute_survey_estimates(data, CENSUS, find_records_behind_figures(data))
    counts = figures[figures["statistic"].isin(["count", "answered"])]
    assert (counts["n"] <= counts["base_n"]).all()
    assert counts["share"].dropna().between(0, 1).all()
    single = counts[counts["question_id"].isin(["Q1", "Q4", "Q7"])]
    by = single.groupby(["question_id", "subset_kind", "subset_id"])
    assert (by["n"].sum() == by["base_n"].max()).all()
    assert (by["base_n"].nunique() == 1).all()


@few
@given(records)
def test_every_record_has_one_kind_of_blank_or_none_for_every_question(rows):
    found = clean(rows).responses
    kinds = found.groupby(["question_id", "unit"], observed=True).size()
    organisations = len({row["org"] for row in rows})
    assert {q: n for (q, _), n in kinds.items()} \
        == {q: organisations if q in ("Q4", "Q5") else len(rows) for q in
            ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7")}
    assert (found["is_in_base"] >= (found["missing"] == "")).all()
