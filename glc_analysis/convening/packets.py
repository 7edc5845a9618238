"""The packets for the convening: which parts each has, in which order, and with which rating forms.

In: the reference tables and names. Out: a list of packets, each with its parts. A packet is for one
organisation, which is the only one to get its own brief, or for everybody (``shared``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from glc_analysis.convening.rating_forms import Form
from glc_analysis.errors import UsageError, nearest
from glc_analysis.reference import Reference

SHARED = "shared"
BRIEFS = ("brief", "country", "theme")
"""Parts of two pages, each of which is also a page of its own."""


@dataclass(frozen=True)
class Part:
    """A part of a packet. ``slug`` is its name for ``--only``, ``item`` the country, theme or organisation
    that it is about."""

    slug: str
    kind: str
    title: str
    item: str = ""


@dataclass(frozen=True)
class Packet:
    """One packet: for an organisation, or for everybody where ``organisation`` is blank."""

    organisation: str
    label: str
    parts: tuple[Part, ...]
    forms: tuple[Form, ...] = ()

    @property
    def name(self) -> str:
        """The folder of the packet."""
        return self.organisation or SHARED


def packets(reference: Reference, labels: Mapping[str, str], *, countries: Mapping[str, str],
            themes: Mapping[str, str], forms: Iterable[Form] = (), organisation: str = "",
            only: Collection[str] = ()) -> list[Packet]:
    """The packet of an organisation (its id or its name), the ``shared`` one, or all there are.

    ``labels``, ``countries`` and ``themes`` are names by id; ``countries`` has only those that the convening
    may know of. All packets are those of the organisations that may rate (where raters.csv names none, of
    every organisation) and the shared one, which has the countries instead of an organisation's own brief. A
    part for which the study has no content is left out. ``only`` has slugs of parts.

    Raises UsageError with the nearest names for an unknown organisation or part.
    """
    if organisation == SHARED:
        chosen = [""]
    elif organisation:
        chosen = [_known(organisation, labels)]
    else:
        may = reference.raters.query("may_rate == 'true'")["organisation_id"]
        chosen = [*sorted({*may} & {*labels} or labels), ""]
    held = {"joint": reference.joint_display, "principles": reference.principles}
    lacking = {kind for kind, table in held.items() if table.empty}
    of = dict(zip(reference.raters["rater_id"], reference.raters["organisation_id"], strict=True))
    made = []
    for one in chosen:
        own = tuple(form for form in forms if one and of[form.rater_id] == one)
        parts = tuple(part for part in _parts(one, labels, countries, themes)
                      if part.kind not in lacking and (own or part.kind != "form"))
        made.append(Packet(one, labels.get(one, "all who come"), parts, own))
    return _only(made, only)


def _parts(organisation: str, labels: Mapping[str, str], countries: Mapping[str, str],
           themes: Mapping[str, str]) -> Iterator[Part]:
    if organisation:
        yield Part("brief", "brief", f"The brief of {labels[organisation]}", organisation)
    else:
        for one, name in countries.items():
            yield Part(f"country-{one.lower()}", "country", f"Country: {name}", one)
    for one, name in themes.items():
        yield Part(f"theme-{one.lower()}", "theme", f"Theme: {name}", one)
    yield Part("joint-display", "joint", "Joint display of survey and interviews")
    yield Part("principles", "principles", "Candidate principles")
    yield Part("rating-form", "form", "Rating form")


def _only(made: list[Packet], only: Collection[str]) -> list[Packet]:
    """The packets with the chosen parts only; a packet without any of them is left out."""
    known = {part.slug for packet in made for part in packet.parts}
    for slug in only:
        if slug == "rating-form" and slug not in known:
            raise UsageError("There is no rating form for this packet: no round is open, or nobody from the "
                             "organisation may rate. To fix: `glc forms --round ROUND` opens a round.")
        if slug not in known:
            raise UsageError(f"There is no part {slug!r} in these packets; {nearest(slug, known)}.")
    if not only:
        return made
    cut = [Packet(one.organisation, one.label, tuple(part for part in one.parts if part.slug in only),
                  one.forms) for one in made]
    return [one for one in cut if one.parts]


def _known(name: str, labels: Mapping[str, str]) -> str:
    """The id of an organisation by its id or its name, whatever the case."""
    ids = {text.casefold(): one for one, label in labels.items()
           for text in (label, label.removesuffix(" (invented)"), one)}
    if name.strip().casefold() in ids:
        return ids[name.strip().casefold()]
    raise UsageError(f"There is no organisation {name!r}; {nearest(name, [*labels, *labels.values()])}.")
