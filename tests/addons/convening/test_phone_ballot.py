"""Votes from phones in the room: none lost, doubled, seen or changed, and the same file as from paper."""

import asyncio
import json
import shutil
import ssl
import stat
from datetime import date

import pytest
from markupsafe import escape
from tornado.httpclient import AsyncHTTPClient
from tornado.netutil import bind_sockets

from glc_analysis.addons.convening.phone_address import read_certificate_fingerprint
from glc_analysis.addons.convening.phone_ballots import (
    BallotBox,
    Slip,
    check_phone_ballots_collected,
    collect_ballots_and_empty_box,
)
from glc_analysis.addons.convening.phone_server import PollingPlace
from glc_analysis.addons.convening.phone_slips import (
    list_phone_page_languages,
    make_phone_slips_and_ballot_box,
    read_phone_page_phrases,
)
from glc_analysis.addons.convening.tallies import count_round
from glc_analysis.errors import Faults, GLCError, UsageError
from glc_analysis.locks import hold_folder_lock
from glc_analysis.study import Study
from tests.addons.convening.support.desk_clerk import PRINCIPLES, Clerk, ballot, convening_study, keyed
from tests.addons.convening.support.phone_voter import Phone, codes_of, write_register
from tests.support.study_on_disk import SmallStudy, whole_table

SPANISH = "P01,1,Ofrezca descanso.,Descanso,community,care,,candidate,,,es,P01.1\n"
ANSWERS = {"P01.importance": "8", "P01.feasibility": "3", "P02.abstain": "x", "P03.importance": "1",
           "P03.comment": "  نعم، ولكن\nببطء ", "P03.may_be_read": "yes"}
STAMPS = {"P01": {"P01.1 aaaaaaaaaaaa"}, "P02": {"P02.2 bbbbbbbbbbbb"}}


