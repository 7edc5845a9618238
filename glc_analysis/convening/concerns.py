"""Counts that help people judge the evidence for a principle and the decision on it.

In: the processed tables (:func:`evidence_tables`). Out: for each component of the judgement a sentence of
counts (:func:`cerqual_counts`), and which kinds of organisations contributed no evidence or did not rate.
The components are those of CERQual (Lewin et al. 2018, Implementation Science 13(Suppl 1):2) and of a
decision table. People judge; no level of concern is computed. The counts are for the team only: other
audiences see counts of organisations by country or resources only as released figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median

import pandas as pd

from glc_analysis.disclosure.quotations import owners
from glc_analysis.schema import allowed_words
from glc_analysis.text import language_name

Frames = Mapping[str, pd.DataFrame]
TABLES = ("principles", "evidence", "judgements", "mentions", "segments", "documents", "organisations",
          "answers", "ratings", "tallies", "signoffs")
COMPONENTS = allowed_words("judgements", "component")
ATTRIBUTES = ("resource_level", "type", "home_region_id", "language")
STANCES = {"supports": "for it", "qualifies": "with limits", "contradicts": "against it"}
"""How a piece of evidence bears on the principle, in words."""
LEAST = 3
"""The median of a smaller group could show how one rater voted."""


def evidence_tables(read: Callable[[str], pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The processed tables :data:`TABLES` by name, and :func:`evidence_contributors` of all evidence."""
    frames = {name: read(name) for name in TABLES}
    return frames | {"evidence_contributors": evidence_contributors(frames["evidence"], frames)}


