"""Computes what a reader of a release can work out, by integer programming over all sets of answers that fit
the release.

An attacker knows the list of participants with their regions, the questionnaire with its skip logic, what the
pages of countries print, and also the answers of some organisations. Other organisations of one region (and
country, if figures of it are printed) cannot be distinguished in the release. Their answers are therefore
counted by region, which is exact, and small enough to solve a thousand times.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from glc_analysis.cleaning.skip_logic import Comparison, parse_condition
from glc_analysis.disclosure.bounds import make_independent_organisation_matrix
from glc_analysis.disclosure.rules import Rules
from glc_analysis.figures.discordance import DISCORDANCE
from glc_analysis.figures.estimates import determine_membership, name_call_or_unguided_interview
from glc_analysis.figures.groupings import (
    NO_GROUPINGS,
    UNCHOSEN,
    Grouping,
    is_about_group_chosen_for_question,
)

LEAST = 5
"""The fewest organisations behind a count that may be exact."""
FOR_SIZE = ["count_too_small", "unanimous", "partition", "country", "complement_too_small", "base_too_small",
            "code_tree"]
_COUNTRIES = ("country", "home_country")
UNCHOSEN_GROUPINGS = {unit: Grouping(attribute) for unit, attribute in UNCHOSEN.items()}
WIDE = ["count_too_small", "unanimous", "partition", "code_tree"]
"""The rules that hide a count although its group is shown."""


FITS, FITS_NOT = 0, 2
"""The answers of the solver: there are such numbers, or there are none."""


@dataclass
class Puzzle:
    """Unknown whole numbers, and what is known of their sums."""

    most: list[float] = field(default_factory=list)
    sums: list[tuple[dict[int, float], float, float]] = field(default_factory=list)

    def number(self, most):
        self.most.append(float(most))
        return len(self.most) - 1

    def add(self, terms, low=-np.inf, high=np.inf):
        self.sums.append((terms, low, high))

    def range(self, terms):
        """Returns the least and the greatest value that a sum of unknown numbers can have."""
        found = [self.fits(aim={i: sign * c for i, c in terms.items()}) for sign in (1, -1)]
        return [round(sum(c * numbers[i] for i, c in terms.items())) for numbers in found]

    def fits(self, *also, aim=None):
        """Returns numbers that fit everything known; None if there are none. With ``aim``, returns the
        numbers for which this sum is least."""
        cost = np.zeros(len(self.most))
        for i, c in (aim or {}).items():
            cost[i] = c
        sums = [*self.sums, *also]
        entries = [(k, i, c) for k, (given, _, _) in enumerate(sums) for i, c in given.items()]
        at, on, c = (np.array(part) for part in zip(*entries, strict=True))
        matrix = coo_array((c, (at, on)), shape=(len(sums), len(self.most))).tocsr()
        _, low, high = zip(*sums, strict=True)
        for presolve in (True, False):  # the solver now and then simplifies until nothing fits: ask twice
            found = milp(cost, constraints=LinearConstraint(matrix, low, high),
                         integrality=np.ones(len(self.most)), bounds=Bounds(0, np.array(self.most)),
                         options={"presolve": presolve})
            if found.status == FITS:
                return found.x
        assert found.status == FITS_NOT, f"the solver came to no answer: {found.message}"
        return None


class Attack:
    """The release of one study for one audience, together with the true answers, from which the worst cases
    are chosen and with which results are compared."""

    def __init__(self, frames, behind, decisions, settings, audience, also=None, groupings=NO_GROUPINGS):
        """``also`` are the decisions for another audience whose pages the same readers have. ``groupings``
        are the chosen groupings, one for all questions of a unit."""
        units = frames["questions"].set_index("question_id")["unit"]
        self.groupings = UNCHOSEN_GROUPINGS | {units.get(key, "organisation"): one
                                               for key, one in groupings.items()}
        self.frames, self.decisions, self.rules = frames, decisions, Rules.from_settings(settings, audience)
        self.figures = frames["figures"].merge(decisions, on="figure_id", how="left", validate="1:1")
        if also is not None:
            others = frames["figures"].merge(also, on="figure_id", how="left", validate="1:1")
            is_more = (self.figures["status"] == "suppressed") & (others["status"] != "suppressed")
            self.figures[is_more] = others[is_more]
        self.names = behind.organisations
        # What was raised in calls, or in interviews without a guide, counts by itself, as other codes would.
        source = name_call_or_unguided_interview(self.figures)
        is_apart = source != ""
        self.figures = self.figures.astype(dict.fromkeys(["code_id", "subset_kind", "subset_id"], "str"))
        self.figures = self.figures.assign(
            code_id=lambda f: f["code_id"].mask(is_apart, f["code_id"] + "/" + source),
            subset_kind=lambda f: f["subset_kind"].mask(is_apart, "all"),
            subset_id=lambda f: f["subset_id"].mask(is_apart, ""))
        kind, seen = self.figures["subset_kind"], self.figures["status"].isin(["shown", "banded"])
        where = self.figures["question_id"].astype("str") + "/" + self.figures["subset_id"].astype("str")
        is_printed = where.isin(
            where[seen & (kind == "country")]) & (audience == "public")
        answers = frames["answers"].astype("str")
        self.region_of = dict(zip(answers["country_id"], answers["region_id"], strict=True))
        kept = self.figures["measure"].isin(["response", "coded"]) & self.figures["n"].notna() & (
            (kind == "all") | is_about_group_chosen_for_question(self.figures, self.figures["question_id"],
                                                                 groupings)
            | (kind == "country") & is_printed)
        self.figures = self.figures[kept]
        at = np.flatnonzero(kept)
        self.base, self.counted = behind.base[at].toarray(), behind.counted[at].toarray()
        self.place = pd.Series(range(len(at)), self.figures.index)
        independent = make_independent_organisation_matrix(frames["organisations"], pd.Index(self.names))
        self.clusters = independent.argmax(axis=1)
        asked = frames["questions"].set_index("question_id")
        self.types, self.conditions = asked["type"].to_dict(), {
            key: parse_condition(text) for key, text in asked["asked_if"].items()}
        self.tables = {question or code: rows for (question, code), rows in self.figures.groupby(
            ["question_id", "code_id"], observed=True)}
        self.truths = {key: self._truth(rows) for key, rows in self.tables.items()}
        self.printed = {key: [(row.option_id, row.subset_id, int(row.shown_base_n),
                               *self.range(row, int(row.shown_base_n)))
                              for row in rows[rows["status"].isin(["shown", "banded"])].itertuples()]
                        for key, rows in self.tables.items()}
        if also is not None:
            for key, rows in self.tables.items():
                rows = others.loc[rows.index]
                self.printed[key] += [
                    (row.option_id, subset, int(row.shown_base_n), *self.range(row, int(row.shown_base_n)))
                    for row, subset in zip(rows.itertuples(), self.tables[key]["subset_id"], strict=True)
                    if row.status in ("shown", "banded") and row.subset_kind not in _COUNTRIES]
        rows = decisions[decisions["status"] == "shown"].merge(frames["figures"], on="figure_id")
        pages = rows[(rows["subset_kind"] == "country") & (audience == "convening")]
        pages = pages.groupby(pages["question_id"].where(pages["code_id"] == "", pages["code_id"]))
        self.told = {key: self._told(pages.get_group(key) if key in pages.groups else rows[:0])
                     for key in self.tables}
        self.sizes = {unit: self._sizes(unit) for unit in ("organisation", "answer")}

    def _sizes(self, unit):
        """Returns the number of records of each organisation by region and country; records without a region
        come last."""
        table = self.frames[unit + "s"]
        owner = pd.Index(self.names).get_indexer(table["organisation_id"])
        every = np.bincount(owner, minlength=len(self.names))
        grouping = self.groupings[unit]
        belongs = determine_membership(grouping.attribute, unit, self.frames["organisations"],
                                       self.frames["answers"], grouping.merged)
        by = {name: np.bincount(owner[belongs.rows[belongs.subsets == k]], minlength=len(self.names))
              for k, name in enumerate(belongs.names) if name not in grouping.list_merged_attribute_values()}
        countries = {}
        if unit == "answer":
            for country in table["country_id"].unique():
                rows = (table["country_id"] == country).to_numpy()
                countries[country] = np.bincount(owner[rows], minlength=len(self.names))
        return {**by, "": every - sum(by.values()), **countries}

    def _told(self, rows):
        """Returns the options for which pages of countries print answers, and the organisations whose answers
        they print completely."""
        work = self.frames["answers"].astype({"organisation_id": "str", "country_id": "str"})
        elsewhere = set(work.loc[~work["country_id"].isin(rows["subset_id"]), "organisation_id"])
        return set(rows["option_id"]), ~np.isin(self.names, [*elsewhere])

    def _truth(self, rows):
        """Returns {(option, region): (records in the base, records counted)}, each by organisation.

        A country whose figures are printed stands for itself and is not in its region.
        """
        found = {}
        for option, own in rows.groupby("option_id"):
            whole = own.index[own["subset_kind"] == "all"][0]
            left = {"": [self.base[self.place[whole]], self.counted[self.place[whole]]]}
            is_country = own["subset_kind"].isin(_COUNTRIES)
            for is_part in (own["subset_kind"] != "all") & ~is_country, is_country:
                for one in own[is_part].itertuples():
                    at, region = self.place[one.Index], self.region_of.get(one.subset_id, "")
                    left[one.subset_id] = [self.base[at], self.counted[at]]
                    above = region if one.subset_kind in _COUNTRIES and region in left else ""
                    left[above] = [a - b for a, b in zip(left[above], left[one.subset_id], strict=True)]
            found |= {(option, region): tuple(both) for region, both in left.items()}
        return found

    def within(self, key, subset):
        """Returns the regions and countries to which a printed figure refers."""
        parts = {region for _, region in self.truths[key]}
        return sorted(one for one in parts if subset in ("", one)
                      or one in self.region_of and self.region_of[one] == subset)

    def room(self, key):
        """Returns the number of records of each organisation by region, or of all regions together if no
        figure distinguishes regions."""
        sizes = self.sizes[self.tables[key]["unit"].iloc[0]]
        parts = {region for _, region in self.truths[key]}
        if parts == {""}:
            return {"": sum(size for one, size in sizes.items() if one not in self.region_of)}
        found = {one: sizes[one] for one in sizes if one in parts or one not in self.region_of}
        for country in parts & self.region_of.keys():
            region = self.region_of[country] if self.region_of[country] in found else ""
            found[region] = found[region] - found[country]
        return found

    def is_alike(self, *keys):
        """Whether questions are counted over the same records and the same regions."""
        return len({(self.tables[key]["unit"].iloc[0], *sorted(self.room(key))) for key in keys}) == 1

    def linked(self, key):
        """Returns the question, the questions that depend on it, and the questions on which any of these
        depend."""
        before = {one: condition.name for one, condition in self.conditions.items()
                  if isinstance(condition, Comparison) and {one, condition.name} <= set(self.tables)}
        found = [key]
        for one in found:  # both lists grow while they are read
            found += [other for other, name in before.items() if name == one and other not in found]
        for one in found:
            found += [before[one]] if one in before and before[one] not in found else []
        return found

    def puzzle(self, keys, known):
        """Returns everything published about some questions, as sums of unknown numbers, and these numbers by
        name."""
        game, numbers = Puzzle(), {}
        for key in keys:
            truth, sizes, (told, read) = self.truths[key], self.room(key), self.told[key]
            options = sorted({option for option, _ in truth})
            regions = sorted({region for _, region in truth})
            mine = known | read
            for region in regions:
                self._read(game, key, region, numbers, read & ~known)
                room = sizes[region][~mine].sum()
                base = numbers[key, None, region] = game.number(room)
                given = [numbers.setdefault((key, option, region), game.number(room)) for option in options]
                for one in given:
                    game.add({one: 1, base: -1}, high=0)
                if self.types.get(key) in ("single", "scale"):
                    game.add({base: -1, **dict.fromkeys(given, 1)}, 0, 0)
                elif self.types.get(key) == "multi":
                    game.add({base: -1, **dict.fromkeys(given, 1)}, low=0)
            for option, subset, size, low, high in self.printed[key]:
                within = self.within(key, subset)
                known_base, known_n = (sum(truth[option, region][k][own].sum() for region in within)
                                       for k, own in ((0, mine), (1, mine if option in told else known)))
                game.add({numbers[key, None, region]: 1 for region in within}, *[size - known_base] * 2)
                game.add(self._all(key, option, within, numbers), low - known_n, high - known_n)
        for key in keys:
            self._skip(game, key, numbers, known)
        return game, numbers

    def _read(self, game, key, region, numbers, read):
        """Adds what is known of organisations whose answers are printed except for some options: if none of
        the printed options was ticked, one of the others was."""
        told, truth = self.told[key][0], self.truths[key]
        options = sorted({option for option, _ in truth})
        if not read.any():
            return
        base = truth[options[0], region][0][read]
        hidden = [numbers.setdefault((key, option, region, "told"), game.number(base.sum()))
                  for option in options if option not in told]
        if self.types.get(key) == "multi":
            ticked = sum(truth[option, region][1][read] for option in told)
            game.add(dict.fromkeys(hidden, 1), low=base[ticked == 0].sum())

    def _all(self, key, option, regions, numbers):
        """Returns the unknown answers to an option in these regions, as terms of a sum."""
        names = [(key, option, region, *more) for region in regions for more in ((), ("told",))]
        return {numbers[name]: 1 for name in names if name in numbers}

    def range(self, row, size):
        """Returns the bounds of a printed figure: the figure itself, or the ends of its range."""
        if row.status == "shown":
            return int(row.shown_n), int(row.shown_n)
        return int(row.shown_low), int(row.shown_high)

    def _skip(self, game, key, numbers, known):
        """Adds the skip logic: only organisations with the required earlier answer were asked. Nothing is
        added where people answered all the same."""
        condition = self.conditions.get(key)
        if not isinstance(condition, Comparison) or (condition.name, None, "") not in numbers:
            return
        upper, truth = condition.name, self.truths
        unread = self.told[upper][1] & ~self.told[key][1] & ~known
        known = known | self.told[key][1]
        is_same, room = self.is_alike(key, upper), self.room(key)
        most = 1 if is_same else max(sum(room.values()))  # an organisation may answer for several countries
        mine, theirs = ({region for _, region in truth[one]} for one in (key, upper))
        for part in [{region} for region in mine] if is_same else [mine]:
            named = [(value, region) for value in condition.values
                     for region in (part if is_same else theirs) if (value, region) in truth[upper]]
            limit = sum(truth[upper][one][1] for one in named) * most
            everyone = sum(room[region] for region in part)
            if condition.operator == "!=":
                limit = everyone - limit
            base = sum({region: base for (_, region), (base, _) in truth[key].items()
                        if region in part}.values())
            if (base > limit).any():
                continue
            terms = {numbers[key, None, region]: 1 for region in part}
            sign, rest = (1, everyone[~known].sum()) if condition.operator == "!=" else (-most, 0)
            rest -= sign * sum(truth[upper][one][1][unread].sum() for one in named
                               if one[0] in self.told[upper][0])
            game.add({**terms, **{number: sign for option, region in named
                                  for number in self._all(upper, option, [region], numbers)}}, high=rest)

    def cruel(self, key, option):
        """Returns the organisations that know most about the others: the largest among those who gave an
        answer, and among those who did not."""
        sets = [()]
        for (one, _), (base, counted) in self.truths[key].items():
            for side in (counted, base - counted) if one == option else ():
                side = np.where(self.told[key][1] & (option in self.told[key][0]), 0, side)
                by = np.bincount(self.clusters, weights=side)
                first = np.argsort(-by, kind="stable")[:2]
                sets.append(tuple(sorted(one for one in first if by[one] > 0)))
        return [np.isin(self.clusters, one) for one in dict.fromkeys(sets)]

    def certain(self, key, option, known):
        """Returns the regions for which an attacker is certain that none of the other organisations gave an
        answer, or that all who answered did."""
        game, numbers = self.puzzle(self.linked(key), known)
        truth = self.truths[key]
        known = known | self.told[key][1]
        open_ = [r for (o, r), (base, _) in truth.items() if o == option and base[~known].sum() > 0]
        if game.fits() is None:
            raise AssertionError(f"the truth does not fit {key}")
        found = []
        for answer in ("yes", "no"):
            each = {r: {numbers[key, option, r]: 1} if answer == "yes" else
                    {numbers[key, None, r]: 1, numbers[key, option, r]: -1} for r in open_}
            if game.fits(*((terms, 1, np.inf) for terms in each.values())) is None:
                while each:  # one after the other; what fits often frees several
                    region, terms = each.popitem()
                    numbered = game.fits((terms, 1, np.inf))
                    if numbered is None:
                        found.append((key, option, region, f"nobody says {answer}"))
                    else:
                        each = {r: one for r, one in each.items()
                                if round(sum(c * numbered[i] for i, c in one.items())) < 1}
        return found

    def exposed(self, keys):
        """Returns everything about anybody that becomes certain from some questions, and the number of
        attacks that were tried."""
        found, tried = [], 0
        for key in keys:
            if self.tables[key]["status"].isin(["shown", "banded"]).any():
                printed = {option for option, *_ in self.printed[key]}
                is_place = len(printed) < 30 < len(set(self.tables[key]["option_id"]))
                for option in sorted(printed if is_place else set(self.tables[key]["option_id"])):
                    for known in self.cruel(key, option):
                        found += self.certain(key, option, known)
                        tried += 1
        return found, tried

    def followed(self, keys):
        """Returns the figures of some questions that are hidden because of their size although their number
        follows from the other figures. Also returns how many hidden figures were tried.

        If one group is not shown, it is what the other groups leave of the whole. Its large counts may
        follow, like those of any shown group. Its small counts must not follow.
        """
        hidden = self._of(keys, FOR_SIZE)
        nobody, found = np.zeros(len(self.names), dtype=bool), []
        agreed = np.any([read for _, read in self.told.values()], axis=0)
        for (question, code), rows in hidden.groupby(["question_id", "code_id"], observed=True):
            key = question or code
            game, numbers = self.puzzle(self.linked(key), nobody)
            for row in rows.itertuples():
                within = self.within(key, row.subset_id)
                terms = self._all(key, row.option_id, within, numbers)
                told, read = self.told[key]
                if not self.base[self.place[row.Index]][~agreed].any() or self._is_rest(key, row):
                    continue  # it is about those who agreed alone, or about all others together
                counted = sum(self.truths[key][row.option_id, r][1] for r in within)
                others = self.base[self.place[row.Index]] - counted
                is_large = min((counted > 0).sum(), (others > 0).sum()) >= LEAST
                if row.rule == "complement_too_small" and is_large:
                    continue
                n = row.n - sum(self.truths[key][row.option_id, r][1][read].sum() for r in within
                                if row.option_id in told)
                if all(game.fits(other) is None for other in (
                        (terms, n + 1, np.inf), (terms, -np.inf, n - 1))):
                    found.append(row.figure_id)
        return found, len(hidden)

    def _is_rest(self, key, row):
        """Whether all organisations about which pages of countries print nothing are in the group. The
        group's figure is then what the printed figure of the study leaves without these pages, and rule
        ``difference`` has permitted it."""
        whole = next(one for one in self.tables[key].itertuples()
                     if one.option_id == row.option_id and one.subset_kind == "all")
        outside = self.base[self.place[whole.Index]] - self.base[self.place[row.Index]]
        options, read = self.told[key]
        return row.option_id in options and whole.status == "shown" and not outside[~read].any()

    def _of(self, keys, rules):
        """Returns the figures of some questions and codes that are hidden by one of the ``rules``."""
        rows = self.figures[self.figures["rule"].isin(rules)]
        return rows[rows["question_id"].astype("str").isin(keys) | rows["code_id"].isin(keys)]

    def narrow(self, keys):
        """Returns the hidden counts of shown groups that have fewer than three possible values for up to two
        organisations that know their own answers, and the number of attacks that were tried."""
        found, tried = [], 0
        rows = self._of(keys, WIDE)
        agreed = np.any([read for _, read in self.told.values()], axis=0)
        for (question, code), hidden in rows.groupby(["question_id", "code_id"], observed=True):
            key = question or code
            if not self.printed[key]:
                continue
            for row in hidden.itertuples():
                within = self.within(key, row.subset_id)
                for known in self.cruel(key, row.option_id):
                    left = self.base[self.place[row.Index]][~known & ~agreed]
                    if (left > 0).sum() < 3 or self._is_rest(key, row):
                        continue  # it is about those who agreed, and those who know
                    game, numbers = self.puzzle(self.linked(key), known)
                    low, high = game.range(self._all(key, row.option_id, within, numbers))
                    tried += 1
                    if high - low < 2:
                        found.append((row.figure_id, int(known.sum()), low, high))
        return found, tried

    def contradicted(self):
        """Returns whose stated value becomes certain when the figures are read together with a public record,
        and the number of attacks that were tried.

        The unknown numbers are those of regions x recorded values x stated values. An attacker knows two
        organisations that stated a value, or two that did not.
        """
        found, tried = [], 0
        figures = self.frames["figures"].merge(self.decisions, on="figure_id")
        told = figures[(figures["measure"] == DISCORDANCE) & figures["status"].isin(["shown", "banded"])]
        for row in told.itertuples():
            rows = self.frames["stated"].query("indicator == @row.option_id").astype("str")
            rows = rows[rows["question_id"] == row.question_id.removeprefix(f"{DISCORDANCE}/")]
            cluster = dict(zip(self.names, self.clusters, strict=True))
            rows = rows.assign(cluster=rows["organisation_id"].map(cluster))
            between = self.range(row, int(row.shown_base_n))
            for option in sorted({*rows["stated"]}):
                for side in (True, False):
                    first = rows.loc[(rows["stated"] == option) == side, "cluster"].value_counts().index[:2]
                    found += self._against(rows, rows["cluster"].isin(first), option, between)
                    tried += 1
        return found, tried

    def _against(self, rows, is_known, option, between):
        """Returns the groups of rows, by region and recorded value, in which everybody or nobody must have
        stated an option."""
        game, numbers, sizes = Puzzle(), {}, rows[~is_known].groupby(["region_id", "recorded"]).size()
        options = sorted({*rows["stated"], *rows["recorded"]} - {""})
        for cell, size in sizes.items():
            for one in options:
                numbers[cell, one] = game.number(size)
            game.add({numbers[cell, one]: 1 for one in options}, size, size)
        known = rows[is_known]
        for one, region, _, low, high in self.printed[rows["question_id"].iloc[0]]:
            own = {numbers[at, one]: 1 for at in sizes.index if one in options and region in ("", at[0])}
            mine = ((known["stated"] == one) & ((known["region_id"] == region) | (region == ""))).sum()
            if own:
                game.add(own, low - mine, high - mine)
        mine = ((known["recorded"] != "") & (known["stated"] != known["recorded"])).sum()
        differ = {numbers[at, one]: 1 for at in sizes.index for one in options if at[1] not in ("", one)}
        game.add(differ, *(n - mine for n in between))
        assert game.fits() is not None, "the truth does not fit the record"
        return [(*cell, option, answer) for cell, size in sizes.items() for answer, bounds in (
            ("nobody", (1, np.inf)), ("everybody", (-np.inf, size - 1)))
            if game.fits(({numbers[cell, option]: 1}, *bounds)) is None]