class Room:
    """A study with an open round and slips; ``run`` serves its page on loopback for an async function."""

    def __init__(self, root, study=None):
        self.study, self.folder, self.said = study or convening_study(root / "study"), root / "stick", []
        self.folder.mkdir(exist_ok=True)

    def make_slips(self, **options):
        made = make_phone_slips_and_ballot_box(Study(self.study.root), "1", self.folder, **options)
        self.codes = codes_of(self.folder)
        return made

    def box(self):
        return BallotBox.read(Study(self.study.root), "1")

    def run(self, act):
        """Serves the page while ``act(url)`` runs; returns what it returns."""
        async def served():
            place = PollingPlace(Study(self.study.root), "1", self.said.append)
            server, sockets = place.make_unstarted_server(), bind_sockets(0, "127.0.0.1")
            server.add_sockets(sockets)
            try:
                return await act(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/")
            finally:
                server.stop()
                await server.close_all_connections()
        return asyncio.run(served())

    def vote(self, *answers, slip=0, language="en"):
        """Opens the page with a slip and saves; returns the phone with the last response in ``last``."""
        async def act(url):
            phone = Phone(url, [*self.codes.values()][slip])
            await phone.open(language)
            for one in answers:
                phone.last = await phone.save(one)
            return phone
        return self.run(act)

    def collect(self, drawn):
        return collect_ballots_and_empty_box(Study(self.study.root), "1", write_register(self.folder, drawn))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    room = Room(tmp_path_factory.mktemp("room"))
    room.make_slips()
    return room


@pytest.fixture
def room(made_once, tmp_path):
    """A room of its own for each test, with slips that were made once."""
    shutil.copytree(made_once.folder.parent, tmp_path, dirs_exist_ok=True)
    study = object.__new__(SmallStudy)
    study.root = tmp_path / "study"
    room = Room(tmp_path, study)
    room.codes = made_once.codes
    return room


# --- slips


def test_slips_have_codes_and_nobodys_name_and_the_box_has_no_code(room):
    page = (room.folder / "slips.html").read_text()
    assert len(room.codes) == 7 == page.count("<svg")
    box = (room.study.root / "private/phones/1/box.json").read_text()
    for text in (page, box):
        assert not [rater for rater in ("r12", "r29", "r33", "harbour") if rater in text]
    assert not [code for code in room.codes.values() if code in box or code.replace("-", "") in box]
    assert (room.folder / "register.csv").read_text().splitlines()[0] == "round_id,slip,rater_id"
    assert {line.split(",")[1] for line in (room.folder / "register.csv").read_text().splitlines()[1:]} == {
        *room.codes}


def test_slips_say_in_every_language_of_the_round_that_paper_counts_the_same(tmp_path):
    room = Room(tmp_path)
    room.study.write_table("principles", PRINCIPLES + SPANISH)
    room.make_slips()
    page = (room.folder / "slips.html").read_text()
    assert page.count("Paper counts the same.") == 7 == page.count(read_phone_page_phrases("es")["warning"])


def test_slips_carry_the_name_of_the_network_and_how_to_scan(tmp_path):
    room = Room(tmp_path)
    room.study.write_table("principles", PRINCIPLES + SPANISH)
    room.make_slips(wifi_name="glc-room <5>")
    page = (room.folder / "slips.html").read_text()
    assert page.count("Network: glc-room &lt;5&gt;") == 7 == page.count("Red: glc-room &lt;5&gt;")
    english, spanish = (read_phone_page_phrases(language)["scan"] for language in ("en", "es"))
    assert page.count(escape(english)) == 7 == page.count(spanish)


def test_what_is_made_is_its_owners_alone(room):
    for path in (room.folder / "slips.html", room.folder / "register.csv",
                 room.study.root / "private/phones/1/box.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_codes_are_not_made_in_the_study_nor_anew_when_somebody_has_voted(room):
    with pytest.raises(UsageError, match="private is within the study"):
        make_phone_slips_and_ballot_box(Study(room.study.root), "1", room.study.root / "private")
    with pytest.raises(UsageError, match="stick is not there. To fix: make the folder"):
        make_phone_slips_and_ballot_box(Study(room.study.root), "1", room.folder / "stick")
    room.make_slips()  # nobody has voted: the old slips are worth nothing now
    room.vote({"P01.importance": "8"})
    before = room.study.files()
    with pytest.raises(GLCError, match="have begun to arrive, and new slips would make the old slips void"):
        room.make_slips()
    assert room.study.files() == before


def test_new_codes_say_that_they_void_the_printed_slips_and_ask(room):
    box = room.study.root / "private/phones/1/box.json"
    ask, before = ("ballot", "--round", "1", "--codes", str(room.folder)), box.read_bytes()
    refused = room.study.glc(*ask)
    assert refused.exit_code == 1 and box.read_bytes() == before
    assert "Round 1 has 7 slips already, for http://127.0.0.1:8443/" in refused.stderr
    assert "New slips make the existing slips and their register void" in refused.stderr
    assert room.study.glc(*ask, input="y\n").exit_code == 0
    assert box.read_bytes() != before


def test_where_phones_have_voted_no_count_of_forms_says_that_nothing_is_there(room):
    room.vote({"P01.importance": "8"})
    counted = room.study.glc("tally", "--round", "1")
    assert "0 of 2 received" in counted.stdout
    said = "1 ballot given on a phone is not collected: it is in none of these numbers."
    assert said in counted.stderr and "--collect REGISTER" in counted.stderr
    assert said in room.study.glc("enter", "--round", "1", input="AB\nq\n").stderr


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "8.8.8.8", "laptop", "224.0.0.1"])
def test_only_an_address_of_a_private_network_is_served(room, address):
    with pytest.raises(UsageError, match="not the address of a private network"):
        room.make_slips(address=address)


def test_a_round_that_is_not_open_has_no_slips(tmp_path):
    room = Room(tmp_path)
    for round_id, said in (("0", "Round 0 was closed on 2017-05-02"), ("9", "no round '9'")):
        with pytest.raises(GLCError, match=said):
            make_phone_slips_and_ballot_box(Study(room.study.root), round_id, room.folder)
    with pytest.raises(UsageError, match="There are no slips for round 1"):
        PollingPlace(Study(room.study.root), "1", print)


