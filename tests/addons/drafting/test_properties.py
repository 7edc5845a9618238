"""Whatever an export holds, it is drafted, and the draft has no faults of its own."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glc_analysis.addons.drafting.draft import draft_survey_tables
from glc_analysis.addons.drafting.store import DraftState, invalid_draft_cell_faults
from tests.addons.drafting.support.exports import export
from tests.support.share import share

WORDS = st.sampled_from(
    [
        "Yes",
        "yes",
        "No",
        "Sí",
        "5",
        "2017-05-02",
        "a, b",
        "b",
        "ផ្ទះ",
        "مأوى",
        "😀",
        "Never",
        "",
        "-99",
        "1,5",
        "Kenya",
        "a (b, c)",
        "Other",
        "x@example.org",
        "=1+1",
        "a | b",
        "A; b",
    ]
)
CELLS = st.lists(st.one_of(WORDS, st.text(max_size=12)), min_size=12, max_size=12)
HEADINGS = st.one_of(
    st.sampled_from(["Q1_1", "Q1_2", "Q[a]", "Q[b]", "1_Q", "2_Q", "Country", "How often?", "Q/a", "Q/b"]),
    st.text(min_size=1, max_size=12).filter(str.strip),
)


@given(st.lists(st.dictionaries(HEADINGS, CELLS, min_size=1, max_size=5), min_size=1, max_size=2))
@settings(max_examples=share(40, 10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_export_gives_a_draft_without_faults(frames):
    draft = draft_survey_tables(
        [
            export({name: cells * 2 for name, cells in frame.items()}, f"{n}.csv")
            for n, frame in enumerate(frames)
        ]
    )
    assert (
        list(invalid_draft_cell_faults(DraftState(draft.tables, dict.fromkeys(draft.tables, "draft"),
                                                  frozenset()))) == []
    )
    assert not {str(n) for n in range(1, 5)} & {
        *draft.tables["options"]["n"],
        *draft.tables["countries"]["n"],
    }
