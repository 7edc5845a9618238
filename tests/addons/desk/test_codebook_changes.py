"""Codes are made, renamed, moved and merged at the desk: whoever may write the change is shown it first."""

import shutil

import pytest

from glc_analysis.addons.desk.codebook_changes import (
    list_proposed_codebook_changes,
    may_change_codebook,
    preview_codebook_change,
    write_codebook_change,
)
from glc_analysis.addons.desk.coding_desk import CodingDesk
from glc_analysis.addons.desk.coding_session import CodingSession
from glc_analysis.errors import GLCError
from glc_analysis.reference import read_reference_table
from glc_analysis.view.study_view import OpenStudy

TEXT = "interview-farol-de-barro"
RENAMED = {"code_id": "stigma", "cells": {"name": "Shame"}}


@pytest.fixture
def open_coding(study):
    """The study in which ines decides."""
    text = study.settings_file.read_text(encoding="utf-8")
    study.settings_file.write_text(text.replace("[coding]\n", '[coding]\ndecided_by = "ines"\n'),
                                   encoding="utf-8")
    return OpenStudy(study.root)


def book(study):
    return read_reference_table(study, "codebook").set_index("code_id")


@pytest.mark.parametrize(("change", "said", "cell"), [
    (RENAMED, "“Stigma” is called “Shame”.", ("stigma", "name", "Shame")),
    ({"code_id": "stigma", "cells": {"parent_id": "ways-in"}}, "“Stigma” moves from Challenges to Ways in.",
     ("stigma", "parent_id", "ways-in")),
    ({"code_id": "stigma", "cells": {"merged_into": "staff-strain"}},
     "“Stigma” is merged into “Strain on staff”, and its codings count there.",
     ("stigma", "merged_into", "staff-strain")),
    ({"code_id": "", "cells": {"name": "Night line", "parent_id": "ways-in", "definition": "At night."}},
     "A new code, “Night line”, under Ways in.", ("night_line", "definition", "At night."))])
def test_a_change_is_said_and_shown_before_it_is_written_and_changes_one_row(open_coding, change, said, cell):
    before = book(open_coding)
    shown = preview_codebook_change(open_coding, "ines", **change)
    assert shown["message"] == said
    lines = [line for line in shown["diff"].splitlines()
             if line[:1] in "+-" and line[1:3] not in ("++", "--")]
    assert len(lines) == 2  # the row before and after, or a row in each of the two files
    assert book(open_coding).equals(before)
    write_codebook_change(open_coding, "ines", diff=shown["diff"], **change)
    code, column, value = cell
    after = book(open_coding)
    assert after.at[code, column] == value
    assert after.drop(code).equals(before.drop(code, errors="ignore"))


@pytest.mark.parametrize(("change", "said"), [
    ({"code_id": "stigma", "cells": {"name": " "}}, "no name"),
    ({"code_id": "stigma", "cells": {"name": "stigma"}}, "nothing"),
    ({"code_id": "stigma", "cells": {"name": "Strain on  staff"}}, "already"),
    ({"code_id": "", "cells": {"name": "Stigma", "parent_id": "ways-in"}}, "already"),
    ({"code_id": "sitgma", "cells": {"name": "Shame"}}, "nearest: 'stigma'"),
    ({"code_id": "stigma", "cells": {"merged_into": "stigma"}}, "itself"),
    ({"code_id": "stigma", "cells": {"merged_into": "nothing"}}, "no code 'nothing'"),
    ({"code_id": "stigma", "cells": {"parent_id": "outreach"}}, "is a code"),
    ({"code_id": "stigma", "cells": {"definition": "else"}}, "nothing")])
def test_a_change_that_does_not_fit_is_refused_in_a_sentence(open_coding, change, said):
    with pytest.raises(GLCError, match=said):
        preview_codebook_change(open_coding, "ines", **change)


