"""Seals a closed round, so that the counted ballots are kept whatever happens to the files afterwards.

A *seal* is a folder ``private/rounds/<round>/<number>/`` with these files:

- ballots.csv: the votes as they were when the round was closed;
- raters.csv: one row per rater, with panel, organisation, proxy, interests, and the digest of the rater's
  ballot;
- results.parquet, slides.html: the results, and the page shown to the room;
- seal.json: the day of closing, the rule, the quorum of each panel, the texts, and a digest of the whole
  seal.

Results of a sealed round are counted from the folder of its seal. If another version of the package counts
differently, the announced results stay and the team is informed. rounds.csv records that a round is sealed,
so that the program notices if a seal is lost.

Later changes, such as a late form, are listed (:func:`describe_changes_since_seal`) and do not count. When a
reopened round (:func:`record_reopening`) is closed, it gets another seal. The old seal is kept. If the new
seal has other ballots than the old seal, every result of the round states that the votes were counted again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.ratings import VOTE_COLUMNS
from glc_analysis.addons.convening.round_roles import (
    FILE_OF,
    ROLE_COLUMNS,
    RULE_IN_WORDS,
    drop_voters_and_mask_proxies,
    erase_from_recorded_proxies_and_interests,
    read_private_table,
    write_private_table,
)
from glc_analysis.addons.convening.votes import LARGEST_UNDISCLOSED
from glc_analysis.digests import KEY_FILE, Digests
from glc_analysis.errors import Fault, Faults
from glc_analysis.study import Study
from glc_analysis.tables import group_rows
from glc_analysis.writing import write_atomic

RATER = ("rater_id", "organisation_id", "role", "may_rate")
"""The columns of raters.csv that a seal keeps, in addition to :data:`ROLE_COLUMNS`."""


_SEALED = (*RATER, *ROLE_COLUMNS)


_TEXT = ["principle_id", "version", "text_version"]
"""The columns of rounds.csv that identify a text of a round."""


SEALED_SETTINGS = ("test", "vote", "quorum", "fixed_on")
"""The settings in section ``[consensus]`` of study.toml on which a result depends."""


BALLOTS, RATERS, SEAL, REOPENED = "ballots.csv", "raters.csv", "seal.json", "reopened.csv"


DISCLOSED_FILES = {"results": "results.parquet", "slides": "slides.html"}
"""The files with the results that were disclosed to the room: the rows of table ``tallies``, and the
projected page. The files are deleted once a ballot is erased, because a comparison with a new count would
disclose the erased vote."""


@dataclass(frozen=True)
class Seal:
    """The sealed content of a closed round.

    - ``votes``: the votes on the day of the close, with the columns of :data:`.ratings.VOTE_COLUMNS`.
    - ``raters``: all raters on the day of the close.
    - ``rule``: the sealed settings of ``[consensus]``.
    - ``erased``: the number of ballots that withdrawals have erased since the close.
    - ``quorum``: the number of ballots that each panel needed; None if the round was sealed by an earlier
      version of the package, which had no quorums.
    - ``reopened``: the day and reason of each reopening after which other ballots were counted.
    - ``results``: the rows of table ``tallies`` that were disclosed; None if the results are not kept.
    """

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
        """Returns the note that the votes of the round were counted again; blank if no reopening changed the
        ballots.

        >>> Seal("1", "2017-05-09", {}, None, None, 0, (("2017-05-09", "a form was in the post"),)).history
        '; counted again on 2017-05-09, because a form was in the post'
        """
        return "".join(f"; counted again on {self.closed_on}, because {because}"
                       for _, because in self.reopened[-1:])


def seal_round(study: Study, rounds: pd.DataFrame, round_id: str, closed_on: str, votes: pd.DataFrame,
               raters: pd.DataFrame, *, quorum: Mapping[str, int]) -> None:
    """Writes the seal of a round that is about to be closed on the day ``closed_on``. ``raters`` are the rows
    of raters.csv with proxies and interests added. ``quorum`` has the number of ballots on a text that each
    panel needs, keyed by panel."""
    round_votes = votes.loc[votes["round_id"] == round_id, list(VOTE_COLUMNS)]
    home = study.locate_private_folder("rounds") / round_id
    folder = home / str(1 + len(_reopened(home)))
    settings = study.settings["consensus"]
    study.write_digest_key_if_missing()
    shutil.rmtree(folder, ignore_errors=True)  # of a call that was interrupted before the round was closed
    folder.mkdir(parents=True)
    write_private_table(folder / BALLOTS, round_votes)
    known = _with_digests(raters[list(_SEALED)], round_votes, study.digests)
    write_private_table(folder / RATERS, known)
    _write_seal(folder / SEAL, known, study.digests, {
        "closed_on": closed_on,
        "rule": {name: settings[name] for name in SEALED_SETTINGS} | {"roles": RULE_IN_WORDS},
        "quorum": {**quorum}, "erased": 0, "place": 1 + _closes(study),
        "texts": _texts_of(rounds[rounds["round_id"] == round_id]),
        **dict.fromkeys(DISCLOSED_FILES, "")})


def _closes(study: Study) -> int:
    """Returns how many times rounds of the study have been closed with a seal so far."""
    return len([*study.locate_private_folder("rounds").glob(f"*/*/{SEAL}")])


def list_seal_folders_of_distinct_ballots(study: Study) -> list[Path]:
    """Returns the folders of all seals, except the seals whose ballots are the same as in the previous seal
    of the round. A round that is closed again with the same ballots does not count as counted again."""
    rounds = study.locate_private_folder("rounds")
    homes = [_sealed_folders(home) for home in sorted(rounds.glob("*"))]
    return [folder for folders in homes for before, folder in zip([None, *folders], folders, strict=False)
            if before is None or _holds(before) != _holds(folder)]


def read_sealed_content(folder: Path) -> list[Any]:
    """Returns the content of a seal as a list that JSON can represent. Files that were added to the folder
    after the sealing are left out."""
    said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    rest = {name: value for name, value in said.items() if name not in ("digest", *DISCLOSED_FILES)}
    return [rest, read_private_table(folder / BALLOTS).to_numpy().tolist(),
            _read_raters(folder / RATERS)[[*_SEALED]].to_numpy().tolist()]


def store_shown_file_in_seal(study: Study, round_id: str, name: str, content: bytes) -> None:
    """Keeps a file that was shown to the room (:data:`DISCLOSED_FILES`) in the last seal of a round. A file
    that the seal already has is not replaced, because a page made later may show more comments.

    No file is kept for a round with an erased ballot. No file is kept either for a round closed by an earlier
    version of the package, because it is unknown what the room was then shown.
    """
    folders = _sealed_folders(study.locate_private_folder("rounds") / round_id)
    said = json.loads((folders[-1] / SEAL).read_text(encoding="utf-8")) if folders else {}
    if said.get(name) == "" and not said["erased"]:
        write_atomic(folders[-1] / DISCLOSED_FILES[name], content)
        _write_seal(folders[-1] / SEAL, _read_raters(folders[-1] / RATERS), study.digests,
                    said | {name: study.digests.hash_bytes(content)})


def _sealed_folders(home: Path) -> list[Path]:
    """Returns the folders of the seals of a round; the folder of the newest seal comes last."""
    return sorted((path.parent for path in home.glob(f"*/{SEAL}")), key=lambda path: int(path.name))


def read_seals(study: Study, rounds: pd.DataFrame) -> dict[str, Seal]:
    """Returns the seals of the closed rounds of rounds.csv, keyed by round. Rounds closed by an earlier
    version of the package have no seal. Raises Faults if a round changed after it was sealed, or if the seal
    of a round is missing."""
    if misplaced := [*seal_of_other_round_faults(study)]:
        raise Faults(misplaced)
    seals, faults = {}, []
    for (round_id,), rows in group_rows(rounds, "round_id", sort=False):
        is_sealed, home = (rows["is_sealed"] != "").any(), study.locate_private_folder("rounds") / round_id
        if (rows["closed_on"] == "").all():
            if is_sealed:
                faults.append(Fault(f"round {round_id} was closed and sealed, but its closing day is missing",
                                    "rounds.csv", str(rows.index[0]), "closed_on", fix="restore the day. If "
                                    f"the round is to be open again, then run `glc reopen {round_id}`"))
            continue
        folders, reopened = _sealed_folders(home), _reopened(home)
        if is_sealed and (not folders or int(folders[-1].name) <= len(reopened)):
            faults.append(Fault(f"the sealed ballots of round {round_id} are missing",
                                study.make_relative(home / str(1 + len(reopened))), fix=_restore(round_id)))
        if not folders:
            continue
        folder = folders[-1]
        sealed = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        raters, votes = _read_raters(folder / RATERS), read_private_table(folder / BALLOTS)
        if len(folders) > 1 and _holds(folder) == _holds(folders[-2]):
            reopened = reopened[:-1]  # closed again with the same ballots: every result is as before
        changed = [*_faults_of_told(study, folder, sealed)]
        results = None if changed or not sealed.get("results") else \
            pd.read_parquet(folder / DISCLOSED_FILES["results"])
        seals[round_id] = Seal(round_id, sealed["closed_on"], sealed["rule"], votes, raters[list(_SEALED)],
                               sealed["erased"], reopened, sealed.get("quorum"), results)
        faults += [*_faults_of_seal(study, folder, sealed, raters, votes, rows), *changed]
    if faults:
        raise Faults([*missing_or_wrong_digest_key_faults(study)] or faults)
    return seals


def seal_of_other_round_faults(study: Study) -> Iterator[Fault]:
    """Yields faults for folders that are named after one round and contain the sealed ballots of another."""
    for home in sorted(study.locate_private_folder("rounds").glob("*")):
        for folder in _sealed_folders(home):
            others = {*read_private_table(folder / BALLOTS)["round_id"]} - {home.name}
            if others:
                yield Fault(f"the folder holds the ballots of round {', '.join(sorted(others))}",
                            study.make_relative(home), fix="give the folder its old name; its ballots are "
                            "sealed and need not be counted again")
                break


def missing_or_wrong_digest_key_faults(study: Study) -> Iterator[Fault]:
    """Yields faults if the key of the digests is missing or fits no sealed ballot. Without the right key, it
    cannot be checked whether a seal has changed."""
    sealed = [folder for home in study.locate_private_folder("rounds").glob("*")
              for folder in _sealed_folders(home)]
    fix = ("put the file back from a backup, because the sealed ballots themselves may be unchanged; if "
           "there is no backup, reopen and close each round")
    if sealed and not (study.root / KEY_FILE).is_file():
        yield Fault("the key of the digests is missing, so no seal can be compared", KEY_FILE, fix=fix)
        return
    fits = []
    for folder in sealed:
        raters, votes = _read_raters(folder / RATERS), read_private_table(folder / BALLOTS)
        now = _with_digests(raters[list(_SEALED)], votes, study.digests)
        fits += (raters["ballot"] == now["ballot"])[raters["ballot"] != ""].tolist()
    if len(fits) > 1 and not any(fits):
        yield Fault("no ballot of any round fits the key of the digests, so the key was "
                    "replaced", KEY_FILE, fix=fix)


def _faults_of_seal(study: Study, folder: Path, sealed: Mapping[str, Any], raters: pd.DataFrame,
                    votes: pd.DataFrame, rows: pd.DataFrame) -> Iterator[Fault]:
    """Yields faults for everything that changed after the round was sealed: ballots, raters, rule, quorum, or
    the ``rows`` of rounds.csv. Changes of the texts, and of the seal as a whole, are not found in seals made
    by older versions of the package, which have no texts and no digest of the whole seal."""
    round_id = folder.parent.name
    now = _with_digests(raters[list(_SEALED)], votes, study.digests)
    changed = raters.loc[raters["ballot"] != now["ballot"], "rater_id"]
    for rater in changed:
        yield Fault(f"the ballot of {rater} differs from the ballot sealed when round {round_id} was closed",
                    file=study.make_relative(folder / BALLOTS), value=rater, fix=_restore(round_id))
    is_whole = sealed.get("digest", "") == _seal_digest(raters, study.digests, sealed)
    if changed.empty and not is_whole and ("digest" in sealed or (rows["is_sealed"] != "").any()):
        yield Fault("the raters, the rule or the quorum are not as they were sealed when round "
                    f"{round_id} was closed", file=study.make_relative(folder), fix=_restore(round_id))
    was, is_now = sealed.get("texts", _texts_of(rows)), _texts_of(rows)
    if others := [".".join(text[:2]) for text in (*was, *is_now) if (text in was) != (text in is_now)]:
        yield Fault(f"round {round_id} was closed with other texts than those in rounds.csv", "rounds.csv",
                    column="principle_id",
                    value=", ".join(dict.fromkeys(others)), fix="restore the round's rows in rounds.csv")
    for n, day in rows["closed_on"].items():
        if day != sealed["closed_on"]:
            yield Fault(f"round {round_id} was closed on {sealed['closed_on']}", "rounds.csv", str(n),
                        "closed_on", day, "restore the day")


def _faults_of_told(study: Study, folder: Path, said: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields faults if a file kept in a seal differs from the file that was disclosed to the room."""
    for name, file in DISCLOSED_FILES.items():
        path = folder / file
        if said.get(name) and not (path.is_file() and study.digests.hash_file(path) == said[name]):
            yield Fault(f"the {name} of round {folder.parent.name} differ from those disclosed to the room",
                        file=study.make_relative(path), fix=_restore(folder.parent.name))


