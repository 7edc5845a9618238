"""REFI-QDA as tools write it: what does not matter does not matter, and what is wrong is named."""

import re

import pytest

from glc_analysis.errors import Faults
from glc_analysis.intake.codings import read_codings
from tests.addons.coding_programs.support.coding_files import (
    QUOTES,
    TEXT,
    guid,
    marked,
    project,
    qdpx,
    selection,
    zipped,
)

WHOLE = project(*marked(*QUOTES))


def read(tmp_path, qde=WHOLE, *, folder="sources/", inner="project.qde", **given):
    zipped([(inner, qde), (f"{folder}t.txt", TEXT)], tmp_path / "p.qdpx")
    return read_codings(tmp_path / "p.qdpx", **given)


def faults(tmp_path, qde, **given):
    with pytest.raises(Faults) as caught:
        read(tmp_path, qde, **given)
    return str(caught.value)


def nested(guids):
    """The project with codes one below the other."""
    opened = [f'<Code guid="{guid}" name="a">' for guid in guids]
    return WHOLE.replace("<Codes>", "<Codes>" + "".join(opened) + "</Code>" * len(opened))


def reversed_children(qde):
    """The parts of the project the other way round."""
    head, users, book, sources, end = re.split(r"(?=<Users>|<CodeBook>|<Sources>|</Project>)", qde)
    return head + sources + book + users + end


