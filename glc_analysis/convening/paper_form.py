"""A rating form on paper: which fields it asks, what a keyed line means, what two keyings agree on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glc_analysis.cleaning.values import folded, text_version
from glc_analysis.convening import CRITERIA
from glc_analysis.convening.journal import FIRST, SECOND, SETTLED, Keying
from glc_analysis.errors import GLCError, UsageError, nearest
from glc_analysis.intake.ratings_forms import ABSTAIN
from glc_analysis.reference import Reference

Values = Mapping[str, str]


@dataclass(frozen=True)
class PaperForm:
    """What the paper of a round asks: ``statements`` by principle, version and language."""

    round_id: str
    names: dict[str, str]
    statements: dict[tuple[str, str, str], str]
    languages: tuple[str, ...]
    scale: tuple[int, int]

    @classmethod
    def of(cls, reference: Reference, round_id: str, scale: tuple[int, int] = (1, 9)) -> PaperForm:
        """The form of an open round. Raises UsageError for an unknown round, GLCError for a closed one."""
        rounds, known = reference.rounds, reference.principles
        rows = rounds[rounds["round_id"] == round_id]
        if rows.empty:
            raise UsageError(f"There is no round {round_id!r}; {nearest(round_id, rounds['round_id'])}. "
                             f"Mend: `glc forms --round {round_id}` opens it.")
        if (rows["closed_on"] != "").any():
            raise GLCError(f"Round {round_id} was closed on {rows['closed_on'].max()}: nothing more is "
                           "entered. Mend: open another round with `glc forms`.")
        known = known[known["principle_id"].isin(rows["principle_id"])].sort_values(
            "translation_of", key=lambda of: of != "", kind="stable")  # a source before its translations
        current = known[known["translation_of"] == ""].sort_values("version", key=lambda v: v.astype(int))
        names = dict(zip(current["principle_id"], current["short_name"], strict=True))
        keys = [(row.principle_id, row.translation_of.rpartition(".")[2] or row.version, row.language)
                for row in known.itertuples()]
        statements = dict(zip(keys, known["statement"], strict=True))
        return cls(round_id, {one: names.get(one, "") for one in rows["principle_id"]}, statements,
                   tuple(sorted({*known["language"]})), scale)

    def versions(self, principle: str) -> list[str]:
        """The versions of a principle, oldest first."""
        return sorted({version for one, version, _ in self.statements if one == principle}, key=int)

    def fields(self, values: Values) -> Iterator[str]:
        """The fields of the paper in order; what was keyed says whether some are asked at all."""
        if len(self.languages) > 1:
            yield ".language"
        for principle in self.names:
            asked = ["version"] * (len(self.versions(principle)) > 1) + [*CRITERIA, "comment"]
            yield from (f"{principle}.{name}" for name in asked)
            if values.get(f"{principle}.comment"):
                yield f"{principle}.may_be_read"

    def waiting(self, keying: Keying) -> str:
        """The first field that a pass has not reached; blank where it is complete."""
        return next((field for field in self.fields(keying.values) if field not in keying.values), "")

    def agreed(self, passes: Mapping[str, Keying]) -> tuple[dict[str, str], str]:
        """The values on which two complete passes agree or that were settled, up to the first field
        that waits to be settled (blank: none does)."""
        first, second, settled = (passes[name].values for name in (FIRST, SECOND, SETTLED))
        values: dict[str, str] = {}
        for field in self.fields(values):
            one, other = first.get(field), second.get(field)
            if field not in settled and (one is None or other is None or folded(one) != folded(other)):
                return values, field
            values[field] = settled.get(field, one or "")
        return values, ""

    def stage(self, passes: Mapping[str, Keying]) -> tuple[str, str]:
        """The pass that a form is in, and the field it waits at; both blank where all is agreed."""
        for name in (FIRST, SECOND):
            if field := self.waiting(passes[name]):
                return name, field
        field = self.agreed(passes)[1]
        return (SETTLED, field) if field else ("", "")

    def choices(self, field: str) -> list[str]:
        """What may stand in the field of a version or of the language."""
        principle, _, name = field.rpartition(".")
        return {"version": self.versions(principle), "language": [*self.languages]}.get(name, [])

    def understood(self, field: str, line: str) -> tuple[str, str]:
        """What a keyed line means, and what to type instead where it means nothing.

        A digit of any script is one.
        """
        name = field.rpartition(".")[2]
        if name in CRITERIA:
            low, high = self.scale
            number = str(int(line)) if line.isdecimal() else ""
            if number and len(number) == len(line) and low <= int(number) <= high:
                return number, ""
            known = {"a": ABSTAIN, "x": ABSTAIN, "": ""}
            mend = f"a number from {low} to {high}, a (abstain), or nothing where the paper is blank"
        elif name == "comment":
            return line, ""
        elif name == "may_be_read":
            known = {"y": "yes", "yes": "yes", "n": "no", "no": "no", "": ""}
            mend = "y or n, or nothing where the paper is blank"
        else:
            known = {one: one for one in self.choices(field)}
            mend = " or ".join(known)
        meant = known.get(line.casefold())
        return (meant, "") if meant is not None else ("", f"{line!r} is not understood: type {mend}.")

    def rows(self, rater: str, values: Values) -> Iterator[tuple[str, ...]]:
        """An agreed form as rows of :data:`HEADER`; a comment stands with the first criterion."""
        language = values.get(".language", self.languages[0])
        for principle in self.names:
            versions = self.versions(principle)
            version = values.get(f"{principle}.version", versions[-1])
            texts = {at: text for at, text in self.statements.items() if at[:2] == (principle, version)}
            text = texts.get((principle, version, language)) or next(iter(texts.values()))
            said = [values[f"{principle}.comment"], values.get(f"{principle}.may_be_read", "")]
            for criterion in CRITERIA:
                yield (self.round_id, rater, principle, version, text_version(text), criterion,
                       values[f"{principle}.{criterion}"], *(said if criterion == CRITERIA[0] else ("", "")))
