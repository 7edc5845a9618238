"""Handles the explanations of why a principle may work. A principle has at most three explanations, each with
a rival explanation and with passages for and against it."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "explanations", "Why a principle may work: the team's explanations, each with a rival.",
    needs=("convening",), checks="checks:CHECKS",
    check_lines="checks:list_reopened_or_hidden_explanations",
    steps="checks:STEPS", phrases="page_phrases.csv",
    slots={"principle": "pages:show_explanations_of_principle"},
    view="view:ExplanationsView", view_names=("explanations",),
    blocks="view:BLOCKS", release_content="view:list_released_explanations",
    row_names={"explanations": "explanation"},
    holds={"explanations": "passages of the leaver are removed; an explanation is deleted if no passage for "
           "it is left; otherwise it is reopened, so that only the team sees it until somebody has read it "
           "again"},
    erasers={"rows": "erasers:erase_leaver_passages_from_explanation"})
