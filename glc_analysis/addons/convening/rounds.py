"""A rating round from opening to seal: the texts it asks about, who votes for whom, what was counted.

In: the reference tables. Out: rounds.csv with the round (:func:`plan_round`), and the texts to print on its
forms. A round asks about the exact texts of the day on which it was opened, until it is closed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.principles import versions
from glc_analysis.addons.convening.ratings import COLUMNS
from glc_analysis.digests import Digests
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.reference import Reference
from glc_analysis.study import WITHDRAWN, Study
from glc_analysis.writing import write_atomic

# ------------------------------
# Opening.


_KEY = ["principle_id", "version"]


def plan_round(reference: Reference, round_id: str, *, today: date,
               without: Collection[str] = ()) -> tuple[pd.DataFrame, pd.DataFrame]:
    """rounds.csv with a round, and the texts it asks about. Nothing is written.

    The rule: a new round, opened today, asks about every current text that is a candidate, so about none that
    is agreed, set aside or replaced; but not about the principles ``without``, which somebody decided to
    leave out. A row without ``text_version`` gets that of the current text. The texts are rows of
    principles.csv in the source language with ``printed_id`` and ``text_version``, in the order of the round.
    Raises Faults where the round is closed, has no principle to ask about, or a text changed after it was
    issued, and UsageError for a principle to leave out that is no candidate.
    """
    if not re.fullmatch(r"\w[\w.-]*", round_id):
        raise UsageError(f"{round_id!r} names no round. "
                         "To fix: use letters, digits, dot, dash and underscore.")
    texts = versions(reference.principles)
    texts = texts[texts["translation_of"] == ""]
    rounds = reference.rounds
    is_new = round_id not in set(rounds["round_id"])
    if without and not is_new:
        raise UsageError(f"Round {round_id} is there already. To fix: decide what a round leaves out when it "
                         "is opened.")
    if is_new:
        new = _candidates(texts, without).assign(round_id=round_id, opened_on=today.isoformat(), closed_on="",
                                                 is_sealed="")
        new.index += max(rounds.index, default=1) + 1
        rounds = pd.concat([rounds, new[rounds.columns]])
    own = rounds[rounds["round_id"] == round_id]
    found = own.reset_index(names="at").merge(texts.reset_index(names="row"), "left", _KEY,
                                              suffixes=("_issued", ""))
    if faults := list(_faults(found, round_id)):
        raise Faults(faults)
    is_unstamped = (rounds["round_id"] == round_id) & (rounds["text_version"] == "")
    stamps = pd.Series(found["text_version"].to_list(), index=own.index, dtype="str")
    rounds = rounds.assign(text_version=rounds["text_version"].mask(is_unstamped, stamps))
    return rounds, found[texts.columns]


class RoundClosed(GLCError):
    """The round takes no more votes."""


def rows_of_open_round(rounds: pd.DataFrame, round_id: str) -> pd.DataFrame:
    """The rows of rounds.csv of an open round. Raises UsageError for an unknown round, RoundClosed for a
    closed one."""
    own = rounds[rounds["round_id"] == round_id]
    if own.empty:
        raise UsageError(f"There is no round {round_id!r}; {nearest(round_id, rounds['round_id'])}. "
                         f"To fix: open it with `glc forms --round {round_id}`.")
    if (own["closed_on"] != "").any():
        raise RoundClosed(f"Round {round_id} was closed on {own['closed_on'].max()}: no more votes can be "
                          f"given. To fix: if a form must count after all, `glc reopen {round_id} --because "
                          "WHY` opens the round again; else open another round with `glc forms`.")
    return own


def _candidates(texts: pd.DataFrame, without: Collection[str]) -> pd.DataFrame:
    """The current candidates but for those left out, in the order of their principles in principles.csv."""
    order = {name: n for n, name in enumerate(dict.fromkeys(texts["principle_id"]))}
    rows = texts[texts["is_current"] & (texts["status"] == "candidate")]
    for name in without:
        if name not in set(rows["principle_id"]):
            raise UsageError(f"No candidate is called {name!r}; {nearest(name, rows['principle_id'])}.")
    rows = rows[~rows["principle_id"].isin(without)]
    if rows.empty:
        raise Faults([Fault("has no current candidate to ask about", "principles.csv", column="status",
                            fix="write candidate at the principles that the round is to ask about, "
                            "and leave out fewer")])
    return rows.sort_values("principle_id", key=lambda ids: ids.map(order), ignore_index=True)


def _faults(found: pd.DataFrame, round_id: str) -> Iterator[Fault]:
    if len(days := found.loc[found["closed_on"] != "", "closed_on"]):
        yield Fault(f"is the day on which round {round_id} was closed", "rounds.csv", column="closed_on",
                    value=days.iloc[0], fix="give the next round another name")
    for row in found.itertuples():
        if pd.isna(row.statement):
            yield Fault("principles.csv has no such version", "rounds.csv", str(row.at), "version",
                        f"{row.principle_id}.{row.version}", "take the row out, or put the version back")
        elif row.text_version_issued not in ("", row.text_version) and WITHDRAWN not in row.statement:
            yield Fault(f"is no longer the text that round {round_id} issued", "principles.csv",
                        str(int(row.row)), "statement", row.printed_id, "put the issued words back, and give "
                        f"the new ones a version of their own with `glc amend {row.principle_id}`")


def write_rounds(study: Study, rounds: pd.DataFrame) -> None:
    """Replaces rounds.csv as a whole; the column ``is_sealed`` comes with the first seal."""
    if (rounds["is_sealed"] == "").all():
        rounds = rounds.drop(columns="is_sealed")
    write_atomic(study.reference_file("rounds"), rounds.to_csv(index=False, lineterminator="\n"))


# ------------------------------
# Who votes for somebody who cannot come (a proxy), and who has an interest in a text.
#
# In: proxies.csv and interests.csv, a row a round and rater. Out: the raters of a round with both
# (:func:`with_roles`), what is wrong in the tables (:func:`role_faults`), and the record of what was known
# when the forms of a round were written (:func:`record_roles`), after which a rater who has voted changes
# neither.
#
# The module decides: one proxy votes for one rater of the same panel, is present at the discussion, and is
# not represented; survivor advisers choose their own. A ballot by proxy counts as any other. A vote on a
# text in which the voter declared an interest is left out of the result. Both are declared before the vote.


PROXY, INTERESTS = "proxy_id", "interests"
ROLES = (PROXY, INTERESTS)
"""The columns of :func:`with_roles`: who votes for the rater; the principles in which the rater has an
interest, separated by semicolons."""
RULE_IN_WORDS = "ballots by proxy count; votes on a text in which the voter declared an interest are left out"
"""The rule that is sealed with a round and printed with its results."""
FILE_OF = {PROXY: "proxies.csv", INTERESTS: "interests.csv"}
GONE = "withdrawn"
"""In place of a proxy who withdrew: the ballot stays one by proxy."""
RECORD = "roles.csv"


def with_roles(raters: pd.DataFrame, reference: Reference, round_id: str) -> pd.DataFrame:
    """Raters with the columns :data:`ROLES` of a round; blank where there is nothing."""
    proxies, interests = (table[table["round_id"] == round_id]
                          for table in (reference.proxies, reference.interests))
    by_proxy = dict(zip(proxies["rater_id"], proxies["proxy_id"].replace("", GONE), strict=True))
    declared = {rater: ";".join(sorted(own)) for rater, own in interests.groupby("rater_id")["principle_id"]}
    return raters.assign(**{
        name: pd.Series([found.get(rater, "") for rater in raters["rater_id"]], raters.index, dtype="str")
        for name, found in ((PROXY, by_proxy), (INTERESTS, declared))})


def role_faults(reference: Reference, round_id: str, vote: str) -> Iterator[Fault]:
    """Faults in proxies.csv and interests.csv about an open round; ``vote`` is that of ``[consensus]``."""
    raters = reference.raters.set_index("rater_id")
    own = reference.proxies[reference.proxies["round_id"] == round_id]
    represented = {*own["rater_id"]}
    for n, row in own.iterrows():
        for column, value, said, fix in _misfits(row, own, raters, represented, vote):
            yield Fault(said, file="proxies.csv", row=str(n), column=column, value=value, fix=fix)
    asked = {*reference.rounds.loc[reference.rounds["round_id"] == round_id, "principle_id"]}
    declared = reference.interests[reference.interests["round_id"] == round_id]
    for n, row in declared[~declared["principle_id"].isin(asked)].iterrows():
        yield Fault(f"round {round_id} does not ask about it", file="interests.csv", row=str(n),
                    column="principle_id", value=row["principle_id"],
                    fix=f"write one of {', '.join(sorted(asked))}, or take the row out")


def _misfits(row: pd.Series, own: pd.DataFrame, raters: pd.DataFrame, represented: Collection[str],
             vote: str) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong in a row of proxies.csv: column, value, what is said, and the fix."""
    rater, proxy = row["rater_id"], row["proxy_id"]
    if proxy == "" or proxy not in raters.index:
        yield "proxy_id", proxy, f"nobody votes for {rater}", "name another proxy, or take the row out"
        return
    if rater not in raters.index:
        return  # a fault of the schema already
    panel, other = raters.at[rater, "role"], raters.at[proxy, "role"]
    if proxy == rater:
        yield "proxy_id", proxy, f"{rater} votes for themselves", "name somebody else, or take the row out"
    elif proxy in represented:
        yield ("proxy_id", proxy, f"{proxy} is represented by a proxy in this round, and cannot be one",
               "name somebody who is present, or take the row out")
    elif (first := own.loc[own["proxy_id"] == proxy, "rater_id"].iloc[0]) != rater:
        yield ("proxy_id", proxy, f"{proxy} votes for {first} already: one votes for one other at most",
               "name another proxy")
    for name in (rater, proxy):
        if raters.at[name, "may_rate"] != "true":
            yield ("rater_id" if name == rater else "proxy_id", name, "may not rate, as raters.csv says",
                   "name a rater who may rate, or take the row out")
    if panel != other:
        yield ("proxy_id", proxy, f"{rater} is a {_said(panel)} and {proxy} a {_said(other)}: a proxy is of "
               "the same panel", f"name another {_said(panel)}")
    whose = raters.at[rater, "organisation_id"]
    if vote == "organisation" and proxy != rater and whose and whose == raters.at[proxy, "organisation_id"]:
        yield ("proxy_id", proxy, f"{rater} and {proxy} are of one organisation, which has one vote",
               "take the row out: one ballot of the organisation is enough")
    if row["is_present"] != "true":
        yield ("is_present", row["is_present"], f"{proxy} is not present at the discussion",
               "name somebody who is, and write true")
    if panel == "survivor_adviser" and row["chosen_by"] != "rater":
        yield ("chosen_by", row["chosen_by"], f"{rater} is a survivor adviser, who alone chooses a proxy",
               "ask, and write rater; or take the row out")


