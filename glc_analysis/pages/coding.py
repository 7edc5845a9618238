"""Makes the content of the pages about codes, which say who raised which code in which words and, to the
team, where coders differ.

Each function takes what an audience may see (:class:`~.study_view.StudyView`) and returns HTML, which
``content/coding.html`` lays out. Passages and coders' work are for the team only; pages for other readers
state this (:func:`show_passages_or_explain_absence`). Every list has a limited length, so that the page of a
large study stays small. A list that is cut short says where the whole list can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from itertools import chain
from typing import Any

import pandas as pd
from IPython.display import HTML as Html
from markupsafe import Markup

from glc_analysis.coding.agreement_tables import (
    list_same_code_with_differing_spans,
    tabulate_readers_and_singly_read_organisations,
)
from glc_analysis.coding.assemble import describe_placement_by_coder
from glc_analysis.coding.consensus import CONSENSUS
from glc_analysis.coding.exports import note_coders_marked_different_words
from glc_analysis.errors import count_of
from glc_analysis.figures.groupings import MERGED
from glc_analysis.figures.mentions import (
    find_negative_and_contrary_cases,
    find_organisations_undecided_on_code,
)
from glc_analysis.manifest import has_page
from glc_analysis.pages.slots import AGREEMENT, list_slot_contents
from glc_analysis.pages.text_names import name_texts, name_turn
from glc_analysis.plots import format_coefficient, format_coefficient_interval
from glc_analysis.schema import UNASKED, WITHOUT_GUIDE
from glc_analysis.tables_html import (
    make_displayable,
    region_label,
    render_count_bar,
    render_note,
    render_table,
)
from glc_analysis.templates import ELEMENTS, Macros
from glc_analysis.text import (
    format_count_of_row,
    format_full_date_with_preposition,
    replace_blank_day_with_unknown,
)
from glc_analysis.view.places import (
    make_anchor,
    make_code_passages_anchor,
    make_passage_anchor,
    select_first_passages_fitting_page,
)
from glc_analysis.view.study_view import StudyView

_HTML = Macros(__file__, "coding.html")


# ------------------------------
# Codes: who raised what, who did not, and in which words.


NOT_CODED_YET = "Nothing is coded on this yet."
COUNTED_NOWHERE = ("The passages that coders marked on this do not count yet, because nothing shows that "
                   "their positions are right, and nobody has reviewed them. `glc check` says what to do.")
NO_COUNTS = "No counts of codes are shown on this."
CALLS_ALONE = "It is not shown how many raised these codes in interviews and answers."
TEAM_ONLY = "Only the team sees who said what and how it was coded, until the words are cleared."
_SOURCES = {"interview": "Interviews", "answer": "Answers", "call": "Calls",
           WITHOUT_GUIDE: "Interviews without a guide, of those interviewed"}
_NOT_RAISED = "{many} asked about “{name}” did not raise it:"
_CONTRARY = "{many} said the contrary of “{name}”:"
_UNDECIDED = ("For {many} it is undecided whether “{name}” was raised, because coders differ or a passage "
              "must still be reviewed:")
_OPENED = 3
"""The number of passages of a code that a page shows unfolded; further passages are folded."""
_MOST_CALLS, _MOST_NAMES = 6, 30
"""The largest number of calls that a page shows side by side, and the largest number of organisations that a
list names."""


def show_passages_or_explain_absence(block: Callable[..., Html | None]) -> Callable[..., Html | None]:
    """Wraps a function that renders a part of a page. Readers who may read passages get the result of the
    wrapped function; other readers get a sentence that explains why the part is missing."""
    @wraps(block)
    def shown(view: StudyView, *rest: Any) -> Html | None:
        return block(view, *rest) if view.has_capability("passages") else render_note(TEAM_ONLY)
    return shown


def note_if_codings_but_none_count(view: StudyView) -> str:
    """Returns a note, for readers who may read passages, if coders have handed in codings but none of these
    codings counts; otherwise blank."""
    if not view.has_capability("passages"):
        return ""
    codings = view.read("codings")
    if (codings["match"].astype("str") != "by_position").any():
        return ""
    return COUNTED_NOWHERE if len(codings) or len(view.read("quarantined")) else ""


def render_theme_code_counts(view: StudyView) -> Html:
    """Renders how many organisations raised each code of the page's theme: overall, by source, by call and by
    region. The team also sees how many organisations said the contrary of a code, and about which codes
    nobody was asked."""
    if said := note_if_codings_but_none_count(view):
        return render_note(said)
    whole, rows = view.codes(), view.select_measure_figures("coded")
    if whole.empty:
        return render_note(NOT_CODED_YET if view.has_capability("all_figures") else NO_COUNTS)
    depth = whole["code_id"].map(view.code_tree.set_index("code_id")["depth"])
    kinds = [f"glc-depth-{one}" for one in depth - depth.min()]
    first: dict[str, Sequence[str]] = {}
    is_counted = whole["asked"].notna().any()
    if is_counted:
        first["Organisations"] = [*map(render_count_bar, whole["share"], whole["shown_as"])]
    if whole["contrary"].fillna(0).any():
        first["Contrary"] = ["–" if pd.isna(n) or n == 0 else str(n) for n in whole["contrary"]]
    documents = view.read("documents").query("kind == 'call'").sort_values(["date", "document_id"])
    names = name_texts(documents, view.labels)
    calls = {document: names[document] for document in documents["document_id"]}
    regions = sorted(region for region in {*rows.loc[rows["subset_kind"] == "region", "subset_id"]}
                     if MERGED not in region)
    of = whole["code_id"]
    parts = [("", first | _side_by_side(rows, of, "source", _SOURCES)),
             ("For each call, out of the organisations that were present. Silence does not count as a no.",
              _side_by_side(rows, of, "document", calls) if len(calls) <= _MOST_CALLS else {}),
             ("By region of work", _side_by_side(rows, of, "region", {one: region_label(one)
                                                                      for one in regions}))]
    return make_displayable(Markup().join(
        render_table({"Code": whole["code"] if caption else _anchored(whole), **columns}, caption=caption,
              row_classes=kinds, numeric=tuple(name for name in columns if name != "Organisations"))
        for caption, columns in parts if columns) + ("" if is_counted else ELEMENTS.note(CALLS_ALONE))
        + _not_asked(view, whole) + _caution(view))


def _anchored(listed: pd.DataFrame) -> list[Markup]:
    """Returns the names of the codes, each with the anchor to which the trace of a figure (its sources)
    links."""
    return [_HTML.anchored(name, make_anchor("code", code))
            for code, name in zip(listed["code_id"], listed["code"], strict=True)]


def _side_by_side(rows: pd.DataFrame, listed: pd.Series, kind: str,
                  names: Mapping[str, str]) -> dict[str, list[str]]:
    """Returns, for each subset of one kind, a column of counts, keyed by the heading of the column. Subsets
    without counts get no column."""
    cells = {(row.subset_id, row.code_id): format_count_of_row(row) for row
             in rows[rows["subset_kind"] == kind].itertuples()}
    found = {subset for subset, _ in cells}
    return {name: [cells.get((subset, code), "–") for code in listed]
            for subset, name in names.items() if subset in found}


def _not_asked(view: StudyView, whole: pd.DataFrame) -> Markup:
    """Renders, for the team, how many organisations neither were asked about the theme nor raised it. Also
    names the codes of the theme about which nobody was asked and which nobody raised."""
    if not view.has_capability("all_figures"):
        return Markup()
    sentences, took_part = [], len(view.labels)
    asked = whole.loc[whole["code_id"] == view.theme, "asked"].sum()
    if took_part > asked > 0:
        sentences.append("Not asked about this theme, and did not raise it unasked: "
                    f"{took_part - asked} of the {took_part} organisations.")
    is_found = (whole["asked"] > 0) | (whole["interviewed"] > 0) | (whole["raised_in_calls"] > 0) | (
        whole["undecided_in_calls"] > 0)
    is_known = view.code_tree["code_id"].isin(whole.loc[is_found, "code_id"])
    unknown = [*view.code_tree.loc[~is_known & (view.code_tree["level"] == "code"), "name"]]
    if unknown:
        sentences.append(f"Nobody was asked about these codes or raised them: {_listed(unknown)}.")
    return ELEMENTS.notes(sentences)


def _listed(names: Sequence[str]) -> str:
    """Returns the names, separated by commas; for a long list, the first names and the number of the other
    names."""
    more_names = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more_names} more" if more_names > 0 else "")


def _caution(view: StudyView) -> Markup:
    """Renders, for the team, the codes of the theme on which the agreement between coders is below the
    study's threshold."""
    if not view.has_capability("coding"):
        return Markup()
    least, names = view.study.settings["coding"]["agreement_threshold"], view.code_names
    rows = view.read("agreement")
    rows = rows[(rows["measure"] == "alpha") & (rows["unit"] == "turn") & (rows["subset"] == "all")]
    low = [f"{names[row.code_id]} ({row.value:.2f})" for row in rows[rows["value"] < least].itertuples()]
    return ELEMENTS.note(f"Read with caution: agreement between coders is below the study's threshold (alpha "
                         f"{least:.2f}) on {', '.join(low)}.") if low else Markup()