def evidence_contributors(evidence: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """The organisations whose words are evidence: one row a piece of evidence, organisation and source
    (interview, call, answer), with principle_id, evidence_id, stance, organisation_id, source.

    Contributors to a code are the organisations that raised it, the contributor to a passage is the
    organisation that said it. Figures of the survey and publications have no contributors here.
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


def cerqual_counts(principle_id: str, frames: Frames) -> pd.DataFrame:
    """One row a component, in the order of :data:`COMPONENTS`: component, and ``known``, counts in words."""
    evidence, contributors = (frames[name][frames[name]["principle_id"] == principle_id]
                              for name in ("evidence", "evidence_contributors"))
    organisations = frames["organisations"]
    own = organisations[organisations["organisation_id"].isin(contributors["organisation_id"])]
    rated = _provider_ratings(principle_id, frames)
    known = {
        "methodological": [f"Evidence by kind: {_counts(evidence['kind'])}.",
                           f"By kind of claim: {_counts(evidence['claim'])}."],
        "coherence": [f"Evidence by stance: {_counts(evidence['stance'].map(STANCES))}.",
                      *_contradicted(evidence, frames)],
        "adequacy": [f"Organisations that contributed to its codes and passages: "
                     f"{contributors['organisation_id'].nunique()} of {len(organisations)}; "
                     f"{_by_source(contributors)}."],
        "relevance": [f"They work in {_count_places(own, frames, 'country_id')} countries, in "
                      f"{_count_places(own, frames, 'region_id')} regions; "
                      f"resources: {_counts(own['resource_level'])}."],
        "benefit": [_claims(evidence, "supports", "reported_to_work", "outcome_measured")],
        "harm": [_claims(evidence, "contradicts", "reported_to_fail"),
                 _claims(evidence, "qualifies", "reported_to_fail")],
        "equity": [f"Raters' resources: {_counts(rated['resource_level'])}." if len(rated) else ""],
        "acceptability": [*_votes(principle_id, "importance", frames), *_signatures(principle_id, frames)],
        "feasibility": [*_votes(principle_id, "feasibility", frames), *_by_resources(rated)]}
    return pd.DataFrame([(name, " ".join(filter(None, known[name]))) for name in COMPONENTS],
                        columns=["component", "known"])


def representation(principle_id: str, frames: Frames) -> pd.DataFrame:
    """How many organisations of each kind took part: one row an attribute and value, with study_n (in the
    study), evidence_n (contributed to codes and passages of the principle), raters_n (their raters voted in
    its last closed round).
    """
    contributors = frames["evidence_contributors"].query("principle_id == @principle_id")
    contributed = {*contributors["organisation_id"]}
    rated = {*_provider_ratings(principle_id, frames)["organisation_id"]}
    organisations, rows = frames["organisations"], []
    for name in ATTRIBUTES:
        for value, ids in organisations[organisations[name] != ""].groupby(name)["organisation_id"]:
            own = {*ids}
            rows.append((name, value, len(own), len(own & contributed), len(own & rated)))
    return pd.DataFrame(rows, columns=["attribute", "value", "study_n", "evidence_n", "raters_n"])


def underrepresented(representation: pd.DataFrame) -> list[str]:
    """Which kinds of organisations of the study gave no evidence, and which did not rate, in sentences.

    >>> underrepresented(pd.DataFrame([("language", "km", 1, 0, 0), ("language", "en", 9, 4, 0)],
    ...     columns=["attribute", "value", "study_n", "evidence_n", "raters_n"]))
    ['No evidence from: language Khmer.', 'No ratings from: language English, Khmer.']
    """
    sentences = []
    for column, start in (("evidence_n", "No evidence from"), ("raters_n", "No ratings from")):
        missing = representation[representation[column] == 0]
        missing = missing.groupby("attribute", sort=False)["value"].agg(sorted)
        parts = [f"{name.removesuffix('_id').replace('_', ' ')} "
                 + ", ".join(language_name(one) if name == "language" else one.replace("_", " ")
                             for one in values) for name, values in missing.items()]
        if parts:
            sentences.append(f"{start}: {'; '.join(parts)}.")
    return sentences


def _counts(words: pd.Series) -> str:
    """How often each word occurs, the most frequent first.

    >>> _counts(pd.Series(["code", "segment", "code", "outcome_measured"]))
    '2 code, 1 outcome measured, 1 segment'
    """
    counted = sorted(words[words != ""].value_counts().items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in counted) or "none"


def _contradicted(evidence: pd.DataFrame, frames: Frames) -> list[str]:
    """How many organisations said the opposite of a code that supports the principle."""
    cited = evidence.loc[(evidence["kind"] == "code") & (evidence["stance"] == "supports"), "reference"]
    rows = frames["mentions"][frames["mentions"]["code_id"].isin(cited)]
    count = rows.loc[rows["is_contradicted"], "organisation_id"].nunique()
    if not count:
        return []
    return [f"Organisations that said the opposite of a code that supports the principle: {count}."]


def _by_source(contributors: pd.DataFrame) -> str:
    counted = contributors.groupby("source")["organisation_id"].nunique()
    return ", ".join(f"in {source}s {counted.get(source, 0)}" for source in ("interview", "call", "answer"))


def _count_places(own: pd.DataFrame, frames: Frames, column: str) -> int:
    """In how many countries, or regions, the organisations work; a blank is none."""
    answers = frames["answers"]
    places = answers.loc[answers["organisation_id"].isin(own["organisation_id"]), column]
    return places[places != ""].nunique()


def _claims(evidence: pd.DataFrame, stance: str, *claims: str) -> str:
    counted = evidence.loc[evidence["stance"] == stance, "claim"].value_counts()
    counts = ", ".join(f"{claim.replace('_', ' ')} {counted.get(claim, 0)}" for claim in claims)
    return f"Evidence {STANCES[stance]}: {counts}."


def _last_round(rows: pd.DataFrame, principle_id: str) -> pd.DataFrame:
    """The principle's rows in its last closed round; round 10 comes after round 9."""
    own = rows[rows["principle_id"] == principle_id]
    last = max(own["round_id"].astype("str"), key=lambda name: (len(name), name), default="")
    return own[own["round_id"] == last]


def _provider_ratings(principle_id: str, frames: Frames) -> pd.DataFrame:
    """The providers' ratings that count in the last closed round, with their organisations' resources."""
    own = _last_round(frames["ratings"], principle_id)
    own = own[(own["panel"] == "provider") & (own["held_out"] == "") & ~own["is_abstained"].astype(bool)]
    levels = frames["organisations"].set_index("organisation_id")["resource_level"]
    rows = own.assign(resource_level=own["organisation_id"].map(levels).astype("str").fillna(""))
    return rows if "feasibility" not in set(rows["criterion"]) else rows[rows["criterion"] == "feasibility"]


def _votes(principle_id: str, criterion: str, frames: Frames) -> Iterator[str]:
    rows = _last_round(frames["tallies"], principle_id)
    rows = rows[rows["criterion"] == criterion].itertuples()
    for row in sorted(rows, key=lambda row: allowed_words("raters", "role").index(row.panel)):
        yield (f"{criterion.capitalize()}, {row.panel.replace('_', ' ')}s: {row.votes_high} of {row.n} votes "
               f"high, {row.votes_low} low.")


def _by_resources(rated: pd.DataFrame) -> Iterable[str]:
    """The median score by the resources of the raters' organisations; too few votes are not shown."""
    for level, scores in rated[rated["resource_level"] != ""].groupby("resource_level")["score"]:
        score = f"median {median(map(int, scores)):g}" if len(scores) >= LEAST else "too few to show"
        yield f"Resources {level}: {score} (votes: {len(scores)})."


def _signatures(principle_id: str, frames: Frames) -> list[str]:
    now = frames["principles"][frames["principles"]["is_current"]].set_index("principle_id")["version"]
    own = frames["signoffs"][frames["signoffs"]["principle_id"] == principle_id]
    own = own[own["version"].isin(now[now.index == principle_id])]
    return [f"Signed by organisations: {_counts(own['decision'])}."] if len(own) else []