# --- voting


def test_an_answer_is_on_disk_before_the_phone_is_told_and_no_response_has_a_vote(room):
    phone = room.vote(ANSWERS)
    assert phone.last == (200, {"saves": 1, "answered": [
        "P01.importance", "P01.feasibility", "P02.abstain", "P03.importance", "P03.comment",
        "P03.may_be_read"]})
    number = [*room.codes][0]
    own = room.box().slips[number].answers
    assert {one: {name: own[one][name] for name in own[one] if name != "text"} for one in own} == {
        "P01": {"importance": "8", "feasibility": "3"}, "P02": {"abstain": "x"},
        "P03": {"importance": "1", "comment": "نعم، ولكن ببطء", "may_be_read": "yes"}}
    again = room.vote()  # another page with the same code
    assert json.loads(again.heard[0].split(b"\n")[-1])["answered"] == phone.last[1]["answered"]
    assert not [one for one in again.heard + phone.heard if "ببطء".encode() in one or b'"8"' in one]


def test_nothing_is_kept_on_the_phone_and_nothing_is_said_about_the_server(room):
    async def act(url):
        return [await AsyncHTTPClient().fetch(url + path, raise_error=False) for path in ("", "open", "x")]
    page, *others = room.run(act)
    assert page.code == 200 and b"Offer rest" not in page.body
    assert [one.code for one in others] == [405, 404]
    for one in (page, *others):
        assert one.headers["Cache-Control"] == "no-store"
        assert not {"Set-Cookie", "Etag", "Server"} & {*one.headers}
        assert "default-src 'none'" in one.headers["Content-Security-Policy"]
    for word in (b"localStorage", b"sessionStorage", b"indexedDB", b"document.cookie", b"serviceWorker"):
        assert word not in page.body


def test_a_page_that_heard_no_answer_saves_once(room):
    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        content = phone.request({"P01.importance": "8"})
        return [await phone.post("save", content) for _ in range(3)]
    assert room.run(act) == [(200, {"saves": 1, "answered": ["P01.importance"]})] * 3


def test_of_two_tabs_the_one_that_is_behind_is_told_so_and_changes_nothing(room):
    async def act(url):
        first, second = (Phone(url, [*room.codes.values()][0]) for _ in range(2))
        await first.open()
        await second.open()
        await second.save({"P01.importance": "8"})
        refused = await first.save({"P01.importance": "2"})
        await first.open()  # the page is loaded again
        return refused, await first.save({"P01.importance": "3"})
    refused, saved = room.run(act)
    assert refused == (409, {"why": "stale"}) and saved[0] == 200
    assert [slip.answers["P01"]["importance"] for slip in room.box().slips.values() if slip.answers] == ["3"]


