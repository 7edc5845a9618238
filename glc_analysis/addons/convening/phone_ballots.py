"""Ballots given on phones in the room: slips with codes, the box of answers, and its collection.

In: answers that come with the code of a slip. Out: ``raw/ratings/<round>-<rater>-phone.csv``, the same file
that two keyings of a paper form give. Who holds which slip is not on the computer that serves the page:
people draw their slips from a shuffled stack, and one person writes it down on a sheet, the register. Only
when the vote is over is the register brought here, and the answers get the codes of their raters
(:func:`collect`).

Until then everything is in ``private/phones/<round>/box.json``, one line a slip. An answer is on disk before
the phone is told so. The file is written anew as a whole each time, in the order of the slips: lines that are
appended to a journal would tell who voted when. A saved answer is never sent to a phone. So whoever finds or
guesses a code can see which questions are answered, and no vote.
"""

from __future__ import annotations

import csv
import hashlib
import io
import ipaddress
import json
import secrets
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from glc_analysis.addons.convening.ballots import Ballots, voters
from glc_analysis.addons.convening.rating_forms import TextOrigin, text_origins, texts_by_language
from glc_analysis.addons.convening.ratings import ABSTAIN, BY_NAME, HEADER, MARK, SCORED
from glc_analysis.addons.convening.rounds import plan_round, rows_of_open_round
from glc_analysis.errors import Fault, Faults, GLCError, UsageError, nearest
from glc_analysis.locks import locked
from glc_analysis.reference import Reference, read_reference
from glc_analysis.study import Study
from glc_analysis.tabular import read_table
from glc_analysis.templates import languages, phrases, template
from glc_analysis.text import language_direction, normalise_space
from glc_analysis.writing import sync_folder, write_atomic

# ------------------------------
# The box of answers, and its collection.


LOOPBACK = "127.0.0.1"
LONGEST_COMMENT = 1000
"""Characters of a comment that a phone may send."""
WORK = "ballot on phones"
"""What a lock says while a ballot is served, prepared or collected."""
SCORES_AND_MARK = (*(question.name for question in SCORED), ABSTAIN)


# ------------------------------
# Codes and slips.


_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no letter that looks like another
_MISREAD = str.maketrans("OIL", "011")
CODE_LENGTH = 16
"""Letters of a code, of 5 bits each: nobody guesses 80 bits, not even with the file of the box."""


def new_code() -> str:
    """A random code, as it is printed on a slip.

    >>> len(new_code()), new_code() == new_code()
    (19, False)
    """
    letters = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
    return "-".join(letters[n:n + 4] for n in range(0, CODE_LENGTH, 4))


def code_digest(typed: str) -> str:
    """The digest of a code, however it is typed: in small letters, with blanks, with O for 0.

    >>> code_digest("0XYZ-1234-5678-9ABC") == code_digest("oxyz i234 5678 9abc")
    True
    """
    letters = "".join(filter(str.isalnum, typed.upper())).translate(_MISREAD)
    return sha256(letters.encode()).hexdigest()


# ------------------------------
# The texts that a round asks about.


@dataclass(frozen=True)
class RoundTexts:
    """The texts of an open round by language, the source language first: rows of principles.csv with
    ``printed_id`` and ``text_version``, as rating forms have them; ``origins`` say what they were before."""

    round_id: str
    by_language: Mapping[str, pd.DataFrame]
    origins: Mapping[str, Mapping[str, TextOrigin]]

    @classmethod
    def of(cls, reference: Reference, round_id: str) -> RoundTexts:
        """The texts of a round. Raises UsageError for an unknown round, RoundClosed for a closed one, Faults
        where a text is not the one that was issued."""
        rows_of_open_round(reference.rounds, round_id)
        _, asked = plan_round(reference, round_id, today=date.today())
        by_language = texts_by_language(reference, asked)
        return cls(round_id, by_language, {one: text_origins(reference, round_id, asked, one)
                                           for one in by_language})

    @property
    def principles(self) -> list[str]:
        """The principles in the order of the round."""
        return [*next(iter(self.by_language.values()))["principle_id"]]

    @property
    def stamps(self) -> dict[str, set[str]]:
        """The stamps of each principle, one for each wording: printed id and version of the text."""
        return {one: {stamp_of(row) for rows in self.by_language.values()
                      for row in rows[rows["principle_id"] == one].itertuples()} for one in self.principles}