def render_contrary_cases(view: StudyView) -> Html | None:
    """Renders sentences about evidence against the theme and its codes. The sentences name three kinds of
    organisations: those that were asked and did not raise the theme, those that said the contrary of a code
    (with their words), and those for which it is undecided whether they raised the theme. Returns None if the
    readers of the page may not read passages."""
    if not view.has_capability("passages"):
        return None
    if said := note_if_codings_but_none_count(view):
        return render_note(said)
    mentioned, quoted = view.read("mentions"), view.coded_passages.drop_duplicates(
        ["code_id", "organisation_id"])
    # Silence where nobody was asked does not count as a no.
    is_told = mentioned[["is_raised", "is_contradicted", "is_undecided"]].any(axis=1)
    mentioned = mentioned[~mentioned["source"].isin(UNASKED) | is_told]
    cases = {(_NOT_RAISED, view.theme): _with_case(mentioned, view.theme, "not raised")}
    listed = view.code_tree["code_id"]
    for code in listed[listed.isin({view.theme, *mentioned.loc[mentioned["is_contradicted"], "code_id"]})]:
        cases[_CONTRARY, code] = _with_case(mentioned, code, "said the contrary")
    cases[_UNDECIDED, view.theme] = find_organisations_undecided_on_code(mentioned, view.theme)
    told = []
    for (sentence, code), who in cases.items():
        opposite = view.code_list.loc[view.code_list["contradicts"] == code, "code_id"]
        rows = quoted[quoted["code_id"].isin(opposite) & quoted["organisation_id"].isin(who)]
        if who:
            told.append((sentence.format(many=count_of(len(who), *view.study.unit_name),
                                         name=view.code_names[code]),
                         _listed(sorted(view.labels[organisation] for organisation in who)),
                         [render_passage(view, row) for row in rows.itertuples() if sentence == _CONTRARY]))
    if not told:
        return render_note("None of those who were asked." if len(mentioned) else NOT_CODED_YET)
    return make_displayable(ELEMENTS.note("Silence in a call does not count.")
                            + _HTML.contrary(told, _OPENED))


