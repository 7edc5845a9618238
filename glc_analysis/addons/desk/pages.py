"""Makes the sentences that the desk adds to the pages of a site. These sentences say how often suggested
codes were accepted."""

from __future__ import annotations

from glc_analysis.pages.slots import MethodFacts
from glc_analysis.plots import format_coefficient
from glc_analysis.templates import read_packaged_toml
from glc_analysis.view.study_view import StudyView

_FACTS = read_packaged_toml(__file__, "facts.toml")


def acceptance_and_unaided_agreement_sentences(view: StudyView) -> list[str]:
    """Returns sentences on how often suggestions of each code were accepted, and on agreement in the texts
    without accepted suggestions; empty if no suggestion was accepted."""
    counts, names = view.read("suggestions"), view.code_names
    if counts.empty:
        return []
    listed = "; ".join(f"“{names.get(code, code)}” {taken} of {shown}" for code, taken, shown
                       in zip(counts["code_id"], counts["taken_n"], counts["shown_n"], strict=True))
    taken, shown = counts["taken_n"].sum(), counts["shown_n"].sum()
    rest = view.read("agreement").query(
        "unit == 'turn' and subset == 'unassisted' and measure == 'masi_alpha'")
    return [f"Coders accepted {taken:,} of {shown:,} suggestions of a code: {listed}.",
            *("In the texts without accepted suggestions, agreement on all codes together is "
              f"{format_coefficient(value)}."
              for value in rest["value"].dropna())]


def describe_suggestion_method(view: StudyView) -> MethodFacts | None:
    """Returns the entries about suggested codes for the methods checklists; None if no suggestion was
    accepted."""
    counts = view.read("suggestions")
    if counts.empty:
        return None
    by = view.read("codings")["suggested_by"].astype("str").str.rpartition(" ")[0]
    return MethodFacts({"agreement": _FACTS["suggestions"].format(
        model=", ".join(sorted({*by} - {""})), taken=counts["taken_n"].sum(), shown=counts["shown_n"].sum())})
