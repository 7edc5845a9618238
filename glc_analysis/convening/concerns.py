"""What the tables know beside each concern that people write down: counts, never a level.

The components are those of CERQual (Lewin et al. 2018, Implementation Science 13(Suppl 1):2) and of a
decision table; ``frames`` are what :func:`tables_and_voices` gives. All of it is the team's: counts of
organisations by country or resources reach another audience only as released figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median

import pandas as pd

from glc_analysis.disclosure.quotations import owners
from glc_analysis.schema import allowed_words

Frames = Mapping[str, pd.DataFrame]
TABLES = ("principles", "evidence", "judgements", "mentions", "segments", "documents", "organisations",
          "answers", "ratings", "tallies", "signoffs")
COMPONENTS = allowed_words("judgements", "component")
ATTRIBUTES = ("resource_level", "type", "home_region_id", "language")
LEAST = 3
"""Votes of a group below this number would tell how one rater voted."""


def tables_and_voices(read: Callable[[str], pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The processed tables :data:`TABLES` by name, and under ``voices`` those of all evidence."""
    frames = {name: read(name) for name in TABLES}
    return frames | {"voices": voices(frames["evidence"], frames)}


def voices(evidence: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """One row a piece of evidence, organisation and source (interview, call, answer) whose words it is:
    principle_id, evidence_id, stance, organisation_id, source.

    Behind a code stand the organisations that raised it, behind a passage the one whose words it is;
    figures of the survey and publications have no voice here.
    """
    raised = frames["mentions"].loc[frames["mentions"]["is_raised"], ["code_id", "organisation_id", "source"]]
    segments, kinds = frames["segments"], frames["documents"].set_index("document_id")["kind"]
    said = pd.DataFrame({"segment_id": segments["segment_id"], "source": segments["document_id"].map(kinds),
                         "organisation_id": owners(segments, frames["documents"])})
    found = [evidence[evidence["kind"] == kind].merge(whose, left_on="reference", right_on=key)
             for kind, whose, key in (("code", raised, "code_id"), ("segment", said, "segment_id"))]
    columns = ["principle_id", "evidence_id", "stance", "organisation_id", "source"]
    rows = pd.concat(found)[columns].astype("str")
    return rows[rows["organisation_id"] != ""].drop_duplicates().reset_index(drop=True)


def beside(principle_id: str, frames: Frames) -> pd.DataFrame:
    """One row a component, in the order of :data:`COMPONENTS`: component, and ``known``, what is counted."""
    evidence, heard = (frames[name][frames[name]["principle_id"] == principle_id]
                       for name in ("evidence", "voices"))
    own = frames["organisations"][frames["organisations"]["organisation_id"].isin(heard["organisation_id"])]
    rated = _rated(principle_id, frames)
    known = {
        "methodological": [f"Evidence by kind: {_counts(evidence['kind'])}.",
                           f"By claim: {_counts(evidence['claim'])}."],
        "coherence": [f"Evidence by stance: {_counts(evidence['stance'])}.", *_contrary(evidence, frames)],
        "adequacy": [f"Organisations behind codes and passages: {heard['organisation_id'].nunique()} of "
                     f"{len(frames['organisations'])}; {_by_source(heard)}."],
        "relevance": [f"They work in {_count_places(own, frames, 'country_id')} countries, in "
                      f"{_count_places(own, frames, 'region_id')} regions; "
                      f"resources: {_counts(own['resource_level'])}."],
        "benefit": [_claimed(evidence, "supports", "reported_to_work", "outcome_measured")],
        "harm": [_claimed(evidence, "contradicts", "reported_to_fail"),
                 _claimed(evidence, "qualifies", "reported_to_fail")],
        "equity": [f"Raters' resources: {_counts(rated['resource_level'])}." if len(rated) else ""],
        "acceptability": [*_votes(principle_id, "importance", frames), *_signed(principle_id, frames)],
        "feasibility": [*_votes(principle_id, "feasibility", frames), *_by_resources(rated)]}
    return pd.DataFrame([(name, " ".join(filter(None, known[name]))) for name in COMPONENTS],
                        columns=["component", "known"])


def represented(principle_id: str, frames: Frames) -> pd.DataFrame:
    """One row an attribute of organisations and a value: attribute, value, study_n, evidence_n, raters_n.

    How many organisations of the study have it, how many of those behind codes and passages of the
    principle, and how many of those whose raters voted in its last closed round.
    """
    voices = frames["voices"]
    heard, rated = (set(frame["organisation_id"]) for frame in (
        voices[voices["principle_id"] == principle_id], _rated(principle_id, frames)))
    register = frames["organisations"]
    rows = [(name, value, len(own), len(own & heard), len(own & rated)) for name in ATTRIBUTES
            for value, ids in register[register[name] != ""].groupby(name)["organisation_id"]
            for own in [set(ids)]]
    return pd.DataFrame(rows, columns=["attribute", "value", "study_n", "evidence_n", "raters_n"])


def unheard(represented: pd.DataFrame) -> list[str]:
    """Who is in the study and neither behind the evidence nor among those who rated, in sentences.

    >>> unheard(pd.DataFrame([("language", "km", 1, 0, 0), ("language", "en", 9, 4, 0)],
    ...     columns=["attribute", "value", "study_n", "evidence_n", "raters_n"]))
    ['Not behind the evidence: language km.', 'Not among those who rated: language en, km.']
    """
    lines = {"evidence_n": "Not behind the evidence", "raters_n": "Not among those who rated"}
    said = []
    for column, line in lines.items():
        missing = represented[represented[column] == 0].groupby("attribute", sort=False)["value"].agg(sorted)
        parts = [f"{name.removesuffix('_id').replace('_', ' ')} {', '.join(values)}"
                 for name, values in missing.items()]
        said += [f"{line}: {'; '.join(parts)}."] if parts else []
    return said


def _counts(words: pd.Series) -> str:
    """Each word with how often it stands there, the frequent first.

    >>> _counts(pd.Series(["code", "segment", "code", "outcome_measured"]))
    '2 code, 1 outcome measured, 1 segment'
    """
    counted = sorted(words[words != ""].value_counts().items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counted) or "none"


def _contrary(evidence: pd.DataFrame, frames: Frames) -> list[str]:
    """How many organisations said the contrary of a code that supports it."""
    cited = evidence.loc[(evidence["kind"] == "code") & (evidence["stance"] == "supports"), "reference"]
    rows = frames["mentions"][frames["mentions"]["code_id"].isin(cited)]
    count = rows.loc[rows["is_contradicted"], "organisation_id"].nunique()
    return [f"Organisations that said the contrary of a code that supports it: {count}."] if count else []


def _by_source(heard: pd.DataFrame) -> str:
    counted = heard.groupby("source")["organisation_id"].nunique()
    return ", ".join(f"in {source}s {counted.get(source, 0)}" for source in ("interview", "call", "answer"))


def _count_places(own: pd.DataFrame, frames: Frames, column: str) -> int:
    """In how many countries, or regions, the organisations work; a blank is none."""
    answers = frames["answers"]
    places = answers.loc[answers["organisation_id"].isin(own["organisation_id"]), column]
    return places[places != ""].nunique()


def _claimed(evidence: pd.DataFrame, stance: str, *claims: str) -> str:
    counted = evidence.loc[evidence["stance"] == stance, "claim"].value_counts()
    said = ", ".join(f"{claim.replace('_', ' ')} {counted.get(claim, 0)}" for claim in claims)
    return f"Evidence that {stance}: {said}."


def _last(rows: pd.DataFrame, principle_id: str) -> pd.DataFrame:
    """The rows on the principle of its last closed round; round 10 comes after round 9."""
    own = rows[rows["principle_id"] == principle_id]
    last = max(own["round_id"].astype("str"), key=lambda name: (len(name), name), default="")
    return own[own["round_id"] == last]


def _rated(principle_id: str, frames: Frames) -> pd.DataFrame:
    """Counted ratings of providers in the last closed round, with their resources."""
    own = _last(frames["ratings"], principle_id)
    own = own[(own["panel"] == "provider") & (own["held_out"] == "") & ~own["is_abstained"].astype(bool)]
    levels = frames["organisations"].set_index("organisation_id")["resource_level"]
    rows = own.assign(resource_level=own["organisation_id"].map(levels).astype("str").fillna(""))
    return rows if "feasibility" not in set(rows["criterion"]) else rows[rows["criterion"] == "feasibility"]


def _votes(principle_id: str, criterion: str, frames: Frames) -> Iterator[str]:
    rows = _last(frames["tallies"], principle_id)
    rows = rows[rows["criterion"] == criterion].itertuples()
    for row in sorted(rows, key=lambda row: allowed_words("raters", "role").index(row.panel)):
        yield (f"{criterion.capitalize()}, {row.panel.replace('_', ' ')}s: {row.votes_high} of {row.n} votes "
               f"high, {row.votes_low} low.")


def _by_resources(rated: pd.DataFrame) -> Iterable[str]:
    """The median score of raters by their organisations' resources, where nobody can be told from it."""
    for level, scores in rated[rated["resource_level"] != ""].groupby("resource_level")["score"]:
        told = f"median {median(map(int, scores)):g}" if len(scores) >= LEAST else "too few to show"
        yield f"Resources {level}: {told} (votes: {len(scores)})."


def _signed(principle_id: str, frames: Frames) -> list[str]:
    now = frames["principles"][frames["principles"]["is_current"]].set_index("principle_id")["version"]
    own = frames["signoffs"][frames["signoffs"]["principle_id"] == principle_id]
    own = own[own["version"].isin(now[now.index == principle_id])]
    return [f"Signed by organisations: {_counts(own['decision'])}."] if len(own) else []
