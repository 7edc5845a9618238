"""Serves the page on which people in the room vote with their phones, without internet.

The server serves an open round for which slips (papers with a voting code) were made. Either only this
computer can reach the server, or phones reach the server with TLS through the team's own access point. The
server stores answers in the ballot box (:mod:`.phone_ballots`). A phone sends the code of a slip, gets the
texts, and sends answers. The phone shows "saved" once the answers are on disk.

No response contains a vote, and no addresses, times or cookies are stored. Each request to save states how
often answers had been saved with the slip when the page was loaded. If another page has saved answers with
the slip since then, the server refuses the request and tells the page why. A page that gets no response sends
the request again, and the answers count once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ipaddress
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from types import TracebackType
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, HTTPError, RequestHandler

from glc_analysis.addons.convening.ballots import select_eligible_raters_with_voter
from glc_analysis.addons.convening.phone_address import (
    PORT,
    format_ballot_url,
    load_tls_context,
    read_certificate_fingerprint,
)
from glc_analysis.addons.convening.phone_ballots import (
    LONGEST_COMMENT,
    PHONE_BALLOT_LOCK,
    BallotBox,
    RoundTexts,
    ballot_box_folder,
    format_text_stamp,
)
from glc_analysis.addons.convening.phone_slips import list_phone_page_languages, read_phone_page_phrases
from glc_analysis.addons.convening.rating_forms import (
    RatingForm,
    has_form_phrases,
    name_language_for_reader,
    read_form_phrases,
)
from glc_analysis.addons.convening.ratings import BY_NAME
from glc_analysis.addons.convening.rounds import RoundClosed
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.locks import hold_folder_lock
from glc_analysis.reference import read_reference
from glc_analysis.study import Study
from glc_analysis.templates import load_template, read_csv_texts_by_language, read_packaged_text
from glc_analysis.text import language_direction, language_name, normalise_space

Say = Callable[[str], None]

_LARGEST_REQUEST = 256 * 1024
"""The largest size of a request in bytes: enough for full-length comments on eighty principles in any
script."""
CONNECTIONS, LONGEST_CONNECTION = 200, 60.0
"""The largest number of open connections, and the number of seconds after which each connection is closed and
the phone has to reconnect."""
IDLE = 15.0
"""The number of seconds after which an idle connection is closed."""
SAVES_AT_ONCE, SAVES_A_SECOND = 20, 5.0
"""Two limits on saving answers with one slip: the number of saves that may follow each other immediately, and
the number of saves per second after that."""
WRONG_AT_ONCE, WRONG_TAKES = 20, 1.0
"""The largest number of wrong codes that are processed at the same time, and the number of seconds after
which a wrong code is answered."""
STEP, _LOOK = 5, 60.0
"""The screen shows the number of complete ballots rounded down to a multiple of ``STEP``, and renews it every
``_LOOK`` seconds, so that the screen does not show who has just finished."""


def serve_ballot_page(study: Study, round_id: str, *, say: Say) -> None:
    """Serves the voting page of a round until Ctrl-C.

    Raises UsageError if no slips were made. Raises GLCError if the round is closed, if its phone ballots have
    been collected, if the address does not belong to this computer, or if another command uses the ballot
    box.
    """
    with hold_folder_lock(ballot_box_folder(study, round_id), what=PHONE_BALLOT_LOCK):
        polling_place = PollingPlace(study, round_id, say)
        try:
            asyncio.run(_serve(polling_place))
        except KeyboardInterrupt:
            say("The page is off. Every answer that a phone showed as saved is in the box. To go on: run the "
                f"same command. To count: `glc ballot --round {round_id} --collect REGISTER`.")


async def _serve(polling_place: PollingPlace) -> None:
    _log_nothing()
    box, say = polling_place.box, polling_place.say
    server, url = polling_place.make_unstarted_server(), format_ballot_url(box.address)
    try:
        server.listen(PORT, box.address)
    except OSError as error:
        raise GLCError(f"{url} cannot be served here ({error.strerror}). To fix: connect this computer to "
                       "the access point with the address for which the slips were made, and end other "
                       f"programs at port {PORT}; or make new slips with another --address.") from None
    say(f"Phones can vote in round {polling_place.round_id} at {url} ({len(box.slips)} slips).")
    if url.startswith("https"):
        say("Fingerprint of the certificate (SHA-256), as on the slips: "
            f"{read_certificate_fingerprint(box.path.parent)}")
    say("Ctrl-C ends voting on phones. This screen shows only roughly how many ballots are complete.")
    while True:
        await asyncio.sleep(_LOOK)
        polling_place.print_rounded_complete_ballot_count()


def _log_nothing() -> None:
    """Switches off the logs of Tornado and asyncio, because they contain the addresses of phones."""
    for name in ("tornado.access", "tornado.application", "tornado.general", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


class PollingPlace:
    """The ballot box of a round with the round's texts; its methods answer the requests that phones may
    make."""

    def __init__(self, study: Study, round_id: str, say: Say) -> None:
        box = BallotBox.read(study, round_id)
        if box is None:
            raise UsageError(f"There are no slips for round {round_id}. To fix: make them with "
                             f"`glc ballot --round {round_id} --codes FOLDER`.")
        if box.is_collected:
            raise GLCError(f"The ballots given on phones in round {round_id} are already collected. To "
                           "fix: let whoever comes later vote on paper.")
        self.study, self.round_id, self.say, self.box = study, round_id, say, box
        self._table_bytes: list[bytes] = []
        self._said: set[str] = set()
        self._wrong = 0
        self._allowance: dict[str, tuple[float, float]] = defaultdict(lambda: (SAVES_AT_ONCE, 0.0))
        self.reload_changed_reference_tables()
        self.print_rounded_complete_ballot_count()

    def make_unstarted_server(self) -> HTTPServer:
        """Returns the server of the voting page. The server does not accept connections yet."""
        application = Application([(r"/", PageHandler), (r"/open", TextsHandler), (r"/save", AnswersHandler)],
                                  polling_place=self,
                                  log_function=lambda handler: None, default_handler_class=NotFoundHandler)
        is_alone = ipaddress.ip_address(self.box.address).is_loopback
        return LimitedServer(
            application, max_body_size=_LARGEST_REQUEST, max_header_size=16 * 1024, body_timeout=IDLE,
            idle_connection_timeout=IDLE, chunk_size=_LARGEST_REQUEST, max_buffer_size=4 * _LARGEST_REQUEST,
            ssl_options=None if is_alone else load_tls_context(self.box.path.parent))

    def reload_changed_reference_tables(self) -> None:
        """Reads reference tables again if they have changed, so that people vote on the new words of an
        amended text. If a table cannot be read, a message is printed once and the texts stay as they were.
        Raises RoundClosed if the round has been closed."""
        content = [self.study.locate_reference_file(name).read_bytes()
                   for name in ("principles", "rounds", "raters")]
        if content == self._table_bytes:
            return
        try:
            reference = read_reference(self.study)
            self.texts = RoundTexts.from_reference(reference, self.round_id)
        except Faults as faults:
            if not self._table_bytes:
                raise
            self.say(f"{faults}\nThe page keeps the texts that it had before this fault.")
        else:
            self.people = len(select_eligible_raters_with_voter(reference.raters,
                                                                self.study.settings["consensus"]["vote"]))
            self.stamps = self.texts.stamps
        self._table_bytes = content

    def print_rounded_complete_ballot_count(self) -> None:
        """Prints a line on roughly how many ballots are complete, if the same line has not been printed
        before."""
        complete = sum(slip.is_complete(self.stamps) for slip in self.box.slips.values())
        many = f"{complete - complete % STEP} or more" if complete >= STEP else f"fewer than {STEP}"
        self.print_line_once(f"Phones: {many} ballots are complete ({self.people} people may vote).")

    def print_line_once(self, line: str) -> None:
        """Prints a line if it has not been printed before."""
        if line not in self._said:
            self._said.add(line)
            self.say(line)

    async def find_slip_number(self, code: object) -> str:
        """Returns the number of the slip with this code. Raises Refusal for a wrong code: after a second or,
        if too many other wrong codes are being processed, immediately."""
        if isinstance(code, str) and len(code) < 100 and (number := self.box.find_slip_number(code)):
            return number
        if self._wrong >= WRONG_AT_ONCE:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "busy")
        self._wrong += 1
        self.print_line_once("Somebody has sent a wrong code. This message is not repeated.")
        try:
            await asyncio.sleep(WRONG_TAKES)
        finally:
            self._wrong -= 1
        raise Refusal(HTTPStatus.FORBIDDEN, "unknown_code")

    def list_texts_and_answered_questions(self, number: str) -> dict[str, Any]:
        """Returns the response to a request with the code of a slip: the texts of the round, and which
        questions are answered."""
        self.reload_changed_reference_tables()
        slip = self.box.slips[number]
        return {"round": self.round_id, "saves": slip.saves,
                "answered": slip.list_answered_questions(self.stamps),
                "languages": [_in_language(self.texts, one) for one in dict.fromkeys(
                    [*self.texts.by_language, *list_phone_page_languages()])]}

    def save_answers(self, number: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Saves the answers from a phone. Returns how often answers have been saved with the slip, and which
        questions are answered. Raises Refusal if nothing is saved."""
        self.reload_changed_reference_tables()
        slip = self.box.slips[number]
        stamps, answers, mark = _checked(request, self.stamps)
        if mark != slip.mark:
            self._spend(number)
            if request["saves"] != slip.saves:
                raise Refusal(HTTPStatus.CONFLICT, "stale")
            if any(stamps[principle] not in self.stamps[principle] for principle in stamps):
                raise Refusal(HTTPStatus.CONFLICT, "changed")
            slip = slip.merge_new_answers(stamps, answers, mark)
            try:
                self.box.replace_slip(number, slip)
            except OSError as error:
                self.say(f"box.json cannot be written ({error.strerror}). Phones say that nothing is saved, "
                         "and try again. To fix: free some space, or repair the disk.")
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "busy") from None
        return {"saves": slip.saves, "answered": slip.list_answered_questions(self.stamps)}

    def _spend(self, number: str) -> None:
        left, since = self._allowance[number]
        now = time.monotonic()
        left = min(SAVES_AT_ONCE, left + (now - since) * SAVES_A_SECOND)
        if left < 1:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, "busy")
        self._allowance[number] = left - 1, now


