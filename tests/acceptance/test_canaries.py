"""A hundred invented people, organisations, places, addresses and numbers in the sample's raw files.

They stand in answers, in what was said, in coders' memos, in comments on votes, in notes of evidence, as
speakers, in names and properties of files, and in names.csv. Nobody but the team may find one, and the
team only under its pseudonym; with the pseudonymiser switched off the gate stops the run for each of them.
"""

import csv
import html
import json
import re
import shutil
from itertools import cycle
from urllib.parse import quote

import docx
import markupsafe
import pytest

from glc_analysis import tables
from glc_analysis.build import build
from glc_analysis.errors import Faults
from glc_analysis.gate.file_text import extract_text, normalise_to_visible_line
from glc_analysis.gate.leak_scan import find_leaks
from glc_analysis.pseudonyms.masking import Masked
from glc_analysis.reference import read_reference
from glc_analysis.report import update_report_pages
from glc_analysis.study import Study
from scripts.sample_study import content, write_study
from scripts.sample_study.study_files import write_manifest
from tests.support.study_on_disk import write_decisions

pytestmark = pytest.mark.acceptance

FIRST = ["Xilonen", "Yağmur", "Żaneta", "Oksana", "Ñusta", "Brígida", "Quynh", "Ulrike", "Ærla", "Ivo"]
LAST = ["Quetzalroth", "Brambleworth", "Öztaşkıran", "Ngomandé", "O'Vexley"]
PEOPLE = [f"{first} {last}" for last in LAST for first in FIRST][:44] + [
    "ចន្ទ្រា វង្សា",
    "نورهان القصبجي",
    "Клавдия Жердева",
]
ORGANISATIONS = [
    f"{kind} {word}"
    for kind in ("Fundación", "House of")
    for word in ("Quillaruna", "Vextermoor", "Tzompantle", "Hazelglint", "Umbravia", "Zefiriona", "Orrowick")
]
PLACES = [
    f"Villa {word}"
    for word in (
        "Quexada",
        "Trombley",
        "Ixcatlán",
        "Værøyhavn",
        "Ummerstadt",
        "Zhovtneve",
        "Pellworm",
        "Oaxtepil",
        "Krasnolug",
        "Embudillo",
    )
]
MAILS = [
    f"{word}.{n}@refuge-{n % 5}.example" for n, word in enumerate(["xilo", "ñusta", "mail", "zaneta"] * 4)
]
PHONES = [f"+51 1 555 01{n}" for n in range(30, 38)] + [f"555-01{n}" for n in range(40, 45)]
CANARIES = {
    **dict.fromkeys(PEOPLE, "person"),
    **dict.fromkeys(ORGANISATIONS, "organisation"),
    **dict.fromkeys(PLACES, "place"),
    **dict.fromkeys([*MAILS, *PHONES], "other"),
}
SPEAKERS, FILES, PROPERTIES = PEOPLE[:5], PEOPLE[5:8], PEOPLE[8:10]
PLANTED = PEOPLE[10:] + ORGANISATIONS + MAILS + PHONES
MEMOS, WORDS, ANSWERS = (
    PLANTED[::8],
    PLANTED[1::4],
    [one for n, one in enumerate(PLANTED) if n % 8 and n % 4 != 1],
)
REMARKS = [name for name, kind in CANARIES.items() if kind != "place"]
WRITTEN = {("judgements", "reason"): "principle-p01", ("signoffs", "reservation"): "principle-p01",
           ("principles", "rationale"): "principle-p01", ("decision_log", "objections"): "convening",
           ("parking_lot", "note"): "convening"}
