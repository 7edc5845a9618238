"""Computes what a reader of two releases can work out by subtracting them, by integer programming.

The attacker knows who came, left or changed their answers between the releases, and the answers of some of
these organisations.
"""

import numpy as np

from tests.support.attacker import Puzzle

OUTSIDE = "outside"
"""The name of what the regions that are shown leave of the whole."""


def subsets(first, second, key):
    """Returns the whole, the groups that both releases print, and the rest outside these groups."""
    shown = [{subset for _, subset, *_ in one.printed.get(key, ())} for one in (first, second)]
    groups = sorted(set.intersection(*shown) - {""})
    return ["", *groups, *[OUTSIDE] * bool(groups)]


def printed(attack, key, subset, groups):
    """Returns the printed figures of a subset: [(option, size, least, most)]."""
    rows = {(option, one): (size, low, high) for option, one, size, low, high in attack.printed.get(key, ())}
    if subset != OUTSIDE:
        return [(option, *told) for (option, one), told in rows.items() if one == subset]
    groups = [one for one in groups if one not in attack.region_of]
    found = []
    for option in {option for option, one in rows if not one}:
        parts = [rows.get((option, one)) for one in groups]
        if None not in parts:
            size, low, high = rows[option, ""]
            found.append((option, size - sum(one[0] for one in parts), low - sum(one[2] for one in parts),
                          high - sum(one[1] for one in parts)))
    return found


def answers(attack, key, subset="", groups=()):
    """Returns {organisation: (records in the base, {option: records counted})} for the organisations in the
    base of a question."""
    truth = {}
    inside = {part for one in groups if one not in attack.region_of for part in attack.within(key, one)}
    for (option, region), both in attack.truths.get(key, {}).items():
        if region not in inside if subset == OUTSIDE else region in attack.within(key, subset):
            truth[option] = [a + b for a, b in zip(truth.get(option, (0, 0)), both, strict=True)]
    bases = next(iter(truth.values()), (np.zeros(len(attack.names)),))[0]
    return {name: (int(bases[k]), {option: int(counted[k]) for option, (_, counted) in truth.items()})
            for k, name in enumerate(attack.names) if bases[k]}


def subtracted(first, second, key, known=(), subset=""):
    """Returns the answers of changed organisations that become certain from both releases: (which, who,
    option, yes or no)."""
    game, numbers, when, groups = Puzzle(), {}, (0, 1), subsets(first, second, key)[1:-1]
    releases = [printed(one, key, subset, groups) for one in (first, second)]
    if not any(releases):
        return []
    truth = [answers(one, key, subset, groups) for one in (first, second)]
    others = {name: said for name, said in truth[0].items() if truth[1].get(name) == said}
    options = sorted({option for one in truth for _, said in one.values() for option in said}
                     | {option for told in releases for option, *_ in told})
    room = sum(base for base, _ in others.values())
    same = {option: game.number(room) for option in options}
    groups = [(same, room)]
    for t in when:
        for name in sorted({*truth[t]} - {*others}):
            base, said = truth[t][name]
            own = {option: game.number(base) for option in options}
            groups.append((own, base))
            for option, number in own.items():
                numbers[t, name, option] = number
                if name in known:
                    game.add({number: 1}, *[said.get(option, 0)] * 2)
    most = {"single": 1, "scale": 1, "multi": np.inf}.get(first.types.get(key))
    for own, base in groups if most else ():
        game.add(dict.fromkeys(own.values(), 1), base, most * base if base else 0)
    for t in when:
        told = releases[t]
        is_today = t and all(_holds(truth[1], *one) for one in told)  # what stays is of the first release
        for option, _, low, high in told:
            at = [numbers[one] for one in numbers if (one[0], one[2]) == (int(is_today), option)]
            game.add({same[option]: 1, **dict.fromkeys(at, 1)}, low, high)
    assert game.fits() is not None, f"the truth does not fit {key}"
    found, seen = [], {}
    for (t, name, option), number in numbers.items():
        bases = [one.get(name, (0, {}))[0] for one in truth]
        for answer, bounds in (("no", (1, np.inf)), ("yes", (-np.inf, bases[t] - 1))):
            alike = (t, option, answer, *bases)  # to the attacker, who knows no more of one than of another
            if name not in known and alike not in seen:
                seen[alike] = game.fits(({number: 1}, *bounds)) is None
            found += [(t, name, option, answer)] if name not in known and seen[alike] else []
    return found


def _holds(truth, option, size, low, high):
    """Whether a printed figure is true for some answers."""
    n = sum(said.get(option, 0) for _, said in truth.values())
    return size == sum(base for base, _ in truth.values()) and low <= n <= high