def test_a_change_is_not_written_after_somebody_else_changed_the_codebook(open_coding):
    diff = preview_codebook_change(open_coding, "ines", **RENAMED)["diff"]
    path = open_coding.locate_reference_file("codebook")
    path.write_text(path.read_text(encoding="utf-8").replace(",Stigma,", ",Shaming,"), encoding="utf-8")
    with pytest.raises(GLCError, match="changed while you looked"):
        write_codebook_change(open_coding, "ines", diff=diff, **RENAMED)


def test_whoever_decides_may_change_the_codebook_or_whoever_codes_alone(study, open_coding):
    assert [may_change_codebook(open_coding, coder) for coder in ("ines", "tomas")] == [True, False]
    nobody = OpenStudy(without_decider(study))
    assert not may_change_codebook(nobody, "ines")  # several people code
    path = open_coding.locate_reference_file("assignments")
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([rows[0], *(row for row in rows if ",ines," in row)]), encoding="utf-8")
    alone = OpenStudy(without_decider(open_coding))
    assert may_change_codebook(alone, "ines") and not may_change_codebook(alone, "tomas")


def without_decider(study):
    root = study.root.with_name(f"{study.root.name}-alone")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(study.root, root)
    path = OpenStudy(root).settings_file
    path.write_text(path.read_text(encoding="utf-8").replace('decided_by = "ines"\n', ""), encoding="utf-8")
    return root


def test_who_may_not_proposes_and_whoever_decides_sees_it_until_it_is_done(open_coding):
    tomas = CodingSession(open_coding, "tomas")
    with pytest.raises(GLCError, match="ines decides"):
        preview_codebook_change(open_coding, "tomas", **RENAMED)
    said = tomas.carry_out({"act": "propose_change", **RENAMED})
    assert said["message"] == (
        "Proposed: “Stigma” is called “Shame”. The change applies as soon as the person who decides on "
        "the codebook has written it into codebook.csv.")
    assert said["changed"] == []
    proposed = [one for one in list_proposed_codebook_changes(open_coding) if one["code_id"]]
    assert proposed == [{"coder_id": "tomas", "message": "“Stigma” is called “Shame”.", **RENAMED}]
    assert tomas.carry_out({"act": "undo"})["message"] == "Undone: the proposed change of the codebook."
    assert [one for one in list_proposed_codebook_changes(open_coding) if one["code_id"]] == []
    tomas.carry_out({"act": "redo"})
    write_codebook_change(open_coding, "ines",
                          diff=preview_codebook_change(open_coding, "ines", **RENAMED)["diff"], **RENAMED)
    assert [one for one in list_proposed_codebook_changes(open_coding) if one["code_id"]] == []


def test_a_code_that_a_coder_proposed_in_the_words_of_a_text_is_among_the_proposals(open_coding):
    ines = CodingSession(open_coding, "ines")
    at = ines.show_text(TEXT)["turns"][1]["start"]
    ines.carry_out({"act": "propose_code", "document_id": TEXT, "start": at, "end": at + 10,
                    "name": "Night line"})
    assert {"coder_id": "ines", "message": "A new code, “Night line”.", "code_id": "",
            "cells": {"name": "Night line"}} in list_proposed_codebook_changes(open_coding)


def test_a_change_that_is_written_at_the_desk_reaches_the_tree_and_the_codings(open_coding):
    session = CodingSession(open_coding, "ines")
    at = session.show_text(TEXT)["turns"][1]["start"]
    session.carry_out({"act": "code", "document_id": TEXT, "start": at, "end": at + 10, "code_id": "stigma"})
    desk = CodingDesk(session)
    merge = {"code_id": "stigma", "cells": {"merged_into": "staff-strain"}}
    shown = desk.answer_request({"id": "1", "show_change": merge})["ok"]
    answer = desk.answer_request({"id": "2", "write_change": merge | {"diff": shown["diff"]}})
    assert answer["ok"]["message"].startswith("Written to reference/codebook.csv")
    assert "stigma" not in {row["code_id"] for row in answer["news"]["codebook"]}
    assert session.describe_state()["counts"] == {"staff-strain": 1}
    answer = desk.answer_request({"id": "3", "get": "proposed_changes"})
    assert answer["ok"] == list_proposed_codebook_changes(open_coding)