"""What the team itself writes, which nothing masks, and the page that prints it."""
STRINGS = [
    ("principles", "statement", "Tamarind Quay", "It is Tam\u0430rind Quay."),
    ("principles", "short_name", "Ottoline Fairwhistle", "(Fairwhistle, Ottoline)"),
    ("principles", "indicator", "Lantern and Reed", "Lantern & Reed"),
    ("judgements", "reason", "mara@quay.example", "Ask mara [at] quay.example."),
    ("joint_display", "inference", "0051-1-555-0137", "See 0051-1-555-0137."),
    ("codebook", "name", "House of Sorrelmoor", "HouseOfSorrelmoor"),
    ("codebook", "definition", "Bramblegate", "As Bramble-gate does."),
    ("questions", "wording", "Fundación Ocarina", "At FUNDACION OCARINA?"),
    ("options", "label", "Marigold Steps", "Mari\u200bgold Steps"),
    ("decision_log", "decision", "Агата Воронцова", "Агаты Воронцовой нет."),
    ("parking_lot", "note", "سلمى الحداد", "وسلمي الحداد"),
    ("decision_log", "reservations", "Kestrelhaven", "K3str3lhaven said no."),
]
"""Further strings in what the team writes, one a column, in each row that says the same as the first."""
SHOWING = [
    "theme-needs",
    "theme-identification",
    "theme-success",
    "theme-challenges",
    "theme-language",
    "agreement",
]


def test_there_are_a_hundred():
    assert len(CANARIES) == 100 == len({*SPEAKERS, *FILES, *PROPERTIES, *MEMOS, *WORDS, *ANSWERS, *PLACES})


# --- the sample with canaries


def edit(folder, name, change):
    edit_file(folder / f"{name}.csv", change)


def edit_file(path, change):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = change(rows) or rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def planted(folder):
    """Puts the canaries into the tables that the sample is invented from."""
    memos, words, answers, places, remarks = map(cycle, (MEMOS, WORDS, ANSWERS, PLACES, REMARKS))
    renamed = {}

    def in_texts(rows):
        for row in rows:
            row["text"] += f" {next(answers)} ({next(places)})."

    def in_turns(rows):
        for row in rows:
            row["speaker"] = renamed.get(row["speaker"], row["speaker"])
            row["text"] = re.sub(r"\[\[", lambda found: f"[[{next(words)}, {next(places)}, ", row["text"])
            row["memo"] = row["memo"] and f"{row['memo']} See {next(memos)}."

    def in_speakers(rows):
        people = [row for row in rows if row["role"] == "participant" and row["document_id"] == "*"]
        for row, name in zip(people, SPEAKERS, strict=False):
            renamed[row["name_in_file"]] = row["name_in_file"] = name

    def in_documents(rows):
        untranslated = [row for row in rows if row["kind"] == "interview"]
        for row, name in zip(untranslated, FILES, strict=False):
            row["path"] = row["path"].replace("interview-", f"{name}-")

    def in_remarks(rows):
        for row in rows:
            column = "comment" if "comment" in row else "note"
            row[column] += f" {next(remarks)} said so."

    def in_names(rows):
        return rows + [
            {
                "name": name,
                "kind": kind,
                "pseudonym": "",
                "match": ("folded", "exact")[n % 2],
                "allowed_for": "",
                "reason": "invented",
            }
            for n, (name, kind) in enumerate(CANARIES.items())
        ]

    for name, change in {
        "texts": in_texts,
        "speakers": in_speakers,
        "turns": in_turns,
        "documents": in_documents,
        "comments": in_remarks,
        "evidence": in_remarks,
        "names": in_names,
    }.items():
        old = {
            row["name_in_file"] for row in csv.DictReader((folder / "speakers.csv").open(encoding="utf-8"))
        }
        edit(folder, name, change)
        if name == "speakers":
            new = [
                row["name_in_file"]
                for row in csv.DictReader((folder / "speakers.csv").open(encoding="utf-8"))
            ]
            assert len(old - set(new)) == len(SPEAKERS)


def sample_with_canaries(root, monkeypatch):
    folder = root.with_name(f"{root.name}-content")
    shutil.copytree(content.FOLDER, folder)
    planted(folder)
    with monkeypatch.context() as patched:
        patched.setattr("scripts.sample_study.content.FOLDER", folder)
        patched.setattr("scripts.sample_study.study_files.FOLDER", folder)
        forget()
        write_study(root)
    forget()
    for path, name in zip(sorted(root.glob("raw/interviews/*.docx")), PROPERTIES, strict=False):
        document = docx.Document(path)
        document.core_properties.author = name
        document.save(path)
    write_manifest(root)
    study = Study.find(str(root))
    build(study)
    return study