def _said(panel: str) -> str:
    return panel.replace("_", " ")


def roles_told(reference: Reference, round_id: str) -> Iterator[str]:
    """A sentence for each proxy and interest of a round, for the team."""
    raters = with_roles(reference.raters, reference, round_id)
    for row in raters[raters[PROXY] != ""].itertuples():
        yield f"{row.proxy_id} votes for {row.rater_id}."
    for row in raters[raters[INTERESTS] != ""].itertuples():
        yield (f"{row.rater_id} declared an interest: no vote of theirs counts on "
               f"{row.interests.replace(';', ', ')}.")


def roles_counted(reference: Reference, round_id: str) -> Iterator[str]:
    """How many proxies and interests there are in a round, for the room."""
    raters = with_roles(reference.raters, reference, round_id)
    if n := int((raters[PROXY] != "").sum()):
        yield f"By proxy: {n}."
    if n := int((raters[INTERESTS] != "").sum()):
        yield f"Declared an interest: {n}."


def unknown_rounds(reference: Reference) -> Iterator[str]:
    """A sentence for each round of the two tables that is not opened: it may be a slip of the pen."""
    for name in FILE_OF.values():
        table = reference.tables[name.removesuffix(".csv")]
        for round_id in sorted({*table["round_id"]} - {*reference.rounds["round_id"]}):
            yield f"{name}: there is no round {round_id!r} yet."