def stamp_of(row: Any) -> str:
    """Which words a row of :class:`RoundTexts` shows, such as ``P07.2 9745af7abe75``."""
    return f"{row.printed_id} {row.text_version}"


# ------------------------------
# The box.


@dataclass(frozen=True)
class Slip:
    """What the box holds of a slip: the digest of its ``code``, how often a phone ``saves`` with it, the
    ``mark`` of the last time, and ``answers``: by principle the stamp of the words that were read (``text``)
    and what was answered, by the name of the question."""

    code: str
    saves: int = 0
    mark: str = ""
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def answered(self, stamps: Mapping[str, set[str]]) -> list[str]:
        """The questions that are answered on the words that the round asks about, such as
        ``P01.importance``; never what was answered."""
        return [f"{principle}.{name}" for principle, own in self.answers.items()
                if own["text"] in stamps.get(principle, ()) for name in own if name != "text"]

    def is_complete(self, stamps: Mapping[str, set[str]]) -> bool:
        """Whether each principle has all its scores, or is marked as not about the rater's context."""
        given = {*self.answered(stamps)}
        return all(f"{one}.{ABSTAIN}" in given or given >= {f"{one}.{question.name}" for question in SCORED}
                   for one in stamps)

    def with_answers(self, stamps: Mapping[str, str], answers: Mapping[str, str], mark: str) -> Slip:
        """The slip after a phone saved once more; a blank answer takes an earlier one away.

        An abstention takes the scores of its principle away, and a score the abstention. Answers on an
        earlier version of a text go when the new version is answered.
        """
        kept = {principle: dict(own) for principle, own in self.answers.items()}
        for at, answer in answers.items():
            principle, _, name = at.rpartition(".")
            own = kept.setdefault(principle, {"text": stamps[principle]})
            if own["text"].split()[0] != stamps[principle].split()[0]:
                own.clear()
            own["text"] = stamps[principle]
            for other in SCORES_AND_MARK if name in SCORES_AND_MARK else ():
                if ABSTAIN in (name, other):
                    own.pop(other, None)
            own.pop(name, None)
            if answer:
                own[name] = answer
        for own in kept.values():
            if "comment" not in own:
                own.pop("may_be_read", None)
        given = {principle: {name: own[name] for name in ("text", *BY_NAME) if name in own}
                 for principle, own in sorted(kept.items()) if len(own) > 1}
        return replace(self, saves=self.saves + 1, mark=mark, answers=given)


@dataclass
class Box:
    """The box of a round: the ``address`` at which phones find the page, and the slips by their numbers.
    Once it ``is_collected``, it holds nothing else."""

    path: Path
    address: str
    slips: dict[str, Slip]
    is_collected: bool = False

    @classmethod
    def read(cls, study: Study, round_id: str) -> Box | None:
        """The box of a round; None where no slips were made."""
        path = folder_of(study, round_id) / "box.json"
        if not path.is_file():
            return None
        said = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, said["address"], {number: Slip(**own) for number, own in said["slips"].items()},
                   said["is_collected"])

    @property
    def is_empty(self) -> bool:
        """Whether nobody has answered anything yet."""
        return not any(slip.answers for slip in self.slips.values())

    def slip_of(self, code: str) -> str:
        """The number of the slip with this code; blank where there is none."""
        digest = code_digest(code)
        return next((number for number, slip in self.slips.items() if slip.code == digest), "")

    def put(self, number: str, slip: Slip) -> None:
        """Replaces a slip, first on disk. Raises OSError, and keeps the old one, where the disk fails."""
        new = self.slips | {number: slip}
        self._write(new)
        self.slips = new

    def write(self) -> None:
        """Writes the box as a whole."""
        self._write(self.slips)

    def _write(self, slips: Mapping[str, Slip]) -> None:
        lines = ",\n".join(f" {json.dumps(number)}: {json.dumps(vars(slip), ensure_ascii=False)}"
                           for number, slip in sorted(slips.items()))
        head = f'{{"address": {json.dumps(self.address)}, "is_collected": {json.dumps(self.is_collected)}'
        write_atomic(self.path, f'{head}, "slips": {{\n{lines}\n}}}}\n')
        sync_folder(self.path.parent)