def forget():
    content.rows.cache_clear()
    content.grouped.cache_clear()


@pytest.fixture(scope="module")
def monkeypatch_module():
    with pytest.MonkeyPatch.context() as patched:
        yield patched


@pytest.fixture(scope="module")
def masked(tmp_path_factory, monkeypatch_module):
    return sample_with_canaries(tmp_path_factory.mktemp("masked") / "study", monkeypatch_module)


@pytest.fixture(scope="module")
def unmasked(tmp_path_factory, monkeypatch_module):
    """The same with the pseudonymiser switched off, from the coders' texts to the tables."""
    with monkeypatch_module.context() as patched:
        patched.setattr("glc_analysis.pseudonyms.masking.Masker.mask", lambda masker, text: Masked(text, ()))
        return sample_with_canaries(tmp_path_factory.mktemp("unmasked") / "study", patched)


def output(study, audience):
    return (study.reports / audience / "current").resolve()


def in_bytes(folder):
    """Canaries in any file or its name, however they may be spelt: text, JSON, entities, an address."""
    found = set()
    for path in (path for path in folder.rglob("*") if path.is_file()):
        held = (path.relative_to(folder).as_posix() + "\n").encode() + path.read_bytes()
        held = held.lower()
        for name in CANARIES:
            forms = {
                name,
                json.dumps(name)[1:-1],
                html.escape(name), str(markupsafe.escape(name)),
                quote(name),
                name.replace(" ", "-"),
                name.encode("ascii", "xmlcharrefreplace").decode(),
            }
            if any(form.lower().encode() in held for form in forms):
                found.add(name)
    return found