def _restore(round_id: str) -> str:
    return ("restore the folder private/rounds from a backup, or open the round again with "
            f"`glc reopen {round_id}`")


def _texts_of(rows: pd.DataFrame) -> list[list[str]]:
    """Returns the texts that a round asks about, from its rows of rounds.csv, as a list that JSON can
    represent."""
    return sorted(rows[_TEXT].to_numpy().tolist())


def _seal_digest(raters: pd.DataFrame, digests: Digests, said: Mapping[str, Any]) -> str:
    """Returns the keyed digest of a seal, made from the seal's content and the digests of its ballots."""
    rest = {name: value for name, value in said.items() if name != "digest"}
    return digests.hash_value([raters[[*_SEALED, "ballot"]].to_numpy().tolist(), rest])


def _write_seal(path: Path, raters: pd.DataFrame, digests: Digests, said: Mapping[str, Any]) -> None:
    write_atomic(path, _text_of({**said, "digest": _seal_digest(raters, digests, said)}))


def list_files_sealed_only_in_round(study: Study, round_id: str) -> set[str]:
    """Returns the names of the raw files whose sealed ballots all belong to the round."""
    files: dict[bool, set[str]] = {True: set(), False: set()}
    for path in study.locate_private_folder("rounds").glob(f"*/*/{BALLOTS}"):
        files[path.parent.parent.name == round_id] |= set(read_private_table(path)["file"])
    return files[True] - files[False]