def folder_of(study: Study, round_id: str) -> Path:
    """Where the box of a round and its certificate are."""
    return study.private / "phones" / round_id


def not_collected(study: Study, round_id: str) -> str:
    """How many ballots given on phones are not collected, as the beginning of a sentence that goes on about
    them; blank where there are none."""
    box = Box.read(study, round_id)
    if box is None or box.is_empty:
        return ""
    count = sum(bool(slip.answers) for slip in box.slips.values())
    return "1 ballot given on a phone is not collected: it" if count == 1 else (
        f"{count} ballots given on phones are not collected: they")


def check_box_collected(study: Study, round_id: str) -> None:
    """Raises Faults where answers given on phones are not collected: they would not count."""
    if said := not_collected(study, round_id):
        raise Faults([Fault(f"{said} would not count",
                            fix=f"bring the register: `glc ballot --round {round_id} --collect REGISTER`")])


def waiting(study: Study, round_id: str) -> str:
    """That ballots given on phones are in no count of forms yet, and what to do; blank where there are
    none."""
    said = not_collected(study, round_id)
    are = "is" if said.startswith("1 ") else "are"
    return said and (f"{said} {are} in none of these numbers. To collect: bring the register, `glc ballot "
                     f"--round {round_id} --collect REGISTER`.")


# ------------------------------
# Collecting: the register says whose each slip is.


REGISTER = ("round_id", "slip", "rater_id")
"""The columns of the register."""
VOID = "void"
"""What stands in the register for a slip that does not count, because it was lost or given back."""


@dataclass(frozen=True)
class Collected:
    """What :func:`collect` did: the raters whose ballots are ``written``, and those with a slip who answered
    nothing (``silent``) or left something blank (``incomplete``)."""

    written: list[str]
    silent: list[str]
    incomplete: list[str]


def collect(study: Study, round_id: str, register: Path) -> Collected:
    """Writes the ballots given on phones to raw/ratings, and empties the box.

    Every ballot is on disk there before the box is emptied; after an interruption the same call does the
    rest. Raises UsageError where there is nothing to collect, and Faults, before anything is written, with
    all that is wrong in the register, and with raters who have handed in another form.
    """
    with locked(folder_of(study, round_id), what=WORK):
        box = Box.read(study, round_id)
        if box is None:
            raise UsageError(f"Nobody votes on a phone in round {round_id}: there are no slips.")
        if box.is_collected:
            raise UsageError(f"The ballots given on phones in round {round_id} are collected.")
        reference = read_reference(study)
        texts = RoundTexts.of(reference, round_id)
        raters = _read_register(register, round_id, box, reference)
        given = {rater: box.slips[number] for rater, number in raters.items() if box.slips[number].answers}
        files = {rater: _file_text(texts, rater, slip) for rater, slip in sorted(given.items())}
        if faults := [*_other_forms(study, reference, round_id, files)]:
            raise Faults(faults)
        ratings = study.raw / "ratings"
        ratings.mkdir(parents=True, exist_ok=True)
        for rater, content in files.items():
            write_atomic(ratings / _file_name(round_id, rater), content)
        sync_folder(ratings)
        for path in box.path.parent.glob("*.pem"):
            path.unlink()
        box.slips, box.is_collected = {}, True
        box.write()
        return Collected([*files], sorted({*raters} - {*given}), sorted(
            rater for rater, slip in given.items() if not slip.is_complete(texts.stamps)))


def _file_name(round_id: str, rater: str) -> str:
    """The name of the file of a ballot, which says for good that it was given on a phone."""
    return f"{round_id}-{rater}-phone.csv"


