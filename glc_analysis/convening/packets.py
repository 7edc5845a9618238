"""The packets for the convening: who gets one, and which parts it has, in which order.

In: the reference tables and names. Out: a list of packets, each with its parts. A packet is for one
organisation, which is the only one to get its own brief; or for a group of people, by the name of its folder
(:data:`GROUPS`). Rating forms are in no packet: a packet has a name on it, and a ballot must not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from glc_analysis.errors import GLCError, UsageError, nearest
from glc_analysis.reference import Reference

SHARED, ADVISERS, OBSERVERS = "shared", "survivor-advisers", "observers"
BACKGROUND, INTERPRETERS, FACILITATORS = "background", "interpreters", "facilitators"
GROUPS = {ADVISERS: "the survivor advisers", OBSERVERS: "the observers", SHARED: "all who come",
          BACKGROUND: "every table: themes and countries", INTERPRETERS: "the interpreters",
          FACILITATORS: "the facilitators"}
"""The packets that are not for one organisation, by their folder: for whom each is."""
BRIEFS = ("brief", "country", "theme")
"""Parts of two pages, each of which is also a page of its own."""
JOINT_DISPLAY = "Joint display of survey and interviews"
_ROLES = {"survivor_adviser": ADVISERS, "observer": OBSERVERS}


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
    """One packet: for an organisation, or for the group of a ``folder`` where ``organisation`` is blank."""

    organisation: str
    label: str
    parts: tuple[Part, ...]
    folder: str = SHARED

    @property
    def name(self) -> str:
        """The folder of the packet."""
        return self.organisation or self.folder


def packets(reference: Reference, labels: Mapping[str, str], *, countries: Mapping[str, str],
            themes: Mapping[str, str], organisation: str = "", only: Collection[str] = ()) -> list[Packet]:
    """The packet of an organisation (its id or its name) or of a group of :data:`GROUPS`, or all there are.

    ``labels``, ``countries`` and ``themes`` are names by id; ``countries`` has only those that the convening
    may know of. All packets are those of the organisations that may rate (where raters.csv names none, of
    every organisation), and those of the groups; survivor advisers and observers have one where raters.csv
    names any. A part for which the study has no content is left out. ``only`` has slugs of parts.

    Raises UsageError with the nearest names for an unknown organisation or part; GLCError where an
    organisation has the id of a group.
    """
    if clash := sorted(GROUPS.keys() & labels):
        raise GLCError(f"An organisation has the id {clash[0]!r}, which is the name of a packet for a group. "
                       "To fix: give the organisation another id.")
    roles = {_ROLES.get(role, SHARED) for role in reference.raters["role"]}
    if organisation in GROUPS:
        chosen = [organisation]
    elif organisation:
        chosen = [_known(organisation, labels)]
    else:
        may = reference.raters.query("may_rate == 'true'")["organisation_id"]
        chosen = [*sorted({*may} & {*labels} or labels),
                  *(one for one in GROUPS if one in roles or one not in _ROLES.values())]
    held = {"joint": reference.joint_display, "principles": reference.principles,
            "interpreter": reference.principles, "facilitator": reference.principles}
    lacking = {kind for kind, table in held.items() if table.empty}
    made = [Packet("" if one in GROUPS else one, GROUPS.get(one) or labels[one],
                   tuple(part for part in _parts(one, labels, countries, themes) if part.kind not in lacking),
                   one if one in GROUPS else SHARED) for one in chosen]
    return _only([one for one in made if one.parts], only)


def _parts(name: str, labels: Mapping[str, str], countries: Mapping[str, str],
           themes: Mapping[str, str]) -> Iterator[Part]:
    if name == BACKGROUND:
        for one, title in themes.items():
            yield Part(f"theme-{one.lower()}", "theme", f"Theme: {title}", one)
        for one, title in countries.items():
            yield Part(f"country-{one.lower()}", "country", f"Country: {title}", one)
        return
    if name == INTERPRETERS:
        yield Part("interpreter", "interpreter", "Interpreter's sheet")
        return
    if name == FACILITATORS:
        yield Part("facilitator", "facilitator", "Facilitator's sheet")
        return
    yield Part("guide", "guide", "How to read this and how to vote")
    if name not in GROUPS:
        yield Part("brief", "brief", f"The brief of {labels[name]}", name)
    yield Part("principles", "principles", "Candidate principles")
    yield Part("joint-display", "joint", JOINT_DISPLAY)


def _only(made: list[Packet], only: Collection[str]) -> list[Packet]:
    """The packets with the chosen parts only; a packet without any of them is left out."""
    known = {part.slug for packet in made for part in packet.parts}
    for slug in only:
        if slug == "rating-form":
            raise UsageError("Rating forms are in no packet, since a packet has a name on it. To fix: `glc "
                             "forms --round ROUND` writes them all as one PDF for the printer.")
        if slug not in known:
            raise UsageError(f"There is no part {slug!r} in these packets; {nearest(slug, known)}.")
    if not only:
        return made
    cut = [Packet(one.organisation, one.label, tuple(part for part in one.parts if part.slug in only),
                  one.folder) for one in made]
    return [one for one in cut if one.parts]


def _known(name: str, labels: Mapping[str, str]) -> str:
    """The id of an organisation by its id or its name, whatever the case."""
    ids = {text.casefold(): one for one, label in labels.items()
           for text in (label, label.removesuffix(" (invented)"), one)}
    if name.strip().casefold() in ids:
        return ids[name.strip().casefold()]
    known = [*labels, *labels.values(), *GROUPS]
    raise UsageError(f"There is no organisation {name!r}; {nearest(name, known)}.")