def test_a_guessed_code_opens_nothing_and_holds_nobody_up(room, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.phone_server.WRONG_TAKES", .2)

    async def act(url):
        guesses = [Phone(url, f"{n:016}").post("open", {"code": f"{n:016}"}) for n in range(40)]
        guesses = [asyncio.ensure_future(guess) for guess in guesses]
        own = await Phone(url, [*room.codes.values()][0]).open()
        return own[0], [await guess for guess in guesses]
    AsyncHTTPClient.configure(None, max_clients=60)
    own, guesses = room.run(act)
    assert own == 200 and {status for status, _ in guesses} == {403, 429}
    assert guesses.count((403, {"why": "unknown_code"})) == 20
    assert room.said[1:] == ["Somebody has sent a wrong code. This message is not repeated."]


def test_a_code_is_known_however_it_is_typed(room):
    async def act(url):
        return (await Phone(url, [*room.codes.values()][0].lower().replace("-", " ")).open())[0]
    assert room.run(act) == 200


def test_what_the_page_does_not_send_is_refused(room):
    changes = [
        {"rater_id": "r12"}, {"answers": {}}, {"answers": {"P01.importance": "10"}}, {"saves": "0"},
        {"answers": {"P09.importance": "1"}}, {"answers": {"P01.rater_id": "r12"}}, {"mark": "../x"},
        {"answers": {"importance": "1"}}, {"answers": {"P01.text": "P01.1 aaaaaaaaaaaa"}},
        {"answers": {"P01.comment": "x" * 1001}}, {"answers": {"P01.comment": "a\x00b"}}, {"stamps": {}},
        {"answers": {"P01.importance": 8}}, {"answers": {"P01.may_be_read": "perhaps"}}, {"stamps": []},
        {"answers": {"P01.abstain": "yes"}}, {"saves": True}]

    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        return [await phone.post("save", phone.request({"P01.importance": "8"}) | one) for one in changes]
    before = room.study.files()
    assert room.run(act) == [(400, {"why": "refused"})] * len(changes)
    assert room.study.files() == before


def test_a_body_that_is_no_request_is_refused(room, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.phone_server.WRONG_TAKES", 0)
    bodies = (b"", b"[]", b"{", b"[" * 100_000, b"\xff", b'{"code": []}', b"1e999", b"null")

    async def act(url):
        return [(await Phone(url, "").post(path, one))[0] for one in bodies for path in ("open", "save")]
    assert room.run(act) == [400] * 10 + [403] * 2 + [400] * 4


def test_a_phone_that_saves_too_often_has_to_wait(room):
    async def act(url):
        phone, found = Phone(url, [*room.codes.values()][0]), []
        await phone.open()
        for n in range(40):
            status, said = await phone.post("save", phone.request({"P01.importance": str(1 + n % 9)}))
            phone.saves = said.get("saves", phone.saves)
            found.append(status)
        return found
    found = room.run(act)
    assert found[:20] == [200] * 20 and 429 in found


def test_a_full_disk_is_said_and_nothing_is_saved(room, monkeypatch):
    def full(path, text):
        raise OSError(28, "No space left on device")

    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        with monkeypatch.context() as patch:
            patch.setattr("glc_analysis.addons.convening.phone_ballots.write_atomic", full)
            refused = await phone.post("save", content := phone.request({"P01.importance": "8"}))
        return refused, await phone.post("save", content)
    refused, saved = room.run(act)
    assert refused == (503, {"why": "busy"}) and saved[0] == 200
    assert "No space left on device" in room.said[-1]


def test_an_amended_text_is_not_voted_on_in_its_old_words(room):
    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        await phone.save({"P03.importance": "7", "P01.importance": "8"})
        done = room.study.glc("amend", "P03", "--text", "Plan together and often.", "--asked-by", "beacon",
                              "--because", "once is not enough", "--hold-out")
        assert done.exit_code == 0, done.output
        refused = await phone.save({"P03.importance": "2"})
        _, told = await phone.open()
        return refused, told["answered"], await phone.save({"P03.feasibility": "4"})
    refused, answered, saved = room.run(act)
    assert refused == (409, {"why": "changed"}) and answered == ["P01.importance"] and saved[0] == 200
    own = room.box().slips[[*room.codes][0]].answers["P03"]
    assert own["text"].startswith("P03.2 ") and set(own) == {"text", "feasibility"}


def test_a_phone_shows_what_a_text_was_before(room):
    room.study.glc("split", "P03", "--text", "Plan <together>.", "--text", "Plan often.", "--asked-by",
                   "beacon", "--because", "two things")
    told, *_ = json.loads(room.vote().heard[0].split(b"\n")[-1])["languages"]
    assert {row["id"]: row["before"] for row in told["rows"]} == {
        "P01": [], "P02": [], "P04": ["Split from P03.1: Plan together."],
        "P05": ["Split from P03.1: Plan together."]}


def test_a_principle_that_was_taken_out_of_the_round_is_not_voted_on(room):
    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        room.study.spoil("reference/rounds.csv", ("1,2017-05-08,,P03,1\n", ""))
        refused = await phone.save({"P03.importance": "8"})
        _, told = await phone.open()
        return refused, [row["id"] for row in told["languages"][0]["rows"]]
    assert room.run(act) == ((409, {"why": "changed"}), ["P01", "P02"])


def test_connections_that_say_nothing_are_few_and_end(room, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.phone_server.CONNECTIONS", 3)
    monkeypatch.setattr("glc_analysis.addons.convening.phone_server.LONGEST_CONNECTION", .5)

    async def act(url):
        host, port = url.split("/")[2].split(":")
        idle = [await asyncio.open_connection(host, port) for _ in range(3)]
        one_more, _ = await asyncio.open_connection(host, port)
        refused = await one_more.read()
        ended = [await reader.read() for reader, _ in idle]
        return refused, ended, (await Phone(url, [*room.codes.values()][0]).open())[0]
    assert room.run(act) == (b"", [b"", b"", b""], 200)


def test_a_round_that_is_closed_meanwhile_takes_no_vote(room):
    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        room.study.spoil("reference/rounds.csv", ("05-08,,", "05-08,2017-05-08,"))
        return await phone.save({"P01.importance": "8"})
    assert room.run(act) == (410, {"why": "closed"})


def test_a_table_that_somebody_is_editing_does_not_stop_the_vote(room):
    async def act(url):
        phone = Phone(url, [*room.codes.values()][0])
        await phone.open()
        room.study.write("private/reference/raters.csv", "rater_id\n")
        return (await phone.save({"P01.importance": "8"}))[0]
    assert room.run(act) == 200
    assert room.said[-1].endswith("The page keeps the texts that it had before this fault.")


def test_the_screen_counts_in_steps(room):
    place = PollingPlace(Study(room.study.root), "1", room.said.append)
    full = {one: {"text": next(iter(stamps)), "abstain": "x"} for one, stamps in place.stamps.items()}
    for n, number in enumerate(room.codes):
        place.box.slips[number] = Slip(str(n), answers=full)
        place.print_rounded_complete_ballot_count()
    assert room.said == ["Phones: fewer than 5 ballots are complete (3 people may vote).",
                         "Phones: 5 or more ballots are complete (3 people may vote)."]


# --- what a slip holds


def test_an_abstention_takes_the_scores_away_and_a_score_the_abstention():
    texts = {"P01": "P01.1 aaaaaaaaaaaa"}
    slip = Slip("").merge_new_answers(texts, {"P01.importance": "8", "P01.comment": "Yes."}, "a")
    slip = slip.merge_new_answers(texts, {"P01.abstain": "x"}, "b")
    assert slip.answers["P01"] == {"text": "P01.1 aaaaaaaaaaaa", "abstain": "x", "comment": "Yes."}
    assert not slip.is_complete(STAMPS)
    slip = slip.merge_new_answers(texts, {"P01.feasibility": "2", "P01.comment": ""}, "c")
    assert slip.answers["P01"] == {"text": "P01.1 aaaaaaaaaaaa", "feasibility": "2"} and slip.saves == 3
    assert slip.merge_new_answers(texts, {"P01.feasibility": ""}, "d").answers == {}


def test_a_slip_is_complete_when_every_principle_is_answered():
    texts = {one: next(iter(stamps)) for one, stamps in STAMPS.items()}
    slip = Slip("").merge_new_answers(texts, {"P01.importance": "8", "P01.feasibility": "1"}, "a")
    assert slip.merge_new_answers(texts, {"P02.abstain": "x"}, "b").is_complete(STAMPS)
    assert not slip.merge_new_answers(texts, {"P02.importance": "5"}, "b").is_complete(STAMPS)


# --- collecting


def test_a_ballot_from_a_phone_is_that_of_the_same_paper(room):
    room.study.write_table("principles", PRINCIPLES + SPANISH)
    paper = {".language": "es", "P01.importance": "8", "P01.feasibility": "3", "P02.importance": "a",
             "P02.feasibility": "a", "P03.importance": "1", "P03.comment": "نعم، ولكن ببطء",
             "P03.may_be_read": "y", "P02.version": "2"}
    room.vote(ANSWERS, slip=2, language="es")
    done = room.collect({[*room.codes][2]: "R12"})
    assert (done.written, done.silent, done.incomplete) == (["r12"], [], ["r12"])
    for initials in ("AB", "CD"):
        keyed(room.study, Clerk({"r29": paper}, ["r29"], initials=initials))
    by_phone = room.study.root / "raw/ratings/1-r12-phone.csv"
    by_paper = room.study.root / "raw/ratings/1-r29.csv"
    assert by_phone.read_text().replace("r12", "r29") == by_paper.read_text()
    assert stat.S_IMODE(by_phone.stat().st_mode) == 0o600


def test_the_seal_and_the_results_have_phones_and_paper_alike_and_say_how_each_arrived(room):
    room.vote({"P01.importance": "8", "P01.feasibility": "3"}, slip=1)
    with pytest.raises(Faults, match="1 ballot given on a phone is not collected: it would not count"):
        check_phone_ballots_collected(Study(room.study.root), "1")
    refused = room.study.glc("tally", "--round", "1", "--close", "--yes")
    assert refused.exit_code == 1 and "not collected" in refused.output
    room.collect({[*room.codes][1]: "r12"})
    for initials in ("AB", "CD"):
        papers = {"r29": {"P01.importance": "8", "P02.version": "2"}}
        keyed(room.study, Clerk(papers, ["r29"], initials=initials))
    check_phone_ballots_collected(Study(room.study.root), "1")
    ratings = count_round(Study(room.study.root), "1", close_on=date(2017, 5, 9)).frames["ratings"]
    own = ratings[(ratings["principle_id"] == "P01") & (ratings["criterion"] == "importance")]
    assert dict(zip(own["rater_id"], own["entered_by"], strict=True)) == {
        "r12": "1-r12-phone.csv", "r29": "1-r29.csv"}
    assert own["score"].tolist() == [8, 8]
    sealed = (room.study.root / "private/rounds/1/1/ballots.csv").read_text()
    assert "1-r12-phone.csv" in sealed and "1-r29.csv" in sealed


def test_after_the_collecting_the_box_is_empty_and_nobody_votes_with_a_slip(room):
    room.vote(ANSWERS)
    room.collect({[*room.codes][0]: "r12"})
    box = (room.study.root / "private/phones/1/box.json").read_text()
    assert json.loads(box) == {"address": "127.0.0.1", "is_collected": True, "slips": {}}
    with pytest.raises(GLCError, match="are already collected"):
        PollingPlace(Study(room.study.root), "1", print)
    with pytest.raises(GLCError, match="are collected, and new slips"):
        room.make_slips()
    with pytest.raises(GLCError, match="have already been collected"):
        room.collect({})


@pytest.mark.parametrize(("drawn", "said"), [
    ({0: "r21"}, "raters.csv has no such rater; nearest: 'r29', 'r12'"),
    ({0: "r99"}, "may not rate, as raters.csv says"),
    ({0: ""}, "this slip has answers, but the register names nobody who drew it"),
    ({0: "r12", 1: "r12"}, "has drawn slip .* too, according to the register. To fix: ask who holds which "
     "slip, and correct the code if it is a typing error"),
])
def test_a_register_that_cannot_be_is_refused_and_nothing_is_written(room, drawn, said):
    room.vote(ANSWERS)
    before = room.study.files()
    with pytest.raises(Faults, match=said):
        room.collect({[*room.codes][n]: rater for n, rater in drawn.items()})
    assert room.study.files() == before


def test_the_register_of_other_slips_is_refused(room):
    room.vote(ANSWERS)
    register = room.folder / "register.csv"
    register.write_text(register.read_text().replace("\n1,", "\n0,"))
    with pytest.raises(Faults, match="use the register that was made with these slips"):
        collect_ballots_and_empty_box(Study(room.study.root), "1", register)
    register.write_text("round_id,slip,rater_id\n1,0001,r12\n")
    with pytest.raises(Faults, match="it is missing from the register"):
        collect_ballots_and_empty_box(Study(room.study.root), "1", register)
    register.write_text("slip\n1\n")
    with pytest.raises(Faults, match="this column is missing"):
        collect_ballots_and_empty_box(Study(room.study.root), "1", register)


def test_a_slip_that_was_given_back_does_not_count(room):
    room.vote(ANSWERS)
    done = room.collect({[*room.codes][0]: "Void", [*room.codes][1]: "r29"})
    assert (done.written, done.silent, done.void) == ([], ["r29"], [[*room.codes][0]])


def test_nothing_is_written_before_somebody_has_seen_what_collecting_does(room):
    room.vote(ANSWERS)
    room.vote(ANSWERS, slip=1)
    register = write_register(room.folder, {[*room.codes][0]: "r12", [*room.codes][1]: "void"})
    before, command = room.study.files(), ("ballot", "--round", "1", "--collect", str(register))
    done = room.study.glc(*command, input="n\n")
    assert "Ballots to be written: r12." in done.stderr and done.exit_code == 1
    assert f"Void slips, whose answers are destroyed: {[*room.codes][1]}." in done.stderr
    assert room.study.files() == before
    assert room.study.glc(*command, input="y\n").exit_code == 0
    assert (room.study.root / "raw/ratings/1-r12-phone.csv").is_file() and not room.box().slips


def test_who_handed_in_paper_as_well_is_asked(room):
    for initials in ("AB", "CD"):
        keyed(room.study, Clerk({"r12": {"P02.version": "2"}}, ["r12"], initials=initials))
    room.vote(ANSWERS)
    with pytest.raises(Faults, match=r"r12 has handed in a form as well \(1-r12\.csv\)"):
        room.collect({[*room.codes][0]: "r12"})
    assert ballot(room.study, "r12")["score"].eq("").all()


def test_an_organisation_with_one_vote_votes_once_by_phone_or_paper(room):
    raters = whole_table(room.study.root, "raters")
    room.study.write_table("raters", raters + "r30,harbour,provider,true\n")
    room.vote(ANSWERS)
    room.vote(ANSWERS, slip=1)
    first, second, *_ = room.codes
    with pytest.raises(Faults, match="harbour has one vote in a panel, and both r12 and r30 have voted"):
        room.collect({first: "r12", second: "r30"})
    room.collect({first: "r12", second: "void"})


def test_a_collecting_that_was_interrupted_is_finished_by_the_next(room, monkeypatch):
    room.vote(ANSWERS)
    with monkeypatch.context() as patch:
        patch.setattr(BallotBox, "write", lambda box: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(OSError):
            room.collect({[*room.codes][0]: "r12"})
    before = (room.study.root / "raw/ratings/1-r12-phone.csv").read_bytes()
    assert room.collect({[*room.codes][0]: "r12"}).written == ["r12"]
    assert (room.study.root / "raw/ratings/1-r12-phone.csv").read_bytes() == before and not room.box().slips


def test_nothing_is_collected_while_the_page_is_served(room):
    with hold_folder_lock(room.study.root / "private/phones/1", what="ballot on phones"), pytest.raises(
            GLCError, match="Another ballot on phones is at work"):
        room.collect({})


def test_a_study_that_uses_no_phones_closes_as_before(tmp_path):
    check_phone_ballots_collected(Study(convening_study(tmp_path).root), "1")


# --- TLS, languages and the command


def test_beyond_this_computer_there_is_tls_with_the_fingerprint_that_is_on_the_slips(room):
    made = room.make_slips(address="192.168.4.1")
    folder = room.study.root / "private/phones/1"
    assert made.url == "https://192.168.4.1:8443/"
    assert made.fingerprint == read_certificate_fingerprint(folder)
    page = (room.folder / "slips.html").read_text()
    assert made.fingerprint[:47] in page and made.fingerprint[48:] in page
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600


def test_phones_are_answered_through_tls_with_this_certificate_and_not_without(room):
    room.make_slips(address="192.168.4.1")
    trusts_it = ssl.create_default_context(cafile=room.study.root / "private/phones/1/certificate.pem")

    async def ask(url, **options):
        host, port = url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, port, **options)
        writer.write(b"GET / HTTP/1.1\r\nHost: 192.168.4.1\r\nConnection: close\r\n\r\n")
        return await reader.read()

    async def act(url):
        through = await ask(url, ssl=trusts_it, server_hostname="192.168.4.1")
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(url, ssl=trusts_it, server_hostname="192.168.4.2")
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(url, ssl=ssl.create_default_context(), server_hostname="192.168.4.1")
        try:
            return through, await ask(url)
        except ConnectionError:
            return through, b""
    through, plain = room.run(act)
    assert through.startswith(b"HTTP/1.1 200 OK") and b"HTTP" not in plain


def test_without_its_certificate_nothing_is_served_beyond_this_computer(room):
    room.make_slips(address="192.168.4.1")
    (room.study.root / "private/phones/1/certificate.pem").unlink()
    with pytest.raises(GLCError, match="no certificate"):
        PollingPlace(Study(room.study.root), "1", print).make_unstarted_server()


def test_a_certificate_that_has_ended_is_not_served(room, monkeypatch):
    monkeypatch.setattr("glc_analysis.addons.convening.phone_address.DAYS", -.5)
    room.make_slips(address="10.0.0.1")
    with pytest.raises(GLCError, match="The certificate expired on"):
        PollingPlace(Study(room.study.root), "1", print).make_unstarted_server()


def test_every_language_has_every_text_of_the_page():
    for language in list_phone_page_languages():
        said = read_phone_page_phrases(language)
        assert all(said.values()) and [*said] == [*read_phone_page_phrases("en")]
        assert said["native_reader"] == ("yes" if language == "en" else "no")
        for key in ("waiting", "progress", "stale", "changed", "closed", "refused"):
            assert [said[key].count(one) for one in ("{0}", "{1}")] == [1, key == "progress"]


def test_a_page_in_a_language_without_fixed_texts_says_that_they_are_english(room):
    room.study.write_table("principles", PRINCIPLES + SPANISH.replace(",es,", ",am,"))
    said = json.loads(room.vote().heard[0].split(b"\n")[-1])["languages"]
    english, amharic = said[:2]
    assert (english["mark"], amharic["mark"], amharic["name"]) == ("", " [English]", "Amharic")
    assert [row["mark"] for row in amharic["rows"]] == ["", " [English]", " [English]"]


def test_a_language_of_the_page_stays_in_the_list_when_no_text_is_translated(room):
    languages = {one["code"]: one for one in json.loads(room.vote().heard[0].split(b"\n")[-1])["languages"]}
    assert {*languages} == {*list_phone_page_languages()}
    assert languages["es"]["say"]["importance_high"] == "indispensable"
    assert {row["mark"] for row in languages["es"]["rows"]} == {" [inglés]"}
    assert (languages["es"]["names"]["ar"], languages["ar"]["name"]) == ("árabe", "العربية")


def test_the_command_makes_slips_and_collects(tmp_path):
    room = Room(tmp_path)
    done = room.study.glc("ballot", "--round", "1", "--codes", str(room.folder))
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(room.folder / "slips.html"), str(room.folder / "register.csv")]
    assert "Only this computer can open the page." in done.stderr
    room.codes = codes_of(room.folder)
    room.vote(ANSWERS)
    write_register(room.folder, {[*room.codes][0]: "r12", [*room.codes][1]: "r29"})
    done = room.study.glc("ballot", "--round", "1", "--collect", str(room.folder / "register.csv"), "--yes")
    assert done.exit_code == 0, done.output
    assert "Raters who drew a slip and answered no question: r29." in done.stderr
    for wrong in ([], ["--serve", "--codes", str(room.folder)], ["--serve", "--address", "10.0.0.1"]):
        assert room.study.glc("ballot", "--round", "1", *wrong).exit_code == 2