def _with_case(mentioned: pd.DataFrame, code: str, case: str) -> set[str]:
    """Returns the organisations to which :func:`.find_negative_and_contrary_cases` assigns the given ``case``
    for a code."""
    cases = find_negative_and_contrary_cases(mentioned, code)
    return {*cases.loc[cases["case"] == case, "organisation_id"]}


@show_passages_or_explain_absence
def render_passages(view: StudyView) -> Html:
    """Renders the first passages of each code of the page's theme, and says how many passages the code has.

    Among the passages of a code, the first passage of each organisation comes before the second passage of
    any organisation. :func:`~glc_analysis.view.places.select_first_passages_fitting_page` selects the printed
    passages; the page of the code prints more passages.
    """
    rows = view.coded_passages
    counts = rows.groupby("code_id").size()
    printed = dict(list(select_first_passages_fitting_page(rows).groupby("code_id")))
    listed = []
    for code in view.code_tree[lambda f: f["code_id"].isin(printed)].itertuples():
        listed.append({
            "name": code.name, "id": make_code_passages_anchor(code.code_id), "total": counts[code.code_id],
            "definition": view.find_definition(code.code_id) if code.code_id != view.theme else "",
            "printed": _printed(view, printed[code.code_id]),
            "page": find_code_page_file(view, code.code_id)})
    return make_displayable(_HTML.passages(listed,
                                           _OPENED)) if listed else render_note(
                                               note_if_codings_but_none_count(view)
                                                                                or NOT_CODED_YET)