class Refusal(Exception):
    """A refused request: the HTTP status of the response, and the word that tells the page the reason for the
    refusal."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "refused")


def _checked(request: Mapping[str, Any], stamps: Mapping[str, set[str]]) -> tuple[dict, dict, str]:
    """Validates a request to save answers. Returns the stamps of the texts that the rater read (keyed by
    principle), the answers, and the request's mark, which is the same if a phone repeats the request.
    ``stamps`` has the present stamps of each principle. Raises Refusal for a request that the page itself
    would never send."""
    if set(request) != {"code", "saves", "mark", "stamps", "answers"}:
        raise MALFORMED
    read_stamps, answers, mark = request["stamps"], request["answers"], request["mark"]
    is_text = all(isinstance(part, dict) and all(isinstance(one, str) for one in part.values())
                  for part in (read_stamps, answers))
    if not is_text or not answers or type(request["saves"]) is not int or not isinstance(mark, str) or not (
            8 <= len(mark) <= 64 and mark.isascii() and mark.isalnum()):
        raise MALFORMED
    read = {}
    for at, answer in answers.items():
        principle, _, name = at.rpartition(".")
        words = normalise_space(answer)
        if principle not in read_stamps or name not in BY_NAME or len(
                words) > LONGEST_COMMENT or not words.isprintable():
            raise MALFORMED
        if principle not in stamps:  # it was taken out of the round
            raise Refusal(HTTPStatus.CONFLICT, "changed")
        read[at] = BY_NAME[name].parse_answer(words)
        if read[at] is None:
            raise MALFORMED
    principles = {at.rpartition(".")[0] for at in read}
    return {principle: read_stamps[principle] for principle in principles}, read, mark


def _in_language(texts: RoundTexts, language: str) -> dict[str, Any]:
    """Returns the texts of a round in a language, with the fixed texts of the page. Untranslated texts are in
    their original language."""
    own = language if language in texts.by_language else next(iter(texts.by_language))
    form = RatingForm(texts.round_id, "", language, texts.by_language[own], texts.origins[own])
    name = form.fixed_texts["language_name"] if has_form_phrases(language) else language_name(language)
    return {"code": language, "name": name, "dir": language_direction(language),
            "mark": "" if language in list_phone_page_languages()
            else f" [{name_language_for_reader('en', 'en')}]",
            "names": read_csv_texts_by_language(__file__, "languages.csv").get(language, {}),
            "say": form.fixed_texts | read_phone_page_phrases(language),
            "rows": [{"id": text.principle_id, "stamp": format_text_stamp(text.printed_id, text.text_version),
                      "words": text.statement, "language": text.language,
                      "dir": language_direction(text.language), "mark": form.name_other_language(text),
                      "before": form.list_history_lines(text)} for text in form.texts]}


# ------------------------------
# HTTP.


class LimitedServer(HTTPServer):
    """A server that limits how many connections are open and how long each connection may last."""

    def handle_stream(self, stream: IOStream, address: tuple) -> None:
        """Accepts a connection, or closes the connection immediately if too many connections are open."""
        if len(self._connections) >= CONNECTIONS:
            stream.close()
            return
        asyncio.get_running_loop().call_later(LONGEST_CONNECTION, stream.close)
        super().handle_stream(stream, address)


class PhoneRequestHandler(RequestHandler):
    """The base class of all request handlers; its responses forbid caching and reveal nothing about the
    server."""

    @property
    def polling_place(self) -> PollingPlace:
        """Returns the polling place that answers the request."""
        return self.settings["polling_place"]

    def set_default_headers(self) -> None:
        """Sets the headers of every response."""
        self.clear_header("Server")
        for name, value in (
                ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
                ("Content-Security-Policy", _page()[1])):
            self.set_header(name, value)

    def compute_etag(self) -> None:
        """Disables ETags, which could identify a phone."""

    def log_exception(self, typ: type[BaseException] | None, value: BaseException | None,
                      tb: TracebackType | None) -> None:
        """Reports an internal error on the screen once, without data about the requester or the request."""
        if typ and not issubclass(typ, HTTPError):
            self.polling_place.print_line_once(f"A request could not be answered ({typ.__name__}). The "
                                               f"box has "
                                        "not changed.")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Responds to an error with a single word, so that the response reveals nothing else."""
        self.finish({"why": "refused" if status_code < 500 else "busy"})

    async def respond_to_slip(
            self, make_response: Callable[[str, Mapping[str, Any]], dict[str, Any]]) -> None:
        """Responds to a request that contains the code of a slip; ``make_response`` gets the number of the
        slip and the content of the request."""
        try:
            if self.request.headers.get("Content-Type", "").split(";")[0] != "application/json":
                raise MALFORMED
            try:
                said = json.loads(self.request.body)
            except (ValueError, RecursionError):
                raise MALFORMED from None
            if not isinstance(said, dict):
                raise MALFORMED
            self.finish(make_response(await self.polling_place.find_slip_number(said.get("code")), said))
        except Refusal as refusal:
            self.set_status(refusal.status)
            self.finish({"why": refusal.why})
        except RoundClosed:
            self.set_status(HTTPStatus.GONE)
            self.finish({"why": "closed"})