# ------------------------------
# The record: what was declared when the forms were written, so that nothing is declared after a vote.


def record_roles(study: Study, round_id: str, raters: pd.DataFrame) -> None:
    """Keeps the roles of a round as they are on its forms."""
    path = _record(study, round_id)
    own = raters.loc[(raters[list(ROLES)] != "").any(axis=1), ["rater_id", *ROLES]]
    if len(own) or path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, own)


def undeclared(study: Study, round_id: str, raters: pd.DataFrame) -> dict[str, str]:
    """The raters whose roles are not as on the forms of the round, and the table in which they differ."""
    path = _record(study, round_id)
    known = _read(path) if path.is_file() else pd.DataFrame(columns=["rater_id", *ROLES], dtype="str")
    was = known.set_index("rater_id")
    return {row.rater_id: FILE_OF[name] for row in raters.itertuples() for name in ROLES
            if getattr(row, name) != (was.at[row.rater_id, name] if row.rater_id in was.index else "")}


def undeclared_faults(study: Study, round_id: str, raters: pd.DataFrame) -> Iterator[Fault]:
    """Faults of roles in the tables that differ from those on the forms of an open round."""
    for rater, file in undeclared(study, round_id, raters).items():
        yield Fault(f"what it says of {rater} is not on the forms of round {round_id}", file=file,
                    column="rater_id", value=rater, fix=f"write the forms again with `glc forms --round "
                    f"{round_id}`, which is possible until {rater} has voted; or put the row back as it was")