def find_code_page_file(view: StudyView, code: str) -> str:
    """Returns the file name of a code's page; blank for a code without passages, which has no page."""
    return f"code-{code.lower()}.html" if has_page(view.study, "codes", code) else ""


def _printed(view: StudyView, rows: pd.DataFrame) -> list[Markup]:
    """Renders the passages of a code, each with the anchor to which the trace of a figure (its sources)
    links."""
    places = [make_passage_anchor(code, segment) for code, segment
              in zip(rows["code_id"], rows["segment_id"], strict=True)]
    repeated = rows.duplicated("segment_id")
    return [render_passage(view, row, "" if is_again else place)
            for row, place, is_again in zip(rows.itertuples(), places, repeated, strict=True)]


def render_passage(view: StudyView, row: Any, anchor: str = "") -> Markup:
    """Renders a row of ``view.coded_passages`` as a quotation, with the speaker, the text it comes from, and
    the coder's note."""
    kind, role = (("survey answer", "") if row.kind == "answer" else (row.kind, row.role.replace("_", " ")))
    day = replace_blank_day_with_unknown(row.kind, row.date)
    said = (row.organisation, view.country_labels.get(row.country_id, ""), kind, day, role, row.wording,
            "" if row.is_agreed else note_coders_marked_different_words(row.marked_by))
    return ELEMENTS.quotation(row.quote, row.language, ", ".join(filter(None, said)),
                              row.translation, row.translation_status, anchor, row.memo)


# ------------------------------
# The quality of the coding, for the team: what was found, where coders differ, what could not be placed.


NOTHING_CODED_IN_STUDY = "Nothing is coded in this study yet."
UNMEASURED = {"codebook": "No two coders have read the same text yet, so agreement cannot be measured.",
              "interpretive": "This study codes interpretively, so no coefficient is computed. The coders' "
                              "memos, differences and decisions are below."}
_UNDEFINED = ("Several coders have read the same texts, but agreement cannot be computed yet: they coded too "
              "little in these texts, or everything they coded is the same.")
_AT_ONCE, _MOST, _FEWER, _LETTERS, _ROOM, _MARKUP = 20, 100, 20, 250, 60_000, 350
"""The limits for lists of disagreements between coders:

- ``_AT_ONCE``: the number of rows that are shown unfolded; further rows are folded.
- ``_MOST``, ``_FEWER``: the largest number of rows in a long list and in a short list.
- ``_LETTERS``: the number of letters after which a text is cut.
- ``_ROOM``: the largest number of bytes of all texts of a list together.
- ``_MARKUP``: the bytes of markup that are added to the length of each text.

"""


