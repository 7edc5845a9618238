"""Compares the waves of a survey for the team, to show what changed between two surveys of the same
organisations."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "waves", "What changed between the waves of a survey, question by question.",
    checks="checks:CHECKS", view="view:WavesView", counted_by={"wave": "view:count_question_by_wave"},
    slots={"question": "pages:make_question_change_describer"})