def voted_before_faults(study: Study, round_id: str, raters: pd.DataFrame,
                        voted: Collection[str]) -> Iterator[Fault]:
    """Faults: roles that changed since the forms of the round were written, of raters who have ``voted``."""
    for rater, file in undeclared(study, round_id, raters).items():
        if rater in voted:
            yield Fault(f"{rater} has voted in round {round_id}: a proxy or an interest is declared before "
                        "the vote", file=file, column="rater_id", value=rater, fix="put the row back as it "
                        f"was; or take the ballot of {rater} out of raw/ratings, and let it be given anew")


def forget_raters(frame: pd.DataFrame, raters: Collection[str]) -> pd.DataFrame:
    """Rows with roles without these raters, neither as voters nor as proxies."""
    kept = frame[~frame["rater_id"].isin([*raters])]
    return kept.assign(**{PROXY: kept[PROXY].mask(kept[PROXY].isin([*raters]), GONE)})


def erase_roles(study: Study, raters: Collection[str]) -> None:
    """Removes these raters from the records of all rounds."""
    for path in study.private_folder("rounds").glob(f"*/{RECORD}"):
        _write(path, forget_raters(_read(path), raters))


def _record(study: Study, round_id: str) -> Path:
    return study.private_folder("rounds") / round_id / RECORD


# ------------------------------
# Sealing a closed round: what was counted stays, whatever happens in the folder afterwards.
#
# In: the votes and the raters of a round on the day on which it is closed. Out: a folder
# ``private/rounds/<round>/<number>/`` with every vote (ballots.csv), all raters with their panel, their
# organisation, who voted for them, their interests and the digest of their ballot (raters.csv), the results
# (results.parquet), the page that the room was shown (slides.html), and the day, the rule, the quorum of each
# panel, the texts, and a digest of all this (seal.json). Results of a sealed round are counted from there;
# where another version of the package counts otherwise, those that were told stay, and the team is told.
# rounds.csv says that a round is sealed: a seal that is gone is missed.
# What has changed in the folder since then, such as a form that came late, is listed (:func:`differences`)
# and changes nothing. A round that is opened again (:func:`reopen`) gets a new folder when it is closed;
# the old one stays, and every result says that it was counted again.


def _read(path: Path) -> pd.DataFrame:
    # A comment may hold a carriage return by itself, which is not written in quotation marks.
    return pd.read_csv(path, dtype="str", keep_default_na=False, lineterminator="\n")


def _write(path: Path, frame: pd.DataFrame) -> None:
    write_atomic(path, frame.to_csv(index=False, lineterminator="\n"))


RATER = ("rater_id", "organisation_id", "role", "may_rate")
"""The columns of raters.csv that a seal keeps; beside them it keeps :data:`ROLES`."""
_SEALED = (*RATER, *ROLES)
_TEXT = ["principle_id", "version", "text_version"]
"""The columns of rounds.csv that name a text of a round."""
RULE = ("test", "vote", "quorum", "fixed_on")
"""The settings of ``[consensus]`` that decide a result."""
BALLOTS, RATERS, SEAL, REOPENED = "ballots.csv", "raters.csv", "seal.json", "reopened.csv"
TOLD = {"results": "results.parquet", "slides": "slides.html"}
"""What the room was told, as it was: the rows of table ``tallies``, and the page that was projected. Gone
once a ballot is erased: another count beside it would give away the vote."""