def render_lead(sentences: Sequence[str]) -> Html:
    """Renders the opening sentences of a page."""
    return make_displayable(_HTML.lead(sentences))


@show_passages_or_explain_absence
def render_agreement_findings(view: StudyView) -> Html:
    """Renders the opening sentences of the page on agreement, in fixed patterns: who coded how much, for
    which codes agreement is below the study's threshold, and on which differences nobody has decided yet."""
    read, settings = view.read("readings"), view.study.settings["coding"]
    marked = view.read("codings")[lambda f: f["coder_id"] != CONSENSUS]
    waiting, sentences = len(view.read("quarantined")), []
    if marked.empty and not waiting:
        return render_note(NOTHING_CODED_IN_STUDY)
    readers = read[read["coder_id"] != CONSENSUS].groupby("document_id")["coder_id"].nunique()
    coders = marked["coder_id"].nunique()
    sentences.append(
        f"{count_of(coders, 'coder')} marked {len(marked):,} passages in {marked['document_id'].nunique():,} "
        f"texts; several coders read {(readers > 1).sum():,} of the texts.")
    undefined = [_UNDEFINED] if len(view.read("agreement")) else [UNMEASURED[settings["approach"]]]
    sentences += _agreement_sentences(view, settings) or undefined
    sentences += chain.from_iterable(list_slot_contents(view, AGREEMENT))
    differ = view.read("disagreements").drop_duplicates("segment_id")
    if len(differ):
        by_rule = (~differ["is_decided"] & ~differ["is_open"]).sum()
        settled = f"{by_rule:,} are settled by majority, " if by_rule else ""
        sentences.append(
            f"Coders differed on {len(differ):,} turns: {differ['is_decided'].sum():,} are decided, {settled}"
            f"{differ['is_open'].sum():,} are open.")
    sentences.append(describe_consensus_rule(settings))
    if waiting:
        sentences.append(f"{count_of(waiting, 'coding is', 'codings are')} quarantined: the words that were "
                         "marked are not certain.")
    by_position = (marked["match"] == "by_position").sum()
    if by_position:
        sentences.append(
            f"{count_of(by_position, 'coding has', 'codings have')} only a position, and no stored words "
            "that show whether the position is right. A coding of this kind is not in the consensus until "
            "somebody has reviewed it.")
    above = marked["code_id"].isin({*view.code_list["parent_id"]} - {""}).sum()
    if above:
        sentences.append(
            f"{count_of(above, 'coding is', 'codings are')} of a theme or family instead of a single code. "
            "Such a coding counts for the theme or family and for everything above; for each code below, it "
            f"counts as {settings['parent_codings']} ([coding] parent_codings in study.toml).")
    sentences += describe_placement_by_coder(view.read("codings"), view.read("quarantined"))
    return render_lead(sentences)


_RULES = {"unanimous": "all who read a text gave it to the same turn, or when they decided so together",
         "majority": "more than half of those who read a text gave it to the same turn; a tie is undecided",
         "person": "all who read a text gave it to the same turn; where they differ, {by} decides"}
"""The conditions under which a code counts as agreed, keyed by the value of the setting [coding]
consensus."""


def describe_consensus_rule(settings: Mapping[str, Any]) -> str:
    """Returns in words the study's rule of consensus, and the day on which the rule was fixed.

    >>> describe_consensus_rule({"consensus": "person", "decided_by": "Ana", "fixed_on": "2016-02-01"})[:66]
    'A code is agreed when all who read a text gave it to the same turn'
    """
    rule, day = _RULES[settings["consensus"]].format(by=settings["decided_by"]), settings["fixed_on"]
    since = (f"fixed {format_full_date_with_preposition(day)}" if day
             else "the day on which this was fixed is not recorded")
    return f"A code is agreed when {rule} ({since})."


