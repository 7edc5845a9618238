"""Options of the survey and codes of their theme that match: who chose the one raised the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

import pandas as pd

from glc_analysis import tables
from glc_analysis.schema import UNASKED
from glc_analysis.study import Study
from glc_analysis.tables import code_themes
from glc_analysis.text import match_key

PER_THEME, LEAST, ALIKE = 2, 2, 1 / 3
"""How many pairs are found for each theme; the least number of organisations in both; and, where option and
code share no word, the least share of those in both among those in either."""


def matching_pairs(study: Study, used: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Theme, figure and code of pairs of a question's option and a code of its theme that some organisation
    chose and raised, of all that were asked both.

    First those with words in common, then those whose organisations are most alike (Jaccard); each option and
    code once, ``PER_THEME`` a theme. Figures and codes that are ``used`` already are left out.
    """
    used, n = {*used}, Counter()
    for theme, estimate, code in _pairs(study):
        if {estimate, code} & used or n[theme] == PER_THEME:
            continue
        used |= {estimate, code}
        n[theme] += 1
        yield theme, estimate, code


def _pairs(study: Study) -> list[tuple[str, str, str]]:
    """Theme, figure and code of all pairs to propose, the best first."""
    offered, said, asked = _answered(study)
    codebook = tables.read("codebook", study=study)
    themes = code_themes(codebook)
    mentions = tables.read("mentions", study=study)
    mentions = mentions[~mentions["source"].isin(UNASKED)]  # silence there is not a no
    raised, heard = ({code: {*ids} for code, ids in rows.groupby("code_id")["organisation_id"]} for rows in (
        mentions.query("is_raised"), mentions.query("(is_asked or is_raised) and not is_undecided")))
    codes = [row for row in codebook.query("level == 'code'").itertuples() if row.code_id in raised]
    told_of = {row.code_id: _stems(row.code_id, row.name, row.definition, row.include) for row in codes}
    found = []
    for row in offered.itertuples():
        for code in (one.code_id for one in codes if themes.get(one.code_id) == row.theme_id):
            both = asked.get(row.question_id, set()) & heard[code]
            yes, told = said.get((row.question_id, row.option_id), set()) & both, raised[code] & both
            shared = len(_stems(row.option_id, row.label) & told_of[code])
            alike = len(yes & told) / len(yes | told or {""})
            if len(yes & told) >= LEAST and (shared or alike >= ALIKE):
                estimate = f"{row.question_id}/{row.option_id}/all"
                found.append((-shared, -alike, row.theme_id, estimate, code))
    return [tuple(rest) for _, _, *rest in sorted(found)]


def _answered(study: Study) -> tuple[pd.DataFrame, dict, dict]:
    """The options of the questions that have a theme; who chose each option; who was asked each question."""
    questions, options, responses, selections = (tables.read(name, study=study) for name in (
        "questions", "options", "responses", "selections"))
    closed = questions.query("theme_id != '' and option_list not in ('', 'countries')")
    own = options.loc[options["kind"] == "substantive", ["option_list", "option_id", "label"]]
    given = responses.query("is_in_base")
    chosen = pd.concat([given.rename(columns={"value": "option_id"}),
                        selections.query("is_selected and is_in_base")])
    return (closed.merge(own, on="option_list"),
            {key: {*ids} for key, ids in chosen.groupby(["question_id", "option_id"])["organisation_id"]},
            {key: {*ids} for key, ids in given.groupby("question_id")["organisation_id"]})


def _stems(*texts: str) -> set[str]:
    """The first five letters of the longer words of some texts.

    >>> sorted(_stems("Funding by the year", "short-funding"))
    ['fundi', 'short']
    """
    return {word[:5] for text in texts for word in re.findall(r"\w{5,}", match_key(text).replace("_", " "))}