@dataclass(frozen=True)
class Seal:
    """A closed round as it was sealed: ``votes`` as the intake reads them, all ``raters`` of the day, the
    ``rule``, and how many ballots were ``erased`` since by withdrawals. ``quorum`` has the number of ballots
    that each panel needed; None where the round was sealed before the package knew a quorum. ``reopened`` has
    the day and the reason of each time that the round was opened again and other ballots were counted.
    ``results`` are the rows of table ``tallies`` as they were told; None where they are not kept."""

    round_id: str
    closed_on: str
    rule: Mapping[str, Any]
    votes: pd.DataFrame
    raters: pd.DataFrame
    erased: int
    reopened: tuple[tuple[str, str], ...]
    quorum: Mapping[str, int] | None = None
    results: pd.DataFrame | None = None

    @property
    def history(self) -> str:
        """What every result of the round says of how it came about; blank where it was closed once.

        >>> Seal("1", "2017-05-09", {}, None, None, 0, (("2017-05-09", "a form was in the post"),)).history
        '; counted again on 2017-05-09, because a form was in the post'
        """
        return "".join(f"; counted again on {self.closed_on}, because {because}"
                       for _, because in self.reopened[-1:])


def seal_round(study: Study, rounds: pd.DataFrame, round_id: str, closed_on: str, votes: pd.DataFrame,
               raters: pd.DataFrame, *, quorum: Mapping[str, int]) -> None:
    """Writes the seal of a round of rounds.csv that is about to be closed on this day; ``raters`` are those
    of raters.csv with their roles (:func:`with_roles`), and ``quorum`` has the ballots that each panel needs
    on a text."""
    own = votes.loc[votes["round_id"] == round_id, list(COLUMNS)]
    home = study.private_folder("rounds") / round_id
    folder = home / str(1 + len(_reopened(home)))
    settings = study.settings["consensus"]
    study.keep_digest_key()
    shutil.rmtree(folder, ignore_errors=True)  # of a call that was interrupted before the round was closed
    folder.mkdir(parents=True)
    _write(folder / BALLOTS, own)
    known = _with_digests(raters[list(_SEALED)], own, study.digests)
    _write(folder / RATERS, known)
    _write_seal(folder / SEAL, known, study.digests, {
        "closed_on": closed_on, "rule": {name: settings[name] for name in RULE} | {"roles": RULE_IN_WORDS},
        "quorum": {**quorum}, "erased": 0, "texts": _texts_of(rounds[rounds["round_id"] == round_id]),
        **dict.fromkeys(TOLD, "")})


def keep_told(study: Study, round_id: str, name: str, content: bytes) -> None:
    """Keeps what the room is told of a round (:data:`TOLD`) in its last seal, unless it is there already: a
    page that is made again shows more comments. Nothing is kept of a round that an earlier version of the
    package closed, since nobody knows what was told, and of one of which a ballot was erased."""
    folders = _sealed_folders(study.private_folder("rounds") / round_id)
    said = json.loads((folders[-1] / SEAL).read_text(encoding="utf-8")) if folders else {}
    if said.get(name) == "" and not said["erased"]:
        write_atomic(folders[-1] / TOLD[name], content)
        _write_seal(folders[-1] / SEAL, _read_raters(folders[-1] / RATERS), study.digests,
                    said | {name: study.digests.of_bytes(content)})


def _sealed_folders(home: Path) -> list[Path]:
    """The folders of the seals of a round, the last one last."""
    return sorted((path.parent for path in home.glob(f"*/{SEAL}")), key=lambda path: int(path.name))