def readable(path):
    """A page or notebook as plain text, by other means than the gate's."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = json.dumps(json.loads(text), ensure_ascii=False)
    return html.unescape(re.sub(r"<[^>]*>", " ", html.unescape(text)))


# --- raw files hold them all, readers none


def test_every_canary_is_in_the_raw_files(masked):
    raw = b"".join(
        path.read_bytes()
        for path in masked.root.glob("raw/**/*")
        if path.suffix in {".csv", ".txt", ".vtt", ".srt"}
    )
    held = raw.decode("utf-8", "replace")
    held += " ".join(path.as_posix() for path in masked.root.glob("raw/**/*"))
    for path in masked.root.glob("raw/**/*.docx"):
        document = docx.Document(path)
        held += document.core_properties.author + " ".join(
            paragraph.text for paragraph in document.paragraphs
        )
    for path in masked.root.glob("raw/**/*.xlsx"):
        held += " ".join(
            normalise_to_visible_line(text) for _, text in extract_text(path.name, path.read_bytes())
        )
    for path in masked.root.glob("raw/**/*.qdpx"):
        held += " ".join(text for _, text in extract_text(path.name, path.read_bytes()))
    assert [name for name in CANARIES if name not in held and name not in MEMOS] == []


def test_the_team_reads_pseudonyms_and_the_gate_lets_the_run_pass(masked):
    for page in SHOWING:
        result = update_report_pages(masked, only=page)
        assert not result.failures
    folder = output(masked, "team")
    assert [in_bytes(folder / part) for part in ("site", "notebooks")] == [set(), set()]
    assert in_bytes(folder) <= {*FILES}  # of the tables it was made from, those say which raw files there are


@pytest.fixture(scope="module")
def published(masked):
    """The collections of others than the team, by audience."""
    for audience in ("convening", "public"):
        assert not update_report_pages(masked, audience=audience).failures
    return {audience: output(masked, audience) for audience in ("convening", "public")}


@pytest.mark.every_day
@pytest.mark.parametrize("audience", ["convening", "public"])
def test_no_canary_is_in_any_byte_for_others(published, audience):
    folder = published[audience]
    assert len(list(folder.glob("site/*.html"))) > 5 and in_bytes(folder) == set()
    pages = {"country": len(list(folder.glob("site/country-*.html"))),
             "brief": len(list(folder.glob("briefs/*.html")))}
    assert pages == ({"country": 20, "brief": 30} if audience == "convening" else {"country": 0, "brief": 0})


# --- existence, briefs and quotations, as somebody reads them who opens every file


def texts(folder, pattern):
    """Every readable file by its path, as plain text, downloads and the search index included."""
    kinds = {".html", ".ipynb", ".csv", ".json", ".js"}
    return {path.relative_to(folder).as_posix(): readable(path) for path in folder.glob(pattern)
            if path.suffix in kinds}


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_nothing_tells_of_a_country_that_may_not_be_known(masked, published, audience):
    slices = json.loads((masked.processed / "slices.json").read_text(encoding="utf-8"))
    hidden = {one["id"]: one["label"] for one in slices["countries"]
              if one["id"] not in slices["shown"][audience]}
    shared = texts(published[audience], "site/**/*") | texts(published[audience], "notebooks/*")
    told = {(file, label) for file, text in shared.items() for label in hidden.values()
            if re.search(rf"\b{re.escape(label)}\b", text)}
    print(f"\n{audience}: {len(shared)} files read for {len(hidden)} countries that may not be known")
    assert len(hidden) == {"convening": 5, "public": 25}[audience] and told == set()
    names = " ".join(path.as_posix() for path in published[audience].rglob("*")).lower()
    assert not [one for one in hidden if re.search(rf"country[-=]{one.lower()}", names)]


def test_two_allies_read_no_words_of_a_third_in_their_briefs(masked, published):
    segments = tables.read_table("segments", study=masked).query("organisation_id != ''")
    free = " ".join(tables.read_table("quotations", study=masked).query("audience == 'convening'")["text"])
    briefs = {path.stem: readable(path) for path in published["convening"].glob("briefs/*.html")}
    read = [(brief, row.segment_id) for brief, text in briefs.items() for row in segments.itertuples()
            if len(row.text) > 30 and row.organisation_id != brief and row.text[:60] not in free
            and row.text[:60] in text]
    own = sum(row.text[:60] in briefs[row.organisation_id] for row in segments.itertuples()
              if len(row.text) > 30)
    print(f"\n{len(briefs)} briefs read for {len(segments)} passages; {own} stand in their own")
    assert read == [] and own > 40


@pytest.mark.parametrize("audience", ["convening", "public"])
def test_quotations_on_several_pages_are_linked_by_their_words_alone(masked, published, audience):
    """Neither an id nor a place of origin stands with one, and nobody's name but who wished it."""
    rows = tables.read_table("quotations", study=masked).query("audience == @audience")
    segments = tables.read_table("segments", study=masked).set_index("segment_id")
    quoted = read_reference(masked).quotes["segment_id"]
    pages = texts(published[audience], "site/**/*")
    where = {text: [file for file, page in pages.items() if text[:60] in page] for text in rows["text"]}
    print(f"\n{audience}: {len(where)} quotations, on {sum(map(len, where.values()))} pages and files")
    assert len(where) >= 2 and max(map(len, where.values())) > 1
    ids = {*quoted, *segments.loc[quoted, "document_id"]}
    assert not [(file, one) for file, page in pages.items() for one in ids if one in page]
    labels = tables.read_table("organisations", study=masked)["label"]
    sources = {*rows["source"]}
    assert sources <= {"a provider", *labels} and (audience != "public" or sources == {"a provider"})


# --- what the team itself writes


@pytest.fixture(scope="module")
def written(masked, published, tmp_path_factory):
    """The published study with names in what the team wrote of principles and decisions."""
    root = tmp_path_factory.mktemp("written") / "study"
    study = Study(shutil.copytree(masked.root, root, symlinks=True))
    for (table, column), name in zip(WRITTEN, PEOPLE, strict=False):
        edit_file(study.locate_reference_file(table), lambda rows, column=column, name=name: [
            row | ({} if row.get("translation_of") else {column: f"{row[column]} {name} knows why."})
            for row in rows])
    for table in ("rounds", "signoffs"):  # the texts are not those that were voted on and signed
        edit_file(study.locate_reference_file(table),
                  lambda rows: [row | {"text_version": ""} for row in rows])
    edit_file(study.locate_reference_file("names"), lambda rows: [*rows, *(
        {"name": name, "kind": "person" if " " in name else "organisation", "pseudonym": "",
         "match": "folded", "allowed_for": "", "reason": "invented"} for *_, name, _ in STRINGS)])
    for table, column, _, text in STRINGS:
        edit_file(study.locate_reference_file(table), lambda rows, column=column, text=text: [
            row | ({column: f"{row[column]} {text}"} if row[column] == rows[0][column] else {})
            for row in rows])
    write_decisions(study.root)  # on the texts as they are now
    build(study)
    return study