class PageHandler(PhoneRequestHandler):
    """Serves the voting page, which is the same for everybody."""

    def get(self) -> None:  # ty: ignore[incompatible-mutable-override]
        """Serves the voting page, which contains no text of the study."""
        self.finish(_page()[0])


class TextsHandler(PhoneRequestHandler):
    """Serves the texts of the round to a phone that sends the code of a slip."""

    async def post(self) -> None:  # ty: ignore[incompatible-mutable-override]
        """Responds with the texts of the round and the names of the questions already answered."""
        await self.respond_to_slip(
            lambda number, said: self.polling_place.list_texts_and_answered_questions(number))


class AnswersHandler(PhoneRequestHandler):
    """Receives the answers that a phone sends together with the code of a slip."""

    async def post(self) -> None:  # ty: ignore[incompatible-mutable-override]
        """Saves the answers, and responds with the names of the questions now answered."""
        await self.respond_to_slip(self.polling_place.save_answers)


class NotFoundHandler(PhoneRequestHandler):
    """Refuses requests for any address that the other handlers do not serve."""

    def prepare(self) -> None:
        """Responds that the requested address does not exist."""
        self.set_status(HTTPStatus.NOT_FOUND)
        self.finish({"why": "refused"})


@cache
def _page() -> tuple[str, str]:
    """Returns the voting page as one file, and its content security policy, which allows the page to run only
    its own script and to contact only this server."""
    style, script = read_packaged_text(__file__, "phone_page.css"), read_packaged_text(__file__,
                                                                                       "phone_page.js")
    names = read_csv_texts_by_language(__file__, "languages.csv")
    warnings = [{"code": one, "dir": language_direction(one), "name": read_form_phrases(one)["language_name"],
             "names": names[one], "say": {key: read_phone_page_phrases(one)[key] for key in (
                 "warning", "enter_code", "begin", "unknown_code", "language", "no_connection", "closed")}}
            for one in list_phone_page_languages()]
    page = load_template(__file__, "phone_page.html").render(
        style=style, script=script, longest=LONGEST_COMMENT, warnings=warnings,
        said=json.dumps(warnings, ensure_ascii=False).replace("<", "\\u003c"))
    digests = {kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
               for kind, text in (("style", style), ("script", script))}
    return page, ("default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                  "frame-ancestors 'none'; " + "; ".join(
                      f"{kind}-src 'sha256-{digest}'" for kind, digest in digests.items()))