def _agreement_sentences(view: StudyView, settings: Mapping[str, Any]) -> list[str]:
    rows = view.read("agreement").query("unit == 'turn' and subset == 'all'")
    every = next(rows[rows["measure"] == "masi_alpha"].itertuples(), None)
    codes = view.code_list.loc[view.code_list["level"] == "code", "code_id"]
    alphas = rows[(rows["measure"] == "alpha") & rows["code_id"].isin(codes) & rows["value"].notna()]
    sentences = []
    if every is not None and pd.notna(every.value):
        interval = format_coefficient_interval(every.low, every.high)
        lowest, highest = format_coefficient(every.lowest), format_coefficient(every.highest)
        cases = (f"; between {lowest} and {highest} in the worst and the best case, "
                 f"since {every.n_missing} codings of turns are not certain"
                 if every.n_missing else "")
        alpha = format_coefficient(every.value)
        sentences.append(f"Agreement on all codes together is {alpha}"
                         f"{f' (95 % interval {interval})' if interval else ''}{cases}.")
    if len(alphas):
        least, lowest = settings["agreement_threshold"], alphas.sort_values(["value", "code_id"]).iloc[0]
        sentences.append(f"Agreement is below the study's threshold of {format_coefficient(least)} on "
                    f"{(alphas['value'] < least).sum()} of {len(alphas)} codes; the lowest is "
                    f"“{view.code_names[lowest['code_id']]}” ({format_coefficient(lowest['value'])}).")
    return sentences


@show_passages_or_explain_absence
def render_disagreements(view: StudyView, rows: pd.DataFrame, most: int = _MOST) -> Html | None:
    """Renders the turns in the given rows of table ``disagreements``: the words, each coder's codes, and any
    decisions with their reasons. At most ``most`` turns are shown, in the order of the texts; the command
    `glc agreement` writes all turns into a workbook.

    >>> render_disagreements(view, study.disagreements.query("not is_decided"))
    <IPython.core.display.HTML object>
    """
    if rows.empty:
        return None
    turns = rows.drop_duplicates("segment_id").set_index("segment_id")[["reason"]]
    about = view.read("segments").set_index("segment_id").join(turns, how="inner")
    about = _fitting(about.sort_values(["document_id", "start"]), about["text"].map(_cut), most)
    names = view.code_names
    rows = rows[rows["segment_id"].isin(about.index)]
    said = [", ".join(names.get(c, c) for c in codes.split(";") if c) or "no code" for codes in rows["codes"]]
    said = [f"{one} (a quarantined passage may be here)".removeprefix("no code ") if is_missing else one
            for one, is_missing in zip(said, rows["is_missing"], strict=True)]
    wide = rows.assign(said=said).pivot(index="segment_id", columns="coder_id", values="said")
    wide = wide.loc[about.index]
    texts = name_texts(view.read("documents"), view.labels)
    columns = [("Words", [_HTML.words(_cut(text), language, name_turn(texts, turn)) for turn, text, language
                          in zip(about.index, about["text"], about["language"], strict=True)]),
               *wide.drop(columns=CONSENSUS, errors="ignore").fillna("did not read it").items()]
    if CONSENSUS in wide:
        is_open = rows.drop_duplicates("segment_id").set_index("segment_id")["is_open"].loc[about.index]
        undecided = pd.Series("by majority", about.index).mask(is_open, "open")
        columns += [("Decision", wide[CONSENSUS].fillna(undecided)), ("Why", about["reason"])]
    parts = [render_table([(name, [*values][at:at + _AT_ONCE]) for name, values in columns])
             for at in range(0, len(about), _AT_ONCE)]
    return make_displayable(_HTML.disagreements(len(about), len(turns), parts))