@pytest.mark.parametrize(("audience", "page"), [("convening", "principle-p01"), ("convening", "convening"),
                                                ("public", "principle-p01")])
def test_the_gate_stops_names_that_the_team_itself_wrote(written, published, audience, page):
    with pytest.raises(Faults) as stopped:
        update_report_pages(written, audience=audience, only=page)
    planted = {name for name, shown_on in zip(PEOPLE, WRITTEN.values(), strict=False) if shown_on == page}
    assert len(planted) >= 2 and planted <= {fault.value for fault in stopped.value.faults}
    assert len({fault.value for fault in stopped.value.faults}) == len(stopped.value.faults)  # each once
    for (table, column), name in zip(WRITTEN, PEOPLE, strict=False):
        (fault,) = [one for one in stopped.value.faults if one.value == name] or [""]
        assert not fault or f"{table}.csv" in str(fault) and column in str(fault)
    assert output(written, audience).name == published[audience].name  # the last good pages


def test_every_kind_of_text_that_the_team_writes_is_read(written):
    """What :data:`STRINGS` puts into the tables is found wherever a page shows it, each with its table."""
    with pytest.raises(Faults) as stopped:
        update_report_pages(written, audience="convening")
    told = {(fault.file, fault.column) for fault in stopped.value.faults}
    missed = [one[:2] for one in STRINGS if (f"{one[0]}.csv", one[1]) not in told]
    print(f"\n{len(STRINGS)} strings, each in another column; not shown or not found: {missed}")
    assert len(STRINGS) - len(missed) >= 10


# --- without pseudonyms


def test_without_pseudonyms_the_gate_stops_the_run_and_nothing_is_published(unmasked):
    with pytest.raises(Faults) as stopped:
        update_report_pages(unmasked, only="theme-needs")
    assert {fault.value for fault in stopped.value.faults} & set(ANSWERS)
    assert not (unmasked.reports / "team" / "current").exists()
    assert not any((unmasked.reports / "team" / "runs").glob("*/site"))


def test_without_pseudonyms_the_gate_stops_an_organisations_own_brief_too(unmasked):
    with pytest.raises(Faults) as stopped:
        update_report_pages(unmasked, audience="convening", only="brief-blue-door")
    faults = stopped.value.faults
    assert all("briefs/blue-door.html" in str(fault) for fault in faults)
    assert {fault.value for fault in faults} & set(CANARIES)


def test_the_gate_finds_each_canary_shown_in_each_kind_of_file(unmasked, monkeypatch):
    monkeypatch.setattr("glc_analysis.gate.gate.check_leaks", lambda *files, **options: None)
    for page in SHOWING:
        assert not update_report_pages(unmasked, only=page).failures
    folder = output(unmasked, "team")
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = find_leaks(files, folder, read_reference(unmasked).names, audience="team")
    told = {(leak.file, leak.found) for leak in found}
    shown = {
        (path.relative_to(folder).as_posix(), name)
        for path in files
        if path.suffix in {".html", ".ipynb"}
        for text in [readable(path)]
        for name in CANARIES
        if name in text
    }
    assert sorted(shown - told) == []
    for suffix in (".html", ".ipynb"):
        names = {name for file, name in shown if file.endswith(suffix)}
        assert len(names) >= 60 and {CANARIES[name] for name in names} == {
            "person",
            "organisation",
            "place",
            "other",
        }
    assert len(in_bytes(folder)) >= 60  # the search of bytes can find


def test_without_pseudonyms_the_public_still_reads_none(unmasked):
    assert not update_report_pages(unmasked, audience="public").failures
    assert in_bytes(output(unmasked, "public")) == set()
