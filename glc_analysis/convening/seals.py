"""Sealing a closed round: what was counted stays, whatever happens in the folder afterwards.

In: the votes and the raters of a round on the day on which it is closed. Out: a folder
``private/rounds/<round>/<number>/`` with every vote (ballots.csv), all raters with their panel, their
organisation, who voted for them, their interests and the digest of their ballot (raters.csv), and the day,
the rule and the quorum of each panel (seal.json). Results of a
sealed round are counted from there. What has changed in the folder since then, such as a form that came late,
is listed (:func:`differences`) and changes nothing. A round that is opened again (:func:`reopen`) gets a new
folder when it is closed; the old one stays, and every result says that it was counted again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.convening.roles import FILE_OF, ROLES, RULE_IN_WORDS, erase_roles, forget_raters
from glc_analysis.digests import Digests
from glc_analysis.errors import Fault, Faults
from glc_analysis.files import write_atomic
from glc_analysis.intake.ratings import COLUMNS
from glc_analysis.study import Study

RATER = ("rater_id", "organisation_id", "role", "may_rate")
"""The columns of raters.csv that a seal keeps; beside them it keeps those of :mod:`.roles`."""
_SEALED = (*RATER, *ROLES)
RULE = ("test", "vote", "quorum", "fixed_on")
"""The settings of ``[consensus]`` that decide a result."""
BALLOTS, RATERS, SEAL, REOPENED = "ballots.csv", "raters.csv", "seal.json", "reopened.csv"


@dataclass(frozen=True)
class Seal:
    """A closed round as it was sealed: ``votes`` as the intake reads them, all ``raters`` of the day, the
    ``rule``, and how many ballots were ``erased`` since by withdrawals. ``quorum`` has the number of ballots
    that each panel needed; None where the round was sealed before the package knew a quorum. ``reopened`` has
    the day and the reason of each time that the round was opened again and other ballots were counted."""

    round_id: str
    closed_on: str
    rule: Mapping[str, Any]
    votes: pd.DataFrame
    raters: pd.DataFrame
    erased: int
    reopened: tuple[tuple[str, str], ...]
    quorum: Mapping[str, int] | None = None

    @property
    def history(self) -> str:
        """What every result of the round says of how it came about; blank where it was closed once.

        >>> Seal("1", "2017-05-09", {}, None, None, 0, (("2017-05-09", "a form was in the post"),)).history
        '; counted again on 2017-05-09, because a form was in the post'
        """
        return "".join(f"; counted again on {self.closed_on}, because {because}"
                       for _, because in self.reopened[-1:])


def seal_round(study: Study, round_id: str, closed_on: str, votes: pd.DataFrame, raters: pd.DataFrame, *,
               quorum: Mapping[str, int]) -> None:
    """Writes the seal of a round that is about to be closed on this day; ``raters`` are those of raters.csv
    with their roles (:func:`.roles.with_roles`), and ``quorum`` has the ballots that each panel needs on a
    text."""
    own = votes.loc[votes["round_id"] == round_id, list(COLUMNS)]
    folder = study.sealed_rounds / round_id / str(1 + len(_reopened(study.sealed_rounds / round_id)))
    settings = study.settings["consensus"]
    study.keep_digest_key()
    shutil.rmtree(folder, ignore_errors=True)  # of a call that was interrupted before the round was closed
    folder.mkdir(parents=True)
    _write(folder / BALLOTS, own)
    _write(folder / RATERS, _with_digests(raters[list(_SEALED)], own, study.digests))
    write_atomic(folder / SEAL, _text_of({
        "closed_on": closed_on, "rule": {name: settings[name] for name in RULE} | {"roles": RULE_IN_WORDS},
        "quorum": {**quorum}, "erased": 0}))


def read_seals(study: Study, rounds: pd.DataFrame) -> dict[str, Seal]:
    """The seals of the closed rounds of rounds.csv, by round; a round that an earlier version of the package
    closed has none. Raises Faults where a sealed ballot is not as it was sealed."""
    seals, faults = {}, []
    for round_id in dict.fromkeys(rounds.loc[rounds["closed_on"] != "", "round_id"]):
        folders = sorted((study.sealed_rounds / round_id).glob(f"*/{SEAL}"),
                         key=lambda path: int(path.parent.name))
        if not folders:
            continue
        folder = folders[-1].parent
        said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        raters = _read_raters(folder / RATERS)
        reopened = _reopened(folder.parent)
        if len(folders) > 1 and _holds(folder) == _holds(folders[-2].parent):
            reopened = reopened[:-1]  # closed again with the same ballots: every result is as before
        seals[round_id] = Seal(round_id, said["closed_on"], said["rule"], _read(folder / BALLOTS),
                               raters[list(_SEALED)], said["erased"], reopened,
                               said.get("quorum"))
        now = _with_digests(raters[list(_SEALED)], seals[round_id].votes, study.digests)["ballot"]
        faults += [Fault(f"the ballot of {rater} is not as it was sealed when round {round_id} was closed",
                         file=study.relative(folder / BALLOTS), value=rater,
                         fix="restore the folder private/rounds from a backup, or open the round again with "
                         f"`glc reopen {round_id}`")
                   for rater in raters.loc[raters["ballot"] != now, "rater_id"]]
    if faults:
        raise Faults(faults)
    return seals


def _holds(folder: Path) -> tuple[bytes, bytes, dict[str, Any]]:
    """What was sealed in a folder, whenever it was."""
    said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    return (folder / BALLOTS).read_bytes(), (folder / RATERS).read_bytes(), said | {"closed_on": ""}


def differences(seals: Mapping[str, Seal], votes: pd.DataFrame,
                raters: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """What is different today, a sentence each: in files (``votes`` of sealed rounds), in raters.csv or in
    the tables of roles. ``raters`` has those of today with their roles, by round."""
    for seal in seals.values():
        now = raters[seal.round_id].set_index("rater_id")
        count = f"What was sealed when round {seal.round_id} was closed on {seal.closed_on} counts"
        here = votes[votes["round_id"] == seal.round_id]
        sealed = {rater: _content(own) for rater, own in seal.votes.groupby("rater_id")}
        parts, found = ({at: _content(own) for at, own in votes_.groupby(["rater_id", "file"])}
                        for votes_ in (seal.votes, here))
        for (rater, file), content in found.items():
            if rater not in sealed:
                yield (f"raw/ratings, {file}: the form of {rater} came after round {seal.round_id} was "
                       f"closed on {seal.closed_on}: it is not counted. To count it: "
                       f"`glc reopen {seal.round_id}`.")
            elif changed := sorted({f"{row[0]} {row[3]}" for row in
                                    content ^ parts.get((rater, file), sealed[rater])}):
                yield (f"raw/ratings, {file}: the form of {rater} is another one ({', '.join(changed)}). "
                       f"{count}.")
        for rater in sorted({*sealed} - {rater for rater, _ in found}):
            yield f"raw/ratings: the form of {rater} is gone. {count}."
        for rater, file in sorted({*parts} - {*found}):
            if any(one == rater and found[one, other] != sealed[rater] for one, other in found):
                yield f"raw/ratings, {file}: a part of the form of {rater} is gone. {count}."
        for row in seal.raters.itertuples():
            if row.rater_id not in now.index:
                yield f"raters.csv: {row.rater_id} is gone. {count}."
                continue
            for column in _SEALED[1:]:
                was, is_now = getattr(row, column), now.at[row.rater_id, column]
                if was != is_now:
                    where = FILE_OF.get(column, f"raters.csv, column {column}")
                    yield (f"{where}: {row.rater_id} was {was or 'blank'} and is "
                           f"{is_now or 'blank'}. {count}.")


def rule_faults(seals: Mapping[str, Seal], settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults: another test or quorum, or other voters, than those under which a round was closed."""
    for seal in seals.values():
        for name in ("test", "vote", "quorum"):
            if name in seal.rule and not _is_same(settings[name], seal.rule[name]):
                yield Fault(f"round {seal.round_id} was closed with {name} = {seal.rule[name]!r}",
                            file="study.toml", column=f"[consensus] {name}", value=str(settings[name]),
                            fix="put the rule back: it is fixed before the first round. Or open the round "
                            f"again with `glc reopen {seal.round_id}`")


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values of a setting say the same: a panel whose quorum is 0 may be left out."""
    if isinstance(one, dict):
        return all(one.get(panel, 0) == other.get(panel, 0) for panel in one.keys() | other.keys())
    return one == other


def reopen(study: Study, round_id: str, because: str, *, today: str) -> None:
    """Records that a closed round is opened again, on this day and why. Its seals stay."""
    folder = study.sealed_rounds / round_id
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / REOPENED, pd.DataFrame([*_reopened(folder), (today, because)], columns=["on", "because"]))


# ------------------------------
# Withdrawals: a ballot is erased from every seal, and the others are sealed anew.


def erase_ballots(study: Study, raters: Collection[str]) -> None:
    """Removes the ballots of these raters, and the raters, from every seal, and counts them."""
    erase_roles(study, raters)
    for path in study.sealed_rounds.glob(f"*/*/{SEAL}"):
        known = _read_raters(path.with_name(RATERS))
        is_gone = known["rater_id"].isin([*raters])
        if is_gone.any():
            votes, said = _read(path.with_name(BALLOTS)), json.loads(path.read_text(encoding="utf-8"))
            _write(path.with_name(BALLOTS), votes[~votes["rater_id"].isin([*raters])])
            _write(path.with_name(RATERS), forget_raters(known, raters))
            erased = said["erased"] + int((known.loc[is_gone, "ballot"] != "").sum())
            write_atomic(path, _text_of(said | {"erased": erased}))


def seal_anew(study: Study) -> None:
    """Gives every sealed ballot the digest that it has now, with the present key of the study."""
    for path in study.sealed_rounds.glob(f"*/*/{RATERS}"):
        raters, votes = _read_raters(path)[list(_SEALED)], _read(path.with_name(BALLOTS))
        _write(path, _with_digests(raters, votes, study.digests))


def _with_digests(raters: pd.DataFrame, votes: pd.DataFrame, digests: Digests) -> pd.DataFrame:
    """Raters with ``ballot``, the keyed digest of the ballot of each; blank where there is none."""
    own = {rater: digests.of_value([list(row) for row in rows[list(COLUMNS)].itertuples(index=False)])
           for rater, rows in votes.groupby("rater_id")}
    return raters.assign(ballot=[own.get(rater, "") for rater in raters["rater_id"]])


def _content(votes: pd.DataFrame) -> set[tuple[str, ...]]:
    """What a form says, whatever the order of its rows."""
    return set(votes[list(COLUMNS[4:])].itertuples(index=False, name=None))


def _reopened(folder: Path) -> tuple[tuple[str, str], ...]:
    path = folder / REOPENED
    return tuple(_read(path).itertuples(index=False, name=None)) if path.is_file() else ()


def _read_raters(path: Path) -> pd.DataFrame:
    """The sealed raters; the seal of an older version knows no roles."""
    frame = _read(path)
    return frame.assign(**{name: "" for name in ROLES if name not in frame})


def _read(path: Path) -> pd.DataFrame:
    # A comment may hold a carriage return by itself, which is not written in quotation marks.
    return pd.read_csv(path, dtype="str", keep_default_na=False, lineterminator="\n")


def _write(path: Path, frame: pd.DataFrame) -> None:
    write_atomic(path, frame.to_csv(index=False, lineterminator="\n"))


def _text_of(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