def _read_register(path: Path, round_id: str, box: Box, reference: Reference) -> dict[str, str]:
    """The number of the slip of each rater. Raises Faults with everything that is wrong in the register."""
    table = read_table(path)
    names = [normalise_space(name) for name in table.names]
    if missing := [name for name in REGISTER if name not in names]:
        raise Faults([Fault("this column is missing", path.name, "1", name,
                            fix=f"the header is {','.join(REGISTER)}") for name in missing])
    may_rate = reference.raters.set_index("rater_id")["may_rate"]
    known = {rater.casefold(): rater for rater in may_rate.index}
    raters: dict[str, str] = {}
    seen: set[str] = set()
    faults: list[Fault] = []
    for row, cells in zip(table.numbers[1:], table.rows[1:], strict=True):
        of_round, number, written = (normalise_space(cells[names.index(name)]) for name in REGISTER)
        rater, place = known.get(written.casefold(), ""), {"file": path.name, "row": str(row)}
        if of_round != round_id or number not in box.slips:
            faults.append(Fault(f"no slip of round {round_id} has this number", **place, column="slip",
                                value=number, fix="use the register that was made with these slips"))
        elif number in seen:
            faults.append(Fault("the slip is in another row too", **place, column="slip", value=number,
                                fix="keep the row of the person who drew it"))
        elif not written and box.slips[number].answers:
            faults.append(Fault("there are answers with this slip, and nobody drew it", **place,
                                column="rater_id", fix="write the code of the rater who drew it; "
                                f"{VOID} only if it must not count"))
        elif written and written.casefold() != VOID:
            if not rater:
                faults.append(Fault(f"raters.csv has no such rater; {nearest(written, may_rate.index)}",
                                    **place, column="rater_id", value=written,
                                    fix="write the code of the rater"))
            elif may_rate[rater] != "true":
                faults.append(Fault("may not rate, as raters.csv says", **place, column="rater_id",
                                    value=rater, fix=f"write {VOID}, or true under may_rate"))
            elif rater in raters:
                faults.append(Fault(f"has drawn slip {raters[rater]} too", **place, column="rater_id",
                                    value=rater, fix=f"write {VOID} at the slip that does not count"))
            else:
                raters[rater] = number
        seen.add(number)
    faults += [Fault("there are answers with this slip, and the register does not name it", path.name,
                     column="slip", value=number, fix="put its row back")
               for number, slip in box.slips.items() if slip.answers and number not in seen]
    if faults:
        raise Faults(faults)
    return raters


def _file_text(texts: RoundTexts, rater: str, slip: Slip) -> str:
    """A ballot as two keyings of a paper form would write it; what was not answered is blank."""
    source = next(iter(texts.by_language.values())).set_index("principle_id")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for principle in texts.principles:
        own = slip.answers.get(principle) or {"text": stamp_of(source.loc[principle])}
        name, text_version = own["text"].split()
        said = own.get("comment", ""), own.get("may_be_read", "")
        for question in SCORED:
            score = ABSTAIN if own.get(ABSTAIN) == MARK else own.get(question.name, "")
            writer.writerow([texts.round_id, rater, principle, name.rpartition(".")[2], text_version,
                             question.name, score, *(said if question == SCORED[0] else ("", ""))])
    return text.getvalue()


def _other_forms(study: Study, reference: Reference, round_id: str,
                 files: Mapping[str, str]) -> Iterator[Fault]:
    """Faults: raters, or their organisation in the panel, who have handed in a form in another way."""
    votes = Ballots.read(study, reference).votes
    own_files = {_file_name(round_id, rater): content for rater, content in files.items()}
    ratings, here = study.raw / "ratings", votes[votes["round_id"] == round_id]
    unchanged = {name for name, content in own_files.items()
                 if (ratings / name).is_file() and (ratings / name).read_bytes() == content.encode()}
    other = here[~here["file"].isin(unchanged)].drop_duplicates("rater_id")
    arrived = dict(zip(other["rater_id"], other["file"], strict=True))
    known = voters(reference.raters, study.settings["consensus"]["vote"]).set_index("rater_id")
    cast: dict[tuple[str, str], str] = {}
    for rater in [*arrived, *(rater for rater in files if rater not in arrived)]:
        if rater in arrived and rater in files:
            yield Fault(f"{rater} has handed in a form as well ({arrived[rater]})", fix="ask which one "
                        f"counts: remove that file, or write {VOID} at the slip")
        elif rater in known.index:
            first = cast.setdefault((known.at[rater, "role"], known.at[rater, "voter"]), rater)
            if first != rater and rater in files:
                yield Fault(f"{known.at[rater, 'voter']} has one vote in a panel, and both {first} and "
                            f"{rater} have voted", fix="ask which ballot the organisation stands by, and "
                            f"write {VOID} at the other slip")