def _holds(folder: Path) -> tuple[bytes, bytes, dict[str, Any]]:
    """Returns the content of a seal, to compare it with the content of another seal of the same round. The
    closing day, the digest, the seal's place among all closes of the study, and the files shown to the room
    are left out of the comparison."""
    said = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    return ((folder / BALLOTS).read_bytes(), (folder / RATERS).read_bytes(),
            said | dict.fromkeys(("closed_on", "digest", "place", *DISCLOSED_FILES), ""))


def describe_changes_since_seal(seals: Mapping[str, Seal], votes: pd.DataFrame,
                                raters_by_round: Mapping[str, pd.DataFrame],
                                rule_fixed_on: str) -> Iterator[str]:
    """Yields sentences on the differences between the seals and today's state.

    - ``votes``: the votes of sealed rounds in today's files.
    - ``raters_by_round``: today's raters with proxies and interests, keyed by round.
    - ``rule_fixed_on``: the day on which, according to today's study.toml, the rule was fixed.
    """
    for seal in seals.values():
        now = raters_by_round[seal.round_id].set_index("rater_id")
        count = f"The state that was sealed when round {seal.round_id} was closed on {seal.closed_on} counts"
        if seal.erased:
            yield (f"Ballots of round {seal.round_id} that were erased after it was closed: {seal.erased}. "
                   "The room is shown no result of this round any more. The team sees the results "
                   "with `--format csv`.")
        if (day := seal.rule["fixed_on"]) != rule_fixed_on:
            yield (f"study.toml, setting [consensus] fixed_on: it was {day or 'blank'} and is "
                   f"{rule_fixed_on or 'blank'}. {count}.")
        here = votes[votes["round_id"] == seal.round_id]
        sealed = {rater: _content(own) for (rater,), own in group_rows(seal.votes, "rater_id")}
        parts, in_files = ({at: _content(own) for at, own in group_rows(votes_, "rater_id", "file")}
                        for votes_ in (seal.votes, here))
        for (rater, file), content in in_files.items():
            if rater not in sealed:
                yield (f"raw/ratings, {file}: the form of {rater} came after round {seal.round_id} was "
                       f"closed on {seal.closed_on}, so it is not counted. To count it: "
                       f"`glc reopen {seal.round_id}`.")
            elif changed := sorted({f"{row[0]} {row[3]}" for row in
                                    content ^ parts.get((rater, file), sealed[rater])}):
                yield (f"raw/ratings, {file}: the form of {rater} has changed ({', '.join(changed)}). "
                       f"{count}.")
        for rater in sorted({*sealed} - {rater for rater, _ in in_files}):
            yield f"raw/ratings: the form of {rater} is missing. {count}."
        for rater, file in sorted({*parts} - {*in_files}):
            if any(one == rater and in_files[one, other] != sealed[rater] for one, other in in_files):
                yield f"raw/ratings, {file}: a part of the form of {rater} is missing. {count}."
        for row in seal.raters.to_dict("records"):
            if row["rater_id"] not in now.index:
                yield f"raters.csv: {row['rater_id']} is missing. {count}."
                continue
            for column in _SEALED[1:]:
                was, is_now = row[column], now.at[row["rater_id"], column]
                if was != is_now:
                    where = FILE_OF.get(column, f"raters.csv, column {column}")
                    yield (f"{where}: {row['rater_id']} was {was or 'blank'} and is "
                           f"{is_now or 'blank'}. {count}.")