@show_passages_or_explain_absence
def render_span_disagreements(view: StudyView) -> Html | None:
    """Renders the turns in which coders gave the same code to different words. Each turn has each coder's
    words, and the share of all marked words that every coder marked. The turn with the smallest share comes
    first."""
    rows = list_same_code_with_differing_spans(view.read("codings"), view.read("segments"))
    if rows.empty:
        return None
    wide = rows.pivot(index=["shared", "segment_id", "code_id"], columns="coder_id", values="words")
    coders = [*wide.columns]
    wide = wide.fillna("–").reset_index()
    listed = _fitting(wide, wide[coders].map(_cut).sum(axis=1), _FEWER)
    n_none, total = int((wide["shared"] == 0).sum()), len(wide)
    rest = count_of(total, "code of a turn rests", "codes of turns rest")
    sentence = (f"{rest} on different words for each coder; for {n_none:,} of them, the coders share no "
                "word. Agreement by turn counts these codings as agreement, and agreement by character does "
                "not.")
    names = view.code_names
    texts = name_texts(view.read("documents"), view.labels)
    columns = {"Turn": [name_turn(texts, turn) for turn in listed["segment_id"]],
               "Code": [names.get(code, code) for code in listed["code_id"]],
               **{coder: listed[coder].map(_cut) for coder in coders},
               "In common": [f"{share:.0%}" for share in listed["shared"]]}
    return make_displayable(ELEMENTS.note(sentence) + render_table(columns, numeric=("In common",)))


@show_passages_or_explain_absence
def render_readers_per_text(view: StudyView) -> Html | None:
    """Renders how many texts and answers were read by one coder, how many by two coders, and so on. For each
    number of coders, the function also renders how many of them must give a code so that the code counts by
    the study's rule. The function also names the organisations whose texts had only one coder although other
    texts had several coders."""
    table, single = tabulate_readers_and_singly_read_organisations(
        view.read("readings"), view.read("documents"), rule=view.study.settings["coding"]["consensus"])
    if len(table) < 2:
        return None
    heads = {"readers": "Coders who read it", "texts": "Texts and answers", "organisations": "Organisations",
             "a code counts where": "A code counts where"}
    names = _listed(sorted(view.labels.get(one, one) for one in single))
    marked = ELEMENTS.note(f"Read by one coder alone, so that nobody else looked: {names}.") if single else ""
    return make_displayable(render_table({head: table[name] for name, head in heads.items()}, numeric=[
        *heads.values()][:3]) + marked)


def _cut(text: str) -> str:
    """Returns the beginning of a long text, cut between words if possible."""
    return text if len(text) <= _LETTERS else f"{text[:_LETTERS].rsplit(' ', 1)[0]} …"


def _fitting(rows: pd.DataFrame, words: pd.Series, most: int) -> pd.DataFrame:
    """Returns as many of the first ``rows`` as fit into a list; ``words`` has the words that are printed for
    each row."""
    size = words.loc[rows.index].str.encode("utf-8").str.len() + _MARKUP
    return rows[size.cumsum().le(_ROOM).to_numpy()].head(most)


@show_passages_or_explain_absence
def render_quarantined_codings(view: StudyView) -> Html | None:
    """Renders the codings whose marked words could not be found with certainty in the study's text. Each
    coding is shown beside the words that the study's text has at the marked place."""
    rows = view.read("quarantined")
    if rows.empty:
        return None
    heads = {"coder_id": "Coder", "document_id": "Text", "code": "Code", "quote": "What the coder marked",
             "found": "What our text says there", "reason": "Why it is quarantined"}
    listed = _fitting(rows, rows["quote"].map(_cut) + rows["found"].map(_cut), _FEWER)
    shown = {head: listed[name].map(_cut) for name, head in heads.items()}
    texts = name_texts(view.read("documents"), view.labels)
    shown["Text"] = listed["document_id"].map(lambda document: texts.get(document, document))
    left = (f"The first {len(listed)} of {len(rows):,} codings are listed; the table `quarantined` has all "
            "of them.")
    return make_displayable((ELEMENTS.note(left) if len(listed) < len(rows) else "") + render_table(shown))
