"""Lists the items of the reporting checklists, each with the facts that the tables of the study record about
the item, or "not recorded".

The checklists are COREQ (Tong, Sainsbury & Craig 2007), SRQR (O'Brien et al. 2014), CROSS (Sharma et al.
2021) and ACCORD (Gattrell et al. 2024; its items are listed by topic, without numbers). The topics of the
checklists' items are in ``content/checklists.csv``, in the words of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd
from IPython.display import HTML as Html

from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.disclosure.blocks import COUNT_BLOCK
from glc_analysis.manifest import VERSION
from glc_analysis.pages.slots import METHOD_FACTS, MethodFacts, list_slot_contents
from glc_analysis.study import Study
from glc_analysis.tables_html import make_displayable, render_table
from glc_analysis.templates import ELEMENTS, read_packaged_csv, read_packaged_toml
from glc_analysis.view.study_view import StudyView

Read = Callable[[str], pd.DataFrame]
_NOT_RECORDED = "not recorded"
FACT_NOT_SHOWN = "not shown to these readers"
_FACTS = read_packaged_toml(__file__, "facts.toml")
"""The texts that are the same for every study, keyed by table and name in ``content/facts.toml``."""


def read_stated_sampling(study: Study) -> str:
    """Returns in words how the organisations were sampled; blank if study.toml does not state it."""
    return _FACTS["sampling"][study.sampling] if study.states_sampling else ""


def make_reporting_items(facts: dict[str, str]) -> pd.DataFrame:
    """Returns one row per item of the checklists, in the order of the checklists, with the columns checklist,
    item, topic, fact and value.

    >>> make_reporting_items({"coders": "2"}).query("checklist == 'COREQ' and item == '24'")["value"].item()
    '2'
    """
    rows = pd.DataFrame(read_packaged_csv(__file__, "checklists.csv"))
    value = [facts.get(fact, "") or _NOT_RECORDED for fact in rows["fact"]]
    return rows.assign(value=value)


def collect_method_facts(view: StudyView) -> dict[str, str]:
    """Returns, in words, the facts that the tables record about the methods of the study, keyed by the names
    in column ``fact``.

    The facts contain only numbers that the view's audience may know. Only the team gets detailed facts, such
    as the facts about persons, durations, days, memos and votes; for other audiences, :data:`FACT_NOT_SHOWN`
    replaces these facts. After an organisation has withdrawn, :data:`FACT_NOT_SHOWN` also replaces the facts
    that the withdrawal changes.
    """
    recorded = [_of_core(view), *list_slot_contents(view, METHOD_FACTS)]
    names = dict.fromkeys(name for part in recorded for name in part.texts)
    facts = {name: join_nonblank_with_commas(part.texts.get(name, "") for part in recorded) for name in names}
    if not view.has_capability("method_details"):
        details = {name for part in recorded for name in part.details}
        facts |= {name: FACT_NOT_SHOWN for name, text in facts.items() if text and name in details}
    if COUNT_BLOCK in view.hidden:
        facts |= {name: FACT_NOT_SHOWN for part in recorded for name in part.counted}
    return facts


def _of_core(view: StudyView) -> MethodFacts:
    study, sampling = view.study, read_stated_sampling(view.study)
    is_limited = sampling and study.sampling == "purposive"
    return MethodFacts(
        _FACTS["study"] | _data(view) | _coding(view.read, study) | {
            "software": f"glc_analysis {VERSION}",
            "limits": f"{sampling}; counts describe these organisations only" if is_limited else ""},
        details=("others_present", "duration", "interviewers", "memos", "guide", "period"),
        counted=("talks", "interviewers", "others_present", "guide", "transcripts", "duration", "period",
                 "agreement", "memos"))


def _data(view: StudyView) -> dict[str, str]:
    segments, questions, answers = (view.read(name) for name in ("segments", "questions", "organisations"))
    roles = segments[segments["role"] != ""].groupby("role")["speaker_id"].nunique()
    ends = segments.groupby("document_id")["end_s"].max().dropna() / 60
    days = pd.concat([answers[column] for column in ("answered_on", "last_answered_on")])
    days = days[days != ""]
    kinds = questions["type"].value_counts().sort_index()
    documents = view.read("documents")
    interviews = documents.loc[documents["kind"] == "interview", "document_id"]
    asked = segments[(segments["role"] != "") & segments["document_id"].isin(interviews)]
    guide = asked["guide_question_id"].replace("", None).nunique()
    return {
        "sampling": read_stated_sampling(view.study),
        "sample": format_count_unless_zero(view.sizes.get("organisations", 0), "organisation"),
        "talks": join_nonblank_with_commas(f"{n} {kind}s" for kind, n in view.conversation_counts.items()),
        "interviewers": format_count_unless_zero(roles.get("interviewer", 0), "interviewer"),
        "others_present": join_nonblank_with_commas(format_count_unless_zero(roles.get(role, 0), role)
                                                    for role in ("interpreter", "observer")),
        "guide": f"{format_count_unless_zero(guide, 'question of the survey')} came up in interviews"
        if guide else "",
        "transcripts": "transcripts of all" if view.conversation_counts else "",
        "duration": f"{ends.min():.0f} to {ends.max():.0f} minutes, where times are recorded"
        if len(ends) else "",
        "questionnaire": join_nonblank_with_commas([f"{len(questions)} questions",
                                                 *(f"{n} of type {kind}" for kind, n in kinds.items())])
        if view.has_survey else "",
        "period": f"{days.min()} to {days.max()}" if len(days) else ""}


def _coding(read: Read, study: Study) -> dict[str, str]:
    book, codings, readings = read("codebook"), read("codings"), read("readings")
    if codings.empty:
        return {}
    coders = sorted({*readings["coder_id"]} - {CONSENSUS})
    levels = book["level"].value_counts()
    whole = read("agreement").query("measure == 'masi_alpha' and code_id == '' and unit == 'turn' and "
                                    "subset == 'all'")
    return _FACTS["coding"] | {
        "approach": _FACTS["approach"][study.settings["coding"]["approach"]], "coders": str(len(coders)),
        "codebook": join_nonblank_with_commas(format_count_unless_zero(levels.get(level, 0), level)
                                              for level in ("domain", "theme", "family", "code")),
        "agreement": join_nonblank_with_commas(f"Krippendorff's alpha (MASI) {value:.2f}"
                                               for value in whole["value"].dropna()),
        "memos": format_count_unless_zero(len(read("memos")), "memo")}


def format_count_unless_zero(n: int, noun: str) -> str:
    """Returns a number with its noun; blank if the number is 0.

    >>> format_count_unless_zero(2, "publication cited"), format_count_unless_zero(0, "memo")
    ('2 publications cited', '')
    >>> format_count_unless_zero(1, "round")
    '1 round'
    """
    first, _, rest = noun.partition(" ")
    several = f"{first[:-1]}ies" if first.endswith("y") else f"{first}s"
    return f"{n} {first if n == 1 else several} {rest}".strip() if n else ""


def join_nonblank_with_commas(parts: Iterable[str]) -> str:
    """Returns the parts that are not blank, with commas between them."""
    return ", ".join(filter(None, parts))


def show_checklist_items_with_facts(view: StudyView) -> Html:
    """Returns the items of the reporting checklists, each with the facts that the study records about the
    item."""
    rows = make_reporting_items(collect_method_facts(view))

    def recorded(items: pd.DataFrame) -> str:
        """Returns a phrase that says about how many of the items something is recorded; blank if a withdrawal
        may have changed this number."""
        n = (items["value"] != _NOT_RECORDED).sum()
        return "" if COUNT_BLOCK in view.hidden else f": {n} of {len(items)} items recorded"

    return make_displayable(ELEMENTS.folded_tables([
        (f"{name}{recorded(items)}",
         render_table({"Item": items["item"] + " " + items["topic"], "What is recorded": items["value"]}))
        for name, items in rows.groupby("checklist", sort=False)]))