# ------------------------------
# The slips for voting on phones: a stack to print, the register, and the certificate of the day.
#
# In: an open round, and the address of the computer on the team's access point. Out: in a folder outside
# the study ``slips.html``, with a code on each slip and the sheet on which is written who draws which, and
# ``register.csv``, the same sheet to be typed; in the study the box, which has only digests of the codes.
# Nobody's name or rater code is on a slip: people draw them from a shuffled stack.


PORT = 8443
"""At which the page is found, here and on the access point."""
CERTIFICATE, KEY = "certificate.pem", "key.pem"
DAYS = 7
"""For which a certificate holds: slips may be printed some days before."""


@dataclass(frozen=True)
class SlipsMade:
    """What :func:`make_slips` wrote: the files, how many slips, the address of the page, the fingerprint of
    its certificate (blank on this computer alone), and the languages of the page that no native reader has
    checked."""

    slips: Path
    register: Path
    count: int
    url: str
    fingerprint: str
    unchecked: tuple[str, ...]


def slips_made(study: Study, round_id: str) -> str:
    """How many slips an open round has already, and that new ones void them; blank where it has none, and
    where ballots have begun, so that there are no new ones."""
    box = Box.read(study, round_id)
    if box is None or box.is_collected or not box.is_empty:
        return ""
    return (f"Round {round_id} has {len(box.slips)} slips already, for {url_of(box.address)}. With new ones "
            "they are void, those that are printed or drawn too, and so is their register.")