DIALECTS = {
    "namespace 1:0": lambda qde: qde.replace("project:1.0", "project:1:0"),
    "namespace 0:4": lambda qde: qde.replace("project:1.0", "project:0:4"),
    "no namespace": lambda qde: qde.replace(' xmlns="urn:QDA-XML:project:1.0"', ""),
    "a prefix": lambda qde: re.sub(r"<(/?)(?=[A-Z])", r"<\1q:", qde).replace("xmlns=", "xmlns:q="),
    "braces": lambda qde: re.sub(r'(guid|targetGUID|creatingUser)="([^"]+)"', r'\1="{\2}"', qde),
    "upper case": lambda qde: re.sub(
        r'(targetGUID|creatingUser)="([^"]+)"',
        lambda m: m[0].upper().replace("TARGETGUID", "targetGUID").replace("CREATINGUSER", "creatingUser"),
        qde,
    ),
    "other order": reversed_children,
    "CRLF": lambda qde: qde.replace("><", ">\r\n<"),
    "a mark": lambda qde: f"\ufeff{qde}",
    "UTF-16": lambda qde: qde.replace("utf-8", "utf-16").encode("utf-16"),
    "upper-case path": lambda qde: qde.replace("t.txt", "{T}.TXT"),
    "a comment": lambda qde: qde.replace("<Users>", "<!-- made by --><Users>"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_read_alike(tmp_path, dialect):
    plain, other = read(tmp_path), read(tmp_path, DIALECTS[dialect](WHOLE))
    for table in ("sources", "codings", "codes", "memos"):
        assert getattr(plain, table).equals(getattr(other, table)), table
    assert plain.matched == other.matched == 4


@pytest.mark.parametrize(("folder", "inner"), [
    ("Sources/", "Project.qde"), ("SOURCES/", "Environmental attitudes.qde"), ("", "p.QDE"),
    ("p/sources/", "p/a.qde"),
])  # fmt: skip
def test_folders_and_inner_files_may_be_named_anyhow(tmp_path, folder, inner):
    assert read(tmp_path, folder=folder, inner=inner).matched == 4


def test_what_a_mac_adds_to_an_archive_is_no_second_project(tmp_path):
    zipped([("a.qde", WHOLE), ("__MACOSX/._a.qde", "x"), ("sources/t.txt", TEXT)], tmp_path / "p.qdpx")
    assert read_codings(tmp_path / "p.qdpx").matched == 4


def test_text_inside_the_project_is_read(tmp_path):
    inline = WHOLE.replace(
        ' plainTextPath="internal://t.txt">', f"><PlainTextContent>{TEXT}</PlainTextContent>"
    )
    assert read(tmp_path, inline).matched == 4


def test_a_project_without_its_package_is_read_and_its_texts_named_as_missing(tmp_path):
    (tmp_path / "project.qde").write_text(WHOLE, encoding="utf-8")
    raw = read_codings(tmp_path / "project.qde")
    assert (len(raw.codings), raw.checked, set(raw.codings["match"])) == (4, 0, {""})
    assert raw.notes == (
        "The file lacks the text of 'call_ke.txt', so these codings could not be checked.",)


@pytest.mark.parametrize(
    "path", ["relative:///t.txt", "absolute:///etc/hostname", "internal://../../etc/hostname"]
)
def test_no_path_in_a_project_is_followed_out_of_the_package(tmp_path, path):
    raw = read(tmp_path, WHOLE.replace("internal://t.txt", path))
    assert raw.sources["text"].tolist() in ([TEXT], [""])
    assert "hostname" in path or raw.matched == 4


def test_codes_keep_their_tree_and_one_name_in_two_places_becomes_a_path(tmp_path):
    book = ('<Codes><Code guid="a" name="Barriers" isCodable="false"><Description>in the way</Description>'
            '<Code guid="b" name="Other" isCodable="true"/></Code>'
            '<Code guid="c" name="Practice"><Code guid="d" name="Other"/></Code>')  # fmt: skip
    raw = read(tmp_path, WHOLE.replace("<Codes>", book))
    assert raw.codes[["code", "parent", "position"]].to_numpy().tolist() == [
        ["Barriers", "", 1], ["Barriers > Other", "Barriers", 2], ["Practice", "", 3],
        ["Practice > Other", "Practice", 4], ["Delay", "", 5], ["Voice", "", 6]]  # fmt: skip
    assert raw.codes["definition"][0] == "in the way"


def test_coders_are_the_users_and_two_of_one_name_stay_two(tmp_path):
    end = TEXT.index("\n")
    both = [selection(0, end, TEXT[:end], user=user) for user in ("ana", "bert")]
    assert read(tmp_path, project(*both)).codings["coder"].tolist() == ["ana", "bert"]
    same = project(*both).replace('name="bert"', 'name="ana"')
    assert read(tmp_path, same).codings["coder"].tolist() == ["ana", "ana (2)"]


def test_a_coder_named_by_the_caller_stands_in_where_the_file_names_none(tmp_path):
    anonymous = re.sub(' creatingUser="[^"]+"', "", WHOLE)
    assert set(read(tmp_path, anonymous, coder="carla").codings["coder"]) == {"carla"}
    assert set(read(tmp_path, WHOLE, coder="carla").codings["coder"]) == {"ana"}
    assert set(read(tmp_path, anonymous).codings["coder"]) == {""}


def test_work_of_several_users_who_are_named_at_no_coding_cannot_be_told_apart(tmp_path):
    raw = read(tmp_path, re.sub(r' creatingUser="[^"]*"', "", WHOLE))
    assert raw.is_mixed and "2 people worked in this project" in raw.notes[0]
    assert not read(tmp_path).is_mixed


def test_one_code_twice_on_one_stretch_by_one_coder_is_merged_and_said(tmp_path):
    note = "<Description>{}</Description>".format
    twice = [
        selection(0, 11, "Facilitator", inside=note("first")),
        selection(0, 11, "Facilitator", inside=note("more")),
    ]
    raw = read(tmp_path, project(*twice, selection(0, 11, "Facilitator", user="bert")))
    assert raw.codings[["coder", "memo"]].to_numpy().tolist() == [["ana", "first\nmore"], ["bert", ""]]
    assert "Duplicate codings of a passage that were merged: 1." in raw.notes
    assert any("2 elements Coding have the same GUID" in note for note in raw.notes)


def test_memos_come_along_with_what_they_are_about(tmp_path):
    note = '<Note guid="{0}" creatingUser="{1}" creationDateTime="2024-05-01T10:00:00Z">' \
           "<PlainTextContent>{0}</PlainTextContent>{2}</Note>"  # fmt: skip
    ref = '<NoteRef targetGUID="{}"/>'.format
    place = '<PlainTextSelection guid="x" startPosition="0" endPosition="11"/>'
    extra = (
        "<Notes>"
        + "".join(
            note.format(name, guid("bert"), place if name == "place" else "")
            for name in ("text", "code", "stretch", "place", "linked", "loose")
        )
        + "</Notes>"
    )
    extra += f'<Links><Link guid="l" originGUID="linked" targetGUID="{guid("Voice")}"/></Links>'
    bare = selection(23, 30, inside="<Description>only a memo</Description>", coded=False)
    qde = project(selection(0, 11, "Facilitator", inside=ref("stretch")), bare, extra=extra)
    qde = qde.replace("</TextSource>", ref("text") + ref("place") + "</TextSource>")
    qde = qde.replace(
        'name="Delay" isCodable="true"/>', f'name="Delay" isCodable="true">{ref("code")}</Code>'
    )
    memos = read(tmp_path, qde).memos
    assert sorted(memos[["text", "attached_kind", "attached_to"]].to_numpy().tolist()) == [
        ["code", "code", "Delay"], ["linked", "code", "Voice"], ["loose", "project", ""],
        ["only a memo", "coding", "call_ke.txt:23-30"], ["place", "coding", "call_ke.txt:0-11"],
        ["stretch", "coding", "call_ke.txt:0-11"], ["text", "source", "call_ke.txt"]]  # fmt: skip
    assert memos.loc[memos["text"] == "loose", ["author", "date"]].to_numpy().tolist() == [
        ["bert", "2024-05-01T10:00:00Z"]]  # fmt: skip


def test_a_coded_transcript_of_a_recording_is_read_by_its_marks(tmp_path):
    transcript = (
        '<AudioSource guid="m" name="call.m4a"><Transcript guid="n" name="" plainTextPath="internal://t.txt">'
        '<SyncPoint guid="p1" timeStamp="0" position="0"/><SyncPoint guid="p2" timeStamp="9" position="11"/>'
        '<TranscriptSelection guid="q" name="00:00" fromSyncPoint="p1" toSyncPoint="p2">'
        f'<Coding guid="r" creatingUser="{guid("ana")}"><CodeRef targetGUID="{guid("Voice")}"/></Coding>'
        "</TranscriptSelection></Transcript>"
        f'<AudioSelection guid="s" begin="0" end="9"><Coding><CodeRef targetGUID="{guid("Voice")}"/></Coding>'
        "</AudioSelection></AudioSource>")  # fmt: skip
    raw = read(tmp_path, WHOLE.replace("</Sources>", f"{transcript}</Sources>"))
    row = raw.codings[raw.codings["source"] == "call.m4a"].iloc[0]
    assert (row["start"], row["end"], row["code"], row["match"]) == (0, 11, "Voice", "same_text")
    assert "'call.m4a' is a recording: its coding is not read." in " ".join(raw.notes)


def test_a_whole_text_can_be_coded(tmp_path):
    coding = (
        f'<Coding guid="w" creatingUser="{guid("bert")}"><CodeRef targetGUID="{guid("Voice")}"/></Coding>'
    )
    raw = read(tmp_path, project(coding))
    assert raw.codings[["start", "end", "code", "coder"]].to_numpy().tolist() == [
        [0, len(TEXT), "Voice", "bert"]
    ]


def test_a_second_code_of_one_coding_is_read_and_said(tmp_path):
    both = marked("We wait")[0].replace("</Coding>", f'<CodeRef targetGUID="{guid("Voice")}"/></Coding>')
    raw = read(tmp_path, project(both))
    assert raw.codings[["quote", "code"]].to_numpy().tolist() == [["We wait", "Delay"], ["We wait", "Voice"]]
    assert any("'call_ke.txt', 48 to 55 names 2 codes" in note for note in raw.notes)


def test_two_names_of_one_guid_are_one_code_and_it_is_said(tmp_path):
    raw = read(tmp_path, WHOLE.replace(guid("Voice"), guid("Delay")))
    assert raw.codes["code"].tolist() == ["Delay"]
    assert "The codes 'Delay' and 'Voice' have the same GUID" in raw.notes[0]


def test_two_users_of_one_guid_are_a_fault(tmp_path):
    assert "2 elements User have the same GUID" in faults(tmp_path, WHOLE.replace(guid("bert"), guid("ana")))


def test_bad_places_and_lost_codes_are_named_with_text_and_code(tmp_path):
    said = faults(tmp_path, project(selection(9, 3, code="Voice"), selection(2, 5, code="Lost")))
    assert "value '9 to 3'" in said and "in 'call_ke.txt', code 'Voice'" in said
    assert "'call_ke.txt', 2 to 5 is not in the codebook" in said
    assert "(code 'Delay') is outside the text" in faults(tmp_path, project(selection(5, 5000)))


def test_control_characters_are_reported_with_their_place(tmp_path):
    zipped([("project.qde", WHOLE), ("sources/t.txt", TEXT + "\x1a")], tmp_path / "p.qdpx")
    raw = read_codings(tmp_path / "p.qdpx")
    assert raw.notes == ("'call_ke.txt': line 4 has the control character U+001A at its character 1.",)
    assert "line 2, column" in faults(tmp_path, WHOLE.replace("call_ke", "a\x1ab"))


def test_codings_of_pictures_pages_and_film_are_counted_by_file(tmp_path):
    coding = f'<Coding><CodeRef targetGUID="{guid("Voice")}"/></Coding>'
    unread = (f'<PictureSource guid="1" name="map.png"><PictureSelection guid="2">{coding * 3}'
              f'</PictureSelection></PictureSource><PDFSource guid="3" name="letter.pdf">'
              f'<PDFSelection guid="4">{coding}</PDFSelection></PDFSource>'
              f'<VideoSource guid="5" name="visit.mp4">{coding * 2}</VideoSource>')  # fmt: skip
    said = " ".join(read(tmp_path, WHOLE.replace("</Sources>", f"{unread}</Sources>")).notes)
    assert "'map.png' is a picture: its 3 codings are not read." in said
    assert "'letter.pdf' is a PDF: its coding is not read. To count such passages, export" in said
    assert "'visit.mp4' is a film: its 2 codings are not read." in said


def test_passages_of_cases_are_no_codings(tmp_path):
    # NVivo codes a passage to its speaker, who is a case.
    case = selection(0, 11, "Facilitator", code="KE-01")
    raw = read(
        tmp_path, project(case, *marked("We wait"), extra=f'<Cases><Case guid="{guid("KE-01")}"/></Cases>')
    )
    assert raw.codings["code"].tolist() == ["Delay"]
    assert raw.notes[0] == "Passages that belong to cases, not to codes, were left out."


def test_two_texts_of_one_name_stay_two(tmp_path):
    other = (
        '<TextSource guid="o" name="call_ke.txt"><PlainTextContent>Bom dia</PlainTextContent></TextSource>'
    )
    raw = read(tmp_path, WHOLE.replace("</Sources>", f"{other}</Sources>"))
    assert raw.sources["source"].tolist() == ["call_ke.txt", "call_ke.txt (2)"]
    assert any("'call_ke.txt (2)'" in note for note in raw.notes)


def test_a_code_or_a_user_that_is_not_there_is_a_fault(tmp_path):
    said = faults(tmp_path, project(*marked("We wait"), codes=("Voice",), users=("bert",)))
    assert "the code of the coding of 'call_ke.txt', 48 to 55 is not in the codebook" in said
    assert "the project does not list this user" in said


def test_a_user_that_is_not_there_is_the_coder_the_caller_names(tmp_path):
    raw = read(tmp_path, project(*marked("We wait"), users=("bert",)), coder="ana")
    assert raw.codings["coder"].tolist() == ["ana"]


@pytest.mark.parametrize(("members", "said"), [
    ([("sources/t.txt", TEXT)], "holds 0 projects"),
    ([("a.qde", WHOLE), ("b/b.qde", WHOLE)], "holds 2 projects"),
    ([("a.qde", "<Project>")], "not well-formed XML"),
    ([("a.qde", "")], "not well-formed XML"),
    ([("a.qde", "<html/>")], "its root is html"),
    ([("a.qde", WHOLE.replace("utf-8", "klingon"))], "not well-formed XML"),
    ([("a.qde", WHOLE), ("sources/t.txt", b"S\xe3o Jos\xe9")], "not in UTF-8"),
    ([("a.qde", WHOLE.replace('name="Delay"', 'name=" "'))], "code has no name"),
    ([("a.qde", nested(f"g{n}" for n in range(60)))], "too many codes are above it"),
    ([("a.qde", nested("g" * 9))], "itself"),
    ([("a.qde", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><Project name="&b;"/>')], "DOCTYPE"),
    ([("a.qde", '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><Project name="&c;"/>')], "DOCTYPE"),
    ([("a.qde", '<!DOCTYPE Project SYSTEM "http://example.org/p.dtd"><Project/>')], "DOCTYPE"),
])  # fmt: skip
def test_what_is_no_project_is_refused(tmp_path, members, said):
    zipped(members, tmp_path / "p.qdpx")
    with pytest.raises(Faults, match=said) as caught:
        read_codings(tmp_path / "p.qdpx")
    assert all(fault.file == "p.qdpx" and fault.fix for fault in caught.value.faults)


def test_all_faults_of_a_file_come_at_once(tmp_path):
    said = faults(
        tmp_path, project(selection(9, 3), selection(4, 4), selection(0, 9999), selection(0, 3, code="X"))
    )
    assert len(said.splitlines()) == 4


def test_a_codebook_alone_has_codes_and_nothing_else(tmp_path):
    (tmp_path / "a.qdc").write_text(
        '<CodeBook xmlns="urn:QDA-XML:codebook:1:0"><Codes><Code guid="A" name="Delay">'
        "<Description>late</Description></Code></Codes></CodeBook>",
        encoding="utf-16",
    )
    raw = read_codings(tmp_path / "a.qdc")
    assert raw.codes.to_numpy().tolist() == [["Delay", "", "late", 1]]
    assert raw.codings.empty and raw.sources.empty


def test_reading_leaves_nothing_behind(tmp_path):
    file = qdpx(tmp_path / "p.qdpx", *marked(*QUOTES))
    read_codings(file)
    assert list(tmp_path.iterdir()) == [file]


def test_sets_cases_and_links_that_are_not_read_are_named(tmp_path):
    more = ('<Sets><Set guid="s1" name="All women"/><Set guid="s2" name="2023"/></Sets>'
            '<Cases><Case guid="k" name="River Mat"/></Cases>'
            '<Links><Link guid="l" originGUID="x" targetGUID="y"/></Links>')
    raw = read(tmp_path, WHOLE.replace("</Project>", f"{more}</Project>"))
    assert raw.notes == ("Left out: 2 sets ('All women', '2023'), 1 case ('River Mat') and 1 link.",)


def test_a_link_between_a_note_and_its_code_is_read_and_not_left_out(tmp_path):
    more = (f'<Notes><Note guid="n" name="why"/></Notes><Links><Link guid="l" originGUID="n" targetGUID='
            f'"{guid("Voice")}"/></Links>')
    raw = read(tmp_path, WHOLE.replace("</Project>", f"{more}</Project>"))
    assert raw.memos["attached_to"].tolist() == ["Voice"] and raw.notes == ()