def changed_rule_faults(seals: Mapping[str, Seal], consensus_settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Yields faults if the present test, quorum or voting unit differs from the rule under which a round was
    closed."""
    for seal in seals.values():
        for name in ("test", "vote", "quorum"):
            if name in seal.rule and not _is_same(consensus_settings[name], seal.rule[name]):
                yield Fault(f"round {seal.round_id} was closed with {name} = {seal.rule[name]!r}",
                            file="study.toml", column=f"[consensus] {name}",
                            value=str(consensus_settings[name]),
                            fix="restore the rule, because it must be fixed before the first round; or open "
                            f"the round again with `glc reopen {seal.round_id}`")


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values of a setting are equivalent. A quorum of 0 for a panel is equivalent to no quorum
    for the panel."""
    if isinstance(one, dict):
        return all(one.get(panel, 0) == other.get(panel, 0) for panel in one.keys() | other.keys())
    return one == other


def record_reopening(study: Study, round_id: str, because: str, *, today: str) -> None:
    """Records the reopening of a closed round, with its day and reason. The seals of the round stay."""
    folder = study.locate_private_folder("rounds") / round_id
    folder.mkdir(parents=True, exist_ok=True)
    rows = [*_reopened(folder), (today, because)]
    write_private_table(folder / REOPENED, pd.DataFrame(rows, columns=["on", "because"]))


def erase_raters_from_seals(study: Study, rater_ids: Collection[str]) -> None:
    """Removes the raters ``rater_ids`` and their ballots from every seal, and records how many ballots were
    erased."""
    erase_from_recorded_proxies_and_interests(study, rater_ids)
    for path in study.locate_private_folder("rounds").glob(f"*/*/{SEAL}"):
        known = _read_raters(path.with_name(RATERS))
        is_gone = known["rater_id"].isin([*rater_ids])
        if is_gone.any():
            votes = read_private_table(path.with_name(BALLOTS))
            sealed = json.loads(path.read_text(encoding="utf-8"))
            write_private_table(path.with_name(BALLOTS), votes[~votes["rater_id"].isin([*rater_ids])])
            kept = drop_voters_and_mask_proxies(known, rater_ids)
            write_private_table(path.with_name(RATERS), kept)
            voted = known[known["ballot"] != ""]
            is_untold = mark_ballots_of_too_few_observers(voted["role"], voted["role"])
            erased = sealed["erased"] + int((voted["rater_id"].isin([*rater_ids]) & ~is_untold).sum())
            for file in DISCLOSED_FILES.values():
                path.with_name(file).unlink(missing_ok=True)
            _write_seal(path, kept, study.digests,
                        sealed | {"erased": erased} | dict.fromkeys(DISCLOSED_FILES, ""))


def mark_ballots_of_too_few_observers(ballot_roles: pd.Series, ballot_rounds: pd.Series) -> pd.Series:
    """Returns a mask that is true for the ballots that influence nothing that is disclosed. These are the
    ballots of observers in rounds with so few observers that the observers' votes are not shown. Observers
    count in no result. ``ballot_rounds`` has the round of each ballot.

    >>> mark_ballots_of_too_few_observers(pd.Series(["provider", "observer"]), pd.Series(["1", "1"])).tolist()
    [False, True]
    """
    is_observer = ballot_roles == "observer"
    return is_observer & (is_observer.groupby(ballot_rounds).transform("sum") <= LARGEST_UNDISCLOSED)


def list_rounds_with_erased_ballots(study: Study) -> set[str]:
    """Returns the rounds from which a ballot was erased after the results were announced. Nothing more about
    such a round is disclosed to the room, because somebody who heard the results could infer from a new count
    how the person who withdrew had voted."""
    return {path.parent.parent.name for path in study.locate_private_folder("rounds").glob(f"*/*/{SEAL}")
            if json.loads(path.read_text(encoding="utf-8"))["erased"]}


def renew_seal_digests(study: Study) -> None:
    """Recomputes the digests of every seal and its ballots with the present key of the study."""
    for path in study.locate_private_folder("rounds").glob(f"*/*/{SEAL}"):
        raters = _read_raters(path.with_name(RATERS))[list(_SEALED)]
        votes = read_private_table(path.with_name(BALLOTS))
        known = _with_digests(raters, votes, study.digests)
        write_private_table(path.with_name(RATERS), known)
        said = json.loads(path.read_text(encoding="utf-8"))
        told = {name: study.digests.hash_file(path.with_name(file)) for name, file in DISCLOSED_FILES.items()
                if said.get(name)}
        _write_seal(path, known, study.digests, said | told)


def _with_digests(raters: pd.DataFrame, votes: pd.DataFrame, digests: Digests) -> pd.DataFrame:
    """Returns raters with the column ``ballot``, the keyed digest of each rater's ballot; blank if the rater
    has no ballot."""
    own = {rater: digests.hash_value([list(row) for row in rows[list(VOTE_COLUMNS)].itertuples(index=False)])
           for rater, rows in votes.groupby("rater_id")}
    return raters.assign(ballot=[own.get(rater, "") for rater in raters["rater_id"]])


def _content(votes: pd.DataFrame) -> set[tuple[str, ...]]:
    """Returns the answers of a form as a set, so that the order of the form's rows makes no difference."""
    return {*zip(*(votes[column] for column in VOTE_COLUMNS[4:]), strict=True)}


def _reopened(folder: Path) -> tuple[tuple[str, str], ...]:
    path = folder / REOPENED
    return tuple(read_private_table(path).itertuples(index=False,
                                                     name=None)) if path.is_file() else ()


def _read_raters(path: Path) -> pd.DataFrame:
    """Returns the sealed raters. Proxies and interests are blank for seals of older versions, which do not
    record them."""
    frame = read_private_table(path)
    return frame.assign(**{name: "" for name in ROLE_COLUMNS if name not in frame})


def _text_of(said: Mapping[str, Any]) -> str:
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