def read_seals(study: Study, rounds: pd.DataFrame) -> dict[str, Seal]:
    """The seals of the closed rounds of rounds.csv, by round; a round that an earlier version of the package
    closed has none. Raises Faults where a round is not as it was sealed, or its seal is gone."""
    seals, faults = {}, []
    for round_id, rows in rounds.groupby("round_id", sort=False):
        is_sealed, home = (rows["is_sealed"] != "").any(), study.private_folder("rounds") / round_id
        if (rows["closed_on"] == "").all():
            if is_sealed:
                faults.append(Fault(f"round {round_id} was closed and sealed, and the day is gone",
                                    "rounds.csv", str(rows.index[0]), "closed_on", fix="put the day back; to "
                                    f"open the round again, use `glc reopen {round_id}` after that"))
            continue
        folders, reopened = _sealed_folders(home), _reopened(home)
        if is_sealed and (not folders or int(folders[-1].name) <= len(reopened)):
            faults.append(Fault(f"what was counted when round {round_id} was closed is gone",
                                study.relative(home / str(1 + len(reopened))), fix=_restore(round_id)))
        if not folders:
            continue
        folder = folders[-1]
        said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        raters, votes = _read_raters(folder / RATERS), _read(folder / BALLOTS)
        if len(folders) > 1 and _holds(folder) == _holds(folders[-2]):
            reopened = reopened[:-1]  # closed again with the same ballots: every result is as before
        changed = [*_faults_of_told(study, folder, said)]
        results = pd.read_parquet(folder / TOLD["results"]) if said.get("results") and not changed else None
        seals[round_id] = Seal(round_id, said["closed_on"], said["rule"], votes, raters[list(_SEALED)],
                               said["erased"], reopened, said.get("quorum"), results)
        faults += [*_faults_of_seal(study, folder, said, raters, votes, rows), *changed]
    if faults:
        raise Faults(faults)
    return seals


def _faults_of_seal(study: Study, folder: Path, said: Mapping[str, Any], raters: pd.DataFrame,
                    votes: pd.DataFrame, rows: pd.DataFrame) -> Iterator[Fault]:
    """Whatever is not as it was sealed: ballots, the raters, rule and quorum, or the ``rows`` of rounds.csv.
    The seal of an older version has no digest of the whole, and no texts."""
    round_id = folder.parent.name
    now = _with_digests(raters[list(_SEALED)], votes, study.digests)
    changed = raters.loc[raters["ballot"] != now["ballot"], "rater_id"]
    for rater in changed:
        yield Fault(f"the ballot of {rater} is not as it was sealed when round {round_id} was closed",
                    file=study.relative(folder / BALLOTS), value=rater, fix=_restore(round_id))
    is_whole = said.get("digest", "") == _seal_digest(raters, study.digests, said)
    if changed.empty and not is_whole and ("digest" in said or (rows["is_sealed"] != "").any()):
        yield Fault("the raters, the rule or the quorum are not as they were sealed when round "
                    f"{round_id} was closed", file=study.relative(folder), fix=_restore(round_id))
    was, is_now = said.get("texts", _texts_of(rows)), _texts_of(rows)
    if others := [".".join(text[:2]) for text in (*was, *is_now) if (text in was) != (text in is_now)]:
        yield Fault(f"round {round_id} was closed with other texts", "rounds.csv", column="principle_id",
                    value=", ".join(dict.fromkeys(others)), fix="put its rows back as they were")
    for n, day in rows["closed_on"].items():
        if day != said["closed_on"]:
            yield Fault(f"round {round_id} was closed on {said['closed_on']}", "rounds.csv", str(n),
                        "closed_on", day, "put the day back")


def _faults_of_told(study: Study, folder: Path, said: Mapping[str, Any]) -> Iterator[Fault]:
    """Whether what the room was told is not as it was kept."""
    for name, file in TOLD.items():
        path = folder / file
        if said.get(name) and not (path.is_file() and study.digests.of_file(path) == said[name]):
            yield Fault(f"the {name} of round {folder.parent.name} are not as the room was told them",
                        file=study.relative(path), fix=_restore(folder.parent.name))


def _restore(round_id: str) -> str:
    return ("restore the folder private/rounds from a backup, or open the round again with "
            f"`glc reopen {round_id}`")


def _texts_of(rows: pd.DataFrame) -> list[list[str]]:
    """The texts of a round by its rows of rounds.csv, as a list that JSON can hold."""
    return sorted(rows[_TEXT].to_numpy().tolist())


def _seal_digest(raters: pd.DataFrame, digests: Digests, said: Mapping[str, Any]) -> str:
    """The keyed digest of what a seal says, with the digests of its ballots."""
    rest = {name: value for name, value in said.items() if name != "digest"}
    return digests.of_value([raters[[*_SEALED, "ballot"]].to_numpy().tolist(), rest])