def make_slips(study: Study, round_id: str, folder: Path, *, address: str = LOOPBACK) -> SlipsMade:
    """Makes the slips of an open round, a quarter more than people who may rate, and an empty box.

    Raises UsageError for an unknown round, a folder within the study, or an address that is not of a private
    network; GLCError where the round is closed or the box holds answers; Faults where texts were changed.
    """
    here = own_address(address)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there. To fix: make the folder, or put the memory stick in.")
    if folder.resolve().is_relative_to(study.root.resolve()):
        raise UsageError(f"{folder} is within the study. To fix: name one on a memory stick, "
                         "since the codes must not stay on the computer that takes the votes.")
    reference = read_reference(study)
    texts = RoundTexts.of(reference, round_id)
    with locked(folder_of(study, round_id), what=WORK):
        box = Box.read(study, round_id)
        if box and (box.is_collected or not box.is_empty):
            state = "are collected" if box.is_collected else "have begun"
            raise GLCError(f"The ballots given on phones in round {round_id} {state}: new slips would make "
                           "the old ones worthless. To fix: whoever lost a slip draws another, or votes on "
                           "paper.")
        people = len(voters(reference.raters, study.settings["consensus"]["vote"]))
        codes = dict(zip(_numbers(people + max(4, people // 4)), iter(new_code, ""), strict=False))
        fingerprint = "" if here.is_loopback else make_certificate(folder_of(study, round_id), address)
        box = Box(folder_of(study, round_id) / "box.json", address,
                  {number: Slip(code_digest(code)) for number, code in codes.items()})
        url = url_of(address)
        page = template(__file__, "phone_slips.html").render(
            round_id=round_id, url=url, fingerprint=fingerprint, warnings=_warnings(texts),
            slips=[(number, code, _qr_code(f"{url}#{code}")) for number, code in codes.items()],
            numbers=sorted(codes), void=VOID)
        write_atomic(folder / "slips.html", page)
        write_atomic(folder / "register.csv", "".join(
            f"{line}\n" for line in (",".join(REGISTER), *(f"{round_id},{one}," for one in sorted(codes)))))
        box.write()
    unchecked = tuple(one for one in texts.by_language if page_phrases(one)["native_reader"] != "yes")
    return SlipsMade(folder / "slips.html", folder / "register.csv", len(codes), url, fingerprint, unchecked)


def page_phrases(language: str) -> dict[str, str]:
    """The fixed texts of the page by key, in a language or, where nobody has translated them, in English.

    >>> page_phrases("es")["begin"], page_phrases("am")["begin"]
    ('Empezar', 'Begin')
    """
    return phrases(language, __file__, "phone_page.csv")


def page_languages() -> list[str]:
    """The languages in which the page has fixed texts.

    >>> page_languages()
    ['en', 'es', 'ar', 'km', 'fr']
    """
    return [*languages(__file__, "phone_page.csv")]


def _warnings(texts: RoundTexts) -> list[tuple[str, str, str]]:
    """What every slip says in each language of the round: the language, its direction and the words."""
    return [(one, language_direction(one), page_phrases(one)["warning"])
            for one in texts.by_language if one in page_languages()] or [
                ("en", "ltr", page_phrases("en")["warning"])]


def _numbers(count: int) -> list[str]:
    """Different numbers of four digits: those of one stack are not those of another, nor in any order."""
    return [*map(str, secrets.SystemRandom().sample(range(1000, 10_000), count))]


def _qr_code(text: str) -> str:
    """A QR code as SVG."""
    import segno

    return segno.make(text, micro=False, error="m").svg_inline(scale=2, border=4)


# ------------------------------
# The address and the certificate.


def own_address(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address at which the page may be served: of this computer alone, or of a private network.

    >>> own_address("192.168.4.1").is_loopback, own_address("127.0.0.1").is_loopback
    (False, True)
    >>> own_address("0.0.0.0")
    Traceback (most recent call last):
    glc_analysis.errors.UsageError: '0.0.0.0' is not the address of a private network. To fix: name the
    address that this computer has on the team's own access point, such as 192.168.4.1.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        found = None
    if found is None or found.is_unspecified or found.is_multicast or not found.is_private:
        raise UsageError(f"{address!r} is not the address of a private network. To fix: name the address "
                         "that this computer has on the team's own access point, such as 192.168.4.1.")
    return found


def url_of(address: str) -> str:
    """Where phones find the page.

    >>> url_of("192.168.4.1"), url_of("::1")
    ('https://192.168.4.1:8443/', 'http://[::1]:8443/')
    """
    found = ipaddress.ip_address(address)
    host = f"[{found}]" if found.version == 6 else str(found)
    return f"http{'' if found.is_loopback else 's'}://{host}:{PORT}/"


def make_certificate(folder: Path, address: str) -> str:
    """Makes a certificate for an address, with a key of its own; returns its fingerprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the clock of a phone may be late
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256()))
    write_atomic(folder / KEY, key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    write_atomic(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM))
    return fingerprint_of(folder)


def fingerprint_of(folder: Path) -> str:
    """The SHA-256 fingerprint of the certificate in a folder, in pairs as browsers show it."""
    der = ssl.PEM_cert_to_DER_cert((folder / CERTIFICATE).read_text(encoding="ascii"))
    return hashlib.sha256(der).digest().hex(" ").upper()


def server_side(folder: Path) -> ssl.SSLContext:
    """TLS with the certificate in a folder. Raises GLCError where there is none, or it has ended."""
    from cryptography import x509

    path = folder / CERTIFICATE
    if not path.is_file():
        raise GLCError("There is no certificate for this address. To fix: make new slips.")
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    if certificate.not_valid_after_utc < datetime.now(UTC):
        raise GLCError(f"The certificate ended on {certificate.not_valid_after_utc:%Y-%m-%d}. To fix: make "
                       "new slips; or set the clock of this computer.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path, folder / KEY)
    return context