def _write_seal(path: Path, raters: pd.DataFrame, digests: Digests, said: Mapping[str, Any]) -> None:
    write_atomic(path, _text_of({**said, "digest": _seal_digest(raters, digests, said)}))


def sealed_files(study: Study, round_id: str) -> set[str]:
    """The names of the files from which ballots of a round were sealed, and of no other round."""
    files: dict[bool, set[str]] = {True: set(), False: set()}
    for path in study.private_folder("rounds").glob(f"*/*/{BALLOTS}"):
        files[path.parent.parent.name == round_id] |= set(_read(path)["file"])
    return files[True] - files[False]


def _holds(folder: Path) -> tuple[bytes, bytes, dict[str, Any]]:
    """What was sealed in a folder, whenever it was."""
    said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    return ((folder / BALLOTS).read_bytes(), (folder / RATERS).read_bytes(),
            said | dict.fromkeys(("closed_on", "digest", *TOLD), ""))


def differences(seals: Mapping[str, Seal], votes: pd.DataFrame, raters: Mapping[str, pd.DataFrame],
                fixed_on: str) -> Iterator[str]:
    """What is different today, a sentence each: in files (``votes`` of sealed rounds), in raters.csv, in the
    tables of roles, or the day ``fixed_on`` of the rule. ``raters`` has those of today with their roles, by
    round."""
    for seal in seals.values():
        now = raters[seal.round_id].set_index("rater_id")
        count = f"What was sealed when round {seal.round_id} was closed on {seal.closed_on} counts"
        if seal.erased:
            yield (f"Ballots of round {seal.round_id} that were erased after it was closed: {seal.erased}. "
                   "The room is told no result of this round any more; `--format csv` has them.")
        if (day := seal.rule["fixed_on"]) != fixed_on:
            yield (f"study.toml, column [consensus] fixed_on: it was {day or 'blank'} and is "
                   f"{fixed_on or 'blank'}. {count}.")
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
    folder = study.private_folder("rounds") / round_id
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / REOPENED, pd.DataFrame([*_reopened(folder), (today, because)], columns=["on", "because"]))


# ------------------------------
# Withdrawals: a ballot is erased from every seal, and the others are sealed anew.


def erase_ballots(study: Study, raters: Collection[str]) -> None:
    """Removes the ballots of these raters, and the raters, from every seal, and counts them."""
    erase_roles(study, raters)
    for path in study.private_folder("rounds").glob(f"*/*/{SEAL}"):
        known = _read_raters(path.with_name(RATERS))
        is_gone = known["rater_id"].isin([*raters])
        if is_gone.any():
            votes, said = _read(path.with_name(BALLOTS)), json.loads(path.read_text(encoding="utf-8"))
            _write(path.with_name(BALLOTS), votes[~votes["rater_id"].isin([*raters])])
            kept = forget_raters(known, raters)
            _write(path.with_name(RATERS), kept)
            erased = said["erased"] + int((known.loc[is_gone, "ballot"] != "").sum())
            for file in TOLD.values():
                path.with_name(file).unlink(missing_ok=True)
            _write_seal(path, kept, study.digests, said | {"erased": erased} | dict.fromkeys(TOLD, ""))


def erased_rounds(study: Study) -> set[str]:
    """The rounds of which a ballot was erased after their results were told. Whoever heard them would see
    from another count how the person who left had voted, so the room is told nothing of these rounds."""
    return {path.parent.parent.name for path in study.private_folder("rounds").glob(f"*/*/{SEAL}")
            if json.loads(path.read_text(encoding="utf-8"))["erased"]}


def seal_anew(study: Study) -> None:
    """Gives every seal and each of its ballots the digest that it has now, with the present key of the
    study."""
    for path in study.private_folder("rounds").glob(f"*/*/{SEAL}"):
        raters, votes = (_read_raters(path.with_name(RATERS))[list(_SEALED)], _read(path.with_name(BALLOTS)))
        known = _with_digests(raters, votes, study.digests)
        _write(path.with_name(RATERS), known)
        said = json.loads(path.read_text(encoding="utf-8"))
        told = {name: study.digests.of_file(path.with_name(file)) for name, file in TOLD.items()
                if said.get(name)}
        _write_seal(path, known, study.digests, said | told)


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






def _text_of(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
